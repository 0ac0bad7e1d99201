r"""Neurons whose threshold adapts (paper section V.B, chapters 6b and 8b; ``eq-06b-alif``).

.. math::

    A[n]   &= \theta + \phi\, a[n], \qquad S[n] = \Theta(U[n] - A[n]) \\
    a[n+1] &= \rho\, a[n] + S[n], \qquad \rho = e^{-\Delta t / \tau_a} \\
    I[n+1] &= \alpha I[n] + W S_\text{in}[n] + V S[n] \\
    U[n+1] &= \beta U[n] + I[n] - \theta S[n]
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor, nn

from snnbook._validate import (
    check_kind,
    check_same_kind,
    check_time_first,
    is_number,
)
from snnbook.kernels import run_layer
from snnbook.neurons._constants import WithConstants
from snnbook.neurons._layers import LeakyReadout, RecurrentLIF
from snnbook.neurons._lif import LIFNeuron
from snnbook.neurons._network import NetworkOutput, check_sizes
from snnbook.neurons._neuron import check_constant, check_step
from snnbook.neurons._spiking import after_reset, check_coupling
from snnbook.neurons._start import Rates, Start, start
from snnbook.surrogates import Surrogate, fast_sigmoid


class AdaptiveState(NamedTuple):
    """I, U and a of a layer, each (B, N)."""

    syn: Tensor
    mem: Tensor
    adapt: Tensor


class AdaptiveRecord(NamedTuple):
    """What happened in a layer: ``spikes``, ``mem`` and ``threshold`` A, each (T, B, N).

    ``mem`` and ``threshold`` are ``None`` when they were not recorded; ``state`` is that of T.
    """

    spikes: Tensor
    mem: Tensor | None
    threshold: Tensor | None
    state: AdaptiveState


@dataclass(frozen=True, eq=False)
class AdaptiveNeuron(LIFNeuron):
    r"""A LIF neuron whose threshold rises with each spike, and decays slowly.

    The path from a spike through the neuron's own threshold is never detached: it is the slow
    memory that makes these neurons useful.

    Parameters
    ----------
    tau_mem, tau_syn, dt, threshold, surrogate, reset, reset_gradient, spike_at_threshold
        As in :class:`LIFNeuron`; the threshold is that at rest.
    tau_adapt : float or Tensor
        :math:`\tau_a` in seconds, above 0: a number, or (N,), one of each neuron.
    strength : float or Tensor
        :math:`\phi`, what one spike adds to the threshold, at least 0, a number or (N,); 0 is a
        plain LIF neuron.

    Notes
    -----
    Compiled loops run it on a CPU. A layer of it takes 1.3 to 1.9 times as long there as one of LIF
    neurons (one core, forward and backward), and in the plain loop 2.5 to 30 times as long again:
    the small layers gain most.

    Examples
    --------
    >>> round(AdaptiveNeuron(tau_adapt=1.0).rho, 4)
    0.999

    Paper section V.B; chapters 6b and 8b.
    """

    surrogate: Surrogate = fast_sigmoid(width=0.5)
    tau_adapt: float | Tensor = 0.5
    strength: float | Tensor = 0.5

    State = AdaptiveState
    compiled = "adaptive"
    decays = LIFNeuron.decays | {"rho": "tau_adapt"}

    def __post_init__(self) -> None:
        super().__post_init__()
        check_constant("tau_adapt", self.tau_adapt)
        check_coupling("strength", self.strength, low=0)

    @property
    def rho(self) -> float | Tensor:
        """Decay factor of the adaptation over one step."""
        return self._decay("rho")

    def limit(self, adapt: Tensor) -> Tensor:
        r"""Return the threshold :math:`A = \theta + \phi a` for an adaptation."""
        return self.threshold + self.strength * adapt

    def step(
        self, state: AdaptiveState, drive: Tensor, recurrent_weight: Tensor | None = None
    ) -> tuple[Tensor, AdaptiveState]:
        """Take :func:`adaptive_step`."""
        return adaptive_step(state, drive, self, recurrent_weight)

    def record(
        self, output: Tensor, states: AdaptiveState | None, state: AdaptiveState
    ) -> AdaptiveRecord:
        """Return spikes, membrane and threshold at n = 0 .. T-1, and the last state."""
        if states is None:
            return AdaptiveRecord(output, None, None, state)
        return AdaptiveRecord(output, states.mem, self.limit(states.adapt), state)


#: The adaptive neuron of a network when none is given.
DEFAULT_ADAPTIVE = AdaptiveNeuron()


def adaptive_step(
    state: AdaptiveState,
    drive: Tensor,
    neuron: AdaptiveNeuron = DEFAULT_ADAPTIVE,
    recurrent_weight: Tensor | None = None,
) -> tuple[Tensor, AdaptiveState]:
    r"""Take one step: from I[n], U[n], a[n] and the drive x[n] to S[n] and the state of n+1.

    Parameters
    ----------
    state : AdaptiveState
        I[n], U[n] and a[n], each (B, N).
    drive : Tensor
        W S_in[n], (B, N).
    neuron : AdaptiveNeuron
        Time constants, resting threshold, surrogate and reset.
    recurrent_weight : Tensor, optional
        V, (N, N).

    Returns
    -------
    spikes : Tensor
        S[n], (B, N).
    state : AdaptiveState
        At n+1.

    Examples
    --------
    A spike raises the threshold above the potential that made it:

    >>> state = AdaptiveState(torch.zeros(1, 1), torch.full((1, 1), 1.2), torch.zeros(1, 1))
    >>> spikes, state = adaptive_step(state, torch.zeros(1, 1))
    >>> spikes.item(), state.adapt.item()
    (1.0, 1.0)

    Paper section V.B; chapter 6b; ``eq-06b-alif``.
    """
    check_step(neuron, AdaptiveState, state, drive, recurrent_weight)
    each = isinstance(neuron.strength, Tensor) and neuron.strength.dim()
    if each and neuron.strength.shape != drive.shape[-1:]:
        raise ValueError(
            f"strength has shape {tuple(neuron.strength.shape)}; ({drive.shape[-1]},), one of each "
            "neuron, is accepted"
        )
    distance = state.mem - neuron.threshold - neuron.strength * state.adapt
    spikes = neuron.surrogate(distance, neuron.spike_at_threshold)
    if recurrent_weight is not None:
        drive = drive + spikes @ recurrent_weight.T
    mem = after_reset(neuron.beta * state.mem + state.syn, spikes, neuron)
    adapt = neuron.rho * state.adapt + spikes
    return spikes, AdaptiveState(neuron.alpha * state.syn + drive, mem, adapt)


class AdaptiveNetwork(WithConstants, nn.Module):
    """A recurrent layer of adaptive neurons and a leaky readout.

    Parameters
    ----------
    sizes : tuple of int
        Inputs, hidden neurons, outputs.
    neuron : AdaptiveNeuron
        Of the layer; the readout has its time constants.
    adaptive : float
        Share of the neurons that adapt, the last ones; from 0 to 1.
    input_rate, hidden_rate, recurrent_rate, std, readout_std : float
        As in :class:`SpikingNetwork`; ``hidden_rate`` is that of the first half second, before
        thresholds have risen in full.
    generator : torch.Generator, optional
        Source of the initial weights.

    Attributes
    ----------
    strength : Tensor
        :math:`\\phi` of each neuron, (N,): that of ``neuron``, or 0 where it does not adapt.

    Examples
    --------
    >>> network = AdaptiveNetwork((3, 4, 2), adaptive=0.5)
    >>> network(torch.ones(10, 5, 3)).readout.shape, network.strength.tolist()
    (torch.Size([10, 5, 2]), [0.0, 0.0, 0.5, 0.5])

    Paper section V.B; chapter 6b.
    """

    def __init__(
        self,
        sizes: tuple[int, int, int],
        neuron: AdaptiveNeuron = DEFAULT_ADAPTIVE,
        *,
        adaptive: float = 1.0,
        input_rate: float = 10.0,
        hidden_rate: float = 10.0,
        recurrent_rate: float | None = None,
        std: float | None = None,
        readout_std: float | None = None,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        check_kind("neuron", neuron, AdaptiveNeuron)
        sizes = check_sizes(sizes)
        if len(sizes) != 3:
            raise ValueError(f"sizes is {sizes}; inputs, hidden neurons and outputs are accepted")
        if not (is_number(adaptive) and 0 <= adaptive <= 1):
            raise ValueError(f"adaptive is {adaptive!r}; a share from 0 to 1 is accepted")
        inputs, hidden, outputs = sizes
        if isinstance(neuron.strength, Tensor) and len(neuron.strength) != hidden:
            raise ValueError(
                f"strength has {len(neuron.strength)} entries; {hidden}, one of each hidden "
                "neuron, are accepted"
            )
        begin = Start((std,), std)
        if std is None:
            rates = Rates(input_rate, hidden_rate, recurrent_rate)
            begin = start(neuron, sizes, (True,), rates, adaptive=float(adaptive))
        given = {"input_rate": input_rate, "rate": hidden_rate, "recurrent_rate": recurrent_rate}
        given |= {"std": begin.hidden[0], "generator": generator}
        drawn = RecurrentLIF(inputs, hidden, neuron, **given)
        self._neuron = neuron
        self.weight, self.recurrent_weight = drawn.weight, drawn.recurrent_weight
        wide = begin.readout if readout_std is None else readout_std
        given = {"input_rate": hidden_rate, "std": wide, "generator": generator}
        self.readout = LeakyReadout(hidden, outputs, neuron.leaky, **given)
        adapts = torch.arange(hidden) >= hidden - round(adaptive * hidden)
        self.register_buffer("strength", neuron.strength * adapts.to(self.weight.dtype))

    def constants(self) -> dict:
        """Return the constants that change the forward pass; the strengths are a buffer."""
        return {k: v for k, v in self._neuron.constants().items() if k.split("[")[0] != "strength"}

    @property
    def neuron(self) -> AdaptiveNeuron:
        """The neurons of the layer, with the strength of each."""
        return replace(self._neuron, strength=self.strength)

    def forward(self, spikes: Tensor) -> NetworkOutput:
        """Run the network over input spikes (T, B, inputs), from rest."""
        check_time_first("spikes", spikes, features=self.weight.shape[1])
        check_same_kind("spikes", spikes, like=self.weight)
        record = run_layer(self.neuron, spikes, self.weight, recurrent_weight=self.recurrent_weight)
        return NetworkOutput(self.readout(record.spikes).mem, (record,))
