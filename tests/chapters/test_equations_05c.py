"""Each labelled equation of chapter 5c against an independent computation."""

import math
from itertools import product

import numpy as np
import pytest
import torch
from _protocol import plan

from snnbook import training
from snnbook.neurons import LIFNeuron, SpikingNetwork


@pytest.mark.equation("eq-05c-linear")
@pytest.mark.parametrize("sizes", [(4, 3), (4, 6, 3)])
def test_the_mean_of_the_readout_is_linear_in_its_weights(sizes):
    """The kernel is written out from alpha and beta, and the convolution is a double loop."""
    generator = torch.Generator().manual_seed(0)
    network = SpikingNetwork(sizes, LIFNeuron(), generator=generator, std=2.0).double()
    spikes = (torch.rand(25, 7, 4, generator=generator) < 0.3).double()
    with torch.no_grad():
        readout, hidden = network(spikes)
    arriving = hidden[-1].spikes if hidden else spikes
    neuron = network.readout.neuron
    kernel, current, mem = [], 0.0, 0.0
    for n in range(25):
        kernel.append(mem)
        current, mem = neuron.alpha * current + (n == 0), neuron.beta * mem + current
    mean = torch.zeros(7, sizes[-2], dtype=torch.float64)
    for n in range(25):
        for m in range(n + 1):
            mean += kernel[n - m] * arriving[m] / 25
    expected = mean @ network.readout.weight.detach().T
    assert torch.allclose(readout.mean(0), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.equation("eq-05c-paired")
def test_paired_interval_covers_as_often_as_it_says():
    """In 95 of 100 comparisons of six seeds it contains the true difference, here 0.3."""
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(4000):
        shared = 5 * rng.normal(size=6)
        a, b = shared + rng.normal(size=6), shared + 0.3 + rng.normal(size=6)
        found = training.seed_interval(b - a)
        d = [y - x for x, y in zip(a, b)]
        mean = sum(d) / 6
        deviation = math.sqrt(sum((one - mean) ** 2 for one in d) / 5)
        half = 2.570582 * deviation / math.sqrt(6)  # a table of Student's distribution, 5 degrees
        assert found.low == pytest.approx(mean - half, rel=1e-5, abs=1e-6)
        assert found.high == pytest.approx(mean + half, rel=1e-5, abs=1e-6)
        inside += found.low < 0.3 < found.high
    assert abs(inside / 4000 - 0.95) < 0.012


@pytest.mark.equation("eq-05c-networks")
def test_networks_of_a_plan():
    """Count by listing every network."""
    grids = [{"lr": range(7)}, {"lr": range(5), "size": range(3)}, {}]
    arms, search_seeds, seeds = [{"arm": k} for k in range(3)], (1000, 1001), range(4)
    listed = [
        (k, setting, seed)
        for k, grid in enumerate(grids)
        for setting in (product(*grid.values()) if grid else [])
        for seed in search_seeds
    ]
    listed += [(k, "chosen", seed) for k in range(3) for seed in seeds]
    said = plan(arms, grids, seeds, search_seeds).splitlines()[-1]
    assert said.startswith(f"{len(listed)} networks in all") and len(listed) == 2 * 22 + 3 * 4
