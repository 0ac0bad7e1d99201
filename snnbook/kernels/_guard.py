"""The one guard before every loop: what passes here has kinds and shapes that fit together."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from snnbook._validate import (
    check_flag,
    check_float,
    check_integer,
    check_same_kind,
    check_shape,
    check_tensor,
    check_time_first,
)
from snnbook.kernels._events import Events


def check_source(
    source: Tensor | Events, weight: Tensor | None, name: str = "source"
) -> tuple[int, int, int]:
    """Raise unless the input fits the weight, and return the shape (T, B, N) of the drive."""
    if weight is None:
        if isinstance(source, Events):
            raise TypeError(f"{name} is a list of Events without a weight; a drive is accepted")
        check_time_first(name, source)
        return tuple(source.shape)
    if not isinstance(source, Events):
        check_tensor(name, source)
    check_float("weight", weight)
    if weight.dim() != 2:
        raise ValueError(f"weight has shape {tuple(weight.shape)}; two axes (out, in) are accepted")
    features = weight.shape[1]
    if isinstance(source, Events):
        if source.features != features:
            raise ValueError(f"{name} has {source.features} input neurons; {features} are accepted")
    else:
        check_time_first(name, source, features)
        check_same_kind(name, source, weight)
    return (*source.shape[:2], weight.shape[0])


def check_recurrent(weight: Tensor | None, size: int, like: Tensor) -> None:
    """Raise unless V is (N, N) of the kind of ``like``, or None."""
    if weight is not None:
        check_shape("recurrent_weight", weight, (size, size), like)


def check_neuron(neuron) -> None:
    """Raise ``TypeError`` unless this is the value of a neuron, and no class of them."""
    if isinstance(neuron, type) or not (hasattr(neuron, "step") and hasattr(neuron, "State")):
        name = f"class {neuron.__name__}" if isinstance(neuron, type) else type(neuron).__name__
        raise TypeError(f"neuron is a {name}; a neuron is accepted, such as LIFNeuron()")


#: The constants that a step or a loop multiplies with, and where a decay factor comes from.
CONSTANTS = ("alpha", "beta", "threshold", "rho", "strength")
TIMES = {"alpha": "tau_syn", "beta": "tau_mem", "rho": "tau_adapt", "gamma": "tau_refractory"}


def constant_tensors(neuron) -> dict[str, Tensor]:
    """Return what of alpha, beta, threshold, rho and strength is a tensor, by its name."""
    names = (*CONSTANTS, *getattr(neuron, "couplings", ()))
    found = {name: getattr(neuron, name, None) for name in names}
    return {name: value for name, value in found.items() if isinstance(value, Tensor)}


def check_constants(neuron, size: int, like: Tensor) -> None:
    """Raise unless constants that are tensors are one number, or one of each of N neurons."""
    for name, value in constant_tensors(neuron).items():
        constant = TIMES.get(name)
        name = constant if isinstance(getattr(neuron, constant or "", None), Tensor) else name
        if value.dim() and value.shape != (size,):
            raise ValueError(
                f"{name} of the neuron has shape {tuple(value.shape)}; ({size},), one of each "
                "neuron, is accepted"
            )
        check_same_kind(f"{name} of the neuron", value, like)


def checked_state(neuron, state: Any, shape: tuple[int, ...], like: Tensor):
    """Return a given state as the neuron's own kind, or raise unless it fits the drive."""
    if state is None:
        return None
    fields = neuron.State._fields
    accepted = f"{neuron.State.__name__}({', '.join(fields)})"
    if not isinstance(state, Sequence) or isinstance(state, str):
        raise TypeError(f"state is a {type(state).__name__}; {accepted} is accepted")
    if len(state) != len(fields):
        raise ValueError(f"state has {len(state)} tensors; {', '.join(fields)} are accepted")
    for name, tensor in zip(fields, state, strict=True):
        check_shape(f"state.{name}", tensor, shape[1:], like)
    return neuron.State(*state)


def checked_record(record: bool | None, checkpoint: int | None) -> bool:
    """Return whether states are recorded: yes when not said, unless checkpoints save memory."""
    if record is not None:
        check_flag("record", record)
    if checkpoint is None:
        return record is None or record
    check_integer("checkpoint", checkpoint, 1)
    if record:
        raise ValueError(
            f"checkpoint is {checkpoint} with record=True, which keeps every state; "
            "record=False, or None, is accepted"
        )
    return False
