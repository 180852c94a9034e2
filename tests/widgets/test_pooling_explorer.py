"""The pooling explorer: its traits, its static form, and its page in a real browser."""

import json
import re
import math

import numpy as np
import pytest
import traitlets
from axe_playwright_python.sync_playwright import Axe
from explorer_page import THEMES

from cnnlab import ops
from cnnlab.widgets import PoolingExplorer

IMAGE = np.array([[1, 3, 2, 0, 5, 1], [4, 0, 7, 7, 2, 2], [0, 0, 1, 6, 3, 9], [8, 2, 0, 0, 0, 4], [5, 1, 0, 0, 6, 2]])


def moved(image, rows, columns):
    """Shifted by loops; zeros come in."""
    result = np.zeros_like(image)
    for (row, column), pixel in np.ndenumerate(image):
        if 0 <= row + rows < image.shape[0] and 0 <= column + columns < image.shape[1]:
            result[row + rows, column + columns] = pixel
    return result


def windows(image, pool_size, strides, padding):
    """The pixels of each window, by loops, and nothing to do with `cnnlab.ops`."""
    size = [math.ceil(n / strides) if padding == "same" else (n - pool_size) // strides + 1 for n in image.shape]
    short = [max((m - 1) * strides + pool_size - n, 0) if padding == "same" else 0 for m, n in zip(size, image.shape)]
    found = {}
    for row, column in np.ndindex(*size):
        top, left = row * strides - short[0] // 2, column * strides - short[1] // 2
        found[row, column] = [(r, c) for r in range(top, top + pool_size) for c in range(left, left + pool_size)
                              if 0 <= r < image.shape[0] and 0 <= c < image.shape[1]]  # fmt: skip
    return size, found


def pooled(image, pool_size, strides, padding, mode):
    size, found = windows(image, pool_size, strides, padding)
    how = {"max": max, "average": np.mean, "sum": sum, "stochastic": lambda x: sum(v * v for v in x) / (sum(x) or 1)}
    return np.array([how[mode]([float(image[place]) for place in places]) for places in found.values()]).reshape(size)


# Without a browser


@pytest.mark.parametrize("mode", ["max", "average", "sum", "stochastic"])
@pytest.mark.parametrize(
    "pool_size, strides, padding", [(2, None, "valid"), (3, 1, "same"), (2, 3, "same"), (3, 2, "valid")]
)
def test_output_and_kept(pool_size, strides, padding, mode):
    explorer = PoolingExplorer(IMAGE, pool_size, strides, padding, mode)
    before = pooled(IMAGE, pool_size, strides or pool_size, padding, mode)
    np.testing.assert_allclose(explorer.output, before, rtol=1e-6)
    assert explorer.kept == 1
    for shift in [(0, 1), (-2, 0), (3, -4), (6, 6)]:
        explorer.shift = shift
        after = pooled(moved(IMAGE, *shift), pool_size, strides or pool_size, padding, mode)
        np.testing.assert_allclose(explorer.output, after, rtol=1e-6)
        assert explorer.kept == np.isclose(before, after, rtol=1e-6, atol=0).mean()


def test_training_draws_what_the_op_draws():
    explorer = PoolingExplorer(IMAGE, 2, mode="stochastic", training=True, seed=3)
    batch = IMAGE[np.newaxis, :, :, np.newaxis]
    for seed in (3, 4):
        explorer.seed = seed
        expected = ops.stochastic_pool(batch, 2, training=True, seed=seed)[0, :, :, 0]
        np.testing.assert_array_equal(explorer.output, expected)
    state = explorer._states["shifts"]["0 0"]
    _, found = windows(IMAGE, 2, 2, "valid")
    for (place, pixels), winner in zip(found.items(), state["winner"]):
        assert IMAGE[pixels[int(winner)]] == explorer.output[place] if winner != "-" else explorer.output[place] == 0


def test_a_large_image_is_shown_in_parts():
    image = np.random.default_rng(0).random((512, 300)).astype(np.float32)
    explorer = PoolingExplorer(image, 4, corner=(100, 272))
    part = image[100:128, 272:300]
    np.testing.assert_array_equal(explorer.output, pooled(part, 4, 4, "valid", "max").astype(np.float32))
    explorer.shift = (1, 2)  # what lies beside the part comes in
    np.testing.assert_array_equal(
        explorer.output, pooled(image[99:127, 270:298], 4, 4, "valid", "max").astype(np.float32)
    )
    assert len(json.dumps(explorer._states["shifts"])) < 100_000
    one = PoolingExplorer([[7]], 1)
    one.shift = (1, 0)
    assert one.output.tolist() == [[0]] and one.kept == 0


def test_nan_and_infinity_pass_through():
    explorer = PoolingExplorer([[np.nan, 1, 2, np.inf], [0, 1e30, -np.inf, 3]], mode="average")
    assert explorer._states["shifts"]["0 0"]["text"] == "NaN NaN"
    explorer.mode = "max"
    assert explorer._states["shifts"]["0 0"]["text"] == "NaN ∞" and explorer.kept == 1
    json.dumps(explorer.get_state(), allow_nan=False)


REFUSED = [
    ({"image": np.zeros((4, 4, 3))}, r"`image` must have two axes.*image\[:, :, 0\]"),
    ({"image": np.zeros((0, 4))}, "`image` is empty"),
    ({"image": np.zeros((513, 4))}, r"`image` of shape \(513, 4\) is too large"),
    ({"image": [["a"]]}, "`image` must hold numbers"),
    ({"pool_size": 0}, "`pool_size` must be at least 1; got 0"),
    ({"pool_size": 7}, "`pool_size` must be at most 6"),
    ({"pool_size": 6}, r"`pool_size` 6 does not fit into `image` of shape \(5, 6\)"),
    ({"strides": 1.5}, "`strides` must be a whole number"),
    ({"padding": 1}, "`padding` must be 'valid' or 'same' here; got 1"),
    ({"mode": None}, "`mode` must be one of"),
    ({"mode": "median"}, "`mode` must be one of 'max', .*'median'"),
    ({"shift": (7, 0)}, r"`shift` must be \(rows, columns\), each −6 to 6; got \(7, 0\)"),
    ({"shift": 1}, "`shift` must be"),
    ({"corner": (1, 0)}, r"`corner` must be at most \(0, 0\).*\(1, 0\)"),
    ({"selected": (2, 0)}, r"`selected`.*shape \(2, 3\)"),
    ({"training": 2}, "`training` must be True or False"),
    ({"seed": -1}, "`seed` must be at least 0"),
]


@pytest.mark.parametrize("bad, message", REFUSED)
def test_bad_values_are_refused_and_change_nothing(bad, message):
    with pytest.raises((ValueError, TypeError), match=message):
        PoolingExplorer(**{"image": IMAGE} | bad)
    explorer = PoolingExplorer(IMAGE)
    before = explorer.describe(), explorer.get_state()
    [(name, value)] = bad.items()
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(explorer, name, value)
    assert (explorer.describe(), explorer.get_state()) == before


def test_stochastic_refuses_negative_pixels():
    with pytest.raises(ValueError, match="must not be negative for mode='stochastic'.*got -5.*relu"):
        PoolingExplorer(IMAGE - 5, mode="stochastic")


@pytest.mark.parametrize(
    "settings, said",
    [
        ({}, "not shifted; output[0, 1] = the largest of 2, 0, 7, 7 = 7."),
        ({"mode": "average"}, "not shifted; output[0, 1] = (2 + 0 + 7 + 7) / 4 = 4."),
        ({"mode": "average", "pool_size": 3}, "output[0, 1] = (0 + 5 + 1 + 7 + 2 + 2 + 6 + 3 + 9) / 9 ≈ 3.89."),
        ({"mode": "sum", "shift": (1, 0)}, "Shifted 1 down"),
        ({"mode": "stochastic"}, "output[0, 1] = 12 % of 2 + 0 % of 0 + 44 % of 7 + 44 % of 7 ≈ 6.38."),
        (
            {"mode": "stochastic", "training": True},
            "output[0, 1] = 7, drawn from 2 (12 %), 0 (0 %), 7 (44 %), 7 (44 %).",
        ),
    ],
)
def test_describe_says_how_the_number_came_about(settings, said):
    explorer = PoolingExplorer(IMAGE, **settings, selected=(0, 1))
    assert said.lower() in explorer.describe().lower()


def test_static_form():
    explorer = PoolingExplorer(IMAGE, shift=(0, 1))
    page = explorer._repr_mimebundle_()[0]["text/html"]
    assert "<tr><td><b>0</b></td><td><b>1</b></td><td>3</td><td>2</td><td>0</td><td>5</td></tr>" in page
    assert "<tr><td><b>4</b></td><td>7</td><td>7 ≠</td></tr>" in page and "≠: changed by the shift." in page
    assert page == PoolingExplorer(IMAGE, shift=(0, 1))._static_html()


# The page

LOOK = """() => {
  const cells = (name, say) => [...document.querySelectorAll(`.panel.${name} tr`)].map((tr) => [...tr.cells].map(say));
  return {
    image: cells("image", (td) => td.textContent), kind: cells("image", (td) => td.className),
    change: cells("changed", (td) => td.textContent),
    output: cells("output", (td) => td.textContent), changed: cells("output", (td) => td.classList.contains("changed")),
    magnified: cells("window", (td) => td.textContent).flat(), answer: document.querySelector(".answer").textContent,
    worked: document.querySelector(".worked").textContent, kept: document.querySelector(".kept").textContent,
  };
}"""


def number(text):
    return float(text.replace("−", "-").replace("∞", "inf"))


@pytest.mark.parametrize("mode", ["max", "average", "sum", "stochastic"])
def test_every_number_of_every_window_and_shift(show, mode):
    pool_size, strides, padding = {"max": (2, None, "valid"), "average": (2, None, "same"),
                                   "sum": (3, 1, "valid"), "stochastic": (3, 2, "same")}[mode]  # fmt: skip
    shown = show(PoolingExplorer(IMAGE, pool_size, strides, padding, mode))
    before = pooled(IMAGE, pool_size, strides or pool_size, padding, mode)
    for shift in [(0, 0), (0, 1), (1, 1), (-1, 0), (2, -2), (6, 0)]:
        image = moved(IMAGE, *shift)
        size, found = windows(image, pool_size, strides or pool_size, padding)
        output = pooled(image, pool_size, strides or pool_size, padding, mode)
        shown.explorer.shift = shift
        screens = shown.page.evaluate(
            f"""async (places) => {{
              const screens = [];
              for (const selected of places) {{ model.set("selected", selected); await null; screens.push(({LOOK})()); }}
              return screens;
            }}""",
            list(found),
        )
        same = np.isclose(before, output, rtol=1e-6, atol=0)
        for (place, pixels), screen in zip(found.items(), screens, strict=True):
            on_image = [[text for text in row if text] for row in screen["image"]]
            assert [row for row in on_image if row] == image.astype(str).tolist()
            shown_output = [[number(text) for text in row] for row in screen["output"]]
            np.testing.assert_allclose(shown_output, output, rtol=0.01)
            np.testing.assert_array_equal(screen["changed"], ~same)
            differences = [[number(text.removeprefix("+") or "0") for text in row] for row in screen["change"]]
            np.testing.assert_allclose(differences, output - before, rtol=0.06, atol=6e-4)
            outlined = sum("window" in kind and "padding" not in kind for row in screen["kind"] for kind in row)
            assert outlined == len(pixels)
            values, result = [image[pixel] for pixel in pixels], screen["output"][place[0]][place[1]]
            sum_ = " + ".join(map(str, values))
            total = sum(values)
            worked = {
                "max": f"the largest of {', '.join(map(str, values))} = {result}",
                "sum": f"{sum_} = {result}",
                "average": f"({sum_}) / {len(values)} {'=' if number(result) == np.mean(values) else '≈'} {result}",
                "stochastic": "the pixels’ mean, each weighted with its share of their sum, ",
            }[mode]
            assert f"output[{place[0]}, {place[1]}] = {worked}" in screen["worked"]
            if mode == "stochastic":
                shares = [f"{v}{np.round(100 * v / total if total else 0):.0f} %" for v in values]
                assert [text for text in screen["magnified"] if text] == shares
            else:
                assert [text for text in screen["magnified"] if text] == [str(v) for v in values]
            assert screen["answer"] == result
            assert ("Before the shift" in screen["worked"]) == (not same[place])
            if mode == "max":
                [(row, column)] = [(i, j) for i, row in enumerate(screen["kind"]) for j, kind in enumerate(row)
                                   if "winner" in kind]  # fmt: skip
                assert (row, column) == pixels[int(np.argmax(values))]
        if any(shift):
            stayed = int((image == IMAGE).sum())
            sizes = np.abs(output - before)
            by = [float(text) for text in re.findall(r"by ([\d.]+) ", screen["kept"])]
            np.testing.assert_allclose(by, [sizes.mean(), sizes.max()] if sizes.any() else [], rtol=0.02)
            assert (
                f"{same.sum()} of {same.size} outputs" in screen["kept"]
                and f"and {stayed} of 30 pixels" in screen["kept"]
            )


def test_shifting_by_buttons_and_keys(show):
    shown = show(PoolingExplorer(IMAGE))
    page = shown.page
    page.get_by_label("Shift right").click()
    page.get_by_label("Shift down").click()
    assert shown.explorer.shift == (1, 1)
    for key, shift in [("ArrowLeft", (1, 0)), ("ArrowUp", (0, 0)), ("ArrowUp", (-1, 0))]:
        page.keyboard.press(key)
        assert shown.explorer.shift == shift
    page.get_by_label("Shift back").click()
    assert shown.explorer.shift == (0, 0)
    for _ in range(9):
        page.keyboard.press("ArrowDown")
    assert shown.explorer.shift == (6, 0)
    np.testing.assert_array_equal(
        [[number(text) for text in row] for row in page.evaluate(LOOK)["output"]], shown.explorer.output
    )


def test_settings_go_to_python_and_come_back(show):
    shown = show(PoolingExplorer(IMAGE), has_touch=True)
    page = shown.page
    shown.slide("Window", 3)
    assert shown.explorer.pool_size == 3 and shown.explorer.output.shape == (1, 2)
    shown.slide("Stride", 1)
    assert shown.explorer.strides == 1 and not page.get_by_label("As the window").is_checked()
    shown.slide("As the window", True)
    shown.slide("Keras’s “same”", True)
    assert (shown.explorer.strides, shown.explorer.padding) == (None, "same")
    page.get_by_role("combobox").select_option("stochastic")
    shown.slide("Training: draw", True)
    page.get_by_role("button", name="Draw again").click()
    assert (shown.explorer.mode, shown.explorer.training, shown.explorer.seed) == ("stochastic", True, 1)
    page.get_by_label("output[1, 1] is").tap()
    assert shown.explorer.selected == (1, 1)
    page.keyboard.press("ArrowUp")
    assert shown.explorer.selected == (0, 1)
    page.get_by_label("Next output cell").click()
    assert shown.explorer.selected == (1, 0)


def test_an_illegal_mode_is_explained(show):
    shown = show(PoolingExplorer(IMAGE - 4))
    chosen = shown.page.get_by_role("combobox")
    chosen.select_option("stochastic")
    assert chosen.input_value() == "max" and shown.explorer.mode == "max"
    assert "put a relu before it" in shown.page.locator(".note").inner_text()


def test_the_part_of_a_large_image_is_chosen_on_the_whole(show):
    image = np.random.default_rng(0).random((100, 90))
    shown = show(PoolingExplorer(image))
    whole = shown.page.get_by_role("application", name="Whole image")
    box = whole.bounding_box()
    shown.page.mouse.move(box["x"] + box["width"] - 3, box["y"] + box["height"] / 2)
    assert shown.explorer.corner == (36, 62)
    painted = "[...document.querySelector('.panel.image canvas').getContext('2d').getImageData(0, 0, 28, 28).data]"
    gray = np.reshape(shown.page.evaluate(painted), (28, 28, 4))[..., 0]
    assert abs(gray - 255 * image[36:64, 62:90] / image.max()).max() <= 0.51


def test_a_picture_shows_what_numbers_cannot(show):
    image = np.random.default_rng(0).random((20, 20))
    shown = show(PoolingExplorer(image, 4, mode="average", shift=(0, 4)))
    painted = """(name) => {
      const canvas = document.querySelector(`.panel.${name} canvas`);
      return [...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data].filter((_, i) => i % 4 === 0);
    }"""
    after = pooled(moved(image, 0, 4), 4, 4, "valid", "average")
    before = pooled(image, 4, 4, "valid", "average")
    red = np.reshape(shown.page.evaluate(painted, "changed"), (5, 5))  # blue, where it is less; orange, where more
    np.testing.assert_array_equal(red < 232, after < before)
    gray = np.reshape(shown.page.evaluate(painted, "output"), (5, 5))
    np.testing.assert_allclose(gray / 255 * image.max(), after, atol=0.002)
    box = shown.page.locator(".panel.output canvas").bounding_box()
    shown.page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.3)
    assert shown.explorer.selected == (1, 2)
    shown.page.locator(".panel.output .picture").focus()
    shown.page.keyboard.press("ArrowDown")
    assert shown.explorer.selected == (2, 2)
    assert number(shown.page.evaluate(LOOK)["worked"].split("≈ ")[1].split(". ")[0]) == pytest.approx(
        after[2, 2], abs=0.006
    )


