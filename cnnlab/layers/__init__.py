"""`keras.layers` in NumPy: the same names, arguments and defaults; each layer calls the ops of `cnnlab.ops`.

Beyond Keras: `DropConnect` and `StochasticPooling2D`.
"""

from . import (
    activation,
    convolution,
    core,
    layer,
    normalization,
    pooling,
    preprocessing,
    regularization,
    reshaping,
)
from .activation import *
from .convolution import *
from .core import *
from .layer import *
from .normalization import *
from .pooling import *
from .preprocessing import *
from .regularization import *
from .reshaping import *

# The short names that Keras knows as well.
MaxPool1D, MaxPool2D, MaxPool3D = MaxPooling1D, MaxPooling2D, MaxPooling3D
AvgPool1D, AvgPool2D, AvgPool3D = AveragePooling1D, AveragePooling2D, AveragePooling3D
GlobalMaxPool1D, GlobalMaxPool2D, GlobalMaxPool3D = GlobalMaxPooling1D, GlobalMaxPooling2D, GlobalMaxPooling3D
GlobalAvgPool1D, GlobalAvgPool2D, GlobalAvgPool3D = (
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalAveragePooling3D,
)

__all__ = sorted(
    activation.__all__
    + convolution.__all__
    + core.__all__
    + layer.__all__
    + normalization.__all__
    + pooling.__all__
    + preprocessing.__all__
    + regularization.__all__
    + reshaping.__all__
)
