"""The one door to the loops: choose one, run it, look whether the end is finite."""

from typing import Any

import torch
from torch import Tensor

from snnbook._validate import check_integer, check_shape
from snnbook.kernels._choose import all_finite, decide
from snnbook.kernels._events import Events
from snnbook.kernels._plain import plain_loop


def run_layer(
    neuron,
    source: Tensor | Events,
    weight: Tensor | None,
    state: Any = None,
    *,
    recurrent_weight: Tensor | None = None,
    record: bool = True,
    kernel: str = "auto",
    checkpoint: int | None = None,
) -> Any:
    """Run a neuron over time on the product of input spikes and ``weight``, fused with it.

    Parameters
    ----------
    neuron : snnbook.neurons.Neuron
        Says which loop may run it, and what its record is.
    source : Tensor or Events
        Input spikes, (T, B, N_in); without ``weight`` the drive itself, (T, B, N).
    weight : Tensor or None
        W, (N, N_in).
    state, recurrent_weight, record, kernel, checkpoint
        As in :func:`snnbook.neurons.run`.

    Returns
    -------
    NamedTuple
        ``neuron.record(output, states, state)``.

    Examples
    --------
    >>> from snnbook.neurons import LIFNeuron
    >>> run_layer(LIFNeuron(), torch.ones(5, 1, 3), torch.ones(2, 3)).spikes.shape
    torch.Size([5, 1, 2])

    Paper section II; chapter 2.
    """
    if checkpoint is not None:
        check_integer("checkpoint", checkpoint, 1)
    shape, like = _drive_shape(source, weight), source if weight is None else weight
    if state is not None:
        state = _checked(neuron, state, shape, like)
    if recurrent_weight is not None:
        check_shape("recurrent_weight", recurrent_weight, (shape[2], shape[2]), like)
    choice, found = decide(neuron, source, weight, (recurrent_weight, *(state or ())), kernel)
    finite = None
    if choice.kernel == "reference":
        drive = _weighted_drive(source, weight)
        if state is None:
            state = neuron.initial_state(drive.new_empty(drive.shape[1:]))

        def step(state, x):
            return neuron.step(state, x, recurrent_weight)

        out = plain_loop(step, drive.unbind(0), state, drive[:0], record)
    else:
        how = choice.kernel, found, record, checkpoint
        *out, finite = _compiled(neuron, source, weight, recurrent_weight, state, shape, how)
    if not finite:
        _check_finite(source, weight, out[2])
    return neuron.record(*out)


def _compiled(neuron, source, weight, recurrent_weight, state, shape, how):
    """Run a compiled loop: what is sent, the states, the last state, and whether it is finite."""
    if torch.compiler.is_compiling():
        return _eagerly(neuron, source, weight, recurrent_weight, state, shape, how)
    from snnbook.kernels._call import Call  # numba and triton are imported on first use

    kernel, found, record, checkpoint = how
    if kernel == "triton":
        from snnbook.kernels import _triton as loops
    else:
        from snnbook.kernels import _layer as loops

    like = source if weight is None else weight
    call = Call(neuron, shape, like.dtype, found, record, checkpoint)
    given = source, weight, recurrent_weight, state or (None, None)
    spikes, mem, syn, *last = loops.unroll(*given, call)
    states = neuron.State(syn, mem) if record else None
    return (mem if spikes is None else spikes), states, neuron.State(*last), call.finite


@torch.compiler.disable
def _eagerly(*arguments):
    return _compiled(*arguments)


def _drive_shape(source: Tensor | Events, weight: Tensor | None) -> tuple[int, int, int]:
    """Return the shape (T, B, N) of the drive."""
    return tuple(source.shape) if weight is None else (*source.shape[:2], weight.shape[0])


def _weighted_drive(source: Tensor | Events, weight: Tensor | None) -> Tensor:
    """Return the weighted input W S_in[n] of every step, (T, B, N)."""
    if weight is None:
        return source
    if isinstance(source, Events):
        source = source.to_dense(weight.dtype).to(weight.device)
    return source @ weight.T


def _checked(neuron, state, shape: tuple[int, ...], like: Tensor):
    """Return a given state as the neuron's own kind, or raise unless it fits the drive."""
    fields = neuron.State._fields
    if len(state) != len(fields):
        raise ValueError(f"state has {len(state)} tensors; {', '.join(fields)} are accepted")
    for name, tensor in zip(fields, state, strict=True):
        check_shape(f"state.{name}", tensor, shape[1:], like)
    return neuron.State(*state)


def _check_finite(source: Tensor | Events, weight: Tensor | None, state) -> None:
    """Raise if the run met NaN or infinity.

    Both stay in the state forever, so the last state tells of the whole run at the cost
    of one step. Under ``torch.compile`` and ``torch.func`` values are not at hand.
    """
    if torch.compiler.is_compiling():
        return
    try:
        if all_finite(*state):
            return
    except RuntimeError:  # vmap: no data-dependent branch
        return
    drive = _weighted_drive(source, weight)
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
