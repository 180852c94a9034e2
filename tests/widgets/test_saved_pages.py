"""Saved pages: each explorer as one file, in a browser that has no network and no Python."""

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from cnnlab import Input, Sequential, layers, widgets

RANDOM = np.random.default_rng(0)
MODEL = Sequential([Input((28, 28, 1)), layers.Conv2D(3, 5, activation="relu"), layers.MaxPooling2D(4), layers.Flatten(),
                    layers.Dense(10, activation="softmax")])  # fmt: skip
IMAGE = RANDOM.integers(0, 9, (6, 6))


def monitor():
    net = Sequential([Input((4,)), layers.Dense(2, activation="softmax")])
    net.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    shown = widgets.TrainingMonitor("A short training")
    net.fit(np.eye(4), [0, 1, 0, 1], epochs=5, verbose=0, callbacks=[shown])
    return shown


def choose(label, option):
    return lambda page: page.get_by_role("combobox", name=label).first.select_option(option)


def click(name):
    return lambda page: page.get_by_role("button", name=name, exact=True).click()


def slide(name, value):
    return lambda page: page.get_by_role("slider", name=name, exact=True).fill(value)


# How each explorer is made; what a reader does on its page, and where; and the same by Python.
CASES = {
    "ActivationExplorer": (
        lambda: widgets.ActivationExplorer("relu", x=1), choose("Function", "sigmoid"), "name", "sigmoid", ".worked",
    ),
    "BackpropExplorer": (
        lambda: widgets.BackpropExplorer(np.eye(4), np.eye(2)), click("Step ▶"), "steps", 1, ".chart",
    ),
    "ConfusionExplorer": (
        lambda: widgets.ConfusionExplorer(np.arange(40) % 3, RANDOM.random((40, 3)), RANDOM.random((40, 9, 9))),
        lambda page: page.locator(".confusion-matrix td").nth(4).click(), "selected", (1, 1), ".scores",
    ),
    "ConvolutionExplorer": (
        lambda: widgets.ConvolutionExplorer(IMAGE, np.eye(3)),
        lambda page: page.locator(".output td:not(.off)").nth(5).hover(), "selected", (1, 1), ".sum",
    ),
    "DrawDigit": (
        lambda: widgets.DrawDigit(MODEL, np.eye(40)), lambda page: page.get_by_label("Center it as MNIST does").click(),
        "centered", False, ".scores",
    ),
    "GeometryExplorer": (
        lambda: widgets.GeometryExplorer(9, 3), slide("Stride", "2"), "strides", 2, ".output",
    ),
    "KernelPlayground": (
        lambda: widgets.KernelPlayground("scene", "identity"), choose("Preset", "sobel x"), "preset", "sobel x", ".weights",
    ),
    "NetworkBuilder": (
        widgets.NetworkBuilder, click("cnnlab"), "framework", "cnnlab", "pre",
    ),
    "NetworkExplorer": (
        lambda: widgets.NetworkExplorer(MODEL, RANDOM.random((28, 28))), choose("Layer", "2"), "layer", 2, ".detail .sum",
    ),
    "PoolingExplorer": (
        lambda: widgets.PoolingExplorer(IMAGE), choose("Pooling", "average"), "mode", "average", ".worked",
    ),
    "TrainingMonitor": (
        monitor, lambda page: page.get_by_role("slider").first.press("Home"), "selected", 1, ".legend",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def saved(browser, tmp_path_factory):
    """Opens the saved page of an explorer, where every request but that for the file itself is a failure."""
    folder = tmp_path_factory.mktemp("saved")
    context = browser.new_context(offline=True, viewport={"width": 1000, "height": 900})
    context.set_default_timeout(5000)
    pages = []

    def saved(explorer):
        path = folder / f"{len(pages)}.html"
        explorer.save_html(path)
        assert path.stat().st_size < (1_000_000 if isinstance(explorer, widgets.NetworkExplorer) else 300_000)
        page, complaints = context.new_page(), []
        pages.append((page, complaints))
        page.on("request", lambda made: made.url in (path.as_uri(), "data:") or complaints.append(made.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.goto(path.as_uri())
        page.wait_for_selector("#explorer .cnnlab-explorer")
        return page

    yield saved
    for page, complaints in pages:
        assert complaints == []
    context.close()


def text_of(page, part):
    return page.locator(f"#explorer {part}").first.inner_text()


def test_every_explorer_has_a_case():
    assert sorted(CASES) == widgets.__all__


@pytest.mark.parametrize("name", CASES)
def test_a_saved_page_answers_without_python(saved, show, name):
    make, act, trait, value, part = CASES[name]
    explorer = make()
    before = str(explorer.get_state())
    page = saved(explorer)
    assert str(explorer.get_state()) == before
    assert page.evaluate("[document.documentElement.lang, Boolean(document.title)]") == ["en", True]
    assert page.locator("#static").count() == 0

    shown = text_of(page, part)
    act(page)
    changed = "([part, shown]) => document.querySelector(`#explorer ${part}`).innerText !== shown"
    page.wait_for_function(changed, arg=[part, shown])
    assert page.locator("#sentences p:visible").count() == 0
    setattr(explorer, trait, value)
    assert text_of(page, part) == show(explorer, width=1000).page.locator(f"#cell {part}").first.inner_text()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page).response["violations"]
        assert [one for one in found if one["impact"] in ("serious", "critical")] == []


def test_what_needs_python_says_so_and_the_state_stays(saved):
    page = saved(widgets.BackpropExplorer(np.eye(4), np.eye(2)))
    before = text_of(page, ".chart")
    page.get_by_label("Learning rate").fill("0.5")
    page.wait_for_selector("#needed:visible")
    page.get_by_label("Learning rate").fill("0.1")
    page.get_by_role("button", name="Step ▶").click()
    page.wait_for_selector("#needed", state="hidden")
    assert text_of(page, ".chart") != before


def test_without_scripts_the_tables_are_there(browser, tmp_path):
    widgets.ConvolutionExplorer(IMAGE, np.eye(3)).save_html(tmp_path / "page.html")
    page = browser.new_page(java_script_enabled=False)
    page.goto((tmp_path / "page.html").as_uri())
    assert page.locator("#static table:visible").count() == 3
    page.close()


@pytest.mark.parametrize("path", [None, 3, b"x"])
def test_a_path_that_is_none_is_refused(path):
    with pytest.raises(TypeError, match="`path` must be the name of a file"):
        widgets.NetworkBuilder().save_html(path)
