"""Two more neurons whose spike is part of their dynamics: FitzHugh-Nagumo and Hodgkin-Huxley."""

from dataclasses import dataclass

import torch
from torch import Tensor

from snnbook.smoothed._morris_lecar import check_parameters, find_rest


@dataclass(frozen=True)
class FitzHughNagumo:
    r"""The neuron of FitzHugh and of Nagumo, Arimoto and Yoshizawa; it has no units.

    .. math::

        \dot V &= V - V^3 / 3 - w + I \\
        \dot w &= \phi \, (V + a - b w)

    The defaults are FitzHugh's a = 0.7, b = 0.8 and c = 3, with :math:`\phi = 1 / c^2`. His x and
    y are -V and w, his z is -I, and his time runs c times as slowly.

    Examples
    --------
    The resting state without input does not move:

    >>> neuron = FitzHughNagumo()
    >>> bool(neuron.derivative(neuron.rest(), torch.zeros(())).abs().max() < 1e-9)
    True

    FitzHugh (1961); Nagumo, Arimoto and Yoshizawa (1962); chapter 4a; paper section IV.A.1;
    ``eq-04a-fitzhugh``.
    """

    a: float = 0.7
    b: float = 0.8
    phi: float = 1 / 9

    def __post_init__(self) -> None:
        check_parameters(self, ("b", "phi"))
        if self.b > 1:
            raise ValueError(f"b is {self.b!r}; at most 1 is accepted, which leaves one rest")

    def derivative(self, state: Tensor, current: Tensor) -> Tensor:
        """Return the time derivative of the state (V, w) on the last axis."""
        v, w = state.unbind(-1)
        return torch.stack((v - v**3 / 3 - w + current, self.phi * (v + self.a - self.b * w)), -1)

    def steady(self, mem: Tensor) -> Tensor:
        """Return the state (V, w) whose recovery has settled at a membrane potential."""
        return torch.stack((mem, (mem + self.a) / self.b), -1)

    def rest(self) -> Tensor:
        """Return the state (V, w) in which the neuron rests without input, float64."""
        bound = 3 + 3 * abs(self.a) / self.b
        return find_rest(self, -bound, bound)


@dataclass(frozen=True)
class HodgkinHuxley:
    r"""The squid axon of Hodgkin and Huxley, in the units mV, ms, µA/cm², mS/cm² and µF/cm².

    .. math::

        C \dot V &= I - g_{Na} m^3 h (V - V_{Na}) - g_K n^4 (V - V_K) - g_L (V - V_L) \\
        \dot x &= \alpha_x(V) (1 - x) - \beta_x(V) \, x, \qquad x \in \{m, h, n\}

    Numbers and rates are those of the paper of 1952 at 6.3 degrees Celsius, with the potential
    counted as today: inside minus outside, and -65 mV at rest.

    Examples
    --------
    >>> HodgkinHuxley().rest()[0].round().item()
    -65.0

    Hodgkin and Huxley (1952); chapter 4a; paper section IV.A.1; ``eq-04a-hodgkin-huxley``.
    """

    C: float = 1.0
    g_Na: float = 120.0
    g_K: float = 36.0
    g_L: float = 0.3
    V_Na: float = 50.0
    V_K: float = -77.0
    V_L: float = -54.387

    def __post_init__(self) -> None:
        check_parameters(self, ("C",))

    @staticmethod
    def rates(mem: Tensor) -> tuple[Tensor, Tensor]:
        """Return alpha and beta of m, h and n on the last axis, per ms."""
        opening = (
            _ramp((mem + 40) / 10),
            0.07 * torch.exp(-(mem + 65) / 20),
            0.1 * _ramp((mem + 55) / 10),
        )
        closing = (
            4 * torch.exp(-(mem + 65) / 18),
            torch.sigmoid((mem + 35) / 10),
            0.125 * torch.exp(-(mem + 65) / 80),
        )
        return torch.stack(opening, -1), torch.stack(closing, -1)

    def derivative(self, state: Tensor, current: Tensor) -> Tensor:
        """Return the time derivative of the state (V, m, h, n) on the last axis, per ms."""
        v, gates = state[..., 0], state[..., 1:]
        m, h, n = gates.unbind(-1)
        opening, closing = self.rates(v)
        ions = self.g_Na * m**3 * h * (v - self.V_Na) + self.g_K * n**4 * (v - self.V_K)
        dv = (current - ions - self.g_L * (v - self.V_L)) / self.C
        return torch.cat((dv[..., None], opening * (1 - gates) - closing * gates), -1)

    def steady(self, mem: Tensor) -> Tensor:
        """Return the state (V, m, h, n) whose gates have settled at a membrane potential."""
        opening, closing = self.rates(mem)
        return torch.cat((mem[..., None], opening / (opening + closing)), -1)

    def rest(self) -> Tensor:
        """Return the state (V, m, h, n) in which the neuron rests without input, float64."""
        return find_rest(self, -90.0, -40.0)


def _ramp(x: Tensor) -> Tensor:
    """Return x / (1 - exp(-x)), which is 1 at zero, with its derivative there."""
    near = x.abs() < 1e-6
    safe = torch.where(near, 1.0, x)
    return torch.where(near, 1 + x / 2, safe / -torch.expm1(-safe))
