"""Activation functions: element by element, except softmax and log_softmax, which look along an axis.

For every `f(x)` there is `f_grad(grad, x)`: the gradient of the loss by x, where `grad` is its
gradient by f(x), of the same shape.
"""

import math

import numpy as np

from ._arguments import as_float, as_grad, exact, one_number
from ._masks import keep

__all__ = [
    "celu",
    "celu_grad",
    "elu",
    "elu_grad",
    "gelu",
    "gelu_grad",
    "hard_sigmoid",
    "hard_sigmoid_grad",
    "hard_silu",
    "hard_silu_grad",
    "hard_tanh",
    "hard_tanh_grad",
    "leaky_relu",
    "leaky_relu_grad",
    "log_sigmoid",
    "log_sigmoid_grad",
    "log_softmax",
    "log_softmax_grad",
    "relu",
    "relu6",
    "relu6_grad",
    "relu_grad",
    "selu",
    "selu_grad",
    "sigmoid",
    "sigmoid_grad",
    "silu",
    "silu_grad",
    "softmax",
    "softmax_grad",
    "softplus",
    "softplus_grad",
    "softsign",
    "softsign_grad",
    "tanh",
    "tanh_grad",
    "tanh_shrink",
    "tanh_shrink_grad",
]


def relu(x):
    """max(x, 0): negative numbers become 0.

    >>> relu([-2, 0, 3])
    array([0., 0., 3.], dtype=float32)
    """
    return np.maximum(as_float("x", x), 0)


def relu_grad(grad, x):
    """`grad` where x > 0, else 0; at the kink, x = 0, it is 0 too.

    >>> relu_grad([5, 5, 5], [-2, 0, 3])
    array([0., 0., 5.], dtype=float32)
    """
    x = as_float("x", x)
    return keep(x > 0, as_grad(grad, x.shape, x.dtype))


def leaky_relu(x, negative_slope=0.2):
    """x where positive, negative_slope · x elsewhere.

    The default slope is that of `keras.ops.leaky_relu`; the layer `keras.layers.LeakyReLU` has 0.3.

    >>> leaky_relu([-10, 10])
    array([-2., 10.], dtype=float32)
    """
    x = as_float("x", x)
    return np.where(x > 0, x, x * x.dtype.type(one_number("negative_slope", negative_slope)))


def leaky_relu_grad(grad, x, negative_slope=0.2):
    """`grad` where x > 0, negative_slope · `grad` elsewhere.

    >>> leaky_relu_grad([5, 5], [-10, 10])
    array([1., 5.], dtype=float32)
    """
    x = as_float("x", x)
    grad = as_grad(grad, x.shape, x.dtype)
    return np.where(x > 0, grad, grad * x.dtype.type(one_number("negative_slope", negative_slope)))


def elu(x, alpha=1.0):
    """x where positive, alpha · (e^x − 1) elsewhere: bends towards −alpha, smoothly when alpha is 1.

    >>> elu([-100, 2])
    array([-1.,  2.], dtype=float32)
    """
    x = as_float("x", x)
    return np.where(x > 0, x, x.dtype.type(one_number("alpha", alpha)) * np.expm1(np.minimum(x, 0)))


def elu_grad(grad, x, alpha=1.0):
    """`grad` where x > 0, alpha · e^x · `grad` elsewhere.

    >>> elu_grad([5, 5], [-1000, 2])
    array([0., 5.], dtype=float32)
    """
    x = as_float("x", x)
    grad = as_grad(grad, x.shape, x.dtype)
    return np.where(x > 0, grad, grad * x.dtype.type(one_number("alpha", alpha)) * np.exp(np.minimum(x, 0)))


def relu6(x):
    """relu(x), but at most 6.

    >>> relu6([-2, 3, 9])
    array([0., 3., 6.], dtype=float32)
    """
    return np.clip(as_float("x", x), 0, 6)


def relu6_grad(grad, x):
    """`grad` where 0 < x < 6, else 0; at both kinks it is 0 too.

    >>> relu6_grad([5, 5, 5], [-2, 3, 9])
    array([0., 5., 0.], dtype=float32)
    """
    x = as_float("x", x)
    return keep((x > 0) & (x < 6), as_grad(grad, x.shape, x.dtype))


