import inspect
import json

import numpy as np
import pytest

from cnnlab import activations, initializers, layers

# One line of code for both libraries, and the shape of one input.
LAYERS = [
    ("Conv1D(3, 4, 2, activation='tanh')", (9, 2)),
    ("Conv1D(3, 2, padding='causal', dilation_rate=2)", (7, 2)),
    ("Conv2D(4, 3, activation='relu')", (6, 7, 2)),
    ("Conv2D(4, (3, 2), strides=2, padding='same', use_bias=False)", (6, 7, 2)),
    ("Conv2D(4, 3, 1, 'same', None, 2, 2, 'sigmoid', kernel_initializer='he_normal')", (6, 7, 4)),
    ("Conv3D(2, (2, 1, 3), activation='elu')", (4, 3, 5, 2)),
    ("Conv2DTranspose(3, 3, strides=2, padding='same', activation='softplus')", (4, 5, 2)),
    ("Conv2DTranspose(3, 2, 3, output_padding=1)", (3, 4, 2)),
    ("DepthwiseConv2D(3, padding='same', depth_multiplier=2, activation='relu')", (5, 6, 3)),
    ("SeparableConv2D(4, 3, depth_multiplier=2, activation='silu')", (6, 5, 3)),
    ("SeparableConv2D(4, 2, strides=2, padding='same', use_bias=False)", (6, 5, 3)),
    ("MaxPooling1D()", (7, 2)),
    ("MaxPooling2D()", (5, 6, 2)),
    ("MaxPooling2D((3, 2), 1, 'same')", (5, 6, 2)),
    ("MaxPooling3D(2)", (4, 5, 4, 2)),
    ("AveragePooling1D(3, 1, 'same')", (7, 2)),
    ("AveragePooling2D(2, strides=3)", (5, 6, 2)),
    ("AveragePooling3D((1, 2, 3))", (4, 5, 4, 2)),
    ("GlobalAveragePooling1D()", (7, 2)),
    ("GlobalAveragePooling2D(keepdims=True)", (5, 6, 2)),
    ("GlobalAveragePooling3D()", (3, 4, 3, 2)),
    ("GlobalMaxPooling1D(keepdims=True)", (7, 2)),
    ("GlobalMaxPooling2D()", (5, 6, 2)),
    ("GlobalMaxPooling3D()", (3, 4, 3, 2)),
    ("Flatten()", (3, 4, 2)),
    ("Flatten()", (5,)),
    ("Dense(4, activation='softmax')", (6,)),
    ("Dense(4, 'gelu', use_bias=False)", (3, 2, 6)),
    ("Activation('log_softmax')", (6,)),
    ("Activation('leaky_relu')", (6,)),
    ("ReLU()", (3, 6)),
    ("ReLU(1.0, 0.1, 0.2)", (3, 6)),
    ("LeakyReLU()", (6,)),
    ("LeakyReLU(0.1)", (6,)),
    ("Softmax(axis=1)", (3, 6)),
    ("Dropout(0.4)", (6,)),
    ("ZeroPadding2D()", (3, 4, 2)),
    ("ZeroPadding2D((1, 2))", (3, 4, 2)),
    ("ZeroPadding2D(((1, 0), (2, 3)))", (3, 4, 2)),
    ("BatchNormalization()", (4, 3, 2)),
    ("BatchNormalization(axis=1, scale=False, epsilon=0.1)", (4, 3)),
    ("BatchNormalization(center=False)", (4,)),
]


def both(code):
    """The layer of this line, here and in Keras."""
    import keras

    return [eval(f"layers.{code}", {"layers": library}) for library in (layers, keras.layers)]


def randomize(layer, rng):
    layer.set_weights([rng.uniform(0.5, 1.5, weight.shape) * rng.choice([-1, 1]) for weight in layer.get_weights()])
    if hasattr(layer, "moving_variance"):
        *others, variance = layer.get_weights()
        layer.set_weights([*others, np.abs(variance)])


def run_keras(layer, x, weights, training, direction):
    """Outputs, the gradient of their sum along `direction` by the inputs and by the weights, and the weights after."""
    import tensorflow as tf

    layer.build(x.shape)
    layer.set_weights(weights)
    x = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        outputs = layer(x, training=training)
        total = tf.reduce_sum(outputs * direction)
    *gradients, d_inputs = tape.gradient(total, [*(v.value for v in layer.trainable_variables), x])
    return [outputs.numpy(), d_inputs.numpy(), *(g.numpy() for g in gradients), *layer.get_weights()]


