"""A convolution of few channels and the max-pooling after it, at once: the same numbers in about half the time.

With few channels, to make the outputs of a convolution takes less time than to move them to memory and back. Here they never
get there: they are pooled while a core has them in its own cache. And they are made in an order that suits pooling: first
all that are the first cell of a pooling window, then all that are the second, and so on. So the largest of each window is
the larger of whole arrays, number by number, and all runs are long.
"""

import math

import numpy as np

from . import _lowering, _ways
from ._masks import largest_of, pass_on, tame
from ._threads import blocks, buffer, in_blocks, of_a_block, share_out
from ._windows import cells_first, touch

WORKSPACE = 2**21  # bytes of windows and cells at once


def fits(inputs, kernel, geometry, pooling):
    """Whether convolution and pooling, of these two geometries, can be done at once: on pictures, with windows that touch."""
    way = _ways.choose(len(inputs), inputs.shape[-1], kernel, geometry)
    few = way is _lowering and len(geometry.sizes) == 2 and inputs.shape[-1] <= _lowering.FEW_CHANNELS
    return few and touch(pooling) and tame(inputs) and tame(kernel)


def slide(inputs, kernel, geometry, pooling):
    """The pooled outputs, (N, rows, columns, F), and masks of what was the largest, (cells − 1, N, rows, columns, F)."""
    output, masks = _room(len(inputs), kernel.shape[-1], kernel.dtype, pooling)

    def work(share):
        for images, rows in blocks(share, *_blocks(kernel, pooling)):
            windows, cells = _windows_and_cells(inputs[images], rows, kernel, geometry, pooling)
            np.matmul(windows, kernel.reshape(windows.shape[-1], -1), out=cells.reshape(*windows.shape[:2], -1))
            largest_of(cells.swapaxes(0, 1), output[images, rows], masks[:, images, rows])

    share_out(work, len(inputs), of_a_block(len(inputs), *_blocks(kernel, pooling)))
    return output, masks


def pool(features, pooling):
    """The pooled features and masks, as from `slide`, where the convolution has been done.

    If the pooled features are not `tame`, the masks mean nothing.
    """
    output, masks = _room(len(features), features.shape[-1], features.dtype, pooling)

    def work(part):
        places = cells_first(features[part], pooling)
        cells = np.empty((len(masks) + 1, *output[part].shape), output.dtype)
        # A copy, for long runs; −0, which would be less than 0, becomes 0.
        np.add(places, 0, out=cells.reshape(places.shape))
        largest_of(cells, output[part], masks[:, part])

    with np.errstate(over="ignore", invalid="ignore"):
        in_blocks(work, len(features), features[:1].nbytes)
    return output, masks


def gather(inputs, grad, masks, kernel, geometry, pooling):
    """The gradient by the kernel, from that by the pooled outputs."""

    def work(share):
        total = np.zeros((math.prod(kernel.shape[:-1]), kernel.shape[-1]), kernel.dtype)
        for images, rows in blocks(share, *_blocks(kernel, pooling)):
            windows, cells = _windows_and_cells(inputs[images], rows, kernel, geometry, pooling)
            pass_on(grad[images, rows], masks[:, images, rows], cells.swapaxes(0, 1))
            total += (windows.swapaxes(1, 2) @ cells.reshape(*windows.shape[:2], -1)).sum(axis=0)
        return total

    return sum(share_out(work, len(inputs), of_a_block(len(inputs), *_blocks(kernel, pooling)))).reshape(kernel.shape)


def before_pooling(grad, masks, pooling):
    """The gradient by the outputs of the convolution, in their usual order, from that by the pooled outputs."""
    d_features = np.empty((len(grad), *pooling.sizes, grad.shape[-1]), grad.dtype)

    def work(part):
        d_features[part] = 0  # where no window lies
        places = cells_first(d_features[part], pooling)
        cells = np.empty((len(masks) + 1, *grad[part].shape), grad.dtype)
        pass_on(grad[part], masks[:, part], cells)
        places[...] = cells.reshape(places.shape)

    in_blocks(work, len(grad), d_features[:1].nbytes)
    return d_features


def _room(batch, channels, dtype, pooling):
    """Arrays for the pooled outputs and their masks."""
    shape = batch, *pooling.positions, channels
    return np.empty(shape, dtype), np.empty((math.prod(pooling.window_size) - 1, *shape), f"i{dtype.itemsize}")


def _blocks(kernel, pooling):
    """Rows of pooled outputs, bytes of what is made for each, and how much a core's own cache can hold."""
    of_cell = math.prod(kernel.shape[:-1]) + kernel.shape[-1]
    of_row = pooling.positions[1] * math.prod(pooling.window_size) * of_cell * kernel.itemsize
    return pooling.positions[0], of_row, WORKSPACE


def _windows_and_cells(images, rows, kernel, geometry, pooling):
    """The windows of the kernel, (n, cells · rows · columns, kh · kw · C), and room for what comes of them, cell by cell."""
    windows = _lowering.columns(images, rows, kernel, geometry, pooling.window_size)
    shape = len(images), math.prod(pooling.window_size), rows.stop - rows.start, pooling.positions[1], kernel.shape[-1]
    return windows, buffer("cells", shape, kernel.dtype)
