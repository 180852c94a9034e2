"""The exercises of lesson 01: brighter, equalized, and with the channels last."""

import numpy as np

from .engine import Exercise


def brighten(image, amount):
    """An image of whole numbers 0–255 with `amount` added, cut off at 0 and 255."""
    brighter = image.astype(int) + amount
    return np.clip(brighter, 0, 255).astype(np.uint8)


def equalize(image):
    """Each gray value (0–255) becomes the share of pixels that are as dark or darker: 0–1."""
    counts = np.bincount(image.ravel(), minlength=256)
    shares = np.cumsum(counts) / image.size
    return shares[image]


def to_channels_last(image):
    """An image of shape (channels, height, width) as (height, width, channels)."""
    return np.moveaxis(image, 0, -1)


def _images_and_amounts(rng):
    cases = [((1, 2), 100), ((2, 2), -100), ((2, 3), 60), ((3, 2), -60), ((2, 4), 0), ((5, 6), 200), ((2, 2, 3), 90)]
    for shape, amount in cases:
        # Black, white, and whatever lies between.
        yield rng.choice([0, 255, *range(20, 240)], shape).astype(np.uint8), amount
        yield np.full(shape, 255 if amount > 0 else 0, np.uint8), amount


def _images(rng):
    for shape, values in [((1, 3), 3), ((2, 2), 3), ((2, 4), 4), ((3, 3), 6), ((3, 4), 256), ((8, 9), 40)]:
        yield (rng.choice(256, values, replace=False)[rng.integers(0, values, shape)].astype(np.uint8),)


def _channels_first(rng):
    for shape in [(1, 2, 3), (3, 1, 2), (3, 2, 2), (2, 4, 3), (3, 3, 3), (4, 2, 5), (3, 6, 5)]:
        yield (rng.integers(1, 100, shape),)


# brighten ------------------------------------------------------------------------------------

brighter = Exercise(
    reference=brighten,
    task=(
        "The image holds whole numbers 0–255 (uint8), gray or color. Add `amount`, which may be negative, to each. "
        "What would pass 255 becomes 255, what would fall below 0 becomes 0."
    ),
    telling=(np.array([[0, 40, 130], [180, 230, 255]], np.uint8), 60),
    probes=_images_and_amounts,
    hints=[
        "A uint8 has no room for 255 + 60. Do the sum in a type that has: image.astype(int).",
        "np.clip(values, 0, 255) cuts off at both ends. It must come after the sum, and before the way back to uint8.",
        "In one line: np.clip(image.astype(int) + amount, 0, 255).astype(np.uint8).",
    ],
    remark="Room first, then the sum, then the cut, then back to uint8. In any other order some pixel wraps around.",
)


@brighter.misconception(
    "the sum is computed in uint8, where 230 + 60 is 34",
    "It wraps around at 256, and cutting afterwards comes too late. Go to a roomier type first: image.astype(int).",
)
def sum_wraps_around(image, amount):
    return image + amount


@brighter.misconception(
    "the sum goes back to uint8 before it is cut off",
    "The way back to uint8 wraps around at 256. Cut off with np.clip first.",
)
def cut_too_late(image, amount):
    return (image.astype(int) + amount).astype(np.uint8)


@brighter.misconception("the sum is not cut off", "A pixel is at least 0 and at most 255: np.clip does both.")
def not_cut(image, amount):
    return image.astype(int) + amount


@brighter.misconception(
    "only the bright end is cut off", "With a negative amount a pixel can fall below 0: cut there too."
)
def cut_above_only(image, amount):
    return np.minimum(image.astype(int) + amount, 255)


@brighter.misconception(
    "only the bright end is cut off, and what is below 0 wraps around",
    "With a negative amount a pixel can fall below 0: cut there too.",
)
def cut_above_then_wraps(image, amount):
    return cut_above_only(image, amount).astype(np.uint8)


@brighter.misconception("only the dark end is cut off", "With a positive amount a pixel can pass 255: cut there too.")
def cut_below_only(image, amount):
    return np.maximum(image.astype(int) + amount, 0)


@brighter.misconception(
    "the result runs from 0 to 1", "Here it stays in 0–255, as the image does: do not divide by 255."
)
def scaled_to_one(image, amount):
    return brighten(image, amount) / 255


@brighter.misconception(
    "a pixel that would leave 0–255 keeps its old value", "It becomes 255, or 0 when the amount is negative."
)
def overflow_left_alone(image, amount):
    total = image.astype(int) + amount
    return np.where((total < 0) | (total > 255), image, total)


# equalize ------------------------------------------------------------------------------------

equalized = Exercise(
    reference=equalize,
    task=(
        "The image holds whole numbers 0–255 (uint8). Replace each pixel by a share: how many of all pixels are "
        "as dark as it, or darker, divided by the number of pixels. The result has the shape of the image."
    ),
    telling=(np.array([[10, 20, 20, 90], [90, 90, 200, 40]], np.uint8),),
    probes=_images,
    hints=[
        "How many pixels have which value? counts = np.bincount(image.ravel(), minlength=256).",
        "How many are as dark or darker? Add the counts up from the dark end: np.cumsum(counts).",
        "Divide by image.size. Then look up each pixel: shares[image], with the image as the index.",
    ],
    remark=(
        "An array as an index looks up every pixel at once. Equal pixels stay equal, and the order from dark to "
        "bright stays. Only the distances change."
    ),
)


