"""Grading a reader's function: on random cases, with the place of the first difference."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from snnbook.exercises import _answers
from snnbook.exercises._answers import UnreadableAnswer
from snnbook.exercises._difference import Difference, first_difference, show_case
from snnbook.exercises._records import Exercise
from snnbook.exercises._slips import together

#: What a function returns for one case: one array for each value.
Arrays = tuple[np.ndarray, ...]


def judge(exercise: Exercise, function: Any) -> tuple[bool, bool, str]:
    """Return whether a function is right, whether it is an answer at all, and the message."""
    if not callable(function) or isinstance(function, torch.nn.Module):
        kind = type(function).__name__
        wanted = f"give the function `{exercise.name}`, without calling"
        raise UnreadableAnswer(f"it is of type {kind}; {wanted}")
    cases = exercise.cases
    truths = [_observed(exercise, exercise.truth, case) for case in cases]
    given = []
    for case, truth in zip(cases, truths):
        arguments = _copy(case)
        try:
            value = _observe(exercise, function, arguments)
        except Exception as error:  # the reader's code may fail in any way
            return False, True, _about_error(error, show_case(exercise, case))
        if value is None or _answers.is_open(value):
            body = f"Replace the `...` in the body of `{exercise.name}`"
            return False, False, f"{body}, which must end in `return`."
        if not _unchanged(case, arguments):
            text = "Your function changes its input in place; compute new values instead"
            return False, True, text + " (`x = x * 2`, not `x *= 2`)."
        given.append(_as_arrays(value, truth))
    if _all_agree(given, truths, exercise.tolerance):
        if exercise.forbid is not None:
            exercise.forbid(function, *_copy(cases[0]))
        return True, True, exercise.right
    return False, True, _diagnose(exercise, truths, given)


def _about_error(error: Exception, case: str) -> str:
    lines = str(error).replace("`", "'").splitlines() or [""]
    text = f"Your function raises {type(error).__name__}: {lines[0][:160]}"
    return f"{text} (called with {case})."


def _diagnose(exercise: Exercise, truths: list[Arrays], given: list[Arrays]) -> str:
    wrong = {
        message: [_observed(exercise, function, case) for case in exercise.cases]
        for message, function in exercise.mistakes.items()
    }
    for message, values in wrong.items():
        if _all_agree(given, values, exercise.tolerance):
            return message
    for pair, values in _pairs(truths, wrong):
        if _all_agree(given, values, 10 * exercise.tolerance):
            return together(*pair)
    found = _scaled(truths, given) if exercise.generic else None
    return found or str(_first(exercise, truths, given))


def _first(exercise: Exercise, truths: list[Arrays], given: list[Arrays]) -> Difference:
    """Return the difference that comes first in its case, of the cases that have one."""
    found = []
    for case, value, truth in zip(exercise.cases, given, truths):
        if not _agree(value, truth, exercise.tolerance):
            found.append(first_difference(exercise, case, value, truth))
    return min(found, key=lambda one: one.rank)


def _pairs(truths: list[Arrays], wrong: dict) -> Iterator[tuple[tuple[str, str], list[Arrays]]]:
    """Yield two messages and what both mistakes lead to together, in two ways.

    Mistakes in different terms add up what they change; a mistake in a factor, a sign or a
    gate multiplies what another one makes of the result.
    """
    fits = {m: values for m, values in wrong.items() if _shapes(values) == _shapes(truths)}
    for pair in itertools.combinations(fits, 2):
        for both in (_added, _multiplied):
            yield (
                pair,
                [
                    tuple(map(both, truth, one, two))
                    for truth, one, two in zip(truths, fits[pair[0]], fits[pair[1]])
                ],
            )


def _added(truth: np.ndarray, one: np.ndarray, two: np.ndarray) -> np.ndarray:
    return one + two - truth


def _multiplied(truth: np.ndarray, one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """Return one * two / truth; where the truth is zero, both must be."""
    unknown = np.where((one == 0) & (two == 0), 0.0, np.nan)
    return np.divide(one * two, truth, out=unknown, where=truth != 0)


def _scaled(truths: list[Arrays], given: list[Arrays]) -> str | None:
    """Return what to say of values that differ from the right ones by one factor throughout."""
    if _shapes(truths) != _shapes(given):
        return None
    flat = [np.concatenate([a.ravel() for case in side for a in case]) for side in (truths, given)]
    size = flat[0] @ flat[0]
    factor = float(flat[1] @ flat[0] / size) if size else 0.0
    if abs(factor) < 1e-9 or not np.allclose(flat[1], factor * flat[0], rtol=1e-6, atol=1e-9):
        return None
    if np.isclose(factor, -1.0):
        return "The size is right and the sign is wrong, everywhere."
    return f"Yours is the right result times {_answers.show_number(factor)}, everywhere."


def _shapes(values: list[Arrays]) -> list[list[tuple[int, ...]]]:
    return [[array.shape for array in arrays] for arrays in values]


def _agree(found: Arrays, expected: Arrays, tolerance: float) -> bool:
    pairs = zip(found, expected)
    return len(found) == len(expected) and all(_answers.same(f, e, tolerance) for f, e in pairs)


def _all_agree(found: list[Arrays], expected: list[Arrays], tolerance: float) -> bool:
    return all(_agree(f, e, tolerance) for f, e in zip(found, expected))


def _observe(exercise: Exercise, function: Callable, arguments: tuple) -> Any:
    observe = exercise.observe
    return observe(function, *arguments) if observe else function(*arguments)


def _observed(exercise: Exercise, function: Callable, case: tuple) -> Arrays:
    return _as_arrays(_observe(exercise, function, _copy(case)), None)


def _as_arrays(value: Any, like: tuple | None) -> Arrays:
    """Return one array for each returned value, in order."""
    several = isinstance(value, tuple) or (isinstance(value, list) and len(like or ()) > 1)
    arrays = tuple(value) if several else (value,)
    if like is not None and len(arrays) != len(like):
        found, wanted = _values(len(arrays)), _values(len(like))
        raise UnreadableAnswer(f"your function returns {found}, not {wanted}")
    return tuple(_answers.to_array(array) for array in arrays)


def _values(count: int) -> str:
    return "one value" if count == 1 else f"a tuple of {count} values"


def _copy(case: tuple) -> tuple:
    return tuple(a.clone() if isinstance(a, torch.Tensor) else a for a in case)


def _unchanged(case: tuple, arguments: tuple) -> bool:
    pairs = ((c, a) for c, a in zip(case, arguments) if isinstance(c, torch.Tensor))
    return all(torch.equal(c, a) for c, a in pairs)
