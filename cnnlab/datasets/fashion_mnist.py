"""Fashion-MNIST: 28x28 gray images of ten kinds of clothing, in the shape of MNIST."""

from . import _files, _gray

CLASS_NAMES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
SHAPES = _gray.SHAPES
PUBLISHED = _gray.published("fashion_mnist")

# Keras's own address, then the repository of its authors.
MIRRORS = [
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
]
# Each array's file and, as torchvision has them, the hashes of the files.
FILES = {name: f"{file}.gz" for name, file in _gray.FILES.items()}
SHA256 = {
    "x_train": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    "y_train": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    "x_test": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "y_test": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
}


def load_data():
    """Fashion-MNIST as in `keras.datasets.fashion_mnist.load_data`.

    Looks for it, in any form that `datasets.load` reads, in the folder `CNNLAB_DATA_DIR`, then in
    Keras's cache (`~/.keras/datasets`); else downloads what is missing of its four .gz files to
    `fashion-mnist/`. Contents other than the published ones are loaded with a warning.

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
    found, looked = _gray.find("fashion_mnist")
    if found is None:
        folder = _files.download_folder() / "fashion-mnist"
        paths = {name: folder / file for name, file in FILES.items()}
        for name, path in paths.items():
            if not path.is_file():
                urls = [mirror + path.name for mirror in MIRRORS]
                needed = "its four .gz files"
                _files.download("fashion_mnist", "Fashion-MNIST", needed, urls, SHA256[name], path, looked)
        found = _gray.settle("fashion_mnist", _gray.idx_copy(paths))
    return found
