import os

import numpy as np
import pytest

import cnnlab
from cnnlab import callbacks, layers, utils

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"  # see tests/ops/conftest.py


def pictures(n, seed=0):
    """Pictures of three classes, easy to tell apart: a bright row at the top, in the middle, at the bottom."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    x = rng.normal(scale=0.3, size=(n, 6, 6, 1))
    x[np.arange(n), labels * 2] += 1
    return x.astype("float32"), labels


def small_model(compiled=True, **settings):
    model = cnnlab.Sequential(
        [
            layers.Input((6, 6, 1)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.BatchNormalization(momentum=0.8),
            layers.Flatten(),
        ]
    )
    model.add(layers.Dense(3, activation="softmax", **settings))
    if compiled:
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


X, Y = pictures(90)


def test_it_learns_and_keeps_a_history():
    utils.set_random_seed(0)
    model = small_model()
    model.compile(cnnlab.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    x_test, y_test = pictures(60, seed=1)
    history = model.fit(X, Y, batch_size=16, epochs=15, validation_data=(x_test, y_test), verbose=0)
    assert list(history.history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert history.epoch == list(range(15)) and history is model.history and not history.interrupted
    assert history.history["loss"][-1] < history.history["loss"][0] / 3
    loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
    assert accuracy > 0.9
    assert (loss, accuracy) == (history.history["val_loss"][-1], history.history["val_accuracy"][-1])
    assert (model.predict(x_test, verbose=0).argmax(-1) == y_test).mean() == accuracy
    assert model.evaluate(x_test, y_test, batch_size=7, verbose=0, return_dict=True) == pytest.approx(
        {"loss": loss, "accuracy": accuracy}
    )


def test_the_same_seed_gives_the_same_training():
    runs = []
    for seed in (1, 1, 2):
        utils.set_random_seed(seed)
        model = small_model()
        model.add(layers.Dropout(0.2))
        runs.append(model.fit(X, Y, epochs=2, verbose=0).history["loss"])
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize(
    "settings", [{}, {"validation_split": 0.25}, {"class_weight": {0: 3.0, 1: 0.5}}, {"sample_weight": True}]
)
def test_history_equals_keras(settings):
    import keras

    if "sample_weight" in settings:
        settings = {"sample_weight": np.linspace(0, 2, len(X)).astype("float32")}
    code = """[L.Input((6, 6, 1)), L.Conv2D(4, 3, activation="relu", kernel_regularizer="l2"), L.BatchNormalization(),
              L.Flatten(), L.Dense(3, activation="softmax", kernel_constraint="max_norm")]"""
    theirs, ours = keras.Sequential(eval(code, {"L": keras.layers})), cnnlab.Sequential(eval(code, {"L": layers}))
    ours.set_weights(theirs.get_weights())
    histories = []
    for model in (theirs, ours):
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
        history = model.fit(X, Y, batch_size=20, epochs=3, shuffle=False, verbose=0, **settings)
        histories.append(history.history)
    assert set(histories[0]) == set(histories[1])
    for name, values in histories[0].items():
        np.testing.assert_allclose(histories[1][name], values, rtol=1e-4, err_msg=name)
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("activation", ["softmax", "sigmoid", "linear"])
@pytest.mark.parametrize(
    "loss", ["sparse_categorical_crossentropy", "categorical_crossentropy", "binary_crossentropy", "mse"]
)
def test_loss_after_each_last_activation_equals_keras(activation, loss):
    """Crossentropies look behind a last softmax or sigmoid, even where that makes little sense."""
    import keras

    y = Y if loss.startswith("sparse") else np.eye(3)[Y]
    if activation == "linear" and loss != "mse":
        return
    theirs = keras.Sequential([keras.Input((6, 6, 1)), keras.layers.Flatten(), keras.layers.Dense(3, activation)])
    ours = cnnlab.Sequential(
        [layers.Input((6, 6, 1)), layers.Flatten(), layers.Dense(3), layers.Activation(activation)]
    )
    ours.set_weights([weight * 40 for weight in theirs.get_weights()])  # sure of itself: probabilities of 1e-30
    theirs.set_weights(ours.get_weights())
    for model in (theirs, ours):
        model.compile("sgd", loss)
    assert ours.evaluate(X, y, verbose=0) == pytest.approx(theirs.evaluate(X, y, verbose=0), rel=1e-4)
    assert ours.train_on_batch(X, y) == pytest.approx(float(theirs.train_on_batch(X, y)), rel=1e-4)
    for one, other in zip(ours.get_weights(), theirs.get_weights()):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_gradients_are_the_slopes_of_the_loss_and_change_nothing():
    model = cnnlab.Sequential(
        [layers.Conv2D(2, 3, activation="tanh", input_shape=(6, 6, 1), dtype="float64", kernel_regularizer="l2")]
        + [layers.BatchNormalization(dtype="float64"), layers.Flatten(dtype="float64")]
        + [layers.Dense(3, activation="softmax", dtype="float64")]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    before = model.get_weights()
    loss, gradients = model.gradients(X, Y)
    for one, other in zip(model.get_weights(), before):
        np.testing.assert_array_equal(one, other)
    assert [g.shape for g in gradients] == [w.shape for w in model.trainable_weights]
    rng = np.random.default_rng(0)
    for weight, gradient in zip(model.trainable_weights, gradients):
        place = tuple(rng.integers(0, n) for n in weight.shape)
        kept = weight[place]
        weight[place] = kept + 1e-6
        above = model.gradients(X, Y)[0]
        weight[place] = kept
        assert (above - loss) / 1e-6 == pytest.approx(gradient[place], rel=1e-3, abs=1e-5)


class Interrupt(callbacks.Callback):
    """The stop button, pressed in the middle of a step."""

    def __init__(self, epoch, batch):
        self.when, self.epoch = (epoch, batch), None

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        if (self.epoch, batch) == self.when:
            self.model.layers[0].call_grad = self.press
            self.weights, self.optimizer_state = self.model.get_weights(), self.model.optimizer.state()

    def press(self, grad):
        raise KeyboardInterrupt


def test_an_interrupt_keeps_the_last_finished_batch_and_the_history(capsys):
    model, button = small_model(), Interrupt(epoch=2, batch=1)
    history = model.fit(X, Y, batch_size=30, epochs=5, verbose=0, callbacks=[button])
    assert history.interrupted and history.epoch == [0, 1] and len(history.history["loss"]) == 2
    for one, other in zip(model.get_weights(), button.weights):  # moving averages, too
        np.testing.assert_array_equal(one, other)
    assert model.optimizer.state() == button.optimizer_state and model.optimizer.iterations == 7
    assert "Interrupted in epoch 3 of 5" in capsys.readouterr().out
    del model.layers[0].call_grad
    model.fit(X, Y, epochs=1, verbose=0)  # and it goes on


def test_callbacks_are_called_in_order_and_may_stop():
    class Listener(callbacks.Callback):
        heard = []

        def on_train_begin(self, logs=None):
            self.heard.append("train")

        def on_epoch_begin(self, epoch, logs=None):
            self.heard.append(f"epoch {epoch}")

        def on_train_batch_end(self, batch, logs=None):
            self.heard.append(batch)
            assert {"loss", "accuracy"} == set(logs)

        def on_epoch_end(self, epoch, logs=None):
            logs["mine"] = epoch
            self.model.stop_training = epoch == 3

        def on_train_end(self, logs=None):
            self.heard.append("end")

    listener = Listener()
    history = small_model().fit(X, Y, batch_size=60, epochs=9, initial_epoch=2, verbose=0, callbacks=[listener])
    assert listener.heard == ["train", "epoch 2", 0, 1, "epoch 3", 0, 1, "end"]
    assert listener.params == {"epochs": 9, "steps": 2, "verbose": 0}
    assert history.epoch == history.history["mine"] == [2, 3]


def test_training_may_stop_after_any_batch():
    class Enough(callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 1

    model = small_model()
    history = model.fit(X, Y, batch_size=10, epochs=3, verbose=0, callbacks=Enough())
    assert model.optimizer.iterations == 2 and history.epoch == [0]


def test_early_stopping_brings_back_the_best_weights(tmp_path):
    model = small_model()
    model.compile("sgd", "sparse_categorical_crossentropy")
    rate = callbacks.LearningRateScheduler(lambda epoch: 0.05 if epoch < 3 else 30.0)  # it goes well, then not at all
    stop = callbacks.EarlyStopping("loss", patience=2, restore_best_weights=True)
    best = callbacks.ModelCheckpoint(tmp_path / "best.npz", "loss", save_best_only=True, save_weights_only=True)
    history = model.fit(X, Y, epochs=20, verbose=0, callbacks=[rate, stop, best], shuffle=False)
    assert history.history["learning_rate"][:4] == [0.05, 0.05, 0.05, 30.0]
    assert len(history.epoch) == int(np.argmin(history.history["loss"])) + 3
    kept = model.get_weights()
    model.load_weights(tmp_path / "best.npz")
    for one, other in zip(model.get_weights(), kept):
        np.testing.assert_array_equal(one, other)


def test_weights_that_are_not_trainable_stay():
    model = small_model()
    model.layers[0].trainable = model.layers[1].trainable = False
    before = model.get_weights()
    model.fit(X, Y, epochs=1, verbose=0)
    same = [np.array_equal(one, other) for one, other in zip(model.get_weights(), before)]
    assert same == [True] * 6 + [False] * 2
    assert len(model.trainable_weights) == 2


def test_weights_are_saved_and_loaded(tmp_path):
    model, other = small_model(), small_model()
    path = tmp_path / "new folder" / "weights.npz"
    model.save_weights(path)
    assert os.listdir(path.parent) == ["weights.npz"]
    other.load_weights(path)
    np.testing.assert_array_equal(model.predict(X, verbose=0), other.predict(X, verbose=0))
    with pytest.raises(FileExistsError, match="overwrite=True"):
        model.save_weights(path, overwrite=False)


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "damaged, or not a file"),
        (b"PK\x03\x04 nothing more", "damaged, or not a file"),
        (b"\x89HDF\r\n\x1a\n rest", r"file of Keras \(HDF5\)"),
        (b"\x80\x04K\x01.", "damaged, or not a file"),
        ("half", "damaged, or not a file"),
        ("array", "damaged, or not a file"),
        ("other model", r"has 8 weights; got 2"),
        ("other shapes", r"`kernel` has shape \(64, 3\)"),
    ],
)
def test_a_bad_file_is_refused_and_changes_nothing(tmp_path, content, words):
    model, path = small_model(), tmp_path / "weights.npz"
    model.save_weights(path)
    if content == "half":
        content = path.read_bytes()[:-100]
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content == "array":
        with open(path, "wb") as file:
            np.save(file, np.zeros(3))
    elif content == "other model":
        cnnlab.Sequential([layers.Input((3,)), layers.Dense(2)]).save_weights(path)
    elif content == "other shapes":
        np.savez(path, *[np.zeros(w.shape) if w.shape != (64, 3) else np.zeros((9, 9)) for w in model.get_weights()])
    before = model.get_weights()
    with pytest.raises(ValueError, match=words):
        model.load_weights(path)
    for one, other in zip(model.get_weights(), before):
        np.testing.assert_array_equal(one, other)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere.npz"):
        small_model().load_weights(tmp_path / "nowhere.npz")


def test_summary_is_the_table_of_keras():
    import keras

    code = """[L.Input((28, 28, 1)), L.Conv2D(32, 3, name="eyes"), L.MaxPooling2D(name="pool"), L.BatchNormalization(name="even"),
              L.Conv2D(8, 3, name="one_name_that_is_much_too_long_for_its_column"), L.GlobalAveragePooling2D(name="mean"),
              L.Dense(10, name="last")]"""
    texts = []
    for library, kind in ((keras.layers, keras.Sequential), (layers, cnnlab.Sequential)):
        model = kind(eval(code, {"L": library}), name="small")
        for width in (None, 60, 72):
            lines = []
            model.summary(line_length=width, print_fn=lambda line: lines.append(line))
            texts.append("\n".join(line.rstrip() for line in "\n".join(lines).splitlines() if line.strip()))
    assert texts[:3] == texts[3:]


def test_without_input_the_first_batch_makes_the_weights():
    model = cnnlab.Sequential([layers.Conv2D(2, 3), layers.GlobalMaxPooling2D(), layers.Dense(3, activation="softmax")])
    lines = []
    model.summary(print_fn=lines.append)
    assert "unbuilt" in lines[0] and not model.built
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(X, Y, epochs=1, verbose=0)
    assert model.output_shape == (None, 3) and len(model.weights) == 4
    assert model(X[:2, :4]).shape == (2, 3)  # another size


def test_input_with_sizes_still_unknown():
    model = cnnlab.Sequential([layers.Input((None, None, 1)), layers.Conv2D(2, 3), layers.GlobalMaxPooling2D()])
    assert not model.built
    assert model(X).shape == (90, 2) and model(X[:, :4, :5]).shape == (90, 2)
    with pytest.raises(ValueError, match=r"shape \(N, None, None, 1\).*got shape \(90, 6, 6, 2\)"):
        model(np.concatenate([X, X], axis=-1))


def test_an_axis_of_one_channel_may_be_missing_as_in_keras():
    model = small_model()
    np.testing.assert_array_equal(model.predict(X[..., 0], verbose=0), model.predict(X, verbose=0))
    assert model.evaluate(X[..., 0], Y, verbose=0) == model.evaluate(X, Y, verbose=0)


def test_integers_lists_and_empty_batches():
    model = small_model()
    assert model.predict((X * 9).astype("uint8"), verbose=0).dtype == np.float32
    assert model.predict(X.tolist(), verbose=0).shape == (90, 3)
    assert model.predict(X[:0], verbose=0).shape == (0, 3)


def test_a_layer_that_does_not_fit_is_not_added():
    model = small_model()
    with pytest.raises(ValueError, match="'late'"):
        model.add(layers.Conv2D(2, 3, name="late"))
    assert len(model.layers) == 4 and model.predict(X, verbose=0).shape == (90, 3)


def test_pop_takes_the_last_layer_off():
    model = small_model(compiled=False)
    assert isinstance(model.pop(), layers.Dense)
    assert model.output_shape == (None, 64) and len(model.weights) == 6


def test_get_layer():
    model = small_model(name="last")
    assert model.get_layer("last") is model.get_layer(index=3) is model.layers[3]
    with pytest.raises(ValueError, match="no layer 'first'.*'last'"):
        model.get_layer("first")


def test_names_are_those_of_keras():
    names = [
        cnnlab._names.snake_case(name) for name in ("Conv2D", "MaxPooling2D", "ReLU", "Conv2DTranspose", "LeakyReLU")
    ]
    assert names == ["conv2d", "max_pooling2d", "re_lu", "conv2d_transpose", "leaky_re_lu"]


@pytest.mark.parametrize(
    "verbose, words", [(0, []), (1, ["Epoch 2/2\n", "3/3 ━", "step", "loss: ", "val_loss: "]), (2, ["3/3 0s"])]
)
def test_progress(verbose, words, capsys):
    small_model().fit(X, Y, batch_size=30, epochs=2, verbose=verbose, validation_data=(X, Y))
    printed = capsys.readouterr().out
    assert all(word in printed for word in words) and bool(printed) == bool(words)


def test_progress_bar_moves_and_tells_the_time_left(capsys, monkeypatch):
    from cnnlab import _progress

    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr(_progress.time, "monotonic", lambda: next(clock))
    bar = _progress.Progress(10, 1)
    bar.moves = True
    bar.update(1, {"loss": 1.5})
    bar.update(2, {"loss": 0.00025})
    bar.finish(10, {"loss": 0.5})
    first, second, last = capsys.readouterr().out.split("\r")[1:]
    assert first.startswith(" 1/10 ━━╌") and "1:30 left - loss: 1.5000" in first
    assert "1:20 left - loss: 2.5000e-04" in second
    assert "10/10 ━━━━━━━━━━━━━━━━━━━━ 30s 3s/step - loss: 0.5000" in last and len(last.rstrip("\n")) >= len(second)


@pytest.mark.parametrize(
    "act, error, words",
    [
        (lambda m: small_model(compiled=False).fit(X, Y), ValueError, "Call `compile` before `fit`, for example"),
        (lambda m: small_model(compiled=False).evaluate(X, Y), ValueError, "Call `compile` before `evaluate`"),
        (lambda m: m.compile("adam"), ValueError, "`loss` is missing"),
        (lambda m: m.compile("adamm", "mse"), ValueError, "`optimizer` 'adamm' is not known"),
        (lambda m: m.compile("adam", "mse", metrics=["accurate"]), ValueError, "`metrics` 'accurate' is not known"),
        (lambda m: m.fit(X), ValueError, "`y` is missing"),
        (lambda m: m.fit(X, Y[:50]), ValueError, "got 90 in `x` and 50 in `y`"),
        (lambda m: m.fit(X, Y + 1), ValueError, "labels from 0 to 2.*it holds 3"),
        (lambda m: m.fit(X, np.eye(3)[Y]), ValueError, "Use CategoricalCrossentropy, or y.argmax"),
        (lambda m: m.fit(X, np.full(90, np.nan)), ValueError, "`y` holds NaN"),
        (lambda m: m.fit(X[:0], Y[:0]), ValueError, "are empty: there is nothing"),
        (lambda m: m.fit(iter([X]), Y), TypeError, "`x` must hold numbers, as NumPy arrays"),
        (lambda m: m.fit([[1, 2], [3]], Y), ValueError, "`x` must be an array of numbers; its rows have different lengths"),
        (
            lambda m: m.fit(X[:, :5], Y),
            ValueError,
            r"shape \(N, 6, 6, 1\), for the model's Input; got shape \(90, 5, 6, 1\)",
        ),
        (lambda m: m.predict(X[0]), ValueError, r"A single example goes in as x\[None\]"),
        (lambda m: m.evaluate(X[:0], Y[:0]), ValueError, "are empty: there is nothing"),
        (lambda m: m.fit(X, Y, callbacks=[callbacks.EarlyStopping]), TypeError, "`callbacks` must be a list"),
        (lambda m: m.fit(X, Y, batch_size=0), ValueError, "`batch_size` must be at least 1"),
        (lambda m: m.fit(X, Y, epochs=1.5), TypeError, "`epochs` must be a whole number"),
        (lambda m: m.fit(X, Y, verbose=3), ValueError, "`verbose` must be 0"),
        (lambda m: m.fit(X, Y, validation_split=1.5), ValueError, "`validation_split` must be a share"),
        (lambda m: m.fit(X[:1], Y[:1], validation_split=0.1), ValueError, "leaves 0 to train on and 1 to validate"),
        (lambda m: m.fit(X, Y, validation_data=X), ValueError, "`validation_data` must be a pair"),
        (lambda m: m.fit(X, Y, validation_data=(X, Y + 1)), ValueError, "In `validation_data`: `y` must hold labels"),
        (lambda m: m.fit(X, Y, sample_weight=[1, 2]), ValueError, r"`sample_weight` must have shape \(90,\)"),
        (lambda m: m.set_weights(m.get_weights()[:-1]), ValueError, "has 8 weights; got 7"),
        (
            lambda m: m.set_weights([w.T for w in m.get_weights()]),
            ValueError,
            r"`kernel` has shape \(3, 3, 1, 4\); got shape",
        ),
        (lambda m: m.add(layers.Input((3,))), ValueError, "`Input` must be the first"),
        (lambda m: m.add("Dense"), TypeError, "`layer` must be a layer"),
        (lambda m: m.add(m.layers[0]), ValueError, "already has a layer named"),
        (lambda m: m.add(layers.Conv2D(2, 3, name="late")), ValueError, "'late'.*4 axes.*Flatten"),
        (lambda m: cnnlab.Sequential().build((None, 3)), ValueError, "has no layers yet"),
        (lambda m: cnnlab.Sequential([layers.Dense(3)]).save_weights("x"), ValueError, "has no weights yet"),
    ],
)
def test_bad_calls_say_what_to_do(act, error, words):
    with pytest.raises(error, match=words):
        act(small_model())
