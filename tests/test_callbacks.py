import inspect
from types import SimpleNamespace

import numpy as np
import pytest

from cnnlab import callbacks, metrics


class Model:
    """What a callback sees of a model: weights that say in which epoch they were."""

    def __init__(self):
        self.weights, self.stop_training, self.saved = 0, False, []
        self.optimizer = SimpleNamespace(learning_rate=1.0)
        self.metrics = [metrics.get("accuracy")]

    def get_weights(self):
        return self.weights

    def set_weights(self, weights):
        self.weights = weights

    def save_weights(self, path, overwrite=True):
        self.saved.append((path, self.weights))

    save = save_weights


def play(callback, values, name):
    """The epochs that run, and the weights in the end."""
    model = Model()
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        model.weights = epoch
        callback.on_epoch_end(epoch, {name: value})
        if model.stop_training:
            break
    callback.on_train_end()
    return epoch, model.weights, model.saved


@pytest.mark.parametrize("seed", range(60))
def test_early_stopping_stops_and_restores_as_keras_does(seed):
    import keras

    rng = np.random.default_rng(seed)
    name, mode = [("val_loss", "auto"), ("loss", "auto"), ("f1", "max"), ("f1", "min")][seed % 4]
    settings = dict(
        monitor=name,
        mode=mode,
        patience=int(rng.integers(0, 4)),
        min_delta=float(rng.choice([0, 0.15])),
        restore_best_weights=bool(rng.integers(2)),
        baseline=[None, 0.5][rng.integers(2)],
        start_from_epoch=int(rng.integers(0, 3)),
    )
    values = rng.random(12).round(1).tolist()
    if seed % 3 == 0:
        values[rng.integers(12)] = float("nan")
    ours, theirs = callbacks.EarlyStopping(**settings), keras.callbacks.EarlyStopping(**settings)
    for values_of_a_training in (values, values[::-1]):  # it begins anew in a second training
        assert play(ours, values_of_a_training, name) == play(theirs, values_of_a_training, name)


def test_accuracy_is_better_when_high():
    epoch, weights, _ = play(
        callbacks.EarlyStopping("val_accuracy", patience=2, restore_best_weights=True),
        [0.5, 0.9, 0.8, 0.7, 1.0],
        "val_accuracy",
    )
    assert (epoch, weights) == (3, 1)


@pytest.mark.parametrize(
    "settings", [{}, {"save_best_only": True}, {"save_best_only": True, "initial_value_threshold": 0.45}]
)
@pytest.mark.parametrize("weights_only", [False, True])
def test_checkpoints_are_saved_when_keras_saves_them(settings, weights_only):
    """Also in a second training, in which the best of the first stays the best."""
    import keras

    values, found = [0.5, 0.4, float("nan"), 0.6, 0.4, 0.1], []
    for library, ending in ((callbacks, ".cnnlab"), (keras.callbacks, ".keras")):
        path = "epoch-{epoch:02d}-{val_loss:.2f}" + (".weights.h5" if weights_only else ending)
        callback = library.ModelCheckpoint(path, save_weights_only=weights_only, **settings)
        saved = [play(callback, values, "val_loss")[-1] for _ in range(2)]
        found.append([(path.removesuffix(ending), epoch) for of_one in saved for path, epoch in of_one])
    assert found[0] == found[1]
    assert len(found[0]) == {0: 12, 1: 3, 2: 2}[len(settings)]


@pytest.mark.parametrize("save_freq", [1, 2, 5, 7])
def test_checkpoints_after_some_batches_are_saved_when_keras_saves_them(save_freq):
    import keras

    found = []
    for library in (callbacks, keras.callbacks):
        model, callback = (
            Model(),
            library.ModelCheckpoint("{epoch}.weights.h5", save_weights_only=True, save_freq=save_freq),
        )
        callback.set_model(model)
        for epoch in range(4):
            callback.on_epoch_begin(epoch)
            for batch in range(3):
                model.weights = (epoch, batch)
                callback.on_train_batch_end(batch, {"loss": 1.0})
            callback.on_epoch_end(epoch, {"loss": 1.0, "val_loss": 1.0})
        found.append(model.saved)
    assert found[0] == found[1] and found[0]


