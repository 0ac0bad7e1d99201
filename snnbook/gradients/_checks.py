"""What a learning rule looks at before it begins: the network, its input, and its errors."""

from collections.abc import Sequence

import numpy as np
from torch import Tensor, nn

from snnbook._validate import (
    check_constants_are_numbers,
    check_finite,
    check_integer,
    check_kind,
    check_same_kind,
    check_shape,
    check_time_first,
)
from snnbook.neurons import LIF, LeakyReadout, SpikingNetwork
from snnbook.training import StepError


def check_run(network: SpikingNetwork, spikes: Tensor) -> None:
    """Raise unless the network is a :class:`SpikingNetwork` of LIF neurons that takes these spikes.

    All is looked at before a rule begins: shapes and dtypes, and that spikes and weights are
    finite, since what is compared with a threshold turns NaN into silence.
    """
    check_network(network)
    check_finite_run(network, spikes, next(network.parameters()))


def check_finite_run(network: nn.Module, spikes: Tensor, weight: Tensor) -> None:
    """Raise unless spikes fit the first weight of a network, and all of them are finite.

    >>> import torch
    >>> check_finite_run(torch.nn.Linear(2, 2), torch.ones(5, 1, 3), torch.ones(2, 2))
    Traceback (most recent call last):
    ...
    ValueError: spikes has shape (5, 1, 3); its neuron axis (the last) has 3 entries, 2 are accepted
    """
    check_time_first("spikes", spikes, features=weight.shape[1])
    check_same_kind("spikes", spikes, like=weight)
    if 0 in spikes.shape[:2]:
        raise ValueError(
            f"spikes has shape {tuple(spikes.shape)}; at least one step and one sample are accepted"
        )
    check_finite("spikes", spikes, steps=True)
    for name, weight in network.named_parameters():
        check_finite(name, weight.detach())


def check_network(network: SpikingNetwork) -> None:
    """Raise unless the network is a :class:`SpikingNetwork` whose layers the rules know.

    Examples
    --------
    >>> import torch
    >>> check_network(torch.nn.Linear(2, 2))
    Traceback (most recent call last):
    ...
    TypeError: network is a Linear; a SpikingNetwork is accepted

    Chapter 3.
    """
    check_kind("network", network, SpikingNetwork)
    for i, layer in enumerate(network.hidden):
        if not isinstance(layer, LIF):
            raise TypeError(
                f"network.hidden[{i}] is a {type(layer).__name__}; a layer of LIF neurons "
                "is accepted"
            )
    if not isinstance(network.readout, LeakyReadout):
        given = type(network.readout).__name__
        raise TypeError(f"network.readout is a {given}; a LeakyReadout is accepted")
    for i, layer in enumerate(network.hidden):
        check_constants_are_numbers(layer.neuron, f"network.hidden[{i}].neuron")
    check_constants_are_numbers(network.readout.neuron, "network.readout.neuron")


def error_at(error: StepError, readout: Tensor, n: int) -> Tensor:
    """Return the error of step n, (B, C), or raise unless it is finite and fits the readout.

    Examples
    --------
    >>> import torch
    >>> error_at(lambda readout, n: readout * torch.nan, torch.zeros(1, 2), 3)
    Traceback (most recent call last):
    ...
    ValueError: error holds NaN or infinity, first at step 3; finite values are accepted

    Chapter 3.
    """
    if not callable(error):
        raise TypeError(
            f"error is a {type(error).__name__}; a StepError is accepted, "
            "such as step_cross_entropy gives"
        )
    wrong = error(readout, n)
    check_shape("error", wrong, tuple(readout.shape), readout)
    check_finite("error", wrong, first=n)
    return wrong


def check_sizes(sizes: Sequence[int], fewest: int = 2) -> None:
    """Raise unless ``sizes`` are whole numbers above 0: inputs, layers, outputs.

    Examples
    --------
    >>> check_sizes((3, 0, 2))
    Traceback (most recent call last):
    ...
    ValueError: sizes is 0; a whole number of at least 1 is accepted

    Chapter 3.
    """
    if (
        not isinstance(sizes, (Sequence, np.ndarray))
        or isinstance(sizes, str)
        or len(sizes) < fewest
    ):
        raise ValueError(f"sizes is {sizes!r}; at least inputs and outputs are accepted")
    for size in sizes:
        check_integer("sizes", size, 1)
