r"""Neurons whose threshold adapts, and e-prop for them (paper section V.B, chapter 6b).

.. math::

    A[n]   &= \theta + \phi\, a[n], \qquad S[n] = \Theta(U[n] - A[n]) \\
    a[n+1] &= \rho\, a[n] + S[n], \qquad \rho = e^{-\Delta t / \tau_a} \\
    I[n+1] &= \alpha I[n] + W S_\text{in}[n] + V S[n] \\
    U[n+1] &= \beta U[n] + I[n] - \theta S[n]

The reset is detached in every gradient of this file. The path from a spike through the
neuron's own threshold is not: it is the slow memory that makes these neurons useful.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from snnbook._validate import check_positive, check_time_first
from snnbook.neurons import (
    DEFAULT_PARAMETERS,
    LeakyReadout,
    LIFParameters,
    LIFState,
    NetworkOutput,
    RecurrentLIF,
    leaky_step,
)
from snnbook.surrogates import Surrogate, fast_sigmoid
from snnbook.training import StepError


@dataclass(frozen=True)
class AdaptiveParameters:
    r"""Time constants of neurons with adaptive threshold, in seconds.

    Parameters
    ----------
    lif : LIFParameters
        Membrane, synapse, time step and resting threshold.
    tau_adapt : float
        :math:`\tau_a`, above 0.

    Examples
    --------
    >>> round(AdaptiveParameters(tau_adapt=1.0).rho, 4)
    0.999

    Paper section V.B; chapter 6b.
    """

    lif: LIFParameters = DEFAULT_PARAMETERS
    tau_adapt: float = 0.5

    def __post_init__(self) -> None:
        check_positive("tau_adapt", self.tau_adapt)

    @property
    def rho(self) -> float:
        """Decay factor of the adaptation over one step."""
        return math.exp(-self.lif.dt / self.tau_adapt)


class AdaptiveState(NamedTuple):
    """I, U and a of a layer, each (B, N)."""

    syn: Tensor
    mem: Tensor
    adapt: Tensor


class AdaptiveRecord(NamedTuple):
    """What happened in a layer: ``spikes``, ``mem`` and ``threshold`` A, each (T, B, N)."""

    spikes: Tensor
    mem: Tensor
    threshold: Tensor


def adaptive_step(
    state: AdaptiveState,
    drive: Tensor,
    params: AdaptiveParameters,
    *,
    strength: Tensor | float,
    recurrent_weight: Tensor | None = None,
    surrogate: Surrogate,
) -> tuple[Tensor, AdaptiveState]:
    r"""Take one step: from I[n], U[n], a[n] and the drive x[n] to S[n] and the state of n+1.

    Parameters
    ----------
    state : AdaptiveState
        I[n], U[n] and a[n], each (B, N).
    drive : Tensor
        W S_in[n], (B, N).
    params : AdaptiveParameters
        Time constants and resting threshold.
    strength : Tensor (N,) or float
        :math:`\phi`, what one spike adds to the threshold; 0 is a plain LIF neuron.
    recurrent_weight : Tensor, optional
        V, (N, N).
    surrogate : Surrogate
        Derivative of the step in the backward pass.

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
    >>> params = AdaptiveParameters()
    >>> step = {"strength": 0.5, "surrogate": fast_sigmoid()}
    >>> spikes, state = adaptive_step(state, torch.zeros(1, 1), params, **step)
    >>> spikes.item(), state.adapt.item()
    (1.0, 1.0)

    Paper section V.B; chapter 6b.
    """
    lif = params.lif
    spikes = surrogate(state.mem - lif.threshold - strength * state.adapt)
    if recurrent_weight is not None:
        drive = drive + spikes @ recurrent_weight.T
    mem = lif.beta * state.mem + state.syn - lif.threshold * spikes.detach()
    return spikes, AdaptiveState(
        lif.alpha * state.syn + drive, mem, params.rho * state.adapt + spikes
    )


class AdaptiveNetwork(nn.Module):
    """A recurrent layer of adaptive neurons and a leaky readout.

    Parameters
    ----------
    sizes : tuple of int
        Inputs, hidden neurons, outputs.
    params : AdaptiveParameters
        Time constants of the layer; the readout has those of ``params.lif``.
    adaptive : float
        Share of the neurons that adapt, the last ones; from 0 to 1.
    strength : float
        :math:`\\phi` of those that do.
    surrogate : Surrogate
        As in :func:`snnbook.neurons.lif_step`.
    input_rate : float
        Rate in Hz for which the initial input weights are drawn.
    generator : torch.Generator, optional
        Source of the initial weights.

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
        params: AdaptiveParameters = AdaptiveParameters(),  # noqa: B008  (an immutable value)
        *,
        adaptive: float = 1.0,
        strength: float = 0.5,
        surrogate: Surrogate = fast_sigmoid(width=0.5),  # noqa: B008
        input_rate: float = 10.0,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        if len(sizes) != 3:
            raise ValueError(f"sizes is {sizes}; inputs, hidden neurons and outputs are accepted")
        if not 0 <= adaptive <= 1:
            raise ValueError(f"adaptive is {adaptive}; a share from 0 to 1 is accepted")
        inputs, hidden, outputs = sizes
        drawn = RecurrentLIF(inputs, hidden, params.lif, input_rate=input_rate, generator=generator)
        self.params, self.surrogate = params, surrogate
        self.weight, self.recurrent_weight = drawn.weight, drawn.recurrent_weight
        self.readout = LeakyReadout(hidden, outputs, params.lif, generator=generator)
        adapts = torch.arange(hidden) >= hidden - round(adaptive * hidden)
        self.register_buffer("strength", strength * adapts.to(self.weight.dtype))

    def rest(self, batch: int) -> AdaptiveState:
        """Return the state of a network at rest."""
        return AdaptiveState(*(self.weight.new_zeros(batch, len(self.weight)) for _ in range(3)))

    def step(self, state: AdaptiveState, inputs: Tensor) -> tuple[Tensor, AdaptiveState]:
        """Take one step of the hidden layer: its spikes (B, N) and the next state."""
        return adaptive_step(
            state,
            inputs @ self.weight.T,
            self.params,
            strength=self.strength,
            recurrent_weight=self.recurrent_weight,
            surrogate=self.surrogate,
        )

    def forward(self, spikes: Tensor) -> NetworkOutput:
        """Run the network over input spikes (T, B, inputs), from rest."""
        check_time_first("spikes", spikes, features=self.weight.shape[1])
        state, rows = self.rest(spikes.shape[1]), []
        for inputs in spikes.unbind(0):
            limit = self.params.lif.threshold + self.strength * state.adapt
            mem = state.mem
            fired, state = self.step(state, inputs)
            rows.append((fired, mem, limit))
        record = AdaptiveRecord(*(torch.stack(column) for column in zip(*rows)))
        return NetworkOutput(self.readout(record.spikes).mem, (record,))


