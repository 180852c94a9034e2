"""The convolution explorer: a kernel on an image, every number visible.

Python computes all numbers, for every state that the sliders can reach, and sends them at once;
the page (`convolution_explorer.js`) looks them up and does no arithmetic on data.
"""

import html
import itertools

import numpy as np
import traitlets

from ..arithmetic import output_size, padding_amounts, whole_number
from ..ops import conv
from ..ops._arguments import as_float
from ._explorer import Explorer, from_wire, front_end, read_only, refusing, to_wire
from ._numbers import factor, largest, pack, read, relation, shown, size, table

_LARGEST = {"image": 12, "kernel": 7, "strides": 12, "padding": 12, "dilation_rate": 12}
_SETTINGS = tuple(_LARGEST)


class ConvolutionExplorer(Explorer):
    """A convolution to touch: input, kernel, products and output as grids of numbers.

    Point at a cell of the output, or step over it with the arrow keys or the buttons, to see the window
    of the input that it comes from, the products, and the sum written out. Type into the kernel, move
    the sliders. Everything shown is also an attribute: set it and the picture follows, read it
    after touching, or watch it with `observe`.

    Parameters
    ----------
    image : array, shape (H, W)
        At most 12 × 12.
    kernel : array, shape (kh, kw)
        At most 7 × 7.
    strides, dilation_rate : int, 1 to 12
    padding : "valid", "same", or int, 0 to 12
        As in `cnnlab.ops.conv`: an int is the number of zeros on every side. 0 reads back as "valid".
    flip : bool
        Turn the kernel by 180° first: the convolution of mathematics. Without, it is the
        cross-correlation that Keras computes.
    selected : (row, column) or None
        The output cell that is explained, counted from 0. It moves to the nearest cell when the output shrinks.

    Attributes
    ----------
    output : array, shape (rows, columns)
        What `cnnlab.ops.conv` gives for these settings. It follows them and cannot be set.

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
    """

    _esm, _css = front_end("convolution_explorer")

    image = traitlets.Any().tag(sync=True, to_json=to_wire)
    kernel = traitlets.Any().tag(
        sync=True, to_json=to_wire, from_json=lambda rows, widget: from_wire(rows, widget.kernel.dtype)
    )
    strides = traitlets.Any().tag(sync=True)
    padding = traitlets.Any().tag(sync=True)
    dilation_rate = traitlets.Any().tag(sync=True)
    flip = traitlets.Any().tag(sync=True)
    selected = traitlets.Any().tag(sync=True)
    output = traitlets.Any(read_only=True).tag(sync=True, to_json=to_wire)
    _states = traitlets.Dict().tag(sync=True)
    _states_of = (None, None)

    def __init__(self, image, kernel, strides=1, padding="valid", dilation_rate=1, *, flip=False, selected=(0, 0)):
        super().__init__(
            image=image,
            kernel=kernel,
            strides=strides,
            padding=padding,
            dilation_rate=dilation_rate,
            flip=flip,
            selected=selected,
        )

    @traitlets.validate(*_SETTINGS, "flip", "selected")
    def _accept(self, proposal):
        name, value = proposal["trait"].name, proposal["value"]
        with refusing():
            settings = {
                setting: _check(setting, value if setting == name else current)
                for setting, current in self._settings().items()
            }
            geometry = _geometry(**settings)
            if name == "selected":
                return _check_selected(value, geometry[4:])
            return _check_flip(value) if name == "flip" else settings[name]

    @traitlets.observe(*_SETTINGS, "flip")
    def _recompute(self, change):
        settings = self._settings()
        state = _state_key(self.strides, self.padding, self.dilation_rate)
        output = _convolve(**settings, flip=self.flip)
        with self.hold_sync():
            image, kernel = self._states_of
            if image is not self.image or kernel is not self.kernel or state not in self._states["geometry"]:
                self._states, self._states_of = _all_states(**settings), (self.image, self.kernel)
            if self.selected is not None:
                self.selected = tuple(min(place, size - 1) for place, size in zip(self.selected, output.shape))
            if self.output is None or not _same(self.output, output):
                self.set_trait("output", read_only(output))

    def _settings(self):
        return {name: getattr(self, name) for name in _SETTINGS}

    def describe(self):
        """One sentence that says what the explorer shows."""
        return f"{'; '.join(filter(None, [self._summary(), self._worked_sum()]))}."

    def _summary(self):
        flip = ", flip=True" if self.flip else ""
        return (
            f"ConvolutionExplorer: a {size(self.kernel)} kernel over a {size(self.image)} input "
            f"(strides={self.strides}, padding={self.padding!r}, dilation_rate={self.dilation_rate}{flip}) "
            f"gives a {size(self.output)} output"
        )

    def _worked_sum(self):
        """The sum behind the selected output cell, or nothing when none is selected."""
        if self.selected is None:
            return ""
        pixels = shown(self._padded_image()[self._window()]).ravel()
        weights = shown(_turned(self.kernel, self.flip)).ravel()
        terms = " + ".join(f"{factor(pixel)}×{factor(weight)}" for pixel, weight in zip(pixels, weights))
        total = shown(self.output[self.selected])
        with np.errstate(over="ignore", invalid="ignore"):
            sign = relation((read(pixels) * read(weights)).sum(), read(total))
        row, column = self.selected
        return f"output[{row}, {column}] = {terms} {sign} {total}"

    def _static_html(self):
        """Tables for where no widget runs; they read well without styles, which GitHub removes."""
        is_image = self._padded_image(np.ones_like(self.image)) == 1
        image = shown(self._padded_image())
        image = np.where(is_image, image, np.char.add(np.char.add("(", image), ")"))
        window, cell = np.zeros(image.shape, bool), np.zeros(self.output.shape, bool)
        notes = [] if is_image.all() else ["In brackets: padding."]
        if self.selected is not None:
            window[self._window()] = cell[self.selected] = True
            notes.append(f"Bold: one output cell and its window. {self._worked_sum()}")
        return "\n".join(
            [
                f"<p>{html.escape(self._summary(), quote=False)}.</p>",
                '<div style="display: flex; flex-wrap: wrap; gap: 2em; align-items: flex-start">',
                table(f"Input, {size(self.image)}", image, window),
                table("Kernel, flipped" if self.flip else "Kernel", shown(_turned(self.kernel, self.flip))),
                table(f"Output, {size(self.output)}", shown(self.output), cell),
                "</div>",
                *(f"<p>{html.escape(note, quote=False)}</p>" for note in notes),
            ]
        )

    def _padded_image(self, image=None):
        top, bottom, left, right = _geometry(**self._settings())[:4]
        return np.pad(self.image if image is None else image, ((top, bottom), (left, right)))

    def _window(self):
        """Where the padded image lies under the kernel for the selected cell, as an index."""
        return np.ix_(
            *(
                place * self.strides + np.arange(size) * self.dilation_rate
                for place, size in zip(self.selected, self.kernel.shape)
            )
        )


