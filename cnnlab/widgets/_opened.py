"""How each kind of layer computes one of its numbers, in words and grids; and a model as steps that can be opened."""

import inspect
import math
import warnings
from typing import NamedTuple

import numpy as np

from .. import layers
from ..arithmetic import padding_amounts
from ..models import Sequential
from ..ops._arguments import each_padding
from ._numbers import factor, largest, pack, read, relation, shown

_TERMS = 12  # as many products of a dense layer are written out
_CHIPS = 64  # as many maps that go in are listed
_SMALL = 64  # as many values of a map are shown to take the mean of


class Step(NamedTuple):
    """A layer with what went in and what came out, for one image. The first step is the image: it has no layer."""

    kind: str
    layer: object = None  # one of `cnnlab.layers`; None if there is none of this kind
    inputs: np.ndarray = None
    before: np.ndarray = None  # before the activation
    outputs: np.ndarray = None


class Opened(NamedTuple):
    """One number of a step, taken apart."""

    lines: list  # sentences
    grids: list  # of numbers, see `_grid`
    channel: int = 0  # of the map before, whose window is shown
    window: list = None  # [[top, left], [height, width]] in that map


# A model as steps


def steps_of(model, image, verified):
    """The image and what each layer makes of it.

    `verified` is the set of the names of Keras's layers that were compared with cnnlab's; it grows.
    """
    steps = [Step("image", outputs=image)]
    for layer in model.layers:
        if type(layer).__name__ == "InputLayer":
            continue
        inputs = steps[-1].outputs
        ours = layer if isinstance(model, Sequential) else _ours(layer, inputs, verified)
        if ours is None:
            before, outputs = None, np.asarray(layer(inputs[np.newaxis]))[0]
        else:
            outputs, before = ours(inputs[np.newaxis])[0], ours.before_activation[0]
            ours.forget()
        kind = type(layer).__name__
        known = ours if type(ours) is getattr(layers, kind, None) and kind in _HOW else None
        steps.append(Step(kind, known, inputs, before, outputs))
    return steps


def _ours(theirs, inputs, verified):
    """A layer of cnnlab with the weights of this layer of Keras; None if there is none that computes the same."""
    kind = type(theirs)
    if kind.__name__ not in _HOW or kind.__module__.split(".")[0] != "keras":
        return None
    made = getattr(layers, kind.__name__)
    wanted = inspect.signature(made).parameters
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras warns that a lambda cannot be stored; it is not
        config = theirs.get_config()
    # How weights begin and are trained does not matter here.
    config = {name: "zeros" for name in wanted if name.endswith("_initializer")} | {
        name: value
        for name, value in config.items()
        if name in wanted and not name.endswith(("_initializer", "_regularizer", "_constraint"))
    }
    try:
        ours = made(**config | {"name": theirs.name})
        ours(inputs[np.newaxis])
        ours.set_weights(theirs.get_weights())
    except (NotImplementedError, TypeError, ValueError):
        return None
    if theirs.name not in verified:
        outputs, wanted = ours(inputs[np.newaxis]), np.asarray(theirs(inputs[np.newaxis]))
        if not np.allclose(outputs, wanted, rtol=1e-3, atol=1e-4, equal_nan=True):
            return None
        verified.add(theirs.name)
    return ours


# Where things are


def places_of(array):
    """((height, width), maps) of an array of maps; ((length,), maps) in one dimension; else ((values,), None)."""
    return (array.shape[:-1], array.shape[-1]) if array.ndim in (2, 3) else ((array.size,), None)


def place_in(array, channel, pixel):
    """The index of a value in the array."""
    return (*pixel, channel) if array.ndim in (2, 3) else np.unravel_index(pixel[0], array.shape)


def _walk(array, place):
    """[channel, pixel] of a value, for the page."""
    place = [int(i) for i in place]
    if array.ndim in (2, 3):
        return [place[-1], place[:-1]]
    return [0, [int(np.ravel_multi_index(place, array.shape))]]


