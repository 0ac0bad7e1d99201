"""Layers in a row and a leaky readout: the network of most chapters (paper sections I and II)."""

import copy
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from snnbook._validate import check_flag, check_integer, check_positive
from snnbook.kernels import Events
from snnbook.neurons._init import check_rate
from snnbook.neurons._layers import LIF, LeakyReadout, RecurrentLIF
from snnbook.neurons._learned import WithNeuron, check_learn, typical
from snnbook.neurons._lif import DEFAULT_NEURON, LIFNeuron, check_lif
from snnbook.neurons._records import LIFRecord
from snnbook.neurons._start import Rates, Start, readout_std, start


class _Pair(NamedTuple):
    readout: Tensor
    hidden: tuple[LIFRecord, ...]


class NetworkOutput(_Pair):
    """``readout``: membrane of the output layer (T, B, C); ``hidden``: one record per layer.

    It unpacks into these two. ``state`` has the state after the last step of each layer, that of
    the readout last: give it to the next call to go on.

    Examples
    --------
    >>> readout, hidden = NetworkOutput(torch.zeros(3, 1, 2), ())
    >>> readout.shape, hidden
    (torch.Size([3, 1, 2]), ())
    """

    state: tuple = ()

    def __new__(cls, readout: Tensor, hidden: tuple, state: tuple = ()) -> "NetworkOutput":
        """Make the pair, and keep ``state`` beside it."""
        made = super().__new__(cls, readout, hidden)
        made.state = tuple(state)
        return made


class SpikingNetwork(nn.Module):
    """Hidden layers of LIF neurons and a leaky readout: the network of most chapters.

    Parameters
    ----------
    sizes : sequence of int
        Inputs, hidden layers, outputs, such as ``(64, 100, 10)``. With two entries there is
        no hidden layer.
    neuron : LIFNeuron or sequence of LIFNeuron
        The neuron of all hidden layers, or one for each; the readout has the time constants of the
        last, or their means where its neurons differ.
    recurrent : bool or sequence of bool
        Whether hidden layers have recurrent weights, one answer for all or one for each.
    input_rate, hidden_rate : float
        Mean rates in Hz of one input and of one hidden neuron, above 0 and below 1/dt, used once:
        the initial weights are such that hidden neurons fire at ``hidden_rate`` while independent
        inputs fire at ``input_rate``, and that a first loss of C classes is near ln C.
    recurrent_rate : float, optional
        As in :class:`RecurrentLIF`; ``hidden_rate`` when not given.
    std, readout_std : float, optional
        Standard deviations of the membranes of hidden layers and readout, without reset; then
        the weights are those of :func:`fluctuation_driven_`, whatever rates follow. ``std``
        alone says both.
    learn, spread
        As in :class:`LIF`, for every hidden layer; time constants of the readout learn too.
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

    A stream, step by step:

    >>> state = None
    >>> for spikes in torch.zeros(3, 1, 8, 64):
    ...     out = network(spikes, state=state)
    ...     state = out.state

    Paper sections I and II; chapters 1 and 2.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        neuron: LIFNeuron | Sequence[LIFNeuron] = DEFAULT_NEURON,
        *,
        recurrent: bool | Sequence[bool] = False,
        input_rate: float = 10.0,
        hidden_rate: float = 10.0,
        recurrent_rate: float | None = None,
        std: float | None = None,
        readout_std: float | None = None,
        learn: Sequence[str] = (),
        spread: float = 0.0,
        generator: torch.Generator | None = None,
        kernel: str = "auto",
        checkpoint: int | None = None,
    ) -> None:
        super().__init__()
        sizes = check_sizes(sizes)
        each = _each_neuron(neuron, len(sizes) - 2)
        neuron, learn = each[-1], check_learn(learn, each[-1])
        loops = _each_recurrent(recurrent, len(sizes) - 2)
        own = hidden_rate if recurrent_rate is None else recurrent_rate
        rates = {"input_rate": input_rate, "hidden_rate": hidden_rate, "recurrent_rate": own}
        for name, rate in rates.items():
            check_rate(name, rate, neuron.dt)
        for name, value in (("std", std), ("readout_std", readout_std)):
            if value is not None:
                check_positive(name, value)
        if std is None:
            begin = _start(each, sizes, loops, Rates(*rates.values()))
        else:
            begin = Start((std,) * len(loops), std)
        shared = {"generator": generator, "kernel": kernel, "spread": spread}
        before = [input_rate] + [hidden_rate] * len(loops)
        self.hidden = nn.ModuleList()
        for k, (loop, fan_in, size) in enumerate(zip(loops, sizes, sizes[1:], strict=False)):
            kind = RecurrentLIF if loop else LIF
            extra = {"recurrent_rate": own} if loop else {}
            options = {"rate": hidden_rate, "std": begin.hidden[k], "checkpoint": checkpoint}
            options |= {"input_rate": before[k], "learn": learn, **shared, **extra}
            self.hidden.append(kind(fan_in, size, each[k], **options))
        wide = begin.readout if readout_std is None else readout_std
        slow = tuple(name for name in learn if name in ("tau_mem", "tau_syn"))
        shared["spread"] = spread if slow else 0.0
        readout = {"input_rate": before[-1], "std": wide, "learn": slow, **shared}
        self.readout = LeakyReadout(*sizes[-2:], typical(neuron).leaky, **readout)

    def forward(
        self,
        spikes: Tensor | Events,
        record: bool | None = None,
        state: Sequence[Any] | None = None,
    ) -> NetworkOutput:
        """Run the network over input spikes (T, B, inputs), from ``state`` or from rest."""
        self._check_steps()
        states, records = self._states(state), []
        for layer, begin in zip(self.hidden, states, strict=False):
            given = {} if begin is None else {"state": begin}
            records.append(layer(spikes, record=record, **given))
            spikes = records[-1].spikes
        last = self.readout(spikes, *([] if states[-1] is None else states[-1:]))
        after = (getattr(record, "state", None) for record in (*records, last))
        return NetworkOutput(last.mem, tuple(records), tuple(after))

    def _states(self, state: Sequence[Any] | None) -> list:
        """Return the state of each layer, None for rest, or raise."""
        count = len(self.hidden) + 1
        if state is None:
            return [None] * count
        if not isinstance(state, (tuple, list)) or hasattr(state, "_fields"):
            raise TypeError(
                f"state is a {type(state).__name__}; the state of an earlier output is accepted, "
                "a tuple with one entry a layer"
            )
        if len(state) != count:
            raise ValueError(
                f"state has {len(state)} entries; {count} are accepted, one a hidden layer and "
                "that of the readout"
            )
        return [*state]

    def _check_steps(self) -> None:
        """Raise unless all layers have one time step; a layer may have been exchanged."""
        layers = (*self.hidden, self.readout)
        steps = [
            layer.time_step if isinstance(layer, WithNeuron) else layer.neuron.dt
            for layer in layers
            if isinstance(layer, WithNeuron) or hasattr(layer, "neuron")
        ]
        if len(set(steps)) > 1:
            given = ", ".join(map(repr, steps))
            raise ValueError(
                f"dt is {given} in the layers; one time step for all of them is accepted"
            )

    def with_neuron(self, **changes: Any) -> "SpikingNetwork":
        """Return a network that shares these weights, with other neurons in its hidden layers.

        Parameters
        ----------
        **changes
            Fields of :class:`LIFNeuron`, such as ``reset_gradient=True``. The time step ``dt`` is
            changed in the readout too; its time constants stay.

        Returns
        -------
        SpikingNetwork
            Its parameters are the same objects; this network is not changed.

        Raises
        ------
        TypeError, ValueError
            If a change is no field of the neuron, or one that differs between neurons or learns.

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

        other = copy.copy(self)
        other._modules = dict(self._modules)
        other.hidden = nn.ModuleList(layer.changed(**changes) for layer in self.hidden)
        if "dt" in changes:
            other.readout = self.readout.changed(dt=changes["dt"])
        return other


