"""One autograd node for a layer of another kind of neurons: the tiles of a LIF layer, other loops.

Tiles, products and checkpoints are those of :mod:`snnbook.kernels._layer`, the equations those of
the loops that :mod:`snnbook.kernels._kinds` names.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from snnbook.kernels import _sparse
from snnbook.kernels._backward import LIBRARY_PRODUCT, Backward, _cut
from snnbook.kernels._call import Call
from snnbook.kernels._events import Events
from snnbook.kernels._first_derivative import first_derivative
from snnbook.kernels._forward import Forward
from snnbook.kernels._kinds import KINDS, Kind
from snnbook.kernels._terms import slope_of


@dataclass
class KindCall(Call):
    """One call for a kind of neurons; every constant is an array (N,)."""

    @property
    def kind(self) -> Kind:
        """What these loops know of the neuron."""
        return KINDS[type(self.neuron).compiled]

    def constants(self) -> tuple[Tensor, ...]:
        """Return the constants of the kind as tensors of the run's type."""
        kind = {"dtype": self.dtype, "device": "cpu"}
        found = (getattr(self.neuron, name) for name in self.kind.constants)
        return tuple(torch.as_tensor(x, **kind) for x in found)

    def numbers(self, constants: tuple | None = None):
        """Return the constants for the loops."""
        return self.kind.numbers(self, constants)

    def columns(self, constant):
        """Return the constant as it is: these loops go over samples and neurons."""
        return constant


def unroll(source, weight, recurrent, state, call: KindCall):
    """Run a layer on checked tensors; returns spikes, a tuple of states (T, B, N), the last."""
    if isinstance(source, Events):
        source = source.to_dense(weight.dtype) if call.events is None else None
    given = source, weight, recurrent, *state, *call.constants(), call
    spikes, *states = _KindLayer.apply(*given)[:-1]
    return spikes, tuple(states[: call.kind.states]), tuple(states[call.kind.states :])


class _KindLayer(torch.autograd.Function):
    """Forward and backward pass of a layer; see the module's docstring."""

    @staticmethod
    def forward(ctx, source, weight, recurrent, *rest):
        call = rest[-1]
        states = call.kind.states
        state, constants = rest[:states], rest[states:-1]
        ctx.set_materialize_grads(False)
        need = any(ctx.needs_input_grad)
        call.learning = ctx.needs_input_grad[3 + states : -1]
        out = KindForward(source, weight, recurrent, state, call, need, constants)
        link = out.mem.new_empty(0) if need else None
        if need:
            ctx.call, ctx.states, ctx.numbers = call, out.states, out.numbers
            again = call.events is None and (ctx.needs_input_grad[1] or out.states is not None)
            given = source if again else None, weight, recurrent
            ctx.save_for_backward(*given, *constants, *out.records, link)
        shown = call.kind.shown(out.records) if call.record else (None,) * states
        return out.spikes, *shown, *out.state, link

    @staticmethod
    def backward(ctx, *grads):
        return first_derivative(lambda *given: KindBackward(*given).gradients(), ctx, *grads)


class KindForward(Forward):
    """One run over time; ``records`` are the states that are kept, (T, B, N) or None."""

    in_one_call = staticmethod(lambda shape, recurrent: False)

    @property
    def mem_at(self) -> int:
        """Which of the states is U."""
        return self.call.kind.mem_at

    def _make_room(self, keep: bool) -> None:
        wanted = self.call.kind.records(self.call, keep)
        self.records = tuple(self._room() if one else None for one in wanted)

    def _arrays(self, start: int, stop: int):
        out = tuple(self._part(x, start, stop, 2) for x in (self.spikes, *self.records))
        return self.numbers, tuple(x.numpy() for x in self.state), out[0], out[1:]

    def _scan(self, drive: Tensor, start: int, stop: int) -> None:
        self.call.kind.loops.forward(drive.numpy(), *self._arrays(start, stop))

    def _look_up(self, drive: Tensor, own, limit: int, start: int, stop: int) -> int:
        given = drive.numpy(), own, limit, *self._arrays(start, stop)
        return self.call.kind.loops.forward_recurrent(*given)

    def _spiking(self) -> Tensor:
        return fires(self.call.kind.distance(self.state, self.numbers), self.call)


