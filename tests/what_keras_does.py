"""What Keras does with the calls of docs/differences.md: each function is one, and the script prints what all return.

It runs in a process of its own, once for each backend, since Keras has one backend per process, and TensorFlow one
setting of oneDNN. Settings come from the environment: KERAS_BACKEND, TF_ENABLE_ONEDNN_OPTS.
"""

import json
import os
import warnings

import numpy as np

if __name__ == "__main__":  # pytest imports every file, for its doctests
    import keras
    from keras import ops

BACKEND = os.environ.get("KERAS_BACKEND", "tensorflow")
NAN = float("nan")


def array(*numbers, shape=None):
    numbers = np.array(numbers, "float32")
    return numbers.reshape(shape) if shape else numbers


def gradient(function, x, how=None):
    """The gradient of the sum of function(x), by x; of TensorFlow also in a "graph", as `fit` runs, or by "XLA"."""
    if BACKEND == "tensorflow":
        import tensorflow as tf

        def of_sum(x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = tf.reduce_sum(function(x))
            return tape.gradient(y, x)

        return (tf.function(of_sum, jit_compile=how == "XLA") if how else of_sum)(tf.constant(x))
    if BACKEND == "jax":
        import jax

        return jax.grad(lambda x: function(x).sum())(x)
    import torch

    x = torch.tensor(x, requires_grad=True)
    function(x).sum().backward()
    return x.grad


def one_dense_layer(size, activation, loss, **settings):
    layer = keras.layers.Dense(size, activation=activation, kernel_initializer="identity", **settings)
    model = keras.Sequential([keras.Input((size,)), layer])
    model.compile(keras.optimizers.SGD(1.0), loss)
    return model


# Pooling


def max_pool_beside_nan():
    return ops.max_pool(array(NAN, 1, 2, 3, shape=(1, 2, 2, 1)), 2, 2)


def max_pool_of_nan():
    return ops.max_pool(np.full((1, 2, 2, 1), np.float32(NAN)), 2, 2)


def max_pool_of_nan_3d():
    return ops.max_pool(np.full((1, 2, 2, 2, 1), np.float32(NAN)), 2, 2)


def max_pool_of_nan_at_each_place_3d():
    found = []
    for place in range(8):
        volume = np.zeros((1, 2, 2, 2, 1), "float32")
        volume.flat[place] = NAN
        found += np.ravel(ops.convert_to_numpy(ops.max_pool(volume, 2, 2))).tolist()
    return found


def tensorflow_max_pool_of_nan_by_xla():
    import tensorflow as tf

    return tf.function(lambda x: ops.max_pool(x, 2, 2), jit_compile=True)(np.full((1, 2, 2, 1), np.float32(NAN)))


def global_max_pool_beside_nan():
    return keras.layers.GlobalMaxPooling2D()(array(NAN, 1, 2, 3, shape=(1, 2, 2, 1)))


def max_pool_ties():
    return gradient(lambda x: ops.max_pool(x, 2, 2), np.zeros((1, 2, 2, 1), "float32"))


def max_pool_ties_3d():
    return gradient(lambda x: ops.max_pool(x, 2, 2), np.zeros((1, 2, 2, 2, 1), "float32"))


def max_pool_almost_ties_3d():
    volume = array(1, 1 - 9e-6, 1 - 1.1e-5, 0, 0, 0, 0, 0, shape=(1, 2, 2, 2, 1))
    return gradient(lambda x: ops.max_pool(x, 2, 2), volume)


def tensorflow_max_pool_ties_3d_in_a_graph():
    return gradient(lambda x: ops.max_pool(x, 2, 2), np.zeros((1, 2, 2, 2, 1), "float32"), "graph")


def tensorflow_max_pool_ties_3d_by_xla():
    return gradient(lambda x: ops.max_pool(x, 2, 2), np.zeros((1, 2, 2, 2, 1), "float32"), "XLA")


def global_max_pool_ties():
    return gradient(lambda x: keras.layers.GlobalMaxPooling2D()(x), np.zeros((1, 2, 2, 1), "float32"))


def every_third_2d():
    return ops.max_pool(planes(9, 2), 1, 3, "same")[0, :, 0, 0]


def every_third_3d():
    return ops.max_pool(planes(9, 3), 1, 3, "same")[0, :, 0, 0, 0]


def every_third_3d_average():
    return ops.average_pool(planes(9, 3), 1, 3, "same")[0, :, 0, 0, 0]


def every_third_3d_convolution():
    return ops.conv(planes(9, 3), np.ones((1, 1, 1, 1, 1), "float32"), 3, "same")[0, :, 0, 0, 0]


def every_third_3d_convolution_in_float64():
    return ops.conv(planes(9, 3).astype("float64"), np.ones((1, 1, 1, 1, 1)), 3, "same")[0, :, 0, 0, 0]


def planes(size, rank):
    """A square or cube whose first row is 1, the second 2, and so on."""
    return np.indices((size,) * rank)[0][np.newaxis, ..., np.newaxis].astype("float32") + 1


def average_pool_same():
    return ops.average_pool(array(1, 2, 3, 4, shape=(1, 4, 1)), 4, 1, "same")


def max_pool_without_strides():
    return ops.max_pool(array(1, 3, 2, 0, shape=(1, 4, 1)), 2)


# Convolution


def strides_and_dilation():
    return ops.conv(
        np.arange(9.0, dtype="float32").reshape(1, 9, 1), array(1, 10, shape=(2, 1, 1)), 2, "valid", None, 2
    )


def strides_and_dilation_depthwise():
    inputs, kernel = np.arange(9.0, dtype="float32").reshape(1, 9, 1), array(1, 10, shape=(2, 1, 1))
    return ops.depthwise_conv(inputs, kernel, 2, "valid", None, 2)


def strides_and_dilation_in_a_layer():
    return keras.layers.Conv2D(1, 2, strides=2, dilation_rate=2).filters


def depthwise_with_two_strides():
    return ops.depthwise_conv(np.ones((1, 4, 4, 1), "float32"), np.ones((2, 2, 1, 1), "float32"), (1, 2))


def transposed_and_dilated():
    inputs, kernel = np.ones((1, 2, 2, 1), "float32"), np.ones((2, 2, 1, 1), "float32")
    return ops.conv_transpose(inputs, kernel, 1, "valid", None, None, 2)


def same_with_a_stride():
    return ops.conv(array(1, 2, 3, 4, 5, 6, shape=(1, 6, 1)), array(1, 10, 100, shape=(3, 1, 1)), 2, "same")


def torch_padding_1_with_a_stride():
    import torch

    inputs, kernel = torch.tensor(array(1, 2, 3, 4, 5, 6, shape=(1, 1, 6))), array(1, 10, 100, shape=(1, 1, 3))
    return torch.nn.functional.conv1d(inputs, torch.tensor(kernel), stride=2, padding=1)


def kernel_gradient_of_1x1_with_a_stride():
    if os.environ.get("TF_ENABLE_ONEDNN_OPTS") == "1":
        return None  # wrong, in other ways from run to run
    inputs = np.arange(64.0, dtype="float32").reshape(1, 8, 8, 1)
    return gradient(lambda kernel: ops.conv(inputs, kernel, 2), np.ones((1, 1, 1, 1), "float32"))


def integer_pictures():
    layer = keras.layers.Conv2D(1, 1, kernel_initializer="ones")
    return layer(np.array([200, 100], "uint8").reshape(1, 1, 2, 1))


def flatten():
    return keras.layers.Flatten()(np.arange(8.0, dtype="float32").reshape(1, 2, 2, 2))


def torch_flatten():
    import torch

    channels_last = torch.arange(8.0).reshape(1, 2, 2, 2)
    return torch.nn.Flatten()(channels_last.permute(0, 3, 1, 2))


# Activations


def relu_at_its_threshold():
    return keras.layers.ReLU(threshold=5)(array(4, 5, 6))


def gradient_of_relu_at_0():
    return gradient(ops.relu, array(0))


def gradient_of_maximum_at_0():
    return gradient(lambda x: ops.maximum(x, 0.0), array(0))


def gradient_of_leaky_relu_at_0():
    return gradient(ops.leaky_relu, array(0))


def warnings_of_softmax_over_one_element():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ops.softmax(ops.convert_to_tensor(np.ones((2, 1), "float32")))
    return sum("softmax over axis" in str(warning.message) for warning in caught)


def leaky_slopes():
    return [keras.layers.LeakyReLU().negative_slope, -float(ops.leaky_relu(array(-1))[0])]


def torch_leaky_slope():
    import torch

    return torch.nn.LeakyReLU().negative_slope


def gelus():
    x = ops.convert_to_tensor(array(1))
    return [float(ops.gelu(x)[0]), float(keras.activations.gelu(x)[0])]


# Losses, labels and metrics


def sure_mistake():
    return ops.categorical_crossentropy(array(1, 0, shape=(1, 2)), array(0, 1, shape=(1, 2)))


def sure_mistake_of_a_model():
    model = one_dense_layer(2, "softmax", "categorical_crossentropy")
    return model.evaluate(array(0, 100, shape=(1, 2)), array(1, 0, shape=(1, 2)), verbose=0)


def step_after_a_sure_mistake():
    """How far the weight of the wrong class moves."""
    model = one_dense_layer(2, "softmax", "categorical_crossentropy")
    model.fit(array(0, 100, shape=(1, 2)), array(1, 0, shape=(1, 2)), verbose=0)
    return float(np.abs(model.get_weights()[0] - np.eye(2)).max())


def all_zero_probabilities():
    output = np.zeros((1, 3), "float32")
    both = [
        ops.categorical_crossentropy(array(0, 0, 1, shape=(1, 3)), output),
        ops.sparse_categorical_crossentropy(np.array([0]), output),
    ]
    return [float(loss[0]) for loss in both]


def label_out_of_range():
    return ops.sparse_categorical_crossentropy(np.array([3]), array(0.2, 0.3, 0.5, shape=(1, 3)))


def training_with_labels_out_of_range():
    model = one_dense_layer(3, "softmax", "sparse_categorical_crossentropy")
    return model.fit(np.ones((4, 3), "float32"), np.full(4, 3), verbose=0).history["loss"]


def one_hot_out_of_range():
    return ops.one_hot(np.array([3]), 3)


def to_categorical_dtype():
    return str(keras.utils.to_categorical([0, 2]).dtype)


def to_categorical_of_minus_1():
    return keras.utils.to_categorical([-1], 3)


def to_categorical_of_a_fraction():
    return keras.utils.to_categorical([1.7], 3)


def to_categorical_out_of_range():
    return keras.utils.to_categorical([3], 3)


def gradient_where_targets_do_not_sum_to_1():
    target = ops.convert_to_tensor(array(0.5, 0.2, shape=(1, 2)))
    return gradient(lambda x: ops.categorical_crossentropy(target, x, from_logits=True), np.zeros((1, 2), "float32"))


def accuracy_beside_nan():
    """Two predictions, NaN for class 1 and the largest number for class 2, with the labels 2 and 1."""
    return keras.metrics.sparse_categorical_accuracy(array(2, 1), array(1, NAN, 3, 1, NAN, 3, shape=(2, 3)))


def accuracy_of_nan():
    return keras.metrics.sparse_categorical_accuracy(array(0, 1, 2), np.full((3, 3), np.float32(NAN)))


def top_1_of_ties():
    return keras.metrics.sparse_top_k_categorical_accuracy(array(0, 9), np.full((2, 10), np.float32(0.1)), k=1)


def squared_error_of_labels():
    return keras.losses.MeanSquaredError()(array(1, 2, 3), np.ones((3, 3), "float32"))


# Training


def dropout_of_everything():
    return keras.layers.Dropout(1.0)(np.ones((1, 3), "float32"), training=True)


def random_crop():
    """Rows of the picture: as the model says, while training, and when not training."""
    model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.RandomCrop(2, 2)])
    picture = np.ones((1, 4, 4, 1), "float32")
    return [model.output_shape[1], model(picture, training=True).shape[1], model(picture, training=False).shape[1]]


