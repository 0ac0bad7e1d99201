"""The closed loop, the sigmoid network with two slopes, and the noisy neuron."""

import math

import numpy as np
import pytest
import torch
from helpers import seeded

from snnbook.laboratory import (
    closed_loop,
    expected_gradients,
    sigmoid_network,
    sigmoid_network_gradient,
    sign_errors,
    spike_trains,
)
from snnbook.neurons import LIFNeuron


def weights(count, seed=0):
    return 4 * torch.rand(count, 5, generator=seeded(seed), dtype=torch.float64) - 2


def plane(seed):
    axes, _ = torch.linalg.qr(torch.randn(5, 2, generator=seeded(seed), dtype=torch.float64))
    return torch.zeros(5, dtype=torch.float64), axes[:, 0], axes[:, 1]


def test_the_test_network_with_equal_slopes_has_the_exact_gradient():
    point = weights(20).requires_grad_()
    (expected,) = torch.autograd.grad(sigmoid_network(point, 0.7, 6.0).sum(), point)
    assert torch.allclose(sigmoid_network_gradient(point.detach(), 0.7, 6.0), expected, rtol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_a_gradient_comes_back_to_zero_and_the_surrogate_does_not(seed):
    exact = closed_loop(lambda w: sigmoid_network_gradient(w, slope=5.0), *plane(seed))
    assert abs(exact.total) < 1e-12
    other = closed_loop(
        lambda w: sigmoid_network_gradient(w, slope=5.0, surrogate_slope=1.5), *plane(seed)
    )
    assert abs(other.total) > 1e-4 and abs(other.share) <= 1
    assert len(other.angle) == len(other.work) == 4001 and other.work[0] == 0


def test_a_loop_of_another_center_radius_and_dtype():
    center = torch.tensor([3.0, -1.0, 0.5])
    axes = torch.eye(3)
    spin = closed_loop(
        lambda w: torch.stack([-w[:, 1], w[:, 0], 0 * w[:, 0]], dim=1),
        center,
        axes[0],
        axes[1],
        radius=0.5,
    )
    assert spin.total == pytest.approx(2 * math.pi * 0.25, rel=1e-4)


def test_the_sign_errs_only_where_paths_compete():
    found = sign_errors(weights(5000), 5.0, 1.0)
    assert found.by_weight["w"] > 0.05
    assert [found.by_weight[name] for name in ("v1", "v2", "u1", "u2")] == [0.0] * 4
    assert sign_errors(weights(200), 5.0, 5.0).by_weight["w"] == 0


def brute_force(weight, inputs, loss, slope, reset, neuron):
    """Return the expected loss by a plain loop over all spike trains, in NumPy."""
    total = 0.0
    for train in spike_trains(len(inputs)).numpy():
        syn = mem = 0.0
        chance = 1.0
        for x, s in zip(inputs.tolist(), train):
            p = 1 / (1 + np.exp(-slope * (mem - neuron.threshold)))
            chance *= p if s else 1 - p
            mem = neuron.beta * mem + syn - neuron.threshold * s * (reset == "subtract")
            syn = neuron.alpha * syn + weight * x
        total += chance * float(loss(torch.tensor(train)[None])[0])
    return total


LOSSES = {"count": lambda s: s.sum(1), "square": lambda s: (s.sum(1) - 1.0) ** 2}


@pytest.mark.parametrize("reset", ["none", "subtract"])
@pytest.mark.parametrize("name", sorted(LOSSES))
def test_the_exact_gradient_is_the_slope_of_the_expected_loss(reset, name):
    inputs = torch.tensor([1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0])
    neuron, loss, h = LIFNeuron(reset=reset), LOSSES[name], 1e-5
    arguments = (inputs, loss, 4.0, reset, neuron)
    slope = (brute_force(0.5 + h, *arguments) - brute_force(0.5 - h, *arguments)) / (2 * h)
    found = expected_gradients(0.5, inputs, loss, slope=4.0, neuron=neuron)
    assert found.loss == pytest.approx(brute_force(0.5, *arguments), rel=1e-9)
    assert found.exact == pytest.approx(slope, rel=1e-6)


def test_when_the_surrogate_is_exact_and_when_it_is_not():
    inputs = torch.tensor([1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0])
    flat = LIFNeuron(reset="none")
    linear = expected_gradients(0.5, inputs, LOSSES["count"], neuron=flat)
    assert linear.surrogate == pytest.approx(linear.exact, rel=1e-12)
    assert linear.surrogate_through_reset == pytest.approx(linear.exact, rel=1e-12)
    square = expected_gradients(0.5, inputs, LOSSES["square"], neuron=flat)
    assert square.surrogate != pytest.approx(square.exact, rel=1e-3)
    resetting = expected_gradients(0.5, inputs, LOSSES["count"])
    assert resetting.surrogate > 1.2 * resetting.exact
    through = abs(resetting.surrogate_through_reset - resetting.exact)
    assert through < 0.2 * abs(resetting.surrogate - resetting.exact)


def test_bad_input():
    one = torch.tensor([1.0, 0.0])
    with pytest.raises(ValueError, match="not orthonormal"):
        closed_loop(lambda w: w, one, one, one)
    with pytest.raises(ValueError, match="weights has shape"):
        sigmoid_network(torch.zeros(5))
    with pytest.raises(ValueError, match="slope is -1"):
        sigmoid_network_gradient(torch.zeros(1, 5), slope=2.0, surrogate_slope=-1.0)
    with pytest.raises(ValueError, match="inputs has shape"):
        expected_gradients(1.0, torch.zeros(17), LOSSES["count"])
    with pytest.raises(ValueError, match="reset is 'zero'"):
        expected_gradients(1.0, one, LOSSES["count"], neuron=LIFNeuron(reset="zero"))
