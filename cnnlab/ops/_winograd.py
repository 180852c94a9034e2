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

from functools import lru_cache

import numpy as np

from ._threads import buffer, share_out

TILE = 4  # outputs along each axis of a tile
POINTS = (0, 1, -1, 1 / 2, -2, 2, -1 / 2)  # and infinity; small ones, and their inverses, lose the fewest digits
WORKSPACE = 2**20  # bytes: what a thread works on at once stays in a core's own cache


class NotFinite(ArithmeticError):
    """An array holds NaN, infinity, or huge numbers: in a tile they would reach their neighbours."""


def tame(x):
    """Whether the sum of all squares is finite, which it is not if anything is NaN, infinite, or above 2e19."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.isfinite(np.vdot(x, x))


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
    (A, _, _), (A_, _, _) = map(matrices, geometry.window_size)
    kernel_values = _kernel_values(kernel)

    def work(share):
        for images, rows, tile_values in _each_block(inputs, share, geometry, kernel.shape[-1], fewest=32):
            products = buffer("products", (*tile_values.shape[:2], kernel.shape[-1]))
            np.matmul(tile_values, kernel_values, out=products)
            _store(products, A.T, A_.T, output[images, rows])

    share_out(work, len(inputs), _images_of(128, geometry))
    return output


def gather(inputs, grad, kernel, geometry):
    """The gradient of `slide` by its kernel: the same steps, each transposed, in the opposite order."""
    (A, _, G), (A_, _, G_) = map(matrices, geometry.window_size)
    shape = (len(G) * len(G_), *kernel.shape[2:])

    def work(share):
        total = np.zeros(shape, np.float32)
        for images, rows, tile_values in _each_block(inputs, share, geometry, kernel.shape[-1], fewest=128):
            grad_values = _grad_values(grad[images, rows], A, A_)
            total += np.matmul(tile_values.transpose(0, 2, 1), grad_values, out=buffer("products", shape))
        total = G.T @ total.reshape(len(G), -1)
        total = np.matmul(G_.T, total.reshape(len(G.T), len(G_), -1))
        return total.reshape(kernel.shape)

    return sum(share_out(work, len(inputs), _images_of(128, geometry)))


def _each_block(inputs, share, geometry, filters, fewest):
    """The share in blocks of some images and some rows of tiles, as (images, rows of the output, values of the tiles)."""
    channels = inputs.shape[-1]
    B, B_ = (matrices(size)[1] for size in geometry.window_size)
    down, across = _tiles(geometry)
    tiles = max(fewest, min(256, WORKSPACE // (4 * len(B) * len(B_) * (channels + filters))))
    n = max(1, min(8, tiles // across, share.stop - share.start))
    of_rows = max(1, min(down, tiles // (across * n)))
    for first in range(share.start, share.stop, n):
        images = slice(first, min(first + n, share.stop))
        for row in range(0, down, of_rows):
            rows = slice(row * TILE, min((row + of_rows) * TILE, geometry.positions[0]))
            size = (-(-(rows.stop - rows.start) // TILE) * TILE + len(B) - TILE, across * TILE + len(B_) - TILE)
            corner = (rows.start - geometry.amounts[0][0], -geometry.amounts[1][0])
            block = _cut(inputs[images], corner, size)
            yield images, rows, _values(block, B.T, B_.T, buffer_name="values of inputs")


def _cut(images, corner, size):
    """A piece of every image, with zeros where it reaches over the edge: (height, width, images, channels).

    With the positions first, what a matrix of points multiplies is one long row for all images and channels.
    """
    n, *sizes, channels = images.shape
    block = buffer("block", (*size, n, channels))
    inside, there = [], []
    for c, length, whole in zip(corner, size, sizes):
        start, stop = max(c, 0), max(min(c + length, whole), max(c, 0))
        inside.append(slice(start, stop))
        there.append(slice(start - c, stop - c))
    rows, columns = there
    block[: rows.start] = 0
    block[rows.stop :] = 0
    block[rows, : columns.start] = 0
    block[rows, columns.stop :] = 0
    block[rows, columns] = images[:, inside[0], inside[1]].transpose(1, 2, 0, 3)
    if not tame(block):
        raise NotFinite
    return block


def _values(block, along_rows, along_columns, buffer_name):
    """A block (height, width, images, channels), cut into tiles a step of TILE apart: (points, tiles, channels).

    Each tile is multiplied by one matrix along its rows and by the other along its columns. The tiles overlap, which a
    view can say: `np.ndarray(shape, dtype, memory, offset, strides)`.
    """
    (points, taps), (points_, taps_) = along_rows.shape, along_columns.shape
    height, width, n, channels = block.shape
    down, across, pixel = (height - taps) // TILE + 1, (width - taps_) // TILE + 1, n * channels
    line = 4 * width * pixel
    view = np.ndarray((down, taps, width * pixel), np.float32, block, 0, (TILE * line, line, 4))
    half = np.matmul(along_rows, view, out=buffer("half", (down, points, width * pixel)))
    strides = (points * line, line, TILE * 4 * pixel, 4 * pixel, 4)
    view = np.ndarray((down, points, across, taps_, pixel), np.float32, half, 0, strides)
    values = buffer(buffer_name, (points, points_, down, across, pixel))
    np.matmul(along_columns, view, out=values.transpose(2, 0, 3, 1, 4))
    return values.reshape(points * points_, down * across * n, channels)


def _kernel_values(kernel):
    """(kh, kw, C, F) -> (points, C, F)."""
    if not tame(kernel):
        raise NotFinite
    (_, _, G), (_, _, G_) = map(matrices, kernel.shape[:2])
    half = (G @ kernel.reshape(len(kernel), -1)).reshape(len(G), kernel.shape[1], -1)
    return np.matmul(G_, half).reshape(-1, *kernel.shape[2:])


def _grad_values(grad, A, A_):
    """(n, rows, columns, F) -> (points, tiles, F), where tiles do not overlap."""
    size = [-(-length // TILE) * TILE for length in grad.shape[1:3]]
    return _values(_cut(grad, (0, 0), size), A, A_, buffer_name="values of grad")


def _store(products, along_rows, along_columns, output):
    """From the products at the points, (points, tiles, F), to the outputs, (n, rows, columns, F)."""
    (_, points), (_, points_) = along_rows.shape, along_columns.shape
    n, rows, columns, filters = output.shape
    down, across = -(-rows // TILE), -(-columns // TILE)
    products = products.reshape(points, points_, -1)
    half = buffer("half", (points_, TILE, products.shape[-1]))
    np.matmul(along_rows, products.transpose(1, 0, 2), out=half)
    tiles = buffer("tiles", (TILE, TILE, products.shape[-1]))
    np.matmul(along_columns, half.transpose(1, 0, 2), out=tiles)
    tiles = tiles.reshape(TILE, TILE, down, across, n, filters).transpose(4, 2, 0, 3, 1, 5)
    if (rows, columns) == (down * TILE, across * TILE):
        output.reshape(tiles.shape)[...] = tiles  # a view: axes are only split
    else:  # the last tiles reach over the edge
        whole = buffer("whole", tiles.shape)
        whole[...] = tiles
        output[...] = whole.reshape(n, down * TILE, across * TILE, filters)[:, :rows, :columns]


def _tiles(geometry):
    return [-(-positions // TILE) for positions in geometry.positions]


def _images_of(tiles, geometry):
    """How many images make that many tiles."""
    down, across = _tiles(geometry)
    return -(-tiles // (down * across))
