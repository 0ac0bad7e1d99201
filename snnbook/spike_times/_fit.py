"""Training on spike times: one loop for single spikes and for many (chapters 4d and 6d)."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from snnbook._validate import (
    check_batch,
    check_callable,
    check_float,
    check_generator,
    check_integer,
    check_positive,
)
from snnbook.spike_times._guard import check_classes, per_layer
from snnbook.spike_times._layers import SpikeTimeNetwork
from snnbook.spike_times._loss import first_to_spike, time_cross_entropy
from snnbook.spike_times._remedies import check_network
from snnbook.spike_times._single_spike import TimingNetwork, TimingOutput
from snnbook.spike_times._trains import TrainsOutput


@dataclass(frozen=True)
class TimesHistory:
    """What happened in each epoch, seen while the weights changed: an immutable value.

    Attributes
    ----------
    loss, accuracy : tuple of float
        Means over the epoch's samples.
    spikes : tuple of tuple of float
        For each epoch and layer, the mean number of spikes in a sample.
    silent : tuple of tuple of float
        For each epoch and layer, the share of (sample, neuron) pairs without a spike.
    dead : tuple of tuple of float
        For each epoch and layer, the share of neurons that spiked in no sample of the epoch.
    missed : tuple of float
        For each epoch, the share of samples in which the right output did not spike.
    raised : tuple of int
        For each epoch, how often the remedy raised a neuron's weights.
    seconds : tuple of float
        Wall time of each epoch.
    """

    loss: tuple[float, ...]
    accuracy: tuple[float, ...]
    spikes: tuple[tuple[float, ...], ...]
    silent: tuple[tuple[float, ...], ...]
    dead: tuple[tuple[float, ...], ...]
    missed: tuple[float, ...]
    raised: tuple[int, ...]
    seconds: tuple[float, ...] = field(default=(), compare=False)


def fit_times(
    network: TimingNetwork | SpikeTimeNetwork,
    times: Tensor,
    labels: Tensor,
    *,
    epochs: int,
    batch_size: int,
    generator: torch.Generator,
    lr: float | Sequence[float] = 0.01,
    decay: float = 1.0,
    loss: Callable[[Tensor, Tensor], Tensor] = time_cross_entropy,
    penalty: Callable | None = None,
    remedy: Callable | None = None,
    on_epoch: Callable[[int, torch.nn.Module, TimesHistory], bool | None] | None = None,
    clip: float = 1.0,
) -> TimesHistory:
    """Train a network in place on the first spikes of its outputs, and count the silent.

    An exact gradient says nothing about a neuron that does not spike, so silence needs a penalty
    or a remedy of its own.

    Parameters
    ----------
    network : TimingNetwork or SpikeTimeNetwork
        Its weights are changed.
    times : Tensor, shape (n, inputs)
        Input spike times.
    labels : Tensor, shape (n,), dtype int64
        Correct classes.
    epochs, batch_size : int
        Each at least 1.
    generator : torch.Generator
        Draws the order of the samples.
    lr : float or sequence of float
        Learning rate of Adam, of all layers or of each. For layers of single spikes it is that of
        the sum of a neuron's weights, in units of the smallest weight that makes a spike: each
        weight has ``lr * smallest_weight / fan_in`` (``layer.weight_step``).
    decay : float
        Factor on the learning rate after each epoch.
    loss : callable
        Maps first spike times (B, C) and labels (B,) to a scalar.
    penalty : callable, optional
        Maps the network to a scalar that is added to the loss: :func:`weight_sum_penalty`.
    remedy : callable, optional
        Takes the network, its output and the labels of a batch after each step, changes weights
        and returns how many neurons it raised: :func:`bump_silent` or :func:`wake_silent`, with
        ``functools.partial`` for its settings.
    on_epoch : callable, optional
        Called after each epoch as ``on_epoch(epoch, network, history)``, with the number of the
        epoch from 1, as in :func:`snnbook.training.fit`. Training ends with the epoch for which it
        returns true.
    clip : float
        Largest norm of the gradient of each weight matrix; slopes near zero make it explode.

    Returns
    -------
    TimesHistory

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit, or if the loss or a gradient becomes NaN or infinite.

    Examples
    --------
    >>> from snnbook.spike_times import NonLeaky, bump_silent
    >>> order = torch.Generator().manual_seed(0)
    >>> network = TimingNetwork((2, 2), NonLeaky(), generator=order)
    >>> labels = torch.tensor([0, 1, 0, 1])  # the input of the class comes first
    >>> history = fit_times(
    ...     network, 1.0 - torch.eye(2, dtype=torch.float64)[labels], labels,
    ...     epochs=60, batch_size=4, generator=order, lr=0.05, remedy=bump_silent,
    ... )
    >>> history.accuracy[-1]
    1.0

    Paper sections IV.A.4 and V.D; chapters 4d and 6d.
    """
    check_network(network)
    check_float("times", times)
    check_batch("times", times)
    check_integer("epochs", epochs, 1)
    check_integer("batch_size", batch_size, 1)
    check_generator(generator)
    check_positive("decay", decay)
    check_positive("clip", clip)
    calls = {"loss": loss, "penalty": penalty, "remedy": remedy, "on_epoch": on_epoch}
    for name, value in calls.items():
        if name == "loss" or value is not None:
            check_callable(name, value)
    check_classes(labels, len(times), len(network.layers[-1].weight))
    rates = per_layer("lr", lr, len(network.layers))
    for rate in rates:
        check_positive("lr", rate)
    adam = torch.optim.Adam(
        {"params": layer.weight, "lr": layer.weight_step(rate)}
        for layer, rate in zip(network.layers, rates, strict=True)
    )
    schedule = torch.optim.lr_scheduler.ExponentialLR(adam, decay)
    rows = []
    for epoch in range(epochs):
        tally = _Tally()
        for index in torch.randperm(len(labels), generator=generator).split(int(batch_size)):
            output = network(times[index])
            value = loss(output.times, labels[index])
            if penalty is not None:
                value = value + penalty(network)
            _check_value(value, epoch)
            adam.zero_grad()
            value.backward()
            for name, weight in network.named_parameters():
                norm = float(torch.nn.utils.clip_grad_norm_([weight], clip))
                if not math.isfinite(norm):
                    raise ValueError(f"the gradient of {name} became {norm} in epoch {epoch + 1}")
            adam.step()
            raised = remedy(network, output, labels[index]) if remedy is not None else 0
            tally.add(value, labels[index], output, raised)
        schedule.step()
        rows.append(tally.row())
        seen = TimesHistory(*zip(*rows))
        if on_epoch is not None and on_epoch(epoch + 1, network, seen):
            break
    return seen


def _check_value(value: Tensor, epoch: int) -> None:
    if not isinstance(value, Tensor) or value.dim() != 0:
        given = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
        raise TypeError(f"loss and penalty return {given}; a tensor of one number is accepted")
    if not math.isfinite(value.detach()):
        raise ValueError(
            f"the loss became {value.item()} in epoch {epoch + 1}; "
            "a smaller lr, or a loss that takes inf for a silent output, is accepted"
        )


class _Tally:
    """Sums over the batches of one epoch."""

    def __init__(self) -> None:
        self.start = time.perf_counter()
        self.samples = self.loss = self.right = self.missed = self.raised = 0
        self.counts = []  # of each neuron, for each layer
        self.silent = []  # samples without a spike, mean over neurons, for each layer

    @torch.no_grad()
    def add(
        self, value: Tensor, labels: Tensor, output: TimingOutput | TrainsOutput, raised: int
    ) -> None:
        counts = output.counts
        self.samples += len(labels)
        self.loss += len(labels) * float(value)
        self.right += int((first_to_spike(output.times) == labels).sum())
        self.missed += int((counts[-1].gather(1, labels[:, None]) == 0).sum())
        self.raised += raised
        if not self.counts:
            self.counts, self.silent = [0] * len(counts), [0.0] * len(counts)
        for layer, found in enumerate(counts):
            self.counts[layer] = self.counts[layer] + found.sum(0)
            self.silent[layer] += float((found == 0).double().mean(1).sum())

    def row(self) -> tuple:
        """Return a row of the history."""
        n = self.samples
        return (
            self.loss / n,
            self.right / n,
            tuple(int(each.sum()) / n for each in self.counts),
            tuple(silent / n for silent in self.silent),
            tuple(float((each == 0).double().mean()) for each in self.counts),
            self.missed / n,
            self.raised,
            time.perf_counter() - self.start,
        )
