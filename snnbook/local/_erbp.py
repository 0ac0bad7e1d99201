r"""Event-driven random backpropagation: learning by additions and comparisons (chapter 6a).

There is no backward phase and no trace at the synapse. Each neuron has a second compartment
that collects the error, and an input spike adds what it finds there to the weight.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from snnbook._validate import check_integer, check_positive, is_number
from snnbook.gradients import (
    Gradients,
    NetworkState,
    error_at,
    network_step,
    presynaptic,
    rest,
    run_online,
    whole_run,
)
from snnbook.local._matrices import Feedback, check_feedback
from snnbook.neurons import SpikingNetwork
from snnbook.training import StepError


class ERBPCarry(NamedTuple):
    """State of the network, of the error neurons (B, C) and of each dendrite (B, N)."""

    network: NetworkState
    waiting: Tensor
    dendrites: tuple[Tensor, ...]


@dataclass(frozen=True, eq=False)
class ERBP:
    r"""Event-driven random backpropagation, as a rule that runs with time.

    The dendrite D of a hidden neuron is a leaky integral of the error, sent through H. When
    input j spikes and the membrane is within the window, D is added to the increment:

    .. math::

        D_i[n] = \gamma\, D_i[n-1] + \textstyle\sum_k H_{ki}\, e_k[n], \qquad
        \Delta W_{ij}[n] = \begin{cases} D_i[n] & S_j[n] = 1,\ |U_i[n] - \theta| < b \\
        0 & \text{else} \end{cases}

    In the readout the window is open and :math:`e_k` stands in place of :math:`D_i`. With a
    ``quantum`` q, error neurons add up the error and send spikes worth q, of either sign, so
    that the sum over k is one of additions too.

    Parameters
    ----------
    feedback : Feedback
        Direct, such as ``random_feedback(network, direct=True, generator=generator)``.
    window : float
        Half width b of the boxcar, above 0, in the units of the threshold. Above 1 it holds
        neurons at rest, and they can learn to begin.
    decay : float
        Factor :math:`\gamma` of a dendrite in a step, at least 0 and below 1.
    quantum : float, optional
        Error that one spike of an error neuron is worth, above 0; without it e is graded.

    Raises
    ------
    ValueError
        If a number is out of its range.

    Paper section V.A; chapter 6a. Neftci et al. (2017).
    """

    feedback: Feedback
    window: float = 1.5
    decay: float = 0.8
    quantum: float | None = None

    def __post_init__(self) -> None:
        check_positive("window", self.window)
        if not (is_number(self.decay) and 0 <= self.decay < 1):
            raise ValueError(f"decay is {self.decay!r}; at least 0 and below 1 is accepted")
        if self.quantum is not None:
            check_positive("quantum", self.quantum)

    @torch.no_grad()
    def start(self, network: SpikingNetwork, batch: int) -> ERBPCarry:
        """Return the carry at step 0: everything at rest."""
        check_feedback(network, self.feedback, direct=True)
        check_integer("batch", batch, 1)
        state = rest(network, batch)
        dendrites = tuple(torch.zeros_like(layer.mem) for layer in state.hidden)
        return ERBPCarry(state, torch.zeros_like(state.readout.mem), dendrites)

    @torch.no_grad()
    def step(
        self, network: SpikingNetwork, carry: ERBPCarry, inputs: Tensor, error: StepError, n: int
    ) -> tuple[ERBPCarry, Gradients]:
        """Run the network and the dendrites one step; return the carry and the increment."""
        records, state = network_step(network, carry.network, inputs)
        sent, waiting = self._send(carry.waiting + error_at(error, records[-1].mem, n))
        increment, dendrites = {}, []
        for i, (layer, seen) in enumerate(zip(network.hidden, records[:-1])):
            dendrite = self.decay * carry.dendrites[i] + sent @ self.feedback.matrices[i]
            inside = (seen.mem - layer.neuron.threshold).abs() < self.window
            gated = torch.where(inside, dendrite, 0.0)
            for name, source in presynaptic(layer, i, seen).items():
                increment[name] = _on_spikes(source, gated)
            dendrites.append(dendrite)
        increment["readout.weight"] = _on_spikes(records[-1].source, sent)
        return ERBPCarry(state, waiting, tuple(dendrites)), increment

    def _send(self, waiting: Tensor) -> tuple[Tensor, Tensor]:
        """Return what the error neurons send, and what they keep for later."""
        if self.quantum is None:
            return waiting, torch.zeros_like(waiting)
        above = (waiting >= self.quantum).to(waiting)
        below = (waiting <= -self.quantum).to(waiting)
        sent = self.quantum * (above - below)
        return sent, waiting - sent


def _on_spikes(source: Tensor, value: Tensor) -> Tensor:
    """Add ``value`` (B, N) at each synapse whose input (B, N_in) spikes.

    The product with zeros and ones is how a computer without events adds; the size of the input
    does not enter.
    """
    return value.T @ (source > 0).to(value)


def erbp(
    network: SpikingNetwork,
    spikes: Tensor,
    error: StepError,
    *,
    feedback: Feedback,
    **settings: Any,
) -> Gradients:
    """Return the sum of the increments of :class:`ERBP` over all steps.

    Parameters
    ----------
    network : SpikingNetwork
        Nothing in it is changed.
    spikes : Tensor
        Input, (T, B, inputs).
    error : StepError
        The loss, such as :func:`snnbook.training.step_cross_entropy`.
    feedback : Feedback
        Direct.
    **settings
        ``window``, ``decay`` and ``quantum`` of :class:`ERBP`.

    Returns
    -------
    Gradients
        One tensor for each parameter, by its name in ``network.named_parameters()``.

    Examples
    --------
    >>> from snnbook.training import step_cross_entropy
    >>> from snnbook.local import random_feedback
    >>> network = SpikingNetwork((3, 4, 2))
    >>> feedback = random_feedback(network, "uniform", direct=True)
    >>> error = step_cross_entropy(torch.tensor([1]), steps=20)
    >>> list(erbp(network, torch.ones(20, 1, 3), error, feedback=feedback))
    ['hidden.0.weight', 'readout.weight']

    Paper section V.A; chapter 6a. Neftci et al. (2017); ``eq-06a-erbp``.
    """
    return run_online(ERBP(feedback, **settings), network, spikes, error)


@torch.no_grad()
def erbp_gathered(
    network: SpikingNetwork,
    spikes: Tensor,
    error: StepError,
    *,
    feedback: Feedback,
    **settings: Any,
) -> Gradients:
    """Return what :func:`erbp` returns, gathered after the run: one product for each layer.

    Parameters and errors as there. It is faster, and keeps the whole run in memory.

    Examples
    --------
    >>> from snnbook.training import step_cross_entropy
    >>> from snnbook.local import random_feedback
    >>> network = SpikingNetwork((3, 4, 2), generator=torch.Generator().manual_seed(0))
    >>> feedback = random_feedback(network, "uniform", direct=True)
    >>> spikes, error = torch.ones(20, 1, 3), step_cross_entropy(torch.tensor([1]), steps=20)
    >>> found = erbp_gathered(network, spikes, error, feedback=feedback)
    >>> online = erbp(network, spikes, error, feedback=feedback)
    >>> all(torch.allclose(found[name], value, atol=1e-6) for name, value in online.items())
    True

    Paper section V.A; chapter 6a; ``eq-06a-erbp``.
    """
    rule = ERBP(feedback, **settings)
    check_feedback(network, feedback, direct=True)
    *hidden, out = whole_run(network, spikes)
    sent, waiting = torch.empty_like(out.mem), torch.zeros_like(out.mem[0])
    for n, readout in enumerate(out.mem):
        sent[n], waiting = rule._send(waiting + error_at(error, readout, n))
    found = {}
    for i, (layer, seen) in enumerate(zip(network.hidden, hidden)):
        dendrite = sent @ feedback.matrices[i]
        for n in range(1, len(dendrite)):
            dendrite[n] += rule.decay * dendrite[n - 1]
        inside = (seen.mem - layer.neuron.threshold).abs() < rule.window
        gated = torch.where(inside, dendrite, 0.0).flatten(0, 1)
        for name, source in presynaptic(layer, i, seen).items():
            found[name] = _on_spikes(source.flatten(0, 1), gated)
    found["readout.weight"] = _on_spikes(out.source.flatten(0, 1), sent.flatten(0, 1))
    return found
