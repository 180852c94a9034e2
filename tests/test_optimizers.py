import inspect
import pickle

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
    "Adam(0.0625, 0.875, 0.9375, 2**-20, True)",
    "AdamW(0.0625, 0.5, 0.875, 0.9375, 2**-20)",
    "AdamW(schedules.ExponentialDecay(0.125, 2, 0.5), 0.25, 0.875, 0.9375, 2**-20, True)",
    "Adagrad(0.125, 0.25, 2**-20)",
    "RMSprop(0.0625, 0.875, 0.5, 2**-20)",
    "RMSprop(0.0625, 0.875, 0.5, 2**-20, True)",
    "RMSprop(0.0625, 0.875, epsilon=2**-20, centered=True)",
    *(
        f"{start}, {options})"
        for start in ("SGD(0.125, 0.5", "Adam(0.0625, 0.875, 0.9375, 2**-20")
        for options in (
            "clipnorm=0.75, weight_decay=0.5",
            "global_clipnorm=0.75",
            "use_ema=True, ema_momentum=0.75",
            "use_ema=True, ema_momentum=0.75, ema_overwrite_frequency=3, weight_decay=0.25, clipnorm=2.0",
        )
    ),
    "RMSprop(0.0625, 0.875, epsilon=2**-20, weight_decay=0.5, use_ema=True, ema_momentum=0.75)",
    "Adagrad(0.125, 0.25, 2**-20, clipvalue=0.25, weight_decay=0.5)",
    "SGD(0.125, 0.5, False, 0.25, None, 0.5)",  # by position: weight_decay, clipnorm, clipvalue
]


def library_of(name):
    import keras

    return {"keras": keras.optimizers, "cnnlab": optimizers}[name]


def make(code, library):
    module = library_of(library)
    return eval(f"module.{code}", {"module": module, "schedules": module.schedules, "np": np})


@pytest.mark.parametrize("code", OPTIMIZERS)
def test_weights_after_many_steps_equal_keras(code):
    import keras
    import tensorflow as tf

    keras.config.set_floatx("float64")
    try:
        rng = np.random.default_rng(0)
        start = {"kernel": rng.normal(size=(3, 2)), "bias": rng.normal(size=2)}
        gradients = [{name: rng.normal(size=w.shape) for name, w in start.items()} for _ in range(20)]
        theirs, ours = make(code, "keras"), make(code, "cnnlab")
        variables = [keras.Variable(weight, dtype="float64") for weight in start.values()]
        theirs.build(variables)
        apply = tf.function(lambda *gradients: theirs.apply(list(gradients), variables))
        weights = {name: weight.copy() for name, weight in start.items()}
        for gradient in gradients:
            assert ours.learning_rate == pytest.approx(float(theirs.learning_rate), rel=1e-6)
            apply(*map(tf.constant, gradient.values()))
            before = {name: weight.copy() for name, weight in weights.items()}
            new = ours.update(weights, gradient)
            for name in weights:  # nothing is written into
                np.testing.assert_array_equal(weights[name], before[name])
            weights = new
        weights = ours.averaged(weights)
        theirs.finalize_variable_values(variables)
        for found, variable in zip(weights.values(), variables):
            # Keras computes schedules in float32.
            np.testing.assert_allclose(found, variable.numpy(), rtol=1e-6 if "schedules" in code else 1e-10)
        assert ours.iterations == 20
    finally:
        keras.config.set_floatx("float32")


