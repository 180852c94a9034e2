"""Metrics: numbers that tell how good a model is, while training pays no attention to them. As in `keras.metrics`."""

import copy
import functools
import inspect

import numpy as np

from . import _names, _targets, losses
from ._configured import Remembering
from ._targets import ALIKE, LABELS, ONE_HOT
from .arithmetic import whole_number
from .losses import (
    binary_crossentropy,
    categorical_crossentropy,
    huber,
    kl_divergence,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    poisson,
    sparse_categorical_crossentropy,
)
from .ops._arguments import as_float, numbers, one_number

__all__ = [
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "KLDivergence",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanMetricWrapper",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Metric",
    "Poisson",
    "Precision",
    "Recall",
    "RootMeanSquaredError",
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "SparseTopKCategoricalAccuracy",
    "TopKCategoricalAccuracy",
    "binary_accuracy",
    "binary_crossentropy",
    "categorical_accuracy",
    "categorical_crossentropy",
    "get",
    "huber",
    "kl_divergence",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "poisson",
    "sparse_categorical_accuracy",
    "sparse_categorical_crossentropy",
    "sparse_top_k_categorical_accuracy",
    "top_k_categorical_accuracy",
]

_OTHERS = {LABELS: "SparseCategoricalAccuracy", ONE_HOT: "CategoricalAccuracy", ALIKE: "BinaryAccuracy"}
_OTHERS_TOP = {**_OTHERS, LABELS: "SparseTopKCategoricalAccuracy", ONE_HOT: "TopKCategoricalAccuracy"}


class Metric(Remembering):
    """A number about all examples seen since `reset_state`.

    Parameters
    ----------
    dtype : str, optional
        The type to compute in, such as "float64"; that of the predictions by default.
    name : str, optional

    To make one of your own, write the three methods; for a mean, a function of (y_true, y_pred) will do,
    which gives one number per example: `compile(metrics=[my_function])`.

    Attributes
    ----------
    higher_is_better : bool or None
        What callbacks go by, unless they are told; None if it is not known.

    Source: `keras.metrics.Metric`.

    >>> accuracy = SparseCategoricalAccuracy()
    >>> accuracy.update_state([0, 1], [[0.9, 0.1], [0.8, 0.2]])
    >>> accuracy.result()
    0.5
    """

    higher_is_better = None

    def __init__(self, dtype=None, name=None):
        self.name = name or _names.snake_case(type(self).__name__)
        self.dtype = losses._float_type(dtype)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """See these examples, too; `sample_weight` is how much each of them counts."""
        raise NotImplementedError("write `update_state(y_true, y_pred, sample_weight=None)`")

    def result(self):
        """The number, for all examples seen; 0 if there were none."""
        raise NotImplementedError("write `result()`")

    def reset_state(self):
        """Forget what was seen."""
        raise NotImplementedError("write `reset_state()`")

    def check(self, y, output_shape):
        """Raise unless `y` can be the targets of outputs of this shape, (None, …)."""

    def __call__(self, y_true, y_pred, sample_weight=None):
        """See these examples, too, and give the number."""
        self.update_state(y_true, y_pred, sample_weight)
        return self.result()

    def fresh(self):
        """The same metric, with nothing seen yet."""
        metric = copy.deepcopy(self)
        metric.reset_state()
        return metric

    def __repr__(self):
        return f"<{type(self).__name__} name={self.name}>"


class MeanMetricWrapper(Metric):
    """The mean of what a function gives for each example, weighted if weights are given.

    Parameters
    ----------
    fn : function of (y_true, y_pred)
        Gives an array with one number per example.
    name, dtype
        As for `Metric`.
    **kwargs
        More arguments for `fn`.

    >>> def largest_error(y_true, y_pred):
    ...     return np.abs(y_pred - y_true).max(axis=-1)
    >>> MeanMetricWrapper(largest_error)(np.array([[0, 0], [0, 0]]), np.array([[1, 3], [1, 1]]))
    2.0
    """

    _aligns = True

    def __init__(self, fn, name=None, dtype=None, **kwargs):
        super().__init__(dtype, name or _names.snake_case(getattr(fn, "__name__", type(fn).__name__)))
        self._fn, self._arguments = fn, kwargs
        self.reset_state()

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true, y_pred = numbers("y_true", y_true), numbers("y_pred", y_pred)
        if self._aligns:  # else a function would compare (N,) with (N, 1), each with each
            y_true, y_pred = _targets.same_rank(y_true, y_pred)
        if self.dtype:
            y_pred = y_pred.astype(self.dtype, copy=False)
        values = np.asarray(self._fn(y_true, y_pred, **self._arguments))
        weights = _targets.weights(sample_weight, values.shape, np.float64)
        if weights is None:
            self.total += float(values.sum(dtype=np.float64))
            self.count += values.size
        else:
            self.total += float((values * weights).sum(dtype=np.float64))
            self.count += float(np.broadcast_to(weights, values.shape).sum())

    def result(self):
        return self.total / self.count if self.count else 0.0

    def reset_state(self):
        self.total, self.count = 0.0, 0


