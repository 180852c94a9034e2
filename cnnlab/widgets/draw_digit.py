"""Draw a digit and see what a model makes of it, stroke by stroke."""

import base64
import html
import io

import numpy as np
import traitlets

from .._pictures import one_picture
from ..arithmetic import in_short, real_number, true_or_false, whole_number
from ._explorer import Checked, Explorer, front_end, paint, read_only, refusing
from ._models import bars, image_shape, names_of_classes, predict
from ._numbers import number

SIDE = 28  # of what the network sees
BOX = 20  # the longer side of a digit in MNIST
_FINE = 112  # pixels along a side of an empty drawing
_LARGEST = 512
_MOST_BARS = 10


def _to_wire(image, widget=None):
    return None if image is None else paint(image)


def _from_wire(sent, widget=None):
    pixels = np.frombuffer(base64.b64decode(sent["pixels"]), np.uint8)
    return pixels.reshape(sent["size"]).astype(np.float32) / np.float32(255)


class DrawDigit(Explorer):
    """A sheet to draw a digit on, what the network sees of it, and what it says.

    Draw with the mouse, a finger or the keyboard: the arrow keys move the pen, the space bar puts it down
    and lifts it. Everything shown is also an attribute: set it and the picture follows, read it
    after drawing, or watch it with `observe`.

    Parameters
    ----------
    model : Keras or cnnlab model
        It takes inputs of shape (28, 28, 1), (28, 28) or (784,) and gives a score for each class.
    image : array, shape (H, W), optional
        The drawing, from 0 (the sheet) to 1 (the pen), or integers from 0 to 255; at most 512 × 512.
        Empty unless you give one.
    centered : bool
        Whether the drawing is first put where MNIST has its digits, see `center_as_mnist`. Without, all of
        it is made 28 × 28, and a digit drawn small, large or at the side looks like none the model has seen.
    brush : int, 1 to 6
        How thick the pen is, if the sheet were 28 × 28 pixels.
    class_names : list of str, optional
    white : float
        The number that the model's training images had where the pen was: 1, or 255 if they were not scaled.

    Attributes
    ----------
    network_image : array, shape (28, 28)
        What the network sees, from 0 to 1.
    scores : array, shape (classes,), or None
        What the model gives for it; None while the sheet is empty.
    prediction : int or None
        The class with the highest score; None if there is none, or if the model gives NaN.

    Raises
    ------
    ValueError or TypeError
        If an argument does not fit, here or when an attribute is set later (then it is a
        `traitlets.TraitError` as well). The explorer stays as it was.

    >>> from cnnlab import Sequential, layers
    >>> model = Sequential([layers.Input((28, 28)), layers.Flatten(), layers.Dense(10, activation="softmax")])
    >>> draw = DrawDigit(model)
    >>> draw
    DrawDigit: the sheet is empty.
    >>> draw.image = np.eye(40)
    >>> draw.network_image.shape, draw.scores.shape
    ((28, 28), (10,))
    """

    _esm, _css = front_end("draw_digit")

    image = Checked().tag(sync=True, to_json=_to_wire, from_json=_from_wire)
    centered = Checked(True).tag(sync=True)
    brush = Checked(2).tag(sync=True)
    _seen = traitlets.Dict().tag(sync=True)
    _inverted = traitlets.Int(0).tag(sync=True)  # how often the page has asked for ink and paper to be swapped

    def __init__(self, model, image=None, *, centered=True, brush=2, class_names=None, white=1):
        shape = image_shape(model)
        if not any(len(shape) == len(fits) and all(a in (None, b) for a, b in zip(shape, fits))
                   for fits in ((SIDE, SIDE, 1), (SIDE, SIDE), (SIDE * SIDE,))):  # fmt: skip
            raise ValueError(f"`model` must take inputs of shape (28, 28, 1), (28, 28) or (784,); it takes {shape}.")
        self._model, self._white = model, np.float32(real_number("white", white, above=0))
        classes = len(self._predict(np.zeros((SIDE, SIDE), np.float32)))
        self._names = names_of_classes(class_names, classes)
        blank = np.zeros((_FINE, _FINE), np.float32)
        super().__init__(image=blank if image is None else image, centered=centered, brush=brush)

    @property
    def network_image(self):
        return self._network_image

    @property
    def scores(self):
        return self._scores

    @property
    def prediction(self):
        return None if self._scores is None or np.isnan(self._scores).any() else int(np.argmax(self._scores))

    @traitlets.validate("image", "centered", "brush")
    def _accept(self, proposal):
        name, value = proposal["trait"].name, proposal["value"]
        with refusing():
            if name == "image":
                return _check_image(value)
            if name == "centered":
                return true_or_false("centered", value)
            value = whole_number("brush", value, at_least=1)
            if value > 6:
                raise ValueError(f"`brush` must be at most 6; got {in_short(value)}.")
            return value

    @traitlets.observe("image", "centered")
    def _look(self, change=None):
        """What the network sees, and says."""
        if self.image is None:
            return  # not yet made
        empty = not self.image.any()
        network_image, place = center_as_mnist(self.image, with_place=True) if self.centered else _shrink(self.image)
        self._network_image = read_only(network_image)
        self._scores = None if empty else read_only(self._predict(network_image))
        self._seen = {
            "picture": paint(network_image),
            "steps": "Draw a digit, and see it here as the network does." if empty else _steps(self.image, place),
            "cut": place and place["cut"],
            "box": place and place["box"],
            "bars": self._bars(),
            "said": self._said(),
            "swapped": self._swapped(),
        }

    @traitlets.observe("_inverted")
    def _invert(self, change):
        self.image = 1 - self.image

    def _swapped(self):
        """What to say where a dark pen has written on light paper: along the edges there is paper."""
        edges = np.concatenate([self.image[[0, -1]].ravel(), self.image[:, [0, -1]].ravel()])
        if np.median(edges) <= 0.5 or self.image.mean() <= 0.5:
            return ""
        return "This looks dark on light: the network has learned light on dark."

    def _predict(self, network_image):
        return predict(self._model, network_image[np.newaxis] * self._white)[0]

    def _bars(self):
        if self._scores is None:
            return [[name, "–", 0, ""] for name in self._names[:_MOST_BARS]]
        top = None if len(self._names) <= _MOST_BARS else _MOST_BARS
        return bars(self._scores, self._names, {self.prediction: "◀"}, top)

    # In words, and where no widget runs

    def _said(self):
        if self._scores is None:
            return "The sheet is empty."
        if self.prediction is None:
            return "The model gives NaN: did its training diverge?"
        [score] = [text for name, text, _, mark in self._bars() if mark]
        return f"It looks like {self._names[self.prediction]}, score {score}."

    _kept = ("brush",)

    def _wishes(self):
        yield {"centered": not self.centered}
        if self._swapped():
            yield {"_inverted": self._inverted + 1}

    def describe(self):
        """One sentence that says what is drawn and what the model makes of it."""
        if self._scores is None:
            return "DrawDigit: the sheet is empty."
        if self.prediction is None:
            return f"DrawDigit: {self._said()}"
        how = "centered as in MNIST" if self.centered else "not centered"
        best = bars(self._scores, self._names, top=3)
        swapped = f" {self._swapped()} Invert it: image = 1 - image." if self._swapped() else ""
        return f"DrawDigit: a drawing ({how}) gets {', '.join(f'{name}: {text}' for name, text, *_ in best)}.{swapped}"

    def _static_html(self):
        said = f"<p>{html.escape(self.describe(), quote=False)}</p>"
        if self._scores is None:
            return said
        rows = "\n".join(
            f"<tr><td>{html.escape(name)}</td><td>{html.escape(text)}</td><td>{mark}</td></tr>"
            for name, text, _, mark in self._bars()
        )
        title = "<tr><th>class</th><th>score</th><th></th></tr>"
        drawn = _png(self.image, f"The drawing, {self.image.shape[0]} by {self.image.shape[1]} pixels.")
        sees = _png(self._network_image, f"What the network sees, 28 by 28 pixels. {self._said()}")
        return f"{said}\n{drawn}\n{sees}\n<table><thead>{title}</thead>\n<tbody>\n{rows}\n</tbody></table>"


