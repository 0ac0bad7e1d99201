r"""Spreads of weights with which layers start near a stated rate (paper section II, chapter 2).

A zero-mean weight W moves a membrane in two ways: it makes it fluctuate, which
:func:`snnbook.neurons.fluctuation_driven_` counts, and it pushes it by
:math:`\sum_j W_{ij} p_j`, a constant that differs from neuron to neuron. The rate depends on both,
on the reset, and on how unequal the rates of the layer below are; no closed form has all four. So a
pilot population of the same neurons is simulated once for each setting, and its weights are scaled
until it fires as asked. Its random numbers are fixed and its sums are exact, so that the answer is
the same on every machine.
"""

import math
from functools import lru_cache
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from snnbook.neurons._lif import mean_of

#: Neurons of a pilot population, and spike trains that it sees.
POOL = 192
#: Steps in which a pilot's spikes are counted, and the most that it is given to settle.
COUNTED, SETTLING = 500, 600
#: Share of the membrane's variance that the input brings; the rest comes from recurrent spikes
#: (Rossbroich, Gygax and Zenke 2022).
INPUT_SHARE = 0.9
#: Largest gain of recurrent weights; below 1 their spikes cannot keep a layer active by themselves.
RECURRENT_GAIN = 0.5
#: Standard deviation of a readout over weights and time, in units of the membrane.
READOUT_STD = 0.25
#: A membrane slower than this, in seconds, settles in no run, and is taken for one of this speed.
HORIZON = 1.0


class Constants(NamedTuple):
    """What a pilot needs of a neuron: dt/tau of synapse, membrane and adaptation, and the rest.

    A share ``adaptive`` has a threshold that each spike raises by ``jump``.
    """

    syn: float
    mem: float
    adapt: float
    threshold: float
    reset: str
    jump: float = 0.0
    adaptive: float = 1.0


class Stack(NamedTuple):
    """Layers up to the one in question: (inputs, neurons if recurrent), and spikes per step."""

    constants: Constants
    layers: tuple[tuple[int, int | None], ...]
    inputs: float
    hidden: float
    recurrent: float


class Pilot(NamedTuple):
    """Spreads of W and V (None without recurrence), what a neuron sends per step, its trains."""

    weight: float
    recurrent: float | None
    reached: float
    trains: np.ndarray


def decays(neuron) -> tuple[float, float]:
    """Return the exponents dt/tau of synapse and membrane, of time constants up to the horizon."""
    return tuple(
        neuron.dt / min(tau, HORIZON) for tau in (mean_of(neuron.tau_syn), mean_of(neuron.tau_mem))
    )


def kernel_sums(neuron) -> tuple[float, float]:
    """Return the sum of the PSP kernel and the sum of its square, in closed form."""
    return _sums(*decays(neuron))


def _sums(syn: float, mem: float) -> tuple[float, float]:
    area = 1 / (math.expm1(-syn) * math.expm1(-mem))
    squares = math.expm1(-(syn + mem)) * math.expm1(-2 * syn) * math.expm1(-2 * mem)
    return area, -(1 + math.exp(-(syn + mem))) / squares


def constants_of(neuron, adaptive: float = 1.0) -> Constants:
    """Return what a pilot needs of a neuron."""
    jump = mean_of(getattr(neuron, "strength", 0.0))
    adapt = neuron.dt / mean_of(getattr(neuron, "tau_adapt", math.inf))
    return Constants(
        *decays(neuron), adapt, mean_of(neuron.threshold), neuron.reset, jump, adaptive
    )


def steps_in_one(stack: Stack) -> int:
    """Return how many steps a pilot may take at once.

    A smooth membrane needs no step far below its time constants, if few neurons spike in it.
    """
    smooth = int(0.05 / max(stack.constants.syn, stack.constants.mem))
    return max(min(smooth, int(0.1 / max(stack.inputs, stack.hidden))), 1)


