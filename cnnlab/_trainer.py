"""Compile, fit, evaluate, predict: what turns layers into a model that learns."""

import itertools
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from . import _names, _random, _targets, losses, metrics, optimizers
from ._progress import Progress, check_verbose
from .arithmetic import whole_number
from .callbacks import Callback, History
from .ops._arguments import numbers, one_number
from .ops._threads import one_blas_thread


@dataclass
class _Data:
    """Examples, their targets, and how much each of them counts (None: all the same)."""

    x: np.ndarray
    y: np.ndarray
    weight: np.ndarray | None

    def __getitem__(self, which):
        return _Data(self.x[which], self.y[which], None if self.weight is None else self.weight[which])

    def __len__(self):
        return len(self.x)


class _Running:
    """The loss and the metrics, averaged over the batches so far."""

    def __init__(self, model):
        self.metrics = [metric.fresh() for metric in model.metrics]
        self.weighted_metrics = [metric.fresh() for metric in model.weighted_metrics]
        self.total = self.count = 0

    def add(self, loss, batch, y_pred):
        self.total += loss * len(batch)
        self.count += len(batch)
        for metric in self.metrics:
            metric.update_state(batch.y, y_pred)
        for metric in self.weighted_metrics:
            metric.update_state(batch.y, y_pred, sample_weight=batch.weight)

    def logs(self):
        logs = {"loss": self.total / self.count if self.count else 0.0}
        for prefix, found in (("", self.metrics), ("weighted_", self.weighted_metrics)):
            for metric in found:
                name = metric.name if metric.name not in logs else f"{prefix}{metric.name}"
                logs[next(n for n in _numbered(name) if n not in logs)] = metric.result()
        return logs


