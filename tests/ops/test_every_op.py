"""Every op on random calls: against Keras, against loops over single numbers, and its gradient against both."""

import inspect

import brute_force
import numpy as np
import pytest
from fuzzing import fuzz
from hypothesis import assume
from hypothesis import strategies as st
from strategies import CONVOLUTIONS, GLOBAL_POOLS, OPS, POOLS, calls, seeds
from table import covers

import cnnlab
from cnnlab import ops

WINDOWED = CONVOLUTIONS + POOLS


def type_for_keras(name, call, dtype):
    """TensorFlow pools in 3-D in float32 only."""
    in_3d = name in POOLS and call.arrays["inputs"].ndim == 5
    return "float32" if in_3d else dtype


def tolerance(name, dtype):
    """TensorFlow rounds settings such as alpha and epsilon, and √2, to float32, whatever the arrays."""
    rounded = "leaky_relu elu celu selu gelu hard_sigmoid hard_silu batch_normalization layer_normalization".split()
    if dtype == "float64" and name not in rounded:
        return dict(rtol=1e-9, atol=1e-9)
    return dict(rtol=0.02, atol=0.02) if dtype == "float16" else dict(rtol=1e-4, atol=1e-4)


def keras_s(name, **arguments):
    import keras
    import tensorflow as tf

    # Tensors, since of an array in float64 keras.ops.max_pool makes float32.
    arguments = {k: tf.constant(v) if isinstance(v, np.ndarray) else v for k, v in arguments.items()}
    if name in GLOBAL_POOLS:  # of these, Keras has layers only
        inputs = arguments["inputs"]
        kind = "Max" if name == "global_max_pool" else "Average"
        return getattr(keras.layers, f"Global{kind}Pooling{len(inputs.shape) - 2}D")(dtype=inputs.dtype)(inputs)
    return getattr(keras.ops, name)(**arguments)


def for_keras(arguments, dtype):
    """TensorFlow multiplies arrays of one type only."""
    target = arguments.get("target")
    if target is not None and target.dtype.kind == "f":
        arguments["target"] = target.astype(dtype)
    return arguments


@covers("equals Keras", OPS)
def test_equals_keras(name):
    def check(call, dtype):
        dtype = type_for_keras(name, call, dtype)
        ours = getattr(ops, name)(**call.of_type(dtype))
        wanted = np.asarray(keras_s(name, **for_keras(call.of_type(dtype), dtype)))
        assert ours.dtype == wanted.dtype and ours.shape == wanted.shape
        np.testing.assert_allclose(ours, wanted, **tolerance(name, dtype))

    examples, full = (250, 4000) if name in WINDOWED else (100, 1000)
    types = st.sampled_from(["float32", "float32", "float64", "float16"])
    fuzz(st.tuples(calls(name, for_keras=True), types), lambda drawn: check(*drawn), examples, full)


@covers("gradient as Keras's", OPS)
def test_gradient_is_that_of_keras(name):
    import tensorflow as tf

    def check(call):
        dtype = type_for_keras(name, call, "float64")
        arguments = call.of_type(dtype)
        variables = {array: tf.constant(arguments[array]) for array in call.arrays}
        with tf.GradientTape() as tape:
            tape.watch(variables)
            output = keras_s(name, **{**for_keras(arguments, dtype), **variables})
        grad = np.random.default_rng(0).normal(size=output.shape).astype(dtype)
        wanted = tape.gradient(output, variables, tf.constant(grad))
        for array, gradient in gradients(name, grad, call, dtype).items():
            assert gradient.dtype == dtype
            np.testing.assert_allclose(gradient, wanted[array], **tolerance(name, dtype))

    examples, full = (80, 1000) if name in WINDOWED else (40, 500)
    fuzz(calls(name, for_keras=True), check, examples, full)


def gradients(name, grad, call, dtype="float64"):
    """What `name`_grad gives, by the names of the arrays that the call has."""
    answer = getattr(ops, f"{name}_grad")(grad=grad, **call.of_type(dtype))
    if name == "layer_normalization":  # always x, gamma, beta
        assert [d is None for d in answer] == [a not in call.arrays for a in ("x", "gamma", "beta")]
    answer = [d for d in answer if d is not None] if isinstance(answer, tuple) else [answer]
    if name == "batch_normalization":  # always x, mean, variance, offset, scale
        order = [a for a in ("x", "mean", "variance", "offset", "scale") if a in call.arrays]
        return dict(zip(order, answer, strict=True))
    return dict(zip(call.arrays, answer, strict=True))


@covers("gradient check", OPS)
def test_gradient_check(name):
    def check(call):
        order = list(call.arrays)

        def f(*arrays):
            return getattr(ops, name)(**dict(zip(order, arrays)), **call.settings)

        def f_grad(grad, *arrays):
            found = gradients(name, grad, call._replace(arrays=dict(zip(order, arrays))))
            return tuple(found[array] for array in order)

        assume(sum(a.size for a in call.arrays.values()) <= 150)  # each number costs two calls
        report = cnnlab.gradient_check(f, f_grad, *call.arrays.values())
        assert report.ok and not report.kinks, report

    fuzz(calls(name, small=True), check, 25, 300)


@covers("equals loops", OPS)
def test_equals_loops(name):
    def check(call):
        arguments = call.of_type("float64")
        if name == "stochastic_pool":
            assume(not arguments.pop("training"))  # while training: see test_pooling
            del arguments["seed"]
            wanted = brute_force.pool(brute_force.weighted_mean, **arguments)
        else:
            wanted = getattr(brute_force, name)(**arguments)
        ours = getattr(ops, name)(**arguments)
        assert ours.shape == wanted.shape
        np.testing.assert_allclose(ours, wanted, rtol=1e-9, atol=1e-12)

    fuzz(calls(name), check, 60, 500)


def test_conv_transpose_is_the_adjoint_of_conv():
    """⟨conv(x), y⟩ = ⟨x, conv_transpose(y)⟩, for every size that conv_transpose can come back to."""

    def check(call, seed):
        arguments = call.of_type("float64")
        del arguments["output_padding"]
        y, kernel = arguments.pop("inputs"), arguments.pop("kernel")
        back = ops.conv_transpose(y, kernel, **arguments)
        x = np.random.default_rng(seed).normal(size=back.shape)
        there = ops.conv(x, kernel, **arguments)
        np.testing.assert_allclose(np.vdot(there, y), np.vdot(x, back), rtol=1e-10, atol=1e-10)

    fuzz(st.tuples(calls("conv_transpose"), seeds), lambda drawn: check(*drawn), 150, 2000)


@pytest.mark.parametrize("name", [name for name in OPS if name not in GLOBAL_POOLS + ["sum_pool", "stochastic_pool"]])
def test_arguments_and_defaults_are_those_of_keras(name):
    import keras

    def arguments(function):
        return {p.name: p.default for p in inspect.signature(function).parameters.values()}

    wanted = arguments(getattr(keras.ops, name))
    wanted.pop("sparse", None)  # there are no sparse tensors here
    wanted.pop("kwargs", None)  # what Keras keeps for old programs
    assert list(arguments(getattr(ops, name)).items()) == list(wanted.items())


@pytest.mark.parametrize("name", [name for name in OPS if name != "one_hot"])
def test_the_gradient_takes_grad_and_then_what_the_op_takes(name):
    _, *rest = inspect.signature(getattr(ops, f"{name}_grad")).parameters.values()
    assert rest == list(inspect.signature(getattr(ops, name)).parameters.values())


def test_every_op_is_drawn():
    assert set(OPS) == {name for name in ops.__all__ if not name.endswith("_grad")}
