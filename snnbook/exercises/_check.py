"""What a notebook calls, ``check`` and ``quiz``, and where the exercises are.

Those of chapter 2 are in ``_ch02.py``, which is read when one of them is asked for.
"""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

from snnbook.exercises._grade import grade
from snnbook.exercises._quiz import read_quiz
from snnbook.exercises._records import Exercise
from snnbook.exercises._show import Quiz, Result, show

#: The chapters that have exercises, by number, in the order of the book.
CHAPTERS: tuple[str, ...] = tuple(
    sorted(path.stem.removeprefix("_ch") for path in Path(__file__).parent.glob("_ch[0-9]*.py"))
)


@cache
def exercises_of(chapter: str) -> Mapping[str, Exercise]:
    """Return the exercises of a chapter by id, read-only, in the order in which they are asked.

    >>> list(exercises_of("04"))
    ['04-1', '04-2', '04-3', '04-4', '04-5']
    """
    _check_chapter(chapter)
    module = import_module(f"snnbook.exercises._ch{chapter}")
    found = (value for value in vars(module).values() if isinstance(value, Exercise))
    return MappingProxyType({one.id: one for one in found})


def _check_chapter(chapter: str) -> None:
    if chapter not in CHAPTERS:
        raise ValueError(f"chapter is {chapter!r}; one of {', '.join(CHAPTERS)} is accepted")


def find(id: str) -> Exercise:
    """Return one exercise, or raise a ``ValueError`` that lists all of them."""
    name = str(id).strip().lower()
    chapter = name.split("-")[0]
    if chapter in CHAPTERS and name in exercises_of(chapter):
        return exercises_of(chapter)[name]
    known = ", ".join(name for one in CHAPTERS for name in exercises_of(one))
    raise ValueError(f"id is {id!r}; one of {known} is accepted")


def check(id: str, answer: Any) -> Result:
    """Say whether an answer is right, or why it is wrong.

    Parameters
    ----------
    id : str
        The exercise, ``"02-3"``: chapter and number.
    answer : number, sequence, str, bool, callable or ...
        A number may be a float, an int, a NumPy scalar or a tensor with one entry, and three
        significant digits are enough; a sequence may be a list, a tuple, an array or a tensor.
        A text that spells them out is read. A choice is a text in any case, or the number that
        an option is. A function is called on random input. ``...`` means not answered yet.

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
    exercise = find(id)
    outcome = grade(exercise, answer)
    result = Result(exercise.id, outcome.correct, outcome.answered, outcome.message)
    show(result)
    return result


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
    _check_chapter(chapter)
    return Quiz(chapter, read_quiz(chapter))
