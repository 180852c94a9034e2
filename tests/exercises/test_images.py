"""A bank of answers to the exercises of lesson 01, right and wrong, written as learners write them."""

import numpy as np
import pytest
from bank import *  # noqa: F403

from cnnlab.exercises.engine import _run, _same, find


def brighten_by_loops(image, amount):
    result = [max(0, min(255, number + amount)) for number in image.ravel().tolist()]
    return np.array(result).reshape(image.shape)


def brighten_gray_only(image, amount):
    return [[max(0, min(255, int(pixel) + amount)) for pixel in row] for row in image]


def brighten_by_masks(image, amount):
    total = image.astype(np.float32) + amount
    total[total > 255] = 255
    total[total < 0] = 0
    return total.astype("uint8")


def equalize_by_counting(image):
    return np.array([[np.sum(image <= pixel) / image.size for pixel in row] for row in image])


def equalize_by_histogram(image):
    counts, _ = np.histogram(image, bins=256, range=(0, 256))
    return np.cumsum(counts / counts.sum())[image]


def equalize_by_unique(image):
    _, places, counts = np.unique(image, return_inverse=True, return_counts=True)
    return (np.cumsum(counts)[places] / len(image.ravel())).reshape(image.shape)


def last_by_loops(image):
    result = np.empty((image.shape[1], image.shape[2], image.shape[0]))
    for c in range(image.shape[0]):
        result[:, :, c] = image[c]
    return result


RIGHT = {
    "brighten": [
        brighten_by_loops,
        brighten_by_masks,
        lambda x, a: np.clip(x + float(a), 0, 255),
        lambda x, a: np.minimum(np.maximum(x.astype(np.int16) + a, 0), 255),
        lambda x, a: np.where(x > 255 - a, 255, x + np.uint8(a)) if a >= 0 else np.where(x < -a, 0, x - np.uint8(-a)),
    ],
    "equalize": [
        equalize_by_counting,
        equalize_by_histogram,
        equalize_by_unique,
        lambda x: np.searchsorted(np.sort(x.ravel()), x, side="right") / x.size,
        lambda x: (x.reshape(-1, 1) >= x.ravel()).mean(axis=1, dtype=np.float32).reshape(x.shape),
    ],
    "to_channels_last": [
        last_by_loops,
        lambda x: x.transpose(1, 2, 0),
        lambda x: np.rollaxis(x, 0, 3),
        lambda x: np.stack(list(x), axis=-1),
        np.dstack,
        lambda x: np.einsum("chw->hwc", x).tolist(),
        lambda x: x.swapaxes(0, 1).swapaxes(1, 2),
    ],
}


def clip_after_the_sum(image, amount):
    return np.clip(image + amount, 0, 255)


def brighten_or_keep(image, amount):
    result = image.copy()
    for place, pixel in np.ndenumerate(image):
        if 0 <= int(pixel) + amount <= 255:
            result[place] = int(pixel) + amount
    return result


def equalize_from_white(image):
    counts = np.bincount(image.ravel(), minlength=256)
    return np.cumsum(counts[::-1])[::-1][image] / image.size


KNOWN = {
    "brighten": {
        "sum_wraps_around": clip_after_the_sum,
        "cut_too_late": lambda x, a: np.clip((x + np.array(a)).astype(np.uint8), 0, 255),
        "not_cut": lambda x, a: x + np.float64(a),
        "cut_above_only": lambda x, a: np.where(x + 1.0 * a > 255, 255, x + 1.0 * a),
        "cut_above_then_wraps": lambda x, a: np.minimum(np.int64(x) + a, 255) % 256,
        "cut_below_only": lambda x, a: np.clip(x.astype(float) + a, 0, None),
        "scaled_to_one": lambda x, a: np.clip(x / 255 + a / 255, 0, 1),
        "overflow_left_alone": brighten_or_keep,
    },
    "equalize": {
        "strictly_darker": lambda x: [[(x < pixel).mean() for pixel in row] for row in x],
        "not_cumulative": lambda x: [[(x == pixel).mean() for pixel in row] for row in x],
        "not_divided": lambda x: np.cumsum(np.bincount(x.flatten(), minlength=256))[x],
        "scaled_to_255": lambda x: 255 * equalize_by_unique(x),
        "divided_by_gray_values": lambda x: np.cumsum(np.bincount(x.flatten(), minlength=256) / 256)[x],
        "divided_by_largest_value": lambda x: np.cumsum(np.bincount(x.flatten(), minlength=256))[x] / 255,
        "stretched": lambda x: (x - x.min()) / np.ptp(x),
        "counted_from_the_bright_end": equalize_from_white,
        "values_counted_once": lambda x: [[np.sum(np.unique(x) <= p) / np.unique(x).size for p in row] for row in x],
        "ties_broken": lambda x: (1 + x.ravel().argsort().argsort().reshape(x.shape)) / x.size,
        "darkest_moved_to_zero": lambda x: (
            (equalize_by_counting(x) * x.size - (x == x.min()).sum()) / (x > x.min()).sum()
        ),
    },
    "to_channels_last": {
        "reshaped": lambda x: x.ravel().reshape(x.shape[1:] + x.shape[:1]),
        "on_its_side": lambda x: np.swapaxes(x, 0, 2),
        "to_channels_first": lambda x: x.transpose(2, 0, 1),
        "channels_in_the_middle": lambda x: np.moveaxis(x, 0, 1),
        "channels_still_first": lambda x: np.stack([channel.T for channel in x]),
        "unchanged": lambda x: np.asarray(x),
        "channels_reversed": lambda x: np.dstack(x[::-1]),
        "side_by_side": lambda x: np.concatenate(x, axis=1),
    },
}
OTHER_WRONG = {
    "brighten": [
        lambda x, a: np.zeros_like(x),
        lambda x, a: x,
        lambda x, a: np.full(x.shape, 255),
        lambda x, a: np.clip(x * (1 + a / 255), 0, 255),
        lambda x, a: brighten_by_loops(x, abs(a)),
        brighten_gray_only,
        lambda x, a: brighten_by_masks(x, a)[np.newaxis],
    ],
    "equalize": [
        lambda x: np.zeros(x.shape),
        lambda x: np.ones(x.shape),
        lambda x: x / 255,
        lambda x: equalize_by_counting(x).ravel(),
        lambda x: equalize_by_counting(x).round(1),
        lambda x: [equalize_by_counting(row[np.newaxis])[0] for row in x],
    ],
    "to_channels_last": [
        lambda x: np.zeros((x.shape[1], x.shape[2], x.shape[0])),
        lambda x: x.mean(axis=0),
        lambda x: x.reshape(x.shape[2], x.shape[1], x.shape[0]),
        lambda x: x.transpose(1, 2, 0).shape,
        lambda x: np.rot90(x.transpose(1, 2, 0), 2),
    ],
}


@pytest.mark.parametrize("name", KNOWN)
def test_telling_case_tells_most_mistakes_apart(name):
    exercise = find(name)
    outcomes = []
    for function in [exercise.reference, *(m.function for m in exercise.misconceptions)]:
        outcome = _run(function, exercise.telling)
        if not any(_same(outcome, other) for other in outcomes):
            outcomes.append(outcome)
    # A positive amount cannot tell a cut at 0 that is missing.
    assert len(outcomes) == {"brighten": 5}.get(name, len(exercise.misconceptions) + 1)
