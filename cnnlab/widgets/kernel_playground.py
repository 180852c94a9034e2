"""The kernel playground: what a small kernel does to a picture, live."""

import base64
import html
import io

import numpy as np
import traitlets

from .._pictures import on_white, one_picture
from ..arithmetic import in_short, true_or_false, whole_number
from ..ops import conv
from ..ops._arguments import as_float
from ._explorer import Checked, Explorer, from_wire, front_end, paint, read_only, refusing, to_wire
from ._numbers import factor, largest, number, pack, read, relation, shown, table

_LARGEST = 256  # rows and columns; what is larger is averaged over blocks
_BINS = 40
_NEGATIVE = ("clip", "offset", "absolute")
_PENS = ("off", "white", "black")
_FOLLOWED = ("image", "kernel", "negative", "pointed", "mark_clipped", "preset", "kernel_size", "source")
_ONE = np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]])
_SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
_LAPLACIAN = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])
PRESETS = {
    "identity": _ONE,
    "box blur": np.full((3, 3), 1 / 9),
    "gaussian blur": np.outer([1, 2, 1], [1, 2, 1]) / 16,
    "sharpen": _ONE - _LAPLACIAN,
    "sobel x": _SOBEL,
    "sobel y": _SOBEL.T,
    "laplacian": _LAPLACIAN,
    "emboss": np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]),
}
_WIDE = {"box blur": np.full((5, 5), 1 / 25), "gaussian blur": np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256}


