"""The exercises of lesson 13: inverted dropout, max-norm, and when early stopping stops."""

import numpy as np

from .engine import Exercise


def dropout(x, rate, random):
    """x with 0 where `random` is below `rate`; what is kept is divided by 1 − rate."""
    return np.where(random < rate, 0, x) / (1 - rate)


def max_norm(kernel, c):
    """Columns that are longer than c, shrunk to length c; the others as they are."""
    lengths = np.sqrt(np.sum(kernel**2, axis=0))
    return kernel * (c / np.maximum(lengths, c))


def early_stop(losses, patience, min_delta):
    """(the last epoch that is run, the best one), counted from 1, as Keras's EarlyStopping finds them."""
    lowest, best = float("inf"), 0
    for epoch, loss in enumerate(losses, start=1):
        if loss < lowest - min_delta:
            lowest, best = loss, epoch
        elif epoch - best >= patience:
            break
    return epoch, best


def _batches(rng):
    for n, units, rate in [(1, 2, 0.5), (2, 2, 0.25), (1, 4, 0.75), (3, 5, 0.2), (20, 30, 0.4)]:
        x = rng.choice([-1, 1], (n, units)) * rng.uniform(0.5, 3, (n, units))
        yield x, rate, rng.random((n, units))


def _kernels(rng):
    for inputs, units, c in [(2, 2, 1.5), (3, 2, 1.0), (2, 4, 2.0), (5, 3, 0.8), (30, 20, 4.0)]:
        kernel = rng.normal(size=(inputs, units))
        lengths = np.sqrt((kernel**2).sum(axis=0))
        # Half of the columns too long, half of them not.
        yield kernel / lengths * rng.permutation(np.linspace(0.4, 1.8, units)) * c, c
    yield np.array([[0.0, 3.0], [0.0, -4.0]]), 2.0


def _losses(rng):
    # Whole multiples of 1/64, so that "lower by exactly min_delta" occurs, and is exact.
    for length in (2, 4, 6, 10, 15, 25):
        for min_delta in (0, 2 / 64, 4 / 64):
            falling = np.linspace(60, 30, length) + rng.integers(-8, 9, length)
            yield (falling.round() / 64).tolist(), int(rng.integers(1, 5)), min_delta


# dropout -------------------------------------------------------------------------------------

drop = Exercise(
    reference=dropout,
    task=(
        "x and random are arrays of shape (n, units). Return x with 0 wherever random is below rate. "
        "Divide what is kept by 1 − rate."
    ),
    telling=(
        np.array([[1.0, -2.0, 3.0, 0.5], [4.0, 0.2, -1.0, 2.0]]),
        0.25,
        np.array([[0.9, 0.1, 0.3, 0.6], [0.2, 0.7, 0.8, 0.4]]),
    ),
    probes=_batches,
    hints=[
        "keep = random >= rate is an array of True and False, which count as 1 and 0.",
        "x * keep has the zeros. Its sum is too small, on average by the factor 1 − rate.",
        "So return x * keep / (1 - rate).",
    ],
    remark="The scaling happens here, in training. So there is nothing to do at test time: x stays as it is.",
)


@drop.misconception("what is kept is not scaled", "Divide it by 1 − rate, so that sums stay the same on average.")
def not_scaled(x, rate, random):
    return x * (random >= rate)


@drop.misconception("what is kept is made smaller", "It has to make up for what is missing: divide by 1 − rate.")
def made_smaller(x, rate, random):
    return x * (random >= rate) * (1 - rate)


@drop.misconception("what is kept is divided by rate", "The share that is kept is 1 − rate. Divide by that.")
def divided_by_rate(x, rate, random):
    return x * (random >= rate) / rate


@drop.misconception(
    "rate is taken for the share that is kept",
    "In Keras it is the share that is *dropped*. Only old code has keep_prob.",
)
def rate_is_kept(x, rate, random):
    return x * (random < rate) / rate


