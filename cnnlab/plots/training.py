"""How a training went: curves, live curves, and the confusion matrix."""

import difflib
import html
import time

import numpy as np

from .._names import count, names_of_classes
from ..arithmetic import whole_number
from .picture import COLORS, Picture, as_text, legend_text, new_figure, written

MARKERS = ["o", "s", "^", "D", "v", "P", "X"]


def show_curves(histories, metric="accuracy", title=None, x="epoch", first=1):
    """One curve for each model and each of training and validation, epoch by epoch.

    Parameters
    ----------
    histories : dict
        Name of the model -> what its `fit` returned, Keras's or cnnlab's: the `History`, or its `history`, metric
        name -> one number per epoch. A single one will do.
    metric : str
        "accuracy" or "loss", say. Its validation twin, "val_accuracy", is drawn dashed.
    x, first : str, int
        What the horizontal axis counts, and where it begins.
    """
    histories = _histories("histories", histories)
    _check_metric(metric, histories)
    title, x, first = as_text("title", title), as_text("x", x), whole_number("first", first, at_least=0)
    if first > 10**9:
        raise ValueError("`first` must be at most a billion.")
    figure = new_figure(6.4, 3.4)
    ax = figure.subplots()
    told = _draw_curves(ax, histories, metric, x, first)
    ax.set_title(title, fontsize=10, parse_math=False)
    alt = f"{title + '. ' if title else ''}Curves of {metric}{f' by {x}' if x else ''}. " + "; ".join(told) + "."
    return Picture(figure, alt)


def show_training(history, metric=None, title=None):
    """How one training went: the loss, and beside it a metric, epoch by epoch.

    Parameters
    ----------
    history : History, or dict
        What `fit` returned, or its `history`: metric name -> one number per epoch.
    metric : str, optional
        By default the first that was recorded beside the loss, if there is one.
    """
    histories, title = _histories("history", history), as_text("title", title)
    if metric is not None:
        _check_metric(metric, histories)
    if list(histories) != [""]:
        raise ValueError(f"`history` must be of one training; these are {', '.join(histories)}. show_curves compares.")
    history = histories[""]
    others = [name for name in history if not name.startswith("val_") and name not in ("loss", "learning_rate")]
    names = dict.fromkeys(["loss", *(others[:1] if metric is None else [metric])])
    _check_metric("loss", histories)
    figure = new_figure(4.6 * len(names), 3.2)
    told = []
    for name, ax in zip(names, figure.subplots(1, len(names), squeeze=False)[0]):
        told.append(f"Curves of {name} by epoch. " + "; ".join(_draw_curves(ax, histories, name)) + ".")
    if title:
        figure.suptitle(title, fontsize=10, parse_math=False)
    return Picture(figure, " ".join([*([f"{title}."] if title else []), *told]))


def _histories(name, given):
    """Name of the model -> metric -> array of numbers; the only one has the name ""."""
    given = _record(given)
    if given is None or not len(given):
        raise TypeError(
            f"`{name}` must be what fit returned, its .history, or a dictionary of these by the names of the models, "
            f"such as {{'CNN': history}}; got {'an empty one' if given is not None else 'none of them'}."
        )
    records = {key: _record(value) for key, value in given.items()}
    if all(record is not None for record in records.values()):
        return {str(key): _numbers(record, f"{name}[{key!r}]") for key, record in records.items()}
    return {"": _numbers(given, name)}


def _record(given):
    """A history as something with names; None if it is none."""
    if isinstance(given, type):
        return None
    if not hasattr(given, "keys") and hasattr(given, "history"):
        return _record(given.history)
    return given if hasattr(given, "items") and not hasattr(given, "dtype") else None


def _numbers(record, name):
    found = {}
    for metric, values in record.items():
        try:
            array = np.asarray(values)
            if array.dtype.kind not in "fiub" and array.size:
                raise TypeError
            found[str(metric)] = array.astype(float)
        except (TypeError, ValueError):
            raise TypeError(f"`{name}`[{metric!r}] must hold one number per epoch; got {values!r}.") from None
        if array.ndim != 1:
            what = f"got shape {array.shape}" if array.ndim else f"got {values!r}"
            raise ValueError(f"`{name}`[{metric!r}] must hold one number per epoch, in a list; {what}.")
    return found


