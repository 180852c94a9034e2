"""Convolution with fewer multiplications, for strides of 1 and kernels of 2 to 5 pixels.

A kernel of 3 numbers gives 4 neighbouring outputs for 12 multiplications. Six are enough. A product of polynomials
can be found from its values: evaluate both factors at some points, multiply the values, one multiplication per point, and
find the polynomial that has these values. The product of polynomials with 4 and 3 coefficients has 6 coefficients, so 6
points do. What a convolution does is the same, seen from the other side (its transpose). With matrices:

    4 outputs = A.T @ ((G @ kernel) * (B.T @ 6 inputs))

In two dimensions, done along each axis, a tile of 4 × 4 outputs takes 36 multiplications instead of 144.

Along an axis all tiles are done at once, by one matrix with that of a tile along its diagonal, as often as there are tiles.
It multiplies many zeros, but in few and long products, and it knows the edges; pictures of many tiles are cut into pieces.

Only the multiplication in the middle mixes channels, and it is the same at every tile: for each of the 36 points, one
matrix product (tiles, channels) @ (channels, filters). A and B cost something for every channel and every filter, so that
it pays from about 24 of both on.

The price is digits: what is added and subtracted on the way is larger than the result. Compared with the largest output, the
error is below 5e-6 for kernels of 3, and 2e-5 for kernels of 5, in float32.

Source: Lavin & Gray, "Fast algorithms for convolutional neural networks", 2016.
"""

import math
from functools import lru_cache
from itertools import product
from typing import NamedTuple

import numpy as np

from ._masks import tame
from ._threads import BLOCK, buffer, evenly, one_blas_thread, share_out
from ._windows import overlap

TILE = 4  # outputs along each axis of a tile
POINTS = (0, 1, -1, 1 / 2, -2, 2, -1 / 2)  # and infinity; small ones, and their inverses, lose the fewest digits
PIECE = 4  # tiles along each axis of a piece, at most
WORKSPACE = 2**21  # bytes: what a thread works on at once stays in a core's own cache
SHARED = 4  # times as many tiles at once, where each block reads and writes a total as large as the kernel


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


def may_pool(pooling):
    """Whether windows of max-pooling, which touch, never lie in two tiles."""
    return not any(TILE % size for size in pooling.window_size)


