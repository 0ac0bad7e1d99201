"""A layer of LIF neurons as each library writes it, forward and backward.

Every maker takes (inputs, neurons, recurrent) and returns a module whose call maps spikes
(T, B, inputs) to spikes of (T, B, neurons). Time constants are 10 ms (membrane) and 5 ms
(synapse) at a step of 1 ms. A maker raises ``ImportError`` where its library is missing.
"""

import math

import torch
from torch import nn

ALPHA, BETA = math.exp(-1 / 5), math.exp(-1 / 10)


class Ours(nn.Module):
    """This package; ``kernel='reference'`` is the plain loop."""

    def __init__(self, inputs, neurons, recurrent, kernel="numba", reset="subtract"):
        super().__init__()
        from snnbook.neurons import LIF, LIFNeuron, RecurrentLIF

        self.layer = (RecurrentLIF if recurrent else LIF)(
            inputs, neurons, LIFNeuron(reset=reset), kernel=kernel
        )

    def forward(self, spikes):
        return self.layer(spikes, record=False).spikes


class SuperSpike(torch.autograd.Function):
    """The spike of the SpyTorch tutorials."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return (x > 0).to(x.dtype)

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad / (100 * x.abs() + 1) ** 2


class SpyTorch(nn.Module):
    """The loop of the SpyTorch tutorials: batch first, reset to zero, states recorded."""

    def __init__(self, inputs, neurons, recurrent):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(inputs, neurons))
        self.recurrent = nn.Parameter(torch.empty(neurons, neurons)) if recurrent else None

    def forward(self, spikes):
        x = torch.einsum("tbi,ij->btj", spikes, self.weight)
        syn = mem = out = torch.zeros_like(x[:, 0])
        mems, outs = [], []
        for t in range(x.shape[1]):
            drive = x[:, t]
            if self.recurrent is not None:
                drive = drive + torch.einsum("ab,bc->ac", out, self.recurrent)
            out = SuperSpike.apply(mem - 1)
            new_syn = ALPHA * syn + drive
            mems.append(mem)
            outs.append(out)
            mem = (BETA * mem + syn) * (1 - out.detach())
            syn = new_syn
        self.mems = torch.stack(mems, dim=1)
        return torch.stack(outs, dim=1).transpose(0, 1)


class SnnTorch(nn.Module):
    """snnTorch's Synaptic and RSynaptic, or Leaky (one state)."""

    def __init__(self, inputs, neurons, recurrent, states=2):
        super().__init__()
        import snntorch
        from snntorch import surrogate

        self.linear, self.states = nn.Linear(inputs, neurons, bias=False), states
        shared = {"spike_grad": surrogate.fast_sigmoid(slope=100), "reset_mechanism": "subtract"}
        if states == 1:
            self.cell = snntorch.Leaky(BETA, **shared)
        elif recurrent:
            self.cell = snntorch.RSynaptic(
                ALPHA, BETA, all_to_all=True, linear_features=neurons, **shared
            )
            self.cell.recurrent.bias = None
        else:
            self.cell = snntorch.Synaptic(ALPHA, BETA, **shared)
        self.with_spikes = recurrent

    def forward(self, spikes):
        drive = self.linear(spikes)
        rest, outs = torch.zeros_like(drive[0]), []
        syn = mem = out = rest
        for x in drive.unbind(0):
            if self.states == 1:
                out, mem = self.cell(x, mem)
            elif self.with_spikes:
                out, syn, mem = self.cell(x, out, syn, mem)
            else:
                out, syn, mem = self.cell(x, syn, mem)
            outs.append(out)
        return torch.stack(outs)


class Norse(nn.Module):
    """norse's LIF over a sequence; forward Euler, reset to zero."""

    def __init__(self, inputs, neurons, recurrent):
        super().__init__()
        from norse.torch import LIF, LIFParameters, LIFRecurrent

        p = LIFParameters(tau_syn_inv=torch.tensor(200.0), tau_mem_inv=torch.tensor(100.0))
        self.linear = None if recurrent else nn.Linear(inputs, neurons, bias=False)
        self.cell = LIFRecurrent(inputs, neurons, p=p) if recurrent else LIF(p=p)

    def forward(self, spikes):
        return self.cell(spikes if self.linear is None else self.linear(spikes))[0]


class SpikingJelly(nn.Module):
    """SpikingJelly's multi-step LIFNode (one state: no synaptic current)."""

    def __init__(self, inputs, neurons, recurrent):
        super().__init__()
        if recurrent:
            raise ImportError("its container for recurrence is not run here")
        from spikingjelly.activation_based import functional, layer, neuron

        self.reset = functional.reset_net
        self.net = nn.Sequential(
            layer.Linear(inputs, neurons, bias=False, step_mode="m"),
            neuron.LIFNode(tau=10.0, decay_input=False, detach_reset=True, step_mode="m"),
        )

    def forward(self, spikes):
        self.reset(self.net)
        return self.net(spikes)


class Sinabs(nn.Module):
    """sinabs' LIF with a synaptic time constant; batch first."""

    def __init__(self, inputs, neurons, recurrent):
        super().__init__()
        from sinabs.layers import LIF, LIFRecurrent

        self.linear = nn.Linear(inputs, neurons, bias=False)
        shared = {"tau_mem": 10.0, "tau_syn": 5.0, "norm_input": False, "min_v_mem": None}
        if recurrent:
            inner = nn.Linear(neurons, neurons, bias=False)
            self.cell = LIFRecurrent(rec_connect=inner, **shared)
        else:
            self.cell = LIF(**shared)

    def forward(self, spikes):
        self.cell.reset_states()
        return self.cell(self.linear(spikes).transpose(0, 1)).transpose(0, 1)


def makers():
    """Return name -> (maker, states, scale): the order of the table.

    ``scale`` multiplies the weights where a library's input gain is another, so that all
    layers spike at similar rates.
    """
    return {
        "snnbook": (Ours, 2, 1.0),
        "snnbook, input as events": (Ours, 2, 1.0),
        "snnbook, plain loop": (lambda *a: Ours(*a, kernel="reference"), 2, 1.0),
        "SpyTorch's loop": (SpyTorch, 2, 1.0),
        "snnTorch": (SnnTorch, 2, 1.0),
        "norse": (Norse, 2, 10.0),
        "sinabs": (Sinabs, 2, 1.0),
        "snnTorch Leaky": (lambda i, n, r: SnnTorch(i, n, _feed_forward(r), states=1), 1, 5.0),
        "SpikingJelly LIFNode": (SpikingJelly, 1, 5.0),
    }


def _feed_forward(recurrent):
    if recurrent:
        raise ImportError("one state is shown for feed-forward layers only")
    return recurrent


def set_weights(module: nn.Module, weight: torch.Tensor, recurrent: torch.Tensor | None) -> None:
    """Copy W (out, in) and V into the module, whatever it calls them; a bias becomes 0."""
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if "bias" in name:
                parameter.zero_()
                continue
            if parameter.dim() != 2:
                continue
            own = "rec" in name
            value = recurrent if own else weight
            if isinstance(module, SpyTorch):
                value = value.T
            parameter.copy_(value)
