"""The kernel playground: its traits and pictures without a browser, then its page in one."""

import base64
import io
import json
import re

import numpy as np
import pytest
import traitlets
from axe_playwright_python.sync_playwright import Axe
from explorer_page import THEMES
from PIL import Image

from cnnlab.widgets import KernelPlayground

RANDOM = np.random.default_rng(2)
IMAGE = RANDOM.random((9, 12)).astype(np.float32)
EDGE = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])


@pytest.fixture
def playground():
    return KernelPlayground(IMAGE, EDGE)


def painted(picture):
    """What the page paints: an array of bytes."""
    return np.frombuffer(base64.b64decode(picture["pixels"]), np.uint8).reshape(*picture["size"], -1)


# Without a browser


@pytest.mark.parametrize("size", [3, 5])
@pytest.mark.parametrize(
    "preset, facts",  # the sum of the weights, the weight in the middle of 3 × 3, and whether turning changes nothing
    [("identity", (1, 1, True)), ("box blur", (1, 1 / 9, True)), ("gaussian blur", (1, 0.25, True)),
     ("sharpen", (1, 5, True)), ("sobel x", (0, 0, False)), ("sobel y", (0, 0, False)), ("laplacian", (0, -4, True)),
     ("emboss", (1, 1, False))],
)  # fmt: skip
def test_presets_are_what_they_are_called(playground, preset, facts, size, cross_correlate):
    playground.kernel_size = size
    playground.preset = preset
    total, middle, symmetric = facts
    kernel = playground.kernel
    assert kernel.shape == (size, size) and kernel.sum() == pytest.approx(total, abs=1e-6)
    assert size == 5 or kernel[1, 1] == pytest.approx(middle)
    assert np.array_equal(kernel, np.rot90(kernel)) == symmetric
    np.testing.assert_allclose(playground.result, cross_correlate(IMAGE, kernel), atol=1e-5)
    assert KernelPlayground(IMAGE, kernel).preset == preset and (preset in repr(playground))


def test_sobel_finds_what_grows_to_the_right_and_downward():
    right, down = np.tile(np.arange(5.0), (5, 1)) / 8, np.tile(np.arange(5.0), (5, 1)).T / 8
    for image, x, y in ((right, 1, 0), (down, 0, 1)):
        assert (KernelPlayground(image, "sobel x").result == x).all()
        assert (KernelPlayground(image, "sobel y").result == y).all()


def test_a_kernel_grows_with_zeros_around_it_and_shrinks_to_its_middle(playground):
    playground.kernel = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    playground.kernel_size = 5
    assert playground.preset == "custom"
    np.testing.assert_array_equal(playground.kernel, np.pad(np.arange(1, 10).reshape(3, 3), 1))
    playground.kernel_size = 3
    assert playground.kernel.tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]


@pytest.mark.parametrize("negative, tone", [("clip", lambda x: x), ("offset", lambda x: x + 0.5), ("absolute", abs)])
def test_what_no_gray_can_show_is_counted_and_marked(playground, negative, tone, cross_correlate):
    playground.negative = negative
    values = tone(cross_correlate(IMAGE, EDGE))
    below, above = values < 0, values > 1
    assert f"{below.sum()} of 70 pixels are below black and {above.sum()} above white" in playground.describe()
    gray = painted(playground._shown["result"])[..., 0]
    np.testing.assert_allclose(gray, np.clip(values, 0, 1) * 255, atol=0.51)
    low, high = {"clip": (0, 1), "offset": (-0.5, 0.5), "absolute": (-1, 1)}[negative]
    bars = playground._shown["histogram"]["bars"]
    raw = cross_correlate(IMAGE, EDGE)
    counts, edges = np.histogram(raw, 40, (min(low, raw.min()), max(high, raw.max())))
    assert [height > 0 for height, _ in bars] == (counts > 0).tolist()
    assert max(height for height, _ in bars) == 100
    outside = (edges[1:] < low + 1e-9) | (edges[:-1] > high - 1e-9)
    assert all(clipped for (_, clipped), out in zip(bars, outside) if out)
    playground.mark_clipped = True
    marked = painted(playground._shown["result"])
    colored = (marked != marked[..., :1]).any(axis=2)
    assert not colored[~(below | above)].any() and bool(colored.any()) == bool((below | above).any())


