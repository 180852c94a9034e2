import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cnnlab import ops

NAMES = ["relu", "leaky_relu", "sigmoid", "tanh", "softmax"]
arrays = hnp.arrays(
    "float32", hnp.array_shapes(max_dims=3, max_side=5), elements=st.floats(-200, 200, width=32, allow_subnormal=False)
)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=200, deadline=None)
@given(arrays)
def test_equals_keras(name, x):
    import keras

    ours, keras_s = getattr(ops, name)(x), np.asarray(getattr(keras.ops, name)(x))
    assert ours.dtype == keras_s.dtype
    np.testing.assert_allclose(ours, keras_s, rtol=2e-5, atol=1e-30 if name == "softmax" else 1e-7)


@pytest.mark.parametrize("name", NAMES)
def test_types_nan_infinity_and_empty(name):
    import keras

    function = getattr(ops, name)
    x = np.array([-np.inf, -1e4, -0.0, 1e4, np.nan], "float32")
    if name == "softmax":  # every output used the NaN; TensorFlow's kernel leaves some 0
        assert np.isnan(function(x)).all()
        x = x[:4]
    np.testing.assert_allclose(function(x), getattr(keras.ops, name)(x), rtol=1e-6)
    for dtype in ("float16", "float32", "float64"):
        assert function(np.zeros(3, dtype)).dtype == dtype
    assert function(np.arange(3)).dtype == function([0.5, 1.5]).dtype == np.float32
    assert function(np.zeros((0, 4))).shape == (0, 4)
    with pytest.raises(TypeError, match="`x` must hold numbers"):
        function(["one", "two"])


def test_no_overflow_warning():
    with np.errstate(over="raise"):
        for name in NAMES:
            getattr(ops, name)(np.array([-1e4, 1e4], "float32"))


@pytest.mark.parametrize("axis", [0, 1, -1, (0, 2), (1, 2)])
def test_softmax_sums_to_one_along_the_axis_as_in_keras(axis):
    import keras

    x = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    np.testing.assert_allclose(ops.softmax(x, axis).sum(axis), 1, rtol=1e-6)
    np.testing.assert_allclose(ops.softmax(x, axis), keras.ops.softmax(x, axis), rtol=1e-5)


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match=r"`axis` must name axes of `x`, whose shape is \(3,\); got 1"):
        ops.softmax(np.zeros(3), axis=1)
    with pytest.raises(TypeError, match="`negative_slope` must hold numbers"):
        ops.leaky_relu(np.zeros(3), "steep")
    with pytest.raises(ValueError, match="`negative_slope` must be one number"):
        ops.leaky_relu(np.zeros(3), [0.1, 0.2, 0.3])


def test_the_defaults_that_trip_people_up():
    import keras

    x = np.linspace(-3, 3, 13).astype("float32")
    np.testing.assert_allclose(ops.gelu(x), keras.ops.gelu(x), atol=1e-6)
    np.testing.assert_allclose(ops.gelu(x, approximate=False), keras.activations.gelu(x), atol=1e-6)
    assert abs(ops.gelu(x) - ops.gelu(x, approximate=False)).max() > 1e-4
    np.testing.assert_allclose(ops.leaky_relu(x), keras.ops.leaky_relu(x))
    np.testing.assert_allclose(ops.leaky_relu(x, 0.3), keras.layers.LeakyReLU()(x))


@pytest.mark.parametrize("name", [*NAMES, "elu", "softplus", "silu", "gelu", "log_softmax"])
def test_gradients_of_very_large_and_small_numbers_are_finite(name):
    with np.errstate(all="raise", under="ignore"):
        for dtype in ("float16", "float32", "float64"):
            x = np.array([-np.finfo(dtype).max, -1e4, 0, 1e4, np.finfo(dtype).max], dtype)
            if name.endswith("softmax"):
                x = x[1:-1]
            assert np.isfinite(getattr(ops, f"{name}_grad")(np.ones_like(x), x)).all()
            assert np.isfinite(getattr(ops, name)(x)).all()
