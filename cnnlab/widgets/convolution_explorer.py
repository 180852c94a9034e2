"""The convolution explorer: a kernel on an image, every number visible.

Python computes all numbers, for every state that the controls can reach, and sends them at once;
the page (`convolution_explorer.js`) looks them up and does no arithmetic on data. What would be too
much to send at once is left out: the page then asks for it.
"""

import html
import itertools

import numpy as np
import traitlets

from .._names import count
from .._pictures import as_numbers, channels_first
from ..arithmetic import in_short, output_size, padding_amounts, true_or_false, whole_number
from ..ops import conv, depthwise_conv
from ..ops._arguments import as_float
from ._explorer import Checked, from_wire, front_end, paint, read_only, refusing, to_wire
from ._numbers import factor, largest, number, pack, read, relation, shown, size, table
from ._quiz import Quiz, agrees

_SHOWN = 12  # rows and columns of a larger image that are shown at once
_LARGEST = {"image": 512, "kernel": 7, "strides": 12, "padding": 12, "dilation_rate": 12}
_CHANNELS, _FILTERS = 64, 16
_NUMBERS = 10_800  # numbers sent at once: 100 kB at most; half of it for a part of an image, which also moves
_OVERVIEW = 128  # pixels of the small picture of a large image, at most, in each direction
_SETTINGS = ("image", "kernel", "strides", "padding", "dilation_rate", "bias")
_UNSET = object()
_PLACES = ("channel", "filter", "selected", "pinned", "corner")


