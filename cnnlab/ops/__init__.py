"""`keras.ops` in NumPy that you can read: arrays in, arrays out.

Names, arguments, defaults and results are those of `keras.ops`, channels-last. For every op:

- Integers and plain Python numbers become `float32`; a floating-point array keeps its type, and a
  kernel takes the type of the inputs. `float16` is summed in `float32`, then rounded once.
- NaN passes through: an output that used a NaN is NaN.
- An empty batch gives an empty output. The arguments are never modified.
- `data_format` may be None or "channels_last", the one layout here.

Beside every op `f` that has a gradient stands `f_grad(grad, …)`: `grad` is the gradient of the loss
by the output of `f`, the rest is what `f` had, and the result is the gradient by each array.

To see how a convolution is computed, read `_plain.py`; then `_ways.py`, which chooses a faster way with the same
result, and `_lowering.py`, `_winograd.py` and `_few.py`, which are these ways. `_threads.py` shares the work among cores.

Traps, the same as in Keras:

- `gelu` approximates unless told not to; the activation "gelu" of a layer is exact.
- `leaky_relu` has the slope 0.2; the layer `LeakyReLU` has 0.3.
- `categorical_crossentropy` divides probabilities that do not sum to one by their sum.
- "same" padding is not symmetric when its amount is odd: the extra cell comes after.
"""

from . import activations, convolution, losses, normalization, pooling
from .activations import *
from .convolution import *
from .losses import *
from .normalization import *
from .pooling import *

__all__ = sorted(activations.__all__ + convolution.__all__ + losses.__all__ + normalization.__all__ + pooling.__all__)
