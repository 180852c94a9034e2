"""Weights and whole models in files: read right, or refused by what they are."""

import copy
import json
import os
import pickle
import zipfile

import numpy as np
import pytest

import cnnlab
from cnnlab import callbacks, layers, losses, metrics, models, optimizers, utils

X = np.random.default_rng(0).normal(size=(40, 6, 6, 1)).astype("float32")
Y = np.random.default_rng(1).integers(0, 3, 40)
CODE = """[L.Input((6, 6, 1)), L.Conv2D(4, 3, activation="relu"), L.Dropout(0.5, seed=1), L.BatchNormalization(),
          Sequential([L.Flatten(), L.Dense(5, activation="tanh", name="in")], name="inner"),
          L.Dense(3, activation="softmax", kernel_regularizer="l2", name="last")]"""


def network(code=CODE):
    return cnnlab.Sequential(eval(code, {"L": layers, "Sequential": cnnlab.Sequential}))


def assert_same(arrays, others):
    for one, other in zip(arrays, others, strict=True):
        np.testing.assert_array_equal(one, other)


def filled(model):
    """The model with weights that tell their places."""
    model.set_weights(
        [np.arange(weight.size).reshape(weight.shape) + 100 * i for i, weight in enumerate(model.weights)]
    )
    return model


# Weights -----------------------------------------------------------------------------------------


def test_weights_are_saved_and_loaded(tmp_path):
    model, other, path = filled(network()), network(), tmp_path / "new folder" / "weights.npz"
    model.save_weights(path)
    assert os.listdir(path.parent) == ["weights.npz"]
    other.load_weights(path)
    assert_same(other.get_weights(), model.get_weights())
    with pytest.raises(FileExistsError, match="overwrite=True"):
        model.save_weights(path, overwrite=False)
    with pytest.raises(IsADirectoryError, match="is a folder"):
        model.save_weights(tmp_path)
    names = np.load(path).files
    assert names[0].split("/")[::3] == ["000", "kernel"] and names[-1] == "009/Dense/last/bias"


def test_files_of_numbered_arrays_are_read_in_the_order_of_their_numbers(tmp_path):
    """As older versions stored them, and as np.savez does: arr_10 comes after arr_9."""
    model, path = filled(network()), tmp_path / "weights.npz"
    model.add(layers.Dense(2, name="more"))
    weights = filled(model).get_weights()
    assert len(weights) == 12
    for save in (
        lambda: np.savez(path, **{f"{i:03d}": weight for i, weight in enumerate(weights)}),
        lambda: np.savez(path, *weights),
        lambda: np.savez_compressed(path, *weights),
    ):
        save()
        model.set_weights([0 * weight for weight in weights])
        model.load_weights(path)
        assert_same(model.get_weights(), weights)


def write_zip(path, *names):
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, b"x" * 100)


def half(path):
    network().save_weights(path)
    path.write_bytes(path.read_bytes()[:-100])


def one_byte(path):
    network().save_weights(path)
    content = bytearray(path.read_bytes())
    content[content.index(b"NUMPY") + 130] ^= 1
    path.write_bytes(content)


def shuffled_names(path):
    arrays = {name: array for name, array in zip("WbXcYd", network().get_weights())}
    np.savez(path, **arrays)


