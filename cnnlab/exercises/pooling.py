"""The exercises of lesson 04: the largest number of each window, the mean of each, the mean of a whole map."""

import numpy as np

from .engine import Exercise


def pool_max(image, size, stride):
    """The largest number of each size × size window; from one window to the next it is `stride` pixels."""
    height = (image.shape[0] - size) // stride + 1
    width = (image.shape[1] - size) // stride + 1
    output = np.zeros((height, width))
    for row in range(height):
        for column in range(width):
            top, left = row * stride, column * stride
            output[row, column] = np.max(image[top : top + size, left : left + size])
    return output


def pool_mean(image, size):
    """The mean of each size × size window, channel by channel; the windows touch and do not overlap."""
    height, width = image.shape[0] // size, image.shape[1] // size
    output = np.zeros((height, width, image.shape[2]))
    for row in range(height):
        for column in range(width):
            window = image[row * size : (row + 1) * size, column * size : (column + 1) * size]
            output[row, column] = np.mean(window, axis=(0, 1))
    return output


def global_mean(maps):
    """The mean of each feature map: (N, height, width, channels) -> (N, channels)."""
    return np.mean(maps, axis=(1, 2))


def _halves(rng, shape):
    # Short to print, exact in float32, and with fractions that whole numbers would lose.
    return rng.integers(-9, 10, shape) / 2


def _images(rng):
    for shape, size, stride in [
        ((2, 2), 1, 1),
        ((2, 2), 2, 2),
        ((2, 4), 2, 2),
        ((3, 4), 2, 1),
        ((3, 5), 2, 2),
        ((5, 4), 2, 3),
        ((5, 5), 3, 2),
        ((6, 9), 3, 3),
        ((9, 8), 4, 2),
    ]:
        yield _halves(rng, shape), size, stride
    # Nothing above zero, so that a zero must not win.
    yield -1 - np.abs(_halves(rng, (4, 6))), 2, 2


def _color_images(rng):
    for shape, size in [
        ((2, 2, 1), 2),
        ((2, 2, 2), 2),
        ((2, 4, 2), 2),
        ((3, 2, 2), 1),
        ((3, 5, 2), 2),
        ((6, 3, 3), 3),
        ((8, 9, 3), 4),
    ]:
        yield _halves(rng, shape), size
    yield rng.integers(0, 10, (4, 6, 2)), 2


def _feature_maps(rng):
    for shape in [(1, 1, 2, 1), (1, 2, 2, 2), (2, 2, 3, 2), (3, 4, 2, 5), (4, 3, 5, 2)]:
        yield (_halves(rng, shape),)


# pool_max ------------------------------------------------------------------------------------

largest = Exercise(
    reference=pool_max,
    task=(
        "Return the largest number of each window of size x size pixels of a 2-D image. The first window is "
        "in the upper left corner; from one window to the next it is `stride` pixels. Windows stay inside the image."
    ),
    telling=(
        np.array(
            [
                [1.0, 2, 0, 3, 1, 5, 2],
                [0, 4.5, 1, 2, 6, 1, 0],
                [3, 1, 5, 0, 2, 2, -7],
                [-2, -1, -3, -4, -1.5, 0, 1],
                [-3, -2, -9, -5, -2, -6, -1],
            ]
        ),
        2,
        3,
    ),
    probes=_images,
    hints=[
        "Along one axis of length 5, a window of length 2 that moves by 3 pixels has 2 places: 0 and 3. "
        "How many has it in general?",
        "The output has (image height - size) // stride + 1 rows, and the same goes for the columns. "
        "Visit each of its cells with two loops.",
        "The window of output[row, column] begins at image[row * stride, column * stride]. Cut it out with a slice "
        "of length `size` on each axis, and take np.max.",
    ],
    remark="Compare it with cross_correlate: the same two loops and the same window, but no kernel.",
)


@largest.misconception("the stride is ignored: windows touch", "Windows begin at row * stride, not at row * size.")
def windows_touch(image, size, stride):
    return pool_max(image, size, size)


@largest.misconception(
    "the window moves by one pixel at a time", "It moves by `stride` pixels: it begins at row * stride."
)
def stride_one(image, size, stride):
    return pool_max(image, size, 1)


@largest.misconception("size and stride are mixed up", "`size` is how long a window is, `stride` how far it moves.")
def size_and_stride_swapped(image, size, stride):
    return pool_max(image, stride, size)


@largest.misconception("the mean is taken", "Take the largest number: np.max in place of np.mean.")
def averaged(image, size, stride):
    return _pooled(image, size, stride, np.mean)


