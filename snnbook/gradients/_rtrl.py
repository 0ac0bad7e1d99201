r"""Real-time recurrent learning: the gradient forward in time (paper section III; chapter 3).

Nothing of the past is stored. Instead the network carries how every state depends on every
weight, the influences :math:`P^I = \partial I[n]/\partial w` and
:math:`P^U = \partial U[n]/\partial w`, and moves them on with the state itself:

.. math::

    P^S[n]   &= g(U[n] - \theta)\, P^U[n] \\
    P^I[n+1] &= \alpha P^I[n] + V P^S[n] + W P^{S,\text{below}}[n] + \text{direct}[n] \\
    P^U[n+1] &= k[n]\,(\beta P^U[n] + P^I[n]) - \rho[n]\, P^S[n]

The direct term is the weight's own effect: :math:`S_j[n]` of the synapse's source, at the
neuron that the synapse belongs to and nowhere else.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from snnbook._validate import check_flag, check_integer
from snnbook.gradients._checks import check_network, error_at
from snnbook.gradients._online import (
    Gradients,
    LayerStep,
    NetworkState,
    is_recurrent,
    kept,
    layer_of,
    network_step,
    reset_strength,
    rest,
    slope,
)
from snnbook.gradients._run_online import run_online
from snnbook.neurons import SpikingNetwork
from snnbook.training import StepError


class Influence(NamedTuple):
    """The derivatives ``syn`` of I and ``mem`` of U of one layer by one weight matrix (N, M).

    Full: (B, K, N, M) for the K neurons of the layer. Where a weight reaches no neuron but
    its own, only that one is kept: (B, N, M), one number for each synapse. Where all neurons
    answer an input alike, one number for each input is enough: (B, M).
    """

    syn: Tensor
    mem: Tensor


class RTRLCarry(NamedTuple):
    """State of the network, and for each parameter its influence on the layers from its own on."""

    state: NetworkState
    influence: dict[str, tuple[Influence, ...]]


@dataclass(frozen=True)
class RTRL:
    """The online rule behind :func:`rtrl`, with the same settings.

    Examples
    --------
    The influence of N = 4 neurons on each other, for a batch of 1:

    >>> carry = RTRL().start(SpikingNetwork((3, 4, 2), recurrent=True), batch=1)
    >>> {name: tuple(parts[0].mem.shape) for name, parts in carry.influence.items()}
    ... # doctest: +NORMALIZE_WHITESPACE
    {'hidden.0.weight': (1, 4, 4, 3), 'hidden.0.recurrent_weight': (1, 4, 4, 4),
     'readout.weight': (1, 2, 4)}

    Paper section III; chapter 3; ``eq-03-spiking-forward``.
    """

    recurrent: bool = True
    reset: bool = True

    def __post_init__(self) -> None:
        check_flag("recurrent", self.recurrent)
        check_flag("reset", self.reset)

    def start(self, network: SpikingNetwork, batch: int) -> RTRLCarry:
        """Return a network at rest and influences of 0."""
        check_network(network)
        check_integer("batch", batch, 1)
        layers = [*network.hidden, network.readout]
        influence = {}
        for name, parameter in network.named_parameters():
            own = layer_of(name, len(network.hidden))
            parts = []
            for layer in layers[own + 1 :]:
                parts.append(_none(parameter, batch, len(layer.weight)))
            influence[name] = (self.start_within(layers[own], parameter, batch), *parts)
        return RTRLCarry(rest(network, batch), influence)

    def start_within(self, layer: nn.Module, weight: Tensor, batch: int) -> Influence:
        """Return the influence of a weight on its own layer at step 0: none."""
        return _none(weight, batch, *([len(layer.weight)] if self._mixes(layer) else []))

    @torch.no_grad()
    def step(
        self, network: SpikingNetwork, carry: RTRLCarry, inputs: Tensor, error: StepError, n: int
    ) -> tuple[RTRLCarry, Gradients]:
        """Return the carry of step n+1, and the gradient of the error of step n."""
        records, state = network_step(network, carry.state, inputs)
        wrong = error_at(error, records[-1].mem, n)
        increment = {
            name: read_influence(wrong, parts[-1].mem) for name, parts in carry.influence.items()
        }
        influence = {
            name: self._move(network, name, parts, records)
            for name, parts in carry.influence.items()
        }
        return RTRLCarry(state, influence), increment

    @torch.no_grad()
    def step_within(
        self, layer: nn.Module, part: Influence, seen: LayerStep, source: Tensor
    ) -> Influence:
        """Return the influence at n+1 of a weight on its own layer; ``source`` are its spikes."""
        spikes = self._spike_influence(layer, part, seen)
        drive = self._own_drive(layer, spikes, source, part.syn)
        return self._advance(layer, part, seen, spikes, drive)

    def _mixes(self, layer) -> bool:
        """Return whether the neurons of the layer influence each other."""
        return self.recurrent and is_recurrent(layer)

    def _move(self, network, name, parts, records) -> tuple[Influence, ...]:
        """Return the influences of one parameter at step n+1."""
        layers, own = [*network.hidden, network.readout], layer_of(name, len(network.hidden))
        moved, below = [], None
        for layer, part, seen in zip(layers[own:], parts, records[own:], strict=True):
            spikes = self._spike_influence(layer, part, seen)
            if below is None:
                source = seen.spikes if name.endswith("recurrent_weight") else seen.source
                drive = self._own_drive(layer, spikes, source, part.syn)
            else:
                drive = _through(layer.weight, below)
                if self._mixes(layer):
                    drive += _through(layer.recurrent(), spikes)
            moved.append(self._advance(layer, part, seen, spikes, drive))
            below = spikes
        return tuple(moved)

    def _spike_influence(self, layer, part: Influence, seen: LayerStep) -> Tensor | None:
        return None if seen.spikes is None else _over(slope(layer, seen), part.mem) * part.mem

    def _own_drive(self, layer, spikes, source: Tensor, like: Tensor) -> Tensor:
        """Return the drive's derivative in the layer that the weight belongs to."""
        if not self._mixes(layer):
            return source[:, None, :].expand(like.shape)
        drive = _through(layer.recurrent(), spikes)
        drive.diagonal(dim1=1, dim2=2).add_(source[:, :, None])
        return drive

    def _advance(self, layer, part: Influence, seen: LayerStep, spikes, drive) -> Influence:
        syn = part.syn * layer.neuron.alpha + drive
        mem = part.mem * layer.neuron.beta + part.syn
        if spikes is None:
            return Influence(syn, mem)
        if layer.neuron.reset == "zero":
            mem *= _over(kept(layer, seen), mem)
        if self.reset and layer.neuron.reset_gradient and layer.neuron.reset != "none":
            mem -= _over(reset_strength(layer, seen), mem) * spikes
        return Influence(syn, mem)


