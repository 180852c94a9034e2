"""Metrics: numbers that tell how good a model is, while training pays no attention to them. As in `keras.metrics`."""

import copy

import numpy as np

from . import _names

__all__ = [
    "BinaryAccuracy",
    "CategoricalAccuracy",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "Metric",
    "SparseCategoricalAccuracy",
    "get",
]


class Metric:
    """A mean over all examples seen since `reset_state`.

    To make one of your own, write `values(y_true, y_pred)`, and set `higher_is_better`.

    >>> accuracy = SparseCategoricalAccuracy()
    >>> accuracy.update_state([0, 1], [[0.9, 0.1], [0.8, 0.2]])
    >>> accuracy.result()
    0.5
    """

    higher_is_better = False

    def __init__(self, name=None):
        self.name = name or _names.snake_case(type(self).__name__)
        self.reset_state()

    def values(self, y_true, y_pred):
        """One number per example, for the mean."""
        raise NotImplementedError("write `values(y_true, y_pred)`")

    def update_state(self, y_true, y_pred):
        values = np.asarray(self.values(np.asarray(y_true), np.asarray(y_pred)))
        self.total += float(values.sum(dtype=np.float64))
        self.count += values.size

    def result(self):
        return self.total / self.count if self.count else 0.0

    def reset_state(self):
        self.total, self.count = 0.0, 0

    def fresh(self):
        """The same metric, with nothing seen yet."""
        metric = copy.copy(self)
        metric.reset_state()
        return metric


class _Accuracy(Metric):
    higher_is_better = True


class SparseCategoricalAccuracy(_Accuracy):
    """The share of examples whose largest output is that of the right class; targets are labels."""

    def values(self, y_true, y_pred):
        labels = y_true[..., 0] if y_true.ndim == y_pred.ndim else y_true
        return labels == y_pred.argmax(axis=-1)


class CategoricalAccuracy(_Accuracy):
    """The share of examples whose largest output is that of the right class; targets are one-hot."""

    def values(self, y_true, y_pred):
        return y_true.argmax(axis=-1) == y_pred.argmax(axis=-1)


class BinaryAccuracy(_Accuracy):
    """The share of outputs that lie on the right side of the threshold; targets are 0 or 1."""

    def __init__(self, name=None, *, threshold=0.5):
        super().__init__(name)
        self.threshold = threshold

    def values(self, y_true, y_pred):
        return y_true.reshape(y_pred.shape) == (y_pred > self.threshold)


class MeanSquaredError(Metric):
    """(y_pred − y_true)², on average."""

    def values(self, y_true, y_pred):
        return np.square(y_pred - y_true.reshape(y_pred.shape)).mean(axis=-1)


class MeanAbsoluteError(Metric):
    """|y_pred − y_true|, on average."""

    def values(self, y_true, y_pred):
        return np.abs(y_pred - y_true.reshape(y_pred.shape)).mean(axis=-1)


class _AccuracyThatFits(_Accuracy):
    """The accuracy that fits the shapes of targets and outputs, as in Keras."""

    def values(self, y_true, y_pred):
        if y_pred.shape[-1] == 1:
            kind = BinaryAccuracy
        elif y_true.ndim < y_pred.ndim or y_true.shape[-1] == 1:
            kind = SparseCategoricalAccuracy
        else:
            kind = CategoricalAccuracy
        return kind().values(y_true, y_pred)


_KNOWN = {
    "acc": _AccuracyThatFits,
    "accuracy": _AccuracyThatFits,
    "binary_accuracy": BinaryAccuracy,
    "categorical_accuracy": CategoricalAccuracy,
    "sparse_categorical_accuracy": SparseCategoricalAccuracy,
    "mean_absolute_error": MeanAbsoluteError,
    "mean_squared_error": MeanSquaredError,
    "mae": MeanAbsoluteError,
    "mse": MeanSquaredError,
}


def get(identifier):
    """A metric by name, or the metric itself."""
    if isinstance(identifier, str):
        return _names.look_up("metrics", identifier, _KNOWN)(name=identifier)
    if isinstance(identifier, Metric):
        return identifier
    raise TypeError(f"A metric must be a name such as 'accuracy', or a metric; got {identifier!r}.")
