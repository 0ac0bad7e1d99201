r"""The compiled loops of neurons with an adaptation current; notation as in ``_loops``.

Arrays are ``(T, B, N)``, a constant is an array ``(N,)``. Forward, with the symplectic step or
Euler's,

.. math::

    S[n]   &= \Theta(U[n] - \theta), \qquad
              u = (U[n] - \text{drop}\, S[n]) (1 - \text{zero}\, S[n]) \\
    w[n+1] &= \rho\, w[n] + (1 - \rho) (a\, u + b\, S[n]), \qquad
              \hat w = w[n+1] \;\text{or}\; w[n] \\
    U[n+1] &= \beta u + x[n] + V S[n] - (1 - \beta)\, \hat w

Backward, with e[n] what reaches :math:`U[n] - \theta`, :math:`\nu` what reaches u, :math:`\mu` what
reaches w[n+1], :math:`\lambda^U` and :math:`\lambda^w` those of n+1, and h = 0 for a detached
reset, else :math:`g\,\theta` (subtract) or :math:`g\,U` (zero),

.. math::

    \mu    &= \lambda^w - (1 - \beta) \lambda^U \;\text{or}\; \lambda^w, \qquad
    \nu     = \beta \lambda^U + (1 - \rho)\, a\, \mu \\
    e[n]   &= g \big( \partial L/\partial S + V^\top \lambda^U + (1 - \rho)\, b\, \mu \big)
              - h\, \nu \\
    \lambda^U[n] &= \partial L/\partial U + k\, \nu + e[n], \qquad
    \lambda^w[n]  = \partial L/\partial w + \rho\, \mu
                    \;\big( - (1 - \beta) \lambda^U \big) \\
    \frac{dL}{d\beta} &= \sum_n \lambda^U (u + \hat w), \qquad
    \frac{dL}{d\rho} = \sum_n \mu\, (w[n] - a u - b S[n]) \\
    \frac{dL}{da} &= \sum_n (1 - \rho)\, \mu\, u, \qquad
    \frac{dL}{db} = \sum_n (1 - \rho)\, \mu\, S[n], \qquad
    \frac{dL}{d\theta} = -\sum_n \big( e[n] + [\text{reset by } \theta]\, S[n]\, \nu \big)
"""

import numpy as np

from snnbook.kernels._direct_loops import add_rows, spike_count
from snnbook.kernels._loops import _add_feedback, copy, loop


@loop
def _advance(t, b, x, spike, numbers, state, records):
    """Record a sample, and take it from n to n+1."""
    beta, _, rho, a, jump, drop, zero, _, symplectic = numbers
    u, w, on = state[0][b], state[1][b], x.dtype.type(1)
    if len(records[0]) > 0:
        copy(u, records[0][t, b])
    if len(records[1]) > 0:
        copy(w, records[1][t, b])
    for j in range(x.shape[0]):
        u[j] = (u[j] - drop[j] * spike[j]) * (on - zero * spike[j])
    if symplectic:
        for j in range(x.shape[0]):
            w[j] = rho[j] * w[j] + (on - rho[j]) * (a[j] * u[j] + jump[j] * spike[j])
        for j in range(x.shape[0]):
            u[j] = (beta[j] * u[j] + x[j]) - (on - beta[j]) * w[j]
    else:
        for j in range(x.shape[0]):
            old, mem = w[j], u[j]
            w[j] = rho[j] * old + (on - rho[j]) * (a[j] * mem + jump[j] * spike[j])
            u[j] = (beta[j] * mem + x[j]) - (on - beta[j]) * old


@loop
def forward(drive, numbers, state, spikes, records):
    """Run a feed-forward layer; write S, and U and w where they are recorded."""
    for t in range(drive.shape[0]):
        spike_count(state[0], numbers[1], numbers[7], spikes[t])
        for b in range(drive.shape[1]):
            _advance(t, b, drive[t, b], spikes[t, b], numbers, state, records)


