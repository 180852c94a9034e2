"""The page of the convolution explorer in a real browser, with the real Python class behind a fake model."""

import itertools

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from explorer_page import THEMES

from cnnlab.widgets import ConvolutionExplorer

IMAGE = np.array([[0, 1, 2, 3, 0], [1, 5, 0, 2, 1], [4, 0, 0, 1, 2], [0, 3, 1, 7, 0], [2, 2, 0, 1, 6]])
KERNEL = np.array([[1, 0, -1], [2, 0, -3], [1, 4, -1]])

# `look()` says what is on screen; `walk()` selects every output cell in turn, and looks each time.
EYES = """
const seen = (td) => td.checkVisibility({ visibilityProperty: true });
const grid = (name, say) => [...document.querySelectorAll(`.${name} tr`)]
  .map((tr) => [...tr.cells].filter(seen).map(say)).filter((row) => row.length);
const texts = (selector) => [...document.querySelectorAll(selector)].map((element) => element.textContent);
window.look = () => ({
  factors: texts(".products .factors"),
  products: texts(".products .product"),
  chosen: texts(".output td.chosen"),
  sum: document.querySelector(".sum").textContent.replace(/\\s/g, ""),
  window: grid("input", (td) => td.classList.contains("window")),
});
window.walk = async () => {
  const output = grid("output", (td) => td.textContent);
  const cells = [];
  for (let row = 0; row < output.length; row++) {
    for (let column = 0; column < output[0].length; column++) {
      model.set("selected", [row, column]);
      await null;
      cells.push(look());
    }
  }
  return {
    output, cells,
    input: grid("input", (td) => td.textContent),
    padding: grid("input", (td) => td.classList.contains("padding")),
    kernel: [...document.querySelectorAll(".kernel input")].map((input) => input.value),
  };
};
"""


@pytest.fixture
def show(show):
    def show_convolution(image=IMAGE, kernel=KERNEL, settings=None, **context):
        shown = show(ConvolutionExplorer(image, kernel, **settings or {}), **context)
        shown.page.evaluate(EYES + "null")
        shown.output_cell = lambda row, column: shown.page.locator(".output tr").nth(row).locator("td").nth(column)
        shown.sum = lambda: shown.page.evaluate("look().sum")
        return shown

    return show_convolution


def read(text):
    return float(text.replace("−", "-").replace("∞", "inf"))


def written(number):
    return str(int(number)).replace("-", "−")


def in_brackets(number):
    return f"({written(number)})" if number < 0 else written(number)


# Every number on screen, in every state


def test_every_number_in_every_state(show, cross_correlate):
    shown = show()
    states, at = 0, {}
    every = itertools.product((False, True), (False, True), (1, 2), (1, 2, 3, 4), (0, 1, 2))
    for flip, same, dilation, stride, amount in every:
        if same and amount:
            continue
        wanted = {"Flip the kernel": flip, "Keras’s “same”": same, "Dilation": dilation, "Stride": stride}
        for name, value in (wanted if same else wanted | {"Padding": amount}).items():
            if at.get(name) != value:
                shown.slide(name, value)
        at = wanted if same else wanted | {"Padding": amount}
        screen = shown.page.evaluate("walk()")
        output = cross_correlate(IMAGE, KERNEL, stride, "same" if same else (amount,) * 4, dilation, flip)
        assert [[read(text) for text in row] for row in screen["output"]] == output.tolist()

        kernel = np.rot90(KERNEL, 2) if flip else KERNEL
        assert [read(text) for text in screen["kernel"]] == kernel.ravel().tolist()
        padded = np.array([[read(text) for text in row] for row in screen["input"]])
        hatched = np.array(screen["padding"])
        np.testing.assert_array_equal(padded[~hatched].reshape(IMAGE.shape), IMAGE)
        assert not padded[hatched].any() and (same or padded.shape == (5 + 2 * amount, 5 + 2 * amount))

        for (row, column), cell in zip(np.ndindex(output.shape), screen["cells"]):
            steps = np.ix_(*(start * stride + np.arange(3) * dilation for start in (row, column)))
            window = np.zeros(padded.shape, bool)
            window[steps] = True
            assert cell["window"] == window.tolist()
            pixels, weights = padded[steps].ravel(), kernel.ravel()
            terms = [f"{in_brackets(pixel)}×{in_brackets(weight)}" for pixel, weight in zip(pixels, weights)]
            assert cell["factors"] == terms
            assert [read(text) for text in cell["products"]] == (pixels * weights).tolist()
            total = written(output[row, column])
            assert cell["sum"] == f"output[{row},{column}]={'+'.join(terms)}={total}" and cell["chosen"] == [total]
        states += 1
    assert states == 2 * 2 * 4 * 4
    assert shown.explorer.output.shape == (2, 2)  # Python followed to the last state


