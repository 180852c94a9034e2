"""A bank of right and wrong answers to the exercises of lesson 02.

The wrong ones are written as learners write them, never with the package's own versions.
"""

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from cnnlab import ops
from cnnlab.arithmetic import output_size
from cnnlab.exercises import engine, solution_source

NAMES = ["cross_correlate", "conv_channels", "output_shape"]


def windows(image, kernel):
    return sliding_window_view(image, kernel.shape[:2], axis=(0, 1))  # (rows, columns, [C,] kh, kw)


def correlate(image, kernel):
    return np.einsum("rcij,ij->rc", windows(image, kernel), kernel)


def channels(image, kernel):
    return np.einsum("rkcij,ijcf->rkf", windows(image, kernel), kernel)


# Right answers --------------------------------------------------------------------------------


def four_loops(image, kernel):
    rows, columns = len(image) - len(kernel) + 1, len(image[0]) - len(kernel[0]) + 1
    result = []
    for r in range(rows):
        line = []
        for c in range(columns):
            total = 0
            for i in range(len(kernel)):
                for j in range(len(kernel[0])):
                    total += image[r + i][c + j] * kernel[i][j]
            line.append(total)
        result.append(line)
    return result


def shifted_images(image, kernel):
    rows, columns = image.shape[0] - kernel.shape[0] + 1, image.shape[1] - kernel.shape[1] + 1
    return sum(
        kernel[i, j] * image[i : i + rows, j : j + columns]
        for i in range(kernel.shape[0])
        for j in range(kernel.shape[1])
    )


def im2col(image, kernel):
    patches = windows(image, kernel)
    return (patches.reshape(-1, kernel.size) @ kernel.ravel()).reshape(patches.shape[:2])


def fourier(image, kernel):
    rows, columns = image.shape[0] - kernel.shape[0] + 1, image.shape[1] - kernel.shape[1] + 1
    product = np.fft.rfft2(image) * np.conj(np.fft.rfft2(kernel, image.shape))
    return np.fft.irfft2(product, image.shape)[:rows, :columns]


def flipped_convolution(image, kernel):
    rows = [
        sum(np.convolve(image[r + i], kernel[i, ::-1], "valid") for i in range(len(kernel)))
        for r in range(len(image) - len(kernel) + 1)
    ]
    return np.array(rows)


def cnnlab_conv(image, kernel):
    return ops.conv(image[np.newaxis, :, :, np.newaxis], kernel[:, :, np.newaxis, np.newaxis])[0, :, :, 0]


def six_loops(image, kernel):
    height, width, depth = image.shape
    size_y, size_x, _, filters = kernel.shape
    output = np.zeros((height - size_y + 1, width - size_x + 1, filters), np.float32)
    for f in range(filters):
        for y in range(height - size_y + 1):
            for x in range(width - size_x + 1):
                for i in range(size_y):
                    for j in range(size_x):
                        for c in range(depth):
                            output[y, x, f] += image[y + i, x + j, c] * kernel[i, j, c, f]
    return output


def channel_by_channel(image, kernel):
    stacked = [
        sum(correlate(image[:, :, c], kernel[:, :, c, f]) for c in range(image.shape[2]))
        for f in range(kernel.shape[3])
    ]
    return np.stack(stacked, axis=-1)


def im2col_channels(image, kernel):
    patches = np.moveaxis(windows(image, kernel), 2, -1)
    matrix = patches.reshape(-1, kernel[..., 0].size) @ kernel.reshape(-1, kernel.shape[-1])
    return matrix.reshape(*patches.shape[:2], -1)


