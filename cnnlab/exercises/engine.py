"""What an exercise is, and how an answer to it is judged.

An answer is a function. It is called with copies of a fixed *telling case*, of random inputs from
a fixed seed (the same in every check, so that the printed verdict is too), and of fresh random
inputs. Its results are compared with those of the worked solution and of known misconceptions.

A check has no time limit: stop an answer that never ends with the stop button of JupyterLab.
"""

import contextlib
import copy
import difflib
import dis
import inspect
import io
import linecache
import re
import textwrap
import types
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from .. import _names

exercises = {}  # every declared exercise, by name


@dataclass
class Verdict:
    """What a check found: a text for the learner, and the facts for a program."""

    text: str
    right: bool = False
    misconception: str | None = None


@dataclass
class Misconception:
    """A known wrong idea, as the function that someone with this idea writes."""

    function: Callable
    meaning: str
    hint: str


@dataclass
class Exercise:
    """A function for the learner to write, with all that is needed to judge and to help.

    Declaring an exercise also registers it: `check`, `hint`, `solution` and `use` then know it.

    Parameters
    ----------
    reference : function
        The worked solution. The exercise takes its name. Its source is shown to learners and runs
        with nothing but `import numpy as np`.
    task : str
        One or two sentences: what to write.
    telling : tuple
        Arguments on which the solution and the misconceptions all give different results.
    probes : function
        `probes(rng)` yields tuples of random arguments, the smallest first. Differences below 1e-5
        count as round-off, so the results should not be tiny.
    hints : list of str
        From a nudge to nearly everything.
    remark : str
        A sentence or two shown with the solution.
    """

    reference: Callable
    task: str
    telling: tuple
    probes: Callable[[np.random.Generator], Iterable[tuple]]
    hints: list[str]
    remark: str

    def __post_init__(self):
        self.misconceptions = []
        self.accepted = None  # the learner's function, when the last one checked was right
        self.hints_given = 0
        self.name = self.reference.__name__
        self.argument_names = list(inspect.signature(self.reference).parameters)
        if self.name in exercises:
            raise ValueError(f"there is already an exercise named {self.name!r}")
        exercises[self.name] = self

    def misconception(self, meaning, hint):
        """Decorator that adds a wrong implementation; its function name is the name of the mistake.

        `meaning` completes the sentence "This is what you get when ...".
        """

        def add(function):
            self.misconceptions.append(Misconception(function, meaning, hint))
            return function

        return add

    def check(self, answer=None):
        """Judge your function and print one verdict."""
        verdict = self.judge(answer)
        self.accepted = answer if verdict.right else None
        print(verdict.text)

    def hint(self):
        """Print the next hint; after the last one, the first again."""
        number = self.hints_given % len(self.hints) + 1
        self.hints_given += 1
        print(_lines(f"Hint {number} of {len(self.hints)}: {self.hints[number - 1]}"))
        if number == len(self.hints):
            print(f"That was the last hint; solution.{self.name}() shows our solution.")

    def solution(self):
        """Print our solution."""
        print(self.solution_source())
        print(_lines(self.remark))

    def solution_source(self):
        """Source text of our solution; it needs `import numpy as np` and nothing else."""
        return inspect.getsource(self.reference)

    def use(self):
        """The learner's function when the last one checked was right, else our solution."""
        if self.accepted is None:
            print(f"Using our {self.name}: no answer has passed check.{self.name} yet.")
            return self.reference
        print(f"Using your {self.name}.")
        return self.accepted

    def judge(self, answer):
        """The `Verdict` on an answer, which may be anything at all. Only KeyboardInterrupt passes."""
        call = f"{self.name}({', '.join(self.argument_names)})"
        if not callable(answer):
            return _verdict(
                f"check.{self.name} needs your function itself, but got {_kind(answer)}.",
                f"Write check.{self.name}({self.name}): the name alone, not a call of it.",
            )
        if not _accepts(answer, len(self.argument_names)):
            return _verdict(f"Your function cannot be called with the arguments of {call}.")

        # What the learner prints is shown for the first call only, not for all of them.
        first = _run(answer, self.telling)
        if _is_untouched(answer, first):
            return _verdict(
                f"Not tried yet: write {call}, then run this check again.",
                self.task,
                f"hint.{self.name}() helps.",
            )
        with _quiet():
            again = _run(answer, self.telling)
            if first.numbers is not None and not _same(first, again):
                return _verdict(
                    "Not yet: your function gives two different results for the same input.",
                    "Does it use random numbers, or keep something from the call before?",
                )
            fixed = [*self.probes(np.random.default_rng(0)), self.telling]
            inputs = [*fixed, *self.probes(np.random.default_rng())]
            expected = [_run(self.reference, arguments) for arguments in inputs]
            given = [_run(answer, arguments) for arguments in inputs]
            right = [_is_right(*pair) for pair in zip(given, expected)]
            misconception = None if all(right) else self._find_misconception(inputs, given, right)

        for outcome in given:
            if outcome.changed is not None:
                return _verdict(
                    f"Not yet: your function changes its argument {self.argument_names[outcome.changed]}.",
                    "It belongs to the caller. Work on a copy, or write into a new array.",
                )
        if all(right):
            text = f"Right. Your function and our solution agree on {_names.count(len(inputs), 'input')}."
            return Verdict(text, right=True)
        if all(right[: len(fixed)]):
            # No numbers here: they are different in each check.
            return _verdict(
                f"Not yet: your function is right on our {len(fixed)} fixed inputs, but not on fresh random ones.",
                "Does it contain the results for certain inputs?",
            )

        failing = right.index(False)
        what, pictures = self._describe(inputs[failing], given[failing], expected[failing])
        if misconception:
            return _verdict(
                f"Not yet: this is what you get when {misconception.meaning}.",
                misconception.hint,
                what,
                misconception=misconception.function.__name__,
            )
        count = sum(right[: len(fixed)])
        if count:
            what = f"Your function is right on {count} of our {len(fixed)} fixed inputs.\n{what}"
        return _verdict(f"Not yet. {what}", pictures=pictures)

    def _find_misconception(self, inputs, given, right):
        """The first misconception that does what the answer did, on every input."""
        for misconception in self.misconceptions:
            shared = False
            for arguments, mine, is_right in zip(inputs, given, right):
                theirs = _run(misconception.function, arguments)
                if not _same(mine, theirs):
                    break
                # Two functions that fail alike for different reasons must not be confused: they
                # must also share a wrong result (no error: both are "") or an error message.
                shared |= not is_right and mine.error == theirs.error
            else:
                if shared:
                    return misconception
        return None

    def _describe(self, arguments, given, expected):
        """What is wrong on one input: (sentence, the arrays where they are small)."""
        where = " and ".join(
            f"{name} of shape {value.shape}" if isinstance(value, np.ndarray) else f"{name} = {value}"
            for name, value in zip(self.argument_names, arguments)
        )
        if given.error:
            return f"With {where}, your function stops with an error.\n{given.error}\n{given.line}".strip(), ""
        if given.unusable:
            return f"With {where}, your function returns {given.unusable}.", ""
        wanted, got = expected.numbers, given.numbers
        if not isinstance(expected.result, np.ndarray):
            answer = tuple(got.tolist()) if got.ndim == 1 else got.tolist()
            return f"With {where}, the result should be {expected.result}, but yours is {answer}.", ""
        if wanted.shape != got.shape:
            return f"With {where}, the output should have shape {wanted.shape}, but yours has {got.shape}.", ""
        index = tuple(int(i) for i in np.argwhere(~_close(got, wanted))[0])
        place = ", ".join(map(str, index))
        what = f"With {where}, output[{place}] should be {wanted[index]:.4g}, but yours is {got[index]:.4g}."
        shown = dict(zip(self.argument_names, arguments)) | {"expected": wanted, "yours": got}
        if max(map(np.size, shown.values())) > 24:
            return what, ""
        return what, "\n".join(f"{name}:\n{_picture(value)}" for name, value in shown.items())