def celu(x, alpha=1.0):
    """x where positive, alpha · (e^(x / alpha) − 1) elsewhere: an elu that is smooth for every alpha.

    >>> celu([-100, 2], alpha=0.5)
    array([-0.5,  2. ], dtype=float32)
    """
    x = as_float("x", x)
    alpha = x.dtype.type(_not_zero("alpha", alpha))
    return np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0) / alpha)


def celu_grad(grad, x, alpha=1.0):
    """`grad` where x > 0, e^(x / alpha) · `grad` elsewhere.

    >>> celu_grad([5, 5], [-1000, 2])
    array([0., 5.], dtype=float32)
    """
    x = as_float("x", x)
    alpha = x.dtype.type(_not_zero("alpha", alpha))
    return as_grad(grad, x.shape, x.dtype) * np.exp(np.minimum(x, 0) / alpha)


# Klambauer et al., "Self-normalizing neural networks", 2017: with these, mean 0 and variance 1 stay what they are.
_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def selu(x):
    """1.0507 · elu(x, 1.6733): after many layers the numbers still have mean 0 and variance 1.

    >>> selu([-100, 2])
    array([-1.7580993,  2.101402 ], dtype=float32)
    """
    x = as_float("x", x)
    return elu(x, _SELU_ALPHA) * x.dtype.type(_SELU_SCALE)


def selu_grad(grad, x):
    """1.0507 · elu_grad(grad, x, 1.6733).

    >>> selu_grad([1, 1], [-1000, 2])
    array([0.      , 1.050701], dtype=float32)
    """
    x = as_float("x", x)
    return elu_grad(grad, x, _SELU_ALPHA) * x.dtype.type(_SELU_SCALE)


def sigmoid(x):
    """1 / (1 + e^−x): any number to between 0 and 1.

    e^−|x| never overflows, so the largest and smallest numbers are as safe as any other.

    >>> sigmoid([-1000, 0, 1000])
    array([0. , 0.5, 1. ], dtype=float32)
    """
    x = as_float("x", x)
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + small), small / (1 + small))


def sigmoid_grad(grad, x):
    """`grad` · s · (1 − s), where s = sigmoid(x).

    >>> sigmoid_grad([8, 8], [0, 1000])
    array([2., 0.], dtype=float32)
    """
    x = as_float("x", x)
    # 1 − sigmoid(x) is sigmoid(−x), which keeps its digits where s is close to 1.
    return as_grad(grad, x.shape, x.dtype) * sigmoid(x) * sigmoid(-x)


def log_sigmoid(x):
    """log(sigmoid(x)), without the loss of digits where sigmoid is close to 0.

    >>> log_sigmoid([-1000, 1000])
    array([-1000.,    -0.], dtype=float32)
    """
    return -softplus(-as_float("x", x))


def log_sigmoid_grad(grad, x):
    """`grad` · sigmoid(−x).

    >>> log_sigmoid_grad([4, 4], [0, 1000])
    array([2., 0.], dtype=float32)
    """
    x = as_float("x", x)
    return as_grad(grad, x.shape, x.dtype) * sigmoid(-x)


def hard_sigmoid(x):
    """x / 6 + 0.5, but at least 0 and at most 1: a sigmoid of three straight pieces.

    >>> hard_sigmoid([-9, 0, 9])
    array([0. , 0.5, 1. ], dtype=float32)
    """
    x = as_float("x", x)
    return np.clip(x / x.dtype.type(6) + x.dtype.type(0.5), 0, 1)


def hard_sigmoid_grad(grad, x):
    """`grad` / 6 where −3 < x < 3, else 0.

    >>> hard_sigmoid_grad([6, 6], [0, 9])
    array([1., 0.], dtype=float32)
    """
    x = as_float("x", x)
    return keep(np.abs(x) < 3, as_grad(grad, x.shape, x.dtype) / x.dtype.type(6))


def hard_silu(x):
    """x · hard_sigmoid(x), also called hard_swish.

    >>> hard_silu([-9, 0, 9])
    array([-0.,  0.,  9.], dtype=float32)
    """
    x = as_float("x", x)
    with np.errstate(invalid="ignore"):  # −inf · 0 is NaN, as in Keras
        return x * hard_sigmoid(x)


