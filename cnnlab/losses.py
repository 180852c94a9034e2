"""Losses: how wrong a model is, as one number, and the way back from it. As in `keras.losses`."""

import copy

import numpy as np

from . import _names, ops

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "Loss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
    "get",
]


class Loss:
    """The mean over a batch of how far each prediction is from its target.

    To make one of your own, write `values` and `values_grad`.
    """

    name = "loss"
    # A crossentropy is computed from what went into the model's last softmax or sigmoid, if there is one.
    # Keras does so, too: no digit is lost where probabilities are close to 0 or 1.
    reads_logits = False

    def values(self, y_true, y_pred):
        """The loss of each example, before the mean."""
        raise NotImplementedError("write `values(y_true, y_pred)`")

    def values_grad(self, grad, y_true, y_pred):
        """The gradient by `y_pred`, where `grad` is the gradient by `values`."""
        raise NotImplementedError("write `values_grad(grad, y_true, y_pred)`")

    def check(self, y, output_shape):
        """Raise unless `y` can be the targets of a model with this output shape, (None, …)."""
        columns = output_shape[1:]
        if y.shape[1:] != columns and (*y.shape[1:], 1) != columns:
            raise ValueError(f"`y` must have shape {_shape(output_shape)}, as the model's output; got shape {y.shape}.")

    def __call__(self, y_true, y_pred, sample_weight=None):
        """The mean loss, a float."""
        y_true, y_pred = self._aligned(y_true, y_pred)
        values = self.values(y_true, y_pred)
        return float((values * _weights(sample_weight, values)).mean(dtype=np.float64))

    def gradient(self, y_true, y_pred, sample_weight=None):
        """The gradient of the mean loss by `y_pred`."""
        return self.mean_and_gradient(y_true, y_pred, sample_weight)[1]

    def mean_and_gradient(self, y_true, y_pred, sample_weight=None):
        """The mean loss, and its gradient by `y_pred`."""
        y_true, aligned = self._aligned(y_true, y_pred)
        values = self.values(y_true, aligned)
        weights = _weights(sample_weight, values)
        grad = (weights / values.size * np.ones_like(values)).astype(values.dtype)
        grad = self.values_grad(grad, y_true, aligned).reshape(np.shape(y_pred))
        return float((values * weights).mean(dtype=np.float64)), grad

    def _aligned(self, y_true, y_pred):
        """Both as arrays; targets of shape (N,) as (N, 1), where the predictions are."""
        y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
        if y_true.ndim == y_pred.ndim - 1 and y_pred.shape[-1] == 1:
            y_true = y_true[..., np.newaxis]
        return y_true.astype(y_pred.dtype, copy=False), y_pred


