"""One autograd node for a layer whose threshold adapts: the tiles of a LIF layer, other loops.

The equations are in :mod:`snnbook.kernels._adaptive_loops`; tiles, products and checkpoints are
those of :mod:`snnbook.kernels._layer`. The backward pass keeps U and a of every step.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from snnbook.kernels import _adaptive_loops, _sparse
from snnbook.kernels._backward import LIBRARY_PRODUCT, Backward, _cut
from snnbook.kernels._call import Call
from snnbook.kernels._events import Events
from snnbook.kernels._first_derivative import first_derivative
from snnbook.kernels._forward import Forward
from snnbook.kernels._terms import slope_of

#: The constants that may have a gradient, in the order of the sums of the adjoint loop.
CONSTANTS = ("alpha", "beta", "threshold", "rho", "strength")


@dataclass
class AdaptiveCall(Call):
    """One call for neurons whose threshold adapts; every constant is an array (N,)."""

    learning: tuple[bool, ...] = (False,) * len(CONSTANTS)

    def constants(self) -> tuple[Tensor, ...]:
        """Return alpha, beta, theta, rho and phi as tensors of the run's type."""
        kind = {"dtype": self.dtype, "device": "cpu"}
        return tuple(torch.as_tensor(getattr(self.neuron, name), **kind) for name in CONSTANTS)

    def numbers(self, constants: tuple | None = None):
        """Return alpha, beta, theta, drop, rho, phi, zero, and whether d = 0 is a spike."""
        alpha, beta, theta, rho, phi = (
            np.array(np.broadcast_to(x.detach().numpy(), self.shape[2:])) for x in constants
        )
        drop = theta if self.reset == "subtract" else np.zeros_like(theta)
        zero = theta.dtype.type(self.reset == "zero")
        return alpha, beta, theta, drop, rho, phi, zero, self.neuron.spike_at_threshold

    def columns(self, constant):
        """Return the constant as it is: these loops go over samples and neurons."""
        return constant


def unroll(source, weight, recurrent, state, call: AdaptiveCall):
    """Run a layer on checked tensors; returns spikes, U, a, I[T], U[T], a[T]."""
    if isinstance(source, Events):
        source = source.to_dense(weight.dtype) if call.events is None else None
    return _AdaptiveLayer.apply(source, weight, recurrent, *state, *call.constants(), call)[:6]


class _AdaptiveLayer(torch.autograd.Function):
    """Forward and backward pass of a layer; see the module's docstring."""

    @staticmethod
    def forward(ctx, source, weight, recurrent, syn0, mem0, adapt0, *rest):
        *constants, call = rest
        ctx.set_materialize_grads(False)
        need = any(ctx.needs_input_grad)
        call.learning = ctx.needs_input_grad[6:11]
        given = source, weight, recurrent, (syn0, mem0, adapt0), call, need, tuple(constants)
        out = AdaptiveForward(*given)
        link = out.mem.new_empty(0) if need else None
        if need:
            ctx.call, ctx.states, ctx.numbers = call, out.states, out.numbers
            again = call.events is None and (ctx.needs_input_grad[1] or out.states is not None)
            given = source if again else None, weight, recurrent
            ctx.save_for_backward(*given, out.mems, out.syns, out.adapts, *constants, link)
        mems, adapts = (out.mems, out.adapts) if call.record else (None, None)
        return out.spikes, mems, adapts, *out.state, link

    @staticmethod
    def backward(ctx, *grads):
        return first_derivative(lambda *given: AdaptiveBackward(*given).gradients(), ctx, *grads)


class AdaptiveForward(Forward):
    """One run over time; ``adapts`` (T, B, N) is a where it is kept."""

    in_one_call = staticmethod(lambda shape, recurrent: False)

    def _more_room(self, keep: bool) -> None:
        call = self.call
        needed = call.learning[0] or call.reset == "zero" and call.coupled
        self.syns = self._room() if keep and needed else None
        self.adapts = self._room() if call.record or keep else None

    def _outputs(self, start: int, stop: int, rows: int = 2):
        return *super()._outputs(start, stop, rows), self._part(self.adapts, start, stop, rows)

    def _arrays(self):
        return tuple(x.numpy() for x in self.state)

    def _scan(self, drive: Tensor, start: int, stop: int) -> None:
        out = self._outputs(start, stop)
        _adaptive_loops.forward(drive.numpy(), self.numbers, self._arrays(), out)

    def _look_up(self, drive: Tensor, own, limit: int, start: int, stop: int) -> int:
        given = drive.numpy(), own, limit, self.numbers, self._arrays()
        return _adaptive_loops.forward_recurrent(*given, self._outputs(start, stop))

    def _spiking(self) -> Tensor:
        return fires(distance(self.mem, self.state[2], self.numbers), self.call)


def distance(mem: Tensor, adapt: Tensor, numbers) -> Tensor:
    """Return d = U - theta - phi a, rounded as in the loops."""
    theta, phi = torch.from_numpy(numbers[2]), torch.from_numpy(numbers[5])
    return (mem - theta) - phi * adapt


def fires(d: Tensor, call: AdaptiveCall) -> Tensor:
    """Return where a distance from the threshold is a spike."""
    return d >= 0 if call.neuron.spike_at_threshold else d > 0


