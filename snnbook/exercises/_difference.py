"""Where a function first differs from the right one: which value, at which step, with what."""

from typing import Any, NamedTuple

import numpy as np
import torch

from snnbook.exercises import _answers
from snnbook.exercises._records import Exercise


class Difference(NamedTuple):
    """A first difference: how early it comes in its case, and the sentences about it."""

    rank: int
    text: str

    def __str__(self) -> str:
        return self.text


def first_difference(
    exercise: Exercise, case: tuple, found: tuple[np.ndarray, ...], truth: tuple[np.ndarray, ...]
) -> Difference:
    """Return the first difference between what a function gives for a case and the truth.

    An exercise that names its axes is searched along the first of them, forward or backward;
    any other one is searched for the largest difference.
    """
    pairs = enumerate(zip(found, truth))
    entry = next(i for i, pair in pairs if not _answers.same(*pair, exercise.tolerance))
    value, expected = found[entry], truth[entry]
    name = _name(exercise, entry, len(found))
    if value.shape != expected.shape:
        text = f"{name} has shape {value.shape}; {expected.shape} is expected"
        return Difference(0, f"For {show_case(exercise, case)} {text}.")
    place, rank = _place(exercise, value, expected)
    got, wanted = (_answers.show_number(one[place]) for one in (value, expected))
    if got == wanted:
        got, wanted = (f"{one[place]:.9g}" for one in (value, expected))
    there = _values_at(exercise, case, expected.shape, place)
    said = f"{name} is {got}, and {wanted} is expected"
    if exercise.axes and place:
        where = ", ".join(f"{axis} = {i}" for axis, i in zip(exercise.axes, place))
        way = ", on the way back," if exercise.backward else ""
        return Difference(rank, f"The first difference{way} is at {where}. For {there} {said}.")
    others = [_name(exercise, i, len(found)) for i in range(entry)]
    right = f"{_listed(others)} right. " if others else ""
    return Difference(rank, f"{right}For {there} {said}.")


def _name(exercise: Exercise, entry: int, count: int) -> str:
    if exercise.outputs:
        return f"your `{exercise.outputs[entry]}`"
    return f"value {entry + 1} of {count}" if count > 1 else "your result"


def _listed(names: list[str]) -> str:
    text = " and ".join(names)
    return f"{text[0].upper()}{text[1:]} {'is' if len(names) == 1 else 'are'}"


def _place(exercise: Exercise, value: np.ndarray, expected: np.ndarray) -> tuple[tuple, int]:
    """Return the index of the entry to show, and how early it comes."""
    if not value.ndim:
        return (), 0
    gap = np.abs(value - expected)
    if not exercise.axes:
        return tuple(int(i) for i in np.unravel_index(int(gap.argmax()), gap.shape)), 0
    wrong = gap > exercise.tolerance * np.abs(expected) + _answers.ROUNDING
    rows = np.flatnonzero(wrong.reshape(len(wrong), -1).any(axis=1))
    first = int(rows[-1] if exercise.backward else rows[0])
    within = np.unravel_index(int(gap[first].argmax()), gap[first].shape) if gap.ndim > 1 else ()
    rank = len(gap) - 1 - first if exercise.backward else first
    return (first, *(int(i) for i in within)), rank


def _values_at(exercise: Exercise, case: tuple, shape: tuple[int, ...], place: tuple) -> str:
    """Return the case as text, with what matters at one place of the result.

    Of a tensor with the shape of the result it is the entry there; of one that runs over the
    same steps it is all that the function has met up to there, where that is short.
    """
    in_time = exercise.axes[:1] == ("n",)
    shown = []
    for name, value in zip(exercise.arguments, case):
        tensor = isinstance(value, torch.Tensor)
        line = tensor and value.dim() == 1
        if line and in_time and len(value) >= shape[0] and place[0] < 5:
            end = 1 + len(value) - shape[0]
            shown.append(f"`{name}[:n+{end}] = {_show(value[: place[0] + end])}`")
        elif tensor and place and tuple(value.shape) == shape and not (line and exercise.axes):
            at = f"[{', '.join(map(str, place))}]" if exercise.axes else ""
            shown.append(f"`{name}{at} = {_show(value[place].item())}`")
        else:
            shown.append(f"`{name} = {_show(value)}`")
    return ", ".join(shown)


def show_case(exercise: Exercise, case: tuple) -> str:
    """Return the arguments of a case as text."""
    pairs = zip(exercise.arguments, case)
    return ", ".join(f"`{name} = {_show(value)}`" for name, value in pairs)


def _show(value: Any) -> str:
    if isinstance(value, torch.Tensor) and value.numel() <= 6 and value.dim() <= 1:
        return _answers.show_number(value.detach().numpy())
    if isinstance(value, torch.Tensor):
        return f"tensor of shape {tuple(value.shape)}"
    return f"{value:.4g}" if isinstance(value, float) else getattr(value, "__name__", str(value))
