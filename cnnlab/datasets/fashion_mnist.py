"""Fashion-MNIST: 28x28 gray images of ten kinds of clothing, in the shape of MNIST."""

import gzip
import math

import numpy as np

from . import _files, mnist

CLASS_NAMES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
SHAPES = mnist.SHAPES
PUBLISHED = "Fashion-MNIST, verified to be exactly as published"

# Keras's own address, then the repository of its authors.
MIRRORS = [
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
]
# Each array's file and, as torchvision has them, the hashes of the files.
FILES = {
    "x_train": "train-images-idx3-ubyte.gz",
    "y_train": "train-labels-idx1-ubyte.gz",
    "x_test": "t10k-images-idx3-ubyte.gz",
    "y_test": "t10k-labels-idx1-ubyte.gz",
}
SHA256 = {
    "x_train": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    "y_train": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    "x_test": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "y_test": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
}
# Of the same files, uncompressed.
MD5 = {
    "x_train": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
    "y_train": "9018921c3c673c538a1fc5bad174d6f9",
    "x_test": "8181f5470baa50b63fa0f6fddb340f0a",
    "y_test": "15d484375f8d13e6eb1aabb0c3f46965",
}


def load_data():
    """Fashion-MNIST as in `keras.datasets.fashion_mnist.load_data`.

    Looks for its four .gz files in the folder `CNNLAB_DATA_DIR`, then in Keras's cache
    (`~/.keras/datasets`), in each of them also under `fashion-mnist/`; downloads what is
    missing. Contents other than the published ones are loaded with a warning.

    Returns
    -------
    (x_train, y_train), (x_test, y_test) : arrays of uint8
        Images of shape (60000, 28, 28) and (10000, 28, 28), labels of shape (60000,) and (10000,).

    Raises
    ------
    DataNotFound
        If a file is neither on this computer nor to be downloaded.
    BadData
        If a file on disk is damaged or holds something else.
    """
    return _files.as_keras(*read(), PUBLISHED)


def read():
    """The four arrays by name, and what they were recognized as."""
    paths = {name: _find(name) for name in FILES}
    arrays = {name: _read_idx(paths[name], shape) for name, shape in SHAPES.items()}
    digests = {name: _files.idx_digest(array) for name, array in arrays.items()}
    # The files of MNIST have the same names.
    for name, path in paths.items():
        if digests[name] == mnist.MD5[name]:
            raise _files.bad(path, "it is a file of MNIST, not of Fashion-MNIST")
    different = [name for name in arrays if digests[name] != MD5[name]]
    if different:
        return arrays, (
            f"unrecognized contents in the shape of Fashion-MNIST ({', '.join(different)} not as published)"
        )
    return arrays, PUBLISHED


def _find(name):
    file = FILES[name]
    return _files.find(f"fashion-mnist/{file}", file) or _files.download(
        "fashion_mnist",
        "Fashion-MNIST",
        "its four .gz files",
        [mirror + file for mirror in MIRRORS],
        SHA256[name],
        _files.folders()[0] / "fashion-mnist" / file,
    )


def _read_idx(path, shape):
    header = _files.idx_header(shape)
    size = len(header) + math.prod(shape)
    with _files.reading(path), gzip.open(path) as file:
        # One byte more than fits: enough to notice a longer file, however long it is.
        data = bytearray(file.read(size + 1))
        if len(data) != size or not data.startswith(header):
            raise ValueError(f"it does not hold {shape} bytes in IDX format")
        array = np.frombuffer(data, np.uint8, offset=len(header)).reshape(shape)
        if len(shape) == 1 and array.max() > 9:
            raise ValueError(f"it has the label {array.max()}; 0 to 9 fit")
        return array
