"""The package as it is installed, and how little importing it costs."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def python(code, **env):
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **env},
        cwd=env.get("PYTHONPATH"),
        text=True,
        capture_output=True,
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The folder that a wheel of this repository unpacks to."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT / "cnnlab", folder / "source" / "cnnlab", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / "source")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", folder, folder / "source"]
    subprocess.run(command, check=True)
    zipfile.ZipFile(next(folder.glob("cnnlab-*.whl"))).extractall(folder / "unpacked")
    return folder / "unpacked"


def test_a_wheel_holds_every_file_of_the_package(wheel):
    there = {path.relative_to(wheel).as_posix() for path in (wheel / "cnnlab").rglob("*") if path.is_file()}
    wanted = {path.relative_to(ROOT).as_posix() for path in (ROOT / "cnnlab").rglob("*") if path.is_file()}
    assert there == {path for path in wanted if "__pycache__" not in path}
    assert "cnnlab/widgets/convolution_explorer.js" in there


def test_an_explorer_works_from_the_wheel(wheel):
    code = "import cnnlab.widgets as w; print(w.__file__, len(w.ConvolutionExplorer([[1, 2]], [[1]])._esm) > 1000)"
    printed = python(code, PYTHONPATH=str(wheel)).stdout.split()
    assert Path(printed[0]).is_relative_to(wheel.resolve()) and printed[1] == "True"


def test_importing_every_part_loads_no_tensorflow_and_importing_cnnlab_loads_nothing_heavy():
    code = """
import sys, cnnlab
assert not {"numpy", "matplotlib", "anywidget", "tensorflow", "keras"} & set(sys.modules), "import cnnlab"
from cnnlab import arithmetic, datasets, exercises, ops, plots, widgets
assert not {"tensorflow", "keras", "torch", "pooch"} & set(sys.modules), "the parts"
"""
    assert python(code).stderr == ""


def test_an_unknown_part_is_named():
    with pytest.raises(AttributeError, match="no part 'layer'; its parts are arithmetic, "):
        import cnnlab

        cnnlab.layer
