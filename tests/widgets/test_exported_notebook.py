"""A notebook that nbconvert runs and makes a page of: what the page shows where there is no network."""

import subprocess
import sys
from pathlib import Path

import nbformat

CODE = """import numpy as np
from cnnlab import widgets
widgets.ConvolutionExplorer(np.arange(25).reshape(5, 5), np.eye(2))"""


def test_an_exported_notebook_shows_the_tables_without_a_network(browser, tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CODE)])
    nbformat.write(notebook, tmp_path / "tiny.ipynb")
    root = str(Path(__file__).parents[2])
    run = [sys.executable, "-m", "nbconvert", "--execute", "--to", "html", tmp_path / "tiny.ipynb"]
    done = subprocess.run(run, capture_output=True, text=True, cwd=root)
    assert done.returncode == 0, done.stderr
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto((tmp_path / "tiny.html").as_uri(), wait_until="commit")
    shown = page.locator(".jp-OutputArea-output table:visible")
    shown.first.wait_for()
    assert shown.count() == 3
    assert page.get_by_text("ConvolutionExplorer: a 2 × 2 kernel").or_(page.get_by_text("a 2 × 2 kernel over")).count()
    context.close()
