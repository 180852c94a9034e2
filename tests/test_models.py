import copy
import importlib
import inspect
import os
import warnings

import numpy as np
import pytest

import cnnlab
from cnnlab import callbacks, layers, utils

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"  # see tests/ops/conftest.py


def pictures(n, seed=0):
    """Pictures of three classes, easy to tell apart: a bright row at the top, in the middle, at the bottom."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    x = rng.normal(scale=0.3, size=(n, 6, 6, 1))
    x[np.arange(n), labels * 2] += 1
    return x.astype("float32"), labels


def small_model(compiled=True, **settings):
    model = cnnlab.Sequential(
        [
            layers.Input((6, 6, 1)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.BatchNormalization(momentum=0.8),
            layers.Flatten(),
        ]
    )
    model.add(layers.Dense(3, activation="softmax", **settings))
    if compiled:
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


X, Y = pictures(90)


def test_it_learns_and_keeps_a_history():
    utils.set_random_seed(0)
    model = small_model()
    model.compile(cnnlab.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    x_test, y_test = pictures(60, seed=1)
    history = model.fit(X, Y, batch_size=16, epochs=15, validation_data=(x_test, y_test), verbose=0)
    assert list(history.history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert history.epoch == list(range(15)) and history is model.history and not history.interrupted
    assert history.history["loss"][-1] < history.history["loss"][0] / 3
    loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
    assert accuracy > 0.9
    assert (loss, accuracy) == (history.history["val_loss"][-1], history.history["val_accuracy"][-1])
    assert (model.predict(x_test, verbose=0).argmax(-1) == y_test).mean() == accuracy
    assert model.evaluate(x_test, y_test, batch_size=7, verbose=0, return_dict=True) == pytest.approx(
        {"loss": loss, "accuracy": accuracy}
    )


def test_the_same_seed_gives_the_same_training():
    runs = []
    for seed in (1, 1, 2):
        utils.set_random_seed(seed)
        model = small_model()
        model.add(layers.Dropout(0.2))
        runs.append(model.fit(X, Y, epochs=2, verbose=0).history["loss"])
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize(
    "settings", [{}, {"validation_split": 0.25}, {"class_weight": {0: 3.0, 1: 0.5}}, {"sample_weight": True}]
)
def test_history_equals_keras(settings):
    import keras

    if "sample_weight" in settings:
        settings = {"sample_weight": np.linspace(0, 2, len(X)).astype("float32")}
    code = """[L.Input((6, 6, 1)), L.Conv2D(4, 3, activation="relu", kernel_regularizer="l2"), L.BatchNormalization(),
              L.Flatten(), L.Dense(3, activation="softmax", kernel_constraint="max_norm")]"""
    theirs, ours = keras.Sequential(eval(code, {"L": keras.layers})), cnnlab.Sequential(eval(code, {"L": layers}))
    ours.set_weights(theirs.get_weights())
    histories = []
    for model in (theirs, ours):
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
        history = model.fit(X, Y, batch_size=20, epochs=3, shuffle=False, verbose=0, **settings)
        histories.append(history.history)
    assert set(histories[0]) == set(histories[1])
    for name, values in histories[0].items():
        np.testing.assert_allclose(histories[1][name], values, rtol=1e-4, err_msg=name)
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("activation", ["softmax", "sigmoid", "linear"])
@pytest.mark.parametrize(
    "loss", ["sparse_categorical_crossentropy", "categorical_crossentropy", "binary_crossentropy", "mse"]
)
def test_loss_after_each_last_activation_equals_keras(activation, loss):
    """Crossentropies look behind a last softmax or sigmoid, even where that makes little sense."""
    import keras

    y = Y if loss.startswith("sparse") else np.eye(3)[Y]
    if activation == "linear" and loss != "mse":
        return
    theirs = keras.Sequential([keras.Input((6, 6, 1)), keras.layers.Flatten(), keras.layers.Dense(3, activation)])
    ours = cnnlab.Sequential(
        [layers.Input((6, 6, 1)), layers.Flatten(), layers.Dense(3), layers.Activation(activation)]
    )
    ours.set_weights([weight * 40 for weight in theirs.get_weights()])  # sure of itself: probabilities of 1e-30
    theirs.set_weights(ours.get_weights())
    for model in (theirs, ours):
        model.compile("sgd", loss)
    assert ours.evaluate(X, y, verbose=0) == pytest.approx(theirs.evaluate(X, y, verbose=0), rel=1e-4)
    assert ours.train_on_batch(X, y) == pytest.approx(float(theirs.train_on_batch(X, y)), rel=1e-4)
    for one, other in zip(ours.get_weights(), theirs.get_weights()):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_gradients_are_the_slopes_of_the_loss_and_change_nothing():
    model = cnnlab.Sequential(
        [layers.Conv2D(2, 3, activation="tanh", input_shape=(6, 6, 1), dtype="float64", kernel_regularizer="l2")]
        + [layers.BatchNormalization(dtype="float64"), layers.Flatten(dtype="float64")]
        + [layers.Dense(3, activation="softmax", dtype="float64")]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    before = model.get_weights()
    loss, gradients = model.gradients(X, Y)
    for one, other in zip(model.get_weights(), before):
        np.testing.assert_array_equal(one, other)
    assert [g.shape for g in gradients] == [w.shape for w in model.trainable_weights]
    rng = np.random.default_rng(0)
    for weight, gradient in zip(model.trainable_weights, gradients):
        place = tuple(rng.integers(0, n) for n in weight.shape)
        kept = weight[place]
        weight[place] = kept + 1e-6
        above = model.gradients(X, Y)[0]
        weight[place] = kept
        assert (above - loss) / 1e-6 == pytest.approx(gradient[place], rel=1e-3, abs=1e-5)


class Interrupt(callbacks.Callback):
    """The stop button, pressed in the middle of a step."""

    def __init__(self, epoch, batch):
        self.when, self.epoch = (epoch, batch), None

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        if (self.epoch, batch) == self.when:
            self.model.layers[0].call_grad = self.press
            self.weights, self.optimizer_state = self.model.get_weights(), self.model.optimizer.state()

    def press(self, grad):
        raise KeyboardInterrupt


def test_an_interrupt_keeps_the_last_finished_batch_and_the_history(capsys):
    model, button = small_model(), Interrupt(epoch=2, batch=1)
    history = model.fit(X, Y, batch_size=30, epochs=5, verbose=0, callbacks=[button])
    assert history.interrupted and history.epoch == [0, 1] and len(history.history["loss"]) == 2
    for one, other in zip(model.get_weights(), button.weights):  # moving averages, too
        np.testing.assert_array_equal(one, other)
    assert model.optimizer.state() == button.optimizer_state and model.optimizer.iterations == 7
    assert "Interrupted in epoch 3 of 5" in capsys.readouterr().out
    del model.layers[0].call_grad
    model.fit(X, Y, epochs=1, verbose=0)  # and it goes on


def test_callbacks_are_called_in_order_and_may_stop():
    class Listener(callbacks.Callback):
        heard = []

        def on_train_begin(self, logs=None):
            self.heard.append("train")

        def on_epoch_begin(self, epoch, logs=None):
            self.heard.append(f"epoch {epoch}")

        def on_train_batch_end(self, batch, logs=None):
            self.heard.append(batch)
            assert {"loss", "accuracy"} == set(logs)

        def on_epoch_end(self, epoch, logs=None):
            logs["mine"] = epoch
            self.model.stop_training = epoch == 3

        def on_train_end(self, logs=None):
            self.heard.append("end")

    listener = Listener()
    history = small_model().fit(X, Y, batch_size=60, epochs=9, initial_epoch=2, verbose=0, callbacks=[listener])
    assert listener.heard == ["train", "epoch 2", 0, 1, "epoch 3", 0, 1, "end"]
    assert listener.params == {"epochs": 9, "steps": 2, "verbose": 0}
    assert history.epoch == history.history["mine"] == [2, 3]


def test_training_may_stop_after_any_batch():
    class Enough(callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 1

    model = small_model()
    history = model.fit(X, Y, batch_size=10, epochs=3, verbose=0, callbacks=Enough())
    assert model.optimizer.iterations == 2 and history.epoch == [0]


def test_early_stopping_brings_back_the_best_weights(tmp_path):
    model = small_model()
    model.compile("sgd", "sparse_categorical_crossentropy")
    rate = callbacks.LearningRateScheduler(lambda epoch: 0.05 if epoch < 3 else 30.0)  # it goes well, then not at all
    stop = callbacks.EarlyStopping("loss", patience=2, restore_best_weights=True)
    best = callbacks.ModelCheckpoint(tmp_path / "best.npz", "loss", save_best_only=True, save_weights_only=True)
    history = model.fit(X, Y, epochs=20, verbose=0, callbacks=[rate, stop, best], shuffle=False)
    assert history.history["learning_rate"][:4] == [0.05, 0.05, 0.05, 30.0]
    assert len(history.epoch) == int(np.argmin(history.history["loss"])) + 3
    kept = model.get_weights()
    model.load_weights(tmp_path / "best.npz")
    for one, other in zip(model.get_weights(), kept):
        np.testing.assert_array_equal(one, other)


def test_weights_that_are_not_trainable_stay():
    model = small_model()
    model.layers[0].trainable = model.layers[1].trainable = False
    before = model.get_weights()
    model.fit(X, Y, epochs=1, verbose=0)
    same = [np.array_equal(one, other) for one, other in zip(model.get_weights(), before)]
    assert same == [True] * 6 + [False] * 2
    assert len(model.trainable_weights) == 2


SUMMARIES = [
    *({"line_length": length} for length in (None, 60, 72)),
    {"show_trainable": True},
    {"show_trainable": True, "line_length": 71},
    {"positions": [0.3, 0.6, 1.0], "line_length": 79},
    {"expand_nested": True, "layer_range": ["pool", "inner"]},
    {"layer_range": ("inner", "inner"), "expand_nested": True},
]


def test_summary_is_the_table_of_keras():
    import keras

    code = """[L.Input((28, 28, 1)), L.Conv2D(32, 3, name="eyes"), L.MaxPooling2D(name="pool"), L.BatchNormalization(name="even"),
              L.Conv2D(8, 3, name="one_name_that_is_much_too_long_for_its_column"),
              Sequential([L.Conv2D(4, 2, name="deep"), Sequential([L.ReLU(name="deeper")], name="in")], name="inner"),
              L.GlobalAveragePooling2D(name="mean"), L.Dense(10, name="last")]"""
    texts = []
    for library, kind in ((keras.layers, keras.Sequential), (layers, cnnlab.Sequential)):
        model = kind(eval(code, {"L": library, "Sequential": kind}), name="small")
        model.layers[0].trainable = model.layers[4].trainable = False
        for settings in SUMMARIES:
            lines = []
            model.summary(**settings, print_fn=lines.append)
            texts.append("\n".join(line.rstrip() for line in "\n".join(lines).splitlines() if line.strip()))
    for ours, theirs, settings in zip(texts[len(SUMMARIES) :], texts, SUMMARIES):
        assert ours == theirs, settings


def test_all_weights_are_frozen_and_thawed_as_in_keras():
    """Before `compile` and after it; a model that is frozen as a whole, and layers in it."""
    import keras

    code = """[L.Input((6, 6, 1)), L.Conv2D(2, 3), L.BatchNormalization(),
              Sequential([L.Flatten(), L.Dense(4), L.BatchNormalization()]), L.Dense(3)]"""
    models = [
        kind(eval(code, {"L": library, "Sequential": kind}))
        for library, kind in ((keras.layers, keras.Sequential), (layers, cnnlab.Sequential))
    ]
    theirs, ours = models
    ours.set_weights(theirs.get_weights())

    def counts(model):
        return [model.trainable, len(model.trainable_weights), len(model.non_trainable_weights), len(model.weights)] + [
            layer.trainable for layer in model.layers
        ]

    def same():
        assert counts(ours) == counts(theirs)
        for model in models:
            model.compile("sgd", "mse")
            model.fit(X, np.eye(3)[Y], batch_size=30, shuffle=False, verbose=0)
        for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)

    def freeze(model, trainable):
        model.trainable = trainable

    for change in (
        lambda model: freeze(model, False),
        lambda model: freeze(model.layers[0], True),  # the model is still frozen
        lambda model: freeze(model, True),
        lambda model: freeze(model.layers[1], False),
        lambda model: freeze(model.layers[2], False),
        lambda model: freeze(model.layers[2].layers[1], True),
    ):
        for model in models:
            change(model)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The model does not have any trainable weights")
            same()


def test_a_frozen_model_says_so_when_it_is_trained():
    model = small_model()
    model.trainable = False
    before = model.get_weights()
    with pytest.warns(UserWarning, match="does not have any trainable weights"):
        model.fit(X, Y, verbose=0)
    for one, other in zip(model.get_weights(), before):  # the averages of BatchNormalization, too
        np.testing.assert_array_equal(one, other)
    model.trainable = True
    model.fit(X, Y, verbose=0)
    assert not np.array_equal(model.get_weights()[0], before[0])
    assert cnnlab.Sequential([layers.Dense(2)], trainable=False).layers[0].trainable is False


def test_a_model_in_a_model_equals_keras_and_the_same_layers_in_a_row():
    import keras

    code = """[Sequential([L.Input((6, 6, 1)), L.Conv2D(4, 3, activation="relu", name="a")], name="first"),
              Sequential([L.MaxPooling2D(), Sequential([L.Flatten(), L.BatchNormalization()])], name="second"),
              L.Dense(3, activation="softmax", name="a")]"""
    theirs, ours = (
        kind(eval(code, {"L": library, "Sequential": kind}))
        for library, kind in ((keras.layers, keras.Sequential), (layers, cnnlab.Sequential))
    )
    assert [w.shape for w in ours.get_weights()] == [w.shape for w in theirs.get_weights()]
    ours.set_weights(theirs.get_weights())
    flat = cnnlab.Sequential([layers.Input((6, 6, 1)), *list(ours._leaves())[:-1]])  # two of them have one name
    flat.add(layers.Dense(3, activation="softmax"))
    flat.set_weights(theirs.get_weights())
    np.testing.assert_array_equal(flat.predict(X, verbose=0), ours.predict(X, verbose=0))
    for model in (theirs, ours):
        model.compile("adam", "sparse_categorical_crossentropy", run_eagerly=True)
        model.fit(X, Y, batch_size=45, epochs=2, shuffle=False, verbose=0)
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)
    assert ours.layers[0].name == "first" and ours.get_layer("second").output_shape == (None, 16)
    assert ours.count_params() == theirs.count_params()


def test_averages_take_the_places_of_the_weights_after_training_as_in_keras():
    import keras

    for options in ({}, {"ema_overwrite_frequency": 2}, {"weight_decay": 0.1, "global_clipnorm": 0.5}):
        found = []
        for library, kind in ((keras.layers, keras.Sequential), (layers, cnnlab.Sequential)):
            model = kind([library.Input((6, 6, 1)), library.Flatten(), library.Dense(3, kernel_constraint="non_neg")])
            model.set_weights([np.full((36, 3), 0.1), np.zeros(3)])
            optimizers = keras.optimizers if kind is keras.Sequential else cnnlab.optimizers
            model.compile(optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5, **options), "mse", run_eagerly=True)
            model.fit(X, np.eye(3)[Y], batch_size=40, epochs=2, shuffle=False, verbose=0)
            found.append(model.get_weights())
        for theirs, ours in zip(*found):
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_an_optimizer_that_trains_a_second_model_is_refused_as_in_keras():
    import keras

    for library, kind in ((keras, keras.Sequential), (cnnlab, cnnlab.Sequential)):
        optimizer = library.optimizers.Adam()
        first, second = (
            kind([library.layers.Input((6, 6, 1)), library.layers.Flatten(), library.layers.Dense(3)]) for _ in "12"
        )
        for model in (first, second):  # which is no harm yet
            model.compile(optimizer, "mse", run_eagerly=True)
        first.fit(X, np.eye(3)[Y], verbose=0)
        with pytest.raises(ValueError, match="new"):
            second.fit(X, np.eye(3)[Y], verbose=0)
        second.evaluate(X, np.eye(3)[Y], verbose=0)
        first.compile(optimizer, "mse", run_eagerly=True)
        first.fit(X, np.eye(3)[Y], verbose=0)  # it goes on
        assert int(optimizer.iterations) == 6
    with pytest.raises(ValueError, match=r"This Adam has trained another model.*Make a new one.*optimizer=Adam\("):
        second.train_on_batch(X, np.eye(3)[Y])
    second.compile(type(optimizer).from_config(optimizer.get_config()), "mse")
    second.fit(X, np.eye(3)[Y], verbose=0)


def test_a_new_layer_of_an_old_name_begins_without_what_was_kept():
    model = small_model()
    model.add(layers.Dense(3, name="head"))
    model.compile("adam", "mse")
    model.fit(X, np.eye(3)[Y], verbose=0)
    assert any(key.startswith("head/") for key in model.optimizer.state()[1])
    model.pop()
    assert not any(key.startswith("head/") for key in model.optimizer.state()[1])
    model.add(layers.Dense(3, name="head"))
    model.fit(X, np.eye(3)[Y], verbose=0)


def test_losses_metrics_callbacks_and_regularizers_may_be_shared():
    """Two models trained in turns with the same objects are as two with objects of their own."""

    def train(shared):
        utils.set_random_seed(0)
        made = []
        for _ in range(2):
            if not made or not shared:
                parts = (
                    cnnlab.losses.SparseCategoricalCrossentropy(),
                    cnnlab.metrics.SparseCategoricalAccuracy(),
                    cnnlab.regularizers.L2(0.1),
                    callbacks.EarlyStopping("loss", restore_best_weights=True),
                )
            made.append((small_model(kernel_regularizer=parts[2]), *parts))
            made[-1][0].compile("adam", parts[0], metrics=[parts[1]])
        return [
            model.fit(X, Y, epochs=2, verbose=0, callbacks=[stop]).history for _ in "12" for model, *_, stop in made
        ]

    assert train(shared=True) == train(shared=False)


def test_a_layer_in_two_models_shares_its_weights():
    first = small_model()
    second = cnnlab.Sequential([layers.Input((9, 9, 1)), first.layers[0], layers.GlobalMaxPooling2D(), layers.Dense(3)])
    second.compile("sgd", "mse")
    before = first.predict(X, verbose=0)
    second.fit(np.ones((4, 9, 9, 1)), np.zeros((4, 3)), verbose=0)
    assert not np.array_equal(first.predict(X, verbose=0), before)
    first.fit(X, Y, verbose=0)
    lines = []
    first.summary(print_fn=lines.append)
    assert "(None, 4, 4, 4)" in lines[0] and "7, 7" not in lines[0]  # its own shapes, not those of the other model


def test_what_would_do_nothing_is_refused():
    model = small_model()
    with pytest.raises(AttributeError, match="Use `add` and `pop`"):
        model.layers = []
    model.layers.append("nothing")
    assert len(model.layers) == 4
    for name, meant in (("trainabel", "trainable"), ("optimiser", "optimizer"), ("metric", "metrics")):
        with pytest.raises(AttributeError, match=f"no `{name}`. Is it `{meant}`"):
            setattr(model, name, False)
    model.note = "of one's own"
    model.optimizer, model.loss, model.metrics = "sgd", "mse", ["mae"]
    assert list(model.fit(X, np.eye(3)[Y], verbose=0).history) == ["loss", "mae"]
    with pytest.raises(ValueError, match="`optimizer` 'adamm' is not known"):
        model.optimizer = "adamm"
    with pytest.raises(AttributeError, match="set `learning_rate` = 0.5"):
        model.optimizer.lr = 0.5


POSITIONS = [
    *("compile fit evaluate predict train_on_batch test_on_batch summary get_layer".split()),
    *("build set_weights get_weights count_params".split()),
]
OTHERS = {  # what ours lacks: it says how Keras works inside
    "add": ["rebuild"],
    "pop": ["rebuild"],
    "save_weights": ["max_shard_size"],
    "save": ["zipped"],
    "load_weights": [],
}


@pytest.mark.parametrize("name", ["__init__", *POSITIONS, *OTHERS])
def test_positions_of_arguments_are_those_of_keras(name):
    import keras

    ours, theirs = (
        [
            p.name
            for p in inspect.signature(getattr(kind, name)).parameters.values()
            if p.kind is p.POSITIONAL_OR_KEYWORD
        ]
        for kind in (cnnlab.Sequential, keras.Sequential)
    )
    assert ours == [argument for argument in theirs if argument not in OTHERS.get(name, [])]


def test_positions_of_load_model_are_those_of_keras():
    import keras

    assert str(inspect.signature(cnnlab.models.load_model)) == str(inspect.signature(keras.models.load_model))


@pytest.mark.parametrize(
    "given", [lambda: (layers.Dense(2), layers.Dense(3)), lambda: (layers.Dense(n) for n in (2, 3)), lambda: None]
)
def test_layers_may_come_in_any_row(given):
    assert len(cnnlab.Sequential(given()).layers) in (0, 2)


@pytest.mark.parametrize(
    "optimizer",
    ["sgd", "SGD", "RMSprop", "AdamW", "adamW", "adagrad", cnnlab.optimizers.SGD]
    + [{"class_name": "SGD", "config": {"learning_rate": 0.1}}, cnnlab.optimizers.SGD(lambda: 0.1)],
)
@pytest.mark.parametrize("loss, metrics", [("mse", ["acc"]), ("MSE", ("Accuracy",)), ("mean_squared_error", "mae")])
def test_what_keras_takes_is_taken(optimizer, loss, metrics):
    model = cnnlab.Sequential([layers.Input((6, 6, 1)), layers.Flatten(), layers.Dense(3)])
    model.compile(copy.deepcopy(optimizer), loss, metrics=metrics)
    watch = [[callbacks.LambdaCallback()], (callbacks.TerminateOnNaN(),)]
    assert len(model.fit(X, np.eye(3)[Y], verbose=0, callbacks=watch).history) == 2


def test_things_of_keras_are_refused_with_the_import_to_change():
    import keras

    model = small_model()
    for act, words in (
        (lambda: cnnlab.Sequential([keras.layers.Dense(2)]), "from cnnlab.layers import Dense"),
        (lambda: cnnlab.Sequential([keras.Input((3,))]), "from cnnlab.layers import Input"),
        (lambda: cnnlab.Sequential([keras.Sequential()]), "from cnnlab import Sequential"),
        (lambda: model.compile(keras.optimizers.AdamW(), "mse"), "from cnnlab.optimizers import AdamW"),
        (lambda: model.compile("sgd", keras.losses.MeanSquaredError()), "from cnnlab.losses import MeanSquaredError"),
        (
            lambda: model.compile("sgd", "mse", metrics=[keras.metrics.Precision()]),
            "from cnnlab.metrics import Precision",
        ),
        (lambda: model.fit(X, Y, callbacks=[keras.callbacks.CSVLogger("x")]), "from cnnlab.callbacks import CSVLogger"),
        (lambda: model.fit(X, Y, callbacks=keras.callbacks.TensorBoard()), "TensorBoard, and cnnlab has nothing"),
    ):
        with pytest.raises(TypeError, match=words):
            act()


def test_everything_lies_where_it_lies_in_keras():
    import keras

    for part in ("callbacks", "models", "optimizers", "optimizers.schedules"):
        ours, theirs = importlib.import_module(f"cnnlab.{part}"), keras
        for name in part.split("."):
            theirs = getattr(theirs, name)
        assert [name for name in ours.__all__ if name not in dir(theirs) and name != "schedules"] == []
        assert [name for name in ours.__all__ if not hasattr(ours, name)] == []


def test_without_input_the_first_batch_makes_the_weights():
    model = cnnlab.Sequential([layers.Conv2D(2, 3), layers.GlobalMaxPooling2D(), layers.Dense(3, activation="softmax")])
    lines = []
    model.summary(print_fn=lines.append)
    assert "unbuilt" in lines[0] and not model.built
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(X, Y, epochs=1, verbose=0)
    assert model.output_shape == (None, 3) and len(model.weights) == 4
    assert model(X[:2, :4]).shape == (2, 3)  # another size


def test_input_with_sizes_still_unknown():
    model = cnnlab.Sequential([layers.Input((None, None, 1)), layers.Conv2D(2, 3), layers.GlobalMaxPooling2D()])
    assert not model.built
    assert model(X).shape == (90, 2) and model(X[:, :4, :5]).shape == (90, 2)
    with pytest.raises(ValueError, match=r"shape \(N, None, None, 1\).*got shape \(90, 6, 6, 2\)"):
        model(np.concatenate([X, X], axis=-1))


def test_an_axis_of_one_channel_may_be_missing_as_in_keras():
    model = small_model()
    np.testing.assert_array_equal(model.predict(X[..., 0], verbose=0), model.predict(X, verbose=0))
    assert model.evaluate(X[..., 0], Y, verbose=0) == model.evaluate(X, Y, verbose=0)


def test_integers_lists_and_empty_batches():
    model = small_model()
    assert model.predict((X * 9).astype("uint8"), verbose=0).dtype == np.float32
    assert model.predict(X.tolist(), verbose=0).shape == (90, 3)
    assert model.predict(X[:0], verbose=0).shape == (0, 3)


def test_a_layer_that_does_not_fit_is_not_added():
    model = small_model()
    with pytest.raises(ValueError, match="'late'"):
        model.add(layers.Conv2D(2, 3, name="late"))
    assert len(model.layers) == 4 and model.predict(X, verbose=0).shape == (90, 3)


def test_pop_takes_the_last_layer_off():
    model = small_model(compiled=False)
    assert isinstance(model.pop(), layers.Dense)
    assert model.output_shape == (None, 64) and len(model.weights) == 6


def test_get_layer():
    model = small_model(name="last")
    assert model.get_layer("last") is model.get_layer(index=3) is model.layers[3]
    with pytest.raises(ValueError, match="no layer 'first'.*'last'"):
        model.get_layer("first")


def test_names_are_those_of_keras():
    names = [
        cnnlab._names.snake_case(name) for name in ("Conv2D", "MaxPooling2D", "ReLU", "Conv2DTranspose", "LeakyReLU")
    ]
    assert names == ["conv2d", "max_pooling2d", "re_lu", "conv2d_transpose", "leaky_re_lu"]


@pytest.mark.parametrize(
    "verbose, words", [(0, []), (1, ["Epoch 2/2\n", "3/3 ━", "step", "loss: ", "val_loss: "]), (2, ["3/3 0s"])]
)
def test_progress(verbose, words, capsys):
    small_model().fit(X, Y, batch_size=30, epochs=2, verbose=verbose, validation_data=(X, Y))
    printed = capsys.readouterr().out
    assert all(word in printed for word in words) and bool(printed) == bool(words)


def test_progress_bar_moves_and_tells_the_time_left(capsys, monkeypatch):
    from cnnlab import _progress

    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr(_progress.time, "monotonic", lambda: next(clock))
    bar = _progress.Progress(10, 1)
    bar.moves = True
    bar.update(1, {"loss": 1.5})
    bar.update(2, {"loss": 0.00025})
    bar.finish(10, {"loss": 0.5})
    first, second, last = capsys.readouterr().out.split("\r")[1:]
    assert first.startswith(" 1/10 ━━╌") and "1:30 left - loss: 1.5000" in first
    assert "1:20 left - loss: 2.5000e-04" in second
    assert "10/10 ━━━━━━━━━━━━━━━━━━━━ 30s 3s/step - loss: 0.5000" in last and len(last.rstrip("\n")) >= len(second)


@pytest.mark.parametrize(
    "act, error, words",
    [
        (lambda m: small_model(compiled=False).fit(X, Y), ValueError, "Call `compile` before `fit`, for example"),
        (lambda m: small_model(compiled=False).evaluate(X, Y), ValueError, "Call `compile` before `evaluate`"),
        (lambda m: m.compile("adam"), ValueError, "`loss` is missing"),
        (lambda m: m.compile("adamm", "mse"), ValueError, "`optimizer` 'adamm' is not known"),
        (lambda m: m.compile("adam", "mse", metrics=["accurate"]), ValueError, "`metrics` 'accurate' is not known"),
        (lambda m: m.fit(X), ValueError, "`y` is missing"),
        (lambda m: m.fit(X, Y[:50]), ValueError, "got 90 in `x` and 50 in `y`"),
        (lambda m: m.fit(X, Y + 1), ValueError, "labels from 0 to 2.*it holds 3"),
        (lambda m: m.fit(X, np.eye(3)[Y]), ValueError, "Use CategoricalCrossentropy, or y.argmax"),
        (lambda m: m.fit(X, np.full(90, np.nan)), ValueError, "`y` holds NaN"),
        (lambda m: m.fit(X[:0], Y[:0]), ValueError, "are empty: there is nothing"),
        (lambda m: m.fit(iter([X]), Y), TypeError, "`x` must hold numbers, as NumPy arrays"),
        (
            lambda m: m.fit([[1, 2], [3]], Y),
            ValueError,
            "`x` must be an array of numbers; its rows have different lengths",
        ),
        (
            lambda m: m.fit(X[:, :5], Y),
            ValueError,
            r"shape \(N, 6, 6, 1\), for the model's Input; got shape \(90, 5, 6, 1\)",
        ),
        (lambda m: m.predict(X[0]), ValueError, r"A single example goes in as x\[None\]"),
        (lambda m: m.evaluate(X[:0], Y[:0]), ValueError, "are empty: there is nothing"),
        (lambda m: m.fit(X, Y, callbacks=[callbacks.EarlyStopping]), TypeError, "`callbacks` must be a list"),
        (lambda m: m.fit(X, Y, batch_size=0), ValueError, "`batch_size` must be at least 1"),
        (lambda m: m.fit(X, Y, epochs=1.5), TypeError, "`epochs` must be a whole number"),
        (lambda m: m.fit(X, Y, verbose=3), ValueError, "`verbose` must be 0"),
        (lambda m: m.fit(X, Y, validation_split=1.5), ValueError, "`validation_split` must be a share"),
        (lambda m: m.fit(X[:1], Y[:1], validation_split=0.1), ValueError, "leaves 0 to train on and 1 to validate"),
        (lambda m: m.fit(X, Y, validation_data=X), ValueError, "`validation_data` must be a pair"),
        (lambda m: m.fit(X, Y, validation_data=(X, Y + 1)), ValueError, "In `validation_data`: `y` must hold labels"),
        (lambda m: m.fit(X, Y, sample_weight=[1, 2]), ValueError, r"`sample_weight` must have shape \(90,\)"),
        (lambda m: m.set_weights(m.get_weights()[:-1]), ValueError, "has 8 weights; got 7"),
        (
            lambda m: m.set_weights([w.T for w in m.get_weights()]),
            ValueError,
            r"`kernel` has shape \(3, 3, 1, 4\); got shape",
        ),
        (lambda m: m.add(layers.Input((3,))), ValueError, "`Input` must be the first"),
        (lambda m: m.add("Dense"), TypeError, "`layer` must be a layer"),
        (lambda m: m.add(layers.Dense), TypeError, r"Make one of it: Dense\(…\)"),
        (lambda m: cnnlab.Sequential(layers.Dense(3)), TypeError, "`layers` must be a list of layers"),
        (lambda m: cnnlab.Sequential([layers.Dense(3), None]), TypeError, "`layer` must be a layer.*got None"),
        (lambda m: cnnlab.Sequential([[layers.Dense(3)]]), TypeError, "`layer` must be a layer"),
        (lambda m: cnnlab.Sequential([], "small"), TypeError, "`trainable` must be True or False"),
        (lambda m: m.add(m), ValueError, "already has a layer named.*this very one"),
        (lambda m: m.add(cnnlab.Sequential([m.layers[0]])), ValueError, "or one that is in both"),
        (lambda m: cnnlab.Sequential().pop(), ValueError, "no layers to take off"),
        (lambda m: m.get_layer(index=9), ValueError, "`index` 9 is no place among 4 layers"),
        (lambda m: m.get_layer(), ValueError, "either the `name` of a layer, or its `index`"),
        (lambda m: m.build(3), ValueError, "`input_shape` must be a tuple"),
        (lambda m: setattr(m, "trainable", "no"), TypeError, "`trainable` must be True or False"),
        (lambda m: m.summary(positions=[0.5, 1.0]), ValueError, "each of 3 columns ends"),
        (lambda m: m.summary(layer_range=("a", "b")), ValueError, "names no layers; there are 'conv2d"),
        (lambda m: m.summary(line_length=9), ValueError, "`line_length` 9 leaves no room"),
        (lambda m: m.add(m.layers[0]), ValueError, "already has a layer named"),
        (lambda m: m.add(layers.Conv2D(2, 3, name="late")), ValueError, "'late'.*4 axes.*Flatten"),
        (lambda m: cnnlab.Sequential().build((None, 3)), ValueError, "has no layers yet"),
        (lambda m: cnnlab.Sequential([layers.Dense(3)]).save_weights("x"), ValueError, "has no weights yet"),
    ],
)
def test_bad_calls_say_what_to_do(act, error, words):
    with pytest.raises(error, match=words):
        act(small_model())


@pytest.mark.parametrize("made, wanted", [
    (layers.Conv2D(2, 3), "cnnlab's Conv2D. There it is: from keras.layers import Conv2D"),
    (type("Mine", (layers.Dense,), {})(2), "cnnlab's Dense. There it is: from keras.layers import Dense"),
    (cnnlab.Sequential(), "cnnlab's Sequential. There it is: from keras import Sequential"),
])  # fmt: skip
def test_in_a_model_of_keras_its_own_layers_are_named(made, wanted):
    import keras

    with pytest.raises(TypeError, match=wanted):
        keras.Sequential([keras.Input((8, 8, 1)), made])
