"""Run lessons at full size on the real data, and store the figures that they show.

    python tools/full_results.py                              every lesson that has results, with its seeds
    python tools/full_results.py 10-mnist-with-keras --seeds 1
    python tools/full_results.py --again                      also what is there already

A lesson collects its figures in a dictionary named `results`; nothing is trained anywhere else.
Each run is stored as it ends. Runs of the same code that are there already are kept, so an interrupted
command goes on where it was.
"""

import argparse
import ast
import hashlib
import json
import os
import platform
import re
import statistics
import time
from importlib.metadata import PackageNotFoundError, version

import nbformat

import notebooks

FOLDER = notebooks.FOLDER / "results"
LESSONS = ["10-mnist-with-keras", "10b-robustness", "11-fashion-mnist", "12-cifar10", "13-regularization"]
SEEDS = {"12-cifar10": 1}  # where three would take too long


def read(lesson):
    """The lesson without the cells that show stored results."""
    notebook = nbformat.read(notebooks.FOLDER / f"{lesson}.ipynb", as_version=4)
    notebook.cells = [cell for cell in notebook.cells if not cell.id.startswith("results-")]
    return notebook


def at_full_size(code):
    """The code with `this` in place of each `this if full else that`."""
    lines = code.encode().splitlines(keepends=True)

    def place(line, column):
        return sum(map(len, lines[: line - 1])) + column

    choices = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.IfExp)]
    choices = [node for node in choices if isinstance(node.test, ast.Name) and node.test.id == "full"]
    left, last = b"", 0
    for node in sorted(choices, key=lambda node: (node.lineno, node.col_offset)):
        left += code.encode()[last : place(node.body.end_lineno, node.body.end_col_offset)]
        last = place(node.end_lineno, node.end_col_offset)
    return (left + code.encode()[last:]).decode()


def code_of(lesson):
    """A fingerprint of the code that makes the figures.

    Where its lines are broken does not count, nor what it does at the quick size only.
    """
    code = at_full_size("\n".join(cell.source for cell in notebooks.code_cells(read(lesson))))
    return hashlib.sha256("".join(code.split()).encode()).hexdigest()[:12]


def run(lesson, seed):
    """One full run: (the lesson's `results`, minutes)."""
    notebook = read(lesson)
    notebook.cells.append(nbformat.v4.new_code_cell("import json; print(json.dumps(results))"))
    started = time.perf_counter()
    notebooks.execute(notebook, {"CNNLAB_SCALE": "full", "CNNLAB_SEED": str(seed), "CNNLAB_DRAWN": ""}, timeout=7200)
    results = json.loads(notebook.cells[-1].outputs[-1].text)
    return {"seed": seed, **results}, (time.perf_counter() - started) / 60


def environment():
    """When, on what, and with which versions something is measured."""
    found = {"python": platform.python_version()}
    for name in ("numpy", "keras", "tensorflow", "tensorflow-cpu"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            pass
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    return {"date": time.strftime("%Y-%m-%d"), "machine": machine, "versions": found}


def as_text(stored):
    """JSON with each list of numbers in one line."""
    text = json.dumps(stored, indent=1)
    return re.sub(r"\[[^\[\]{}]*\]", lambda numbers: " ".join(numbers.group().split()), text) + "\n"


def stored_runs(path, code):
    """The runs of this code that are stored already."""
    stored = json.loads(path.read_text()) if path.exists() else {}
    return stored["runs"] if stored.get("code") == code else []


def store(path, code, runs):
    stored = {
        "command": f"make full-results ARGS={path.stem}",
        **environment(),
        "code": code,
        "minutes": round(statistics.median(run["minutes"] for run in runs), 1),
        "runs": sorted(runs, key=lambda run: run["seed"]),
    }
    path.write_text(as_text(stored))


def fill(lesson, seeds, again=False):
    """Run what is missing, and store each run as it ends."""
    path, code = FOLDER / f"{lesson}.json", code_of(lesson)
    runs = [] if again else stored_runs(path, code)
    for seed in sorted(set(range(seeds)) - {run["seed"] for run in runs}):
        results, minutes = run(lesson, seed)
        runs.append({"minutes": round(minutes, 1)} | results)  # a lesson that was interrupted counts its own
        store(path, code, runs)
        print(f"{path.name}: seed {seed}, {minutes:.0f} minutes", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("lessons", nargs="*", default=LESSONS)
    parser.add_argument("--seeds", type=int, help="three, for most lessons")
    parser.add_argument("--again", action="store_true", help="also what is there already")
    arguments = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    for lesson in arguments.lessons:
        fill(lesson, arguments.seeds or SEEDS.get(lesson, 3), arguments.again)
