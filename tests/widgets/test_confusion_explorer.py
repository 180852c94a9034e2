"""The confusion explorer: its traits without a browser, then its page."""

import base64
import io
import re

import numpy as np
import pytest
import traitlets
from axe_playwright_python.sync_playwright import Axe
from explorer_page import THEMES
from PIL import Image

import cnnlab
from cnnlab.widgets import ConfusionExplorer

RANDOM = np.random.default_rng(0)
NAMES = ["ant", "bee", "cat", "dog"]
N = 300
Y_TRUE = RANDOM.integers(0, 4, N)
SCORES = RANDOM.dirichlet(np.full(4, 0.6), N)
SCORES[np.arange(N), Y_TRUE] += 0.3
SCORES /= SCORES.sum(axis=1, keepdims=True)
IMAGES = RANDOM.integers(0, 256, (N, 6, 5), dtype=np.uint8)


def counted(y_true=Y_TRUE, scores=SCORES):
    """The matrix, counted one by one."""
    matrix = np.zeros((scores.shape[1],) * 2, int)
    for true, row in zip(y_true, scores):
        matrix[true, max(range(len(row)), key=lambda place: row[place])] += 1
    return matrix


def inside(true, predicted):
    """The examples of a cell, surest first."""
    found = [i for i in range(N) if Y_TRUE[i] == true and SCORES[i].argmax() == predicted]
    return sorted(found, key=lambda i: -SCORES[i, predicted])


@pytest.fixture
def explorer():
    return ConfusionExplorer(Y_TRUE, SCORES, IMAGES, NAMES)


def test_the_matrix_counts_and_the_most_frequent_mistake_is_selected(explorer):
    np.testing.assert_array_equal(explorer.matrix, counted())
    mistakes = counted() * (1 - np.eye(4, dtype=int))
    assert mistakes[explorer.selected] == mistakes.max() > 0
    with pytest.raises(ValueError, match="read-only"):
        explorer.matrix[0, 0] = 0


@pytest.mark.parametrize("cell", [(0, 0), (1, 2), (3, 3)])
def test_each_cell_holds_its_examples_surest_first(explorer, cell):
    explorer.selected = cell
    assert explorer.examples.tolist() == inside(*cell)
    assert explorer.example == (inside(*cell) or [None])[0] and explorer.page == 0


def test_setting_an_example_shows_its_cell_and_page(explorer):
    last = inside(2, 2)[-1]
    explorer.example = last
    assert explorer.selected == (2, 2) and explorer.page == (len(inside(2, 2)) - 1) // 20 > 0
    explorer.page = 0
    assert explorer.example == inside(2, 2)[0]
    explorer.selected = None
    assert explorer.example is None and len(explorer.examples) == 0
    assert ConfusionExplorer(Y_TRUE, SCORES, IMAGES, example=last).page == (len(inside(2, 2)) - 1) // 20
    assert ConfusionExplorer(Y_TRUE, SCORES, IMAGES, selected=(2, 2), page=1).example == inside(2, 2)[20]


@pytest.mark.parametrize("shape", [(6, 5, 1), (30,)])
def test_a_model_predicts_the_images_in_the_shape_it_takes(shape):
    model = cnnlab.Sequential(
        [cnnlab.Input(shape), cnnlab.layers.Flatten(), cnnlab.layers.Dense(3, activation="softmax")]
    )
    images = (IMAGES / 255).astype("float32")
    explorer = ConfusionExplorer(Y_TRUE % 3, model, images)
    scores = model.predict(images.reshape(N, *shape), verbose=0)
    np.testing.assert_array_equal(explorer.matrix, counted(Y_TRUE % 3, scores))


