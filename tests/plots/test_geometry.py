import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from cnnlab import ops, plots


def cells(ax):
    """Color and hatch of each cell, by (row, column)."""
    return {
        (round(p.get_y()), round(p.get_x())): (to_hex(p.get_facecolor()), p.get_hatch())
        for p in ax.patches
        if isinstance(p, Rectangle)
    }


def used(size, kernel_size, stride, padding, dilation, cell):
    """Which cells of the padded input change an output cell when they change: asked of `ops.conv`, one by one."""
    kernel = np.ones((*kernel_size, 1, 1))
    padded = np.pad(np.zeros(size), padding)
    found = set()
    for place in np.ndindex(*padded.shape):
        padded[place] = 1
        if ops.conv(padded[None, ..., None], kernel, stride, dilation_rate=dilation)[(0, *cell, 0)]:
            found.add(place)
        padded[place] = 0
    return found


@pytest.mark.parametrize(
    "size, kernel_size, stride, padding, dilation",
    [((6, 6), (3, 3), 1, 0, 1), ((6, 5), (3, 2), 2, 1, 1), ((7, 7), (3, 3), 1, 2, 2), ((9, 5), (2, 2), 3, 0, 1)],
)
def test_the_windows_are_those_of_the_convolution(size, kernel_size, stride, padding, dilation):
    picture = plots.show_geometry(size, kernel_size, stride, padding, dilation)
    output = ops.conv(
        np.pad(np.zeros(size), padding)[None, ..., None], np.ones((*kernel_size, 1, 1)), stride, dilation_rate=dilation
    )
    shown = [tuple(map(int, ax.get_title()[7:-1].split(", "))) for ax in picture.figure.axes if ax.get_title()]
    assert shown[0] == (0, 0) and shown[-1] == tuple(n - 1 for n in output.shape[1:3])
    above, below = picture.figure.axes[: len(shown)], picture.figure.axes[len(shown) :]
    for cell, top, bottom in zip(shown, above, below, strict=True):
        colors = cells(top)
        assert len(colors) == output[0, ..., 0].size and [k for k, v in colors.items() if v[0] != "#ffffff"] == [cell]
        colors = cells(bottom)
        dark = {place for place, (color, _) in colors.items() if color == "#0072b2"}
        assert dark == used(size, kernel_size, stride, padding, dilation, cell)
        hatched = np.zeros([n + 2 * padding for n in size], bool)
        for place, (_, hatch) in colors.items():
            hatched[place] = bool(hatch)
        np.testing.assert_array_equal(~hatched, np.pad(np.ones(size, bool), padding))


def test_pixels_that_no_window_covers_are_crossed_out_and_named():
    picture = plots.show_geometry((6, 5), 2, stride=3, cells=[(1, 0)])
    crosses = {
        tuple(line.get_xydata()[0][::-1] - 0.5) for line in picture.figure.axes[1].lines if line.get_marker() == "x"
    }
    rows, columns = {0, 1, 3, 4}, {0, 1, 3, 4}
    assert crosses == {(r, c) for r in range(6) for c in range(5) if r not in rows or c not in columns}
    assert picture.alt == (
        "A kernel of 2 by 2, stride 3, dilation 1, over an input of 6 by 5 with padding top 0, bottom 0, left 0, right 0: "
        "output 2 by 2. Shown: the windows of output[1, 0]. No window covers 2 of the rows and 1 of the columns."
    )
    padded = plots.show_geometry(6, 1, stride=3, padding=1)  # of 8, it uses 0, 3 and 6
    assert padded.alt.endswith("No window covers 4 of the rows and 4 of the columns.")
    assert sum(line.get_marker() == "x" for line in padded.figure.axes[-1].lines) == 36 - 4
    assert "padding top 0, bottom 1, left 0, right 1: output 3 by 3" in plots.show_geometry(6, 3, 2, "same").alt


@pytest.mark.parametrize(
    "arguments, message",
    [
        (dict(size=50, kernel_size=3), "`size` is too large to draw: with padding, 50 by 50"),
        (dict(size=3, kernel_size=4), "`kernel_size` 4 is longer than the input"),
        (dict(size=(3, 3, 3), kernel_size=1), "`size` must be a whole number, or a pair"),
        (dict(size=3, kernel_size=3, cells=[(0, 1)]), r"`cells` must lie in the output of 1 by 1; got \(0, 1\)"),
        (dict(size=3, kernel_size=3, cells=[]), "`cells` is empty"),
    ],
)
def test_bad_geometry(arguments, message):
    with pytest.raises(ValueError, match=message):
        plots.show_geometry(**arguments)


@pytest.mark.parametrize("windows", [[(3, 1), (3, 1)], [(3, 1), (2, 2), (3, 1), (2, 2)], [(3, 2, 2), (2, 1, 3)]])
def test_the_receptive_field_is_what_changes_the_output(windows):
    length = 60

    def forward(signal):
        for kernel_size, stride, *dilation in windows:
            signal = ops.conv(signal, np.ones((kernel_size, 1, 1)), stride, dilation_rate=(dilation or [1])[0])
        return signal[0, 0, 0]

    seen = [place for place in range(length) if forward(np.eye(length)[place][None, :, None])]
    picture = plots.show_receptive_field(windows)
    bottom = sorted(
        round(p.get_x() + 0.42 - 0.5)
        for p in picture.figure.axes[0].patches
        if isinstance(p, Rectangle) and p.get_y() == 0
    )
    assert bottom == seen
    assert f"sees {seen[-1] + 1} pixels" in picture.alt.split("; ")[-1]


def test_a_deep_stack_is_drawn_as_bars():
    picture = plots.show_receptive_field([(3, 2)] * 6, [f"conv{i}" for i in range(6)])
    widths = [p.get_width() for p in picture.figure.axes[0].patches]
    assert widths == [2 ** (n + 1) - 1 for n in range(7)]
    assert picture.alt.endswith("conv5 (kernel 3, stride 2) sees 127 pixels, step 64.")
    with pytest.raises(ValueError, match="`names` must have one for each layer: got 1 for 2 layers"):
        plots.show_receptive_field([(3, 1), (3, 1)], ["a"])
    with pytest.raises(ValueError, match="`windows` is empty"):
        plots.show_receptive_field([])
