"""A bank of answers to the exercises of lesson 13, right and wrong, each written in a style of its own."""

import numpy as np
import pytest
from bank import *  # noqa: F403

from cnnlab.exercises import regularization


def dropout_by_loops(x, rate, random):
    return [
        [0.0 if r < rate else value / (1 - rate) for value, r in zip(*rows)]
        for rows in zip(x.tolist(), random.tolist())
    ]


def max_norm_by_loops(kernel, c):
    shrunk = kernel.copy()
    for j in range(kernel.shape[1]):
        length = np.linalg.norm(kernel[:, j])
        if length > c:
            shrunk[:, j] *= c / length
    return shrunk


def stop_by_counting(losses, patience, min_delta):
    best, wait = 0, 0
    for i in range(1, len(losses)):
        if losses[best] - losses[i] > min_delta:
            best, wait = i, 0
        else:
            wait += 1
        if wait == patience:
            return i + 1, best + 1
    return len(losses), best + 1


def stop_by_searching(losses, patience, min_delta):
    better = [0]
    while later := [i for i in range(better[-1] + 1, len(losses)) if losses[i] < losses[better[-1]] - min_delta]:
        if later[0] - better[-1] > patience:
            break
        better.append(later[0])
    return [min(better[-1] + patience + 1, len(losses)), better[-1] + 1]


def keras_stops(losses, patience, min_delta):
    """Keras itself: (last epoch, best epoch, the epoch whose weights the model has in the end)."""
    import keras

    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    stop = keras.callbacks.EarlyStopping(patience=patience, min_delta=min_delta, restore_best_weights=True)
    stop.set_model(model)
    model.stop_training = False
    stop.on_train_begin()
    for epoch, loss in enumerate(losses):
        model.set_weights([np.array([[epoch + 1.0]])])
        stop.on_epoch_end(epoch, {"val_loss": loss})
        if model.stop_training:
            break
    stop.on_train_end()
    return epoch + 1, stop.best_epoch + 1, int(model.get_weights()[0].item())


def wait_never_set_back(losses, patience, min_delta):
    best = failed = 0
    for i, loss in enumerate(losses):
        if i and not loss < losses[best] - min_delta:
            failed += 1
        else:
            best = i
        if failed == patience:
            break
    return i + 1, best + 1


def compared_with_neighbors(losses, patience, min_delta):
    good = [True] + [b < a - min_delta for a, b in zip(losses, losses[1:])]
    for i in range(len(losses)):
        if i >= patience and not any(good[i - patience + 1 : i + 1]):
            break
    return i + 1, i + 1 - good[i::-1].index(True)


def mark_is_the_minimum(losses, patience, min_delta):
    best = 0
    for i in range(1, len(losses)):
        if losses[i] < min(losses[:i]) - min_delta:
            best = i
        elif i - best == patience:
            break
    return i + 1, best + 1


