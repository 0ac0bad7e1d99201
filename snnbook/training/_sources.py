"""What a user brings to :func:`snnbook.training.fit`, and the batches that are made of it."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset, IterableDataset

from snnbook._samples import class_number, is_pair, padded, sample_spikes
from snnbook._validate import check_integer, check_labels, check_lengths
from snnbook.data import Batch
from snnbook.kernels import Events
from snnbook.training._batches import Batches, Encoder
from snnbook.training._lengths import unequal

LARGEST = torch.iinfo(torch.int64).max


class Together:
    """All samples in one tensor or in one list of events."""

    def __init__(
        self, batches: Batches, labels: Tensor | None, lengths: Tensor | None, name: str
    ) -> None:
        self.parts, self.labels, self.lengths, self.name = batches, labels, lengths, name
        self.count = len(batches)
        if lengths is not None:
            steps = LARGEST if batches.encode is not None else batches.inputs.shape[0]
            check_lengths(lengths, len(batches), steps, name)

    def batches(self, size: int | None, generator: torch.Generator | None) -> Iterator[Batch]:
        """Give batches in an order drawn from a generator, or in the order of the samples."""
        for index in _orders(self.count, size, generator, self.labels):
            spikes, lengths = self.parts[index], None
            if self.lengths is not None:
                lengths = self.lengths[index.to(self.lengths.device)]
                check_lengths(lengths, len(index), len(spikes), self.name)
            labels = None if self.labels is None else self.labels[index]
            yield Batch(spikes, labels, unequal(lengths, len(spikes)))


class Samples:
    """A data set: samples that are fetched one by one."""

    def __init__(
        self,
        samples: Dataset,
        labels: Tensor | None,
        encode: Encoder | None,
        batch_first: bool | None,
        device: torch.device | None,
        names: tuple[str, str],
    ) -> None:
        self.samples, self.labels, self.device, self.name = samples, labels, device, names[0]
        self.encode, self.order = encode, batch_first
        try:
            self.count = len(samples)
        except (TypeError, NotImplementedError):
            raise TypeError(
                f"{names[0]} is a {type(samples).__name__} without a length; a data set with "
                "__len__, or a DataLoader, is accepted"
            ) from None
        if not self.count:
            raise ValueError(f"{names[0]} has no samples; at least one sample is accepted")
        if labels is not None:
            check_all_labels(labels, self.count, names[1])
        self.paired: bool | None = None
        self.known = False  # which axis of what encode gives is time

    def batches(self, size: int | None, generator: torch.Generator | None) -> Iterator[Batch]:
        """Give batches in an order drawn from a generator, or in the order of the samples."""
        for index in _orders(self.count, size, generator, self.labels):
            places = index.tolist()
            found = [self._sample(k, self.samples[k]) for k in places]
            labels = None
            if self.labels is not None:
                labels = self.labels[index]
            elif self.paired:
                labels = torch.tensor([label for _, label in found], device="cpu")
            inputs = [spikes for spikes, _ in found]
            spikes, lengths = self._together(inputs)
            spikes = spikes if isinstance(spikes, Events) else spikes.to(self.device)
            yield Batch(spikes, labels, unequal(lengths, len(spikes)))

    def _sample(self, k: int, sample) -> tuple:
        """Return input and label of a sample; the label is None where all labels are given."""
        name = f"{self.name}[{k}]"
        paired = self.labels is None and is_pair(sample)
        if self.paired is None:
            self.paired = paired
        if paired != self.paired:
            raise ValueError(
                f"{name} is a {type(sample).__name__} {'with' if paired else 'without'} a label, "
                "and others are not; pairs of input and class number are accepted"
            )
        value, label = sample if paired else (sample, None)
        if self.encode is None:
            value = sample_spikes(name, value)
        return value, class_number(name, label) if paired else None

    def _together(self, inputs: list) -> tuple[Tensor | Events, Tensor | None]:
        if self.encode is None:
            try:
                return padded(inputs)
            except ValueError as error:
                raise ValueError(f"{self.name}: {error}") from None
        try:
            stacked = torch.stack([torch.as_tensor(x) for x in inputs])
        except (TypeError, ValueError, RuntimeError) as error:
            raise ValueError(
                f"{self.name} holds inputs that do not stack ({error}); with encode, tensors or "
                "arrays of equal shape are accepted"
            ) from None
        batches = Batches(stacked.to(self.device), self.encode, self.order, name=self.name)
        batches.known |= self.known
        self.known = True
        return batches[torch.arange(len(inputs))], None


class Loader:
    """A ``DataLoader``, or anything else that gives batches anew each time it is looped over."""

    labels = count = None

    def __init__(
        self,
        loader,
        encode: Encoder | None,
        batch_first: bool | None,
        device: torch.device | None,
        name: str,
    ) -> None:
        if iter(loader) is loader:
            raise TypeError(
                f"{name} is a {type(loader).__name__}, which can be looped over only once; a "
                "DataLoader is accepted, or a list of samples"
            )
        self.loader, self.encode, self.order = loader, encode, batch_first
        self.device, self.name, self.known = device, name, False

    def batches(self, size: int | None, generator: torch.Generator | None) -> Iterator[Batch]:
        """Give the batches of the loader in its own order."""
        some = False
        for k, batch in enumerate(self.loader):
            some = True
            yield self._batch(f"batch {k} of {self.name}", batch)
        if not some:
            raise ValueError(f"{self.name} gave no batch; a loader with samples is accepted")

    def _batch(self, name: str, batch) -> Batch:
        own = isinstance(batch, Batch)
        parts = tuple(batch) if isinstance(batch, (tuple, list)) else (batch,)
        if not 1 <= len(parts) <= 3:
            raise TypeError(
                f"{name} has {len(parts)} parts; inputs, labels and, if durations differ, lengths "
                "are accepted"
            )
        inputs, labels, lengths = (*parts, None, None)[:3]
        if labels is not None:
            size = len(labels) if isinstance(labels, Tensor) and labels.dim() else 0
            check_all_labels(labels, size, f"labels of {name}")
        if own and self.order:
            raise ValueError(
                f"batch_first is True, and {name} is a Batch of data.collate, which is time first; "
                "batch_first=None is accepted"
            )
        spikes = self._spikes(name, inputs, labels, own)
        if labels is not None and len(labels) != spikes.shape[1]:
            raise ValueError(
                f"{name} has {len(labels)} labels for {spikes.shape[1]} samples; one label a "
                "sample is accepted"
            )
        if lengths is not None:
            check_lengths(lengths, spikes.shape[1], len(spikes), f"lengths of {name}")
        return Batch(spikes, labels, unequal(lengths, len(spikes)))

    def _spikes(self, name: str, inputs, labels, own: bool) -> Tensor | Events:
        if isinstance(inputs, Tensor):
            if not inputs.is_floating_point() and not inputs.is_complex() and self.encode is None:
                inputs = inputs.float()
            inputs = inputs.to(self.device)
        count = None if labels is None else len(labels)
        if self.encode is None:
            order = False if own else self.order
            batches = Batches(inputs, None, order, count, name)
            if isinstance(inputs, Tensor) and count is not None and order is None and count > 1:
                self.order = False  # a batch that is no square has shown it
            inputs = batches.inputs
            return inputs if isinstance(inputs, Events) else inputs.contiguous()
        batches = Batches(inputs, self.encode, self.order, count, name)
        batches.known |= self.known
        self.known = True
        return batches[torch.arange(len(inputs))]


#: What gives the batches of one visit of all samples.
Source = Together | Samples | Loader


def check_all_labels(labels: Tensor, count: int, name: str) -> None:
    """Raise unless there is one class number for each sample."""
    check_labels(labels, count, LARGEST, name)
    if labels.is_meta:
        raise ValueError(f"{name} is on meta, which holds no values; another device is accepted")


def _orders(
    count: int, size: int | None, generator: torch.Generator | None, labels: Tensor | None
) -> Iterator[Tensor]:
    check_integer("batch_size", size, 1)
    if generator is None:
        order = torch.arange(count, device="cpu")
    else:
        order = torch.randperm(count, generator=generator, device=generator.device)
    return iter(order.to("cpu" if labels is None else labels.device).split(int(size)))


def source_of(
    inputs,
    labels: Tensor | None,
    encode: Encoder | None,
    batch_first: bool | None,
    lengths: Tensor | None = None,
    model: Callable | None = None,
    names: tuple[str, str, str] = ("inputs", "labels", "lengths"),
    needed: bool = True,
) -> Source:
    """Return what gives the batches of some inputs, or raise.

    ``needed`` says whether labels are asked for; they may lie in a data set or a loader.
    """
    kind = _kind(inputs, encode, names[0])
    if kind is not Together and lengths is not None:
        raise ValueError(
            f"{names[2]} is given with a {type(inputs).__name__}, whose samples know how long they "
            f"are; {names[2]} with a tensor or Events is accepted"
        )
    parameters = model.parameters() if isinstance(model, nn.Module) else ()
    device = next((p.device for p in parameters), None)
    if kind is Loader:
        if labels is not None:
            raise ValueError(
                f"{names[1]} is given with a {type(inputs).__name__} as {names[0]}, whose batches "
                f"hold the labels; {names[1]}=None is accepted"
            )
        return Loader(inputs, encode, batch_first, device, names[0])
    if kind is Samples:
        return Samples(inputs, labels, encode, batch_first, device, names[:2])
    samples = len(labels) if isinstance(labels, Tensor) and labels.dim() == 1 else None
    batches = Batches(inputs, encode, batch_first, samples, names[0])
    if needed or labels is not None:
        check_all_labels(labels, len(batches), names[1])
    return Together(batches, labels, lengths, names[2])


def _kind(inputs, encode: Encoder | None, name: str) -> type:
    """Return which of the three an argument is; a mistake is told by the first."""
    if isinstance(inputs, (Tensor, Events, np.ndarray, str, bytes, Mapping)):
        return Together
    if isinstance(inputs, IterableDataset):
        raise TypeError(
            f"{name} is a {type(inputs).__name__}; a DataLoader of it is accepted, such as "
            "torch.utils.data.DataLoader(dataset, batch_size=32)"
        )
    if isinstance(inputs, (list, tuple)) and not _holds_samples(inputs, encode):
        return Together  # where it is named
    if isinstance(inputs, Dataset) or hasattr(inputs, "__getitem__"):
        return Samples
    return Loader if hasattr(inputs, "__iter__") else Together


def _holds_samples(inputs: list | tuple, encode: Encoder | None) -> bool:
    """Return whether a list begins with a sample, and not with numbers."""
    first = inputs[0] if len(inputs) else None
    first = first[0] if is_pair(first) else first
    return isinstance(first, (Tensor, np.ndarray, Events)) or (encode is not None and bool(inputs))
