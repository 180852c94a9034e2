"""The training monitor: curves, progress and a stop button while a model learns."""

import html
import math
import signal
import threading
import time
import warnings

import traitlets

from .._names import count
from ..arithmetic import in_short, whole_number
from ..callbacks import Callback
from ._chart import chart
from ._explorer import Explorer, Refused, front_end
from ._numbers import number

PAUSE = 0.25  # s between two pictures: a browser, and a reader, follow four in a second with ease
POINTS = 25  # of a curve within one epoch
_OVER = {"finished": "finished", "stopped": "stopped by hand", "ended": "ended early", "interrupted": "broken off"}


def _nothing(*args, **logs):
    pass


_nothing._is_default = True  # Keras then does not call it


class TrainingMonitor(Explorer, Callback):
    """Loss and accuracy while a model learns, how far it is, and a button that stops it.

    Give it to `fit` of a Keras or a cnnlab model: `model.fit(x, y, verbose=0, callbacks=[TrainingMonitor()])`.
    It shows itself there. The stop button, and the notebook's own (■), end the training after the running
    batch, and after its validation: `fit` returns as always, the weights are kept, and the cells below run
    on. A second press of the notebook's button interrupts at once.

    Parameters
    ----------
    title : str, optional
        Such as the name of the model and of the data.
    metric : str, optional
        What to show beside the loss; the first metric of the model unless you say otherwise.

    Attributes
    ----------
    state : str
        "waiting", "training", "stopping", and in the end "finished", "stopped" (by hand), "ended" (early,
        by another callback) or "interrupted" (by an error, or at once).
    history : dict of lists
        As `fit` returns it: one number per finished epoch.
    selected : int or None
        The epoch whose numbers are shown, counted from 1. None: the newest.

    Source: `keras.callbacks`; a stored notebook keeps one picture and one sentence.

    >>> from cnnlab import Sequential, layers
    >>> model = Sequential([layers.Input((2,)), layers.Dense(1)])
    >>> model.compile("sgd", "mean_squared_error")
    >>> monitor = TrainingMonitor()
    >>> _ = model.fit([[0, 1], [1, 0]], [0, 1], epochs=3, verbose=0, callbacks=[monitor])
    >>> monitor.state, len(monitor.history["loss"])
    ('finished', 3)
    """

    _esm, _css = front_end("training_monitor")

    title = metric = history = None

    state = traitlets.Unicode("waiting", read_only=True).tag(sync=True)
    selected = traitlets.Any().tag(sync=True)
    _progress = traitlets.Dict().tag(sync=True)
    _charts = traitlets.List().tag(sync=True)
    _run = traitlets.Int(0).tag(sync=True)  # the number of the training
    _stop = traitlets.Int(0).tag(sync=True)  # which training the page wants to stop

    # Keras calls these too.
    on_batch_begin = on_batch_end = on_test_begin = on_test_end = on_predict_begin = on_predict_end = _nothing
    on_test_batch_begin = on_test_batch_end = on_predict_batch_begin = on_predict_batch_end = _nothing

    def __init__(self, title=None, metric=None):
        for name, value in (("title", title), ("metric", metric)):
            if not (value is None or isinstance(value, str)):
                raise TypeError(f"`{name}` must be a text; got {in_short(value)}.")
        self.title, self.metric = title, metric
        self.history, self._so_far, self._epochs, self._first_epoch = {}, [], 0, None
        super().__init__(_progress={"title": title or "", "text": "Waiting for `fit`.", "done": 0, "heard": ""})
        self._draw()

    def stop(self):
        """End the training after the running batch."""
        self._wanted = True

    _wanted = False
    _display = _old_handler = None

    @traitlets.validate("selected")
    def _accept(self, proposal):
        value, first = proposal["value"], (self._first_epoch or 0) + 1
        last = first + len(self.history.get("loss", [])) - 1
        if value is None:
            return None
        try:
            number_of_epoch = whole_number("selected", value, at_least=first)
            if number_of_epoch <= last:
                return number_of_epoch
        except (TypeError, ValueError):
            pass
        finished = f"the number of a finished epoch, {first} to {last}" if last >= first else "no epoch is finished"
        raise Refused(f"`selected` must be None or {finished}; got {in_short(value)}.")

    # What `fit` calls

    def on_train_begin(self, logs=None):
        self.history, self._so_far, self._wanted = {}, [], False
        self._epochs, self._steps = self.params["epochs"], self.params.get("steps")
        self._epoch = self._first_epoch = None
        self._started, self._shown, self._heard = time.monotonic(), -math.inf, ""
        self._run += 1
        self.selected = None
        self.set_trait("state", "training")
        self._tell("Training begins …", 0)
        self._draw()
        self._listen(True)
        self._appear()

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch, self._so_far = epoch, []
        if self._first_epoch is None:
            self._first_epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        self._heed()
        if self._steps and (batch + 1) % math.ceil(self._steps / POINTS) == 0:
            # At fixed batches, not at fixed times: so the last picture is the same in every run.
            self._so_far.append((self._epoch + (batch + 1) / self._steps, dict(logs or {})))
        self._batch = batch + 1
        if time.monotonic() - self._shown > PAUSE:
            self._show_progress(logs or {})

    def on_epoch_end(self, epoch, logs=None):
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(float(value))
        self._heed()  # of a stop during the validation
        if self.metric is not None and self.metric not in self.history and epoch == self._first_epoch:
            there_are = ", ".join(map(repr, self.history))
            warnings.warn(f"`metric` {self.metric!r} was not recorded; there are {there_are}.", stacklevel=2)
        self._heard = f"Epoch {epoch + 1} of {self._epochs}: {self._numbers(-1)}."
        if time.monotonic() - self._shown > PAUSE:
            self._show_progress(logs or {})

    def on_train_end(self, logs=None):
        stopped = self._wanted or self._stop == self._run
        whole = self._first_epoch is None or self._epoch + 1 >= self._epochs
        self._end("stopped" if stopped else "finished" if whole else "ended")

    # While it runs

    def _heed(self):
        if self._wanted or self._stop == self._run:
            self.model.stop_training = True
            self.set_trait("state", "stopping")

    def _listen(self, on):
        """Take an interrupt of the kernel as a wish to stop. It is the only thing that a busy kernel hears."""
        if threading.current_thread() is not threading.main_thread():
            return
        if on:
            self._old_handler = signal.signal(signal.SIGINT, self._interrupted)
        elif self._old_handler is not None:
            if signal.getsignal(signal.SIGINT) == self._interrupted:
                signal.signal(signal.SIGINT, self._old_handler)
            self._old_handler = None

    def _interrupted(self, signal_number, frame):
        self._listen(False)  # so that a second one is what it always is
        self.stop()

    def _appear(self):
        """Show itself in the cell that trains; and in its end look whether the training has ended as well."""
        from IPython import get_ipython
        from IPython.display import display

        shell = get_ipython()
        if shell is None:
            return
        self._display = display(self, display_id=True)
        shell.events.register("post_run_cell", self._cell_ended)

    def _cell_ended(self, result=None):
        if self.state in ("training", "stopping"):  # an error has ended it, or a second interrupt
            self._end("interrupted")

    def _end(self, state):
        from IPython import get_ipython

        self._listen(False)
        self.set_trait("state", state)
        self._heard = self._outcome().capitalize()
        self._tell(f"{self._heard}; it took {_duration(time.monotonic() - self._started)}.", 1)
        self._draw()
        self.model = None  # a monitor that is still on a page must not keep a model alive
        shell = get_ipython()
        if shell is not None and self._cell_ended in shell.events.callbacks["post_run_cell"]:
            shell.events.unregister("post_run_cell", self._cell_ended)
        if self._display:
            self._display.update(self)  # what a stored notebook keeps
            self._display = None

    def _show_progress(self, logs):
        self._shown = time.monotonic()
        done = self._epoch - self._first_epoch + (self._batch / self._steps if self._steps else 0)
        share = done / (self._epochs - self._first_epoch)
        text = f"Epoch {self._epoch + 1} of {self._epochs}, batch {self._batch}"
        if self._steps:
            text += f" of {self._steps}: about {_duration((self._shown - self._started) * (1 / share - 1))} left"
        numbers = ", ".join(f"{name} {_written(value)}" for name, value in logs.items())
        self._tell(f"{text}. So far {numbers}." if numbers else f"{text}.", share)
        self._draw()

    _heard = ""

    def _tell(self, text, done):
        self._progress = {"title": self.title or "", "text": text, "done": round(done, 4), "heard": self._heard}

    def _draw(self):
        self._charts = [self._chart(name) for name in ("loss", self._metric_shown()) if name]

    def _metric_shown(self):
        recorded = self.history or (self._so_far[-1][1] if self._so_far else {})
        others = [name for name in recorded if not name.startswith("val_") and name not in ("loss", "learning_rate")]
        if self.metric is None:
            return others[0] if others else None
        return self.metric if self.metric in others else None

    def _chart(self, name):
        """Its curves; and for each finished epoch the numbers, placed and written."""
        first = self._first_epoch or 0
        curves = {"training": self.history.get(name, []), "validation": self.history.get(f"val_{name}", [])}
        lines = {label: (range(first + 1, first + 1 + len(ys)), ys) for label, ys in curves.items() if ys}
        lines.setdefault("training", ([], []))
        epochs = len(curves["training"])
        so_far = [(x, logs[name]) for x, logs in self._so_far if name in logs]
        if so_far and epochs == (self.state in _OVER):  # there is but one epoch to see
            lines["training"] = tuple(zip(*so_far))
        elif self.state not in _OVER and epochs:
            lines["this epoch so far"] = tuple(zip(*so_far)) or ([], [])
        last = first + _room(epochs, self._epochs - first, self.state in _OVER)
        given = chart(lines, x=(first, last), stops=range(first + 1, first + 1 + epochs))
        columns = [curves.get(label, []) for label in lines]
        return given | {
            "name": name,
            "at": [[_plain(ys[i]) if i < len(ys) else None for ys in columns] for i in range(epochs)],
            "texts": [[_written(ys[i]) if i < len(ys) else "" for ys in columns] for i in range(epochs)],
        }

    # In words, and where no widget runs

    def _numbers(self, epoch):
        return ", ".join(f"{name} {_written(values[epoch])}" for name, values in self.history.items())

    def describe(self):
        """One sentence that says what the monitor shows; nothing in it depends on how long it took."""
        title = f" ({self.title})" if self.title else ""
        if self.state == "waiting":
            return f"TrainingMonitor{title}: give it to fit, as callbacks=[monitor]."
        if self.state in ("training", "stopping"):
            return f"TrainingMonitor{title}: training, {count(self._epochs, 'epoch', 'epochs')}."
        numbers = [f"{name} from {_written(ys[0])} to {_written(ys[-1])}" for name, ys in self.history.items() if ys]
        return f"TrainingMonitor{title}: {'; '.join([self._outcome(), *numbers])}."

    def _outcome(self):
        if self.state == "finished":
            return f"finished after {count(self._epochs - self._first_epoch if self._epoch is not None else 0, 'epoch', 'epochs')}"
        return f"{_OVER[self.state]} in epoch {(self._epoch or 0) + 1} of {self._epochs}"

    def _static_html(self):
        said = f"<p>{html.escape(self.describe(), quote=False)}</p>"
        if not self.history or self.state in ("training", "stopping"):
            return said
        from ..plots import show_training

        return (
            f"{said}\n{show_training(self.history, self._metric_shown(), self.title)._repr_mimebundle_()['text/html']}"
        )


def _room(epochs, planned, over):
    """For how many epochs the charts have room: it grows in few steps, so that the curves seldom jump."""
    steps = (1, 2, 5, 10, 20, 50, 100, 200, 500)
    room = epochs if over else min(planned, next((step for step in steps if step > epochs), planned))
    return max(room, 1)


def _plain(value):
    return float(f"{value:.4g}") if math.isfinite(value) else None


def _written(value):
    """Three digits, also where fewer say it almost: two epochs often differ only in the third."""
    if not math.isfinite(value) or not 1e-3 <= abs(value) < 1000:
        return number(value)
    return f"{value:.3g}".replace("-", "−")


def _duration(seconds):
    seconds = max(0, round(seconds))
    if seconds < 100:
        return f"{seconds} s"
    return f"{seconds // 60} min {seconds % 60} s" if seconds < 600 else f"{round(seconds / 60)} min"
