"""MNIST and Fashion-MNIST, which share file names and shapes, in every form that people have them in."""

import functools
import gzip
import hashlib
import math
import os
import re
import warnings
import zipfile
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from . import _files, _search

TITLES = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST"}
FOLDERS = {"mnist": ["mnist"], "fashion_mnist": ["fashion", "fmnist"]}  # how names of folders begin
STEMS = {"mnist": ["mnist"], "fashion_mnist": ["fashionmnist", "fmnist"]}  # and those of single files
SHAPES = {"x_train": (60000, 28, 28), "y_train": (60000,), "x_test": (10000, 28, 28), "y_test": (10000,)}

# Of the four IDX files that both were published as, uncompressed.
MD5 = {
    "mnist": {
        "x_train": "6bbc9ace898e44ae57da46a324031adb",
        "y_train": "a25bea736e30d166cdddb491f175f624",
        "x_test": "2646ac647ad5339dbf082846283269ea",
        "y_test": "27ae3e4e09519cfbb04c329615203637",
    },
    "fashion_mnist": {
        "x_train": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
        "y_train": "9018921c3c673c538a1fc5bad174d6f9",
        "x_test": "8181f5470baa50b63fa0f6fddb340f0a",
        "y_test": "15d484375f8d13e6eb1aabb0c3f46965",
    },
}
# Of the labeled images in whatever order, by `any_order`: Kaggle's CSV files have one of their own.
ANY_ORDER = {
    "mnist": {
        "train": "830801046719649a3dec279d42286a3dbfe7a5e16ef2ec8f25afc399817f1ddb",
        "test": "624ca703585622a3a1e3d8950a3c61f92b4790b0fd7a36204a6ae8fa213e6fe8",
    },
    "fashion_mnist": {
        "train": "23d0847d9126d5c6802a53a9f500589c268a56a198e59487c201f31e0b50cea3",
        "test": "12d524c7dc0398176d8e0e8b912b81331400f3fe085b466efdd22932f4e4917d",
    },
}
FILES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}
COLUMNS = 1 + 28 * 28  # of a CSV file: the label and the pixels


class Copy(NamedTuple):
    """All four arrays in one form, not read yet."""

    what: str
    paths: dict  # the file of each array
    read: Callable


def published(name):
    return f"{TITLES[name]}, verified to be exactly as published"


# Finding and recognizing


def find(name, file_name=None):
    """`(arrays, source), looked`: a data set if it is on this computer, else None; and notes for each folder.

    With `file_name`, only an .npz file of this name is looked for.
    """
    looked = {}
    for root in _files.folders():
        notes = looked[root] = []
        for copy in _copies(name, root, notes) if file_name is None else _named(root, file_name):
            result = judge(name, copy)
            if result is not None:
                return result, looked
            (other,) = set(TITLES) - {name}
            notes.append(f"{copy.what}: {TITLES[other]}, not {TITLES[name]}")
    return None, looked


def judge(name, copy):
    """The arrays of a copy and what they were recognized as, or None if they are the other data set."""
    arrays = copy.read()
    digests = {key: _files.idx_digest(array) for key, array in arrays.items()}
    different = [key for key in SHAPES if digests[key] != MD5[name][key]]
    for other in set(TITLES) - {name}:
        theirs = [key for key in SHAPES if digests[key] == MD5[other][key]]
        if theirs and len(different) == len(SHAPES):
            return None
        if theirs:
            raise _files.bad(copy.paths[theirs[0]], f"{theirs[0]} is that of {TITLES[other]}, not of {TITLES[name]}")
    if not different:
        return arrays, published(name)
    if all(any_order(arrays[f"x_{part}"], arrays[f"y_{part}"]) == digest for part, digest in ANY_ORDER[name].items()):
        return arrays, f"{TITLES[name]}, verified to be as published but in another order, from {copy.what}"
    return arrays, (
        f"unrecognized contents in the shape of {TITLES[name]} ({', '.join(different)} not as published), "
        f"from {copy.what}"
    )


def settle(name, copy):
    """As `judge`, for the copy where a download would go: the other data set is no answer there."""
    result = judge(name, copy)
    if result is None:
        (other,) = set(TITLES) - {name}
        raise _files.bad(copy.paths["x_train"], f"it holds {TITLES[other]}, not {TITLES[name]}")
    return result


def any_order(images, labels):
    """A digest of labeled images that is the same in whatever order they stand."""
    rows = sorted(
        hashlib.blake2b(bytes([label]) + image.tobytes(), digest_size=16).digest()
        for image, label in zip(images, labels, strict=True)
    )
    return hashlib.sha256(b"".join(rows)).hexdigest()


