"""The forms that people have the data sets in: which are found, as what, and what is said of the others."""

import gzip
import hashlib
import os
import pickle
import re
import tarfile
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from fake_data import BATCHES, TEST, TRAIN, Harm, batch, binary_batch, gz, idx, npz, tar

from cnnlab import datasets
from cnnlab.datasets import _gray, cifar10

pytestmark = pytest.mark.usefixtures("alone", "small_batches", "published")
random = np.random.default_rng(0)


def made_up():
    return {
        "x_train": random.integers(0, 256, (TRAIN, 28, 28), np.uint8),
        "y_train": random.integers(0, 10, TRAIN, np.uint8),
        "x_test": random.integers(0, 256, (TEST, 28, 28), np.uint8),
        "y_test": random.integers(0, 10, TEST, np.uint8),
    }


DIGITS, CLOTHES, OTHERS = made_up(), made_up(), made_up()
SETS = {"mnist": DIGITS, "fashion_mnist": CLOTHES}


@pytest.fixture
def published(monkeypatch):
    """The made-up sets count as the published ones."""
    for name, arrays in SETS.items():
        for key, array in arrays.items():
            monkeypatch.setitem(_gray.MD5[name], key, hashlib.md5(idx(array)).hexdigest())
        for part in ("train", "test"):
            digest = _gray.any_order(arrays[f"x_{part}"], arrays[f"y_{part}"])
            monkeypatch.setitem(_gray.ANY_ORDER[name], part, digest)
    for i, name in enumerate(BATCHES):
        monkeypatch.setitem(cifar10.SHA1, name, hashlib.sha1(binary_batch(i)).hexdigest())
    monkeypatch.setattr(cifar10, "SHA256", hashlib.sha256(PYTHON_TAR_GZ).hexdigest())
    monkeypatch.setattr(cifar10, "SHA256_BINARY", hashlib.sha256(BINARY_TAR_GZ).hexdigest())


# Files, as {path: content}


def idx_files(arrays, form="{part}-{kind}-idx{n}-ubyte.gz", only=("x_train", "y_train", "x_test", "y_test")):
    files = {}
    for name in only:
        n, kind = (3, "images") if name[0] == "x" else (1, "labels")
        path = form.format(part="train" if "train" in name else "t10k", kind=kind, n=n)
        files[path] = gz(idx(arrays[name])) if path.lower().endswith(".gz") else idx(arrays[name])
    return files


HEADER = ",".join(["label", *(f"pixel{i}" for i in range(1, 785))])


def csv(arrays, part, header=HEADER, mark=",", end="\n", order=None):
    x, y = arrays[f"x_{part}"], arrays[f"y_{part}"]
    rows = np.column_stack([y, x.reshape(len(x), 784)])[slice(None) if order is None else order]
    lines = ([header.replace(",", mark)] if header else []) + [mark.join(map(str, row)) for row in rows.tolist()]
    return "".join(line + end for line in lines).encode()


def csv_pair(arrays, form, **how):
    return {form.format(part): csv(arrays, part, **how) for part in ("train", "test")}


def renamed(arrays, names):
    return npz(**dict(zip(names.split(), arrays.values(), strict=True)))


def python_batches(folder):
    return {f"{folder}/{name}": pickle.dumps(batch(i), 2) for i, name in enumerate(BATCHES)}


def binary_batches(folder):
    return {f"{folder}/{name}.bin": binary_batch(i) for i, name in enumerate(BATCHES)}


PYTHON_TAR = tar(python_batches("cifar-10-batches-py"))
BINARY_TAR = tar(binary_batches("cifar-10-batches-bin"))
PYTHON_TAR_GZ, BINARY_TAR_GZ = gzip.compress(PYTHON_TAR, mtime=0), gzip.compress(BINARY_TAR, mtime=0)
IN_OWN_FOLDER = "{part}-{kind}-idx{n}-ubyte/{part}-{kind}"
NO_LABELS = ",".join(f"pixel{i}" for i in range(784))
TEST_ROWS = b"\n".join([NO_LABELS.encode(), *[b",".join([b"0"] * 784)] * 3, b""])

