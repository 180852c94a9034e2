"""What happens beside the training: before and after it, each epoch and each batch. As in `keras.callbacks`."""

import inspect
import os
import warnings

import numpy as np

__all__ = ["Callback", "EarlyStopping", "History", "LearningRateScheduler", "ModelCheckpoint"]


class Callback:
    """Something that `fit` calls while it trains. Write the methods that you need.

    Attributes
    ----------
    model : Sequential
        The model being trained. `model.stop_training = True` ends the training after this batch.
    params : dict
        "epochs", "steps" (batches in each) and "verbose".

    `logs` is a dict of the loss and the metrics so far, by name.
    """

    model = None
    params = None

    def set_model(self, model):
        self.model = model

    def set_params(self, params):
        self.params = params

    def on_train_begin(self, logs=None):
        """Before the first epoch."""

    def on_train_end(self, logs=None):
        """After the last epoch; not when training was interrupted."""

    def on_epoch_begin(self, epoch, logs=None):
        """Before an epoch; they are counted from 0."""

    def on_epoch_end(self, epoch, logs=None):
        """After an epoch and its validation. What is put into `logs` here gets into the history."""

    def on_train_batch_begin(self, batch, logs=None):
        """Before a batch; they are counted from 0 in each epoch."""

    def on_train_batch_end(self, batch, logs=None):
        """After a batch: the weights have changed."""


class History(Callback):
    """The record of a training; `fit` returns it.

    Attributes
    ----------
    history : dict of lists
        The loss and each metric, and with "val_" before the name those of the validation: one number per epoch.
    epoch : list of ints
        The numbers of the epochs, counted from 0.
    interrupted : bool
        Whether the training was stopped by hand. The epoch that it was in is not in `history`.
    """

    def __init__(self):
        self.history, self.epoch, self.interrupted = {}, [], False

    def on_epoch_end(self, epoch, logs=None):
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)

    def __repr__(self):
        return f"<History of {len(self.epoch)} epochs: {', '.join(self.history)}>"


class _Monitor(Callback):
    """A callback that knows whether a number in the logs got better."""

    def __init__(self, monitor, mode, min_delta=0.0):
        if mode not in ("auto", "min", "max"):
            raise ValueError(f"`mode` must be 'auto', 'min' or 'max'; got {mode!r}.")
        self.monitor, self.mode, self.min_delta = monitor, mode, abs(min_delta)
        self.best = None

    def value_in(self, logs):
        value = (logs or {}).get(self.monitor)
        if value is None:
            warnings.warn(
                f"{type(self).__name__} watches {self.monitor!r}, which there is not; there are "
                f"{', '.join(map(repr, logs or {}))}."
                + (" For the others give fit a validation_split." if self.monitor.startswith("val_") else ""),
                stacklevel=2,
            )
        return value

    def is_better(self, value, than):
        if than is None:
            return True
        if self._higher_is_better():
            return value - self.min_delta > than
        return value + self.min_delta < than

    def _higher_is_better(self):
        if self.mode != "auto":
            return self.mode == "max"
        name = self.monitor.removeprefix("val_")
        for metric in (*self.model.metrics, *getattr(self.model, "weighted_metrics", ())):
            if metric.name == name and metric.higher_is_better is not None:
                return metric.higher_is_better
        if name == "loss":
            return False
        raise ValueError(f"Whether {self.monitor!r} should be large or small is not known: say mode='max' or 'min'.")


