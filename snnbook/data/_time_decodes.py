"""From the time of a spike back to the value: the inverse of the codes in time."""

import torch
from torch import Tensor

from snnbook._validate import check_finite, check_integer, check_positive, check_time_first


@torch.no_grad()
def latency_decode(
    spikes: Tensor, dt: float = 1e-3, tau: float = 20e-3, threshold: float = 0.2
) -> Tensor:
    r"""Return the values whose :func:`latency_code` has these spikes.

    .. math:: \hat x = \frac{\vartheta}{1 - e^{-t / \tau}}, \qquad
              t = (n + \tfrac{1}{2}) \, \Delta t,

    with n the step of the first spike. A unit without a spike had a value at or below the
    threshold, or one whose time lay beyond the last step; it is 0 here.

    Parameters
    ----------
    spikes : Tensor, shape (T, B, N)
        Spikes of :func:`latency_code`.
    dt, tau, threshold
        As they were used.

    Returns
    -------
    Tensor, shape (B, N)
        At most 1. The value is known as well as the time, to half a step: that is finest near the
        threshold, where a small change of the value moves the spike far.

    Examples
    --------
    >>> from snnbook.data import latency_code
    >>> values = torch.tensor([[0.25, 0.5, 1.0, 0.1]])
    >>> latency_decode(latency_code(values, steps=60))
    tensor([[0.2490, 0.4897, 0.9926, 0.0000]])
    """
    check_time_first("spikes", spikes)
    check_finite("spikes", spikes, steps=True)
    check_positive("dt", dt)
    check_positive("tau", tau)
    check_positive("threshold", threshold)
    if threshold >= 1:
        raise ValueError(f"threshold is {threshold!r}; a number between 0 and 1 is accepted")
    step, heard = _first(spikes)
    values = threshold / -torch.expm1(-(step + 0.5) * dt / tau)
    return torch.where(heard, values.clamp(max=1), 0.0).to(spikes)


@torch.no_grad()
def time_decode(spikes: Tensor, span: int) -> Tensor:
    r"""Return the values whose :func:`time_code` has these spikes, without the clock.

    .. math:: \hat x_i = \frac{n_i}{n_\text{span}}

    Parameters
    ----------
    spikes : Tensor, shape (T, B, N)
        Spikes of :func:`time_code`, without the column of the clock.
    span : int
        Step of the value 1, as it was used.

    Returns
    -------
    Tensor, shape (B, N)
        Within one step, ``1 / span``, below the value; half a step off with ``rounding="nearest"``.
        A unit without a spike is NaN.

    Examples
    --------
    >>> from snnbook.data import time_code
    >>> spikes = time_code(torch.tensor([[0.0, 0.25, 1.0]]), steps=12, span=10)
    >>> time_decode(spikes[:, :, :3], span=10)
    tensor([[0.0000, 0.2000, 1.0000]])
    """
    check_time_first("spikes", spikes)
    check_finite("spikes", spikes, steps=True)
    check_integer("span", span, 1)
    step, heard = _first(spikes)
    return torch.where(heard, step / span, torch.nan).to(spikes)


def _first(spikes: Tensor) -> tuple[Tensor, Tensor]:
    """Return the step of each unit's first spike (float64, CPU), and whether there is one."""
    if not spikes.shape[0]:
        raise ValueError(f"spikes has shape {tuple(spikes.shape)}; at least one step is accepted")
    here = spikes.cpu() > 0
    return here.int().argmax(0).double(), here.any(0)
