"""Neurons of any kind on a drive: at each place of a picture, or in a row (chapter 2)."""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

import torch
from torch import Tensor

from snnbook._validate import (
    check_choice,
    check_flag,
    check_generator,
    check_integer,
    check_tensor,
)
from snnbook.kernels import KERNELS, run_layer
from snnbook.layers._stateful import LayerOutput, Stateful, check_steps
from snnbook.neurons import LIFNeuron, Neuron, WithNeuron


class Cells(WithNeuron, Stateful):
    r"""Neurons without weights: the drive of each comes from the layer before.

    .. math:: x[n] \text{ in, } S[n] \text{ out: } (T, B, C, H, W) \text{ or } (T, B, N)

    Parameters
    ----------
    neuron : Neuron
        Any neuron: of the book, or one of your own. Each channel and place has its own state.
    size : int, optional
        Number of neurons, or of channels; needed only where constants are tensors or learn, since
        these are one for each neuron (N,), or one for each channel (C,), the same at all places.
    learn, spread, generator
        As in :class:`snnbook.neurons.LIF`.
    kernel, checkpoint
        As in :func:`snnbook.neurons.run`.

    Examples
    --------
    Convolution, pooling and neurons:

    >>> import torch
    >>> from snnbook.neurons import AdaptiveNeuron
    >>> cells = Cells(AdaptiveNeuron())
    >>> outputs, state = cells(torch.ones(5, 2, 8, 4, 4))  # T, B, channels, height, width
    >>> outputs.shape, state.adapt.shape
    (torch.Size([5, 2, 8, 4, 4]), torch.Size([2, 8, 4, 4]))

    Chapter 2.
    """

    records = True

    def __init__(
        self,
        neuron: Neuron,
        size: int | None = None,
        *,
        learn: Sequence[str] = (),
        spread: float = 0.0,
        generator: torch.Generator | None = None,
        kernel: str = "auto",
        checkpoint: int | None = None,
    ) -> None:
        super().__init__()
        check_cells(neuron, generator, kernel, checkpoint)
        self.kernel, self.checkpoint = kernel, checkpoint
        if size is not None:
            check_integer("size", size, 1)
        self._take(neuron, size, learn, spread, generator)

    def forward(self, inputs: Tensor, state: Any = None, record: bool = False) -> LayerOutput:
        """Run the neurons over a drive (T, B, N) or (T, B, C, ...), from ``state`` or from rest.

        With ``record`` the states of every step are kept in ``hidden[0]``.
        """
        own = next(self.parameters(), None)
        check_steps("inputs", inputs, own)
        check_flag("record", record)
        places, neuron = inputs.shape[2:], self.neuron
        found = {name: _each(name, value, places) for name, value in tensors_of(neuron).items()}
        neuron = replace(neuron, **found) if found else neuron
        flat = state_at(neuron, state, tuple(inputs.shape[1:]))
        made = run_layer(
            neuron,
            inputs.flatten(2),
            None,
            flat,
            record=record,
            kernel=self.kernel,
            checkpoint=self.checkpoint,
            name="inputs",
        )
        return from_record(neuron, made, places)

    def extra_repr(self) -> str:
        learned = f", of each neuron: {', '.join(self._tensors)}" if self._tensors else ""
        return f"{self._base}{learned}"


def tensors_of(neuron: Neuron) -> dict[str, Tensor]:
    """Return the constants of a neuron that are tensors, by name."""
    names = [field.name for field in fields(neuron)] if is_dataclass(neuron) else []
    found = {name: getattr(neuron, name) for name in names}
    return {name: value for name, value in found.items() if isinstance(value, Tensor)}


def _each(name: str, constant: Tensor, places: torch.Size) -> Tensor:
    """Return a constant of each neuron (N,), given one of each neuron or of each channel."""
    count = places.numel()
    if constant.dim() == 0 or len(constant) == count or not count:
        return constant
    if len(constant) != places[0]:
        raise ValueError(
            f"inputs holds {tuple(places)} in a step, and {name} of the neuron {len(constant)} "
            f"numbers; {places[0]}, one a channel, or {count}, one a neuron, are accepted"
        )
    return constant.repeat_interleave(count // len(constant))


def check_cells(
    neuron: Neuron, generator: torch.Generator | None, kernel: str, checkpoint: int | None
) -> None:
    """Raise unless this is a neuron, and the options of its run are right."""
    if not isinstance(neuron, Neuron):
        found = f"class {neuron.__name__}" if isinstance(neuron, type) else type(neuron).__name__
        raise TypeError(f"neuron is a {found}; a neuron is accepted, such as LIFNeuron()")
    if generator is not None:
        check_generator(generator)
    check_choice("kernel", kernel, KERNELS)
    if checkpoint is not None:
        check_integer("checkpoint", checkpoint, 1)


def state_at(neuron: Neuron, state: Any, shape: tuple[int, ...]) -> Any:
    """Return a state whose tensors have a shape (B, C, ...) as that of a run, tensors (B, N)."""
    if state is None:
        return None
    kind = neuron.State
    if not isinstance(state, kind):
        raise TypeError(
            f"state is a {type(state).__name__}; {kind.__name__}({', '.join(kind._fields)}) is "
            "accepted, that of the last run"
        )
    for name, value in zip(kind._fields, state, strict=True):
        check_tensor(f"state.{name}", value)
        if tuple(value.shape) != shape:
            raise ValueError(
                f"state.{name} has shape {tuple(value.shape)}; {shape} is accepted, one number for "
                "each sample and neuron"
            )
    return kind(*(value.flatten(1) for value in state))


def from_record(neuron: Neuron, record: Any, places: Sequence[int] = ()) -> LayerOutput:
    """Return a record as outputs, state and what a spiking layer sent, each place in its place."""
    outputs, state, hidden = record[0], record.state, ()
    if hasattr(record, "spikes"):
        hidden = (record,)
    elif hasattr(neuron, "surrogate") or isinstance(neuron, LIFNeuron):
        hidden = (outputs,)
    if len(places) > 1:
        outputs = outputs.unflatten(2, places)
        state = type(state)(*(x.unflatten(1, places) for x in state))
    return LayerOutput(outputs, state, hidden)
