"""Kernels, and the feature maps that they make."""

import numpy as np

from .._names import count
from .images import _ends, show_images
from .picture import Picture, as_text, new_figure, written

_MOST = 8  # filters side by side, and channels one below the other
_CELLS = 49  # up to so many numbers are written into a kernel


def show_kernel(kernel, title=None):
    """The weights of a kernel: blue below zero, white at zero, red above, with their numbers where there is room.

    Parameters
    ----------
    kernel : array, shape (kh, kw), (kh, kw, channels) or (kh, kw, channels, filters)
        As `layer.get_weights()[0]` has it. Each column is a filter, each row an input channel; the first 8 of both are shown.
    title : str, optional
    """
    title, weights = as_text("title", title), _as_numbers("kernel", kernel)
    if weights.ndim not in (2, 3, 4) or 0 in weights.shape:
        raise ValueError(
            f"`kernel` must have shape (kh, kw), (kh, kw, channels) or (kh, kw, channels, filters); got {weights.shape}."
        )
    weights = weights.reshape(*weights.shape, *[1] * (4 - weights.ndim))
    height, width, channels, filters = weights.shape
    shown = weights[:, :, :_MOST, :_MOST]
    rows, columns = shown.shape[2:]
    most = max(map(abs, _ends([weights]) or (0,))) or 1
    side = min(2.6, 9 / columns)
    figure = new_figure(side * columns, rows * side * min(2, height / width) + 0.45)
    room = height * width <= _CELLS and columns * width <= 16
    for (row, column), ax in np.ndenumerate(figure.subplots(rows, columns, squeeze=False)):
        one = shown[:, :, row, column]
        ax.imshow(np.ma.masked_invalid(one), cmap="RdBu_r", vmin=-most, vmax=most, interpolation="nearest")
        ax.set_xticks([])
        ax.set_yticks([])
        for place, value in np.ndenumerate(one if room else np.zeros(0)):
            color = "white" if 0.6 * most < abs(value) < np.inf else "black"
            ax.text(*place[::-1], written(value, 2), ha="center", va="center", color=color, fontsize=9)
        if row == 0 and filters > 1:
            ax.set_title(f"filter {column}", fontsize=9)
        if column == 0 and channels > 1:
            ax.set_ylabel(f"channel {row}", fontsize=9)
    if title:
        figure.suptitle(title, fontsize=10, parse_math=False)
    return Picture(figure, _describe_kernel(weights, shown, title))


def _describe_kernel(weights, shown, title):
    height, width, channels, filters = weights.shape
    parts = [f"{title}."] if title else []
    if channels == filters == 1 and height * width <= _CELLS:
        rows = "; ".join(" ".join(written(value, 2) for value in row) for row in weights[:, :, 0, 0])
        return " ".join([*parts, f"Kernel of {height} by {width}, row by row: {rows}."])
    parts.append(f"{count(filters, 'filter')} of {height} by {width} for {count(channels, 'input channel')}.")
    firsts = [f"the first {some} {what}" for all_, some, what in
              ((filters, shown.shape[3], "filters"), (channels, shown.shape[2], "channels")) if some < all_]  # fmt: skip
    if firsts:
        parts.append(f"Shown: {' and '.join(firsts)}.")
    ends = _ends([weights])
    parts.append(f"Weights from {written(ends[0])} to {written(ends[1])}." if ends else "No weight is a finite number.")
    return " ".join(parts)


def show_feature_maps(feature_maps, columns=8, title=None):
    """The feature maps that a layer makes of one image, side by side, on one scale.

    Parameters
    ----------
    feature_maps : array, shape (H, W, filters) or (1, H, W, filters)
    columns : int
        Feature maps per row.
    title : str, optional

    A map that is 0 everywhere says so: nothing in this image woke its filter.
    """
    title, maps = as_text("title", title), _as_numbers("feature_maps", feature_maps)
    if maps.ndim == 4 and len(maps) == 1:
        maps = maps[0]
    if maps.ndim != 3 or 0 in maps.shape:
        raise ValueError(f"`feature_maps` must have shape (H, W, filters), of one image; got {maps.shape}.")
    silent = ~maps.any(axis=(0, 1))
    titles = [f"{place}{', all 0' if zero else ''}" for place, zero in enumerate(silent)]
    lowest, highest = _ends([maps]) or (0, 1)
    limits = (0, highest or 1) if lowest >= 0 else None
    alt = f"{title + '. ' if title else ''}{count(len(titles), 'feature map')}, {silent.sum()} of them 0 everywhere"
    picture = show_images(list(np.moveaxis(maps, -1, 0)), titles, columns, limits, alt)
    if not title:
        return picture
    picture.figure.suptitle(title, fontsize=10, parse_math=False)
    return Picture(picture.figure, picture.alt)


def _as_numbers(name, x):
    try:
        array = np.asarray(x)
    except ValueError:
        raise ValueError(f"`{name}` must be an array of numbers; its rows have different lengths.") from None
    if array.dtype.kind not in "fiub":
        raise TypeError(f"`{name}` must be an array of real numbers; got {repr(x)[:60]} of type {array.dtype}.")
    return array.astype(float)
