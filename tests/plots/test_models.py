import numpy as np
import pytest

import cnnlab
from cnnlab import ops, plots


def stack(kind):
    """The same network, of cnnlab or Keras."""
    if kind == "keras":
        import keras as kind
    else:
        kind = cnnlab
    conv, pool = kind.layers.Conv2D(4, 3, strides=2, padding="same", activation="relu"), kind.layers.MaxPooling2D(2)
    return kind.Sequential(
        [
            kind.Input((8, 8, 1)),
            conv,
            pool,
            kind.layers.Dropout(0.5),
            kind.layers.Flatten(),
            kind.layers.Dense(10, activation="softmax"),
        ]
    )


@pytest.mark.parametrize("kind", ["cnnlab", "keras"])
def test_the_architecture_names_layers_shapes_and_weights(kind):
    picture = plots.show_architecture(stack(kind), "Small")
    assert picture.alt == (
        "Small. Architecture of 5 layers, 210 weights. Input: 8 × 8 × 1; Conv2D 3 × 3, strides 2, same, relu: 4 × 4 × 4, "
        "40 weights; MaxPooling2D 2 × 2: 2 × 2 × 4; Dropout rate 0.5: 2 × 2 × 4; Flatten: 16; Dense softmax: 10, 170 weights."
    )
    drawn = [text.get_text() for text in picture.figure.axes[0].texts]
    assert {"Conv2D", "4 × 4 × 4", "40", "Dense", "170", "8 × 8 × 1"} <= set(drawn)
    bars = [p.get_width() for p in picture.figure.axes[0].patches if type(p).__name__ == "Rectangle"]
    assert np.divide(bars, sum(bars)) == pytest.approx(np.array([40, 0, 0, 0, 170]) / 210)


def test_models_without_shapes():
    with pytest.raises(ValueError, match="does not know its shapes yet"):
        plots.show_architecture(cnnlab.Sequential([cnnlab.layers.Dense(3)]))
    with pytest.raises(TypeError, match="`model` must be a Keras or cnnlab model with layers; got 3"):
        plots.show_architecture(3)


def test_a_gradient_check_shows_every_number_and_names_the_worst():
    random = np.random.default_rng(0)
    inputs, kernel = random.normal(size=(1, 4, 4, 1)), random.normal(size=(2, 2, 1, 2))

    def wrong(grad, inputs, kernel):
        d_inputs, d_kernel = ops.conv_grad(grad, inputs, kernel)
        d_kernel[1, 0, 0, 1] *= 2
        return d_inputs, d_kernel

    result = cnnlab.gradient_check(ops.conv, wrong, inputs, kernel)
    picture = plots.show_gradient_check(result, ["inputs", "kernel"])
    assert picture.alt.startswith(
        "Gradient check: wrong. 24 of 24 numbers checked; largest relative error 0.5, in kernel at (1, 0, 0, 1)"
    )
    points = picture.figure.axes[0].lines[1:]
    for i, line in enumerate(points):
        np.testing.assert_array_equal(line.get_xydata(), np.c_[result.numerical[i].ravel(), result.analytic[i].ravel()])
    right = plots.show_gradient_check(cnnlab.gradient_check(ops.relu, ops.relu_grad, [-1.0, 0.0, 2.0]))
    assert right.alt.startswith("Gradient check: ok. 2 of 3 numbers checked") and right.alt.endswith("1 on a kink.")
    assert right.figure.axes[0].lines[2].get_label() == "array 0, kink"
    with pytest.raises(ValueError, match="`names` must have one for each array: got 2 for 1 array"):
        plots.show_gradient_check(cnnlab.gradient_check(ops.relu, ops.relu_grad, [1.0]), ["a", "b"])
