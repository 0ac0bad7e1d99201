r"""Space and time apart: online rules that go down in one moment (papers of 2022; chapter 6e).

A weight reaches the loss by paths through its own layer, which remembers, and through the
layers above, which remember too. The rules of this file keep the memory of the weight's own
layer as a trace that runs forward, and none of the layers above: a path crosses each of them by
the first step at which a spike acts. A spike of step n charges the current above at n+1 and,
with weight 1, the membrane above at n+2. So the error of layer l, a derivative by U[n], is

.. math::

    \hat\delta^{(l)}_i[n] = g(U^{(l)}_i[n] - \theta) \sum_k W^{(l+1)}_{ki}\,
        \hat\delta^{(l+1)}_k[n+2], \qquad
    \hat\delta^\text{out}_k[n] = e_k[n]
        = \frac{\partial \mathcal{L}}{\partial U^\text{out}_k[n]}

In the exact gradient :math:`\hat\delta^{(l+1)}[n+2]` has companions: what the spike leaves in the
layer above until n+3, n+4 and so on, :math:`\alpha + \beta` times as much at n+3. They are what is
dropped. In the papers a spike acts on the layer above in its own step, so :math:`n` stands there
in place of :math:`n+2`, and all errors of one step use the traces of that step. Here a layer with
d layers above it, the readout among them, waits 2d steps for its error, and keeps its surrogate
and its traces for so long: a memory that grows with depth and not with time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from snnbook._validate import check_integer
from snnbook.gradients import (
    RTRL,
    Gradients,
    Influence,
    LayerStep,
    NetworkState,
    check_network,
    error_at,
    network_step,
    presynaptic,
    read_influence,
    rest,
    run_online,
    slope,
)
from snnbook.neurons import LIFState, SpikingNetwork, leaky_step
from snnbook.training import StepError

#: What moves a trace one step on: the layer, the trace, the records of n, the spikes that arrive.
Move = Callable[[nn.Module, Influence, LayerStep, Tensor], Influence]


class Past(NamedTuple):
    """What a hidden layer keeps of an earlier step: surrogate (B, N), and its traces by name."""

    slope: Tensor
    traces: dict[str, Tensor]


class SplitCarry(NamedTuple):
    """What a rule of this file keeps: network, traces by name of the parameter, and the past.

    ``past`` has, for each hidden layer, the steps that still wait for their error, oldest first.
    """

    state: NetworkState
    traces: dict[str, Influence]
    past: tuple[tuple[Past, ...], ...]


@dataclass(frozen=True)
class OTTT:
    """The online form of :func:`ottt`: ``start`` and ``step``.

    Examples
    --------
    One trace for each input, and a buffer of two steps for each layer above:

    >>> carry = OTTT().start(SpikingNetwork((3, 4, 5, 2)), batch=1)
    >>> carry.traces["hidden.0.weight"].mem.shape, [len(steps) for steps in carry.past]
    (torch.Size([1, 3]), [4, 2])

    Chapter 6e.
    """

    def start(self, network: SpikingNetwork, batch: int) -> SplitCarry:
        """Return empty traces and the network at rest."""
        return _start(network, batch, _shared)

    @torch.no_grad()
    def step(
        self, network: SpikingNetwork, carry: SplitCarry, inputs: Tensor, error: StepError, n: int
    ) -> tuple[SplitCarry, Gradients]:
        """Take the input of step n; return the next carry and the increment."""
        return _step(network, carry, inputs, error, n, _leak)


@dataclass(frozen=True)
class OSTL:
    """The online form of :func:`ostl`: ``start`` and ``step``.

    Examples
    --------
    In a layer with recurrent weights each synapse influences every neuron:

    >>> carry = OSTL().start(SpikingNetwork((3, 4, 2), recurrent=True), batch=1)
    >>> carry.traces["hidden.0.weight"].mem.shape, [len(steps) for steps in carry.past]
    (torch.Size([1, 4, 4, 3]), [2])

    Chapter 6e.
    """

    def start(self, network: SpikingNetwork, batch: int) -> SplitCarry:
        """Return empty traces and the network at rest."""
        return _start(network, batch, RTRL().start_within)

    @torch.no_grad()
    def step(
        self, network: SpikingNetwork, carry: SplitCarry, inputs: Tensor, error: StepError, n: int
    ) -> tuple[SplitCarry, Gradients]:
        """Take the input of step n; return the next carry and the increment."""
        return _step(network, carry, inputs, error, n, RTRL().step_within)


def ottt(network: SpikingNetwork, spikes: Tensor, error: StepError) -> Gradients:
    r"""Return the gradient by online training through time: presynaptic trace times error.

    .. math::

        \Delta W_{ij} = \sum_n \hat\delta_i[n]\, p_j[n], \qquad
        p_j[n+1] = \beta\, p_j[n] + q_j[n], \quad q_j[n+1] = \alpha\, q_j[n] + S_j[n]

    with :math:`\hat\delta` as above. The trace leaks and does nothing else; for recurrent weights
    it is that of the layer's own spikes. Dropped from the exact gradient: the memory of all layers
    above, the readout among them; the reset; and every path through recurrent weights. The
    readout's gradient is exact.

    Parameters
    ----------
    network : SpikingNetwork
        Weights, time constants and surrogate are read from its layers.
    spikes : Tensor
        Input, (T, B, inputs).
    error : StepError
        The loss, such as :func:`snnbook.training.step_cross_entropy`.

    Returns
    -------
    Gradients
        One tensor for each parameter, by its name in ``network.named_parameters()``.

    Notes
    -----
    Xiao et al. (2022) have neurons without a synaptic current, whose spikes act above in the same
    step, and a readout without memory. There one hidden layer loses nothing at its readout; here
    it loses what the readout remembers.

    Examples
    --------
    The spike of step 2 shows in the readout at step 4 for the first time:

    >>> from snnbook.training import step_squared_error
    >>> network = SpikingNetwork((3, 4, 2), generator=torch.Generator().manual_seed(0))
    >>> for steps in (4, 5):
    ...     error = step_squared_error(torch.ones(steps, 1, 2))
    ...     print(bool(ottt(network, torch.ones(steps, 1, 3), error)["hidden.0.weight"].any()))
    False
    True

    Chapter 6e. Xiao et al. (2022); ``eq-06e-space``, ``eq-06e-traces``.
    """
    return run_online(OTTT(), network, spikes, error)


def ostl(network: SpikingNetwork, spikes: Tensor, error: StepError) -> Gradients:
    r"""Return the gradient by online spatio-temporal learning: a layer's exact trace times error.

    .. math::

        \Delta W_{ij} = \sum_n \sum_k \hat\delta_k[n]\, P_{kij}[n], \qquad
        P_{kij}[n] = \frac{\partial U_k[n]}{\partial W_{ij}} \text{ within the layer}

    The trace P is the influence of real-time recurrent learning (:func:`snnbook.gradients.rtrl`),
    kept inside one layer: through the neuron's own state, through its reset where the layer says
    ``reset_gradient=True``, and through the recurrent weights. Dropped from the exact gradient:
    the memory of all layers above, the readout among them. The readout's gradient is exact.

    Parameters
    ----------
    network, spikes, error
        As in :func:`ottt`.

    Returns
    -------
    Gradients
        One tensor for each parameter, by its name in ``network.named_parameters()``.

    Notes
    -----
    Bohnstingl et al. (2022) have neurons whose spikes act above in the same step, so for one
    layer the rule is exact; with more they drop a rest term, the memory of the layers above. In
    this book's networks the readout is such a layer.

    A recurrent layer of N neurons carries :math:`2BN^3` numbers for V; :func:`ostl_gathered` has
    the same sum after the run.

    Examples
    --------
    With one hidden layer all that is missing is the memory of the readout:

    >>> from snnbook.gradients import Adjoint, error_at, record, run_back
    >>> from snnbook.training import step_cross_entropy
    >>> network = SpikingNetwork((3, 4, 2), generator=torch.Generator().manual_seed(0))
    >>> spikes, error = torch.ones(20, 1, 3), step_cross_entropy(torch.tensor([1]), steps=20)
    >>> run = record(network, spikes)
    >>> errors = [error_at(error, seen[-1].mem, n) for n, seen in enumerate(run)]
    >>> without = run_back(network, run, errors, Adjoint(drop={"readout"}))["hidden.0.weight"]
    >>> torch.allclose(ostl(network, spikes, error)["hidden.0.weight"], without)
    True

    Chapter 6e. Bohnstingl et al. (2022); ``eq-06e-space``, ``eq-06e-traces``.
    """
    return run_online(OSTL(), network, spikes, error)


def _start(network: SpikingNetwork, batch: int, empty) -> SplitCarry:
    """Return a network at rest, traces by ``empty(layer, weight, batch)``, and a past of zeros."""
    check_network(network)
    check_integer("batch", batch, 1)
    traces, past, depth = {}, [], len(network.hidden)
    for i, layer in enumerate(network.hidden):
        own = {f"hidden.{i}.{name}": empty(layer, x, batch) for name, x in layer.named_parameters()}
        quiet = {name: trace.mem for name, trace in own.items()}
        traces |= own
        past.append((Past(layer.weight.new_zeros(batch, len(layer.weight)), quiet),))
        past[-1] *= 2 * (depth - i)
    traces["readout.weight"] = _shared(network.readout, network.readout.weight, batch)
    return SplitCarry(rest(network, batch), traces, tuple(past))


def _step(network, carry, inputs, error, n, move: Move) -> tuple[SplitCarry, Gradients]:
    """Return the next carry, and what the error of step n says of steps n-2, n-4 and so on."""
    records, state = network_step(network, carry.state, inputs)
    delta, above = error_at(error, records[-1].mem, n), network.readout
    found = {"readout.weight": read_influence(delta, carry.traces["readout.weight"].mem)}
    for layer, (then, *_) in zip(reversed(network.hidden), reversed(carry.past)):
        delta, above = then.slope * (delta @ above.weight), layer
        found |= {name: read_influence(delta, trace) for name, trace in then.traces.items()}
    traces, past = {}, []
    for i, (layer, seen) in enumerate(zip(network.hidden, records)):
        arrived = presynaptic(layer, i, seen)
        now = Past(slope(layer, seen), {name: carry.traces[name].mem for name in arrived})
        past.append((*carry.past[i][1:], now))
        for name, source in arrived.items():
            traces[name] = move(layer, carry.traces[name], seen, source)
    out = network.readout, carry.traces["readout.weight"], records[-1], records[-1].source
    traces["readout.weight"] = _leak(*out)
    increment = {name: found[name] for name in carry.traces}
    return SplitCarry(state, traces, tuple(past)), increment


def _shared(layer: nn.Module, weight: Tensor, batch: int) -> Influence:
    """Return a trace of 0 for each input, (B, N_in), that all neurons of the layer share."""
    return Influence(*(weight.new_zeros(batch, weight.shape[1]) for _ in range(2)))


def _leak(layer: nn.Module, trace: Influence, seen: LayerStep, source: Tensor) -> Influence:
    """Move a presynaptic trace on: a leak of current and membrane, and nothing else."""
    return Influence(*leaky_step(LIFState(*trace), source, layer.neuron))
