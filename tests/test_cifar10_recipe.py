"""The script benchmarks/cifar10.py, with tiny networks on drawn scenes."""

import importlib.util
import itertools
import json
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"  # see tests/ops/conftest.py
pytest.importorskip("tensorflow")

_spec = importlib.util.spec_from_file_location(
    "cifar10_recipe", Path(__file__).parents[1] / "benchmarks" / "cifar10.py"
)
recipes = importlib.util.module_from_spec(_spec)
sys.modules["cifar10_recipe"] = recipes  # where dataclass looks for the types
_spec.loader.exec_module(recipes)

STEPS = list(recipes.ablation_steps())
TINY = replace(
    recipes.FAST,
    name="tiny",
    epochs=3,
    batch_size=16,
    options={"widths": (8, 8, 8)},
    lookahead_from=1,
    whitening_epochs=1,
    learning_rate=2,
)


@pytest.fixture(scope="module")
def scenes():
    images = np.random.default_rng(0).integers(0, 256, (352, 32, 32, 3)).astype("uint8")
    labels = np.arange(352).astype("uint8") % 10
    images[np.arange(352), labels] = 255  # a white line, higher or lower
    parts = {"x_train": images[:288], "y_train": labels[:288], "x_test": images[288:], "y_test": labels[288:]}
    return SimpleNamespace(drawn=True, source="lines drawn by the test", **parts)


def test_whitened_patches_are_uncorrelated_with_variance_one(scenes):
    import tensorflow as tf

    images = scenes.x_train[:200] / 50 - 1
    kernel = recipes.whitening_kernel(images, epsilon=0)
    outputs = tf.nn.conv2d(images, kernel, 1, "VALID").numpy().reshape(-1, 24)
    np.testing.assert_allclose(np.cov(outputs[:, :12], rowvar=False), np.eye(12), atol=1e-8)
    np.testing.assert_array_equal(kernel[..., 12:], -kernel[..., :12])


def test_first_filters_start_as_identity():
    import tensorflow as tf

    x = np.random.default_rng(0).normal(size=(1, 6, 6, 4)).astype("float32")
    wide, narrow = (recipes.identity_start((3, 3, 4, filters)) for filters in (9, 2))
    outputs = tf.nn.conv2d(x, wide, 1, "SAME").numpy()
    np.testing.assert_array_equal(outputs[..., :4], x)
    assert 0 < np.abs(wide[..., 4:]).max() <= 1 / np.sqrt(36)
    np.testing.assert_array_equal(tf.nn.conv2d(x, narrow, 1, "SAME"), x[..., :2])


def test_learning_rate_goes_up_and_down_in_straight_lines():
    rate = recipes.Triangle(8.0, steps=1000)
    found = [float(rate(step)) for step in (0, 115, 230, 615, 1000)]
    np.testing.assert_allclose(found, [1.6, 4.8, 8.0, 4.28, 0.56], rtol=1e-5)


def test_steps_are_those_of_the_paper(scenes):
    """Its update of a weight, for a loss summed over the batch, beside those of the optimizers."""
    import keras

    recipe = replace(TINY, batch_size=512, learning_rate=11.5)
    model = recipes.speed_network(scenes.x_train, (8, 8, 8))
    groups = recipes.speed_optimizers(model, recipe, 100)
    assert [len(variables) for _, variables, _ in groups] == [7, 6, 1]  # the whitening filters stay as they are
    assert [epochs for _, _, epochs in groups] == [3, 3, 1]
    rng = np.random.default_rng(0)
    for (optimizer, _, _), factor in zip(groups, (1, 64, 1)):
        rate, decay = 11.5 / 1024 / (1 + 1 / 0.15) * factor, 0.0153 / 1024 / (1 + 1 / 0.15) * 512
        weight, velocity, variable = np.ones(5), 0, keras.Variable(np.ones(5))
        optimizer.build([variable])
        optimizer.learning_rate = recipes.Triangle(optimizer._learning_rate.peak, 1, start=1, end=1)
        for gradient in rng.normal(0, 0.1 / 512 / factor, (80, 5)):
            summed = 512 * gradient + decay / rate * weight
            velocity = 0.85 * velocity + summed
            weight = weight - rate * (summed + 0.85 * velocity)
            optimizer.apply([keras.ops.convert_to_tensor(gradient, "float32")], [variable])
        assert np.abs(weight - 1).min() > 0.2
        np.testing.assert_allclose(variable.numpy(), weight, rtol=0.03)  # Keras's decay starts without delay


