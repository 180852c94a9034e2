"""How gradients change weights, as in `keras.optimizers`, and learning-rate schedules."""

import inspect
import math
import re
import warnings

import numpy as np

from .. import _names
from .._configured import Configured, look_up, plain
from ..arithmetic import real_number, whole_number
from ..ops._threads import BLOCK, in_blocks
from . import schedules

__all__ = ["Adagrad", "Adam", "AdamW", "Optimizer", "RMSprop", "SGD", "deserialize", "get", "schedules", "serialize"]


class Optimizer(Configured):
    """What turns gradients into new weights.

    To make one of your own, write `step`, and `slots` if it remembers something about each weight.

    Parameters
    ----------
    learning_rate : float, a schedule, or a function without arguments
    weight_decay : float, optional
        What every step first takes off each weight: this times the learning rate times the weight.
    clipnorm : float, optional
        The gradient of a weight that is longer than this is made this long.
    clipvalue : float, optional
        No number in a gradient is further from 0 than this.
    global_clipnorm : float, optional
        As `clipnorm`, but all gradients count as one. At most one of the three can be given.
    use_ema : bool
        Whether to keep a moving average of each weight. At the end of `fit` it takes the weight's place.
    ema_momentum : float
        How slowly the averages forget, from 0 to 1.
    ema_overwrite_frequency : int, optional
        The averages take the weights' places after so many steps as well, again and again.
    loss_scale_factor, gradient_accumulation_steps : None
        They exist only in Keras.
    name : str, optional

    Attributes
    ----------
    learning_rate : float
        The rate of the next step. It may be set, unless it follows a schedule.
    iterations : int
        Steps done so far.

    Source: `keras.optimizers.Optimizer`.
    """

    slots = 0  # How many arrays are kept for each weight.
    elementwise = False  # Whether `step` treats each number by itself, so that it may be given the weight in parts.

    def __init__(
        self,
        learning_rate,
        weight_decay=None,
        clipnorm=None,
        clipvalue=None,
        global_clipnorm=None,
        use_ema=False,
        ema_momentum=0.99,
        ema_overwrite_frequency=None,
        loss_scale_factor=None,
        gradient_accumulation_steps=None,
        name=None,
        **unknown,
    ):
        if unknown.pop("decay", None):
            warnings.warn(
                "`decay` is ignored, as in Keras 3. What it once meant is "
                "learning_rate=schedules.InverseTimeDecay(learning_rate, decay_steps=1, decay_rate=decay).",
                stacklevel=3,
            )
        if unknown:
            hint = " Its name is `learning_rate`." if "lr" in unknown else ""
            raise TypeError(f"{type(self).__name__} does not know {', '.join(map(repr, unknown))}.{hint}")
        self.loss_scale_factor = _only_in_keras("loss_scale_factor", loss_scale_factor)
        self.gradient_accumulation_steps = _only_in_keras("gradient_accumulation_steps", gradient_accumulation_steps)
        clips = {"clipnorm": clipnorm, "clipvalue": clipvalue, "global_clipnorm": global_clipnorm}
        given = [f"{option}={value!r}" for option, value in clips.items() if value is not None]
        if len(given) > 1:
            raise ValueError(
                f"At most one of `clipnorm`, `clipvalue` and `global_clipnorm` can be given; got {', '.join(given)}."
            )
        for option, value in clips.items():
            setattr(self, option, None if value is None else real_number(option, value, above=0))
        self.weight_decay = None if weight_decay is None else real_number("weight_decay", weight_decay, at_least=0)
        self.use_ema, self.ema_momentum = (
            bool(use_ema),
            real_number("ema_momentum", ema_momentum, at_least=0, at_most=1),
        )
        if ema_overwrite_frequency is not None:
            ema_overwrite_frequency = whole_number("ema_overwrite_frequency", ema_overwrite_frequency, at_least=1)
        self.ema_overwrite_frequency = ema_overwrite_frequency
        self.name = name or _names.snake_case(type(self).__name__)
        self._rate = _check_rate(learning_rate)
        self.iterations = 0
        self._kept, self._averages = {}, {}
        self._model = None  # the mark of the model that it trains
        self._not_decaying = {"arrays": [], "keys": [], "names": []}

    def __init_subclass__(cls, **settings):
        """An optimizer that hands its further arguments on shows them in its signature."""
        super().__init_subclass__(**settings)
        own = list(inspect.signature(cls.__init__).parameters.values())[1:]
        if any(p.kind is p.VAR_POSITIONAL for p in own):
            of_all = list(inspect.signature(Optimizer.__init__).parameters.values())[1:]
            named = {p.name: p for p in [*of_all, *own]}  # those of its own count
            order = dict.fromkeys(p.name for p in [*own, *of_all] if p.kind is p.POSITIONAL_OR_KEYWORD)
            cls.__signature__ = inspect.Signature([named[name] for name in order])

    @property
    def learning_rate(self):
        if not callable(self._rate):
            return float(self._rate)
        by_step = isinstance(self._rate, schedules.LearningRateSchedule)
        rate = self._rate(self.iterations) if by_step else self._rate()
        try:
            return float(rate)
        except (TypeError, ValueError):
            raise TypeError(f"`learning_rate` must return a number; {self._rate!r} returned {rate!r}.") from None

    @learning_rate.setter
    def learning_rate(self, value):
        if callable(self._rate) and not callable(value):
            raise TypeError(
                f"`learning_rate` follows {type(self._rate).__name__}, and cannot be set as well. "
                "Make the optimizer with a number, such as learning_rate=0.01."
            )
        self._rate = _check_rate(value)

    @property
    def lr(self):
        raise AttributeError(f"{type(self).__name__} has no `lr`: its name is `learning_rate`.")

    @lr.setter
    def lr(self, value):
        raise AttributeError(f"{type(self).__name__} has no `lr`: set `learning_rate` = {value!r}.")

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
        gradients = {key: np.asarray(gradients[key], weight.dtype) for key, weight in weights.items()}
        if self.clipnorm or self.clipvalue or self.global_clipnorm:
            gradients = self._clipped(gradients)
        if self._not_decaying["arrays"]:
            self._find_not_decaying(weights)
        decaying = () if self.weight_decay is None else self._decaying(weights)
        for key, weight in weights.items():
            slots = self._kept.get(key)
            if slots is None or len(slots) != self.slots:
                slots = self.start(weight)
            if any(slot.shape != weight.shape for slot in slots):
                raise ValueError(
                    f"This {type(self).__name__} has trained another model, in which {key!r} has shape "
                    f"{slots[0].shape}, "
                    f"and not {weight.shape}. Make a new one for this model."
                )
            if key in decaying:
                weight = weight - weight * (float(self.weight_decay) * rate)
            step = self._step_in_blocks if self.elementwise and weight.nbytes > BLOCK else self.step
            new[key], *kept[key] = step(weight, gradients[key], rate, *slots)
        self._kept = {**self._kept, **kept}
        if self.use_ema:
            new = self._average(new)
        self.iterations += 1
        return new

    def start(self, weight):
        """The arrays that are kept for a weight, before its first step."""
        return [np.zeros_like(weight)] * self.slots

    def step(self, weight, gradient, learning_rate, *slots):
        """The new weight, and the new slots after it."""
        raise NotImplementedError("write `step(weight, gradient, learning_rate, *slots)`")

    def exclude_from_weight_decay(self, var_list=None, var_names=None):
        """Name weights that shall not decay, before the first step.

        Parameters
        ----------
        var_list : list of weights, optional
            Such as [layer.bias].
        var_names : list of str, optional
            Such as ["bias", "gamma"]: every weight whose name has one of these in it.
        """
        if self.iterations:
            raise ValueError("`exclude_from_weight_decay` comes before the first step.")
        if isinstance(var_names, str):
            raise TypeError(f"`var_names` must be a list of names, such as [{var_names!r}]; got {var_names!r}.")
        self._not_decaying = {"arrays": list(var_list or []), "keys": [], "names": list(var_names or [])}

    def averaged(self, weights):
        """The weights as training leaves them: with `use_ema` their moving averages, else themselves."""
        return {key: self._averages.get(key, weight) for key, weight in weights.items()} if self.use_ema else weights

    def _clipped(self, gradients):
        if self.clipvalue:
            return {key: np.clip(grad, -self.clipvalue, self.clipvalue) for key, grad in gradients.items()}
        norms = {key: np.sqrt(np.square(grad, dtype=np.float64).sum()) for key, grad in gradients.items()}
        limit = self.clipnorm or self.global_clipnorm
        with np.errstate(invalid="ignore"):  # what is infinite becomes NaN; if all count as one, then all of them
            if self.global_clipnorm:
                of_all = np.sqrt(sum(np.square(norm) for norm in norms.values()))
                norms = dict.fromkeys(norms, of_all + (of_all - of_all))
            factors = {key: limit / np.maximum(norm, limit) for key, norm in norms.items()}
            return {key: grad * grad.dtype.type(factors[key]) for key, grad in gradients.items()}

    def _decaying(self, weights):
        """The keys of the weights that decay."""
        without = self._not_decaying
        pattern = re.compile("|".join(without["names"]) or "(?!)")
        return {key for key in weights if key not in without["keys"] and not pattern.search(key.rpartition("/")[2])}

    def _find_not_decaying(self, weights):
        """Note the keys of the arrays that shall not decay: they are the weights only until the first step."""
        arrays = self._not_decaying["arrays"]
        keys = [key for key, weight in weights.items() if any(weight is array for array in arrays)]
        if len(keys) < len(arrays):
            raise ValueError(
                "`var_list` of `exclude_from_weight_decay` holds what is no weight that this model trains."
            )
        self._not_decaying = {**self._not_decaying, "arrays": [], "keys": keys}

    def _average(self, new):
        """The moving averages with these weights in them; the weights, or the averages in their place."""
        momentum = float(self.ema_momentum)
        averages = {
            key: momentum * self._averages[key] + (1 - momentum) * weight if key in self._averages else weight
            for key, weight in new.items()
        }
        self._averages = {**self._averages, **averages}
        every = self.ema_overwrite_frequency
        return averages if every and (self.iterations + 1) % every == 0 else new

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
        return self.iterations, self._kept, self._averages

    def restore(self, state):
        self.iterations, self._kept, self._averages = state

    def forget(self, keys):
        """Let go of what is kept for these weights."""
        self._kept = {key: slots for key, slots in self._kept.items() if key not in keys}
        self._averages = {key: average for key, average in self._averages.items() if key not in keys}

    def belongs_to(self, mark):
        """Train this model, and from now on no other: it would go on with what is kept for the weights of the first."""
        if self._model is not mark and (self._model is not None or self.iterations):
            raise ValueError(
                f"This {type(self).__name__} has trained another model, and would go on with what it keeps from there. "
                f"Make a new one for this model, such as compile(optimizer={type(self).__name__}(…), …)."
            )
        self._model = mark

    def _argument(self, name):
        return self._rate if name == "learning_rate" else super()._argument(name)

    @classmethod
    def from_config(cls, config, custom_objects=None):
        if isinstance(config.get("learning_rate"), dict):
            config = {**config, "learning_rate": schedules.deserialize(config["learning_rate"], custom_objects)}
        return cls(**config)

    def __repr__(self):
        return f"<{type(self).__name__}, learning rate {self.learning_rate:g}, {_names.count(self.iterations, 'step')} done>"


