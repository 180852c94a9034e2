"""The geometry explorer: where the windows of a convolution lie, and which pixels they use.

Python computes every number, once, for every state that the sliders can reach along one axis; the
page (`geometry_explorer.js`) looks them up. Two axes are two look-ups.
"""

import functools
import html
import itertools

import numpy as np
import traitlets

from .._names import count
from ..arithmetic import in_short, padding_amounts, receptive_field, whole_number
from ._explorer import Checked, front_end, read_only, refusing
from ._numbers import table
from ._quiz import Quiz, agrees

_CHOICES = {
    "size": range(1, 17),
    "kernel_size": range(1, 6),
    "strides": range(1, 5),
    "padding": ("valid", 1, 2, 3, 4, "same"),
    "dilation_rate": range(1, 4),
}
_LAYERS = 3
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class GeometryExplorer(Quiz):
    """Where the windows of a convolution lie: which pixels each covers, and how often each pixel is used.

    Point at an output, or step over them, to see its window; point at a pixel to see which outputs use it, and how
    often. Move the sliders to see the output's size follow, with the numbers put into the formula. Everything shown is
    also an attribute: set it and the picture follows, read it after touching, or watch it with `observe`.

    Parameters
    ----------
    size : int, or (rows, columns), 1 to 16
        Of the input, in pixels: an int is one dimension, a pair is two.
    kernel_size : int, or (rows, columns), 1 to 5
        A pair needs a pair as `size`. Equal numbers read back as one.
    strides : int, 1 to 4
    padding : "valid", "same", or int, 0 to 4
        As in `cnnlab.ops.conv`: an int is the number of zeros on every side. 0 reads back as "valid".
    dilation_rate : int, 1 to 3
        Step from one kernel element to the next; 1 leaves no gaps.
    selected : int or (row, column), or None
        The output whose window is shown, counted from 0. It moves to the nearest one when the output shrinks.
    pixel : int or (row, column), or None
        The pixel of the input whose users are shown instead.
    layers : int, 1 to 3
        How many such layers follow each other. The outputs are those of the last; what one of them sees of the input is
        its receptive field. It gets lower when the last layers no longer fit.
    quiz : bool
        Hide the output, and let the learner predict its size (in two dimensions, the number of its columns).
    guess : number or None
        The prediction.

    Attributes
    ----------
    output_size : int or (rows, columns)
        Follows the settings and cannot be set, as `uses`.
    uses : array of int, of shape `size`
        How many windows of the first layer look at each pixel; 0: never seen.
    feedback : str
        Whether `guess` is right; if not, which mistake leads to it.

    Raises
    ------
    ValueError
        If a value does not fit, here or when it is assigned later (then it is a
        `traitlets.TraitError` as well). The explorer stays as it was.

    >>> explorer = GeometryExplorer(6, kernel_size=3, strides=2)
    >>> explorer.uses
    array([1, 1, 2, 1, 1, 0])
    >>> explorer.padding = "same"
    >>> explorer
    GeometryExplorer: a kernel of 3 over an input of 6 (strides=2, padding='same', dilation_rate=1) \
gives ⌊(6 + 0 + 1 − 3) / 2⌋ + 1 = 3 outputs; each pixel is used 1 to 2 times.
    """

    _esm, _css = front_end("geometry_explorer")

    size = Checked().tag(sync=True)
    kernel_size = Checked().tag(sync=True)
    strides = Checked().tag(sync=True)
    padding = Checked().tag(sync=True)
    dilation_rate = Checked().tag(sync=True)
    selected = Checked().tag(sync=True)
    pixel = Checked(None).tag(sync=True)
    layers = Checked(1).tag(sync=True)
    output_size = traitlets.Any(read_only=True)
    uses = traitlets.Any(read_only=True)
    _states = traitlets.Dict().tag(sync=True)
    _advice = "Count the places of the kernel: how far can its first pixel move, in steps of the stride?"

    def __init__(
        self, size=7, kernel_size=3, strides=1, padding="valid", dilation_rate=1, *, selected=0, pixel=None, layers=1,
        quiz=False,
    ):  # fmt: skip
        settings = dict(zip(_CHOICES, (size, kernel_size, strides, padding, dilation_rate)))
        if _is_pair(size) and not _is_pair(selected) and selected == 0:
            selected = (0, 0)
        if pixel is not None:
            selected = None
        with refusing():  # before places, which are judged by it
            layers = whole_number("layers", layers, at_least=1)
        more = {"layers": layers, "selected": selected, "pixel": pixel, "quiz": quiz}
        super().__init__(**settings, **more, _states=_states())

    @traitlets.validate(*_CHOICES, "selected", "pixel", "layers")
    def _accept(self, proposal):
        name, value = proposal["trait"].name, proposal["value"]
        with refusing():
            settings = {key: _check(key, value if key == name else getattr(self, key)) for key in _CHOICES}
            axes = _axes(**settings)
            if name in settings:
                return settings[name]
            if name == "layers":
                return _check_layers(value, settings)
            if name == "pixel":
                return _check_place(name, value, [axis["size"] for axis in axes])
            return _check_place(name, value, [axis["positions"] for axis in _stack(settings, self.layers)[-1]])

    @traitlets.observe(*_CHOICES, "layers")
    def _recompute(self, change):
        axes, stack = self._axes(), self._stack()
        outputs = stack[-1]
        last = tuple(axis["positions"] - 1 for axis in outputs)
        with self.hold_sync():
            self._solved, self.guess = [], None
            self.layers = len(stack)
            if self.pixel is not None:
                places = np.atleast_1d(self.pixel).tolist()[-len(axes) :]
                places = [0] * (len(axes) - len(places)) + places
                self.pixel = _plain(map(min, places, [axis["size"] - 1 for axis in axes]))
            if self.selected is not None:
                places = np.atleast_1d(self.selected).tolist()[-len(axes) :]
                self.selected = _plain(map(min, [0] * (len(axes) - len(places)) + places, last))
            self.set_trait("output_size", _plain(axis["positions"] for axis in outputs))
            uses = functools.reduce(np.multiply.outer, [np.array(axis["uses"]) for axis in axes])
            if not np.array_equal(uses, self.uses):
                self.set_trait("uses", read_only(uses))

    def _axes(self):
        return _axes(**{name: getattr(self, name) for name in _CHOICES})

    def _stack(self):
        return _stack({name: getattr(self, name) for name in _CHOICES}, self.layers)

    # The quiz

    def _asked_for(self):
        return self._stack()[-1][-1]["positions"], "size"

    def _is_meant(self, value):
        return agrees(self.guess, value, exact=True)

    def _mistakes(self):
        axis = self._stack()[-1][-1]
        names = ("size", "kernel_size", "stride", "padded", "reach")
        size, kernel, stride, padded, reach = (axis[name] for name in names)
        if self.layers > 1:
            yield self._axes()[-1]["positions"], "the size after the first layer. The output of one is the input of the next."
        yield axis["steps"], "how many steps the kernel makes. It stands at one place before the first step: add 1."
        yield -(-axis["free"] // stride) + 1, "what you get rounded up. A window that sticks out is left out: round down."
        yield (size - reach) // stride + 1, "the size without padding. The padding makes the input longer."
        yield (size + axis["before"] - reach) // stride + 1, "what you get with the padding on one side. It is on both."
        yield (padded - kernel) // stride + 1, f"the size without dilation. With gaps, the kernel reaches over {reach}."
        yield padded - reach + 1, f"the size with stride 1. Here each step is {stride} pixels."
        yield size // stride, "the input divided by the stride. But the kernel is longer than one pixel, and has to fit."
        yield padded - reach, "how far the kernel can move. Divide that by the stride, and add its first place."
        yield size, "the size of the input."

    def describe(self):
        """One sentence that says what the explorer shows."""
        axes = self._axes()
        hidden = self._is_hidden()
        formulas = "?" if hidden else " and ".join(_formula(axis) for axis in axes)
        over, kernel = (" × ".join(str(axis[name]) for axis in axes) for name in ("size", "kernel_size"))
        unseen, least, most = int((self.uses == 0).sum()), int(self.uses.min()), int(self.uses.max())
        said = f"each pixel is used {count(most, 'time') if least == most else f'{least} to {most} times'}"
        if unseen:
            said = f"{count(unseen, 'pixel')} of {self.uses.size} {'is' if unseen == 1 else 'are'} never seen"
        return (
            f"GeometryExplorer: a kernel of {kernel} over an input of {over} (strides={self.strides}, "
            f"padding={self.padding!r}, dilation_rate={self.dilation_rate}) gives {formulas} "
            f"{'rows and columns' if len(axes) == 2 else 'output' if axes[0]['positions'] == 1 else 'outputs'}"
            + ("." if hidden else f"; {said}.{self._more()}")
        )

    def _is_hidden(self):
        return self.quiz and not self._solved

    def _more(self):
        """What is shown of one pixel, and of more layers than one."""
        axes, more = self._axes(), ""
        if self.layers > 1:
            sizes = [" × ".join(str(axis["positions"]) for axis in layer) for layer in self._stack()]
            fields = " × ".join(str(_field(axis, self.layers)) for axis in axes)
            more = f" {self.layers} such layers give {', then '.join(sizes)}; an output sees {fields} pixels."
        if self.pixel is not None:
            place, times = np.atleast_1d(self.pixel).tolist(), int(self.uses[self.pixel])
            more += f" pixel[{', '.join(map(str, place))}] is used {count(times, 'time')}."
        return more

    def _static_html(self):
        if self._is_hidden():
            return f"<p>{html.escape(self.describe(), quote=False)}</p>"
        axes = self._axes()
        padded = [np.pad(np.array(axis["uses"]), (axis["before"], axis["after"]), constant_values=-1) for axis in axes]
        if len(axes) == 1:
            rows = [np.where(padded[0] < 0, "(0)", padded[0].astype(str))]
            for place in range(axes[0]["positions"]):
                row = np.full(len(padded[0]), "·", "<U3")
                row[_window(axes[0], place)] = "●"
                rows.append(row)
            shown = np.array(rows, "<U3")
            title = f"Uses of each pixel; below, the window of each of the {count(len(rows) - 1, 'output')}"
        else:
            inside = (padded[0] >= 0)[:, np.newaxis] & (padded[1] >= 0)
            shown = np.where(inside, np.multiply.outer(*padded).astype(str), "(0)")
            title = "Uses of each pixel"
        bold = np.zeros(shown.shape, bool)
        if self.selected is not None and self.layers == 1:
            places = np.atleast_1d(self.selected).tolist()
            covered = [_window(axis, place) for axis, place in zip(axes, places)]
            bold[np.ix_([0, 1 + places[0]], *covered) if len(axes) == 1 else np.ix_(*covered)] = True
        return "\n".join(
            [
                f"<p>{html.escape(self.describe(), quote=False)}</p>",
                table(title, shown, bold),
                "<p>0: never seen. (0): padding." + (" Bold: one window.</p>" if bold.any() else "</p>"),
            ]
        )


# What is accepted


def _is_pair(value):
    return isinstance(value, (tuple, list)) or isinstance(value, np.ndarray) and value.ndim > 0


def _check(name, value):
    """`value` as the explorer keeps it, or an error that names the argument."""
    choices = _CHOICES[name]
    smallest, largest = (0, 4) if name == "padding" else (choices[0], choices[-1])
    if name in ("size", "kernel_size") and _is_pair(value):
        if len(value) != 2:
            raise ValueError(f"`{name}` must be an int, or a pair (rows, columns); got {in_short(value)}.")
        pair = tuple(_check(name, number) for number in value)
        return pair[0] if name == "kernel_size" and pair[0] == pair[1] else pair
    if name == "padding":
        if isinstance(value, str) and value.lower() in ("valid", "same"):
            return value.lower()
        if isinstance(value, (str, tuple, list)):
            raise ValueError(f"`padding` must be 'valid', 'same' or a whole number, 0 to {largest}; got {in_short(value)}.")
    number = whole_number(name, value, at_least=smallest)
    if number > largest:
        hint = " For larger ones, ask cnnlab.arithmetic.output_size." if name in ("size", "kernel_size") else ""
        raise ValueError(f"`{name}` must be at most {largest} here; got {in_short(number)}.{hint}")
    return "valid" if name == "padding" and number == 0 else number


def _axes(size, kernel_size, strides, padding, dilation_rate):
    """The geometry along each axis; an error if the kernel does not fit."""
    sizes = size if isinstance(size, tuple) else (size,)
    if isinstance(kernel_size, tuple) and len(sizes) == 1:
        raise ValueError(
            f"`kernel_size` {kernel_size} has two dimensions and `size` {size} has one. "
            "Give an int for both, or a pair for `size`."
        )
    kernels = kernel_size if isinstance(kernel_size, tuple) else (kernel_size,) * len(sizes)
    axes = [_axis(*axis, strides, padding, dilation_rate) for axis in zip(sizes, kernels)]
    for axis in axes:
        if not axis["positions"]:
            spread = f", spread over {axis['reach']} by dilation_rate={dilation_rate}," if dilation_rate > 1 else ""
            raise ValueError(
                f"`kernel_size` {axis['kernel_size']}{spread} does not fit into `size` {axis['size']} with "
                f"padding={padding!r}, which has {axis['padded']}. These fit: a smaller kernel, padding='same'."
            )
    return axes


def _check_place(name, place, lengths):
    """The number of an output or a pixel, or a pair; None for none."""
    if place is None:
        return None
    try:
        places = tuple(place) if len(lengths) == 2 else (place,)
        places = [whole_number(name, one, at_least=0) for one in places]
        if len(places) == len(lengths) and all(one < length for one, length in zip(places, lengths)):
            return _plain(places)
    except (TypeError, ValueError):
        pass
    shape, of = " × ".join(map(str, lengths)), {"selected": "an output", "pixel": "a pixel"}[name]
    what = f"the number of {of}" if len(lengths) == 1 else f"(row, column) of {of}"
    raise ValueError(f"`{name}` must be None or {what}, counted from 0; there are {shape}; got {in_short(place)}.")


def _check_layers(layers, settings):
    layers = whole_number("layers", layers, at_least=1)
    if layers > _LAYERS:
        raise ValueError(f"`layers` must be at most {_LAYERS} here; got {layers}.")
    stack = _stack(settings, layers)
    if len(stack) < layers:
        sizes = " × ".join(str(axis["positions"]) for axis in stack[-1])
        raise ValueError(
            f"`layers` must be at most {len(stack)} here; got {layers}. Layer {len(stack) + 1} would get {sizes}, "
            f"and its kernel reaches over {max(axis['reach'] for axis in stack[-1])}."
        )
    return layers


# What is computed


def _stack(settings, layers):
    """The geometry of so many layers in a row, along each axis; of fewer where the next does not fit."""
    stack = [_axes(**settings)]
    while len(stack) < layers:
        axes = [
            _axis(axis["positions"], axis["kernel_size"], settings["strides"], settings["padding"],
                  settings["dilation_rate"])
            for axis in stack[-1] if axis["positions"] in _CHOICES["size"]
        ]  # fmt: skip
        if len(axes) < len(stack[0]) or not all(axis["positions"] for axis in axes):
            break
        stack.append(axes)
    return stack


def _field(axis, layers):
    """How many pixels an output of so many layers sees along an axis."""
    return receptive_field([(axis["kernel_size"], axis["stride"], axis["dilation"])] * layers)[0]


def _field_text(kernel_size, stride, dilation, layers):
    terms = [f"{(kernel_size - 1) * dilation}×{stride**layer}" for layer in range(layers)]
    field = receptive_field([(kernel_size, stride, dilation)] * layers)[0]
    return f"1 + {' + '.join(terms)} = {field}"


@functools.cache
def _axis(size, kernel_size, stride, padding, dilation):
    """The numbers along one axis; `positions` is 0 where the kernel does not fit."""
    before, after = padding_amounts(size, kernel_size, stride, padding, dilation)
    padded = size + before + after
    reach = dilation * (kernel_size - 1) + 1
    steps = (padded - reach) // stride
    axis = {"size": size, "kernel_size": kernel_size, "stride": stride, "dilation": dilation}
    axis |= {"before": before, "after": after, "padded": padded, "reach": reach, "free": max(padded - reach, 0)}
    axis |= {"steps": max(steps, 0), "positions": max(steps + 1, 0), "need": max(steps, 0) * stride + reach}
    covered = np.zeros(max(padded, reach), int)
    for place in range(axis["positions"]):
        covered[_window(axis, place)] += 1
    return axis | {"covered": covered.tolist(), "uses": covered[before : before + size].tolist()}


def _window(axis, place):
    """The padded cells that the window at a place looks at."""
    return place * axis["stride"] + np.arange(axis["kernel_size"]) * axis["dilation"]


@functools.cache
def _states():
    """Every state along one axis, for the page: one digit (in base 36) for each number in `names`."""
    names = ["before", "after", "padded", "reach", "free", "steps", "positions", "need"]
    axes, covered = [], {}
    for state in itertools.product(*_CHOICES.values()):
        axis = _axis(*state)
        axes += [_DIGITS[axis[name]] for name in names]
        key = " ".join(str(axis[name]) for name in ("kernel_size", "stride", "dilation", "positions"))
        uses = "".join(map(str, axis["covered"]))
        covered[key] = max(covered.get(key, ""), uses.rstrip("0"), key=len)
    most = _CHOICES["kernel_size"][-1] + 1
    products = [[str(row * column) for column in range(most)] for row in range(most)]
    levels = [["455666778"[min(row * column, 8)] for column in range(most)] for row in range(most)]
    return {
        "choices": {name: list(values) for name, values in _CHOICES.items()},
        "names": names,
        "axes": "".join(axes),
        "covered": {key: uses for key, uses in covered.items() if uses},
        "uses": {"text": products, "level": levels},
        "layers": _LAYERS,
        "fields": {  # from one layer to the next, the step gets longer by the stride
            " ".join(map(str, state)): [_field_text(*state, layers) for layers in range(1, _LAYERS + 1)]
            for state in itertools.product(*(_CHOICES[name] for name in ("kernel_size", "strides", "dilation_rate")))
        },
    }


def _formula(axis):
    inside = f"{axis['size']} + {axis['before']} + {axis['after']} − {axis['reach']}"
    return f"⌊({inside}) / {axis['stride']}⌋ + 1 = {axis['positions']}"


def _plain(numbers):
    """One number for one dimension, a pair for two."""
    numbers = tuple(numbers)
    return numbers[0] if len(numbers) == 1 else numbers
