r"""Learning without a gradient: what it costs to search (paper section IV, chapter 4).

A search sees the loss alone. It moves the weights at random and keeps what helps:

.. math::

    \hat g = \frac{1}{M} \sum_{m=1}^{M}
        \frac{L(w + \sigma \varepsilon_m) - L(w - \sigma \varepsilon_m)}{2 \sigma}
        \varepsilon_m, \qquad \varepsilon_m \sim \mathcal{N}(0, 1)

estimates the gradient of the loss averaged over perturbed weights, which exists even where the
loss is a staircase.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from snnbook._validate import (
    check_callable,
    check_finite,
    check_float,
    check_generator,
    check_integer,
    check_kind,
    check_positive,
    is_number,
)

Loss = Callable[[Tensor], float]


class Search(NamedTuple):
    """``weights``: the last ones (d,); ``passes`` and ``losses``: loss after so many passes."""

    weights: Tensor
    passes: tuple[int, ...]
    losses: tuple[float, ...]

    def passes_to(self, loss: float) -> int | None:
        """Return how many forward passes it took to come below ``loss``, or ``None``.

        >>> Search(torch.zeros(1), (2, 4), (0.9, 0.4)).passes_to(0.5)
        4
        """
        reached = (count for count, value in zip(self.passes, self.losses) if value < loss)
        return next(reached, None)


def vector_loss(network: nn.Module, evaluate: Callable[[], Tensor]) -> tuple[Loss, Tensor]:
    """Return the loss as a function of one vector of weights, and the present weights.

    Parameters
    ----------
    network : Module
        The loss writes each vector that it is asked about into its parameters.
    evaluate : callable
        Returns the loss of the network as it is, a tensor with one entry.

    Returns
    -------
    loss : callable
        Maps a vector (d,) to a number, without a gradient.
    weights : Tensor
        The present weights (d,), each in units of the standard deviation of its own matrix,
        so that one size of step fits all layers.

    Examples
    --------
    >>> network = nn.Linear(2, 2, bias=False)
    >>> loss, weights = vector_loss(network, lambda: network.weight.abs().sum())
    >>> weights.shape, loss(torch.zeros(4))
    (torch.Size([4]), 0.0)

    Chapter 4.
    """
    check_kind("network", network, nn.Module)
    check_callable("evaluate", evaluate)
    parameters = list(network.parameters())
    for name, weight in network.named_parameters():
        check_finite(name, weight.detach())
        if not weight.numel() > 1 or not weight.detach().std() > 0:
            raise ValueError(
                f"{name} has no spread, which is its unit; numbers that differ are accepted"
            )
    units = parameters_to_vector([torch.full_like(p, float(p.detach().std())) for p in parameters])

    @torch.no_grad()
    def loss(vector: Tensor) -> float:
        vector_to_parameters(vector * units, parameters)
        return float(evaluate())

    return loss, parameters_to_vector(parameters).detach() / units


def _check(loss: Loss, weights: Tensor, sigma: float, generator: torch.Generator) -> None:
    if not isinstance(weights, Tensor):
        raise ValueError(f"weights is {type(weights).__name__}; a vector (d,) is accepted")
    check_float("weights", weights)
    if weights.dim() != 1:
        raise ValueError(f"weights is {tuple(weights.shape)}; a vector (d,) is accepted")
    check_finite("weights", weights)
    check_callable("loss", loss)
    check_positive("sigma", sigma)
    check_generator(generator)


def _value(loss: Loss, weights: Tensor) -> float:
    """Return the loss, which steers nothing where it is NaN or infinite."""
    value = loss(weights)
    try:
        value = float(value)
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"loss returns a {type(value).__name__}; a number is accepted") from None
    if not math.isfinite(value):
        raise ValueError(f"loss returns {value}; finite numbers are accepted")
    return value


def _noise(weights: Tensor, generator: torch.Generator) -> Tensor:
    return torch.randn(weights.shape, generator=generator, dtype=weights.dtype)


def perturbation_gradient(
    loss: Loss, weights: Tensor, *, sigma: float, pairs: int, generator: torch.Generator
) -> Tensor:
    r"""Estimate a gradient from the loss alone, by pairs of opposite perturbations.

    .. math::

        \hat g = \frac{1}{M} \sum_{m=1}^{M}
            \frac{L(w + \sigma \varepsilon_m) - L(w - \sigma \varepsilon_m)}{2 \sigma}
            \varepsilon_m

    Parameters
    ----------
    loss : callable
        Maps a weight vector (d,) to a number. It need not be differentiable.
    weights : Tensor
        w, (d,).
    sigma : float
        Size of a perturbation.
    pairs : int
        M; each pair costs two forward passes.
    generator : torch.Generator
        Draws the perturbations.

    Returns
    -------
    Tensor
        (d,). Its mean is the gradient of the loss averaged over Gaussian perturbations. For a
        linear loss its cosine with the gradient is about sqrt(M / (M + d)).

    Examples
    --------
    >>> weights = torch.tensor([1.0, -2.0])
    >>> seed = torch.Generator().manual_seed(0)
    >>> square = lambda w: float((w**2).sum())
    >>> perturbation_gradient(square, weights, sigma=0.1, pairs=4000, generator=seed).round()
    tensor([ 2., -4.])

    Paper section IV; chapter 4; ``eq-04-search``.
    """
    _check(loss, weights, sigma, generator)
    check_integer("pairs", pairs, 1)
    total = torch.zeros_like(weights)
    for _ in range(pairs):
        noise = _noise(weights, generator)
        up, down = (_value(loss, weights + sign * sigma * noise) for sign in (1, -1))
        total += (up - down) / (2 * sigma) * noise
    return total / pairs


def hill_climb(
    loss: Loss, weights: Tensor, *, sigma: float, budget: int, generator: torch.Generator
) -> Search:
    """Change all weights at random, keep the change if the loss falls, and repeat.

    Parameters
    ----------
    loss, weights, sigma, generator
        As in :func:`perturbation_gradient`.
    budget : int
        Number of forward passes, the first one included.

    Returns
    -------
    Search
        The loss never rises from one entry to the next.

    Examples
    --------
    >>> seed = torch.Generator().manual_seed(0)
    >>> square = lambda w: float((w**2).sum())
    >>> found = hill_climb(square, torch.ones(3), sigma=0.1, budget=300, generator=seed)
    >>> found.losses[0], found.losses[-1] < 0.1, found.passes[-1]
    (3.0, True, 300)

    Paper section IV; chapter 4.
    """
    _check(loss, weights, sigma, generator)
    check_integer("budget", budget, 1)
    losses = [_value(loss, weights)]
    for _ in range(budget - 1):
        trial = weights + sigma * _noise(weights, generator)
        value = _value(loss, trial)
        if value < losses[-1]:
            weights = trial
        losses.append(min(value, losses[-1]))
    return Search(weights, tuple(range(1, budget + 1)), tuple(losses))


def evolution_strategy(
    loss: Loss,
    weights: Tensor,
    *,
    sigma: float,
    pairs: int,
    lr: float,
    budget: int,
    generator: torch.Generator,
    until: float | None = None,
) -> Search:
    """Follow :func:`perturbation_gradient` with the Adam optimizer.

    Parameters
    ----------
    loss, weights, sigma, pairs, generator
        As in :func:`perturbation_gradient`.
    lr : float
        Learning rate of Adam.
    budget : int
        Number of forward passes; a step that would exceed it is not made. The loss after
        each step is measured too, and counted.
    until : float, optional
        Stop early once the loss is below this value.

    Returns
    -------
    Search
        One entry for each step.

    Examples
    --------
    >>> seed = torch.Generator().manual_seed(0)
    >>> square = lambda w: float((w**2).sum())
    >>> options = {"sigma": 0.1, "pairs": 4, "lr": 0.05, "budget": 900, "generator": seed}
    >>> found = evolution_strategy(square, torch.ones(3), **options)
    >>> found.losses[-1] < 0.01, found.passes[:2]
    (True, (9, 18))

    Paper section IV; chapter 4.
    """
    _check(loss, weights, sigma, generator)
    check_positive("lr", lr)
    check_integer("pairs", pairs, 1)
    cost = 2 * pairs + 1
    check_integer("budget", budget, cost)
    if until is not None and not (is_number(until) and not math.isnan(until)):
        raise ValueError(f"until is {until!r}; a number is accepted")
    weights = weights.detach().clone()
    optimizer = torch.optim.Adam([weights], lr=lr)
    passes, losses = [], []
    options = {"sigma": sigma, "pairs": pairs, "generator": generator}
    for _ in range(budget // cost):
        weights.grad = perturbation_gradient(loss, weights, **options)
        optimizer.step()
        losses.append(_value(loss, weights))
        passes.append(len(losses) * cost)
        if until is not None and losses[-1] < until:
            break
    return Search(weights, tuple(passes), tuple(losses))
