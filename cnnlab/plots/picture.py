"""A matplotlib figure together with the sentence that describes it."""

import base64
import html
import io
import math

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from .._names import count

# Okabe & Ito's colors, which color-blind readers can tell apart; black first.
COLORS = ["#000000", "#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"]
DPI = 96


class Picture:
    """A finished figure with alternative text.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    alt : str
        What the picture shows, in words.
    """

    def __init__(self, figure, alt):
        if not isinstance(figure, Figure):
            raise TypeError(f"`figure` must be a matplotlib Figure; got {figure!r}.")
        if not isinstance(alt, str):
            raise TypeError(f"`alt` must be a text that says what the picture shows; got {alt!r}.")
        self.figure = figure
        self.alt = alt
        buffer = io.BytesIO()
        with np.errstate(all="ignore"):  # of very large numbers
            figure.savefig(buffer, format="png", dpi=DPI)
        self.png = _smaller(buffer)

    def __repr__(self):
        return f"Picture: {self.alt}"

    def save(self, path):
        """Write the picture to a PNG file."""
        with open(path, "wb") as file:
            file.write(self.png)

    def _repr_mimebundle_(self, include=None, exclude=None):
        # JupyterLab and nbconvert take an alternative text from HTML only, never from image/png.
        data = base64.b64encode(self.png).decode()
        image = f'<img alt="{html.escape(self.alt)}" src="data:image/png;base64,{data}">'
        return {"text/plain": repr(self), "text/html": image, "image/png": data}


def new_figure(width, height):
    """An empty figure of this size in inches. No pyplot: nothing global, nothing to close."""
    return Figure(figsize=(width, height), layout="constrained")


def written(value, digits=3):
    """A number for a picture or its text: whole if it is whole, else with at most so many digits that count.

    >>> [written(value) for value in (0.123456, -2.5, 1234.5, 60000, 1e-7, float("nan"))]
    ['0.123', '−2.5', '1230', '60000', '1e−7', 'NaN']
    """
    value = float(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        text = "-∞" if value < 0 else "∞"
    elif value == round(value) and abs(value) < 1e7:
        text = str(round(value))
    elif 1e-3 <= abs(value) < 1e5:
        text = f"{value:.{digits}g}"
        text = f"{float(text):.0f}" if "e" in text else text
    else:
        parts, _, exponent = f"{value:.{digits - 1}e}".partition("e")
        text = f"{parts.rstrip('0').rstrip('.') if '.' in parts else parts}e{int(exponent)}"
    return text.replace("-", "−")


def as_text(name, value):
    """A title or the like: None is an empty one."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError(f"`{name}` must be a text; got {value!r}.")
    return value


def as_texts(name, values, number, what):
    """One text for each of `number` things. Numbers will do, such as labels; whole ones are written without a point."""
    if isinstance(values, str):
        values = [values]
    if isinstance(values, (dict, type)) or not hasattr(values, "__iter__"):
        raise TypeError(f"`{name}` must be a list with one text for each {what}; got {values!r}.")
    try:
        values = values if isinstance(values, np.ndarray) else np.asarray(list(values), object)
    except ValueError:
        raise ValueError(f"`{name}` must have one text for each {what}; got arrays of different shapes.") from None
    if values.ndim == 0:
        values = values.reshape(1)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim > 1:
        one_hot = " Are they one-hot rows? Then pass .argmax(axis=1)." if values.ndim == 2 else ""
        raise ValueError(f"`{name}` must have one for each {what}; got shape {values.shape}.{one_hot}")
    if len(values) != number:
        raise ValueError(f"`{name}` must have one for each {what}: got {len(values)} for {count(number, what)}.")
    return [_as_title(value) for value in values.tolist()]


def legend_text(text):
    """A name for a legend. Matplotlib leaves out those that are empty, or begin with an underscore."""
    return f" {text}" if text.startswith("_") or not text else text


def _as_title(value):
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return written(value) if isinstance(value, (float, np.floating)) else str(value)


def _smaller(buffer):
    """The PNG with 256 colors instead of millions: a third of the size in a stored notebook."""
    image, smaller = Image.open(buffer).convert("RGB"), io.BytesIO()
    image.quantize(256, dither=Image.Dither.NONE).save(smaller, format="png", optimize=True)
    return smaller.getvalue()