def test_numbers_of_parameters(scenes):
    """Counted by hand; the batch norms' moving means and variances are among them."""
    model = recipes.speed_network(scenes.x_train, **recipes.FAST.options)
    kernels = 9 * (24 * 64 + 64 * 64 + 64 * 256 + 3 * 256 * 256)
    assert model.count_params() == (12 * 24 + 24) + kernels + 3 * 2 * (64 + 256 + 256) + 2560
    found = [step.network(scenes.x_train, **step.options).count_params() for step in STEPS[:4]]
    article = (27 * 32 + 32) + (288 * 32 + 32) + (7200 * 512 + 512) + 5130
    normed = article - 576 + 4 * 576
    pooled = 27 * 32 + 288 * 32 + 288 * 64 + 576 * 128 + 4 * (32 + 32 + 64 + 128) + 1290
    assert found == [article, article, normed, pooled]


def test_a_residual_network_starts_as_the_one_without():
    images = np.zeros((1, 32, 32, 3), "uint8")
    plain, residual = (step.network(images, **step.options) for step in (STEPS[5], STEPS[6]))
    kernels = {}
    for layer in residual.layers:
        if layer.weights and "add" not in layer.name:
            kernels.setdefault(tuple(layer.weights[0].shape), layer)
    for layer in plain.layers:
        if layer.weights:
            layer.set_weights(kernels[tuple(layer.weights[0].shape)].get_weights())
    x = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3)).astype("uint8")
    np.testing.assert_allclose(residual.predict(x, verbose=0), plain.predict(x, verbose=0), atol=1e-5)


def test_each_step_changes_one_thing():
    for before, after in itertools.pairwise(STEPS):
        changed = {name for name, value in before.settings().items() if value != after.settings()[name]} - {"name"}
        assert changed in ({"options"}, {"shift", "flip"}, {"optimizers"}, {"label_smoothing"})
        assert len(set(after.options) - set(before.options)) == (changed == {"options"})


def test_batches_are_shifted_and_flipped_images(scenes):
    images, labels = scenes.x_train[:20], np.arange(20)
    padded = np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)), "reflect")
    seen = []
    for epoch in (0, 1):
        mirrored = {}
        for batch, chosen in recipes.batches(images, labels, 5, 7, epoch, shift=2, flip=True):
            for image, i in zip(batch, chosen):
                windows = [padded[i, y : y + 32, x : x + 32] for y in range(5) for x in range(5)]
                plain = any(np.array_equal(image, window) for window in windows)
                assert plain != any(np.array_equal(image[:, ::-1], window) for window in windows)
                mirrored[int(i)] = not plain
        assert len(mirrored) == 20
        seen.append([mirrored[i] for i in range(20)])
    assert np.array_equal(seen[0], ~np.array(seen[1])) and 3 < sum(seen[0]) < 17
    first, again, other = (next(recipes.batches(images, labels, 5, 7, epoch, shift=2))[0] for epoch in (3, 3, 4))
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    unchanged, chosen = next(recipes.batches(images, labels, 5, 7, 0))
    np.testing.assert_array_equal(unchanged, images[chosen])


def test_views_of_a_test_image_are_averaged(scenes):
    weights = np.random.default_rng(0).normal(size=(3072, 10))
    model = SimpleNamespace(predict=lambda images, **_: images.reshape(len(images), -1) @ weights)
    images = scenes.x_test[:6]
    shown, shares = [images, images[:, :, ::-1]], [1 / 4, 1 / 4]
    for move in (1, -1):  # down right shows what was up left
        rows = np.abs(np.arange(32) + move)
        rows = np.where(rows > 31, 62 - rows, rows)
        shifted = images[:, rows][:, :, rows]
        shown, shares = shown + [shifted, shifted[:, :, ::-1]], shares + [1 / 8, 1 / 8]
    outputs = [model.predict(images) for images in shown]
    found = recipes.views(model, images)
    np.testing.assert_allclose(found["test_accuracy"], outputs[0])
    np.testing.assert_allclose(found["test_accuracy_flip"], (outputs[0] + outputs[1]) / 2)
    expected = sum(share * output for share, output in zip(shares, outputs, strict=True))
    np.testing.assert_allclose(found["test_accuracy_flip_shift"], expected)
    assert "test_accuracy_flip_shift" not in recipes.views(model, images, shift=False)


