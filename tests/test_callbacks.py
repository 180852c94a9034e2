from types import SimpleNamespace

import numpy as np
import pytest

from cnnlab import callbacks, metrics


class Model:
    """What a callback sees of a model: weights that say in which epoch they were."""

    def __init__(self):
        self.weights, self.stop_training, self.saved = 0, False, []
        self.metrics = [metrics.get("accuracy")]

    def get_weights(self):
        return self.weights

    def set_weights(self, weights):
        self.weights = weights

    def save_weights(self, path, overwrite=True):
        self.saved.append((path, self.weights))


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
    ours = play(callbacks.EarlyStopping(**settings), values, name)
    assert ours == play(keras.callbacks.EarlyStopping(**settings), values, name)


def test_accuracy_is_better_when_high():
    epoch, weights, _ = play(
        callbacks.EarlyStopping("val_accuracy", patience=2, restore_best_weights=True),
        [0.5, 0.9, 0.8, 0.7, 1.0],
        "val_accuracy",
    )
    assert (epoch, weights) == (3, 1)


@pytest.mark.parametrize("best_only", [False, True])
def test_checkpoints_are_saved_when_keras_saves_them(best_only):
    import keras

    values = [0.5, 0.4, 0.6, 0.4, 0.1]
    path = "epoch-{epoch:02d}-{val_loss:.2f}.weights.h5"
    settings = dict(monitor="val_loss", save_best_only=best_only, save_weights_only=True)
    *_, ours = play(callbacks.ModelCheckpoint(path, **settings), values, "val_loss")
    *_, theirs = play(keras.callbacks.ModelCheckpoint(path, **settings), values, "val_loss")
    assert ours == theirs
    assert [epoch for _, epoch in ours] == ([0, 1, 4] if best_only else [0, 1, 2, 3, 4])


def test_learning_rate_scheduler_sets_the_rate_and_records_it():
    model = SimpleNamespace(optimizer=SimpleNamespace(learning_rate=0.1))
    for schedule in (lambda epoch, rate: rate / 2, lambda epoch: 0.05):
        model.optimizer.learning_rate = 0.1
        callback = callbacks.LearningRateScheduler(schedule)
        callback.set_model(model)
        callback.on_epoch_begin(0)
        logs = {}
        callback.on_epoch_end(0, logs)
        assert model.optimizer.learning_rate == logs["learning_rate"] == 0.05
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
    with pytest.raises(ValueError, match="pass save_weights_only=True"):
        callbacks.ModelCheckpoint("model.keras")
    with pytest.raises(ValueError, match="say mode='max' or 'min'"):
        play(callbacks.EarlyStopping("f1"), [1, 2], "f1")
    with pytest.raises(ValueError, match="names 'speed'; there are epoch, loss"):
        play(callbacks.ModelCheckpoint("{speed}", save_weights_only=True), [1], "loss")
