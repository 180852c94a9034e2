"""The network builder: layers in a row, and what each of them costs and sees.

Every change is answered by Python, which builds the layers for real; the page (`network_builder.js`)
shows what they say. Only their weights are not there yet: each is one zero, seen many times, so that
a stack of a billion parameters is answered as fast as a small one.
"""

import functools
import html
import inspect
import math
import re

import numpy as np
import traitlets

from .. import layers as made
from .._summary import _bytes as memory
from ..arithmetic import in_short, multiply_adds, receptive_field, whole_number
from ..models import Sequential
from ._explorer import Checked, Explorer, front_end, refusing
from ._numbers import table

_ACTIVATIONS = [None, "relu", "leaky_relu", "elu", "sigmoid", "tanh", "softplus", "silu", "gelu", "softmax"]
_WINDOW = {"strides": 1, "padding": "valid", "activation": "relu"}
_POOLING = {"pool_size": 2, "strides": None, "padding": "valid"}

# The kinds of layers, and the settings that a new one on the page begins with, in Keras's order.
_KINDS = {
    "Conv2D": {"filters": 8, "kernel_size": 3, **_WINDOW},
    "DepthwiseConv2D": {"kernel_size": 3, **_WINDOW},
    "SeparableConv2D": {"filters": 16, "kernel_size": 3, **_WINDOW},
    "MaxPooling2D": _POOLING,
    "AveragePooling2D": _POOLING,
    "GlobalAveragePooling2D": {},
    "Flatten": {},
    "Dense": {"units": 10, "activation": None},
    "Activation": {"activation": "softmax"},
    "ReLU": {},
    "BatchNormalization": {},
    "Dropout": {"rate": 0.5},
}
_OPTIONS = {"activation": _ACTIVATIONS, "padding": ["valid", "same"]}
_FIRST = ("filters", "units", "kernel_size", "pool_size", "rate")  # written without their names
_IN_WORDS = {"kernel_size": "kernel size", "pool_size": "pool size"}
# What a layer can have beside its settings; only these values fit here.
_FIXED = {
    **{"dilation_rate": (1, 1), "groups": 1, "depth_multiplier": 1, "use_bias": True, "keepdims": False},
    **{"noise_shape": None, "axis": -1, "epsilon": 1e-3, "momentum": 0.99, "dtype": "float32"},
}
_LARGEST = {"input_shape": 4096, "filters": 65536, "units": 65536}
_COLUMNS = ("output", "parameters", "multiply-adds", "memory", "receptive field")
_DEFAULT = [
    {"type": "Conv2D", "filters": 8, "kernel_size": 3, "activation": "relu"},
    {"type": "MaxPooling2D"},
    {"type": "Flatten"},
    {"type": "Dense", "units": 10, "activation": "softmax"},
]


def _refused(self, *args, **kwargs):
    raise TypeError(
        "`layers` cannot be changed in place, where no picture would follow. Assign a changed copy, such as "
        "explorer.layers = [{**explorer.layers[0], 'filters': 16}, *explorer.layers[1:]]."
    )


class _Settings(dict):
    """The settings of a layer, to be read; a copy can be changed: `{**settings, "filters": 16}`."""

    __setitem__ = __delitem__ = __ior__ = update = setdefault = pop = popitem = clear = _refused


class _Layers(list):
    """The layers, to be read; `layers + [...]` and slices are lists that can be changed."""

    __setitem__ = __delitem__ = __imul__ = append = extend = insert = pop = remove = clear = sort = reverse = _refused

    def __iadd__(self, more):  # what comes of it is assigned
        return [*self, *more]


