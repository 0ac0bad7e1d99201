"""Training by local errors: readouts that stay, readouts that learn."""

import pytest
import torch
from helpers import seeded

from snnbook.local import local_errors, local_gathered, local_gradient, random_readouts
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.surrogates import fast_sigmoid
from snnbook.training import fit, step_cross_entropy, step_errors


def case():
    labels = torch.arange(16) % 2
    spikes = torch.eye(2)[labels].expand(30, 16, 2).contiguous()
    network = SpikingNetwork(
        (2, 8, 6, 2), LIFNeuron(surrogate=fast_sigmoid(width=0.5)), generator=seeded(0), std=1.0
    )
    return network, spikes, labels


@pytest.mark.parametrize("learn", [False, True])
def test_it_is_the_local_error_of_the_readouts_that_are_drawn(learn):
    network, spikes, labels = case()
    gradient = local_gradient(network, learn=learn, gain=3.0, generator=seeded(1))
    found = gradient(network, spikes, labels)
    readouts = random_readouts(network, gain=3.0, generator=seeded(1))
    plain = local_errors(network, spikes, step_cross_entropy(labels, 30), readouts=readouts)
    assert list(found) == list(plain)
    for name, value in plain.items():
        torch.testing.assert_close(found[name], value, rtol=1e-4, atol=1e-6)


def test_readouts_that_learn_take_a_step_of_adam_down_their_own_loss():
    """Adam's first step has the size of the learning rate, against the sign of the gradient."""
    network, spikes, labels = case()
    gradient = local_gradient(network, learn=True, lr=0.01, generator=seeded(1))
    before = random_readouts(network, generator=seeded(1))
    error = step_cross_entropy(labels, 30)
    gradient(network, spikes, labels)
    later = gradient._settings["readouts"]
    with torch.no_grad():
        records = network(spikes).hidden
    for record, drawn, moved in zip(records, before, later):
        leaf = drawn.clone().requires_grad_()
        (slope,) = torch.autograd.grad(error.loss(record.spikes @ leaf.T), leaf)
        told = slope.abs() > 1e-5
        assert told.any()
        torch.testing.assert_close(
            (moved - drawn)[told], -0.01 * slope.sign()[told], rtol=0.01, atol=0
        )


@pytest.mark.parametrize("learn", [False, True])
def test_it_trains_a_network(learn):
    network, spikes, labels = case()
    gradient = local_gradient(network, learn=learn, gain=3.0, lr=0.02, generator=seeded(1))
    history = fit(
        network,
        spikes,
        labels,
        epochs=10,
        batch_size=8,
        lr=0.02,
        gradient=gradient,
        generator=seeded(2),
    )
    assert history.accuracy[-1] == 1.0


def test_all_steps_at_once_are_the_steps_one_by_one():
    error, readout = step_cross_entropy(torch.tensor([0, 2, 1]), 7), torch.randn(7, 3, 4)
    assert torch.equal(error.errors(readout), step_errors(error, readout))


def test_a_rule_gathered_by_a_loss_of_single_steps_is_the_same():
    network, spikes, labels = case()
    error, readouts = step_cross_entropy(labels, 30), random_readouts(network, generator=seeded(1))
    at_once = local_gathered(network, spikes, error, readouts=readouts)
    by_step = local_gathered(network, spikes, lambda now, n: error(now, n), readouts=readouts)
    assert all(torch.equal(at_once[name], by_step[name]) for name in at_once)
