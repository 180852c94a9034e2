"""The network explorer: one image on its way through a network, and back from any number to its arithmetic.

Python runs the network and does the arithmetic of the number that is asked for (`_opened.py` knows how each kind
of layer computes); the page (`network_explorer.js`) shows the pictures and the numbers.
"""

import base64
import html
import io
import math

import numpy as np
import traitlets

from .._names import count
from .._pictures import as_numbers, channels_first
from ..arithmetic import in_short, whole_number
from ..models import Sequential
from ..ops._arguments import as_float
from ._explorer import Checked, Explorer, front_end, paint, read_only, refusing
from ._models import bars, image_shape, names_of_classes
from ._numbers import number, table
from ._opened import field_of, opened, place_in, places_of, steps_of

_MAPS, _SIDE = 64, 32  # at most so many maps of a layer in its picture, each at most so many pixels high and wide
_ROW = 32  # values of a vector in one row of its picture


class NetworkExplorer(Explorer):
    """A network to look into: every layer's feature maps for one image, and where each number comes from.

    Choose a layer and a map, then a pixel of it: the window that it comes from, the kernel, the products, the sum,
    the bias and the activation are written out. Choose a number of the window to walk back to where *that* comes from,
    layer by layer, down to the image.

    Parameters
    ----------
    model : cnnlab.Sequential, or a Keras model whose layers work one after the other
        Keras's layers are recomputed with `cnnlab.ops`, from their weights; layers that cnnlab does not have show
        what Keras computes, but the arithmetic inside is not opened.
    image : array, shape (H, W), (H, W, channels), or as the model takes it
        With its numbers as the model was trained on, such as 0 to 1. Assign another at any time; assign it
        again after training has changed the weights.
    class_names : list of str, optional
        Names of the model's outputs.

    Attributes
    ----------
    layer : int
        The layer that is shown: 0 is the image, 1 the model's first layer.
    channel : int
        The feature map of that layer; 0 where there are no maps.
    pixel : tuple of ints
        The place in that map: (row, column); for a layer without maps (unit,). None, when it is set, is
        where the map is largest.
    input_channel : int or None
        The map of the layer before whose window is shown; None is the one that counts most.
    outputs : tuple of arrays
        The image as the model takes it, then what comes out of every layer.
    value : float
        The number that is explained.

    Raises
    ------
    TypeError, ValueError
        If a value does not fit, here or when it is assigned later (then it is a
        `traitlets.TraitError` as well). The explorer stays as it was.

    >>> from cnnlab import layers
    >>> model = Sequential([layers.Input((4, 4, 1)), layers.Conv2D(1, 3, kernel_initializer="ones"), layers.Flatten()])
    >>> explorer = NetworkExplorer(model, np.eye(4))
    >>> explorer.layer, explorer.pixel = 1, (0, 1)
    >>> explorer
    NetworkExplorer: 2 layers; the largest output is 0: 3. Layer 1, Conv2D, map 0 [0, 1] = 2: \
9 products of pixel × weight add up to 2. 2 + bias 0 = 2.
    """

    _esm, _css = front_end("network_explorer")

    model = None

    image = Checked()
    layer = Checked().tag(sync=True)
    channel = Checked().tag(sync=True)
    pixel = traitlets.Any().tag(sync=True)
    input_channel = traitlets.Any().tag(sync=True)
    _overview = traitlets.Any([]).tag(sync=True)  # a picture of each layer
    _scores = traitlets.Any([]).tag(sync=True)
    _out = traitlets.Any({}).tag(sync=True)  # the map that is shown, and the one that goes in
    _in = traitlets.Any({}).tag(sync=True)
    _trace = traitlets.Any({}).tag(sync=True)

    def __init__(self, model, image, class_names=None):
        self.model, self._class_names = model, class_names
        self._shape, self._verified, self._explained = _check_model(model), set(), None
        self.image = image  # first, because the rest depends on it
        super().__init__(layer=1, channel=0, pixel=None, input_channel=None)

    @property
    def outputs(self):
        return tuple(step.outputs for step in self._steps)

    @property
    def value(self):
        return float(self._outputs[self._place])

    @property
    def _outputs(self):
        return self._steps[self.layer].outputs

    @property
    def _place(self):
        return place_in(self._outputs, self.channel, self.pixel)

    @traitlets.validate("image")
    def _accept_image(self, proposal):
        with refusing():
            return read_only(_check_image(proposal["value"], self._shape))

    @traitlets.validate("layer", "channel", "pixel", "input_channel")
    def _accept(self, proposal):
        name, value = proposal["trait"].name, proposal["value"]
        with refusing():
            if name == "layer":
                return _below("layer", value, len(self._steps), "the image and the model's layers")
            sizes, maps = places_of(self._outputs)
            if name == "channel":
                return _below("channel", value, maps or 1, f"the maps of layer {self.layer}")
            if value is None:
                return None
            if name == "input_channel":
                before = self._steps[max(self.layer - 1, 0)].outputs
                return _below("input_channel", value, places_of(before)[1] or 1, "the maps of the layer before")
            return _check_pixel(value, sizes, self.layer)

    @traitlets.observe("image")
    def _run(self, change):
        with np.errstate(over="ignore", invalid="ignore"):
            steps = steps_of(self.model, self.image, self._verified)
        scores = steps[-1].outputs
        names = names_of_classes(self._class_names, len(scores)) if scores.ndim == 1 else []
        best = {int(np.argmax(scores)): "← largest"} if names and not np.isnan(scores).any() else {}
        with self.hold_sync():
            self._steps = steps
            for step in steps:
                read_only(step.outputs)
            self._overview = [_sheet(number, step) for number, step in enumerate(steps)]
            self._scores = bars(scores, names, best, top=None if len(names) <= 20 else 10) if names else []
            self._explained = None
            if self.layer is not None:
                self._explain()

    @traitlets.observe("layer", "channel", "pixel", "input_channel")
    def _explain(self, change=None):
        """Everything about the chosen number, once the choice is one that exists."""
        step, outputs = self._steps[self.layer], self._outputs
        sizes, maps = places_of(outputs)
        with self.hold_sync():
            if self.channel >= (maps or 1):
                self.channel = 0
            pixel = self.pixel
            if pixel is None or len(pixel) != len(sizes) or any(i >= n for i, n in zip(pixel, sizes)):
                values = outputs[..., self.channel] if maps else outputs.ravel()
                best = np.argmax(np.nan_to_num(values, nan=-np.inf))
                self.pixel = tuple(int(i) for i in np.unravel_index(best, sizes))
            key = self.layer, self.channel, self.pixel, self.input_channel
            if key == self._explained:
                return
            self._explained = key
            place = self._place
            with np.errstate(over="ignore", invalid="ignore"):
                self._said = opened(step, place, self.input_channel)
            value = number(float(outputs[place]))
            lines = [line[0].upper() + line[1:] if i == 0 else line for i, line in enumerate(self._said.lines)]
            self._out = _picture(self.layer, outputs, self.channel)
            before = self._steps[self.layer - 1].outputs if self.layer else None
            self._in = _picture(self.layer - 1, before, self._said.channel) if self.layer else {}
            self._trace = {
                "of": list(key[:2]),
                "title": f"{self._called()} = {value}",
                "lines": lines,
                "hint": "Choose an underlined number to see where it comes from." if self._said.grids else "",
                "grids": self._said.grids,
                "window": _two(self._said.window),
                "field": self._field(),
            }

    def _field(self):
        """The receptive field on the picture of the image, as fractions of one of its tiles."""
        image = self._steps[0].outputs
        field = field_of(self._steps, self.layer, self.channel, self.pixel) if self.layer else None
        if field is None or image.ndim not in (2, 3):
            return None
        pitch = self._overview[0]["pitch"]
        box = _two([[low for low, _ in field], [high - low + 1 for low, high in field]])
        return [[part / size for part, size in zip(one, pitch)] for one in box]

    def _called(self):
        """The chosen number, in words."""
        layer = f"Layer {self.layer}, {self._steps[self.layer].kind}" if self.layer else "The image"
        what = f"map {self.channel} {list(self.pixel)}" if places_of(self._outputs)[1] else f"unit {self.pixel[0]}"
        return f"{layer}, {what}"

    _nearest = ("pixel",)
    _most = 950_000

    def _wishes(self):
        def wish(layer, channel, pixel=None, input_channel=None):
            return {"layer": layer, "channel": channel, "pixel": pixel, "input_channel": input_channel}

        maps = [(layer, channel) for layer, step in enumerate(self._steps)
                for channel in range(min(places_of(step.outputs)[1] or 1, _MAPS))]  # fmt: skip
        yield from (wish(*which) for which in maps)
        # Back from the number that is explained, to the image
        layer, channel, pixel, said = self.layer, self.channel, self.pixel, self._said
        while layer:
            links = [link for grid in said.grids for link in grid["go"] if link]
            yield from (wish(layer, channel, pixel, link[1]) for link in links if link[0] == "source")
            walks = [link for link in links if link[0] == "walk"]
            yield from (wish(layer - 1, which, place) for _, which, place in walks)
            if not walks:
                break
            layer, (_, channel, pixel) = layer - 1, max(walks, key=lambda link: self._number_at(layer - 1, *link[1:]))
            said = opened(self._steps[layer], place_in(self._steps[layer].outputs, channel, tuple(pixel)))
        for many in (4, 8):
            for layer, channel in reversed(maps):
                sizes, has_maps = places_of(self._steps[layer].outputs)
                along = [np.linspace(0, size - 1, min(size, many if has_maps else 32)).astype(int) for size in sizes]
                places = np.stack(np.meshgrid(*along, indexing="ij"), -1).reshape(-1, len(sizes)).tolist()
                yield from (wish(layer, channel, place) for place in places)

    def _number_at(self, layer, channel, pixel):
        outputs = self._steps[layer].outputs
        return np.nan_to_num(outputs[place_in(outputs, channel, tuple(pixel))])

    def describe(self):
        """One sentence that says what the explorer shows."""
        best = next((f"; the largest output is {bar[0]}: {bar[1]}" for bar in self._scores if bar[3]), "")
        return (
            f"NetworkExplorer: {count(len(self._steps) - 1, 'layer')}{best}. {self._trace['title']}: "
            f"{' '.join(line + '.' * (line[-1] not in '.:') for line in self._said.lines)}"
        )

    def _static_html(self):
        """A picture of every layer with its alternative text, the scores, and the number that is explained."""
        parts = [f"<p>{html.escape(self.describe(), quote=False)}</p>"]
        for sheet in self._overview:
            alt = html.escape(f"{sheet['name']}: {sheet['says']}")
            parts.append(f'<p>{alt}<br>\n<img alt="{alt}" src="data:image/png;base64,{_png(sheet)}"></p>')
        if self._scores:
            parts.append(table("Outputs", np.array([[*bar[:2], bar[3]] for bar in self._scores], object)))
        for grid in self._said.grids:
            text = [f"{label}: {text}" for label, text in zip(grid.get("labels", []), grid["text"])] or grid["text"]
            text = text + [""] * (-len(text) % grid["columns"])
            parts.append(table(grid["name"], np.reshape(text, (-1, grid["columns"]))))
        return "\n".join(parts)


