"""The lessons as a learner runs them: offline, with the exercises solved, in the memory that Binder gives."""

import re

import nbformat
import pytest

import notebooks
from cnnlab.exercises import solution_source

MOST_MEMORY = 1.6e9  # bytes; Binder has 2 GB, JupyterLab's server included

# The most memory that this kernel ever held. (Linux only, as Binder is. ru_maxrss will not do: it counts the parent's.)
MEMORY = """
from pathlib import Path
status = Path("/proc/self/status")
lines = status.read_text().splitlines() if status.exists() else []
print(*(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")) or [0])
"""


def solve(notebook):
    """Write our solution into each exercise cell; returns the names of the exercises."""
    names = []
    for cell in notebook.cells:
        if "exercise" in cell.metadata.get("tags", []):
            names.append(re.search(r"def (\w+)\(", cell.source).group(1))
            cell.source = solution_source(names[-1])
    return names


@pytest.mark.parametrize("path", notebooks.lessons(), ids=lambda path: path.stem)
def test_a_lesson_runs_solved_with_no_network_and_no_cache(path, tmp_path):
    notebook = nbformat.read(path, as_version=4)
    names = solve(notebook)
    notebook.cells.append(nbformat.v4.new_code_cell(MEMORY))
    nowhere = "http://127.0.0.1:9"  # a port where nobody listens
    env = {"CNNLAB_DRAWN": "", "CNNLAB_DATA_DIR": "", "KERAS_HOME": str(tmp_path)}
    env |= {name: nowhere for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")}
    notebooks.execute(notebook, env)  # raises if a cell does

    printed = "".join(o.get("text", "") for cell in notebooks.code_cells(notebook) for o in cell.outputs)
    assert len(re.findall(r"^Right", printed, flags=re.MULTILINE)) == len(names)
    assert [f"Using your {name}." in printed for name in names] == [True] * len(names)
    memory = float(notebook.cells[-1].outputs[0].text)
    assert memory < MOST_MEMORY, f"{memory / 1e9:.2f} GB"
