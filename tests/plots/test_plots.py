import base64
import io

import numpy as np
import pytest
from PIL import Image

from cnnlab import plots


def test_a_picture_carries_its_alternative_text_where_jupyter_reads_it():
    picture = plots.show_images(np.eye(4), ['a <b> & "c"'])
    bundle = picture._repr_mimebundle_()
    assert 'alt="One gray image, 4 by 4 pixels. Titles: a &lt;b&gt; &amp; &quot;c&quot;.' in bundle["text/html"]
    assert bundle["text/plain"] == f"Picture: {picture.alt}"
    assert Image.open(io.BytesIO(base64.b64decode(bundle["image/png"]))).width > 100


def pixels(picture):
    return np.asarray(Image.open(io.BytesIO(picture.png)).convert("RGB")).astype(int)


def share(picture, color, tolerance=6):
    return (abs(pixels(picture) - color).max(axis=-1) <= tolerance).mean()


def test_values_are_drawn_as_they_are():
    black, middle, white = np.zeros((4, 4), "uint8"), np.full((4, 4), 128, "uint8"), np.full((4, 4), 255, "uint8")
    assert share(plots.show_images(black), (0, 0, 0)) > 0.8
    assert share(plots.show_images(middle), (128, 128, 128)) > 0.8
    assert share(plots.show_images(white), (0, 0, 0)) == 0
    assert share(plots.show_images(np.full((4, 4, 3), (1.0, 0.0, 0.0))), (255, 0, 0)) > 0.8


def test_negative_numbers_are_blue_zero_is_white_positive_are_red():
    signed = plots.show_images([np.full((4, 4), v) for v in (-2.0, 0.0, 2.0)])
    left, middle, right = np.array_split(pixels(signed)[20:-20], 3, axis=1)
    assert left.mean(axis=(0, 1))[2] > left.mean(axis=(0, 1))[0] + 40
    assert right.mean(axis=(0, 1))[0] > right.mean(axis=(0, 1))[2] + 40
    assert middle.mean() > 240


def test_alternative_text_of_images_says_how_many_how_large_and_which_values():
    alt = plots.show_images([np.zeros((2, 3)), np.full((2, 3, 3), 0.5)], ["one", "two"], alt="Test.").alt
    assert alt == "Test. 2 images, 2 by 3 pixels. Titles: one; two. Values from 0 to 0.5."


@pytest.mark.parametrize(
    "images, titles, words",
    [
        (np.zeros((2, 2, 2, 2)), None, r"`images` must have shape.*\(2, 2, 2, 2\)"),
        ([], None, "`images` is empty"),
        (np.zeros((2, 2)), ["a", "b"], r"`titles` must have one for each image: got 2 for 1 image\."),
    ],
)
def test_bad_images_are_named(images, titles, words):
    with pytest.raises(ValueError, match=words):
        plots.show_images(images, titles)


def test_curves_tell_where_each_begins_and_ends():
    history = dict(accuracy=[0.5, 0.9], val_accuracy=[0.4, 0.8])
    alt = plots.show_curves({"CNN": history}, title="Drawn digits").alt
    assert alt == (
        "Drawn digits. Curves of accuracy by epoch. CNN training: from 0.5 to 0.9 over 2 points; "
        "CNN validation: from 0.4 to 0.8 over 2 points."
    )
    assert "training: from 0.5 to" in plots.show_curves(history).alt
    with pytest.raises(ValueError, match="'loss' was not recorded for 'CNN'"):
        plots.show_curves({"CNN": history}, metric="loss")


def test_confusion_names_the_most_frequent_mistakes():
    alt = plots.show_confusion([[5, 2, 0], [0, 7, 1], [0, 0, 3]], ["cat", "dog", "owl"]).alt
    assert alt == (
        "Confusion matrix of 3 classes: 15 of 18 on the diagonal. "
        "Most frequent mistakes: cat taken for dog (2 times); dog taken for owl (1 time)."
    )
    assert "No mistakes." in plots.show_confusion(np.eye(2, dtype=int), ["a", "b"]).alt
    with pytest.raises(ValueError, match="`class_names` must have one name for each of the 3 classes; got 2"):
        plots.show_confusion(np.eye(3), ["a", "b"])


def test_live_curves_draw_what_keras_recorded(monkeypatch):
    import IPython.display
    import keras

    shown = []

    class Handle:
        def update(self, thing):
            shown.append(thing)

    monkeypatch.setattr(IPython.display, "display", lambda thing, display_id: shown.append(thing) or Handle())
    model = keras.Sequential([keras.layers.Dense(2, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    x, y = np.eye(2, dtype="float32"), np.array([0, 1])
    history = model.fit(x, y, epochs=3, verbose=0, callbacks=[plots.LiveCurves("loss")]).history
    curves = [thing for thing in shown if isinstance(thing, plots.Picture)]
    assert len(curves) == 3
    assert f"from {history['loss'][0]:.3g} to {history['loss'][-1]:.3g} over 3 points" in curves[-1].alt
    assert "Epoch 1 of 3, batch 1 of 1" in map(lambda t: str(t).split(":")[0], shown)
    assert str(shown[-1]).startswith("Finished: 3 epochs in ")


def test_a_training_is_one_picture_of_loss_and_metric():
    history = dict(accuracy=[0.5, 0.9], loss=[2, 1], val_loss=[3, 2], learning_rate=[0.1, 0.1])
    picture = plots.show_training(history, title="Drawn digits")
    assert picture.alt == (
        "Drawn digits. Curves of loss by epoch. training: from 2 to 1 over 2 points; "
        "validation: from 3 to 2 over 2 points. Curves of accuracy by epoch. accuracy: from 0.5 to 0.9 over 2 points."
    )
    assert [ax.get_ylabel() for ax in picture.figure.axes] == ["loss", "accuracy"]
    assert [ax.get_ylabel() for ax in plots.show_training({"loss": [1, 2]}).figure.axes] == ["loss"]
