"""Known mistakes behind a wrong value: one of the list, two of them at once, or a general slip.

``book/assets/answers/slips.js`` does the same on the page, function by function.
"""

import itertools
from collections.abc import Iterator, Mapping

import numpy as np

from snnbook.exercises import _answers
from snnbook.exercises._records import Exercise, Plus, Times

#: Slips that can happen in any exercise with numbers, and multiply the answer.
SLIPS: Mapping[str, Times] = {
    "The size is right and the sign is wrong.": Times(-1.0),
    "Your answer is 1000 times too large: are the units milli-units?": Times(1000.0),
    "Your answer is 1000 times too small: are the units milli-units?": Times(0.001),
    "Your answer is 100 times too large: it looks like a percentage.": Times(100.0),
}


def together(first: str, second: str) -> str:
    """Return the message about two mistakes at once.

    >>> together("The square is missing.", "The sign is wrong.")
    'Two mistakes at once. First: The square is missing. Second: The sign is wrong.'
    """
    return f"Two mistakes at once. First: {first} Second: {second}"


def known(exercise: Exercise, given: np.ndarray, truth: np.ndarray) -> str | None:
    """Return the message of the mistake, or of the two mistakes, that lead to this value."""
    wrong = {m: _answers.read(exercise, value) for m, value in exercise.mistakes.items()}
    for message, value in wrong.items():
        if _answers.same(given, value, exercise.tolerance):
            return message
    for first, second, value in _pairs(exercise, truth, wrong):
        if _answers.same(given, value, exercise.tolerance):
            return together(first, second)
    return None


def _pairs(
    exercise: Exercise, truth: np.ndarray, wrong: Mapping[str, np.ndarray]
) -> Iterator[tuple[str, str, np.ndarray]]:
    """Yield two messages and the value to which both mistakes lead together.

    Parts add up, and a factor multiplies any other wrong answer. Of a sequence, two mistakes in
    different entries are combined too. What is right, or zero throughout, says nothing.
    """
    changes = exercise.changes
    parts = [one for one, change in changes.items() if isinstance(change, Plus)]
    for first, second in itertools.combinations(parts, 2):
        yield first, second, changes[second].applied(wrong[first])
    for message, times in changes.items():
        if isinstance(times, Times):
            yield from _and_then(exercise, truth, wrong, message, times)
    if exercise.kind == "sequence":
        alike = [one for one in wrong if wrong[one].shape == truth.shape]
        for first, second in itertools.combinations(alike, 2):
            moved = [~np.isclose(wrong[one], truth, rtol=1e-9) for one in (first, second)]
            if not (moved[0] & moved[1]).any():
                yield first, second, np.where(moved[0], wrong[first], wrong[second])
    if exercise.generic and exercise.kind != "choice":
        for slip, times in SLIPS.items():
            yield from _and_then(exercise, truth, wrong, slip, times)


def _and_then(exercise, truth, wrong, message, times) -> Iterator[tuple[str, str, np.ndarray]]:
    """Yield what a factor makes of each wrong answer."""
    for first, value in wrong.items():
        found = times.applied(value)
        right = _answers.same(found, truth, exercise.tolerance)
        if first != message and np.any(found) and not right:
            yield first, message, found


def general(exercise: Exercise, given: np.ndarray, truth: np.ndarray) -> str | None:
    """Return the message for a slip that can happen in any exercise, or None."""
    slips = [(times.applied(truth), message) for message, times in SLIPS.items()]
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
        if _answers.same(given, wrong, exercise.tolerance):
            return message
    if exercise.kind != "integer" and given.shape == truth.shape:
        return _nearly(given, truth, exercise.tolerance)
    return None


def _nearly(given: np.ndarray, truth: np.ndarray, tolerance: float) -> str | None:
    """Return what to say of a value that is rounded too early, or within two percent."""
    shown = np.vectorize(lambda one, digits: float(f"{one:.{digits}g}"))
    for digits, word in ((2, "two digits"), (1, "one digit")):
        rounded = shown(truth, digits)
        if _answers.same(given, rounded, 1e-9) and _answers.same(given, truth, 0.05):
            return f"Right to {word}: give three."
    if _answers.same(given, truth, min(10 * tolerance, 0.02)):
        return (
            "Very close, and not the same: was a number rounded on the way, or a step or a factor "
            "close to 1 left out?"
        )
    return None
