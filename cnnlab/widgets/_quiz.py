"""A question that an explorer asks, and the mistake that a wrong answer comes from."""

import numpy as np
import traitlets

from ..arithmetic import in_short, real_number, true_or_false
from ._explorer import Checked, Explorer, refusing
from ._numbers import number


class Quiz(Explorer):
    """An explorer that hides a number and lets the learner predict it.

    A subclass has `_asked_for()`, the number that is asked for and a key for it (or None while nothing is asked);
    `_mistakes()`, pairs of what comes out when it is done wrong and what to say then, the likeliest first; and
    `_advice`, what to say to any other answer. The hidden keys that are solved, or given away, are in `_solved`.
    """

    quiz = Checked(False).tag(sync=True)
    guess = traitlets.Any().tag(sync=True)
    feedback = traitlets.Unicode(read_only=True).tag(sync=True)
    _solved = traitlets.List().tag(sync=True)
    _advice = ""

    @traitlets.validate("quiz", "guess")
    def _accept_quiz(self, proposal):
        name, value = proposal["trait"].name, proposal["value"]
        with refusing():
            if name == "quiz":
                return true_or_false(name, value)
            if value is None:
                return None
            try:
                return real_number(name, float(value) if isinstance(value, str) else value)
            except (TypeError, ValueError):
                raise ValueError(f"`guess` must be one finite number, or None; got {in_short(value)}.") from None

    @traitlets.observe("guess")
    def _judge(self, change):
        asked = None if self.guess is None else self._asked_for()
        if asked is None:
            self.set_trait("feedback", "")
            return
        right, key = asked
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            if self._is_meant(right):
                self._solved = [*self._solved, key]
                self.set_trait("feedback", f"Right: {number(float(right))}.")
                return
            hint = next((hint for value, hint in self._mistakes() if self._is_meant(value)), None)
        said = f"Not yet: {number(self.guess)} is {hint}" if hint else f"Not yet. {self._advice}"
        self.set_trait("feedback", said)

    def _is_meant(self, value):
        """Whether the guess is meant to be this value, as far as the numbers on screen are rounded."""
        return agrees(self.guess, value)


def agrees(guess, value, exact=False, size=1.0):
    """Whether a prediction is this value: exactly for whole numbers, else up to 2 % of it, or of `size`."""
    slack = (1e-6 if exact else 0.02) * max(abs(float(value)), size)
    return bool(guess == value or abs(guess - value) <= slack or number(guess) == number(float(value)))
