"""What every op does with arguments that do not fit: the right number, or an error that says what would."""

import numpy as np
import pytest
from strategies import ACTIVATIONS, CONVOLUTIONS, GLOBAL_POOLS, LOSSES, OPS, POOLS
from table import covers

from cnnlab import ops

IMAGE = np.random.default_rng(0).uniform(0.1, 0.9, size=(2, 7, 8, 4))
SHARES = np.array([[0.2, 0.8], [0.5, 0.5], [0.9, 0.1]])
ONE_HOT = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 0.0]])
GOOD = {
    "conv": dict(inputs=IMAGE, kernel=np.ones((3, 3, 4, 2))),
    "depthwise_conv": dict(inputs=IMAGE, kernel=np.ones((3, 3, 4, 2))),
    "separable_conv": dict(
        inputs=IMAGE, depthwise_kernel=np.ones((3, 3, 4, 2)), pointwise_kernel=np.ones((1, 1, 8, 5))
    ),
    "conv_transpose": dict(inputs=IMAGE, kernel=np.ones((3, 3, 2, 4))),
    **{name: dict(inputs=IMAGE, pool_size=2) for name in POOLS},
    **{name: dict(inputs=IMAGE) for name in GLOBAL_POOLS},
    **{name: dict(x=np.linspace(-2, 2, 6).reshape(2, 3)) for name in ACTIVATIONS},
    "categorical_crossentropy": dict(target=ONE_HOT, output=SHARES),
    "sparse_categorical_crossentropy": dict(target=np.array([1, 0, 0]), output=SHARES),
    "binary_crossentropy": dict(target=ONE_HOT, output=SHARES),
    "batch_normalization": dict(x=IMAGE, mean=np.zeros(4), variance=np.ones(4), axis=-1),
    "layer_normalization": dict(x=IMAGE, gamma=np.full(4, 1.5), beta=np.zeros(4)),
    "one_hot": dict(x=np.array([[0, 2], [1, 1]]), num_classes=3),
}
SLIDING = [
    (dict(strides=0), ValueError, "`strides` must be at least 1; got 0"),
    (dict(strides=-1), ValueError, "`strides` must be at least 1; got -1"),
    (dict(strides=1.5), TypeError, "`strides` must be a whole number; got 1.5"),
    (dict(strides=True), TypeError, "`strides` must be a whole number"),
    (dict(strides=(1, 2, 3)), ValueError, "`strides` must be an int or 2 ints"),
    (dict(padding="full"), ValueError, "`padding` must be 'valid', 'same'.*'full'"),
    (dict(padding=-1), ValueError, "`padding` must be at least 0"),
    (dict(padding=((1, 1),)), ValueError, "`padding`.*each of the 2 spatial axes"),
    (dict(data_format="channels_first"), ValueError, "`data_format`.*moveaxis"),
    (dict(inputs=np.ones((7, 8))), ValueError, r"`inputs` must have 3, 4 or 5 axes.*\(1, 7, 8, 1\)"),
    (dict(inputs=np.ones((1,) * 6)), ValueError, "`inputs` must have 3, 4 or 5 axes"),
    (dict(inputs=np.ones((2, 7, 0, 4))), ValueError, "`inputs` has an axis of length 0"),
]
DILATED = [
    (dict(dilation_rate=0), ValueError, "`dilation_rate` must be at least 1"),
    (dict(dilation_rate=0.5), TypeError, "`dilation_rate` must be a whole number"),
]
KERNEL = [
    (dict(kernel=np.ones((3, 3, 4))), ValueError, r"`kernel` must have 4 axes.*\(3, 3, 4\)"),
    (dict(kernel=np.ones((0, 3, 4, 2))), ValueError, r"`kernel` has an axis of length 0.*\(0, 3, 4, 2\)"),
]
TOO_LARGE = (dict(kernel=np.ones((9, 3, 4, 2))), ValueError, r"`kernel` of size \(9, 3\).*\(7, 8\).*\(2, 7, 8, 4\)")
NO_PIXEL = (dict(padding=2), ValueError, "`padding`.*must be smaller than `pool_size`")
AXIS = (dict(axis=2), ValueError, r"`axis` must name axes of `x`, whose shape is \(2, 3\); got 2")
TARGET = [
    (dict(target=ONE_HOT[:2]), ValueError, r"must have the same shape; got \(2, 2\) and \(3, 2\)"),
    (dict(target=ONE_HOT * np.nan), ValueError, r"`target` must hold numbers from 0 to 1; got nan at \(0, 0\)"),
    (dict(target=ONE_HOT / 0.5), ValueError, r"`target` must hold numbers from 0 to 1; got 2.0 at \(0, 1\)"),
    (dict(target=np.where(ONE_HOT == 0, -np.inf, 1)), ValueError, "`target` must hold numbers from 0 to 1; got -inf"),
]
BAD = {
    "conv": [
        *SLIDING, *DILATED, *KERNEL, TOO_LARGE,
        (dict(dilation_rate=4), ValueError, r"spreads over \(9, 9\)"),
        (dict(kernel=np.ones((3, 3, 3, 2))), ValueError, r"3 channels.*have 4.*\(2, 7, 8, 4\).*divisor of it"),
        (dict(kernel=np.ones((3, 3, 2, 3))), ValueError, "2 groups.*3 filters"),
    ],
    "depthwise_conv": [
        *SLIDING, *DILATED, *KERNEL, TOO_LARGE,
        (dict(kernel=np.ones((3, 3, 2, 2))), ValueError, "`kernel` is made for 2 channels, `inputs` have 4"),
    ],
    "separable_conv": [
        *SLIDING, *DILATED,
        (dict(depthwise_kernel=np.ones((9, 3, 4, 2))), ValueError, r"`depthwise_kernel` of size \(9, 3\)"),
        (dict(depthwise_kernel=np.ones((3, 3, 4))), ValueError, "`depthwise_kernel` must have 4 axes"),
        (dict(depthwise_kernel=np.ones((3, 3, 2, 2))), ValueError, "`depthwise_kernel` is made for 2 channels"),
        (dict(pointwise_kernel=np.ones((1, 1, 4, 5))), ValueError, r"`pointwise_kernel` must.*\(1, 1, 8, filters\)"),
        (dict(pointwise_kernel=np.ones((3, 3, 8, 5))), ValueError, r"`pointwise_kernel` must.*\(1, 1, 8, filters\)"),
        (dict(pointwise_kernel=np.ones((8, 5))), ValueError, r"`pointwise_kernel` must have shape.*got shape \(8, 5\)"),
    ],
    "conv_transpose": [
        *SLIDING, *DILATED, *KERNEL,
        (dict(kernel=np.ones((3, 3, 4, 2))), ValueError, "`kernel` is made for 2 channels.*last axis must be 4"),
        (dict(output_padding=-1), ValueError, "`output_padding` must be at least 0"),
        (dict(output_padding=3, strides=2), ValueError, r"`output_padding` 3 makes the output \(18, 20\), too far"),
        (dict(padding=5), ValueError, r"`padding` 5 cuts the whole output away.*\(-1, 0\)"),
    ],
    **{
        name: [
            *SLIDING, NO_PIXEL,
            (dict(pool_size=0), ValueError, "`pool_size` must be at least 1"),
            (dict(pool_size=9), ValueError, r"`pool_size` of size \(9, 9\).*\(7, 8\)"),
            (dict(pool_size="2"), TypeError, "`pool_size` must be a whole number"),
            (dict(pool_size=(2, 2, 2)), ValueError, "`pool_size` must be an int or 2 ints"),
        ]
        for name in POOLS
    },
    **{name: [entry for entry in SLIDING if not {"strides", "padding"} & set(entry[0])] for name in GLOBAL_POOLS},
    **{name: [] for name in ACTIVATIONS},
    "softmax": [AXIS, (dict(axis="rows"), ValueError, "`axis` must name axes of `x`")],
    "log_softmax": [AXIS, (dict(axis=0.5), ValueError, "`axis` must name axes of `x`")],
    "leaky_relu": [
        (dict(negative_slope=[0.1, 0.2]), ValueError, "`negative_slope` must be one number"),
        (dict(negative_slope="steep"), TypeError, "`negative_slope` must hold numbers"),
    ],
    "elu": [(dict(alpha=[1, 2]), ValueError, "`alpha` must be one number")],
    "celu": [
        (dict(alpha=[1, 2]), ValueError, "`alpha` must be one number"),
        (dict(alpha=0), ValueError, "`alpha` must not be 0"),
    ],
    "categorical_crossentropy": [
        *TARGET,
        (dict(target=np.array([1, 0, 0])), ValueError, "same shape.*sparse_categorical_crossentropy; one_hot"),
        (dict(axis=2), ValueError, r"`axis` must be an axis of `output`, whose shape is \(3, 2\); got 2"),
        (dict(axis=None), ValueError, "`axis` must be an axis of `output`"),
    ],
    "binary_crossentropy": TARGET,
    "sparse_categorical_crossentropy": [
        (dict(target=[1, 0, 2]), ValueError, r"`target` must hold whole numbers from 0 to 1; got 2 at \(2,\)"),
        (dict(target=[1, -1, 0]), ValueError, r"`target` must hold whole numbers from 0 to 1; got -1 at \(1,\)"),
        (dict(target=[1, 0.5, 0]), ValueError, "`target` must hold whole numbers from 0 to 1; got 0.5"),
        (dict(target=[1, np.nan, 0]), ValueError, "`target` must hold whole numbers from 0 to 1; got nan"),
        (dict(target=[1, 0]), ValueError, r"`target` must have the shape.*\(3,\); got \(2,\)"),
        (dict(target=ONE_HOT), ValueError, r"got \(3, 2\).*categorical_crossentropy"),
        (dict(axis=0), ValueError, "`axis` must be -1"),
        (dict(output=np.ones((3, 0))), ValueError, r"`output` must have shape \(…, classes\)"),
    ],
    "batch_normalization": [
        (dict(axis=4), ValueError, r"`axis` must be an axis of `x`, whose shape is \(2, 7, 8, 4\); got 4"),
        (dict(axis=(0, 1)), ValueError, "`axis` must be an axis of `x`"),
        (dict(mean=np.zeros(3)), ValueError, r"`mean` must hold one number for each of the 4 channels.*\(3,\)"),
        (dict(scale=1), ValueError, "`scale` must hold one number for each of the 4 channels"),
        (dict(variance=-np.ones(4)), ValueError, "`variance` must not be negative; got -1"),
        (dict(mean=None), ValueError, "`mean` and `variance` must be given"),
        (dict(epsilon=-1), ValueError, "`epsilon` must be at least 0"),
    ],
    "layer_normalization": [
        (dict(axis=4), ValueError, r"`axis` must name axes of `x`, whose shape is \(2, 7, 8, 4\); got 4"),
        (dict(axis=[1, -3]), ValueError, "`axis` must name axes of `x`"),
        (dict(axis=[]), ValueError, "`axis` must name axes of `x`"),
        (dict(axis=True), ValueError, "`axis` must name axes of `x`"),
        (dict(axis=None), ValueError, "`axis` must name axes of `x`"),
        (dict(gamma=np.ones(3)), ValueError, r"`gamma` must hold one number for each place.*\(4,\); got shape \(3,\)"),
        (dict(beta=1), ValueError, "`beta` must hold one number for each place"),
        (dict(epsilon=-1), ValueError, "`epsilon` must be at least 0"),
        (dict(epsilon="small"), TypeError, "`epsilon` must hold numbers"),
    ],
    "one_hot": [
        (dict(x=[0, 3]), ValueError, r"`x` must hold whole numbers from 0 to 2; got 3 at \(1,\)"),
        (dict(x=[0, -1]), ValueError, "`x` must hold whole numbers from 0 to 2; got -1"),
        (dict(x=0.5), ValueError, "`x` must hold whole numbers from 0 to 2; got 0.5"),
        (dict(num_classes=0), ValueError, "`num_classes` must be at least 1"),
        (dict(axis=3), ValueError, "`axis` must be an int from -3 to 2"),
    ],
}  # fmt: skip
BAD["stochastic_pool"].append((dict(inputs=-IMAGE), ValueError, "`inputs` must not be negative.*relu"))
for convolution in ("conv", "depthwise_conv"):
    BAD[convolution].append((dict(kernel=None), TypeError, "`kernel` must hold numbers"))