class AdaptiveTraces(NamedTuple):
    """What e-prop keeps for one weight matrix.

    ``before`` (B, N_in): response to the spikes that arrived; ``adapt`` and ``eligibility``:
    (B, N, N_in), one number for each synapse.
    """

    before: LIFState
    adapt: Tensor
    eligibility: LIFState


class AdaptiveCarry(NamedTuple):
    """What e-prop keeps from one step to the next."""

    state: AdaptiveState
    readout: LIFState
    synapses: dict[str, AdaptiveTraces]
    heard: LIFState


def adaptive_start(network: AdaptiveNetwork, batch: int) -> AdaptiveCarry:
    """Return empty traces and the network at rest.

    Examples
    --------
    >>> carry = adaptive_start(AdaptiveNetwork((3, 4, 2)), batch=1)
    >>> carry.synapses["weight"].adapt.shape
    torch.Size([1, 4, 3])

    Chapter 6b.
    """

    def zero(*shape):
        return network.weight.new_zeros(batch, *shape)

    synapses = {}
    for name in ("weight", "recurrent_weight"):
        rows, columns = getattr(network, name).shape
        pairs = [LIFState(zero(*s), zero(*s)) for s in ((columns,), (rows, columns))]
        synapses[name] = AdaptiveTraces(pairs[0], zero(rows, columns), pairs[1])
    outputs, hidden = network.readout.weight.shape
    readout, heard = (LIFState(zero(size), zero(size)) for size in (outputs, hidden))
    return AdaptiveCarry(network.rest(batch), readout, synapses, heard)


