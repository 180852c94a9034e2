"""Convolution layers: the ops, with kernels that are learned."""

import numpy as np

from .. import ops
from .._names import count
from ..arithmetic import true_or_false, whole_number
from ..ops._arguments import check_data_format, per_axis
from ..ops._windows import geometry_of
from ..ops.convolution import kernel_grad
from .layer import Layer, add_bias, check_padding, sum_over_positions

__all__ = ["Conv1D", "Conv2D", "Conv2DTranspose", "Conv3D", "DepthwiseConv2D", "SeparableConv2D"]


class _Windowed(Layer):
    """What slides a window: its size, strides, padding and dilation, and a bias."""

    rank = 2
    takes_causal = False

    def __init__(
        self,
        kernel_size,
        strides,
        padding,
        data_format,
        dilation_rate,
        use_bias,
        bias_initializer,
        bias_regularizer,
        bias_constraint,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.data_format = check_data_format(data_format)
        self.input_ndim = self.rank + 2
        self.kernel_size = per_axis("kernel_size", kernel_size, self.rank)
        self.strides = per_axis("strides", strides, self.rank)
        self.dilation_rate = per_axis("dilation_rate", dilation_rate, self.rank)
        self.padding = check_padding(padding, causal=self.takes_causal)
        self.use_bias = true_or_false("use_bias", use_bias)
        self.keep_settings("bias", bias_initializer, bias_regularizer, bias_constraint)

    @property
    def amounts(self):
        """`padding` as the ops take it, who know no "causal": all zeros before the first step, none after the last."""
        if self.padding == "causal":
            return ((self.dilation_rate[0] * (self.kernel_size[0] - 1), 0),)
        return self.padding

    def check_geometry(self, input_shape):
        """Raise if the window does not fit into inputs of this shape; sizes that are not known yet may be anything."""
        if None not in input_shape[1:]:
            shape = (None, *input_shape[1:])
            geometry_of("kernel_size", shape, self.kernel_size, self.strides, self.amounts, self.dilation_rate)

    def make_bias(self, filters):
        if self.use_bias:
            self.add_weight("bias", (filters,), *self.settings_of("bias"))

    def plus_bias(self, features):
        return add_bias(features, self.bias) if self.use_bias else features

    def bias_grad(self, grad):
        if self.use_bias:
            self.gradients["bias"] = sum_over_positions(grad)


class _Conv(_Windowed):
    """A layer that convolves; the rank says in how many dimensions."""

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
        groups=1,
        activation=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(
            *(kernel_size, strides, padding, data_format, dilation_rate),
            *(use_bias, bias_initializer, bias_regularizer, bias_constraint),
            activation=activation,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )
        self.filters = whole_number("filters", filters, at_least=1)
        self.groups = whole_number("groups", groups, at_least=1)
        if self.filters % self.groups:
            raise ValueError(
                f"`filters` must be divisible by `groups`; got {count(self.filters, 'filter')} and "
                f"{count(self.groups, 'group')}."
            )
        self.keep_settings("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)

    def build(self, input_shape):
        channels = input_shape[-1]
        if channels % self.groups:
            raise ValueError(f"{count(channels, 'channel')} cannot be shared out among `groups` = {self.groups}.")
        self.check_geometry(input_shape)
        self.add_weight("kernel", (*self.kernel_size, channels // self.groups, self.filters), *self.settings_of("kernel"))
        self.make_bias(self.filters)

    def call(self, inputs, training=False):
        return self.plus_bias(self.convolve(inputs))

    def call_grad(self, grad):
        self.bias_grad(grad)
        return self.convolve_grad(grad)

    def geometry(self, input_shape):
        return geometry_of("kernel", input_shape, self.kernel_size, self.strides, self.amounts, self.dilation_rate)

    def convolve(self, inputs):
        """The outputs without the bias."""
        self.saved = inputs
        return ops.conv(inputs, self.kernel, self.strides, self.amounts, None, self.dilation_rate)

    def convolve_grad(self, grad):
        arguments = grad, self.saved, self.kernel, self.strides, self.amounts, None, self.dilation_rate
        if not self.to_inputs:
            self.gradients["kernel"] = kernel_grad(*arguments)
            return None
        d_inputs, self.gradients["kernel"] = ops.conv_grad(*arguments)
        return d_inputs


class Conv1D(_Conv):
    """Convolution along one axis, with `filters` kernels: (N, length, channels) -> (N, positions, filters).

    Parameters as for `Conv2D`; `padding` may also be "causal", which adds all zeros before the
    first step, so that no output sees what comes after it.

    Weights: kernel (kernel_size, channels / groups, filters), bias (filters,).
    """

    rank = 1
    takes_causal = True


class Conv2D(_Conv):
    """Convolution of pictures with `filters` kernels: (N, height, width, channels) -> (N, rows, columns, filters).

    Parameters
    ----------
    filters : int
        How many kernels, and so how many feature maps come out.
    kernel_size, strides, dilation_rate : int, or one int per spatial axis
    padding : "valid" or "same"
    data_format : None or "channels_last"
    groups : int
        Into how many parts the channels are split, each seen by its own filters.
    activation : str, op, function with a gradient, or None
    use_bias : bool
        Whether to add a number of its own to each feature map.
    kernel_initializer, bias_initializer : str or initializer
    kernel_regularizer, bias_regularizer : str, regularizer, or None
    kernel_constraint, bias_constraint : str, constraint, or None
    name, dtype, trainable, input_shape
        As for every `Layer`.

    Weights: kernel (*kernel_size, channels / groups, filters), bias (filters,).

    Takes strides together with dilation, and integers, which Keras refuses: docs/differences.md.

    Source: `keras.layers.Conv2D`.

    >>> import numpy as np
    >>> Conv2D(32, 3, activation="relu")(np.zeros((1, 28, 28, 1))).shape
    (1, 26, 26, 32)
    """

    rank = 2


class Conv3D(_Conv):
    """Convolution of volumes: (N, depth, height, width, channels) -> (N, …, filters).

    Parameters as for `Conv2D`. Weights: kernel (*kernel_size, channels / groups, filters), bias (filters,).
    """

    rank = 3


class Conv2DTranspose(_Windowed):
    """Transposed convolution: makes pictures larger, by laying kernels side by side.

    Parameters as for `Conv2D`, without `groups`; and `output_padding`, how many cells more at the end.

    Weights: kernel (*kernel_size, filters, channels), bias (filters,).

    Source: `keras.layers.Conv2DTranspose`.

    >>> import numpy as np
    >>> Conv2DTranspose(8, 3, strides=2, padding="same")(np.zeros((1, 7, 7, 16))).shape
    (1, 14, 14, 8)
    """

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        output_padding=None,
        data_format=None,
        dilation_rate=1,
        activation=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(
            *(kernel_size, strides, padding, data_format, dilation_rate),
            *(use_bias, bias_initializer, bias_regularizer, bias_constraint),
            activation=activation,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )
        self.filters = whole_number("filters", filters, at_least=1)
        self.output_padding = None if output_padding is None else per_axis("output_padding", output_padding, 2, at_least=0)
        self.keep_settings("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)

    def build(self, input_shape):
        self.add_weight("kernel", (*self.kernel_size, self.filters, input_shape[-1]), *self.settings_of("kernel"))
        if None not in input_shape[1:]:
            self.lay(np.empty((0, *input_shape[1:]), self.dtype))  # raises where `output_padding` does not fit
        self.make_bias(self.filters)

    def call(self, inputs, training=False):
        self.saved = inputs
        return self.plus_bias(self.lay(inputs))

    def lay(self, inputs):
        """The outputs without the bias."""
        arguments = self.strides, self.amounts, self.output_padding, None, self.dilation_rate
        return ops.conv_transpose(inputs, self.kernel, *arguments)

    def call_grad(self, grad):
        self.bias_grad(grad)
        d_inputs, self.gradients["kernel"] = ops.conv_transpose_grad(
            grad, self.saved, self.kernel, self.strides, self.amounts, self.output_padding, None, self.dilation_rate
        )
        return d_inputs


class DepthwiseConv2D(_Windowed):
    """Convolution of each channel by itself: `depth_multiplier` feature maps for every channel.

    Parameters as for `Conv2D`; the kernel's have names that begin with `depthwise_`.

    Weights: kernel (*kernel_size, channels, depth_multiplier), bias (channels · depth_multiplier,).

    Two different strides, which TensorFlow may refuse, are taken: docs/differences.md.

    Source: `keras.layers.DepthwiseConv2D`.
    """

    def __init__(
        self,
        kernel_size,
        strides=1,
        padding="valid",
        depth_multiplier=1,
        data_format=None,
        dilation_rate=1,
        activation=None,
        use_bias=True,
        depthwise_initializer="glorot_uniform",
        bias_initializer="zeros",
        depthwise_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        depthwise_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(
            *(kernel_size, strides, padding, data_format, dilation_rate),
            *(use_bias, bias_initializer, bias_regularizer, bias_constraint),
            activation=activation,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )
        self.depth_multiplier = whole_number("depth_multiplier", depth_multiplier, at_least=1)
        self.keep_settings("depthwise", depthwise_initializer, depthwise_regularizer, depthwise_constraint)

    def build(self, input_shape):
        channels = input_shape[-1]
        self.check_geometry(input_shape)
        self.add_weight("kernel", (*self.kernel_size, channels, self.depth_multiplier), *self.settings_of("depthwise"))
        self.make_bias(channels * self.depth_multiplier)

    def call(self, inputs, training=False):
        self.saved = inputs
        features = ops.depthwise_conv(inputs, self.kernel, self.strides, self.amounts, None, self.dilation_rate)
        return self.plus_bias(features)

    def call_grad(self, grad):
        self.bias_grad(grad)
        d_inputs, self.gradients["kernel"] = ops.depthwise_conv_grad(
            grad, self.saved, self.kernel, self.strides, self.amounts, None, self.dilation_rate
        )
        return d_inputs


class SeparableConv2D(_Windowed):
    """A depthwise convolution, then one with a 1 × 1 kernel that mixes the channels: far fewer weights than `Conv2D`.

    Parameters as for `Conv2D`; the kernels' have names that begin with `depthwise_` and `pointwise_`.

    Weights: depthwise_kernel (*kernel_size, channels, depth_multiplier),
    pointwise_kernel (1, 1, channels · depth_multiplier, filters), bias (filters,).

    Source: `keras.layers.SeparableConv2D`.
    """

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
        depth_multiplier=1,
        activation=None,
        use_bias=True,
        depthwise_initializer="glorot_uniform",
        pointwise_initializer="glorot_uniform",
        bias_initializer="zeros",
        depthwise_regularizer=None,
        pointwise_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        depthwise_constraint=None,
        pointwise_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(
            *(kernel_size, strides, padding, data_format, dilation_rate),
            *(use_bias, bias_initializer, bias_regularizer, bias_constraint),
            activation=activation,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )
        self.filters = whole_number("filters", filters, at_least=1)
        self.depth_multiplier = whole_number("depth_multiplier", depth_multiplier, at_least=1)
        self.keep_settings("depthwise", depthwise_initializer, depthwise_regularizer, depthwise_constraint)
        self.keep_settings("pointwise", pointwise_initializer, pointwise_regularizer, pointwise_constraint)

    def build(self, input_shape):
        channels = input_shape[-1]
        self.check_geometry(input_shape)
        between = channels * self.depth_multiplier
        depthwise_shape = (*self.kernel_size, channels, self.depth_multiplier)
        self.add_weight("depthwise_kernel", depthwise_shape, *self.settings_of("depthwise"))
        self.add_weight("pointwise_kernel", (1, 1, between, self.filters), *self.settings_of("pointwise"))
        self.make_bias(self.filters)

    def call(self, inputs, training=False):
        self.saved = inputs
        kernels = self.depthwise_kernel, self.pointwise_kernel
        return self.plus_bias(
            ops.separable_conv(inputs, *kernels, self.strides, self.amounts, None, self.dilation_rate)
        )

    def call_grad(self, grad):
        self.bias_grad(grad)
        kernels = self.depthwise_kernel, self.pointwise_kernel
        d_inputs, self.gradients["depthwise_kernel"], self.gradients["pointwise_kernel"] = ops.separable_conv_grad(
            grad, self.saved, *kernels, self.strides, self.amounts, None, self.dilation_rate
        )
        return d_inputs