# What is accepted


def _check_model(model):
    """The shape of one input; an error if the layers do not work one after the other."""
    if isinstance(model, Sequential) and not model.layers:
        raise ValueError("`model` has no layers yet: add some.")
    shape = image_shape(model)
    if isinstance(model, Sequential) or type(model).__name__ == "Sequential":
        return shape
    last = None
    is_functional = bool(getattr(model, "inputs", None))
    for layer in getattr(model, "layers", []) if is_functional else []:
        if last is not None and layer.input is not last:
            raise ValueError(
                f"`model` must be a row of layers, each taking what the one before gives; {layer.name!r} takes "
                "something else. Make a model of one path through it: keras.Model(inputs, outputs)."
            )
        last = layer.output
    if last is None:
        raise TypeError("`model` must be Sequential or functional: one of another kind does not say how it is built.")
    return shape


def _check_image(image, shape):
    """The image as the model takes it, without the batch."""
    image = as_float("image", as_numbers(image)).astype(np.float32)
    one_channel = image.shape[:-1] if image.shape[-1:] == (1,) else image.shape
    for given in (image.shape, (*image.shape, 1), one_channel, (image.size,)):
        if image.size and len(given) == len(shape) and all(want in (None, n) for want, n in zip(shape, given)):
            return image.reshape(given)
    if image.ndim == 1 and image.size == math.prod(size or 0 for size in shape):
        return image.reshape(shape)
    advice = ""
    if image.ndim == len(shape) + 1:
        advice = " Take one image of the batch: images[0]."
    elif channels_first(image) and len(shape) == 3:
        advice = " Put the channels last: np.moveaxis(image, 0, -1)."
    elif image.ndim == 3 and shape[-1:] == (3,) and image.shape[-1] == 4:
        advice = " The fourth channel is the opacity; without it: image[..., :3]."
    elif image.ndim == 3 and image.shape[-1] in (3, 4) and shape[-1:] != (3,):
        advice = " It is in color; in gray: image[..., :3].mean(axis=-1)."
    elif image.ndim in (2, 3) and image.shape[:2] != shape[:2] and len(shape) > 1 and None not in shape[:2]:
        advice = f" Scale it: cnnlab.utils.load_img(file, target_size={shape[:2]})."
    raise ValueError(f"`image` must have the shape that the model takes, {shape}; got shape {image.shape}.{advice}")


