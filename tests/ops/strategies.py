"""Random calls of every op: geometries for windows, and whole sets of arguments."""

import math
from typing import NamedTuple

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from cnnlab.arithmetic import padding_amounts

seeds = st.integers(0, 2**32 - 1)


@st.composite
def geometries(draw, dilation="instead of strides", explicit_padding=True, pooling=False, ranks=(1, 3), small=False):
    """A dict of sizes, window_size, strides, padding (one per axis) and dilation_rate that fit together.

    Keras takes strides or dilation above 1, not both: `dilation` is "instead of strides", "as well" or None.
    """
    rank = draw(st.integers(*ranks))
    largest = {1: 6, 2: 4, 3: 3}[rank] if small else {1: 12, 2: 8, 3: 5}[rank]

    def per_axis(low, high):
        return tuple(draw(st.integers(low, high)) for _ in range(rank))

    sizes, window_size = per_axis(1, largest), per_axis(1, 3 if small else 4)
    strides, dilation_rate = per_axis(1, 4), (1,) * rank
    if dilation == "as well":
        dilation_rate = per_axis(1, 3)
    elif dilation and draw(st.booleans()):
        strides, dilation_rate = (1,) * rank, per_axis(1, 3)
    kinds = ["valid", "same"] + (["explicit"] if explicit_padding else [])
    kind = draw(st.sampled_from(kinds))
    if kind == "explicit":
        padding = tuple(
            (draw(st.integers(0, most)), draw(st.integers(0, most)))
            for most in ([k - 1 for k in window_size] if pooling else [3] * rank)
        )
    else:
        padding = (kind,) * rank
    for size, k, s, p, d in zip(sizes, window_size, strides, padding, dilation_rate):
        assume(d * (k - 1) + 1 <= size + sum(padding_amounts(size, k, s, p, d)))
    return dict(sizes=sizes, window_size=window_size, strides=strides, padding=padding, dilation_rate=dilation_rate)


def strides_that_keras_gets_right(geometry):
    """In 3-D, with "same" and a stride longer than the window, TensorFlow 2.21 on a CPU does not start
    at the first cell, against its own 2-D results and against the definition in loops."""
    if len(geometry["sizes"]) < 3:
        return geometry["strides"]
    return tuple(min(s, k) for s, k in zip(geometry["strides"], geometry["window_size"]))


def named(padding):
    """("same", "same") as Keras wants it: "same"."""
    return padding[0] if isinstance(padding[0], str) else padding


class Call(NamedTuple):
    """The arguments of one call of an op, by name."""

    arrays: dict  # those with a gradient, float64
    settings: dict  # all the others

    def of_type(self, dtype):
        return {**{name: array.astype(dtype) for name, array in self.arrays.items()}, **self.settings}


CONVOLUTIONS = ["conv", "depthwise_conv", "separable_conv", "conv_transpose"]
POOLS = ["max_pool", "average_pool", "sum_pool", "stochastic_pool"]
GLOBAL_POOLS = ["global_max_pool", "global_average_pool"]
ACTIVATIONS = [
    "relu", "leaky_relu", "elu", "sigmoid", "tanh", "softplus", "silu", "gelu", "softmax", "log_softmax",
    "celu", "hard_sigmoid", "hard_silu", "hard_tanh", "log_sigmoid", "relu6", "selu", "softsign", "tanh_shrink",
]  # fmt: skip
LOSSES = ["categorical_crossentropy", "sparse_categorical_crossentropy", "binary_crossentropy"]
OTHERS = ["batch_normalization", "layer_normalization", "one_hot"]
OPS = CONVOLUTIONS + POOLS + GLOBAL_POOLS + ACTIVATIONS + LOSSES + OTHERS


def calls(name, for_keras=False, small=False):
    """Random calls of the op `name`; `for_keras`, such that Keras takes them and gets them right."""
    if name == "conv_transpose":
        return transposed_calls(for_keras, small)
    if name in CONVOLUTIONS:
        return convolution_calls(name, for_keras, small)
    if name in POOLS + GLOBAL_POOLS:
        return pool_calls(name, for_keras, small)
    if name in ACTIVATIONS:
        return activation_calls(name, for_keras, small)
    others = {
        "batch_normalization": batch_normalization_calls,
        "layer_normalization": layer_normalization_calls,
        "one_hot": one_hot_calls,
    }
    return others.get(name, loss_calls)(name, for_keras, small)


