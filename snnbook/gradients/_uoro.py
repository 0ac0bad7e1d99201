r"""RTRL by one random pair of vectors in place of all influences: UORO (chapter 5b).

RTRL carries :math:`\partial s[n]/\partial w`, how each of the network's states s depends on each
weight w. UORO carries two vectors whose outer product has this matrix as its expectation,
:math:`\tilde s`, with one number for each state, and :math:`\tilde w`, with one for each weight:

.. math::

    \tilde s[n+1] &= \rho_0\, J[n]\, \tilde s[n] + \rho_1\, \nu[n] \\
    \tilde w[n+1] &= \frac{1}{\rho_0}\, \tilde w[n] + \frac{1}{\rho_1}\, G[n]^\top \nu[n]

J are the derivatives of the states by the states one step before, G those by the weights directly,
and the signs :math:`\nu`, +1 or -1, are drawn anew in each step.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from snnbook._validate import check_generator, check_integer
from snnbook.gradients._checks import check_network, error_at
from snnbook.gradients._online import (
    Gradients,
    NetworkState,
    is_recurrent,
    kept,
    network_step,
    presynaptic,
    reset_strength,
    rest,
    slope,
)
from snnbook.gradients._run_online import run_online
from snnbook.neurons import LIFState, SpikingNetwork
from snnbook.training import StepError


class UOROCarry(NamedTuple):
    """What UORO keeps between two steps, for a batch of B.

    ``state`` of the network; ``states`` (the vector s), a current and a potential for each neuron,
    layer by layer and the readout last; ``weights`` (the vector w), (B, N, M) for each hidden
    parameter, by name; ``readout``, the exact influence of the readout's weights, (B, 1, N).
    """

    state: NetworkState
    states: tuple[LIFState, ...]
    weights: dict[str, Tensor]
    readout: LIFState


@dataclass(frozen=True, eq=False)
class UORO:
    """The online form of :func:`uoro`: ``start`` and ``step``.

    Examples
    --------
    One number for each weight, where RTRL has one for each weight and neuron:

    >>> network = SpikingNetwork((3, 4, 2), recurrent=True)
    >>> carry = UORO(torch.Generator()).start(network, batch=1)
    >>> {name: tuple(part.shape) for name, part in carry.weights.items()}
    {'hidden.0.weight': (1, 4, 3), 'hidden.0.recurrent_weight': (1, 4, 4)}

    Paper section III; chapter 5b; ``eq-05b-uoro``.
    """

    generator: torch.Generator

    def __post_init__(self) -> None:
        check_generator(self.generator)

    def start(self, network: SpikingNetwork, batch: int) -> UOROCarry:
        """Return a network at rest and vectors of 0."""
        check_network(network)
        check_integer("batch", batch, 1)
        at_rest = rest(network, batch)
        weights = {
            name: value.new_zeros(batch, *value.shape)
            for name, value in network.named_parameters()
            if name.startswith("hidden")
        }
        fan_in = network.readout.weight.shape[1]
        readout = LIFState(*(network.readout.weight.new_zeros(batch, 1, fan_in) for _ in "IU"))
        return UOROCarry(at_rest, (*at_rest.hidden, at_rest.readout), weights, readout)

    @torch.no_grad()
    def step(
        self, network: SpikingNetwork, carry: UOROCarry, inputs: Tensor, error: StepError, n: int
    ) -> tuple[UOROCarry, Gradients]:
        """Return the carry of step n+1, and the gradient of the error of step n."""
        records, state = network_step(network, carry.state, inputs)
        wrong = error_at(error, records[-1].mem, n)
        felt = (wrong * carry.states[-1].mem).sum(1)  # how the loss depends on the vector s
        increment = {
            name: torch.einsum("b,bnm->nm", felt, part) for name, part in carry.weights.items()
        }
        increment["readout.weight"] = wrong.T @ carry.readout.mem[:, 0]
        states, weights = self._move(network, carry, records)
        out = network.readout.neuron
        readout = LIFState(
            out.alpha * carry.readout.syn + records[-1].source[:, None],
            out.beta * carry.readout.mem + carry.readout.syn,
        )
        return UOROCarry(state, states, weights, readout), increment

    def _move(self, network, carry: UOROCarry, records):
        """Return both vectors at step n+1."""
        moved = _one_step(network, carry.states, records)
        signs = [self._signs(seen.spikes) for seen in records[:-1]]
        direct = {
            name: sign[:, :, None] * source[:, None]
            for k, (layer, sign) in enumerate(zip(network.hidden, signs))
            for name, source in presynaptic(layer, k, records[k]).items()
        }
        have, get = _size(carry.weights.values()), _size(part for pair in moved for part in pair)
        new = _size(direct.values())
        both = (have > 0) & (get > 0)  # where one vector is 0, so is the product: drop the other
        old = torch.where(both, (have / get).sqrt(), 1.0)
        fresh = (new / _size(signs)).sqrt()
        states = [
            LIFState(*(both[:, None] * old[:, None] * part for part in pair)) for pair in moved
        ]
        for k, sign in enumerate(signs):
            states[k] = states[k]._replace(syn=states[k].syn + fresh[:, None] * sign)
        shrunk = (both / old)[:, None, None]
        grown = torch.where(fresh > 0, 1 / fresh, 0.0)[:, None, None]
        weights = {
            name: shrunk * part + grown * direct[name] for name, part in carry.weights.items()
        }
        return tuple(states), weights

    def _signs(self, like: Tensor) -> Tensor:
        """Return +1 or -1, each with probability 1/2, of the shape of ``like``."""
        drawn = torch.randint(2, like.shape, generator=self.generator, device=self.generator.device)
        return (2 * drawn - 1).to(like)


def _one_step(network: SpikingNetwork, states, records) -> tuple[LIFState, ...]:
    """Return J s: the change of the states at n+1 that follows from this change at n."""
    moved, below = [], None
    for layer, change, seen in zip((*network.hidden, network.readout), states, records):
        drive = 0.0 if below is None else below @ layer.weight.T
        hidden = seen.spikes is not None
        spikes = slope(layer, seen) * change.mem if hidden else None
        if hidden and is_recurrent(layer):
            drive = drive + spikes @ layer.recurrent().T
        syn = layer.neuron.alpha * change.syn + drive
        mem = layer.neuron.beta * change.mem + change.syn
        if hidden:
            mem = kept(layer, seen) * mem - reset_strength(layer, seen) * spikes
        moved.append(LIFState(syn, mem))
        below = spikes
    return tuple(moved)


def _size(parts) -> Tensor:
    """Return the length of a vector given in parts, for each sample of the batch."""
    return sum((part.flatten(1) ** 2).sum(1) for part in parts).sqrt()


def uoro(
    network: SpikingNetwork, spikes: Tensor, error: StepError, *, generator: torch.Generator
) -> Gradients:
    r"""Return an unbiased random estimate of the gradient, forward in time (UORO).

    Its expectation over the generator's draws is the gradient of :func:`rtrl`. It carries one
    number for each weight and two for each neuron, and a step costs as much as a step of the
    network; the price is noise. The factors are those of the inventors,
    :math:`\rho_0 = \sqrt{\|\tilde w\| / \|J \tilde s\|}` and
    :math:`\rho_1 = \sqrt{\|G^\top \nu\| / \|\nu\|}`, which keep both vectors of similar size; they
    are taken for each sample. The readout's own weights reach no other neuron, and their gradient
    is exact.

    Parameters
    ----------
    network : SpikingNetwork
        Weights, time constants, surrogate and reset are read from its layers.
    spikes : Tensor
        Input, (T, B, inputs).
    error : StepError
        The loss, such as :func:`snnbook.training.step_cross_entropy`.
    generator : torch.Generator
        Draws the signs, anew for each neuron, sample and step.

    Returns
    -------
    Gradients
        One tensor for each parameter, by its name in ``network.named_parameters()``.

    Notes
    -----
    To average over draws, give each sample several times: every copy has signs of its own.

    References
    ----------
    Tallec and Ollivier (2018), International Conference on Learning Representations.

    Examples
    --------
    One estimate has the exact gradient in the readout, and in a hidden layer a random one:

    >>> from snnbook.gradients import rtrl
    >>> from snnbook.training import step_cross_entropy
    >>> draw = torch.Generator().manual_seed(0)
    >>> network = SpikingNetwork((3, 4, 2), recurrent=True, generator=draw).double()
    >>> run = torch.ones(20, 1, 3).double(), step_cross_entropy(torch.tensor([1]), steps=20)
    >>> found, exact = uoro(network, *run, generator=draw), rtrl(network, *run)
    >>> [torch.allclose(found[name], exact[name]) for name in exact]
    [False, False, True]

    Paper section III; chapter 5b; ``eq-05b-uoro``.
    """
    return run_online(UORO(generator), network, spikes, error)
