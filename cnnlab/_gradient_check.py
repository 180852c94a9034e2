"""Is a gradient right? Nudge every number a little, and see. (Its public name is `cnnlab.gradient_check`.)"""

from typing import NamedTuple

import numpy as np

_STEP = 1e-5  # the error of a central difference grows with step², that of rounding with 1 / step: this is between
_SMALL_STEP = 1e-7  # for a second look where the slopes to the left and to the right disagree
_DISAGREE = 1e-3  # by how much they do at a kink, relative to the larger one
_ROUNDING = 32 * np.finfo(np.float64).eps  # in one output of f, relative to the largest


class GradientCheck(NamedTuple):
    """What `gradient_check` found. Lists hold one array for each array that was checked, of its shape."""

    ok: bool  # the gradient is right wherever it could be checked
    largest_error: float  # relative: |numerical − analytic| / the larger of the two
    where: tuple  # (which array, index in it) of the largest error
    kinks: int  # how many numbers lie on a kink of f, where there is no one slope to compare with
    outside: int  # how many of those have a gradient that is not even between the slopes on the two sides
    numerical: list
    analytic: list
    errors: list  # NaN at a kink

    def __repr__(self):
        size = sum(errors.size for errors in self.errors)
        place = f", array {self.where[0]} at {self.where[1]}" if self.where else ""
        verdict = "ok" if self.ok else "WRONG" if self.where or self.outside else "nothing checked"
        lines = [
            f"gradient_check: {verdict}",
            f"  {size - self.kinks} of {size} numbers checked; largest relative error {self.largest_error:.2g}{place}",
        ]
        if self.where and not self.ok:
            numerical, analytic = (arrays[self.where[0]][self.where[1]] for arrays in (self.numerical, self.analytic))
            lines.append(f"  there: numerical {numerical:.9g}, f_grad {analytic:.9g}")
        if self.kinks:
            who = f"{self.outside} of them not" if self.outside else "each"
            lines.append(f"  {self.kinks} on a kink of f, {who} between the two slopes")
        if size and self.kinks == size:
            lines.append("  every number lies on a kink, so nothing could be checked: take other arrays")
        return "\n".join(lines)


def gradient_check(f, f_grad, *arrays, tolerance=1e-5, seed=0):
    """Comparison of a gradient with what small steps of `f` say, number by number, in float64.

    Parameters
    ----------
    f : function
        f(*arrays) -> array (or one number). It must keep float64, and give the same result when called twice.
    f_grad : function
        f_grad(grad, *arrays) -> the gradient by each array, as a tuple, or just it if there is one
        array. `grad`, of the shape of the result, is the gradient by it; it is drawn at random.
    *arrays
        Where to look. Every number in them is moved, by 1e-5 of itself or at least 1e-5: take small
        arrays of numbers around 1.
    tolerance : float
        The largest relative error that is still right.
    seed : int
        For `grad`.

    Returns
    -------
    GradientCheck
        With `ok`, `largest_error`, `where`, `numerical`, `analytic` and more; it prints as a short report.

    The slope is (f(x + h) − f(x − h)) / 2h, in every output of `f`. Where the slopes to the left and
    to the right disagree, however small the step, `f` has a kink (relu at 0, a tie in max pooling):
    there is no one gradient to compare with. Such numbers are counted, and the gradient has to lie
    between the two slopes. When all numbers are like that, the check is not ok.

    >>> import cnnlab
    >>> cnnlab.gradient_check(cnnlab.ops.relu, cnnlab.ops.relu_grad, [-1.0, 0.0, 2.0])
    gradient_check: ok
      2 of 3 numbers checked; largest relative error 0, array 0 at (0,)
      1 on a kink of f, each between the two slopes
    >>> cnnlab.gradient_check(np.square, lambda grad, x: 3 * grad * x, [1.0, 2.0]).ok
    False
    """
    arrays = [np.array(a, np.float64) for a in arrays]
    if not sum(array.size for array in arrays):
        raise ValueError("The arrays hold no numbers, so there is nothing to check.")
    output = _call(f, arrays)
    if not np.isfinite(output).all():
        raise ValueError("`f` gave NaN or infinity for these arrays: there is no slope there.")
    if not np.array_equal(output, _call(f, arrays)):
        raise ValueError("`f` gave two different results for the same arrays. If it draws at random, fix its seed.")
    grad = np.random.default_rng(seed).normal(size=output.shape)
    analytic = _analytic(f_grad, grad, arrays)

    numerical, errors, outside = [], [], 0
    for array, gradient in zip(arrays, analytic):
        numerical.append(np.empty_like(array))
        errors.append(np.full(array.shape, np.nan))
        for index in np.ndindex(array.shape):
            left, right, noise, kink = _slopes(f, arrays, array, index, output)
            slope = numerical[-1][index] = ((left + right) / 2 * grad).sum()
            noise = np.linalg.norm((noise * grad)[(left != 0) | (right != 0)])
            if kink:
                low, high = np.minimum(left * grad, right * grad).sum(), np.maximum(left * grad, right * grad).sum()
                slack = noise + tolerance * max(abs(low), abs(high))
                outside += not low - slack <= gradient[index] <= high + slack
            else:
                errors[-1][index] = _relative_error(slope, gradient[index], noise / tolerance)
    return _result(numerical, analytic, errors, outside, tolerance)


