"""The table of a model's layers, drawn as Keras draws it."""

import shutil
import textwrap


def summary_table(model, line_length=None):
    """The summary as text."""
    line_length = line_length or min(88, shutil.get_terminal_size().columns - 4)
    ends = [int(position * line_length) for position in (0.45, 0.80, 1.0)]
    widths = [ends[0] - 3, ends[1] - ends[0] - 4, ends[2] - ends[1] - 3]
    rows = [_fields(layer) for layer in model.layers]
    trainable = sum(weight.size for weight in model.trainable_weights)
    steps = [layer for _, layer in model.steps()]
    total = sum(layer.count_params() for layer in steps)
    size = {"float32": 4, "float64": 8}
    sizes = sum(layer.count_params() * size[layer.dtype] for layer in steps)
    per_number = sizes / total if total else 0
    lines = [
        f'Model: "{model.name}"',
        _rule("┏━┳┓", widths),
        *_row(("Layer (type)", "Output Shape", "Param #"), widths, "┃"),
        _rule("┡━╇┩", widths),
    ]
    for number, row in enumerate(rows):
        if number:
            lines.append(_rule("├─┼┤", widths))
        lines += _row(row, widths, "│")
    lines.append(_rule("└─┴┘", widths))
    for what, count in (("Total", total), ("Trainable", trainable), ("Non-trainable", total - trainable)):
        lines.append(f" {what} params: {count:,} ({_bytes(count * per_number)})")
    return "\n".join(lines)


def _fields(layer):
    shape = "?" if layer.output_shape is None else str(layer.output_shape)
    count = f"{layer.count_params():,}" if layer.built else "0 (unbuilt)"
    return f"{layer.name} ({type(layer).__name__})", shape, count


def _rule(ends, widths):
    left, line, between, right = ends
    return left + between.join(line * (width + 2) for width in widths) + right


def _row(fields, widths, edge):
    cells = [textwrap.wrap(field, width, break_long_words=False) or [""] for field, width in zip(fields, widths)]
    cells = [[_cropped(line, width) for line in cell] for cell, width in zip(cells, widths)]
    for number in range(max(map(len, cells))):
        texts = [cell[number] if number < len(cell) else "" for cell in cells]
        aligned = [texts[0].ljust(widths[0]), texts[1].ljust(widths[1]), texts[2].rjust(widths[2])]
        yield f"{edge} " + f" {edge} ".join(aligned) + f" {edge}"


def _cropped(text, width):
    return text if len(text) <= width else text[: width - 1] + "…"


def _bytes(count):
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1024 or unit == "GB":
            return f"{count:.2f} {unit}"
        count /= 1024