class Trainer:
    """The part of a model that trains it. `Sequential` has the layers."""

    optimizer = loss = history = None
    metrics = weighted_metrics = ()
    stop_training = False

    def compile(
        self,
        optimizer="rmsprop",
        loss=None,
        loss_weights=None,
        metrics=None,
        weighted_metrics=None,
        run_eagerly=False,
        steps_per_execution=1,
        jit_compile="auto",
        auto_scale_loss=True,
    ):
        """Say how to train.

        Parameters
        ----------
        optimizer : str or optimizer
            Such as "adam" or `SGD(0.1, momentum=0.9)`.
        loss : str, loss or function of (y_true, y_pred)
            "sparse_categorical_crossentropy" for labels such as 3, "categorical_crossentropy" for
            one-hot targets, "binary_crossentropy" for 0 or 1, "mean_squared_error" for numbers.
        loss_weights : None
            For models of several outputs, which there are none of here.
        metrics : list of str, metrics or functions of (y_true, y_pred), optional
            Such as ["accuracy"]. Every example counts the same in them.
        weighted_metrics : list of the same, optional
            In these, examples count as `sample_weight` and `class_weight` of `fit` say.
        run_eagerly, steps_per_execution, jit_compile, auto_scale_loss
            As programs for Keras pass them. They say how its steps are computed, and nothing here.
        """
        if loss is None:
            raise ValueError("`loss` is missing: say what to make small, such as 'sparse_categorical_crossentropy'.")
        if loss_weights is not None:
            raise ValueError(f"`loss_weights` must be None, as there is one output; got {loss_weights!r}.")
        optimizer, loss = optimizers.get(optimizer), losses.get(loss)
        metrics, weighted_metrics = _metrics("metrics", metrics), _metrics("weighted_metrics", weighted_metrics)
        self.optimizer, self.loss, self.metrics, self.weighted_metrics = optimizer, loss, metrics, weighted_metrics

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        verbose="auto",
        callbacks=None,
        validation_split=0.0,
        validation_data=None,
        shuffle=True,
        class_weight=None,
        sample_weight=None,
        initial_epoch=0,
        steps_per_epoch=None,
        validation_steps=None,
        validation_batch_size=None,
        validation_freq=1,
    ):
        """Train.

        Parameters
        ----------
        x : array, shape (N, …)
            Examples, as the first layer takes them.
        y : array, shape (N, …)
            Their targets, as the loss takes them.
        batch_size : int
            Examples in one step; 32 by default.
        epochs : int
            The number of the last epoch: how often all examples are seen, if `initial_epoch` is 0.
        verbose : 0, 1, 2 or "auto"
            Silent, a progress bar, one line per epoch; "auto" is the bar.
        callbacks : list of callbacks, optional
        validation_split : float
            The share of the examples, the last ones before any shuffling, to validate with instead of training
            (docs/differences.md).
        validation_data : (x, y) or (x, y, sample_weight), optional
            Examples to validate with.
        shuffle : bool
            Whether every epoch has an order of its own.
        class_weight : dict, optional
            How much the examples of a label count in training; 1 where it is not named. In validation all count
            the same.
        sample_weight : array, shape (N,), optional
            How much each example counts, in training and among those split off to validate with.
        initial_epoch : int
            The number of the first epoch, to go on with a training.
        steps_per_epoch : int, optional
            Batches in an epoch: sets `batch_size`, where that is not given.
        validation_steps : int, optional
            Batches to validate with, if not all.
        validation_batch_size : int, optional
            Examples in one of them; `batch_size` by default.
        validation_freq : int, or list of int
            Validate every so many epochs, or after these, counted from 1.

        Returns
        -------
        History

        Stopping it by hand (the stop button, Ctrl-C) leaves the weights of the last finished batch
        and the history of the finished epochs.
        """
        self._check_compiled("fit")
        self._begin_training()
        data = self._data(x, y, sample_weight)
        if validation_data is not None:
            validation_data = self._validation_data(validation_data)
        elif validation_split:
            data, validation_data = _split(data, validation_split)
        data = _with_class_weight(data, class_weight)
        batch_size, steps = _batches(len(data), batch_size, steps_per_epoch, "steps_per_epoch")
        if steps * batch_size < len(data):
            raise ValueError(
                f"`steps_per_epoch` {steps} with `batch_size` {batch_size} leaves out some of the {len(data)} examples: "
                "an epoch sees all of them. Give one of the two, or fewer examples."
            )
        if validation_data is not None:
            size = batch_size if validation_batch_size is None else validation_batch_size
            validation = _batches(
                len(validation_data), size, validation_steps, "validation_steps", "validation_batch_size"
            )
            validates = _epochs("validation_freq", validation_freq)
        epochs = range(whole_number("initial_epoch", initial_epoch, 0), whole_number("epochs", epochs, 0))
        verbose = check_verbose(verbose)

        self.history, self.stop_training = History(), False
        callbacks = [*_callbacks(callbacks), self.history]
        for callback in callbacks:
            callback.set_model(self)
            callback.set_params({"epochs": epochs.stop, "steps": steps, "verbose": verbose})

        def validate(epoch):
            if validation_data is None or not validates(epoch + 1):
                return {}
            found = self._evaluate(validation_data, *validation, callbacks=callbacks)
            return {f"val_{name}": value for name, value in found.items()}

        try:
            self._run_epochs(data, validate, epochs, batch_size, shuffle, verbose, callbacks)
        except KeyboardInterrupt:
            self.history.interrupted = True
            print(
                f"\nInterrupted in epoch {epochs.start + len(self.history.epoch) + 1} of {epochs.stop}. "
                "The model has the weights of the last finished batch; the history has the finished epochs."
            )
        finally:
            self.forget()
        return self.history

    def _run_epochs(self, data, validate, epochs, batch_size, shuffle, verbose, callbacks):
        logs = {}
        _tell(callbacks, "on_train_begin")
        for epoch in epochs:
            _tell(callbacks, "on_epoch_begin", epoch)
            if verbose:
                print(f"Epoch {epoch + 1}/{epochs.stop}")
            order = _random.generator().permutation(len(data)) if shuffle else np.arange(len(data))
            batches = [order[first : first + batch_size] for first in range(0, len(data), batch_size)]
            running, progress = _Running(self), Progress(len(batches), verbose)
            for step, batch in enumerate(batches):
                _tell(callbacks, "on_train_batch_begin", step)
                running.add(*self._train_step(data[batch]))
                logs = running.logs()
                _tell(callbacks, "on_train_batch_end", step, logs)
                progress.update(step + 1, logs)
                if self.stop_training:
                    break
            logs = {**logs, **validate(epoch)}
            progress.finish(step + 1, logs)
            _tell(callbacks, "on_epoch_end", epoch, logs)
            if self.stop_training:
                break
        if self.optimizer.use_ema:
            places = self._trainable()
            averages = self.optimizer.averaged({key: getattr(*where) for key, where in places.items()})
            for key, average in averages.items():
                setattr(*places[key], average)
        _tell(callbacks, "on_train_end", logs)

    def _train_step(self, batch):
        """One step on one batch: (loss, batch, outputs). Interrupted, it leaves everything as it was before."""
        before = self._state()
        try:
            with one_blas_thread():  # else a thread of BLAS waits for work, busily, on a core where ours have some
                loss, outputs = self._loss_and_gradients(batch, training=True)
                weights = self._trainable()
                gradients = {key: layer.total_gradient(name) for key, (layer, name) in weights.items()}
                new = self.optimizer.update({key: getattr(*where) for key, where in weights.items()}, gradients)
            for key, (layer, name) in weights.items():
                setattr(layer, name, layer.constrain(name, new[key]))
        except BaseException:
            self._restore(before)
            raise
        return loss, batch, outputs

    def _loss_and_gradients(self, batch, training):
        """Forward and backward: (loss, outputs). The gradients are in the layers."""
        outputs = self(batch.x, training=training)
        loss, scores, through_activation = self._loss_and_scores(outputs)
        mean, grad = loss.value_and_gradient(batch.y, scores, batch.weight)
        self.backward(grad, through_activation, to_inputs=False)
        return mean + self._penalty(), outputs

    def _loss_and_scores(self, outputs):
        """The loss, what it is computed from, and whether that comes after the last activation.

        Crossentropies look behind the softmax or sigmoid of the last layer, as in Keras.
        """
        *_, last = self._leaves()
        if self.loss.reads_logits and last.activation.name in ("softmax", "sigmoid"):
            return self.loss.of_logits(), last.before_activation, False
        return self.loss, outputs, True

    def gradients(self, x, y, sample_weight=None, training=True):
        """The loss on one batch, and its gradient by each trainable weight; nothing changes.

        Returns
        -------
        loss : float
        gradients : list of arrays, in the order of `trainable_weights`
        """
        self._check_compiled("gradients")
        batch = self._data(x, y, sample_weight)
        before = self._state()
        loss, _ = self._loss_and_gradients(batch, training)
        self._restore(before)  # moving averages
        return loss, [layer.total_gradient(name) for layer, name in self._trainable().values()]

    def train_on_batch(self, x, y=None, sample_weight=None, class_weight=None, return_dict=False):
        """One step on one batch; returns its loss before the step, or a list of the loss and the metrics.

        (Keras's returns the averages over all such calls so far.)
        """
        self._check_compiled("train_on_batch")
        self._begin_training()
        running = _Running(self)
        running.add(*self._train_step(_with_class_weight(self._data(x, y, sample_weight), class_weight)))
        return _result(running.logs(), return_dict)

    def test_on_batch(self, x, y=None, sample_weight=None, return_dict=False):
        """The loss on one batch, or a list of the loss and the metrics."""
        return self.evaluate(x, y, max(1, len(x)), 0, sample_weight, return_dict=return_dict)

    def evaluate(
        self,
        x=None,
        y=None,
        batch_size=None,
        verbose="auto",
        sample_weight=None,
        steps=None,
        callbacks=None,
        return_dict=False,
    ):
        """The loss on these examples, or a list of the loss and the metrics, or a dict of them.

        Parameters as for `fit`; of `steps`, see `predict`. With return_dict=True the numbers come by name.
        """
        self._check_compiled("evaluate")
        data = self._data(x, y, sample_weight)
        batch_size, steps = _batches(len(data), batch_size, steps, "steps")
        callbacks = self._told(callbacks, steps)
        return _result(self._evaluate(data, batch_size, steps, check_verbose(verbose), callbacks), return_dict)

    def _evaluate(self, data, batch_size, steps, verbose=0, callbacks=()):
        running, progress = _Running(self), Progress(steps, verbose)
        _tell(callbacks, "on_test_begin")
        for step in range(steps):
            _tell(callbacks, "on_test_batch_begin", step)
            batch = data[step * batch_size : (step + 1) * batch_size]
            with one_blas_thread():
                outputs = self(batch.x)
            loss, scores, _ = self._loss_and_scores(outputs)
            running.add(float(np.mean(loss(batch.y, scores, batch.weight))) + self._penalty(), batch, outputs)
            _tell(callbacks, "on_test_batch_end", step, running.logs())
            progress.update(step + 1, running.logs())
        progress.finish(steps, running.logs())
        self.forget()
        _tell(callbacks, "on_test_end", running.logs())
        return running.logs()

    def predict(self, x, batch_size=None, verbose="auto", steps=None, callbacks=None):
        """The outputs for these examples, as an array of shape (N, …).

        Parameters
        ----------
        x, batch_size, verbose, callbacks
            As for `fit`.
        steps : int, optional
            Batches to look at, if not all; without `batch_size`, into how many batches to divide all.
        """
        x = self.as_inputs(_array("x", x))
        batch_size, steps = _batches(len(x), batch_size, steps, "steps")
        callbacks, progress = self._told(callbacks, steps), Progress(steps, check_verbose(verbose))
        outputs = [self(x[:0])]
        _tell(callbacks, "on_predict_begin")
        for step in range(steps):
            _tell(callbacks, "on_predict_batch_begin", step)
            with one_blas_thread():
                outputs.append(self(x[step * batch_size : (step + 1) * batch_size]))
            _tell(callbacks, "on_predict_batch_end", step, {"outputs": outputs[-1]})
            progress.update(step + 1, {})
        progress.finish(steps, {})
        self.forget()
        _tell(callbacks, "on_predict_end")
        return np.concatenate(outputs)

    def _told(self, callbacks, steps):
        """These callbacks, ready to be told of an evaluation or a prediction."""
        callbacks = _callbacks(callbacks)
        for callback in callbacks:
            callback.set_model(self)
            callback.set_params({"steps": steps})
        return callbacks

    def _begin_training(self):
        """Raise if the optimizer trains another model."""
        self.optimizer.belongs_to(self._mark)
        if self.built and not self._trainable():
            warnings.warn("The model does not have any trainable weights: training changes nothing.", stacklevel=3)

    def _check_compiled(self, method):
        if self.optimizer is None:
            raise ValueError(
                f"Call `compile` before `{method}`, for example "
                "model.compile(optimizer='adam', loss='sparse_categorical_crossentropy', metrics=['accuracy'])."
            )

    def _data(self, x, y, sample_weight):
        """The checked examples, targets and weights."""
        x = self.as_inputs(_array("x", x))
        if y is None:
            raise ValueError("`y` is missing: the targets, one for each example.")
        y = _array("y", y)
        if len(x) != len(y):
            row = " `y` is a row: y[0] has one entry per example." if y.shape == (1, len(x)) else ""
            raise ValueError(
                f"`x` and `y` must have one entry per example; got {len(x)} in `x` and {len(y)} in `y`.{row}"
            )
        if len(x) == 0:
            raise ValueError("`x` and `y` are empty: there is nothing to learn or to measure.")
        if y.dtype.kind == "f" and not np.isfinite(y).all():
            raise ValueError(
                "`y` holds NaN or infinity: every example needs a target. np.isfinite(y) tells which have one."
            )
        shape = self.output_shape
        if x.shape[1:] != self.input_shape[1:]:  # pictures of another size: one output says what comes of them
            shape = self(x[:1]).shape
            self.forget()
        for check in (self.loss, *self.metrics, *self.weighted_metrics):
            check.check(y, shape)
        weight = _targets.weights(sample_weight, (len(y), *shape[1:-1]), np.float32)
        return _Data(x, y, weight)

    def _validation_data(self, validation_data):
        if not isinstance(validation_data, (tuple, list)) or len(validation_data) not in (2, 3):
            raise ValueError("`validation_data` must be a pair (x, y) of arrays, or (x, y, sample_weight).")
        x, y, *weight = validation_data
        try:
            return self._data(x, y, *weight or [None])
        except (TypeError, ValueError) as error:
            raise type(error)(f"In `validation_data`: {error}") from error


