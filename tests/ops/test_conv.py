import numpy as np
import pytest
from brute_force import conv as conv_by_loops
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import geometries, strides_that_keras_gets_right

from cnnlab import ops

seeds = st.integers(0, 2**32 - 1)


def draw_arrays(geometry, seed, channels, filters, groups=1, batch=2, dtype="float32"):
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(batch, *geometry["sizes"], channels * groups)).astype(dtype)
    kernel = rng.normal(size=(*geometry["window_size"], channels, filters * groups)).astype(dtype)
    return inputs, kernel


def named(padding):
    """("same", "same") as Keras wants it: "same"."""
    return padding[0] if isinstance(padding[0], str) else padding


@settings(max_examples=1500, deadline=None)
@given(geometries(), seeds, st.integers(1, 3), st.integers(1, 3), st.integers(1, 2))
def test_equals_keras(geometry, seed, channels, filters, batch):
    import keras

    inputs, kernel = draw_arrays(geometry, seed, channels, filters, batch=batch)
    padding, dilation_rate = named(geometry["padding"]), geometry["dilation_rate"]
    strides = strides_that_keras_gets_right(geometry)
    ours = ops.conv(inputs, kernel, strides, padding, None, dilation_rate)
    if not isinstance(padding, str):
        inputs, padding = np.pad(inputs, [(0, 0), *padding, (0, 0)]), "valid"
    keras_s = np.asarray(keras.ops.conv(inputs, kernel, strides, padding, None, dilation_rate))
    assert ours.dtype == keras_s.dtype and ours.shape == keras_s.shape
    np.testing.assert_allclose(ours, keras_s, rtol=1e-4, atol=1e-4)


@settings(max_examples=40, deadline=None)  # Keras compiles each grouped convolution anew
@given(
    geometries(dilation=None, explicit_padding=False), seeds, st.integers(1, 2), st.integers(1, 2), st.integers(2, 3)
)
def test_groups_equal_keras(geometry, seed, channels, filters, groups):
    import keras

    inputs, kernel = draw_arrays(geometry, seed, channels, filters, groups)
    arguments = inputs, kernel, strides_that_keras_gets_right(geometry), named(geometry["padding"])
    np.testing.assert_allclose(ops.conv(*arguments), keras.ops.conv(*arguments), rtol=1e-4, atol=1e-4)


@settings(max_examples=300, deadline=None)
@given(geometries(dilation="as well"), seeds, st.integers(1, 2), st.integers(1, 2), st.integers(1, 3))
def test_equals_loops(geometry, seed, channels, filters, groups):
    """Groups, and strides and dilation above 1 at once, which Keras refuses."""
    inputs, kernel = draw_arrays(geometry, seed, channels, filters, groups, dtype="float64")
    strides, padding, dilation_rate = geometry["strides"], geometry["padding"], geometry["dilation_rate"]
    ours = ops.conv(inputs, kernel, strides, named(padding), dilation_rate=dilation_rate)
    wanted = conv_by_loops(inputs, kernel, strides, padding, dilation_rate)
    np.testing.assert_allclose(ours, wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "inputs_dtype, kernel_dtype, wanted",
    [
        ("float16", "float64", "float16"),
        ("float32", "float64", "float32"),
        ("float64", "float32", "float64"),
        (">f4", "<f8", "float32"),
        ("uint8", "float64", "float32"),
        ("int64", "int8", "float32"),
        ("bool", "float32", "float32"),
    ],
)
def test_type_is_that_of_the_inputs_and_integers_become_float32(inputs_dtype, kernel_dtype, wanted):
    inputs = np.ones((1, 4, 4, 2)).astype(inputs_dtype)
    kernel = np.ones((3, 3, 2, 1)).astype(kernel_dtype)
    output = ops.conv(inputs, kernel)
    assert output.dtype == wanted and output.dtype.isnative
    np.testing.assert_array_equal(output, np.full((1, 2, 2, 1), 18))


def test_float16_is_summed_in_float32():
    assert ops.conv(np.ones((1, 4096, 1), "float16"), np.ones((4096, 1, 1)))[0, 0, 0] == 4096  # 2048 in float16