def hard_silu_grad(grad, x):
    """`grad` where x > 3, `grad` · (x / 3 + 0.5) where −3 < x < 3, 0 below.

    >>> hard_silu_grad([4, 4, 4], [-9, 0, 9])
    array([0., 2., 4.], dtype=float32)
    """
    x = as_float("x", x)
    inside = keep(np.abs(x) < 3, np.clip(x, -3, 3) / x.dtype.type(6))
    return as_grad(grad, x.shape, x.dtype) * (hard_sigmoid(x) + inside)


def tanh(x):
    """Hyperbolic tangent: any number to between −1 and 1.

    >>> tanh([0, 100])
    array([0., 1.], dtype=float32)
    """
    return np.tanh(as_float("x", x))


def tanh_grad(grad, x):
    """`grad` · (1 − tanh² x).

    >>> tanh_grad([3, 3], [0, 100])
    array([3., 0.], dtype=float32)
    """
    x = as_float("x", x)
    return as_grad(grad, x.shape, x.dtype) * (1 - np.tanh(x) ** 2)


def hard_tanh(x):
    """x, but at least −1 and at most 1.

    >>> hard_tanh([-9, 0.5, 9])
    array([-1. ,  0.5,  1. ], dtype=float32)
    """
    return np.clip(as_float("x", x), -1, 1)


def hard_tanh_grad(grad, x):
    """`grad` where −1 ≤ x ≤ 1, else 0.

    >>> hard_tanh_grad([5, 5], [0.5, 9])
    array([5., 0.], dtype=float32)
    """
    x = as_float("x", x)
    return keep(np.abs(x) <= 1, as_grad(grad, x.shape, x.dtype))


def tanh_shrink(x):
    """x − tanh(x): nearly 0 around 0.

    >>> tanh_shrink([0, 100])
    array([ 0., 99.], dtype=float32)
    """
    x = as_float("x", x)
    return x - np.tanh(x)


def tanh_shrink_grad(grad, x):
    """`grad` · tanh² x.

    >>> tanh_shrink_grad([3, 3], [0, 100])
    array([0., 3.], dtype=float32)
    """
    x = as_float("x", x)
    return as_grad(grad, x.shape, x.dtype) * np.tanh(x) ** 2


def softsign(x):
    """x / (1 + |x|): like tanh, but slower to reach −1 and 1.

    >>> softsign([-1, 0, 3])
    array([-0.5 ,  0.  ,  0.75], dtype=float32)
    """
    x = as_float("x", x)
    with np.errstate(invalid="ignore"):  # inf / inf is NaN, as in Keras
        return x / (1 + np.abs(x))


def softsign_grad(grad, x):
    """`grad` / (1 + |x|)².

    >>> softsign_grad([8, 8], [0, 1])
    array([8., 2.], dtype=float32)
    """
    x = as_float("x", x)
    return as_grad(grad, x.shape, x.dtype) / np.square(1 + np.abs(x))


def softplus(x):
    """log(1 + e^x): a smooth relu, written so that e^x cannot overflow.

    >>> softplus([-1000, 1000])
    array([   0., 1000.], dtype=float32)
    """
    x = as_float("x", x)
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def softplus_grad(grad, x):
    """`grad` · sigmoid(x).

    >>> softplus_grad([4, 4], [0, 1000])
    array([2., 4.], dtype=float32)
    """
    x = as_float("x", x)
    return as_grad(grad, x.shape, x.dtype) * sigmoid(x)


def silu(x):
    """x · sigmoid(x), also called swish.

    >>> silu([-1000, 0, 1000])
    array([  -0.,    0., 1000.], dtype=float32)
    """
    x = as_float("x", x)
    with np.errstate(invalid="ignore"):  # −inf · 0 is NaN, as in Keras
        return x * sigmoid(x)


def silu_grad(grad, x):
    """`grad` · s · (1 + x · (1 − s)), where s = sigmoid(x).

    >>> silu_grad([4, 4], [0, 1000])
    array([2., 4.], dtype=float32)
    """
    x = as_float("x", x)
    with np.errstate(invalid="ignore"):
        return as_grad(grad, x.shape, x.dtype) * sigmoid(x) * (1 + x * sigmoid(-x))


def gelu(x, approximate=True):
    """x · Φ(x), where Φ is the distribution function of the normal distribution.

    `approximate` takes a formula with tanh, at most 0.0005 away. It is on by default, as in
    `keras.ops.gelu`; the activation that Keras's layers know as "gelu" is the exact one.

    >>> gelu([0, 1], approximate=False)
    array([0.        , 0.8413447], dtype=float32)
    """
    x = as_float("x", x)
    below, _ = _normal(x, approximate)
    with np.errstate(invalid="ignore"):  # −inf · 0 is NaN, as in Keras
        return x * below.astype(x.dtype)


