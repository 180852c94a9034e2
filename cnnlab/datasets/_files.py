"""Where data files lie, how they are downloaded, and how a bad one is reported."""

import contextlib
import hashlib
import os
import struct
import tempfile
import warnings
from pathlib import Path

TIMEOUT = (5, 30)  # seconds: to connect, and between two pieces of the answer


class DataNotFound(FileNotFoundError):
    """The data is not on this computer and could not be downloaded."""

    __module__ = "cnnlab.datasets"  # where it is to be imported from


class BadData(ValueError):
    """A file on disk is truncated, corrupted, hostile, or not what its name says."""

    __module__ = "cnnlab.datasets"


def folders():
    """Folders that may hold data, in the order searched: ours (it may be a file, too), then Keras's cache."""
    own = os.environ.get("CNNLAB_DATA_DIR")
    return ([Path(own).expanduser()] if own else []) + [_keras_home() / "datasets"]


def _keras_home():
    if "KERAS_HOME" in os.environ:
        return Path(os.environ["KERAS_HOME"]).expanduser()
    home = Path("~").expanduser()
    # Keras goes to /tmp when the home is read-only, as in some containers.
    return (home if os.access(home, os.W_OK) else Path(tempfile.gettempdir())) / ".keras"


def download_folder():
    """The folder that downloads go to: ours, if `CNNLAB_DATA_DIR` names one, else Keras's cache."""
    return next(folder for folder in folders() if not os.path.isfile(folder))


def download(name, title, needed, urls, sha256, target, looked):
    """Download `target` from the first of `urls` that has it: whole and verified, or not at all.

    Raises DataNotFound, which says what was tried and names the three ways out. For its text:
    `name` and `title` of the data set, as in "mnist" and "MNIST", the files `needed`, and what was
    found where: `looked`, a list of notes for each folder.
    """
    import pooch

    if os.path.exists(target):
        raise bad(target, "it is no plain file")
    # Now: an attempt to download makes the folder.
    where = "\n".join(f"  {folder}: {_found(folder, notes)}" for folder, notes in looked.items())
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel("WARNING")  # it announces every attempt, also the failing ones
    failures = []
    try:
        for url in urls:
            try:
                pooch.retrieve(
                    url,
                    known_hash=f"sha256:{sha256}",
                    fname=target.name,
                    path=target.parent,
                    downloader=pooch.HTTPDownloader(progressbar=True, chunk_size=2**16, timeout=TIMEOUT),
                )
                target.chmod(0o644)  # pooch leaves 0600: a class could not share the folder
                return target
            except (OSError, ValueError) as error:
                failures.append(f"  {url}: {_reason(error)}")
    finally:
        logger.setLevel(level)
    raise DataNotFound(
        f"{title} is not on this computer and could not be downloaded.\n"
        f"Looked in:\n{where}\n"
        f"Tried to download from:\n" + "\n".join(failures) + "\n"
        f"Three ways out:\n"
        f"  1. Put {needed} into {download_folder()}, or set CNNLAB_DATA_DIR to another folder.\n"
        f"  2. Connect to the internet once and run this again: the download is kept.\n"
        f'  3. Work with drawn data: datasets.load("{name}", offline="drawn").'
    )


def _found(folder, notes):
    if not os.path.exists(folder):
        return "there is no such folder"
    return "; ".join(notes) or "nothing of it"


def _reason(error):
    import requests

    if isinstance(error, requests.HTTPError):
        return f"the server answered {error.response.status_code}"
    if isinstance(error, requests.Timeout):
        return f"no answer within {TIMEOUT[0] if isinstance(error, requests.ConnectTimeout) else TIMEOUT[1]} s"
    if isinstance(error, requests.RequestException):
        return "no connection, or it broke off"
    if isinstance(error, ValueError):
        return "what came is not the published file (its hash is wrong)"
    return str(error)  # the folder cannot be written, the disk is full


@contextlib.contextmanager
def reading(path, part_of=None):
    """While `path` is read, report whatever goes wrong as BadData that names it."""
    try:
        yield
    except BadData:
        raise
    # Broad on purpose: there is no list of what a damaged or hostile file can raise.
    except Exception as error:
        raise bad(path, str(error) or type(error).__name__, part_of) from error


def bad(path, problem, part_of=None):
    """The BadData error for `path`, which says what to do; `part_of` is the folder to replace with it."""
    return BadData(
        f"{path} cannot be used: {problem}. It was left as it is. "
        f"Move or delete {part_of or 'it'} and run this again: a good copy is then downloaded."
    )


def file_digest(path, algorithm):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def idx_header(shape):
    """The bytes before the data in an IDX file, the format of MNIST's own site."""
    return struct.pack(f">{1 + len(shape)}I", 0x0800 + len(shape), *shape)


def idx_digest(array):
    """MD5 of a uint8 array written as an (uncompressed) IDX file."""
    digest = hashlib.md5(idx_header(array.shape), usedforsecurity=False)
    digest.update(array)
    return digest.hexdigest()


def as_keras(arrays, source, published):
    """`(x_train, y_train), (x_test, y_test)`, with a warning if they are not the published ones."""
    if source != published:
        warnings.warn(f"what was loaded is {source}", stacklevel=3)
    return (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])