class EarlyStopping(_Monitor):
    """Ends the training when a number has not got better for some epochs.

    Parameters
    ----------
    monitor : str
        The number in the logs, such as "val_loss".
    min_delta : float
        A smaller change is none.
    patience : int
        How many epochs in a row may pass without its getting better.
    verbose : int
        1 says so when it happens.
    mode : "auto", "min" or "max"
        Whether a small or a large number is better.
    baseline : float, optional
        If given, a number worse than this is never better.
    restore_best_weights : bool
        Whether the model goes back to the weights of its best epoch in the end.
    start_from_epoch : int
        The epochs before this one do not count.
    """

    def __init__(
        self,
        monitor="val_loss",
        min_delta=0,
        patience=0,
        verbose=0,
        mode="auto",
        baseline=None,
        restore_best_weights=False,
        start_from_epoch=0,
    ):
        super().__init__(monitor, mode, min_delta)
        self.patience, self.verbose, self.baseline = patience, verbose, baseline
        self.restore_best_weights, self.start_from_epoch = restore_best_weights, start_from_epoch

    def on_train_begin(self, logs=None):
        self.best = self.best_weights = None
        self.wait = self.stopped_epoch = self.best_epoch = 0

    def on_epoch_end(self, epoch, logs=None):
        value = self.value_in(logs)
        if value is None or epoch < self.start_from_epoch:
            return
        self.wait += 1
        if self.is_better(value, self.best):
            self.best, self.best_epoch = value, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self.is_better(value, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs=None):
        if self.stopped_epoch and self.verbose:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is not None:
            if self.verbose:
                print(f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)


class ModelCheckpoint(_Monitor):
    """Saves the weights after each epoch, or only when a number has got better.

    Parameters
    ----------
    filepath : str or path
        May hold fields, as in "epoch-{epoch:02d}-{val_loss:.2f}.npz".
    monitor, mode
        As for `EarlyStopping`.
    verbose : int
        1 says so when it happens.
    save_best_only : bool
    save_weights_only : True
        Must be given: cnnlab stores no whole models. `model.load_weights` reads the file.
    save_freq : "epoch"
    initial_value_threshold : float, optional
        Only better numbers than this are saved, if save_best_only.
    """

    def __init__(
        self,
        filepath,
        monitor="val_loss",
        verbose=0,
        save_best_only=False,
        save_weights_only=False,
        mode="auto",
        save_freq="epoch",
        initial_value_threshold=None,
    ):
        super().__init__(monitor, mode)
        if not save_weights_only:
            raise ValueError(
                "cnnlab stores weights, not whole models: pass save_weights_only=True, "
                "and read them with model.load_weights(filepath)."
            )
        if save_freq != "epoch":
            raise ValueError(f"`save_freq` must be 'epoch'; got {save_freq!r}.")
        self.filepath, self.verbose, self.save_best_only = os.fspath(filepath), verbose, save_best_only
        self.best = initial_value_threshold

    def on_epoch_end(self, epoch, logs=None):
        logs = logs or {}
        if self.save_best_only:
            value = self.value_in(logs)
            if value is not None and not self.is_better(value, self.best):
                return
            self.best = value if value is not None else self.best
        try:
            path = self.filepath.format(epoch=epoch + 1, **logs)
        except KeyError as error:
            raise ValueError(
                f"`filepath` {self.filepath!r} names {error}; there are {', '.join(['epoch', *logs])}."
            ) from error
        self.model.save_weights(path)
        if self.verbose:
            print(f"Epoch {epoch + 1}: weights saved to {path}")


class LearningRateScheduler(Callback):
    """Sets the learning rate before each epoch.

    Parameters
    ----------
    schedule : function of (epoch, learning_rate), or of (epoch)
        Epochs are counted from 0.
    verbose : int
        1 says so.

    The rate of each epoch gets into the history as "learning_rate".
    """

    def __init__(self, schedule, verbose=0):
        self.schedule, self.verbose = schedule, verbose
        self._takes_rate = len(inspect.signature(schedule).parameters) > 1

    def on_epoch_begin(self, epoch, logs=None):
        optimizer = self.model.optimizer
        rate = self.schedule(epoch, optimizer.learning_rate) if self._takes_rate else self.schedule(epoch)
        if isinstance(rate, bool) or not isinstance(rate, (int, float, np.number)):
            raise ValueError(f"`schedule` must return a number; it returned {rate!r}.")
        optimizer.learning_rate = float(rate)
        if self.verbose:
            print(f"Epoch {epoch + 1}: learning rate {rate:g}")

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None:
            logs["learning_rate"] = self.model.optimizer.learning_rate
