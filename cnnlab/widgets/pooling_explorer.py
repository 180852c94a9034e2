"""The pooling explorer: one number for each window, and what becomes of it when the image shifts.

Python computes all numbers, for the shifts near the present one at once, so that stepping the image along
shows at once; the page (`pooling_explorer.js`) looks them up. New settings are computed when asked for.
"""

import html
import itertools

import numpy as np
import traitlets

from .. import ops
from .._pictures import as_numbers
from ..arithmetic import in_short, true_or_false, whole_number
from ..ops._arguments import as_float
from ..ops._windows import geometry_of, pad, windows
from ..ops.pooling import _draw
from ._explorer import Checked, front_end, paint, read_only, refusing
from ._numbers import factor, largest, number, pack, read, relation, shown, size, table
from ._quiz import Quiz

_MODES = {
    "max": ops.max_pool,
    "average": ops.average_pool,
    "sum": ops.sum_pool,
    "stochastic": ops.stochastic_pool,
}
_LARGEST = {"pool_size": 6, "strides": 6}
_FARTHEST = 6  # shift
_SHOWN = 28  # rows and columns at once
_READABLE = 14  # rows and columns of numbers; more are shown as pictures
_ENOUGH = 6000  # numbers to send at once
_DIRECTIONS = (("up", "down"), ("left", "right"))
_BLUE, _ORANGE = np.array([[0x2B, 0x7F, 0xD4], [0xE8, 0x71, 0x0A]]) / 255  # of shared.css
_PERCENTS = np.array([*map(str, range(101)), "-"])  # for a cell of the padding, the last
_SETTINGS = ("image", "pool_size", "strides", "padding", "mode", "shift", "training", "seed", "corner")


