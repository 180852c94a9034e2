"""Numbers compared, kept or cleared, without a question asked for each."""

import numpy as np


def tame(x):
    """Whether the sum of all squares is finite, which it is not if anything is NaN, infinite, or above 2e19."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.isfinite(np.vdot(x, x))


def keep(mask, x):
    """`x` where the mask is True, else 0: as np.where(mask, x, 0), several times as fast.

    np.where branches at every number, and a processor that guesses half of the branches wrong is slow. Multiplied by 1,
    the bits of a number, read as an integer, stay what they are, NaN's included; by 0, none is left.

    >>> keep(np.array([True, False]), np.array([1.5, np.nan]))
    array([1.5, 0. ])
    """
    if x.itemsize > 8:  # np.longdouble
        return np.where(mask, x, 0)
    return np.multiply(np.asarray(mask).view(np.int8), x.view(f"i{x.itemsize}")).view(x.dtype)


def largest_of(cells, output, masks):
    """The largest of some arrays of numbers, the entries of `cells`, into `output`; into `masks`, one array less of bools,
    where the second of two was larger. `cells` are overwritten; none may be NaN.

    They play a tournament, neighbor against neighbor, so that of equal numbers the first one wins; a round is one array.

    >>> output, masks = np.zeros(1), np.zeros((2, 1), bool)
    >>> largest_of(np.array([[3.0], [7.0], [7.0]]), output, masks)
    >>> output, masks.ravel()
    (array([7.]), array([ True, False]))
    """
    played = 0
    while len(cells) > 1:
        first, second = cells[: len(cells) // 2 * 2 : 2], cells[1::2]
        np.less(first, second, out=masks[played : played + len(second)])
        np.maximum(first, second, out=first if len(cells) > 2 else output[np.newaxis])
        cells, played = cells[::2], played + len(second)
    if not played:
        np.copyto(output, cells[0])


def pass_on(grad, masks, cells):
    """The gradient of `largest_of`: what the largest gets, and zeros for the others, into `cells`.

    Back through the tournament: in each match the second gets its part of what came for both, the first what is left.
    """
    cells, played = cells.view(f"i{cells.itemsize}"), len(masks)  # integers, as in `keep`
    np.copyto(cells[0], grad.view(cells.dtype))
    for step in reversed([2**i for i in range((len(cells) - 1).bit_length())]):
        second = cells[step :: 2 * step]
        first = cells[:: 2 * step][: len(second)]
        np.multiply(first, masks[played - len(second) : played].view(np.int8), out=second)
        np.subtract(first, second, out=first)
        played -= len(second)
