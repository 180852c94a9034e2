"""The loader: where it looks, what it believes, what it refuses, what it downloads."""

import gzip
import hashlib
import http.server
import io
import os
import pickle
import subprocess
import sys
import tarfile
import threading
import time
import zipfile
from pathlib import Path

import fake_data
import numpy as np
import pytest
from fake_data import BATCHES, NOWHERE, TEST, TRAIN, Harm, batch, fake_digits, gz, idx, write_batches, write_npz

from cnnlab import datasets
from cnnlab.datasets import _files, _gray, cifar10, drawn, fashion_mnist, mnist

pytestmark = pytest.mark.usefixtures("alone")


def write_clothing(folder, **changes):
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in (fake_digits() | changes).items():
        (folder / fashion_mnist.FILES[name]).write_bytes(gzip.compress(idx(array), compresslevel=1))


def files_in(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


# MNIST on disk


def test_npz_of_unknown_contents_is_loaded_and_named_so(data_dir):
    write_npz(data_dir / "mnist.npz")
    data = datasets.load("mnist")
    assert data.source.startswith("unrecognized contents in the shape of MNIST")
    assert not data.drawn
    for name, array in fake_digits().items():
        np.testing.assert_array_equal(getattr(data, name), array)
        assert getattr(data, name).dtype == np.uint8
    assert data.class_names == tuple("0123456789")


def test_own_folder_comes_before_keras_cache(data_dir, keras_cache):
    write_npz(keras_cache / "mnist.npz", y_test=np.full(TEST, 3, np.uint8))
    assert datasets.load("mnist").y_test[0] == 3
    write_npz(data_dir / "mnist.npz", y_test=np.full(TEST, 4, np.uint8))
    assert datasets.load("mnist").y_test[0] == 4


def test_keras_home_is_respected(monkeypatch, tmp_path, keras_cache):
    write_npz(keras_cache / "mnist.npz", y_test=np.full(TEST, 3, np.uint8))
    (tmp_path / "elsewhere/datasets").mkdir(parents=True)
    write_npz(tmp_path / "elsewhere/datasets/mnist.npz", y_test=np.full(TEST, 5, np.uint8))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "elsewhere"))
    assert datasets.load("mnist").y_test[0] == 5


def test_load_data_takes_another_file_name_and_warns_of_unknown_contents(data_dir):
    write_npz(data_dir / "other.npz")
    with pytest.warns(UserWarning, match="unrecognized contents") as caught:
        (x_train, y_train), (x_test, y_test) = mnist.load_data(path="other.npz")
    assert caught[0].filename == __file__
    assert (x_train.shape, y_train.shape) == ((TRAIN, 28, 28), (TRAIN,))
    assert (x_test.shape, y_test.shape) == ((TEST, 28, 28), (TEST,))


@pytest.mark.parametrize("path", ["/tmp/mnist.npz", "a/mnist.npz", "..", ""])
def test_path_with_folders_is_refused(path):
    with pytest.raises(ValueError, match="without folders"):
        mnist.load_data(path=path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x_train": np.zeros((TRAIN, 783), np.uint8)}, r"x_train has shape \(60, 783\) .*; \(60, 28, 28\) and"),
        ({"x_test": np.zeros((TEST - 1, 28, 28), np.uint8)}, r"x_test has shape \(19, 28, 28\)"),
        ({"x_test": np.zeros((28, 28, TEST), np.uint8)}, r"x_test has shape \(28, 28, 20\)"),
        ({"y_test": np.full(TEST, "7")}, "y_test has shape .* and type <U1; .* or another type of whole numbers"),
        ({"y_test": np.zeros(TEST, np.complex64)}, "y_test has shape .* and type complex64"),
        ({"y_train": np.full(TRAIN, 10, np.uint8)}, "y_train has the label 10; 0 to 9 fit"),
        ({"y_train": np.full(TRAIN, -1)}, "y_train has type int64 and numbers from -1 to -1 that are not .* 0 to 9"),
        ({"y_train": np.full(TRAIN, 0.5)}, "y_train has type float64 and numbers from 0.5 to 0.5"),
        ({"y_train": np.eye(10)[[0] * TRAIN] * 2}, "y_train has ten numbers per label"),
        ({"x_test": np.full((TEST, 28, 28), 256)}, "x_test has type int64 and numbers from 256 to 256"),
        ({"x_test": np.full((TEST, 28, 28), 3.5)}, "x_test .* not all whole numbers from 0 to 255, nor .* divided by"),
        ({"x_test": np.full((TEST, 28, 28), 0.123)}, "x_test .* nor such numbers divided by 255"),
        ({"x_test": np.full((TEST, 28, 28), np.nan)}, "x_test has type float64 and numbers from nan"),
        ({"x_test": np.full((TEST, 28, 28), np.inf)}, "x_test has type float64 and numbers from inf"),
    ],
)
def test_npz_of_the_wrong_shape_type_or_labels_is_refused(data_dir, changes, message):
    path = write_npz(data_dir / "mnist.npz", **changes)
    with pytest.raises(datasets.BadData, match=message) as caught:
        datasets.load("mnist", offline="drawn")
    assert str(path) in str(caught.value)
    assert "Move or delete it" in str(caught.value)
    assert path.exists()


