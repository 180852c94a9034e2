"""Pictures for the lessons: one function, one picture, with its text alternative.

Each function returns a `Picture`. As the last line of a cell it shows itself; its text
alternative, made from the data, is what a screen reader reads.
"""

from .images import show_images
from .picture import Picture
from .training import LiveCurves, show_confusion, show_curves

__all__ = ["LiveCurves", "Picture", "show_confusion", "show_curves", "show_images"]
