"""The geometry explorer: its traits, its static form, and its page in a real browser."""

import itertools
import json
import math
import re

import pytest
import traitlets
from axe_playwright_python.sync_playwright import Axe
from explorer_page import THEMES

from cnnlab.widgets import GeometryExplorer


def windows(size, kernel_size, strides, padding, dilation_rate):
    """By counting, and nothing to do with cnnlab: (before, after) and the pixels under each window."""
    reach = (kernel_size - 1) * dilation_rate + 1
    if padding == "same":
        positions = math.ceil(size / strides)
        short = max((positions - 1) * strides + reach - size, 0)
        amounts = short // 2, short - short // 2
    else:
        amounts = (0, 0) if padding == "valid" else (padding, padding)
    starts = range(-amounts[0], size + amounts[1] - reach + 1, strides)
    return amounts, [[start + i * dilation_rate for i in range(kernel_size)] for start in starts]


EVERY = list(itertools.product(range(1, 17), range(1, 6), range(1, 5), ["valid", 1, 2, 3, 4, "same"], range(1, 4)))


# Without a browser


def test_output_size_and_uses_along_one_axis():
    fits = 0
    explorer = GeometryExplorer(1, 1)
    for size, kernel_size, strides, padding, dilation in EVERY[::7]:
        _, seen = windows(size, kernel_size, strides, padding, dilation)
        settings = dict(size=size, kernel_size=kernel_size, strides=strides, padding=padding, dilation_rate=dilation)
        try:
            with explorer.hold_trait_notifications():
                for name, value in settings.items():
                    setattr(explorer, name, value)
        except traitlets.TraitError:
            assert not seen
            continue
        uses = [sum(pixel in window for window in seen) for pixel in range(size)]
        assert (explorer.output_size, explorer.uses.tolist()) == (len(seen), uses), settings
        fits += 1
    assert fits > 600


def test_two_axes_multiply():
    explorer = GeometryExplorer((7, 5), (3, 2), 2, "same")
    rows, columns = (windows(size, kernel, 2, "same", 1)[1] for size, kernel in [(7, 3), (5, 2)])
    uses = [
        [sum(r in row for row in rows) * sum(c in column for column in columns) for c in range(5)] for r in range(7)
    ]
    assert explorer.output_size == (4, 3) and explorer.uses.tolist() == uses
    with pytest.raises(ValueError, match="read-only"):
        explorer.uses[0] = 9
    explorer.size = (7, 7)
    explorer.kernel_size = (3, 3)
    assert explorer.kernel_size == 3
    explorer.size = 7
    assert explorer.output_size == 4 and explorer.selected == 0


def test_selected_stays_inside():
    explorer = GeometryExplorer((7, 7), selected=(4, 2))
    explorer.strides = 2
    assert explorer.selected == (2, 2)
    explorer.size = 7
    assert explorer.selected == 2
    explorer.selected = None
    explorer.size = (5, 5)
    assert explorer.selected is None


REFUSED = [
    ({"size": 17}, "`size` must be at most 16 here; got 17.*output_size"),
    ({"size": (7, 7, 7)}, "`size` must be an int, or a pair"),
    ({"size": 2.5}, "`size` must be a whole number; got 2.5"),
    ({"size": 2}, "`kernel_size` 3 does not fit into `size` 2"),
    ({"kernel_size": 0}, "`kernel_size` must be at least 1; got 0"),
    ({"kernel_size": (3, 2)}, r"`kernel_size` \(3, 2\) has two dimensions and `size` 7 has one"),
    ({"dilation_rate": 4}, "`dilation_rate` must be at most 3"),
    ({"strides": (1, 2)}, "`strides` must be a whole number"),
    ({"padding": "full"}, "`padding` must be 'valid', 'same' or a whole number.*'full'"),
    ({"padding": None}, "`padding` must be a whole number; got None"),
    ({"padding": -1}, "`padding` must be at least 0"),
    ({"selected": 5}, "`selected` must be None or the number of an output.*there are 5; got 5"),
    ({"selected": (0, 0)}, "`selected` must be None or the number"),
]


