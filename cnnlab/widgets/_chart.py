"""What the page's `Chart` draws: lines, and axes with round ticks."""

import math

import numpy as np

from ._numbers import number


def chart(lines, x=None, y=None, stops=None):
    """Lines over two axes, ready for the page's `Chart`.

    Parameters
    ----------
    lines : dict of name: (x, y)
        Two sequences of equal length each. What is not finite in y is a gap.
    x, y : (low, high) or None
        What the axes show. None: all of the data; then the y axis goes on to the next round number.
    stops : sequence of increasing numbers, or None
        Where along the x axis the marker can stand. None: the x of the first line.
    """
    lines = {name: tuple(np.asarray(part, float) for part in xy) for name, xy in lines.items()}
    x_ticks = ticks(*(x or _range([xs for xs, _ in lines.values()])))
    y_ticks = ticks(*(y or _range([ys for _, ys in lines.values()])))
    stops = next((xs for xs, _ in lines.values()), []) if stops is None else stops
    return {
        "lines": [{"name": name, "x": _plain(xs), "y": _plain(ys)} for name, (xs, ys) in lines.items()],
        "x": _axis(x or _range([xs for xs, _ in lines.values()]), x_ticks),
        "y": _axis(y or (y_ticks[0], y_ticks[-1]), y_ticks),
        "stops": _plain(stops),
    }


def ticks(low, high, about=6):
    """Round numbers, equally far apart, from at or below `low` to at or above `high`.

    >>> ticks(-0.3, 1.1)
    [-0.5, 0.0, 0.5, 1.0, 1.5]
    """
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * next(step for step in (1, 2, 5, 10) if rough <= step * power * 1.001)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(place * step, 12) for place in range(first, last + 1)]


def _range(parts):
    numbers = np.concatenate([np.ravel(part) for part in parts]) if parts else np.array([])
    numbers = numbers[np.isfinite(numbers)]
    low, high = (float(numbers.min()), float(numbers.max())) if len(numbers) else (0.0, 1.0)
    room = max(0.5, abs(low) * 1e-6)  # so that it is seen at all in very large numbers
    return (low, high) if low < high else (low - room, high + room)


def _axis(ends, ticks):
    inside = [tick for tick in ticks if ends[0] <= tick <= ends[1]]
    texts = [number(tick) for tick in inside]
    if len(set(texts)) < len(texts):  # they differ in later digits than are usually written
        texts = [f"{tick:.6g}".replace("-", "−") for tick in inside]
    return {"ends": [float(end) for end in ends], "ticks": inside, "texts": texts}


def _plain(numbers):
    """Four digits place a point well enough; JSON has no NaN."""
    return [float(f"{value:.4g}") if math.isfinite(value) else None for value in np.asarray(numbers, float).tolist()]
