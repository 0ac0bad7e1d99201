r"""One autograd node for a whole layer: compiled loops forward, written-out adjoint backward.

Work goes in tiles of a few time steps. In a tile the input product W S is formed, the
recursion runs over it, and the tile is forgotten: the current never exists for all steps.
The backward pass keeps only U of every step. It goes through the tiles from the last to the
first, makes the surrogate derivative of a tile in one call of the surrogate's own tensor
function, runs the adjoint recursion, and adds the tile's share to every gradient. The
equations are in :mod:`snnbook.kernels._loops`.
"""

import torch
from torch import Tensor

from snnbook.kernels._backward import Backward
from snnbook.kernels._call import Call
from snnbook.kernels._events import Events
from snnbook.kernels._first_derivative import first_derivative
from snnbook.kernels._forward import Forward


def unroll(source, weight, recurrent, state, call: Call):
    """Run a layer on checked tensors; returns spikes, mem, syn, I[T], U[T].

    ``source`` is the drive when ``weight`` is None, else input spikes, dense or events;
    ``state`` is a pair of tensors, or a pair of None for rest.
    """
    if isinstance(source, Events):
        dense = call.events is None
        source = source.to_dense(weight.dtype).to(weight.device) if dense else None
    constants = call.constants()
    varied = constants if isinstance(constants[0], Tensor) else (None,) * 3
    return _Layer.apply(source, weight, recurrent, *state, *varied, call)[:5]


class _Layer(torch.autograd.Function):
    """Forward and backward pass of a layer; see the module's docstring."""

    @staticmethod
    def forward(ctx, source, weight, recurrent, syn0, mem0, alpha, beta, theta, call):
        ctx.set_materialize_grads(False)
        need = any(ctx.needs_input_grad)
        call.learning = ctx.needs_input_grad[5:8]
        constants = None if alpha is None else (alpha, beta, theta)
        out = Forward(source, weight, recurrent, (syn0, mem0), call, need, constants)
        link = out.mem.new_empty(0) if need else None
        if need:
            ctx.call, ctx.states, ctx.numbers = call, out.states, out.numbers
            ctx.last = out.mem.clone() if any(call.learning) else None
            again = call.events is None and (ctx.needs_input_grad[1] or out.states is not None)
            kept = call.surrogate is not None or any(call.learning)
            states = (out.mems, out.syns) if kept else (None, None)
            given = source if again else None, weight, recurrent, *states
            ctx.save_for_backward(*given, alpha, beta, theta, link)
        mems, syns = (out.mems, out.syns) if call.record else (None, None)
        return out.spikes, mems, syns, out.syn, out.mem, link

    @staticmethod
    def backward(ctx, *grads):
        return first_derivative(lambda *given: Backward(*given).gradients(), ctx, *grads)