@lru_cache(maxsize=128)
def pilot(stack: Stack) -> Pilot:
    """Return the spreads of the last layer of a stack, and what its pilot population sends."""
    fan_in, own = stack.layers[-1]
    if fan_in == 0 or own == 0:
        trains = _poisson(stack, stack.hidden)
        return Pilot(1.0, None if own is None else 1.0, stack.hidden, trains)
    constants, below = stack.constants, _below(stack)
    rng, jump = np.random.RandomState(len(stack.layers)), steps_in_one(stack)
    shares = below.mean(0, dtype=np.float64)
    weight, stretch = _weights(rng, fan_in, shares)
    unit = math.sqrt(fan_in * _moment(constants, shares / jump))
    if unit == 0:
        return Pilot(1.0, None if own is None else 1.0, 0.0, below)
    coarse = _coarse(constants, jump)
    drive = (below @ weight.T) * np.float32(stretch / math.sqrt(fan_in * _moment(coarse, shares)))
    loop = None if own is None else _Loop(rng, own, stack, jump)
    wanted = stack.hidden * jump
    low, high = 0.02, 1000.0
    for count, around in ((10, None), (8, loop)):  # the membrane's deviation is the scale
        scales = np.geomspace(low if around is None else low / 1.3, high, count)
        rates = _fire(drive, coarse, scales, around)[0]
        wanted = min(wanted, 0.95 * float(rates.max()))
        k = max(int(np.argmax(rates >= wanted)), 1)
        low, high = scales[k - 1 : k + 1]
    part = _place(wanted, *rates[k - 1 : k + 1])
    scale = float(f"{low * (high / low) ** part:.3g}")
    trains = _fire(drive, coarse, np.array([scale]), loop, keep=True)[1]
    return Pilot(scale / unit, loop and float(loop.spread(scale)), wanted / jump, trains)


@lru_cache(maxsize=128)
def readout_spread(stack: Stack, fan_in: int) -> float:
    """Return the spread of a readout's weights, which reads what a stack's last layer sends."""
    trains = pilot(stack).trains
    jump = steps_in_one(stack)
    coarse = _coarse(stack.constants, jump)
    alpha, beta = np.float32(math.exp(-coarse.syn)), np.float32(math.exp(-coarse.mem))
    current, potential, square = (np.zeros(POOL, np.float32) for _ in range(3))
    for n, spikes in enumerate(trains):
        if n >= len(trains) - COUNTED:
            square += potential * potential
        potential = beta * potential + current
        current = alpha * current + spikes
    shares = trains[-COUNTED:].mean(0, dtype=np.float64)
    if fan_in == 0 or not shares.any():
        return 1.0
    square = float(square.mean()) / COUNTED
    square *= _moment(stack.constants, shares / jump) / _moment(coarse, shares)
    return float(f"{READOUT_STD / math.sqrt(fan_in * square):.3g}")


class _Loop:
    """Recurrent weights of a pilot population, for every scale of the membrane."""

    def __init__(self, rng, own: int, stack: Stack, jump: int) -> None:
        constants, coarse = stack.constants, _coarse(stack.constants, jump)
        weight, stretch = _weights(rng, own, np.zeros(POOL))
        self.weight, self.stretch = weight.T.copy(), stretch
        moment = _moment(constants, np.array([stack.recurrent]))
        self.share = math.sqrt((1 / INPUT_SHARE - 1) / (own * moment))
        alone = -math.expm1(-constants.syn)
        alone *= 1 if constants.reset != "none" else -math.expm1(-constants.mem)
        self.most = RECURRENT_GAIN * constants.threshold * alone / math.sqrt(own)
        # A coarser step hears the same spike as a stronger one.
        self.stretch *= math.expm1(-coarse.syn) / math.expm1(-constants.syn)

    def spread(self, scale):
        """Return the spread of V: its share of the variance, or what keeps the layer stable."""
        return np.minimum(self.share * scale, self.most)

    def heard(self, spikes: np.ndarray, scales: np.ndarray) -> np.ndarray:
        """Return the recurrent input of every neuron, in units of the scale."""
        factor = self.stretch * self.spread(scales) / scales
        return (spikes @ self.weight) * factor[:, None].astype(np.float32)


