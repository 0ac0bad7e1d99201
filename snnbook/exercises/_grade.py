"""Grading: compare an answer with the truth, and name the mistake behind a wrong one."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch

from snnbook.exercises import _answers
from snnbook.exercises._answers import UnreadableAnswer
from snnbook.exercises._forbidden import ForbiddenAnswer
from snnbook.exercises._records import Exercise


class Grade(NamedTuple):
    """The outcome: ``correct``, ``answered`` and the ``message`` for the reader."""

    correct: bool
    answered: bool
    message: str


def grade(exercise: Exercise, answer: Any) -> Grade:
    """Compare an answer with the truth of an exercise. Never raises for a wrong answer."""
    if _answers.is_open(answer):
        how = _answers.describe_kind(exercise)
        return Grade(False, False, f"Replace the `...` by {how}.")
    try:
        if exercise.kind == "function":
            return _grade_function(exercise, answer)
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
    for message, wrong in exercise.mistakes.items():
        if _answers.same(given, _answers.read(exercise, wrong), exercise.tolerance):
            return Grade(False, True, message)
    if exercise.kind == "choice":
        return Grade(False, True, exercise.hint)
    if given.shape != truth.shape:
        return Grade(False, True, _about_shape(given, truth))
    found = _generic(given, truth, exercise) if exercise.generic else None
    return Grade(False, True, found or _not_yet(given, truth, exercise.hint))


def _about_shape(given: np.ndarray, truth: np.ndarray) -> str:
    text = f"Your answer has shape {given.shape}; {truth.shape} is expected"
    return text + (": is it transposed?" if given.shape == truth.shape[::-1] else ".")


def _not_yet(given: np.ndarray, truth: np.ndarray, hint: str) -> str:
    if given.ndim:
        return f"{_answers.show_number(given)} is not it. {hint}"
    side = "large" if given > truth else "small"
    return f"{_answers.show_number(given)} is too {side}. {hint}"


def _generic(given: np.ndarray, truth: np.ndarray, exercise: Exercise) -> str | None:
    """Return the message for a slip that can happen in any exercise, or None."""
    tolerance = exercise.tolerance
    slips = [
        (-truth, "The size is right and the sign is wrong."),
        (truth * 1000, "Your answer is 1000 times too large: are the units milli-units?"),
        (truth / 1000, "Your answer is 1000 times too small: are the units milli-units?"),
        (truth * 100, "Your answer is 100 times too large: it looks like a percentage."),
    ]
    if truth.ndim == 2 and truth.shape[0] == truth.shape[1]:
        slips.append((truth.T, "Your answer is transposed; weights are `(out, in)`."))
    if truth.ndim == 1 and truth.size > 1:
        slips.append((truth[::-1], "The entries are right and their order is reversed."))
    if exercise.kind == "integer":
        for shift, side in ((1, "late"), (-1, "early")):
            more = "many" if shift > 0 else "few"
            slips.append((truth + shift, f"Off by one: one too {side} or too {more}."))
    if not np.any(truth):  # every multiple of zero is zero
        slips = [slip for slip in slips if np.any(slip[0])]
    for wrong, message in slips:
        if _answers.same(given, wrong, tolerance):
            return message
    near = min(10 * tolerance, 0.02)
    if exercise.kind != "integer" and _answers.same(given, truth, near):
        return "Very close: give more digits, or look for a small factor such as a rounded one."
    return None


# Functions -----------------------------------------------------------------------------------


def _grade_function(exercise: Exercise, function: Any) -> Grade:
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
            return Grade(False, True, _about_error(error, _show_case(exercise, case)))
        if value is None or _answers.is_open(value):
            body = f"Replace the `...` in the body of `{exercise.name}`"
            return Grade(False, False, f"{body}, which must end in `return`.")
        if not _unchanged(case, arguments):
            text = "Your function changes its input in place; compute new values instead"
            return Grade(False, True, text + " (`x = x * 2`, not `x *= 2`).")
        given.append(_as_arrays(value, truth))
    if all(_agree(g, t, exercise.tolerance) for g, t in zip(given, truths)):
        if exercise.forbid is not None:
            exercise.forbid(function, *_copy(cases[0]))
        return Grade(True, True, exercise.right)
    return Grade(False, True, _diagnose(exercise, cases, truths, given))


def _about_error(error: Exception, case: str) -> str:
    lines = str(error).replace("`", "'").splitlines() or [""]
    text = f"Your function raises {type(error).__name__}: {lines[0][:160]}"
    return f"{text} (called with {case})."


def _diagnose(exercise: Exercise, cases: list, truths: list, given: list) -> str:
    for message, function in exercise.mistakes.items():
        wrong = [_observed(exercise, function, case) for case in cases]
        if all(_agree(g, w, exercise.tolerance) for g, w in zip(given, wrong)):
            return message
    index = next(
        i for i, (g, t) in enumerate(zip(given, truths)) if not _agree(g, t, exercise.tolerance)
    )
    found, expected, case = given[index], truths[index], cases[index]
    pairs = enumerate(zip(found, expected))
    entry = next(i for i, pair in pairs if not _answers.same(*pair, exercise.tolerance))
    which = f"value {entry + 1} of {len(found)}" if len(found) > 1 else "your result"
    if found[entry].shape != expected[entry].shape:
        shapes = f"shape {found[entry].shape}; {expected[entry].shape} is expected"
        return f"For {_show_case(exercise, case)} {which} has {shapes}. {exercise.hint}"
    place = int(np.argmax(np.abs(found[entry] - expected[entry])))
    values = (found[entry].flat[place], expected[entry].flat[place])
    got, wanted = (_answers.show_number(value) for value in values)
    where = _show_case(exercise, _at(case, found[entry].shape, place))
    return f"For {where} {which} is {got}, and {wanted} is expected. {exercise.hint}"


def _at(case: tuple, shape: tuple[int, ...], place: int) -> tuple:
    """Return the case with the one entry that matters of each tensor of this shape."""
    fits = (isinstance(value, torch.Tensor) and tuple(value.shape) == shape for value in case)
    return tuple(value.flatten()[place].item() if fit else value for value, fit in zip(case, fits))


def _agree(found: tuple, expected: tuple, tolerance: float) -> bool:
    pairs = zip(found, expected)
    return len(found) == len(expected) and all(_answers.same(f, e, tolerance) for f, e in pairs)


def _observe(exercise: Exercise, function: Callable, arguments: tuple) -> Any:
    observe = exercise.observe
    return observe(function, *arguments) if observe else function(*arguments)


def _observed(exercise: Exercise, function: Callable, case: tuple) -> tuple[np.ndarray, ...]:
    return _as_arrays(_observe(exercise, function, _copy(case)), None)


def _as_arrays(value: Any, like: tuple | None) -> tuple[np.ndarray, ...]:
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


def _show_case(exercise: Exercise, case: tuple) -> str:
    pairs = zip(exercise.arguments, case)
    return ", ".join(f"`{name} = {_show(value)}`" for name, value in pairs)


def _show(value: Any) -> str:
    if isinstance(value, torch.Tensor) and value.numel() <= 6 and value.dim() <= 1:
        return _answers.show_number(value.detach().numpy())
    if isinstance(value, torch.Tensor):
        return f"tensor of shape {tuple(value.shape)}"
    return f"{value:.4g}" if isinstance(value, float) else getattr(value, "__name__", str(value))