class Menu:
    """One verb (check, hint or solution), for every exercise: `check.cross_correlate(answer)`."""

    def __init__(self, verb):
        self._verb = verb

    def __getattr__(self, name):
        try:
            return getattr(find(name), self._verb)
        except ValueError as error:
            raise AttributeError(str(error)) from None

    def __dir__(self):
        return sorted(exercises)

    def __repr__(self):
        return "\n".join(f"{self._verb}.{name}" for name in dir(self))


def find(name):
    """The exercise of this name; an unknown name is a ValueError that names the nearest."""
    if name in exercises:
        return exercises[name]
    nearest = difflib.get_close_matches(str(name), exercises, n=1, cutoff=0)
    raise ValueError(
        f"there is no exercise {name!r}; the nearest is {nearest[0]!r}. All: {', '.join(sorted(exercises))}"
    )


def use(name):
    """The learner's function for an exercise when the last one checked was right, else ours.

    Prints one line that says which.
    """
    return find(name).use()


def solution_source(name):
    """Source text of our solution; it needs `import numpy as np` and nothing else."""
    return find(name).solution_source()


@dataclass
class _Outcome:
    """What one call did. Exactly one of `numbers`, `unusable` and `error` is set."""

    result: object = None
    numbers: np.ndarray | None = None  # the result as an array, when it is made of real numbers
    unusable: str = ""  # otherwise, what it is instead
    error: str = ""  # type and message of the exception
    line: str = ""  # the learner's line that it came from
    changed: int | None = None  # position of the first argument that the call changed


