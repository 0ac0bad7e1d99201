"""What a model decides for each sample, and how often that is right."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from snnbook._validate import check_callable, check_integer, check_labels
from snnbook.training._batches import Batches, Encoder, readout_of
from snnbook.training._decisions import Decision, decided, decision_for
from snnbook.training._statistics import Accuracy, wilson_interval


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


def predict(
    model: Callable,
    inputs: Tensor,
    encode: Encoder | None = None,
    *,
    batch_size: int = 256,
    decide: Decision | None = None,
    batch_first: bool | None = None,
) -> Tensor:
    """Return the class that the model decides for, for each sample.

    Parameters
    ----------
    model : Module or callable
        Maps spikes (T, B, N) to an output with a ``readout`` of shape (T, B, C), or to a tensor of
        that shape.
    inputs : Tensor, shape (T, n, N), or (n, ...) with ``encode``
        Spikes, or what ``encode`` turns into spikes.
    encode : callable, optional
        Maps a batch of inputs (B, ...) to spikes (T, B, N).
    batch_size : int
        Samples computed at once; it does not change the result.
    decide : callable, optional
        Maps a readout (T, B, C) to classes (B,), such as :func:`decide_by_sum`. By default the
        model decides as it was trained: :func:`snnbook.training.fit` notes the decision that
        belongs to its loss on the model, as ``model.fitted_decision``. A model that ``fit`` has not
        trained decides by the mean over time, which is :func:`decide_by_sum`.
    batch_first : bool, optional
        Whether the spikes are (n, T, N). By default they are time first, and of a plain tensor
        nothing here can check that; :func:`accuracy` can, by the number of labels.

    Returns
    -------
    Tensor, shape (n,), dtype int64
        Class numbers.

    Raises
    ------
    TypeError, ValueError
        If ``inputs`` has the wrong rank, is empty or not finite, or the model or ``decide`` returns
        something else than a readout and classes.

    Examples
    --------
    A model that hands its input through:

    >>> spikes = torch.tensor([[[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]])
    >>> predict(lambda spikes: spikes, spikes)
    tensor([1, 0, 1])
    """
    return _predict(model, Batches(inputs, encode, batch_first), batch_size, decide)


def _predict(
    model: Callable,
    batches: Batches,
    batch_size: int,
    decide: Decision | None,
    labels: Tensor | None = None,
) -> Tensor:
    check_callable("model", model)
    check_integer("batch_size", batch_size, 1)
    decide = decision_for(model) if decide is None else decide
    check_callable("decide", decide)
    found = []
    with evaluating(model):
        for index in torch.arange(len(batches), device="cpu").split(int(batch_size)):
            readout = readout_of(model(batches[index]), len(index))
            if labels is not None and not found:
                check_labels(labels, len(batches), readout.shape[2])
            found.append(decided(decide, readout))
    return torch.cat(found)


def accuracy(
    model: Callable,
    inputs: Tensor,
    labels: Tensor,
    encode: Encoder | None = None,
    *,
    batch_size: int = 256,
    decide: Decision | None = None,
    batch_first: bool | None = None,
) -> Accuracy:
    """Return the share of samples that the model classifies correctly, with its 95 % interval.

    The interval is :func:`wilson_interval`; it covers the choice of the samples.

    Parameters
    ----------
    model, inputs, encode, batch_size
        As in :func:`predict`.
    labels : Tensor, shape (n,), dtype int64
        Correct classes.
    decide : callable, optional
        As in :func:`predict`: by default as the model was trained. Copies of the model and files of
        the whole model keep that; a ``state_dict`` holds weights alone, so that a model that only
        loads one decides by the mean over time unless told.
    batch_first : bool, optional
        Whether the spikes are (n, T, N). By default they are time first, and that is checked by the
        number of labels; where T equals n, say which it is.

    Returns
    -------
    Accuracy
        ``value``, ``low``, ``high`` and ``n``.

    Raises
    ------
    TypeError, ValueError
        As :func:`predict`, and if ``labels`` does not fit ``inputs``.

    Examples
    --------
    A model that hands its input through; two of three are right.

    >>> spikes = torch.tensor([[[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]])
    >>> print(accuracy(lambda spikes: spikes, spikes, torch.tensor([1, 0, 0])))
    66.7 % (95 % interval 20.8 to 93.9 %, n = 3)
    """
    batches = checked_batches(inputs, labels, encode, batch_first)
    classes = _predict(model, batches, batch_size, decide, labels)
    correct = int((classes.cpu() == labels.cpu()).sum())
    return Accuracy(correct / len(labels), *wilson_interval(correct, len(labels)), len(labels))


def checked_batches(
    inputs: Tensor,
    labels: Tensor,
    encode: Encoder | None,
    batch_first: bool | None,
    names: tuple[str, str] = ("inputs", "labels"),
) -> Batches:
    """Return the batches of inputs, and raise unless there is one label for each."""
    samples = len(labels) if isinstance(labels, Tensor) and labels.dim() == 1 else None
    batches = Batches(inputs, encode, batch_first, samples, names[0])
    check_labels(labels, len(batches), torch.iinfo(torch.int64).max, names[1])
    if labels.is_meta:
        raise ValueError(
            f"{names[1]} is on meta, which holds no values; another device is accepted"
        )
    return batches
