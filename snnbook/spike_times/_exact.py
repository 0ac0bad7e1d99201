r"""The LIF neuron in continuous time, event by event (paper section II, chapter 2).

Between two input spikes the membrane is a sum of two exponentials, so the state is known in
closed form and the threshold crossing is found to machine precision. There is no time step.
The discrete model of :mod:`snnbook.neurons` is measured against this one.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq

from snnbook._validate import check_positive
from snnbook.neurons import LIFParameters


class ExactRecord(NamedTuple):
    """Spike times (K,) in seconds, and ``mem`` and ``syn`` at the sample times, float64."""

    spike_times: np.ndarray
    mem: np.ndarray
    syn: np.ndarray


class _Segment(NamedTuple):
    """The free course of one neuron from ``start`` on: closed form, no input, no reset."""

    start: float
    mem0: float
    syn0: float
    bias: float
    tau_mem: float
    tau_syn: float

    def syn(self, t: float) -> float:
        return self.syn0 * math.exp(-(t - self.start) / self.tau_syn)

    def mem(self, t: float) -> float:
        s, gap = t - self.start, self.mem0 - self.bias
        decay = math.exp(-s / self.tau_mem)
        if math.isclose(self.tau_mem, self.tau_syn, rel_tol=1e-6):
            return self.bias + (gap + self.syn0 * s / self.tau_mem) * decay
        a = self.syn0 * self.tau_syn / (self.tau_syn - self.tau_mem)
        return self.bias + (gap - a) * decay + a * math.exp(-s / self.tau_syn)

    def extremum(self) -> float:
        """Return the time of the only extremum of ``mem``, or infinity."""
        gap = self.mem0 - self.bias
        if math.isclose(self.tau_mem, self.tau_syn, rel_tol=1e-6):
            s = self.tau_mem * (1 - gap / self.syn0) if self.syn0 else math.inf
        else:
            a = self.syn0 * self.tau_syn / (self.tau_syn - self.tau_mem)
            num, den = -a * self.tau_mem, (gap - a) * self.tau_syn
            if den == 0 or num / den <= 0:
                return math.inf
            s = math.log(num / den) / (1 / self.tau_syn - 1 / self.tau_mem)
        return self.start + s if s > 0 else math.inf

    def crossing(self, threshold: float, end: float) -> float | None:
        """Return the first time in (start, end] at which ``mem`` reaches the threshold."""
        turn = min(self.extremum(), end)
        pieces = [(self.start, turn), (turn, end)]  # mem is monotone on each
        for low, high in pieces:
            if high > low and self.mem(low) < threshold <= self.mem(high):
                return brentq(lambda t: self.mem(t) - threshold, low, high, xtol=1e-16, rtol=1e-14)
        return None


def simulate_exact(
    input_times: Sequence[float],
    weights: Sequence[float] | float,
    params: LIFParameters,
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
    params : LIFParameters
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

    >>> params = LIFParameters(tau_mem=10e-3)
    >>> out = simulate_exact([], 0.0, params, duration=0.02, bias=2.0)
    >>> [round(float(t) * 1e3, 6) for t in out.spike_times]
    [6.931472, 13.862944]

    Paper section II; chapter 2.
    """
    check_positive("duration", duration)
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
    mem, syn = np.zeros(len(samples)), np.zeros(len(samples))
    segment = _Segment(0.0, 0.0, 0.0, bias, params.tau_mem, params.tau_syn)
    events = [*zip(times, jumps, strict=True), (duration, 0.0)]
    for time, jump in events:
        while True:
            crossing = segment.crossing(params.threshold, time)
            end = time if crossing is None else crossing
            inside = (samples >= segment.start) & (samples < end)
            _sample(segment, samples, inside, mem, syn)
            if crossing is None:
                break
            spikes.append(crossing)
            segment = segment._replace(start=crossing, mem0=0.0, syn0=segment.syn(crossing))
        segment = segment._replace(
            start=time, mem0=segment.mem(time), syn0=segment.syn(time) + jump
        )
    _sample(segment, samples, samples == duration, mem, syn)
    return ExactRecord(np.array(spikes), mem, syn)


def _sample(segment: _Segment, samples, inside, mem, syn) -> None:
    for k in np.flatnonzero(inside):
        mem[k], syn[k] = segment.mem(samples[k]), segment.syn(samples[k])


def _ascending(name: str, times: Sequence[float], duration: float) -> np.ndarray:
    array = np.asarray(times, dtype=float).reshape(-1)
    if not np.isfinite(array).all() or (array < 0).any() or (array > duration).any():
        raise ValueError(
            f"{name} holds values outside 0 .. {duration} s; values in it are accepted"
        )
    if (np.diff(array) < 0).any():
        raise ValueError(f"{name} is not ascending; ascending times are accepted")
    return array
