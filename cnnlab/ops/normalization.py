"""Normalization: shift and scale every channel (batch normalization), or every example (layer normalization)."""

import numpy as np

from .._names import count
from ._arguments import as_float, as_grad, exact, one_number

__all__ = [
    "batch_normalization",
    "batch_normalization_grad",
    "layer_normalization",
    "layer_normalization_grad",
]


def batch_normalization(x, mean, variance, axis, offset=None, scale=None, epsilon=1e-3):
    """(x − mean) / √(variance + epsilon) · scale + offset, for each channel.

    Parameters
    ----------
    x : array
    mean, variance : arrays, shape (channels,)
        Given, not computed: while training, those of the batch; later, their moving averages.
    axis : int
        The axis of the channels.
    offset, scale : arrays, shape (channels,), or None
        None means 0 and 1.
    epsilon : float
        Keeps a channel that never changes from dividing by zero.

    Returns
    -------
    array, of the shape of `x`

    Source: `keras.ops.batch_normalization`; Ioffe & Szegedy, 2015.

    >>> batch_normalization([[1, 10], [3, 30]], mean=[2, 20], variance=[1, 100], axis=-1, epsilon=0)
    array([[-1., -1.],
           [ 1.,  1.]], dtype=float32)
    """
    x, mean, deviation, offset, scale = _arguments(x, mean, variance, axis, offset, scale, epsilon)
    output = (x.astype(mean.dtype, copy=False) - mean) / deviation
    if scale is not None:
        output *= scale
    if offset is not None:
        output += offset
    return output.astype(x.dtype, copy=False)


def batch_normalization_grad(grad, x, mean, variance, axis, offset=None, scale=None, epsilon=1e-3):
    """Gradient of `batch_normalization`, with `mean` and `variance` as numbers of their own.

    While training they depend on `x`, too: the layer adds that part.

    Returns
    -------
    d_x, d_mean, d_variance, d_offset, d_scale
        Of the shapes of the arguments; None for an offset or a scale that is None.

    >>> d_x, d_mean, d_variance, d_offset, d_scale = batch_normalization_grad(
    ...     np.ones((3, 2)), np.zeros((3, 2)), mean=[1, 2], variance=[4, 4], axis=-1, epsilon=0)
    >>> d_x[0], d_mean, d_offset
    (array([0.5, 0.5]), array([-1.5, -1.5]), None)
    """
    x, mean, deviation, offset, scale = _arguments(x, mean, variance, axis, offset, scale, epsilon)
    grad = as_grad(grad, x.shape, mean.dtype)
    others = tuple(i for i in range(x.ndim) if i != axis % x.ndim)
    normal = (x.astype(mean.dtype, copy=False) - mean) / deviation
    d_normal = grad if scale is None else grad * scale
    d_x = d_normal / deviation
    d_mean = -d_x.sum(axis=others)
    d_variance = -(d_x * normal).sum(axis=others) / (2 * deviation.ravel())
    d_offset = None if offset is None else grad.sum(axis=others)
    d_scale = None if scale is None else (grad * normal).sum(axis=others)
    every = (d_x, d_mean, d_variance, d_offset, d_scale)
    return tuple(d if d is None else d.astype(x.dtype, copy=False) for d in every)


def layer_normalization(x, gamma=None, beta=None, axis=-1, epsilon=None):
    """(x − mean) / √(variance + epsilon) · gamma + beta, with the mean and variance of the numbers along `axis`.

    Parameters
    ----------
    x : array
    gamma, beta : arrays with one number for each place along `axis`, or None
        None means 1 and 0.
    axis : int or sequence of ints
        The axes of which mean and variance are taken; along the others, every place has its own.
    epsilon : float, optional
        Keeps what never changes from dividing by zero; 1e-7 by default, as in Keras.

    Returns
    -------
    array, of the shape of `x`

    Source: `keras.ops.layer_normalization`; Ba, Kiros & Hinton, 2016.

    >>> layer_normalization([[1, 3], [10, 30]], epsilon=0)
    array([[-1.,  1.],
           [-1.,  1.]], dtype=float32)
    """
    x, axes, normal, _, gamma, beta = _layer_arguments(x, gamma, beta, axis, epsilon)
    output = normal if gamma is None else normal * gamma
    return (output if beta is None else output + beta).astype(x.dtype, copy=False)


