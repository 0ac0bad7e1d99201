r"""Three-factor rules that run with time: SuperSpike and e-prop (paper section V.B, chapter 6b).

The change of a synapse from j to i is a product of three factors, each at hand at step n:

.. math::

    \Delta W_{ij}[n] = \underbrace{\sum_k B_{ki}\, e_k[n]}_{\text{error, sent back}}
        \Bigl(\varepsilon * \bigl[\underbrace{g(U_i - \theta)}_{\text{after}}\,
        \underbrace{p_{ij}}_{\text{before}}\bigr]\Bigr)[n],
    \qquad e_k[n] = \frac{\partial \mathcal{L}}{\partial U_k^\text{out}[n]}

where :math:`p` is a trace of the spikes that arrived, and :math:`\varepsilon` the readout's
response to one spike, by which a spike now changes the readout later. The trace inside the
bracket, filtered, is the eligibility trace. What a rule carries does not grow with time.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from snnbook._validate import check_integer
from snnbook.gradients import (
    Gradients,
    LayerStep,
    NetworkState,
    error_at,
    kept,
    network_step,
    presynaptic,
    rest,
    run_online,
    slope,
)
from snnbook.local._matrices import Feedback, check_feedback
from snnbook.neurons import LIF, LIFNeuron, LIFState, SpikingNetwork, leaky_step
from snnbook.training import StepError


class Synapses(NamedTuple):
    """Traces of one weight matrix.

    ``before``: response of a neuron to the spikes that arrived at its synapses, without reset,
    ``syn`` (B, 1, N_in) and ``mem`` (B, 1, N_in), the same for all neurons of the layer, or
    (B, N, N_in) where the reset makes them differ. ``eligibility``: surrogate times ``before``,
    filtered by the readout, ``syn`` and ``mem`` (B, N, N_in).
    """

    before: LIFState
    eligibility: LIFState


class Carry(NamedTuple):
    """What a three-factor rule keeps from one step to the next, by name of the parameter."""

    state: NetworkState
    synapses: dict[str, Synapses]
    readout: LIFState


@dataclass(frozen=True, eq=False)
class SuperSpike:
    """The online form of :func:`superspike`: ``start`` and ``step``.

    Examples
    --------
    >>> from snnbook.local import random_feedback
    >>> network = SpikingNetwork((3, 4, 2))
    >>> rule = SuperSpike(random_feedback(network, "uniform", direct=True))
    >>> carry = rule.start(network, batch=1)
    >>> carry.synapses["hidden.0.weight"].eligibility.mem.shape
    torch.Size([1, 4, 3])

    Paper section V.B; chapter 6b.
    """

    feedback: Feedback

    def start(self, network: SpikingNetwork, batch: int) -> Carry:
        """Return empty traces and the network at rest."""
        check_feedback(network, self.feedback, direct=True)
        return _start(network, batch)

    @torch.no_grad()
    def step(
        self, network: SpikingNetwork, carry: Carry, inputs: Tensor, error: StepError, n: int
    ) -> tuple[Carry, Gradients]:
        """Take the input of step n; return the next carry and the increment."""
        return _step(network, carry, inputs, error, n, self.feedback, _leak)


@dataclass(frozen=True, eq=False)
class EProp:
    """The online form of :func:`e_prop`: ``start`` and ``step``.

    Examples
    --------
    >>> from snnbook.local import random_feedback
    >>> network = SpikingNetwork((3, 4, 2), recurrent=True)
    >>> rule = EProp(random_feedback(network, "symmetric", direct=True))
    >>> list(rule.start(network, batch=1).synapses)
    ['hidden.0.weight', 'hidden.0.recurrent_weight']

    Paper section V.B; chapter 6b.
    """

    feedback: Feedback

    def start(self, network: SpikingNetwork, batch: int) -> Carry:
        """Return empty traces and the network at rest."""
        check_feedback(network, self.feedback, direct=True)
        return _start(network, batch)

    @torch.no_grad()
    def step(
        self, network: SpikingNetwork, carry: Carry, inputs: Tensor, error: StepError, n: int
    ) -> tuple[Carry, Gradients]:
        """Take the input of step n; return the next carry and the increment."""
        return _step(network, carry, inputs, error, n, self.feedback, _own_state)


def superspike(
    network: SpikingNetwork, spikes: Tensor, error: StepError, *, feedback: Feedback
) -> Gradients:
    r"""Return the gradient by SuperSpike: surrogate times presynaptic trace times sent-back error.

    .. math::

        p_j[n+1] &= \beta\, p_j[n] + q_j[n], \qquad q_j[n+1] = \alpha\, q_j[n] + S_j[n] \\
        \Delta W_{ij}[n] &= \sum_k B_{ki} e_k[n]\;
            \bigl(\varepsilon * [\, g(U_i - \theta)\, p_j\,]\bigr)[n]

    Dropped from the exact gradient: the reset, whatever the layer says; every path through
    the recurrent weights V (V itself learns, with the layer's own spikes as S_j); and, below
    the last hidden layer, the layers between, as in direct feedback alignment. The readout's
    gradient is exact.

    Parameters
    ----------
    network : SpikingNetwork
        Weights, time constants and surrogate are read from its layers.
    spikes : Tensor
        Input, (T, B, inputs).
    error : StepError
        The loss, such as :func:`snnbook.training.step_cross_entropy`.
    feedback : Feedback
        The matrices B, direct: one (C, N) for each hidden layer.

    Returns
    -------
    Gradients
        One tensor for each parameter, by its name in ``network.named_parameters()``.

    Notes
    -----
    In Zenke and Ganguli (2018) the outputs spike, and the filter stands in the van Rossum
    loss. Here the outputs are leaky integrators, and the filter is their own response, so the
    rule learns any loss of a readout. The exact rule for one hidden layer with symmetric
    feedback, no reset and no recurrent weights is this one.

    Examples
    --------
    >>> from snnbook.gradients import bptt
    >>> from snnbook.training import step_cross_entropy
    >>> from snnbook.local import random_feedback
    >>> network = SpikingNetwork((3, 4, 2), generator=torch.Generator().manual_seed(0))
    >>> spikes, error = torch.ones(20, 1, 3), step_cross_entropy(torch.tensor([1]), steps=20)
    >>> symmetric = random_feedback(network, "symmetric", direct=True)
    >>> found = superspike(network, spikes, error, feedback=symmetric)
    >>> all(torch.allclose(found[name], x) for name, x in bptt(network, spikes, error).items())
    True

    Paper section V.B; chapter 6b.
    """
    return run_online(SuperSpike(feedback), network, spikes, error)


def e_prop(
    network: SpikingNetwork, spikes: Tensor, error: StepError, *, feedback: Feedback
) -> Gradients:
    r"""Return the gradient by e-prop: eligibility through the neuron's own state alone.

    The hidden state of neuron i is :math:`h_i = (I_i, U_i)`. Its eligibility vector
    follows the state of this one neuron, with all spikes taken as given:

    .. math::

        \epsilon_{ij}[n+1] = \frac{\partial h_i[n+1]}{\partial h_i[n]}\, \epsilon_{ij}[n]
            + \frac{\partial h_i[n+1]}{\partial W_{ij}}, \qquad
        \Delta W_{ij}[n] = \sum_k B_{ki} e_k[n]\;
            \bigl(\varepsilon * [\, g(U_i - \theta)\, \epsilon^U_{ij}\,]\bigr)[n]

    with :math:`k = 1 - S_i[n]` for the reset ``"zero"`` and 1 otherwise:

    .. math::

        \epsilon^I_{ij}[n+1] = \alpha\, \epsilon^I_{ij}[n] + S_j[n], \qquad
        \epsilon^U_{ij}[n+1] = k_i[n]\,\bigl(\beta\, \epsilon^U_{ij}[n] + \epsilon^I_{ij}[n]\bigr)

    Dropped from the exact gradient: every path that leaves a neuron as a spike and comes
    back, through the recurrent weights V, through its own reset, or through a hidden layer
    above. The learning signal is the readout's error alone. The readout's gradient is exact.

    Parameters
    ----------
    network, spikes, error
        As in :func:`superspike`.
    feedback : Feedback
        The matrices B, direct. ``"symmetric"`` and ``"random"`` are the two variants of
        Bellec et al. (2020).

    Returns
    -------
    Gradients
        One tensor for each parameter, by its name in ``network.named_parameters()``.

    Notes
    -----
    With the same feedback and no reset to zero, the traces of e-prop for these neurons are
    those of :func:`superspike`, and the two rules agree exactly. They part where a neuron's
    own state remembers more than a leak: the reset to zero, which erases the trace, and
    adaptation.

    Examples
    --------
    >>> from snnbook.training import step_cross_entropy
    >>> from snnbook.local import random_feedback
    >>> network = SpikingNetwork((3, 4, 2), recurrent=True)
    >>> feedback = random_feedback(network, "symmetric", direct=True)
    >>> error = step_cross_entropy(torch.tensor([1]), steps=20)
    >>> e_prop(network, torch.ones(20, 1, 3), error, feedback=feedback)["readout.weight"].shape
    torch.Size([2, 4])

    Paper section V.B; chapter 6b; ``eq-05b-traces``, ``eq-05b-eprop``.
    """
    return run_online(EProp(feedback), network, spikes, error)


def empty_synapses(network: SpikingNetwork, batch: int) -> dict[str, Synapses]:
    """Return zero traces for each weight of the hidden layers."""
    found = {}
    for i, layer in enumerate(network.hidden):
        for name, weight in layer.named_parameters():
            rows, columns = weight.shape
            before = LIFState(*(weight.new_zeros(batch, 1, columns) for _ in range(2)))
            after = LIFState(*(weight.new_zeros(batch, rows, columns) for _ in range(2)))
            found[f"hidden.{i}.{name}"] = Synapses(before, after)
    return found


def move_on(traces: Synapses, after: Tensor, before: LIFState, neuron: LIFNeuron) -> Synapses:
    """Return the traces of n+1: ``before`` already moved on, the eligibility moved on here.

    ``after`` is the surrogate derivative of step n, (B, N); ``neuron`` are the readout's.
    """
    raised = after.unsqueeze(2) * traces.before.mem
    return Synapses(before, leaky_step(traces.eligibility, raised, neuron))


def _leak(layer: LIF, seen: LayerStep, before: LIFState, arrived: Tensor) -> LIFState:
    """Move the presynaptic trace on by current and membrane alone."""
    alpha, beta = layer.neuron.alpha, layer.neuron.beta
    return LIFState(alpha * before.syn + arrived.unsqueeze(1), beta * before.mem + before.syn)


def _own_state(layer: LIF, seen: LayerStep, before: LIFState, arrived: Tensor) -> LIFState:
    """Move the presynaptic trace on by the neuron's own state, spikes taken as given."""
    moved = _leak(layer, seen, before, arrived)
    k = kept(layer, seen)
    return moved if isinstance(k, float) else LIFState(moved.syn, k.unsqueeze(2) * moved.mem)


def _start(network: SpikingNetwork, batch: int) -> Carry:
    check_integer("batch", batch, 1)
    out = network.readout.weight
    arrived = LIFState(*(out.new_zeros(batch, out.shape[1]) for _ in range(2)))
    return Carry(rest(network, batch), empty_synapses(network, batch), arrived)


def _step(network, carry, inputs, error, n, feedback, own_trace) -> tuple[Carry, Gradients]:
    """Return the next carry, and error times eligibility of every synapse at step n."""
    records, state = network_step(network, carry.state, inputs)
    wrong = error_at(error, records[-1].mem, n)
    increment, synapses = {}, {}
    for i, (layer, seen) in enumerate(zip(network.hidden, records)):
        signal, after = wrong @ feedback.matrices[i], slope(layer, seen)
        for name, arrived in presynaptic(layer, i, seen).items():
            traces = carry.synapses[name]
            increment[name] = torch.einsum("bi,bij->ij", signal, traces.eligibility.mem)
            before = own_trace(layer, seen, traces.before, arrived)
            synapses[name] = move_on(traces, after, before, network.readout.neuron)
    increment["readout.weight"] = wrong.T @ carry.readout.mem
    readout = leaky_step(carry.readout, records[-1].source, network.readout.neuron)
    return Carry(state, synapses, readout), increment