@st.composite
def convolution_calls(draw, name, for_keras, small):
    by_channel = name != "conv"
    geometry = draw(
        geometries(
            dilation="instead of strides" if for_keras and not by_channel else "as well",
            explicit_padding=not for_keras,
            ranks=(1, 2 if for_keras and by_channel else 3),
            small=small,
        )
    )
    rng, most = np.random.default_rng(draw(seeds)), 2 if small else 3
    channels, filters, batch = (draw(st.integers(1, n)) for n in (most, most, 2))
    strides = strides_that_keras_gets_right(geometry) if for_keras else geometry["strides"]
    if for_keras and by_channel and max(geometry["dilation_rate"]) == 1:
        strides = strides[:1] * len(strides)  # TensorFlow's depthwise kernel takes no others
    settings = dict(strides=strides, padding=named(geometry["padding"]), dilation_rate=geometry["dilation_rate"])
    groups = 1 if for_keras or by_channel else draw(st.integers(1, 2))
    arrays = {"inputs": rng.normal(size=(batch, *geometry["sizes"], channels * groups))}
    kernel = rng.normal(size=(*geometry["window_size"], channels, filters * groups))
    arrays["depthwise_kernel" if name == "separable_conv" else "kernel"] = kernel
    if name == "separable_conv":
        ones = (1,) * len(strides)
        arrays["pointwise_kernel"] = rng.normal(size=(*ones, channels * filters, draw(st.integers(1, most))))
    return Call(arrays, settings)


@st.composite
def transposed_calls(draw, for_keras, small):
    geometry = draw(geometries(dilation=None if for_keras else "as well", explicit_padding=False, small=small))
    rng, most = np.random.default_rng(draw(seeds)), 2 if small else 3
    channels, filters, batch = (draw(st.integers(1, n)) for n in (most, most, 2))
    strides = strides_that_keras_gets_right(geometry) if for_keras else tuple(min(s, 3) for s in geometry["strides"])
    window_size, padding = geometry["window_size"], named(geometry["padding"])
    extents = [d * (k - 1) + 1 for k, d in zip(window_size, geometry["dilation_rate"])]
    output_padding = None
    if draw(st.booleans()):
        # "same" counts from (n − 1) · stride + extent % 2, so that even kernels have one more.
        extra = [1 - e % 2 if padding == "same" else 0 for e in extents]
        output_padding = tuple(draw(st.integers(x, s - 1 + x)) for s, x in zip(strides, extra))
    if not for_keras and draw(st.booleans()):
        output_padding, ends = None, [(n - 1) * s + e for n, s, e in zip(geometry["sizes"], strides, extents)]
        before = [draw(st.integers(0, min(2, end - 1))) for end in ends]
        padding = tuple((b, draw(st.integers(0, min(2, end - 1 - b)))) for b, end in zip(before, ends))
    settings = dict(strides=strides, padding=padding, output_padding=output_padding)
    settings["dilation_rate"] = geometry["dilation_rate"]
    inputs = rng.normal(size=(batch, *geometry["sizes"], channels))
    return Call({"inputs": inputs, "kernel": rng.normal(size=(*window_size, filters, channels))}, settings)


@st.composite
def pool_calls(draw, name, for_keras, small):
    geometry = draw(geometries(dilation=None, explicit_padding=not for_keras, pooling=True, small=small))
    rng = np.random.default_rng(draw(seeds))
    shape = (draw(st.integers(1, 2)), *geometry["sizes"], draw(st.integers(1, 2 if small else 3)))
    # No two alike: in 3-D, TensorFlow takes cells that differ by less than 1e-5 for ties, and serves them all.
    inputs = rng.permutation(np.linspace(-3, 3, math.prod(shape))).reshape(shape)
    settings = dict(
        pool_size=geometry["window_size"],
        strides=strides_that_keras_gets_right(geometry) if for_keras else geometry["strides"],
        padding=named(geometry["padding"]),
    )
    if name in GLOBAL_POOLS:
        settings = {}
    if name == "stochastic_pool":
        inputs = abs(inputs) + 0.01
        settings.update(training=draw(st.booleans()), seed=draw(seeds))
    return Call({"inputs": inputs}, settings)