RIGHT = {
    "cross_correlate": [
        four_loops,
        shifted_images,
        im2col,
        fourier,
        flipped_convolution,
        cnnlab_conv,
        correlate,
        lambda image, kernel: correlate(image.astype(np.float32), kernel.astype(np.float32)),
        lambda image, kernel: np.asfortranarray(correlate(image, kernel)),
        lambda image, kernel: np.tensordot(windows(image, kernel), kernel, axes=2),
        lambda img, k: channel_by_channel(img[:, :, None], k[:, :, None, None])[:, :, 0],
    ],
    "conv_channels": [
        six_loops,
        channel_by_channel,
        im2col_channels,
        channels,
        lambda image, kernel: ops.conv(image[np.newaxis], kernel)[0],
        lambda image, kernel: channels(image, kernel).tolist(),
        lambda image, kernel: np.asfortranarray(channels(image, kernel)),
        lambda image, kernel: np.tensordot(windows(image, kernel), kernel, ((2, 3, 4), (2, 0, 1))),
    ],
    "output_shape": [
        lambda image, kernel: (output_size(image[0], kernel[0]), output_size(image[1], kernel[1]), kernel[-1]),
        lambda image, kernel: tuple(np.array(image[:2]) - kernel[:2] + 1) + (kernel[3],),
        lambda image, kernel: [image[0] - (kernel[0] - 1), image[1] - (kernel[1] - 1), kernel[3]],
        lambda image, kernel: (len(range(kernel[0], image[0] + 1)), len(range(kernel[1], image[1] + 1)), kernel[3]),
        lambda image, kernel: (
            channels(np.zeros(image[:2] + (1,)), np.zeros(kernel[:2] + (1, kernel[3]))).shape
            if max(image) < 20
            else (image[0] - kernel[0] + 1, image[1] - kernel[1] + 1, kernel[3])
        ),
    ],
}


@pytest.mark.parametrize("name, answer", [(name, answer) for name in NAMES for answer in RIGHT[name]])
def test_right_answers_pass(name, answer):
    for _ in range(10):  # there are fresh numbers each time
        assert engine.find(name).judge(answer).text.startswith("Right.")


# Wrong answers that are known mistakes --------------------------------------------------------


def same(image, kernel):
    """Cross-correlation with padding "same", by asking for each pixel whether it is there."""
    output = np.zeros(image.shape)
    for r, c in np.ndindex(image.shape):
        for i, j in np.ndindex(kernel.shape):
            y, x = r + i - (kernel.shape[0] - 1) // 2, c + j - (kernel.shape[1] - 1) // 2
            if 0 <= y < image.shape[0] and 0 <= x < image.shape[1]:
                output[r, c] += image[y, x] * kernel[i, j]
    return output


def full(image, kernel):
    output = np.zeros((image.shape[0] + kernel.shape[0] - 1, image.shape[1] + kernel.shape[1] - 1))
    for y, x in np.ndindex(image.shape):
        output[y : y + kernel.shape[0], x : x + kernel.shape[1]] += image[y, x] * kernel[::-1, ::-1]
    return output


def loops(shape, number):
    """An answer of two loops: `shape(H, W, kh, kw)` of the output and `number(image, kernel, r, c)`."""

    def answer(image, kernel):
        output = np.zeros(shape(*image.shape, *kernel.shape))
        for r in range(output.shape[0]):
            for c in range(output.shape[1]):
                output[r, c] = number(image, kernel, r, c)
        return output

    return answer


def valid(H, W, kh, kw):
    return H - kh + 1, W - kw + 1


def window(image, kernel, r, c):
    return image[r : r + kernel.shape[0], c : c + kernel.shape[1]]


def into(output, result):
    output[: result.shape[0], : result.shape[1]] = result
    return output


def numbers_written_into_whole_numbers(image, kernel):
    result = correlate(image, kernel)
    output = np.empty(result.shape, dtype=int)
    output[:] = result
    return output


def written_into_a_copy_of_the_image(image, kernel):
    result = correlate(image, kernel)
    return into(np.zeros_like(image), result)[: result.shape[0], : result.shape[1]]


def mixed_up(image, kernel):
    W, H = image.shape
    kw, kh = kernel.shape
    output = np.zeros((H - kh + 1, W - kw + 1))
    for y in range(H - kh + 1):
        for x in range(W - kw + 1):
            output[y, x] = (image[y : y + kh, x : x + kw] * kernel).sum()
    return output


