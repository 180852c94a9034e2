"""Pooling: one number for each window, channel by channel. Nothing is learned."""

import math

import numpy as np

from ._arguments import as_batch, as_grad, check_data_format, exact, per_axis
from ._masks import largest_of, pass_on, tame
from ._threads import in_blocks
from ._windows import cells_first, each_offset, geometry_of, pad, touch, unpad

__all__ = [
    "average_pool",
    "average_pool_grad",
    "global_average_pool",
    "global_average_pool_grad",
    "global_max_pool",
    "global_max_pool_grad",
    "max_pool",
    "max_pool_grad",
    "stochastic_pool",
    "stochastic_pool_grad",
    "sum_pool",
    "sum_pool_grad",
]


def max_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    """Largest value in each window.

    Parameters
    ----------
    inputs : array, shape (N, *spatial, channels)
        One, two or three spatial axes.
    pool_size : int, or one int per spatial axis
        Size of the window, in pixels.
    strides : int, one int per spatial axis, or None
        Step between windows; None means `pool_size`, so that windows touch and do not overlap.
    padding : "valid", "same", int, or an int or (before, after) pair per spatial axis
        Cells added around the inputs. Pooling ignores them: they never win.
        Amounts must be smaller than the window.
    data_format : None or "channels_last"

    Returns
    -------
    array, shape (N, *output_size, channels)

    Differs from TensorFlow for NaN, which stays NaN here: docs/differences.md.

    Source: `keras.ops.max_pool`.

    >>> max_pool(np.array([1, 3, 2, 0]).reshape(1, 4, 1), 2).ravel()
    array([3., 2.], dtype=float32)
    """
    inputs, geometry = _pool_arguments(inputs, pool_size, strides, padding, data_format)
    output = np.empty(_output_shape(inputs, geometry), inputs.dtype)

    def work(part):
        output[part] = _largest(pad(inputs[part], geometry, -np.inf), geometry)

    in_blocks(work, len(inputs), inputs[:1].nbytes)
    return output


def max_pool_grad(grad, inputs, pool_size, strides=None, padding="valid", data_format=None):
    """Gradient of `max_pool`: each window's `grad` goes to the cell that won, and nothing to the others.

    Where cells tie, the first one gets it all, in row order. (TensorFlow gives it to all of them in 3-D:
    docs/differences.md.)

    Takes the same as `max_pool`, and returns d_inputs, of the shape of `inputs`.

    >>> max_pool_grad(np.array([5, 7]).reshape(1, 2, 1), np.array([1, 3, 2, 2]).reshape(1, 4, 1), 2).ravel()
    array([0., 5., 7., 0.], dtype=float32)
    """
    inputs, geometry = _pool_arguments(inputs, pool_size, strides, padding, data_format)
    grad = as_grad(grad, _output_shape(inputs, geometry), exact(inputs.dtype))
    fits = touch(geometry) and grad.dtype.itemsize <= 8  # there is an integer of that size
    covered = all(n * k == size for n, k, size in zip(geometry.positions, geometry.window_size, geometry.sizes))
    d_inputs = (np.empty if covered else np.zeros)(inputs.shape, grad.dtype)

    def work(part):
        if fits and tame(inputs[part]):
            _to_the_largest(grad[part], inputs[part], d_inputs[part], geometry)
        else:
            d_inputs[part] = _to_the_largest_anywhere(grad[part], inputs[part], geometry)

    in_blocks(work, len(inputs), inputs[:1].nbytes)
    return d_inputs.astype(inputs.dtype, copy=False)


def average_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    """Mean of each window; cells that padding adds are not counted.

    Takes and returns the same as `max_pool`. Source: `keras.ops.average_pool`.

    Keras on PyTorch counts some of what "same" adds: docs/differences.md.

    >>> average_pool(np.array([1, 3, 2, 0]).reshape(1, 4, 1), 2).ravel()
    array([2., 1.], dtype=float32)
    """
    inputs, geometry = _pool_arguments(inputs, pool_size, strides, padding, data_format)
    return (_total(inputs, geometry) / _counts(geometry)).astype(inputs.dtype)