@pytest.mark.parametrize("bad, message", REFUSED)
def test_bad_values_are_refused_and_change_nothing(bad, message):
    with pytest.raises((ValueError, TypeError), match=message):
        GeometryExplorer(**bad)
    explorer = GeometryExplorer()
    before = explorer.describe(), explorer.get_state()
    [(name, value)] = bad.items()
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(explorer, name, value)
    assert (explorer.describe(), explorer.get_state()) == before


def test_describe_says_what_is_never_seen():
    said = GeometryExplorer(7, 2, 3).describe()
    assert said.endswith("gives ⌊(7 + 0 + 0 − 2) / 3⌋ + 1 = 2 outputs; 3 pixels of 7 are never seen.")
    assert GeometryExplorer(4, 3, 2).describe().endswith("= 1 output; 1 pixel of 4 is never seen.")


def test_static_form_and_what_is_sent():
    explorer = GeometryExplorer(5, 3, 2, "same", selected=1)
    page = explorer._repr_mimebundle_()[0]["text/html"]
    rows = [row.replace("</td>", "").replace("<b>", "*").replace("</b>", "").split("<td>")[1:]
            for row in page.split("<tr>")[2:]]  # fmt: skip
    rows = [[cell.split("<")[0].strip() for cell in row] for row in rows]
    assert rows[0] == ["(0)", "1", "*2", "*1", "*2", "1", "(0)"]
    assert rows[1] == ["●", "●", "●", "·", "·", "·", "·"] and rows[2] == ["·", "·", "*●", "*●", "*●", "·", "·"]
    assert len(json.dumps(explorer.get_state(), ensure_ascii=False)) - len(explorer._esm + explorer._css) < 100_000


# The page

LOOK = """() => {
  const cells = (name, say) => [...document.querySelectorAll(`.${name} tr:not(.off)`)]
    .map((tr) => [...tr.cells].filter((td) => !td.classList.contains("off")).map(say));
  return {
    input: cells("input", (td) => td.textContent),
    kind: cells("input", (td) => td.className),
    labels: cells("input", (td) => td.getAttribute("aria-label")),
    output: cells("output", (td) => td.className),
    worked: document.querySelector(".worked").textContent,
    key: document.querySelector(".key").textContent,
  };
}"""


def test_every_number_of_a_sample_of_states(show):
    states = [state for state in EVERY[::61] if windows(*state)[1]]
    names = ("size", "kernel_size", "strides", "padding", "dilation_rate", "selected")
    screens = show(GeometryExplorer(7)).page.evaluate(
        f"""async (states) => {{
          const screens = [];
          for (const state of states) {{ model.receive(state); await null; screens.push(({LOOK})()); }}
          return screens;
        }}""",
        [dict(zip(names, (*state, len(windows(*state)[1]) - 1))) for state in states],
    )
    for state, screen in zip(states, screens, strict=True):
        size, kernel_size, strides, padding, dilation = state
        (before, after), seen = windows(*state)
        uses = [sum(pixel in window for window in seen) for pixel in range(size)]
        assert screen["input"][0] == [""] * before + [str(count) for count in uses] + [""] * after, state
        crossed = ["unseen" in kind for kind in screen["kind"][0]]
        assert crossed == [text == "0" for text in screen["input"][0]]
        assert ["padding" in kind for kind in screen["kind"][0]] == [text == "" for text in screen["input"][0]]
        dots = [[column - before for column, text in enumerate(row) if text] for row in screen["input"][1:]]
        assert dots == seen
        assert len(screen["output"]) == 1 and len(screen["output"][0]) == len(seen)
        for row in (0, len(seen)):
            assert [i - before for i, kind in enumerate(screen["kind"][row]) if "window" in kind] == seen[-1]
        padded, reach = before + size + after, (kernel_size - 1) * dilation + 1
        assert f"= {dilation} × ({kernel_size} − 1) + 1 = {reach}" in screen["worked"]
        assert screen["worked"].endswith(
            f"output = ⌊({padded} − {reach}) / {strides}⌋ + 1 = ⌊{padded - reach} / {strides}⌋ + 1 = "
            f"{len(seen) - 1} + 1 = {len(seen)}"
        )
        if padding == "same":
            need = (len(seen) - 1) * strides + reach
            assert f"⌈{size} / {strides}⌉ = {len(seen)} outputs need" in screen["worked"]
            assert f"= {need} cells; there are {size}, so {before} before and {after} after" in screen["worked"]
        else:
            assert f"padded = {before} + {size} + {after} = {padded}" in screen["worked"]
    assert len(screens) > 70


