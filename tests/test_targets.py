"""Where targets meet predictions: for each pair of shapes Keras's number, or a refusal that says what would fit."""

import functools
import inspect
import re

import numpy as np
import pytest

import cnnlab
from cnnlab import layers, losses, metrics

N, C = 5, 3
rng = np.random.default_rng(0)


def softmax(scores):
    return (np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)).astype("float32")


LABELS, YES_NO = rng.integers(0, C, N), rng.integers(0, 2, N)
PREDICTIONS = {
    "(N,)": rng.uniform(0.1, 0.9, N).astype("float32"),
    "(N, 1)": rng.uniform(0.1, 0.9, (N, 1)).astype("float32"),
    "(N, C)": softmax(rng.normal(size=(N, C))),
}
TARGETS = {
    "(N,) labels": LABELS,
    "(N,) 0/1": YES_NO.astype("float32"),
    "(N, 1) labels": LABELS[:, np.newaxis],
    "(N, 1) 0/1": YES_NO[:, np.newaxis],
    "(N, C) one-hot": np.eye(C, dtype=int)[LABELS],
    "(N, C) shares": softmax(rng.normal(size=(N, C))),
}
WEIGHTS = rng.uniform(0, 2, N).astype("float32")

LOSSES = [name for name in losses.__all__ if name[0].isupper() and name != "Loss"]
METRICS = [name for name in metrics.__all__ if name[0].isupper() and name not in ("Metric", "MeanMetricWrapper")]
FUNCTIONS = [name for name in metrics.__all__ if name[0].islower() and name != "get"]
ROWS = (
    [(name, "losses") for name in LOSSES]
    + [(name, "metrics") for name in METRICS]
    + [(n, "metrics") for n in FUNCTIONS]
)
# Here Keras compares each of (N,) with each of (N, 1), or refuses them; the loss objects do not, nor do we.
BROADCAST = ["BinaryCrossentropy", "KLDivergence", "Poisson", "binary_crossentropy", "kl_divergence", "poisson"]


@functools.cache
def made(library, name, part):
    """Keras's or our loss, metric, or function."""
    what = getattr(getattr(library, part), name, None) or getattr(library.losses, name)
    arguments = dict(k=2) if "top_k" in name or "TopK" in name else {}
    return functools.partial(what, **arguments) if name[0].islower() else what(**arguments)


def call(library, name, part, y_true, y_pred, weights=None):
    """Keras's or our number, or numbers, for these targets."""
    what = made(library, name, part)
    getattr(what, "reset_state", lambda: None)()
    return np.asarray(what(y_true, y_pred, *(() if weights is None else (weights,))))


def test_every_loss_and_metric_for_every_shape_of_targets(record_property):
    import keras

    columns = [(p, t) for p in PREDICTIONS for t in TARGETS]
    heads = [f"{p} and {t}" for p, t in columns]
    table = ["Predictions and targets; =: Keras's number, x: refused."]
    table += [f"{i:>4}: {head}" for i, head in enumerate(heads)]
    table += [" " * 44 + "".join(f"{i:>3}" for i in range(len(columns)))]
    for name, part in ROWS:
        cells = []
        for p, t in columns:
            y_pred, y_true = PREDICTIONS[p], TARGETS[t]
            weighted = [] if name[0].islower() or p == "(N,)" else [WEIGHTS[:, np.newaxis]]
            for weights in (None, *weighted):
                try:
                    ours = call(cnnlab, name, part, y_true, y_pred, weights)
                except ValueError as error:
                    of_values = "must hold numbers from 0 to 1" in str(error) or "must hold 0 and 1" in str(error)
                    assert of_values or str(y_true.shape) in str(error) and str(y_pred.shape) in str(error), error
                    cells.append("x")
                    break
                if name in BROADCAST and part == "metrics" and y_true.shape != y_pred.shape:
                    y_true, y_pred = y_true.reshape(N, 1), y_pred.reshape(N, 1)
                theirs = call(keras, name, part, y_true, y_pred, weights)
                assert ours.shape == theirs.shape, (name, p, t)
                np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=1e-6, err_msg=f"{name}: {p}, {t}")
                if weights is not None:
                    assert call(cnnlab, name, part, y_true, y_pred, WEIGHTS) == ours
            else:
                cells.append("=")
        table.append(f"{name + (' (loss)' if part == 'losses' else ''):<44}" + "".join(f"{cell:>3}" for cell in cells))
    record_property("table", "\n".join(table))
    assert "\n".join(table).count("=") > 300


