"""The plain loop: the definition that every faster kernel is tested against."""

import torch
from torch import Tensor


def unroll(step, drive: Tensor, params, state, options: dict, record: bool):
    """Return spikes, mem, syn (T, B, N) and the last state of ``step`` run over the drive."""
    spikes, mems, syns = [], [], []
    for x in drive.unbind(0):
        if record:
            mems.append(state.mem)
            syns.append(state.syn)
        s, state = step(state, x, params, **options)
        spikes.append(s)
    return (
        _stack(spikes, drive),
        _stack(mems, drive) if record else None,
        _stack(syns, drive) if record else None,
        state,
    )


def integrate(step, drive: Tensor, params, state):
    """Return mem, syn (T, B, N) and the last state of a leaky ``step`` run over the drive."""
    mems, syns = [], []
    for x in drive.unbind(0):
        mems.append(state.mem)
        syns.append(state.syn)
        state = step(state, x, params)
    return _stack(mems, drive), _stack(syns, drive), state


def _stack(rows: list[Tensor], like: Tensor) -> Tensor:
    return torch.stack(rows) if rows else like.new_zeros(like.shape)