class PoolingExplorer(Quiz):
    """Pooling to touch: which window an output comes from, how, and whether it stays when the image shifts.

    Point at an output to see its window and how the number came about. Shift the image pixel by pixel,
    with the arrow buttons or the arrow keys, and see which outputs change. Everything shown is also an
    attribute: set it and the picture follows, read it after touching, or watch it with `observe`.

    Parameters
    ----------
    image : array, shape (H, W)
        At most 512 × 512. Of more than 28 × 28, a part is shown, see `corner`.
    pool_size : int, 1 to 6
    strides : int, 1 to 6, or None
        None: as `pool_size`, so that windows touch and do not overlap.
    padding : "valid" or "same"
        As in `cnnlab.ops.max_pool`: pooling ignores the cells that padding adds.
    mode : "max", "average", "sum" or "stochastic"
        "stochastic" takes no negative pixels, see `cnnlab.ops.stochastic_pool`.
    shift : (rows, columns), each −6 to 6
        How far the image has moved, down and to the right. Zeros come in at its edges.
    selected : (row, column) or None
        The output that is explained, counted from 0. It moves to the nearest one when the output shrinks.
    training : bool
        Only for "stochastic": draw one pixel of each window. Without, the mean that drawing gives.
    seed : int
        Of the draw.
    corner : (row, column)
        Where in a large image the part that is shown begins.
    quiz : bool
        Hide the outputs, and let the learner predict the selected one. Not while pixels are drawn at random.
    guess : number or None
        The prediction for the selected output.

    Attributes
    ----------
    output : array, shape (rows, columns)
        What the op of `cnnlab.ops` gives for the part of the shifted image that is shown.
    kept : float, 0 to 1
        The share of the outputs that are as they were before the shift.
    feedback : str
        Whether `guess` is right; if not, which mistake leads to it.

    None of these can be set. All arrays are read-only.

    Raises
    ------
    ValueError
        If a value does not fit, here or when it is assigned later (then it is a
        `traitlets.TraitError` as well). The explorer stays as it was.

    >>> explorer = PoolingExplorer([[1, 3, 0, 0], [2, 0, 0, 5]])
    >>> explorer.output
    array([[3., 5.]], dtype=float32)
    >>> explorer.shift = (0, 1)
    >>> explorer.output, explorer.kept
    (array([[2., 3.]], dtype=float32), 0.0)
    """

    _esm, _css = front_end("pooling_explorer")

    image = Checked()  # the page gets the part that it shows, in `_states`
    pool_size = Checked().tag(sync=True)
    strides = Checked().tag(sync=True)
    padding = Checked().tag(sync=True)
    mode = Checked().tag(sync=True)
    shift = Checked().tag(sync=True)
    selected = Checked().tag(sync=True)
    training = Checked().tag(sync=True)
    seed = Checked().tag(sync=True)
    corner = Checked().tag(sync=True)
    output = traitlets.Any(read_only=True)
    kept = traitlets.Float(read_only=True)
    _states = traitlets.Dict().tag(sync=True)
    _whole = traitlets.Any().tag(sync=True)  # a large image, ready to paint
    _states_of = None
    _advice = "Look at the pixels of the window: what is asked for is one number made of them."

    def __init__(
        self,
        image,
        pool_size=2,
        strides=None,
        padding="valid",
        mode="max",
        *,
        shift=(0, 0),
        selected=(0, 0),
        training=False,
        seed=0,
        corner=(0, 0),
        quiz=False,
    ):
        given = {name: value for name, value in locals().items() if name not in ("self", "__class__")}
        super().__init__(**given)

    @traitlets.validate(*_SETTINGS, "selected")
    def _accept(self, proposal):
        name, value = proposal["trait"].name, proposal["value"]
        with refusing():
            settings = {key: _check(key, value if key == name else getattr(self, key)) for key in _SETTINGS}
            shape = _check_together(**settings)
            return settings[name] if name in settings else _check_selected(value, shape)

    @traitlets.observe(*_SETTINGS)
    def _recompute(self, change):
        settings = {key: getattr(self, key) for key in _SETTINGS}
        shift = settings.pop("shift")
        with self.hold_sync():
            self._solved, self.guess = [], None
            if self._states_of is None or self._states_of["image"] is not self.image:
                self._whole = _paint_whole(self.image)
            if not self._states_hold(settings, shift):
                self._states, self._states_of = _all_states(**settings, shift=shift), settings
            options = {name: value for name, value in settings.items() if name not in ("image", "corner")}
            before, output = _pool(np.stack([self._part((0, 0)), self._part()]), **options)
            if self.selected is not None:
                self.selected = tuple(min(place, size - 1) for place, size in zip(self.selected, output.shape))
            self.set_trait("kept", float(_equal(before, output).mean()))
            if self.output is None or not np.array_equal(output, self.output, equal_nan=True):
                self.set_trait("output", read_only(output))

    def _states_hold(self, settings, shift):
        """Whether the page has what it needs for these settings, this shift, and one more step in each direction."""
        before = self._states_of
        if before is None or before["image"] is not settings["image"]:
            return False
        if any(before[name] != value for name, value in settings.items() if name != "image"):
            return False
        return all(_key(*place) in self._states["shifts"] for place in _near(shift, min(self._states["reach"], 1)))

    # The quiz

    def _is_hidden(self, row, column):
        is_drawn = self.mode == "stochastic" and self.training
        return self.quiz and not is_drawn and [row, column] not in self._solved

    @traitlets.observe("selected")
    def _ask_anew(self, change):
        self.guess = None

    def _asked_for(self):
        return None if self.selected is None else (self.output[self.selected], list(self.selected))

    def _mistakes(self):
        """What comes out when it is done wrong, and what to say then: the likeliest mistake first."""
        pixels, (row, column) = self._part()[self._window()].astype(float), self.selected
        count, cells = pixels.size, self.pool_size**2
        other = {
            "max": (pixels.max(), "the largest of the pixels"),
            "average": (pixels.mean(), "their mean"),
            "sum": (pixels.sum(), "their sum"),
        }
        wanted = {"max": "the largest", "average": "the mean", "sum": "the sum", "stochastic": "a mean by their shares"}
        for mode, (value, what) in other.items():
            if mode != self.mode:
                yield value, f"{what}. {self.mode.capitalize()} pooling takes {wanted[self.mode]}."
        yield pixels.min(), "the smallest of the pixels."
        if count < cells and self.mode == "average":
            yield pixels.sum() / cells, f"the sum over {cells}. Pooling ignores the padding: {count} pixels count."
        yield pixels.flat[0], "the first pixel of the window."
        before = _part(self.image, (0, 0), self.corner)[self._window()]
        if any(self.shift) and self.mode in other:
            yield {"max": np.max, "average": np.mean, "sum": np.sum}[self.mode](before), "what it was before the shift."
        for place, word in (
            ((column, row), "with row and column swapped"),
            ((row, column + 1), "one to the right"),
            ((row, column - 1), "one to the left"),
            ((row + 1, column), "one below"),
            ((row - 1, column), "one above"),
        ):
            if min(place) >= 0 and place[0] < self.output.shape[0] and place[1] < self.output.shape[1]:
                asked = f"You are asked for output[{row}, {column}]."
                yield self.output[place], f"output[{place[0]}, {place[1]}]: {word}. {asked}"

    def describe(self):
        """One sentence that says what the explorer shows."""
        return f"{'; '.join(filter(None, [self._summary(), self._worked()]))}."

    def _summary(self):
        state = self._states["shifts"][_key(*self.shift)]
        training = f", training=True, seed={self.seed}" if self.mode == "stochastic" and self.training else ""
        return (
            f"PoolingExplorer: {self.mode} pooling of {size(self._part())} pixels (pool_size={self.pool_size}, "
            f"strides={self.strides}, padding={self.padding!r}{training}) gives {size(self.output)} outputs; "
            f"{state['said'][0].lower()}{state['said'][1:-1]}"
        )

    def _part(self, shift=None):
        return _part(self.image, self.shift if shift is None else shift, self.corner)

    def _worked(self):
        """How the selected output came about, or nothing when none is selected."""
        if self.selected is None:
            return ""
        row, column = self.selected
        columns = self.output.shape[1]
        state = self._states["shifts"][_key(*self.shift)]
        place = row * columns + column
        if self._is_hidden(row, column):
            return f"output[{row}, {column}] = ?"
        pixels, result = shown(self._part()[self._window()]).ravel().tolist(), state["text"].split(" ")[place]
        signs = state["relation"][place : place + 1] or "="
        if self.mode == "max":
            worked = f"the largest of {', '.join(pixels)} = {result}"
        elif self.mode == "stochastic":
            percents = state["percents"].split(" ")[place * self.pool_size**2 :][: self.pool_size**2]
            pairs = zip((percent for percent in percents if percent != "-"), pixels)
            if self.training and state["winner"][place] == "-":
                worked = "0, since every pixel is 0"
            elif self.training:
                worked = f"{result}, drawn from " + ", ".join(f"{pixel} ({percent} %)" for percent, pixel in pairs)
            else:
                worked = " + ".join(f"{percent} % of {pixel}" for percent, pixel in pairs) + f" {signs} {result}"
        else:
            worked = " + ".join(map(factor, pixels))
            worked = f"({worked}) / {len(pixels)}" if self.mode == "average" else worked
            worked += f" {signs} {result}"
        return f"output[{row}, {column}] = {worked}"

    def _window(self):
        """Where the window of the selected output lies in the part that is shown, as slices."""
        stride = self.strides or self.pool_size
        shape, (top, _, left, _, *_) = self._part().shape, self._states["geometry"]
        starts = [place * stride - first for place, first in zip(self.selected, (top, left))]
        return tuple(slice(max(start, 0), min(start + self.pool_size, length)) for start, length in zip(starts, shape))

    _kept = ("quiz",)

    def _wishes(self):
        limits, seeds = self._states["limits"], range(self.seed, self.seed + 10)
        modes = ("max", "average", "sum", "stochastic")
        yield from ({"mode": mode} for mode in modes)
        yield from ({"mode": "stochastic", "training": True, "seed": seed} for seed in seeds)
        for padding in ("valid", "same"):
            for strides in (None, *range(1, limits["strides"] + 1)):
                for pool_size in range(1, limits["pool_size"] + 1):
                    yield {"pool_size": pool_size, "strides": strides, "padding": padding}
        for mode in modes:
            for pool_size in range(1, limits["pool_size"] + 1):
                yield {"mode": mode, "pool_size": pool_size}

    def _static_html(self):
        part, notes = self._part(), []
        moved = f", shifted by {self.shift}" if any(self.shift) else ""
        window, cell = np.zeros(part.shape, bool), np.zeros(self.output.shape, bool)
        if self.selected is not None:
            window[self._window()] = cell[self.selected] = True
            notes = [f"Bold: one output and its window. {self._worked()}."]
        same = np.array(list(self._states["shifts"][_key(*self.shift)]["same"])).reshape(self.output.shape) == "1"
        changed = np.where(same, shown(self.output), np.char.add(shown(self.output), " ≠"))
        hidden = [self._is_hidden(*place) for place in np.ndindex(self.output.shape)]
        changed = np.where(np.reshape(hidden, self.output.shape), "?", changed)
        if not same.all():
            notes.append("≠: changed by the shift.")
        return "\n".join(
            [
                f"<p>{html.escape(self._summary(), quote=False)}.</p>",
                table(f"Image, {size(part)}{moved}", shown(part), window),
                table(f"Output, {size(self.output)}", changed, cell),
                *(f"<p>{html.escape(note, quote=False)}</p>" for note in notes),
            ]
        )


