"""The engine: what a check says about any answer, and what hint, solution and use do."""

import functools
import operator
import subprocess
import sys
import warnings
from unittest import mock

import numpy as np
import pytest

from cnnlab.exercises import check, engine, hint, solution, solution_source, use


def doubled(numbers, times):
    """Our solution of the exercise that these tests are about."""
    return numbers * 2.0 * times


def _probes(rng):
    for length in (1, 2, 3, 30):
        yield rng.integers(1, 10, length) / 2, int(rng.integers(1, 5))


@pytest.fixture(autouse=True)
def exercise():
    declared = engine.Exercise(
        reference=doubled,
        task="Double the numbers, several times.",
        telling=(np.array([1.0, 2, 4, 8]), 3),
        probes=_probes,
        hints=["Look.", "Think.", "Write."],
        remark="Two is the factor.",
    )

    @declared.misconception("the factor is 1", "Use 2.")
    def not_doubled(numbers, times):
        return numbers * times

    @declared.misconception("all but the first is lost", "Keep all.")
    def only_first(numbers, times):
        return doubled(numbers, times)[:1]

    @declared.misconception("the numbers are taken for one", "Use them all.")
    def fails_unless_one(numbers, times):
        return np.array([3 * float(numbers.item())])

    @declared.misconception("several numbers are taken for one", "Use them all.")
    def right_for_one(numbers, times):
        return np.array([2.0 * times * float(numbers.item())])

    yield declared
    del engine.exercises["doubled"]


def verdict(answer):
    return engine.find("doubled").judge(answer)


def one_line(text):
    return text.replace("\n", " ")


# Right answers


def _written_into_a_float32_array(numbers, times):
    output = np.empty(len(numbers), np.float32)
    output[:] = 2 * times * numbers
    return output


@pytest.mark.parametrize(
    "answer",
    [
        doubled,
        lambda numbers, times: [2 * times * number for number in numbers],
        lambda numbers, times: tuple(np.float32(2 * times * number) for number in numbers),
        lambda numbers, times: (2 * times * numbers).astype(np.longdouble),
        lambda numbers, times: (2 * times * numbers).astype(int),  # the results are whole numbers
        lambda numbers, times: 2 * times * numbers * (1 + 1e-7),
        lambda *arguments: doubled(*arguments),
        lambda numbers, times, factor=2: factor * times * numbers,
        functools.partial(lambda factor, numbers, times: factor * times * numbers, 2.0),
        lambda numbers, times: np.repeat(2.0 * times * numbers, 2)[::2],  # a view with gaps
        _written_into_a_float32_array,
    ],
)
def test_right_answers_of_any_style(answer):
    assert verdict(answer).text == "Right. Your function and our solution agree on 9 inputs."
    assert verdict(answer).right


def test_round_off_beside_zero_is_right(exercise):
    exercise.reference = lambda numbers, times: numbers * 0.0
    assert verdict(lambda numbers, times: numbers * 1e-16).right


# Wrong answers


@pytest.mark.parametrize(
    "answer, text",
    [
        (lambda numbers, times: numbers * 0, "should be"),
        (lambda numbers, times: np.ones_like(numbers), "should be"),
        (lambda numbers, times: doubled(numbers, times) * np.nan, "but yours is nan"),
        (lambda numbers, times: doubled(numbers, times) * (1 + 1e-4), "should be"),
        (lambda numbers, times: -doubled(numbers, times), "should be"),
        (lambda numbers, times: doubled(numbers, times)[np.newaxis], "should have shape (1,), but yours has (1, 1)"),
        (lambda numbers, times: doubled(numbers, times).reshape(-1, 1), "should have shape (1,), but yours has (1, 1)"),
        (lambda numbers, times: 7.0, "but yours has ()"),
        (lambda numbers, times: "text", "returns a str"),
        (lambda numbers, times: [[1], [2, 3]], "returns a list that is no rectangular array"),
        (lambda numbers, times: doubled(numbers, times).astype(object), "returns a ndarray that does not hold plain"),
        (lambda numbers, times: doubled(numbers, times).astype(complex), "returns complex numbers"),
        (lambda numbers, times: numbers > 0, "returns a ndarray that does not hold plain"),
        (lambda numbers, times: (number for number in numbers), "returns a generator"),
        (lambda numbers, times: print(end=""), "returns None (does it end with a return?)"),
        (lambda numbers, times: numbers.put(0, 100), "changes its argument numbers"),
        (lambda numbers, times: np.multiply(numbers, 2.0 * times, out=numbers), "changes its argument numbers"),
        (lambda numbers, times: np.random.rand(len(numbers)), "gives two different results for the same input"),
        (lambda numbers: numbers, "cannot be called with the arguments of doubled(numbers, times)"),
        (lambda: 1, "cannot be called with the arguments of doubled(numbers, times)"),
        (lambda numbers, times, factor: numbers, "cannot be called with the arguments of doubled(numbers, times)"),
        (5, "needs your function itself, but got an int"),
        (np.ones(3), "needs your function itself, but got a ndarray"),
        (..., "needs your function itself, but got an ellipsis"),
        (None, "needs your function itself, but got a NoneType"),
    ],
)
def test_wrong_answers(answer, text):
    assert not verdict(answer).right
    assert text in one_line(verdict(answer).text)
    assert verdict(answer).misconception is None


