"""Checks at the public boundary: an error names the argument, what was given, what is accepted."""

import math
from collections.abc import Collection
from numbers import Integral, Real

import torch
from torch import Tensor


def check_float(name: str, tensor: Tensor) -> None:
    """Raise ``TypeError`` unless ``tensor`` is a real floating-point tensor.

    >>> check_float("spikes", torch.ones(2, dtype=torch.int64))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    TypeError: spikes has dtype torch.int64; a floating-point tensor is accepted...
    """
    check_tensor(name, tensor)
    if not tensor.is_floating_point() or tensor.dtype.itemsize == 1:  # no sums in 8 bits
        raise TypeError(
            f"{name} has dtype {tensor.dtype}; a floating-point tensor is accepted, "
            "convert with .to(torch.float32)"
        )


def check_tensor(name: str, tensor: Tensor) -> None:
    """Raise ``TypeError`` unless ``tensor`` is a dense ``torch.Tensor`` of any dtype.

    >>> check_tensor("spikes", [0.0, 1.0])
    Traceback (most recent call last):
    ...
    TypeError: spikes is a list; a torch.Tensor is accepted, convert with torch.as_tensor
    """
    if not isinstance(tensor, Tensor):
        convertible = isinstance(tensor, (list, tuple)) or hasattr(tensor, "__array__")
        hint = ", convert with torch.as_tensor" if convertible else ""
        if type(tensor).__name__ == "Proxy":
            hint = "; torch.export can record a loop over time, torch.fx.symbolic_trace cannot"
        raise TypeError(f"{name} is a {type(tensor).__name__}; a torch.Tensor is accepted{hint}")
    if tensor.is_nested:
        raise TypeError(
            f"{name} is a nested tensor; a dense tensor is accepted, "
            "convert with torch.nested.to_padded_tensor"
        )
    if tensor.layout != torch.strided:
        raise TypeError(
            f"{name} has layout {tensor.layout}; a dense tensor is accepted, "
            "convert with .to_dense()"
        )


def check_time_first(name: str, tensor: Tensor, features: int | None = None) -> None:
    """Raise unless ``tensor`` is floating point with the axes (T, B, N), and N = ``features``.

    >>> check_time_first("drive", torch.ones(5, 3))
    Traceback (most recent call last):
    ...
    ValueError: drive has shape (5, 3); three axes (T, B, N) = (time, batch, neuron) are accepted
    """
    check_float(name, tensor)
    shape = tuple(tensor.shape)
    if tensor.dim() != 3:
        raise ValueError(
            f"{name} has shape {shape}; three axes (T, B, N) = (time, batch, neuron) are accepted"
        )
    if features is not None and shape[2] != features:
        raise ValueError(
            f"{name} has shape {shape}; its neuron axis (the last) has {shape[2]} entries, "
            f"{features} are accepted"
        )


def check_shape(name: str, tensor: Tensor, shape: tuple[int, ...], like: Tensor) -> None:
    """Raise unless ``tensor`` has this shape, and the dtype and device of ``like``."""
    check_float(name, tensor)
    if tuple(tensor.shape) != shape:
        raise ValueError(f"{name} has shape {tuple(tensor.shape)}; {shape} is accepted")
    check_same_kind(name, tensor, like)


def check_same_kind(name: str, tensor: Tensor, like: Tensor) -> None:
    """Raise unless ``tensor`` has the dtype and the device of ``like``.

    Under autocast products take any dtype but float64, so these need not be the same.
    """
    if tensor.dtype != like.dtype and not _mixes(tensor, like):
        raise TypeError(f"{name} has dtype {tensor.dtype}; {like.dtype} is accepted")
    check_same_device(name, tensor, like)


def check_same_device(name: str, tensor: Tensor, like: Tensor) -> None:
    """Raise ``ValueError`` unless ``tensor`` is on the device of ``like``."""
    if tensor.device != like.device:
        raise ValueError(f"{name} is on {tensor.device}; {like.device} is accepted")


def _mixes(tensor: Tensor, like: Tensor) -> bool:
    """Return whether autocast is on, and mixes tensors of these dtypes."""
    device = like.device.type
    if torch.float64 in (tensor.dtype, like.dtype) or not torch.amp.is_autocast_available(device):
        return False
    return torch.is_autocast_enabled(device)


