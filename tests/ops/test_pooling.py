import numpy as np
import pytest
from brute_force import pool as pool_by_loops
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import geometries, strides_that_keras_gets_right

from cnnlab import ops

POOLS = {"max_pool": max, "average_pool": lambda cells: sum(cells) / len(cells)}


def arguments(geometry, seed, channels):
    inputs = np.random.default_rng(seed).normal(size=(2, *geometry["sizes"], channels)).astype("float32")
    padding = geometry["padding"]
    return inputs, geometry["window_size"], geometry["strides"], padding[0] if isinstance(padding[0], str) else padding


@pytest.mark.parametrize("name", POOLS)
@settings(max_examples=500, deadline=None)
@given(geometries(dilation=None, explicit_padding=False), st.integers(0, 2**32 - 1), st.integers(1, 3))
def test_equals_keras(name, geometry, seed, channels):
    import keras

    given_ = arguments({**geometry, "strides": strides_that_keras_gets_right(geometry)}, seed, channels)
    ours, keras_s = getattr(ops, name)(*given_), np.asarray(getattr(keras.ops, name)(*given_))
    assert ours.dtype == keras_s.dtype
    np.testing.assert_allclose(ours, keras_s, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", POOLS)
@settings(max_examples=200, deadline=None)
@given(geometries(dilation=None, pooling=True), st.integers(0, 2**32 - 1), st.integers(1, 2))
def test_equals_loops(name, geometry, seed, channels):
    wanted = pool_by_loops(POOLS[name], arguments(geometry, seed, channels)[0], *list(geometry.values())[1:4])
    np.testing.assert_allclose(getattr(ops, name)(*arguments(geometry, seed, channels)), wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", POOLS)
def test_strides_default_to_the_window(name):
    inputs = np.random.default_rng(0).normal(size=(1, 6, 6, 2))
    pool = getattr(ops, name)
    np.testing.assert_array_equal(pool(inputs, (2, 3)), pool(inputs, (2, 3), (2, 3)))


@pytest.mark.parametrize("name", POOLS)
def test_types_nan_and_empty_batch(name):
    pool = getattr(ops, name)
    assert pool(np.ones((1, 4, 4, 1), int), 2).dtype == np.float32
    assert pool(np.ones((1, 4, 4, 1), "float16"), 2).dtype == np.float16
    assert pool(np.zeros((0, 4, 4, 3)), 2).shape == (0, 2, 2, 3)
    inputs = np.zeros((1, 4, 4, 1))
    inputs[0, 0, 0, 0] = np.nan
    np.testing.assert_array_equal(np.isnan(pool(inputs, 2)[0, :, :, 0]), [[True, False], [False, False]])


@pytest.mark.parametrize("name", POOLS)
@pytest.mark.parametrize(
    "changed, error, words",
    [
        (dict(pool_size=0), ValueError, "`pool_size` must be at least 1"),
        (dict(pool_size=5), ValueError, r"`pool_size` of size \(5, 5\).*\(4, 4\)"),
        (dict(pool_size="2"), TypeError, "`pool_size` must be a whole number"),
        (dict(strides=0), ValueError, "`strides` must be at least 1"),
        (dict(padding=2), ValueError, "`padding`.*must be smaller than `pool_size`"),
        (dict(inputs=np.ones((4, 4))), ValueError, "`inputs` must have 3, 4 or 5 axes"),
        (dict(inputs=["a"]), TypeError, "`inputs` must hold numbers"),
        (dict(data_format="channels_first"), ValueError, "`data_format`"),
    ],
)
def test_bad_arguments_are_named(name, changed, error, words):
    with pytest.raises(error, match=words):
        getattr(ops, name)(**{"inputs": np.ones((1, 4, 4, 1)), "pool_size": 2, **changed})


@pytest.mark.parametrize("sizes, pool_size", [((9,), 3), ((6, 7), (2, 3))])
def test_the_first_of_several_largest_gets_the_gradient_as_in_keras(sizes, pool_size):
    import keras
    import tensorflow as tf

    inputs = np.random.default_rng(0).integers(0, 3, size=(3, *sizes, 2)).astype("float32")
    for strides in (None, 1):
        for padding in ("valid", "same"):
            variable = tf.constant(inputs)
            with tf.GradientTape() as tape:
                tape.watch(variable)
                output = keras.ops.max_pool(variable, pool_size, strides, padding)
            grad = np.random.default_rng(1).normal(size=output.shape).astype("float32")
            ours = ops.max_pool_grad(grad, inputs, pool_size, strides, padding)
            np.testing.assert_allclose(ours, tape.gradient(output, variable, tf.constant(grad)), atol=1e-6)


def test_the_first_of_several_largest_gets_the_gradient_in_3d_too():
    d_inputs = ops.max_pool_grad(np.full((1, 1, 1, 1, 1), 5.0), np.ones((1, 2, 2, 2, 1)), 2)
    np.testing.assert_array_equal(d_inputs.ravel(), [5, 0, 0, 0, 0, 0, 0, 0])
    d_inputs = ops.global_max_pool_grad([[5.0]], np.ones((1, 2, 2, 2, 1)))
    np.testing.assert_array_equal(d_inputs.ravel(), [5, 0, 0, 0, 0, 0, 0, 0])


def test_no_gradient_is_lost_in_the_padding():
    """A window of −inf beside padding, which is −inf inside max_pool: the pixel wins."""
    inputs = np.full((1, 2, 1), -np.inf)
    np.testing.assert_array_equal(ops.max_pool_grad([[[5.0], [7.0]]], inputs, 2, 2, 1).ravel(), [5, 7])


def test_stochastic_pool_draws_in_proportion_and_zeros_never():
    window = np.array([0, 1, 2, 0, 5], "float32")
    inputs = np.tile(window, 20_000).reshape(1, -1, 1)
    drawn = ops.stochastic_pool(inputs, 5, training=True, seed=0)
    counts = [int((drawn == cell).sum()) for cell in window]
    assert counts[0] == 0
    for cell, count in zip(window[[1, 2, 4]], np.array(counts)[[1, 2, 4]]):
        p = cell / 8
        assert abs(count - 20_000 * p) < 5 * np.sqrt(20_000 * p * (1 - p))
    assert drawn.mean() == pytest.approx(ops.stochastic_pool(window.reshape(1, 5, 1), 5).item(), rel=0.01)


@pytest.mark.parametrize("training", [False, True])
def test_stochastic_pool_of_zeros_is_zero_and_passes_nothing_back(training):
    zeros = np.zeros((1, 4, 4, 1))
    assert not ops.stochastic_pool(zeros, 2, training=training, seed=0).any()
    assert not ops.stochastic_pool_grad(np.ones((1, 2, 2, 1)), zeros, 2, training=training, seed=0).any()


def test_stochastic_pool_draws_the_same_with_the_same_seed():
    inputs = np.random.default_rng(0).uniform(0.1, 1, size=(4, 9, 9, 3))

    def draw(seed):
        return ops.stochastic_pool(inputs, 3, 2, "same", training=True, seed=seed)

    np.testing.assert_array_equal(draw(1), draw(1))
    assert (draw(1) != draw(2)).any() and (draw(None) != draw(None)).any()
    grad = np.ones_like(draw(1))
    d_inputs = ops.stochastic_pool_grad(grad, inputs, 3, 2, "same", training=True, seed=1)
    np.testing.assert_allclose((d_inputs * inputs).sum(), draw(1).sum())  # the cells drawn get it, and only they


def test_the_gradient_of_a_window_with_nan_goes_to_the_nan():
    inputs = np.array([1, np.nan, 3, np.nan]).reshape(1, 4, 1)
    np.testing.assert_array_equal(ops.max_pool_grad([[[5.0]]], inputs, 4).ravel(), [0, 5, 0, 0])
    np.testing.assert_array_equal(ops.global_max_pool_grad([[5.0]], inputs).ravel(), [0, 5, 0, 0])
