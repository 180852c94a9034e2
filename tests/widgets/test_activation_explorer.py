"""The activation explorer: its traits, its static form, and its page in a real browser."""

import json
import math

import numpy as np
import pytest
import traitlets
from axe_playwright_python.sync_playwright import Axe
from explorer_page import THEMES

from cnnlab.widgets import ActivationExplorer

# By the textbook, one number at a time, and nothing to do with `cnnlab.ops`.
FUNCTIONS = {
    "relu": lambda x: max(x, 0),
    "leaky_relu": lambda x: x if x > 0 else 0.2 * x,
    "elu": lambda x: x if x > 0 else math.exp(x) - 1,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "tanh": math.tanh,
    "softplus": lambda x: math.log(1 + math.exp(x)),
    "silu": lambda x: x / (1 + math.exp(-x)),
    "gelu": lambda x: x / 2 * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
}


def slope(name, x, step=1e-5):
    """From the left, where there is a kink."""
    f = FUNCTIONS[name]
    return (f(x) - f(x - step)) / step if x == 0 else (f(x + step) - f(x - step)) / (2 * step)


# Without a browser


@pytest.mark.parametrize("name", FUNCTIONS)
def test_value_and_slope(name):
    explorer = ActivationExplorer(name)
    for x in (-6, -1.23, 0, 0.05, 2.5, 6):
        explorer.x = x
        assert explorer.value == pytest.approx(FUNCTIONS[name](x), abs=1e-6)
        assert explorer.slope == pytest.approx(slope(name, x), abs=1e-4)
        assert x in explorer._states["stops"]


def test_parameters_change_their_function():
    explorer = ActivationExplorer("leaky_relu", x=-2)
    explorer.negative_slope = 0.5
    assert (explorer.value, explorer.slope) == (-1, 0.5)
    explorer.name, explorer.alpha = "elu", 3
    assert explorer.value == pytest.approx(3 * (math.exp(-2) - 1))
    assert explorer.describe() == "ActivationExplorer: elu(−2, alpha=3) = −2.59, and the slope there is 0.41."


@pytest.mark.parametrize("temperature, constant", [(1, 0), (0.1, 100), (10, -100), (0.5, 3)])
def test_softmax(temperature, constant):
    logits = [3.0, -10.0, 2.5, 0.1]
    explorer = ActivationExplorer("softmax", logits=logits, temperature=temperature, constant=constant)
    powers = [math.exp(logit / temperature) for logit in logits]  # a constant changes nothing
    np.testing.assert_allclose(explorer.probabilities, np.array(powers) / sum(powers), atol=1e-12)
    assert explorer._softmax["sum"] == "1" and explorer._softmax["unchanged"]


def test_the_histogram_counts():
    explorer = ActivationExplorer("relu")
    inputs = np.random.default_rng(0).normal(size=2000)
    after = explorer._states["histogram"]["lines"][1]
    heights = dict(zip(after["x"][1:-1:2], after["y"][1:-1:2]))
    assert heights[0.0] == pytest.approx(100 * np.mean(inputs < 0.25), abs=0.05)
    assert heights[1.0] == pytest.approx(100 * np.mean((inputs >= 1) & (inputs < 1.25)), abs=0.05)
    assert explorer._states["pushed"].endswith(f"exactly 0: {np.mean(inputs <= 0):.0%}.")


REFUSED = [
    ({"name": "swish"}, "`name` must be one of 'relu', .*'swish'"),
    ({"name": None}, "`name` must be one of"),
    ({"x": 7}, "`x` must be a number from -6 to 6; got 7"),
    ({"x": float("nan")}, "`x` must be a number from -6 to 6; got nan"),
    ({"x": "a"}, "`x` must be a number from -6 to 6; got 'a'"),
    ({"negative_slope": 2}, "`negative_slope` must be a number from 0 to 1"),
    ({"alpha": [1, 2]}, "`alpha` must be a number from 0 to 3"),
    ({"logits": [1, 2]}, r"`logits` must be 3 to 6 numbers; got shape \(2,\)"),
    ({"logits": [1, 2, 11]}, "`logits` must each be −10 to 10"),
    ({"temperature": 0}, "`temperature` must be a number from 0.1 to 10; got 0"),
    ({"constant": 1e9}, "`constant` must be a number from -100 to 100"),
]


@pytest.mark.parametrize("bad, message", REFUSED)
def test_bad_values_are_refused_and_change_nothing(bad, message):
    with pytest.raises((ValueError, TypeError), match=message):
        ActivationExplorer(**bad)
    explorer = ActivationExplorer()
    before = explorer.describe(), explorer.get_state()
    [(name, value)] = bad.items()
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(explorer, name, value)
    assert (explorer.describe(), explorer.get_state()) == before


