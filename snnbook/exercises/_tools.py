"""What the exercises share: random arguments, small networks, decay factors, a noisy unit."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from snnbook import neurons


class Draw:
    """A source of random numbers, each tensor in float64.

    >>> draw = Draw(seed=0)
    >>> draw.uniform(2, 3, low=0.5).shape, draw.spikes(4).unique().tolist()
    (torch.Size([2, 3]), [0.0, 1.0])
    """

    def __init__(self, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        self._options = {"generator": generator, "dtype": torch.float64}

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        """Return uniform numbers between two ends."""
        return low + (high - low) * torch.rand(*shape, **self._options)

    def normal(self, *shape: int) -> Tensor:
        """Return numbers of mean 0 and variance 1."""
        return torch.randn(*shape, **self._options)

    def spikes(self, *shape: int, share: float = 0.4) -> Tensor:
        """Return zeros, and ones in this share of the entries on average."""
        return (self.uniform(*shape) < share).double()

    def numbers(self, count: int, low: float = 0.0, high: float = 1.0) -> list[float]:
        """Return uniform numbers as floats."""
        return self.uniform(count, low=low, high=high).tolist()

    def number(self, low: float = 0.0, high: float = 1.0) -> float:
        """Return one uniform number."""
        return self.numbers(1, low, high)[0]


def network(*sizes: int, **options) -> neurons.SpikingNetwork:
    """Return a network of these sizes with weights of its own seed."""
    return neurons.SpikingNetwork(sizes, generator=torch.Generator().manual_seed(0), **options)


def count_weights(*sizes: int, **options) -> int:
    """Return the number of weights of a network."""
    return sum(weight.numel() for weight in network(*sizes, **options).parameters())


def decaying(alpha: float, beta: float, threshold: float = 1.0) -> neurons.LIFNeuron:
    """Return a neuron with these decay factors, in steps of 1 ms."""
    tau_mem, tau_syn = -1e-3 / math.log(beta), -1e-3 / math.log(alpha)
    return neurons.LIFNeuron(tau_mem=tau_mem, tau_syn=tau_syn, threshold=threshold, dt=1e-3)


def coin(p: float, loss: Callable[[Tensor], Tensor]) -> tuple[float, float, float, float]:
    """Return what a loss asks of a unit that spikes with probability p.

    The mean loss, its derivative in p, the mean of the slopes dL/dS over the runs with a spike
    and without, and the slope at S = 1.

    >>> coin(0.5, lambda S: S**2)
    (0.5, 1.0, 1.0, 2.0)
    """
    chance = torch.tensor([p, 1 - p], dtype=torch.float64, requires_grad=True)
    spike = torch.tensor([1.0, 0.0], dtype=torch.float64, requires_grad=True)
    mean = chance @ loss(spike)
    by_chance, by_spike = torch.autograd.grad(mean, [chance, spike])
    exact = by_chance[0] - by_chance[1]
    return mean.item(), exact.item(), by_spike.sum().item(), by_spike[0].item() / p
