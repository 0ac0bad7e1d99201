"""Adaptive neurons against a plain loop; e-prop exact without recurrence; the tasks."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers import seeded
from torch.utils._pytree import tree_leaves

from snnbook.data import evidence, sinusoids
from snnbook.gradients import Allocations, compare
from snnbook.local import (
    adaptive_eprop,
    adaptive_eprop_step,
    adaptive_gradient,
    adaptive_start,
    e_prop,
    random_feedback,
    superspike,
    superspike_gathered,
)
from snnbook.neurons import AdaptiveNetwork, AdaptiveNeuron, LIFNeuron, SpikingNetwork
from snnbook.surrogates import fast_sigmoid
from snnbook.training import decision_error, step_cross_entropy, step_squared_error

NEURON = AdaptiveNeuron(20e-3, 10e-3, 5e-3, tau_adapt=0.3)


def adaptive(seed=0, recurrent=True, strength=0.4, adaptive=0.5):
    network = AdaptiveNetwork(
        (5, 6, 2),
        replace(NEURON, strength=strength),
        adaptive=adaptive,
        generator=seeded(seed),
        std=1.0,
    ).double()
    with torch.no_grad():
        network.weight.copy_(0.9 * torch.rand(6, 5, generator=seeded(seed + 1)))
        if not recurrent:
            network.recurrent_weight.zero_()
    return network


def trial(seed=2, steps=50, batch=3):
    spikes = (torch.rand(steps, batch, 5, generator=seeded(seed)) < 0.2).double()
    return spikes, step_squared_error(torch.randn(steps, batch, 2, generator=seeded(seed)).double())


def by_autograd(network, spikes, error):
    names, values = zip(*network.named_parameters())
    grads = torch.autograd.grad(error.loss(network(spikes).readout), values)
    return dict(zip(names, grads))


def assert_equal(found, want, names):
    for name in names:
        assert want[name].abs().max() > 1e-6
        torch.testing.assert_close(found[name], want[name], rtol=1e-10, atol=1e-13)


def test_the_neuron_against_a_plain_loop():
    network = adaptive()
    spikes, _ = trial()
    W, V = network.weight.detach().numpy(), network.recurrent_weight.detach().numpy()
    phi, x = network.strength.numpy(), spikes.numpy()
    alpha, beta, rho = math.exp(-5 / 10), math.exp(-5 / 20), math.exp(-5 / 300)
    current = potential = adapt = np.zeros((3, 6))
    record = network(spikes).hidden[0]
    for n in range(50):
        limit = 1 + phi * adapt
        fired = (potential > limit).astype(float)
        assert np.allclose(record.mem[n].detach().numpy(), potential, atol=1e-12)
        assert np.allclose(record.threshold[n].detach().numpy(), limit, atol=1e-12)
        assert (record.spikes[n].detach().numpy() == fired).all()
        potential = beta * potential + current - fired
        current = alpha * current + x[n] @ W.T + fired @ V.T
        adapt = rho * adapt + fired
    assert record.spikes.sum() > 20


@pytest.mark.parametrize("rule", ["online", "gathered"])
def test_eprop_is_exact_without_recurrence(rule):
    network, (spikes, error) = adaptive(recurrent=False), trial()
    want = by_autograd(network, spikes, error)
    if rule == "online":
        found = adaptive_eprop(network, spikes, error)
    else:
        found = adaptive_gradient(network, spikes, error, recurrent=False)
    assert_equal(found, want, ["weight", "readout.weight"])


def test_bptt_is_exact_and_eprop_is_not_with_recurrence():
    network, (spikes, error) = adaptive(), trial()
    want = by_autograd(network, spikes, error)
    assert_equal(adaptive_gradient(network, spikes, error), want, want)
    found = adaptive_eprop(network, spikes, error)
    assert_equal(found, want, ["readout.weight"])
    for name in ("weight", "recurrent_weight"):
        assert 0.3 < compare(want, found)[name].cosine < 0.9999


@pytest.mark.parametrize("kind", ["symmetric", "random"])
def test_gathered_is_online(kind):
    network, (spikes, error) = adaptive(), trial()
    feedback = None if kind == "symmetric" else torch.randn(2, 6, generator=seeded(5)).double()
    online = adaptive_eprop(network, spikes, error, feedback=feedback)
    found = adaptive_gradient(network, spikes, error, recurrent=False, feedback=feedback)
    assert_equal(found, online, online)


@pytest.mark.parametrize("sizes, recurrent", [((5, 6, 2), True), ((5, 6, 7, 4, 2), False)])
def test_superspike_gathered_is_online(sizes, recurrent):
    network = SpikingNetwork(
        sizes,
        LIFNeuron(surrogate=fast_sigmoid(width=0.5)),
        recurrent=recurrent,
        generator=seeded(1),
        std=1.0,
    ).double()
    spikes, error = trial()
    feedback = random_feedback(network, "random", direct=True, generator=seeded(2))
    online = superspike(network, spikes, error, feedback=feedback)
    found = superspike_gathered(network, spikes, error, feedback=feedback)
    assert_equal(found, online, online)


def test_no_adaptation_is_the_eprop_of_lif():
    network, (spikes, error) = adaptive(strength=0.0), trial()
    neuron = LIFNeuron(20e-3, 10e-3, 5e-3, surrogate=network.neuron.surrogate)
    plain = SpikingNetwork((5, 6, 2), neuron, recurrent=True, std=1.0).double()
    with torch.no_grad():
        plain.hidden[0].weight.copy_(network.weight)
        plain.hidden[0].recurrent_weight.copy_(network.recurrent_weight)
        plain.readout.weight.copy_(network.readout.weight)
    feedback = random_feedback(plain, "symmetric", direct=True)
    want = e_prop(plain, spikes, error, feedback=feedback)
    found = {
        f"hidden.0.{k}".replace("hidden.0.readout", "readout"): v
        for k, v in adaptive_eprop(network, spikes, error).items()
    }
    assert_equal(found, want, want)


def test_adaptation_remembers_what_the_membrane_forgets():
    # One input spike, a late error: only the slow trace still holds something.
    def late(strength):
        network = adaptive(recurrent=False, strength=strength, adaptive=1.0)
        spikes = torch.zeros(120, 1, 5).double()
        spikes[:5], spikes[100:105] = 1.0, 1.0
        carry, error = (
            adaptive_start(network, 1),
            step_squared_error(torch.zeros(120, 1, 2).double()),
        )
        for n in range(95):
            carry, _ = adaptive_eprop_step(network, carry, spikes[n], error, n)
        traces = carry.synapses["weight"]
        return float(traces.before.mem.abs().max()), float(traces.adapt.abs().max())

    fast, slow = late(0.4)
    assert fast < 1e-8 and slow > 1e-2


def test_what_is_kept_does_not_grow_with_time():
    network = adaptive()
    spikes, error = trial(steps=2000, batch=1)
    kept, peaks = [], []
    for steps in (100, 2000):
        carry = adaptive_start(network, 1)
        for n in range(steps - 1):
            carry, _ = adaptive_eprop_step(network, carry, spikes[n], error, n)
        kept.append(sum(leaf.numel() for leaf in tree_leaves(carry)))
        with Allocations() as allocated:
            adaptive_eprop_step(network, carry, spikes[steps - 1], error, steps - 1)
        peaks.append(allocated.peak)
    assert kept[0] == kept[1] and peaks[0] == peaks[1]


def test_the_error_of_a_decision():
    labels = torch.tensor([0, 1, 1])
    readout = torch.randn(20, 3, 2, generator=seeded(0)).double().requires_grad_()
    error = decision_error(labels, steps=20, window=5)
    (want,) = torch.autograd.grad(error.loss(readout), readout)
    found = torch.stack([error(now, n) for n, now in enumerate(readout.detach())])
    torch.testing.assert_close(found, want, rtol=1e-12, atol=1e-15)
    assert not found[:15].any()
    last = step_cross_entropy(labels, steps=5)
    torch.testing.assert_close(error.loss(readout), last.loss(readout[15:]))
    with pytest.raises(ValueError, match="window"):
        decision_error(labels, steps=4, window=5)


def test_evidence_is_balanced_and_deterministic():
    first, again = (evidence(101, generator=seeded(7)) for _ in range(2))
    assert torch.equal(first.spikes, again.spikes) and torch.equal(first.labels, again.labels)
    assert int(first.labels.sum()) in (50, 51)
    assert torch.equal((first.cues.sum(1) >= 2).long(), first.labels)
    many = evidence(2000, generator=seeded(8))
    assert len(many.cues.unique(dim=0)) == 8
    assert (many.cues.float().mean(0) - 0.5).abs().max() < 0.06
    left, right, recall, noise = many.spikes.unflatten(2, (4, 10)).unbind(2)
    assert not recall[:-20].any() and float(recall[-20:].mean()) == pytest.approx(0.2, abs=0.01)
    assert float(noise.mean()) == pytest.approx(0.05, abs=0.005)
    assert not left[60:].any() and not right[60:].any()
    counts = right.sum((0, 2)) > left.sum((0, 2))
    assert (counts.long() == many.labels).float().mean() > 0.97
    with pytest.raises(ValueError, match="odd"):
        evidence(4, cues=2, generator=seeded(0))


def test_sinusoids():
    curve = sinusoids(200, outputs=2, frequencies=(1.0, 4.0), generator=seeded(1))
    assert torch.equal(
        curve, sinusoids(200, outputs=2, frequencies=(1.0, 4.0), generator=seeded(1))
    )
    power = torch.fft.rfft(curve[:, 0], dim=0).abs().square()
    assert float(power[[1, 4]].sum() / power.sum()) > 0.999
    assert torch.allclose(curve.abs().amax(0), torch.ones(1, 2))


def test_bad_input():
    with pytest.raises(ValueError, match="tau_adapt"):
        AdaptiveNeuron(tau_adapt=0.0)
    with pytest.raises(ValueError, match="adaptive"):
        AdaptiveNetwork((1, 2, 1), adaptive=1.5, std=1.0)
    with pytest.raises(ValueError, match="sizes"):
        AdaptiveNetwork((1, 2), std=1.0)