# What is accepted


def _check(name, value):
    """`value` as the explorer keeps it, or an error that names the argument."""
    if name == "image":
        return _check_image(value)
    if name in ("shift", "corner"):
        return _check_pair(name, value)
    if name == "mode":
        if not isinstance(value, str) or value not in _MODES:
            raise ValueError(f"`mode` must be one of {', '.join(map(repr, _MODES))}; got {in_short(value)}.")
        return value
    if name == "padding":
        if not isinstance(value, str) or value.lower() not in ("valid", "same"):
            raise ValueError(f"`padding` must be 'valid' or 'same' here; got {in_short(value)}.")
        return value.lower()
    if name == "training":
        return true_or_false("training", value)
    if name == "seed":
        return whole_number("seed", value, at_least=0)
    if name == "strides" and value is None:
        return None
    number = whole_number(name, value, at_least=1)
    if number > _LARGEST[name]:
        raise ValueError(f"`{name}` must be at most {_LARGEST[name]} here; got {in_short(number)}.")
    return number


def _check_image(value):
    array = as_float("image", as_numbers(value))
    array = array[..., 0] if array.ndim == 3 and array.shape[2] == 1 else array
    if array.ndim != 2:
        color = array.ndim == 3 and array.shape[2] in (3, 4)
        one = " Take one channel, image[:, :, 0], or make it gray: image[:, :, :3].mean(axis=2)." if color else ""
        one = " Take one of them: image[0]." if array.ndim >= 3 and not color else one
        raise ValueError(f"`image` must have two axes, (rows, columns); got shape {array.shape}.{one}")
    if 0 in array.shape:
        raise ValueError(f"`image` is empty: shape {array.shape}. It needs at least one row and one column.")
    if max(array.shape) > 512:
        raise ValueError(
            f"`image` of shape {array.shape} is too large, at most (512, 512) fits. Take image[:512, :512]."
        )
    if array is value and not array.flags.writeable:
        return array  # checked before
    return read_only(array.copy())


