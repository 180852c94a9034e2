"""Numbers kept or cleared, without a question asked for each."""

import numpy as np


def keep(mask, x):
    """`x` where the mask is True, else 0: as np.where(mask, x, 0), several times as fast.

    np.where branches at every number, and a processor that guesses half of the branches wrong is slow. −1 has all
    bits set, 0 none: "and" keeps the bits of a number, or clears them, whatever it is, NaN included.

    >>> keep(np.array([True, False]), np.array([1.5, np.nan]))
    array([1.5, 0. ])
    """
    if x.itemsize > 8:  # np.longdouble
        return np.where(mask, x, 0)
    integer = f"i{x.itemsize}"
    bits = np.negative(np.asarray(mask).view(np.int8), dtype=integer)
    return np.asarray(x.view(integer) & bits).view(x.dtype)
