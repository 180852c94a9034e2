"""The shared part of the explorers' pages: unit tests under Node, which Playwright brings along."""

import subprocess
from pathlib import Path

from playwright._impl._driver import compute_driver_executable


def test_the_unit_tests_of_the_page_pass():
    node, _ = compute_driver_executable()
    done = subprocess.run([node, "--test", Path(__file__).with_name("shared.test.mjs")], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
