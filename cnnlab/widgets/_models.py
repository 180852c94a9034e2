"""What explorers ask of a model, Keras's or cnnlab's, and how they show its scores."""

import math

import numpy as np

from .._names import names_of_classes  # noqa: F401
from ..arithmetic import in_short
from ._numbers import number, share


def image_shape(model):
    """The shape of one input as the model takes it, such as (28, 28, 1)."""
    if not callable(getattr(model, "predict", None)):
        raise TypeError(f"`model` must be a Keras or cnnlab model; got {in_short(model)}.")
    shape = getattr(model, "input_shape", None) or getattr(getattr(model, "_input", None), "shape", None)
    config = getattr(model, "get_build_config", None)
    if shape is None and config is not None:  # a subclassed model of Keras, which has been built
        shape = (config() or {}).get("input_shape")
        if shape is not None:
            return tuple(shape[1:])
    if shape is None:
        raise ValueError("`model` does not know its input shape yet: begin it with an Input, or show it data first.")
    if not isinstance(shape, tuple) or any(isinstance(part, (tuple, list)) for part in shape):
        raise ValueError(f"`model` must have one input; its input shapes are {shape!r}.")
    return tuple(shape[1:]) if getattr(model, "input_shape", None) else tuple(shape)


def predict(model, images):
    """The model's scores, of shape (N, classes), for images of shape (N, H, W), (N, H, W, 1) or (N, H, W, 3).

    They are reshaped as the model takes them, to (H, W, 1) or to (H·W,), but never resized.
    """
    wanted = image_shape(model)
    shape = images.shape[1:]
    pixels = math.prod(shape)
    if _fits(shape, wanted):
        inputs = images
    elif shape[2:] in ((), (1,)) and any(_fits(one, wanted) for one in (shape[:2], (*shape[:2], 1), (pixels,))):
        inputs = images.reshape(
            len(images), *next(s for s in (shape[:2], (*shape[:2], 1), (pixels,)) if _fits(s, wanted))
        )
    else:
        raise ValueError(f"`model` takes inputs of shape {wanted}; the images have shape {shape}.")
    one_batch = getattr(model, "predict_on_batch", None) if len(inputs) <= 32 else None
    scores = one_batch(inputs) if one_batch else model.predict(inputs, verbose=0)
    if isinstance(scores, (list, tuple, dict)):
        raise ValueError(
            f"`model` must have one output; it has {len(scores)}. Make a model of one of them: "
            "keras.Model(model.inputs, model.outputs[0])."
        )
    scores = np.asarray(scores)
    if scores.ndim != 2 or scores.shape[1] < 2:
        raise ValueError(
            "`model` must give one score for each of two classes or more, as a last layer Dense(10) does; "
            f"it gives shape {('N', *scores.shape[1:])}."
        )
    return scores


def bars(scores, names, marks=None, top=None, limits=None):
    """Scores for the page's `Bars`, best first if only the `top` ones are shown: [name, text, length in %, mark].

    `marks` is {class: word}; those classes are shown even where they are not among the best. Bars begin
    at 0 and end at 1, or where the scores do, if they are no probabilities.
    """
    marks = marks or {}
    known = scores[np.isfinite(scores)]
    low, high = limits or (min(0.0, known.min(initial=0)), max(1.0, known.max(initial=1)))
    chosen = range(len(names))
    if top is not None:
        best = np.argsort(-scores, kind="stable")
        chosen = [*best[:top], *(place for place in best[top:] if place in marks)]
    lengths = np.round(100 * (np.clip(np.nan_to_num(scores), low, high) - low) / (high - low), 1)
    shares = low == 0 and high == 1
    return [[names[i], _written(scores[i], shares), float(lengths[i]), marks.get(int(i), "")] for i in map(int, chosen)]


def _written(score, is_share):
    if not is_share or not math.isfinite(score):
        return number(float(score))
    return share(score)


def _fits(shape, wanted):
    return len(shape) == len(wanted) and all(want in (None, have) for want, have in zip(wanted, shape))