def test_npz_without_an_array_is_refused(data_dir):
    arrays = dict(fake_digits())
    del arrays["y_test"]
    np.savez_compressed(data_dir / "mnist.npz", **arrays)
    with pytest.raises(datasets.BadData, match="it has no array y_test"):
        datasets.load("mnist")


@pytest.mark.parametrize("keep", [0, 100, 0.5, 0.999])
def test_truncated_npz_is_refused(data_dir, keep):
    path = write_npz(data_dir / "mnist.npz")
    whole = path.read_bytes()
    path.write_bytes(whole[: keep if isinstance(keep, int) else int(keep * len(whole))])
    with pytest.raises(datasets.BadData, match="mnist.npz cannot be used"):
        datasets.load("mnist")


def test_npz_with_a_flipped_bit_is_refused(data_dir):
    path = data_dir / "mnist.npz"
    np.savez(path, **fake_digits())
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(datasets.BadData, match="CRC"):
        datasets.load("mnist")


def test_npz_with_pickled_objects_is_refused_unread(data_dir, tmp_path):
    labels = np.array([Harm(tmp_path / "trace")] + [None] * (TEST - 1))
    write_npz(data_dir / "mnist.npz", y_test=labels)
    with pytest.raises(datasets.BadData, match="y_test has shape .* type object"):
        datasets.load("mnist")
    assert not (tmp_path / "trace").exists()


def test_npz_that_promises_terabytes_is_refused_at_its_header(data_dir):
    path = write_npz(data_dir / "mnist.npz")
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (10**13,)})
    with zipfile.ZipFile(path) as archive:
        rest = {name: archive.read(name) for name in archive.namelist() if name != "y_test.npy"}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in rest.items():
            archive.writestr(name, content)
        archive.writestr("y_test.npy", header.getvalue())
    with pytest.raises(datasets.BadData, match=r"y_test has shape \(10000000000000,\)"):
        datasets.load("mnist")


# Fashion-MNIST on disk


@pytest.mark.parametrize("below", [".", "fashion-mnist"])
def test_clothing_is_found_flat_and_as_keras_lays_it_out(data_dir, below):
    write_clothing(data_dir / below)
    data = datasets.load("fashion_mnist")
    assert data.source.startswith("unrecognized contents in the shape of Fashion-MNIST")
    assert data.class_names[9] == "Ankle boot"
    for name, array in fake_digits().items():
        np.testing.assert_array_equal(getattr(data, name), array)
    data.x_train[0] = 1  # an array of its own, not a view of bytes