def rtrl(
    network: SpikingNetwork,
    spikes: Tensor,
    error: StepError,
    *,
    recurrent: bool = True,
    reset: bool = True,
) -> Gradients:
    r"""Return the gradient by real-time recurrent learning: exact, forward, without history.

    Parameters
    ----------
    network : SpikingNetwork
        Weights, time constants, surrogate and reset are read from its layers.
    spikes : Tensor
        Input, (T, B, inputs).
    error : StepError
        The loss, such as :func:`step_cross_entropy`.
    recurrent : bool
        Whether influence spreads through V. Without it a hidden layer needs one number for
        each synapse, and the gradient is no longer exact where V is not 0.
    reset : bool
        Whether influence passes the reset, in layers with ``reset_gradient=True``.

    Returns
    -------
    Gradients
        One tensor for each parameter, by its name in ``network.named_parameters()``.

    Notes
    -----
    A recurrent layer of N neurons carries :math:`2BN^3` numbers for V alone, and moves them
    on with :math:`BN^4` multiply-adds in every step: keep N small.

    Examples
    --------
    >>> from snnbook.gradients import bptt
    >>> from snnbook.training import step_cross_entropy
    >>> generator = torch.Generator().manual_seed(0)
    >>> network = SpikingNetwork((3, 4, 2), recurrent=True, generator=generator).double()
    >>> run = torch.ones(20, 1, 3).double(), step_cross_entropy(torch.tensor([1]), steps=20)
    >>> forward, backward = rtrl(network, *run), bptt(network, *run)
    >>> all(torch.allclose(forward[name], backward[name]) for name in backward)
    True

    Paper section III; chapter 3; ``eq-03-spiking-forward``.
    """
    return run_online(RTRL(recurrent, reset), network, spikes, error)


def _over(factor: Tensor | float, influence: Tensor) -> Tensor | float:
    """Shape a factor of each neuron (B, K) so that it multiplies the influence on that neuron."""
    if not isinstance(factor, Tensor):
        return factor
    return factor.reshape(*factor.shape, *[1] * (influence.dim() - 2))


def _through(weight: Tensor, influence: Tensor) -> Tensor:
    """Return the influence (B, K, N, M) behind a weight (K, I), from that before it."""
    if influence.dim() == 3:  # one number for each synapse: neuron i is reached by row i alone
        return weight[None, :, :, None] * influence[:, None]
    return torch.einsum("ki,binm->bknm", weight, influence)


def read_influence(wrong: Tensor, influence: Tensor) -> Tensor:
    """Return the sum over batch and neurons of error times influence: a gradient, (N, M).

    Parameters
    ----------
    wrong : Tensor
        The error of each neuron of the layer, (B, K).
    influence : Tensor
        The ``mem`` of an :class:`Influence`, in one of its three shapes.

    Examples
    --------
    Two neurons that answer three inputs alike:

    >>> read_influence(torch.tensor([[1.0, 2.0]]), torch.tensor([[0.0, 1.0, 2.0]]))
    tensor([[0., 1., 2.],
            [0., 2., 4.]])

    Paper section III; chapter 3.
    """
    if influence.dim() == 2:
        return wrong.T @ influence
    if influence.dim() == 3:
        return torch.einsum("bc,bcm->cm", wrong, influence)
    return torch.einsum("bc,bcnm->nm", wrong, influence)


def _none(weight: Tensor, batch: int, *neurons: int) -> Influence:
    """Return an influence of 0, (B, N, M) or, with the neurons of a layer, (B, K, N, M)."""
    return Influence(*(weight.new_zeros(batch, *neurons, *weight.shape) for _ in range(2)))
