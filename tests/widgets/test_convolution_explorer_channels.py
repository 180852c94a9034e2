"""The convolution explorer with channels, filters, a bias, large images, a formula, a pin and a quiz."""

import itertools
import json
import re

import numpy as np
import pytest
import traitlets
from axe_playwright_python.sync_playwright import Axe
from explorer_page import THEMES

from cnnlab.widgets import ConvolutionExplorer

RANDOM = np.random.default_rng(5)
IMAGE = RANDOM.integers(0, 9, (5, 6, 3))
KERNEL = RANDOM.integers(-3, 4, (3, 2, 3, 2))
BIAS = np.array([0.5, -4])
LARGE = RANDOM.integers(0, 99, (40, 30))
CROSS = np.array([[0, 1, 0], [1, -4, 2], [0, 3, 0]])


@pytest.fixture
def expected(cross_correlate):
    """The sum of each channel and the output of one filter, by loops."""

    def expected(image, kernel, bias, filter, **geometry):
        channels = [cross_correlate(image[..., c], kernel[..., c, filter], **geometry) for c in range(kernel.shape[2])]
        return np.array(channels), sum(channels) + bias[filter]

    return expected


def explorer(**settings):
    return ConvolutionExplorer(**{"image": IMAGE, "kernel": KERNEL, "bias": BIAS} | settings)


# Channels, filters, bias


@pytest.mark.parametrize("flip", [False, True])
def test_output_sums_up_the_channels_and_adds_the_bias(expected, flip):
    shown = explorer(strides=2, padding=1, flip=flip)
    for filter in range(2):
        _, output = expected(IMAGE, KERNEL, BIAS, filter, strides=2, pads=(1, 1, 1, 1), flip=flip)
        np.testing.assert_array_equal(shown.output[..., filter], output)


def test_sentence_adds_up_the_channels():
    sums = [(IMAGE[:3, :2, c] * KERNEL[..., c, 1]).sum() for c in range(3)]
    terms = " + ".join(f"({c})".replace("-", "−") if c < 0 else str(c) for c in sums)
    total = str(sum(sums) - 4).replace("-", "−")
    assert (
        explorer(filter=1)
        .describe()
        .endswith(
            f"a 3 × 2 × 3 × 2 kernel and a bias over a 5 × 6 × 3 input (strides=1, padding='valid', dilation_rate=1) "
            f"gives a 3 × 5 × 2 output; output[0, 0, 1] = {terms} (3 channels) + (−4) (bias) = {total}."
        )
    )


def test_one_bias_serves_all_filters_and_a_gray_image_takes_one():
    assert (explorer(bias=2).output - explorer(bias=None).output == 2).all()
    gray = ConvolutionExplorer([[1, 2]], [[3]], bias=1)
    assert gray.output.tolist() == [[4, 7]] and gray.describe().endswith("output[0, 0] = 1×3 + 1 (bias) = 4.")


def test_a_new_kernel_keeps_channel_and_filter_inside():
    shown = explorer(channel=2, filter=1, bias=0)
    with shown.hold_trait_notifications():
        shown.image, shown.kernel = IMAGE[..., 0], CROSS
    assert (shown.channel, shown.filter, shown.output.shape) == (0, 0, (3, 4))


def test_typical_states_are_sent_at_once_and_large_ones_in_parts():
    typical = ConvolutionExplorer(RANDOM.normal(size=(8, 8, 3)), RANDOM.normal(size=(3, 3, 3, 4)))
    assert len(json.dumps(typical.get_state(), ensure_ascii=False)) - len(typical._esm + typical._css) < 100_000
    assert len(typical._states["products"]) == 12  # each filter with each channel
    large = ConvolutionExplorer(RANDOM.normal(size=(12, 12, 32)), RANDOM.normal(size=(3, 3, 32, 16)), filter=3)
    assert list(large._states["products"]) == ["3 0"]
    large.bias = RANDOM.normal(size=16)
    large.filter, large.channel = 9, 31
    sums = large._states["sums"]["9 0 1"]
    first = sums["text"].split()[sums["top"] * sums["columns"] + sums["left"]].replace("−", "-")
    assert float(first) == pytest.approx((large.image[:3, :3] * large.kernel[..., 9]).sum() + large.bias[9], rel=0.01)
    assert "9 31" in large._states["products"]
    assert len(json.dumps(large._states, ensure_ascii=False).encode()) < 250_000


