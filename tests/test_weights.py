"""Initializers, regularizers, constraints, seeds and labels."""

import random

import numpy as np
import pytest

from cnnlab import constraints, initializers, regularizers, utils

SHAPE = (3, 3, 40, 60)


@pytest.mark.parametrize(
    "name",
    ["zeros", "ones", "random_normal", "random_uniform", "truncated_normal", "glorot_uniform", "glorot_normal"]
    + ["he_uniform", "he_normal", "lecun_uniform", "lecun_normal", "variance_scaling"],
)
def test_distribution_is_that_of_keras(name):
    import keras

    ours = initializers.get(name)(SHAPE)
    theirs = np.asarray(keras.initializers.get(name)(SHAPE))
    assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
    scale = max(theirs.std(), 1e-9)
    assert abs(ours.mean() - theirs.mean()) < 0.05 * scale
    places = np.linspace(0.01, 0.99, 21)
    np.testing.assert_allclose(np.quantile(ours, places), np.quantile(theirs, places), rtol=0.02, atol=0.05 * scale)
    assert np.abs(ours).max() <= np.abs(theirs).max() * (1.3 if name == "random_normal" else 1.02)


@pytest.mark.parametrize("shape, wanted", [((), (1, 1)), ((7,), (7, 7)), ((5, 3), (5, 3)), ((3, 2, 4, 8), (24, 48))])
def test_fans(shape, wanted):
    assert initializers.fans(shape) == wanted


def test_seeds():
    first = initializers.HeNormal(seed=3)
    np.testing.assert_array_equal(first((4, 4)), first((4, 4)))  # as in Keras
    utils.set_random_seed(5)
    numbers = initializers.get("glorot_uniform")((4, 4)), np.random.random(), random.random()
    again = initializers.get("glorot_uniform")((4, 4))
    assert not np.array_equal(numbers[0], again)
    utils.set_random_seed(5)
    np.testing.assert_array_equal(initializers.get("glorot_uniform")((4, 4)), numbers[0])
    assert (np.random.random(), random.random()) == numbers[1:]
    with pytest.raises(ValueError, match="`seed` must be a whole number"):
        utils.set_random_seed(-1)


@pytest.mark.parametrize("code", ["L1(0.1)", "L2(0.2)", "L1L2(0.1, 0.2)", "get('l2')", "get('l1')"])
def test_regularizers_equal_keras(code):
    import keras
    import tensorflow as tf

    weight = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    ours, theirs = eval(f"regularizers.{code}"), eval(f"keras.regularizers.{code}", {"keras": keras})
    variable = tf.Variable(weight)
    with tf.GradientTape() as tape:
        penalty = theirs(variable)
    assert ours(weight) == pytest.approx(float(penalty), rel=1e-5)
    np.testing.assert_allclose(ours.gradient(weight), tape.gradient(penalty, variable), rtol=1e-5)


@pytest.mark.parametrize(
    "code",
    ["MaxNorm(1.0)", "MaxNorm(2, axis=[0, 1, 2])", "UnitNorm()", "NonNeg()", "get('max_norm')", "get('non_neg')"],
)
def test_constraints_equal_keras(code):
    import keras

    weight = np.random.default_rng(0).normal(size=(3, 3, 2, 4)).astype("float32")
    ours, theirs = eval(f"constraints.{code}"), eval(f"keras.constraints.{code}", {"keras": keras})
    found = ours(weight)
    assert found.dtype == np.float32 and not np.array_equal(found, weight)
    np.testing.assert_allclose(found, theirs(weight), rtol=1e-5)


@pytest.mark.parametrize("labels", [[0, 2, 1], [[0], [2], [1]], [2.0, 0.0], np.array([[0, 1], [2, 2]]), []])
def test_to_categorical_equals_keras(labels):
    import keras

    for num_classes in (3, None) if len(labels) else (3,):
        ours = utils.to_categorical(np.array(labels), num_classes)
        theirs = keras.utils.to_categorical(np.array(labels).astype(int), num_classes)
        assert ours.shape == theirs.shape
        np.testing.assert_array_equal(ours, theirs)


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="`x` must hold labels from 0 to 2.*from 0 to 3"):
        utils.to_categorical([0, 3], 3)
    with pytest.raises(ValueError, match="`x` must hold whole numbers"):
        utils.to_categorical([0.5])
    with pytest.raises(ValueError, match="`l2` must be a number from 0 up"):
        regularizers.L2(-1)
    with pytest.raises(TypeError, match=r"method `gradient\(weight\)`"):
        regularizers.get(np.sum)
    with pytest.raises(ValueError, match="`mode` must be 'fan_in'"):
        initializers.VarianceScaling(mode="fan")
