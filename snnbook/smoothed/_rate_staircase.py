"""The f-I curve of the discrete LIF neuron: exact, and counted (paper section IV.A.3)."""

import math
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from snnbook._validate import (
    check_constants_are_numbers,
    check_generator,
    check_integer,
    check_kind,
    is_number,
)
from snnbook.neurons import DEFAULT_NEURON, LIFNeuron, LIFState, run
from snnbook.smoothed._rate_curves import check_mean

#: Membrane time constants after which beta**j = exp(-42) = 6e-19 no longer changes a float64 sum.
LASTING = 42
#: The longest membrane time constant, in steps: the sum of a longer one does not fit in memory.
LONGEST = 100_000
#: How closely :func:`discrete_rate` finds the spikes per step.
TOLERANCE = 1e-15


def staircase_mean(share: np.ndarray, neuron: LIFNeuron = DEFAULT_NEURON) -> np.ndarray:
    r"""Return the mean potential at which the discrete neuron spikes in a given share of steps.

    .. math::

        \mu(\rho) = \theta \Bigl[ 1 + (1 - \beta) \sum_{j \ge 2} \beta^{j-2}
                    \lfloor j \rho \rfloor \Bigr], \qquad 0 \le \rho < 1 .

    The inverse of the f-I curve of the discrete LIF neuron with subtractive reset, exactly.
    It jumps at every rational :math:`\rho`, so the f-I curve has a step at every rational rate
    and is flat almost everywhere.

    Parameters
    ----------
    share : array
        :math:`\rho`, spikes per step, at least 0 and below 1.
    neuron : LIFNeuron
        Membrane time constant, time step and threshold.

    Returns
    -------
    array
        The highest mean potential with this share, float64.

    Examples
    --------
    With beta = 1/2: below 1 the neuron is silent, and every other step it spikes up to 7/3.

    >>> half = LIFNeuron(tau_mem=1 / math.log(2), dt=1.0)
    >>> staircase_mean(np.array([0.0, 0.5]), half).round(4)
    array([1.    , 2.3333])

    Chapter 4c; ``eq-04c-stairs``.
    """
    share = np.asarray(share)
    if share.dtype.kind not in "iuf":
        raise TypeError(f"share has dtype {share.dtype}; real numbers are accepted")
    check_kind("neuron", neuron, LIFNeuron)
    check_constants_are_numbers(neuron)
    share = share.astype(float)
    if not ((share >= 0) & (share < 1)).all():
        raise ValueError("share holds values outside 0 <= share < 1; values in it are accepted")
    if neuron.tau_mem > LONGEST * neuron.dt:
        raise ValueError(
            f"neuron.tau_mem is {neuron.tau_mem:g} s; at most {LONGEST} steps of dt = "
            f"{neuron.dt:g} s are accepted, because the sum runs over {LASTING} time constants"
        )
    beta = neuron.beta
    j = np.arange(2, 2 + math.ceil(LASTING * neuron.tau_mem / neuron.dt))
    floors = np.floor(share[..., None] * j)
    return neuron.threshold * (1 + (1 - beta) * (floors @ beta ** (j - 2.0)))


def discrete_rate(mean: Tensor, neuron: LIFNeuron = DEFAULT_NEURON) -> Tensor:
    """Return the exact long-run rate of the discrete LIF neuron at a constant mean potential.

    The inverse of :func:`staircase_mean`, by bisection to 1e-15 spikes per step.

    Parameters
    ----------
    mean : Tensor
        Mean potential, any shape, floating point.
    neuron : LIFNeuron
        Membrane time constant, time step and threshold; subtractive reset.

    Returns
    -------
    Tensor
        Rate in Hz, float64, from 0 to 1/dt. Its derivative is zero almost everywhere.

    Examples
    --------
    With beta = 1/2 and one step per second, the mean potential 2 makes every other step spike:

    >>> half = LIFNeuron(tau_mem=1 / math.log(2), dt=1.0)
    >>> discrete_rate(torch.tensor([0.9, 2.0, 2.2, 3.1]), half).round(decimals=9)
    tensor([0.0000, 0.5000, 0.5000, 1.0000], dtype=torch.float64)

    Chapter 4c; ``eq-04c-stairs``.
    """
    check_mean(mean, neuron)
    wanted = mean.detach().double().cpu().numpy()
    low, high = np.zeros_like(wanted), np.ones_like(wanted)
    for _ in range(math.ceil(-math.log2(TOLERANCE))):  # each halves the interval from 0 to 1
        middle = (low + high) / 2
        below = staircase_mean(middle, neuron) < wanted
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    silent = wanted <= neuron.threshold
    return torch.from_numpy(np.where(silent, 0.0, high)) / neuron.dt


def count_rate(
    mean: Tensor,
    neuron: LIFNeuron = DEFAULT_NEURON,
    *,
    steps: int,
    skip: int = 0,
    std: float = 0.0,
    generator: torch.Generator | None = None,
) -> Tensor:
    r"""Simulate one neuron for each mean potential, and count its spikes.

    The drive is constant, the current starts at its final value and the membrane at 0. With
    ``std`` above 0 white noise is added to the membrane; the synapse is then instantaneous.

    Parameters
    ----------
    mean : Tensor
        Mean potentials, (N,), floating point.
    neuron : LIFNeuron
        The neuron.
    steps, skip : int
        Steps counted, at least 1, and steps before that are not counted.
    std : float
        Standard deviation that the noise would give the membrane without reset.
    generator : torch.Generator, optional
        Source of the noise; needed with ``std``.

    Returns
    -------
    Tensor
        Spikes divided by ``steps * dt``, in Hz, (N,).

    Examples
    --------
    Silent at 0.9 and, at 2.0, 12 spikes in 100 ms:

    >>> count_rate(torch.tensor([0.9, 2.0]), steps=100)
    tensor([  0., 120.])

    Chapter 4c.
    """
    check_mean(mean, neuron)
    check_integer("steps", steps, 1)
    check_integer("skip", skip, 0)
    if mean.dim() != 1:
        raise ValueError(f"mean has shape {tuple(mean.shape)}; (N,) is accepted")
    if not (is_number(std) and 0 <= std < math.inf):
        raise ValueError(f"std is {std!r}; a finite number of at least 0 is accepted")
    if generator is not None:
        check_generator(generator)
    if std:
        neuron = replace(neuron, tau_syn=neuron.dt / 50)
    current = mean.unsqueeze(0) * (1 - neuron.beta)
    drive = (current * (1 - neuron.alpha)).expand(skip + steps, 1, -1)
    if std:
        shape = (skip + steps, 1, len(mean))
        noise = torch.randn(shape, generator=generator, dtype=mean.dtype)
        drive = drive + std * math.sqrt(1 - neuron.beta**2) * noise
    state = LIFState(current, torch.zeros_like(current))
    spikes = run(neuron, drive.contiguous(), state=state, record=False).spikes
    return spikes[skip:, 0].sum(0) / (steps * neuron.dt)