@pytest.mark.parametrize(
    ("name", "spoil", "message"),
    [
        ("x_train", lambda content: content[: len(content) // 2], "end-of-stream"),
        ("y_test", lambda content: content[:-4] + b"abcd", "CRC|Incorrect length"),
        ("y_train", lambda content: b"<html>not here</html>", "no IDX file, gzipped or not: it begins with b'<htm'"),
        ("y_train", lambda content: b"", "no IDX file"),
        ("y_test", lambda content: gz(idx(np.zeros(TEST - 1, np.uint8))), r"y_test has shape \(19,\) .*; \(20,\) and"),
        ("y_test", lambda content: gz(idx(np.full(TEST, 10, np.uint8))), "the label 10"),
        ("y_test", lambda content: gz(idx(fake_digits()["x_test"])), r"y_test has shape \(20, 28, 28\)"),
        ("y_test", lambda content: gz(idx(np.full(TEST, 0.5, ">f4"), 13)), "type >f4 and numbers from 0.5 to 0.5"),
        ("y_test", lambda content: gz(idx(np.zeros(TEST, np.uint8))[:-1]), "fewer than the 20 bytes"),
        ("x_test", lambda content: gz(idx(np.zeros((TEST, 28, 29), np.uint8))), "shape"),
        ("x_test", lambda content: gz(idx(np.zeros((TEST, 14, 56), np.uint8))), "shape"),
        ("y_test", lambda content: gz(idx(np.zeros(TEST, np.uint8)) + b"more"), "more than the 20 bytes"),
        ("x_test", lambda content: gz(idx(fake_digits()["x_test"]) + b"\0" * 10**7), "more than"),
        ("x_test", lambda content: gz(b"\0\0\x08\x03" + b"\xff" * 12), r"shape \(4294967295, 4294967295, 4294967295\)"),
        ("x_test", lambda content: gz(b"\0\0\x08\xff" + b"\xff" * 9999), "shape"),
    ],
)
def test_bad_file_of_clothing_is_refused(data_dir, name, spoil, message):
    write_clothing(data_dir)
    path = data_dir / fashion_mnist.FILES[name]
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(datasets.BadData, match=message) as caught:
        datasets.load("fashion_mnist", offline="drawn")
    assert str(path) in str(caught.value)
    assert path.exists()


def test_digests_are_those_of_idx_files():
    for array in fake_digits().values():
        assert _files.idx_digest(array) == hashlib.md5(idx(array)).hexdigest()


# CIFAR-10 on disk


@pytest.mark.parametrize("folder", ["cifar-10-batches-py", "cifar-10-batches-py-target/cifar-10-batches-py"])
@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_both_layouts_and_every_protocol_of_the_batches(small_batches, data_dir, folder, protocol):
    write_batches(data_dir / folder, protocol)
    data = datasets.load("cifar10")
    assert data.source.startswith("unrecognized contents in the shape of CIFAR-10")
    assert (data.x_train.shape, data.x_test.shape) == ((100, 32, 32, 3), (20, 32, 32, 3))
    assert (data.y_train.shape, data.y_test.shape) == ((100,), (20,))
    assert (data.x_train[47] == [2, 7, 9]).all()  # batch 2, image 7, in red, green, blue
    assert (data.x_test[19] == [5, 19, 9]).all()
    assert data.y_train[47] == 9
    assert data.y_test[19] == 4
    assert data.class_names[4] == "deer"


def test_rows_of_an_image_stay_rows(small_batches, data_dir):
    content = batch(0)
    content[b"data"][0, 2 * 1024 + 5 * 32 + 30] = 200  # blue, row 5, column 30
    write_batches(data_dir / "cifar-10-batches-py", data_batch_1=content)
    assert datasets.load("cifar10").x_train[0, 5, 30, 2] == 200


def test_labels_of_load_data_are_a_column(small_batches, data_dir):
    write_batches(data_dir / "cifar-10-batches-py")
    with pytest.warns(UserWarning, match="unrecognized"):
        (x_train, y_train), (x_test, y_test) = cifar10.load_data()
    assert (y_train.shape, y_test.shape) == ((100, 1), (20, 1))
    assert {array.dtype for array in (x_train, y_train, x_test, y_test)} == {np.dtype(np.uint8)}
    assert y_train[47] == 9


def test_published_and_other_contents_are_told_apart(small_batches, data_dir, monkeypatch):
    folder = write_batches(data_dir / "cifar-10-batches-py")
    data = datasets.load("cifar10")
    assert data.source == "unrecognized contents in the shape of CIFAR-10, from batches in cifar-10-batches-py"
    labels = np.concatenate([data.y_train, data.y_test]).tobytes()
    monkeypatch.setattr(cifar10, "LABELS_SHA256", hashlib.sha256(labels).hexdigest())
    assert datasets.load("cifar10").source == cifar10.LABELS_ONLY
    with pytest.warns(UserWarning, match="pixels not verified"):
        cifar10.load_data()
    for name in BATCHES:
        monkeypatch.setitem(cifar10.MD5, name, hashlib.md5((folder / name).read_bytes()).hexdigest())
    assert datasets.load("cifar10").source == "CIFAR-10, verified to be exactly as published"
    write_batches(folder, protocol=4)
    assert datasets.load("cifar10").source == cifar10.LABELS_ONLY
    for i, name in enumerate(BATCHES):
        monkeypatch.setitem(cifar10.SHA1, name, hashlib.sha1(fake_data.binary_batch(i)).hexdigest())
    assert datasets.load("cifar10").source == "CIFAR-10, verified to be exactly as published"


def test_a_missing_batch_is_named(small_batches, data_dir):
    folder = write_batches(data_dir / "cifar-10-batches-py")
    (folder / "data_batch_4").unlink()
    with pytest.raises(datasets.BadData, match="has no data_batch_4"):
        datasets.load("cifar10", offline="drawn")


def array_state(shape, code, raw):
    """A pickle of {"data": array} whose parts need not fit together."""

    class Described:
        def __reduce__(self):
            array = np.empty(0, np.uint8).__reduce__()
            return array[0], array[1], (1, shape, np.dtype(code), False, raw)

    return pickle.dumps({"data": Described(), "labels": [0] * 20}, 2)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"cos\nsystem\n(S'echo harm > trace'\ntR.", "it asks for os.system"),
        (b"cbuiltins\neval\n(S'1'\ntR.", "it asks for builtins.eval"),
        (b"c__builtin__\ngetattr\n(cnumpy\nndarray\nS'__class__'\ntR.", "it asks for __builtin__.getattr"),
        (b"\x80\x04\x8c\x05numpy\x8c\x10ndarray.__base__\x93.", "it asks for numpy.ndarray.__base__"),
        (b"cnumpy\nload\n(S'x'\ntR.", "it asks for numpy.load"),
        (b"(S'os'\nS'system'\ni_codecs\nlookup\n.", "it asks for _codecs.lookup"),
        (b"c_codecs\nencode\n(Vabc\nVzip\ntR.", "the encoding"),
        (b"P1\n.", "persistent"),
        (b"", "Ran out of input"),
        (pickle.dumps(["data", "labels"]), "no dictionary"),
        (pickle.dumps({"labels": [0] * 20}), "no array"),
        (pickle.dumps({"data": np.dtype("u1"), "labels": [0] * 20}), "no array"),
        (pickle.dumps({"data": np.zeros((20, 3071), np.uint8)}), r"shape \(20, 3071\)"),
        (pickle.dumps({"data": np.zeros((20, 3072), np.int8)}), "type i1;"),
        (pickle.dumps({"data": np.zeros((20, 3072), object)}), "type O8;"),
        (array_state((20, 3072), "u1", b"too short"), "reshape"),
        (array_state((20, 3072), "u1", [os.sep] * 20), "shape"),
        (array_state((10**9, 10**9), "u1", b"none"), "shape"),
        (b"cnumpy._core.numeric\n_frombuffer\n(L9999999999999L\nNNNtR.", "no dictionary"),
        (pickle.dumps(batch(0) | {b"labels": [0] * 19}), "no list of 20 labels"),
        (pickle.dumps(batch(0) | {b"labels": [10] * 20}), "whole numbers from 0 to 9"),
        (pickle.dumps(batch(0) | {b"labels": [0.5] * 20}), "whole numbers from 0 to 9"),
        (pickle.dumps(batch(0))[:-1000], "truncated"),
    ],
)
def test_hostile_or_damaged_batch_is_refused(small_batches, data_dir, monkeypatch, tmp_path, content, message):
    monkeypatch.chdir(tmp_path)
    folder = write_batches(data_dir / "cifar-10-batches-py", data_batch_3=content)
    with pytest.raises(datasets.BadData, match=message) as caught:
        datasets.load("cifar10", offline="drawn")
    assert str(folder / "data_batch_3") in str(caught.value)
    assert f"Move or delete {folder} and" in str(caught.value)
    assert not (tmp_path / "trace").exists()


