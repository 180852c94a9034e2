"""Images side by side."""

import numpy as np

from .picture import Picture, new_figure


def show_images(images, titles=None, columns=None, limits=None, alt=None):
    """Images side by side, each with its title.

    Parameters
    ----------
    images : array or list of arrays
        Each (H, W), (H, W, 1) or (H, W, 3); a single image will do. Sizes may differ.
    titles : list of str, optional
        One for each image.
    columns : int, optional
        Images per row; at most 8 unless you say otherwise.
    limits : (lowest, highest), optional
        The values drawn as black and white. By default 0–255 for integers, 0–1 for other numbers in
        that range, otherwise the range of all images. Limits with zero in the middle, which negative
        numbers get by default, are drawn in color: blue below zero, white at zero, red above.
    alt : str, optional
        What the pictures show; sizes, titles and the range of values are added.
    """
    images = _as_list(images)
    titles = [""] * len(images) if titles is None else [str(title) for title in titles]
    if len(titles) != len(images):
        raise ValueError(f"`titles` must have one title for each image: {len(titles)} titles, {len(images)} images.")
    lowest, highest, signed = _limits(images, limits)
    columns = min(len(images), columns or 8)
    rows = -(-len(images) // columns)
    side = min(2.6, 9 / columns)
    lines = max(title.count("\n") + 1 if title else 0 for title in titles)
    figure = new_figure(side * columns, rows * (side * _tallest(images) + 0.19 * lines + 0.05))
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax in axes:
        ax.set_axis_off()
    for ax, image, title in zip(axes, images, titles):
        if image.ndim == 3:
            ax.imshow(np.clip((image - lowest) / (highest - lowest), 0, 1), interpolation="nearest")
        else:
            ax.imshow(image, cmap="RdBu_r" if signed else "gray", vmin=lowest, vmax=highest, interpolation="nearest")
        ax.set_title(title, fontsize=9)
    return Picture(figure, _describe(images, titles, alt))


def _as_list(images):
    """Every image as (H, W) or (H, W, 3)."""
    if isinstance(images, np.ndarray) and (images.ndim == 2 or images.ndim == 3 and images.shape[-1] in (1, 3)):
        images = [images]
    images = [np.asarray(image) for image in images]
    images = [image[..., 0] if image.ndim == 3 and image.shape[-1] == 1 else image for image in images]
    for image in images:
        if not (image.ndim == 2 or image.ndim == 3 and image.shape[-1] == 3) or image.size == 0:
            raise ValueError(f"`images` must have shapes (H, W), (H, W, 1) or (H, W, 3); one has {image.shape}.")
    if not images:
        raise ValueError("`images` is empty: there is nothing to show.")
    return images


def _limits(images, limits):
    """(lowest, highest, whether zero is in the middle of them)."""
    if limits is not None:
        return *limits, limits[0] == -limits[1]
    if all(image.dtype.kind in "uib" for image in images):
        lowest, highest = min(image.min() for image in images), max(image.max() for image in images)
        if lowest >= 0 and highest <= 255:
            return 0, 255, False
    else:
        lowest, highest = min(np.nanmin(image) for image in images), max(np.nanmax(image) for image in images)
        if lowest >= 0 and highest <= 1:
            return 0, 1, False
    if lowest < 0:
        most = max(-lowest, highest)
        return -most, most, True
    return lowest, max(highest, lowest + 1e-12), False


def _tallest(images):
    """The largest height / width."""
    return max(image.shape[0] / image.shape[1] for image in images)


def _describe(images, titles, alt):
    shapes = sorted({image.shape for image in images})
    size = f"{shapes[0][0]} by {shapes[0][1]} pixels" if len(shapes) == 1 else "of different sizes"
    in_color = sum(image.ndim == 3 for image in images)
    color = {0: "gray ", len(images): "color "}.get(in_color, "")
    count = f"One {color}image" if len(images) == 1 else f"{len(images)} {color}images"
    parts = [f"{alt.rstrip('.')}." if alt else "", f"{count}, {size}."]
    if any(titles):
        parts.append("Titles: " + "; ".join(" ".join(title.split()) for title in titles) + ".")
    lowest, highest = min(float(np.nanmin(i)) for i in images), max(float(np.nanmax(i)) for i in images)
    parts.append(f"Values from {lowest:.3g} to {highest:.3g}.")
    return " ".join(part for part in parts if part)
