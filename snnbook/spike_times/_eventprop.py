r"""EventProp: the exact gradient of a network of spiking neurons, event by event (chapter 6d).

Current-based LIF neurons in continuous time, float64, no time step:

.. math::

    \tau_\text{mem} \dot U = -U + I, \qquad \tau_\text{syn} \dot I = -I,

an input spike adds a column of ``input_weight`` to I, a spike of neuron n adds column n of
``recurrent_weight`` and sets :math:`U_n` to zero. A layered network is a recurrent weight with
blocks; a readout is a neuron whose threshold is infinite. This is the plain form, one sample
and one event at a time (paper section V.D; Wunderlich and Pehle, 2021).
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from snnbook._validate import check_integer, check_kind, check_positive
from snnbook.spike_times._guard import check_array
from snnbook.spike_times._membrane import course, crossing, response


class EventNetwork(NamedTuple):
    """Weights (N, inputs) and (N, N), thresholds (N,), time constants in seconds.

    NumPy arrays of finite numbers; a threshold is above 0, and infinite for a readout.
    """

    input_weight: np.ndarray
    recurrent_weight: np.ndarray
    threshold: np.ndarray
    tau_mem: float = 20e-3
    tau_syn: float = 5e-3


class Event(NamedTuple):
    """A spike: its time, its source, and U and I of all neurons just before it."""

    time: float
    source: int
    is_input: bool
    mem: np.ndarray
    syn: np.ndarray


class EventRun(NamedTuple):
    """All events in order, and U and I (N,) at the end of the run."""

    events: tuple[Event, ...]
    mem: np.ndarray
    syn: np.ndarray
    duration: float

    @property
    def spikes(self) -> list[tuple[int, float]]:
        """The spikes of the network's own neurons, as (neuron, time), in order."""
        return [(e.source, e.time) for e in self.events if not e.is_input]

    @property
    def order(self) -> tuple[tuple[bool, int], ...]:
        """Who spiked in which order: two runs with one order are joined by a smooth path."""
        return tuple((e.is_input, e.source) for e in self.events)


class EventGradient(NamedTuple):
    """Derivatives of the loss: by input weight, recurrent weight and input time."""

    input_weight: np.ndarray
    recurrent_weight: np.ndarray
    input_times: np.ndarray


def check_network(network: EventNetwork) -> None:
    """Raise unless the arrays of a network fit each other."""
    check_kind("network", network, EventNetwork)
    into, within, threshold, tau_mem, tau_syn = network
    check_array("network.threshold", threshold, (None,), finite=False)
    neurons = len(threshold)
    check_array("network.input_weight", into, (neurons, None))
    check_array("network.recurrent_weight", within, (neurons, neurons))
    if not (threshold > 0).all():
        raise ValueError(
            f"network.threshold holds {threshold.min()}; numbers above 0, or infinity for a "
            "readout, are accepted"
        )
    check_positive("network.tau_mem", tau_mem)
    check_positive("network.tau_syn", tau_syn)


def _check_run(network: EventNetwork, run: EventRun) -> None:
    check_network(network)
    check_kind("run", run, EventRun)
    neurons, inputs = network.input_weight.shape
    fits = all(e.source < (inputs if e.is_input else neurons) for e in run.events)
    if len(run.mem) != neurons or not fits:
        raise ValueError(
            f"run is of another network ({len(run.mem)} neurons); one of this network, with "
            f"{neurons} neurons and {inputs} inputs, is accepted"
        )


def _check_inputs(times, sources, inputs: int, duration: float) -> tuple[np.ndarray, np.ndarray]:
    """Return input times and sources as arrays that the run can take."""
    when = check_array("times", np.asarray(times), (None,), finite=False).astype(float)
    if when.size and not (0 <= when[0] and when[-1] <= duration and (np.diff(when) >= 0).all()):
        raise ValueError(f"times is {when}; times that ascend from 0 to {duration} are accepted")
    which = check_array("sources", np.asarray(sources), when.shape)
    if which.size and not (which.dtype.kind in "iu" and 0 <= which.min() <= which.max() < inputs):
        raise ValueError(f"sources is {which}; whole numbers 0 to {inputs - 1} are accepted")
    return when, which


