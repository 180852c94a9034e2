"""A convolution and the max-pooling after it, at once: the same numbers in less time.

To move the outputs of a convolution to memory and back takes time, with few channels more than to make them. Here they never
get there: they are pooled while a core has them in its own cache. And they are made in an order that suits pooling: all that
are the first cell of a pooling window before all that are the second, and so on, in the whole block (`_lowering`) or in
each line (`_winograd`). So the largest of each window is the larger of whole arrays, number by number, and runs are long.
"""

import math
from typing import NamedTuple

import numpy as np

from . import _lowering, _ways, _winograd
from ._masks import largest_of, pass_on, tame
from ._threads import blocks, buffer, in_blocks, of_a_block, share_out
from ._windows import cells_first, touch

WORKSPACE = 2**21  # bytes of windows and cells at once


class Pooled(NamedTuple):
    """Where a convolution by `_winograd` leaves its outputs, pooled, or finds the gradient by them."""

    values: np.ndarray  # (N, rows, columns, F)
    masks: np.ndarray  # (cells − 1, N, rows, columns, F)
    pool_size: tuple

    def room(self, part):
        """Room for the outputs of the convolution that this part of the pooled ones is made of."""
        n, rows, columns, filters = self.values[part].shape
        ph, pw = self.pool_size
        return buffer("features", (n, rows * ph, pw * columns, filters))

    def pool(self, features, part):
        largest_of(self._cells(features), self.values[part], self.masks[:, *part])

    def spread(self, part):
        """The gradient by the outputs of the convolution."""
        features = self.room(part)
        pass_on(self.values[part], self.masks[:, *part], self._cells(features))
        return features

    def _cells(self, features):
        """Their cells first, as a view: (cells, n, rows, columns, F)."""
        n, rows, columns, filters = features.shape
        ph, pw = self.pool_size
        return features.reshape(n, rows // ph, ph * pw, columns // pw, filters).transpose(2, 0, 1, 3, 4)


def slide(inputs, kernel, geometry, pooling):
    """The pooled outputs, (N, rows, columns, F), and masks of what was the largest, (cells − 1, N, rows, columns, F),
    for convolution and pooling of these two geometries; None where they cannot be done at once.

    They can on pictures, with pooling windows that touch, by `_winograd` or where channels are few.
    """
    if not touch(pooling) or len(geometry.sizes) != 2:
        return None
    way = _ways.choose(len(inputs), inputs.shape[-1], kernel, geometry)
    by_winograd = way is _winograd and _winograd.may_pool(pooling)
    if not by_winograd and not (_of_few_channels(way, inputs, geometry) and tame(inputs) and tame(kernel)):
        return None
    output, masks = _room(len(inputs), kernel.shape[-1], kernel.dtype, pooling)
    if not by_winograd:
        _slide(inputs, kernel, geometry, pooling, output, masks)
        return output, masks
    try:
        _winograd.slide(inputs, kernel, geometry, Pooled(output, masks, pooling.window_size))
    except _winograd.NotFinite:
        return None
    return output, masks


def _slide(inputs, kernel, geometry, pooling, output, masks):
    """`slide` where channels are few."""

    def work(share):
        for images, rows in blocks(share, *_blocks(kernel, pooling)):
            windows, cells = _windows_and_cells(inputs[images], rows, kernel, geometry, pooling)
            np.matmul(windows, kernel.reshape(windows.shape[-1], -1), out=cells.reshape(*windows.shape[:2], -1))
            largest_of(cells.swapaxes(0, 1), output[images, rows], masks[:, images, rows])

    share_out(work, len(inputs), of_a_block(len(inputs), *_blocks(kernel, pooling)))


def pool(features, pooling):
    """The pooled features and masks, as from `slide`, where the convolution has been done.

    If the pooled features are not `tame`, the masks mean nothing.
    """
    output, masks = _room(len(features), features.shape[-1], features.dtype, pooling)

    def work(part):
        places = cells_first(features[part], pooling)
        cells = np.empty((len(masks) + 1, *output[part].shape), output.dtype)
        cells.reshape(places.shape)[...] = places  # a copy, for long runs
        largest_of(cells, output[part], masks[:, part])

    with np.errstate(invalid="ignore"):
        in_blocks(work, len(features), features[:1].nbytes)
    return output, masks


def both(inputs, grad, masks, kernel, geometry, pooling, to_inputs=True):
    """The gradients by the inputs, if wanted, and by the kernel, from that by the pooled outputs."""
    way = _ways.choose(len(inputs), inputs.shape[-1], kernel, geometry, gradients=to_inputs)
    if not to_inputs:
        if _of_few_channels(way, inputs, geometry):
            return None, _gather(inputs, grad, masks, kernel, geometry, pooling)
        return None, _ways.gather(inputs, before_pooling(grad, masks, pooling), kernel, geometry)
    if way is _winograd and _winograd.may_pool(pooling):
        d_inputs, pooled = np.empty(inputs.shape, np.float32), Pooled(grad, masks, pooling.window_size)
        try:
            return d_inputs, _winograd.gather(inputs, pooled, kernel, geometry, d_inputs)
        except _winograd.NotFinite:
            pass
    return _ways.both(inputs, before_pooling(grad, masks, pooling), kernel, geometry)


def _gather(inputs, grad, masks, kernel, geometry, pooling):
    """The gradient by the kernel where channels are few."""

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


def _of_few_channels(way, inputs, geometry):
    """Whether the way is `_lowering`, with whole windows of pictures."""
    return way is _lowering and len(geometry.sizes) == 2 and inputs.shape[-1] <= _lowering.FEW_CHANNELS


def _room(batch, channels, dtype, pooling):
    """Arrays for the pooled outputs and their masks."""
    shape = batch, *pooling.positions, channels
    return np.empty(shape, dtype), np.empty((math.prod(pooling.window_size) - 1, *shape), bool)


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
