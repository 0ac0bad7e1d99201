r"""A whole layer in one compiled call forward and one backward, for small problems.

Below some ten thousand entries a call of the tensor library costs more than its work. So here
the products, the time loop and the adjoint of :mod:`snnbook.kernels._loops` and
:mod:`snnbook.kernels._sparse` run inside one function, with no tiles. Arrays are (T, B, N);
an array of length 0 stands for "not given" or "not asked for".
"""

import numpy as np
import torch

from snnbook.kernels import _loops, _sparse
from snnbook.kernels._loops import loop

#: Entries T * B * N up to which a layer is small, and T * B * N * N for recurrent weights.
ENTRIES = 1 << 16
PRODUCTS = 1 << 22

#: Empty arrays by type and number of axes, and the lists of no events.
NOTHING = {
    kind: {axes: np.empty((0,) * axes, name) for axes in (2, 3)}
    for kind, name in ((torch.float32, np.float32), (torch.float64, np.float64))
}
NO_EVENTS = (np.empty(0, np.int32), np.empty(0, np.int64))


def fits(shape: tuple[int, int, int], recurrent: bool) -> bool:
    """Return whether a layer of this shape (T, B, N) is small."""
    steps, batch, size = shape
    entries = steps * batch * size
    return 0 < entries <= ENTRIES and not (recurrent and entries * size > PRODUCTS)


@loop
def transpose(matrix, out):
    """Write the transpose of a matrix."""
    for i in range(matrix.shape[0]):
        for j in range(matrix.shape[1]):
            out[j, i] = matrix[i, j]


@loop
def _transposed(matrix):
    out = np.empty((matrix.shape[1], matrix.shape[0]), matrix.dtype)
    transpose(matrix, out)
    return out


@loop
def forward(
    indices, offsets, weight, own, drive, limit, alpha, beta, edge, drop, zero, syn, mem, out
):
    """Run a layer; return the steps done and whether the last state is finite.

    ``drive`` (T, B, N) is filled from the events where there are any. ``out`` holds the
    arrays of spikes, mems and syns. A recurrent layer stops before a step with more than
    ``limit`` spikes, or at once when V is not finite.
    """
    steps, batch, size = drive.shape
    spikes, mems, syns = out
    if len(offsets) > 0:
        flat = drive.reshape(steps * batch, size)
        _sparse.gather(indices, offsets, _transposed(weight), flat)
    done = steps
    if len(own) > 0:
        if not _sparse.finite(own):
            return 0, False
        done = _loops.lif_recurrent(
            drive, _transposed(own), limit, alpha, beta, edge, drop, zero, syn, mem, *out
        )
    elif len(spikes) == 0:
        width = batch * size
        _loops.leaky(
            drive.reshape(steps, width),
            alpha,
            beta,
            syn.reshape(width),
            mem.reshape(width),
            mems.reshape(steps, width),
            syns.reshape(steps, width),
        )
    else:
        width = batch * size
        _loops.lif(
            drive.reshape(steps, width),
            alpha,
            beta,
            edge,
            drop,
            zero,
            syn.reshape(width),
            mem.reshape(width),
            spikes.reshape(steps, width),
            mems.reshape(len(mems), width),
            syns.reshape(len(syns), width),
        )
    return done, _sparse.finite(syn) and _sparse.finite(mem)


@loop
def backward(losses, slope, reset, numbers, learning, mems, state, own, events, grad, out):
    """Run the adjoint of a layer: write ``grad`` = dL/dx, and ``out`` = (dL/dW, dL/dV).

    ``losses`` holds the gradients of the loss by spikes, mems and syns, ``slope`` is g,
    ``reset`` the coefficients c and k of :mod:`snnbook.kernels._loops`, ``numbers`` alpha, beta
    and edge, ``learning`` is as there, ``state`` the adjoint state, ``own`` is V, and ``events``
    are the indices and offsets of the input's spikes.
    """
    g_spikes, g_mem, g_syn = losses
    (alpha, beta, edge), (lam_syn, lam_mem) = numbers, state
    carry, keep = reset
    grad_weight, grad_own = out
    steps, batch, size = grad.shape
    width = batch * size
    q = _source(slope, g_spikes, g_mem, grad).reshape(steps, width)
    p = g_syn.reshape(len(g_syn), width)
    c, k = carry.reshape(len(carry), width), keep.reshape(len(keep), width)
    flat_syn, flat_mem = lam_syn.reshape(width), lam_mem.reshape(width)
    flat = grad.reshape(steps, width)
    if len(own) > 0:
        back = np.empty(size, grad.dtype)
        _loops.adjoint_recurrent(
            q, p, c, k, alpha, beta, flat_syn, flat_mem, flat, learning, lam_syn, own, slope, back
        )
    else:
        _loops.adjoint(q, p, c, k, alpha, beta, flat_syn, flat_mem, flat, learning)
    rows = grad.reshape(steps * batch, size)
    indices, offsets = events
    if len(offsets) > 0 and len(grad_weight) > 0:
        sums = np.zeros((grad_weight.shape[1], size), grad.dtype)
        _sparse.scatter(indices, offsets, rows, sums)
        transpose(sums, grad_weight)
    if len(grad_own) > 0:
        sums = np.zeros((size, size), grad.dtype)
        _sparse.scatter_own(mems.reshape(steps * batch, size), edge, rows, sums)
        transpose(sums, grad_own)


@loop
def _source(slope, g_spikes, g_mem, grad):
    """Return q = dL/dU + g dL/dS, (T, B, N)."""
    q = np.zeros_like(grad)
    flat = q.reshape(q.size)
    g = slope.reshape(slope.size)
    if g_spikes.size == 1:  # one number for all spikes, such as the loss of their sum has
        number = g_spikes[0, 0, 0]
        for m in range(q.size):
            flat[m] = g[m] * number
    elif len(g_spikes) > 0:
        s = g_spikes.reshape(q.size)
        for m in range(q.size):
            flat[m] = g[m] * s[m]
    if len(g_mem) > 0:
        g = g_mem.reshape(q.size)
        for m in range(q.size):
            flat[m] += g[m]
    return q
