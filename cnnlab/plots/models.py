"""A model as a picture, and whether its gradients are right."""

import math

import numpy as np
from matplotlib.patches import FancyBboxPatch, Rectangle

from .._names import count
from .picture import COLORS, Picture, as_text, as_texts, legend_text, new_figure, written


def show_architecture(model, title=None):
    """The layers of a model, from the input on: what each does, the shape of its output, how many weights it has.

    Parameters
    ----------
    model : Keras or cnnlab model
        It must know its input shape. A Keras model with branches is shown as the list of its layers.
    title : str, optional

    The bar beside a layer is its share of all weights.
    """
    title, layers = as_text("title", title), getattr(model, "layers", None)
    if layers is None or isinstance(model, type):
        raise TypeError(f"`model` must be a Keras or cnnlab model with layers; got {model!r}.")
    layers = [layer for layer in layers if type(layer).__name__ != "InputLayer"]
    if not layers:
        raise ValueError("`model` has no layers yet: add some.")
    try:
        shapes = [tuple(model.input_shape)[1:], *(_output_shape(layer) for layer in layers)]
    except (AttributeError, TypeError):
        raise ValueError(
            "`model` does not know its shapes yet: begin it with an Input, or show it data first."
        ) from None
    weights = [layer.count_params() for layer in layers]
    total = sum(weights)
    rows = [("Input", "", shapes[0], None)]
    rows += [
        (type(layer).__name__, _details(layer), shape, own) for layer, shape, own in zip(layers, shapes[1:], weights)
    ]

    figure = new_figure(7.6, 0.52 * len(rows) + (0.5 if title else 0.2))
    ax = figure.subplots()
    for place, (name, details, shape, own) in enumerate(rows):
        y = -place
        color = "#dfeefa" if own else "#f2f2f2"
        ax.add_patch(
            FancyBboxPatch(
                (0, y), 4.2, 0.6, boxstyle="round,pad=0,rounding_size=0.1", facecolor=color, edgecolor="#333333"
            )
        )
        ax.text(0.15, y + 0.3, name, va="center", fontsize=9, fontweight="bold")
        ax.text(4.05, y + 0.3, details, va="center", ha="right", fontsize=8)
        ax.text(4.45, y + 0.3, _by(shape), va="center", fontsize=9)
        if own is not None:
            ax.text(7.55, y + 0.3, f"{own:,}", va="center", ha="right", fontsize=9)
            ax.add_patch(Rectangle((7.7, y + 0.12), 1.6 * own / max(total, 1), 0.36, facecolor=COLORS[2]))
        if place:
            ax.annotate("", (2.1, y + 0.6), (2.1, y + 1), arrowprops={"arrowstyle": "->", "color": "#333333"})
    ax.text(4.45, 0.78, "output shape", fontsize=8, va="bottom")
    ax.text(7.55, 0.78, "weights", fontsize=8, ha="right", va="bottom")
    ax.set(xlim=(-0.1, 9.4), ylim=(-len(rows) + 0.9, 1.15))
    ax.set_axis_off()
    if title:
        figure.suptitle(title, fontsize=10, parse_math=False)
    told = [f"{' '.join(filter(None, [name, details]))}: {_by(shape)}" + (f", {_weights(own)}" if own else "")
            for name, details, shape, own in rows]  # fmt: skip
    alt = f"{title + '. ' if title else ''}Architecture of {count(len(layers), 'layer')}, {_weights(total)}. {'; '.join(told)}."
    return Picture(figure, alt)


def _weights(number):
    return f"{number:,} weight{'' if number == 1 else 's'}"


def _output_shape(layer):
    shape = getattr(layer, "output_shape", None) or layer.output.shape
    return tuple(shape)[1:]


