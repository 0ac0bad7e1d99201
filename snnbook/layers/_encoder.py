"""A code that learns: a signal drives neurons of its own, with trained gains (chapter 2)."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from snnbook._validate import check_finite, check_integer, check_positive, check_time_first
from snnbook.layers._cells import Cells
from snnbook.layers._stateful import LayerOutput
from snnbook.neurons import LIFNeuron, Neuron

#: No synapse between a signal and its neuron, whose membrane forgets within 20 ms.
ENCODING = LIFNeuron(tau_mem=20e-3, tau_syn=1e-6)


class Encoder(Cells):
    r"""Neurons that turn a signal into spikes: each channel drives some, with gains that learn.

    .. math:: x_{ik}[n] = g_{ik} \, s_i[n] + b_{ik}

    Neuron k of channel i sees that channel alone. Half of the gains start positive and half
    negative, so that some neurons speak of high values and some of low ones. The first layer of a
    network for signals: what the network needs to know of a signal, training decides.
    :func:`snnbook.signals.lif_code` is the same with gains that are given.

    Parameters
    ----------
    channels, copies : int
        Number N of channels of the signal, and K of neurons for each.
    neuron : Neuron
        What is driven; by default a membrane of 20 ms without a synapse.
    gain : float
        Size of the first gains, above 0: they are drawn between half and one and a half of it. A
        steady value s makes spikes if :math:`g s > \theta (1 - \beta)`.
    learn, spread, generator
        As in :class:`snnbook.neurons.LIF`.
    kernel, checkpoint
        As in :func:`snnbook.neurons.run`.

    Attributes
    ----------
    weight, bias : Parameter
        g and b, (N, K).

    Examples
    --------
    >>> encoder = Encoder(channels=3, copies=4, generator=torch.Generator().manual_seed(0))
    >>> spikes, state = encoder(torch.randn(50, 8, 3))
    >>> spikes.shape
    torch.Size([50, 8, 12])
    """

    def __init__(
        self,
        channels: int,
        copies: int,
        neuron: Neuron = ENCODING,
        *,
        gain: float = 0.3,
        learn: Sequence[str] = (),
        spread: float = 0.0,
        generator: torch.Generator | None = None,
        kernel: str = "auto",
        checkpoint: int | None = None,
    ) -> None:
        check_integer("channels", channels, 1)
        check_integer("copies", copies, 1)
        check_positive("gain", gain)
        super().__init__(
            neuron,
            channels * copies,
            learn=learn,
            spread=spread,
            generator=generator,
            kernel=kernel,
            checkpoint=checkpoint,
        )
        sign = 1.0 - 2.0 * (torch.arange(copies) % 2)
        drawn = 0.5 + torch.rand(channels, copies, generator=generator)
        self.weight = nn.Parameter(gain * sign * drawn)
        self.bias = nn.Parameter(torch.zeros(channels, copies))

    def forward(self, inputs: Tensor, state: Any = None, record: bool = False) -> LayerOutput:
        """Code a signal (T, B, N) as spikes (T, B, N K), from ``state`` or from rest."""
        check_time_first("inputs", inputs, len(self.weight))
        check_finite("inputs", inputs, steps=True)
        drive = inputs[..., None] * self.weight + self.bias
        return super().forward(drive.flatten(2), state, record)
