"""A matplotlib figure together with the sentence that describes it."""

import base64
import html
import io

from matplotlib.figure import Figure
from PIL import Image

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
        self.figure = figure
        self.alt = alt
        buffer = io.BytesIO()
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


def _smaller(buffer):
    """The PNG with 256 colors instead of millions: a third of the size in a stored notebook."""
    image, smaller = Image.open(buffer).convert("RGB"), io.BytesIO()
    image.quantize(256, dither=Image.Dither.NONE).save(smaller, format="png", optimize=True)
    return smaller.getvalue()
