import doctest
import hashlib

import numpy as np
import pytest
from matplotlib.path import Path as Outline

from cnnlab.datasets import drawn
from cnnlab.datasets.drawn import _raster

KINDS = pytest.mark.parametrize("draw", [drawn.digits, drawn.clothing, drawn.scenes])


# What is drawn


@KINDS
def test_shapes_types_and_range(draw):
    images, labels = draw(130)
    assert images.shape == (130, 32, 32, 3) if draw is drawn.scenes else (130, 28, 28)
    assert images.dtype == labels.dtype == np.uint8
    assert labels.shape == (130,)
    assert images.min() < 20 and images.max() == 255


@KINDS
def test_no_image_for_n_0(draw):
    images, labels = draw(0)
    assert images.shape == (0, *draw(1)[0].shape[1:])
    assert images.dtype == labels.dtype == np.uint8
    assert labels.shape == (0,)


@KINDS
def test_classes_are_balanced_and_shuffled(draw):
    _, labels = draw(300)
    assert (np.bincount(labels, minlength=10) == 30).all()
    assert (np.diff(labels.astype(int)) == 0).mean() < 0.3  # not sorted
    assert not np.array_equal(labels[:100], labels[100:200])


def test_names():
    assert len(drawn.SCENE_NAMES) == len(set(drawn.SCENE_NAMES)) == 10
    assert drawn.CLOTHING_NAMES == (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    )


@pytest.mark.parametrize("draw", [drawn.digits, drawn.clothing])
def test_bright_on_black_and_away_from_the_border(draw):
    images, _ = draw(500)
    assert images[:, [0, -1]][..., [0, -1]].mean() < 1  # corners
    assert (images.max(axis=(1, 2)) > 50).all()
    assert 0.08 < (images > 64).mean() < 0.5


def test_digits_sit_in_the_middle():
    images, _ = drawn.digits(500)
    mass = images / images.sum(axis=(1, 2), keepdims=True)
    center_x = (mass.sum(axis=1) * (np.arange(28) + 0.5)).sum(axis=1)
    center_y = (mass.sum(axis=2) * (np.arange(28) + 0.5)).sum(axis=1)
    assert abs(center_x.mean() - 14) < 0.2 and abs(center_y.mean() - 14) < 0.2
    assert center_x.std() < 1 and center_y.std() < 1


# The same every time, everywhere


@pytest.mark.parametrize(
    ("draw", "digest"),
    [
        (drawn.digits, "e1920f088d302a14"),
        (drawn.clothing, "7e8291e53d199126"),
        (drawn.scenes, "98709ba6c3a32a2a"),
    ],
)
def test_same_bytes_on_every_machine(draw, digest):
    # Exact on purpose: stored notebooks are compared with what another machine draws.
    images, labels = draw(20, seed=7)
    assert hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest()[:16] == digest


@KINDS
@pytest.mark.parametrize("k", [1, 99, 100, 101, 250])
def test_the_first_images_do_not_depend_on_n(draw, k):
    images, labels = draw(260, seed=3)
    fewer_images, fewer_labels = draw(k, seed=3)
    np.testing.assert_array_equal(images[:k], fewer_images)
    np.testing.assert_array_equal(labels[:k], fewer_labels)


@KINDS
def test_splits_seeds_and_blocks_share_no_image(draw):
    seen = set()
    streams = [(0, "train"), (0, "test"), (1, "train"), (1, "test"), (2**32, "train"), (2**32 + 1, "test")]
    for seed, split in streams:
        seen.update(image.tobytes() for image in draw(200, seed=seed, split=split)[0])
    assert len(seen) == 6 * 200


def test_numpy_integers_are_fine():
    np.testing.assert_array_equal(drawn.digits(np.int64(3), seed=np.uint8(1))[0], drawn.digits(3, seed=1)[0])


# Bad calls


@KINDS
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"n": 2.5}, TypeError, r"n must be a whole number, such as 100; got 2\.5"),
        ({"n": "10"}, TypeError, "n must be a whole number, such as 100; got '10'"),
        ({"n": None}, TypeError, "n must be a whole number.*got None"),
        ({"n": True}, TypeError, "n must be a whole number.*got True"),
        ({"n": -1}, ValueError, "n must be 0 or more; got -1"),
        ({"n": 1, "seed": -3}, ValueError, "seed must be 0 or more; got -3"),
        ({"n": 1, "seed": 0.5}, TypeError, r"seed must be a whole number.*got 0\.5"),
        ({"n": 1, "seed": None}, TypeError, "seed must be a whole number.*got None"),
        ({"n": 1, "split": "valid"}, ValueError, 'split must be "train" or "test"; got \'valid\''),
        ({"n": 1, "split": ["train"]}, ValueError, r"split must be .*got \['train'\]"),
    ],
)
def test_bad_arguments_are_named(draw, arguments, error, message):
    with pytest.raises(error, match=message):
        draw(**arguments)