class _Crossentropy(Loss):
    reads_logits = True

    def __init__(self, from_logits=False, *, name=None):
        self.from_logits, self.name = from_logits, name or _names.snake_case(type(self).__name__)

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
    """

    def values(self, y_true, y_pred):
        return ops.sparse_categorical_crossentropy(y_true, y_pred, self.from_logits)

    def values_grad(self, grad, y_true, y_pred):
        return ops.sparse_categorical_crossentropy_grad(grad, y_true, y_pred, self.from_logits)

    def check(self, y, output_shape):
        *positions, classes = output_shape[1:]
        if list(y.shape[1:]) not in (positions, [*positions, 1]):
            one_hot = " For one-hot targets take loss='categorical_crossentropy'." if y.shape[-1] == classes else ""
            raise ValueError(f"`y` must hold one label per example; got shape {y.shape}.{one_hot}")
        wrong = (y < 0) | (y >= classes) | (y != np.floor(y))
        if wrong.any():
            raise ValueError(
                f"`y` must hold labels from 0 to {classes - 1}, because the model has {classes} outputs; "
                f"it holds {y[wrong].flat[0]}. Labels begin with 0, and each class needs an output."
            )

    def _aligned(self, y_true, y_pred):
        y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
        return (y_true[..., 0] if y_true.ndim == y_pred.ndim else y_true), y_pred


class _SmoothedCrossentropy(_Crossentropy):
    def __init__(self, from_logits=False, label_smoothing=0.0, *, name=None):
        super().__init__(from_logits, name=name)
        if not 0 <= label_smoothing <= 1:
            raise ValueError(f"`label_smoothing` must be a number from 0 to 1; got {label_smoothing!r}.")
        self.label_smoothing = label_smoothing

    def smooth(self, y_true, classes):
        """Targets moved a little toward all being equally likely."""
        return y_true * (1 - self.label_smoothing) + self.label_smoothing / classes

    def check(self, y, output_shape):
        super().check(y, output_shape)
        if ((y < 0) | (y > 1)).any():
            raise ValueError(
                f"`y` must hold numbers from 0 to 1 for the loss {self.name!r}; got {y.min()} to {y.max()}."
            )


class CategoricalCrossentropy(_SmoothedCrossentropy):
    """−log of the probability that the model gives the right class; targets are one-hot rows.

    Parameters
    ----------
    from_logits : bool
        Whether the model's last layer has no softmax.
    label_smoothing : float
        How much of every target is shared out equally among all classes.
    """

    def values(self, y_true, y_pred):
        return ops.categorical_crossentropy(self.smooth(y_true, y_true.shape[-1]), y_pred, self.from_logits)

    def values_grad(self, grad, y_true, y_pred):
        target = self.smooth(y_true, y_true.shape[-1])
        return ops.categorical_crossentropy_grad(grad, target, y_pred, self.from_logits)

    def check(self, y, output_shape):
        if y.shape[1:] == output_shape[1:-1] or y.shape[1:] == (*output_shape[1:-1], 1) != output_shape[1:]:
            raise ValueError(
                f"`y` must be one-hot, of shape {_shape(output_shape)}; got shape {y.shape}. "
                "For labels such as 3 take loss='sparse_categorical_crossentropy', "
                "or make rows of them with cnnlab.utils.to_categorical(y)."
            )
        super().check(y, output_shape)


class BinaryCrossentropy(_SmoothedCrossentropy):
    """−log of the probability that the model gives the right one of two answers; targets are 0 or 1.

    Parameters
    ----------
    from_logits : bool
        Whether the model's last layer has no sigmoid.
    label_smoothing : float
        How much of every target is shared out equally between 0 and 1.
    """

    def values(self, y_true, y_pred):
        return ops.binary_crossentropy(self.smooth(y_true, 2), y_pred, self.from_logits).mean(axis=-1)

    def values_grad(self, grad, y_true, y_pred):
        grad = np.broadcast_to(grad[..., np.newaxis] / y_pred.shape[-1], y_pred.shape)
        return ops.binary_crossentropy_grad(grad, self.smooth(y_true, 2), y_pred, self.from_logits)


class MeanSquaredError(Loss):
    """(y_pred − y_true)², on average."""

    def __init__(self, *, name="mean_squared_error"):
        self.name = name

    def values(self, y_true, y_pred):
        return np.square(y_pred - y_true).mean(axis=-1)

    def values_grad(self, grad, y_true, y_pred):
        return grad[..., np.newaxis] * 2 * (y_pred - y_true) / y_pred.shape[-1]


class MeanAbsoluteError(Loss):
    """|y_pred − y_true|, on average."""

    def __init__(self, *, name="mean_absolute_error"):
        self.name = name

    def values(self, y_true, y_pred):
        return np.abs(y_pred - y_true).mean(axis=-1)

    def values_grad(self, grad, y_true, y_pred):
        return grad[..., np.newaxis] * np.sign(y_pred - y_true) / y_pred.shape[-1]


_KNOWN = {
    "binary_crossentropy": BinaryCrossentropy,
    "categorical_crossentropy": CategoricalCrossentropy,
    "mean_absolute_error": MeanAbsoluteError,
    "mean_squared_error": MeanSquaredError,
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
    "mae": MeanAbsoluteError,
    "mse": MeanSquaredError,
}


def get(identifier):
    """A loss by name, or the loss itself."""
    if isinstance(identifier, str):
        return _names.look_up("loss", identifier, _KNOWN)()
    if isinstance(identifier, Loss):
        return identifier
    raise TypeError(
        f"`loss` must be a name such as 'sparse_categorical_crossentropy', or a loss such as MeanSquaredError(); "
        f"got {identifier!r}. (A function alone is not enough here: it has no gradient. Write a Loss.)"
    )


def _weights(sample_weight, values):
    if sample_weight is None:
        return 1
    weights = np.asarray(sample_weight, values.dtype)
    return weights.reshape(weights.shape + (1,) * (values.ndim - weights.ndim))


def _shape(output_shape):
    return f"({', '.join(['N', *map(str, output_shape[1:])])})"