def test_images_come_in_as_gray_from_0_to_1():
    color = RANDOM.integers(0, 256, (6, 7, 3))
    np.testing.assert_allclose(KernelPlayground(color).image, color.mean(axis=2) / 255, atol=1e-6)
    large = RANDOM.random((600, 512))
    playground = KernelPlayground(large)
    assert playground.image.shape == (200, 171)
    np.testing.assert_allclose(playground.image[0, 0], large[:3, :3].mean(), atol=1e-6)
    for name in ("photo", "scene", "blank"):
        playground.source = name
        assert playground.image.min() >= 0 and playground.image.max() <= 1 and repr(playground)
    assert playground.source == "blank" and KernelPlayground().source == "photo"


def test_numbers_that_are_odd_are_survived():
    odd = KernelPlayground([[np.nan, np.inf, 1e38]] * 3, np.full((3, 3), 1e30), pointed=(0, 0))
    json.dumps(odd.get_state(), allow_nan=False)
    assert odd._sum["total"] == "= NaN" and "no finite values" in repr(odd) and odd._static_html()


REFUSED = [
    ({"image": "cat"}, "`image` must be one of 'photo', 'scene', 'blank'; got 'cat'"),
    ({"image": np.zeros((5, 5, 2))}, r"`image` of shape \(5, 5, 2\) .*without its opacity, write image\[..., 0\]"),
    ({"image": [[1, 2]]}, r"`image` of shape \(1, 2\) is smaller than `kernel`"),
    ({"image": np.zeros((0, 5))}, "`image` is empty"),
    ({"image": None}, "`image` must be an array of real numbers.*got None"),
    ({"kernel": "blur"}, "`kernel` must be one of 'identity', 'box blur'.*got 'blur'"),
    ({"kernel": np.ones((4, 4))}, r"`kernel` must have shape \(3, 3\) or \(5, 5\).*\(4, 4\)"),
    ({"negative": "hide"}, "`negative` must be one of 'clip', 'offset', 'absolute'; got 'hide'"),
    ({"pointed": (7, 0)}, r"`pointed` must be None or .*\(7, 10\); got \(7, 0\)"),
    ({"mark_clipped": 2}, "`mark_clipped` must be True or False"),
]


@pytest.mark.parametrize("bad, message", REFUSED)
def test_bad_values_are_refused_and_change_nothing(playground, bad, message):
    with pytest.raises((ValueError, TypeError, traitlets.TraitError), match=message):
        KernelPlayground(**{"image": IMAGE, "kernel": EDGE} | bad)
    before = playground.get_state()
    [(name, value)] = bad.items()
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(playground, name, value)
    assert playground.get_state() == before


def test_static_form_is_a_table_and_two_pictures_with_words(playground, cross_correlate):
    text = playground._repr_mimebundle_()[0]["text/html"]
    assert text == KernelPlayground(IMAGE, EDGE)._static_html()
    assert [float(cell.replace("−", "-")) for cell in re.findall("<td>(.*?)</td>", text)] == EDGE.ravel().tolist()
    alts, sources = zip(*re.findall('<img alt="(.*?)" width="300" src="data:image/png;base64,(.*?)">', text))
    assert alts[1].startswith("KernelPlayground: the kernel “sobel x”, 3 × 3, over a 9 × 12 image gives values from")
    shown = [np.asarray(Image.open(io.BytesIO(base64.b64decode(source)))) for source in sources]
    for pixels, values in zip(shown, (IMAGE, cross_correlate(IMAGE, EDGE))):
        np.testing.assert_allclose(pixels, np.clip(values, 0, 1) * 255, atol=0.51)


# The page

PIXELS = """(name) => {
  const canvas = document.querySelector(`.${name} canvas`);
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return [canvas.height, canvas.width, [...data].filter((_, i) => i % 4 === 0)];
}"""


