"""The exercises of lesson 02: cross-correlation of one picture, then of many channels."""

import numpy as np

from .engine import Exercise


def cross_correlate(image, kernel):
    """The sum of kernel times window, at each position where the kernel fits inside the image."""
    kernel_height, kernel_width = kernel.shape
    height = image.shape[0] - kernel_height + 1
    width = image.shape[1] - kernel_width + 1
    output = np.zeros((height, width))
    for row in range(height):
        for column in range(width):
            window = image[row : row + kernel_height, column : column + kernel_width]
            output[row, column] = np.sum(window * kernel)
    return output


def conv_channels(image, kernel):
    """Cross-correlation of (height, width, channels) with many filters, "valid", stride 1."""
    kernel_height, kernel_width, channels, filters = kernel.shape
    height = image.shape[0] - kernel_height + 1
    width = image.shape[1] - kernel_width + 1
    output = np.zeros((height, width, filters))
    for row in range(height):
        for column in range(width):
            window = image[row : row + kernel_height, column : column + kernel_width]
            for f in range(filters):
                output[row, column, f] = np.sum(window * kernel[:, :, :, f])
    return output


def output_shape(image_shape, kernel_shape):
    """Shape of what conv_channels gives."""
    height, width, channels = image_shape
    kernel_height, kernel_width, channels, filters = kernel_shape
    return (height - kernel_height + 1, width - kernel_width + 1, filters)


def _halves(rng, shape):
    # Short to print, exact in float32, and with fractions that whole numbers would lose.
    return rng.integers(-9, 10, shape) / 2


def _pictures(rng):
    for image_shape, kernel_shape in [
        ((2, 2), (1, 1)),
        ((2, 4), (1, 2)),
        ((4, 2), (2, 1)),
        ((3, 3), (2, 2)),
        ((3, 3), (3, 3)),
        ((3, 5), (2, 3)),
        ((5, 3), (3, 2)),
        ((5, 5), (3, 3)),
        ((9, 8), (5, 4)),
    ]:
        yield _halves(rng, image_shape), _halves(rng, kernel_shape)
    # Whole numbers in the image and fractions in the kernel, as in a blur.
    yield rng.integers(0, 10, (4, 4)), _halves(rng, (2, 2))


def _pictures_with_channels(rng):
    for image_shape, kernel_shape in [
        ((2, 2, 1), (1, 1, 1, 1)),
        ((2, 2, 2), (1, 1, 2, 1)),
        ((2, 2, 1), (1, 1, 1, 2)),
        ((2, 2, 2), (1, 1, 2, 2)),
        ((3, 3, 2), (2, 2, 2, 2)),
        ((3, 5, 3), (2, 3, 3, 2)),
        ((5, 3, 2), (3, 2, 2, 4)),
        ((5, 5, 3), (3, 3, 3, 3)),
        ((7, 6, 4), (4, 3, 4, 2)),
    ]:
        yield _halves(rng, image_shape), _halves(rng, kernel_shape)
    yield rng.integers(0, 10, (4, 4, 3)), _halves(rng, (2, 2, 3, 2))


def _shapes(rng):
    for largest in (4, 6, 9, 30, 300):
        kernel_height, kernel_width, channels, filters = rng.integers(1, largest, 4).tolist()
        extra_rows, extra_columns = rng.integers(0, largest, 2).tolist()
        image_shape = (kernel_height + extra_rows, kernel_width + extra_columns, channels)
        yield image_shape, (kernel_height, kernel_width, channels, filters)


# cross_correlate -----------------------------------------------------------------------------

one_picture = Exercise(
    reference=cross_correlate,
    task=(
        "Slide the kernel over the image (both are 2-D arrays), one pixel at a time, only where it "
        "fits inside the image. At each position multiply the kernel with the pixels under it and "
        "add up the products."
    ),
    telling=(
        np.array([[1.0, 2, 0, 3, 1, 5], [0, 4, 1, 2, 6, 1], [3, 1, 5, 0, 2, 2], [2, 0, 1, 7, 1, 3]]),
        np.array([[1, -2, 0.5], [0, 3, -1]]),
    ),
    probes=_pictures,
    hints=[
        "Along one axis of length 4, a kernel of length 2 fits at 3 positions. How many rows and "
        "columns does the output have, then?",
        "Make an output of zeros with image height - kernel height + 1 rows (the same for the "
        "columns), then visit each of its cells with two loops, over row and column.",
        "The pixels under the kernel are image[row : row + kernel_height, column : column + "
        "kernel_width]. Multiply them with the kernel and write np.sum of that to output[row, column].",
    ],
    remark=(
        "Each output number is one window of the image, multiplied with the kernel and summed up. "
        "The two loops only move the window."
    ),
)