def arrays_of(name):
    return {argument: value for argument, value in GOOD[name].items() if isinstance(value, np.ndarray)}


def grad_of(name, arguments):
    """The op's gradient, for a `grad` of ones."""
    output = getattr(ops, name)(**arguments)
    return getattr(ops, f"{name}_grad")(np.ones_like(output), **arguments)


@covers("bad input", OPS)
def test_bad_arguments_are_named(name):
    number = {argument: np.full(np.shape(value), "one") for argument, value in arrays_of(name).items()}
    everywhere = [
        *((dict([pair]), TypeError, f"`{pair[0]}` must hold numbers") for pair in number.items()),
        *((dict([(argument, [[1, 2], [3]])]), ValueError, f"`{argument}`.*different lengths") for argument in number),
        *((dict([(argument, [1, None])]), TypeError, f"`{argument}` must hold numbers") for argument in number),
        *((dict([(argument, 1j)]), TypeError, f"`{argument}` must hold numbers") for argument in number),
    ]
    good = getattr(ops, name)(**GOOD[name])
    gradient = getattr(ops, f"{name}_grad", None)
    for changed, error, words in BAD[name] + everywhere:
        with pytest.raises(error, match=words):
            getattr(ops, name)(**{**GOOD[name], **changed})
        if gradient:
            with pytest.raises(error, match=words):
                gradient(good, **{**GOOD[name], **changed})
    if gradient:
        for grad in (good[:1], np.ones((*good.shape, 1))):
            with pytest.raises(ValueError, match=r"`grad` must have the shape of the op's output, \("):
                gradient(grad, **GOOD[name])


