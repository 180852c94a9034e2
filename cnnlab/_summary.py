"""The table of a model's layers, drawn as Keras draws it."""

import re
import shutil
import textwrap


def summary_table(model, line_length=None, positions=None, expand_nested=False, show_trainable=False, layer_range=None):
    """The summary as text."""
    header, aligned = ["Layer (type)", "Output Shape", "Param #"], [_left, _left, _right]
    positions = list(positions or [0.45, 0.80, 1.0])
    if len(positions) != len(header):
        raise ValueError(f"`positions` must say where each of {len(header)} columns ends; got {positions}.")
    if show_trainable:
        header, aligned = [*header, "Trainable"], [*aligned, _center]
        positions = [0.9 * position for position in positions] + [1.0]
    line_length = line_length or min(100 if show_trainable else 88, shutil.get_terminal_size().columns - 4)
    ends = [int(position * line_length) for position in positions]
    widths = _less_edges([end - start for start, end in zip([0, *ends], ends)])
    if min(widths) < 1:
        raise ValueError(f"`line_length` {line_length} leaves no room for the columns: make it longer.")
    rows = list(_rows(model, _between(model.layers, layer_range), expand_nested))
    lines = [
        f'Model: "{model.name}"',
        _rule("┏━┳┓", widths),
        *_lines(header, widths, aligned, "┃"),
        _rule("┡━╇┩", widths),
    ]
    for number, row in enumerate(rows):
        if number:
            lines.append(_rule("├─┼┤", widths))
        lines += _lines(row[: len(header)], widths, aligned, "│")
    lines.append(_rule("└─┴┘", widths))
    parts = (
        ("Total", model.weights),
        ("Trainable", model.trainable_weights),
        ("Non-trainable", model.non_trainable_weights),
    )
    for what, weights in parts:
        count, size = sum(weight.size for weight in weights), sum(weight.nbytes for weight in weights)
        lines.append(f" {what} params: {count:,} ({_bytes(size)})")
    return "\n".join(lines)


def _between(layers, layer_range):
    """The places of the layers from the first of these names to the last; patterns, as in Keras."""
    if layer_range is None:
        return range(len(layers))
    if not isinstance(layer_range, (list, tuple)) or [type(name) for name in layer_range] != [str, str]:
        raise ValueError(f"`layer_range` must be two names of layers; got {layer_range!r}.")
    found = [[i for i, layer in enumerate(layers) if re.match(name, layer.name)] for name in layer_range]
    if not all(found):
        names = ", ".join(repr(layer.name) for layer in layers)
        raise ValueError(f"`layer_range` {tuple(layer_range)} names no layers; there are {names}.")
    first, last = found[0][0], found[1][-1]
    return range(min(first, last), max(first, last) + 1)


def _rows(model, which, expand_nested, before=""):
    shapes = model._shapes or [None] * len(model.layers)
    for layer, shape in [(model.layers[i], shapes[i]) for i in which]:
        count = f"{layer.count_params():,}" if layer.built else "0 (unbuilt)"
        trainable = ("Y" if layer.trainable else "N") if layer.weights else "-"
        name = f"{before}{layer.name} ({type(layer).__name__})"
        yield name, "?" if shape is None else str(shape), count, trainable
        if expand_nested and hasattr(layer, "layers"):
            inside = "   " if not before else before[:-2] + "   "
            yield from _rows(layer, range(len(layer.layers)), True, f"{inside}└ ")


def _less_edges(widths):
    """What is left of the columns once edges and spaces are taken off, in equal shares."""
    left = 3 * len(widths) + 1
    for place, width in enumerate(widths):
        share = round(left / (len(widths) - place))
        widths[place], left = width - share, left - share
    return widths


def _rule(ends, widths):
    left, line, between, right = ends
    return left + between.join(line * (width + 2) for width in widths) + right


def _lines(fields, widths, aligned, edge):
    cells = [textwrap.wrap(field, width, break_long_words=False) or [""] for field, width in zip(fields, widths)]
    cells = [[_cropped(line, width) for line in cell] for cell, width in zip(cells, widths)]
    for number in range(max(map(len, cells))):
        texts = [cell[number] if number < len(cell) else "" for cell in cells]
        texts = [align(text, width) for align, text, width in zip(aligned, texts, widths)]
        yield f"{edge} " + f" {edge} ".join(texts) + f" {edge}"


def _left(text, width):
    return text.ljust(width)


def _right(text, width):
    return text.rjust(width)


def _center(text, width):
    return (" " * ((width - len(text)) // 2) + text).ljust(width)


def _cropped(text, width):
    return text if len(text) <= width else text[: width - 1] + "…"


def _bytes(count):
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1024 or unit == "GB":
            return f"{count:.2f} {unit}"
        count /= 1024
