"""Layers that prepare pictures: scaled to fit, or, while training, moved and mirrored at random."""

import numpy as np

from .. import _random
from ..arithmetic import one_of, real_number, true_or_false, whole_number
from ..ops._arguments import as_float, check_data_format
from .layer import Layer, check_kept_sizes

__all__ = ["Normalization", "RandomFlip", "RandomTranslation", "Rescaling"]


class Rescaling(Layer):
    """inputs · scale + offset, while training or not: `Rescaling(1 / 255)` brings pixels to between 0 and 1.

    Parameters
    ----------
    scale, offset : float, or one for each channel

    Source: `keras.layers.Rescaling`.

    >>> Rescaling(1 / 127.5, offset=-1)([[0, 255]])
    array([[-1.,  1.]], dtype=float32)
    """

    def __init__(self, scale, offset=0.0, **kwargs):
        super().__init__(**kwargs)
        self.scale, self.offset = _numbers("scale", scale), _numbers("offset", offset)

    def build(self, input_shape):
        for name in ("scale", "offset"):
            shape = np.shape(getattr(self, name))
            sizes = input_shape[len(input_shape) - len(shape) :]
            fits = len(shape) < len(input_shape) and all(n in (1, m) or m is None for n, m in zip(shape, sizes))
            if not fits:
                raise ValueError(
                    f"`{name}` must be one number, or one for each channel, of inputs of shape {input_shape}; "
                    f"got shape {shape}."
                )

    def call(self, inputs, training=False):
        return inputs * np.asarray(self.scale, inputs.dtype) + np.asarray(self.offset, inputs.dtype)

    def call_grad(self, grad):
        return grad * np.asarray(self.scale, grad.dtype)


