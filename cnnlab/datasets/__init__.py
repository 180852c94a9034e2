"""MNIST, Fashion-MNIST and CIFAR-10: found, downloaded, verified, or drawn.

`load` gives a data set with its class names and a sentence on where it comes from;
`mnist.load_data()`, `fashion_mnist.load_data()` and `cifar10.load_data()` give what Keras's do.
"""

import html
import operator
import os
import sys
from dataclasses import dataclass

import numpy as np

from . import cifar10, fashion_mnist, mnist
from ._files import BadData, DataNotFound

__all__ = ["BadData", "DataNotFound", "Dataset", "cifar10", "fashion_mnist", "load", "mnist"]

_MODULES = {"mnist": mnist, "fashion_mnist": fashion_mnist, "cifar10": cifar10}
_SIZES = {"mnist": (60_000, 10_000), "fashion_mnist": (60_000, 10_000), "cifar10": (50_000, 10_000)}
_TITLES = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST", "cifar10": "CIFAR-10"}
_DRAWN = {"mnist": "digits", "fashion_mnist": "clothing", "cifar10": "scenes"}
_DRAWN_SIZES = (10_000, 2_000)


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Images and labels to train and to test with, and where they come from.

    Attributes
    ----------
    name : str
        "mnist", "fashion_mnist" or "cifar10".
    x_train, x_test : arrays of uint8
        Images, 0 to 255: shape (n, 28, 28), for "cifar10" (n, 32, 32, 3).
    y_train, y_test : arrays of uint8
        Labels, 0 to 9: shape (n,) for every data set (Keras has (n, 1) for CIFAR-10).
    class_names : tuple of str
        The name of each label.
    source : str
        What the data is and what was verified of it, fit for the title of a plot.
    drawn : bool
        Whether cnnlab drew the images itself.
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    class_names: tuple
    source: str
    drawn: bool

    def __repr__(self):
        shape = "x".join(map(str, self.x_train.shape[1:]))
        return (
            f"<Dataset {self.name}: {len(self.x_train):,} images to train on and {len(self.x_test):,} to test, "
            f"{shape}, {len(self.class_names)} classes; {self.source}>"
        )


def load(name, n_train=None, n_test=None, offline=None):
    """A data set by name: real, or drawn if you allow it.

    Looks in the folder `CNNLAB_DATA_DIR`, which may also be the set's own folder or its file, then
    in Keras's cache (`~/.keras/datasets`); else downloads the data into `CNNLAB_DATA_DIR` if that
    is a folder, or into the cache, where Keras finds it too. MNIST and Fashion-MNIST may be .npz,
    IDX or CSV files, CIFAR-10 Python or binary batches or their archive; docs/data.md lists the
    names. All arrays come from one of these. With the environment variable `CNNLAB_DRAWN=1` it
    always gives drawn data.

    Parameters
    ----------
    name : str
        "mnist", "fashion_mnist" or "cifar10".
    n_train, n_test : int, optional
        How many images, the first ones in their published order. All by default; of drawn
        data 10,000 and 2,000.
    offline : None or "drawn"
        What to do if the data is neither on this computer nor to be downloaded: raise
        DataNotFound, or give images that cnnlab draws itself, with a banner that says so.

    Returns
    -------
    Dataset

    Raises
    ------
    DataNotFound
        If there is no data; the message says what was found where, and names the ways out.
    BadData
        If a file on disk is damaged or holds something else, whatever `offline` is.
    """
    if not isinstance(name, str) or name not in _MODULES:
        raise ValueError(f"name must be one of {', '.join(map(repr, _MODULES))}; got {name!r}")
    if offline not in (None, "drawn"):
        raise ValueError(f'offline must be None or "drawn"; got {offline!r}')
    n_train = _count("n_train", n_train, name, _SIZES[name][0])
    n_test = _count("n_test", n_test, name, _SIZES[name][1])
    if os.environ.get("CNNLAB_DRAWN", "0") not in ("", "0"):
        return _draw(name, n_train, n_test)
    try:
        arrays, source = _MODULES[name].read()
    except DataNotFound:
        if offline == "drawn":
            return _draw(name, n_train, n_test)
        raise
    # Copies, so that a small part does not keep the whole in memory.
    for key in arrays:
        n = n_train if key.endswith("train") else n_test
        if n is not None:
            arrays[key] = arrays[key][:n].copy()
    return Dataset(name, **arrays, class_names=_MODULES[name].CLASS_NAMES, source=source, drawn=False)


def _count(argument, n, name, most):
    if n is None:
        return None
    try:
        count = operator.index(n)
    except TypeError:
        count = 0
    if isinstance(n, bool) or not 1 <= count <= most:
        raise ValueError(f"{argument} must be None or a whole number from 1 to {most:,} for {name!r}; got {n!r}")
    return count


def _draw(name, n_train, n_test):
    from . import drawn

    what, title = _DRAWN[name], _TITLES[name]
    draw = getattr(drawn, what)
    x_train, y_train = draw(n_train or _DRAWN_SIZES[0], seed=0, split="train")
    x_test, y_test = draw(n_test or _DRAWN_SIZES[1], seed=0, split="test")
    class_names = tuple(drawn.SCENE_NAMES) if name == "cifar10" else _MODULES[name].CLASS_NAMES
    _show(_Banner(what, title))
    return Dataset(name, x_train, y_train, x_test, y_test, class_names, source=f"drawn {what}, not {title}", drawn=True)


class _Banner:
    """The notice that data is drawn; the same whatever the cause, so that stored notebooks compare."""

    def __init__(self, what, title):
        self.headline = f"These are drawn {what}, not {title}."
        self.text = (
            f"cnnlab drew them itself: the lesson works the same, but a figure measured on them is no "
            f"{title} result. For the real data, connect to the internet once, with CNNLAB_DRAWN not set."
        )

    def __repr__(self):
        return f"{self.headline} {self.text}"

    def _repr_html_(self):
        return (
            '<div role="note" style="border-left: 6px solid #c65d00; padding: 0.5em 1em">'
            f"<strong>{html.escape(self.headline)}</strong> {html.escape(self.text)}</div>"
        )


def _show(banner):
    if "IPython" in sys.modules:
        from IPython import get_ipython
        from IPython.display import display

        if get_ipython() is not None:
            display(banner)
            return
    print(banner)
