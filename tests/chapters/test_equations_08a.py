"""Each labelled equation of chapter 8a against an independent computation."""

import math

import numpy as np
import pytest
import torch
from helpers import seeded

from snnbook.layers import Delays
from snnbook.neurons import LIF, LIFNeuron, run
from snnbook.spike_times import (
    EventNetwork,
    NonLeaky,
    delay_gradient,
    delayed_events,
    delayed_first_spike,
    eventprop,
    simulate_events,
)

STEPS = 60


def drive_of(seed=0):
    noise = torch.randn(STEPS, 1, 1, generator=seeded(seed), dtype=torch.float64)
    return 0.03 + 0.08 * noise


def tensor(value):
    return torch.tensor(value, dtype=torch.float64, requires_grad=True)


@pytest.mark.equation("eq-08a-tau")
def test_influence_of_a_decay_by_finite_differences():
    """P as a sum over the past, against the membrane at two decays and against autograd."""
    drive, tau = drive_of(), tensor(20e-3)
    record = run(LIFNeuron(tau_mem=tau), drive)
    mem, beta = record.mem.detach().flatten().numpy(), math.exp(-1 / 20)
    last = STEPS - 1
    influence = sum(beta ** (last - 1 - m) * mem[m] for m in range(last))
    by_tau = 1e-3 / 20e-3**2 * beta * influence
    assert record.spikes.sum() > 2
    sides = [run(LIFNeuron(tau_mem=20e-3 + step), drive) for step in (1e-8, -1e-8)]
    assert torch.equal(sides[0].spikes, sides[1].spikes)
    slope = float(sides[0].mem[last] - sides[1].mem[last]) / 2e-8
    assert by_tau == pytest.approx(slope, rel=1e-6)
    record.mem[last].sum().backward()
    assert by_tau == pytest.approx(tau.grad.item(), rel=1e-9)


@pytest.mark.equation("eq-08a-threshold")
def test_influence_of_a_threshold_as_a_sum_over_spikes():
    drive, theta = drive_of(), tensor(1.0)
    record = run(LIFNeuron(threshold=theta), drive)
    spikes, beta, last = record.spikes.detach().flatten(), LIFNeuron().beta, STEPS - 1
    found = -sum(beta ** (last - 1 - m) * float(spikes[m]) for m in range(last))
    record.mem[last].sum().backward()
    assert spikes[:last].sum() > 2
    assert found == pytest.approx(theta.grad.item(), rel=1e-9)


@pytest.mark.equation("eq-08a-gradient")
def test_gradients_of_constants_as_sums():
    """The two sums, with P and Q as sums over the past, against the gradients of a layer."""
    drive, neuron = drive_of(1), LIFNeuron(tau_mem=15e-3)
    error = torch.randn(STEPS, generator=seeded(2), dtype=torch.float64)
    layer = LIF(1, 1, neuron, learn=("tau_mem", "threshold")).double()
    torch.nn.init.ones_(layer.weight)
    torch.nn.init.constant_(layer.log_tau_mem, math.log(15e-3))  # not rounded to single precision
    record = layer(drive, record=True)
    (record.spikes.flatten() * error).sum().backward()
    mem, spikes = (x.detach().flatten() for x in (record.mem, record.spikes))
    blame, beta = error * neuron.surrogate.derivative(mem - 1), math.exp(-1 / 15)
    by_beta = by_theta = 0.0
    for n in range(STEPS):
        past = [beta ** (n - 1 - m) for m in range(n)]
        by_beta += float(blame[n]) * sum(a * float(mem[m]) for m, a in enumerate(past))
        by_theta -= float(blame[n]) * (1 + sum(a * float(spikes[m]) for m, a in enumerate(past)))
    by_log_tau = 1e-3 / 15e-3 * beta * by_beta
    assert layer.log_tau_mem.grad.item() == pytest.approx(by_log_tau, rel=1e-9)
    assert layer.log_threshold.grad.item() == pytest.approx(by_theta, rel=1e-9)


@pytest.mark.equation("eq-08a-kernel")
@pytest.mark.parametrize("delay", [0.0, 3.25, 9.75])
def test_slope_of_a_kernel_by_finite_differences(delay):
    """The derivative of the page, against shares at two delays written out, and the layer."""
    width, longest = 2.5, 10

    def shares(d):
        rows = [math.exp(-((k - d) ** 2) / (2 * width**2)) for k in range(longest + 1)]
        return np.array(rows) / sum(rows)

    steps, now = np.arange(longest + 1), shares(delay)
    slope = now * (steps - steps @ now) / width**2
    np.testing.assert_allclose(slope, (shares(delay + 1e-6) - shares(delay - 1e-6)) / 2e-6, 1e-6)
    given = torch.tensor([[delay]], dtype=torch.float64)
    layer = Delays(1, 1, longest, delays=given, width=width).double()
    torch.nn.init.constant_(layer.weight, 2.0)
    for k in range(longest + 1):
        pulse = torch.eye(longest + 1, dtype=torch.float64)[0][:, None, None]
        outputs = layer(pulse).outputs.flatten()
        assert outputs[k].item() == pytest.approx(2 * now[k], rel=1e-9)
        (grad,) = torch.autograd.grad(outputs[k], layer.delay)
        assert grad.item() == pytest.approx(2 * slope[k], rel=1e-9, abs=1e-15)


@pytest.mark.equation("eq-08a-exact")
def test_a_delay_in_closed_form():
    """Two inputs of a neuron without leak: exp(t) is known, and so is its derivative."""
    times = torch.tensor([[0.0, 0.2]], dtype=torch.float64)
    weight = torch.tensor([[1.2, 0.9]], dtype=torch.float64)
    delay = tensor([[0.3, 0.1]])
    spike = delayed_first_spike(times, weight, delay, NonLeaky())
    arrivals = (times + delay.detach())[0]
    # sum of w (1 - exp(a - t)) = 1, so exp(t) = sum of w exp(a) / (sum of w - 1)
    parts = weight[0] * arrivals.exp()
    want = torch.log(parts.sum() / (weight.sum() - 1))
    assert spike.item() == pytest.approx(want.item(), rel=1e-12) and want > arrivals.max()
    spike.sum().backward()
    torch.testing.assert_close(delay.grad[0], parts / parts.sum())


@pytest.mark.equation("eq-08a-adjoint")
@pytest.mark.parametrize("seed", range(3))
def test_delays_of_many_spikes_by_finite_differences(seed):
    rng = np.random.default_rng(seed)
    recurrent = rng.normal(0, 1, (2, 2))
    net = EventNetwork(rng.uniform(4, 12, (2, 2)), recurrent, np.ones(2))
    delay, times, sources = rng.uniform(0, 10e-3, (2, 2)), [1e-3, 4e-3, 9e-3], [0, 1, 0]

    def loss(late):
        made = delayed_events(net, late, times, sources)
        found = simulate_events(*made, duration=60e-3)
        return sum(math.cos(k) * t for k, (_, t) in enumerate(found.spikes)), made, found

    _, made, found = loss(delay)
    marks = np.cos(np.arange(len(found.spikes)))
    grad = delay_gradient(made, eventprop(made.network, found, by_spike_time=marks))
    assert len(found.spikes) > 4 and np.count_nonzero(grad) == 4
    for place in np.ndindex(2, 2):
        step = np.zeros((2, 2))
        step[place] = 1e-8
        up, down = loss(delay + step), loss(delay - step)
        assert up[2].order == down[2].order == found.order
        assert grad[place] == pytest.approx((up[0] - down[0]) / 2e-8, rel=1e-4, abs=1e-6)
