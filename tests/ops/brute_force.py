"""The definitions, written as loops over single numbers. Slow, and hard to get wrong."""

import itertools

import numpy as np

from cnnlab.arithmetic import output_size, padding_amounts


def positions(sizes, window_size, strides, padding, dilation_rate):
    """For each output position: the list of (offset in the window, cell of the input or None in the padding)."""
    axes = list(zip(sizes, window_size, strides, padding, dilation_rate))
    befores = [padding_amounts(*of_axis)[0] for of_axis in axes]
    for position in itertools.product(*(range(output_size(*of_axis)) for of_axis in axes)):
        cells = []
        for offset in itertools.product(*map(range, window_size)):
            cell = tuple(p * s + o * d - b for p, s, o, d, b in zip(position, strides, offset, dilation_rate, befores))
            inside = all(0 <= c < size for c, size in zip(cell, sizes))
            cells.append((offset, cell if inside else None))
        yield position, cells


def output_shape(sizes, window_size, strides, padding, dilation_rate):
    return tuple(output_size(*of_axis) for of_axis in zip(sizes, window_size, strides, padding, dilation_rate))


def conv(inputs, kernel, strides, padding, dilation_rate):
    sizes, kernel_size, filters = inputs.shape[1:-1], kernel.shape[:-2], kernel.shape[-1]
    of_one_filter = filters // (inputs.shape[-1] // kernel.shape[-2])
    geometry = (sizes, kernel_size, strides, padding, dilation_rate)
    output = np.zeros((len(inputs), *output_shape(*geometry), filters))
    for position, cells in positions(*geometry):
        for n, f, (offset, cell) in itertools.product(range(len(inputs)), range(filters), cells):
            if cell is None:
                continue
            first = (f // of_one_filter) * kernel.shape[-2]
            for c in range(kernel.shape[-2]):
                output[(n, *position, f)] += float(inputs[(n, *cell, first + c)]) * float(kernel[(*offset, c, f)])
    return output


def pool(reduce, inputs, pool_size, strides, padding):
    sizes, rank = inputs.shape[1:-1], inputs.ndim - 2
    geometry = (sizes, pool_size, strides, padding, (1,) * rank)
    output = np.zeros((len(inputs), *output_shape(*geometry), inputs.shape[-1]))
    for position, cells in positions(*geometry):
        for n, c in itertools.product(range(len(inputs)), range(inputs.shape[-1])):
            output[(n, *position, c)] = reduce([float(inputs[(n, *cell, c)]) for _, cell in cells if cell is not None])
    return output
