"""Convolution, as deep learning uses the word: slide the kernel, multiply, add up."""

import math

import numpy as np

from .._names import count
from ..arithmetic import padding_amounts
from . import _ways
from ._arguments import as_batch, as_float, as_grad, as_kernel, check_data_format, each_padding, per_axis
from ._windows import each_offset, geometry_of, pad, unpad

__all__ = [
    "conv",
    "conv_grad",
    "conv_transpose",
    "conv_transpose_grad",
    "depthwise_conv",
    "depthwise_conv_grad",
    "separable_conv",
    "separable_conv_grad",
]


def conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    """Convolution of a batch with a kernel, in one, two or three dimensions.

    Like `keras.ops.conv`, this is cross-correlation: the kernel is not flipped.

    Parameters
    ----------
    inputs : array, shape (N, *spatial, channels_in)
        One, two or three spatial axes make it 1-D, 2-D or 3-D.
    kernel : array, shape (*kernel_size, channels_in / groups, filters)
        When it has fewer channels than the inputs, the channels are split into
        groups = channels_in / kernel.shape[-2] equal parts, each seen by its own filters.
    strides, dilation_rate : int, or one int per spatial axis
        Steps between positions, and between kernel elements, in pixels. Keras refuses both
        above 1 at once; here they may be.
    padding : "valid", "same", int, or an int or (before, after) pair per spatial axis
        Zeros around the inputs; see `cnnlab.arithmetic.padding_amounts`.
    data_format : None or "channels_last"

    Returns
    -------
    array, shape (N, *output_size, filters)
        Of the type of `inputs`.

    Raises
    ------
    ValueError, TypeError
        If the shapes do not fit together; the message shows them, and says what would fit.

    TensorFlow starts elsewhere for some 3-D "same": docs/differences.md.

    >>> image = np.arange(9).reshape(1, 3, 3, 1)
    >>> conv(image, np.ones((2, 2, 1, 1)))[0, :, :, 0]
    array([[ 8., 12.],
           [20., 24.]], dtype=float32)
    """
    inputs, kernel, geometry = _conv_arguments(inputs, kernel, strides, padding, data_format, dilation_rate)
    return _ways.slide(inputs, kernel, geometry).astype(inputs.dtype, copy=False)