def _below(name, value, many, what):
    value = whole_number(name, value, at_least=0)
    if value >= many:
        raise ValueError(f"`{name}` counts {what} from 0, and there are {many}; got {in_short(value)}.")
    return value


def _check_pixel(pixel, sizes, layer):
    try:
        checked = tuple(whole_number("pixel", place, at_least=0) for place in pixel)
        if len(checked) == len(sizes) and all(place < size for place, size in zip(checked, sizes)):
            return checked
    except (TypeError, ValueError):
        pass
    form, size = {1: "(place,)", 2: "(row, column)"}[len(sizes)], " × ".join(map(str, sizes))
    raise ValueError(f"`pixel` must be None or {form} within layer {layer}, {size}; got {in_short(pixel)}.")


# Pictures


def _range(array):
    finite = array[np.isfinite(array)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


def _two(box):
    """A place and a size with two axes: in one dimension, with a second one of length 1."""
    return box and [[*box[0], 0][:2], [*box[1], 1][:2]]


def _plane(outputs, channel):
    """One map as a picture; all values in rows, where there are no maps."""
    if outputs.ndim in (2, 3):
        return outputs[..., channel].reshape(len(outputs), -1)
    side = math.isqrt(outputs.size)
    width = side if side * side == outputs.size > _ROW else min(outputs.size, _ROW)
    rows = np.full((-(-outputs.size // width), width), np.nan, np.float32)
    rows.ravel()[: outputs.size] = outputs.ravel()
    return rows


def _tinted(plane, channel, low):
    """One channel of a color image, as red, green or blue."""
    colored = np.full((*plane.shape, 3), low)
    colored[..., channel] = plane
    return colored


def _sheet(number, step):
    """All maps of a layer side by side, as one picture."""
    outputs = step.outputs
    low, high = _range(outputs)
    sizes, maps = places_of(outputs)
    values = f"black {_short(low)}, white {_short(high)}"
    size = " × ".join(map(str, outputs.shape))
    plane = _plane(outputs, 0)
    if maps is None:
        tiles, pitch, sheet = plane.shape, (1, 1), plane
        tiles_shown, notes = 0, [count(outputs.size, "value"), values]
    else:
        skip = -(-max(plane.shape) // _SIDE) if maps > 1 else 1
        tiles_shown = min(maps, _MAPS)
        columns = min(tiles_shown, 8)
        tiles = (-(-tiles_shown // columns), columns)
        gap = int(tiles_shown > 1)
        height, width = plane[::skip, ::skip].shape
        pitch = ((height + gap) * skip, (width + gap) * skip)
        tinted = (3,) if number == 0 and maps == 3 else ()
        sheet = np.full((tiles[0] * (height + gap), tiles[1] * (width + gap), *tinted), (low + high) / 2)
        for i in range(tiles_shown):
            top, left = (i // columns) * (height + gap), (i % columns) * (width + gap)
            tile = _plane(outputs, i)[::skip, ::skip]
            sheet[top : top + height, left : left + width] = _tinted(tile, i, low) if tinted else tile
        one = " × ".join(map(str, sizes))
        notes = [f"{count(maps, 'map')} of {one}" + f", the first {tiles_shown}" * (tiles_shown < maps), values]
    return {
        "name": f"{number} {step.kind}" if number else "0 the image",
        "size": size,
        "says": "; ".join(notes),
        "tiles": list(tiles),
        "pitch": list(pitch),
        "maps": maps,
        "count": tiles_shown or outputs.size,
        "width": _width(tiles, maps),
        "sheet": paint(sheet, low, high),
    }


def _width(tiles, maps):
    """How wide the picture of a layer is shown, in em."""
    rows, columns = tiles
    return max(8, 4.5 * columns) if maps else min(1.5 * columns, 9 * columns / rows)


def _picture(number, outputs, channel):
    """One map, for the page."""
    low, high = _range(outputs)
    plane = _plane(outputs, channel)
    _, maps = places_of(outputs)
    if number == 0 and maps == 3:
        plane = _tinted(plane, channel, low)
    return {
        "layer": number,
        "channel": channel if maps else 0,
        "says": f"layer {number}, map {channel}" if number and maps else f"layer {number}" if number else "the image",
        "axes": outputs.ndim - 1 if maps else 0,
        "count": outputs.size,
        "picture": paint(plane, low, high),
    }


def _short(value):
    return number(float(f"{value:.2g}"))


def _png(sheet):
    """The picture of a layer as PNG, large enough to see."""
    from PIL import Image

    height, width = sheet["sheet"]["size"]
    pixels = np.frombuffer(base64.b64decode(sheet["sheet"]["pixels"]), np.uint8).reshape(height, width, -1)
    image = Image.fromarray(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels)
    scale = max(1, min(8, 320 // max(height, width)))
    file = io.BytesIO()
    image.resize((width * scale, height * scale), Image.Resampling.NEAREST).save(file, "png", optimize=True)
    return base64.b64encode(file.getvalue()).decode()
