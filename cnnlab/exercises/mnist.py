"""The exercises of lesson 10: counting weights, counting mistakes, one class at a time."""

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


def class_accuracies(matrix):
    """The share of right answers for each true class, from a confusion matrix."""
    return np.diag(matrix) / np.sum(matrix, axis=1)


def _layers(rng):
    for largest in (2, 4, 6, 12):
        kernel_height, kernel_width = rng.integers(1, largest, 2).tolist()
        yield (kernel_height, kernel_width), *rng.integers(1, 40, 2).tolist()


def _labels(rng):
    for n, classes in [(1, 2), (4, 2), (6, 3), (0, 3), (50, 10)]:
        # Only the lower classes occur, so that the matrix cannot be sized by the labels.
        yield rng.integers(0, classes - 1, n), rng.integers(0, classes - 1, n), classes
        yield rng.integers(0, classes, n), rng.integers(0, classes, n), classes


def _matrices(rng):
    for classes in (2, 2, 3, 4, 10):
        matrix = rng.integers(0, 8, (classes, classes))
        matrix[0, -1] += 9  # one class is mostly taken for another
        yield (matrix + np.eye(classes, dtype=int),)


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


# class_accuracies ----------------------------------------------------------------------------

by_class = Exercise(
    reference=class_accuracies,
    task=(
        "matrix[i, j] counts the images of class i that were taken for class j. Return an array: for each class, "
        "the share of its images that were recognized."
    ),
    telling=(np.array([[6, 1, 1], [2, 2, 6], [0, 1, 1]]),),
    probes=_matrices,
    hints=[
        "The right answers are on the diagonal: np.diag(matrix).",
        "All images of class i are in row i. So divide by the sum of each row.",
        "np.sum(matrix, axis=1) adds along the rows: np.diag(matrix) / np.sum(matrix, axis=1).",
    ],
    remark="This share is also called recall. Divided by the sum of the column, it would be precision.",
)


@by_class.misconception(
    "the diagonal is divided by the sums of the columns",
    "A column holds what was *taken for* a class (that share is called precision). The images of class i are row i.",
)
def by_columns(matrix):
    return np.diag(matrix) / np.sum(matrix, axis=0)


@by_class.misconception("the diagonal is divided by the number of all images", "Divide by the images of that class.")
def by_total(matrix):
    return np.diag(matrix) / np.sum(matrix)


@by_class.misconception("one accuracy is computed for all classes together", "Return a share for each class.")
def overall(matrix):
    return np.trace(matrix) / np.sum(matrix)


@by_class.misconception("the counts are not divided", "Divide each by the number of images of its class.")
def counts_only(matrix):
    return np.diag(matrix)


@by_class.misconception("the share of mistakes is returned", "The share of right answers is 1 minus that.")
def mistakes(matrix):
    return 1 - class_accuracies(matrix)


@by_class.misconception(
    "the largest number of each row is taken", "The right answers are on the diagonal, also where they are few."
)
def largest_of_row(matrix):
    return np.max(matrix, axis=1) / np.sum(matrix, axis=1)


@by_class.misconception("percentages are returned", "Return shares, from 0 to 1.")
def percentages(matrix):
    return 100 * class_accuracies(matrix)


@by_class.misconception(
    "all numbers are divided, not only the diagonal", "Return one number a class: the diagonal's share of its row."
)
def whole_rows(matrix):
    return matrix / np.sum(matrix, axis=1, keepdims=True)