@pytest.mark.parametrize("recipe", [TINY, replace(STEPS[3], name="dropout", epochs=2, batch_size=16)])
def test_a_resumed_run_gives_the_same_numbers(recipe, scenes, tmp_path, monkeypatch):
    recipe = replace(recipe, images=192)
    unbroken, broken = tmp_path / "unbroken" / f"{recipe.name}-3.npz", tmp_path / "broken" / f"{recipe.name}-3.npz"
    broken.parent.mkdir()

    def say(line):
        if f"epoch {recipe.epochs - 1} of" in line:
            shutil.copy(unbroken, broken)

    model, log = recipes.train(recipe, scenes, 3, unbroken.parent, say)
    assert len(log["train_loss"]) == recipe.epochs

    real, epochs = recipes.batches, []
    monkeypatch.setattr(recipes, "batches", lambda *arguments: epochs.append(arguments[4]) or real(*arguments))
    resumed, again = recipes.train(recipe, scenes, 3, broken.parent, say=lambda line: None)
    assert epochs == [recipe.epochs - 1]
    np.testing.assert_allclose(again["train_loss"], log["train_loss"], atol=2e-4)
    for one, other in zip(resumed.weights, model.weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
    with np.load(broken) as stored:
        what = json.loads(str(stored["about"]))["what"]
    assert recipes.load_checkpoint(broken, what | {"seed": 4}, []) is None  # it is of something else
    assert recipes.load_checkpoint(broken, what, [])["train_loss"] == again["train_loss"]


def test_what_is_finished_is_stored_and_not_trained_again(scenes, tmp_path, monkeypatch):
    trained = []

    def train(recipe, data, seed, folder):
        if len(trained) == 3:
            trained.append("interrupted")
            raise KeyboardInterrupt
        trained.append(recipe.name)
        log = {"minutes": 1.5, "processor_minutes": 1.0, "train_loss": [2.0], "validation_accuracy": [0.1]}
        return SimpleNamespace(count_params=lambda: 5), log

    right = {"test_accuracy": 32, "test_accuracy_flip": 40, "test_accuracy_flip_shift": 48}  # of 64
    answers = {name: np.eye(10)[(scenes.y_test + (np.arange(64) >= n)) % 10] for name, n in right.items()}
    monkeypatch.setattr(recipes, "train", train)
    monkeypatch.setattr(recipes, "views", lambda model, images, shift: answers)
    monkeypatch.setattr(recipes, "RESULTS", tmp_path / "cifar10.json")
    with pytest.raises(KeyboardInterrupt):
        recipes.run_ablation(scenes, 0, tmp_path)
    assert len(json.loads((tmp_path / "cifar10.json").read_text())["ablation"]) == 3
    recipes.run_ablation(scenes, 0, tmp_path)
    names = [step.name for step in STEPS]
    assert trained == names[:3] + ["interrupted"] + names[3:]
    recipes.measure(TINY, scenes, 0, tmp_path, "runs")
    recipes.measure(TINY, scenes, 0, tmp_path, "runs")
    recipes.measure(TINY, scenes, 1, tmp_path, "runs")
    assert trained[len(names) + 1 :] == ["tiny", "tiny"]
    stored = json.loads((tmp_path / "cifar10.json").read_text())
    assert [row["step"] for row in stored["ablation"]] == names + ["test-time flip"]
    assert [row["seed"] for row in stored["runs"]] == [0, 1]
    last = stored["ablation"][-1]
    assert last["test_accuracy"] == 0.625 and last["minutes"] == 0 and last["trained_as"] == names[-1]
    rows = recipes.table().splitlines()
    assert rows[2] == "| tiny | 0 | 3 | 231 | 5 | 50.00% | 62.50% | 75.00% | 1.5 | 1.0 | drawn scenes |"
    assert rows[-1] == "| test-time flip | 0 | 10 | 231 | 5 | 62.50% | +12.50 | 0.0 | 0.0 | drawn scenes |"