@one_picture.misconception(
    "the kernel is flipped (true convolution)",
    "Here kernel[0, 0] meets the upper left pixel of the window, as it does in Keras.",
)
def kernel_flipped(image, kernel):
    return cross_correlate(image, kernel[::-1, ::-1])


@one_picture.misconception(
    "the rows of the kernel are flipped",
    "Here kernel[0, 0] meets the upper left pixel of the window.",
)
def kernel_rows_flipped(image, kernel):
    return cross_correlate(image, kernel[::-1])


@one_picture.misconception(
    "the columns of the kernel are flipped",
    "Here kernel[0, 0] meets the upper left pixel of the window.",
)
def kernel_columns_flipped(image, kernel):
    return cross_correlate(image, kernel[:, ::-1])


@one_picture.misconception(
    'the image is padded with zeros so that the output has its size ("same")',
    'Here the kernel stays inside the image ("valid"), so the output is smaller.',
)
def padded_same(image, kernel):
    return cross_correlate(_padded(image, kernel), kernel)


@one_picture.misconception(
    'the image is padded so that the kernel may stick out on all sides ("full")',
    'Here the kernel stays inside the image ("valid"), so the output is smaller.',
)
def padded_full(image, kernel):
    rows, columns = kernel.shape[0] - 1, kernel.shape[1] - 1
    return cross_correlate(np.pad(image, ((rows, rows), (columns, columns))), kernel)


@one_picture.misconception(
    "the output has the size of the image and is filled only in part",
    "Give the output one cell for each position of the kernel, and no more.",
)
def output_as_large_as_image(image, kernel):
    result = cross_correlate(image, kernel)
    return _with_zeros(result, image.shape[0] - result.shape[0], image.shape[1] - result.shape[1])


@one_picture.misconception(
    "the output is one row and one column too small",
    "A kernel of length 2 fits 3 times along 4 pixels: 4 - 2 + 1. Do you add the 1?",
)
def output_one_too_small(image, kernel):
    return cross_correlate(image, kernel)[:-1, :-1]


@one_picture.misconception(
    "the output is one row and one column too large",
    "A kernel of length 2 fits 3 times along 4 pixels: 4 - 2 + 1.",
)
def output_one_too_large(image, kernel):
    return _with_zeros(cross_correlate(image, kernel), 1, 1)


@one_picture.misconception(
    "the loops stop before the last row and the last column",
    "range(n) ends at n - 1 already: nothing needs to be subtracted from the output's size.",
)
def last_position_left_out(image, kernel):
    return _with_zeros(cross_correlate(image, kernel)[:-1, :-1], 1, 1)


@one_picture.misconception(
    "rows and columns of the output are swapped",
    "Rows come first: output[row, column], and the shape is (rows, columns).",
)
def output_transposed(image, kernel):
    return cross_correlate(image, kernel).T


@one_picture.misconception(
    "rows and columns of the image are swapped",
    "Rows come first: image[row, column].",
)
def image_transposed(image, kernel):
    height, width = cross_correlate(image, kernel).shape
    output = np.zeros((height, width))
    for row, column in np.ndindex(height, width):
        for i, j in np.ndindex(kernel.shape):
            output[row, column] += image[column + j, row + i] * kernel[i, j]
    return output


@one_picture.misconception(
    "row and column of the window are swapped",
    "Rows come first: the window starts at image[row, column].",
)
def window_transposed(image, kernel):
    height, width = cross_correlate(image, kernel).shape
    output = np.zeros((height, width))
    for row, column in np.ndindex(height, width):
        for i, j in np.ndindex(kernel.shape):
            output[row, column] += image[column + i, row + j] * kernel[i, j]
    return output