def _tell(callbacks, event, *arguments):
    """Call this method of each; its last argument are the logs, {} where there are none."""
    if not arguments or not isinstance(arguments[-1], dict):
        arguments = (*arguments, {})
    for callback in callbacks:
        getattr(callback, event)(*arguments)


def _callbacks(given):
    """The callbacks in a list, or in lists in it."""
    if isinstance(given, Callback):
        return [given]
    if isinstance(given, (list, tuple)):
        return [callback for entry in given for callback in _callbacks(entry)]
    _names.refuse_keras("callbacks", given)
    if given is not None:
        raise TypeError(f"`callbacks` must be a list of callbacks, such as [EarlyStopping()]; got {given!r}.")
    return []


def _metrics(argument, given):
    if given is None:
        return []
    if not isinstance(given, (list, tuple)):
        given = [given]
    each = [
        metric for one in given for metric in (one if isinstance(one, (list, tuple)) else [one])
    ]  # lists of outputs
    try:
        return [metrics.get(metric) for metric in each]
    except (TypeError, ValueError) as error:
        raise type(error)(str(error).replace("`metrics`", f"`{argument}`")) from error


def _numbered(name):
    """The name, then name_1, name_2 …"""
    yield name
    yield from (f"{name}_{number}" for number in itertools.count(1))


