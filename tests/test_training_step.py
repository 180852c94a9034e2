"""What makes a training step fast changes nothing about it."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import cnnlab
from cnnlab import layers, optimizers, utils
from cnnlab._pool_first import pool_first
from cnnlab.layers.layer import add_bias, sum_over_positions
from cnnlab.ops import _ways

X = np.random.default_rng(0).normal(size=(30, 12, 12, 3)).astype("float32")
Y = np.arange(30) % 4


def model(activation="relu", pooling="MaxPooling2D()", dtype="float32", **settings):
    utils.set_random_seed(3)
    stack = [layers.Conv2D(8, 3, activation=activation, bias_initializer="random_uniform", dtype=dtype, **settings)]
    stack += [eval(f"layers.{pooling}"), layers.Conv2D(5, 2, strides=2, dtype=dtype), layers.Flatten(dtype=dtype)]
    made = cnnlab.Sequential([layers.Input((12, 12, 3)), *stack, layers.Dense(4, "softmax", dtype=dtype)])
    made.compile("adam", "sparse_categorical_crossentropy")
    return made


def one_by_one(made, x):
    """The outputs and the gradients of the same model, layer by layer."""
    outputs = x
    for layer in made.layers:
        outputs = layer(outputs, training=True)
    grad = made.loss.of_logits().gradient(Y, made.layers[-1].before_activation)
    grad = made.layers[-1].backward(grad, through_activation=False)
    for layer in reversed(made.layers[:-1]):
        grad = layer.backward(grad)
    return outputs, [layer.gradients[name] for layer in made.layers for name in layer.trainable_weight_names]


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh", None])
@pytest.mark.parametrize("pooling", ["MaxPooling2D()", "MaxPooling2D(3, 2, 'same')"])
@pytest.mark.parametrize("use_bias", [True, False])
def test_pooling_first_gives_the_same(activation, pooling, use_bias):
    made = model(activation, pooling, use_bias=use_bias)
    assert len(pool_first(made.layers)) == len(made.layers) - 1
    outputs, gradients = one_by_one(made, X)
    np.testing.assert_array_equal(made(X, training=True), outputs)
    for one, other in zip(made.gradients(X, Y)[1], gradients, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "shape, convolution, pooling",
    [
        ((28, 2), layers.Conv1D(4, 3), layers.MaxPooling1D(2)),
        ((8, 8, 8, 2), layers.Conv3D(4, 3), layers.MaxPooling3D(2)),
        ((12, 12, 4), layers.Conv2D(4, 3, groups=2), layers.MaxPooling2D()),
        ((12, 12, 3), layers.Conv2D(4, 3, dilation_rate=2), layers.MaxPooling2D()),
        ((13, 14, 3), layers.Conv2D(4, 3, strides=2), layers.MaxPooling2D()),
        ((12, 12, 16), layers.Conv2D(4, 3), layers.MaxPooling2D()),
        ((34, 34, 32), layers.Conv2D(32, 3), layers.MaxPooling2D()),
    ],
)
def test_a_first_pair_of_any_kind(shape, convolution, pooling):
    """The first layer is not asked for the gradient by its inputs, and may go another way."""
    made = cnnlab.Sequential([layers.Input(shape), convolution, pooling, layers.Flatten(), layers.Dense(4, "softmax")])
    made.compile("adam", "sparse_categorical_crossentropy")
    x = np.random.default_rng(0).normal(size=(30, *shape))
    outputs, gradients = one_by_one(made, x)
    np.testing.assert_array_equal(made(x, training=True), outputs)
    for one, other in zip(made.gradients(x, Y)[1], gradients, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6 * np.abs(other).max())


def test_pooling_at_once_where_it_fits():
    """The first convolution sees few channels; NaN or infinity goes the longer way, with the same numbers."""
    made = model()
    for x, at_once in ((X, True), (np.where(X > 2, np.inf, X), False), (X, True)):
        with np.errstate(invalid="ignore"):
            found, wanted = made(x), one_by_one(made, x)[0]
            np.testing.assert_array_equal(found, wanted)
            made(x)
        assert isinstance(made.layers[1].saved, tuple) == at_once
    made.forget()
    assert made.layers[1].saved is None


@pytest.mark.parametrize("whole_numbers", [False, True])  # in which there are ties
def test_a_later_pair_notes_the_largest_while_training(whole_numbers):
    utils.set_random_seed(0)
    stack = [layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(), layers.Conv2D(30, 3, activation="relu")]
    stack += [layers.MaxPooling2D(), layers.Flatten(), layers.Dense(4, "softmax")]
    made = cnnlab.Sequential([layers.Input((24, 24, 3)), *stack])
    made.compile("adam", "sparse_categorical_crossentropy")
    x = np.random.default_rng(0).normal(size=(30, 24, 24, 3))
    if whole_numbers:
        x = np.sign(x)
        made.set_weights([np.sign(weight) for weight in made.get_weights()[:4]] + made.get_weights()[4:])
    outputs, gradients = one_by_one(made, x)
    # Whole numbers are the same to the last bit. Others are rounded: BLAS adds up in an order that is its own
    # for each processor and each size of a product.
    np.testing.assert_allclose(made(x, training=True), outputs, rtol=0 if whole_numbers else 1e-5)
    assert isinstance(made.layers[3].saved, tuple)
    for one, other in zip(made.gradients(x, Y)[1], gradients, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6 * np.abs(other).max())
    made(x)
    assert not isinstance(made.layers[3].saved, tuple)
    made.layers[2].bias = np.full(30, np.nan, "float32")
    made.layers[2].kernel[0] = np.inf
    with np.errstate(invalid="ignore"):
        assert np.isnan(made(x, training=True)).all()
    assert not isinstance(made.layers[3].saved, tuple)


def test_a_pair_at_the_end_takes_any_gradient():
    made = cnnlab.Sequential([layers.Input((12, 12, 3)), layers.Conv2D(8, 3), layers.MaxPooling2D()])
    outputs = made(X)
    d_inputs = made.backward(np.ones(outputs.shape))  # of float64
    d_kernel = made.layers[0].gradients["kernel"]
    np.testing.assert_array_equal(made.backward(np.ones(outputs.shape, "float32")), d_inputs)
    made.backward(np.ones(outputs.shape), to_inputs=False)
    np.testing.assert_allclose(made.layers[0].gradients["kernel"], d_kernel, rtol=1e-4)
    with pytest.raises(ValueError, match="`grad` must have the shape"):
        made.backward(np.ones((30, 5, 5, 7)))


@pytest.mark.parametrize(
    "activation, pooling, dtype",
    [
        ("gelu", "MaxPooling2D()", "float32"),  # it falls, and rises again
        ("relu", "AveragePooling2D(2)", "float32"),
        ("relu", "MaxPooling2D(dtype='float64')", "float32"),
        (lambda x: -x, "MaxPooling2D()", "float32"),
    ],
)
def test_pooling_waits_where_that_matters(activation, pooling, dtype):
    if callable(activation):
        activation = cnnlab.activations.Activation("relu", activation, lambda grad, x: -grad)
    made = model(activation, pooling, dtype)
    assert pool_first(made.layers) == made.layers
    np.testing.assert_array_equal(made(X, training=True), one_by_one(made, X)[0])


def test_a_layer_of_ones_own_is_asked_itself():
    class Loud(layers.Conv2D):
        def call(self, inputs, training=False):
            return 100 + super().call(inputs, training)

    made = cnnlab.Sequential([Loud(2, 3, activation="relu"), layers.MaxPooling2D()])
    assert made(X).min() > 50


def test_blas_has_one_thread_while_a_model_works():
    """Its others would wait for work on a core that ours need."""
    found = []

    class Asks(layers.Flatten):
        def call(self, inputs, training=False):
            found.append(blas_threads())
            return super().call(inputs)

    def blas_threads():
        return max(library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas")

    made = cnnlab.Sequential([layers.Input((12, 12, 3)), Asks(), layers.Dense(4, "softmax")])
    made.compile("adam", "sparse_categorical_crossentropy")
    with threadpool_limits(3):
        for run in (made.fit, made.evaluate):
            run(X, Y, batch_size=30, verbose=0)
            assert found.pop() == 1 and blas_threads() == 3
        made.predict(X, verbose=0)
        assert found.pop() == 1 and blas_threads() == 3


def test_errors_of_a_pair_name_the_layer():
    made = cnnlab.Sequential([layers.Conv2D(2, 3), layers.MaxPooling2D(9, name="wide")])
    with pytest.raises(ValueError, match=r"Layer 'wide' \(MaxPooling2D\): `pool_size`"):
        made(X[:, :8, :8])


@pytest.mark.parametrize("pooling", ["MaxPooling2D()", "MaxPooling2D(3, 2)", "AveragePooling2D(2)"])
def test_the_gradient_by_the_pictures_is_left_out_in_training_alone(pooling, monkeypatch):
    made, found = model(pooling=pooling), []
    usual = _ways.spread
    monkeypatch.setattr(_ways, "spread", lambda *arguments: found.append(usual(*arguments)) or found[-1])
    made.gradients(X, Y)
    assert len(found) == 1  # by the second convolution
    made(X)
    d_inputs = made.backward(np.ones((30, 4), "float32"))
    assert len(found) == 3 and d_inputs.shape == X.shape and d_inputs.any()
    made.fit(X, Y, verbose=0)
    assert made.backward(made(X)).shape == X.shape


@pytest.mark.parametrize("optimizer", ["SGD(0.1)", "SGD(0.1, 0.9, nesterov=True)", "RMSprop()", "Adam()"])
def test_a_step_in_blocks_is_the_step(optimizer):
    rng = np.random.default_rng(0)
    weights = {
        "large": rng.normal(size=(600, 501)).astype("float32"),
        "small": rng.normal(size=3),
        "one": np.array(2.0),
    }
    made = [eval(f"optimizers.{optimizer}") for _ in range(2)]
    made[1].elementwise = False
    both = [weights, weights]
    for _ in range(3):
        gradients = {key: rng.normal(size=weight.shape).astype(weight.dtype) for key, weight in weights.items()}
        both = [one.update(current, gradients) for one, current in zip(made, both)]
    for key, weight in weights.items():
        assert both[0][key].shape == weight.shape and both[0][key].dtype == weight.dtype
        np.testing.assert_array_equal(both[0][key], both[1][key])
        assert not np.array_equal(both[0][key], weight)


@pytest.mark.parametrize("size", [3, 300_000])  # at once, and in blocks
def test_a_weight_keeps_its_type(size):
    optimizer = optimizers.Adam()
    new = {"w": np.zeros(size, "float32")}
    for _ in range(2):
        new = optimizer.update(new, {"w": np.ones(size)})
    assert {array.dtype for array in (new["w"], *optimizer.state()[1]["w"])} == {np.dtype("float32")}


def test_an_optimizer_that_looks_at_whole_weights_gets_them():
    class ByNorm(optimizers.Optimizer):
        def step(self, weight, gradient, learning_rate):
            return (weight - learning_rate * gradient / np.linalg.norm(gradient),)

    new = ByNorm(1.0).update({"w": np.zeros((400, 400))}, {"w": np.ones((400, 400))})
    np.testing.assert_allclose(np.linalg.norm(new["w"]), 1)


def test_training_is_the_same_with_any_number_of_threads():
    runs = []
    for threads in (1, 3):
        with threadpool_limits(threads):
            made = model()
            made.fit(X, Y, batch_size=10, epochs=2, verbose=0)
            runs.append(made.get_weights())
    for one, other in zip(*runs, strict=True):
        np.testing.assert_array_equal(one, other)


def test_bias_and_its_gradient():
    rng = np.random.default_rng(0)
    for shape in ((4, 5, 6, 7), (4, 9, 7), (0, 5, 7), (2, 3, 4, 5, 7)):
        outputs, bias = rng.normal(size=shape).astype("float32"), rng.normal(size=7).astype("float32")
        wanted = outputs + bias
        total = outputs.sum(axis=tuple(range(outputs.ndim - 1)), dtype="float64")
        np.testing.assert_allclose(sum_over_positions(outputs), total, atol=1e-5)
        np.testing.assert_array_equal(add_bias(np.swapaxes(outputs, 0, 1), bias), np.swapaxes(wanted, 0, 1))
        np.testing.assert_array_equal(add_bias(outputs, bias), wanted)
