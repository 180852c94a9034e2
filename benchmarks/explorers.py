"""How long after an event the picture has followed, in headless Chromium.

    python benchmarks/explorers.py [name ...]

For each kind of event: the median and the 95th percentile of 100, from the event to the laid-out page, in ms of
wall-clock time. The goal is one frame, 16 ms in the median and 33 ms for 95 of 100; where Python must
compute first (marked "asks Python"), 100 ms.
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

# What is shown, and what happens to it: JavaScript, in which `i` counts the events.
CASES = {
    "ConvolutionExplorer, 5×5": (lambda: convolution(5, 3), CONVOLUTION),
    "ConvolutionExplorer, 12×12": (lambda: convolution(12, 5), CONVOLUTION),
}


def main():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, (make, events) in CASES.items():
            if sys.argv[1:] and not any(wanted in name for wanted in sys.argv[1:]):
                continue
            shown = Shown(browser.new_page(viewport={"width": 1280, "height": 900}), make())
            shown.page.evaluate(ACT)
            for event, happens in events.items():
                times = [shown.page.evaluate(f"act((i) => {{ {happens} }}, {i})") for i in range(100)]
                print(f"{name:34}{event:34}{statistics.median(times):6.1f}{sorted(times)[94]:7.1f}", flush=True)
            shown.page.close()
            if shown.errors:
                sys.exit(f"{name}: {shown.errors[0]}")
        browser.close()


if __name__ == "__main__":
    main()
