"""Losses: closed forms, finite differences, and the exact effect of one spike."""

import math
from functools import partial

import pytest
import torch
from helpers import seeded
from hypothesis import given, settings, strategies as st
from torch.autograd import gradcheck
from torch.nn import functional

from snnbook.neurons import LIF, LIFNeuron
from snnbook.surrogates import fast_sigmoid
from snnbook.training import (
    decide_by_first_spike,
    first_spike_time,
    max_over_time,
    mean_over_time,
    sum_over_time,
    ttfs_cross_entropy,
    van_rossum,
)

TASK_LOSSES = [max_over_time, mean_over_time, sum_over_time, ttfs_cross_entropy]


def random_spikes(steps, batch, neurons, rate=0.3, seed=0):
    return (torch.rand(steps, batch, neurons, generator=seeded(seed)) < rate).double()


# cross entropies on a membrane -----------------------------------------------------------------


@pytest.mark.parametrize("loss", [max_over_time, mean_over_time, sum_over_time])
def test_a_flat_readout_costs_the_logarithm_of_the_number_of_classes(loss):
    readout = torch.zeros(7, 3, 5, dtype=torch.float64)
    assert loss(readout, torch.tensor([0, 4, 2])).item() == pytest.approx(math.log(5))


@pytest.mark.parametrize(
    "loss, scores",
    [
        (max_over_time, lambda u: u.max(0).values),
        (mean_over_time, lambda u: u.mean(0)),
        (sum_over_time, lambda u: u.sum(0)),
        (partial(sum_over_time, scale=0.1), lambda u: 0.1 * u.sum(0)),
    ],
)
def test_cross_entropies_against_the_written_formula(loss, scores):
    readout = torch.randn(9, 4, 3, generator=seeded(), dtype=torch.float64)
    labels = torch.tensor([0, 2, 1, 2])
    z = scores(readout)
    expected = sum(
        math.log(sum(math.exp(z[b, c]) for c in range(3))) - z[b, labels[b]].item()
        for b in range(4)
    )
    assert loss(readout, labels).item() == pytest.approx(expected / 4, rel=1e-12)


@pytest.mark.parametrize("loss", [max_over_time, mean_over_time, partial(sum_over_time, scale=0.3)])
def test_gradients_of_cross_entropies_are_finite_differences(loss):
    readout = torch.randn(6, 3, 4, generator=seeded(1), dtype=torch.float64, requires_grad=True)
    assert gradcheck(partial(loss, labels=torch.tensor([3, 0, 1])), (readout,))


@pytest.mark.parametrize("steps", [1, 7, 50, 300])
def test_the_mean_is_the_sum_over_time_scaled_by_the_steps_bit_for_bit(steps):
    readout = torch.randn(steps, 9, 5, generator=seeded(steps), requires_grad=True)
    labels = torch.arange(9) % 5
    mean, scaled = (
        loss(readout, labels) for loss in (mean_over_time, partial(sum_over_time, scale=1 / steps))
    )
    assert torch.equal(mean, scaled)
    first, second = (torch.autograd.grad(loss, readout)[0] for loss in (mean, scaled))
    assert torch.equal(first, second)


def test_the_mean_reaches_a_readout_that_is_negative_throughout():
    readout = torch.full((6, 2, 3), -1.0, requires_grad=True)
    labels = torch.tensor([0, 2])
    for loss, reached in ((mean_over_time, 6), (max_over_time, 1)):
        (gradient,) = torch.autograd.grad(loss(readout, labels), readout)
        assert (gradient != 0).sum(0).eq(reached).all()


def test_the_maximum_passes_its_gradient_to_one_step():
    readout = torch.randn(6, 1, 2, generator=seeded(2), dtype=torch.float64, requires_grad=True)
    max_over_time(readout, torch.tensor([0])).backward()
    assert (readout.grad != 0).sum(dim=0).tolist() == [[1, 1]]


def test_large_potentials_do_not_overflow():
    readout = torch.tensor([[[1e4, -1e4]]])
    assert max_over_time(readout, torch.tensor([0])).item() == 0
    assert max_over_time(readout, torch.tensor([1])).item() == pytest.approx(2e4)


# first spikes ----------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), steps=st.integers(1, 12), rate=st.floats(0, 1))
def test_first_spike_time_is_the_first_spike(seed, steps, rate):
    spikes = random_spikes(steps, 2, 3, rate, seed)
    expected = torch.tensor(
        [
            [next((n for n in range(steps) if spikes[n, b, c]), steps) for c in range(3)]
            for b in range(2)
        ]
    )
    assert torch.equal(first_spike_time(spikes, dt=0.5), 0.5 * expected.double())


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), rate=st.floats(0, 0.6))
def test_the_derivative_is_the_exact_effect_of_a_spike(seed, rate):
    spikes = random_spikes(8, 1, 2, rate, seed)
    time = partial(first_spike_time, dt=1.0, late=11.0)
    free = spikes.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(time(free).sum(), free)
    for n in range(8):
        there, gone = spikes.clone(), spikes.clone()
        there[n], gone[n] = 1.0, 0.0
        assert torch.equal(gradient[n], time(there) - time(gone))


