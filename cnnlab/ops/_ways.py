"""The sums of a convolution, and which of three ways to take: here the choice is made.

`_plain` is the one to read, and takes every case. `_lowering` does the same in blocks, on every core. `_winograd` needs
about a quarter of the multiplications. Each has `slide`, the convolution itself, and `gather`, its gradient by the kernel.
`spread`, the gradient by the inputs, is a convolution as well: `_turned` says of what.

Beside inputs and outputs the two fast ways hold at most 10 MiB and 12 kernels for each thread, and 8 kernels more, whatever
the batch and the size of the images (for images up to 1000 pixels wide). Buffers are kept for the next call.
"""

import math

import numpy as np

from . import _lowering, _plain, _winograd
from ._threads import share_out
from ._windows import Geometry


def choose(batch, channels, kernel, geometry):
    """The fastest way for these shapes.

    Winograd saves multiplications, channels · filters of them at every output. It works for that on every channel
    and on every filter of a tile, and on the kernel, which many tiles must share. The bounds are where the two meet on a
    processor with AVX-512; where products are slower, it pays a little earlier.
    """
    *kernel_size, kernel_channels, filters = kernel.shape
    if len(kernel_size) == 3 or channels != kernel_channels or max(geometry.dilation_rate) > 1 or not batch:
        return _plain
    tiles = batch * math.prod(positions / _winograd.TILE for positions in geometry.positions)
    fits = len(kernel_size) == 2 and all(2 <= size <= 5 for size in kernel_size) and max(geometry.strides) == 1
    if fits and kernel.dtype == np.float32 and 1 / channels + 1 / filters <= 1 / 12 and tiles >= 48:
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


def spread(grad, kernel, geometry, channels):
    """The gradient of `slide` by its inputs, which have so many channels."""
    way = choose(len(grad), channels, kernel, geometry)
    if way is not _plain and channels <= _lowering.FEW_CHANNELS:
        d_inputs = _in_2d(_lowering, "spread", grad, kernel=kernel, geometry=geometry)
        return d_inputs.reshape(len(grad), *geometry.sizes, channels)
    strided = max(geometry.strides) > 1
    # A few zeros more are multiplied than in `_plain`, which must not make NaN of infinity.
    tame = _winograd.tame(kernel) and (not strided or _winograd.tame(grad))
    turned = _turned(kernel, geometry) if tame and way is not _plain else None
    if turned is None:
        return _plain.spread(grad, kernel, geometry, channels)
    kernel, around = turned
    if not strided:
        return slide(grad, kernel, around)
    d_inputs = np.empty((len(grad), *geometry.sizes, channels), kernel.dtype)

    def work(share):
        phases = slide(grad[share], kernel, around)
        d_inputs[share] = _side_by_side(phases, geometry)

    share_out(work, len(grad))
    return d_inputs


def _in_2d(way, name, *batches, kernel, geometry):
    """`way.slide` or `way.gather`, for 1-D or 2-D: a line is a picture one pixel high."""
    if len(geometry.sizes) == 1:
        batches, kernel = [batch[:, np.newaxis] for batch in batches], kernel[np.newaxis]
        geometry = Geometry(*([first, *of_axis] for first, of_axis in zip((1, 1, 1, 1, (0, 0), 1), geometry)))
    try:
        return getattr(way, name)(*batches, kernel, geometry)
    except _winograd.NotFinite:
        return getattr(_lowering, name)(*batches, kernel, geometry)


def _turned(kernel, geometry):
    """The kernel and the geometry of the convolution that gives the gradient by the inputs; None where there is none.

    A pixel collects from all outputs that saw it, through the kernel turned around. With a stride of s, every s-th
    pixel meets the same elements of the kernel: s convolutions of stride 1, each with every s-th element. They are made
    as one, with s times as many filters.
    """
    *kernel_size, channels, filters = kernel.shape
    along = list(zip(geometry.sizes, kernel_size, geometry.strides, geometry.amounts, geometry.positions))
    taps = [-(-k // s) for _, k, s, _, _ in along]
    amounts = []
    for (size, _, s, (before, _), positions), t in zip(along, taps):
        first, last = before // s, (before + size - 1) // s
        amounts.append((t - 1 - first, last - (positions - 1)))
    if min(min(pair) for pair in amounts) < 0:  # padding that no window, or only padding, saw
        return None
    whole = np.zeros((*(t * s for t, s in zip(taps, geometry.strides)), channels, filters), kernel.dtype)
    whole[tuple(map(slice, kernel_size))] = kernel
    rank = len(kernel_size)
    split = whole.reshape(*(n for pair in zip(taps, geometry.strides) for n in pair), channels, filters)
    split = np.flip(split, axis=tuple(range(0, 2 * rank, 2)))  # the taps, not the phases
    order = [*range(0, 2 * rank, 2), 2 * rank + 1, *range(1, 2 * rank, 2), 2 * rank]
    phases = channels * math.prod(geometry.strides)
    turned = np.ascontiguousarray(split.transpose(order)).reshape(*taps, filters, phases)
    sizes = tuple(p + sum(pair) - t + 1 for p, pair, t in zip(geometry.positions, amounts, taps))
    ones = (1,) * rank
    return turned, Geometry(geometry.positions, tuple(taps), ones, ones, amounts, sizes)


def _side_by_side(phases, geometry):
    """(n, *cells, phases · channels) -> (n, *sizes, channels): the pixels in their places."""
    n, *cells, _ = phases.shape
    rank = len(cells)
    split = phases.reshape(n, *cells, *geometry.strides, -1)
    order = [0, *(axis for i in range(rank) for axis in (1 + i, 1 + rank + i)), 1 + 2 * rank]
    placed = split.transpose(order).reshape(n, *(c * s for c, s in zip(cells, geometry.strides)), split.shape[-1])
    firsts = [before % s for (before, _), s in zip(geometry.amounts, geometry.strides)]
    return placed[(slice(None), *(slice(first, first + size) for first, size in zip(firsts, geometry.sizes)))]