@pytest.mark.parametrize("width", [560, 880])
@pytest.mark.parametrize("settings", [{}, {"pool_size": 6, "mode": "stochastic", "training": True}, {"pool_size": 1}])
def test_it_is_never_higher_than_640_pixels(show, settings, width):
    for size in (12, 28, 60):
        shown = show(PoolingExplorer(np.random.default_rng(0).random((size, size)), **settings), width=width)
        shown.page.evaluate("document.body.style.margin = 0")
        shown.wait_for_a_frame()
        assert shown.page.locator(".cnnlab-explorer").bounding_box()["height"] <= 640


def test_drawn_pixels_are_shown_in_a_grid(show):
    shown = show(PoolingExplorer(IMAGE, 3, mode="stochastic", training=True, selected=(0, 1)))
    screen = shown.page.evaluate(LOOK)
    pixels = IMAGE[:3, 3:6].ravel()
    assert screen["magnified"] == [f"{v}{np.round(100 * v / pixels.sum()):.0f} %" for v in pixels]
    [winner] = [n for n, kind in enumerate(shown.page.locator(".panel.window td").evaluate_all(
        "(all) => all.map((td) => td.className)")) if "winner" in kind]  # fmt: skip
    assert pixels[winner] == shown.explorer.output[0, 1] and "drawn with a probability of" in screen["worked"]


