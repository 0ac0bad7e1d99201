r"""The LIF neuron in continuous time, event by event (paper section II, chapter 2).

Between two input spikes the membrane is a sum of two exponentials, so the state is known in
closed form and the threshold crossing is found to machine precision. There is no time step.
The discrete model of :mod:`snnbook.neurons` is measured against this one.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from snnbook._validate import check_positive
from snnbook.neurons import LIFNeuron
from snnbook.spike_times._membrane import course, crossing


class ExactRecord(NamedTuple):
    """Spike times (K,) in seconds, and ``mem`` and ``syn`` at the sample times, float64."""

    spike_times: np.ndarray
    mem: np.ndarray
    syn: np.ndarray


def simulate_exact(
    input_times: Sequence[float],
    weights: Sequence[float] | float,
    neuron: LIFNeuron,
    *,
    duration: float,
    bias: float = 0.0,
    sample_times: Sequence[float] = (),
) -> ExactRecord:
    r"""Simulate one LIF neuron exactly, in continuous time.

    .. math::

        \tau_\text{mem} \dot U = -U + I + I_0, \qquad
        \tau_\text{syn} \dot I = -I + \tau_\text{syn} \sum_j w_j\, \delta(t - t_j),

    with :math:`U \to U - \theta` when :math:`U` reaches :math:`\theta` from below.
    A weight :math:`w` here is the weight :math:`(1-\beta)\,w` of the discrete model,
    whose current enters with unit gain; the same holds for the bias.

    Parameters
    ----------
    input_times : sequence of float
        Times of input spikes in seconds, ascending, at least 0.
    weights : float or sequence of float
        The jump of I at each input spike; one number for all, or one each.
    neuron : LIFNeuron
        Time constants and threshold; ``dt`` is not used.
    duration : float
        Length of the simulation in seconds, above 0.
    bias : float
        Constant current :math:`I_0`.
    sample_times : sequence of float
        Ascending times from 0 to ``duration`` at which to record U and I (after a jump that
        falls on the same time).

    Returns
    -------
    ExactRecord

    Raises
    ------
    ValueError
        If times are not ascending, out of range or not finite, or lengths differ.

    Notes
    -----
    The subtractive reset and the reset to zero are the same here, because U equals the
    threshold when it spikes. They differ only in discrete time, by the overshoot.

    Examples
    --------
    A constant current 2 crosses threshold 1 after :math:`\tau_\text{mem} \ln 2`, again and again:

    >>> neuron = LIFNeuron(tau_mem=10e-3)
    >>> out = simulate_exact([], 0.0, neuron, duration=0.02, bias=2.0)
    >>> [round(float(t) * 1e3, 6) for t in out.spike_times]
    [6.931472, 13.862944]

    Paper section II; chapter 2; ``eq-04a-threshold``.
    """
    check_positive("duration", duration)
    check_positive("neuron.tau_mem", neuron.tau_mem)
    times = _ascending("input_times", input_times, duration)
    samples = _ascending("sample_times", sample_times, duration)
    jumps = (
        np.broadcast_to(np.asarray(weights, dtype=float), times.shape)
        if (np.ndim(weights) == 0)
        else np.asarray(weights, dtype=float)
    )
    if jumps.shape != times.shape:
        raise ValueError(f"weights has shape {jumps.shape}; {times.shape} is accepted")
    if not (np.isfinite(jumps).all() and math.isfinite(bias)):
        raise ValueError("weights or bias hold NaN or infinity; finite values are accepted")

    spikes: list[float] = []
    record = np.zeros((2, len(samples)))
    constants = neuron.tau_mem, neuron.tau_syn
    mem = syn = now = 0.0
    for time, jump in [*zip(times.tolist(), jumps.tolist(), strict=True), (duration, 0.0)]:
        while True:
            gap = crossing(mem - bias, syn, neuron.threshold - bias, time - now, *constants)
            end = time if gap < 0 else now + gap
            inside = (samples >= now) & (samples < end)
            record[:, inside] = _state(mem, syn, samples[inside] - now, bias, constants)
            if gap < 0:
                break
            spikes.append(end)
            mem, syn, now = 0.0, syn * math.exp(-gap / neuron.tau_syn), end
        mem, syn = (float(x) for x in _state(mem, syn, time - now, bias, constants))
        syn, now = syn + jump, time
    record[:, samples == duration] = [[mem], [syn]]
    return ExactRecord(np.array(spikes), *record)


def _state(mem: float, syn: float, gap, bias: float, constants: tuple[float, float]):
    """Return U and I a time ``gap``, a number or an array, after they were ``mem`` and ``syn``."""
    return bias + course(mem - bias, syn, gap, *constants), syn * np.exp(-gap / constants[1])


def _ascending(name: str, times: Sequence[float], duration: float) -> np.ndarray:
    array = np.asarray(times, dtype=float).reshape(-1)
    if not np.isfinite(array).all() or (array < 0).any() or (array > duration).any():
        raise ValueError(
            f"{name} holds values outside 0 .. {duration} s; values in it are accepted"
        )
    if (np.diff(array) < 0).any():
        raise ValueError(f"{name} is not ascending; ascending times are accepted")
    return array
