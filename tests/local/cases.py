"""Networks and tasks for the rules of this room, and how their gradients are compared."""

import torch
from helpers import seeded

from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.surrogates import fast_sigmoid
from snnbook.training import step_cross_entropy

STEPS, BATCH = 25, 3


def network(sizes=(5, 8, 3), seed=0, recurrent=False, input_rate=10.0, **changes):
    neuron = LIFNeuron(**{"surrogate": fast_sigmoid(width=0.5)} | changes)
    options = {
        "recurrent": recurrent,
        "input_rate": input_rate,
        "hidden_rate": 3.0,
        "recurrent_rate": 10.0,
    }
    return SpikingNetwork(sizes, neuron, generator=seeded(seed), **options, std=1.0).double()


def run(inputs=5, outputs=3, seed=1, steps=STEPS):
    spikes = torch.rand(steps, BATCH, inputs, generator=seeded(seed)).lt(0.3).double()
    labels = torch.randint(outputs, (BATCH,), generator=seeded(seed))
    return spikes, step_cross_entropy(labels, steps=steps)


def assert_equal(found, want, names=None):
    assert found.keys() == want.keys()
    for name in names or want:
        assert want[name].any(), f"{name} is zero: the test says nothing"
        torch.testing.assert_close(found[name], want[name], rtol=1e-10, atol=1e-14)
