"""The backpropagation explorer: a small convolution that learns, every gradient a sum that is written out.

Python computes all numbers with `cnnlab.ops` and sends them after each step; the page
(`backprop_explorer.js`) looks them up and does no arithmetic on data.
"""

import contextlib
import html
import math

import numpy as np
import traitlets

from ..arithmetic import in_short, real_number, whole_number
from ..ops import conv, conv_grad
from ..ops._arguments import as_float
from ._chart import chart
from ._explorer import Checked, Explorer, front_end, read_only, refusing, to_wire
from ._numbers import factor, largest, number, pack, read, relation, shown, table

_LARGEST = {"image": 8, "kernel": 5, "target": 8}
_MOST_STEPS = 500


class BackpropExplorer(Explorer):
    """A convolution that learns a target, step by step: kernel, output, loss, and every gradient as a sum.

    Point at a weight to see every output that it touched, and its gradient: the sum of each of these outputs'
    gradients times the pixel between. Point at a pixel, or at an output, likewise. Then take a step: the
    kernel goes against its gradient, and the loss falls, unless the learning rate is too large.

    The loss is the mean of (output − target)².

    Parameters
    ----------
    image : array, shape (H, W)
        At most 8 × 8.
    kernel : array, shape (kh, kw)
        The weights to begin with, at most 5 × 5. Setting it begins anew.
    target : array, shape (H − kh + 1, W − kw + 1), or None
        What the output should be. None: what a kernel gives that finds vertical edges, so that it can be learned.
    learning_rate : float
        How far a step goes: kernel − learning_rate · gradient.

    Attributes
    ----------
    steps : int, 0 to 500
        How many steps have been taken. Set it to take more, or to go back.
    selected : ("kernel", row, column), or the same with "image" or "output", or None
        What is explained.
    output, loss : array, float
        What `cnnlab.ops.conv` gives now, and how far that is from the target.
    losses : list of float
        The loss before the first step, and after each.
    gradients : dict of arrays
        Of the loss by the "output", the "kernel" and the "image", from `cnnlab.ops.conv_grad`.

    Raises
    ------
    TypeError, ValueError
        If a value does not fit, here or when it is assigned later (then it is a
        `traitlets.TraitError` as well). The explorer stays as it was.

    >>> explorer = BackpropExplorer([[1, 2, 3]], [[1, 1]], target=[[2, 4]])
    >>> explorer
    BackpropExplorer: the loss is 1 before the first step (learning_rate=0.1); \
∂loss/∂kernel[0, 0] = 1×1 + 1×2 = 3.
    >>> explorer.steps = 2
    >>> [round(loss, 3) for loss in explorer.losses]
    [1.0, 0.65, 0.429]
    """

    _esm, _css = front_end("backprop_explorer")

    image = Checked().tag(sync=True, to_json=to_wire)
    kernel = Checked().tag(sync=True, to_json=to_wire)
    target = traitlets.Any().tag(sync=True, to_json=to_wire)
    learning_rate = Checked().tag(sync=True)
    steps = Checked(0).tag(sync=True)
    selected = traitlets.Any(("kernel", 0, 0)).tag(sync=True)
    _states = traitlets.Dict().tag(sync=True)
    _busy = False

    def __init__(self, image, kernel, target=None, learning_rate=0.1):
        self._own_target = target is not None  # else it follows the image
        super().__init__(image=image, kernel=kernel, target=target, learning_rate=learning_rate)

    @property
    def output(self):
        return self._now["output"]

    @property
    def loss(self):
        return self._losses[-1]

    @property
    def losses(self):
        return list(self._losses)

    @property
    def gradients(self):
        return {name: self._now[f"d_{name}"] for name in ("output", "kernel", "image")}

    @traitlets.validate("image", "kernel", "target")
    def _accept_array(self, proposal):
        name, value = proposal["trait"].name, proposal["value"]
        with refusing():
            if name == "target" and value is None:
                return None
            arrays = {part: getattr(self, part) for part in _LARGEST} | {name: value}
            if not (self._own_target or name == "target"):
                del arrays["target"]  # it will follow
            given = {part: array for part, array in arrays.items() if array is not None or part == name}
            arrays = {part: _check_grid(part, array) for part, array in given.items()}
            _check_fit(**{part: array.shape for part, array in arrays.items()})
            return arrays[name]

    @traitlets.validate("learning_rate", "steps", "selected")
    def _accept(self, proposal):
        name, value = proposal["trait"].name, proposal["value"]
        with refusing():
            if name == "steps":
                if whole_number("steps", value, at_least=0) > _MOST_STEPS:
                    raise ValueError(f"`steps` must be at most {_MOST_STEPS}; got {in_short(value)}.")
                return int(value)
            if name == "selected":
                return _check_selected(value, _shapes(np.shape(self.image), np.shape(self.kernel)))
            return real_number("learning_rate", value)

    @traitlets.observe("image", "kernel", "target")
    def _begin(self, change):
        """Another task, or another kernel to begin with: the steps taken before no longer count."""
        if self._busy:
            return
        if self.target is None or change["name"] == "target":
            self._own_target = self.target is not None and change["new"] is not None
        shapes = _shapes(self.image.shape, self.kernel.shape)
        with self._at_work():
            if not self._own_target:
                self.target = _edges(self.image, self.kernel.shape)
            if self.target.shape != shapes["output"]:
                return  # the other half of a change is on its way
            self._now = _compute(self.image, self.kernel, self.target)
            self._kernels, self._losses, self.steps = [self.kernel], [self._now["loss"]], 0
            if self.selected is not None:
                which, *place = self.selected
                self.selected = (which, *(min(i, n - 1) for i, n in zip(place, shapes[which])))
            self._states = self._tables()

    @traitlets.observe("steps")
    def _go(self, change):
        """Take steps, or take them back."""
        if self._busy:
            return
        with self._at_work():
            del self._kernels[self.steps + 1 :], self._losses[self.steps + 1 :]
            self._now = _compute(self.image, self._kernels[-1], self.target)
            while len(self._kernels) <= self.steps:
                kernel = _step(self._kernels[-1], self._now["d_kernel"], self.learning_rate)
                self._now = _compute(self.image, kernel, self.target)
                self._kernels.append(kernel)
                self._losses.append(self._now["loss"])
            self.kernel = self._kernels[-1]
            self._states = self._tables()

    @contextlib.contextmanager
    def _at_work(self):
        """What is set in here is told to the page at once, and does not begin anew."""
        self._busy = True
        try:
            with self.hold_sync():
                yield
        finally:
            self._busy = False

    def _tables(self):
        """Every number as text, for the page."""
        arrays = {"image": self.image, "kernel": self.kernel, "target": self.target}
        arrays |= {name: self._now[name] for name in ("output", "d_image", "d_kernel", "d_output")}
        self._texts = {name: shown(array) for name, array in arrays.items()}
        self._read = {name: read(texts) for name, texts in self._texts.items()}
        together = max(largest(self.output), largest(self.target))  # to be compared by color
        scales = {"output": together, "target": together}
        shapes = _shapes(self.image.shape, self.kernel.shape)
        return {
            "shapes": shapes,
            "grids": {name: pack(array, scales.get(name, largest(array))) for name, array in arrays.items()},
            "signs": {which: "".join(self._signs(which, shapes[which]).ravel()) for which in shapes},
            "error_signs": "".join(self._error_signs().ravel()),
            "loss": number(self.loss),
            "note": self._note(),
            "most": _MOST_STEPS,
            "chart": self._chart(),
        }

    def _chart(self):
        """The losses; along powers of ten once they have grown a thousandfold, or all but the last would lie at 0."""
        steps, losses = range(len(self._losses)), np.array(self._losses, float)
        x, finite = (0, max(10, self.steps)), losses[np.isfinite(losses) & (losses > 0)]
        if not finite.size or finite.max() < 1000 * finite[0]:
            return chart({"loss": (steps, losses)}, x=x) | {"name": "loss"}
        with np.errstate(divide="ignore", invalid="ignore"):
            made = chart({"loss": (steps, np.log10(losses))}, x=x)
        whole = [tick for tick in made["y"]["ticks"] if tick == round(tick)]
        texts = [number(10.0**tick) if abs(tick) < 5 else f"1e{round(tick)}".replace("-", "−") for tick in whole]
        made["y"] |= {"ticks": whole, "texts": texts}
        return made | {"name": "loss, by powers of ten"}

    def _note(self):
        if len(self._losses) < 2:
            return ""
        before, now = self._losses[-2:]
        if not math.isfinite(now):
            return "The numbers have grown beyond what can be written: the learning rate is far too large. Go back."
        if now <= before:
            return f"The last step took the loss from {number(before)} to {number(now)}."
        grew = f"from {number(before)} to {number(now)}"
        return f"The last step made the loss grow, {grew}: the learning rate is too large."

    def _sum(self, which, row, column):
        """What a gradient, or an output, is the sum of: pairs of numbers to multiply, each a name and a place."""
        height, width = self.kernel.shape
        weights = [(i, j) for i in range(height) for j in range(width)]
        if which == "kernel":
            return [("d_output", at, "image", (at[0] + row, at[1] + column)) for at in np.ndindex(self.target.shape)]
        if which == "output":
            return [("image", (row + i, column + j), "kernel", (i, j)) for i, j in weights]
        pairs = [("d_output", (row - i, column - j), "kernel", (i, j)) for i, j in weights]
        rows, columns = self.target.shape
        return [pair for pair in pairs if 0 <= pair[1][0] < rows and 0 <= pair[1][1] < columns]

    def _signs(self, which, shape):
        """Whether each sum is as it is written, "=", or rounding shows, "≈"."""
        on_screen = self._read
        with np.errstate(over="ignore", invalid="ignore"):
            sums = [sum(on_screen[a][at] * on_screen[b][on] for a, at, b, on in self._sum(which, *place))
                    for place in np.ndindex(shape)]  # fmt: skip
            return relation(np.reshape(sums, shape), on_screen[which if which == "output" else f"d_{which}"])

    def _error_signs(self):
        on_screen = self._read
        with np.errstate(over="ignore", invalid="ignore"):
            of_shown = 2 * (on_screen["output"] - on_screen["target"]) / self.target.size
            return relation(of_shown, on_screen["d_output"])

    _kept = ("selected",)

    def _wishes(self):
        for steps in range(min(self.steps + 25, _MOST_STEPS) + 1):
            yield {"steps": steps, "learning_rate": self.learning_rate}

    def describe(self):
        """One sentence that says what the explorer shows."""
        loss, rate = number(self.loss), f"learning_rate={number(self.learning_rate)}"
        when = f"after {self.steps} step{'s' * (self.steps > 1)}, from {number(self._losses[0])}"
        text = f"BackpropExplorer: the loss is {loss} {when if self.steps else 'before the first step'} ({rate})"
        return f"{text}; {self._explained()}." if self.selected else f"{text}."

    def _explained(self):
        which, *place = self.selected
        place, texts = tuple(place), self._texts
        if which == "output":
            terms = f"2×({texts['output'][place]} − {factor(texts['target'][place])}) / {self.target.size}"
            sign = self._error_signs()[place]
        else:
            pairs = self._sum(which, *place)
            terms = " + ".join(f"{factor(texts[a][at])}×{factor(texts[b][on])}" for a, at, b, on in pairs)
            sign = self._signs(which, getattr(self, which).shape)[place]
        return f"∂loss/∂{which}{list(place)} = {terms} {sign} {texts[f'd_{which}'][place]}"

    def _static_html(self):
        """Plain tables: they read well without styles, which GitHub removes."""
        names = {"image": "Image", "kernel": "Kernel", "output": "Output", "target": "Target"}
        names |= {f"d_{name}": f"Gradient by {name}" for name in ("image", "kernel", "output")}
        losses = np.array([[number(step), number(loss)] for step, loss in enumerate(self._losses)][-12:])
        return "\n".join(
            [
                f"<p>{html.escape(self.describe(), quote=False)}</p>",
                '<div style="display: flex; flex-wrap: wrap; gap: 2em; align-items: flex-start">',
                *(table(title, self._texts[name]) for name, title in names.items()),
                table("Step, loss", losses),
                "</div>",
            ]
        )


