"""The network explorer: its numbers against Keras and plain loops, and its page in a real browser."""

import gc
import itertools
import json
import os
import re
import weakref

import numpy as np
import pytest
import traitlets
from axe_playwright_python.sync_playwright import Axe
from explorer_page import THEMES

import cnnlab
from cnnlab import layers
from cnnlab.widgets import NetworkExplorer

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"  # see tests/ops/conftest.py

RANDOM = np.random.default_rng(0)
IMAGE = RANDOM.random((12, 12), np.float32)
COLORS = RANDOM.random((14, 13, 3), np.float32)

# The layers of a model of every kind, as both libraries write them.
EVERY_KIND = """[L.Input((14, 13, 3)), L.ZeroPadding2D(((1, 0), (0, 2))),
    L.Conv2D(4, (3, 2), strides=2, padding="same"), L.BatchNormalization(), L.ReLU(max_value=1.5),
    L.DepthwiseConv2D(3, padding="same", depth_multiplier=2, activation="tanh"),
    L.AveragePooling2D(2, strides=1, padding="same"), L.SeparableConv2D(6, 3, activation="relu", use_bias=False),
    L.Conv2D(6, 2, dilation_rate=2, groups=3, activation="leaky_relu"), L.Dropout(0.3), L.Dense(5, activation="silu"),
    L.MaxPooling2D(2, strides=1, padding="same"), L.Flatten(), L.Dense(20, activation="elu"), L.LeakyReLU(),
    L.Dense(3), L.Softmax()]"""
GLOBAL = """[L.Input((14, 13, 3)), L.Conv2D(4, 3), L.GlobalMaxPooling2D(keepdims=True), L.GlobalAveragePooling2D(),
    L.Activation("sigmoid")]"""
ONE_DIMENSION = """[L.Input((14, 5)), L.Conv1D(4, 3, strides=2, padding="causal", activation="relu"), L.MaxPooling1D(2),
    L.AveragePooling1D(2, strides=1), L.GlobalAveragePooling1D(), L.Dense(1)]"""
MODELS = {
    "every kind": (EVERY_KIND, COLORS),
    "global": (GLOBAL, COLORS),
    "one dimension": (ONE_DIMENSION, COLORS[:, :5, 0]),
}


def model_of(code, library=layers, kind=cnnlab.Sequential):
    """The model, with weights and averages that are all different from 0 and from each other."""
    random = np.random.default_rng(1)
    model = kind(eval(code, {"L": library}))
    model.set_weights([random.uniform(0.1, 0.8, w.shape) * random.choice([1, -1], w.shape) ** (w.ndim > 1)
                       for w in model.get_weights()])  # fmt: skip
    return model


@pytest.fixture(scope="module")
def lenet():
    code = """[L.Input((12, 12, 1)), L.Conv2D(3, 3, activation="relu"), L.MaxPooling2D(2),
        L.Conv2D(4, 3, padding="same", activation="relu"), L.Flatten(), L.Dense(10, activation="softmax")]"""
    return model_of(code)


def read(text):
    return float(text.replace("−", "-").replace("–", "nan").replace("∞", "inf"))


def close(shown, value):
    """Whether a number on screen is this one, rounded to the two or three digits that are shown."""
    return np.allclose(shown, value, rtol=0.06, atol=6e-4)


def samples(explorer, of_each=4):
    """Each layer, with some of its numbers chosen; corners first."""
    random = np.random.default_rng(2)
    for number, outputs in enumerate(explorer.outputs):
        shape = outputs.shape if outputs.ndim > 1 else (outputs.size,)
        corners = list(itertools.product(*({0, n - 1} for n in shape)))
        for place in [corners[0], corners[-1], *(tuple(random.integers(shape)) for _ in range(of_each))]:
            place = tuple(int(i) for i in place)
            with explorer.hold_trait_notifications():
                explorer.layer = number
                explorer.channel = place[-1] if outputs.ndim > 1 else 0
                explorer.pixel = place[:-1] if outputs.ndim > 1 else place
            yield number, place


# The numbers


