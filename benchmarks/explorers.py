"""How long after an event the picture has followed, in headless Chromium.

    python benchmarks/explorers.py [name ...]

For each kind of event: the median and the 95th percentile of 100, from the event to the laid-out page, in ms of
wall-clock time, as a Markdown table. The goal is one frame, 16 ms in the median and 33 ms for 95 of 100; where Python
must compute first (marked "asks Python"), 100 ms.
"""

import shutil
import statistics
import sys
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from cnnlab import widgets

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "widgets"))
from explorer_page import Shown  # an explorer on a page, without Jupyter

ACT = """
window.all = (selector) => document.querySelectorAll(selector);
window.point = (element, i) =>
  element.dispatchEvent(new PointerEvent("pointermove", { bubbles: true, clientX: i, clientY: i }));
window.slide = (slider, value) => {
  slider.value = value;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
};
window.type = (input, text) => {
  input.value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
};
window.act = async (happen, i) => {
  const before = performance.now();
  happen(i);
  await null;
  while (model.get("_answered") < model.get("_asked"))
    await new Promise((resolve) => model.on("change:_answered", resolve));
  document.body.offsetHeight;
  return performance.now() - before;
};
null
"""


def convolution(size, kernel_size):
    random = np.random.default_rng(0)
    kernel = random.integers(-3, 4, (kernel_size, kernel_size))
    return widgets.ConvolutionExplorer(random.integers(0, 9, (size, size)), kernel)


CONVOLUTION = {
    "hover": "point(all('.output td:not(.off)')[i % 8], i)",
    "stride": "slide(all('input[type=range]')[0], 1 + (i + 1) % 4)",
    "padding": "slide(all('input[type=range]')[1], (i + 1) % 5)",
    "type a weight, asks Python": "type(all('.kernel input')[0], i)",
}


def color(size, filters):
    random = np.random.default_rng(0)
    kernel = random.normal(size=(3, 3, 3, filters))
    return widgets.ConvolutionExplorer(random.random((size, size, 3)), kernel, bias=0.5, pinned=(1, 1), view="formula")


CHOICE = "all('select')[%d].value = i %% %d; all('select')[%d].dispatchEvent(new Event('input'))"
CHANNELS = CONVOLUTION | {"channel": CHOICE % (0, 3, 0), "filter": CHOICE % (1, 4, 1)}
LARGE_IMAGE = CONVOLUTION | {
    "move the frame, asks Python": "model.get('corner')[0] > 400 && model.set('corner', [9, 9]); "
    "all('.whole-image .picture')[0].dispatchEvent("
    "new KeyboardEvent('keydown', { key: i % 2 ? 'ArrowDown' : 'ArrowRight', bubbles: true }))",
}
PLAYGROUND = {
    "preset, asks Python": "all('select')[2].selectedIndex = i % 8; all('select')[2].dispatchEvent(new Event('input'))",
    "type a weight, asks Python": "type(all('.kernel input')[0], i)",
    "point, asks Python": "const { left, top } = all('.result canvas')[0].getBoundingClientRect();"
    "all('.result .picture')[0].dispatchEvent(new PointerEvent('pointermove',"
    " { clientX: left + 9 + 2 * (i % 90), clientY: top + 9 }))",
}

GEOMETRY = {
    "hover": "point(all('.output td:not(.off)')[i % 4], i)",
    "input": "slide(all('input[type=range]')[1], 9 + (i % 8))",
    "stride": "slide(all('input[type=range]')[4], 1 + (i + 1) % 4)",
    "padding": "slide(all('input[type=range]')[5], (i + 1) % 5)",
}


def pooling(size, mode):
    return widgets.PoolingExplorer(np.random.default_rng(0).random((size, size)), 2, mode=mode)


POOLING = {
    "hover": "point(all('.output td')[i % 8], i)",
    "shift": "all('.pad button')[i % 2 ? 1 : 3].click()",
    "window, asks Python": "slide(all('input[type=range]')[0], 2 + (i + 1) % 3)",
}
POOLING_PICTURES = POOLING | {
    "hover": "const { left, top } = all('.output canvas')[0].getBoundingClientRect();"
    "all('.output .picture')[0].dispatchEvent(new PointerEvent('pointermove',"
    " { clientX: left + 9 + 9 * (i % 8), clientY: top + 9 }))",
}
ACTIVATION = {
    "drag the point": "model.get('x') === 6 && model.set('x', -6); "
    "all('.plot')[0].dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }))",
    "parameter, asks Python": "slide(all('input[type=range]')[0], 0.05 * (1 + (i % 20)))",
}
SOFTMAX = {
    "drag a logit, asks Python": "slide(all('.softmax input')[0], i % 10)",
    "temperature, asks Python": "slide(all('input[type=range]')[1], i % 7)",
}