def _named(root, file_name):
    """The copy in a file whose name the caller gave."""
    path = (root.parent if os.path.isfile(root) else root) / file_name
    if os.path.isfile(path):
        yield npz_copy(path)


def _copies(name, root, notes):
    """The copies in one folder: .npz files, IDX files, CSV files. What cannot serve is noted."""
    found = _search.places(root, FOLDERS[name])
    for place in found:
        for path in place.files:
            if path.suffix.lower() == ".npz" and (path == root or _search.plain(path.stem) in STEMS[name]):
                yield npz_copy(path)
    # Files in a folder with the name of the set first: those beside it may be of the other one.
    for place in sorted(found, key=lambda place: not place.near):
        yield from _idx_copies(root, place, notes)
    for place in found:
        yield from _csv_copies(name, root, place, notes)
    notes += _search.unreadable(root, found, FOLDERS[name])


# Arrays of other types


def _fits(found, shape):
    """Whether an array of shape `found` holds what one of `shape` does."""
    n = shape[0]
    if len(shape) == 1:
        return found in ((n,), (n, 1), (n, 10))  # the last one: one-hot
    return found in (shape, (n, 28 * 28), (n, 28, 28, 1), (n, 1, 28, 28))


def _check(name, found, dtype, shape):
    """Raise if an array of shape `found` and this dtype cannot be one of uint8 of `shape`."""
    if not _fits(found, shape) or dtype.kind not in "buif" or dtype.itemsize > 8:
        raise ValueError(
            f"{name} has shape {found} and type {dtype}; {shape} and uint8 fit, or another type of whole numbers"
        )


def _convert(name, array, shape):
    """`array` as uint8 of `shape`, if nothing is lost by that."""
    is_image = len(shape) > 1
    if array.dtype == np.uint8:
        whole = array
    else:
        whole = _whole(array)
        if whole is None and is_image and array.dtype.kind == "f":
            whole = _whole(array, 255)
    if whole is None:
        raise ValueError(
            f"{name} has type {array.dtype} and numbers from {array.min():.3g} to {array.max():.3g} that are not all "
            f"whole numbers from 0 to {255 if is_image else 9}"
            + (", nor such numbers divided by 255; the pixels as they were before fit" if is_image else "")
        )
    if not is_image:
        if whole.ndim == 2 and whole.shape[1] == 10:
            if whole.max() > 1 or (whole.sum(axis=1) != 1).any():
                raise ValueError(f"{name} has ten numbers per label; one 1 and nine 0s fit, or the label itself")
            whole = whole.argmax(axis=1).astype(np.uint8)
        if whole.max() > 9:
            raise ValueError(f"{name} has the label {whole.max()}; 0 to 9 fit")
    return np.array(whole.reshape(shape), order="C")  # a copy, which can be written to


def _whole(array, scale=1):
    """`array` times `scale` as uint8, or None if it does not hold whole numbers from 0 to 255."""
    whole = np.empty(array.shape, np.uint8)
    for start in range(0, len(array), 1000):  # in parts: the whole as float64 would be eight times as large
        part = array[start : start + 1000] * np.float64(scale)
        rounded = np.rint(part)
        tolerance = 0 if scale == 1 else 1e-3
        with np.errstate(invalid="ignore"):  # infinite ones
            fits = (np.abs(part - rounded) <= tolerance) & (rounded >= 0) & (rounded <= 255)
        if not fits.all():
            return None
        whole[start : start + 1000] = rounded
    return whole


# .npz


def npz_copy(path):
    return Copy(path.name, dict.fromkeys(SHAPES, path), functools.partial(_read_npz, path))


def _read_npz(path):
    with _files.reading(path), zipfile.ZipFile(path) as archive:
        members = _members(archive)
        return {name: _read_member(archive, members[name], name, shape) for name, shape in SHAPES.items()}


def _members(archive):
    """The member of an .npz file for each array, whatever its writer called them."""
    keys = {member[: -len(".npy")]: member for member in archive.namelist() if member.endswith(".npy")}
    members = {name: keys[name] for name in SHAPES if name in keys}
    for key, member in keys.items():
        members.setdefault(_meaning(key), member)
        if re.fullmatch(r"arr_\d", key):  # np.savez without names
            found = _read_header(archive, member)[0]
            members.setdefault(next((name for name, shape in SHAPES.items() if _fits(found, shape)), None), member)
    for name in SHAPES:
        if name not in members:
            raise ValueError(f"it has no array {name}; its arrays are {', '.join(keys) or 'none'}")
    return members


