"""A bank of answers to the exercises of lesson 10, right and wrong, each written in a style of its own."""

import numpy as np
from bank import *  # noqa: F403

from cnnlab.exercises import mnist
from cnnlab.exercises.engine import find


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
    "class_accuracies": [
        lambda m: [m[i, i] / m[i].sum() for i in range(len(m))],
        lambda m: np.einsum("ii->i", m) / m.sum(axis=-1),
        lambda m: (m / m.sum(1, keepdims=True)).diagonal(),
    ],
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
    "class_accuracies": {
        "by_columns": lambda m: [m[i, i] / m[:, i].sum() for i in range(len(m))],
        "by_total": lambda m: m.diagonal() / m.sum(),
        "overall": lambda m: m.diagonal().sum() / m.sum(),
        "counts_only": lambda m: m.diagonal(),
        "mistakes": lambda m: (m.sum(1) - m.diagonal()) / m.sum(1),
        "largest_of_row": lambda m: [max(row) / sum(row) for row in m],
        "percentages": lambda m: m.diagonal() * 100 / m.sum(1),
        "whole_rows": lambda m: [row / row.sum() for row in m],
    },
}
OTHER_WRONG = {
    "conv_parameters": [lambda size, c, f: 0, lambda size, c, f: float(find("conv_parameters").reference(size, c, f))],
    "confusion_matrix": [lambda t, p, n: np.zeros((n, n)), lambda t, p, n: np.eye(n), lambda t, p, n: np.mean(t == p)],
    "class_accuracies": [lambda m: np.zeros(len(m)), lambda m: np.ones(len(m)), lambda m: m, lambda m: None],
}


def test_conv_parameters_equal_keras():
    import keras

    layer = keras.layers.Conv2D(7, (3, 5))
    layer.build((None, 9, 9, 4))
    assert mnist.conv_parameters((3, 5), 4, 7) == layer.count_params()