def test_rounded_and_odd_numbers(show, cross_correlate):
    random = np.random.default_rng(0)
    image, kernel = random.normal(size=(6, 7)), random.normal(size=(2, 3))
    screen = show(image, kernel, settings={"padding": 1}).page.evaluate("walk()")
    output = np.array([[read(text) for text in row] for row in screen["output"]])
    np.testing.assert_allclose(output, cross_correlate(image, kernel, pads=(1, 1, 1, 1)), rtol=0.05)
    assert all("≈" in cell["sum"] for cell in screen["cells"])

    odd = show(np.array([[np.nan, 1], [np.inf, 1e30]]), np.array([[-1.0]])).page.evaluate("walk()")
    assert odd["output"] == [["NaN", "−1"], ["−∞", "−1e30"]]


# Pointing, stepping, sliding, typing


def test_hover_shows_where_a_cell_comes_from(show):
    shown = show()
    before = shown.sum()
    shown.output_cell(1, 2).hover()
    assert shown.sum() == "output[1,2]=0×1+2×0+1×(−1)+0×2+1×0+2×(−3)+1×1+7×4+0×(−1)=22" != before
    assert shown.explorer.selected == (1, 2)


def test_cells_that_change_under_a_resting_pointer_do_not_take_the_selection(show):
    shown = show()
    box = shown.output_cell(1, 1).bounding_box()
    x, y = round(box["x"]) + 10, round(box["y"]) + 10
    shown.page.mouse.move(x, y)
    assert shown.explorer.selected == (1, 1)
    shown.explorer.selected = (2, 2)
    shown.explorer.padding = 2
    shown.page.evaluate(  # what Chromium does when the page changes under the pointer
        """([x, y]) => document.elementFromPoint(x, y)
             .dispatchEvent(new PointerEvent("pointermove", { bubbles: true, clientX: x, clientY: y }))""",
        [x, y],
    )
    assert shown.explorer.selected == (2, 2)


def test_touch_selects(show):
    shown = show(has_touch=True)
    shown.output_cell(2, 1).tap()
    assert shown.explorer.selected == (2, 1)


def test_keyboard_reaches_everything_and_leaves(show):
    shown = show()
    keys, seen = shown.page.keyboard, []
    for _ in range(24):
        keys.press("Tab")
        seen.append(shown.page.evaluate("document.activeElement.closest('.stage, .control')?.parentElement.classList[1]"
                                        " ?? document.activeElement.textContent"))  # fmt: skip
        assert shown.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        if seen[-1] == "after":
            break
    grids = [name for name in seen if name in ("input", "kernel", "products", "output")]
    assert grids == ["input", "kernel", "products", "output"] and seen[-2:] == ["output", "after"]

    keys.press("Shift+Tab")
    for key, cell in [("ArrowRight", (0, 1)), ("ArrowDown", (1, 1)), ("End", (1, 2)), ("Control+Home", (0, 0)),
                      ("ArrowUp", (0, 0)), ("Control+End", (2, 2)), ("ArrowLeft", (2, 1))]:  # fmt: skip
        keys.press(key)
        assert shown.explorer.selected == cell, key
    assert shown.sum().startswith("output[2,1]=")
    for _ in range(6):  # over the three buttons of the output, the products, and the box to flip
        keys.press("Shift+Tab")
    keys.press("ArrowDown")
    assert shown.page.evaluate("document.activeElement.getAttribute('aria-label')") == "kernel[1, 0]"


def test_plain_keys_stay_in_the_explorer(show):
    shown = show()
    shown.page.evaluate("window.leaked = []; document.addEventListener('keydown', (e) => leaked.push(e.key))")
    shown.output_cell(0, 0).click()
    for key in ("a", "d", "d", "Shift+M", "Enter", "ArrowDown", "Escape", "Control+s", "Shift+Enter"):
        shown.page.keyboard.press(key)
    assert shown.page.evaluate("leaked.filter((key) => !['Control', 'Shift'].includes(key))") == ["s", "Enter"]


