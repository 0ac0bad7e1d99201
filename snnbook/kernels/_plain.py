"""The plain loop: the definition that every faster kernel is tested against."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor


def plain_loop(step: Callable, inputs: Iterable, state: Any, like: Tensor, record: bool = True):
    """Run ``step(state, x) -> (output, state)`` over the inputs of all steps, and stack the rows.

    Parameters
    ----------
    step : callable
        One step of a neuron.
    inputs : iterable
        x[n] for n = 0 .. T-1, usually ``drive.unbind(0)``.
    state : NamedTuple
        At n = 0.
    like : Tensor
        What a record of no step looks like, (0, B, N).
    record : bool
        Whether to keep the states.

    Returns
    -------
    output : Tensor or tuple of Tensor
        What was sent, (T, B, N).
    states : NamedTuple or None
        The states at n = 0 .. T-1, each (T, B, N).
    state : NamedTuple
        The last state.

    Examples
    --------
    >>> from collections import namedtuple
    >>> Sum = namedtuple("Sum", "sum")
    >>> rows = torch.ones(3, 1)
    >>> plain_loop(lambda s, x: (s.sum, Sum(s.sum + x)), rows, Sum(torch.zeros(1)), rows[:0])[0]
    tensor([[0.],
            [1.],
            [2.]])

    Paper section II; chapter 2.
    """
    sent, states = [], []
    for x in inputs:
        if record:
            states.append(state)
        output, state = step(state, x)
        sent.append(output)
    if not record:
        return _stack(sent, like), None, state
    columns = zip(*states) if states else ((),) * len(state)
    return _stack(sent, like), type(state)(*(_stack(rows, like) for rows in columns)), state


def _stack(rows, like: Tensor):
    if not rows:
        return like
    if isinstance(rows[0], Tensor):
        return torch.stack(rows)
    return tuple(torch.stack(column) for column in zip(*rows))
