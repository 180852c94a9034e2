"""Numbers compared, kept or cleared, without a question asked for each."""

import numpy as np


def tame(x):
    """Whether the sum of all squares is finite, which it is not if anything is NaN, infinite, or above 2e19."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.isfinite(np.vdot(x, x))


def keep(mask, x):
    """`x` where the mask is True, else 0: as np.where(mask, x, 0), several times as fast.

    np.where branches at every number, and a processor that guesses half of the branches wrong is slow. −1 has all
    bits set, 0 none: "and" keeps the bits of a number, or clears them, whatever it is, NaN included.

    >>> keep(np.array([True, False]), np.array([1.5, np.nan]))
    array([1.5, 0. ])
    """
    if x.itemsize > 8:  # np.longdouble
        return np.where(mask, x, 0)
    out = np.empty(x.shape, x.dtype)
    bits = out.view(f"i{x.itemsize}")
    np.copyto(bits, np.asarray(mask).view(np.int8))
    np.negative(bits, out=bits)
    np.bitwise_and(bits, x.view(bits.dtype), out=bits)
    return out


def largest_of(cells, output, masks):
    """The largest of some arrays of finite numbers, the entries of `cells`, into `output`; into `masks`, one array less,
    who won, as integers with all bits set where the second of two did. `cells` are overwritten.

    They play a tournament, neighbor against neighbor, so that of equal numbers the first one wins; a round is one array.
    Whether one number is larger than another is the sign of a difference: a bit, which a shift copies to all the others.

    >>> output, masks = np.zeros(1), np.zeros((2, 1), int)
    >>> largest_of(np.array([[3.0], [7.0], [7.0]]), output, masks)
    >>> output, masks.ravel()
    (array([7.]), array([-1,  0]))
    """
    bits, played = 8 * masks.itemsize - 1, 0
    while len(cells) > 1:
        first, second = cells[: len(cells) // 2 * 2 : 2], cells[1::2]
        of_round = masks[played : played + len(second)]
        np.subtract(first, second, out=of_round.view(cells.dtype))
        np.right_shift(of_round, bits, out=of_round)
        np.maximum(first, second, out=first if len(cells) > 2 else output[np.newaxis])
        cells, played = cells[::2], played + len(second)
    if not played:
        np.copyto(output, cells[0])


def pass_on(grad, masks, cells):
    """The gradient of `largest_of`: what the largest gets, and zeros for the others, into `cells`.

    Back through the tournament: in each match the second gets its part of what came for both, the first what is left.
    """
    cells, played = cells.view(masks.dtype), len(masks)
    np.copyto(cells[0], grad.view(masks.dtype))
    for step in reversed([2**i for i in range((len(cells) - 1).bit_length())]):
        second = cells[step :: 2 * step]
        first = cells[:: 2 * step][: len(second)]
        np.bitwise_and(first, masks[played - len(second) : played], out=second)
        np.bitwise_xor(first, second, out=first)
        played -= len(second)
