"""Spike trains: the spikes of a layer in ascending order, as two tensors (chapter 6d)."""

from typing import NamedTuple

import torch
from torch import Tensor

from snnbook._validate import check_float, check_integer, check_same_device, check_tensor


class Trains(NamedTuple):
    """Spikes of a layer in ascending order: ``times`` (B, M), inf where a sample has fewer, and
    ``sources`` (B, M), int64, the neuron that spiked: a neuron of the layer, also beside inf.
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
        check_trains("trains", self, neurons)
        found = self.times.new_full((len(self.times), neurons), torch.inf)
        return found.scatter_reduce(1, self.sources, self.times, "amin")

    def counts_of(self, neurons: int) -> Tensor:
        """Return the number of spikes of each neuron, (B, neurons).

        >>> trains = Trains(torch.tensor([[1.0, 2.0, torch.inf]]), torch.tensor([[1, 0, 0]]))
        >>> trains.counts_of(3)
        tensor([[1, 1, 0]])
        """
        check_trains("trains", self, neurons)
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


def check_trains(name: str, trains: Trains, neurons: int) -> None:
    """Raise unless ``trains`` holds ascending times, and sources among ``neurons`` neurons.

    >>> check_trains("trains", Trains(torch.zeros(1, 1), torch.tensor([[7]])), 5)
    Traceback (most recent call last):
    ...
    ValueError: trains.sources holds 7; neurons 0 to 4 are accepted, also where a time is inf
    """
    if not isinstance(trains, Trains):
        raise TypeError(f"{name} is a {type(trains).__name__}; Trains(times, sources) is accepted")
    check_integer("neurons", neurons, 1)
    times, sources = trains
    check_float(f"{name}.times", times)
    check_tensor(f"{name}.sources", sources)
    check_same_device(f"{name}.sources", sources, times)
    if sources.dtype != torch.int64:
        raise TypeError(
            f"{name}.sources has dtype {sources.dtype}; torch.int64 is accepted, "
            "convert with .to(torch.int64)"
        )
    if times.dim() != 2:
        raise ValueError(
            f"{name}.times has shape {tuple(times.shape)}; (batch, spikes) is accepted"
        )
    if sources.shape != times.shape:
        raise ValueError(
            f"{name}.sources has shape {tuple(sources.shape)}; {tuple(times.shape)}, that of "
            "the times, is accepted"
        )
    if times.numel():
        _check_values(name, times, sources, neurons)


def _check_values(name: str, times: Tensor, sources: Tensor, neurons: int) -> None:
    if not bool((times[:, 1:] >= times[:, :-1]).all() and (times >= 0).all()):
        if bool(times.isnan().any()):
            raise ValueError(f"{name}.times holds NaN; times, or inf for no spike, are accepted")
        raise ValueError(
            f"{name}.times descends or is negative; ascending times from 0 are accepted"
        )
    low, high = int(sources.min()), int(sources.max())
    if low < 0 or high >= neurons:
        raise ValueError(
            f"{name}.sources holds {low if low < 0 else high}; neurons 0 to {neurons - 1} are "
            "accepted, also where a time is inf"
        )
