"""What a layer is: inputs and a state in, outputs and a state out (chapter 2)."""

from typing import Any, NamedTuple

from torch import Tensor, nn

from snnbook._validate import check_float, check_same_kind
from snnbook.kernels import Events


class _Pair(NamedTuple):
    outputs: Tensor
    states: Any


class LayerOutput(_Pair):
    """What a layer or a network gives: ``outputs`` (T, B, ...) and the ``states`` after them.

    It unpacks into these two. ``hidden`` holds what each spiking layer sent, as records with
    ``spikes`` (T, B, N) or as bare tensors, and ``readout`` is another name of ``outputs``: what
    :func:`snnbook.training.fit` looks at.

    Examples
    --------
    >>> import torch
    >>> outputs, states = LayerOutput(torch.zeros(3, 1, 2), None)
    >>> outputs.shape, states is None
    (torch.Size([3, 1, 2]), True)
    """

    hidden: tuple = ()

    def __new__(cls, outputs: Tensor, states: Any, hidden: tuple = ()) -> "LayerOutput":
        """Make the pair, and keep ``hidden`` beside it."""
        made = super().__new__(cls, outputs, states)
        made.hidden = tuple(hidden)
        return made

    @property
    def readout(self) -> Tensor:
        """The outputs (T, B, C), by the name that the losses use."""
        return self.outputs


class Stateful(nn.Module):
    """A module that is run over time, with its state handed in and out.

    A layer of your own inherits from this class. Its ``forward(inputs, state)`` returns outputs
    (T, B, ...) and the state after the last step, in any form that holds tensors in tuples;
    ``state=None`` is rest. It keeps no state itself.

    Examples
    --------
    A layer that sums its inputs up, run at once and in two pieces:

    >>> import torch
    >>> class Sum(Stateful):
    ...     def forward(self, inputs, state=None):
    ...         sums = inputs.cumsum(0) + (0 if state is None else state)
    ...         return LayerOutput(sums, sums[-1])
    >>> first, state = Sum()(torch.ones(2, 1, 1))
    >>> second, state = Sum()(torch.ones(2, 1, 1), state)
    >>> second.flatten(), state.item()
    (tensor([3., 4.]), 4.0)

    Chapter 2.
    """

    #: Whether ``forward`` takes ``record``, to keep the states of its neurons.
    records = False

    def forward(self, inputs: Tensor, state: Any = None) -> LayerOutput:
        """Run over inputs (T, B, ...), from ``state`` or from rest."""
        raise NotImplementedError(f"{type(self).__name__} has no forward")


def check_steps(name: str, inputs: Tensor, like: Tensor | None = None) -> None:
    """Raise unless ``inputs`` is floating point, (T, B, ...), and of the kind of ``like``.

    >>> import torch
    >>> check_steps("inputs", torch.ones(5, 3))
    Traceback (most recent call last):
    ...
    ValueError: inputs has shape (5, 3); (T, B, ...) is accepted: time, batch, and what a step holds
    """
    check_float(name, inputs)
    if inputs.dim() < 3:
        raise ValueError(
            f"{name} has shape {tuple(inputs.shape)}; (T, B, ...) is accepted: time, batch, and "
            "what a step holds"
        )
    if like is not None:
        check_same_kind(name, inputs, like)


def dense(inputs: Tensor | Events, like: Tensor | None) -> Tensor:
    """Return events as the tensor that they stand for, and a tensor as it is."""
    if not isinstance(inputs, Events):
        return inputs
    return inputs.to_dense() if like is None else inputs.to_dense(like.dtype).to(like.device)


def check_no_state(module: nn.Module, state: Any) -> None:
    """Raise ``ValueError`` unless the state of a module that has none is None."""
    if state is not None:
        raise ValueError(
            f"state of a {type(module).__name__} is a {type(state).__name__}; None is accepted, "
            "since it carries nothing from step to step"
        )