class _Accuracy(MeanMetricWrapper):
    higher_is_better = True
    _aligns = False
    _takes, _others = None, _OTHERS

    def check(self, y, output_shape):
        outputs = np.broadcast_to(np.float32(0), (len(y), *output_shape[1:]))
        _targets.match(type(self).__name__, self._takes, self._others, y, outputs, ("y", "the model's output"))


class SparseCategoricalAccuracy(_Accuracy):
    """The share of examples whose largest output is that of the right class; targets are labels.

    Parameters
    ----------
    name, dtype
        As for `Metric`.

    >>> SparseCategoricalAccuracy()([2, 1], [[0.1, 0.6, 0.3], [0, 1, 0]], sample_weight=[3, 1])
    0.25
    """

    _takes = LABELS

    def __init__(self, name="sparse_categorical_accuracy", dtype=None):
        super().__init__(sparse_categorical_accuracy, name, dtype)


class CategoricalAccuracy(_Accuracy):
    """The share of examples whose largest output is that of the right class; targets are one-hot.

    Parameters
    ----------
    name, dtype
        As for `Metric`.

    >>> CategoricalAccuracy()([[0, 0, 1], [0, 1, 0]], [[0.1, 0.6, 0.3], [0, 1, 0]])
    0.5
    """

    _takes = ONE_HOT

    def __init__(self, name="categorical_accuracy", dtype=None):
        super().__init__(categorical_accuracy, name, dtype)


class BinaryAccuracy(_Accuracy):
    """The share of outputs that lie on the right side of the threshold; targets are 0 or 1.

    Parameters
    ----------
    name, dtype
        As for `Metric`.
    threshold : float
        Outputs above it say 1; for a model that gives logits, 0 is the middle.

    >>> BinaryAccuracy()([[1], [1], [0], [0]], [[0.98], [1], [0], [0.6]])
    0.75
    """

    _takes = ALIKE

    def __init__(self, name="binary_accuracy", dtype=None, threshold=0.5):
        self.threshold = one_number("threshold", threshold)
        super().__init__(binary_accuracy, name, dtype, threshold=self.threshold)


class SparseTopKCategoricalAccuracy(_Accuracy):
    """The share of examples whose right class is among the k largest outputs; targets are labels.

    Parameters
    ----------
    k : int
    name, dtype
        As for `Metric`.
    from_sorted_ids : bool
        Whether the predictions are the classes themselves, the likeliest first, instead of a number for each.

    >>> SparseTopKCategoricalAccuracy(2)([2, 1], [[0.1, 0.6, 0.3], [0.9, 0, 0.1]])
    0.5
    """

    _takes, _others = LABELS, _OTHERS_TOP

    def __init__(self, k=5, name="sparse_top_k_categorical_accuracy", dtype=None, from_sorted_ids=False):
        self.k = whole_number("k", k, at_least=1)
        super().__init__(
            sparse_top_k_categorical_accuracy, name, dtype, k=self.k, from_sorted_ids=bool(from_sorted_ids)
        )


class TopKCategoricalAccuracy(_Accuracy):
    """The share of examples whose right class is among the k largest outputs; targets are one-hot.

    Parameters
    ----------
    k : int
    name, dtype
        As for `Metric`.

    >>> TopKCategoricalAccuracy(2)([[0, 0, 1], [0, 1, 0]], [[0.1, 0.6, 0.3], [0.9, 0, 0.1]])
    0.5
    """

    _takes, _others = ONE_HOT, _OTHERS_TOP

    def __init__(self, k=5, name="top_k_categorical_accuracy", dtype=None):
        self.k = whole_number("k", k, at_least=1)
        super().__init__(top_k_categorical_accuracy, name, dtype, k=self.k)


