"""The exercises of lessons 12 and 12b: falling learning rates, photos, and what recipes do to images and labels."""

import numpy as np

from .engine import Exercise


def decayed_rate(rate, decay, step):
    """The learning rate after `step` steps, by inverse time decay."""
    return rate / (1 + decay * step)


def crop_square(image):
    """The largest square in the middle of an image (height, width, 3)."""
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return image[top : top + side, left : left + side]


def standardize(images, training):
    """Images (n, height, width, channels), each channel less its mean and divided by its spread in training."""
    mean = training.mean(axis=(0, 1, 2))
    return (images - mean) / training.std(axis=(0, 1, 2))


def flip_and_crop(image, flip, top, left):
    """An image, mirrored left to right if `flip`; then, with 4 zeros around it, a cut of the size it had."""
    if flip:
        image = image[:, ::-1]
    height, width = image.shape[:2]
    padded = np.pad(image, ((4, 4), (4, 4), (0, 0)))
    return padded[top : top + height, left : left + width]


def smooth_labels(labels, classes, amount):
    """One-hot rows, of which `amount` is shared out evenly among all classes."""
    rows = np.full((len(labels), classes), amount / classes)
    rows[np.arange(len(labels)), labels] += 1 - amount
    return rows


def _rates(rng):
    for step in (0, 1, 2, 3, 10):
        yield float(rng.integers(1, 9)) / 2, float(rng.integers(1, 8)) / 8, step


def _photos(rng):
    for height, width in [(2, 4), (4, 2), (3, 3), (4, 8), (9, 3), (6, 10)]:
        yield (rng.integers(1, 256, (height, width, 3)),)


def _images_and_training(rng):
    for n, training, size in [(1, 2, 2), (2, 3, 2), (2, 2, 3), (3, 5, 4)]:
        colors = rng.integers(1, 5, 3)
        yield rng.random((n, size, size, 3)) * colors, rng.random((training, size, size, 3)) * colors


def _crops(rng):
    for shape in [(5, 6, 1), (5, 6, 2), (6, 5, 3), (8, 8, 3)]:
        for flip in (True, False):
            top = int(rng.integers(0, 4))
            yield rng.integers(1, 256, shape), flip, top, 8 - int(rng.integers(0, top + 1))


def _soft_labels(rng):
    for n, classes in [(1, 3), (2, 3), (4, 5), (30, 10)]:
        yield rng.integers(0, classes - 1, n), classes, float(rng.integers(1, 4)) / 10


# decayed_rate --------------------------------------------------------------------------------

falling = Exercise(
    reference=decayed_rate,
    task="Return the learning rate after `step` steps: the first rate, divided by 1 + decay · step.",
    telling=(2.0, 0.25, 3),
    probes=_rates,
    hints=[
        "At step 0 nothing has decayed yet: the result is `rate`.",
        "The divisor grows by `decay` with every step.",
        "rate / (1 + decay * step).",
    ],
    remark="It falls fast at first, ever more slowly later, and never reaches 0.",
)


@falling.misconception("the rate shrinks by the same share in every step", "That is exponential decay. Divide instead.")
def exponential(rate, decay, step):
    return rate * (1 - decay) ** step


@falling.misconception("the rate is multiplied by `decay` in every step", "It is divided by 1 + decay · step.")
def times_decay(rate, decay, step):
    return rate * decay**step


@falling.misconception("1 + decay is raised to a power", "The steps are multiplied: 1 + decay · step.")
def power(rate, decay, step):
    return rate / (1 + decay) ** step


@falling.misconception("decay · step is subtracted", "That would go below 0 one day. Divide by 1 + decay · step.")
def subtracted(rate, decay, step):
    return rate - decay * step


@falling.misconception("a straight line goes down to 0", "Divide by 1 + decay · step; it never reaches 0.")
def straight(rate, decay, step):
    return rate * (1 - decay * step)


@falling.misconception("the 1 is missing in the divisor", "At step 0 the rate must be `rate`: 1 + decay · step.")
def without_one(rate, decay, step):
    return np.float64(rate) / (decay * step)


