"""The backpropagation explorer: its gradients against finite differences, and its page in a real browser."""

import gc
import itertools
import json
import weakref

import numpy as np
import pytest
import traitlets
from axe_playwright_python.sync_playwright import Axe
from explorer_page import THEMES

from cnnlab.widgets import BackpropExplorer

IMAGE = np.array([[0, 0, 1, 1, 0], [0, 1, 2, 1, 0], [0, 1, 3, 0, 0], [1, 2, 1, 0, 4], [1, 1, 0, 0, 2]])
KERNEL = np.array([[1, 0, -1], [2, 1, 0], [0, 3, -2]])
TARGET = np.array([[1, 2, 3], [0, 0, 5], [-4, 2, 1]])


def learner(learning_rate=0.01):
    return BackpropExplorer(IMAGE, KERNEL, TARGET, learning_rate)


def loss_of(image, kernel, target, cross_correlate):
    return np.mean((cross_correlate(image, kernel) - target) ** 2)


def differences(loss, at, step=1e-3):
    """The gradient of `loss` by each number of an array, from its values on both sides."""
    gradient = np.zeros(at.shape)
    for place in np.ndindex(at.shape):
        move = np.zeros(at.shape)
        move[place] = step
        gradient[place] = (loss(at + move) - loss(at - move)) / (2 * step)
    return gradient


# The state


def test_gradients_are_how_the_loss_changes(cross_correlate):
    explorer = learner()
    output = cross_correlate(IMAGE, KERNEL)
    np.testing.assert_array_equal(explorer.output, output)
    assert explorer.loss == pytest.approx(np.mean((output - TARGET) ** 2))
    by_kernel = differences(lambda kernel: loss_of(IMAGE, kernel, TARGET, cross_correlate), KERNEL.astype(float))
    by_image = differences(lambda image: loss_of(image, KERNEL, TARGET, cross_correlate), IMAGE.astype(float))
    by_output = differences(lambda output: np.mean((output - TARGET) ** 2), output)
    for name, expected in [("kernel", by_kernel), ("image", by_image), ("output", by_output)]:
        np.testing.assert_allclose(explorer.gradients[name], expected, rtol=1e-4, atol=1e-4)


def test_a_step_goes_against_the_gradient_and_back(cross_correlate):
    explorer = learner(0.02)
    kernel, losses = KERNEL.astype(float), []
    for _ in range(4):
        losses.append(loss_of(IMAGE, kernel, TARGET, cross_correlate))
        kernel = kernel - 0.02 * differences(lambda k: loss_of(IMAGE, k, TARGET, cross_correlate), kernel)
    explorer.steps = 3
    np.testing.assert_allclose(explorer.losses, losses, rtol=1e-4)
    explorer.steps = 4
    np.testing.assert_allclose(explorer.kernel, kernel, rtol=1e-4, atol=1e-5)
    assert sorted(losses, reverse=True) == losses
    explorer.steps = 1
    assert len(explorer.losses) == 2 and explorer.loss == explorer.losses[1]
    explorer.steps = 0
    np.testing.assert_array_equal(explorer.kernel, KERNEL)


def test_too_large_a_learning_rate_makes_the_loss_grow_and_says_so():
    explorer = learner(1)
    explorer.steps = 3
    assert explorer.losses == sorted(explorer.losses) and "made the loss grow" in explorer._states["note"]
    explorer.steps = 100
    assert not np.isfinite(explorer.loss) and "beyond what can be written" in explorer._states["note"]
    json.dumps(explorer.get_state(), allow_nan=False)
    assert explorer._repr_mimebundle_()
    explorer.steps, explorer.learning_rate = 0, 0.01
    explorer.steps = 1
    assert explorer.losses[1] < explorer.losses[0] and "took the loss" in explorer._states["note"]


