"""The confusion explorer: which classes are taken for which, and the images behind each number."""

import base64
import html
import io

import numpy as np
import traitlets

from .._names import count
from .._pictures import on_white, pictures
from ..arithmetic import in_short, whole_number
from ._explorer import Checked, Explorer, front_end, paint, read_only, refusing
from ._models import bars, names_of_classes, predict
from ._numbers import number, pack, table

PER_PAGE = 20
_MOST_CLASSES = 30
_LARGEST = 64  # pixels along a side; of larger images every second, third … pixel is shown
_TOP = 5
_SELECTING = ("selected", "page", "example")


class ConfusionExplorer(Explorer):
    """A confusion matrix to touch: choose a cell and see its images, with the scores the model gave them.

    Rows are true classes, columns predicted ones. Everything shown is also an attribute: set it and the
    picture follows, read it after touching, or watch it with `observe`.

    Parameters
    ----------
    y_true : array of whole numbers, shape (N,) or (N, 1)
        The true class of each example, counted from 0.
    scores : array, shape (N, classes), or model
        What `model.predict` gave: the predicted class is the one with the highest score. Or the model,
        Keras's or cnnlab's, which then predicts `images`.
    images : array, shape (N, H, W), (N, H, W, 1), (N, H, W, 3) or (N, H, W, 4)
        Integers from 0 to 255 or floats from 0 to 1; other ranges are stretched. (N, 784) will do for squares.
    class_names : list of str, or {number: name}, optional
        At most 30.
    selected : (true class, predicted class) or None
        The cell whose images are shown, surest mistakes first. At the start, the most frequent mistake.
    page : int
        Which 20 of its images, counted from 0.
    example : int or None
        The place in `y_true` of the image whose scores are shown. Set it, and its cell and page are shown.
    view : "counts" or "percent"
        Whether cells hold counts, or the percentages of the row.
    order : "given" or "mistakes"
        Classes as they are numbered, or those with the most mistakes first.

    Attributes
    ----------
    matrix : array of int, shape (classes, classes)
        matrix[i, j] counts the examples of class i that were taken for class j.
    examples : array of int
        The places in `y_true` of all examples in the selected cell, in the order shown.

    Raises
    ------
    ValueError or TypeError
        If an argument does not fit, here or when an attribute is set later (then it is a
        `traitlets.TraitError` as well). The explorer stays as it was.

    >>> scores = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]])
    >>> explorer = ConfusionExplorer([0, 1, 1], scores, np.zeros((3, 4, 4)), ["cat", "dog"])
    >>> explorer
    ConfusionExplorer: 2 of 3 right (66.7 %); most frequent mistakes: dog taken for cat (1 time); \
selected: dog taken for cat, 1 of 2 (50 %), example 2 first.
    >>> explorer.selected = (0, 0)
    >>> explorer.examples
    array([0])
    """

    _esm, _css = front_end("confusion_explorer")

    matrix = None

    selected = traitlets.Any().tag(sync=True)
    page = Checked(0).tag(sync=True)
    example = traitlets.Any().tag(sync=True)
    view = Checked("counts").tag(sync=True)
    order = Checked("given").tag(sync=True)
    _table = traitlets.Dict().tag(sync=True)
    _cell = traitlets.Dict().tag(sync=True)
    _following = False

    def __init__(self, y_true, scores, images, class_names=None, *, view="counts", order="given", **selecting):
        images, limits = _check_images(images)
        scores = _check_scores(scores, images)
        y_true = _check_labels(y_true, *scores.shape)
        if len(images) != len(y_true):
            raise ValueError(f"`images` must hold one for each of the {len(y_true)} examples; got {len(images)}.")
        unknown = set(selecting) - set(_SELECTING)
        if unknown:
            raise TypeError(f"ConfusionExplorer has no argument `{unknown.pop()}`.")
        self._names = names_of_classes(class_names, scores.shape[1])
        self._images, self._limits, self._scores, self._y_true = images, limits, scores, y_true
        self._predicted = scores.argmax(axis=1)
        self._bar_limits = min(0.0, float(scores.min())), max(1.0, float(scores.max()))
        classes = len(self._names)
        matrix = np.bincount(y_true * classes + self._predicted, minlength=classes**2).reshape(classes, classes)
        self.matrix = read_only(matrix)
        self._shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
        mistakes = matrix * (1 - np.eye(classes, dtype=int))
        ranked = np.argsort(-mistakes, axis=None, kind="stable")[: np.count_nonzero(mistakes)]
        self._ranked = [tuple(map(int, np.unravel_index(place, matrix.shape))) for place in ranked]
        super().__init__(_table=self._all_numbers(mistakes), view=view, order=order)
        if not selecting:
            selecting = {"selected": self._ranked[0] if self._ranked else None}
        with refusing():  # in this order: each narrows what the one before shows
            for name in sorted(selecting, key=_SELECTING.index):
                setattr(self, name, selecting[name])

    @property
    def examples(self):
        if self.selected is None:
            return read_only(np.array([], int))
        true, predicted = self.selected
        inside = np.flatnonzero((self._y_true == true) & (self._predicted == predicted))
        return read_only(inside[np.argsort(-self._scores[inside, predicted], kind="stable")])

    @traitlets.validate(*_SELECTING, "view", "order")
    def _accept(self, proposal):
        name, value = proposal["trait"].name, proposal["value"]
        with refusing():
            if name in ("view", "order"):
                return _check_choice(name, value, ("counts", "percent") if name == "view" else ("given", "mistakes"))
            if name == "selected":
                return _check_selected(value, len(self._names))
            if name == "page":
                return _check_below("page", value, max(1, self._pages()), "pages in this cell")
            return value if value is None else _check_below("example", value, len(self._y_true), "examples")

    @traitlets.observe(*_SELECTING)
    def _follow(self, change):
        """The other two follow the one that changed."""
        if self._following:
            return
        self._following = True
        try:
            with self.hold_sync():
                if change.name == "example" and self.example is not None:
                    self.selected = int(self._y_true[self.example]), int(self._predicted[self.example])
                    self.page = int(np.flatnonzero(self.examples == self.example)[0]) // PER_PAGE
                else:
                    if change.name == "selected":
                        self.page = 0
                    shown = self._shown()
                    if self.example not in shown:
                        self.example = int(shown[0]) if len(shown) else None
                of = [*(self.selected or ()), self.page]
                if self._cell.get("of") != of:
                    self._cell = self._gallery(of)
        finally:
            self._following = False

    def _pages(self):
        return -(-len(self.examples) // PER_PAGE)

    def _shown(self):
        return self.examples[self.page * PER_PAGE : (self.page + 1) * PER_PAGE]

    # What the page shows

    def _all_numbers(self, mistakes):
        """The matrix in both views, and both orders of the classes."""
        right = np.eye(len(self._names), dtype=bool)
        per_class = mistakes.sum(axis=1)
        tables = {}
        for view, values, texts in (
            ("counts", self.matrix, self.matrix.astype(str)),
            ("percent", self._shares, self._percent()),
        ):
            worst = (values * ~right).max()
            strength = np.where(right, -self._shares, values / (worst or 1))
            tables[view] = {"text": texts.ravel().tolist(), "level": pack(strength, 1)["level"]}
        return {
            "names": self._names,
            "totals": self.matrix.sum(axis=1).tolist(),
            "orders": {
                "given": list(range(len(self._names))),
                "mistakes": np.argsort(-per_class, kind="stable").tolist(),
            },
            "ranked": self._ranked,
            "per_page": PER_PAGE,
            **tables,
        }

    def _gallery(self, of):
        """Images and scores of one page of the selected cell."""
        if self.selected is None:
            return {"of": of, "pages": 0, "items": []}
        return {"of": of, "pages": self._pages(), "items": [self._item(index) for index in self._shown().tolist()]}

    def _item(self, index):
        true, predicted = int(self._y_true[index]), int(self._predicted[index])
        marks = {true: "true", predicted: "predicted"} if true != predicted else {true: "true, predicted"}
        return {
            "index": index,
            "picture": paint(_thumbnail(self._images[index]), *self._limits),
            "bars": bars(self._scores[index], self._names, marks, _TOP, self._bar_limits),
        }

    def _percent(self):
        shares = np.array([[number(round(100 * share, 1)) for share in row] for row in self._shares.tolist()])
        return np.where(self.matrix.sum(axis=1, keepdims=True) > 0, shares, "–")

    # In words, and where no widget runs

    _kept = ("view", "order")

    def _wishes(self):
        cells = [*self._ranked, *map(tuple, np.argwhere(self.matrix * np.eye(len(self._names), dtype=int)).tolist())]
        empty = map(tuple, np.argwhere(self.matrix == 0).tolist())
        yield from ({"selected": cell} for cell in [*empty, *cells])
        for cell in cells:
            pages = range(1, -(-int(self.matrix[cell]) // PER_PAGE))
            yield from ({"selected": cell, "page": page} for page in pages)

    def describe(self):
        """One sentence that says what the explorer shows."""
        right, total = int(np.trace(self.matrix)), int(self.matrix.sum())
        most = "; ".join(f"{self._called(*cell)} ({count(self.matrix[cell], 'time')})" for cell in self._ranked[:3])
        parts = [
            f"ConfusionExplorer: {right} of {total} right ({number(round(100 * right / total, 1))} %)",
            f"most frequent mistakes: {most}" if most else "no mistakes",
        ]
        if self.selected is not None:
            many, of = self.matrix[self.selected], self.matrix[self.selected[0]].sum()
            first = f", example {self.example} first" if self.page == 0 and many else ""
            parts.append(
                f"selected: {self._called(*self.selected)}, {many} of {of} ({self._percent()[self.selected]} %){first}"
            )
        return "; ".join(parts) + "."

    def _called(self, true, predicted):
        return f"{self._names[true]} taken for {self._names[predicted]}"

    def _static_html(self):
        order = self._table["orders"][self.order]
        names = np.array(self._names, dtype=object)[order]
        texts = (self.matrix.astype(str) if self.view == "counts" else self._percent())[np.ix_(order, order)]
        shown = np.block(
            [[np.array([["true ↓, predicted →"]], object), names[np.newaxis]], [names[:, np.newaxis], texts]]
        )
        bold = np.pad(np.eye(len(names), dtype=bool), ((1, 0), (1, 0)))
        what = "counts" if self.view == "counts" else "% of the true class"
        levels = np.array(list(self._table[self.view]["level"]), int).reshape(len(names), -1)[np.ix_(order, order)]
        parts = [
            f"<p>{html.escape(self.describe(), quote=False)}</p>",
            table(f"Confusion matrix, {what}", shown, bold, np.pad(levels, ((1, 0), (1, 0)), constant_values=4)),
            "<p>Bold, and blue where there are colors: right. The others are mistakes; the darker, the more.</p>",
        ]
        strip = self._shown()[:10]
        if len(strip):
            alt = (
                f"{len(strip)} of the {len(self.examples)} images of {self._called(*self.selected)}: "
                f"examples {', '.join(map(str, strip))}."
            )
            parts.append(f'<img alt="{html.escape(alt)}" src="{self._strip(strip)}">')
        return "\n".join(parts)

    def _strip(self, indices):
        """The images side by side, as a data URI."""
        from PIL import Image

        low, high = self._limits
        scaled = np.clip((self._images[indices] - low) / (high - low), 0, 1)
        apart = np.pad(scaled, ((0, 0), (0, 0), (1, 1), *[(0, 0)] * (scaled.ndim - 3)), constant_values=0.5)
        side_by_side = np.concatenate(list(np.round(255 * apart).astype(np.uint8)), axis=1)
        times = max(1, 64 // scaled.shape[1])
        buffer = io.BytesIO()
        Image.fromarray(side_by_side.repeat(times, axis=0).repeat(times, axis=1)).save(buffer, format="png")
        return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def _thumbnail(image):
    step = -(-max(image.shape[:2]) // _LARGEST)
    return image[::step, ::step]


# What is accepted


def _check_images(images):
    """(The images as (N, H, W) or (N, H, W, 3), what is black and what is white in them)."""
    images = pictures("images", images, "several")
    if isinstance(images, list):
        raise ValueError("`images` must be one array; these have different shapes.")
    if images.ndim == 4 and images.shape[3] == 4:
        images = np.stack([on_white("images", image) for image in images])
    finite = images[np.isfinite(images)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if images.dtype.kind in "iu" and low >= 0 and high <= 255:
        return images, (0, 255)
    return images, (0, 1) if low >= 0 and high <= 1 else (low, high if high > low else low + 1)


def _check_scores(scores, images):
    if callable(getattr(scores, "predict", None)):
        scores = predict(scores, images)
    try:
        scores, shown = np.asarray(scores), in_short(scores)
    except ValueError:
        raise ValueError("`scores` must be one array, (N, classes); its rows have different lengths.") from None
    if scores.ndim != 2 or scores.shape[1] < 2 or not len(scores) or scores.dtype.kind not in "fiub":
        raise ValueError(
            "`scores` must be a model, or an array of shape (N, classes), as model.predict gives it "
            f"(not its argmax); got {f'shape {scores.shape}' if scores.dtype.kind in 'fiub' and scores.ndim else shown}."
            + (" Of one output p make two classes: np.hstack([1 - p, p])." if scores.shape[1:] == (1,) else "")
        )
    bad = np.flatnonzero(~np.isfinite(scores).all(axis=1))
    if len(bad):
        raise ValueError(f"`scores` hold NaN or infinity, first in row {bad[0]}: did the training diverge?")
    if scores.shape[1] > _MOST_CLASSES:
        raise ValueError(f"`scores` have {scores.shape[1]} classes; at most {_MOST_CLASSES} can be shown.")
    return scores.astype(float)


def _check_labels(y_true, examples, classes):
    try:
        labels = np.asarray(y_true)
        if labels.dtype.kind == "O" and labels.ndim:  # numbers among anything, as a table with mixed columns has them
            labels = np.asarray(labels.tolist())
    except ValueError:
        raise ValueError("`y_true` must hold one class number for each example; got rows of different lengths.") from None
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.dtype.kind in "USO" and labels.ndim:
        raise TypeError(f"`y_true` must hold class numbers; got {in_short(y_true)}. {_numbering(labels)}")
    if labels.ndim == 2 and labels.shape[1] == classes:
        raise ValueError("`y_true` must hold class numbers; these are one-hot rows: pass y_true.argmax(axis=1).")
    if labels.shape != (examples,) or labels.dtype.kind not in "fiub":
        got = f"shape {labels.shape}" if labels.dtype.kind in "fiub" and labels.ndim else in_short(y_true)
        raise ValueError(
            f"`y_true` must hold one class number for each of the {count(examples, 'row')} of `scores`; got {got}."
        )
    if not (labels == np.floor(labels)).all():  # NaN, too
        odd = labels[labels != np.floor(labels)][0]
        raise ValueError(f"`y_true` must hold class numbers, which are whole; one is {number(float(odd))}.")
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(
            f"`y_true` must lie from 0 to {classes - 1}, as `scores` have {classes} classes; "
            f"they go from {labels.min():.0f} to {labels.max():.0f}."
            + (" Counted from 1? Then pass y_true - 1." if labels.min() == 1 and labels.max() == classes else "")
        )
    return labels.astype(int)


def _numbering(labels):
    """How texts become class numbers."""
    try:
        labels.astype(float)
        return "Take np.asarray(y_true).astype(int)."
    except (TypeError, ValueError):
        return "np.unique(y_true, return_inverse=True)[1] numbers names, in the order of the alphabet."


def _check_choice(name, value, choices):
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"`{name}` must be {' or '.join(map(repr, choices))}; got {in_short(value)}.")
    return value


def _check_below(name, value, limit, what):
    value = whole_number(name, value, at_least=0)
    if value >= limit:
        raise ValueError(f"`{name}` must be below {limit}, the number of {what}; got {in_short(value)}.")
    return value


def _check_selected(selected, classes):
    if selected is None:
        return None
    try:
        true, predicted = (whole_number("selected", place, at_least=0) for place in selected)
        if max(true, predicted) < classes:
            return true, predicted
    except (TypeError, ValueError):
        pass
    raise ValueError(
        f"`selected` must be None or (true, predicted), two classes from 0 to {classes - 1}; got {in_short(selected)}."
    )
