"""Checks of numbers, flags, choices, functions and generators."""

import math
from collections.abc import Collection, Mapping
from numbers import Integral, Real

import torch


def is_number(value) -> bool:
    """Return whether ``value`` is a real number of Python or NumPy; a truth value is none.

    >>> import numpy as np
    >>> is_number(0.5), is_number(np.float32(0.5)), is_number(True), is_number("0.5")
    (True, True, False, False)
    """
    return isinstance(value, Real) and not isinstance(value, bool)


def check_number(name: str, value: float) -> None:
    """Raise ``ValueError`` unless ``value`` is a finite number, of any sign.

    >>> check_number("late", float("nan"))
    Traceback (most recent call last):
    ...
    ValueError: late is nan; a finite number is accepted
    """
    if not (is_number(value) and math.isfinite(value)):
        raise ValueError(f"{name} is {value!r}; a finite number is accepted")


def check_positive(name: str, value: float) -> None:
    """Raise ``ValueError`` unless ``value`` is a finite number above zero.

    >>> check_positive("dt", 0.0)
    Traceback (most recent call last):
    ...
    ValueError: dt is 0.0; a finite number above 0 is accepted
    """
    if not (is_number(value) and math.isfinite(value) and value > 0):
        raise ValueError(f"{name} is {value!r}; a finite number above 0 is accepted")


def check_not_negative(name: str, value: float) -> None:
    """Raise ``ValueError`` unless ``value`` is a finite number, 0 or above.

    >>> check_not_negative("mac", -1.0)
    Traceback (most recent call last):
    ...
    ValueError: mac is -1.0; a finite number, 0 or above, is accepted
    """
    if not (is_number(value) and math.isfinite(value) and value >= 0):
        raise ValueError(f"{name} is {value!r}; a finite number, 0 or above, is accepted")


def check_constants_are_numbers(neuron, name: str = "neuron") -> None:
    """Raise ``TypeError`` if a constant of ``neuron`` is a tensor: of each neuron, or learning.

    >>> from types import SimpleNamespace
    >>> check_constants_are_numbers(SimpleNamespace(tau_mem=torch.ones(3)))
    Traceback (most recent call last):
    ...
    TypeError: neuron.tau_mem is a Tensor; a number, the same for all neurons, is accepted here
    """
    for constant in ("tau_mem", "tau_syn", "threshold"):
        value = getattr(neuron, constant, None)
        if isinstance(value, torch.Tensor):
            raise TypeError(
                f"{name}.{constant} is a {type(value).__name__}; a number, the same for all "
                "neurons, is accepted here"
            )


def check_integer(name: str, value: int, minimum: int) -> None:
    """Raise unless ``value`` is a whole number of at least ``minimum``.

    >>> check_integer("steps", 0, 1)
    Traceback (most recent call last):
    ...
    ValueError: steps is 0; a whole number of at least 1 is accepted
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < minimum:
        raise ValueError(f"{name} is {value!r}; a whole number of at least {minimum} is accepted")


def check_probability(rate_name: str, rate: float, dt: float) -> None:
    """Raise unless ``rate * dt`` is a probability: a step holds at most one spike.

    >>> check_probability("rate", 2000.0, 1e-3)
    Traceback (most recent call last):
    ...
    ValueError: rate = 2000.0 Hz with dt = 0.001 s means 2 spikes per step;
    at most 1 is accepted: lower rate or dt
    """
    if not 0 <= rate * dt <= 1:
        raise ValueError(
            f"{rate_name} = {rate!r} Hz with dt = {dt!r} s means {rate * dt:g} spikes per step; "
            f"at most 1 is accepted: lower {rate_name} or dt"
        )


def check_flag(name: str, value: bool) -> None:
    """Raise ``TypeError`` unless ``value`` is True or False.

    >>> check_flag("reset_gradient", "no")
    Traceback (most recent call last):
    ...
    TypeError: reset_gradient is 'no'; True or False is accepted
    """
    if not isinstance(value, bool):
        raise TypeError(f"{name} is {value!r}; True or False is accepted")


def check_choice(name: str, value: str | int, choices: Collection) -> None:
    """Raise ``ValueError`` unless ``value`` is one of ``choices``.

    >>> check_choice("reset", "hard", ("subtract", "zero", "none"))
    Traceback (most recent call last):
    ...
    ValueError: reset is 'hard'; one of 'subtract', 'zero', 'none' is accepted
    """
    if not isinstance(value, (str, Integral)) or value not in choices:
        accepted = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"{name} is {value!r}; one of {accepted} is accepted")


def check_kind(name: str, value, kind: type) -> None:
    """Raise ``TypeError`` unless ``value`` is an instance of a class.

    >>> check_kind("events", 3, list)
    Traceback (most recent call last):
    ...
    TypeError: events is a int; a list is accepted
    """
    if not isinstance(value, kind):
        article = "an" if kind.__name__[0] in "AEIOU" else "a"
        raise TypeError(
            f"{name} is a {type(value).__name__}; {article} {kind.__name__} is accepted"
        )


def check_sequence(name: str, value, what: str) -> None:
    """Raise ``TypeError`` unless ``value`` has entries in a row; a text is none.

    >>> check_sequence("seeds", 7, "one whole number for each network")
    Traceback (most recent call last):
    ...
    TypeError: seeds is 7; one whole number for each network is accepted
    """
    in_a_row = hasattr(value, "__getitem__") and not isinstance(value, (str, bytes, Mapping))
    try:
        len(value)
    except TypeError:  # a number, or an array without axes
        in_a_row = False
    if not in_a_row:
        raise TypeError(f"{name} is {value!r}; {what} is accepted")


def check_callable(name: str, value) -> None:
    """Raise ``TypeError`` unless ``value`` can be called.

    >>> check_callable("surrogate", "gaussian")
    Traceback (most recent call last):
    ...
    TypeError: surrogate is 'gaussian'; something that can be called is accepted
    """
    if not callable(value):
        raise TypeError(f"{name} is {value!r}; something that can be called is accepted")


def check_generator(generator: torch.Generator) -> None:
    """Raise ``TypeError`` unless ``generator`` is a ``torch.Generator``.

    >>> check_generator(0)
    Traceback (most recent call last):
    ...
    TypeError: generator is a int; a torch.Generator is accepted, such as
    torch.Generator().manual_seed(0)
    """
    if not isinstance(generator, torch.Generator):
        raise TypeError(
            f"generator is a {type(generator).__name__}; a torch.Generator is accepted, "
            "such as torch.Generator().manual_seed(0)"
        )