class NetworkBuilder(Explorer):
    """A network to build: add layers, drag them, change their settings, and see what each costs and sees.

    For every layer: the shape of its output; its parameters; its multiply-adds for one image, see
    `cnnlab.arithmetic.multiply_adds` (batch normalization counts one for each value); the memory that its output
    takes for one image, in float32; and its receptive field, how many pixels of the input one of its outputs sees.
    A stack that does not fit says why, on the layer that does not.

    Parameters
    ----------
    input_shape : (height, width, channels)
        Of one image, each at most 4096.
    layers : list of dicts, or of layers
        A dict is `{"type": "Conv2D", "filters": 32, "kernel_size": 3, "activation": "relu"}`: settings that are not
        there have Keras's defaults. A layer is one of `cnnlab.layers`, such as `Conv2D(32, 3, activation="relu")`; so
        `layers=model.layers` works. Reads back as dicts with all settings.
        Types: Conv2D, DepthwiseConv2D, SeparableConv2D, MaxPooling2D, AveragePooling2D,
        GlobalAveragePooling2D, Flatten, Dense, Activation, ReLU, BatchNormalization, Dropout.
    framework : "keras" or "cnnlab"
        Whose code the page shows.

    Attributes
    ----------
    selected : int or None
        The layer, counted from 0, after which the page adds the next; None is the last.

    Raises
    ------
    ValueError
        If a layer does not exist or its settings make no sense, here or when it is assigned later (then it is
        a `traitlets.TraitError` as well). A stack whose layers do not fit together is shown, not refused.

    >>> from cnnlab.layers import Conv2D, Dense, Flatten
    >>> builder = NetworkBuilder((28, 28, 1), [Conv2D(32, 5, activation="relu"), Flatten(), Dense(10)])
    >>> builder
    NetworkBuilder: 3 layers turn (28, 28, 1) into (10,), with 185,162 parameters, 645,120 multiply-adds and \
147.10 KB of activations for one image.
    >>> print(builder.code("cnnlab"))
    import cnnlab
    from cnnlab import layers
    <BLANKLINE>
    model = cnnlab.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Conv2D(32, 5, activation="relu"),
            layers.Flatten(),
            layers.Dense(10),
        ]
    )
    >>> builder.layers = builder.layers[1:] + builder.layers[:1]
    >>> builder
    NetworkBuilder: 3 layers on (28, 28, 1). Layer 3, Conv2D, does not fit: takes inputs with 4 axes, \
(batch, height, width, channels); got shape (None, 10). Flatten or Dense before it has taken the pictures apart: \
put this layer before them.
    """

    _esm, _css = front_end("network_builder")

    input_shape = Checked().tag(sync=True)
    layers = Checked().tag(sync=True)
    framework = Checked().tag(sync=True)
    selected = traitlets.Any().tag(sync=True)
    _kinds = traitlets.Any({"start": _KINDS, "options": _OPTIONS, "words": _IN_WORDS}).tag(sync=True)
    _rows = traitlets.Any([]).tag(sync=True)
    _totals = traitlets.Any({}).tag(sync=True)
    _code = traitlets.Any({}).tag(sync=True)
    # What was edited on the page, and what was wrong with it.
    _wish = traitlets.Any({}).tag(sync=True)
    _refused = traitlets.Any({}).tag(sync=True)

    def __init__(self, input_shape=(28, 28, 1), layers=None, *, framework="keras"):
        layers = _DEFAULT if layers is None else layers
        super().__init__(input_shape=input_shape, layers=layers, framework=framework, selected=None)

    def build(self):
        """The network itself, a `cnnlab.Sequential` with fresh weights; an error if its layers do not fit."""
        return Sequential([made.Input(self.input_shape), *(_make(settings) for settings in self.layers)])

    def code(self, framework="keras"):
        """A program that builds the network, for "keras" or "cnnlab"; an error if its layers do not fit."""
        framework = _check_framework(framework)
        self._check_stack()
        rows = [f"Input({self.input_shape})", *map(_written, self.layers)]
        return "\n".join(
            [
                f"import {framework}",
                f"from {framework} import layers",
                "",
                f"model = {framework}.Sequential(",
                "    [",
                *(f"        layers.{row}," for row in rows),
                "    ]",
                ")",
            ]
        )

    @traitlets.validate("input_shape", "layers", "framework", "selected")
    def _accept(self, proposal):
        name, value = proposal["trait"].name, proposal["value"]
        with refusing():
            if name == "selected":
                return None if value is None else _check_selected(value, len(self.layers))
            return {"input_shape": _check_shape, "layers": _check_layers, "framework": _check_framework}[name](value)

    @traitlets.observe("input_shape", "layers")
    def _recompute(self, change):
        rows, totals, self._error = _stack(self.input_shape, self.layers)
        with self.hold_sync():
            if self.selected is not None and self.selected >= len(self.layers):
                self.selected = len(self.layers) - 1 if self.layers else None
            self._rows, self._totals = rows, totals
            self._totals = totals | {"said": self.describe().partition(": ")[2]}
            self._code = {name: self._error or self.code(name) for name in ("keras", "cnnlab")}

    @traitlets.observe("_wish")
    def _try(self, change):
        try:
            for name in ("input_shape", "layers", "selected"):
                if name in self._wish:
                    setattr(self, name, self._wish[name])
            self._refused = {}
        except traitlets.TraitError as error:
            why = re.sub(r"^`layers`\[\d+\]: ", "", str(error))
            self._refused = {"field": self._wish.get("field"), "why": why}

    def _check_stack(self):
        if self._error:
            raise ValueError(self._error)

    def describe(self):
        """One sentence that says what the builder shows."""
        count = f"{len(self.layers)} layer{'' if len(self.layers) == 1 else 's'}"
        if self._error:
            return f"NetworkBuilder: {count} on {self.input_shape}. {self._error}"
        return (
            f"NetworkBuilder: {count} turn{'s' if len(self.layers) == 1 else ''} {self.input_shape} into "
            f"{self._totals['shape']}, with {self._totals['parameters']} parameters, {self._totals['multiply-adds']} "
            f"multiply-adds and {self._totals['memory']} of activations for one image."
        )

    def _static_html(self):
        """One table, and the code: they read well without styles, which GitHub removes."""
        head = ["layer", *_COLUMNS, ""]
        rows = []
        for settings, row in zip(self.layers, self._rows):
            rows.append([_written(settings), *(row[name] for name in _COLUMNS), row["error"] or row["note"]])
        rows.append(["with the input", "", *(self._totals[name] for name in _COLUMNS[1:4]), "", ""])
        cells = np.array([head, *rows], dtype=object)
        bold = np.zeros(cells.shape, bool)
        bold[0] = True
        code = "" if self._error else f"<pre>{html.escape(self.code(self.framework), quote=False)}</pre>"
        return f"<p>{html.escape(self.describe(), quote=False)}</p>\n{table('The network', cells, bold)}\n{code}"


