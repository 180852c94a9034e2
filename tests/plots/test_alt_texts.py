"""What is said and written in pictures and static tables: numbers of at most three digits, and nothing that is no word."""

import re

import numpy as np
import pytest

from cnnlab import Sequential, gradient_check, layers, ops, plots, widgets

RANDOM = np.random.default_rng(0)


def numbers(*shape, scale=1.0):
    return RANDOM.normal(scale=scale, size=shape)


def history(scale=1.0):
    return {name: (scale * RANDOM.random(5)).tolist() for name in ("loss", "accuracy", "val_loss", "val_accuracy")}


def model():
    stack = [layers.Conv2D(2, 3, activation="relu"), layers.Flatten(), layers.Dense(3, activation="softmax")]
    return Sequential([layers.Input((6, 6, 1)), *stack])


def wrong(grad, x):
    return 1.2345678 * ops.tanh_grad(grad, x)


def shares():
    counts = RANDOM.integers(0, 99, (4, 4)).astype(float)
    return counts / counts.sum(axis=1, keepdims=True)


def gap(matrix):
    matrix[2] = np.nan
    return matrix


PICTURES = {
    "images": lambda: plots.show_images(numbers(2, 5, 5), titles=[1 / 3, np.float32(2 / 3)]),
    "large images": lambda: plots.show_images(numbers(5, 5, scale=12345.678)),
    "small images": lambda: plots.show_images(numbers(5, 5, scale=1e-7)),
    "NaN images": lambda: plots.show_images([[np.nan, 1234.5678], [0.123456, np.inf]]),
    "a kernel": lambda: plots.show_kernel(numbers(3, 3, scale=1000)),
    "kernels": lambda: plots.show_kernel(numbers(3, 3, 2, 10), "Kernels"),
    "maps": lambda: plots.show_feature_maps(numbers(4, 4, 3)),
    "counts": lambda: plots.show_confusion(RANDOM.integers(0, 2000, (4, 4)), "abcd".split() + list("efg")),
    "shares": lambda: plots.show_confusion(shares(), list("abcd")),
    "percentages": lambda: plots.show_confusion(100 * shares(), list("abcd")),
    "shares, a class without examples": lambda: plots.show_confusion(gap(shares()), list("abcd")),
    "shares of all": lambda: plots.show_confusion(shares() / 4, list("abcd")),
    "curves": lambda: plots.show_curves({"one": history(), "two": history(12345.678)}),
    "a training": lambda: plots.show_training(history(1e-6)),
    "a model": lambda: plots.show_architecture(model()),
    "a gradient check": lambda: plots.show_gradient_check(gradient_check(ops.tanh, wrong, numbers(4))),
    "geometry": lambda: plots.show_geometry(7, 3, 2),
    "a receptive field": lambda: plots.show_receptive_field([(3, 1), (2, 2)]),
}
PICTURES["counts"] = lambda: plots.show_confusion(RANDOM.integers(0, 2000, (4, 4)), list("abcd"))


def confusion():
    labels, scores = RANDOM.integers(0, 4, 97), numbers(97, 4, scale=1234)
    return widgets.ConfusionExplorer(labels, scores, RANDOM.random((97, 5, 5)), view="percent")


def monitor():
    net, shown = model(), widgets.TrainingMonitor()
    net.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    net.fit(RANDOM.random((13, 6, 6, 1)), RANDOM.integers(0, 3, 13), epochs=2, verbose=0, callbacks=[shown])
    return shown


EXPLORERS = {
    "activation": lambda: widgets.ActivationExplorer("silu", x=1.23456),
    "softmax": lambda: widgets.ActivationExplorer("softmax", logits=[9.87654, 0.123456, -9.99], temperature=0.4321),
    "backprop": lambda: widgets.BackpropExplorer(numbers(4, 4, scale=123), numbers(2, 2), learning_rate=0.0123456),
    "confusion": confusion,
    "convolution": lambda: widgets.ConvolutionExplorer(numbers(5, 5, scale=1234), numbers(3, 3)),
    "convolution, in color": lambda: widgets.ConvolutionExplorer(numbers(5, 5, 3), numbers(2, 2, 3, 2), bias=0.123456),
    "draw": lambda: widgets.DrawDigit(
        Sequential([layers.Input((28, 28)), layers.Flatten(), layers.Dense(3)]), RANDOM.random((9, 9)), white=255
    ),
    "playground": lambda: widgets.KernelPlayground(numbers(9, 9), numbers(3, 3)),
    "network": lambda: widgets.NetworkExplorer(model(), numbers(6, 6, scale=123)),
    "pooling": lambda: widgets.PoolingExplorer(numbers(6, 6, scale=1000), mode="average"),
    "monitor": monitor,
}


def check(text):
    text = re.sub(r"\([^()]*×[^()]*\)|#\w+", " ", text)
    for whole, part in re.findall(r"(?<![\w.])(\d+)\.(\d+)", text):
        digits = (whole + part).lstrip("0")
        assert len(digits) <= 3, f"{whole}.{part} in {text[:1000]}"
    assert not re.search(r"(?<![\d.,])1 (times|points|pixels|weights|layers|channels|filters|epochs|examples|values)\b", text)
    assert not re.search(r"\bnan\b|\binf\b|(?<!strides=)None|array\(|np\.|e\+|\d-\d", text), text


@pytest.mark.parametrize("name", PICTURES)
def test_pictures(name):
    picture = PICTURES[name]()
    check(picture.alt)
    for ax in picture.figure.axes:
        for text in ax.texts + [ax.title]:
            check(text.get_text())


@pytest.mark.parametrize("name", EXPLORERS)
def test_static_explorers(name):
    explorer = EXPLORERS[name]()
    check(explorer.describe())
    html = re.sub(r'src="[^"]*"', "", explorer._static_html())
    check(re.sub(r"<[^>]*>", " ", html))
    for alt in re.findall(r'alt="([^"]*)"', html):
        check(alt)