REFUSED = [
    ({"kernel": CROSS}, r"\(5, 6, 3\) has 3 channels, `kernel` of shape \(3, 3\) takes 1.*image\[:, :, 0\]"),
    ({"image": IMAGE[..., :2]}, r"\(5, 6, 2\) has 2 channels.*\(3, 2, 3, 2\) takes 3"),
    ({"bias": [1, 2, 3]}, "`bias` holds 3 numbers; this `kernel` has 2 filters"),
    ({"bias": [[1, 2]]}, r"`bias` must be one number, or one per filter; got shape \(1, 2\)"),
    ({"channel": 3}, "`channel` must be less than 3"),
    ({"filter": -1}, "`filter` must be at least 0"),
    ({"pinned": (9, 0)}, r"`pinned` must be None or.*\(9, 0\)"),
    ({"corner": (1, 0)}, r"`corner` must be.*at most \(0, 0\).*\(1, 0\)"),
    ({"corner": None}, "`corner` must be"),
    ({"view": "words"}, "`view` must be 'numbers' or 'formula'; got 'words'"),
    ({"quiz": 2}, "`quiz` must be True or False"),
]


@pytest.mark.parametrize("bad, message", REFUSED)
def test_bad_values_are_refused_and_change_nothing(bad, message):
    with pytest.raises((ValueError, TypeError, traitlets.TraitError), match=message):
        explorer(**bad)
    shown = explorer()
    before = shown.get_state()
    [(name, value)] = bad.items()
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(shown, name, value)
    assert shown.get_state() == before


# Large images


def test_what_is_in_sight_of_a_large_image_is_right_everywhere(cross_correlate):
    """Input, output and window of the static tables, for many states."""
    states = itertools.product((0, 7, 18, 28), (0, 9, 18), (1, 3, 7, 12), ("valid", "same", 2), (1, 2, 3))
    for row, column, strides, padding, dilation in itertools.islice(states, 0, None, 11):
        shown = ConvolutionExplorer(LARGE, CROSS, strides, padding, dilation, corner=(row, column))
        pads = {"valid": (0,) * 4, 2: (2,) * 4}.get(padding, padding)
        np.testing.assert_array_equal(shown.output, cross_correlate(LARGE, CROSS, strides, pads, dilation))
        text = shown._static_html()
        part = r"Output, [^<]*, rows (\d+) to (\d+), columns (\d+) to (\d+).*?<tbody>(.*?)</tbody>"
        *ends, body = re.search(part, text, re.DOTALL).groups()
        top, bottom, left, right = map(int, ends)
        cells = [re.findall(r"<td>(?:<b>)?(.*?)<", line) for line in body.strip().split("\n")]
        written = np.array([[float(cell.replace("−", "-")) for cell in line] for line in cells])
        np.testing.assert_array_equal(written, shown.output[top : bottom + 1, left : right + 1])
        assert top <= shown.selected[0] <= bottom and left <= shown.selected[1] <= right
        worked = shown.describe().split(" = ")[1]
        terms = [term.replace("−", "-").replace("(", "").replace(")", "") for term in worked.split(" + ")]
        assert sum(np.prod([float(part) for part in term.split("×")]) for term in terms) == shown.output[shown.selected]


def test_the_corner_follows_the_selected_cell_and_the_cell_the_corner():
    shown = ConvolutionExplorer(LARGE, CROSS, selected=(30, 20))
    assert shown.corner[0] <= 30 <= shown.corner[0] + 9 and shown.corner[1] <= 20 <= shown.corner[1] + 9
    shown.selected = (0, 0)
    assert shown.corner == (0, 0)
    shown.corner = (15, 3)
    assert shown.selected == (15, 3) and shown._states["corner"] == [15, 3]
    shown.image = IMAGE[..., 0]
    assert (shown.corner, shown.selected, shown._overview) == ((0, 0), (2, 3), None)


def test_an_image_of_512_by_512_is_sent_as_a_part_and_a_small_picture():
    shown = ConvolutionExplorer(RANDOM.random((512, 512, 3)), np.ones((3, 3, 3, 2)), padding="same")
    assert shown._overview["size"] == [128, 128] and shown.output.shape == (512, 512, 2)
    assert len(json.dumps(shown.get_state())) - len(shown._esm + shown._css) < 150_000
    with pytest.raises(traitlets.TraitError, match="spans 13 × 13 pixels.*12 × 12 are shown"):
        shown.dilation_rate = 6