@largest.misconception("the sum is taken", "Take the largest number: np.max in place of np.sum.")
def summed(image, size, stride):
    return _pooled(image, size, stride, np.sum)


@largest.misconception("the smallest number is taken", "Take the largest number of the window.")
def smallest(image, size, stride):
    return _pooled(image, size, stride, np.min)


@largest.misconception(
    "the search begins at 0, so that a negative number never wins",
    "The largest of -3 and -1 is -1. Begin with the first number of the window, or with -np.inf.",
)
def zero_wins(image, size, stride):
    return np.maximum(pool_max(image, size, stride), 0)


@largest.misconception(
    "minus signs are ignored", "-7 is smaller than 2: compare the numbers, not their absolute values."
)
def largest_magnitude(image, size, stride):
    return pool_max(np.abs(image), size, stride)


@largest.misconception("the place of the largest number is returned", "Return the number itself: np.max, not argmax.")
def place(image, size, stride):
    return _pooled(image, size, stride, np.argmax)


@largest.misconception(
    "windows that stick out of the image are used too",
    "A window counts only where all of it fits: (length - size) // stride + 1 places.",
)
def cut_windows_kept(image, size, stride):
    rows, columns = (range(0, length, stride) for length in image.shape)
    return np.array([[image[r : r + size, c : c + size].max() for c in columns] for r in rows])


@largest.misconception(
    "the output is one row and one column too small", "The first place counts as well: do you add the 1?"
)
def one_too_small(image, size, stride):
    return pool_max(image, size, stride)[:-1, :-1]


@largest.misconception("rows and columns of the output are swapped", "Rows come first: output[row, column].")
def transposed(image, size, stride):
    return pool_max(image, size, stride).T


# pool_mean -----------------------------------------------------------------------------------

means = Exercise(
    reference=pool_mean,
    task=(
        "Return the mean of each window of size x size pixels of an image of shape (height, width, channels). "
        "The windows touch and do not overlap; rows and columns left over at the end are dropped. "
        "Each channel has a mean of its own."
    ),
    telling=(
        np.array(
            [
                [[1.0, 0, 7], [3, 1, 0], [0, 2, 1], [2, 5, 1], [9, 1, 4]],
                [[4, 1, 1], [0, 3, 2], [1, 0, 6], [3, 1, 0], [1, 8, 2]],
                [[2, 2, 0], [1, 0, 3], [5, 1, 1], [0, 4, 2], [6, 3, 3]],
                [[1, 9, 2], [7, 0, 0], [2, 2, 4], [0, 1, 8], [0, 2, 5]],
                [[3, 1, 1], [0, 6, 2], [8, 0, 1], [1, 2, 2], [4, 4, 0]],
                [[0, 5, 3], [2, 1, 1], [1, 3, 9], [6, 0, 2], [1, 0, 7]],
            ]
        ),
        2,
    ),
    probes=_color_images,
    hints=[
        "In 5 columns there is room for 5 // 2 = 2 windows of 2 columns. So what is the shape of the output?",
        "The window of output[row, column] is image[row * size : (row + 1) * size, column * size : "
        "(column + 1) * size]. It has three axes: height, width and channels.",
        "The mean over its first two axes leaves one number for each channel: np.mean(window, axis=(0, 1)).",
    ],
    remark=(
        "Without loops: cut off what is left over, reshape to (height, size, width, size, channels), and take the "
        "mean over axes 1 and 3."
    ),
)


@means.misconception("the sum is taken", "Divide the sum by the number of pixels of the window, or use np.mean.")
def window_summed(image, size):
    return pool_mean(image, size) * size**2


@means.misconception("the largest number is taken", "Take the mean here: np.mean in place of np.max.")
def window_largest(image, size):
    return np.stack([pool_max(channel, size, size) for channel in np.moveaxis(image, 2, 0)], axis=2)


@means.misconception("the sum is divided by `size`", "A window of 2 x 2 has four pixels: divide by size * size.")
def divided_by_size(image, size):
    return pool_mean(image, size) * size


@means.misconception(
    "the sum of each channel is divided by the number of all numbers in the window",
    "Each channel has a mean of its own: divide by size * size.",
)
def divided_by_channels_too(image, size):
    return pool_mean(image, size) / image.shape[2]


@means.misconception(
    "the channels are mixed", "Each channel has a mean of its own: np.mean(window, axis=(0, 1)) keeps them apart."
)
def channels_mixed(image, size):
    mean = pool_mean(image, size)
    return np.repeat(mean.mean(axis=2, keepdims=True), image.shape[2], axis=2)