class _AccuracyThatFits(MeanMetricWrapper):
    """The accuracy that fits the shapes of targets and outputs, as in Keras."""

    higher_is_better = True
    _aligns = False

    def __init__(self, name):
        super().__init__(_accuracy_that_fits, name)

    def check(self, y, output_shape):
        _kind_of_accuracy(y.shape, output_shape)().check(y, output_shape)


class _OfLoss(MeanMetricWrapper):
    """The mean of a loss over all examples."""

    higher_is_better = False
    _aligns = False

    def __init__(self, loss, name, dtype):
        super().__init__(functools.partial(losses._each, loss), name, dtype)
        self.check = loss.check


class SparseCategoricalCrossentropy(_OfLoss):
    """The loss `SparseCategoricalCrossentropy`, over all examples; targets are labels.

    Parameters
    ----------
    name, dtype
        As for `Metric`.
    from_logits, ignore_class, axis
        As for the loss.

    >>> round(SparseCategoricalCrossentropy()([0], [[0.5, 0.5]]), 5)
    0.69315
    """

    def __init__(
        self, name="sparse_categorical_crossentropy", dtype=None, from_logits=False, ignore_class=None, axis=-1
    ):
        super().__init__(losses.SparseCategoricalCrossentropy(from_logits, ignore_class, axis=axis), name, dtype)


class CategoricalCrossentropy(_OfLoss):
    """The loss `CategoricalCrossentropy`, over all examples; targets are one-hot.

    Parameters
    ----------
    name, dtype
        As for `Metric`.
    from_logits, label_smoothing, axis
        As for the loss.

    >>> round(CategoricalCrossentropy()([[1, 0]], [[0.5, 0.5]]), 5)
    0.69315
    """

    def __init__(self, name="categorical_crossentropy", dtype=None, from_logits=False, label_smoothing=0.0, axis=-1):
        super().__init__(losses.CategoricalCrossentropy(from_logits, label_smoothing, axis), name, dtype)


class BinaryCrossentropy(_OfLoss):
    """The loss `BinaryCrossentropy`, over all examples; targets are 0 or 1.

    Parameters
    ----------
    name, dtype
        As for `Metric`.
    from_logits, label_smoothing
        As for the loss.

    >>> round(BinaryCrossentropy(from_logits=True)([1, 0], [0, 0]), 5)
    0.69315
    """

    def __init__(self, name="binary_crossentropy", dtype=None, from_logits=False, label_smoothing=0.0):
        super().__init__(losses.BinaryCrossentropy(from_logits, label_smoothing), name, dtype)


class KLDivergence(_OfLoss):
    """The loss `KLDivergence`, over all examples.

    Parameters
    ----------
    name, dtype
        As for `Metric`.
    """

    def __init__(self, name="kl_divergence", dtype=None):
        super().__init__(losses.KLDivergence(), name, dtype)


class Poisson(_OfLoss):
    """The loss `Poisson`, over all examples.

    Parameters
    ----------
    name, dtype
        As for `Metric`.
    """

    def __init__(self, name="poisson", dtype=None):
        super().__init__(losses.Poisson(), name, dtype)


class MeanSquaredError(_OfLoss):
    """(y_pred − y_true)², on average.

    Parameters
    ----------
    name, dtype
        As for `Metric`.
    """

    def __init__(self, name="mean_squared_error", dtype=None):
        super().__init__(losses.MeanSquaredError(), name, dtype)


class RootMeanSquaredError(MeanSquaredError):
    """The square root of `MeanSquaredError`, in the unit of the targets.

    Parameters
    ----------
    name, dtype
        As for `Metric`.

    >>> RootMeanSquaredError()([1, 2], [4, 5])
    3.0
    """

    def __init__(self, name="root_mean_squared_error", dtype=None):
        super().__init__(name, dtype)

    def result(self):
        return float(np.sqrt(super().result()))


class MeanAbsoluteError(_OfLoss):
    """|y_pred − y_true|, on average.

    Parameters
    ----------
    name, dtype
        As for `Metric`.
    """

    def __init__(self, name="mean_absolute_error", dtype=None):
        super().__init__(losses.MeanAbsoluteError(), name, dtype)


class MeanAbsolutePercentageError(_OfLoss):
    """100 · |y_pred − y_true| / |y_true|, on average.

    Parameters
    ----------
    name, dtype
        As for `Metric`.
    """

    def __init__(self, name="mean_absolute_percentage_error", dtype=None):
        super().__init__(losses.MeanAbsolutePercentageError(), name, dtype)


