"""Models: layers in a row, as in `keras.models`."""

import math
import os
import zipfile

import numpy as np

from . import _names
from ._pool_first import pool_first
from ._summary import summary_table
from ._trainer import Trainer
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

    Weights are exchanged with Keras in both directions: `model.set_weights(keras_model.get_weights())`.

    Source: `keras.Sequential`.

    >>> from cnnlab import layers
    >>> model = Sequential([layers.Input((8, 8, 1)), layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(10)])
    >>> model.predict(np.zeros((5, 8, 8, 1)), verbose=0).shape
    (5, 10)
    """

    def __init__(self, layers=None, name=None):
        self.name = name or _names.auto_name("Sequential")
        self.layers = []
        self._input = None
        self.input_shape = self.output_shape = None
        for layer in layers or []:
            self.add(layer)

    def add(self, layer):
        """Put a layer at the end."""
        if not isinstance(layer, Layer):
            raise TypeError(f"`layer` must be a layer, such as Dense(10); got {layer!r}.")
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

    def as_inputs(self, x):
        """`x` as the model takes it, or an error that says what does not fit; its weights are made, if there are none.

        As in Keras, an axis of length 1 at the end may be missing or too much.
        """
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
        self.layers[0].to_inputs = to_inputs
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

    def _trainable(self):
        """Where each trainable weight is, as (layer, name), by a key that stays the same."""
        return {f"{layer.name}/{name}": (layer, name) for layer in self.layers for name in layer.trainable_weight_names}

    def _penalty(self):
        return sum(layer.penalty() for layer in self.layers)

    def _state(self):
        """Everything that a training step changes. Arrays are replaced, never written into: references do."""
        weights = [(layer, name, getattr(layer, name)) for layer in self.layers for name in layer.weight_names]
        return weights, self.optimizer and self.optimizer.state()

    def _restore(self, state):
        weights, of_optimizer = state
        for layer, name, weight in weights:
            setattr(layer, name, weight)
        if of_optimizer:
            self.optimizer.restore(of_optimizer)


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