def test_a_batch_cannot_change_how_the_next_one_is_read(small_batches, data_dir):
    # BUILD with a pair sets attributes, here of the stand-in for numpy.dtype itself.
    spoil = b"\x80\x02cnumpy\ndtype\nN}X\x04\x00\x00\x00codeX\x02\x00\x00\x00u1s\x86b0"
    write_batches(data_dir / "cifar-10-batches-py", data_batch_1=spoil + pickle.dumps({}, 2))
    with pytest.raises(datasets.BadData):
        datasets.load("cifar10")
    content = batch(0) | {b"data": np.zeros((20, 3072), np.int8)}
    write_batches(data_dir / "cifar-10-batches-py", data_batch_1=content)
    with pytest.raises(datasets.BadData, match="i1"):
        datasets.load("cifar10")


def test_a_batch_far_too_large_is_refused_unread(small_batches, data_dir):
    folder = write_batches(data_dir / "cifar-10-batches-py")
    with open(folder / "data_batch_1", "r+b") as file:
        file.truncate(2**27)
    with pytest.raises(datasets.BadData, match="134,217,728 bytes"):
        datasets.load("cifar10")


# The archive of CIFAR-10


def tar_of_batches(folder, *extra):
    """A .tar.gz like the published one, with more members if given as (name, type, link)."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        tar.add(folder, "cifar-10-batches-py")
        for name, kind, link in extra:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, link
            tar.addfile(member)
    return stream.getvalue()


@pytest.mark.parametrize("name", cifar10.ARCHIVES)
def test_an_archive_on_disk_is_unpacked_where_keras_does(small_batches, data_dir, tmp_path, monkeypatch, name):
    content = tar_of_batches(write_batches(tmp_path / "made"))
    (data_dir / name).write_bytes(content)
    monkeypatch.setattr(cifar10, "SHA256", hashlib.sha256(content).hexdigest())
    assert (datasets.load("cifar10").x_train[47] == [2, 7, 9]).all()
    assert (data_dir / "cifar-10-batches-py-target/cifar-10-batches-py/test_batch").is_file()
    assert sorted(path.name for path in data_dir.iterdir()) == sorted(["cifar-10-batches-py-target", name])


@pytest.mark.parametrize(
    "member",
    [
        ("../climbed", tarfile.REGTYPE, ""),
        ("cifar-10-batches-py/../../climbed", tarfile.REGTYPE, ""),
        ("cifar-10-batches-py/..", tarfile.REGTYPE, ""),
        ("/tmp/climbed", tarfile.REGTYPE, ""),
        ("cifar-10-batches-py/link", tarfile.SYMTYPE, "/etc/passwd"),
        ("cifar-10-batches-py/link", tarfile.LNKTYPE, "cifar-10-batches-py/test_batch"),
        ("cifar-10-batches-py", tarfile.SYMTYPE, "/tmp"),
        ("cifar-10-batches-py/fifo", tarfile.FIFOTYPE, ""),
        ("elsewhere", tarfile.REGTYPE, ""),
    ],
)
def test_an_archive_that_climbs_out_is_refused(small_batches, data_dir, tmp_path, monkeypatch, member):
    content = tar_of_batches(write_batches(tmp_path / "made"), member)
    (data_dir / "cifar-10-python.tar.gz").write_bytes(content)
    monkeypatch.setattr(cifar10, "SHA256", hashlib.sha256(content).hexdigest())
    with pytest.raises(datasets.BadData, match="is not a plain file in cifar-10-batches-py/") as caught:
        datasets.load("cifar10", offline="drawn")
    assert repr(member[0]) in str(caught.value)
    assert files_in(data_dir) == ["cifar-10-python.tar.gz"]
    assert not list(tmp_path.rglob("climbed"))


def test_an_archive_is_unpacked_whole_or_not_at_all(small_batches, data_dir, tmp_path, monkeypatch):
    content = tar_of_batches(write_batches(tmp_path / "made"))
    (data_dir / "cifar-10-python.tar.gz").write_bytes(content)
    monkeypatch.setattr(cifar10, "SHA256", hashlib.sha256(content).hexdigest())

    def disk_full(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "rename", disk_full)
    with pytest.raises(datasets.BadData, match="no space left on device"):
        datasets.load("cifar10")
    assert files_in(data_dir) == ["cifar-10-python.tar.gz"]


def test_an_archive_with_another_hash_is_refused(small_batches, data_dir, tmp_path):
    (data_dir / "cifar-10-python.tar.gz").write_bytes(tar_of_batches(write_batches(tmp_path / "made")))
    with pytest.raises(datasets.BadData, match="not a published archive"):
        datasets.load("cifar10")
    assert files_in(data_dir) == ["cifar-10-python.tar.gz"]


# Downloads


@pytest.fixture
def server():
    """A web server on this computer: `server[path] = content`, or a function that answers."""
    pages, ended = {}, threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            page = pages.get(self.path)
            if callable(page):
                page(self)
                if page is too_slow:
                    ended.wait()
            elif page is None:
                self.send_error(404)
            else:
                answer(self, page)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http_server:
        http_server.daemon_threads = True
        thread = threading.Thread(target=http_server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        pages["url"] = f"http://127.0.0.1:{http_server.server_port}"
        yield pages
        ended.set()
        http_server.shutdown()
        thread.join()


def answer(handler, content, promised=None):
    handler.send_response(200)
    handler.send_header("Content-Length", str(promised or len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def cut_off(content):
    """Half of the content, and then the connection closes."""
    return lambda handler: answer(handler, content[: len(content) // 2], promised=len(content))


def too_slow(handler):
    """Nothing follows, and the connection stays open, as long as the server lives."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"a bit")
    handler.wfile.flush()