@falling.misconception("only the product is divided, not all of it", "Mind the brackets: rate / (1 + decay * step).")
def without_brackets(rate, decay, step):
    return rate / 1 + decay * step


@falling.misconception("`decay` has no effect", "The divisor is 1 + decay · step.")
def without_decay(rate, decay, step):
    return rate / (1 + step)


# crop_square ---------------------------------------------------------------------------------

square = Exercise(
    reference=crop_square,
    task=(
        "image has shape (height, width, 3). Return the largest square from its middle. What is cut off is here "
        "always an even number of pixels: the same on both sides."
    ),
    telling=(np.arange(1, 4 * 8 * 3 + 1).reshape(4, 8, 3),),
    probes=_photos,
    hints=[
        "The side of the square is the smaller one of height and width.",
        "height - side rows are too many: half of them go at the top.",
        "top = (height - side) // 2, then image[top : top + side], and the same for columns.",
    ],
    remark="One of `top` and `left` is always 0, so no case must be told apart.",
)


@square.misconception("the upper left square is taken", "Take it from the middle: begin at half of what is too many.")
def upper_left(image):
    side = min(image.shape[:2])
    return image[:side, :side]


@square.misconception("the lower right square is taken", "Take it from the middle: begin at half of what is too many.")
def lower_right(image):
    side = min(image.shape[:2])
    return image[-side:, -side:]