def test_a_single_pixel_and_odd_numbers_are_shown():
    assert ConvolutionExplorer([[[2, 3]]], np.ones((1, 1, 2, 1))).output.tolist() == [[[5]]]
    odd = ConvolutionExplorer(np.full((13, 13), np.nan), [[1e38]], bias=np.inf)
    json.dumps(odd.get_state(), allow_nan=False)
    assert odd.describe().endswith("= NaN×1e38 + ∞ (bias) = NaN.")


# The quiz


def ask(guess, **settings):
    shown = ConvolutionExplorer(**{"image": LARGE[:5, :5], "kernel": CROSS, "quiz": True} | settings)
    shown.guess = guess
    return shown.feedback


def test_a_right_answer_is_revealed():
    shown = explorer(quiz=True, filter=1)
    right = float(shown.output[0, 0, 1])
    assert shown.describe().endswith("= ?.") and f">{right:g}" not in shown._static_html().replace("−", "-")
    shown.guess = right
    assert shown.feedback.startswith("Right: ") and shown.describe().endswith(f"= {right:g}.".replace("-", "−"))
    shown.selected = (0, 1)
    assert (shown.guess, shown.feedback) == (None, "") and shown.describe().endswith("= ?.")
    shown.strides = 2
    shown.selected = (0, 0)
    assert shown.describe().endswith("= ?.")  # another state is another question


def test_rounded_numbers_are_right_when_read_off_the_screen():
    assert ask(0.67, image=np.full((2, 2), 1 / 3), kernel=[[1, 1]]).startswith("Right")
    assert ask(0.7, image=np.full((2, 2), 1 / 3), kernel=[[1, 1]]).startswith("Not yet")
    assert ask(3.01, image=[[3]], kernel=[[1]]).startswith("Not yet")


WINDOW = LARGE[:3, :3]
COLOR = {"image": IMAGE, "kernel": KERNEL, "bias": BIAS}
MISTAKES = [
    ((WINDOW * CROSS[::-1, ::-1]).sum(), {}, "kernel turned by 180°"),
    ((WINDOW * CROSS).sum(), {"flip": True}, "without the flip"),
    ((WINDOW * CROSS).sum(), {"bias": 7}, r"without the bias. Add 7\."),
    ((IMAGE[:3, :2, 0] * KERNEL[..., 0, 0]).sum() + 0.5, COLOR, "channel 0 alone"),
    ((IMAGE[:3, :2, 1] * KERNEL[..., 1, 0]).sum(), COLOR, "channel 1 alone"),
    ((IMAGE[:3, :2] * KERNEL[..., 0]).sum() + 1.5, COLOR, "bias in every channel"),
    ((WINDOW * abs(CROSS)).sum(), {}, "without the minus signs"),
    ((WINDOW * CROSS.T).sum(), {}, "rows and columns swapped"),
    (WINDOW.sum(), {}, "sum of the pixels"),
    ((WINDOW * CROSS).mean(), {}, "the mean"),
    ((LARGE[1:4, 1:4] * CROSS).sum(), {"strides": 2, "selected": (1, 1)}, "Each step is 2 pixels"),
    ((WINDOW * CROSS).sum(), {"dilation_rate": 2}, "without gaps"),
    ((WINDOW * CROSS).sum(), {"padding": 1}, "without the padding"),
    ((LARGE[1:4, :3] * CROSS).sum(), {"selected": (0, 1)}, r"output\[1, 0\]: with row and column swapped"),
    ((LARGE[:3, 1:4] * CROSS).sum(), {}, "one cell to the right"),
    (12345, {}, "Multiply each pixel"),
]  # fmt: skip


@pytest.mark.parametrize("guess, settings, hint", MISTAKES)
def test_the_quiz_names_the_mistake(guess, settings, hint):
    assert re.match(f"Not yet.*{hint}", ask(guess, **settings))


# The page

EYES = """
const seen = (td) => td.checkVisibility({ visibilityProperty: true });
window.grid = (name, say) => [...document.querySelectorAll(`.${name} tr`)]
  .map((tr) => [...tr.cells].filter(seen).map(say)).filter((row) => row.length);
window.texts = (selector) => [...document.querySelectorAll(selector)].map((element) => element.textContent);
window.look = async (cell) => {
  model.set("selected", cell);
  await null;
  return { products: texts(".product"), factors: texts(".factors"), total: texts(".total")[0],
    parts: texts(".sum:not(.pinned) .part"), all: texts(".sum:not(.pinned) .parts b")[0],
    symbols: [...document.querySelectorAll(".sum:not(.pinned) .term")].map((term) => term.dataset.symbols) };
};
null
"""