@pytest.mark.parametrize("functional", [False, True])
@pytest.mark.parametrize("name", MODELS)
def test_every_number_of_a_keras_model_is_the_one_that_keras_computes(name, functional):
    import keras

    code, image = MODELS[name]
    model = model_of(code, keras.layers, keras.Sequential)
    if functional:
        x = inputs = keras.Input(model.input_shape[1:])
        for layer in model.layers:
            x = layer(x)
        model = keras.Model(inputs, x)  # layers that are used twice do not say so
        model = keras.models.clone_model(model)
        model.set_weights(model_of(code).get_weights())
    explorer = NetworkExplorer(model, image)
    theirs = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    assert all(step.layer is not None for step in explorer._steps[1:])
    outputs = keras.Model(model.inputs, [layer.output for layer in theirs]).predict(image[None], verbose=0)
    for layer, ours, wanted in zip(theirs, explorer.outputs[1:], outputs, strict=True):
        np.testing.assert_allclose(ours, wanted[0], rtol=1e-4, atol=1e-5, err_msg=layer.name)
    explorer.image = image[::-1]
    wanted = model.predict(image[None, ::-1], verbose=0)[0]
    np.testing.assert_allclose(explorer.outputs[-1], wanted, rtol=1e-4, atol=1e-5)
    ours = NetworkExplorer(model_of(code), image[::-1])
    for number, place in samples(explorer, of_each=1):
        ours.layer, ours.channel, ours.pixel = number, explorer.channel, explorer.pixel
        assert explorer._trace["grids"] == ours._trace["grids"] and explorer.describe() == ours.describe()


def test_layers_of_keras_that_are_not_known_are_shown_but_not_opened():
    import keras

    class Twice(keras.layers.Dense):
        def call(self, inputs):
            return 2 * super().call(inputs)

    # Looks like Keras's own, with the same weights, and computes something else.
    lookalike = type("Dense", (Twice,), {"__module__": "keras.elsewhere"})
    kinds = [keras.layers.UpSampling2D(2), keras.layers.Flatten(), Twice(4), keras.layers.Dense(3, lambda x: x + 1)]
    kinds.append(lookalike(3))
    model = keras.Sequential([keras.layers.Input((4, 4, 1)), *kinds])
    explorer = NetworkExplorer(model, IMAGE[:4, :4])
    np.testing.assert_allclose(explorer.outputs[-1], model.predict(IMAGE[None, :4, :4, None], verbose=0)[0], rtol=1e-4)
    for layer, known in [(1, False), (2, True), (3, False), (4, False), (5, False)]:
        explorer.layer = layer
        assert ("not opened here" in explorer.describe()) == (not known)
    assert explorer._trace["field"] is None
    explorer.layer = 2
    assert "map 0 [" in explorer.describe()


@pytest.mark.parametrize("name", MODELS)
def test_what_a_number_is_made_of(name):
    """Each term is the number it leads to, times its weight; and all together are the number."""
    code, image = MODELS[name]
    explorer = NetworkExplorer(model_of(code), image)
    seen = set()
    for number, place in samples(explorer):
        step, trace = explorer._steps[number], explorer._trace
        seen.add(step.kind)
        value = explorer.outputs[number][place]
        assert explorer.value == value and close(read(trace["title"].rpartition("= ")[2]), value)
        grids = {grid["name"]: grid for grid in trace["grids"]}
        texts = {grid_name: [read(text) for text in grid["text"]] for grid_name, grid in grids.items()}
        for grid in trace["grids"]:
            for text, go in zip(grid["text"], grid["go"]):
                if go and go[0] == "walk":
                    before = explorer.outputs[number - 1]
                    index = (*go[2], go[1]) if before.ndim > 1 else tuple(go[2])
                    assert close(read(text), before[index])
        if "× kernel" in texts:
            window = next(values for grid_name, values in texts.items() if grid_name.startswith("Window"))
            products = np.multiply(window, texts["× kernel"])
            np.testing.assert_allclose(products, texts["= products"], rtol=0.11, atol=1e-3)
        lines = " ".join(trace["lines"])
        for one, sign, other, equals, result in re.findall(r"(\S+) (\+ bias|/) (\S+) ([=≈]) ([^\s.]+[.]?\d*)", lines):
            one, other, result = (read(text.strip("()")) for text in (one, other, result))
            exactly = np.isclose(one / other if sign == "/" else one + other, result, rtol=1e-9, atol=1e-9)
            assert exactly == (equals == "=")
        if step.kind.startswith(("Conv", "Depthwise", "Separable", "Dense")):
            total = by_loops(step, place)
            assert close(step.before[place], total)
            bare = total - (step.layer.bias[place[-1]] if "bias" in lines else 0)
            said = next(line for line in trace["lines"] if "such numbers" in line or "Separable" not in step.kind)
            assert close(read(said.rpartition("add up to ")[2].strip(".")), bare)
            sums = texts.get("Sum for each map") or texts.get("Share of each map")
            if sums:
                assert np.isclose(sum(sums), bare, rtol=0.05, atol=0.02)
                chosen = next(grid["chosen"] for grid in trace["grids"] if not grid["linked"])
                mixed = step.layer.pointwise_kernel[0, 0, chosen, place[-1]] if "Separable" in step.kind else 1
                assert np.isclose(sum(texts["= products"]) * mixed, sums[chosen], rtol=0.06, atol=0.02)
        elif "Pooling" in step.kind:
            assert close(read(lines.rstrip(".").split()[-1]), value)
    assert seen >= {step.kind for step in explorer._steps}


