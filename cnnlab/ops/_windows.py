"""Every place where a window lies, as one view of the padded inputs."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def windows(padded, window_size, strides, dilation_rate):
    """Windows of a padded batch: a view of shape (N, *positions, channels, *window_size).

    No number is copied here: overlapping windows share memory. Whoever needs them side by side
    (the matrix product does) copies each pixel as often as windows cover it.
    """
    rank = len(window_size)
    extent = tuple(d * (k - 1) + 1 for k, d in zip(window_size, dilation_rate))
    view = sliding_window_view(padded, extent, axis=tuple(range(1, rank + 1)))
    step = tuple(slice(None, None, s) for s in strides)
    gap = tuple(slice(None, None, d) for d in dilation_rate)
    return view[(slice(None), *step, slice(None), *gap)]


def pad(inputs, amounts, value=0):
    """`inputs` with (before, after) cells of `value` on each spatial axis."""
    if not any(before or after for before, after in amounts):
        return inputs
    return np.pad(inputs, [(0, 0), *amounts, (0, 0)], constant_values=value)
