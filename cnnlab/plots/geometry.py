"""Where windows lie: in the manner of Dumoulin and Visin's "A guide to convolution arithmetic"."""

import numpy as np
from matplotlib.patches import Polygon, Rectangle

from .._names import count
from ..arithmetic import output_size, padding_amounts, receptive_field, whole_number
from .picture import COLORS, Picture, as_texts, new_figure

_INPUT, _WINDOW, _OUTPUT = "#56b4e9", "#0072b2", "#009e73"  # of Okabe & Ito
_LARGEST = 40  # cells along a side
_CELLS = 60  # pixels of a receptive field that can be drawn one by one


def show_geometry(size, kernel_size, stride=1, padding="valid", dilation=1, cells=None):
    """Which pixels each output cell comes from: below the padded input with a window, above it the output.

    Parameters
    ----------
    size, kernel_size, stride, dilation : int, or (rows, columns)
    padding : "valid", "same", int or (before, after)
        As in `cnnlab.arithmetic.output_size`, the same for rows and columns.
    cells : list of (row, column), optional
        The output cells whose windows are shown; by default the first two, the first of the second row, and the last.

    Blue: input, dark blue and dotted: the window, hatched: padding, green: output. A cross marks
    pixels that no window covers.
    """
    axes = [
        {"size": a, "kernel_size": b, "stride": c, "dilation": d, "padding": padding}
        for a, b, c, d in zip(
            _pair("size", size), _pair("kernel_size", kernel_size), _pair("stride", stride), _pair("dilation", dilation)
        )
    ]
    output = [output_size(**axis) for axis in axes]
    pads = [padding_amounts(**axis) for axis in axes]
    padded = [axis["size"] + sum(pad) for axis, pad in zip(axes, pads)]
    if max(padded) > _LARGEST:
        raise ValueError(f"`size` is too large to draw: with padding, {padded[0]} by {padded[1]}; at most {_LARGEST}.")
    seen = [_covered(axis, length) for axis, length in zip(axes, output)]
    cells = _check_cells(cells, output)

    largest = max(padded)
    side = min(2.4, 9.4 / len(cells))
    heights = [max(output[0], largest / 4), padded[0]]
    figure = new_figure(side * len(cells), side * sum(heights) / largest + 0.5)
    grid = figure.subplots(2, len(cells), squeeze=False, gridspec_kw={"height_ratios": heights})
    for cell, (above, below) in zip(cells, grid.T):
        _draw_cells(above, output, lambda place: dict(facecolor=_OUTPUT if place == cell else "white", hatch=""))
        window = _window(axes, cell)
        below_style = _input_style(axes, pads, window)
        _draw_cells(below, padded, below_style)
        for place in np.ndindex(*padded):
            if place in window:
                below.plot(place[1] + 0.5, place[0] + 0.5, "o", color="white", markersize=4)
            elif _is_pixel(place, pads, axes) and not (seen[0][place[0]] and seen[1][place[1]]):
                below.plot(place[1] + 0.5, place[0] + 0.5, "x", color="black", markersize=5)
        above.set_title(f"output[{cell[0]}, {cell[1]}]", fontsize=9)
        for ax, sizes in ((above, output), (below, padded)):
            ax.set(
                xlim=(sizes[1] / 2 - largest / 2 - 0.1, sizes[1] / 2 + largest / 2 + 0.1), ylim=(sizes[0] + 0.1, -0.1)
            )
            ax.set_aspect("equal", adjustable="box")
            ax.set_axis_off()
    return Picture(figure, _describe_geometry(axes, pads, output, seen, cells))


def _pair(name, value):
    pair = value if isinstance(value, (tuple, list)) or np.ndim(value) == 1 else (value, value)
    if len(pair) != 2:
        raise ValueError(f"`{name}` must be a whole number, or a pair (rows, columns); got {value!r}.")
    return [whole_number(name, one, at_least=1) for one in pair]


def _covered(axis, positions):
    """Which cells of the padded axis a window covers."""
    covered = np.zeros(axis["size"] + sum(padding_amounts(**axis)), bool)
    for start in range(positions):
        covered[start * axis["stride"] :][: axis["dilation"] * (axis["kernel_size"] - 1) + 1 : axis["dilation"]] = True
    return covered


def _check_cells(cells, output):
    if cells is None:
        wanted = [(0, 0), (0, 1), (1, 0), (output[0] - 1, output[1] - 1)]
        inside = [cell for cell in wanted if cell[0] < output[0] and cell[1] < output[1]]
        return list(dict.fromkeys(inside))
    try:
        cells = [tuple(whole_number("cells", place, at_least=0) for place in cell) for cell in cells]
    except (TypeError, ValueError):
        raise TypeError(f"`cells` must be a list of output cells, each (row, column); got {cells!r}.") from None
    for cell in cells:
        if len(cell) != 2 or not all(place < length for place, length in zip(cell, output)):
            raise ValueError(f"`cells` must lie in the output of {output[0]} by {output[1]}; got {cell}.")
    if not cells:
        raise ValueError("`cells` is empty: name at least one output cell.")
    return cells


def _window(axes, cell):
    rows, columns = (
        [place * axis["stride"] + step * axis["dilation"] for step in range(axis["kernel_size"])]
        for place, axis in zip(cell, axes)
    )
    return {(row, column) for row in rows for column in columns}


def _is_pixel(place, pads, axes):
    return all(before <= at < before + axis["size"] for at, (before, _), axis in zip(place, pads, axes))


