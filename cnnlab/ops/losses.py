"""Losses: how far predictions are from their targets, one number per example (or per element).

A target is what is known: it has no gradient. `f_grad` gives the gradient by `output` alone,
where `grad` is the gradient by the losses, of their shape.
"""

import numpy as np

from ..arithmetic import whole_number
from ._arguments import as_float, as_grad, exact
from .activations import log_softmax, sigmoid, softmax

__all__ = [
    "binary_crossentropy",
    "binary_crossentropy_grad",
    "categorical_crossentropy",
    "categorical_crossentropy_grad",
    "one_hot",
    "sparse_categorical_crossentropy",
    "sparse_categorical_crossentropy_grad",
]

_EPSILON = 1e-7  # that of Keras: probabilities are kept this far from 0 and from 1


def categorical_crossentropy(target, output, from_logits=False, axis=-1):
    """−Σ target · log(output) along `axis`: small when the right class has a high probability.

    Parameters
    ----------
    target : array
        One-hot, or any probabilities.
    output : array, of the same shape
        Probabilities; or, with `from_logits`, the numbers that softmax makes them from.
    from_logits : bool
    axis : int
        The axis of the classes.

    Returns
    -------
    array, of the shape of `output` without `axis`

    As in Keras, probabilities that do not sum to one are divided by their sum, then kept between
    1e-7 and 1 − 1e-7: a sure mistake costs 16.1, not infinity.

    For the loss of a whole model that end depends on the backend of Keras: docs/differences.md.

    Source: `keras.ops.categorical_crossentropy`.

    >>> categorical_crossentropy([[0, 1], [0, 1]], [[0.5, 0.5], [3, 3]])
    array([0.6931472, 0.6931472], dtype=float32)
    """
    target, output, dtype = _target_and_output(target, output)
    axis = _class_axis(output, axis)
    if from_logits:
        logs = log_softmax(output, axis)
    else:
        logs = np.log(_clip(_divided_by_sum(output, axis)))
    with np.errstate(invalid="ignore"):
        costs = np.where((target == 0) & (logs == -np.inf), 0, target * logs)  # 0 · log 0 is 0
    return -costs.sum(axis=axis).astype(dtype)


def categorical_crossentropy_grad(grad, target, output, from_logits=False, axis=-1):
    """Gradient of `categorical_crossentropy` by `output`: with `from_logits`, softmax(output) − target.

    (Where a target does not sum to one it is Σ target · softmax(output) − target; TensorFlow leaves
    the sum out: docs/differences.md.)

    >>> categorical_crossentropy_grad([1], [[0, 1]], [[5, 5]], from_logits=True)
    array([[ 0.5, -0.5]], dtype=float32)
    """
    target, output, dtype = _target_and_output(target, output)
    axis = _class_axis(output, axis)
    grad = np.expand_dims(as_grad(grad, np.delete(output.shape, axis), output.dtype), axis)
    if from_logits:
        d_output = softmax(output, axis) * target.sum(axis=axis, keepdims=True) - target
    else:
        share = _divided_by_sum(output, axis)
        d_share = np.where(_kept(share), -target / _clip(share), 0)
        d_output = d_share - (d_share * share).sum(axis=axis, keepdims=True)
        d_output /= output.sum(axis=axis, keepdims=True)
    return (grad * d_output).astype(dtype, copy=False)


def sparse_categorical_crossentropy(target, output, from_logits=False, axis=-1):
    """`categorical_crossentropy` for targets that are labels: −log of the probability of the right class.

    Parameters
    ----------
    target : array of whole numbers
        Labels from 0 to classes − 1, of the shape of `output` without its last axis, or with 1 there.
    output : array, shape (…, classes)
        Probabilities; or, with `from_logits`, the numbers that softmax makes them from.
    from_logits : bool
    axis : -1
        The last axis is the only one, as in Keras.

    Returns
    -------
    array, of the shape of `output` without its last axis

    As in Keras, probabilities are kept between 1e-7 and 1 − 1e-7, then divided by their sum
    (the other way round than in `categorical_crossentropy`).

    A label that has no class is an error, unlike in Keras on JAX: docs/differences.md.

    Source: `keras.ops.sparse_categorical_crossentropy`.

    >>> sparse_categorical_crossentropy([1], [[0.5, 0.5]])
    array([0.6931472], dtype=float32)
    """
    labels, output, dtype = _labels_and_output(target, output, axis)
    logs = log_softmax(output if from_logits else np.log(_clip(output)))
    return -np.take_along_axis(logs, labels, axis=-1)[..., 0].astype(dtype, copy=False)


def sparse_categorical_crossentropy_grad(grad, target, output, from_logits=False, axis=-1):
    """Gradient of `sparse_categorical_crossentropy` by `output`.

    With `from_logits` it is softmax(output) − one_hot(target).

    >>> sparse_categorical_crossentropy_grad([1], [1], [[5, 5]], from_logits=True)
    array([[ 0.5, -0.5]], dtype=float32)
    """
    labels, output, dtype = _labels_and_output(target, output, axis)
    grad = as_grad(grad, output.shape[:-1], output.dtype)[..., np.newaxis]
    clipped = _clip(output)
    d_output = softmax(output) if from_logits else _divided_by_sum(clipped, -1)
    d_output = d_output - (labels == np.arange(output.shape[-1]))
    if not from_logits:
        d_output = np.where(_kept(output), d_output / clipped, 0)
    return (grad * d_output).astype(dtype, copy=False)


