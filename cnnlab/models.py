"""Models: layers in a row, as in `keras.models`."""

import os
import zipfile

import numpy as np

from . import _names, config
from ._pool_first import pool_first
from ._summary import summary_table
from ._trainer import Trainer
from .arithmetic import true_or_false
from .layers import InputLayer, Layer

__all__ = ["Sequential"]


class Sequential(Trainer):
    """A model whose layers work one after the other.

    Parameters
    ----------
    layers : list of layers, optional
        The first may be an `Input`, which says the shape of one example, so that the weights are
        made at once; else they are made when the model first sees data.
    name : str, optional

    A model may be a layer of another one.

    Weights are exchanged with Keras in both directions: `model.set_weights(keras_model.get_weights())`.

    Source: `keras.Sequential`.

    >>> from cnnlab import layers
    >>> model = Sequential([layers.Input((8, 8, 1)), layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(10)])
    >>> model.predict(np.zeros((5, 8, 8, 1)), verbose=0).shape
    (5, 10)
    """

    _is_trainable = True
    to_inputs = True  # as in every layer: another model may have this one as a layer

    def __init__(self, layers=None, name=None):
        self.name = name or _names.auto_name("Sequential")
        self.layers = []
        self._input = None
        self.input_shape = self.output_shape = None
        for layer in layers or []:
            self.add(layer)

    def add(self, layer):
        """Put a layer at the end."""
        _names.refuse_keras("layer", layer)
        if not isinstance(layer, (Layer, Sequential)):
            raise TypeError(f"`layer` must be a layer, such as Dense(10); got {layer!r}.")
        if isinstance(layer, Sequential) and (layer is self or self in layer.submodels()):
            raise ValueError(f"The model {self.name!r} cannot be a layer of itself.")
        if isinstance(layer, InputLayer):
            if self._input or self.layers:
                raise ValueError("`Input` must be the first entry of a model, and the only one.")
            self._input = layer
            return
        if any(layer.name == other.name for other in self.layers):
            raise ValueError(f"The model already has a layer named {layer.name!r}: give this one another name.")
        if not self.layers and not self._input and layer.first_shape is not None:
            self._input = InputLayer(layer.first_shape)
        before = self.input_shape, self.output_shape
        self.layers.append(layer)
        try:
            self._rebuild()
        except (TypeError, ValueError):  # it does not fit: the model stays as it was
            self.layers.pop()
            self.input_shape, self.output_shape = before
            raise

    def pop(self):
        """Take the last layer off, and return it."""
        layer = self.layers.pop()
        self._rebuild()
        return layer

    def build(self, input_shape):
        """Make all weights, for inputs of this shape: (None, …), where None stands for the batch.

        An empty batch goes through the layers: each of them sees the shape of its inputs.
        """
        if not self.layers:
            raise ValueError("The model has no layers yet: add some.")
        outputs = np.empty((0, *input_shape[1:]), self.layers[0].dtype)
        for layer in self.layers:
            outputs = layer(outputs)
            layer.output_shape = (None, *outputs.shape[1:])
        self.forget()
        self.input_shape, self.output_shape = (None, *input_shape[1:]), layer.output_shape

    @property
    def built(self):
        return self.output_shape is not None

    # What a model has to have in order to be a layer of another one.

    @property
    def trainable(self):
        """Whether training changes the weights; set, it is set for all layers, as in Keras."""
        return self._is_trainable

    @trainable.setter
    def trainable(self, value):
        self._is_trainable = true_or_false("trainable", value)
        for layer in self.layers:
            layer.trainable = self._is_trainable

    @property
    def first_shape(self):
        """The shape of one input, if an Input says it."""
        return self._input.shape if self._input else None

    @property
    def dtype(self):
        """What the first layer computes in."""
        return self.layers[0].dtype if self.layers else config.floatx()

    @property
    def activation(self):
        """The activation of the last layer."""
        return self.layers[-1].activation

    @property
    def before_activation(self):
        """What went into that activation in the last call."""
        return self.layers[-1].before_activation

    def submodels(self):
        """The models among the layers, and among theirs."""
        for layer in self.layers:
            if isinstance(layer, Sequential):
                yield layer
                yield from layer.submodels()

    def steps(self, path=""):
        """(path, layer) for every layer that is no model itself, in order; the path has the models that it lies in."""
        for layer in self.layers:
            if isinstance(layer, Sequential):
                yield from layer.steps(f"{path}{layer.name}/")
            else:
                yield path + layer.name, layer

    def as_inputs(self, x):
        """`x` as the model takes it, or an error that says what does not fit; its weights are made, if there are none.

        As in Keras, an axis of length 1 at the end may be missing or too much.
        """
        given = x.shape
        if self._input or self.built:
            wanted = self._input.shape if self._input else self.input_shape[1:]
            if x.ndim == len(wanted) and wanted[-1] == 1:
                x = x[..., np.newaxis]
            elif x.ndim == len(wanted) + 2 and x.shape[-1] == 1:
                x = x[..., 0]
        if self._input and not _fits(x.shape[1:], wanted):
            alone = " A single example goes in as x[None]." if given == wanted else ""
            raise ValueError(
                f"`x` must have shape ({', '.join(['N', *map(str, wanted)])}), for the model's Input; got shape {given}.{alone}"
            )
        if not self.built:
            self.build(x.shape)
        return x

    def __call__(self, x, training=False):
        """The outputs for a batch, as an array of shape (N, …)."""
        outputs = self.as_inputs(np.asarray(x))
        for step in pool_first(self.layers):
            outputs = step(outputs, training)
        return outputs

    def backward(self, grad, through_activation=True, to_inputs=True):
        """From the gradient of the loss by the outputs of the last call, that by its inputs.

        Those by the weights are then in `layer.gradients` of each layer; with to_inputs=False, only they are sure to be right.
        """
        last, *others = reversed(pool_first(self.layers))
        self.layers[0].to_inputs = to_inputs and self.to_inputs
        try:
            grad = last.backward(grad, through_activation)
            for step in others:
                grad = step.backward(grad)
        finally:
            self.layers[0].to_inputs = True
        return grad

    def forget(self):
        """Let go of what the last call left for `backward`."""
        for layer in self.layers:
            layer.forget()

    @property
    def weights(self):
        """All weights, in Keras's order: layer by layer."""
        return [weight for layer in self.layers for weight in layer.weights]

    @property
    def trainable_weights(self):
        """The weights that training changes."""
        return [getattr(*where) for where in self._trainable().values()]

    def get_weights(self):
        """Copies of all weights, in Keras's order."""
        return [weight.copy() for weight in self.weights]

    def set_weights(self, weights):
        """Replace all weights, by arrays in the order of `get_weights`, here or in Keras."""
        self._check_built("set_weights")
        weights = list(weights)
        if len(weights) != len(self.weights):
            raise ValueError(
                f"The model has {len(self.weights)} weights; got {len(weights)}. They must come from a model with the same layers."
            )
        before = self._state()
        try:
            for layer in self.layers:
                n = len(layer.weights)
                layer.set_weights(weights[:n])
                weights = weights[n:]
        except (TypeError, ValueError):
            self._restore(before)
            raise

    def save_weights(self, filepath, overwrite=True):
        """Store all weights in a file of NumPy's format .npz, whatever its name. `load_weights` reads it."""
        self._check_built("save_weights")
        path = os.fspath(filepath)
        if not overwrite and os.path.exists(path):
            raise FileExistsError(f"{path} exists. Take another name, or overwrite=True.")
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        arrays = {f"{number:03d}": weight for number, weight in enumerate(self.weights)}
        # Written beside and then renamed, so that there is never half a file in its place.
        unfinished = f"{path}.unfinished"
        with open(unfinished, "wb") as file:
            np.savez(file, **arrays)
        os.replace(unfinished, path)

    def load_weights(self, filepath):
        """Read the weights that `save_weights` of a model with the same layers has stored."""
        self._check_built("load_weights")
        self.set_weights(_read_weights(os.fspath(filepath)))

    def count_params(self):
        """How many numbers the weights hold."""
        self._check_built("count_params")
        return sum(layer.count_params() for layer in self.layers)

    def get_layer(self, name=None, index=None):
        """A layer by its name or its place."""
        if index is not None:
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        names = ", ".join(repr(layer.name) for layer in self.layers)
        raise ValueError(f"There is no layer {name!r}. There are {names}.")

    def summary(self, line_length=None, print_fn=None):
        """Print a table of the layers, the shapes of their outputs and the numbers of their weights."""
        (print_fn or print)(summary_table(self, line_length))

    def __repr__(self):
        return f"<Sequential {self.name!r}: {', '.join(type(layer).__name__ for layer in self.layers)}>"

    def _rebuild(self):
        """Make the weights that are missing, if the shape of the inputs is known."""
        self.input_shape = self.output_shape = None
        if self.layers and self._input and None not in self._input.shape:
            self.build((None, *self._input.shape))

    def _check_built(self, method):
        if not self.built:
            raise ValueError(
                f"The model has no weights yet, so there is nothing for `{method}`. Begin it with an Input(shape), "
                "or show it data first."
            )

    def _trainable(self, path=""):
        """Where each trainable weight is, as (layer, name), by a key that stays the same."""
        found = {}
        for layer in self.layers if self.trainable else []:
            if isinstance(layer, Sequential):
                found |= layer._trainable(f"{path}{layer.name}/")
            else:
                found |= {f"{path}{layer.name}/{name}": (layer, name) for name in layer.trainable_weight_names}
        return found

    def _penalty(self):
        return sum(layer.penalty() for _, layer in self.steps())

    def _state(self):
        """Everything that a training step changes. Arrays are replaced, never written into: references do."""
        weights = [(layer, name, getattr(layer, name)) for _, layer in self.steps() for name in layer.weight_names]
        return weights, self.optimizer and self.optimizer.state()

    def _restore(self, state):
        weights, of_optimizer = state
        for layer, name, weight in weights:
            setattr(layer, name, weight)
        if of_optimizer:
            self.optimizer.restore(of_optimizer)


def _fits(shape, wanted):
    return len(shape) == len(wanted) and all(w in (None, n) for w, n in zip(wanted, shape))


def _read_weights(path):
    with open(path, "rb") as file:
        start = file.read(8)
        if start == b"\x89HDF\r\n\x1a\n":
            raise ValueError(
                f"{path} is a file of Keras (HDF5). Load it into the Keras model, "
                "then model.set_weights(keras_model.get_weights())."
            )
        try:
            file.seek(0)
            arrays = np.load(file, allow_pickle=False)
            return [arrays[name] for name in sorted(arrays.files)]
        except (AttributeError, EOFError, KeyError, OSError, ValueError, zipfile.BadZipFile) as error:
            raise ValueError(f"{path} is damaged, or not a file that save_weights has stored: {error}") from error
