"""Small data sets, made up, and the files that people keep such sets in."""

import functools
import gzip
import io
import os
import pickle
import struct
import tarfile

import numpy as np

NOWHERE = "http://127.0.0.1:9/"  # the discard port: nobody answers
TRAIN, TEST = 60, 20  # images, in place of 60,000 and 10,000
BATCHES = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]


@functools.cache
def fake_digits():
    """Arrays in the shape of MNIST, every image the number of its place."""
    return {
        "x_train": np.arange(TRAIN, dtype=np.uint32).astype(np.uint8)[:, None, None] * np.ones((28, 28), np.uint8),
        "y_train": (np.arange(TRAIN) % 10).astype(np.uint8),
        "x_test": np.full((TEST, 28, 28), 7, np.uint8),
        "y_test": (np.arange(TEST) % 10).astype(np.uint8),
    }


def npz(**arrays):
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


@functools.cache
def fake_npz():
    return npz(**fake_digits())


def write_npz(path, **changes):
    path.write_bytes(npz(**fake_digits() | changes) if changes else fake_npz())
    return path


def idx(array, code=8):
    """An IDX file; `code` says the type of the numbers, which are written as they are."""
    return struct.pack(f">HBB{array.ndim}I", 0, code, array.ndim, *array.shape) + array.tobytes()


def gz(content):
    return gzip.compress(content, compresslevel=1)


def batch(i, size=20):
    """A batch as a dictionary: image k of batch i has red i, green k and blue 9."""
    images = np.empty((size, 3, 1024), np.uint8)
    images[:, 0], images[:, 1], images[:, 2] = i, np.arange(size)[:, None], 9
    return {b"data": images.reshape(size, 3072), b"labels": [(i + k) % 10 for k in range(size)]}


def binary_batch(i, size=20):
    content = batch(i, size)
    return np.column_stack([np.array(content[b"labels"], np.uint8), content[b"data"]]).tobytes()


def write_batches(folder, protocol=2, **changes):
    folder.mkdir(parents=True, exist_ok=True)
    for i, name in enumerate(BATCHES):
        content = changes.get(name, batch(i))
        (folder / name).write_bytes(content if type(content) is bytes else pickle.dumps(content, protocol))
    return folder


def tar(files, *extra, mode="w"):
    """A tar archive of {name: bytes}, with more members if given as (name, type, link)."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for name, kind, link in extra:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, link
            archive.addfile(member)
    return stream.getvalue()


class Harm:
    """Pickles as a call that leaves a file behind."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return os.system, (f"echo harm > {self.trace}",)