def test_previous_next_and_play(show):
    shown = show()
    page = shown.page
    page.get_by_label("Next output cell").click()
    assert shown.explorer.selected == (0, 1)
    for _ in range(2):
        page.get_by_label("Previous output cell").click()
    assert shown.explorer.selected == (2, 2)
    shown.stop_the_clock()
    page.get_by_role("button", name="Play").click()
    assert shown.explorer.selected == (0, 0)
    page.clock.run_for(3000)
    assert shown.explorer.selected == (0, 2)
    shown.output_cell(1, 0).hover()  # pointing pauses
    page.clock.run_for(5000)
    assert shown.explorer.selected == (1, 0) and page.get_by_role("button", name="Play").is_visible()
    page.get_by_role("button", name="Play").click()
    page.clock.run_for(20_000)
    assert shown.explorer.selected == (2, 2) and page.get_by_role("button", name="Play").is_visible()


def test_a_step_lets_the_products_fly_into_the_sum(show):
    page = show().page
    page.evaluate(
        """() => {
          window.flown = [];
          const seen = (changes) => flown.push(...changes.flatMap(({ addedNodes }) => [...addedNodes])
            .filter((node) => node.className === "ghost").map((ghost) => ghost.textContent));
          new MutationObserver(seen).observe(document.querySelector(".scene"), { childList: true });
        }"""
    )
    page.get_by_label("Next output cell").click()
    page.wait_for_function("flown.length === 10")  # nine products, and their sum
    numbers = [*page.locator(".product").all_inner_texts(), page.locator(".answer").inner_text()]
    assert page.evaluate("flown") == numbers
    page.wait_for_function("!document.querySelector('.ghost')")


def test_pointing_moves_nothing_but_the_frame(show):
    shown = show()
    shown.output_cell(1, 1).hover()
    shown.page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    assert shown.page.locator(".ghost").count() == 0


def test_play_is_slower_and_nothing_flies_for_those_who_want_less_motion(show):
    shown = show(reduced_motion="reduce")
    shown.page.get_by_label("Next output cell").click()
    shown.page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    assert shown.page.evaluate("document.getAnimations().length") == 0
    shown.page.get_by_label("Previous output cell").click()
    shown.stop_the_clock()
    shown.page.get_by_role("button", name="Play").click()
    shown.page.clock.run_for(1300)
    assert shown.explorer.selected == (0, 1)


@pytest.mark.parametrize("width", [560, 880])
@pytest.mark.parametrize("size, length", [(5, 3), (8, 3), (12, 3), (12, 5)])
def test_what_belongs_together_is_seen_together(show, size, length, width):
    """In a cell of a notebook in a window of 900 or 1280 pixels, beside JupyterLab's list of files."""
    random = np.random.default_rng(0)
    shown = show(random.integers(0, 256, (size, size)), random.integers(-2, 3, (length, length)), width=width)
    shown.page.evaluate("document.querySelector('h1').remove(), document.body.style.margin = 0")
    for _ in range(2):
        shown.wait_for_a_frame()
        tables = [shown.page.locator(f".{name} table") for name in ("input", "kernel", "products", "output")]
        boxes = [table.bounding_box() for table in tables]
        assert max(box["y"] + box["height"] for box in boxes) - min(box["y"] for box in boxes) <= 480
        assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)
        assert shown.page.locator(".cnnlab-explorer").bounding_box()["height"] <= 640
        shown.slide("Padding", 2)


def test_seven_digits_do_not_break_the_layout(show):
    shown = show(IMAGE * 1234567.0, KERNEL * 1.234567, width=560)
    shown.wait_for_a_frame()
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= 560
    height = shown.page.locator(".cnnlab-explorer").bounding_box()["height"]
    shown.page.get_by_label("kernel[0, 0]").fill("-1234567")
    shown.settle("model.get('_answered') === model.get('_asked') && look().factors[0].includes('−1.2e6')")
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= 560
    assert abs(shown.page.locator(".cnnlab-explorer").bounding_box()["height"] - height) < 40