def _details(layer):
    """What its arguments say: kernel, strides, padding, activation."""
    parts = []
    for attribute, word in (("kernel_size", ""), ("pool_size", ""), ("strides", "strides "), ("rate", "rate ")):
        value = getattr(layer, attribute, None)
        if (
            value is None
            or attribute == "strides"
            and (_single(value) == 1 or value == getattr(layer, "pool_size", None))
        ):
            continue
        parts.append(
            word + (_by(value) if isinstance(value, (tuple, list)) and attribute != "strides" else str(_single(value)))
        )
    if getattr(layer, "padding", "valid") == "same":
        parts.append("same")
    activation = getattr(layer, "activation", None)
    name = getattr(activation, "name", None) or getattr(activation, "__name__", None)
    if name and name != "linear":
        parts.append(name)
    return ", ".join(parts)


def _single(value):
    if isinstance(value, (tuple, list)) and len(set(value)) == 1:
        return value[0]
    return value


def _by(shape):
    return " × ".join("?" if size is None else str(size) for size in shape)


def show_gradient_check(result, names=None):
    """What `cnnlab.gradient_check` found: each gradient against the slope that small steps say, and the errors.

    Parameters
    ----------
    result : GradientCheck
        What `cnnlab.gradient_check` returned.
    names : list of str, optional
        One for each array that was checked.

    A right gradient puts all points on the diagonal. At a kink there is no one slope: hollow points.
    """
    if not hasattr(result, "analytic") or not hasattr(result, "numerical"):
        raise TypeError(f"`result` must be what cnnlab.gradient_check returned; got {result!r}.")
    arrays = len(result.analytic)
    names = [f"array {place}" for place in range(arrays)] if names is None else as_texts("names", names, arrays, "array")
    figure = new_figure(7.6, 3.4)
    points, errors = figure.subplots(1, 2)
    every = np.concatenate([np.ravel(part) for part in (*result.numerical, *result.analytic)])
    every = every[np.isfinite(every)]
    ends = (every.min(initial=0), every.max(initial=0))
    points.plot(ends, ends, color="#999999", linewidth=1, zorder=0)
    floor = 1e-16  # smaller errors are drawn here: zero has no place on a logarithmic axis
    for place, (name, numerical, analytic, error) in enumerate(
        zip(names, result.numerical, result.analytic, result.errors)
    ):
        style = dict(
            color=COLORS[1 + place % (len(COLORS) - 1)], marker="o^sDvPX"[place % 7], linestyle="", markersize=5
        )
        kink = np.isnan(error)
        points.plot(numerical[~kink], analytic[~kink], label=legend_text(name), **style)
        if kink.any():
            points.plot(numerical[kink], analytic[kink], label=legend_text(f"{name}, kink"), markerfacecolor="none", **style)
        shown = np.maximum(np.nan_to_num(error[~kink], posinf=1e9), floor)
        errors.plot(np.full(shown.shape, place), shown, **style)
    points.set(xlabel="slope by small steps", ylabel="gradient")
    errors.set(ylabel="relative error", yscale="log", xlim=(-0.5, arrays - 0.5), ylim=(floor / 3, 30))
    errors.set_xticks(range(arrays), names)
    points.legend(fontsize=8)
    for ax in (points, errors):
        ax.grid(alpha=0.3)
    figure.suptitle("gradient check: ok" if result.ok else "gradient check: WRONG", fontsize=10)
    return Picture(figure, _describe_check(result, names))


def _describe_check(result, names):
    size = sum(errors.size for errors in result.errors)
    parts = [f"Gradient check: {'ok' if result.ok else 'wrong'}. {size - result.kinks} of {count(size, 'number')} checked"]
    if result.where:
        array, index = result.where
        numerical, analytic = result.numerical[array][index], result.analytic[array][index]
        error = "infinite" if math.isinf(result.largest_error) else written(result.largest_error, 2)
        parts[0] += (
            f"; largest relative error {error}, in {names[array]} at {index}: "
            f"gradient {written(analytic)}, by small steps {written(numerical)}"
        )
    if result.kinks:
        parts.append(f"{result.kinks} on a kink")
    return ". ".join(parts) + "."