# The raster, against other ways to say the same


def test_polygon_inside_agrees_with_matplotlib():
    rng = np.random.default_rng(0)
    x, y = _raster.pixel_grid(24)
    pixels = np.stack(np.broadcast_arrays(x, y), axis=-1).reshape(-1, 2)
    for corners in (3, 4, 5, 8):
        # Points around a center, so that the outline does not cross itself; often concave.
        angle = np.sort(rng.uniform(0, 2 * np.pi, corners))
        outline = 12 + rng.uniform(4, 11, (corners, 1)) * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        for points in (outline, outline[::-1]):
            inside = _raster.polygon_distance(x, y, [tuple(p) for p in points])[0] < 0
            np.testing.assert_array_equal(inside.ravel(), Outline(points).contains_points(pixels))


def test_polygon_distance_is_the_distance_to_the_outline():
    x, y = _raster.pixel_grid(24)
    points = [(5.0, 4.0), (20.0, 7.0), (12.0, 12.0), (16.0, 21.0)]
    distance = _raster.polygon_distance(x, y, points)[0]
    t = np.linspace(0, 1, 2001)[:, None]
    outline = np.concatenate([np.array(a) + t * (np.array(b) - a) for a, b in zip(points, points[1:] + points[:1])])
    for row, column in [(0, 0), (11, 9), (23, 23), (8, 15), (14, 20)]:
        to_outline = outline - [column + 0.5, row + 0.5]
        assert abs(distance[row, column]) == pytest.approx(np.hypot(*to_outline.T).min(), abs=0.01)


def test_rotation_keeps_lengths_and_turns_by_twice_the_half():
    half = np.array([-0.3, 0.0, 0.1], np.float32)
    cosine, sine = _raster.rotation(half)
    np.testing.assert_allclose(np.arctan2(sine, cosine), 2 * np.arctan(half), atol=1e-6)


# What they are worth


def _nearest_centroid(draw):
    images, labels = draw(2000)
    test_images, test_labels = draw(500, split="test")
    centroids = np.stack([images[labels == label].mean(axis=0).ravel() for label in range(10)])
    away = ((test_images.reshape(500, 1, -1) - centroids) ** 2).sum(axis=2)
    return (away.argmin(axis=1) == test_labels).mean()


def test_labels_go_with_the_images():
    assert _nearest_centroid(drawn.digits) > 0.55
    assert _nearest_centroid(drawn.clothing) > 0.7


def test_a_linear_model_cannot_tell_the_scenes():
    images, labels = drawn.scenes(2000)
    test_images, test_labels = drawn.scenes(500, split="test")
    x, test_x = (i.reshape(len(i), -1) / 255 - 0.5 for i in (images, test_images))
    # Ridge regression onto one-hot labels, in its dual form: one weight an image, not a pixel.
    accuracies = []
    for penalty in (10, 1000):
        weights = np.linalg.solve(x @ x.T + penalty * np.eye(len(x)), np.eye(10)[labels])
        accuracies.append(((test_x @ x.T @ weights).argmax(axis=1) == test_labels).mean())
    assert max(accuracies) < 0.3


def _small_cnn(images, labels, epochs):
    keras = pytest.importorskip("keras")
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input(images.shape[1:] if images.ndim == 4 else (*images.shape[1:], 1)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(images.reshape(-1, *model.input_shape[1:]), labels, batch_size=64, epochs=epochs, verbose=0)
    return model


def test_a_small_cnn_can_tell_the_scenes():
    model = _small_cnn(*drawn.scenes(4000), epochs=5)
    images, labels = drawn.scenes(1000, split="test")
    assert model.evaluate(images, labels, verbose=0)[1] > 0.55


def test_a_cnn_trained_on_drawn_digits_reads_mnist(real_data):
    model = _small_cnn(*drawn.digits(10_000), epochs=4)
    with np.load(real_data / "mnist.npz") as mnist:
        images, labels = mnist["x_test"][..., None], mnist["y_test"]
    assert model.evaluate(images, labels, batch_size=500, verbose=0)[1] >= 0.90


def test_doctests():
    assert doctest.testmod(drawn).failed == 0
