"""Equations of chapter 6e: how far one gradient is from another."""

import math

import numpy as np
import pytest
import torch
from helpers import seeded

from snnbook import gradients


@pytest.mark.equation("eq-06e-cosine")
def test_cosine_and_length():
    a, b = (torch.randn(4, 3, generator=seeded(seed), dtype=torch.float64) for seed in (4, 5))
    found = gradients.compare({"w": a}, {"w": b})["w"]
    x, y = a.numpy().ravel(), b.numpy().ravel()
    assert found.cosine == pytest.approx(x @ y / np.sqrt((x @ x) * (y @ y)))
    assert found.norm_ratio == pytest.approx(np.sqrt(y @ y) / np.sqrt(x @ x))


@pytest.mark.equation("eq-06e-chance")
@pytest.mark.parametrize("size", [16, 64, 256])
def test_the_spread_of_a_random_cosine(size):
    a, b = torch.randn(2, 20000, size, generator=seeded(6))
    cosines = torch.nn.functional.cosine_similarity(a, b)
    assert abs(float(cosines.mean())) < 4 / math.sqrt(20000 * size)
    assert float(cosines.std()) == pytest.approx(1 / math.sqrt(size), rel=0.03)
