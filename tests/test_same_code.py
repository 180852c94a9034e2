"""The programs in benchmarks/models under Keras and under cnnlab, with only the import changed."""

import importlib.util
import os
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"  # see tests/ops/conftest.py

_spec = importlib.util.spec_from_file_location("accuracy", Path(__file__).parent.parent / "benchmarks" / "accuracy.py")
accuracy = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(accuracy)


def pictures(model, n=64):
    """Noisy pictures of ten classes, of the shape of the data set that the program loads."""
    rng = np.random.default_rng(0)
    size = (32, 32, 3) if model.startswith("cifar10") else (28, 28)
    labels = np.arange(n + 32) % 10
    x = (rng.uniform(0, 200, (10, *size))[labels] + rng.uniform(0, 55, (n + 32, *size))).astype("uint8")
    y = labels.astype("uint8")
    if model.startswith("cifar10"):
        y = y[:, None]
    return SimpleNamespace(x_train=x[:n], y_train=y[:n], x_test=x[n:], y_test=y[n:])


def built(model, change=lambda source: source):
    """The program run up to `fit` in both libraries; the cnnlab model gets the weights of Keras's."""
    programs = []
    for library in ("keras", "cnnlab"):
        importlib.import_module(f"{library}.utils").set_random_seed(0)
        source = change(accuracy.program(model, library))
        programs.append(SimpleNamespace(**accuracy.run(source[: source.index("history =")], library, pictures(model))))
    theirs, ours = programs
    ours.model.set_weights(theirs.model.get_weights())
    return theirs, ours


def keras_gradients(program, x, y):
    import tensorflow as tf

    model = program.model
    with tf.GradientTape() as tape:
        outputs = model(tf.convert_to_tensor(x), training=True)
        loss = model.compute_loss(x, tf.convert_to_tensor(y), outputs)
    return float(loss), [g.numpy() for g in tape.gradient(loss, [v.value for v in model.trainable_variables])]


@pytest.mark.parametrize("model", accuracy.MODELS)
def test_program_runs_unchanged(model):
    keras_program, our_program = (accuracy.program(model, library) for library in ("keras", "cnnlab"))
    changed = [line for line in keras_program.splitlines() if line not in our_program.splitlines()]
    assert all(re.match("import|from", line) for line in changed)
    for library, source in (("keras", keras_program), ("cnnlab", our_program)):
        importlib.import_module(f"{library}.utils").set_random_seed(1)
        variables = accuracy.run(re.sub(r"epochs=\d+", "epochs=2", source), library, pictures(model))
        assert type(variables["model"]).__module__.startswith(library)
        found = set(variables["history"].history)
        assert {"loss", "accuracy"} <= found and len(variables["history"].history["loss"]) == 2
        if library == "keras":
            keras_s = found
    assert found == keras_s


def without_dropout(source):
    return re.sub(r"Dropout\([\d.]+\)", "Dropout(0.0)", source)


@pytest.mark.parametrize("model", accuracy.MODELS)
def test_outputs_loss_and_gradients_agree_to_float32_round_off(model):
    theirs, ours = built(model, without_dropout)
    x, y = ours.x_train[:48].astype("float32"), ours.y_train[:48]
    np.testing.assert_allclose(
        ours.model.predict(x, verbose=0), theirs.model.predict(x, verbose=0), rtol=1e-4, atol=1e-6
    )
    assert ours.model.evaluate(x, y, verbose=0) == pytest.approx(theirs.model.evaluate(x, y, verbose=0), rel=1e-5)
    loss, gradients = ours.model.gradients(x, y)
    keras_loss, keras_s = keras_gradients(theirs, x, y)
    assert loss == pytest.approx(keras_loss, rel=1e-5)
    for one, other in zip(gradients, keras_s, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5 * np.abs(other).max())
    theirs.model.set_weights(ours.model.get_weights())  # and back
    for one, other in zip(ours.model.get_weights(), theirs.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture
def float64():
    import keras

    import cnnlab

    def set_all(dtype):
        keras.config.set_floatx(dtype)
        keras.config.set_dtype_policy(dtype)
        cnnlab.config.set_floatx(dtype)

    set_all("float64")
    yield
    set_all("float32")


def in_whole_bits(source):
    """Settings that float32 holds exactly: Keras rounds those of its optimizers to it, in float64, too."""
    adam = "keras.optimizers.Adam(2**-10, beta_1=1 - 2**-3, beta_2=1 - 2**-10)"
    source = source.replace('optimizer="adam"', f"optimizer={adam}").replace("keras.optimizers.Adam(0.002)", adam)
    source = source.replace("SGD(0.05, momentum=0.9,", "SGD(2**-4, momentum=1 - 2**-3,")
    source = source.replace('kernel_regularizer="l2"', "kernel_regularizer=keras.regularizers.L2(2**-7)")
    return source.replace("0.01, decay_steps=1, decay_rate=4e-4", "2**-7, decay_steps=1, decay_rate=2**-11")


@pytest.mark.parametrize("settings, tolerance", [(lambda source: source, 2e-5), (in_whole_bits, 1e-10)])
@pytest.mark.parametrize("model", accuracy.MODELS)
def test_weights_after_ten_steps_agree_in_float64(model, settings, tolerance, float64):
    theirs, ours = built(model, lambda source: settings(without_dropout(source).replace("float32", "float64")))
    before = ours.model.get_weights()
    x, y = np.asarray(ours.x_train, "float64"), ours.y_train
    for step in range(10):
        part = slice(6 * step, 6 * step + 6)
        theirs.model.train_on_batch(x[part], y[part])
        ours.model.train_on_batch(x[part], y[part])
    for one, other, start in zip(ours.model.get_weights(), theirs.model.get_weights(), before, strict=True):
        assert one.dtype == other.dtype == np.float64
        assert np.abs(one - start).max() > 1e-4
        np.testing.assert_allclose(one, other, rtol=0, atol=tolerance)


def test_finished_runs_are_stored_at_once_and_not_repeated(tmp_path, monkeypatch, capsys):
    ran = []

    def measure(model, library, seed, epochs, images):
        if len(ran) == 3:
            raise KeyboardInterrupt
        ran.append((library, seed))
        result = dict(epochs=epochs, images=60_000, accuracy=0.5 + seed / 10, loss=1.0, minutes=2.0, data="MNIST")
        return {"model": model, "library": library, "seed": seed, **result}

    monkeypatch.setattr(accuracy, "measure", measure)
    monkeypatch.setattr(accuracy, "RESULTS", tmp_path / "accuracy.json")
    monkeypatch.setattr("sys.argv", ["accuracy.py", "mnist_one_layer", "--seeds", "2", "--epochs", "7"])
    with pytest.raises(KeyboardInterrupt):
        accuracy.main()
    assert ran == [("keras", 0), ("cnnlab", 0), ("keras", 1)]
    ran.clear()
    accuracy.main()
    assert ran == [("cnnlab", 1)]
    rows = capsys.readouterr().out.splitlines()[-2:]
    assert all(
        re.match(r"mnist_one_layer +7 +60000 +(cnnlab|keras) +2 +0\.5500 ± 0\.0707 +2\.0  MNIST$", row) for row in rows
    )