def test_results_kept_for_certain_numbers_do_not_pass():
    fixed = [*_probes(np.random.default_rng(0)), engine.find("doubled").telling]
    known = {(tuple(numbers), times): doubled(numbers, times) for numbers, times in fixed}
    from_memory = lambda numbers, times: known.get((tuple(numbers), times), numbers)
    assert verdict(from_memory).text == (
        "Not yet: your function is right on our 5 fixed inputs, but not on fresh random ones.\n"
        "Does it contain the results for certain inputs?"
    )


def test_answer_that_is_right_on_the_telling_case_only():
    answer = lambda numbers, times: doubled(numbers, times) if len(numbers) == 4 else numbers - 1
    assert "Your function is right on 1 of our 5 fixed inputs." in verdict(answer).text


def test_smallest_failing_input_is_shown_with_expected_and_given_numbers():
    answer = lambda numbers, times: doubled(numbers, times) + (len(numbers) > 1)
    numbers, times = list(_probes(np.random.default_rng(0)))[1]
    wanted = 2 * times * numbers
    with np.printoptions(precision=1, sign="+"):  # the learner's own options must not matter
        text = verdict(answer).text
    assert text.startswith("Not yet. Your function is right on 1 of our 5 fixed inputs.\nWith numbers of shape (2,)")
    assert f"output[0] should be {wanted[0]:g}, but yours is {wanted[0] + 1:g}." in one_line(text)
    assert text.endswith(f"numbers:\n{numbers}\ntimes:\n{times}\nexpected:\n{wanted}\nyours:\n{wanted + 1}")


def test_large_arrays_are_not_printed():
    text = verdict(lambda numbers, times: doubled(numbers, times) + (len(numbers) == 30)).text
    assert "With numbers of shape (30,)" in text and "expected:" not in text


def test_single_numbers_and_shapes_must_be_of_integers_where_ours_are(exercise):
    exercise.reference = lambda numbers, times: (len(numbers), times)
    assert verdict(lambda numbers, times: [len(numbers), np.int32(times)]).right
    text = one_line(verdict(lambda numbers, times: (len(numbers) / 1, times)).text)
    assert text.endswith("should be (1, 3), but yours is (1.0, 3.0).")
    exercise.reference = lambda numbers, times: len(numbers)
    assert verdict(lambda numbers, times: np.int64(len(numbers))).right
    text = one_line(verdict(lambda numbers, times: len(numbers) / 1).text)
    assert text.endswith("should be 1, but yours is 1.0.")
    exercise.reference = lambda numbers, times: np.arange(times)
    assert verdict(lambda numbers, times: np.arange(float(times))).right


# Misconceptions


def test_known_misconception_is_named():
    found = verdict(lambda numbers, times: [number * times for number in numbers])
    assert found.misconception == "not_doubled" and not found.right
    assert found.text.startswith("Not yet: this is what you get when the factor is 1.\nUse 2.\nWith numbers of")


def test_misconception_that_is_right_on_some_inputs():
    found = verdict(lambda numbers, times: 2 * times * numbers[0:1])
    assert found.misconception == "only_first"
    assert "should have shape (2,), but yours has (1,)" in one_line(found.text)


def test_misconception_that_fails_alike():
    def answer(numbers, times):
        if len(numbers) > 1:
            raise IndexError("another message")
        return 3 * numbers

    assert verdict(answer).misconception == "fails_unless_one"


