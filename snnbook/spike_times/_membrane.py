r"""The free membrane between two events: its course, its turn, and the next crossing, once.

.. math:: \tau_\text{mem} \dot U = -U + I, \qquad \tau_\text{syn} \dot I = -I,

from :math:`U = ` ``mem`` and :math:`I = ` ``syn`` on, without input and without reset (equation
eq-06d-neuron). A constant current :math:`I_0` only shifts the potential: give :math:`U - I_0` and
:math:`\theta - I_0`. The functions are plain Python; ``response`` and ``course`` take NumPy arrays
as well, and :mod:`snnbook.spike_times._loops` compiles all of them as they stand.
"""

import math

import numpy as np


def response(gap, tau_mem, tau_syn):
    """Return U a time ``gap`` after I was 1 and U was 0.

    >>> round(float(response(10e-3, 10e-3, 10e-3)), 6)  # equal: (t / tau) exp(-t / tau)
    0.367879
    """
    if abs(tau_mem - tau_syn) <= 1e-6 * tau_mem:
        return gap / tau_mem * np.exp(-gap / tau_mem)
    ratio = tau_syn / (tau_syn - tau_mem)
    return ratio * (np.exp(-gap / tau_syn) - np.exp(-gap / tau_mem))


def course(mem, syn, gap, tau_mem, tau_syn):
    """Return U after a time ``gap``.

    >>> round(float(course(1.0, 0.0, 10e-3, 10e-3, 5e-3)), 6)  # without current it decays
    0.367879
    """
    return mem * np.exp(-gap / tau_mem) + syn * response(gap, tau_mem, tau_syn)


def turn(mem, syn, tau_mem, tau_syn):
    """Return when U is highest or lowest; infinity if it has no such point ahead.

    >>> turn(0.0, 1.0, 10e-3, 10e-3), turn(1.0, 0.0, 10e-3, 5e-3)
    (0.01, inf)
    """
    if abs(tau_mem - tau_syn) <= 1e-6 * tau_mem:
        if syn == 0:
            return math.inf
        time = tau_mem * (1 - mem / syn)
    else:
        a = syn * tau_syn / (tau_syn - tau_mem)
        if a == mem:
            return math.inf
        ratio = a * tau_mem / ((a - mem) * tau_syn)
        if ratio <= 0:
            return math.inf
        time = math.log(ratio) / (1 / tau_syn - 1 / tau_mem)
    return time if time > 0 else math.inf


def crossing(mem, syn, threshold, end, tau_mem, tau_syn):
    """Return when U, below the threshold, first rises to it within ``end``, or -1 if it does not.

    U rises while I is above U, and turns once at most, so it rises in one piece: up to its turn,
    or from there on. Newton's method, kept in a bracket that halves where a step would leave it.

    >>> round(crossing(0.0, 2.0, 1.0, 1.0, 10e-3, 1e9), 9)  # constant current 2: tau ln 2
    0.006931472
    """
    # With no current U decays to 0, so a threshold above 0 needs one that lifts U.
    if end <= 0 or (threshold >= 0 and (syn <= mem or syn <= 0)):
        return -1.0
    low, high = 0.0, min(end, turn(mem, syn, tau_mem, tau_syn))
    if syn <= mem:
        low, high = high, end
    if low >= high or course(mem, syn, high, tau_mem, tau_syn) < threshold:
        return -1.0
    t = 0.5 * (low + high)
    for _ in range(100):
        now = course(mem, syn, t, tau_mem, tau_syn)
        if now < threshold:
            low = t
        else:
            high = t
        slope = (syn * np.exp(-t / tau_syn) - now) / tau_mem
        step = (threshold - now) / slope if slope > 0 else math.inf
        following = t + step
        if not low < following < high:
            following = 0.5 * (low + high)
        if abs(following - t) <= 1e-15 * high or high - low <= 1e-15 * high:
            return float(following)
        t = following
    return float(t)
