"""Right and wrong answers to the exercise on the convolution of mathematics, written as learners write them."""

import numpy as np
import pytest
from bank import *  # noqa: F403
from numpy.lib.stride_tricks import sliding_window_view

from cnnlab import ops
from cnnlab.exercises.engine import _run, _same, find


def correlate(image, kernel):
    return np.einsum("rcij,ij->rc", sliding_window_view(image, kernel.shape), kernel)


def by_the_formula(image, kernel):
    """Σ image[i − a, j − b] · kernel[a, b], where the whole kernel finds pixels."""
    (H, W), (h, w) = image.shape, kernel.shape
    output = [[0.0] * (W - w + 1) for _ in range(H - h + 1)]
    for i in range(h - 1, H):
        for j in range(w - 1, W):
            output[i - h + 1][j - w + 1] = sum(image[i - a, j - b] * kernel[a, b] for a in range(h) for b in range(w))
    return output


def row_by_row(image, kernel):
    rows = range(len(image) - len(kernel) + 1)
    last = len(kernel) - 1
    return np.array([sum(np.convolve(image[r + last - a], kernel[a], "valid") for a in range(last + 1)) for r in rows])


def with_cnnlab(image, kernel):
    return ops.conv(image[None, :, :, None], np.rot90(kernel, 2)[:, :, None, None])[0, :, :, 0]


RIGHT = {
    "convolve": [
        by_the_formula,
        row_by_row,
        with_cnnlab,
        lambda image, kernel: correlate(image, np.flip(kernel)).astype(np.float32),
        lambda image, kernel: correlate(image[::-1, ::-1], kernel)[::-1, ::-1],
    ]
}
KNOWN = {
    "convolve": {
        "not_flipped": correlate,
        "only_rows_flipped": lambda image, kernel: correlate(image, np.flipud(kernel)),
        "only_columns_flipped": lambda image, kernel: correlate(image, np.fliplr(kernel)),
        "kernel_mirrored_at_diagonal": lambda image, kernel: correlate(image, np.transpose(kernel)),
        "quarter_turn": lambda image, kernel: correlate(image, kernel.T[::-1]),
        "output_turned": lambda image, kernel: np.flip(correlate(image, kernel)),
        "image_turned": lambda image, kernel: correlate(np.flip(image), kernel),
        "signs_turned": lambda image, kernel: correlate(image, -kernel),
    }
}
OTHER_WRONG = {
    "convolve": [
        lambda image, kernel: np.zeros(correlate(image, kernel).shape),
        lambda image, kernel: image,
        lambda image, kernel: kernel[::-1, ::-1],
        lambda image, kernel: np.abs(correlate(image, np.flip(kernel))),
    ]
}


@pytest.mark.parametrize("name", KNOWN)
def test_telling_case_tells_the_mistakes_apart(name):
    exercise = find(name)
    outcomes = []
    for function in [exercise.reference, *(m.function for m in exercise.misconceptions)]:
        outcome = _run(function, exercise.telling)
        if not any(_same(outcome, other) for other in outcomes):
            outcomes.append(outcome)
    assert len(outcomes) == len(exercise.misconceptions) + 1