def _check_pair(name, value):
    try:
        rows, columns = (whole_number(name, number, at_least=-_FARTHEST if name == "shift" else 0) for number in value)
        if name == "corner" or max(rows, columns) <= _FARTHEST:
            return rows, columns
    except (TypeError, ValueError):
        pass
    fits = f"(rows, columns), each −{_FARTHEST} to {_FARTHEST}" if name == "shift" else "(row, column) of a pixel"
    raise ValueError(f"`{name}` must be {fits}; got {in_short(value)}.")


def _check_together(image, pool_size, strides, padding, mode, shift, training, seed, corner):
    """The shape of the output; an error if the settings do not fit together."""
    shape = tuple(min(size, _SHOWN) for size in image.shape)
    if max(place - (size - part) for place, size, part in zip(corner, image.shape, shape)) > 0:
        last = tuple(size - part for size, part in zip(image.shape, shape))
        raise ValueError(f"`corner` must be at most {last} for an image of shape {image.shape}; got {corner}.")
    if mode == "stochastic" and (image < 0).any():
        raise ValueError(
            f"`image` must not be negative for mode='stochastic', where pixels are probabilities; got {image.min()}. "
            "Put a relu before it: cnnlab.ops.relu(image)."
        )
    if padding == "valid" and pool_size > min(shape):
        raise ValueError(
            f"`pool_size` {pool_size} does not fit into `image` of shape {image.shape}. Take a smaller one."
        )
    return _geometry(shape, pool_size, strides, padding).positions


def _check_selected(selected, output_shape):
    if selected is None:
        return None
    try:
        row, column = (whole_number("selected", place, at_least=0) for place in selected)
        if row < output_shape[0] and column < output_shape[1]:
            return row, column
    except (TypeError, ValueError):
        pass
    raise ValueError(
        f"`selected` must be None or (row, column) of an output; "
        f"the output has shape {tuple(output_shape)}, got {in_short(selected)}."
    )