class Normalization(Layer):
    """(inputs − mean) / √variance, with the mean and variance of examples that `adapt` has seen, or that are given.

    Parameters
    ----------
    axis : int, tuple of ints, or None
        Axes that have a mean for each place: -1 for one per channel; None for one of all numbers.
    mean, variance : float or array, optional
        Both or neither: known already, so that `adapt` is not needed.
    invert : bool
        Whether to do the opposite: inputs · √variance + mean.

    Weights, when they are not given: mean, variance, count (which Keras keeps for old files; 0 here as there),
    none of them trainable.

    Source: `keras.layers.Normalization`.

    >>> layer = Normalization()
    >>> layer.adapt(np.array([[1.0, 10.0], [3.0, 30.0]]))
    >>> layer([[1, 10], [3, 30]])
    array([[-1., -1.],
           [ 1.,  1.]], dtype=float32)
    """

    def __init__(self, axis=-1, mean=None, variance=None, invert=False, **kwargs):
        super().__init__(**kwargs)
        axes = () if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
        self.axis = tuple(whole_number("axis", one, at_least=None) for one in axes)
        if 0 in self.axis:
            raise ValueError(f"`axis` must not name the batch, axis 0; got {axis!r}. For one mean of all: axis=None.")
        if (mean is None) != (variance is None):
            raise ValueError(f"`mean` and `variance` must both be given, or neither; got {mean!r} and {variance!r}.")
        self.input_mean = None if mean is None else _numbers("mean", mean)
        self.input_variance = None if variance is None else _numbers("variance", variance)
        if mean is not None:
            shapes = np.shape(mean), np.shape(variance)
            if shapes[0] != shapes[1] or len(shapes[0]) > len(self.axis):
                raise ValueError(
                    f"`mean` and `variance` must have the same shape, with at most one axis for each of `axis` "
                    f"{self.axis}; got shapes {shapes[0]} and {shapes[1]}."
                )
            if (np.asarray(self.input_variance) < 0).any():
                raise ValueError(f"`variance` must not be negative; got {variance!r}.")
        self.invert = true_or_false("invert", invert)

    def build(self, input_shape):
        self._kept(input_shape)
        if self.input_mean is None:
            shape = tuple(input_shape[axis] for axis in self._kept(input_shape))
            self.add_weight("adapt_mean", shape, "zeros", trainable=False)
            self.add_weight("adapt_variance", shape, "ones", trainable=False)
            self.add_weight("count", (), "zeros", trainable=False)
        else:
            try:
                for given in (self.input_mean, self.input_variance):
                    np.broadcast_to(given, [input_shape[axis] for axis in self._kept(input_shape)])
            except ValueError:
                raise ValueError(
                    f"`mean` of shape {np.shape(self.input_mean)} does not fit inputs of shape {input_shape} "
                    f"along `axis` {self.axis}."
                ) from None

    def adapt(self, data):
        """Learn mean and variance from examples: an array (N, …), or batches of them, one after the other."""
        if self.input_mean is not None:
            raise ValueError(f"Layer {self.name!r} was made with a `mean` and a `variance`: it has nothing to adapt.")
        batches = [data] if isinstance(data, np.ndarray) else data
        total = squares = None
        count = 0
        with self._named_errors():
            for batch in batches:
                if not hasattr(batch, "shape"):
                    raise TypeError(f"`data` must be an array, or hold arrays, one for each batch; got {batch!r}.")
                batch = as_float("data", np.asarray(batch)).astype(np.float64)
                self._check_shape(batch.shape)
                if not self.built:
                    self.build(batch.shape)
                kept = self._kept(batch.shape)
                others = tuple(axis for axis in range(batch.ndim) if axis not in kept)
                n = batch.size // max(1, int(np.prod([batch.shape[axis] for axis in kept])))
                if n == 0:
                    continue
                mean, spread = batch.mean(axis=others), batch.var(axis=others) * n
                if total is None:
                    total, squares = mean, spread
                else:  # Chan, Golub & LeVeque, 1979: the spread around the mean of both
                    squares = squares + spread + (mean - total) ** 2 * count * n / (count + n)
                    total = total + (mean - total) * n / (count + n)
                count += n
            if total is None:
                raise ValueError("`data` holds no examples.")
        self.adapt_mean, self.adapt_variance = np.asarray(total, self.dtype), np.asarray(squares / count, self.dtype)

    @property
    def mean(self):
        """The mean in use, with as many axes as the inputs; None before `build` or `adapt`."""
        return self._along_axes(self.adapt_mean if self.input_mean is None else self.input_mean) if self.built else None

    @property
    def variance(self):
        """The variance in use, with as many axes as the inputs; None before `build` or `adapt`."""
        given = self.input_variance
        return self._along_axes(self.adapt_variance if given is None else given) if self.built else None

    def call(self, inputs, training=False):
        self.saved = np.maximum(np.sqrt(self.variance), np.asarray(_EPSILON, inputs.dtype))
        if self.invert:
            return self.mean + inputs * self.saved
        return (inputs - self.mean) / self.saved

    def call_grad(self, grad):
        return grad * self.saved if self.invert else grad / self.saved

    def _argument(self, name):
        return getattr(self, f"input_{name}") if name in ("mean", "variance") else super()._argument(name)

    def _kept(self, shape):
        """The axes that have a mean for each place, as sorted numbers from 1 up."""
        for axis in self.axis:
            if not -len(shape) < axis < len(shape):
                raise ValueError(f"`axis` {axis} is not an axis of an example, in inputs of shape {shape}.")
        if any(shape[axis] is None for axis in self.axis):
            raise ValueError(f"`axis` {self.axis} has no known size in inputs of shape {shape}.")
        return sorted({axis % len(shape) for axis in self.axis})

    def _along_axes(self, numbers):
        shape = [1] * len(self.built_for)
        for axis in self._kept(self.built_for):
            shape[axis] = self.built_for[axis]
        kept = np.broadcast_to(numbers, [shape[axis] for axis in self._kept(self.built_for)])
        return np.asarray(kept, self.dtype).reshape(shape)

    def _check_shape(self, shape):
        if self.built:
            check_kept_sizes(self, shape, self._kept(self.built_for))
        super()._check_shape(shape)


