"""What all layers have in common."""

import functools
import inspect
import math
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from .. import _names, activations, config, constraints, initializers, regularizers
from .._configured import Configured, argument_names, plain
from ..arithmetic import one_of, true_or_false, whole_number
from ..ops._arguments import as_float

__all__ = ["Layer"]

_AXES = {
    3: "(batch, length, channels)",
    4: "(batch, height, width, channels)",
    5: "(batch, depth, height, width, channels)",
}


_SPECIAL = ("activation", "activity_regularizer", "input_shape", "input_dim")  # written down in a way of their own


class _Settings(NamedTuple):
    """What a layer knows about one of its weights."""

    trainable: bool
    regularizer: object
    constraint: object


class Layer(Configured, _names.NotForKeras):
    """One step of a network: an array in, an array out, and weights that it learns.

    `layer(inputs)` makes the weights when it is first called, and computes the outputs: first `call`,
    then the activation. `layer.backward(grad)` goes the same way back, for the inputs of the last call.

    To make a layer of your own, write

    - `build(input_shape)`, if it has weights: calls `add_weight` for each;
    - `call(inputs, training)`: the outputs, before the activation. What the way back needs goes into `self.saved`;
    - `call_grad(grad)`: from the gradient by those outputs, the gradient by the inputs. The
      gradients by the weights go into `self.gradients`;
    - `__init__(…, **kwargs)`, if it has settings: keeps each as an attribute of the same name, so that
      `get_config` finds it, and hands the rest on with super().__init__(**kwargs).

    Parameters
    ----------
    activation : str, op, function with a gradient, or None
    name : str, optional
    dtype : "float32" or "float64", optional
        What it computes in; `cnnlab.config.floatx()` by default.
    trainable : bool
        Whether training changes the weights.
    input_shape : tuple of ints, optional
        Shape of one input, without the batch: in the first layer of a model, the same as an `Input` before it.

    Attributes
    ----------
    gradients : dict
        After `backward`: the gradient of the loss by each weight, by name.

    All arguments of a layer are attributes of the same name: `layer.kernel_size`, `layer.rate`.
    """

    input_ndim = None  # How many axes the inputs have, if only that fits.
    settles_activation = False  # Whether the activation is no argument, since other arguments say it.
    to_inputs = True  # Whether the gradient by the inputs is wanted; in training, the first layer may leave it out.

    def __init__(
        self,
        *,
        activation=None,
        activity_regularizer=None,
        trainable=True,
        dtype=None,
        name=None,
        input_shape=None,
        input_dim=None,
    ):
        if activity_regularizer is not None:
            raise NotImplementedError("`activity_regularizer` exists only in Keras; here it must be None.")
        if name is not None and (not isinstance(name, str) or not name or "/" in name):
            raise ValueError(f"`name` must be a word such as 'first_convolution', without '/'; got {name!r}.")
        self.name = name or _names.auto_name(type(self).__name__)
        self.dtype = config.floatx() if dtype is None else config.check_floatx("dtype", dtype)
        self.activation = activations.get(activation)
        self.activity_regularizer = activity_regularizer
        self.trainable = true_or_false("trainable", trainable)
        if input_shape is None and input_dim is not None:
            input_shape = (whole_number("input_dim", input_dim, at_least=1),)
        self.first_shape = None if input_shape is None else check_sizes("input_shape", input_shape)
        self.output_shape = None  # (None, …), once a model has built it
        self.built_for = None  # the shape of the inputs that the weights were made for
        self.gradients = {}
        self.forget()
        self._settings = {}
        self._knows_training = "training" in inspect.signature(self.call).parameters

    def __init_subclass__(cls, **settings):
        """`build`, whoever calls it, checks the shape and notes it down."""
        super().__init_subclass__(**settings)
        build = cls.build

        @functools.wraps(build)
        def noted(self, input_shape):
            with self._named_errors():
                input_shape = tuple(input_shape)
                self._check_shape(input_shape)
                build(self, input_shape)
            self.built_for = input_shape

        if "build" in vars(cls):
            cls.build = noted

    def build(self, input_shape):
        """Make the weights for inputs of this shape, the batch included; nothing to do for most layers."""
        self.built_for = tuple(input_shape)

    def call(self, inputs, training=False):
        """The outputs, before the activation."""
        raise NotImplementedError(f"{type(self).__name__} has no `call(inputs, training)` yet: write it.")

    def call_grad(self, grad):
        """The gradient by the inputs of the last `call`, from the gradient by its outputs."""
        raise NotImplementedError(f"{type(self).__name__} has no `call_grad(grad)` yet: write it.")

    def __call__(self, inputs, training=False):
        with self._named_errors():
            inputs = self._prepared(inputs)
            self.before_activation = self.call(inputs, training) if self._knows_training else self.call(inputs)
            return self.activate(self.before_activation)

    def activate(self, x):
        """The outputs, from what `call` returned."""
        return self.activation(x)

    def backward(self, grad, through_activation=True):
        """The gradient of the loss by the inputs of the last call; `gradients` has those by the weights.

        Parameters
        ----------
        grad : array
            Gradient by the outputs; or, with through_activation=False, by what went into the activation.
        """
        if self.before_activation is None:
            raise RuntimeError(f"Layer {self.name!r} has no inputs to go back to: call it, or its model, first.")
        with self._named_errors():
            grad = as_float("grad", grad).astype(self.dtype, copy=False)
            if grad.shape != self.before_activation.shape:
                raise ValueError(
                    f"`grad` must have the shape of the outputs, {self.before_activation.shape}; got shape {grad.shape}."
                )
            if through_activation:
                grad = self.activation.gradient(grad, self.before_activation)
            return self.call_grad(grad)

    def forget(self):
        """Let go of what the last call left for `backward`."""
        self.saved = self.before_activation = None

    def keep_settings(self, prefix, initializer, regularizer=None, constraint=None):
        """Look up how a weight begins and what keeps it small; they become `self.<prefix>_initializer` and so on.

        A wrong name is noticed when the layer is made, not when it is built.
        """
        for kind, value, module in (
            ("initializer", initializer, initializers),
            ("regularizer", regularizer, regularizers),
            ("constraint", constraint, constraints),
        ):
            argument = f"{prefix}_{kind}"
            setattr(self, argument, module.get(value, argument))

    def settings_of(self, prefix):
        """What `keep_settings` kept under this prefix, as `add_weight` takes it."""
        return [getattr(self, f"{prefix}_{kind}", None) for kind in ("initializer", "regularizer", "constraint")]

    def add_weight(self, name, shape, initializer=None, regularizer=None, constraint=None, trainable=True):
        """Make the weight `self.<name>`; without an initializer it begins as "glorot_uniform", as in Keras."""
        initializer = initializers.get("glorot_uniform" if initializer is None else initializer)
        try:
            values = np.asarray(initializer(shape, dtype=self.dtype))
        except TypeError as error:
            raise TypeError(
                f"the initializer of `{name}` must take a shape and a type, initializer(shape, dtype=None): {error}"
            ) from error
        if values.shape != tuple(shape):
            raise ValueError(
                f"the initializer of `{name}` must return an array of shape {tuple(shape)}; got shape {values.shape}."
            )
        setattr(self, name, values.astype(self.dtype, copy=False))
        self._settings[name] = _Settings(trainable, regularizers.get(regularizer), constraints.get(constraint))

    def get_config(self):
        """The arguments that make another layer like it: a dict of numbers, words, tuples and such dicts, fit for JSON.

        >>> from cnnlab.layers import MaxPooling2D
        >>> MaxPooling2D(2, name="half").get_config()
        {'pool_size': (2, 2), 'strides': (2, 2), 'padding': 'valid', 'data_format': 'channels_last', 'name': 'half',
        'trainable': True, 'dtype': 'float32'}
        """
        own = argument_names(type(self), below=Layer)
        values = {name: self._argument(name) for name in argument_names(type(self)) if name not in _SPECIAL}
        activation = "linear" if self.settles_activation else activations.name_of(self.activation)
        if activation != "linear" or ("activation" in own and not self.settles_activation):
            values["activation"] = activation
        if self.first_shape is not None:
            values["input_shape"] = self.first_shape
        return {name: plain(name, value) for name, value in values.items()}

    @property
    def built(self):
        return self.built_for is not None

    @property
    def weight_names(self):
        """The names of the weights in Keras's order: trainable ones first."""
        return sorted(self._settings, key=lambda name: not self._settings[name].trainable)

    @property
    def trainable_weight_names(self):
        return [name for name in self.weight_names if self.trainable and self._settings[name].trainable]

    @property
    def weights(self):
        """The weights themselves, in the order of `weight_names`."""
        return [getattr(self, name) for name in self.weight_names]

    @property
    def trainable_weights(self):
        """The weights that training changes."""
        return [getattr(self, name) for name in self.trainable_weight_names]

    @property
    def non_trainable_weights(self):
        """The weights that training leaves as they are, or changes by other means than gradients."""
        return [getattr(self, name) for name in self.weight_names if name not in self.trainable_weight_names]

    def get_weights(self):
        """Copies of the weights, in the order of `weight_names`."""
        return [weight.copy() for weight in self.weights]

    def set_weights(self, weights):
        """Replace the weights by arrays of the same shapes, in the order of `weight_names`."""
        if not self.built:
            raise ValueError(f"Layer {self.name!r} has no weights yet: call it once, or its `build(input_shape)`.")
        weights = [as_float("weights", weight) for weight in weights]
        names = self.weight_names
        if len(weights) != len(names):
            raise ValueError(
                f"Layer {self.name!r} has {_names.count(len(names), 'weight')} ({', '.join(names) or 'none'}); "
                f"got {len(weights)}."
            )
        for name, weight in zip(names, weights):
            if weight.shape != getattr(self, name).shape:
                raise ValueError(
                    f"Layer {self.name!r}: `{name}` has shape {getattr(self, name).shape}; got shape {weight.shape}."
                )
        for name, weight in zip(names, weights):
            setattr(self, name, weight.astype(self.dtype))  # astype copies

    def count_params(self):
        """How many numbers the weights hold."""
        return sum(weight.size for weight in self.weights)

    def penalty(self):
        """What the regularizers of the weights add to the loss."""
        regularized = ((self._settings[name].regularizer, getattr(self, name)) for name in self._settings)
        return sum(regularizer(weight) for regularizer, weight in regularized if regularizer)

    def total_gradient(self, name):
        """The gradient of the loss by a weight, that of its penalty included."""
        regularizer = self._settings[name].regularizer
        gradient = self.gradients[name]
        return gradient + regularizer.gradient(getattr(self, name)) if regularizer else gradient

    def constrain(self, name, weight):
        """The new value of a weight, within its constraint."""
        constraint = self._settings[name].constraint
        return np.asarray(constraint(weight), self.dtype) if constraint else weight

    def __repr__(self):
        return f"<{type(self).__name__} {self.name!r}{'' if self.built else ', not built yet'}>"

    def _prepared(self, inputs):
        """The inputs in the type of the layer, which is built for them."""
        inputs = as_float("inputs", inputs).astype(self.dtype, copy=False)
        self._check_shape(inputs.shape)
        if self.built_for is None:
            self.build(inputs.shape)
        return inputs

    def _check_shape(self, shape):
        if self.input_ndim is not None and len(shape) != self.input_ndim:
            hint = ""
            if len(shape) == self.input_ndim - 1:
                hint = " Gray images need an axis for their one channel: x[..., None]."
            elif len(shape) == 2:
                hint = " Flatten or Dense before it has taken the pictures apart: put this layer before them."
            axes = _AXES.get(self.input_ndim, "(batch, channels)")
            raise ValueError(f"takes inputs with {self.input_ndim} axes, {axes}; got shape {shape}.{hint}")
        if self._settings and self.built and (len(shape) != len(self.built_for) or shape[-1] != self.built_for[-1]):
            raise ValueError(
                f"was built for inputs of shape {(None, *self.built_for[1:])}, and its weights fit only "
                f"{self.built_for[-1]} on the last axis; got shape {shape}."
            )

    @contextmanager
    def _named_errors(self):
        """Errors from inside say which layer they come from."""
        try:
            yield
        except (TypeError, ValueError) as error:
            if str(error).startswith(f"Layer {self.name!r}"):
                raise
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(f"Layer {self.name!r} ({type(self).__name__}): {error}") from error


