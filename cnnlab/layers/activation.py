"""Activations as layers of their own."""

from functools import partial

import numpy as np

from .. import activations
from .layer import Layer

__all__ = ["Activation", "LeakyReLU", "ReLU", "Softmax"]


class Activation(Layer):
    """An activation function as a layer: `Activation("relu")`.

    >>> Activation("relu")([[-1, 2]])
    array([[0., 2.]], dtype=float32)
    """

    def __init__(self, activation, **kwargs):
        super().__init__(activation=activation, **kwargs)

    def call(self, inputs, training=False):
        return inputs  # every layer applies its activation to what `call` returns

    def call_grad(self, grad):
        return grad


class ReLU(Activation):
    """max(x, 0); or, with parameters, a function of three straight pieces.

    Parameters
    ----------
    max_value : float, optional
        The output from x = max_value on.
    negative_slope : float
        Below the threshold: negative_slope · (x − threshold).
    threshold : float
        From here on: x.

    >>> ReLU(max_value=6)([[-1, 2, 9]])
    array([[0., 2., 6.]], dtype=float32)
    """

    def __init__(self, max_value=None, negative_slope=0.0, threshold=0.0, **kwargs):
        given = {"max_value": max_value or 0.0, "negative_slope": negative_slope, "threshold": threshold}
        for name, value in given.items():
            if not value >= 0:
                raise ValueError(f"`{name}` must be a number from 0 up; got {value!r}.")
        pieces = dict(max_value=np.inf if max_value is None else max_value, slope=negative_slope, threshold=threshold)
        function, gradient = partial(_three_pieces, **pieces), partial(_three_pieces_grad, **pieces)
        plain = max_value is None and not negative_slope and not threshold
        super().__init__("relu" if plain else activations.Activation("relu", function, gradient), **kwargs)


class LeakyReLU(Activation):
    """x where positive, negative_slope · x elsewhere.

    The default slope is 0.3; that of `cnnlab.ops.leaky_relu`, and of the activation "leaky_relu", is 0.2: as in Keras.

    >>> LeakyReLU()([[-10, 10]])
    array([[-3., 10.]], dtype=float32)
    """

    def __init__(self, negative_slope=0.3, **kwargs):
        if not negative_slope >= 0:
            raise ValueError(f"`negative_slope` must be a number from 0 up; got {negative_slope!r}.")
        super().__init__(activations.of_op("leaky_relu", negative_slope=negative_slope), **kwargs)


class Softmax(Activation):
    """e^x / Σ e^x along `axis`: positive numbers that sum to one.

    >>> Softmax()([[0, 0]])
    array([[0.5, 0.5]], dtype=float32)
    """

    def __init__(self, axis=-1, **kwargs):
        super().__init__(activations.of_op("softmax", axis=axis), **kwargs)


def _three_pieces(x, max_value, slope, threshold):
    low = x.dtype.type(slope) * (x - x.dtype.type(threshold)) if slope else 0  # 0 · infinity would be NaN
    return np.where(x < threshold, low, np.minimum(x, x.dtype.type(max_value)))


def _three_pieces_grad(grad, x, max_value, slope, threshold):
    high = np.where(x < max_value, grad, 0)
    return np.where(x < threshold, grad.dtype.type(slope) * grad, high)
