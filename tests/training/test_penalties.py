"""Penalties on spike counts: closed forms, and no dependence on the batch size."""

import math
from functools import partial

import pytest
import torch
from torch.autograd import gradcheck

from snnbook.neurons import SpikingNetwork
from snnbook.training import (
    diagnose,
    fit,
    max_over_time,
    mean_counts,
    spike_bounds_penalty,
    spike_count_penalty,
    van_rossum,
)

PENALTIES = [
    spike_count_penalty,
    partial(spike_count_penalty, linear=0.3, quadratic=2.0),
    partial(spike_bounds_penalty, lower=2.0, upper=2.5),
    partial(spike_bounds_penalty, lower=2.0, upper=2.5, relative=True),
]


def spikes_of(counts):
    """Return spikes (T, B, N) with these counts (B, N)."""
    counts = torch.tensor(counts, dtype=torch.float64)
    steps = torch.arange(int(counts.max()) + 1, dtype=torch.float64)
    return (steps[:, None, None] < counts).double()


def test_mean_counts():
    assert mean_counts(spikes_of([[0, 4], [3, 2]])).tolist() == [1.5, 3.0]


@pytest.mark.parametrize(
    "penalty, expected",
    [
        (spike_count_penalty, (1.5 + 3) / 2),
        (partial(spike_count_penalty, linear=0.0, quadratic=1.0), (1.5**2 + 3**2) / 2),
        (partial(spike_count_penalty, linear=2.0, quadratic=1.0), (3 + 6 + 2.25 + 9) / 2),
        (spike_bounds_penalty, 0.0),
        (partial(spike_bounds_penalty, lower=2.0), 0.5**2 / 2),
        (partial(spike_bounds_penalty, upper=2.0), 1 / 2),
        (partial(spike_bounds_penalty, lower=2.5, upper=2.5), (1 + 0.5**2) / 2),
        (partial(spike_bounds_penalty, upper=1.0, relative=True), (1.25**0.5 + 5**0.5) / 2 - 1),
        (partial(spike_bounds_penalty, lower=6.0, relative=True), (1.25 + 1.25**0.5) / 2 - 1),
        (partial(spike_bounds_penalty, relative=True), 0.0),
    ],
)
def test_closed_forms(penalty, expected):
    assert penalty(spikes_of([[0, 4], [3, 2]])).item() == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("penalty", PENALTIES)
def test_gradients_are_finite_differences(penalty):
    generator = torch.Generator().manual_seed(0)
    spikes = torch.rand(5, 2, 3, generator=generator, dtype=torch.float64, requires_grad=True)
    assert gradcheck(penalty, (spikes,))


@pytest.mark.parametrize(
    "loss",
    [
        *(lambda out, labels, p=p: p(out.hidden[0].spikes) for p in PENALTIES),
        lambda out, labels: max_over_time(out.readout, labels),
        lambda out, labels: van_rossum(
            out.hidden[0].spikes, torch.zeros_like(out.hidden[0].spikes)
        ),
    ],
)
def test_a_batch_given_twice_has_the_same_value_and_weight_gradient(loss):
    model = SpikingNetwork((6, 8, 3), generator=torch.Generator().manual_seed(1)).double()
    inputs = (torch.rand(40, 5, 6, generator=torch.Generator().manual_seed(2)) < 0.3).double()
    labels = torch.tensor([0, 1, 2, 0, 1])
    results = []
    for copies in (1, 2):
        model.zero_grad()
        value = loss(model(inputs.repeat(1, copies, 1)), labels.repeat(copies))
        value.backward()
        results.append((value.detach(), model.hidden[0].weight.grad.clone()))
    (value, gradient), (value_twice, gradient_twice) = results
    assert gradient.abs().max() > 0
    assert torch.allclose(value, value_twice, rtol=1e-12)
    assert torch.allclose(gradient, gradient_twice, rtol=1e-9, atol=1e-14)


def test_diagnosis():
    spikes = torch.zeros(10, 2, 4)
    spikes[:, :, 0] = 1
    spikes[0, 1, 1] = 1
    found = diagnose(spikes)
    assert (found.silent, found.saturated) == (0.5, 0.25)
    assert found.spikes_per_step == pytest.approx(21 / 80)
    assert not found.healthy and "2 of 4 neurons are silent, 1 saturated" in str(found)
    assert "Scale the weights down" in str(diagnose(torch.ones(5, 1, 2)))
    assert diagnose(spikes[:, :, 1:2]).healthy
    with pytest.raises(ValueError, match="time axis is empty"):
        diagnose(torch.zeros(0, 1, 2))