@pytest.mark.parametrize("classes, n", [(4, 4), (1, 1), (3, 1)])
@pytest.mark.parametrize("name, part", [row for row in ROWS if row[0][0].isupper()])
def test_shapes_that_broadcast_by_chance_are_no_exception(name, part, classes, n):
    """As many examples as classes, or one: what is refused for other numbers is not compared each with each."""
    ours = getattr(getattr(cnnlab, part), name)()
    y_pred, labels = np.full((n, classes), 1 / classes, "float32"), np.arange(n) % classes
    takes_labels = name.startswith("Sparse")
    alike = not takes_labels and not name.startswith(("Categorical", "TopK"))
    if classes > 1:
        if not takes_labels:
            with pytest.raises(ValueError, match=re.escape(f"has shape {labels.shape}")):
                ours(labels, y_pred)
        if takes_labels:
            with pytest.raises(ValueError, match="looks one-hot.*argmax"):
                ours(np.eye(classes)[labels], y_pred)
    elif not alike:
        with pytest.raises(ValueError, match="needs an output for each class.*Binary"):
            ours(labels, y_pred)
    with pytest.raises(ValueError, match=r"`sample_weight` must have shape|no such|needs an output"):
        ours(labels if takes_labels else np.eye(max(classes, 1))[labels], y_pred, np.ones(n + 1))


@pytest.mark.parametrize("outputs, activation", [(C, "softmax"), (1, "sigmoid")])
@pytest.mark.parametrize("name", [*LOSSES, "crossentropy"])
def test_evaluate_and_fit_take_and_refuse_what_the_loss_does(name, outputs, activation):
    x = rng.normal(size=(N, 4)).astype("float32")
    model = cnnlab.Sequential([layers.Input((4,)), layers.Dense(outputs, activation=activation)])
    model.compile(cnnlab.optimizers.SGD(0.0), name)
    for y in TARGETS.values():
        try:
            wanted = losses.get(name)(y, model.predict(x, verbose=0), WEIGHTS[:, np.newaxis])
        except ValueError as error:
            words = (
                str(error).replace("`y_true`", "`y`").replace("y_true", "y").replace("`y_pred`", "the model's output")
            )
            with pytest.raises(ValueError, match=re.escape(words)):
                model.evaluate(x, y, verbose=0)
            with pytest.raises(ValueError, match=re.escape(words)):
                model.fit(x, y, verbose=0)
            continue
        if name == "BinaryCrossentropy" and outputs > 1:
            continue  # as in Keras, it looks behind the softmax, where the predictions tell nothing of the loss
        for weights in (WEIGHTS, WEIGHTS[:, np.newaxis]):
            assert model.evaluate(x, y, verbose=0, sample_weight=weights) == pytest.approx(wanted, rel=1e-5)
            history = model.fit(x, y, verbose=0, sample_weight=weights).history
            assert history["loss"] == pytest.approx([wanted], rel=1e-5)


