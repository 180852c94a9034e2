"""Pictures for the lessons: one function, one picture, with its text alternative.

Each function returns a `Picture`. As the last line of a cell it shows itself; its text
alternative, made from the data, is what a screen reader reads.
"""

from .geometry import show_geometry, show_receptive_field
from .images import show_images
from .kernels import show_feature_maps, show_kernel
from .models import show_architecture, show_gradient_check
from .picture import Picture
from .training import LiveCurves, show_confusion, show_curves, show_training

__all__ = [
    "LiveCurves",
    "Picture",
    "show_architecture",
    "show_confusion",
    "show_curves",
    "show_feature_maps",
    "show_geometry",
    "show_gradient_check",
    "show_images",
    "show_kernel",
    "show_receptive_field",
    "show_training",
]
