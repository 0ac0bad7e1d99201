"""The labelled equations of chapter 6c, each against an independent computation."""

import pytest
import torch
from helpers import seeded

from snnbook import gradients, local, training
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.surrogates import fast_sigmoid


def case(recurrent=False):
    network = SpikingNetwork(
        (6, 7, 5, 3),
        LIFNeuron(surrogate=fast_sigmoid(width=0.5)),
        recurrent=recurrent,
        input_rate=300.0,
        generator=seeded(0),
        std=1.0,
    ).double()
    spikes = (torch.rand(50, 4, 6, generator=seeded(1)) < 0.3).double()
    readouts = local.random_readouts(network, generator=seeded(2))
    return network, spikes, training.step_cross_entropy(torch.tensor([0, 1, 2, 1]), 50), readouts


@pytest.mark.equation("eq-06c-readout")
def test_the_loss_of_a_layer():
    """Read every layer with its matrix; the mean cross entropy, term by term."""
    network, spikes, error, readouts = case()
    with torch.no_grad():
        records = network(spikes).hidden
    for record, matrix in zip(records, readouts):
        total = 0.0
        for n in range(50):
            for b, label in enumerate([0, 1, 2, 1]):
                said = matrix @ record.spikes[n, b]
                total += float(torch.logsumexp(said, 0) - said[label]) / 200
        assert float(error.loss(record.spikes @ matrix.T)) == pytest.approx(total, rel=1e-10)


@pytest.mark.equation("eq-06c-update")
@pytest.mark.parametrize("rule", [local.local_errors, local.local_gathered])
def test_the_update_is_the_gradient_of_the_own_loss(rule):
    """Autograd of each layer's loss, for its own weights, with the spikes below taken as given."""
    network, spikes, error, readouts = case()
    found = rule(network, spikes, error, readouts=readouts)
    arrived = spikes
    for i, (layer, matrix) in enumerate(zip(network.hidden, readouts)):
        fired = layer(arrived).spikes
        (exact,) = torch.autograd.grad(error.loss(fired @ matrix.T), layer.weight)
        torch.testing.assert_close(found[f"hidden.{i}.weight"], exact, rtol=1e-10, atol=1e-14)
        arrived = fired.detach()


@pytest.mark.equation("eq-06c-learned")
def test_the_update_of_a_readout_that_learns():
    """Autograd of each layer's loss, for the readout, with the layer's spikes taken as given."""
    network, spikes, error, readouts = case()
    found = local.local_gathered(network, spikes, error, readouts=readouts, own=True)
    with torch.no_grad():
        records = network(spikes).hidden
    for i, (record, matrix) in enumerate(zip(records, readouts)):
        leaf = matrix.clone().requires_grad_()
        (exact,) = torch.autograd.grad(error.loss(record.spikes @ leaf.T), leaf)
        torch.testing.assert_close(found[f"readouts.{i}"], exact, rtol=1e-10, atol=1e-14)


def test_it_differs_from_the_networks_gradient():
    network, spikes, error, readouts = case()
    found = local.local_errors(network, spikes, error, readouts=readouts)
    exact = gradients.autograd(network, spikes, error)
    rows = gradients.compare(exact, found)
    assert rows["readout.weight"].cosine == pytest.approx(1, abs=1e-9)
    assert rows["hidden.0.weight"].cosine < 0.9


def test_a_recurrent_layer_is_not_gathered():
    network, spikes, error, readouts = case(recurrent=True)
    with pytest.raises(ValueError, match="recurrent hidden layer 0"):
        local.local_gathered(network, spikes, error, readouts=readouts)
