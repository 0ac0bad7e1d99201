"""The conventions page: each convention it states, and our columns of its tables."""

import math
from dataclasses import replace

import pytest
import torch
from helpers import seeded

from snnbook import data, surrogates, training
from snnbook.neurons import (
    LIF,
    DirectLIFNeuron,
    LeakyReadout,
    LIFNeuron,
    LIFState,
    RecurrentLIF,
    SpikingNetwork,
    lif_step,
    run,
)

PARAMS = LIFNeuron()


def random_drive(steps=60, batch=3, neurons=4, seed=0):
    return torch.randn(steps, batch, neurons, generator=seeded(seed), dtype=torch.float64) * 0.4


def impulse(weight, steps=8):
    drive = torch.zeros(steps, 1, 1, dtype=torch.float64)
    drive[0] = weight
    return drive


def test_time_comes_first():
    out = LIF(5, 7, generator=seeded())(torch.zeros(11, 3, 5))
    assert out.spikes.shape == out.mem.shape == out.syn.shape == (11, 3, 7)
    assert out.state.mem.shape == out.state.syn.shape == (3, 7)
    with pytest.raises((TypeError, ValueError), match="spikes"):
        LIF(5, 7, generator=seeded())(torch.zeros(11, 5))


def test_weights_are_out_in():
    layer = LIF(5, 7, generator=seeded())
    assert layer.weight.shape == (7, 5)
    pair = RecurrentLIF(1, 2, generator=seeded())
    assert pair.recurrent_weight.shape == (2, 2)
    weight = torch.tensor([[0.0, 3.0], [0.0, 0.0]])  # V_01: from neuron 1 to neuron 0
    state = LIFState(torch.zeros(1, 2), torch.tensor([[0.0, 1.5]]))  # neuron 1 spikes now
    _, after = lif_step(state, torch.zeros(1, 2), recurrent_weight=weight)
    assert after.syn.tolist() == [[3.0, 0.0]]


def test_decay_factors_come_from_seconds():
    neuron = LIFNeuron(tau_mem=20e-3, tau_syn=5e-3, dt=2e-3)
    assert neuron.alpha == pytest.approx(math.exp(-2 / 5), rel=1e-12)
    assert neuron.beta == pytest.approx(math.exp(-2 / 20), rel=1e-12)


def test_records_share_their_index():
    out = run(LIFNeuron(), random_drive())
    assert out.spikes.any()
    assert torch.equal(out.spikes, (out.mem > 1.0).double())


def test_latency_is_two_steps():
    out = run(LIFNeuron(), impulse(5.0))
    assert (out.syn[:, 0, 0] != 0).nonzero()[0] == 1
    assert (out.mem[:, 0, 0] != 0).nonzero()[0] == 2
    assert out.spikes[:, 0, 0].nonzero()[0] == 2


def test_current_has_unit_gain():
    out = run(LIFNeuron(), impulse(0.25))
    assert out.syn[1].item() == 0.25
    assert out.mem[2].item() == 0.25


def test_theta_of_zero_is_a_choice():
    state = LIFState(torch.zeros(1, 1), torch.ones(1, 1))
    assert lif_step(state, torch.zeros(1, 1))[0].item() == 0.0
    assert lif_step(state, torch.zeros(1, 1), LIFNeuron(spike_at_threshold=True))[0].item() == 1.0


@pytest.mark.parametrize(("reset", "left"), [("subtract", -1.0), ("zero", None), ("none", 0.0)])
def test_three_resets(reset, left):
    state = LIFState(torch.full((1, 1), 0.3), torch.full((1, 1), 1.5))
    _, after = lif_step(state, torch.zeros(1, 1), replace(PARAMS, reset=reset))
    expected = 0.0 if left is None else PARAMS.beta * 1.5 + 0.3 + left
    assert after.mem.item() == pytest.approx(expected, rel=1e-6)


def test_reset_gradient_is_off_and_named():
    gradients, spikes = {}, {}
    for choice in (None, False, True):
        drive = random_drive().requires_grad_()
        options = {} if choice is None else {"reset_gradient": choice}
        out = run(LIFNeuron(**options), drive)
        out.mem.sum().backward()
        gradients[choice], spikes[choice] = drive.grad, out.spikes.detach()
    assert torch.equal(gradients[None], gradients[False])
    assert not torch.allclose(gradients[False], gradients[True])
    assert torch.equal(spikes[False], spikes[True])