# What is computed


def _geometry(shape, pool_size, strides, padding):
    pool_sizes = (pool_size, pool_size)
    return geometry_of("pool_size", (1, *shape, 1), pool_sizes, strides or pool_size, padding, 1)


def _part(image, shift, corner, margin=0):
    """The part of the shifted image that is shown, and `margin` pixels around it; zeros where there is no image."""
    around = _FARTHEST + margin
    padded = np.pad(image, around)
    first = [around + place - moved - margin for place, moved in zip(corner, shift)]
    lengths = [min(size, _SHOWN) + 2 * margin for size in image.shape]
    return padded[tuple(slice(start, start + length) for start, length in zip(first, lengths))]


def _pool(parts, pool_size, strides, padding, mode, training, seed):
    """The outputs of a batch of images (N, H, W), each as if it were alone."""
    options = {"training": training, "seed": seed} if mode == "stochastic" else {}
    with np.errstate(over="ignore", invalid="ignore"):
        batches = parts[:, np.newaxis, :, :, np.newaxis] if options else parts[np.newaxis, :, :, :, np.newaxis]
        outputs = [_MODES[mode](batch, pool_size, strides, padding, **options) for batch in batches]
    return np.concatenate(outputs)[..., 0]


def _all_states(image, pool_size, strides, padding, mode, training, seed, corner, shift):
    """What the page needs: the pixels, the geometry, and the outputs for the shifts near the present one."""
    shape = _part(image, shift, corner).shape
    geometry = _geometry(shape, pool_size, strides, padding)
    numbers = int(np.prod(geometry.positions)) * (pool_size**2 if mode == "stochastic" else 1)
    reach = next((reach for reach in (3, 2, 1) if numbers * (2 * reach + 1) ** 2 <= _ENOUGH), 0)
    places = _near(shift, reach)
    around, exists = (_part(array, (0, 0), corner, margin=_FARTHEST) for array in (image, np.ones(image.shape, bool)))
    parts, on_screen = (
        np.stack([_moved(array, shape, place) for place in places]) for array in (around, _on_screen(around))
    )
    values = _pool(parts, pool_size, strides, padding, mode, training, seed)
    states = {
        "shape": list(shape),
        "geometry": [*itertools.chain(*geometry.amounts), *geometry.positions],
        "stride": geometry.strides[0],
        "limits": {"pool_size": min(_LARGEST["pool_size"], *shape), "strides": _LARGEST["strides"], "shift": _FARTHEST},
        "negative": bool((image < 0).any()),
        "around": pack(around, largest(image)) | {"exists": _flags(exists)},
        "reach": reach,
    }

    # One row for each shift; in it one entry for each window, and in that one for each of its cells.
    cells, rounded = _cells(parts, geometry), _cells(on_screen, geometry)
    inside = _cells(np.ones((1, *shape), bool), geometry)
    values, relations, extra = values.reshape(len(places), -1), None, [{} for _ in places]
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        if mode == "max":
            wins = inside & ((cells == values[..., np.newaxis]) | np.isnan(cells))
            extra = [{"winner": winner} for winner in map(_digits, wins.argmax(axis=-1))]
        elif mode == "stochastic":
            total = cells.sum(axis=-1, keepdims=True, dtype=float)
            percents = np.nan_to_num(100 * cells / np.where(total == 0, 1, total)).round().astype(int)
            extra = [{"percents": " ".join(_PERCENTS[of_shift].ravel())} for of_shift in np.where(inside, percents, -1)]
            if training:
                for state, part in zip(extra, parts):
                    padded = pad(part[np.newaxis, :, :, np.newaxis], geometry)
                    drawn = np.array([hit.ravel() for _, hit in _draw(padded, geometry, seed)])
                    state["winner"] = _digits(np.where(drawn.any(axis=0), drawn.argmax(axis=0), -1))
            relations = relation((rounded * percents).sum(axis=-1) / 100, _on_screen(values))
        else:
            written = (rounded * inside).sum(axis=-1) / (inside.sum(axis=-1) if mode == "average" else 1)
            relations = relation(written, _on_screen(values))
    with np.errstate(invalid="ignore"):
        differences = np.where(_equal(values, values[0]), 0, values.astype(float) - values[0])
    change = pack(differences, largest(differences))
    changes = change["text"].split(" ")
    packed = pack(values, largest(values))
    texts, outputs = packed["text"].split(" "), values.shape[1]
    ends = _ends(image)
    ends_of_output = _ends(values) if mode == "sum" else ends
    states["shifts"] = {}
    for n, place in enumerate(places):
        own = slice(n * outputs, (n + 1) * outputs)
        same = _equal(values[0], values[n])
        states["shifts"][_key(*place)] = extra[n] | {
            "text": " ".join(texts[own]),
            "level": packed["level"][own],
            "same": _flags(same),
            "by": _by(differences[n]),
            "relation": "" if relations is None else "".join(relations[n]),  # none: "=" everywhere
            "said": _said(same, _equal(parts[0], parts[n]), place, geometry),
        }
        if max(shape) <= _READABLE:
            states["shifts"][_key(*place)] |= {"change": " ".join(changes[own]), "change_level": change["level"][own]}
        else:
            changed, output = differences[n].reshape(geometry.positions), values[n].reshape(geometry.positions)
            states["shifts"][_key(*place)]["pictures"] = [
                paint(parts[n], *ends), paint(_signed(changed, largest(differences))), paint(output, *ends_of_output)
            ]  # fmt: skip
    return states


