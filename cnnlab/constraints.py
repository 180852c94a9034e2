"""Limits that weights are brought back to after each step, as in `keras.constraints`."""

import numpy as np

from . import _names

__all__ = ["MaxNorm", "NonNeg", "UnitNorm", "get"]

_EPSILON = 1e-7  # Keras's, so that a norm of 0 divides nothing


class MaxNorm:
    """Shrinks vectors of weights that are longer than `max_value` to that length.

    Parameters
    ----------
    max_value : float
    axis : int or sequence of ints
        The axes of one vector: 0 for what goes into each unit of `Dense`, [0, 1, 2] for each
        filter of `Conv2D`.

    >>> MaxNorm(1.0)(np.array([[3.0, 0.3], [4.0, 0.4]])).round(3)
    array([[0.6, 0.3],
           [0.8, 0.4]])
    """

    def __init__(self, max_value=2, axis=0):
        self.max_value, self.axis = max_value, axis

    def __call__(self, weight):
        norms = _norms(weight, self.axis)
        return weight * (np.minimum(norms, self.max_value) / (_EPSILON + norms))


class UnitNorm:
    """Brings vectors of weights to length 1; `axis` as for `MaxNorm`."""

    def __init__(self, axis=0):
        self.axis = axis

    def __call__(self, weight):
        return weight / (_EPSILON + _norms(weight, self.axis))


class NonNeg:
    """Turns negative weights into 0."""

    def __call__(self, weight):
        return np.maximum(weight, 0)


def _norms(weight, axis):
    axis = tuple(axis) if isinstance(axis, (list, tuple)) else axis
    return np.sqrt(np.square(weight).sum(axis=axis, keepdims=True))


max_norm, unit_norm, non_neg = MaxNorm, UnitNorm, NonNeg

_KNOWN = {"max_norm": MaxNorm, "non_neg": NonNeg, "unit_norm": UnitNorm}


def get(identifier):
    """A constraint by name, the constraint (any function of a weight) itself, or None for none."""
    if identifier is None:
        return None
    if isinstance(identifier, str):
        return _names.look_up("constraint", identifier, _KNOWN)()
    if isinstance(identifier, type):
        return identifier()
    if callable(identifier):
        return identifier
    raise TypeError(f"A constraint must be a name such as 'max_norm', or a constraint; got {identifier!r}.")
