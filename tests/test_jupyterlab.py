"""The lessons in real JupyterLab, in a real browser, as a learner opens them."""

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
import urllib.request

import pytest

import notebooks

RUN_ALL = """async () => {
  const finished = await jupyterapp.commands.execute('notebook:run-all-cells');
  return [finished, jupyterapp.shell.currentWidget.context.model.toJSON()];
}"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Address of a JupyterLab that serves a copy of the lessons on this machine only."""
    folder = tmp_path_factory.mktemp("lab")
    shutil.copytree(notebooks.FOLDER, folder / "notebooks", ignore=shutil.ignore_patterns(".*"))
    tracker = folder / "settings" / "@jupyterlab" / "notebook-extension" / "tracker.jupyterlab-settings"
    tracker.parent.mkdir(parents=True)
    tracker.write_text(json.dumps({"windowingMode": "none"}))  # else cells out of sight are not in the page
    token = secrets.token_hex()
    env = os.environ | {"JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"), "JUPYTER_RUNTIME_DIR": str(folder / "run")}
    env |= {"JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"), "JUPYTER_CONFIG_DIR": str(folder / "config")}
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
        yield *started(folder / "run", server, folder / "log"), token
    finally:
        server.terminate()
        server.wait(30)


def started(folder, server, log):
    """The address, once the server has written it down and answers."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and server.poll() is None:
        for path in folder.glob("jpserver-*.json"):
            try:
                address = json.loads(path.read_text())["url"]
                urllib.request.urlopen(address + "api")
                return (address,)
            except (ValueError, OSError):
                pass
        time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


def opened(browser, address, token, name):
    """A page with a notebook, ready to run."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(120_000)
    page.goto(f"{address}lab/tree/{name}?token={token}&reset")
    page.wait_for_function("globalThis.jupyterapp?.shell?.currentWidget?.context?.isReady")
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.evaluate("jupyterapp.shell.currentWidget.sessionContext.ready")
    return page


@pytest.fixture(params=[path for path in notebooks.lessons() if path.stem != "glossary"], ids=lambda path: path.stem)
def lesson(request, lab, browser):
    """A page with the lesson, after all its cells have run."""
    address, token = lab
    page = opened(browser, address, token, request.param.name)
    finished, model = page.evaluate(RUN_ALL)
    yield page, finished, model
    page.close()


def test_a_lesson_runs_in_jupyterlab(lesson):
    page, finished, model = lesson
    assert finished
    outputs = [(cell["id"], output) for cell in model["cells"] for output in cell.get("outputs", [])]
    assert [(i, o) for i, o in outputs if o["output_type"] == "error" or o.get("name") == "stderr"] == []
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
        explorer.page.wait_for_timeout(100)
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


def test_the_stop_button_ends_a_training_while_other_cells_wait(lab, browser):
    address, token = lab
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
    page = opened(browser, address, token, "training.ipynb")
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
    page.close()
