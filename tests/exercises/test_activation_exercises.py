"""A bank of answers to the exercises of lesson 05, right and wrong, written as learners write them."""

import math

import numpy as np
import pytest
from bank import *  # noqa: F403

from cnnlab import gradient_check, ops
from cnnlab.exercises.engine import _run, _same, find

# Wrong answers overflow, and say so.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def gradient_by_loops(grad, x, slope):
    result = []
    for g, value in zip(grad.ravel(), x.ravel()):
        result.append(g if value > 0 else g * slope)
    return np.reshape(result, x.shape)


def gradient_by_mask(grad, x, slope):
    result = grad.copy()
    result[x <= 0] *= slope
    return result


def softmax_by_loops(logits):
    rows = []
    for row in logits:
        powers = [math.exp(x - max(row)) for x in row]
        rows.append([power / sum(powers) for power in powers])
    return rows


def logs(logits):
    shifted = logits - logits.max(-1)[:, None]
    return shifted - np.log(np.sum(np.exp(shifted), -1))[:, None]


def chosen(labels, rows):
    return np.array([row[label] for label, row in zip(labels, rows)])


def naive(logits):
    return np.exp(logits) / np.exp(logits).sum(axis=1)[:, None]


def probabilities(logits):
    return np.exp(logs(logits))


RIGHT = {
    "leaky_gradient": [
        gradient_by_loops,
        gradient_by_mask,
        lambda grad, x, slope: grad * ((x > 0) + slope * (x < 0)),
        lambda grad, x, slope: ops.leaky_relu_grad(grad, x, negative_slope=slope),
        lambda grad, x, slope: np.select([x > 0, x <= 0], [grad, grad * slope]),
    ],
    "stable_softmax": [
        softmax_by_loops,
        ops.softmax,
        probabilities,
        lambda logits: np.array([np.exp(row - row.max()) / np.exp(row - row.max()).sum() for row in logits]),
        lambda logits: (lambda powers: (powers / powers.sum(0)).T)(np.exp(logits.T - logits.max(axis=1))),
        lambda logits: np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)),
    ],
    "cross_entropy": [
        lambda labels, logits: -chosen(labels, logs(logits)),
        lambda labels, logits: np.logaddexp.reduce(logits, axis=1) - chosen(labels, logits),
        lambda labels, logits: ops.sparse_categorical_crossentropy(labels, logits, from_logits=True),
        lambda labels, logits: -(np.eye(logits.shape[1])[labels] * logs(logits)).sum(axis=1),
        lambda labels, logits: [-row[label] for label, row in zip(labels, logs(logits).tolist())],
    ],
}
KNOWN = {
    "leaky_gradient": {
        "grad_forgotten": lambda grad, x, slope: 1.0 * (x > 0) + slope * (x < 0),
        "value_returned": lambda grad, x, slope: ops.leaky_relu(x, slope),
        "value_for_slope": lambda grad, x, slope: grad * np.maximum(x, slope * x),
        "sign_of_grad": lambda grad, x, slope: np.maximum(grad, slope * grad),
        "plain_relu": lambda grad, x, slope: grad * (x > 0),
        "sides_swapped": lambda grad, x, slope: grad * np.where(x < 0, 1, slope),
        "slope_everywhere": lambda grad, x, slope: slope * grad,
        "falling_side": lambda grad, x, slope: grad * np.where(x < 0, -slope, 1),
        "unchanged": lambda grad, x, slope: grad,
    },
    "stable_softmax": {
        "overflow": naive,
        "largest_of_all_rows": lambda logits: naive(logits - np.max(logits)),
        "mean_subtracted": lambda logits: naive((logits.T - logits.mean(axis=1)).T),
        "clipped": lambda logits: naive(np.minimum(np.maximum(logits, -600), 600)),
        "whole_batch": lambda logits: (
            np.exp(logits - logits.max(1)[:, None]) / np.sum(np.exp(logits - logits.max(1)[:, None]))
        ),
        "columns": lambda logits: ops.softmax(logits, axis=0),
        "not_divided": lambda logits: np.exp(logits.T - logits.max(axis=1)).T,
        "no_powers": lambda logits: (logits.T / logits.sum(axis=1)).T,
        "one_hot": lambda logits: [[int(i == np.argmax(row)) for i in range(len(row))] for row in logits],
        "divided_by_largest": lambda logits: naive((logits.T / logits.max(axis=1)).T),
        "sigmoids": ops.sigmoid,
    },
    "cross_entropy": {
        "log_of_naive_softmax": lambda labels, logits: -np.log(chosen(labels, naive(logits))),
        "log_of_rounded_softmax": lambda labels, logits: -np.log(chosen(labels, probabilities(logits))),
        "kept_from_zero": lambda labels, logits: -np.log(chosen(labels, probabilities(logits)) + 1e-7),
        "kept_from_zero_by_less": lambda labels, logits: -np.log(chosen(labels, probabilities(logits)) + 1e-12),
        "no_minus": lambda labels, logits: chosen(labels, logs(logits)),
        "averaged": lambda labels, logits: -chosen(labels, logs(logits)).mean(),
        "summed": lambda labels, logits: -chosen(labels, logs(logits)).sum(),
        "most_likely_class": lambda labels, logits: -logs(logits).max(axis=1),
        "all_pairs": lambda labels, logits: -logs(logits)[:, labels],
        "all_classes": lambda labels, logits: -logs(logits).sum(axis=1),
        "probability": lambda labels, logits: chosen(labels, probabilities(logits)),
        "logit_only": lambda labels, logits: -chosen(labels, logits),
        "base_10": lambda labels, logits: -chosen(labels, logs(logits)) * math.log10(math.e),
        "base_2": lambda labels, logits: -chosen(labels, logs(logits)) * math.log2(math.e),
    },
}
OTHER_WRONG = {
    "leaky_gradient": [
        lambda grad, x, slope: np.zeros_like(grad),
        lambda grad, x, slope: 0 * x,
        lambda grad, x, slope: grad * x,
        lambda grad, x, slope: np.where(x > 0, grad, slope),
    ],
    "stable_softmax": [
        lambda logits: np.zeros(logits.shape),
        lambda logits: np.ones(logits.shape) / logits.shape[1],
        lambda logits: logits,
        lambda logits: np.nan_to_num(naive(logits)),
        lambda logits: ops.softmax(logits.astype("float16") / 2),
        lambda logits: logs(logits),
    ],
    "cross_entropy": [
        lambda labels, logits: np.zeros(len(labels)),
        lambda labels, logits: 0.0,
        lambda labels, logits: np.nan_to_num(-np.log(chosen(labels, naive(logits)))),
        lambda labels, logits: 1 - chosen(labels, probabilities(logits)),
        lambda labels, logits: -np.log(1 - chosen(labels, probabilities(logits))),
    ],
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


def test_solutions_agree_with_cnnlab_and_with_small_steps():
    logits, labels = np.random.default_rng(5).normal(size=(6, 4)), np.array([0, 3, 1, 2, 0, 1])
    np.testing.assert_allclose(find("stable_softmax").reference(logits), ops.softmax(logits))
    wanted = ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)
    np.testing.assert_allclose(find("cross_entropy").reference(labels, logits), wanted)
    gradient = find("leaky_gradient").reference
    assert gradient_check(lambda x: np.maximum(x, 0.1 * x), lambda grad, x: gradient(grad, x, 0.1), logits).ok
