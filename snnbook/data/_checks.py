"""Checks that the rooms of ``snnbook.data`` share."""

from torch import Tensor

from snnbook._validate import check_float


def check_values(name: str, values: Tensor) -> None:
    """Raise unless ``values`` is floating point, has the axes (B, N), and lies in [0, 1].

    >>> import torch
    >>> check_values("values", torch.tensor([[0.5, 1.5]]))
    Traceback (most recent call last):
    ...
    ValueError: values spans 0.5 to 1.5; numbers from 0 to 1 are accepted
    """
    check_float(name, values)
    if values.dim() != 2:
        raise ValueError(
            f"{name} has shape {tuple(values.shape)}; "
            "two axes (B, N) = (sample, feature) are accepted"
        )
    if values.numel() == 0:
        return
    if values.isnan().any():
        raise ValueError(f"{name} contains NaN; numbers from 0 to 1 are accepted")
    low, high = values.min().item(), values.max().item()
    if low < 0 or high > 1:
        raise ValueError(f"{name} spans {low:g} to {high:g}; numbers from 0 to 1 are accepted")


def check_probability(rate_name: str, rate: float, dt: float) -> None:
    """Raise unless ``rate * dt`` is a probability: a step holds at most one spike.

    >>> check_probability("rate", 2000.0, 1e-3)
    Traceback (most recent call last):
    ...
    ValueError: rate = 2000.0 Hz with dt = 0.001 s means 2 spikes per step;
    at most 1 is accepted: lower rate or dt
    """
    if not 0 <= rate * dt <= 1:
        raise ValueError(
            f"{rate_name} = {rate!r} Hz with dt = {dt!r} s means {rate * dt:g} spikes per step; "
            f"at most 1 is accepted: lower {rate_name} or dt"
        )
