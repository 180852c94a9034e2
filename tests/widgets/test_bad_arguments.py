"""Whatever is given to an explorer, when it is made or later: it is shown, or an error names the argument."""

import inspect
import json
import re
import warnings

import numpy as np
import pytest
import traitlets

from cnnlab import Sequential, layers, widgets

BAD = {
    "None": None, "text": "abc", "objects": np.array([{}, None], object), "ragged": [[1, 2], [3]], "empty": [],
    "empty array": np.zeros((0, 3)), "NaN": np.nan, "inf": np.inf, "complex": 1 + 2j, "0-d": np.array(3.0),
    "complex array": np.ones((3, 3), complex), "NaN array": np.full((3, 3), np.nan), "-1": np.int8(-1), "class": dict,
    "inf array": np.full((3, 3), -np.inf), "5-d": np.zeros((2, 2, 2, 2, 2)), "1-d": np.arange(5.0), "np.bool_": np.True_,
    "uint8": np.uint8(255), "float32": np.float32(2.5), "dict": {"a": 1}, "set": {1, 2}, "function": len, "bytes": b"ab",
    "texts": ["1", "0", "1"], "dates": np.array(["2020-01-01"], "datetime64[D]"), "huge": 10**400, "1e308": [[1e308, -1e308]],
    "large": np.full((3, 3), 2**62), "RGBA": np.ones((28, 28, 4)), "channels first": np.ones((3, 28, 28)), "one-hot": np.eye(3),
}  # fmt: skip


def model(*shape):
    return Sequential([layers.Input((*shape, 1)), layers.Flatten(), layers.Dense(3, activation="softmax")])


NAMES = ["a", "b", "c"]
GOOD = {
    "ActivationExplorer": dict(name="relu", x=1, negative_slope=0.2, alpha=1, logits=[1, 2, 3], temperature=1, constant=0),
    "BackpropExplorer": dict(image=np.eye(3), kernel=np.eye(2), target=np.eye(2), learning_rate=0.1),
    "ConfusionExplorer": dict(y_true=[0, 1, 2], scores=np.eye(3), images=np.zeros((3, 4, 4)), class_names=NAMES, view="counts",
                              order="given", selected=(0, 0), page=0, example=0),
    "ConvolutionExplorer": dict(image=np.eye(4), kernel=np.eye(2), strides=1, padding="valid", dilation_rate=1, bias=0,
                                flip=False, selected=(0, 0), channel=0, filter=0, pinned=None, corner=(0, 0), view="numbers",
                                quiz=False),
    "DrawDigit": dict(model=model(28, 28), image=np.eye(28), centered=True, brush=2, class_names=NAMES, white=1),
    "GeometryExplorer": dict(size=5, kernel_size=3, strides=1, padding="valid", dilation_rate=1, selected=0, pixel=None,
                             layers=1, quiz=False),
    "KernelPlayground": dict(image=np.eye(5), kernel=np.eye(3), negative="clip", pointed=None, mark_clipped=False),
    "NetworkBuilder": dict(input_shape=(8, 8, 1), layers=[{"type": "Flatten"}], framework="keras"),
    "NetworkExplorer": dict(model=model(4, 4), image=np.eye(4), class_names=NAMES),
    "PoolingExplorer": dict(image=np.eye(5), pool_size=2, strides=None, padding="valid", mode="max", shift=(0, 0),
                            selected=(0, 0), training=False, seed=0, corner=(0, 0), quiz=False),
    "TrainingMonitor": dict(title="t", metric="loss"),
}  # fmt: skip


def test_every_explorer_is_tried_with_every_argument():
    assert set(GOOD) == set(widgets.__all__)
    for name, good in GOOD.items():
        named = [p.name for p in inspect.signature(getattr(widgets, name).__init__).parameters.values() if p.kind != p.VAR_KEYWORD]
        assert set(named) - {"self"} <= set(good), name


