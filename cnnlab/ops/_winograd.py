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
from ._threads import blocks, buffer, share_out
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
    output = np.empty((len(inputs), *geometry.positions, kernel.shape[-1]), np.float32)
    (A, B, _), (A_, B_, _) = map(matrices, geometry.window_size)
    corner = [-before for before, _ in geometry.amounts]
    kernel_values = _kernel_values(kernel)

    def work(share):
        values_of = _reader(inputs, share, corner, geometry, B.T, B_.T, "values")
        store = _writer(output, kernel_values, geometry, A.T, A_.T)
        for images, rows in _each_block(share, geometry, kernel):
            store(values_of(images, rows), images, rows)

    share_out(work, len(inputs), _images_of(_tiles_at_once(geometry, kernel), geometry))
    return output


def gather(inputs, grad, kernel, geometry):
    """The gradient of `slide` by its kernel: the same steps, each transposed, in the opposite order."""
    (A, B, G), (A_, B_, G_) = map(matrices, geometry.window_size)
    corner = [-before for before, _ in geometry.amounts]
    shape = (len(G) * len(G_), *kernel.shape[2:])

    def work(share):
        total = np.zeros(shape, np.float32)
        values_of = _reader(inputs, share, corner, geometry, B.T, B_.T, "values")
        values_of_grad = _reader(grad, share, (0, 0), geometry, A, A_, "values of grad")
        for images, rows in _each_block(share, geometry, kernel, shared=4):  # the total is read and written
            values, grad_values = values_of(images, rows), values_of_grad(images, rows)
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
    down, across = _tiles(geometry)
    return blocks(share, down, across, _tiles_at_once(geometry, kernel, shared))


def _reader(batch, share, corner, geometry, along_rows, along_columns, name):
    """What gives rows of tiles of some images of a share, at the points: (points, tiles, C), tiles as (row, image, column).

    Each tile is multiplied by one matrix along its columns, then by another along its rows. The tiles lie a step of
    TILE apart and may overlap, which a view can say: `np.ndarray(shape, dtype, memory, offset, strides)`.

    The views of one block serve the next: Python is slow where data has driven it out of the cache.
    """
    if not tame(batch[share]):
        raise NotFinite
    (points, taps), (points_, taps_) = along_rows.shape, along_columns.shape
    (_, height, width, channels), (top, left) = batch.shape, corner
    across = _tiles(geometry)[1]
    columns = TILE * across + taps_ - TILE
    begin, end = overlap(left, columns, width)

    @lru_cache(1)
    def views(n, first_row, last_row):
        down = last_row - first_row
        first, size = TILE * first_row + top, TILE * down + taps - TILE
        start, stop = overlap(first, size, height)
        padded = buffer(f"padded {name}", (n, size, columns, channels))
        padded[...] = 0
        inside = padded[:, start - first : stop - first, begin - left : end - left]
        of_image, line, pixel, _ = padded.strides
        strides = of_image, line, TILE * pixel, pixel, 4
        tiles = np.ndarray((n, size, across, taps_, channels), np.float32, padded, 0, strides)
        half = buffer("half", (points_, size, n, across, channels))  # done along the columns
        of_point, line, *_ = half.strides
        shape = points_, down, taps, n * across * channels
        lines = np.ndarray(shape, np.float32, half, 0, (of_point, TILE * line, line, 4))
        values = buffer(name, (points, points_, down, shape[-1]))
        at_points = values.reshape(points * points_, -1, channels)
        return start, stop, inside, tiles, half.transpose(2, 1, 3, 0, 4), lines, values.transpose(1, 2, 0, 3), at_points

    def read(images, rows):
        start, stop, inside, tiles, half, lines, values, at_points = views(len(batch[images]), rows.start, rows.stop)
        inside[...] = batch[images, start:stop, begin:end]
        np.matmul(along_columns, tiles, out=half)
        np.matmul(along_rows, lines, out=values)
        return at_points

    return read


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


def _writer(output, kernel_values, geometry, along_rows, along_columns):
    """What multiplies values at the points, (points, tiles, C), with those of the kernel, and stores what comes of it."""
    (_, points), (_, points_) = along_rows.shape, along_columns.shape
    (_, height, width, filters), (_, across) = output.shape, _tiles(geometry)
    whole, rest = divmod(height, TILE)  # the last tiles may reach over the edges
    lines = output.reshape(len(output), height, -1)
    tiles = lines[:, : whole * TILE].reshape(len(output), whole, TILE, -1).swapaxes(0, 1)

    @lru_cache(1)
    def views(n, down):
        products = buffer("products", (points * points_, down * n * across, filters))
        by_tile = products.reshape(points, points_, -1, filters).transpose(0, 2, 1, 3)
        half = buffer("half", (points, down * n * across, TILE, filters))
        # Side by side, the tiles of a row are lines of pixels.
        by_row = half.reshape(points, down, n, -1)[..., : width * filters].transpose(1, 2, 0, 3)
        return products, by_tile, half, by_row

    def write(values, images, rows):
        products, by_tile, half, by_row = views(len(output[images]), rows.stop - rows.start)
        np.matmul(values, kernel_values, out=products)
        np.matmul(along_columns, by_tile, out=half)
        places = tiles[rows, images]
        np.matmul(along_rows, by_row[: len(places)], out=places)
        if rows.stop > whole:
            np.matmul(along_rows[:rest], by_row[-1], out=lines[images, whole * TILE :])

    return write


def _tiles(geometry):
    return [-(-positions // TILE) for positions in geometry.positions]


def _images_of(tiles, geometry):
    """How many images make that many tiles."""
    return max(1, tiles // math.prod(_tiles(geometry)))