def confusion(classes):
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (10_000, 32, 32, 3), dtype=np.uint8)
    return widgets.ConfusionExplorer(random.integers(0, classes, 10_000), random.random((10_000, classes)), images)


CONFUSION = {
    "hover": "all('.confusion-matrix td')[i].dispatchEvent(new PointerEvent('pointerover', { bubbles: true }))",
    "order of the classes": "all('select')[1].value = ['mistakes', 'given'][i % 2]; "
    "all('select')[1].dispatchEvent(new Event('input'))",
    "an image": "all('.images td')[i % 20].focus()",
    "a cell, asks Python": "all('.confusion-matrix td')[(7 * i) % 100].focus()",
}


def draw(kind):
    if kind == "keras":
        import keras as kind
    else:
        import cnnlab as kind
    layers = [kind.layers.Conv2D(32, 3, activation="relu"), kind.layers.MaxPooling2D(2), kind.layers.Flatten()]
    model = kind.Sequential([kind.Input((28, 28, 1)), *layers, kind.layers.Dense(10, activation="softmax")])
    return widgets.DrawDigit(model, np.eye(112))


PRESS = "dispatchEvent(new KeyboardEvent('keydown', { key: %s, bubbles: true }))"
DRAW = {
    "move the pen": "all('.draw-here .picture')[0]." + PRESS % "['ArrowLeft', 'ArrowRight'][i % 2]",
    "center or not, asks Python": "all('input[type=checkbox]')[0].click()",
    # The drawing and an empty sheet by turns, 112 × 112 pixels each.
    "clear or undo, asks Python": "all('.steps button')[1 - (i % 2)].click()",
}


