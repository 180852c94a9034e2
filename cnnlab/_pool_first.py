"""Pooling before bias and activation, where that gives the same with less work."""

from typing import NamedTuple

import numpy as np

from . import activations, layers
from .ops import _pooled
from .ops._arguments import as_grad
from .ops._masks import tame
from .ops._windows import Geometry, touch

_NEVER_FALL = [activations.get(name) for name in (None, "relu", "sigmoid", "tanh")]
_CONVOLUTIONS = layers.Conv1D, layers.Conv2D, layers.Conv3D
_POOLINGS = layers.MaxPooling1D, layers.MaxPooling2D, layers.MaxPooling3D


def pool_first(model_layers):
    """The layers of a model as the steps it takes: a convolution and the max-pooling after it make one step."""
    steps = []
    for layer in model_layers:
        before = steps[-1] if steps else None
        fits = type(before) in _CONVOLUTIONS and type(layer) in _POOLINGS and before.dtype == layer.dtype
        if fits and before.activation in _NEVER_FALL and layer.activation == activations.get(None):
            steps[-1] = _PoolFirst(before, layer)
        else:
            steps.append(layer)
    return steps


class _PoolFirst:
    """A convolution and the max-pooling after it.

    The largest of some numbers stays the largest when the same bias is added to all of them, and when a function that
    never falls is applied to them. So both can wait until pooling has left, say, a quarter of the numbers. The outputs
    are the same, up to how BLAS rounds products of another size.
    """

    def __init__(self, convolution, pooling):
        self.convolution, self.pooling = convolution, pooling

    def __call__(self, inputs, training=False):
        convolution, pooling = self.convolution, self.pooling
        with convolution._named_errors():
            inputs = convolution._prepared(inputs)
            geometry = convolution.geometry(inputs.shape)
        with pooling._named_errors():
            of_pooling = pooling.geometry((len(inputs), *geometry.positions, convolution.filters))
        at_once = _pooled.slide(inputs, convolution.kernel, geometry, of_pooling)
        if at_once:
            pooled, masks = at_once
            convolution.saved, pooling.saved = inputs, _AtOnce(masks, geometry, of_pooling)
        else:
            features = convolution.convolve(inputs)
            pooled = None
            if training and touch(of_pooling):
                pooled, masks = _pooled.pool(features, of_pooling)
                pooling.saved = _AtOnce(masks, geometry, of_pooling)
            if pooled is None or not tame(pooled):
                pooled = pooling.call(features)
        convolution.before_activation = convolution.plus_bias(pooled)
        return convolution.activation(convolution.before_activation)

    def backward(self, grad, through_activation=True):
        convolution, pooling = self.convolution, self.pooling
        grad = as_grad(grad, convolution.before_activation.shape, convolution.dtype)
        grad = convolution.activation.gradient(grad, convolution.before_activation)
        convolution.bias_grad(grad)
        if not isinstance(pooling.saved, _AtOnce):
            return convolution.convolve_grad(pooling.call_grad(grad))
        masks, geometry, of_pooling = pooling.saved
        arguments = convolution.saved, grad, masks, convolution.kernel, geometry, of_pooling
        d_inputs, convolution.gradients["kernel"] = _pooled.both(*arguments, convolution.to_inputs)
        return d_inputs


class _AtOnce(NamedTuple):
    """What a convolution with the pooling after it leaves for the way back."""

    masks: np.ndarray
    geometry: Geometry
    of_pooling: Geometry