MISTAKES = [  # of output[0, 1], made of 2, 0, 7, 7
    ({}, 4, "their mean. Max pooling takes the largest"), ({}, 0, "the smallest"), ({}, 2, "the first pixel"),
    ({"mode": "average"}, 7, "the largest of the pixels. Average pooling takes the mean"), ({"mode": "sum"}, 4, "their mean"),
    ({"shift": (0, 1)}, 99, "Look at the pixels"),
]  # fmt: skip


@pytest.mark.parametrize("settings, guess, said", MISTAKES)
def test_the_quiz_names_mistakes(settings, guess, said):
    explorer = PoolingExplorer(IMAGE, **settings, selected=(0, 1), quiz=True)
    assert explorer.describe().endswith("output[0, 1] = ?.") and "<b>?</b>" in explorer._static_html()
    explorer.guess = guess
    assert explorer.feedback.startswith("Not yet") and said in explorer.feedback
    explorer.guess = explorer.output[0, 1]
    assert explorer.feedback.startswith("Right: ") and "?" not in explorer._worked()


def test_the_quiz_counts_no_padding():
    explorer = PoolingExplorer(IMAGE, 4, 4, "same", "average", selected=(1, 1), quiz=True)
    pixels = explorer._part()[explorer._window()]
    assert pixels.size < 16
    explorer.guess = pixels.sum() / 16
    assert "Pooling ignores the padding" in explorer.feedback