# What is accepted


def _check_shape(shape):
    shape = tuple(shape.tolist()) if isinstance(shape, np.ndarray) and shape.ndim == 1 else shape
    if not isinstance(shape, (tuple, list)) or len(shape) != 3:
        raise ValueError(f"`input_shape` must be (height, width, channels), such as (28, 28, 1); got {in_short(shape)}.")
    sizes = tuple(whole_number("input_shape", size, at_least=1) for size in shape)
    if max(sizes) > _LARGEST["input_shape"]:
        raise ValueError(f"`input_shape` can be at most {_LARGEST['input_shape']} along each axis here; got {sizes}.")
    return sizes


def _check_layers(layers):
    if not isinstance(layers, (tuple, list)):
        raise TypeError(f"`layers` must be a list of layers, or of dicts that describe them; got {in_short(layers)}.")
    checked = []
    for place, layer in enumerate(layers):
        try:
            checked.append(_check_layer(layer))
        except (TypeError, ValueError) as error:
            raise type(error)(f"`layers`[{place}]: {error}") from None
    return _Layers(map(_Settings, checked))


def _check_layer(layer):
    """All settings of a layer, as a dict."""
    settings = _settings_of(layer) if isinstance(layer, made.Layer) else layer
    if not isinstance(settings, dict):
        raise TypeError(f"must be a dict, such as {{'type': 'Dense', 'units': 10}}, or a layer; got {in_short(layer)}.")
    kind = settings.get("type")
    if kind not in _KINDS:
        raise ValueError(f"'type' must be one of {', '.join(_KINDS)}; got {in_short(kind)}.")
    unknown = [name for name in settings if name not in ("type", *_KINDS[kind])]
    if unknown:
        knows = f"It has {', '.join(map(repr, _KINDS[kind]))}." if _KINDS[kind] else "It has none."
        raise ValueError(f"{kind} has no setting {unknown[0]!r} here. {knows}")
    complete = {"type": kind}
    defaults = _defaults(kind) | {"pool_size": 2}
    for name in _KINDS[kind]:
        value = settings.get(name, defaults[name])
        if value is inspect.Parameter.empty:
            raise ValueError(f"{kind} needs the setting {name!r}, such as {_KINDS[kind][name]!r}.")
        complete[name] = _check_setting(name, value)
    _make(complete, name="tried")  # a value that makes no sense is refused here
    return complete


def _check_setting(name, value):
    if name == "activation":
        value = None if value == "linear" else value
        if value not in _ACTIVATIONS:
            raise ValueError(f"`activation` must be one of {', '.join(map(repr, _ACTIVATIONS))}; got {in_short(value)}.")
    if isinstance(value, (np.generic, np.ndarray)):
        value = value.tolist()
    if name == "strides" and value is not None:
        return whole_number(name, value, at_least=1)
    if isinstance(value, (tuple, list)):
        value = [part.item() if isinstance(part, np.generic) else part for part in value]
        return value[0] if value and all(part == value[0] for part in value) else value
    if name in _LARGEST and whole_number(name, value, at_least=1) > _LARGEST[name]:
        raise ValueError(f"`{name}` can be at most {_LARGEST[name]} here; got {in_short(value)}.")
    return value.lower() if name == "padding" and isinstance(value, str) else value


