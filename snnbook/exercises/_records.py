"""The records that exercises and quizzes are made of: plain values, no behavior to speak of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

KINDS = ("number", "integer", "sequence", "choice", "function")
LEVELS = ("by head", "by code", "explore")


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that many readers give, and the sentence that helps.

    A mistake is recorded as the answer it leads to, not as a rule that spots it: whoever gives
    that answer is told ``message``.

    Parameters
    ----------
    answer : callable
        For a value: a function without arguments that returns the wrong value.
        For an exercise of kind ``"function"``: the wrong function itself.
    message : str
        One or two sentences; text between backquotes is shown as code.
    """

    answer: Callable[..., Any]
    message: str


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """One exercise: its statement, the way to its truth, and the mistakes it knows.

    Parameters
    ----------
    id : str
        Chapter and number, ``"02-3"``.
    title : str
        A short title, without a final period.
    level : str
        ``"by head"``, ``"by code"`` or ``"explore"``.
    kind : str
        ``"number"``, ``"integer"``, ``"sequence"``, ``"choice"`` or ``"function"``.
    prompt : str
        The statement, in Markdown with LaTeX between dollar signs.
    truth : callable
        For a value: a function without arguments that computes it from the package.
        For a function: the reference function.
    right : str
        What a right answer shows, in one or two sentences.
    hint : str
        The help for a wrong answer that is none of the known mistakes.
    solution : str
        The cell that solves the exercise, ending in ``check(...)``.
    mistakes : tuple of Mistake
        The diagnosed mistakes, the first match wins.
    tolerance : float
        Relative tolerance of each entry.
    options : tuple of str
        What can be chosen (kind ``"choice"`` alone); ``("yes", "no")`` accepts a bool.
    signature : str
        The head of the function to write, ``"step(mem, syn)"`` (kind ``"function"`` alone).
    cases : callable or None
        Makes a list of argument tuples from a ``torch.Generator`` (kind ``"function"`` alone).
    observe : callable or None
        What is compared, ``observe(function, *arguments)``; the returned value by default.
    generic : bool
        Whether a wrong sign, a factor of 1000 and the like are diagnosed too.

    Raises
    ------
    ValueError
        If ``kind`` or ``level`` is unknown, or a field that the kind needs is missing.
    """

    id: str
    title: str
    level: str
    kind: str
    prompt: str
    truth: Callable[..., Any]
    right: str
    hint: str
    solution: str
    mistakes: tuple[Mistake, ...] = ()
    tolerance: float = 1e-3
    options: tuple[str, ...] = ()
    signature: str = ""
    cases: Callable[[torch.Generator], list[tuple]] | None = None
    observe: Callable[..., Any] | None = None
    generic: bool = True

    def __post_init__(self) -> None:
        for name, value, accepted in (("kind", self.kind, KINDS), ("level", self.level, LEVELS)):
            if value not in accepted:
                raise ValueError(f"{name} is {value!r}; one of {', '.join(accepted)} is accepted")
        if self.kind == "choice" and not self.options:
            raise ValueError(f"exercise {self.id} is a choice and has no options")
        if self.kind == "function" and not (self.cases and self.signature):
            raise ValueError(f"exercise {self.id} is a function and has no cases or no signature")


@dataclass(frozen=True)
class Option:
    """One answer of a quiz question: its text, whether it is right, and why."""

    text: str
    right: bool
    why: str


@dataclass(frozen=True)
class Question:
    """One question of a quiz, with exactly one right option among two or more.

    Raises
    ------
    ValueError
        If not exactly one of two or more options is right.
    """

    prompt: str
    options: tuple[Option, ...]

    def __post_init__(self) -> None:
        if len(self.options) < 2 or sum(option.right for option in self.options) != 1:
            raise ValueError(f"the question {self.prompt!r} needs one right option among several")


@dataclass(frozen=True)
class Chapter:
    """The exercises and the quiz of one chapter."""

    number: str
    title: str
    exercises: tuple[Exercise, ...]
    questions: tuple[Question, ...]
