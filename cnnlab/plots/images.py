"""Images side by side."""

import numpy as np

from .._names import count
from .._pictures import on_white, pictures
from ..arithmetic import whole_number
from .picture import Picture, as_text, as_texts, new_figure, written


def show_images(images, titles=None, columns=None, limits=None, alt=None):
    """Images side by side, each with its title.

    Parameters
    ----------
    images : array, or list of arrays or of Pillow's images
        One image (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), which is red, green, blue and opacity; or several, with one
        more axis in front, or in a list, where sizes may differ. Rows of 784 are images of 28 by 28. What can be read in
        two ways is an error that says what to write for each. What is transparent is drawn on white.
    titles : list of str, optional
        One for each image. Labels will do.
    columns : int, optional
        Images per row; at most 8 unless you say otherwise.
    limits : (lowest, highest), optional
        The values drawn as black and white. By default 0–255 for integers, 0–1 for other numbers in
        that range (side by side, each as it is), otherwise the range of all images. Limits with zero in the middle, which negative
        numbers get by default, are drawn in color: blue below zero, white at zero, red above.
    alt : str, optional
        What the pictures show; sizes, titles and the range of values are added.

    Pixels that are NaN or infinite are left white, and counted in the text.
    """
    found = list(pictures("images", images))
    clear = sum(image.ndim == 3 and image.shape[-1] == 4 for image in found)
    found = [on_white("images", image) for image in found]
    titles = [""] * len(found) if titles is None else as_texts("titles", titles, len(found), "image")
    alt = as_text("alt", alt)
    columns = min(len(found), 8 if columns is None else whole_number("columns", columns, at_least=1))
    drawn = found if limits is not None else _on_one_scale(found)
    lowest, highest, signed = _limits(drawn, limits)
    rows = -(-len(found) // columns)
    side = min(2.6, 9 / columns)
    lines = max(title.count("\n") + 1 if title else 0 for title in titles)
    figure = new_figure(side * columns, rows * (side * _tallest(found) + 0.19 * lines + 0.05))
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax in axes:
        ax.set_axis_off()
    for ax, image, title in zip(axes, drawn, titles):
        image = np.ma.masked_invalid(image.astype(float))
        if image.ndim == 3:
            scaled = np.clip((image - lowest) / (highest - lowest), 0, 1).filled(1)
            ax.imshow(scaled, interpolation="nearest")
        else:
            ax.imshow(image, cmap="RdBu_r" if signed else "gray", vmin=lowest, vmax=highest, interpolation="nearest")
        ax.set_title(title, fontsize=9, parse_math=False)
    return Picture(figure, _describe(found, titles, alt, clear))


def _on_one_scale(images):
    """The images as they are; but where bytes stand beside numbers from 0 to 1, those from 0 to 255 are divided."""
    of_bytes = [image for image in images if image.dtype.kind in "iu"]
    others = [image for image in images if image.dtype.kind not in "iu"]
    if of_bytes and others and _limits(of_bytes, None) == (0, 255, False) and _limits(others, None) == (0, 1, False):
        return [image / 255 if image.dtype.kind in "iu" else image for image in images]
    return images


def _ends(images):
    """The smallest and the largest number that can be drawn; None if there is none."""
    finite = [image[np.isfinite(image)] for image in images]
    finite = [numbers for numbers in finite if numbers.size]
    if not finite:
        return None
    return float(min(numbers.min() for numbers in finite)), float(max(numbers.max() for numbers in finite))


def _limits(images, limits):
    """(lowest, highest, whether zero is in the middle of them)."""
    if limits is not None:
        try:
            lowest, highest = (float(limit) for limit in limits)
        except (TypeError, ValueError):
            raise TypeError(f"`limits` must be two numbers, (lowest, highest); got {limits!r}.") from None
        if not (np.isfinite(lowest) and np.isfinite(highest) and lowest < highest):
            raise ValueError(f"`limits` must be (lowest, highest), two numbers that differ; got {limits!r}.")
        return lowest, highest, lowest == -highest
    lowest, highest = _ends(images) or (0.0, 1.0)
    if all(image.dtype.kind in "iu" for image in images):
        if lowest >= 0 and highest <= 255:
            return 0, 255, False
    elif lowest >= 0 and highest <= 1:
        return 0, 1, False
    if lowest < 0:
        most = max(-lowest, highest)
        return -most, most, True
    return lowest, highest if highest > lowest else lowest + max(1.0, abs(lowest)), False


def _tallest(images):
    """The largest height / width; a picture cannot be drawn much taller."""
    return min(max(image.shape[0] / image.shape[1] for image in images), 8)


def _describe(images, titles, alt, clear):
    shapes = sorted({image.shape[:2] for image in images})
    size = f"{shapes[0][0]} by {shapes[0][1]} pixels" if len(shapes) == 1 else "of different sizes"
    in_color = sum(image.ndim == 3 for image in images)
    color = {0: "gray ", len(images): "color "}.get(in_color, "")
    how_many = f"One {color}image" if len(images) == 1 else f"{len(images)} {color}images"
    parts = [f"{alt.rstrip('.')}." if alt else "", f"{how_many}, {size}."]
    if clear:
        parts.append("What is transparent lies on white.")
    if any(titles):
        parts.append("Titles: " + "; ".join(" ".join(title.split()) for title in titles) + ".")
    ends = _ends(images)
    parts.append(f"Values from {written(ends[0])} to {written(ends[1])}." if ends else "No value is a finite number.")
    odd = sum(int(np.count_nonzero(~np.isfinite(image))) for image in images)
    if odd:
        parts.append(f"{count(odd, 'value')} NaN or infinite.")
    return " ".join(part for part in parts if part)