class _RandomPicture(Layer):
    """While training, changes each picture in a way drawn for it; else, hands it on."""

    input_ndim = 4

    def __init__(self, seed, data_format, **kwargs):
        super().__init__(**kwargs)
        self.data_format = check_data_format(data_format)
        self.seed = _random.check_seed(seed)
        self.generator = None if seed is None else _random.generator(self.seed)

    def call(self, inputs, training=False):
        self.saved = self.drawn(inputs.shape) if training else None
        return self.changed(inputs, self.saved) if training else inputs

    def call_grad(self, grad):
        return grad if self.saved is None else self.changed_grad(grad, self.saved)


class RandomFlip(_RandomPicture):
    """While training, mirrors every other picture, chosen at random; else, hands pictures on.

    Parameters
    ----------
    mode : "horizontal", "vertical" or "horizontal_and_vertical"
        Left and right are swapped, top and bottom, or both. In the last case a picture is mirrored
        both ways or neither, since Keras 3.15 draws only once for both.
    seed : int, optional
        The same seed mirrors the same pictures in every run; they are others than in Keras.
    data_format : None or "channels_last"

    Source: `keras.layers.RandomFlip`.

    >>> RandomFlip("horizontal", seed=3)([[[[1], [2]]]], training=True)[0, :, :, 0]
    array([[2., 1.]], dtype=float32)
    """

    def __init__(self, mode="horizontal_and_vertical", seed=None, data_format=None, **kwargs):
        super().__init__(seed, data_format, **kwargs)
        self.mode = one_of("mode", mode, ("horizontal", "vertical", "horizontal_and_vertical"))

    def drawn(self, shape):
        """Which pictures are mirrored."""
        return (self.generator or _random.generator()).random(shape[0]) <= 0.5

    def changed(self, inputs, flips):
        axes = [axis for axis, name in ((1, "vertical"), (2, "horizontal")) if name in self.mode]
        return np.where(flips[:, None, None, None], np.flip(inputs, axes), inputs)

    changed_grad = changed  # a mirror undoes itself


