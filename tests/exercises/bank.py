"""What every bank of answers is put to. A test module imports these tests, and has three dicts by exercise:

RIGHT, lists of right answers; KNOWN, for each misconception by name an answer with this mistake;
OTHER_WRONG, lists of answers that are wrong in another way. `conftest.py` shares them out.
"""

import numpy as np

from cnnlab.exercises import solution_source
from cnnlab.exercises.engine import find

__all__ = [
    "test_every_misconception_has_an_answer_here",
    "test_known_mistakes_are_named",
    "test_other_wrong_answers_do_not_pass",
    "test_right_answers_pass",
    "test_shown_solution_runs_by_itself_and_passes",
    "test_three_hints_and_whole_sentences",
]


def test_right_answers_pass(name, request):
    verdicts = [find(name).judge(answer) for answer in request.module.RIGHT[name] for _ in range(3)]  # fresh numbers
    assert [verdict.text for verdict in verdicts if not verdict.right] == []


def test_known_mistakes_are_named(name, mistake, request):
    verdicts = [find(name).judge(request.module.KNOWN[name][mistake]) for _ in range(3)]
    assert [verdict.misconception for verdict in verdicts] == [mistake] * 3
    assert len({verdict.text for verdict in verdicts}) == 1


def test_every_misconception_has_an_answer_here(name, request):
    assert [m.function.__name__ for m in find(name).misconceptions] == list(request.module.KNOWN[name])


def test_other_wrong_answers_do_not_pass(name, request):
    verdicts = [find(name).judge(answer) for answer in request.module.OTHER_WRONG[name]]
    assert [(verdict.right, verdict.misconception) for verdict in verdicts] == [(False, None)] * len(verdicts)


def test_shown_solution_runs_by_itself_and_passes(name):
    scope = {"np": np}
    exec(solution_source(name), scope)
    assert find(name).judge(scope[name]).right


def test_three_hints_and_whole_sentences(name):
    exercise = find(name)
    assert len(exercise.hints) == 3
    texts = [exercise.task, exercise.remark, *exercise.hints, *(m.hint for m in exercise.misconceptions)]
    assert [text for text in texts if text[-1] not in ".?"] == []