class KernelPlayground(Explorer):
    """A picture, a kernel to edit, and beside them the result: what one convolution does.

    Choose a preset or type weights. Point at a pixel of the result to see its window and its sum. Numbers that
    no gray can show are counted, and marked in the picture and in the histogram.

    Parameters
    ----------
    image : "photo", "scene", "blank", or array, shape (H, W), (H, W, 3) or (H, W, 4)
        0 is black and 1 is white; whole numbers from 0 to 255 are divided by 255. Colors become gray, what is
        transparent lies on white, and what is larger than 256 × 256 is averaged over blocks. On the page an image can also be opened, or drawn.
        "photo" is the portrait of Grace Hopper (U.S. Navy, public domain) that comes with matplotlib.
    kernel : name of a preset, or array, shape (3, 3) or (5, 5)
        The presets are "identity", "box blur", "gaussian blur", "sharpen", "sobel x", "sobel y", "laplacian"
        and "emboss". Reads back as an array.
    negative : "clip", "offset" or "absolute"
        How the result is shown: as it is, with 0.5 added (so that 0 is gray), or without its signs.
    pointed : (row, column) or None
        The pixel of the result whose sum is shown.
    mark_clipped : bool
        Hatch the pixels that are darker than black or lighter than white.

    Attributes
    ----------
    preset : str
        Name of the kernel, or "custom". Set it to choose one.
    kernel_size : 3 or 5
        Set it to make the kernel larger, with zeros around it, or smaller.
    source : str
        Name of the image, or "yours". Set it to choose one.
    pen : "off", "white" or "black"
        What the pointer draws with in the image.
    result : array, shape (H - kh + 1, W - kw + 1)
        What `cnnlab.ops.conv` gives. It follows the image and the kernel and cannot be set.

    All arrays are read-only. To change one number, assign a changed copy.

    Raises
    ------
    ValueError
        If a value does not fit, here or when it is assigned later (then it is a
        `traitlets.TraitError` as well). The explorer stays as it was.

    >>> KernelPlayground([[0, 0, 1, 1]] * 3, "sobel x")
    KernelPlayground: the kernel “sobel x”, 3 × 3, over a 3 × 4 image gives values from 4 to 4; \
shown with negative='clip', 0 of 2 pixels are below black and 2 above white.
    """

    _esm, _css = front_end("kernel_playground")

    image = Checked()  # not sent: the page gets it ready to paint
    kernel = Checked().tag(
        sync=True, to_json=to_wire, from_json=lambda rows, widget: from_wire(rows, widget.kernel.dtype)
    )
    negative = Checked("clip").tag(sync=True)
    pointed = traitlets.Any().tag(sync=True)
    mark_clipped = Checked(False).tag(sync=True)
    preset = Checked("custom").tag(sync=True)
    kernel_size = Checked(3).tag(sync=True)
    source = Checked("yours").tag(sync=True)
    pen = Checked("off").tag(sync=True)
    result = traitlets.Any(read_only=True)
    _image = traitlets.Any().tag(sync=True)
    _shown = traitlets.Dict().tag(sync=True)
    _sum = traitlets.Dict().tag(sync=True)
    _opened = traitlets.Dict().tag(sync=True)  # an image from the reader's disk: size, and red, green, blue, opacity
    _strokes = traitlets.List().tag(sync=True)  # where the pen has been: (row, column), or from there to another one

    def __init__(self, image="photo", kernel="sharpen", *, negative="clip", pointed=None, mark_clipped=False):
        self._updating, self._checked = False, {}
        super().__init__(image=image, kernel=kernel, negative=negative, pointed=pointed, mark_clipped=mark_clipped)

    @traitlets.validate(*_FOLLOWED, "pen")
    def _accept(self, proposal):
        name, value = proposal["trait"].name, proposal["value"]
        with refusing():
            image = self._check("image", value if name == "image" else self.image)
            kernel = self._check("kernel", value if name == "kernel" else self.kernel)
            result_shape = _fit(image, kernel)
            if name == "image":
                return image
            if name == "kernel":
                return kernel
            if name == "pointed":
                return _check_pointed(value, result_shape)
            if name == "kernel_size":
                value = whole_number("kernel_size", value, at_least=1)
                if value not in (3, 5):
                    raise ValueError(f"`kernel_size` must be 3 or 5; got {in_short(value)}.")
                _fit(image, np.zeros((value, value)))
                return value
            if name == "mark_clipped":
                return true_or_false("mark_clipped", value)
            names = {
                "negative": _NEGATIVE,
                "pen": _PENS,
                "source": [*_SOURCES, "yours"],
                "preset": [*PRESETS, "custom"],
            }
            return _check_name(name, value, names[name])

    def _check(self, name, value):
        """The array as it is kept; one that has been accepted is not looked at again."""
        if name not in self._checked or self._checked[name] is not value:
            self._checked[name] = _check_image(value) if name == "image" else _check_kernel(value, self.kernel_size)
        return self._checked[name]

    @traitlets.observe(*_FOLLOWED)
    def _update(self, change):
        if self._updating or self.image is None or self.kernel is None:
            return
        self._updating = True
        try:
            with self.hold_sync():
                if change.name == "preset" and self.preset != "custom":
                    self.kernel = _preset(self.preset, self.kernel_size)
                elif change.name == "kernel_size":
                    own = self.preset == "custom"
                    size = self.kernel_size
                    self.kernel = _resized(self.kernel, size) if own else _preset(self.preset, size)
                elif change.name == "source" and self.source != "yours":
                    self.image = self.source
                if change.name == "pointed" and self.result is not None:
                    self._sum = self._worked_sum() or {}
                else:
                    self._compute()
        finally:
            self._updating = False

    def _compute(self):
        self.kernel_size = len(self.kernel)
        presets = (name for name in PRESETS if np.allclose(_preset(name, self.kernel_size), self.kernel, atol=1e-6))
        self.preset = next(presets, "custom")
        sources = (name for name in _SOURCES if self.image is _source(name))
        self.source = next(sources, "yours")
        with np.errstate(over="ignore", invalid="ignore"):
            kernel = self.kernel[:, :, np.newaxis, np.newaxis]
            result = conv(self.image[np.newaxis, :, :, np.newaxis], kernel)[0, :, :, 0]
        self.set_trait("result", read_only(result))
        if self.pointed is not None:
            self.pointed = tuple(min(place, size - 1) for place, size in zip(self.pointed, result.shape))
        self._image = paint(self.image)
        below, above = self._clipped()
        self._shown = {
            "kernel": shown(self.kernel).ravel().tolist(),
            "levels": pack(self.kernel, largest(self.kernel))["level"],
            "weights": self._weights(),
            "result": paint(self._marked(below, above)),
            "sizes": [f"{shape[0]} × {shape[1]}" for shape in (self.image.shape, result.shape)],
            "clipped": f"{below.sum():,} of {below.size:,} pixels are below black, {above.sum():,} above white"
            + _and_nan(np.isnan(result))
            + ".",
            "histogram": self._histogram(),
        }
        self._sum = self._worked_sum() or {}

    @traitlets.observe("_opened", "_strokes")
    def _draw(self, change):
        """An image was opened, or drawn into. Both traits are emptied, so that the same can come again."""
        if self._opened:
            height, width = self._opened["size"]
            pixels = np.frombuffer(base64.b64decode(self._opened["pixels"]), np.uint8).reshape(height, width, 4)
            self._opened = {}
            self.image = pixels
        if self._strokes:
            image = self.image.copy()
            width = max(1, max(image.shape) // 40)
            for stroke in self._strokes:
                for place in _line(stroke[:2], stroke[-2:]):
                    rows, columns = (slice(max(at - width // 2, 0), at + (width + 1) // 2) for at in place)
                    image[rows, columns] = self.pen != "black"
            self._strokes = []
            self.image = image

    # What is shown

    def _toned(self):
        """The result as it is to be painted, before it is cut to 0 and 1."""
        with np.errstate(invalid="ignore"):
            return {"clip": self.result, "offset": self.result + 0.5, "absolute": np.abs(self.result)}[self.negative]

    def _clipped(self):
        toned = self._toned()
        return toned < -1e-6, toned > 1 + 1e-6  # rounding is not clipping

    def _marked(self, below, above):
        toned = self._toned()
        if not (self.mark_clipped and (below.any() or above.any())):
            return toned
        rows, columns = np.indices(toned.shape)
        picture = np.repeat(toned[:, :, np.newaxis], 3, axis=2)
        picture[below & ((rows + columns) % 3 == 0)] = (0.3, 0.6, 1)  # stripes up in the black, down in the white
        picture[above & ((rows - columns) % 3 == 0)] = (0.8, 0.3, 0)
        return picture

    def _histogram(self):
        """Bars as [height, whether they are clipped]; and where the ends of what can be shown lie, in percent."""
        low, high = {"clip": (0, 1), "offset": (-0.5, 0.5), "absolute": (-1, 1)}[self.negative]
        values = self.result[np.isfinite(self.result)].astype(float)
        left, right = min(low, values.min(initial=low)), max(high, values.max(initial=high))
        counts, edges = np.histogram(values / (right - left), _BINS, (left / (right - left), right / (right - left)))
        middles = (edges[1:] + edges[:-1]) / 2 * (right - left)
        heights = np.round(100 * counts / max(counts.max(), 1), 1)
        heights[counts > 0] = np.maximum(heights[counts > 0], 2)  # so that a few pixels can be seen
        return {
            "bars": [[height, bool(not low <= middle <= high)] for height, middle in zip(heights.tolist(), middles)],
            "marks": [[round(100 * (end - left) / (right - left), 1), number(end)] for end in (low, high)],
            "said": f"{self._range().capitalize()}; {number(low)} to {number(high)} can be shown"
            + (", the hatched cannot." if left < low or right > high else ", ∞ cannot." if self._infinite() else "."),
        }

    def _range(self):
        values = self.result[np.isfinite(self.result)]
        said = f"values from {number(values.min())} to {number(values.max())}" if values.size else "no finite values"
        return f"{said}, and {' and '.join(self._infinite())}" if self._infinite() else said

    def _infinite(self):
        return [text for text, value in (("−∞", -np.inf), ("∞", np.inf)) if (self.result == value).any()]

    def _weights(self):
        total = float(self.kernel.sum(dtype=float))
        effect = {1: ": flat areas keep their brightness", 0: ": flat areas become 0"}
        return f"The weights sum to {number(round(total, 6))}{effect.get(round(total, 6), '')}."

    def _worked_sum(self):
        """What the pixel that is pointed at is made of: the window, the products, and their sum."""
        if self.pointed is None:
            return None
        row, column = self.pointed
        rows, columns = self.kernel.shape
        window = self.image[row : row + rows, column : column + columns]
        pixels, weights = shown(window), shown(self.kernel)
        with np.errstate(over="ignore", invalid="ignore"):
            products = window * self.kernel
            total = number(self.result[row, column].item())
            sign = relation((read(pixels) * read(weights)).sum(), read(total))
        value = self._toned()[row, column]
        tone = "" if self.negative == "clip" else f", shown as {number(value.item())}"
        clipped = ": darker than black" if value < -1e-6 else ": lighter than white" if value > 1 + 1e-6 else ""
        factors = [f"{factor(pixel)}×{factor(weight)}" for pixel, weight in zip(pixels.ravel(), weights.ravel())]
        return {
            "target": f"result[{row}, {column}]",
            "pixels": pixels.ravel().tolist(),
            "tones": _tones(window),
            "factors": factors,
            "products": pack(products, largest(products)),
            "sum": total,
            "tone": _tones(value)[0],
            "total": f"{sign} {total}{tone}{clipped}",
        }

    _nearest = ("pointed",)

    def _wishes(self):
        def pointed(many):
            rows, columns = (np.linspace(0, size - 1, min(size, many)).astype(int) for size in self.result.shape)
            return [(row, column) for row in rows.tolist() for column in columns.tolist()]

        yield from ({"preset": preset} for preset in PRESETS)
        yield {"pointed": None}
        yield from ({"pointed": place} for place in pointed(16))
        yield from ({"negative": negative} for negative in _NEGATIVE)
        yield {"mark_clipped": not self.mark_clipped}
        for preset in PRESETS:
            yield from ({"preset": preset, "pointed": place} for place in [None, *pointed(6)])
        yield {"kernel_size": 8 - self.kernel_size}

    def describe(self):
        """One sentence that says what the explorer shows."""
        below, above = self._clipped()
        name = "a kernel" if self.preset == "custom" else f"the kernel “{self.preset}”"
        size = self.kernel_size
        return (
            f"KernelPlayground: {name}, {size} × {size}, over a {self.image.shape[0]} × {self.image.shape[1]} image "
            f"gives {self._range()}; shown with negative={self.negative!r}, {below.sum():,} of {below.size:,} pixels are "
            f"below black and {above.sum():,} above white."
        )

    def _static_html(self):
        """The kernel as a table, and both pictures with their text alternatives."""
        what = {"yours": "The image"}.get(self.source, f"The image, “{self.source}”")
        pictures = [(what, self.image), (self.describe(), self._marked(*self._clipped()))]
        return "\n".join(
            [
                f"<p>{html.escape(self.describe(), quote=False)}</p>",
                table("Kernel" if self.preset == "custom" else f"Kernel, {self.preset}", shown(self.kernel)),
                *(f'<img alt="{html.escape(alt)}" width="300" src="{_png(picture)}">' for alt, picture in pictures),
            ]
        )


# What is accepted


def _check_name(name, value, names):
    if not isinstance(value, str) or value not in names:
        raise ValueError(f"`{name}` must be one of {', '.join(map(repr, names))}; got {in_short(value)}.")
    return value


def _check_image(image):
    if isinstance(image, str):
        return _source(_check_name("image", image, _SOURCES))
    array = on_white("image", one_picture("image", image))
    if array.dtype.kind in "iu" and array.max() > 1:
        array = array / 255
    array = array.astype(float)
    array = array if array.ndim == 2 else array.mean(axis=2)
    block = -(-max(array.shape) // _LARGEST)
    if block > 1:
        array = np.pad(array, [(0, -size % block) for size in array.shape], mode="edge")
        array = array.reshape(array.shape[0] // block, block, array.shape[1] // block, block).mean(axis=(1, 3))
    return read_only(array.astype(np.float32, copy=True))


def _check_kernel(kernel, size):
    if isinstance(kernel, str):
        return _preset(_check_name("kernel", kernel, tuple(PRESETS)), size)
    array = as_float("kernel", kernel)
    if array.shape not in ((3, 3), (5, 5)):
        raise ValueError(f"`kernel` must have shape (3, 3) or (5, 5), or be the name of a preset; got {array.shape}.")
    return read_only(array.copy())


def _check_pointed(pointed, shape):
    if pointed is None:
        return None
    try:
        row, column = (int(place) for place in pointed)
        if 0 <= row < shape[0] and 0 <= column < shape[1] and [row, column] == list(pointed):
            return row, column
    except (TypeError, ValueError):
        pass
    raise ValueError(f"`pointed` must be None or (row, column) of a pixel of the result, {shape}; got {in_short(pointed)}.")


def _fit(image, kernel):
    shape = tuple(size - length + 1 for size, length in zip(image.shape, kernel.shape))
    if min(shape) < 1:
        raise ValueError(f"`image` of shape {image.shape} is smaller than `kernel` of shape {kernel.shape}.")
    return shape


# What there is to choose from


def _preset(name, size):
    kernel = _WIDE[name] if size == 5 and name in _WIDE else _resized(PRESETS[name], size)
    return read_only(kernel.astype(np.float32))


def _resized(kernel, size):
    """The kernel in a ring of zeros, or its middle."""
    more = (size - len(kernel)) // 2
    return np.pad(kernel, more) if more >= 0 else kernel[-more:more, -more:more]


def _photo():
    from matplotlib import cbook
    from PIL import Image

    with cbook.get_sample_data("grace_hopper.jpg") as file:
        pixels = np.asarray(Image.open(file).convert("RGB"))[:512]
    return pixels.reshape(128, 4, 128, 4, 3).mean(axis=(1, 3, 4)) / 255


def _scene():
    from ..datasets import drawn

    images, _ = drawn.scenes(1, seed=19)
    return images[0].mean(axis=2) / 255


_SOURCES = {"photo": _photo, "scene": _scene, "blank": lambda: np.zeros((64, 64))}
_made = {}


def _source(name):
    if name not in _made:
        _made[name] = read_only(_SOURCES[name]().astype(np.float32))
    return _made[name]


def _tones(values):
    """Gray of each pixel as it is painted, 0 to 255."""
    return np.round(255 * np.clip(np.nan_to_num(np.ravel(values).astype(float)), 0, 1)).astype(int).tolist()


def _line(start, end):
    """The pixels on the way from one to another."""
    steps = max(abs(to - at) for at, to in zip(start, end)) + 1
    return np.round(np.linspace(start, end, steps)).astype(int).tolist()


def _and_nan(missing):
    return f", {missing.sum():,} {'is' if missing.sum() == 1 else 'are'} no number (NaN)" if missing.any() else ""


def _png(picture):
    from PIL import Image

    pixels = np.round(255 * np.clip(np.nan_to_num(picture), 0, 1)).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="png", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
