"""The network builder: what it says of a stack against Keras and brute force, and its page in a real browser."""

import gc
import json
import os
import re
import weakref

import numpy as np
import pytest
import traitlets
from axe_playwright_python.sync_playwright import Axe
from explorer_page import THEMES

from cnnlab import layers
from cnnlab.layers import (
    Activation, AveragePooling2D, BatchNormalization, Conv2D, Dense, DepthwiseConv2D, Dropout, Flatten,
    GlobalAveragePooling2D, MaxPooling2D, ReLU, SeparableConv2D,
)  # fmt: skip
from cnnlab.widgets import NetworkBuilder

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"  # see tests/ops/conftest.py


def stacks():
    return {
        "small": ((12, 12, 1), [Conv2D(4, 3, activation="relu"), MaxPooling2D(2), Flatten(), Dense(10, "softmax")]),
        "every kind": (
            (24, 22, 3),
            [
                Conv2D(4, (3, 5), strides=2, padding="same"), BatchNormalization(), Activation("tanh"),
                DepthwiseConv2D(3, activation="relu"), SeparableConv2D(6, 3, padding="same"), ReLU(), Dropout(0.25),
                AveragePooling2D((2, 1)), MaxPooling2D(2, strides=1, padding="same"), Dense(5),
                GlobalAveragePooling2D(), Dense(3, "softmax"),
            ],
        ),
    }  # fmt: skip


def small():
    return NetworkBuilder(*stacks()["small"])


def number(text):
    return int(text.replace(",", ""))


# What is said of each layer


