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
