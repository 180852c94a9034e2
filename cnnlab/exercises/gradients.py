"""The exercise of lesson 02b on learning: the gradient of a kernel."""

import numpy as np

from .engine import Exercise


def kernel_gradient(image, error):
    """For each weight: the sum over all places of the error there times the pixel that the weight met there."""
    height, width = error.shape
    gradient = np.zeros((image.shape[0] - height + 1, image.shape[1] - width + 1))
    for a in range(gradient.shape[0]):
        for b in range(gradient.shape[1]):
            gradient[a, b] = np.sum(error * image[a : a + height, b : b + width])
    return gradient


def _pictures(rng):
    # Short to print, exact in float32, and with fractions that whole numbers would lose.
    for image_shape, error_shape in [
        ((2, 2), (2, 2)),
        ((2, 3), (1, 2)),
        ((3, 2), (2, 1)),
        ((3, 3), (2, 2)),
        ((4, 5), (3, 3)),
        ((5, 4), (2, 3)),
        ((6, 7), (4, 5)),
    ]:
        yield rng.integers(-9, 10, image_shape) / 2, rng.integers(-9, 10, error_shape) / 2


gradient_of_kernel = Exercise(
    reference=kernel_gradient,
    task=(
        "For each weight of the kernel, multiply the error at every place with the pixel that the weight "
        "met there, and add up."
    ),
    telling=(
        np.array([[1.0, 2, 0, 3, 1], [0, 4, 1, 2, 6], [3, 1, 5, 0, 2], [2, 0, 1, 7, 1]]),
        np.array([[1, -2, 0.5], [0, 3, -1]]),
    ),
    probes=_pictures,
    hints=[
        "Start with one weight, kernel[0, 0]. At place (i, j) it meets the pixel image[i, j]. So its slope is the sum "
        "of error[i, j] * image[i, j]: a part of the image as large as the error, times the error.",
        "For kernel[a, b] the part of the image begins at row a and column b: "
        "image[a : a + h, b : b + w], where (h, w) is the shape of the error.",
        "Make an array of zeros with H - h + 1 rows and W - w + 1 columns; two loops over a and b fill it with "
        "np.sum(error * part). You wrote these loops before: in cross_correlate, with the error as the kernel.",
    ],
    remark="It is cross_correlate(image, error): the gradient of a convolution is a convolution.",
)


@gradient_of_kernel.misconception(
    "the error is flipped (true convolution)",
    "Place (i, j) of the error belongs to the pixel i rows and j columns further on: nothing turns around.",
)
def error_flipped(image, error):
    return kernel_gradient(image, error[::-1, ::-1])


@gradient_of_kernel.misconception(
    "the result is turned by 180°",
    "gradient[0, 0] belongs to kernel[0, 0], which meets the upper left part of the image.",
)
def gradient_flipped(image, error):
    return kernel_gradient(image, error)[::-1, ::-1]


@gradient_of_kernel.misconception(
    "the sign is turned around",
    "The gradient points to where the loss grows. The minus comes later, when you step against it.",
)
def sign_turned(image, error):
    return -kernel_gradient(image, error)


@gradient_of_kernel.misconception(
    "the mean is taken instead of the sum",
    "The loss here adds up all places, so its slope does as well.",
)
def mean_of_places(image, error):
    return kernel_gradient(image, error) / error.size


@gradient_of_kernel.misconception(
    "the result is twice the gradient",
    "The loss is HALF the sum of squares: the 2 that comes down from the square is gone.",
)
def twice_the_gradient(image, error):
    return 2 * kernel_gradient(image, error)


@gradient_of_kernel.misconception(
    "the error is squared",
    "The slope of half a square is the number itself: error, not error ** 2.",
)
def error_squared(image, error):
    return kernel_gradient(image, error**2)


@gradient_of_kernel.misconception(
    "the error is left out",
    "A place that is right already (error 0) must not pull at the weight: multiply by the error.",
)
def error_left_out(image, error):
    return kernel_gradient(image, np.ones_like(error))


@gradient_of_kernel.misconception(
    "rows and columns of the result are swapped",
    "gradient[a, b]: the row comes first.",
)
def gradient_transposed(image, error):
    return kernel_gradient(image, error).T


@gradient_of_kernel.misconception(
    "the same slope is given to every weight",
    "Each weight meets other pixels: the part of the image begins at (a, b).",
)
def same_for_every_weight(image, error):
    gradient = kernel_gradient(image, error)
    return np.full_like(gradient, gradient[0, 0])
