"""Activation functions of layers, by the names of `keras.activations`, each with its gradient.

As an argument `activation` a layer takes a name, one of these functions or of `cnnlab.ops`, or a function of
your own that has a gradient:

>>> def cube(x):
...     return x**3
>>> def cube_gradient(grad, x):  # grad: the gradient of the loss by cube(x)
...     return grad * 3 * x**2
>>> cube.gradient = cube_gradient
>>> from cnnlab.layers import Activation as ActivationLayer
>>> layer = ActivationLayer(cube)
>>> layer([[1.0, 2.0]]), layer.backward([[1.0, 1.0]])
(array([[1., 8.]], dtype=float32), array([[ 3., 12.]], dtype=float32))
"""

from functools import partial
from typing import Callable, NamedTuple

import numpy as np

from . import _names, ops
from .arithmetic import real_number
from .ops import (
    celu,
    elu,
    hard_sigmoid,
    hard_silu,
    hard_tanh,
    leaky_relu,
    log_sigmoid,
    log_softmax,
    relu6,
    selu,
    sigmoid,
    silu,
    softmax,
    softplus,
    softsign,
    tanh,
    tanh_shrink,
)
from .ops._arguments import as_float, as_grad

__all__ = [
    "Activation",
    "celu",
    "elu",
    "exponential",
    "gelu",
    "get",
    "hard_sigmoid",
    "hard_silu",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "softsign",
    "tanh",
    "tanh_shrink",
]


class Activation(NamedTuple):
    """A function of an array, and its gradient.

    >>> get("relu")([-1, 2])
    array([0., 2.], dtype=float32)
    >>> get("relu").gradient([5, 5], [-1, 2])
    array([0., 5.], dtype=float32)
    """

    name: str
    function: Callable
    gradient: Callable  # of (gradient by the output, input)

    def __call__(self, x):
        return self.function(x)

    def __reduce__(self):
        """Copied or stored, one that is known by name stays the same one."""
        return (get, (self.name,)) if _KNOWN.get(self.name) is self else (Activation, tuple(self))


def linear(x):
    """x itself: no activation."""
    return x


def _linear_grad(grad, x):
    return grad


def relu(x, negative_slope=0.0, max_value=None, threshold=0.0):
    """max(x, 0); or, with parameters, a function of three straight pieces.

    x above the threshold, but at most max_value; negative_slope · (x − threshold) up to it. At the threshold
    itself it is 0, as Keras 3.15 computes it, and not x, as Keras's documentation says.

    Source: `keras.activations.relu`.

    >>> relu([-10, 5, 10], negative_slope=0.5)
    array([-5.,  5., 10.], dtype=float32)
    >>> relu([-10, 5, 10], threshold=5)
    array([ 0.,  0., 10.], dtype=float32)
    """
    x = as_float("x", x)
    negative_slope, max_value, threshold = _pieces(x, negative_slope, max_value, threshold)
    low = negative_slope * (x - threshold) if negative_slope else x.dtype.type(0)  # 0 · infinity would be NaN
    return np.where(x <= threshold, low, np.minimum(x, max_value))


def relu_grad(grad, x, negative_slope=0.0, max_value=None, threshold=0.0):
    """`grad` between the threshold and max_value, negative_slope · `grad` up to the threshold, 0 from max_value on.

    >>> relu_grad([8, 8, 8], [-1, 1, 7], negative_slope=0.5, max_value=6)
    array([4., 8., 0.], dtype=float32)
    """
    x = as_float("x", x)
    grad = as_grad(grad, x.shape, x.dtype)
    negative_slope, max_value, threshold = _pieces(x, negative_slope, max_value, threshold)
    return np.where(x <= threshold, grad * negative_slope, np.where(x < max_value, grad, 0)).astype(x.dtype, copy=False)


def _pieces(x, negative_slope, max_value, threshold):
    """The settings of `relu` in the type of x."""
    return (
        x.dtype.type(real_number("negative_slope", negative_slope)),
        x.dtype.type(np.inf if max_value is None else real_number("max_value", max_value, at_least=0, finite=False)),
        x.dtype.type(real_number("threshold", threshold)),
    )


def gelu(x, approximate=False):
    """x · Φ(x); unlike `ops.gelu` the exact one by default, as in Keras.

    >>> gelu([0, 1])
    array([0.        , 0.8413447], dtype=float32)
    """
    return ops.gelu(x, approximate)