@pytest.mark.parametrize("make", [surrogates.fast_sigmoid, surrogates.piecewise_linear])
def test_surrogates_are_width_and_height(make):
    bump = make(width=0.3, height=0.8)
    values = bump.derivative(torch.tensor([0.0, 0.15, -0.15], dtype=torch.float64))
    torch.testing.assert_close(values, torch.tensor([0.8, 0.4, 0.4], dtype=torch.float64))


@pytest.mark.parametrize(
    "loss", [training.max_over_time, training.mean_over_time, training.sum_over_time]
)
def test_loss_does_not_depend_on_batch_size(loss):
    readout = random_drive().requires_grad_()
    labels = torch.tensor([0, 3, 1])
    once = loss(readout, labels)
    twice = loss(readout.repeat(1, 2, 1), labels.repeat(2))
    torch.testing.assert_close(once, twice)
    first, second = (torch.autograd.grad(value, readout)[0] for value in (once, twice))
    torch.testing.assert_close(first, second)


def test_continuing_equals_one_long_run():
    drive = random_drive()
    whole = run(LIFNeuron(), drive)
    head = run(LIFNeuron(), drive[:23])
    tail = run(LIFNeuron(), drive[23:], state=head.state)
    assert torch.equal(torch.cat([head.spikes, tail.spikes]), whole.spikes)
    torch.testing.assert_close(torch.cat([head.mem, tail.mem]), whole.mem)
    torch.testing.assert_close(tail.state.mem, whole.state.mem)


def test_layers_hold_no_state():
    spikes = (torch.rand(30, 2, 5, generator=seeded()) < 0.3).float()
    for layer in (LIF(5, 4, generator=seeded()), LeakyReadout(5, 4, generator=seeded())):
        assert torch.equal(layer(spikes).mem, layer(spikes).mem)
        assert list(layer.buffers()) == []


def test_same_seed_same_network():
    first, second, other = (SpikingNetwork((6, 5, 3), generator=seeded(seed)) for seed in (3, 3, 4))
    for a, b, c in zip(first.parameters(), second.parameters(), other.parameters()):
        assert torch.equal(a, b)
        assert not torch.equal(a, c)


def test_latency_code_rounds_down():
    spikes = data.latency_code(torch.tensor([[0.4]]), steps=50)  # 20 ms * ln 2 = 13.86 ms
    assert spikes[:, 0, 0].nonzero().item() == 13


@pytest.mark.parametrize(
    ("drive", "subtract", "zero"), [(0.05, 40, 32), (0.1, 89, 64), (0.2, 193, 97), (0.5, 197, 99)]
)
def test_spike_counts_of_the_table(drive, subtract, zero):
    steady = torch.full((200, 1, 1), drive, dtype=torch.float64)
    assert run(LIFNeuron(), steady).spikes.sum() == subtract
    assert run(LIFNeuron(reset="zero"), steady).spikes.sum() == zero


@pytest.mark.parametrize(("drive", "spikes"), [(0.05, 0), (0.1, 6), (0.2, 28), (0.5, 82)])
def test_without_current_the_counts_are_those_of_snntorch(drive, spikes):
    steady = torch.full((200, 1, 1), drive, dtype=torch.float64)
    assert run(DirectLIFNeuron(), steady).spikes.sum() == spikes


def fast_sigmoid(x, slope):
    return 1 / (1 + slope * x.abs()) ** 2


def arctangent(x, a):
    return (a / 2) / (1 + (math.pi / 2 * a * x) ** 2)


def spyx_arctan(x, a):
    return 1 / (math.pi * (1 + (math.pi * a * x) ** 2))


def sigmoid_derivative(x, k):
    return k * torch.sigmoid(k * x) * torch.sigmoid(-k * x)


@pytest.mark.parametrize(
    ("bump", "parameter", "height", "width", "area"),
    [
        (fast_sigmoid, 25, 1, 0.033, 0.080),
        (fast_sigmoid, 1, 1, 0.83, 2),
        (arctangent, 2, 1, 0.64, 1),
        (spyx_arctan, 2, 0.32, 0.32, 0.16),
        (sigmoid_derivative, 25, 6.25, 0.14, 1),
        (sigmoid_derivative, 4, 1, 0.88, 1),
    ],
)
def test_surrogates_of_the_table(bump, parameter, height, width, area):
    """Measure each curve on a grid that is fine near 0 and reaches far out."""
    x = torch.logspace(-7, 6, 400_001, dtype=torch.float64)
    values = bump(x, parameter)
    top = bump(torch.zeros(1, dtype=torch.float64), parameter).item()
    assert top == pytest.approx(height, rel=0.02)
    assert 2 * x[values > top / 2][-1].item() == pytest.approx(width, rel=0.03)
    assert 2 * torch.trapezoid(values, x).item() == pytest.approx(area, rel=0.02)