# What is accepted


def _check(name, value):
    """`value` as the explorer keeps it, or an error that names the argument."""
    largest = _LARGEST[name]
    if name in ("image", "kernel"):
        return _check_grid(name, value, largest)
    if name == "padding":
        if isinstance(value, str) and value.lower() in ("valid", "same"):
            return value.lower()
        if isinstance(value, (str, tuple, list)):
            raise ValueError(f"`padding` must be 'valid', 'same' or a whole number, 0 to {largest}; got {value!r}.")
    number = whole_number(name, value, at_least=0 if name == "padding" else 1)
    if number > largest:
        raise ValueError(f"`{name}` must be at most {largest} here; got {number}.")
    return "valid" if name == "padding" and number == 0 else number


def _check_grid(name, value, largest):
    array = as_float(name, value)
    if array.ndim != 2:
        channel = f" Take one channel: {name}[:, :, 0]." if name == "image" and array.ndim == 3 else ""
        raise ValueError(f"`{name}` must have two axes, (rows, columns); got shape {array.shape}.{channel}")
    if 0 in array.shape:
        raise ValueError(f"`{name}` is empty: shape {array.shape}. It needs at least one row and one column.")
    if max(array.shape) > largest:
        part = f" Show a part of it: image[:{largest}, :{largest}]." if name == "image" else ""
        raise ValueError(
            f"`{name}` of shape {array.shape} is too large to show, at most ({largest}, {largest}) fits.{part}"
        )
    return read_only(array.copy())


def _check_flip(flip):
    if not isinstance(flip, (bool, np.bool_)):
        raise TypeError(f"`flip` must be True or False; got {flip!r}.")
    return bool(flip)


def _check_selected(selected, output_shape):
    if selected is None:
        return None
    try:
        row, column = (whole_number("selected", place, at_least=0) for place in selected)
        if row < output_shape[0] and column < output_shape[1]:
            return row, column
    except (TypeError, ValueError):
        pass
    raise ValueError(
        f"`selected` must be None or (row, column) of an output cell; "
        f"the output has shape {tuple(output_shape)}, got {selected!r}."
    )


