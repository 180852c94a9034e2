"""The exercises of lesson 11: images from rows of numbers, one-hot labels, the best epoch."""

import numpy as np

from .engine import Exercise


def images_from_rows(rows):
    """Images (n, 28, 28, 1) from 0 to 1, of rows that hold a label and then 784 pixels from 0 to 255."""
    pixels = rows[:, 1:] / np.float32(255)
    return pixels.reshape(-1, 28, 28, 1)


def one_hot(labels, classes):
    """A row for each label, of shape (n, classes): 1 in the column of the label, 0 elsewhere."""
    rows = np.zeros((len(labels), classes))
    rows[np.arange(len(labels)), labels] = 1
    return rows


def best_epoch(losses):
    """The epoch with the lowest validation loss, counted from 1; the first of equal ones."""
    return int(np.argmin(losses)) + 1


def _rows(rng):
    for n in (1, 2, 3, 5):
        yield (np.column_stack([rng.integers(0, 10, n), rng.integers(0, 256, (n, 784))]),)


def _labels(rng):
    for n, classes in [(1, 3), (2, 3), (4, 4), (5, 3), (30, 10)]:
        # The highest class does not always occur.
        yield rng.integers(0, classes - 1, n), classes
        yield rng.integers(0, classes, n), classes


def _losses(rng):
    for length in (2, 3, 4, 6, 30):
        losses = rng.permutation(length) / 4 + 0.25
        yield (losses.tolist(),)
        yield ([*losses.tolist(), float(losses.min()), 9.0],)  # the lowest one twice, and not at the end


# images_from_rows ----------------------------------------------------------------------------

pictures = Exercise(
    reference=images_from_rows,
    task=(
        "rows has shape (n, 785): in each row a label, then the 784 pixels of an image, row by row, from 0 to 255. "
        "Return the images as an array of shape (n, 28, 28, 1), from 0 to 1."
    ),
    telling=(np.column_stack([[3, 9], (np.arange(2 * 784) * 7 % 251).reshape(2, 784)]),),
    probes=_rows,
    hints=[
        "The label is column 0. rows[:, 1:] is all but that.",
        "Divide by 255, and keep 784 = 28 · 28 numbers in a row.",
        "pixels.reshape(-1, 28, 28, 1): the -1 stands for as many images as there are.",
    ],
    remark="reshape fills row by row, as the file was written; so it puts each pixel where it was.",
)


@pictures.misconception("the label is taken for the first pixel", "Column 0 is the label; pixels begin at column 1.")
def label_as_pixel(rows):
    return rows[:, :784].reshape(-1, 28, 28, 1) / 255


@pictures.misconception("the pixels still go to 255", "Divide by 255.")
def not_scaled(rows):
    return rows[:, 1:].reshape(-1, 28, 28, 1)


@pictures.misconception("the pixels are divided by 256", "The largest pixel is 255, and should become 1.")
def by_256(rows):
    return rows[:, 1:].reshape(-1, 28, 28, 1) / 256


@pictures.misconception("each image is divided by its own largest pixel", "Divide by 255, or dark images get bright.")
def by_largest(rows):
    pixels = rows[:, 1:]
    return (pixels / pixels.max(axis=1, keepdims=True)).reshape(-1, 28, 28, 1)


@pictures.misconception("there is no axis for the channel", "The shape is (n, 28, 28, 1): one channel, gray.")
def no_channel(rows):
    return rows[:, 1:].reshape(-1, 28, 28) / 255


@pictures.misconception("the axis for the channel comes before rows and columns", "It is the last one: (n, 28, 28, 1).")
def channel_first(rows):
    return rows[:, 1:].reshape(-1, 1, 28, 28) / 255


@pictures.misconception("rows and columns of the images are swapped", "The 784 pixels are stored row by row.")
def turned_over(rows):
    return images_from_rows(rows).transpose(0, 2, 1, 3)


@pictures.misconception("the images stay in rows of 784", "Reshape them to (n, 28, 28, 1).")
def in_rows(rows):
    return rows[:, 1:] / 255


