r"""The time loops, compiled: forward recursion and adjoint recursion, and nothing else.

Arrays are ``(T, M)`` with ``M = B * N``, because without recurrent weights a neuron sees
only itself; the recurrent loops take ``(T, B, N)``. ``syn`` and ``mem`` hold the state and
are updated in place. An array of length 0 stands for "not asked for".

Forward, for a spike at :math:`U > \text{edge}`:

.. math::

    S[n]   &= \Theta(U[n] - \theta) \\
    U[n+1] &= (\beta U[n] + I[n] - \text{drop}\, S[n]) (1 - \text{zero}\, S[n]) \\
    I[n+1] &= \alpha I[n] + x[n] + V S[n]

Here ``drop`` is :math:`\theta` for the subtractive reset and ``zero`` is 1 for the reset to
zero; each is 0 otherwise.

Backward, with :math:`\lambda^I[n] = dL/dI[n]`, :math:`\lambda^U[n] = dL/dU[n]`, and
:math:`g[n]` the surrogate derivative at :math:`U[n]`:

.. math::

    \lambda^I[n] &= p[n] + \alpha \lambda^I[n+1] + k[n]\, \lambda^U[n+1] \\
    \lambda^U[n] &= q[n] + c[n]\, \lambda^U[n+1] + g[n]\, V^\top \lambda^I[n+1] \\
    dL/dx[n]     &= \lambda^I[n+1]

where :math:`p = \partial L/\partial I` and :math:`q = \partial L/\partial U + g\,
\partial L/\partial S` come from the loss. The reset is in the coefficients
:math:`k = 1 - \text{zero}\,S` and :math:`c = \beta k - g\,\rho`, where :math:`\rho` is 0
for a detached reset, else :math:`\theta` (subtract) or :math:`\beta U + I` (zero).

A constant is a number, or an array with one entry for each column m. Where constants learn, the
adjoint also sums, with :math:`k` and :math:`\rho` as above and without the loss's own
:math:`\partial L/\partial U` in q,

.. math::

    \frac{dL}{d\alpha} &= \sum_n \lambda^I[n+1]\, I[n], \qquad
    \frac{dL}{d\beta} = \sum_n k[n]\, \lambda^U[n+1]\, U[n] \\
    \frac{dL}{d\theta} &= -\sum_n \Big( g\, \frac{dL}{dS[n]}
        + [\text{reset by } \theta]\, S[n]\, \lambda^U[n+1] \Big)

The surrogate enters only through arrays made beforehand, so a new surrogate compiles
nothing; the array of the default one, the fast sigmoid, is made
here in one pass. No fast-math: subnormal numbers survive. Only sums of products may be fused.
"""

from numba import types
from numba.extending import overload

from snnbook._compile import compiled

loop = compiled(nogil=True, error_model="numpy")
product_loop = compiled(nogil=True, error_model="numpy", fastmath={"contract"})


def at(constant, m):
    """Return the constant of column m: a number is that of all columns."""
    return constant[m] if constant.ndim else constant


@overload(at)
def _compiled_at(constant, m):
    if isinstance(constant, types.Array):
        return lambda constant, m: constant[m]
    return lambda constant, m: constant


@loop
def copy(source, target):
    """Copy one row; a loop compiles faster than an array assignment."""
    for m in range(source.shape[0]):
        target[m] = source[m]


@loop
def lif(drive, alpha, beta, edge, drop, zero, syn, mem, spikes, mems, syns):
    """Run a feed-forward layer; write S, U and I of every step."""
    off, on = mem.dtype.type(0), mem.dtype.type(1)
    for t in range(drive.shape[0]):
        if len(mems) > 0:
            copy(mem, mems[t])
        if len(syns) > 0:
            copy(syn, syns[t])
        x, spike = drive[t], spikes[t]
        for m in range(x.shape[0]):
            s = on if mem[m] > at(edge, m) else off
            spike[m] = s
            mem[m] = ((at(beta, m) * mem[m] + syn[m]) - at(drop, m) * s) * (on - zero * s)
            syn[m] = at(alpha, m) * syn[m] + x[m]