def _meaning(key):
    """The array that a key stands for, "x_train" for "train_images" and the like; None for other keys."""
    image, label, train, test = "x|images?|data", "y|labels?|targets?", "train|training", "test|testing|t10k"
    for name, kind, part in [
        ("x_train", image, train), ("y_train", label, train), ("x_test", image, test), ("y_test", label, test)
    ]:  # fmt: skip
        if re.fullmatch(f"({kind})({part})|({part})({kind})", _search.plain(key)):
            return name
    return None


def _read_header(archive, member):
    """Shape, order, type and place of the data of one array."""
    with archive.open(member) as stream:
        version = np.lib.format.read_magic(stream)
        read_header = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }.get(version)
        if read_header is None:
            raise ValueError(f"{member} is in version {version} of NumPy's format; 1.0 and 2.0 fit")
        return *read_header(stream), stream.tell()


def _read_member(archive, member, name, shape):
    """One array of an .npz file, whose header is judged before memory is given to it."""
    found, columns_first, dtype, start = _read_header(archive, member)
    _check(name, found, dtype, shape)
    size = archive.getinfo(member).file_size
    if size != start + math.prod(found) * dtype.itemsize:
        raise ValueError(f"{name} has {size - start:,} bytes; {math.prod(found) * dtype.itemsize:,} fit its header")
    data = np.frombuffer(archive.read(member), dtype, offset=start)
    return _convert(name, data.reshape(found, order="F" if columns_first else "C"), shape)


# IDX files

_IDX = re.compile(r"(train|t10k|test)([-_. ])(image|label)s?([-_. ])idx[13]([-_. ]ubyte)( ?\(\d+\))?(\.gz)?")
_IDX_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def _idx_name(path):
    """Which array the name of an IDX file stands for, and how it is written; None for other names."""
    match = _IDX.fullmatch(path.name.lower())
    if match is None:
        return None
    part, *writing = match.groups(default="")
    kind = writing.pop(1)
    return ("x_" if kind == "image" else "y_") + ("train" if part == "train" else "test"), "".join(writing)


def _idx_copies(root, place, notes):
    """The sets of four in one folder: those whose names are written alike, else one of each."""
    found = []
    for path in place.files:
        if _idx_name(path):
            found.append((*_idx_name(path), path))
    for folder in place.folders:  # 7-Zip unpacks each file into a folder of its own
        if _idx_name(folder):
            for path in _search.listing(folder)[0]:
                if _idx_name(path) and _idx_name(path)[0] == _idx_name(folder)[0]:
                    found.append((_idx_name(path)[0], f"{_idx_name(path)[1]} in a folder", path))
    alike, mixed = {}, {}
    for name, writing, path in sorted(found, key=lambda item: len(item[1])):
        alike.setdefault(writing, {}).setdefault(name, path)
        mixed.setdefault(name, path)
    complete = [paths for paths in alike.values() if len(paths) == len(SHAPES)] or [mixed]
    for paths in complete:
        if len(paths) == len(SHAPES):
            yield idx_copy(paths, _search.within(root, place.folder))
        elif paths:
            missing = ", ".join(FILES[name] for name in SHAPES if name not in paths)
            where = _search.within(root, place.folder)
            notes.append(f"{('no', 'one', 'two', 'three')[len(paths)]} of the four IDX files{where} (no {missing})")


def idx_copy(paths, where=""):
    def read():
        return {name: _read_idx(paths[name], name, shape) for name, shape in SHAPES.items()}

    return Copy(f"IDX files{where}", paths, read)


def _read_idx(path, name, shape):
    with _files.reading(path), open(path, "rb") as raw:
        # By content: browsers unpack a download and may keep its name.
        file = gzip.open(raw) if raw.peek(2)[:2] == b"\x1f\x8b" else raw
        start = file.read(4)
        if len(start) < 4 or start[:2] != b"\0\0" or start[2] not in _IDX_TYPES:
            raise ValueError(f"it is no IDX file, gzipped or not: it begins with {start!r}")
        dtype = np.dtype(_IDX_TYPES[start[2]])
        found = tuple(np.frombuffer(file.read(4 * start[3]), ">u4").tolist())
        _check(name, found, dtype, shape)
        # One byte more than fits: enough to notice a longer file, however long it is.
        size = math.prod(found) * dtype.itemsize
        data = file.read(size + 1)
        if len(data) != size:
            than = "fewer" if len(data) < size else "more"
            raise ValueError(f"it has {than} than the {size:,} bytes of its IDX header")
        return _convert(name, np.frombuffer(data, dtype).reshape(found), shape)


