"""Checks of tensors: rank, shape, dtype, layout, device, and that they are finite."""

import torch
from torch import Tensor


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


def check_batch(name: str, tensor: Tensor) -> None:
    """Raise unless ``tensor`` has the axes (B, N)."""
    if tensor.dim() != 2:
        raise ValueError(
            f"{name} has shape {tuple(tensor.shape)}; "
            "two axes (B, N) = (sample, feature) are accepted"
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