def all_square(image, kernel):
    n, k = image.shape[0], kernel.shape[0]
    rows = [[(image[r : r + k, c : c + k] * kernel).sum() for c in range(n - k + 1)] for r in range(n - k + 1)]
    return rows


def kernel_square(image, kernel):
    k = kernel.shape[0]
    columns = image.shape[1] - k + 1
    patches = [image[r : r + k, c : c + k] for r in range(image.shape[0] - k + 1) for c in range(max(columns, 0))]
    return np.reshape([(patch * kernel).sum() for patch in patches], (-1, columns))


MISTAKES = {
    "kernel_flipped": lambda i, k: full(i, np.rot90(k, 2))[len(k) - 1 : len(i), k.shape[1] - 1 : i.shape[1]],
    "kernel_rows_flipped": lambda i, k: correlate(i, np.flipud(k)),
    "kernel_columns_flipped": lambda i, k: four_loops(i, np.fliplr(k)),
    "padded_same": same,
    "padded_full": full,
    "output_as_large_as_image": lambda i, k: into(np.zeros(i.shape), correlate(i, k)),
    "output_one_too_small": loops(
        lambda H, W, kh, kw: (H - kh, W - kw), lambda i, k, r, c: (window(i, k, r, c) * k).sum()
    ),
    "output_one_too_large": lambda i, k: into(
        np.zeros((len(i) - len(k) + 2, i.shape[1] - k.shape[1] + 2)), correlate(i, k)
    ),
    "last_position_left_out": lambda i, k: into(np.zeros(valid(*i.shape, *k.shape)), correlate(i, k)[:-1, :-1]),
    "output_transposed": lambda i, k: np.einsum("rcij,ij->cr", windows(i, k), k),
    "image_transposed": loops(
        valid,
        lambda im, k, r, c: sum(im.T[r + i, c + j] * k[i, j] for i in range(k.shape[0]) for j in range(k.shape[1])),
    ),
    "window_transposed": loops(
        valid,
        lambda im, k, r, c: sum(im[c + i][r + j] * k[i][j] for i in range(k.shape[0]) for j in range(k.shape[1])),
    ),
    "kernel_transposed": lambda i, k: correlate(i, np.transpose(k)),
    "kernel_transposed_in_window": loops(
        valid,
        lambda im, k, r, c: sum(im[r + i, c + j] * k[j, i] for i in range(k.shape[0]) for j in range(k.shape[1])),
    ),
    "kernel_taken_as_square": kernel_square,
    "all_taken_as_square": all_square,
    "height_and_width_mixed_up": mixed_up,
    "averaged": lambda i, k: (windows(i, k) * k).mean(axis=(2, 3)),
    "kernel_ignored": lambda i, k: windows(i, k).sum(axis=(2, 3)),
    "products_not_summed": lambda i, k: [[(p * k) for p in row] for row in windows(i, k)],
    "products_written_to_one_cell": loops(valid, lambda i, k, r, c: window(i, k, r, c) * k),
    "only_last_product": loops(
        valid, lambda im, k, r, c: [im[r + i, c + j] * k[i, j] for i, j in np.ndindex(k.shape)][-1]
    ),
    "matrix_product": loops(valid, lambda i, k, r, c: np.dot(window(i, k, r, c), k).sum()),
    "absolute_value": lambda i, k: np.sqrt(correlate(i, k) ** 2),
    "negatives_lost": lambda i, k: ops.relu(correlate(i, k)),
    "whole_numbers": numbers_written_into_whole_numbers,
    "number_type_of_image": written_into_a_copy_of_the_image,
    "windows_side_by_side": loops(
        lambda H, W, kh, kw: ((H - kh) // kh + 1, (W - kw) // kw + 1),
        lambda i, k, r, c: (window(i, k, r * k.shape[0], c * k.shape[1]) * k).sum(),
    ),
    "first_channel_only": lambda i, k: np.stack(
        [correlate(i[..., 0], k[:, :, 0, f]) for f in range(k.shape[3])], axis=2
    ),
    "last_channel_only": lambda i, k: np.stack(
        [correlate(i[..., -1], k[:, :, -1, f]) for f in range(k.shape[3])], axis=2
    ),
    "channels_not_summed": lambda i, k: np.einsum("rkcij,ijcf->rkcf", windows(i, k), k),
    "channels_not_summed_first_filter": lambda i, k: np.einsum("rkcij,ijc->rkc", windows(i, k), k[..., 0]),
    "filters_summed_in_place_of_channels": lambda i, k: np.einsum("rkcij,ijcf->rkc", windows(i, k), k),
    "filters_summed": lambda i, k: np.tensordot(windows(i, k), k.sum(axis=3), ((2, 3, 4), (2, 0, 1))),
    "filters_summed_axis_kept": lambda i, k: channels(i, k.sum(axis=3)[..., np.newaxis]),
    "first_filter_only": lambda i, k: np.tensordot(windows(i, k), k[..., 0], ((2, 3, 4), (2, 0, 1))),
    "first_filter_only_axis_kept": lambda i, k: channels(i, k[..., [0]]),
    "channels_averaged": lambda i, k: np.einsum("rkcij,ijcf->rkfc", windows(i, k), k).mean(axis=3),
    "products_averaged": lambda i, k: channels(i, k) / (k.shape[0] * k.shape[1] * k.shape[2]),
    "channels_kernel_flipped": lambda i, k: channels(i, np.rot90(k, 2)),
    "all_axes_flipped": lambda i, k: channels(i, k.ravel()[::-1].reshape(k.shape)),
    "one_kernel_for_all_channels": lambda i, k: np.stack(
        [correlate(i.sum(axis=2), k[:, :, 0, f]) for f in range(k.shape[3])], axis=2
    ),
    "filters_before_channels": lambda i, k: [
        [
            [
                sum(
                    patch[c, y, x] * k[y, x, f, c]
                    for y in range(k.shape[0])
                    for x in range(k.shape[1])
                    for c in range(k.shape[2])
                )
                for f in range(k.shape[3])
            ]
            for patch in row
        ]
        for row in windows(i, k)
    ],
    "channels_first": lambda i, k: np.array(
        [sum(correlate(i[..., c], k[:, :, c, f]) for c in range(i.shape[2])) for f in range(k.shape[3])]
    ),
    "channels_output_transposed": lambda i, k: np.einsum("rkcij,ijcf->krf", windows(i, k), k),
    "channels_padded_same": lambda i, k: ops.conv(i[np.newaxis], k, padding="same")[0],
    "channels_output_one_too_small": lambda i, k: (
        channels(i[:-1, :-1], k)
        if i.shape[0] > k.shape[0] and i.shape[1] > k.shape[1]
        else np.zeros((i.shape[0] - k.shape[0], i.shape[1] - k.shape[1], k.shape[3]))
    ),
    "channels_output_one_too_large": lambda i, k: into(
        np.zeros((i.shape[0] - k.shape[0] + 2, i.shape[1] - k.shape[1] + 2, k.shape[3])), channels(i, k)
    ),
    "shape_one_too_small": lambda i, k: (i[0] - k[0], i[1] - k[1], k[3]),
    "shape_one_too_large": lambda i, k: (i[0] - k[0] + 2, i[1] - k[1] + 2, k[3]),
    "shape_full": lambda i, k: [i[0] + k[0] - 1, i[1] + k[1] - 1, k[3]],
    "shape_same": lambda i, k: i[:2] + k[3:],
    "shape_channels_kept": lambda i, k: (i[0] - k[0] + 1, i[1] - k[1] + 1, k[2]),
    "shape_channels_and_filters": lambda i, k: (i[0] - k[0] + 1, i[1] - k[1] + 1, i[2], k[3]),
    "shape_channels_times_filters": lambda i, k: (i[0] - k[0] + 1, i[1] - k[1] + 1, i[2] * k[3]),
    "shape_without_filters": lambda i, k: np.array([i[0] - k[0] + 1, i[1] - k[1] + 1]),
    "shape_filters_first": lambda i, k: (k[3], i[0] - k[0] + 1, i[1] - k[1] + 1),
    "shape_transposed": lambda i, k: (i[1] - k[1] + 1, i[0] - k[0] + 1, k[3]),
    "shape_kernel_taken_as_square": lambda i, k: (i[0] - k[0] + 1, i[1] - k[0] + 1, k[3]),
}
KNOWN = [(name, found) for name in NAMES for found in engine.find(name).misconceptions]


def test_every_misconception_has_an_answer_in_the_bank():
    assert [found.function.__name__ for _, found in KNOWN] == list(MISTAKES)


@pytest.mark.parametrize("name, known", KNOWN, ids=[known.function.__name__ for _, known in KNOWN])
def test_known_mistakes_are_diagnosed(name, known):
    mistake = known.function.__name__
    verdicts = [engine.find(name).judge(MISTAKES[mistake]) for _ in range(3)]
    for verdict in verdicts:
        assert verdict.misconception == mistake and not verdict.right
    assert len({verdict.text for verdict in verdicts}) == 1
    start = " ".join(verdicts[0].text.split())
    assert start.startswith(f"Not yet: this is what you get when {known.meaning}. {known.hint} With ")


@pytest.mark.parametrize("name", NAMES)
def test_telling_case_tells_the_mistakes_apart(name):
    exercise = engine.find(name)
    functions = [exercise.reference, *(known.function for known in exercise.misconceptions)]
    calls = {function.__name__: engine._run(function, exercise.telling) for function in functions}
    # Fails on the telling case as others do, or is right there; more inputs tell these apart.
    by_more = {mistake for mistake, call in calls.items() if call.error} | {"number_type_of_image"}
    told = [mistake for mistake in calls if mistake not in by_more]
    assert len(told) >= 9
    for mistake in told:
        assert [other for other in told if engine._same(calls[mistake], calls[other])] == [mistake]


# Other wrong answers --------------------------------------------------------------------------


def only_square(image, kernel):
    return correlate(image, kernel) if image.shape[0] == image.shape[1] else np.zeros((1, 1))


def sorts_the_image(image, kernel):
    result = correlate(image, kernel)
    image.sort()
    return result


WRONG = {
    "cross_correlate": [
        lambda image, kernel: np.zeros(valid(*image.shape, *kernel.shape)),
        lambda image, kernel: np.ones(valid(*image.shape, *kernel.shape)),
        lambda image, kernel: np.full(valid(*image.shape, *kernel.shape), np.nan),
        lambda image, kernel: np.random.rand(*valid(*image.shape, *kernel.shape)),
        lambda image, kernel: image,
        lambda image, kernel: kernel,
        lambda image, kernel: image * kernel,
        lambda image, kernel: image @ kernel,
        lambda image, kernel: print(correlate(image, kernel)),
        lambda image, kernel: str(correlate(image, kernel)),
        lambda image, kernel: correlate(image, kernel)[np.newaxis],
        lambda image, kernel: correlate(image, kernel)[:, :, np.newaxis],
        lambda image, kernel: correlate(image, kernel) + 0j,
        lambda image, kernel: correlate(image, kernel) + 0.001,
        lambda image, kernel: correlate(image, kernel).clip(-5, 5),
        lambda image, kernel: np.round(correlate(image, kernel)),
        lambda image, kernel: correlate(image, kernel).astype(np.uint8),
        lambda image, kernel: correlate(kernel, image),
        lambda image, kernel: correlate(image, kernel).ravel(),
        lambda image, kernel: engine.find("cross_correlate").reference(*engine.find("cross_correlate").telling),
        lambda image: image,
        only_square,
        sorts_the_image,
    ],
    "conv_channels": [
        lambda image, kernel: np.zeros_like(channels(image, kernel)),
        lambda image, kernel: np.ones_like(channels(image, kernel)),
        lambda image, kernel: channels(image, kernel) * np.nan,
        lambda image, kernel: image,
        lambda image, kernel: kernel,
        lambda image, kernel: channels(image, kernel)[np.newaxis],
        lambda image, kernel: np.abs(channels(image, kernel)),
        lambda image, kernel: channels(image, kernel).astype(int),
        lambda image, kernel: channels(image, kernel)[..., ::-1],
        lambda image, kernel: channels(image, kernel).max(axis=2, keepdims=True),
        lambda image, kernel: np.repeat(channels(image, kernel)[..., :1], kernel.shape[3], axis=2),
        lambda image, kernel: correlate(image, kernel),
        lambda image, kernel: engine.find("conv_channels").reference(*engine.find("conv_channels").telling),
    ],
    "output_shape": [
        lambda image, kernel: (0, 0, 0),
        lambda image, kernel: (4, 5, 6),
        lambda image, kernel: image,
        lambda image, kernel: kernel,
        lambda image, kernel: image[0] - kernel[0] + 1,
        lambda image, kernel: f"{(image[0] - kernel[0] + 1, image[1] - kernel[1] + 1, kernel[3])}",
        lambda image, kernel: (image[0] - kernel[0] + 1.0, image[1] - kernel[1] + 1.0, kernel[3]),
        lambda image, kernel: [(image[0] - kernel[0] + 1, image[1] - kernel[1] + 1, kernel[3])],
        lambda image, kernel: (image[0] - kernel[0] + 1, image[1] - kernel[1] + 1, kernel[3], 1),
        lambda image, kernel: {image[0] - kernel[0] + 1, image[1] - kernel[1] + 1, kernel[3]},
    ],
}


@pytest.mark.parametrize("name, answer", [(name, answer) for name in NAMES for answer in WRONG[name]])
def test_other_wrong_answers_do_not_pass(name, answer):
    verdicts = [engine.find(name).judge(answer) for _ in range(3)]
    assert not any(verdict.right for verdict in verdicts)
    assert [verdict.misconception for verdict in verdicts] == [None] * 3
    assert len({verdict.text for verdict in verdicts}) == 1


def test_square_images_only_are_found_out():
    text = engine.find("cross_correlate").judge(only_square).text
    assert text == (
        "Not yet. Your function is right on 5 of our 11 fixed inputs.\n"
        "With image of shape (2, 4) and kernel of shape (1, 2), the output should have shape\n"
        "(2, 3), but yours has (1, 1)."
    )


# Our solutions --------------------------------------------------------------------------------


def test_solutions_agree_with_cnnlab():
    rng = np.random.default_rng(5)
    for _ in range(30):
        image = rng.normal(size=(*rng.integers(5, 9, 2), rng.integers(1, 4)))
        kernel = rng.normal(size=(*rng.integers(1, 5, 2), image.shape[2], rng.integers(1, 4)))
        wanted = ops.conv(image[np.newaxis], kernel)[0]
        np.testing.assert_allclose(engine.find("conv_channels").reference(image, kernel), wanted)
        assert engine.find("output_shape").reference(image.shape, kernel.shape) == wanted.shape
        grey = ops.conv(image[np.newaxis, :, :, :1], kernel[:, :, :1, :1])[0, :, :, 0]
        np.testing.assert_allclose(
            engine.find("cross_correlate").reference(image[:, :, 0], kernel[:, :, 0, 0]), grey, atol=1e-12
        )


@pytest.mark.parametrize("name", NAMES)
def test_shown_solution_runs_by_itself_and_passes(name):
    scope = {}
    exec("import numpy as np\n\n" + solution_source(name), scope)
    assert engine.find(name).judge(scope[name]).right


@pytest.mark.parametrize("name", NAMES)
def test_every_exercise_has_three_hints_and_ends_its_sentences(name):
    exercise = engine.find(name)
    assert len(exercise.hints) == 3
    texts = [exercise.task, exercise.remark, *exercise.hints, *(known.hint for known in exercise.misconceptions)]
    assert all(text[-1] in ".?" for text in texts)
