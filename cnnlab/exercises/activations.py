"""The exercises of lesson 05: a gradient by hand, softmax without overflow, cross-entropy from logits."""

import numpy as np

from .engine import Exercise


def leaky_gradient(grad, x, slope):
    """Gradient of a leaky ReLU by its input x: `grad` where x > 0, slope · `grad` elsewhere."""
    return np.where(x > 0, grad, slope * grad)


def stable_softmax(logits):
    """Each row of (n, classes) as positive numbers that sum to one, with no overflow."""
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    powers = np.exp(shifted)
    return powers / np.sum(powers, axis=1, keepdims=True)


def cross_entropy(labels, logits):
    """Minus the log of the probability that softmax gives to the right class, a number for each row."""
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    log_sums = np.log(np.sum(np.exp(shifted), axis=1))
    return log_sums - shifted[np.arange(len(labels)), labels]


def _without_zero(rng, shape):
    return rng.integers(1, 9, shape) / 2 * rng.choice([-1, 1], shape)


def _gradients(rng):
    for shape in [(1,), (2,), (4,), (2, 3), (3, 2, 2)]:
        yield _without_zero(rng, shape), _without_zero(rng, shape), int(rng.integers(1, 6)) / 10
    yield _without_zero(rng, (5,)), _without_zero(rng, (5,)), 0.0


def _logits(rng):
    for shape in [(1, 2), (2, 2), (2, 3), (3, 4), (6, 5)]:
        yield (rng.integers(-6, 7, shape) / 2,)
    # Far beyond what e^x can hold, also in float64. The rows lie far apart.
    yield (rng.integers(-6, 7, (3, 4)) / 2 + np.array([[900.0], [0], [-2000]]),)


def _labels_and_logits(rng):
    for (logits,) in _logits(rng):
        yield rng.integers(0, logits.shape[1], len(logits)), logits


# leaky_gradient ------------------------------------------------------------------------------

gradient = Exercise(
    reference=leaky_gradient,
    task=(
        "A leaky ReLU returns x where x is positive and slope * x elsewhere. `grad` is the gradient of the loss by "
        "its output. Return the gradient of the loss by x: an array of the same shape."
    ),
    telling=(np.array([4.0, -2, 3, -1, 0.5, 6]), np.array([2.0, 3, -1, -4, -0.5, 1.5]), 0.1),
    probes=_gradients,
    hints=[
        "When x grows by a little, how much does slope * x grow? And x itself?",
        "The slope of the function is 1 where x > 0, and `slope` elsewhere. The chain rule multiplies it with grad.",
        "np.where(condition, a, b) takes numbers from a where the condition is true, else from b. Here it is x > 0.",
    ],
    remark="The sign of x decides, not that of grad: x went into the function, grad comes back from the loss.",
)


@gradient.misconception(
    "the gradient that comes from the loss is forgotten", "That is the slope of the function. Multiply it with grad."
)
def grad_forgotten(grad, x, slope):
    return np.where(x > 0, 1, slope)


@gradient.misconception("the function's value is returned", "Return its slope (1 or `slope`), multiplied with grad.")
def value_returned(grad, x, slope):
    return np.where(x > 0, x, slope * x)


@gradient.misconception(
    "grad is multiplied with the function's value", "Multiply it with the function's slope: 1 or `slope`."
)
def value_for_slope(grad, x, slope):
    return grad * np.where(x > 0, x, slope * x)


@gradient.misconception("the sign of grad decides, and not that of x", "x went into the function: ask for x > 0.")
def sign_of_grad(grad, x, slope):
    return np.where(grad > 0, grad, slope * grad)


@gradient.misconception(
    "nothing comes back where x is negative, as in a plain ReLU", "There the slope is not 0 but `slope`."
)
def plain_relu(grad, x, slope):
    return np.where(x > 0, grad, 0)


@gradient.misconception("the two sides are swapped", "The slope is 1 where x is positive, and `slope` elsewhere.")
def sides_swapped(grad, x, slope):
    return np.where(x > 0, slope * grad, grad)