TWINS = "[L.Input((3,)), L.Dense(3, name='a'), L.Dense(3, name='b'), L.Dense(3, name='c')]"
BAD = {
    "empty": (lambda path: path.write_bytes(b""), "is empty"),
    "folder": (lambda path: path.mkdir(), "is a folder"),
    "text": (lambda path: path.write_text("0.1 0.2\n" * 1000), "is a text file"),
    "other text": (lambda path: path.write_text("ä" * 5000), "is a text file"),
    "unknown": (lambda path: path.write_bytes(bytes(range(256))), "is of an unknown kind"),
    "pickle": (lambda path: path.write_bytes(pickle.dumps([1])), r"is a pickle.*model.set_weights\(\[…\]\)"),
    "array": (lambda path: path.write_bytes(array_file()), r"is a single array \(.npy\)"),
    "safetensors": (lambda path: path.write_bytes(b"\x08" + b"\0" * 7 + b'{"a": 1}'), "is a file of safetensors"),
    "torch": (lambda path: write_zip(path, "archive/data.pkl", "archive/data/0"), r"PyTorch.*permute\(2, 3, 1, 0\)"),
    "other zip": (lambda path: write_zip(path, "notes.txt"), "is a zip archive of other things"),
    "zip begins": (lambda path: path.write_bytes(b"PK\x03\x04 nothing more"), "damaged zip archive, perhaps half"),
    "half": (half, "damaged zip archive, perhaps half"),
    "one byte": (one_byte, "is damaged, or not a file"),
    "no arrays": (lambda path: write_zip(path, "000.npy"), "is damaged, or not a file"),
    "objects": (lambda path: np.savez(path, np.array([None])), "is damaged, or not a file"),
    "bad hdf5": (lambda path: path.write_bytes(b"\x89HDF\r\n\x1a\n rest"), "file of Keras whose weights do not fit"),
    "names": (shuffled_names, "holds arrays of other names than save_weights gives: 'W', 'b', 'X', 'c' …"),
    "a number missing": (lambda path: np.savez(path, **{"000": X, "002": X}), "arrays of other names"),
    "a number twice": (lambda path: np.savez(path, **{"000": X, "arr_0": X, "001": X}), "arrays of other names"),
    "fewer": (lambda path: np.savez(path, *network().get_weights()[:-1]), "has 10 weights; got 9"),
    "shapes": (lambda path: np.savez(path, *[np.zeros(3)] * 10), r"`kernel` has shape \(3, 3, 1, 4\)"),
    "other model": (lambda path: network(TWINS).save_weights(path), "has 10 weights;.* holds 6"),
}


def array_file():
    import io

    file = io.BytesIO()
    np.save(file, np.zeros(3))
    return file.getvalue()


@pytest.mark.parametrize("what", BAD)
def test_a_file_that_is_not_ours_is_refused_by_what_it_is_and_changes_nothing(tmp_path, what):
    model, path = filled(network()), tmp_path / "file.npz"
    write, words = BAD[what]
    write(path)
    before = model.get_weights()
    with pytest.raises(ValueError, match=words):
        model.load_weights(path)
    with pytest.raises(ValueError, match="not a model that `model.save`|damaged"):
        models.load_model(path)
    assert_same(model.get_weights(), before)


@pytest.mark.parametrize(
    "theirs, ours, words",
    [
        (
            "L.Dense(3, name='b'), L.Dense(3, name='a')",
            "L.Dense(3, name='a'), L.Dense(3, name='b')",
            "another order: b, a; .* a, b",
        ),
        (
            "L.Reshape((3, 1, 1)), L.Conv2DTranspose(1, 1, name='t')",
            "L.Reshape((3, 1, 1)), L.Conv2D(1, 1)",
            r"Weight 0 .* is `kernel` of 't' \(Conv2DTranspose\), and in the model `kernel` of 'conv2d",
        ),
        (
            "L.BatchNormalization()",
            "L.LayerNormalization(), L.LayerNormalization()",
            r"`gamma` of .* \(BatchNormalization\)",
        ),
    ],
)
def test_weights_of_equal_shapes_from_other_layers_are_refused(tmp_path, theirs, ours, words):
    path = tmp_path / "weights.npz"
    network(f"[L.Input((3,)), {theirs}]").save_weights(path)
    with pytest.raises(ValueError, match=words):
        network(f"[L.Input((3,)), {ours}]").load_weights(path)


def test_weights_of_layers_that_are_alike_fit(tmp_path):
    path = tmp_path / "weights.npz"
    dense = filled(network("[L.Input((3,)), L.Dense(2)]"))
    dense.save_weights(path)
    dropping = network("[L.Input((3,)), L.DropConnect(2)]")
    dropping.load_weights(path)
    assert_same(dropping.get_weights(), dense.get_weights())
    filled(dropping).save_weights(path)
    dense.load_weights(path)


def test_a_missing_file_is_named(tmp_path):
    for load in (network().load_weights, models.load_model):
        with pytest.raises(FileNotFoundError, match="nowhere.npz"):
            load(tmp_path / "nowhere.npz")


