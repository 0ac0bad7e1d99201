"""Layers and networks that map spike times to spike times, one spike a neuron (chapter 4d)."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from snnbook._validate import (
    check_float,
    check_generator,
    check_integer,
    check_positive,
    check_same_kind,
)
from snnbook.neurons import WithConstants
from snnbook.spike_times._cells import Cell, check_cell
from snnbook.spike_times._first_spike import first_spike
from snnbook.spike_times._guard import (
    check_at_hand,
    check_sizes,
    check_times,
    per_layer,
    untraced,
)


class TimingOutput(NamedTuple):
    """Spike times: ``times`` (B, C) of the outputs, ``hidden`` a tuple of (B, N), inf if silent."""

    times: Tensor
    hidden: tuple[Tensor, ...]

    @property
    def counts(self) -> tuple[Tensor, ...]:
        """Spikes of each neuron, (B, N) for each layer, the outputs last: 0 or 1."""
        return tuple(torch.isfinite(times).long() for times in (*self.hidden, self.times))


class TimingLayer(WithConstants, nn.Module):
    r"""A layer in which every neuron spikes at most once.

    .. math:: U_i(t) = \sum_j \sum_d W_{i,jd}\, \kappa(t - t_j - s_d), \qquad
        t_i = \min \{ t : U_i(t) = \theta,\ \dot U_i(t) > 0 \}

    Parameters
    ----------
    in_features, out_features : int
        Number of neurons, each at least 1.
    cell : Cell
        The neuron.
    gain : float
        The weights of a neuron sum to ``gain`` times the smallest weight of a single input, on
        average; above 1 most neurons spike.
    spread : float
        Standard deviation of that sum, in the same unit.
    delays : sequence of float
        Each input arrives once after each of these delays, in the unit of ``cell.tau_syn``, with a
        weight of its own. SpikeProp uses 16 delays; one delay of zero is the default.
    generator : torch.Generator, optional
        Draws the weights.
    dtype : torch.dtype
        float64 by default: a difference of sums loses digits.

    Attributes
    ----------
    weight : Parameter, shape (out_features, in_features * len(delays))
        With several delays, those of one input stand together.

    Examples
    --------
    >>> from snnbook.spike_times import NonLeaky
    >>> layer = TimingLayer(1, 1, NonLeaky(), delays=(0.0, 1.0))
    >>> with torch.no_grad():
    ...     _ = layer.weight.copy_(torch.tensor([[0.0, 2.0]]))
    >>> layer(torch.zeros(1, 1, dtype=torch.float64)).item()  # 1 + ln 2  # doctest: +ELLIPSIS
    1.693...

    Paper section IV.A.4; chapter 4d.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        cell: Cell,
        *,
        gain: float = 2.0,
        spread: float = 1.0,
        delays: Sequence[float] = (0.0,),
        generator: torch.Generator | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        super().__init__()
        check_integer("in_features", in_features, 1)
        check_integer("out_features", out_features, 1)
        check_positive("gain", gain)
        check_positive("spread", spread)
        check_cell(cell)
        if not (isinstance(dtype, torch.dtype) and dtype.is_floating_point):
            raise TypeError(f"dtype is {dtype!r}; a floating-point torch.dtype is accepted")
        if generator is not None:
            check_generator(generator)
        line = _line(delays, dtype)
        self.cell = cell
        self.register_buffer("delays", line)
        fan_in = in_features * len(line)
        noise = torch.randn(out_features, fan_in, generator=generator, dtype=dtype)
        mean = gain / fan_in + spread / fan_in**0.5 * noise
        self.weight = nn.Parameter(cell.smallest_weight * mean)

    def constants(self) -> dict:
        """Return those of the cell, which travel with the weights; the delays are a buffer."""
        names = "tau_syn", "threshold", "smallest_weight"
        numbers = {name: float(getattr(self.cell, name)) for name in names}
        return {"cell": type(self.cell).__name__} | numbers

    def forward(self, times: Tensor) -> Tensor:
        """Map input spike times (B, in_features) to output spike times (B, out_features)."""
        return untraced(self._answer, times)

    def _answer(self, times: Tensor) -> Tensor:
        check_float("times", times)
        check_same_kind("times", times, self.weight)
        check_at_hand("a TimingLayer", times, transforms=True)
        check_times("times", times, self.weight.shape[1] // len(self.delays))
        arrivals = (times[:, :, None] + self.delays).flatten(1)
        return first_spike(arrivals, self.weight, self.cell)

    def weight_step(self, size: float) -> float:
        """Return the change of each weight when their sum changes by ``size`` smallest weights."""
        return size * self.cell.smallest_weight / self.weight.shape[1]


class TimingNetwork(nn.Module):
    """Layers of single-spike neurons in a row; the output that spikes first is the answer.

    Parameters
    ----------
    sizes : sequence of int
        Number of inputs, of neurons in each hidden layer, and of outputs.
    cell : Cell
        The neuron of all layers.
    gain, spread : float or sequence of float
        As in :class:`TimingLayer`; a sequence has one entry for each layer.
    delays, generator, dtype
        As in :class:`TimingLayer`.

    Attributes
    ----------
    layers : ModuleList of TimingLayer

    Examples
    --------
    >>> from snnbook.spike_times import NonLeaky
    >>> network = TimingNetwork((5, 8, 3), NonLeaky(), generator=torch.Generator().manual_seed(0))
    >>> output = network(torch.rand(4, 5, dtype=torch.float64))
    >>> output.times.shape, output.hidden[0].shape
    (torch.Size([4, 3]), torch.Size([4, 8]))

    Paper section IV.A.4; chapter 4d.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        cell: Cell,
        *,
        gain: float | Sequence[float] = 2.0,
        spread: float | Sequence[float] = 1.0,
        delays: Sequence[float] = (0.0,),
        generator: torch.Generator | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        super().__init__()
        check_sizes(sizes)
        options = {"delays": delays, "generator": generator, "dtype": dtype}
        gains = per_layer("gain", gain, len(sizes) - 1)
        spreads = per_layer("spread", spread, len(sizes) - 1)
        self.layers = nn.ModuleList(
            TimingLayer(below, above, cell, gain=mean, spread=deviation, **options)
            for below, above, mean, deviation in zip(
                sizes[:-1], sizes[1:], gains, spreads, strict=True
            )
        )

    def forward(self, times: Tensor) -> TimingOutput:
        """Map input spike times (B, inputs) to those of the outputs and the hidden layers."""
        hidden = []
        for layer in self.layers:
            times = layer(times)
            hidden.append(times)
        return TimingOutput(times, tuple(hidden[:-1]))


def _line(delays: Sequence[float], dtype: torch.dtype) -> Tensor:
    """Return the delays as a tensor."""
    accepted = "a list of finite times from 0 up is accepted"
    try:
        line = torch.as_tensor(delays, dtype=dtype)
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"delays is {delays!r}; {accepted}") from None
    if line.dim() != 1 or len(line) == 0 or not bool((line >= 0).all() & (line < 1e9).all()):
        raise ValueError(f"delays is {delays!r}; {accepted}")
    return line
