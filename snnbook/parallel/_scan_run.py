"""A layer without a reset, for all steps at once (chapter 8c)."""

from torch import Tensor

from snnbook._validate import check_finite, check_kind, check_shape, check_time_first
from snnbook.neurons import LeakyNeuron, LeakyRecord, LIFNeuron, LIFRecord, LIFState
from snnbook.parallel._scan import linear_scan


def scan_run(
    neuron: LeakyNeuron,
    drive: Tensor,
    state: LIFState | None = None,
    *,
    how: str = "halving",
) -> LIFRecord | LeakyRecord:
    r"""Run a neuron without a reset over all steps at once: two scans, current and membrane.

    .. math::

        I[n+1] = \alpha I[n] + x[n], \qquad U[n+1] = \beta U[n] + I[n], \qquad
        S[n] = \Theta(U[n] - \theta)

    The two recurrences are one, with a triangular matrix: the current does not know the membrane,
    so its scan comes first. The gradient of a scan is a scan backward in time, and PyTorch finds
    it; it is that of backpropagation through time.

    Parameters
    ----------
    neuron : LeakyNeuron or LIFNeuron
        A leaky neuron, or a LIF neuron with ``reset="none"``.
    drive : Tensor
        Weighted input x[n], (T, B, N), floating point.
    state : LIFState, optional
        I[0] and U[0], each (B, N). At rest when not given.
    how : {"halving", "doubling", "convolution"}
        As in :func:`linear_scan`.

    Returns
    -------
    LIFRecord or LeakyRecord
        What :func:`snnbook.neurons.run` returns, equal to rounding.

    Raises
    ------
    TypeError, ValueError
        If the neuron has a reset, or a shape, dtype or device does not fit.

    Examples
    --------
    >>> import torch
    >>> from snnbook.neurons import run
    >>> neuron = LIFNeuron(reset="none")
    >>> drive = 0.3 * torch.rand(50, 2, 3, generator=torch.Generator().manual_seed(0))
    >>> record = scan_run(neuron, drive)
    >>> torch.allclose(record.mem, run(neuron, drive).mem)
    True

    Chapter 8c; ``eq-08c-matrix``.
    """
    if type(neuron) not in (LeakyNeuron, LIFNeuron):
        raise TypeError(
            f"neuron is a {type(neuron).__name__}; a LeakyNeuron or a LIFNeuron is accepted"
        )
    if isinstance(neuron, LIFNeuron) and neuron.reset != "none":
        raise ValueError(
            f"neuron has the reset {neuron.reset!r}; 'none' is accepted, "
            "and fixed_point_run takes 'subtract'"
        )
    syn, mem, state = scan_states(neuron, drive, state, how)
    if not isinstance(neuron, LIFNeuron):
        return LeakyRecord(mem, syn, state)
    spikes = neuron.surrogate(mem - neuron.threshold, neuron.spike_at_threshold)
    return LIFRecord(spikes, mem, syn, state)


def scan_states(
    neuron: LeakyNeuron, drive: Tensor, state: LIFState | None, how: str
) -> tuple[Tensor, Tensor, LIFState]:
    """Return current and membrane without any reset, (T, B, N) each, and the state after."""
    state = checked(drive, state)
    syn = linear_scan(neuron.alpha, drive, state.syn, how=how)
    mem = linear_scan(neuron.beta, syn.states, state.mem, how=how)
    return syn.states, mem.states, LIFState(syn.last, mem.last)


def checked(drive: Tensor, state: LIFState | None) -> LIFState:
    """Raise unless drive and state fit; return the state, at rest when not given."""
    check_time_first("drive", drive)
    check_finite("drive", drive, steps=True)
    if state is None:
        return LIFState(*(drive.new_zeros(drive.shape[1:]) for _ in range(2)))
    check_kind("state", state, LIFState)
    for name, value in zip(state._fields, state):
        check_shape(f"state.{name}", value, tuple(drive.shape[1:]), like=drive)
        check_finite(f"state.{name}", value)
    return state
