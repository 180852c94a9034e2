"""The Python side of the convolution explorer: its traits and its pictures, without a browser."""

import gc
import json
import re
import weakref
from html.parser import HTMLParser

import numpy as np
import pytest
import traitlets

from cnnlab.widgets import ConvolutionExplorer
from cnnlab.widgets._numbers import number

IMAGE = np.array([[0, 1, 2, 3, 0], [1, 5, 0, 2, 1], [4, 0, 0, 1, 2], [0, 3, 1, 7, 0], [2, 2, 0, 1, 6]])
KERNEL = np.array([[1, 0, -1], [2, 0, -3], [1, 4, -1]])


@pytest.fixture
def explorer():
    return ConvolutionExplorer(IMAGE, KERNEL)


def sent(explorer):
    """What the explorer sends to the page from now on, message by message."""
    messages = []
    explorer._send = lambda message, buffers=None: messages.append(message)
    return messages


# The state


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("dilation_rate", [1, 2])
@pytest.mark.parametrize("padding, pads", [("valid", (0, 0, 0, 0)), (2, (2, 2, 2, 2)), ("same", "same")])
@pytest.mark.parametrize("strides", [1, 2, 3])
def test_output_is_the_convolution(strides, padding, pads, dilation_rate, flip, cross_correlate):
    explorer = ConvolutionExplorer(IMAGE, KERNEL, strides, padding, dilation_rate, flip=flip)
    np.testing.assert_array_equal(explorer.output, cross_correlate(IMAGE, KERNEL, strides, pads, dilation_rate, flip))


def test_picture_follows_an_assignment_and_tells_observers(explorer):
    seen = []
    explorer.observe(lambda change: seen.append(change.new.shape), "output")
    messages = sent(explorer)
    explorer.strides = 2
    assert explorer.output.shape == (2, 2) and seen == [(2, 2)]
    assert explorer.output.tolist() == [[4, 1], [11, -2]]
    assert [message["state"] for message in messages] == [{"strides": 2}]  # the page has the numbers already


def test_selected_cell_stays_inside_a_shrinking_output(explorer):
    explorer.selected = np.unravel_index(np.argmax(explorer.output), explorer.output.shape)
    assert explorer.selected == (1, 2)
    explorer.strides = 3
    assert explorer.selected == (0, 0)
    explorer.selected = None
    explorer.strides = 1
    assert explorer.selected is None and "output[" not in explorer.describe()


def test_arrays_keep_their_float_type_and_cannot_be_changed_in_place(explorer):
    assert explorer.image.dtype == explorer.output.dtype == np.float32
    assert ConvolutionExplorer(IMAGE.astype(np.float64), KERNEL).output.dtype == np.float64
    for array in (explorer.image, explorer.kernel, explorer.output):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 9
    with pytest.raises(traitlets.TraitError):
        explorer.output = IMAGE
    mine = IMAGE.astype(np.float32)
    explorer.image = mine
    mine[:] = 7
    np.testing.assert_array_equal(explorer.image, IMAGE)


def test_zero_padding_reads_back_as_valid(explorer):
    explorer.padding = 2
    explorer.padding = 0
    assert explorer.padding == "valid"


REFUSED = [
    ({"image": [["a", "b"]]}, "`image` must hold numbers"),
    ({"image": [[1, 2], [3]]}, "`image` .*different lengths"),
    ({"image": np.zeros(5)}, r"`image` must have two axes.*\(5,\)"),
    ({"image": np.zeros((5, 5, 3))}, r"\(5, 5, 3\).*image\[:, :, 0\]"),
    ({"image": np.zeros((0, 5))}, r"`image` is empty.*\(0, 5\)"),
    ({"image": np.zeros((513, 5))}, r"\(513, 5\) is too large.*\(512, 512\).*image\[:512, :512\]"),
    ({"kernel": [["x"]]}, "`kernel` must hold numbers"),
    ({"kernel": np.zeros((3, 3, 1))}, r"`kernel` must have two axes.*\(3, 3, 1\).*np.newaxis"),
    ({"kernel": np.zeros((3, 0))}, r"`kernel` is empty.*\(3, 0\)"),
    ({"kernel": np.ones((8, 1))}, r"`kernel` of shape \(8, 1\) is too large"),
    ({"kernel": np.ones((6, 6))}, r"`kernel` of shape \(6, 6\) does not fit.*\(5, 5\).*padding=1"),
    ({"dilation_rate": 3}, r"\(7, 7\) by dilation_rate=3.*`image` of shape \(5, 5\).*padding=1"),
    ({"strides": 0}, "`strides` must be at least 1; got 0"),
    ({"strides": 13}, "`strides` must be at most 12"),
    ({"strides": 1.5}, "`strides` must be a whole number"),
    ({"strides": (2, 2)}, "`strides` must be a whole number"),
    ({"dilation_rate": 0}, "`dilation_rate` must be at least 1"),
    ({"padding": -1}, "`padding` must be at least 0"),
    ({"padding": "full"}, "`padding` must be 'valid', 'same' or a whole number.*'full'"),
    ({"padding": (1, 1)}, r"`padding` must be 'valid', 'same' or a whole number.*\(1, 1\)"),
    ({"selected": (3, 0)}, r"`selected`.*shape \(3, 3\).*\(3, 0\)"),
    ({"selected": 4}, "`selected` must be None or"),
    ({"flip": "yes"}, "`flip` must be True or False"),
]