def _windows(layer, sizes):
    """Along each axis: (window size, stride, dilation, padding before) of a layer that slides a window."""
    window = getattr(layer, "kernel_size", getattr(layer, "pool_size", None))
    dilation = getattr(layer, "dilation_rate", (1,) * len(sizes))
    along = zip(sizes, window, layer.strides, each_padding(getattr(layer, "amounts", layer.padding), len(sizes)), dilation)
    return [(k, s, d, padding_amounts(n, k, s, p, d)[0]) for n, k, s, p, d in along]


def field_of(steps, number, channel, pixel):
    """The pixels of the image that can change a number, [(first, last), …] along its axes; None if not known, or none."""
    place = place_in(steps[number].outputs, channel, pixel)
    field = [(i, i) for i in place[: len(pixel)]]
    for step in reversed(steps[1 : number + 1]):
        sizes, _ = places_of(step.inputs)
        kind = step.kind
        if step.layer is None:
            return None
        if kind == "Flatten":
            if step.inputs.ndim not in (2, 3):
                return None
            one = field[0][0] == field[0][1]
            at = np.unravel_index(field[0][0], step.inputs.shape)
            field = [(int(i), int(i)) if one else (0, n - 1) for i, n in zip(at, sizes)]
        elif kind.startswith("Global") or (kind == "Dense" and step.inputs.ndim == 1):
            field = [(0, n - 1) for n in sizes]
        elif kind == "ZeroPadding2D":
            field = [(low - pad[0], high - pad[0]) for (low, high), pad in zip(field, step.layer.padding)]
        elif hasattr(step.layer, "strides"):
            along = zip(field, _windows(step.layer, sizes))
            field = [(low * s - b, high * s - b + d * (k - 1)) for (low, high), (k, s, d, b) in along]
        field = [(max(low, 0), min(high, n - 1)) for (low, high), n in zip(field, sizes)]
        if any(low > high for low, high in field):
            return None
    return field


class _Window:
    """What lies under the window of an output."""

    def __init__(self, step, at):
        sizes, _ = places_of(step.inputs)
        along = _windows(step.layer, sizes)
        self.inputs = step.inputs
        self.rows = [place * s - b + d * np.arange(k) for place, (k, s, d, b) in zip(at, along)]
        inside = [(row >= 0) & (row < n) for row, n in zip(self.rows, sizes)]
        self.inside = inside[0] if len(inside) == 1 else np.logical_and.outer(*inside)
        clipped = np.ix_(*(np.clip(row, 0, n - 1) for row, n in zip(self.rows, sizes)))
        self.values = np.where(self.inside[..., np.newaxis], step.inputs[clipped], 0)  # (*window, channels)
        ends = [(max(row[0], 0), min(row[-1], n - 1)) for row, n in zip(self.rows, sizes)]
        self.box = [[int(low) for low, _ in ends], [int(high - low + 1) for low, high in ends]]
        self.size = " × ".join(str(len(row)) for row in self.rows)

    def grid(self, channel, name, outside="0", **more):
        values = self.values[..., channel]
        places = np.stack(np.meshgrid(*self.rows, indexing="ij"), -1).reshape(-1, len(self.rows))
        inside = self.inside.ravel()
        walks = [["walk", int(channel), place.tolist()] if ok else None for place, ok in zip(places, inside)]
        grid = _grid(name, values, walks, **more)
        grid["text"] = [text if ok else outside for text, ok in zip(grid["text"], inside)]
        grid["padding"] = np.flatnonzero(~inside).tolist()
        return grid


def _grid(name, values, go=None, chosen=None, linked=True):
    """Numbers for the page, as the window, the kernel, the products.

    `go` says for each where it leads: ["walk", channel, pixel] in the layer before, ["source", channel], or None. What
    stands at the same place of `linked` grids belongs together.
    """
    values = np.atleast_1d(values)
    packed = pack(values, largest(values))
    return {
        "name": name,
        "columns": values.shape[1] if values.ndim == 2 else 1 if linked else min(4, len(values)),
        "text": packed["text"].split(" "),
        "level": packed["level"],
        "go": go or [],
        "chosen": chosen,
        "linked": linked,
        "padding": [],
    }


