"""A bank of answers to the exercises of lesson 03, right and wrong, written as learners write them."""

import math

import numpy as np
import pytest
from bank import *  # noqa: F403

from cnnlab import arithmetic, ops
from cnnlab.exercises.engine import _run, _same, find


def length_by_counting(size, kernel_size, stride, padding, dilation):
    last = sum(padding) + size - 1
    count = start = 0
    while start + dilation * (kernel_size - 1) <= last:
        count, start = count + 1, start + stride
    return count


def length_of_range(size, kernel_size, stride, padding, dilation):
    return len(range((kernel_size - 1) * dilation, size + padding[0] + padding[1], stride))


def same_by_trying(size, kernel_size, stride):
    wanted = math.ceil(size / stride)
    zeros = 0
    while (size + zeros - kernel_size) // stride + 1 < wanted or size + zeros < kernel_size:
        zeros += 1
    return [zeros // 2, (zeros + 1) // 2]


def same_by_remainder(size, kernel_size, stride):  # as the documentation of TensorFlow has it
    total = max(kernel_size - (size % stride or stride), 0)
    return total // 2, total - total // 2


def row_by_loops(row, kernel, stride, dilation):
    output = []
    start = 0
    while start + dilation * (len(kernel) - 1) < len(row):
        output.append(sum(row[start + dilation * i] * kernel[i] for i in range(len(kernel))))
        start += stride
    return output


def row_by_wide_kernel(row, kernel, stride, dilation):
    wide = np.zeros(dilation * (len(kernel) - 1) + 1)
    wide[::dilation] = kernel
    return np.correlate(row, wide, "valid")[::stride]


def row_by_windows(row, kernel, stride, dilation):
    extent = dilation * (len(kernel) - 1) + 1
    return np.lib.stride_tricks.sliding_window_view(row, extent)[::stride, ::dilation] @ kernel


RIGHT = {
    "output_length": [
        length_by_counting,
        length_of_range,
        lambda n, k, s, p, d: arithmetic.output_size(n, k, s, p, d),
        lambda n, k, s, p, d: math.floor((n + sum(p) - d * (k - 1) - 1) / s + 1),
        lambda n, k, s, p, d: math.ceil((n + sum(p) - d * (k - 1)) / s),
    ],
    "same_padding": [
        same_by_trying,
        same_by_remainder,
        lambda n, k, s: arithmetic.padding_amounts(n, k, s, "same"),
    ],
    "correlate_row": [
        row_by_loops,
        row_by_wide_kernel,
        row_by_windows,
        lambda r, k, s, d: ops.conv(r.reshape(1, -1, 1), k.reshape(-1, 1, 1), s, dilation_rate=d).ravel(),
    ],
}


def extent(kernel, dilation):
    return dilation * (len(kernel) - 1) + 1


def same_with(positions, n, k, s, least=0):
    total = max((positions - 1) * s + k - n, least)
    return total // 2, -(-total // 2)


KNOWN = {
    "output_length": {
        "first_not_counted": lambda n, k, s, p, d: (n + sum(p) - d * (k - 1) - 1) // s,
        "one_before_division": lambda n, k, s, p, d: (n + sum(p) - d * (k - 1)) // s,
        "rounded_up": lambda n, k, s, p, d: math.ceil((n + sum(p) - d * (k - 1) - 1) / s) + 1,
        "not_rounded": lambda n, k, s, p, d: (n + sum(p) - d * (k - 1) - 1) / s + 1,
        "padding_forgotten": lambda n, k, s, p, d: (n - d * (k - 1) - 1) // s + 1,
        "padding_before_only": lambda n, k, s, p, d: (n + p[0] - d * (k - 1) - 1) // s + 1,
        "padding_taken_as_symmetric": lambda n, k, s, p, d: (n + 2 * p[0] - d * (k - 1) - 1) // s + 1,
        "dilation_forgotten": lambda n, k, s, p, d: (n + sum(p) - k) // s + 1,
        "dilation_from_zero": lambda n, k, s, p, d: (n + sum(p) - (k + (k - 1) * d)) // s + 1,
        "extent_too_long": lambda n, k, s, p, d: (n + sum(p) - k * d) // s + 1,
        "stride_forgotten": lambda n, k, s, p, d: n + sum(p) - d * (k - 1),
    },
    "same_padding": {
        "extra_zero_before": lambda n, k, s: tuple(reversed(same_by_trying(n, k, s))),
        "symmetric": lambda n, k, s: [(k - 1) // 2] * 2,
        "half_a_kernel": lambda n, k, s: [k // 2] * 2,
        "same_stride_forgotten": lambda n, k, s: ((k - 1) // 2, k // 2),
        "output_as_long_as_input": lambda n, k, s: same_with(n, n, k, s),
        "positions_rounded_down": lambda n, k, s: same_with(n // s, n, k, s),
        "may_be_negative": lambda n, k, s: same_with(math.ceil(n / s), n, k, s, least=-99),
        "total_on_both_sides": lambda n, k, s: [sum(same_by_trying(n, k, s))] * 2,
        "total_after": lambda n, k, s: (0, sum(same_by_remainder(n, k, s))),
        "total_only": lambda n, k, s: sum(same_by_remainder(n, k, s)),
    },
    "correlate_row": {
        "row_kernel_flipped": lambda r, k, s, d: row_by_wide_kernel(r, k[::-1], s, d),
        "row_dilation_forgotten": lambda r, k, s, d: np.correlate(r, k, "valid")[::s],
        "row_dilation_from_zero": lambda r, k, s, d: row_by_loops(r, k, s, d + 1),
        "row_stride_forgotten": lambda r, k, s, d: row_by_windows(r, k, 1, d),
        "exchanged": lambda r, k, s, d: row_by_loops(r, k, stride=d, dilation=s),
        "stride_times_dilation": lambda r, k, s, d: row_by_loops(r[::d], k, s, 1),
        "pixels_skipped_first": lambda r, k, s, d: row_by_loops(r[::s], k, 1, d),
        "last_position_missed": lambda r, k, s, d: np.array(
            [np.dot(r[i : i + extent(k, d) : d], k) for i in range(0, len(r) - extent(k, d), s)]
        ),
        "row_extent_too_long": lambda r, k, s, d: np.array(
            [np.dot(r[i : i + d * len(k) : d], k) for i in range(0, len(r) - d * len(k) + 1, s)]
        ),
        "row_products_not_summed": lambda r, k, s, d: [
            r[i : i + extent(k, d) : d] * k for i in range(0, len(r) - extent(k, d) + 1, s)
        ],
    },
}
OTHER_WRONG = {
    "output_length": [
        lambda n, k, s, p, d: 0,
        lambda n, k, s, p, d: n,
        lambda n, k, s, p, d: float(length_by_counting(n, k, s, p, d)),
        lambda n, k, s, p, d: (length_by_counting(n, k, s, p, d),),
        lambda n, k, s, p, d: -(-n // s),
    ],
    "same_padding": [
        lambda n, k, s: (0, 0),
        lambda n, k, s: (1, 1),
        lambda n, k, s: (s, k),
        lambda n, k, s: [half / 2 for half in 2 * [sum(same_by_trying(n, k, s))]],
        lambda n, k, s: same_by_trying(n, k, s) if s == 1 else (0, 0),
    ],
    "correlate_row": [
        lambda r, k, s, d: np.zeros(len(row_by_loops(r, k, s, d))),
        lambda r, k, s, d: r,
        lambda r, k, s, d: np.abs(row_by_loops(r, k, s, d)),
        lambda r, k, s, d: np.array(row_by_loops(r, k, s, d))[np.newaxis],
        lambda r, k, s, d: np.correlate(r, k, "same"),
        lambda r, k, s, d: sum(row_by_loops(r, k, s, d)),
    ],
}


@pytest.mark.parametrize("name, least", [("output_length", 8), ("same_padding", 9), ("correlate_row", 9)])
def test_telling_case_tells_most_mistakes_apart(name, least):
    exercise = find(name)
    outcomes = []
    for function in [exercise.reference, *(m.function for m in exercise.misconceptions)]:
        outcome = _run(function, exercise.telling)
        if not any(_same(outcome, other) for other in outcomes):
            outcomes.append(outcome)
    assert len(outcomes) >= least
