r"""A gated recurrent unit beside a spiking network, with the same number of parameters."""

import math

import torch
from torch import Tensor, nn

from snnbook import results
from snnbook._validate import (
    check_finite,
    check_generator,
    check_integer,
    check_kind,
    check_same_kind,
    check_time_first,
)
from snnbook.conclusions._claims import share, stored
from snnbook.neurons import NetworkOutput


class GRUNetwork(nn.Module):
    r"""A GRU layer and a linear readout of its state in every step.

    .. math::

        h[n+1] = \mathrm{GRU}(S_\text{in}[n], h[n]), \qquad y[n] = W_\text{out}\, h[n+1]

    It has the interface of :class:`snnbook.neurons.SpikingNetwork`, so
    :func:`snnbook.training.fit` and every loss on a readout take both. PyTorch draws all
    weights uniformly between :math:`\pm 1/\sqrt{N}`; here they come from the generator.

    Parameters
    ----------
    inputs, hidden, outputs : int
        Sizes, each at least 1.
    generator : torch.Generator
        Draws the weights.

    Examples
    --------
    >>> network = GRUNetwork(3, 4, 2, generator=torch.Generator().manual_seed(0))
    >>> network(torch.zeros(10, 5, 3)).readout.shape
    torch.Size([10, 5, 2])

    Chapter 7. Cho et al. (2014).
    """

    def __init__(self, inputs: int, hidden: int, outputs: int, *, generator: torch.Generator):
        super().__init__()
        sizes = {"inputs": inputs, "hidden": hidden, "outputs": outputs}
        for name, value in sizes.items():
            check_integer(name, value, 1)
        check_generator(generator)
        self.gru = nn.GRU(int(inputs), int(hidden))
        self.readout = nn.Linear(hidden, outputs, bias=False)
        bound = 1 / math.sqrt(hidden)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.uniform_(-bound, bound, generator=generator)

    def forward(self, spikes: Tensor) -> NetworkOutput:
        """Return the readout (T, B, C); there are no spikes, so ``hidden`` is empty."""
        check_time_first("spikes", spikes, features=self.gru.input_size)
        check_same_kind("spikes", spikes, like=self.readout.weight)
        if spikes.shape[0] == 0:
            raise ValueError("spikes has no time step; at least one is accepted")
        check_finite("spikes", spikes, steps=True)
        return NetworkOutput(self.readout(self.gru(spikes)[0]), ())


def parameters_of(model: nn.Module) -> int:
    """Return the number of parameters.

    >>> parameters_of(nn.Linear(3, 2))
    8
    """
    check_kind("model", model, nn.Module)
    return sum(parameter.numel() for parameter in model.parameters())


def gru_size(inputs: int, outputs: int, parameters: int) -> int:
    r"""Return the most hidden units N a :class:`GRUNetwork` has within a number of parameters.

    It has :math:`3N(M + N + 2) + NC` parameters, with M inputs and C outputs.

    >>> gru_size(2, 1, 3 * 4 * (2 + 4 + 2) + 4)
    4
    """
    for name, value in (("inputs", inputs), ("outputs", outputs), ("parameters", parameters)):
        check_integer(name, value, 1)
    linear = 3 * (inputs + 2) + outputs
    hidden = int((math.sqrt(linear**2 + 12 * parameters) - linear) / 6)
    if hidden < 1:
        raise ValueError(
            f"parameters is {parameters}; at least {linear + 3}, which one unit has, is accepted"
        )
    return hidden


def beside_gru() -> dict:
    """Return accuracies on each task: spiking network, GRU, no hidden layer (``digits_none``).

    The spiking network is the one, feedforward or recurrent, that is better on validation data;
    in a tie it is the feedforward one.
    """
    found = {}
    for task in results.load("ch07_gru")["tasks"]:

        def of(kind, key="test", task=task):
            return share(stored("ch07_gru", key, task=task, kind=kind))

        spiking = max(("feedforward", "recurrent"), key=lambda kind: of(kind, "validation").mean)
        found |= {f"{task}_spiking": of(spiking), f"{task}_gru": of("gru")}
        found[f"{task}_none"] = of("none")
    return {"seeds": found["digits_gru"].n, **found}
