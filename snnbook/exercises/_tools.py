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
    """Return a network of these sizes with weights of its own seed.

    >>> network(3, 4, 2).hidden[0].weight.shape
    torch.Size([4, 3])
    """
    return neurons.SpikingNetwork(sizes, generator=torch.Generator().manual_seed(0), **options)


def decaying(alpha: float, beta: float, threshold: float = 1.0) -> neurons.LIFParameters:
    """Return parameters with these decay factors, in steps of 1 ms."""
    tau_mem, tau_syn = -1e-3 / math.log(beta), -1e-3 / math.log(alpha)
    return neurons.LIFParameters(tau_mem=tau_mem, tau_syn=tau_syn, threshold=threshold, dt=1e-3)


class Coin:
    """A unit that spikes with probability p, and what a loss of its spike asks of it.

    ``expected`` is the mean loss and ``exact`` its derivative in p; ``slopes`` are the
    derivatives of the loss at S = 1 and S = 0, and ``mean_slope`` is their mean over the runs.

    >>> coin = Coin(0.5, lambda S: S**2)
    >>> coin.expected, coin.exact, coin.slopes, coin.mean_slope
    (0.5, 1.0, [2.0, 0.0], 1.0)
    """

    def __init__(self, p: float, loss: Callable[[Tensor], Tensor]) -> None:
        chance = torch.tensor(p, dtype=torch.float64, requires_grad=True)
        spike = torch.tensor([1.0, 0.0], dtype=torch.float64, requires_grad=True)
        expected = torch.stack([chance, 1 - chance]) @ loss(spike)
        self.expected = expected.item()
        self.exact = torch.autograd.grad(expected, chance)[0].item()
        self.slopes = torch.autograd.grad(loss(spike).sum(), spike)[0].tolist()
        self.mean_slope = p * self.slopes[0] + (1 - p) * self.slopes[1]