def _array(name, x):
    array = numbers(name, x)
    if array.ndim == 0:
        raise ValueError(f"`{name}` must hold one entry per example; got a single number.")
    return array


def _batches(examples, batch_size, steps, of_steps, of_size="batch_size"):
    """Examples in a batch, and how many batches; `steps` divides the examples, or is the most there are."""
    if steps is not None:
        steps = whole_number(of_steps, steps, at_least=1)
    if batch_size is None:
        batch_size = 32 if steps is None else max(1, -(-examples // steps))
    batch_size = whole_number(of_size, batch_size, at_least=1)
    all_steps = -(-examples // batch_size)
    return batch_size, all_steps if steps is None else min(steps, all_steps)


def _epochs(name, value):
    """A function that says whether an epoch, counted from 1, is one of these, or of every so many."""
    if isinstance(value, (list, tuple, set, range, np.ndarray)):
        return {whole_number(name, number, at_least=1) for number in value}.__contains__
    every = whole_number(name, value, at_least=1)
    return lambda epoch: epoch % every == 0


def _split(data, validation_split):
    """The data to train on, and the last part of it, to validate with."""
    if not 0 < one_number("validation_split", validation_split) < 1:
        raise ValueError(f"`validation_split` must be a share from 0 to 1, such as 0.2; got {validation_split!r}.")
    first = int(np.floor(len(data) * (1 - validation_split)))
    if first in (0, len(data)):
        raise ValueError(
            f"`validation_split` {validation_split} of {_names.count(len(data), 'example')} leaves "
            f"{first} to train on and {len(data) - first} to validate with. Both need some."
        )
    return data[:first], data[first:]


def _with_class_weight(data, class_weight):
    """The data, its examples counting as much as their class does, too."""
    if class_weight is None:
        return data
    if not isinstance(class_weight, Mapping):
        raise TypeError(
            f"`class_weight` must be a dict from labels to numbers, such as {{0: 1.0, 1: 5.0}}; got {class_weight!r}. "
            "dict(enumerate(weights)) makes one of a list."
        )
    try:
        found = {one_number("label", label): one_number("weight", weight) for label, weight in class_weight.items()}
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"`class_weight` must be a dict from labels, as in `y`, to numbers; got {class_weight!r}."
        ) from error
    y = data.y
    labels = y.argmax(axis=-1) if y.ndim > 1 and y.shape[-1] > 1 else y.reshape(y.shape[: max(1, y.ndim - 1)])
    if labels.shape != (len(y),):
        raise ValueError(f"`class_weight` needs one label per example; `y` has shape {y.shape}. Use `sample_weight`.")
    of_class = np.array([found.get(int(label), 1.0) for label in np.round(labels)], np.float32)
    weight = data.weight
    weight = of_class if weight is None else weight * of_class.reshape((-1,) + (1,) * (weight.ndim - 1))
    return _Data(data.x, y, weight)


def _result(logs, return_dict):
    if return_dict:
        return logs
    values = list(logs.values())
    return values if len(values) > 1 else values[0]


# Attributes of a model that may be set by what `compile` takes.
LOOKED_UP = {
    "optimizer": optimizers.get,
    "loss": losses.get,
    "metrics": lambda given: _metrics("metrics", given),
    "weighted_metrics": lambda given: _metrics("weighted_metrics", given),
}
