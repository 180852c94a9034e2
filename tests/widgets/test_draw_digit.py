"""The sheet to draw on: its traits without a browser, then its page."""

import base64
import io
import re

import numpy as np
import pytest
import traitlets
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

import cnnlab
from cnnlab import layers
from cnnlab.widgets import DrawDigit
from cnnlab.widgets.draw_digit import center_as_mnist

SHAPES = [(28, 28, 1), (28, 28), (784,)]


class Recorder:
    """In a model's place: it keeps what it is asked, and likes the class with the number of its brightest row."""

    def __init__(self, shape=(28, 28, 1)):
        self.input_shape, self.asked = (None, *shape), []

    def predict(self, x, verbose=0):
        self.asked.append(x)
        rows = x.reshape(-1, 28, 28).mean(axis=2)[:, 4:14] / x.max(initial=1)
        return np.exp(9 * rows) / np.exp(9 * rows).sum(axis=1, keepdims=True)


@pytest.fixture
def model():
    return Recorder()


def digit(random, height, width):
    """Something that reaches all four sides of a box."""
    image = random.random((height, width)) * (random.random((height, width)) < 0.3)
    image[0, -1] = image[-1, 0] = image[0, 0] = 1
    return image


def by_hand(image):
    """What `center_as_mnist` does, each new pixel cut into 30 × 30 parts."""
    rows, columns = (np.flatnonzero(image.sum(axis)) for axis in (1, 0))
    cut = image[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    height, width = (max(1, round(20 * n / max(cut.shape))) for n in cut.shape)
    fine = [(np.arange(30 * n) + 0.5) * old / (30 * n) for n, old in zip((height, width), cut.shape)]
    small = cut[np.ix_(*(places.astype(int) for places in fine))].reshape(height, 30, width, 30).mean(axis=(1, 3))
    middle = [np.average(np.arange(n), weights=small.sum(1 - axis)) for axis, n in enumerate(small.shape)]
    top, left = (min(max(round(14 - m), 0), 28 - n) for m, n in zip(middle, small.shape))
    result = np.zeros((28, 28))
    result[top : top + height, left : left + width] = small
    return result


@pytest.mark.parametrize("height, width", [(60, 20), (20, 60), (5, 5), (40, 1), (112, 112)])
def test_centering_scales_to_20_and_puts_the_center_of_mass_in_the_middle(height, width):
    image = np.zeros((112, 112))
    drawn = digit(np.random.default_rng(1), height, width)
    image[:height, 112 - width :] = drawn
    centered = center_as_mnist(image)
    np.testing.assert_allclose(centered, by_hand(image), atol=0.03)
    np.testing.assert_array_equal(centered, center_as_mnist(np.pad(drawn, 9)))  # wherever it was drawn
    extent = [np.ptp(np.flatnonzero(centered.any(axis))) + 1 for axis in (0, 1)]
    assert max(extent) == 20
    assert not center_as_mnist(np.zeros((9, 9))).any()


def test_real_mnist_digits_lie_where_they_would_be_put(real_data):
    digits = np.load(real_data / "mnist.npz")["x_test"][:500] / np.float32(255)
    for image in digits:
        np.testing.assert_array_equal(center_as_mnist(image), image)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_model_gets_what_the_network_sees(shape):
    model = Recorder(shape)
    draw = DrawDigit(model, white=255)
    image = np.zeros((56, 56))
    image[4:20, 10:30] = 0.5
    draw.image = image
    np.testing.assert_allclose(model.asked[-1], 255 * draw.network_image.reshape(1, *shape))
    assert draw.prediction == int(np.argmax(draw.scores)) and draw.scores.sum() == pytest.approx(1)
    draw.centered = False
    np.testing.assert_allclose(draw.network_image, image.reshape(28, 2, 28, 2).mean(axis=(1, 3)), atol=1e-6)
    draw.image = image[:, :28]
    np.testing.assert_allclose(draw.network_image[:, :7], 0)  # made square, in the middle


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", ["cnnlab", "keras"])
def test_both_kinds_of_model(kind, shape):
    import keras

    one = cnnlab.Sequential([cnnlab.Input(shape), layers.Flatten(), layers.Dense(5, activation="softmax")])
    other = keras.Sequential([keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(5, activation="softmax")])
    one.set_weights(other.get_weights())
    draw = DrawDigit({"cnnlab": one, "keras": other}[kind], np.eye(30))
    expected = other.predict(draw.network_image.reshape(1, *shape), verbose=0)[0]
    np.testing.assert_allclose(draw.scores, expected, atol=1e-6)


def test_an_empty_sheet_has_no_scores(model):
    draw = DrawDigit(model)
    assert draw.scores is None and draw.prediction is None and draw.describe() == "DrawDigit: the sheet is empty."
    assert draw._static_html() == "<p>DrawDigit: the sheet is empty.</p>"
    assert all(bar[1:] == ["–", 0, ""] for bar in draw._seen["bars"])


def test_a_model_that_gives_nan_is_named(model):
    model.predict = lambda x, verbose=0: np.full((1, 10), np.nan)
    draw = DrawDigit(model, np.eye(28))
    assert draw.prediction is None and "diverge" in draw.describe()
    assert [bar[1:] for bar in draw._seen["bars"]] == [["NaN", 0, ""]] * 10


def test_the_drawing_travels_both_ways(model):
    draw = DrawDigit(model)
    seen = []
    draw.observe(lambda change: seen.append(change.new.sum()), "image")
    pixels = np.arange(6, dtype=np.uint8).reshape(2, 3) * 50
    draw.set_state({"image": {"size": [2, 3], "pixels": base64.b64encode(pixels.tobytes()).decode()}, "_asked": 1})
    np.testing.assert_allclose(draw.image, pixels / 255, atol=1e-6)
    assert len(seen) == 1 and draw._answered == 1
    mine = np.eye(3)
    draw.image = mine
    mine[:] = 0
    assert draw.image.sum() == 3 and base64.b64decode(draw.get_state("image")["image"]["pixels"])[:2] == b"\xff\x00"
    draw.image = np.array([[0, 255]])
    assert draw.image.tolist() == [[0, 1]]
    draw.image = np.ones((4, 4, 1))
    assert draw.image.shape == (4, 4)


MODEL_REFUSED = [
    (Recorder((32, 32, 3)), ValueError, r"`model` must take inputs of shape \(28, 28, 1\).*it takes \(32, 32, 3\)"),
    ("model", TypeError, "`model` must be a Keras or cnnlab model; got 'model'"),
    (cnnlab.Sequential([layers.Dense(3)]), ValueError, "`model` does not know its input shape yet"),
    (cnnlab.Sequential([layers.Input((28, 28)), layers.Flatten(), layers.Dense(1)]), ValueError, "one score for each"),
]
REFUSED = [
    (dict(image="7"), "`image` must be an array of real numbers.*got '7'"),
    (dict(image=np.zeros((2, 28, 28))), r"`image` must be one picture; shape \(2, 28, 28\) holds 2. Take one of them: image\[0\]"),
    (dict(image=np.zeros((600, 2))), "each from 1 to 512"),
    (dict(image=np.full((2, 2), 7.5)), "from 0 to 1, or integers.*7.5 to 7.5"),
    (dict(image=np.full((2, 2), np.nan)), "these go from NaN"),
    (dict(centered=2), "`centered` must be True or False; got 2"),
    (dict(brush=0), "`brush` must be at least 1"),
    (dict(brush=7), "`brush` must be at most 6; got 7"),
]


@pytest.mark.parametrize("bad, error, message", MODEL_REFUSED)
def test_models_that_do_not_fit(bad, error, message):
    with pytest.raises(error, match=message):
        DrawDigit(bad)


@pytest.mark.parametrize("bad, message", REFUSED)
def test_bad_values_are_refused_and_change_nothing(model, bad, message):
    with pytest.raises((ValueError, TypeError), match=message):
        DrawDigit(model, **bad)
    draw = DrawDigit(model, np.eye(28))
    before = draw.describe(), draw.get_state()
    [(name, value)] = bad.items()
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(draw, name, value)
    assert (draw.describe(), draw.get_state()) == before


def test_other_bad_arguments(model):
    with pytest.raises(ValueError, match="`white` must be a number above 0"):
        DrawDigit(model, white=0)
    with pytest.raises(ValueError, match="`class_names` must have one name for each of the 10 classes; got 2"):
        DrawDigit(model, class_names=["a", "b"])


def test_the_static_form_shows_both_images_and_all_scores(model):
    draw = DrawDigit(model, np.eye(28), class_names=[f"<{i}>" for i in range(10)])
    data, _ = draw._repr_mimebundle_()
    drawn, seen = (
        np.asarray(Image.open(io.BytesIO(base64.b64decode(text))))
        for text in re.findall('base64,(.*?)"', data["text/html"])
    )
    np.testing.assert_array_equal(drawn[::4, ::4], 255 * np.eye(28))
    np.testing.assert_allclose(seen[::4, ::4] / 255, draw.network_image, atol=0.003)
    rows = re.findall("<td>&lt;(.)&gt;</td><td>(.*?)</td>", data["text/html"])
    assert [int(name) for name, _ in rows] == list(range(10))
    assert [float(text.replace("&lt; ", "")) for _, text in rows] == pytest.approx(draw.scores, abs=0.0011)
    assert f"<{draw.prediction}>: {draw.scores.max():.3f}" in data["text/plain"]
    assert data["text/html"] == DrawDigit(model, np.eye(28), class_names=draw._names)._static_html()


# The page

LOOK = """() => {
  const pixels = (name) => {
    const canvas = document.querySelector(`.${name} canvas`);
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return [canvas.height, [...data].filter((_, i) => i % 4 === 0)];
  };
  return {
    drawn: pixels("draw-here"), seen: pixels("the-network-sees"),
    bars: [...document.querySelectorAll(".bars tr")].map((row) => [...row.cells].map((cell) => cell.textContent)),
    lengths: [...document.querySelectorAll(".bar")].map((bar) => bar.offsetWidth / bar.parentElement.clientWidth),
  };
}"""


@pytest.fixture
def shown(show, model):
    shown = show(DrawDigit(model))
    shown.sheet = shown.page.locator(".draw-here .picture")

    def look():
        shown.pass_time(30)  # the page sends a stroke a moment after it has drawn it
        shown.settle("model.get('_asked') === model.get('_answered')")
        screen = shown.page.evaluate(LOOK)
        for name in ("drawn", "seen"):
            height, values = screen[name]
            screen[name] = np.reshape(values, (height, -1)) / 255
        return screen

    def stroke(*points):
        box = shown.sheet.bounding_box()
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
        shown.page.mouse.move(*places[0])
        shown.page.mouse.down()
        for place in places[1:]:
            shown.page.mouse.move(*place)
        shown.page.mouse.up()
        shown.pass_time(30)

    shown.look, shown.stroke = look, stroke
    return shown


def agrees(screen, draw):
    np.testing.assert_allclose(screen["drawn"], draw.image, atol=1e-6)
    np.testing.assert_allclose(screen["seen"], draw.network_image, atol=0.003)
    assert [float(row[2].strip("<> ")) for row in screen["bars"]] == pytest.approx(draw.scores, abs=0.0011)
    assert screen["lengths"] == pytest.approx(draw.scores, abs=0.02)
    assert [i for i, row in enumerate(screen["bars"]) if row[3]] == [draw.prediction]


def test_a_stroke_is_drawn_sent_centered_and_recognized(shown):
    draw = shown.explorer
    shown.stroke((0.2, 0.25), (0.2, 0.75))
    agrees(shown.look(), draw)
    column = 0.2 * 112  # a line 8 pixels wide: 2 of 28
    assert np.flatnonzero(draw.image[56] > 0.5).tolist() == pytest.approx(np.arange(column - 4, column + 4), abs=1)
    rows = np.flatnonzero(draw.image.any(axis=1))
    assert (rows[0], rows[-1]) == pytest.approx((0.25 * 112 - 4, 0.75 * 112 + 3), abs=1.5)
    np.testing.assert_allclose(draw.network_image, by_hand(draw.image), atol=0.03)
    shown.page.get_by_label("Center it as MNIST does").uncheck()
    agrees(shown.look(), draw)
    assert not draw.centered and np.flatnonzero(draw.network_image.any(axis=0)).max() < 8
    shown.slide("Brush", 5)
    shown.stroke((0.7, 0.5), (0.7, 0.5))
    agrees(shown.look(), draw)
    assert (draw.image[56, 56:] > 0.5).sum() == pytest.approx(20, abs=1)


def test_undo_and_clear(shown):
    draw = shown.explorer
    undo = shown.page.get_by_role("button", name="Undo")
    assert undo.is_disabled()
    shown.stroke((0.2, 0.2), (0.8, 0.2))
    one = draw.image.copy()
    shown.stroke((0.2, 0.8), (0.8, 0.8))
    assert draw.image.sum() > one.sum()
    shown.page.get_by_role("button", name="Clear").click()
    assert not shown.look()["drawn"].any() and draw.scores is None
    undo.click()
    undo.click()
    np.testing.assert_array_equal(draw.image, one)
    agrees(shown.look(), draw)
    undo.click()
    assert not draw.image.any() and undo.is_disabled()


def test_the_keyboard_draws_and_leaves(shown):
    draw, press = shown.explorer, shown.page.keyboard.press
    shown.sheet.focus()
    for key in (
        ["ArrowLeft"] * 4 + ["ArrowUp"] * 4 + ["Space"] + ["ArrowDown"] * 8 + ["Space", "ArrowRight", "ArrowRight"]
    ):
        press(key)
    agrees(shown.look(), draw)
    drawn = np.argwhere(draw.image > 0.5)
    assert drawn.min(axis=0).tolist() == pytest.approx([36, 36], abs=1)
    assert drawn.max(axis=0).tolist() == pytest.approx([75, 43], abs=1)
    shown.settle(
        "document.querySelector('.spoken').textContent.startsWith('Pen up at row 18, column 12 of 28. It looks like')"
    )
    names = []
    for _ in range(7):
        press("Tab")
        names.append(shown.page.evaluate("document.activeElement.textContent || document.activeElement.type"))
    assert names[:3] == ["Undo", "Clear", "Pen down"] and names[3:6] == ["range", "checkbox", "after"]


def test_touch_draws_and_does_not_scroll(show, model):
    shown = show(DrawDigit(model), has_touch=True)
    shown.page.locator(".draw-here .picture").tap()
    shown.pass_time(50)
    assert shown.explorer.image[56, 56] == 1 and 40 < (shown.explorer.image > 0.5).sum() < 60
    assert shown.page.evaluate("getComputedStyle(document.querySelector('.draw-here .picture')).touchAction") == "none"


def test_the_picture_follows_python_and_can_be_undone(shown):
    draw = shown.explorer
    shown.stroke((0.2, 0.2), (0.8, 0.2))
    before = draw.image.copy()
    draw.image = np.eye(28)
    agrees(shown.look(), draw)
    shown.page.get_by_role("button", name="Undo").click()
    np.testing.assert_array_equal(draw.image, before)
    draw.brush = 4
    assert shown.slider("Brush").input_value() == "4"


def test_a_busy_python_gets_the_last_drawing_only(shown):
    shown.answering = False
    shown.stroke((0.1, 0.5), (0.3, 0.5))
    for x in np.linspace(0.3, 0.9, 10):
        shown.stroke((x, 0.5), (x + 0.05, 0.5))
    shown.answering = True
    asked = len(shown.explorer._model.asked)
    shown.page.evaluate("to_python(JSON.stringify({ image: model.get('image'), _asked: 1 }))")
    agrees(shown.look(), shown.explorer)
    assert len(shown.explorer._model.asked) == asked + 2  # the first, and the last of all that came meanwhile
    assert shown.explorer.image[56, int(0.9 * 112)] == 1


@pytest.mark.parametrize("theme, width", [("light", 400), ("dark", 1280)])
def test_axe_finds_nothing_and_nothing_is_clipped(show, model, theme, width):
    shown = show(DrawDigit(model), theme=theme, width=width)
    for image in (np.zeros((4, 4)), np.eye(28)):
        shown.explorer.image = image
        violations = Axe().run(shown.page).response["violations"]
        assert [(rule["id"], rule["nodes"][0]["html"]) for rule in violations] == []
    sizes = (
        "[document.documentElement, ...document.querySelectorAll('.stage')].map((e) => e.scrollWidth - e.clientWidth)"
    )
    assert not any(shown.page.evaluate(sizes))


def test_cleanup_leaves_nothing_behind(shown):
    shown.sheet.focus()
    left = "cleanup(), [model.listeners.length, document.getElementById('cell').childNodes.length]"
    assert shown.page.evaluate(left) == [0, 0]


def seven(side=40):
    image = np.zeros((side, side), np.float32)
    image[8:11, 10:28] = 1
    image[8:32, 25:28] = 1
    return image


def test_ink_and_paper_that_are_swapped_are_named_and_can_be_inverted(show, model):
    assert "dark on light" not in repr(DrawDigit(model, seven()))
    explorer = DrawDigit(model, 1 - seven())
    assert repr(explorer).endswith("the network has learned light on dark. Invert it: image = 1 - image.")
    shown = show(explorer)
    assert shown.page.get_by_text("This looks dark on light").is_visible()
    shown.page.get_by_role("button", name="Invert").click()
    shown.page.get_by_role("button", name="Invert").wait_for(state="hidden")
    np.testing.assert_array_equal(shown.explorer.image, seven())
    shown.page.get_by_role("button", name="Undo").click()
    shown.page.get_by_role("button", name="Invert").wait_for()


def test_a_speck_of_dust_does_not_decide_the_centering():
    clean, place = center_as_mnist(seven(), with_place=True)
    for at in ((0, 0), (39, 39), (2, 35)):
        dusty = seven()
        dusty[at] = 1
        centered, where = center_as_mnist(dusty, with_place=True)
        np.testing.assert_array_equal(centered, clean)
        assert where == place
    second = seven()
    second[34:38, 4:16] = 1  # a second stroke is no speck
    assert center_as_mnist(second, with_place=True)[1]["cut"] != place["cut"]
