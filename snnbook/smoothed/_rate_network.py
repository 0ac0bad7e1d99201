"""A network of rates (paper section IV.A.3)."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from snnbook._validate import (
    check_choice,
    check_constants_are_numbers,
    check_finite,
    check_generator,
    check_integer,
    check_kind,
    check_positive,
    check_same_kind,
    check_time_first,
    is_number,
)
from snnbook.neurons import DEFAULT_NEURON, LIFNeuron, NetworkOutput, WithConstants
from snnbook.smoothed._rate_curves import drive_gain, lif_rate

CURVES = ("lif", "relu")


class RateRecord(NamedTuple):
    """A layer of rates: ``spikes``, expected per step, and the mean potential ``mem``, (T, B, N).

    The names are those of :class:`snnbook.neurons.LIFRecord`, so that
    :func:`snnbook.training.fit` and its penalties read both.
    """

    spikes: Tensor
    mem: Tensor


class RateLayer(WithConstants, nn.Module):
    """A weight (out, in) that maps expected spikes per step to mean potentials.

    ``constants`` are those of its network that change what it computes.
    """

    def __init__(self, in_features: int, out_features: int, gain: float, constants: dict) -> None:
        super().__init__()
        check_integer("in_features", in_features, 1)
        check_integer("out_features", out_features, 1)
        self.gain, self._constants = gain, constants
        self.weight = nn.Parameter(torch.empty(out_features, in_features))

    def constants(self) -> dict:
        return self._constants

    def forward(self, spikes: Tensor) -> Tensor:
        check_time_first("spikes", spikes, features=self.weight.shape[1])
        return self.gain * (spikes @ self.weight.T)


class RateNetwork(nn.Module):
    r"""Hidden layers of rates and a linear readout: a spiking network averaged over time.

    .. math:: \mu^{(l)} = G\, W^{(l)} p^{(l-1)}, \qquad p^{(l)} = \Delta t\, f(\mu^{(l)})

    Each time step is computed by itself, so an input of one step is enough. The result has
    the form of :class:`snnbook.neurons.SpikingNetwork` and the parameters have its names, so
    :func:`snnbook.training.fit` trains it and :func:`to_spiking` runs it with spikes. Train
    with ``loss=training.sum_over_time``; the sum over time decides in both.

    Parameters
    ----------
    sizes : sequence of int
        Inputs, hidden layers, outputs, such as ``(64, 100, 10)``.
    neuron : LIFNeuron
        Time constants of all layers, time step and threshold.
    curve : {"lif", "relu"}
        The f-I curve. ``lif`` is :func:`lif_rate` with its ``discrete`` term. ``relu`` is
        that of a neuron without leak: p = max(0, I) / threshold for a constant current I, a
        rectified linear unit with no bias, cut at one spike per step.
    softness : float
        As in :func:`lif_rate`, for ``lif``.
    input_rate, hidden_rate : float
        Expected mean rates in Hz of one input and of one hidden neuron, above 0; they scale
        the initial weights, so that mean potentials have a standard deviation of 1.5
        thresholds and readouts one of 1.
    generator : torch.Generator, optional
        Source of the initial weights.

    Attributes
    ----------
    hidden : ModuleList
        Layers with a ``weight`` (out, in).
    readout : Module
        The last layer, with a ``weight``: its value is the mean membrane potential of the
        leaky readout of the spiking network.

    Examples
    --------
    >>> network = RateNetwork((3, 4, 2), generator=torch.Generator().manual_seed(0))
    >>> out = network(torch.full((1, 5, 3), 0.1))
    >>> out.readout.shape, bool((out.hidden[0].spikes <= 1).all())
    (torch.Size([1, 5, 2]), True)

    Paper section IV.A.3; chapter 4c; ``eq-04c-network``.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        neuron: LIFNeuron = DEFAULT_NEURON,
        *,
        curve: str = "lif",
        softness: float = 0.05,
        input_rate: float = 30.0,
        hidden_rate: float = 50.0,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        if not isinstance(sizes, Sequence) or isinstance(sizes, str) or len(sizes) < 3:
            raise ValueError(f"sizes is {sizes!r}; at least one hidden layer is accepted")
        for size in sizes:
            check_integer("sizes", size, 1)
        check_kind("neuron", neuron, LIFNeuron)
        check_constants_are_numbers(neuron)
        if not (is_number(softness) and 0 <= softness < math.inf):
            raise ValueError(f"softness is {softness!r}; a finite number of at least 0 is accepted")
        if generator is not None:
            check_generator(generator)
        check_choice("curve", curve, CURVES)
        check_positive("input_rate", input_rate)
        check_positive("hidden_rate", hidden_rate)
        self.sizes, self.neuron, self.curve, self.softness = tuple(sizes), neuron, curve, softness
        gain = drive_gain(neuron) if curve == "lif" else 1 / (1 - neuron.alpha)
        of_curve = {name: getattr(neuron, name) for name in ("tau_mem", "tau_syn", "dt")}
        of_curve |= {"threshold": neuron.threshold, "curve": curve, "softness": softness}
        self.hidden = nn.ModuleList(
            RateLayer(n_in, n_out, gain, of_curve) for n_in, n_out in zip(sizes[:-2], sizes[1:-1])
        )
        of_readout = neuron.leaky.constants()
        self.readout = RateLayer(sizes[-2], sizes[-1], drive_gain(neuron), of_readout)
        # Without leak the potential grows by I in each step: ten steps to a spike are usual.
        wanted = neuron.threshold * (1.5 if curve == "lif" else 0.1)
        for number, layer in enumerate((*self.hidden, self.readout)):
            share = (hidden_rate if number else input_rate) * neuron.dt
            goal = 1.0 if layer is self.readout else wanted
            std = goal / (layer.gain * share * math.sqrt(layer.weight.shape[1]))
            nn.init.normal_(layer.weight, 0.0, std, generator=generator)

    def share(self, mean: Tensor) -> Tensor:
        """Return the expected spikes per step at a mean potential (``relu``: at a current)."""
        if self.curve == "relu":
            return (mean / self.neuron.threshold).clamp(0.0, 1.0)
        rate = lif_rate(mean, self.neuron, softness=self.softness, discrete=True)
        return self.neuron.dt * rate

    def forward(self, spikes: Tensor) -> NetworkOutput:
        """Map expected input spikes per step (T, B, inputs) to readouts (T, B, outputs)."""
        check_rates("spikes", self, spikes)
        records = []
        for layer in self.hidden:
            mean = layer(spikes)
            spikes = self.share(mean)
            records.append(RateRecord(spikes, mean))
        return NetworkOutput(self.readout(spikes), tuple(records))

    def extra_repr(self) -> str:
        return f"{self.sizes}, curve={self.curve!r}, {self.neuron}"


def check_rates(name: str, network: RateNetwork, spikes: Tensor) -> None:
    """Raise unless expected spikes (T, B, inputs) fit the network, and all numbers are finite."""
    first = network.hidden[0].weight
    check_time_first(name, spikes, features=first.shape[1])
    check_same_kind(name, spikes, first)
    check_finite(name, spikes.detach(), steps=True)
    for parameter, weight in network.named_parameters():
        check_finite(parameter, weight.detach())
