"""What a notebook calls: ``check`` for an answer, ``quiz`` for the questions of a chapter."""

from typing import Any

from snnbook.exercises._catalog import CHAPTERS, find
from snnbook.exercises._grade import grade
from snnbook.exercises._quiz import FOLDER, read_quiz
from snnbook.exercises._show import Quiz, Result, show


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
    outcome = grade(find(id), answer)
    result = Result(id, outcome.correct, outcome.answered, outcome.message)
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
    if chapter not in CHAPTERS:
        raise ValueError(f"chapter is {chapter!r}; one of {', '.join(CHAPTERS)} is accepted")
    return Quiz(chapter, read_quiz(FOLDER / f"{chapter}.md"))