def test_another_reason_to_fail_is_not_confused_with_a_misconception():
    def answer(numbers, times):
        if len(numbers) > 1:
            raise IndexError("another message")
        return doubled(numbers, times)

    assert verdict(answer).misconception is None
    assert verdict(lambda numbers, times: [2 * times * numbers.item()]).misconception == "right_for_one"
    assert verdict(_raises(IndexError("always"))).misconception is None


def test_misconception_must_agree_on_all_inputs():
    answer = lambda numbers, times: numbers * times if len(numbers) < 30 else numbers
    assert verdict(answer).misconception is None


# Not tried yet


def _docstring_only(numbers, times):
    """Double the numbers."""


def _dots(numbers, times):
    """Double the numbers."""
    ...


def _pass(numbers, times):
    pass


def _returns_dots(numbers, times):
    output = ...
    return output


def _dots_left_in_a_loop(numbers, times):
    output = np.zeros(len(numbers))
    for i in range(len(numbers)):
        output[i] = ...
    return output


def _dots_left_in_a_range(numbers, times):
    for i in range(...):
        pass


def _not_implemented(numbers, times):
    raise NotImplementedError


@pytest.mark.parametrize(
    "answer",
    [_docstring_only, _dots, _pass, _returns_dots, _dots_left_in_a_loop, _dots_left_in_a_range, _not_implemented],
)
def test_not_tried_yet(answer):
    assert verdict(answer).text == (
        "Not tried yet: write doubled(numbers, times), then run this check again.\n"
        "Double the numbers, several times.\nhint.doubled() helps."
    )
    assert not verdict(answer).right


# Errors in the answer


def test_error_shows_the_learners_own_line():
    def helper(numbers):
        return np.reshape(numbers, (-1, 7))  # the error is raised inside NumPy

    def answer(numbers, times):
        return helper(numbers)

    text = verdict(answer).text
    line = helper.__code__.co_firstlineno + 1
    assert "your function stops with an error.\nValueError: cannot reshape" in text
    assert f"Line {line} of your code: return np.reshape(numbers, (-1, 7))" in text
    assert "Traceback" not in text


def test_error_without_a_source_line():
    text = verdict(eval("lambda numbers, times: 1 / 0")).text
    assert text.endswith("\nZeroDivisionError: division by zero\nLine 1 of your code:")
    text = verdict(operator.getitem).text  # written in C: no line at all
    assert text.endswith("\nIndexError: index 3 is out of bounds for axis 0 with size 1")


def test_error_message_has_no_memory_address():
    def answer(numbers, times):
        raise ValueError(f"{object()} is bad")

    assert "ValueError: <object object> is bad" in verdict(answer).text


class _BadError(Exception):
    def __str__(self):
        raise RuntimeError


class _NoArray:
    def __array__(self, dtype=None, copy=None):
        raise RuntimeError


class _BadAttributes:
    def __getattribute__(self, name):
        raise RuntimeError

    def __call__(self, numbers, times):
        return numbers


def _raises(error):
    def answer(numbers, times):
        raise error

    return answer


def _recursive(numbers, times):
    return _recursive(numbers, times)


@pytest.mark.parametrize("name", ["doubled", "cross_correlate", "conv_channels", "output_shape"])
def test_check_never_raises_and_never_accepts_nonsense(name, capsys):
    values = [0, 1.5, 1j, "", "text", b"x", [], {}, set(), object(), np.nan, np.zeros(0), np.float32(1), range(3)]
    values += [[None], [[1, 2], [3]], np.array("text"), np.array([object()]), np.array(["2020"], "M8[Y]"), type, len]
    values += [_NoArray(), type("", (), {})()]  # a class may have an empty name
    answers = [*values, int, str, list, dict, object, type, len, max, print, sorted, np.add, np.dot]
    answers += [np.zeros, np.array, sys.exit, exit, mock.MagicMock(), _BadAttributes(), _recursive, property(), super]
    answers += [lambda a, b, value=value: value for value in values]
    answers += [lambda *a, count=count: a[count:] for count in range(3)]
    answers += [eval(f"lambda {', '.join('abcdefg'[:count])}: 1") for count in range(7)]
    answers += [lambda *, a, b: a, lambda **a: a, lambda a, b: (yield), lambda a, b: a.shape.foo, lambda a, b: (a, b)]
    answers += [_raises(e) for e in (SystemExit(), GeneratorExit(), StopIteration(), MemoryError(), _BadError("x"))]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for answer in answers:
            assert getattr(check, name)(answer) is None
            assert engine.find(name).accepted is None
    getattr(check, name)()
    assert capsys.readouterr().out.count(name) > len(answers) / 4  # something was printed


