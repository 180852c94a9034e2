"""Losses: how wrong a model is, as one number, and the way back from it. As in `keras.losses`.

Each is a class, for `compile` and for the mean over a batch, and a function that gives one number per
example: `MeanSquaredError()(y_true, y_pred)` is `mean_squared_error(y_true, y_pred).mean()`.
"""

import copy
import inspect

import numpy as np

from . import _names, _targets, ops
from ._configured import Remembering
from ._targets import ALIKE, LABELS, ONE_HOT
from .ops._arguments import exact, numbers, one_number

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "Huber",
    "KLDivergence",
    "Loss",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "binary_crossentropy",
    "categorical_crossentropy",
    "get",
    "huber",
    "kl_divergence",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "poisson",
    "sparse_categorical_crossentropy",
]

_REDUCTIONS = ("sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none", None)
_EPSILON = 1e-7  # Keras's
_OTHERS = {
    LABELS: "SparseCategoricalCrossentropy",
    ONE_HOT: "CategoricalCrossentropy",
    ALIKE: "BinaryCrossentropy",
}


class Loss(Remembering):
    """How far predictions are from their targets: one number for a batch.

    Parameters
    ----------
    name : str, optional
    reduction : str or None
        What becomes of the losses of the examples: "sum_over_batch_size", or "mean", is their sum, each times
        its weight, divided by how many there are; "mean_with_sample_weight" divides by the sum of the weights;
        "sum" does not divide; "none", or None, leaves one loss for each example.
    dtype : str, optional
        The type to compute in, such as "float64"; that of the predictions by default.

    To make one of your own, write `call(y_true, y_pred)`, which gives one number per example. For its slope
    each output is moved a little up and down, 2 calls for each output of the model. Quicker and exact is
    `call_grad(grad, y_true, y_pred)`, which you may write as well: the gradient by `y_pred`, where `grad` is
    the gradient by what `call` gives.

    >>> class FourthPower(Loss):
    ...     def call(self, y_true, y_pred):
    ...         return ((y_pred - y_true) ** 4).mean(axis=-1)
    ...
    ...     def call_grad(self, grad, y_true, y_pred):
    ...         return grad[..., np.newaxis] * 4 * (y_pred - y_true) ** 3 / y_pred.shape[-1]
    >>> FourthPower()([[0, 0]], [[1, 2]])
    8.5

    A function of the targets and the predictions does it as well, as `compile(loss=fourth_power)`.

    Source: `keras.losses.Loss`.
    """

    name = "loss"
    reduction = "sum_over_batch_size"
    dtype = None
    # A crossentropy is computed from what went into the model's last softmax or sigmoid, if there is one.
    # Keras does so, too: no digit is lost where probabilities are close to 0 or 1.
    reads_logits = False
    _takes = None  # one of `_targets`, or None: anything

    def __init__(self, name=None, reduction="sum_over_batch_size", dtype=None):
        if reduction not in _REDUCTIONS:
            raise ValueError(f"`reduction` must be one of {', '.join(map(repr, _REDUCTIONS))}; got {reduction!r}.")
        self.name = name or _names.snake_case(type(self).__name__)
        self.reduction, self.dtype = reduction, _float_type(dtype)

    def call(self, y_true, y_pred):
        """The loss of each example."""
        raise NotImplementedError("write `call(y_true, y_pred)`")

    def call_grad(self, grad, y_true, y_pred):
        """The gradient by `y_pred`, where `grad` is the gradient by what `call` gives."""
        return _slopes(self, grad, y_true, y_pred)

    def check(self, y, output_shape):
        """Raise unless `y` can be the targets of outputs of this shape, (None, …)."""
        outputs = np.broadcast_to(np.float32(0), (len(y), *output_shape[1:]))  # a view of one number
        self._matched(y, outputs, ("y", "the model's output"))

    def __call__(self, y_true, y_pred, sample_weight=None):
        """The loss, a float; one for each example, if `reduction` is None."""
        y_true, y_pred = self._matched(y_true, y_pred)
        values = np.asarray(self.call(y_true, y_pred))
        each, divisor = self._weighted(values, y_true, sample_weight)
        weighted = values if each is None else values * each
        if self.reduction in (None, "none"):
            return weighted
        return float(weighted.sum(dtype=np.float64) / divisor) if divisor else 0.0

    def gradient(self, y_true, y_pred, sample_weight=None):
        """The gradient of the loss by `y_pred`."""
        return self.value_and_gradient(y_true, y_pred, sample_weight)[1]

    def value_and_gradient(self, y_true, y_pred, sample_weight=None):
        """The loss, a float, and its gradient by `y_pred`.

        If `reduction` is None: the mean, and the gradient of the sum, as `fit` in Keras has them.
        """
        shape, dtype = np.shape(y_pred), getattr(y_pred, "dtype", np.float32)
        y_true, y_pred = self._matched(y_true, y_pred)
        values = np.asarray(self.call(y_true, y_pred))
        if values.shape[:1] != shape[:1]:
            raise ValueError(
                f"The loss {self.name!r} must give one number per example, shape {shape[:1]}, to train with; "
                f"it gave shape {values.shape}. Take a mean along axis=-1, not along all axes."
            )
        each, divisor = self._weighted(values, y_true, sample_weight)
        each = np.ones_like(values) if each is None else np.broadcast_to(each, values.shape)
        total = (values * each).sum(dtype=np.float64)
        grad = (each / divisor if divisor else each * 0).astype(values.dtype)
        grad = np.asarray(self.call_grad(grad, y_true, y_pred)).reshape(shape)
        divisor = values.size if self.reduction in (None, "none") else divisor
        return float(total / divisor) if divisor else 0.0, grad.astype(dtype, copy=False)

    def _matched(self, y_true, y_pred, names=_targets._NAMES):
        """Both as arrays that fit together."""
        if self._takes is None:
            y_true, y_pred = _targets.same_rank(numbers(names[0], y_true), numbers("y_pred", y_pred))
            y_pred = y_pred.astype(self.dtype or exact(y_pred.dtype), copy=False)
            return y_true.astype(y_pred.dtype, copy=False), y_pred
        if self.dtype:
            y_pred = numbers("y_pred", y_pred).astype(self.dtype, copy=False)
        return _targets.match(type(self).__name__, self._takes, _OTHERS, y_true, y_pred, names)

    def _weighted(self, values, y_true, sample_weight):
        """How much each value counts (None: all the same), and what their sum is divided by."""
        each, counted = _targets.weights(sample_weight, values.shape, values.dtype), self._counted(y_true)
        size = values.size
        if counted is not None:
            each, size = counted if each is None else each * counted, counted.sum()
        if self.reduction in (None, "none", "sum"):
            size = 1
        elif self.reduction == "mean_with_sample_weight" and each is not None:
            size = each.sum()
        return each, size

    def _counted(self, y_true):
        """1 where a target counts, 0 where it does not; None if all do."""
        return None