def _next_crossing(mem, syn, end: float, net: EventNetwork) -> tuple[float, int]:
    """Return when the next neuron spikes, at the latest ``end``, and which; -1 if none does."""
    best, who = end, -1
    for n in np.flatnonzero(np.isfinite(net.threshold)).tolist():
        gap = crossing(mem[n], syn[n], net.threshold[n], best, net.tau_mem, net.tau_syn)
        if gap >= 0:
            best, who = gap, n
    return best, who


def simulate_events(
    network: EventNetwork,
    times: Sequence[float],
    sources: Sequence[int],
    *,
    duration: float,
    max_spikes: int = 10_000,
) -> EventRun:
    """Run the network from rest, from event to event.

    Parameters
    ----------
    network : EventNetwork
    times, sources : sequence of float, sequence of int
        Input spikes: when (seconds, ascending, from 0 to ``duration``), and on which input.
    duration : float
        Length of the run in seconds, above 0.
    max_spikes : int
        A run with more spikes than this is stopped with an error.

    Raises
    ------
    ValueError
        If the times do not ascend or leave the run, or the network spikes without end.

    Examples
    --------
    >>> net = EventNetwork(np.array([[4.0]]), np.zeros((1, 1)), np.ones(1), 10e-3, 10e-3)
    >>> run = simulate_events(net, [0.0], [0], duration=50e-3)
    >>> [(n, round(t * 1e3, 4)) for n, t in run.spikes]  # U(t) = 4 (t / tau) exp(-t / tau) = 1
    [(0, 3.574), (0, 11.3588)]

    ``eq-06d-neuron``.
    """
    check_network(network)
    check_positive("duration", duration)
    check_integer("max_spikes", max_spikes, 0)
    inputs, which = _check_inputs(times, sources, network.input_weight.shape[1], duration)
    count, spikes = len(network.threshold), 0
    mem, syn, now = np.zeros(count), np.zeros(count), 0.0
    events: list[Event] = []
    queue = [*zip(inputs.tolist(), which.tolist(), strict=True), (duration, -1)]
    for time, source in queue:
        while True:  # ends after ``max_spikes`` turns
            gap, who = _next_crossing(mem, syn, time - now, network)
            mem = course(mem, syn, gap, network.tau_mem, network.tau_syn)
            syn = syn * math.exp(-gap / network.tau_syn)
            if who < 0:
                break
            now += gap
            events.append(Event(now, who, False, mem.copy(), syn.copy()))
            spikes += 1
            if spikes > max_spikes:
                raise ValueError(
                    f"the network spikes more than max_spikes = {max_spikes} times before "
                    f"duration = {duration:g}; smaller weights or a larger max_spikes are accepted"
                )
            mem[who] = 0.0
            syn = syn + network.recurrent_weight[:, who]
        now = time
        if source >= 0:
            events.append(Event(time, source, True, mem.copy(), syn.copy()))
            syn = syn + network.input_weight[:, source]
    return EventRun(tuple(events), mem, syn, duration)


def integrated_mem(network: EventNetwork, run: EventRun) -> np.ndarray:
    r"""Return :math:`\int_0^T U\,dt` (N,), exact, from the balance of charge.

    Sum the two equations over the run: :math:`\int U = \int I - \tau_\text{mem} (U(T) + K
    \theta)` with K spikes, and :math:`\int I = \tau_\text{syn} (\text{all jumps} - I(T))`.
    """
    _check_run(network, run)
    jumps, lost = np.zeros_like(run.mem), run.mem.copy()
    for e in run.events:
        weight = network.input_weight if e.is_input else network.recurrent_weight
        jumps += weight[:, e.source]
        if not e.is_input:
            lost[e.source] += network.threshold[e.source]
    return network.tau_syn * (jumps - run.syn) - network.tau_mem * lost


