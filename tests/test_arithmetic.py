import itertools
import os

import numpy as np
import pytest

from cnnlab import layers, ops
from cnnlab.arithmetic import multiply_adds, output_size, padding_amounts, parameter_count, receptive_field

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"  # see tests/ops/conftest.py


def positions_counted(padded_size, kernel_size, stride, dilation):
    """Count by walking: every start from which the last kernel element still lies inside."""
    last = dilation * (kernel_size - 1)
    return sum(1 for start in range(0, padded_size, stride) if start + last < padded_size)


@pytest.mark.parametrize("padding", ["valid", "same", 0, 2, (1, 3)])
def test_output_size_counts_positions(padding):
    for size, kernel_size, stride, dilation in itertools.product(range(1, 10), range(1, 5), range(1, 5), range(1, 4)):
        before, after = padding_amounts(size, kernel_size, stride, padding, dilation)
        counted = positions_counted(before + size + after, kernel_size, stride, dilation)
        if counted:
            assert output_size(size, kernel_size, stride, padding, dilation) == counted
        else:
            with pytest.raises(ValueError, match="longer than the input"):
                output_size(size, kernel_size, stride, padding, dilation)


def test_same_is_the_least_padding_that_gives_ceil_size_over_stride():
    for size, kernel_size, stride, dilation in itertools.product(range(1, 10), range(1, 5), range(1, 5), range(1, 4)):
        before, after = padding_amounts(size, kernel_size, stride, "same", dilation)
        wanted = -(-size // stride)
        assert positions_counted(before + size + after, kernel_size, stride, dilation) == wanted
        assert after - before in (0, 1)
        if before + after:
            assert positions_counted(before + size + after - 1, kernel_size, stride, dilation) < wanted


@pytest.mark.parametrize(
    "arguments, error, words",
    [
        (dict(size=0, kernel_size=1), ValueError, "`size` must be at least 1"),
        (dict(size=5, kernel_size=0), ValueError, "`kernel_size` must be at least 1"),
        (dict(size=5, kernel_size=3, stride=0), ValueError, "`stride` must be at least 1"),
        (dict(size=5, kernel_size=3, stride=1.5), TypeError, "`stride` must be a whole number"),
        (dict(size=5, kernel_size=3, stride=True), TypeError, "`stride` must be a whole number"),
        (dict(size=5, kernel_size=3, dilation=0), ValueError, "`dilation` must be at least 1"),
        (dict(size=5, kernel_size=3, padding=-1), ValueError, "`padding` must be at least 0"),
        (dict(size=5, kernel_size=3, padding="full"), ValueError, "'valid', 'same'"),
        (dict(size=5, kernel_size=3, padding=(1, 2, 3)), ValueError, r"\(before, after\)"),
        (dict(size=5, kernel_size=7), ValueError, "at most 5"),
        (dict(size=5, kernel_size=4, dilation=2), ValueError, "dilated by 2: 7 long.*at most 3"),
        (dict(size="5", kernel_size=3), TypeError, "`size` must be a whole number"),
    ],
)
def test_bad_arguments_are_named(arguments, error, words):
    with pytest.raises(error, match=words):
        output_size(**arguments)


STACKS = [
    [],
    [(3, 1), (3, 1)],
    [(3, 1), (2, 2), (3, 1), (2, 2)],
    [(5, 2), (1, 3), (2, 1)],
    [(3, 1, 2), (3, 2, 3)],
    [(2, 3), (4, 1, 2)],
]


@pytest.mark.parametrize("windows", STACKS)
def test_receptive_field_is_what_changes_one_output(windows):
    """NaN passes through every op, so a NaN in the input shows in each output that sees it."""
    size, step = receptive_field(windows)
    inputs = np.eye(60, dtype=np.float32)[..., np.newaxis]
    outputs = np.where(inputs == 1, np.nan, 0)
    for kernel_size, stride, *dilation in windows:
        outputs = ops.conv(outputs, np.ones((kernel_size, 1, 1)), stride, dilation_rate=dilation[0] if dilation else 1)
    seen = np.isnan(outputs[..., 0])  # by pixel and output
    for place in range(seen.shape[1]):
        pixels = np.flatnonzero(seen[:, place])
        assert (pixels[0], pixels[-1]) == (place * step, place * step + size - 1)


def test_receptive_field_of_layers_is_where_keras_has_a_gradient():
    import keras
    import tensorflow as tf

    model = keras.Sequential(
        [
            keras.layers.Conv2D(1, (3, 5), padding="same", kernel_initializer="ones"),
            keras.layers.AveragePooling2D(2),
            keras.layers.Conv2D(1, 3, strides=2, kernel_initializer="ones"),
            keras.layers.AveragePooling2D((2, 1)),
        ]
    )
    image = tf.Variable(np.ones((1, 40, 40, 1), "float32"))
    with tf.GradientTape() as tape:
        output = model(image)[0, 2, 3, 0]
    rows, columns, *_ = np.nonzero(tape.gradient(output, image).numpy()[0])
    assert np.ptp(rows) + 1 == receptive_field([(3, 1), (2, 2), (3, 2), (2, 2)])[0]
    assert np.ptp(columns) + 1 == receptive_field([(5, 1), (2, 2), (3, 2), (1, 1)])[0]


# (kernel_size, channels, filters, groups), and the layer that it describes, here and in Keras
COSTS = [
    (((3, 3), 4, 6, 1), "Conv2D(6, 3)"),
    (((2, 5), 4, 6, 1), "Conv2D(6, (2, 5), strides=(2, 1))"),
    (((3, 3), 4, 6, 2), "Conv2D(6, 3, dilation_rate=2, groups=2)"),
    (((3,), 4, 6, 1), "Conv1D(6, 3)"),
    ((2, 4, 6, 1), "Conv1D(6, 2)"),
    (((3, 2), 4, 8, 4), "DepthwiseConv2D((3, 2), depth_multiplier=2)"),
    (((), 4, 6, 1), "Dense(6)"),
]


@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("of, code", COSTS)
def test_parameters_are_those_that_keras_counts(of, code, use_bias):
    import keras

    *of, groups = of
    for made in (keras.layers, layers):
        layer = eval(f"made.{code[:-1]}, use_bias={use_bias})", {"made": made})
        layer(np.zeros((1, *[9] * np.size(of[0]), 4), "float32"))
        assert layer.count_params() == parameter_count(*of, use_bias=use_bias, groups=groups)


@pytest.mark.parametrize("of, code", COSTS)
def test_multiply_adds_add_up_to_the_sum_of_a_layer_of_ones(of, code):
    """Where every pixel and weight is 1, every multiply-add adds 1 to some output."""
    layer = eval(f"layers.{code}", {"layers": layers})
    *of, groups = of
    ones = np.ones((1, *[9] * np.size(of[0]), 4), "float32")
    layer(ones)
    layer.set_weights([np.full(weight.shape, weight.ndim > 1) for weight in layer.weights])
    outputs = layer(ones)
    assert multiply_adds(*of, positions=outputs.shape[1:-1], groups=groups) == outputs.sum()


@pytest.mark.parametrize(
    "call, error, words",
    [
        (lambda: receptive_field([3, 3]), ValueError, "`windows` must hold pairs.*got 3"),
        (lambda: receptive_field([(3, 1), (3, 0)]), ValueError, "`stride` must be at least 1"),
        (lambda: receptive_field([(3.5, 1)]), TypeError, "`kernel_size` must be a whole number"),
        (lambda: parameter_count((3, 0), 1, 1), ValueError, "`kernel_size` must be at least 1"),
        (lambda: parameter_count((3, 3), 4, 6, groups=3), ValueError, "`groups` must divide the 4 channels"),
        (lambda: multiply_adds((3, 3), 1, 32, positions=(26, -1)), ValueError, "`positions` must be at least 1"),
        (lambda: multiply_adds((3, 3), "1", 32), TypeError, "`channels` must be a whole number"),
    ],
)
def test_bad_arguments_of_counts_are_named(call, error, words):
    with pytest.raises(error, match=words):
        call()