class MeanSquaredLogarithmicError(_OfLoss):
    """(log(y_pred + 1) − log(y_true + 1))², on average.

    Parameters
    ----------
    name, dtype
        As for `Metric`.
    """

    def __init__(self, name="mean_squared_logarithmic_error", dtype=None):
        super().__init__(losses.MeanSquaredLogarithmicError(), name, dtype)


class _OfPositives(Metric):
    """What share of the positives are true ones."""

    higher_is_better = True
    _takes, _others = ALIKE, {}

    def __init__(self, thresholds=None, top_k=None, class_id=None, name=None, dtype=None):
        super().__init__(dtype, name)
        self.top_k = None if top_k is None else whole_number("top_k", top_k, at_least=1)
        self.class_id = None if class_id is None else whole_number("class_id", class_id, at_least=0)
        self.thresholds = np.atleast_1d(as_float("thresholds", 0.5 if thresholds is None else thresholds))
        if self.thresholds.ndim > 1 or not ((self.thresholds >= 0) & (self.thresholds <= 1)).all():
            raise ValueError(f"`thresholds` must be a number from 0 to 1, or a list of them; got {thresholds!r}.")
        if top_k is not None and thresholds is None:
            self.thresholds = np.array([-np.inf], np.float32)
        self.reset_state()

    check = _Accuracy.check

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true, y_pred = _targets.match(type(self).__name__, ALIKE, {}, y_true, y_pred)
        if self.dtype:
            y_pred = y_pred.astype(self.dtype, copy=False)
        if ((y_true != 0) & (y_true != 1)).any():
            raise ValueError(
                f"`y_true` must hold 0 and 1 alone for {type(self).__name__}; it holds "
                f"{y_true[(y_true != 0) & (y_true != 1)].flat[0]:g}. (y_true == label says where a label is.)"
            )
        weights = _targets.weights(sample_weight, y_true.shape, np.float64)
        chosen = np.ones(y_pred.shape, bool)
        if self.top_k is not None:
            chosen[...] = False
            np.put_along_axis(chosen, np.argsort(-y_pred, axis=-1, kind="stable")[..., : self.top_k], True, axis=-1)
        counts = np.broadcast_to(1.0 if weights is None else weights, y_true.shape)
        if self.class_id is not None:
            if y_pred.ndim < 2 or self.class_id >= y_pred.shape[-1]:
                raise ValueError(
                    f"`class_id` is {self.class_id}, and `y_pred` has shape {y_pred.shape}: no such class."
                )
            y_true, y_pred, chosen, counts = (a[..., self.class_id] for a in (y_true, y_pred, chosen, counts))
        for place, threshold in enumerate(self.thresholds):
            found = chosen & (y_pred > threshold)
            self.true_positives[place] += counts[found & (y_true == 1)].sum()
            self.false_positives[place] += counts[found & (y_true == 0)].sum()
            self.false_negatives[place] += counts[~found & (y_true == 1)].sum()

    def reset_state(self):
        self.true_positives, self.false_positives, self.false_negatives = np.zeros((3, len(self.thresholds)))

    def _share(self, others):
        both = self.true_positives + others
        share = np.divide(self.true_positives, both, out=np.zeros_like(both), where=both != 0)
        return float(share[0]) if len(share) == 1 else share


class Precision(_OfPositives):
    """Of what the model says is there, the share that is; targets are 0 or 1.

    Parameters
    ----------
    thresholds : float or list of floats
        Outputs above it say that it is there; 0.5 by default. A list gives an array, one number for each.
    top_k : int, optional
        Only the k largest outputs of an example say so (all of them, unless `thresholds` is given).
    class_id : int, optional
        Only this output counts.
    name, dtype
        As for `Metric`.

    >>> Precision()([0, 1, 1, 1], [1, 0, 1, 1]) * 3
    2.0
    """

    def result(self):
        return self._share(self.false_positives)


class Recall(_OfPositives):
    """Of what is there, the share that the model finds; targets are 0 or 1.

    Parameters
    ----------
    thresholds, top_k, class_id, name, dtype
        As for `Precision`.

    >>> Recall()([0, 1, 1, 1, 1], [1, 0, 1, 1, 1])
    0.75
    """

    def result(self):
        return self._share(self.false_negatives)


def sparse_categorical_accuracy(y_true, y_pred):
    """1 for each example whose largest output is that of its label, else 0."""
    labels, scores = _targets.match("SparseCategoricalAccuracy", LABELS, _OTHERS, y_true, y_pred)
    return (labels == _largest(scores)).astype(np.float32)