def _input_style(axes, pads, window):
    def style(place):
        pixel = _is_pixel(place, pads, axes)
        color = _WINDOW if place in window else _INPUT if pixel else "white"
        return dict(facecolor=color, hatch="" if pixel else "////")

    return style


def _draw_cells(ax, sizes, style):
    for row, column in np.ndindex(*sizes):
        ax.add_patch(Rectangle((column, row), 1, 1, edgecolor="#555555", linewidth=0.7, **style((row, column))))


def _describe_geometry(axes, pads, output, seen, cells):
    def by(values):
        return f"{values[0]} by {values[1]}"

    def named(name):
        values = [axis[name] for axis in axes]
        return str(values[0]) if values[0] == values[1] else by(values)

    unseen = [
        int((~covered[before : before + axis["size"]]).sum()) for axis, covered, (before, _) in zip(axes, seen, pads)
    ]
    (top, bottom), (left, right) = pads
    parts = [
        f"A kernel of {by([axis['kernel_size'] for axis in axes])}, stride {named('stride')}, dilation {named('dilation')}, "
        f"over an input of {by([axis['size'] for axis in axes])} "
        f"with padding top {top}, bottom {bottom}, left {left}, right {right}: output {by(output)}.",
        "Shown: the windows of " + ", ".join(f"output[{row}, {column}]" for row, column in cells) + ".",
    ]
    parts.append(
        f"No window covers {unseen[0]} of the rows and {unseen[1]} of the columns."
        if any(unseen)
        else "Every pixel is covered."
    )
    return " ".join(parts)


def show_receptive_field(windows, names=None):
    """What one output of a stack of layers sees, layer by layer, along one axis.

    Parameters
    ----------
    windows : list of (kernel_size, stride) or (kernel_size, stride, dilation)
        From the input on, as for `cnnlab.arithmetic.receptive_field`.
    names : list of str, optional
        One for each layer.

    From the output on top, each cell leads down to the cells it is computed from.
    """
    try:
        windows = [tuple(whole_number("windows", part, at_least=1) for part in window) for window in windows]
    except TypeError:
        raise TypeError(
            f"`windows` must be a list with (kernel_size, stride) for each layer, such as [(3, 1), (2, 2)]; got {windows!r}."
        ) from None
    if not windows:
        raise ValueError("`windows` is empty: name at least one layer.")
    fields = [receptive_field(windows[:depth]) for depth in range(len(windows) + 1)]
    given = [f"layer {place}" for place in range(1, len(windows) + 1)] if names is None else names
    names = as_texts("names", given, len(windows), "layer")
    whole = fields[-1][0]
    levels = _levels(windows)
    figure = new_figure(8.4, 0.62 * len(fields) + 0.5)
    ax = figure.subplots()
    drawn = whole <= _CELLS
    for depth, ((size, step), places) in enumerate(zip(fields, levels)):
        if drawn:
            for place in places:
                middle = (size - 1) / 2 + place * step + 0.5
                color = _OUTPUT if depth == len(windows) else _INPUT
                ax.add_patch(
                    Rectangle((middle - 0.42, depth), 0.84, 0.4, facecolor=color, edgecolor="#333333", linewidth=0.7)
                )
                if depth:
                    _draw_cone(ax, windows[depth - 1], place, middle, depth, fields[depth - 1])
        else:
            left = (whole - size) / 2
            ax.add_patch(Rectangle((left, depth), size, 0.4, facecolor=_OUTPUT if depth == len(windows) else _INPUT))
        what = "input" if depth == 0 else f"{names[depth - 1]}: {_written(windows[depth - 1])}"
        ax.text(whole + 0.02 * whole + 0.5, depth + 0.2, f"{what}\nsees {size}, step {step}", va="center", fontsize=8)
    ax.set(xlim=(-0.5, whole * 1.38 + 4), ylim=(-0.25, len(fields) - 0.35))
    ax.set_xticks([0.5, whole - 0.5], ["0", str(whole - 1)] if whole > 1 else ["0", "0"])
    ax.set_xlabel("pixels of the input", fontsize=9, loc="left")
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)
    told = [f"{name} ({_written(window)}) sees {count(size, 'pixel')}, step {step}"
            for name, window, (size, step) in zip(names, windows, fields[1:])]  # fmt: skip
    return Picture(figure, f"Receptive field of {count(len(windows), 'layer')} along one axis. {'; '.join(told)}.")


def _levels(windows):
    """For each level, input first: the places of the cells that one output is computed from."""
    levels = [{0}]
    for kernel_size, stride, *dilation in reversed(windows):
        step = dilation[0] if dilation else 1
        levels.append({place * stride + k * step for place in levels[-1] for k in range(kernel_size)})
    return [sorted(level) for level in reversed(levels)]


def _draw_cone(ax, window, place, middle, depth, below):
    kernel_size, stride, *dilation = window
    size, step = below
    last = place * stride + (dilation[0] if dilation else 1) * (kernel_size - 1)
    left, right = ((size - 1) / 2 + end * step + 0.5 for end in (place * stride, last))
    corners = [(middle - 0.42, depth), (middle + 0.42, depth), (right + 0.42, depth - 0.6), (left - 0.42, depth - 0.6)]
    ax.add_patch(Polygon(corners, facecolor=COLORS[0], alpha=0.08, edgecolor="#333333", linewidth=0.6))


def _written(window):
    kernel_size, stride, *dilation = window
    return f"kernel {kernel_size}, stride {stride}" + (
        f", dilation {dilation[0]}" if dilation and dilation[0] > 1 else ""
    )
