"""Kernels, and the feature maps that they make."""

import numpy as np

from .images import show_images
from .picture import Picture, new_figure

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
    weights = np.asarray(kernel, dtype=float)
    if weights.ndim not in (2, 3, 4) or 0 in weights.shape:
        raise ValueError(
            f"`kernel` must have shape (kh, kw), (kh, kw, channels) or (kh, kw, channels, filters); got {weights.shape}."
        )
    weights = weights.reshape(*weights.shape, *[1] * (4 - weights.ndim))
    height, width, channels, filters = weights.shape
    shown = weights[:, :, :_MOST, :_MOST]
    rows, columns = shown.shape[2:]
    most = np.nanmax(np.abs(weights), initial=0) or 1
    side = min(2.6, 9 / columns)
    figure = new_figure(side * columns, rows * side * min(2, height / width) + 0.45)
    written = height * width <= _CELLS and columns * width <= 16
    for (row, column), ax in np.ndenumerate(figure.subplots(rows, columns, squeeze=False)):
        one = shown[:, :, row, column]
        ax.imshow(one, cmap="RdBu_r", vmin=-most, vmax=most, interpolation="nearest")
        ax.set_xticks([])
        ax.set_yticks([])
        for place, value in np.ndenumerate(one if written else np.zeros(0)):
            color = "white" if abs(value) > 0.6 * most else "black"
            ax.text(*place[::-1], _short(value), ha="center", va="center", color=color, fontsize=9)
        if row == 0 and filters > 1:
            ax.set_title(f"filter {column}", fontsize=9)
        if column == 0 and channels > 1:
            ax.set_ylabel(f"channel {row}", fontsize=9)
    if title:
        figure.suptitle(title, fontsize=10)
    return Picture(figure, _describe_kernel(weights, shown, title))


def _describe_kernel(weights, shown, title):
    height, width, channels, filters = weights.shape
    parts = [f"{title}."] if title else []
    if channels == filters == 1 and height * width <= _CELLS:
        rows = "; ".join(" ".join(_short(value) for value in row) for row in weights[:, :, 0, 0])
        return " ".join([*parts, f"Kernel of {height} by {width}, row by row: {rows}."])
    parts.append(f"{_count(filters, 'filter')} of {height} by {width} for {_count(channels, 'input channel')}.")
    if shown.shape != weights.shape:
        parts.append(f"Shown: the first {shown.shape[3]} filters and the first {shown.shape[2]} channels.")
    parts.append(f"Weights from {np.nanmin(weights):.3g} to {np.nanmax(weights):.3g}.")
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
    maps = np.asarray(feature_maps)
    if maps.ndim == 4 and len(maps) == 1:
        maps = maps[0]
    if maps.ndim != 3 or 0 in maps.shape:
        raise ValueError(f"`feature_maps` must have shape (H, W, filters), of one image; got {np.shape(feature_maps)}.")
    silent = ~maps.any(axis=(0, 1))
    titles = [f"{place}{', all 0' if zero else ''}" for place, zero in enumerate(silent)]
    lowest, highest = float(np.nanmin(maps)), float(np.nanmax(maps))
    limits = (0, highest or 1) if lowest >= 0 else None
    alt = f"{title + '. ' if title else ''}{_count(len(titles), 'feature map')}, {silent.sum()} of them 0 everywhere"
    picture = show_images(list(np.moveaxis(maps, -1, 0)), titles, columns, limits, alt)
    if not title:
        return picture
    picture.figure.suptitle(title, fontsize=10)
    return Picture(picture.figure, picture.alt)


def _short(value):
    return f"{value:.2g}".replace("-", "−")


def _count(number, word):
    return f"{number} {word}{'s' if number != 1 else ''}"
