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
    _check_whole(name, labels, batch, "one class a sample", 0, classes - 1, "class numbers 0")


def check_lengths(lengths: Tensor, batch: int, steps: int, name: str = "lengths") -> None:
    """Raise unless ``lengths`` holds the number of steps of each sample, 1 to ``steps``.

    >>> check_lengths(torch.tensor([3, 9]), batch=2, steps=5)
    Traceback (most recent call last):
    ...
    ValueError: lengths holds 9; numbers of steps from 1 to 5 are accepted
    """
    each, least = "one number of steps a sample", "numbers of steps from 1"
    _check_whole(name, lengths, batch, each, 1, steps, least)


def _check_whole(
    name: str, values: Tensor, batch: int, each: str, low: int, high: int, least: str
) -> None:
    """Raise unless there is one whole number from ``low`` to ``high`` for each sample."""
    check_tensor(name, values)
    if values.dtype != torch.int64:
        raise TypeError(
            f"{name} has dtype {values.dtype}; torch.int64 is accepted, "
            "convert with .to(torch.int64)"
        )
    if tuple(values.shape) != (batch,):
        raise ValueError(f"{name} has shape {tuple(values.shape)}; ({batch},) is accepted, {each}")
    if batch == 0 or not values_at_hand(values):
        return
    found = int(values.min()), int(values.max())
    if found[0] < low or found[1] > high:
        wrong = found[0] if found[0] < low else found[1]
        raise ValueError(f"{name} holds {wrong}; {least} to {high} are accepted")
