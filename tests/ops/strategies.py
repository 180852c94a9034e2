"""Random geometries for the property tests: rank, sizes, kernel, strides, padding, dilation."""

from hypothesis import assume
from hypothesis import strategies as st

from cnnlab.arithmetic import padding_amounts


@st.composite
def geometries(draw, dilation="instead of strides", explicit_padding=True, pooling=False):
    """A dict of sizes, window_size, strides, padding (one per axis) and dilation_rate that fit together.

    Keras takes strides or dilation above 1, not both: `dilation` is "instead of strides", "as well" or None.
    """
    rank = draw(st.integers(1, 3))
    largest = {1: 12, 2: 8, 3: 5}[rank]

    def per_axis(low, high):
        return tuple(draw(st.integers(low, high)) for _ in range(rank))

    sizes, window_size = per_axis(1, largest), per_axis(1, 4)
    strides, dilation_rate = per_axis(1, 4), (1,) * rank
    if dilation == "as well":
        dilation_rate = per_axis(1, 3)
    elif dilation and draw(st.booleans()):
        strides, dilation_rate = (1,) * rank, per_axis(1, 3)
    kinds = ["valid", "same"] + (["explicit"] if explicit_padding else [])
    kind = draw(st.sampled_from(kinds))
    if kind == "explicit":
        padding = tuple(
            (draw(st.integers(0, most)), draw(st.integers(0, most)))
            for most in ([k - 1 for k in window_size] if pooling else [3] * rank)
        )
    else:
        padding = (kind,) * rank
    for size, k, s, p, d in zip(sizes, window_size, strides, padding, dilation_rate):
        assume(d * (k - 1) + 1 <= size + sum(padding_amounts(size, k, s, p, d)))
    return dict(sizes=sizes, window_size=window_size, strides=strides, padding=padding, dilation_rate=dilation_rate)


def strides_that_keras_gets_right(geometry):
    """In 3-D, with "same" and a stride longer than the window, TensorFlow 2.21 on a CPU does not start
    at the first cell, against its own 2-D results and against the definition in loops."""
    if len(geometry["sizes"]) < 3:
        return geometry["strides"]
    return tuple(min(s, k) for s, k in zip(geometry["strides"], geometry["window_size"]))
