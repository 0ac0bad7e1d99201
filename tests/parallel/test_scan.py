"""Scans against the loop, and their gradients against backpropagation through time."""

import pytest
import torch

from snnbook.neurons import LeakyNeuron, LIFNeuron, LIFState, run
from snnbook.parallel import SCANS, linear_scan, scan_depth, scan_run
from snnbook.parallel._scan import _doubling, _halving


def rng(seed):
    return torch.Generator().manual_seed(seed)


def randn(*shape, seed=0):
    return torch.randn(*shape, generator=rng(seed), dtype=torch.float64)


def loop(decay, values, first):
    """Return y[0] .. y[T], step by step."""
    rows = [first]
    for n, b in enumerate(values):
        a = decay[n] if isinstance(decay, torch.Tensor) and decay.dim() == values.dim() else decay
        rows.append(a * rows[-1] + b)
    return torch.stack(rows)


DECAYS = {
    "number": lambda steps: 0.9,
    "of each neuron": lambda steps: torch.linspace(0.3, 0.99, 4, dtype=torch.float64),
    "of each step": lambda steps: 1.2 * torch.rand(steps, 3, 4, generator=rng(1)).double() - 0.2,
}
KINDS = [(k, how) for k in DECAYS for how in SCANS if (k, how) != ("of each step", "convolution")]


@pytest.mark.parametrize("steps", [1, 2, 3, 7, 8, 9, 100])
@pytest.mark.parametrize(("kind", "how"), KINDS)
def test_a_scan_is_the_loop(kind, how, steps):
    decay, values, first = DECAYS[kind](steps), randn(steps, 3, 4), randn(3, 4, seed=2)
    found, want = linear_scan(decay, values, first, how=how), loop(decay, values, first)
    torch.testing.assert_close(found.states, want[:-1], rtol=1e-11, atol=1e-11)
    torch.testing.assert_close(found.last, want[-1], rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize(("kind", "how"), KINDS)
def test_the_gradient_of_a_scan_is_that_of_the_loop(kind, how):
    """Of values, first state and decay; the package computes it by a scan backward in time."""
    values, first = randn(21, 3, 4).requires_grad_(), randn(3, 4, seed=2).requires_grad_()
    decay, pull = DECAYS[kind](21), randn(22, 3, 4, seed=3)
    leaves = [values, first]
    if isinstance(decay, torch.Tensor):
        leaves.append(decay.requires_grad_())
    found = linear_scan(decay, values, first, how=how)
    ours = (torch.cat((found.states, found.last[None])) * pull).sum()
    theirs = (loop(decay, values, first) * pull).sum()
    for a, b in zip(torch.autograd.grad(ours, leaves), torch.autograd.grad(theirs, leaves)):
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-9)


def test_a_scan_has_a_second_derivative():
    values = randn(6, 1, 2).requires_grad_()
    decay = torch.tensor([0.5, 0.8], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(lambda a, b: linear_scan(a, b).states, (decay, values))


def test_rounding_of_a_convolution_reaches_the_past_and_that_of_a_scan_does_not():
    values = torch.randn(200, 1, 1, generator=rng(0))
    later = values.clone()
    later[150:] += 1000
    for how in SCANS:
        same = torch.equal(*(linear_scan(0.9, x, how=how).states[:151] for x in (values, later)))
        assert same == (how != "convolution"), how


@pytest.mark.parametrize("how", ["halving", "doubling"])
def test_depth_counts_the_levels(how):
    """Count the additions on the longest way through the graph of operations."""
    for steps in (1, 2, 5, 64, 100):
        values = torch.ones(steps, 1, requires_grad=True)
        work = {"halving": _halving, "doubling": _doubling}[how]
        assert longest(work(0.5, values).grad_fn, {}) == scan_depth(steps, how)


def longest(node, known):
    """Return the most additions on a way from a node down to its leaves."""
    if node is None:
        return 0
    if node not in known:
        below = max((longest(one, known) for one, _ in node.next_functions), default=0)
        known[node] = below + (type(node).__name__ == "AddBackward0")
    return known[node]


NEURONS = {
    "leaky": LeakyNeuron(),
    "lif": LIFNeuron(reset="none"),
    "integrator": LIFNeuron(tau_mem=float("inf"), reset="none"),
    "of each": LIFNeuron(tau_mem=torch.linspace(5e-3, 2e-2, 4).double(), reset="none"),
}


@pytest.mark.parametrize("how", SCANS)
@pytest.mark.parametrize("name", NEURONS)
def test_a_layer_without_reset_is_the_loop(name, how):
    drive, neuron = 0.2 * randn(90, 3, 4), NEURONS[name]
    state = LIFState(randn(3, 4, seed=4), randn(3, 4, seed=5))
    found, want = scan_run(neuron, drive, state, how=how), run(neuron, drive, state)
    assert type(found) is type(want) and float(want[0].abs().sum()) > 0
    for a, b in zip((*found[:-1], *found.state), (*want[:-1], *want.state)):
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-9)


def test_its_gradient_is_that_of_backpropagation_through_time():
    drive, pull = 0.3 * randn(60, 3, 4), randn(60, 3, 4, seed=1)
    taus = torch.full((4,), 12e-3, dtype=torch.float64).requires_grad_()
    neuron = LIFNeuron(tau_mem=taus, reset="none")
    gradients = []
    for way in (lambda x: scan_run(neuron, x), lambda x: run(neuron, x, kernel="reference")):
        leaf = drive.clone().requires_grad_()
        gradients.append(torch.autograd.grad((way(leaf).spikes * pull).sum(), (leaf, taus)))
    for a, b in zip(*gradients):
        assert float(b.abs().max()) > 0
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-12)


def test_what_does_not_fit_is_refused():
    drive = torch.zeros(5, 1, 2)
    with pytest.raises(ValueError, match="reset 'subtract'; 'none' is accepted"):
        scan_run(LIFNeuron(), drive)
    with pytest.raises(ValueError, match="how is 'convolution' with a decay that changes"):
        linear_scan(torch.ones(5, 1, 2), drive, how="convolution")
    with pytest.raises(ValueError, match=r"decay has shape \(3,\); \(5, 1, 2\)"):
        linear_scan(torch.ones(3), drive)
    with pytest.raises(ValueError, match="first has shape"):
        linear_scan(0.5, drive, torch.zeros(2))


def test_no_steps():
    found = linear_scan(0.5, torch.zeros(0, 1, 2), torch.ones(1, 2))
    assert found.states.shape == (0, 1, 2) and torch.equal(found.last, torch.ones(1, 2))
    record = scan_run(LIFNeuron(reset="none"), torch.zeros(0, 1, 2))
    assert record.spikes.shape == (0, 1, 2) and record.state.mem.shape == (1, 2)