def test_stop_button_passes_through():
    with pytest.raises(KeyboardInterrupt):
        check.doubled(_raises(KeyboardInterrupt()))


# What is printed


def test_verdict_is_the_same_each_time():
    answers = [
        doubled,
        lambda numbers, times: numbers,
        lambda numbers, times: numbers * times,
        lambda numbers, times: numbers / 3,
        lambda numbers, times: 1 / 0,
        lambda numbers, times: object(),
    ]
    for answer in answers:
        assert len({verdict(answer).text for _ in range(5)}) == 1


def test_prints_and_warnings_of_the_answer_are_shown_for_one_call_only(capsys):
    def answer(numbers, times):
        print("called")
        print("also", file=sys.stderr)
        warnings.warn("careful", stacklevel=2)
        return doubled(numbers, times)

    with pytest.warns(UserWarning, match="careful") as caught:
        check.doubled(answer)
    assert len(caught) == 1
    printed = capsys.readouterr()
    assert printed.out == "called\nRight. Your function and our solution agree on 9 inputs.\n"
    assert printed.err == "also\n"


def test_shapes_are_not_broken_over_lines():
    for filler in range(60):
        lines = engine._lines("x" * filler + " some words before the shape, then (10, 20, 30, 40) and more words")
        assert "(10, 20, 30, 40)" in lines and max(map(len, lines.split("\n"))) <= 88


# hint, solution, use, names


def test_hints_come_one_by_one_and_start_again(capsys):
    for _ in range(4):
        hint.doubled()
    assert capsys.readouterr().out == (
        "Hint 1 of 3: Look.\nHint 2 of 3: Think.\nHint 3 of 3: Write.\n"
        "That was the last hint; solution.doubled() shows our solution.\nHint 1 of 3: Look.\n"
    )


def test_solution_is_printed_with_a_remark(capsys):
    solution.doubled()
    assert capsys.readouterr().out == f"{solution_source('doubled')}\nTwo is the factor.\n"
    assert solution_source("doubled").startswith("def doubled(numbers, times):\n")


def test_use_gives_back_the_learners_function_only_while_it_is_right(capsys):
    yours = lambda numbers, times: 2 * times * numbers
    wrong = lambda numbers, times: numbers
    assert use("doubled") is doubled
    assert capsys.readouterr().out == "Using our doubled: no answer has passed check.doubled yet.\n"
    check.doubled(yours)
    capsys.readouterr()
    assert use("doubled") is yours
    assert capsys.readouterr().out == "Using your doubled.\n"
    check.doubled(wrong)
    assert use("doubled") is doubled
    check.doubled(yours)
    check.doubled()
    assert use("doubled") is doubled


def test_names_are_listed_for_completion():
    for menu, verb in [(check, "check"), (hint, "hint"), (solution, "solution")]:
        assert dir(menu) == sorted(engine.exercises)
        assert {"cross_correlate", "conv_channels", "output_shape", "doubled"} <= set(dir(menu))
        assert f"{verb}.doubled" in repr(menu).split("\n")


@pytest.mark.parametrize("ask", [lambda name: getattr(check, name), use, solution_source])
def test_unknown_name_gets_the_nearest(ask):
    message = "no exercise 'cross_corelate'; the nearest is 'cross_correlate'"
    with pytest.raises((AttributeError, ValueError), match=message):
        ask("cross_corelate")


def test_unknown_attribute_is_an_attribute_error():
    assert not hasattr(check, "_repr_html_")


def test_two_exercises_cannot_have_one_name(exercise):
    with pytest.raises(ValueError, match="already an exercise named 'doubled'"):
        engine.Exercise(doubled, "", (), _probes, [], "")


def test_import_is_light():
    code = "import sys, cnnlab.exercises; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {"tensorflow", "keras", "matplotlib", "anywidget", "pooch"}.isdisjoint(loaded)
