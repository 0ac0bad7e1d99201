"""The labelled equations of chapter 4, each against an independent computation."""

import math

import pytest
import torch
from helpers import seeded

from snnbook import gradients


@pytest.mark.equation("eq-04-search")
def test_search_estimates_the_smoothed_gradient():
    """For a staircase, the mean estimate is the derivative of its Gaussian average."""
    sigma, pairs = 0.3, 40_000
    weights = torch.tensor([0.2, -0.1], dtype=torch.float64)
    found = gradients.perturbation_gradient(
        lambda w: float((w > 0).sum()), weights, sigma=sigma, pairs=pairs, generator=seeded(0)
    )
    # The average of a unit step over N(0, sigma^2) is the normal distribution function.
    density = [
        math.exp(-0.5 * (w / sigma) ** 2) / (sigma * math.sqrt(2 * math.pi)) for w in weights
    ]
    # One entry of one pair is at most |e| / sigma in size, with standard deviation below 2 / sigma.
    error = 4 * 2 / sigma / math.sqrt(pairs)
    assert torch.allclose(found, torch.tensor(density, dtype=torch.float64), rtol=0, atol=error)
    assert min(density) > 2 * error  # so a zero estimate would fail


@pytest.mark.equation("eq-04-cosine")
@pytest.mark.parametrize("pairs", [20, 200, 2000])
def test_cosine_of_the_search(pairs):
    weights = 400
    gradient = torch.randn(weights, generator=seeded(99), dtype=torch.float64)
    options = {"sigma": 0.7, "pairs": pairs}
    start, cosines = torch.zeros_like(gradient), []

    def loss(w):
        return float(gradient @ w)

    for seed in range(8):
        found = gradients.perturbation_gradient(loss, start, generator=seeded(seed), **options)
        cosines.append(torch.cosine_similarity(found, gradient, dim=0).item())
    expected = math.sqrt(pairs / (pairs + weights))
    assert abs(sum(cosines) / len(cosines) - expected) < 0.03
