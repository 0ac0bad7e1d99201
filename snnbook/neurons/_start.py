"""Where a layer or a network starts: the standard deviations that its initial weights are given."""

import math
import warnings
from collections.abc import Sequence
from typing import NamedTuple

from snnbook.neurons._calibrate import (
    INPUT_SHARE,
    READOUT_STD,
    Stack,
    constants_of,
    kernel_sums,
    pilot,
    readout_spread,
)
from snnbook.neurons._init import check_rate

#: Spikes per step above which a rate out of reach is an error, whatever the inputs are.
NEAR_EVERY_STEP = 0.25


class Rates(NamedTuple):
    """Rates in Hz of one input, of one neuron, and those that recurrent weights expect."""

    input: float
    hidden: float
    recurrent: float | None = None


class Start(NamedTuple):
    """What :func:`fluctuation_driven_` is told: a ``std`` or a pair a layer, and the readout's."""

    hidden: tuple[float | tuple[float, float], ...]
    readout: float


def start(
    neuron,
    sizes: Sequence[int],
    recurrent: Sequence[bool],
    rates: Rates,
    *,
    adaptive: float = 1.0,
    name: str = "hidden_rate",
) -> Start:
    """Return the standard deviations with which hidden layers fire at ``rates.hidden``.

    ``sizes`` ends in the outputs; ``name`` is how the caller calls the rate of the neurons.
    """
    dt = neuron.dt
    own = rates.hidden if rates.recurrent is None else rates.recurrent
    check_rate("input_rate", rates.input, dt)
    check_rate(name, rates.hidden, dt)
    check_rate("recurrent_rate", own, dt)
    layers = tuple(
        (fan_in, size if loops else None)
        for fan_in, size, loops in zip(sizes[:-2], sizes[1:-1], recurrent, strict=True)
    )
    constants = constants_of(neuron, adaptive)
    found, stack = [], None
    for k, (fan_in, size) in enumerate(layers):
        stack = Stack(constants, layers[: k + 1], rates.input * dt, rates.hidden * dt, own * dt)
        weight, loop, reached, _ = pilot(stack)
        if reached < 0.7 * rates.hidden * dt:
            _out_of_reach(name, rates.hidden, reached / dt, dt)
        std = _as_std(neuron, weight, fan_in, rates.hidden if k else rates.input)
        found.append(std if size is None else (std, _as_std(neuron, loop, size, own)))
    if stack is None:
        return Start((), readout_std(neuron, rates.input))
    weight = readout_spread(stack, sizes[-2])
    return Start(tuple(found), _as_std(neuron, weight, sizes[-2], rates.hidden))


def _out_of_reach(name: str, rate: float, reached: float, dt: float) -> None:
    """Raise for a rate near 1/dt; warn of one that only these inputs do not drive."""
    if rate * dt > NEAR_EVERY_STEP:
        raise ValueError(
            f"{name} is {rate!r}; at most {reached:.3g} Hz is accepted at a time step of {dt!r} s, "
            "since weights of mean zero keep part of the neurons silent"
        )
    warnings.warn(
        f"{name} is {rate!r}, but with so few input spikes these neurons reach {reached:.3g} Hz",
        stacklevel=4,
    )


def readout_std(neuron, rate: float) -> float:
    """Return the ``std`` of a readout of Poisson inputs, whose pushes count as fluctuation too."""
    p, (area, energy) = rate * neuron.dt, kernel_sums(neuron)
    fluctuation = p * (1 - p) * energy
    return READOUT_STD * math.sqrt(fluctuation / (fluctuation + (p * area) ** 2))


def split(std: float) -> tuple[float, float]:
    """Return what the input and the recurrent spikes bring to a ``std``."""
    return math.sqrt(INPUT_SHARE) * std, math.sqrt(1 - INPUT_SHARE) * std


def _as_std(neuron, spread: float, fan_in: int, rate: float) -> float:
    """Return the standard deviation of the membrane that weights of a spread cause."""
    p, (_, energy) = rate * neuron.dt, kernel_sums(neuron)
    return float(spread * math.sqrt(max(fan_in, 1) * p * (1 - p) * energy))