@pytest.fixture(scope="module")
def keras_files(tmp_path_factory):
    """The same model in every format of Keras, with what it predicts."""
    import warnings

    import keras

    folder = tmp_path_factory.mktemp("keras")
    made = {}
    # Two of a class, whose names would be sorted otherwise; ten of them, so that "_10" comes before "_2".
    for name, code in (
        ("nested", CODE),
        ("many", f"[L.Input((6, 6, 1)), L.Flatten(), {'L.Dense(3), ' * 11} L.Dense(3)]"),
    ):
        model = keras.Sequential(eval(code, {"L": keras.layers, "Sequential": keras.Sequential}))
        model.set_weights([np.random.default_rng(i).random(w.shape) for i, w in enumerate(model.get_weights())])
        model.compile("adam", "mse")
        made[name] = model(X).numpy()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for ending in (".weights.h5", ".keras", ".h5"):
                (model.save_weights if "weights" in ending else model.save)(folder / f"{name}{ending}")
    return folder, made


@pytest.mark.parametrize("ending", [".weights.h5", ".keras", ".h5"])
@pytest.mark.parametrize("name", ["nested", "many"])
def test_files_of_keras_are_read(keras_files, name, ending):
    folder, predicted = keras_files
    model = network(
        CODE if name == "nested" else f"[L.Input((6, 6, 1)), L.Flatten(), {'L.Dense(3), ' * 11} L.Dense(3)]"
    )
    model.load_weights(folder / f"{name}{ending}")
    np.testing.assert_allclose(model(X), predicted[name], atol=1e-5 * np.abs(predicted[name]).max())
    with pytest.raises(ValueError, match="is a file of Keras, and not a model.*model.load_weights"):
        models.load_model(folder / f"{name}{ending}")


@pytest.mark.parametrize("ending", [".weights.h5", ".keras", ".h5"])
@pytest.mark.parametrize(
    "change, words",
    [
        (("L.Conv2D(4, 3", "L.Conv2D(5, 3"), r"has shape \(3, 3, 1, 5\); there it is \(3, 3, 1, 4\)"),
        (("L.Conv2D(4, 3", "L.Conv2D(4, 3, use_bias=False"), "has 10 weights|has 2 weights|has 9 weights|holds 10"),
        (("L.BatchNormalization(),", ""), "holds 10|it holds 10 weights"),
        (("L.BatchNormalization()", "L.Dense(4)"), "do not fit this model"),
        (("L.Flatten()", "L.Flatten(), L.Dense(64)"), "do not fit this model"),
    ],
)
def test_files_of_keras_from_other_models_are_refused(keras_files, change, words, ending):
    model = filled(network(CODE.replace(*change)))
    before = model.get_weights()
    with pytest.raises(ValueError, match=words):
        model.load_weights(keras_files[0] / f"nested{ending}")
    assert_same(model.get_weights(), before)