# CSV files


def _csv_copies(name, root, place, notes):
    """The pair of CSV files in one folder, under the names that they have at Kaggle or plain ones."""
    where = _search.within(root, place.folder)
    files = {_search.plain(path.stem): path for path in place.files if path.suffix.lower() == ".csv"}
    for stem in STEMS[name]:
        pair = [files.get(f"{stem}{part}") for part in ("train", "test")]
        if all(pair):
            yield _csv_copy(*pair, where)
        elif any(pair):
            there, missing = (pair[0], "test") if pair[0] else (pair[1], "train")
            notes.append(f"{there.name}{where} without the other file of its pair, that to {missing} with")
    pair = [files.get(part) for part in ("train", "test")]
    if all(pair) and (place.near or name == "mnist") and _first_line(pair[0]).startswith("label,pixel"):
        if _first_line(pair[1]).startswith("label,"):
            yield _csv_copy(*pair, where)
        else:
            notes.append(
                f"train.csv and test.csv{where} of a Kaggle competition, whose test images have no labels: "
                f"they cannot serve as {TITLES[name]}"
            )


def _csv_copy(train, test, where):
    def read():
        arrays = {}
        for part, path in ("train", train), ("test", test):
            arrays[f"x_{part}"], arrays[f"y_{part}"] = _read_csv(path, part)
        return {name: arrays[name] for name in SHAPES}

    paths = {"x_train": train, "y_train": train, "x_test": test, "y_test": test}
    return Copy(f"{train.name} and {test.name}{where}", paths, read)


def _first_line(path):
    try:
        with open(path, encoding="utf-8-sig") as file:
            return file.readline(20_000).replace('"', "").strip().lower()  # a header takes 7,000 characters
    except (OSError, ValueError):
        return ""


def _read_csv(path, part):
    """Images and labels from a file with one row per image: the label and its 784 pixels."""
    shape = SHAPES[f"x_{part}"]
    with _files.reading(path):
        most = 26 * COLUMNS * (shape[0] + 1)  # bytes, if every number is as long as a float64 can be
        if os.path.getsize(path) > most:
            raise ValueError(f"it has {os.path.getsize(path):,} bytes; {shape[0]:,} images take fewer than {most:,}")
        first = _first_line(path)
        delimiter = next((mark for mark in ",;\t" if mark in first), ",")
        header = first.split(delimiter)
        is_header = not _is_number(header[0])
        label = next((i for i, column in enumerate(header) if column in ("label", "class")), 0)
        if len(header) != COLUMNS:
            index = " (if the first one is an index: save it without, as pandas does with index=False)"
            raise ValueError(
                f"its first line has {len(header)} columns; {COLUMNS} fit, a label and 28x28 pixels"
                + index * (len(header) == COLUMNS + 1)
            )
        read = functools.partial(
            np.loadtxt, path, delimiter=delimiter, skiprows=int(is_header), ndmin=2, max_rows=shape[0] + 1,
            encoding="utf-8-sig",
        )  # fmt: skip
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of a file without rows
                try:
                    rows = read(dtype=np.uint8)
                except ValueError:
                    rows = read(dtype=np.float32)
            if len(rows) != shape[0]:
                count = f"{len(rows):,}" if len(rows) < shape[0] else f"more than {shape[0]:,}"
                raise ValueError(f"it has {count} rows of numbers; {shape[0]:,} fit")
            pixels = np.delete(rows, label, axis=1)
            labels = rows[:, label]
            return _convert(f"x_{part}", pixels, shape), _convert(f"y_{part}", labels, shape[:1])
        except ValueError as error:
            raise ValueError(_bad_line(path, delimiter, is_header) or str(error)) from error


def _is_number(field):
    try:
        float(field)
    except ValueError:
        return False
    return True


def _bad_line(path, delimiter, is_header):
    """The first line that is no row of numbers, and what would fit; None if there is none."""
    with open(path, encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            fields = line.strip().split(delimiter)
            if (number == 1 and is_header) or fields == [""]:
                continue
            if len(fields) != COLUMNS:
                return f"line {number} has {len(fields)} columns; {COLUMNS} fit, a label and 28x28 pixels"
            for column, field in enumerate(fields, 1):
                if not (_is_number(field) and 0 <= float(field) <= 255):
                    return f"line {number}, column {column} has {field!r}; whole numbers from 0 to 255 fit"
    return None