def batch_normalization():
    """The moving averages after one batch, and the default momentum and epsilon."""
    layer = keras.layers.BatchNormalization()
    layer(array(1, 3, shape=(2, 1)), training=True)
    averages = [float(ops.convert_to_numpy(x)[0]) for x in (layer.moving_mean, layer.moving_variance)]
    return [*averages, layer.momentum, layer.epsilon]


def torch_batch_normalization():
    import torch

    layer = torch.nn.BatchNorm1d(1)
    layer(torch.tensor(array(1, 3, shape=(2, 1))))
    return [layer.running_mean.item(), layer.running_var.item(), layer.momentum, layer.eps]


def momentum_after_a_change_of_rate():
    """Two steps of gradient 1 with momentum 0.5, the first at rate 1, the second at rate 0.1."""
    optimizer, variable = keras.optimizers.SGD(1.0, momentum=0.5), keras.Variable([0.0])
    optimizer.build([variable])
    optimizer.apply([ops.convert_to_tensor([1.0])], [variable])
    optimizer.learning_rate = 0.1
    optimizer.apply([ops.convert_to_tensor([1.0])], [variable])
    return variable.value


def torch_momentum_after_a_change_of_rate():
    import torch

    variable = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([variable], lr=1.0, momentum=0.5)
    for rate in (1.0, 0.1):
        optimizer.param_groups[0]["lr"] = rate
        variable.grad = torch.ones(1)
        optimizer.step()
    return variable


