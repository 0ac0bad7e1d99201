"""Checks of what a tensor of samples holds: values from 0 to 1, or class numbers."""

import torch
from torch import Tensor

from snnbook._validate._tensors import check_batch, check_float, check_tensor, values_at_hand


def check_values(name: str, values: Tensor) -> None:
    """Raise unless ``values`` is floating point, has the axes (B, N), and lies in [0, 1].

    >>> import torch
    >>> check_values("values", torch.tensor([[0.5, 1.5]]))
    Traceback (most recent call last):
    ...
    ValueError: values spans 0.5 to 1.5; numbers from 0 to 1 are accepted
    """
    check_float(name, values)
    check_batch(name, values)
    if values.numel() == 0 or not values_at_hand(values):
        return
    if values.isnan().any():
        raise ValueError(f"{name} contains NaN; numbers from 0 to 1 are accepted")
    low, high = values.min().item(), values.max().item()
    if low < 0 or high > 1:
        raise ValueError(f"{name} spans {low:g} to {high:g}; numbers from 0 to 1 are accepted")


def check_labels(labels: Tensor, batch: int, classes: int, name: str = "labels") -> None:
    """Raise unless ``labels`` holds one class index in ``0 .. classes - 1`` for each sample.

    >>> check_labels(torch.tensor([0, 3]), batch=2, classes=3)
    Traceback (most recent call last):
    ...
    ValueError: labels holds 3; class numbers 0 to 2 are accepted
    """
    check_tensor(name, labels)
    if labels.dtype != torch.int64:
        raise TypeError(
            f"{name} has dtype {labels.dtype}; torch.int64 is accepted, "
            "convert with .to(torch.int64)"
        )
    if tuple(labels.shape) != (batch,):
        raise ValueError(
            f"{name} has shape {tuple(labels.shape)}; ({batch},) is accepted, one class a sample"
        )
    if batch == 0 or not values_at_hand(labels):
        return
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= classes:
        wrong = low if low < 0 else high
        raise ValueError(f"{name} holds {wrong}; class numbers 0 to {classes - 1} are accepted")
