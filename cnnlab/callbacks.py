"""What happens beside the training: before and after it, each epoch and each batch. As in `keras.callbacks`."""

import csv
import inspect
import os
import warnings

import numpy as np

from . import _names
from .arithmetic import real_number, whole_number

__all__ = [
    "CSVLogger",
    "Callback",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "ReduceLROnPlateau",
    "TerminateOnNaN",
]


class Callback:
    """Something that `fit` calls while it trains. Write the methods that you need.

    Attributes
    ----------
    model : Sequential
        The model being trained. `model.stop_training = True` ends the training after this batch.
    params : dict
        "epochs", "steps" (batches in each) and "verbose".

    `logs` is a dict of the loss and the metrics so far, by name. The methods with "test" in their names are called by
    `evaluate`, and by `fit` where it validates; those with "predict" by `predict`.
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
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch, logs=None):
        """After a batch: the weights have changed."""
        self.on_batch_end(batch, logs)

    def on_batch_begin(self, batch, logs=None):
        """Another name of `on_train_batch_begin`."""

    def on_batch_end(self, batch, logs=None):
        """Another name of `on_train_batch_end`."""

    def on_test_begin(self, logs=None):
        """Before an evaluation or a validation."""

    def on_test_end(self, logs=None):
        """After it."""

    def on_test_batch_begin(self, batch, logs=None):
        """Before one of its batches."""

    def on_test_batch_end(self, batch, logs=None):
        """After one of its batches."""

    def on_predict_begin(self, logs=None):
        """Before a prediction."""

    def on_predict_end(self, logs=None):
        """After it."""

    def on_predict_batch_begin(self, batch, logs=None):
        """Before one of its batches."""

    def on_predict_batch_end(self, batch, logs=None):
        """After one of its batches: its outputs are in `logs["outputs"]`."""


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
        return f"<History of {_names.count(len(self.epoch), 'epoch')}: {', '.join(self.history)}>"


class _Monitor(Callback):
    """A callback that knows whether a number in the logs got better."""

    def __init__(self, monitor, mode, min_delta=0.0):
        if mode not in ("auto", "min", "max"):
            raise ValueError(f"`mode` must be 'auto', 'min' or 'max'; got {mode!r}.")
        self.monitor, self.mode, self.min_delta = monitor, mode, abs(real_number("min_delta", min_delta))
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
        higher_is_better = self._higher_is_better()
        if than is None:
            return True
        if higher_is_better:
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
        self.patience, self.verbose = real_number("patience", patience, at_least=0, finite=False), verbose
        self.baseline = None if baseline is None else real_number("baseline", baseline)
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


class ReduceLROnPlateau(_Monitor):
    """Makes the learning rate smaller when a number has not got better for some epochs.

    Parameters
    ----------
    monitor : str
        The number in the logs, such as "val_loss".
    factor : float
        What the rate is multiplied by, below 1.
    patience : int
        How many epochs in a row may pass without the number's getting better.
    verbose : int
        1 says so when it happens.
    mode : "auto", "min" or "max"
        Whether a small or a large number is better.
    min_delta : float
        A smaller change is none.
    cooldown : int
        How many epochs after a change do not count.
    min_lr : float
        The rate does not get smaller than this.

    The rate of each epoch gets into the history as "learning_rate".
    """

    def __init__(
        self,
        monitor="val_loss",
        factor=0.1,
        patience=10,
        verbose=0,
        mode="auto",
        min_delta=1e-4,
        cooldown=0,
        min_lr=0.0,
    ):
        super().__init__(monitor, mode, min_delta)
        self.factor = real_number("factor", factor, at_least=0)
        if self.factor >= 1:
            raise ValueError(f"`factor` must be below 1, so that the rate gets smaller; got {factor!r}.")
        self.patience, self.verbose = real_number("patience", patience, at_least=0, finite=False), verbose
        self.cooldown = whole_number("cooldown", cooldown, at_least=0)
        self.min_lr = real_number("min_lr", min_lr, at_least=0)

    def on_train_begin(self, logs=None):
        self.best, self.wait, self.cooldown_counter = None, 0, 0

    def on_epoch_end(self, epoch, logs=None):
        optimizer = self.model.optimizer
        logs = {} if logs is None else logs
        logs["learning_rate"] = rate = float(optimizer.learning_rate)
        value = self.value_in(logs)
        if value is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
        if self.is_better(value, self.best):
            self.best, self.wait = value, 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience and rate > self.min_lr:
                optimizer.learning_rate = max(rate * self.factor, self.min_lr)
                self.cooldown_counter, self.wait = self.cooldown, 0
                if self.verbose:
                    print(f"Epoch {epoch + 1}: learning rate reduced to {optimizer.learning_rate:g}")

    def in_cooldown(self):
        return self.cooldown_counter > 0


class ModelCheckpoint(_Monitor):
    """Saves the model after each epoch, or only when a number has got better.

    Parameters
    ----------
    filepath : str or path
        May hold fields, as in "epoch-{epoch:02d}-{val_loss:.2f}.cnnlab".
    monitor, mode
        As for `EarlyStopping`.
    verbose : int
        1 says so when it happens.
    save_best_only : bool
    save_weights_only : bool
        Whether to save the weights alone, for `model.load_weights`, in a file of any name. Else the whole model is
        saved, for `cnnlab.models.load_model`, in a file whose name ends in .cnnlab.
    save_freq : "epoch" or int
        After every epoch, or after so many batches.
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
        self.filepath = os.fspath(filepath)
        if not save_weights_only and not self.filepath.endswith(".cnnlab"):
            raise ValueError(
                f"`filepath` must end in '.cnnlab', in which cnnlab stores whole models; got {self.filepath!r}. "
                "Or pass save_weights_only=True: weights alone go into a file of any name."
            )
        if save_freq != "epoch":
            if isinstance(save_freq, str):
                raise ValueError(f"`save_freq` must be 'epoch', or a number of batches; got {save_freq!r}.")
            save_freq = whole_number("save_freq", save_freq, at_least=1)
        self.verbose, self.save_best_only, self.save_weights_only = verbose, save_best_only, save_weights_only
        self.save_freq, self.initial_value_threshold = save_freq, initial_value_threshold
        # As in Keras, the best stays the best when the callback is used for another `fit`.
        self.best = initial_value_threshold
        self._epoch = self._batches = 0

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.save_freq != "epoch":
            self._batches += 1
            if self._batches >= self.save_freq:
                self._batches = 0
                self._save(self._epoch, logs or {})

    def on_epoch_end(self, epoch, logs=None):
        if self.save_freq == "epoch":
            self._save(epoch, logs or {})

    def _save(self, epoch, logs):
        why = ""
        if self.save_best_only:
            value = self.value_in(logs)
            if value is not None:
                if not self.is_better(value, self.best):
                    if self.verbose:
                        print(f"Epoch {epoch + 1}: {self.monitor} {value:.4g} is not better than {self.best:.4g}")
                    return
                self.best, why = value, f", for {self.monitor} is {value:.4g}"
        try:
            path = self.filepath.format(epoch=epoch + 1, **logs)
        except KeyError as error:
            raise ValueError(
                f"`filepath` {self.filepath!r} names {error}; there are {', '.join(['epoch', *logs])}."
            ) from error
        (self.model.save_weights if self.save_weights_only else self.model.save)(path, overwrite=True)
        if self.verbose:
            print(f"Epoch {epoch + 1}: {'weights' if self.save_weights_only else 'model'} saved to {path}{why}")


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
        if not callable(schedule):
            raise TypeError(
                f"`schedule` must be a function of (epoch, learning_rate), or of (epoch); got {schedule!r}."
            )
        self.schedule, self.verbose = schedule, verbose
        try:
            inspect.signature(schedule).bind(0, 0.1)
            self._takes_rate = True
        except TypeError:
            self._takes_rate = False
        except ValueError:  # no signature, as some functions written in C
            self._takes_rate = True

    def on_epoch_begin(self, epoch, logs=None):
        optimizer = self.model.optimizer
        rate = self.schedule(epoch, optimizer.learning_rate) if self._takes_rate else self.schedule(epoch)
        try:
            optimizer.learning_rate = real_number("schedule", rate)
        except (TypeError, ValueError) as error:
            if str(error).startswith("`learning_rate`"):
                raise
            raise ValueError(f"`schedule` must return a number; it returned {rate!r}.") from None
        if self.verbose:
            print(f"Epoch {epoch + 1}: learning rate {float(rate):g}")

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None:
            logs["learning_rate"] = self.model.optimizer.learning_rate


