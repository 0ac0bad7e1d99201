"""A code of crossings: a spike whenever a signal passes one of some levels."""

import math

import torch
from torch import Tensor

from snnbook._validate import (
    check_finite,
    check_float,
    check_number,
    check_sequence,
    check_time_first,
)


@torch.no_grad()
def crossing_code(signal: Tensor, levels: list[float] | tuple[float, ...]) -> Tensor:
    r"""Code a signal by the steps at which it passes levels, upward and downward.

    .. math::

        S^\text{up}_{ik}[n] = 1 \iff x_i[n-1] < \theta_k \le x_i[n], \qquad
        S^\text{down}_{ik}[n] = 1 \iff x_i[n-1] \ge \theta_k > x_i[n]

    Each pair of a channel and a level has a unit that says "up" and one that says "down". Where
    :func:`snnbook.data.delta_code` measures from the last spike, these levels are fixed: the spikes
    say where the signal is, and not only that it has moved.

    Parameters
    ----------
    signal : Tensor, shape (T, B, N)
        Finite, floating point, any unit.
    levels : sequence of float
        The K levels in the unit of the signal, ascending.

    Returns
    -------
    Tensor, shape (T, B, 2 N K)
        Spikes, 0 or 1, with the dtype and device of ``signal``: first the N K that say "up",
        channel by channel, then those that say "down". Index 0 is silent.

    Raises
    ------
    TypeError, ValueError
        If ``signal`` has other axes or is not finite, or the levels do not ascend.

    Examples
    --------
    >>> wave = torch.tensor([0.0, 0.6, 1.2, 0.3]).reshape(4, 1, 1)
    >>> crossing_code(wave, levels=[0.5, 1.0])[:, 0].int().tolist()
    [[0, 0, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 1]]
    """
    check_time_first("signal", signal)
    check_finite("signal", signal, steps=True)
    above = signal[..., None] >= _levels(levels, signal)
    events = torch.zeros(2, *above.shape, dtype=signal.dtype, device=signal.device)
    events[0, 1:] = above[1:] & ~above[:-1]
    events[1, 1:] = ~above[1:] & above[:-1]
    return torch.cat([events[0].flatten(2), events[1].flatten(2)], dim=2)


@torch.no_grad()
def crossing_decode(
    spikes: Tensor, levels: list[float] | tuple[float, ...], *, start: float | Tensor = -math.inf
) -> Tensor:
    r"""Return a signal from the spikes of :func:`crossing_code`: the middle between two levels.

    After each spike it is known between which two levels the signal is; what lies above the highest
    or below the lowest level is taken as that level.

    Parameters
    ----------
    spikes : Tensor, shape (T, B, 2 N K)
        Spikes of :func:`crossing_code`.
    levels : sequence of float
        The K levels that were used.
    start : float or Tensor, shape (B, N)
        A value of the signal at step 0, which no spike tells; by default below every level.

    Returns
    -------
    Tensor, shape (T, B, N)
        Within half the distance of two levels of the signal, wherever that is between two levels.

    Examples
    --------
    >>> levels = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    >>> wave = torch.linspace(0.05, 0.95, 10).reshape(10, 1, 1)
    >>> spikes = crossing_code(wave, levels)
    >>> crossing_decode(spikes, levels, start=0.05).flatten().tolist()[:4]
    [0.10000000149011612, 0.10000000149011612, 0.30000001192092896, 0.30000001192092896]
    """
    check_time_first("spikes", spikes)
    check_finite("spikes", spikes, steps=True)
    edges = _levels(levels, spikes)
    if not spikes.shape[2] or spikes.shape[2] % (2 * len(edges)):
        raise ValueError(
            f"spikes has shape {tuple(spikes.shape)}; a last axis of 2 N K entries is accepted, "
            f"a multiple of {2 * len(edges)} for {len(edges)} levels"
        )
    up, down = spikes.unflatten(2, (2, -1, len(edges))).unbind(2)  # each (T, B, N, K)
    if isinstance(start, Tensor):
        check_float("start", start)
        if start.shape != up.shape[1:3]:
            raise ValueError(
                f"start has shape {tuple(start.shape)}; {tuple(up.shape[1:3])} is accepted"
            )
        first = start[..., None] >= edges
    else:
        if start != -math.inf:
            check_number("start", start)
        first = (start >= edges).expand(up.shape[1:])
    passed = (first + (up - down).cumsum(0)).sum(3).round().long()
    between = (edges[1:] + edges[:-1]) / 2
    return torch.cat([edges[:1], between, edges[-1:]])[passed.clamp(0, len(edges))]


def _levels(levels, like: Tensor) -> Tensor:
    """Return the levels as a tensor, or raise unless they ascend."""
    check_sequence("levels", levels, "numbers in a list")
    for k, level in enumerate(levels):
        check_number(f"levels[{k}]", level)
    if not levels or any(a >= b for a, b in zip(levels, levels[1:])):
        raise ValueError(f"levels is {list(levels)!r}; numbers in ascending order are accepted")
    return torch.tensor(levels, dtype=like.dtype, device=like.device)