class _FunctionLoss(Loss):
    """A function of targets and predictions, as a loss."""

    def __init__(self, function):
        super().__init__(getattr(function, "__name__", None))
        self._function = function

    def call(self, y_true, y_pred):
        return np.asarray(self._function(y_true, y_pred))


class _Crossentropy(Loss):
    reads_logits = True

    def __init__(self, from_logits, axis, reduction, name, dtype):
        super().__init__(name, reduction, dtype)
        if axis != -1:
            raise ValueError(f"`axis` must be -1, the last one; got {axis!r}. Use np.moveaxis first.")
        self.from_logits = bool(from_logits)

    def of_logits(self):
        """The same loss, for what goes into the softmax or sigmoid."""
        loss = copy.copy(self)
        loss.from_logits = True
        return loss


class SparseCategoricalCrossentropy(_Crossentropy):
    """−log of the probability that the model gives the right class; targets are labels such as 3.

    Parameters
    ----------
    from_logits : bool
        Whether the model's last layer has no softmax.
    ignore_class : int, optional
        A label that does not count, such as −1 or 255 for pixels of no class.
    axis : -1
        That of the classes, the last one.
    reduction, name, dtype
        As for `Loss`.

    >>> round(SparseCategoricalCrossentropy()([1, 0], [[0.5, 0.5], [1, 0]]), 5)
    0.34657
    """

    _takes = LABELS

    def __init__(
        self, from_logits=False, ignore_class=None, reduction="sum_over_batch_size", axis=-1, name=None, dtype=None
    ):
        super().__init__(from_logits, axis, reduction, name, dtype)
        self.ignore_class = ignore_class if ignore_class is None else int(one_number("ignore_class", ignore_class))

    def call(self, y_true, y_pred):
        counted = self._counted(y_true)
        if counted is None:
            return ops.sparse_categorical_crossentropy(y_true, y_pred, self.from_logits)
        values = ops.sparse_categorical_crossentropy(np.where(counted, y_true, 0), y_pred, self.from_logits)
        return np.where(counted, values, 0).astype(values.dtype)

    def call_grad(self, grad, y_true, y_pred):
        counted = self._counted(y_true)
        if counted is None:
            return ops.sparse_categorical_crossentropy_grad(grad, y_true, y_pred, self.from_logits)
        grads = ops.sparse_categorical_crossentropy_grad(grad, np.where(counted, y_true, 0), y_pred, self.from_logits)
        return np.where(counted[..., np.newaxis], grads, 0)

    def _matched(self, y_true, y_pred, names=_targets._NAMES):
        y_true, y_pred = super()._matched(y_true, y_pred, names)
        counted = self._counted(y_true)
        known = y_true if counted is None else y_true[counted]
        _targets.check_labels(known, y_pred.shape[-1], *names)
        return y_true, y_pred

    def _counted(self, y_true):
        return None if self.ignore_class is None else y_true != self.ignore_class


