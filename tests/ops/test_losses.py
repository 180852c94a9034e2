"""The corners of the losses, where Keras has habits of its own."""

import numpy as np
import pytest

from cnnlab import ops

SURE = np.array([[1.0, 0.0], [0.0, 1.0], [0.3, 0.7]], "float32")


@pytest.mark.parametrize("name", ["categorical_crossentropy", "sparse_categorical_crossentropy"])
def test_probabilities_that_do_not_sum_to_one_as_in_keras(name):
    import keras
    import tensorflow as tf

    rng = np.random.default_rng(0)
    output = rng.uniform(0.1, 3, size=(20, 4))  # above 1 the sparse one clips, the other one only divides
    target = rng.integers(0, 4, size=20)
    if name == "categorical_crossentropy":
        target = np.eye(4)[target]
    variable = tf.constant(output)
    with tf.GradientTape() as tape:
        tape.watch(variable)
        wanted = getattr(keras.ops, name)(target, variable)
    np.testing.assert_allclose(getattr(ops, name)(target, output), wanted, rtol=1e-10)
    grad = rng.normal(size=20)
    ours = getattr(ops, f"{name}_grad")(grad, target, output)
    np.testing.assert_allclose(ours, tape.gradient(wanted, variable, tf.constant(grad)), rtol=1e-9, atol=1e-12)


def test_a_sure_mistake_costs_16_and_has_no_slope_as_in_keras():
    import keras
    import tensorflow as tf

    target = np.array([[0, 1], [0, 1], [0, 1]], "float32")
    for name, shape in (("categorical_crossentropy", 3), ("binary_crossentropy", (3, 2))):
        variable = tf.constant(SURE)
        with tf.GradientTape() as tape:
            tape.watch(variable)
            wanted = getattr(keras.ops, name)(target, variable)
        losses = getattr(ops, name)(target, SURE)
        np.testing.assert_allclose(losses, wanted, rtol=1e-5, atol=1e-7)
        assert np.max(losses) == pytest.approx(16.118, abs=0.2)
        ours = getattr(ops, f"{name}_grad")(np.ones(shape), target, SURE)
        np.testing.assert_allclose(ours, tape.gradient(wanted, variable), rtol=1e-5)
        assert not ours[0].any()


def test_logits_of_any_size():
    logits = np.array([[-1e4, 1e4], [1e4, -1e4]], "float32")
    np.testing.assert_allclose(ops.sparse_categorical_crossentropy([1, 1], logits, True), [0, 2e4])
    np.testing.assert_allclose(ops.categorical_crossentropy(np.eye(2)[[1, 1]], logits, True), [0, 2e4])
    np.testing.assert_allclose(ops.binary_crossentropy([[1, 1], [1, 1]], logits, True), [[1e4, 0], [0, 1e4]])


def test_a_class_ruled_out_costs_nothing_unless_it_was_the_right_one():
    output = [[-np.inf, 0.0]]
    assert ops.categorical_crossentropy([[0, 1]], output, True)[0] == 0
    assert ops.categorical_crossentropy([[1, 0]], output, True)[0] == np.inf


def test_targets_that_do_not_sum_to_one():
    import cnnlab

    target = np.array([[0.5, 0.9, 0.2]])
    assert cnnlab.gradient_check(
        lambda x: ops.categorical_crossentropy(target, x, True),
        lambda grad, x: ops.categorical_crossentropy_grad(grad, target, x, True),
        [[0.3, -1.0, 2.0]],
    ).ok


def test_labels_may_be_whole_floats_and_big_classes_are_right():
    rng = np.random.default_rng(0)
    output = rng.uniform(size=(4, 1000))
    labels = np.array([0, 999, 500, 3])
    wanted = ops.categorical_crossentropy(np.eye(1000)[labels], output / output.sum(axis=1, keepdims=True))
    for given in (labels, labels.astype("float32"), labels.astype("uint16"), labels[:, np.newaxis], labels.tolist()):
        np.testing.assert_allclose(ops.sparse_categorical_crossentropy(given, output), wanted, rtol=1e-9)