@equalized.misconception(
    "a pixel does not count itself and its equals",
    "As dark *or* darker: the brightest pixel must become 1.",
)
def strictly_darker(image):
    return np.searchsorted(np.sort(image, axis=None), image, side="left") / image.size


@equalized.misconception(
    "the counts are not added up",
    "Add the histogram up from the dark end, with np.cumsum, before you look up the pixels.",
)
def not_cumulative(image):
    return np.bincount(image.ravel(), minlength=256)[image] / image.size


@equalized.misconception("the result is a number of pixels", "Divide by the number of pixels, image.size.")
def not_divided(image):
    return equalize(image) * image.size


@equalized.misconception("the result runs from 0 to 255", "Here it is a share, from 0 to 1.")
def scaled_to_255(image):
    return equalize(image) * 255


@equalized.misconception(
    "the counts are divided by 256, the number of gray values", "Divide by the number of pixels, image.size."
)
def divided_by_gray_values(image):
    return equalize(image) * image.size / 256


@equalized.misconception(
    "the counts are divided by 255, the largest gray value", "Divide by the number of pixels, image.size."
)
def divided_by_largest_value(image):
    return equalize(image) * image.size / 255


@equalized.misconception(
    "the image is stretched, from its darkest to its brightest pixel",
    "A stretch looks at two pixels only. Count all that are as dark or darker.",
)
def stretched(image):
    values = image.astype(float)
    return (values - values.min()) / (values.max() - values.min())


@equalized.misconception(
    "the counting begins at the bright end", "Begin at the dark end, so that bright pixels stay bright."
)
def counted_from_the_bright_end(image):
    return equalize(255 - image)


@equalized.misconception(
    "only different gray values are counted, not pixels",
    "A gray value that many pixels have counts as often: np.bincount, not np.unique alone.",
)
def values_counted_once(image):
    values, places = np.unique(image, return_inverse=True)
    return (places.reshape(image.shape) + 1) / len(values)


@equalized.misconception(
    "the pixels are ranked one by one, so that equal pixels become different",
    "Pixels of equal gray must stay equal: look them up in the added-up counts.",
)
def ties_broken(image):
    return (np.argsort(np.argsort(image.ravel())).reshape(image.shape) + 1) / image.size


@equalized.misconception(
    "the darkest value is moved to 0",
    "That variant is in use, too (OpenCV has it). Here it is the plain share: cumsum / image.size.",
)
def darkest_moved_to_zero(image):
    shares = equalize(image)
    return (shares - shares.min()) / (1 - shares.min())


# to_channels_last ----------------------------------------------------------------------------

channels_last = Exercise(
    reference=to_channels_last,
    task=(
        "The image has shape (channels, height, width). Return it with shape (height, width, channels): "
        "result[row, column, c] is image[c, row, column]."
    ),
    telling=(np.arange(24).reshape(2, 3, 4),),
    probes=_channels_first,
    hints=[
        "reshape keeps the numbers in the order they have in memory, so it cannot help. Axes must change places.",
        "np.transpose(image, axes) takes the old axes in their new order. Which old axis comes first now?",
        "Axis 1 (height), then 2 (width), then 0 (channels): np.transpose(image, (1, 2, 0)).",
    ],
    remark="The same is image.transpose(1, 2, 0). No number is copied: only the order of the axes is noted.",
)


@channels_last.misconception(
    "reshape is used: the shape is right, but the numbers are at the wrong places",
    "reshape reads the numbers in their old order. To exchange axes, use np.moveaxis or np.transpose.",
)
def reshaped(image):
    channels, height, width = image.shape
    return image.reshape(height, width, channels)


@channels_last.misconception(
    "all axes are turned around, as .T does, so that the picture lies on its side",
    "Height must stay before width: (1, 2, 0), not (2, 1, 0).",
)
def on_its_side(image):
    return image.T


@channels_last.misconception(
    "the last axis goes to the front", "That is the way from channels-last to channels-first. Go the other way."
)
def to_channels_first(image):
    return np.moveaxis(image, -1, 0)


@channels_last.misconception("only the first two axes are exchanged", "The channels must pass both height and width.")
def channels_in_the_middle(image):
    return np.swapaxes(image, 0, 1)


@channels_last.misconception(
    "height and width are exchanged and the channels stay", "Move the channels, axis 0, to the end."
)
def channels_still_first(image):
    return np.swapaxes(image, 1, 2)


@channels_last.misconception("the image is returned as it came", "Move the channels, axis 0, to the end.")
def unchanged(image):
    return image


@channels_last.misconception(
    "the order of the channels is reversed as well", "Red stays first: do not reverse the last axis."
)
def channels_reversed(image):
    return np.moveaxis(image[::-1], 0, -1)


@channels_last.misconception(
    "the channels are laid side by side", "They need an axis of their own: three axes, not two."
)
def side_by_side(image):
    return np.hstack(image)