@pytest.mark.parametrize("name", stacks())
def test_shapes_and_parameters_are_those_of_the_keras_program(name):
    builder = NetworkBuilder(*stacks()[name])
    program = {}
    exec(builder.code("keras"), program)
    theirs = program["model"]
    for layer, row in zip(theirs.layers, builder._rows, strict=True):
        assert row["output"] == " × ".join(map(str, layer.output.shape[1:]))
        assert number(row["parameters"]) == layer.count_params()
    assert number(builder._totals["parameters"]) == theirs.count_params()
    exec(builder.code("cnnlab"), program)
    image = np.random.default_rng(0).random((1, *builder.input_shape), np.float32)
    for ours in (program["model"], builder.build()):
        ours.set_weights(theirs.get_weights())
        np.testing.assert_allclose(ours(image), theirs(image), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", stacks())
def test_what_a_layer_sees_is_what_changes_it(name):
    """A NaN in the image comes out wherever it was seen."""
    builder = NetworkBuilder(*stacks()[name])
    model, size = builder.build(), builder.input_shape
    for axis in (0, 1):
        images = np.zeros((size[axis], *size), np.float32)
        for place, image in enumerate(images):
            np.moveaxis(image, axis, 0)[place] = np.nan
        outputs = images
        for layer, row in zip(model.layers, builder._rows):
            outputs = layer(outputs)
            middle = outputs[(slice(None), *(n // 2 for n in outputs.shape[1:]))]
            seen = np.ptp(np.flatnonzero(np.isnan(middle))) + 1
            assert min(int(row["receptive field"].split()[2 * axis].strip(",")), size[axis]) == seen, layer


def test_costs_count_each_weight_once_at_each_position():
    builder = NetworkBuilder((10, 8, 3), [
        Conv2D(4, 3), SeparableConv2D(5, 3, padding="same"), DepthwiseConv2D(2), BatchNormalization(), MaxPooling2D(2),
        Dense(6), Flatten(), Dense(2),
    ])  # fmt: skip
    costs = [number(row["multiply-adds"]) for row in builder._rows]
    assert costs == [8 * 6 * 9 * 3 * 4, 8 * 6 * (9 * 4 + 4 * 5), 7 * 5 * 4 * 5, 7 * 5 * 5, 0, 3 * 2 * 5 * 6, 0, 36 * 2]
    assert number(builder._totals["multiply-adds"]) == sum(costs)
    assert builder._rows[0]["memory"] == "768.00 B"  # 8 · 6 · 4 numbers of 4 bytes
    numbers = 10 * 8 * 3 + 8 * 6 * (4 + 5) + 7 * 5 * (5 + 5) + 3 * 2 * (5 + 6) + 36 + 2
    assert builder._totals["memory"] == f"{4 * numbers / 1024:.2f} KB"


def test_a_huge_stack_is_answered_without_its_memory():
    builder = NetworkBuilder((4096, 4096, 3), [Conv2D(64, 3), Flatten(), Dense(65536)])
    assert number(builder._rows[2]["parameters"]) == (4094 * 4094 * 64 + 1) * 65536


@pytest.mark.parametrize(
    "stack, place, words",
    [
        ([MaxPooling2D(2), Conv2D(1, 7)], 1, r"`kernel_size` of size \(7, 7\) does not fit.*\(None, 6, 6, 1\)"),
        ([Flatten(), Conv2D(1, 3)], 1, "takes inputs with 4 axes.*Flatten or Dense before it"),
        ([GlobalAveragePooling2D(), MaxPooling2D(2)], 1, "takes inputs with 4 axes"),
    ],
)
def test_an_illegal_stack_says_why_on_the_layer(stack, place, words):
    builder = NetworkBuilder((12, 12, 1), [*stack, Dense(2)])
    assert [bool(row["error"]) for row in builder._rows] == [i == place for i in range(3)]
    assert re.search(words, builder._rows[place]["error"])
    assert builder._rows[2]["note"] == "Waits for the layer above."
    for refused in (builder.build, builder.code):
        with pytest.raises(ValueError, match=words.replace(r"\(None", r"\((None|0)")):
            refused()
    assert f"Layer {place + 1}, " in builder.describe() and "does not fit" in builder._static_html()


@pytest.mark.parametrize(
    "stack, words",
    [
        ([Dense(10)], "No Flatten before it: each of the 12 × 12 positions gets 10 numbers of its own from its 1 chan"),
        ([Flatten(), Flatten()], "Does nothing here"),
        ([Conv2D(2, 3), Conv2D(2, 3)], "no activation between"),
        ([Conv2D(2, 3, strides=2)], "No window reaches the last row and the last column."),
        ([AveragePooling2D(5)], "No window reaches the last 2 rows and the last 2 columns."),
        ([Dropout(0.5)], "while training only"),
    ],
)
def test_a_stack_that_surprises_is_explained(stack, words):
    assert words in NetworkBuilder((12, 12, 1), stack)._rows[-1]["note"]


def test_nothing_is_said_where_nothing_surprises():
    assert [row["note"] for row in small()._rows] == [""] * 4


# The state


def test_layers_read_back_as_dicts_and_follow_an_assignment():
    builder = small()
    assert builder.layers[0] == {
        "type": "Conv2D", "filters": 4, "kernel_size": 3, "strides": 1, "padding": "valid", "activation": "relu",
    }  # fmt: skip
    assert builder.layers[1] == {"type": "MaxPooling2D", "pool_size": 2, "strides": None, "padding": "valid"}
    builder.layers = [{"type": "Dense", "units": 7}]
    assert builder.layers == [{"type": "Dense", "units": 7, "activation": None}]
    assert builder.build().output_shape == (None, 12, 12, 7)
    assert NetworkBuilder((12, 12, 1), builder.build().layers).layers == builder.layers
    builder.input_shape = [4, 4, 1]
    assert builder.input_shape == (4, 4, 1) and builder._rows[0]["output"] == "4 × 4 × 7"


def test_building_does_not_use_up_names():
    builder = small()
    before = Dense(1).name
    builder.layers = builder.layers[1:]
    assert int(Dense(1).name.rpartition("_")[2]) == int(before.rpartition("_")[2]) + 1


REFUSED = [
    ({"input_shape": (28, 28)}, r"`input_shape` must be \(height, width, channels\)"),
    ({"input_shape": (28, 0, 1)}, "`input_shape` must be at least 1"),
    ({"input_shape": (5000, 5000, 1)}, "at most 4096"),
    ({"layers": 5}, "`layers` must be a list"),
    ({"layers": ["Dense"]}, r"`layers`\[0\]: must be a dict"),
    ({"layers": [{"type": "Conv4D"}]}, r"`layers`\[0\]: 'type' must be one of Conv2D, .*'Conv4D'"),
    ({"layers": [{"type": "Dense"}]}, "Dense needs the setting 'units'"),
    ({"layers": [{"type": "Dense", "units": 5, "filters": 3}]}, "Dense has no setting 'filters' here"),
    ({"layers": [{"type": "Flatten"}, {"type": "Dense", "units": 0}]}, r"`layers`\[1\]: `units` must be at least 1"),
    ({"layers": [{"type": "Dense", "units": 70000}]}, "`units` can be at most 65536"),
    ({"layers": [{"type": "Dense", "units": 5, "activation": "rely"}]}, "`activation` must be one of .*'rely'"),
    ({"layers": [{"type": "Conv2D", "filters": 5, "kernel_size": 0}]}, "`kernel_size` must be at least 1"),
    ({"layers": [{"type": "MaxPooling2D", "strides": (1, 2)}]}, "`strides` must be a whole number"),
    ({"layers": [{"type": "MaxPooling2D", "padding": "full"}]}, "`padding` must be 'valid' or 'same'"),
    ({"layers": [{"type": "Dropout", "rate": 1.5}]}, "`rate` must be a number from 0 to 1; got 1.5"),
    ({"layers": [layers.Conv1D(3, 3)]}, "'type' must be one of .*'Conv1D'"),
    ({"layers": [Conv2D(3, 3, dilation_rate=2)]}, r"dilation_rate=\(2, 2\) cannot be shown"),
    ({"layers": [Dense(3, use_bias=False)]}, "use_bias=False cannot be shown"),
    ({"layers": [Conv2D(3, 3, use_bias=False)]}, "use_bias=False cannot be shown"),
    ({"framework": "torch"}, "`framework` must be 'keras' or 'cnnlab'"),
]


@pytest.mark.parametrize("bad, message", REFUSED)
def test_bad_values_are_refused_and_change_nothing(bad, message):
    with pytest.raises((ValueError, traitlets.TraitError), match=message):
        NetworkBuilder(**bad)
    builder = small()
    before = builder.get_state()
    [(name, value)] = bad.items()
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(builder, name, value)
    assert builder.get_state() == before
    json.dumps(before, allow_nan=False)


def test_a_selection_stays_inside():
    builder = small()
    builder.selected = 3
    builder.layers = builder.layers[:2]
    assert builder.selected == 1
    with pytest.raises(traitlets.TraitError, match="there are 2, got 5"):
        builder.selected = 5
    builder.layers = []
    assert builder.selected is None


def test_static_form_is_a_table_and_the_code_and_the_same_in_every_run():
    one, two = small()._repr_mimebundle_()[0], small()._repr_mimebundle_()[0]
    assert one["text/html"] == two["text/html"] and one["text/plain"] == small().describe()
    assert '<td>Conv2D(4, 3, activation="relu")</td><td>10 × 10 × 4</td><td>40</td><td>3,600</td>' in one["text/html"]
    assert "<pre>import keras\n" in one["text/html"]


def test_a_closed_builder_is_freed():
    builder = small()
    watcher = weakref.ref(builder)
    builder.close()
    del builder
    gc.collect()
    assert watcher() is None


# The page

LOOK = """() => [...document.querySelectorAll(".row")].map((row) => ({
  name: row.querySelector(".title").textContent,
  facts: [...row.querySelectorAll(".number")].map((fact) => fact.textContent),
  fields: [...row.querySelectorAll("input, select")].map((field) => field.value),
  said: row.querySelector(".said").textContent,
}))"""


@pytest.fixture
def show(show):
    def show_builder(builder=None, **context):
        shown = show(builder or small(), **context)
        shown.look = lambda: shown.settle("model.get('_answered') === model.get('_asked')") or shown.page.evaluate(LOOK)
        shown.names = lambda: [row["name"] for row in shown.look()[1:-1]]
        shown.layer = lambda name: shown.page.get_by_role("group", name=name, exact=True)
        return shown

    return show_builder


def agrees(shown):
    """The page shows what Python says, and Python what the model that it builds says."""
    rows, model = shown.look(), shown.explorer.build()
    assert rows[0]["fields"] == list(map(str, shown.explorer.input_shape))
    for row, layer, says in zip(rows[1:-1], model.layers, shown.explorer._rows, strict=True):
        output, parameters, *_ = row["facts"]
        assert output == " × ".join(map(str, layer.output_shape[1:]))
        assert number(parameters) == layer.count_params()
        facts = ("output", "parameters", "multiply-adds", "memory", "receptive field")
        assert row["facts"] == [says[name] for name in facts]
        assert row["said"] == says["note"]
    assert number(rows[-1]["facts"][1]) == model.count_params()
    assert shown.page.locator("pre").inner_text() == shown.explorer.code(shown.explorer.framework)
    return True


def test_every_number_follows_every_field(show):
    shown = show(NetworkBuilder(*stacks()["every kind"]))
    assert agrees(shown)
    page = shown.page
    shown.layer("Layer 1, Conv2D").get_by_label("filters").fill("9")
    assert agrees(shown) and shown.explorer.layers[0]["filters"] == 9
    shown.layer("Layer 1, Conv2D").get_by_label("kernel size").fill("2, 3")
    assert agrees(shown) and shown.explorer.layers[0]["kernel_size"] == [2, 3]
    shown.layer("Layer 1, Conv2D").get_by_label("padding").select_option("valid")
    shown.layer("Layer 4, DepthwiseConv2D").get_by_label("activation").select_option("none")
    assert agrees(shown) and shown.explorer.layers[3]["activation"] is None
    strides = shown.layer("Layer 9, MaxPooling2D").get_by_label("strides")
    strides.fill("2")
    assert agrees(shown) and shown.explorer.layers[8]["strides"] == 2
    strides.fill("")
    assert agrees(shown) and shown.explorer.layers[8]["strides"] is None
    shown.layer("Layer 7, Dropout").get_by_label("rate").fill("0.1")
    shown.layer("Input").get_by_label("width").fill("30")
    assert agrees(shown) and shown.explorer.input_shape == (24, 30, 3)
    page.get_by_role("button", name="cnnlab").click()
    assert agrees(shown) and shown.explorer.framework == "cnnlab"


def test_layers_are_added_after_the_selected_one_moved_and_removed(show):
    shown = show()
    keys, page = shown.page.keyboard, shown.page
    shown.layer("Layer 1, Conv2D").get_by_label("filters").focus()
    assert shown.explorer.selected == 0
    page.get_by_label("Add a layer").select_option("Dropout")
    add = page.get_by_role("button", name="Add", exact=True)
    add.press("Enter")
    add.press("Enter")
    assert shown.names() == ["1 Conv2D", "2 Dropout", "3 Dropout", "4 MaxPooling2D", "5 Flatten", "6 Dense"]
    assert shown.explorer.selected == 2 and agrees(shown)

    up = page.get_by_role("button", name="Move Layer 6, Dense, up")
    up.focus()
    for _ in range(3):  # the focus stays on the layer that moves
        keys.press("Enter")
    assert shown.names()[2] == "3 Dense" and agrees(shown)
    assert page.evaluate("document.activeElement.ariaLabel") == "Move Layer 3, Dense, up"
    keys.press("Tab")
    keys.press("Space")
    assert shown.names()[3] == "4 Dense"
    keys.press("Tab")
    keys.press("Enter")
    assert shown.names() == ["1 Conv2D", "2 Dropout", "3 Dropout", "4 MaxPooling2D", "5 Flatten"] and agrees(shown)
    assert page.evaluate("document.activeElement.ariaLabel") == "Remove Layer 4, MaxPooling2D"
    for _ in range(5):
        keys.press("Enter")
    assert shown.names() == [] == shown.explorer.layers
    add.click()
    assert shown.names() == ["1 Dropout"]


@pytest.mark.parametrize("start, end, names", [
    (0, 2.9, ["1 MaxPooling2D", "2 Flatten", "3 Conv2D", "4 Dense"]),
    (3, -0.4, ["1 Dense", "2 Conv2D", "3 MaxPooling2D", "4 Flatten"]),
    (1, 1.2, ["1 Conv2D", "2 MaxPooling2D", "3 Flatten", "4 Dense"]),
])  # fmt: skip
def test_layers_are_dragged(show, start, end, names):
    shown = show()
    boxes = [shown.page.locator(".grip").nth(i).bounding_box() for i in range(4)]
    middle = [box["y"] + box["height"] / 2 for box in boxes]
    x = boxes[0]["x"] + 5
    shown.page.mouse.move(x, middle[start])
    shown.page.mouse.down()
    shown.page.mouse.move(x, np.interp(end, range(-1, 4), [middle[0] - 60, *middle]), steps=5)
    assert shown.page.locator(".dragged").count() == 1
    shown.page.mouse.up()
    assert shown.names() == names and shown.page.locator(".dragged, .above, .below").count() == 0
    assert [settings["type"] for settings in shown.explorer.layers] == [name.split()[1] for name in names]


def test_an_illegal_stack_says_why_on_the_layer_of_the_page(show):
    shown = show()
    shown.page.get_by_role("button", name="Move Layer 3, Flatten, up").click()
    row = shown.look()[3]
    assert row["said"].startswith("Does not fit: takes inputs with 4 axes") and row["facts"] == [""] * 5
    assert shown.page.locator(".row.wrong").count() == 1 and shown.look()[4]["said"] == "Waits for the layer above."
    assert shown.page.locator("pre").inner_text().startswith("Layer 3, MaxPooling2D, does not fit")


@pytest.mark.parametrize("text, message", [("0", "`filters` must be at least 1; got 0."), ("2.5", "whole number"),
                                           ("70000", "at most 65536"), ("", "Not a number")])  # fmt: skip
def test_what_python_refuses_is_kept_and_explained(show, text, message):
    shown = show()
    filters = shown.layer("Layer 1, Conv2D").get_by_label("filters")
    filters.fill(text)
    filters.blur()
    assert filters.input_value() == text and filters.get_attribute("aria-invalid") == "true"
    assert message in shown.look()[1]["said"] and shown.explorer.layers[0]["filters"] == 4
    shown.layer("Layer 4, Dense").get_by_label("units").fill("3")  # the rest goes on working
    assert shown.explorer.layers[3]["units"] == 3 and filters.input_value() == text
    filters.focus()
    filters.press("Escape")
    assert filters.input_value() == "4" and filters.get_attribute("aria-invalid") is None
    assert message not in shown.look()[1]["said"]


def test_nothing_is_lost_while_python_is_busy(show):
    shown = show()
    shown.answering = False
    page = shown.page
    page.get_by_label("Add a layer").select_option("Flatten")
    for _ in range(3):
        page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("button", name="Move Layer 4, Dense, up").click()
    shown.layer("Layer 1, Conv2D").get_by_label("filters").fill("6")
    shown.settle("document.querySelector('.note').textContent.includes('Waiting for Python')")
    shown.answering = True
    page.evaluate("to_python(JSON.stringify({ _wish: model.get('_wish'), _asked: 1 }))")
    shown.settle("model.get('_answered') === 2")
    assert [s["type"] for s in shown.explorer.layers] == ["Conv2D", "MaxPooling2D", "Dense", *["Flatten"] * 4]
    assert shown.explorer.layers[0]["filters"] == 6 and shown.names()[2] == "3 Dense"


def test_page_follows_python(show):
    shown = show()
    shown.explorer.input_shape, shown.explorer.layers = stacks()["every kind"]
    assert agrees(shown)
    shown.explorer.layers = []
    assert shown.names() == []


def test_the_code_is_copied(show):
    shown = show(permissions=["clipboard-read", "clipboard-write"])
    shown.page.get_by_role("button", name="Copy").click()
    shown.settle("document.querySelector('.note').textContent !== ''")
    copied = shown.page.evaluate("navigator.clipboard?.readText() ?? getSelection().toString()")
    assert copied.strip() == shown.explorer.code("keras")


def test_touch_and_what_a_screen_reader_hears(show):
    shown = show(has_touch=True)
    shown.page.get_by_role("button", name="Remove Layer 2, MaxPooling2D").tap()
    assert shown.names() == ["1 Conv2D", "2 Flatten", "3 Dense"]
    shown.settle("document.querySelector('.spoken').textContent.startsWith('3 layers turn (12, 12, 1) into (10,)')")


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing(show, theme):
    shown = show(NetworkBuilder((12, 12, 1), [Conv2D(3, 3), Dense(3), Flatten(), MaxPooling2D(2)]), theme=theme)
    shown.layer("Layer 1, Conv2D").get_by_label("filters").fill("0")
    result = Axe().run(shown.page, options={"resultTypes": ["violations"]}).response
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in result["violations"]] == []


@pytest.mark.parametrize("width", [400, 800, 1280])
def test_nothing_is_clipped(show, width):
    shown = show(NetworkBuilder((4096, 4096, 3), [Conv2D(64, 3), SeparableConv2D(9, 3), Dense(65536)]), width=width)
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= width
    clipped = """[...document.querySelectorAll(".row *, pre")].filter((e) => e.scrollWidth > e.clientWidth + 1 &&
      getComputedStyle(e).display !== "inline" && !["INPUT", "SELECT"].includes(e.tagName))
      .map((e) => [e.className, e.textContent, e.scrollWidth, e.clientWidth])"""
    assert shown.page.evaluate(clipped) == []


def test_cleanup_leaves_nothing_behind(show):
    shown = show()
    left = shown.page.evaluate(
        """() => {
          const root = document.querySelector(".cnnlab-explorer"), before = JSON.stringify(model.get("_wish"));
          cleanup();
          document.body.append(root);  // would it still react?
          root.querySelector("[aria-label='Remove Layer 1, Conv2D']").click();
          const reacted = JSON.stringify(model.get("_wish")) !== before;
          root.remove();
          return [model.listeners.length, document.getElementById("cell").childNodes.length, reacted];
        }"""
    )
    assert left == [0, 0, False]


@pytest.mark.parametrize(
    "change",
    [lambda made: made[0].update(filters=16), lambda made: made[0].__setitem__("filters", 16), lambda made: made.pop(),
     lambda made: made.append({"type": "ReLU"}), lambda made: made.__setitem__(0, {"type": "ReLU"})],
)  # fmt: skip
def test_layers_changed_in_place_are_refused_and_a_changed_copy_works(change):
    builder = NetworkBuilder()
    before = list(builder.layers)
    with pytest.raises(TypeError, match="`layers` cannot be changed in place.*Assign a changed copy"):
        change(builder.layers)
    assert builder.layers == before
    builder.layers = [{**builder.layers[0], "filters": 16}, *builder.layers[1:]]
    builder.layers += [{"type": "ReLU"}]
    assert len(builder.layers) == 5 and builder._rows[0]["parameters"] == "160"


def test_totals_are_not_known_while_a_layer_does_not_fit():
    builder = NetworkBuilder(layers=[{"type": "Flatten"}, {"type": "Conv2D", "filters": 2, "kernel_size": 3}])
    assert {builder._totals[name] for name in ("output", "parameters", "multiply-adds", "memory")} == {"–"}
    assert "<td>–</td>" in builder._static_html()
    builder.layers = builder.layers[:1]
    assert builder._totals["output"] == "784"


def test_the_focus_stays_in_the_builder_when_the_last_layer_is_removed(show):
    page = show(NetworkBuilder(layers=[{"type": "Flatten"}])).page
    page.get_by_role("button", name="Remove Layer 1, Flatten").click()
    assert page.evaluate("document.activeElement.tagName") == "SELECT"
