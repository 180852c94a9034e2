"""docs/differences.md, row by row: what Keras does on each backend that is installed, and what cnnlab does."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import brute_force
import numpy as np
import pytest

import cnnlab
from cnnlab import activations, layers, losses, metrics, ops, optimizers, regularizers, utils

TABLE = Path(__file__).parent.parent / "docs" / "differences.md"
NAN, LOWEST = [float("nan")], [float(np.finfo("float32").min)]
OTHERS = [backend for backend in ("torch", "jax") if importlib.util.find_spec(backend)]
RUNS = {"oneDNN off": ("tensorflow", "0"), "oneDNN on": ("tensorflow", "1"), **{name: (name, "0") for name in OTHERS}}


@pytest.fixture(scope="module")
def keras_s():
    """What `what_keras_does.py` prints, for each of the RUNS."""
    script, started = Path(__file__).with_name("what_keras_does.py"), {}
    for run, (backend, one_dnn) in RUNS.items():
        env = dict(KERAS_BACKEND=backend, TF_ENABLE_ONEDNN_OPTS=one_dnn, TF_CPP_MIN_LOG_LEVEL="3")
        command, pipe = [sys.executable, str(script)], subprocess.PIPE
        started[run] = subprocess.Popen(command, env={**os.environ, **env}, stdout=pipe, stderr=pipe, text=True)
    printed = {run: process.communicate() for run, process in started.items()}
    for run, process in started.items():
        assert process.returncode == 0, f"{run}: {printed[run][1][-2000:]}"
    return {run: json.loads(output.splitlines()[-1]) for run, (output, _) in printed.items()}


def array(*numbers, shape=None):
    return np.reshape(np.array(numbers, "float32"), shape or len(numbers))


def refused(function, *arguments):
    """The name of the error."""
    with pytest.raises(Exception) as caught:
        function(*arguments)
    return caught.type.__name__


def places_of_nan():
    volumes = np.zeros((8, 2, 2, 2, 1), "float32")
    for place, volume in enumerate(volumes):
        volume.flat[place] = np.nan
    return ops.max_pool(volumes, 2)


def planes(rank):
    return np.indices((9,) * rank)[0][np.newaxis, ..., np.newaxis] + 1.0


def one_dense_layer(size, loss):
    layer = layers.Dense(size, activation="softmax", kernel_initializer="identity")
    model = cnnlab.Sequential([layers.Input((size,)), layer])
    model.compile(optimizers.SGD(1.0), loss)
    return model


SURE_MISTAKE = array(0, 100, shape=(1, 2)), array(1, 0, shape=(1, 2))


def step_after_a_sure_mistake():
    model = one_dense_layer(2, "categorical_crossentropy")
    model.fit(*SURE_MISTAKE, verbose=0)
    return abs(model.get_weights()[0] - np.eye(2)).max()


def steps(optimizer, gradient, rates):
    weights = {"w": np.zeros(1, "float32")}
    for rate in rates:
        optimizer.learning_rate = rate
        weights = optimizer.update(weights, {"w": array(gradient)})
    return weights["w"]


def moving_averages():
    layer = layers.BatchNormalization()
    layer(array(1, 3, shape=(2, 1)), training=True)
    return [*layer.moving_mean, *layer.moving_variance, layer.momentum, layer.epsilon]


def validation_split():
    layer = layers.Dense(1, kernel_initializer="ones", use_bias=False, trainable=False)
    model = cnnlab.Sequential([layers.Input((1,)), layer])
    model.compile("sgd", "mean_absolute_error")
    history = model.fit(np.arange(10.0)[:, None], np.zeros((10, 1)), validation_split=0.2, verbose=0).history
    return history["loss"] + history["val_loss"]


def transposed_and_dilated():
    return ops.conv_transpose(np.ones((1, 2, 2, 1)), np.ones((2, 2, 1, 1)), dilation_rate=2)


def cosine():
    schedule = optimizers.schedules.CosineDecay(0.0, 10, warmup_target=1.0, warmup_steps=10)
    return [schedule(step) for step in (0, 10, 15, 20)]


def kernel_gradient_of_1x1_with_a_stride():
    inputs, kernel = np.arange(64.0).reshape(1, 8, 8, 1), np.ones((1, 1, 1, 1))
    # The kernel is one number, and the output is that number times what loops give for 1: so they give the gradient.
    by_loops = brute_force.conv(inputs, kernel, (2, 2), "same", (1, 1)).sum()
    gradient = ops.conv_grad(np.ones((1, 4, 4, 1)), inputs, kernel, 2)[1]
    assert gradient == by_loops
    return gradient


LINE, PAIR = np.arange(9.0).reshape(1, 9, 1), array(1, 10, shape=(2, 1, 1))
SIX, THREE = array(1, 2, 3, 4, 5, 6, shape=(1, 6, 1)), array(1, 10, 100, shape=(3, 1, 1))
BESIDE_NAN = array(np.nan, 1, 2, 3, shape=(1, 2, 2, 1))
ALL_NAN = np.full((1, 2, 2, 1), np.nan)
FIRST, FIRST_3D = [1, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0]
EVERY_THIRD, SHIFTED = [1, 4, 7], [2, 5, 8]
BOTH = [20, 42, 64, 86]
REFUSED = "ValueError"
ONE, VOLUME = np.ones((1, 1, 1, 1, 1)), np.zeros((1, 2, 2, 2, 1))
ADAM_S_STEP = -np.sqrt(0.001) / (1 + np.sqrt(0.001))  # where the gradient is as small as epsilon
THREE_CLASSES = array(0.2, 0.3, 0.5, shape=(1, 3))


def tensorflow(wanted, others, **more):
    """`wanted` of TensorFlow, however it is set, `others` of PyTorch and JAX."""
    return {"oneDNN off": wanted, "oneDNN on": wanted, "torch": others, "jax": others, **more}


# Row of the table: (whose docstring points to it, {call of what_keras_does.py: (what Keras gives, what cnnlab gives)}).
# What Keras gives is one answer for all, or one for each run. Answers are numbers, a text, or the name of an error.
ROWS = {
    "Max pooling of NaN": (
        ops.max_pool,
        {
            "max_pool_beside_nan": (tensorflow([3], NAN), lambda: (ops.max_pool(BESIDE_NAN, 2), NAN)),
            "max_pool_of_nan": (tensorflow(LOWEST, NAN), lambda: (ops.max_pool(ALL_NAN, 2), NAN)),
            "max_pool_of_nan_3d": (tensorflow(NAN, NAN, **{"oneDNN on": LOWEST}), None),
            "max_pool_of_nan_at_each_place_3d": (
                tensorflow([0] * 7 + NAN, NAN * 8, **{"oneDNN on": [0] * 8}),
                lambda: (places_of_nan(), NAN * 8),
            ),
            "tensorflow_max_pool_of_nan_by_xla": ([-np.inf], None),
            "global_max_pool_beside_nan": (NAN, lambda: (ops.global_max_pool(BESIDE_NAN), NAN)),
        },
    ),
    "Ties in max pooling": (
        ops.max_pool_grad,
        {
            "max_pool_ties": (FIRST, lambda: (ops.max_pool_grad([[[[1]]]], np.zeros((1, 2, 2, 1)), 2), FIRST)),
            "max_pool_ties_3d": (
                tensorflow([1] * 8, FIRST_3D),
                lambda: (ops.max_pool_grad([[[[[1]]]]], VOLUME, 2), FIRST_3D),
            ),
            "max_pool_almost_ties_3d": (tensorflow([1, 1, 0, 0, 0, 0, 0, 0], FIRST_3D), None),
            "tensorflow_max_pool_ties_3d_in_a_graph": ({"oneDNN off": [1] * 8, "oneDNN on": FIRST_3D}, None),
            "tensorflow_max_pool_ties_3d_by_xla": (FIRST_3D, None),
        },
    ),
    "Ties in global max pooling": (
        ops.global_max_pool_grad,
        {
            "global_max_pool_ties": (
                [0.25] * 4,
                lambda: (ops.global_max_pool_grad([[1]], np.zeros((1, 2, 2, 1))), FIRST),
            )
        },
    ),
    '3-D "same", windows shorter than the stride': (
        ops.conv,
        {
            "every_third_2d": (EVERY_THIRD, lambda: (ops.max_pool(planes(2), 1, 3, "same")[0, :, 0, 0], EVERY_THIRD)),
            "every_third_3d": (
                tensorflow(SHIFTED, EVERY_THIRD, **{"oneDNN on": EVERY_THIRD}),
                lambda: (ops.max_pool(planes(3), 1, 3, "same")[0, :, 0, 0, 0], EVERY_THIRD),
            ),
            "every_third_3d_average": (
                tensorflow(SHIFTED, EVERY_THIRD, **{"oneDNN on": EVERY_THIRD}),
                lambda: (ops.average_pool(planes(3), 1, 3, "same")[0, :, 0, 0, 0], EVERY_THIRD),
            ),
            "every_third_3d_convolution": (
                tensorflow(SHIFTED, EVERY_THIRD, **{"oneDNN on": EVERY_THIRD}),
                lambda: (ops.conv(planes(3), ONE, 3, "same")[0, :, 0, 0, 0], EVERY_THIRD),
            ),
            "every_third_3d_convolution_in_float64": (tensorflow(SHIFTED, EVERY_THIRD), None),
        },
    ),
    'Average pooling, "same"': (
        ops.average_pool,
        {
            "average_pool_same": (
                {**tensorflow([2, 2.5, 3, 3.5], [2, 2.5, 3, 3.5]), "torch": [1.75, 2.5, 3.25, 3.75]},
                lambda: (ops.average_pool(array(1, 2, 3, 4, shape=(1, 4, 1)), 4, 1, "same"), [2, 2.5, 3, 3.5]),
            )
        },
    ),
    "`keras.ops.max_pool` without strides": (
        None,
        {
            "max_pool_without_strides": (
                {**tensorflow([3, 2], [3, 2]), "jax": "TypeError"},
                lambda: (ops.max_pool(array(1, 3, 2, 0, shape=(1, 4, 1)), 2), [3, 2]),
            )
        },
    ),
    "Strides together with dilation": (
        layers.Conv2D,
        {
            "strides_and_dilation": (
                tensorflow(REFUSED, BOTH),
                lambda: (ops.conv(LINE, PAIR, 2, dilation_rate=2), BOTH),
            ),
            "strides_and_dilation_depthwise": (
                BOTH,
                lambda: (ops.depthwise_conv(LINE, PAIR, 2, dilation_rate=2), BOTH),
            ),
            "strides_and_dilation_in_a_layer": (
                REFUSED,
                lambda: ([layers.Conv2D(1, 2, strides=2, dilation_rate=2).filters], [1]),
            ),
        },
    ),
    "Depthwise convolution with two different strides": (
        layers.DepthwiseConv2D,
        {
            "depthwise_with_two_strides": (
                tensorflow([4] * 6, [4] * 6, **{"oneDNN off": "InvalidArgumentError"}),
                lambda: (ops.depthwise_conv(np.ones((1, 4, 4, 1)), np.ones((2, 2, 1, 1)), (1, 2)), [4] * 6),
            )
        },
    ),
    "Transposed convolution with dilation": (
        ops.conv_transpose,
        {
            "transposed_and_dilated": (
                tensorflow([1] * 16, [1] * 16, **{"oneDNN off": "InvalidArgumentError"}),
                lambda: (transposed_and_dilated(), [1] * 16),
            )
        },
    ),
    "Gradient of a 1×1 kernel with a stride": (
        ops.conv_grad,
        {
            "kernel_gradient_of_1x1_with_a_stride": (
                tensorflow([432], [432], **{"oneDNN on": None}),
                lambda: (kernel_gradient_of_1x1_with_a_stride(), [432]),
            )
        },
    ),
    '"same" with a stride: where the zeros go': (
        layers.Conv2D,
        {
            "same_with_a_stride": ([321, 543, 65], lambda: (ops.conv(SIX, THREE, 2, "same"), [321, 543, 65])),
            "torch_padding_1_with_a_stride": ([210, 432, 654], lambda: (ops.conv(SIX, THREE, 2, 1), [210, 432, 654])),
        },
    ),
    "Integer pictures": (
        layers.Conv2D,
        {
            "integer_pictures": (
                {**tensorflow(REFUSED, [200, 100]), "torch": "RuntimeError"},
                lambda: (
                    layers.Conv2D(1, 1, kernel_initializer="ones")(np.uint8([200, 100]).reshape(1, 1, 2, 1)),
                    [200, 100],
                ),
            )
        },
    ),
    "The order in which `Flatten` reads": (
        layers.Flatten,
        {
            "flatten": (range(8), lambda: (layers.Flatten()(np.arange(8.0).reshape(1, 2, 2, 2)), range(8))),
            "torch_flatten": ([0, 2, 4, 6, 1, 3, 5, 7], None),
        },
    ),
    "`ReLU(threshold=…)` at its threshold": (
        layers.ReLU,
        {
            "relu_at_its_threshold": (
                [0, 0, 6],
                lambda: (layers.ReLU(threshold=5)(array(4, 5, 6, shape=(1, 3))), [0, 0, 6]),
            )
        },
    ),
    "Gradients at a kink": (
        ops.relu_grad,
        {
            "gradient_of_relu_at_0": ([0], lambda: (ops.relu_grad([1], [0]), [0])),
            "gradient_of_maximum_at_0": (tensorflow([1], [0.5]), None),
            "gradient_of_leaky_relu_at_0": (
                {**tensorflow([0.2], [0.2]), "jax": [1]},
                lambda: (ops.leaky_relu_grad([1], [0]), [0.2]),
            ),
        },
    ),
    "Softmax over one element": (
        ops.softmax,
        {"warnings_of_softmax_over_one_element": ([1], lambda: (ops.softmax(np.ones((2, 1))), [1, 1]))},
    ),
    "The slope of leaky ReLU": (
        layers.LeakyReLU,
        {
            "leaky_slopes": (
                [0.3, 0.2],
                lambda: ([*-layers.LeakyReLU()(array(-1, shape=(1, 1)))[0], *-ops.leaky_relu([-1])], [0.3, 0.2]),
            ),
            "torch_leaky_slope": ([0.01], None),
        },
    ),
    "GELU": (
        ops.gelu,
        {
            "gelus": (
                [0.841192, 0.8413447],
                lambda: ([*ops.gelu([1]), *activations.get("gelu")(array(1))], [0.841192, 0.8413447]),
            )
        },
    ),
    "Crossentropy of a sure mistake": (
        ops.categorical_crossentropy,
        {
            "sure_mistake": (
                [16.118095],
                lambda: (ops.categorical_crossentropy(array(1, 0, shape=(1, 2)), [[0, 1]]), [16.118095]),
            ),
            "sure_mistake_of_a_model": (
                tensorflow([100], [16.118095]),
                lambda: ([one_dense_layer(2, "categorical_crossentropy").evaluate(*SURE_MISTAKE, verbose=0)], [100]),
            ),
            "step_after_a_sure_mistake": (tensorflow([100], [0]), lambda: ([step_after_a_sure_mistake()], [100])),
        },
    ),
    "Probabilities that are all zero": (
        ops.sparse_categorical_crossentropy,
        {
            "all_zero_probabilities": (
                tensorflow([*NAN, np.log(3)], NAN * 2),
                lambda: (
                    [
                        *ops.categorical_crossentropy([[0, 0, 1]], np.zeros((1, 3))),
                        *ops.sparse_categorical_crossentropy([0], np.zeros((1, 3))),
                    ],
                    [*NAN, np.log(3)],
                ),
            )
        },
    ),
    "A label that has no class": (
        ops.sparse_categorical_crossentropy,
        {
            "label_out_of_range": (
                {**tensorflow("InvalidArgumentError", [0]), "torch": "IndexError"},
                lambda: (refused(ops.sparse_categorical_crossentropy, [3], THREE_CLASSES), REFUSED),
            ),
            "training_with_labels_out_of_range": (
                {**tensorflow("InvalidArgumentError", [0]), "torch": "IndexError"},
                lambda: (
                    refused(one_dense_layer(3, "sparse_categorical_crossentropy").fit, np.ones((4, 3)), np.full(4, 3)),
                    REFUSED,
                ),
            ),
            "one_hot_out_of_range": (
                {**tensorflow([0] * 3, [0] * 3), "torch": "RuntimeError"},
                lambda: (refused(ops.one_hot, [3], 3), REFUSED),
            ),
        },
    ),
    "`to_categorical`": (
        utils.to_categorical,
        {
            "to_categorical_dtype": ("float64", lambda: (str(utils.to_categorical([0, 2]).dtype), "float32")),
            "to_categorical_of_minus_1": ([0, 0, 1], lambda: (refused(utils.to_categorical, [-1], 3), REFUSED)),
            "to_categorical_of_a_fraction": ([0, 1, 0], lambda: (refused(utils.to_categorical, [1.7], 3), REFUSED)),
            "to_categorical_out_of_range": ("IndexError", lambda: (refused(utils.to_categorical, [3], 3), REFUSED)),
        },
    ),
    "Targets that do not sum to one": (
        ops.categorical_crossentropy_grad,
        {
            "gradient_where_targets_do_not_sum_to_1": (
                tensorflow([0, 0.3], [-0.15, 0.15]),
                lambda: (
                    ops.categorical_crossentropy_grad([1], [[0.5, 0.2]], np.zeros((1, 2)), from_logits=True),
                    [-0.15, 0.15],
                ),
            )
        },
    ),
    "Accuracy of NaN": (
        metrics.SparseCategoricalAccuracy,
        {
            "accuracy_beside_nan": (
                tensorflow([1, 0], [0, 1]),
                lambda: (
                    [accuracy([label], array(1, np.nan, 3, shape=(1, 3))) for label in (2, 1)],
                    [1, 0],
                ),
            ),
            "accuracy_of_nan": (
                [1, 0, 0],
                lambda: ([accuracy([label], np.full((1, 3), np.nan)) for label in range(3)], [1, 0, 0]),
            ),
        },
    ),
    "Top-k accuracy of ties": (
        metrics.SparseTopKCategoricalAccuracy,
        {
            "top_1_of_ties": (
                [1, 1],
                lambda: ([metrics.SparseTopKCategoricalAccuracy(1)(np.array([0, 9]), np.full((2, 10), 0.1))], [1]),
            )
        },
    ),
    "Squared error of labels against scores": (
        losses.MeanSquaredError,
        {
            "squared_error_of_labels": (
                [5 / 3],
                lambda: (refused(losses.MeanSquaredError(), array(1, 2, 3), np.ones((3, 3))), REFUSED),
            )
        },
    ),
    "`Dropout(1)`": (
        layers.Dropout,
        {"dropout_of_everything": ([0] * 3, lambda: (layers.Dropout(1)(np.ones((1, 3)), training=True), [0] * 3))},
    ),
    "`RandomCrop` outside of training": (None, {"random_crop": ([2, 2, 4], None)}),
    "`BatchNormalization`": (
        layers.BatchNormalization,
        {
            "batch_normalization": ([0.02, 1, 0.99, 0.001], lambda: (moving_averages(), [0.02, 1, 0.99, 0.001])),
            "torch_batch_normalization": ([0.2, 1.1, 0.1, 1e-5], None),
        },
    ),
    "Momentum when the learning rate changes": (
        optimizers.SGD,
        {
            "momentum_after_a_change_of_rate": (
                [-1.6],
                lambda: (steps(optimizers.SGD(1.0, momentum=0.5), 1, [1.0, 0.1]), [-1.6]),
            ),
            "torch_momentum_after_a_change_of_rate": ([-1.15], None),
        },
    ),
    "Adam's epsilon": (
        optimizers.Adam,
        {
            "adam_and_a_tiny_gradient": (
                [ADAM_S_STEP],
                lambda: (steps(optimizers.Adam(1.0, epsilon=1e-7), 1e-7, [1.0]), [ADAM_S_STEP]),
            ),
            "torch_adam_and_a_tiny_gradient": ([-0.5], None),
        },
    ),
    "L2 and weight decay": (
        regularizers.L2,
        {
            "l2": ([0.9], lambda: ([regularizers.L2(0.1)(array(3))], [0.9])),
            "torch_weight_decay": ([0.3], lambda: (regularizers.L2(0.05).gradient(array(3)), [0.3])),
        },
    ),
    "Cosine decay after a warm-up": (
        optimizers.schedules.CosineDecay,
        {"cosine_after_a_warm_up": ([0, 1, 0.5, 0], lambda: (cosine(), [0, 1, 0.5, 0]))},
    ),
    "`validation_split`": (
        cnnlab.Sequential.fit,
        {"validation_split": ([3.5, 8.5], lambda: (validation_split(), [3.5, 8.5]))},
    ),
}


def accuracy(labels, predictions):
    return metrics.SparseCategoricalAccuracy()(np.array(labels), predictions)


def same(found, wanted):
    if isinstance(wanted, str) or wanted is None:
        assert found == wanted
    else:
        assert not isinstance(found, str), f"{found}, and not {wanted}"
        np.testing.assert_allclose(np.ravel(found), np.array(wanted), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("row", ROWS)
def test_keras_and_cnnlab_do_what_the_table_says(row, keras_s):
    for call, (wanted, ours) in ROWS[row][1].items():
        for run, answers in keras_s.items():
            if call in answers:
                same(answers[call], wanted[run] if isinstance(wanted, dict) else wanted)
        if ours is not None:
            same(*ours())


def test_every_call_is_in_a_row(keras_s):
    known = {call for _, calls in ROWS.values() for call in calls}
    for answers in keras_s.values():
        assert set(answers) <= known
    named = re.findall(r"^def (\w+)\(\):", Path(__file__).with_name("what_keras_does.py").read_text("utf-8"), re.M)
    assert set(named) - {"main"} == known


def test_the_table_has_these_rows():
    titles = re.findall(r"^\| ([^|]+?) \|", TABLE.read_text("utf-8"), re.M)
    assert [title for title in titles if title != "what"] == list(ROWS)


@pytest.mark.parametrize("row", [row for row, (where, _) in ROWS.items() if where])
def test_docstrings_point_to_the_table(row):
    assert "docs/differences.md" in ROWS[row][0].__doc__
