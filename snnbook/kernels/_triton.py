r"""The loops of :mod:`snnbook.kernels._loops` in Triton, for tensors on a GPU.

Without recurrent weights one launch runs all time steps: a program owns some neurons and
holds their state in registers. With recurrent weights a step is a library product V S[n] and
one launch, which also makes the spikes of the next step; the backward pass has
:math:`V^\top \lambda^I` in the same place. The input product is one dense product, because a
GPU does it faster than it finds events; :class:`snnbook.kernels.Events` are made dense.

The order of operations is that of the plain loop, and products and sums are not fused. The
numbers of the neurons come as a tensor: Triton would round a Python float to float32.

With ``TRITON_INTERPRET=1`` the kernels run on CPU tensors, step by step: for tests.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

from snnbook.kernels._call import Call
from snnbook.kernels._events import Events
from snnbook.kernels._first_derivative import first_derivative

BLOCK = 128
RESETS = {"none": 0, "subtract": 1, "zero": 2}


@triton.jit(do_not_specialize=["start", "stop", "steps"])
def _forward(
    drive, numbers, syn, mem, spikes, mems, syns, start, stop, steps, width,
    RESET: tl.constexpr, SIZE: tl.constexpr,
):  # fmt: skip
    """Run the steps from ``start`` to ``stop``; S of ``start`` is there, S of ``stop`` is made."""
    lanes = tl.program_id(0) * SIZE + tl.arange(0, SIZE)
    inside = lanes < width
    alpha, beta = tl.load(numbers), tl.load(numbers + 1)
    edge, theta = tl.load(numbers + 2), tl.load(numbers + 3)
    i = tl.load(syn + lanes, mask=inside, other=0.0)
    u = tl.load(mem + lanes, mask=inside, other=0.0)
    at = tl.cast(start, tl.int64) * width + lanes
    end = tl.cast(steps, tl.int64) * width
    for _ in range(start, stop):
        if mems is not None:
            tl.store(mems + at, u, mask=inside)
        if syns is not None:
            tl.store(syns + at, i, mask=inside)
        s = (u > edge).to(u.dtype)
        u = beta * u + i
        if RESET == 1:
            u = u - theta * s
        if RESET == 2:
            u = u * (1.0 - s)
        i = alpha * i + tl.load(drive + at, mask=inside, other=0.0)
        at += width
        if spikes is not None:
            tl.store(spikes + at, (u > edge).to(u.dtype), mask=inside & (at < end))
    tl.store(syn + lanes, i, mask=inside)
    tl.store(mem + lanes, u, mask=inside)


@triton.jit(do_not_specialize=["start", "stop"])
def _adjoint(
    slope, mems, syns, g_spikes, g_mem, g_syn, back, numbers, lam_syn, lam_mem, grad,
    start, stop, width, RESET: tl.constexpr, COUPLED: tl.constexpr, SIZE: tl.constexpr,
):  # fmt: skip
    """Run the adjoint from ``stop`` down to ``start``; ``back`` is V^T lambda of a single step."""
    lanes = tl.program_id(0) * SIZE + tl.arange(0, SIZE)
    inside = lanes < width
    alpha, beta = tl.load(numbers), tl.load(numbers + 1)
    edge, theta = tl.load(numbers + 2), tl.load(numbers + 3)
    li = tl.load(lam_syn + lanes, mask=inside, other=0.0)
    lu = tl.load(lam_mem + lanes, mask=inside, other=0.0)
    at = tl.cast(stop, tl.int64) * width + lanes
    for _ in range(start, stop):
        at -= width
        tl.store(grad + at, li, mask=inside)
        q = li * 0.0
        c = q + beta
        if slope is not None:
            g = tl.load(slope + at, mask=inside, other=0.0)
            if g_spikes is not None:
                q = g * tl.load(g_spikes + at, mask=inside, other=0.0)
            if back is not None:
                q += g * tl.load(back + lanes, mask=inside, other=0.0)
        if g_mem is not None:
            q += tl.load(g_mem + at, mask=inside, other=0.0)
        li = alpha * li
        if RESET == 2:
            u = tl.load(mems + at, mask=inside, other=0.0)
            k = (u <= edge).to(u.dtype)
            c = beta * k
            li += k * lu
        else:
            li += lu
        if COUPLED:
            if RESET == 2:
                c -= g * (beta * u + tl.load(syns + at, mask=inside, other=0.0))
            else:
                c -= g * theta
        lu = q + c * lu
        if g_syn is not None:
            li += tl.load(g_syn + at, mask=inside, other=0.0)
    tl.store(lam_syn + lanes, li, mask=inside)
    tl.store(lam_mem + lanes, lu, mask=inside)


INTERPRETED = not isinstance(_forward, triton.runtime.JITFunction)


def why_not(tensors) -> str | None:
    """Return why these tensors cannot run here, or None."""
    for tensor in tensors:
        if tensor.device != tensors[0].device:
            return f"the tensors are on {tensors[0].device} and {tensor.device}"
        if INTERPRETED and tensor.is_cpu:
            continue
        if not tensor.is_cuda:
            return f"the tensors are on {tensor.device}; the Triton loop runs on a GPU"
        if torch.cuda.get_device_capability(tensor.device) < (7, 0):
            return f"{tensor.device} is older than Triton supports"
    return None


def unroll(source, weight, recurrent, state, call: Call):
    """Run a layer on checked tensors; returns spikes, mem, syn, I[T], U[T].

    Arguments as those of :func:`snnbook.kernels._layer.unroll`. The check for NaN reads the
    last state once, after all launches.
    """
    if isinstance(source, Events):
        source = source.to_dense(weight.dtype).to(weight.device)
    return _Layer.apply(source, weight, recurrent, *state, call)[:5]


def _launch(kernel, *arguments, width: int, **flags) -> None:
    grid = (triton.cdiv(width, BLOCK),)
    kernel[grid](*arguments, width, SIZE=BLOCK, enable_fp_fusion=False, **flags)


def _scan(source, weight, own, state, out, call, numbers) -> None:
    """Run some steps; ``state`` is updated in place, ``out`` = (spikes, mems, syns) filled."""
    (syn, mem), (spikes, _, _), steps = state, out, len(source)
    if not steps * mem.numel():
        return
    drive = source if weight is None else source @ weight.T
    if weight is None and own is not None:
        drive = source.clone(memory_format=torch.contiguous_format)
    arguments = drive.contiguous(), numbers, syn, mem, *out
    flags = {"width": mem.numel(), "RESET": RESETS[call.reset]}
    if spikes is not None:
        spikes[0] = mem > numbers[2]
    if own is None:
        _launch(_forward, *arguments, 0, steps, steps, **flags)
        return
    for n in range(steps):
        arguments[0][n].addmm_(spikes[n], own.T)
        _launch(_forward, *arguments, n, n + 1, steps, **flags)


class _Layer(torch.autograd.Function):
    """Forward and backward pass of a layer; see the module's docstring."""

    @staticmethod
    def forward(ctx, source, weight, own, syn0, mem0, call):
        ctx.set_materialize_grads(False)
        shape, like = call.shape, source if weight is None else weight
        need, spiking = any(ctx.needs_input_grad), call.surrogate is not None
        sparing = need and spiking and not call.record and call.checkpoint is not None
        keep = need and spiking and not sparing
        numbers = _numbers(call, like)
        state = tuple(
            like.new_zeros(shape[1:]) if x is None else x.detach().clone(memory_format=CONTIGUOUS)
            for x in (syn0, mem0)
        )
        wanted = spiking, call.record or keep, call.record or keep and call.needs_current
        out = [like.new_empty(shape) if w else None for w in wanted]
        states, segment = [], call.checkpoint if sparing else max(1, shape[0])
        with torch.cuda.device_of(like):
            for start in range(0, shape[0], segment):
                if sparing:
                    states.append(tuple(x.clone() for x in state))
                parts = [_cut(x, start, start + segment) for x in (source, *out)]
                _scan(parts[0], weight, own, state, parts[1:], call, numbers)
        link = like.new_empty(0) if need else None
        if need:
            ctx.call, ctx.states, ctx.segment, ctx.numbers = call, states, segment, numbers
            again = source if ctx.needs_input_grad[1] or sparing else None
            kept = out[1:] if keep else (None, None)
            ctx.save_for_backward(again, weight, own, *kept, link)
        mems, syns = out[1:] if call.record else (None, None)
        return out[0], mems, syns, *state, link

    @staticmethod
    def backward(ctx, *grads):
        return first_derivative(_gradients, ctx, *grads)


