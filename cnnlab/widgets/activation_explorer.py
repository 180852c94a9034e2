"""The activation explorer: a function and its derivative, a histogram pushed through it, and softmax.

Python computes every number: for the function that is shown, at all the places where the point can stand. Another
function, another parameter and other logits are computed when asked for.
"""

import html

import numpy as np
import traitlets

from .. import ops
from ..arithmetic import in_short, real_number
from ..ops._arguments import as_float
from ._chart import chart
from ._explorer import Checked, Explorer, front_end, refusing
from ._numbers import number, share, shown, table

_FORMULAS = {
    "relu": "max(x, 0)",
    "leaky_relu": "x where x > 0, else negative_slope · x",
    "elu": "x where x > 0, else alpha · (eˣ − 1)",
    "sigmoid": "1 / (1 + e⁻ˣ)",
    "tanh": "(eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)",
    "softplus": "log(1 + eˣ)",
    "silu": "x · sigmoid(x)",
    "gelu": "x · Φ(x), with Keras’s approximation of Φ, the normal distribution function",
    "softmax": "e^(z / T) / Σ e^(z / T)",
}
_PARAMETERS = {"leaky_relu": "negative_slope", "elu": "alpha"}
_STOPS = np.round(np.arange(-120, 121) / 20, 2)  # −6 to 6
_LIMITS = {
    "x": (-6, 6),
    "negative_slope": (0, 1),
    "alpha": (0, 3),
    "temperature": (0.1, 10),
    "constant": (-100, 100),
}
_LOGIT = 10  # the largest, and −10 the smallest