class _SmoothedCrossentropy(_Crossentropy):
    def __init__(
        self,
        from_logits=False,
        label_smoothing=0.0,
        axis=-1,
        reduction="sum_over_batch_size",
        name=None,
        dtype=None,
    ):
        super().__init__(from_logits, axis, reduction, name, dtype)
        self.label_smoothing = one_number("label_smoothing", label_smoothing)
        if not 0 <= self.label_smoothing <= 1:
            raise ValueError(f"`label_smoothing` must be a number from 0 to 1; got {label_smoothing!r}.")

    def _matched(self, y_true, y_pred, names=_targets._NAMES):
        y_true, y_pred = super()._matched(y_true, y_pred, names)
        _targets.check_shares(y_true, type(self).__name__, names[0])
        return y_true, y_pred

    def _smooth(self, y_true, classes):
        """Targets moved a little toward all being equally likely."""
        return y_true * (1 - self.label_smoothing) + self.label_smoothing / classes


class CategoricalCrossentropy(_SmoothedCrossentropy):
    """−log of the probability that the model gives the right class; targets are one-hot rows.

    Parameters
    ----------
    from_logits : bool
        Whether the model's last layer has no softmax.
    label_smoothing : float
        How much of every target is shared out equally among all classes.
    axis : -1
        That of the classes, the last one.
    reduction, name, dtype
        As for `Loss`.

    >>> round(CategoricalCrossentropy()([[0, 1], [1, 0]], [[0.5, 0.5], [1, 0]]), 5)
    0.34657
    """

    _takes = ONE_HOT

    def call(self, y_true, y_pred):
        return ops.categorical_crossentropy(self._smooth(y_true, y_true.shape[-1]), y_pred, self.from_logits)

    def call_grad(self, grad, y_true, y_pred):
        target = self._smooth(y_true, y_true.shape[-1])
        return ops.categorical_crossentropy_grad(grad, target, y_pred, self.from_logits)


class BinaryCrossentropy(_SmoothedCrossentropy):
    """−log of the probability that the model gives the right one of two answers; targets are 0 or 1.

    Parameters
    ----------
    from_logits : bool
        Whether the model's last layer has no sigmoid.
    label_smoothing : float
        How much of every target is shared out equally between 0 and 1.
    axis : -1
        The axis of the mean, the last one.
    reduction, name, dtype
        As for `Loss`.

    >>> round(BinaryCrossentropy()([1, 0], [0.5, 0.5]), 5)
    0.69315
    """

    _takes = ALIKE

    def call(self, y_true, y_pred):
        return ops.binary_crossentropy(self._smooth(y_true, 2), y_pred, self.from_logits).mean(axis=-1)

    def call_grad(self, grad, y_true, y_pred):
        grad = np.broadcast_to(grad[..., np.newaxis] / y_pred.shape[-1], y_pred.shape)
        return ops.binary_crossentropy_grad(grad, self._smooth(y_true, 2), y_pred, self.from_logits)