def adam_and_a_tiny_gradient():
    optimizer, variable = keras.optimizers.Adam(1.0, epsilon=1e-7), keras.Variable([0.0])
    optimizer.build([variable])
    optimizer.apply([ops.convert_to_tensor([1e-7])], [variable])
    return variable.value


def torch_adam_and_a_tiny_gradient():
    import torch

    variable = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.Adam([variable], lr=1.0, eps=1e-7)
    variable.grad = torch.full((1,), 1e-7)
    optimizer.step()
    return variable


def l2():
    return keras.regularizers.L2(0.1)(ops.convert_to_tensor([3.0]))


def torch_weight_decay():
    """What a weight of 3 loses at rate 1: the gradient of its penalty."""
    import torch

    variable = torch.full((1,), 3.0, requires_grad=True)
    variable.grad = torch.zeros(1)
    torch.optim.SGD([variable], lr=1.0, weight_decay=0.1).step()
    return 3 - variable


def cosine_after_a_warm_up():
    schedule = keras.optimizers.schedules.CosineDecay(0.0, 10, warmup_target=1.0, warmup_steps=10)
    return [float(schedule(step)) for step in (0, 10, 15, 20)]


def validation_split():
    """The mean of the inputs 0 … 9 that a model trains on, and of those it validates on."""
    layer = keras.layers.Dense(1, kernel_initializer="ones", use_bias=False, trainable=False)
    model = keras.Sequential([keras.Input((1,)), layer])
    model.compile("sgd", "mean_absolute_error")
    history = model.fit(np.arange(10.0)[:, None], np.zeros((10, 1)), validation_split=0.2, verbose=0).history
    return history["loss"] + history["val_loss"]


def answer(function):
    """What the call gives: a list of numbers, a text, or the name of its error."""
    try:
        result = function()
    except Exception as error:
        return type(error).__name__
    if result is None or isinstance(result, str):
        return result
    return np.ravel(result if isinstance(result, (list, int, float)) else ops.convert_to_numpy(result)).tolist()


def applies(name):
    return not name.startswith(("tensorflow_", "torch_")) or name.startswith(f"{BACKEND}_")


def main():
    helpers = {array, gradient, one_dense_layer, planes, answer, applies, main}
    calls = [value for value in globals().values() if getattr(value, "__module__", "") == "__main__"]
    calls = [call for call in calls if callable(call) and call not in helpers]
    print(json.dumps({call.__name__: answer(call) for call in calls if applies(call.__name__)}))


if __name__ == "__main__":
    main()
