"""Layers of LIF neurons: thin modules around the one loop (paper section II, chapter 2)."""

import math

import torch
from torch import Tensor, nn

from snnbook._validate import check_choice, check_integer
from snnbook.kernels import KERNELS, Events, run_layer
from snnbook.neurons._init import fluctuation_driven_
from snnbook.neurons._lif import (
    DEFAULT_NEURON,
    LeakyNeuron,
    LeakyRecord,
    LIFNeuron,
    LIFRecord,
    LIFState,
)


class _Weighted(nn.Module):
    """A weight (out, in), initialised for the time constants of the neurons behind it."""

    #: Share of the membrane's initial variance that the input brings; the rest comes from
    #: recurrent spikes (Rossbroich, Gygax and Zenke 2022).
    input_share = 1.0

    def __init__(self, in_features, out_features, neuron, input_rate, generator, kernel):
        super().__init__()
        check_integer("in_features", in_features, 0)
        check_integer("out_features", out_features, 0)
        check_choice("kernel", kernel, KERNELS)
        self.kernel = kernel
        self.neuron = neuron
        self.weight = nn.Parameter(torch.empty(out_features, in_features))
        std = math.sqrt(self.input_share)
        fluctuation_driven_(self.weight, neuron, rate=input_rate, std=std, generator=generator)

    def __prepare_scriptable__(self):
        """Raise for ``torch.jit.script``, which reads sources and knows no named options."""
        raise TypeError(
            f"{type(self).__name__} cannot be read by torch.jit.script; "
            "torch.jit.trace and torch.export can record it"
        )

    def extra_repr(self) -> str:
        out_features, in_features = self.weight.shape
        return f"{in_features}, {out_features}, {self.neuron}"


class LIF(_Weighted):
    """A feed-forward layer of LIF neurons with current-based synapses.

    Parameters
    ----------
    in_features, out_features : int
        Numbers of inputs and of neurons.
    neuron : LIFNeuron
        Time constants, threshold, reset and surrogate.
    input_rate : float
        Mean rate of one input in Hz, used once, to initialise the weights with
        :func:`snnbook.neurons.fluctuation_driven_`.
    generator : torch.Generator, optional
        Source of the initial weights.
    kernel, checkpoint
        As in :func:`snnbook.neurons.run`.

    Attributes
    ----------
    weight : Parameter
        W, (out_features, in_features).

    Examples
    --------
    >>> layer = LIF(3, 2, generator=torch.Generator().manual_seed(0))
    >>> out = layer(torch.ones(10, 4, 3))
    >>> out.spikes.shape, out.state.mem.shape
    (torch.Size([10, 4, 2]), torch.Size([4, 2]))

    The module holds parameters, never a state: two calls with the same input give the same.

    Paper section II; chapter 2.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        neuron: LIFNeuron = DEFAULT_NEURON,
        *,
        input_rate: float = 10.0,
        generator: torch.Generator | None = None,
        kernel: str = "auto",
        checkpoint: int | None = None,
    ) -> None:
        if not isinstance(neuron, LIFNeuron):
            raise TypeError(f"neuron is a {type(neuron).__name__}; a LIFNeuron is accepted")
        if checkpoint is not None:
            check_integer("checkpoint", checkpoint, 1)
        super().__init__(in_features, out_features, neuron, input_rate, generator, kernel)
        self.checkpoint = checkpoint

    def forward(
        self, spikes: Tensor | Events, state: LIFState | None = None, record: bool | None = None
    ) -> LIFRecord:
        """Run the layer over input spikes (T, B, in_features), from ``state`` or from rest."""
        return run_layer(
            self.neuron,
            spikes,
            self.weight,
            state,
            recurrent_weight=self.recurrent(),
            record=record,
            kernel=self.kernel,
            checkpoint=self.checkpoint,
            name="spikes",
        )

    def recurrent(self) -> Tensor | None:
        """Return V, or ``None`` in a feed-forward layer."""
        return None


class RecurrentLIF(LIF):
    """A layer of LIF neurons that also send their spikes to each other.

    Parameters as in :class:`LIF`; the recurrent weight is initialised for neurons that fire
    at ``recurrent_rate`` Hz.

    Attributes
    ----------
    weight : Parameter
        W, (out_features, in_features).
    recurrent_weight : Parameter
        V, (out_features, out_features); entry (i, j) leads from neuron j to neuron i.

    Examples
    --------
    >>> layer = RecurrentLIF(3, 2, generator=torch.Generator().manual_seed(0))
    >>> layer(torch.ones(10, 4, 3)).spikes.shape
    torch.Size([10, 4, 2])

    Paper section II; chapter 2.
    """

    input_share = 0.9

    def __init__(
        self,
        in_features: int,
        out_features: int,
        neuron: LIFNeuron = DEFAULT_NEURON,
        *,
        input_rate: float = 10.0,
        recurrent_rate: float = 10.0,
        generator: torch.Generator | None = None,
        kernel: str = "auto",
        checkpoint: int | None = None,
    ) -> None:
        super().__init__(
            in_features,
            out_features,
            neuron,
            input_rate=input_rate,
            generator=generator,
            kernel=kernel,
            checkpoint=checkpoint,
        )
        self.recurrent_weight = nn.Parameter(torch.empty(out_features, out_features))
        fluctuation_driven_(
            self.recurrent_weight,
            neuron,
            rate=recurrent_rate,
            std=math.sqrt(1 - self.input_share),
            generator=generator,
        )

    def recurrent(self) -> Tensor:
        """Return V."""
        return self.recurrent_weight


class LeakyReadout(_Weighted):
    """A layer of leaky integrators that never spike: what the loss reads.

    Parameters as in :class:`LIF`, but its neuron is a :class:`LeakyNeuron`.

    Examples
    --------
    >>> readout = LeakyReadout(3, 2, generator=torch.Generator().manual_seed(0))
    >>> readout(torch.ones(10, 4, 3)).mem.shape
    torch.Size([10, 4, 2])

    Paper section II; chapter 2.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        neuron: LeakyNeuron = DEFAULT_NEURON.leaky,
        *,
        input_rate: float = 10.0,
        generator: torch.Generator | None = None,
        kernel: str = "auto",
    ) -> None:
        if type(neuron) is not LeakyNeuron:
            raise TypeError(
                f"neuron is a {type(neuron).__name__}; a LeakyNeuron is accepted, such as "
                "LIFNeuron().leaky"
            )
        super().__init__(in_features, out_features, neuron, input_rate, generator, kernel)

    def forward(self, spikes: Tensor | Events, state: LIFState | None = None) -> LeakyRecord:
        """Run the readout over input spikes (T, B, in_features), from ``state`` or from rest."""
        return run_layer(self.neuron, spikes, self.weight, state, kernel=self.kernel, name="spikes")
