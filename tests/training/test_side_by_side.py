"""Networks trained in one pass are the same as networks trained alone."""

import numpy as np
import pytest
import torch
from helpers import seeded

from snnbook import surrogates, training
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.training import SideBySide


def test_networks_side_by_side_do_not_see_each_other():
    seeds = (3, 5)
    neuron = LIFNeuron(surrogate=surrogates.fast_sigmoid(width=0.3))
    options = {"neuron": neuron, "input_rate": 60.0}
    both = SideBySide((7, 9, 8, 3), seeds, **options)
    spikes = (torch.rand(25, 4, 7, generator=seeded(0)) < 0.2).float()
    readout = both(spikes)
    gradients = torch.autograd.grad(readout.square().sum(), list(both.weights))
    for index, seed in enumerate(seeds):
        alone = SpikingNetwork((7, 9, 8, 3), generator=seeded(seed), **options)
        expected = alone(spikes).readout
        assert torch.allclose(readout[:, :, index], expected, atol=1e-5)
        own = torch.autograd.grad(expected.square().sum(), list(alone.parameters()))
        for found, wanted in zip(gradients, own):
            assert torch.allclose(found[index], wanted, rtol=1e-3, atol=1e-4)


def test_labels_of_their_own():
    model = SideBySide((4, 6, 2), (0, 1), input_rate=60.0)
    spikes = (torch.rand(20, 3, 4, generator=seeded(1)) < 0.3).float()
    labels = torch.tensor([[0, 1], [1, 0], [0, 1]])
    history = training.fit_side_by_side(model, lambda step: (spikes, labels), steps=3, lr=1e-3)
    assert np.array(history).shape == (3, 2)
    assert len(training.accuracy_side_by_side(model, spikes, labels)) == 2


def test_inputs_of_their_own():
    model = SideBySide((4, 6, 2), (0, 1), LIFNeuron(reset_gradient=True), input_rate=60.0)
    spikes = (torch.rand(20, 3, 4, generator=seeded(1)) < 0.3).float()
    other = (torch.rand(20, 3, 4, generator=seeded(2)) < 0.3).float()
    readout, hidden = model.run(torch.stack([spikes, other], dim=2))
    assert hidden[0].sum() > 0
    for index, own in enumerate((spikes, other)):
        alone, fired = model.run(own)
        assert torch.equal(hidden[0][:, :, index], fired[0][:, :, index])
        assert torch.allclose(readout[:, :, index], alone[:, :, index], atol=1e-5)


def test_the_loss_of_one_is_that_of_fit():
    model = SideBySide((4, 6, 2), (0,), input_rate=60.0)
    spikes = (torch.rand(20, 3, 4, generator=seeded(1)) < 0.3).float()
    labels, score = torch.tensor([0, 1, 1]), training.peak_score
    expected = training.max_over_time(model(spikes)[:, :, 0], labels).item()
    (found,), *_ = training.fit_side_by_side(
        model, lambda step: (spikes, labels), steps=2, lr=1e-3, score=score
    )
    assert found == pytest.approx(expected, rel=1e-6)


def test_bad_input():
    with pytest.raises(ValueError, match="seeds is empty"):
        SideBySide((4, 6, 2), ())
    with pytest.raises(ValueError, match=r"spikes has shape \(20, 4\)"):
        SideBySide((4, 6, 2), (0,))(torch.zeros(20, 4))
    with pytest.raises(ValueError, match=r"shape \(6, 4\); \(K, out, in\)"):
        training.side_by_side([torch.zeros(6, 4)], torch.zeros(20, 1, 4))
    with pytest.raises(ValueError, match="with K = 2 networks"):
        training.side_by_side([torch.zeros(2, 6, 4), torch.zeros(1, 3, 6)], torch.zeros(9, 1, 4))