@one_picture.misconception(
    "rows and columns of the kernel are swapped",
    "Rows come first: kernel[i, j] belongs to the pixel i rows down and j columns to the right.",
)
def kernel_transposed(image, kernel):
    return cross_correlate(image, kernel.T)


@one_picture.misconception(
    "rows and columns of the kernel are swapped",
    "Rows come first: kernel[i, j] belongs to the pixel i rows down and j columns to the right.",
)
def kernel_transposed_in_window(image, kernel):
    output = np.zeros(cross_correlate(image, kernel).shape)
    for row, column in np.ndindex(output.shape):
        for i, j in np.ndindex(kernel.shape):
            output[row, column] += image[row + i, column + j] * kernel[j, i]
    return output


@one_picture.misconception(
    "the kernel's height is also taken for its width",
    "A kernel need not be square: use kernel.shape[0] for rows and kernel.shape[1] for columns.",
)
def kernel_taken_as_square(image, kernel):
    size = len(kernel)
    output = np.zeros((image.shape[0] - size + 1, image.shape[1] - size + 1))
    for row, column in np.ndindex(output.shape):
        output[row, column] = np.sum(image[row : row + size, column : column + size] * kernel)
    return output


@one_picture.misconception(
    "the height is also taken for the width",
    "Neither the image nor the kernel need be square: .shape[0] counts rows, .shape[1] columns.",
)
def all_taken_as_square(image, kernel):
    size = len(kernel)
    count = len(image) - size + 1
    output = np.zeros((count, count))
    for row, column in np.ndindex(count, count):
        output[row, column] = np.sum(image[row : row + size, column : column + size] * kernel)
    return output


@one_picture.misconception(
    "height and width are mixed up",
    "The shape of an array is (height, width): rows first.",
)
def height_and_width_mixed_up(image, kernel):
    width, height = image.shape
    kernel_width, kernel_height = kernel.shape
    output = np.zeros((height - kernel_height + 1, width - kernel_width + 1))
    for row, column in np.ndindex(output.shape):
        output[row, column] = np.sum(image[row : row + kernel_height, column : column + kernel_width] * kernel)
    return output


@one_picture.misconception(
    "the products are averaged",
    "Add the products up: np.sum in place of np.mean, and no division.",
)
def averaged(image, kernel):
    return cross_correlate(image, kernel) / kernel.size


@one_picture.misconception(
    "the pixels are added up without the kernel",
    "Multiply each pixel with the kernel's number above it first.",
)
def kernel_ignored(image, kernel):
    return cross_correlate(image, np.ones(kernel.shape))


@one_picture.misconception(
    "the products of a window are not added up",
    "Each window gives one number: np.sum of its products.",
)
def products_not_summed(image, kernel):
    return np.lib.stride_tricks.sliding_window_view(image, kernel.shape) * kernel


@one_picture.misconception(
    "the products of a window are not added up",
    "Each window gives one number: np.sum of its products.",
)
def products_written_to_one_cell(image, kernel):
    output = np.zeros(cross_correlate(image, kernel).shape)
    for row, column in np.ndindex(output.shape):
        window = image[row : row + len(kernel), column : column + kernel.shape[1]]
        output[row, column] = window * kernel
    return output


@one_picture.misconception(
    "only the last product of each window is kept",
    "Add the products up: += in place of =.",
)
def only_last_product(image, kernel):
    return image[len(kernel) - 1 :, kernel.shape[1] - 1 :] * kernel[-1, -1]


@one_picture.misconception(
    "window and kernel are multiplied as matrices",
    "Multiply number by number: * in place of @ or np.dot.",
)
def matrix_product(image, kernel):
    output = np.zeros(cross_correlate(image, kernel).shape)
    for row, column in np.ndindex(output.shape):
        window = image[row : row + len(kernel), column : column + kernel.shape[1]]
        output[row, column] = np.sum(window @ kernel)
    return output


@one_picture.misconception(
    "the minus signs of the result are lost",
    "A negative sum is a result like any other: take no absolute value.",
)
def absolute_value(image, kernel):
    return np.abs(cross_correlate(image, kernel))


