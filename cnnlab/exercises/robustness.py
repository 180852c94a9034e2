"""The exercises of lesson 10b: images moved, in another light, and partly covered."""

import numpy as np

from .engine import Exercise


def shift_right(images, pixels):
    """Images (n, height, width) moved to the right; zeros come in from the left."""
    moved = np.zeros_like(images)
    width = images.shape[2]
    moved[:, :, pixels:] = images[:, :, : width - pixels]
    return moved


def change_light(images, contrast, brightness):
    """Images times `contrast`, plus `brightness`, cut to the range 0 to 1."""
    return np.clip(contrast * images + brightness, 0, 1)


def cover(images, top, left, size, value):
    """Images (n, height, width) with a square of one value in front of them."""
    covered = images.copy()
    covered[:, top : top + size, left : left + size] = value
    return covered


def _images(rng):
    for shape, pixels in [
        ((1, 1, 3), 1),
        ((1, 2, 3), 1),
        ((2, 2, 4), 3),
        ((2, 3, 5), 0),
        ((3, 4, 3), 3),
        ((2, 5, 8), 2),
    ]:
        yield rng.integers(1, 10, shape) / 2, pixels


def _lights(rng):
    for shape in [(1, 1, 2), (1, 2, 3), (2, 2, 2), (2, 3, 4), (3, 5, 5)]:
        for contrast, brightness in [(0.5, 0.25), (2, -0.375), (1.5, 0.5), (0.25, -0.125)]:
            yield rng.integers(0, 9, shape) / 8, contrast, brightness


def _squares(rng):
    for shape, top, left, size in [
        ((1, 3, 4), 0, 1, 2),
        ((2, 4, 4), 2, 1, 1),
        ((2, 4, 5), 1, 2, 2),
        ((2, 5, 4), 1, 0, 3),
        ((3, 6, 8), 2, 4, 2),
        ((2, 6, 6), 4, 1, 2),
    ]:
        yield rng.integers(1, 8, shape) / 8, top, left, size, float(rng.integers(1, 4)) / 2


# shift_right ---------------------------------------------------------------------------------

shift = Exercise(
    reference=shift_right,
    task=(
        "Return images of the same shape, (n, height, width), in which everything lies `pixels` further to the "
        "right. Zeros come in from the left; what passes the right border is lost."
    ),
    telling=(np.arange(1.0, 25).reshape(2, 3, 4), 1),
    probes=_images,
    hints=[
        "Columns are the last axis: images[:, :, 0] is the leftmost column of every image.",
        "Start with np.zeros_like(images); then copy the part of the images that stays inside.",
        "moved[:, :, pixels:] takes images[:, :, : width - pixels]. With -pixels, a shift by 0 would copy nothing.",
    ],
    remark="The slice ends at width - pixels and not at -pixels, because -0 is 0: nothing would be left.",
)


@shift.misconception("the images move to the left", "To the right: column 0 becomes column `pixels`.")
def to_the_left(images, pixels):
    return shift_right(images[:, :, ::-1], pixels)[:, :, ::-1]


@shift.misconception(
    "what leaves on the right comes back on the left, as np.roll does",
    "Zeros come in from the left. Set them after the roll.",
)
def wrapped(images, pixels):
    return np.roll(images, pixels, axis=2)


@shift.misconception("the images move down", "To the right: along the last axis.")
def downward(images, pixels):
    return (
        shift_right(images.transpose(0, 2, 1), pixels).transpose(0, 2, 1) if pixels <= images.shape[1] else 0 * images
    )


@shift.misconception(
    "the images are moved along the first axis", "Axis 0 counts the images. Columns are the last axis."
)
def first_axis(images, pixels):
    return np.roll(images, pixels, axis=0)


@shift.misconception("the border column is repeated", "Zeros come in from the left, not copies of the first column.")
def border_repeated(images, pixels):
    moved = shift_right(images, pixels)
    moved[:, :, :pixels] = images[:, :, :1]
    return moved


@shift.misconception("zeros are added and nothing is cut off", "The shape stays: what passes the right border is lost.")
def wider(images, pixels):
    return np.pad(images, [(0, 0), (0, 0), (pixels, 0)])


@shift.misconception(
    "the slice ends at -pixels", "For pixels = 0 that is images[:, :, :-0], which is empty. Use width - pixels."
)
def minus_zero(images, pixels):
    moved = np.zeros_like(images)
    moved[:, :, pixels:] = images[:, :, :-pixels]
    return moved


# change_light --------------------------------------------------------------------------------

light = Exercise(
    reference=change_light,
    task=(
        "Return the images (numbers from 0 to 1) times `contrast`, then plus `brightness`, and then cut to the "
        "range 0 to 1: what is below becomes 0, what is above becomes 1."
    ),
    telling=(np.array([[[0.0, 0.25, 0.5], [0.625, 0.875, 1.0]]]), 1.5, -0.25),
    probes=_lights,
    hints=[
        "The order matters: contrast * images first, then + brightness.",
        "Cut last, when both have been done.",
        "np.clip(numbers, 0, 1) cuts to the range 0 to 1.",
    ],
    remark="What was cut is lost: two pixels that were different may both be 1 now, and no later step can tell.",
)