def center_as_mnist(image, with_place=False):
    """A drawing, put where MNIST has its digits: (28, 28), from 0 to 1.

    What is drawn, but for specks that touch nothing and hold less than a fiftieth of the ink, is cut out and scaled until its longer side is 20 pixels, by averaging; then it is moved by
    whole pixels until its center of mass lies at row 14 and column 14. An empty image stays empty.

    Source: LeCun, Cortes and Burges, "The MNIST database of handwritten digits".

    Parameters
    ----------
    image : array, shape (H, W)
    with_place : bool
        Also return what was cut out ("cut") and where it lies now ("box"): top, left, height, width.
    """
    drawn = _without_specks(image)
    rows, columns = (np.flatnonzero(drawn.any(axis=axis)) for axis in (1, 0))
    centered = np.zeros((SIDE, SIDE), np.float32)
    if not len(rows):
        return (centered, None) if with_place else centered
    cut = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = (max(1, round(BOX * length / max(cut.shape))) for length in cut.shape)
    small = _resize(cut, height, width)
    middle = [(small.sum(axis=1 - axis) @ np.arange(small.shape[axis])) / small.sum() for axis in (0, 1)]
    top, left = (min(max(round(SIDE // 2 - center), 0), SIDE - length) for center, length in zip(middle, small.shape))
    centered[top : top + height, left : left + width] = small
    place = {"cut": [int(rows[0]), int(columns[0]), *cut.shape], "box": [top, left, height, width]}
    return (centered, place) if with_place else centered


def _without_specks(image):
    """Where something is drawn that is no speck, as booleans; parts of it are told apart on at most 56 × 56 blocks."""
    side = -(-max(image.shape) // 56)
    padded = np.pad(image, [(0, -length % side) for length in image.shape])
    ink = padded.reshape(padded.shape[0] // side, side, -1, side).sum(axis=(1, 3))
    left, kept = set(map(tuple, np.argwhere(ink).tolist())), np.zeros(ink.shape, bool)
    while left:
        part = [left.pop()]
        for row, column in part:  # which grows meanwhile
            around = {(row + down, column + right) for down in (-1, 0, 1) for right in (-1, 0, 1)} & left
            left -= around
            part.extend(around)
        places = tuple(np.transpose(part))
        kept[places] = ink[places].sum() >= ink.sum() / 50
    if not kept.any():  # all of it is specks
        return image > 0
    return kept.repeat(side, axis=0).repeat(side, axis=1)[: image.shape[0], : image.shape[1]] & (image > 0)


def _shrink(image):
    """All of the image, on a square, made 28 × 28."""
    side = max(image.shape)
    add = [((side - length) // 2, side - length - (side - length) // 2) for length in image.shape]
    return _resize(np.pad(image, add), SIDE, SIDE), None


def _resize(image, height, width):
    """Each new pixel is the average of what it covers."""
    rows, columns = (_shares(old, new) for old, new in zip(image.shape, (height, width)))
    return np.clip(rows @ image @ columns.T, 0, 1).astype(np.float32)


def _shares(old, new):
    """How much of each old pixel there is in each new one, shape (new, old); rows sum to 1."""
    edges = np.linspace(0, old, new + 1)
    before, after = edges[:-1, np.newaxis], edges[1:, np.newaxis]
    overlap = np.clip(np.minimum(after, np.arange(1, old + 1)) - np.maximum(before, np.arange(old)), 0, None)
    return overlap / overlap.sum(axis=1, keepdims=True)


def _steps(image, place):
    if place is None:
        return f"All {image.shape[0]} × {image.shape[1]} pixels, made {SIDE} × {SIDE}."
    cut, box = place["cut"][2:], place["box"][2:]
    return (
        f"Cut out ({cut[0]} × {cut[1]} pixels), scaled to {box[0]} × {box[1]}, "
        f"and moved: its center of mass is now in the middle (+)."
    )


def _check_image(image):
    array = one_picture("image", image)
    if array.ndim != 2:
        raise ValueError(
            f"`image` must be gray, (H, W); got {array.shape}, in color. Make it gray: image[..., :3].mean(axis=-1); or read "
            "it so: cnnlab.utils.load_img(file, color_mode='grayscale'). The pen must be light: a dark one on white paper "
            "becomes that with 255 - image."
        )
    if max(array.shape) > _LARGEST:
        raise ValueError(f"`image` must have shape (H, W), each from 1 to {_LARGEST}; got {array.shape}.")
    white = 255 if array.dtype.kind in "iu" and array.max() > 1 else 1
    if not (array.min() >= 0 and array.max() <= white):  # NaN is refused, too
        raise ValueError(
            f"`image` must hold numbers from 0 to 1, or integers from 0 to 255; "
            f"these go from {number(float(array.min()))} to {number(float(array.max()))}."
            + (" Divide them: image / 255." if array.min() >= 0 and 1 < array.max() <= 255 else "")
        )
    return read_only(array.astype(np.float32) / np.float32(white))


def _png(image, alt):
    from PIL import Image

    times = max(1, 112 // max(image.shape))
    pixels = np.round(255 * image).astype(np.uint8).repeat(times, axis=0).repeat(times, axis=1)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="png")
    data = base64.b64encode(buffer.getvalue()).decode()
    return f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{data}">'
