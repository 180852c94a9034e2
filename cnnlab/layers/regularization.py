"""Layers that drop something at random while training."""

from statistics import NormalDist

import numpy as np

from .. import _random
from .core import Dense
from .layer import Layer, sum_over_positions

__all__ = ["DropConnect", "Dropout"]


class Dropout(Layer):
    """While training, sets inputs to 0 at random, and scales up the others so that the sum stays the same on average.

    Parameters
    ----------
    rate : float
        The share that is dropped, from 0 to 1.
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
        self.rate, self.noise_shape = check_rate(rate), noise_shape
        self.generator = None if seed is None else _random.generator(seed)

    def call(self, inputs, training=False):
        self.saved = None
        if not training or self.rate == 0:
            return inputs
        shape = inputs.shape
        if self.noise_shape is not None:
            shape = tuple(size if given is None else given for given, size in zip(self.noise_shape, shape, strict=True))
        keep = (self.generator or _random.generator()).random(shape, dtype=np.float32) >= self.rate
        self.saved = keep * inputs.dtype.type(scale_up(self.rate))
        return inputs * self.saved

    def call_grad(self, grad):
        return grad if self.saved is None else grad * self.saved


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
        The share of the weights that is dropped, from 0 to 1.
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
        self.rate = check_rate(rate)
        self.generator = None if seed is None else _random.generator(seed)
        self._activation_alone = self.activation
        self.activation = self.activation._replace(function=self._mean_activation)

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

    def _mean_activation(self, sums):
        """The activation of the sums; when not training, its mean over their distribution."""
        *_, deviation = self.saved
        if deviation is None or self._activation_alone.name == "linear":
            return self._activation_alone(sums)
        return sum(self._activation_alone(sums + deviation * place) for place in _PLACES) / len(_PLACES)


# Equally likely places of the normal distribution with mean 0 and deviation 1.
_PLACES = [NormalDist().inv_cdf((i + 0.5) / 64) for i in range(64)]


def check_rate(rate):
    if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not 0 <= rate < 1:
        raise ValueError(
            f"`rate` must be a number from 0 up to, but not including, 1: the share to drop; got {rate!r}."
        )
    return float(rate)


def scale_up(rate):
    return 1 / (1 - rate)
