"""A bank of gammatone filters: bands as wide as those of the ear."""

import math

import numpy as np
import torch
from scipy.signal import lfilter
from torch import Tensor

from snnbook._validate import check_integer, check_positive
from snnbook.signals._sound import band_limits, frame_ends, loudness, rows_of

ORDER = 4  # equal filters in a row


def erb_centers(channels: int, low: float, high: float) -> Tensor:
    r"""Return frequencies that are evenly spaced on the scale of the ear's bandwidths.

    .. math:: E(f) = 21.4 \log_{10}(1 + 0.00437 f)

    counts how many bands of the ear lie below f, each as wide as its equivalent rectangular
    bandwidth (ERB).

    Parameters
    ----------
    channels : int
        Number of frequencies N, at least 1.
    low, high : float
        The first and the last one, in Hz.

    Returns
    -------
    Tensor, shape (N,), dtype float64

    Examples
    --------
    >>> erb_centers(3, 100.0, 4000.0).round().tolist()
    [100.0, 950.0, 4000.0]

    Glasberg and Moore, Hearing Research 47, 103-138 (1990).
    """
    check_integer("channels", channels, 1)
    check_positive("high", high)
    low, high = band_limits(low, high, 2 * high)
    ends = [21.4 * math.log10(1 + 0.00437 * f) for f in (low, high)]
    return (10 ** (torch.linspace(*ends, channels, dtype=torch.float64) / 21.4) - 1) / 0.00437


@torch.no_grad()
def gammatone_bank(
    sound: Tensor | np.ndarray,
    rate: float,
    *,
    channels: int = 40,
    dt: float = 5e-3,
    low: float = 60.0,
    high: float | None = None,
    span: float = 60.0,
    loudest: float | None = None,
) -> Tensor:
    r"""Return how loud each band of a sound is over time, in bands as wide as those of the ear.

    The impulse response of a gammatone filter is a tone at its center :math:`f_i` under an envelope
    that rises and decays:

    .. math:: g_i(t) \propto t^3 e^{-2 \pi b_i t} \cos(2 \pi f_i t), \qquad
              b_i = 1.019 \cdot 24.7 \, (1 + 0.00437 f_i)

    Here it is four equal complex filters of one pole in a row, with gain 1 at :math:`f_i`: the size
    of the complex output is the envelope of the band. Its power is averaged over each step and
    taken in decibels, as in :func:`mel_bank`. Low bands are narrow, and so they answer late.

    Parameters
    ----------
    sound, rate, dt, span, loudest
        As in :func:`mel_bank`.
    channels : int
        Number of bands N.
    low, high : float
        Centers of the first and the last band, in Hz; ``high`` is by default 0.45 of the rate.

    Returns
    -------
    Tensor, shape (T, B, N), dtype float32
        Loudness from 0 to 1, as :func:`mel_bank` returns it.

    Raises
    ------
    TypeError, ValueError
        If ``sound`` has another shape or kind or is not finite, or the bands do not fit.

    Examples
    --------
    >>> tone = torch.sin(2 * math.pi * 1000 * torch.arange(4000) / 8000)
    >>> bands = gammatone_bank(tone, rate=8000, channels=20)
    >>> loudest = int(bands[50, 0].argmax())
    >>> loudest, round(erb_centers(20, 60.0, 3600.0)[loudest].item())
    (11, 1061)

    The bandwidths are those of Glasberg and Moore (1990). Chapter 8d; ``eq-08d-band``.
    """
    rows = rows_of(sound)
    ends = frame_ends(rows.shape[1], rate, dt)
    low, high = band_limits(low, 0.45 * rate if high is None else high, rate)
    starts = torch.cat([torch.zeros(1, dtype=torch.long), ends[:-1]])
    room = (1, max(0, int(ends[-1]) - rows.shape[1]))
    power = []
    for center in erb_centers(channels, low, high).tolist():
        heard = torch.from_numpy(np.abs(_band(rows.numpy(), center, rate)) ** 2)
        total = torch.nn.functional.pad(heard, room).cumsum(1)
        power.append((total[:, ends] - total[:, starts]) / (ends - starts))
    return loudness(torch.stack(power, dim=2).transpose(0, 1), span, loudest)


def _band(rows: np.ndarray, center: float, rate: float) -> np.ndarray:
    """Return the complex output of the filter at ``center``, with gain 1 there for a real tone."""
    width = 1.019 * 24.7 * (1 + 0.00437 * center)
    decay = math.exp(-2 * math.pi * width / rate)
    pole = decay * np.exp(2j * math.pi * center / rate)
    output = 2 * rows.astype(complex)  # a real tone is half of itself at the positive frequency
    for _ in range(ORDER):
        output = lfilter([1 - decay], [1, -pole], output, axis=1)
    return output
