"""Models: layers in a row, as in `keras.models`."""

import math

import numpy as np

from . import _names, _saving, _weight_files
from ._pool_first import pool_first
from ._summary import summary_table
from ._trainer import LOOKED_UP, Trainer
from .arithmetic import true_or_false
from .layers import InputLayer, Layer

__all__ = ["Sequential", "load_model"]

load_model = _saving.load_model


class Sequential(Trainer, _names.NotForKeras):
    """A model whose layers work one after the other.

    Parameters
    ----------
    layers : list of layers, optional
        The first may be an `Input`, which says the shape of one example, so that the weights are
        made at once; else they are made when the model first sees data. A model may be one of the layers.
    trainable : bool
        Whether training changes the weights. Set `model.trainable`, or that of a layer, to change it.
    name : str, optional

    Weights are exchanged with Keras in both directions: `model.set_weights(keras_model.get_weights())`.

    Source: `keras.Sequential`.

    >>> from cnnlab import layers
    >>> model = Sequential([layers.Input((8, 8, 1)), layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(10)])
    >>> model.predict(np.zeros((5, 8, 8, 1)), verbose=0).shape
    (5, 10)
    """

    def __init__(self, layers=None, trainable=True, name=None):
        if isinstance(layers, (Layer, Sequential, str)) or (layers is not None and not hasattr(layers, "__iter__")):
            raise TypeError(f"`layers` must be a list of layers, such as [Dense(10)]; got {layers!r}.")
        if name is not None and (not isinstance(name, str) or not name):
            raise TypeError(f"`name` must be a word such as 'small'; got {name!r}.")
        self.name = name or _names.auto_name("Sequential")
        self._layers = []
        self._input = None
        self._mark = object()  # what an optimizer knows it by
        self._shapes = []  # of the outputs of each layer, once it is built
        self._trainable_itself = true_or_false("trainable", trainable)
        self.input_shape = self.output_shape = None
        for layer in layers or []:
            self.add(layer)
        if not trainable:
            self.trainable = False
        self._made = True

    def __setattr__(self, name, value):
        """Attributes of one's own are taken; those that look like a mistyped one are not: they would do nothing."""
        if name in LOOKED_UP and value is not None:
            value = LOOKED_UP[name](value)
        if type(self) is Sequential and getattr(self, "_made", False) and not hasattr(self, name):
            import difflib  # only for this

            meant = difflib.get_close_matches(name, [known for known in dir(self) if known[0] != "_"], 1, 0.8)
            if meant:
                raise AttributeError(f"A model has no `{name}`. Is it `{meant[0]}` that you mean?")
        super().__setattr__(name, value)

    @property
    def layers(self):
        """The layers, in a list of its own: `add` and `pop` change the model."""
        return list(self._layers)

    @layers.setter
    def layers(self, value):
        raise AttributeError("`layers` cannot be set. Use `add` and `pop`, or make a new model: Sequential(layers).")

    @property
    def trainable(self):
        """Whether training changes the weights. To set it sets it for all layers as well."""
        return self._trainable_itself

    @trainable.setter
    def trainable(self, value):
        self._trainable_itself = true_or_false("trainable", value)
        for layer in self._layers:
            layer.trainable = self._trainable_itself

    def add(self, layer):
        """Put a layer, or a model, at the end."""
        if not isinstance(layer, (Layer, Sequential)):
            _names.refuse_keras("layer", layer)
            made = f" Make one of it: {layer.__name__}(…)." if isinstance(layer, type) else ""
            raise TypeError(f"`layer` must be a layer, such as Dense(10); got {layer!r}.{made}")
        if isinstance(layer, InputLayer):
            if self._input or self._layers:
                raise ValueError("`Input` must be the first entry of a model, and the only one.")
            self._input = layer
            return
        if {id(part) for part in _parts(self)} & {id(part) for part in _parts(layer)}:
            raise ValueError(
                f"The model already has a layer named {layer.name!r}, this very one, or one that is in both."
            )
        if any(layer.name == other.name for other in self._layers):
            raise ValueError(f"The model already has a layer named {layer.name!r}: give this one another name.")
        first = layer._input and layer._input.shape if isinstance(layer, Sequential) else layer.first_shape
        before = self._input, self.input_shape, self.output_shape, self._shapes
        if not self._layers and not self._input and first is not None:
            self._input = InputLayer(first)
        self._layers.append(layer)
        try:
            self._rebuild()
        except (TypeError, ValueError):  # it does not fit: the model stays as it was
            self._layers.pop()
            self._input, self.input_shape, self.output_shape, self._shapes = before
            raise

    def pop(self):
        """Take the last layer off, and return it."""
        if not self._layers:
            raise ValueError("The model has no layers to take off.")
        gone = self._layers[-1]
        if self.optimizer:  # another layer may get its name
            self.optimizer.forget({key for key in self._places() if key.startswith(f"{gone.name}/")})
        self._layers.pop()
        self._rebuild()
        return gone

    def build(self, input_shape):
        """Make all weights, for inputs of this shape: (None, …), where None stands for the batch.

        An empty batch goes through the layers: each of them sees the shape of its inputs.
        """
        first = next(self._leaves(), None)
        if first is None:
            raise ValueError("The model has no layers yet: add some.")
        if isinstance(input_shape, (int, np.integer)) or not len(input_shape):
            raise ValueError(
                f"`input_shape` must be a tuple that begins with the batch: (None, …); got {input_shape!r}."
            )
        outputs = np.empty((0, *input_shape[1:]), first.dtype)
        shapes = []
        for layer in self._layers:
            if isinstance(layer, Sequential):
                outputs = layer._check_inputs(outputs)
                layer.build(outputs.shape)
                outputs = np.empty((0, *layer.output_shape[1:]), outputs.dtype)
            else:
                outputs = layer(outputs)
            shapes.append((None, *outputs.shape[1:]))
            layer.output_shape = shapes[-1]
        self.forget()
        self._shapes = shapes
        self.input_shape, self.output_shape = (None, *input_shape[1:]), shapes[-1]

    @property
    def built(self):
        return self.output_shape is not None

    def as_inputs(self, x):
        """`x` as the model takes it, or an error that says what does not fit; its weights are made, if there are none.

        As in Keras, an axis of length 1 at the end may be missing or too much.
        """
        x = self._check_inputs(x)
        if not self.built:
            self.build(x.shape)
        return x

    def _check_inputs(self, x):
        given = x.shape
        if self._input or self.built:
            wanted = self._input.shape if self._input else self.input_shape[1:]
            if x.ndim == len(wanted) and wanted[-1] == 1 and (x.ndim == 1 or not _fits(given, wanted)):
                x = x[..., np.newaxis]
            elif x.ndim == len(wanted) + 2 and x.shape[-1] == 1:
                x = x[..., 0]
        if self._input and not _fits(x.shape[1:], wanted):
            raise ValueError(
                f"`x` must have shape ({', '.join(['N', *map(str, wanted)])}), for the model's Input; got shape {given}."
                + _way_in(given, wanted)
            )
        return x

    def __call__(self, x, training=False):
        """The outputs for a batch, as an array of shape (N, …)."""
        outputs = self.as_inputs(np.asarray(x))
        for step in pool_first(self._leaves()):
            outputs = step(outputs, training)
        return outputs

    def backward(self, grad, through_activation=True, to_inputs=True):
        """From the gradient of the loss by the outputs of the last call, that by its inputs.

        Those by the weights are then in `layer.gradients` of each layer; with to_inputs=False, only they are sure to be right.
        """
        leaves = list(self._leaves())
        last, *others = reversed(pool_first(leaves))
        leaves[0].to_inputs = to_inputs
        try:
            grad = last.backward(grad, through_activation)
            for step in others:
                grad = step.backward(grad)
        finally:
            leaves[0].to_inputs = True
        return grad

    def forget(self):
        """Let go of what the last call left for `backward`."""
        for layer in self._layers:
            layer.forget()

    @property
    def weights(self):
        """All weights, in Keras's order: layer by layer."""
        return [weight for layer in self._layers for weight in layer.weights]

    @property
    def trainable_weights(self):
        """The weights that training changes."""
        return [getattr(*where) for where in self._trainable().values()]

    @property
    def non_trainable_weights(self):
        """The weights that training leaves as they are, or changes by other means than gradients."""
        changed = self._trainable()
        return [getattr(*where) for key, where in self._places().items() if key not in changed]

    def get_weights(self):
        """Copies of all weights, in Keras's order."""
        return [weight.copy() for weight in self.weights]

    def set_weights(self, weights):
        """Replace all weights, by arrays in the order of `get_weights`, here or in Keras."""
        self._check_built("set_weights")
        weights = list(weights)
        if len(weights) != len(self.weights):
            raise ValueError(
                f"The model has {_names.count(len(self.weights), 'weight')}; got {len(weights)}. "
                "They must come from a model with the same layers."
            )
        before = self._state()
        try:
            for layer in self._leaves():
                n = len(layer.weights)
                layer.set_weights(weights[:n])
                weights = weights[n:]
        except (TypeError, ValueError):
            self._restore(before)
            raise

    def save_weights(self, filepath, overwrite=True):
        """Store all weights in a file of NumPy's format .npz, whatever its name. `load_weights` reads it."""
        self._check_built("save_weights")
        _weight_files.write(self, filepath, overwrite)

    def load_weights(self, filepath, skip_mismatch=False):
        """Read weights into a model with the same layers.

        Parameters
        ----------
        filepath : str or path
            What `save_weights` or `save` has stored; or a file of Keras: .weights.h5, .keras or .h5, which need h5py.
        skip_mismatch : False
            Only in Keras: here a file is read in whole or not at all.
        """
        if skip_mismatch:
            raise NotImplementedError(
                "`skip_mismatch` exists only in Keras: here a file is read in whole or not at all."
            )
        self._check_built("load_weights")
        self.set_weights(_weight_files.read(self, filepath))

    def save(self, filepath, overwrite=True):
        """Store the whole model in a file whose name ends in .cnnlab: layers, weights, and how far its training is.

        `cnnlab.models.load_model` makes it again, and its training goes on as if nothing had been.
        """
        self._check_built("save")
        _saving.save_model(self, filepath, overwrite)

    def count_params(self):
        """How many numbers the weights hold."""
        self._check_built("count_params")
        return sum(layer.count_params() for layer in self._layers)

    def get_layer(self, name=None, index=None):
        """A layer by its name or its place."""
        if (name is None) == (index is None):
            raise ValueError("Give either the `name` of a layer, or its `index`.")
        if index is not None:
            if not -len(self._layers) <= index < len(self._layers):
                raise ValueError(f"`index` {index} is no place among {_names.count(len(self._layers), 'layer')}.")
            return self._layers[index]
        for layer in self._layers:
            if layer.name == name:
                return layer
        names = ", ".join(repr(layer.name) for layer in self._layers)
        raise ValueError(f"There is no layer {name!r}. There are {names}.")

    def summary(
        self,
        line_length=None,
        positions=None,
        print_fn=None,
        expand_nested=False,
        show_trainable=False,
        layer_range=None,
    ):
        """Print a table of the layers, the shapes of their outputs and the numbers of their weights.

        Parameters
        ----------
        line_length : int, optional
            Characters in a line.
        positions : list of float, optional
            Where each column ends, as a part of the line.
        print_fn : function, optional
            Gets the table as text, instead of `print`.
        expand_nested : bool
            Whether to show the layers of models inside.
        show_trainable : bool
            Whether to show which layers training changes.
        layer_range : (str, str), optional
            The names of the first and the last layer to show.
        """
        text = summary_table(self, line_length, positions, expand_nested, show_trainable, layer_range)
        (print_fn or print)(text)

    def __repr__(self):
        return f"<Sequential {self.name!r}: {', '.join(type(layer).__name__ for layer in self._layers)}>"

    def _rebuild(self):
        """Make the weights that are missing, if the shape of the inputs is known."""
        self.input_shape = self.output_shape = None
        self._shapes = []
        if self._layers and self._input and None not in self._input.shape:
            self.build((None, *self._input.shape))

    def _check_built(self, method):
        if not self.built:
            raise ValueError(
                f"The model has no weights yet, so there is nothing for `{method}`. Begin it with an Input(shape), "
                "or show it data first."
            )

    def steps(self, path=""):
        """(path, layer) for every layer that is no model itself, in order; the path has the models that it lies in."""
        for layer in self._layers:
            if isinstance(layer, Sequential):
                yield from layer.steps(f"{path}{layer.name}/")
            else:
                yield path + layer.name, layer

    def _leaves(self):
        return (layer for _, layer in self.steps())

    def _places(self):
        """Where each weight is, as (layer, name), by a key that stays the same."""
        return {f"{path}/{name}": (layer, name) for path, layer in self.steps() for name in layer.weight_names}

    def _trainable(self):
        """Where each weight is that training changes. Models inside have told their layers, as in Keras."""
        places = self._places() if self.trainable else {}
        return {key: (layer, name) for key, (layer, name) in places.items() if name in layer.trainable_weight_names}

    def _penalty(self):
        return sum(layer.penalty() for layer in self._leaves())

    def _state(self):
        """Everything that a training step changes. Arrays are replaced, never written into: references do."""
        weights = [(layer, name, getattr(layer, name)) for layer, name in self._places().values()]
        return weights, self.optimizer and self.optimizer.state()

    def _restore(self, state):
        weights, of_optimizer = state
        for layer, name, weight in weights:
            setattr(layer, name, weight)
        if of_optimizer:
            self.optimizer.restore(of_optimizer)


