"""Which time loop runs, and why: one decision, made visible."""

import importlib
import math
import sys
from typing import Any, NamedTuple

import torch
from torch import Tensor

from snnbook._plain_notice import say_plain
from snnbook._validate import check_choice, is_number
from snnbook.kernels._events import Events
from snnbook.kernels._guard import (
    CONSTANTS,
    check_constants,
    check_neuron,
    check_recurrent,
    check_source,
    constant_tensors,
)
from snnbook.kernels._tracers import exporting, watcher
from snnbook.surrogates import Surrogate

#: The time loops that a layer can be asked for.
KERNELS = ("auto", "reference", "numba", "triton")


class Choice(NamedTuple):
    """Which loop runs, and why.

    ``kernel`` is "numba", "triton" or "reference"; ``product``, how the input product W S is
    done, is "events", "dense" or "none".
    """

    kernel: str
    product: str
    reason: str


def explain(
    source: Tensor | Events,
    *,
    weight: Tensor | None = None,
    recurrent_weight: Tensor | None = None,
    neuron: Any = None,
    kernel: str = "auto",
) -> Choice:
    """Return which kernel a layer or :func:`snnbook.neurons.run` runs on this input, and why.

    Parameters
    ----------
    source : Tensor or Events
        The drive of ``run`` (without ``weight``), or input spikes of a layer.
    weight : Tensor, optional
        W of the layer, (out, in).
    recurrent_weight : Tensor, optional
        V of the layer, (out, out).
    neuron : snnbook.neurons.Neuron, optional
        The neuron; a LIF neuron when not given.
    kernel : {"auto", "reference", "numba", "triton"}
        As given to ``run`` or to the layer.

    Returns
    -------
    Choice
        The kernel, how the input product W S is done, and the reason in words.

    Raises
    ------
    TypeError, ValueError
        Where the loops would: if a shape, dtype or device does not fit.

    Examples
    --------
    >>> explain(torch.zeros(3, 1, 2)).kernel
    'numba'
    >>> explain(torch.zeros(3, 1, 2, dtype=torch.float16)).reason
    'drive is torch.float16; the compiled loop takes float32 and float64'

    See the benchmark page.
    """
    if torch.compiler.is_dynamo_compiling() and not exporting():
        from snnbook.kernels._eager import explain_eagerly

        return explain_eagerly(source, weight, recurrent_weight, neuron, kernel)
    if neuron is not None:
        check_neuron(neuron)
    shape = check_source(source, weight)
    like = source if weight is None else weight
    check_recurrent(recurrent_weight, shape[2], like)
    check_constants(neuron, shape[2], like)
    return decide(neuron, source, weight, (recurrent_weight,), kernel)[0]


def decide(neuron, source: Tensor | Events, weight: Tensor | None, others, kernel: str):
    """Return the choice, and the (indices, offsets) of the input's spikes where it uses them.

    ``others`` are the recurrent weight or None, and the tensors of a given state.
    Every layer runs what this function says, and :func:`explain` shows it.
    """
    ran, obstacle = _pick(neuron, source, weight, others, kernel)
    if ran == "reference":
        return Choice(ran, "none" if weight is None else "dense", obstacle), None
    if weight is None:
        return Choice(ran, "none", "the drive is already weighted; compiled loop"), None
    if ran == "triton":
        return Choice(ran, "dense", "Triton loop; on a GPU the input product is dense"), None
    from snnbook.kernels._sparse import input_events

    found, reason = input_events(source, weight)
    return Choice(ran, "dense" if found is None else "events", reason), found


def _pick(neuron, source, weight, others, kernel: str) -> tuple[str, str | None]:
    """Return the loop to run, and what stands in the way of a compiled one.

    'auto' takes the Triton loop for tensors on a GPU and the Numba loop for others. Raises
    ``ValueError`` when the caller asked for a compiled loop that cannot run.
    """
    check_choice("kernel", kernel, KERNELS)
    if kernel == "reference":
        return "reference", "kernel='reference' was asked for"
    tensors = (source, weight, *others)
    given = [x for x in tensors if x is not None and not isinstance(x, Events)]
    on_gpu = any(x.is_cuda for x in given)
    wanted = kernel if kernel != "auto" else "triton" if on_gpu else "numba"
    varied = constant_tensors(neuron).values()
    here = _gpu if wanted == "triton" else _cpu
    obstacle = _unknown(neuron, others[0]) or _obstacle([*given, *varied]) or here(given)
    if obstacle is None and wanted == "triton" and varied:
        obstacle = "constants that are tensors need the plain loop on a GPU"
    if obstacle is None and wanted == "triton" and kind_of(neuron) is not True:
        obstacle = f"a {type(neuron).__name__} needs the plain loop on a GPU"
    if obstacle is None:
        return wanted, None
    if kernel != "auto":
        raise ValueError(f"kernel is '{kernel}', but {obstacle}; 'auto' or 'reference' is accepted")
    if isinstance(obstacle, _Missing) and wanted == "numba":
        say_plain(str(obstacle))
    return "reference", obstacle