@pytest.mark.parametrize("seed", range(40))
def test_the_rate_is_reduced_when_keras_reduces_it(seed):
    import keras

    rng = np.random.default_rng(seed)
    name, mode = [("val_loss", "auto"), ("loss", "auto"), ("f1", "max"), ("f1", "min")][seed % 4]
    settings = dict(
        monitor=name,
        mode=mode,
        factor=float(rng.choice([0.5, 0.25])),
        patience=int(rng.integers(0, 3)),
        min_delta=float(rng.choice([1e-4, 0.15])),
        cooldown=int(rng.integers(0, 3)),
        min_lr=float(rng.choice([0, 0.25])),
    )
    values = rng.random(20).round(1)
    found = []
    for library in (callbacks, keras.callbacks):
        callback, model, rates = library.ReduceLROnPlateau(**settings), Model(), []
        callback.set_model(model)
        for _ in range(2):  # it begins anew in a second training
            callback.on_train_begin()
            for epoch, value in enumerate(values):
                logs = {name: value}
                callback.on_epoch_end(epoch, logs)
                rates.append((logs["learning_rate"], model.optimizer.learning_rate))
            model.optimizer.learning_rate = 1.0
        found.append(rates)
    assert found[0] == found[1]


LOGS = [
    [{"loss": 0.5, "acc": 1 / 3}, {"loss": 0.25, "acc": 1.0}],
    [{"loss": 0.5, "val_loss": 1.0}, {"val_loss": 2.0}],
    [{"loss": 0.5}, {"loss": 0.25, "val_loss": 1.0}],
    [{"loss": np.float32(0.1), "many": np.array([1, 2]), "word": "a,b"}],
    [],
]


@pytest.mark.parametrize("logs", LOGS)
@pytest.mark.parametrize("settings", [{}, {"separator": ";"}, {"append": True}])
def test_the_lines_of_a_csv_file_are_those_of_keras(tmp_path, logs, settings):
    import keras

    found = []
    for number, library in enumerate((callbacks, keras.callbacks)):
        path = tmp_path / str(number)
        for _ in range(2):
            callback = library.CSVLogger(path, **settings)
            callback.on_train_begin()
            for epoch, of_epoch in enumerate(logs):
                callback.on_epoch_end(epoch, dict(of_epoch))
            callback.on_train_end()
        found.append(path.read_bytes())
    assert found[0] == found[1]


def test_a_csv_file_of_other_columns_is_not_gone_on_with(tmp_path):
    path = tmp_path / "new folder" / "log.csv"
    for logs, error in (({"loss": 1.0}, None), ({"loss": 1.0, "acc": 0.5}, "has the columns")):
        callback = callbacks.CSVLogger(path, append=True)
        callback.on_train_begin()
        if error:
            with pytest.raises(ValueError, match=error):
                callback.on_epoch_end(0, logs)
        else:
            callback.on_epoch_end(0, logs)
    assert path.read_text().split() == ["epoch,loss,val_loss", "0,1.0,NA"]


@pytest.mark.parametrize("loss", [float("nan"), float("inf"), 1.0])
def test_training_ends_when_the_loss_is_no_number_as_in_keras(loss, capsys):
    import keras

    found = []
    for library in (callbacks, keras.callbacks):
        callback, model = library.TerminateOnNaN(), Model()
        callback.set_model(model)
        callback.on_train_batch_end(3, {"loss": loss})
        found.append(model.stop_training)
        callback = library.TerminateOnNaN(True)
        if not np.isfinite(loss):
            with pytest.raises(RuntimeError, match="(?i)batch 3.*"):
                callback.on_train_batch_end(3, {"loss": loss})
    assert found == [not np.isfinite(loss)] * 2
    assert ("Batch 3: the loss is" in capsys.readouterr().out) == found[0]


def test_functions_make_a_callback_and_all_methods_are_called_as_in_keras():
    """All of them in one training, with the same arguments, in the same order; then in an evaluation and a prediction."""
    import keras

    import cnnlab

    x, y, found = np.zeros((4, 3), "float32"), np.zeros((4, 2), "float32"), []
    names = [name for name in dir(callbacks.Callback) if name.startswith("on_")]
    assert names == [name for name in dir(keras.callbacks.Callback) if name.startswith("on_")]
    for library, of_callbacks in ((cnnlab, callbacks), (keras, keras.callbacks)):
        heard = []

        def note(name, heard=heard):
            def function(*given, **by_name):  # Keras gives `logs` by name in places
                given = (*given, *by_name.values())
                heard.append((name, *given[:-1], sorted(given[-1])))

            return function

        watch = of_callbacks.LambdaCallback(**{name: note(name) for name in names if "on_batch" not in name})
        model = library.Sequential([library.layers.Input((3,)), library.layers.Dense(2)])
        model.compile("sgd", "mse", run_eagerly=True)
        model.fit(x, y, batch_size=2, epochs=2, validation_data=(x, y), verbose=0, callbacks=[watch])
        model.evaluate(x, y, verbose=0, callbacks=[watch])
        model.predict(x, verbose=0, callbacks=[watch])
        found.append(heard)
    assert [entry[0] for entry in found[0]] == [entry[0] for entry in found[1]]
    assert [entry for entry in found[0] if "predict" not in entry[0]] == [
        entry for entry in found[1] if "predict" not in entry[0]
    ]


