"""Convolution with fewer multiplications, for strides of 1 and kernels of 2 to 5 pixels.

A kernel of 3 numbers gives 4 neighbouring outputs for 12 multiplications. Six are enough. A product of polynomials
can be found from its values: evaluate both factors at some points, multiply the values, one multiplication per point, and
find the polynomial that has these values. The product of polynomials with 4 and 3 coefficients has 6 coefficients, so 6
points do. What a convolution does is the same, seen from the other side (its transpose). With matrices:

    4 outputs = A.T @ ((G @ kernel) * (B.T @ 6 inputs))

In two dimensions, done along each axis, a tile of 4 × 4 outputs takes 36 multiplications instead of 144.

Only the multiplication in the middle mixes channels, and it is the same at every tile: for each of the 36 points, one
matrix product (tiles, channels) @ (channels, filters). A and B cost something for every channel and every filter, so that
it pays from about 24 of both on.

The price is digits: what is added and subtracted on the way is larger than the result. Compared with the largest output, the
error is below 5e-6 for kernels of 3, and 2e-5 for kernels of 5, in float32.

Source: Lavin & Gray, "Fast algorithms for convolutional neural networks", 2016.
"""

import math
from functools import lru_cache

import numpy as np

from ._masks import tame
from ._threads import buffer, share_out
from ._windows import overlap

TILE = 4  # outputs along each axis of a tile
POINTS = (0, 1, -1, 1 / 2, -2, 2, -1 / 2)  # and infinity; small ones, and their inverses, lose the fewest digits
WORKSPACE = 2**21  # bytes: what a thread works on at once stays in a core's own cache


class NotFinite(ArithmeticError):
    """An array holds NaN, infinity, or huge numbers: in a tile they would reach their neighbours."""


@lru_cache
def matrices(kernel_size):
    """A, B and G for kernels of this length, along one axis.

    >>> A, B, G = matrices(3)
    >>> inputs, kernel = np.array([1, 2, 3, 4, 5, 6]), np.array([1, 0, -1])
    >>> np.round(A.T @ ((G @ kernel) * (B.T @ inputs)), 4)
    array([-2., -2., -2., -2.])
    """
    points = TILE + kernel_size - 1

    def values(coefficients):
        """The matrix that evaluates a polynomial at each point; at infinity only the highest coefficient counts."""
        finite = np.vander(POINTS[: points - 1], coefficients, increasing=True)
        return np.vstack([finite, np.eye(coefficients)[-1]])

    A, B, G = values(TILE), np.linalg.inv(values(points)), values(kernel_size)
    return A.astype(np.float32), B.astype(np.float32), G.astype(np.float32)


def slide(inputs, kernel, geometry):
    """The convolution of float32 `inputs`, (N, H, W, C), with a kernel, (kh, kw, C, F)."""
    inputs = np.ascontiguousarray(inputs)
    output = np.empty((len(inputs), *geometry.positions, kernel.shape[-1]), np.float32)
    (A, B, _), (A_, B_, _) = map(matrices, geometry.window_size)
    corner = [-before for before, _ in geometry.amounts]
    kernel_values = _kernel_values(kernel)

    def work(share):
        for images, rows in _each_block(share, geometry, kernel):
            values = _values(inputs[images], rows, corner, geometry, B.T, B_.T, "values")
            products = buffer("products", (*values.shape[:2], kernel.shape[-1]))
            np.matmul(values, kernel_values, out=products)
            _store(products, A.T, A_.T, output[images, rows.start * TILE : rows.stop * TILE])

    share_out(work, len(inputs), _images_of(_tiles_at_once(geometry, kernel), geometry))
    return output


