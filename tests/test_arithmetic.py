import itertools

import pytest

from cnnlab.arithmetic import output_size, padding_amounts


def positions_counted(padded_size, kernel_size, stride, dilation):
    """Count by walking: every start from which the last kernel element still lies inside."""
    last = dilation * (kernel_size - 1)
    return sum(1 for start in range(0, padded_size, stride) if start + last < padded_size)


@pytest.mark.parametrize("padding", ["valid", "same", 0, 2, (1, 3)])
def test_output_size_counts_positions(padding):
    for size, kernel_size, stride, dilation in itertools.product(range(1, 10), range(1, 5), range(1, 5), range(1, 4)):
        before, after = padding_amounts(size, kernel_size, stride, padding, dilation)
        counted = positions_counted(before + size + after, kernel_size, stride, dilation)
        if counted:
            assert output_size(size, kernel_size, stride, padding, dilation) == counted
        else:
            with pytest.raises(ValueError, match="longer than the input"):
                output_size(size, kernel_size, stride, padding, dilation)


def test_same_is_the_least_padding_that_gives_ceil_size_over_stride():
    for size, kernel_size, stride, dilation in itertools.product(range(1, 10), range(1, 5), range(1, 5), range(1, 4)):
        before, after = padding_amounts(size, kernel_size, stride, "same", dilation)
        wanted = -(-size // stride)
        assert positions_counted(before + size + after, kernel_size, stride, dilation) == wanted
        assert after - before in (0, 1)
        if before + after:
            assert positions_counted(before + size + after - 1, kernel_size, stride, dilation) < wanted


@pytest.mark.parametrize(
    "arguments, error, words",
    [
        (dict(size=0, kernel_size=1), ValueError, "`size` must be at least 1"),
        (dict(size=5, kernel_size=0), ValueError, "`kernel_size` must be at least 1"),
        (dict(size=5, kernel_size=3, stride=0), ValueError, "`stride` must be at least 1"),
        (dict(size=5, kernel_size=3, stride=1.5), TypeError, "`stride` must be a whole number"),
        (dict(size=5, kernel_size=3, stride=True), TypeError, "`stride` must be a whole number"),
        (dict(size=5, kernel_size=3, dilation=0), ValueError, "`dilation` must be at least 1"),
        (dict(size=5, kernel_size=3, padding=-1), ValueError, "`padding` must be at least 0"),
        (dict(size=5, kernel_size=3, padding="full"), ValueError, "'valid', 'same'"),
        (dict(size=5, kernel_size=3, padding=(1, 2, 3)), ValueError, r"\(before, after\)"),
        (dict(size=5, kernel_size=7), ValueError, "at most 5"),
        (dict(size=5, kernel_size=4, dilation=2), ValueError, "dilated by 2: 7 long.*at most 3"),
        (dict(size="5", kernel_size=3), TypeError, "`size` must be a whole number"),
    ],
)
def test_bad_arguments_are_named(arguments, error, words):
    with pytest.raises(error, match=words):
        output_size(**arguments)
