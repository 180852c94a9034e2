"""Inputs and dense layers."""

import numpy as np  # noqa: F401 (for the examples below)

from ..arithmetic import true_or_false, whole_number
from ..ops._threads import matmul
from .layer import Layer, check_sizes, sum_over_positions

__all__ = ["Dense", "Input", "InputLayer"]


class InputLayer(Layer):
    """The shape of one input of a model; it computes nothing. `Input` makes it, from the same arguments."""

    def __init__(
        self,
        shape=None,
        batch_size=None,
        dtype=None,
        sparse=None,
        ragged=None,
        batch_shape=None,
        input_tensor=None,
        optional=False,
        name=None,
    ):
        super().__init__(name=name, dtype=dtype)
        refused = {"sparse": sparse, "ragged": ragged, "input_tensor": input_tensor, "optional": optional}
        for argument, value in refused.items():
            if value is not None and value is not False:
                raise NotImplementedError(f"`{argument}` exists only in Keras; here it must be None; got {value!r}.")
        if batch_shape is not None:
            if shape is not None or batch_size is not None:
                raise ValueError("`batch_shape` stands for `shape` and `batch_size`: give it or them, not both.")
            batch_size, *shape = check_sizes("batch_shape", batch_shape) or [None]
        if shape is None:
            raise ValueError("`shape` is missing: the shape of one example, such as (28, 28, 1).")
        self.shape = check_sizes("shape", shape)
        # As in Keras it is only a note: any batch fits.
        self.batch_size = None if batch_size is None else whole_number("batch_size", batch_size, at_least=1)

    @property
    def batch_shape(self):
        """The shape with the batch: (None, 28, 28, 1)."""
        return (self.batch_size, *self.shape)

    def call(self, inputs, training=False):
        return inputs

    def call_grad(self, grad):
        return grad

    def get_config(self):
        """The arguments that make another one like it."""
        return {"shape": self.shape, "batch_size": self.batch_size, "dtype": self.dtype, "name": self.name}


def Input(
    shape=None,
    batch_size=None,
    dtype=None,
    sparse=None,
    ragged=None,
    batch_shape=None,
    name=None,
    tensor=None,
    optional=False,
):
    """The shape of one input, as the first entry of a model, so that its weights are made at once.

    Parameters
    ----------
    shape : tuple of ints
        Without the batch: (28, 28, 1). None stands for a size that is known only when data comes.
    batch_size : int, optional
        Only a note: any batch fits.
    dtype, name
        As for every layer.
    batch_shape : tuple, optional
        Instead of `shape`, with the batch: (None, 28, 28, 1).
    sparse, ragged, tensor, optional
        For positions as in Keras; they must be left out.

    >>> Input((28, 28, 1)).shape
    (28, 28, 1)
    """
    return InputLayer(shape, batch_size, dtype, sparse, ragged, batch_shape, tensor, optional, name)


class Dense(Layer):
    """Every output is a sum over all inputs, each times a weight of its own: (N, channels) -> (N, units).

    Inputs with more axes keep them: it works along the last one, as in Keras. Put `Flatten` before
    it to sum over whole pictures.

    Parameters
    ----------
    units : int
    activation : str, op, function with a gradient, or None
    use_bias : bool
    kernel_initializer, bias_initializer : str or initializer
    kernel_regularizer, bias_regularizer : str, regularizer, or None
    kernel_constraint, bias_constraint : str, constraint, or None
    name, dtype, trainable, input_shape
        As for every `Layer`.

    Weights: kernel (channels, units), bias (units,).

    Source: `keras.layers.Dense`.

    >>> Dense(10, activation="softmax")(np.zeros((1, 784))).shape
    (1, 10)
    """

    def __init__(
        self,
        units,
        activation=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(activation=activation, activity_regularizer=activity_regularizer, **kwargs)
        self.units = whole_number("units", units, at_least=1)
        self.use_bias = true_or_false("use_bias", use_bias)
        self.keep_settings("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self.keep_settings("bias", bias_initializer, bias_regularizer, bias_constraint)

    def build(self, input_shape):
        if len(input_shape) < 2:
            raise ValueError(f"takes inputs of shape (batch, …, channels); got shape {input_shape}.")
        self.add_weight("kernel", (input_shape[-1], self.units), *self.settings_of("kernel"))
        if self.use_bias:
            self.add_weight("bias", (self.units,), *self.settings_of("bias"))

    def call(self, inputs, training=False):
        self.saved = inputs
        outputs = matmul(inputs.reshape(-1, inputs.shape[-1]), self.kernel).reshape(*inputs.shape[:-1], self.units)
        return outputs + self.bias if self.use_bias else outputs

    def call_grad(self, grad):
        inputs, rows = self.saved, grad.reshape(-1, self.units)
        self.gradients["kernel"] = matmul(inputs.reshape(-1, inputs.shape[-1]).T, rows)
        if self.use_bias:
            self.gradients["bias"] = sum_over_positions(grad)
        return matmul(rows, self.kernel.T).reshape(inputs.shape) if self.to_inputs else None
