r"""Local errors: every layer has a readout and a loss of its own (paper section V.C, chapter 6c).

A fixed random readout of each hidden layer is compared with the target, and the error never
leaves the layer. There is nothing to send back through space, and with a readout that has no
memory there is nothing to keep per synapse either: one trace for each arriving spike train.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from snnbook._validate import check_choice, check_integer
from snnbook.gradients import (
    Gradients,
    NetworkState,
    check_network,
    error_at,
    network_step,
    presynaptic,
    rest,
    run_online,
    slope,
)
from snnbook.local._matrices import check_matrices, forward_matrices
from snnbook.local._three_factor import Synapses, empty_synapses, move_on
from snnbook.neurons import LIFState, SpikingNetwork, leaky_step
from snnbook.training import StepError

MEMORIES = ("none", "leaky")


class LocalCarry(NamedTuple):
    """What local errors keep: network, trace of each spike train, local readouts if leaky."""

    state: NetworkState
    before: dict[str, LIFState]
    synapses: dict[str, Synapses]
    readouts: tuple[LIFState, ...]


@dataclass(frozen=True, eq=False)
class LocalErrors:
    """The online form of :func:`local_errors`: ``start`` and ``step``.

    Examples
    --------
    >>> network = SpikingNetwork((3, 4, 2))
    >>> rule = LocalErrors((torch.ones(2, 4),))
    >>> rule.start(network, batch=1).before["hidden.0.weight"].mem.shape
    torch.Size([1, 3])

    Paper section V.C; chapter 6c.
    """

    readouts: tuple[Tensor, ...]
    memory: str = "none"

    def start(self, network: SpikingNetwork, batch: int) -> LocalCarry:
        """Return empty traces and the network at rest."""
        check_choice("memory", self.memory, MEMORIES)
        check_network(network)
        check_integer("batch", batch, 1)
        check_matrices("readouts", self.readouts, forward_matrices(network, direct=True))
        synapses = empty_synapses(network, batch) if self.memory == "leaky" else {}
        before = {
            name: LIFState(*(weight.new_zeros(batch, weight.shape[1]) for _ in range(2)))
            for name, weight in network.named_parameters()
        }
        quiet = tuple(
            LIFState(*(one.new_zeros(batch, len(one)) for _ in range(2))) for one in self.readouts
        )
        return LocalCarry(rest(network, batch), before, synapses, quiet)

    @torch.no_grad()
    def step(
        self, network: SpikingNetwork, carry: LocalCarry, inputs: Tensor, error: StepError, n: int
    ) -> tuple[LocalCarry, Gradients]:
        """Take the input of step n; return the next carry and the increment."""
        records, state = network_step(network, carry.state, inputs)
        increment, before, synapses, quiet = {}, {}, {}, []
        for i, (layer, seen) in enumerate(zip(network.hidden, records)):
            read = seen.spikes @ self.readouts[i].T
            opinion = read if self.memory == "none" else carry.readouts[i].mem
            quiet.append(leaky_step(carry.readouts[i], read, network.readout.neuron))
            signal, after = error_at(error, opinion, n) @ self.readouts[i], slope(layer, seen)
            for name, arrived in presynaptic(layer, i, seen).items():
                trace = carry.before[name]
                before[name] = leaky_step(trace, arrived, layer.neuron)
                if self.memory == "none":
                    increment[name] = (signal * after).T @ trace.mem
                    continue
                traces = carry.synapses[name]
                increment[name] = torch.einsum("bi,bij->ij", signal, traces.eligibility.mem)
                moved = LIFState(*(x.unsqueeze(1) for x in before[name]))
                synapses[name] = move_on(traces, after, moved, network.readout.neuron)
        name, out = "readout.weight", network.readout
        increment[name] = error_at(error, records[-1].mem, n).T @ carry.before[name].mem
        before[name] = leaky_step(carry.before[name], records[-1].source, out.neuron)
        return LocalCarry(state, before, synapses, tuple(quiet)), increment


def local_errors(
    network: SpikingNetwork,
    spikes: Tensor,
    error: StepError,
    *,
    readouts: tuple[Tensor, ...],
    memory: str = "none",
) -> Gradients:
    r"""Return, for each hidden layer, the gradient of a loss of its own fixed random readout.

    .. math::

        y^{(l)}[n] = G^{(l)} S^{(l)}[n], \qquad
        \Delta W^{(l)}_{ij}[n] = \Bigl(\sum_k G^{(l)}_{ki}\,
            \frac{\partial \mathcal{L}(y^{(l)})}{\partial y^{(l)}_k[n]}\Bigr)\,
            g(U_i - \theta)\, p_j[n]

    with the presynaptic trace p of :func:`snnbook.local.superspike`. With
    ``memory="leaky"`` the local readout has the dynamics of the network's readout, and the
    product of surrogate and trace is filtered by them, as in the three-factor rules.

    Every hidden layer uses the network's own target. Dropped from the exact gradient: all
    that a layer does to the layers above it, the reset, and every path through the recurrent
    weights. The readout of the network learns by its exact gradient.

    Parameters
    ----------
    network : SpikingNetwork
        Weights, time constants and surrogate are read from its layers.
    spikes : Tensor
        Input, (T, B, inputs).
    error : StepError
        The loss, the same for every layer.
    readouts : tuple of Tensor
        G of each hidden layer, (C, N), such as :func:`snnbook.local.random_readouts` draws.
    memory : {"none", "leaky"}
        Whether local readouts read the spikes of the step, or integrate them.

    Returns
    -------
    Gradients
        One tensor for each parameter, by its name in ``network.named_parameters()``.

    Raises
    ------
    TypeError, ValueError
        If the spikes or the readouts do not fit the network, or ``memory`` is unknown.

    Notes
    -----
    With one hidden layer, ``memory="leaky"``, the network's own readout weight as G, no reset
    and no recurrent weights, it is the exact gradient of the network. In any network without
    the reset in the gradient and without recurrent weights it is the exact gradient of the
    local losses, each for the weights of its own layer. Kaiser, Mostafa and Neftci (2020)
    train convolutional networks so, with regularizers, under the name DECOLLE.

    Examples
    --------
    >>> from snnbook.training import step_cross_entropy
    >>> network = SpikingNetwork((3, 4, 4, 2))
    >>> error = step_cross_entropy(torch.tensor([1]), steps=20)
    >>> readouts = (torch.ones(2, 4), torch.ones(2, 4))
    >>> list(local_errors(network, torch.ones(20, 1, 3), error, readouts=readouts))
    ['hidden.0.weight', 'hidden.1.weight', 'readout.weight']

    Paper section V.C; chapter 6c; ``eq-06c-update``.
    """
    return run_online(LocalErrors(readouts, memory), network, spikes, error)
