"""What neurons share that are made of decays, a threshold and a reset (chapter 2)."""

import copy
import math
from dataclasses import dataclass, fields
from typing import ClassVar, Self

import torch
from torch import Tensor

from snnbook._validate import (
    check_callable,
    check_choice,
    check_flag,
    check_float,
    check_positive,
    is_number,
    values_at_hand,
)
from snnbook.neurons._neuron import Neuron, check_constant
from snnbook.surrogates import Surrogate, fast_sigmoid

#: What a spike may do to the membrane.
RESETS = ("subtract", "zero", "none")


def decay(dt: float, tau: float | Tensor) -> float | Tensor:
    """Return exp(-dt/tau), a number or a tensor as ``tau`` is."""
    return torch.exp(-dt / tau) if isinstance(tau, Tensor) else math.exp(-dt / tau)


def check_coupling(name: str, value: float | Tensor, *, low: float = -math.inf) -> None:
    """Raise unless a constant is a finite number of at least ``low``, or one of each neuron."""
    accepted = "finite numbers" + ("" if low == -math.inf else f" of at least {low:g}")
    if isinstance(value, Tensor):
        check_float(name, value)
        if value.dim() > 1:
            raise ValueError(
                f"{name} has shape {tuple(value.shape)}; (N,), one of each neuron, or a number "
                "is accepted"
            )
        values = value.detach().flatten().tolist() if values_at_hand(value) else []
    else:
        values = [value]
    for one in values:
        if not (is_number(one) and math.isfinite(one) and one >= low):
            raise ValueError(f"{name} holds {one!r}; {accepted} are accepted")


class Decaying(Neuron):
    """A neuron with decay factors, which are worked out once for a loop over time."""

    #: The decay factors, and the time constant of each.
    decays: ClassVar[dict[str, str]] = {}
    #: Other constants that may be tensors (N,), which every loop looks at.
    couplings: ClassVar[tuple[str, ...]] = ()

    def __eq__(self, other) -> bool:
        """Return whether two neurons have the same fields, entry by entry."""
        return type(other) is type(self) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def _values(self) -> tuple:
        return tuple(_as_value(getattr(self, field.name)) for field in fields(self))

    def _decay(self, name: str) -> float | Tensor:
        ready = self.__dict__.get("_" + name)
        return decay(self.dt, getattr(self, self.decays[name])) if ready is None else ready

    def prepared(self) -> Self:
        """Return this neuron with its decay factors worked out once, for a loop over time."""
        if not any(isinstance(getattr(self, tau), Tensor) for tau in self.decays.values()):
            return self
        other = copy.copy(self)
        other.__dict__.update({"_" + name: self._decay(name) for name in self.decays})
        return other


def _as_value(x):
    """Return a field as what can be compared: a tensor as its numbers."""
    return (tuple(x.shape), tuple(x.flatten().tolist())) if isinstance(x, Tensor) else x


@dataclass(frozen=True, eq=False, kw_only=True)
class SpikingNeuron(Decaying):
    """The options of a spike, by name, for neurons with a state of their own.

    A neuron that inherits from it has ``decays``, the time constants behind its decay factors,
    ``couplings``, its other constants that may be tensors, and ``resets``. It asks :meth:`fire` for
    its spikes, so that :class:`Refractory` can hold them back.

    Examples
    --------
    A neuron that counts its input up to the threshold:

    >>> from snnbook.neurons import DirectState, run
    >>> @dataclass(frozen=True, eq=False)
    ... class Counter(SpikingNeuron):
    ...     State = DirectState
    ...     def step(self, state, drive, recurrent_weight=None):
    ...         spikes = self.fire(state.mem - self.threshold)
    ...         return spikes, DirectState(state.mem * (1 - spikes) + drive)
    >>> run(Counter(threshold=2.5), torch.ones(8, 1, 1)).output.flatten()
    tensor([0., 0., 0., 1., 0., 0., 1., 0.])

    Chapter 2.
    """

    dt: float = 1e-3
    threshold: float | Tensor = 1.0
    surrogate: Surrogate = fast_sigmoid()
    reset: str = "subtract"
    reset_gradient: bool = False
    spike_at_threshold: bool = False

    #: What a spike may do to this neuron.
    resets: ClassVar[tuple[str, ...]] = RESETS
    #: The time constant that may be infinite.
    endless: ClassVar[str] = "tau_mem"

    def __post_init__(self) -> None:
        for tau in self.decays.values():
            check_constant(tau, getattr(self, tau), infinite=tau == self.endless)
        check_positive("dt", self.dt)
        check_constant("threshold", self.threshold)
        check_callable("surrogate", self.surrogate)
        check_choice("reset", self.reset, self.resets)
        check_flag("reset_gradient", self.reset_gradient)
        check_flag("spike_at_threshold", self.spike_at_threshold)

    def fire(self, distance: Tensor) -> Tensor:
        """Return the spikes of a distance from the threshold."""
        return self.surrogate(distance, self.spike_at_threshold)


def after_reset(mem: Tensor, spikes: Tensor, neuron) -> Tensor:
    """Return the membrane with what the spikes take off: the threshold, everything, or nothing."""
    resetting = spikes if neuron.reset_gradient else spikes.detach()
    if neuron.reset == "subtract":
        return mem - neuron.threshold * resetting
    if neuron.reset == "zero":
        return mem * (1 - resetting)
    return mem