def gelu_grad(grad, x, approximate=False):
    """`grad` · (Φ(x) + x · Φ′(x))."""
    return ops.gelu_grad(grad, x, approximate)


def mish(x):
    """x · tanh(softplus(x)).

    >>> mish([0, 100])
    array([  0., 100.], dtype=float32)
    """
    x = as_float("x", x)
    with np.errstate(invalid="ignore"):  # −inf · 0 is NaN, as in Keras
        return x * np.tanh(softplus(x))


def mish_grad(grad, x):
    """`grad` · (t + x · (1 − t²) · sigmoid(x)), where t = tanh(softplus(x))."""
    x = as_float("x", x)
    bent = np.tanh(softplus(x))
    with np.errstate(invalid="ignore"):
        return as_grad(grad, x.shape, x.dtype) * (bent + x * (1 - bent**2) * sigmoid(x))


def exponential(x):
    """e^x.

    >>> exponential([0, 1])
    array([1.       , 2.7182817], dtype=float32)
    """
    return np.exp(as_float("x", x))


def exponential_grad(grad, x):
    """`grad` · e^x."""
    x = as_float("x", x)
    return as_grad(grad, x.shape, x.dtype) * np.exp(x)


def _of_op(name):
    return Activation(name, getattr(ops, name), getattr(ops, f"{name}_grad"))


_OPS = (
    "celu elu hard_sigmoid hard_silu hard_tanh leaky_relu log_sigmoid log_softmax relu relu6 selu sigmoid silu softmax "
    "softplus softsign tanh tanh_shrink"
).split()
_KNOWN = {
    "linear": Activation("linear", linear, _linear_grad),
    "exponential": Activation("exponential", exponential, exponential_grad),
    "gelu": Activation("gelu", gelu, gelu_grad),
    "mish": Activation("mish", mish, mish_grad),
    **{name: _of_op(name) for name in _OPS},
}
_ALIASES = {"swish": "silu", "hard_swish": "hard_silu"}


def with_settings(name, **settings):
    """The activation of this name, with these settings: `with_settings("elu", alpha=0.5)`."""
    plain = _KNOWN[name]
    function, gradient = (relu, relu_grad) if name == "relu" else (plain.function, plain.gradient)
    if name == "relu" and not any(settings.values()) and settings.get("max_value") is None:
        return plain  # quicker
    return Activation(name, partial(function, **settings), partial(gradient, **settings))


def get(identifier):
    """An activation by name, by its function here or in `cnnlab.ops`, of a function with a gradient; None for none.

    >>> get(relu) is get("relu") is get(ops.relu)
    True
    """
    if identifier is None:
        return _KNOWN["linear"]
    if isinstance(identifier, Activation):
        return identifier
    _names.refuse_keras("activation", identifier)
    if isinstance(identifier, str):
        known = {**_KNOWN, **{alias: _KNOWN[name] for alias, name in _ALIASES.items()}}
        return _names.look_up("activation", identifier, known)
    name = getattr(identifier, "__name__", type(identifier).__name__)
    if callable(identifier) and not isinstance(identifier, type):
        if name in _KNOWN and identifier in (globals().get(name), getattr(ops, name, None)):
            # ops.gelu approximates by default, the activation does not: as in Keras
            return _of_op(name) if name == "gelu" and identifier is ops.gelu else _KNOWN[name]
        if callable(getattr(identifier, "gradient", None)):
            return Activation(name, identifier, identifier.gradient)
        raise TypeError(
            f"`activation` {name!r} has no gradient, which training needs: write one, such as "
            f"def gradient(grad, x): return grad * slope_of_it_at(x), and give "
            f"cnnlab.activations.Activation({name!r}, {name}, gradient) instead."
        )
    raise TypeError(
        f"`activation` must be a name such as 'relu', a function such as cnnlab.activations.relu, or "
        f"cnnlab.activations.Activation(name, function, gradient); got {identifier!r}."
    )


def name_of(activation):
    """The name under which `get` finds this activation again."""
    if _KNOWN.get(activation.name) == activation:
        return activation.name
    raise TypeError(
        f"`activation` {activation.name!r} is a function of your own, which cannot be written down: "
        f"activations known by name are {', '.join(map(repr, _KNOWN))}."
    )