def monitor(epochs):
    from cnnlab import Input, Sequential, layers

    random = np.random.default_rng(0)
    model = Sequential([Input((4,)), layers.Dense(2, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    shown = widgets.TrainingMonitor()
    model.fit(random.random((40, 4)), random.integers(0, 2, 40), epochs=epochs, verbose=0, callbacks=[shown])
    return shown


MONITOR = {
    "choose an epoch": "all('.plot')[0]." + PRESS % "['ArrowLeft', 'Home'][i % 2]",
    "a new picture from Python": "model.receive({ _charts: structuredClone(model.get('_charts')).map((c) => ({ ...c, i })) })",
}


def builder(layers):
    from cnnlab.layers import Conv2D, Dense, Flatten, MaxPooling2D

    stack = [Conv2D(32, 3, activation="relu"), Conv2D(32, 3, activation="relu"), MaxPooling2D(2)] * (layers // 3)
    return widgets.NetworkBuilder((256, 256, 3), [*stack, Flatten(), Dense(10)])


NETWORK_BUILDER = {
    "select a layer": "all('.layers .row')[1 + (i % 4)]"
    ".dispatchEvent(new PointerEvent('pointerdown', { bubbles: true }))",
    "Keras or cnnlab": "all('button[value]')[i % 2].click()",
    "type a number, asks Python": "type(all('.layers .row input')[3], 1 + i)",
    "move a layer, asks Python": "all('.layers .row')[1].querySelectorAll('button')[1].click()",
}


def network(kind):
    if kind == "keras":
        import keras as kind
    else:
        import cnnlab as kind
    layers = [kind.layers.Conv2D(8, 5, activation="relu"), kind.layers.MaxPooling2D(2)]
    layers += [kind.layers.Conv2D(16, 5, activation="relu"), kind.layers.MaxPooling2D(2), kind.layers.Flatten()]
    layers += [kind.layers.Dense(64, activation="relu"), kind.layers.Dense(10, activation="softmax")]
    explorer = widgets.NetworkExplorer(kind.Sequential([kind.Input((28, 28, 1)), *layers]), np.random.random((28, 28)))
    explorer.layer = 3
    return explorer


NETWORK = {
    "hover": "all('.detail > .panels td')[20 + (i % 9)]"
    ".dispatchEvent(new PointerEvent('pointerover', { bubbles: true }))",
    "a pixel, asks Python": "all('.what-comes-out .picture')[0]."
    + PRESS % "['ArrowDown', 'ArrowRight', 'ArrowUp', 'ArrowLeft'][i % 4]",
    "a map, asks Python": "slide(all('input[type=range]')[0], (i + 1) % 16)",
    "a layer, asks Python": "all('select')[0].value = 1 + (i % 7); all('select')[0].dispatchEvent(new Event('input'))",
}


def backprop(size, kernel_size):
    random = np.random.default_rng(0)
    kernel = np.zeros((kernel_size, kernel_size))
    return widgets.BackpropExplorer(random.random((size, size)), kernel, learning_rate=0.01)


BACKPROP = {
    "hover a weight": "point(all('.kernel td')[i % 9], i)",
    "hover a pixel": "point(all('.image td')[i % 25], i)",
    "step, asks Python": "all('.steps button')[1].click()",
    "undo, asks Python": "all('.steps button')[0].click()",
}

# What is shown, and what happens to it: JavaScript, in which `i` counts the events.
CASES = {
    "ConvolutionExplorer, 5×5": (lambda: convolution(5, 3), CONVOLUTION),
    "ConvolutionExplorer, 12×12": (lambda: convolution(12, 5), CONVOLUTION),
    "ConvolutionExplorer, 8×8×3": (lambda: color(8, 4), CHANNELS),
    "ConvolutionExplorer, 512×512×3": (lambda: color(512, 1), LARGE_IMAGE),
    "KernelPlayground, 128×128": (lambda: widgets.KernelPlayground(), PLAYGROUND),
    "KernelPlayground, 256×256": (lambda: widgets.KernelPlayground(np.eye(256)), PLAYGROUND),
    "GeometryExplorer, 9": (lambda: widgets.GeometryExplorer(9), GEOMETRY),
    "GeometryExplorer, 16×16": (lambda: widgets.GeometryExplorer((16, 16), 5, padding=4), GEOMETRY),
    "PoolingExplorer, 8×8": (lambda: pooling(8, "max"), POOLING),
    "PoolingExplorer, 28×28": (lambda: pooling(28, "average"), POOLING_PICTURES),
    "PoolingExplorer, 512×512": (lambda: pooling(512, "stochastic"), POOLING_PICTURES),
    "ActivationExplorer, elu": (lambda: widgets.ActivationExplorer("elu"), ACTIVATION),
    "ActivationExplorer, softmax": (lambda: widgets.ActivationExplorer("softmax"), SOFTMAX),
    "ConfusionExplorer, 10 classes": (lambda: confusion(10), CONFUSION),
    "ConfusionExplorer, 30 classes": (lambda: confusion(30), CONFUSION),
    "DrawDigit, cnnlab": (lambda: draw("cnnlab"), DRAW),
    "DrawDigit, Keras": (lambda: draw("keras"), DRAW),
    "NetworkBuilder, 5 layers": (lambda: builder(3), NETWORK_BUILDER),
    "NetworkBuilder, 14 layers": (lambda: builder(12), NETWORK_BUILDER),
    "NetworkExplorer, cnnlab": (lambda: network("cnnlab"), NETWORK),
    "NetworkExplorer, Keras": (lambda: network("keras"), NETWORK),
    "BackpropExplorer, 5×5": (lambda: backprop(5, 3), BACKPROP),
    "BackpropExplorer, 8×8": (lambda: backprop(8, 5), BACKPROP),
    "TrainingMonitor, 200 epochs": (lambda: monitor(200), MONITOR),
}


def main():
    print("| explorer | event | median | p95 |\n|---|---|---:|---:|")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, (make, events) in CASES.items():
            if sys.argv[1:] and not any(wanted in name for wanted in sys.argv[1:]):
                continue
            shown = Shown(browser.new_page(viewport={"width": 1280, "height": 900}), make())
            shown.page.evaluate(ACT)
            for event, happens in events.items():
                times = [shown.page.evaluate(f"act((i) => {{ {happens} }}, {i})") for i in range(100)]
                print(f"| {name} | {event} | {statistics.median(times):.0f} | {sorted(times)[94]:.0f} |", flush=True)
            shown.page.close()
            if shown.errors:
                sys.exit(f"{name}: {shown.errors[0]}")
        browser.close()


if __name__ == "__main__":
    main()