class _CrossentropyThatFits(_Crossentropy):
    """The crossentropy that fits the shapes of targets and outputs, as in Keras."""

    def __init__(self):
        super().__init__(False, -1, "sum_over_batch_size", "crossentropy", None)

    def _kind(self, y_true, y_pred):
        if np.shape(y_pred)[-1:] == (1,) or np.ndim(y_pred) == 1:
            return BinaryCrossentropy(self.from_logits)
        if np.ndim(y_true) < np.ndim(y_pred) or np.shape(y_true)[-1] == 1:
            return SparseCategoricalCrossentropy(self.from_logits)
        return CategoricalCrossentropy(self.from_logits)

    def _matched(self, y_true, y_pred, names=_targets._NAMES):
        return self._kind(y_true, y_pred)._matched(y_true, y_pred, names)

    def call(self, y_true, y_pred):
        return self._kind(y_true, y_pred).call(y_true, y_pred)

    def call_grad(self, grad, y_true, y_pred):
        return self._kind(y_true, y_pred).call_grad(grad, y_true, y_pred)


class _Alike(Loss):
    """A loss that compares number by number."""

    _takes = ALIKE

    def __init__(self, reduction="sum_over_batch_size", name=None, dtype=None):
        super().__init__(name, reduction, dtype)


class MeanSquaredError(_Alike):
    """(y_pred − y_true)², on average.

    Parameters
    ----------
    reduction, name, dtype
        As for `Loss`.

    >>> MeanSquaredError()([1, 2], [1, 4])
    2.0
    """

    def call(self, y_true, y_pred):
        return np.square(y_pred - y_true).mean(axis=-1)

    def call_grad(self, grad, y_true, y_pred):
        return grad[..., np.newaxis] * 2 * (y_pred - y_true) / y_pred.shape[-1]


class MeanAbsoluteError(_Alike):
    """|y_pred − y_true|, on average.

    Parameters
    ----------
    reduction, name, dtype
        As for `Loss`.

    >>> MeanAbsoluteError()([1, 2], [1, 4])
    1.0
    """

    def call(self, y_true, y_pred):
        return np.abs(y_pred - y_true).mean(axis=-1)

    def call_grad(self, grad, y_true, y_pred):
        return grad[..., np.newaxis] * np.sign(y_pred - y_true) / y_pred.shape[-1]


class MeanAbsolutePercentageError(_Alike):
    """100 · |y_pred − y_true| / |y_true|, on average; where a target is 0, 1e-7 stands for it.

    Parameters
    ----------
    reduction, name, dtype
        As for `Loss`.

    >>> MeanAbsolutePercentageError()([1, 2], [1, 4])
    50.0
    """

    def call(self, y_true, y_pred):
        return 100 * np.abs((y_pred - y_true) / self._size(y_true)).mean(axis=-1)

    def call_grad(self, grad, y_true, y_pred):
        return grad[..., np.newaxis] * 100 * np.sign(y_pred - y_true) / self._size(y_true) / y_pred.shape[-1]

    def _size(self, y_true):
        return np.maximum(np.abs(y_true), y_true.dtype.type(_EPSILON))


class MeanSquaredLogarithmicError(_Alike):
    """(log(y_pred + 1) − log(y_true + 1))², on average; numbers below 1e-7 count as 1e-7.

    Parameters
    ----------
    reduction, name, dtype
        As for `Loss`.

    >>> round(MeanSquaredLogarithmicError()([0, 1], [0, 3]), 5)
    0.24023
    """

    def call(self, y_true, y_pred):
        return np.square(self._difference(y_true, y_pred)).mean(axis=-1)

    def call_grad(self, grad, y_true, y_pred):
        slope = np.where(y_pred >= _EPSILON, 2 / (np.maximum(y_pred, _EPSILON) + 1), 0)
        return grad[..., np.newaxis] * self._difference(y_true, y_pred) * slope / y_pred.shape[-1]

    def _difference(self, y_true, y_pred):
        low = y_pred.dtype.type(_EPSILON)
        return np.log(np.maximum(y_pred, low) + 1) - np.log(np.maximum(y_true, low) + 1)


class Huber(_Alike):
    """Half the square of small differences; large ones grow in a straight line. On average.

    Parameters
    ----------
    delta : float
        Where the square ends.
    reduction, name, dtype
        As for `Loss`.

    >>> Huber()([0, 0], [1, 3])
    1.5
    """

    def __init__(self, delta=1.0, reduction="sum_over_batch_size", name="huber_loss", dtype=None):
        super().__init__(reduction, name, dtype)
        self.delta = one_number("delta", delta)

    def call(self, y_true, y_pred):
        size = np.abs(y_pred - y_true)
        straight = self.delta * size - self.delta**2 / 2
        return np.where(size <= self.delta, np.square(size) / 2, straight).astype(size.dtype).mean(axis=-1)

    def call_grad(self, grad, y_true, y_pred):
        error = y_pred - y_true
        slope = np.where(np.abs(error) <= self.delta, error, self.delta * np.sign(error))
        return grad[..., np.newaxis] * slope / y_pred.shape[-1]


