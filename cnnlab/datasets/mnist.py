"""MNIST: 28x28 gray images of handwritten digits, 60,000 to train on and 10,000 to test."""

import io
import math
import os
import zipfile

import numpy as np

from . import _files

CLASS_NAMES = tuple("0123456789")
SHAPES = {"x_train": (60000, 28, 28), "y_train": (60000,), "x_test": (10000, 28, 28), "y_test": (10000,)}
PUBLISHED = "MNIST, verified to be exactly as published"

# Keras's own address and hash, then where Keras had the same file before.
MIRRORS = [
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
    "https://s3.amazonaws.com/img-datasets/mnist.npz",
]
SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"

# Of the four files that MNIST was published as, uncompressed.
MD5 = {
    "x_train": "6bbc9ace898e44ae57da46a324031adb",
    "y_train": "a25bea736e30d166cdddb491f175f624",
    "x_test": "2646ac647ad5339dbf082846283269ea",
    "y_test": "27ae3e4e09519cfbb04c329615203637",
}


def load_data(path="mnist.npz"):
    """MNIST as in `keras.datasets.mnist.load_data`.

    Looks for the file `path` in the folder `CNNLAB_DATA_DIR`, then in Keras's cache
    (`~/.keras/datasets`); else downloads it. Contents other than the published ones are
    loaded with a warning.

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
    file = _files.find(name) or _files.download("mnist", "MNIST", name, MIRRORS, SHA256, _files.folders()[0] / name)
    with _files.reading(file), zipfile.ZipFile(file) as archive:
        arrays = {key: _read_array(archive, key, shape) for key, shape in SHAPES.items()}
        for key in ("y_train", "y_test"):
            if arrays[key].max() > 9:
                raise ValueError(f"{key} has the label {arrays[key].max()}; 0 to 9 fit")
    different = [key for key in arrays if _files.idx_digest(arrays[key]) != MD5[key]]
    if different:
        return arrays, f"unrecognized contents in the shape of MNIST ({', '.join(different)} not as published)"
    return arrays, PUBLISHED


def _read_array(archive, name, shape):
    """One array of an .npz file, whose header is judged before memory is given to it."""
    member = f"{name}.npy"
    if member not in archive.namelist():
        raise ValueError(f"it has no array {name}")
    # The header of an .npy file takes 128 bytes; 10,000 is where NumPy itself draws the line.
    limit = math.prod(shape) + 10_000
    if archive.getinfo(member).file_size > limit:
        raise ValueError(f"{name} is larger than the {shape} of uint8 that fit")
    stream = io.BytesIO(archive.read(member))
    version = np.lib.format.read_magic(stream)
    read_header = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }.get(version)
    if read_header is None:
        raise ValueError(f"{name} is in version {version} of NumPy's format; 1.0 and 2.0 fit")
    found, _, dtype = read_header(stream)
    if found != shape or dtype != np.uint8:
        raise ValueError(f"{name} has shape {found} and type {dtype}; {shape} and uint8 fit")
    stream.seek(0)
    return np.ascontiguousarray(np.load(stream, allow_pickle=False))
