r"""Layers that spike many times, trained on the times of their spikes (chapter 6d).

The same neuron and the same adjoint as in :mod:`snnbook.spike_times.eventprop`, for layers without
recurrent synapses, many samples and compiled loops. PyTorch's autograd hands the derivatives by
spike times from layer to layer; within a layer no autograd is used.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from snnbook._validate import (
    check_finite,
    check_generator,
    check_integer,
    check_kind,
    check_positive,
    check_tensor,
)
from snnbook.neurons import WithConstants
from snnbook.spike_times._answer import Answer
from snnbook.spike_times._guard import (
    check_at_hand,
    check_entry,
    check_float64,
    check_sizes,
    check_times,
    per_layer,
    untraced,
)
from snnbook.spike_times._membrane import response
from snnbook.spike_times._trains import Trains, TrainsOutput, check_trains


class SpikeLayer(WithConstants, nn.Module):
    r"""A layer of current-based LIF neurons in continuous time, with exact gradients.

    .. math:: \tau_\text{mem} \dot U = -U + I, \qquad \tau_\text{syn} \dot I = -I

    An input spike adds its weight to I; where U reaches the threshold the neuron spikes and U
    becomes zero. The gradient is that of the spike times, by the adjoint of
    :func:`snnbook.spike_times.eventprop`.

    Parameters
    ----------
    weight : Tensor, float64 (N, inputs)
        Becomes a parameter.
    tau_mem, tau_syn, duration : float
        Time constants and length of a run, in one unit of time, above 0.
    threshold : float
        Above 0.
    max_spikes : int
        A run in which a neuron spikes more often than this is stopped with an error.

    Raises
    ------
    TypeError, ValueError
        If the weight is no finite float64 matrix, or what comes in no :class:`Trains` with
        ascending times and with sources below the number of inputs; if the layer runs away.
    RuntimeError
        Under ``torch.func``, a tracer or forward-mode gradients, and for a second derivative.

    Notes
    -----
    A spike after ``duration`` comes after the run, and plays no role.

    Examples
    --------
    >>> layer = SpikeLayer(torch.full((1, 1), 4.0, dtype=torch.float64), 1.0, 1.0, 5.0)
    >>> trains = layer(Trains(torch.zeros(1, 1, dtype=torch.float64), torch.zeros(1, 1).long()))
    >>> trains.times.detach()  # U(t) = 4 t exp(-t) = 1
    tensor([[0.3574, 1.1359]], dtype=torch.float64)

    Paper section V.D; chapter 6d. Wunderlich and Pehle (2021).
    """

    def __init__(
        self,
        weight: Tensor,
        tau_mem: float,
        tau_syn: float,
        duration: float,
        threshold: float = 1.0,
        *,
        max_spikes: int = 10_000,
    ) -> None:
        super().__init__()
        check_float64("weight", weight)
        if weight.dim() != 2 or 0 in weight.shape:
            raise ValueError(
                f"weight has shape {tuple(weight.shape)}; (neurons, inputs), each at least 1, "
                "is accepted"
            )
        check_finite("weight", weight)
        numbers = {"tau_mem": tau_mem, "tau_syn": tau_syn, "duration": duration}
        for name, value in (numbers | {"threshold": threshold}).items():
            check_positive(name, value)
        check_integer("max_spikes", max_spikes, 1)
        self.weight = nn.Parameter(weight.detach().clone())
        self.tau_mem, self.tau_syn = float(tau_mem), float(tau_syn)
        self.duration, self.threshold = float(duration), float(threshold)
        self.max_spikes = int(max_spikes)

    def constants(self) -> dict:
        """Return the constants, which travel with the weights."""
        names = "tau_mem", "tau_syn", "duration", "threshold"
        return {name: getattr(self, name) for name in names}

    def forward(self, trains: Trains) -> Trains:
        """Return the spikes that the layer answers with."""
        return untraced(self._answer, trains)

    def _answer(self, trains: Trains) -> Trains:
        if isinstance(trains, Trains):
            check_at_hand("a SpikeLayer", *trains, self.weight)
        check_entry(trains, self.weight)
        constants = self.threshold, self.tau_mem, self.tau_syn, self.duration
        return Trains(*Answer.apply(*trains, self.weight, constants, self.max_spikes))

    def weight_step(self, size: float) -> float:
        """Return ``size``: learning rates and remedies count in weights."""
        return size


@torch.no_grad()
def membranes(layer: SpikeLayer, arrived: Trains, own: Trains, at: Tensor) -> Tensor:
    r"""Return U of every neuron at the times ``at`` (G,), exact, (B, N, G).

    .. math:: U_i(t) = \sum_j W_{ij}\, \kappa(t - t_j)
        - \theta \sum_s e^{-(t - t_s) / \tau_\text{mem}}

    with the response :math:`\kappa` to one input spike, and :math:`t_s` the neuron's own spikes.

    Parameters
    ----------
    layer : SpikeLayer
    arrived, own : Trains
        What came in, and what the layer answered.
    at : Tensor, float64 (G,)
        Times.

    Chapter 6d.
    """
    _check_membranes(layer, arrived, own, at)
    since = (at - arrived.times[:, :, None]).clamp(min=0)  # (B, K, G); 0 before the spike
    kernel = torch.from_numpy(response(since.numpy(), layer.tau_mem, layer.tau_syn))
    rise = torch.einsum("bkn,bkg->bng", layer.weight.T[arrived.sources], kernel)
    after = at - own.times[:, :, None]
    drop = torch.where(after > 0, torch.exp(-after.clamp(min=0) / layer.tau_mem), 0.0)
    who = torch.nn.functional.one_hot(own.sources, len(layer.weight)).to(drop)
    return rise - layer.threshold * torch.einsum("bmn,bmg->bng", who, drop)


def _check_membranes(layer: SpikeLayer, arrived: Trains, own: Trains, at: Tensor) -> None:
    check_kind("layer", layer, SpikeLayer)
    neurons, inputs = layer.weight.shape
    check_trains("arrived", arrived, inputs)
    check_trains("own", own, neurons)
    for name, tensor in (("arrived.times", arrived.times), ("own.times", own.times), ("at", at)):
        check_float64(name, tensor)
    if len(own.times) != len(arrived.times):
        raise ValueError(
            f"own holds {len(own.times)} samples; {len(arrived.times)}, as arrived, are accepted"
        )
    if at.dim() != 1:
        raise ValueError(f"at has shape {tuple(at.shape)}; times (G,) are accepted")
    check_finite("at", at)
    check_finite("layer.weight", layer.weight)


class SpikeTimeNetwork(nn.Module):
    """Layers of :class:`SpikeLayer`; the output that spikes first is the answer.

    Parameters
    ----------
    sizes : sequence of int
        Inputs, hidden layers, outputs.
    mean, spread : float or sequence of float
        Mean and standard deviation of the initial weights; a sequence has one entry for each
        layer.
    tau_mem, tau_syn, duration, threshold, max_spikes
        As in :class:`SpikeLayer`.
    generator : torch.Generator
        Draws the weights.

    Examples
    --------
    >>> network = SpikeTimeNetwork(
    ...     (5, 8, 3), mean=(1.5, 1.0), spread=(0.8, 0.5), generator=torch.Generator()
    ... )
    >>> output = network(torch.zeros(2, 5, dtype=torch.float64))
    >>> output.times.shape, len(output.layers)
    (torch.Size([2, 3]), 2)

    Paper section V.D; chapter 6d.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        mean: float | Sequence[float],
        spread: float | Sequence[float],
        tau_mem: float = 20e-3,
        tau_syn: float = 5e-3,
        duration: float = 60e-3,
        threshold: float = 1.0,
        max_spikes: int = 10_000,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        check_sizes(sizes)
        check_generator(generator)
        means = per_layer("mean", mean, len(sizes) - 1)
        spreads = per_layer("spread", spread, len(sizes) - 1, least=0.0)
        self.layers = nn.ModuleList(
            SpikeLayer(
                middle
                + scatter * torch.randn(above, below, generator=generator, dtype=torch.float64),
                tau_mem,
                tau_syn,
                duration,
                threshold,
                max_spikes=max_spikes,
            )
            for below, above, middle, scatter in zip(sizes, sizes[1:], means, spreads)
        )

    def forward(self, times: Tensor) -> TrainsOutput:
        """Map input spike times (B, inputs), one spike each, to spikes of every layer."""
        return untraced(self._answer, times)

    def _answer(self, times: Tensor) -> TrainsOutput:
        check_tensor("times", times)
        check_at_hand("a SpikeTimeNetwork", times)
        check_float64("times", times)
        check_times("times", times, self.layers[0].weight.shape[1], least=0.0)
        order = times.argsort(1)
        trains, seen = Trains(times.gather(1, order), order), []
        for layer in self.layers:
            trains = layer(trains)
            seen.append(trains)
        sizes = tuple(len(layer.weight) for layer in self.layers)
        return TrainsOutput(trains.first(sizes[-1]), tuple(seen), sizes)