def test_two_dimensions_on_the_page(show):
    explorer = GeometryExplorer((6, 5), (3, 2), 2, "same", selected=(1, 2))
    shown = show(explorer)
    screen = shown.page.evaluate(LOOK)
    (top, _), rows = windows(6, 3, 2, "same", 1)
    (left, _), columns = windows(5, 2, 2, "same", 1)
    assert [[text for text in row if text] for row in screen["input"] if any(row)] == explorer.uses.astype(str).tolist()
    window = [
        (i - top, j - left) for i, row in enumerate(screen["kind"]) for j, kind in enumerate(row) if "window" in kind
    ]
    assert window == list(itertools.product(rows[1], columns[2]))
    assert screen["output"] == [["", "", ""], ["", "", "chosen"], ["", "", ""]]


def test_sliders_and_the_toggle_reach_python(show):
    shown = show(GeometryExplorer())
    for label, name, value in [("Kernel", "kernel_size", 2), ("Input", "size", 5), ("Stride", "strides", 2),
                               ("Dilation", "dilation_rate", 3)]:  # fmt: skip
        shown.slide(label, value)
        assert getattr(shown.explorer, name) == value
    assert "not both at once" in shown.page.locator(".note").inner_text()
    shown.slide("Padding", 3)
    assert shown.explorer.padding == 3
    shown.slide("Keras’s “same”", True)
    assert shown.explorer.padding == "same"
    shown.slide("Two dimensions", True)
    assert (shown.explorer.size, shown.explorer.kernel_size) == ((5, 5), 2)
    shown.slide("Input rows", 9)
    shown.slide("Kernel columns", 4)
    assert (shown.explorer.size, shown.explorer.kernel_size) == ((9, 5), (2, 4))
    shown.slide("Two dimensions", False)
    assert (shown.explorer.size, shown.explorer.kernel_size, shown.explorer.selected) == (5, 4, 0)


def test_what_does_not_fit_says_why(show):
    shown = show(GeometryExplorer(4, 3))
    shown.slide("Dilation", 2)
    assert shown.explorer.dilation_rate == 1 and shown.slider("Dilation").input_value() == "1"
    assert "reach over 5 cells, and there are only 4" in shown.page.locator(".note").inner_text()
    shown.slide("Padding", 1)
    shown.slide("Dilation", 2)
    assert shown.explorer.dilation_rate == 2 and shown.page.locator(".note").inner_text() == ""


def test_pointing_stepping_and_keys_choose_a_window(show):
    shown = show(GeometryExplorer(7), has_touch=True)
    page = shown.page
    page.locator(".input tr").nth(3).locator("td:not(.off)").first.hover()
    assert shown.explorer.selected == 2
    page.get_by_label("output[4]", exact=True).tap()
    assert shown.explorer.selected == 4
    page.keyboard.press("ArrowLeft")
    assert shown.explorer.selected == 3
    page.get_by_label("Next output cell").click()
    page.get_by_label("Next output cell").click()
    assert shown.explorer.selected == 0
    shown.slide("Two dimensions", True)
    page.get_by_label("output[1, 2]", exact=True).hover()
    assert shown.explorer.selected == (1, 2)
    page.get_by_label("Previous output cell").click()
    assert shown.explorer.selected == (1, 1)
    page.get_by_label("output[1, 1]", exact=True).focus()
    page.keyboard.press("ArrowDown")
    assert shown.explorer.selected == (2, 1)
    said = "Output 5 × 5. output[2, 1] looks at rows 2, 3, 4 and columns 1, 2, 3."
    shown.settle(f"document.querySelector('.spoken').textContent === '{said}'")


