"""What code that moves here from Keras relies on: positions, names, what is drawn and moved, and what is told apart."""

import importlib
import inspect
import itertools
import pickle
import re

import numpy as np
import pytest
from layer_table import EVERY

import cnnlab
from cnnlab import _names, activations, constraints, initializers, layers, ops, regularizers
from cnnlab._configured import argument_names

# Names that Keras knows and cnnlab does not: complex numbers, and functions that change the shape or are rare.
NOT_HERE = {
    "initializers": {"stft", "STFT", "STFTInitializer", "initializer", "Initializer"},
    "regularizers": {"regularizer", "Regularizer"},
    "constraints": {"constraint", "Constraint"},
    "activations": {
        *("glu", "hard_shrink", "soft_shrink", "sparse_plus", "sparse_sigmoid"),
        *("sparsemax", "squareplus", "threshold"),
    },
}
OURS_ALONE = {"DropConnect", "StochasticPooling2D"}


def known(part):
    """What Keras looks up, by the names that cnnlab should know, too."""
    table = importlib.import_module(f"keras.src.{part}").ALL_OBJECTS_DICT
    return {name: thing for name, thing in table.items() if name not in NOT_HERE[part]}


@pytest.mark.parametrize("part", NOT_HERE)
def test_every_name_that_keras_looks_up_is_found(part):
    ours = getattr(cnnlab, part)
    assert len(known(part)) > 3
    for name, theirs in known(part).items():
        found = ours.get(name)
        assert (found.name if part == "activations" else type(found).__name__) == theirs.__name__
    for name in NOT_HERE[part]:
        with pytest.raises(ValueError, match=f"`{part[:-1]}` {name!r} is not known. There are '"):
            ours.get(name)


def classes(part):
    module = getattr(cnnlab, part)
    return [
        (part, name)
        for name in module.__all__
        if inspect.isclass(getattr(module, name)) and name not in {"Activation"} | OURS_ALONE
    ]


@pytest.mark.parametrize(
    "part, name",
    [
        *itertools.chain(*map(classes, ["layers", "initializers", "regularizers", "constraints"])),
        *(("layers", "Activation"), ("layers", "Input")),
    ],
)
def test_positions_of_arguments_are_those_of_keras(part, name):
    import keras

    def positions(library):
        parameters = inspect.signature(getattr(getattr(library, part), name)).parameters.values()
        return [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]

    ours, theirs = positions(cnnlab), positions(keras)
    assert ours == theirs[: len(ours)]
    for missing in theirs[len(ours) :]:  # arguments of Keras's for things that are not here
        assert re.match("renorm|synchron|lora|quantization|dtype|input_axes|output_axes", missing), missing


@pytest.mark.parametrize("name", sorted(known_name for known_name in activations._KNOWN))
def test_activation_and_its_gradient_equal_keras_also_at_its_kinks(name):
    import keras
    import tensorflow as tf

    x = np.array([[-1000, -7, -6, -3, -1.5, -1, -0.3, -0.0], [0, 0.2, 1, 1.5, 3, 6, 7, 80]])
    grad = np.random.default_rng(0).normal(size=x.shape)
    tensor = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        wanted = keras.activations.get(name)(tensor)
    ours, slopes = activations.get(name), tape.gradient(wanted, tensor, grad).numpy()
    np.testing.assert_allclose(ours(x), wanted, rtol=1e-6, atol=1e-6)
    if name == "celu":  # smooth at 0, where TensorFlow counts both of its halves
        np.testing.assert_allclose(slopes[x == 0], 2 * grad[x == 0])
        slopes[x == 0] /= 2
    np.testing.assert_allclose(ours.gradient(grad, x), slopes, rtol=1e-5, atol=1e-6)
    for dtype in ("float16", "float32", "float64"):
        small = x.clip(-4, 4).astype(dtype)
        assert ours(small).dtype == ours.gradient(small, small).dtype == dtype


