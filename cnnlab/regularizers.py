"""Penalties on large weights, as in `keras.regularizers`; the loss grows by them."""

import numpy as np

from ._configured import Configured, look_up
from .arithmetic import real_number

__all__ = ["L1", "L1L2", "L2", "OrthogonalRegularizer", "Regularizer", "get"]


class Regularizer(Configured):
    """What adds a penalty on a weight to the loss: called with the weight, it returns a number.

    For one of your own, write `__call__(weight)` and `gradient(weight)`.
    """

    def __call__(self, weight):
        raise NotImplementedError(f"{type(self).__name__} has no `__call__(weight)` yet: write it.")

    def gradient(self, weight):
        """The gradient of the penalty by the weight."""
        raise NotImplementedError(f"{type(self).__name__} has no `gradient(weight)` yet: write it.")


class L1L2(Regularizer):
    """l1 · Σ|w| + l2 · Σw².

    >>> L1L2(l1=0.5, l2=0.25)(np.array([3, -4]))
    9.75
    """

    def __init__(self, l1=0.0, l2=0.0):
        # As in Keras, None is 0 here.
        self.l1 = real_number("l1", 0.0 if l1 is None else l1, at_least=0)
        self.l2 = real_number("l2", 0.0 if l2 is None else l2, at_least=0)

    def __call__(self, weight):
        return float(self.l1 * np.abs(weight).sum() + self.l2 * np.square(weight).sum())

    def gradient(self, weight):
        """l1 · sign(w) + 2 · l2 · w."""
        return self.l1 * np.sign(weight) + 2 * self.l2 * weight


class L1(L1L2):
    """l1 · Σ|w|: pushes every weight toward 0 with the same force, and many reach it."""

    def __init__(self, l1=0.01):
        super().__init__(l1=0.01 if l1 is None else l1)


class L2(L1L2):
    """l2 · Σw²: pushes large weights hardest; "weight decay"."""

    def __init__(self, l2=0.01):
        super().__init__(l2=0.01 if l2 is None else l2)


class OrthogonalRegularizer(Regularizer):
    """factor · the mean of |cos| of the angles between the rows of a matrix: 0 where they are at right angles.

    Parameters
    ----------
    factor : float
    mode : "rows" or "columns"
        What is compared: in a `Dense` kernel, a row belongs to an input and a column to a unit.

    >>> OrthogonalRegularizer(factor=1.0)(np.array([[1.0, 0.0], [0.0, 2.0]]))
    0.0
    """

    def __init__(self, factor=0.01, mode="rows"):
        self.factor = real_number("factor", factor, at_least=0)
        if mode not in ("rows", "columns"):
            raise ValueError(f"`mode` must be 'rows' or 'columns'; got {mode!r}.")
        self.mode = mode

    def __call__(self, weight):
        _, _, cosines, pairs = self._compared(weight)
        return float(self.factor * np.abs(cosines).sum() / (2 * pairs)) if pairs else float("nan")

    def gradient(self, weight):
        """The gradient of the penalty by the weight."""
        rows, lengths, cosines, pairs = self._compared(weight)
        if not pairs:
            return np.full_like(weight, np.nan)
        d_rows = self.factor / pairs * (np.sign(cosines) @ rows)
        d_weight = (d_rows - rows * (d_rows * rows).sum(axis=1, keepdims=True)) / lengths
        return (d_weight if self.mode == "rows" else d_weight.T).astype(weight.dtype, copy=False)

    def _compared(self, weight):
        """Rows of length 1, their lengths before, their scalar products without those with themselves; how many pairs."""
        if np.ndim(weight) != 2:
            raise ValueError(f"OrthogonalRegularizer takes a weight with 2 axes; got shape {np.shape(weight)}.")
        rows = np.asarray(weight, float) if self.mode == "rows" else np.asarray(weight, float).T
        lengths = np.sqrt(np.maximum(np.square(rows).sum(axis=1, keepdims=True), _SMALLEST))
        rows = rows / lengths
        cosines = rows @ rows.T * (1 - np.eye(len(rows)))
        return rows, lengths, cosines, len(rows) * (len(rows) - 1) / 2


_SMALLEST = 1e-12  # Keras's, so that a row of zeros divides nothing

l1, l2, l1_l2, orthogonal_regularizer = L1, L2, L1L2, OrthogonalRegularizer

_KNOWN = {"l1": L1, "l2": L2, "l1_l2": L1L2, "orthogonal_regularizer": OrthogonalRegularizer}


def get(identifier, argument="regularizer"):
    """A regularizer by name, the regularizer itself, or None for none.

    By name it has its default settings, as in Keras: "l1_l2", whose are both 0, then does nothing.
    """
    if identifier is None:
        return None
    found = look_up(argument, identifier, _KNOWN, "L2(0.01)")
    if callable(found) and callable(getattr(found, "gradient", None)):
        return found
    raise TypeError(
        f"`{argument}` must be 'l1', 'l2', an object such as L2(0.01), or have a method `gradient(weight)`; "
        f"got {identifier!r}."
    )