class RandomTranslation(_RandomPicture):
    """While training, moves every picture by a distance of its own, drawn at random; else, hands pictures on.

    Parameters
    ----------
    height_factor, width_factor : float, or (lower, upper)
        How far down, and to the right, as a share of the height and the width; from -1 to 1. One number
        stands for both ways: 0.2 for (-0.2, 0.2).
    fill_mode : "reflect", "wrap", "constant" or "nearest"
        What comes in from outside: dcba|abcd|dcba, abcd|abcd|abcd, kkkk|abcd|kkkk, aaaa|abcd|dddd.
    interpolation : "bilinear" or "nearest"
        What to do when the distance is no whole number of pixels: mix the four pixels around, or take the nearest.
    seed : int, optional
        The same seed draws the same distances in every run; they are others than in Keras.
    fill_value : float
        The k of "constant".
    data_format : None or "channels_last"

    The gradient is exact; TensorFlow's moves the gradient back with the same filling, which is right only
    where nothing is filled.

    Source: `keras.layers.RandomTranslation`, and TensorFlow's ImageProjectiveTransformV3.

    >>> right = RandomTranslation(0.0, (0.5, 0.5), fill_mode="constant")
    >>> right([[[[1], [2], [3], [4]]]], training=True)[0, :, :, 0]
    array([[0., 0., 1., 2.]], dtype=float32)
    """

    def __init__(
        self,
        height_factor,
        width_factor,
        fill_mode="reflect",
        interpolation="bilinear",
        seed=None,
        fill_value=0.0,
        data_format=None,
        **kwargs,
    ):
        super().__init__(seed, data_format, **kwargs)
        self.height_lower, self.height_upper = _bounds("height_factor", height_factor)
        self.width_lower, self.width_upper = _bounds("width_factor", width_factor)
        self.height_factor, self.width_factor = height_factor, width_factor
        self.fill_mode = one_of("fill_mode", fill_mode, ("reflect", "wrap", "constant", "nearest"))
        self.interpolation = one_of("interpolation", interpolation, ("nearest", "bilinear"))
        self.fill_value = real_number("fill_value", fill_value)

    def drawn(self, shape):
        """How far each picture moves, (N, 2): down and to the right, in pixels."""
        generator = self.generator or _random.generator()
        down = generator.uniform(self.height_lower, self.height_upper, shape[0]) * shape[1]
        right = generator.uniform(self.width_lower, self.width_upper, shape[0]) * shape[2]
        return np.stack([down, right], axis=1).astype(np.float32)

    def changed(self, inputs, moves):
        framed = np.pad(inputs, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=self.fill_value)
        images = np.arange(len(inputs))[:, None, None]
        outputs = np.zeros_like(inputs)
        for rows, row_shares in self._sources(moves[:, 0], inputs.shape[1]):
            for columns, column_shares in self._sources(moves[:, 1], inputs.shape[2]):
                shares = (row_shares[:, :, None] * column_shares[:, None, :]).astype(inputs.dtype)
                taken = framed[images, rows[:, :, None] + 1, columns[:, None, :] + 1]
                outputs += np.where(shares[..., None] != 0, taken * shares[..., None], 0)
        return outputs

    def changed_grad(self, grad, moves):
        _, height, width, _ = grad.shape
        rows, columns = self._matrices(moves[:, 0], height), self._matrices(moves[:, 1], width)
        return np.einsum("nijc,nih,njw->nhwc", grad, rows, columns, optimize=True).astype(grad.dtype, copy=False)

    def _sources(self, moves, size):
        """[(places, shares), …]: the places (N, size) along an axis that each output takes its shares from.

        Those outside are -1 and `size`.
        """
        places = np.arange(size, dtype=np.float32) - moves[:, None]
        places = _mapped(places, size, self.fill_mode)
        if self.interpolation == "nearest":
            nearest = np.trunc(places + np.copysign(np.float32(0.5), places))  # halves go away from zero
            return [(np.clip(nearest, -1, size).astype(int), np.ones_like(places))]
        first = np.floor(places)
        pairs = (first, first + 1 - places), (first + 1, places - first)
        return [(np.clip(place, -1, size).astype(int), share) for place, share in pairs]

    def _matrices(self, moves, size):
        """The moves along an axis as matrices (N, size, size)."""
        matrices = np.zeros((len(moves), size, size + 2))
        images, outputs = np.ogrid[: len(moves), :size]
        for places, shares in self._sources(moves, size):
            np.add.at(matrices, (images, outputs, places + 1), shares)
        return matrices[:, :, 1:-1]


def _mapped(places, size, fill_mode):
    """Places along an axis, brought from outside to where their pixel lies, as TensorFlow does; not for "constant"."""
    if fill_mode == "constant":
        return places
    if size == 1:
        return np.zeros_like(places)
    if fill_mode == "reflect":
        places = np.where(places < 0, -places - 1, places)
        places = places - 2 * size * np.floor(places / (2 * size))
        places = np.where(places >= size, 2 * size - places - 1, places)
    elif fill_mode == "wrap":
        below = places + size * (np.trunc(-places / (size - 1)) + 1)
        above = places - size * np.trunc(places / (size - 1))
        places = np.where(places < 0, below, np.where(places > size - 1, above, places))
    return np.clip(places, 0, size - 1).astype(np.float32)


def _bounds(name, factor):
    """(lower, upper) of a factor."""
    if isinstance(factor, (tuple, list)):
        if len(factor) != 2:
            raise ValueError(f"`{name}` must be a number from -1 to 1, or a pair of them; got {factor!r}.")
        return tuple(sorted(real_number(name, one, at_least=-1, at_most=1) for one in factor))
    size = abs(real_number(name, factor, at_least=-1, at_most=1))
    return -size, size


_EPSILON = 1e-7  # Keras's, so that what never changes divides by no zero


def _numbers(name, value):
    """A number, or an array of numbers."""
    if isinstance(value, (list, tuple, np.ndarray)) and np.ndim(value):
        array = as_float(name, value)
        if not np.isfinite(array).all():
            raise ValueError(f"`{name}` must hold finite numbers; got {value!r}.")
        return value
    return real_number(name, value)
