"""Exercises that check themselves, and quizzes that need no script.

``check("02-3", answer)`` says whether an answer is right, or why it is wrong. The truth is
computed from the package, and a wrong answer is compared with the answers that the classic
mistakes lead to: dt/tau for a decay factor, a reset with the wrong sign, a missing detach.

>>> from snnbook.exercises import check
>>> result = check("01-1", ...)
… 01-1: not answered yet. Replace the `...` by a whole number, as in `check("01-1", 3)`.
>>> bool(result)
False

The records of a chapter are in ``ch01.py``, ``ch02.py`` and so on.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from snnbook.exercises import (
    ch01,
    ch02,
    ch03,
    ch04,
    ch04a,
    ch04b,
    ch04c,
    ch04d,
    ch05,
    ch05b,
    ch06a,
    ch06b,
    ch06c,
    ch06d,
    ch07,
)
from snnbook.exercises._grade import grade
from snnbook.exercises._records import Chapter, Exercise, Mistake, Option, Question
from snnbook.exercises._show import Quiz, Result, show
from snnbook.exercises.mystery import mystery_digit, mystery_neuron

__all__ = [
    "CHAPTERS",
    "EXERCISES",
    "Chapter",
    "Exercise",
    "Mistake",
    "Option",
    "Question",
    "Quiz",
    "Result",
    "check",
    "exercise",
    "mystery_digit",
    "mystery_neuron",
    "quiz",
    "solution",
    "statement",
    "template",
]

#: The chapters that have exercises, by number.
CHAPTERS: Mapping[str, Chapter] = MappingProxyType(
    {
        module.CHAPTER.number: module.CHAPTER
        for module in (
            ch01,
            ch02,
            ch03,
            ch04,
            ch04a,
            ch04b,
            ch04c,
            ch04d,
            ch05,
            ch05b,
            ch06a,
            ch06b,
            ch06c,
            ch06d,
            ch07,
        )
    }
)
#: Every exercise, by id.
EXERCISES: Mapping[str, Exercise] = MappingProxyType(
    {record.id: record for chapter in CHAPTERS.values() for record in chapter.exercises}
)


def exercise(id: str) -> Exercise:
    """Return the record of one exercise.

    Raises
    ------
    ValueError
        If there is no such exercise; the message lists all of them.

    Examples
    --------
    >>> exercise("02-1").level
    'by head'
    """
    if id not in EXERCISES:
        raise ValueError(f"id is {id!r}; one of {', '.join(EXERCISES)} is accepted")
    return EXERCISES[id]


def check(id: str, answer: Any) -> Result:
    """Say whether an answer is right, or why it is wrong.

    Parameters
    ----------
    id : str
        The exercise, ``"02-3"``: chapter and number.
    answer : number, sequence, str, bool, callable or ...
        A number may be a float, an int, a NumPy scalar or a tensor with one entry; a sequence
        may be a list, a tuple, an array or a tensor. A function is called on random input.
        ``...`` means not answered yet.

    Returns
    -------
    Result
        True in a condition only if the answer is right. The message has been shown already.

    Raises
    ------
    ValueError
        If there is no such exercise. A wrong answer never raises.

    Examples
    --------
    A decay factor of dt/tau is a classic:

    >>> _ = check("02-1", (2 / 4, 2 / 10))
    ✗ 02-1: not yet. That is dt/τ, the fraction that is lost in a short step; ...

    Every chapter ends with exercises.
    """
    outcome = grade(exercise(id), answer)
    result = Result(id, outcome.correct, outcome.answered, outcome.message)
    show(result)
    return result


def statement(id: str) -> str:
    """Return the statement of an exercise, in Markdown with LaTeX between dollar signs.

    >>> statement("02-1").splitlines()[0]
    '**02-1 Two decay factors** (by head)'
    """
    record = exercise(id)
    return f"**{record.id} {record.title}** ({record.level})\n\n{record.prompt.strip()}\n"


def template(id: str) -> str:
    """Return the cell that waits for an answer, which runs as it is.

    >>> print(template("02-1"))
    answer = ...
    check("02-1", answer)
    """
    record = exercise(id)
    if record.kind != "function":
        return f'answer = ...\ncheck("{id}", answer)'
    name = record.signature.split("(")[0]
    return f'def {record.signature}:\n    return ...\n\n\ncheck("{id}", {name})'


def solution(id: str) -> str:
    """Return the cell that solves an exercise; it ends in ``check`` and expects a right answer.

    >>> print(solution("01-1").splitlines()[-1])
    check("01-1", weights)
    """
    return exercise(id).solution.strip()


def quiz(chapter: str) -> Quiz:
    """Return the quiz of a chapter, which a notebook shows when it is the last line of a cell.

    Raises
    ------
    ValueError
        If the chapter has no quiz; the message lists those that have one.

    Examples
    --------
    >>> len(quiz("02")) >= 3
    True
    """
    if chapter not in CHAPTERS:
        raise ValueError(f"chapter is {chapter!r}; one of {', '.join(CHAPTERS)} is accepted")
    return Quiz(chapter, CHAPTERS[chapter].questions)
