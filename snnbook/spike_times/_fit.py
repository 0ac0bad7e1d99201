"""Training on spike times: the loop, and a history that counts silent neurons."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from snnbook._validate import check_choice, check_integer, check_labels, check_positive
from snnbook.spike_times._remedies import (
    bump_silent,
    first_to_spike,
    time_cross_entropy,
    weight_sum_penalty,
)
from snnbook.spike_times._single_spike import TimingNetwork

REMEDIES = ("none", "bump", "penalty")


@dataclass(frozen=True)
class TimingHistory:
    """What happened in each epoch: an immutable value.

    Attributes
    ----------
    loss, accuracy : tuple of float
        Means over the epoch's samples, seen while the weights changed.
    silent : tuple of tuple of float
        For each epoch and layer, the share of (sample, neuron) pairs without a spike.
    dead : tuple of tuple of float
        For each epoch and layer, the share of neurons that spiked in no sample of the epoch.
    bumped : tuple of int
        Number of bumps in each epoch.
    seconds : tuple of float
        Wall time of each epoch.
    """

    loss: tuple[float, ...]
    accuracy: tuple[float, ...]
    silent: tuple[tuple[float, ...], ...]
    dead: tuple[tuple[float, ...], ...]
    bumped: tuple[int, ...]
    seconds: tuple[float, ...] = field(default=(), compare=False)


def fit_times(
    network: TimingNetwork,
    times: Tensor,
    labels: Tensor,
    *,
    epochs: int,
    batch_size: int,
    generator: torch.Generator,
    lr: float = 0.01,
    decay: float = 1.0,
    loss: Callable[[Tensor, Tensor], Tensor] = time_cross_entropy,
    remedy: str = "bump",
    strength: float = 0.02,
    margin: float = 1.0,
    clip: float = 1.0,
) -> TimingHistory:
    """Train a network of single-spike neurons in place, and count its silent neurons.

    Parameters
    ----------
    network : TimingNetwork
        Its weights are changed.
    times : Tensor, shape (n, inputs)
        Input spike times.
    labels : Tensor, shape (n,), dtype int64
        Correct classes.
    epochs, batch_size : int
        Each at least 1.
    generator : torch.Generator
        Draws the order of the samples.
    lr : float
        Learning rate of Adam for the sum of a neuron's weights, in units of the smallest weight
        that makes a spike: each weight has ``lr * smallest_weight / fan_in``.
    decay : float
        Factor on the learning rate after each epoch.
    loss : callable
        Maps output times (B, C) and labels (B,) to a scalar.
    remedy : {"none", "bump", "penalty"}
        What is done about silent neurons: nothing, :func:`bump_silent` or
        :func:`weight_sum_penalty`.
    strength : float
        Step of the bump, or factor of the penalty.
    margin : float
        Margin of the penalty.
    clip : float
        Largest norm of the gradient of each weight matrix; slopes near zero make it explode.

    Returns
    -------
    TimingHistory

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit.

    Examples
    --------
    >>> from snnbook.spike_times import NonLeaky
    >>> order = torch.Generator().manual_seed(0)
    >>> network = TimingNetwork((2, 2), NonLeaky(), generator=order)
    >>> labels = torch.tensor([0, 1, 0, 1])  # the input of the class comes first
    >>> history = fit_times(
    ...     network, 1.0 - torch.eye(2, dtype=torch.float64)[labels], labels,
    ...     epochs=60, batch_size=4, generator=order, lr=0.05,
    ... )
    >>> history.accuracy[-1]
    1.0

    Paper section IV.A.4; chapter 4d.
    """
    check_integer("epochs", epochs, 1)
    check_integer("batch_size", batch_size, 1)
    for name, value in (("lr", lr), ("decay", decay), ("clip", clip)):
        check_positive(name, value)
    check_choice("remedy", remedy, REMEDIES)
    check_labels(labels, len(times), network.layers[-1].weight.shape[0])
    steps = torch.optim.Adam(
        {"params": layer.weight, "lr": lr * layer.cell.smallest_weight / layer.weight.shape[1]}
        for layer in network.layers
    )
    schedule = torch.optim.lr_scheduler.ExponentialLR(steps, decay)
    rows = []
    for _ in range(epochs):
        tally = _Tally()
        for index in torch.randperm(len(labels), generator=generator).split(batch_size):
            output = network(times[index])
            value = loss(output.times, labels[index])
            if remedy == "penalty":
                value = value + strength * weight_sum_penalty(network, margin)
            steps.zero_grad()
            value.backward()
            for weight in network.parameters():
                torch.nn.utils.clip_grad_norm_([weight], clip)
            steps.step()
            fired = (*output.hidden, output.times)
            raised = bump_silent(network, fired, step=strength) if remedy == "bump" else 0
            tally.add(value, labels[index], fired, raised)
        schedule.step()
        rows.append(tally.row())
    return TimingHistory(*zip(*rows))


class _Tally:
    """Sums over the batches of one epoch."""

    def __init__(self) -> None:
        self.start = time.perf_counter()
        self.samples, self.loss, self.right, self.raised = 0, 0.0, 0, 0
        self.silent, self.spoke = [], []

    def add(self, value: Tensor, labels: Tensor, fired: tuple[Tensor, ...], raised: int) -> None:
        self.samples += len(labels)
        self.loss += len(labels) * float(value.detach())
        self.right += int((first_to_spike(fired[-1].detach()) == labels).sum())
        self.raised += raised
        quiet = [torch.isinf(times.detach()) for times in fired]
        if not self.silent:
            self.silent = [0.0] * len(quiet)
            self.spoke = [torch.zeros(q.shape[1], dtype=torch.bool) for q in quiet]
        for layer, q in enumerate(quiet):
            self.silent[layer] += float(q.double().mean(1).sum())
            self.spoke[layer] |= ~q.all(0)

    def row(self) -> tuple:
        silent = tuple(count / self.samples for count in self.silent)
        dead = tuple(float((~spoke).double().mean()) for spoke in self.spoke)
        seconds = time.perf_counter() - self.start
        right = self.right / self.samples
        return self.loss / self.samples, right, silent, dead, self.raised, seconds