@pytest.fixture
def open_page(show):
    def open_page(theme="light", width=1280, context={}, **settings):
        shown = show(explorer(**settings), theme, width, **context)
        shown.page.evaluate(EYES)
        shown.choose = lambda name, option: shown.page.get_by_role("combobox", name=name).select_option(str(option))
        shown.cell = lambda row, column: shown.page.locator(".output tr").nth(row).locator("td").nth(column)
        return shown

    return open_page


def read(text):
    return float(text.replace("−", "-").replace("(", "").replace(")", ""))


def numbers(shown, name, say="(td) => td.textContent"):
    return np.array([[read(text) for text in row] for row in shown.page.evaluate(f"grid('{name}', {say})")])


def test_every_channel_and_filter_adds_up_on_screen(open_page, expected):
    shown = open_page(view="formula")
    for flip, dilation, filter, channel in itertools.product((False, True), (1, 2), range(2), range(3)):
        shown.slide("Flip the kernel", flip)
        shown.slide("Dilation", dilation)
        shown.choose("Filter", filter)
        shown.choose("Channel", channel)
        channels, output = expected(IMAGE, KERNEL, BIAS, filter, dilation_rate=dilation, flip=flip)
        shown.settle(f"JSON.stringify(grid('output', (td) => td.textContent).length) === '{len(output)}'")
        np.testing.assert_array_equal(numbers(shown, "output"), output)
        np.testing.assert_array_equal(numbers(shown, "input"), IMAGE[..., channel])
        kernel = np.rot90(KERNEL[..., channel, filter], 2) if flip else KERNEL[..., channel, filter]
        np.testing.assert_array_equal(numbers(shown, "kernel", "(td) => td.firstChild.value"), kernel)
        for cell in np.ndindex(output.shape):
            screen = shown.page.evaluate("look", list(cell))
            window = IMAGE[cell[0] :: dilation, cell[1] :: dilation, channel][:3, :2]
            assert [read(text) for text in screen["products"]] == (window * kernel).ravel().tolist()
            assert read(screen["total"].split()[1]) == channels[channel][cell]
            parts = [f"channel {c}{channels[c][cell]:g}" for c in range(3)] + [f"bias{BIAS[filter]:g}"]
            assert screen["parts"] == [part.replace("-", "−") for part in parts]
            assert read(screen["all"].split()[1]) == output[cell]
            for symbols, factors in zip(screen["symbols"], screen["factors"]):  # the names name the numbers
                pixel, weight = (eval(name, {"image": IMAGE, "kernel": KERNEL}) for name in symbols.split(" · "))
                assert [read(factor) for factor in factors.split("×")] == [pixel, weight]
    shown.page.locator("[data-channel='1']").click()
    assert shown.explorer.channel == 1


def test_the_formula_has_the_indices_of_the_cell(open_page):
    shown = open_page(view="formula", strides=2, padding=1, selected=(1, 2), filter=1)
    assert shown.page.evaluate("texts('.sum .rule')") == [
        "output[i, j, f] = Σm, n, c image[i·2 + m − 1, j·2 + n − 1, c] · kernel[m, n, c, f] + bias[f]",
        "output[1, 2, 1] = Σm, n, c image[1·2 + m − 1, 2·2 + n − 1, c] · kernel[m, n, c, 1] + bias[1]",
    ]
    assert "padding · kernel[2, 1, 0, 1]" not in (shown.page.evaluate("look", [1, 2]))["symbols"]
    shown.page.get_by_role("checkbox", name="Formula").uncheck()
    assert shown.explorer.view == "numbers" and shown.page.evaluate("texts('.sum .rule')") == []
    with shown.explorer.hold_trait_notifications():
        shown.explorer.bias, shown.explorer.image, shown.explorer.kernel = None, LARGE[:5, :5], CROSS
    with shown.explorer.hold_trait_notifications():
        shown.explorer.flip, shown.explorer.view, shown.explorer.padding = True, "formula", "valid"
    rule = "output[i, j] = Σm, n image[i·2 + m, j·2 + n] · kernel[2 − m, 2 − n]"
    assert shown.page.evaluate("texts('.sum .rule')[0]") == rule


