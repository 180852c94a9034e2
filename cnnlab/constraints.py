"""Limits that weights are brought back to after each step, as in `keras.constraints`."""

import numpy as np

from ._configured import Configured, look_up
from .arithmetic import real_number, whole_number

__all__ = ["Constraint", "MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm", "get"]

_EPSILON = 1e-7  # Keras's, so that a norm of 0 divides nothing


class Constraint(Configured):
    """What brings a weight back within limits: called with the weight, it returns one of the same shape.

    For one of your own, write `__call__(weight)`.
    """

    def __call__(self, weight):
        raise NotImplementedError(f"{type(self).__name__} has no `__call__(weight)` yet: write it.")


class MaxNorm(Constraint):
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
        self.max_value, self.axis = real_number("max_value", max_value, at_least=0), _checked_axis(axis)

    def __call__(self, weight):
        norms = _norms(weight, self.axis)
        return weight * (np.minimum(norms, self.max_value) / (_EPSILON + norms))


class MinMaxNorm(Constraint):
    """Brings vectors of weights to a length between two limits.

    Parameters
    ----------
    min_value, max_value : float
    rate : float
        How far toward the limit one step goes, from 0 to 1, all the way.
    axis : int or sequence of ints
        As for `MaxNorm`.

    >>> MinMaxNorm(1.0, 2.0)(np.array([[0.3, 3.0], [0.4, 4.0]])).round(3)
    array([[0.6, 1.2],
           [0.8, 1.6]])
    """

    def __init__(self, min_value=0.0, max_value=1.0, rate=1.0, axis=0):
        self.min_value = real_number("min_value", min_value, at_least=0)
        self.max_value = real_number("max_value", max_value, at_least=0)
        if self.min_value > self.max_value:
            raise ValueError(f"`min_value` must not be above `max_value`; got {min_value!r} and {max_value!r}.")
        self.rate, self.axis = real_number("rate", rate, at_least=0, at_most=1), _checked_axis(axis)

    def __call__(self, weight):
        norms = _norms(weight, self.axis)
        wanted = self.rate * np.clip(norms, self.min_value, self.max_value) + (1 - self.rate) * norms
        return weight * (wanted / (_EPSILON + norms))


class UnitNorm(Constraint):
    """Brings vectors of weights to length 1; `axis` as for `MaxNorm`."""

    def __init__(self, axis=0):
        self.axis = _checked_axis(axis)

    def __call__(self, weight):
        return weight / (_EPSILON + _norms(weight, self.axis))


class NonNeg(Constraint):
    """Turns negative weights into 0."""

    def __call__(self, weight):
        return np.maximum(weight, 0)


def _checked_axis(axis):
    for one in axis if isinstance(axis, (list, tuple)) else [axis]:
        whole_number("axis", one, at_least=None)
    return axis


def _norms(weight, axis):
    axis = tuple(axis) if isinstance(axis, (list, tuple)) else axis
    return np.sqrt(np.square(weight).sum(axis=axis, keepdims=True))


max_norm, min_max_norm, unit_norm, non_neg = MaxNorm, MinMaxNorm, UnitNorm, NonNeg

_KNOWN = {"max_norm": MaxNorm, "min_max_norm": MinMaxNorm, "non_neg": NonNeg, "unit_norm": UnitNorm}


def get(identifier, argument="constraint"):
    """A constraint by name, the constraint (any function of a weight) itself, or None for none."""
    if identifier is None:
        return None
    found = look_up(argument, identifier, _KNOWN, "MaxNorm(3)")
    if callable(found):
        return found
    raise TypeError(f"`{argument}` must be a name such as 'max_norm', or a constraint; got {identifier!r}.")
