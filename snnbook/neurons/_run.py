"""What every run over time needs: the state at the start, the drive, checks of the end."""

import torch
from torch import Tensor

from snnbook._validate import check_shape
from snnbook.kernels import Events
from snnbook.kernels.choose import all_finite
from snnbook.neurons.parameters import LIFState


@torch.compiler.disable
def compiled(source, weight, recurrent_weight, state, *numbers, **options):
    """Run the compiled loop; numba is imported on first use."""
    from snnbook.kernels import fused

    return fused.unroll(source, weight, recurrent_weight, state, fused.Cell(*numbers, **options))


def drive_like(source: Tensor | Events, weight: Tensor | None) -> Tensor:
    """Return a tensor with the shape, dtype and device of the drive, at no cost."""
    if weight is None:
        return source
    return weight.new_empty(()).expand(*source.shape[:2], len(weight))


def weighted_drive(source: Tensor | Events, weight: Tensor | None) -> Tensor:
    """Return the weighted input W S_in[n] of every step, (T, B, N)."""
    if weight is None:
        return source
    if isinstance(source, Events):
        source = source.to_dense(weight.dtype).to(weight.device)
    return source @ weight.T


def initial_state(state: LIFState | None, drive: Tensor) -> LIFState:
    shape = tuple(drive.shape[1:])
    if state is None:
        return LIFState(drive.new_zeros(shape), drive.new_zeros(shape))
    for name, tensor in (("state.syn", state[0]), ("state.mem", state[1])):
        check_shape(name, tensor, shape, drive)
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
