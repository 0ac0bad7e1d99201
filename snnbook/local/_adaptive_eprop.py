r"""e-prop for neurons whose threshold adapts (paper section V.B, chapter 6b).

The reset is detached in every gradient of this file; the path from a spike through the neuron's
own threshold is not. The neuron is :class:`snnbook.neurons.AdaptiveNeuron`.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from snnbook._validate import (
    check_finite,
    check_integer,
    check_kind,
    check_shape,
)
from snnbook.gradients import check_finite_run, error_at
from snnbook.neurons import (
    AdaptiveNetwork,
    AdaptiveNeuron,
    AdaptiveState,
    LIFState,
    adaptive_step,
    leaky_step,
)
from snnbook.training import StepError


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

    check_kind("network", network, AdaptiveNetwork)
    check_integer("batch", batch, 1)

    def zero(*shape):
        return network.weight.new_zeros(batch, *shape)

    synapses = {}
    for name in ("weight", "recurrent_weight"):
        rows, columns = getattr(network, name).shape
        pairs = [LIFState(zero(*s), zero(*s)) for s in ((columns,), (rows, columns))]
        synapses[name] = AdaptiveTraces(pairs[0], zero(rows, columns), pairs[1])
    outputs, hidden = network.readout.weight.shape
    readout, heard = (LIFState(zero(size), zero(size)) for size in (outputs, hidden))
    rest = network.neuron.initial_state(network.weight.new_empty(batch, hidden))
    return AdaptiveCarry(rest, readout, synapses, heard)


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

    Paper section V.B; chapter 6b. Bellec et al. (2020); ``eq-06b-slow-trace``.
    """
    check_shape("inputs", inputs, (len(carry.readout.mem), network.weight.shape[1]), network.weight)
    neuron, own = network.neuron, network.recurrent_weight
    state, out = carry.state, network.readout.weight
    wrong = error_at(error, carry.readout.mem, n)
    signal = wrong @ (out if feedback is None else feedback)
    bump = _bump(neuron, state.mem, state.adapt).unsqueeze(2)
    phi = network.strength[:, None]
    fired, after = adaptive_step(state, inputs @ network.weight.T, neuron, own)
    increment, synapses = {"readout.weight": wrong.T @ carry.heard.mem}, {}
    for name, arrived in (("weight", inputs), ("recurrent_weight", fired)):
        old = carry.synapses[name]
        increment[name] = torch.einsum("bi,bij->ij", signal, old.eligibility.mem)
        shared = old.before.mem.unsqueeze(1)
        raised = bump * (shared - phi * old.adapt)
        synapses[name] = AdaptiveTraces(
            leaky_step(old.before, arrived, neuron),
            neuron.rho * old.adapt + raised,
            leaky_step(old.eligibility, raised, neuron),
        )
    readout = leaky_step(carry.readout, fired @ out.T, neuron)
    heard = leaky_step(carry.heard, fired, neuron)
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
    check_adaptive(network, spikes, feedback)
    total = {name: torch.zeros_like(value) for name, value in network.named_parameters()}
    carry = adaptive_start(network, spikes.shape[1])
    for n, inputs in enumerate(spikes.unbind(0)):
        carry, increment = adaptive_eprop_step(network, carry, inputs, error, n, feedback)
        for name, value in increment.items():
            total[name] += value
    return {name: value.detach() for name, value in total.items()}


def _bump(neuron: AdaptiveNeuron, mem: Tensor, adapt: Tensor) -> Tensor:
    """Return g(U - A)."""
    return neuron.surrogate.derivative(mem - neuron.limit(adapt))


def check_adaptive(network: AdaptiveNetwork, spikes: Tensor, feedback: Tensor | None) -> None:
    """Raise unless the network is an :class:`AdaptiveNetwork` that takes these finite spikes."""
    check_kind("network", network, AdaptiveNetwork)
    check_finite_run(network, spikes, network.weight)
    if feedback is not None:
        out = network.readout.weight
        check_shape("feedback", feedback, tuple(out.shape), out)
        check_finite("feedback", feedback.detach())