def test_first_spike_time_is_the_mean_over_random_spikes():
    """Between 0 and 1 the formula is the expected time when each step spikes by chance."""
    chance = torch.full((6, 1, 1), 0.25, dtype=torch.float64)
    expected = sum(n * 0.25 * 0.75**n for n in range(6)) + 6 * 0.75**6
    assert first_spike_time(chance, dt=1.0).item() == pytest.approx(expected, rel=1e-14)


def test_silent_outputs_are_late():
    spikes = torch.zeros(4, 2, 3)
    assert torch.allclose(first_spike_time(spikes, dt=1e-3), torch.tensor(4e-3))
    assert torch.allclose(first_spike_time(spikes, dt=1e-3, late=0.1), torch.tensor(0.1))
    loss = ttfs_cross_entropy(spikes, torch.tensor([0, 1]))
    assert loss.item() == pytest.approx(math.log(3))


def test_ttfs_closed_form():
    spikes = torch.zeros(5, 1, 3, dtype=torch.float64)
    spikes[1, 0, 0] = spikes[3, 0, 1] = 1
    loss = ttfs_cross_entropy(spikes, torch.tensor([0]), dt=1e-3, tau=2e-3)
    assert loss.item() == pytest.approx(math.log(1 + math.exp(-1) + math.exp(-2)), rel=1e-12)


def test_ttfs_gradient_is_a_finite_difference_inside_the_unit_interval():
    spikes = 0.1 + 0.8 * torch.rand(5, 2, 3, generator=seeded(3), dtype=torch.float64)
    loss = partial(ttfs_cross_entropy, labels=torch.tensor([0, 2]), dt=1.0, tau=3.0)
    assert gradcheck(loss, (spikes.requires_grad_(),))


@pytest.mark.parametrize("scale", [0.2, 1.0])
def test_a_step_on_ttfs_brings_the_first_spike_forward(scale):
    """The gradient reaches the weights through the surrogate, also of a silent neuron (0.2)."""
    layer = LIF(4, 2, LIFNeuron(surrogate=fast_sigmoid(width=0.5)), generator=seeded(4))
    with torch.no_grad():
        layer.weight.fill_(0.25 * scale)
    inputs, labels = torch.ones(30, 1, 4), torch.tensor([0])
    before = first_spike_time(layer(inputs).spikes)[0]
    for _ in range(60):
        layer.zero_grad()
        ttfs_cross_entropy(layer(inputs).spikes, labels).backward()
        assert torch.isfinite(layer.weight.grad).all()
        with torch.no_grad():
            layer.weight -= 0.02 * layer.weight.grad.sign()
    after = first_spike_time(layer(inputs).spikes)[0]
    assert after[0] < before[0] and after[0] < after[1]


# van Rossum ------------------------------------------------------------------------------------


@pytest.mark.parametrize("lag", [0, 1, 3, 20])
@pytest.mark.parametrize("tau", [2e-3, 10e-3])
def test_two_single_spikes_have_the_closed_form(lag, tau):
    """A long time after both spikes the loss is (1 - g^lag) / (1 - g^2), with g = exp(-dt/tau)."""
    spikes, target = torch.zeros(2, 600, 1, 1, dtype=torch.float64)
    spikes[5], target[5 + lag] = 1, 1
    decay = math.exp(-1e-3 / tau)
    expected = (1 - decay**lag) / (1 - decay**2)
    assert van_rossum(spikes, target, tau=tau).item() == pytest.approx(expected, rel=1e-12)
    assert van_rossum(target, spikes, tau=tau).item() == pytest.approx(expected, rel=1e-12)


def test_a_fine_step_gives_van_rossums_distance():
    """2 dt / tau times the loss tends to 1 - exp(-lag / tau), the distance of two spikes."""
    dt, tau, lag = 1e-4, 10e-3, 5e-3
    spikes, target = torch.zeros(2, 2000, 1, 1, dtype=torch.float64)
    spikes[0], target[round(lag / dt)] = 1, 1
    distance = 2 * dt / tau * van_rossum(spikes, target, tau=tau, dt=dt).item()
    assert distance == pytest.approx(1 - math.exp(-lag / tau), rel=2 * dt / tau)


def test_van_rossum_against_the_convolution():
    spikes, target = random_spikes(20, 3, 2, seed=5), random_spikes(20, 3, 2, seed=6)
    kernel = torch.exp(-torch.arange(20, dtype=torch.float64) / 4)
    total = 0.0
    for n in range(20):
        error = sum(kernel[n - m] * (spikes - target)[m] for m in range(n + 1))
        total += 0.5 * float((error**2).sum()) / 3
    assert van_rossum(spikes, target, tau=4.0, dt=1.0).item() == pytest.approx(total, rel=1e-12)


def test_van_rossum_gradient_is_a_finite_difference():
    spikes = torch.rand(7, 2, 3, generator=seeded(7), dtype=torch.float64, requires_grad=True)
    assert gradcheck(partial(van_rossum, target=random_spikes(7, 2, 3)), (spikes,))