@pytest.mark.parametrize("name", OPS)
def test_memory_does_not_matter_and_nothing_is_modified(name):
    """Read-only, strided, backwards, Fortran and big-endian arrays give what plain ones give."""
    wanted = getattr(ops, name)(**GOOD[name])
    wanted_gradient = None if name == "one_hot" else grad_of(name, GOOD[name])

    def stored_otherwise(array, how):
        if how == "big-endian":
            array = array.astype(array.dtype.newbyteorder(">"))
        if how == "every second":
            array = np.repeat(array, 2, axis=0)[::2]
        if how == "backwards":
            array = array[::-1].copy()[::-1]
        if how == "Fortran":
            array = np.asfortranarray(array)
        array.flags.writeable = False  # an op that writes into it would raise
        return array

    for how in ("big-endian", "every second", "backwards", "Fortran"):
        arguments = {**GOOD[name], **{a: stored_otherwise(v, how) for a, v in arrays_of(name).items()}}
        output = getattr(ops, name)(**arguments)
        assert output.dtype == wanted.dtype and output.dtype.isnative
        np.testing.assert_allclose(output, wanted, rtol=1e-12)
        if wanted_gradient is not None:
            for got, want in zip(as_tuple(grad_of(name, arguments)), as_tuple(wanted_gradient)):
                np.testing.assert_allclose(got, want, rtol=1e-12)