def _settings_of(layer):
    """The settings of one of `cnnlab.layers`, as a dict; an error if it has others than those shown here."""
    kind = type(layer).__name__
    if kind not in _KINDS:
        return {"type": kind}
    fixed = {name: getattr(layer, name, value) for name, value in _FIXED.items()}
    for name, value in _FIXED.items():
        if fixed[name] != value:
            raise ValueError(f"{kind} with {name}={fixed[name]!r} cannot be shown here: it must be {value!r}.")
    settings = {name: getattr(layer, name) for name in _KINDS[kind]}
    if "activation" in settings:
        settings["activation"] = layer.activation.name
    if "strides" in settings:
        strides = layer.strides
        settings["strides"] = strides[0] if len(set(strides)) == 1 else strides
        if strides == getattr(layer, "pool_size", None):
            settings["strides"] = None
    return {"type": kind, **settings}


def _check_framework(framework):
    if not isinstance(framework, str) or framework not in ("keras", "cnnlab"):
        raise ValueError(f"`framework` must be 'keras' or 'cnnlab'; got {in_short(framework)}.")
    return framework


def _check_selected(selected, count):
    selected = whole_number("selected", selected, at_least=0)
    if selected < count:
        return selected
    raise ValueError(f"`selected` must be None or a layer, counted from 0; there are {count}, got {selected}.")


# What is computed


def _make(settings, **more):
    return getattr(made, settings["type"])(**{name: settings[name] for name in settings if name != "type"}, **more)


@functools.cache
def _defaults(kind):
    return {name: parameter.default for name, parameter in inspect.signature(getattr(made, kind)).parameters.items()}


def _written(settings):
    """A layer as it is written in a program, without the settings that are the defaults."""
    kind, words = settings["type"], []
    for name in _KINDS[kind]:
        value = tuple(settings[name]) if isinstance(settings[name], list) else settings[name]
        text = f'"{value}"' if isinstance(value, str) else repr(value)
        if name in _FIRST or kind == "Activation":
            words.append(text)
        elif value != _defaults(kind)[name]:
            words.append(f"{name}={text}")
    return f"{kind}({', '.join(words)})"