def _each_neuron(neuron, layers: int) -> tuple[LIFNeuron, ...]:
    """Return the neuron of each hidden layer, given one for all or one for each."""
    if isinstance(neuron, (list, tuple)):
        if len(neuron) != layers or not neuron:
            raise ValueError(
                f"neuron has {len(neuron)} entries; {layers} are accepted, one a hidden layer"
            )
        each = tuple(neuron)
    else:
        each = (neuron,) * max(layers, 1)
    for one in each:
        check_lif(one)
    return each


def _start(each, sizes, loops, rates: Rates) -> Start:
    """Return where the layers start; with neurons of several kinds each for itself."""
    if all(one == each[0] for one in each):
        return start(each[0], sizes, loops, rates)
    found, below = [], rates.input
    for k, (neuron, loop) in enumerate(zip(each, loops, strict=True)):
        alone = (*sizes[k : k + 2], 0)
        found += start(neuron, alone, (loop,), rates._replace(input=below)).hidden
        below = rates.hidden
    return Start(tuple(found), readout_std(each[-1], rates.hidden))


def check_sizes(sizes: Sequence[int], fewest: int = 2) -> tuple[int, ...]:
    """Return the sizes of layers as integers, or raise unless each is a whole number above 0."""
    if isinstance(sizes, (str, bytes, Tensor)) or not isinstance(sizes, (Sequence, np.ndarray)):
        raise TypeError(
            f"sizes is a {type(sizes).__name__}; a sequence of whole numbers is accepted, "
            "such as (64, 100, 10)"
        )
    if len(sizes) < fewest:
        raise ValueError(f"sizes is {tuple(sizes)}; at least inputs and outputs are accepted")
    for k, size in enumerate(sizes):
        check_integer(f"sizes[{k}]", size, 1)
    return tuple(int(size) for size in sizes)


def _each_recurrent(recurrent, layers: int) -> tuple[bool, ...]:
    """Return whether each hidden layer is recurrent, given one answer or one for each."""
    if isinstance(recurrent, (Sequence, np.ndarray)) and not isinstance(recurrent, (str, bytes)):
        each = tuple(bool(x) if isinstance(x, np.bool_) else x for x in recurrent)
        for k, one in enumerate(each):
            check_flag(f"recurrent[{k}]", one)
        if len(each) != layers:
            raise ValueError(
                f"recurrent has {len(each)} entries; {layers} are accepted, one a hidden layer"
            )
        return each
    check_flag("recurrent", recurrent)
    return (recurrent,) * layers
