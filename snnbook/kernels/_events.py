"""Spikes as a list of events: the sparse twin of a (T, B, N) tensor of zeros and ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from snnbook._validate import check_integer, check_tensor, check_time_first

#: Indices are int32.
MOST_FEATURES = 2**31 - 1
#: What a list of spikes may be made of.
Whole = Tensor | np.ndarray | Sequence[int]


@dataclass(frozen=True, eq=False)
class Events:
    """Which neurons spiked, for every time step and sample.

    A layer takes events in place of a dense tensor of spikes, and gives the same result. A
    dense tensor costs memory for every zero, and a search for its ones in every pass; events
    are found once.

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
            if tensor.dtype != dtype or tensor.dim() != 1 or tensor.device.type != "cpu":
                raise TypeError(
                    f"{name} has dtype {tensor.dtype}, {tensor.dim()} axes, on {tensor.device}; "
                    f"{dtype} with one axis on the CPU is accepted"
                )
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
    def from_dense(cls, spikes: Tensor) -> "Events":
        """Find the events of a (T, B, N) tensor of zeros and ones, of any real dtype.

        Events carry no gradient: what made the spikes does not learn through them.

        Raises
        ------
        TypeError, ValueError
            If ``spikes`` is no dense tensor with three axes, or has another value.

        >>> Events.from_dense(torch.eye(3).reshape(3, 1, 3)).indices.tolist()
        [0, 1, 2]
        """
        check_tensor("spikes", spikes)
        if spikes.is_meta or spikes.is_complex() or spikes.is_quantized:
            raise TypeError(
                f"spikes has dtype {spikes.dtype} on {spikes.device}; "
                "a tensor of zeros and ones with its values is accepted"
            )
        spikes = spikes.detach().cpu()
        if not spikes.is_floating_point():
            spikes = spikes.float()
        check_time_first("spikes", spikes)
        if ((spikes != 0) & (spikes != 1)).any():
            raise ValueError("spikes holds values other than 0 and 1; only these are accepted")
        t, b, n = spikes.nonzero(as_tuple=True)
        return cls.from_lists(t, b, n, tuple(spikes.shape))

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
        if not isinstance(shape, Sequence) or len(shape) != 3:
            raise ValueError(f"shape is {shape!r}; (T, B, N) is accepted")
        for name, size in zip(("steps", "batch", "features"), shape):
            check_integer(f"shape: {name}", size, 0)
        steps, batch, features = map(int, shape)
        given = {"times": times, "samples": samples, "neurons": neurons}
        times, samples, neurons = lists = [_whole(*pair) for pair in given.items()]
        for name, values, size in zip(given, lists, (steps, batch, features)):
            if values.shape != times.shape:
                raise ValueError(
                    f"{name} has {len(values)} entries and times {len(times)}; "
                    "three lists of equal length are accepted"
                )
            if values.numel() and not (0 <= values.min() and values.max() < size):
                raise ValueError(
                    f"{name} leaves the range 0 to {size - 1}; whole numbers in it are accepted"
                )
        key = torch.unique((times * batch + samples) * max(features, 1) + neurons)
        rows = torch.div(key, max(features, 1), rounding_mode="floor")
        counts = torch.bincount(rows, minlength=steps * batch)
        offsets = torch.cat([counts.new_zeros(1), counts.cumsum(0)])
        return cls(steps, batch, features, (key % max(features, 1)).int(), offsets)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(T, B, N) of the dense twin."""
        return self.steps, self.batch, self.features

    @property
    def density(self) -> float:
        """Share of entries that are spikes, 0 for an empty tensor."""
        return len(self.indices) / max(1, self.steps * self.batch * self.features)

    def to_dense(self, dtype: torch.dtype = torch.float32) -> Tensor:
        """Return the (T, B, N) tensor of zeros and ones."""
        self._check_order()  # tensors can be changed
        dense = self.offsets.new_zeros(self.steps * self.batch, self.features, dtype=dtype)
        rows = torch.repeat_interleave(self.offsets.diff())
        dense[rows, self.indices.long()] = 1
        return dense.reshape(self.shape)


def _whole(name: str, values: Whole) -> Tensor:
    """Return a list of whole numbers as an int64 tensor on the CPU, or raise."""
    try:
        tensor = values if isinstance(values, Tensor) else torch.as_tensor(values, device="cpu")
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"{name} is a {type(values).__name__}; {WHOLE} are accepted") from None
    check_tensor(name, tensor)
    kind = tensor.dtype
    wrong = kind.is_floating_point or kind.is_complex or kind == torch.bool or tensor.is_quantized
    if tensor.dim() != 1 or tensor.is_meta or (wrong and len(tensor)):
        raise ValueError(
            f"{name} has shape {tuple(tensor.shape)} and dtype {kind}; {WHOLE} are accepted"
        )
    return tensor.detach().cpu().long()


WHOLE = "whole numbers along one axis, in a list, an array or a tensor,"