EXACT, SHUFFLED, UNKNOWN = "exactly as published", "in another order", "unrecognized"
ABSENT, REFUSED = "absent", "refused"


class Layout(NamedTuple):
    """Files, the set asked for, what happens, and words of `source` or of the error."""

    form: str
    what: str
    name: str
    files: dict
    happens: str
    says: str = ""
    named: str = ""  # what CNNLAB_DATA_DIR names in the folder of the files


NPZ, IDX, CSV, PYTHON, BINARY, ARCHIVE, UNREAD = (
    "NumPy file", "IDX files, gzipped or not", "CSV files", "Python batches", "binary batches", "archive", "not read"
)  # fmt: skip
M, F, C = "mnist", "fashion_mnist", "cifar10"
RAW = "{part}-{kind}-idx{n}-ubyte"
LAYOUTS = [
    Layout(NPZ, "Keras's", M, {"mnist.npz": npz(**DIGITS)}, EXACT),
    Layout(NPZ, "capitals", M, {"MNIST.npz": npz(**DIGITS)}, EXACT),
    Layout(NPZ, "Fashion-MNIST in one file", F, {"fashion-mnist.npz": npz(**CLOTHES)}, EXACT),
    Layout(NPZ, "keys training_images …", M, {
        "mnist.npz": renamed(DIGITS, "training_images training_labels test_images test_labels")}, EXACT),
    Layout(NPZ, "keys train_images …", M, {
        "mnist.npz": renamed(DIGITS, "train_images train_labels test_images test_labels")}, EXACT),
    Layout(NPZ, "keys X_train …, Y_train", M, {"mnist.npz": renamed(DIGITS, "X_train Y_train X_test Y_test")}, EXACT),
    Layout(NPZ, "keys trainX …", M, {"mnist.npz": renamed(DIGITS, "trainX trainY testX testY")}, EXACT),
    Layout(NPZ, "no keys: arr_0 …", M, {"mnist.npz": renamed(DIGITS, "arr_0 arr_1 arr_2 arr_3")}, EXACT),
    Layout(NPZ, "other keys", M, {"mnist.npz": renamed(DIGITS, "a b c d")}, REFUSED,
           "no array x_train; its arrays are a, b"),
    Layout(NPZ, "rows of 784, labels int64", M, {"mnist.npz": npz(**{
        key: array.reshape(len(array), -1) if key[0] == "x" else array.astype(np.int64)
        for key, array in DIGITS.items()})}, EXACT),
    Layout(NPZ, "channel last, one-hot labels", M, {"mnist.npz": npz(**{
        key: array[..., None] if key[0] == "x" else np.eye(10)[array] for key, array in DIGITS.items()})}, EXACT),
    Layout(NPZ, "float32, divided by 255", M, {"mnist.npz": npz(**{
        key: np.float32(array) / 255 if key[0] == "x" else array for key, array in DIGITS.items()})}, EXACT),
    Layout(NPZ, "float64, whole", M, {"mnist.npz": npz(**{
        key: array.astype(float) for key, array in DIGITS.items()})}, EXACT),
    Layout(NPZ, "columns first", M, {"mnist.npz": npz(**{
        key: np.asfortranarray(array) for key, array in DIGITS.items()})}, EXACT),
    Layout(NPZ, "standardized", M, {"mnist.npz": npz(**DIGITS | {"x_train": np.float32(DIGITS["x_train"]) / 80 - 1})},
           REFUSED, "x_train has type float32 and numbers from -1 to"),
    Layout(NPZ, "other images", M, {"mnist.npz": npz(**OTHERS)}, UNKNOWN, "from mnist.npz"),
    Layout(NPZ, "Fashion-MNIST called MNIST", M, {"mnist.npz": npz(**CLOTHES)}, REFUSED,
           "it holds Fashion-MNIST, not MNIST"),
    Layout(NPZ, "the file named", M, {"my/digits.npz": npz(**DIGITS)}, EXACT, named="my/digits.npz"),
    Layout(IDX, "own names, .gz", M, idx_files(DIGITS), EXACT),
    Layout(IDX, "own names, .gz", F, idx_files(CLOTHES), EXACT),
    Layout(IDX, "unpacked", M, idx_files(DIGITS, RAW), EXACT),
    Layout(IDX, "a dot before idx (Kaggle)", M, idx_files(DIGITS, "{part}-{kind}.idx{n}-ubyte"), EXACT),
    Layout(IDX, "capitals", M, idx_files(DIGITS, "{part}-{kind}-idx{n}-ubyte.GZ".replace("ubyte", "UBYTE")), EXACT),
    Layout(IDX, "torchvision", M, idx_files(DIGITS, "MNIST/raw/" + RAW)
           | idx_files(CLOTHES, "FashionMNIST/raw/" + RAW), EXACT),
    Layout(IDX, "torchvision", F, idx_files(DIGITS, "MNIST/raw/" + RAW)
           | idx_files(CLOTHES, "FashionMNIST/raw/" + RAW), EXACT),
    Layout(IDX, "torchvision, with KMNIST only", M, idx_files(OTHERS, "KMNIST/raw/" + RAW), ABSENT, "nothing of it"),
    Layout(IDX, "torchvision, the folder raw named", M, idx_files(DIGITS, "MNIST/raw/" + RAW), EXACT,
           named="MNIST/raw"),
    Layout(IDX, "torchvision, the folder MNIST named", M, idx_files(DIGITS, "MNIST/raw/" + RAW), EXACT, named="MNIST"),
    Layout(IDX, "one of the files named", M, idx_files(DIGITS), EXACT, named="t10k-labels-idx1-ubyte.gz"),
    Layout(IDX, "Keras's cache", F, idx_files(CLOTHES, "fashion-mnist/" + RAW + ".gz"), EXACT),
    Layout(IDX, "the authors' repository", F, idx_files(CLOTHES, "fashion-mnist-master/data/fashion/" + RAW + ".gz"),
           EXACT),
    Layout(IDX, "7-Zip: each in a folder", M, idx_files(DIGITS, IN_OWN_FOLDER + "-idx{n}-ubyte"), EXACT),
    Layout(IDX, "7-Zip: each in a folder, with a dot", M, idx_files(DIGITS, IN_OWN_FOLDER + ".idx{n}-ubyte"), EXACT),
    Layout(IDX, "7-Zip: all in a folder", M, idx_files(DIGITS, "mnist_dataset/mnist_dataset/" + RAW), EXACT),
    Layout(IDX, "downloaded twice: (1)", M, idx_files(DIGITS, RAW + " (1).gz"), EXACT),
    Layout(IDX, "unpacked by the browser, still called .gz", M,
           {path + ".gz": content for path, content in idx_files(DIGITS, RAW).items()}, EXACT),
    Layout(IDX, "both sets in one folder, the second one (1)", F, idx_files(DIGITS)
           | idx_files(CLOTHES, RAW + " (1).gz"), EXACT),
    Layout(IDX, "both sets in one folder, one unpacked", F, idx_files(DIGITS) | idx_files(CLOTHES, RAW), EXACT),
    Layout(IDX, "two unpacked, two not", M, idx_files(DIGITS, only=("x_train", "x_test"))
           | idx_files(DIGITS, RAW, only=("y_train", "y_test")), EXACT),
    Layout(IDX, "images of one set, labels of the other", M, idx_files(DIGITS, only=("x_train", "x_test"))
           | idx_files(CLOTHES, only=("y_train", "y_test")), REFUSED, "y_train is that of Fashion-MNIST, not of MNIST"),
    Layout(IDX, "images here, labels there", M, idx_files(DIGITS, only=("x_train", "x_test"))
           | idx_files(DIGITS, "MNIST/raw/" + RAW, only=("y_train", "y_test")), ABSENT,
           "two of the four IDX files in MNIST/raw .no train-images-idx3-ubyte, t10k-images"),
    Layout(IDX, "of MNIST beside Fashion-MNIST's folder", F, idx_files(DIGITS)
           | idx_files(CLOTHES, "fashion-mnist/" + RAW + ".gz"), EXACT),
    Layout(IDX, "unknown ones beside Fashion-MNIST's folder", F, idx_files(OTHERS)
           | idx_files(CLOTHES, "fashion-mnist/" + RAW + ".gz"), EXACT),
    Layout(IDX, "of KMNIST in the folder named", M, idx_files(OTHERS, "mnist/KMNIST/" + RAW), ABSENT, "nothing of it",
           named="mnist"),
    Layout(IDX, "of MNIST alone", F, idx_files(DIGITS), ABSENT, "IDX files: MNIST, not Fashion-MNIST"),
    Layout(IDX, "of Fashion-MNIST alone", M, idx_files(CLOTHES), ABSENT, "IDX files: Fashion-MNIST, not MNIST"),
    Layout(IDX, "three of four", F, idx_files(CLOTHES, only=("x_train", "y_train", "x_test")), ABSENT,
           "three of the four IDX files .no t10k-labels-idx1-ubyte"),
    Layout(IDX, "macOS's own files beside", M, idx_files(DIGITS, "MNIST/raw/" + RAW)
           | {"MNIST/raw/._train-images-idx3-ubyte": b"Mac OS X", ".DS_Store": b"x", "MNIST/__MACOSX/mnist.npz": b"x"},
           EXACT),
    Layout(IDX, "numbers of four bytes", M,
           {path: idx(DIGITS[name].astype(">i4"), code=12)
            for name, path in zip(DIGITS, idx_files(DIGITS, RAW), strict=True)}, EXACT),
    Layout(CSV, "Kaggle's, header 1x1 …", M, csv_pair(
        DIGITS, "mnist_{}.csv", header="label," + ",".join(f"{i}x{j}" for i in range(1, 29) for j in range(1, 29))),
           EXACT),
    Layout(CSV, "no header", M, csv_pair(DIGITS, "mnist_{}.csv", header=""), EXACT),
    Layout(CSV, "Kaggle's", F, csv_pair(CLOTHES, "fashion-mnist_{}.csv"), EXACT),
    Layout(CSV, "in another order, as Kaggle's", F,
           {f"fashion-mnist_{part}.csv": csv(CLOTHES, part, order=random.permutation(len(CLOTHES[f"y_{part}"])))
            for part in ("train", "test")}, SHUFFLED, "from fashion-mnist_train.csv and fashion-mnist_test.csv"),
    Layout(CSV, "in a folder, _ for -", F, csv_pair(CLOTHES, "Fashion MNIST/fashion_mnist_{}.csv"), EXACT),
    Layout(CSV, "one of the pair named", F, csv_pair(CLOTHES, "fashion-mnist_{}.csv"), EXACT,
           named="fashion-mnist_test.csv"),
    Layout(CSV, "of Excel: semicolons, mark of Unicode, CR LF", M, {
        path: b"\xef\xbb\xbf" + content
        for path, content in csv_pair(DIGITS, "mnist_{}.csv", mark=";", end="\r\n").items()}, EXACT),
    Layout(CSV, "floats", M, {path: re.sub(rb"(\d)(?=[,\n])", rb"\1.0", content)
                              for path, content in csv_pair(DIGITS, "mnist_{}.csv", header="").items()}, EXACT),
    Layout(CSV, "other images", M, csv_pair(OTHERS, "mnist_{}.csv"), UNKNOWN,
           "from mnist_train.csv and mnist_test.csv"),
    Layout(CSV, "test images alone", F, {"fashion-mnist_test.csv": csv(CLOTHES, "test")}, ABSENT,
           "fashion-mnist_test.csv without the other file of its pair, that to train with"),
    Layout(CSV, "test images beside the IDX files", F, {"fashion-mnist_test.csv": csv(CLOTHES, "test")}
           | idx_files(CLOTHES, "fashion-mnist/" + RAW + ".gz"), EXACT),
    Layout(CSV, "too few rows", M, {"mnist_train.csv": csv(DIGITS, "test"), "mnist_test.csv": csv(DIGITS, "test")},
           REFUSED, "mnist_train.csv cannot be used: it has 20 rows of numbers; 60 fit"),
    Layout(CSV, "too many rows", M, {"mnist_train.csv": csv(DIGITS, "train"), "mnist_test.csv": csv(DIGITS, "train")},
           REFUSED, "mnist_test.csv cannot be used: it has more than 20 rows of numbers; 20 fit"),
    Layout(CSV, "Kaggle's Digit Recognizer", M, {"train.csv": csv(DIGITS, "train"), "test.csv": TEST_ROWS}, ABSENT,
           "train.csv and test.csv of a Kaggle competition, whose test images have no labels"),
    Layout(PYTHON, "published", C, python_batches("cifar-10-batches-py"), EXACT),
    Layout(PYTHON, "Keras's cache", C, python_batches("cifar-10-batches-py-target/cifar-10-batches-py"), EXACT),
    Layout(PYTHON, "one folder deeper (7-Zip)", C, python_batches("cifar-10-python/cifar-10-batches-py"), EXACT),
    Layout(PYTHON, "twice the same folder", C, python_batches("cifar-10-batches-py/cifar-10-batches-py"), EXACT),
    Layout(PYTHON, "the folder named", C, python_batches("x/cifar-10-batches-py"), EXACT,
           named="x/cifar-10-batches-py"),
    Layout(PYTHON, "one of its files named", C, python_batches("batches"), EXACT, named="batches/test_batch"),
    Layout(PYTHON, "a part here, the whole deeper", C, {"cifar-10-batches-py/test_batch": b"", **python_batches(
        "cifar-10-batches-py/cifar-10-batches-py")}, EXACT),
    Layout(PYTHON, "one batch of six", C, {"cifar-10-batches-py/test_batch": b""}, REFUSED,
           "the folder has no data_batch_1, "),
    Layout(BINARY, "published", C, binary_batches("cifar-10-batches-bin"), EXACT),
    Layout(BINARY, "the folder named", C, binary_batches("x/cifar-10-batches-bin"), EXACT,
           named="x/cifar-10-batches-bin"),
    Layout(BINARY, "other images", C, binary_batches("cifar-10-batches-bin") | {
        "cifar-10-batches-bin/test_batch.bin": binary_batch(0)}, UNKNOWN,
           "from binary batches in cifar-10-batches-bin"),
    Layout(BINARY, "cut short", C, binary_batches("cifar-10-batches-bin") | {
        "cifar-10-batches-bin/test_batch.bin": b"1" * 100}, REFUSED, "100 bytes; 61,460 fit"),
    Layout(ARCHIVE, "Python, .tar.gz", C, {"cifar-10-python.tar.gz": PYTHON_TAR_GZ}, EXACT),
    Layout(ARCHIVE, "Python, downloaded twice: (1)", C, {"cifar-10-python (1).tar.gz": PYTHON_TAR_GZ}, EXACT),
    Layout(ARCHIVE, "Python, unpacked by Safari: .tar", C, {"cifar-10-python.tar": PYTHON_TAR}, EXACT),
    Layout(ARCHIVE, "Python, unpacked by 7-Zip: .tar in a folder", C,
           {"cifar-10-python.tar/cifar-10-python.tar": PYTHON_TAR}, EXACT),
    Layout(ARCHIVE, "binary, .tar.gz", C, {"cifar-10-binary.tar.gz": BINARY_TAR_GZ}, EXACT),
    Layout(ARCHIVE, "binary, .tar", C, {"cifar-10-binary.tar": BINARY_TAR}, EXACT),
    Layout(ARCHIVE, "the file named", C, {"x/photos.tar": PYTHON_TAR}, EXACT, named="x/photos.tar"),
    Layout(ARCHIVE, "of another's making, .tar.gz", C, {"cifar-10-python.tar.gz": gz(PYTHON_TAR)}, REFUSED,
           "not a published archive .its hash is wrong"),
    Layout(ARCHIVE, "of another's making, .tar", C, {"cifar-10-python.tar": tar(
        python_batches("cifar-10-batches-py") | {"cifar-10-batches-py/test_batch": pickle.dumps(batch(0), 2)})},
        UNKNOWN, "from cifar-10-python.tar"),
    Layout(ARCHIVE, "of CIFAR-100", C, {"cifar-100-python.tar.gz": PYTHON_TAR_GZ}, ABSENT, "nothing of it"),
    Layout(UNREAD, "Hugging Face", M, {"mnist/train-00000-of-00001.parquet": b"PAR1"}, ABSENT,
           "train-00000-of-00001.parquet in mnist cannot be read here .tables of Hugging Face"),
    Layout(UNREAD, "TensorFlow Datasets", C, {"cifar10/3.0.2/cifar10-train.tfrecord-00000-of-00001": b"x"}, ABSENT,
           "cannot be read here .of TensorFlow Datasets"),
    Layout(UNREAD, "a pickle", M, {"mnist.pkl.gz": b"x"}, ABSENT, "mnist.pkl.gz cannot be read here .pickles"),
    Layout(UNREAD, "PyTorch's", M, {"MNIST/processed/training.pt": b"x"}, ABSENT,
           "training.pt in MNIST/processed cannot"),
    Layout(UNREAD, "packed by Kaggle", F, {"fashionmnist.zip": b"x"}, ABSENT,
           "fashionmnist.zip cannot .*unpack them first"),
    Layout(UNREAD, "of MATLAB", C, {"cifar-10-batches-mat/test_batch.mat": b"x"}, ABSENT,
           "test_batch.mat in .*of MATLAB"),
    Layout(UNREAD, "single pictures", M, {"mnist_png/1/1.png": b"x", "mnist_png/1/2.png": b"x"}, ABSENT,
           "1.png and 1 more in mnist_png/1 cannot be read here .single pictures"),
]  # fmt: skip


