"""CIFAR-10: 32x32 color photos of ten classes, 50,000 to train on and 10,000 to test."""

import functools
import hashlib
import os
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np

from . import _files, _search, _unpickle

CLASS_NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
BATCH_SIZE = 10_000
PUBLISHED = "CIFAR-10, verified to be exactly as published"
LABELS_ONLY = "CIFAR-10 (labels as published, pixels not verified)"

# Keras's own address and hash, then the copy that PaddlePaddle keeps.
MIRRORS = [
    "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
    "https://dataset.bj.bcebos.com/cifar/cifar-10-python.tar.gz",
]
SHA256 = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"

SHA256_BINARY = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"  # of cifar-10-binary.tar.gz

# Each batch and, as torchvision has it, the hash of its file; then, as MXNet has it, of its binary version.
MD5 = {
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    "test_batch": "40351d587109b95175f43aff81a1287e",
}

SHA1 = {
    "data_batch_1": "aadd24acce27caa71bf4b10992e9e7b2d74c2540",
    "data_batch_2": "c0ba65cce70568cd57b4e03e9ac8d2a5367c1795",
    "data_batch_3": "1dd00a74ab1d17a6e7d73e185b69dbf31242f295",
    "data_batch_4": "aab85764eb3584312d3c7f65fd2fd016e36a258e",
    "data_batch_5": "26e2849e66a845b7f1e4614ae70f4889ae604628",
    "test_batch": "67eb016db431130d61cd03c7ad570b013799c88c",
}
LABELS_SHA256 = "3edb456524d5918aefded81f5aef7c32efab2a788211df998a4eb0c8957baa1f"  # of all labels, in order

FOLDER = "cifar-10-batches-py"
TARGET = f"{FOLDER}-target"  # around FOLDER in today's Keras; earlier ones had FOLDER alone
ARCHIVES = (f"{TARGET}_archive", f"{FOLDER}.tar.gz", "cifar-10-python.tar.gz")
BINARY = "cifar-10-batches-bin"  # the folder of the binary version, and what its files end in
ENDING = ".bin"
LARGEST = 2**26  # bytes; a batch takes 31 million, or up to half as much again in old pickle protocols


