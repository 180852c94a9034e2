"""Convolution, as deep learning uses the word: slide the kernel, multiply, add up."""

import numpy as np

from ._arguments import as_batch, as_float, check_data_format, check_fits, padding_per_axis, per_axis
from ._windows import pad, windows

__all__ = ["conv"]


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

    >>> image = np.arange(9).reshape(1, 3, 3, 1)
    >>> conv(image, np.ones((2, 2, 1, 1)))[0, :, :, 0]
    array([[ 8., 12.],
           [20., 24.]], dtype=float32)
    """
    check_data_format(data_format)
    inputs = as_batch("inputs", inputs)
    kernel = as_float("kernel", kernel)
    _check_kernel(inputs, kernel)
    sizes, kernel_size = inputs.shape[1:-1], kernel.shape[:-2]
    strides = per_axis("strides", strides, len(sizes))
    dilation_rate = per_axis("dilation_rate", dilation_rate, len(sizes))
    amounts = padding_per_axis(padding, sizes, kernel_size, strides, dilation_rate)
    check_fits("kernel", inputs, kernel_size, amounts, dilation_rate)

    exact = np.promote_types(inputs.dtype, np.float32)
    views = windows(pad(inputs, amounts).astype(exact, copy=False), kernel_size, strides, dilation_rate)
    return _multiply(views, kernel.astype(exact)).astype(inputs.dtype, copy=False)


def _multiply(views, kernel):
    """The one place where windows meet the matrix product (this copying of windows is "im2col").

    views (N, *positions, channels, *kernel_size), kernel (*kernel_size, channels / groups, filters)
    -> (N, *positions, filters)
    """
    rank = kernel.ndim - 2
    window_axes = tuple(range(rank + 1, 2 * rank + 2))
    kernel_axes = (rank, *range(rank))
    groups = views.shape[rank + 1] // kernel.shape[rank]
    if groups == 1:
        return np.tensordot(views, kernel, (window_axes, kernel_axes))
    parts = zip(np.split(views, groups, axis=rank + 1), np.split(kernel, groups, axis=-1))
    return np.concatenate([np.tensordot(v, k, (window_axes, kernel_axes)) for v, k in parts], axis=-1)


def _check_kernel(inputs, kernel):
    """Raise unless the kernel's rank, sizes, channels and filters suit the inputs."""
    shapes = f"inputs have shape {inputs.shape}, kernel has shape {kernel.shape}"
    if kernel.ndim != inputs.ndim:
        raise ValueError(
            f"`kernel` must have {inputs.ndim} axes, (*kernel_size, channels_in, filters), for these inputs: {shapes}."
        )
    if 0 in kernel.shape:
        raise ValueError(f"`kernel` has an axis of length 0: {shapes}. Every axis must be at least 1 long.")
    channels, kernel_channels, filters = inputs.shape[-1], kernel.shape[-2], kernel.shape[-1]
    if channels % kernel_channels:
        raise ValueError(
            f"`kernel` is made for {kernel_channels} channels, `inputs` have {channels}: {shapes}. "
            f"The kernel's axis before last must be {channels}, or a divisor of it for a grouped convolution."
        )
    groups = channels // kernel_channels
    if filters % groups:
        raise ValueError(
            f"`kernel` has {kernel_channels} of the inputs' {channels} channels, which makes {groups} groups, and "
            f"its {filters} filters cannot be shared out among {groups} groups: {shapes}. "
            f"For an ordinary convolution the kernel's axis before last must be {channels}."
        )
