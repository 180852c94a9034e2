"""The sums of a convolution, and which of four ways to take: here the choice is made.

`_plain` is the one to read, and takes every case. `_lowering` does the same in blocks, on every core. `_winograd` needs
about a quarter of the multiplications. `_few` is for a single image, and for few outputs. Each has `slide`, the convolution
itself, and `gather`, its gradient by the kernel. `_plain` and `_few` have `spread`, the gradient by the inputs; for the
others it is made of convolutions: `_phases` says which. Where both gradients are wanted, `_winograd` has them share their
work.

For a convolution in a model with max-pooling after it there is `_pooled`, which does both at once where it can.

Beside inputs and outputs the fast ways hold at most 14 MiB and 12 kernels for each thread, and 8 kernels more, whatever
the batch and the size of the images (for images up to 1000 pixels wide). Buffers are kept for the next call.
"""

import math

import numpy as np

from . import _few, _lowering, _plain, _winograd
from ._masks import tame
from ._threads import share_out
from ._windows import Geometry


def choose(batch, channels, kernel, geometry, gradients=False):
    """The fastest way for these shapes, or for both gradients.

    Winograd saves multiplications, channels · filters of them at every output. It works for that on every channel
    and on every filter of a tile, even where the tile reaches over the edge, and on the kernel, which many tiles must share.
    The bounds are where the two meet on a processor with AVX-512; where products are slower, it pays a little earlier.
    Both gradients together have that work in common, so that for them it pays from 4 channels and 8 filters on.
    What there is too little of to share out is left to `_few`, if that lays out no more than it may.
    """
    *kernel_size, kernel_channels, filters = kernel.shape
    if len(kernel_size) == 3 or channels != kernel_channels or max(geometry.dilation_rate) > 1 or not batch:
        return _plain
    outputs = batch * math.prod(geometry.positions)
    few = outputs <= 256 and channels * filters >= 2**13  # and a large kernel, which Winograd would have to transform
    if batch == 1 and channels > _lowering.FEW_CHANNELS:
        few |= outputs * math.prod(kernel_size) <= 10_000  # above, one core with Winograd is faster than two without
    if few:
        lines = math.prod(positions + k - 1 for positions, k in zip(geometry.positions[:-1], kernel_size))
        laid_out = batch * lines * geometry.positions[-1] * kernel_size[-1] * channels
        if laid_out <= max(3 * 2**19, kernel.size):
            return _few
    tiles = [positions / _winograd.TILE for positions in geometry.positions]
    filled = math.prod(along / math.ceil(along) for along in tiles)
    fits = len(kernel_size) == 2 and all(2 <= size <= 5 for size in kernel_size) and max(geometry.strides) == 1
    # Work at an output, for each channel and filter: (2.25 + 81 / channels + 81 / filters) / filled, instead of 9.
    pays = 1 / channels + 1 / filters <= filled / 9 - 1 / 36
    if gradients:
        pays = channels >= 4 and filters >= 8
    if fits and pays and batch * math.prod(tiles) >= 48 and kernel.dtype == np.float32:
        return _winograd
    return _lowering


def slide(inputs, kernel, geometry):
    """The convolution of checked inputs, (N, *spatial, channels), with a kernel of the type of the sums."""
    way = choose(len(inputs), inputs.shape[-1], kernel, geometry)
    if way is _plain:
        return _plain.slide(inputs, kernel, geometry)
    shape = len(inputs), *geometry.positions, kernel.shape[-1]
    return _in_2d(way, "slide", inputs, kernel=kernel, geometry=geometry).reshape(shape)


def gather(inputs, grad, kernel, geometry):
    """The gradient of `slide` by its kernel."""
    way = choose(len(inputs), inputs.shape[-1], kernel, geometry)
    if way is _plain:
        return _plain.gather(inputs, grad, kernel, geometry)
    return _in_2d(way, "gather", inputs, grad, kernel=kernel, geometry=geometry).reshape(kernel.shape)


