"""Layers that drop something at random while training."""

from statistics import NormalDist

import numpy as np

from .. import _random
from ..arithmetic import real_number, whole_number
from ..ops._arguments import check_data_format
from .core import Dense
from .layer import Layer, sum_over_positions

__all__ = ["DropConnect", "Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"]


class Dropout(Layer):
    """While training, sets inputs to 0 at random, and scales up the others so that the sum stays the same on average.

    Parameters
    ----------
    rate : float
        The share that is dropped, from 0 to 1; with 1, every output is 0 while training, as in Keras.
    noise_shape : tuple of ints, optional
        Shape of the random choice, where 1 stands for one choice along that whole axis, and None
        for the size of the inputs: (None, 1, 1, None) drops whole feature maps.
    seed : int, optional
        The same seed drops the same inputs in every run.

    Source: `keras.layers.Dropout`; Srivastava et al., 2014.

    >>> Dropout(0.5)([[1, 2]])
    array([[1., 2.]], dtype=float32)
    """

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.rate = real_number("rate", rate, at_least=0, at_most=1)
        self.noise_shape = _checked_noise_shape(noise_shape)
        self.seed = _random.check_seed(seed)
        self.generator = None if seed is None else _random.generator(self.seed)

    def build(self, input_shape):
        self.noise_for((None, *input_shape[1:]))

    def noise_for(self, shape):
        """The shape of the random choice for inputs of this shape."""
        if self.noise_shape is None:
            return shape
        fits = len(self.noise_shape) == len(shape) and all(
            size in (None, 1, wanted) or wanted is None for size, wanted in zip(self.noise_shape, shape)
        )
        if not fits:
            raise ValueError(
                f"`noise_shape` must have one entry for each axis of the inputs, whose shape is {shape}: 1, None, or the "
                f"same size; got {self.noise_shape}."
            )
        return tuple(wanted if size is None else size for size, wanted in zip(self.noise_shape, shape))

    def call(self, inputs, training=False):
        self.saved = None
        if not training or self.rate == 0:
            return inputs
        shape = self.noise_for(inputs.shape)
        keep = (self.generator or _random.generator()).random(shape, dtype=np.float32) >= self.rate
        self.saved = keep * inputs.dtype.type(scale_up(self.rate))
        return inputs * self.saved

    def call_grad(self, grad):
        return grad if self.saved is None else grad * self.saved


class _SpatialDropout(Dropout):
    rank = 2

    def __init__(self, rate, data_format=None, seed=None, name=None, dtype=None):
        super().__init__(rate, seed=seed, name=name, dtype=dtype)
        self.data_format = check_data_format(data_format)
        self.input_ndim = self.rank + 2
        self.noise_shape = (None, *(1,) * self.rank, None)


class SpatialDropout1D(_SpatialDropout):
    """`Dropout` of whole channels: (N, length, channels), each of an example's channels is kept or all 0.

    Parameters as for `Dropout`, without `noise_shape`.

    Source: `keras.layers.SpatialDropout1D`; Tompson et al., 2014.
    """

    rank = 1

    def __init__(self, rate, seed=None, name=None, dtype=None):
        super().__init__(rate, None, seed, name, dtype)


class SpatialDropout2D(_SpatialDropout):
    """`Dropout` of whole feature maps: (N, height, width, channels), each of an example's maps is kept or all 0.

    Neighboring pixels of a map say much the same, so that a pixel dropped alone is hardly missed.

    Parameters
    ----------
    rate : float
        The share of the maps that is dropped, from 0 to 1.
    data_format : None or "channels_last"
    seed : int, optional
        The same seed drops the same maps in every run.

    Source: `keras.layers.SpatialDropout2D`; Tompson et al., 2014.

    >>> outputs = SpatialDropout2D(0.5, seed=0)(np.ones((1, 2, 2, 4)), training=True)
    >>> outputs[0, 0, 0]
    array([2., 2., 2., 0.], dtype=float32)
    >>> bool((outputs == outputs[0, 0, 0]).all())
    True
    """

    rank = 2


