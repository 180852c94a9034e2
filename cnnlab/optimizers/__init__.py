"""How gradients change weights, as in `keras.optimizers`: `SGD`, `RMSprop`, `Adam`, and learning-rate schedules."""

import math
import warnings

import numpy as np

from .. import _names
from ..ops._threads import BLOCK, in_blocks
from . import schedules

__all__ = ["Adam", "Optimizer", "RMSprop", "SGD", "get", "schedules"]


class Optimizer:
    """What turns gradients into new weights.

    To make one of your own, write `step`, and `slots` if it remembers something about each weight.

    Attributes
    ----------
    learning_rate : float
        The rate of the next step. It may be set, unless it follows a schedule.
    iterations : int
        Steps done so far.
    """

    slots = 0  # How many arrays are kept for each weight; they start as zeros.
    elementwise = False  # Whether `step` treats each number by itself, so that it may be given the weight in parts.

    def __init__(self, learning_rate, name=None, **old):
        if old.pop("decay", None):
            warnings.warn(
                "`decay` is ignored, as in Keras 3. What it once meant is "
                "learning_rate=schedules.InverseTimeDecay(learning_rate, decay_steps=1, decay_rate=decay).",
                stacklevel=3,
            )
        if old:
            raise TypeError(f"{type(self).__name__} does not know {', '.join(map(repr, old))}.")
        self.name = name or type(self).__name__
        self._rate = _check_rate(learning_rate)
        self.iterations = 0
        self._kept = {}

    @property
    def learning_rate(self):
        if isinstance(self._rate, schedules.LearningRateSchedule):
            return float(self._rate(self.iterations))
        return float(self._rate() if callable(self._rate) else self._rate)

    @learning_rate.setter
    def learning_rate(self, value):
        if callable(self._rate) and not callable(value):
            raise TypeError(
                f"`learning_rate` follows {type(self._rate).__name__}, and cannot be set as well. "
                "Make the optimizer with a number, such as learning_rate=0.01."
            )
        self._rate = _check_rate(value)

    def update(self, weights, gradients):
        """The weights after one step.

        Parameters
        ----------
        weights, gradients : dicts of arrays with the same keys

        Returns
        -------
        dict of new arrays; the old ones are not modified
        """
        rate, new, kept = self.learning_rate, {}, {}
        for key, weight in weights.items():
            slots = self._kept.get(key) or [np.zeros_like(weight)] * self.slots
            if any(slot.shape != weight.shape for slot in slots):
                raise ValueError(f"This {self.name} has trained another model. Make a new one for this model.")
            step = self._step_in_blocks if self.elementwise and weight.nbytes > BLOCK else self.step
            new[key], *kept[key] = step(weight, np.asarray(gradients[key], weight.dtype), rate, *slots)
        self._kept = {**self._kept, **kept}
        self.iterations += 1
        return new

    def step(self, weight, gradient, learning_rate, *slots):
        """The new weight, and the new slots after it."""
        raise NotImplementedError("write `step(weight, gradient, learning_rate, *slots)`")

    def _step_in_blocks(self, weight, gradient, rate, *slots):
        """`step` on a block at a time, which stays in the cache from its first operation to its last."""
        old = [np.ascontiguousarray(array).reshape(-1) for array in (weight, gradient, *slots)]
        new = [np.empty_like(old[0]) for _ in (weight, *slots)]

        def work(part):
            weight, gradient, *slots = (array[part] for array in old)
            for array, values in zip(new, self.step(weight, gradient, rate, *slots)):
                array[part] = values

        in_blocks(work, weight.size, 2 * weight.itemsize)  # long ones: each takes many calls of NumPy
        return [array.reshape(weight.shape) for array in new]

    def state(self):
        """All that changes from step to step, to be given back to `restore`."""
        return self.iterations, self._kept

    def restore(self, state):
        self.iterations, self._kept = state

    def __repr__(self):
        return f"<{type(self).__name__}, learning rate {self.learning_rate:g}, {self.iterations} steps done>"