@pytest.mark.parametrize("max_value, threshold, negative_slope", [*itertools.product((None, 4, 6), (0, 3), (0, 0.5))])
def test_relu_equals_keras_at_every_corner(max_value, threshold, negative_slope):
    """Keras's documentation has x at x = threshold, Keras's code has 0; the code it is."""
    import keras
    import tensorflow as tf

    settings = dict(max_value=max_value, threshold=threshold, negative_slope=negative_slope)
    x, grad = np.array([-2.0, 0, 1, 3, 3.5, 4, 5, 6, 7]), np.arange(1.0, 10)
    tensor = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        wanted = keras.activations.relu(tensor, **settings)
    slopes = tape.gradient(wanted, tensor, grad)
    layer = layers.ReLU(**settings, dtype="float64")
    np.testing.assert_allclose(activations.relu(x, **settings), wanted)
    np.testing.assert_allclose(layer(x[None])[0], keras.layers.ReLU(**settings)(x), rtol=1e-6)
    np.testing.assert_allclose(layer.backward(grad[None])[0], slopes)
    np.testing.assert_allclose(activations.relu_grad(grad, x, **settings), slopes)


def test_a_function_as_activation():
    x = np.array([[-1.0, 2.0]])
    for function in (activations.relu, ops.relu, "relu", activations.get("relu")):
        assert layers.Dense(2, activation=function).activation is activations.get("relu")
    assert layers.Activation(ops.gelu).activation is not activations.get("gelu")  # which does not approximate
    np.testing.assert_array_equal(layers.Activation(ops.gelu)(x), ops.gelu(x.astype("float32")))

    def double(x):
        return 2 * x

    with pytest.raises(TypeError, match=r"`activation` 'double' has no gradient.*Activation\('double', double, gradient"):
        layers.Dense(2, activation=double)
    double.gradient = lambda grad, x: 2 * grad
    layer = layers.Activation(double)
    np.testing.assert_array_equal(layer(x), 2 * x)
    np.testing.assert_array_equal(layer.backward(np.ones((1, 2))), [[2, 2]])
    for wrong in (3, [], layers.Dense):
        with pytest.raises(TypeError, match="`activation` must be a name such as 'relu', a function"):
            layers.Dense(2, activation=wrong)


def test_things_of_keras_are_told_apart_by_name():
    import keras

    for thing, words in {
        keras.layers.Dense(2): "keras.layers.Dense; here it is: from cnnlab.layers import Dense",
        keras.layers.Dense: "keras.layers.Dense; here it is",
        keras.layers.LSTM(2): "keras.layers.LSTM, and cnnlab has nothing of this name",
        keras.Sequential(): "keras.Sequential; here it is: from cnnlab import Sequential",
        keras.Input((3,)): "from cnnlab.layers import Input",
        keras.initializers.HeNormal(): "from cnnlab.initializers import HeNormal",
        keras.regularizers.L2(): "from cnnlab.regularizers import L2",
        keras.activations.relu: "from cnnlab.activations import relu",
        keras.optimizers.SGD(): "from cnnlab.optimizers import SGD",
        keras.optimizers.schedules.ExponentialDecay(1.0, 2, 0.5): "import ExponentialDecay",
        keras.callbacks.EarlyStopping(): "from cnnlab.callbacks import EarlyStopping",
        keras.losses.MeanSquaredError(): "from cnnlab.losses import MeanSquaredError",
        keras.metrics.AUC(): "keras.metrics.AUC",
    }.items():
        assert words in _names.of_keras(thing)
    for thing in (3, "relu", None, np.ones(2), ops.relu, layers.Dense(2), layers.Dense, len):
        assert _names.of_keras(thing) is None
    for wrong, argument in (
        (lambda: cnnlab.Sequential([keras.layers.Dense(2)]), "layer"),
        (lambda: cnnlab.Sequential([keras.Input((3,))]), "layer"),
        (lambda: layers.Dense(2, activation=keras.activations.relu), "activation"),
        (lambda: layers.Dense(2, kernel_initializer=keras.initializers.HeNormal()), "kernel_initializer"),
        (lambda: layers.Dense(2, kernel_initializer=keras.initializers.HeNormal), "kernel_initializer"),
        (lambda: layers.Conv2D(2, 3, bias_regularizer=keras.regularizers.L2(0.1)), "bias_regularizer"),
        (lambda: layers.Dense(2, kernel_constraint=keras.constraints.NonNeg()), "kernel_constraint"),
    ):
        with pytest.raises(TypeError, match=rf"`{argument}` must come from cnnlab, not from Keras; got .*from cnnlab"):
            wrong()


