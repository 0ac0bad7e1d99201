"""What a neuron is: a frozen value with an initial state and one step (chapter 2)."""

import math
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor

from snnbook._validate import (
    check_float,
    check_positive,
    check_shape,
    check_tensor,
    is_number,
    values_at_hand,
)
from snnbook.neurons._constants import constants_in


class Record(NamedTuple):
    """What a layer did: what it sent, ``output`` (T, B, N), and its state.

    ``states`` has the fields of the neuron's state, each (T, B, N) at n = 0 .. T-1, or is
    ``None`` when they were not recorded. ``state`` holds step T: give it to the next run to go on.
    """

    output: Tensor
    states: tuple | None
    state: tuple


class Neuron:
    """A neuron as one value: constants that do not change, a state that is handed in and out.

    Every neuron of the book is a frozen dataclass that inherits from this class and has a
    ``State``, a named tuple of tensors (B, N), and a method ``step``. :func:`run` takes any of
    them over time, and gives back what ``record`` makes of the run.

    Examples
    --------
    A neuron of your own that counts its input and sends the count:

    >>> from dataclasses import dataclass
    >>> import torch
    >>> from snnbook.neurons import run
    >>> class Count(NamedTuple):
    ...     sum: Tensor
    >>> @dataclass(frozen=True)
    ... class Counter(Neuron):
    ...     State = Count
    ...     def step(self, state, drive, recurrent_weight=None):
    ...         return state.sum, Count(state.sum + drive)
    >>> run(Counter(), torch.ones(4, 1, 1)).output.flatten()
    tensor([0., 1., 2., 3.])

    Paper section II; chapter 2.
    """

    #: The named tuple that the neuron carries from step to step.
    State: ClassVar[type]
    #: Whether the compiled loops know this very class; a subclass does not inherit it. A word
    #: names loops of its own.
    compiled: ClassVar[bool | str] = False

    def initial_state(self, like: Tensor) -> Any:
        """Return the state at rest, zeros of the shape (B, N), dtype and device of ``like``."""
        return self.State(*(like.new_zeros(like.shape) for _ in self.State._fields))

    def constants(self) -> dict:
        """Return what changes the forward pass, by name: it travels with the weights of a layer."""
        return constants_in(self)

    def step(
        self, state: Any, drive: Tensor, recurrent_weight: Tensor | None = None
    ) -> tuple[Any, Any]:
        """Take one step: from the state and the drive x[n] to what is sent, and the state of n+1.

        Parameters
        ----------
        state : NamedTuple
            The state at step n, tensors (B, N).
        drive : Tensor
            The weighted input x[n], (B, N).
        recurrent_weight : Tensor, optional
            V, (N, N); entry (i, j) is the weight from neuron j to neuron i.

        Returns
        -------
        output : Tensor
            What the neuron sends at step n, (B, N).
        state : NamedTuple
            The state at step n+1.
        """
        raise NotImplementedError(f"{type(self).__name__} has no step")

    def record(self, output: Any, states: Any, state: Any) -> Any:
        """Return the record of a run: what was sent, the states at n = 0 .. T-1, the last state."""
        return Record(output, states, state)


def check_constant(name: str, value: float | Tensor, *, infinite: bool = False) -> None:
    """Raise unless a constant of a neuron is above 0 and finite, unless said otherwise.

    A tensor is one number, or one of each neuron, (N,).

    >>> check_constant("tau_mem", torch.tensor([0.01, 0.0]))
    Traceback (most recent call last):
    ...
    ValueError: tau_mem holds 0; finite numbers above 0 are accepted
    """
    if not isinstance(value, Tensor):
        if not (infinite and is_number(value) and value == math.inf):
            check_positive(name, value)
        return
    check_float(name, value)
    if value.dim() > 1:
        raise ValueError(
            f"{name} has shape {tuple(value.shape)}; a number is accepted, or (N,), one of each "
            "neuron"
        )
    if not values_at_hand(value):
        return
    found = value.detach()
    bad = found[~((found > 0) & (found < math.inf))]
    if bad.numel():
        raise ValueError(f"{name} holds {bad[0].item():.4g}; finite numbers above 0 are accepted")


def check_state(kind: type, state):
    """Return a given state, or raise ``TypeError`` if its tensors are not named as in ``kind``.

    A bare tuple, or one of another kind, may hold the same tensors in another order. How many
    there are, and their shapes, is what the loops look at.
    """
    if state is None or isinstance(state, kind):
        return state
    given = getattr(state, "_fields", None)
    if given == kind._fields or (given is not None and len(given) != len(kind._fields)):
        return state
    what = type(state).__name__ + (f" of {', '.join(given)}" if given else "")
    raise TypeError(f"state is a {what}; {_form(kind)} is accepted, such as a record's state")


def _form(kind: type) -> str:
    return f"{kind.__name__}({', '.join(kind._fields)})"


def check_step(neuron, kind: type, state, drive: Tensor, own: Tensor | None = None) -> None:
    """Raise unless the state of a step is of its kind, and of the shape and dtype of the drive.

    ``own`` is V. Shapes that broadcast would pass in silence: a whole run (T, B, N) as a drive, or
    one row. It is called in loops, so only what differs is looked at closely.
    """
    if not isinstance(neuron, Neuron):
        raise TypeError(f"neuron is a {type(neuron).__name__}; a {Neuron.__name__} is accepted")
    check_float("drive", drive)
    if own is not None:
        check_shape("recurrent_weight", own, (drive.shape[-1],) * 2, like=drive)
    shape, dtype = drive.shape, drive.dtype
    if isinstance(state, kind) and all(
        isinstance(x, Tensor) and x.shape == shape and x.dtype == dtype for x in state
    ):
        return
    given = tuple(state) if isinstance(state, (tuple, list)) else ()
    if not isinstance(state, kind) and len(given) != len(kind._fields):
        raise TypeError(f"state is a {type(state).__name__}; {_form(kind)} is accepted")
    for name, value in zip(kind._fields, check_state(kind, state), strict=True):
        check_tensor(f"state.{name}", value)
        if value.shape != drive.shape:
            raise ValueError(
                f"drive has shape {tuple(drive.shape)} and state.{name} {tuple(value.shape)}; "
                "the same shape (B, N) is accepted, that of one step"
            )
        if value.dtype != drive.dtype and not torch.is_autocast_enabled(drive.device.type):
            raise TypeError(
                f"drive has dtype {drive.dtype} and state.{name} {value.dtype}; "
                "the same dtype is accepted"
            )
