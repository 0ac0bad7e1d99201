"""The plain loop: the definition that every faster kernel is tested against."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint, set_checkpoint_early_stop

from snnbook._validate import check_callable, check_flag


def plain_loop(
    step: Callable, inputs: Iterable, state: Any, like: Tensor, record: bool = True
) -> tuple[Any, Any, Any]:
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

    Raises
    ------
    TypeError
        If ``step`` cannot be called or ``record`` is neither True nor False.

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
    check_callable("step", step)
    check_flag("record", record)
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


def checkpointed_loop(step: Callable, drive: Tensor, state: Any, length: int):
    """Do as :func:`plain_loop` without a record, and keep only every ``length``-th state.

    The backward pass runs the steps of a piece again, so ``step`` has to give the same again;
    a neuron that draws random numbers does not, and raises ``RuntimeError``.
    """
    sent, kind = [drive[:0]] if not len(drive) else [], type(state)
    for rows in drive.split(length):
        piece = _Piece(step, kind)
        with set_checkpoint_early_stop(False):
            output, state = checkpoint(piece, rows, *state, use_reentrant=False)
        sent.append(output)
    if isinstance(sent[0], Tensor):
        return torch.cat(sent), None, state
    return tuple(torch.cat(column) for column in zip(*sent)), None, state


class _Piece:
    """Some steps, which remember where they ended the first time."""

    def __init__(self, step: Callable, kind: type) -> None:
        self.step, self.kind, self.end = step, kind, None

    def __call__(self, rows: Tensor, *state: Tensor):
        out = plain_loop(self.step, rows.unbind(0), self.kind(*state), rows[:0], False)
        end = [x.detach() for x in out[2]]
        if self.end is None:
            self.end = end
        elif not all(torch.equal(a, b) for a, b in zip(self.end, end)):
            raise RuntimeError(
                "checkpoint runs the steps twice, and the second run gave another state; "
                "checkpoint=None is accepted for a neuron that draws random numbers"
            )
        return out[0], out[2]