def test_static_forms():
    page = ActivationExplorer("tanh", x=1)._repr_mimebundle_()[0]["text/html"]
    assert "<tr><td><b>1</b></td><td><b>0.76</b></td><td><b>0.42</b></td></tr>" in page
    page = ActivationExplorer("softmax")._static_html()
    assert "<td>2</td><td>2</td><td>1</td><td>0.665</td>" in page
    explorer = ActivationExplorer("gelu")
    json.dumps(explorer.get_state(), allow_nan=False)
    assert len(json.dumps([explorer._states, explorer._softmax])) < 60_000


# The page

LOOK = """() => ({
  legend: [...document.querySelectorAll(".legend b")].slice(0, 2).map((b) => b.textContent),
  said: document.querySelector(".scene .worked").textContent,
  dots: [...document.querySelectorAll(".dot")].map((dot) => ["cx", "cy"].map((name) => Number(dot.getAttribute(name)))),
})"""


def read(text):
    return float(text.replace("−", "-"))


def on_chart(x, y, low, high):
    """Where a point lies: x from −6 to 6 on 54 to 350, y from low to high on 184 to 10."""
    return [54 + (x + 6) / 12 * 296, 184 - (y - low) / (high - low) * 174]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_number_along_the_curve(show, name):
    shown = show(ActivationExplorer(name))
    ends, slope_ends = (shown.explorer._states[part]["y"]["ends"] for part in ("chart", "slopes"))
    stops = [place / 20 for place in range(-120, 121)]
    screens = shown.page.evaluate(
        f"""async (stops) => {{
          const screens = [];
          for (const x of stops) {{ model.set("x", x); await null; screens.push(({LOOK})()); }}
          return screens;
        }}""",
        stops,
    )
    for x, screen in zip(stops, screens, strict=True):
        value, derivative = FUNCTIONS[name](x), slope(name, x)
        assert [read(text) for text in screen["legend"]] == pytest.approx([value, derivative], rel=0.06, abs=1e-3), x
        assert f"{name}(x) = {screen['legend'][0]}, slope {screen['legend'][1]}." in screen["said"]
        wanted = on_chart(x, value, *ends) + on_chart(x, derivative, *slope_ends)
        assert sum(screen["dots"][:2], []) == pytest.approx(wanted, abs=0.1), x
        kink = x == 0 and name in ("relu", "leaky_relu")
        assert ("The slope jumps here" in screen["said"]) == kink
    path = shown.page.locator(".panel.slope .plot path[data-line]").get_attribute("d")
    assert path.count("M") == (2 if name in ("relu", "leaky_relu") else 1)  # broken where the slope jumps


def test_the_point_is_dragged_and_moved_by_keys(show):
    shown = show(ActivationExplorer("tanh", x=0), has_touch=True)
    page = shown.page
    plot = page.get_by_role("slider", name="x", exact=True)
    box = page.locator(".panel.function .plot > svg").bounding_box()

    def across(x):
        return box["x"] + on_chart(x, 0, -1, 1)[0] / 360 * box["width"]

    middle = box["y"] + box["height"] / 2
    page.mouse.move(across(2), middle)
    assert shown.explorer.x == 0
    page.mouse.down()
    page.mouse.move(across(-3), middle)
    assert shown.explorer.x == pytest.approx(-3, abs=0.051)
    page.mouse.up()
    page.mouse.move(across(1), middle)
    assert shown.explorer.x == pytest.approx(-3, abs=0.051)
    page.touchscreen.tap(across(4), middle)
    assert shown.explorer.x == pytest.approx(4, abs=0.051)
    plot.focus()
    for key, x in [
        ("Home", -6),
        ("ArrowRight", -5.95),
        ("PageUp", -5.45),
        ("End", 6),
        ("ArrowUp", 6),
        ("ArrowLeft", 5.95),
    ]:
        page.keyboard.press(key)
        assert shown.explorer.x == x
    assert plot.get_attribute("aria-valuenow") == "5.95"
    assert plot.get_attribute("aria-valuetext").startswith("x = 5.95: tanh(x) = 1")
    shown.explorer.x = 0.123  # between the stops: becomes one
    assert page.evaluate(LOOK)["said"].startswith("x = 0.123: tanh(x) = 0.12")


def test_function_and_parameter_go_to_python(show):
    shown = show(ActivationExplorer(x=-2))
    page = shown.page
    assert not shown.slider("Parameter").is_visible()
    page.get_by_role("combobox").select_option("leaky_relu")
    shown.slide("negative_slope", 0.5)
    shown.settle("document.querySelector('.legend b').textContent === '−1'")
    assert shown.explorer.negative_slope == 0.5 and shown.explorer.value == -1
    page.get_by_role("combobox").select_option("softmax")
    shown.settle("!document.querySelector('.panel.function').checkVisibility()")
    assert page.get_by_role("columnheader", name="share").is_visible()