@square.misconception("the image is squeezed into a square", "Cut off what is too many; a squeezed dog is another dog.")
def squeezed(image):
    height, width = image.shape[:2]
    side = min(height, width)
    return image[np.arange(side) * height // side][:, np.arange(side) * width // side]


@square.misconception("black bars make it square", "Nothing is added: cut the longer side.")
def with_bars(image):
    height, width = image.shape[:2]
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    return np.pad(image, ((top, top), (left, left), (0, 0)))


@square.misconception("the square begins in the middle", "Begin at half of what is too many: (width - side) // 2.")
def from_the_middle(image):
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height // 2) * (height > side), (width // 2) * (width > side)
    return image[top : top + side, left : left + side]


@square.misconception("only wide images are cut", "Photos can be tall as well: the side is the smaller one of the two.")
def only_wide(image):
    height, width = image.shape[:2]
    left = max(width - height, 0) // 2
    return image[:, left : left + height]


@square.misconception("only tall images are cut", "Photos can be wide as well: the side is the smaller one of the two.")
def only_tall(image):
    height, width = image.shape[:2]
    top = max(height - width, 0) // 2
    return image[top : top + width]


@square.misconception("the colors are lost", "The result has shape (side, side, 3): all three channels stay.")
def in_gray(image):
    return crop_square(image).mean(axis=2)


# standardize ---------------------------------------------------------------------------------

standard = Exercise(
    reference=standardize,
    task=(
        "images and training have shape (n, height, width, 3). For each of the 3 channels take the mean and the "
        "standard deviation over all of `training`. Return images, less the mean, divided by the standard deviation."
    ),
    telling=(
        np.array([0.1, 0.9, 2.0, 0.4, 0.2, 1.0, 0.7, 0.3, 1.5, 0.0, 0.8, 0.6]).reshape(1, 2, 2, 3),
        np.array([0.5, 1.2, 3.0, 0.2, 0.4, 0.3, 0.9, 0.1, 2.2, 0.6, 1.6, 0.9] + [0.3, 2.0, 1.1] * 4).reshape(2, 2, 2, 3)
        * np.array([1.0, 1.5]).reshape(1, 2, 1, 1),
    ),
    probes=_images_and_training,
    hints=[
        "Three means and three standard deviations, all from `training`.",
        "training.mean(axis=(0, 1, 2)) goes over images, rows and columns; what is left is one number a channel.",
        "(images - training.mean(axis=(0, 1, 2))) / training.std(axis=(0, 1, 2)).",
    ],
    remark="Validation and test images are treated with the numbers of the training images, as everything is.",
)


@standard.misconception(
    "the numbers are taken from the images themselves", "Test images are treated with the numbers of `training`."
)
def by_themselves(images, training):
    return standardize(images, images)


@standard.misconception("there is one mean for all channels", "Three of them: keep the last axis out of the mean.")
def one_for_all(images, training):
    return (images - training.mean()) / training.std()


@standard.misconception("every pixel has a mean of its own", "One a channel: the mean goes over rows and columns too.")
def by_pixel(images, training):
    return (images - training.mean(axis=0)) / training.std(axis=0)


@standard.misconception("each image is standardized by itself", "One mean a channel, of all images of `training`.")
def by_image(images, training):
    return (images - images.mean(axis=(1, 2), keepdims=True)) / images.std(axis=(1, 2), keepdims=True)


@standard.misconception("the variance is taken", "Divide by the standard deviation, the square root of the variance.")
def by_variance(images, training):
    return (images - training.mean(axis=(0, 1, 2))) / training.var(axis=(0, 1, 2))


@standard.misconception("the images are not divided", "Divide by the standard deviation as well.")
def only_centered(images, training):
    return images - training.mean(axis=(0, 1, 2))


@standard.misconception("the mean is not subtracted", "First subtract the mean.")
def only_scaled(images, training):
    return images / training.std(axis=(0, 1, 2))


@standard.misconception("darkest and brightest become 0 and 1", "Mean and standard deviation, not least and largest.")
def by_range(images, training):
    lowest, highest = training.min(axis=(0, 1, 2)), training.max(axis=(0, 1, 2))
    return (images - lowest) / (highest - lowest)


@standard.misconception("the division comes before the subtraction", "Brackets: (images - mean) / std.")
def without_brackets_there(images, training):
    return images - training.mean(axis=(0, 1, 2)) / training.std(axis=(0, 1, 2))


# flip_and_crop -------------------------------------------------------------------------------

cropping = Exercise(
    reference=flip_and_crop,
    task=(
        "image has shape (height, width, channels). If flip is true, mirror it left to right. Then put 4 rows and "
        "columns of zeros on all four sides, and return the cut of the old size whose upper left pixel is in row "
        "`top` and column `left`."
    ),
    telling=(np.arange(1, 61).reshape(5, 6, 2), True, 2, 7),
    probes=_crops,
    hints=[
        "Columns are the second axis: image[:, ::-1] is mirrored.",
        "np.pad(image, ((4, 4), (4, 4), (0, 0))) puts zeros around, and none before or after the channels.",
        "Then padded[top : top + height, left : left + width].",
    ],
    remark="top and left go from 0 to 8; at 4 and 4 the image is back in its place.",
)


@cropping.misconception("the image is turned upside down", "Left and right change places: the second axis.")
def upside_down(image, flip, top, left):
    return flip_and_crop(image[::-1] if flip else image, False, top, left)


@cropping.misconception("the channels are reversed", "Mirror the columns, not the colors: image[:, ::-1].")
def colors_reversed(image, flip, top, left):
    return flip_and_crop(image[:, :, ::-1] if flip else image, False, top, left)


@cropping.misconception("rows and columns are both reversed", "That is half a turn. Mirror left and right only.")
def half_turn(image, flip, top, left):
    return flip_and_crop(image[::-1, ::-1] if flip else image, False, top, left)


@cropping.misconception("`flip` has no effect", "If flip is true: image[:, ::-1].")
def never_flipped(image, flip, top, left):
    return flip_and_crop(image, False, top, left)


@cropping.misconception("the image is mirrored whatever `flip` says", "Mirror it only if flip is true.")
def always_flipped(image, flip, top, left):
    return flip_and_crop(image, True, top, left)


@cropping.misconception(
    "it is cut first and mirrored afterwards", "Mirror first: the place of the cut is not mirrored."
)
def flipped_last(image, flip, top, left):
    cut = flip_and_crop(image, False, top, left)
    return cut[:, ::-1] if flip else cut


@cropping.misconception("top and left are swapped", "top counts rows, left counts columns.")
def swapped(image, flip, top, left):
    return flip_and_crop(image, flip, left, top)


@cropping.misconception("what leaves on one side comes in on the other", "Zeros come in: np.pad, not np.roll.")
def rolled(image, flip, top, left):
    return np.roll(image[:, ::-1] if flip else image, (4 - top, 4 - left), axis=(0, 1))


@cropping.misconception("the pixels at the edge are repeated", "Zeros come in: np.pad without a mode.")
def edge_repeated(image, flip, top, left):
    height, width = image.shape[:2]
    padded = np.pad(image[:, ::-1] if flip else image, ((4, 4), (4, 4), (0, 0)), mode="edge")
    return padded[top : top + height, left : left + width]


@cropping.misconception(
    "the zeros are missing, so the cut is too small", "Put 4 rows and columns of zeros on all four sides first."
)
def not_padded(image, flip, top, left):
    return (image[:, ::-1] if flip else image)[top:, left:]


@cropping.misconception("zeros are put before and after the channels too", "Pad two axes: ((4, 4), (4, 4), (0, 0)).")
def channels_padded(image, flip, top, left):
    height, width = image.shape[:2]
    return np.pad(image[:, ::-1] if flip else image, 4)[top : top + height, left : left + width]


# smooth_labels -------------------------------------------------------------------------------

soft = Exercise(
    reference=smooth_labels,
    task=(
        "Return an array of shape (n, classes) for n labels. In each row, `amount` is shared out evenly among all "
        "classes, the right one included; the right one gets the remaining 1 - amount on top."
    ),
    telling=(np.array([2, 0]), 4, 0.2),
    probes=_soft_labels,
    hints=[
        "Begin with rows full of amount / classes: np.full((len(labels), classes), amount / classes).",
        "Then add 1 - amount in the column of the right class.",
        "rows[np.arange(len(labels)), labels] += 1 - amount.",
    ],
    remark="Each row sums to 1. Keras does the same with CategoricalCrossentropy(label_smoothing=amount).",
)


@soft.misconception(
    "only the wrong classes share the amount", "All classes share it, the right one too: amount / classes for each."
)
def among_the_others(labels, classes, amount):
    hot = np.eye(classes)[labels]
    return hot * (1 - amount) + (1 - hot) * amount / (classes - 1)


@soft.misconception("the right class keeps its whole 1", "Then rows sum to more than 1. Add only 1 - amount there.")
def added_to_one(labels, classes, amount):
    return np.eye(classes)[labels] + amount / classes


@soft.misconception("the right class is left at 1", "The right class gives `amount` away, and gets its share back.")
def right_one_untouched(labels, classes, amount):
    hot = np.eye(classes)[labels]
    return hot + (1 - hot) * amount / classes


@soft.misconception(
    "the right class gets 1 - amount and no share", "It gets amount / classes as well, so that a row sums to 1."
)
def without_its_share(labels, classes, amount):
    hot = np.eye(classes)[labels]
    return hot * (1 - amount) + (1 - hot) * amount / classes


@soft.misconception("every wrong class gets the whole amount", "The amount is shared out: amount / classes for each.")
def not_shared(labels, classes, amount):
    hot = np.eye(classes)[labels]
    return hot * (1 - amount) + (1 - hot) * amount


@soft.misconception("nothing is shared out", "amount / classes goes to every class.")
def only_shrunk(labels, classes, amount):
    return np.eye(classes)[labels] * (1 - amount)


@soft.misconception("amount and 1 - amount are swapped", "The larger part, 1 - amount, stays with the right class.")
def parts_swapped(labels, classes, amount):
    return smooth_labels(labels, classes, 1 - amount)


@soft.misconception("rows and columns are swapped", "A row for each label, a column for each class.")
def rows_and_columns(labels, classes, amount):
    return smooth_labels(labels, classes, amount).T