def fires(distance: Tensor, call: KindCall) -> Tensor:
    """Return where a distance from the threshold is a spike."""
    return distance >= 0 if call.neuron.spike_at_threshold else distance > 0


class KindBackward(Backward):
    """One run of the adjoint recursion; the gradients are those of the forward's tensors."""

    again = KindForward

    def __init__(self, ctx, saved, g_spikes, *grads):
        self.call, self.kind, self.spikes_in = ctx.call, ctx.call.kind, ctx.call.events
        states, count = self.kind.states, len(self.kind.constants)
        self.input, self.W, self.V, *rest = saved
        self.varied, self.records = rest[:count], rest[count:]
        self.states, self.first, self.numbers = ctx.states, 0, ctx.numbers
        self.losses, self.ends = (g_spikes, *grads[:states]), grads[states:]
        steps, batch, size = self.shape = ctx.call.shape
        need = ctx.needs_input_grad
        kind = {"dtype": ctx.call.dtype, "device": "cpu"}
        learn = need[3 + states : -1]
        self.sums = torch.zeros(count, batch, size, **kind) if any(learn) else None
        width = size if self.W is None else self.W.shape[1]
        self.source = torch.empty(steps, batch, width, **kind) if need[0] else None
        self._run_tiles(need, width, kind)
        starts = need[3 : 3 + states]
        self.start = tuple(x if n else None for x, n in zip(self.lam, starts, strict=True))
        self.constants = self._of_constants(learn)

    def gradients(self):
        """Return the gradients in the order of the layer's tensors."""
        return self.source, self.weight, self.recurrent, *self.start, *self.constants

    def _of_constants(self, need):
        each = [None] * len(need) if self.sums is None else self.sums.sum(1)
        return [
            (x.sum() if constant.dim() == 0 else x) if wanted else None
            for x, wanted, constant in zip(each, need, self.varied, strict=True)
        ]

    def _take(self, run: KindForward) -> None:
        self.records = run.records

    def _adjoint(self, start: int, stop: int, grad: Tensor) -> None:
        """Write dL/dx of the steps start to stop into ``grad``."""
        call, kind, numbers = self.call, self.kind, self.numbers
        kept = tuple(None if x is None else self._kept(x, start, stop) for x in self.records)
        distance = kind.distance(kept, numbers)
        self.fired = fires(distance, call).to(distance.dtype)
        slope = slope_of(call.surrogate, distance, 0, numbers[0].dtype.type(0))
        g_spikes, *losses = (_cut(g, start, stop) for g in self.losses)
        missing = torch.zeros_like(slope) if g_spikes is None else slope * g_spikes
        source, none = missing.contiguous(), self.nothing.view(0, 0, 0)
        h = slope * kind.undone(call, kept, numbers) if call.coupled else None
        k = 1 - self.fired if call.reset == "zero" else None
        direct, reset = (
            tuple((none if x is None else x.contiguous()).numpy() for x in terms)
            for terms in (losses, (h, k))
        )
        learning = None
        if self.sums is not None:
            terms = *kind.learning(call, kept, self.fired, numbers), self.sums
            learning = tuple(x.detach().contiguous().numpy() for x in terms)
        lam = tuple(x.numpy() for x in self.lam)
        terms = source.numpy(), slope.numpy(), direct, reset
        if self.V is None or self.shape[1] * self.shape[2] ** 2 <= LIBRARY_PRODUCT:
            own = (self.nothing if self.V is None else self.V.detach().contiguous()).numpy()
            kind.loops.adjoint(*terms, numbers, lam, grad.numpy(), own, learning)
            return
        back = torch.empty_like(self.lam[0])  # V^T lambda, with a dense product in every step
        for n in range(len(source) - 1, -1, -1):
            carried = kind.carried(self.lam, None if k is None else k[n])
            source[n].addcmul_(slope[n], torch.mm(carried, self.V.detach(), out=back))
            step = (_at(x, n) for x in terms)
            rest = None if learning is None else (*_at(learning[:-1], n), learning[-1])
            one = grad[n : n + 1].numpy(), self.nothing.numpy(), rest
            kind.loops.adjoint(*step, numbers, lam, *one)

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