def test_sliders_stop_before_the_kernel_sticks_out(show):
    shown = show(IMAGE[:4, :4])
    note = shown.page.locator(".note")
    shown.slider("Dilation").focus()
    shown.page.keyboard.press("ArrowRight")
    assert shown.explorer.dilation_rate == 1 and shown.slider("Dilation").input_value() == "1"
    assert "Dilation 2 does not fit" in note.inner_text()
    shown.slide("Padding", 1)
    assert note.inner_text() == ""
    shown.slide("Dilation", 2)
    assert shown.explorer.dilation_rate == 2 and shown.explorer.output.shape == (2, 2)
    shown.slide("Padding", 0)
    assert shown.explorer.padding == 1 and shown.slider("Padding").input_value() == "1"
    assert "Lower the dilation first" in note.inner_text()
    shown.slide("Keras’s “same”", True)
    assert shown.explorer.padding == "same"
    shown.slide("Stride", 2)
    assert "not both at once" in note.inner_text()


def test_typing_a_weight_goes_to_python_and_back(show):
    shown = show()
    weight = shown.page.get_by_label("kernel[1, 1]")
    weight.fill("-2.5")
    shown.settle("look().sum.includes('5×(−2.5)')")
    assert shown.explorer.kernel[1, 1] == -2.5 and weight.input_value() == "-2.5"
    assert shown.output_cell(0, 0).inner_text() == "−8.5"
    weight.blur()
    assert weight.input_value() == "−2.5"
    shown.slide("Flip the kernel", True)
    shown.page.get_by_label("kernel[0, 0]").fill("9")
    shown.settle("look().factors[8] === '0×9'")
    assert shown.explorer.kernel[0, 0] == 9


@pytest.mark.parametrize("text", ["abc", "", "-", "1e", "0,5", "NaN", "1e999"])
def test_what_is_no_number_is_kept_and_explained(show, text):
    shown = show()
    weight = shown.page.get_by_label("kernel[0, 2]")
    weight.fill(text)
    weight.blur()
    assert weight.input_value() == text and weight.get_attribute("aria-invalid") == "true"
    message = shown.page.locator(f"#{weight.get_attribute('aria-describedby')}")
    assert message.inner_text() == f"Not a number: “{text}”. The value stays −1."
    np.testing.assert_array_equal(shown.explorer.kernel, KERNEL)
    weight.press("Escape")
    assert weight.input_value() == "−1" and weight.get_attribute("aria-invalid") == "false"
    assert message.inner_text() == ""


def test_a_busy_python_is_named_and_nothing_typed_is_lost(show):
    shown = show()
    shown.answering = False
    weight = shown.page.get_by_label("kernel[0, 0]")
    weight.fill("7")
    weight.blur()
    shown.settle("document.querySelector('.message').textContent.includes('Waiting for Python')")
    assert weight.input_value() == "7"
    for text in ("8", "8.", "8.5"):  # typed meanwhile: kept, and sent together when Python answers
        shown.page.get_by_label("kernel[0, 1]").fill(text)
    shown.answering = True
    shown.page.evaluate("to_python(JSON.stringify({ kernel: model.get('kernel'), _asked: 1 }))")
    shown.settle("document.querySelector('.message').textContent === '' && look().factors[1] === '1×8.5'")
    assert shown.explorer.kernel[0].tolist() == [7, 8.5, -1]
    assert shown.explorer._answered == 2


def test_picture_follows_python(show):
    shown = show()
    explorer, page = shown.explorer, shown.page
    explorer.padding = 1
    explorer.selected = (4, 4)
    assert shown.sum() == "output[4,4]=7×1+0×0+0×(−1)+1×2+6×0+0×(−3)+0×1+0×4+0×(−1)=9"
    explorer.selected = None
    assert "Point at an output cell" in page.locator(".sum").inner_text() and page.evaluate("look().chosen") == []
    explorer.image, explorer.kernel = np.eye(4), [[1, 2]]
    explorer.selected = (0, 0)
    assert shown.sum() == "output[0,0]=0×1+0×2=0" and page.locator(".kernel input").count() == 2
    explorer.strides = 6
    assert shown.slider("Stride").get_attribute("max") == "6" and shown.slider("Stride").input_value() == "6"


def test_pixel_weight_product_and_term_light_up_together(show):
    shown = show()
    shown.page.locator(".products td").nth(5).hover()
    say = "[...document.querySelectorAll('.linked')].map((element) => element.textContent || element.firstChild.value)"
    linked = shown.page.evaluate(say)
    assert sorted(linked) == sorted(["0", "−3", "0×(−3)0", "0×(−3)"])


