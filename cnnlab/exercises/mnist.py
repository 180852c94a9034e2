"""The exercises of lesson 10: counting weights, counting mistakes, moving images."""

import numpy as np

from .engine import Exercise


def conv_parameters(kernel_size, channels, filters):
    """Number of weights and biases of a Conv2D layer."""
    height, width = kernel_size
    return (height * width * channels + 1) * filters


def confusion_matrix(true, predicted, classes):
    """Entry [i, j] counts the examples of class i that were taken for class j."""
    matrix = np.zeros((classes, classes), dtype=int)
    for i, j in zip(true, predicted):
        matrix[i, j] += 1
    return matrix


def shift_right(images, pixels):
    """Images (n, height, width) moved to the right; zeros come in from the left."""
    moved = np.zeros_like(images)
    width = images.shape[2]
    moved[:, :, pixels:] = images[:, :, : width - pixels]
    return moved


def _layers(rng):
    for largest in (2, 4, 6, 12):
        kernel_height, kernel_width = rng.integers(1, largest, 2).tolist()
        yield (kernel_height, kernel_width), *rng.integers(1, 40, 2).tolist()


def _labels(rng):
    for n, classes in [(1, 2), (4, 2), (6, 3), (0, 3), (50, 10)]:
        # Only the lower classes occur, so that the matrix cannot be sized by the labels.
        yield rng.integers(0, classes - 1, n), rng.integers(0, classes - 1, n), classes
        yield rng.integers(0, classes, n), rng.integers(0, classes, n), classes


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


# conv_parameters -----------------------------------------------------------------------------

parameters = Exercise(
    reference=conv_parameters,
    task=(
        "Return how many numbers a Conv2D layer learns: kernel_size is a pair such as (3, 3), channels "
        "is the number of channels of its input. Count the biases too."
    ),
    telling=((3, 5), 4, 7),
    probes=_layers,
    hints=[
        "One filter has a grid of weights for each channel of the input.",
        "One filter has height * width * channels weights, and one bias.",
        "All filters together: (height * width * channels + 1) * filters.",
    ],
    remark="Height and width of the image do not occur: the same weights are used at every place.",
)


@parameters.misconception("the biases are forgotten", "Each filter adds one bias to its output.")
def no_bias(kernel_size, channels, filters):
    return kernel_size[0] * kernel_size[1] * channels * filters


@parameters.misconception("there is one bias for the whole layer", "Each filter has a bias of its own.")
def one_bias(kernel_size, channels, filters):
    return no_bias(kernel_size, channels, filters) + 1


@parameters.misconception(
    "a filter has one grid of weights for all channels", "A filter has a grid of weights for each channel of the input."
)
def channels_forgotten(kernel_size, channels, filters):
    return (kernel_size[0] * kernel_size[1] + 1) * filters


@parameters.misconception(
    "there is a bias for each channel of each filter", "The channels are summed up first: one bias a filter."
)
def bias_per_channel(kernel_size, channels, filters):
    return (kernel_size[0] * kernel_size[1] + 1) * channels * filters


@parameters.misconception("the filters are forgotten", "This is the number for one filter; the layer has many.")
def one_filter(kernel_size, channels, filters):
    return kernel_size[0] * kernel_size[1] * channels + 1


@parameters.misconception("the kernel is taken to be square", "kernel_size is (height, width), and they may differ.")
def square(kernel_size, channels, filters):
    return (kernel_size[0] ** 2 * channels + 1) * filters


# confusion_matrix ----------------------------------------------------------------------------

confusion = Exercise(
    reference=confusion_matrix,
    task=(
        "Return an array of shape (classes, classes). Entry [i, j] counts how often the true label is i "
        "and the predicted one j."
    ),
    telling=(np.array([0, 0, 0, 1, 1, 2, 2]), np.array([0, 1, 1, 1, 2, 2, 0]), 4),
    probes=_labels,
    hints=[
        "Start with zeros of shape (classes, classes).",
        "Go through both arrays at once: for i, j in zip(true, predicted).",
        "For each pair, matrix[i, j] += 1.",
    ],
    remark="The true label chooses the row. So the sum of a row is the number of examples of that class.",
)


@confusion.misconception("rows and columns are swapped", "The row is the true class, the column the predicted one.")
def swapped(true, predicted, classes):
    return confusion_matrix(predicted, true, classes)


@confusion.misconception(
    "matrix[true, predicted] += 1 is used with whole arrays",
    "NumPy then adds each pair only once, however often it occurs. Use a loop, or np.add.at.",
)
def added_once(true, predicted, classes):
    matrix = np.zeros((classes, classes), dtype=int)
    matrix[true, predicted] += 1
    return matrix


@confusion.misconception("the counts are divided by the sum of their row", "Count; do not divide.")
def shares_of_rows(true, predicted, classes):
    matrix = confusion_matrix(true, predicted, classes)
    return matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)


@confusion.misconception("the counts are divided by their total", "Count; do not divide.")
def shares(true, predicted, classes):
    return confusion_matrix(true, predicted, classes) / max(len(true), 1)


@confusion.misconception("only right answers are counted", "A mistake counts too, beside the diagonal.")
def right_only(true, predicted, classes):
    return np.diag(np.diag(confusion_matrix(true, predicted, classes)))


@confusion.misconception("only mistakes are counted", "A right answer counts too, on the diagonal.")
def wrong_only(true, predicted, classes):
    return confusion_matrix(true, predicted, classes) - right_only(true, predicted, classes)


@confusion.misconception(
    "the matrix is as large as the largest label", "It has a row for each class, also for one that does not occur here."
)
def too_small(true, predicted, classes):
    return confusion_matrix(true, predicted, max([*true, *predicted], default=-1) + 1)


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
        "moved[:, :, pixels:] takes images[:, :, : width - pixels]. (With -pixels, a shift by 0 would copy nothing.)",
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
