"""Samples that last differently long: which steps count, and functions that are told so."""

import inspect
from collections.abc import Callable

import torch
from torch import Tensor

from snnbook._validate import check_lengths


def outside(readout: Tensor, lengths: Tensor, last: int | None = None) -> Tensor:
    """Return which steps (T, B, 1) of a readout (T, B, C) do not count.

    >>> outside(torch.zeros(3, 2, 1), torch.tensor([1, 3]))[:, :, 0].tolist()
    [[False, False], [True, False], [True, False]]
    """
    check_lengths(lengths, readout.shape[1], readout.shape[0])
    lengths = lengths.to(readout.device)
    steps = torch.arange(len(readout), device=readout.device)[:, None]
    wrong = steps >= lengths
    if last is not None:
        wrong = wrong | (steps < lengths - int(last))
    return wrong[:, :, None]


def unequal(lengths: Tensor | None, steps: int) -> Tensor | None:
    """Return lengths, or None if every sample lasts all steps."""
    return None if lengths is None or bool((lengths == steps).all()) else lengths


def told(name: str, function: Callable, *arguments, lengths: Tensor | None):
    """Call a loss or a decision, with the lengths if there are some, or raise."""
    if lengths is None:
        return function(*arguments)
    if not takes_lengths(function):
        raise TypeError(
            f"{name} is {function!r}, which has no argument lengths, and the samples last "
            "differently long; a function that has one is accepted, such as "
            f"training.{'mean_over_time' if name == 'loss' else 'decide_by_sum'}"
        )
    return function(*arguments, lengths=lengths)


def takes_lengths(function: Callable) -> bool:
    """Return whether a function can be called with ``lengths=``.

    >>> takes_lengths(lambda readout, labels: 0), takes_lengths(lambda readout, lengths: 0)
    (False, True)
    """
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # some builtins have no signature
        return False
    return any(p.name == "lengths" or p.kind is p.VAR_KEYWORD for p in parameters)
