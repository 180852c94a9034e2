"""The exercises of lesson 03: how many positions, how much padding, and a row with steps and gaps."""

import numpy as np

from .engine import Exercise


def output_length(size, kernel_size, stride, padding, dilation):
    """Number of positions of a kernel along one axis; padding is (before, after)."""
    before, after = padding
    extent = dilation * (kernel_size - 1) + 1
    return (before + size + after - extent) // stride + 1


def same_padding(size, kernel_size, stride):
    """How many zeros Keras's "same" adds along one axis: (before, after)."""
    positions = -(-size // stride)  # size / stride, rounded up
    reach = (positions - 1) * stride + kernel_size
    total = max(reach - size, 0)
    return total // 2, total - total // 2


def correlate_row(row, kernel, stride, dilation):
    """Cross-correlation of a row of numbers with a kernel, without padding."""
    extent = dilation * (len(kernel) - 1) + 1
    output = []
    for start in range(0, len(row) - extent + 1, stride):
        window = row[start : start + extent : dilation]
        output.append(np.sum(window * kernel))
    return np.array(output)


def _lengths(rng):
    for largest in (2, 3, 4, 4, 6, 6, 9, 30):
        kernel_size, stride, dilation = rng.integers(1, largest, 3).tolist()
        padding = tuple(rng.integers(0, largest, 2).tolist())
        size = dilation * (kernel_size - 1) + 1 + int(rng.integers(0, 2 * largest))
        yield size, kernel_size, stride, padding, dilation


def _sizes(rng):
    for largest in (2, 3, 4, 6, 6, 8, 8, 12, 30):
        yield tuple(rng.integers(1, largest, 3).tolist())
        size, stride = rng.integers(largest, 3 * largest, 1).item(), rng.integers(2, 5).item()
        yield size, rng.integers(1, largest).item(), stride


def _rows(rng):
    for size, kernel_size, stride, dilation in [
        (2, 1, 1, 1),
        (3, 2, 1, 1),
        (4, 2, 2, 1),
        (4, 2, 1, 2),
        (5, 3, 1, 2),
        (7, 3, 3, 1),
        (8, 2, 2, 3),
        (9, 3, 3, 2),
        (20, 4, 2, 3),
    ]:
        # Short to print, exact in float32, never zero, and with fractions that whole numbers would lose.
        yield *(rng.choice([-1, 1], n) * rng.integers(1, 10, n) / 2 for n in (size, kernel_size)), stride, dilation


# output_length -------------------------------------------------------------------------------

length = Exercise(
    reference=output_length,
    task=(
        "Return how many positions a kernel takes along one axis, a whole number. padding is a pair (before, "
        "after): so many zeros stand before and after the `size` pixels. dilation 1 means no gaps."
    ),
    telling=(12, 4, 3, (3, 5), 3),
    probes=_lengths,
    hints=[
        "Three questions. How long is the padded row? How many pixels does the kernel reach over (its extent)? "
        "How far can it move?",
        "The padded row is before + size + after long. The extent is dilation * (kernel_size - 1) + 1.",
        "The kernel can move by padded - extent pixels. Count the steps with // stride, then add 1 for the start.",
    ],
    remark="The + 1 is the first position, before any step. // rounds down: a step that would not fit is not taken.",
)


def _room(size, kernel_size, padding, dilation):
    """By how many pixels the kernel can move."""
    return output_length(size, kernel_size, 1, padding, dilation) - 1


@length.misconception("the first position is not counted", "Add 1: steps // stride counts the moves after the start.")
def first_not_counted(size, kernel_size, stride, padding, dilation):
    return _room(size, kernel_size, padding, dilation) // stride


@length.misconception(
    "the 1 is added before the division", "Divide first, then add 1: the first position costs no step."
)
def one_before_division(size, kernel_size, stride, padding, dilation):
    return (_room(size, kernel_size, padding, dilation) + 1) // stride


@length.misconception("the division is rounded up", "A step that leads past the end is not taken: round down, with //.")
def rounded_up(size, kernel_size, stride, padding, dilation):
    return -(-_room(size, kernel_size, padding, dilation) // stride) + 1


@length.misconception("the division is not rounded", "Positions are counted, so round down: // in place of /.")
def not_rounded(size, kernel_size, stride, padding, dilation):
    return _room(size, kernel_size, padding, dilation) / stride + 1


@length.misconception("the padding is forgotten", "Add both: before + size + after.")
def padding_forgotten(size, kernel_size, stride, padding, dilation):
    return output_length(size, kernel_size, stride, (0, 0), dilation)


@length.misconception("only the padding before is counted", "Add both: before + size + after.")
def padding_before_only(size, kernel_size, stride, padding, dilation):
    return output_length(size, kernel_size, stride, (padding[0], 0), dilation)


@length.misconception(
    "the padding is taken to be the same on both sides", "before and after may differ: before + size + after."
)
def padding_taken_as_symmetric(size, kernel_size, stride, padding, dilation):
    return output_length(size, kernel_size, stride, (padding[0], padding[0]), dilation)


@length.misconception("the dilation is forgotten", "A dilated kernel reaches over dilation * (kernel_size - 1) + 1.")
def dilation_forgotten(size, kernel_size, stride, padding, dilation):
    return output_length(size, kernel_size, stride, padding, 1)


@length.misconception(
    "dilation is counted from 0", "Dilation 1 means no gaps: it is the step from one kernel number to the next."
)
def dilation_from_zero(size, kernel_size, stride, padding, dilation):
    return output_length(size, kernel_size, stride, padding, dilation + 1)


@length.misconception(
    "the kernel is taken to reach over dilation * kernel_size pixels",
    "There are kernel_size - 1 steps between its numbers, and the last number is one pixel more.",
)
def extent_too_long(size, kernel_size, stride, padding, dilation):
    return (sum(padding) + size - dilation * kernel_size) // stride + 1


@length.misconception("the stride is forgotten", "Divide the room to move by the stride.")
def stride_forgotten(size, kernel_size, stride, padding, dilation):
    return output_length(size, kernel_size, 1, padding, dilation)


# same_padding --------------------------------------------------------------------------------

same = Exercise(
    reference=same_padding,
    task=(
        'Return the pair (before, after): how many zeros padding="same" adds along one axis in Keras. The output '
        "must have size / stride positions, rounded up; add as few zeros as that needs, and when their number is "
        "odd, put the extra one after."
    ),
    telling=(5, 4, 2),
    probes=_sizes,
    hints=[
        "How many positions are wanted? size / stride, rounded up: -(-size // stride), or np.ceil.",
        "The last position starts (positions - 1) * stride after the first, and its window is kernel_size long. "
        "How long must the padded row be? And how many zeros is that?",
        "total = max((positions - 1) * stride + kernel_size - size, 0). Half of it, rounded down, stands before.",
    ],
    remark=(
        "With stride 1 the total is kernel_size - 1. With a larger stride it depends on the size too, and it is 0 "
        "when the windows end exactly at the edge."
    ),
)


@same.misconception("the extra zero stands before", "When the number is odd, Keras puts the extra zero after.")
def extra_zero_before(size, kernel_size, stride):
    return same_padding(size, kernel_size, stride)[::-1]


@same.misconception(
    "both sides get (kernel_size - 1) // 2, whatever the stride",
    "That is the symmetric rule of some textbooks. Keras adds as few zeros as the wanted positions need.",
)
def symmetric(size, kernel_size, stride):
    return (kernel_size - 1) // 2, (kernel_size - 1) // 2


@same.misconception(
    "both sides get kernel_size // 2, whatever the stride",
    "That is the symmetric rule of some textbooks. Keras adds as few zeros as the wanted positions need.",
)
def half_a_kernel(size, kernel_size, stride):
    return kernel_size // 2, kernel_size // 2


@same.misconception(
    "the stride is forgotten",
    "With stride s there are only size / s positions (rounded up), and they need fewer zeros.",
)
def same_stride_forgotten(size, kernel_size, stride):
    return same_padding(size, kernel_size, 1)


@same.misconception(
    "the output is to be as long as the input, for every stride",
    '"same" means size / stride positions, rounded up. Only for stride 1 is that the size.',
)
def output_as_long_as_input(size, kernel_size, stride):
    total = (size - 1) * stride + kernel_size - size
    return total // 2, total - total // 2


@same.misconception(
    "the number of positions is rounded down", "Round size / stride up: -(-size // stride), or np.ceil."
)
def positions_rounded_down(size, kernel_size, stride):
    total = max((size // stride - 1) * stride + kernel_size - size, 0)
    return total // 2, total - total // 2


@same.misconception(
    "the amount may become negative", "When the stride is larger than the kernel, nothing is missing: max(total, 0)."
)
def may_be_negative(size, kernel_size, stride):
    total = (-(-size // stride) - 1) * stride + kernel_size - size
    return total // 2, total - total // 2


@same.misconception("all zeros stand on each side", "The total is shared by the two sides: half before, half after.")
def total_on_both_sides(size, kernel_size, stride):
    total = sum(same_padding(size, kernel_size, stride))
    return total, total


@same.misconception("all zeros stand after", "The total is shared by the two sides: half before, half after.")
def total_after(size, kernel_size, stride):
    return 0, sum(same_padding(size, kernel_size, stride))


@same.misconception("the total is returned", "Return a pair: half before, the rest after.")
def total_only(size, kernel_size, stride):
    return sum(same_padding(size, kernel_size, stride))


# correlate_row -------------------------------------------------------------------------------

one_row = Exercise(
    reference=correlate_row,
    task=(
        "row and kernel are 1-D arrays. Put the kernel on the row, its numbers `dilation` pixels apart; multiply "
        "and add up; then move on by `stride` pixels. Only positions where the whole kernel fits count."
    ),
    telling=(np.array([1.0, 2, 4, 0, 3, 5, 1, 7, 2, 6, 8, 3]), np.array([1, -2, 0.5]), 3, 2),
    probes=_rows,
    hints=[
        "First without dilation: start runs over range(0, len(row) - len(kernel) + 1, stride).",
        "The dilated kernel reaches over extent = dilation * (len(kernel) - 1) + 1 pixels. Use it in the range.",
        "The window is row[start : start + extent : dilation]; it is as long as the kernel.",
    ],
    remark="The step of the range is the stride; the step of the slice is the dilation. Two kinds of step, two places.",
)


@one_row.misconception("the kernel is flipped", "Its first number meets the first pixel of the window.")
def row_kernel_flipped(row, kernel, stride, dilation):
    return correlate_row(row, kernel[::-1], stride, dilation)


@one_row.misconception(
    "the dilation is forgotten", "Take every dilation-th pixel: row[start : start + extent : dilation]."
)
def row_dilation_forgotten(row, kernel, stride, dilation):
    return correlate_row(row, kernel, stride, 1)


@one_row.misconception(
    "dilation is counted from 0", "Dilation 1 means no gaps: it is the step from one kernel number to the next."
)
def row_dilation_from_zero(row, kernel, stride, dilation):
    return correlate_row(row, kernel, stride, dilation + 1)


@one_row.misconception("the stride is forgotten", "The start moves by `stride` pixels: the step of the range.")
def row_stride_forgotten(row, kernel, stride, dilation):
    return correlate_row(row, kernel, 1, dilation)


@one_row.misconception(
    "stride and dilation are exchanged", "The stride moves the kernel; the dilation spreads its numbers."
)
def exchanged(row, kernel, stride, dilation):
    return correlate_row(row, kernel, dilation, stride)


@one_row.misconception(
    "the windows start stride * dilation pixels apart",
    "They start `stride` apart, whatever the dilation. Is the row thinned out (row[::dilation]) too early?",
)
def stride_times_dilation(row, kernel, stride, dilation):
    return correlate_row(row, kernel, stride * dilation, dilation)


@one_row.misconception(
    "every stride-th pixel is kept first, and the kernel slides over those",
    "The windows hold neighbors from the whole row. Only their starts are `stride` apart.",
)
def pixels_skipped_first(row, kernel, stride, dilation):
    return correlate_row(row[::stride], kernel, 1, dilation)


@one_row.misconception(
    "the last position is left out", "The range must include the start len(row) - extent: end it one later."
)
def last_position_missed(row, kernel, stride, dilation):
    return correlate_row(row[:-1], kernel, stride, dilation)


@one_row.misconception(
    "the kernel is taken to reach over dilation * len(kernel) pixels",
    "Its numbers are len(kernel) - 1 steps apart, so it reaches over dilation * (len(kernel) - 1) + 1.",
)
def row_extent_too_long(row, kernel, stride, dilation):
    return correlate_row(row[: len(row) - dilation + 1], kernel, stride, dilation)


@one_row.misconception("the products are not added up", "Each window gives one number: np.sum of its products.")
def row_products_not_summed(row, kernel, stride, dilation):
    starts = range(0, len(row) - dilation * (len(kernel) - 1), stride)
    return np.array([row[start::dilation][: len(kernel)] * kernel for start in starts])