class SGD(Optimizer):
    """Stochastic gradient descent: a step against the gradient.

    Parameters
    ----------
    learning_rate : float, a schedule, or a function without arguments
    momentum : float
        How much of the last step is added to this one, from 0 to 1.
    nesterov : bool
        Whether to look ahead: to step once more with the momentum that this gradient has changed.
    weight_decay, clipnorm, …
        As for every `Optimizer`.

    PyTorch's momentum differs when the rate changes: docs/differences.md.

    >>> SGD(0.1).step(weight=1.0, gradient=2.0, learning_rate=0.1)
    (0.8,)
    """

    elementwise = True

    def __init__(self, learning_rate=0.01, momentum=0.0, nesterov=False, *more, **options):
        super().__init__(learning_rate, *more, **options)
        self.momentum, self.nesterov = real_number("momentum", momentum, at_least=0, at_most=1), bool(nesterov)

    @property
    def slots(self):
        return 1 if self.momentum else 0

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
    momentum : float
        How much of the last step is added to this one, from 0 to 1.
    epsilon : float
        Keeps the division safe.
    centered : bool
        Whether to divide by the root of the variance instead: of the mean square less the squared mean.
    weight_decay, clipnorm, …
        As for every `Optimizer`.
    """

    elementwise = True

    def __init__(self, learning_rate=0.001, rho=0.9, momentum=0.0, epsilon=1e-7, centered=False, *more, **options):
        super().__init__(learning_rate, *more, **options)
        self.rho, self.momentum = (
            real_number("rho", rho, at_least=0, at_most=1),
            real_number("momentum", momentum, at_least=0, at_most=1),
        )
        self.epsilon, self.centered = real_number("epsilon", epsilon, at_least=0), bool(centered)

    @property
    def slots(self):
        return 1 + bool(self.centered) + bool(self.momentum)

    def step(self, weight, gradient, learning_rate, mean_square, *others):
        others = list(others)
        mean_square = self.rho * mean_square + (1 - self.rho) * np.square(gradient)
        variance = mean_square
        if self.centered:
            others[0] = self.rho * others[0] + (1 - self.rho) * gradient
            variance = mean_square - np.square(others[0])
        change = learning_rate * gradient / np.sqrt(variance + self.epsilon)
        if self.momentum:
            change = others[-1] = self.momentum * others[-1] + change
        return weight - change, mean_square, *others


class Adagrad(Optimizer):
    """A step against the gradient, divided by the root of the sum of all its squares; Duchi et al. 2011.

    Parameters
    ----------
    learning_rate : float, a schedule, or a function without arguments
    initial_accumulator_value : float
        What the sum begins with.
    epsilon : float
        Keeps the division safe.
    weight_decay, clipnorm, …
        As for every `Optimizer`.
    """

    slots, elementwise = 1, True

    def __init__(self, learning_rate=0.001, initial_accumulator_value=0.1, epsilon=1e-7, *more, **options):
        super().__init__(learning_rate, *more, **options)
        self.initial_accumulator_value = real_number("initial_accumulator_value", initial_accumulator_value, at_least=0)
        self.epsilon = real_number("epsilon", epsilon, at_least=0)

    def start(self, weight):
        return [np.full_like(weight, self.initial_accumulator_value)]

    def step(self, weight, gradient, learning_rate, sum_of_squares):
        sum_of_squares = sum_of_squares + np.square(gradient)
        return weight - learning_rate * gradient / np.sqrt(sum_of_squares + self.epsilon), sum_of_squares


class Adam(Optimizer):
    """Momentum, divided by the root of the mean square of the gradient; Kingma & Ba 2014.

    Parameters
    ----------
    learning_rate : float, a schedule, or a function without arguments
    beta_1, beta_2 : float
        How slowly the mean of the gradient, and that of its square, forget.
    epsilon : float
        Keeps the division safe; it is the paper's epsilon-hat.
    amsgrad : bool
        Whether to divide by the largest mean square so far; Reddi et al. 2018.
    weight_decay, clipnorm, …
        As for every `Optimizer`.

    PyTorch's epsilon is another: docs/differences.md.
    """

    elementwise = True

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, amsgrad=False, *more, **options):
        super().__init__(learning_rate, *more, **options)
        for which, beta in (("beta_1", beta_1), ("beta_2", beta_2)):
            if real_number(which, beta, at_least=0, at_most=1) == 1:
                raise ValueError(f"`{which}` must be below 1: with 1, nothing would be learned.")
        self.beta_1, self.beta_2 = float(beta_1), float(beta_2)
        self.epsilon, self.amsgrad = real_number("epsilon", epsilon, at_least=0), bool(amsgrad)

    @property
    def slots(self):
        return 3 if self.amsgrad else 2

    def step(self, weight, gradient, learning_rate, mean, mean_square, *largest):
        # All are kept times 1 / (1 − beta), so that what is new counts as it is: each operation saved is a pass over memory.
        mean = self.beta_1 * mean
        mean += gradient
        mean_square = self.beta_2 * mean_square
        mean_square += np.square(gradient)
        if largest:
            largest = (np.maximum(mean_square, *largest),)
        # They start at 0, which is too low; this makes up for it.
        steps, unit = self.iterations + 1, math.sqrt(1 - self.beta_2)
        rate = learning_rate * math.sqrt(1 - self.beta_2**steps) / (1 - self.beta_1**steps) * (1 - self.beta_1) / unit
        # weight − rate · mean / (√mean_square + epsilon / unit), in two arrays: what is small stays in the cache.
        root = np.sqrt(*largest or (mean_square,))
        root += self.epsilon / unit
        change = -rate * mean
        change /= root
        change += weight
        return change, mean, mean_square, *largest


class AdamW(Adam):
    """`Adam` with weights that decay by themselves, not by way of the gradient; Loshchilov & Hutter 2019.

    Parameters
    ----------
    learning_rate : float, a schedule, or a function without arguments
    weight_decay : float
        What every step first takes off each weight: this times the learning rate times the weight. Keras's 0.004 is
        for long trainings.
    beta_1, beta_2, epsilon, amsgrad
        As for `Adam`.
    clipnorm, …
        As for every `Optimizer`.
    """

    def __init__(
        self,
        learning_rate=0.001,
        weight_decay=0.004,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-7,
        amsgrad=False,
        *more,
        **options,
    ):
        if weight_decay is None:
            raise ValueError("`weight_decay` must be a number, such as 0.004; got None. Without it, take Adam.")
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay, *more, **options)


_KNOWN = {kind.__name__.lower(): kind for kind in (Adagrad, Adam, AdamW, RMSprop, SGD)}


def get(identifier):
    """An optimizer by name or class, with its default settings; by a dictionary as of `serialize`; or itself."""
    found = look_up("optimizer", identifier, _KNOWN, "SGD(0.1)")
    if isinstance(found, Optimizer):
        return found
    raise TypeError(f"`optimizer` must be a name such as 'adam', or an optimizer such as SGD(0.1); got {identifier!r}.")


def serialize(optimizer):
    """The name of its class, and its settings."""
    return plain("optimizer", optimizer)


def deserialize(config, custom_objects=None):
    """A new optimizer with the settings that `serialize` took down, here or in Keras."""
    own = {name.lower(): kind for name, kind in (custom_objects or {}).items()}
    return _names.look_up("optimizer", config["class_name"], {**_KNOWN, **own}).from_config(config["config"])


def _check_rate(rate):
    _names.refuse_keras("learning_rate", rate)
    if callable(rate) and not isinstance(rate, type):
        return rate
    try:
        return real_number("learning_rate", rate, at_least=0)
    except (TypeError, ValueError):
        raise ValueError(f"`learning_rate` must be a number from 0 up, or a schedule; got {rate!r}.") from None


def _only_in_keras(name, value):
    if value is not None:
        raise NotImplementedError(f"`{name}` exists only in Keras; here it must be None, not {value!r}.")