def run_ours(layer, x, training, direction):
    outputs = layer(x, training=training)
    d_inputs = layer.backward(direction)
    gradients = [layer.gradients[name] for name in layer.trainable_weight_names]
    return [outputs, d_inputs, *gradients, *layer.get_weights()]


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("code, shape", LAYERS)
def test_outputs_gradients_and_weights_equal_keras(code, shape, training, float64):
    if code.startswith("Dropout") and training:
        return  # test_dropout
    rng = np.random.default_rng(0)
    dtype, tolerance = "float64", 1e-9
    if code.startswith(("MaxPooling3D", "AveragePooling3D")):  # TensorFlow has them in float32 alone
        dtype, tolerance = "float32", 1e-5
    if "gelu" in code or "eaky" in code:  # TensorFlow rounds their constants to float32
        tolerance = 1e-6
    ours, theirs = both(f"{code[:-1]}, dtype='{dtype}')".replace("(, ", "("))
    x = rng.normal(size=(3, *shape)).astype(dtype)
    direction = rng.normal(size=ours(x).shape).astype(dtype)
    randomize(ours, rng)
    expected = run_keras(theirs, x, ours.get_weights(), training, direction)
    found = run_ours(ours, x, training, direction)
    assert len(found) == len(expected)
    for one, other in zip(found, expected):
        assert one.dtype == other.dtype == dtype and one.shape == other.shape
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("code, shape", LAYERS)
def test_float32_stays_float32_and_nothing_is_modified(code, shape):
    rng = np.random.default_rng(0)
    layer = eval(f"layers.{code}")
    x = rng.normal(size=(3, *shape)).astype("float32")
    before = x.copy()
    outputs = layer(x, training=True)
    weights = layer.weights
    kept = [weight.copy() for weight in weights]
    direction = rng.normal(size=outputs.shape).astype("float32")
    d_inputs = layer.backward(direction)
    assert {outputs.dtype, d_inputs.dtype, *(g.dtype for g in layer.gradients.values())} == {np.dtype("float32")}
    np.testing.assert_array_equal(x, before)
    for weight, was in zip(weights, kept):
        np.testing.assert_array_equal(weight, was)


@pytest.mark.parametrize("code, shape", LAYERS)
def test_an_empty_batch_gives_an_empty_output(code, shape):
    layer = eval(f"layers.{code}")
    wanted = layer(np.zeros((2, *shape))).shape[1:]
    assert layer(np.zeros((0, *shape))).shape == (0, *wanted)


@pytest.mark.parametrize("name", sorted({code.split("(")[0] for code, _ in LAYERS}))
def test_arguments_and_defaults_are_those_of_keras(name):
    import keras

    def arguments(layer):
        return {
            p.name: p.default
            for p in inspect.signature(layer).parameters.values()
            if p.kind is p.POSITIONAL_OR_KEYWORD
            and not p.name.startswith(("lora", "quantization", "renorm", "synchron"))
        }

    ours, theirs = arguments(getattr(layers, name)), arguments(getattr(keras.layers, name))
    assert list(ours) == list(theirs)
    for argument, default in theirs.items():
        same = {default, default[0]} if isinstance(default, tuple) else {default}  # (1, 1) is 1
        assert ours[argument] in same, argument


EVERY = LAYERS + [("DropConnect(3, 0.2, seed=1)", (6,)), ("StochasticPooling2D(2, seed=4)", (4, 6, 1))]


@pytest.mark.parametrize("code, shape", EVERY)
def test_a_layer_can_be_made_again_from_its_config(code, shape):
    layer = eval(f"layers.{code}")
    config = layer.get_config()
    again = type(layer).from_config(json.loads(json.dumps(config)))
    assert again.get_config() == config
    x = np.random.default_rng(0).uniform(size=(2, *shape)).astype("float32")
    before, _ = layer(x), again(x)
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(again(x), before)


@pytest.mark.parametrize("code, shape", LAYERS)
def test_settings_are_attributes_as_in_keras(code, shape):
    ours, theirs = both(code)
    for name, value in ours.get_config().items():
        found = getattr(theirs, name)
        if name in ("name", "dtype", "trainable", "activation") or isinstance(value, dict):
            continue
        assert getattr(ours, name) == found, name
    for name in ("filters", "kernel_size", "strides", "padding", "pool_size", "units", "rate", "use_bias", "data_format"):
        assert hasattr(ours, name) == hasattr(theirs, name), name