def test_equal_trains_cost_nothing():
    spikes = random_spikes(10, 2, 3)
    assert van_rossum(spikes, spikes.clone()).item() == 0


# all -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", TASK_LOSSES)
def test_a_batch_given_twice_costs_the_same(loss):
    spikes, labels = random_spikes(8, 3, 4), torch.tensor([0, 3, 1])
    twice = loss(spikes.repeat(1, 2, 1), labels.repeat(2))
    assert twice.item() == pytest.approx(loss(spikes, labels).item(), rel=1e-14)


@pytest.mark.parametrize("loss", TASK_LOSSES)
@pytest.mark.parametrize(
    "shape, labels, error, says",
    [
        ((5, 3), [0, 1, 1], ValueError, "three axes"),
        ((0, 3, 4), [0, 1, 1], ValueError, "time axis is empty"),
        ((5, 0, 4), [], ValueError, "batch axis is empty"),
        ((5, 3, 0), [0, 0, 0], ValueError, "neuron axis is empty"),
        ((5, 3, 4), [0, 1], ValueError, r"\(3,\) is accepted"),
        ((5, 3, 4), [0, 1, 4], ValueError, "labels holds 4; class numbers 0 to 3"),
        ((5, 3, 4), [0, -1, 3], ValueError, "labels holds -1"),
        ((5, 3, 4), [0.0, 1.0, 1.0], TypeError, "torch.int64 is accepted"),
    ],
)
def test_bad_input_is_named(loss, shape, labels, error, says):
    dtype = torch.int64 if labels == [] else None
    with pytest.raises(error, match=says):
        loss(torch.zeros(shape), torch.tensor(labels, dtype=dtype))


def test_bad_types_are_named():
    with pytest.raises(TypeError, match="readout is a list"):
        max_over_time([[[0.0]]], torch.tensor([0]))
    with pytest.raises(TypeError, match="labels is a list"):
        max_over_time(torch.zeros(1, 1, 1), [0])
    with pytest.raises(TypeError, match="floating-point"):
        ttfs_cross_entropy(torch.zeros(1, 1, 1, dtype=torch.int64), torch.tensor([0]))


def test_bad_numbers_are_named():
    spikes, labels = torch.zeros(4, 1, 2), torch.tensor([0])
    for bad in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="scale is"):
            sum_over_time(spikes, labels, scale=bad)
        with pytest.raises(ValueError, match="tau is"):
            ttfs_cross_entropy(spikes, labels, tau=bad)
        with pytest.raises(ValueError, match="dt is"):
            van_rossum(spikes, spikes, dt=bad)
    for late in (3e-3, math.nan, math.inf):
        with pytest.raises(ValueError, match="late is"):
            first_spike_time(spikes, late=late)
    for value in (-0.1, 1.5, math.nan):
        with pytest.raises(ValueError, match="outside"):
            first_spike_time(torch.full((4, 1, 2), value))


def test_van_rossum_names_a_target_that_does_not_fit():
    spikes = torch.zeros(4, 2, 3)
    with pytest.raises(ValueError, match=r"target has shape \(4, 1, 3\)"):
        van_rossum(spikes, torch.zeros(4, 1, 3))
    with pytest.raises(TypeError, match="target has dtype torch.float64"):
        van_rossum(spikes, torch.zeros(4, 2, 3, dtype=torch.float64))
    with pytest.raises(ValueError, match="time axis is empty"):
        van_rossum(torch.zeros(0, 2, 3), torch.zeros(0, 2, 3))


@pytest.mark.parametrize("late", [None, 20.0])
def test_first_spikes_of_samples_that_end_earlier(late):
    """Padding, with spikes in it or not, changes neither time nor gradient of a sample."""
    draw = torch.Generator().manual_seed(3)
    spikes = (torch.rand(9, 5, 4, generator=draw) < 0.2).double()
    lengths = torch.tensor([1, 4, 9, 6, 2])
    whole = spikes.clone().requires_grad_()
    times = first_spike_time(whole, dt=1.0, late=late, lengths=lengths)
    times.square().sum().backward()
    for b, steps in enumerate(lengths.tolist()):
        alone = spikes[:steps, b : b + 1].clone().requires_grad_()
        own = first_spike_time(alone, dt=1.0, late=late)
        own.square().sum().backward()
        assert torch.equal(times[b], own[0])
        assert torch.equal(whole.grad[:steps, b], alone.grad[:, 0])
        assert not whole.grad[steps:, b].any()
    labels = torch.tensor([0, 1, 2, 3, 0])
    loss = ttfs_cross_entropy(spikes, labels, dt=1.0, tau=2.0, late=late, lengths=lengths)
    expected = functional.cross_entropy(-times.detach() / 2.0, labels)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-14)
    classes = decide_by_first_spike(spikes, lengths=lengths)
    assert classes.tolist() == times.argmin(1).tolist()
    with pytest.raises(ValueError, match="lengths"):
        first_spike_time(spikes, lengths=torch.tensor([1, 4, 10, 6, 2]))
