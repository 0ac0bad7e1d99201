"""Codes that give a rate without noise: a current, and regular spikes (paper section IV.A.3)."""

import torch
from torch import Tensor

from snnbook._validate import check_float, check_integer, check_positive


def constant_code(
    values: Tensor, steps: int, dt: float = 1e-3, *, max_rate: float = 100.0
) -> Tensor:
    r"""Code each value as a constant input: the expected spikes of a rate code in each step.

    .. math:: p[n] = x \, r_\text{max} \, \Delta t

    The mean of :func:`snnbook.data.rate_code`, without its randomness. It is no spike train:
    the input layer of a converted network receives a current.

    Parameters
    ----------
    values : Tensor
        Shape (B, N), finite, floating point.
    steps : int
        Number of time steps T, at least 1. A rate network needs one, a spiking network all.
    dt : float
        Time step in seconds.
    max_rate : float
        Rate of the value 1, in Hz.

    Returns
    -------
    Tensor
        (T, B, N), the same in each step.

    Examples
    --------
    >>> constant_code(torch.tensor([[0.5, 1.0]]), steps=2).tolist()
    [[[0.05000000074505806, 0.10000000149011612]], [[0.05000000074505806, 0.10000000149011612]]]

    Paper section IV.A.3; chapter 4c.
    """
    _check(values, steps, dt, max_rate)
    return (values * (max_rate * dt)).expand(steps, *values.shape).contiguous()


@torch.no_grad()
def regular_code(
    values: Tensor, steps: int, dt: float = 1e-3, *, max_rate: float = 100.0, phase: float = 0.5
) -> Tensor:
    r"""Code each value as evenly spaced spikes, what a neuron without leak makes of a current.

    .. math:: S[n] = \lfloor (n + 1)\, p + \varphi \rfloor - \lfloor n p + \varphi \rfloor,
        \qquad p = x \, r_\text{max} \, \Delta t

    After n steps the count is within one spike of n p, while the count of
    :func:`snnbook.data.rate_code` has a standard deviation of the order of its square root.

    Parameters
    ----------
    values : Tensor
        Shape (B, N), from 0 to 1, floating point.
    steps, dt, max_rate
        As in :func:`constant_code`; ``max_rate * dt`` may not exceed 1.
    phase : float
        :math:`\varphi`, how full the first interval is at the start, from 0 to below 1.

    Returns
    -------
    Tensor
        Spikes (T, B, N), 0 or 1, with the dtype and device of ``values``.

    Examples
    --------
    >>> spikes = regular_code(torch.tensor([[1.0, 0.5]]), steps=6, max_rate=500.0)
    >>> spikes.squeeze(1).T.int().tolist()
    [[1, 0, 1, 0, 1, 0], [0, 1, 0, 0, 0, 1]]

    Paper section IV.A.3; chapter 4c.
    """
    _check(values, steps, dt, max_rate)
    if max_rate * dt > 1:
        raise ValueError(f"max_rate is {max_rate!r}; at most 1/dt = {1 / dt:g} Hz is accepted")
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError("values holds numbers outside 0 .. 1; numbers in it are accepted")
    if not 0 <= phase < 1:
        raise ValueError(f"phase is {phase!r}; a number from 0 to below 1 is accepted")
    share = values.double() * (max_rate * dt)
    n = torch.arange(steps + 1, dtype=torch.float64, device=values.device)[:, None, None]
    return torch.floor(n * share + phase).diff(dim=0).to(values.dtype)


def _check(values: Tensor, steps: int, dt: float, max_rate: float) -> None:
    check_float("values", values)
    if values.dim() != 2:
        raise ValueError(f"values has shape {tuple(values.shape)}; (B, N) is accepted")
    check_integer("steps", steps, 1)
    check_positive("dt", dt)
    check_positive("max_rate", max_rate)
