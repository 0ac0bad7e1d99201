"""From what a user brings to batches of spikes (T, B, N), and from an output to a readout."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from snnbook._validate import check_callable, check_flag, check_tensor, values_at_hand
from snnbook.data import time_first
from snnbook.kernels import Events
from snnbook.training._losses import check_time_and_batch

Encoder = Callable[[Tensor], Tensor | Events]


class Batches:
    """The samples of one call, in the order that the model takes: time first.

    Parameters
    ----------
    inputs : Tensor or Events, shape (T, n, N), or a tensor (n, ...) with ``encode``
        Spikes, or what ``encode`` turns into spikes.
    encode : callable, optional
        Maps a batch of inputs (B, ...) to spikes (T, B, N), dense or as events.
    batch_first : bool, optional
        Whether the spikes are (B, T, N). By default they are time first, and where a number of
        samples tells, that is checked.
    samples : int, optional
        How many there are, if labels tell.
    name : str
        What errors call the inputs.
    """

    def __init__(
        self,
        inputs: Tensor | Events,
        encode: Encoder | None,
        batch_first: bool | None = None,
        samples: int | None = None,
        name: str = "inputs",
    ) -> None:
        if batch_first is not None:
            check_flag("batch_first", batch_first)
        self.name, self.encode, self.batch_first = name, encode, batch_first
        if encode is None:
            inputs = self._spikes(inputs, samples)
        else:
            check_callable("encode", encode)
            self._check_encodable(inputs)
        dense = not isinstance(inputs, Events)
        if dense and inputs.is_floating_point() and values_at_hand(inputs):
            if not bool(torch.isfinite(inputs).all()):
                raise ValueError(f"{name} holds nan or inf; finite values are accepted")
        self.inputs, self.known = inputs, batch_first is not None or _of_this_package(encode)

    def __len__(self) -> int:
        return self.inputs.shape[1 if self.encode is None else 0]

    def __getitem__(self, index: Tensor) -> Tensor | Events:
        """Return the spikes (T, B, N) of some samples."""
        index = index.to(self.inputs.device)
        if self.encode is None:
            return self.inputs[:, index]
        spikes = self._encoded(self.inputs[index])
        if spikes.shape[1] == spikes.shape[0] > 1 and not self.known:
            self._encoded(self.inputs[index[: len(index) // 2]])  # two sizes tell the axes apart
        self.known = True
        return spikes

    def _spikes(self, inputs: Tensor | Events, samples: int | None) -> Tensor | Events:
        if isinstance(inputs, Events):
            self._check_events(self.name, inputs)
            if 0 in inputs.shape:
                raise ValueError(
                    f"{self.name} is Events of shape {inputs.shape}; at least one step, sample and "
                    "neuron are accepted"
                )
            return inputs
        check_time_and_batch(self.name, inputs)
        if self.batch_first:
            return time_first(inputs)
        shape = tuple(inputs.shape)
        told = self.batch_first is not None or samples is None or samples == 1
        if not told and shape[0] == samples == shape[1]:
            raise ValueError(
                f"{self.name} has shape {shape}; its time and batch axes have the same length, so "
                "their order cannot be checked; say batch_first=False for (T, n, N) or "
                "batch_first=True for (n, T, N)"
            )
        if not told and shape[0] == samples:
            raise ValueError(
                f"{self.name} has shape {shape} for {samples} labels; (T, n, N) with n = {samples} "
                "on the second axis is accepted, and this looks batch-first: say batch_first=True"
            )
        return inputs

    def _check_encodable(self, inputs: Tensor) -> None:
        check_tensor(self.name, inputs)
        if inputs.dim() < 1 or inputs.shape[0] == 0:
            raise ValueError(
                f"{self.name} has shape {tuple(inputs.shape)}; with encode, (n, ...) with at least "
                "one sample is accepted"
            )

    def _encoded(self, inputs: Tensor) -> Tensor | Events:
        spikes, count, name = self.encode(inputs), len(inputs), f"encode({self.name})"
        if isinstance(spikes, Events):
            self._check_events(name, spikes)
        else:
            check_time_and_batch(name, spikes)
            if self.batch_first:
                spikes = time_first(spikes)
        if spikes.shape[1] != count:
            hint = "; this looks batch-first: say batch_first=True"
            raise ValueError(
                f"{name} has shape {tuple(spikes.shape)}; {count} entries on its batch axis (the "
                f"second) are accepted{hint if spikes.shape[0] == count else ''}"
            )
        return spikes

    def _check_events(self, name: str, events: Events) -> None:
        if self.batch_first:
            raise ValueError(
                f"batch_first is True, and {name} is Events, which name their axes; "
                "batch_first=None is accepted"
            )


def _of_this_package(encode: Encoder | None) -> bool:
    """Return whether an encoder is one of ``snnbook``, whose order of axes is known."""
    while isinstance(encode, partial):
        encode = encode.func
    return str(getattr(encode, "__module__", "")).startswith("snnbook.")


def readout_of(output, batch: int) -> Tensor:
    """Return the readout (T, B, C) of what a model returned: its ``readout``, or a bare tensor."""
    readout = getattr(output, "readout", output)
    if not isinstance(readout, Tensor):
        raise TypeError(
            f"the model returned a {type(output).__name__}; a tensor (T, B, C) or an output with "
            "a tensor `readout` (T, B, C) is accepted, such as a NetworkOutput"
        )
    check_time_and_batch("the model's readout", readout)
    if readout.shape[1] != batch:
        raise ValueError(
            f"the model's readout has shape {tuple(readout.shape)}; {batch} entries on its batch "
            "axis (the second) are accepted, one a sample"
        )
    return readout


def spikes_of(output) -> list[Tensor]:
    """Return the spikes (T, B, N) of each hidden layer; none for a bare tensor."""
    hidden = getattr(output, "hidden", ())
    if hidden is None or isinstance(output, Tensor):
        return []
    if isinstance(hidden, Tensor) or hasattr(hidden, "spikes"):
        hidden = (hidden,)
    found = [getattr(record, "spikes", record) for record in hidden]
    for spikes in found:
        if not isinstance(spikes, Tensor):
            raise TypeError(
                f"the model's hidden holds a {type(spikes).__name__}; a tensor of spikes or a "
                "record with `spikes` is accepted for each layer"
            )
    return found
