"""Run every lesson on drawn data and store it, outputs and all, always the same way.

    python tools/notebooks.py                  all of them
    python tools/notebooks.py notebooks/02*    these

Stored are the lessons as a learner first sees them: exercises unsolved, no widget state (a
reopened notebook would say "model not found"; the static form stays), no run times.
"""

import os
import statistics
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent.parent / "notebooks"
VIEW = "application/vnd.jupyter.widget-view+json"
# TensorFlow's log would be stored by nbclient and not be seen by nbval; a kernel under pytest does not pass it on.
PINNED = {"CNNLAB_DRAWN": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTEST_CURRENT_TEST": "build"}


def lessons():
    """The paths of all notebooks, in reading order; those without a number come last."""
    return sorted(FOLDER.glob("*.ipynb"))


def title(notebook):
    return notebook.cells[0].source.splitlines()[0].lstrip("# ")


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def execute(notebook, env, timeout=3600):
    """Run a notebook in place, in a fresh kernel in the notebooks' folder.

    `timeout` in seconds: far more than a cell takes, however slow or busy the machine, so that only a stuck one ends.
    """
    client = NotebookClient(
        notebook,
        timeout=timeout,
        startup_timeout=timeout,
        iopub_timeout=timeout,
        kernel_name="python3",
        resources={"metadata": {"path": FOLDER}},
        record_timing=False,
        coalesce_streams=True,
        store_widget_state=False,
    )
    client.execute(env={**os.environ, **env})
    return notebook


def link(path, paths):
    """The line that leads to the lesson before and after; from a page without a number, to the start."""
    paths = [p for p in paths if p.name[0].isdigit()]
    names = {p: title(nbformat.read(p, as_version=4)) for p in paths}
    if path not in paths:
        return f"[← {names[paths[0]]}]({paths[0].name})"
    i = paths.index(path)
    before = [f"[← {names[p]}]({p.name})" for p in paths[max(i - 1, 0) : i]]
    after = [f"[{names[p]} →]({p.name})" for p in paths[i + 1 : i + 2]]
    return " · ".join(before + after)


def tidy(notebook):
    """Keep what a reader needs, drop what changes from machine to machine."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for number, cell in enumerate(code_cells(notebook), start=1):
        cell.execution_count = number
        for output in cell.outputs:
            output.get("data", {}).pop(VIEW, None)
            output.get("metadata", {}).pop(VIEW, None)
            if output.output_type == "execute_result":
                output.execution_count = number
    for cell in notebook.cells:
        tags = cell.metadata.get("tags")
        cell.metadata = {"tags": tags} if tags else {}


def store(path):
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.id == "navigation":
            cell.source = link(path, lessons())
    started = time.perf_counter()
    execute(notebook, PINNED)
    tidy(notebook)
    nbformat.write(notebook, path)
    lines = [len([line for line in cell.source.splitlines() if line.strip()]) for cell in code_cells(notebook)] or [0]
    print(
        f"{path.name}: {time.perf_counter() - started:.0f} s, {len(lines)} code cells, "
        f"median {statistics.median(lines):.0f} lines, longest {max(lines)}, {path.stat().st_size / 1000:.0f} kB",
        flush=True,
    )


if __name__ == "__main__":
    for path in [Path(name).resolve() for name in sys.argv[1:]] or lessons():
        store(path)
