"""The record of an exercise: how its truth and the wrong answers are found, and what is said."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, NamedTuple

from snnbook.exercises._text import UNITS
from snnbook.exercises._tools import Draw

#: How exactly each entry of an answer must agree, unless an exercise says otherwise: a number to
#: three significant digits, a count exactly, the values of a function up to rounding.
TOLERANCES = {"number": 5e-3, "integer": 0.0, "sequence": 5e-3, "choice": 0.0, "function": 1e-6}


class Times(NamedTuple):
    """A mistake that multiplies the right number, as a missing 1/2 does: two of them multiply.

    >>> Times(2.0).applied(3.0)
    6.0
    """

    factor: float

    def applied(self, value: Any) -> Any:
        """Return what the mistake makes of a value."""
        return value * float(self.factor)  # a tensor would not multiply an array


class Plus(NamedTuple):
    """A mistake that adds to the right number, as a part left out does: two of them add up.

    >>> Plus(-1.0).applied(3.0)
    2.0
    """

    amount: float

    def applied(self, value: Any) -> Any:
        """Return what the mistake makes of a value."""
        return value + float(self.amount)


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
        match wins. A wrong answer may be a :class:`Times` or a :class:`Plus`, which says what the
        mistake does to the truth, so that two of them are known together. For kind
        ``"function"`` it takes a ``Draw``, the wrong answers are functions,
        and the truth is a pair: a function, whose name and arguments are those that the reader
        writes, and a list of cases, each a tuple of arguments.
    right : str
        What a right answer shows, in one or two sentences; backquotes mark code.
    hints : tuple of str
        One to three steps toward the answer: a question or where to look, the idea, and the
        first line of the solution.
    tolerance : float or None
        Relative tolerance of each entry; by default that of the kind.
    options : tuple of str
        What can be chosen (kind ``"choice"`` alone); ``("yes", "no")`` accepts a bool.
    unit : str
        The unit that the question asks for, one of ``_text.UNITS``; a text may then give another
        one of its kind, such as ``"0.02 s"`` for 20 ms. Without it a unit is no answer.
    observe : callable or None
        What is compared, ``observe(function, *arguments)``; the returned value by default.
    forbid : callable or None
        Called as ``forbid(function, *arguments)`` on a function that is right; it raises
        ``ForbiddenAnswer`` where that uses what the text of the exercise rules out.
    generic : bool
        Whether a wrong sign, a factor of 1000 and the like are diagnosed too.
    outputs : tuple of str
        What each value is called that the reader's function returns (kind ``"function"``).
    axes : tuple of str
        What the axes of that value count, ``("n",)`` for time steps; a difference is then
        reported by the first index at which it appears.
    backward : bool
        Whether the first axis is walked from its end, as the steps of a backward pass are.

    Raises
    ------
    ValueError
        If ``kind`` or ``unit`` is unknown, a choice has no options, or there are no hints or too
        many.
    """

    id: str
    kind: str
    answers: Callable[..., tuple[Any, Mapping[str, Any]]]
    right: str
    hints: tuple[str, ...]
    tolerance: float | None = None
    options: tuple[str, ...] = ()
    unit: str = ""
    observe: Callable[..., Any] | None = None
    forbid: Callable[..., None] | None = None
    generic: bool = True
    outputs: tuple[str, ...] = ()
    axes: tuple[str, ...] = ()
    backward: bool = False

    def __post_init__(self) -> None:
        if self.kind not in TOLERANCES:
            raise ValueError(f"kind is {self.kind!r}; one of {', '.join(TOLERANCES)} is accepted")
        if self.unit and self.unit.lower() not in UNITS:
            raise ValueError(f"unit is {self.unit!r}; one of {', '.join(UNITS)} is accepted")
        if self.kind == "choice" and not self.options:
            raise ValueError(f"exercise {self.id} is a choice and has no options")
        if isinstance(self.hints, str) or not 1 <= len(self.hints) <= 3:
            raise ValueError(f"hints of {self.id} is {self.hints!r}; one to three are accepted")
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

    @cached_property
    def mistakes(self) -> Mapping[str, Any]:
        """The wrong answers, each under the message that helps."""
        changes = self.changes
        return {
            message: changes[message].applied(self.truth) if message in changes else wrong
            for message, wrong in self._found[2].items()
        }

    @property
    def changes(self) -> Mapping[str, Times | Plus]:
        """The mistakes that say what they do to the truth."""
        known = self._found[2].items()
        return {message: wrong for message, wrong in known if isinstance(wrong, Times | Plus)}

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

    >>> @number("99-1", right="Twice two.", hints=("Add.",))
    ... def twice():
    ...     return 2 + 2, {"That is one of the two.": 2}
    >>> twice.truth, twice.mistakes
    (4, {'That is one of the two.': 2})
    """
    return lambda answers: Exercise(id=id, kind=kind, answers=answers, **settings)


number, integer, sequence, choice, function = (partial(exercise, kind) for kind in TOLERANCES)