def test_a_plain_explorer_shows_no_controls_for_channels(open_page):
    shown = open_page(image=LARGE[:5, :5], kernel=CROSS, bias=None)
    for name in ("Channel", "Filter"):
        assert not shown.page.get_by_role("combobox", name=name).is_visible()
    assert not shown.page.locator(".quiz").is_visible() and not shown.page.locator(".whole-image").is_visible()
    assert shown.page.evaluate("texts('.part')") == [] and shown.page.locator(".bias input").count() == 0


def test_typing_changes_one_filter_of_one_channel_and_its_bias(open_page):
    shown = open_page(filter=1, channel=2)
    shown.page.get_by_label("kernel[2, 0, 2, 1]").fill("-7")
    shown.settle("model.get('_answered') === 1")
    changed = KERNEL.copy()
    changed[2, 0, 2, 1] = -7
    np.testing.assert_array_equal(shown.explorer.kernel, changed)
    shown.page.get_by_label("bias[1]").fill("2.5")
    shown.settle("model.get('_answered') === 2")
    assert shown.explorer.bias.tolist() == [0.5, 2.5]
    assert shown.page.locator(".part").last.inner_text().split() == ["bias", "2.5"]


def test_what_is_left_out_is_asked_for(open_page):
    image, kernel = RANDOM.integers(0, 9, (12, 12, 16)), RANDOM.integers(-3, 4, (3, 3, 16, 8))
    shown = open_page(image=image, kernel=kernel, bias=None)
    for name, option in (("Filter", 5), ("Channel", 11), ("Filter", 2)):
        shown.choose(name, option)
        shown.settle("model.get('_answered') === model.get('_asked')")
    shown.slide("Flip the kernel", True)
    shown.settle("model.get('_answered') === 4")
    weights = kernel[::-1, ::-1, :, 2]
    assert read(shown.cell(4, 3).inner_text()) == (image[4:7, 3:6] * weights).sum()
    assert (shown.explorer.filter, shown.explorer.channel, shown.explorer.flip) == (2, 11, True)
    part = shown.page.locator("[data-channel='11']").inner_text().split()[-1]
    assert read(part) == (image[:3, :3, 11] * weights[..., 11]).sum()


# A large image on the page