def layer_normalization_grad(grad, x, gamma=None, beta=None, axis=-1, epsilon=None):
    """Gradient of `layer_normalization`: unlike for a batch, mean and variance always depend on `x`.

    Returns
    -------
    d_x, d_gamma, d_beta
        Of the shapes of the arguments; None for a gamma or a beta that is None.

    >>> d_x, d_gamma, d_beta = layer_normalization_grad([[1, 1], [1, 0]], [[1, 3], [10, 30]], gamma=[2, 2], epsilon=0)
    >>> d_x[0], d_gamma, d_beta
    (array([0., 0.], dtype=float32), array([-2.,  1.], dtype=float32), None)
    """
    x, axes, normal, deviation, gamma, beta = _layer_arguments(x, gamma, beta, axis, epsilon)
    grad = as_grad(grad, x.shape, normal.dtype)
    others = tuple(i for i in range(x.ndim) if i not in axes)
    shape = [x.shape[i] for i in axes]
    d_beta = None if beta is None else grad.sum(axis=others).reshape(shape)
    d_gamma = None if gamma is None else (grad * normal).sum(axis=others).reshape(shape)
    d_normal = grad if gamma is None else grad * gamma
    # A change of all numbers by the same amount, or in proportion to what they are, is taken out again.
    common = d_normal.mean(axis=axes, keepdims=True)
    along = (d_normal * normal).mean(axis=axes, keepdims=True)
    every = ((d_normal - common - normal * along) / deviation, d_gamma, d_beta)
    return tuple(d if d is None else d.astype(x.dtype, copy=False) for d in every)


def _layer_arguments(x, gamma, beta, axis, epsilon):
    """x; the axes, sorted; x normalized, and its deviation; gamma and beta along the axes, in the type of the sums."""
    x = as_float("x", x)
    try:
        axes = np.lib.array_utils.normalize_axis_tuple(axis, x.ndim)
    except (TypeError, ValueError):
        axes = ()
    if not axes or any(isinstance(one, bool) for one in np.atleast_1d(np.asarray(axis, object))):
        raise ValueError(f"`axis` must name axes of `x`, whose shape is {x.shape}; got {axis!r}.")
    axes = tuple(sorted(axes))
    epsilon = one_number("epsilon", 1e-7 if epsilon is None else epsilon)
    if not epsilon >= 0:
        raise ValueError(f"`epsilon` must be at least 0; got {epsilon}.")
    wide = x.astype(exact(x.dtype), copy=False)

    def along_axes(name, numbers):
        if numbers is None:
            return None
        numbers = as_float(name, numbers)
        wanted = tuple(x.shape[i] for i in axes)
        if numbers.shape != wanted:
            raise ValueError(
                f"`{name}` must hold one number for each place along axis {axis} of `x`, whose shape is {x.shape}: "
                f"shape {wanted}; got shape {numbers.shape}."
            )
        return numbers.astype(wide.dtype, copy=False).reshape([n if i in axes else 1 for i, n in enumerate(x.shape)])

    gamma, beta = along_axes("gamma", gamma), along_axes("beta", beta)
    centered = wide - wide.mean(axis=axes, keepdims=True, dtype=np.float64).astype(wide.dtype)
    variance = np.square(centered).mean(axis=axes, keepdims=True, dtype=np.float64).astype(wide.dtype)
    deviation = np.sqrt(variance + wide.dtype.type(epsilon))
    with np.errstate(divide="ignore", invalid="ignore"):
        return x, axes, centered / deviation, deviation, gamma, beta


def _arguments(x, mean, variance, axis, offset, scale, epsilon):
    """x; then mean, standard deviation, offset and scale, each along its axis and in the type of the sums."""
    x = as_float("x", x)
    if isinstance(axis, bool) or not isinstance(axis, (int, np.integer)) or not -x.ndim <= axis < x.ndim:
        raise ValueError(f"`axis` must be an axis of `x`, whose shape is {x.shape}; got {axis!r}.")
    if not one_number("epsilon", epsilon) >= 0:
        raise ValueError(f"`epsilon` must be at least 0; got {epsilon}.")
    shape = [1] * x.ndim
    shape[axis] = x.shape[axis]

    def along_axis(name, vector):
        if vector is None:
            return None
        vector = as_float(name, vector)
        if vector.shape != (x.shape[axis],):
            raise ValueError(
                f"`{name}` must hold one number for each of the {count(x.shape[axis], 'channel')} along axis {axis} "
                f"of `x`, whose shape is {x.shape}; got shape {vector.shape}."
            )
        return vector.astype(exact(x.dtype), copy=False).reshape(shape)

    mean, variance = along_axis("mean", mean), along_axis("variance", variance)
    if mean is None or variance is None:
        raise ValueError("`mean` and `variance` must be given: x.mean and x.var over the other axes, for one batch.")
    if (variance < 0).any():
        raise ValueError(f"`variance` must not be negative; got {variance.min()}.")
    deviation = np.sqrt(variance + variance.dtype.type(epsilon))
    return x, mean, deviation, along_axis("offset", offset), along_axis("scale", scale)