@gradient.misconception("grad is multiplied with `slope` everywhere", "Where x is positive, the slope is 1.")
def slope_everywhere(grad, x, slope):
    return slope * grad


@gradient.misconception(
    "the slope is taken to be negative where x is negative", "There the function is slope * x, and it still rises."
)
def falling_side(grad, x, slope):
    return np.where(x > 0, grad, -slope * grad)


@gradient.misconception("grad is handed back as it came", "Where x is negative, multiply it with `slope`.")
def unchanged(grad, x, slope):
    return grad.copy()


# stable_softmax ------------------------------------------------------------------------------

_FAR_APART = np.array([[1, 2, 0.5], [1000, 1001, 999], [-1000, -1002, -1001], [0, 800, -800]])

shares = Exercise(
    reference=stable_softmax,
    task=(
        "Return the softmax of each row of an array of shape (n, classes): e^x of each number, divided by the sum of "
        "these over its row. It must work for rows such as [1000, 1001] too, where e^x overflows."
    ),
    telling=(_FAR_APART,),
    probes=_logits,
    hints=[
        "The same number subtracted from a whole row does not change its softmax. Which number keeps e^x small?",
        "Subtract the largest number of each row, np.max(logits, axis=1, keepdims=True). No power is above 1 then.",
        "Take np.exp of that, and divide by np.sum(powers, axis=1, keepdims=True).",
    ],
    remark="keepdims=True leaves shape (n, 1), so that each row meets its own largest number and its own sum.",
)


@shares.misconception(
    "nothing is subtracted before np.exp",
    "e^1000 is too large for any float: infinity / infinity is NaN. Subtract the largest number of each row first.",
)
def overflow(logits):
    powers = np.exp(logits)
    return powers / powers.sum(axis=1, keepdims=True)


@shares.misconception(
    "the largest number of all rows is subtracted",
    "A row far below it becomes e^-1000 = 0 everywhere, and 0 / 0 is NaN. Each row has a largest number: axis=1.",
)
def largest_of_all_rows(logits):
    return overflow(logits - logits.max())


@shares.misconception(
    "the mean of each row is subtracted", "One number of the row can still be large. Subtract the largest."
)
def mean_subtracted(logits):
    return overflow(logits - logits.mean(axis=1, keepdims=True))


@shares.misconception(
    "the numbers are cut to a range", "1000 and 1001 then look the same. Subtract the largest number of each row."
)
def clipped(logits):
    return overflow(np.clip(logits, -500, 500))