REFUSED = [
    (dict(y_true=Y_TRUE[:5]), "`y_true` must hold one class number for each of the 300 rows of `scores`; got shape .5,"),
    (dict(y_true=Y_TRUE + 0.5), "`y_true` must hold class numbers, which are whole; one is"),
    (dict(y_true=Y_TRUE + 1), "`y_true` must lie from 0 to 3.* from 1 to 4"),
    (dict(y_true=np.eye(4)[Y_TRUE]), "one-hot.*argmax"),
    (dict(scores=SCORES.argmax(axis=1)), r"`scores` must be .*not its argmax\); got shape \(300,\)"),
    (dict(scores=np.where(np.arange(4) == 1, np.nan, SCORES)), "`scores` hold NaN or infinity, first in row 0"),
    (dict(scores=np.ones((N, 31))), "31 classes; at most 30"),
    (dict(images=IMAGES[:7]), "`images` must hold one for each of the 300 examples; got 7"),
    (dict(images=np.zeros((N, 2, 2, 2))), r"`images` must have shape .*\(300, 2, 2, 2\)"),
    (dict(class_names=["a"]), "`class_names` must have one name for each of the 4 classes; got 1"),
    (dict(class_names="abcd"), "`class_names` must be a list"),
    (dict(selected=(1, 4)), r"`selected` must be None or .*from 0 to 3; got \(1, 4\)"),
    (dict(selected=3), "`selected`"),
    (dict(page=99), "`page` must be below .*; got 99"),
    (dict(example=N), "`example` must be below 300"),
    (dict(view="rows"), "`view` must be 'counts' or 'percent'; got 'rows'"),
    (dict(order="size"), "`order` must be 'given' or 'mistakes'"),
    (dict(sort="size"), "no argument `sort`"),
]


@pytest.mark.parametrize("bad, message", REFUSED)
def test_bad_values_are_refused_and_change_nothing(explorer, bad, message):
    with pytest.raises((ValueError, TypeError), match=message):
        ConfusionExplorer(**dict(y_true=Y_TRUE, scores=SCORES, images=IMAGES) | bad)
    [(name, value)] = bad.items()
    if name in explorer.trait_names():
        before = explorer.describe(), explorer.get_state()
        with pytest.raises(traitlets.TraitError, match=message):
            setattr(explorer, name, value)
        assert (explorer.describe(), explorer.get_state()) == before


def test_the_static_form_holds_the_matrix_and_the_images(explorer):
    explorer.selected = (1, 2)
    data, _ = explorer._repr_mimebundle_()
    rows = re.findall(r"<tr>(.*?)</tr>", data["text/html"])[1:]
    cells = [[re.sub("<.*?>", "", cell) for cell in re.findall("<td.*?>(.*?)</td>", row)] for row in rows]
    assert cells[0] == ["true ↓, predicted →", *NAMES]
    assert [[row[0], *map(int, row[1:])] for row in cells[1:]] == [[n, *r] for n, r in zip(NAMES, counted().tolist())]
    first = inside(1, 2)[:10]
    assert f"{len(first)} of the {len(inside(1, 2))} images of bee taken for cat" in data["text/html"]
    png = Image.open(io.BytesIO(base64.b64decode(re.search('base64,([^"]*)', data["text/html"])[1])))
    strip = np.asarray(png)[::10, ::10]  # 6 pixels are shown 60 high, and one is left free on both sides
    np.testing.assert_array_equal(strip[:, 1:6], IMAGES[first[0]])
    assert data["text/html"] == ConfusionExplorer(Y_TRUE, SCORES, IMAGES, NAMES, selected=(1, 2))._static_html()
    right = np.trace(counted())
    assert data["text/plain"].startswith(f"ConfusionExplorer: {right} of 300 right ({right / 3:.3g} %); most")


def test_large_images_are_thinned_out_and_scores_need_not_be_shares():
    images = RANDOM.normal(size=(4, 200, 100))
    explorer = ConfusionExplorer([0, 1, 0, 1], np.array([[-3, 5.0], [2, 1], [0, 9], [1, 4]]), images)
    [item] = [item for item in explorer._cell["items"] if item["index"] == 0]
    assert item["picture"]["size"] == [50, 25]
    assert item["bars"] == [["1", "5", 66.7, "predicted"], ["0", "−3", 0.0, "true"]]


# The page


def said(true, predicted):
    return f"{NAMES[true]} recognized" if true == predicted else f"{NAMES[true]} taken for {NAMES[predicted]}"