@light.misconception("nothing is cut", "A pixel is never below 0 or above 1: np.clip.")
def not_cut(images, contrast, brightness):
    return contrast * images + brightness


@light.misconception("brightness is added first", "Contrast first: contrast * images + brightness.")
def brightness_first(images, contrast, brightness):
    return np.clip(contrast * (images + brightness), 0, 1)


@light.misconception("the numbers are cut before brightness is added", "Cut once, at the end.")
def cut_too_early(images, contrast, brightness):
    return np.clip(contrast * images, 0, 1) + brightness


@light.misconception(
    "the numbers are cut twice, before and after brightness is added",
    "What the first cut takes away is lost. Cut once, at the end.",
)
def cut_twice(images, contrast, brightness):
    return np.clip(np.clip(contrast * images, 0, 1) + brightness, 0, 1)


@light.misconception(
    "contrast spreads the numbers around middle gray",
    "Many programs do that. Here contrast is light: black stays black, contrast * images.",
)
def around_gray(images, contrast, brightness):
    return np.clip(contrast * (images - 0.5) + 0.5 + brightness, 0, 1)


@light.misconception("only what is above 1 is cut", "What is below 0 becomes 0.")
def cut_above_only(images, contrast, brightness):
    return np.minimum(contrast * images + brightness, 1)


@light.misconception("only what is below 0 is cut", "What is above 1 becomes 1.")
def cut_below_only(images, contrast, brightness):
    return np.maximum(contrast * images + brightness, 0)


@light.misconception("contrast and brightness are swapped", "Times contrast, plus brightness.")
def light_swapped(images, contrast, brightness):
    return np.clip(brightness * images + contrast, 0, 1)


@light.misconception(
    "the numbers are stretched to the range 0 to 1, not cut", "Cut: what is above 1 becomes 1, all else stays."
)
def stretched(images, contrast, brightness):
    changed = contrast * images + brightness
    return (changed - changed.min()) / (changed.max() - changed.min())


# cover ---------------------------------------------------------------------------------------

square = Exercise(
    reference=cover,
    task=(
        "Return images of the same shape, (n, height, width), in which a square of size × size pixels has the "
        "given value; its upper left pixel is in row `top` and column `left`. Do not change the images that came in."
    ),
    telling=(np.arange(1.0, 49).reshape(2, 4, 6) / 48, 1, 2, 2, 0.5),
    probes=_squares,
    hints=[
        "Work on a copy: covered = images.copy().",
        "Rows are axis 1, columns axis 2; axis 0 counts the images, and a : takes them all.",
        "Then covered[:, top : top + size, left : left + size] = value, and return covered.",
    ],
    remark="One assignment covers all images at once: the colon in front takes every image.",
)


@square.misconception("rows and columns are swapped", "`top` is a row (axis 1), `left` a column (axis 2).")
def rows_for_columns(images, top, left, size, value):
    return cover(images, left, top, size, value)


@square.misconception("the square ends at `size`", "It ends `size` pixels after its beginning: top + size.")
def ends_at_size(images, top, left, size, value):
    covered = images.copy()
    covered[:, top:size, left:size] = value
    return covered


@square.misconception("the square is one pixel too large", "A slice ends before its end: top : top + size.")
def one_too_large(images, top, left, size, value):
    return cover(images, top, left, size + 1, value)


@square.misconception("only the first image is covered", "A : in front takes all images: covered[:, …].")
def first_image_only(images, top, left, size, value):
    covered = images.copy()
    covered[0, top : top + size, left : left + size] = value
    return covered


@square.misconception("images and rows are cut, not rows and columns", "Axis 0 counts the images: covered[:, …].")
def wrong_axes(images, top, left, size, value):
    covered = images.copy()
    covered[top : top + size, left : left + size] = value
    return covered


@square.misconception("the value is added", "The pixels behind the square are not seen: they get the value itself.")
def value_added(images, top, left, size, value):
    return images + cover(0 * images, top, left, size, value)


@square.misconception("the square is always black", "It has the given value.")
def always_black(images, top, left, size, value):
    return cover(images, top, left, size, 0)


@square.misconception("all but the square is covered", "The square gets the value; all else stays.")
def all_but_the_square(images, top, left, size, value):
    covered = np.full(images.shape, value)
    part = np.s_[:, top : top + size, left : left + size]
    covered[part] = images[part]
    return covered


@square.misconception("the square lies around the place", "The place is its upper left pixel, not its middle.")
def around_the_place(images, top, left, size, value):
    covered = images.copy()
    row, column = max(top - size // 2, 0), max(left - size // 2, 0)
    covered[:, row : max(top - size // 2 + size, 0), column : max(left - size // 2 + size, 0)] = value
    return covered