@loop
def lif_recurrent(
    drive, from_neuron, limit, alpha, beta, edge, drop, zero, syn, mem, spikes, mems, syns
):
    """Run a recurrent layer; a spike of neuron j adds row j of ``from_neuron`` (V transposed).

    ``drive`` is overwritten with x[n] + V S[n]. Returns the steps done: it stops before a
    step with more than ``limit`` spikes, where a dense product is faster.
    """
    off, on = mem.dtype.type(0), mem.dtype.type(1)
    for t in range(drive.shape[0]):
        count = 0
        for b in range(drive.shape[1]):
            for j in range(drive.shape[2]):
                count += mem[b, j] > at(edge, j)
        if count > limit:
            return t
        for b in range(drive.shape[1]):
            x, spike, u, i = drive[t, b], spikes[t, b], mem[b], syn[b]
            if len(mems) > 0:
                copy(u, mems[t, b])
            if len(syns) > 0:
                copy(i, syns[t, b])
            for j in range(x.shape[0]):
                s = on if u[j] > at(edge, j) else off
                spike[j] = s
                u[j] = ((at(beta, j) * u[j] + i[j]) - at(drop, j) * s) * (on - zero * s)
                i[j] = at(alpha, j) * i[j]
            for j in range(x.shape[0]):
                if spike[j] != off:
                    row = from_neuron[j]
                    for m in range(x.shape[0]):
                        x[m] += row[m]
            for j in range(x.shape[0]):
                i[j] += x[j]
    return drive.shape[0]


@loop
def leaky(drive, alpha, beta, syn, mem, mems, syns):
    """Run a layer that never spikes; write U and I of every step."""
    for t in range(drive.shape[0]):
        copy(mem, mems[t])
        copy(syn, syns[t])
        x = drive[t]
        for m in range(x.shape[0]):
            mem[m] = at(beta, m) * mem[m] + syn[m]
            syn[m] = at(alpha, m) * syn[m] + x[m]


@loop
def fast_sigmoid(mems, theta, steepness, height, slope):
    """Write the slope g = height / (1 + steepness |U - theta|)^2 of the fast sigmoid."""
    one = mems.dtype.type(1)
    for t in range(mems.shape[0]):
        row, out = mems[t], slope[t]
        for m in range(row.shape[0]):
            root = one + steepness * abs(row[m] - at(theta, m))
            out[m] = height / (root * root)


@loop
def _adjoint_step(t, q, p, c, k, alpha, beta, lam_syn, lam_mem, drive_grad):
    """Take one step of the adjoint recursion, from n+1 to n = t, without V."""
    source, grad = q[t], drive_grad[t]
    if len(c) > 0:
        carry, keep = c[t], k[t]
        for m in range(source.shape[0]):
            grad[m] = lam_syn[m]
            lam_syn[m] = at(alpha, m) * lam_syn[m] + keep[m] * lam_mem[m]
            lam_mem[m] = source[m] + carry[m] * lam_mem[m]
    else:
        for m in range(source.shape[0]):
            grad[m] = lam_syn[m]
            lam_syn[m] = at(alpha, m) * lam_syn[m] + lam_mem[m]
            lam_mem[m] = source[m] + at(beta, m) * lam_mem[m]
    if len(p) > 0:
        direct = p[t]
        for m in range(source.shape[0]):
            lam_syn[m] += direct[m]


@loop
def _add_alpha(t, beta, lam_syn, learning):
    """Add the share of step t to dL/dalpha; I[n] is found from U where it was not kept."""
    mems, syns, last, _, edge, drop, sums = learning
    mem, total = mems[t], sums[0]
    if len(syns) > 0:
        syn = syns[t]
        for m in range(mem.shape[0]):
            total[m] += lam_syn[m] * syn[m]
    else:
        after, nothing = mems[t + 1] if t + 1 < mems.shape[0] else last, mem.dtype.type(0)
        for m in range(mem.shape[0]):
            dropped = at(drop, m) if mem[m] > at(edge, m) else nothing
            total[m] += lam_syn[m] * (after[m] - at(beta, m) * mem[m] + dropped)


