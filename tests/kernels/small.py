"""A small network for the tests of transforms, derivatives and kinds of numbers."""

import torch

from snnbook.neurons import LIFNeuron, SpikingNetwork

STEPS, BATCH, INPUTS = 8, 3, 12


def spikes_of(batch=BATCH, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return (torch.rand(STEPS, batch, INPUTS, generator=generator) < 0.3).float()


class Readout(torch.nn.Module):
    """A network of two hidden layers that returns a tensor."""

    def __init__(self, kernel="auto", recurrent=True):
        super().__init__()
        generator = torch.Generator().manual_seed(1)
        options = {"recurrent": recurrent, "kernel": kernel, "std": 1.0, "generator": generator}
        self.network = SpikingNetwork((INPUTS, 9, 8, 4), LIFNeuron(threshold=0.3), **options)

    def forward(self, spikes):
        return self.network(spikes).readout


NETWORK = Readout()


def compiled(model, **options):
    """Return the model under ``torch.compile``, without a backend that writes code."""
    torch.compiler.reset()
    return torch.compile(model, backend="eager", **options)


def gradients(model, spikes):
    loss = model(spikes).square().sum()
    return torch.autograd.grad(loss, list(model.parameters()))


def close(found, expected):
    for a, b in zip(found, expected, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-3)