@pytest.mark.parametrize("name", GOOD)
def test_a_bad_argument_is_named(name):
    kind, good = getattr(widgets, name), GOOD[name]
    traits = set(kind.class_traits())
    made = kind(**good)
    for argument in good:
        for what, bad in BAD.items():
            for later in {False, argument in traits}:
                with warnings.catch_warnings():
                    warnings.simplefilter("error")
                    try:
                        explorer = made if later else kind(**good | {argument: bad})
                        if later:
                            setattr(explorer, argument, bad)
                            made = kind(**good)  # it was taken
                        json.dumps(explorer.get_state())
                        explorer.describe(), explorer._static_html()
                    except (TypeError, ValueError) as error:
                        said = str(error)
                        assert f"`{argument}" in said and len(said) < 500, (argument, what, said)
                        assert "\n" not in said, (argument, what, said)
                    except Exception as error:
                        pytest.fail(f"{argument}, {what}, {type(error).__name__}: {error}")


def test_numbers_of_numpy_are_taken_wherever_a_number_is():
    """As arguments and later, of every type, also as arrays without axes; and they arrive as what JSON can hold."""
    convolution = widgets.ConvolutionExplorer(
        np.eye(6), np.eye(3), np.uint8(2), np.int64(1), np.array(1), np.float32(0.5), flip=np.True_, channel=np.int8(0),
        selected=np.array([1, 1]), quiz=np.array(True), corner=np.uint8([0, 0])
    )  # fmt: skip
    assert (convolution.strides, convolution.padding, convolution.flip, convolution.selected) == (2, 1, True, (1, 1))
    convolution.strides, convolution.guess = np.int16(1), np.float16(2)
    pooling = widgets.PoolingExplorer(np.eye(6), np.uint8(2), np.int64(2), shift=np.int8([-1, 1]), training=np.False_)
    pooling.seed, pooling.selected = np.array(3), np.array([0, 1])
    backprop = widgets.BackpropExplorer(np.eye(4), np.eye(2), learning_rate=np.float32(0.25))
    backprop.steps = np.uint8(3)
    assert backprop.learning_rate == 0.25 and len(backprop.losses) == 4
    activation = widgets.ActivationExplorer("elu", x=np.float32(-1), alpha=np.array(2), constant=np.int64(1))
    activation.temperature = np.uint8(2)
    geometry = widgets.GeometryExplorer(np.array(9), np.uint8(3), np.int64(2), np.int8(1), np.array(1), selected=np.int64(1))
    geometry.size = np.array([5, 6])
    assert widgets.GeometryExplorer(np.uint8(9), np.int64(3)).output_size == 7
    playground = widgets.KernelPlayground(np.eye(9), mark_clipped=np.True_)
    playground.kernel_size, playground.pointed = np.uint8(5), np.array([1, 2])
    draw = widgets.DrawDigit(model(28, 28), np.eye(28), centered=np.array(False), brush=np.int64(3), white=np.uint8(255))
    assert draw.scores.shape == (3,) and draw._white == 255
    builder = widgets.NetworkBuilder(np.array([8, 8, 1]), [
        {"type": "Conv2D", "filters": np.int64(2), "kernel_size": (np.int64(3), np.int64(2)), "strides": np.uint8(1)},
        {"type": "Dropout", "rate": np.float32(0.5)}, {"type": "Flatten"},
    ])  # fmt: skip
    builder.selected = np.int64(1)
    assert "Conv2D(2, (3, 2), activation" not in builder.code() and "layers.Conv2D(2, (3, 2))" in builder.code()
    assert "layers.Dropout(0.5)" in builder.code() and "np." not in builder.code()
    network = widgets.NetworkExplorer(model(4, 4), np.eye(4))
    network.layer, network.pixel = np.uint8(1), np.array([3])
    for explorer in (convolution, pooling, backprop, activation, geometry, playground, draw, builder, network):
        json.dumps(explorer.get_state())


