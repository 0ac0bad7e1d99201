r"""A neuron whose reset waits for the end of a block of steps (chapter 8c)."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor

from snnbook._validate import check_choice, check_float, check_integer, check_kind, check_shape
from snnbook.neurons import LIFNeuron, LIFRecord, LIFState
from snnbook.parallel._scan import SCANS, scan
from snnbook.parallel._scan_run import checked


class WaitingState(NamedTuple):
    """``syn`` (I), ``mem`` (U), ``owed``: spikes of this block, ``clock``: its steps; (B, N)."""

    syn: Tensor
    mem: Tensor
    owed: Tensor
    clock: Tensor


@dataclass(frozen=True, eq=False)
class WaitingNeuron(LIFNeuron):
    r"""A LIF neuron that pays for its spikes at the end of a block of L steps.

    .. math::

        U[n+1] = \beta U[n] + I[n] -
        \begin{cases} \theta \sum_{m \in \text{block}} S[m] & \text{$n$ ends its block} \\
        0 & \text{otherwise} \end{cases}

    Within a block the membrane is a linear recurrence, so that T steps take T/L in a row.
    One step in a block is the LIF neuron, and a block longer than the run has no reset at all.

    Parameters
    ----------
    tau_mem, tau_syn, dt, threshold, surrogate, reset_gradient, spike_at_threshold
        As in :class:`snnbook.neurons.LIFNeuron`.
    reset : {"subtract"}
        What is owed is subtracted.
    wait : int
        L, steps of a block, at least 1. Blocks begin at the start of a run.

    Raises
    ------
    TypeError, ValueError
        As in :class:`snnbook.neurons.LIFNeuron`, for another reset, or if ``wait`` is below 1.

    Examples
    --------
    Two spikes, and the reset of both at the end of the block:

    >>> from snnbook.neurons import run
    >>> drive = torch.full((10, 1, 1), 0.3)
    >>> run(WaitingNeuron(wait=6), drive).mem[4:9].flatten()
    tensor([1.4860, 2.2560, 1.0874, 2.1405, 3.1837])

    Chapter 8c; ``eq-08c-waiting``.
    """

    wait: int = 10

    State = WaitingState

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.reset != "subtract":
            raise ValueError(f"reset is {self.reset!r}; 'subtract' is accepted here")
        check_integer("wait", self.wait, 1)

    def step(
        self, state: WaitingState, drive: Tensor, recurrent_weight: Tensor | None = None
    ) -> tuple[Tensor, WaitingState]:
        """Take a step without a reset, and pay what is owed if it ends a block."""
        check_kind("state", state, WaitingState)
        check_float("drive", drive)
        for name in ("owed", "clock"):
            check_shape(f"state.{name}", getattr(state, name), tuple(drive.shape), like=drive)
        free = LIFState(state.syn, state.mem)
        spikes, (syn, mem) = replace(self.lif, reset="none").step(free, drive, recurrent_weight)
        owed = state.owed + (spikes if self.reset_gradient else spikes.detach())
        clock = state.clock + 1
        ends = (clock >= self.wait).to(mem.dtype)
        mem = mem - self.threshold * ends * owed
        return spikes, WaitingState(syn, mem, (1 - ends) * owed, (1 - ends) * clock)

    @property
    def lif(self) -> LIFNeuron:
        """The same neuron with a reset that does not wait."""
        return LIFNeuron(
            self.tau_mem,
            self.tau_syn,
            self.dt,
            self.threshold,
            self.surrogate,
            self.reset,
            self.reset_gradient,
            self.spike_at_threshold,
        )

    def record(self, output: Tensor, states: WaitingState | None, state: WaitingState) -> LIFRecord:
        """Return spikes, membrane and current at n = 0 .. T-1, and the last state."""
        syn, mem = states[:2] if states else (None, None)
        return LIFRecord(output, mem, syn, state)


def block_run(neuron: WaitingNeuron, drive: Tensor, *, how: str = "halving") -> LIFRecord:
    """Run a neuron whose reset waits block by block, the steps of a block at once.

    Parameters
    ----------
    neuron : WaitingNeuron
        Its ``wait`` is the length of a block.
    drive : Tensor
        Weighted input x[n], (T, B, N), floating point; the run begins at rest.
    how : {"halving", "doubling", "convolution"}
        As in :func:`linear_scan`.

    Returns
    -------
    LIFRecord
        What :func:`snnbook.neurons.run` returns, equal to rounding.

    Raises
    ------
    TypeError, ValueError
        If the neuron is another one, or a shape, dtype or device does not fit.

    Examples
    --------
    >>> from snnbook.neurons import run
    >>> drive = 0.3 * torch.rand(50, 2, 3, generator=torch.Generator().manual_seed(0))
    >>> neuron = WaitingNeuron(wait=8)
    >>> torch.allclose(block_run(neuron, drive).mem, run(neuron, drive).mem, atol=1e-4)
    True

    Chapter 8c; ``eq-08c-waiting``.
    """
    if not isinstance(neuron, WaitingNeuron):
        raise TypeError(f"neuron is a {type(neuron).__name__}; a WaitingNeuron is accepted")
    start = checked(drive, None)
    check_choice("how", how, SCANS)
    syn = scan(neuron.alpha, drive, start.syn, how)
    first, owed, rows, sent = start.mem, torch.zeros_like(start.mem), [drive[:0]], [drive[:0]]
    length = 0
    for block in syn.states.split(neuron.wait) if len(drive) else ():
        mem = scan(neuron.beta, block, first, how)
        spikes = neuron.surrogate(mem.states - neuron.threshold, neuron.spike_at_threshold)
        resetting = spikes if neuron.reset_gradient else spikes.detach()
        rows.append(mem.states)
        sent.append(spikes)
        first, owed, length = mem.last, resetting.sum(0), len(block)
        if length == neuron.wait:
            first, owed, length = first - neuron.threshold * owed, torch.zeros_like(owed), 0
    clock = torch.full_like(first, float(length))
    state = WaitingState(syn.last, first, owed, clock)
    return LIFRecord(torch.cat(sent), torch.cat(rows), syn.states, state)
