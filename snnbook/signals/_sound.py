"""What both filter banks share: a sound as rows of samples, frames in time, and decibels."""

import math

import numpy as np
import torch
from torch import Tensor

from snnbook._validate import check_finite, check_positive, check_tensor


def rows_of(sound: Tensor | np.ndarray) -> Tensor:
    """Return a sound (L,), or some of equal length (B, L), as float64 (B, L) on the CPU."""
    if isinstance(sound, np.ndarray) and sound.dtype.kind in "iuf":
        sound = torch.from_numpy(sound.astype(np.float64))
    check_tensor("sound", sound)
    if sound.dtype == torch.bool or sound.is_complex():
        raise TypeError(
            f"sound has dtype {sound.dtype}; whole or floating-point numbers are accepted"
        )
    if sound.dim() not in (1, 2) or not sound.shape[-1]:
        raise ValueError(
            f"sound has shape {tuple(sound.shape)}; at least one sample on one axis (L,), or two "
            "axes (B, L) = (sound, sample), are accepted"
        )
    rows = sound.detach().cpu().double()
    check_finite("sound", rows)
    return rows if rows.dim() == 2 else rows[None]


def frame_ends(samples: int, rate: float, dt: float) -> Tensor:
    """Return for each step the number of samples before its end, (n + 1) dt."""
    check_positive("rate", rate)
    check_positive("dt", dt)
    if dt * rate < 1:
        raise ValueError(
            f"dt is {dt!r}; at least one sample, {1 / rate!r} s, is accepted at rate {rate!r} Hz"
        )
    if samples < dt * rate:
        raise ValueError(
            f"sound has {samples} samples at {rate!r} Hz; at least one step of {dt!r} s is accepted"
        )
    steps = math.ceil(samples / (dt * rate))
    return (torch.arange(1, steps + 1, dtype=torch.float64) * (dt * rate)).round().long()


def band_limits(low: float, high: float | None, rate: float) -> tuple[float, float]:
    """Return the lowest and the highest frequency, the latter by default half the rate."""
    check_positive("rate", rate)
    check_positive("low", low)
    if high is not None:
        check_positive("high", high)
        if high > rate / 2:
            raise ValueError(
                f"high is {high!r}; at most half the rate, {rate / 2!r} Hz, is accepted"
            )
    high = rate / 2 if high is None else high
    if low >= high:
        raise ValueError(f"low is {low!r}; a frequency below {high!r} Hz is accepted")
    return float(low), float(high)


def loudness(power: Tensor, span: float, loudest: float | None) -> Tensor:
    r"""Return power (T, B, N) in decibels, from 0 (``span`` below the loudest) to 1 (the loudest).

    .. math:: x = \operatorname{clip}\!\left(1 + \frac{10}{R} \log_{10}
              \frac{P}{P_\text{loudest}}, \, 0, \, 1\right)

    Without a power that counts as loudest it is the largest of each sound; silence is 0 throughout.
    """
    check_positive("span", span)
    if loudest is None:
        most = power.amax(dim=(0, 2), keepdim=True)
    else:
        check_positive("loudest", loudest)
        most = torch.tensor(float(loudest), dtype=power.dtype)
    ratio = torch.where(most > 0, power / most.clamp(min=1e-300), 0.0)
    return (1 + 10 / span * torch.log10(ratio.clamp(min=1e-300))).clamp(0, 1).float()