def load_data():
    """CIFAR-10 as in `keras.datasets.cifar10.load_data`.

    Looks for it, in any form that `datasets.load` reads, in the folder `CNNLAB_DATA_DIR`, then in
    Keras's cache (`~/.keras/datasets`); else downloads the archive `cifar-10-python.tar.gz`.
    Contents other than the published ones are loaded with a warning.

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


class Copy(NamedTuple):
    """All six batches in one form, not read yet."""

    what: str
    read: Callable  # gives images, labels and MD5 of each batch


def read():
    """The four arrays by name, labels of shape (n,), and what they were recognized as."""
    copy = _find()
    n_train = BATCH_SIZE * 5
    x = np.empty((n_train + BATCH_SIZE, 32, 32, 3), np.uint8)
    y = np.empty(n_train + BATCH_SIZE, np.uint8)
    published = True
    for i, (name, (records, md5)) in enumerate(zip(MD5, copy.read(), strict=True)):
        part = slice(i * BATCH_SIZE, (i + 1) * BATCH_SIZE)
        x[part], y[part] = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), records[:, 0]
        published &= md5 == MD5[name] or hashlib.sha1(records, usedforsecurity=False).hexdigest() == SHA1[name]
    arrays = {"x_train": x[:n_train], "y_train": y[:n_train], "x_test": x[n_train:], "y_test": y[n_train:]}
    if published:
        return arrays, PUBLISHED
    if hashlib.sha256(y).hexdigest() == LABELS_SHA256:
        return arrays, LABELS_ONLY
    return arrays, f"unrecognized contents in the shape of CIFAR-10, from {copy.what}"


# Finding


def _find():
    """The first copy in a folder of data, downloaded if there is none."""
    looked, incomplete = {}, []
    for root in _files.folders():
        notes = looked[root] = []
        for copy in _copies(root, notes, incomplete):
            return copy
    if incomplete:
        raise incomplete[0]
    target = _files.download_folder() / ARCHIVES[0]
    return _from_archive(_files.download("cifar10", "CIFAR-10", ARCHIVES[-1], MIRRORS, SHA256, target, looked))


def _copies(root, notes, incomplete):
    """The copies in one folder: folders with the batches, then archives. What cannot serve is noted."""
    found = _search.places(root, ["cifar10(?!0)"])
    for ending in ("", ENDING):
        for place in found:
            files = {path.name.lower(): path for path in place.files}
            paths = {name: files[name + ending] for name in MD5 if name + ending in files}
            if len(paths) == len(MD5):
                yield _from_folder(place.folder, paths, ending, _search.within(root, place.folder))
            elif paths:
                missing = ", ".join(name + ending for name in MD5 if name not in paths)
                notes.append(f"{len(paths)} of the six batches{_search.within(root, place.folder)} (no {missing})")
                incomplete.append(_files.bad(place.folder, f"the folder has no {missing}"))
    archives = {_search.plain(version + ending) for version in (FOLDER, "cifar-10-python", BINARY, "cifar-10-binary")
                for ending in (".tar.gz", ".tgz", ".tar")}  # fmt: skip
    for place in found:
        for path in place.files:
            named = path == root and path.name.lower().endswith((".tar.gz", ".tgz", ".tar"))
            if named or path.name == ARCHIVES[0] or _search.plain(path.name) in archives:
                yield _from_archive(path)
    notes += _search.unreadable(root, found, ["cifar10(?!0)"])


# Reading


def _from_folder(folder, paths, ending, where=""):
    def read():
        for path in paths.values():
            with _files.reading(path, part_of=folder):
                _check_size(path.name, os.path.getsize(path), ending)
                yield _records(path.read_bytes(), ending)

    return Copy(f"{'binary ' if ending else ''}batches{where}", read)


def _check_size(name, size, ending):
    """Raise if a batch of `size` bytes is too large to be looked at."""
    fits = BATCH_SIZE * 3073
    if ending and size != fits:
        raise ValueError(f"{name} has {size:,} bytes; {fits:,} fit: {BATCH_SIZE:,} times a label and 32x32x3 colors")
    if size > LARGEST:
        raise ValueError(f"{name} has {size:,} bytes; a batch has about 31 million")


def _records(data, ending):
    """A batch as in the binary version, an array of shape (n, 1 + 3072), and the MD5 of its file."""
    if ending:
        records = np.frombuffer(data, np.uint8).reshape(BATCH_SIZE, 3073)
        if records[:, 0].max() > 9:
            raise ValueError(f"it has the label {records[:, 0].max()}; 0 to 9 fit")
    else:
        batch = _unpickle.load_batch(data, shape=(BATCH_SIZE, 3072))
        labels = batch.get("labels")
        if type(labels) is not list or len(labels) != BATCH_SIZE:
            raise ValueError(f"it has no list of {BATCH_SIZE:,} labels")
        if not all(type(label) is int and 0 <= label <= 9 for label in labels):
            raise ValueError("its labels are not all whole numbers from 0 to 9")
        records = np.column_stack([np.array(labels, np.uint8), batch["data"]])
    return records, hashlib.md5(data, usedforsecurity=False).hexdigest()


# Archives


def _from_archive(archive):
    """The batches in an archive; that of the Python version is unpacked beside it, as Keras does."""
    with _files.reading(archive):
        with open(archive, "rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        if not packed:
            # It unpacks to no more than it is, so it may be read where it is, whoever made it.
            if os.path.getsize(archive) > 7 * LARGEST:
                raise ValueError(f"it has {os.path.getsize(archive):,} bytes; the published one has about 186 million")
            return Copy(archive.name, functools.partial(_read_tar, archive, "r:"))
        sha256 = _files.file_digest(archive, "sha256")
        if sha256 == SHA256:
            folder = _unpack(archive)
            return _from_folder(folder, {name: folder / name for name in MD5}, "")
        if sha256 == SHA256_BINARY:
            return Copy(archive.name, functools.partial(_read_tar, archive, "r:gz"))
        raise ValueError(
            "it is not a published archive (its hash is wrong). If you trust it, unpack it yourself: "
            "a folder is judged by what it holds"
        )


def _members(tar):
    """The folder in the archive and its members, each of which must be a plain file in it."""
    members = []
    folder = None
    for member in tar:
        parts = PurePosixPath(member.name).parts
        folder = folder or next((name for name in (FOLDER, BINARY) if parts[:1] == (name,)), FOLDER)
        is_folder = member.isdir() and parts in ((), (folder,))
        is_file = member.isreg() and len(parts) == 2 and parts[0] == folder and parts[1] != ".."
        if not (is_folder or is_file):
            raise ValueError(f"its member {member.name!r} is not a plain file in {folder}/")
        members.append(member)
    return folder, members


def _read_tar(archive, mode):
    """The batches from where they stand in the archive; nothing is unpacked."""
    with _files.reading(archive), tarfile.open(archive, mode) as tar:
        folder, members = _members(tar)
        ending = ENDING if folder == BINARY else ""
        files = {PurePosixPath(member.name).name: member for member in members}
        for name in MD5:
            if name + ending not in files:
                raise ValueError(f"it has no {folder}/{name}{ending}")
            _check_size(name + ending, files[name + ending].size, ending)
            yield _records(tar.extractfile(files[name + ending]).read(), ending)


def _unpack(archive):
    """Unpack the published archive beside itself, whole or not at all, as Keras lays it out."""
    with tempfile.TemporaryDirectory(dir=archive.parent) as scratch, tarfile.open(archive) as tar:
        unpacked = Path(scratch, TARGET)
        _members(tar)
        tar.extractall(unpacked, filter="data")
        os.rename(unpacked, archive.parent / TARGET)
    return archive.parent / TARGET / FOLDER
