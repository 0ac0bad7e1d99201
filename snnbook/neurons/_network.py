"""Layers in a row and a leaky readout: the network of most chapters (paper sections I and II)."""

import copy
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn

from snnbook.kernels import Events
from snnbook.neurons._layers import LIF, LeakyReadout, RecurrentLIF
from snnbook.neurons._lif import DEFAULT_NEURON, LIFNeuron, LIFRecord


class NetworkOutput(NamedTuple):
    """``readout``: membrane of the output layer (T, B, C); ``hidden``: one record per layer."""

    readout: Tensor
    hidden: tuple[LIFRecord, ...]


class SpikingNetwork(nn.Module):
    """Hidden layers of LIF neurons and a leaky readout: the network of most chapters.

    Parameters
    ----------
    sizes : sequence of int
        Inputs, hidden layers, outputs, such as ``(64, 100, 10)``. With two entries there is
        no hidden layer.
    neuron : LIFNeuron
        The neuron of the hidden layers; the readout has its time constants.
    recurrent : bool
        Whether hidden layers have recurrent weights.
    input_rate, hidden_rate : float
        Expected mean rates in Hz of one input and of one hidden neuron; they scale the
        initial weights.
    recurrent_rate : float
        As in :class:`RecurrentLIF`, for the recurrent weights.
    generator : torch.Generator, optional
        Source of the initial weights.
    kernel, checkpoint
        As in :func:`snnbook.neurons.run`, for every layer.

    Examples
    --------
    >>> network = SpikingNetwork((64, 100, 10), generator=torch.Generator().manual_seed(0))
    >>> out = network(torch.zeros(50, 8, 64))
    >>> out.readout.shape, out.hidden[0].spikes.shape
    (torch.Size([50, 8, 10]), torch.Size([50, 8, 100]))

    Paper sections I and II; chapters 1 and 2.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        neuron: LIFNeuron = DEFAULT_NEURON,
        *,
        recurrent: bool = False,
        input_rate: float = 10.0,
        hidden_rate: float = 10.0,
        recurrent_rate: float = 10.0,
        generator: torch.Generator | None = None,
        kernel: str = "auto",
        checkpoint: int | None = None,
    ) -> None:
        super().__init__()
        if len(sizes) < 2:
            raise ValueError(f"sizes is {tuple(sizes)}; at least inputs and outputs are accepted")
        kind = partial(RecurrentLIF, recurrent_rate=recurrent_rate) if recurrent else LIF
        shared = {"generator": generator, "kernel": kernel}
        *inner, outputs = sizes
        rates = [input_rate] + [hidden_rate] * (len(inner) - 1)
        self.hidden = nn.ModuleList(
            kind(n_in, n_out, neuron, input_rate=rate, checkpoint=checkpoint, **shared)
            for n_in, n_out, rate in zip(inner, inner[1:], rates, strict=False)
        )
        self.readout = LeakyReadout(
            inner[-1], outputs, neuron.leaky, input_rate=rates[-1], **shared
        )

    def forward(self, spikes: Tensor | Events, record: bool | None = None) -> NetworkOutput:
        """Run the network over input spikes (T, B, inputs), from rest."""
        records = []
        for layer in self.hidden:
            records.append(layer(spikes, record=record))
            spikes = records[-1].spikes
        return NetworkOutput(self.readout(spikes).mem, tuple(records))

    def with_neuron(self, **changes) -> "SpikingNetwork":
        """Return a network that shares these weights, with other neurons in its hidden layers.

        Parameters
        ----------
        **changes
            Fields of :class:`LIFNeuron`, such as ``reset_gradient=True``.

        Returns
        -------
        SpikingNetwork
            Its parameters are the same objects; this network is not changed.

        Raises
        ------
        TypeError
            If a change is no field of the neuron.

        Examples
        --------
        >>> network = SpikingNetwork((3, 4, 2))
        >>> other = network.with_neuron(reset_gradient=True)
        >>> other.hidden[0].neuron.reset_gradient, network.hidden[0].neuron.reset_gradient
        (True, False)
        >>> other.hidden[0].weight is network.hidden[0].weight
        True

        Chapter 5b.
        """

        def changed(layer: LIF) -> LIF:
            other = copy.copy(layer)
            other.neuron = replace(layer.neuron, **changes)
            return other

        other = copy.copy(self)
        other._modules = dict(self._modules)
        other.hidden = nn.ModuleList(changed(layer) for layer in self.hidden)
        return other
