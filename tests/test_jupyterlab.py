"""The lessons in real JupyterLab, in a real browser, as a learner has them in the end.

That is: the exercises solved, no network, nothing in Keras's cache, and the memory that Binder gives.
"""

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
import urllib.request

import nbformat
import pytest

import notebooks
from cnnlab.exercises import solution_source

# In ms, and far more than anything takes, however slow or busy the machine: only what never ends fails by it.
PATIENCE = 3_600_000

RUN_ALL = f"""async () => {{
  const late = new Promise((_, fail) => setTimeout(() => fail(new Error("the cells do not end")), {PATIENCE}));
  const finished = await Promise.race([jupyterapp.commands.execute('notebook:run-all-cells'), late]);
  return [finished, jupyterapp.shell.currentWidget.context.model.toJSON()];
}}"""

NOWHERE = "http://127.0.0.1:9"  # a port where nobody listens
OFFLINE = {name: NOWHERE for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")}

MOST_MEMORY = 1.6e9  # bytes; Binder has 2 GB, JupyterLab's server included

# The most memory that this kernel ever held. (Linux only, as Binder is. ru_maxrss will not do: it counts the parent's.)
MEMORY = """
from pathlib import Path
status = Path("/proc/self/status")
lines = status.read_text().splitlines() if status.exists() else []
print(*(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")) or [0])
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Folder, address and token of a JupyterLab that serves a copy of the lessons on this machine only."""
    folder = tmp_path_factory.mktemp("lab")
    shutil.copytree(notebooks.FOLDER, folder / "notebooks", ignore=shutil.ignore_patterns(".*"))
    tracker = folder / "settings" / "@jupyterlab" / "notebook-extension" / "tracker.jupyterlab-settings"
    tracker.parent.mkdir(parents=True)
    tracker.write_text(json.dumps({"windowingMode": "none"}))  # else cells out of sight are not in the page
    token = secrets.token_hex()
    env = os.environ | {"JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"), "JUPYTER_RUNTIME_DIR": str(folder / "run")}
    env |= {"JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"), "JUPYTER_CONFIG_DIR": str(folder / "config")}
    env |= {"CNNLAB_DRAWN": "", "CNNLAB_DATA_DIR": "", "KERAS_HOME": str(folder / "keras"), **OFFLINE}
    env.pop("TF_ENABLE_ONEDNN_OPTS", None)  # some tests want TensorFlow without oneDNN, learners have it with
    env.pop("PYTEST_CURRENT_TEST", None)  # with it, a kernel hides what TensorFlow's C++ writes
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0"]
    options = [
        f"--IdentityProvider.token={token}",
        f"--ServerApp.root_dir={folder / 'notebooks'}",
        "--LabApp.expose_app_in_browser=True",
    ]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command + options, env=env, stdout=log, stderr=subprocess.STDOUT, cwd=folder)
    try:
        yield folder, started(folder / "run", server, folder / "log"), token
    finally:
        server.terminate()
        server.wait(PATIENCE / 1000)


def started(folder, server, log):
    """The address, once the server has written it down and answers."""
    deadline = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < deadline and server.poll() is None:
        for path in folder.glob("jpserver-*.json"):
            try:
                address = json.loads(path.read_text())["url"]
                urllib.request.urlopen(address + "api")
                return address
            except (ValueError, OSError):
                pass
        time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


@pytest.fixture(scope="module")
def page(lab, browser):
    """JupyterLab in the browser. Loading it takes longer than most lessons do, so all of them are opened in one."""
    _, address, token = lab
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(PATIENCE)
    page.goto(f"{address}lab?token={token}&reset")
    page.wait_for_function("globalThis.jupyterapp?.started.then(() => jupyterapp.restored)")
    yield page
    page.close()


@pytest.fixture
def open_notebook(page):
    """Opens a notebook on the page, ready to run. In the end its kernel ends too: a lesson's holds a gigabyte."""

    def open_notebook(name):
        page.evaluate(
            """async (path) => {
              const { commands, shell } = jupyterapp;
              const notebook = await commands.execute("docmanager:open", { path });
              shell.activateById(notebook.id);
              await notebook.context.ready;
              await notebook.sessionContext.ready;
            }""",
            name,
        )
        page.wait_for_function("jupyterapp.shell.currentWidget?.context?.isReady")
        page.wait_for_selector(".jp-Notebook .jp-Cell")

    yield open_notebook
    page.evaluate(
        """async () => {
          for (const one of [...jupyterapp.shell.widgets("main")]) {
            await one.sessionContext?.shutdown();
            one.dispose();
          }
        }"""
    )


