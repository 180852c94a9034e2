"""Whatever is given to a plot: it is drawn, or a TypeError or ValueError says which argument does not fit."""

import inspect
import re
import warnings

import numpy as np
import pytest

from cnnlab import Sequential, gradient_check, layers, ops, plots

BAD = {
    "None": None, "text": "abc", "empty text": "", "objects": np.array([{}, None], object), "ragged": [[1, 2], [3]],
    "empty": [], "empty array": np.zeros((0, 3)), "NaN": np.nan, "inf": np.inf, "complex": 1 + 2j, "0-d": np.array(3.0),
    "complex array": np.ones((3, 3), complex), "NaN array": np.full((3, 3), np.nan), "negative": -1, "-1": np.int8(-1),
    "inf array": np.full((3, 3), -np.inf), "5-d": np.zeros((2, 2, 2, 2, 2)), "1-d": np.arange(5.0), "bool": True,
    "np.bool_": np.True_, "uint8": np.uint8(255), "float32": np.float32(2.5), "dict": {"a": 1}, "set": {1, 2},
    "function": len, "class": dict, "bytes": b"ab", "texts": ["a", "b"], "text array": np.array([["a", "b"], ["c", "d"]]),
    "dates": np.array(["2020-01-01"], "datetime64[D]"), "huge": 10**400, "float64's end": [[1e308, -1e308]],
}  # fmt: skip
GOOD = {
    "show_images": dict(images=np.eye(4), titles=["a"], columns=1, limits=(0, 1), alt="x"),
    "show_kernel": dict(kernel=np.eye(3), title="x"),
    "show_feature_maps": dict(feature_maps=np.ones((4, 4, 2)), columns=2, title="t"),
    "show_confusion": dict(matrix=np.eye(2), class_names=["a", "b"], title="t"),
    "show_curves": dict(histories={"loss": [1, 2]}, metric="loss", title="t", x="epoch", first=1),
    "show_training": dict(history={"loss": [1, 2]}, metric="loss", title="t"),
    "show_architecture": dict(model=Sequential([layers.Input((4,)), layers.Dense(1)]), title="t"),
    "show_gradient_check": dict(result=gradient_check(ops.relu, ops.relu_grad, [1.0]), names=["a"]),
    "show_geometry": dict(size=3, kernel_size=2, stride=1, padding="valid", dilation=1, cells=[(0, 0)]),
    "show_receptive_field": dict(windows=[(3, 1)], names=["a"]),
    "Picture": dict(figure=plots.picture.new_figure(1, 1), alt="x"),
    "LiveCurves": dict(metric="loss", title="t"),
}
IN_PIXELS = ("images", "kernel", "feature_maps", "matrix", "limits")  # of the others, drawing shows nothing new


def test_every_plot_is_tried_with_every_argument():
    assert set(GOOD) == set(plots.__all__)
    for name, good in GOOD.items():
        assert list(inspect.signature(getattr(plots, name)).parameters) == list(good)


@pytest.mark.parametrize("name, argument", [(name, argument) for name, good in GOOD.items() for argument in good])
def test_a_bad_argument_is_named(name, argument, monkeypatch):
    if argument not in IN_PIXELS:
        one_pixel = plots.show_images([[0]]).png
        monkeypatch.setattr(plots.picture.Figure, "savefig", lambda self, file, **_: file.write(one_pixel))
    for what, bad in BAD.items():
        if name == "LiveCurves" and (bad is None or isinstance(bad, str)):
            continue  # right, and Keras would be loaded
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                getattr(plots, name)(**GOOD[name] | {argument: bad})
            except (TypeError, ValueError) as error:
                assert re.search(f"`({'|'.join(GOOD[name])})", str(error)), (what, error)
            except Exception as error:
                pytest.fail(f"{what}: {type(error).__name__}: {error}")
