r"""The compiled loops of LIF neurons without a synaptic current; notation as in ``_loops``.

Arrays are ``(T, B, N)``, a constant is an array ``(N,)``. Forward,

.. math::

    S[n]   &= \Theta(U[n] - \theta) \\
    U[n+1] &= (\beta U[n] + x[n] + V S[n] - \text{drop}\, S[n]) (1 - \text{zero}\, S[n])

Backward, with e[n] what reaches :math:`U[n] - \theta`, and k, h as in ``_adaptive_loops``, where
h is now :math:`g\,(\beta U + x + V S)` for a reset to zero,

.. math::

    dL/dx[n] &= k[n]\, \lambda^U[n+1] \\
    e[n] &= g[n] \big( \partial L/\partial S + V^\top dL/dx[n] \big) - h[n]\, \lambda^U[n+1] \\
    \lambda^U[n] &= \partial L/\partial U + \beta\, k[n]\, \lambda^U[n+1] + e[n] \\
    \frac{dL}{d\beta} &= \sum_n k[n]\, \lambda^U[n+1]\, U[n], \qquad
    \frac{dL}{d\theta} = -\sum_n \big( e[n] + [\text{reset by } \theta]\, S[n]\, \lambda^U[n+1]
        \big)
"""

import numpy as np

from snnbook.kernels._loops import _add_feedback, copy, loop


@loop
def spike_count(mem, theta, reached, spikes):
    """Write which neurons of all samples spike, and return how many."""
    off, on = mem.dtype.type(0), mem.dtype.type(1)
    count = off
    for b in range(mem.shape[0]):
        u, spike = mem[b], spikes[b]
        for j in range(u.shape[0]):
            d = u[j] - theta[j]
            spike[j] = on if d > off or (reached and d == off) else off
        for j in range(u.shape[0]):
            count += spike[j]
    return count


@loop
def _advance(t, b, x, spike, beta, drop, zero, mem, records):
    """Record a sample, and take it from n to n+1."""
    u, on = mem[b], mem.dtype.type(1)
    if len(records[0]) > 0:
        copy(u, records[0][t, b])
    if len(records[1]) > 0:
        copy(x, records[1][t, b])
    for j in range(u.shape[0]):
        u[j] = ((beta[j] * u[j] + x[j]) - drop[j] * spike[j]) * (on - zero * spike[j])


@loop
def forward(drive, numbers, state, spikes, records):
    """Run a feed-forward layer; write S, and U and x where they are recorded."""
    beta, theta, drop, zero, reached = numbers
    for t in range(drive.shape[0]):
        spike_count(state[0], theta, reached, spikes[t])
        for b in range(drive.shape[1]):
            _advance(t, b, drive[t, b], spikes[t, b], beta, drop, zero, state[0], records)


@loop
def add_rows(spike, from_neuron, x):
    """Add to x what the spikes of a sample send: row j of V transposed for neuron j."""
    for j in range(spike.shape[0]):
        if spike[j] != 0:
            row = from_neuron[j]
            for m in range(x.shape[0]):
                x[m] += row[m]


@loop
def forward_recurrent(drive, from_neuron, limit, numbers, state, spikes, records):
    """Run a recurrent layer, as ``_loops.lif_recurrent`` does; return the steps done."""
    beta, theta, drop, zero, reached = numbers
    for t in range(drive.shape[0]):
        if spike_count(state[0], theta, reached, spikes[t]) > limit:
            return t
        for b in range(drive.shape[1]):
            x, spike = drive[t, b], spikes[t, b]
            add_rows(spike, from_neuron, x)
            _advance(t, b, x, spike, beta, drop, zero, state[0], records)
    return drive.shape[0]


@loop
def _adjoint_step(t, b, e, slope, direct, reset, beta, lam_mem, x, weight, back, learning):
    """Take one sample from n+1 to n = t."""
    (h, k), lu, g = reset, lam_mem[b], slope[t, b]
    copy(lu, x)
    if len(k) > 0:
        keep = k[t, b]
        for j in range(x.shape[0]):
            x[j] *= keep[j]
    if len(weight) > 0:
        _add_feedback(x, weight, g, back, e)
    if len(h) > 0:
        through = h[t, b]
        for j in range(x.shape[0]):
            e[j] -= through[j] * lu[j]
    if learning is not None:
        mems, falls, sums = learning
        mem, fall, by_beta, by_theta = mems[t, b], falls[t, b], sums[0, b], sums[1, b]
        for j in range(x.shape[0]):
            by_beta[j] += x[j] * mem[j]
        for j in range(x.shape[0]):
            by_theta[j] -= e[j] + fall[j] * lu[j]
    for j in range(x.shape[0]):
        lu[j] = e[j] + beta[j] * x[j]
    if len(direct[0]) > 0:
        loss = direct[0][t, b]
        for j in range(x.shape[0]):
            lu[j] += loss[j]


@loop
def adjoint(source, slope, direct, reset, numbers, lam, grad, weight, learning):
    """Run the adjoint recursion backward in time; ``source`` is overwritten with e.

    ``weight`` is V, or has length 0. ``direct`` are the derivatives of the loss by the states,
    ``reset`` h and k, ``learning`` None or U, S where a spike takes theta off, and the sums
    (2, B, N) of beta and theta.
    """
    steps, batch, size = source.shape
    back, beta = np.empty(size, source.dtype), numbers[0]
    for t in range(steps - 1, -1, -1):
        for b in range(batch):
            e, x = source[t, b], grad[t, b]
            _adjoint_step(t, b, e, slope, direct, reset, beta, lam[0], x, weight, back, learning)