def write(folder, files):
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def identity(layout):
    return f"{layout.name}: {layout.form}, {layout.what}"


@pytest.mark.parametrize("layout", LAYOUTS, ids=identity)
def test_layout(data_dir, monkeypatch, layout):
    write(data_dir, layout.files)
    monkeypatch.setenv("CNNLAB_DATA_DIR", str(data_dir / layout.named))
    if layout.happens in (ABSENT, REFUSED):
        error = datasets.DataNotFound if layout.happens == ABSENT else datasets.BadData
        with pytest.raises(error, match=layout.says):
            datasets.load(layout.name)
    else:
        data = datasets.load(layout.name)
        assert layout.happens in data.source and layout.says in data.source
        if layout.happens == EXACT and layout.name in SETS:
            for key, array in SETS[layout.name].items():
                np.testing.assert_array_equal(getattr(data, key), array)
                assert getattr(data, key).dtype == np.uint8
        if layout.happens == EXACT and layout.name == C:
            assert (data.x_train[47] == [2, 7, 9]).all() and (data.x_test[19] == [5, 19, 9]).all()
            assert (data.y_train[47], data.y_test[19]) == (9, 4)
    for path, content in layout.files.items():
        assert (data_dir / path).read_bytes() == content


def test_table_of_layouts(record_property):
    width = max(map(len, map(identity, LAYOUTS)))
    rows = [f"{identity(layout):{width}}  {layout.happens}" for layout in LAYOUTS]
    record_property("table", "\n".join(rows))  # printed at the end of the run
    assert len(set(rows)) == len(rows) >= 30