def categorical_accuracy(y_true, y_pred):
    """1 for each example whose largest output is that of its one-hot row, else 0."""
    rows, scores = _targets.match("CategoricalAccuracy", ONE_HOT, _OTHERS, y_true, y_pred)
    return (rows.argmax(axis=-1) == _largest(scores)).astype(np.float32)


def binary_accuracy(y_true, y_pred, threshold=0.5):
    """1 for each output on the right side of the threshold, else 0."""
    answers, scores = _targets.match("BinaryAccuracy", ALIKE, _OTHERS, y_true, y_pred)
    return (answers == (scores > threshold)).astype(np.float32)


def sparse_top_k_categorical_accuracy(y_true, y_pred, k=5, from_sorted_ids=False):
    """1 for each example whose label is among the k largest outputs, else 0."""
    labels, scores = _targets.match("SparseTopKCategoricalAccuracy", LABELS, _OTHERS_TOP, y_true, y_pred)
    if from_sorted_ids:
        found = (labels[..., np.newaxis] == scores[..., :k]).any(axis=-1).astype(np.float32)
    else:
        found = _in_top(labels, scores, k)
    return found.reshape(np.shape(y_true))


def top_k_categorical_accuracy(y_true, y_pred, k=5):
    """1 for each example whose one-hot row is that of one of the k largest outputs, else 0."""
    rows, scores = _targets.match("TopKCategoricalAccuracy", ONE_HOT, _OTHERS_TOP, y_true, y_pred)
    return _in_top(rows.argmax(axis=-1), scores, k)


def _largest(scores):
    """The place of the largest number; as in TensorFlow, NaN is never the largest."""
    return np.where(np.isnan(scores), -np.inf, scores).argmax(axis=-1)


def _in_top(labels, scores, k):
    """Whether fewer than k outputs are larger than that of the label; with NaN or infinity, as in TensorFlow, no."""
    inside = (labels >= 0) & (labels < scores.shape[-1])
    places = np.where(inside, labels, 0).astype(np.int64)[..., np.newaxis]
    larger = (scores > np.take_along_axis(scores, places, axis=-1)).sum(axis=-1)
    return (inside & (larger < k) & np.isfinite(scores).all(axis=-1)).astype(np.float32)


def _kind_of_accuracy(y_shape, output_shape):
    if len(output_shape) == 1 or output_shape[-1] == 1:
        return BinaryAccuracy
    if len(y_shape) < len(output_shape) or y_shape[-1] == 1:
        return SparseCategoricalAccuracy
    return CategoricalAccuracy


def _accuracy_that_fits(y_true, y_pred):
    return _kind_of_accuracy(np.shape(y_true), np.shape(y_pred))()._fn(y_true, y_pred)


_KNOWN = {
    "acc": _AccuracyThatFits,
    "accuracy": _AccuracyThatFits,
    **{
        _names.snake_case(kind.__name__): kind
        for kind in (
            *(BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy),
            *(TopKCategoricalAccuracy, SparseTopKCategoricalAccuracy, Precision, Recall),
            *(MeanAbsoluteError, MeanSquaredError, RootMeanSquaredError),
            *(MeanAbsolutePercentageError, MeanSquaredLogarithmicError),
            *(BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy, KLDivergence, Poisson),
        )
    },
    "bce": BinaryCrossentropy,
    "mae": MeanAbsoluteError,
    "mape": MeanAbsolutePercentageError,
    "mse": MeanSquaredError,
    "msle": MeanSquaredLogarithmicError,
}


def get(identifier):
    """A metric by its name, from a function of (y_true, y_pred), or the metric itself.

    "accuracy", or "acc", is the one of the three that fits the shapes of targets and outputs.
    """
    if isinstance(identifier, str):
        return _names.look_up("metrics", identifier, _KNOWN)(name=identifier)
    if isinstance(identifier, Metric):
        return identifier
    _names.refuse_keras("metrics", identifier)
    if inspect.isclass(identifier) and issubclass(identifier, Metric):
        return identifier()
    if inspect.isfunction(identifier) and identifier.__module__ in (__name__, losses.__name__):
        return _KNOWN[identifier.__name__]() if identifier.__name__ in _KNOWN else MeanMetricWrapper(identifier)
    if callable(identifier) and not inspect.isclass(identifier):
        return MeanMetricWrapper(identifier)
    raise TypeError(
        "A metric must be a name such as 'accuracy', a metric such as SparseCategoricalAccuracy(), "
        f"or a function of (y_true, y_pred); got {identifier!r}."
    )