def test_every_number_of_softmax(show):
    shown = show(ActivationExplorer("softmax"))
    page = shown.page
    page.get_by_label("One class more").click()
    for label, value in [("Logit of class 3", 5), ("Logit of class 0", -1.5), ("Constant c", 40), ("Temperature", 4)]:
        shown.slide(label, value)
    assert (shown.explorer.logits, shown.explorer.constant, shown.explorer.temperature) == ((-1.5, 1, 0, 5), 40, 2)
    z = np.array(shown.explorer.logits)
    rows = page.evaluate(
        "[...document.querySelectorAll('.softmax tbody tr')].filter((row) => row.checkVisibility())"
        ".map((row) => [...row.querySelectorAll('td')].slice(1, 5).map((cell) => cell.textContent))"
    )
    columns = [[read(text) for text in column] for column in zip(*rows)]
    np.testing.assert_allclose(columns[0], z)
    np.testing.assert_allclose(columns[1], (z + 40) / 2, rtol=0.01)
    np.testing.assert_allclose(columns[2], np.exp((z - 5) / 2), rtol=0.06)
    shares = np.exp(z / 2) / np.exp(z / 2).sum()
    np.testing.assert_allclose(columns[3], shares, atol=0.0006)
    widths = page.evaluate(
        "[...document.querySelectorAll('.bar')].slice(0, 4).map((bar) => parseFloat(bar.style.width))"
    )
    np.testing.assert_allclose(widths, 100 * shares, atol=0.06)
    assert page.locator("tfoot td").nth(4).inner_text() == "1"
    assert "The constant changes no probability" in page.locator(".worked:visible").inner_text()
    page.get_by_label("Logit of class 1").focus()
    page.keyboard.press("ArrowRight")
    assert shown.explorer.logits[1] == pytest.approx(1.1)
    for _ in range(3):
        page.get_by_label("One class less").click()
    assert len(shown.explorer.logits) == 3


def test_dragging_never_queues_and_cleanup_leaves_nothing(show):
    shown = show(ActivationExplorer("softmax"))
    sent = shown.page.evaluate(
        """async () => {
          const wishes = [], send = window.to_python;
          window.to_python = (text) => wishes.push(text);
          const slider = document.querySelector("[aria-label='Logit of class 0']");
          for (let i = 0; i < 1000; i++) {
            slider.value = i % 10;
            slider.dispatchEvent(new Event("input", { bubbles: true }));
          }
          window.to_python = send;
          return wishes;
        }"""
    )
    assert len(sent) == 1
    shown.page.evaluate("(sent) => to_python(sent)", sent[0])
    shown.settle("model.get('_answered') === 2")
    assert shown.explorer.logits[0] == 9
    left = shown.page.evaluate("cleanup(), [model.listeners.length, document.getElementById('cell').childNodes.length]")
    assert left == [0, 0]


def test_no_share_is_shown_as_nothing(show):
    page = show(ActivationExplorer("softmax", logits=(10, 0, -10), temperature=0.5)).page
    first, *others = page.locator(".softmax tbody tr:visible td:nth-child(6)").all_inner_texts()
    assert first == "> 0.999"
    exact = np.exp(2 * (np.array([10, 0, -10]) - 10.0))
    np.testing.assert_allclose([read(text) for text in others], (exact / exact.sum())[1:], rtol=0.06)
    assert page.locator(".formula math mfrac").count() == 1


@pytest.mark.parametrize("name", ["relu", "elu", "softmax"])
@pytest.mark.parametrize("width", [560, 880])
def test_it_is_never_higher_than_640_pixels(show, name, width):
    shown = show(ActivationExplorer(name, logits=[1, 2, 3, 4, 5, 6]), width=width)
    shown.page.evaluate("document.body.style.margin = 0")
    assert shown.page.locator(".cnnlab-explorer").bounding_box()["height"] <= 640


def test_dragging_selects_no_label(show):
    page = show(ActivationExplorer("tanh")).page
    box = page.locator(".panel.function .plot > svg").bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 5, box["y"] + box["height"] + 60, steps=4)
    page.mouse.up()
    assert page.evaluate("getSelection().toString()") == ""


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing(show, theme):
    shown = show(ActivationExplorer("elu", alpha=2), theme=theme)
    for name in ("elu", "softmax"):
        shown.explorer.name = name
        found = Axe().run(shown.page, options={"resultTypes": ["violations"]}).response["violations"]
        assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == []


@pytest.mark.parametrize("width", [400, 800, 1280])
def test_nothing_is_clipped(show, width):
    shown = show(
        ActivationExplorer("softmax", logits=[-9.9, -8.8, 0, 1, 2, 3], constant=-99, temperature=0.2), width=width
    )
    for name in ("softmax", "leaky_relu"):
        shown.explorer.name = name
        assert shown.page.evaluate("document.documentElement.scrollWidth") <= width
        wide = "[...document.querySelectorAll('.stage, .scroll')].map((s) => s.scrollWidth - s.clientWidth)"
        assert not any(shown.page.evaluate(wide))