def _check_metric(metric, histories):
    if not isinstance(metric, str):
        raise TypeError(f"`metric` must be the name of one, such as 'loss'; got {metric!r}.")
    for name, history in histories.items():
        if metric not in history:
            of = f" for {name!r}" if name else ""
            near = difflib.get_close_matches(metric, history, n=1, cutoff=0.4)
            meant = f" Did you mean {near[0]!r}?" if near else ""
            there_are = ", ".join(map(repr, history)) or "none"
            raise ValueError(f"`metric` {metric!r} was not recorded{of}; there are {there_are}.{meant}")


def _draw_curves(ax, histories, metric, x="epoch", first=1):
    """Draw them, and say in words where each begins and ends."""
    told = []
    for i, (name, history) in enumerate(histories.items()):
        for key, line in ((metric, "-"), (f"val_{metric}", "--")):
            values = history.get(key, [])
            if len(values) == 0:
                continue
            kind = {metric: "training" if f"val_{metric}" in history else ""}.get(key, "validation")
            label = f"{name} {kind}".strip() or metric
            style = dict(color=COLORS[i % len(COLORS)], marker=MARKERS[i % len(MARKERS)], linestyle=line)
            drawn = np.ma.masked_invalid(values)
            ax.plot(range(first, first + len(values)), drawn, label=legend_text(label), markersize=4, **style)
            ends = f"from {written(values[0])} to {written(values[-1])}"
            told.append(f"{label}: {ends} over {count(len(values), 'point')}")
    ax.set(xlabel=x, ylabel=metric)
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.grid(alpha=0.3)
    if told:
        ax.legend(fontsize=8)
    return told


def show_confusion(matrix, class_names=None, title=None):
    """A confusion matrix with its numbers: rows are true classes, columns predicted ones.

    Parameters
    ----------
    matrix : array, shape (classes, classes)
        matrix[i, j] counts the examples of class i that were taken for class j. Or shares of them, or percentages:
        these are written with two digits. A row of NaN, or of zeros, is a class without examples.
    class_names : list of str, or {number: name}, optional
        The numbers of the classes unless you say otherwise.

    A cell is as dark as its share of the row.
    """
    matrix, title = _check_matrix(matrix), as_text("title", title)
    names = names_of_classes(class_names, len(matrix))
    counts = np.array_equal(matrix, np.round(matrix))
    rows = np.nansum(matrix, axis=1, keepdims=True)
    share = np.nan_to_num(matrix) / np.where(rows > 0, rows, 1)
    figure = new_figure(6.2, 5.4)
    ax = figure.subplots()
    ax.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for (row, column), value in np.ndenumerate(matrix):
        if value:
            color = "white" if share[row, column] > 0.5 else "black"
            text = "–" if np.isnan(value) else str(int(value)) if counts else _short_share(value, matrix)
            ax.text(column, row, text, ha="center", va="center", color=color, fontsize=8)
    slanted = dict(rotation=45, ha="right") if max(map(len, names)) > 2 else {}
    ax.set_xticks(range(len(names)), names, fontsize=8, parse_math=False, **slanted)
    ax.set_yticks(range(len(names)), names, fontsize=8, parse_math=False)
    ax.set(xlabel="predicted class", ylabel="true class")
    ax.set_title(title, fontsize=10, parse_math=False)
    return Picture(figure, _describe_confusion(matrix, names, title, counts, rows[:, 0] > 0))


def _check_matrix(matrix):
    try:
        array = np.asarray(matrix)
    except ValueError:
        raise ValueError("`matrix` must be an array of numbers; its rows have different lengths.") from None
    if array.dtype.kind not in "fiub":
        raise TypeError(f"`matrix` must hold counts or shares; got {repr(matrix)[:60]} of type {array.dtype}.")
    if array.ndim != 2 or array.shape[0] != array.shape[1] or not array.size:
        raise ValueError(
            f"`matrix` must have one row and one column for each class; got shape {array.shape}. From labels, "
            "sklearn.metrics.confusion_matrix(y_true, y_pred) makes one; from scores, cnnlab.widgets.ConfusionExplorer."
        )
    array = array.astype(float)
    if (array < 0).any() or np.isinf(array).any():
        raise ValueError(
            f"`matrix` must hold counts or shares, from 0 on; these go from {written(np.nanmin(array))} "
            f"to {written(np.nanmax(array))}."
        )
    return array