@one_picture.misconception(
    "negative results become 0",
    "A negative sum is a result like any other: there is no ReLU or clipping here.",
)
def negatives_lost(image, kernel):
    return np.maximum(cross_correlate(image, kernel), 0)


@one_picture.misconception(
    "fractions are cut off",
    "Let the output hold fractions: np.zeros does, unless you give it dtype=int.",
)
def whole_numbers(image, kernel):
    return np.trunc(cross_correlate(image, kernel))


@one_picture.misconception(
    "the output has the number type of the image, so that an image of whole numbers loses fractions",
    "Make the output with np.zeros(shape), without the image's dtype.",
)
def number_type_of_image(image, kernel):
    return cross_correlate(image, kernel).astype(image.dtype)


@one_picture.misconception(
    "the kernel jumps by its own size",
    "Move it by one pixel at a time (stride 1), so that the windows overlap.",
)
def windows_side_by_side(image, kernel):
    return cross_correlate(image, kernel)[:: kernel.shape[0], :: kernel.shape[1]]


# conv_channels -------------------------------------------------------------------------------

many_channels = Exercise(
    reference=conv_channels,
    task=(
        "Do the same with channels and filters: image has shape (height, width, channels), kernel "
        "has shape (kernel height, kernel width, channels, filters). The output gets one channel "
        "for each filter, in which the products of all image channels are added up."
    ),
    telling=(
        np.array(
            [
                [[1.0, 0, 2], [3, 1, 0], [0, 2, 1], [2, 5, 1]],
                [[4, 1, 1], [0, 3, 2], [1, 0, 6], [3, 1, 0]],
                [[2, 2, 0], [1, 0, 3], [5, 1, 1], [0, 4, 2]],
            ]
        ),
        np.array(
            [
                [[[1, 0], [-1, 2], [0.5, 1]], [[0, 3], [2, -1], [1, 0]], [[2, 1], [0, -2], [1, 3]]],
                [[[-2, 1], [1, 1], [0, -1]], [[1, 0], [3, 0.5], [-1, 2]], [[0, 4], [1, 0], [2, -3]]],
            ]
        ),
    ),
    probes=_pictures_with_channels,
    hints=[
        "The window under the kernel is now a block of shape (kernel height, kernel width, "
        "channels). One filter is a block of the same shape.",
        "Filter number f is kernel[:, :, :, f]. Multiply it with the window and add up all products, "
        "those of every channel: that is one number of the output.",
        "The output has shape (height, width, filters). Three loops, over row, column and f, each "
        "time output[row, column, f] = np.sum(window * kernel[:, :, :, f]).",
    ],
    remark=(
        "Each filter is a block as deep as the image. It gives one output channel, so the output "
        "has as many channels as there are filters."
    ),
)


@many_channels.misconception(
    "only the first channel of the image is used",
    "Add up the products of all channels.",
)
def first_channel_only(image, kernel):
    return conv_channels(image[:, :, :1], kernel[:, :, :1])


@many_channels.misconception(
    "only the last channel counts",
    "Each channel adds to the output: += in place of =.",
)
def last_channel_only(image, kernel):
    return conv_channels(image[:, :, -1:], kernel[:, :, -1:])


@many_channels.misconception(
    "the channels are not added up",
    "A filter gives one number for each window, the sum over all of its channels.",
)
def channels_not_summed(image, kernel):
    return np.stack([_one_channel(image, kernel, c) for c in range(image.shape[2])], axis=2)


@many_channels.misconception(
    "the channels are not added up, and only the first filter is used",
    "A filter gives one number for each window, the sum over all of its channels.",
)
def channels_not_summed_first_filter(image, kernel):
    return channels_not_summed(image, kernel)[..., 0]


@many_channels.misconception(
    "the channels are not added up, but the filters are",
    "Each filter has an output channel of its own, the sum over all image channels.",
)
def filters_summed_in_place_of_channels(image, kernel):
    return np.sum(channels_not_summed(image, kernel), axis=3)


@many_channels.misconception(
    "the filters are added up",
    "Each filter has an output channel of its own.",
)
def filters_summed(image, kernel):
    return np.sum(conv_channels(image, kernel), axis=2)


@many_channels.misconception(
    "the filters are added up",
    "Each filter has an output channel of its own.",
)
def filters_summed_axis_kept(image, kernel):
    return np.sum(conv_channels(image, kernel), axis=2, keepdims=True)


