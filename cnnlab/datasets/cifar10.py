"""CIFAR-10: 32x32 color photos of ten classes, 50,000 to train on and 10,000 to test."""

import hashlib
import os
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

import numpy as np

from . import _files, _unpickle

CLASS_NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
BATCH_SIZE = 10_000
PUBLISHED = "CIFAR-10, verified to be exactly as published"

# Keras's own address and hash, then the copy that PaddlePaddle keeps.
MIRRORS = [
    "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
    "https://dataset.bj.bcebos.com/cifar/cifar-10-python.tar.gz",
]
SHA256 = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"

# Each batch and, as torchvision has it, the hash of its file.
MD5 = {
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    "test_batch": "40351d587109b95175f43aff81a1287e",
}

FOLDER = "cifar-10-batches-py"
TARGET = f"{FOLDER}-target"  # around FOLDER in today's Keras; earlier ones had FOLDER alone
ARCHIVES = (f"{TARGET}_archive", f"{FOLDER}.tar.gz", "cifar-10-python.tar.gz")
LARGEST = 2**26  # bytes; a batch takes 31 million, or up to half as much again in old pickle protocols

# A copy is in circulation whose images, but for the first 761 of each batch, went through JPEG.
EXACT = 761
EXACT_SHA256 = "352cc7044acc080b41da80c22b7424e091c067e31e547775238a18d93e74e306"  # of all labels and these images
RECOMPRESSED_SHA256 = "4002a670f61c82b8b1ef8f2bee9378bf486ed971994dbb0b8afc3bc09fedcbfc"  # of all labels and all images
RECOMPRESSED = (
    f"a recompressed copy of CIFAR-10 (labels and order as published, but only the first {EXACT} images "
    f"of each batch are pixel-exact): figures from it are close to, not, CIFAR-10 results"
)
REWRITTEN = (
    f"a rewritten copy of CIFAR-10 (its labels and the first {EXACT} images of each batch are as "
    f"published; the other images could not be checked)"
)


def load_data():
    """CIFAR-10 as in `keras.datasets.cifar10.load_data`.

    Looks for the folder `cifar-10-batches-py`, or `cifar-10-batches-py-target` around it, in the
    folder `CNNLAB_DATA_DIR`, then in Keras's cache (`~/.keras/datasets`); then for the archive
    `cifar-10-python.tar.gz`; else downloads it. Contents other than the published ones are
    loaded with a warning.

    Returns
    -------
    (x_train, y_train), (x_test, y_test) : arrays of uint8
        Images of shape (50000, 32, 32, 3) and (10000, 32, 32, 3), labels of shape (50000, 1) and
        (10000, 1).

    Raises
    ------
    DataNotFound
        If the data is neither on this computer nor to be downloaded.
    BadData
        If a file on disk is damaged, hostile, or holds something else.
    """
    arrays, source = read()
    for name in ("y_train", "y_test"):
        arrays[name] = arrays[name][:, np.newaxis]
    return _files.as_keras(arrays, source, PUBLISHED)


def read():
    """The four arrays by name, labels of shape (n,), and what they were recognized as."""
    folder = _find_folder()
    n_train = BATCH_SIZE * 5
    x = np.empty((n_train + BATCH_SIZE, 32, 32, 3), np.uint8)
    y = np.empty(n_train + BATCH_SIZE, np.uint8)
    published = True
    for i, (name, md5) in enumerate(MD5.items()):
        part = slice(i * BATCH_SIZE, (i + 1) * BATCH_SIZE)
        x[part], y[part], digest = _read_batch(folder / name)
        published &= digest == md5
    source = PUBLISHED if published else _recognize(x, y)
    arrays = {"x_train": x[:n_train], "y_train": y[:n_train], "x_test": x[n_train:], "y_test": y[n_train:]}
    return arrays, source


def _read_batch(path):
    """Images, labels and MD5 of one file."""
    with _files.reading(path, part_of=path.parent):
        if os.path.getsize(path) > LARGEST:
            raise ValueError(f"it has {os.path.getsize(path):,} bytes; a batch has about 31 million")
        data = path.read_bytes()
        batch = _unpickle.load_batch(data, shape=(BATCH_SIZE, 3072))
        labels = batch.get("labels")
        if type(labels) is not list or len(labels) != BATCH_SIZE:
            raise ValueError(f"it has no list of {BATCH_SIZE:,} labels")
        if not all(type(label) is int and 0 <= label <= 9 for label in labels):
            raise ValueError("its labels are not all whole numbers from 0 to 9")
        images = batch["data"].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        return images, labels, hashlib.md5(data, usedforsecurity=False).hexdigest()


def _recognize(x, y):
    batches = x.reshape(6, BATCH_SIZE, -1)
    if _digest(y, np.ascontiguousarray(batches[:, :EXACT])) != EXACT_SHA256:
        return "unrecognized contents in the shape of CIFAR-10"
    return RECOMPRESSED if _digest(y, x) == RECOMPRESSED_SHA256 else REWRITTEN


def _digest(labels, images):
    digest = hashlib.sha256(labels)
    digest.update(images)
    return digest.hexdigest()


def _find_folder():
    """The folder that holds the six batches, unpacked or downloaded if need be."""
    found = _files.find(f"{TARGET}/{FOLDER}", FOLDER)
    if found is None:
        archive = _files.find(*ARCHIVES) or _files.download(
            "cifar10", "CIFAR-10", ARCHIVES[-1], MIRRORS, SHA256, _files.folders()[0] / ARCHIVES[0]
        )
        return _unpack(archive)
    missing = [name for name in MD5 if not os.path.exists(found / name)]
    if missing:
        raise _files.bad(found, f"the folder has no {', '.join(missing)}")
    return found


def _unpack(archive):
    """Unpack the published archive beside itself, whole or not at all, as Keras lays it out."""
    with _files.reading(archive):
        if _files.file_digest(archive, "sha256") != SHA256:
            raise ValueError(
                "it is not the published archive (its hash is wrong). If you trust it, unpack it yourself: "
                "a folder is judged by what it holds"
            )
        with tempfile.TemporaryDirectory(dir=archive.parent) as scratch, tarfile.open(archive) as tar:
            unpacked = Path(scratch, TARGET)
            for member in tar:
                parts = PurePosixPath(member.name).parts
                is_folder = member.isdir() and parts == (FOLDER,)
                is_file = member.isreg() and len(parts) == 2 and parts[0] == FOLDER and parts[1] != ".."
                if not (is_folder or is_file):
                    raise ValueError(f"its member {member.name!r} is not a plain file in {FOLDER}/")
            tar.extractall(unpacked, filter="data")
            os.rename(unpacked, archive.parent / TARGET)
    return archive.parent / TARGET / FOLDER