def gelu_grad(grad, x, approximate=True):
    """`grad` · (Φ(x) + x · Φ′(x)).

    >>> gelu_grad([4, 4], [0, 1000])
    array([2., 4.], dtype=float32)
    """
    x = as_float("x", x)
    below, slope = _normal(x, approximate)
    return as_grad(grad, x.shape, x.dtype) * (below + np.clip(x, -_FAR, _FAR) * slope).astype(x.dtype)


def softmax(x, axis=-1):
    """e^x / Σ e^x along `axis` (an int, or a tuple of ints): positive numbers that sum to one.

    The largest x is subtracted first: the result is the same, and e^x cannot overflow.

    >>> softmax([1000, 1000])
    array([0.5, 0.5], dtype=float32)
    """
    x = as_float("x", x)
    powers = np.exp(_below_the_largest(x, axis))
    with np.errstate(invalid="ignore"):
        return (powers / powers.sum(axis=_axes(axis), keepdims=True)).astype(x.dtype, copy=False)


def softmax_grad(grad, x, axis=-1):
    """s · (`grad` − Σ `grad` · s), where s = softmax(x): raising one output lowers the others.

    >>> softmax_grad([4, 0], [7, 7])
    array([ 1., -1.], dtype=float32)
    """
    x = as_float("x", x)
    grad = as_grad(grad, x.shape, exact(x.dtype))
    share = softmax(x.astype(grad.dtype), axis)
    return (share * (grad - (grad * share).sum(axis=_axes(axis), keepdims=True))).astype(x.dtype, copy=False)


def log_softmax(x, axis=-1):
    """log(softmax(x)), without the loss of digits where softmax is close to 0.

    >>> log_softmax([0, 1000])
    array([-1000.,     0.], dtype=float32)
    """
    x = as_float("x", x)
    shifted = _below_the_largest(x, axis)
    with np.errstate(divide="ignore"):  # an empty batch along `axis` has the sum 0
        return (shifted - np.log(np.exp(shifted).sum(axis=_axes(axis), keepdims=True))).astype(x.dtype, copy=False)


def log_softmax_grad(grad, x, axis=-1):
    """`grad` − softmax(x) · Σ `grad`.

    >>> log_softmax_grad([4, 0], [7, 7])
    array([ 2., -2.], dtype=float32)
    """
    x = as_float("x", x)
    grad = as_grad(grad, x.shape, exact(x.dtype))
    share = softmax(x.astype(grad.dtype), axis)
    return (grad - share * grad.sum(axis=_axes(axis), keepdims=True)).astype(x.dtype, copy=False)


def _not_zero(name, value):
    number = one_number(name, value)
    if number == 0:
        raise ValueError(f"`{name}` must not be 0: x is divided by it.")
    return number


_FAR = 100  # beyond it, Φ is 0 or 1 in every type
_erf = np.frompyfunc(math.erf, 1, 1)  # NumPy has none of its own


def _normal(x, approximate):
    """Φ(x) and its slope Φ′(x), exact or as Keras approximates them."""
    x = np.clip(x.astype(exact(x.dtype), copy=False), -_FAR, _FAR)
    if not approximate:
        below = (1 + np.asarray(_erf(x / math.sqrt(2)), x.dtype)) / 2
        return below, np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    scale = math.sqrt(2 / math.pi)
    bent = np.tanh(scale * (x + 0.044715 * x**3))
    return (1 + bent) / 2, (1 - bent**2) / 2 * scale * (1 + 3 * 0.044715 * x**2)


def _below_the_largest(x, axis):
    """x minus the largest x along `axis`, in the type that sums are made in."""
    x = x.astype(exact(x.dtype), copy=False)
    try:
        largest = x.max(axis=_axes(axis), keepdims=True, initial=-np.inf)
    except (TypeError, ValueError) as error:  # numpy's AxisError is a ValueError
        raise ValueError(f"`axis` must name axes of `x`, whose shape is {x.shape}; got {axis!r}.") from error
    with np.errstate(invalid="ignore"):  # inf − inf is NaN, as in Keras
        return x - largest


def _axes(axis):
    return tuple(axis) if isinstance(axis, list) else axis
