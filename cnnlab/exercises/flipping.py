"""The second exercise of lesson 02: the convolution of mathematics, which flips the kernel."""

import numpy as np

from .engine import Exercise


def convolve(image, kernel):
    """Convolution as in mathematics: the kernel is turned by 180°, then slid over the image."""
    turned = kernel[::-1, ::-1]
    height = image.shape[0] - kernel.shape[0] + 1
    width = image.shape[1] - kernel.shape[1] + 1
    output = np.zeros((height, width))
    for row in range(height):
        for column in range(width):
            window = image[row : row + kernel.shape[0], column : column + kernel.shape[1]]
            output[row, column] = np.sum(window * turned)
    return output


def _slide(image, kernel):
    return convolve(image, kernel[::-1, ::-1])


def _pictures(rng):
    for image_shape, kernel_shape in [
        ((2, 3), (1, 2)),
        ((3, 2), (2, 1)),
        ((3, 3), (2, 2)),
        ((4, 5), (2, 3)),
        ((5, 4), (3, 2)),
        ((5, 5), (3, 3)),
        ((7, 8), (4, 3)),
    ]:
        # Short to print, exact in float32, and with fractions that whole numbers would lose.
        yield rng.integers(-9, 10, image_shape) / 2, rng.integers(-9, 10, kernel_shape) / 2


flipped = Exercise(
    reference=convolve,
    task="Turn the kernel by 180°, then slide it over the image as cross_correlate does.",
    telling=(
        np.array([[1.0, 2, 0, 3, 1], [0, 4, 1, 2, 6], [3, 1, 5, 0, 2], [2, 0, 1, 7, 1]]),
        np.array([[1, -2, 0.5], [0, 3, -1]]),
    ),
    probes=_pictures,
    hints=[
        "You have written the sliding already: cross_correlate may be used. Only the kernel changes.",
        "A turn by 180° puts the last row first and the last column first.",
        "kernel[::-1] turns the order of the rows, kernel[:, ::-1] that of the columns. Do both, then call "
        "cross_correlate.",
    ],
    remark="With cross_correlate it is one line: cross_correlate(image, kernel[::-1, ::-1]).",
)


@flipped.misconception(
    "the kernel is not flipped (cross-correlation)",
    "That is what Keras computes. Here turn the kernel by 180° first.",
)
def not_flipped(image, kernel):
    return _slide(image, kernel)


@flipped.misconception(
    "only the rows are flipped",
    "A turn by 180° changes the order of the columns as well: kernel[::-1, ::-1].",
)
def only_rows_flipped(image, kernel):
    return _slide(image, kernel[::-1])


@flipped.misconception(
    "only the columns are flipped",
    "A turn by 180° changes the order of the rows as well: kernel[::-1, ::-1].",
)
def only_columns_flipped(image, kernel):
    return _slide(image, kernel[:, ::-1])


@flipped.misconception(
    "the kernel is transposed",
    "kernel.T mirrors it at its diagonal. A turn by 180° keeps its shape.",
)
def kernel_mirrored_at_diagonal(image, kernel):
    return _slide(image, kernel.T)


@flipped.misconception(
    "the kernel is turned by 90°",
    "Turn it once more: np.rot90(kernel, 2).",
)
def quarter_turn(image, kernel):
    return _slide(image, np.rot90(kernel))


@flipped.misconception(
    "the output is turned, not the kernel",
    "The windows must stay where they are: turn the kernel before you slide it.",
)
def output_turned(image, kernel):
    return _slide(image, kernel)[::-1, ::-1]


@flipped.misconception(
    "the image is turned, not the kernel",
    "Then the last window comes first. Turn the kernel and leave the image as it is.",
)
def image_turned(image, kernel):
    return _slide(image[::-1, ::-1], kernel)


@flipped.misconception(
    "the signs of the kernel are turned around",
    "A turn moves the numbers to other places and changes none of them.",
)
def signs_turned(image, kernel):
    return -_slide(image, kernel)