@drop.misconception("the wrong ones are kept", "Zeros go where random is *below* rate.")
def wrong_ones(x, rate, random):
    return x * (random < rate) / (1 - rate)


@drop.misconception(
    "x is dropped where random is above 1 − rate",
    "That is the right share, and would do for a network. Here drop where random is *below* rate.",
)
def from_above(x, rate, random):
    return x * (random < 1 - rate) / (1 - rate)


@drop.misconception("small numbers of x are dropped", "Compare random with rate, not x.")
def by_size(x, rate, random):
    return x * (x >= rate) / (1 - rate)


@drop.misconception("all examples lose the same units", "random has a number for each example and unit. Use all of it.")
def the_same_for_all(x, rate, random):
    return x * (random[0] >= rate) / (1 - rate)


@drop.misconception(
    "it is scaled so that this very sum stays the same", "Divide by 1 − rate. Only the mean over many draws is kept."
)
def sum_kept(x, rate, random):
    kept = x * (random >= rate)
    return kept * x.sum() / kept.sum()


@drop.misconception("the mask is returned", "Multiply x by it.")
def mask(x, rate, random):
    return (random >= rate).astype(float)


# max_norm ------------------------------------------------------------------------------------

norm = Exercise(
    reference=max_norm,
    task=(
        "kernel has shape (inputs, units): column j holds the weights of unit j. The length of a column is the "
        "square root of the sum of its squares. Shrink each column that is longer than c to length c, and leave "
        "the others."
    ),
    telling=(np.array([[3.0, 0.3, -1.0], [4.0, 0.4, 2.0]]), 1.5),
    probes=_kernels,
    hints=[
        "lengths = np.sqrt(np.sum(kernel**2, axis=0)) is one number for each column.",
        "A column longer than c is multiplied by c / its length, any other by 1.",
        "That is kernel * (c / np.maximum(lengths, c)). No division by 0, if a column is all zeros.",
    ],
    remark="Keras: kernel_constraint=keras.constraints.MaxNorm(c). It is done after each step of the optimizer.",
)


@norm.misconception("rows are measured", "The weights that go into one unit are a column: sum along axis 0.")
def rows_measured(kernel, c):
    return max_norm(kernel.T, c).T


@norm.misconception("the whole kernel is measured at once", "Each column has a length of its own: axis=0.")
def whole_kernel(kernel, c):
    return kernel * (c / max(np.sqrt(np.sum(kernel**2)), c))


@norm.misconception("short columns are stretched to length c", "Only columns longer than c change.")
def stretched(kernel, c):
    return kernel * (c / np.sqrt(np.sum(kernel**2, axis=0)))


@norm.misconception("each weight is cut to −c … c", "That changes the direction of the column. Shrink it as a whole.")
def cut(kernel, c):
    return np.clip(kernel, -c, c)


@norm.misconception("the square root is missing", "The length is the root of the sum of squares.")
def no_root(kernel, c):
    return kernel * (c / np.maximum(np.sum(kernel**2, axis=0), c))


@norm.misconception(
    "the sizes of the weights are added up", "The length is the root of the sum of squares, as for an arrow."
)
def sizes_added(kernel, c):
    return kernel * (c / np.maximum(np.sum(np.abs(kernel), axis=0), c))


@norm.misconception("the largest weight counts as the length", "The length is the root of the sum of squares.")
def largest(kernel, c):
    return kernel * (c / np.maximum(np.max(np.abs(kernel), axis=0), c))


@norm.misconception(
    "a column of zeros is divided by its length", "0 / 0 is not a number. Let it be: c / np.maximum(lengths, c)."
)
def zeros_divided(kernel, c):
    lengths = np.sqrt(np.sum(kernel**2, axis=0))
    return kernel / lengths * np.minimum(lengths, c)


# early_stop ----------------------------------------------------------------------------------

