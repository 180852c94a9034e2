"""Reading the pickled batches of CIFAR-10 without running anything that they say.

A pickle is a program: it may name any function and call it. The batches need one array each,
so the names that build an array are the only ones admitted, and even these do not lead to
NumPy but to stand-ins that take down what the array would be.
"""

import io
import pickle

import numpy as np


def load_batch(data, shape):
    """The dictionary in the pickle `data` (bytes), keys as str, and its array as uint8 of `shape`.

    Raises pickle.UnpicklingError or ValueError if the pickle holds anything else.
    """
    batch = _Unpickler(io.BytesIO(data), encoding="bytes").load()
    if type(batch) is not dict:
        raise ValueError("it holds no dictionary")
    # Python 2 wrote the keys as bytes; a copy written by Python 3 may have text.
    batch = {key.decode() if type(key) is bytes else key: value for key, value in batch.items()}
    batch["data"] = _to_array(batch.get("data"), shape)
    return batch


class _Unpickler(pickle.Unpickler):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)

        # Made anew for every file, since a pickle can also set attributes of what it names.
        class ArrayType:
            """Named by the pickle in place of numpy.ndarray."""

        class Array:
            def __setstate__(self, state):
                _, self.shape, self.dtype, self.columns_first, self.data = state

        class DType:
            def __init__(self, code, *_):
                self.code = code

            def __setstate__(self, state):
                """Byte order and the like, which one-byte numbers do without."""

        def encode(text, encoding):
            """Bytes, as Python 3 writes them for Python 2."""
            if encoding != "latin1":
                raise pickle.UnpicklingError(f"it asks for the encoding {encoding!r}")
            return text.encode("latin1")

        def reconstruct(array_type, shape, code):
            """An array still without data."""
            return Array()

        def from_buffer(data, dtype, shape, order):
            """An array as pickle protocol 5 has it."""
            array = Array()
            array.__setstate__((1, shape, dtype, order != "C", data))
            return array

        self._admitted = {
            ("numpy", "ndarray"): ArrayType,
            ("numpy", "dtype"): DType,
            ("_codecs", "encode"): encode,
        }
        for core in ("numpy.core", "numpy._core"):  # before and since NumPy 2
            self._admitted[f"{core}.multiarray", "_reconstruct"] = reconstruct
            self._admitted[f"{core}.numeric", "_frombuffer"] = from_buffer

    def find_class(self, module, name):
        try:
            return self._admitted[module, name]
        except KeyError:
            raise pickle.UnpicklingError(
                f"it asks for {module}.{name}, which CIFAR-10's files do not: it may have been made to do harm"
            ) from None


def _to_array(array, shape):
    """The NumPy array that the stand-in describes."""
    try:
        found, code, columns_first, data = array.shape, array.dtype.code, array.columns_first, array.data
    except AttributeError:
        raise ValueError("it has no array of numbers under 'data'") from None
    if found != shape or code not in (b"u1", "u1") or columns_first or type(data) not in (bytes, bytearray):
        raise ValueError(f"its array has shape {found} and type {code}; {shape} and uint8 (u1) fit")
    return np.frombuffer(data, np.uint8).reshape(shape)