class CSVLogger(Callback):
    """Writes a line of numbers into a file after each epoch.

    Parameters
    ----------
    filename : str or path
    separator : str
        What stands between two numbers.
    append : bool
        Whether to go on with the file, if there is one, instead of beginning it anew.

    The columns are "epoch", counted from 0, and what the logs of the first epoch hold, by the alphabet.
    """

    def __init__(self, filename, separator=",", append=False):
        self.filename, self.separator, self.append = os.fspath(filename), separator, append
        self._columns = None

    def on_train_begin(self, logs=None):
        self._columns = None
        os.makedirs(os.path.dirname(self.filename) or ".", exist_ok=True)
        with open(self.filename, "a" if self.append else "w"):  # to find out now, and not after the first epoch
            pass

    def on_epoch_end(self, epoch, logs=None):
        logs, lines = logs or {}, []
        if self._columns is None:
            names = sorted(logs)
            if not any(name.startswith("val_") for name in names):
                names += [f"val_{name}" for name in names]  # as Keras does: a later epoch may validate
            self._columns = ["epoch", *names]
            with open(self.filename, newline="") as file:
                there = next(csv.reader(file, delimiter=self.separator), None)
            if there is None:
                lines.append(self._columns)
            elif there != self._columns:
                raise ValueError(
                    f"{self.filename} has the columns {there}, and not {self._columns}: take another file."
                )
        lines.append([epoch, *(_in_a_cell(logs.get(name, "NA")) for name in self._columns[1:])])
        with open(self.filename, "a", newline="") as file:
            csv.writer(file, delimiter=self.separator).writerows(lines)


