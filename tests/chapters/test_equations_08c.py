"""Each labelled equation of chapter 8c against an independent computation."""

import math

import numpy as np
import pytest
import torch

from snnbook.neurons import LIFNeuron, run
from snnbook.parallel import (
    WaitingNeuron,
    block_run,
    fixed_point_run,
    linear_scan,
    scan_run,
    sweeps,
)


def noise(*shape, mean=0.0, std=0.06, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return mean + std * torch.randn(*shape, generator=generator, dtype=torch.float64)


@pytest.mark.equation("eq-08c-compose")
def test_two_steps_are_one_step():
    """The scan against a sum over all ways from an input to a state, products written out."""
    a, b = 0.5 + 0.3 * noise(9, 1, std=1.0), noise(9, 1, std=1.0, seed=1)
    found = linear_scan(a, b, torch.full((1,), 2.0, dtype=torch.float64))
    for n in range(10):
        ways = [2.0 * math.prod(a[:n, 0].tolist())]
        ways += [float(b[m]) * math.prod(a[m + 1 : n, 0].tolist()) for m in range(n)]
        state = found.last if n == 9 else found.states[n]
        assert float(state) == pytest.approx(math.fsum(ways), rel=1e-12)
    two = linear_scan(0.8 * 0.5, torch.tensor([[0.8 * 1 + 2]]), torch.tensor([3.0])).last
    one = 0.8 * (0.5 * 3.0 + 1) + 2
    assert float(two) == pytest.approx(one)


@pytest.mark.equation("eq-08c-matrix")
def test_powers_of_the_matrix_give_current_and_membrane():
    neuron, drive = LIFNeuron(tau_mem=12e-3, tau_syn=7e-3, reset="none"), noise(30, 1, 1)
    matrix = np.array([[math.exp(-1 / 7), 0], [1, math.exp(-1 / 12)]])
    record = scan_run(neuron, drive)
    for n in range(30):
        state = sum(
            np.linalg.matrix_power(matrix, n - 1 - m) @ [float(drive[m]), 0] for m in range(n)
        )
        want = state if n else (0.0, 0.0)
        assert float(record.syn[n]) == pytest.approx(want[0], rel=1e-9, abs=1e-12)
        assert float(record.mem[n]) == pytest.approx(want[1], rel=1e-9, abs=1e-12)


@pytest.mark.equation("eq-08c-adjoint")
def test_blame_is_a_recurrence_backward_in_time():
    """The gradient by finite differences, and the recurrence of the page as a loop."""
    a, b, g = 0.9 * noise(7, 2, std=1.0), noise(7, 2, seed=1), noise(8, 2, std=1.0, seed=2)

    def loss(values):
        found = linear_scan(a, values)
        return (torch.cat((found.states, found.last[None])) * g).sum()

    leaf = b.clone().requires_grad_()
    loss(leaf).backward()
    blame = g[7]
    for n in range(6, -1, -1):  # b[n] reaches the loss through y[n + 1]
        torch.testing.assert_close(leaf.grad[n], blame)
        blame = g[n] + a[n] * blame
    for place in ((0, 0), (4, 1)):
        step = torch.zeros_like(b)
        step[place] = 1e-6
        slope = float(loss(b + step) - loss(b - step)) / 2e-6
        assert float(leaf.grad[place]) == pytest.approx(slope, rel=1e-6)


@pytest.mark.equation("eq-08c-waiting")
@pytest.mark.parametrize("wait", [1, 4, 50])
def test_what_is_owed_by_a_double_sum(wait):
    """U[n] as a sum over all inputs and over all spikes of finished blocks, each decayed."""
    drive, neuron = noise(40, 1, 1, mean=0.04), LIFNeuron()
    record = block_run(WaitingNeuron(wait=wait), drive)
    mem, spikes = record.mem.flatten(), record.spikes.flatten()
    free = scan_run(LIFNeuron(reset="none"), drive).mem.flatten()
    assert spikes.sum() > 2
    for n in range(40):
        paid = 0.0
        for m in range(n):
            end = (m // wait + 1) * wait  # the first step that feels the spike of step m
            paid += float(spikes[m]) * neuron.beta ** (n - end) if end <= n else 0.0
        assert float(mem[n]) == pytest.approx(float(free[n]) - paid, rel=1e-9, abs=1e-9)
        assert bool(spikes[n]) == (float(mem[n]) > 1)


@pytest.mark.equation("eq-08c-fixed")
def test_spikes_that_agree_with_their_resets_are_those_of_the_loop():
    """Of all 2^11 spike trains of eleven steps one agrees with itself: visit them all."""
    drive = 0.35 + noise(11, 1, 1, std=0.1)
    truth = run(LIFNeuron(), drive).spikes
    bits = torch.arange(2**11)[None, :] >> torch.arange(11)[:, None] & 1
    trains = bits.double()[:, :, None]
    neuron = LIFNeuron()
    syn, mem, agree = torch.zeros(2**11, 1), torch.zeros(2**11, 1), torch.ones(2**11, 1).bool()
    for n in range(11):
        agree &= (mem > 1) == trains[n].bool()
        syn, mem = neuron.alpha * syn + drive[n], neuron.beta * mem + syn - trains[n]
    assert int(agree.sum()) == 1 and truth.sum() > 2
    assert torch.equal(trains[:, agree[:, 0]], truth)
    assert torch.equal(fixed_point_run(neuron, drive).record.spikes, truth)


@pytest.mark.equation("eq-08c-bracket")
def test_guesses_close_in_from_both_sides():
    """A second sweep, written as a loop over time under given resets, gives the same guesses."""
    drive, neuron = noise(80, 3, 4, mean=0.03), LIFNeuron()
    guesses, truth = sweeps(neuron, drive, count=21), run(neuron, drive).spikes
    for k in range(20):
        syn, mem = torch.zeros(3, 4).double(), torch.zeros(3, 4).double()
        for n in range(80):
            assert torch.equal(guesses[k + 1, n], (mem > 1).double())
            syn, mem = neuron.alpha * syn + drive[n], neuron.beta * mem + syn - guesses[k, n]
        low, high = sorted((guesses[k], guesses[k + 1]), key=lambda one: float(one.sum()))
        assert (low <= truth).all() and (truth <= high).all()
    gaps = (guesses[1:] - guesses[:-1]).abs().sum((1, 2, 3))
    assert (gaps[1:] <= gaps[:-1]).all() and gaps[-1] < gaps[0] / 4


@pytest.mark.equation("eq-08c-error")
@pytest.mark.parametrize("through", [False, True])
def test_a_small_change_of_the_membrane(through):
    """The recurrence of the page as a loop, against the gradient that the package returns."""
    neuron, drive = LIFNeuron(reset_gradient=through), noise(60, 1, 1, mean=0.03)
    leaf, at = drive.clone().requires_grad_(), 55
    record = fixed_point_run(neuron, leaf).record
    (found,) = torch.autograd.grad(record.mem[at].sum(), leaf)
    mem = record.mem.detach().flatten()
    slopes = neuron.surrogate.derivative(mem - 1)
    for start in (3, 20, 50):
        dsyn, dmem = 0.0, 0.0
        for n in range(at):
            a = neuron.beta - (float(slopes[n]) if through else 0.0)
            dsyn, dmem = neuron.alpha * dsyn + (n == start), a * dmem + dsyn
        assert float(found[start]) == pytest.approx(dmem, rel=1e-9)
