"""Codes in which a value is a rate: random spikes, regular ones, or the current that they make."""

import torch
from torch import Tensor

from snnbook._validate import (
    check_batch,
    check_finite,
    check_float,
    check_generator,
    check_integer,
    check_number,
    check_positive,
    check_probability,
    check_time_first,
    check_values,
)


@torch.no_grad()
def rate_code(
    values: Tensor,
    steps: int,
    dt: float = 1e-3,
    *,
    max_rate: float = 100.0,
    generator: torch.Generator,
) -> Tensor:
    r"""Code each value as the rate of independent random spikes.

    In each step a unit spikes with probability

    .. math:: p = x \, r_\text{max} \, \Delta t,

    independently of all other steps and units (a Bernoulli process, the discrete counterpart of
    a Poisson process), so a unit sends :math:`p \, T` spikes on average.

    Parameters
    ----------
    values : Tensor
        Shape (B, N), from 0 to 1, floating point.
    steps : int
        Number of time steps T, at least 1.
    dt : float
        Time step in seconds, above 0.
    max_rate : float
        Rate of a unit with value 1, in Hz, above 0. ``max_rate * dt`` may not exceed 1.
    generator : torch.Generator
        Source of the randomness. It advances, so a second call gives other spikes.

    Returns
    -------
    Tensor
        Spikes (T, B, N), 0 or 1, with the dtype and device of ``values``.

    Examples
    --------
    At 1000 Hz and 1 ms per step, the value 1 spikes in each step and the value 0 in none.

    >>> generator = torch.Generator().manual_seed(0)
    >>> values = torch.tensor([[1.0, 0.0]])
    >>> rate_code(values, steps=5, max_rate=1000.0, generator=generator).sum(0)
    tensor([[5., 0.]])

    Chapter 1; paper section IV.A.3; ``eq-04c-count``.
    """
    check_values("values", values)
    _check_settings(steps, dt, max_rate)
    check_probability("max_rate", max_rate, dt)
    check_generator(generator)
    shape = (steps, *values.shape)
    draws = torch.rand(shape, generator=generator, device=generator.device).to(values.device)
    return (draws < values.float() * (max_rate * dt)).to(values.dtype)


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
    check_float("values", values)
    check_batch("values", values)
    check_finite("values", values)
    _check_settings(steps, dt, max_rate)
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

    Paper section IV.A.3; chapter 4c; ``eq-04c-count``.
    """
    check_values("values", values)
    _check_settings(steps, dt, max_rate)
    check_probability("max_rate", max_rate, dt)
    check_number("phase", phase)
    if not 0 <= phase < 1:
        raise ValueError(f"phase is {phase!r}; a number from 0 to below 1 is accepted")
    share = values.cpu().double() * (max_rate * dt)  # not every device has float64
    n = torch.arange(steps + 1, dtype=torch.float64, device="cpu")[:, None, None]
    return torch.floor(n * share + phase).diff(dim=0).to(values)


@torch.no_grad()
def rate_decode(spikes: Tensor, dt: float = 1e-3, *, max_rate: float = 100.0) -> Tensor:
    r"""Return the values that the spike counts of a rate code tell.

    .. math:: \hat x = \frac{1}{T \, r_\text{max} \, \Delta t} \sum_n S[n]

    From :func:`rate_code` it is right on average, with the standard deviation
    :math:`\sqrt{p (1 - p) / T} / (r_\text{max} \Delta t)`; from :func:`regular_code` it is within
    :math:`1 / (T r_\text{max} \Delta t)`.

    Parameters
    ----------
    spikes : Tensor, shape (T, B, N)
        Spikes of :func:`rate_code` or :func:`regular_code`, of at least one step.
    dt, max_rate
        As they were used.

    Returns
    -------
    Tensor, shape (B, N)

    Examples
    --------
    >>> values = torch.tensor([[0.25, 0.5]])
    >>> rate_decode(regular_code(values, steps=100, max_rate=200.0), max_rate=200.0)
    tensor([[0.2500, 0.5000]])
    """
    check_time_first("spikes", spikes)
    _check_settings(spikes.shape[0], dt, max_rate)
    check_probability("max_rate", max_rate, dt)
    check_finite("spikes", spikes, steps=True)
    return spikes.mean(0) / (max_rate * dt)


def _check_settings(steps: int, dt: float, max_rate: float) -> None:
    check_integer("steps", steps, 1)
    check_positive("dt", dt)
    check_positive("max_rate", max_rate)