WRONG = [
    *(None, "x", "", -1, 0, 1.5, -0.5, True, [], (), {}, (1, 2, 3, 4, 5), [None], [1.5], ["a"], object(), 1j, len, int),
    *(np.float64(1.5), np.int64(2), np.array(2), np.array([1, 2]), float("nan"), float("inf"), 99),
]


@pytest.mark.parametrize("code, shape", {code.split("(")[0]: (code, shape) for code, shape in EVERY}.values())
@pytest.mark.filterwarnings("error")
def test_a_wrong_value_of_any_argument_is_named_when_the_layer_is_made_or_built(code, shape):
    """Or it is right after all, and the layer works."""
    good = eval(f"layers.{code}")
    x = np.random.default_rng(0).uniform(0.1, 1, size=(2, *shape)).astype("float32")
    refused = 0
    for name, value in itertools.product(argument_names(type(good)), WRONG):
        if (name, value is None) == ("moving_variance_initializer", True):
            continue  # in Keras, too, this is "glorot_uniform", and some variances are negative
        arguments = {**good.get_config(), name: value}
        try:
            layer = type(good)(**arguments)
            layer.build((None, *shape))
        except (NotImplementedError, TypeError, ValueError) as error:
            refused += 1
            # An initializer is called for its weight; and an output_padding of 1 fits strides above 1.
            told = [f"`{name}", f"which {name}", "the initializer of `", "`output_padding` (1, 1)"]
            assert any(words in str(error) for words in told), (name, value, str(error))
            continue
        layer(x)
        layer.backward(np.ones_like(layer(x, training=True)))
    assert refused > 30


@pytest.mark.parametrize(
    "noise_shape, error",
    [("x", TypeError), (3, TypeError), ((None, 0), ValueError), ((None, 1.5), TypeError), ((None, True), TypeError)],
)
def test_a_noise_shape_that_is_none_is_refused_at_once(noise_shape, error):
    with pytest.raises(error, match="`noise_shape` must be"):
        layers.Dropout(0.5, noise_shape=noise_shape)


def test_a_noise_shape_that_does_not_fit_is_refused_when_built():
    for noise_shape in ((None, 1), (None, 2, 1), (None, 1, 1, 1)):
        with pytest.raises(ValueError, match=r"`noise_shape` must have one entry for each axis.*\(None, 3, 4\)"):
            cnnlab.Sequential([layers.Input((3, 4)), layers.Dropout(0.5, noise_shape)])
    layer = layers.Dropout(0.5, (2, 1, None))
    layer.build((None, 3, 4))
    assert layer(np.ones((2, 3, 4)), training=True).shape == (2, 3, 4)
    with pytest.raises(ValueError, match=r"`noise_shape`.*\(5, 3, 4\)"):
        layer(np.ones((5, 3, 4)), training=True)


@pytest.mark.parametrize(
    "code, shape",
    [
        *(("Dropout(1)", (3,)), ("Dropout(1.0, (None, 1))", (3,))),
        *(("SpatialDropout1D(1)", (3, 2)), ("SpatialDropout2D(1)", (3, 2, 2))),
    ],
)
def test_all_dropped_is_all_zeros_while_training(code, shape):
    import keras

    ours, theirs = eval(f"layers.{code}"), eval(f"keras.layers.{code}", {"keras": keras})
    x = np.ones((2, *shape), "float32")
    for training in (False, True):
        np.testing.assert_array_equal(ours(x, training=training), theirs(x, training=training))
        np.testing.assert_array_equal(ours.backward(x), np.zeros_like(x) if training else x)