# How each kind computes


def opened(step, place, input_channel=None):
    """How one number of a step came about."""
    if step.kind == "image":
        return Opened(["A pixel of the image, as the model takes it."], [])
    if step.layer is None or step.outputs.ndim > 3 or step.inputs.ndim > 3:
        return Opened([f"What {step.kind} computes is shown, but the arithmetic inside it is not opened here."], [])
    return _HOW[step.kind](step, place, input_channel)


def _conv(step, place, input_channel):
    *at, filter_ = place
    window = _Window(step, at)
    kernel = step.layer.kernel[..., filter_]
    count = kernel.shape[-1]
    first = filter_ // (step.layer.kernel.shape[-1] * count // step.inputs.shape[-1]) * count
    channels = np.arange(first, first + count)
    products = window.values[..., channels] * kernel.astype(window.values.dtype)
    sums = products.reshape(-1, count).sum(0)
    own = _chosen(sums, channels, input_channel)
    terms = f"{products.size} products of pixel × weight"
    if count > 1:
        terms += f", {window.size} for each of {count} maps,"
    grids = _sums("Sum for each map", sums, channels, own) + _one_window(window, channels[own], kernel[..., own])
    return Opened(_total(step, place, terms, sums.sum()), grids, int(channels[own]), window.box)


def _depthwise(step, place, input_channel):
    *at, filter_ = place
    channel, multiple = divmod(filter_, step.layer.kernel.shape[-1])
    window = _Window(step, at)
    kernel = step.layer.kernel[..., channel, multiple]
    total = (window.values[..., channel] * kernel).sum()
    terms = f"{kernel.size} products of pixel × weight, all from map {channel},"
    return Opened(_total(step, place, terms, total), _one_window(window, channel, kernel), int(channel), window.box)


def _separable(step, place, input_channel):
    *at, filter_ = place
    window = _Window(step, at)
    depthwise, pointwise = step.layer.depthwise_kernel, step.layer.pointwise_kernel[0, 0, :, filter_]
    multiple = depthwise.shape[-1]
    between = (window.values[..., np.newaxis] * depthwise).sum((0, 1)).ravel()  # channel by channel
    sums = between * pointwise
    channels = np.arange(len(sums)) // multiple
    own = _chosen(sums, channels, input_channel)
    kernel = depthwise[..., channels[own], own % multiple]
    first, weight, product = shown([between[own], pointwise[own], sums[own]])
    equals = relation(read(first) * read(weight), read(product))
    lines = [
        f"First each map by itself: map {channels[own]}’s {window.size} products of pixel × weight add up to {first}.",
        f"Then the maps are mixed: {first} × {factor(weight)} {equals} {product} for map {channels[own]}.",
    ]
    lines += _total(step, place, f"{len(sums)} such numbers", sums.sum())
    grids = _sums("Share of each map", sums, channels, own) + _one_window(window, channels[own], kernel)
    return Opened(lines, grids, int(channels[own]), window.box)


def _one_window(window, channel, kernel):
    products = window.values[..., channel] * kernel.astype(window.values.dtype)
    return [
        window.grid(channel, f"Window in map {channel}"),
        _grid("× kernel", kernel.reshape(-1, 1) if kernel.ndim == 1 else kernel),
        _grid("= products", products.reshape(-1, 1) if kernel.ndim == 1 else products),
    ]


def _chosen(sums, channels, input_channel):
    """Which of the sums is shown: that of the map that was asked for, else the strongest."""
    if input_channel in channels:
        return int(np.flatnonzero(channels == input_channel)[0])
    return int(np.argmax(np.nan_to_num(np.abs(sums))))


def _sums(name, sums, channels, own):
    """The sums of the maps as a grid to choose from; the strongest, if they are many."""
    if len(sums) == 1:
        return []
    listed = np.arange(len(sums))
    if len(sums) > _CHIPS:
        listed = np.sort(np.argsort(-np.nan_to_num(np.abs(sums)), kind="stable")[:_CHIPS])
        name += f" (the {_CHIPS} strongest of {len(sums)})"
        if own not in listed:
            listed[-1] = own
    go = [["source", int(channels[i])] for i in listed]
    grid = _grid(name, sums[listed], go, chosen=listed.tolist().index(own), linked=False)
    return [grid | {"labels": [str(channels[i]) for i in listed]}]


