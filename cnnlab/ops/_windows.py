"""Every place where a window lies, as one view of the padded inputs, or cell by cell."""

import itertools
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..arithmetic import padding_amounts
from ._arguments import check_fits, each_padding, per_axis

LARGEST_COPY = 2**23  # bytes of windows side by side at once; a big batch is worked through in parts


class Geometry(NamedTuple):
    """Where the windows lie: one entry per spatial axis in each."""

    sizes: tuple  # of the inputs
    window_size: tuple
    strides: tuple
    dilation_rate: tuple
    amounts: tuple  # of padding, (before, after)
    positions: tuple  # how many

    @property
    def padded_sizes(self):
        return tuple(size + sum(pair) for size, pair in zip(self.sizes, self.amounts))


def geometry_of(name, shape, window_size, strides, padding, dilation_rate):
    """The checked geometry of windows, called `name` in messages, on a batch of this shape."""
    sizes = shape[1:-1]
    strides = per_axis("strides", strides, len(sizes))
    dilation_rate = per_axis("dilation_rate", dilation_rate, len(sizes))
    along = zip(sizes, window_size, strides, each_padding(padding, len(sizes)), dilation_rate)
    amounts = tuple(padding_amounts(*of_axis) for of_axis in along)
    check_fits(name, shape, window_size, amounts, dilation_rate)
    positions = tuple(
        (size + sum(pair) - d * (k - 1) - 1) // s + 1
        for size, pair, k, s, d in zip(sizes, amounts, window_size, strides, dilation_rate)
    )
    return Geometry(sizes, window_size, strides, dilation_rate, amounts, positions)


def touch(geometry):
    """Whether the windows touch, and overlap neither each other nor an edge."""
    return geometry.strides == geometry.window_size and not any(map(any, geometry.amounts))


def windows(padded, geometry):
    """Windows of a padded batch: a view of shape (N, *positions, *window_size, channels).

    No number is copied here: overlapping windows share memory. Whoever needs them side by side
    (the matrix product does) copies each pixel as often as windows cover it.
    """
    rank = len(geometry.window_size)
    extent = tuple(d * (k - 1) + 1 for k, d in zip(geometry.window_size, geometry.dilation_rate))
    view = sliding_window_view(padded, extent, axis=tuple(range(1, rank + 1)))
    step = tuple(slice(None, None, s) for s in geometry.strides)
    gap = tuple(slice(None, None, d) for d in geometry.dilation_rate)
    return np.moveaxis(view[(slice(None), *step, slice(None), *gap)], rank + 1, -1)


def each_offset(geometry):
    """For each place in the window: its offset, and the cells of the padded batch under it.

    `padded[cells]` is a view of shape (N, *positions, channels): what that place sees, everywhere
    at once. Its cells are all different, so `padded[cells] += …` is safe.
    """
    for offset in np.ndindex(*geometry.window_size):
        along = zip(offset, geometry.positions, geometry.strides, geometry.dilation_rate)
        yield offset, (slice(None), *(slice(o * d, o * d + s * (n - 1) + 1, s) for o, n, s, d in along))


def cells_first(batch, geometry):
    """The cells of windows that `touch`, as one view of a batch: (*window_size, N, *positions, channels)."""
    along = list(zip(geometry.positions, geometry.window_size))
    covered = batch[(slice(None), *(slice(0, n * k) for n, k in along))]
    split = covered.reshape(len(batch), *itertools.chain(*along), batch.shape[-1])
    return np.moveaxis(split, range(2, split.ndim, 2), range(len(along)))


def parts(batch, of_one):
    """Slices of a batch of `batch` examples, such that the windows of a part, `of_one` bytes each, fit LARGEST_COPY."""
    step = max(1, LARGEST_COPY // max(1, of_one))
    return [slice(first, first + step) for first in range(0, batch, step)]


def pad(inputs, geometry, value=0):
    """`inputs` with cells of `value` around them."""
    if not any(before or after for before, after in geometry.amounts):
        return inputs
    padded = np.full((len(inputs), *geometry.padded_sizes, inputs.shape[-1]), value, inputs.dtype)
    unpad(padded, geometry)[...] = inputs
    return padded


def overlap(first, size, length):
    """Where a window that begins at `first` lies on an axis of this length: (start, stop), equal if it only lies beside."""
    start = min(max(first, 0), length)
    return start, max(min(first + size, length), start)


def inside(count, first, step, size):
    """Which of so many pixels, one `step` after the other from `first` on, lie in an image: (of them, of the image)."""
    start = min(count, max(0, -(first // step)))
    stop = max(start, min(count, (size - first - 1) // step + 1))
    return slice(start, stop), slice(max(0, first + start * step), max(0, first + stop * step), step)


def unpad(padded, geometry):
    """`padded` without the cells around it."""
    inner = (slice(before, before + size) for (before, _), size in zip(geometry.amounts, geometry.sizes))
    return padded[(slice(None), *inner)]
