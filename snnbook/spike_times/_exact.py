r"""The LIF neuron in continuous time, event by event (paper section II, chapter 2).

Between two input spikes the membrane is a sum of two exponentials, so the state is known in
closed form and the threshold crossing is found to machine precision. There is no time step.
The discrete model of :mod:`snnbook.neurons` is measured against this one.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from snnbook._validate import (
    check_constants_are_numbers,
    check_integer,
    check_kind,
    check_positive,
    is_number,
)
from snnbook.neurons import LIFNeuron
from snnbook.spike_times._guard import check_array
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
    max_spikes: int = 10_000,
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
    max_spikes : int
        A run with more spikes than this is stopped with an error.

    Returns
    -------
    ExactRecord

    Raises
    ------
    ValueError
        If times are not ascending, out of range or not finite, if lengths differ, or if the
        neuron spikes without end.

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
    check_kind("neuron", neuron, LIFNeuron)
    check_constants_are_numbers(neuron)
    check_positive("duration", duration)
    check_integer("max_spikes", max_spikes, 0)
    if not is_number(bias):
        raise TypeError(f"bias is {bias!r}; a number is accepted")
    check_positive("neuron.tau_mem", neuron.tau_mem)
    times = _ascending("input_times", input_times, duration)
    samples = _ascending("sample_times", sample_times, duration)
    jumps = np.asarray(weights)
    if jumps.ndim == 0:
        jumps = np.broadcast_to(jumps, times.shape)
    jumps = check_array("weights", jumps, times.shape, finite=False).astype(float)
    if not (np.isfinite(jumps).all() and math.isfinite(bias)):
        raise ValueError("weights or bias hold NaN or infinity; finite values are accepted")

    spikes: list[float] = []
    record = np.zeros((2, len(samples)))
    constants = neuron.tau_mem, neuron.tau_syn
    mem = syn = now = 0.0
    for time, jump in [*zip(times.tolist(), jumps.tolist(), strict=True), (duration, 0.0)]:
        while True:  # ends after ``max_spikes`` turns
            gap = crossing(mem - bias, syn, neuron.threshold - bias, time - now, *constants)
            end = time if gap < 0 else now + gap
            inside = (samples >= now) & (samples < end)
            record[:, inside] = _state(mem, syn, samples[inside] - now, bias, constants)
            if gap < 0:
                break
            spikes.append(end)
            if len(spikes) > max_spikes:
                raise ValueError(
                    f"the neuron spikes more than max_spikes = {max_spikes} times before duration "
                    f"= {duration:g}; smaller weights or a larger max_spikes are accepted"
                )
            mem, syn, now = 0.0, syn * math.exp(-gap / neuron.tau_syn), end
        mem, syn = (float(x) for x in _state(mem, syn, time - now, bias, constants))
        syn, now = syn + jump, time
    record[:, samples == duration] = [[mem], [syn]]
    return ExactRecord(np.array(spikes), *record)


def _state(mem: float, syn: float, gap, bias: float, constants: tuple[float, float]):
    """Return U and I a time ``gap``, a number or an array, after they were ``mem`` and ``syn``."""
    return bias + course(mem - bias, syn, gap, *constants), syn * np.exp(-gap / constants[1])


def _ascending(name: str, times: Sequence[float], duration: float) -> np.ndarray:
    array = check_array(name, np.asarray(times), (None,), finite=False).astype(float)
    if not np.isfinite(array).all() or (array < 0).any() or (array > duration).any():
        raise ValueError(
            f"{name} holds values outside 0 .. {duration} s; values in it are accepted"
        )
    if (np.diff(array) < 0).any():
        raise ValueError(f"{name} is not ascending; ascending times are accepted")
    return array
