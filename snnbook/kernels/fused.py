r"""One autograd node for a whole layer: compiled loops forward, written-out adjoint backward.

Work goes in tiles of a few time steps. In a tile the input product W S is formed, the
recursion runs over it, and the tile is forgotten: the current never exists for all steps.
The backward pass keeps only U of every step. It goes through the tiles from the last to the
first, makes the surrogate derivative of a tile in one call of the surrogate's own tensor
function, runs the adjoint recursion, and adds the tile's share to every gradient. The
equations are in :mod:`snnbook.kernels.scan`.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch

from snnbook.kernels.events import Events
from snnbook.surrogates import Surrogate

#: Entries of a tile, and rows (time steps times samples) below which a dense product is slow.
TILE_ENTRIES = 1 << 16
TILE_ROWS = 512
#: Multiplications of V^T lambda in one step above which a library product is faster.
LIBRARY_PRODUCT = 1_000_000


class Cell(NamedTuple):
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


@dataclass
class Run:
    """One call: the cell, the events that were found, and whether the end was seen finite."""

    cell: Cell
    shape: tuple[int, int, int]
    dtype: torch.dtype
    events: tuple | None
    finite: bool | None = None  # None: not looked at


def unroll(source, weight, recurrent, state, run: Run):
    """Run a layer on checked tensors; returns spikes, mem, syn, I[T], U[T].

    ``source`` is the drive when ``weight`` is None, else input spikes, dense or events;
    ``state`` is a pair of tensors, or a pair of None for rest.
    """
    if isinstance(source, Events):
        source = None if run.events is not None else source.to_dense(weight.dtype)
    return _Layer.apply(source, weight, recurrent, *state, run)


class _Layer(torch.autograd.Function):
    """Forward and backward pass of a layer; see the module's docstring."""

    @staticmethod
    def forward(ctx, source, weight, recurrent, syn0, mem0, run):
        from snnbook.kernels.forward import Forward  # it reads this module's constants

        ctx.set_materialize_grads(False)
        need, cell = any(ctx.needs_input_grad), run.cell
        out = Forward(source, weight, recurrent, (syn0, mem0), run, keep=need)
        if need:
            ctx.run, ctx.states, ctx.numbers = run, out.states, out.numbers
            again = run.events is None and (ctx.needs_input_grad[1] or out.states is not None)
            states = (None, None) if cell.surrogate is None else (out.mems, out.syns)
            ctx.save_for_backward(source if again else None, weight, recurrent, *states)
        mems, syns = (out.mems, out.syns) if cell.record else (None, None)
        return out.spikes, mems, syns, out.syn, out.mem

    @staticmethod
    def backward(ctx, *grads):
        from snnbook.kernels.backward import Backward

        if any(g is not None and torch._C._functorch.is_legacy_batchedtensor(g) for g in grads):
            raise RuntimeError(
                "the compiled loop takes one gradient at a time, not a batch of them; "
                "kernel='reference' takes both"
            )
        if not torch.is_grad_enabled():
            return (*Backward(ctx, *grads).gradients(), None)
        with torch.no_grad():  # create_graph=True: only a second derivative is an error
            out = Backward(ctx, *grads).gradients()
        return (*(g if g is None else _Once.apply(g.requires_grad_()) for g in out), None)


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
