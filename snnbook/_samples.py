"""One sample of a data set: its spikes, its class number, and several of them side by side."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from snnbook.kernels import Events


def is_pair(sample) -> bool:
    """Return whether a sample comes with a label."""
    return isinstance(sample, (tuple, list)) and len(sample) == 2


def class_number(name: str, label) -> int:
    """Return a class number, given as a number or a tensor of one."""
    one = isinstance(label, (Tensor, np.ndarray)) and np.prod(label.shape) == 1
    value = label.item() if one and not getattr(label, "is_meta", False) else label
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or value < 0:
        raise TypeError(f"{name} has the label {value!r}; a class number of at least 0 is accepted")
    return int(value)


def sample_spikes(name: str, spikes) -> Tensor | Events:
    """Return the spikes of one sample: (T, N), or events of one sample."""
    if isinstance(spikes, Events):
        if spikes.batch != 1 or spikes.steps == 0:
            raise ValueError(
                f"{name} is Events of shape {spikes.shape}; (T, 1, N) with at least one step is "
                "accepted"
            )
        return spikes
    try:
        tensor = torch.from_numpy(spikes) if isinstance(spikes, np.ndarray) else spikes
    except TypeError:  # an array of texts, of objects
        tensor = None
    if not isinstance(tensor, Tensor) or tensor.is_nested:
        raise TypeError(
            f"{name} is a {type(spikes).__name__}; spikes in an array or tensor (T, N), or Events, "
            "are accepted"
        )
    if tensor.layout != torch.strided:
        tensor = tensor.to_dense()
    if tensor.dim() != 2 or 0 in tensor.shape or tensor.is_complex():
        raise ValueError(
            f"{name} has shape {tuple(tensor.shape)} and dtype {tensor.dtype}; real numbers (T, N) "
            "= (time, neuron) with at least one of each are accepted"
        )
    return tensor if tensor.is_floating_point() else tensor.float()


def padded(samples: Sequence[Tensor | Events]) -> tuple[Tensor | Events, Tensor]:
    """Return samples side by side with silence at their ends, and how long each was."""
    lengths = torch.tensor([len(sample) for sample in samples])
    widths = [x.features if isinstance(x, Events) else x.shape[1] for x in samples]
    for b, width in enumerate(widths):
        if width != widths[0]:
            raise ValueError(
                f"samples[{b}] has {width} neurons; {widths[0]} are accepted, as in samples[0]"
            )
    lists = [isinstance(sample, Events) for sample in samples]
    if all(lists):
        return Events.cat(list(samples), steps=int(lengths.max())), lengths
    dense = [x.to_dense()[:, 0] if isinstance(x, Events) else x for x in samples]
    return torch.nn.utils.rnn.pad_sequence(dense), lengths