def gather(inputs, grad, kernel, geometry):
    """The gradient of `slide` by its kernel: the same steps, each transposed, in the opposite order."""
    inputs, grad = np.ascontiguousarray(inputs), np.ascontiguousarray(grad)
    (A, B, G), (A_, B_, G_) = map(matrices, geometry.window_size)
    corner = [-before for before, _ in geometry.amounts]
    shape = (len(G) * len(G_), *kernel.shape[2:])

    def work(share):
        total = np.zeros(shape, np.float32)
        for images, rows in _each_block(share, geometry, kernel, shared=4):  # the total is read and written
            values = _values(inputs[images], rows, corner, geometry, B.T, B_.T, "values")
            grad_values = _values(grad[images], rows, (0, 0), geometry, A, A_, "values of grad")
            total += np.matmul(values.transpose(0, 2, 1), grad_values, out=buffer("products", shape))
        total = G.T @ total.reshape(len(G), -1)
        total = np.matmul(G_.T, total.reshape(len(G.T), len(G_), -1))
        return total.reshape(kernel.shape)

    fewest, most = (_images_of(_tiles_at_once(geometry, kernel, shared), geometry) for shared in (1, 4))
    return sum(share_out(work, len(inputs), max(fewest, min(most, len(inputs) // 4))))


def _tiles_at_once(geometry, kernel, shared=1):
    """How many: few stay in a core's own cache, many make use of a kernel that does not."""
    points = math.prod(TILE + k - 1 for k in geometry.window_size)
    channels, filters = kernel.shape[2:]
    return max(WORKSPACE // (4 * points * (channels + filters)), shared * channels * filters // (channels + filters))


def _each_block(share, geometry, kernel, shared=1):
    """The share in blocks of some images and some rows of tiles: (images, rows of tiles)."""
    tiles = _tiles_at_once(geometry, kernel, shared)
    down, across = _tiles(geometry)
    of_rows = max(1, min(down, tiles // across))
    n = max(1, tiles // (across * down))
    for first in range(share.start, share.stop, n):
        for row in range(0, down, of_rows):
            yield slice(first, min(first + n, share.stop)), slice(row, min(row + of_rows, down))


def _values(images, rows, corner, geometry, along_rows, along_columns, buffer_name):
    """Rows of tiles of some images, (n, H, W, C), at the points: (points, tiles, C), the tiles in the order (row, n, column).

    Each tile is multiplied by one matrix along its columns, then by another along its rows. The tiles lie a step of
    TILE apart and may overlap, which a view can say: `np.ndarray(shape, dtype, memory, offset, strides)`. Nothing is copied.
    """
    (points, taps), (points_, taps_) = along_rows.shape, along_columns.shape
    n, height, width, channels = images.shape
    of_image, line, pixel, _ = images.strides
    across = _tiles(geometry)[1]
    # What the tiles reach over the edges for is zero.
    first = rows.start * TILE + corner[0]
    size = (rows.stop - rows.start - 1) * TILE + taps
    start, stop = overlap(first, size, height)
    if not tame(images[:, start:stop]):
        raise NotFinite
    half = buffer("half", (points_, size, n, across, channels))
    half[:, : start - first] = 0
    half[:, stop - first :] = 0
    inside = half[:, start - first : stop - first].transpose(2, 1, 3, 0, 4)  # (n, lines, tiles, points_, C)
    lefts = [column * TILE + corner[1] for column in range(across)]
    whole = [column for column, left in enumerate(lefts) if left >= 0 and left + taps_ <= width]
    if whole:
        shape = n, stop - start, len(whole), taps_, channels
        offset = start * line + lefts[whole[0]] * pixel
        view = np.ndarray(shape, np.float32, images, offset, (of_image, line, TILE * pixel, pixel, 4))
        np.matmul(along_columns, view, out=inside[:, :, whole[0] : whole[-1] + 1])
    for column, left in enumerate(lefts):
        if column not in whole:
            begin, end = overlap(left, taps_, width)
            part = along_columns[:, begin - left : end - left]
            np.matmul(part, images[:, start:stop, begin:end], out=inside[:, :, column])

    line = n * across * channels
    shape = points_, rows.stop - rows.start, taps, line
    view = np.ndarray(shape, np.float32, half, 0, (4 * size * line, 4 * TILE * line, 4 * line, 4))
    values = buffer(buffer_name, (points, points_, shape[1], line))
    np.matmul(along_rows, view, out=values.transpose(1, 2, 0, 3))
    return values.reshape(points * points_, -1, channels)


def _kernel_values(kernel):
    """(kh, kw, C, F) -> (points, C, F)."""
    if not tame(kernel):
        raise NotFinite
    (_, _, G), (_, _, G_) = map(matrices, kernel.shape[:2])
    values = np.empty((len(G), len(G_), *kernel.shape[2:]), np.float32)

    def work(share):
        part = kernel[:, :, share].reshape(*kernel.shape[:2], -1)
        half = np.matmul(G, part.transpose(1, 0, 2))
        np.matmul(G_, half.transpose(1, 0, 2), out=values[:, :, share].reshape(len(G), len(G_), -1))

    share_out(work, kernel.shape[2], at_least=128)
    return values.reshape(-1, *kernel.shape[2:])


def _store(products, along_rows, along_columns, output):
    """From the products at the points, (points, tiles, F), to the outputs, (n, rows, columns, F)."""
    (_, points), (_, points_) = along_rows.shape, along_columns.shape
    n, rows, columns, filters = output.shape
    products = products.reshape(points, points_, -1, filters).transpose(0, 2, 1, 3)
    half = buffer("half", (points, products.shape[1], TILE, filters))
    np.matmul(along_columns, products, out=half)
    # Side by side, the tiles of a row are lines of pixels; the last tiles may reach over the edges.
    half = half.reshape(points, -(-rows // TILE), n, -1)[..., : columns * filters].transpose(1, 2, 0, 3)
    down, rest = divmod(rows, TILE)
    lines = output[:, : down * TILE].reshape(n, down, TILE, -1).transpose(1, 0, 2, 3)
    np.matmul(along_rows, half[:down], out=lines)
    if rest:
        np.matmul(along_rows[:rest], half[down], out=output[:, down * TILE :].reshape(n, rest, -1))


def _tiles(geometry):
    return [-(-positions // TILE) for positions in geometry.positions]


def _images_of(tiles, geometry):
    """How many images make that many tiles."""
    down, across = _tiles(geometry)
    return -(-tiles // (down * across))