def _fire(drive, constants: Constants, scales: np.ndarray, loop, keep: bool = False):
    """Run the pilot at every scale (G,): spikes per neuron and step (G,), and the last trains."""
    steps = len(drive)
    exponents = constants.syn, constants.mem, constants.adapt
    alpha, beta, rho = (np.float32(math.exp(-x)) for x in exponents)
    unit = np.float32(1) / scales.astype(np.float32)[:, None]
    threshold = np.repeat(constants.threshold * unit, POOL, 1)
    jump = constants.jump * unit * (np.arange(POOL) < constants.adaptive * POOL)
    jump = jump.astype(np.float32) if constants.jump else None
    mem, syn = np.zeros_like(threshold), np.zeros_like(drive[0] if loop is None else threshold)
    adapt, total = np.zeros_like(threshold), np.zeros_like(threshold)
    trains = np.zeros_like(drive) if keep else None
    for n in range(steps):
        fired = mem > (threshold if jump is None else threshold + adapt)
        spikes = fired.astype(np.float32)
        if keep:
            trains[n] = spikes[-1]
        if n >= steps - COUNTED:
            total += spikes
        mem *= beta
        mem += syn
        if constants.reset == "subtract":
            mem -= threshold * spikes
        elif constants.reset == "zero":
            mem[fired] = 0
        syn = alpha * syn + drive[n]
        if loop is not None:
            syn += loop.heard(spikes, scales)
        if jump is not None:
            adapt = rho * adapt + jump * spikes
    return total.mean(1) / COUNTED, trains


def _below(stack: Stack) -> np.ndarray:
    """Return the trains that the last layer of a stack sees, (T, POOL)."""
    if len(stack.layers) == 1:
        return _poisson(stack, stack.inputs)
    trains = pilot(stack._replace(layers=stack.layers[:-1])).trains
    return trains if trains.any() else _poisson(stack, stack.hidden)


def _poisson(stack: Stack, share: float) -> np.ndarray:
    """Return trains that spike with the probability ``share`` in each step, (T, POOL)."""
    jump, c = steps_in_one(stack), stack.constants
    settling = int(min(4 / (min(c.syn, c.mem) * jump) + 20, SETTLING))
    drawn = np.random.RandomState(0).random_sample((settling + COUNTED, POOL))
    return (drawn < share * jump).astype(np.float32)


def _coarse(constants: Constants, jump: int) -> Constants:
    """Return the constants of a time step that is ``jump`` times as long."""
    longer = {name: getattr(constants, name) * jump for name in ("syn", "mem", "adapt")}
    return constants._replace(**longer)


def _weights(rng, fan_in: int, shares: np.ndarray) -> tuple[np.ndarray, float]:
    """Return normal weights (POOL, POOL) with at most ``fan_in`` a row, and what is left to scale.

    The pushes by inputs of these spike ``shares`` are set to the quantiles of their distribution,
    because a sample of so few would be uncertain. Weights are multiples of 1/1024: their sums are
    exact, whatever the order.
    """
    kept = min(fan_in, POOL)
    weight = rng.standard_normal((POOL, POOL))
    mask = rng.random_sample((POOL, POOL)).argsort(1) < kept
    norm = np.sqrt((mask * shares**2).sum(1, keepdims=True))
    if norm.all():
        normal = NormalDist()
        grid = np.array([normal.inv_cdf((k + 0.5) / POOL) for k in range(POOL)])
        push = ((weight * mask) @ shares)[:, None] / norm
        wanted = grid[push[:, 0].argsort().argsort()][:, None]
        weight = weight + (wanted - push) * shares / norm
    weight = np.round(weight * mask * 1024) / 1024
    return weight.astype(np.float32), math.sqrt(fan_in / kept)


def _moment(constants: Constants, shares: np.ndarray) -> float:
    """Return the mean square of the response to Poisson trains of these spikes per step."""
    area, energy = _sums(constants.syn, constants.mem)
    shares = np.asarray(shares, dtype=np.float64)
    return float((shares * (1 - shares) * energy + (shares * area) ** 2).mean())


def _place(wanted: float, low: float, high: float) -> float:
    """Return where in a bracket of scales a rate lies, from 0 to 1, on logarithmic axes."""
    if low <= 0 or not low < high:
        return 0.5
    return min(max(math.log(wanted / low) / math.log(high / low), 0.0), 1.0)