@torch.no_grad()
def adaptive_eprop_step(
    network: AdaptiveNetwork,
    carry: AdaptiveCarry,
    inputs: Tensor,
    error: StepError,
    n: int,
    feedback: Tensor | None = None,
) -> tuple[AdaptiveCarry, dict[str, Tensor]]:
    r"""Take one step of the network and of e-prop.

    .. math::

        \epsilon^a_{ij}[n+1] &= (\rho - \phi\, g_i[n])\, \epsilon^a_{ij}[n]
            + g_i[n]\, \epsilon^U_j[n] \\
        e_{ij}[n] &= g_i[n]\, (\epsilon^U_j[n] - \phi\, \epsilon^a_{ij}[n])

    Parameters
    ----------
    network : AdaptiveNetwork
        Nothing in it is changed.
    carry : AdaptiveCarry
        From :func:`adaptive_start` or the step before.
    inputs : Tensor
        Input spikes of step n, (B, inputs).
    error : StepError
        As in :func:`snnbook.training.step_squared_error`.
    n : int
        The step.
    feedback : Tensor, optional
        B, (outputs, N); by default the readout's weight.

    Returns
    -------
    carry : AdaptiveCarry
        For the next step.
    increment : dict
        One tensor for each parameter, by name.

    Examples
    --------
    >>> from snnbook.training import step_squared_error
    >>> network, error = AdaptiveNetwork((3, 4, 2)), step_squared_error(torch.zeros(9, 1, 2))
    >>> carry = adaptive_start(network, batch=1)
    >>> carry, increment = adaptive_eprop_step(network, carry, torch.ones(1, 3), error, 0)
    >>> sorted(increment)
    ['readout.weight', 'recurrent_weight', 'weight']

    Paper section V.B; chapter 6b. Bellec et al. (2020).
    """
    lif, rho = network.params.lif, network.params.rho
    state, out = carry.state, network.readout.weight
    wrong = error(carry.readout.mem, n)
    signal = wrong @ (out if feedback is None else feedback)
    bump = _bump(network, state.mem, state.adapt).unsqueeze(2)
    phi = network.strength[:, None]
    fired, after = network.step(state, inputs)
    increment, synapses = {"readout.weight": wrong.T @ carry.heard.mem}, {}
    for name, arrived in (("weight", inputs), ("recurrent_weight", fired)):
        old = carry.synapses[name]
        increment[name] = torch.einsum("bi,bij->ij", signal, old.eligibility.mem)
        shared = old.before.mem.unsqueeze(1)
        raised = bump * (shared - phi * old.adapt)
        synapses[name] = AdaptiveTraces(
            leaky_step(old.before, arrived, lif),
            rho * old.adapt + raised,
            leaky_step(old.eligibility, raised, lif),
        )
    readout = leaky_step(carry.readout, fired @ out.T, lif)
    heard = leaky_step(carry.heard, fired, lif)
    return AdaptiveCarry(after, readout, synapses, heard), increment


def adaptive_eprop(
    network: AdaptiveNetwork, spikes: Tensor, error: StepError, *, feedback: Tensor | None = None
) -> dict[str, Tensor]:
    """Run :func:`adaptive_eprop_step` over all steps and return the sum of its increments.

    Parameters
    ----------
    network, error, feedback
        As in :func:`adaptive_eprop_step`.
    spikes : Tensor
        Input, (T, B, inputs).

    Returns
    -------
    dict
        One tensor for each parameter, by its name in ``network.named_parameters()``.

    Notes
    -----
    It is the exact gradient (with a detached reset) where the recurrent weights are zero.

    Examples
    --------
    >>> from snnbook.training import step_squared_error
    >>> network, error = AdaptiveNetwork((3, 4, 2)), step_squared_error(torch.zeros(9, 1, 2))
    >>> adaptive_eprop(network, torch.ones(9, 1, 3), error)["weight"].shape
    torch.Size([4, 3])

    Paper section V.B; chapter 6b.
    """
    check_time_first("spikes", spikes, features=network.weight.shape[1])
    total = {name: torch.zeros_like(value) for name, value in network.named_parameters()}
    carry = adaptive_start(network, spikes.shape[1])
    for n, inputs in enumerate(spikes.unbind(0)):
        carry, increment = adaptive_eprop_step(network, carry, inputs, error, n, feedback)
        for name, value in increment.items():
            total[name] += value
    return {name: value.detach() for name, value in total.items()}


def _bump(network: AdaptiveNetwork, mem: Tensor, adapt: Tensor) -> Tensor:
    """Return g(U - A)."""
    limit = network.params.lif.threshold + network.strength * adapt
    return network.surrogate.derivative(mem - limit)