def _geometry(image, kernel, strides, padding, dilation_rate):
    """[top, bottom, left, right] padding and [rows, columns] of the output; an error if the kernel does not fit."""
    axes = [(size, length, strides, padding, dilation_rate) for size, length in zip(image.shape, kernel.shape)]
    amounts = [padding_amounts(*axis) for axis in axes]
    padded = tuple(size + sum(pair) for size, pair in zip(image.shape, amounts))
    reach = tuple(dilation_rate * (length - 1) + 1 for length in kernel.shape)
    missing = max(need - have for need, have in zip(reach, padded))
    if missing > 0:
        spread = f", spread over {reach} by dilation_rate={dilation_rate}," if dilation_rate > 1 else ""
        amount = (0 if padding == "valid" else padding) + (missing + 1) // 2
        raise ValueError(
            f"`kernel` of shape {kernel.shape}{spread} does not fit: `image` of shape {image.shape} "
            f"with padding={padding!r} has {padded}. These fit: a smaller kernel, padding={amount}, padding='same'."
        )
    return [*amounts[0], *amounts[1], *(output_size(*axis) for axis in axes)]


# What is computed


def _convolve(image, kernel, strides, padding, dilation_rate, flip):
    with np.errstate(over="ignore", invalid="ignore"):
        return conv(
            image[np.newaxis, :, :, np.newaxis],
            _turned(kernel, flip)[:, :, np.newaxis, np.newaxis],
            strides,
            padding,
            dilation_rate=dilation_rate,
        )[0, :, :, 0]


def _all_states(image, kernel, strides, padding, dilation_rate):
    """Every number for every state that the sliders can reach, as text, in tables that the page looks up.

    Most states share their numbers. A product depends only on a pixel and a weight; a sum only on where the
    window begins, the dilation, and the flip: a stride skips some of the sums of stride 1, and less padding
    leaves out the outer ones. So these tables are small, and `geometry` says where to look.
    """
    spread = min((size - 1) // max(length - 1, 1) for size, length in zip(image.shape, kernel.shape))
    limits = {  # of the sliders; wider only when Python asked for more
        "strides": max(4, strides),
        "padding": max(max(kernel.shape) - 1, 0 if isinstance(padding, str) else padding),
        "dilation_rate": max(2, min(spread, 3), dilation_rate),
    }
    strides = range(1, limits["strides"] + 1)
    paddings = ["same", "valid", *range(1, limits["padding"] + 1)]
    on_screen = read(shown(image)), read(shown(kernel))
    geometry, sums = {}, [{}, {}]
    for dilation in range(1, limits["dilation_rate"] + 1):
        amounts = []
        for state in itertools.product(strides, paddings):
            try:
                place = _geometry(image, kernel, *state, dilation)
            except ValueError:
                continue  # the kernel does not fit: the sliders stop before it
            geometry[_state_key(*state, dilation)] = place
            amounts.append(place[:4])
        top, bottom, left, right = np.max(amounts, axis=0).tolist()
        for flip in (False, True):
            everywhere = (1, ((top, bottom), (left, right)), dilation, flip)
            values = _convolve(image, kernel, *everywhere)
            of_shown = _convolve(*on_screen, *everywhere)
            sums[flip][str(dilation)] = {
                "values": values,
                "relation": "".join(relation(of_shown, read(shown(values))).ravel()),
                "top": top,
                "left": left,
                "columns": values.shape[1],
            }

    with np.errstate(over="ignore", invalid="ignore"):
        weights = kernel.astype(image.dtype).ravel()
        products = weights[:, np.newaxis] * image.ravel()
        on_padding = weights * 0
    largest_sum = max(largest(entry["values"]) for flipped in sums for entry in flipped.values())
    for entry in itertools.chain(*(flipped.values() for flipped in sums)):
        entry |= pack(entry.pop("values"), largest_sum)
    return {
        "image_shape": list(image.shape),
        "kernel_shape": list(kernel.shape),
        "limits": limits,
        "geometry": geometry,
        "room": np.max(list(geometry.values()), axis=0).tolist(),
        "image": pack(image, largest(image)),
        "kernel": pack(kernel, largest(kernel)),
        "products": pack(products, largest(products)),  # weight by weight, over all pixels
        "on_padding": pack(on_padding, 1),
        "sums": sums,
    }


def _state_key(strides, padding, dilation_rate):
    return f"{strides} {padding} {dilation_rate}"


def _turned(kernel, flip):
    return kernel[::-1, ::-1] if flip else kernel


def _same(one, other):
    return one.shape == other.shape and np.array_equal(one, other, equal_nan=True)
