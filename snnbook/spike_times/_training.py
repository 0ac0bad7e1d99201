"""Training on the times of spikes, and what it costs in spikes (chapter 6d)."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from snnbook._validate import check_integer, check_labels, check_positive
from snnbook.spike_times._layers import SpikeTimeNetwork, TrainsOutput
from snnbook.spike_times._remedies import first_to_spike, time_cross_entropy


@dataclass(frozen=True)
class SpikeHistory:
    """What happened in each epoch: an immutable value.

    Attributes
    ----------
    loss, accuracy : tuple of float
        Means over the samples, seen while the weights changed.
    spikes : tuple of tuple of float
        For each epoch and layer, the mean number of spikes in a sample.
    silent : tuple of float
        For each epoch, the share of samples in which the right output did not spike.
    seconds : tuple of float
        Wall time of each epoch.
    """

    loss: tuple[float, ...]
    accuracy: tuple[float, ...]
    spikes: tuple[tuple[float, ...], ...]
    silent: tuple[float, ...]
    seconds: tuple[float, ...] = field(default=(), compare=False)


def fit_spike_times(
    network: SpikeTimeNetwork,
    times: Tensor,
    labels: Tensor,
    *,
    epochs: int,
    batch_size: int,
    generator: torch.Generator,
    lr: Sequence[float] | float = 5e-3,
    decay: float = 0.95,
    loss: Callable[[Tensor, Tensor], Tensor] = time_cross_entropy,
    wake: float = 0.0,
    rouse: float = 0.0,
    clip: float = 1.0,
) -> SpikeHistory:
    """Train a network in place on the first spikes of its outputs, with the exact gradient.

    An exact gradient says nothing about a neuron that does not spike, so silence needs a remedy
    of its own: ``wake`` and ``rouse``.

    Parameters
    ----------
    network : SpikeTimeNetwork
        Its weights are changed.
    times : Tensor, float64 (n, inputs)
        Input spike times.
    labels : Tensor, int64 (n,)
        Correct classes.
    epochs, batch_size : int
        Each at least 1.
    generator : torch.Generator
        Draws the order of the samples.
    lr : float or sequence of float
        Learning rate of Adam, of all layers or of each.
    decay : float
        Factor on it after each epoch.
    loss : callable
        Maps first spike times (B, C) and labels (B,) to a scalar.
    wake : float
        What is added to all weights of an output, times the share of the batch in which it is
        the right one and silent: there it has no gradient. At least 0.
    rouse : float
        What is added to all weights of a hidden neuron that was silent in a whole batch. At
        least 0.
    clip : float
        Largest norm of the gradient of each weight matrix; slopes near zero make it explode.

    Returns
    -------
    SpikeHistory

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit.

    Paper section V.D; chapter 6d.
    """
    check_integer("epochs", epochs, 1)
    check_integer("batch_size", batch_size, 1)
    rates = [lr] * len(network.layers) if isinstance(lr, float) else list(lr)
    for rate in rates:
        check_positive("lr", rate)
    check_positive("decay", decay)
    check_labels(labels, len(times), len(network.layers[-1].weight))
    groups = zip(network.layers, rates, strict=True)
    adam = torch.optim.Adam({"params": layer.weight, "lr": rate} for layer, rate in groups)
    schedule = torch.optim.lr_scheduler.ExponentialLR(adam, decay)
    rows = []
    for _ in range(epochs):
        begun, sums = time.perf_counter(), torch.zeros(3 + len(network.layers))
        for index in torch.randperm(len(labels), generator=generator).split(batch_size):
            output = network(times[index])
            value = loss(output.times, labels[index])
            adam.zero_grad()
            value.backward()
            for weight in network.parameters():
                torch.nn.utils.clip_grad_norm_([weight], clip)
            adam.step()
            _wake(network, output, labels[index], wake, rouse)
            sums += torch.tensor(_counted(value, output, labels[index]))
        schedule.step()
        mean = (sums / len(labels)).tolist()
        rows.append((mean[0], mean[1], tuple(mean[3:]), mean[2], time.perf_counter() - begun))
    return SpikeHistory(*zip(*rows))


@torch.no_grad()
def _wake(
    network: SpikeTimeNetwork, output: TrainsOutput, labels: Tensor, wake: float, rouse: float
) -> None:
    """Raise the weights of right outputs, and of hidden neurons, that stayed silent."""
    missed = torch.isinf(output.times.detach().gather(1, labels[:, None])[:, 0])
    share = torch.bincount(labels[missed], minlength=output.times.shape[1]).double() / len(labels)
    network.layers[-1].weight += wake * share[:, None]
    for layer, trains in zip(network.layers[:-1], output.layers):
        spoke = trains.sources[torch.isfinite(trains.times)]
        quiet = torch.bincount(spoke, minlength=len(layer.weight)) == 0
        layer.weight[quiet] += rouse


def _counted(value: Tensor, output: TrainsOutput, labels: Tensor) -> list[float]:
    """Return sums over a batch: loss, right answers, silent right outputs, spikes by layer."""
    found = output.times.detach()
    silent = torch.isinf(found.gather(1, labels[:, None])).sum()
    right = (first_to_spike(found) == labels).sum()
    spikes = [float(trains.counts.sum()) for trains in output.layers]
    return [len(labels) * float(value.detach()), float(right), float(silent), *spikes]


@torch.no_grad()
def share_right(network: SpikeTimeNetwork, times: Tensor, labels: Tensor) -> float:
    """Return the share of samples in which the right output spikes first; silence is wrong.

    >>> import math
    >>> network = SpikeTimeNetwork(
    ...     (2, 2), mean=(4.0,), spread=(0.1,), generator=torch.Generator().manual_seed(0)
    ... )
    >>> times = torch.zeros(3, 2, dtype=torch.float64)
    >>> 0.0 <= share_right(network, times, torch.zeros(3).long()) <= 1.0
    True
    """
    return float((first_to_spike(network(times).times) == labels).double().mean())
