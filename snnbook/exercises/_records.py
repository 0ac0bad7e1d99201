"""The record of an exercise: how its truth and the wrong answers are found, and what is said."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from snnbook.exercises._tools import Draw

#: How exactly each entry of an answer must agree, unless an exercise says otherwise: a number to
#: three significant digits, a count exactly, the values of a function up to rounding.
TOLERANCES = {"number": 5e-3, "integer": 0.0, "sequence": 5e-3, "choice": 0.0, "function": 1e-6}


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """One exercise: the way to its truth, and the mistakes it knows. The notebook asks it.

    A mistake is recorded as the answer it leads to, not as a rule that spots it: whoever gives
    that answer is told the sentence that helps.

    Parameters
    ----------
    id, kind : str
        Chapter and number, ``"02-3"``, and one of :data:`TOLERANCES`.
    answers : callable
        Returns the truth, and a dictionary from messages to wrong answers, of which the first
        match wins. For kind ``"function"`` it takes a ``Draw``, the wrong answers are functions,
        and the truth is a pair: a function, whose name and arguments are those that the reader
        writes, and a list of cases, each a tuple of arguments.
    right, hint : str
        What a right answer shows, and the help for a wrong one that is none of the known
        mistakes, each in one or two sentences; backquotes mark code.
    tolerance : float or None
        Relative tolerance of each entry; by default that of the kind.
    options : tuple of str
        What can be chosen (kind ``"choice"`` alone); ``("yes", "no")`` accepts a bool.
    observe : callable or None
        What is compared, ``observe(function, *arguments)``; the returned value by default.
    forbid : callable or None
        Called as ``forbid(function, *arguments)`` on a function that is right; it raises
        ``ForbiddenAnswer`` where that uses what the text of the exercise rules out.
    generic : bool
        Whether a wrong sign, a factor of 1000 and the like are diagnosed too.

    Raises
    ------
    ValueError
        If ``kind`` is unknown, or a choice has no options.
    """

    id: str
    kind: str
    answers: Callable[..., tuple[Any, Mapping[str, Any]]]
    right: str
    hint: str
    tolerance: float | None = None
    options: tuple[str, ...] = ()
    observe: Callable[..., Any] | None = None
    forbid: Callable[..., None] | None = None
    generic: bool = True

    def __post_init__(self) -> None:
        if self.kind not in TOLERANCES:
            raise ValueError(f"kind is {self.kind!r}; one of {', '.join(TOLERANCES)} is accepted")
        if self.kind == "choice" and not self.options:
            raise ValueError(f"exercise {self.id} is a choice and has no options")
        if self.tolerance is None:
            object.__setattr__(self, "tolerance", TOLERANCES[self.kind])

    @cached_property
    def _found(self) -> tuple[Any, list[tuple], Mapping[str, Any]]:
        if self.kind != "function":
            truth, mistakes = self.answers()
            return truth, [], mistakes
        (truth, cases), mistakes = self.answers(Draw(seed=0))
        return truth, cases, mistakes

    @property
    def truth(self) -> Any:
        """The right answer, computed when it is first asked for."""
        return self._found[0]

    @property
    def cases(self) -> list[tuple]:
        """The arguments with which a reader's function is tried."""
        return self._found[1]

    @property
    def mistakes(self) -> Mapping[str, Any]:
        """The wrong answers, each under the message that helps."""
        return self._found[2]

    @property
    def name(self) -> str:
        """What the function is called that the reader writes."""
        return self.truth.__name__

    @property
    def arguments(self) -> tuple[str, ...]:
        """The names of the arguments of that function."""
        return tuple(inspect.signature(self.truth).parameters)


def exercise(kind: str, id: str, **settings: Any) -> Callable[[Callable], Exercise]:
    """Make an exercise of the function below, which returns the truth and the wrong answers.

    There is a decorator for each kind:

    >>> @number("99-1", right="Twice two.", hint="Add.")
    ... def twice():
    ...     return 2 + 2, {"That is one of the two.": 2}
    >>> twice.truth, twice.mistakes
    (4, {'That is one of the two.': 2})
    """
    return lambda answers: Exercise(id=id, kind=kind, answers=answers, **settings)


number, integer, sequence, choice, function = (partial(exercise, kind) for kind in TOLERANCES)
