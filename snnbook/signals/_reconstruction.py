"""How much of a signal is left in its spikes: the best linear reading, on data not used for it."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from snnbook._validate import check_finite, check_positive, check_sequence, check_time_first


class Reconstruction(NamedTuple):
    """What a linear reading finds in spikes.

    Attributes
    ----------
    signal : Tensor, shape (T, B // 2, N)
        The signal as read from the spikes, for the second half of the samples.
    explained : Tensor, shape (N,)
        Share of each channel's variance that the reading explains there: 1 if nothing is lost, 0 if
        the mean would do as well, below 0 if the mean would do better. NaN for a constant channel.
    share : float
        The same for all channels together: those that vary most count most.
    """

    signal: Tensor
    explained: Tensor
    share: float


@torch.no_grad()
def reconstruction(
    spikes: Tensor,
    signal: Tensor,
    *,
    tau: list[float] | tuple[float, ...] = (5e-3, 20e-3),
    dt: float = 1e-3,
    ridge: float = 1e-3,
) -> Reconstruction:
    r"""Read a signal from spikes as well as a linear reading can, and measure what is missing.

    The spikes leave exponential traces, one for each time constant,
    :math:`z[n] = e^{-\Delta t / \tau} z[n-1] + S[n]`, and the signal is read as a weighted sum of
    them and a constant. The weights minimize the squared error on the first half of the samples
    plus :math:`\lambda` times their squared size (ridge regression, with traces of variance 1); the
    second half is judged:

    .. math:: \text{explained} = 1 - \frac{\sum (x - \hat x)^2}{\sum (x - \bar x)^2}

    A reading at step n sees the spikes up to n and none later. What it cannot read, a network could
    still find by less simple means: this measures what a code loses for one that is simple.

    Parameters
    ----------
    spikes : Tensor, shape (T, B, M)
        What a code made of the signal; of at least two samples.
    signal : Tensor, shape (T, B, N)
        What was coded.
    tau : sequence of float
        Time constants of the traces in seconds, above 0.
    dt : float
        Time step in seconds.
    ridge : float
        :math:`\lambda` per step, above 0.

    Returns
    -------
    Reconstruction

    Raises
    ------
    TypeError, ValueError
        If axes differ, or there are fewer than two samples.

    Examples
    --------
    Coarse levels lose more than fine ones:

    >>> from snnbook.signals import crossing_code
    >>> phase = torch.rand(8, generator=torch.Generator().manual_seed(0))[:, None]
    >>> time = torch.arange(300)[:, None, None] * 1e-3
    >>> wave = torch.sin(2 * math.pi * (5 * time + phase))
    >>> coarse = reconstruction(crossing_code(wave, [0.0]), wave)
    >>> fine = reconstruction(crossing_code(wave, [-0.8, -0.4, 0.0, 0.4, 0.8]), wave)
    >>> bool(coarse.explained < fine.explained)
    True
    """
    check_time_first("spikes", spikes)
    check_time_first("signal", signal)
    check_finite("spikes", spikes, steps=True)
    check_finite("signal", signal, steps=True)
    if signal.shape[:2] != spikes.shape[:2] or spikes.shape[1] < 2:
        raise ValueError(
            f"spikes has shape {tuple(spikes.shape)} and signal {tuple(signal.shape)}; the same "
            "steps and the same samples, at least two, are accepted"
        )
    check_sequence("tau", tau, "seconds in a list")
    if not len(tau):
        raise ValueError("tau is empty; at least one time constant is accepted")
    for k, one in enumerate(tau):
        check_positive(f"tau[{k}]", one)
    check_positive("dt", dt)
    check_positive("ridge", ridge)
    traces = torch.cat([_trace(spikes.cpu().double(), math.exp(-dt / one)) for one in tau], dim=2)
    target, half = signal.cpu().double(), spikes.shape[1] // 2
    learn = [x[:, :half].flatten(0, 1) for x in (traces, target)]
    judge = [x[:, half:].flatten(0, 1) for x in (traces, target)]
    center, scale = learn[0].mean(0), learn[0].std(0, correction=0)
    scale = torch.where(scale > 0, scale, 1.0)
    known, middle = (learn[0] - center) / scale, learn[1].mean(0)
    square = known.T @ known + ridge * len(known) * torch.eye(known.shape[1], dtype=known.dtype)
    weights = torch.linalg.solve(square, known.T @ (learn[1] - middle))
    read = (judge[0] - center) / scale @ weights + middle
    missed = ((judge[1] - read) ** 2).sum(0)
    spread = ((judge[1] - judge[1].mean(0)) ** 2).sum(0)
    explained = 1 - missed / torch.where(spread > 0, spread, math.nan)
    share = 1 - float(missed.sum() / spread.sum()) if spread.any() else math.nan
    shape = (spikes.shape[0], spikes.shape[1] - half, signal.shape[2])
    return Reconstruction(read.reshape(shape).to(signal), explained.to(signal), share)


def _trace(spikes: Tensor, decay: float) -> Tensor:
    """Return z[n] = decay z[n-1] + S[n]."""
    z, traces = torch.zeros_like(spikes[0]), []
    for row in spikes:
        z = decay * z + row
        traces.append(z)
    return torch.stack(traces)