def test_dropconnect_that_drops_all_leaves_the_bias():
    layer = layers.DropConnect(2, rate=1, activation="relu", bias_initializer="ones")
    x = np.full((3, 4), 2.0)
    np.testing.assert_array_equal(layer(x, training=True), np.ones((3, 2)))
    assert not layer.backward(np.ones((3, 2))).any() and not layer.gradients["kernel"].any()
    np.testing.assert_allclose(layer(x), np.maximum(x @ layer.kernel + 1, 0), rtol=1e-6)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_spatial_dropout_drops_whole_maps_of_each_example(rank):
    layer = getattr(layers, f"SpatialDropout{rank}D")(0.3, seed=2)
    x = np.ones((50, *(2,) * rank, 40), "float32")
    outputs = layer(x, training=True)
    maps = outputs.reshape(50, -1, 40)
    assert (maps == maps[:, :1]).all() and set(np.unique(maps)) == {0, np.float32(1 / 0.7)}
    assert abs((maps[:, 0] == 0).mean() - 0.3) < 0.05 and (maps[0, 0] != maps[1, 0]).any()
    np.testing.assert_array_equal(layer.backward(x), outputs)
    with pytest.raises(ValueError, match=f"takes inputs with {rank + 2} axes"):
        layer(np.ones((2, 3) if rank > 1 else (2, 3, 4, 5)))


@pytest.mark.parametrize("mode", ["horizontal", "vertical", "horizontal_and_vertical"])
def test_the_same_flips_do_the_same_as_in_keras(mode):
    import keras

    x = np.random.default_rng(0).normal(size=(6, 4, 5, 2)).astype("float32")
    layer = layers.RandomFlip(mode, seed=1)
    outputs = layer(x, training=True)
    flips = layer.saved
    assert 0 < flips.sum() < 6
    theirs = keras.layers.RandomFlip(mode).transform_images(x, {"flips": flips[:, None, None, None]}, training=True)
    np.testing.assert_array_equal(outputs, theirs)
    np.testing.assert_array_equal(layer.backward(outputs), x)  # flipped back
    np.testing.assert_array_equal(layer(x), x)
    np.testing.assert_array_equal(layers.RandomFlip(mode, seed=1)(x, training=True), outputs)