def check_sizes(name, shape):
    """The shape of one input: a tuple of ints of at least 1, or None for a size that is not known yet."""
    if isinstance(shape, (int, np.integer)):
        raise TypeError(f"`{name}` must be a tuple, such as ({shape},); got {shape!r}.")
    if not isinstance(shape, (tuple, list)) and np.ndim(shape) != 1:
        raise TypeError(f"`{name}` must be a tuple of ints, such as (28, 28, 1); got {shape!r}.")
    return tuple(None if size is None else whole_number(name, size, at_least=1) for size in shape)


def check_kept_sizes(layer, shape, axes):
    """Raise if inputs of this shape have other sizes along these axes than those that the layer was built for."""
    there = layer.built_for
    if len(shape) != len(there) or any(shape[axis] != there[axis] for axis in axes):
        raise ValueError(
            f"was built for inputs of shape {(None, *there[1:])}, and what it knows fits only these sizes along "
            f"{'axis' if len(axes) == 1 else 'axes'} {', '.join(map(str, axes))}; got shape {tuple(shape)}."
        )


def sum_over_positions(grad):
    """The gradient by a bias: the sum over everything but the last axis."""
    # Within an example in the type of the gradient, which is quick, and over examples with more digits.
    rows = grad.reshape(len(grad), math.prod(grad.shape[1:-1]), grad.shape[-1])
    of_examples = np.ones(rows.shape[1], grad.dtype) @ rows
    return of_examples.sum(axis=0, dtype=np.float64).astype(grad.dtype)


def add_bias(outputs, bias):
    """Add a number to each channel, in place."""
    outputs = np.ascontiguousarray(outputs)
    rows = outputs.reshape(math.prod(outputs.shape[:-2]), math.prod(outputs.shape[-2:]))
    rows += np.tile(bias, outputs.shape[-2])  # long rows: NumPy takes as long to begin one as for 100 numbers of it
    return outputs


def check_padding(padding, causal=False):
    return one_of("padding", padding, ("valid", "same", "causal") if causal else ("valid", "same"))