@pytest.mark.parametrize("name", ["sparse_categorical_accuracy", "categorical_accuracy", "precision", "mse"])
def test_a_metric_that_does_not_fit_is_named_before_the_first_step(name):
    model = cnnlab.Sequential([layers.Input((4,)), layers.Dense(C, activation="softmax")])
    y = TARGETS["(N, C) one-hot"] if name.startswith("sparse") else LABELS
    model.compile("sgd", "categorical_crossentropy" if name.startswith("sparse") else "ce", metrics=[name])
    before = model.get_weights()
    with pytest.raises(ValueError, match="`y` has shape"):
        model.fit(np.ones((N, 4)), y, verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


@pytest.mark.parametrize(
    "y_true, y_pred, what, words",
    [
        (
            np.eye(3)[[0, 1, 2, 0, 1]],
            PREDICTIONS["(N, C)"],
            losses.SparseCategoricalCrossentropy(),
            "`y_true` has shape (5, 3) and looks one-hot; SparseCategoricalCrossentropy takes labels of shape (5,), for "
            "`y_pred` of shape (5, 3). Use CategoricalCrossentropy, or y_true.argmax(axis=-1).",
        ),
        (
            LABELS,
            PREDICTIONS["(N, C)"],
            metrics.CategoricalAccuracy(),
            "`y_true` has shape (5,) and looks like labels; CategoricalAccuracy takes one-hot rows, of shape (5, 3) as "
            "`y_pred`. Use SparseCategoricalAccuracy, or cnnlab.utils.to_categorical(y_true, 3).",
        ),
        (
            LABELS,
            PREDICTIONS["(N, C)"],
            losses.MeanSquaredError(),
            "`y_true` has shape (5,) and looks like labels; MeanSquaredError compares number by number, and `y_pred` has "
            "shape (5, 3). Use SparseCategoricalCrossentropy, or cnnlab.utils.to_categorical(y_true, 3).",
        ),
        (LABELS / 7, PREDICTIONS["(N, C)"], losses.MeanAbsoluteError(), "the model needs one output: Dense(1)."),
        (
            np.eye(2)[YES_NO],
            PREDICTIONS["(N, 1)"],
            losses.BinaryCrossentropy(),
            "y_true.argmax(axis=-1) makes 0 and 1 of them; or give the model 2 outputs, and use CategoricalCrossentropy.",
        ),
        (LABELS, PREDICTIONS["(N, 1)"], losses.SparseCategoricalCrossentropy(), "no, use BinaryCrossentropy."),
        (
            [1, 2, 3, 1, 2],
            PREDICTIONS["(N, C)"],
            losses.SparseCategoricalCrossentropy(),
            "begin with 0: take y_true - 1.",
        ),
        ([0, 1, 2, 5, 0], PREDICTIONS["(N, C)"], losses.SparseCategoricalCrossentropy(), "it holds 5. Labels begin"),
        ([0, -1, 2, 1, 0], PREDICTIONS["(N, C)"], losses.SparseCategoricalCrossentropy(), "it holds -1."),
        (
            list("01201"),
            PREDICTIONS["(N, C)"],
            losses.SparseCategoricalCrossentropy(),
            "np.asarray(y_true).astype(int)",
        ),
        (np.array(list("01201")), PREDICTIONS["(N, C)"], metrics.SparseCategoricalAccuracy(), " y_true.astype(int)"),
        (["cat"] * N, PREDICTIONS["(N, C)"], metrics.get("acc"), "np.unique(y_true, return_inverse=True)[1] numbers"),
        (np.array([0, None, 1, 0, 1]), PREDICTIONS["(N, C)"], metrics.get("acc"), "holds None: a value is missing"),
        (2 * YES_NO - 1, PREDICTIONS["(N, 1)"], losses.BinaryCrossentropy(), "(y_true + 1) / 2 makes 0 and 1 of them."),
        (LABELS, PREDICTIONS["(N, 1)"], losses.BinaryCrossentropy(), "got 0 to 2. For labels such as 2, use Sparse"),
        (
            np.eye(2)[YES_NO],
            PREDICTIONS["(N, 1)"],
            losses.CategoricalCrossentropy(),
            "give the model 2 outputs: Dense(2)",
        ),
        (LABELS, PREDICTIONS["(N, 1)"], metrics.Precision(), "`y_true` must hold 0 and 1 alone for Precision"),
    ],
)
def test_refusals_say_what_would_fit(y_true, y_pred, what, words):
    with pytest.raises((TypeError, ValueError)) as caught:
        what(y_true, y_pred)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "kind",
    [
        lambda y: y.tolist(),
        lambda y: y.astype(float),
        lambda y: y.astype("uint8"),
        lambda y: y.astype(object),
        lambda y: np.array(y.tolist() + [None], object)[:-1],
        lambda y: y.astype(">i4"),
        lambda y: type("Series", (), {"__array__": lambda self, *args, **more: y, "__len__": lambda self: len(y)})(),
    ],
)
def test_labels_of_any_type_are_the_same_labels(kind):
    y_pred, wanted = PREDICTIONS["(N, C)"], losses.sparse_categorical_crossentropy(LABELS, PREDICTIONS["(N, C)"])
    np.testing.assert_array_equal(losses.sparse_categorical_crossentropy(kind(LABELS), y_pred), wanted)
    assert metrics.get("accuracy")(kind(LABELS), y_pred) == metrics.get("accuracy")(LABELS, y_pred)
    model = cnnlab.Sequential([layers.Input((3,)), layers.Dense(C, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    assert model.evaluate(y_pred, kind(LABELS), verbose=0) == model.evaluate(y_pred, LABELS, verbose=0)
    rows = cnnlab.utils.to_categorical(kind(LABELS), C)
    np.testing.assert_array_equal(rows, TARGETS["(N, C) one-hot"])
    explorer = cnnlab.widgets.ConfusionExplorer(kind(LABELS), y_pred, np.zeros((N, 2, 2)))
    assert np.trace(explorer.matrix) == (y_pred.argmax(axis=1) == LABELS).sum()


def test_positions_of_arguments_are_those_of_keras():
    import keras

    for part in ("losses", "metrics"):
        ours, theirs = getattr(cnnlab, part), getattr(keras, part)
        for name in [*ours.__all__, "get"]:
            if (name, part) != ("huber", "metrics"):  # Keras has it as a loss alone
                found = [list(inspect.signature(getattr(module, name)).parameters) for module in (ours, theirs)]
                assert found[0] == found[1], name
    for name in ("compile", "fit", "evaluate", "predict", "train_on_batch", "test_on_batch"):
        ours, theirs = (
            {n: p.default for n, p in inspect.signature(getattr(model, name)).parameters.items() if n != "kwargs"}
            for model in (cnnlab.Sequential, keras.Sequential)
        )
        assert list(ours.items()) == list(theirs.items()), name


def test_every_name_of_keras_for_a_loss_or_metric_that_is_here():
    import keras

    for name in ("bce", "BCE", "mse", "MSE", "mae", "MAE", "mape", "MAPE", "msle", "MSLE", "kld", "KLD", *LOSSES):
        y_true, y_pred = TARGETS["(N, C) one-hot"], PREDICTIONS["(N, C)"]
        y_true = LABELS if name.startswith("Sparse") else y_true
        theirs = np.mean(keras.losses.get(name)(y_true, y_pred))
        assert losses.get(name)(y_true, y_pred) == pytest.approx(float(theirs), rel=1e-5)
        if "kld" not in name.lower() and name != "Huber":
            assert metrics.get(name)(y_true, y_pred) == pytest.approx(float(theirs), rel=1e-5)


WEIGHTED = [
    dict(class_weight={np.int64(0): np.float32(3), 1.0: 0.5}, validation_split=0.25),
    dict(sample_weight=np.linspace(0, 2, 12, dtype="float32")[:, np.newaxis], validation_split=0.25),
    dict(validation_data="weighted", validation_freq=2, validation_batch_size=7, steps_per_epoch=4),
]


@pytest.mark.parametrize("settings", WEIGHTED)
def test_weights_in_training_validation_and_metrics_equal_keras(settings):
    """Class weights count in training alone; sample weights are split; `metrics` heed neither."""
    import keras

    x, y = rng.normal(size=(12, 4)).astype("float32"), rng.integers(0, C, 12)
    theirs = keras.Sequential([keras.Input((4,)), keras.layers.Dense(C, "softmax")])
    ours = cnnlab.Sequential([layers.Input((4,)), layers.Dense(C, activation="softmax")])
    ours.set_weights(theirs.get_weights())
    if "validation_data" in settings:
        kept = (np.linspace(1, 3, 12)[:, np.newaxis],) if settings["validation_data"] == "weighted" else ()
        settings = {**settings, "validation_data": (x, y, *kept)}
    size = None if "steps_per_epoch" in settings else 5
    histories, evaluations = [], []
    for model in (ours, theirs):
        model.compile(
            *("sgd", "sparse_categorical_crossentropy", None, ["accuracy"]),
            weighted_metrics=["accuracy", "sparse_categorical_crossentropy"],
            run_eagerly=True,
        )
        histories.append(model.fit(x, y, size, epochs=2, shuffle=False, verbose=0, **settings).history)
        weights = np.linspace(2, 0, 12)[:, np.newaxis]
        evaluations.append(model.evaluate(x, y, 5, 0, weights, None, None, True))
    for one, other in (histories, evaluations):
        assert set(one) == set(other)
        for name in one:
            np.testing.assert_allclose(one[name], other[name], rtol=1e-4, atol=1e-6, err_msg=name)
    for one, other in zip(ours.get_weights(), theirs.get_weights()):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("reduction", ["sum", "none", None, "mean", "mean_with_sample_weight"])
def test_reductions_equal_keras(reduction):
    import keras
    import tensorflow as tf

    for name in ("SparseCategoricalCrossentropy", "MeanSquaredError"):
        y_true = LABELS if name.startswith("Sparse") else TARGETS["(N, C) shares"]
        y_pred = PREDICTIONS["(N, C)"]
        ours = getattr(losses, name)(reduction=reduction)
        theirs = getattr(keras.losses, name)(reduction=reduction)
        for weights in (None, WEIGHTS, WEIGHTS[:, np.newaxis]):
            output = tf.constant(y_pred)
            with tf.GradientTape() as tape:
                tape.watch(output)
                loss = theirs(y_true, output, sample_weight=weights)
            np.testing.assert_allclose(np.ravel(ours(y_true, y_pred, weights)), np.ravel(loss), rtol=1e-5)
            gradient = ours.gradient(y_true, y_pred, weights)
            np.testing.assert_allclose(gradient, tape.gradient(loss, output), rtol=1e-4, atol=1e-7)


def test_a_class_to_be_ignored_equals_keras():
    import keras
    import tensorflow as tf

    maps, labels = softmax(rng.normal(size=(2, 3, 4, C))), rng.integers(-1, C, (2, 3, 4))
    for reduction in ("mean", "sum", "mean_with_sample_weight"):
        ours = losses.SparseCategoricalCrossentropy(ignore_class=-1, reduction=reduction)
        theirs = keras.losses.SparseCategoricalCrossentropy(ignore_class=-1, reduction=reduction)
        for weights in (None, rng.uniform(size=(2, 3, 4)).astype("float32")):
            output = tf.constant(maps)
            with tf.GradientTape() as tape:
                tape.watch(output)
                loss = theirs(labels, output, sample_weight=weights)
            assert ours(labels, maps, weights) == pytest.approx(float(loss), rel=1e-5)
            gradient = ours.gradient(labels, maps, weights)
            np.testing.assert_allclose(gradient, tape.gradient(loss, output), rtol=1e-4, atol=1e-7)
    metric = metrics.SparseCategoricalCrossentropy(ignore_class=-1)
    assert metric(labels, maps) >= 0


@pytest.mark.parametrize(
    "code",
    [
        "Precision()",
        "Recall()",
        "Precision(thresholds=[0.2, 0.5, 0.8])",
        "Recall(0.3)",
        "Precision(top_k=2)",
        "Recall(None, 1)",
        "Recall(class_id=1)",
        "Precision(0.3, 2, 1)",
        "TopKCategoricalAccuracy(2)",
        "RootMeanSquaredError()",
        "BinaryCrossentropy('b', None, True, 0.1)",
        "CategoricalCrossentropy(from_logits=True)",
    ],
)
def test_metrics_over_batches_with_weights_equal_keras(code):
    import keras

    y_true, y_pred, weights = np.eye(4)[rng.integers(0, 4, 9)], softmax(rng.normal(size=(9, 4))), rng.uniform(size=9)
    for given in (None, weights):
        ours, theirs = (eval(f"library.metrics.{code}", {"library": library}) for library in (cnnlab, keras))
        for part in (slice(0, 4), slice(4, 9)):
            for metric in (ours, theirs):
                metric.update_state(y_true[part], y_pred[part], None if given is None else given[part])
        np.testing.assert_allclose(ours.result(), theirs.result(), rtol=1e-5)
        assert ours.fresh().result() is not ours.result() and not np.any(ours.fresh().result())


def test_a_function_is_a_loss_and_a_metric():
    import keras

    def fourth_power(y_true, y_pred):
        return ((y_true - y_pred) ** 4).sum(axis=-1)

    def of_keras(y_true, y_pred):
        return keras.ops.sum((y_true - y_pred) ** 4, axis=-1)

    x, y = rng.normal(size=(12, 4)).astype("float32"), np.eye(C, dtype="uint8")[rng.integers(0, C, 12)]
    theirs = keras.Sequential([keras.Input((4,)), keras.layers.Dense(C, "softmax")])
    ours = cnnlab.Sequential([layers.Input((4,)), layers.Dense(C, activation="softmax")])
    ours.set_weights(theirs.get_weights())
    histories = []
    for model, function, targets in ((ours, fourth_power, y), (theirs, of_keras, y.astype("float32"))):
        model.compile("sgd", function, metrics=[function], run_eagerly=True)
        histories.append(model.fit(x, targets, 5, epochs=2, shuffle=False, verbose=0).history)
    np.testing.assert_allclose(histories[0]["fourth_power"], histories[1]["of_keras"], rtol=1e-5)
    for one, other in zip(ours.get_weights(), theirs.get_weights()):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", [name for name in LOSSES])
def test_slopes_found_by_small_steps_are_those_written_down(name):
    """Every loss against its own gradient, also where a probability is small."""
    loss = losses.get(name)
    shares = softmax(3 * rng.normal(size=(4, C)).astype("float32")).astype(float)
    y_true = LABELS[:4] if name.startswith("Sparse") else TARGETS["(N, C) shares"][:4].astype(float)
    grad = rng.normal(size=4)
    found = losses._slopes(loss, grad, y_true, shares)
    np.testing.assert_allclose(found, loss.call_grad(grad, y_true, shares), rtol=1e-4, atol=1e-6)


def test_slopes_of_functions_that_small_steps_cannot_find_are_refused():
    model = cnnlab.Sequential([layers.Input((4,)), layers.Dense(1)])
    x, y = np.ones((N, 4), "float32"), YES_NO

    def fits(function):
        model.compile("sgd", function)
        assert np.isfinite(model.evaluate(x, y, verbose=0))  # a number always
        model.fit(x, y, verbose=0)

    fits(lambda y_true, y_pred: np.abs(y_true - y_pred))
    with pytest.raises(ValueError, match="one number per example.*axis=-1"):
        fits(lambda y_true, y_pred: np.mean((y_true - y_pred) ** 2))
    with pytest.raises(TypeError, match="gives float32 for predictions of float64"):
        fits(lambda y_true, y_pred: ((y_true - y_pred) ** 2).astype("float32"))
    with pytest.raises(ValueError, match="depends on the other examples"):
        fits(lambda y_true, y_pred: (y_true - y_pred / np.abs(y_pred).sum()) ** 2)


def test_targets_of_bytes_do_not_wrap_around_in_a_function():
    y = np.array([0, 1, 1], "uint8")
    loss = losses.get(lambda y_true, y_pred: (-y_true * y_pred).sum(axis=-1))
    assert loss(y, np.ones((3, 1), "float32")) == pytest.approx(-2 / 3)
    apart = metrics.get(lambda y_true, y_pred: np.abs(y_true - y_pred))
    assert apart(y, np.ones((3, 1), "float32")) == pytest.approx(1 / 3)  # (N,) and (N, 1) are not crossed


def test_a_function_of_this_package_is_the_loss_it_belongs_to():
    for function in (
        losses.mean_squared_error,
        cnnlab.ops.categorical_crossentropy,
        losses.huber,
        losses.MeanSquaredError,
    ):
        assert type(losses.get(function)).__module__ == "cnnlab.losses" and losses.get(function).call_grad is not None
        assert not isinstance(losses.get(function), losses._FunctionLoss)
    assert isinstance(metrics.get(metrics.binary_accuracy), metrics.BinaryAccuracy)
    assert isinstance(metrics.get(losses.mean_absolute_error), metrics.MeanAbsoluteError)


def test_things_of_keras_name_the_import_to_change():
    import keras

    for thing in (keras.losses.MeanSquaredError(), keras.losses.MeanSquaredError, keras.losses.mean_squared_error):
        with pytest.raises(TypeError, match="from cnnlab.losses import [Mm]ean_?[Ss]quared_?[Ee]rror"):
            losses.get(thing)
    with pytest.raises(TypeError, match="from cnnlab.metrics import Precision"):
        metrics.get(keras.metrics.Precision())
    with pytest.raises(TypeError, match="Dice, and cnnlab has nothing of this name"):
        losses.get(keras.losses.Dice())


def test_nan_is_never_the_largest_as_in_keras():
    import keras

    y_pred = np.array([[0.1, np.nan, 0.9], [np.nan] * 3, [0.2, 0.5, 0.3]], "float32")
    for labels in ([0, 0, 1], [1, 1, 1], [2, 2, 1]):
        for name, y_true in (("Sparse", np.array(labels)), ("", np.eye(C)[labels]), ("SparseTopK", np.array(labels))):
            ours, theirs = (getattr(part, f"{name}CategoricalAccuracy")() for part in (metrics, keras.metrics))
            assert ours(y_true, y_pred) == pytest.approx(float(theirs(y_true, y_pred)))
    assert np.isnan(losses.get("ce")([0, 0, 1], y_pred))


def test_one_in_a_list_is_the_one_of_the_only_output():
    model = cnnlab.Sequential([layers.Input((4,)), layers.Dense(C, activation="softmax")])
    model.compile("sgd", ["ce"], metrics=[["acc"], "mse"][:1])
    assert len(model.evaluate(np.ones((N, 4)), LABELS, verbose=0)) == 2


def test_metrics_of_one_name_are_told_apart():
    model = cnnlab.Sequential([layers.Input((4,)), layers.Dense(C, activation="softmax")])
    kinds = [metrics.Precision(class_id=0), metrics.Precision(class_id=1)]
    model.compile("sgd", "ce", metrics=kinds, weighted_metrics=[metrics.Precision(class_id=0)])
    found = model.evaluate(np.ones((N, 4)), np.eye(C)[LABELS], verbose=0, return_dict=True)
    assert list(found) == ["loss", "precision", "precision_1", "weighted_precision"]


def test_tensors_and_types_of_tensorflow():
    import keras
    import tensorflow as tf

    y_pred = PREDICTIONS["(N, C)"]
    wanted = losses.SparseCategoricalCrossentropy()(LABELS, y_pred)
    for kind in (tf.constant, keras.ops.convert_to_tensor):
        assert losses.SparseCategoricalCrossentropy()(kind(LABELS), kind(y_pred)) == wanted
        assert metrics.get("accuracy")(kind(LABELS), kind(y_pred)) == metrics.get("accuracy")(LABELS, y_pred)
    for dtype in (tf.float64, "float64", np.float64, keras.DTypePolicy("float64")):
        assert losses.MeanSquaredError(dtype=dtype).dtype == np.float64
    with pytest.raises(ValueError, match="`dtype` must be None or a floating-point type"):
        metrics.Precision(dtype="int32")
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", losses.MeanSquaredError())
    with pytest.raises(TypeError, match="which has no"):
        model.fit(np.ones((3, 4)), np.ones(3), verbose=0)


@pytest.mark.parametrize(
    "weight, error, words",
    [
        ([1.0, 5.0, 1.0], TypeError, r"`class_weight` must be a dict.*dict\(enumerate\(weights\)\)"),
        ({"0": 2.0}, TypeError, "`class_weight` must be a dict from labels"),
        ({0: "two"}, TypeError, "`class_weight` must be a dict from labels"),
    ],
)
def test_bad_class_weights_are_named(weight, error, words):
    model = cnnlab.Sequential([layers.Input((4,)), layers.Dense(C, activation="softmax")])
    model.compile("sgd", "ce")
    with pytest.raises(error, match=words):
        model.fit(np.ones((N, 4)), LABELS, class_weight=weight, verbose=0)


@pytest.mark.parametrize(
    "given, wanted",
    [
        *(((28, 28), wanted) for wanted in ((28, 28, 1), (784,), (28, 28, 3))),
        *(((28, 28, 1), wanted) for wanted in ((28, 28, 1), (28, 28), (784,), (28, 28, 3), (None, None, 1))),
        *(((28, 28, 3), wanted) for wanted in ((28, 28, 3), (28, 28, 1), (None, None, 3), (2352,))),
        *(((5, 28, 28), wanted) for wanted in ((784,), (28, 28, 3))),
        *(((5, 28, 28, 1), wanted) for wanted in ((784,), (28, 28, 3))),
        *(((5, 28, 28, 3), wanted) for wanted in ((28, 28, 1),)),
        *(((5, 28, 28, 4), wanted) for wanted in ((28, 28, 1), (28, 28, 3))),
        *(((28, 28, 4), wanted) for wanted in ((28, 28, 1), (28, 28, 3))),
        *(((784,), wanted) for wanted in ((784,), (28, 28, 1), (28, 28))),
        *(((5, 784), wanted) for wanted in ((28, 28, 1),)),
        *(((5, 1, 28, 28), wanted) for wanted in ((28, 28, 1),)),
        *(((5, 3, 28, 28), wanted) for wanted in ((28, 28, 3),)),
        ((3, 28, 28), (28, 28, 3)),
    ],
)
def test_pictures_in_a_wrong_shape_are_told_the_way_in(given, wanted):
    """The code in the error, run as it stands, makes what the model takes."""
    model = cnnlab.Sequential([layers.Input(wanted), layers.Flatten()])
    x = rng.uniform(size=given).astype("float32")
    with pytest.raises(ValueError, match=re.escape(f"got shape {given}")) as caught:
        model.predict(x, verbose=0)
    code = re.search(r"goes in as (\S.*)\.$|model's Input; got shape \([^)]*\)\. (.*) fits\.$", str(caught.value))
    way = code[1] or code[2]
    examples = 1 if code[1] else len(x)
    assert model.predict(eval(way, {"np": np, "x": x}), verbose=0).shape[0] == examples, way


def test_pictures_of_another_size_are_told_so():
    model = cnnlab.Sequential([layers.Input((28, 28, 1)), layers.Flatten()])
    for given in ((5, 32, 32, 1), (32, 32), (5, 32, 32)):
        with pytest.raises(ValueError, match="pictures of 28 × 28 pixels; these have 32 × 32"):
            model.predict(np.zeros(given), verbose=0)


def test_maps_of_another_size_than_at_first_have_targets_of_their_size():
    model = cnnlab.Sequential(
        [layers.Input((None, None, 1)), layers.Conv2D(C, 3, padding="same", activation="softmax")]
    )
    model.compile("sgd", "ce", metrics=["acc"])
    for size in (6, 8):
        x, y = rng.normal(size=(2, size, size, 1)), rng.integers(0, C, (2, size, size))
        for weights in (None, np.ones(2), np.ones((2, 1)), np.ones((2, size, size)), np.ones((2, size, size, 1))):
            assert len(model.evaluate(x, y, verbose=0, sample_weight=weights)) == 2


def test_steps_and_callbacks_of_evaluate_and_predict():
    told = []

    class Heard(cnnlab.callbacks.Callback):
        def on_test_batch_end(self, batch, logs=None):
            told.append(("test", batch))

        def on_predict_batch_end(self, batch, logs=None):
            told.append(("predict", batch))

    model = cnnlab.Sequential([layers.Input((4,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    x, y = rng.normal(size=(10, 4)), rng.normal(size=10)
    assert model.predict(x, 3, 0, 2, [Heard()]).shape == (6, 1) and model.predict(x, steps=4, verbose=0).shape == (
        10,
        1,
    )
    assert model.evaluate(x, y, 3, 0, None, 2, [Heard()]) == pytest.approx(model.evaluate(x[:6], y[:6], verbose=0))
    assert told == [("predict", 0), ("predict", 1), ("test", 0), ("test", 1)]
    with pytest.raises(ValueError, match="`steps_per_epoch` 2 with `batch_size` 3 leaves out some of the 10"):
        model.fit(x, y, 3, steps_per_epoch=2, verbose=0)
