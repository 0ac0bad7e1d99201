"""Grading: compare an answer with the truth, and name the mistake behind a wrong one.

For an answer that is a text, ``book/assets/answers/judge.js`` does the same on the page.
"""

from typing import Any, NamedTuple

import numpy as np

from snnbook.exercises import _answers, _functions, _slips
from snnbook.exercises._answers import UnreadableAnswer
from snnbook.exercises._forbidden import ForbiddenAnswer
from snnbook.exercises._records import Exercise


class Grade(NamedTuple):
    """The outcome: ``correct``, ``answered`` and the ``message`` for the reader."""

    correct: bool
    answered: bool
    message: str


def grade(exercise: Exercise, answer: Any) -> Grade:
    """Compare an answer with the truth of an exercise. Never raises for a wrong answer.

    The message says what is wrong with this answer, and not what the exercise's hints say.
    """
    if _answers.is_open(answer):
        how = _answers.describe_kind(exercise)
        return Grade(False, False, f"Replace the `...` by {how}.")
    if exercise.kind != "function" and _answers.is_blank(answer):
        what, example = _answers.kind_and_example(exercise)
        return Grade(False, False, f"Your answer is empty. Give {what}, such as `{example}`.")
    try:
        if exercise.kind == "function":
            return Grade(*_functions.judge(exercise, answer))
        return _grade_value(exercise, answer)
    except UnreadableAnswer as problem:
        return Grade(False, True, f"Your answer cannot be read: {problem}.")
    except ForbiddenAnswer as problem:
        return Grade(False, True, str(problem))


def _grade_value(exercise: Exercise, answer: Any) -> Grade:
    given = _answers.read(exercise, answer)
    truth = _answers.read(exercise, exercise.truth)
    if given.squeeze().shape == truth.shape:  # a list of tensors with one entry each, say
        given = given.squeeze()
    if _answers.same(given, truth, exercise.tolerance):
        return Grade(True, True, exercise.right)
    return Grade(
        False, True, _slips.known(exercise, given, truth) or _other(exercise, given, truth)
    )


def _other(exercise: Exercise, given: np.ndarray, truth: np.ndarray) -> str:
    """Return what can be said of a value that no known mistake leads to."""
    if exercise.kind == "choice":
        return f'It is not "{exercise.options[int(given)]}".'
    if truth.ndim == 1 and given.ndim < 2 and given.shape != truth.shape:
        has = "one number" if given.size == 1 else f"{given.size} numbers"
        return f"Your answer has {has}; {truth.size} are expected."
    if given.shape != truth.shape:
        text = f"Your answer has shape {given.shape}; {truth.shape} is expected"
        return text + (": is it transposed?" if given.shape == truth.shape[::-1] else ".")
    slip = _slips.general(exercise, given, truth) if exercise.generic else None
    if slip:
        return slip
    shown = _answers.show_number(given)
    if not given.ndim:
        return f"{shown} is too {'large' if given > truth else 'small'}."
    right = np.isclose(given, truth, rtol=exercise.tolerance, atol=_answers.ROUNDING)
    if given.ndim == 1 and right.any():
        places = [f"{index + 1}" for index in np.flatnonzero(~right)]
        wrong = "entry " + places[0] if len(places) == 1 else "entries " + ", ".join(places)
        return f"{shown} is not it: look at {wrong} of {given.size} again."
    return f"{shown} is not it."