@loop
def forward_recurrent(drive, from_neuron, limit, numbers, state, spikes, records):
    """Run a recurrent layer, as ``_loops.lif_recurrent`` does; return the steps done."""
    for t in range(drive.shape[0]):
        if spike_count(state[0], numbers[1], numbers[7], spikes[t]) > limit:
            return t
        for b in range(drive.shape[1]):
            x, spike = drive[t, b], spikes[t, b]
            add_rows(spike, from_neuron, x)
            _advance(t, b, x, spike, numbers, state, records)
    return drive.shape[0]


@loop
def _add_constants(t, b, e, mu, nu, rho, lu, learning):
    """Add the share of one step and one sample to the gradients of the constants."""
    mems, against, pulls, fired, falls, sums = learning
    mem, both, pull, spike, fall = mems[t, b], against[t, b], pulls[t, b], fired[t, b], falls[t, b]
    by_beta, by_theta, by_rho, by_a, by_b = (
        sums[0, b],
        sums[1, b],
        sums[2, b],
        sums[3, b],
        sums[4, b],
    )
    on = e.dtype.type(1)
    for j in range(e.shape[0]):
        by_beta[j] += lu[j] * both[j]
    for j in range(e.shape[0]):
        by_theta[j] -= e[j] + fall[j] * nu[j]
    for j in range(e.shape[0]):
        by_rho[j] -= mu[j] * pull[j]
    for j in range(e.shape[0]):
        by_a[j] += (on - rho[j]) * mu[j] * mem[j]
        by_b[j] += (on - rho[j]) * mu[j] * spike[j]


@loop
def _adjoint_step(t, b, e, slope, direct, reset, numbers, lam, x, weight, room, learning):
    """Take one sample from n+1 to n = t; ``room`` has three rows to work in."""
    beta, _, rho, a, jump, _, _, _, symplectic = numbers
    (h, k), lu, lw, g = reset, lam[0][b], lam[1][b], slope[t, b]
    mu, nu, on = room[0], room[1], e.dtype.type(1)
    copy(lu, x)
    if len(weight) > 0:
        _add_feedback(x, weight, g, room[2], e)
    for j in range(e.shape[0]):
        through = (on - beta[j]) * lu[j]
        mu[j] = lw[j] - through if symplectic else lw[j]
        lw[j] = rho[j] * mu[j] if symplectic else rho[j] * mu[j] - through
    for j in range(e.shape[0]):
        share = (on - rho[j]) * mu[j]
        nu[j] = beta[j] * lu[j] + a[j] * share
        e[j] += g[j] * (jump[j] * share)
    if len(h) > 0:
        back = h[t, b]
        for j in range(e.shape[0]):
            e[j] -= back[j] * nu[j]
    if learning is not None:
        _add_constants(t, b, e, mu, nu, rho, lu, learning)
    if len(k) > 0:
        keep = k[t, b]
        for j in range(e.shape[0]):
            nu[j] *= keep[j]
    for j in range(e.shape[0]):
        lu[j] = e[j] + nu[j]
    if len(direct[0]) > 0:
        loss = direct[0][t, b]
        for j in range(e.shape[0]):
            lu[j] += loss[j]
    if len(direct[1]) > 0:
        loss = direct[1][t, b]
        for j in range(e.shape[0]):
            lw[j] += loss[j]


@loop
def adjoint(source, slope, direct, reset, numbers, lam, grad, weight, learning):
    """Run the adjoint recursion backward in time; ``source`` is overwritten with e.

    ``weight`` is V, or has length 0. ``direct`` are the derivatives of the loss by U and w,
    ``reset`` h and k, ``learning`` None or u, u + w^, a u + b S - w, S, S where a spike takes theta
    off, and the sums (5, B, N) of beta, theta, rho, a and b.
    """
    steps, batch, size = source.shape
    room = np.empty((3, size), source.dtype)
    for t in range(steps - 1, -1, -1):
        for b in range(batch):
            e, x = source[t, b], grad[t, b]
            _adjoint_step(t, b, e, slope, direct, reset, numbers, lam, x, weight, room, learning)