def chain(settings, layers):
    """By counting: for each layer, the cells of the one before that each of its outputs looks at."""
    stack, size = [], settings[0]
    for _ in range(layers):
        (_, seen) = windows(size, *settings[1:])
        stack.append([[cell for cell in window if 0 <= cell < size] for window in seen])
        size = len(seen)
    return stack


@pytest.mark.parametrize("settings", [(12, 3, 1, "valid", 1), (16, 3, 2, "same", 1), (14, 2, 1, 1, 3), (9, 5, 2, 2, 1)])
def test_receptive_field_and_users_through_layers(show, settings):
    explorer = GeometryExplorer(*settings)
    shown = show(explorer)
    for layers in (1, 2, 3):
        stack = chain(settings, layers)
        if not all(stack):
            with pytest.raises(ValueError, match="`layers` must be at most"):
                explorer.layers = layers
            continue
        explorer.layers = layers
        names = ["input", *[f"layer-{n}" for n in range(1, layers)], "output"]

        def marked(name, flat_row="tr:first-child "):
            cells = shown.page.locator(f".{name} {flat_row}td:not(.off):not(.padding)")
            return [n for n, kind in enumerate(cells.evaluate_all("(all) => all.map((td) => td.className)"))
                    if "window" in kind or "chosen" in kind]  # fmt: skip

        assert explorer.output_size == len(stack[-1])
        for output in {0, len(stack[-1]) // 2, len(stack[-1]) - 1}:
            explorer.selected, explorer.pixel = output, None
            seen = [{output}]
            for layer in reversed(stack):
                seen.insert(0, {cell for place in seen[0] for cell in layer[place]})
            assert [marked(name) for name in names] == [sorted(places) for places in seen]
        for pixel in (0, settings[0] // 2):
            explorer.pixel, explorer.selected = pixel, None
            reached = [{pixel}]
            for layer in stack:
                reached.append({place for place, cells in enumerate(layer) if reached[-1] & set(cells)})
            assert [marked(name) for name in names] == [sorted(places) for places in reached]
            times = sum(pixel in window for window in stack[0])
            told = shown.page.locator(".told").inner_text()
            assert f"used {times} time" in told or (times == 0 and "never seen" in told)
    reach = (settings[1] - 1) * settings[4]
    field = 1 + sum(reach * settings[2] ** n for n in range(explorer.layers))
    explorer.selected, explorer.pixel = 0, None
    assert explorer.layers == 1 or f"= {field}." in shown.page.locator(".told").inner_text()


def test_pointing_at_a_pixel(show):
    shown = show(GeometryExplorer((7, 5), 3, 2, 1))
    shown.page.get_by_label("pixel[3, 2], used 2 times", exact=True).hover()
    assert shown.explorer.pixel == (3, 2) and shown.explorer.selected is None
    told = shown.page.locator(".told").inner_text()
    assert told == "pixel[3, 2] is used 2 times: by the outputs in rows 1, 2 and columns 1."
    assert "pixel[3, 2] is used 2 times." in repr(shown.explorer)
    shown.page.get_by_label("output[0, 0]", exact=True).hover()
    assert (shown.explorer.pixel, shown.explorer.selected) == (None, (0, 0))


def test_fewer_layers_where_the_next_does_not_fit():
    explorer = GeometryExplorer(9, 3, layers=3)
    assert explorer.output_size == 3
    explorer.strides = 2
    assert (explorer.layers, explorer.output_size) == (2, 1)
    with pytest.raises(traitlets.TraitError, match="`layers` must be at most 2 here; got 3. Layer 3 would get 1"):
        explorer.layers = 3


MISTAKES = [
    ((9, 3, 2, 1, 1), 4, "how many steps"), ((9, 2, 2, "valid", 1), 5, "rounded up"), ((9, 3, 1, 2, 1), 7, "without padding"),
    ((9, 3, 1, 2, 1), 9, "one side"), ((9, 3, 1, "valid", 2), 7, "without dilation"), ((9, 3, 2, 1, 1), 9, "stride 1"),
    ((16, 5, 3, "valid", 1), 5, "rounded up|divided"), ((8, 5, 2, "valid", 1), 99, "Count the places"),
]  # fmt: skip


@pytest.mark.parametrize("settings, guess, said", MISTAKES)
def test_the_quiz_names_mistakes(settings, guess, said):
    explorer = GeometryExplorer(*settings, quiz=True)
    assert "gives ? output" in repr(explorer) and "●" not in explorer._static_html()
    explorer.guess = guess
    if explorer.feedback.startswith("Right"):
        assert guess == explorer.output_size
        return
    assert explorer.feedback.startswith("Not yet") and re.search(said, explorer.feedback)
    explorer.guess = explorer.output_size
    assert explorer.feedback == f"Right: {explorer.output_size}." and "= " in repr(explorer)


def test_the_quiz_on_the_page(show):
    shown = show(GeometryExplorer(9, 3, 2, 1, quiz=True))
    page = shown.page
    assert page.evaluate(LOOK)["output"] and page.locator(".output td:not(.off)").all_inner_texts() == ["?"]
    assert "= 5" not in page.locator(".cnnlab-explorer").inner_text()
    page.get_by_label("Predict the number of outputs").fill("4")
    page.get_by_role("button", name="Check").click()
    shown.settle("document.querySelector('.feedback').textContent.includes('add 1')")
    page.get_by_label("Predict the number of outputs").fill("5")
    page.keyboard.press("Enter")
    shown.settle("document.querySelector('.feedback').textContent === 'Right: 5.'")
    assert page.locator(".output td:not(.off)").count() == 5
    shown.slide("Stride", 1)  # another question
    assert page.locator(".output td:not(.off)").all_inner_texts() == ["?"]


@pytest.mark.parametrize("width", [560, 880])
def test_it_is_never_higher_than_640_pixels(show, width):
    for explorer in (GeometryExplorer(7), GeometryExplorer(16, 5, 1, 4), GeometryExplorer((16, 16), 5, 1, "same"),
                     GeometryExplorer((9, 9), 3, 1, "same", layers=3)):  # fmt: skip
        shown = show(explorer, width=width)
        shown.page.evaluate("document.body.style.margin = 0")
        shown.wait_for_a_frame()
        assert shown.page.locator(".cnnlab-explorer").bounding_box()["height"] <= 640


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing(show, theme):
    shown = show(GeometryExplorer((8, 7), 3, 2, "same", 2, selected=(1, 1)), theme=theme)
    for two in (True, False):
        shown.slide("Two dimensions", two)
        found = Axe().run(shown.page, options={"resultTypes": ["violations"]}).response["violations"]
        assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == []


@pytest.mark.parametrize("width", [400, 800, 1280])
def test_nothing_is_clipped(show, width):
    for size in (16, (16, 16)):
        shown = show(GeometryExplorer(size, 5, 1, "same", 3), width=width)
        shown.wait_for_a_frame()
        page = shown.page
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        wide = "[...document.querySelectorAll('.stage')].map((stage) => stage.scrollWidth - stage.clientWidth)"
        assert not any(page.evaluate(wide))
        heights = (
            "[...document.querySelectorAll('.input td:not(.off)')].map((cell) => cell.getBoundingClientRect().height)"
        )
        heights = page.evaluate(heights)
        assert min(heights) > 5 and max(heights) - min(heights) < 1.5


def test_a_thousand_events_leave_as_many_cells_and_cleanup_leaves_nothing(show):
    shown = show(GeometryExplorer((7, 7)))
    shown.answering = False
    left = shown.page.evaluate(
        """async () => {
          const count = () => document.querySelectorAll("*").length;
          const slider = document.querySelector("input[type=range]");
          slider.value = 16;
          slider.dispatchEvent(new Event("input", { bubbles: true }));
          await null;
          const before = count();
          for (let i = 0; i < 1000; i++) {
            slider.value = 3 + (i % 14);
            slider.dispatchEvent(new Event("input", { bubbles: true }));
            if (i % 20 === 0) await null;
          }
          await null;
          const grown = count() - before;
          cleanup();
          return [grown, model.listeners.length, document.getElementById("cell").childNodes.length];
        }"""
    )
    assert left == [0, 0, 0]