def test_without_a_target_it_learns_to_find_vertical_edges(cross_correlate):
    explorer = BackpropExplorer(IMAGE, np.zeros((3, 3), np.float32), learning_rate=0.05)
    edges = np.array([[1, 0, -1]] * 3)
    np.testing.assert_array_equal(explorer.target, cross_correlate(IMAGE, edges))
    explorer.steps = 500
    assert explorer.loss < 1e-3
    explorer.image = IMAGE[:, ::-1]
    np.testing.assert_array_equal(explorer.target, cross_correlate(IMAGE[:, ::-1], edges))
    assert explorer.steps == 0 and len(explorer.losses) == 1


def test_another_task_begins_anew_and_a_target_of_ones_own_stays():
    explorer = learner()
    explorer.steps = 2
    explorer.kernel = KERNEL + 1
    assert explorer.steps == 0 and len(explorer.losses) == 1
    explorer.image = IMAGE + 1
    np.testing.assert_array_equal(explorer.target, TARGET)
    with explorer.hold_trait_notifications():
        explorer.image, explorer.target = np.eye(4), np.zeros((2, 2))
    assert explorer.output.shape == (2, 2)
    explorer.selected = "image", 3, 3
    explorer.target = None
    explorer.image = np.eye(3)
    assert explorer.target.shape == (1, 1) and explorer.selected == ("image", 2, 2)


REFUSED = [
    ({"image": np.zeros((9, 9))}, r"`image` must have from 1 to 8 rows.*\(9, 9\).*image\[:8, :8\]"),
    ({"image": np.zeros(5)}, r"`image` must have two axes.*\(5,\)"),
    ({"image": np.zeros((2, 2))}, r"`kernel` of shape \(3, 3\) does not fit into `image` of shape \(2, 2\)"),
    ({"kernel": np.zeros((6, 6))}, "`kernel` must have from 1 to 5 rows"),
    ({"kernel": [["a"]]}, "`kernel` must hold numbers"),
    ({"kernel": np.zeros((2, 2))}, r"`target` must have the shape of the output, \(4, 4\).*got \(3, 3\)"),
    ({"target": np.zeros((2, 2))}, r"`target` must have the shape of the output, \(3, 3\).*got \(2, 2\)"),
    ({"learning_rate": np.inf}, "`learning_rate` must be a number, and finite"),
    ({"learning_rate": "fast"}, "`learning_rate` must be a number; got 'fast'"),
]
LATER = [
    ({"steps": -1}, "`steps` must be at least 0"),
    ({"steps": 501}, "`steps` must be at most 500"),
    ({"steps": 1.5}, "`steps` must be a whole number"),
    ({"selected": ("kernel", 3, 0)}, r"`selected` must be None or one of \('image', row, column\) of \(5, 5\)"),
    ({"selected": ("loss", 0, 0)}, "`selected` must be None or one of"),
]


@pytest.mark.parametrize("bad, message", REFUSED + LATER)
def test_bad_values_are_refused_and_change_nothing(bad, message):
    if "steps" not in bad and "selected" not in bad:
        with pytest.raises((ValueError, traitlets.TraitError), match=message):
            BackpropExplorer(**{"image": IMAGE, "kernel": KERNEL, "target": TARGET} | bad)
    explorer = learner()
    explorer.steps = 2
    before = explorer.get_state()
    [(name, value)] = bad.items()
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(explorer, name, value)
    assert explorer.get_state() == before and explorer.losses == learner_after(2).losses


def learner_after(steps):
    explorer = learner()
    explorer.steps = steps
    return explorer


def test_it_is_described_in_one_sentence_and_in_tables():
    explorer = BackpropExplorer([[1, 2, 3]], [[1, 1]], target=[[2, 4]])
    explorer.selected = "output", 0, 0
    assert repr(explorer).endswith("∂loss/∂output[0, 0] = 2×(3 − 2) / 2 = 1.")
    explorer.selected = "image", 0, 1
    assert repr(explorer).endswith("∂loss/∂image[0, 1] = 1×1 + 1×1 = 2.")
    explorer.selected = None
    explorer.steps = 2
    assert repr(explorer) == "BackpropExplorer: the loss is 0.43 after 2 steps, from 1 (learning_rate=0.1)."
    data, _ = explorer._repr_mimebundle_()
    assert "Gradient by kernel" in data["text/html"] and "<td>0</td><td>1</td>" in data["text/html"]
    again = BackpropExplorer([[1, 2, 3]], [[1, 1]], target=[[2, 4]])
    again.selected, again.steps = None, 2
    assert again._repr_mimebundle_()[0]["text/html"] == data["text/html"]


