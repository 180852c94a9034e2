import itertools

import numpy as np
import pytest
from explorer_page import Shown


@pytest.fixture(scope="session")
def cross_correlate():
    """Cross-correlation by loops, and nothing to do with `cnnlab.ops`.

    `pads` is (top, bottom, left, right) or "same".
    """

    def cross_correlate(image, kernel, strides=1, pads=(0, 0, 0, 0), dilation_rate=1, flip=False):
        reach = [(length - 1) * dilation_rate + 1 for length in kernel.shape]
        if pads == "same":  # the output is ceil(size / stride) long, and an odd cell goes after
            short = [max(((n - 1) // strides) * strides + r - n, 0) for n, r in zip(image.shape, reach)]
            pads = short[0] // 2, short[0] - short[0] // 2, short[1] // 2, short[1] - short[1] // 2
        padded = np.pad(image.astype(float), (pads[:2], pads[2:]))
        kernel = np.rot90(kernel, 2) if flip else kernel
        rows, columns = (range(0, n - r + 1, strides) for n, r in zip(padded.shape, reach))
        output = np.zeros((len(rows), len(columns)))
        for (row, y), (column, x) in itertools.product(enumerate(rows), enumerate(columns)):
            for i, j in np.ndindex(kernel.shape):
                output[row, column] += padded[y + i * dilation_rate, x + j * dilation_rate] * kernel[i, j]
        return output

    return cross_correlate


@pytest.fixture
def show(browser):
    """Shows an explorer on a page of its own; fails at the end if the page has complained."""
    pages = []

    def show(explorer, theme="light", width=1280, delay=0, **context):
        page = browser.new_page(viewport={"width": width, "height": 900}, **context)
        page.set_default_timeout(120_000)  # what never comes fails then; a slow machine does not
        pages.append(Shown(page, explorer, theme, delay))
        return pages[-1]

    yield show
    for shown in pages:
        shown.page.close()
        assert shown.errors == []