@st.composite
def activation_calls(draw, name, for_keras, small):
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)))
    rng = np.random.default_rng(draw(seeds))
    x = rng.normal(size=shape) * (1 if small else 10 ** rng.uniform(-3, 2.3))
    settings = {}
    if name in ("softmax", "log_softmax"):
        settings["axis"] = draw(st.integers(-len(shape), len(shape) - 1))
    if name == "leaky_relu":
        settings["negative_slope"] = draw(st.floats(0, 0.9))
    if name in ("elu", "celu"):
        settings["alpha"] = draw(st.floats(0.1, 3))
    if name == "gelu":
        settings["approximate"] = draw(st.booleans())
    for defaults_too in list(settings):
        if draw(st.booleans()):
            del settings[defaults_too]
    return Call({"x": x}, settings)


@st.composite
def loss_calls(draw, name, for_keras, small):
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)))
    rng, from_logits = np.random.default_rng(draw(seeds)), draw(st.booleans())
    settings = dict(from_logits=from_logits)
    output = rng.normal(size=shape) * draw(st.floats(0.1, 3)) if from_logits else rng.uniform(0.02, 0.98, size=shape)
    if name == "sparse_categorical_crossentropy":
        labels = rng.integers(0, shape[-1], size=shape[:-1])
        settings["target"] = labels[..., np.newaxis] if draw(st.booleans()) else labels
    elif name == "binary_crossentropy":
        settings["target"] = rng.uniform(size=shape) if draw(st.booleans()) else rng.integers(0, 2, size=shape) * 1.0
    else:
        axis = settings["axis"] = draw(st.sampled_from([-1, *range(len(shape))]))  # TensorFlow takes no other
        target = rng.dirichlet(np.ones(shape[axis]), size=np.delete(shape, axis))
        settings["target"] = np.moveaxis(target, -1, axis)
    return Call({"output": output}, settings)


@st.composite
def batch_normalization_calls(draw, name, for_keras, small):
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=2, max_size=4 if small else 5)))
    axis = draw(st.sampled_from([-1, *range(len(shape))]))
    rng = np.random.default_rng(draw(seeds))
    arrays = {"x": rng.normal(size=shape), "mean": rng.normal(size=shape[axis])}
    arrays["variance"] = rng.uniform(0.1, 3, size=shape[axis])
    for optional in ("offset", "scale"):
        if draw(st.booleans()):
            arrays[optional] = rng.normal(size=shape[axis])
    return Call(arrays, dict(axis=axis, epsilon=draw(st.sampled_from([1e-3, 1e-5, 0.1]))))


@st.composite
def layer_normalization_calls(draw, name, for_keras, small):
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=2, max_size=4 if small else 5)))
    axes = sorted(draw(st.sets(st.integers(0, len(shape) - 1), min_size=1)))
    rng = np.random.default_rng(draw(seeds))
    arrays = {"x": rng.normal(size=shape)}
    for optional in ("gamma", "beta"):
        if draw(st.booleans()):
            arrays[optional] = rng.normal(size=[shape[axis] for axis in axes])
    axis = axes[0] if len(axes) == 1 and draw(st.booleans()) else axes
    return Call(arrays, dict(axis=axis, epsilon=draw(st.sampled_from([1e-3, 1e-5, 0.1]))))


@st.composite
def one_hot_calls(draw, name, for_keras, small):
    shape = tuple(draw(st.lists(st.integers(1, 4), max_size=3)))
    classes = draw(st.integers(1, 5))
    labels = np.random.default_rng(draw(seeds)).integers(0, classes, size=shape)
    axis = draw(st.sampled_from([-1, *range(len(shape))]))
    dtype = draw(st.sampled_from([None, "float32", "float64", "int32", "bool"]))
    return Call({}, dict(x=labels, num_classes=classes, axis=axis, dtype=dtype))