def average_pool_grad(grad, inputs, pool_size, strides=None, padding="valid", data_format=None):
    """Gradient of `average_pool`: each window's `grad`, shared out equally among its cells.

    Takes the same as `average_pool`, and returns d_inputs, of the shape of `inputs`.

    >>> average_pool_grad([[[5.], [7.]]], np.zeros((1, 4, 1)), 2).ravel()
    array([2.5, 2.5, 3.5, 3.5])
    """
    inputs, geometry = _pool_arguments(inputs, pool_size, strides, padding, data_format)
    grad = as_grad(grad, _output_shape(inputs, geometry), exact(inputs.dtype))
    return _to_every_cell(grad / _counts(geometry), inputs, geometry)


def sum_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    """Sum of each window.

    Takes and returns the same as `max_pool`. Keras has no such op.

    >>> sum_pool(np.array([1, 3, 2, 0]).reshape(1, 4, 1), 2).ravel()
    array([4., 2.], dtype=float32)
    """
    inputs, geometry = _pool_arguments(inputs, pool_size, strides, padding, data_format)
    return _total(inputs, geometry).astype(inputs.dtype, copy=False)


def sum_pool_grad(grad, inputs, pool_size, strides=None, padding="valid", data_format=None):
    """Gradient of `sum_pool`: each window's `grad`, given to every one of its cells.

    Takes the same as `sum_pool`, and returns d_inputs, of the shape of `inputs`.

    >>> sum_pool_grad([[[5.], [7.]]], np.zeros((1, 4, 1)), 2).ravel()
    array([5., 5., 7., 7.])
    """
    inputs, geometry = _pool_arguments(inputs, pool_size, strides, padding, data_format)
    grad = as_grad(grad, _output_shape(inputs, geometry), exact(inputs.dtype))
    return _to_every_cell(grad, inputs, geometry)


def global_max_pool(inputs, data_format=None):
    """Largest value of each channel over all its pixels: (N, *spatial, channels) -> (N, channels).

    >>> global_max_pool(np.array([1, 3, 2, 0]).reshape(1, 4, 1))
    array([[3.]], dtype=float32)
    """
    return _flat(inputs, data_format).max(axis=1)


def global_max_pool_grad(grad, inputs, data_format=None):
    """Gradient of `global_max_pool`: each channel's `grad` goes to its largest pixel, the first where they tie.

    (Keras shares it out among the ties: docs/differences.md.) Returns d_inputs, of the shape of `inputs`.

    >>> global_max_pool_grad([[5]], np.array([1, 3, 3, 0]).reshape(1, 4, 1)).ravel()
    array([0., 5., 0., 0.], dtype=float32)
    """
    flat = _flat(inputs, data_format)
    grad = as_grad(grad, (len(flat), flat.shape[-1]), flat.dtype)
    d_flat = np.zeros_like(flat)
    np.put_along_axis(d_flat, flat.argmax(axis=1, keepdims=True), grad[:, np.newaxis], axis=1)
    return d_flat.reshape(np.shape(inputs))


def global_average_pool(inputs, data_format=None):
    """Mean of each channel over all its pixels: (N, *spatial, channels) -> (N, channels).

    >>> global_average_pool(np.array([1, 3, 2, 0]).reshape(1, 4, 1))
    array([[1.5]], dtype=float32)
    """
    flat = _flat(inputs, data_format)
    return flat.mean(axis=1, dtype=exact(flat.dtype)).astype(flat.dtype, copy=False)


def global_average_pool_grad(grad, inputs, data_format=None):
    """Gradient of `global_average_pool`: each channel's `grad`, shared out equally among its pixels.

    Returns d_inputs, of the shape of `inputs`.

    >>> global_average_pool_grad([[8]], np.zeros((1, 4, 1), "float32")).ravel()
    array([2., 2., 2., 2.], dtype=float32)
    """
    flat = _flat(inputs, data_format)
    grad = as_grad(grad, (len(flat), flat.shape[-1]), exact(flat.dtype)) / flat.shape[1]
    return np.repeat(grad[:, np.newaxis].astype(flat.dtype), flat.shape[1], axis=1).reshape(np.shape(inputs))


