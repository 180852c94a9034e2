"""Compile, fit, evaluate, predict: what turns layers into a model that learns."""

from dataclasses import dataclass

import numpy as np

from . import _names, _random, losses, metrics, optimizers
from ._progress import Progress, check_verbose
from .arithmetic import whole_number
from .callbacks import Callback, History
from .ops._threads import one_blas_thread

_ARRAYS = "NumPy arrays; a generator or a tf.data.Dataset is not taken here"


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

    def __init__(self, model_metrics):
        self.metrics = [metric.fresh() for metric in model_metrics]
        self.total = self.count = 0

    def add(self, loss, y_true, y_pred):
        self.total += loss * len(y_true)
        self.count += len(y_true)
        for metric in self.metrics:
            metric.update_state(y_true, y_pred)

    def logs(self):
        mean = self.total / self.count if self.count else 0.0
        return {"loss": mean, **{metric.name: metric.result() for metric in self.metrics}}


class Trainer:
    """The part of a model that trains it. `Sequential` has the layers."""

    optimizer = loss = history = None
    metrics = ()
    stop_training = False

    def compile(self, optimizer="rmsprop", loss=None, *, metrics=None):
        """Say how to train.

        Parameters
        ----------
        optimizer : str or optimizer
            Such as "adam" or `SGD(0.1, momentum=0.9)`.
        loss : str or loss
            "sparse_categorical_crossentropy" for labels such as 3, "categorical_crossentropy" for
            one-hot targets, "binary_crossentropy" for 0 or 1, "mean_squared_error" for numbers.
        metrics : list of str or metrics, optional
            Such as ["accuracy"].
        """
        if loss is None:
            raise ValueError("`loss` is missing: say what to make small, such as 'sparse_categorical_crossentropy'.")
        self.optimizer, self.loss = optimizers.get(optimizer), losses.get(loss)
        self.metrics = _metrics(metrics)

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
            The share of the examples, the last ones, to validate with instead of training.
        validation_data : (x, y), optional
            Examples to validate with.
        shuffle : bool
            Whether every epoch has an order of its own.
        class_weight : dict, optional
            How much the examples of a label count; 1 where it is not named.
        sample_weight : array, shape (N,), optional
            How much each example counts.
        initial_epoch : int
            The number of the first epoch, to go on with a training.

        Returns
        -------
        History

        Stopping it by hand (the stop button, Ctrl-C) leaves the weights of the last finished batch
        and the history of the finished epochs.
        """
        self._check_compiled("fit")
        data = self._data(x, y, class_weight, sample_weight)
        if validation_data is not None:
            validation_data = self._validation_data(validation_data)
        elif validation_split:
            data, validation_data = _split(data, validation_split)
        batch_size = whole_number("batch_size", 32 if batch_size is None else batch_size, at_least=1)
        epochs = range(whole_number("initial_epoch", initial_epoch, 0), whole_number("epochs", epochs, 0))
        verbose = check_verbose(verbose)

        self.history, self.stop_training = History(), False
        steps = -(-len(data) // batch_size)
        callbacks = [*_callbacks(callbacks), self.history]
        for callback in callbacks:
            callback.set_model(self)
            callback.set_params({"epochs": epochs.stop, "steps": steps, "verbose": verbose})
        try:
            self._run_epochs(data, validation_data, epochs, batch_size, shuffle, verbose, callbacks)
        except KeyboardInterrupt:
            self.history.interrupted = True
            print(
                f"\nInterrupted in epoch {epochs.start + len(self.history.epoch) + 1} of {epochs.stop}. "
                "The model has the weights of the last finished batch; the history has the finished epochs."
            )
        finally:
            self.forget()
        return self.history

    def _run_epochs(self, data, validation_data, epochs, batch_size, shuffle, verbose, callbacks):
        logs = {}
        _tell(callbacks, "on_train_begin")
        for epoch in epochs:
            _tell(callbacks, "on_epoch_begin", epoch)
            if verbose:
                print(f"Epoch {epoch + 1}/{epochs.stop}")
            order = _random.generator().permutation(len(data)) if shuffle else np.arange(len(data))
            batches = [order[first : first + batch_size] for first in range(0, len(data), batch_size)]
            running, progress = _Running(self.metrics), Progress(len(batches), verbose)
            for step, batch in enumerate(batches):
                _tell(callbacks, "on_train_batch_begin", step)
                running.add(*self._train_step(data[batch]))
                logs = running.logs()
                _tell(callbacks, "on_train_batch_end", step, logs)
                progress.update(step + 1, logs)
                if self.stop_training:
                    break
            if validation_data is not None:
                found = self._evaluate(validation_data, batch_size)
                logs = {**logs, **{f"val_{name}": value for name, value in found.items()}}
            progress.finish(step + 1, logs)
            _tell(callbacks, "on_epoch_end", epoch, logs)
            if self.stop_training:
                break
        _tell(callbacks, "on_train_end", logs)

    def _train_step(self, batch):
        """One step on one batch: (loss, targets, outputs). Interrupted, it leaves everything as it was before."""
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
        return loss, batch.y, outputs

    def _loss_and_gradients(self, batch, training):
        """Forward and backward: (loss, outputs). The gradients are in the layers."""
        outputs = self(batch.x, training=training)
        loss, scores, through_activation = self._loss_and_scores(outputs)
        mean, grad = loss.mean_and_gradient(batch.y, scores, batch.weight)
        self.backward(grad, through_activation, to_inputs=False)
        return mean + self._penalty(), outputs

    def _loss_and_scores(self, outputs):
        """The loss, what it is computed from, and whether that comes after the last activation.

        Crossentropies look behind the softmax or sigmoid of the last layer, as in Keras.
        """
        last = self.layers[-1]
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
        batch = self._data(x, y, None, sample_weight)
        before = self._state()
        loss, _ = self._loss_and_gradients(batch, training)
        self._restore(before)  # moving averages
        return loss, [layer.total_gradient(name) for layer, name in self._trainable().values()]

    def train_on_batch(self, x, y=None, sample_weight=None, class_weight=None, return_dict=False):
        """One step on one batch; returns its loss before the step, or a list of the loss and the metrics.

        (Keras's returns the averages over all such calls so far.)
        """
        self._check_compiled("train_on_batch")
        running = _Running(self.metrics)
        running.add(*self._train_step(self._data(x, y, class_weight, sample_weight)))
        return _result(running.logs(), return_dict)

    def test_on_batch(self, x, y=None, sample_weight=None, return_dict=False):
        """The loss on one batch, or a list of the loss and the metrics."""
        return self.evaluate(x, y, max(1, len(x)), 0, sample_weight, return_dict)

    def evaluate(self, x=None, y=None, batch_size=None, verbose="auto", sample_weight=None, return_dict=False):
        """The loss on these examples, or a list of the loss and the metrics, or a dict of them.

        Parameters as for `fit`; with return_dict=True the numbers come by name.
        """
        self._check_compiled("evaluate")
        data = self._data(x, y, None, sample_weight)
        batch_size = whole_number("batch_size", 32 if batch_size is None else batch_size, at_least=1)
        return _result(self._evaluate(data, batch_size, check_verbose(verbose)), return_dict)

    def _evaluate(self, data, batch_size, verbose=0):
        running = _Running(self.metrics)
        progress = Progress(-(-len(data) // batch_size), verbose)
        for first in range(0, len(data), batch_size):
            batch = data[first : first + batch_size]
            with one_blas_thread():
                outputs = self(batch.x)
            loss, scores, _ = self._loss_and_scores(outputs)
            running.add(loss(batch.y, scores, batch.weight) + self._penalty(), batch.y, outputs)
            progress.update(first // batch_size + 1, running.logs())
        progress.finish(progress.steps, running.logs())
        self.forget()
        return running.logs()

    def predict(self, x, batch_size=None, verbose="auto"):
        """The outputs for these examples, as an array of shape (N, …).

        Parameters as for `fit`.
        """
        x = self.as_inputs(_array("x", x))
        batch_size = whole_number("batch_size", 32 if batch_size is None else batch_size, at_least=1)
        progress = Progress(-(-len(x) // batch_size), check_verbose(verbose))
        outputs = [self(x[:0])]
        for first in range(0, len(x), batch_size):
            with one_blas_thread():
                outputs.append(self(x[first : first + batch_size]))
            progress.update(len(outputs) - 1, {})
        progress.finish(progress.steps, {})
        self.forget()
        return np.concatenate(outputs)

    def _check_compiled(self, method):
        if self.optimizer is None:
            raise ValueError(
                f"Call `compile` before `{method}`, for example "
                "model.compile(optimizer='adam', loss='sparse_categorical_crossentropy', metrics=['accuracy'])."
            )

    def _data(self, x, y, class_weight, sample_weight):
        """The checked examples, targets and weights."""
        x = self.as_inputs(_array("x", x))
        if y is None:
            raise ValueError("`y` is missing: the targets, one for each example.")
        y = _array("y", y)
        if len(x) != len(y):
            raise ValueError(f"`x` and `y` must have one entry per example; got {len(x)} in `x` and {len(y)} in `y`.")
        if len(x) == 0:
            raise ValueError("`x` and `y` are empty: there is nothing to learn or to measure.")
        if y.dtype.kind == "f" and not np.isfinite(y).all():
            raise ValueError(
                "`y` holds NaN or infinity: every example needs a target. np.isfinite(y) tells which have one."
            )
        self.loss.check(y, self.output_shape)
        return _Data(x, y, _example_weights(y, class_weight, sample_weight))

    def _validation_data(self, validation_data):
        if not isinstance(validation_data, (tuple, list)) or len(validation_data) not in (2, 3):
            raise ValueError("`validation_data` must be a pair (x, y) of arrays.")
        x, y, *weight = validation_data
        try:
            return self._data(x, y, None, *weight or [None])
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


def _metrics(given):
    if given is None:
        return []
    if isinstance(given, (str, metrics.Metric)):
        given = [given]
    return [metrics.get(metric) for metric in given]


def _array(name, x):
    try:
        array = np.asarray(x)
    except ValueError:
        raise ValueError(f"`{name}` must be an array; its rows have different lengths.") from None
    if array.dtype.kind not in "fiub":
        raise TypeError(f"`{name}` must hold numbers, as {_ARRAYS}; got {type(x).__name__} of dtype {array.dtype}.")
    if array.ndim == 0:
        raise ValueError(f"`{name}` must hold one entry per example; got a single number.")
    return array


def _split(data, validation_split):
    """The data to train on, and the last part of it, to validate with."""
    if not 0 < validation_split < 1:
        raise ValueError(f"`validation_split` must be a share from 0 to 1, such as 0.2; got {validation_split!r}.")
    first = int(np.floor(len(data) * (1 - validation_split)))
    if first in (0, len(data)):
        raise ValueError(
            f"`validation_split` {validation_split} of {len(data)} examples leaves "
            f"{first} to train on and {len(data) - first} to validate with. Both need some."
        )
    return data[:first], data[first:]


def _example_weights(y, class_weight, sample_weight):
    """How much each example counts, or None if all count the same."""
    weight = None
    if sample_weight is not None:
        weight = _array("sample_weight", sample_weight)
        if weight.shape != (len(y),):
            raise ValueError(f"`sample_weight` must have shape ({len(y)},), a number per example; got {weight.shape}.")
    if class_weight is not None:
        labels = y.argmax(axis=-1) if y.ndim > 1 and y.shape[-1] > 1 else y.reshape(len(y))
        of_class = np.array([class_weight.get(int(label), 1.0) for label in labels])
        weight = of_class if weight is None else weight * of_class
    return weight


def _result(logs, return_dict):
    if return_dict:
        return logs
    values = list(logs.values())
    return values if len(values) > 1 else values[0]
