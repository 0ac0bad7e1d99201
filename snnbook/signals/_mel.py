"""A bank of triangular filters on the mel scale, over short spectra."""

import math

import numpy as np
import torch
from torch import Tensor

from snnbook._validate import check_integer, check_positive
from snnbook.signals._sound import band_limits, frame_ends, loudness, rows_of


def mel_filters(
    channels: int, rate: float, samples: int, *, low: float = 60.0, high: float | None = None
) -> Tensor:
    r"""Return triangular filters whose centers are evenly spaced on the mel scale.

    .. math:: m(f) = 2595 \log_{10}\!\left(1 + \frac{f}{700\,\text{Hz}}\right)

    Filter i rises from 0 at the center of filter i - 1 to 1 at its own and falls to 0 at that of
    filter i + 1, linearly in the frequency.

    Parameters
    ----------
    channels : int
        Number of filters N, at least 1.
    rate : float
        Samples per second, in Hz.
    samples : int
        Number of samples W in the window whose spectrum is filtered, at least 2.
    low, high : float
        Frequencies in Hz at which the first filter begins and the last one ends; ``high`` is by
        default half the rate.

    Returns
    -------
    Tensor, shape (N, W // 2 + 1), dtype float64
        The weight of each frequency of the spectrum in each filter.

    Raises
    ------
    ValueError
        If a filter is so narrow that no frequency of the spectrum falls into it.

    Examples
    --------
    >>> filters = mel_filters(8, rate=8000, samples=256)
    >>> tuple(filters.shape), bool((filters.sum(1) > 0).all())
    ((8, 129), True)

    The mel scale is that of Stevens, Volkmann and Newman (1937) in its usual formula.
    """
    check_integer("channels", channels, 1)
    check_integer("samples", samples, 2)
    low, high = band_limits(low, high, rate)
    ends = [2595 * math.log10(1 + f / 700) for f in (low, high)]
    edges = 700 * (10 ** (torch.linspace(*ends, channels + 2, dtype=torch.float64) / 2595) - 1)
    below, center, above = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    f = torch.fft.rfftfreq(samples, 1 / rate, dtype=torch.float64)
    filters = torch.minimum((f - below) / (center - below), (above - f) / (above - center))
    filters = filters.clamp(min=0)
    empty = (filters.sum(1) == 0).nonzero().flatten().tolist()
    if empty:
        raise ValueError(
            f"channels is {channels}; with {samples} samples at {rate!r} Hz no frequency of the "
            f"spectrum falls into filter {empty[0]}, so fewer channels, a longer window or a "
            "higher low are accepted"
        )
    return filters


@torch.no_grad()
def mel_bank(
    sound: Tensor | np.ndarray,
    rate: float,
    *,
    channels: int = 40,
    dt: float = 5e-3,
    window: float = 32e-3,
    low: float = 60.0,
    high: float | None = None,
    span: float = 60.0,
    loudest: float | None = None,
) -> Tensor:
    r"""Return how loud each band of a sound is over time, in bands that are even on the mel scale.

    In each step the power spectrum of the last ``window`` seconds, under a Hann window, is weighted
    by each filter of :func:`mel_filters`, and the sum is taken in decibels below the loudest:

    .. math::

        P_i[n] = \sum_k H_i[k] \, |X_n[k]|^2, \qquad
        x_i[n] = \operatorname{clip}\!\left(1 + \frac{10}{R} \log_{10}
        \frac{P_i[n]}{P_\text{loudest}}, \, 0, \, 1\right)

    Step n sees what was heard before (n + 1) dt and nothing later, but for the loudest.

    Parameters
    ----------
    sound : Tensor or array, shape (L,) or (B, L)
        Samples of one sound, or of some of equal length, in any unit: the loudness is relative.
    rate : float
        Samples per second, in Hz.
    channels : int
        Number of bands N.
    dt : float
        Time step in seconds, at least one sample.
    window : float
        Length of the spectra in seconds.
    low, high : float
        Where the bands begin and end, in Hz; ``high`` is by default half the rate.
    span : float
        R, the decibels from the loudest to 0.
    loudest : float, optional
        The power that gives 1, in the unit of the sound squared; by default the largest of the
        whole sound, which no device knows while it listens.

    Returns
    -------
    Tensor, shape (T, B, N), dtype float32
        Loudness from 0 to 1, with T = L / (rate dt), rounded up. One sound is a batch of one.

    Raises
    ------
    TypeError, ValueError
        If ``sound`` has another shape or kind or is not finite, or the filters do not fit.

    Examples
    --------
    A tone of 1000 Hz is loudest in the band around it:

    >>> tone = torch.sin(2 * math.pi * 1000 * torch.arange(4000) / 8000)
    >>> bands = mel_bank(tone, rate=8000, channels=20)
    >>> tuple(bands.shape), int(bands[50, 0].argmax())
    ((100, 1, 20), 8)
    """
    rows = rows_of(sound)
    ends = frame_ends(rows.shape[1], rate, dt)
    check_positive("window", window)
    width = max(2, round(window * rate))
    filters = mel_filters(channels, rate, width, low=low, high=high)
    hann = torch.hann_window(width, dtype=torch.float64)
    padded = torch.nn.functional.pad(rows, (width, max(0, int(ends[-1]) - rows.shape[1])))
    parts = []
    for some in ends.split(1024):  # a long recording needs no more memory than a short one
        frames = padded[:, some[:, None] + torch.arange(width)]  # the window ends at the step's end
        parts.append((torch.fft.rfft(frames * hann).abs() ** 2 @ filters.T).transpose(0, 1))
    return loudness(torch.cat(parts), span, loudest)
