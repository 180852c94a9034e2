"""Convolution of few outputs: some large products, which BLAS shares out among the cores.

The other fast ways give each core images of its own. A single image is too little for that: a thread that sleeps wakes up
after 0.06 ms, in which a core multiplies a million numbers. BLAS has threads that wait for the next product without sleep,
for a while. So products are as large as they can be: one for each line of the kernel, with all outputs at once. What lies
side by side in windows is laid out, as in `_lowering`, once for all lines of the kernel.
"""

from functools import lru_cache

import numpy as np

from ._threads import buffer
from ._windows import inside


def slide(inputs, kernel, geometry):
    """The convolution of `inputs`, (N, H, W, C), with a kernel, (kh, kw, C, F)."""
    (down, across), filters = geometry.positions, kernel.shape[-1]
    output = np.empty((down, len(inputs), across, filters), kernel.dtype)
    total = output.reshape(-1, filters)
    for i, (seen, line) in enumerate(_of_each_line(_laid_out(inputs, kernel, geometry), kernel, geometry)):
        if i:
            total += np.matmul(seen, line, out=buffer("products", total.shape, total.dtype))
        else:
            np.matmul(seen, line, out=total)
    return np.ascontiguousarray(output.swapaxes(0, 1))


def gather(inputs, grad, kernel, geometry):
    """The gradient of `slide` by its kernel."""
    d_kernel = np.empty(kernel.shape, kernel.dtype)
    grad = _as_matrix(grad)
    for seen, line in _of_each_line(_laid_out(inputs, kernel, geometry), d_kernel, geometry):
        np.matmul(seen.T, grad, out=line)
    return d_kernel


def spread(grad, kernel, geometry, channels):
    """The gradient of `slide` by its inputs, which have so many channels."""
    returned = _room(len(grad), kernel, geometry)
    grad_matrix = _as_matrix(grad)
    for seen, line in _of_each_line(returned, kernel, geometry):
        seen += np.matmul(grad_matrix, line.T, out=buffer("products", seen.shape, seen.dtype))
    d_inputs = np.zeros((len(grad), *geometry.sizes, channels), kernel.dtype)
    for place, pixels in _pixels_laid_out(geometry):
        d_inputs.swapaxes(0, 1)[pixels] += returned[place]
    return d_inputs


def _room(n, kernel, geometry):
    """Zeros for what windows see, every stride-th line in one phase: (phases, lines, n, columns, kw, C)."""
    (kh, kw, channels, _), sh, (down, across) = kernel.shape, geometry.strides[0], geometry.positions
    room = buffer("windows", (min(sh, kh), down + (kh - 1) // sh, n, across, kw, channels), kernel.dtype)
    room[...] = 0
    return room


def _laid_out(inputs, kernel, geometry):
    """A `_room` with what windows see in it."""
    room = _room(len(inputs), kernel, geometry)
    for place, pixels in _pixels_laid_out(geometry):
        room[place] = inputs.swapaxes(0, 1)[pixels]
    return room


@lru_cache
def _pixels_laid_out(geometry):
    """For each phase, and each element of a kernel's line: a place in a `_room`, and what pixels lie there, (H, n, W, C)."""
    found = []
    (height, width), (kh, kw), (sh, sw), _, ((top, _), (left, _)), (down, across) = geometry
    for phase in range(min(sh, kh)):
        lines, rows = inside(down + (kh - 1) // sh, phase - top, sh, height)
        for j in range(kw):
            columns, along = inside(across, j - left, sw, width)
            found.append(((phase, lines, slice(None), columns, j), (rows, slice(None), along)))
    return found


def _of_each_line(room, kernel, geometry):
    """What all outputs see with each line of the kernel, (outputs, kw · C), and this line, (kw · C, F); both are views."""
    down, length = geometry.positions[0], kernel.shape[1] * kernel.shape[2]
    for i, line in enumerate(kernel.reshape(len(kernel), length, -1)):
        first, phase = divmod(i, geometry.strides[0])
        yield room[phase, first : first + down].reshape(-1, length), line


def _as_matrix(grad):
    """(N, H, W, F) -> (H · N · W, F)."""
    return np.ascontiguousarray(grad.swapaxes(0, 1)).reshape(-1, grad.shape[-1])
