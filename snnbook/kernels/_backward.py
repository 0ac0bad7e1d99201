"""The backward pass of a layer in tiles of time; see :mod:`snnbook.kernels._layer`."""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from snnbook.kernels import _loops, _one_call, _sparse
from snnbook.kernels._forward import Forward, as_edge, pieces, tile_steps
from snnbook.kernels._terms import Terms

#: Multiplications of V^T lambda in one step above which a library product is faster.
LIBRARY_PRODUCT = 1_000_000


class Backward:
    """One run of the adjoint recursion.

    Attributes: the gradients source (T, B, N_in), weight, recurrent, syn, mem (B, N), and
    ``constants``, those of alpha, beta and theta; each ``None`` where nobody asked for it.
    """

    #: How a segment is run forward again.
    again = Forward

    def __init__(self, ctx, saved, grad_spikes, grad_mem, grad_syn, grad_syn_end, grad_mem_end):
        self.call, self.spikes_in = ctx.call, ctx.call.events
        self.input, self.W, self.V, self.mems, self.syns, *self.varied = saved
        self.states, self.first = ctx.states, 0
        self.losses = (grad_spikes, grad_mem, grad_syn)
        steps, batch, size = self.shape = ctx.call.shape
        need = ctx.needs_input_grad
        kind = {"dtype": ctx.call.dtype, "device": "cpu"}
        self.ends = grad_syn_end, grad_mem_end
        self.alpha, self.beta, self.edge, self.drop, _ = ctx.numbers
        self.last = ctx.last
        self.rates = tuple(map(self.call.columns, (self.alpha, self.beta)))
        self.terms = Terms(self.call, ctx.numbers, self.varied)
        self.sums = None
        if any(need[5:8]):
            rows = 3 if need[7] and self.call.surrogate is not None else 2
            self.sums = np.zeros((rows, batch * size), self.alpha.dtype)
        width = size if self.W is None else self.W.shape[1]
        self.source = torch.empty(steps, batch, width, **kind) if need[0] else None
        if self.states is None and _one_call.fits(self.shape, self.V is not None):
            self.weight = torch.empty(size, width, **kind) if need[1] else None
            self.recurrent = torch.empty(size, size, **kind) if need[2] else None
            self._run_small()
        else:
            self._run_tiles(need, width, kind)
        self.syn = _tensor(self.lam_syn) if need[3] else None
        self.mem = _tensor(self.lam_mem) if need[4] else None
        self.constants = self._of_constants(need[5:8])

    def gradients(self):
        """Return the gradients in the order of the layer's tensors."""
        return self.source, self.weight, self.recurrent, self.syn, self.mem, *self.constants

    def _of_constants(self, need):
        """Return the gradients of alpha, beta and theta in their shapes: one of all, or of each."""
        found = [None] * 3
        for k, (wanted, constant) in enumerate(zip(need, self.varied, strict=True)):
            if wanted and k < len(self.sums):
                each = torch.from_numpy(self.sums[k]).view(self.shape[1:]).sum(0)
                found[k] = each.sum() if constant.dim() == 0 else each
            elif wanted:
                found[k] = torch.zeros_like(constant)
        return found

    def _learning(self, g_mem, start: int, stop: int):
        """Return what the loops need to add up the gradients of constants, or None."""
        if self.sums is None:
            return None
        nothing = np.empty((0, 0), self.sums.dtype)
        mems, last = _flat(self._kept(self.mems, start, stop)).numpy(), self.last
        syns = nothing if self.syns is None else _flat(self._kept(self.syns, start, stop)).numpy()
        if stop - self.first < len(self.mems):
            last = self.mems[stop - self.first]
        direct = nothing if g_mem is None else _flat(g_mem.contiguous()).numpy()
        columns = map(self.call.columns, (self.edge, self.drop))
        return mems, syns, last.detach().view(-1).numpy(), direct, *columns, self.sums

    def _run_tiles(self, need, width: int, kind: dict) -> None:
        steps, batch, size = self.shape
        self.lam = tuple(_start(x, kind, (batch, size)) for x in self.ends)
        self.lam_syn, self.lam_mem = self.lam[0], self.lam[-1]
        self.nothing = torch.empty((0, 0), **kind)
        # Gradients that rows are added to are held transposed: one input neuron, one row.
        self.weight = torch.zeros(width, size, **kind) if need[1] else None
        self.recurrent = torch.zeros(size, size, **kind) if need[2] else None
        if steps * batch * size:
            self._run()
        elif self.source is not None:
            self.source.zero_()
        self.weight = None if self.weight is None else self.weight.T.contiguous()
        self.recurrent = None if self.recurrent is None else self.recurrent.T.contiguous()

    def _run_small(self) -> None:
        """Do all in one compiled call, but for dense products."""
        call, none = self.call, _one_call.NOTHING[self.call.dtype]
        g_spikes, *others = self.losses
        if g_spikes is not None and g_spikes.stride() == (0, 0, 0):
            g_spikes = g_spikes.as_strided((1, 1, 1), (1, 1, 1))
        wanted = g_spikes is not None or self.V is not None or call.coupled
        slope = self.terms.slope(self.mems) if wanted and call.surrogate is not None else None
        carry, keep = self.terms.reset(self.mems, self.syns, slope)
        direct = self.W is None and self.source is not None
        grad = self.source if direct else torch.empty(self.shape, dtype=call.dtype, device="cpu")
        events = _one_call.NO_EVENTS if self.spikes_in is None else self.spikes_in
        arrays = (g_spikes, *others, slope, carry, keep, self.mems)
        *losses, slope, carry, keep, mems = (_array(x, none[3]) for x in arrays)
        own = (self.V, self.weight, self.recurrent)
        weight, grad_weight, grad_own = (_array(x, none[2]) for x in own)
        state = tuple(self._start_small(x, mems.dtype) for x in self.ends)
        _one_call.backward(
            tuple(losses),
            slope,
            (carry, keep),
            (*self.rates, self.edge),
            self._learning(others[0], 0, self.shape[0]),
            mems,
            state,
            weight,
            tuple(events),
            grad.numpy(),
            (grad_weight, grad_own),
        )
        self.lam_syn, self.lam_mem = state
        dense = self.weight is not None and self.spikes_in is None
        if self.W is None or not (dense or self.source is not None):
            return
        rows = grad.view(-1, self.shape[2])
        if dense:
            torch.mm(rows.T, self.input.detach().reshape(len(rows), -1), out=self.weight)
        if self.source is not None:
            torch.mm(rows, self.W.detach(), out=self.source.view(len(rows), -1))

    def _start_small(self, grad: Tensor | None, dtype):
        """Return the adjoint state at the end as an array."""
        if grad is None:
            return np.zeros(self.shape[1:], dtype)
        return grad.detach().numpy().copy()

    def _run(self) -> None:
        steps, batch, size = self.shape
        tile = tile_steps(batch, size)
        segment = steps if self.states is None else self.call.checkpoint
        direct = self.W is None and self.source is not None
        room = None if direct else self.lam_syn.new_empty(min(tile, segment), batch, size)
        for start, stop in reversed(list(pieces(0, steps, segment, tile))):
            if self.states is not None and (stop == steps or stop % segment == 0):
                self._recompute(start - start % segment, stop)
            grad = self.source[start:stop] if direct else room[: stop - start]
            self._adjoint(start, stop, grad)
            rows = grad.view(-1, size)
            if self.W is not None:
                self._input_products(start, stop, rows)
            if self.recurrent is not None:
                self._own_product(start, stop, rows)

    def _recompute(self, start: int, stop: int) -> None:
        """Run one segment forward again, from the state kept at its start."""
        state, batch = self.states[start // self.call.checkpoint], self.shape[1]
        events = self.spikes_in
        if events is not None:
            events = events[0], events[1][start * batch : stop * batch + 1]
        call = replace(
            self.call,
            checkpoint=None,
            shape=(stop - start, *self.shape[1:]),
            events=events,
        )
        constants = None if self.varied[0] is None else tuple(self.varied)
        source = _cut(self.input, start, stop)
        self._take(self.again(source, self.W, self.V, state, call, True, constants))
        self.first = start

    def _take(self, run: Forward) -> None:
        """Take the states of a segment that ran again."""
        self.mems, self.syns, self.last = run.mems, run.syns, run.mem

    def _kept(self, states: Tensor, start: int, stop: int) -> Tensor:
        """Return U or I of the steps start to stop."""
        return states[start - self.first : stop - self.first]

    def _adjoint(self, start: int, stop: int, grad: Tensor) -> None:
        """Write dL/dx of the steps start to stop into ``grad``."""
        call, (g_spikes, g_mem, g_syn) = self.call, (_cut(g, start, stop) for g in self.losses)
        wanted = g_spikes is not None or self.V is not None or call.coupled
        slope = self._slope(start, stop) if wanted and call.surrogate is not None else None
        q = self.terms.source(slope, g_spikes, g_mem, grad, self.V is None)
        p = self.nothing if g_syn is None else _flat(g_syn.contiguous())
        carry, keep = self._coefficients(start, stop, slope)
        terms = [x.numpy() for x in (_flat(q), p, carry, keep)]
        learning = self._learning(g_mem, start, stop)
        if self.V is None:
            args = *terms, *self.rates, *self._state(), _flat(grad).numpy(), learning
            _loops.adjoint(*args)
        elif self.shape[1] * self.shape[2] ** 2 <= LIBRARY_PRODUCT:
            self._recurrent_small(terms, grad, slope, learning)
        else:
            self._recurrent_large(terms, q, grad, slope, learning)

    def _slope(self, start: int, stop: int) -> Tensor:
        """Return the surrogate derivative g(U - theta) of a tile."""
        return self.terms.slope(self._kept(self.mems, start, stop))

    def _coefficients(self, start: int, stop: int, slope):
        r"""Return :math:`c = \beta k - g \rho` and k of a tile; empty for :math:`\beta`, 1."""
        syns = None if self.syns is None else self._kept(self.syns, start, stop)
        mems = None if self.mems is None else self._kept(self.mems, start, stop)
        terms = self.terms.reset(mems, syns, slope)
        return tuple(self.nothing if x is None else _flat(x) for x in terms)

    def _state(self):
        return self.lam_syn.view(-1).numpy(), self.lam_mem.view(-1).numpy()

    def _recurrent_small(self, terms, grad: Tensor, slope: Tensor, learning) -> None:
        weight = self.V.detach().contiguous().numpy()
        back = self.lam_syn.new_empty(self.shape[2]).numpy()
        rows = self.lam_syn.numpy()
        state = (*self.rates, *self._state(), _flat(grad).numpy(), learning)
        _loops.adjoint_recurrent(*terms, *state, rows, weight, slope.numpy(), back)

    def _recurrent_large(self, terms, q: Tensor, grad: Tensor, slope: Tensor, learning) -> None:
        """Form V^T lambda with a dense product in every step."""
        back, rates, state = torch.empty_like(self.lam_syn), self.rates, self._state()
        grads = _flat(grad).numpy()
        for n in range(len(q) - 1, -1, -1):
            torch.mm(self.lam_syn, self.V.detach(), out=back)
            q[n].addcmul_(slope[n], back)
            step = [x[n : n + 1] for x in terms]
            _loops.adjoint(*step, *rates, *state, grads[n : n + 1], _at_step(learning, n))

    def _input_products(self, start: int, stop: int, rows: Tensor) -> None:
        """Add dL/dx S^T to dL/dW, and write dL/dS = W^T dL/dx."""
        batch = self.shape[1]
        if self.weight is not None and self.spikes_in is not None:
            indices, offsets = self.spikes_in
            ends = offsets[start * batch : stop * batch + 1]
            _sparse.scatter(indices, ends, rows.numpy(), self.weight.numpy())
        elif self.weight is not None:
            spikes = self.input.detach()[start:stop].reshape(len(rows), -1)
            self.weight.addmm_(spikes.T, rows)
        if self.source is not None:
            target = self.source[start:stop].view(len(rows), -1)
            torch.mm(rows, self.W.detach(), out=target)

    def _own_product(self, start: int, stop: int, rows: Tensor) -> None:
        """Add dL/dx S^T of the layer's own spikes to dL/dV."""
        mems = self._kept(self.mems, start, stop).view(len(rows), -1)
        spikes = mems > as_edge(self.edge)
        if int(torch.count_nonzero(spikes)) <= _sparse.EVENT_DENSITY * spikes.numel():
            _sparse.scatter_own(mems.numpy(), self.edge, rows.numpy(), self.recurrent.numpy())
        else:
            self.recurrent.addmm_(spikes.to(rows.dtype).T, rows)


def _at_step(learning, n: int):
    """Return ``learning`` for step n alone."""
    if learning is None:
        return None
    mems, syns, last, direct, *rest = learning
    after = mems[n + 1] if n + 1 < len(mems) else last
    return mems[n : n + 1], syns[n : n + 1], after, direct[n : n + 1], *rest


def _tensor(values) -> Tensor:
    return values if isinstance(values, Tensor) else torch.from_numpy(values)


def _array(tensor: Tensor | None, nothing):
    if tensor is None:
        return nothing
    if tensor.requires_grad:
        tensor = tensor.detach()
    return (tensor if tensor.is_contiguous() else tensor.contiguous()).numpy()


def _start(grad: Tensor | None, kind: dict, shape) -> Tensor:
    if grad is None:
        return torch.zeros(shape, **kind)
    return grad.clone(memory_format=torch.contiguous_format)


def _cut(grad: Tensor | None, start: int, stop: int) -> Tensor | None:
    return None if grad is None else grad[start:stop]


def _flat(tensor: Tensor) -> Tensor:
    return tensor.view(len(tensor), -1)
