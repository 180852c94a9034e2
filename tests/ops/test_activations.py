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