@pytest.fixture
def digits_to_serve(tmp_path, monkeypatch):
    content = write_npz(tmp_path / "served.npz").read_bytes()
    monkeypatch.setattr(mnist, "SHA256", hashlib.sha256(content).hexdigest())
    return content


def test_download_goes_where_keras_looks_and_is_kept(server, digits_to_serve, monkeypatch, tmp_path, capsys):
    server["/mnist.npz"] = digits_to_serve
    monkeypatch.setattr(mnist, "MIRRORS", [server["url"] + "/mnist.npz"])
    assert datasets.load("mnist").y_train[13] == 3
    assert "100%" in capsys.readouterr().err  # the progress bar
    cache = tmp_path / "home/.keras/datasets"
    assert (cache / "mnist.npz").read_bytes() == digits_to_serve
    assert files_in(cache) == ["mnist.npz"]
    if os.name == "posix":
        assert (cache / "mnist.npz").stat().st_mode & 0o777 == 0o644
    server["/mnist.npz"] = None
    assert datasets.load("mnist").y_train[13] == 3


def test_download_goes_into_the_own_folder_if_set(server, digits_to_serve, monkeypatch, tmp_path):
    monkeypatch.setenv("CNNLAB_DATA_DIR", str(tmp_path / "made/as/needed"))
    server["/mnist.npz"] = digits_to_serve
    monkeypatch.setattr(mnist, "MIRRORS", [server["url"] + "/mnist.npz"])
    datasets.load("mnist")
    assert files_in(tmp_path / "made/as/needed") == ["mnist.npz"]
    assert files_in(tmp_path / "home") == []


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        (lambda content: None, "the server answered 404"),
        (cut_off, "broke off|hash is wrong"),
        (lambda content: content[:-1] + b"?", "hash is wrong"),
        (lambda content: too_slow, "no answer within|broke off"),
    ],
    ids=["missing", "cut off", "wrong hash", "slow"],
)
def test_a_failing_mirror(server, digits_to_serve, monkeypatch, data_dir, first, reason):
    monkeypatch.setattr(_files, "TIMEOUT", (0.5, 0.5))
    server["/first"] = first(digits_to_serve)
    monkeypatch.setattr(mnist, "MIRRORS", [server["url"] + "/first"])
    with pytest.raises(datasets.DataNotFound, match=f"/first: .*({reason})"):
        datasets.load("mnist")
    assert files_in(data_dir) == []

    server["/second"] = digits_to_serve
    monkeypatch.setattr(mnist, "MIRRORS", [server["url"] + "/first", server["url"] + "/second"])
    assert datasets.load("mnist").y_train[13] == 3
    assert files_in(data_dir) == ["mnist.npz"]