class SGD(Optimizer):
    """Stochastic gradient descent: a step against the gradient.

    Parameters
    ----------
    learning_rate : float, a schedule, or a function without arguments
    momentum : float
        How much of the last step is added to this one, from 0 to 1.
    nesterov : bool
        Whether to look ahead: to step once more with the momentum that this gradient has changed.

    >>> SGD(0.1).step(weight=1.0, gradient=2.0, learning_rate=0.1)
    (0.8,)
    """

    elementwise = True

    def __init__(self, learning_rate=0.01, momentum=0.0, nesterov=False, *, name=None, **old):
        super().__init__(learning_rate, name, **old)
        self.momentum, self.nesterov = _fraction("momentum", momentum), nesterov
        self.slots = 1 if self.momentum else 0

    def step(self, weight, gradient, learning_rate, velocity=None):
        if velocity is None:
            return (weight - learning_rate * gradient,)
        velocity = self.momentum * velocity - learning_rate * gradient
        if self.nesterov:
            return weight + self.momentum * velocity - learning_rate * gradient, velocity
        return weight + velocity, velocity


class RMSprop(Optimizer):
    """A step against the gradient, divided by the root of its mean square; Hinton 2012.

    Parameters
    ----------
    learning_rate : float, a schedule, or a function without arguments
    rho : float
        How slowly the mean square forgets.
    epsilon : float
        Keeps the division safe.
    """

    slots, elementwise = 1, True

    def __init__(self, learning_rate=0.001, rho=0.9, *, epsilon=1e-7, name=None, **old):
        super().__init__(learning_rate, name, **old)
        self.rho, self.epsilon = _fraction("rho", rho), epsilon

    def step(self, weight, gradient, learning_rate, mean_square):
        mean_square = self.rho * mean_square + (1 - self.rho) * np.square(gradient)
        return weight - learning_rate * gradient / np.sqrt(mean_square + self.epsilon), mean_square


class Adam(Optimizer):
    """Momentum, divided by the root of the mean square of the gradient; Kingma & Ba 2014.

    Parameters
    ----------
    learning_rate : float, a schedule, or a function without arguments
    beta_1, beta_2 : float
        How slowly the mean of the gradient, and that of its square, forget.
    epsilon : float
        Keeps the division safe; it is the paper's epsilon-hat.
    """

    slots, elementwise = 2, True

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, *, name=None, **old):
        super().__init__(learning_rate, name, **old)
        for which, beta in (("beta_1", beta_1), ("beta_2", beta_2)):
            if _fraction(which, beta) == 1:
                raise ValueError(f"`{which}` must be below 1: with 1, nothing would be learned.")
        self.beta_1, self.beta_2, self.epsilon = float(beta_1), float(beta_2), epsilon

    def step(self, weight, gradient, learning_rate, mean, mean_square):
        # Both are kept times 1 / (1 − beta), so that what is new counts as it is: each operation saved is a pass over memory.
        mean = self.beta_1 * mean
        mean += gradient
        mean_square = self.beta_2 * mean_square
        mean_square += np.square(gradient)
        # They start at 0, which is too low; this makes up for it.
        steps, unit = self.iterations + 1, math.sqrt(1 - self.beta_2)
        rate = learning_rate * math.sqrt(1 - self.beta_2**steps) / (1 - self.beta_1**steps) * (1 - self.beta_1) / unit
        # weight − rate · mean / (√mean_square + epsilon / unit), in two arrays: what is small stays in the cache.
        root = np.sqrt(mean_square)
        root += self.epsilon / unit
        change = -rate * mean
        change /= root
        change += weight
        return change, mean, mean_square


_KNOWN = {"adam": Adam, "rmsprop": RMSprop, "sgd": SGD}


def get(identifier):
    """An optimizer by name, with its default settings, or the optimizer itself."""
    if isinstance(identifier, str):
        return _names.look_up("optimizer", identifier, _KNOWN)()
    if isinstance(identifier, Optimizer):
        return identifier
    raise TypeError(f"`optimizer` must be a name such as 'adam', or an optimizer such as SGD(0.1); got {identifier!r}.")


def _check_rate(rate):
    if not callable(rate) and not (isinstance(rate, (int, float, np.number)) and 0 <= rate < math.inf):
        raise ValueError(f"`learning_rate` must be a number from 0 up, or a schedule; got {rate!r}.")
    return rate


def _fraction(name, value):
    if not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise ValueError(f"`{name}` must be a number from 0 to 1; got {value!r}.")
    return float(value)
