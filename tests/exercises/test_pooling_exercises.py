"""A bank of answers to the exercises of lesson 04, right and wrong, written as learners write them."""

import numpy as np
import pytest
from bank import *  # noqa: F403
from numpy.lib.stride_tricks import sliding_window_view

from cnnlab import ops
from cnnlab.exercises.engine import _run, _same, find


def windows(image, size, stride):
    return sliding_window_view(image, (size, size), axis=(0, 1))[::stride, ::stride]


def max_by_lists(image, size, stride):
    result = []
    for top in range(0, len(image) - size + 1, stride):
        line = []
        for left in range(0, len(image[0]) - size + 1, stride):
            best = -np.inf
            for i in range(size):
                for j in range(size):
                    best = max(best, image[top + i][left + j])
            line.append(best)
        result.append(line)
    return result


def max_of_shifted_copies(image, size, stride):
    rows, columns = [length - size + 1 for length in image.shape]
    copies = [image[i : i + rows : stride, j : j + columns : stride] for i in range(size) for j in range(size)]
    return np.maximum.reduce(copies)


def max_from_zeros(image, size, stride):
    height, width = ((np.array(image.shape) - size) // stride + 1).tolist()
    output = np.zeros((height, width))
    for row in range(height):
        for column in range(width):
            for value in image[row * stride : row * stride + size, column * stride : column * stride + size].ravel():
                if value > output[row, column]:
                    output[row, column] = value
    return output


def max_with_loops_too_short(image, size, stride):
    rows, columns = (image.shape[0] - size) // stride, (image.shape[1] - size) // stride
    return np.array([windows(image, size, stride)[r, c].max() for r in range(rows) for c in range(columns)]).reshape(
        rows, columns
    )


def cut_at_border(image, size, stride):
    return [
        [np.max(image[r : r + size, c : c + size]) for c in range(0, image.shape[1], stride)]
        for r in range(0, image.shape[0], stride)
    ]


def split(image, size):
    """(height, size, width, size, channels), without what is left over."""
    height, width, channels = image.shape[0] // size, image.shape[1] // size, image.shape[2]
    return image[: height * size, : width * size].reshape(height, size, width, size, channels)


def mean_by_lists(image, size):
    return [
        [
            [image[r : r + size, c : c + size, k].sum() / (size * size) for k in range(image.shape[2])]
            for c in range(0, image.shape[1] - size + 1, size)
        ]
        for r in range(0, image.shape[0] - size + 1, size)
    ]


def mean_into(kind):
    def answer(image, size):
        mean = split(image, size).mean(axis=(1, 3))
        output = np.zeros(mean.shape, dtype=kind or image.dtype)
        output[:] = mean
        return output

    return answer


def mean_in_padded_image(image, size):
    rows, columns = -image.shape[0] % size, -image.shape[1] % size
    return split(np.pad(image, ((0, rows), (0, columns), (0, 0))), size).mean(axis=(1, 3))


def leftover_means(image, size):
    return [
        [image[r : r + size, c : c + size].mean((0, 1)) for c in range(0, image.shape[1], size)]
        for r in range(0, image.shape[0], size)
    ]


RIGHT = {
    "pool_max": [
        max_by_lists,
        max_of_shifted_copies,
        lambda x, size, stride: windows(x, size, stride).max(axis=(2, 3)),
        lambda x, size, stride: ops.max_pool(x[None, ..., None], size, stride)[0, ..., 0],
    ],
    "pool_mean": [
        mean_by_lists,
        lambda x, size: split(x, size).mean(axis=(1, 3)),
        lambda x, size: windows(x, size, size).mean(axis=(-1, -2)),
        lambda x, size: ops.average_pool(x[None], size)[0],
        lambda x, size: np.einsum("hiwjc->hwc", split(x, size)) / size**2,
    ],
    "global_mean": [
        lambda x: x.mean(2).mean(1),
        lambda x: np.einsum("nhwc->nc", x) / (x.shape[1] * x.shape[2]),
        lambda x: x.reshape(len(x), -1, x.shape[-1]).mean(axis=1),
        lambda x: [[image[:, :, c].mean() for c in range(x.shape[3])] for image in x],
        ops.global_average_pool,
    ],
}
KNOWN = {
    "pool_max": {
        "windows_touch": lambda x, size, stride: windows(x, size, size).max(axis=(2, 3)),
        "stride_one": lambda x, size, stride: windows(x, size, 1).max(axis=(2, 3)),
        "size_and_stride_swapped": lambda x, size, stride: windows(x, stride, size).max(axis=(2, 3)),
        "averaged": lambda x, size, stride: windows(x, size, stride).mean(axis=(2, 3)),
        "summed": lambda x, size, stride: windows(x, size, stride).sum(axis=(2, 3)),
        "smallest": lambda x, size, stride: -windows(-x, size, stride).max(axis=(2, 3)),
        "zero_wins": max_from_zeros,
        "largest_magnitude": lambda x, size, stride: np.abs(windows(x, size, stride)).max(axis=(2, 3)),
        "place": lambda x, size, stride: [[w.argmax() for w in row] for row in windows(x, size, stride)],
        "cut_windows_kept": cut_at_border,
        "one_too_small": max_with_loops_too_short,
        "transposed": lambda x, size, stride: windows(x.T, size, stride).max(axis=(2, 3)),
    },
    "pool_mean": {
        "window_summed": lambda x, size: split(x, size).sum(axis=(1, 3)),
        "window_largest": lambda x, size: split(x, size).max(axis=(1, 3)),
        "divided_by_size": lambda x, size: split(x, size).sum(axis=(1, 3)) / size,
        "divided_by_channels_too": lambda x, size: split(x, size).sum(axis=(1, 3)) / (size * size * x.shape[2]),
        "channels_mixed": lambda x, size: split(x, size).mean(axis=(1, 3, 4))[..., None] * np.ones(x.shape[2]),
        "channels_gone": lambda x, size: split(x, size).mean(axis=(1, 3, 4)),
        "first_pixel_only": lambda x, size: split(x, size)[:, 0, :, 0],
        "windows_overlap": lambda x, size: windows(x, size, 1).mean(axis=(-1, -2)),
        "leftover_kept": leftover_means,
        "reshaped_across": lambda x, size: (
            x[: x.shape[0] // size * size, : x.shape[1] // size * size]
            .reshape(x.shape[0] // size, x.shape[1] // size, size, size, -1)
            .mean(axis=(2, 3))
        ),
        "whole_numbers": mean_into(int),
        "number_type_of_image": mean_into(None),
    },
    "global_mean": {
        "one_number": lambda x: x.sum() / x.size,
        "over_channels": lambda x: x.mean(axis=-1),
        "over_images": lambda x: x.mean(axis=0).mean(axis=0).mean(axis=0),
        "over_one_axis": lambda x: np.mean(x, axis=1),
        "taken_for_channels_first": lambda x: np.mean(x, axis=(2, 3)),
        "axes_kept": lambda x: np.mean(x, axis=(1, 2), keepdims=True),
        "maps_summed": lambda x: np.einsum("nhwc->nc", x),
        "maps_largest": ops.global_max_pool,
    },
}
OTHER_WRONG = {
    "pool_max": [
        lambda x, size, stride: np.zeros(windows(x, size, stride).shape[:2]),
        lambda x, size, stride: 0,
        lambda x, size, stride: x.max(),
        lambda x, size, stride: x,
        lambda x, size, stride: windows(x, size, stride).max(axis=3),
        lambda x, size, stride: np.sort(windows(x, size, stride).reshape(*windows(x, size, stride).shape[:2], -1))[
            ..., -2:
        ].mean(axis=-1),
    ],
    "pool_mean": [
        lambda x, size: np.zeros_like(split(x, size).mean(axis=(1, 3))),
        mean_in_padded_image,
        lambda x, size: np.median(split(x, size), axis=(1, 3)),
        lambda x, size: x,
        lambda x, size: split(x, size).mean(axis=(1, 2)),
    ],
    "global_mean": [lambda x: np.zeros((len(x), x.shape[3])), lambda x: x, lambda x: np.median(x, axis=(1, 2))],
}


@pytest.mark.parametrize("name", KNOWN)
@np.errstate(all="ignore")
def test_telling_case_tells_the_mistakes_apart(name):
    exercise = find(name)
    functions = [exercise.reference, *(m.function for m in exercise.misconceptions)]
    calls = {function.__name__: _run(function, exercise.telling) for function in functions}
    calls.pop("number_type_of_image", None)  # needs an image of whole numbers
    for mistake in calls:
        assert [other for other in calls if _same(calls[mistake], calls[other])] == [mistake]


def test_solutions_agree_with_cnnlab():
    rng = np.random.default_rng(5)
    for _ in range(30):
        maps = rng.normal(size=(2, *rng.integers(4, 9, 2), 3))
        size, stride = rng.integers(1, 5, 2).tolist()
        wanted = ops.max_pool(maps, size, stride)[0, :, :, 0]
        np.testing.assert_array_equal(find("pool_max").reference(maps[0, :, :, 0], size, stride), wanted)
        np.testing.assert_allclose(find("pool_mean").reference(maps[0], size), ops.average_pool(maps, size)[0])
        np.testing.assert_allclose(find("global_mean").reference(maps), ops.global_average_pool(maps))