@pytest.mark.parametrize(
    "code",
    ["SGD(0.1, 0.9)", "Adam(amsgrad=True)", "RMSprop(momentum=0.5, centered=True)", "AdamW(use_ema=True)"]
    + ["Adagrad(global_clipnorm=np.float64(0.1))", "SGD(clipvalue=np.float64(0.1), weight_decay=np.float64(0.1))"],
)
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
        "PolynomialDecay(0.1, 4)",
        "PolynomialDecay(0.1, 4, 0.01, 2.0)",
        "PolynomialDecay(0.1, 3, 0.01, power=0.5, cycle=True)",
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
            "`optimizer` 'adamm' is not known. There are 'adagrad', 'adam', 'adamw', 'rmsprop', 'sgd'",
        ),
        (lambda: optimizers.get(0.1), TypeError, "`optimizer` must be a name"),
        (lambda: optimizers.SGD("fast"), ValueError, "`learning_rate` must be a number"),
        (lambda: optimizers.SGD(-1), ValueError, "`learning_rate` must be a number from 0 up"),
        (lambda: optimizers.SGD(momentum=2), ValueError, "`momentum` must be a number from 0 to 1"),
        (lambda: optimizers.Adam(beta_2=1), ValueError, "`beta_2` must be below 1"),
        (lambda: optimizers.SGD(lr=0.1), TypeError, "SGD does not know 'lr'. Its name is `learning_rate`"),
        (
            lambda: optimizers.SGD(True),
            ValueError,
            "`learning_rate` must be a number from 0 up, or a schedule; got True",
        ),
        (lambda: optimizers.SGD([0.1]), ValueError, "`learning_rate` must be a number"),
        (lambda: optimizers.SGD(float("nan")), ValueError, "`learning_rate` must be a number"),
        (lambda: optimizers.SGD(schedules.CosineDecay), ValueError, "`learning_rate` must be a number"),
        (lambda: optimizers.SGD(lambda: "fast").learning_rate, TypeError, "returned 'fast'"),
        (
            lambda: optimizers.get({"class_name": "Lion", "config": {}}),
            ValueError,
            "'Lion' is not known. There are 'adagrad'",
        ),
        (lambda: optimizers.get({"name": "sgd"}), TypeError, "`optimizer` must be a name"),
        (lambda: optimizers.get(library_of("keras").Adam()), TypeError, "from cnnlab.optimizers import Adam"),
        (
            lambda: optimizers.get(library_of("keras").Lion()),
            TypeError,
            "keras.optimizers.Lion, and cnnlab has nothing",
        ),
        (
            lambda: optimizers.SGD(library_of("keras").schedules.CosineDecay(0.1, 1)),
            TypeError,
            "`learning_rate` must come from cnnlab.*from cnnlab.optimizers.schedules import CosineDecay",
        ),
        (
            lambda: optimizers.SGD(clipnorm=1.0, clipvalue=1.0),
            ValueError,
            "At most one of.*clipnorm=1.0, clipvalue=1.0",
        ),
        (lambda: optimizers.SGD(clipnorm=0), ValueError, "`clipnorm` must be a number above 0"),
        (lambda: optimizers.SGD(weight_decay="l2"), TypeError, "`weight_decay` must be a number"),
        (
            lambda: optimizers.SGD(use_ema=True, ema_momentum=2),
            ValueError,
            "`ema_momentum` must be a number from 0 to 1",
        ),
        (lambda: optimizers.SGD(ema_overwrite_frequency=0), ValueError, "`ema_overwrite_frequency` must be at least 1"),
        (lambda: optimizers.SGD(loss_scale_factor=2), NotImplementedError, "`loss_scale_factor` exists only in Keras"),
        (lambda: optimizers.AdamW(weight_decay=None), ValueError, "Without it, take Adam"),
        (lambda: optimizers.Adam(epsilon=-1), ValueError, "`epsilon` must be a number from 0 up"),
        (lambda: optimizers.SGD().exclude_from_weight_decay(var_names="bias"), TypeError, r"such as \['bias'\]"),
        (lambda: schedules.ExponentialDecay("a", 1, 1), TypeError, "`initial_learning_rate` must be a number"),
        (lambda: schedules.PiecewiseConstantDecay([5, 3], [1, 2, 3]), ValueError, "`boundaries` must rise"),
        (lambda: schedules.InverseTimeDecay(0.1, 0, 1), ValueError, "`decay_steps` must be a number above 0"),
        (lambda: schedules.PiecewiseConstantDecay([1], [1]), ValueError, "1 value and 1 boundary"),
    ],
)
def test_bad_arguments_are_named(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_an_optimizer_belongs_to_one_model():
    optimizer = optimizers.Adam()
    optimizer.update({"w": np.ones(3)}, {"w": np.ones(3)})
    with pytest.raises(
        ValueError, match=r"Adam has trained another model, in which 'w' has shape \(3,\), and not \(4,\)"
    ):
        optimizer.update({"w": np.ones(4)}, {"w": np.ones(4)})


@pytest.mark.parametrize("names", [["bias"], ["gam", "bet"], ["nothing"]])
def test_weights_without_decay_equal_keras(names):
    import keras

    start = {f"a/{name}": np.ones(2, "float32") for name in ("kernel", "bias", "gamma", "beta")}
    ours, theirs = (make("SGD(0.5, weight_decay=0.5)", library) for library in ("cnnlab", "keras"))
    variables = [keras.Variable(weight, name=key[2:]) for key, weight in start.items()]
    for optimizer in (ours, theirs):
        optimizer.exclude_from_weight_decay(var_names=names)
    new = ours.update(start, {key: np.zeros(2) for key in start})
    theirs.apply([np.zeros(2, "float32")] * 4, variables)
    np.testing.assert_array_equal(list(new.values()), [variable.numpy() for variable in variables])


def test_weights_without_decay_by_themselves():
    weights = {"a/bias": np.ones(2), "b/bias": np.ones(2)}
    optimizer = optimizers.SGD(1.0, weight_decay=0.5)
    optimizer.exclude_from_weight_decay([weights["b/bias"]])
    for _ in range(2):
        weights = optimizer.update(weights, {key: np.zeros(2) for key in weights})
    assert [weight[0] for weight in weights.values()] == [0.25, 1]
    with pytest.raises(ValueError, match="comes before the first step"):
        optimizer.exclude_from_weight_decay(var_names=["bias"])
    optimizer = optimizers.SGD(1.0, weight_decay=0.5)
    optimizer.exclude_from_weight_decay([np.ones(2)])
    with pytest.raises(ValueError, match="`var_list` .* holds what is no weight that this model trains"):
        optimizer.update(weights, weights)


@pytest.mark.parametrize("gradient", [np.nan, np.inf])
@pytest.mark.parametrize("option", ["clipnorm", "clipvalue", "global_clipnorm"])
def test_gradients_that_are_no_numbers_are_clipped_as_in_keras(option, gradient):
    import keras

    weights, gradients = np.ones((2, 2), "float32"), np.array([[1, gradient], [3, 4]], "float32")
    theirs = keras.optimizers.SGD(1.0, **{option: 1.0})
    variables = [keras.Variable(weight) for weight in weights]
    theirs.apply(list(gradients), variables)
    new = optimizers.SGD(1.0, **{option: 1.0}).update(dict(enumerate(weights)), dict(enumerate(gradients)))
    np.testing.assert_allclose(list(new.values()), [variable.numpy() for variable in variables], rtol=1e-6)


def test_settings_may_change_between_steps():
    """Momentum, too, which needs something kept."""
    optimizer, weights, ones = optimizers.SGD(1.0), {"w": np.zeros(2)}, {"w": np.ones(2)}
    for momentum, wanted in ((0, -1), (0.5, -2), (0.5, -3.5), (0, -4.5)):
        optimizer.momentum = momentum
        weights = optimizer.update(weights, ones)
        assert weights["w"][0] == wanted
    optimizer.learning_rate, optimizer.clipvalue = np.float32(2), 0.5
    assert optimizer.update(weights, ones)["w"][0] == -5.5
    with pytest.raises(AttributeError, match="set `learning_rate` = 0.1"):
        optimizer.lr = 0.1
    assert not hasattr(optimizer, "lr")


@pytest.mark.parametrize("code", OPTIMIZERS)
def test_an_optimizer_is_made_again_from_its_settings_and_from_those_of_keras(code):
    ours, theirs = make(code, "cnnlab"), make(code, "keras")
    again = optimizers.get(optimizers.serialize(ours))
    assert type(again) is type(ours) is type(optimizers.get(type(ours))) and again.get_config() == ours.get_config()
    config = library_of("keras").serialize(theirs)
    from_keras = optimizers.get(config).get_config()
    if not isinstance(from_keras["learning_rate"], dict):
        assert from_keras == pytest.approx({**ours.get_config(), "name": config["config"]["name"]})
    weight = {"w": np.ones(2)}
    assert pickle.loads(pickle.dumps(ours)).update(weight, weight)["w"][0] == ours.update(weight, weight)["w"][0]


def test_numbers_of_numpy_are_numbers():
    for rate in (np.float32(0.5), np.float64(0.5), np.array(0.5), np.int64(1), 1, lambda: np.float32(0.5)):
        assert type(optimizers.SGD(rate, momentum=np.float32(0.5)).learning_rate) is float


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"])
def test_positions_of_arguments_are_those_of_keras(name):
    assert arguments(getattr(optimizers, name)) == arguments(getattr(library_of("keras"), name))


@pytest.mark.parametrize(
    "name", ["CosineDecay", "ExponentialDecay", "InverseTimeDecay", "PiecewiseConstantDecay", "PolynomialDecay"]
)
def test_positions_of_arguments_of_schedules_are_those_of_keras(name):
    ours, theirs = (getattr(library_of(library).schedules, name) for library in ("cnnlab", "keras"))
    assert [argument for argument, _ in arguments(ours)] == [argument for argument, _ in arguments(theirs)]


def arguments(function):
    parameters = inspect.signature(function).parameters.values()
    return [(p.name, p.default) for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]


def test_a_rate_that_follows_a_schedule_cannot_be_set():
    optimizer = optimizers.SGD(schedules.ExponentialDecay(0.1, 1, 0.5))
    with pytest.raises(TypeError, match="follows ExponentialDecay"):
        optimizer.learning_rate = 0.1
