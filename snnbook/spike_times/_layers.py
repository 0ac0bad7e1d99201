r"""Layers that spike many times, trained on the times of their spikes (chapter 6d).

The same neuron and the same adjoint as in :mod:`snnbook.spike_times.eventprop`, for layers without
recurrent synapses, many samples and compiled loops. PyTorch's autograd hands the derivatives by
spike times from layer to layer; within a layer no autograd is used.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from snnbook._validate import check_integer, check_positive
from snnbook.neurons import WithConstants
from snnbook.spike_times._loops import loops
from snnbook.spike_times._membrane import response


class Trains(NamedTuple):
    """Spikes of a layer in ascending order: ``times`` (B, M), inf where a sample has fewer, and
    ``sources`` (B, M), the neuron that spiked.
    """

    times: Tensor
    sources: Tensor

    @property
    def counts(self) -> Tensor:
        """Spikes of each sample, (B,)."""
        return torch.isfinite(self.times).sum(1)

    def first(self, neurons: int) -> Tensor:
        """Return the first spike time of each neuron, (B, neurons), inf where it is silent.

        >>> trains = Trains(torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[1, 0, 1]]))
        >>> trains.first(3)
        tensor([[2., 1., inf]])
        """
        found = self.times.new_full((len(self.times), neurons), torch.inf)
        return found.scatter_reduce(1, self.sources, self.times, "amin")

    def counts_of(self, neurons: int) -> Tensor:
        """Return the number of spikes of each neuron, (B, neurons).

        >>> trains = Trains(torch.tensor([[1.0, 2.0, torch.inf]]), torch.tensor([[1, 0, 0]]))
        >>> trains.counts_of(3)
        tensor([[1, 1, 0]])
        """
        found = self.sources.new_zeros(len(self.times), neurons)
        return found.scatter_add(1, self.sources, torch.isfinite(self.times).long())


class TrainsOutput(NamedTuple):
    """``times`` (B, C), first spikes of the outputs, and trains and size of every layer."""

    times: Tensor
    layers: tuple[Trains, ...]
    sizes: tuple[int, ...]

    @property
    def counts(self) -> tuple[Tensor, ...]:
        """Spikes of each neuron, (B, N) for each layer, the outputs last."""
        return tuple(trains.counts_of(size) for trains, size in zip(self.layers, self.sizes))


class SpikeLayer(WithConstants, nn.Module):
    r"""A layer of current-based LIF neurons in continuous time, with exact gradients.

    .. math:: \tau_\text{mem} \dot U = -U + I, \qquad \tau_\text{syn} \dot I = -I

    An input spike adds its weight to I; where U reaches the threshold the neuron spikes and U
    becomes zero. The gradient is that of the spike times, by the adjoint of
    :func:`snnbook.spike_times.eventprop`.

    Parameters
    ----------
    weight : Tensor, float64 (N, inputs)
        Becomes a parameter.
    tau_mem, tau_syn, duration : float
        Time constants and length of a run, in one unit of time, above 0.
    threshold : float
        Above 0.

    Examples
    --------
    >>> layer = SpikeLayer(torch.full((1, 1), 4.0, dtype=torch.float64), 1.0, 1.0, 5.0)
    >>> trains = layer(Trains(torch.zeros(1, 1, dtype=torch.float64), torch.zeros(1, 1).long()))
    >>> trains.times.detach()  # U(t) = 4 t exp(-t) = 1
    tensor([[0.3574, 1.1359]], dtype=torch.float64)

    Paper section V.D; chapter 6d. Wunderlich and Pehle (2021).
    """

    def __init__(
        self,
        weight: Tensor,
        tau_mem: float,
        tau_syn: float,
        duration: float,
        threshold: float = 1.0,
    ) -> None:
        super().__init__()
        if weight.dim() != 2 or weight.dtype != torch.float64:
            raise TypeError(
                f"weight is {weight.dtype} of shape {tuple(weight.shape)}; "
                "float64 (neurons, inputs) is accepted"
            )
        numbers = {"tau_mem": tau_mem, "tau_syn": tau_syn, "duration": duration}
        for name, value in (numbers | {"threshold": threshold}).items():
            check_positive(name, value)
        self.weight = nn.Parameter(weight.detach().clone())
        self.tau_mem, self.tau_syn, self.duration = tau_mem, tau_syn, duration
        self.threshold = threshold

    def constants(self) -> dict:
        """Return the constants, which travel with the weights."""
        names = "tau_mem", "tau_syn", "duration", "threshold"
        return {name: getattr(self, name) for name in names}

    def forward(self, trains: Trains) -> Trains:
        """Return the spikes that the layer answers with."""
        if trains.times.dtype != torch.float64 or trains.times.dim() != 2:
            raise TypeError(
                f"times is {trains.times.dtype} of shape {tuple(trains.times.shape)}; "
                "float64 (batch, spikes) is accepted"
            )
        if bool((trains.times.diff(dim=1) < 0).any() or (trains.times < 0).any()):
            raise ValueError("times descend or are negative; ascending times from 0 are accepted")
        constants = self.threshold, self.tau_mem, self.tau_syn, self.duration
        return Trains(*_Answer.apply(trains.times, trains.sources, self.weight, constants))

    def weight_step(self, size: float) -> float:
        """Return ``size``: learning rates and remedies count in weights."""
        return size


@torch.no_grad()
def membranes(layer: SpikeLayer, arrived: Trains, own: Trains, at: Tensor) -> Tensor:
    r"""Return U of every neuron at the times ``at`` (G,), exact, (B, N, G).

    .. math:: U_i(t) = \sum_j W_{ij}\, \kappa(t - t_j)
        - \theta \sum_s e^{-(t - t_s) / \tau_\text{mem}}

    with the response :math:`\kappa` to one input spike, and :math:`t_s` the neuron's own spikes.

    Parameters
    ----------
    layer : SpikeLayer
    arrived, own : Trains
        What came in, and what the layer answered.
    at : Tensor, float64 (G,)
        Times.

    Chapter 6d.
    """
    since = (at - arrived.times[:, :, None]).clamp(min=0)  # (B, K, G); 0 before the spike
    kernel = torch.from_numpy(response(since.numpy(), layer.tau_mem, layer.tau_syn))
    rise = torch.einsum("bkn,bkg->bng", layer.weight.T[arrived.sources], kernel)
    after = at - own.times[:, :, None]
    drop = torch.where(after > 0, torch.exp(-after.clamp(min=0) / layer.tau_mem), 0.0)
    who = torch.nn.functional.one_hot(own.sources, len(layer.weight)).to(drop)
    return rise - layer.threshold * torch.einsum("bmn,bmg->bng", who, drop)


class _Answer(torch.autograd.Function):
    @staticmethod
    def forward(ctx, times, sources, weight, constants):
        given = times.numpy(), sources.numpy(), weight.detach().numpy()
        room, (run_layer, _) = 4 * weight.shape[0], loops()
        while True:
            spikes, currents, counts = run_layer(*given, *constants, room)
            if counts.min() >= 0:
                break
            room *= 2
        spikes, currents = (x[:, : max(1, counts.sum(1).max())] for x in (spikes, currents))
        order = np.argsort(spikes, axis=1, kind="stable")
        ctx.given, ctx.constants = given, constants
        ctx.run = spikes.copy(), currents.copy(), counts, order
        neurons = _neurons(counts, spikes.shape[1])
        out = torch.from_numpy(np.take_along_axis(spikes, order, 1))
        who = torch.from_numpy(np.take_along_axis(neurons, order, 1))
        ctx.mark_non_differentiable(who)
        return out, who

    @staticmethod
    def backward(ctx, by_time, _):
        spikes, currents, counts, order = ctx.run
        unsorted = np.zeros_like(spikes)
        np.put_along_axis(unsorted, order, by_time.numpy(), 1)
        _, adjoint_layer = loops()
        d_weight, d_times = adjoint_layer(
            *ctx.given, *ctx.constants, spikes, currents, counts, unsorted
        )
        return torch.from_numpy(d_times), None, torch.from_numpy(d_weight), None


def _neurons(counts: np.ndarray, room: int) -> np.ndarray:
    """Return the neuron of each spike where spikes stand in the order of the neurons."""
    found = np.zeros((len(counts), room), dtype=np.int64)
    for row, each in zip(found, counts):
        row[: each.sum()] = np.repeat(np.arange(len(each)), each)
    return found


class SpikeTimeNetwork(nn.Module):
    """Layers of :class:`SpikeLayer`; the output that spikes first is the answer.

    Parameters
    ----------
    sizes : sequence of int
        Inputs, hidden layers, outputs.
    mean, spread : sequence of float
        Mean and standard deviation of the initial weights, one entry for each layer.
    tau_mem, tau_syn, duration, threshold : float
        As in :class:`SpikeLayer`.
    generator : torch.Generator
        Draws the weights.

    Examples
    --------
    >>> network = SpikeTimeNetwork(
    ...     (5, 8, 3), mean=(1.5, 1.0), spread=(0.8, 0.5), generator=torch.Generator()
    ... )
    >>> output = network(torch.zeros(2, 5, dtype=torch.float64))
    >>> output.times.shape, len(output.layers)
    (torch.Size([2, 3]), 2)

    Paper section V.D; chapter 6d.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        mean: Sequence[float],
        spread: Sequence[float],
        tau_mem: float = 20e-3,
        tau_syn: float = 5e-3,
        duration: float = 60e-3,
        threshold: float = 1.0,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        for size in sizes:
            check_integer("sizes", size, 1)
        if not len(sizes) - 1 == len(mean) == len(spread):
            raise ValueError(
                f"sizes has {len(sizes)} entries, mean {len(mean)} and spread {len(spread)}; "
                "one entry of mean and spread for each layer is accepted"
            )
        self.layers = nn.ModuleList(
            SpikeLayer(
                middle
                + scatter * torch.randn(above, below, generator=generator, dtype=torch.float64),
                tau_mem,
                tau_syn,
                duration,
                threshold,
            )
            for below, above, middle, scatter in zip(sizes, sizes[1:], mean, spread)
        )

    def forward(self, times: Tensor) -> TrainsOutput:
        """Map input spike times (B, inputs), one spike each, to spikes of every layer."""
        order = times.argsort(1)
        trains, seen = Trains(times.gather(1, order), order), []
        for layer in self.layers:
            trains = layer(trains)
            seen.append(trains)
        sizes = tuple(len(layer.weight) for layer in self.layers)
        return TrainsOutput(trains.first(sizes[-1]), tuple(seen), sizes)