def test_labels_that_are_whole_and_names_by_number():
    scores = np.eye(3)[[0, 1, 1]]
    wanted = widgets.ConfusionExplorer([0, 1, 2], scores, np.zeros((3, 4, 4)), ["cat", "dog", "owl"]).describe()
    for labels in (np.array([0.0, 1.0, 2.0]), np.float16([[0], [1], [2]]), np.uint8([0, 1, 2])):
        for names in ({2: "owl", 0: "cat", 1: "dog"}, {"cat": 0, "dog": 1, "owl": 2}, np.array(["cat", "dog", "owl"])):
            assert widgets.ConfusionExplorer(labels, scores, np.zeros((3, 4, 4)), names).describe() == wanted
    for labels, words in [
        (["0", "1", "2"], r"`y_true` must hold class numbers; got \['0', '1', '2'\]. Take np.asarray\(y_true\).astype\(int\)"),
        (["cat", "dog", "owl"], r"np.unique\(y_true, return_inverse=True\)\[1\] numbers names"),
        ([1, 2, 3], r"they go from 1 to 3. Counted from 1\? Then pass y_true - 1."),
        ([0, 1, 1.5], "which are whole; one is 1.5"),
        ([0, 1, np.nan], "which are whole; one is NaN"),
        (np.eye(3), r"one-hot rows: pass y_true.argmax\(axis=1\)"),
    ]:
        with pytest.raises((TypeError, ValueError), match=words):
            widgets.ConfusionExplorer(labels, scores, np.zeros((3, 4, 4)))
    for names in ({1: "cat", 2: "dog", 3: "owl"}, {"a": "b"}, {0: "cat", 2: "owl", 1.5: "dog"}):
        with pytest.raises(ValueError, match="`class_names`, as a dictionary, must number the classes from 0 on"):
            widgets.ConfusionExplorer([0, 1, 2], scores, np.zeros((3, 4, 4)), names)


def test_pictures_by_the_one_rule():
    net, digit = model(28, 28), np.random.default_rng(0).random((28, 28))
    for given in (digit, digit[..., None], digit[None], digit.ravel(), digit.reshape(1, 784)):
        np.testing.assert_allclose(widgets.DrawDigit(net, given).image, digit, rtol=1e-6)
        np.testing.assert_allclose(widgets.KernelPlayground(given).image, digit, rtol=1e-6)
    for given in (digit, digit[..., None], digit.ravel()):
        np.testing.assert_allclose(widgets.NetworkExplorer(net, given).image[..., 0], digit, rtol=1e-6)
    np.testing.assert_allclose(widgets.PoolingExplorer(digit[..., None]).image, digit)
    half = np.zeros((8, 9, 4), np.uint8)
    half[:, :4, 3] = 255  # black on the left; on the right nothing, which is white
    assert widgets.KernelPlayground(half).image[0].tolist() == [0] * 4 + [1] * 5
    clear = widgets.ConfusionExplorer([0, 1], np.eye(2), np.stack([half, half]))
    assert clear._images.shape == (2, 8, 9, 3) and clear._images[0, 0, :, 0].tolist() == [0] * 4 + [255] * 5
    rows = widgets.ConfusionExplorer([0, 1], np.eye(2), np.stack([digit.ravel()] * 2))
    np.testing.assert_array_equal(rows._images[1], digit)
    mask = widgets.ConfusionExplorer([0, 1], np.eye(2), np.ones((2, 4, 4), bool))
    assert mask._limits == (0, 1)
    for make, image, words in [
        (lambda image: widgets.DrawDigit(net, image), np.ones((28, 28, 4)), r"in color. Make it gray: image\[..., :3\].mean"),
        (lambda image: widgets.DrawDigit(net, image), np.ones((3, 28, 28)), r"np.moveaxis\(image, 0, -1\)"),
        (lambda image: widgets.DrawDigit(net, image), 255 * digit, r"Divide them: image / 255"),
        (widgets.KernelPlayground, np.ones((3, 28, 28)), r"np.moveaxis\(image, 0, -1\)"),
        (widgets.KernelPlayground, np.ones((5, 28, 28)), r"holds 5. Take one of them: image\[0\]"),
        (widgets.PoolingExplorer, np.ones((8, 8, 3)), r"image\[:, :, :3\].mean\(axis=2\)"),
        (widgets.PoolingExplorer, np.ones((5, 8, 8)), r"Take one of them: image\[0\]"),
        (lambda image: widgets.NetworkExplorer(net, image), np.ones((3, 28, 28)), r"np.moveaxis\(image, 0, -1\)"),
        (lambda image: widgets.NetworkExplorer(net, image), np.ones((28, 28, 4)), r"in gray: image\[..., :3\].mean"),
        (lambda image: widgets.NetworkExplorer(net, image), np.ones((5, 28, 28, 1)), r"images\[0\]"),
        (lambda image: widgets.ConvolutionExplorer(image, np.eye(3)), np.ones((3, 28, 28)), r"Channels first\? .*image\[0\]"),
        (lambda image: widgets.ConfusionExplorer([0, 1], np.eye(2), image), np.ones((2, 3, 9, 9)), r"np.moveaxis\(images, 1"),
        (lambda image: widgets.ConfusionExplorer([0, 1], np.eye(2), image), np.ones((2, 3072)), r"reshape\(2, 3, 32, 32\)"),
    ]:  # fmt: skip
        with pytest.raises(ValueError, match=f"(?s)`images?`.*{words}"):
            make(image)