class KLDivergence(_Alike):
    """Σ y_true · log(y_true / y_pred): how far one distribution is from another, both kept between 1e-7 and 1.

    Parameters
    ----------
    reduction, name, dtype
        As for `Loss`.

    >>> round(KLDivergence()([[0.5, 0.5]], [[0.25, 0.75]]), 5)
    0.14384
    """

    def __init__(self, reduction="sum_over_batch_size", name="kl_divergence", dtype=None):
        super().__init__(reduction, name, dtype)

    def call(self, y_true, y_pred):
        y_true, y_pred = _clip(y_true), _clip(y_pred)
        return (y_true * np.log(y_true / y_pred)).sum(axis=-1)

    def call_grad(self, grad, y_true, y_pred):
        kept = (y_pred >= y_pred.dtype.type(_EPSILON)) & (y_pred <= 1)
        return grad[..., np.newaxis] * np.where(kept, -_clip(y_true) / _clip(y_pred), 0)


class Poisson(_Alike):
    """y_pred − y_true · log(y_pred), on average: for targets that are counts.

    Parameters
    ----------
    reduction, name, dtype
        As for `Loss`.

    >>> round(Poisson()([1, 2], [1, 4]), 5)
    1.11371
    """

    def call(self, y_true, y_pred):
        return (y_pred - y_true * np.log(y_pred + y_pred.dtype.type(_EPSILON))).mean(axis=-1)

    def call_grad(self, grad, y_true, y_pred):
        slope = 1 - y_true / (y_pred + y_pred.dtype.type(_EPSILON))
        return grad[..., np.newaxis] * slope / y_pred.shape[-1]


def sparse_categorical_crossentropy(y_true, y_pred, from_logits=False, ignore_class=None, axis=-1):
    """`SparseCategoricalCrossentropy` of each example: shape (…) for predictions of shape (…, classes)."""
    return _each(SparseCategoricalCrossentropy(from_logits, ignore_class, axis=axis), y_true, y_pred)


def categorical_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """`CategoricalCrossentropy` of each example: shape (…) for predictions of shape (…, classes)."""
    return _each(CategoricalCrossentropy(from_logits, label_smoothing, axis), y_true, y_pred)


def binary_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """`BinaryCrossentropy` of each example: shape (…) for predictions of shape (…, outputs)."""
    return _each(BinaryCrossentropy(from_logits, label_smoothing, axis), y_true, y_pred)


def mean_squared_error(y_true, y_pred):
    """`MeanSquaredError` of each example: shape (…) for predictions of shape (…, outputs)."""
    return _each(MeanSquaredError(), y_true, y_pred)


def mean_absolute_error(y_true, y_pred):
    """`MeanAbsoluteError` of each example: shape (…) for predictions of shape (…, outputs)."""
    return _each(MeanAbsoluteError(), y_true, y_pred)


def mean_absolute_percentage_error(y_true, y_pred):
    """`MeanAbsolutePercentageError` of each example: shape (…) for predictions of shape (…, outputs)."""
    return _each(MeanAbsolutePercentageError(), y_true, y_pred)


def mean_squared_logarithmic_error(y_true, y_pred):
    """`MeanSquaredLogarithmicError` of each example: shape (…) for predictions of shape (…, outputs)."""
    return _each(MeanSquaredLogarithmicError(), y_true, y_pred)


def huber(y_true, y_pred, delta=1.0):
    """`Huber` loss of each example: shape (…) for predictions of shape (…, outputs)."""
    return _each(Huber(delta), y_true, y_pred)


def kl_divergence(y_true, y_pred):
    """`KLDivergence` of each example: shape (…) for predictions of shape (…, classes)."""
    return _each(KLDivergence(), y_true, y_pred)


def poisson(y_true, y_pred):
    """`Poisson` loss of each example: shape (…) for predictions of shape (…, outputs)."""
    return _each(Poisson(), y_true, y_pred)


