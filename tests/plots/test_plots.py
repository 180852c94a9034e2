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


def test_a_history_works_wherever_its_dictionary_does():
    from cnnlab import Input, Sequential, layers

    model = Sequential([Input((2,)), layers.Dense(2, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(np.eye(2), np.array([0, 1]), epochs=2, verbose=0)
    for given in (history, {"net": history}, {"net": history, "other": history.history}):
        wanted = given.history if given is history else {name: getattr(h, "history", h) for name, h in given.items()}
        assert plots.show_curves(given, "loss").alt == plots.show_curves(wanted, "loss").alt
    assert plots.show_training(history).alt == plots.show_training(history.history).alt
    with pytest.raises(ValueError, match="`metric` 'acc' was not recorded; there are .*. Did you mean 'accuracy'?"):
        plots.show_curves(history, "acc")
    with pytest.raises(ValueError, match="`metric` 'acc' was not recorded for 'net'"):
        plots.show_curves({"net": history.history}, "acc")
    with pytest.raises(ValueError, match="`metric` 'auc' was not recorded"):
        plots.show_training(history, "auc")
    with pytest.raises(ValueError, match="`history` must be of one training; these are a, b"):
        plots.show_training({"a": history, "b": history})


def test_a_gap_in_a_curve_stays_a_gap():
    picture = plots.show_curves({"loss": [1.0, float("nan"), float("inf"), 0.123456]}, "loss")
    assert picture.alt.endswith("loss: from 1 to 0.123 over 4 points.")
    assert picture.figure.axes[0].lines[0].get_ydata().mask.tolist() == [False, True, True, False]


def test_confusion_in_shares_has_two_digits_and_says_who_has_no_examples():
    counts = np.array([[50, 3, 0], [2, 40, 9], [0, 0, 0]], np.uint8)  # unsigned: −9 would be 247
    names = {0: "cat", 1: "dog", 2: "owl"}
    assert plots.show_confusion(counts, names).alt == (
        "Confusion matrix of 3 classes: 90 of 104 on the diagonal. Most frequent mistakes: dog taken for owl (9 times); "
        "cat taken for dog (3 times); dog taken for cat (2 times). No examples of owl."
    )
    with np.errstate(invalid="ignore"):
        shares = counts / counts.sum(axis=1, keepdims=True)
    picture = plots.show_confusion(shares, ["cat", "dog", "owl"])
    assert picture.alt == (
        "Confusion matrix of 3 classes, in shares: on the diagonal from 0.78 (dog) to 0.94 (cat). "
        "Most frequent mistakes: dog taken for owl (0.18); cat taken for dog (0.06); dog taken for cat (0.04). "
        "No examples of owl."
    )
    texts = [text.get_text() for text in picture.figure.axes[0].texts]
    assert texts == ["0.94", "0.06", "0.04", "0.78", "0.18", "–", "–", "–"]
    assert "on the diagonal from 78 (dog) to 94 (cat)" in plots.show_confusion(100 * shares, names).alt
    assert "<0.01" in [t.get_text() for t in plots.show_confusion([[0.999, 0.001], [0, 1]]).figure.axes[0].texts]
    with pytest.raises(ValueError, match="`matrix` must hold counts or shares, from 0 on; these go from −1 to 1"):
        plots.show_confusion([[1, -1], [0, 1]])


def test_bytes_and_shares_side_by_side_are_each_drawn_as_they_are():
    white = plots.show_images([np.full((4, 4), 255, "uint8"), np.ones((4, 4)), np.ones((4, 4), bool)])
    assert share(white, (0, 0, 0)) == 0
    assert share(plots.show_images(np.ones((4, 4), bool)), (255, 255, 255)) == 1
    lowest = plots.show_images(np.array([[-128, 127]], np.int8)).figure.axes[0].images[0]
    assert lowest.get_clim() == (-128, 128)


def test_labels_make_titles():
    images = np.zeros((3, 28, 28))
    for titles in (np.array([[5], [0], [4]]), np.float32([5, 0, 4]), [5.0, np.int64(0), "4"]):
        assert "Titles: 5; 0; 4." in plots.show_images(images, titles).alt
    with pytest.raises(ValueError, match=r"`titles` .* got shape \(3, 3\). Are they one-hot rows\? Then pass .argmax"):
        plots.show_images(images, np.eye(3))
