"""Pooling: one number for each window, channel by channel. Nothing is learned."""

import numpy as np

from ._arguments import as_batch, check_data_format, check_fits, padding_per_axis, per_axis
from ._windows import pad, windows

__all__ = ["average_pool", "max_pool"]


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

    Source: `keras.ops.max_pool`.

    >>> max_pool(np.array([1, 3, 2, 0]).reshape(1, 4, 1), 2).ravel()
    array([3., 2.], dtype=float32)
    """
    views, _ = _pool_windows(inputs, pool_size, strides, padding, data_format, fill=-np.inf)
    return views.max(axis=_window_axes(views))


def average_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    """Mean of each window; cells that padding adds are not counted.

    Takes and returns the same as `max_pool`. Source: `keras.ops.average_pool`.

    >>> average_pool(np.array([1, 3, 2, 0]).reshape(1, 4, 1), 2).ravel()
    array([2., 1.], dtype=float32)
    """
    views, inside = _pool_windows(inputs, pool_size, strides, padding, data_format, fill=0)
    axes = _window_axes(views)
    exact = np.promote_types(views.dtype, np.float32)
    mean = views.sum(axis=axes, dtype=exact) / inside.sum(axis=axes, dtype=exact)
    return mean.astype(views.dtype, copy=False)


def _pool_windows(inputs, pool_size, strides, padding, data_format, fill):
    """The windows of the padded inputs, and the same windows of a mask that is 1 inside, 0 in the padding."""
    check_data_format(data_format)
    inputs = as_batch("inputs", inputs)
    sizes = inputs.shape[1:-1]
    pool_size = per_axis("pool_size", pool_size, len(sizes))
    strides = pool_size if strides is None else per_axis("strides", strides, len(sizes))
    no_dilation = (1,) * len(sizes)
    amounts = padding_per_axis(padding, sizes, pool_size, strides, no_dilation)
    if any(max(pair) >= window for pair, window in zip(amounts, pool_size)):
        raise ValueError(
            f"`padding` {amounts} must be smaller than `pool_size` {pool_size}: a window would hold no pixel."
        )
    check_fits("pool_size", inputs, pool_size, amounts, no_dilation)
    inside = np.ones((1, *sizes, 1), inputs.dtype)
    return (
        windows(pad(inputs, amounts, fill), pool_size, strides, no_dilation),
        windows(pad(inside, amounts), pool_size, strides, no_dilation),
    )


def _window_axes(views):
    """The last half of the axes: a view is (N, *positions, channels, *pool_size)."""
    return tuple(range(views.ndim // 2 + 1, views.ndim))