def _call(f, arrays):
    output = np.asarray(f(*(array.copy() for array in arrays)))  # copies, in case f writes into its arguments
    if output.dtype != np.float64:
        raise TypeError(f"`f` must give float64 for float64 arrays; got {output.dtype}, too coarse for small steps.")
    return output


def _analytic(f_grad, grad, arrays):
    """What f_grad says, as a list with one array for each, of the right shapes."""
    gradients = f_grad(grad.copy(), *(array.copy() for array in arrays))
    gradients = gradients if isinstance(gradients, (tuple, list)) else (gradients,)
    if len(gradients) != len(arrays):
        raise ValueError(f"`f_grad` must give one gradient for each of the {len(arrays)} arrays; got {len(gradients)}.")
    for i, (gradient, array) in enumerate(zip(gradients, arrays)):
        if np.shape(gradient) != array.shape:
            raise ValueError(
                f"`f_grad` gave a gradient of shape {np.shape(gradient)} for array {i}, whose shape is {array.shape}."
            )
    return [np.array(gradient, np.float64) for gradient in gradients]


def _slopes(f, arrays, array, index, output):
    """The slopes of every output to the left and to the right, their error by rounding, and whether there is a kink."""
    gaps = []
    for step in (_STEP, _SMALL_STEP):
        step *= max(1, abs(array[index]))
        left, right = _slope(f, arrays, array, index, output, -step), _slope(f, arrays, array, index, output, step)
        noise = _ROUNDING * np.abs(output).max() / step
        gaps.append(np.abs(left - right))
        apart = gaps[-1] > _DISAGREE * np.maximum(np.abs(left), np.abs(right)) + 2 * noise
        if not apart.any():
            break
    # What is only curved comes together as the step shrinks; a kink does not.
    return left, right, noise, (apart & (gaps[-1] > gaps[0] / 10)).any()


def _slope(f, arrays, array, index, output, step):
    here = array[index]
    array[index] = here + step
    step = array[index] - here  # what the step is after rounding
    try:
        return (_call(f, arrays) - output) / step
    finally:
        array[index] = here


def _relative_error(slope, gradient, smallest):
    """Relative to the larger of the two, or to the smallest number that rounding lets us see at all."""
    error = abs(slope - gradient) / max(abs(slope), abs(gradient), smallest, np.finfo(np.float64).tiny)
    return error if np.isfinite(error) else np.inf


def _result(numerical, analytic, errors, outside, tolerance):
    kinks = sum(int(np.isnan(e).sum()) for e in errors)
    largest, where = 0.0, None
    for i, e in enumerate(errors):
        if not np.isnan(e).all():
            index = np.unravel_index(np.nanargmax(e), e.shape)
            if where is None or e[index] > largest:
                largest, where = float(e[index]), (i, tuple(map(int, index)))
    ok = where is not None and largest <= tolerance and not outside
    return GradientCheck(ok, largest, where, kinks, int(outside), numerical, analytic, errors)