# For everyone


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing(show, theme):
    shown = show(theme=theme, settings={"padding": "same", "strides": 2, "dilation_rate": 2, "flip": True})
    shown.page.get_by_label("kernel[2, 2]").fill("x")
    for selected in [(0, 0), None]:
        shown.explorer.selected = selected
        result = Axe().run(shown.page, options={"resultTypes": ["violations", "incomplete"]}).response
        assert [(rule["id"], rule["nodes"][0]["html"]) for rule in result["violations"]] == []


@pytest.mark.parametrize("theme", THEMES)
def test_text_has_contrast_on_every_tint(show, theme):
    """At least 4.5 to 1, computed here, because axe cannot see through hatching."""
    shown = show(theme=theme)
    colors = shown.page.evaluate(
        """() => {
          const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
          const rgb = (color) => {
            paint.fillStyle = color;
            paint.fillRect(0, 0, 1, 1);
            return [...paint.getImageData(0, 0, 1, 1).data].slice(0, 3);
          };
          const cell = document.querySelector(".output td");
          return [..."012345678"].map((level) => {
            cell.dataset.level = level;
            const style = getComputedStyle(cell);
            return [rgb(style.color), rgb(style.backgroundColor)];
          });
        }"""
    )

    def luminance(rgb):
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in np.array(rgb) / 255]
        return np.dot([0.2126, 0.7152, 0.0722], linear) + 0.05

    for text, ground in colors:
        dark, light = sorted((luminance(text), luminance(ground)))
        assert light / dark >= 4.5
    assert len({tuple(ground) for _, ground in colors}) == 9


def test_a_screen_reader_hears_the_new_cell_after_a_rest(show):
    shown = show()
    spoken = shown.page.locator(".spoken")
    assert spoken.get_attribute("role") == "status" and spoken.inner_text() == ""
    shown.stop_the_clock()
    shown.output_cell(0, 0).focus()
    for key in ("ArrowDown", "ArrowDown"):
        shown.page.keyboard.press(key)
        shown.page.clock.run_for(100)
        assert spoken.inner_text() == ""
    shown.page.clock.run_for(100)
    assert spoken.inner_text() == "Output 3 × 3. output[2, 0] is 11, from the input's rows 2 to 4 and columns 0 to 2."


@pytest.mark.parametrize("size, length, width", [(5, 3, 400), (5, 3, 800), (12, 5, 800), (12, 5, 1280)])
def test_nothing_is_clipped_and_nothing_moves(show, size, length, width):
    random = np.random.default_rng(0)
    shown = show(random.integers(0, 256, (size, size)), random.integers(-2, 3, (length, length)), width=width)
    where = """() => [".controls", ".note", ".panel", ".stage", ".middle table", ".sum", ".input td:not(.padding)"]
      .flatMap((selector) => [...document.querySelectorAll(selector)])
      .map((element) => JSON.stringify(element.getBoundingClientRect()))"""
    shown.wait_for_a_frame()
    if shown.page.locator(".tight").count():  # the image is drawn as large as it can be read
        where = where.replace(', ".input td:not(.padding)"', "")
    before = shown.page.evaluate(where)
    moves = {"Padding": 2, "Dilation": 2, "Stride": 4, "Keras’s “same”": True, "Flip the kernel": True}
    for name, value in moves.items():
        shown.slide(name, value)
        assert shown.page.evaluate(where) == before, name
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= width
    stages = "[...document.querySelectorAll('.stage')].map((stage) => stage.scrollWidth - stage.clientWidth)"
    assert not any(shown.page.evaluate(stages))


def test_cleanup_leaves_nothing_behind(show):
    shown = show()
    shown.stop_the_clock()
    shown.page.get_by_role("button", name="Play").click()
    left = shown.page.evaluate(
        """() => {
          const root = document.querySelector(".cnnlab-explorer"), before = JSON.stringify(model.get("selected"));
          const inside = root.querySelectorAll(".output td")[4];
          cleanup();
          document.body.append(root);  // would it still react?
          inside.dispatchEvent(new FocusEvent("focusin", { bubbles: true }));
          root.querySelector("[aria-label='Next output cell']").click();
          const reacted = JSON.stringify(model.get("selected")) !== before;
          root.remove();
          return [model.listeners.length, document.getElementById("cell").childNodes.length, reacted];
        }"""
    )
    assert left == [0, 0, False]
    selected = shown.explorer.selected
    shown.page.clock.run_for(5000)
    assert shown.explorer.selected == selected
