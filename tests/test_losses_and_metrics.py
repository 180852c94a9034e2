import numpy as np
import pytest

from cnnlab import losses, metrics

rng = np.random.default_rng(0)
LABELS = rng.integers(0, 4, 6)
ONE_HOT = np.eye(4, dtype="float32")[LABELS]
SCORES = rng.normal(size=(6, 4)).astype("float32")
SHARES = (np.exp(SCORES) / np.exp(SCORES).sum(-1, keepdims=True)).astype("float32")
YES_NO = rng.integers(0, 2, 6).astype("float32")
CHANCES = rng.uniform(0.1, 0.9, (6, 1)).astype("float32")
MAPS = rng.uniform(0.1, 1, (2, 3, 5, 4)).astype("float32")
MAP_LABELS = rng.integers(0, 4, (2, 3, 5))
WEIGHTS = rng.uniform(0, 2, 6).astype("float32")

LOSSES = [
    ("SparseCategoricalCrossentropy()", LABELS, SHARES),
    ("SparseCategoricalCrossentropy(from_logits=True)", LABELS[:, None], SCORES),
    ("SparseCategoricalCrossentropy()", MAP_LABELS, MAPS),
    ("CategoricalCrossentropy()", ONE_HOT, SHARES),
    ("CategoricalCrossentropy(from_logits=True, label_smoothing=0.2)", ONE_HOT, SCORES),
    ("BinaryCrossentropy()", YES_NO, CHANCES),
    ("BinaryCrossentropy(label_smoothing=0.1)", ONE_HOT, SHARES),
    ("BinaryCrossentropy(from_logits=True)", ONE_HOT, SCORES),
    ("MeanSquaredError()", YES_NO, CHANCES),
    ("MeanSquaredError()", MAPS**2, MAPS),
    ("MeanAbsoluteError()", ONE_HOT, SHARES),
    ("Huber(0.2)", ONE_HOT, SHARES),
    ("Huber()", YES_NO * 5, CHANCES),
    ("KLDivergence()", MAPS**2, MAPS),
    ("KLDivergence()", ONE_HOT, SHARES),
    ("MeanAbsolutePercentageError()", ONE_HOT, SHARES),
    ("MeanSquaredLogarithmicError()", YES_NO * 5, CHANCES - 0.5),
    ("Poisson()", YES_NO * 5, CHANCES),
]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("code, y_true, y_pred", LOSSES)
def test_value_and_gradient_equal_keras(code, y_true, y_pred, weighted):
    import keras
    import tensorflow as tf

    ours, theirs = eval(f"losses.{code}"), eval(f"keras.losses.{code}", {"keras": keras})
    weights = WEIGHTS[: len(y_pred)] if weighted else None
    output = tf.constant(y_pred)
    with tf.GradientTape() as tape:
        tape.watch(output)
        # Keras takes weights of shape (N,) for one loss per example alone.
        shaped = (
            weights
            if weights is None or y_pred.ndim == 2
            else np.broadcast_to(weights[:, None, None], y_pred.shape[:-1])
        )
        loss = theirs(y_true, output, sample_weight=shaped)
    assert ours(y_true, y_pred, weights) == pytest.approx(float(loss), rel=1e-5)
    gradient = ours.gradient(y_true, y_pred, weights)
    assert gradient.dtype == np.float32
    np.testing.assert_allclose(gradient, tape.gradient(loss, output), rtol=1e-4, atol=1e-7)


METRICS = [
    ("SparseCategoricalAccuracy()", LABELS, SHARES),
    ("SparseCategoricalAccuracy()", LABELS[:, None], SHARES),
    ("CategoricalAccuracy()", ONE_HOT, SHARES),
    ("BinaryAccuracy()", YES_NO, CHANCES),
    ("BinaryAccuracy(threshold=0.3)", YES_NO[:, None], CHANCES),
    ("MeanSquaredError()", ONE_HOT, SHARES),
    ("MeanAbsoluteError()", ONE_HOT, SHARES),
]


@pytest.mark.parametrize("code, y_true, y_pred", METRICS)
def test_metrics_equal_keras(code, y_true, y_pred):
    import keras

    ours, theirs = eval(f"metrics.{code}"), eval(f"keras.metrics.{code}", {"keras": keras})
    assert ours.name == theirs.name.rstrip("_0123456789")
    for part in (slice(0, 4), slice(4, 6)):  # batches of different sizes
        ours.update_state(y_true[part], y_pred[part])
        theirs.update_state(y_true[part], y_pred[part])
    assert ours.result() == pytest.approx(float(theirs.result()), rel=1e-6)
    ours.reset_state()
    assert ours.result() == 0


def test_accuracy_is_the_one_that_fits():
    for y_true, y_pred, wanted in [
        (LABELS, SHARES, metrics.SparseCategoricalAccuracy()),
        (LABELS[:, None], SHARES, metrics.SparseCategoricalAccuracy()),
        (ONE_HOT, SHARES, metrics.CategoricalAccuracy()),
        (YES_NO, CHANCES, metrics.BinaryAccuracy()),
    ]:
        accuracy = metrics.get("accuracy")
        for metric in (accuracy, wanted):
            metric.update_state(y_true, y_pred)
        assert accuracy.name == "accuracy" and accuracy.result() == wanted.result() > 0


@pytest.mark.parametrize(
    "name, y, output_shape, words",
    [
        ("sparse_categorical_crossentropy", np.array([0, 10]), (None, 10), "labels from 0 to 9.*holds 10"),
        ("sparse_categorical_crossentropy", np.array([-1, 0]), (None, 10), "labels from 0 to 9.*holds -1"),
        ("sparse_categorical_crossentropy", np.array([0.5]), (None, 10), "holds 0.5"),
        (
            "sparse_categorical_crossentropy",
            np.eye(10),
            (None, 10),
            r"`y` has shape \(10, 10\) and looks one-hot; .* labels of shape \(10,\).*Use CategoricalCrossentropy",
        ),
        (
            "categorical_crossentropy",
            np.array([1, 2]),
            (None, 10),
            r"`y` has shape \(2,\) and looks like labels; .* shape \(2, 10\).*Use Sparse.*to_categorical\(y, 10\)",
        ),
        ("categorical_crossentropy", np.eye(3), (None, 10), r"shape \(3, 3\).*shape \(3, 10\)"),
        ("categorical_crossentropy", np.full((1, 2), 3), (None, 2), "numbers from 0 to 1"),
        ("binary_crossentropy", np.array([0, 2]), (None, 1), "numbers from 0 to 1.*0 to 2"),
        ("mse", np.ones((3, 2)), (None, 3), r"`y` has shape \(3, 2\).*number by number.*\(3, 3\)"),
    ],
)
def test_targets_that_do_not_fit_are_named(name, y, output_shape, words):
    with pytest.raises(ValueError, match=words):
        losses.get(name).check(y, output_shape)


def test_unknown_names_list_the_known_ones():
    with pytest.raises(ValueError, match="`loss` 'crossentropies' is not known.*'sparse_categorical_crossentropy'"):
        losses.get("crossentropies")
    with pytest.raises(TypeError, match="`loss` must be a name.*got 3"):
        losses.get(3)
    with pytest.raises(ValueError, match="`metrics` 'accurate' is not known.*'accuracy'"):
        metrics.get("accurate")
