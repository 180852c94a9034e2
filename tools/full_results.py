"""Run lessons at full size on the real data, and store the figures that they show.

    python tools/full_results.py                              every lesson that has results, three seeds
    python tools/full_results.py 10-mnist-with-keras --seeds 1

A lesson collects its figures in a dictionary named `results`; nothing is trained anywhere else.
"""

import argparse
import json
import os
import platform
import statistics
import time
from importlib.metadata import PackageNotFoundError, version

import nbformat

import notebooks

FOLDER = notebooks.FOLDER / "results"
LESSONS = ["10-mnist-with-keras"]


def run(lesson, seed):
    """One full run: (the lesson's `results`, minutes)."""
    notebook = nbformat.read(notebooks.FOLDER / f"{lesson}.ipynb", as_version=4)
    notebook.cells = [
        cell for cell in notebook.cells if not cell.id.startswith("results-")
    ]  # these show the stored ones
    notebook.cells.append(nbformat.v4.new_code_cell("import json; print(json.dumps(results))"))
    started = time.perf_counter()
    notebooks.execute(notebook, {"CNNLAB_SCALE": "full", "CNNLAB_SEED": str(seed), "CNNLAB_DRAWN": ""}, timeout=7200)
    results = json.loads(notebook.cells[-1].outputs[-1].text)
    return {"seed": seed, **results}, (time.perf_counter() - started) / 60


def versions():
    found = {"python": platform.python_version()}
    for name in ("numpy", "keras", "tensorflow", "tensorflow-cpu"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            pass
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("lessons", nargs="*", default=LESSONS)
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    for lesson in arguments.lessons:
        runs, minutes = zip(*(run(lesson, seed) for seed in range(arguments.seeds)))
        stored = {
            "command": f"make full-results ARGS={lesson}",
            "date": time.strftime("%Y-%m-%d"),
            "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
            "versions": versions(),
            "minutes": round(statistics.median(minutes), 1),
            "runs": runs,
        }
        path = FOLDER / f"{lesson}.json"
        path.write_text(json.dumps(stored, indent=1) + "\n")
        print(f"{path.name}: {len(runs)} runs, {sum(minutes):.0f} minutes", flush=True)