def stochastic_pool(inputs, pool_size, strides=None, padding="valid", data_format=None, training=False, seed=None):
    """One cell of each window, drawn at random while training: a large number is drawn more often.

    A cell is drawn with the probability p = cell / Σ cells of its window. When not training, the
    result is what that gives on average, Σ p · cell. A window of zeros gives 0 both ways.

    Parameters
    ----------
    inputs : array, shape (N, *spatial, channels)
        Not negative: put a relu before it.
    pool_size, strides, padding, data_format
        As for `max_pool`.
    training : bool
    seed : int or None
        The same seed draws the same cells again; None draws afresh.

    Returns
    -------
    array, shape (N, *output_size, channels)

    Source: Zeiler & Fergus, "Stochastic pooling for regularization of deep convolutional neural
    networks", 2013. Keras has no such op.

    >>> x = np.array([0, 1, 3, 0]).reshape(1, 4, 1)
    >>> stochastic_pool(x, 4).item()
    2.5
    >>> [stochastic_pool(x, 4, training=True, seed=seed).item() for seed in range(6)]
    [3.0, 3.0, 3.0, 1.0, 3.0, 3.0]
    """
    inputs, geometry = _stochastic_arguments(inputs, pool_size, strides, padding, data_format)
    if not training:
        return _weighted_mean(inputs, geometry)[0].astype(inputs.dtype, copy=False)
    padded, total = pad(inputs, geometry), _total(inputs, geometry)
    output = np.where(np.isfinite(total), 0, np.nan).astype(inputs.dtype)
    for cells, drawn in _draw(padded, geometry, seed):
        output += np.where(drawn, padded[cells], 0)
    return output


def stochastic_pool_grad(
    grad, inputs, pool_size, strides=None, padding="valid", data_format=None, training=False, seed=None
):
    """Gradient of `stochastic_pool`: while training, each window's `grad` goes to the cell that was drawn.

    Takes the same as `stochastic_pool`; while training, the `seed` that it had must be given, so
    that the same cells are drawn. A window of zeros, where no cell was drawn, gives nothing back.
    Returns d_inputs, of the shape of `inputs`.

    >>> x = np.array([0, 1, 3, 0]).reshape(1, 4, 1)
    >>> stochastic_pool_grad([[[5]]], x, 4, training=True, seed=0).ravel()
    array([0., 0., 5., 0.], dtype=float32)
    """
    inputs, geometry = _stochastic_arguments(inputs, pool_size, strides, padding, data_format)
    grad = as_grad(grad, _output_shape(inputs, geometry), exact(inputs.dtype))
    padded = pad(inputs, geometry).astype(grad.dtype, copy=False)
    d_padded = np.zeros_like(padded)
    if training:
        if seed is None:
            raise ValueError("`seed` must be the number that stochastic_pool had: without it, other cells are drawn.")
        for cells, drawn in _draw(padded, geometry, seed):
            d_padded[cells] += np.where(drawn, grad, 0)
    else:
        mean, total = _weighted_mean(inputs, geometry)
        for _, cells in each_offset(geometry):
            d_padded[cells] += np.where(total == 0, 0, grad * (2 * padded[cells] - mean) / _nonzero(total))
    return unpad(d_padded, geometry).astype(inputs.dtype, copy=False)


def _pool_arguments(inputs, pool_size, strides, padding, data_format):
    """The checked inputs, and the geometry of the windows."""
    check_data_format(data_format)
    inputs = as_batch("inputs", inputs)
    pool_size = per_axis("pool_size", pool_size, inputs.ndim - 2)
    strides = pool_size if strides is None else strides
    geometry = geometry_of("pool_size", inputs.shape, pool_size, strides, padding, dilation_rate=1)
    if any(max(pair) >= window for pair, window in zip(geometry.amounts, pool_size)):
        raise ValueError(
            f"`padding` {geometry.amounts} must be smaller than `pool_size` {pool_size}: a window would hold no pixel."
        )
    return inputs, geometry


def _output_shape(inputs, geometry):
    return (len(inputs), *geometry.positions, inputs.shape[-1])


def _largest(padded, geometry):
    """The largest of each window: first of its columns, then of those. That compares fewer numbers, in longer rows."""
    for axis, (n, k, s) in enumerate(zip(geometry.positions, geometry.window_size, geometry.strides), start=1):
        first, *others = (_every(s, axis, o, n, padded) for o in range(k))
        for number, cells in enumerate(others):
            first = np.maximum(first, cells, out=first if number else None)
        padded = first
    return padded