CONTIGUOUS = torch.contiguous_format


def _numbers(call, like: Tensor) -> Tensor:
    alpha, beta, edge, _, _ = map(float, call.numbers())
    return like.new_tensor([alpha, beta, edge, call.threshold])


def _cut(tensor: Tensor | None, start: int, stop: int) -> Tensor | None:
    return None if tensor is None else tensor[start:stop].contiguous()


def _gradients(ctx, saved, *grads):
    """Return the gradients of source, weight, recurrent weight, I[0] and U[0]."""
    source, weight, own, mems, syns = saved
    (steps, batch, size), need = ctx.call.shape, ctx.needs_input_grad
    like, call = ctx.numbers, ctx.call
    lam = tuple(
        like.new_zeros(batch, size) if g is None else g.clone(memory_format=CONTIGUOUS)
        for g in grads[3:]
    )
    width = size if weight is None else weight.shape[1]
    g_source = like.new_empty(steps, batch, width) if need[0] else None
    g_weight = like.new_zeros(size, width) if need[1] else None
    g_own = like.new_zeros(size, size) if need[2] else None
    with torch.cuda.device_of(like):
        for start in reversed(range(0, steps, ctx.segment)):
            stop = min(start + ctx.segment, steps)
            inputs = _cut(source, start, stop)
            kept = mems, syns
            if ctx.states:
                kept = _again(ctx, inputs, weight, own, ctx.states[start // ctx.segment])
            losses = [_cut(g, start, stop) for g in grads[:3]]
            rows = _back(kept, losses, own, lam, (stop - start, batch, size), call, like)
            count = (stop - start) * batch
            rows = rows.view(count, size)
            if g_weight is not None:
                g_weight.addmm_(rows.T, inputs.view(count, width))
            if g_own is not None:
                g_own.addmm_(rows.T, (kept[0] > like[2]).to(rows.dtype).view(count, size))
            if g_source is not None:
                part = rows if weight is None else rows @ weight
                g_source[start:stop] = part.view(stop - start, batch, width)
    return g_source, g_weight, g_own, *(x if n else None for x, n in zip(lam, need[3:]))


def _again(ctx, inputs, weight, own, state):
    """Run one segment forward again, from the state kept at its start; return U and I."""
    call, shape = ctx.call, (len(inputs), *ctx.call.shape[1:])
    wanted = own is not None, True, call.needs_current
    out = [inputs.new_empty(shape) if w else None for w in wanted]
    state = tuple(x.clone() for x in state)
    _scan(inputs, weight, own, state, out, call, ctx.numbers)
    return out[1:]


def _back(kept, losses, own, lam, shape, call, numbers) -> Tensor:
    """Return dL/dx of some steps; ``lam`` is updated in place."""
    grad, (mems, syns) = numbers.new_empty(shape), kept
    slope, spiking = None, call.surrogate is not None
    if spiking and (losses[0] is not None or own is not None or call.coupled):
        slope = call.surrogate.derivative(mems - call.threshold).contiguous()
    flags = {"width": lam[0].numel(), "RESET": RESETS[call.reset], "COUPLED": call.coupled}
    if not grad.numel():
        return grad
    arguments = slope, mems, syns, *losses
    if own is None:
        _launch(_adjoint, *arguments, None, numbers, *lam, grad, 0, shape[0], **flags)
        return grad
    for n in reversed(range(shape[0])):
        back = lam[0] @ own
        _launch(_adjoint, *arguments, back, numbers, *lam, grad, n, n + 1, **flags)
    return grad