def test_a_closed_explorer_is_freed():
    explorer = learner()
    watcher = weakref.ref(explorer)
    explorer.close()
    del explorer
    gc.collect()
    assert watcher() is None


# The page

EYES = """
window.grid = (name) => [...document.querySelectorAll(`[aria-label="${name}"] tr`)].map((tr) => [...tr.cells]);
window.numbers = (name) => grid(name).map((row) => row.map((td) => td.textContent));
window.marked = (name) => grid(name).map((row) => row.map((td) => td.classList.contains("window")));
window.look = () => ({
  ...Object.fromEntries(["Image", "Kernel", "Output", "Target", "∂loss/∂image", "∂loss/∂kernel", "∂loss/∂output"]
    .map((name) => [name, numbers(name)])),
  sums: [...document.querySelectorAll(".sum > div:not(.size)")].map((line) => line.textContent),
  marked: Object.fromEntries(["Image", "Kernel", "∂loss/∂output"].map((name) => [name, marked(name)])),
  chosen: document.querySelectorAll("td.chosen").length,
  loss: document.querySelector(".learn .title").textContent,
});
window.walk = async () => {
  const seen = {};
  for (const [which, name] of [["kernel", "Kernel"], ["image", "Image"], ["output", "Output"]])
    for (const [row, cells] of grid(name).entries())
      for (const column of cells.keys()) {
        model.set("selected", [which, row, column]);
        await null;
        seen[[which, row, column]] = look();
      }
  return seen;
};
"""


@pytest.fixture
def show(show):
    def show_learner(explorer=None, **context):
        shown = show(explorer or learner(), **context)
        shown.page.evaluate(EYES + "null")
        shown.answered = lambda: shown.settle("model.get('_answered') === model.get('_asked')")
        shown.look = lambda: shown.answered() or shown.page.evaluate("look()")
        shown.press = lambda name: (shown.page.get_by_role("button", name=name).click(), shown.answered())
        return shown

    return show_learner


def read(text):
    return float(text.replace("−", "-").replace("(", "").replace(")", ""))


def test_every_sum_after_every_step(show, cross_correlate):
    shown = show()
    for step in range(3):
        explorer = shown.explorer
        kernel = np.array(explorer.kernel, float)
        output = cross_correlate(IMAGE, kernel)
        d_output = 2 * (output - TARGET) / 9
        exact = {"image": IMAGE, "kernel": kernel, "output": output, "d_output": d_output}
        exact["d_kernel"] = differences(lambda k: loss_of(IMAGE, k, TARGET, cross_correlate), kernel)
        exact["d_image"] = differences(lambda i: loss_of(i, kernel, TARGET, cross_correlate), IMAGE.astype(float))
        for place, look in shown.page.evaluate("walk()").items():
            which, row, column = place.split(",")
            row, column = int(row), int(column)
            on_screen = {"image": "Image", "kernel": "Kernel", "output": "Output", "d_output": "∂loss/∂output",
                         "d_kernel": "∂loss/∂kernel", "d_image": "∂loss/∂image"}  # fmt: skip
            for name, label in on_screen.items():
                seen = [[read(text) for text in line] for line in look[label]]
                np.testing.assert_allclose(seen, exact[name], rtol=0.06, atol=2e-3)
            one, other, total = {
                "kernel": ("d_output", "image", "d_kernel"),
                "image": ("d_output", "kernel", "d_image"),
                "output": ("image", "kernel", "output"),
            }[which]
            pairs = []
            for (r, c), (i, j) in itertools.product(np.ndindex(3, 3), np.ndindex(3, 3)):
                at = {"output": (r, c), "d_output": (r, c), "kernel": (i, j), "image": (r + i, c + j)}
                if at[which] == (row, column):
                    pairs.append((at[one], at[other]))
            if which == "image":  # written in the order of the weights
                pairs.sort(key=lambda pair: pair[1])
            text, sign = look["sums"][0].partition(" = ")[2].replace(" ≈ ", " = ").split(" = "), look["sums"][0]
            terms = text[0].split(" + ")
            names = on_screen[one], on_screen[other]
            written = [[look[name][i][j] for name, (i, j) in zip(names, pair)] for pair in pairs]
            assert terms == ["×".join(f"({text})" if text.startswith("−") else text for text in ab) for ab in written]
            assert read(text[1]) == read(look[on_screen[total]][row][column])
            is_exact = np.isclose(sum(read(a) * read(b) for a, b in written), read(text[1]), rtol=1e-9, atol=1e-9)
            assert (" ≈ " in sign) != is_exact
            for name in {one, other} - {"output"}:
                label = {"d_output": "∂loss/∂output", "image": "Image", "kernel": "Kernel"}[name]
                touched = np.zeros(np.shape(look["marked"][label]), bool)
                for a, b in pairs:
                    touched[a if name == one else b] = True
                assert look["marked"][label] == touched.tolist()
            assert look["chosen"] == (3 if which == "output" else 2)
            assert len(look["sums"]) == 1 + (which == "output")
        assert f"Loss after {step} step" in look["loss"] and read(look["loss"].split()[-1]) == pytest.approx(
            np.mean((output - TARGET) ** 2), rel=0.01
        )
        shown.press("Step")


