"""First values of weights, as in `keras.initializers`: the same distributions, by the same names.

Every initializer is called with a shape. Without a seed it draws from the generator that
`cnnlab.utils.set_random_seed` seeds; with a seed it gives the same numbers at each call.
Numbers from the same seed differ from those of Keras.
"""

import math

import numpy as np

from . import _random, config
from ._configured import Configured, look_up
from .arithmetic import real_number

__all__ = [
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "get",
]


class Initializer(Configured):
    """What gives a weight its first values: called with a shape, it returns an array.

    For one of your own, write `draw(shape)`, or `__call__(shape, dtype=None)` as in Keras.
    """

    def __call__(self, shape, dtype=None):
        return np.asarray(self.draw(tuple(shape))).astype(dtype or config.floatx())

    def draw(self, shape):
        raise NotImplementedError("write `draw(shape)`, which returns an array")


class Constant(Initializer):
    """The same value everywhere.

    >>> Constant(3)((2,))
    array([3., 3.], dtype=float32)
    """

    def __init__(self, value=0.0):
        self.value = _numbers("value", value)

    def draw(self, shape):
        return np.full(shape, self.value)


class Zeros(Constant):
    """Zeros: what biases start as."""

    def __init__(self):
        super().__init__(0.0)


class Ones(Constant):
    """Ones."""

    def __init__(self):
        super().__init__(1.0)


class RandomNormal(Initializer):
    """Normally distributed numbers."""

    def __init__(self, mean=0.0, stddev=0.05, seed=None):
        self.mean, self.stddev = real_number("mean", mean), real_number("stddev", stddev, at_least=0)
        self.seed = _random.check_seed(seed)

    def draw(self, shape):
        return _random.generator(self.seed).normal(self.mean, self.stddev, shape)


class TruncatedNormal(RandomNormal):
    """Normally distributed numbers; those beyond two standard deviations are drawn again."""

    def draw(self, shape):
        generator = _random.generator(self.seed)
        numbers = generator.standard_normal(shape)
        while (outside := np.abs(numbers) > 2).any():
            numbers[outside] = generator.standard_normal(outside.sum())
        return self.mean + self.stddev * numbers


class RandomUniform(Initializer):
    """Numbers between two bounds, each as likely as any other."""

    def __init__(self, minval=-0.05, maxval=0.05, seed=None):
        self.minval, self.maxval = real_number("minval", minval), real_number("maxval", maxval)
        if self.minval > self.maxval:
            raise ValueError(f"`minval` must not be above `maxval`; got {minval!r} and {maxval!r}.")
        self.seed = _random.check_seed(seed)

    def draw(self, shape):
        return _random.generator(self.seed).uniform(self.minval, self.maxval, shape)


class Identity(Initializer):
    """`gain` on the diagonal of a matrix, zeros elsewhere: a `Dense` layer then begins by handing on its inputs.

    >>> Identity()((2, 3))
    array([[1., 0., 0.],
           [0., 1., 0.]], dtype=float32)
    """

    def __init__(self, gain=1.0):
        self.gain = real_number("gain", gain)

    def draw(self, shape):
        if len(shape) != 2:
            raise ValueError(f"Identity makes weights with 2 axes only; got shape {shape}.")
        return self.gain * np.eye(*shape)


class Orthogonal(Initializer):
    """A random matrix whose columns, or else rows, are at right angles to each other and `gain` long.

    A kernel with more axes is taken as a matrix with one column for each filter.
    Source: Saxe, McClelland & Ganguli, 2014.

    >>> kernel = Orthogonal(seed=0)((3, 2))
    >>> bool(np.allclose(kernel.T @ kernel, np.eye(2), atol=1e-6))
    True
    """

    def __init__(self, gain=1.0, seed=None):
        self.gain, self.seed = real_number("gain", gain), _random.check_seed(seed)

    def draw(self, shape):
        if len(shape) < 2:
            raise ValueError(f"Orthogonal makes weights with at least 2 axes; got shape {shape}.")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        numbers = _random.generator(self.seed).standard_normal((max(rows, columns), min(rows, columns)))
        matrix, triangle = np.linalg.qr(numbers)
        matrix = matrix * np.sign(np.diag(triangle))  # makes every direction as likely as any other
        return self.gain * (matrix if rows >= columns else matrix.T).reshape(shape)


