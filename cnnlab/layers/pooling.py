"""Pooling layers: one number for each window, or for each whole feature map. Nothing is learned."""

import numpy as np

from .. import _random, ops
from ..arithmetic import true_or_false
from ..ops._arguments import check_data_format, per_axis
from ..ops._windows import geometry_of
from .layer import Layer, check_padding

__all__ = [
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAveragePooling3D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GlobalMaxPooling3D",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
    "StochasticPooling2D",
]


class _Pooling(Layer):
    """What slides a window without weights."""

    rank = 2

    def __init__(self, pool_size, strides=None, padding="valid", data_format=None, name=None, **kwargs):
        super().__init__(name=name, **kwargs)
        self.data_format = check_data_format(data_format)
        self.input_ndim = self.rank + 2
        self.pool_size = per_axis("pool_size", pool_size, self.rank)
        self.strides = self.pool_size if strides is None else per_axis("strides", strides, self.rank)
        self.padding = check_padding(padding)

    def build(self, input_shape):
        if None not in input_shape[1:]:
            self.geometry((None, *input_shape[1:]))  # raises where the window does not fit

    def geometry(self, input_shape):
        return geometry_of("pool_size", input_shape, self.pool_size, self.strides, self.padding, dilation_rate=1)


class _MaxPooling(_Pooling):
    def __init__(self, pool_size=2, strides=None, padding="valid", data_format=None, name=None, **kwargs):
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)

    def call(self, inputs, training=False):
        self.saved = inputs
        return ops.max_pool(inputs, self.pool_size, self.strides, self.padding)

    def call_grad(self, grad):
        return ops.max_pool_grad(grad, self.saved, self.pool_size, self.strides, self.padding)


class MaxPooling1D(_MaxPooling):
    """The largest value in each window: (N, length, channels) -> (N, positions, channels).

    Parameters as for `MaxPooling2D`.
    """

    rank = 1


class MaxPooling2D(_MaxPooling):
    """The largest value in each window, channel by channel: (N, height, width, channels) -> (N, rows, columns, channels).

    Parameters
    ----------
    pool_size : int, or one int per spatial axis
    strides : int, one int per spatial axis, or None
        None means `pool_size`: windows touch, and do not overlap.
    padding : "valid" or "same"
        What "same" adds never wins.
    data_format : None or "channels_last"

    Source: `keras.layers.MaxPooling2D`.

    >>> MaxPooling2D(2)(np.zeros((1, 26, 26, 32))).shape
    (1, 13, 13, 32)
    """

    rank = 2


class MaxPooling3D(_MaxPooling):
    """The largest value in each window of volumes (N, depth, height, width, channels).

    Parameters as for `MaxPooling2D`.
    """

    rank = 3


class _AveragePooling(_Pooling):
    def call(self, inputs, training=False):
        self.saved = inputs
        return ops.average_pool(inputs, self.pool_size, self.strides, self.padding)

    def call_grad(self, grad):
        return ops.average_pool_grad(grad, self.saved, self.pool_size, self.strides, self.padding)


class AveragePooling1D(_AveragePooling):
    """The mean of each window: (N, length, channels) -> (N, positions, channels).

    Parameters as for `MaxPooling2D`, but `pool_size` has no default.
    """

    rank = 1


class AveragePooling2D(_AveragePooling):
    """The mean of each window, channel by channel; cells that padding adds are not counted.

    Parameters as for `MaxPooling2D`, but `pool_size` has no default.
    """

    rank = 2


class AveragePooling3D(_AveragePooling):
    """The mean of each window of volumes (N, depth, height, width, channels).

    Parameters as for `MaxPooling2D`, but `pool_size` has no default.
    """

    rank = 3


class StochasticPooling2D(_Pooling):
    """While training, a cell of each window, drawn at random, large ones more often; else the mean to be expected.

    Inputs must not be negative: put a ReLU before it. Keras has no such layer.

    Parameters
    ----------
    pool_size, strides, padding, data_format, name
        As for `MaxPooling2D`.
    seed : int, optional
        The same seed draws the same cells in every run.

    Source: Zeiler & Fergus, "Stochastic pooling for regularization of deep convolutional neural networks", 2013.
    """

    rank = 2

    def __init__(self, pool_size=2, strides=None, padding="valid", data_format=None, name=None, *, seed=None, **kwargs):
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)
        self.seed = _random.check_seed(seed)
        self.generator = None if seed is None else _random.generator(self.seed)

    def call(self, inputs, training=False):
        seed = None
        if training:  # a number for this call, so that the way back draws the same cells
            seed = int((self.generator or _random.generator()).integers(2**63))
        self.saved = inputs, training, seed
        return ops.stochastic_pool(inputs, self.pool_size, self.strides, self.padding, None, training, seed)

    def call_grad(self, grad):
        inputs, training, seed = self.saved
        return ops.stochastic_pool_grad(grad, inputs, self.pool_size, self.strides, self.padding, None, training, seed)


class _GlobalPooling(Layer):
    rank = 2

    def __init__(self, data_format=None, keepdims=False, **kwargs):
        super().__init__(**kwargs)
        self.data_format = check_data_format(data_format)
        self.input_ndim = self.rank + 2
        self.keepdims = true_or_false("keepdims", keepdims)

    def shaped(self, outputs):
        """(N, channels), or with `keepdims` (N, 1, …, channels)."""
        return np.expand_dims(outputs, tuple(range(1, self.rank + 1))) if self.keepdims else outputs

    def flat(self, grad):
        return np.reshape(grad, (len(grad), -1))


class _GlobalAveragePooling(_GlobalPooling):
    def call(self, inputs, training=False):
        self.saved = inputs
        return self.shaped(ops.global_average_pool(inputs))

    def call_grad(self, grad):
        return ops.global_average_pool_grad(self.flat(grad), self.saved)


class GlobalAveragePooling1D(_GlobalAveragePooling):
    """The mean of each channel: (N, length, channels) -> (N, channels)."""

    rank = 1


class GlobalAveragePooling2D(_GlobalAveragePooling):
    """The mean of each feature map: (N, height, width, channels) -> (N, channels).

    Parameters
    ----------
    data_format : None or "channels_last"
    keepdims : bool
        Whether the result is (N, 1, 1, channels) instead.
    """

    rank = 2


class GlobalAveragePooling3D(_GlobalAveragePooling):
    """The mean of each channel: (N, depth, height, width, channels) -> (N, channels)."""

    rank = 3


class _GlobalMaxPooling(_GlobalPooling):
    def call(self, inputs, training=False):
        self.saved = inputs
        return self.shaped(ops.global_max_pool(inputs))

    def call_grad(self, grad):
        return ops.global_max_pool_grad(self.flat(grad), self.saved)


class GlobalMaxPooling1D(_GlobalMaxPooling):
    """The largest value of each channel: (N, length, channels) -> (N, channels)."""

    rank = 1


class GlobalMaxPooling2D(_GlobalMaxPooling):
    """The largest value of each feature map: (N, height, width, channels) -> (N, channels).

    Parameters as for `GlobalAveragePooling2D`.
    """

    rank = 2


class GlobalMaxPooling3D(_GlobalMaxPooling):
    """The largest value of each channel: (N, depth, height, width, channels) -> (N, channels)."""

    rank = 3