def _short_share(value, matrix):
    """A share with two decimals, or a percentage with two digits."""
    if np.nanmax(matrix) > 1:
        return written(value, 2) if value >= 0.05 else "<0.1"
    return f"{value:.2f}" if value >= 0.005 else "<0.01"


def _describe_confusion(matrix, names, title, counts, seen):
    parts = [f"{title}."] if title else []
    right, wrong = np.diag(matrix), np.nan_to_num(matrix - np.diag(np.diag(matrix)))
    parts.append(f"Confusion matrix of {len(names)} classes" + (":" if counts else ", in shares:"))
    if counts:
        parts.append(f"{int(right.sum())} of {int(matrix.sum())} on the diagonal.")
    elif not seen.any():
        parts.append("no numbers.")
    else:
        least, most = (int(find(np.where(seen, right, np.nan))) for find in (np.nanargmin, np.nanargmax))
        ends = f"{_short_share(right[least], matrix)} ({names[least]}) to {_short_share(right[most], matrix)} ({names[most]})"
        parts.append(f"on the diagonal from {ends}.")
    order = np.argsort(-wrong, axis=None, kind="stable")[:3]
    mistakes = [
        f"{names[i]} taken for {names[j]} "
        f"({count(int(wrong[i, j]), 'time') if counts else _short_share(wrong[i, j], matrix)})"
        for i, j in (np.unravel_index(k, wrong.shape) for k in order)
        if wrong[i, j]
    ]
    parts.append(f"Most frequent mistakes: {'; '.join(mistakes)}." if mistakes else "No mistakes.")
    if not seen.all():
        parts.append(f"No examples of {', '.join(name for name, any_ in zip(names, seen) if not any_)}.")
    return " ".join(parts)


def LiveCurves(metric="accuracy", title=None):
    """A Keras callback that redraws the curves after each epoch, with progress and time left.

    Use it as `model.fit(..., verbose=0, callbacks=[LiveCurves()])`. A stored notebook keeps the
    last picture only.
    """
    if not isinstance(metric, str):
        raise TypeError(f"`metric` must be the name of one, such as 'loss'; got {metric!r}.")
    title = as_text("title", title)
    import keras  # here, because this module must not load Keras by itself
    from IPython.display import display

    class Live(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.history, self.started, self.shown = {}, time.monotonic(), 0.0
            self.curves = display(_Line("Training starts …"), display_id=True)
            self.progress = display(_Line("…"), display_id=True)

        def on_train_batch_end(self, batch, logs=None):
            now = time.monotonic()
            if now - self.shown > 0.25:  # a browser follows four lines a second with ease
                self.shown = now
                self._tell(batch + 1)

        def on_epoch_begin(self, epoch, logs=None):
            self.epoch = epoch

        def on_epoch_end(self, epoch, logs=None):
            for key, value in (logs or {}).items():
                self.history.setdefault(key, []).append(float(value))
            if metric in self.history and self.curves:
                self.curves.update(show_curves(self.history, metric, title))

        def on_train_end(self, logs=None):
            if self.progress:
                epochs = len(self.history.get(metric, []))
                self.progress.update(_Line(f"Finished: {count(epochs, 'epoch', 'epochs')} in {time.monotonic() - self.started:.0f} s."))

        def _tell(self, batch):
            steps, epochs = self.params.get("steps") or 0, self.params["epochs"]
            done = (self.epoch + batch / max(steps, batch)) / epochs
            left = (time.monotonic() - self.started) * (1 / done - 1)
            text = f"Epoch {self.epoch + 1} of {epochs}, batch {batch} of {steps or '?'}: about {left:.0f} s left."
            if self.progress:
                self.progress.update(_Line(text, done))

    return Live()


class _Line:
    """A line of text, with a bar in front of it while something is under way."""

    def __init__(self, text, done=None):
        self.text, self.done = text, done

    def __repr__(self):
        return self.text

    def _repr_html_(self):
        bar = (
            ""
            if self.done is None
            else f'<progress value="{self.done:.3f}" aria-label="Training progress"></progress> '
        )
        return f"{bar}<span>{html.escape(self.text, quote=False)}</span>"
