"""Activations as layers of their own."""

from .. import activations
from ..arithmetic import real_number, whole_number
from .layer import Layer

__all__ = ["ELU", "Activation", "LeakyReLU", "ReLU", "Softmax"]


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


class _Fixed(Activation):
    """A layer whose activation its class says, and its settings."""

    settles_activation = True

    def __init__(self, activation, **kwargs):
        if "activation" in kwargs:
            raise TypeError(f"{type(self).__name__} is an activation itself; it takes no argument `activation`.")
        super().__init__(activation, **kwargs)


class ReLU(_Fixed):
    """max(x, 0); or, with parameters, a function of three straight pieces.

    Parameters
    ----------
    max_value : float, optional
        The output from x = max_value on.
    negative_slope : float
        Up to the threshold: negative_slope · (x − threshold).
    threshold : float
        Above it: x. At x = threshold itself the output is 0, as Keras 3.15 computes it; its
        documentation, and the layer of Keras 2, say x there.

    Source: `keras.layers.ReLU`.

    >>> ReLU(max_value=6)([[-1, 2, 9]])
    array([[0., 2., 6.]], dtype=float32)
    >>> ReLU(threshold=5)([[4, 5, 6]])
    array([[0., 0., 6.]], dtype=float32)
    """

    def __init__(self, max_value=None, negative_slope=0.0, threshold=0.0, **kwargs):
        self.max_value = None if max_value is None else real_number("max_value", max_value, at_least=0, finite=False)
        self.negative_slope = real_number("negative_slope", negative_slope, at_least=0)
        self.threshold = real_number("threshold", threshold, at_least=0)
        pieces = dict(negative_slope=self.negative_slope, max_value=self.max_value, threshold=self.threshold)
        super().__init__(activations.with_settings("relu", **pieces), **kwargs)


class LeakyReLU(_Fixed):
    """x where positive, negative_slope · x elsewhere.

    The default slope is 0.3; that of `cnnlab.ops.leaky_relu`, and of the activation "leaky_relu", is 0.2: as in Keras.

    Source: `keras.layers.LeakyReLU`.

    >>> LeakyReLU()([[-10, 10]])
    array([[-3., 10.]], dtype=float32)
    """

    def __init__(self, negative_slope=0.3, **kwargs):
        self.negative_slope = real_number("negative_slope", negative_slope, at_least=0)
        super().__init__(activations.with_settings("leaky_relu", negative_slope=self.negative_slope), **kwargs)


class ELU(_Fixed):
    """x where positive, alpha · (e^x − 1) elsewhere.

    Source: `keras.layers.ELU`.

    >>> ELU()([[-100, 10]])
    array([[-1., 10.]], dtype=float32)
    """

    def __init__(self, alpha=1.0, **kwargs):
        self.alpha = real_number("alpha", alpha)
        super().__init__(activations.with_settings("elu", alpha=self.alpha), **kwargs)


class Softmax(_Fixed):
    """e^x / Σ e^x along `axis` (an int, or several): positive numbers that sum to one.

    Source: `keras.layers.Softmax`.

    >>> Softmax()([[0, 0]])
    array([[0.5, 0.5]], dtype=float32)
    """

    def __init__(self, axis=-1, **kwargs):
        if isinstance(axis, (tuple, list)):
            self.axis = tuple(whole_number("axis", one, at_least=None) for one in axis)
        else:
            self.axis = whole_number("axis", axis, at_least=None)
        super().__init__(activations.with_settings("softmax", axis=self.axis), **kwargs)

    def build(self, input_shape):
        for axis in self.axis if isinstance(self.axis, tuple) else (self.axis,):
            if not -len(input_shape) <= axis < len(input_shape):
                raise ValueError(f"`axis` {axis} is not an axis of inputs of shape {input_shape}.")