def _dense(step, place, input_channel):
    *at, unit = place
    inputs, weights = step.inputs[tuple(at)], step.layer.kernel[:, unit]
    products = inputs * weights.astype(inputs.dtype)
    order = np.argsort(-np.nan_to_num(np.abs(products)), kind="stable")[:_TERMS]
    terms = f"{len(products)} products of input × weight"
    lines = _total(step, place, terms, products.sum())
    if len(order) < len(products):
        others = shown([np.delete(products, order).sum()])[0]
        rest = len(products) - len(order)
        lines.insert(1, f"Below are the {len(order)} largest. The other {rest} add up to {others}.")
    go = [["walk", *_walk(step.inputs, (*at, i))] for i in order]
    name = "unit" if step.inputs.ndim == 1 else "map"
    grids = [
        _grid("Input", inputs[order], go),
        _grid("× weight", weights[order]),
        _grid("= product", products[order]),
    ]
    grids[0]["labels"] = [f"{name} {i}" for i in order]
    return Opened(lines, grids, int(order[0]) if step.inputs.ndim > 1 else 0, _pixel_box(step, at))


def _max_pool(step, place, input_channel):
    *at, channel = place
    window = _Window(step, at)
    values = np.where(window.inside, window.values[..., channel], -np.inf)
    best = int(np.argmax(np.where(np.isnan(values), np.inf, values)))
    line = f"The largest of {_inside(window)} is {shown([step.before[place]])[0]}."
    grid = window.grid(channel, f"Window in map {channel}", outside="–", chosen=best)
    return Opened([line], [grid], int(channel), window.box)


def _average_pool(step, place, input_channel):
    *at, channel = place
    window = _Window(step, at)
    count = np.count_nonzero(window.inside)
    total, mean = shown([window.values[..., channel].sum(), step.before[place]])
    line = f"The mean of {_inside(window)}: {total} / {count} {relation(read(total) / count, read(mean))} {mean}."
    grid = window.grid(channel, f"Window in map {channel}", outside="–")
    return Opened([line], [grid], int(channel), window.box)


def _inside(window):
    count = np.count_nonzero(window.inside)
    return f"{count} values" if count == window.inside.size else f"the {count} values that lie inside"


def _global_pool(step, place, input_channel):
    channel = int(place[-1])
    values = step.inputs[..., channel]
    total, result = shown([values.sum(), step.before[place]])
    size = " × ".join(map(str, values.shape))
    if "Max" in step.kind:
        line = f"The largest of all {size} values of map {channel} is {result}."
    else:
        equals = relation(read(total) / values.size, read(result))
        line = f"The mean of all {size} values of map {channel}: {total} / {values.size} {equals} {result}."
    places = list(np.ndindex(values.shape))
    if values.size > _SMALL:
        best = int(np.argmax(np.nan_to_num(values, nan=-np.inf)))
        places = [places[best]]
        grid = _grid("The largest of them", values.ravel()[[best]], [["walk", channel, list(places[0])]])
    else:
        grid = _grid(f"Map {channel}", values, [["walk", channel, list(place)] for place in places])
    return Opened([line], [grid], channel, [[0] * values.ndim, list(values.shape)])


def _flatten(step, place, input_channel):
    source = np.unravel_index(place[0], step.inputs.shape)
    line = f"Flatten computes nothing, it only puts all values in one row: {_called(step.inputs, source)} comes here."
    return _copied(step, source, [line])


def _zero_padding(step, place, input_channel):
    source = (*(i - before for i, (before, _) in zip(place, step.layer.padding)), place[-1])
    if any(not 0 <= i < n for i, n in zip(source, step.inputs.shape)):
        return Opened(["A zero that the layer has put around the image."], [], int(place[-1]))
    return _copied(step, source, [f"Nothing is computed: {_called(step.inputs, source)} is moved here."])


