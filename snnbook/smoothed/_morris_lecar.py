"""A neuron whose spike is part of its dynamics: Morris-Lecar, and the resting state of such."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from snnbook._validate import check_positive, is_number


@dataclass(frozen=True)
class MorrisLecar:
    r"""The neuron of Morris and Lecar, in the units mV, ms, µA/cm², mS/cm² and µF/cm².

    .. math::

        C \dot V &= I - g_L (V - V_L) - g_{Ca} m_\infty(V) (V - V_{Ca}) - g_K w (V - V_K) \\
        \dot w &= \phi \cosh\!\big((V - V_3) / 2 V_4\big) \, \big(w_\infty(V) - w\big)

    with :math:`m_\infty = (1 + \tanh((V - V_1) / V_2)) / 2` and
    :math:`w_\infty = (1 + \tanh((V - V_3) / V_4)) / 2`.
    The defaults are the parameters with which Rinzel and Ermentrout (1998) show oscillations
    that start at zero frequency; ``hopf()`` gives those that start at a frequency above zero.

    Examples
    --------
    The resting state without input does not move:

    >>> neuron = MorrisLecar()
    >>> rest = neuron.rest()
    >>> bool(neuron.derivative(rest, torch.zeros(())).abs().max() < 1e-9)
    True

    Morris and Lecar (1981); Rinzel and Ermentrout (1998); chapter 4a; paper section IV.A.1;
    ``eq-04a-morris-lecar``.
    """

    C: float = 20.0
    g_L: float = 2.0
    g_Ca: float = 4.0
    g_K: float = 8.0
    V_L: float = -60.0
    V_Ca: float = 120.0
    V_K: float = -84.0
    V_1: float = -1.2
    V_2: float = 18.0
    V_3: float = 12.0
    V_4: float = 17.4
    phi: float = 1 / 15

    def __post_init__(self) -> None:
        check_parameters(self, ("C", "V_2", "V_4", "phi"))

    @classmethod
    def hopf(cls) -> "MorrisLecar":
        """Return the parameters whose spikes start at a frequency above zero.

        >>> MorrisLecar.hopf().V_4
        30.0
        """
        return cls(g_Ca=4.4, V_3=2.0, V_4=30.0, phi=0.04)

    def derivative(self, state: Tensor, current: Tensor) -> Tensor:
        """Return the time derivative of the state (V, w) on the last axis, per ms."""
        v, w = state.unbind(-1)
        m = 0.5 * (1 + torch.tanh((v - self.V_1) / self.V_2))
        w_end = 0.5 * (1 + torch.tanh((v - self.V_3) / self.V_4))
        inward = self.g_L * (v - self.V_L) + self.g_Ca * m * (v - self.V_Ca)
        dv = (current - inward - self.g_K * w * (v - self.V_K)) / self.C
        dw = self.phi * torch.cosh((v - self.V_3) / (2 * self.V_4)) * (w_end - w)
        return torch.stack((dv, dw), -1)

    def steady(self, mem: Tensor) -> Tensor:
        """Return the state (V, w) whose recovery has settled at a membrane potential."""
        return torch.stack((mem, 0.5 * (1 + torch.tanh((mem - self.V_3) / self.V_4))), -1)

    def rest(self) -> Tensor:
        """Return the state (V, w) in which the neuron rests without input, float64."""
        return find_rest(self, -80.0, -45.0)  # below V_1 the total current rises with V


def check_parameters(neuron, positive: Sequence[str]) -> None:
    """Raise an error unless every field is a finite number, and those named are above 0."""
    for field in fields(neuron):
        value = getattr(neuron, field.name)
        if not (is_number(value) and math.isfinite(value)):
            raise ValueError(f"{field.name} is {value!r}; a finite number is accepted")
    for name in positive:
        check_positive(name, getattr(neuron, name))


def find_rest(neuron, low: float, high: float) -> Tensor:
    """Return the steady state between two membrane potentials in which nothing flows: bisect."""
    for _ in range(80):
        state = neuron.steady(torch.tensor((low + high) / 2, dtype=torch.float64))
        middle, rising = state[0].item(), neuron.derivative(state, torch.zeros(()))[0] > 0
        low, high = (middle, high) if rising else (low, middle)
    return state
