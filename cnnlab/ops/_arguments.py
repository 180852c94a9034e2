"""What the ops accept, and what they say when they do not."""

import numpy as np

from .._names import count
from ..arithmetic import whole_number


def numbers(name, x):
    """`x` as an array of numbers of their own type, or an error that says what else it holds."""
    try:
        array = np.asarray(x)
        if array.dtype.kind == "O" and array.ndim:
            # Numbers among anything, as a table with mixed columns has them.
            array = np.asarray(array.tolist())
    except ValueError:
        raise ValueError(f"`{name}` must be an array of numbers; its rows have different lengths.") from None
    except NotImplementedError as error:  # a tensor of TensorFlow without values
        raise TypeError(f"`{name}` must hold numbers; got a {type(x).__name__}, which has none yet.") from error
    if array.dtype.kind in "fiub":
        return array
    if array.dtype.kind == "O" and not array.ndim and x is not None:
        raise TypeError(
            f"`{name}` must hold numbers, as NumPy arrays; a generator or a tf.data.Dataset is not taken here; "
            f"got a {type(x).__name__}."
        )
    raise TypeError(f"`{name}` must hold numbers; got an array of dtype {array.dtype}.{_remedy(name, x, array)}")


def _remedy(name, x, array):
    """How numbers are made of what is none, as a sentence."""
    if array.dtype.kind == "O" and array.ndim and any(item is None for item in array.flat):
        return " It holds None: a value is missing."
    if array.dtype.kind not in "USO" or not array.ndim:
        return ""
    try:
        values = array.astype(float)
    except (TypeError, ValueError):
        if array.dtype.kind in "US" and name in ("y", "y_true", "target"):
            return f" np.unique({name}, return_inverse=True)[1] numbers the names."
        return ""
    kind = "int" if (values == np.floor(values)).all() and not any("." in str(item) for item in array.flat) else "float"
    given = name if hasattr(x, "astype") else f"np.asarray({name})"
    return f" {given}.astype({kind}) makes numbers of them."


def as_float(name, x):
    """`x` as an array of a native floating-point type; integers and Python numbers as float32."""
    array = numbers(name, x)
    if array.dtype.kind == "f" and getattr(x, "dtype", object) != object:
        return array.astype(array.dtype.newbyteorder("="), copy=False)
    return array.astype(np.float32)


def as_batch(name, x):
    """`x` as a floating-point batch (N, *spatial, channels) with one to three spatial axes."""
    x = as_float(name, x)
    if not 3 <= x.ndim <= 5:
        raise ValueError(
            f"`{name}` must have 3, 4 or 5 axes: (batch, length, channels), (batch, height, width, channels) "
            f"or (batch, depth, height, width, channels); got shape {x.shape}."
            + (f" One gray image of this shape goes in as (1, {x.shape[0]}, {x.shape[1]}, 1)." if x.ndim == 2 else "")
        )
    if 0 in x.shape[1:]:
        raise ValueError(f"`{name}` has an axis of length 0: shape {x.shape}. Only the batch may be empty.")
    return x


def as_kernel(name, kernel, inputs, layout):
    """`kernel` with as many axes as the inputs, in the type that sums over these inputs are made in."""
    kernel = as_float(name, kernel)
    shapes = f"inputs have shape {inputs.shape}, {name} has shape {kernel.shape}"
    if kernel.ndim != inputs.ndim:
        raise ValueError(f"`{name}` must have {inputs.ndim} axes, {layout}, for these inputs: {shapes}.")
    if 0 in kernel.shape:
        raise ValueError(f"`{name}` has an axis of length 0: {shapes}. Every axis must be at least 1 long.")
    return kernel.astype(exact(inputs.dtype), copy=False)


def as_grad(grad, shape, dtype):
    """`grad`, the gradient of the loss by an output of this shape, as an array of `dtype`."""
    grad = as_float("grad", grad)
    if grad.shape != tuple(shape):
        raise ValueError(f"`grad` must have the shape of the op's output, {tuple(shape)}; got shape {grad.shape}.")
    return grad.astype(dtype, copy=False)


def exact(dtype):
    """The type that sums are made in: float16 is too short for them."""
    return np.promote_types(dtype, np.float32)


def one_number(name, value):
    """`value` as a Python float, which has digits enough for every type."""
    number = as_float(name, value)
    if number.ndim:
        raise ValueError(f"`{name}` must be one number; got an array of shape {number.shape}.")
    return float(value)


def per_axis(name, value, rank, at_least=1):
    """An int, or one int per spatial axis, as a tuple of `rank` ints."""
    several = isinstance(value, (tuple, list)) or (isinstance(value, np.ndarray) and value.ndim > 0)
    values = tuple(value) if several else (value,) * rank
    if len(values) != rank:
        raise ValueError(f"`{name}` must be an int or {count(rank, 'int')}, one per spatial axis; got {value!r}.")
    return tuple(whole_number(name, v, at_least) for v in values)


def each_padding(padding, rank):
    """`padding` as one "valid", "same", int or (before, after) pair for each spatial axis."""
    if isinstance(padding, str) or not isinstance(padding, (tuple, list)):
        return (padding,) * rank
    if len(padding) != rank:
        raise ValueError(
            f"`padding` must be 'valid', 'same', an int, or one int or (before, after) pair "
            f"for each of the {rank} spatial axes; got {padding!r}."
        )
    return tuple(padding)


def check_fits(name, shape, window_size, amounts, dilation_rate):
    """Raise if the window, with its gaps, is longer than padded inputs of this shape along any axis."""
    padded = tuple(size + sum(pair) for size, pair in zip(shape[1:-1], amounts))
    extent = tuple(d * (k - 1) + 1 for k, d in zip(window_size, dilation_rate))
    if any(e > p for e, p in zip(extent, padded)):
        dilated = f", which dilation_rate {dilation_rate} spreads over {extent}," if extent != window_size else ""
        raise ValueError(
            f"`{name}` of size {window_size}{dilated} does not fit into the inputs, {padded} with padding "
            f"(their shape is {tuple(shape)}). Take a smaller one, or padding='same'."
        )


def check_data_format(data_format):
    """ "channels_last", which None means too, or an error."""
    if data_format is not None and not (isinstance(data_format, str) and data_format == "channels_last"):
        raise ValueError(
            f"`data_format` must be None or 'channels_last'; got {data_format!r}. "
            "Move the channels to the last axis first: np.moveaxis(x, 1, -1)."
        )
    return "channels_last"
