"""Search without a gradient: what it does, what it costs, and bad input."""

import pytest
import torch
from helpers import seeded

from snnbook.gradients import _search
from snnbook.neurons import SpikingNetwork


def square(w):
    return float((w**2).sum())


def counted(loss):
    calls = []

    def count(w):
        calls.append(w.clone())
        return loss(w)

    return count, calls


def test_gradient_of_a_quadratic_is_exact_along_each_direction():
    weights = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    found = _search.perturbation_gradient(square, weights, sigma=0.3, pairs=3, generator=seeded(0))
    expected, source = torch.zeros_like(weights), seeded(0)
    for _ in range(3):
        e = torch.randn(3, generator=source, dtype=torch.float64)
        expected += (2 * weights @ e) * e / 3  # a central difference of a quadratic is exact
    assert torch.allclose(found, expected, rtol=1e-10)


def test_budget_counts_every_forward_pass():
    loss, calls = counted(square)
    found = _search.hill_climb(loss, torch.ones(4), sigma=0.1, budget=57, generator=seeded(0))
    assert len(calls) == 57 == found.passes[-1]
    loss, calls = counted(square)
    options = {"sigma": 0.1, "pairs": 3, "lr": 0.1, "budget": 60}
    found = _search.evolution_strategy(loss, torch.ones(4), generator=seeded(0), **options)
    assert found.passes == tuple(7 * k for k in range(1, 9)) and len(calls) == 56


def test_hill_climbing_never_goes_up_and_returns_what_it_found():
    found = _search.hill_climb(square, torch.ones(4), sigma=0.2, budget=200, generator=seeded(1))
    assert all(later <= earlier for earlier, later in zip(found.losses, found.losses[1:]))
    assert square(found.weights) == pytest.approx(found.losses[-1])


def test_strategy_stops_at_its_goal_and_leaves_the_start_alone():
    start = torch.ones(4)
    options = {"sigma": 0.1, "pairs": 4, "lr": 0.1, "budget": 5000, "until": 0.5}
    found = _search.evolution_strategy(square, start, generator=seeded(0), **options)
    assert found.losses[-1] < 0.5 <= found.losses[-2]
    assert found.passes_to(0.5) == found.passes[-1] and found.passes_to(-1.0) is None
    assert torch.equal(start, torch.ones(4))


def test_vector_of_a_network_runs_over_its_own_units():
    network = SpikingNetwork((5, 4, 2), generator=seeded(0), std=1.0)
    before = [parameter.detach().clone() for parameter in network.parameters()]
    loss, weights = _search.vector_loss(network, lambda: network.readout.weight.sum())
    assert weights.shape == (28,)
    assert loss(weights) == pytest.approx(float(before[-1].sum()), rel=1e-5)
    for old, new in zip(before, network.parameters()):
        assert torch.allclose(old, new, rtol=1e-5)
    loss(weights + 1)
    for old, new in zip(before, network.parameters()):
        assert torch.allclose(new - old, old.std().expand_as(old), rtol=1e-3)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"weights": torch.ones(2, 2)}, "weights"),
        ({"weights": [1.0]}, "weights"),
        ({"sigma": 0.0}, "sigma"),
        ({"pairs": 0}, "pairs"),
        ({"generator": 3}, "generator"),
    ],
)
def test_bad_input_is_named(change, named):
    options = {"weights": torch.ones(3), "sigma": 0.1, "pairs": 2, "generator": seeded(0)} | change
    with pytest.raises((TypeError, ValueError), match=named):
        _search.perturbation_gradient(square, **options)


def test_budget_for_less_than_a_step_is_refused():
    options = {"sigma": 0.1, "pairs": 3, "lr": 0.1, "budget": 6, "generator": seeded(0)}
    with pytest.raises(ValueError, match="budget"):
        _search.evolution_strategy(square, torch.ones(2), **options)
