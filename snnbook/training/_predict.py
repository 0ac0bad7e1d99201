"""What a model decides for each sample, and how often that is right."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor
from torch.utils.data import Dataset

from snnbook._modes import evaluating
from snnbook._validate import check_callable, check_integer, check_labels
from snnbook.data import Batch
from snnbook.kernels import Events
from snnbook.training._batches import Encoder, readout_of
from snnbook.training._decisions import Decision, Loss, decided
from snnbook.training._fit_checks import number_of
from snnbook.training._fitted import decision_for
from snnbook.training._lengths import told
from snnbook.training._sources import Source, source_of
from snnbook.training._statistics import Accuracy, wilson_interval

#: What :func:`predict` and :func:`accuracy` take.
Inputs = Tensor | Events | Dataset | Iterable


def predict(
    model: Callable,
    inputs: Inputs,
    encode: Encoder | None = None,
    *,
    batch_size: int = 256,
    decide: Decision | None = None,
    batch_first: bool | None = None,
    lengths: Tensor | None = None,
) -> Tensor:
    """Return the class that the model decides for, for each sample.

    Parameters
    ----------
    model : Module or callable
        Maps spikes (T, B, N) to an output with a ``readout`` of shape (T, B, C), or to a tensor of
        that shape.
    inputs : Tensor, Events, Dataset or DataLoader
        Spikes (T, n, N), or a tensor (n, ...) that ``encode`` turns into spikes; or samples one by
        one or in batches, as :func:`snnbook.training.fit` takes them. Labels in them are not used.
    encode : callable, optional
        Maps a batch of inputs (B, ...) to spikes (T, B, N).
    batch_size : int
        Samples computed at once; it does not change the result. A loader has its own.
    decide : callable, optional
        Maps a readout (T, B, C) to classes (B,), such as :func:`decide_by_sum`. By default the
        model decides as it was trained: :func:`snnbook.training.fit` notes the decision that
        belongs to its loss on the model, as ``model.fitted_decision``. A model that ``fit`` has not
        trained decides by the mean over time, which is :func:`decide_by_sum`.
    batch_first : bool, optional
        Whether the spikes are (n, T, N). By default they are time first, and of a plain tensor
        nothing here can check that; :func:`accuracy` can, by the number of labels.
    lengths : Tensor, shape (n,), dtype int64, optional
        Number of steps of each sample of a tensor or of events, where some end earlier.

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
    source = source_of(inputs, None, encode, batch_first, lengths, model, needed=False)
    return decisions(model, source, batch_size, decide)[0]


def decisions(
    model: Callable,
    source: Source,
    batch_size: int,
    decide: Decision | None,
    labelled: bool = False,
    look: Callable[[Tensor, Batch], None] | None = None,
) -> tuple[Tensor, Tensor | None, int]:
    """Return the decisions of a model, the labels if asked for, and the number of classes.

    ``look`` is shown the readout of each batch.
    """
    check_callable("model", model)
    check_integer("batch_size", batch_size, 1)
    decide = decision_for(model) if decide is None else decide
    check_callable("decide", decide)
    found, labels = [], []
    with evaluating(model):
        for batch in source.batches(batch_size, None):
            readout = readout_of(model(batch.spikes), batch.spikes.shape[1])
            if labelled:
                labels.append(labels_of(batch, source).cpu())
                check_labels(labels[-1], len(labels[-1]), readout.shape[2])
            found.append(decided(decide, readout, batch.lengths))
            if look is not None:
                look(readout, batch)
    return torch.cat(found), torch.cat(labels) if labelled else None, readout.shape[2]


def labels_of(batch: Batch, source: Source) -> Tensor:
    """Return the labels of a batch, or raise if its source has none."""
    if batch.labels is None:
        raise ValueError(
            f"{source.name} has samples without labels; pairs of input and class number are "
            "accepted, or labels="
        )
    return batch.labels


def accuracy(
    model: Callable,
    inputs: Inputs,
    labels: Tensor | None = None,
    encode: Encoder | None = None,
    *,
    batch_size: int = 256,
    decide: Decision | None = None,
    batch_first: bool | None = None,
    lengths: Tensor | None = None,
) -> Accuracy:
    """Return the share of samples that the model classifies correctly, with its 95 % interval.

    The interval is :func:`wilson_interval`; it covers the choice of the samples.

    Parameters
    ----------
    model, inputs, encode, batch_size, lengths
        As in :func:`predict`.
    labels : Tensor, shape (n,), dtype int64
        Correct classes; not given where a data set or a loader holds them.
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
    source = source_of(inputs, labels, encode, batch_first, lengths, model)
    return measured(model, source, batch_size, decide)


def measured(model: Callable, source: Source, batch_size: int, decide: Decision | None) -> Accuracy:
    """Return the accuracy of a model on the samples of a source."""
    return _share(*decisions(model, source, batch_size, decide, labelled=True)[:2])


def _share(classes: Tensor, labels: Tensor) -> Accuracy:
    correct, n = int((classes.cpu() == labels).sum()), len(labels)
    return Accuracy(correct / n, *wilson_interval(correct, n), n)


def judged(
    model: Callable, source: Source, batch_size: int, decide: Decision, loss: Loss
) -> tuple[float, float]:
    """Return accuracy and mean loss of a model on the samples of a source."""
    total = 0.0

    def look(readout: Tensor, batch: Batch) -> None:
        nonlocal total
        wanted = batch.labels.to(readout.device)
        value = number_of("loss", told("loss", loss, readout, wanted, lengths=batch.lengths))
        total += len(wanted) * float(value)

    found = decisions(model, source, batch_size, decide, labelled=True, look=look)
    accuracy = _share(*found[:2])
    return accuracy.value, total / accuracy.n