def _paint_whole(image):
    last = [max(size - _SHOWN, 0) for size in image.shape]
    return paint(image, *_ends(image)) | {"last": last} if any(last) else None


def _ends(values):
    """What is painted black, and what white."""
    finite = values[np.isfinite(values)]
    return finite.min(initial=0), finite.max(initial=0)


def _moved(around, shape, shift):
    return around[tuple(slice(_FARTHEST - moved, _FARTHEST - moved + size) for moved, size in zip(shift, shape))]


def _cells(parts, geometry):
    """The cells of each window, (N, windows, cells); zeros in the padding."""
    batch = windows(pad(parts[..., np.newaxis], geometry), geometry)
    return batch.reshape(len(parts), int(np.prod(geometry.positions)), -1)


def _on_screen(values):
    """Numbers as rounded as they are shown."""
    unique, places = np.unique(values, return_inverse=True)
    return read(shown(unique))[places].reshape(values.shape)


def _said(same, pixels, shift, geometry):
    if not any(shift):
        return "Not shifted."
    moves = [f"{abs(moved)} {words[moved > 0]}" for moved, words in zip(shift, _DIRECTIONS) if moved]
    said = (
        f"Shifted {' and '.join(moves)}: {same.sum()} of {same.size} outputs ({same.mean():.0%}) stayed the same, "
        f"and {pixels.sum()} of {pixels.size} pixels ({pixels.mean():.0%})."
    )
    if all(moved % stride == 0 for moved, stride in zip(shift, geometry.strides)):
        said += " A shift by whole strides moves the whole output along."
    return said


def _by(differences):
    """By how much the outputs have changed, on average and at most."""
    sizes = np.abs(differences[np.isfinite(differences)])
    if not sizes.any():
        return ""
    return f"{number(float(sizes.mean()))} {number(float(sizes.max()))}"


def _signed(values, largest):
    """Numbers on the scale of colors, blue below 0 and orange above; 0 is white, and nothing else is nearly white."""
    share = np.clip(np.nan_to_num(values / largest if largest > 0 else values), -1, 1)[..., np.newaxis]
    strength = np.where(share == 0, 0, 0.25 + 0.75 * np.abs(share))
    return 1 - strength + strength * np.where(share < 0, _BLUE, _ORANGE)


def _near(shift, reach):
    """The shifts that are at most `reach` away along each axis; the unshifted one always."""
    along = [range(max(-_FARTHEST, moved - reach), min(_FARTHEST, moved + reach) + 1) for moved in shift]
    return dict.fromkeys([(0, 0), *itertools.product(*along)])


def _key(row, column):
    return f"{row} {column}"


def _flags(mask):
    return "".join(np.where(mask, "1", "0").ravel())


def _digits(places):
    """Places in a window, one digit (in base 36) each; "-" for none."""
    return "".join("0123456789abcdefghijklmnopqrstuvwxyz-"[place] for place in places)


def _equal(one, other):
    return (one == other) | (np.isnan(one) & np.isnan(other))