def test_one_of_a_thing_is_not_many():
    explorer = widgets.ConvolutionExplorer(np.ones((3, 3, 1)), np.ones((2, 2, 1, 1)))
    for name, bad, words in [("bias", [1, 2], "holds 2 numbers; this `kernel` has 1 filter:"),
                             ("kernel", np.ones((2, 2, 3, 1)), "has 1 channel,")]:  # fmt: skip
        with pytest.raises(traitlets.TraitError, match=words):
            setattr(explorer, name, bad)
    said = [widgets.NetworkExplorer(model(4, 4), np.eye(4)), widgets.GeometryExplorer(3), explorer]
    text = " ".join(re.sub("<.*?>", " ", one._static_html()) for one in said)
    assert not re.search(r"(?<![\d.,])1 (\w+ )?(channels|filters|maps|values|outputs|layers|pixels)\b", text)


def test_the_stored_confusion_matrix_is_a_heat_map_that_can_be_read():
    labels = np.repeat([0, 1, 2], 20)
    guesses = np.where(np.arange(60) % 5 == 0, (labels + 1) % 3, labels)
    html = widgets.ConfusionExplorer(labels, np.eye(3)[guesses], np.zeros((60, 4, 4)), NAMES)._static_html()
    cells = re.findall(r'<td style="background-color:#(.{6});color:#(.{3})">(?:<b>)?(\d+)', html)
    assert sorted(int(text) for *_, text in cells) == [4, 4, 4, 16, 16, 16]  # zeros, and names, have no color

    def light(color):
        parts = [int(color[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return np.dot(linear, [0.2126, 0.7152, 0.0722])

    from cnnlab.widgets._numbers import heat

    for level in (0, 1, 2, 3, 5, 6, 7, 8):
        [(ground, text)] = re.findall("background-color:#(.{6});color:#(.{3})", heat(level))
        dark, bright = sorted([light(ground), light("".join(2 * part for part in text))])
        assert (bright + 0.05) / (dark + 0.05) >= 4.5
        red, blue = int(ground[:2], 16), int(ground[4:], 16)
        assert (blue > red) == (level < 4)
    assert heat(4) == ""


class TwoOutputs:
    """As Keras's models with two outputs."""

    input_shape = (None, 28, 28, 1)

    def predict(self, images, verbose=0):
        return [np.zeros((len(images), 3)), np.zeros((len(images), 2))]


class BuiltSubclass:
    """As Keras's subclassed models, which know their input shape only from when they were built."""

    layers = ()

    def get_build_config(self):
        return {"input_shape": (None, 28, 28, 1)}

    def predict(self, images, verbose=0):
        return np.eye(3)[np.zeros(len(images), int)]


def test_a_model_with_two_outputs_is_refused_by_name():
    for make in (
        lambda: widgets.DrawDigit(TwoOutputs()),
        lambda: widgets.ConfusionExplorer([0, 1], TwoOutputs(), np.zeros((2, 28, 28))),
    ):
        with pytest.raises(ValueError, match="`model` must have one output; it has 2. Make a model of one of them"):
            make()


def test_a_subclassed_model_that_has_been_built_predicts_and_is_not_opened():
    assert widgets.DrawDigit(BuiltSubclass(), np.eye(28)).prediction == 0
    assert widgets.ConfusionExplorer([0, 1], BuiltSubclass(), np.zeros((2, 28, 28))).matrix[1, 0] == 1
    with pytest.raises(TypeError, match="`model` must be Sequential or functional"):
        widgets.NetworkExplorer(BuiltSubclass(), np.zeros((28, 28)))