def test_the_page_on_data_names_what_is_read():
    page = Path(__file__).parents[2].joinpath("docs/data.md").read_text()
    rows = [row.strip("| ").split(" | ") for row in page.splitlines() if row.startswith("|")][2:]
    read = [layout for layout in LAYOUTS if layout.happens == EXACT]
    assert [row[0] for row in rows] == list(dict.fromkeys(layout.form for layout in read))
    titles = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST", "cifar10": "CIFAR-10"}
    for form, names, sets in rows:
        of_form = [layout for layout in read if layout.form == form]
        assert sets == ", ".join(dict.fromkeys(titles[layout.name] for layout in of_form))
        text = "\n".join(f"{path}/" for layout in of_form for path in layout.files)
        for name in re.findall("`([^`]*[.-][^`]*)`", names):
            assert f"{name}/" in text, f"no test has {name}"
    for folder in ("MNIST/raw", "FashionMNIST/raw", "fashion-mnist"):
        assert f"`{folder}`" in page and any(path.startswith(folder) for layout in read for path in layout.files)


def test_not_found_lists_every_folder_and_what_is_there(data_dir, keras_cache, monkeypatch, tmp_path):
    write(data_dir, idx_files(DIGITS) | {"fashion-mnist_test.csv": csv(CLOTHES, "test")})
    write(keras_cache, idx_files(CLOTHES, "fashion-mnist/" + RAW + ".gz", only=("x_train", "y_test")))
    with pytest.raises(datasets.DataNotFound) as caught:
        datasets.load("fashion_mnist")
    assert (
        f"Looked in:\n"
        f"  {data_dir}: IDX files: MNIST, not Fashion-MNIST; fashion-mnist_test.csv without the other file of its "
        f"pair, that to train with\n"
        f"  {keras_cache}: two of the four IDX files in fashion-mnist (no train-labels-idx1-ubyte, "
        f"t10k-images-idx3-ubyte)\n"
    ) in str(caught.value)
    monkeypatch.setenv("CNNLAB_DATA_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(datasets.DataNotFound, match="nowhere: there is no such folder"):
        datasets.load("mnist")


def test_the_other_set_here_does_not_hide_the_right_one_in_the_cache(data_dir, keras_cache):
    write(data_dir, idx_files(DIGITS))
    write(keras_cache, idx_files(CLOTHES, "fashion-mnist/" + RAW + ".gz"))
    np.testing.assert_array_equal(datasets.load("fashion_mnist").x_test, CLOTHES["x_test"])
    np.testing.assert_array_equal(datasets.load("mnist").x_test, DIGITS["x_test"])


def test_a_download_does_not_go_into_a_file(data_dir, keras_cache, monkeypatch):
    write(data_dir, {"mnist.npz": npz(**DIGITS)})
    monkeypatch.setenv("CNNLAB_DATA_DIR", str(data_dir / "mnist.npz"))
    with pytest.raises(datasets.DataNotFound, match=f"1. Put cifar-10-python.tar.gz into {keras_cache},"):
        datasets.load("cifar10")


# CSV files that are no rows of numbers


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"\n", b",1\n", "line 1 has 786 columns; 785 fit, a label and 28x28 pixels|first line has 786 columns"),
        (b"7,7,7,7\n9", b"7,7,7\n9", "line 10 has 784 columns; 785 fit, a label and 28x28 pixels"),
        (b"\n9,7,", b"\n9,x,", "line 11, column 2 has 'x'; whole numbers from 0 to 255 fit"),
        (b"\n9,7,", b"\n9,256,", "line 11, column 2 has '256'; whole numbers from 0 to 255 fit"),
        (b"\n9,7,", b"\n9,,", "line 11, column 2 has ''; whole numbers from 0 to 255 fit"),
        (b"\n9,7,", b"\n9,-1,", "line 11, column 2 has '-1'"),
        (b"\n9,7,", b"\n9,nan,", "line 11, column 2 has 'nan'"),
        (b"\n9,7,", b"\n9,7.5,", "x_test has type float32 and numbers from 7 to 7.5"),
        (b"\n9,7,", b"\n11,7,", "y_test has the label 11; 0 to 9 fit"),
        (b"label,", b",label,", "786 columns; 785 fit, .*index=False"),
        (b"", b"\xff\xfe", "cannot be used"),
    ],
)
def test_csv_that_does_not_fit_is_refused(data_dir, old, new, message):
    arrays = {"x_test": np.full((TEST, 28, 28), 7), "y_test": np.arange(TEST) % 10}
    content = csv(arrays, "test").replace(old, new, 1) if old else new + csv(arrays, "test")
    write(data_dir, {"mnist_train.csv": csv(DIGITS, "train"), "mnist_test.csv": content})
    with pytest.raises(datasets.BadData, match=message):
        datasets.load("mnist")