def test_the_frame_moves_by_pointer_and_keys_and_shows_what_is_there(open_page, cross_correlate):
    shown = open_page(image=LARGE, kernel=CROSS, bias=None, padding=1)
    frame = shown.page.locator(".whole-image .picture")
    box = frame.bounding_box()
    shown.page.mouse.move(box["x"] + 3, box["y"] + 3)
    assert shown.explorer.corner == (0, 0)  # pointing alone moves nothing
    shown.page.mouse.down()
    for step in range(1, 6):
        shown.page.mouse.move(box["x"] + box["width"] * step / 6, box["y"] + box["height"] * step / 6)
    shown.page.mouse.up()
    shown.settle("model.get('_answered') === model.get('_asked')")
    top, left = shown.explorer.corner
    assert abs(top - 27) <= 1 and abs(left - 18) <= 1
    frame.focus()
    for key in ("ArrowUp", "ArrowUp", "ArrowLeft"):
        shown.page.keyboard.press(key)
        shown.settle("model.get('_answered') === model.get('_asked')")
    assert shown.explorer.corner == (min(top, 28) - 2, min(left, 18) - 1)
    output = cross_correlate(LARGE, CROSS, 1, (1, 1, 1, 1))
    for corner, stride in itertools.product([(0, 0), (11, 7), (28, 18), (28, 0)], (1, 2, 4)):
        shown.explorer.corner = corner
        shown.slide("Stride", stride)
        rows, columns = (
            [i for i in range(0, n, stride) if (i - 1 >= c or c == 0) and (i + 2 <= c + 12 or c + 12 == n)]
            for c, n in zip(corner, LARGE.shape)
        )
        np.testing.assert_array_equal(numbers(shown, "output"), output[np.ix_(rows, columns)])
        np.testing.assert_array_equal(
            numbers(shown, "input", "(td) => td.classList.contains('padding') ? 'NaN' : td.textContent")[
                (corner[0] == 0) : (corner[0] == 0) + 12, (corner[1] == 0) : (corner[1] == 0) + 12
            ],
            LARGE[corner[0] : corner[0] + 12, corner[1] : corner[1] + 12],
        )
        shown.page.mouse.move(0, 0)  # what comes to lie under a resting pointer is not chosen
        shown.cell(1, 1).hover()
        assert shown.explorer.selected == (rows[1] // stride, columns[1] // stride)
        assert shown.page.locator(".total").inner_text().endswith(f" {output[rows[1], columns[1]]:g}".replace("-", "−"))


def test_a_thousand_wishes_are_answered_with_the_newest(open_page):
    shown = open_page(image=RANDOM.random((512, 512)), kernel=CROSS, bias=None)
    shown.page.evaluate(
        """() => { const frame = document.querySelector(".whole-image .picture"), box = frame.getBoundingClientRect();
          for (let i = 0; i < 1000; i++) frame.dispatchEvent(new PointerEvent("pointermove", { buttons: 1,
            clientX: box.left + (i / 1000) * box.width, clientY: box.top + 20 + i % 50 })); }"""
    )
    shown.settle("model.get('_answered') === model.get('_asked') && model.get('corner')[1] > 490")
    assert shown.explorer._answered < 20


# Pin and quiz on the page


def test_pin_a_cell_by_key_and_by_box_and_compare(open_page):
    shown = open_page(image=LARGE[:5, :5], kernel=CROSS, bias=None)
    shown.cell(1, 1).focus()
    shown.page.keyboard.press("p")
    shown.page.keyboard.press("ArrowRight")
    assert (shown.explorer.pinned, shown.explorer.selected) == ((1, 1), (1, 2))
    totals = shown.page.locator(".total").all_inner_texts()
    wanted = [(LARGE[1:4, 2:5] * CROSS).sum(), (LARGE[1:4, 1:4] * CROSS).sum()]
    assert [read(total.split()[1]) for total in totals] == wanted
    assert shown.page.evaluate("texts('.pin')") == [shown.cell(1, 1).inner_text()]
    assert shown.page.locator(".pinned-window").count() == 9
    shown.page.get_by_role("checkbox", name="Pin this cell").uncheck()
    assert shown.explorer.pinned is None and shown.page.locator(".sum").count() == 1
    shown.explorer.pinned = (0, 0)
    assert shown.page.get_by_role("checkbox", name="Pin this cell").is_checked()


def test_the_quiz_hides_asks_and_reveals(open_page):
    shown = open_page(image=LARGE[:5, :5], kernel=CROSS, bias=None)
    page = shown.page
    page.get_by_role("checkbox", name="Quiz").check()
    assert set(page.evaluate("[...texts('.output td:not(.off)'), ...texts('.product')]")) == {"?"}
    assert page.locator(".total").inner_text() == "= ?"
    field, feedback = page.get_by_label("Predict output[0, 0]"), page.locator(".feedback")
    field.fill("seven")
    field.press("Enter")
    assert feedback.inner_text() == "Not a number: “seven”." and shown.explorer.guess is None
    field.fill(str((WINDOW * CROSS[::-1, ::-1]).sum()))
    page.get_by_role("button", name="Check").click()
    shown.settle("document.querySelector('.feedback').textContent.includes('turned by 180°')")
    right = (WINDOW * CROSS).sum()
    field.fill(str(right))
    field.press("Enter")
    shown.settle("document.querySelector('.feedback').textContent.startsWith('Right')")
    assert read(shown.cell(0, 0).inner_text()) == right and "?" not in page.evaluate("texts('.product')")
    shown.cell(0, 1).hover()
    assert feedback.inner_text() == "" and page.get_by_label("Predict output[0, 1]").input_value() == ""
    page.get_by_role("button", name="Show").click()
    assert read(shown.cell(0, 1).inner_text()) == (LARGE[:3, 1:4] * CROSS).sum()
    assert page.evaluate("texts('.output td:not(.off)').filter((text) => text === '?').length") == 7


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing(open_page, theme):
    for settings in ({"view": "formula", "pinned": (1, 1), "quiz": True}, {"image": LARGE, "kernel": CROSS, "bias": 1}):
        shown = open_page(theme, **settings)
        result = Axe().run(shown.page, options={"resultTypes": ["violations"]}).response
        assert [(rule["id"], rule["nodes"][0]["html"]) for rule in result["violations"]] == []


@pytest.mark.parametrize("width", [400, 800, 1280])
def test_nothing_is_clipped(open_page, width):
    large = {"image": RANDOM.integers(-99, 0, (400, 412, 3)), "corner": (388, 400)}
    for settings in ({"view": "formula", "pinned": (1, 1), "quiz": True}, large):
        shown = open_page(width=width, context={"has_touch": True}, **settings)
        assert shown.page.evaluate("document.documentElement.scrollWidth") <= width
