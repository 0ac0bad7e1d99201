"""Spikes as a list of events: the sparse twin of a (T, B, N) tensor of zeros and ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from snnbook._validate import check_integer, check_same_device, check_tensor
from snnbook.kernels._event_lists import (
    Whole,
    check_parts,
    gathered,
    joined,
    picked,
    sorted_events,
    spikes_of_array,
    timed_events,
)

#: Indices are int32.
MOST_FEATURES = 2**31 - 1


@dataclass(frozen=True, eq=False)
class Events:
    """Which neurons spiked, for every time step and sample.

    A layer takes events in place of a dense tensor of spikes, and gives the same result. A
    dense tensor costs memory for every zero, and a search for its ones in every pass; events
    are found once.

    Events are a value: they compare by what they hold, can be pickled and sent to workers, and are
    indexed as their dense twin, by time and by sample. A slice or a list keeps its axis and gives
    events; one number drops its axis and gives the dense tensor that is left, so that
    ``events[n]`` is the input (B, N) of step n, a loop goes through the steps, and
    ``events[:, b]`` is the raster (T, N) of one sample. ``len(events)`` is the number of steps.

    Parameters
    ----------
    steps, batch, features : int
        T, B and N of the dense twin, at least 0.
    indices : Tensor
        (E,) int32: neurons that spiked, ascending within one row, without repeats.
    offsets : Tensor
        (T * B + 1,) int64: row ``t * B + b`` owns the entries ``offsets[row]`` up to
        ``offsets[row + 1]``.

    Raises
    ------
    TypeError, ValueError
        If a dtype or shape does not fit, or an index is out of range or out of order.

    Examples
    --------
    >>> spikes = torch.tensor([[[0.0, 1.0, 1.0]], [[1.0, 0.0, 0.0]]])
    >>> events = Events.from_dense(spikes)
    >>> events.indices.tolist(), events.offsets.tolist()
    ([1, 2, 0], [0, 2, 3])
    >>> bool((events.to_dense() == spikes).all())
    True
    >>> events[1], events[1:].indices.tolist()  # one step, dense; and all from there
    (tensor([[1., 0., 0.]]), [0])

    See the conventions page and the benchmark page.
    """

    steps: int
    batch: int
    features: int
    indices: Tensor
    offsets: Tensor

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "features"):
            check_integer(name, getattr(self, name), 0)
        if self.features > MOST_FEATURES:
            raise ValueError(f"features is {self.features}; at most {MOST_FEATURES} are accepted")
        for name, dtype in (("indices", torch.int32), ("offsets", torch.int64)):
            tensor = getattr(self, name)
            check_tensor(name, tensor)
            if tensor.dtype != dtype or tensor.dim() != 1 or tensor.is_meta:
                raise TypeError(
                    f"{name} has dtype {tensor.dtype}, {tensor.dim()} axes, on {tensor.device}; "
                    f"{dtype} with one axis, with its values, is accepted"
                )
        check_same_device("offsets", self.offsets, self.indices)
        self._check_order()

    def _check_order(self) -> None:
        rows, count = self.steps * self.batch, len(self.indices)
        if len(self.offsets) != rows + 1:
            raise ValueError(f"offsets has {len(self.offsets)} entries; {rows + 1} are accepted")
        ends = (int(self.offsets[0]), int(self.offsets[-1]))
        if ends != (0, count) or (self.offsets.diff() < 0).any():
            raise ValueError(
                f"offsets must ascend from 0 to {count}, the number of indices, to be accepted; "
                f"they go {ends}"
            )
        if count == 0:
            return
        low, high = self.indices.aminmax()
        if low < 0 or high >= self.features:
            raise ValueError(
                f"indices go from {int(low)} to {int(high)}; 0 to {self.features - 1} is accepted"
            )
        descends = self.indices.diff() <= 0
        starts = self.offsets[1:-1]
        descends[starts[(starts > 0) & (starts < count)] - 1] = False
        if descends.any():
            raise ValueError("indices must ascend within each row, without repeats, to be accepted")

    @classmethod
    def from_dense(cls, spikes: Tensor | np.ndarray) -> "Events":
        """Find the events of an array (T, B, N) of zeros and ones, of any real dtype.

        Tensors, dense or sparse, and NumPy arrays are accepted.
        Events carry no gradient: what made the spikes does not learn through them.

        Raises
        ------
        TypeError, ValueError
            If ``spikes`` is no array with three axes, or has another value.

        >>> Events.from_dense(torch.eye(3).reshape(3, 1, 3)).indices.tolist()
        [0, 1, 2]
        >>> Events.from_dense(np.ones((1, 1, 2), bool)) == Events.from_dense(torch.ones(1, 1, 2))
        True
        """
        return cls.from_lists(*spikes_of_array(spikes))

    @classmethod
    def from_lists(
        cls, times: Whole, samples: Whole, neurons: Whole, shape: tuple[int, int, int]
    ) -> "Events":
        """Make events from integers of equal number: step, sample and neuron of each spike.

        Tensors, NumPy arrays and lists are accepted. The order does not matter, and a spike
        given twice counts once.

        Raises
        ------
        TypeError, ValueError
            If these are no whole numbers in the range of ``shape`` (T, B, N).

        Examples
        --------
        >>> lists = torch.tensor([[2, 0], [0, 0], [1, 1]])
        >>> Events.from_lists(*lists, shape=(3, 1, 2)).to_dense()[:, 0, 1]
        tensor([1., 0., 1.])
        """
        found = sorted_events(times, samples, neurons, shape)
        return cls(*map(int, shape), *found)

    @classmethod
    def from_times(
        cls,
        times: Sequence,
        units: Sequence | None = None,
        *,
        features: int | None = None,
        dt: float | None = None,
        steps: int | None = None,
    ) -> "Events":
        """Make events from the spike times of each sample, which may last differently long.

        Parameters
        ----------
        times : sequence
            One entry for each sample: a list of the times of each unit, ``times[b][i]``; or with
            ``units`` all times of the sample in one list or array.
        units : sequence, optional
            One list or array for each sample: the unit of each time.
        features : int, optional
            Number of units N; by default the smallest that fits.
        dt : float, optional
            Length of a step in seconds, if times are in seconds: a spike at t falls into step
            ``floor(t / dt)``. By default times are whole numbers of steps.
        steps : int, optional
            Number of steps T; by default up to the last spike of all. A sample that ends earlier
            is silent from there.

        Raises
        ------
        TypeError, ValueError
            If a time is negative, not finite or no step, or does not fit ``steps``; or a unit
            does not fit ``features``.

        Examples
        --------
        Two samples of two units, in seconds:

        >>> times = [[[0.001, 0.003], []], [[0.0005], [0.002]]]
        >>> Events.from_times(times, dt=1e-3).to_dense()[:, 0, 0]
        tensor([0., 1., 0., 1.])
        >>> Events.from_times([[1, 3], [0, 2]], [[0, 0], [0, 1]]) == Events.from_times(
        ...     times, dt=1e-3
        ... )
        True
        """
        return cls.from_lists(*timed_events(times, units, features, dt, steps))

    @classmethod
    def cat(cls, parts: Sequence["Events"], steps: int | None = None) -> "Events":
        """Set the samples of several events side by side.

        Parameters
        ----------
        parts : sequence of Events
            At least one, of equal numbers of neurons and steps.
        steps : int, optional
            Number of steps of the result; then parts may be shorter, and end in silence.

        Examples
        --------
        >>> short, long = (Events.from_dense(torch.ones(steps, 1, 1)) for steps in (1, 2))
        >>> Events.cat([short, long], steps=2).to_dense()[:, :, 0]
        tensor([[1., 1.],
                [0., 1.]])
        """
        steps = check_parts(parts, steps, cls)
        return cls(steps, sum(p.batch for p in parts), parts[0].features, *joined(parts, steps))

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, index) -> "Events | Tensor":
        """Return some steps, or some samples of some steps; see the class."""
        time, sample = (index if isinstance(index, tuple) else (index, slice(None)))[:2]
        if isinstance(index, tuple) and len(index) != 2:
            raise ValueError(
                f"events are indexed by {len(index)} entries; one for time, or two for time and "
                "sample, are accepted, and to_dense() has neurons"
            )
        times = picked("index of time", time, self.steps)
        samples = picked("index of samples", sample, self.batch)
        rows = torch.from_numpy(np.atleast_1d(times)[:, None] * self.batch + np.atleast_1d(samples))
        rows = rows.reshape(-1).to(self.device)
        found = gathered(self.indices, self.offsets[:-1][rows], self.offsets.diff()[rows])
        part = Events(np.size(times), np.size(samples), self.features, *found)
        if times.ndim and samples.ndim:
            return part
        return part.to_dense().reshape(*times.shape, *samples.shape, self.features)

    def __eq__(self, other) -> bool:
        if not isinstance(other, Events):
            return NotImplemented
        pairs = ((self.indices, other.indices), (self.offsets, other.offsets))
        return self.shape == other.shape and all(torch.equal(a.cpu(), b.cpu()) for a, b in pairs)

    __hash__ = None  # its tensors can be changed

    def __repr__(self) -> str:
        return f"Events(shape={self.shape}, {len(self.indices)} spikes)"

    @property
    def shape(self) -> tuple[int, int, int]:
        """(T, B, N) of the dense twin."""
        return self.steps, self.batch, self.features

    @property
    def device(self) -> torch.device:
        """Where the lists are."""
        return self.offsets.device

    @property
    def density(self) -> float:
        """Share of entries that are spikes, 0 for an empty tensor."""
        return len(self.indices) / max(1, self.steps * self.batch * self.features)

    def to(self, device: torch.device | str) -> "Events":
        """Return the events on a device; these themselves, if they are there.

        >>> events = Events.from_dense(torch.ones(1, 1, 1))
        >>> events.to("cpu") is events
        True
        """
        try:
            device = torch.device(device)
            indices, offsets = self.indices.to(device=device), self.offsets.to(device=device)
        except (TypeError, RuntimeError, AssertionError) as error:
            text = str(error).splitlines()[0]
            raise ValueError(
                f"device is {device!r}; a device of PyTorch that is here is accepted ({text})"
            ) from None
        if indices is self.indices and offsets is self.offsets:
            return self
        return Events(*self.shape, indices, offsets)

    def to_dense(self, dtype: torch.dtype = torch.float32) -> Tensor:
        """Return the (T, B, N) tensor of zeros and ones."""
        self._check_order()  # tensors can be changed
        dense = self.offsets.new_zeros(self.steps * self.batch, self.features, dtype=dtype)
        rows = torch.repeat_interleave(self.offsets.diff())
        dense[rows, self.indices.long()] = 1
        return dense.reshape(self.shape)
