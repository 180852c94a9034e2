"""Learning rates that change from step to step, as in `keras.optimizers.schedules`."""

import math

from .. import _names
from .._configured import Configured, plain
from ..arithmetic import real_number

__all__ = [
    "CosineDecay",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "deserialize",
    "serialize",
]


class LearningRateSchedule(Configured):
    """A learning rate as a function of the step: called with 0, 1, 2, …, it returns a float.

    A step is one batch, not one epoch.
    """

    def __call__(self, step):
        raise NotImplementedError("write `__call__(step)`, which returns the learning rate")

    def __repr__(self):
        settings = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items() if name != "name")
        return f"{type(self).__name__}({settings})"


class _Decay(LearningRateSchedule):
    def __init__(self, initial_learning_rate, decay_steps, decay_rate, staircase=False, name=None):
        self.initial_learning_rate = real_number("initial_learning_rate", initial_learning_rate)
        self.decay_steps, self.decay_rate = (
            real_number("decay_steps", decay_steps, above=0),
            real_number("decay_rate", decay_rate),
        )
        self.staircase, self.name = staircase, name or type(self).__name__

    def _progress(self, step):
        progress = step / self.decay_steps
        return math.floor(progress) if self.staircase else progress


class InverseTimeDecay(_Decay):
    """initial_learning_rate / (1 + decay_rate · step / decay_steps).

    With decay_steps=1 this is what `decay` once meant in Keras's optimizers.

    Parameters
    ----------
    initial_learning_rate, decay_rate : float
    decay_steps : int
    staircase : bool
        Whether to round step / decay_steps down, so that the rate falls in stairs.

    >>> InverseTimeDecay(0.1, decay_steps=1, decay_rate=0.5)(2)
    0.05
    """

    def __call__(self, step):
        return self.initial_learning_rate / (1 + self.decay_rate * self._progress(step))


class ExponentialDecay(_Decay):
    """initial_learning_rate · decay_rate ^ (step / decay_steps). Parameters as for `InverseTimeDecay`.

    >>> ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)(10)
    0.05
    """

    def __call__(self, step):
        return self.initial_learning_rate * self.decay_rate ** self._progress(step)


class PiecewiseConstantDecay(LearningRateSchedule):
    """values[0] up to and with step boundaries[0], then values[1] up to boundaries[1], and so on.

    >>> rate = PiecewiseConstantDecay([10], [0.1, 0.01])
    >>> rate(10), rate(11)
    (0.1, 0.01)
    """

    def __init__(self, boundaries, values, name="PiecewiseConstant"):
        if len(values) != len(boundaries) + 1:
            raise ValueError(
                f"`values` must be one more than `boundaries`; got {_names.count(len(values), 'value')} "
                f"and {_names.count(len(boundaries), 'boundary', 'boundaries')}."
            )
        self.boundaries = [real_number("boundaries", boundary) for boundary in boundaries]
        self.values, self.name = [real_number("values", value) for value in values], name
        if self.boundaries != sorted(self.boundaries):
            raise ValueError(f"`boundaries` must rise from one to the next; got {self.boundaries}.")

    def __call__(self, step):
        return self.values[sum(step > boundary for boundary in self.boundaries)]


class PolynomialDecay(LearningRateSchedule):
    """From the initial rate down to `end_learning_rate`: in a straight line, or along a power of what remains of it.

    Parameters
    ----------
    initial_learning_rate : float
    decay_steps : int
        Length of the way down.
    end_learning_rate : float
    power : float
        1 is the straight line.
    cycle : bool
        Whether to begin again afterwards, on a way as long as all steps so far and this one; else the rate stays.

    >>> PolynomialDecay(0.1, decay_steps=10, end_learning_rate=0.0)(5)
    0.05
    """

    def __init__(
        self,
        initial_learning_rate,
        decay_steps,
        end_learning_rate=0.0001,
        power=1.0,
        cycle=False,
        name="PolynomialDecay",
    ):
        self.initial_learning_rate = real_number("initial_learning_rate", initial_learning_rate)
        self.decay_steps = real_number("decay_steps", decay_steps, above=0)
        self.end_learning_rate = real_number("end_learning_rate", end_learning_rate)
        self.power, self.cycle, self.name = real_number("power", power), cycle, name

    def __call__(self, step):
        length = self.decay_steps * (max(1, math.ceil(step / self.decay_steps)) if self.cycle else 1)
        remains = 1 - min(step / length, 1)
        return (self.initial_learning_rate - self.end_learning_rate) * remains**self.power + self.end_learning_rate


class CosineDecay(LearningRateSchedule):
    """Half a cosine wave from the initial rate down to `alpha` times it; Loshchilov & Hutter 2016.

    Parameters
    ----------
    initial_learning_rate : float
    decay_steps : int
        Length of the way down; after it the rate stays.
    alpha : float
        What remains at the end, as a part of the rate that it came from.
    warmup_target : float, optional
        If given, the rate first rises to it, in a straight line over `warmup_steps`.
    warmup_steps : int

    The way down starts after the warm-up: docs/differences.md.

    >>> CosineDecay(0.1, decay_steps=10)(5)
    0.05
    """

    def __init__(
        self,
        initial_learning_rate,
        decay_steps,
        alpha=0.0,
        name="CosineDecay",
        warmup_target=None,
        warmup_steps=0,
    ):
        self.initial_learning_rate = real_number("initial_learning_rate", initial_learning_rate)
        self.decay_steps, self.alpha, self.name = (
            real_number("decay_steps", decay_steps, above=0),
            real_number("alpha", alpha),
            name,
        )
        self.warmup_target = None if warmup_target is None else real_number("warmup_target", warmup_target)
        self.warmup_steps = real_number("warmup_steps", warmup_steps)

    def __call__(self, step):
        top = self.initial_learning_rate
        if self.warmup_target is not None:
            if step < self.warmup_steps:
                return top + (self.warmup_target - top) * step / self.warmup_steps
            top, step = self.warmup_target, step - self.warmup_steps
        progress = min(step / self.decay_steps, 1)
        cosine = (1 + math.cos(math.pi * progress)) / 2
        return top * ((1 - self.alpha) * cosine + self.alpha)


_KNOWN = {
    _names.snake_case(kind.__name__): kind
    for kind in (CosineDecay, ExponentialDecay, InverseTimeDecay, PiecewiseConstantDecay, PolynomialDecay)
}


def serialize(learning_rate_schedule):
    """The name of its class, and its settings."""
    return plain("learning_rate_schedule", learning_rate_schedule)


def deserialize(config, custom_objects=None):
    """The schedule that `serialize` described."""
    own = {_names.snake_case(name): kind for name, kind in (custom_objects or {}).items()}
    return _names.look_up("learning_rate", config["class_name"], {**_KNOWN, **own}).from_config(config["config"])
