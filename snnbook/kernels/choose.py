"""Which time loop runs, and why: one decision, made visible."""

import math
import sys
from typing import NamedTuple

import torch
from torch import Tensor

from snnbook._validate import check_choice
from snnbook.kernels.events import Events

KERNELS = ("auto", "reference", "numba")


class Choice(NamedTuple):
    """``kernel``: "numba" or "reference"; ``product``: "events", "dense" or "none"; and why."""

    kernel: str
    product: str
    reason: str


def explain(
    source: Tensor | Events,
    *,
    weight: Tensor | None = None,
    recurrent_weight: Tensor | None = None,
    kernel: str = "auto",
) -> Choice:
    """Return which kernel a layer or :func:`snnbook.neurons.unroll` runs on this input, and why.

    Parameters
    ----------
    source : Tensor or Events
        The drive of ``unroll`` (without ``weight``), or input spikes of a layer.
    weight : Tensor, optional
        W of the layer, (out, in).
    recurrent_weight : Tensor, optional
        V of the layer, (out, out).
    kernel : {"auto", "reference", "numba"}
        As given to ``unroll`` or to the layer.

    Returns
    -------
    Choice
        The kernel, how the input product W S is done, and the reason in words.

    Examples
    --------
    >>> explain(torch.zeros(3, 1, 2)).kernel
    'numba'
    >>> explain(torch.zeros(3, 1, 2, dtype=torch.float16)).reason
    'drive is torch.float16; the compiled loop takes float32 and float64'

    See the benchmark page.
    """
    return decide(source, weight, (recurrent_weight,), kernel)[0]


def decide(source: Tensor | Events, weight: Tensor | None, others, kernel: str):
    """Return the choice, and the (indices, offsets) of the input's spikes where it uses them.

    Every layer runs what this function says, and :func:`explain` shows it.
    """
    if torch.compiler.is_compiling():
        return _decide_eagerly(source, weight, others, kernel)
    obstacle = why_not_compiled(source, (weight, *others), kernel)
    if obstacle is not None:
        return Choice("reference", "none" if weight is None else "dense", obstacle), None
    if weight is None:
        return Choice("numba", "none", "the drive is already weighted; compiled loop"), None
    from snnbook.kernels.products import input_events

    found, reason = input_events(source, weight)
    return Choice("numba", "dense" if found is None else "events", reason), found


@torch.compiler.disable
def _decide_eagerly(source, weight, others, kernel):
    return decide(source, weight, others, kernel)


def why_not_compiled(source, tensors, kernel: str) -> str | None:
    """Return why the plain loop must run, or ``None`` when the compiled loop can.

    Raises ``ValueError`` when the caller asked for a compiled loop that cannot run.
    """
    check_choice("kernel", kernel, KERNELS)
    if kernel == "reference":
        return "kernel='reference' was asked for"
    obstacle = _obstacle(source, tensors)
    if obstacle is not None and kernel == "numba":
        raise ValueError(f"kernel is 'numba', but {obstacle}; 'auto' or 'reference' is accepted")
    return obstacle


def _obstacle(source, tensors) -> str | None:
    if torch._C._functorch.peek_interpreter_stack() is not None:
        return "a torch.func transform is active; it needs the plain loop"
    for tensor in (source, *tensors):
        kind = type(tensor)
        if tensor is None or kind is Events:
            continue
        if kind is not Tensor and kind is not torch.nn.Parameter:
            return f"a {kind.__name__} needs the plain loop"
        if not tensor.is_cpu:
            return f"the tensors are on {tensor.device}; the compiled loop runs on the CPU"
        if tensor.dtype not in (torch.float32, torch.float64):
            return f"drive is {tensor.dtype}; the compiled loop takes float32 and float64"
    if torch.is_autocast_enabled("cpu"):
        return "autocast is on; the plain loop follows it"
    return None if "numba" in sys.modules else _numba_trouble()


def all_finite(*tensors: Tensor) -> bool:
    """Return whether no entry is NaN or infinite: a sum tells, unless it overflows itself."""
    if math.isfinite(sum(float(x.detach().sum()) for x in tensors)):
        return True
    return all(bool(torch.isfinite(x).all()) for x in tensors)


def _numba_trouble() -> str | None:
    try:
        import numba  # noqa: F401
    except ImportError as error:
        return f"numba cannot be imported ({error})"
    return None