def _run(function, arguments):
    """Call a function with copies of the arguments; catch everything but the stop button."""
    copies = copy.deepcopy(arguments)
    outcome = _Outcome()
    try:
        outcome.result = function(*copies)
        # A copy, because the function may go on writing into what it returned.
        outcome.numbers, outcome.unusable = _as_numbers(outcome.result)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        outcome.error = _message(error)
        outcome.line = _own_line(error.__traceback__.tb_next)
    for position, (before, after) in enumerate(zip(arguments, copies)):
        if not np.array_equal(before, after):
            outcome.changed = position
            break
    return outcome


def _as_numbers(result):
    """(array, "") for real numbers of any type, else (None, what it is instead)."""
    if result is None:
        return None, "None (does it end with a return?)"
    try:
        array = np.array(result)
    except Exception:
        return None, f"{_kind(result)} that is no rectangular array of numbers"
    if array.dtype.kind == "c":
        return None, "complex numbers (their real part is .real)"
    if array.dtype.kind not in "iuf":
        return None, f"{_kind(result)} that does not hold plain numbers"
    return array, ""


def _is_right(given, expected):
    if not _same(given, expected):
        return False
    # An array of whole numbers may be of any type, but a single one or a shape must be of integers.
    return isinstance(expected.result, np.ndarray) or given.numbers.dtype.kind in "iu" + expected.numbers.dtype.kind


def _same(one, other):
    """Whether two calls ended alike: both with an error, or with the same numbers."""
    if one.numbers is None or other.numbers is None:
        return bool(one.error and other.error)
    return one.numbers.shape == other.numbers.shape and bool(np.all(_close(one.numbers, other.numbers)))


def _close(one, other):
    # Loose enough for results computed in float32.
    scale = np.max(np.abs(other), initial=1, where=np.isfinite(other))
    return np.isclose(one, other, rtol=1e-5, atol=1e-5 * scale, equal_nan=True)


@contextlib.contextmanager
def _quiet():
    nowhere = io.StringIO()
    with (
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
    ):
        warnings.simplefilter("ignore")
        yield


def _accepts(function, count):
    try:
        signature = inspect.signature(function)
    except Exception:
        return True  # many functions written in C have no signature: just call them
    try:
        signature.bind(*range(count))
    except TypeError:
        return False
    return True


def _is_untouched(answer, outcome):
    """Whether the answer is still the empty function of the lesson."""
    if outcome.result is Ellipsis or outcome.error.startswith("NotImplementedError"):
        return True
    if "ellipsis" in outcome.error:  # such as output[row, column] = ...
        return True
    if outcome.error or outcome.result is not None or not isinstance(answer, types.FunctionType):
        return False
    # A body of `...`, `pass` or a docstring compiles to "return None" alone.
    nothing = {"RESUME", "NOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE", "COPY_FREE_VARS", "CACHE"}
    return {instruction.opname for instruction in dis.get_instructions(answer)} <= nothing


def _message(error):
    try:
        text = str(error).strip().split("\n")[0][:200]
    except Exception:
        text = ""
    # Addresses in memory would make the verdict different each time.
    text = re.sub(r" at 0x[0-9a-fA-F]+", "", text)
    return f"{type(error).__name__}: {text}" if text else f"{type(error).__name__}."


def _own_line(traceback):
    """The deepest line of the learner's own cell or file that the exception came through."""
    if traceback is None:
        return ""
    filename = traceback.tb_frame.f_code.co_filename
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == filename:
            number = traceback.tb_lineno
        traceback = traceback.tb_next
    return f"Line {number} of your code: {linecache.getline(filename, number).strip()[:100]}".strip()


def _kind(value):
    kind = type(value).__name__
    return f"{'an' if kind[:1].lower() in set('aeiou') else 'a'} {kind}"


def _picture(value):
    # Every option is set, so that the learner's own print options do not change the verdict.
    with np.printoptions(
        precision=3,
        suppress=True,
        floatmode="maxprec",
        linewidth=88,
        threshold=1000,
        sign="-",
        nanstr="nan",
        infstr="inf",
        formatter=None,
        legacy=False,
    ):
        return str(value)


def _lines(*sentences):
    """Sentences one below the other, wrapped, but never in the middle of a shape."""
    space = "\N{NO-BREAK SPACE}"
    text = re.sub(r"(?<=\d), (?=\d)", f",{space}", "\n".join(sentences))
    wrapper = textwrap.TextWrapper(88, break_long_words=False, break_on_hyphens=False)
    return "\n".join(map(wrapper.fill, text.split("\n"))).replace(space, " ")


def _verdict(*sentences, pictures="", misconception=None):
    text = _lines(*sentences)
    return Verdict(f"{text}\n{pictures}" if pictures else text, misconception=misconception)