def both(inputs, grad, kernel, geometry):
    """The gradients of `slide` by its inputs and by its kernel."""
    if choose(len(inputs), inputs.shape[-1], kernel, geometry, gradients=True) is _winograd:
        d_inputs = np.empty(inputs.shape, np.float32)
        try:
            return d_inputs, _winograd.gather(inputs, grad, kernel, geometry, d_inputs)
        except _winograd.NotFinite:
            pass
    return spread(grad, kernel, geometry, inputs.shape[-1]), gather(inputs, grad, kernel, geometry)


def spread(grad, kernel, geometry, channels):
    """The gradient of `slide` by its inputs, which have so many channels."""
    if len(geometry.sizes) == 1:
        return spread(grad[:, np.newaxis], kernel[np.newaxis], _as_2d(geometry), channels)[:, 0]
    way = choose(len(grad), channels, kernel, geometry)
    if way in (_plain, _few):
        return way.spread(grad, kernel, geometry, channels)
    if channels <= _lowering.FEW_CHANNELS:
        return _lowering.spread(grad, kernel, geometry)
    phases = list(_phases(kernel, geometry))
    # Zeros around the gradient are multiplied, which `_plain` does not do, and must not make NaN of infinity.
    fits = tame(kernel) and all(min(min(pair) for pair in around.amounts) >= 0 for _, _, around in phases)
    if not fits:
        return _plain.spread(grad, kernel, geometry, channels)
    if max(geometry.strides) == 1:
        return slide(grad, *phases[0][1:])
    covered = all(size >= stride for size, stride in zip(geometry.window_size, geometry.strides))
    d_inputs = (np.empty if covered else np.zeros)((len(grad), *geometry.sizes, channels), kernel.dtype)

    by_columns = {}  # phases of the same columns differ along the height only
    for cells, turned, around in phases:
        by_columns.setdefault(cells[-1].start, []).append((turned, around, d_inputs[cells]))

    def work(share):  # all phases of it, while its gradient is in a core's own cache
        for several in by_columns.values():
            several = [(turned, around, place[share]) for turned, around, place in several]
            if grad.shape[-1] > _lowering.FEW_CHANNELS:
                _lowering.slide_each(grad[share], several)
            else:
                for turned, around, place in several:
                    place[...] = _lowering.slide(grad[share], turned, around)

    share_out(work, len(grad))
    return d_inputs


def _in_2d(way, name, *batches, kernel, geometry):
    """`way.slide` or `way.gather`, for 1-D or 2-D: a line is a picture one pixel high."""
    if len(geometry.sizes) == 1:
        batches, kernel = [batch[:, np.newaxis] for batch in batches], kernel[np.newaxis]
        geometry = _as_2d(geometry)
    try:
        return getattr(way, name)(*batches, kernel, geometry)
    except _winograd.NotFinite:
        return getattr(_lowering, name)(*batches, kernel, geometry)


def _as_2d(geometry):
    return Geometry(*((first, *of_axis) for first, of_axis in zip((1, 1, 1, 1, (0, 0), 1), geometry)))


def _phases(kernel, geometry):
    """The convolutions that give the gradient by the inputs: for each the pixels it gives, its kernel and its geometry.

    A pixel collects from all outputs that saw it, through the kernel turned around. With a stride of s, every s-th
    pixel meets the same elements of the kernel, every s-th again: a convolution of stride 1 for each phase.
    """
    for phase in np.ndindex(*geometry.strides):
        cells, elements, amounts, sizes = [], [], [], []
        along = zip(phase, geometry.sizes, geometry.strides, geometry.amounts, geometry.window_size, geometry.positions)
        for pixel, size, stride, (before, _), k, positions in along:
            cells.append(slice(pixel, None, stride))
            output, element = divmod(pixel + before, stride)  # the pixel is this element of this output's window
            elements.append(slice(element, None, stride))
            taps = len(range(element, k, stride))
            sizes.append(len(range(pixel, size, stride)))
            amounts.append((taps - 1 - output, output + sizes[-1] - positions))
        turned = np.flip(kernel[tuple(elements)], range(len(phase))).swapaxes(-1, -2)
        if turned.size and all(sizes):
            ones = (1,) * len(phase)
            around = Geometry(geometry.positions, turned.shape[:-2], ones, ones, tuple(amounts), tuple(sizes))
            yield (slice(None), *cells), np.ascontiguousarray(turned), around
