"""Estimates from losses alone: without bias, with the noise that theory says."""

import itertools
from dataclasses import replace

import pytest
import torch
from helpers import seeded

from snnbook.gradients import bptt, compare
from snnbook.laboratory import (
    agreement_behind_noise,
    score_function,
    smoothed_differences,
)
from snnbook.laboratory._estimates import LOGISTIC_WIDTH
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.training import step_cross_entropy, step_squared_error


def linear(inputs=4, outputs=3, steps=12):
    """Without a hidden layer and with squared error the loss is a parabola of the weights."""
    network = SpikingNetwork((inputs, outputs), generator=seeded(), std=1.0).double()
    spikes = torch.rand(steps, 5, inputs, generator=seeded(1)).lt(0.3).double()
    target = torch.randn(steps, 5, outputs, generator=seeded(2)).double()
    return network, spikes, step_squared_error(target)


def test_one_direction_of_a_parabola_gives_the_exact_slope():
    case = linear()
    found = smoothed_differences(*case, generator=seeded(3), samples=1)["readout.weight"]
    noise = torch.empty(3, 4).double().normal_(generator=seeded(3))
    slope = (bptt(*case)["readout.weight"] * noise).sum()
    torch.testing.assert_close(found, slope * noise)


def test_cosine_of_random_directions_is_the_one_of_theory():
    case, exact = linear(), bptt(*linear())
    d = exact["readout.weight"].numel()
    for samples in (d, 8 * d):
        found = [
            compare(exact, smoothed_differences(*case, generator=seeded(s), samples=samples))
            for s in range(12)
        ]
        mean = sum(one["readout.weight"].cosine for one in found) / len(found)
        assert mean == pytest.approx((1 + d / samples) ** -0.5, abs=0.08)


def test_noise_behind_the_estimate_can_be_taken_off():
    case, exact = linear(), bptt(*linear())
    halves = [smoothed_differences(*case, generator=seeded(s), samples=300) for s in (1, 2)]
    (row,) = agreement_behind_noise(exact, halves)
    assert row.layer == 0 and row.parameter == "readout.weight"
    assert row.cosine == pytest.approx(1, abs=0.05)
    assert row.norm_ratio == pytest.approx(1, abs=0.2)
    opposite = [halves[0], {"readout.weight": -halves[1]["readout.weight"]}]
    assert str(agreement_behind_noise(exact, opposite)[0].cosine) == "nan"
    with pytest.raises(ValueError, match="halves has 1 entries; two are accepted"):
        agreement_behind_noise(exact, halves[:1])


def test_parameter_of_zeros_is_not_moved():
    network, spikes, error = linear()
    with torch.no_grad():
        network.readout.weight.zero_()
    found = smoothed_differences(network, spikes, error, generator=seeded())["readout.weight"]
    assert not found.any()


WIDTH = 1.5


def expected_loss(w, network, spikes, error, reset):
    """Sum over all spike trains of one hidden neuron with logistic noise in its threshold."""
    neuron, steps = network.hidden[0].neuron, len(spikes)
    trains = torch.tensor(list(itertools.product((0.0, 1.0), repeat=steps))).double()
    syn = mem = rsyn = rmem = torch.zeros(len(trains), dtype=torch.float64)
    probability, readout = torch.ones_like(syn), []
    for x, s in zip(spikes.flatten(), trains.unbind(1)):
        p = torch.sigmoid((mem - neuron.threshold) * LOGISTIC_WIDTH / WIDTH)
        probability = probability * torch.where(s > 0, p, 1 - p)
        readout.append(rmem)
        rsyn, rmem = neuron.alpha * rsyn + w[1] * s, neuron.beta * rmem + rsyn
        mem = neuron.beta * mem + syn
        mem = mem - neuron.threshold * s if reset == "subtract" else mem * (1 - s)
        syn = neuron.alpha * syn + w[0] * x
    losses = [error.loss(one.reshape(-1, 1, 1)) for one in torch.stack(readout).unbind(1)]
    return (probability * torch.stack(losses)).sum()