@pytest.mark.parametrize("bad, message", REFUSED)
def test_bad_values_are_refused_and_change_nothing(explorer, bad, message):
    with pytest.raises((ValueError, traitlets.TraitError), match=message):
        ConvolutionExplorer(**{"image": IMAGE, "kernel": KERNEL} | bad)
    before = explorer.describe(), explorer.get_state()
    messages = sent(explorer)
    [(name, value)] = bad.items()
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(explorer, name, value)
    assert (explorer.describe(), explorer.get_state()) == before and not messages


def test_settings_that_only_fit_together_can_be_set_together(explorer):
    with explorer.hold_trait_notifications():
        explorer.dilation_rate = 3
        explorer.padding = 1
    assert explorer.output.shape == (1, 1)
    before = explorer.describe()
    with pytest.raises(ValueError, match="does not fit"), explorer.hold_trait_notifications():
        explorer.strides = 2
        explorer.padding = "valid"
    assert explorer.describe() == before


def test_legal_values_beyond_the_sliders_extend_them(explorer):
    assert explorer._states["limits"] == {"strides": 4, "padding": 2, "dilation_rate": 2}
    explorer.strides, explorer.padding, explorer.dilation_rate = 5, 6, 4
    assert explorer._states["limits"] == {"strides": 5, "padding": 6, "dilation_rate": 4}
    assert "5 6 4" in explorer._states["geometry"]


# What the page sends and gets


def test_kernel_edited_on_the_page_comes_back_with_new_numbers(explorer, cross_correlate):
    messages = sent(explorer)
    rows = explorer.get_state("kernel")["kernel"]
    rows[1][1] = "-2.5"
    explorer.set_state({"kernel": rows})
    expected = KERNEL.astype(float)
    expected[1, 1] = -2.5
    np.testing.assert_array_equal(explorer.kernel, expected)
    np.testing.assert_array_equal(explorer.output, cross_correlate(IMAGE, expected))
    [update] = [message["state"] for message in messages if "_states" in message.get("state", {})]
    assert update["_states"]["kernel"]["text"] == "1 0 −1 2 −2.5 −3 1 4 −1"


def test_every_edit_is_answered_even_one_that_changes_nothing(explorer):
    messages = sent(explorer)
    explorer.set_state({"kernel": explorer.get_state("kernel")["kernel"], "_asked": 1})
    assert [message["state"]["_answered"] for message in messages if "_answered" in message.get("state", {})] == [1]


def test_settings_and_selection_arrive_together(explorer):
    explorer.set_state({"strides": 2, "selected": [1, 1], "flip": True})
    assert (explorer.strides, explorer.selected, explorer.flip) == (2, (1, 1), True)


def test_nan_infinity_and_huge_numbers_travel_and_are_shown():
    image = np.array([[np.nan, np.inf, 1e30], [-np.inf, 3e38, 0], [1e-30, 1, 2]], np.float32)
    explorer = ConvolutionExplorer(image, [[1e30, -1]])
    json.dumps(explorer.get_state(), allow_nan=False)
    rows = explorer.get_state("kernel")["kernel"]
    explorer.set_state({"kernel": rows})
    np.testing.assert_array_equal(explorer.kernel, np.array([[1e30, -1]], np.float32))
    assert explorer._states["image"]["text"] == "NaN ∞ 1e30 −∞ 3e38 0 1e−30 1 2"
    assert explorer.describe().endswith("output[0, 0] = NaN×1e30 + ∞×(−1) = NaN.")


@pytest.mark.parametrize("size, length", [(12, 5), (12, 7)])
def test_all_states_are_small_enough_to_send_at_once(size, length):
    random = np.random.default_rng(0)
    explorer = ConvolutionExplorer(random.normal(size=(size, size)), random.normal(size=(length, length)))
    assert len(json.dumps(explorer._states, ensure_ascii=False).encode()) < 100_000


# How it is written