@pytest.fixture
def open_page(show):
    def open_page(theme="light", width=1280, image=IMAGE, kernel=EDGE, context={}, **settings):
        shown = show(KernelPlayground(image, kernel, **settings), theme, width, **context)
        shown.choose = lambda name, option: (
            shown.page.get_by_role("combobox", name=name).select_option(option), answered(shown)
        )  # fmt: skip
        return shown

    return open_page


def answered(shown):
    shown.settle("model.get('_answered') === model.get('_asked')")


def pixels(shown, name):
    rows, columns, values = shown.page.evaluate(PIXELS, name)
    return np.array(values).reshape(rows, columns)


def test_the_result_follows_every_preset_size_and_choice(open_page, cross_correlate):
    shown = open_page()
    np.testing.assert_allclose(pixels(shown, "image"), IMAGE * 255, atol=0.51)
    for size in ("5", "3"):
        shown.choose("Size", size)
        for preset in ("identity", "box blur", "gaussian blur", "sharpen", "sobel x", "sobel y", "laplacian", "emboss"):
            shown.choose("Preset", preset)
            result = cross_correlate(IMAGE, shown.explorer.kernel)
            np.testing.assert_allclose(pixels(shown, "result"), np.clip(result, 0, 1) * 255, atol=0.52)
            assert shown.page.locator(".kernel input").count() == int(size) ** 2
    shown.choose("Negative values", "absolute")
    np.testing.assert_allclose(pixels(shown, "result"), np.clip(abs(result), 0, 1) * 255, atol=0.52)
    below, above = 0, (abs(result) > 1).sum()
    said = shown.page.locator(".facts .clipped").inner_text()
    assert f"{below} of 70 pixels are below black, {above} above white." in said


def test_typing_a_weight_makes_a_kernel_of_ones_own(open_page, cross_correlate):
    shown = open_page()
    shown.page.get_by_label("kernel[0, 1]").fill("2.5")
    answered(shown)
    kernel = EDGE.astype(float)
    kernel[0, 1] = 2.5
    np.testing.assert_allclose(pixels(shown, "result"), np.clip(cross_correlate(IMAGE, kernel), 0, 1) * 255, atol=0.52)
    assert shown.page.get_by_role("combobox", name="Preset").input_value() == "custom"
    assert "The weights sum to 2.5." in shown.page.locator(".weights").inner_text()
    shown.page.get_by_label("kernel[0, 1]").fill("x")
    assert "Not a number: “x”" in shown.page.locator(".message").inner_text()


def texts(shown, selector):
    return [float(text.replace("−", "-")) for text in shown.page.locator(selector).all_inner_texts()]


def test_pointing_shows_the_window_and_the_sum(open_page):
    shown = open_page()
    frame = shown.page.locator(".result .picture")
    box = frame.bounding_box()
    for row, column in ((0, 0), (3, 7), (6, 9)):
        x, y = box["x"] + (column + 0.5) * box["width"] / 10, box["y"] + (row + 0.5) * box["height"] / 7
        shown.page.mouse.move(x, y)
        answered(shown)
        assert shown.explorer.pointed == (row, column)
        target, total = shown.page.locator(".total").inner_text().split("] ")
        assert target == f"result[{row}, {column}"
        terms = shown.page.locator(".factors").all_inner_texts()
        plain = [term.replace("(", "").replace(")", "").replace("−", "-") for term in terms]
        factors = np.array([term.split("×") for term in plain]).astype(float)
        np.testing.assert_allclose(
            texts(shown, ".window td"), IMAGE[row : row + 3, column : column + 3].ravel(), atol=0.006)
        np.testing.assert_allclose(
            texts(shown, ".product"), (IMAGE[row : row + 3, column : column + 3] * EDGE).ravel(), atol=0.006)
        assert texts(shown, ".answer") == [float(total.split()[1].rstrip(":").replace("−", "-"))]
        np.testing.assert_allclose(factors[:, 0], IMAGE[row : row + 3, column : column + 3].ravel(), atol=0.006)
        np.testing.assert_array_equal(factors[:, 1], EDGE.ravel())
        value = (IMAGE[row : row + 3, column : column + 3] * EDGE).sum()
        assert float(total.split()[1].rstrip(":").replace("−", "-")) == pytest.approx(value, abs=0.006)
        assert ("darker" in total, "lighter" in total) == (value < 0, value > 1)
        image = shown.page.locator(".image .picture").bounding_box()
        window = shown.page.locator(".image .mark.window").bounding_box()
        assert (window["y"] - image["y"]) / image["height"] == pytest.approx(row / 9, abs=0.01)
        assert window["width"] / image["width"] == pytest.approx(3 / 12, abs=0.01)
    frame.focus()
    shown.page.keyboard.press("ArrowUp")
    answered(shown)
    assert shown.explorer.pointed == (5, 9)


