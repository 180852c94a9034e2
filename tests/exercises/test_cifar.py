"""A bank of answers to the exercises of lessons 12 and 12b, right and wrong, each written in a style of its own."""

import numpy as np
from bank import *  # noqa: F403
from PIL import Image, ImageOps

from cnnlab.exercises import cifar


def rate_by_loop(rate, decay, step):
    divisor = 1
    for _ in range(step):
        divisor += decay
    return rate / divisor


def square_by_deleting(image):
    while image.shape[0] > image.shape[1]:
        image = image[1:-1]
    while image.shape[1] > image.shape[0]:
        image = image[:, 1:-1]
    return image


def square_by_cases(image):
    height, width, _ = image.shape
    extra = abs(height - width) // 2
    if extra == 0:
        return image
    return image[extra:-extra] if height > width else image[:, extra:-extra]


def standardize_by_channel(images, training):
    result = np.empty(images.shape)
    for c in range(3):
        values = training[..., c].ravel()
        mean = sum(values) / len(values)
        result[..., c] = (images[..., c] - mean) / np.sqrt(np.mean((values - mean) ** 2))
    return result


def crop_by_loops(image, flip, top, left):
    height, width, channels = image.shape
    cut = np.zeros((height, width, channels))
    for i in range(height):
        for j in range(width):
            row, column = i + top - 4, j + left - 4
            if 0 <= row < height and 0 <= column < width:
                cut[i, j] = image[row, width - 1 - column if flip else column]
    return cut


def crop_from_canvas(image, flip, top, left):
    height, width, channels = image.shape
    canvas = np.zeros((height + 8, width + 8, channels), image.dtype)
    canvas[4:-4, 4:-4] = np.flip(image, axis=1) if flip else image
    return canvas[top:, left:][:height, :width]


def padded_cut(image, top, left, **how):
    padded = np.pad(image, **how or {"pad_width": [(4, 4), (4, 4), (0, 0)]})
    return padded[top : top + image.shape[0], left : left + image.shape[1]]


def soft_by_loops(labels, classes, amount):
    return [[amount / classes + (1 - amount) * (column == label) for column in range(classes)] for label in labels]


def two_values(labels, classes, right, wrong):
    return np.where(labels[:, None] == np.arange(classes), right, wrong)