# What is accepted


def _check_grid(name, value):
    array = as_float(name, value)
    most = _LARGEST[name]
    array = array[..., 0] if array.ndim == 3 and array.shape[-1] == 1 else array
    if array.ndim != 2:
        raise ValueError(f"`{name}` must have two axes, (rows, columns); got shape {array.shape}.")
    if not 1 <= min(array.shape) <= max(array.shape) <= most:
        part = f" Show a part of it: image[:{most}, :{most}]." if name == "image" and array.size else ""
        raise ValueError(f"`{name}` must have from 1 to {most} rows and columns here; got shape {array.shape}.{part}")
    return read_only(array.copy())


def _check_fit(image=None, kernel=None, target=None):
    if image is None or kernel is None:
        return  # the rest is on its way
    output = _shapes(image, kernel)["output"]
    if min(output) < 1:
        raise ValueError(f"`kernel` of shape {kernel} does not fit into `image` of shape {image}: take a smaller one.")
    if target is not None and target != output:
        raise ValueError(
            f"`target` must have the shape of the output, {output}, for `image` {image} and `kernel` {kernel}; "
            f"got {target}. Change them together: with explorer.hold_trait_notifications(): …"
        )


def _check_selected(selected, shapes):
    if selected is None:
        return None
    try:
        which, row, column = selected
        place = whole_number("row", row, at_least=0), whole_number("column", column, at_least=0)
        if place[0] < shapes[which][0] and place[1] < shapes[which][1]:
            return which, *place
    except (KeyError, TypeError, ValueError):
        pass
    fits = ", ".join(f"({which!r}, row, column) of {size}" for which, size in shapes.items())
    raise ValueError(f"`selected` must be None or one of {fits}; got {in_short(selected)}.")


