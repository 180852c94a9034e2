"""Where targets meet predictions: which shapes fit together, and what to say of those that do not."""

import numpy as np

from . import _names
from .ops._arguments import as_float, exact, numbers

# What a loss or a metric takes as targets, for predictions of shape (…, classes).
LABELS = "labels"  # (…) or (…, 1): labels such as 3
ONE_HOT = "one-hot rows"  # (…, classes): a row for each
ALIKE = "numbers"  # the shape of the predictions; (N,) and (N, 1) are the same

_NAMES = ("y_true", "`y_pred`")


def match(asker, takes, others, y_true, y_pred, names=_NAMES):
    """Both as arrays of floating-point numbers whose shapes fit, labels without an axis of 1; or an error.

    Parameters
    ----------
    asker : str
        Who takes them: the name of the loss or metric.
    takes : LABELS, ONE_HOT or ALIKE
    others : dict
        By what they take, the names of losses or metrics that may have been meant.
    names : (str, str)
        What the errors call the targets and the predictions.
    """
    y_true, y_pred = numbers(names[0], y_true), as_float("y_pred", y_pred)
    y_pred = y_pred.astype(exact(y_pred.dtype), copy=False)
    ours, wanted = y_true.shape, y_pred.shape
    if takes == ALIKE:
        if ours and wanted and (ours == wanted or (*ours, 1) == wanted or ours == (*wanted, 1)):
            y_true, y_pred = same_rank(y_true, y_pred)
            return y_true.astype(y_pred.dtype, copy=False), y_pred
    elif wanted and wanted[-1] > 1:
        if takes == ONE_HOT and ours == wanted and len(wanted) > 1:
            return y_true.astype(y_pred.dtype, copy=False), y_pred
        if takes == LABELS and ours in (wanted[:-1], (*wanted[:-1], 1)):
            return y_true.reshape(wanted[:-1]), y_pred
    raise ValueError(_refusal(asker, takes, others, y_true, wanted, *names))


def same_rank(y_true, y_pred):
    """Both with as many axes, where one has an axis of 1 at its end too much: (N,) becomes (N, 1), as in Keras."""
    if y_true.ndim == y_pred.ndim + 1 and y_true.shape[-1] == 1:
        return (y_true, y_pred[:, np.newaxis]) if y_pred.ndim == 1 else (y_true[..., 0], y_pred)
    if y_pred.ndim == y_true.ndim + 1 and y_pred.shape[-1] == 1:
        return (y_true[:, np.newaxis], y_pred) if y_true.ndim == 1 else (y_true, y_pred[..., 0])
    return y_true, y_pred


def _refusal(asker, takes, others, y_true, wanted, target, prediction):
    ours, looks = y_true.shape, _looks(y_true, wanted)
    start = f"`{target}` has shape {ours}{f' and looks {looks}' if looks else ''}"
    rows = f"cnnlab.utils.to_categorical({target}, {wanted[-1] if wanted else 'classes'})"
    several = len(wanted) > 0 and wanted[-1] > 1
    as_labels = several and ours in (wanted[:-1], (*wanted[:-1], 1))
    if takes != ALIKE and (not several or len(wanted) == 1):
        if looks == "one-hot" and len(ours) > 1:
            remedy = f"For these one-hot rows give the model {_names.count(ours[-1], 'output')}: Dense({ours[-1]})."
        elif looks == "one-hot":
            remedy = f"One example goes in as {target}[None], and so does what is predicted for it."
        else:
            remedy = f"For one output that says yes or no, use {others[ALIKE]}."
        return (
            f"`{target}` has shape {ours}, and {prediction} has shape {wanted}: {asker} needs an output for each class, "
            f"shape (N, classes). {remedy}"
        )
    if takes == LABELS:
        return f"{start}; {asker} takes labels of shape {wanted[:-1]}, for {prediction} of shape {wanted}." + (
            f" Use {others[ONE_HOT]}, or {target}.argmax(axis=-1)."
            if looks.startswith(("one-hot", "like prob"))
            else ""
        )
    if takes == ONE_HOT:
        return f"{start}; {asker} takes one-hot rows, of shape {wanted} as {prediction}." + (
            f" Use {others[LABELS]}, or {rows}." if as_labels else ""
        )
    end = f"{start}; {asker} compares number by number, and {prediction} has shape {wanted}."
    if as_labels and looks:
        return end + f" Use {f'{others[LABELS]}, or ' if LABELS in others else ''}{rows}."
    if as_labels:
        return end + " For one number per example the model needs one output: Dense(1)."
    if looks == "one-hot" and not several:
        return end + (
            f" {target}.argmax(axis=-1) makes 0 and 1 of them; or give the model {_names.count(ours[-1], 'output')}"
            + (f", and use {others[ONE_HOT]}." if ONE_HOT in others else ".")
        )
    return end


