"""What every run over time needs: the state at the start, the drive, checks of the end."""

import torch
from torch import Tensor

from snnbook._validate import check_shape
from snnbook.kernels import Events
from snnbook.kernels._choose import all_finite
from snnbook.neurons._parameters import LIFState


def compiled(kernel, source, weight, recurrent_weight, state, found, *numbers, **options):
    """Run a compiled loop: spikes, mem, syn, the last state, and whether it is finite."""
    if torch.compiler.is_compiling():
        return _eagerly(kernel, source, weight, recurrent_weight, state, found, *numbers, **options)
    from snnbook.kernels import _cell as cell  # numba and triton are imported on first use

    if kernel == "triton":
        from snnbook.kernels import _triton as loops
    else:
        from snnbook.kernels import _layer as loops

    like = source if weight is None else weight
    shape = drive_shape(source, weight)
    run = cell.Run(cell.Cell(*numbers, **options), shape, like.dtype, found)
    spikes, mem, syn, *last = loops.unroll(
        source, weight, recurrent_weight, state or (None, None), run
    )
    return spikes, mem, syn, LIFState(*last), run.finite


@torch.compiler.disable
def _eagerly(*arguments, **options):
    return compiled(*arguments, **options)


def drive_shape(source: Tensor | Events, weight: Tensor | None) -> tuple[int, int, int]:
    """Return the shape (T, B, N) of the drive."""
    return tuple(source.shape) if weight is None else (*source.shape[:2], weight.shape[0])


def weighted_drive(source: Tensor | Events, weight: Tensor | None) -> Tensor:
    """Return the weighted input W S_in[n] of every step, (T, B, N)."""
    if weight is None:
        return source
    if isinstance(source, Events):
        source = source.to_dense(weight.dtype).to(weight.device)
    return source @ weight.T


def check_state(state: LIFState | None, shape: tuple[int, ...], like: Tensor) -> None:
    """Raise unless a given state fits the drive."""
    if state is not None:
        for name, tensor in zip(("state.syn", "state.mem"), state):
            check_shape(name, tensor, shape[1:], like)


def initial_state(state: LIFState | None, drive: Tensor) -> LIFState:
    if state is None:
        return LIFState(*(drive.new_zeros(drive.shape[1:]) for _ in range(2)))
    return LIFState(*state)


def check_finite(source: Tensor | Events, weight: Tensor | None, state: LIFState) -> None:
    """Raise if the run met NaN or infinity.

    Both stay in the current forever, so the last state tells of the whole run at the cost
    of one step. Under ``torch.compile`` and ``torch.func`` values are not at hand.
    """
    if torch.compiler.is_compiling():
        return
    try:
        if all_finite(state.syn, state.mem):
            return
    except RuntimeError:  # vmap: no data-dependent branch
        return
    drive = weighted_drive(source, weight)
    bad = (~torch.isfinite(drive)).flatten(1).any(1).nonzero()
    if bad.numel():
        raise ValueError(
            f"drive holds NaN or infinity, first at step {bad[0].item()}; "
            "finite values are accepted"
        )
    raise ValueError(
        "the state became NaN or infinite although the drive is finite; "
        "finite initial state and weights are accepted"
    )