# What is computed


def _shapes(image, kernel):
    output = tuple(n - k + 1 for n, k in zip(image, kernel))
    return {"image": tuple(image), "kernel": tuple(kernel), "output": output}


def _batch(array):
    return array[np.newaxis, :, :, np.newaxis]


def _edges(image, shape):
    """What a kernel gives that falls from 1 to −1 from left to right, and so finds vertical edges."""
    kernel = np.tile(np.linspace(1, -1, shape[1], dtype=image.dtype), (shape[0], 1))
    with np.errstate(over="ignore", invalid="ignore"):
        return read_only(conv(_batch(image), kernel[:, :, np.newaxis, np.newaxis])[0, :, :, 0])


def _compute(image, kernel, target):
    """The output, the loss, and its gradients."""
    weights = kernel[:, :, np.newaxis, np.newaxis]
    with np.errstate(over="ignore", invalid="ignore"):
        output = conv(_batch(image), weights)[0, :, :, 0]
        error = output - target
        d_output = 2 * error / error.size
        d_image, d_kernel = conv_grad(_batch(d_output), _batch(image), weights)
        arrays = {"d_output": d_output, "d_image": d_image[0, :, :, 0], "d_kernel": d_kernel[:, :, 0, 0]}
        arrays = {name: read_only(array) for name, array in ({"output": output} | arrays).items()}
        return arrays | {"loss": float(np.mean(np.square(error)))}


def _step(kernel, gradient, learning_rate):
    with np.errstate(over="ignore", invalid="ignore"):
        return read_only(kernel - kernel.dtype.type(learning_rate) * gradient.astype(kernel.dtype))