@pytest.mark.parametrize("reset", ["subtract", "zero"])
def test_score_function_is_the_gradient_of_the_expected_loss(reset):
    """Against all 2^7 spike trains, within four standard errors."""
    neuron, steps = LIFNeuron(threshold=0.6), 7
    network = SpikingNetwork((1, 1, 1), replace(neuron, reset=reset), std=1.0).double()
    with torch.no_grad():
        network.hidden[0].weight.fill_(0.4)
        network.readout.weight.fill_(0.7)
    spikes = torch.tensor([1.0, 1, 0, 1, 0, 0, 0]).double().reshape(-1, 1, 1)
    error = step_squared_error(torch.full((steps, 1, 1), 0.5).double())
    w = torch.tensor([0.4, 0.7], dtype=torch.float64, requires_grad=True)
    (want,) = torch.autograd.grad(expected_loss(w, network, spikes, error, reset), w)
    options = {"generator": seeded(4), "samples": 400, "width": WIDTH}
    found = [score_function(network, spikes, error, **options) for _ in range(25)]
    for name, exact in zip(("hidden.0.weight", "readout.weight"), want):
        values = torch.stack([one[name] for one in found]).flatten()
        assert abs(values.mean() - exact) < 4 * values.std() / len(values) ** 0.5
        assert values.std() / len(values) ** 0.5 < 0.2 * abs(exact)


def small():
    network = SpikingNetwork((6, 8, 3), input_rate=5.0, generator=seeded(), std=1.0).double()
    spikes = torch.rand(20, 4, 6, generator=seeded(1)).lt(0.2).double()
    return network, spikes, step_cross_entropy(torch.tensor([0, 1, 2, 0]), steps=20)


def test_more_runs_come_closer():
    """Two estimates of many runs agree with each other better than two of few."""
    agreement = {}
    for samples in (4, 400):
        a, b = (
            score_function(*small(), generator=seeded(s), samples=samples, width=0.5)
            for s in (1, 2)
        )
        agreement[samples] = compare(a, b)["hidden.0.weight"].cosine
    assert agreement[400] > 0.7 > agreement[4]


def test_loss_of_each_sample_saves_noise():
    class BatchOnly:
        def __init__(self, error):
            self.error, self.loss = error, error.loss

        def __call__(self, readout, n):
            return self.error(readout, n)

        def losses(self, readout):
            """Every sample answers for all of them."""
            return self.loss(readout).expand(4) * 4

    network, spikes, error = small()
    spread = []
    for one in (error, BatchOnly(error)):
        options = {"samples": 20, "width": 0.5}
        found = [
            score_function(network, spikes, one, generator=seeded(s), **options)["hidden.0.weight"]
            for s in range(10)
        ]
        spread.append(torch.stack(found).std(0).mean())
    assert spread[1] > 1.3 * spread[0]


def test_losses_average_to_the_loss():
    readout = torch.randn(20, 4, 3, generator=seeded())
    target = torch.randn(20, 4, 3, generator=seeded(1))
    for error in (step_cross_entropy(torch.tensor([0, 1, 2, 0]), 20), step_squared_error(target)):
        assert error.losses(readout).shape == (4,)
        torch.testing.assert_close(error.losses(readout).mean(), error.loss(readout))


@pytest.mark.parametrize("rule", [score_function, smoothed_differences])
def test_same_seed_same_estimate_and_nothing_changes(rule):
    case = small()
    before = [value.clone() for value in case[0].parameters()]
    a, b = (rule(*case, generator=seeded(7), samples=3) for _ in range(2))
    assert list(a) == [name for name, _ in case[0].named_parameters()]
    assert all(torch.equal(a[name], b[name]) and not a[name].requires_grad for name in a)
    for value, old in zip(case[0].parameters(), before):
        assert torch.equal(value, old) and value.grad is None


@pytest.mark.parametrize("rule", [score_function, smoothed_differences])
def test_bad_input_is_named(rule):
    network, spikes, error = small()
    with pytest.raises(TypeError, match="generator is a int"):
        rule(network, spikes, error, generator=0)
    with pytest.raises(ValueError, match="samples is 0"):
        rule(network, spikes, error, generator=seeded(), samples=0)
    with pytest.raises(ValueError, match="spikes has shape"):
        rule(network, spikes[:, :, :5], error, generator=seeded())
    name = "width" if rule is score_function else "size"
    with pytest.raises(ValueError, match=f"{name} is 0"):
        rule(network, spikes, error, generator=seeded(), **{name: 0})
    if rule is score_function:
        with pytest.raises(ValueError, match="samples is 1; a whole number of at least 2"):
            rule(network, spikes, error, generator=seeded(), samples=1)


def test_other_settings_share_the_weights():
    network = small()[0]
    other = network.with_neuron(reset="none", reset_gradient=True)
    assert network.hidden[0].neuron == LIFNeuron()
    assert other.hidden[0].neuron == LIFNeuron(reset="none", reset_gradient=True)
    assert [n for n, _ in other.named_parameters()] == [n for n, _ in network.named_parameters()]
    assert all(a is b for a, b in zip(other.parameters(), network.parameters()))
    with pytest.raises(TypeError, match="kernel"):
        network.with_neuron(kernel="numba")
