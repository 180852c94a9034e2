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
    """The largest of some arrays of finite numbers, into `output`; and into `masks`, for each of them but the first,
    where it is larger than all before it, as integers with all bits set.

    Whether one number is larger than another is the sign of a difference: a bit, which a shift copies to all the others.
    """
    bits = 8 * masks.itemsize - 1
    np.copyto(output, cells[0])
    for cell, mask in zip(cells[1:], masks):
        np.subtract(output, cell, out=mask.view(output.dtype))
        np.right_shift(mask, bits, out=mask)
        np.maximum(output, cell, out=output)


def pass_on(grad, masks, places):
    """The gradient of `largest_of`: what the largest gets, and zeros for the others, into `places`, one for each array.

    The last that is larger than all before it is the largest. So, from the end on, each takes its part of what is left.
    """
    integer = masks.dtype
    left = grad.view(integer)
    first, *others = (place.view(integer) for place in places)
    if not others:
        first[...] = left
    for mask, place in zip(masks[::-1], others[::-1]):
        np.bitwise_and(left, mask, out=place)
        left = np.bitwise_xor(left, place, out=first)
