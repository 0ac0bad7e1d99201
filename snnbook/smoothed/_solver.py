"""A solver of fixed step that autograd sees; when a trace first crosses a level (chapter 4a)."""

import math
from collections.abc import Callable
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
from snnbook.smoothed._morris_lecar import MorrisLecar


class Trajectory(NamedTuple):
    """States at the start of each step, (T, B, N, k), and the state after the last, (B, N, k)."""

    states: Tensor
    state: Tensor

    @property
    def mem(self) -> Tensor:
        """The membrane potential V, (T, B, N)."""
        return self.states[..., 0]

    @property
    def recovery(self) -> Tensor:
        """The second number of the state, (T, B, N): the recovery w of a neuron with two."""
        return self.states[..., 1]


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
    neuron : MorrisLecar, FitzHughNagumo, HodgkinHuxley or CoupledNeurons
        Anything with ``derivative(state, current)`` and ``rest()``.
    current : Tensor
        I, (T, B, N), held constant during each step.
    dt : float
        Step in the neuron's unit of time (ms, none for FitzHugh-Nagumo), above 0.
    state : Tensor, optional
        (B, N, k) for a neuron with k numbers in its state, where to start; by default at rest.
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
    if state is None:
        rest = neuron.rest()
        state = rest.to(current).expand(*current.shape[1:], len(rest))
    else:
        check_float("state", state)
        numbers = len(neuron.rest()) if hasattr(neuron, "rest") else state.shape[-1]
        check_shape("state", state, (*current.shape[1:], numbers), current)
        check_finite("state", state.detach())
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
    return Trajectory(torch.stack(rows), state)


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
