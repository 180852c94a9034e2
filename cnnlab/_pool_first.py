"""Pooling before bias and activation, where that gives the same with less work."""

from . import activations, layers

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
    are the same to the last bit.
    """

    def __init__(self, convolution, pooling):
        self.convolution, self.pooling = convolution, pooling

    def __call__(self, inputs, training=False):
        convolution, pooling = self.convolution, self.pooling
        with convolution._named_errors():
            features = convolution.convolve(convolution._prepared(inputs))
        with pooling._named_errors():
            pooled = pooling.call(pooling._prepared(features))
        convolution.before_activation = convolution.plus_bias(pooled)
        return convolution.activation(convolution.before_activation)

    def backward(self, grad, through_activation=True):
        convolution = self.convolution
        grad = convolution.activation.gradient(grad, convolution.before_activation)
        convolution.bias_grad(grad)
        return convolution.convolve_grad(self.pooling.call_grad(grad))
