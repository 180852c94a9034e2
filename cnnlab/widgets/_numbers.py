"""How explorers write numbers: few characters, and a strength of color for each."""

import functools
import html
import math

import numpy as np


def pack(values, largest, text=None):
    """Numbers as text, and the strength of their colors: one digit each, 0 (most negative) to 8.

    `text` is `shown(values)`, for who has it already.
    """
    finite = np.nan_to_num(np.asarray(values, float), nan=0, posinf=largest, neginf=-largest)
    strength = np.ceil(4 * np.abs(finite) / largest) if largest > 0 else np.abs(finite)
    level = (4 + np.sign(finite) * strength).astype(int)
    text = shown(values) if text is None else text
    return {"text": " ".join(text.ravel()), "level": "".join(map(str, level.ravel()))}


def largest(values):
    finite = np.abs(np.asarray(values, float))
    return finite[np.isfinite(finite)].max(initial=0)


def shown(values):
    """Each number as it is written on screen."""
    unique, places = np.unique(values, return_inverse=True)
    return np.array([number(value) for value in unique.tolist()])[places].reshape(np.shape(values))


@functools.lru_cache(1 << 15)  # when one weight is edited, most numbers on screen stay as they are
def number(value):
    """A number in few characters: whole if it is whole, three digits if they say it exactly, else fewer.

    >>> [number(value) for value in (-2.0, 1 / 8, 1 / 9, 254.96, 1234.5, 1e20, float("inf"))]
    ['−2', '0.125', '0.11', '255', '1230', '1e20', '∞']
    """
    size = abs(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        text = "-∞" if value < 0 else "∞"
    elif value == round(value) and size < 1e5:
        text = str(round(value))
    elif not 1e-3 <= size < 1e5:
        digits, _, exponent = f"{value:.1e}".partition("e")
        text = f"{digits.removesuffix('.0')}e{int(exponent)}"
    elif size >= 100:
        text = f"{float(f'{value:.3g}'):.0f}"
    else:
        text = f"{value:.3g}"
        if size < 1 and not math.isclose(float(text), value, rel_tol=1e-6):
            text = f"{value:.2g}" if size >= 0.01 else f"{value:.1g}"
    return text.replace("-", "−")


def share(value):
    """A number from 0 to 1 with three digits; what they would round to 0 or 1 says so.

    >>> share(0.12345), share(0.9999), share(1.0), share(1e-9)
    ('0.123', '> 0.999', '1', '< 0.001')
    """
    if value in (0, 1):
        return number(float(value))
    return "< 0.001" if value < 0.0005 else "> 0.999" if value >= 0.9995 else f"{value:.3f}"


def read(shown):
    """The numbers that a reader sees, rounded as they are on screen."""
    plain = [text.replace("−", "-").replace("∞", "inf") for text in np.ravel(shown)]
    return np.array(plain, dtype=float).reshape(np.shape(shown))


def relation(sum_of_shown, shown_sum):
    """What stands between a sum and its result as they are written: "≈" where rounding shows."""
    return np.where(np.isclose(sum_of_shown, shown_sum, rtol=1e-9, atol=1e-9, equal_nan=True), "=", "≈")


def factor(shown):
    return f"({shown})" if shown.startswith("−") else shown


def size(array):
    return " × ".join(map(str, array.shape))


def heat(level):
    """What colors a cell in a page: the levels of `pack`, from blue (0) over nothing (4) to orange (8).

    The text is black or white, whichever is easier to read: at least 4.5 : 1, on light pages and on dark ones.
    """
    if level == 4:
        return ""
    share = abs(level - 4) / 4
    color = [round(255 - share * (255 - part)) for part in ((0, 114, 178) if level < 4 else (213, 94, 0))]
    linear = [part / 255 / 12.92 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in color]
    light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    text = "#000" if (light + 0.05) ** 2 > 1.05 * 0.05 else "#fff"
    return f' style="background-color:#{bytes(color).hex()};color:{text}"'


def text(words):
    """A text as HTML shows it, letter for letter; not for attributes, which take `html.escape(words)`.

    >>> text("a < b & c")
    'a &lt; b &amp; c'
    """
    return html.escape(str(words), quote=False)


def table(title, shown, bold=None, levels=None):
    """A table for where no widget runs; `levels` colors its cells, see `heat`.

    Title and cells are texts, not HTML: some come from the learner, as names of classes do.
    """
    shown, title = np.asarray(shown, object), text(title)
    levels = np.full(shown.shape, 4) if levels is None else levels
    bold = np.zeros(shown.shape, bool) if bold is None else bold
    rows = (
        "".join(
            f"<td{heat(level)}><b>{text(cell)}</b></td>" if strong else f"<td{heat(level)}>{text(cell)}</td>"
            for cell, strong, level in zip(*row)
        )
        for row in zip(shown, bold, levels.tolist())
    )
    return (
        f'<table><thead><tr><th colspan="{shown.shape[1]}">{title}</th></tr></thead>\n<tbody>\n'
        + "\n".join(f"<tr>{row}</tr>" for row in rows)
        + "\n</tbody></table>"
    )
