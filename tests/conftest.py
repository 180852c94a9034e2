import os
import shutil
import sys
from pathlib import Path

import pytest

from cnnlab.utils import set_random_seed


@pytest.fixture(autouse=True)
def the_same_random_numbers_every_time():
    set_random_seed(0)
    if "keras" in sys.modules:
        sys.modules["keras"].utils.set_random_seed(0)


@pytest.fixture
def real_data(monkeypatch):
    """The folder with the real data sets."""
    folder = os.environ.get("CNNLAB_DATA_DIR")
    if not folder:
        pytest.skip("real data absent: CNNLAB_DATA_DIR is not set")
    monkeypatch.delenv("CNNLAB_DRAWN", raising=False)
    return Path(folder)


@pytest.fixture(scope="session")
def browser():
    """Chromium: Debian's where it is installed, else Playwright's own."""
    playwright_api = pytest.importorskip("playwright.sync_api")
    quiet = "--disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update"
    with playwright_api.sync_playwright() as playwright:
        try:
            chromium = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-sync", *quiet.split()]
            )
        except playwright_api.Error as error:
            pytest.skip(f"no browser: {error.message.splitlines()[0]}")
        yield chromium
        chromium.close()
