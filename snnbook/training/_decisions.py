"""From a readout to a class, and from classes to an accuracy."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from snnbook._validate import check_integer, check_labels
from snnbook.kernels import Events
from snnbook.training._losses import (
    check_time_and_batch,
    first_spike_time,
    sum_over_time,
    ttfs_cross_entropy,
)
from snnbook.training._statistics import Accuracy, wilson_interval

Encoder = Callable[[Tensor], Tensor | Events]
Decision = Callable[[Tensor], Tensor]


def decide_by_max(readout: Tensor) -> Tensor:
    """Return the class whose readout reaches the highest value: (T, B, C) to (B,).

    It belongs to :func:`snnbook.training.max_over_time`.

    >>> decide_by_max(torch.tensor([[[0.0, 1.0]], [[3.0, 1.5]]]))
    tensor([0])
    """
    return readout.max(dim=0).values.argmax(dim=1)


def decide_by_sum(readout: Tensor) -> Tensor:
    """Return the class whose readout has the highest sum over time: (T, B, C) to (B,).

    It belongs to :func:`snnbook.training.sum_over_time`; on spikes it counts them.

    >>> decide_by_sum(torch.tensor([[[0.0, 2.0]], [[3.0, 1.5]]]))
    tensor([1])

    ``eq-01-decision``.
    """
    return readout.sum(dim=0).argmax(dim=1)


def decide_by_first_spike(spikes: Tensor) -> Tensor:
    """Return the class that spikes first, the lowest number in a tie: (T, B, C) to (B,).

    It belongs to :func:`snnbook.training.ttfs_cross_entropy`.

    >>> decide_by_first_spike(torch.tensor([[[0.0, 0.0]], [[0.0, 1.0]], [[1.0, 1.0]]]))
    tensor([1])
    """
    return first_spike_time(spikes).argmin(dim=1)


_DECISIONS = {sum_over_time: decide_by_sum, ttfs_cross_entropy: decide_by_first_spike}


def decision_of(loss: Callable) -> Decision:
    """Return the decision that belongs to a loss (also to a ``partial`` of it)."""
    return _DECISIONS.get(getattr(loss, "func", loss), decide_by_max)


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Switch gradients off and a module to evaluation, and back."""
    training = getattr(model, "training", False)
    if isinstance(model, nn.Module):
        model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        if isinstance(model, nn.Module):
            model.train(training)


def check_inputs(inputs: Tensor, encode: Encoder | None) -> int:
    """Raise unless ``inputs`` fits, and return the number of samples."""
    if encode is None:
        check_time_and_batch("inputs", inputs)
        samples = inputs.shape[1]
    else:
        if not isinstance(inputs, Tensor):
            raise TypeError(f"inputs is a {type(inputs).__name__}; a torch.Tensor is accepted")
        if inputs.dim() < 1 or inputs.shape[0] == 0:
            raise ValueError(
                f"inputs has shape {tuple(inputs.shape)}; with encode, (n, ...) with at least "
                "one sample is accepted"
            )
        samples = inputs.shape[0]
    if inputs.is_floating_point() and not bool(torch.isfinite(inputs).all()):
        raise ValueError("inputs holds nan or inf; finite values are accepted")
    return samples


def take(inputs: Tensor, index: Tensor, encode: Encoder | None) -> Tensor | Events:
    """Return the spikes (T, B, N) of some samples, dense or as events."""
    if encode is None:
        return inputs[:, index]
    spikes = encode(inputs[index])
    if not isinstance(spikes, Events):
        check_time_and_batch("encode(inputs)", spikes)
    if spikes.shape[1] != len(index):
        raise ValueError(
            f"encode(inputs) has shape {tuple(spikes.shape)}; {len(index)} entries on its batch "
            "axis (the second) are accepted"
        )
    return spikes


def predict(
    model: Callable,
    inputs: Tensor,
    encode: Encoder | None = None,
    *,
    batch_size: int = 256,
    decide: Decision = decide_by_max,
) -> Tensor:
    """Return the class that the model decides for, for each sample.

    Parameters
    ----------
    model : Module or callable
        Maps spikes (T, B, N) to an output with a ``readout`` of shape (T, B, C).
    inputs : Tensor, shape (T, n, N), or (n, ...) with ``encode``
        Spikes, or what ``encode`` turns into spikes.
    encode : callable, optional
        Maps a batch of inputs (B, ...) to spikes (T, B, N).
    batch_size : int
        Samples computed at once; it does not change the result.
    decide : callable
        Maps a readout (T, B, C) to classes (B,), such as :func:`decide_by_sum`.

    Returns
    -------
    Tensor, shape (n,), dtype int64
        Class numbers.

    Raises
    ------
    TypeError, ValueError
        If ``inputs`` has the wrong rank, is empty or not finite.

    Examples
    --------
    A model that hands its input through:

    >>> from snnbook.neurons import NetworkOutput
    >>> spikes = torch.tensor([[[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]])
    >>> predict(lambda spikes: NetworkOutput(spikes, ()), spikes)
    tensor([1, 0, 1])
    """
    samples = check_inputs(inputs, encode)
    check_integer("batch_size", batch_size, 1)
    with evaluating(model):
        return torch.cat(
            [
                decide(model(take(inputs, index, encode)).readout)
                for index in torch.arange(samples, device=inputs.device).split(batch_size)
            ]
        )


def accuracy(
    model: Callable,
    inputs: Tensor,
    labels: Tensor,
    encode: Encoder | None = None,
    *,
    batch_size: int = 256,
    decide: Decision = decide_by_max,
) -> Accuracy:
    """Return the share of samples that the model classifies correctly, with its 95 % interval.

    The interval is :func:`wilson_interval`; it covers the choice of the samples.

    Parameters
    ----------
    model, inputs, encode, batch_size, decide
        As in :func:`predict`.
    labels : Tensor, shape (n,), dtype int64
        Correct classes.

    Returns
    -------
    Accuracy
        ``value``, ``low``, ``high`` and ``n``.

    Examples
    --------
    A model that hands its input through; two of three are right.

    >>> from snnbook.neurons import NetworkOutput
    >>> spikes = torch.tensor([[[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]])
    >>> print(accuracy(lambda s: NetworkOutput(s, ()), spikes, torch.tensor([1, 0, 0])))
    66.7 % (95 % interval 20.8 to 93.9 %, n = 3)
    """
    check_labels(labels, check_inputs(inputs, encode), torch.iinfo(torch.int64).max)
    predicted = predict(model, inputs, encode, batch_size=batch_size, decide=decide)
    correct = int((predicted == labels).sum())
    return Accuracy(correct / len(labels), *wilson_interval(correct, len(labels)), len(labels))