RIGHT = {
    "decayed_rate": [
        rate_by_loop,
        lambda r, d, s: 1 / (1 / r + d * s / r),
        lambda r, d, s: np.float32(r / (1 + d * s)),
    ],
    "crop_square": [square_by_deleting, square_by_cases],
    "standardize": [
        standardize_by_channel,
        lambda x, t: (x - t.reshape(-1, 3).mean(0)) / t.reshape(-1, 3).std(0),
        lambda x, t: ((x - t.mean((0, 1, 2))) / np.sqrt(t.var((0, 1, 2)))).astype("float32"),
    ],
    "flip_and_crop": [crop_by_loops, crop_from_canvas],
    "smooth_labels": [
        soft_by_loops,
        lambda y, n, a: np.eye(n)[y] * (1 - a) + a / n,
        lambda y, n, a: two_values(y, n, 1 - a + a / n, a / n),
    ],
}
KNOWN = {
    "decayed_rate": {
        "exponential": lambda r, d, s: r * np.prod([1 - d] * s),
        "times_decay": lambda r, d, s: r * np.prod([d] * s),
        "power": lambda r, d, s: r * (1 + d) ** -s,
        "subtracted": lambda r, d, s: r - s * d,
        "straight": lambda r, d, s: r - r * d * s,
        "without_one": lambda r, d, s: np.divide(r, d * s),
        "without_brackets": lambda r, d, s: r + d * s,
        "without_decay": lambda r, d, s: r / (s + 1),
    },
    "crop_square": {
        "upper_left": lambda x: x[: x.shape[1], : x.shape[0]],
        "lower_right": lambda x: x[max(len(x) - x.shape[1], 0) :, max(x.shape[1] - len(x), 0) :],
        "squeezed": lambda x: np.array(
            [
                [x[i * x.shape[0] // n, j * x.shape[1] // n] for j in range(n)]
                for n in [min(x.shape[:2])]
                for i in range(n)
            ]
        ),
        "with_bars": lambda x: np.array(ImageOps.pad(Image.fromarray(x.astype("uint8")), (max(x.shape[:2]),) * 2)),
        "from_the_middle": lambda x: (
            x
            if len(x) == x.shape[1]
            else x[:, x.shape[1] // 2 :][:, : len(x)]
            if len(x) < x.shape[1]
            else x[len(x) // 2 :][: x.shape[1]]
        ),
        "only_wide": lambda x: square_by_deleting(x) if len(x) < x.shape[1] else x,
        "only_tall": lambda x: square_by_deleting(x) if len(x) > x.shape[1] else x,
        "in_gray": lambda x: square_by_cases(x).sum(axis=-1) / 3,
    },
    "standardize": {
        "by_themselves": lambda x, t: standardize_by_channel(x, x),
        "one_for_all": lambda x, t: (x - np.mean(t)) / np.std(t),
        "by_pixel": lambda x, t: (x - np.mean(t, 0)) / np.std(t, 0),
        "by_image": lambda x, t: [standardize_by_channel(image[None], image[None])[0] for image in x],
        "by_variance": lambda x, t: standardize_by_channel(x, t) / t.std((0, 1, 2)),
        "only_centered": lambda x, t: x - t.reshape(-1, 3).mean(0),
        "only_scaled": lambda x, t: x / t.reshape(-1, 3).std(0),
        "by_range": lambda x, t: (x - t.min((0, 1, 2))) / np.ptp(t, axis=(0, 1, 2)),
        "without_brackets_there": lambda x, t: x - t.reshape(-1, 3).mean(0) / t.reshape(-1, 3).std(0),
    },
    "flip_and_crop": {
        "upside_down": lambda x, f, t, l: padded_cut(x[::-1] if f else x, t, l),
        "colors_reversed": lambda x, f, t, l: padded_cut(np.flip(x, 2) if f else x, t, l),
        "half_turn": lambda x, f, t, l: padded_cut(np.rot90(x, 2) if f else x, t, l),
        "never_flipped": lambda x, f, t, l: padded_cut(x, t, l),
        "always_flipped": lambda x, f, t, l: padded_cut(x[:, ::-1], t, l),
        "flipped_last": lambda x, f, t, l: np.flip(padded_cut(x, t, l), 1) if f else padded_cut(x, t, l),
        "swapped": lambda x, f, t, l: padded_cut(x[:, ::-1] if f else x, l, t),
        "rolled": lambda x, f, t, l: np.roll(np.roll(x[:, ::-1] if f else x, 4 - t, 0), 4 - l, 1),
        "edge_repeated": lambda x, f, t, l: padded_cut(
            x[:, ::-1] if f else x, t, l, pad_width=[(4, 4), (4, 4), (0, 0)], mode="edge"
        ),
        "not_padded": lambda x, f, t, l: (np.flip(x, 1) if f else x)[t : t + len(x), l : l + x.shape[1]],
        "channels_padded": lambda x, f, t, l: padded_cut(x[:, ::-1] if f else x, t, l, pad_width=4),
    },
    "smooth_labels": {
        "among_the_others": lambda y, n, a: two_values(y, n, 1 - a, a / (n - 1)),
        "added_to_one": lambda y, n, a: two_values(y, n, 1 + a / n, a / n),
        "right_one_untouched": lambda y, n, a: two_values(y, n, 1, a / n),
        "without_its_share": lambda y, n, a: two_values(y, n, 1 - a, a / n),
        "not_shared": lambda y, n, a: two_values(y, n, 1 - a, a),
        "only_shrunk": lambda y, n, a: two_values(y, n, 1 - a, 0),
        "parts_swapped": lambda y, n, a: two_values(y, n, a + (1 - a) / n, (1 - a) / n),
        "rows_and_columns": lambda y, n, a: np.transpose(soft_by_loops(y, n, a)),
    },
}
OTHER_WRONG = {
    "decayed_rate": [lambda r, d, s: 0, lambda r, d, s: r, lambda r, d, s: None],
    "crop_square": [lambda x: np.zeros_like(square_by_cases(x)), lambda x: x, lambda x: square_by_cases(x)[::-1]],
    "standardize": [lambda x, t: np.zeros_like(x), lambda x, t: x, lambda x, t: standardize_by_channel(t, t)],
    "flip_and_crop": [lambda x, f, t, l: np.zeros_like(x), lambda x, f, t, l: x, lambda x, f, t, l: None],
    "smooth_labels": [lambda y, n, a: np.zeros((len(y), n)), lambda y, n, a: np.eye(n)[y], lambda y, n, a: y],
}


def test_decayed_rate_equals_keras():
    import keras

    schedule = keras.optimizers.schedules.InverseTimeDecay(0.01, decay_steps=1, decay_rate=4e-4)
    np.testing.assert_allclose([cifar.decayed_rate(0.01, 4e-4, s) for s in (0, 88, 2200)],
                               [float(schedule(s)) for s in (0, 88, 2200)], rtol=1e-6)  # fmt: skip


def test_standardize_equals_keras():
    import keras

    training, images = np.random.default_rng(0).random((2, 5, 8, 8, 3)).astype("float32") * [1, 2, 3]
    layer = keras.layers.Normalization(axis=-1)
    layer.adapt(training)
    np.testing.assert_allclose(cifar.standardize(images, training), np.array(layer(images)), atol=1e-4)


def test_smooth_labels_gives_the_loss_of_keras():
    import keras

    labels, shares = np.array([1, 0, 3]), np.random.default_rng(0).dirichlet(np.ones(4), 3)
    with_argument = keras.losses.categorical_crossentropy(np.eye(4)[labels], shares, label_smoothing=0.2)
    by_hand = keras.losses.categorical_crossentropy(cifar.smooth_labels(labels, 4, 0.2), shares)
    np.testing.assert_allclose(np.array(with_argument), np.array(by_hand), rtol=1e-5)


def test_crop_square_equals_pillow():
    photo = np.random.default_rng(0).integers(0, 256, (6, 10, 3), np.uint8)
    np.testing.assert_array_equal(cifar.crop_square(photo), np.array(ImageOps.fit(Image.fromarray(photo), (6, 6))))