def test_steps_are_taken_undone_and_reset(show):
    shown = show()
    page = shown.page
    for name in ("Undo", "Reset"):
        assert page.get_by_role("button", name=name).is_disabled()
    for _ in range(3):
        shown.press("Step")
    assert shown.explorer.steps == 3 and len(shown.explorer.losses) == 4
    path = page.locator(".chart path[data-line]").get_attribute("d")
    assert path.count("L") == 3
    heights = [float(point.split()[1]) for point in path.replace("M", "L").strip("L").split("L")]
    assert heights == sorted(heights)  # further down the picture: the loss falls
    shown.press("Undo")
    assert shown.explorer.steps == 2 and "Loss after 2 steps" in shown.look()["loss"]
    shown.press("Reset")
    assert shown.explorer.steps == 0 and shown.look()["Kernel"][0] == ["1", "0", "−1"]


def test_a_large_learning_rate_is_typed_and_the_loss_grows(show):
    shown = show()
    rate = shown.page.get_by_label("Learning rate")
    rate.fill("0.5")
    assert shown.explorer.learning_rate == 0.5
    shown.press("Step")
    assert shown.explorer.losses[1] > shown.explorer.losses[0]
    assert "made the loss grow" in shown.page.locator(".said").inner_text()
    rate.fill("fast")
    rate.blur()
    assert rate.get_attribute("aria-invalid") == "true"
    assert "Not a number" in shown.page.locator(".message").inner_text()
    assert shown.explorer.learning_rate == 0.5
    rate.press("Escape")
    assert rate.input_value() == "0.5"


def test_play_takes_steps_until_it_is_paused(show):
    shown = show()
    shown.stop_the_clock()
    shown.page.get_by_role("button", name="Play").click()
    shown.page.clock.run_for(1500)
    shown.answered()
    assert shown.explorer.steps == 3
    shown.page.get_by_role("button", name="Pause").click()
    shown.page.clock.run_for(5000)
    assert shown.explorer.steps == 3