def conv_grad(grad, inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    """Gradient of `conv`: how much each input and each kernel element would change the loss.

    Parameters
    ----------
    grad : array, of the shape of the output
        Gradient of the loss with respect to the output.
    inputs, kernel, strides, padding, data_format, dilation_rate
        As for `conv`.

    Returns
    -------
    d_inputs, d_kernel : arrays, of the shapes of `inputs` and `kernel`

    TensorFlow with oneDNN differs for 1×1 kernels with strides: docs/differences.md.

    >>> inputs, kernel = np.reshape([1, 2, 4], (1, 3, 1)), np.reshape([3, 5], (2, 1, 1))
    >>> d_inputs, d_kernel = conv_grad(np.ones((1, 2, 1)), inputs, kernel)
    >>> d_inputs.ravel(), d_kernel.ravel()
    (array([3., 8., 5.], dtype=float32), array([3., 6.], dtype=float32))
    """
    inputs, kernel, geometry = _conv_arguments(inputs, kernel, strides, padding, data_format, dilation_rate)
    grad = as_grad(grad, (len(inputs), *geometry.positions, kernel.shape[-1]), kernel.dtype)
    d_inputs, d_kernel = _ways.both(inputs, grad, kernel, geometry)
    return d_inputs.astype(inputs.dtype, copy=False), d_kernel.astype(inputs.dtype, copy=False)


def kernel_grad(grad, inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    """The second part of `conv_grad` alone: all that a first layer needs."""
    inputs, kernel, geometry = _conv_arguments(inputs, kernel, strides, padding, data_format, dilation_rate)
    grad = as_grad(grad, (len(inputs), *geometry.positions, kernel.shape[-1]), kernel.dtype)
    return _ways.gather(inputs, grad, kernel, geometry).astype(inputs.dtype, copy=False)


def depthwise_conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    """Convolution of each channel by itself, with `multiplier` filters for each.

    Parameters
    ----------
    inputs : array, shape (N, *spatial, channels)
    kernel : array, shape (*kernel_size, channels, multiplier)
    strides, padding, data_format, dilation_rate
        As for `conv`.

    Returns
    -------
    array, shape (N, *output_size, channels · multiplier)
        The filters of channel 0 first, then those of channel 1, and so on.

    Source: `keras.ops.depthwise_conv`, which has no 3-D, and in 2-D wants equal strides.

    >>> depthwise_conv(np.reshape([1, 10, 2, 20], (1, 2, 2)), np.ones((2, 2, 1)))
    array([[[ 3., 30.]]], dtype=float32)
    """
    inputs, kernel, geometry = _depthwise_arguments(
        inputs, "kernel", kernel, strides, padding, data_format, dilation_rate
    )
    return _depthwise(inputs, kernel, geometry).astype(inputs.dtype, copy=False)


def depthwise_conv_grad(grad, inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    """Gradient of `depthwise_conv`: (d_inputs, d_kernel), like `conv_grad`."""
    inputs, kernel, geometry = _depthwise_arguments(
        inputs, "kernel", kernel, strides, padding, data_format, dilation_rate
    )
    grad = as_grad(grad, (len(inputs), *geometry.positions, math.prod(kernel.shape[-2:])), kernel.dtype)
    d_inputs, d_kernel = _depthwise_grad(grad, inputs, kernel, geometry)
    return d_inputs.astype(inputs.dtype, copy=False), d_kernel.astype(inputs.dtype, copy=False)


def separable_conv(
    inputs, depthwise_kernel, pointwise_kernel, strides=1, padding="valid", data_format=None, dilation_rate=1
):
    """`depthwise_conv`, then a `conv` with a kernel of one pixel that mixes the channels.

    Parameters
    ----------
    inputs : array, shape (N, *spatial, channels)
    depthwise_kernel : array, shape (*kernel_size, channels, multiplier)
    pointwise_kernel : array, shape (1, … 1, channels · multiplier, filters)
    strides, padding, data_format, dilation_rate
        As for `conv`; they belong to the depthwise step.

    Returns
    -------
    array, shape (N, *output_size, filters)

    Source: `keras.ops.separable_conv`.

    >>> separable_conv(np.ones((1, 4, 3)), np.ones((2, 3, 1)), np.ones((1, 3, 5))).shape
    (1, 3, 5)
    """
    inputs, depthwise_kernel, geometry = _depthwise_arguments(
        inputs, "depthwise_kernel", depthwise_kernel, strides, padding, data_format, dilation_rate
    )
    between = _depthwise(inputs, depthwise_kernel, geometry)
    pointwise_kernel = _as_pointwise(pointwise_kernel, between)
    return conv(between, pointwise_kernel).astype(inputs.dtype, copy=False)


def separable_conv_grad(
    grad, inputs, depthwise_kernel, pointwise_kernel, strides=1, padding="valid", data_format=None, dilation_rate=1
):
    """Gradient of `separable_conv`: (d_inputs, d_depthwise_kernel, d_pointwise_kernel)."""
    inputs, depthwise_kernel, geometry = _depthwise_arguments(
        inputs, "depthwise_kernel", depthwise_kernel, strides, padding, data_format, dilation_rate
    )
    between = _depthwise(inputs, depthwise_kernel, geometry)
    pointwise_kernel = _as_pointwise(pointwise_kernel, between)
    d_between, d_pointwise_kernel = conv_grad(grad, between, pointwise_kernel)
    d_inputs, d_depthwise_kernel = _depthwise_grad(d_between, inputs, depthwise_kernel, geometry)
    return tuple(d.astype(inputs.dtype, copy=False) for d in (d_inputs, d_depthwise_kernel, d_pointwise_kernel))


def conv_transpose(inputs, kernel, strides=1, padding="valid", output_padding=None, data_format=None, dilation_rate=1):
    """Transposed convolution: each input pixel lays a copy of the kernel, times itself, on the output.

    It is the gradient of `conv` with respect to its inputs: it undoes what `conv` does to the
    shape, not to the numbers. A stride of 2 doubles the size.

    Parameters
    ----------
    inputs : array, shape (N, *spatial, channels_in)
    kernel : array, shape (*kernel_size, filters, channels_in)
        The last two axes are the other way round than for `conv`.
    strides, dilation_rate : int, or one int per spatial axis
        Steps on the output.
    padding : "valid", "same", int, or an int or (before, after) pair per spatial axis
        What the `conv` would have added is cut off. With extent = dilation · (kernel_size − 1) + 1,
        the output is (size − 1) · stride + extent long, less before + after. "valid" makes it at
        least size · stride, "same" exactly that.
    output_padding : None, int, or one int per spatial axis
        Cells more at the end. With "same", Keras counts them from (size − 1) · stride + extent % 2.
    data_format : None or "channels_last"

    Returns
    -------
    array, shape (N, *output_size, filters)

    TensorFlow takes a dilation with oneDNN only: docs/differences.md.

    Source: `keras.ops.conv_transpose`.

    >>> conv_transpose(np.reshape([1, 2], (1, 2, 1)), np.reshape([1, 10, 100], (3, 1, 1)), strides=2).ravel()
    array([  1.,  10., 102.,  20., 200.], dtype=float32)
    """
    inputs, kernel, geometry = _transpose_arguments(
        inputs, kernel, strides, padding, output_padding, data_format, dilation_rate
    )
    output = _ways.spread(inputs.astype(kernel.dtype, copy=False), kernel, geometry, kernel.shape[-2])
    return output.astype(inputs.dtype, copy=False)


def conv_transpose_grad(
    grad, inputs, kernel, strides=1, padding="valid", output_padding=None, data_format=None, dilation_rate=1
):
    """Gradient of `conv_transpose`: (d_inputs, d_kernel), like `conv_grad`."""
    inputs, kernel, geometry = _transpose_arguments(
        inputs, kernel, strides, padding, output_padding, data_format, dilation_rate
    )
    grad = as_grad(grad, (len(inputs), *geometry.sizes, kernel.shape[-2]), kernel.dtype)
    d_inputs = _ways.slide(grad, kernel, geometry)
    d_kernel = _ways.gather(grad, inputs.astype(kernel.dtype, copy=False), kernel, geometry)
    return d_inputs.astype(inputs.dtype, copy=False), d_kernel.astype(inputs.dtype, copy=False)


def _depthwise(inputs, kernel, geometry):
    padded = pad(inputs, geometry).astype(kernel.dtype, copy=False)
    output = np.zeros((len(inputs), *geometry.positions, *kernel.shape[-2:]), kernel.dtype)
    for offset, cells in each_offset(geometry):
        output += padded[cells][..., np.newaxis] * kernel[offset]
    return output.reshape(*output.shape[:-2], math.prod(kernel.shape[-2:]))


def _depthwise_grad(grad, inputs, kernel, geometry):
    grad = grad.reshape(*grad.shape[:-1], *kernel.shape[-2:])
    padded = pad(inputs, geometry).astype(kernel.dtype, copy=False)
    d_padded, d_kernel = np.zeros_like(padded), np.zeros_like(kernel)
    for offset, cells in each_offset(geometry):
        d_padded[cells] += (grad * kernel[offset]).sum(axis=-1)
        d_kernel[offset] = (grad * padded[cells][..., np.newaxis]).sum(axis=tuple(range(grad.ndim - 2)))
    return unpad(d_padded, geometry), d_kernel


def _conv_arguments(inputs, kernel, strides, padding, data_format, dilation_rate):
    """The checked inputs and kernel, the kernel in the type of the sums, and the geometry."""
    check_data_format(data_format)
    inputs = as_batch("inputs", inputs)
    kernel = as_kernel("kernel", kernel, inputs, "(*kernel_size, channels_in, filters)")
    _check_groups(inputs, kernel)
    return inputs, kernel, geometry_of("kernel", inputs.shape, kernel.shape[:-2], strides, padding, dilation_rate)


def _depthwise_arguments(inputs, name, kernel, strides, padding, data_format, dilation_rate):
    check_data_format(data_format)
    inputs = as_batch("inputs", inputs)
    kernel = as_kernel(name, kernel, inputs, "(*kernel_size, channels, multiplier)")
    if kernel.shape[-2] != inputs.shape[-1]:
        raise ValueError(
            f"`{name}` is made for {count(kernel.shape[-2], 'channel')}, `inputs` have {inputs.shape[-1]}: "
            f"{_shapes(inputs, kernel)}. Its axis before last must be {inputs.shape[-1]}."
        )
    return inputs, kernel, geometry_of(name, inputs.shape, kernel.shape[:-2], strides, padding, dilation_rate)


def _transpose_arguments(inputs, kernel, strides, padding, output_padding, data_format, dilation_rate):
    """The checked inputs and kernel, and the geometry of the `conv` that goes the other way."""
    check_data_format(data_format)
    inputs = as_batch("inputs", inputs)
    kernel = as_kernel("kernel", kernel, inputs, "(*kernel_size, filters, channels_in)")
    if kernel.shape[-1] != inputs.shape[-1]:
        raise ValueError(
            f"`kernel` is made for {count(kernel.shape[-1], 'channel')}, `inputs` have {inputs.shape[-1]}: "
            f"{_shapes(inputs, kernel)}. The kernel's last axis must be {inputs.shape[-1]}."
        )
    outer = _transposed_sizes(inputs.shape[1:-1], kernel.shape[:-2], strides, padding, output_padding, dilation_rate)
    shape = (len(inputs), *outer, kernel.shape[-2])
    geometry = geometry_of("kernel", shape, kernel.shape[:-2], strides, padding, dilation_rate)
    if geometry.positions != inputs.shape[1:-1]:
        raise ValueError(
            f"`output_padding` {output_padding!r} makes the output {outer}, too far from what inputs of "
            f"{inputs.shape[1:-1]} cover with strides {geometry.strides}. Take less than the stride, or None."
        )
    return inputs, kernel, geometry


def _transposed_sizes(sizes, kernel_size, strides, padding, output_padding, dilation_rate):
    """The output size of `conv_transpose` along each axis, as Keras counts it."""
    rank = len(sizes)
    strides, dilation_rate = per_axis("strides", strides, rank), per_axis("dilation_rate", dilation_rate, rank)
    more = (None,) * rank if output_padding is None else per_axis("output_padding", output_padding, rank, at_least=0)
    outer = []
    for n, k, s, p, m, d in zip(sizes, kernel_size, strides, each_padding(padding, rank), more, dilation_rate):
        extent = d * (k - 1) + 1
        if str(p).lower() == "same":
            size = n * s if m is None else (n - 1) * s + extent % 2 + m
        elif str(p).lower() == "valid":
            size = (n - 1) * s + extent + (max(s - extent, 0) if m is None else m)
        else:
            size = (n - 1) * s + extent - sum(padding_amounts(n, k, s, p, d)) + (m or 0)
        outer.append(size)
    if min(outer) < 1:
        raise ValueError(f"`padding` {padding!r} cuts the whole output away: its size would be {tuple(outer)}.")
    return tuple(outer)


def _check_groups(inputs, kernel):
    """Raise unless the kernel's channels and filters suit the inputs."""
    channels, kernel_channels, filters = inputs.shape[-1], kernel.shape[-2], kernel.shape[-1]
    if channels % kernel_channels:
        raise ValueError(
            f"`kernel` is made for {count(kernel_channels, 'channel')}, `inputs` have {channels}: "
            f"{_shapes(inputs, kernel)}. The kernel's axis before last must be {channels}, or a divisor of it for a "
            f"grouped convolution."
        )
    groups = channels // kernel_channels
    if filters % groups:
        raise ValueError(
            f"`kernel` has {kernel_channels} of the inputs' {count(channels, 'channel')}, which makes "
            f"{count(groups, 'group')}, and its {count(filters, 'filter')} cannot be shared out among "
            f"{count(groups, 'group')}: {_shapes(inputs, kernel)}. "
            f"For an ordinary convolution the kernel's axis before last must be {channels}."
        )


def _as_pointwise(kernel, between):
    """The checked kernel of one pixel that takes every channel of the depthwise step."""
    kernel = as_float("pointwise_kernel", kernel)
    wanted = (*(1,) * (between.ndim - 2), between.shape[-1])
    if kernel.ndim != between.ndim or kernel.shape[:-1] != wanted:
        raise ValueError(
            f"`pointwise_kernel` must have shape ({', '.join(map(str, wanted))}, filters), since the depthwise step "
            f"gives {count(between.shape[-1], 'channel')}; got shape {kernel.shape}."
        )
    return kernel


def _shapes(inputs, kernel):
    return f"inputs have shape {inputs.shape}, kernel has shape {kernel.shape}"
