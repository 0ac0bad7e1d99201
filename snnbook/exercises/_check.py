"""What a notebook calls, ``check``, ``hint`` and ``quiz``, and where the exercises are.

Those of chapter 2 are in ``_ch02.py``, which is read when one of them is asked for.
"""

import difflib
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

from snnbook.exercises import _session
from snnbook.exercises._grade import grade
from snnbook.exercises._quiz import read_quiz
from snnbook.exercises._records import Exercise
from snnbook.exercises._show import Hint, Quiz, Result, show

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
    """Return one exercise, or raise a ``ValueError`` that says which id may have been meant."""
    name = str(id).strip().lower()
    chapter = name.split("-")[0]
    if chapter in CHAPTERS and name in exercises_of(chapter):
        return exercises_of(chapter)[name]
    accepted = 'Chapter and number, as in "02-3", are accepted'
    raise ValueError(f"id is {id!r}; {_meant(name, chapter)}{accepted}")


def _meant(name: str, chapter: str) -> str:
    """Return the question which of the known ids was meant, or the ids of a known chapter."""
    if chapter in CHAPTERS:
        first, *_, last = exercises_of(chapter)
        return f"chapter {chapter} has {first} to {last}. "
    known = [one for chapter in CHAPTERS for one in exercises_of(chapter)]
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
    return f'did you mean "{close[0]}"? ' if close else "no exercise is called so. "


def check(id: str, answer: Any) -> Result:
    """Say whether an answer is right, or why it is wrong.

    Parameters
    ----------
    id : str
        The exercise, ``"02-3"``: chapter and number.
    answer : number, sequence, str, bool, callable or ...
        A number may be a float, an int, a NumPy scalar or a tensor with one entry, and three
        significant digits are enough; a sequence may be a list, a tuple, an array or a tensor.
        A text that spells them out is read, also one with a unit, a fraction or a percentage:
        ``"1/6"``, ``"75 %"``, ``"3 · 10⁻³"``, ``"(0.61, 0.82)"``. A choice is a text in any case,
        or the number that an option is. A function is called on random input. ``...`` means not
        answered yet.

    Returns
    -------
    Result
        True in a condition only if the answer is right. The message has been shown already. It
        says what is wrong with the answer; from the second wrong answer on, each one also
        brings the next step of the exercise's :func:`hint`.

    Raises
    ------
    ValueError
        If there is no such exercise; the message has the id that may have been meant. A wrong
        answer never raises.

    Examples
    --------
    A decay factor of dt/tau is a classic:

    >>> _ = check("02-1", (2 / 4, 2 / 10))
    ✗ 02-1: not yet. That is dt/τ, the fraction that is lost in a short step; ...

    Every chapter ends with exercises.
    """
    exercise = find(id)
    outcome = grade(exercise, answer)
    message = outcome.message
    if outcome.answered and not outcome.correct:
        message = f"{message} {_help(exercise)}"
    hints = () if outcome.correct else exercise.hints
    result = Result(exercise.id, outcome.correct, outcome.answered, message, hints)
    show(result)
    return result


def _help(exercise: Exercise) -> str:
    """Return the hint that goes with a wrong answer, or how to ask for one."""
    step = _session.after_a_miss(exercise)
    if not step:
        return f'(`hint("{exercise.id}")` helps.)'
    return f"Hint {step} of {len(exercise.hints)}: {exercise.hints[step - 1]}"


def hint(id: str, step: int | None = None) -> Hint:
    """Give the next hint of an exercise, one step at a time.

    The first step asks a question or says where to look, the second one has the idea, and the
    third begins the solution. Some exercises need fewer.

    Parameters
    ----------
    id : str
        The exercise, ``"02-3"``: chapter and number.
    step : int, optional
        Which step, from 1; by default the one after the last that was given in this session.

    Returns
    -------
    Hint
        The hint, which has been shown already.

    Raises
    ------
    ValueError
        If there is no such exercise or no such step.

    Examples
    --------
    >>> _ = hint("02-1", step=1)
    … 02-1, hint 1 of 3: Which fraction of the current is left after one step of 2 ms, ...

    Every chapter ends with exercises.
    """
    exercise = find(id)
    count = len(exercise.hints)
    if step is None:
        step = _session.next_hint(exercise)
    elif isinstance(step, bool) or step not in range(1, count + 1):
        raise ValueError(f"step is {step!r}; a whole number from 1 to {count} is accepted")
    found = Hint(exercise.id, int(step), count, exercise.hints[int(step) - 1])
    show(found)
    return found


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