def test_the_old_names_of_methods_are_called():
    import cnnlab

    class Old(callbacks.Callback):
        heard = []

        def on_batch_end(self, batch, logs):
            self.heard.append(batch)

        def on_train_begin(self, logs):  # without a default, as Keras allows
            self.heard.append(logs)

    model = cnnlab.Sequential([cnnlab.layers.Input((3,)), cnnlab.layers.Dense(2)])
    model.compile("sgd", "mse")
    model.fit(np.zeros((4, 3)), np.zeros((4, 2)), batch_size=2, verbose=0, callbacks=[Old()])
    assert Old.heard == [{}, 0, 1]


@pytest.mark.parametrize("name", sorted(set(callbacks.__all__) - {"Callback", "History"}))
def test_positions_of_arguments_are_those_of_keras(name):
    import keras

    ours, theirs = (
        [(p.name, p.default) for p in inspect.signature(kind).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
        for kind in (getattr(callbacks, name), getattr(keras.callbacks, name))
    )
    assert ours == theirs


def test_learning_rate_scheduler_sets_the_rate_and_records_it():
    model = SimpleNamespace(optimizer=SimpleNamespace(learning_rate=0.1))
    for schedule in (lambda epoch, rate: rate / 2, lambda epoch: 0.05, lambda *both: np.float32(both[1]) / 2):
        model.optimizer.learning_rate = 0.1
        callback = callbacks.LearningRateScheduler(schedule)
        callback.set_model(model)
        callback.on_epoch_begin(0)
        logs = {}
        callback.on_epoch_end(0, logs)
        assert model.optimizer.learning_rate == logs["learning_rate"] == pytest.approx(0.05)
    callback = callbacks.LearningRateScheduler(lambda epoch: "slow")
    callback.set_model(model)
    with pytest.raises(ValueError, match="`schedule` must return a number; it returned 'slow'"):
        callback.on_epoch_begin(0)


def test_what_is_missing_is_named():
    stopping = callbacks.EarlyStopping()
    stopping.set_model(Model())
    stopping.on_train_begin()
    with pytest.warns(UserWarning, match="watches 'val_loss', which there is not; there are 'loss'.*validation_split"):
        stopping.on_epoch_end(0, {"loss": 1.0})
    with pytest.raises(ValueError, match="must end in '.cnnlab'.*got 'model.keras'.*save_weights_only=True"):
        callbacks.ModelCheckpoint("model.keras")
    for make, error, words in (
        (lambda: callbacks.ModelCheckpoint("a.cnnlab", save_freq="batch"), ValueError, "`save_freq` must be 'epoch'"),
        (lambda: callbacks.ModelCheckpoint("a.cnnlab", save_freq=0), ValueError, "`save_freq` must be at least 1"),
        (lambda: callbacks.ReduceLROnPlateau(factor=1), ValueError, "`factor` must be below 1"),
        (lambda: callbacks.ReduceLROnPlateau(patience="few"), TypeError, "`patience` must be a number"),
        (lambda: callbacks.EarlyStopping(min_delta=None), TypeError, "`min_delta` must be a number"),
        (lambda: callbacks.EarlyStopping(mode="best"), ValueError, "`mode` must be 'auto', 'min' or 'max'"),
        (
            lambda: callbacks.LambdaCallback(on_epoch=print),
            TypeError,
            "does not know 'on_epoch'. There are on_batch_begin",
        ),
        (lambda: callbacks.LambdaCallback(on_epoch_end=3), TypeError, "`on_epoch_end` must be a function; got 3"),
        (lambda: callbacks.LearningRateScheduler(0.1), TypeError, "`schedule` must be a function"),
    ):
        with pytest.raises(error, match=words):
            make()
    with pytest.raises(ValueError, match="say mode='max' or 'min'"):
        play(callbacks.EarlyStopping("f1"), [1], "f1")
    with pytest.raises(ValueError, match="names 'speed'; there are epoch, loss"):
        play(callbacks.ModelCheckpoint("{speed}", save_weights_only=True), [1], "loss")