def test_hover_and_keyboard_explain_any_number(show):
    shown = show()
    page = shown.page

    def cell(name, row, column):
        return page.get_by_role("grid", name=name).locator("tr").nth(row).locator("td").nth(column)

    which_of = {"Image": "image", "∂loss/∂image": "image", "∂loss/∂kernel": "kernel", "Target": "output"}
    for name, which in which_of.items():
        cell(name, 1, 2).hover()
        assert shown.explorer.selected == (which, 1, 2)
    cell("∂loss/∂kernel", 0, 0).focus()
    for key in ("ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    assert shown.explorer.selected == ("kernel", 1, 1)
    shown.explorer.selected = None
    assert page.locator(".sum").inner_text() == "Point at a number to see where it comes from."


def test_rapid_steps_are_all_taken(show):
    shown = show()
    shown.page.evaluate("for (let i = 0; i < 20; i++) document.querySelectorAll('.steps button')[1].click()")
    shown.answered()
    assert shown.explorer.steps == 20 and shown.explorer._answered < 5


def test_page_follows_python_and_a_screen_reader_hears_it(show):
    shown = show(has_touch=True)
    shown.explorer.image, shown.explorer.steps = IMAGE[::-1], 2
    assert shown.look()["Image"][0] == ["1", "1", "0", "0", "2"] and "Loss after 2 steps" in shown.look()["loss"]
    with shown.explorer.hold_trait_notifications():
        shown.explorer.image, shown.explorer.target = np.eye(4), np.zeros((2, 2))
    assert np.shape(shown.look()["Output"]) == (2, 2)
    shown.page.get_by_role("grid", name="Image", exact=True).locator("td").last.tap()
    assert shown.explorer.selected == ("image", 3, 3)
    shown.settle("document.querySelector('.spoken').textContent.startsWith('∂loss/∂image[3, 3] =')")


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing(show, theme):
    shown = show(theme=theme)
    shown.page.get_by_label("Learning rate").fill("x")
    for steps, selected in [(0, None), (2, ("image", 2, 2))]:
        shown.explorer.steps, shown.explorer.selected = steps, selected
        result = Axe().run(shown.page, options={"resultTypes": ["violations"]}).response
        assert [(rule["id"], rule["nodes"][0]["html"]) for rule in result["violations"]] == []


@pytest.mark.parametrize("width", [400, 800, 1280])
def test_nothing_is_clipped_and_pointing_moves_nothing(show, width):
    shown = show(BackpropExplorer(IMAGE / 3, KERNEL / 7, learning_rate=0.01), width=width)
    where = """[...document.querySelectorAll("table, .learn, button")]
      .map((e) => JSON.stringify(e.getBoundingClientRect()))"""
    before = shown.page.evaluate(where)
    for selected in [("image", 2, 2), ("output", 1, 1), ("kernel", 2, 2)]:
        shown.explorer.selected = selected
        if width > 400:
            assert shown.page.evaluate(where) == before
        assert shown.page.evaluate("document.documentElement.scrollWidth") <= width
    wide = "[...document.querySelectorAll('.stage')].map((stage) => stage.scrollWidth - stage.clientWidth)"
    assert not any(shown.page.evaluate(wide))


def test_cleanup_leaves_nothing_behind(show):
    shown = show()
    shown.stop_the_clock()
    shown.page.get_by_role("button", name="Play").click()
    shown.answered()
    left = shown.page.evaluate(
        """() => {
          const root = document.querySelector(".cnnlab-explorer"), before = model.get("_asked");
          cleanup();
          document.body.append(root);  // would it still react?
          root.querySelectorAll(".steps button")[1].click();
          const reacted = model.get("_asked") !== before;
          root.remove();
          return [model.listeners.length, document.getElementById("cell").childNodes.length, reacted];
        }"""
    )
    assert left == [0, 0, False]
    shown.page.clock.run_for(5000)
    assert shown.explorer.steps == 1


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("rate", [1e8, 1e300])
def test_a_loss_that_grows_without_bound_is_drawn_along_powers_of_ten(rate):
    explorer = BackpropExplorer(np.eye(5), np.eye(3), learning_rate=rate)
    assert explorer._states["chart"]["name"] == "loss"
    for explorer.steps in (1, 3, 20):
        chart = explorer._states["chart"]
        finite = [loss for loss in explorer.losses if np.isfinite(loss)]
        if len(finite) > 1:
            assert chart["name"] == "loss, by powers of ten"
            np.testing.assert_allclose(chart["lines"][0]["y"][: len(finite)], np.log10(finite), rtol=1e-3)
            assert all(tick == round(tick) for tick in chart["y"]["ticks"]) and len(chart["y"]["ticks"]) > 1
        assert explorer._static_html()