def check_finite(
    name: str, tensor: Tensor, *, steps: bool = False, first: int | None = None
) -> None:
    """Raise ``ValueError`` if ``tensor`` holds NaN or infinity, and say where it does first.

    With ``steps`` the first axis is time, and the message names the step; ``first`` is the step of
    a tensor without such an axis.

    >>> check_finite("spikes", torch.tensor([[[0.0]], [[torch.nan]]]), steps=True)
    Traceback (most recent call last):
    ...
    ValueError: spikes holds NaN or infinity, first at step 1; finite values are accepted
    """
    bad = ~torch.isfinite(tensor)
    try:
        if not bool(bad.any()):
            return
    except RuntimeError:  # vmap and tracers: no number is at hand
        return
    place = tuple(bad.nonzero()[0].tolist())
    step = place[0] if steps else first
    where = f", first at {place}" if place else ""
    where = where if step is None else f", first at step {step}"
    raise ValueError(f"{name} holds NaN or infinity{where}; finite values are accepted")


def check_positive(name: str, value: float) -> None:
    """Raise ``ValueError`` unless ``value`` is a finite number above zero.

    >>> check_positive("dt", 0.0)
    Traceback (most recent call last):
    ...
    ValueError: dt is 0.0; a finite number above 0 is accepted
    """
    if not (is_number(value) and math.isfinite(value) and value > 0):
        raise ValueError(f"{name} is {value!r}; a finite number above 0 is accepted")


def is_number(value) -> bool:
    """Return whether ``value`` is a real number of Python or NumPy; a truth value is none.

    >>> import numpy as np
    >>> is_number(0.5), is_number(np.float32(0.5)), is_number(True), is_number("0.5")
    (True, True, False, False)
    """
    return isinstance(value, Real) and not isinstance(value, bool)


def check_number(name: str, value: float) -> None:
    """Raise ``ValueError`` unless ``value`` is a finite number, of any sign.

    >>> check_number("late", float("nan"))
    Traceback (most recent call last):
    ...
    ValueError: late is nan; a finite number is accepted
    """
    if not (is_number(value) and math.isfinite(value)):
        raise ValueError(f"{name} is {value!r}; a finite number is accepted")


