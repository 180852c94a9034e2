"""The arithmetic of shapes: how many positions a kernel takes, how much padding is added.

Every function here speaks of one axis; a picture has two, and each is computed by itself.
Source: Dumoulin & Visin, "A guide to convolution arithmetic for deep learning", 2016;
"same" as Keras and TensorFlow compute it.
"""

import operator

__all__ = ["output_size", "padding_amounts"]


def output_size(size, kernel_size, stride=1, padding="valid", dilation=1):
    """Number of positions that a kernel takes along one axis.

    Parameters
    ----------
    size : int
        Length of the input along the axis, in pixels.
    kernel_size : int
        Length of the kernel along the axis, in pixels.
    stride : int
        Step from one position to the next, in pixels.
    padding : "valid", "same", int, or (int, int)
        "valid" adds nothing; "same" adds what `padding_amounts` says; an int is added on both
        sides; a pair is added (before, after).
    dilation : int
        Step from one kernel element to the next; 1 leaves no gaps.

    Returns
    -------
    int
        (size + before + after − dilation·(kernel_size − 1) − 1) // stride + 1

    Raises
    ------
    ValueError
        If the (dilated) kernel is longer than the padded input, or an argument is out of range.

    >>> output_size(5, 3)
    3
    >>> output_size(5, 3, stride=2)
    2
    >>> output_size(5, 3, stride=2, padding="same")
    3
    """
    before, after = padding_amounts(size, kernel_size, stride, padding, dilation)
    padded = before + size + after
    extent = dilation * (kernel_size - 1) + 1
    if extent > padded:
        dilated = f" (dilated by {dilation}: {extent} long)" if dilation > 1 else ""
        added = f" ({size} and {before + after} of padding)" if before + after else ""
        raise ValueError(
            f"`kernel_size` {kernel_size}{dilated} is longer than the input, {padded} long{added}. "
            f"Use a kernel of at most {(padded - 1) // dilation + 1}, or padding='same'."
        )
    return (padded - extent) // stride + 1


def padding_amounts(size, kernel_size, stride=1, padding="valid", dilation=1):
    """How many cells are added (before, after) along one axis.

    Takes the same arguments as `output_size`. "same" makes the output ceil(size / stride) long,
    and adds only what that needs. When the amount is odd the extra cell goes *after*, so the
    padding is not symmetric: with an even kernel, and often with a stride above 1.

    >>> padding_amounts(5, 3, padding="same")
    (1, 1)
    >>> padding_amounts(6, 3, stride=2, padding="same")
    (0, 1)
    >>> padding_amounts(5, 2, padding="same")
    (0, 1)
    """
    size = whole_number("size", size, at_least=1)
    kernel_size = whole_number("kernel_size", kernel_size, at_least=1)
    stride = whole_number("stride", stride, at_least=1)
    dilation = whole_number("dilation", dilation, at_least=1)
    if isinstance(padding, str):
        if padding.lower() == "valid":
            return 0, 0
        if padding.lower() == "same":
            positions = -(-size // stride)
            reach = (positions - 1) * stride + dilation * (kernel_size - 1) + 1
            total = max(reach - size, 0)
            return total // 2, total - total // 2
        raise ValueError(f"`padding` must be 'valid', 'same' or amounts such as 1 or (1, 2); got {padding!r}.")
    if isinstance(padding, (tuple, list)):
        if len(padding) != 2:
            raise ValueError(f"`padding` along one axis is an int or a pair (before, after); got {padding!r}.")
        before, after = padding
    else:
        before = after = padding
    return whole_number("padding", before, at_least=0), whole_number("padding", after, at_least=0)


def whole_number(name, value, at_least):
    """`value` as a Python int, or an error that names the argument."""
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"`{name}` must be a whole number; got {value!r}.") from None
    if number < at_least:
        raise ValueError(f"`{name}` must be at least {at_least}; got {number}.")
    return number