class ConvolutionExplorer(Quiz):
    """A convolution to touch: input, kernel, products and output as grids of numbers.

    Point at a cell of the output, or step over it with the arrow keys or the buttons, to see the window
    of the input that it comes from, the products, and the sum written out. Type into the kernel, move
    the sliders. Everything shown is also an attribute: set it and the picture follows, read it
    after touching, or watch it with `observe`.

    Parameters
    ----------
    image : array, shape (H, W) or (H, W, C)
        At most 512 × 512 with 64 channels. Of a larger one than 12 × 12 a part of that size is shown, see `corner`.
    kernel : array, shape (kh, kw) or (kh, kw, C, F)
        At most 7 × 7 with 16 filters.
    strides, dilation_rate : int, 1 to 12
    padding : "valid", "same", or int, 0 to 12
        As in `cnnlab.ops.conv`: an int is the number of zeros on every side. 0 reads back as "valid".
    bias : None, number, or array of shape (F,)
        What is added to each sum; one number is used for all filters. Reads back as an array.
    flip : bool
        Turn the kernel by 180° first: the convolution of mathematics. Without, it is the
        cross-correlation that Keras computes.
    channel, filter : int
        Which channel of the image, and which filter of the kernel, is shown, counted from 0.
    selected, pinned : (row, column) or None
        The output cell that is explained, counted from 0, and one that stays beside it, to compare.
        They move to the nearest cell when the output shrinks.
    corner : (row, column)
        The first pixel that is shown of a large image. It follows `selected`.
    view : "numbers" or "formula"
        Whether the sum is also written with names and indices.
    quiz : bool
        Hide the results, and let the learner predict the selected cell.
    guess : number or None
        The prediction for the selected cell.

    Attributes
    ----------
    output : array, shape (rows, columns) or (rows, columns, F)
        What `cnnlab.ops.conv` gives for these settings, and the bias. It follows them and cannot be set.
    feedback : str
        Whether `guess` is right; if not, which mistake leads to it. It cannot be set.

    All arrays are read-only. To change one number, assign a changed copy.

    Raises
    ------
    ValueError
        If a value does not fit, here or when it is assigned later (then it is a
        `traitlets.TraitError` as well). The explorer stays as it was.

    >>> explorer = ConvolutionExplorer([[1, 2, 3], [4, 5, 6]], [[1, -1]], selected=(1, 0))
    >>> explorer.output
    array([[-1., -1.],
           [-1., -1.]], dtype=float32)
    >>> explorer.flip = True
    >>> explorer
    ConvolutionExplorer: a 1 × 2 kernel over a 2 × 3 input (strides=1, padding='valid', dilation_rate=1, flip=True) \
gives a 2 × 2 output; output[1, 0] = 4×(−1) + 5×1 = 1.
    >>> explorer.guess = -1
    >>> explorer.feedback
    'Not yet: −1 is what you get without the flip. Turn the kernel by 180° first.'
    """

    _esm, _css = front_end("convolution_explorer")

    image = Checked()  # not sent: the page gets what is shown of it
    kernel = Checked().tag(
        sync=True, to_json=to_wire, from_json=lambda rows, widget: from_wire(rows, widget.kernel.dtype)
    )
    strides = Checked(1).tag(sync=True)
    padding = Checked("valid").tag(sync=True)
    dilation_rate = Checked(1).tag(sync=True)
    bias = traitlets.Any().tag(
        sync=True, to_json=to_wire, from_json=lambda row, widget: from_wire(row, widget.kernel.dtype)
    )
    flip = Checked(False).tag(sync=True)
    channel = Checked(0).tag(sync=True)
    filter = Checked(0).tag(sync=True)
    selected = traitlets.Any((0, 0)).tag(sync=True)
    pinned = traitlets.Any().tag(sync=True)
    corner = Checked((0, 0)).tag(sync=True)
    view = Checked("numbers").tag(sync=True)
    output = traitlets.Any(read_only=True)
    _states = traitlets.Dict().tag(sync=True)
    _overview = traitlets.Any().tag(sync=True)
    _advice = "Multiply each pixel of the window by the weight that lies on it, and add up."

    def __init__(
        self, image, kernel, strides=1, padding="valid", dilation_rate=1, bias=None, *, flip=False, selected=(0, 0),
        channel=0, filter=0, pinned=None, corner=(0, 0), view="numbers", quiz=False,
    ):  # fmt: skip
        self._checked, self._known, self._updating = {}, {}, False
        super().__init__(
            image=image, kernel=kernel, strides=strides, padding=padding, dilation_rate=dilation_rate, bias=bias,
            flip=flip, selected=selected, channel=channel, filter=filter, pinned=pinned, corner=corner, view=view,
            quiz=quiz,
        )  # fmt: skip

    @traitlets.validate(*_SETTINGS, *_PLACES, "flip", "view")
    def _accept(self, proposal):
        name, value = proposal["trait"].name, proposal["value"]
        with refusing():
            settings = {
                setting: self._check(setting, value if setting == name else getattr(self, setting))
                for setting in _SETTINGS
            }
            output_shape = _fit(**settings)
            if name in _SETTINGS:
                return settings[name]
            if name in _PLACES:
                return _check_place(name, value, settings["image"], settings["kernel"], output_shape)
            return _check_choice(name, value)

    def _check(self, name, value):
        """`value` as the explorer keeps it; an array that has been accepted is not looked at again."""
        if name not in ("image", "kernel", "bias"):
            return _check_number(name, value)
        if self._checked.get(name, _UNSET) is not value:
            self._checked[name] = _check_array(name, value)
        return self._checked[name]

    @traitlets.observe(*_SETTINGS, *_PLACES, "flip")
    def _update(self, change):
        """All that follows from what was set; several traits that were set together are dealt with at once."""
        names = (*_SETTINGS, *_PLACES, "flip")
        changed = {name for name in names if not _unchanged(getattr(self, name), self._known.get(name, _UNSET))}
        if not changed or self._updating:
            return
        self._updating = True
        try:
            with self.hold_sync():
                if changed & {*_SETTINGS, "flip"}:
                    self._compute()
                self._place(follow="selected" in changed and self.corner == self._known.get("corner", (0, 0)))
                if "image" in changed:
                    self._overview = _overview(self.image)
                if changed & {"image", "kernel", "bias"} or not self._is_sent():
                    self._states = self._all_states()
                if changed - {"channel", "pinned", "corner"}:
                    self.guess = None
                self._known = {name: getattr(self, name) for name in names}
        finally:
            self._updating = False

    def _compute(self):
        output = _convolve(_three(self.image), _four(self.kernel), self.bias, *self._geometry(), self.flip)
        output = output[:, :, 0] if self.kernel.ndim == 2 else output
        if self.output is None or not _same(self.output, output):
            self.set_trait("output", read_only(output))
        self._solved = []
        channels, filters = _four(self.kernel).shape[2:]
        self.channel, self.filter = min(self.channel, channels - 1), min(self.filter, filters - 1)

    def _place(self, follow):
        """Keep every cell in the output and the selected one in sight: `follow` says whether the corner moves."""
        rows_and_columns = self.output.shape[:2]
        for name in ("selected", "pinned"):
            cell = getattr(self, name)
            setattr(self, name, cell and _inside(cell, (0, 0), rows_and_columns))
        self.corner = _inside(self.corner, (0, 0), _corners(self.image))
        seen = self._seen()
        follow = follow and self.selected is not None
        if not seen or (follow and self.selected != _inside(self.selected, *_cells(seen))):
            self.corner = self._corner_for(self.selected if follow else None)
            seen = self._seen()
        self.selected = self.selected and _inside(self.selected, *_cells(seen))

    def _corner_for(self, cell):
        """The corner that brings the window of an output cell into the middle; None: of the one nearest by."""
        corner = []
        for axis, (size, length) in enumerate(zip(self.image.shape, self.kernel.shape[:2])):
            before = padding_amounts(size, length, *self._geometry())[0]
            place = (
                min(round((self.corner[axis] + before) / self.strides), self.output.shape[axis] - 1)
                if cell is None
                else cell[axis]
            )
            reach = self.dilation_rate * (length - 1) + 1
            corner.append(place * self.strides - before - (_SHOWN - reach) // 2)
        return _inside(corner, (0, 0), _corners(self.image))

    def _geometry(self):
        return self.strides, self.padding, self.dilation_rate

    def _seen(self):
        return _seen(self.image.shape, self.kernel.shape, *self._geometry(), self.corner)

    def _crop(self):
        """The part of the image that is shown, with all its channels."""
        top, left = self.corner
        return _three(self.image)[top : top + _SHOWN, left : left + _SHOWN]

    def _all_states(self):
        return _all_states(
            self._crop(), _four(self.kernel), self.bias, self._geometry(), (self.filter, self.channel, self.flip),
            lambda *state, corner=None: _seen(self.image.shape, self.kernel.shape, *state, corner or self.corner),
            {self.corner, (0, 0), tuple(count - 1 for count in _corners(self.image))},
        ) | {
            "shapes": [list(self.image.shape), list(self.kernel.shape)],
            "corner": list(self.corner),
        }  # fmt: skip

    def _is_sent(self):
        """Whether the page has all it needs to show this."""
        states = self._states
        return (
            states["corner"] == list(self.corner)
            and states["geometry"].get(_state_key(*self._geometry())) is not None
            and f"{self.filter} {self.channel}" in states["products"]
            and f"{self.filter} {int(self.flip)} {self.dilation_rate}" in states["sums"]
        )

    _nearest = ("corner",)

    def _wishes(self):
        yield {"flip": not self.flip}
        channels, filters = _four(self.kernel).shape[2:]
        for place in range(min(channels * filters, 256)):
            yield {"filter": place // channels, "channel": place % channels}
        rows, columns = (np.linspace(0, size - 1, min(size, 4)).astype(int) for size in _corners(self.image))
        if max(len(rows), len(columns)) > 1:
            yield from ({"corner": (row, column)} for row in rows.tolist() for column in columns.tolist())

    # The quiz

    def _asked_for(self):
        if self.selected is None:
            return None
        return self.output[(*self.selected, self.filter)[: self.output.ndim]], [*self.selected, self.filter]

    def _is_meant(self, value):
        terms = self._window() * self._weights()
        whole = np.array_equal(terms, np.round(terms))
        return agrees(self.guess, value, exact=whole, size=1.0 if whole else float(np.abs(terms).max(initial=0)))

    def _mistakes(self):
        """What comes out when it is done wrong, and what to say then: the likeliest mistake first."""
        window, weights, bias = self._window(), self._weights(), self._bias()
        channels, products = weights.shape[2], window * weights
        total = products.sum()
        turned = "without the flip. Turn" if self.flip else "with the kernel turned by 180°. Do not turn"
        yield (
            (window * weights[::-1, ::-1]).sum() + bias,
            f"what you get {turned} the kernel" + (" by 180° first." if self.flip else " here."),
        )
        yield total, f"the sum without the bias. Add {factor(number(bias))}."
        for channel in dict.fromkeys((0, self.channel, *range(channels))):
            alone = products[:, :, channel].sum()
            for value in (alone + bias, alone):
                yield value, f"channel {channel} alone. Add up the sums of all {channels} channels, then the bias."
        yield total + channels * bias, "what you get with the bias in every channel. It is added only once."
        yield (window * np.abs(weights)).sum() + bias, "what you get without the minus signs of the kernel."
        if weights.shape[0] == weights.shape[1]:
            yield (
                (window * weights.swapaxes(0, 1)).sum() + bias,
                "what you get with the kernel’s rows and columns swapped.",
            )
        yield window.sum(), "the sum of the pixels. Multiply each by its weight first."
        yield products.mean() + bias, "the mean of the products. A convolution adds them up and divides by nothing."
        row, column = self.selected
        if self.strides > 1:
            yield (
                self._sum_at(1, self.padding, self.dilation_rate),
                (
                    f"the sum of the window that begins {row} down and {column} right. Each step is {self.strides} pixels."
                ),
            )
        if self.dilation_rate > 1:
            yield (
                self._sum_at(self.strides, self.padding, 1),
                (f"what you get without gaps. With dilation {self.dilation_rate} the window skips pixels."),
            )
        if self.padding != "valid":
            yield (
                self._sum_at(self.strides, "valid", self.dilation_rate),
                ("what you get without the padding. The window begins in the zeros around the image."),
            )
        for place, word in (
            ((column, row), "with row and column swapped"),
            ((row, column + 1), "one cell to the right"),
            ((row, column - 1), "one cell to the left"),
            ((row + 1, column), "one cell below"),
            ((row - 1, column), "one cell above"),
        ):
            if min(place) >= 0 and place[0] < self.output.shape[0] and place[1] < self.output.shape[1]:
                value = self.output[(*place, self.filter)[: self.output.ndim]]
                yield value, f"output[{place[0]}, {place[1]}]: {word}. You are asked for output[{row}, {column}]."

    def _sum_at(self, strides, padding, dilation_rate):
        """The selected cell, if the geometry were another one; NaN where there is none."""
        image, kernel = _three(self.image), _four(self.kernel)[..., self.filter, np.newaxis]
        try:
            output = _convolve(image, kernel, None, strides, padding, dilation_rate, self.flip)[:, :, 0]
        except ValueError:  # the kernel does not fit
            return np.nan
        row, column = self.selected
        return output[row, column] + self._bias() if row < len(output) and column < output.shape[1] else np.nan

    def _window(self):
        """The pixels under the kernel for the selected cell, zeros in the padding: shape (kh, kw, C)."""
        top, bottom, left, right = _seen(self.image.shape, self.kernel.shape, *self._geometry(), self.corner)[:4]
        return np.pad(self._crop(), ((top, bottom), (left, right), (0, 0)))[self._places()]

    def _places(self):
        """Where the padded crop lies under the kernel for the selected cell, as an index."""
        seen = self._seen()
        return np.ix_(
            *(
                (cell - first) * self.strides + begin + padding + np.arange(length) * self.dilation_rate
                for cell, first, begin, padding, length in zip(
                    self.selected, seen[8:10], seen[6:8], (seen[0], seen[2]), self.kernel.shape
                )
            )
        )

    def _weights(self):
        """The kernel of the filter that is shown, turned when flipped: shape (kh, kw, C)."""
        return _turned(_four(self.kernel), self.flip)[..., self.filter]

    def _bias(self):
        return 0 if self.bias is None else self.bias[self.filter % len(self.bias)]

    # What is said of it

    def describe(self):
        """One sentence that says what the explorer shows."""
        return f"{'; '.join(filter(None, [self._summary(), self._worked_sum()]))}."

    def _summary(self):
        flip = ", flip=True" if self.flip else ""
        bias = "" if self.bias is None else " and a bias"
        return (
            f"ConvolutionExplorer: a {size(self.kernel)} kernel{bias} over a {size(self.image)} input "
            f"(strides={self.strides}, padding={self.padding!r}, dilation_rate={self.dilation_rate}{flip}) "
            f"gives a {size(self.output)} output"
        )

    def _worked_sum(self):
        """The sum behind the selected output cell, or nothing when none is selected."""
        if self.selected is None:
            return ""
        window, weights = self._window(), self._weights()
        with np.errstate(over="ignore", invalid="ignore"):
            if weights.shape[2] > 1:
                parts = shown((window * weights).sum(axis=(0, 1)))
                terms, exact = [factor(part) for part in parts], read(parts)
            else:
                pixels, factors = shown(window).ravel(), shown(weights).ravel()
                terms = [f"{factor(pixel)}×{factor(weight)}" for pixel, weight in zip(pixels, factors)]
                exact = read(pixels) * read(factors)
            bias = [] if self.bias is None else [number(self._bias())]
            text = " + ".join(terms) + (f" ({count(len(terms), 'channel')})" if weights.shape[2] > 1 else "")
            text += "".join(f" + {factor(part)} (bias)" for part in bias)
            cell = (*self.selected, self.filter)[: self.output.ndim]
            total = shown(self.output[cell])
            sign = relation(exact.sum() + read(bias).sum(), read(total))
        if self._is_hidden(*self.selected):
            sign, total = "=", "?"
        return f"output[{', '.join(map(str, cell))}] = {text} {sign} {total}"

    def _is_hidden(self, row, column):
        return self.quiz and [row, column, self.filter] not in self._solved

    def _static_html(self):
        """Tables for where no widget runs; they read well without styles, which GitHub removes."""
        seen, several = self._seen(), _four(self.kernel).shape[2] > 1
        rows, columns = (range(first, first + count) for first, count in zip(*_cells(seen)))
        padding = (seen[:2], seen[2:4])
        crop = self._crop()[:, :, self.channel]
        image, is_image = shown(np.pad(crop, padding)), np.pad(np.ones_like(crop), padding) == 1
        image = np.where(is_image, image, np.char.add(np.char.add("(", image), ")"))
        output = self.output if self.output.ndim == 2 else self.output[:, :, self.filter]
        output = shown(output[rows.start : rows.stop, columns.start : columns.stop])
        hidden = np.array([[self._is_hidden(row, column) for column in columns] for row in rows])
        window, cell = np.zeros(image.shape, bool), np.zeros(output.shape, bool)
        notes = [] if is_image.all() else ["In brackets: padding."]
        if self.selected is not None:
            window[self._places()[:2]] = True
            cell[self.selected[0] - rows.start, self.selected[1] - columns.start] = True
            notes.append(f"Bold: one output cell and its window. {self._worked_sum()}")
        channel = f", channel {self.channel}" if several else ""
        filters = f", filter {self.filter}" if self.kernel.ndim == 4 else ""
        top, left = self.corner
        bottom, right = top + len(crop) - 1, left + crop.shape[1] - 1
        part = f", rows {top} to {bottom}, columns {left} to {right}" if crop.shape != self.image.shape[:2] else ""
        part_out = f", rows {rows[0]} to {rows[-1]}, columns {columns[0]} to {columns[-1]}" if part else ""
        return "\n".join(
            [
                f"<p>{html.escape(self._summary(), quote=False)}.</p>",
                '<div style="display: flex; flex-wrap: wrap; gap: 2em; align-items: flex-start">',
                table(f"Input, {size(self.image)}{channel}{part}", image, window),
                table(
                    ("Kernel, flipped" if self.flip else "Kernel") + filters + channel,
                    shown(self._weights()[:, :, self.channel]),
                ),
                table(f"Output, {size(self.output)}{filters}{part_out}", np.where(hidden, "?", output), cell),
                "</div>",
                *(f"<p>{html.escape(note, quote=False)}</p>" for note in notes),
            ]
        )


# What is accepted


def _check_number(name, value):
    """`strides`, `padding` or `dilation_rate` as the explorer keeps it, or an error that names the argument."""
    largest = _LARGEST[name]
    if name == "padding":
        if isinstance(value, str) and value.lower() in ("valid", "same"):
            return value.lower()
        if isinstance(value, (str, tuple, list)):
            raise ValueError(f"`padding` must be 'valid', 'same' or a whole number, 0 to {largest}; got {in_short(value)}.")
    number = whole_number(name, value, at_least=0 if name == "padding" else 1)
    if number > largest:
        raise ValueError(f"`{name}` must be at most {largest} here; got {in_short(number)}.")
    return "valid" if name == "padding" and number == 0 else number


def _check_array(name, value):
    if name == "bias" and value is None:
        return None
    array = as_float(name, as_numbers(value) if name == "image" else value)
    if name == "bias":
        if array.ndim > 1 or array.size == 0:
            raise ValueError(f"`bias` must be one number, or one per filter; got shape {array.shape}.")
        return read_only(array.reshape(-1).copy())
    wanted = {"image": (2, 3), "kernel": (2, 4)}[name]
    if array.ndim not in wanted:
        more = {"image": "(rows, columns, channels)", "kernel": "(rows, columns, channels, filters)"}[name]
        one_filter = " One filter? kernel[..., np.newaxis]." if name == "kernel" and array.ndim == 3 else ""
        raise ValueError(
            f"`{name}` must have two axes, (rows, columns), or {wanted[1]}, {more}; "
            f"got shape {array.shape}.{one_filter}"
        )
    if 0 in array.shape:
        raise ValueError(f"`{name}` is empty: shape {array.shape}. It needs at least one row and one column.")
    limits = (_LARGEST[name],) * 2 + (_CHANNELS, _FILTERS)
    if any(length > limit for length, limit in zip(array.shape, limits)):
        fits = limits[: array.ndim]
        part = ", ".join(f":{limit}" for limit in fits)
        raise ValueError(
            f"`{name}` of shape {array.shape} is too large to show, at most {fits} fits. "
            f"Show a part of it: {name}[{part}]."
        )
    return read_only(array.copy())


def _check_choice(name, value):
    if name == "view":
        if not isinstance(value, str) or value not in ("numbers", "formula"):
            raise ValueError(f"`view` must be 'numbers' or 'formula'; got {in_short(value)}.")
        return value
    return true_or_false(name, value)


def _check_place(name, value, image, kernel, output_shape):
    """A place as the explorer keeps it: the number of a channel or filter, a cell of the output, a corner."""
    if name in ("channel", "filter"):
        most = _four(kernel).shape[2 if name == "channel" else 3]
        place = whole_number(name, value, at_least=0)
        if place >= most:
            raise ValueError(f"`{name}` must be less than {most}, they are counted from 0; got {in_short(place)}.")
        return place
    if value is None and name != "corner":
        return None
    limits = _corners(image) if name == "corner" else output_shape
    try:
        row, column = (whole_number(name, place, at_least=0) for place in value)
        if row < limits[0] and column < limits[1]:
            return row, column
    except (TypeError, ValueError):
        pass
    if name == "corner":
        raise ValueError(
            f"`corner` must be (row, column) of the first pixel shown, at most "
            f"({limits[0] - 1}, {limits[1] - 1}) for this image; got {in_short(value)}."
        )
    raise ValueError(
        f"`{name}` must be None or (row, column) of an output cell; "
        f"the output has shape {tuple(output_shape)}, got {in_short(value)}."
    )


def _fit(image, kernel, strides, padding, dilation_rate, bias):
    """Rows and columns of the output; an error if image, kernel and bias do not fit together."""
    channels = _three(image).shape[2]
    in_kernel, filters = _four(kernel).shape[2:]
    if channels != in_kernel:
        raise ValueError(
            f"`image` of shape {image.shape} has {count(channels, 'channel')}, "
            f"`kernel` of shape {kernel.shape} takes {in_kernel}. "
            + (
                "Channels first? Put them last, np.moveaxis(image, 0, -1), or take one of them, image[0]."
                if channels_first(image)
                else f"Take one channel, image[:, :, 0], or a kernel of shape {(*kernel.shape, channels, 1)}."
                if kernel.ndim == 2
                else "The third axis of both must be equally long."
            )
        )
    if bias is not None and len(bias) not in (1, filters):
        raise ValueError(
            f"`bias` holds {count(len(bias), 'number')}; this `kernel` has {count(filters, 'filter')}: one each, or one for all."
        )
    output_shape = _spatial(image.shape, kernel.shape, strides, padding, dilation_rate)[4:]
    reach = [dilation_rate * (length - 1) + 1 for length in kernel.shape[:2]]
    if any(size > _SHOWN and need > _SHOWN for size, need in zip(image.shape, reach)):
        raise ValueError(
            f"`kernel` of shape {kernel.shape} with dilation_rate={dilation_rate} spans {reach[0]} × {reach[1]} "
            f"pixels; of this image {_SHOWN} × {_SHOWN} are shown at once. Take a smaller `dilation_rate`."
        )
    return output_shape


def _spatial(image_shape, kernel_shape, strides, padding, dilation_rate):
    """[top, bottom, left, right] padding and [rows, columns] of the output; an error if the kernel does not fit."""
    image_shape, kernel_shape = image_shape[:2], kernel_shape[:2]
    axes = [(size, length, strides, padding, dilation_rate) for size, length in zip(image_shape, kernel_shape)]
    amounts = [padding_amounts(*axis) for axis in axes]
    padded = tuple(size + sum(pair) for size, pair in zip(image_shape, amounts))
    reach = tuple(dilation_rate * (length - 1) + 1 for length in kernel_shape)
    missing = max(need - have for need, have in zip(reach, padded))
    if missing > 0:
        spread = f", spread over {reach} by dilation_rate={dilation_rate}," if dilation_rate > 1 else ""
        amount = (0 if padding == "valid" else padding) + (missing + 1) // 2
        raise ValueError(
            f"`kernel` of shape {kernel_shape}{spread} does not fit: `image` of shape {image_shape} "
            f"with padding={padding!r} has {padded}. These fit: a smaller kernel, padding={amount}, padding='same'."
        )
    return [*amounts[0], *amounts[1], *(output_size(*axis) for axis in axes)]


# What is shown of it


def _three(image):
    return image if image.ndim == 3 else image[:, :, np.newaxis]


def _four(kernel):
    return kernel if kernel.ndim == 4 else kernel[:, :, np.newaxis, np.newaxis]


def _corners(image):
    """How many corners there are in each direction."""
    return [max(size - _SHOWN, 0) + 1 for size in image.shape[:2]]


def _inside(place, first, count):
    return tuple(int(min(max(p, f), f + c - 1)) for p, f, c in zip(place, first, count))


def _cells(seen):
    """The first output cell in sight, and how many are, in each direction."""
    return seen[8:10], seen[4:6]


def _seen(image_shape, kernel_shape, strides, padding, dilation_rate, corner):
    """What is in sight of a state, or None if no output cell has its whole window in sight.

    [top, bottom, left, right] padding; how many [rows, columns] of the output; where in the part of the image that
    is shown the first window begins [y, x]; the first output cell [i, j]; then, of the whole, [rows, columns] of the
    output and [top, bottom, left, right] padding.
    """
    *amounts, rows, columns = _spatial(image_shape, kernel_shape, strides, padding, dilation_rate)
    pads, counts, starts, firsts = [], [], [], []
    for axis, count in enumerate((rows, columns)):
        before, after = amounts[2 * axis : 2 * axis + 2]
        begin, end = corner[axis], min(corner[axis] + _SHOWN, image_shape[axis])
        before_in_sight, after_in_sight = before * (begin == 0), after * (end == image_shape[axis])
        reach = dilation_rate * (kernel_shape[axis] - 1) + 1
        first = -(-(begin - before_in_sight + before) // strides)
        last = min((end + after_in_sight - reach + before) // strides, count - 1)
        pads += [before_in_sight, after_in_sight]
        counts.append(last - first + 1)
        firsts.append(first)
        starts.append(first * strides - before - begin)
    return None if min(counts) < 1 else [*pads, *counts, *starts, *firsts, [rows, columns], amounts]


def _overview(image):
    """A large image, small, for the page to show which part is in sight; None when all of it is."""
    if max(_corners(image)) == 1:
        return None
    step = -(-max(image.shape[:2]) // _OVERVIEW)
    gray = _three(image).mean(axis=2)
    gray = np.pad(gray, [(0, -size % step) for size in gray.shape], mode="edge")
    small = gray.reshape(gray.shape[0] // step, step, gray.shape[1] // step, step).mean(axis=(1, 3))
    finite = small[np.isfinite(small)]
    return paint(small, finite.min(initial=0), finite.max(initial=0)) | {"step": step}


# What is computed


def _convolve(image, kernel, bias, strides, padding, dilation_rate, flip):
    with np.errstate(over="ignore", invalid="ignore"):
        output = conv(image[np.newaxis], _turned(kernel, flip), strides, padding, dilation_rate=dilation_rate)[0]
        return output if bias is None else output + bias.astype(output.dtype)


def _all_states(image, kernel, bias, geometry, shown_now, seen, corners):
    """Every number for every state that the controls can reach, as text, in tables that the page looks up.

    Most states share their numbers. A product depends only on a pixel and a weight; a sum only on where the
    window begins, the dilation, and the flip: a stride skips some of the sums of stride 1, and less padding
    leaves out the outer ones. So these tables are small, and `geometry` says where to look. Where they would
    be large all the same, some are left out: of the other flip, of other filters, then all but those of this state.
    """
    sizes, lengths = image.shape[:2], kernel.shape[:2]
    strides, padding, dilation_rate = geometry
    spread = min((size - 1) // max(length - 1, 1) for size, length in zip(sizes, lengths))
    limits = {  # of the sliders; wider only when Python asked for more
        "strides": max(4, strides),
        "padding": max(max(lengths) - 1, 0 if isinstance(padding, str) else padding),
        "dilation_rate": max(2, min(spread, 3), dilation_rate),
    }
    paddings = ["same", "valid", *range(1, limits["padding"] + 1)]
    states, room, largest_room = {}, {}, 0
    for dilation in range(1, limits["dilation_rate"] + 1):
        for state in itertools.product(range(1, limits["strides"] + 1), paddings):
            try:
                place = seen(*state, dilation)
            except ValueError:
                continue  # the kernel does not fit: the sliders stop before it
            states[_state_key(*state, dilation)] = place
            for other in corners:  # room for each, so that nothing moves
                largest_room = np.maximum(largest_room, (seen(*state, dilation, corner=other) or [0] * 6)[:6])
            if place:
                room[dilation] = np.maximum(place[:6], room.get(dilation, 0))

    now = {dilation: room for dilation, room in room.items() if dilation == dilation_rate}
    channels, filters = kernel.shape[2:]
    every = range(filters), range(channels), (False, True), room
    filter, channel, flip = shown_now
    one = [filter], [channel], (flip,), now
    for wanted in (every, (*every[:2], one[2], room), (one[0], *every[1:]), (one[0], every[1], *one[2:]), one):
        if _count(*wanted, image, kernel, bias) <= (_NUMBERS if len(corners) == 1 else _NUMBERS // 2):
            break
    filters, channels, flips, dilations = wanted

    of_these = bias if bias is None or len(bias) == 1 else bias[list(filters)]
    sums = {}
    for flip, dilation in itertools.product(flips, dilations):
        tables = _sums(image, kernel[..., list(filters)], of_these, flip, dilation, dilations[dilation])
        sums |= {f"{filter} {int(flip)} {dilation}": table for filter, table in zip(filters, tables)}
    largest_sum = max(largest(entry["values"]) for entry in sums.values())
    for entry in itertools.chain(sums.values(), (entry["parts"] for entry in sums.values() if "parts" in entry)):
        entry |= pack(entry.pop("values"), largest_sum, entry["text"])
    with np.errstate(over="ignore", invalid="ignore"):
        weights = kernel.astype(image.dtype)
        products = {
            f"{filter} {channel}": weights[:, :, channel, filter].reshape(-1, 1) * image[:, :, channel].reshape(1, -1)
            for filter, channel in itertools.product(filters, channels)
        }
        on_padding = weights.transpose(3, 2, 0, 1) * 0
    largest_product = max(map(largest, products.values()))
    return {
        "image_shape": list(sizes),
        "kernel_shape": list(lengths),
        "channels": image.shape[2],
        "filters": kernel.shape[3],
        "limits": limits,
        "geometry": states,
        "room": largest_room.tolist(),
        "image": pack(image.transpose(2, 0, 1), largest(image)),  # channel by channel
        "kernel": pack(kernel.transpose(3, 2, 0, 1), largest(kernel)),  # filter by filter, channel by channel
        "bias": None if bias is None else shown(bias).tolist(),
        "products": {key: pack(values, largest_product) for key, values in products.items()},  # weight by weight
        "on_padding": pack(on_padding, 1),
        "sums": sums,
    }


def _count(filters, channels, flips, room, image, kernel, bias):
    """How many numbers the tables would hold."""
    parts = 1 if kernel.shape[2] == 1 and bias is None else 1 + kernel.shape[2]
    places = 0
    for dilation, (top, bottom, left, right, *_) in room.items():
        reach = [dilation * (length - 1) for length in kernel.shape[:2]]
        places += (image.shape[0] + top + bottom - reach[0]) * (image.shape[1] + left + right - reach[1])
    products = kernel[:, :, 0, 0].size * image[:, :, 0].size * len(channels)
    return len(filters) * (products + len(flips) * int(places) * parts)


def _sums(image, kernel, bias, flip, dilation, room):
    """The sums of each filter, for windows that begin at any pixel, or in the padding where there is room.

    With several channels or a bias there are `parts` as well: the sum of each channel alone.
    """
    top, bottom, left, right = room[:4].tolist()
    everywhere = (1, ((top, bottom), (left, right)), dilation, flip)

    def per_channel(image, kernel):
        """The sum of each channel alone: shape (filters, channels, rows, columns)."""
        with np.errstate(over="ignore", invalid="ignore"):
            sums = depthwise_conv(image[np.newaxis], _turned(kernel, flip), *everywhere[:2], dilation_rate=dilation)[0]
        return sums.reshape(*sums.shape[:2], *kernel.shape[2:]).transpose(3, 2, 0, 1)

    values = _convolve(image, kernel, bias, *everywhere).transpose(2, 0, 1)
    of_shown = per_channel(read(shown(image)), read(shown(kernel)))
    if of_shown.shape[1] == 1 and bias is None:
        tables = _written(values, of_shown[:, 0])
    else:
        parts = per_channel(image, kernel)
        parts_tables = _written(parts, of_shown)
        of_parts = np.array([read(table["text"]).sum(axis=0) for table in parts_tables])
        if bias is not None:
            of_parts += read(shown(bias)).reshape(-1, 1, 1)
        tables = [table | {"parts": parts} for table, parts in zip(_written(values, of_parts), parts_tables)]
    return [table | {"top": top, "left": left, "columns": values.shape[2]} for table in tables]


def _written(values, of_shown):
    """For each filter its numbers, as text too, and whether they are the sums of the numbers on screen."""
    text = shown(values)
    signs = relation(of_shown, read(text))
    return [
        {"values": values[filter], "text": text[filter], "relation": "".join(signs[filter].ravel())}
        for filter in range(len(values))
    ]


def _state_key(strides, padding, dilation_rate):
    return f"{strides} {padding} {dilation_rate}"


def _turned(kernel, flip):
    return kernel[::-1, ::-1] if flip else kernel


def _same(one, other):
    return one.shape == other.shape and np.array_equal(one, other, equal_nan=True)


def _unchanged(one, other):
    return one is other or (not isinstance(one, np.ndarray) and not isinstance(other, np.ndarray) and one == other)