def test_a_file_of_keras_without_h5py(keras_files, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    with pytest.raises(ValueError, match=r"pip install h5py.*model.set_weights\(keras_model.get_weights\(\)\)"):
        network().load_weights(keras_files[0] / "nested.keras")


# Whole models ------------------------------------------------------------------------------------

OPTIMIZERS = [
    "SGD(0.1, 0.9)",
    "Adam(schedules.ExponentialDecay(0.01, 2, 0.5), amsgrad=True)",
    "AdamW(0.01, clipnorm=1.0, use_ema=True, ema_overwrite_frequency=3)",
    "RMSprop(centered=True)",
    "Adagrad()",
]


def trained(optimizer="Adam()", loss="sparse_categorical_crossentropy", **how):
    utils.set_random_seed(0)
    model = network()
    model.layers[0].trainable = False
    made = eval(f"optimizers.{optimizer}", {"optimizers": optimizers, "schedules": optimizers.schedules})
    made.exclude_from_weight_decay(var_list=[model.layers[-1].bias], var_names=["gamma"])
    model.compile(made, loss, **{"metrics": ["accuracy"], **how})
    model.fit(X, Y, batch_size=16, epochs=2, verbose=0)
    return model


def go_on(model):
    utils.set_random_seed(1)
    return model.fit(X, Y, batch_size=16, epochs=2, verbose=0).history


def through_file(model):
    path = f"{os.environ['PYTEST_FOLDER']}/model.cnnlab"
    model.save(path)
    return models.load_model(path)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("way", [through_file, copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_model_made_again_goes_on_as_if_nothing_had_been(tmp_path, monkeypatch, optimizer, way):
    monkeypatch.setenv("PYTEST_FOLDER", str(tmp_path))
    model = trained(optimizer)
    again = way(model)
    assert again.name == model.name and [layer.name for layer in again.layers] == [layer.name for layer in model.layers]
    assert [layer.get_config() for layer in again._leaves()] == [layer.get_config() for layer in model._leaves()]
    assert again.optimizer.get_config() == model.optimizer.get_config()
    assert_same(again.predict(X, verbose=0), model.predict(X, verbose=0))
    first = go_on(model)
    assert go_on(again) == first
    assert_same(again.get_weights(), model.get_weights())
    assert len(again.trainable_weights) == len(model.trainable_weights) == 6
    with pytest.raises(ValueError, match="has trained another model"):
        other = trained()
        other.compile(again.optimizer, "mse")
        other.fit(X, np.eye(3)[Y], verbose=0)


def test_layers_and_optimizers_are_copied_by_themselves():
    model = trained("SGD(0.1, 0.9)")
    for layer in model._leaves():
        for again in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
            assert_same(again.get_weights(), layer.get_weights())
            assert again.name == layer.name and (not layer.weights or again.weights[0] is not layer.weights[0])
    for again in (copy.deepcopy(model.optimizer), pickle.loads(pickle.dumps(model.optimizer))):
        assert again.iterations == model.optimizer.iterations == 6
        assert_same(
            [a for slots in again.state()[1].values() for a in slots],
            [a for slots in model.optimizer.state()[1].values() for a in slots],
        )


@pytest.mark.parametrize("loss", sorted(losses._KNOWN))
def test_every_loss_is_stored(tmp_path, loss):
    model = network("[L.Input((4,)), L.Dense(3, activation='softmax')]")
    y = np.array([0, 2, 1]) if loss in ("sparse_categorical_crossentropy",) else np.eye(3)[[0, 2, 1]]
    model.compile("sgd", loss)
    model.save(tmp_path / "model.cnnlab")
    again = models.load_model(tmp_path / "model.cnnlab")
    x = np.ones((3, 4))
    assert again.evaluate(x, y, verbose=0) == model.evaluate(x, y, verbose=0)


def test_losses_and_metrics_with_settings_are_stored(tmp_path):
    model = network("[L.Input((4,)), L.Dense(3, activation='softmax')]")
    model.compile(
        "sgd",
        losses.CategoricalCrossentropy(label_smoothing=0.25, reduction="sum"),
        metrics=[
            metrics.Precision(top_k=2),
            metrics.TopKCategoricalAccuracy(2, name="two"),
            "mse",
            metrics.BinaryAccuracy(threshold=0.3),
        ],
        weighted_metrics=[metrics.KLDivergence()],
    )
    model.save(tmp_path / "model.cnnlab")
    x, y = np.random.default_rng(0).random((6, 4)), np.eye(3)[[0, 2, 1, 1, 2, 0]]
    again = models.load_model(tmp_path / "model.cnnlab").evaluate(x, y, verbose=0, return_dict=True)
    assert again == model.evaluate(x, y, verbose=0, return_dict=True) and len(again) == 6
    alone = models.load_model(tmp_path / "model.cnnlab", compile=False)
    assert alone.optimizer is None


class Doubled(layers.Layer):
    def __init__(self, factor, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, inputs):
        return self.factor * inputs

    def call_grad(self, grad):
        return self.factor * grad


class Halved(cnnlab.regularizers.Regularizer):
    def __call__(self, weight):
        return float(0.5 * np.sum(weight))

    def gradient(self, weight):
        return np.full_like(weight, 0.5)


class Slow(optimizers.SGD):
    pass


def far(y_true, y_pred):
    return np.abs(y_true - y_pred).max(axis=-1)


def test_what_is_ones_own_is_made_again_where_it_is_passed(tmp_path):
    path = tmp_path / "model.cnnlab"
    model = cnnlab.Sequential([layers.Input((3,)), Doubled(3.0), layers.Dense(2, kernel_regularizer=Halved())])
    model.compile(Slow(0.5), far, metrics=[far])
    model.save(path)
    own = {"Doubled": Doubled, "Halved": Halved, "Slow": Slow, "far": far}
    again = models.load_model(path, own)
    x, y = np.random.default_rng(0).random((4, 3)), np.ones((4, 2))
    assert again.evaluate(x, y, verbose=0) == model.evaluate(x, y, verbose=0)
    assert isinstance(again.optimizer, Slow) and again.layers[0].factor == 3
    for missing, words in (
        ("Doubled", r"made with Doubled, which is not in cnnlab.layers.*custom_objects=\{'Doubled': Doubled\}"),
        ("Halved", "'Halved' is not known|Halved"),
        ("Slow", "'Slow' is not known"),
        ("far", r"the function 'far'. Pass it.*\{'far': far\}"),
    ):
        with pytest.raises(ValueError, match=words):
            models.load_model(path, {name: thing for name, thing in own.items() if name != missing})
    for wrong in ({**own, "Doubled": dict}, {**own, "Doubled": optimizers.SGD}):
        with pytest.raises(ValueError, match="made with Doubled"):
            models.load_model(path, wrong)


def test_what_cannot_be_stored_is_named_and_leaves_the_old_file(tmp_path):
    path = tmp_path / "model.cnnlab"
    model = trained()
    model.save(path)
    before = path.read_bytes()

    class Mine(cnnlab.Sequential):
        pass

    def cube(x):
        return x**3

    own = cnnlab.activations.Activation("cube", cube, lambda grad, x: 3 * grad * x**2)
    with_own = network("[L.Input((4,)), L.Dense(3)]")
    with_own.add(layers.Dense(3, activation=own, name="curved"))
    by_lambda = network("[L.Input((4,)), L.Dense(3)]")
    by_lambda.compile(optimizers.SGD(lambda: 0.1), "mse")
    for made, error, words in (
        (Mine([layers.Input((4,)), layers.Dense(3)]), NotImplementedError, "Mine is a class of your own"),
        (with_own, TypeError, "Layer 'curved' cannot be stored: `activation` 'cube'"),
        (by_lambda, TypeError, "How the model was compiled cannot be stored: `learning_rate`"),
        (cnnlab.Sequential([layers.Dense(3)]), ValueError, "nothing for `save`"),
    ):
        with pytest.raises(error, match=words):
            made.save(path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["model.cnnlab"]
    for name, words in (
        ("model.keras", "Files of Keras can only be written by Keras"),
        ("model", "must end in '.cnnlab'"),
    ):
        with pytest.raises(ValueError, match=words):
            model.save(tmp_path / name)
    with pytest.raises(FileExistsError, match="overwrite=True"):
        model.save(path, overwrite=False)


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "model.cnnlab"
    model = trained()
    for save in (model.save, model.save_weights):
        save(path)
        before = path.read_bytes()

        def full(*arguments, **more):
            raise OSError("No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr(zipfile.ZipFile, "writestr", full)
            patched.setattr(np, "savez", full)
            with pytest.raises(OSError, match="No space"):
                save(path)
        assert path.read_bytes() == before and os.listdir(tmp_path) == ["model.cnnlab"]


def test_the_weights_of_a_model_file_are_read(tmp_path):
    model = trained()
    model.save(tmp_path / "model.cnnlab")
    other = network()
    other.load_weights(tmp_path / "model.cnnlab")
    assert_same(other.get_weights(), model.get_weights())


def test_a_damaged_model_file_is_refused(tmp_path):
    path = tmp_path / "model.cnnlab"
    trained().save(path)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for place in rng.integers(0, len(whole), 60):  # a bit somewhere: refused, or where it means nothing, as before
        content = bytearray(whole)
        content[place] ^= 4
        path.write_bytes(content)
        try:
            models.load_model(path)
        except ValueError as error:
            assert str(path) in str(error)
    path.write_bytes(whole)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    described = json.loads(parts["model.json"])
    for change, words in (
        ({"format": "cnnlab model 2"}, "its format is 'cnnlab model 2'"),
        ({"model": None}, "damaged"),
    ):
        with zipfile.ZipFile(path, "w") as archive:
            for name, part in parts.items():
                archive.writestr(name, json.dumps({**described, **change}) if name == "model.json" else part)
        with pytest.raises(ValueError, match=words):
            models.load_model(path)
    for gone in [name for name in parts if name != "model.json"][::4]:
        with zipfile.ZipFile(path, "w") as archive:
            for name, part in parts.items():
                if name != gone:
                    archive.writestr(name, part)
        with pytest.raises(ValueError, match="damaged|holds|other names"):
            models.load_model(path)


def test_checkpoints_hold_whole_models(tmp_path):
    model = trained()
    watch = callbacks.ModelCheckpoint(tmp_path / "best-{epoch}.cnnlab", "loss")
    model.fit(X, Y, epochs=2, verbose=0, callbacks=[watch])
    assert sorted(os.listdir(tmp_path)) == ["best-1.cnnlab", "best-2.cnnlab"]
    assert_same(models.load_model(tmp_path / "best-2.cnnlab").get_weights(), model.get_weights())