def _parts(layer):
    """The layers and models that a layer is made of, itself among them."""
    yield layer
    for part in layer._layers if isinstance(layer, Sequential) else ():
        yield from _parts(part)


def _fits(shape, wanted):
    return len(shape) == len(wanted) and all(w in (None, n) for w, n in zip(wanted, shape))


def _way_in(given, wanted):
    """How inputs of this shape become what the model takes, as a sentence with code; or ""."""
    if code := _way_of_each(given, wanted):
        return f" A single example goes in as {code}[None]."
    if code := _way_of_each(given[1:], wanted, 1):
        return f" {code} fits."
    for shape in (given, given[1:]):
        if len(shape) in (2, 3) and len(wanted) == 3 and shape[2:] in ((), wanted[2:]):
            size = " × ".join(map(str, wanted[:2]))
            return f" The model takes pictures of {size} pixels; these have {shape[0]} × {shape[1]}: scale or cut them first."
    return ""


def _way_of_each(shape, wanted, axis=0):
    """The code that makes examples of this shape such as are wanted; the axes of `x` before `axis` count them."""
    if _fits(shape, wanted):
        return "x"
    flat = len(wanted) != len(shape) and 1 in (len(wanted), len(shape)) and None not in wanted
    if flat and math.prod(shape) == math.prod(wanted):
        return f"x.reshape({', '.join(map(str, ((-1,) * axis + wanted)))})"
    if _fits((*shape, 1), wanted):
        return "x[..., None]"
    if shape[-1:] == (1,) and _fits(shape[:-1], wanted):
        return "x[..., 0]"
    if len(shape) == 3 and shape[0] in (1, 3) and _fits((*shape[1:], shape[0]), wanted):
        return f"np.moveaxis(x, {axis}, -1)"
    if shape[-1:] in ((3,), (4,)) and _fits((*shape[:-1], 1), wanted):
        return "x[..., :3].mean(axis=-1, keepdims=True)"
    if shape[-1:] == (4,) and _fits((*shape[:-1], 3), wanted):
        return "x[..., :3]"
    if wanted[-1] == 3 and _fits((*shape, 3), wanted):
        return "np.stack([x] * 3, axis=-1)"
    if wanted[-1] == 3 and shape[-1:] == (1,) and _fits((*shape[:-1], 3), wanted):
        return "np.repeat(x, 3, axis=-1)"
    return ""
