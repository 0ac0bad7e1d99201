"""The one door to the loops: check, choose one, run it, look whether the end is finite."""

from typing import Any

import torch
from torch import Tensor

from snnbook.kernels._choose import all_finite, decide, kind_of, known
from snnbook.kernels._events import Events
from snnbook.kernels._guard import (
    check_constants,
    check_neuron,
    check_recurrent,
    check_source,
    checked_record,
    checked_state,
)
from snnbook.kernels._plain import checkpointed_loop, plain_loop
from snnbook.kernels._tracers import exporting, recorder, transforming, watcher


def run_layer(
    neuron: Any,
    source: Tensor | Events,
    weight: Tensor | None,
    state: Any = None,
    *,
    recurrent_weight: Tensor | None = None,
    record: bool | None = None,
    kernel: str = "auto",
    checkpoint: int | None = None,
    name: str = "source",
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
    name : str
        What errors call ``source``: the name that the caller's own argument has.

    Returns
    -------
    NamedTuple
        ``neuron.record(output, states, state)``.

    Raises
    ------
    TypeError, ValueError
        If a shape, dtype or device does not fit, or if the run met NaN or infinity.

    Examples
    --------
    >>> from snnbook.neurons import LIFNeuron
    >>> run_layer(LIFNeuron(), torch.ones(5, 1, 3), torch.ones(2, 3)).spikes.shape
    torch.Size([5, 1, 2])

    Paper section II; chapter 2.
    """
    check_neuron(neuron)
    inside = torch.compiler.is_dynamo_compiling() and not exporting()
    if inside and kernel != "reference" and known(neuron):
        from snnbook.kernels._eager import run_eagerly

        options = {"recurrent_weight": recurrent_weight, "record": record, "kernel": kernel}
        options |= {"checkpoint": checkpoint, "name": name}
        return run_eagerly(neuron, source, weight, state, options)
    shape, like = check_source(source, weight, name), source if weight is None else weight
    record = checked_record(record, checkpoint)
    state = checked_state(neuron, state, shape, like)
    check_recurrent(recurrent_weight, shape[2], like)
    neuron = neuron.prepared() if hasattr(neuron, "prepared") else neuron
    check_constants(neuron, shape[2], like)
    choice, found = decide(neuron, source, weight, (recurrent_weight, *(state or ())), kernel)
    given = neuron, source, weight, recurrent_weight, state
    if choice.kernel != "reference":
        return neuron.record(*run_compiled(*given, shape, choice.kernel, found, record, checkpoint))
    if inside and checkpoint is not None:
        from snnbook.kernels._eager import plain_eagerly

        return neuron.record(*plain_eagerly(*given, record, checkpoint))
    return neuron.record(*run_plain(*given, record, checkpoint))


def run_compiled(
    neuron, source, weight, recurrent_weight, state, shape, kernel, found, record, checkpoint
):
    """Run a compiled loop: what is sent, the states, and the last state."""
    from snnbook.kernels._call import Call  # numba and triton are imported on first use

    own_kind = kind_of(neuron) is not True
    if own_kind:
        from snnbook.kernels import _kind_layer as loops
        from snnbook.kernels._kind_layer import KindCall as Call
    elif kernel == "triton":
        from snnbook.kernels import _triton as loops
    else:
        from snnbook.kernels import _layer as loops

    like = source if weight is None else weight
    call = Call(neuron, shape, like.dtype, found, record, checkpoint)
    given = source, weight, recurrent_weight, state or (None,) * len(neuron.State._fields)
    if own_kind:
        spikes, states, last = loops.unroll(*given, call)
    else:
        spikes, mem, syn, *last = loops.unroll(*given, call)
        spikes, states = mem if spikes is None else spikes, (syn, mem)
    if not call.finite:
        _check_finite(source, weight, last)
    return spikes, neuron.State(*states) if record else None, neuron.State(*last)


def run_plain(neuron, source, weight, recurrent_weight, state, record, checkpoint):
    """Run the plain loop: what is sent, the states, and the last state."""
    drive = _weighted_drive(source, weight)
    if state is None:
        state = neuron.initial_state(drive.new_empty(drive.shape[1:]))

    def step(state, x):
        return neuron.step(state, x, recurrent_weight)

    if checkpoint is None:
        out = plain_loop(step, drive.unbind(0), state, drive[:0], record)
    else:
        watching = watcher()
        if watching is not None:
            raise ValueError(f"checkpoint is {checkpoint}, but {watching}; None is accepted there")
        out = checkpointed_loop(step, drive, state, checkpoint)
    _check_finite(source, weight, out[2])
    return out


def _weighted_drive(source: Tensor | Events, weight: Tensor | None) -> Tensor:
    """Return the weighted input W S_in[n] of every step, (T, B, N), in the dtype of W."""
    if weight is None:
        return source
    if isinstance(source, Events):
        source = source.to_dense(weight.dtype).to(weight.device)
    return (source @ weight.T).to(weight.dtype)  # autocast may take another dtype


def _check_finite(source: Tensor | Events, weight: Tensor | None, state) -> None:
    """Raise if the run met NaN or infinity.

    Both stay in the state forever, so the last state tells of the whole run at the cost
    of one step. Where values are not at hand, NaN stays in what is returned.
    """
    if torch.compiler.is_compiling() or recorder() is not None or any(x.is_meta for x in state):
        return
    try:
        if all_finite(*state):
            return
    except RuntimeError:
        if transforming() or watcher() is not None:  # vmap, fake tensors: no values
            return
        raise
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
