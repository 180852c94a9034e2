import numpy as np
import pytest

from cnnlab import optimizers
from cnnlab.optimizers import schedules

# Settings that float32 holds exactly: Keras rounds some to it whatever the type of the weights.
OPTIMIZERS = [
    "SGD(0.125)",
    "SGD(0.125, momentum=0.5)",
    "SGD(0.125, 0.75, nesterov=True)",
    "RMSprop(0.0625, rho=0.875, epsilon=2**-20)",
    "Adam(0.0625, beta_1=0.875, beta_2=0.9375, epsilon=2**-20)",
    "SGD(schedules.InverseTimeDecay(0.125, 1, 0.25), momentum=0.5)",
    "Adam(schedules.ExponentialDecay(0.125, 2, 0.5), 0.875, 0.9375, 2**-20)",
]


def library_of(name):
    import keras

    return {"keras": keras.optimizers, "cnnlab": optimizers}[name]


def make(code, library):
    module = library_of(library)
    return eval(f"module.{code}", {"module": module, "schedules": module.schedules})


@pytest.mark.parametrize("code", OPTIMIZERS)
def test_weights_after_many_steps_equal_keras(code):
    import keras

    keras.config.set_floatx("float64")
    try:
        rng = np.random.default_rng(0)
        start = {"kernel": rng.normal(size=(3, 2)), "bias": rng.normal(size=2)}
        gradients = [{name: rng.normal(size=w.shape) for name, w in start.items()} for _ in range(20)]
        theirs, ours = make(code, "keras"), make(code, "cnnlab")
        variables = [keras.Variable(weight, dtype="float64") for weight in start.values()]
        weights = {name: weight.copy() for name, weight in start.items()}
        for gradient in gradients:
            assert ours.learning_rate == pytest.approx(float(theirs.learning_rate), rel=1e-6)
            theirs.apply([keras.ops.convert_to_tensor(g) for g in gradient.values()], variables)
            before = {name: weight.copy() for name, weight in weights.items()}
            new = ours.update(weights, gradient)
            for name in weights:  # nothing is written into
                np.testing.assert_array_equal(weights[name], before[name])
            weights = new
        for found, variable in zip(weights.values(), variables):
            # Keras computes schedules in float32.
            np.testing.assert_allclose(found, variable.numpy(), rtol=1e-6 if "schedules" in code else 1e-10)
        assert ours.iterations == 20
    finally:
        keras.config.set_floatx("float32")


@pytest.mark.parametrize("code", ["SGD(0.1, 0.9)", "Adam()", "RMSprop()"])
def test_float32_weights_stay_float32_under_a_float64_rate(code):
    optimizer = make(code, "cnnlab")
    optimizer.learning_rate = np.float64(0.1)
    new = optimizer.update({"w": np.ones(3, "float32")}, {"w": np.ones(3, "float32")})
    assert new["w"].dtype == np.float32


@pytest.mark.parametrize(
    "code",
    [
        "InverseTimeDecay(0.1, 3, 0.5)",
        "InverseTimeDecay(0.1, 3, 0.5, staircase=True)",
        "ExponentialDecay(0.1, 4, 0.9)",
        "ExponentialDecay(0.1, 4, 0.9, True)",
        "PiecewiseConstantDecay([3, 7], [0.1, 0.05, 0.01])",
        "CosineDecay(0.1, 10)",
        "CosineDecay(0.1, 10, alpha=0.2)",
        "CosineDecay(0.0, 10, warmup_target=0.2, warmup_steps=4)",
    ],
)
def test_schedules_equal_keras(code):
    import keras

    ours, theirs = eval(f"schedules.{code}"), eval(f"keras.optimizers.schedules.{code}", {"keras": keras})
    for step in range(18):
        assert ours(step) == pytest.approx(float(theirs(step)), rel=1e-5, abs=1e-9), step


def test_restore_takes_a_step_back():
    optimizer = optimizers.Adam()
    weights, gradients = {"w": np.ones(3)}, {"w": np.ones(3)}
    optimizer.update(weights, gradients)
    state = optimizer.state()
    second = optimizer.update(weights, gradients)
    optimizer.restore(state)
    assert optimizer.iterations == 1
    np.testing.assert_array_equal(optimizer.update(weights, gradients)["w"], second["w"])


def test_old_decay_is_ignored_with_a_warning_as_in_keras():
    with pytest.warns(UserWarning, match="`decay` is ignored.*InverseTimeDecay"):
        assert optimizers.SGD(0.1, decay=1e-4).learning_rate == 0.1


@pytest.mark.parametrize(
    "make, error, words",
    [
        (
            lambda: optimizers.get("adamm"),
            ValueError,
            "`optimizer` 'adamm' is not known. There are 'adam', 'rmsprop', 'sgd'",
        ),
        (lambda: optimizers.get(0.1), TypeError, "`optimizer` must be a name"),
        (lambda: optimizers.SGD("fast"), ValueError, "`learning_rate` must be a number"),
        (lambda: optimizers.SGD(-1), ValueError, "`learning_rate` must be a number from 0 up"),
        (lambda: optimizers.SGD(momentum=2), ValueError, "`momentum` must be a number from 0 to 1"),
        (lambda: optimizers.Adam(beta_2=1), ValueError, "`beta_2` must be below 1"),
        (lambda: optimizers.SGD(lr=0.1), TypeError, "SGD does not know 'lr'"),
        (lambda: schedules.InverseTimeDecay(0.1, 0, 1), ValueError, "`decay_steps` must be above 0"),
        (lambda: schedules.PiecewiseConstantDecay([1], [1]), ValueError, "1 values and 1 boundaries"),
    ],
)
def test_bad_arguments_are_named(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_an_optimizer_belongs_to_one_model():
    optimizer = optimizers.Adam()
    optimizer.update({"w": np.ones(3)}, {"w": np.ones(3)})
    with pytest.raises(ValueError, match="Adam has trained another model"):
        optimizer.update({"w": np.ones(4)}, {"w": np.ones(4)})


def test_a_rate_that_follows_a_schedule_cannot_be_set():
    optimizer = optimizers.SGD(schedules.ExponentialDecay(0.1, 1, 0.5))
    with pytest.raises(TypeError, match="follows ExponentialDecay"):
        optimizer.learning_rate = 0.1