class SpatialDropout3D(_SpatialDropout):
    """`Dropout` of whole channels of volumes: (N, depth, height, width, channels).

    Parameters as for `SpatialDropout2D`.

    Source: `keras.layers.SpatialDropout3D`; Tompson et al., 2014.
    """

    rank = 3


class DropConnect(Dense):
    """A `Dense` layer that, while training, sets weights to 0 at random: others for every example.

    The weights that stay are scaled up, so that sums stay the same on average, as in `Dropout`.
    When not training, each sum is taken as normally distributed, with the mean and the variance
    that dropping would give it, and the output is the mean of the activation over that distribution.
    Keras has no such layer.

    Parameters
    ----------
    units : int
    rate : float
        The share of the weights that is dropped, from 0 to 1; with 1, only the biases are left while training.
    activation : str, op, or None
        One that works element by element: put a softmax into a `Dense` layer after it.
    seed : int, optional
        The same seed drops the same weights in every run.
    use_bias, kernel_initializer, …
        As for `Dense`. The bias is never dropped.

    Takes memory for batch · channels · units numbers of one byte while training.

    Source: Wan et al., "Regularization of neural networks using DropConnect", 2013.
    """

    input_ndim = 2

    def __init__(self, units, rate=0.5, activation=None, *, seed=None, **kwargs):
        super().__init__(units, activation, **kwargs)
        if "softmax" in self.activation.name:
            raise ValueError(
                "`activation` must work element by element. Put a Dense layer with softmax after this one."
            )
        self.rate = real_number("rate", rate, at_least=0, at_most=1)
        self.seed = _random.check_seed(seed)
        self.generator = None if seed is None else _random.generator(self.seed)

    def call(self, inputs, training=False):
        if training:
            return self._call_dropping(inputs)
        outputs = super().call(inputs)
        variance = self.rate * scale_up(self.rate) * (np.square(inputs) @ np.square(self.kernel))
        self.saved = inputs, None, np.sqrt(variance)
        return outputs

    def _call_dropping(self, inputs):
        generator = self.generator or _random.generator()
        keep = np.empty((len(inputs), *self.kernel.shape), bool)
        outputs = np.empty((len(inputs), self.units), inputs.dtype)
        for n, x in enumerate(inputs):
            keep[n] = generator.random(self.kernel.shape, dtype=np.float32) >= self.rate
            outputs[n] = x @ (self.kernel * keep[n])
        self.saved = inputs, keep, None
        outputs *= scale_up(self.rate)
        return outputs + self.bias if self.use_bias else outputs

    def call_grad(self, grad):
        inputs, keep, _ = self.saved
        if keep is None:
            raise ValueError("goes back only after a call with training=True.")
        if self.use_bias:
            self.gradients["bias"] = sum_over_positions(grad)
        grad = grad * scale_up(self.rate)
        d_inputs, d_kernel = np.empty_like(inputs), np.zeros_like(self.kernel)
        for n, (x, g) in enumerate(zip(inputs, grad)):
            d_kernel += np.outer(x, g) * keep[n]
            d_inputs[n] = (self.kernel * keep[n]) @ g
        self.gradients["kernel"] = d_kernel
        return d_inputs

    def activate(self, sums):
        """The activation of the sums; when not training, its mean over their distribution."""
        *_, deviation = self.saved
        if deviation is None or self.activation.name == "linear":
            return self.activation(sums)
        return sum(self.activation(sums + deviation * place) for place in _PLACES) / len(_PLACES)


# Equally likely places of the normal distribution with mean 0 and deviation 1.
_PLACES = [NormalDist().inv_cdf((i + 0.5) / 64) for i in range(64)]


def _checked_noise_shape(noise_shape):
    if noise_shape is None:
        return None
    if not isinstance(noise_shape, (tuple, list)):
        raise TypeError(f"`noise_shape` must be a tuple such as (None, 1, 1, None); got {noise_shape!r}.")
    return tuple(None if size is None else whole_number("noise_shape", size, at_least=1) for size in noise_shape)


def scale_up(rate):
    return 1 / (1 - rate) if rate < 1 else 0.0  # nothing is left to scale