class ActivationExplorer(Explorer):
    """An activation function to touch: its value and its slope at a point that you move.

    Drag the point along the curve, or use the arrow keys. Below, a histogram shows what becomes of 2000 normal
    random numbers. `name="softmax"` shows logits to drag, a temperature, and the probabilities. Everything
    shown is also an attribute: set it and the picture follows, read it after touching, or watch it with `observe`.

    Parameters
    ----------
    name : str
        "relu", "leaky_relu", "elu", "sigmoid", "tanh", "softplus", "silu", "gelu" or "softmax", of `cnnlab.ops`.
    x : float, −6 to 6
        Where the point stands.
    negative_slope : float, 0 to 1
        Of "leaky_relu".
    alpha : float, 0 to 3
        Of "elu".
    logits : sequence of 3 to 6 floats, each −10 to 10
        What softmax turns into probabilities.
    temperature : float, 0.1 to 10
        The logits are divided by it: below 1 the largest wins more clearly, above 1 the probabilities even out.
    constant : float, −100 to 100
        Is added to every logit, and changes no probability.

    Attributes
    ----------
    value, slope : float
        f(x) and f′(x). At a kink, the slope is that of the left side, as in Keras.
    probabilities : array, shape (number of logits,)
        softmax((logits + constant) / temperature).

    None of these three can be set.

    Raises
    ------
    ValueError
        If a value does not fit, here or when it is assigned later (then it is a
        `traitlets.TraitError` as well). The explorer stays as it was.

    >>> explorer = ActivationExplorer("sigmoid", x=0)
    >>> explorer.value, explorer.slope
    (0.5, 0.25)
    >>> explorer
    ActivationExplorer: sigmoid(0) = 0.5, and the slope there is 0.25.
    >>> ActivationExplorer("softmax", logits=[1, 2, 3]).probabilities.round(2)
    array([0.09, 0.24, 0.67])
    """

    _esm, _css = front_end("activation_explorer")

    name = Checked().tag(sync=True)
    x = Checked().tag(sync=True)
    negative_slope = Checked().tag(sync=True)
    alpha = Checked().tag(sync=True)
    logits = Checked().tag(sync=True)
    temperature = Checked().tag(sync=True)
    constant = Checked().tag(sync=True)
    value = traitlets.Float(read_only=True)
    slope = traitlets.Float(read_only=True)
    probabilities = traitlets.Any(read_only=True)
    _states = traitlets.Dict().tag(sync=True)
    _softmax = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        name="relu",
        *,
        x=1.0,
        negative_slope=0.2,
        alpha=1.0,
        logits=(2.0, 1.0, 0.0),
        temperature=1.0,
        constant=0.0,
    ):
        given = {name: value for name, value in locals().items() if name not in ("self", "__class__")}
        super().__init__(**given)

    @traitlets.validate("name", "logits", *_LIMITS)
    def _accept(self, proposal):
        with refusing():
            return _check(proposal["trait"].name, proposal["value"])

    @traitlets.observe("name", "x", "negative_slope", "alpha")
    def _follow_point(self, change):
        if self.name == "softmax":
            return
        value, slope = (float(part[0]) for part in self._at([self.x]))
        with self.hold_sync():
            self.set_trait("value", value)
            self.set_trait("slope", slope)
            options = self._options()
            made = self._states.get("of")
            if made != [self.name, options] or self.x not in self._states["stops"]:
                self._states = self._all_states() | {"of": [self.name, options]}

    @traitlets.observe("logits", "temperature", "constant")
    def _follow_logits(self, change):
        logits = np.array(self.logits, float)
        raised = (logits + self.constant) / self.temperature
        below = raised - raised.max()
        powers, probabilities = np.exp(below), ops.softmax(raised)
        plain = ops.softmax(logits / self.temperature)
        probabilities.setflags(write=False)
        with self.hold_sync():
            self.set_trait("probabilities", probabilities)
            self._softmax = {
                "logits": shown(logits).tolist(),
                "raised": shown(raised).tolist(),
                "below": shown(below).tolist(),
                "powers": shown(powers).tolist(),
                "total": number(float(powers.sum())),
                "probabilities": [
                    number(probability) if 0 < probability < 0.0005 else share(probability)
                    for probability in probabilities.tolist()
                ],
                "percents": (100 * probabilities).round(1).tolist(),
                "sum": number(round(float(probabilities.sum()), 9)),
                "unchanged": bool(np.allclose(probabilities, plain, rtol=0, atol=1e-9)),
            }

    def _options(self):
        parameter = _PARAMETERS.get(self.name)
        return {parameter: getattr(self, parameter)} if parameter else {}

    def _at(self, x):
        """The function and its slope at each x."""
        x = np.array(x, float)
        options = self._options()
        return getattr(ops, self.name)(x, **options), getattr(ops, f"{self.name}_grad")(np.ones_like(x), x, **options)

    def _all_states(self):
        stops = np.union1d(_STOPS, [self.x])
        values, slopes = self._at(stops)
        # Where the slope jumps, its line is broken: from the left, then on from the right.
        right = float(self._at([np.nextafter(0, 1)])[1][0])
        left = float(self._at([0.0])[1][0])
        jump = abs(right - left) > 1e-6
        zero = int(np.searchsorted(stops, 0)) + 1
        if jump:
            slope_line = np.insert(stops, zero, [0, 0]), np.insert(slopes, zero, [np.nan, right])
        else:
            slope_line = stops, slopes
        name = self.name
        inputs = np.random.default_rng(0).normal(size=2000)
        outputs = self._at(inputs)[0]
        edges = np.arange(-16, 17) / 4
        shares = {
            part: 100 * np.histogram(np.clip(numbers, -4, 3.999), edges)[0] / len(numbers)
            for part, numbers in (("before", inputs), ("after", outputs))
        }
        parameter = _PARAMETERS.get(name)
        return {
            "chart": chart(
                {f"{name}(x)": (stops, values)}, x=(-6, 6), y=(min(-1.0, values.min()), 3.0), stops=stops,
            ),
            "slopes": chart(
                {f"slope {name}′(x)": slope_line}, x=(-6, 6), y=(min(-0.25, slopes.min()), max(1.25, slopes.max())),
                stops=stops,
            ),
            "stops": stops.tolist(),
            "x": shown(stops).tolist(),
            "value": shown(values).tolist(),
            "slope": shown(slopes).tolist(),
            "y": [values.tolist(), slopes.tolist()],
            "tangent": np.stack([values - slopes, values + slopes], axis=1).round(4).tolist(),
            "kink": f"The slope jumps here, from {number(left)} to {number(right)}; as in Keras, {number(left)} counts."
            if jump
            else "",
            "formula": f"{name}(x) = {_FORMULAS[name]}",
            "parameter": parameter and {"name": parameter, "ends": list(_LIMITS[parameter])},
            "histogram": chart(
                {part: (np.repeat(edges, 2), np.concatenate([[0], np.repeat(share, 2), [0]]))
                 for part, share in shares.items()},
                y=(0, max(20, *(share.max() for share in shares.values()))),
            ),
            "pushed": (
                f"Mean {number(round(inputs.mean(), 2))} → {number(round(outputs.mean(), 2))}, standard deviation "
                f"{number(round(inputs.std(), 2))} → {number(round(outputs.std(), 2))}, "
                f"negative {(inputs < 0).mean():.0%} → {(outputs < 0).mean():.0%}, "
                f"exactly 0: {(outputs == 0).mean():.0%}."
            ),
        }  # fmt: skip

    _kept = ("x",)

    def _wishes(self):
        yield from ({"name": name} for name in _FORMULAS)
        yield from ({"name": "softmax", "temperature": temperature} for temperature in (0.1, 0.2, 0.5, 1, 2, 5, 10))
        yield from ({"name": "softmax", "constant": constant} for constant in range(-100, 101))
        for place in range(61):
            for name, parameter in _PARAMETERS.items():
                yield {"name": name, parameter: round(place / 20, 2)}

    def describe(self):
        """One sentence that says what the explorer shows."""
        if self.name == "softmax":
            constant = f" + {number(self.constant)}" if self.constant else ""
            temperature = f" at temperature {number(self.temperature)}" if self.temperature != 1 else ""
            return (
                f"ActivationExplorer: softmax of the logits {', '.join(shown(np.array(self.logits)))}{constant}"
                f"{temperature} gives the probabilities {', '.join(self._softmax['probabilities'])}."
            )
        options = "".join(f", {name}={number(value)}" for name, value in self._options().items())
        return (
            f"ActivationExplorer: {self.name}({number(self.x)}{options}) = {number(self.value)}, "
            f"and the slope there is {number(self.slope)}."
        )

    def _static_html(self):
        if self.name == "softmax":
            state = self._softmax
            names = ["logit", "(logit + constant) / temperature", "e^(that − largest)", "probability"]
            rows = [names, *zip(state["logits"], state["raised"], state["powers"], state["probabilities"])]
            tables = table("softmax", np.array(rows, object))
        else:
            stops = np.union1d(np.arange(-4.0, 5), [self.x])
            rows = np.array([["x", f"{self.name}(x)", "slope"], *zip(*map(shown, (stops, *self._at(stops))))], object)
            bold = np.zeros(rows.shape, bool)
            bold[1:][stops == self.x] = True
            tables = table(f"{self.name}(x) = {_FORMULAS[self.name]}", rows, bold) + f"\n<p>2000 normal random numbers: {self._states['pushed']}</p>"
        return f"<p>{html.escape(self.describe(), quote=False)}</p>\n{tables}"


def _check(name, value):
    """`value` as the explorer keeps it, or an error that names the argument."""
    if name == "name":
        if not isinstance(value, str) or value not in _FORMULAS:
            raise ValueError(f"`name` must be one of {', '.join(map(repr, _FORMULAS))}; got {in_short(value)}.")
        return value
    if name == "logits":
        logits = as_float("logits", value)
        if logits.ndim != 1 or not 3 <= len(logits) <= 6:
            raise ValueError(f"`logits` must be 3 to 6 numbers; got shape {logits.shape}.")
        if not (np.abs(logits) <= _LOGIT).all():
            raise ValueError(f"`logits` must each be −{_LOGIT} to {_LOGIT} here; got {', '.join(shown(logits))}.")
        return tuple(np.asarray(value, float).tolist())
    low, high = _LIMITS[name]
    return real_number(name, value, at_least=low, at_most=high)