def as_tuple(gradient):
    return [d for d in gradient if d is not None] if isinstance(gradient, tuple) else [gradient]


@pytest.mark.parametrize("name", [name for name in OPS if name != "one_hot"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32", "uint8", "bool"])
def test_types(name, dtype):
    """Float types are kept, integers become float32, in the output and in every gradient."""
    leading = next(a for a in ("inputs", "x", "output") if a in GOOD[name])
    arguments = {**GOOD[name], leading: (GOOD[name][leading] > 0.5).astype(dtype)}
    wanted = dtype if dtype.startswith("float") else "float32"
    output = getattr(ops, name)(**arguments)
    assert output.dtype == wanted
    assert all(d.dtype == wanted for d in as_tuple(grad_of(name, arguments)))
    exact = getattr(ops, name)(**{**arguments, leading: arguments[leading].astype("float64")})
    np.testing.assert_allclose(output, exact, rtol=2e-3 if dtype == "float16" else 1e-5, atol=1e-3)


@pytest.mark.parametrize(
    "name", CONVOLUTIONS + POOLS + GLOBAL_POOLS + ACTIVATIONS + LOSSES + ["batch_normalization", "layer_normalization"]
)
def test_empty_batch_gives_empty_output(name):
    arguments = dict(GOOD[name])
    for argument in {"inputs", "x", "output", "target"} & set(arguments):
        arguments[argument] = arguments[argument][:0]
    output = getattr(ops, name)(**arguments)
    assert output.shape == (0, *getattr(ops, name)(**GOOD[name]).shape[1:])
    first, *others = as_tuple(grad_of(name, arguments))
    assert len(first) == 0 and not any(d.any() for d in others)


@pytest.mark.parametrize("name", [name for name in OPS if name != "one_hot"])
def test_nan_passes_through(name):
    leading = next(a for a in ("inputs", "x", "output") if a in GOOD[name])
    arguments = {**GOOD[name], leading: GOOD[name][leading].copy()}
    arguments[leading][(0,) * arguments[leading].ndim] = np.nan
    output = getattr(ops, name)(**arguments)
    assert np.isnan(output).any()
    assert not np.isnan(output[1]).any()  # the other examples did not use it


@pytest.mark.parametrize("name", POOLS + GLOBAL_POOLS)
def test_nan_in_a_pool_while_training_too(name):
    inputs = IMAGE.copy()
    inputs[0, 0, 0, 0] = np.nan
    training = dict(training=True, seed=0) if name == "stochastic_pool" else {}
    output = getattr(ops, name)(**{**GOOD[name], "inputs": inputs}, **training)
    assert np.isnan(output).sum() == 1


def test_no_gradient_of_stochastic_pool_without_its_seed():
    with pytest.raises(ValueError, match="`seed` must be the number that stochastic_pool had"):
        ops.stochastic_pool_grad(np.ones((2, 3, 4, 4)), IMAGE, 2, training=True)
