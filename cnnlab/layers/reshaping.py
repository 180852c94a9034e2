"""Layers that change the shape of what comes in, and nothing else: rows, frames, enlarged pictures. Nothing is learned."""

import math

import numpy as np

from ..arithmetic import whole_number
from ..ops._arguments import check_data_format, per_axis
from .layer import Layer

__all__ = ["Cropping2D", "Flatten", "Reshape", "UpSampling2D", "ZeroPadding2D"]


class Flatten(Layer):
    """Everything that belongs to one example in one row: (N, height, width, channels) -> (N, height · width · channels).

    >>> Flatten()(np.zeros((1, 13, 13, 32))).shape
    (1, 5408)
    """

    def __init__(self, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = check_data_format(data_format)

    def call(self, inputs, training=False):
        self.saved = inputs.shape
        return inputs.reshape(len(inputs), int(np.prod(inputs.shape[1:])))

    def call_grad(self, grad):
        return grad.reshape(self.saved)


class Reshape(Layer):
    """The numbers of each example in another shape, in the same order: (N, …) -> (N, *target_shape).

    Parameters
    ----------
    target_shape : tuple of ints
        Without the batch. One of them may be -1: whatever is left.

    Source: `keras.layers.Reshape`.

    >>> Reshape((28, 28, 1))(np.zeros((5, 784))).shape
    (5, 28, 28, 1)
    >>> Reshape((-1, 3))(np.zeros((5, 2, 6))).shape
    (5, 4, 3)
    """

    def __init__(self, target_shape, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(target_shape, (tuple, list)):
            raise TypeError(f"`target_shape` must be a tuple of ints, such as (28, 28, 1); got {target_shape!r}.")
        sizes = tuple(whole_number("target_shape", size, at_least=-1) for size in target_shape)
        if 0 in sizes or sizes.count(-1) > 1:
            raise ValueError(
                f"`target_shape` must hold sizes of at least 1, and at most one -1, for what is left; got {target_shape!r}."
            )
        self.target_shape = sizes

    def build(self, input_shape):
        self._sizes(input_shape)

    def call(self, inputs, training=False):
        self.saved = inputs.shape
        return inputs.reshape(len(inputs), *self._sizes(inputs.shape))

    def call_grad(self, grad):
        return grad.reshape(self.saved)

    def _sizes(self, input_shape):
        """The target shape with its -1 worked out."""
        sizes, there = self.target_shape, input_shape[1:]
        if None in there:
            return sizes
        known = math.prod(size for size in sizes if size != -1)
        if math.prod(there) % known or (-1 not in sizes and math.prod(there) != known):
            raise ValueError(
                f"`target_shape` {sizes} does not hold as many numbers as one example: {math.prod(there)}, "
                f"in inputs of shape {(None, *there)}."
            )
        return tuple(math.prod(there) // known if size == -1 else size for size in sizes)


class ZeroPadding2D(Layer):
    """Rows and columns of zeros around pictures.

    Parameters
    ----------
    padding : int, (rows, columns), or ((top, bottom), (left, right))
        How many; an int goes on all four sides.
    data_format : None or "channels_last"

    >>> ZeroPadding2D(((1, 0), (2, 2)))(np.zeros((1, 4, 4, 3))).shape
    (1, 5, 8, 3)
    """

    input_ndim = 4

    def __init__(self, padding=(1, 1), data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = check_data_format(data_format)
        self.padding = pairs_of_cells("padding", padding)

    def call(self, inputs, training=False):
        return np.pad(inputs, ((0, 0), *self.padding, (0, 0)))

    def call_grad(self, grad):
        (top, bottom), (left, right) = self.padding
        return grad[:, top : grad.shape[1] - bottom, left : grad.shape[2] - right]


class Cropping2D(Layer):
    """Pictures without their outer rows and columns: (N, height, width, channels) -> (N, less, less, channels).

    Parameters
    ----------
    cropping : int, (rows, columns), or ((top, bottom), (left, right))
        How many are cut off; an int goes for all four sides.
    data_format : None or "channels_last"

    Source: `keras.layers.Cropping2D`.

    >>> Cropping2D(((1, 0), (2, 2)))(np.zeros((1, 5, 8, 3))).shape
    (1, 4, 4, 3)
    """

    input_ndim = 4

    def __init__(self, cropping=((0, 0), (0, 0)), data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = check_data_format(data_format)
        self.cropping = pairs_of_cells("cropping", cropping)

    def build(self, input_shape):
        self._inside(input_shape)

    def call(self, inputs, training=False):
        self.saved = inputs.shape
        return inputs[self._inside(inputs.shape)]

    def call_grad(self, grad):
        d_inputs = np.zeros(self.saved, grad.dtype)
        d_inputs[self._inside(self.saved)] = grad
        return d_inputs

    def _inside(self, shape):
        """The part that stays, as an index."""
        for size, pair in zip(shape[1:3], self.cropping):
            if size is not None and sum(pair) >= size:
                raise ValueError(f"`cropping` {self.cropping} leaves nothing of inputs of shape {shape}.")
        (top, bottom), (left, right) = self.cropping
        return np.s_[:, top : None if bottom == 0 else -bottom, left : None if right == 0 else -right]


class UpSampling2D(Layer):
    """Larger pictures: (N, height, width, channels) -> (N, size · height, size · width, channels).

    Parameters
    ----------
    size : int, or (rows, columns)
        How many come from one.
    data_format : None or "channels_last"
    interpolation : "nearest" or "bilinear"
        Copies of each pixel; or what lies between the middles of the pixels, on straight lines.

    Source: `keras.layers.UpSampling2D`, which knows more ways to interpolate.

    >>> UpSampling2D(2)([[[[1], [2]]]])[0, :, :, 0]
    array([[1., 1., 2., 2.],
           [1., 1., 2., 2.]], dtype=float32)
    >>> UpSampling2D((1, 2), interpolation="bilinear")([[[[0], [4]]]])[0, :, :, 0]
    array([[0., 1., 3., 4.]], dtype=float32)
    """

    input_ndim = 4

    def __init__(self, size=(2, 2), data_format=None, interpolation="nearest", **kwargs):
        super().__init__(**kwargs)
        self.data_format = check_data_format(data_format)
        self.size = per_axis("size", size, 2)
        if not isinstance(interpolation, str) or interpolation.lower() not in ("nearest", "bilinear"):
            raise ValueError(f"`interpolation` must be 'nearest' or 'bilinear'; got {interpolation!r}.")
        self.interpolation = interpolation.lower()

    def call(self, inputs, training=False):
        self.saved = inputs.shape
        if self.interpolation == "nearest":
            return inputs.repeat(self.size[0], axis=1).repeat(self.size[1], axis=2)
        for axis, factor in (2, self.size[1]), (1, self.size[0]):
            first, second, share = _between(inputs.shape[axis], factor)
            share = np.expand_dims(share.astype(inputs.dtype), tuple(range(1, 4 - axis)))
            low = inputs.take(first, axis)
            inputs = low + (inputs.take(second, axis) - low) * share
        return inputs

    def call_grad(self, grad):
        n, height, width, channels = self.saved
        if self.interpolation == "nearest":
            return grad.reshape(n, height, self.size[0], width, self.size[1], channels).sum(axis=(2, 4))
        rows, columns = _weights(height, self.size[0], grad.dtype), _weights(width, self.size[1], grad.dtype)
        return np.einsum("nijc,ih,jw->nhwc", grad, rows, columns, optimize=True).astype(grad.dtype, copy=False)


def _between(size, factor):
    """For each place along the enlarged axis: the two places of the input around it, and how far it lies to the second."""
    middles = (np.arange(size * factor) + 0.5) / factor - 0.5
    first = np.floor(middles)
    return np.maximum(first, 0).astype(int), np.minimum(first + 1, size - 1).astype(int), middles - first


def _weights(size, factor, dtype):
    """The enlarging along an axis as a matrix (size · factor, size)."""
    first, second, share = _between(size, factor)
    matrix, places = np.zeros((size * factor, size), dtype), np.arange(size * factor)
    matrix[places, first] += 1 - share
    matrix[places, second] += share
    return matrix


def pairs_of_cells(name, value):
    """((top, bottom), (left, right)) from an int, a pair of ints, or such pairs."""
    both = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    pairs = [tuple(pair) if isinstance(pair, (tuple, list)) else (pair, pair) for pair in both]
    if len(pairs) != 2 or any(len(pair) != 2 for pair in pairs):
        raise ValueError(f"`{name}` must be an int, (rows, columns) or ((top, bottom), (left, right)); got {value!r}.")
    return tuple(tuple(whole_number(name, cells, at_least=0) for cells in pair) for pair in pairs)