def _stack(input_shape, layers):
    """What to show for each layer, and all together; and why the layers do not fit, if they do not."""
    shape, windows, flattened, error = (0, *input_shape), ([], []), None, ""
    of_input = _facts(shape, (0, 0, 4 * math.prod(input_shape)), input_shape)
    rows, costs, last = [], [], None
    for number, settings in enumerate(layers, 1):
        rows.append(dict.fromkeys((*_COLUMNS, "note", "error"), ""))
        if error:
            rows[-1]["note"] = "Waits for the layer above."
            continue
        layer = _make_light(settings)
        try:
            after = layer(np.broadcast_to(np.float32(0), shape)).shape
        except ValueError as refusal:
            rows[-1]["error"] = str(refusal).partition(": ")[2].replace("(0, ", "(None, ")
            error = f"Layer {number}, {settings['type']}, does not fit: {rows[-1]['error']}"
            continue
        if isinstance(layer, made.Flatten) and len(shape) == 4:
            flattened = shape[1:3]
        _look_through(layer, shape, windows, flattened)
        costs.append([layer.count_params(), _count_multiply_adds(layer, shape, after), 4 * math.prod(after[1:])])
        rows[-1] |= _facts(after, costs[-1], input_shape) | {
            "receptive field": _seen(windows, after, input_shape),
            "note": _note(layer, last, shape, after),
        }
        shape, last = after, layer
    sums = np.sum([[0, 0, 4 * math.prod(input_shape)], *costs], axis=0, dtype=object).tolist()
    for row, cost in zip(rows, costs):
        row["shares"] = [100 * part // max(whole, 1) for part, whole in zip(cost, sums)]
    of_input |= {"parameters": "", "multiply-adds": ""}
    totals = _facts(shape, sums, input_shape) | {"shape": str(shape[1:]), "input": of_input, "shares": [100] * 3}
    totals["note"] = "A bar shows the share of a layer in all of them."
    if error:  # what the layers before it sum to is not what the network will
        totals |= dict.fromkeys(("output", *_COLUMNS[1:4]), "–") | {"shares": [0] * 3, "volume": [0, 0]}
        totals["note"] = "Not known until all layers fit."
    return rows, totals, error


def _make_light(settings):
    """The layer, with weights that are built for real, but take the memory of one number each."""
    weightless = {name: _no_memory for name in _defaults(settings["type"]) if name.endswith("_initializer")}
    return _make(settings, name=settings["type"], **weightless)


def _no_memory(shape, dtype=None):
    return np.broadcast_to(np.zeros((), dtype), shape)


def _facts(shape, costs, input_shape):
    """How a shape and costs are written; and how high and wide the layer's picture is, in percent."""
    sizes = shape[1:]
    height = sizes[0] / max(input_shape[:2]) if len(sizes) == 3 else math.log2(1 + sizes[0]) / 16
    width = math.log2(1 + sizes[2]) / 12 if len(sizes) == 3 else 0
    return {
        "output": " × ".join(map(str, sizes)),
        "parameters": f"{costs[0]:,}",
        "multiply-adds": f"{costs[1]:,}",
        "memory": memory(costs[2]),
        "volume": [round(100 * min(part, 1)) for part in (height, width)],
    }


def _count_multiply_adds(layer, before, after):
    if isinstance(layer, made.SeparableConv2D):
        depthwise = multiply_adds(layer.kernel_size, before[-1], before[-1], after[1:-1], groups=before[-1])
        return depthwise + multiply_adds((1, 1), before[-1], after[-1], after[1:-1])
    if isinstance(layer, (made.DepthwiseConv2D, made.BatchNormalization)):  # each channel by itself
        kernel_size = getattr(layer, "kernel_size", ())
        return multiply_adds(kernel_size, before[-1], after[-1], after[1:-1], groups=before[-1])
    if isinstance(layer, (made.Conv2D, made.Dense)):
        return multiply_adds(getattr(layer, "kernel_size", ()), before[-1], after[-1], after[1:-1])
    return 0


def _look_through(layer, before, windows, flattened):
    """Add the window of a layer to those that the network has looked through so far, along both axes."""
    if isinstance(layer, made.GlobalAveragePooling2D):
        reach = before[1:3]
    elif isinstance(layer, made.Dense) and len(before) == 2:  # sees all that was flattened, from the first to the last
        reach = flattened or (1, 1)
    else:
        reach = getattr(layer, "kernel_size", getattr(layer, "pool_size", (1, 1)))
    for of_axis, size, stride in zip(windows, reach, getattr(layer, "strides", (1, 1))):
        of_axis.append((size, stride))


def _seen(windows, after, input_shape):
    (height, down), (width, right) = map(receptive_field, windows)
    all_of_it = ", all" if height >= input_shape[0] and width >= input_shape[1] else ""
    step = f", step {down}" if down == right else f", step {down} × {right}"
    return f"{height} × {width}{step if len(after) == 4 else all_of_it}"


def _note(layer, last, before, after):
    """What may surprise about a layer that fits."""
    if isinstance(layer, made.Dense) and len(before) == 4:
        return (
            f"No Flatten before it: each of the {before[1]} × {before[2]} positions gets {after[-1]} numbers of its "
            f"own from its {before[-1]} channels, by the same weights everywhere, as in a 1 × 1 convolution. For "
            f"{after[-1]} numbers in all, put Flatten or GlobalAveragePooling2D before it."
        )
    if isinstance(layer, made.Flatten) and len(before) == 2:
        return "Does nothing here: its input is flat already."
    if isinstance(layer, (made.Conv2D, made.Dense)) and type(layer) is type(last) and last.activation.name == "linear":
        return "There is no activation between this layer and the one above: together they can do no more than one."
    if isinstance(layer, made.Dropout):
        return "Works while training only."
    if isinstance(layer, made.BatchNormalization):
        return "Half of its parameters are moving averages, which training does not learn."
    if getattr(layer, "padding", "same") == "valid":
        size = getattr(layer, "kernel_size", getattr(layer, "pool_size", None))
        left = [n - ((m - 1) * s + k) for n, m, s, k in zip(before[1:], after[1:], layer.strides, size)]
        parts = [f"the last {f'{n} {name}s' if n > 1 else name}" for n, name in zip(left, ("row", "column")) if n > 0]
        if parts:
            return f"No window reaches {' and '.join(parts)}."
    return ""