@shares.misconception("the powers are divided by the sum of all rows", "Each row sums to one by itself: axis=1.")
def whole_batch(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum()


@shares.misconception("columns are taken in place of rows", "axis=1 runs along a row, over its classes.")
def columns(logits):
    return stable_softmax(logits.T).T


@shares.misconception("the powers are not divided by their sum", "Divide each row by its sum, so that it sums to one.")
def not_divided(logits):
    return np.exp(logits - logits.max(axis=1, keepdims=True))


@shares.misconception("the numbers themselves are divided by their sum", "Take np.exp first: then all are positive.")
def no_powers(logits):
    return logits / logits.sum(axis=1, keepdims=True)


@shares.misconception(
    "the largest number gets 1 and all others 0", "That is argmax. Softmax gives each class a share: e^x / sum."
)
def one_hot(logits):
    return np.eye(logits.shape[1])[logits.argmax(axis=1)]


@shares.misconception(
    "the largest number of a row is divided by, not subtracted", "Subtract it: that leaves the softmax as it is."
)
def divided_by_largest(logits):
    return overflow(logits / logits.max(axis=1, keepdims=True))


@shares.misconception("each number goes through a sigmoid by itself", "The numbers of a row share a sum: e^x / sum.")
def sigmoids(logits):
    return np.array([[stable_softmax(np.array([[x, 0]]))[0, 0] for x in row] for row in logits])


# cross_entropy -------------------------------------------------------------------------------

surprise = Exercise(
    reference=cross_entropy,
    task=(
        "labels holds the right class of each row of logits, which has shape (n, classes). Return an array of n "
        "numbers: minus the natural log of the probability that softmax gives to the right class. It must be "
        "right also where that probability is too small for a float."
    ),
    telling=(np.array([0, 2, 1, 2]), np.array([[1, 2, 0.5], [1000, 1001, 999], [-1000, -2002, -1001], [0, 1, 2]])),
    probes=_labels_and_logits,
    hints=[
        "Do not compute the probability first. The log of e^a / sum is a - log(sum).",
        "Subtract the largest number of each row, as in softmax; log_sums = np.log(np.sum(np.exp(shifted), axis=1)).",
        "The shifted logit of the right class of each row is shifted[np.arange(len(labels)), labels]. "
        "The loss is log_sums minus that.",
    ],
    remark="This is why losses have from_logits=True: the log and e^x cancel, and nothing is lost between them.",
)


@surprise.misconception(
    "softmax overflows before the log is taken",
    "Subtract the largest number of each row first, or better: log_sums - logit needs no softmax at all.",
)
def log_of_naive_softmax(labels, logits):
    return -np.log(_of_right_class(labels, overflow(logits)))


@surprise.misconception(
    "the log is taken of a probability that was rounded to 0",
    "log(0) is minus infinity. Take the log on paper first: log(e^a / sum) = a - log(sum).",
)
def log_of_rounded_softmax(labels, logits):
    return -np.log(_of_right_class(labels, stable_softmax(logits)))


@surprise.misconception(
    "a small number keeps the log from 0",
    "That hides the true loss: here it stops at 16. Take the log on paper first: log(e^a / sum) = a - log(sum).",
)
def kept_from_zero(labels, logits):
    return -np.log(np.maximum(_of_right_class(labels, stable_softmax(logits)), 1e-7))


@surprise.misconception(
    "a small number keeps the log from 0",
    "That hides the true loss: here it stops at 28. Take the log on paper first: log(e^a / sum) = a - log(sum).",
)
def kept_from_zero_by_less(labels, logits):
    return -np.log(np.maximum(_of_right_class(labels, stable_softmax(logits)), 1e-12))


@surprise.misconception("the minus sign is missing", "The log of a probability is negative; a loss is not.")
def no_minus(labels, logits):
    return -cross_entropy(labels, logits)


@surprise.misconception("the losses are averaged", "Return one number for each row; the mean comes later.")
def averaged(labels, logits):
    return np.mean(cross_entropy(labels, logits))


@surprise.misconception("the losses are added up", "Return one number for each row.")
def summed(labels, logits):
    return np.sum(cross_entropy(labels, logits))


@surprise.misconception(
    "the labels are ignored and the largest probability is taken",
    "Take the logit of the right class: labels says which.",
)
def most_likely_class(labels, logits):
    return cross_entropy(logits.argmax(axis=1), logits)


@surprise.misconception(
    "logits[:, labels] is used",
    "That gives n columns for each row. One class a row is [np.arange(len(labels)), labels].",
)
def all_pairs(labels, logits):
    return np.stack([cross_entropy(np.full(len(logits), label), logits) for label in labels], axis=1)


@surprise.misconception("the classes are added up", "Only the right class of each row counts.")
def all_classes(labels, logits):
    return np.sum([cross_entropy(np.full(len(logits), c), logits) for c in range(logits.shape[1])], axis=0)


@surprise.misconception("the log is forgotten", "That is the probability of the right class. Take minus its log.")
def probability(labels, logits):
    return _of_right_class(labels, stable_softmax(logits))


@surprise.misconception("softmax is forgotten", "Logits are not probabilities yet: log_sums is missing.")
def logit_only(labels, logits):
    return -_of_right_class(labels, logits)


@surprise.misconception("the log has base 10", "Take the natural log, np.log.")
def base_10(labels, logits):
    return cross_entropy(labels, logits) / np.log(10)


@surprise.misconception("the log has base 2", "Take the natural log, np.log.")
def base_2(labels, logits):
    return cross_entropy(labels, logits) / np.log(2)


# What several misconceptions share -----------------------------------------------------------


def _of_right_class(labels, rows):
    return rows[np.arange(len(labels)), labels]
