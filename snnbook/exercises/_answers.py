"""Reading an answer: any reasonable way to write a number, a sequence or a choice.

What cannot be read as the kind that is asked for raises ``UnreadableAnswer``. For an answer that
is a text, ``book/assets/answers/judge.js`` does the same on the page, function by function.
"""

import math
import re
from typing import Any

import numpy as np
import torch

from snnbook.exercises import _text
from snnbook.exercises._records import Exercise
from snnbook.exercises._text import UnreadableAnswer as UnreadableAnswer

#: Differences below this count as rounding, whatever the relative tolerance.
ROUNDING = 1e-6


def is_open(answer: Any) -> bool:
    """Return whether the answer still is, or still holds, an ellipsis.

    >>> is_open(...), is_open((0.5, ...)), is_open(0.5)
    (True, True, False)
    """
    if isinstance(answer, (tuple, list)):
        return any(is_open(entry) for entry in answer)
    return answer is ...


def to_array(value: Any) -> np.ndarray:
    """Return a number, nested sequence, array or tensor as a float64 array.

    >>> to_array([1, torch.tensor(2.0)])
    array([1., 2.])
    """
    array = _convert(value)
    if not np.isfinite(array).all():
        raise UnreadableAnswer("it holds a value that is not finite (nan or inf)")
    return array


def _convert(value: Any) -> np.ndarray:
    if value is None:
        raise UnreadableAnswer("it is None; does your function have a `return`?")
    if isinstance(value, str):
        value = _text.spelled_out(value)
    if callable(value) and not isinstance(value, (torch.Tensor, np.ndarray)):
        raise UnreadableAnswer("it is a function; give the value that it returns")
    if isinstance(value, torch.Tensor):
        value = value.detach().to("cpu").numpy()
    elif isinstance(value, (tuple, list)):
        entries = [_convert(entry) for entry in value]
        if len({entry.shape for entry in entries}) > 1:
            raise UnreadableAnswer("its entries differ in shape")
        value = np.array(entries)
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            raise TypeError
        return array.astype(np.float64)
    except (TypeError, ValueError):
        kind = type(value).__name__
        raise UnreadableAnswer(f"it is of type {kind}; give real numbers") from None


def to_number(value: Any) -> np.ndarray:
    """Return one number as an array of no axes.

    >>> float(to_number(torch.tensor([0.5])))
    0.5
    """
    if isinstance(value, (bool, np.bool_)):
        raise UnreadableAnswer(f"it is {value}; give a number")
    array = to_array(value)
    if array.size != 1:
        has = f"{array.size} numbers" if array.ndim == 1 else f"shape {array.shape}"
        raise UnreadableAnswer(f"it has {has}; give one number")
    return array.reshape(())


def to_choice(value: Any, options: tuple[str, ...]) -> np.ndarray:
    """Return the index of the chosen option, as an array of no axes.

    An option that is a number can be given as a number.

    >>> int(to_choice(" Yes", ("yes", "no"))), int(to_choice(np.bool_(False), ("yes", "no")))
    (0, 1)
    >>> int(to_choice(torch.tensor([0.2]), ("0.1", "0.2")))
    1
    """
    chosen = _one_entry(value)
    if isinstance(chosen, bool) and options == ("yes", "no"):
        chosen = "yes" if chosen else "no"
    for index, option in enumerate(options):
        if _means(chosen, option):
            return np.array(float(index))
    accepted = ", ".join(f'`"{option}"`' for option in options)
    given = f"says {_text.quoted(value)}" if isinstance(value, str) else f"is {value!r}"
    raise UnreadableAnswer(f"it {given}; choose one of {accepted}")


def _one_entry(value: Any) -> Any:
    """Return the one entry of a tensor, array, list or tuple that has one, as a plain value."""
    if isinstance(value, torch.Tensor):
        value = value.detach().to("cpu").numpy()
    if isinstance(value, (np.ndarray, np.generic)) and value.size == 1:
        return value.item()
    if isinstance(value, (list, tuple)) and len(value) == 1:
        return _one_entry(value[0])
    return value


def _means(answer: Any, option: str) -> bool:
    """Return whether an answer is this option: the same words in any case, or the same number.

    >>> _means("The Frozen.", "frozen"), _means(".2", "0.2"), _means(True, "1")
    (True, True, False)
    """
    if isinstance(answer, bool):
        return False
    words = re.sub("[−–—]", "-", " ".join(str(answer).split())).lower()
    words = re.sub(r"^[\"'`“”‘’ ]+|[.\"'`“”‘’ ]+$", "", words)
    if option.lower() in (words, re.sub("^(?:the|an?) ", "", words)):
        return True
    try:
        return math.isclose(_text.spelled_out(words), float(option), rel_tol=5e-3)
    except (UnreadableAnswer, TypeError, ValueError):
        return False


def is_blank(answer: Any) -> bool:
    """Return whether an answer is a text with nothing in it.

    >>> is_blank("  "), is_blank("…"), is_blank("0")
    (True, True, False)
    """
    return isinstance(answer, str) and answer.strip(" .…") == ""


def read(exercise: Exercise, answer: Any) -> np.ndarray:
    """Return an answer to a value exercise as a float64 array, or raise ``UnreadableAnswer``."""
    if exercise.kind == "choice":
        return to_choice(answer, exercise.options)
    if isinstance(answer, str):
        answer = _text.spelled_out(answer, exercise.unit, several=exercise.kind == "sequence")
    if exercise.kind == "sequence":
        return to_array(answer)
    number = to_number(answer)
    if exercise.kind == "integer" and not float(number).is_integer():
        raise UnreadableAnswer(f"it is {show_number(number)}; give a whole number")
    return number


def same(answer: np.ndarray, truth: np.ndarray, tolerance: float) -> bool:
    """Return whether both have one shape, and each entry agrees within the relative tolerance.

    >>> same(np.array([1.0, 2.0]), np.array([1.0, 2.001]), 1e-3)
    True
    """
    if answer.shape != truth.shape:
        return False
    return bool(np.all(np.abs(answer - truth) <= tolerance * np.abs(truth) + ROUNDING))


def show_number(value: np.ndarray | float) -> str:
    """Return a number as a reader would write it.

    >>> show_number(0.1 + 0.2), show_number(7.0), show_number(np.array([1.0, 0.25]))
    ('0.3', '7', '(1, 0.25)')
    """
    array = np.asarray(value, dtype=float)
    if array.ndim == 0:
        number = float(array)
        return str(int(number)) if number.is_integer() and abs(number) < 1e9 else f"{number:.4g}"
    if array.size <= 6 and array.ndim == 1:
        return "(" + ", ".join(show_number(entry) for entry in array) + ")"
    return f"an array of shape {tuple(array.shape)}"


def describe_kind(exercise: Exercise) -> str:
    """Return how to answer, for example ``a whole number, as in check("01-1", 3)``."""
    if exercise.kind == "function":
        signature = f"{exercise.name}({', '.join(exercise.arguments)})"
        return f'your function `{signature}`, as in `check("{exercise.id}", {exercise.name})`'
    what, example = kind_and_example(exercise)
    return f'{what}, as in `check("{exercise.id}", {example})`'


def kind_and_example(exercise: Exercise) -> tuple[str, str]:
    """Return which kind of value is asked for, and an example of one."""
    chosen = [f'"{option}"' for option in exercise.options] or [""]
    return {
        "number": ("a number", "0.5"),
        "integer": ("a whole number", "3"),
        "sequence": ("a sequence of numbers", "(0.5, 0.25)"),
        "choice": ("one of " + ", ".join(chosen), chosen[0]),
    }[exercise.kind]