def test_only_the_missing_file_of_clothing_is_downloaded(server, monkeypatch, data_dir):
    write_clothing(data_dir / "fashion-mnist")
    file = fashion_mnist.FILES["y_test"]
    server[f"/{file}"] = content = gz(idx(np.full(TEST, 6, np.uint8)))
    (data_dir / "fashion-mnist" / file).unlink()
    monkeypatch.setitem(fashion_mnist.SHA256, "y_test", hashlib.sha256(content).hexdigest())
    monkeypatch.setattr(fashion_mnist, "MIRRORS", [server["url"] + "/"])
    assert (datasets.load("fashion_mnist").y_test == 6).all()
    assert (data_dir / "fashion-mnist" / file).is_file()


def test_batches_are_downloaded_and_unpacked(small_batches, server, monkeypatch, tmp_path):
    server["/cifar-10-python.tar.gz"] = content = tar_of_batches(write_batches(tmp_path / "made"))
    monkeypatch.setattr(cifar10, "SHA256", hashlib.sha256(content).hexdigest())
    monkeypatch.setattr(cifar10, "MIRRORS", [server["url"] + "/cifar-10-python.tar.gz"])
    assert (datasets.load("cifar10").x_train[47] == [2, 7, 9]).all()
    cache = tmp_path / "home/.keras/datasets"
    assert sorted(path.name for path in cache.iterdir()) == [
        "cifar-10-batches-py-target",
        "cifar-10-batches-py-target_archive",
    ]


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "cifar10"])
def test_no_network_and_no_file_names_three_ways_out(name, tmp_path, capfd, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail(f"waits for {seconds} s"))
    with pytest.raises(datasets.DataNotFound) as caught:
        datasets.load(name)
    message = str(caught.value)
    cache = tmp_path / "home/.keras/datasets"
    assert (
        f"1. Put {{}} into {cache}".format(
            {"mnist": "mnist.npz", "fashion_mnist": "its four .gz files", "cifar10": "cifar-10-python.tar.gz"}[name]
        )
        in message
    )
    assert "CNNLAB_DATA_DIR" in message
    assert "2. Connect to the internet once" in message
    assert f'3. Work with drawn data: datasets.load("{name}", offline="drawn")' in message
    assert NOWHERE in message
    assert caught.value.__cause__ is None  # no tail of network errors
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert capfd.readouterr() == ("", "")
    assert files_in(tmp_path / "home") == []


