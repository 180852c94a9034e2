"""A bank of answers to the exercises of lesson 10, right and wrong, each written in a style of its own."""

import numpy as np
import pytest

from cnnlab.exercises import mnist
from cnnlab.exercises.engine import find


def shift_by_padding(images, pixels):
    return np.pad(images, ((0, 0), (0, 0), (pixels, 0)))[:, :, : images.shape[2]]


def shift_by_roll(images, pixels):
    moved = np.roll(images, pixels, axis=-1)
    moved[..., :pixels] = 0
    return moved


def shift_by_loops(images, pixels):
    moved = []
    for image in images:
        moved.append([[0] * min(pixels, len(row)) + list(row[: max(len(row) - pixels, 0)]) for row in image])
    return moved


def shift_by_minus(images, pixels):
    canvas = np.zeros(images.shape)
    canvas[..., pixels:] = images[..., :-pixels]
    return canvas


def confusion_by_add_at(true, predicted, classes):
    matrix = np.zeros((classes, classes))
    np.add.at(matrix, (true, predicted), 1)
    return matrix


def confusion_by_bincount(true, predicted, classes):
    return np.bincount(true * classes + predicted, minlength=classes**2).reshape(classes, classes)


RIGHT = {
    "conv_parameters": [
        lambda size, c, f: f * c * np.prod(size) + f,
        lambda size, c, f: (size[0] * size[1] * c + 1) * f,
    ],
    "confusion_matrix": [
        confusion_by_add_at,
        confusion_by_bincount,
        lambda t, p, n: [[np.sum((t == i) & (p == j)) for j in range(n)] for i in range(n)],
    ],
    "shift_right": [shift_by_padding, shift_by_roll, shift_by_loops],
}
KNOWN = {
    "conv_parameters": {
        "no_bias": lambda size, c, f: np.prod([*size, c, f]).item(),
        "one_bias": lambda size, c, f: size[0] * size[1] * c * f + 1,
        "channels_forgotten": lambda size, c, f: f * size[0] * size[1] + f,
        "bias_per_channel": lambda size, c, f: f * (size[0] * size[1] * c + c),
        "one_filter": lambda size, c, f: size[0] * size[1] * c + 1,
        "square": lambda size, c, f: (size[0] * size[0] * c + 1) * f,
    },
    "confusion_matrix": {
        "swapped": lambda t, p, n: confusion_by_bincount(p, t, n),
        "added_once": lambda t, p, n: (confusion_by_bincount(t, p, n) > 0).astype(int),
        "shares_of_rows": lambda t, p, n: [
            [np.mean(p[t == i] == j) if (t == i).any() else 0 for j in range(n)] for i in range(n)
        ],
        "shares": lambda t, p, n: confusion_by_add_at(t, p, n) / max(t.size, 1),
        "right_only": lambda t, p, n: np.diag([np.sum((t == i) & (p == i)) for i in range(n)]),
        "wrong_only": lambda t, p, n: confusion_by_bincount(t, p, n) * (1 - np.eye(n)),
        "too_small": lambda t, p, n: confusion_by_bincount(t, p, max([-1, *t, *p]) + 1),
    },
    "shift_right": {
        "to_the_left": lambda x, k: np.pad(x, ((0, 0), (0, 0), (0, k)))[:, :, k:],
        "wrapped": lambda x, k: np.concatenate([x[:, :, x.shape[2] - k :], x[:, :, : x.shape[2] - k]], axis=2),
        "downward": lambda x, k: np.pad(x, ((0, 0), (k, 0), (0, 0)))[:, : x.shape[1]],
        "first_axis": lambda x, k: x[np.arange(-k, len(x) - k) % len(x)],
        "border_repeated": lambda x, k: np.pad(x, ((0, 0), (0, 0), (k, 0)), mode="edge")[:, :, : x.shape[2]],
        "wider": lambda x, k: np.concatenate([np.zeros((*x.shape[:2], k)), x], axis=2),
        "minus_zero": shift_by_minus,
    },
}
OTHER_WRONG = {
    "conv_parameters": [lambda size, c, f: 0, lambda size, c, f: float(find("conv_parameters").reference(size, c, f))],
    "confusion_matrix": [lambda t, p, n: np.zeros((n, n)), lambda t, p, n: np.eye(n), lambda t, p, n: np.mean(t == p)],
    "shift_right": [lambda x, k: x, lambda x, k: 0 * x, lambda x, k: None, lambda x, k: x[:, :, :-1]],
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_answers_pass(name):
    exercise = find(name)
    assert [exercise.judge(answer).text for answer in RIGHT[name] if not exercise.judge(answer).right] == []


@pytest.mark.parametrize("name, mistake", [(name, mistake) for name in KNOWN for mistake in KNOWN[name]])
def test_known_mistakes_are_named(name, mistake):
    assert find(name).judge(KNOWN[name][mistake]).misconception == mistake


@pytest.mark.parametrize("name", KNOWN)
def test_every_misconception_has_an_answer_here(name):
    assert {m.function.__name__ for m in find(name).misconceptions} == set(KNOWN[name])


@pytest.mark.parametrize("name", OTHER_WRONG)
def test_other_wrong_answers_do_not_pass(name):
    assert [find(name).judge(answer).right for answer in OTHER_WRONG[name]] == [False] * len(OTHER_WRONG[name])


def test_conv_parameters_equal_keras():
    import keras

    layer = keras.layers.Conv2D(7, (3, 5))
    layer.build((None, 9, 9, 4))
    assert mnist.conv_parameters((3, 5), 4, 7) == layer.count_params()