class AdaptiveBackward(Backward):
    """One run of the adjoint recursion; the gradients are those of the forward's tensors."""

    again = AdaptiveForward

    def __init__(self, ctx, saved, g_spikes, g_mem, g_adapt, *ends):
        self.call, self.spikes_in = ctx.call, ctx.call.events
        self.input, self.W, self.V, self.mems, self.syns, self.adapts, *self.varied = saved
        self.states, self.first, self.numbers = ctx.states, 0, ctx.numbers
        self.losses, self.ends = (g_spikes, g_mem, g_adapt), ends
        steps, batch, size = self.shape = ctx.call.shape
        need = ctx.needs_input_grad
        kind = {"dtype": ctx.call.dtype, "device": "cpu"}
        self.sums = torch.zeros(len(CONSTANTS), batch, size, **kind) if any(need[6:11]) else None
        width = size if self.W is None else self.W.shape[1]
        self.source = torch.empty(steps, batch, width, **kind) if need[0] else None
        self._run_tiles(need, width, kind)
        self.start = tuple(x if n else None for x, n in zip(self.lam, need[3:6], strict=True))
        self.constants = self._of_constants(need[6:11])

    def gradients(self):
        """Return the gradients in the order of the layer's tensors."""
        return self.source, self.weight, self.recurrent, *self.start, *self.constants

    def _of_constants(self, need):
        each = [None] * len(need) if self.sums is None else self.sums.sum(1)
        return [
            (x.sum() if constant.dim() == 0 else x) if wanted else None
            for x, wanted, constant in zip(each, need, self.varied, strict=True)
        ]

    def _take(self, run: AdaptiveForward) -> None:
        super()._take(run)
        self.adapts = run.adapts

    def _adjoint(self, start: int, stop: int, grad: Tensor) -> None:
        """Write dL/dx of the steps start to stop into ``grad``."""
        mem, adapt = (self._kept(x, start, stop) for x in (self.mems, self.adapts))
        syn = None if self.syns is None else self._kept(self.syns, start, stop)
        d = distance(mem, adapt, self.numbers)
        slope = slope_of(self.call.surrogate, d, 0, mem.numpy().dtype.type(0))
        self.fired = fires(d, self.call).to(d.dtype)
        g_spikes, g_mem, g_adapt = (_cut(g, start, stop) for g in self.losses)
        source = torch.zeros_like(d) if g_spikes is None else (slope * g_spikes).contiguous()
        direct = tuple(map(self._array, (None, g_mem, g_adapt)))
        reset = tuple(map(self._array, self._reset(mem, syn, slope)))
        numbers = tuple(self.numbers[k] for k in (0, 1, 4, 5))
        learning = self._learning(mem, syn, adapt)
        terms = source.numpy(), slope.numpy(), direct, reset, numbers
        lam, grad = tuple(x.numpy() for x in self.lam), grad.numpy()
        if self.V is None or self.shape[1] * self.shape[2] ** 2 <= LIBRARY_PRODUCT:
            own = self.nothing if self.V is None else self.V.detach().contiguous()
            _adaptive_loops.adjoint(*terms, lam, grad, own.numpy(), learning)
        else:
            self._with_library(terms, source, slope, lam, grad, learning)

    def _array(self, tensor: Tensor | None):
        found = self.nothing.view(0, 0, 0) if tensor is None else tensor.contiguous()
        return found.numpy()

    def _reset(self, mem, syn, slope):
        """Return h and k of a tile, or None for 0 and 1."""
        call, zero = self.call, self.call.reset == "zero"
        h = None
        if call.coupled:
            beta, theta = (torch.from_numpy(self.numbers[k]) for k in (1, 2))
            h = slope * (beta * mem + syn if zero else theta)
        return h, 1 - self.fired if zero else None

    def _learning(self, mem, syn, adapt):
        if self.sums is None:
            return None
        syn = torch.zeros_like(mem) if syn is None else syn
        fall = self.fired if self.call.reset == "subtract" else torch.zeros_like(mem)
        return tuple(x.detach().numpy() for x in (mem, syn, adapt, fall, self.sums))

    def _with_library(self, terms, source, slope, lam, grad, learning) -> None:
        """Form V^T lambda with a dense product in every step."""
        own, back = self.V.detach(), torch.empty_like(self.lam_syn)
        none = self.nothing.numpy()
        for n in range(len(source) - 1, -1, -1):
            torch.mm(self.lam_syn, own, out=back)
            source[n].addcmul_(slope[n], back)
            step = (_at(x, n) for x in (*terms[:4],))
            rest = None if learning is None else (*_at(learning[:4], n), learning[4])
            _adaptive_loops.adjoint(*step, terms[4], lam, grad[n : n + 1], none, rest)

    def _own_product(self, start: int, stop: int, rows: Tensor) -> None:
        """Add dL/dx S^T of the layer's own spikes to dL/dV."""
        fired = self.fired.view(len(rows), -1)
        if int(torch.count_nonzero(fired)) <= _sparse.EVENT_DENSITY * fired.numel():
            half = fired.numpy().dtype.type(0.5)
            _sparse.scatter_own(fired.numpy(), half, rows.numpy(), self.recurrent.numpy())
        else:
            self.recurrent.addmm_(fired.T, rows)


def _at(terms, n: int):
    """Return step n of arrays, one by one."""
    if isinstance(terms, tuple):
        return tuple(_at(x, n) for x in terms)
    return terms[n : n + 1]
