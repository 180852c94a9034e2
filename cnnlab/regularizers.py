"""Penalties on large weights, as in `keras.regularizers`; the loss grows by them."""

import numpy as np

from . import _names

__all__ = ["L1", "L1L2", "L2", "get"]


class L1L2:
    """l1 · Σ|w| + l2 · Σw².

    >>> L1L2(l1=0.5, l2=0.25)(np.array([3, -4]))
    9.75
    """

    def __init__(self, l1=0.0, l2=0.0):
        for name, value in (("l1", l1), ("l2", l2)):
            if not 0 <= value < np.inf:
                raise ValueError(f"`{name}` must be a number from 0 up; got {value!r}.")
        self.l1, self.l2 = float(l1), float(l2)

    def __call__(self, weight):
        return float(self.l1 * np.abs(weight).sum() + self.l2 * np.square(weight).sum())

    def gradient(self, weight):
        """l1 · sign(w) + 2 · l2 · w."""
        return self.l1 * np.sign(weight) + 2 * self.l2 * weight


class L1(L1L2):
    """l1 · Σ|w|: pushes every weight toward 0 with the same force, and many reach it."""

    def __init__(self, l1=0.01):
        super().__init__(l1=l1)


class L2(L1L2):
    """l2 · Σw²: pushes large weights hardest; "weight decay"."""

    def __init__(self, l2=0.01):
        super().__init__(l2=l2)


l1, l2, l1_l2 = L1, L2, L1L2

_KNOWN = {"l1": L1, "l2": L2}


def get(identifier):
    """A regularizer by name, the regularizer itself, or None for none."""
    if identifier is None:
        return None
    if isinstance(identifier, str):
        return _names.look_up("regularizer", identifier, _KNOWN)()
    if isinstance(identifier, type):
        return identifier()
    if callable(identifier) and callable(getattr(identifier, "gradient", None)):
        return identifier
    raise TypeError(
        f"A regularizer must be 'l1', 'l2', an object such as L2(0.01), or have a method `gradient(weight)`; "
        f"got {identifier!r}."
    )