def test_a_folder_that_cannot_be_made_is_an_error_that_says_so(server, digits_to_serve, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("CNNLAB_DATA_DIR", str(tmp_path / "file/folder"))
    server["/mnist.npz"] = digits_to_serve
    monkeypatch.setattr(mnist, "MIRRORS", [server["url"] + "/mnist.npz"])
    with pytest.raises(datasets.DataNotFound, match="(Not a directory|File exists|cannot).*file"):
        datasets.load("mnist")
    assert (tmp_path / "file").read_text() == "in the way"


# load, and the drawn stand-in


@pytest.mark.parametrize("name", ["emnist", "MNIST", None, ["mnist"]])
def test_unknown_name(name):
    with pytest.raises(ValueError, match="'mnist', 'fashion_mnist', 'cifar10'"):
        datasets.load(name)


@pytest.mark.parametrize("n", [0, -1, 60001, 2.0, "10", True])
@pytest.mark.parametrize("argument", ["n_train", "n_test"])
def test_impossible_counts(argument, n):
    most = "60,000" if argument == "n_train" else "10,000"
    with pytest.raises(ValueError, match=f"{argument} must be None or a whole number from 1 to {most}.*{n!r}"):
        datasets.load("mnist", **{argument: n})


def test_unknown_offline():
    with pytest.raises(ValueError, match='offline must be None or "drawn"; got True'):
        datasets.load("mnist", offline=True)


def test_a_part_is_the_first_images_and_keeps_nothing_else(data_dir):
    write_npz(data_dir / "mnist.npz")
    data = datasets.load("mnist", n_train=30, n_test=np.int64(5))
    np.testing.assert_array_equal(data.x_train, fake_digits()["x_train"][:30])
    np.testing.assert_array_equal(data.y_test, [0, 1, 2, 3, 4])
    assert data.x_train.base is None
    assert repr(data) == (
        "<Dataset mnist: 30 images to train on and 5 to test, 28x28, 10 classes; unrecognized contents in the "
        "shape of MNIST (x_train, y_train, x_test, y_test not as published), from mnist.npz>"
    )
    with pytest.raises(AttributeError):
        data.source = "MNIST"


DRAWN_SOURCES = {
    "mnist": "drawn digits, not MNIST",
    "fashion_mnist": "drawn clothing, not Fashion-MNIST",
    "cifar10": "drawn scenes, not CIFAR-10",
}


@pytest.mark.parametrize("name", DRAWN_SOURCES)
def test_drawn_stand_in_says_so(name, capsys):
    data = datasets.load(name, n_train=30, n_test=10, offline="drawn")
    shape = (32, 32, 3) if name == "cifar10" else (28, 28)
    assert (data.x_train.shape, data.x_test.shape) == ((30, *shape), (10, *shape))
    assert (data.y_train.shape, data.y_test.shape) == ((30,), (10,))
    for array in (data.x_train, data.y_train, data.x_test, data.y_test):
        assert array.dtype == np.uint8
    assert len(data.class_names) == 10
    assert data.drawn
    assert data.source == DRAWN_SOURCES[name]
    assert data.source in repr(data)
    assert capsys.readouterr().out.startswith(f"These are {DRAWN_SOURCES[name]}.")
    again = datasets.load(name, n_train=30, n_test=10, offline="drawn")
    np.testing.assert_array_equal(data.x_train, again.x_train)


def test_sizes_of_drawn_data(monkeypatch):
    monkeypatch.setattr(drawn, "digits", lambda n, **_: (np.zeros((n, 28, 28), np.uint8), np.zeros(n, np.uint8)))
    data = datasets.load("mnist", offline="drawn")
    assert (len(data.x_train), len(data.x_test)) == (10_000, 2_000)


def test_offline_drawn_prefers_the_real_data(data_dir, capsys):
    write_npz(data_dir / "mnist.npz")
    assert not datasets.load("mnist", offline="drawn").drawn
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("value", "drawn"), [("1", True), ("0", False), ("", False)])
def test_environment_variable_pins_drawn_data(data_dir, monkeypatch, capsys, value, drawn):
    write_npz(data_dir / "mnist.npz")
    monkeypatch.setenv("CNNLAB_DRAWN", value)
    assert datasets.load("mnist", n_train=10, n_test=10).drawn == drawn
    assert ("These are drawn digits" in capsys.readouterr().out) == drawn
    with pytest.warns(UserWarning):  # load_data is Keras's and never drawn
        assert mnist.load_data()[1][1][3] == 3


def test_banner_in_a_notebook_has_text_and_html(monkeypatch):
    import IPython
    import IPython.display

    shown = []
    monkeypatch.setattr(IPython, "get_ipython", lambda: object())
    monkeypatch.setattr(IPython.display, "display", shown.append)
    datasets.load("mnist", n_train=1, n_test=1, offline="drawn")
    assert len(shown) == 1
    assert repr(shown[0]).startswith("These are drawn digits, not MNIST.")
    assert "<strong>These are drawn digits, not MNIST.</strong>" in shown[0]._repr_html_()


def test_importing_is_light():
    code = "import sys, cnnlab.datasets; print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"tensorflow", "keras", "pooch", "IPython", "matplotlib"} & set(out.stdout.split())


# The same as Keras, and the real data