def solve(notebook):
    """Write our solution into each exercise cell; returns the names of the exercises."""
    names = []
    for cell in notebook.cells:
        if "exercise" in cell.metadata.get("tags", []):
            names.append(re.search(r"def (\w+)\(", cell.source).group(1))
            cell.source = solution_source(names[-1])
    return names


@pytest.fixture(params=[path for path in notebooks.lessons() if path.stem != "glossary"], ids=lambda path: path.stem)
def lesson(request, lab, page, open_notebook):
    """The page with the lesson, solved, after all its cells have run; and the names of its exercises."""
    folder, *_ = lab
    notebook = nbformat.read(request.param, as_version=4)
    names = solve(notebook)
    notebook.cells.append(nbformat.v4.new_code_cell(MEMORY, id="memory"))
    nbformat.write(notebook, folder / "notebooks" / request.param.name)
    shutil.rmtree(folder / "keras", ignore_errors=True)
    open_notebook(request.param.name)
    return page, *page.evaluate(RUN_ALL), names


def test_a_lesson_runs_solved_in_jupyterlab_with_no_network_and_no_cache(lesson):
    page, finished, model, names = lesson
    outputs = [(cell["id"], output) for cell in model["cells"] for output in cell.get("outputs", [])]
    assert [(i, o) for i, o in outputs if o["output_type"] == "error" or o.get("name") == "stderr"] == []
    assert finished

    *others, (_, last) = outputs
    printed = "".join(output.get("text", "") for _, output in others)
    assert len(re.findall(r"^Right", printed, flags=re.MULTILINE)) == len(names)
    assert [f"Using your {name}." in printed for name in names] == [True] * len(names)
    memory = float(last["text"])
    assert memory < MOST_MEMORY, f"{memory / 1e9:.2f} GB"

    explorers = page.locator(".cnnlab-explorer")
    expected = sum(notebooks.VIEW in output.get("data", {}) for _, output in outputs)
    page.wait_for_function("n => document.querySelectorAll('.cnnlab-explorer').length === n", arg=expected)
    for i in range(explorers.count()):
        explorers.nth(i).scroll_into_view_if_needed()
        assert len(explorers.nth(i).inner_text()) > 20
    for explorer in page.locator(".cnnlab-convolution").all():
        hover_changes_the_sum(explorer)
    pictures = page.locator(".jp-OutputArea-output img")
    assert pictures.count() + explorers.count() > 0
    for alt in pictures.evaluate_all("images => images.map((image) => image.alt)"):
        assert len(alt) > 20 and "No description has been provided" not in alt


def hover_changes_the_sum(explorer):
    cells = explorer.locator(".output td:not(.off)")
    seen = set()
    for k in (0, 1, 2):
        cells.nth(k).hover()
        explorer.page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
        seen.add(explorer.locator(".sum").inner_text())
    assert len(seen) == 3


TRAINING = [
    "import numpy as np, cnnlab\n"
    "from cnnlab.widgets import TrainingMonitor\n"
    "model = cnnlab.Sequential([cnnlab.Input((28, 28)), cnnlab.layers.Flatten(), cnnlab.layers.Dense(10)])\n"
    "model.compile('sgd', 'mean_squared_error')\n"
    "x, y = np.zeros((3200, 28, 28)), np.zeros((3200, 10))",
    "history = model.fit(x, y, epochs=10_000, verbose=0, callbacks=[TrainingMonitor()])",
    "print(len(history.history['loss']) < 10_000, history.interrupted)",
]


def test_the_stop_button_ends_a_training_while_other_cells_wait(lab, page, open_notebook):
    _, address, token = lab
    cells = [
        {"cell_type": "code", "id": f"c{i}", "source": source, "metadata": {}, "outputs": [], "execution_count": None}
        for i, source in enumerate(TRAINING)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    content = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    request = urllib.request.Request(
        f"{address}api/contents/training.ipynb",
        json.dumps({"type": "notebook", "content": content}).encode(),
        {"Authorization": f"token {token}"},
        method="PUT",
    )
    urllib.request.urlopen(request)
    open_notebook("training.ipynb")
    page.evaluate(f"window.ended = ({RUN_ALL})(); null")
    monitor = page.locator(".cnnlab-training")
    page.wait_for_function("document.querySelector('.cnnlab-training .text')?.textContent.startsWith('Epoch')")
    monitor.get_by_role("button", name="Stop").click()
    finished, model = page.evaluate("ended")
    assert finished
    [shown], [printed] = (cell["outputs"] for cell in model["cells"][1:])
    assert printed["text"] == "True False\n"
    assert "stopped by hand" in shown["data"]["text/plain"] and shown["data"]["text/html"].count("<img alt=") == 1
    assert "Stopped by hand" in monitor.locator(".text").inner_text()