def test_the_quiz_on_the_page(show):
    shown = show(PoolingExplorer(IMAGE, quiz=True, shift=(0, 1)))
    page, right = shown.page, shown.explorer.output
    assert set(page.evaluate(LOOK)["output"][0]) == {"?"} and set(page.evaluate(LOOK)["change"][0]) == {""}
    page.get_by_label("Predict output[0, 0]").fill("-99")
    page.get_by_role("button", name="Check").click()
    shown.settle("document.querySelector('.feedback').textContent.startsWith('Not yet')")
    page.get_by_label("Predict output[0, 0]").fill(str(right[0, 0]))
    page.keyboard.press("Enter")
    shown.settle("document.querySelector('.feedback').textContent.startsWith('Right')")
    assert number(page.evaluate(LOOK)["output"][0][0]) == right[0, 0]
    page.get_by_label("output[0, 1] is").hover()
    page.get_by_role("button", name="Show").click()
    assert number(page.evaluate(LOOK)["output"][0][1]) == right[0, 1]
    page.get_by_label("Shift right").click()  # other numbers, other questions
    assert set(page.evaluate(LOOK)["output"][0]) == {"?"}


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing(show, theme):
    shown = show(PoolingExplorer(IMAGE, 2, 1, "same", "stochastic", shift=(1, 1), training=True), theme=theme)
    for image in (np.random.default_rng(0).random((30, 30)), IMAGE):
        shown.explorer.image = image
        found = Axe().run(shown.page, options={"resultTypes": ["violations"]}).response["violations"]
        assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == []


@pytest.mark.parametrize("width", [400, 800, 1280])
@pytest.mark.parametrize("size", [12, 40])
def test_nothing_is_clipped(show, size, width):
    shown = show(PoolingExplorer(np.random.default_rng(0).random((size, size)), 3, 1, "same"), width=width)
    shown.wait_for_a_frame()
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= width
    stages = "[...document.querySelectorAll('.stage')].map((stage) => stage.scrollWidth - stage.clientWidth)"
    assert not any(shown.page.evaluate(stages))


def test_a_busy_python_gets_only_the_newest_wish_and_cleanup_leaves_nothing(show):
    shown = show(PoolingExplorer(IMAGE))
    sent = shown.page.evaluate(
        """async () => {
          const wishes = [], send = window.to_python;
          window.to_python = (text) => wishes.push(text);
          const slider = document.querySelector("input[type=range]");
          for (let i = 0; i < 1000; i++) {
            slider.value = 1 + (i % 5);
            slider.dispatchEvent(new Event("input", { bubbles: true }));
          }
          window.to_python = send;
          return wishes;
        }"""
    )
    assert len(sent) == 1
    shown.page.evaluate("(sent) => to_python(sent)", sent[0])
    shown.settle("model.get('_answered') === 2")
    assert shown.explorer.pool_size == 5
    left = shown.page.evaluate("cleanup(), [model.listeners.length, document.getElementById('cell').childNodes.length]")
    assert left == [0, 0]
