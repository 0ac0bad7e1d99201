r"""One autograd node for a whole layer: compiled loops forward, written-out adjoint backward.

Work goes in tiles of a few time steps. In a tile the input product W S is formed, the
recursion runs over it, and the tile is forgotten: the current never exists for all steps.
The backward pass keeps only U of every step. It goes through the tiles from the last to the
first, makes the surrogate derivative of a tile in one call of the surrogate's own tensor
function, runs the adjoint recursion, and adds the tile's share to every gradient. The
equations are in :mod:`snnbook.kernels.scan`.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from snnbook.kernels import products
from snnbook.kernels.choose import all_finite
from snnbook.kernels.events import Events
from snnbook.surrogates import Surrogate

#: Entries of a tile, and rows (time steps times samples) below which a dense product is slow.
TILE_ENTRIES = 1 << 16
TILE_ROWS = 512
#: Share of spikes above which a dense product is faster than one that looks up rows.
EVENT_DENSITY = 0.2
#: Neurons below which finding the spikes of a dense input costs more than it saves.
EVENT_NEURONS = 8
#: Multiplications of V^T lambda in one step above which a library product is faster.
LIBRARY_PRODUCT = 1_000_000


@dataclass(frozen=True)
class Cell:
    """The neurons of a layer, as numbers: what the loops need to know."""

    alpha: float
    beta: float
    theta: float = 1.0
    record: bool = True
    surrogate: Surrogate | None = None  # None: leaky, never spikes
    reset: str = "none"
    reset_gradient: bool = False
    spike_at_threshold: bool = False
    checkpoint: int | None = None  # steps between the states that are kept

    def numbers(self, dtype: torch.dtype):
        """Return alpha, beta, edge, drop, zero as NumPy scalars of the tensors' type."""
        import numpy as np

        kind = np.float32 if dtype == torch.float32 else np.float64
        theta = kind(self.theta)
        edge = np.nextafter(theta, kind(-np.inf)) if self.spike_at_threshold else theta
        drop = theta if self.reset == "subtract" else kind(0)
        return kind(self.alpha), kind(self.beta), edge, drop, kind(self.reset == "zero")

    @property
    def coupled(self) -> bool:
        """Whether the gradient flows back through the spike in the reset."""
        return self.reset_gradient and self.reset != "none"


def input_events(source, weight: Tensor):
    """Return (indices, offsets) of the input's spikes, or None, and the reason for it."""
    if not all_finite(weight):
        return None, "dense product: the weight holds NaN or infinity"
    if isinstance(source, Events):
        if source.density > EVENT_DENSITY:
            return None, f"dense product: {source.density:.0%} of the input entries are spikes"
        return (source.indices.numpy(), source.offsets.numpy()), "events: the input brings them"
    if weight.shape[0] < EVENT_NEURONS:
        return None, f"dense product: {weight.shape[0]} neurons do not pay for a search of spikes"
    rows = source.detach().reshape(source.shape[0] * source.shape[1], source.shape[2])
    room = int(EVENT_DENSITY * rows.numel()) + rows.shape[1]
    indices = torch.empty(room, dtype=torch.int32).numpy()
    offsets = torch.empty(len(rows) + 1, dtype=torch.int64).numpy()
    count = products.find(rows.contiguous().numpy(), 0, indices, offsets)
    if count == -1:
        return None, f"dense product: more than {EVENT_DENSITY:.0%} of the input are spikes"
    if count == -2:
        return None, "dense product: the input has values other than 0 and 1"
    share = count / max(1, rows.numel())
    return (indices[:count].copy(), offsets), f"events: {share:.1%} of the input entries are spikes"


def unroll(source, weight, recurrent, state, cell: Cell):
    """Run a layer on checked tensors; returns spikes, mem, syn, (I[T], U[T]).

    ``source`` is the drive when ``weight`` is None, else input spikes, dense or events.
    """
    dense = None if isinstance(source, Events) else source
    events = source if dense is None else None
    spikes, mem, syn, *last = _Layer.apply(dense, weight, recurrent, *state, events, cell)
    return spikes, mem, syn, tuple(last)


class _Layer(torch.autograd.Function):
    """Forward and backward pass of a layer; see the module's docstring."""

    @staticmethod
    def forward(ctx, source, weight, recurrent, syn0, mem0, events, cell):
        from snnbook.kernels.forward import Forward  # it reads this module's constants

        ctx.set_materialize_grads(False)
        given = source if events is None else events
        spikes_in = None if weight is None else input_events(given, weight)[0]
        if spikes_in is None and events is not None:
            source = events.to_dense(weight.dtype)
        need = any(ctx.needs_input_grad)
        steps = given.shape[0]
        run = Forward(source, weight, recurrent, (syn0, mem0), spikes_in, steps, cell, keep=need)
        if need:
            ctx.cell, ctx.spikes_in, ctx.shape = cell, spikes_in, run.shape
            ctx.like, ctx.states = mem0.new_empty(()), run.states
            again = spikes_in is None and (ctx.needs_input_grad[1] or run.states is not None)
            states = (None, None) if cell.surrogate is None else (run.mems, run.syns)
            ctx.save_for_backward(source if again else None, weight, recurrent, *states)
        mems, syns = (run.mems, run.syns) if cell.record else (None, None)
        return run.spikes, mems, syns, run.syn, run.mem

    @staticmethod
    def backward(ctx, *grads):
        from snnbook.kernels.backward import Backward

        if any(g is not None and torch._C._functorch.is_legacy_batchedtensor(g) for g in grads):
            raise RuntimeError(
                "the compiled loop takes one gradient at a time, not a batch of them; "
                "kernel='reference' takes both"
            )
        with torch.no_grad():
            run = Backward(ctx, *grads)
        out = (run.source, run.weight, run.recurrent, run.syn, run.mem)
        if torch.is_grad_enabled():  # create_graph=True: only a second derivative is an error
            out = tuple(g if g is None else _Once.apply(g.requires_grad_()) for g in out)
        return (*out, None, None)


class _Once(torch.autograd.Function):
    """Identity whose derivative is an error that says what to do."""

    @staticmethod
    def forward(ctx, grad):
        return grad.view_as(grad)

    @staticmethod
    def backward(ctx, grad):
        raise RuntimeError(
            "the compiled loop has no second derivative; "
            "kernel='reference' gives the plain loop, which has one"
        )
