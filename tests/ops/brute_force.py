"""The definitions, written as loops over single numbers. Slow, and hard to get wrong."""

import itertools
import math

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


def each_axis(padding, rank):
    return (padding,) * rank if isinstance(padding, str) else padding


def conv(inputs, kernel, strides, padding, dilation_rate):
    sizes, kernel_size, filters = inputs.shape[1:-1], kernel.shape[:-2], kernel.shape[-1]
    of_one_filter = filters // (inputs.shape[-1] // kernel.shape[-2])
    geometry = (sizes, kernel_size, strides, each_axis(padding, len(sizes)), dilation_rate)
    output = np.zeros((len(inputs), *output_shape(*geometry), filters))
    for position, cells in positions(*geometry):
        for n, f, (offset, cell) in itertools.product(range(len(inputs)), range(filters), cells):
            if cell is None:
                continue
            first = (f // of_one_filter) * kernel.shape[-2]
            for c in range(kernel.shape[-2]):
                output[(n, *position, f)] += float(inputs[(n, *cell, first + c)]) * float(kernel[(*offset, c, f)])
    return output


def depthwise_conv(inputs, kernel, strides, padding, dilation_rate):
    sizes, (channels, multiplier) = inputs.shape[1:-1], kernel.shape[-2:]
    geometry = (sizes, kernel.shape[:-2], strides, each_axis(padding, len(sizes)), dilation_rate)
    output = np.zeros((len(inputs), *output_shape(*geometry), channels * multiplier))
    for position, cells in positions(*geometry):
        for n, c, m, (offset, cell) in itertools.product(*map(range, (len(inputs), channels, multiplier)), cells):
            if cell is not None:
                output[(n, *position, c * multiplier + m)] += inputs[(n, *cell, c)] * kernel[(*offset, c, m)]
    return output


def separable_conv(inputs, depthwise_kernel, pointwise_kernel, strides, padding, dilation_rate):
    between = depthwise_conv(inputs, depthwise_kernel, strides, padding, dilation_rate)
    mix = pointwise_kernel.reshape(pointwise_kernel.shape[-2:])
    output = np.zeros((*between.shape[:-1], mix.shape[1]))
    for index in np.ndindex(between.shape):
        for f in range(mix.shape[1]):
            output[(*index[:-1], f)] += between[index] * mix[index[-1], f]
    return output


def conv_transpose(inputs, kernel, strides, padding, output_padding, dilation_rate):
    """Each input lays the kernel, times itself, on the output; then the ends are cut off."""
    sizes, filters = inputs.shape[1:-1], kernel.shape[-2]
    rank = len(sizes)
    befores, lengths = [], []
    for i, (n, k, s, d) in enumerate(zip(sizes, kernel.shape[:-2], strides, dilation_rate)):
        extent, p, m = d * (k - 1) + 1, each_axis(padding, rank)[i], output_padding and output_padding[i]
        if p == "same":
            lengths.append(n * s if m is None else (n - 1) * s + extent % 2 + m)
            befores.append(max((n - 1) * s + extent - lengths[-1], 0) // 2)
        elif p == "valid":
            lengths.append((n - 1) * s + (max(extent, s) if m is None else extent + m))
            befores.append(0)
        else:
            lengths.append((n - 1) * s + extent - sum(p))
            befores.append(p[0])
    output = np.zeros((len(inputs), *lengths, filters))
    for n, *place, c in np.ndindex(inputs.shape):
        for *offset, f in itertools.product(*map(range, kernel.shape[:-1])):
            cell = [p * s + o * d - b for p, s, o, d, b in zip(place, strides, offset, dilation_rate, befores)]
            if all(0 <= x < length for x, length in zip(cell, lengths)):
                output[(n, *cell, f)] += inputs[(n, *place, c)] * kernel[(*offset, f, c)]
    return output


def pool(reduce, inputs, pool_size, strides, padding):
    sizes, rank = inputs.shape[1:-1], inputs.ndim - 2
    geometry = (sizes, pool_size, strides, each_axis(padding, rank), (1,) * rank)
    output = np.zeros((len(inputs), *output_shape(*geometry), inputs.shape[-1]))
    for position, cells in positions(*geometry):
        for n, c in itertools.product(range(len(inputs)), range(inputs.shape[-1])):
            output[(n, *position, c)] = reduce([float(inputs[(n, *cell, c)]) for _, cell in cells if cell is not None])
    return output


def mean(numbers):
    return sum(numbers) / len(numbers)


def weighted_mean(numbers):
    return sum(a * a for a in numbers) / sum(numbers)


def max_pool(inputs, **settings):
    return pool(max, inputs, **settings)


def average_pool(inputs, **settings):
    return pool(mean, inputs, **settings)


def sum_pool(inputs, **settings):
    return pool(sum, inputs, **settings)


def global_max_pool(inputs):
    return pool(max, inputs, inputs.shape[1:-1], (1,) * (inputs.ndim - 2), "valid").reshape(len(inputs), -1)


def global_average_pool(inputs):
    return pool(mean, inputs, inputs.shape[1:-1], (1,) * (inputs.ndim - 2), "valid").reshape(len(inputs), -1)


def one_by_one(function, x):
    return np.array([function(float(number)) for number in x.ravel()]).reshape(x.shape)


def line_by_line(function, axis, *arrays):
    """`function` of lists of numbers along `axis`, for each line of the arrays."""
    arrays = [np.moveaxis(a, axis, -1) for a in arrays]
    lines = zip(*(a.reshape(-1, a.shape[-1]).tolist() for a in arrays))
    return np.array([function(*line) for line in lines]), arrays[0].shape[:-1]


def relu(x):
    return one_by_one(lambda number: number if number > 0 else 0, x)


def leaky_relu(x, negative_slope=0.2):
    return one_by_one(lambda number: number if number > 0 else negative_slope * number, x)


def elu(x, alpha=1.0):
    return one_by_one(lambda number: number if number > 0 else alpha * math.expm1(number), x)


def logistic(number):
    return 1 / (1 + math.exp(-number)) if number > -700 else 0.0


def sigmoid(x):
    return one_by_one(logistic, x)


def tanh(x):
    return one_by_one(math.tanh, x)


def softplus(x):
    return one_by_one(lambda number: number if number > 700 else math.log1p(math.exp(number)), x)


def silu(x):
    return one_by_one(lambda number: number * logistic(number), x)


def celu(x, alpha=1.0):
    return one_by_one(lambda number: number if number > 0 else alpha * math.expm1(number / alpha), x)


def selu(x):
    scale, alpha = 1.0507009873554805, 1.6732632423543772
    return one_by_one(lambda number: scale * (number if number > 0 else alpha * math.expm1(number)), x)


def relu6(x):
    return one_by_one(lambda number: 0 if number < 0 else 6 if number > 6 else number, x)


def hard_logistic(number):
    return 0 if number < -3 else 1 if number > 3 else number / 6 + 0.5


def hard_sigmoid(x):
    return one_by_one(hard_logistic, x)


def hard_silu(x):
    return one_by_one(lambda number: number * hard_logistic(number), x)


def hard_tanh(x):
    return one_by_one(lambda number: -1 if number < -1 else 1 if number > 1 else number, x)


def tanh_shrink(x):
    return one_by_one(lambda number: number - math.tanh(number), x)


def log_sigmoid(x):
    return one_by_one(lambda number: number if number < -700 else -math.log1p(math.exp(-number)), x)


def softsign(x):
    return one_by_one(lambda number: number / (1 + abs(number)), x)


def gelu(x, approximate=True):
    def exact(number):
        return number * (1 + math.erf(number / math.sqrt(2))) / 2

    def approximation(number):
        return number * (1 + math.tanh(math.sqrt(2 / math.pi) * (number + 0.044715 * number**3))) / 2

    return one_by_one(approximation if approximate else exact, x)


def log_shares(line):
    largest = max(line)
    log_sum = largest + math.log(math.fsum(math.exp(number - largest) for number in line))
    return [number - log_sum for number in line]


def log_softmax(x, axis=-1):
    lines, shape = line_by_line(log_shares, axis, x)
    return np.moveaxis(lines.reshape(*shape, -1), -1, axis)


def softmax(x, axis=-1):
    return one_by_one(math.exp, log_softmax(x, axis))


def clip(number):
    return min(max(number, 1e-7), 1 - 1e-7)


def categorical_crossentropy(target, output, from_logits, axis):
    def cost(target, output):
        logs = log_shares(output) if from_logits else [math.log(clip(p / sum(output))) for p in output]
        return -sum(t * log for t, log in zip(target, logs))

    losses, shape = line_by_line(cost, axis, target, output)
    return losses.reshape(shape)


def sparse_categorical_crossentropy(target, output, from_logits):
    rows = output.reshape(-1, output.shape[-1]).tolist()
    losses = []
    for label, row in zip(target.ravel(), rows):
        logs = log_shares(row) if from_logits else [math.log(clip(p) / sum(map(clip, row))) for p in row]
        losses.append(-logs[label])
    return np.array(losses).reshape(output.shape[:-1])


def binary_crossentropy(target, output, from_logits):
    losses = []
    for t, p in zip(target.ravel().tolist(), output.ravel().tolist()):
        p = clip(logistic(p) if from_logits else p)
        losses.append(-t * math.log(p) - (1 - t) * math.log(1 - p))
    return np.array(losses).reshape(output.shape)


def batch_normalization(x, mean, variance, axis, epsilon, offset=None, scale=None):
    output = np.empty(x.shape)
    for index in np.ndindex(x.shape):
        c = index[axis]
        normal = (x[index] - mean[c]) / math.sqrt(variance[c] + epsilon)
        output[index] = normal * (1 if scale is None else scale[c]) + (0 if offset is None else offset[c])
    return output


def layer_normalization(x, axis, epsilon, gamma=None, beta=None):
    axes = [axis] if isinstance(axis, int) else axis
    groups = {}
    for index in np.ndindex(x.shape):
        groups.setdefault(tuple(i for a, i in enumerate(index) if a not in axes), []).append(index)
    output = np.empty(x.shape)
    for indices in groups.values():
        center = mean([x[index] for index in indices])
        variance = mean([(x[index] - center) ** 2 for index in indices])
        for index in indices:
            place = tuple(index[a] for a in axes)
            normal = (x[index] - center) / math.sqrt(variance + epsilon)
            output[index] = normal * (1 if gamma is None else gamma[place]) + (0 if beta is None else beta[place])
    return output


def one_hot(x, num_classes, axis, dtype):
    rows = [[int(label == c) for c in range(num_classes)] for label in x.ravel()]
    return np.moveaxis(np.array(rows, dtype or "float32").reshape(*x.shape, num_classes), -1, axis)