def test_the_window_does_not_wait_for_python(open_page):
    shown = open_page()
    shown.answering = False
    frame = shown.page.locator(".result .picture")
    frame.hover(position={"x": 5, "y": 5})
    frame.press("ArrowRight")
    top_left = "(mark) => [mark.style.top, mark.style.left]"
    assert shown.page.locator(".image .mark.window").evaluate(top_left) == ["0%", f"{100 / 12:.6g}%"]


def test_touch_points_too(open_page):
    shown = open_page(context={"has_touch": True})
    shown.page.locator(".result .picture").tap(position={"x": 5, "y": 5})
    answered(shown)
    assert shown.explorer.pointed == (0, 0)


def test_the_pen_draws_by_pointer_and_by_keys(open_page):
    shown = open_page(image=np.zeros((9, 12)))
    shown.choose("Pen", "white")
    box = shown.page.locator(".image .picture").bounding_box()
    at = [(box["x"] + (column + 0.5) * box["width"] / 12, box["y"] + 2.5 * box["height"] / 9) for column in (2, 3, 4)]
    shown.page.mouse.move(*at[0])
    shown.page.mouse.down()
    for place in at[1:]:
        shown.page.mouse.move(*place)
    shown.page.mouse.up()
    shown.page.mouse.move(*at[0])
    answered(shown)
    expected = np.zeros((9, 12))
    expected[2, 2:5] = 1
    np.testing.assert_array_equal(shown.explorer.image, expected)
    for key in ("ArrowDown", " "):
        shown.page.locator(".image .picture").press(key)
    answered(shown)
    expected[3, 2] = 1
    np.testing.assert_array_equal(shown.explorer.image, expected)
    np.testing.assert_array_equal(pixels(shown, "image"), 255 * expected)
    assert shown.explorer.source == "yours"
    for _ in range(2):  # the same stroke in a new image
        shown.choose("Image", "blank")
        shown.page.locator(".image .picture").press(" ")
        answered(shown)
        assert shown.explorer.image[3, 2] == 1 and shown.explorer.source == "yours"


def test_the_pen_draws_lines(open_page):
    """A quick pointer is heard only now and then; what it passed in between is drawn as well."""
    shown = open_page(image=np.zeros((9, 12)))
    shown.choose("Pen", "white")
    box = shown.page.locator(".image .picture").bounding_box()

    def place(row, column):
        return box["x"] + (column + 0.5) * box["width"] / 12, box["y"] + (row + 0.5) * box["height"] / 9

    for start, end in (((1, 1), (1, 9)), ((3, 1), (7, 5))):  # two strokes, which nothing joins
        shown.page.mouse.move(*place(*start))
        shown.page.mouse.down()
        shown.page.mouse.move(*place(*end))
        shown.page.mouse.up()
        answered(shown)
    expected = np.zeros((9, 12))
    expected[1, 1:10] = 1
    expected[range(3, 8), range(1, 6)] = 1
    np.testing.assert_array_equal(shown.explorer.image, expected)


@pytest.mark.parametrize("width", [560, 880])
def test_what_belongs_together_is_seen_together(open_page, width):
    shown = open_page(image="photo", width=width, pointed=(40, 60))
    shown.page.evaluate("document.querySelector('h1').remove(), document.body.style.margin = 0")
    parts = [".image canvas", ".result canvas", ".window table", ".kernel table", ".products table", ".answer"]
    for preset in ("gaussian blur", "emboss", "identity"):
        shown.wait_for_a_frame()
        boxes = [shown.page.locator(part).bounding_box() for part in parts]
        assert max(box["y"] + box["height"] for box in boxes) - min(box["y"] for box in boxes) <= 480
        assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)
        assert shown.page.locator(".cnnlab-explorer").bounding_box()["height"] <= 640
        before, size = boxes[1], shown.page.get_by_role("combobox", name="Size")
        for option in ("5", "3"):
            shown.choose("Preset", preset)
            size.select_option(option)
            answered(shown)
            assert shown.page.locator(".result canvas").bounding_box() == before  # presets move nothing


