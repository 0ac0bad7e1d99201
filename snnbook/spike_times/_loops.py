"""Loops of layers of spiking neurons in continuous time, compiled where Numba is (chapter 6d).

One neuron after another: without recurrent synapses a neuron needs the spikes from below and
its own, and nothing of its neighbors.
"""

import math
from collections.abc import Callable
from functools import cache

import numpy as np

from snnbook._plain_notice import say_plain
from snnbook.spike_times import _membrane
from snnbook.spike_times._membrane import course, crossing, response


@cache
def loops() -> tuple[Callable, Callable]:
    """Return :func:`run_layer` and :func:`adjoint_layer`, compiled; Numba is imported here."""
    try:
        from numba import extending

        from snnbook._compile import compiled
    except ImportError as error:
        say_plain(f"numba cannot be imported ({error})")
        return run_layer, adjoint_layer
    for function in (_membrane.turn, response, course, crossing, _arrival):
        extending.register_jitable(
            function
        )  # Numba may compile it where a compiled function calls it
    return compiled()(run_layer), compiled()(adjoint_layer)


def run_layer(times, sources, weight, threshold, tau_mem, tau_syn, end, room, limit=10_000):
    """Run a layer over a batch; return times, currents, (B, room), and counts (B, N).

    Spikes stand in the order of the neurons; ``counts`` says how many each has. A count of -1 in
    the first neuron of a sample says that ``room`` was too small, one of -2 that a neuron had more
    than ``limit`` spikes, which is where every loop ends. Input is as :mod:`._guard` lets it pass.
    """
    batch, arriving = times.shape
    neurons = weight.shape[0]
    out_times = np.full((batch, room), np.inf)
    out_syn = np.zeros((batch, room))
    counts = np.zeros((batch, neurons), np.int64)
    for b in range(batch):
        filled = 0
        for n in range(neurons):
            mem = syn = now = 0.0
            for k in range(arriving + 1):
                until = min(times[b, k], end) if k < arriving else end
                while True:
                    gap = crossing(mem, syn, threshold, until - now, tau_mem, tau_syn)
                    if gap < 0:
                        break
                    if counts[b, n] == limit:
                        counts[b, 0] = -2
                        return out_times, out_syn, counts
                    if filled == room:
                        counts[b, 0] = -1
                        return out_times, out_syn, counts
                    now += gap
                    syn *= math.exp(-gap / tau_syn)
                    mem = 0.0
                    out_times[b, filled], out_syn[b, filled] = now, syn
                    filled += 1
                    counts[b, n] += 1
                gap = until - now
                mem = course(mem, syn, gap, tau_mem, tau_syn)
                syn *= math.exp(-gap / tau_syn)
                now = until
                if now >= end:
                    break
                syn += weight[n, sources[b, k]]
    return out_times, out_syn, counts


def adjoint_layer(
    times, sources, weight, threshold, tau_mem, tau_syn, end, spikes, currents, counts, by_time
):
    """Return the derivatives by the weights (N, inputs) and by the input times (B, K)."""
    d_weight, d_times = np.zeros_like(weight), np.zeros_like(times)
    for b in range(times.shape[0]):
        first = 0
        for n in range(weight.shape[0]):
            own = first + counts[b, n] - 1
            k, p_mem, p_syn, later = times.shape[1] - 1, 0.0, 0.0, end
            while own >= first:
                if k >= 0 and times[b, k] >= end:
                    k -= 1
                    continue
                arrived = k >= 0 and times[b, k] >= spikes[b, own]
                now = times[b, k] if arrived else spikes[b, own]
                gap = later - now
                p_syn = p_syn * math.exp(-gap / tau_syn) + p_mem * response(gap, tau_mem, tau_syn)
                p_mem *= math.exp(-gap / tau_mem)
                later = now
                if arrived:
                    _arrival(
                        b, n, k, p_mem, p_syn, sources, weight, tau_mem, tau_syn, d_weight, d_times
                    )
                    k -= 1
                else:
                    slope = (currents[b, own] - threshold) / tau_mem
                    if slope > 0:
                        p_mem = (currents[b, own] / tau_mem * p_mem - by_time[b, own]) / slope
                    else:  # it only touched the threshold, where no derivative exists
                        p_mem = 0.0
                    own -= 1
            while k >= 0 and p_mem != 0.0:
                gap = later - times[b, k]
                p_syn = p_syn * math.exp(-gap / tau_syn) + p_mem * response(gap, tau_mem, tau_syn)
                p_mem *= math.exp(-gap / tau_mem)
                later = times[b, k]
                _arrival(
                    b, n, k, p_mem, p_syn, sources, weight, tau_mem, tau_syn, d_weight, d_times
                )
                k -= 1
            first += counts[b, n]
    return d_weight, d_times


def _arrival(b, n, k, p_mem, p_syn, sources, weight, tau_mem, tau_syn, d_weight, d_times):
    """Add what the adjoints say about one input spike."""
    j = sources[b, k]
    d_weight[n, j] += p_syn
    d_times[b, k] += weight[n, j] * (p_syn / tau_syn - p_mem / tau_mem)
