"""Samples that differ each time they are read: a voice higher or lower, slower or faster."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.utils.data import Dataset

from snnbook._samples import is_pair, sample_spikes
from snnbook._validate import (
    check_finite,
    check_float,
    check_generator,
    check_integer,
    is_number,
)
from snnbook.kernels import Events

#: The largest factor: a mistake in the units would fill the memory.
LONGEST = 100


def moved(spikes: Tensor, *, shift: int = 0, factor: float = 1.0) -> Tensor:
    r"""Move the spikes of one sample along the neurons, and stretch it in time.

    .. math:: S'_{i + s}[\operatorname{round}(r n)] = S_i[n]

    Where neurons stand for bands of frequencies in their order, a shift is a higher or a deeper
    voice, and a factor a slower or a faster one.

    Parameters
    ----------
    spikes : Tensor, shape (T, N)
        Spikes of one sample, 0 or 1.
    shift : int
        s, neurons upward, or downward if negative, at least -N. What leaves the neurons is lost.
    factor : float
        r, above 0 and at most 100: 1.1 makes the sample a tenth longer. Spikes of one neuron that
        fall on one step become one.

    Returns
    -------
    Tensor, shape (T', N)
        With the dtype and device of ``spikes``; T' is r T, rounded, and at least 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is of another kind, or out of range.

    Examples
    --------
    >>> moved(torch.eye(3), shift=1).tolist()
    [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]
    >>> moved(torch.eye(3), factor=2.0).nonzero().tolist()
    [[0, 0], [2, 1], [4, 2]]

    Chapter 8d; ``eq-08d-moved``.
    """
    check_float("spikes", spikes)
    if spikes.dim() != 2 or 0 in spikes.shape:
        raise ValueError(
            f"spikes has shape {tuple(spikes.shape)}; (T, N) = (time, neuron) with at least one of "
            "each is accepted"
        )
    check_finite("spikes", spikes)
    check_integer("shift", shift, -spikes.shape[1])
    if not (is_number(factor) and 0 < factor <= LONGEST):
        raise ValueError(f"factor is {factor!r}; a number above 0, at most {LONGEST}, is accepted")
    return _moved(spikes, int(shift), float(factor))


def _moved(spikes: Tensor, shift: int, factor: float) -> Tensor:
    steps, neurons = spikes.shape
    long = max(1, round(factor * steps))
    n, i = spikes.nonzero(as_tuple=True)
    value, n, i = spikes[n, i], (n * factor).round().long().clamp(max=long - 1), i + shift
    inside = (i >= 0) & (i < neurons)
    made = spikes.new_zeros(long, neurons)
    made[n[inside], i[inside]] = value[inside]
    return made


def _dense(spikes: Tensor | Events) -> Tensor:
    """Return the spikes of one sample as a tensor (T, N)."""
    return spikes.to_dense()[:, 0] if isinstance(spikes, Events) else spikes


class Varied(Dataset):
    """Samples that are moved at random each time they are read: data augmentation.

    Parameters
    ----------
    samples : sequence
        Pairs of spikes and class number; spikes are a tensor or array (T, N), or
        :class:`snnbook.kernels.Events` of one sample.
    shift : int
        Each reading moves the spikes along the neurons by a whole number, drawn evenly from
        ``-shift`` to ``shift``; at least 0.
    stretch : float
        Each reading stretches time by a factor, drawn evenly from ``1 - stretch`` to
        ``1 + stretch``; from 0 to below 1.
    generator : torch.Generator
        Draws both. Workers of a ``DataLoader`` would all draw alike; read in the main process.

    Raises
    ------
    TypeError, ValueError
        If an argument is of another kind, or out of range.

    Examples
    --------
    >>> samples = [(torch.eye(3), 0), (torch.eye(3), 1)]
    >>> varied = Varied(samples, shift=1, generator=torch.Generator().manual_seed(0))
    >>> sorted({varied[1][0].nonzero()[-1].tolist()[0] for _ in range(20)}), varied[1][1]
    ([1, 2], 1)

    See :func:`moved`; chapter 8d.
    """

    def __init__(
        self,
        samples: Sequence,
        *,
        shift: int = 0,
        stretch: float = 0.0,
        generator: torch.Generator,
    ) -> None:
        if isinstance(samples, (str, bytes)) or not hasattr(samples, "__getitem__"):
            raise TypeError(
                f"samples is a {type(samples).__name__}; a list or a data set of pairs is accepted"
            )
        check_integer("shift", shift, 0)
        if not (is_number(stretch) and 0 <= stretch < 1):
            raise ValueError(f"stretch is {stretch!r}; a share from 0 to below 1 is accepted")
        check_generator(generator)
        self.samples, self.generator = samples, generator
        self.shift, self.stretch = int(shift), float(stretch)

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, k: int) -> tuple[Tensor, int]:
        """Read one sample, moved anew."""
        sample = self.samples[k]
        if not is_pair(sample):
            raise TypeError(
                f"samples[{k}] is a {type(sample).__name__}; a pair of spikes and class number is "
                "accepted"
            )
        spikes = _dense(sample_spikes(f"samples[{k}]", sample[0]))
        draws = torch.rand(2, generator=self.generator)
        shift = int((2 * self.shift + 1) * draws[0]) - self.shift
        factor = 1 + self.stretch * (2 * float(draws[1]) - 1)
        return _moved(spikes, shift, factor), sample[1]
