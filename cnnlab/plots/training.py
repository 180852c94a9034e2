"""How a training went: curves, live curves, and the confusion matrix."""

import time

import numpy as np

from .picture import COLORS, Picture, new_figure

MARKERS = ["o", "s", "^", "D", "v", "P", "X"]


def show_curves(histories, metric="accuracy", title=None, x="epoch", first=1):
    """One curve for each model and each of training and validation, epoch by epoch.

    Parameters
    ----------
    histories : dict
        Name of the model -> `history.history` of Keras: metric name -> one number per epoch.
        A single `history.history` will do.
    metric : str
        "accuracy" or "loss", say. Its validation twin, "val_accuracy", is drawn dashed.
    x, first : str, int
        What the horizontal axis counts, and where it begins.
    """
    if metric in histories:
        histories = {"": histories}
    figure = new_figure(6.4, 3.4)
    ax = figure.subplots()
    told = _draw_curves(ax, histories, metric, x, first)
    ax.set_title(title or "", fontsize=10)
    alt = f"{title + '. ' if title else ''}Curves of {metric} by {x}. " + "; ".join(told) + "."
    return Picture(figure, alt)


def show_training(history, metric=None, title=None):
    """How one training went: the loss, and beside it a metric, epoch by epoch.

    Parameters
    ----------
    history : dict
        `history.history`: metric name -> one number per epoch.
    metric : str, optional
        By default the first that was recorded beside the loss, if there is one.
    """
    others = [name for name in history if not name.startswith("val_") and name not in ("loss", "learning_rate")]
    names = ["loss", *([metric] if metric else others[:1])]
    figure = new_figure(4.6 * len(names), 3.2)
    told = []
    for name, ax in zip(names, figure.subplots(1, len(names), squeeze=False)[0]):
        told.append(f"Curves of {name} by epoch. " + "; ".join(_draw_curves(ax, {"": history}, name)) + ".")
    if title:
        figure.suptitle(title, fontsize=10)
    return Picture(figure, " ".join([*([f"{title}."] if title else []), *told]))


def _draw_curves(ax, histories, metric, x="epoch", first=1):
    """Draw them, and say in words where each begins and ends."""
    told = []
    for i, (name, history) in enumerate(histories.items()):
        if metric not in history:
            raise ValueError(f"`metric` {metric!r} was not recorded for {name!r}; there are {', '.join(history)}.")
        for key, line in ((metric, "-"), (f"val_{metric}", "--")):
            values = history.get(key, [])
            if len(values) == 0:
                continue
            kind = {metric: "training" if f"val_{metric}" in history else ""}.get(key, "validation")
            label = f"{name} {kind}".strip() or metric
            style = dict(color=COLORS[i % len(COLORS)], marker=MARKERS[i % len(MARKERS)], linestyle=line)
            ax.plot(range(first, first + len(values)), values, label=label, markersize=4, **style)
            told.append(f"{label}: from {values[0]:.3f} to {values[-1]:.3f} over {len(values)} points")
    ax.set(xlabel=x, ylabel=metric)
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.grid(alpha=0.3)
    if told:
        ax.legend(fontsize=8)
    return told


def show_confusion(matrix, class_names, title=None):
    """A confusion matrix with its numbers: rows are true classes, columns predicted ones.

    Parameters
    ----------
    matrix : array of int, shape (classes, classes)
        matrix[i, j] counts the examples of class i that were taken for class j.
    class_names : list of str
    """
    matrix = np.asarray(matrix)
    names = [str(name) for name in class_names]
    if matrix.shape != (len(names), len(names)):
        raise ValueError(
            f"`matrix` must have one row and one column for each of the {len(names)} class names; got {matrix.shape}."
        )
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    figure = new_figure(6.2, 5.4)
    ax = figure.subplots()
    ax.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(matrix):
        if count:
            color = "white" if share[row, column] > 0.5 else "black"
            ax.text(column, row, str(count), ha="center", va="center", color=color, fontsize=8)
    slanted = dict(rotation=45, ha="right") if max(map(len, names)) > 2 else {}
    ax.set_xticks(range(len(names)), names, fontsize=8, **slanted)
    ax.set_yticks(range(len(names)), names, fontsize=8)
    ax.set(xlabel="predicted class", ylabel="true class")
    ax.set_title(title or "", fontsize=10)
    return Picture(figure, _describe_confusion(matrix, names, title))


def _describe_confusion(matrix, names, title):
    right, total = int(np.trace(matrix)), int(matrix.sum())
    wrong = matrix - np.diag(np.diag(matrix))
    alt = (
        f"{title + '. ' if title else ''}Confusion matrix of {len(names)} classes: {right} of {total} on the diagonal."
    )
    most = np.argsort(-wrong, axis=None, kind="stable")[:3]
    mistakes = [
        f"{names[i]} taken for {names[j]} ({wrong[i, j]} times)"
        for i, j in (np.unravel_index(k, wrong.shape) for k in most)
        if wrong[i, j]
    ]
    return alt + (f" Most frequent mistakes: {'; '.join(mistakes)}." if mistakes else " No mistakes.")


def LiveCurves(metric="accuracy", title=None):
    """A Keras callback that redraws the curves after each epoch, with progress and time left.

    Use it as `model.fit(..., verbose=0, callbacks=[LiveCurves()])`. A stored notebook keeps the
    last picture only.
    """
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
                self.progress.update(_Line(f"Finished: {epochs} epochs in {time.monotonic() - self.started:.0f} s."))

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
        return f"{bar}<span>{self.text}</span>"