RIGHT = {
    "dropout": [
        dropout_by_loops,
        lambda x, rate, random: x * (random >= rate) / (1 - rate),
        lambda x, rate, random: (x * ~(random < rate)).astype("float32") * np.float32(1 / (1 - rate)),
    ],
    "max_norm": [
        max_norm_by_loops,
        lambda kernel, c: kernel * np.minimum(1, c / (np.linalg.norm(kernel, axis=0) + 1e-9)),
        lambda kernel, c: [list(row) for row in max_norm_by_loops(kernel, c)],
    ],
    "early_stop": [stop_by_counting, stop_by_searching],
}
KNOWN = {
    "dropout": {
        "not_scaled": lambda x, rate, random: np.where(random < rate, 0, x),
        "made_smaller": lambda x, rate, random: np.array(dropout_by_loops(x, rate, random)) * (1 - rate) ** 2,
        "divided_by_rate": lambda x, rate, random: np.where(random < rate, 0, x / rate),
        "rate_is_kept": lambda x, keep_prob, random: np.where(random < keep_prob, x / keep_prob, 0),
        "wrong_ones": lambda x, rate, random: np.where(random < rate, x, 0) / (1 - rate),
        "from_above": lambda x, rate, random: np.where(random >= 1 - rate, 0, x / (1 - rate)),
        "by_size": lambda x, rate, random: np.where(x < rate, 0, x) / (1 - rate),
        "the_same_for_all": lambda x, rate, random: [np.where(random[0] < rate, 0, row) / (1 - rate) for row in x],
        "sum_kept": lambda x, rate, random: np.where(random < rate, 0, x) / x[random >= rate].sum() * x.sum(),
        "mask": lambda x, rate, random: 1 - (random < rate),
    },
    "max_norm": {
        "rows_measured": lambda k, c: np.array([row * min(1, c / (np.linalg.norm(row) or 1)) for row in k]),
        "whole_kernel": lambda k, c: k * min(1, c / np.linalg.norm(k)),
        "stretched": lambda k, c: k / np.linalg.norm(k, axis=0) * c,
        "cut": lambda k, c: np.maximum(np.minimum(k, c), -c),
        "no_root": lambda k, c: k * np.minimum(1, c / ((k * k).sum(axis=0) + 1e-12)),
        "sizes_added": lambda k, c: k * np.minimum(1, c / (np.linalg.norm(k, 1, axis=0) + 1e-12)),
        "largest": lambda k, c: k * np.minimum(1, c / (abs(k).max(axis=0) + 1e-12)),
        "zeros_divided": lambda k, c: k * (np.clip(np.linalg.norm(k, axis=0), 0, c) / np.linalg.norm(k, axis=0)),
    },
    "early_stop": {
        "counted_from_zero": lambda *given: np.array(stop_by_counting(*given)) - 1,
        "in_all": lambda losses, patience, d: stop_by_counting(losses[:patience], 99, d),
        "never_set_back": wait_never_set_back,
        "with_the_epoch_before": compared_with_neighbors,
        "without_min_delta": lambda losses, patience, d: stop_by_searching(losses, patience, 0),
        "exactly_is_enough": lambda losses, patience, d: stop_by_counting(losses, patience, d - 1e-6),
        "mark_moves": mark_is_the_minimum,
        "one_too_late": lambda losses, patience, d: stop_by_counting(losses, patience + 1, d),
        "lowest_of_all": lambda *given: (n := stop_by_counting(*given)[0], given[0].index(min(given[0][:n])) + 1),
        "swapped": lambda *given: stop_by_counting(*given)[::-1],
        "to_the_end": lambda losses, patience, d: (len(losses), stop_by_searching(losses, 99, d)[1]),
    },
}
OTHER_WRONG = {
    "dropout": [lambda x, rate, random: np.zeros_like(x), lambda x, rate, random: x, lambda x, rate, random: None],
    "max_norm": [lambda kernel, c: np.zeros_like(kernel), lambda kernel, c: kernel, lambda kernel, c: c],
    "early_stop": [lambda *given: (0, 0), lambda *given: None, lambda losses, patience, d: (len(losses), patience)],
}


def curves():
    rng = np.random.default_rng(0)
    return [case for _ in range(3) for case in regularization._losses(rng)]


@pytest.mark.parametrize("case", curves(), ids=lambda case: f"{len(case[0])} epochs")
def test_early_stop_does_what_keras_does(case):
    last, best = regularization.early_stop(*case)
    assert keras_stops(*case) == (last, best, best)


def test_max_norm_equals_keras():
    import keras

    for kernel, c in regularization._kernels(np.random.default_rng(0)):
        theirs = np.array(keras.constraints.MaxNorm(c)(kernel.astype("float32")))
        np.testing.assert_allclose(regularization.max_norm(kernel, c), theirs, rtol=1e-5, atol=1e-6)


def test_dropout_drops_as_often_and_scales_as_much_as_keras():
    import keras

    ours = regularization.dropout(np.ones((200, 500)), 0.3, np.random.default_rng(0).random((200, 500)))
    theirs = np.array(keras.layers.Dropout(0.3, seed=0)(np.ones((200, 500), "float32"), training=True))
    np.testing.assert_allclose(np.unique(ours), np.unique(theirs), rtol=1e-6)
    for dropped in (ours, theirs):
        assert abs(np.mean(dropped == 0) - 0.3) < 0.007 and abs(dropped.mean() - 1) < 0.01  # 4.8 deviations