@loop
def _add_beta(t, k, lam_mem, mem, total):
    """Add the share of step t to dL/dbeta."""
    if len(k) > 0:
        keep = k[t]
        for m in range(mem.shape[0]):
            total[m] += keep[m] * lam_mem[m] * mem[m]
    else:
        for m in range(mem.shape[0]):
            total[m] += lam_mem[m] * mem[m]


@loop
def _add_threshold(t, q, c, k, beta, lam_mem, learning):
    """Add the share of step t to dL/dtheta; q has g V^T lambda in it."""
    mems, _, _, direct, edge, drop, sums = learning
    source, mem, total = q[t], mems[t], sums[2]
    for m in range(source.shape[0]):
        total[m] -= source[m]
    if len(direct) > 0:
        loss = direct[t]
        for m in range(source.shape[0]):
            total[m] += loss[m]
    if len(c) > 0:
        carry, keep = c[t], k[t]
        for m in range(source.shape[0]):
            total[m] -= (carry[m] - at(beta, m) * keep[m]) * lam_mem[m]
    for m in range(source.shape[0]):
        if mem[m] > at(edge, m) and at(drop, m) != 0:
            total[m] -= lam_mem[m]


@loop
def _add_constants(t, q, c, k, beta, lam_syn, lam_mem, learning):
    """Add the share of step t to the gradients of the constants, before the step is taken."""
    _add_alpha(t, beta, lam_syn, learning)
    _add_beta(t, k, lam_mem, learning[0][t], learning[6][1])
    if len(learning[6]) > 2:
        _add_threshold(t, q, c, k, beta, lam_mem, learning)


@loop
def adjoint(q, p, c, k, alpha, beta, lam_syn, lam_mem, drive_grad, learning):
    """Run the adjoint recursion backward in time, without V.

    ``lam_syn`` and ``lam_mem`` hold the adjoint state and are updated in place. Without
    ``c`` and ``k`` the coefficients are :math:`c = \\beta`, :math:`k = 1`. ``learning`` is None,
    or U, I if it was kept, U after the last step, :math:`\\partial L/\\partial U`, edge and drop,
    and the sums that are added to: those of alpha, beta and, where there is a third row, theta.
    """
    for t in range(q.shape[0] - 1, -1, -1):
        if learning is not None:
            _add_constants(t, q, c, k, beta, lam_syn, lam_mem, learning)
        _adjoint_step(t, q, p, c, k, alpha, beta, lam_syn, lam_mem, drive_grad)


@product_loop
def _add_feedback(lam, weight, slope, back, source):
    """Add slope * (V^T lam) to ``source``, for one sample; ``back`` is room to work in.

    Four rows of V at a time, so that ``back`` is read and written a quarter as often.
    """
    size = lam.shape[0]
    for j in range(size):
        back[j] = 0
    whole = size - size % 4
    for i in range(0, whole, 4):
        a0, a1, a2, a3 = lam[i], lam[i + 1], lam[i + 2], lam[i + 3]
        v0, v1, v2, v3 = weight[i], weight[i + 1], weight[i + 2], weight[i + 3]
        for j in range(size):
            back[j] += (a0 * v0[j] + a1 * v1[j]) + (a2 * v2[j] + a3 * v3[j])
    for i in range(whole, size):
        a0, v0 = lam[i], weight[i]
        for j in range(size):
            back[j] += a0 * v0[j]
    for j in range(size):
        source[j] += slope[j] * back[j]


@loop
def adjoint_recurrent(
    q, p, c, k, alpha, beta, lam_syn, lam_mem, drive_grad, learning, lam_rows, weight, slope, back
):
    """Run the adjoint recursion with V, for products too small to call a library for.

    ``q`` is overwritten. ``lam_rows`` is ``lam_syn`` seen as (B, N), ``slope`` is g.
    """
    batch, size = lam_rows.shape
    for t in range(q.shape[0] - 1, -1, -1):
        for b in range(batch):
            part = q[t, b * size : (b + 1) * size]
            _add_feedback(lam_rows[b], weight, slope[t, b], back, part)
        if learning is not None:
            _add_constants(t, q, c, k, beta, lam_syn, lam_mem, learning)
        _adjoint_step(t, q, p, c, k, alpha, beta, lam_syn, lam_mem, drive_grad)
