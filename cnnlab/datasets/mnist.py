"""MNIST: 28x28 gray images of handwritten digits, 60,000 to train on and 10,000 to test."""

import os

from . import _files, _gray

CLASS_NAMES = tuple("0123456789")
SHAPES = _gray.SHAPES
PUBLISHED = _gray.published("mnist")

# Keras's own address and hash, then where Keras had the same file before.
MIRRORS = [
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
    "https://s3.amazonaws.com/img-datasets/mnist.npz",
]
SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"


def load_data(path="mnist.npz"):
    """MNIST as in `keras.datasets.mnist.load_data`.

    Looks in the folder `CNNLAB_DATA_DIR`, then in Keras's cache (`~/.keras/datasets`): for the
    file `path`, or, if that is not given, for MNIST in any form that `datasets.load` reads; else
    downloads it. Contents other than the published ones are loaded with a warning.

    Returns
    -------
    (x_train, y_train), (x_test, y_test) : arrays of uint8
        Images of shape (60000, 28, 28) and (10000, 28, 28), labels of shape (60000,) and (10000,).

    Raises
    ------
    DataNotFound
        If the file is neither on this computer nor to be downloaded.
    BadData
        If the file on disk is damaged or holds something else.
    """
    return _files.as_keras(*read(path), PUBLISHED)


def read(path="mnist.npz"):
    """The four arrays by name, and what they were recognized as."""
    name = os.fspath(path)
    if name != os.path.basename(name) or name in ("", ".", ".."):
        raise ValueError(
            f"path must be a file name without folders, as in Keras; got {name!r}. "
            f"To use another folder, set the environment variable CNNLAB_DATA_DIR to it."
        )
    found, looked = _gray.find("mnist", None if name == "mnist.npz" else name)
    if found is None:
        target = _files.download_folder() / name
        if not target.is_file():
            _files.download("mnist", "MNIST", name, MIRRORS, SHA256, target, looked)
        found = _gray.settle("mnist", _gray.npz_copy(target))
    return found
