"""Layers of LIF neurons: thin modules around the one loop (paper section II, chapter 2)."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from snnbook._validate import check_choice, check_integer, check_same_kind, check_time_first
from snnbook.kernels import KERNELS, Events
from snnbook.neurons._init import fluctuation_driven_
from snnbook.neurons._lif import DEFAULT_SURROGATE, RESETS, integrate_weighted, unroll_weighted
from snnbook.neurons._parameters import (
    DEFAULT_PARAMETERS,
    LeakyRecord,
    LIFParameters,
    LIFRecord,
    LIFState,
)
from snnbook.surrogates import Surrogate


class _Weighted(nn.Module):
    """A weight (out, in), initialised for the time constants of the neurons behind it."""

    #: Share of the membrane's initial variance that the input brings; the rest comes from
    #: recurrent spikes (Rossbroich, Gygax and Zenke 2022).
    input_share = 1.0

    def __init__(self, in_features, out_features, params, input_rate, generator, kernel):
        super().__init__()
        check_integer("in_features", in_features, 0)
        check_integer("out_features", out_features, 0)
        check_choice("kernel", kernel, KERNELS)
        self.kernel = kernel
        self.params = params
        self.weight = nn.Parameter(torch.empty(out_features, in_features))
        std = math.sqrt(self.input_share)
        fluctuation_driven_(self.weight, params, rate=input_rate, std=std, generator=generator)

    def check(self, spikes: Tensor | Events) -> None:
        """Raise unless the input spikes fit the weight."""
        features = self.weight.shape[1]
        if isinstance(spikes, Events):
            if spikes.features != features:
                raise ValueError(
                    f"spikes has {spikes.features} input neurons; {features} are accepted"
                )
            return
        check_time_first("spikes", spikes, features=features)
        check_same_kind("spikes", spikes, like=self.weight)

    def extra_repr(self) -> str:
        out_features, in_features = self.weight.shape
        return f"{in_features}, {out_features}, {self.params}"


class LIF(_Weighted):
    """A feed-forward layer of LIF neurons with current-based synapses.

    Parameters
    ----------
    in_features, out_features : int
        Numbers of inputs and of neurons.
    params : LIFParameters
        Time constants in seconds, and threshold.
    surrogate, reset, reset_gradient, spike_at_threshold
        As in :func:`snnbook.neurons.lif_step`.
    input_rate : float
        Mean rate of one input in Hz, used once, to initialise the weights with
        :func:`snnbook.neurons.fluctuation_driven_`.
    generator : torch.Generator, optional
        Source of the initial weights.
    kernel, checkpoint
        As in :func:`snnbook.neurons.unroll`.

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
        params: LIFParameters = DEFAULT_PARAMETERS,
        *,
        surrogate: Surrogate = DEFAULT_SURROGATE,
        reset: str = "subtract",
        reset_gradient: bool = False,
        spike_at_threshold: bool = False,
        input_rate: float = 10.0,
        generator: torch.Generator | None = None,
        kernel: str = "auto",
        checkpoint: int | None = None,
    ) -> None:
        super().__init__(in_features, out_features, params, input_rate, generator, kernel)
        check_choice("reset", reset, RESETS)
        self.checkpoint = checkpoint
        self.surrogate = surrogate
        self.reset = reset
        self.reset_gradient = reset_gradient
        self.spike_at_threshold = spike_at_threshold

    def forward(
        self, spikes: Tensor | Events, state: LIFState | None = None, record: bool = True
    ) -> LIFRecord:
        """Run the layer over input spikes (T, B, in_features), from ``state`` or from rest."""
        self.check(spikes)
        return unroll_weighted(
            spikes,
            self.weight,
            self.params,
            recurrent_weight=self.recurrent(),
            state=state,
            surrogate=self.surrogate,
            reset=self.reset,
            reset_gradient=self.reset_gradient,
            spike_at_threshold=self.spike_at_threshold,
            record=record,
            kernel=self.kernel,
            checkpoint=self.checkpoint,
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
        params: LIFParameters = DEFAULT_PARAMETERS,
        *,
        recurrent_rate: float = 10.0,
        generator: torch.Generator | None = None,
        **options,
    ) -> None:
        super().__init__(in_features, out_features, params, generator=generator, **options)
        self.recurrent_weight = nn.Parameter(torch.empty(out_features, out_features))
        fluctuation_driven_(
            self.recurrent_weight,
            params,
            rate=recurrent_rate,
            std=math.sqrt(1 - self.input_share),
            generator=generator,
        )

    def recurrent(self) -> Tensor:
        """Return V."""
        return self.recurrent_weight


class LeakyReadout(_Weighted):
    """A layer of leaky integrators that never spike: what the loss reads.

    Parameters as in :class:`LIF`, without those of the spike.

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
        params: LIFParameters = DEFAULT_PARAMETERS,
        *,
        input_rate: float = 10.0,
        generator: torch.Generator | None = None,
        kernel: str = "auto",
    ) -> None:
        super().__init__(in_features, out_features, params, input_rate, generator, kernel)

    def forward(self, spikes: Tensor | Events, state: LIFState | None = None) -> LeakyRecord:
        """Run the readout over input spikes (T, B, in_features), from ``state`` or from rest."""
        self.check(spikes)
        return integrate_weighted(spikes, self.weight, self.params, state=state, kernel=self.kernel)


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
    params : LIFParameters
        Time constants of all layers.
    recurrent : bool
        Whether hidden layers have recurrent weights.
    input_rate, hidden_rate : float
        Expected mean rates in Hz of one input and of one hidden neuron; they scale the
        initial weights.
    generator : torch.Generator, optional
        Source of the initial weights.
    kernel : {"auto", "reference", "numba", "triton"}
        As in :func:`snnbook.neurons.unroll`, for every layer.
    surrogate, reset, reset_gradient, spike_at_threshold
        As in :func:`snnbook.neurons.lif_step`, for every hidden layer.

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
        params: LIFParameters = DEFAULT_PARAMETERS,
        *,
        recurrent: bool = False,
        input_rate: float = 10.0,
        hidden_rate: float = 10.0,
        generator: torch.Generator | None = None,
        kernel: str = "auto",
        **options,
    ) -> None:
        super().__init__()
        if len(sizes) < 2:
            raise ValueError(f"sizes is {tuple(sizes)}; at least inputs and outputs are accepted")
        kind = RecurrentLIF if recurrent else LIF
        shared = {"generator": generator, "kernel": kernel}
        *inner, outputs = sizes
        rates = [input_rate] + [hidden_rate] * (len(inner) - 1)
        self.hidden = nn.ModuleList(
            kind(n_in, n_out, params, input_rate=rate, **shared, **options)
            for n_in, n_out, rate in zip(inner, inner[1:], rates, strict=False)
        )
        self.readout = LeakyReadout(inner[-1], outputs, params, input_rate=rates[-1], **shared)

    def forward(self, spikes: Tensor | Events, record: bool = True) -> NetworkOutput:
        """Run the network over input spikes (T, B, inputs), from rest."""
        records = []
        for layer in self.hidden:
            records.append(layer(spikes, record=record))
            spikes = records[-1].spikes
        return NetworkOutput(self.readout(spikes).mem, tuple(records))