@pytest.mark.parametrize("fill_mode", ["reflect", "wrap", "constant", "nearest"])
@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
def test_the_same_move_does_the_same_as_in_keras(fill_mode, interpolation):
    import keras

    rng = np.random.default_rng(0)
    layer = layers.RandomTranslation(0.9, (-1, 0.4), fill_mode, interpolation, seed=1, fill_value=0.7)
    for shape in ((40, 4, 5, 2), (9, 1, 3, 1), (9, 2, 1, 1)):
        x = rng.normal(size=shape).astype("float32")
        outputs, moves = layer(x, training=True), layer.saved
        assert moves.min(axis=0)[1] >= -shape[2] and moves.max(axis=0)[1] <= 0.4 * shape[2]
        whole = np.concatenate([moves, np.round(moves), np.round(2 * moves) / 2]).astype("float32")
        theirs = keras.layers.RandomTranslation(0.9, 0.9, fill_mode, interpolation, fill_value=0.7)
        for some in (moves, whole):
            images = np.tile(x, (len(some) // len(x), 1, 1, 1))
            wanted = theirs.transform_images(images, {"translations": some[:, ::-1]}, training=True)
            np.testing.assert_allclose(layer.changed(images, some), wanted, rtol=1e-5, atol=1e-5)
        np.testing.assert_array_equal(layer(x), x)
        # The way back is the transpose of the way there, which is linear but for what fills.
        layer.saved = moves
        direction = rng.normal(size=shape).astype("float32")
        there = layer.changed(x, moves) - layer.changed(np.zeros_like(x), moves)
        assert np.vdot(there, direction) == pytest.approx(np.vdot(x, layer.call_grad(direction)), rel=1e-3, abs=1e-3)
    assert outputs.dtype == layer.call_grad(direction).dtype == np.float32


@pytest.mark.parametrize("axis", [-1, (1, 3), None])
def test_normalization_adapts_as_in_keras(axis):
    import keras

    rng = np.random.default_rng(0)
    x = rng.integers(0, 255, size=(7, 3, 4, 2)).astype("uint8")
    ours, theirs = layers.Normalization(axis), keras.layers.Normalization(axis)
    for data in (x, [x[:4], x[4:]]):
        ours.adapt(data)
        theirs.adapt(data)
        np.testing.assert_allclose(ours(x), theirs(x), rtol=1e-4, atol=1e-4)
        assert [w.shape for w in ours.get_weights()] == [w.shape for w in theirs.get_weights()]
        for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4)
        np.testing.assert_allclose(ours.mean, theirs.mean, rtol=1e-4)
        np.testing.assert_allclose(ours.variance, theirs.variance, rtol=1e-4)
    back = layers.Normalization(axis, invert=True)
    back.adapt(x)
    np.testing.assert_allclose(back(ours(x)), x, atol=1e-3)
    assert not ours.trainable_weights and len(ours.non_trainable_weights) == 3


@pytest.mark.parametrize(
    "make, error, words",
    [
        (lambda: layers.Normalization().adapt(3), TypeError, "."),
        (lambda: layers.Normalization().adapt([[1, 2]]), TypeError, "`data` must be an array, or hold arrays"),
        (lambda: layers.Normalization().adapt([]), ValueError, "`data` holds no examples"),
        (lambda: layers.Normalization(mean=1.0), ValueError, "`mean` and `variance` must both be given"),
        (lambda: layers.Normalization(mean=1.0, variance=1.0).adapt(np.ones((2, 2))), ValueError, "nothing to adapt"),
        (lambda: layers.Normalization(mean=1.0, variance=-1.0), ValueError, "`variance` must not be negative"),
        (lambda: layers.Normalization(0), ValueError, "`axis` must not name the batch"),
        (lambda: layers.Normalization(mean=[1, 2], variance=[1, 2])(np.ones((2, 3))), ValueError, "`mean` of shape"),
        (lambda: layers.Rescaling([1, 2])(np.ones((2, 3))), ValueError, "`scale` must be one number, or one for each"),
        (lambda: layers.Rescaling(1, [1, 2])(np.ones((2, 1))), ValueError, "`offset` must be one number, or one for"),
        (lambda: layers.Reshape((4, 5))(np.ones((2, 6))), ValueError, "`target_shape` .4, 5. does not hold as many"),
        (lambda: layers.Reshape((-1, -1)), ValueError, "at most one -1"),
        (lambda: layers.Cropping2D(2)(np.ones((1, 4, 9, 1))), ValueError, "`cropping` .*leaves nothing"),
        (lambda: layers.UpSampling2D(interpolation="bicubic"), ValueError, "`interpolation` must be 'nearest' or"),
        (lambda: layers.RandomTranslation(1.5, 0), ValueError, "`height_factor` must be a number from -1 to 1"),
        (lambda: layers.RandomFlip("diagonal"), ValueError, "`mode` must be 'horizontal', 'vertical' or"),
        (lambda: layers.LayerNormalization(2)(np.ones((2, 3))), ValueError, "`axis` 2 is not an axis of an example"),
        (lambda: layers.ReLU(negative_slope=None), TypeError, "`negative_slope` must be a number from 0 up; got None"),
        (lambda: layers.LeakyReLU(None), TypeError, "`negative_slope` must be a number from 0 up; got None"),
        (lambda: layers.ReLU(activation="tanh"), TypeError, "takes no argument `activation`"),
        (lambda: layers.Input(), ValueError, "`shape` is missing"),
        (lambda: layers.Input((3,), batch_shape=(None, 3)), ValueError, "`batch_shape` stands for"),
        (lambda: layers.Input((3,), sparse=True), NotImplementedError, "`sparse` exists only in Keras"),
        (lambda: layers.Layer("relu"), TypeError, "positional"),
    ],
)
def test_bad_arguments_of_new_layers_are_named(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_layers_that_know_sizes_refuse_others():
    for layer in (layers.Normalization((1, 2)), layers.LayerNormalization((1, 2))):
        layer(np.ones((2, 3, 4, 5)))
        layer(np.ones((7, 3, 4, 5)))
        with pytest.raises(ValueError, match=r"built for inputs of shape \(None, 3, 4, 5\).*got shape \(2, 1, 4, 5\)"):
            layer(np.ones((2, 1, 4, 5)))


def test_input_takes_what_keras_s_takes():
    assert layers.Input(batch_shape=(None, 28, 28, 1)).shape == (28, 28, 1)
    assert layers.Input((2,), 5, "float64", None, None, None, "images").name == "images"
    assert layers.Input((2,), 5).batch_shape == (5, 2)


@pytest.mark.parametrize("code, shape", EVERY)
def test_a_layer_survives_pickling(code, shape):
    layer = eval(f"layers.{code}")
    x = np.random.default_rng(0).uniform(0.1, 1, size=(2, *shape)).astype("float32")
    wanted = layer(x)
    layer.forget()
    again = pickle.loads(pickle.dumps(layer))
    np.testing.assert_array_equal(again(x), wanted)
    if code.startswith("Conv2D("):
        assert again.activation is layer.activation


def test_regularizers_and_constraints_equal_keras():
    import keras
    import tensorflow as tf

    weight = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    codes = ["L1(0.2)", "L2(0.2)", "L1L2(0.1, 0.3)", "L1L2(None, 0.3)", "L1(None)"]
    codes += ["OrthogonalRegularizer(0.5)", "OrthogonalRegularizer(0.5, mode='columns')"]
    for code in codes:
        ours, theirs = eval(f"regularizers.{code}"), eval(f"keras.regularizers.{code}", {"keras": keras})
        tensor = tf.constant(weight)
        with tf.GradientTape() as tape:
            tape.watch(tensor)
            penalty = theirs(tensor)
        assert ours(weight) == pytest.approx(float(penalty), rel=1e-6)
        np.testing.assert_allclose(ours.gradient(weight), tape.gradient(penalty, tensor), rtol=1e-5, atol=1e-8)
        assert ours.get_config() == pytest.approx(theirs.get_config())
    for code in ("MaxNorm(1.5)", "MinMaxNorm(1.0, 2.0, 0.5)", "MinMaxNorm(axis=1)", "UnitNorm([0, 1])", "NonNeg()"):
        ours, theirs = eval(f"constraints.{code}"), eval(f"keras.constraints.{code}", {"keras": keras})
        np.testing.assert_allclose(ours(weight), theirs(weight), rtol=1e-6)
        assert ours.get_config() == theirs.get_config()


def test_orthogonal_and_identity_are_what_they_say():
    import keras

    for shape in ((3, 3, 2, 5), (2, 9), (6, 6)):
        kernel = initializers.Orthogonal(2.0, seed=1)(shape).reshape(-1, shape[-1])
        square = kernel.T @ kernel if kernel.shape[0] >= kernel.shape[1] else kernel @ kernel.T
        np.testing.assert_allclose(square, 4 * np.eye(len(square)), atol=1e-5)
    np.testing.assert_array_equal(initializers.Identity(3)((2, 4)), keras.initializers.Identity(3)((2, 4)))
    for wrong in (initializers.Identity(), initializers.Orthogonal()):
        with pytest.raises(ValueError, match="makes weights with"):
            wrong((3,))


# Small models in which every new layer has its turn.
TRAINED = {
    "pictures": """
        Input((4, 5, 2)), Rescaling(0.5, [1.0, -1.0]), Normalization(-1, 0.2, 1.5), Conv2D(3, 2), RandomFlip(seed=1),
        LayerNormalization(), ELU(0.7), UpSampling2D((2, 3), interpolation="bilinear"), Cropping2D(((1, 0), (2, 1))),
        SpatialDropout2D(0.0), ReLU(1.5, 0.1, 0.2), UpSampling2D(2), LayerNormalization((1, 3)), Reshape((4, -1)),
        SpatialDropout1D(0.0), GlobalAveragePooling1D(), Dense(4, "hard_silu"), Dense(3)""",
    "rows": """
        Input((6,)), Normalization(None), Dense(8, "selu"), Reshape((2, 4)), LayerNormalization(-1, center=False),
        Dense(4, "mish"), Dense(4, "celu"), Dense(4, "softsign"), Dense(4, "hard_swish"), Flatten(),
        Dense(5, "log_sigmoid", kernel_regularizer="orthogonal_regularizer", bias_constraint="min_max_norm"),
        Dense(5, "tanh_shrink"), Dense(5, "hard_tanh"), Dense(5, "relu6"), Dense(5, "exponential"), Dense(3)""",
    "dropped": "Input((2, 2, 2)), Dense(3), SpatialDropout2D(1), Dropout(1), Flatten(), Dense(3)",
    "nested": """
        Input((6, 6, 1)), Conv2D(2, 3, name="conv"),
        Sequential([Conv2D(3, 2, activation="relu", name="conv"), BatchNormalization(),
                    Sequential([MaxPooling2D(2), Dropout(0.0), Activation("elu")], name="inside")], name="features"),
        Sequential([Flatten(), Dense(4, "relu"), Dense(3)], name="head")""",
}


@pytest.mark.filterwarnings("ignore:Gradients do not exist")
@pytest.mark.parametrize("name", TRAINED)
def test_three_steps_of_training_equal_keras(name):
    import keras

    ours, theirs = (
        library.Sequential(eval(f"[{TRAINED[name]}]", {**vars(library.layers), "Sequential": library.Sequential}))
        for library in (cnnlab, keras)
    )
    theirs.set_weights(ours.get_weights())
    assert ours.count_params() == theirs.count_params()
    rng = np.random.default_rng(0)
    x = rng.normal(size=(6, *ours.input_shape[1:])).astype("float32")
    y = rng.normal(size=(6, 3)).astype("float32")
    if "RandomFlip" in TRAINED[name]:  # whatever is drawn, the same comes out
        x = np.ones_like(x) * rng.normal(size=(6, 1, 1, 2)).astype("float32")
    losses = []
    for library, network, eager in ((cnnlab, ours, {}), (keras, theirs, {"run_eagerly": True})):
        network.compile(library.optimizers.SGD(0.05, momentum=0.9), loss="mean_squared_error", **eager)
        losses.append(network.fit(x, y, batch_size=2, shuffle=False, verbose=0).history["loss"])
        losses[-1].append(float(network.evaluate(x, y, verbose=0)))
    np.testing.assert_allclose(*losses, rtol=1e-4)
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)


def nested():
    inside = cnnlab.Sequential([layers.Conv2D(3, 3), layers.BatchNormalization(), layers.Dropout(0.5)], name="inside")
    return inside, cnnlab.Sequential([layers.Input((5, 5, 1)), inside, layers.Flatten(), layers.Dense(2)])


def test_a_frozen_model_inside_another_one_stays_as_it_is():
    inside, model = nested()
    inside.trainable = False
    assert len(model.trainable_weights) == 2 and not inside.trainable_weights
    model.compile("sgd", "mean_squared_error")
    before = inside.get_weights()
    model.fit(np.ones((4, 5, 5, 1)), np.ones((4, 2)), verbose=0)
    for one, other in zip(inside.get_weights(), before, strict=True):  # moving averages, too
        np.testing.assert_array_equal(one, other)
    inside.trainable = True
    assert len(model.trainable_weights) == 6


def test_training_reaches_the_layers_of_a_model_inside_another_one():
    inside, model = nested()
    x = np.random.default_rng(0).normal(size=(4, 5, 5, 1))
    assert not np.array_equal(model(x, training=True), model(x, training=True))
    assert inside.layers[1].moving_mean.any()
    np.testing.assert_array_equal(model(x), model(x))


def test_a_model_inside_another_one_is_summed_up_and_shown():
    inside, model = nested()
    lines = []
    model.summary(print_fn=lines.append)
    assert "inside (Sequential)" in lines[0] and f"{inside.count_params()}" in lines[0]
    assert "Non-trainable params: 6" in lines[0]
    assert len(model.get_weights()) == 8
    with pytest.raises(ValueError, match="this very one, or one that is in both"):
        inside.add(model)


def test_a_model_with_an_input_inside_says_the_input_of_the_outer_one():
    inside = cnnlab.Sequential([layers.Input((4,)), layers.Dense(3, "softmax")])
    model = cnnlab.Sequential([inside])
    assert model.built and model.input_shape == (None, 4)
    model.compile("sgd", "categorical_crossentropy")
    loss, gradients = model.gradients(np.ones((2, 4)), np.eye(3)[:2])
    assert loss == pytest.approx(model.evaluate(np.ones((2, 4)), np.eye(3)[:2], verbose=0)) and len(gradients) == 2


@pytest.mark.parametrize("number, text", [(0, "0 channels"), (1, "1 channel"), (2, "2 channels")])
def test_one_and_many(number, text):
    assert _names.count(number, "channel") == text
