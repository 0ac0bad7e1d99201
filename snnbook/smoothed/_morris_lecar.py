"""A neuron whose spike is part of its dynamics: Morris-Lecar, and a solver that autograd sees."""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import NamedTuple

import torch
from torch import Tensor

from snnbook._validate import (
    check_callable,
    check_choice,
    check_finite,
    check_float,
    check_positive,
    check_shape,
    check_time_first,
    is_number,
)


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
        for field in fields(self):
            value = getattr(self, field.name)
            if not (is_number(value) and math.isfinite(value)):
                raise ValueError(f"{field.name} is {value!r}; a finite number is accepted")
        for name in ("C", "V_2", "V_4", "phi"):
            check_positive(name, getattr(self, name))

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

    def rest(self) -> Tensor:
        """Return the state (V, w) in which the neuron rests without input, float64."""
        low, high = -80.0, -45.0  # below V_1 the total current rises with V: bisect
        for _ in range(80):
            middle = torch.tensor((low + high) / 2, dtype=torch.float64)
            w = 0.5 * (1 + torch.tanh((middle - self.V_3) / self.V_4))
            rising = self.derivative(torch.stack((middle, w)), torch.zeros(()))[0] > 0
            low, high = (middle.item(), high) if rising else (low, middle.item())
        return torch.stack((middle, w))


class Trajectory(NamedTuple):
    """Membrane potential V and recovery w at the start of each step, (T, B, N), and the end."""

    mem: Tensor
    recovery: Tensor
    state: Tensor


def euler_step(f: Callable[[Tensor], Tensor], state: Tensor, dt: float) -> Tensor:
    r"""Return the state after one step of Euler's method, an error of order dt**2.

    .. math:: y + \Delta t\, f(y)

    >>> euler_step(lambda y: y, torch.ones(1), 0.5)
    tensor([1.5000])

    Chapter 4a.
    """
    _check_step(f, state, dt)
    return state + dt * f(state)


def rk4_step(f: Callable[[Tensor], Tensor], state: Tensor, dt: float) -> Tensor:
    r"""Return the state after one step of the classical Runge-Kutta method, order 4.

    .. math:: y + \frac{\Delta t}{6} (a + 2 b + 2 c + d)

    >>> rk4_step(lambda y: y, torch.ones(1), 0.5)  # exp(0.5) = 1.6487
    tensor([1.6484])

    Chapter 4a.
    """
    _check_step(f, state, dt)
    a = f(state)
    b = f(state + dt / 2 * a)
    c = f(state + dt / 2 * b)
    d = f(state + dt * c)
    return state + dt / 6 * (a + 2 * b + 2 * c + d)


def _check_step(f: Callable[[Tensor], Tensor], state: Tensor, dt: float) -> None:
    check_callable("f", f)
    check_float("state", state)
    check_positive("dt", dt)


_STEPS = {"euler": euler_step, "rk4": rk4_step}


def solve(
    neuron: MorrisLecar,
    current: Tensor,
    dt: float,
    *,
    state: Tensor | None = None,
    method: str = "rk4",
) -> Trajectory:
    r"""Integrate a smooth neuron with a fixed step, so that autograd can go back through it.

    Parameters
    ----------
    neuron : MorrisLecar
        Anything with ``derivative(state, current)`` and ``rest()``.
    current : Tensor
        I, (T, B, N), held constant during each step.
    dt : float
        Step in ms, above 0.
    state : Tensor, optional
        (B, N, 2), where to start; the resting state by default.
    method : {"rk4", "euler"}
        Runge-Kutta of order 4 (error of order dt**4) or Euler (order dt).

    Returns
    -------
    Trajectory

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit, or if the state becomes NaN or infinite.

    Examples
    --------
    A weak current stays without effect, a strong one makes a spike:

    >>> current = torch.tensor([[20.0, 100.0]]).expand(60, 1, 2)
    >>> (solve(MorrisLecar(), current, 0.5).mem.amax(0) > 0).tolist()
    [[False, True]]

    Chapter 4a; paper section IV.A.1; ``eq-04a-rk4``.
    """
    check_time_first("current", current)
    check_positive("dt", dt)
    check_choice("method", method, tuple(_STEPS))
    if not (hasattr(neuron, "derivative") and (state is not None or hasattr(neuron, "rest"))):
        raise TypeError(f"neuron is a {type(neuron).__name__}; a MorrisLecar is accepted")
    if len(current) == 0:
        raise ValueError("current has no step; at least one is accepted")
    check_finite("current", current.detach(), steps=True)
    if state is not None:
        check_shape("state", state, (*current.shape[1:], 2), current)
        check_finite("state", state.detach())
    if state is None:
        state = neuron.rest().to(current).expand(*current.shape[1:], 2)
    rows = []
    for now in current:
        rows.append(state)
        state = _STEPS[method](lambda x, now=now: neuron.derivative(x, now), state, dt)
    states = torch.stack([*rows[1:], state])
    bad = (~torch.isfinite(states.detach())).flatten(1).any(1).nonzero()
    if len(bad):
        raise ValueError(
            f"the state became NaN or infinite in step {int(bad[0])} with dt = {dt!r}; "
            "a smaller dt or a weaker current is accepted"
        )
    mem, recovery = torch.stack(rows).unbind(-1)
    return Trajectory(mem, recovery, state)


def first_crossing(mem: Tensor, dt: float, level: float = 0.0) -> Tensor:
    """Return when each trace first rises through a level, with a gradient; infinity if never.

    Between two grid points the trace is taken as a straight line.

    Parameters
    ----------
    mem : Tensor
        Traces, (T, B, N).
    dt : float
        Time between two rows, in the unit of the answer.
    level : float
        The level to cross from below.

    Returns
    -------
    Tensor
        (B, N)

    Examples
    --------
    >>> first_crossing(torch.tensor([-3.0, -1.0, 1.0])[:, None, None], dt=0.5).item()
    0.75

    Chapter 4a.
    """
    check_time_first("mem", mem)
    check_positive("dt", dt)
    if not (is_number(level) and math.isfinite(level)):
        raise ValueError(f"level is {level!r}; a finite number is accepted")
    if len(mem) < 2:
        raise ValueError(f"mem has {len(mem)} steps; at least 2 are accepted")
    check_finite("mem", mem.detach(), steps=True)
    up = (mem[:-1] < level) & (mem[1:] >= level)
    found, index = up.any(0), up.to(torch.uint8).argmax(0, keepdim=True)
    before, after = mem.gather(0, index)[0], mem.gather(0, index + 1)[0]
    slope = torch.where(found, after - before, 1.0)
    times = dt * (index[0] + (level - before) / slope)
    return torch.where(found, times, torch.inf)