def test_csv_far_too_large_is_refused_unread(data_dir):
    write(data_dir, csv_pair(DIGITS, "mnist_{}.csv"))
    with open(data_dir / "mnist_train.csv", "r+b") as file:
        file.truncate(10**12)  # on disk only as long as before
    with pytest.raises(datasets.BadData, match="1,000,000,000,000 bytes; 60 images take fewer"):
        datasets.load("mnist")


# What may have been made to do harm


def test_an_npz_array_longer_than_its_header_is_refused(data_dir):
    write(data_dir, {"mnist.npz": npz(**DIGITS)})
    with zipfile.ZipFile(data_dir / "mnist.npz") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(data_dir / "mnist.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content + b"\0" * 10**7 * (name == "y_test.npy"))
    with pytest.raises(datasets.BadData, match="y_test has 10,000,020 bytes; 20 fit its header"):
        datasets.load("mnist")


@pytest.mark.parametrize("layout", ["folder", "tar"])
def test_no_pickle_is_run(data_dir, tmp_path, layout):
    files = python_batches("cifar-10-batches-py")
    files["cifar-10-batches-py/data_batch_1"] = pickle.dumps(Harm(tmp_path / "trace"), 2)
    write(data_dir, files if layout == "folder" else {"cifar-10-python.tar": tar(files)})
    with pytest.raises(datasets.BadData, match="system, which CIFAR-10's files do not"):
        datasets.load("cifar10")
    write(data_dir, {"mnist.pkl": pickle.dumps(Harm(tmp_path / "trace"), 2)})
    with pytest.raises(datasets.DataNotFound):
        datasets.load("mnist")
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize(
    "member",
    [
        ("../climbed", tarfile.REGTYPE, ""),
        ("cifar-10-batches-py/../../climbed", tarfile.REGTYPE, ""),
        ("cifar-10-batches-py/..", tarfile.REGTYPE, ""),
        ("/tmp/climbed", tarfile.REGTYPE, ""),
        ("cifar-10-batches-py/test_batch", tarfile.SYMTYPE, "/etc/passwd"),
        ("cifar-10-batches-py/link", tarfile.LNKTYPE, "cifar-10-batches-py/test_batch"),
        ("cifar-10-batches-py/fifo", tarfile.FIFOTYPE, ""),
        ("cifar-10-batches-bin/test_batch.bin", tarfile.REGTYPE, ""),
    ],
)
def test_a_tar_that_climbs_out_is_refused(data_dir, tmp_path, member):
    write(data_dir, {"cifar-10-python.tar": tar(python_batches("cifar-10-batches-py"), member)})
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(datasets.BadData, match="is not a plain file in cifar-10-batches-py/") as caught:
        datasets.load("cifar10", offline="drawn")
    assert repr(member[0]) in str(caught.value)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_tar_that_is_larger_than_it_looks_is_refused(data_dir):
    files = python_batches("cifar-10-batches-py")
    write(data_dir, {"cifar-10-python.tar": tar(files, mode="w:xz")})  # could unpack to any size
    with pytest.raises(datasets.BadData, match="cifar-10-python.tar cannot be used"):
        datasets.load("cifar10")
    content = bytearray(tar(files))
    content[124:136] = b"77777777777\0"  # the size of the first member: 8 GiB
    content[148:156] = b" " * 8
    content[148:156] = b"%06o\0 " % sum(content[:512])
    write(data_dir, {"cifar-10-python.tar": bytes(content)})
    with pytest.raises(datasets.BadData, match="cifar-10-python.tar cannot be used"):
        datasets.load("cifar10")
    with open(data_dir / "cifar-10-python.tar", "r+b") as file:
        file.truncate(2**30)
    with pytest.raises(datasets.BadData, match="1,073,741,824 bytes; the published one has about 186 million"):
        datasets.load("cifar10")


@pytest.mark.skipif(os.name != "posix", reason="as POSIX has them")
def test_links_and_pipes(data_dir):
    (data_dir / "MNIST").symlink_to(data_dir)  # a circle ends
    (data_dir / "mnist.npz").symlink_to("/dev/zero")  # is no file
    os.mkfifo(data_dir / "mnist_train.csv")  # would wait forever
    with pytest.raises(datasets.BadData, match="mnist.npz cannot be used: it is no plain file"):
        datasets.load("mnist")
    (data_dir / "mnist.npz").unlink()
    with pytest.raises(datasets.DataNotFound, match="data: nothing of it"):
        datasets.load("mnist")
    (data_dir / "elsewhere").mkdir()
    write(data_dir / "elsewhere", idx_files(DIGITS, RAW))
    (data_dir / "mnist").symlink_to(data_dir / "elsewhere")
    assert EXACT in datasets.load("mnist").source