@many_channels.misconception(
    "only the first filter is used",
    "Do the same for each filter; the output's last axis has one entry for each of them.",
)
def first_filter_only(image, kernel):
    return conv_channels(image, kernel)[:, :, 0]


@many_channels.misconception(
    "only the first filter is used",
    "Do the same for each filter; the output's last axis has one entry for each of them.",
)
def first_filter_only_axis_kept(image, kernel):
    return conv_channels(image, kernel)[:, :, :1]


@many_channels.misconception(
    "the channels are averaged",
    "Add up the products of all channels, and do not divide.",
)
def channels_averaged(image, kernel):
    return conv_channels(image, kernel) / image.shape[2]


@many_channels.misconception(
    "the products are averaged",
    "Add the products up: np.sum in place of np.mean, and no division.",
)
def products_averaged(image, kernel):
    return conv_channels(image, kernel) / kernel[..., 0].size


@many_channels.misconception(
    "the kernel is flipped (true convolution)",
    "Here kernel[0, 0] meets the upper left pixel of the window, as it does in Keras.",
)
def channels_kernel_flipped(image, kernel):
    return conv_channels(image, kernel[::-1, ::-1])


@many_channels.misconception(
    "all four axes of the kernel are flipped",
    "Do not flip any: channel 0 of the image belongs to channel 0 of the kernel.",
)
def all_axes_flipped(image, kernel):
    return conv_channels(image, np.flip(kernel))


@many_channels.misconception(
    "all channels are multiplied with the kernel's first channel",
    "Each image channel has its own part of the kernel: kernel[:, :, c] belongs to image[:, :, c].",
)
def one_kernel_for_all_channels(image, kernel):
    return conv_channels(image, np.repeat(kernel[:, :, :1], image.shape[2], axis=2))


@many_channels.misconception(
    "the kernel's last two axes are swapped",
    "They are (channels, filters): the filters come last.",
)
def filters_before_channels(image, kernel):
    output = np.zeros(conv_channels(image, kernel).shape)
    for row, column, f in np.ndindex(output.shape):
        for i, j, c in np.ndindex(kernel.shape[:3]):
            output[row, column, f] += image[row + i, column + j, c] * kernel[i, j, f, c]
    return output


@many_channels.misconception(
    "the filters come first in the output",
    "Put them last: (height, width, filters). This is called channels-last.",
)
def channels_first(image, kernel):
    return np.moveaxis(conv_channels(image, kernel), 2, 0)


@many_channels.misconception(
    "rows and columns of the output are swapped",
    "Rows come first: output[row, column, f].",
)
def channels_output_transposed(image, kernel):
    return np.swapaxes(conv_channels(image, kernel), 0, 1)


@many_channels.misconception(
    'the image is padded with zeros so that the output has its size ("same")',
    'Here the kernel stays inside the image ("valid"), so the output is smaller.',
)
def channels_padded_same(image, kernel):
    return conv_channels(_padded(image, kernel), kernel)


@many_channels.misconception(
    "the output is one row and one column too small",
    "A kernel of length 2 fits 3 times along 4 pixels: 4 - 2 + 1. Do you add the 1?",
)
def channels_output_one_too_small(image, kernel):
    return conv_channels(image, kernel)[:-1, :-1]


@many_channels.misconception(
    "the output is one row and one column too large",
    "A kernel of length 2 fits 3 times along 4 pixels: 4 - 2 + 1.",
)
def channels_output_one_too_large(image, kernel):
    return _with_zeros(conv_channels(image, kernel), 1, 1)


# output_shape --------------------------------------------------------------------------------

shape_of_output = Exercise(
    reference=output_shape,
    task=(
        "Return the shape of what conv_channels gives, as a tuple, without computing it: "
        "image_shape is (height, width, channels), kernel_shape is (kernel height, kernel width, "
        "channels, filters)."
    ),
    telling=((5, 8, 3), (2, 4, 3, 6)),
    probes=_shapes,
    hints=[
        "The output has three axes, and each depends on something else.",
        "The last axis has one entry for each filter. The number of image channels does not matter.",
        "Along the height there are height - kernel height + 1 positions, and the same goes for the width.",
    ],
    remark=(
        "The kernel sets everything: its size takes a rim away, its last number is the number of "
        "output channels. The image's channels are added up and leave no trace in the shape."
    ),
)


