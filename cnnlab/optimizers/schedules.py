"""Learning rates that change from step to step, as in `keras.optimizers.schedules`."""

import math

__all__ = ["CosineDecay", "ExponentialDecay", "InverseTimeDecay", "LearningRateSchedule", "PiecewiseConstantDecay"]


class LearningRateSchedule:
    """A learning rate as a function of the step: called with 0, 1, 2, …, it returns a float.

    A step is one batch, not one epoch.
    """

    def __call__(self, step):
        raise NotImplementedError("write `__call__(step)`, which returns the learning rate")


class _Decay(LearningRateSchedule):
    def __init__(self, initial_learning_rate, decay_steps, decay_rate, staircase=False, name=None):
        if not decay_steps > 0:
            raise ValueError(f"`decay_steps` must be above 0; got {decay_steps!r}.")
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.decay_rate, self.staircase, self.name = decay_rate, staircase, name

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

    def __init__(self, boundaries, values, name=None):
        if len(values) != len(boundaries) + 1:
            raise ValueError(
                f"`values` must be one more than `boundaries`; got {len(values)} values and {len(boundaries)} boundaries."
            )
        self.boundaries, self.values, self.name = list(boundaries), list(values), name

    def __call__(self, step):
        return self.values[sum(step > boundary for boundary in self.boundaries)]


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

    >>> CosineDecay(0.1, decay_steps=10)(5)
    0.05
    """

    def __init__(self, initial_learning_rate, decay_steps, alpha=0.0, name=None, warmup_target=None, warmup_steps=0):
        if not decay_steps > 0:
            raise ValueError(f"`decay_steps` must be above 0; got {decay_steps!r}.")
        self.initial_learning_rate, self.decay_steps, self.alpha, self.name = (
            initial_learning_rate,
            decay_steps,
            alpha,
            name,
        )
        self.warmup_target, self.warmup_steps = warmup_target, warmup_steps

    def __call__(self, step):
        top = self.initial_learning_rate
        if self.warmup_target is not None:
            if step < self.warmup_steps:
                return top + (self.warmup_target - top) * step / self.warmup_steps
            top, step = self.warmup_target, step - self.warmup_steps
        progress = min(step / self.decay_steps, 1)
        cosine = (1 + math.cos(math.pi * progress)) / 2
        return top * ((1 - self.alpha) * cosine + self.alpha)