def _looks(y_true, wanted):
    """What these targets probably are, for predictions of this shape: "one-hot", "like labels" … or ""."""
    if not y_true.size or not np.isfinite(y_true).all():
        return ""
    if y_true.ndim > 1 and y_true.shape[-1] > 1 or y_true.shape == wanted and len(wanted) == 1:
        if np.allclose(y_true.sum(axis=-1), 1, atol=1e-3) and (y_true >= 0).all():
            return "one-hot" if ((y_true == 0) | (y_true == 1)).all() else "like probabilities"
        return ""
    return "like labels" if (y_true == np.floor(y_true)).all() and y_true.min() >= 0 else ""


def check_labels(labels, classes, target="y_true", prediction="`y_pred`"):
    """Raise unless these are labels from 0 to classes − 1."""
    wrong = ~((labels >= 0) & (labels < classes) & (labels == np.floor(labels)))
    if not wrong.any():
        return
    first = labels[wrong].flat[0]
    from_one = labels.min() == 1 and labels.max() == classes and (labels == np.floor(labels)).all()
    raise ValueError(
        f"`{target}` must hold labels from 0 to {classes - 1}, because {prediction} has {_names.count(classes, 'class')}; "
        f"it holds {first}. "
        + (
            f"Labels begin with 0: take {target} - 1."
            if from_one
            else "Labels begin with 0, and each class needs an output."
        )
    )


def check_shares(y_true, asker, target="y_true"):
    """Raise unless all targets lie from 0 to 1."""
    wrong = ~((y_true >= 0) & (y_true <= 1))
    if not wrong.any():
        return
    low, high = y_true.min(), y_true.max()
    if ((y_true == -1) | (y_true == 1)).all():
        remedy = f" ({target} + 1) / 2 makes 0 and 1 of them."
    elif y_true.ndim > 2 and low >= 0 and high <= 255:
        remedy = f" For pictures: {target} / 255."
    elif (y_true == np.floor(y_true)).all() and low >= 0 and y_true.shape[1:] in ((), (1,)):
        remedy = " For labels such as 2, use SparseCategoricalCrossentropy, with an output for each class."
    else:
        remedy = ""
    raise ValueError(f"`{target}` must hold numbers from 0 to 1 for {asker}; got {low:g} to {high:g}.{remedy}")


def weights(sample_weight, shape, dtype):
    """How much each number of this shape counts: an array of as many axes; None if all count the same.

    Weights may leave out axes at the end, or have 1 there: (N,) and (N, 1) are one weight per example.
    """
    if sample_weight is None:
        return None
    found = numbers("sample_weight", sample_weight)
    given = found.shape
    while len(given) > 1 and given[-1] == 1:
        given = given[:-1]
    if given != () == shape:
        raise ValueError(
            f"`sample_weight` has shape {found.shape}, and there is one example: what has one axis, (N,), is one row of "
            "N outputs. Weights need targets and predictions of shape (N, 1): y_true[:, None] and y_pred[:, None]."
        )
    if given != shape[: len(given)]:
        each = f", or {shape}, one for each number of the loss" if len(shape) > 1 else ""
        raise ValueError(
            f"`sample_weight` must have shape {shape[:1]}, a number per example{each}; got shape {found.shape}."
        )
    if not np.isfinite(found).all():
        raise ValueError("`sample_weight` holds NaN or infinity: every example needs a weight, 0 to leave it out.")
    return found.reshape(given + (1,) * (len(shape) - len(given))).astype(dtype, copy=False)
