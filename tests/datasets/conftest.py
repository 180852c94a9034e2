import pytest
from fake_data import NOWHERE, TEST, TRAIN

from cnnlab.datasets import _gray, cifar10, fashion_mnist, mnist


@pytest.fixture
def alone(request, monkeypatch, tmp_path):
    """No data of this computer, no network: an empty home and mirrors that do not answer."""
    if "real_data" in request.fixturenames:
        request.getfixturevalue("real_data")  # it reads the environment, so before that is emptied
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name in ("CNNLAB_DATA_DIR", "KERAS_HOME", "CNNLAB_DRAWN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(mnist, "MIRRORS", [NOWHERE + "mnist.npz"])
    monkeypatch.setattr(fashion_mnist, "MIRRORS", [NOWHERE])
    monkeypatch.setattr(cifar10, "MIRRORS", [NOWHERE + "cifar-10-python.tar.gz"])
    if "real_data" not in request.fixturenames:
        for part, n in ("train", TRAIN), ("test", TEST):
            monkeypatch.setitem(_gray.SHAPES, f"x_{part}", (n, 28, 28))
            monkeypatch.setitem(_gray.SHAPES, f"y_{part}", (n,))


@pytest.fixture
def data_dir(monkeypatch, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("CNNLAB_DATA_DIR", str(folder))
    return folder


@pytest.fixture
def keras_cache(tmp_path):
    folder = tmp_path / "home/.keras/datasets"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def small_batches(monkeypatch):
    """Batches of 20 images, for tests that would otherwise write 186 MB."""
    monkeypatch.setattr(cifar10, "BATCH_SIZE", 20)
