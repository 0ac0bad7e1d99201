r"""The compiled loops of neurons whose threshold adapts; notation as in ``_loops``.

Arrays are ``(T, B, N)``, a constant is an array ``(N,)``. Forward, with the distance d from the
threshold,

.. math::

    d[n]   &= U[n] - \theta - \phi\, a[n], \qquad S[n] = \Theta(d[n]) \\
    U[n+1] &= (\beta U[n] + I[n] - \text{drop}\, S[n]) (1 - \text{zero}\, S[n]) \\
    I[n+1] &= \alpha I[n] + x[n] + V S[n] \\
    a[n+1] &= \rho\, a[n] + S[n]

Backward, with :math:`g[n]` the surrogate derivative at d[n], and e[n] what reaches d[n],

.. math::

    e[n] &= g[n] \big( \partial L/\partial S + V^\top \lambda^I[n+1] + \lambda^a[n+1] \big)
            - h[n]\, \lambda^U[n+1] \\
    \lambda^I[n] &= \partial L/\partial I + \alpha \lambda^I[n+1] + k[n]\, \lambda^U[n+1] \\
    \lambda^U[n] &= \partial L/\partial U + \beta\, k[n]\, \lambda^U[n+1] + e[n] \\
    \lambda^a[n] &= \partial L/\partial a + \rho\, \lambda^a[n+1] - \phi\, e[n]

where :math:`k = 1 - \text{zero}\,S`, and h is 0 for a detached reset, else :math:`g\,\theta`
(subtract) or :math:`g\,(\beta U + I)` (zero). The constants have

.. math::

    \frac{dL}{d\alpha} &= \sum_n \lambda^I[n+1]\, I[n], \qquad
    \frac{dL}{d\beta} = \sum_n k[n]\, \lambda^U[n+1]\, U[n], \qquad
    \frac{dL}{d\rho} = \sum_n \lambda^a[n+1]\, a[n] \\
    \frac{dL}{d\theta} &= -\sum_n \big( e[n]
        + [\text{reset by } \theta]\, S[n]\, \lambda^U[n+1] \big), \qquad
    \frac{dL}{d\phi} = -\sum_n a[n]\, e[n]
"""

import numpy as np

from snnbook.kernels._direct_loops import add_rows
from snnbook.kernels._loops import _add_feedback, copy, loop


@loop
def _keep(t, b, syn, mem, adapt, records):
    """Write the state of a sample to the records that are asked for."""
    syns, mems, adapts = records
    if len(syns) > 0:
        copy(syn, syns[t, b])
    if len(mems) > 0:
        copy(mem, mems[t, b])
    if len(adapts) > 0:
        copy(adapt, adapts[t, b])


@loop
def _spike(mem, adapt, theta, phi, reached, spike):
    """Write which neurons of a sample spike; ``reached`` is whether d = 0 is a spike."""
    off, on = mem.dtype.type(0), mem.dtype.type(1)
    for j in range(mem.shape[0]):
        d = (mem[j] - theta[j]) - phi[j] * adapt[j]
        spike[j] = on if d > off or (reached and d == off) else off


@loop
def _advance(spike, beta, drop, zero, rho, syn, mem, adapt):
    """Take the membrane and the adaptation of a sample from n to n+1."""
    on = mem.dtype.type(1)
    for j in range(mem.shape[0]):
        mem[j] = ((beta[j] * mem[j] + syn[j]) - drop[j] * spike[j]) * (on - zero * spike[j])
    for j in range(mem.shape[0]):
        adapt[j] = rho[j] * adapt[j] + spike[j]


@loop
def forward(drive, numbers, state, spikes, records):
    """Run a feed-forward layer; write S, and I, U and a where they are recorded."""
    alpha, beta, theta, rho, phi, drop, zero, reached = numbers
    syn, mem, adapt = state
    for t in range(drive.shape[0]):
        for b in range(drive.shape[1]):
            x, spike, i = drive[t, b], spikes[t, b], syn[b]
            _keep(t, b, i, mem[b], adapt[b], records)
            _spike(mem[b], adapt[b], theta, phi, reached, spike)
            _advance(spike, beta, drop, zero, rho, i, mem[b], adapt[b])
            for j in range(x.shape[0]):
                i[j] = alpha[j] * i[j] + x[j]


