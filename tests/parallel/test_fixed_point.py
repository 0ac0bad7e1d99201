"""The fixed point against the loop with its reset: spikes, membranes, gradients, sweeps."""

import pytest
import torch

from snnbook.neurons import LIFNeuron, LIFState, run
from snnbook.parallel import fixed_point_run, sweeps
from snnbook.surrogates import gaussian


def drive_of(steps=120, batch=4, neurons=6, mean=0.02, std=0.06, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return mean + std * torch.randn(steps, batch, neurons, generator=generator, dtype=dtype)


@pytest.mark.parametrize("how", ["halving", "doubling"])
@pytest.mark.parametrize("at_threshold", [False, True])
def test_the_result_is_the_loop(how, at_threshold):
    neuron = LIFNeuron(tau_mem=20e-3, threshold=1.1, spike_at_threshold=at_threshold)
    drive, first = drive_of(), drive_of(2)
    state = LIFState(first[0], 10 * first[1].abs())
    found, want = fixed_point_run(neuron, drive, state, how=how), run(neuron, drive, state)
    assert found.settled and float(want.spikes.sum()) > 50
    assert torch.equal(found.record.spikes, want.spikes)
    for a, b in zip((*found.record[1:3], *found.record.state), (*want[1:3], *want.state)):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-10)


def test_in_single_precision_spikes_differ_where_rounding_decides():
    """A spike may differ when the membrane is within rounding of the threshold, and not else."""
    drive = drive_of(1000, 8, 16, dtype=torch.float32)
    found, want = fixed_point_run(LIFNeuron(), drive).record, run(LIFNeuron(), drive)
    for column in (found.spikes != want.spikes).flatten(1).any(0).nonzero().flatten():
        mem, other = want.mem.flatten(1)[:, column], found.spikes.flatten(1)[:, column]
        first = (other != want.spikes.flatten(1)[:, column]).nonzero()[0]
        assert abs(float(mem[first]) - 1) < 1e-4
    torch.testing.assert_close(found.spikes.mean(), want.spikes.mean(), rtol=1e-3, atol=0)


@pytest.mark.parametrize("through", [False, True])
def test_the_gradient_is_that_of_the_loop(through):
    """Of drive, first state, time constants and threshold; with the reset detached or not."""
    taus = torch.linspace(8e-3, 15e-3, 6, dtype=torch.float64).requires_grad_()
    theta = torch.linspace(0.8, 1.2, 6, dtype=torch.float64).requires_grad_()
    neuron = LIFNeuron(taus, threshold=theta, surrogate=gaussian(0.3), reset_gradient=through)
    drive, start = drive_of().requires_grad_(), drive_of(2, seed=1)
    state = LIFState(*(x.clone().requires_grad_() for x in start))
    pull = drive_of(seed=2)
    leaves, gradients = (drive, *state, taus, theta), []
    for record in (
        fixed_point_run(neuron, drive, state).record,
        run(neuron, drive, state, kernel="reference"),
    ):
        loss = ((record.spikes + record.mem) * pull).sum() + record.state.mem.sum()
        gradients.append(torch.autograd.grad(loss, leaves))
    for a, b in zip(*gradients):
        assert float(b.abs().max()) > 0
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-10)
    if through:
        assert not torch.allclose(gradients[0][0], _detached(neuron, drive, pull))


def _detached(neuron, drive, pull):
    plain = LIFNeuron(neuron.tau_mem, threshold=neuron.threshold, surrogate=neuron.surrogate)
    record = fixed_point_run(plain, drive).record
    return torch.autograd.grad(((record.spikes + record.mem) * pull).sum(), drive)[0]


def test_each_sweep_gets_one_more_step_right():
    """Sweep k agrees with the loop before step k, so that T sweeps are enough for any input."""
    drive = drive_of(40, mean=0.15, std=0.2)
    guesses, truth = sweeps(LIFNeuron(), drive, count=41), run(LIFNeuron(), drive).spikes
    for k, guess in enumerate(guesses):
        assert torch.equal(guess[:k], truth[:k])
    assert torch.equal(guesses[40], truth) and torch.equal(guesses[41], truth)
    found = fixed_point_run(LIFNeuron(), drive)
    wrong = (guesses != truth).any(1)  # (sweep, B, N)
    assert torch.equal(found.sweeps, wrong.sum(0)) and int(found.sweeps.max()) > 10


def test_even_sweeps_have_too_few_spikes_and_odd_ones_too_many():
    drive = drive_of(100, mean=0.03, std=0.08)
    guesses, truth = sweeps(LIFNeuron(), drive, count=30), run(LIFNeuron(), drive).spikes
    for k in range(0, 28, 2):
        few, many = guesses[k : k + 4 : 2], guesses[k + 1 : k + 4 : 2]
        assert (few[0] <= few[1]).all() and (few[1] <= truth).all()
        assert (many[0] >= many[1]).all() and (many[1] >= truth).all()
    assert not torch.equal(guesses[4], truth)


def test_a_neuron_that_a_constant_drives_takes_two_sweeps_a_spike():
    drive = torch.full((200, 1, 3), 1.0, dtype=torch.float64) * torch.tensor([0.02, 0.04, 0.06])
    found = fixed_point_run(LIFNeuron(), drive)
    assert torch.equal(found.sweeps[0], 2 * found.record.spikes.sum(0)[0].long())
    assert int(found.sweeps.min()) > 4


def test_a_silent_neuron_takes_no_sweep():
    found = fixed_point_run(LIFNeuron(), torch.zeros(9, 1, 2))
    assert found.settled and not found.sweeps.any() and not found.record.spikes.any()


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_a_limit_stops_at_that_sweep(limit):
    drive = drive_of(80, mean=0.05)
    found = fixed_point_run(LIFNeuron(), drive, limit=limit)
    assert not found.settled and int(found.sweeps.max()) == limit
    assert torch.equal(found.record.spikes, sweeps(LIFNeuron(), drive, count=limit)[-1])


def test_no_steps():
    found = fixed_point_run(LIFNeuron(), torch.zeros(0, 2, 3))
    assert found.settled and found.record.spikes.shape == (0, 2, 3)


def test_what_does_not_fit_is_refused():
    drive = torch.zeros(5, 1, 2)
    with pytest.raises(ValueError, match="reset 'zero'; 'subtract' is accepted"):
        fixed_point_run(LIFNeuron(reset="zero"), drive)
    with pytest.raises(ValueError, match="how is 'convolution'"):
        fixed_point_run(LIFNeuron(), drive, how="convolution")
    with pytest.raises(ValueError, match="limit is 0"):
        fixed_point_run(LIFNeuron(), drive, limit=0)
