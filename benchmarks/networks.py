"""A hidden layer and a readout as each library writes them, for whole epochs of training.

The hidden layers are those of ``peers.py``. A readout maps spikes (T, B, N) to scores
(T, B, C): a leaky integrator, as each library offers one; SpikingJelly, which has none, counts
the spikes of output neurons.
"""

import peers
import torch
from peers import ALPHA, BETA
from torch import nn


class Network(nn.Module):
    """Spikes (T, B, inputs) to scores (T, B, classes)."""

    def __init__(self, hidden, readout):
        super().__init__()
        self.hidden, self.readout = hidden, readout

    def forward(self, spikes):
        return self.readout(self.hidden(spikes))


class OurReadout(nn.Module):
    def __init__(self, neurons, classes):
        super().__init__()
        from snnbook.neurons import LeakyReadout

        self.layer = LeakyReadout(neurons, classes)

    def forward(self, spikes):
        return self.layer(spikes).mem


class SpyTorchReadout(nn.Module):
    """The readout loop of the SpyTorch tutorials."""

    def __init__(self, neurons, classes):
        super().__init__()
        self.weight = nn.Parameter(0.1 * torch.randn(neurons, classes))

    def forward(self, spikes):
        drive = torch.einsum("btj,jc->btc", spikes.transpose(0, 1), self.weight)
        flt = out = torch.zeros_like(drive[:, 0])
        outs = []
        for t in range(drive.shape[1]):
            new_flt = ALPHA * flt + drive[:, t]
            out = BETA * out + flt
            flt = new_flt
            outs.append(out)
        return torch.stack(outs, dim=1).transpose(0, 1)


class SnnTorchReadout(nn.Module):
    def __init__(self, neurons, classes):
        super().__init__()
        import snntorch

        self.linear = nn.Linear(neurons, classes, bias=False)
        self.cell = snntorch.Leaky(BETA, reset_mechanism="none")

    def forward(self, spikes):
        drive, mems = self.linear(spikes), []
        mem = torch.zeros_like(drive[0])
        for x in drive.unbind(0):
            _, mem = self.cell(x, mem)
            mems.append(mem)
        return torch.stack(mems)


class NorseReadout(nn.Module):
    def __init__(self, neurons, classes):
        super().__init__()
        from norse.torch import LI

        self.linear, self.cell = nn.Linear(neurons, classes, bias=False), LI()

    def forward(self, spikes):
        return self.cell(self.linear(spikes))[0]


class SinabsReadout(nn.Module):
    def __init__(self, neurons, classes):
        super().__init__()
        from sinabs.layers import ExpLeak

        self.linear, self.cell = nn.Linear(neurons, classes, bias=False), ExpLeak(tau_mem=10.0)

    def forward(self, spikes):
        self.cell.reset_states()
        return self.cell(self.linear(spikes).transpose(0, 1)).transpose(0, 1)


class SpikingJellyReadout(nn.Module):
    def __init__(self, neurons, classes):
        super().__init__()
        self.layer = peers.SpikingJelly(neurons, classes, False)

    def forward(self, spikes):
        return self.layer(spikes).cumsum(0)


READOUTS = {
    "snnbook": OurReadout,
    "snnbook, input as events": OurReadout,
    "snnbook, plain loop": OurReadout,
    "SpyTorch's loop": SpyTorchReadout,
    "snnTorch": SnnTorchReadout,
    "norse": NorseReadout,
    "sinabs": SinabsReadout,
    "SpikingJelly LIFNode": SpikingJellyReadout,
}


def make(name: str, sizes, recurrent: bool, weight, own) -> Network:
    """Return the network of one library; raises ``ImportError`` where it cannot be run."""
    inputs, neurons, classes = sizes
    maker, _, scale = peers.makers()[name]
    hidden = maker(inputs, neurons, recurrent)
    peers.set_weights(hidden, weight * scale, own * scale)
    return Network(hidden, READOUTS[name](neurons, classes))