@loop
def forward_recurrent(drive, from_neuron, limit, numbers, state, spikes, records):
    """Run a recurrent layer, as ``_loops.lif_recurrent`` does; return the steps done."""
    alpha, beta, theta, rho, phi, drop, zero, reached = numbers
    (syn, mem, adapt), off = state, drive.dtype.type(0)
    for t in range(drive.shape[0]):
        count = off
        for b in range(drive.shape[1]):
            spike = spikes[t, b]
            _spike(mem[b], adapt[b], theta, phi, reached, spike)
            for j in range(spike.shape[0]):
                count += spike[j]
        if count > limit:
            return t
        for b in range(drive.shape[1]):
            x, spike, i = drive[t, b], spikes[t, b], syn[b]
            _keep(t, b, i, mem[b], adapt[b], records)
            _advance(spike, beta, drop, zero, rho, i, mem[b], adapt[b])
            add_rows(spike, from_neuron, x)
            for j in range(x.shape[0]):
                i[j] = alpha[j] * i[j] + x[j]
    return drive.shape[0]


@loop
def _add_to(target, t, b, direct):
    """Add what the loss takes directly from a state, where it takes any."""
    if len(direct) > 0:
        row = direct[t, b]
        for j in range(row.shape[0]):
            target[j] += row[j]


@loop
def _add_constants(t, b, e, k, lam, learning):
    """Add the share of one step and one sample to the gradients of the constants."""
    (lam_syn, lam_mem, lam_adapt), (syns, mems, adapts, fallen, sums) = lam, learning
    mem, syn, adapt, fall = mems[t, b], syns[t, b], adapts[t, b], fallen[t, b]
    alpha, beta, theta, rho, phi = sums[0, b], sums[1, b], sums[2, b], sums[3, b], sums[4, b]
    li, lu, la = lam_syn[b], lam_mem[b], lam_adapt[b]
    for j in range(e.shape[0]):
        alpha[j] += li[j] * syn[j]
        rho[j] += la[j] * adapt[j]
    for j in range(e.shape[0]):
        phi[j] -= e[j] * adapt[j]
        theta[j] -= e[j] + fall[j] * lu[j]
    if len(k) > 0:
        keep = k[t, b]
        for j in range(e.shape[0]):
            beta[j] += keep[j] * lu[j] * mem[j]
    else:
        for j in range(e.shape[0]):
            beta[j] += lu[j] * mem[j]


@loop
def _adjoint_step(t, b, e, slope, direct, reset, numbers, lam, grad, learning):
    """Take one sample from n+1 to n = t; ``e`` holds g dL/dS + g V^T lambda, and is filled up."""
    alpha, beta, _, rho, phi, _, _, _ = numbers
    (h, k), (from_syn, from_mem, from_adapt) = reset, direct
    li, lu, la = lam[0][b], lam[1][b], lam[2][b]
    g, x = slope[t, b], grad[t, b]
    copy(li, x)
    for j in range(e.shape[0]):
        e[j] += g[j] * la[j]
    if len(h) > 0:
        through = h[t, b]
        for j in range(e.shape[0]):
            e[j] -= through[j] * lu[j]
    if learning is not None:
        _add_constants(t, b, e, k, lam, learning)
    if len(k) > 0:
        keep = k[t, b]
        for j in range(e.shape[0]):
            lu[j] *= keep[j]
    for j in range(e.shape[0]):
        li[j] = alpha[j] * li[j] + lu[j]
    for j in range(e.shape[0]):
        lu[j] = e[j] + beta[j] * lu[j]
    for j in range(e.shape[0]):
        la[j] = rho[j] * la[j] - phi[j] * e[j]
    _add_to(li, t, b, from_syn)
    _add_to(lu, t, b, from_mem)
    _add_to(la, t, b, from_adapt)


@loop
def adjoint(source, slope, direct, reset, numbers, lam, grad, weight, learning):
    """Run the adjoint recursion backward in time; ``source`` is overwritten with e.

    ``weight`` is V, or has length 0. ``direct`` are the derivatives of the loss by I, U and a,
    ``reset`` are h and k, ``learning`` None or I, U, a, S where a spike takes theta off, and the
    sums (5, B, N) of alpha, beta, theta, rho, phi.
    """
    steps, batch, size = source.shape
    back = np.empty(size, source.dtype)
    for t in range(steps - 1, -1, -1):
        for b in range(batch):
            if len(weight) > 0:
                _add_feedback(lam[0][b], weight, slope[t, b], back, source[t, b])
            e = source[t, b]
            _adjoint_step(t, b, e, slope, direct, reset, numbers, lam, grad, learning)
