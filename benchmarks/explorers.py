"""How long after an event the picture has followed, in headless Chromium.

    python benchmarks/explorers.py

Prints, for each kind of event, the median and the 95th percentile of 100, from the event to the
laid-out page, in ms of wall-clock time. The goal is one frame: 16 ms in the median, 33 ms for 95 of 100.
"""

import shutil
import statistics
import sys
from itertools import cycle, islice
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from cnnlab.widgets import ConvolutionExplorer

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "widgets"))
from test_convolution_explorer_page import Shown  # an explorer on a page, without Jupyter

EVENTS = {"hover": range(8), "stride": (2, 3, 4, 1), "padding": (1, 2, 3, 4, 0)}
ACT = """() => {
  const slide = (slider) => (value) => {
    slider.value = value;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const [stride, padding] = [...document.querySelectorAll("input[type=range]")].map(slide);
  const cells = document.querySelectorAll(".output td");
  const hover = (index) =>
    cells[index].dispatchEvent(new PointerEvent("pointermove", { bubbles: true, clientX: index }));
  window.act = async (kind, value) => {
    const before = performance.now();
    ({ hover, stride, padding })[kind](value);
    await null;
    document.body.offsetHeight;
    return performance.now() - before;
  };
}"""


def main():
    random = np.random.default_rng(0)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for size, kernel_size in [(5, 3), (12, 5)]:
            kernel = random.integers(-3, 4, (kernel_size, kernel_size))
            explorer = ConvolutionExplorer(random.integers(0, 9, (size, size)), kernel)
            shown = Shown(browser.new_page(viewport={"width": 1280, "height": 900}), explorer)
            shown.answering = False
            shown.page.evaluate(ACT)
            for kind, values in EVENTS.items():
                times = [shown.page.evaluate(f"act('{kind}', {value})") for value in islice(cycle(values), 100)]
                median, p95 = statistics.median(times), sorted(times)[94]
                print(f"{size}×{size} image, {kernel_size}×{kernel_size} kernel, {kind:8} {median:5.1f} {p95:5.1f}")
        browser.close()


if __name__ == "__main__":
    main()