stop = Exercise(
    reference=early_stop,
    task=(
        "losses is a list of validation losses, one for each epoch. A loss is an improvement when it is below the "
        "last improvement's loss by more than min_delta; the first one always is. Training ends with the epoch that "
        "is the patience-th in a row without an improvement, or else with the last. Return two numbers, counted "
        "from 1: that epoch, and the epoch of the last improvement."
    ),
    telling=(
        [
            1,
            0.90625,
            0.84375,
            0.9375,
            0.8125,
            0.8125,
            0.75,
            0.59375,
            0.625,
            0.65625,
            0.53125,
            0.53125,
            0.65625,
            0.53125,
        ],
        3,
        0.0625,
    ),
    probes=_losses,
    hints=[
        "Go through the epochs with enumerate(losses, start=1), and remember two things: the loss and the number of "
        "the last improvement.",
        "An improvement is loss < lowest - min_delta. Otherwise look how long ago the last one was: epoch - best.",
        "if loss < lowest - min_delta: lowest, best = loss, epoch. elif epoch - best >= patience: break. After the "
        "loop return epoch, best.",
    ],
    remark="Keras asks exactly this. Its own numbers, stopped_epoch and best_epoch, are counted from 0.",
)


@stop.misconception("epochs are counted from 0", "The first epoch is epoch 1.")
def counted_from_zero(losses, patience, min_delta):
    last, best = early_stop(losses, patience, min_delta)
    return last - 1, best - 1


@stop.misconception("training ends after patience epochs in all", "Only epochs without an improvement count.")
def in_all(losses, patience, min_delta):
    return early_stop(losses[:patience], len(losses), min_delta)


@stop.misconception("the count goes on after an improvement", "Each improvement sets it back: patience counts a row.")
def never_set_back(losses, patience, min_delta):
    lowest, best, wait = float("inf"), 0, 0
    for epoch, loss in enumerate(losses, start=1):
        if loss < lowest - min_delta:
            lowest, best = loss, epoch
        else:
            wait += 1
            if wait >= patience:
                break
    return epoch, best


@stop.misconception("a loss is compared with the epoch before", "Compare it with the last improvement's loss.")
def with_the_epoch_before(losses, patience, min_delta):
    best = 1
    for epoch in range(2, len(losses) + 1):
        if losses[epoch - 1] < losses[epoch - 2] - min_delta:
            best = epoch
        elif epoch - best >= patience:
            return epoch, best
    return len(losses), best


@stop.misconception("min_delta is not used", "A loss that is lower by min_delta or less is no improvement.")
def without_min_delta(losses, patience, min_delta):
    return early_stop(losses, patience, 0)


@stop.misconception("lower by exactly min_delta is enough", "By *more* than min_delta, as in Keras.")
def exactly_is_enough(losses, patience, min_delta):
    return early_stop(losses, patience, min_delta - 1e-9)


@stop.misconception(
    "a loss that is a little lower becomes the new mark",
    "One that is no improvement changes nothing. So several small steps can add up to one.",
)
def mark_moves(losses, patience, min_delta):
    lowest, best = float("inf"), 0
    for epoch, loss in enumerate(losses, start=1):
        if loss < lowest - min_delta:
            best = epoch
        elif epoch - best >= patience:
            break
        lowest = min(lowest, loss)
    return epoch, best


@stop.misconception("training ends one epoch too late", "It ends *with* the patience-th epoch without improvement.")
def one_too_late(losses, patience, min_delta):
    return early_stop(losses, patience + 1, min_delta)


@stop.misconception(
    "the lowest loss is taken for the best epoch", "The lowest loss may be lower by too little to be an improvement."
)
def lowest_of_all(losses, patience, min_delta):
    last, _ = early_stop(losses, patience, min_delta)
    return last, int(np.argmin(losses[:last])) + 1


@stop.misconception("the two numbers are swapped", "First the epoch that training ends with, then the best one.")
def swapped(losses, patience, min_delta):
    return early_stop(losses, patience, min_delta)[::-1]


@stop.misconception("training goes on to the last epoch", "It ends when patience is used up.")
def to_the_end(losses, patience, min_delta):
    return len(losses), early_stop(losses, len(losses), min_delta)[1]