def _every(step, axis, first, n, x):
    """`n` entries of `x` along an axis, `step` apart, as a view."""
    return x[(slice(None),) * axis + (slice(first, first + step * (n - 1) + 1, step),)]


def _to_the_largest(grad, inputs, d_inputs, geometry):
    """The gradient of `max_pool` into `d_inputs`, where windows touch and all numbers are tame."""
    places = cells_first(inputs, geometry)
    masks = np.empty((math.prod(geometry.window_size) - 1, *grad.shape), bool)
    cells = np.empty((len(masks) + 1, *grad.shape), grad.dtype)
    cells.reshape(places.shape)[...] = places  # a copy, for long runs
    largest_of(cells, np.empty_like(grad), masks)
    pass_on(grad, masks, cells)
    cells_first(d_inputs, geometry)[...] = cells.reshape(places.shape)


def _to_the_largest_anywhere(grad, inputs, geometry):
    """The gradient of `max_pool`, wherever the windows lie and whatever they hold."""
    padded = pad(inputs, geometry, -np.inf)
    largest, inside = _largest(padded, geometry), _inside(geometry)
    given_away = np.zeros(grad.shape, bool)
    d_padded = np.zeros(padded.shape, grad.dtype)
    for _, cells in each_offset(geometry):
        # A NaN wins, as it does in max_pool; −inf in the padding never does.
        wins = ((padded[cells] == largest) | np.isnan(padded[cells])) & inside[cells] & ~given_away
        d_padded[cells] += np.where(wins, grad, 0)
        given_away |= wins
    return unpad(d_padded, geometry)


def _total(inputs, geometry):
    padded = pad(inputs, geometry)
    total = np.zeros(_output_shape(inputs, geometry), exact(inputs.dtype))
    for _, cells in each_offset(geometry):
        total += padded[cells]
    return total


def _to_every_cell(grad, inputs, geometry):
    """The gradient of `_total`: what a window got goes to each of its cells."""
    d_padded = np.zeros((len(inputs), *geometry.padded_sizes, inputs.shape[-1]), grad.dtype)
    for _, cells in each_offset(geometry):
        d_padded[cells] += grad
    return unpad(d_padded, geometry).astype(inputs.dtype, copy=False)


def _inside(geometry):
    """A padded batch of one example and one channel: True inside, False in the padding."""
    return pad(np.ones((1, *geometry.sizes, 1), bool), geometry, False)


def _counts(geometry):
    """How many cells of each window lie inside."""
    inside = _inside(geometry)
    return sum(inside[cells].astype(np.float32) for _, cells in each_offset(geometry))


def _flat(inputs, data_format):
    """The checked inputs as (N, pixels, channels)."""
    check_data_format(data_format)
    inputs = as_batch("inputs", inputs)
    return inputs.reshape(len(inputs), math.prod(inputs.shape[1:-1]), inputs.shape[-1])


def _stochastic_arguments(inputs, pool_size, strides, padding, data_format):
    inputs, geometry = _pool_arguments(inputs, pool_size, strides, padding, data_format)
    if (inputs < 0).any():
        raise ValueError(
            f"`inputs` must not be negative, since they are probabilities here; got {inputs.min()}. "
            "Put a relu before stochastic_pool."
        )
    return inputs, geometry


def _weighted_mean(inputs, geometry):
    """Σ p · cell of each window, where p = cell / total; and the total."""
    total = _total(inputs, geometry)
    padded, mean = pad(inputs, geometry), np.zeros_like(total)
    for _, cells in each_offset(geometry):
        mean += padded[cells] / _nonzero(total) * padded[cells]
    return mean, total


def _nonzero(total):
    return np.where(total == 0, 1, total)


def _draw(padded, geometry, seed):
    """For each offset: the cells under it, and where they are the ones drawn, at most one in each window."""
    shape = (len(padded), *geometry.positions, padded.shape[-1])
    total = np.zeros(shape)
    for _, cells in each_offset(geometry):
        total += padded[cells]
    # Lay the cells of a window end to end, each as long as its number, and put a finger on that line.
    finger = np.random.default_rng(seed).random(shape) * total
    reached, found = np.zeros(shape), np.zeros(shape, bool)
    for _, cells in each_offset(geometry):
        reached += padded[cells]
        drawn = (reached > finger) & ~found
        found |= drawn
        yield cells, drawn