LOOK = """() => ({
  matrix: [...document.querySelectorAll('.confusion-matrix tbody tr')].map((row) => [...row.cells].map((c) => c.textContent)),
  reading: document.querySelector('.reading').textContent,
  images: [...document.querySelectorAll('.images td')].filter((td) => td.checkVisibility({ visibilityProperty: true }))
    .map((td) => [...td.querySelector('canvas').getContext('2d').getImageData(0, 0, 5, 6).data].filter((_, i) => i % 4 === 0)),
  bars: [...document.querySelectorAll('.bars tr')].map((row) => [...row.cells].map((cell) => cell.textContent)),
  lengths: [...document.querySelectorAll('.bar')].map((bar) => bar.offsetWidth / bar.parentElement.clientWidth),
})"""


@pytest.fixture
def shown(show):
    shown = show(ConfusionExplorer(Y_TRUE, SCORES, IMAGES, NAMES))
    shown.cell = lambda row, column: shown.page.locator(".confusion-matrix tbody tr").nth(row).locator("td").nth(column)
    shown.look = lambda: shown.page.evaluate(LOOK)
    return shown


def test_every_cell_shows_its_images_and_scores(shown):
    for cell in np.ndindex(4, 4):
        shown.cell(*cell).click()
        screen, expected = shown.look(), inside(*cell)
        assert screen["images"] == [IMAGES[i].ravel().tolist() for i in expected[:20]]
        total = (Y_TRUE == cell[0]).sum()
        share = re.fullmatch(rf"{said(*cell)}: {len(expected)} of {total} \((.*) %\)", screen["reading"])[1]
        assert float(share) == pytest.approx(100 * len(expected) / total, abs=0.051)
        if not expected:
            continue
        assert shown.explorer.selected == cell and shown.explorer.example == expected[0]
        scores = SCORES[expected[0]]
        order = np.argsort(-scores)
        assert [row[0] for row in screen["bars"]] == [NAMES[i] for i in order]
        assert [float(row[2].strip("<> ")) for row in screen["bars"]] == pytest.approx(scores[order], abs=0.0011)
        assert screen["lengths"] == pytest.approx(scores[order], abs=0.02)
        marks = {row[0]: row[3] for row in screen["bars"] if row[3]}
        true, predicted = NAMES[cell[0]], NAMES[cell[1]]
        assert marks == ({true: "true", predicted: "predicted"} if true != predicted else {true: "true, predicted"})


def test_counts_percent_and_both_orders(shown):
    matrix = counted()
    for order in ("given", "mistakes"):
        wrong = matrix.sum(axis=1) - np.diag(matrix)
        classes = sorted(range(4), key=lambda i: -wrong[i] if order == "mistakes" else i)
        for view in ("counts", "percent"):
            shown.page.get_by_label("Numbers").select_option(view)
            shown.page.get_by_label("Classes").select_option(order)
            values = matrix if view == "counts" else 100 * matrix / matrix.sum(axis=1, keepdims=True)
            rows = shown.look()["matrix"]
            assert [row[0] for row in rows] == [NAMES[i] for i in classes]
            assert [[float(text) for text in row[1:]] for row in rows] == pytest.approx(
                values[np.ix_(classes, classes)], abs=0.051
            )
            assert (shown.explorer.view, shown.explorer.order) == (view, order)
    shown.cell(0, 1).click()
    assert shown.explorer.selected == (classes[0], classes[1])


def test_stepping_through_the_mistakes_and_the_pages(shown):
    mistakes = counted() * (1 - np.eye(4, dtype=int))
    seen = [mistakes[shown.explorer.selected]]
    for _ in range(np.count_nonzero(mistakes) - 1):
        shown.page.get_by_label("Next mistake").click()
        seen.append(mistakes[shown.explorer.selected])
    assert seen == sorted(mistakes[mistakes > 0].tolist(), reverse=True)
    shown.cell(1, 1).click()
    for page in range(1, 4):
        shown.page.get_by_label("Next page").click()
        expected = inside(1, 1)[20 * page : 20 * page + 20]
        if expected:
            assert shown.look()["images"] == [IMAGES[i].ravel().tolist() for i in expected]
    assert shown.explorer.page == (len(inside(1, 1)) - 1) // 20


