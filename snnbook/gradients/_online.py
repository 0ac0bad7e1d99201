r"""One step of a network, with all that a learning rule may read (chapter 3)."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from snnbook._validate import check_integer, check_kind, check_shape
from snnbook.gradients._checks import check_network
from snnbook.neurons import LIF, LIFState, SpikingNetwork

#: One tensor for each parameter, by its name in ``network.named_parameters()``.
Gradients = dict[str, Tensor]


class LayerStep(NamedTuple):
    """What is known in a layer at step n: ``source`` (B, N_in) and ``syn``, ``mem``, ``spikes``.

    The latter are (B, N); ``source`` are the spikes that arrive, S_in[n]. In the readout
    ``spikes`` is ``None``. Records of a whole run have an axis for time in front.
    """

    source: Tensor
    syn: Tensor | None
    mem: Tensor
    spikes: Tensor | None

    def at(self, n: int) -> "LayerStep":
        """Return step n of the records of a whole run."""
        return LayerStep(*(None if values is None else values[n] for values in self))


#: The records of every step of a run: for each step one record a layer, the readout last.
NetworkHistory = list[tuple[LayerStep, ...]]


class NetworkState(NamedTuple):
    """I[n] and U[n] of all layers: ``hidden``, one :class:`LIFState` each, and ``readout``."""

    hidden: tuple[LIFState, ...]
    readout: LIFState


def rest(network: SpikingNetwork, batch: int) -> NetworkState:
    """Return the state of a network at rest: all currents and potentials 0.

    Examples
    --------
    >>> rest(SpikingNetwork((3, 4, 2)), batch=5).hidden[0].mem.shape
    torch.Size([5, 4])

    Chapter 3.
    """

    check_network(network)
    check_integer("batch", batch, 0)

    def zero(layer):
        return LIFState(*(layer.weight.new_zeros(batch, len(layer.weight)) for _ in range(2)))

    return NetworkState(tuple(zero(layer) for layer in network.hidden), zero(network.readout))


@torch.no_grad()
def network_step(
    network: SpikingNetwork, state: NetworkState, inputs: Tensor
) -> tuple[tuple[LayerStep, ...], NetworkState]:
    """Run a network one step: from the state and the input at n to all records at n.

    Parameters
    ----------
    network : SpikingNetwork
        Hidden layers and a leaky readout.
    state : NetworkState
        I[n] and U[n] of every layer.
    inputs : Tensor
        Input spikes of step n, (B, inputs).

    Returns
    -------
    records : tuple of LayerStep
        One for each hidden layer and, last, one for the readout, all at step n.
    state : NetworkState
        I[n+1] and U[n+1].

    Examples
    --------
    >>> network = SpikingNetwork((3, 4, 2))
    >>> records, state = network_step(network, rest(network, 1), torch.ones(1, 3))
    >>> len(records), records[-1].mem
    (2, tensor([[0., 0.]]))

    Paper section II; chapter 3.
    """
    check_network(network)
    check_kind("state", state, NetworkState)
    fan_in = next(network.parameters()).shape[1]
    check_shape("inputs", inputs, (len(state.readout.mem), fan_in), state.readout.mem)
    records, after = [], []
    for layer, now in zip(network.hidden, state.hidden, strict=True):
        spikes, later = layer.neuron.step(now, inputs @ layer.weight.T, layer.recurrent())
        records.append(LayerStep(inputs, now.syn, now.mem, spikes))
        after.append(later)
        inputs = spikes
    out = network.readout
    _, later = out.neuron.step(state.readout, inputs @ out.weight.T)
    records.append(LayerStep(inputs, state.readout.syn, state.readout.mem, None))
    return tuple(records), NetworkState(tuple(after), later)


def forward_run(
    network: SpikingNetwork, spikes: Tensor, state: NetworkState
) -> tuple[NetworkHistory, NetworkState]:
    """Run a network over some steps; return the records of all of them, and the state after."""
    history = []
    for inputs in spikes.unbind(0):
        records, state = network_step(network, state, inputs)
        history.append(records)
    return history, state


def slope(layer: LIF, record: LayerStep) -> Tensor:
    r"""Return the surrogate derivative :math:`g(U[n] - \theta)` of a hidden layer, (B, N).

    Examples
    --------
    >>> layer = LIF(1, 1)
    >>> at_threshold = LayerStep(torch.zeros(1, 1), torch.zeros(1, 1), torch.ones(1, 1), None)
    >>> slope(layer, at_threshold)
    tensor([[1.]])

    Paper section IV.B; chapter 3.
    """
    derivative = getattr(layer.neuron.surrogate, "derivative", None)
    if derivative is None:
        raise TypeError(
            f"neuron.surrogate is {layer.neuron.surrogate!r}; one with a derivative is accepted"
        )
    return derivative(record.mem - layer.neuron.threshold)


def kept(layer: LIF, record: LayerStep) -> Tensor | float:
    r"""Return k[n], the share of the membrane that the reset leaves: 1, or 1 - S[n] for "zero".

    .. math:: U[n+1] = k[n]\,(\beta U[n] + I[n]) - \theta S[n]\,[\text{reset} = \text{subtract}]

    Examples
    --------
    >>> from snnbook.neurons import LIFNeuron
    >>> zero = torch.zeros(1, 2)
    >>> record = LayerStep(torch.zeros(1, 1), zero, zero, torch.tensor([[0.0, 1.0]]))
    >>> kept(LIF(1, 2, LIFNeuron(reset="zero")), record)
    tensor([[1., 0.]])

    Paper section II; chapter 3.
    """
    return 1 - record.spikes if layer.neuron.reset == "zero" else 1.0


def reset_strength(layer: LIF, record: LayerStep) -> Tensor | float:
    r"""Return :math:`-\partial U[n+1] / \partial S[n]` through the reset, 0 when it is detached.

    It is :math:`\theta` for ``"subtract"``, :math:`\beta U[n] + I[n]` for ``"zero"``.

    Examples
    --------
    >>> from snnbook.neurons import LIFNeuron
    >>> record = LayerStep(*(torch.ones(1, 1) for _ in range(4)))
    >>> through = LIF(1, 1, LIFNeuron(reset_gradient=True))
    >>> reset_strength(LIF(1, 1), record), reset_strength(through, record)
    (0.0, 1.0)

    Paper section II; chapter 3.
    """
    if not layer.neuron.reset_gradient or layer.neuron.reset == "none":
        return 0.0
    if layer.neuron.reset == "subtract":
        return layer.neuron.threshold
    return layer.neuron.beta * record.mem + record.syn


def is_recurrent(layer: nn.Module) -> bool:
    """Return whether the neurons of a layer send spikes to each other: it has weights V.

    Examples
    --------
    >>> network = SpikingNetwork((3, 4, 2), recurrent=True)
    >>> is_recurrent(network.hidden[0]), is_recurrent(network.readout)
    (True, False)

    Chapter 3.
    """
    return isinstance(layer, LIF) and layer.recurrent() is not None


def presynaptic(layer: LIF, index: int, seen: LayerStep) -> dict[str, Tensor]:
    """Return the spikes that arrive at each weight of hidden layer ``index``, by its name.

    Examples
    --------
    >>> seen = LayerStep(torch.ones(1, 3), *(torch.zeros(1, 4) for _ in range(3)))
    >>> {name: source.shape[1] for name, source in presynaptic(LIF(3, 4), 0, seen).items()}
    {'hidden.0.weight': 3}

    Chapters 3 and 6b.
    """
    found = {f"hidden.{index}.weight": seen.source}
    if is_recurrent(layer):
        found[f"hidden.{index}.recurrent_weight"] = seen.spikes
    return found


def layer_of(parameter: str, hidden: int) -> int:
    """Return the index of the layer that a parameter belongs to; the readout's is ``hidden``.

    Examples
    --------
    >>> layer_of("hidden.1.recurrent_weight", hidden=2), layer_of("readout.weight", hidden=2)
    (1, 2)

    Chapter 3.
    """
    return hidden if parameter.startswith("readout") else int(parameter.split(".")[1])
