"""What every explorer has in common: its page, its answers, and its form where no widget runs."""

import base64
import contextlib
import difflib
import functools
import json
import os
import pathlib

import anywidget
import numpy as np
import traitlets

from ..arithmetic import in_short

_HERE = pathlib.Path(__file__).parent


class Refused(traitlets.TraitError, ValueError):
    """A TraitError, so that traitlets rolls back; a ValueError, as everywhere in cnnlab."""


@contextlib.contextmanager
def refusing():
    """Turns the errors of checks into `Refused`, without warnings; for use in `@traitlets.validate` methods."""
    try:
        with np.errstate(all="ignore"):  # 1e308 becomes infinite in float32
            yield
    except (TypeError, ValueError) as error:
        raise Refused(str(error)) from None


class Checked(traitlets.Any):
    """Anything that its `@traitlets.validate` method accepts. Unlike `Any`, it asks about None as well."""

    allow_none = False


class Explorer(anywidget.AnyWidget):
    """A picture that answers when it is touched.

    A subclass has traits for all that it shows; `describe()`, one sentence that says what that is; and
    `_static_html()`, the form for where no widget runs. `_esm, _css = front_end("its_file")`.
    """

    # The page numbers its questions: only the newest wish waits while Python works on one.
    _asked = traitlets.Int(0).tag(sync=True)
    _answered = traitlets.Int(0).tag(sync=True)

    def __setattr__(self, name, value):
        """Refuses a name that the explorer does not have: without effect, it would look like a picture that sticks."""
        if not name.startswith("_") and not hasattr(type(self), name):
            raise AttributeError(f"{type(self).__name__} has no `{name}` to set. {_instead(self, name)}")
        super().__setattr__(name, value)

    def set_state(self, sync_data):
        with self.hold_sync():  # the answer and what it says arrive together
            try:
                super().set_state(sync_data)
            finally:
                self._answered = sync_data.get("_asked", self._answered)

    # The saved page: what Python answers there was recorded.

    _kept = ()  # what the page may have changed by itself, and what fits every answer
    _nearest = ()  # what is a place: where no answer was recorded, that for the nearest place will do
    _most = 290_000  # bytes of the page, up to which answers are recorded

    def _wishes(self):
        """What a saved page can be asked for: changes of traits as the page sends them, the most wanted first."""
        return ()

    def to_html(self):
        """One page, as text, that works without Python and without a network.

        It is the explorer as it is now: what needs no Python works as in the notebook, and for the rest Python's
        answers are recorded, as many as there is room for. Where one is missing, the page says so in a sentence.
        """
        from ._saved import page

        return page(self, self._most)

    def save_html(self, path):
        """Write the page that `to_html` makes to a file, such as "explorer.html"."""
        if not isinstance(path, (str, os.PathLike)):
            raise TypeError(f"`path` must be the name of a file, such as 'explorer.html'; got {in_short(path)}.")
        pathlib.Path(path).write_text(self.to_html(), encoding="utf-8")

    def describe(self):
        """One sentence that says what the explorer shows."""
        raise NotImplementedError

    def _static_html(self):
        """Plain tables, or images with alt text: they read well without styles, which GitHub removes."""
        raise NotImplementedError

    def __repr__(self):
        return self.describe()

    def _repr_mimebundle_(self, **kwargs):
        data, metadata = super()._repr_mimebundle_(**kwargs)
        if _is_exported():
            data = {}
        return data | {"text/plain": self.describe(), "text/html": self._static_html()}, metadata


@functools.cache
def _is_exported():
    """Whether nbconvert runs this notebook to make a page of it.

    It would choose the widget, and a page gets what shows widgets from a network: without one it stays empty.
    """
    try:
        import psutil  # comes with ipykernel
    except ImportError:
        return False
    try:
        parents = psutil.Process().parents()[:2]
        parts = [pathlib.Path(part).stem for parent in parents for part in parent.cmdline()[:4]]
    except psutil.Error:
        return False
    return "nbconvert" in parts or "jupyter-nbconvert" in parts


def _instead(explorer, name):
    """What may have been meant by a name: those that are like it, or all that can be set."""
    own = explorer.traits().keys() - Explorer.class_traits().keys()
    own = sorted(key for key in own if not key.startswith("_") and not explorer.traits()[key].read_only)
    near = difflib.get_close_matches(name, own, n=2)
    return f"Did you mean {' or '.join(f'`{key}`' for key in near or own)}?"


def front_end(name):
    """The ES module and the style sheet of an explorer, as text.

    In front of the module stand the shared styles, as `STYLE`, and the shared module, which puts them into the page once:
    in the sheet of every kind of explorer, they would be applied as often as there are kinds.

    Text, not paths: anywidget watches a path, and that keeps every explorer alive (anywidget#929).
    """
    style, shared, module, own = (
        (_HERE / file).read_text(encoding="utf-8") for file in ("shared.css", "shared.js", f"{name}.js", f"{name}.css")
    )
    return "\n".join([f"const STYLE = {json.dumps(style)};", shared, module]), own


def to_wire(array, widget=None):
    """Numbers travel as text, because JSON has no NaN and no infinity."""
    return None if array is None else array.astype(str).tolist()


def from_wire(rows, dtype):
    """The array that `to_wire` wrote, or that was typed into the page."""
    with np.errstate(over="ignore"):  # 1e39 is infinity in float32, and is shown as such
        return np.array(rows).astype(float).astype(dtype)


def paint(image, low=0, high=1):
    """An image for the page's `Picture`: `low` is black and `high` white; what lies beyond is clipped.

    Parameters
    ----------
    image : array, shape (H, W), or (H, W, 3) for red, green and blue
        NaN is painted black.
    """
    with np.errstate(all="ignore"):
        scaled = np.nan_to_num((np.asarray(image, float) - low) / (high - low if high > low else 1))
    pixels = np.round(255 * np.clip(scaled, 0, 1)).astype(np.uint8)
    return {"size": list(pixels.shape[:2]), "pixels": base64.b64encode(pixels.tobytes()).decode()}


def read_only(array):
    array.setflags(write=False)
    return array