@one_blas_thread()  # its threads would go on to wait for more to do, where ours have work
def slide(inputs, kernel, geometry, pooled=None):
    """The convolution of float32 `inputs`, (N, H, W, C), with a kernel, (kh, kw, C, F); into `pooled`, if given."""
    output = pooled.values if pooled else np.empty((len(inputs), *geometry.positions, kernel.shape[-1]), np.float32)
    pool_size = pooled.pool_size if pooled else (1, 1)
    kernel_values = _kernel_values(kernel)
    pieces, at_once = _pieces_of(geometry, pool_size), _images_at_once(geometry, kernel)

    def work(share):
        if not tame(inputs[share]):
            raise NotFinite
        for images, rows, columns in product(evenly(share, at_once), *pieces):
            values = _at_points(inputs[images, rows.seen, columns.seen], rows.of_inputs, columns.of_inputs, "values")
            products = buffer("products", (*values.shape[:-1], kernel.shape[-1]))
            np.matmul(values, kernel_values, out=products)
            made = images, rows.made, columns.made
            place = pooled.room(made) if pooled else output[made]
            _from_points(products, rows.of_outputs, columns.of_outputs, place)
            if pooled:
                pooled.pool(place, made)

    share_out(work, len(inputs), max(1, min(at_once, len(inputs) // 2)))
    return output


@one_blas_thread()
def gather(inputs, grad, kernel, geometry, d_inputs=None):
    """The gradient of `slide` by its kernel; that by its inputs goes into `d_inputs`, if given. `grad` may be `Pooled`.

    The same steps, each transposed, in the opposite order. Both gradients need `grad` at the points, and no more tiles
    than the outputs have.
    """
    shape = (math.prod(TILE + k - 1 for k in geometry.window_size), *kernel.shape[2:])
    pooled = grad if isinstance(grad, tuple) else None
    pool_size = pooled.pool_size if pooled else (1, 1)
    # A small image alone is one piece: with few tiles the sum over pieces, as large as the kernel, would take too long.
    alone = len(inputs) == 1 and max(geometry.positions) <= 2 * PIECE * TILE
    pieces = _pieces_of(geometry, pool_size, 2 * PIECE if alone else PIECE)
    fewest, most = (_images_at_once(geometry, kernel, shared) for shared in (1, SHARED))
    if d_inputs is not None:
        turned = _kernel_values(np.ascontiguousarray(kernel.swapaxes(2, 3)))  # in this order BLAS is twice as fast
        whole = [[piece.seen for piece in along] for along in pieces] == [[slice(0, size)] for size in geometry.sizes]

    def work(share):
        total = None
        if d_inputs is not None and not whole:
            d_inputs[share] = 0
        for images, rows, columns in product(evenly(share, most), *pieces):
            seen, made = (images, rows.seen, columns.seen), (images, rows.made, columns.made)
            values = _at_points(inputs[seen], rows.of_inputs, columns.of_inputs, "values")
            of_grad = pooled.spread(made) if pooled else grad[made]
            of_grad = _at_points(of_grad, rows.of_outputs, columns.of_outputs, "values of grad")
            if total is None:
                total = np.matmul(values.swapaxes(1, 2), of_grad)
            else:
                total += np.matmul(values.swapaxes(1, 2), of_grad, out=buffer("products", shape))
            if d_inputs is not None:
                np.matmul(of_grad, turned, out=values)
                places = d_inputs[seen]
                room = places if whole else buffer("places", places.shape)
                _from_points(values, rows.of_inputs, columns.of_inputs, room)
                if not whole:  # pieces see some pixels together
                    places += room
        return total

    at_least = max(1, min(fewest, len(inputs) // 2), min(most, len(inputs) // 4))
    return _to_kernel(share_out(work, len(inputs), at_least), kernel.shape)


class _Piece(NamedTuple):
    """Some tiles along an axis: the inputs that they see, the outputs that they make, and the matrices for both."""

    seen: slice
    made: slice  # of what the outputs are pooled to, if they are
    of_inputs: np.ndarray  # (points, tiles, inputs seen)
    of_outputs: np.ndarray  # (points, tiles, outputs made)


@lru_cache
def _pieces(kernel_size, size, before, positions, most, pool, cells_first):
    """The tiles along an axis, at most so many of them in each piece; without outputs that no pooling window of this size sees,
    and the others, if `cells_first`, in this order: all that are first in their window, all that are second, and so on."""
    positions -= positions % pool
    A, B, _ = matrices(kernel_size)
    pieces = []
    for tiles in evenly(slice(0, -(-positions // TILE)), most):
        count, first = tiles.stop - tiles.start, TILE * tiles.start
        start, stop = overlap(first - before, TILE * count + kernel_size - 1, size)
        outputs = np.arange(min(TILE * count, positions - first))
        made = slice(first // pool, (first + len(outputs)) // pool)
        if cells_first:
            outputs = outputs.reshape(-1, pool).T.ravel()
        of_inputs = _of_tiles(B.T, count, slice(start - first + before, stop - first + before))
        pieces.append(_Piece(slice(start, stop), made, of_inputs, _of_tiles(A, count, outputs)))
    return pieces


def _of_tiles(of_tile, tiles, pixels):
    """A matrix of one tile, (points, taps), repeated for tiles that lie TILE apart: (points, tiles, pixels under them)."""
    points, taps = of_tile.shape
    matrix = np.zeros((points, tiles, TILE * tiles + taps), np.float32)
    for tile in range(tiles):
        matrix[:, tile, TILE * tile :][:, :taps] = of_tile
    return np.ascontiguousarray(matrix[..., pixels])


def _pieces_of(geometry, pool_size=(1, 1), most=PIECE):
    """Those along the height and those along the width."""
    amounts, cells_first = (before for before, _ in geometry.amounts), (False, True)
    axes = geometry.window_size, geometry.sizes, amounts, geometry.positions, (most, most), pool_size, cells_first
    return list(map(_pieces, *axes))


def _tiles_at_once(geometry, kernel, shared=1):
    """How many: few stay in a core's own cache, many make use of a kernel that does not."""
    points = math.prod(TILE + k - 1 for k in geometry.window_size)
    channels, filters = kernel.shape[2:]
    return max(WORKSPACE // (4 * points * (channels + filters)), shared * channels * filters // (channels + filters))


def _images_at_once(geometry, kernel, shared=1):
    """How many images have about so many tiles in a piece of each."""
    rows, columns = _pieces_of(geometry)
    tiles = rows[0].of_inputs.shape[1] * columns[0].of_inputs.shape[1]
    return max(1, _tiles_at_once(geometry, kernel, shared) // tiles)


def _at_points(pixels, of_rows, of_columns, name):
    """Tiles of pixels, (n, H, W, C), at the points: (points, tiles, C). First along one axis, then along the other."""
    n, height, width, channels = pixels.shape
    (points, tiles, _), (points_, tiles_, _) = of_rows.shape, of_columns.shape
    of_rows, of_columns = of_rows.reshape(points * tiles, height), of_columns.reshape(points_ * tiles_, width)
    half = buffer("half", (points * tiles, n, width * channels))
    np.matmul(of_rows, pixels.reshape(n, height, width * channels), out=half.swapaxes(0, 1))
    values = buffer(name, (points, points_ * tiles_, tiles * n, channels))
    np.matmul(of_columns, half.reshape(points, tiles * n, width, channels), out=values.swapaxes(1, 2))
    return values.reshape(points * points_, tiles_ * tiles * n, channels)


def _from_points(values, of_rows, of_columns, pixels):
    """The transpose of `_at_points`, into `pixels`, which are returned."""
    n, height, width, channels = pixels.shape
    (points, tiles, _), (points_, tiles_, _) = of_rows.shape, of_columns.shape
    of_rows, of_columns = of_rows.reshape(points * tiles, height), of_columns.reshape(points_ * tiles_, width)
    values = values.reshape(points, points_ * tiles_, tiles * n, channels)
    half = buffer("half", (points, tiles * n, width, channels))
    np.matmul(of_columns.T, values.swapaxes(1, 2), out=half)
    lines = half.reshape(points * tiles, n, width * channels)
    np.matmul(of_rows.T, lines.swapaxes(0, 1), out=pixels.reshape(n, height, width * channels))
    return pixels


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

    share_out(work, kernel.shape[2], at_least=64)
    return values.reshape(-1, *kernel.shape[2:])


def _to_kernel(totals, shape):
    """The transpose of `_kernel_values`, of the sum of `totals`, which is left in the first of them."""
    (_, _, G), (_, _, G_) = map(matrices, shape[:2])
    first = totals[0].reshape(len(G), len(G_), -1)
    half = np.empty((shape[0], *first.shape[1:]), np.float32)

    def work(share):
        values = first[:, share]
        for total in totals[1:]:
            values += total.reshape(first.shape)[:, share]
        np.matmul(G.T, values.swapaxes(0, 1), out=half[:, share].swapaxes(0, 1))

    share_out(work, len(G_), len(G_) if first.nbytes < BLOCK else 3)
    d_kernel = np.matmul(G_.T, half).reshape(shape)
    if not tame(d_kernel):
        raise NotFinite
    return d_kernel