def binary_crossentropy(target, output, from_logits=False):
    """−target · log(output) − (1 − target) · log(1 − output), element by element.

    Parameters
    ----------
    target : array
        0 or 1, or any probabilities.
    output : array, of the same shape
        Probabilities; or, with `from_logits`, the numbers that sigmoid makes them from.
    from_logits : bool

    Returns
    -------
    array, of the same shape

    As in Keras, probabilities are kept between 1e-7 and 1 − 1e-7.

    Source: `keras.ops.binary_crossentropy`.

    >>> binary_crossentropy([0, 1], [0.5, 0.5])
    array([0.6931472, 0.6931472], dtype=float32)
    """
    target, output, dtype = _target_and_output(target, output)
    if from_logits:
        # −log of sigmoid, written so that nothing overflows and no digits are lost.
        with np.errstate(invalid="ignore"):
            loss = np.maximum(output, 0) - output * target + np.log1p(np.exp(-np.abs(output)))
    else:
        output = _clip(output)
        loss = -target * np.log(output) - (1 - target) * np.log(1 - output)
    return loss.astype(dtype, copy=False)


def binary_crossentropy_grad(grad, target, output, from_logits=False):
    """Gradient of `binary_crossentropy` by `output`: with `from_logits`, sigmoid(output) − target.

    >>> binary_crossentropy_grad([1, 1], [0, 1], [5, -5], from_logits=True)
    array([ 0.9933072, -0.9933072], dtype=float32)
    """
    target, output, dtype = _target_and_output(target, output)
    grad = as_grad(grad, output.shape, output.dtype)
    if from_logits:
        d_output = sigmoid(output) - target
    else:
        clipped = _clip(output)
        d_output = np.where(_kept(output), (1 - target) / (1 - clipped) - target / clipped, 0)
    return (grad * d_output).astype(dtype, copy=False)


def one_hot(x, num_classes, axis=-1, dtype=None):
    """Labels as rows of 0 with a 1 at the place of the label.

    Parameters
    ----------
    x : array of whole numbers from 0 to num_classes − 1
        Keras makes a row of zeros of any other label; here it is an error.
    num_classes : int
    axis : int
        Where the axis of the classes goes, in the result.
    dtype : type
        None means float32.

    Source: `keras.ops.one_hot`.

    >>> one_hot([0, 2], 3)
    array([[1., 0., 0.],
           [0., 0., 1.]], dtype=float32)
    """
    num_classes = whole_number("num_classes", num_classes, at_least=1)
    labels = _labels("x", x, num_classes)
    rows = (labels[..., np.newaxis] == np.arange(num_classes)).astype(dtype or np.float32)
    if not isinstance(axis, int) or not -rows.ndim <= axis < rows.ndim:
        raise ValueError(f"`axis` must be an int from {-rows.ndim} to {rows.ndim - 1}; got {axis!r}.")
    return np.moveaxis(rows, -1, axis)


def _target_and_output(target, output):
    """Both, checked, in the type that sums are made in, and the type of the result."""
    output, target = as_float("output", output), as_float("target", target)
    if target.shape != output.shape:
        raise ValueError(
            f"`target` and `output` must have the same shape; got {target.shape} and {output.shape}. "
            "(For labels such as 3 there is sparse_categorical_crossentropy; one_hot makes rows of them.)"
        )
    wrong = ~((target >= 0) & (target <= 1))
    if wrong.any():
        raise ValueError(f"`target` must hold numbers from 0 to 1; got {_first(target, wrong)}.")
    summable = exact(output.dtype)
    return target.astype(summable, copy=False), output.astype(summable, copy=False), output.dtype


def _labels_and_output(target, output, axis):
    """Labels as integers, with a last axis of 1; `output` as _target_and_output gives it; the type of the result."""
    output = as_float("output", output)
    if output.ndim == 0 or output.shape[-1] == 0:
        raise ValueError(f"`output` must have shape (…, classes); got {output.shape}.")
    if axis not in (-1, output.ndim - 1):
        raise ValueError(f"`axis` must be -1, the last one; got {axis!r}. Use np.moveaxis first.")
    labels = _labels("target", target, output.shape[-1])
    if labels.shape == output.shape[:-1]:
        labels = labels[..., np.newaxis]
    elif labels.shape != (*output.shape[:-1], 1):
        raise ValueError(
            f"`target` must have the shape of `output` without its last axis, {output.shape[:-1]}; got {labels.shape}. "
            "(For one-hot targets there is categorical_crossentropy.)"
        )
    return labels, output.astype(exact(output.dtype), copy=False), output.dtype


def _labels(name, x, num_classes):
    """`x` as integers from 0 to num_classes − 1."""
    as_float(name, x)  # raises unless these are numbers
    labels = np.asarray(x)
    wrong = ~((labels >= 0) & (labels < num_classes) & (labels == np.floor(labels)))
    if wrong.any():
        raise ValueError(f"`{name}` must hold whole numbers from 0 to {num_classes - 1}; got {_first(labels, wrong)}.")
    return labels.astype(np.int64)


def _first(values, wrong):
    place = tuple(map(int, np.argwhere(wrong)[0]))
    return f"{values[place]} at {place}" if place else str(values)


def _class_axis(output, axis):
    if isinstance(axis, bool) or not isinstance(axis, (int, np.integer)) or not -output.ndim <= axis < output.ndim:
        raise ValueError(f"`axis` must be an axis of `output`, whose shape is {output.shape}; got {axis!r}.")
    return int(axis)


def _divided_by_sum(output, axis):
    with np.errstate(invalid="ignore", divide="ignore"):  # where all are 0: NaN, as in Keras
        return output / output.sum(axis=axis, keepdims=True)


def _clip(output):
    return np.clip(output, *_bounds(output.dtype))


def _kept(output):
    """Where _clip changes nothing: elsewhere the loss is flat."""
    low, high = _bounds(output.dtype)
    return (output >= low) & (output <= high)


def _bounds(dtype):
    return dtype.type(_EPSILON), dtype.type(1 - _EPSILON)