def test_a_config_names_the_objects_in_it():
    config = layers.Dense(2, "relu", kernel_initializer=initializers.HeNormal(3), bias_constraint="max_norm").get_config()
    assert config["activation"] == "relu"
    assert config["kernel_initializer"]["class_name"] == "HeNormal" and config["kernel_initializer"]["config"]["seed"] == 3
    again = layers.Dense.from_config(config)
    assert again.kernel_initializer.seed == 3 and again.bias_constraint.max_value == 2
    own = layers.Dense(2, activations.Activation("mine", np.abs, lambda grad, x: grad * np.sign(x)))
    with pytest.raises(TypeError, match="`activation` 'mine' is a function of your own, which cannot be written down"):
        own.get_config()
    with pytest.raises(TypeError, match="`kernel_initializer` is <function.*cannot be written down"):
        layers.Dense(2, kernel_initializer=lambda shape, dtype: np.ones(shape)).get_config()


def test_a_layer_of_ones_own_that_forgets_an_argument_is_told():
    class Forgetful(layers.Layer):
        def __init__(self, factor, **kwargs):
            super().__init__(**kwargs)

    with pytest.raises(NotImplementedError, match=r"Forgetful does not keep its argument `factor`: write self.factor ="):
        Forgetful(2).get_config()


def test_relu_of_infinity():
    x = np.array([[-np.inf, np.inf, np.nan]])
    np.testing.assert_array_equal(layers.ReLU(max_value=6)(x), [[0, 6, np.nan]])
    np.testing.assert_array_equal(layers.ReLU()(x), [[0, np.inf, np.nan]])


def test_dropout_zeroes_the_share_asked_for_and_keeps_the_mean():
    layer = layers.Dropout(0.3, seed=1)
    x = np.ones((100, 1000), "float32")
    outputs = layer(x, training=True)
    assert set(np.unique(outputs)) == {0, np.float32(1 / 0.7)}
    assert abs((outputs == 0).mean() - 0.3) < 0.01 and abs(outputs.mean() - 1) < 0.01
    np.testing.assert_array_equal(layer.backward(np.ones_like(x)), outputs)
    assert not np.array_equal(layer(x, training=True), outputs)
    np.testing.assert_array_equal(layers.Dropout(0.3, seed=1)(x, training=True), outputs)


def test_dropout_noise_shape_drops_whole_feature_maps():
    outputs = layers.Dropout(0.5, noise_shape=(None, 1, 1, None), seed=0)(np.ones((8, 3, 4, 16)), training=True)
    assert (outputs == outputs[:, :1, :1]).all() and 0 < (outputs == 0).mean() < 1


def test_batch_normalization_that_is_not_trainable_uses_its_moving_averages():
    layer = layers.BatchNormalization(trainable=False, epsilon=0)
    x = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    np.testing.assert_array_equal(layer(x, training=True), x)
    np.testing.assert_array_equal(layer.moving_mean, np.zeros(3))


def test_dropconnect_drops_weights_for_each_example_by_itself():
    layer = layers.DropConnect(50, rate=0.4, seed=3, dtype="float64")
    x = np.ones((2, 30))
    layer(x)
    layer.set_weights([np.ones((30, 50)), np.zeros(50)])
    outputs = layer(x, training=True)
    kept = outputs * 0.6  # how many of the 30 weights each unit kept
    np.testing.assert_allclose(kept, kept.round(), atol=1e-9)
    assert abs(kept.mean() / 30 - 0.6) < 0.03 and (outputs[0] != outputs[1]).any()