def known(neuron) -> bool:
    """Return whether the compiled loops know this very class; a subclass does not inherit it."""
    return bool(vars(type(neuron)).get("compiled"))


def kind_of(neuron) -> bool | str:
    """Return True for a neuron of the LIF loops, else the word of its own; see ``_kinds``."""
    return True if neuron is None else vars(type(neuron)).get("compiled", False)


def _unknown(neuron, recurrent_weight: Tensor | None) -> str | None:
    """Return why the compiled loops do not know this neuron, or not with recurrent weights."""
    if neuron is None:
        return None
    if not known(neuron):
        return f"the compiled loops do not know a {type(neuron).__name__}; it needs the plain loop"
    if recurrent_weight is not None and not hasattr(neuron, "surrogate"):
        return f"a {type(neuron).__name__} sends no spikes through V; it needs the plain loop"
    for name in (*CONSTANTS, *getattr(neuron, "couplings", ())):
        value = getattr(neuron, name, 1.0)
        if type(value) is not float and not is_number(value) and not isinstance(value, Tensor):
            return f"{name} of the neuron is a {type(value).__name__}; it needs the plain loop"
    surrogate = getattr(neuron, "surrogate", None)
    if surrogate is None:
        return None
    if not hasattr(surrogate, "derivative"):
        return f"a {type(surrogate).__name__} has no derivative; it needs the plain loop"
    if type(surrogate).__call__ is not Surrogate.__call__:
        return f"a {type(surrogate).__name__} makes its own spikes; it needs the plain loop"
    return None


def _obstacle(given) -> str | None:
    """Return what stands in the way of both compiled loops."""
    watching = watcher()
    if watching is not None:
        return f"{watching}; it needs the plain loop"
    for tensor in given:
        kind = type(tensor)
        if kind is not Tensor and kind is not torch.nn.Parameter:
            return f"a {kind.__name__} needs the plain loop"
        if tensor.is_neg() or tensor._is_zerotensor():
            return "a tensor is the view of a complex one; it needs the plain loop"
    return None


def _cpu(given) -> str | None:
    """Return what stands in the way of the Numba loop."""
    for tensor in given:
        if not tensor.is_cpu:
            return f"the tensors are on {tensor.device}; the compiled loop runs on the CPU"
    return _types(given, "cpu") or (None if "numba" in sys.modules else _trouble("numba"))


def _gpu(given) -> str | None:
    """Return what stands in the way of the Triton loop."""
    trouble = _types(given, "cuda") or _trouble("triton")
    if trouble is not None:
        return trouble
    from snnbook.kernels import _triton

    return _triton.why_not(given)


def _types(given, device: str) -> str | None:
    for tensor in given:
        if tensor.dtype not in (torch.float32, torch.float64):
            return f"drive is {tensor.dtype}; the compiled loop takes float32 and float64"
    if torch.is_autocast_enabled(device):
        return "autocast is on; the plain loop follows it in its products"
    return None


def all_finite(*tensors: Tensor) -> bool:
    """Return whether no entry is NaN or infinite: a sum tells, unless it overflows itself."""
    if math.isfinite(sum(float(x.detach().sum()) for x in tensors)):
        return True
    return all(bool(torch.isfinite(x).all()) for x in tensors)


class _Missing(str):
    """The reason that a compiler cannot be imported."""


def _trouble(name: str) -> _Missing | None:
    """Return why a compiler cannot be used here."""
    try:
        importlib.import_module(name)
    except ImportError as error:
        return _Missing(f"{name} cannot be imported ({error})")
    return None
