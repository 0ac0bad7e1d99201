r"""The gated LIF neuron: a spike that is sent little by little (paper section IV.A.1, chapter 4a).

A LIF neuron sends a spike at the moment at which its membrane reaches the threshold. A gated one
sends it while the membrane crosses an active zone of width Delta below the threshold, one unit of
charge in all (Huh and Sejnowski, 2018). What it sends is a smooth function of its membrane, so
ordinary backpropagation through time finds the exact gradient.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from snnbook._validate import (
    check_constants_are_numbers,
    check_finite,
    check_flag,
    check_float,
    check_kind,
    check_positive,
    check_shape,
)
from snnbook.neurons import LeakyNeuron, LIFNeuron, LIFState
from snnbook.smoothed._gate import Gate


class GatedRecord(NamedTuple):
    """What gated neurons did, (T, B, N) each, and the state after the last step.

    ``release[n]`` is the charge sent during the step from n to n + 1; ``mem[n]`` and ``syn[n]``
    are the values at the start of that step; ``resets[n]`` counts the resets in it.
    """

    release: Tensor
    mem: Tensor
    syn: Tensor
    resets: Tensor
    state: LIFState


@dataclass(frozen=True)
class GatedNeuron(LeakyNeuron):
    """A gated LIF neuron: a leaky membrane and an active zone below its threshold.

    Parameters
    ----------
    tau_mem, tau_syn, dt : float
        Time constants and step in seconds, above 0.
    gate : Gate
        The active zone; its upper end is the threshold.
    backflow : bool
        True takes charge back when the membrane falls back inside of the zone, as the equation
        of Huh and Sejnowski without a rectifier does.

    Raises
    ------
    TypeError, ValueError
        If a value is none of those named.

    Examples
    --------
    A current of 2 fires about every tau ln 2, three times in 21 ms:

    >>> from snnbook.neurons import run
    >>> drive = torch.full((21, 1, 1), 2.0, dtype=torch.float64)
    >>> record = run(GatedNeuron(gate=Gate(0.2)), drive)
    >>> int(record.resets.sum()), round(record.release.sum().item(), 6)
    (3, 3.0)

    Notes
    -----
    A current enters as in continuous time, so a weight here is (1 - beta) times a weight of
    chapter 2. With a recurrent weight V the current of step n is
    :math:`I[n] = \\text{drive}[n] + V s[n]`, with the synaptic traces s of the layer itself.

    Huh and Sejnowski (2018); chapter 4a; paper section IV.A.1; ``eq-04a-gate``.
    """

    gate: Gate = Gate(0.3)
    backflow: bool = False

    compiled = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_constants_are_numbers(self)
        check_positive("tau_mem", self.tau_mem)  # a membrane without leak has no closed form here
        check_kind("gate", self.gate, Gate)
        check_flag("backflow", self.backflow)

    @property
    def threshold(self) -> float:
        """The upper end of the active zone."""
        return self.gate.threshold

    def step(
        self, state: LIFState, drive: Tensor, recurrent_weight: Tensor | None = None
    ) -> tuple[tuple[Tensor, Tensor], LIFState]:
        """Take :func:`gated_step`; what is sent is the pair (release, resets)."""
        if recurrent_weight is not None:
            drive = drive + state.syn @ recurrent_weight.T
        release, resets, after = gated_step(state, drive, self)
        return (release, resets), after

    def record(self, output: Any, states: LIFState | None, state: LIFState) -> GatedRecord:
        """Return release, membrane, trace and resets at n = 0 .. T-1, and the last state."""
        release, resets = (output, output) if isinstance(output, Tensor) else output
        syn, mem = states or (None, None)
        return GatedRecord(release, mem, syn, resets, state)


def gated(neuron: LIFNeuron, gate: Gate, *, backflow: bool = False) -> GatedNeuron:
    """Return a LIF neuron with an active zone in place of its sudden spike.

    Parameters
    ----------
    neuron : LIFNeuron
        Gives the time constants and the step.
    gate : Gate
        The active zone, with the neuron's threshold.
    backflow : bool
        As in :class:`GatedNeuron`.

    Raises
    ------
    ValueError
        If the thresholds of ``neuron`` and ``gate`` differ.

    Examples
    --------
    >>> gated(LIFNeuron(tau_mem=20e-3), Gate(0.2)).tau_mem
    0.02

    Chapter 4a.
    """
    check_kind("neuron", neuron, LIFNeuron)
    check_constants_are_numbers(neuron)
    check_kind("gate", gate, Gate)
    if gate.threshold != neuron.threshold:
        raise ValueError(
            f"gate has threshold {gate.threshold}; {neuron.threshold}, as in neuron, is accepted"
        )
    return GatedNeuron(neuron.tau_mem, neuron.tau_syn, neuron.dt, gate, backflow)


def gated_step(
    state: LIFState, current: Tensor, neuron: GatedNeuron
) -> tuple[Tensor, Tensor, LIFState]:
    r"""Advance a layer of gated LIF neurons by one step, exactly for a current held constant.

    .. math::

        \tau_\text{mem} \dot U = -U + I, \quad U \to 0 \text{ at } U = \theta; \qquad
        \dot s = -s / \tau_\text{syn} + g(U) \, [\dot U]_+

    Between two resets the integral of the release is a difference of G, whatever the step, so
    each spike carries a charge of exactly one. A reset inside of the step happens at its own
    time, and gradients flow through that time.

    Parameters
    ----------
    state : LIFState
        Trace and membrane at the start of the step, each (B, N), the membrane below threshold.
    current : Tensor
        I during the step, (B, N). It enters as in continuous time, so a weight here is
        (1 - beta) times a weight of chapter 2.
    neuron : GatedNeuron
        Time constants, step and active zone.

    Returns
    -------
    release, resets : Tensor
        Charge sent during the step, and number of resets in it, each (B, N).
    state : LIFState
        Trace and membrane at the end of the step.

    Raises
    ------
    TypeError, ValueError
        If the neuron or the state is of another kind, or shapes and dtypes differ.

    Examples
    --------
    >>> neuron = GatedNeuron(gate=Gate(0.005))
    >>> rest = LIFState(torch.zeros(1, 1), torch.full((1, 1), 0.99))
    >>> release, resets, _ = gated_step(rest, torch.full((1, 1), 2.0), neuron)
    >>> release.item(), resets.item()
    (1.0, 1.0)

    Huh and Sejnowski (2018); chapter 4a; paper section IV.A.1;
    ``eq-04a-reset``, ``eq-04a-backward``.
    """
    check_kind("neuron", neuron, GatedNeuron)
    if not isinstance(state, LIFState):
        raise TypeError(f"state is a {type(state).__name__}; LIFState(syn, mem) is accepted")
    check_float("current", current)
    for name, tensor in zip(LIFState._fields, state):
        check_shape(f"state.{name}", tensor, tuple(current.shape), current)
    gate, theta = neuron.gate, neuron.threshold
    tau = neuron.tau_mem / neuron.dt
    free = current + (state.mem - current) * neuron.beta
    moved = gate.charge(free) - gate.charge(state.mem)
    fires = free >= theta
    # Where nothing fires a harmless current stands in, so that no branch makes a NaN.
    push = torch.where(fires, current, 2 * theta)
    start = torch.where(fires, state.mem, 0.0)
    rest = (1 - tau * torch.log((push - start) / (push - theta))).clamp(min=0)
    period = tau * torch.log(push / (push - theta))
    extra = torch.floor(rest / period).detach()
    after = push * -torch.expm1(-(rest - extra * period) / tau)
    sent = 1 - gate.charge(start) + extra + gate.charge(after)
    release = torch.where(fires, sent, moved if neuron.backflow else moved.clamp(min=0))
    mem = torch.where(fires, after, free)
    resets = torch.where(fires, 1 + extra, 0.0)
    return release, resets, LIFState(neuron.alpha * state.syn + release, mem)


def steps_per_spike(record: GatedRecord, gate: Gate) -> float:
    """Return at how many grid points the membrane lies inside of the zone, for each reset.

    Below one, most spikes jump over the zone between two grid points: their release does not
    depend on any weight, and the few spikes that are caught get a gradient of order 1/Delta.

    Raises
    ------
    TypeError
        If the record holds no floating-point tensors.

    Examples
    --------
    >>> from snnbook.neurons import run
    >>> drive = torch.full((200, 1, 1), 1.5, dtype=torch.float64)
    >>> narrow, wide = (run(GatedNeuron(gate=Gate(w)), drive) for w in (0.01, 0.4))
    >>> steps_per_spike(narrow, Gate(0.01)) < 1 < steps_per_spike(wide, Gate(0.4))
    True

    Chapter 4a.
    """
    check_kind("record", record, GatedRecord)
    check_kind("gate", gate, Gate)
    check_float("record.mem", record.mem)
    check_finite("record.mem", record.mem.detach(), steps=True)
    check_finite("record.resets", record.resets.detach(), steps=True)
    inside = (gate.density(record.mem.detach()) > 0).sum()
    return float(inside / record.resets.sum().clamp(min=1))
