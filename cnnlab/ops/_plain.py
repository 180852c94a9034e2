"""Convolution and its gradients as their definitions say it: the version to read, which takes every case."""

import math

import numpy as np

from ._windows import each_offset, pad, parts, unpad, windows


def slide(inputs, kernel, geometry):
    """The one place where windows meet the matrix product (this copying of windows is "im2col")."""
    output = np.empty((len(inputs), *geometry.positions, kernel.shape[-1]), kernel.dtype)
    for part, channels, filters in _shares(inputs.shape, kernel, geometry):
        padded = pad(inputs[part, ..., channels], geometry).astype(kernel.dtype, copy=False)
        views = windows(padded, geometry)
        output[part, ..., filters] = np.tensordot(views, kernel[..., filters], axes=kernel.ndim - 1)
    return output


def spread(grad, kernel, geometry, channels_in):
    """Gradient of `slide` by its inputs: what each output got, it gives back to the pixels that it came from."""
    d_padded = np.zeros((len(grad), *geometry.padded_sizes, channels_in), kernel.dtype)
    for part, channels, filters in _shares(d_padded.shape, kernel, geometry):
        grads = grad[part, ..., filters]
        given_back = grads.reshape(-1, grads.shape[-1]) @ kernel[..., filters].swapaxes(-1, -2)
        for offset, cells in each_offset(geometry):
            d_padded[part, ..., channels][cells] += given_back[offset].reshape(*grads.shape[:-1], -1)
    return unpad(d_padded, geometry)


def gather(inputs, grad, kernel, geometry):
    """Gradient of `slide` by its kernel: each element saw many pixels, and gets the sum of what they did."""
    d_kernel = (np.empty if len(inputs) else np.zeros)(kernel.shape, kernel.dtype)
    for part, channels, filters in _shares(inputs.shape, kernel, geometry):
        of_group = d_kernel.reshape(-1, kernel.shape[-1])[:, filters]
        padded = pad(inputs[part, ..., channels], geometry).astype(kernel.dtype, copy=False)
        rows = windows(padded, geometry).reshape(-1, len(of_group))
        columns = grad[part, ..., filters].reshape(len(rows), -1)
        if part.start:
            of_group += rows.T @ columns
        else:
            np.matmul(rows.T, columns, out=of_group)
    return d_kernel


def _shares(inputs_shape, kernel, geometry):
    """The work in shares that fit into memory: (slice of the batch, slice of the channels, slice of the filters)."""
    batch, channels_in = inputs_shape[0], inputs_shape[-1]
    channels, filters = kernel.shape[-2:]
    groups = channels_in // channels
    of_one = math.prod(geometry.positions) * kernel[..., 0].nbytes
    for group in range(groups):
        for part in parts(batch, of_one):
            yield part, _slice(group, channels), _slice(group, filters // groups)


def _slice(number, length):
    return slice(number * length, (number + 1) * length)