class VarianceScaling(Initializer):
    """Random numbers whose variance is `scale` / n, so that signals neither fade nor blow up.

    Parameters
    ----------
    scale : float
    mode : "fan_in", "fan_out" or "fan_avg"
        n is the number of inputs that each output sums over, the number of outputs that each
        input goes to, or the mean of the two.
    distribution : "truncated_normal", "untruncated_normal" or "uniform"
    seed : int, optional
    """

    def __init__(self, scale=1.0, mode="fan_in", distribution="truncated_normal", seed=None):
        scale = real_number("scale", scale, above=0)
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise ValueError(f"`mode` must be 'fan_in', 'fan_out' or 'fan_avg'; got {mode!r}.")
        if distribution not in ("truncated_normal", "untruncated_normal", "uniform"):
            raise ValueError(
                f"`distribution` must be 'truncated_normal', 'untruncated_normal' or 'uniform'; got {distribution!r}."
            )
        self.scale, self.mode, self.distribution = scale, mode, distribution
        self.seed = _random.check_seed(seed)

    def draw(self, shape):
        fan_in, fan_out = fans(shape)
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        stddev = math.sqrt(self.scale / max(1, n))
        if self.distribution == "uniform":
            limit = math.sqrt(3) * stddev
            return RandomUniform(-limit, limit, self.seed).draw(shape)
        if self.distribution == "untruncated_normal":
            return RandomNormal(0, stddev, self.seed).draw(shape)
        # Cutting the tails off a standard normal distribution leaves a standard deviation of 0.8796…
        return TruncatedNormal(0, stddev / 0.87962566103423978, self.seed).draw(shape)


class GlorotUniform(VarianceScaling):
    """Uniform within ±√(6 / (fan_in + fan_out)); Glorot & Bengio 2010. The default of every kernel."""

    def __init__(self, seed=None):
        super().__init__(1.0, "fan_avg", "uniform", seed)


class GlorotNormal(VarianceScaling):
    """Truncated normal with standard deviation √(2 / (fan_in + fan_out))."""

    def __init__(self, seed=None):
        super().__init__(1.0, "fan_avg", "truncated_normal", seed)


class HeUniform(VarianceScaling):
    """Uniform within ±√(6 / fan_in); He et al. 2015, made for ReLU."""

    def __init__(self, seed=None):
        super().__init__(2.0, "fan_in", "uniform", seed)


class HeNormal(VarianceScaling):
    """Truncated normal with standard deviation √(2 / fan_in)."""

    def __init__(self, seed=None):
        super().__init__(2.0, "fan_in", "truncated_normal", seed)


class LecunUniform(VarianceScaling):
    """Uniform within ±√(3 / fan_in)."""

    def __init__(self, seed=None):
        super().__init__(1.0, "fan_in", "uniform", seed)


class LecunNormal(VarianceScaling):
    """Truncated normal with standard deviation √(1 / fan_in)."""

    def __init__(self, seed=None):
        super().__init__(1.0, "fan_in", "truncated_normal", seed)


def _numbers(name, value):
    """A number; or, as in Keras, an array of numbers that fits the weight."""
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"`{name}` must be a number; got {value!r}.")
    return value


def fans(shape):
    """(fan_in, fan_out) of a kernel: how many numbers go into each output, and out of each input.

    >>> fans((3, 3, 16, 32))
    (144, 288)
    """
    if len(shape) < 2:
        size = math.prod(shape)
        return size, size
    window = math.prod(shape[:-2])
    return window * shape[-2], window * shape[-1]


_KNOWN = {
    "constant": Constant,
    "glorot_normal": GlorotNormal,
    "glorot_uniform": GlorotUniform,
    "he_normal": HeNormal,
    "he_uniform": HeUniform,
    "identity": Identity,
    "lecun_normal": LecunNormal,
    "lecun_uniform": LecunUniform,
    "ones": Ones,
    "orthogonal": Orthogonal,
    "random_normal": RandomNormal,
    "random_uniform": RandomUniform,
    "truncated_normal": TruncatedNormal,
    "variance_scaling": VarianceScaling,
    "zeros": Zeros,
    # Keras's other names for the same.
    "identity_initializer": Identity,
    "normal": RandomNormal,
    "one": Ones,
    "orthogonal_initializer": Orthogonal,
    "uniform": RandomUniform,
    "zero": Zeros,
}
constant, identity, ones, orthogonal, zeros = Constant, Identity, Ones, Orthogonal, Zeros
glorot_normal, glorot_uniform, he_normal, he_uniform = GlorotNormal, GlorotUniform, HeNormal, HeUniform
lecun_normal, lecun_uniform, variance_scaling = LecunNormal, LecunUniform, VarianceScaling
random_normal, random_uniform, truncated_normal = RandomNormal, RandomUniform, TruncatedNormal


def get(identifier, argument="initializer"):
    """An initializer by name, or the initializer (any function of a shape) itself; None for none, as in Keras."""
    if identifier is None:
        return None
    found = look_up(argument, identifier, _KNOWN, "HeNormal(seed=1)")
    if callable(found):
        return found
    raise TypeError(f"`{argument}` must be a name such as 'he_normal', or an initializer; got {identifier!r}.")