# one_hot -------------------------------------------------------------------------------------

hot = Exercise(
    reference=one_hot,
    task=(
        "Return an array of shape (n, classes) for n labels, whole numbers from 0: in each row a 1 in the column "
        "of the label, and 0 elsewhere."
    ),
    telling=(np.array([2, 0, 2, 1]), 5),
    probes=_labels,
    hints=[
        "Start with np.zeros((len(labels), classes)).",
        "Row i gets its 1 in column labels[i].",
        "rows[np.arange(len(labels)), labels] = 1 sets one number in each row. Or all at once: np.eye(classes)[labels].",
    ],
    remark="argmax along axis 1 goes back: one_hot(labels, classes).argmax(axis=1) is labels.",
)


@hot.misconception("labels are counted from 1", "Label 0 has its 1 in column 0.")
def counted_from_one(labels, classes):
    return np.eye(classes)[labels - 1]


@hot.misconception(
    "there are only as many columns as the largest label needs",
    "The number of columns is `classes`, also where the last class does not occur.",
)
def too_narrow(labels, classes):
    return np.eye(labels.max() + 1)[labels]


@hot.misconception("rows and columns are swapped", "A row for each label, a column for each class.")
def a_row_for_each_class(labels, classes):
    return one_hot(labels, classes).T


@hot.misconception("the label itself is written in place of 1", "Each row holds one 1, whatever the label is.")
def label_for_one(labels, classes):
    return one_hot(labels, classes) * labels[:, np.newaxis]


@hot.misconception("0 and 1 are swapped", "1 in the column of the label, 0 elsewhere.")
def zero_for_one(labels, classes):
    return 1 - one_hot(labels, classes)


@hot.misconception("the labels are counted", "Return a row for each label, not one for all.")
def counted(labels, classes):
    return np.bincount(labels, minlength=classes)


@hot.misconception(
    "rows[:, labels] = 1 is used", "That sets these columns in *every* row. One a row: rows[np.arange(n), labels] = 1."
)
def in_every_row(labels, classes):
    rows = np.zeros((len(labels), classes))
    rows[:, labels] = 1
    return rows


@hot.misconception("all columns up to the label are set", "Only the column of the label is 1.")
def all_up_to(labels, classes):
    return (np.arange(classes) <= labels[:, np.newaxis]).astype(float)


# best_epoch ----------------------------------------------------------------------------------

best = Exercise(
    reference=best_epoch,
    task=(
        "losses is a list of validation losses, one for each epoch. Return the number of the epoch with the lowest "
        "one, counted from 1; where several are equal, the first of them."
    ),
    telling=([0.9, 0.7, 0.8, 0.5, 0.6, 0.5, 0.65],),
    probes=_losses,
    hints=[
        "np.argmin(losses) says where the lowest number is.",
        "Python counts places from 0, epochs are counted from 1.",
        "Both together: int(np.argmin(losses)) + 1.",
    ],
    remark="argmin returns the first of equal places: the shorter training, which costs less.",
)


@best.misconception("epochs are counted from 0", "The first epoch is epoch 1.")
def counted_from_zero(losses):
    return int(np.argmin(losses))


@best.misconception("the highest loss is looked for", "A loss should be low: argmin.")
def highest(losses):
    return int(np.argmax(losses)) + 1


@best.misconception("the lowest loss is returned, not its epoch", "Return where it is: argmin, and count from 1.")
def value(losses):
    return min(losses)


@best.misconception("the last epoch is returned", "It is the best one only if the loss falls to the end.")
def last(losses):
    return len(losses)


@best.misconception(
    "the search stops before the loss rises for the first time", "It may rise and fall again. Look at all epochs."
)
def before_first_rise(losses):
    rises = [epoch for epoch in range(1, len(losses)) if losses[epoch] > losses[epoch - 1]]
    return rises[0] if rises else len(losses)


@best.misconception("the last of several equal epochs is returned", "Of equal ones take the first.")
def last_of_equal(losses):
    return len(losses) - int(np.argmin(losses[::-1]))
