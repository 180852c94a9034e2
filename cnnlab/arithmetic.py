"""The arithmetic of shapes: how many positions a kernel takes, how far a network sees, what a layer costs.

Sizes, padding and receptive fields are those of one axis; a picture has two, and each is computed by itself.
Source: Dumoulin & Visin, "A guide to convolution arithmetic for deep learning", 2016;
"same" as Keras and TensorFlow compute it.
"""

import math
import numbers
import operator

from ._names import count, in_short

__all__ = ["multiply_adds", "output_size", "padding_amounts", "parameter_count", "receptive_field"]


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


def receptive_field(windows):
    """How far one output of a stack of layers sees along one axis: (size, stride), in pixels of the input.

    `size` pixels lie from the first to the last that can change one output; `stride` is the step
    from the field of one output to that of the next.

    Parameters
    ----------
    windows : list of (kernel_size, stride) or (kernel_size, stride, dilation)
        One entry for each convolution or pooling, from the input on. What works on each value by itself,
        such as an activation, is left out, or (1, 1).

    Padding does not change the size: near the edges, a part of the field lies on the padding.
    Source: Araujo, Norris & Sim, "Computing receptive fields of convolutional neural networks", Distill, 2019.

    Two 3 × 3 convolutions see as far as one of 5 × 5; a pooling between them makes the second see further:

    >>> receptive_field([(3, 1), (3, 1)])
    (5, 1)
    >>> receptive_field([(3, 1), (2, 2), (3, 1)])
    (8, 2)
    """
    size = step = 1
    for window in windows:
        if not isinstance(window, (tuple, list)) or len(window) not in (2, 3):
            raise ValueError(
                "`windows` must hold pairs (kernel_size, stride) or triples (kernel_size, stride, dilation); "
                f"got {window!r}."
            )
        names = ("kernel_size", "stride", "dilation")
        kernel_size, stride, dilation = (whole_number(*item, at_least=1) for item in zip(names, (*window, 1)))
        size += dilation * (kernel_size - 1) * step
        step *= stride
    return size, step


def parameter_count(kernel_size, channels, filters, use_bias=True, groups=1):
    """How many numbers a convolution or a dense layer learns.

    Parameters
    ----------
    kernel_size : int, or tuple of ints
        An int is the length of a 1-D kernel; a picture needs a pair, such as (3, 3); a dense layer has ().
    channels : int
        Channels of the input; for a dense layer, its length.
    filters : int
        Feature maps of the output; for a dense layer, its units.
    use_bias : bool
        Whether each filter adds a number of its own.
    groups : int
        Into how many parts the channels are split, each seen by its own filters. A depthwise
        convolution has groups=channels.

    Returns
    -------
    int
        (product of kernel_size · channels / groups + 1) · filters

    >>> parameter_count((3, 3), 1, 32)
    320
    >>> parameter_count((), 784, 10)
    7850
    """
    weights, filters = _weights(kernel_size, channels, filters, groups)
    return weights + filters * bool(use_bias)


def multiply_adds(kernel_size, channels, filters, positions=(), groups=1):
    """How often a layer multiplies by a weight, and adds the product, for one image.

    Each weight of a kernel is used once at each position. Biases, activations and pooling, which
    do not multiply by weights, are not counted.

    Parameters
    ----------
    kernel_size, channels, filters, groups
        As for `parameter_count`.
    positions : int, or tuple of ints
        Height and width of the output; () for a dense layer.

    >>> multiply_adds((3, 3), 1, 32, positions=(26, 26))
    194688
    >>> multiply_adds((), 784, 10)
    7840
    """
    weights, _ = _weights(kernel_size, channels, filters, groups)
    return weights * math.prod(_sizes("positions", positions))


def _weights(kernel_size, channels, filters, groups):
    """How many weights the kernels have, and the checked number of filters."""
    kernel_size = _sizes("kernel_size", kernel_size)
    channels = whole_number("channels", channels, at_least=1)
    filters = whole_number("filters", filters, at_least=1)
    groups = whole_number("groups", groups, at_least=1)
    if channels % groups or filters % groups:
        raise ValueError(
            f"`groups` must divide the {count(channels, 'channel')} and the {count(filters, 'filter')}; got {groups}."
        )
    return math.prod(kernel_size) * (channels // groups) * filters, filters


def _sizes(name, value):
    values = value if isinstance(value, (tuple, list)) else (value,)
    return [whole_number(name, size, at_least=1) for size in values]


def whole_number(name, value, at_least):
    """`value` as a Python int, or an error that names the argument."""
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"`{name}` must be a whole number; got {in_short(value)}.") from None
    if at_least is not None and number < at_least:
        raise ValueError(f"`{name}` must be at least {at_least}; got {in_short(number)}.")
    return number


def real_number(name, value, at_least=None, at_most=None, above=None, finite=True):
    """`value` as a Python float within these bounds, or an error that names the argument."""
    bounds = [
        f"above {above}" if above is not None else "",
        f"from {at_least}" + (f" to {at_most}" if at_most is not None else " up") if at_least is not None else "",
    ]
    wanted = f"`{name}` must be a number {' '.join(filter(None, bounds))}".rstrip()
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        value = value.item()  # a number of NumPy's
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{wanted}; got {in_short(value)}.")
    try:
        number = float(value)
    except OverflowError:
        raise ValueError(f"{wanted}; got {in_short(value)}.") from None
    too_small = (at_least is not None and number < at_least) or (above is not None and number <= above)
    if number != number or too_small or (at_most is not None and number > at_most):
        raise ValueError(f"{wanted}; got {value!r}.")
    if finite and math.isinf(number):
        raise ValueError(f"{wanted}, and finite; got {value!r}.")
    return number


def true_or_false(name, value):
    """`value` as a Python bool, or an error that names the argument."""
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        value = value.item()  # of NumPy
    if isinstance(value, (bool, int)) or type(value).__name__ in ("bool", "bool_"):  # NumPy's is either
        if value in (True, False):
            return bool(value)
    raise TypeError(f"`{name}` must be True or False; got {in_short(value)}.")


def one_of(name, value, known):
    """`value`, in small letters, if it is one of these words, else an error that lists them."""
    if isinstance(value, str) and value.lower() in known:
        return value.lower()
    *first, last = map(repr, known)
    raise ValueError(f"`{name}` must be {', '.join(first)} or {last}; got {in_short(value)}.")
