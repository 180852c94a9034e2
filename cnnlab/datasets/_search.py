"""Where in a folder a copy of a data set may lie, and what lies there that cannot be read."""

import os
import re
from pathlib import Path
from typing import NamedTuple

DEEPEST = 3  # folders below the one that was named
MOST = 200  # folders looked into, so that a wrong one costs little time
PASSED = {"archive", "data", "datasets", "raw"}  # names of folders that lead to data of any kind

UNREADABLE = [
    (r"\.(parquet|arrow)", "tables of Hugging Face"),
    (r"\.tfrecord(-\d+-of-\d+)?", "of TensorFlow Datasets"),
    (r"\.(pkl|pickle)(\.gz)?", "pickles, which may run anything and are not opened"),
    (r"\.pt", "of PyTorch"),
    (r"\.mat", "of MATLAB"),
    (r"\.arff(\.gz)?", "of Weka"),
    (r"\.(zip|7z|rar)", "packed: unpack them first"),
    (r"\.(png|jpe?g)", "single pictures"),
]


class Place(NamedTuple):
    """A folder to look into."""

    folder: Path
    near: bool  # whether the data set is named by it or by a folder around it
    files: list
    folders: list


def plain(name):
    """A name without what differs between writers: capitals, separators, the "(1)" of a browser."""
    return re.sub(r"[^a-z0-9]", "", re.sub(r"\(\d+\)", "", name.lower()))


def places(root, names):
    """The folder `root` and those below it that may hold a data set called by one of `names`.

    These are the folders whose names begin with one of `names`, and all that lie in them, at most
    three deep. If `root` is a file, it is the folder around it.
    """
    if os.path.isfile(root):
        return [Place(root.parent, False, *listing(root.parent))]
    found, waiting = [], [(root, 0, _related(root, names))]
    while waiting and len(found) < MOST:
        folder, depth, near = waiting.pop(0)
        place = Place(folder, near, *listing(folder))
        found.append(place)
        for inner in place.folders if depth < DEEPEST else []:
            related = _related(inner, names)
            other = not related and re.search("mnist|fashion|cifar", plain(inner.name))
            if related or (not other and (near or plain(inner.name) in PASSED)):
                waiting.append((inner, depth + 1, near or related))
    return found


def _related(path, names):
    return re.match("|".join(names), plain(path.name)) is not None


def listing(folder):
    """The plain files and the folders in `folder`, by name; none if it may not be read."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return [], []
    # Names with a dot in front are the system's own, such as macOS's "._mnist.npz".
    entries = [entry for entry in entries if not entry.name.startswith((".", "__MACOSX"))]
    files = [folder / entry.name for entry in entries if os.path.isfile(entry.path)]
    return files, [folder / entry.name for entry in entries if os.path.isdir(entry.path)]


def within(root, folder):
    """Where in `root` a folder is, for a message, as in " in MNIST/raw"; nothing for `root` itself."""
    inner = folder.relative_to(root).as_posix() if folder.is_relative_to(root) else "."
    return "" if inner == "." else f" in {inner}"


def unreadable(root, found, names):
    """Notes on files that are the data set for other programs."""
    notes = []
    for ending, what in UNREADABLE:
        for place in found:
            files = [
                path.name
                for path in place.files
                if re.search(f"{ending}$", path.name.lower()) and (place.near or path == root or _related(path, names))
            ]
            if files:
                more = f" and {len(files) - 1:,} more" if len(files) > 1 else ""
                notes.append(f"{files[0]}{more}{within(root, place.folder)} cannot be read here ({what})")
                break
    return notes
