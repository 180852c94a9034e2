"""A bank of answers to the exercises of lesson 11, right and wrong, each written in a style of its own."""

import numpy as np
from bank import *  # noqa: F403

from cnnlab.exercises import fashion


def images_by_loops(rows):
    return [[[[row[1 + 28 * i + j] / 255] for j in range(28)] for i in range(28)] for row in rows.tolist()]


def one_hot_by_loops(labels, classes):
    return [[1 if label == column else 0 for column in range(classes)] for label in labels]


def best_by_loop(losses):
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
    return best + 1


def before_a_rise(losses):
    epoch = 1
    while epoch < len(losses) and losses[epoch] <= losses[epoch - 1]:
        epoch += 1
    return epoch


RIGHT = {
    "images_from_rows": [
        images_by_loops,
        lambda rows: np.stack([row[1:].reshape(28, 28, 1) for row in rows]) / 255.0,
        lambda rows: np.delete(rows, 0, axis=1).reshape(len(rows), 28, 28)[..., None].astype("float32") / 255,
    ],
    "one_hot": [
        one_hot_by_loops,
        lambda labels, classes: np.eye(classes)[labels],
        lambda labels, classes: (labels[:, None] == np.arange(classes)).astype("int8"),
    ],
    "best_epoch": [best_by_loop, lambda losses: losses.index(min(losses)) + 1, lambda losses: np.argmin(losses) + 1],
}
KNOWN = {
    "images_from_rows": {
        "label_as_pixel": lambda rows: (rows[:, :-1] / 255).reshape(len(rows), 28, 28, 1),
        "not_scaled": lambda rows: rows[:, 1:].reshape(len(rows), 28, 28, 1),
        "by_256": lambda rows: np.array(images_by_loops(rows)) * 255 / 256,
        "by_largest": lambda rows: [(r[1:] / max(r[1:])).reshape(28, 28, 1) for r in rows],
        "no_channel": lambda rows: np.array(images_by_loops(rows))[..., 0],
        "channel_first": lambda rows: np.array(images_by_loops(rows)).transpose(0, 3, 1, 2),
        "turned_over": lambda rows: np.array([r[1:].reshape(28, 28, 1, order="F") for r in rows]) / 255,
        "in_rows": lambda rows: [r[1:] / 255 for r in rows],
    },
    "one_hot": {
        "counted_from_one": lambda y, n: [[float((label - 1) % n == column) for column in range(n)] for label in y],
        "too_narrow": lambda y, n: one_hot_by_loops(y, max(y) + 1),
        "a_row_for_each_class": lambda y, n: [[int(label == row) for label in y] for row in range(n)],
        "label_for_one": lambda y, n: [[label if label == column else 0 for column in range(n)] for label in y],
        "zero_for_one": lambda y, n: (y[:, None] != np.arange(n)).astype(int),
        "counted": lambda y, n: [list(y).count(label) for label in range(n)],
        "in_every_row": lambda y, n: [[int(column in y) for column in range(n)]] * len(y),
        "all_up_to": lambda y, n: [[1] * (label + 1) + [0] * (n - 1 - label) for label in y],
    },
    "best_epoch": {
        "counted_from_zero": lambda losses: losses.index(min(losses)),
        "highest": lambda losses: losses.index(max(losses)) + 1,
        "value": min,
        "last": len,
        "before_first_rise": before_a_rise,
        "last_of_equal": lambda losses: max(i for i, loss in enumerate(losses, 1) if loss == min(losses)),
    },
}
OTHER_WRONG = {
    "images_from_rows": [lambda rows: np.zeros((len(rows), 28, 28, 1)), lambda rows: rows, lambda rows: None],
    "one_hot": [lambda y, n: np.zeros((len(y), n)), lambda y, n: y, lambda y, n: np.ones((len(y), n)) / n],
    "best_epoch": [lambda losses: 0, lambda losses: len(losses) // 2 + 100, lambda losses: None],
}


def test_one_hot_equals_keras():
    import keras

    labels = np.array([3, 0, 9, 3])
    np.testing.assert_array_equal(fashion.one_hot(labels, 10), keras.utils.to_categorical(labels, 10))