def _dropout(step, place, input_channel):
    return _copied(step, place, ["Dropout works while training only: every value passes."])


def _activation(step, place, input_channel):
    return _copied(step, place, _activated(step, place))


def _batch_normalization(step, place, input_channel):
    layer, channel = step.layer, place[-1]
    if layer.axis not in (-1, step.inputs.ndim):
        return Opened(["Normalized along another axis than the last: this is not opened here."], [])
    values = [step.inputs[place], layer.moving_mean[channel], layer.moving_variance[channel] + layer.epsilon]
    value, mean, variance, out = shown([*values, step.before[place]])
    text = f"({value} − {factor(mean)}) / √{variance}"
    if layer.gamma is not None:
        text += f" × {factor(shown([layer.gamma[channel]])[0])}"
    if layer.beta is not None:
        text += f" + {factor(shown([layer.beta[channel]])[0])}"
    lines = [
        "(value − mean) / √(variance + ε) × gamma + beta, with the channel’s averages from training:",
        f"{text} ≈ {out}",
    ]
    return _copied(step, place, lines)


def _copied(step, source, lines):
    source = tuple(int(i) for i in source)
    grid = _grid("Goes in", step.inputs[source], [["walk", *_walk(step.inputs, source)]])
    channel = source[-1] if step.inputs.ndim > 1 else 0
    return Opened(lines, [grid], channel, _pixel_box(step, source[: step.inputs.ndim - 1]))


def _pixel_box(step, at):
    return [[int(i) for i in at], [1] * len(at)] if step.inputs.ndim in (2, 3) else None


def _called(array, place):
    """A value in words.

    >>> _called(np.zeros((5, 5, 3)), (1, 2, 0))
    'map 0 [1, 2]'
    """
    *at, last = (int(i) for i in place)
    return f"map {last} {at}" if at else f"unit {last}"


def _total(step, place, terms, total):
    """The sum, the bias and the activation, in words."""
    layer, before = step.layer, step.before[place]
    has_bias = getattr(layer, "use_bias", False)
    if not has_bias:
        return [f"{terms} add up to {shown([before])[0]}.", *_activated(step, place)]
    total, bias, after = shown([total, layer.bias[place[-1]], before])
    equals = relation(read(total) + read(bias), read(after))
    return [f"{terms} add up to {total}.", f"{total} + bias {factor(bias)} {equals} {after}", *_activated(step, place)]


def _activated(step, place):
    """What the activation does, in words; nothing if there is none."""
    name = step.layer.activation.name
    if name == "linear":
        return []
    before, out = shown([step.before[place], step.outputs[place]])
    row = np.asarray(step.before[place[:-1]], float)
    if name != "softmax":
        return [f"{name}({before}) = {out}"]
    if not np.abs(row).max() < 80:
        return [f"softmax: {out} is the share of e^{factor(before)} in the sum of all {len(row)}."]
    power, total = shown([math.exp(row[place[-1]]), np.exp(row).sum()])
    equals = relation(read(power) / read(total), read(out))
    return [f"softmax: e^{factor(before)} ≈ {power}; {power} / {total}, the sum over all {len(row)}, {equals} {out}"]


_HOW = {
    **dict.fromkeys(("Conv1D", "Conv2D"), _conv),
    "DepthwiseConv2D": _depthwise,
    "SeparableConv2D": _separable,
    **dict.fromkeys(("MaxPooling1D", "MaxPooling2D"), _max_pool),
    **dict.fromkeys(("AveragePooling1D", "AveragePooling2D"), _average_pool),
    **{f"Global{which}Pooling{n}D": _global_pool for which in ("Average", "Max") for n in (1, 2)},
    "Dense": _dense,
    "Flatten": _flatten,
    "ZeroPadding2D": _zero_padding,
    "Dropout": _dropout,
    **dict.fromkeys(("Activation", "ReLU", "LeakyReLU", "Softmax"), _activation),
    "BatchNormalization": _batch_normalization,
}