def assert_same_as_keras(home, monkeypatch, *names):
    datasets_of_keras = pytest.importorskip("keras").datasets

    def get_file(fname, origin=None, cache_subdir="datasets", **_):
        # Keras's own would download again: the hash of a file made elsewhere is not the published one.
        return str(home / cache_subdir / fname)

    monkeypatch.setenv("KERAS_HOME", str(home))
    for name in names:
        monkeypatch.setattr(f"keras.src.datasets.{name}.get_file", get_file)
        theirs = getattr(datasets_of_keras, name).load_data()
        ours = getattr(datasets, name).load_data()
        for their_part, our_part in zip(theirs, ours, strict=True):
            for their, our in zip(their_part, our_part, strict=True):
                assert (our.dtype, our.shape) == (their.dtype, their.shape)
                np.testing.assert_array_equal(our, their)


@pytest.mark.filterwarnings("ignore:what was loaded is unrecognized")
def test_load_data_is_the_same_as_keras(tmp_path, monkeypatch):
    cache = tmp_path / "keras/datasets"
    cache.mkdir(parents=True)
    random = np.random.default_rng(0)
    digits = fake_digits() | {"x_train": random.integers(0, 256, (TRAIN, 28, 28), np.uint8)}
    np.savez(cache / "mnist.npz", **digits)
    write_clothing(cache / "fashion-mnist", **digits)
    changes = {}
    for i, name in enumerate(BATCHES):
        changes[name] = batch(i, 10000) | {b"data": random.integers(0, 256, (10000, 3072), np.uint8)}
    write_batches(cache / "cifar-10-batches-py-target/cifar-10-batches-py", 4, **changes)
    assert_same_as_keras(tmp_path / "keras", monkeypatch, "mnist", "fashion_mnist", "cifar10")


def test_real_mnist_is_recognized_and_a_rewritten_file_too(real_data, monkeypatch, tmp_path):
    monkeypatch.setenv("CNNLAB_DATA_DIR", str(real_data))
    data = datasets.load("mnist")
    assert data.source == "MNIST, verified to be exactly as published"
    assert data.y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    monkeypatch.setenv("CNNLAB_DATA_DIR", str(tmp_path))
    arrays = {name: getattr(data, name) for name in mnist.SHAPES}
    np.savez(tmp_path / "mnist.npz", **arrays)
    assert datasets.load("mnist").source == data.source
    arrays["x_test"][77, 14, 14] ^= 1
    np.savez(tmp_path / "mnist.npz", **arrays)
    assert "(x_test not as published)" in datasets.load("mnist").source


def test_real_sets_are_recognized_in_any_order(real_data, monkeypatch, tmp_path):
    random = np.random.default_rng(0)
    for name, module in ("mnist", mnist), ("fashion_mnist", fashion_mnist):
        monkeypatch.setenv("CNNLAB_DATA_DIR", str(real_data))
        data = datasets.load(name)
        assert data.source == module.PUBLISHED
        arrays = {}
        for part in ("train", "test"):
            x, y = getattr(data, f"x_{part}"), getattr(data, f"y_{part}")
            order = random.permutation(len(y))
            arrays |= {f"x_{part}": x[order], f"y_{part}": y[order]}
        (tmp_path / name).mkdir()
        monkeypatch.setenv("CNNLAB_DATA_DIR", str(tmp_path / name))
        np.savez(tmp_path / name / f"{name}.npz", **arrays)
        assert "verified to be as published but in another order" in datasets.load(name).source
        arrays["y_test"][:2] = (arrays["y_test"][:2] + 1) % 10
        np.savez(tmp_path / name / f"{name}.npz", **arrays)
        assert datasets.load(name).source.startswith("unrecognized contents")


def test_real_csv_holds_what_the_idx_files_hold(real_data, monkeypatch):
    monkeypatch.setenv("CNNLAB_DATA_DIR", str(real_data))
    _, (x_test, y_test) = fashion_mnist.load_data()
    images, labels = _gray._read_csv(real_data / "fashion-mnist_test.csv", "test")
    np.testing.assert_array_equal(images, x_test)
    np.testing.assert_array_equal(labels, y_test)


def test_real_photos_have_the_published_labels(real_data, monkeypatch):
    monkeypatch.setenv("CNNLAB_DATA_DIR", str(real_data))
    data = datasets.load("cifar10")
    assert data.source in (cifar10.LABELS_ONLY, cifar10.PUBLISHED)
    assert data.y_train[:10].tolist() == [6, 9, 9, 4, 1, 1, 2, 7, 8, 3]
    assert data.x_train[0, 0, 0].tolist() == [59, 62, 63]


def test_real_mnist_is_the_same_as_from_keras(real_data, tmp_path, monkeypatch):
    (tmp_path / "keras/datasets").mkdir(parents=True)
    (tmp_path / "keras/datasets/mnist.npz").write_bytes(Path(real_data, "mnist.npz").read_bytes())
    assert_same_as_keras(tmp_path / "keras", monkeypatch, "mnist")
