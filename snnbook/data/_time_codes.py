"""Codes in which a value is the time of one spike: early for large, or late, beside a clock.

None of the codes of this room is differentiable: a network learns from the spikes, not through
the code. Dense spikes of any of them become a list with :meth:`snnbook.kernels.Events.from_dense`.
"""

from typing import Literal, overload

import torch
from torch import Tensor

from snnbook._validate import (
    check_choice,
    check_flag,
    check_integer,
    check_positive,
    check_values,
)
from snnbook.kernels import Events


@overload
def latency_code(
    values: Tensor,
    steps: int,
    dt: float = ...,
    tau: float = ...,
    threshold: float = ...,
    *,
    events: Literal[False] = False,
) -> Tensor: ...
@overload
def latency_code(
    values: Tensor,
    steps: int,
    dt: float = ...,
    tau: float = ...,
    threshold: float = ...,
    *,
    events: Literal[True],
) -> Events: ...
@torch.no_grad()
def latency_code(
    values: Tensor,
    steps: int,
    dt: float = 1e-3,
    tau: float = 20e-3,
    threshold: float = 0.2,
    *,
    events: bool = False,
) -> Tensor | Events:
    r"""Code each value as the time of a single spike: the larger, the earlier.

    A value :math:`x` is taken as a constant current into a leaky membrane with time constant
    :math:`\tau`, which starts at 0 and crosses the threshold :math:`\vartheta` once, at

    .. math:: t = \tau \ln \frac{x}{x - \vartheta}, \qquad x > \vartheta.

    The spike goes into the step that contains :math:`t`, step
    :math:`\lfloor t / \Delta t \rfloor`: it comes early by less than one step, never late.
    A value at or below the threshold never spikes, and neither does one whose time lies beyond
    the last step.

    Parameters
    ----------
    values : Tensor
        Shape (B, N), from 0 to 1, floating point.
    steps : int
        Number of time steps T, at least 1.
    dt : float
        Time step in seconds, above 0.
    tau : float
        Time constant in seconds, above 0.
    threshold : float
        The value below which a unit is silent, between 0 and 1 (both excluded).
    events : bool
        Return the spikes as a list, which every layer takes in place of the tensor: with one
        spike per unit it is some T times shorter, and nobody searches it again.

    Returns
    -------
    Tensor or Events
        Spikes (T, B, N), 0 or 1, with the dtype and device of ``values``, or the same spikes
        as :class:`snnbook.kernels.Events`. Index n is the interval from n dt to (n + 1) dt.
        Each unit spikes at most once.

    Notes
    -----
    The formula and its default values are those of SpyTorch's notebook 2 (F. Zenke, CC BY 4.0).

    Examples
    --------
    With the threshold at half the value, t = tau ln 2 = 13.86 ms, in step 13.

    >>> spikes = latency_code(torch.tensor([[0.4, 0.1]]), steps=50)
    >>> spikes.nonzero().tolist()
    [[13, 0, 0]]
    >>> latency_code(torch.tensor([[0.4, 0.1]]), steps=50, events=True).indices.tolist()
    [0]

    Chapter 1; ``eq-01-latency``.
    """
    check_values("values", values)
    check_integer("steps", steps, 1)
    check_positive("dt", dt)
    check_positive("tau", tau)
    check_positive("threshold", threshold)
    check_flag("events", events)
    if threshold >= 1:
        raise ValueError(f"threshold is {threshold!r}; a number between 0 and 1 is accepted")
    exact = values.cpu().double()  # not every device has float64
    heard = exact > threshold
    # -ln(1 - threshold/x), with a harmless 1 where there is no crossing.
    time = -tau * torch.log1p(-threshold / torch.where(heard, exact, 1.0))
    step = torch.floor(time / dt)
    heard &= step < steps
    if events:
        samples, units = heard.nonzero(as_tuple=True)
        times = step[heard].long()
        return Events.from_lists(times, samples, units, (steps, *values.shape))
    spikes = values.new_zeros(steps, *values.shape)
    target = step.clamp(max=steps - 1).long().unsqueeze(0).to(values.device)
    return spikes.scatter_(0, target, heard.to(values).unsqueeze(0))


@torch.no_grad()
def time_code(
    values: Tensor,
    steps: int,
    span: int,
    *,
    clock: str = "last",
    rounding: str = "down",
) -> Tensor:
    r"""Code each value as the step of a single spike, the larger, the later, beside a clock.

    .. math:: n_i = \lfloor x_i \, n_\text{span} \rfloor, \qquad n_\text{clock} = 0

    The code of Yin-Yang in this book. The product is taken in the dtype of ``values``, so
    float32 and float64 may differ where it is nearly a whole number.

    Parameters
    ----------
    values : Tensor
        Shape (B, N), from 0 to 1, floating point.
    steps : int
        Number of time steps T, at least 1.
    span : int
        Step of the value 1, from 1 to T - 1.
    clock : {"last", "first"}
        Where the input stands that always spikes in step 0: behind the others or before them.
    rounding : {"down", "nearest"}
        To the step that contains the time, or to the nearest (of two equally near the even one).

    Returns
    -------
    Tensor
        Spikes (T, B, N + 1), 0 or 1, float32, on the device of ``values``. Each unit spikes once.

    Examples
    --------
    >>> spikes = time_code(torch.tensor([[0.0, 0.25, 1.0]]), steps=12, span=10)
    >>> spikes.argmax(0).tolist()
    [[0, 2, 10, 0]]

    Chapters 1, 5, 6a, 6b and 7.
    """
    check_values("values", values)
    check_integer("steps", steps, 1)
    check_integer("span", span, 1)
    check_choice("clock", clock, ("last", "first"))
    check_choice("rounding", rounding, ("down", "nearest"))
    if span >= steps:
        raise ValueError(f"span is {span}; at most steps - 1 = {steps - 1} is accepted")
    times, zero = span * values, torch.zeros_like(values[:, :1])
    times = torch.cat([times, zero] if clock == "last" else [zero, times], dim=1)
    step = (times.round() if rounding == "nearest" else times.floor()).long()
    spikes = torch.zeros(steps, *step.shape, device=values.device)
    return spikes.scatter_(0, step[None], 1.0)


def clock_code(values: Tensor, *, span: float = 2.0) -> Tensor:
    r"""Return spike times for values, with a clock spike at time zero in front.

    .. math:: t_0 = 0, \qquad t_i = x_i \, t_\text{span}

    Parameters
    ----------
    values : Tensor, shape (B, N)
        Values from 0 to 1; a larger value spikes later.
    span : float
        Time of the value 1, above 0, in the unit of the cell's ``tau_syn``.

    Returns
    -------
    Tensor, shape (B, N + 1)

    Examples
    --------
    >>> clock_code(torch.tensor([[0.5, 1.0]]))
    tensor([[0., 1., 2.]])

    Chapter 4d.
    """
    check_values("values", values)
    check_positive("span", span)
    return torch.cat([torch.zeros_like(values[:, :1]), span * values], dim=1)