def test_hover_reads_out_and_the_keyboard_selects(shown):
    before = shown.explorer.selected
    shown.cell(3, 0).hover()
    count, total = counted()[3, 0], (Y_TRUE == 3).sum()
    assert shown.look()["reading"].startswith(f"dog taken for ant: {count} of {total} (")
    assert shown.explorer.selected == before
    shown.cell(0, 0).click()
    for key, cell in [("ArrowDown", (1, 0)), ("End", (1, 3)), ("ArrowLeft", (1, 2)), ("Control+Home", (0, 0))]:
        shown.page.keyboard.press(key)
        assert shown.explorer.selected == cell
    shown.page.keyboard.press("Tab")
    shown.page.keyboard.press("ArrowRight")
    assert shown.explorer.example == inside(0, 0)[1] and shown.page.locator(".scores .size").inner_text() == (
        f"of image {inside(0, 0)[1]}"
    )
    for _ in range(3):
        shown.page.keyboard.press("Tab")
    assert shown.page.evaluate("document.activeElement.textContent") == "after"


def test_touch_selects_a_cell_and_an_image(show):
    shown = show(ConfusionExplorer(Y_TRUE, SCORES, IMAGES, NAMES), has_touch=True)
    shown.page.locator(".confusion-matrix tbody tr").nth(2).locator("td").nth(1).tap()
    assert shown.explorer.selected == (2, 1)
    shown.page.locator(".images td").nth(1).tap()
    assert shown.explorer.example == inside(2, 1)[1]


def test_the_picture_follows_python(shown):
    shown.explorer.example = inside(3, 3)[25]
    screen = shown.look()
    assert screen["images"][0] == IMAGES[inside(3, 3)[20]].ravel().tolist() and "dog recognized" in screen["reading"]
    shown.explorer.selected = None
    assert shown.look()["reading"] == "Choose a cell to see its images." and shown.look()["images"] == []
    shown.explorer.view = "percent"
    assert "." in shown.cell(0, 0).inner_text()


def test_many_quick_choices_end_at_the_last(shown):
    shown.answering = False
    shown.cell(0, 0).click()
    shown.answering = True
    for cell in [(1, 1), (2, 2), (3, 1)]:
        shown.cell(*cell).click()
    shown.page.evaluate("to_python(JSON.stringify({ selected: [0, 0], _asked: 1 }))")
    shown.settle("document.querySelector('.reading').textContent.startsWith('dog taken for bee')")
    assert shown.explorer.selected == (3, 1) and shown.explorer._answered == 2


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing(show, theme):
    shown = show(ConfusionExplorer(Y_TRUE, SCORES, IMAGES, NAMES), theme=theme)
    for selected in [(0, 1), None]:
        shown.explorer.selected = selected
        violations = Axe().run(shown.page).response["violations"]
        assert [(rule["id"], rule["nodes"][0]["html"]) for rule in violations] == []


@pytest.mark.parametrize("width", [400, 800, 1280])
def test_nothing_is_clipped(show, width):
    random = np.random.default_rng(1)
    names = "airplane automobile bird cat deer dog frog horse ship truck".split()
    shown = show(
        ConfusionExplorer(random.integers(0, 10, 9000), random.random((9000, 10)), np.zeros((9000, 8, 8)), names),
        width=width,
    )
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= width
    stages = "[...document.querySelectorAll('.stage')].map((stage) => stage.scrollWidth - stage.clientWidth)"
    assert not any(shown.page.evaluate(stages))


def test_cleanup_leaves_nothing_behind(shown):
    assert shown.page.evaluate(
        "cleanup(), [model.listeners.length, document.getElementById('cell').childNodes.length]"
    ) == [0, 0]


def test_the_images_are_titled_with_the_cell_that_they_belong_to(show):
    scores = np.eye(3)[[0, 1, 1, 2]]
    explorer = ConfusionExplorer([0, 0, 1, 2], scores, np.zeros((4, 4, 4)), ["cat", "dog", "owl"])
    page = show(explorer).page
    title = page.locator(".images .size")
    assert title.inner_text() == "cat taken for dog"
    explorer.selected = (2, 2)
    assert title.inner_text() == "owl recognized"
    explorer.selected = (2, 0)
    assert title.text_content() == ""