def test_nan_reaches_the_outputs_that_used_it_and_no_other():
    inputs = np.zeros((1, 5, 5, 1))
    inputs[0, 0, 0, 0] = np.nan
    output = ops.conv(inputs, np.ones((3, 3, 1, 2)))
    assert np.isnan(output[0, 0, 0]).all() and np.isnan(output).sum() == 2


def test_empty_batch_gives_empty_output():
    assert ops.conv(np.zeros((0, 5, 5, 3)), np.zeros((3, 3, 3, 7)), 2).shape == (0, 2, 2, 7)


def test_memory_layout_does_not_matter_and_nothing_is_modified():
    rng = np.random.default_rng(0)
    inputs, kernel = rng.normal(size=(2, 6, 6, 3)), rng.normal(size=(3, 3, 3, 4))
    wanted = ops.conv(inputs, kernel, padding="same")
    before = inputs.copy()
    frozen = np.asfortranarray(inputs)
    frozen.flags.writeable = False
    every_second = np.repeat(inputs, 2, axis=1)[:, ::2]
    for variant in (frozen, every_second, inputs.astype(">f8"), inputs[:, ::-1][:, ::-1]):
        np.testing.assert_allclose(ops.conv(variant, np.asfortranarray(kernel), padding="same"), wanted, rtol=1e-12)
    np.testing.assert_array_equal(inputs, before)


IMAGE, KERNEL = np.ones((2, 7, 8, 4)), np.ones((3, 3, 4, 2))


@pytest.mark.parametrize(
    "changed, error, words",
    [
        (dict(strides=0), ValueError, "`strides` must be at least 1; got 0"),
        (dict(strides=1.5), TypeError, "`strides` must be a whole number; got 1.5"),
        (dict(strides=(1, 2, 3)), ValueError, "`strides` must be an int or 2 ints"),
        (dict(dilation_rate=0), ValueError, "`dilation_rate` must be at least 1"),
        (dict(padding="full"), ValueError, "`padding` must be 'valid', 'same'.*'full'"),
        (dict(padding=-1), ValueError, "`padding` must be at least 0"),
        (dict(padding=((1, 1),)), ValueError, "`padding`.*each of the 2 spatial axes"),
        (dict(kernel=np.ones((9, 3, 4, 2))), ValueError, r"`kernel` of size \(9, 3\).*\(7, 8\).*\(2, 7, 8, 4\)"),
        (dict(dilation_rate=4), ValueError, r"spreads over \(9, 9\)"),
        (dict(kernel=np.ones((3, 3, 3, 2))), ValueError, r"3 channels.*have 4.*\(2, 7, 8, 4\).*\(3, 3, 3, 2\)"),
        (dict(kernel=np.ones((3, 3, 2, 3))), ValueError, "2 groups.*3 filters"),
        (dict(kernel=np.ones((0, 3, 4, 2))), ValueError, r"`kernel` has an axis of length 0.*\(0, 3, 4, 2\)"),
        (dict(kernel=np.ones((3, 3, 4))), ValueError, r"`kernel` must have 4 axes.*\(3, 3, 4\)"),
        (dict(kernel="abc"), TypeError, "`kernel` must hold numbers"),
        (dict(inputs=np.ones((7, 8))), ValueError, r"`inputs` must have 3, 4 or 5 axes.*\(1, 7, 8, 1\)"),
        (dict(inputs=np.ones((2, 7, 0, 4))), ValueError, "`inputs` has an axis of length 0"),
        (dict(inputs=np.full((1, 7, 8, 4), None)), TypeError, "`inputs` must hold numbers"),
        (dict(inputs=np.ones((1, 7, 8, 4), complex)), TypeError, "`inputs` must hold numbers"),
        (dict(inputs=[[1, 2], [3]]), ValueError, "`inputs`.*different lengths"),
        (dict(data_format="channels_first"), ValueError, "`data_format`.*moveaxis"),
    ],
)
def test_bad_arguments_are_named(changed, error, words):
    with pytest.raises(error, match=words):
        ops.conv(**{"inputs": IMAGE, "kernel": KERNEL, **changed})
