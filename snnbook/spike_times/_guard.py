"""What may enter the layers: values that are at hand, trains that fit, one number for a layer.

The compiled loops index and repeat without looking, so :func:`check_entry` stands before them.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.autograd import forward_ad

from snnbook._validate import check_finite, check_integer, check_labels, check_tensor, is_number
from snnbook.spike_times._trains import Trains, check_trains


def check_entry(trains: Trains, weight: Tensor) -> None:
    """Raise unless the compiled loops can take these spikes and this weight, (N, inputs)."""
    check_float64("weight", weight)
    check_finite("weight", weight)
    check_trains("trains", trains, weight.shape[1])
    check_float64("trains.times", trains.times)


def check_float64(name: str, tensor: Tensor) -> None:
    """Raise unless ``tensor`` is float64 on the CPU, which the compiled loops need."""
    check_tensor(name, tensor)
    if tensor.dtype != torch.float64:
        raise TypeError(
            f"{name} has dtype {tensor.dtype}; torch.float64 is accepted, convert with .double()"
        )
    if not tensor.is_cpu:
        raise ValueError(f"{name} is on {tensor.device}; cpu is accepted")


def check_times(name: str, times: Tensor, inputs: int | None, least: float = -math.inf) -> None:
    """Raise unless ``times`` is (B, inputs), above ``least``, with inf for no spike."""
    shape = tuple(times.shape)
    if len(shape) != 2 or shape[1] == 0 or (inputs is not None and shape[1] != inputs):
        raise ValueError(f"{name} has shape {shape}; (batch, {inputs or 'inputs'}) is accepted")
    if bool((times.isnan() | (times == -math.inf)).any()):
        raise ValueError(f"{name} holds NaN or -inf; times, or inf for no spike, are accepted")
    if bool((times < least).any()):
        raise ValueError(f"{name} holds {float(times.min()):g}; times from {least:g} are accepted")


def check_classes(labels: Tensor, batch: int, classes: int) -> None:
    """Raise unless ``labels`` holds a class for each sample of a batch that is not empty."""
    check_tensor("labels", labels)
    if batch == 0:
        raise ValueError("labels is of an empty batch; at least one sample is accepted")
    check_labels(labels, batch, classes)


def check_at_hand(what: str, *tensors: Tensor, transforms: bool = False) -> None:
    """Raise ``RuntimeError`` unless the values of the tensors are at hand.

    A spike time is found by looking at values, which a tracer or ``vmap`` hides. With
    ``transforms`` the other transforms of ``torch.func`` and forward-mode gradients may be active.
    """
    if torch.jit.is_tracing() or any(_is_traced(x) for x in tensors):
        raise RuntimeError(
            f"{what} looks at the values of its input, which a tracer (torch.export, make_fx, "
            "torch.jit.trace) cannot record; call it as it is, or under torch.compile"
        )
    active = torch._C._functorch.peek_interpreter_stack() is not None
    if active and (not transforms or any(_is_batched(x) for x in tensors)):
        raise RuntimeError(
            f"{what} looks at the values of its input, which "
            f"{'torch.vmap hides' if transforms else 'the transforms of torch.func hide'}; "
            "give it the whole batch, and take gradients with .backward() or torch.autograd.grad"
        )
    if not transforms and any(_is_dual(x) for x in tensors):
        raise RuntimeError(
            f"{what} has no forward-mode gradient; "
            "take gradients with .backward() or torch.autograd.grad"
        )


def _is_traced(tensor: Tensor) -> bool:
    fake = type(tensor).__module__.startswith("torch._subclasses")
    recorder = torch._C._get_dispatch_mode(torch._C._TorchDispatchModeKey.PROXY)
    return fake or recorder is not None


def _is_batched(tensor: Tensor) -> bool:
    functorch = torch._C._functorch
    while functorch.is_functorch_wrapped_tensor(tensor):  # each turn takes one wrapper away
        if functorch.is_batchedtensor(tensor):
            return True
        tensor = functorch.get_unwrapped(tensor)
    return False


def _is_dual(tensor: Tensor) -> bool:
    return forward_ad.unpack_dual(tensor).tangent is not None


def untraced(function: Callable, *arguments):
    """Return ``function(*arguments)``, which ``torch.compile`` calls and does not trace."""
    if torch.compiler.is_compiling():
        from snnbook.spike_times._eager import eagerly

        return eagerly(function, *arguments)
    return function(*arguments)


def once(gradients: Callable, by: Tensor, *given: Tensor) -> tuple[Tensor, ...]:
    """Return ``gradients(by, *given)`` of a backward pass; their own derivatives are an error."""
    if torch._C._functorch.is_legacy_batchedtensor(by):
        raise RuntimeError(
            "a layer of spike trains takes one gradient at a time, not a batch of them; "
            "ask for one after another (vectorize=False, is_grads_batched=False)"
        )
    with torch.no_grad():
        found = gradients(by, *given)
    if not torch.is_grad_enabled():
        return found
    return tuple(_Once.apply(x, by, *given) for x in found)  # create_graph=True


class _Once(torch.autograd.Function):
    """The first of the arguments, which depends on the others in a way that is an error to ask."""

    @staticmethod
    def forward(ctx, grad, *through):
        return grad.view_as(grad)

    @staticmethod
    def backward(ctx, grad):
        raise RuntimeError(
            "a layer of spike trains has no second derivative (create_graph=True); "
            "first_spike and TimingNetwork, of one spike a neuron, have one"
        )


def check_sizes(sizes: Sequence[int]) -> None:
    """Raise unless ``sizes`` names at least inputs and outputs, each at least 1."""
    if not isinstance(sizes, (Sequence, np.ndarray)) or isinstance(sizes, str) or len(sizes) < 2:
        raise ValueError(f"sizes is {sizes!r}; at least inputs and outputs are accepted")
    for size in sizes:
        check_integer("sizes", size, 1)


def per_layer(name: str, value, count: int, least: float = -math.inf) -> list[float]:
    """Return one finite number for each layer; one number stands for all.

    >>> per_layer("lr", 1, 2), per_layer("gain", [1.0, 2.0], 2)
    ([1.0, 1.0], [1.0, 2.0])
    """
    values = value
    if hasattr(values, "tolist"):  # an array or a tensor
        values = values.tolist()
    values = [values] * count if is_number(values) else values
    if not isinstance(values, (list, tuple)):
        raise TypeError(
            f"{name} is {value!r}; a number, or {count} of them, one for each layer, are accepted"
        )
    if len(values) != count:
        raise ValueError(
            f"{name} has {len(values)} entries; one, or {count}, one for each layer, are accepted"
        )
    for each in values:
        if not (is_number(each) and math.isfinite(each) and each >= least):
            wanted = f" of at least {least:g}" if math.isfinite(least) else ""
            raise ValueError(f"{name} holds {each!r}; finite numbers{wanted} are accepted")
    return [float(each) for each in values]


def check_array(
    name: str, values: np.ndarray, shape: tuple[int | None, ...], *, finite: bool = True
) -> np.ndarray:
    """Return ``values`` if it is an array of real numbers of this shape; None is any length.

    >>> check_array("mem", np.zeros(3), (2,))
    Traceback (most recent call last):
    ...
    ValueError: mem has shape (3,); (2,) is accepted
    """
    if not isinstance(values, np.ndarray):
        raise TypeError(
            f"{name} is a {type(values).__name__}; a NumPy array is accepted, "
            "convert with np.asarray"
        )
    if values.dtype.kind not in "iuf":
        raise TypeError(f"{name} has dtype {values.dtype}; an array of real numbers is accepted")
    fits = values.ndim == len(shape) and all(n in (None, m) for n, m in zip(shape, values.shape))
    if not fits:
        wanted = ", ".join("any" if n is None else str(n) for n in shape)
        wanted += "," if len(shape) == 1 else ""
        raise ValueError(f"{name} has shape {values.shape}; ({wanted}) is accepted")
    if finite and not np.isfinite(values).all():
        raise ValueError(f"{name} holds NaN or infinity; finite numbers are accepted")
    return values
