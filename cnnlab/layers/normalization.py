"""Batch normalization, with its moving averages; layer normalization, which needs none."""

import numpy as np

from .. import ops
from ..arithmetic import real_number, true_or_false, whole_number
from .layer import Layer, check_kept_sizes

__all__ = ["BatchNormalization", "LayerNormalization"]


class BatchNormalization(Layer):
    """Every channel shifted and scaled: while training to mean 0 and variance 1 over the batch.

    Otherwise with the moving averages that training left. Then both are learned anew: · gamma + beta.

    Parameters
    ----------
    axis : int
        The axis of the channels.
    momentum : float
        How slowly the moving averages forget.
    epsilon : float
        Keeps a channel that never changes from dividing by zero.
    center, scale : bool
        Whether there is a beta, and a gamma.
    …_initializer, …_regularizer, …_constraint
        For beta and gamma; initializers for the moving averages as well.

    Weights: gamma, beta, moving_mean, moving_variance, each (channels,). The last two are not
    trainable; with trainable=False the layer always uses them, as in Keras.

    Source: `keras.layers.BatchNormalization`; Ioffe & Szegedy, 2015.

    >>> BatchNormalization(epsilon=0)([[1, 10], [3, 30]], training=True)
    array([[-1., -1.],
           [ 1.,  1.]], dtype=float32)
    """

    def __init__(
        self,
        axis=-1,
        momentum=0.99,
        epsilon=1e-3,
        center=True,
        scale=True,
        beta_initializer="zeros",
        gamma_initializer="ones",
        moving_mean_initializer="zeros",
        moving_variance_initializer="ones",
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.axis = whole_number("axis", axis, at_least=None)
        self.momentum = real_number("momentum", momentum, at_least=0, at_most=1)
        self.epsilon = real_number("epsilon", epsilon, at_least=0)
        self.center, self.scale = true_or_false("center", center), true_or_false("scale", scale)
        self.keep_settings("beta", beta_initializer, beta_regularizer, beta_constraint)
        self.keep_settings("gamma", gamma_initializer, gamma_regularizer, gamma_constraint)
        self.keep_settings("moving_mean", moving_mean_initializer)
        self.keep_settings("moving_variance", moving_variance_initializer)
        self.gamma = self.beta = None

    def build(self, input_shape):
        if not -len(input_shape) <= self.axis < len(input_shape):
            raise ValueError(f"`axis` {self.axis} is not an axis of inputs of shape {input_shape}.")
        shape = (input_shape[self.axis],)
        if self.scale:
            self.add_weight("gamma", shape, *self.settings_of("gamma"))
        if self.center:
            self.add_weight("beta", shape, *self.settings_of("beta"))
        for name in ("moving_mean", "moving_variance"):
            self.add_weight(name, shape, *self.settings_of(name), trainable=False)

    def call(self, inputs, training=False):
        of_batch = training and self.trainable
        if of_batch:
            others = self._other_axes(inputs)
            mean = inputs.mean(axis=others, dtype=np.float64).astype(inputs.dtype)
            variance = np.square(inputs - self._along_axis(mean, inputs)).mean(axis=others, dtype=np.float64)
            variance = variance.astype(inputs.dtype)
            self.moving_mean = self.momentum * self.moving_mean + (1 - self.momentum) * mean
            self.moving_variance = self.momentum * self.moving_variance + (1 - self.momentum) * variance
        else:
            mean, variance = self.moving_mean, self.moving_variance
        self.saved = inputs, mean, variance, of_batch
        return ops.batch_normalization(inputs, mean, variance, self.axis, self.beta, self.gamma, self.epsilon)

    def call_grad(self, grad):
        inputs, mean, variance, of_batch = self.saved
        d_inputs, d_mean, d_variance, d_beta, d_gamma = ops.batch_normalization_grad(
            grad, inputs, mean, variance, self.axis, self.beta, self.gamma, self.epsilon
        )
        if self.gamma is not None:
            self.gradients["gamma"] = d_gamma
        if self.beta is not None:
            self.gradients["beta"] = d_beta
        if not of_batch:
            return d_inputs
        # The mean and the variance were made of the inputs: each input has its share in them.
        share = len(mean) / inputs.size
        d_mean, d_variance, mean = (self._along_axis(x, inputs) for x in (d_mean, d_variance, mean))
        return d_inputs + share * (d_mean + 2 * d_variance * (inputs - mean))

    def _other_axes(self, inputs):
        return tuple(i for i in range(inputs.ndim) if i != self.axis % inputs.ndim)

    def _along_axis(self, per_channel, inputs):
        return np.expand_dims(per_channel, self._other_axes(inputs))


class LayerNormalization(Layer):
    """Every example by itself shifted and scaled to mean 0 and variance 1 along `axis`; then learned anew: · gamma + beta.

    It does the same while training and after, for any size of the batch.

    Parameters
    ----------
    axis : int or sequence of ints
        The axes of which mean and variance are taken: -1 for the channels of each pixel, (1, 2, 3) for a
        whole picture.
    epsilon : float
        Keeps what never changes from dividing by zero.
    center, scale : bool
        Whether there is a beta, and a gamma.
    …_initializer, …_regularizer, …_constraint
        For beta and gamma.

    Weights: gamma, beta, each with one number for each place along `axis`.

    Source: `keras.layers.LayerNormalization`; Ba, Kiros & Hinton, 2016.

    >>> LayerNormalization(epsilon=0)([[1, 3], [10, 30]])
    array([[-1.,  1.],
           [-1.,  1.]], dtype=float32)
    """

    def __init__(
        self,
        axis=-1,
        epsilon=1e-3,
        center=True,
        scale=True,
        beta_initializer="zeros",
        gamma_initializer="ones",
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        several = isinstance(axis, (tuple, list))
        axes = [whole_number("axis", one, at_least=None) for one in (axis if several else [axis])]
        if not axes or 0 in axes:
            raise ValueError(f"`axis` must name axes of one example; the batch is axis 0; got {axis!r}.")
        self.axis = axes if several else axes[0]
        self.epsilon = real_number("epsilon", epsilon, at_least=0)
        self.center, self.scale = true_or_false("center", center), true_or_false("scale", scale)
        self.keep_settings("beta", beta_initializer, beta_regularizer, beta_constraint)
        self.keep_settings("gamma", gamma_initializer, gamma_regularizer, gamma_constraint)
        self.gamma = self.beta = None

    def build(self, input_shape):
        shape = tuple(input_shape[axis] for axis in self._axes(input_shape))
        if self.scale:
            self.add_weight("gamma", shape, *self.settings_of("gamma"))
        if self.center:
            self.add_weight("beta", shape, *self.settings_of("beta"))

    def call(self, inputs, training=False):
        self.saved = inputs
        return ops.layer_normalization(inputs, self.gamma, self.beta, self._axes(inputs.shape), self.epsilon)

    def call_grad(self, grad):
        d_inputs, d_gamma, d_beta = ops.layer_normalization_grad(
            grad, self.saved, self.gamma, self.beta, self._axes(self.saved.shape), self.epsilon
        )
        if self.gamma is not None:
            self.gradients["gamma"] = d_gamma
        if self.beta is not None:
            self.gradients["beta"] = d_beta
        return d_inputs

    def _axes(self, shape):
        """The axes as sorted numbers from 1 up."""
        axes = self.axis if isinstance(self.axis, list) else [self.axis]
        if any(not -len(shape) < axis < len(shape) for axis in axes):
            raise ValueError(f"`axis` {self.axis} is not an axis of an example, in inputs of shape {shape}.")
        return sorted({axis % len(shape) for axis in axes})

    def _check_shape(self, shape):
        if self.built:
            check_kept_sizes(self, shape, self._axes(self.built_for))
