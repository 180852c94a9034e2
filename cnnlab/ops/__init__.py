"""`keras.ops` in NumPy that you can read: arrays in, arrays out.

Names, arguments, defaults and results are those of `keras.ops`, channels-last. For every op:

- Integers and plain Python numbers become `float32`; a floating-point array keeps its type, and a
  kernel takes the type of the inputs. `float16` is summed in `float32`, then rounded once.
- NaN passes through: an output that used a NaN is NaN.
- An empty batch gives an empty output. The arguments are never modified.
- `data_format` may be None or "channels_last", the one layout here.
"""

from .activations import leaky_relu, relu, sigmoid, softmax, tanh
from .convolution import conv
from .pooling import average_pool, max_pool

__all__ = ["average_pool", "conv", "leaky_relu", "max_pool", "relu", "sigmoid", "softmax", "tanh"]
