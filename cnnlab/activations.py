"""Activation functions of layers, by the names of `keras.activations`, each with its gradient."""

from functools import partial
from typing import Callable, NamedTuple

from . import _names, ops

__all__ = ["Activation", "get"]


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


def of_op(name, **settings):
    """The op of this name and its `_grad`, with these settings."""
    return Activation(name, partial(getattr(ops, name), **settings), partial(getattr(ops, f"{name}_grad"), **settings))


_LINEAR = Activation("linear", lambda x: x, lambda grad, x: grad)
_KNOWN = {
    "linear": _LINEAR,
    **{name: of_op(name) for name in ("relu", "leaky_relu", "elu", "sigmoid", "tanh", "softplus", "silu")},
    "swish": of_op("silu"),
    "gelu": of_op("gelu", approximate=False),  # the op approximates by default, the activation does not: as in Keras
    "softmax": of_op("softmax"),
    "log_softmax": of_op("log_softmax"),
}


def get(identifier):
    """An activation by name, an op such as `ops.relu` with its gradient, or None for none."""
    if identifier is None:
        return _LINEAR
    if isinstance(identifier, Activation):
        return identifier
    if isinstance(identifier, str):
        return _names.look_up("activation", identifier, _KNOWN)
    name = getattr(identifier, "__name__", "")
    if callable(identifier) and getattr(ops, name, None) is identifier and hasattr(ops, f"{name}_grad"):
        return of_op(name)
    raise TypeError(
        f"`activation` must be a name such as 'relu', an op such as cnnlab.ops.relu, or "
        f"cnnlab.activations.Activation(name, function, gradient); got {identifier!r}."
    )