@means.misconception(
    "the channels are averaged away", "Pooling keeps the channels: np.mean(window, axis=(0, 1)) leaves one number each."
)
def channels_gone(image, size):
    return pool_mean(image, size).mean(axis=2)


@means.misconception(
    "one pixel of each window is taken", "Take the mean of all of them; image[::size, ::size] skips most pixels."
)
def first_pixel_only(image, size):
    height, width = pool_mean(image, size).shape[:2]
    return image[::size, ::size][:height, :width]


@means.misconception(
    "the window moves by one pixel at a time", "Windows touch: the next one begins `size` pixels further on."
)
def windows_overlap(image, size):
    windows = np.lib.stride_tricks.sliding_window_view(image, (size, size), axis=(0, 1))
    return windows.mean(axis=(3, 4))


@means.misconception(
    "rows and columns left over at the end get a window of their own",
    "Only whole windows count: there are image height // size of them in a column.",
)
def leftover_kept(image, size):
    rows, columns = range(0, image.shape[0], size), range(0, image.shape[1], size)
    return np.array([[image[r : r + size, c : c + size].mean(axis=(0, 1)) for c in columns] for r in rows])


@means.misconception(
    "pixels are reshaped into windows as they lie in memory",
    "Rows come first there: reshape to (height, size, width, size, channels), then take the mean over axes 1 and 3.",
)
def reshaped_across(image, size):
    height, width, channels = pool_mean(image, size).shape
    whole = image[: height * size, : width * size]
    return whole.reshape(height, width, size, size, channels).mean(axis=(2, 3))


@means.misconception(
    "fractions are cut off", "Let the output hold fractions: np.zeros does, unless you give it dtype=int."
)
def whole_numbers(image, size):
    return np.trunc(pool_mean(image, size))


@means.misconception(
    "the output has the number type of the image, so that an image of whole numbers loses fractions",
    "Make the output with np.zeros(shape), without the image's dtype.",
)
def number_type_of_image(image, size):
    return pool_mean(image, size).astype(image.dtype)


# global_mean ---------------------------------------------------------------------------------

whole_maps = Exercise(
    reference=global_mean,
    task=(
        "Average each feature map to one number: from maps of shape (N, height, width, channels) to an array "
        "of shape (N, channels)."
    ),
    telling=(np.arange(48.0).reshape(2, 3, 4, 2) ** 2 / 8,),
    probes=_feature_maps,
    hints=[
        "Which axes does the result keep, and which are gone?",
        "It keeps axis 0 (the images) and axis 3 (the channels). Height and width are axes 1 and 2.",
        "np.mean takes several axes at once: axis=(1, 2).",
    ],
    remark="The number of results does not depend on the size of the image: a network that ends so takes any size.",
)


@whole_maps.misconception("everything is averaged to one number", "Keep images and channels: axis=(1, 2).")
def one_number(maps):
    return np.mean(maps)


@whole_maps.misconception(
    "the channels are averaged", "Height and width are axes 1 and 2; the channels, the last axis, stay."
)
def over_channels(maps):
    return maps.mean(axis=3)


@whole_maps.misconception("the images are averaged too", "Axis 0 counts the images, and each keeps its own numbers.")
def over_images(maps):
    return maps.mean(axis=(0, 1, 2))


@whole_maps.misconception("only the rows are averaged", "Average over height and width at once: axis=(1, 2).")
def over_one_axis(maps):
    return maps.mean(axis=1)


@whole_maps.misconception(
    "the channels are taken for the second axis", "Here they are the last axis, as in Keras: axis=(1, 2)."
)
def taken_for_channels_first(maps):
    return maps.mean(axis=(2, 3))


@whole_maps.misconception(
    "height and width stay as axes of length 1", "The shape should be (N, channels): leave keepdims out."
)
def axes_kept(maps):
    return maps.mean(axis=(1, 2), keepdims=True)


@whole_maps.misconception("the sum is taken", "Take the mean: np.mean in place of np.sum.")
def maps_summed(maps):
    return maps.sum(axis=(1, 2))


@whole_maps.misconception("the largest number is taken", "Take the mean here: np.mean in place of np.max.")
def maps_largest(maps):
    return maps.max(axis=(1, 2))


# What several misconceptions share -----------------------------------------------------------


def _pooled(image, size, stride, function):
    rows, columns = (range(0, length - size + 1, stride) for length in image.shape)
    return np.array([[function(image[r : r + size, c : c + size]) for c in columns] for r in rows])
