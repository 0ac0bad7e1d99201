"""A task that one delay solves: do two spikes have one lag, and no other?"""

import torch
from torch import Tensor

from snnbook._validate import check_generator, check_integer


def one_lag(
    samples: int, lag: int = 12, *, steps: int = 60, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Draw samples of *one lag*: does the second input spike exactly ``lag`` steps after the first?

    Each of two inputs spikes once. In class 1 the lag is ``lag``; in class 0 it is any other from
    minus to plus twice ``lag`` that differs by more than 3, so that shorter and longer lags, and
    the other order, belong to one class. When the first input spikes says nothing.

    Parameters
    ----------
    samples : int
        Number of samples n, at least 1; every other one belongs to class 1.
    lag : int
        Steps from the first input to the second in class 1, at least 4.
    steps : int
        Number of time steps T, at least ``4 * lag + 1``.
    generator : torch.Generator
        Draws the lags of class 0, and when it begins.

    Returns
    -------
    spikes : Tensor
        float32 (T, n, 2), 0 or 1.
    labels : Tensor
        int64 (n,).

    Examples
    --------
    >>> spikes, labels = one_lag(4, generator=torch.Generator().manual_seed(0))
    >>> first, second = spikes.argmax(0).T
    >>> labels.tolist(), (second - first)[1::2].tolist()
    ([0, 1, 0, 1], [12, 12])

    Chapter 8a.
    """
    check_integer("samples", samples, 1)
    check_integer("lag", lag, 4)
    check_integer("steps", steps, 4 * lag + 1)
    check_generator(generator)
    labels = torch.arange(samples) % 2
    others = [k for k in range(-2 * lag, 2 * lag + 1) if abs(k - lag) > 3]
    drawn = torch.tensor(others)[torch.randint(len(others), (samples,), generator=generator)]
    gap = torch.where(labels == 1, lag, drawn)
    room = steps - 2 * lag - gap.abs()  # twice the lag of silence at the end, to answer in
    first = (torch.rand(samples, generator=generator) * room).long() + (-gap).clamp_min(0)
    spikes, each = torch.zeros(steps, samples, 2), torch.arange(samples)
    spikes[first, each, 0] = 1
    spikes[first + gap, each, 1] = 1
    return spikes, labels