def test_what_is_not_finite_is_told(playground):
    image = np.full((6, 6), 0.5)
    image[2, 2] = np.inf
    blurred, kept = KernelPlayground(image, "box blur"), KernelPlayground(image, "identity")
    assert "values from 0.5 to 0.5, and ∞;" in repr(blurred) and "9 above white" in repr(blurred)
    assert kept._shown["clipped"] == "0 of 16 pixels are below black, 1 above white, 8 are no number (NaN)."


def test_an_image_is_opened_and_made_small(open_page):
    shown = open_page()
    picture = np.zeros((300, 600, 3), np.uint8)
    picture[:, 300:] = (255, 0, 255)
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "png")
    choose = shown.page.get_by_label("Open an image")
    for _ in range(2):  # the same again, after another one
        choose.set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": file.getvalue()})
        shown.settle("model.get('_image').size[1] === 192")
        assert shown.explorer.image.shape == (96, 192) and shown.explorer.source == "yours"
        np.testing.assert_allclose(shown.explorer.image[:, [0, 90, 100, 191]], [[0, 0, 2 / 3, 2 / 3]] * 96, atol=0.01)
        shown.choose("Image", "blank")
    choose.set_input_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"text"})
    shown.settle("document.querySelector('.note').textContent.includes('not an image')")


def test_a_thousand_moves_are_answered_with_the_newest(open_page):
    shown = open_page(image="photo")
    shown.page.evaluate(
        """() => { const frame = document.querySelector(".result .picture"), box = frame.getBoundingClientRect();
          for (let i = 0; i < 1000; i++) frame.dispatchEvent(new PointerEvent("pointermove", { bubbles: true,
            clientX: box.left + 0.5 + (i / 1000) * box.width, clientY: box.top + 1 + i % 9 })); }"""
    )
    shown.settle("model.get('_answered') === model.get('_asked') && model.get('pointed')[1] === 125")
    assert shown.explorer._answered < 20


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing(open_page, theme):
    shown = open_page(theme, pointed=(1, 1), mark_clipped=True)
    result = Axe().run(shown.page, options={"resultTypes": ["violations"]}).response
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in result["violations"]] == []


@pytest.mark.parametrize("width", [400, 800, 1280])
def test_nothing_is_clipped(open_page, width):
    shown = open_page(width=width, kernel=np.full((5, 5), -0.123), pointed=(0, 0))
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= width
    stages = "[...document.querySelectorAll('.stage')].map((stage) => stage.scrollWidth - stage.clientWidth)"
    assert not any(shown.page.evaluate(stages))


def test_keyboard_reaches_everything_and_leaves(open_page):
    shown, seen = open_page(), []
    for _ in range(20):
        shown.page.keyboard.press("Tab")
        name = "a.getAttribute('aria-label') ?? (a.labels?.[0]?.firstChild ?? a).textContent"
        seen.append(shown.page.evaluate(f"(() => {{ const a = document.activeElement; return {name}; }})()"))
        if seen[-1] == "after":
            break
    assert seen == ["The image", "Image", "Pen", "Open an image", "Preset", "Size", "", "kernel[0, 0]", "", "The result",
                    "Negative values", "", "after"]  # fmt: skip


def test_cleanup_leaves_nothing_behind(open_page):
    shown = open_page()
    left = shown.page.evaluate(
        """() => { const frame = document.querySelector(".result .picture"); cleanup();
          document.body.append(frame);
          frame.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true }));
          frame.remove();
          return [model.listeners.length, document.getElementById("cell").childNodes.length, model.get("pointed")]; }"""
    )
    assert left == [0, 0, None]
