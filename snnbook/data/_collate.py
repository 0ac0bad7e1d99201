"""Samples of a data set side by side in one batch, also if they last differently long."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from snnbook._samples import class_number, is_pair, padded, sample_spikes
from snnbook._validate import check_sequence
from snnbook.kernels import Events


class Batch(NamedTuple):
    """Some samples, time first.

    Attributes
    ----------
    spikes : Tensor or Events, shape (T, B, N)
        As long as the longest sample; the others end in silence.
    labels : Tensor, shape (B,), dtype int64, or None
        Correct classes, if they are known.
    lengths : Tensor, shape (B,), dtype int64, or None
        Number of steps of each sample; None if all last T steps.
    """

    spikes: Tensor | Events
    labels: Tensor | None = None
    lengths: Tensor | None = None


def collate(samples: Sequence) -> Batch:
    """Set samples of unequal durations side by side: the ``collate_fn`` of a ``DataLoader``.

    Parameters
    ----------
    samples : sequence
        Of each sample its spikes, or a pair of spikes and class number. Spikes are an array or
        tensor (T, N) of any real dtype, or :class:`snnbook.kernels.Events` of one sample.

    Returns
    -------
    Batch
        Spikes (T, B, N) with T of the longest sample, as events if the samples are; labels; and
        the length of each sample. Whole numbers and truth values become float32.

    Raises
    ------
    TypeError, ValueError
        If a sample is nothing of the kind, or the samples differ in their number of neurons.

    Examples
    --------
    >>> batch = collate([(torch.ones(2, 1), 0), (torch.ones(3, 1), 1)])
    >>> batch.spikes[:, :, 0].tolist(), batch.labels.tolist(), batch.lengths.tolist()
    ([[1.0, 1.0], [1.0, 1.0], [0.0, 1.0]], [0, 1], [2, 3])
    """
    check_sequence("samples", samples, "samples in a list")
    if not len(samples):
        raise ValueError("samples is empty; at least one sample is accepted")
    pairs = [is_pair(sample) for sample in samples]
    if any(pairs) and not all(pairs):
        raise ValueError(
            f"samples[{pairs.index(False)}] has no label and others have one; samples all with a "
            "label, or all without, are accepted"
        )
    spikes = [sample[0] if pairs[0] else sample for sample in samples]
    labels = None
    if pairs[0]:
        labels = torch.tensor(
            [class_number(f"samples[{b}]", sample[1]) for b, sample in enumerate(samples)]
        )
    together, lengths = padded([sample_spikes(f"samples[{b}]", x) for b, x in enumerate(spikes)])
    return Batch(together, labels, lengths)