def test_dropconnect_goes_back_through_the_weights_that_it_kept():
    layer = layers.DropConnect(3, rate=0.5, activation="tanh", dtype="float64")
    rng = np.random.default_rng(0)
    x, direction = rng.normal(size=(2, 5)), rng.normal(size=(2, 3))

    def loss():  # the same weights are dropped each time
        layer.generator = np.random.default_rng(7)
        return (layer(x, training=True) * direction).sum()

    loss()
    d_inputs = layer.backward(direction)
    for array, gradient in (
        (x, d_inputs),
        (layer.kernel, layer.gradients["kernel"]),
        (layer.bias, layer.gradients["bias"]),
    ):
        for place in np.ndindex(array.shape):
            kept = array[place]
            array[place] = kept + 1e-6
            above = loss()
            array[place] = kept - 1e-6
            slope = (above - loss()) / 2e-6
            array[place] = kept
            assert gradient[place] == pytest.approx(slope, rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("activation", [None, "relu", "sigmoid"])
def test_dropconnect_when_not_training_is_the_mean_of_training(activation):
    layer = layers.DropConnect(4, rate=0.5, activation=activation, seed=0)
    x = np.random.default_rng(1).normal(size=(1, 200)).astype("float32")
    many = layer(np.repeat(x, 20_000, axis=0), training=True) if layer(x) is not None else None
    np.testing.assert_allclose(layer(x)[0], many.mean(axis=0), atol=4 * many.std() / np.sqrt(len(many)) + 0.005)
    if activation == "relu":  # the relu of the mean is something else
        assert np.abs(np.maximum(x @ layer.kernel, 0) - many.mean(axis=0)).max() > 0.1
    with pytest.raises(ValueError, match="goes back only after a call with training=True"):
        layer.backward(np.ones((1, 4)))


def test_stochastic_pooling_goes_back_to_the_cells_that_it_drew():
    layer = layers.StochasticPooling2D(2, seed=0)
    x = np.random.default_rng(0).uniform(1, 2, size=(2, 4, 4, 3)).astype("float32")
    outputs = layer(x, training=True)
    grad = np.arange(1, outputs.size + 1, dtype="float32").reshape(outputs.shape)
    d_inputs = layer.backward(grad)
    back = np.sort(d_inputs[d_inputs > 0])
    np.testing.assert_array_equal(back, np.arange(1, outputs.size + 1))
    # Where a gradient arrived is where the output came from.
    by_window = d_inputs.reshape(2, 2, 2, 2, 2, 3).transpose(0, 1, 3, 5, 2, 4).reshape(*outputs.shape, 4)
    values = x.reshape(2, 2, 2, 2, 2, 3).transpose(0, 1, 3, 5, 2, 4).reshape(*outputs.shape, 4)
    np.testing.assert_array_equal(np.where(by_window > 0, values, 0).sum(axis=-1), outputs)
    assert not np.array_equal(layer(x, training=True), outputs)


def test_a_layer_of_ones_own():
    class Scale(layers.Layer):
        def build(self, input_shape):
            self.add_weight("factor", (1,), "ones")

        def call(self, inputs):
            self.saved = inputs
            return inputs * self.factor

        def call_grad(self, grad):
            self.gradients["factor"] = (grad * self.saved).sum(keepdims=True).reshape(1)
            return grad * self.factor

    layer = Scale(activation="relu")
    layer(np.array([[-1.0, 2.0]]))
    layer.set_weights([[3.0]])
    np.testing.assert_array_equal(layer(np.array([[-1.0, 2.0]])), [[0, 6]])
    np.testing.assert_array_equal(layer.backward(np.array([[5.0, 5.0]])), [[0, 15]])
    assert layer.gradients["factor"] == 10


def test_regularizers_and_constraints_know_their_weight():
    layer = layers.Dense(2, kernel_regularizer="l2", bias_constraint="non_neg", kernel_constraint="max_norm")
    layer(np.ones((1, 3)))
    layer.set_weights([np.full((3, 2), 2.0), [1, -1]])
    assert layer.penalty() == pytest.approx(0.01 * 6 * 4)
    layer.backward(np.zeros((1, 2)))
    np.testing.assert_allclose(layer.total_gradient("kernel"), np.full((3, 2), 0.04))
    np.testing.assert_array_equal(layer.constrain("bias", layer.bias), [1, 0])
    np.testing.assert_allclose(np.linalg.norm(layer.constrain("kernel", layer.kernel), axis=0), [2, 2], rtol=1e-6)


@pytest.mark.parametrize(
    "make, error, words",
    [
        (lambda: layers.Conv2D(0, 3), ValueError, "`filters` must be at least 1"),
        (lambda: layers.Conv2D(8, (3, 3, 3)), ValueError, "`kernel_size` must be an int or 2 ints"),
        (lambda: layers.Conv2D(8, 3, strides=0), ValueError, "`strides` must be at least 1"),
        (lambda: layers.Conv2D(8, 3, padding="full"), ValueError, "`padding` must be 'valid' or 'same'; got 'full'"),
        (lambda: layers.Conv2D(8, 3, data_format="channels_first"), ValueError, "`data_format`"),
        (lambda: layers.Conv2D(8, 3, groups=3), ValueError, "8 filters and 3 groups"),
        (lambda: layers.Conv2D(8, 3, groups=2)(np.ones((1, 4, 4, 3))), ValueError, "3 channels cannot be shared"),
        (lambda: layers.Conv2D(8, 3, activation="rleu"), ValueError, "`activation` 'rleu' is not known.*'relu'"),
        (lambda: layers.Conv2D(8, 3, activation=lambda x: x), TypeError, "`activation` '<lambda>' has no gradient"),
        (lambda: layers.Conv2D(8, 3, kernel_initializer="he"), ValueError, "`kernel_initializer` 'he'.*'he_normal'"),
        (lambda: layers.Conv2D(8, 3, kernel_regularizer="l3"), ValueError, "`kernel_regularizer` 'l3'.*'l1', 'l2'"),
        (lambda: layers.Conv2D(8, 3, kernel_constraint="norm"), ValueError, "`kernel_constraint` 'norm'.*'max_norm'"),
        (lambda: layers.Conv2D(8, 3, dtype="float16"), ValueError, "`dtype` must be 'float32' or 'float64'"),
        (
            lambda: layers.Conv2D(8, 9, name="eyes")(np.ones((1, 4, 4, 3))),
            ValueError,
            r"Layer 'eyes' \(Conv2D\).*\(9, 9\)",
        ),
        (
            lambda: layers.Conv2D(8, 3, name="a")(np.ones((2, 9))),
            ValueError,
            r"'a' \(Conv2D\).*4 axes.*\(2, 9\).*Flatten or Dense before it",
        ),
        (lambda: layers.Conv2D(8, 3)(np.ones((2, 28, 28))), ValueError, r"4 axes.*\(2, 28, 28\).*x\[..., None\]"),
        (lambda: layers.Conv2D(8, 3)([["a"]]), TypeError, "must hold numbers"),
        (lambda: layers.MaxPooling2D(3)(np.ones((1, 2, 2, 1))), ValueError, "MaxPooling2D.*does not fit"),
        (lambda: layers.Dense(2.5), TypeError, "`units` must be a whole number"),
        (lambda: layers.Dense(2)(np.ones(3)), ValueError, r"Dense.*\(batch, …, channels\); got shape \(3,\)"),
        (lambda: layers.Dropout(1.5), ValueError, "`rate` must be a number from 0"),
        (lambda: layers.DropConnect(3, activation="softmax"), ValueError, "element by element"),
        (lambda: layers.LeakyReLU(-1), ValueError, "`negative_slope`"),
        (lambda: layers.ReLU(max_value=-1), ValueError, "`max_value`"),
        (lambda: layers.ZeroPadding2D((1, 2, 3)), ValueError, "`padding` must be an int, "),
        (lambda: layers.BatchNormalization(axis=3)(np.ones((2, 3))), ValueError, "`axis` 3 is not an axis"),
        (lambda: layers.Input(28), TypeError, r"`shape` must be a tuple, such as \(28,\)"),
        (lambda: layers.Input((0, 28)), ValueError, "`shape` must be at least 1"),
        (lambda: layers.Dense(2).backward(np.ones((1, 2))), RuntimeError, "has no inputs to go back to"),
        (lambda: layers.Dense(2).set_weights([]), ValueError, "has no weights yet"),
        (lambda: layers.Dense(2, activity_regularizer="l2"), NotImplementedError, "activity_regularizer"),
    ],
)
def test_bad_arguments_are_named(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_a_built_layer_refuses_other_channels():
    layer = layers.Conv2D(4, 3, name="eyes")
    layer(np.ones((1, 8, 8, 4)))
    layer(np.ones((1, 9, 5, 4)))  # another size is fine
    with pytest.raises(
        ValueError, match=r"'eyes'.*built for inputs of shape \(None, 8, 8, 4\).*got shape \(1, 8, 8, 2\)"
    ):
        layer(np.ones((1, 8, 8, 2)))  # divides 4: the op would take it for a grouped convolution


def test_a_gradient_of_another_shape_is_refused():
    layer = layers.Dense(2)
    layer(np.ones((4, 3)))
    assert layer.backward([[1, 2]] * 4).shape == (4, 3)  # lists are fine
    with pytest.raises(ValueError, match=r"`grad` must have the shape of the outputs, \(4, 2\); got shape \(2,\)"):
        layer.backward(np.ones(2))


def test_build_alone_makes_the_weights_as_in_keras():
    arrays = [np.ones((3, 2)), np.array([1.0, -1.0])]
    layer = layers.Dense(2)
    layer.build((None, 3))
    layer.set_weights(arrays)
    np.testing.assert_array_equal(layer(np.ones((1, 3))), [[4, 2]])
    with pytest.raises(ValueError, match="Layer 'image' .*axes"):
        layers.Conv2D(2, 3, name="image").build((None, 28, 28))


def test_set_weights_says_which_shape_is_wrong():
    layer = layers.Dense(2, name="last")
    layer(np.ones((1, 3)))
    before = layer.get_weights()
    with pytest.raises(ValueError, match=r"'last': `bias` has shape \(2,\); got shape \(3,\)"):
        layer.set_weights([np.ones((3, 2)), np.ones(3)])
    with pytest.raises(ValueError, match=r"'last' has 2 weights \(kernel, bias\); got 1"):
        layer.set_weights([np.ones((3, 2))])
    np.testing.assert_array_equal(layer.kernel, before[0])
