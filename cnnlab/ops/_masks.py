"""Numbers kept or cleared, without a question asked for each."""

import numpy as np


def keep(mask, x, out=None):
    """`x` where the mask is True, else 0: as np.where(mask, x, 0), several times as fast.

    np.where branches at every number, and a processor that guesses half of the branches wrong is slow. −1 has all
    bits set, 0 none: "and" keeps the bits of a number, or clears them, whatever it is, NaN included.

    >>> keep(np.array([True, False]), np.array([1.5, np.nan]))
    array([1.5, 0. ])
    """
    out = np.empty(x.shape, x.dtype) if out is None else out
    if x.itemsize > 8:  # np.longdouble
        out[...] = np.where(mask, x, 0)
        return out
    integer = f"i{x.itemsize}"
    bits = np.negative(np.asarray(mask).view(np.int8), dtype=integer)
    np.bitwise_and(x.view(integer), bits, out=out.view(integer))
    return out