@pytest.mark.parametrize("penalty", [spike_count_penalty, spike_bounds_penalty, mean_counts])
def test_bad_spikes_are_named(penalty):
    with pytest.raises(ValueError, match="three axes"):
        penalty(torch.zeros(3, 4))
    for shape, axis in (((0, 1, 2), "time"), ((2, 0, 2), "batch"), ((2, 1, 0), "neuron")):
        with pytest.raises(ValueError, match=f"its {axis} axis is empty"):
            penalty(torch.zeros(shape))
    with pytest.raises(TypeError, match="floating-point"):
        penalty(torch.zeros(2, 1, 2, dtype=torch.bool))


def test_bad_factors_are_named():
    spikes = torch.zeros(2, 1, 2)
    for bad in (-1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="linear is"):
            spike_count_penalty(spikes, linear=bad)
        with pytest.raises(ValueError, match="quadratic is"):
            spike_count_penalty(spikes, quadratic=bad)
        for name in ("lower", "upper"):
            with pytest.raises(ValueError, match=f"{name} is"):
                spike_bounds_penalty(spikes, **{name: bad})
    with pytest.raises(ValueError, match="upper is 1.0"):
        spike_bounds_penalty(spikes, lower=2.0, upper=1.0)
    with pytest.raises(ValueError, match="upper is 0.0 and relative True; a number above 0"):
        spike_bounds_penalty(spikes, upper=0.0, relative=True)


def test_a_lower_bound_wakes_a_silent_neuron():
    """The loss does not need it and sends it nothing; the bound pulls its weights up."""
    model = SpikingNetwork((4, 2, 2), generator=torch.Generator().manual_seed(0)).double()
    with torch.no_grad():
        model.hidden[0].weight[0] = 0.02
        model.readout.weight[:, 0] = 0.0
    inputs = torch.ones(20, 3, 4, dtype=torch.float64)
    steps = torch.optim.SGD(model.parameters(), lr=0.5)
    for _ in range(50):
        spikes = model(inputs).hidden[0].spikes
        steps.zero_grad()
        spike_bounds_penalty(spikes, lower=1.0).backward()
        steps.step()
    assert mean_counts(model(inputs).hidden[0].spikes)[0] >= 1.0


@pytest.mark.parametrize("recurrent", [False, True])
@pytest.mark.parametrize("size, rate", [(24, 20.0), (96, 80.0)])
def test_one_relative_strength_suits_every_size_rate_and_kind_of_network(recurrent, size, rate):
    """The same factor brings all four networks to the bound, and none loses what it learns."""
    labels = torch.arange(60) % 3
    rates = torch.where(torch.arange(24) // 8 == labels[:, None], 0.15, 0.05)
    draw = torch.Generator().manual_seed(1)
    inputs = (torch.rand(60, 60, 24, generator=draw) < rates).float()
    model = SpikingNetwork(
        (24, size, 3), recurrent=recurrent, input_rate=80.0, hidden_rate=rate, generator=draw
    )
    bound = partial(spike_bounds_penalty, upper=1.5, relative=True)
    history = fit(
        model,
        inputs,
        labels,
        epochs=15,
        batch_size=20,
        lr=1e-2,
        generator=draw,
        regularizer=lambda out: bound(out.hidden[0].spikes),
        batch_first=False,
        progress=False,
    )
    assert history.spike_counts[-1][0] < 2.0 and history.accuracy[-1] == 1
    assert max(history.loss) < 3  # a square starts at up to ten times that


def test_far_out_a_relative_bound_pulls_no_harder():
    """Its gradient by a neuron's count stays below 1 / (N u); that of the square grows."""
    pulls = {}
    for relative in (False, True):
        for count in (4, 40):
            spikes = torch.ones(count, 1, 2, dtype=torch.float64, requires_grad=True)
            spike_bounds_penalty(spikes, upper=2.0, relative=relative).backward()
            pulls[relative, count] = float(spikes.grad.max())
    assert pulls[False, 40] == pytest.approx(19 * pulls[False, 4])
    assert pulls[True, 4] == pytest.approx(0.5**0.5 / 4) and pulls[True, 40] < 1 / 4