@shape_of_output.misconception(
    "the 1 is not added",
    "A kernel of length 2 fits 3 times along 4 pixels: 4 - 2 + 1.",
)
def shape_one_too_small(image_shape, kernel_shape):
    height, width, filters = output_shape(image_shape, kernel_shape)
    return (height - 1, width - 1, filters)


@shape_of_output.misconception(
    "2 is added in place of 1",
    "A kernel of length 2 fits 3 times along 4 pixels: 4 - 2 + 1.",
)
def shape_one_too_large(image_shape, kernel_shape):
    height, width, filters = output_shape(image_shape, kernel_shape)
    return (height + 1, width + 1, filters)


@shape_of_output.misconception(
    'the kernel may stick out on all sides ("full")',
    "Here it stays inside the image, so the output is smaller: subtract the kernel's size, then add 1.",
)
def shape_full(image_shape, kernel_shape):
    return (image_shape[0] + kernel_shape[0] - 1, image_shape[1] + kernel_shape[1] - 1, kernel_shape[3])


@shape_of_output.misconception(
    'the output is as large as the image ("same")',
    'Here the kernel stays inside the image ("valid"), so the output is smaller.',
)
def shape_same(image_shape, kernel_shape):
    return (image_shape[0], image_shape[1], kernel_shape[3])


@shape_of_output.misconception(
    "the image's channels are kept",
    "They are added up. What the output has instead is one channel for each filter.",
)
def shape_channels_kept(image_shape, kernel_shape):
    return output_shape(image_shape, kernel_shape)[:2] + (image_shape[2],)


@shape_of_output.misconception(
    "both channels and filters are kept",
    "The channels are added up; only the filters remain.",
)
def shape_channels_and_filters(image_shape, kernel_shape):
    return output_shape(image_shape, kernel_shape)[:2] + kernel_shape[2:]


@shape_of_output.misconception(
    "each filter gives one output channel for each image channel",
    "A filter adds the channels up and gives one output channel.",
)
def shape_channels_times_filters(image_shape, kernel_shape):
    return output_shape(image_shape, kernel_shape)[:2] + (kernel_shape[2] * kernel_shape[3],)


@shape_of_output.misconception(
    "the axis of the filters is left out",
    "The output has three axes: height, width, and one entry for each filter.",
)
def shape_without_filters(image_shape, kernel_shape):
    return output_shape(image_shape, kernel_shape)[:2]


@shape_of_output.misconception(
    "the filters come first",
    "Put them last: (height, width, filters). This is called channels-last.",
)
def shape_filters_first(image_shape, kernel_shape):
    height, width, filters = output_shape(image_shape, kernel_shape)
    return (filters, height, width)


@shape_of_output.misconception(
    "height and width are swapped",
    "The height, which counts rows, comes first.",
)
def shape_transposed(image_shape, kernel_shape):
    height, width, filters = output_shape(image_shape, kernel_shape)
    return (width, height, filters)


@shape_of_output.misconception(
    "the kernel's height is also taken for its width",
    "A kernel need not be square: kernel_shape[1] is its width.",
)
def shape_kernel_taken_as_square(image_shape, kernel_shape):
    height, width, filters = output_shape(image_shape, kernel_shape)
    return (height, image_shape[1] - kernel_shape[0] + 1, filters)


# What several misconceptions share -----------------------------------------------------------


def _padded(image, kernel):
    """The image with zeros around it, one kernel size (less 1) in all, as Keras's "same" has it."""
    amounts = [((size - 1) // 2, size // 2) for size in kernel.shape[:2]]
    return np.pad(image, amounts + [(0, 0)] * (image.ndim - 2))


def _with_zeros(result, rows, columns):
    """The result with rows of zeros below and columns of zeros to the right."""
    return np.pad(result, [(0, rows), (0, columns)] + [(0, 0)] * (result.ndim - 2))


def _one_channel(image, kernel, c):
    return conv_channels(image[:, :, c : c + 1], kernel[:, :, c : c + 1])