def by_loops(step, place):
    """What a convolution or a dense layer has before its activation at a place, product by product."""
    layer, inputs, (*at, last) = step.layer, step.inputs.astype(float), place
    bias = layer.bias[last] if layer.use_bias else 0
    if step.kind == "Dense":
        return sum(x * w for x, w in zip(inputs[tuple(at)], layer.kernel[:, last])) + bias
    sizes, total = inputs.shape[:-1], 0
    for offset in np.ndindex(*layer.kernel_size):
        source = []
        for axis, i in enumerate(offset):
            k, s, d, n = layer.kernel_size[axis], layer.strides[axis], layer.dilation_rate[axis], sizes[axis]
            before = 0
            if layer.padding == "same":
                before = max((-(-n // s) - 1) * s + d * (k - 1) + 1 - n, 0) // 2
            elif layer.padding != "valid":  # causal
                before = d * (k - 1)
            source.append(at[axis] * s + i * d - before)
        if all(0 <= i < n for i, n in zip(source, sizes)):
            pixel = inputs[tuple(source)]
            if step.kind == "DepthwiseConv2D":
                channel, multiple = divmod(last, layer.depth_multiplier)
                total += pixel[channel] * layer.kernel[(*offset, channel, multiple)]
            elif step.kind == "SeparableConv2D":
                for channel in range(inputs.shape[-1]):
                    weight = layer.depthwise_kernel[(*offset, channel, 0)] * layer.pointwise_kernel[0, 0, channel, last]
                    total += pixel[channel] * weight
            else:
                share = inputs.shape[-1] // layer.groups
                first = last // (layer.filters // layer.groups) * share
                for channel in range(share):
                    total += pixel[first + channel] * layer.kernel[(*offset, channel, last)]
    return total + bias


@pytest.mark.parametrize("name", ["every kind", "global"])
def test_the_field_on_the_image_is_what_changes_a_number(name):
    """A NaN in the image comes out wherever it was seen."""
    code, image = MODELS[name]
    explorer, model = NetworkExplorer(model_of(code), image), model_of(code)
    rows, columns = image.shape[:2]
    broken = np.tile(image, (rows + columns, 1, 1, 1))
    for i in range(rows):
        broken[i, i] = np.nan
    for i in range(columns):
        broken[rows + i, :, i] = np.nan
    outputs = [broken]
    for layer in model.layers:
        outputs.append(layer(outputs[-1]))
    pitch = np.array(explorer._overview[0]["pitch"])
    for number, place in samples(explorer):
        if number == 0:
            assert explorer._trace["field"] is None
            continue
        seen = np.isnan(outputs[number][(slice(None), *place)])
        for axis, part in enumerate((seen[:rows], seen[rows:])):
            reached = np.flatnonzero(part)
            if not reached.size:  # made of padding only
                assert explorer._trace["field"] is None
                continue
            start, size = np.round(np.array(explorer._trace["field"])[:, axis] * pitch[axis]).astype(int)
            assert (start, start + size - 1) == (reached[0], reached[-1]), (number, place)


# The state


def test_any_number_can_be_chosen_and_none_is_the_largest(lenet):
    explorer = NetworkExplorer(lenet, IMAGE)
    assert (explorer.layer, explorer.channel) == (1, 0)
    assert explorer.value == explorer.outputs[1][..., 0].max()
    explorer.layer = 5
    assert explorer.channel == 0 and len(explorer.pixel) == 1
    explorer.pixel = None
    assert explorer.value == explorer.outputs[5].max() and explorer.pixel == (int(np.argmax(explorer.outputs[5])),)
    explorer.layer, explorer.channel, explorer.pixel = 3, 2, (1, 4)
    assert explorer.value == explorer.outputs[3][1, 4, 2]
    explorer.layer = 2
    assert explorer.pixel == (1, 4) and explorer.channel == 2


def test_the_strongest_map_is_shown_unless_another_is_asked_for(lenet):
    explorer = NetworkExplorer(lenet, IMAGE)
    explorer.layer, explorer.pixel = 3, (2, 2)
    [sums, window, *_] = explorer._trace["grids"]
    strongest = int(np.argmax(np.abs([read(text) for text in sums["text"]])))
    assert sums["chosen"] == explorer._in["channel"] == strongest and window["name"] == f"Window in map {strongest}"
    explorer.input_channel = (strongest + 1) % 3
    assert explorer._trace["grids"][1]["name"] == f"Window in map {explorer.input_channel}"


def test_a_new_image_and_new_weights_are_followed(lenet):
    explorer = NetworkExplorer(lenet, IMAGE)
    before = explorer.outputs[-1]
    explorer.image = 1 - IMAGE
    np.testing.assert_allclose(explorer.outputs[-1], lenet.predict(1 - IMAGE[None], verbose=0)[0], rtol=1e-6)
    assert not np.array_equal(explorer.outputs[-1], before)
    weights = lenet.get_weights()
    lenet.set_weights([2 * weight for weight in weights])
    explorer.image = explorer.image
    np.testing.assert_allclose(explorer.outputs[-1], lenet.predict(1 - IMAGE[None], verbose=0)[0], rtol=1e-6)
    lenet.set_weights(weights)
    with pytest.raises(ValueError, match="read-only"):
        explorer.outputs[1][0, 0, 0] = 1


@pytest.mark.parametrize("given", [(12, 12), (12, 12, 1), (144,)])
def test_the_image_is_taken_as_the_model_takes_it(given, lenet):
    dense = model_of("[L.Input((144,)), L.Dense(4)]")
    for model in (lenet, dense):
        if given == (144,) and model is lenet:
            continue
        explorer = NetworkExplorer(model, IMAGE.reshape(given))
        assert explorer.outputs[0].shape == model.input_shape[1:]


def test_the_model_keeps_no_trace_of_being_looked_at(lenet):
    names = layers.Dense(1).name
    NetworkExplorer(lenet, IMAGE)
    assert all(layer.saved is None for layer in lenet.layers)
    assert int(layers.Dense(1).name.rpartition("_")[2]) == int(names.rpartition("_")[2]) + 1


REFUSED = [
    ({"image": IMAGE[:5]}, r"`image` must have the shape that the model takes, \(12, 12, 1\); got shape \(5, 12\)"),
    ({"image": IMAGE[None, ..., None]}, r"Take one image of the batch: images\[0\]"),
    ({"image": "seven"}, "`image` must hold numbers"),
    ({"layer": 6}, "`layer` counts the image and the model's layers from 0, and there are 6; got 6"),
    ({"layer": -1}, "`layer` must be at least 0"),
    ({"channel": 3}, "`channel` counts the maps of layer 1 from 0, and there are 3; got 3"),
    ({"pixel": (10, 0)}, r"`pixel` must be None or \(row, column\) within layer 1, 10 × 10; got \(10, 0\)"),
    ({"pixel": 3}, r"`pixel` must be None or \(row, column\)"),
    ({"input_channel": 1}, "`input_channel` counts the maps of the layer before"),
]


@pytest.mark.parametrize("bad, message", REFUSED)
def test_bad_values_are_refused_and_change_nothing(bad, message, lenet):
    explorer = NetworkExplorer(lenet, IMAGE)
    before = explorer.get_state()
    [(name, value)] = bad.items()
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(explorer, name, value)
    assert explorer.get_state() == before
    if name == "image":
        with pytest.raises(ValueError, match=message):
            NetworkExplorer(lenet, value)


def test_bad_models_are_named(lenet):
    import keras

    inputs = keras.Input((12, 12, 1))
    flat = keras.layers.Flatten()(inputs)
    fork = keras.Model(inputs, keras.layers.Add()([keras.layers.Dense(2)(flat), keras.layers.Dense(2)(flat)]))
    for model, message in [
        (fork, "`model` must be a row of layers"),
        ([1, 2], "`model` must be a Keras or cnnlab model"),
        (cnnlab.Sequential(), "`model` has no layers yet"),
        (cnnlab.Sequential([layers.Dense(3)]), "does not know its input shape"),
        (keras.Sequential([keras.layers.Dense(3)]), "does not know its input shape"),
    ]:
        with pytest.raises((TypeError, ValueError), match=message):
            NetworkExplorer(model, IMAGE)
    with pytest.raises(ValueError, match="`class_names` must have one name for each of the 10"):
        NetworkExplorer(lenet, IMAGE, class_names=["one"])


def test_nan_huge_numbers_and_large_images():
    kinds = [layers.Conv2D(70, 3, activation="relu"), layers.Conv2D(2, 3), layers.GlobalAveragePooling2D()]
    model = cnnlab.Sequential([layers.Input((None, None, 1)), *kinds])
    odd = np.zeros((8, 8), np.float32)
    odd[2, 2], odd[4, 4], odd[6, 6] = np.nan, np.inf, 3e38
    explorer = NetworkExplorer(model, odd)
    for layer in range(4):
        explorer.layer = layer
        json.dumps(explorer.get_state(), allow_nan=False)
        assert explorer._repr_mimebundle_()
    explorer.image = RANDOM.random((512, 512), np.float32)
    assert explorer._overview[1]["says"].startswith("70 maps of 510 × 510, the first 64")
    assert len(json.dumps(explorer.get_state())) < 3e6
    explorer.image = np.ones((5, 5), np.float32)
    assert explorer.outputs[2].shape == (1, 1, 2) and explorer.outputs[3].shape == (2,)


def test_static_form_has_pictures_with_words_and_is_the_same_in_every_run(lenet):
    one, two = (NetworkExplorer(lenet, IMAGE)._repr_mimebundle_()[0] for _ in range(2))
    assert one["text/html"] == two["text/html"] and one["text/plain"] == NetworkExplorer(lenet, IMAGE).describe()
    assert one["text/html"].count("<img alt=") == 6
    assert 'alt="1 Conv2D: 3 maps of 10 × 10; black 0, white ' in one["text/html"]
    assert "× kernel" in one["text/html"] and "← largest" in one["text/html"]


def test_a_closed_explorer_is_freed(lenet):
    explorer = NetworkExplorer(lenet, IMAGE)
    watcher = weakref.ref(explorer)
    explorer.close()
    del explorer
    gc.collect()
    assert watcher() is None


# The page

EYES = """
window.gray = (canvas) => {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  return [height, width, Array.from({ length: width * height }, (_, i) => [...data.slice(4 * i, 4 * i + 3)])];
};
window.look = () => ({
  sheets: [...document.querySelectorAll(".overview canvas")].map(gray),
  out: gray(document.querySelector(".what-comes-out canvas")),
  sum: [...document.querySelectorAll(".sum > *")].map((line) => line.textContent),
  grids: [...document.querySelectorAll(".detail > .panels:last-child table")].map((table) =>
    [...table.querySelectorAll("td:not(.off)")].map((td) => td.textContent)),
  scores: [...document.querySelectorAll(".bars tr")].map((tr) => [tr.cells[0].textContent, tr.cells[2].textContent]),
});
"""


@pytest.fixture
def show(show, lenet):
    def show_network(explorer=None, **context):
        shown = show(explorer or NetworkExplorer(lenet, IMAGE), **context)
        shown.page.evaluate(EYES + "null")
        shown.answered = lambda: shown.settle("model.get('_answered') === model.get('_asked')")
        shown.look = lambda: shown.answered() or shown.page.evaluate("look()")
        return shown

    return show_network


def grays(seen):
    height, width, pixels = seen
    return np.array(pixels).reshape(height, width, 3)


def shades(values, like):
    """The gray of each value, where the smallest of `like` is black and its largest white."""
    return np.round(255 * (values - like.min()) / (like.max() - like.min())).astype(int)


def test_every_map_of_every_layer_is_on_screen(show):
    shown = show()
    look, outputs = shown.look(), shown.explorer.outputs
    for number, (seen, values) in enumerate(zip(look["sheets"], outputs, strict=True)):
        seen = grays(seen)
        assert (seen[..., 0] == seen[..., 1]).all()
        if values.ndim == 1:
            np.testing.assert_array_equal(seen[..., 0].ravel()[: values.size], shades(values, values))
            continue
        height, width, maps = values.shape
        gap = int(maps > 1)
        for i in range(maps):
            tile = seen[:height, i * (width + gap) : i * (width + gap) + width, 0]
            np.testing.assert_array_equal(tile, shades(values[..., i], values), err_msg=f"layer {number}, map {i}")
    np.testing.assert_array_equal(grays(look["out"])[..., 0], shades(outputs[1][..., 0], outputs[1]))
    assert [name for name, _ in look["scores"]] == list("0123456789")
    scores = [read(text.strip("<> ")) for _, text in look["scores"]]
    np.testing.assert_allclose(scores, outputs[-1], rtol=0.06, atol=1e-3)


def test_numbers_on_screen_are_those_of_the_chosen_one(show):
    shown = show()
    for number, place in samples(shown.explorer):
        look, trace = shown.look(), shown.explorer._trace
        assert look["sum"][0] == trace["title"] and look["sum"][1:-1] == trace["lines"]
        called = f"map {place[-1]} {list(place[:-1])} =" if len(place) > 1 else f"unit {place[0]} ="
        assert called in look["sum"][0] and (number == 0) == look["sum"][0].startswith("The image")
        shown_texts = [[text.rpartition(": ")[2] for text in grid] for grid in look["grids"]]
        assert shown_texts == [grid["text"] for grid in trace["grids"]]


def test_walk_back_from_a_score_to_the_image_by_keyboard(show):
    shown = show()
    explorer, page, keys = shown.explorer, shown.page, shown.page.keyboard
    page.get_by_role("combobox", name="Layer").select_option("5 Dense")
    shown.answered()
    assert explorer.layer == 5 and explorer.value == explorer.outputs[5].max()
    page.get_by_role("grid", name="Input").locator("td").first.focus()
    path = []
    for _ in range(8):
        keys.press("Enter")
        shown.answered()
        path.append((explorer.layer, explorer._steps[explorer.layer].kind))
        if explorer.layer == 0:
            break
        if explorer._trace["grids"][0]["name"] == "Sum for each map":
            page.get_by_role("grid", name="Window in map").locator("td.go").first.focus()
        assert page.evaluate("document.activeElement.matches('td')")
    assert path == [(4, "Flatten"), (3, "Conv2D"), (2, "MaxPooling2D"), (1, "Conv2D"), (0, "image")]
    assert explorer.value == IMAGE[explorer.pixel]


def test_click_drag_and_arrow_keys_choose_a_pixel_but_hovering_does_not(show):
    shown = show()
    frame = shown.page.locator(".what-comes-out .picture")
    box = frame.bounding_box()

    def at(row, column):
        return box["x"] + (column + 0.5) * box["width"] / 10, box["y"] + (row + 0.5) * box["height"] / 10

    shown.page.mouse.move(*at(2, 3))
    shown.page.mouse.down()
    shown.page.mouse.move(*at(4, 5), steps=8)
    shown.answered()
    assert shown.explorer.pixel == (4, 5)
    shown.page.mouse.up()
    shown.page.mouse.move(*at(8, 8))
    frame.focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight"):
        frame.press(key)
    shown.answered()
    assert shown.explorer.pixel == (5, 7) and "[5, 7]" in shown.look()["sum"][0]
    mark = shown.page.locator(".what-comes-out .mark.chosen").bounding_box()
    wanted = box["x"] + 0.7 * box["width"], box["y"] + 0.5 * box["height"]
    assert (mark["x"], mark["y"]) == pytest.approx(wanted, abs=1)


def test_maps_are_chosen_in_the_overview_by_the_slider_and_among_what_goes_in(show):
    shown = show(has_touch=True)
    explorer, page = shown.explorer, shown.page
    sheet = page.locator(".overview .picture").nth(3)
    box = sheet.bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] * 0.6, box["y"] + box["height"] / 2)
    shown.answered()
    assert (explorer.layer, explorer.channel) == (3, 2) and explorer.value == explorer.outputs[3][..., 2].max()
    sheet.focus()
    sheet.press("ArrowRight")
    shown.answered()
    assert explorer.channel == 3
    shown.slide("Map", 1)
    shown.answered()
    assert explorer.channel == 1
    page.get_by_role("grid", name="Sum for each map").locator("td").nth(2).click()
    shown.answered()
    assert explorer.input_channel == 2 and page.get_by_role("grid", name="Window in map 2").is_visible()
    *_, pixel = next(go for go in explorer._trace["grids"][1]["go"] if go)
    page.get_by_role("grid", name="Window in map 2").locator("td.go").first.click()
    shown.answered()
    assert (explorer.layer, explorer.channel, explorer.input_channel) == (2, 2, None)
    assert explorer.pixel == tuple(pixel)


def test_window_kernel_and_product_light_up_together(show):
    shown = show()
    shown.page.get_by_role("grid", name="× kernel").locator("td").nth(4).hover()
    linked = shown.page.evaluate("[...document.querySelectorAll('.linked')].map((td) => td.textContent)")
    assert linked == [grid["text"][4] for grid in shown.explorer._trace["grids"]] and len(linked) == 3


def test_page_follows_python_and_a_screen_reader_hears_it(show, lenet):
    shown = show()
    shown.explorer.image = 1 - IMAGE
    shown.explorer.layer = 4
    look = shown.look()
    np.testing.assert_array_equal(grays(look["sheets"][0])[..., 0], shades(1 - IMAGE, 1 - IMAGE))
    assert look["sum"][0].startswith("Layer 4, Flatten, unit ")
    shown.settle("document.querySelector('.spoken').textContent.startsWith('Layer 4, Flatten')")


def test_rapid_wishes_are_answered_with_the_last(show):
    shown = show()
    shown.page.evaluate("""() => {
      const slider = document.querySelector("input[type=range]");
      for (let i = 0; i < 1000; i++) {
        slider.value = i % 3;
        slider.dispatchEvent(new Event("input", { bubbles: true }));
      }
    }""")
    shown.answered()
    assert shown.explorer.channel == 0 and shown.explorer._answered < 10
    assert "map 0" in shown.look()["sum"][0]


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing(show, theme):
    shown = show(theme=theme)
    for layer in (3, 5):
        shown.explorer.layer = layer
        result = Axe().run(shown.page, options={"resultTypes": ["violations"]}).response
        assert [(rule["id"], rule["nodes"][0]["html"]) for rule in result["violations"]] == []


@pytest.mark.parametrize("width", [400, 800, 1280])
def test_nothing_is_clipped(show, width):
    explorer = NetworkExplorer(model_of(EVERY_KIND), COLORS, class_names=["a", "b", "a class with a long name"])
    shown = show(explorer, width=width)
    for layer in range(len(explorer.outputs)):
        explorer.layer = layer
        assert shown.page.evaluate("document.documentElement.scrollWidth") <= width
        wide = "[...document.querySelectorAll('.stage')].map((stage) => stage.scrollWidth - stage.clientWidth)"
        assert not any(shown.page.evaluate(wide))


def test_cleanup_leaves_nothing_behind(show):
    shown = show()
    left = shown.page.evaluate(
        """() => {
          const root = document.querySelector(".cnnlab-explorer"), before = model.get("_asked");
          cleanup();
          document.body.append(root);  // would it still react?
          root.querySelector("td.go").click();
          const reacted = model.get("_asked") !== before;
          root.remove();
          return [model.listeners.length, document.getElementById("cell").childNodes.length, reacted];
        }"""
    )
    assert left == [0, 0, False]
