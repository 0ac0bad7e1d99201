"""A task for the rules of this room, and how their gradients are compared."""

import torch
from helpers import seeded

from snnbook import training
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.surrogates import fast_sigmoid


def task(seed, *, steps=12, batch=2, sizes=(4, 5, 3), recurrent=False, **changes):
    """Return a network in float64 that spikes, its input, and an error."""
    generator = seeded(seed)
    neuron = LIFNeuron(**{"surrogate": fast_sigmoid(width=0.8)} | changes)
    network = SpikingNetwork(
        sizes, neuron, recurrent=recurrent, generator=generator, std=1.0
    ).double()
    with torch.no_grad():
        for layer in network.hidden:
            layer.weight.mul_(1.5).add_(0.1)
    spikes = (torch.rand(steps, batch, sizes[0], generator=generator) < 0.5).double()
    labels = torch.randint(sizes[-1], (batch,), generator=generator)
    return network, spikes, training.step_cross_entropy(labels, steps)


def assert_equal(a, b, tolerance=1e-10):
    assert list(a) == list(b)
    for name in a:
        torch.testing.assert_close(a[name], b[name], atol=tolerance, rtol=tolerance, msg=name)