def spike_jump(
    network: EventNetwork, event: Event, p_mem: Any, p_syn: Any, by_time: float
) -> float:
    r"""Return the adjoint of :math:`U_n` before a spike of n, from the adjoints after it.

    .. math::

        p_{U_n}^- = \frac{1}{\dot U_n^-} \Big[ \frac{I_n^-}{\tau_\text{mem}} p_{U_n}^+
        + \sum_j v_{jn} \Big( \frac{p_{U_j}^+}{\tau_\text{mem}}
        - \frac{p_{I_j}}{\tau_\text{syn}} \Big) - \frac{\partial L}{\partial t} \Big].

    All other adjoints pass unchanged. The slope :math:`\dot U_n^-` is in the denominator: a
    membrane that only just reaches threshold has a gradient without bound.

    ``eq-06d-jump``.
    """
    n = event.source
    slope = (event.syn[n] - event.mem[n]) / network.tau_mem
    if not slope > 0:
        raise ValueError(
            f"event is a spike of neuron {n} at {event.time:g} whose membrane only touches the "
            "threshold, where no derivative exists; a slope above 0 is accepted"
        )
    column = network.recurrent_weight[:, n]
    sent = column @ (p_mem / network.tau_mem - p_syn / network.tau_syn)
    return (event.syn[n] / network.tau_mem * p_mem[n] + sent - by_time) / slope


def eventprop(
    network: EventNetwork,
    run: EventRun,
    *,
    by_spike_time: Sequence[float] | None = None,
    by_integral: np.ndarray | None = None,
    by_final_mem: np.ndarray | None = None,
) -> EventGradient:
    """Run the adjoint backward through the events of ``run``; return the exact gradient.

    Parameters
    ----------
    by_spike_time : sequence of float, one per entry of ``run.spikes``
        Derivative of the loss by each spike time.
    by_integral, by_final_mem : array (N,)
        Derivative by :func:`integrated_mem`, and by U at the end.

    Notes
    -----
    It holds while no spike appears, vanishes or changes places with another: the same
    ``run.order``. The work is one visit per event, however long the silence between events.

    Paper section V.D; Wunderlich and Pehle (2021); ``eq-06d-between``, ``eq-06d-gradient``.
    """
    _check_run(network, run)
    neurons, tau_m, tau_s = len(network.threshold), network.tau_mem, network.tau_syn
    count = len(run.spikes)
    rate = _given("by_integral", by_integral, neurons)
    p_mem = _given("by_final_mem", by_final_mem, neurons)
    by_time = _given("by_spike_time", by_spike_time, count)
    p_syn, later = np.zeros(neurons), run.duration
    own = count  # index of the spike that comes next on the way back, after this one
    d_in, d_rec = np.zeros_like(network.input_weight), np.zeros_like(network.recurrent_weight)
    d_times: list[float] = []
    for e in reversed(run.events):
        gap, later = later - e.time, e.time
        k, decay = response(gap, tau_m, tau_s), math.exp(-gap / tau_m)
        fade = math.exp(-gap / tau_s)
        area = tau_s * (1 - fade) - tau_m * k  # the integral of the response over the gap
        p_syn = p_syn * fade + p_mem * k + rate * area
        p_mem = p_mem * decay + rate * tau_m * (1 - decay)
        if e.is_input:
            d_in[:, e.source] += p_syn
            column = network.input_weight[:, e.source]
            d_times.append(float(column @ (p_syn / tau_s - p_mem / tau_m)))
            continue
        n, own = e.source, own - 1
        d_rec[:, n] += p_syn
        direct = by_time[own] + rate[n] * network.threshold[n]
        p_mem[n] = spike_jump(network, e, p_mem, p_syn, direct)
    return EventGradient(d_in, d_rec, np.array(d_times[::-1]))


def _given(name: str, values, count: int) -> np.ndarray:
    """Return a copy of what is given, or zeros."""
    if values is None:
        return np.zeros(count)
    return check_array(name, np.asarray(values), (count,)).astype(float)