_KNOWN = {
    "binary_crossentropy": BinaryCrossentropy,
    "categorical_crossentropy": CategoricalCrossentropy,
    "huber": Huber,
    "kl_divergence": KLDivergence,
    "mean_absolute_error": MeanAbsoluteError,
    "mean_absolute_percentage_error": MeanAbsolutePercentageError,
    "mean_squared_error": MeanSquaredError,
    "mean_squared_logarithmic_error": MeanSquaredLogarithmicError,
    "poisson": Poisson,
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
    "crossentropy": _CrossentropyThatFits,
    "bce": BinaryCrossentropy,
    "ce": _CrossentropyThatFits,
    "kld": KLDivergence,
    "mae": MeanAbsoluteError,
    "mape": MeanAbsolutePercentageError,
    "mse": MeanSquaredError,
    "msle": MeanSquaredLogarithmicError,
}
_OF_FUNCTIONS = {globals()[name]: loss for name, loss in _KNOWN.items() if callable(globals().get(name))}
_OF_FUNCTIONS.update(
    {
        ops.binary_crossentropy: BinaryCrossentropy,
        ops.categorical_crossentropy: CategoricalCrossentropy,
        ops.sparse_categorical_crossentropy: SparseCategoricalCrossentropy,
    }
)


def get(identifier):
    """A loss by its name, from a function of (y_true, y_pred), or the loss itself.

    "crossentropy", or "ce", is the one of the three that fits the shapes of targets and outputs.
    """
    if isinstance(identifier, (list, tuple)) and len(identifier) == 1:  # one for each output, of which there is one
        identifier = identifier[0]
    if isinstance(identifier, str):
        return _names.look_up("loss", identifier, _KNOWN)()
    if isinstance(identifier, Loss):
        return identifier
    _names.refuse_keras("loss", identifier)
    if inspect.isclass(identifier) and issubclass(identifier, Loss):
        return identifier()
    if callable(identifier) and not inspect.isclass(identifier):
        known = _OF_FUNCTIONS.get(identifier) if inspect.isfunction(identifier) else None
        return known() if known else _FunctionLoss(identifier)
    raise TypeError(
        "`loss` must be a name such as 'sparse_categorical_crossentropy', a loss such as MeanSquaredError(), "
        f"or a function of (y_true, y_pred); got {identifier!r}."
    )


def _each(loss, y_true, y_pred):
    return loss.call(*loss._matched(y_true, y_pred))


def _clip(shares):
    return np.clip(shares, shares.dtype.type(_EPSILON), 1)


def _float_type(dtype):
    """`dtype` as NumPy's, or None."""
    if dtype is None:
        return None
    try:
        found = np.dtype(getattr(dtype, "name", dtype))  # TensorFlow's types and Keras's policies have names
    except TypeError:
        found = None
    if found is None or found.kind != "f":
        raise ValueError(f"`dtype` must be None or a floating-point type such as 'float32'; got {dtype!r}.")
    return found


def _slopes(loss, grad, y_true, y_pred):
    """The gradient of Σ grad · loss.call(y_true, y_pred) by `y_pred`, from small steps up and down."""
    y_true, y_pred = y_true.astype(np.float64), y_pred.astype(np.float64)

    def values(moved):
        found = np.asarray(loss.call(y_true.copy(), moved))
        if found.dtype != np.float64:
            raise TypeError(
                f"The loss {loss.name!r} gives {found.dtype} for predictions of float64, so its slope cannot be found "
                "by small steps. Keep the type of y_pred in it, or write a Loss with `call` and `call_grad`."
            )
        return found.reshape(grad.shape)

    with np.errstate(all="ignore"):  # a step may lead out of a logarithm
        here = values(y_pred.copy())
        if not np.allclose(here[:1], np.asarray(loss.call(y_true[:1], y_pred[:1])), rtol=1e-6, equal_nan=True):
            raise ValueError(
                f"The loss {loss.name!r} of an example depends on the other examples of the batch, so its slope cannot "
                "be found by small steps. Write a Loss with `call` and `call_grad`."
            )
        slopes = np.empty_like(y_pred)
        for place in np.ndindex(y_pred.shape[1:]):  # this output of all examples at once: no example minds the others
            where = (slice(None), *place)
            step = 1e-6 * np.maximum(np.abs(y_pred[where]), 1e-4)
            above, below = y_pred.copy(), y_pred.copy()
            above[where] += step
            below[where] -= step
            width = (above[where] - below[where]).reshape((-1,) + (1,) * (grad.ndim - 1))
            up, down = values(above), values(below)
            slope = np.where(np.isfinite(down), (up - down) / width, (up - here) / (width / 2))
            slopes[where] = (grad * slope).reshape(len(grad), -1).sum(axis=1)
    return slopes