def check_integer(name: str, value: int, minimum: int) -> None:
    """Raise unless ``value`` is a whole number of at least ``minimum``.

    >>> check_integer("steps", 0, 1)
    Traceback (most recent call last):
    ...
    ValueError: steps is 0; a whole number of at least 1 is accepted
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < minimum:
        raise ValueError(f"{name} is {value!r}; a whole number of at least {minimum} is accepted")


def check_callable(name: str, value) -> None:
    """Raise ``TypeError`` unless ``value`` can be called.

    >>> check_callable("surrogate", "gaussian")
    Traceback (most recent call last):
    ...
    TypeError: surrogate is 'gaussian'; something that can be called is accepted
    """
    if not callable(value):
        raise TypeError(f"{name} is {value!r}; something that can be called is accepted")


def check_flag(name: str, value: bool) -> None:
    """Raise ``TypeError`` unless ``value`` is True or False.

    >>> check_flag("reset_gradient", "no")
    Traceback (most recent call last):
    ...
    TypeError: reset_gradient is 'no'; True or False is accepted
    """
    if not isinstance(value, bool):
        raise TypeError(f"{name} is {value!r}; True or False is accepted")


def check_generator(generator: torch.Generator) -> None:
    """Raise ``TypeError`` unless ``generator`` is a ``torch.Generator``.

    >>> check_generator(0)
    Traceback (most recent call last):
    ...
    TypeError: generator is a int; a torch.Generator is accepted, such as
    torch.Generator().manual_seed(0)
    """
    if not isinstance(generator, torch.Generator):
        raise TypeError(
            f"generator is a {type(generator).__name__}; a torch.Generator is accepted, "
            "such as torch.Generator().manual_seed(0)"
        )


def check_choice(name: str, value: str | int, choices: Collection) -> None:
    """Raise ``ValueError`` unless ``value`` is one of ``choices``.

    >>> check_choice("reset", "hard", ("subtract", "zero", "none"))
    Traceback (most recent call last):
    ...
    ValueError: reset is 'hard'; one of 'subtract', 'zero', 'none' is accepted
    """
    if not isinstance(value, (str, Integral)) or value not in choices:
        accepted = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"{name} is {value!r}; one of {accepted} is accepted")


def check_batch(name: str, tensor: Tensor) -> None:
    """Raise unless ``tensor`` has the axes (B, N)."""
    if tensor.dim() != 2:
        raise ValueError(
            f"{name} has shape {tuple(tensor.shape)}; "
            "two axes (B, N) = (sample, feature) are accepted"
        )


def check_values(name: str, values: Tensor) -> None:
    """Raise unless ``values`` is floating point, has the axes (B, N), and lies in [0, 1].

    >>> import torch
    >>> check_values("values", torch.tensor([[0.5, 1.5]]))
    Traceback (most recent call last):
    ...
    ValueError: values spans 0.5 to 1.5; numbers from 0 to 1 are accepted
    """
    check_float(name, values)
    check_batch(name, values)
    if values.numel() == 0 or not values_at_hand(values):
        return
    if values.isnan().any():
        raise ValueError(f"{name} contains NaN; numbers from 0 to 1 are accepted")
    low, high = values.min().item(), values.max().item()
    if low < 0 or high > 1:
        raise ValueError(f"{name} spans {low:g} to {high:g}; numbers from 0 to 1 are accepted")


def check_probability(rate_name: str, rate: float, dt: float) -> None:
    """Raise unless ``rate * dt`` is a probability: a step holds at most one spike.

    >>> check_probability("rate", 2000.0, 1e-3)
    Traceback (most recent call last):
    ...
    ValueError: rate = 2000.0 Hz with dt = 0.001 s means 2 spikes per step;
    at most 1 is accepted: lower rate or dt
    """
    if not 0 <= rate * dt <= 1:
        raise ValueError(
            f"{rate_name} = {rate!r} Hz with dt = {dt!r} s means {rate * dt:g} spikes per step; "
            f"at most 1 is accepted: lower {rate_name} or dt"
        )


def check_labels(labels: Tensor, batch: int, classes: int, name: str = "labels") -> None:
    """Raise unless ``labels`` holds one class index in ``0 .. classes - 1`` for each sample.

    >>> check_labels(torch.tensor([0, 3]), batch=2, classes=3)
    Traceback (most recent call last):
    ...
    ValueError: labels holds 3; class numbers 0 to 2 are accepted
    """
    check_tensor(name, labels)
    if labels.dtype != torch.int64:
        raise TypeError(
            f"{name} has dtype {labels.dtype}; torch.int64 is accepted, "
            "convert with .to(torch.int64)"
        )
    if tuple(labels.shape) != (batch,):
        raise ValueError(
            f"{name} has shape {tuple(labels.shape)}; ({batch},) is accepted, one class a sample"
        )
    if batch == 0 or not values_at_hand(labels):
        return
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= classes:
        wrong = low if low < 0 else high
        raise ValueError(f"{name} holds {wrong}; class numbers 0 to {classes - 1} are accepted")


def values_at_hand(tensor: Tensor) -> bool:
    """Return whether the numbers in ``tensor`` can be read, as a check of values must.

    They cannot under ``torch.compile``, ``torch.export`` and other tracers, in a batch of
    ``torch.func.vmap``, and on the device "meta". Shapes and dtypes are known there too.

    >>> values_at_hand(torch.ones(2)), values_at_hand(torch.ones(2, device="meta"))
    (True, False)
    """
    if torch.compiler.is_compiling() or torch.jit.is_tracing() or tensor.is_meta:
        return False
    wrapped = torch._C._functorch
    if wrapped.is_legacy_batchedtensor(tensor):
        return False
    while wrapped.is_functorch_wrapped_tensor(tensor):
        if wrapped.is_batchedtensor(tensor):
            return False
        tensor = wrapped.get_unwrapped(tensor)
    keys = torch._C._TorchDispatchModeKey
    modes = (torch._C._get_dispatch_mode(key) for key in (keys.FAKE, keys.PROXY))
    return not any(mode is not None for mode in modes)
