"""Smooth neurons with smooth synapses among them (chapter 4a)."""

from dataclasses import dataclass

import torch
from torch import Tensor

from snnbook._validate import check_finite, check_float, check_kind, check_positive
from snnbook.smoothed._excitable import FitzHughNagumo, HodgkinHuxley
from snnbook.smoothed._gate import Gate
from snnbook.smoothed._morris_lecar import MorrisLecar


@dataclass(frozen=True, eq=False)
class CoupledNeurons:
    r"""A layer of smooth neurons, and synapses that send while a membrane rises through a zone.

    .. math::

        \dot s = -s / \tau_\text{syn} + g(V) \, [\dot V]_+, \qquad I = x + W_\text{rec} s

    This is the trace of the gated neuron, driven by a membrane that needs no reset: each full
    spike sends one unit. Nothing in the layer jumps. It goes to :func:`solve` like one neuron; the
    last number of its state is s.

    Parameters
    ----------
    neuron : MorrisLecar, FitzHughNagumo or HodgkinHuxley
        The membrane; its units are those of all others.
    gate : Gate
        The zone of the potential through which a spike rises.
    tau_syn : float
        Time constant of the trace, above 0.
    recurrent_weight : Tensor
        (N, N), the current per unit of trace; (K, N, N) for K layers side by side.

    Raises
    ------
    TypeError, ValueError
        If a value is none of those named.

    Examples
    --------
    >>> weight = torch.zeros(2, 2, dtype=torch.float64)
    >>> layer = CoupledNeurons(MorrisLecar(), Gate(30.0, threshold=10.0), 20.0, weight)
    >>> layer.rest()[-1].item()
    0.0

    Chapter 4a; paper section IV.A.1; ``eq-04a-coupled``.
    """

    neuron: MorrisLecar | FitzHughNagumo | HodgkinHuxley
    gate: Gate
    tau_syn: float
    recurrent_weight: Tensor

    def __post_init__(self) -> None:
        if not (hasattr(self.neuron, "derivative") and hasattr(self.neuron, "rest")):
            raise TypeError(f"neuron is a {type(self.neuron).__name__}; a MorrisLecar is accepted")
        check_kind("gate", self.gate, Gate)
        check_positive("tau_syn", self.tau_syn)
        check_float("recurrent_weight", self.recurrent_weight)
        shape = tuple(self.recurrent_weight.shape)
        if len(shape) < 2 or shape[-1] != shape[-2]:
            raise ValueError(f"recurrent_weight has shape {shape}; (N, N) is accepted")
        check_finite("recurrent_weight", self.recurrent_weight.detach())

    def derivative(self, state: Tensor, current: Tensor) -> Tensor:
        """Return the time derivative of the states (V, ..., s) on the last axis."""
        own, trace = state[..., :-1], state[..., -1]
        change = self.neuron.derivative(own, current + trace @ self.recurrent_weight.mT)
        sent = self.gate.density(own[..., 0]) * change[..., 0].clamp(min=0)
        return torch.cat((change, (sent - trace / self.tau_syn)[..., None]), -1)

    def rest(self) -> Tensor:
        """Return the state in which one neuron rests without input, its trace at 0, float64."""
        return torch.cat((self.neuron.rest(), torch.zeros(1, dtype=torch.float64)))
