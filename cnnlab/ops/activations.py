"""Activation functions: element by element, except softmax, which looks along an axis."""

import numpy as np

from ._arguments import as_float

__all__ = ["leaky_relu", "relu", "sigmoid", "softmax", "tanh"]


def relu(x):
    """max(x, 0): negative numbers become 0.

    >>> relu([-2, 0, 3])
    array([0., 0., 3.], dtype=float32)
    """
    return np.maximum(as_float("x", x), 0)


def leaky_relu(x, negative_slope=0.2):
    """x where positive, negative_slope · x elsewhere.

    The default slope is that of `keras.ops.leaky_relu`; the layer `keras.layers.LeakyReLU` has 0.3.

    >>> leaky_relu([-10, 10])
    array([-2., 10.], dtype=float32)
    """
    x = as_float("x", x)
    slope = as_float("negative_slope", negative_slope)
    if slope.ndim:
        raise ValueError(f"`negative_slope` must be one number; got an array of shape {slope.shape}.")
    return np.where(x > 0, x, x * slope.astype(x.dtype))


def sigmoid(x):
    """1 / (1 + e^−x): any number to between 0 and 1.

    e^−|x| never overflows, so the largest and smallest numbers are as safe as any other.

    >>> sigmoid([-1000, 0, 1000])
    array([0. , 0.5, 1. ], dtype=float32)
    """
    x = as_float("x", x)
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + small), small / (1 + small))


def tanh(x):
    """Hyperbolic tangent: any number to between −1 and 1.

    >>> tanh([0, 100])
    array([0., 1.], dtype=float32)
    """
    return np.tanh(as_float("x", x))


def softmax(x, axis=-1):
    """e^x / Σ e^x along `axis` (an int, or a tuple of ints): positive numbers that sum to one.

    The largest x is subtracted first: the result is the same, and e^x cannot overflow.

    >>> softmax([1000, 1000])
    array([0.5, 0.5], dtype=float32)
    """
    x = as_float("x", x)
    try:
        largest = x.max(axis=axis, keepdims=True, initial=-np.inf)
    except (TypeError, ValueError) as error:  # numpy's AxisError is a ValueError
        raise ValueError(f"`axis` must name axes of `x`, whose shape is {x.shape}; got {axis!r}.") from error
    with np.errstate(invalid="ignore"):  # inf − inf is NaN, as in Keras
        powers = np.exp(x - largest)
        return powers / powers.sum(axis=axis, keepdims=True)