@pytest.mark.parametrize(
    "value, text",
    [
        (0.0, "0"), (-0.0, "0"), (-3.0, "−3"), (12345.0, "12345"), (123456.0, "1.2e5"), (0.0625, "0.0625"),
        (1 / 3, "0.33"), (-0.0123456, "−0.012"), (0.0012345, "0.001"), (1e-7, "1e−7"), (2.71828, "2.72"),
        (99.96, "100"), (254.96, "255"), (999.96, "1000"), (4321.5, "4320"), (512.3, "512"),
        (float("-inf"), "−∞"), (float("nan"), "NaN"),
    ],
)  # fmt: skip
def test_numbers_are_written_short(value, text):
    assert number(value) == text


def test_rounded_sums_say_so():
    thirds = ConvolutionExplorer(np.full((2, 2), 1 / 3), [[1, 1]])
    assert thirds.describe().endswith("output[0, 0] = 0.33×1 + 0.33×1 ≈ 0.67.")
    tenths = ConvolutionExplorer(np.full((2, 2), 0.1), [[1, 2]])
    assert tenths.describe().endswith("output[0, 0] = 0.1×1 + 0.1×2 = 0.3.")


def test_describe_is_one_sentence_and_the_plain_text(explorer):
    explorer.padding, explorer.strides, explorer.flip = "same", 2, True
    assert (
        explorer.describe()
        == repr(explorer)
        == (
            "ConvolutionExplorer: a 3 × 3 kernel over a 5 × 5 input "
            "(strides=2, padding='same', dilation_rate=1, flip=True) gives a 3 × 3 output; output[0, 0] = "
            "0×(−1) + 0×4 + 0×1 + 0×(−3) + 0×0 + 1×2 + 0×(−1) + 1×0 + 5×1 = 7."
        )
    )
    data, _ = explorer._repr_mimebundle_()
    assert data["text/plain"] == explorer.describe()
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == explorer.model_id


class Tables(HTMLParser):
    """Cells of each table as (text, bold), by title; and every tag and attribute that was used."""

    def __init__(self, source):
        super().__init__()
        self.tables, self.used, self.bold, self.title = {}, set(), False, None
        self.feed(source)

    def handle_starttag(self, tag, attributes):
        self.used |= {tag, *(name for name, _ in attributes)}
        if tag == "tr" and self.title:
            self.tables.setdefault(self.title, []).append([])
        self.bold = tag == "b"
        self.cell = tag

    def handle_endtag(self, tag):
        if tag == "table":
            self.title = None

    def handle_data(self, text):
        if self.cell == "th" and text.strip() and not self.title:
            self.title = text
        elif self.title and text.strip():
            self.tables[self.title][-1].append((text, self.bold))


def test_static_tables_hold_the_picture(explorer, cross_correlate):
    explorer.padding, explorer.selected = 1, (4, 4)
    data, _ = explorer._repr_mimebundle_()
    page = Tables(data["text/html"])
    assert page.used <= {"p", "b", "div", "style", "table", "thead", "tbody", "tr", "th", "td", "colspan"}
    assert list(page.tables) == ["Input, 5 × 5", "Kernel", "Output, 5 × 5"]

    def number(text):
        return float(text.strip("()").replace("−", "-"))

    shown = {title: [[number(text) for text, _ in row] for row in rows] for title, rows in page.tables.items()}
    padded = np.pad(IMAGE, 1)
    np.testing.assert_array_equal(shown["Input, 5 × 5"], padded)
    np.testing.assert_array_equal(shown["Kernel"], KERNEL)
    np.testing.assert_array_equal(shown["Output, 5 × 5"], cross_correlate(IMAGE, KERNEL, pads=(1, 1, 1, 1)))
    bold = np.array([[strong for _, strong in row] for row in page.tables["Input, 5 × 5"]])
    assert np.argwhere(bold).tolist() == [[row, column] for row in (4, 5, 6) for column in (4, 5, 6)]
    in_brackets = np.array([[text.startswith("(") for text, _ in row] for row in page.tables["Input, 5 × 5"]])
    assert not in_brackets[1:-1, 1:-1].any() and in_brackets.sum() == 24
    assert "output[4, 4] = 7×1 + 0×0 + 0×(−1) + 1×2 + 6×0 + 0×(−3) + 0×1 + 0×4 + 0×(−1) = 9" in data["text/html"]


def test_static_pictures_are_the_same_in_every_run(explorer):
    other = ConvolutionExplorer(IMAGE, KERNEL)
    (one, _), (two, _) = explorer._repr_mimebundle_(), other._repr_mimebundle_()
    for kind in ("text/plain", "text/html"):
        assert one[kind] == two[kind]
        assert explorer.model_id not in one[kind] and not re.search(r"0x[0-9a-f]{6}", one[kind])


def test_a_closed_explorer_is_freed():
    explorer = ConvolutionExplorer(IMAGE, KERNEL)
    watcher = weakref.ref(explorer)
    explorer.close()
    del explorer
    gc.collect()
    assert watcher() is None