def _in_a_cell(value):
    return f'"[{", ".join(map(str, value))}]"' if np.ndim(value) else value


class LambdaCallback(Callback):
    """A callback made of functions.

    Parameters
    ----------
    on_epoch_begin, on_epoch_end : function of (epoch, logs), optional
    on_train_begin, on_train_end : function of (logs), optional
    on_train_batch_begin, on_train_batch_end : function of (batch, logs), optional
    **kwargs
        Functions for the other methods of `Callback`, by name.
    """

    def __init__(
        self,
        on_epoch_begin=None,
        on_epoch_end=None,
        on_train_begin=None,
        on_train_end=None,
        on_train_batch_begin=None,
        on_train_batch_end=None,
        **kwargs,
    ):
        given = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
            **kwargs,
        }
        known = [name for name in dir(Callback) if name.startswith("on_")]
        for name, function in given.items():
            if name not in known:
                raise TypeError(f"LambdaCallback does not know {name!r}. There are {', '.join(known)}.")
            if function is not None:
                if not callable(function):
                    raise TypeError(f"`{name}` must be a function; got {function!r}.")
                setattr(self, name, function)


class TerminateOnNaN(Callback):
    """Ends the training when the loss is no number any more: NaN or infinite.

    Parameters
    ----------
    raise_error : bool
        Whether to raise a RuntimeError instead.
    """

    def __init__(self, raise_error=False):
        self.raise_error = raise_error

    def on_train_batch_end(self, batch, logs=None):
        loss = (logs or {}).get("loss")
        if loss is not None and not np.isfinite(loss):
            text = f"Batch {batch}: the loss is {loss}, so training ends. A smaller learning rate may help."
            if self.raise_error:
                raise RuntimeError(text)
            print(text)
            self.model.stop_training = True
