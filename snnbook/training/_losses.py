"""Losses on a readout of shape (T, B, C): which class wins, by its maximum, mean or sum over time.

Each loss is a mean over the batch, so its value does not depend on the batch size.
The losses on spikes are in :mod:`snnbook.training._spike_losses`, the penalties on their counts in
:mod:`snnbook.training._penalties`.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

from snnbook._validate import (
    check_integer,
    check_labels,
    check_positive,
    check_tensor,
    check_time_first,
)
from snnbook.training._lengths import outside


def check_time_and_batch(name: str, tensor: Tensor) -> None:
    """Raise unless ``tensor`` is (T, B, N) and none of its axes is empty."""
    check_time_first(name, tensor)
    for axis, size in zip(("time", "batch", "neuron"), tensor.shape, strict=True):
        if size == 0:
            raise ValueError(
                f"{name} has shape {tuple(tensor.shape)}; its {axis} axis is empty, "
                "at least 1 entry is accepted"
            )


def check_task(name: str, tensor: Tensor, labels: Tensor) -> None:
    """Raise unless ``tensor`` is (T, B, C) and ``labels`` names a class of it for each sample."""
    check_time_and_batch(name, tensor)
    check_labels(labels, tensor.shape[1], tensor.shape[2])
    if labels.device != tensor.device:
        raise ValueError(
            f"labels is on {labels.device}; {tensor.device} is accepted, the device of {name}"
        )


def max_over_time(
    readout: Tensor,
    labels: Tensor,
    *,
    lengths: Tensor | None = None,
    class_weights: Tensor | None = None,
) -> Tensor:
    r"""Return the cross entropy of the readout's maximum over time.

    .. math:: \mathcal{L} = -\frac{1}{B} \sum_b \log
        \frac{\exp(\max_n U_{y_b}[n, b])}{\sum_c \exp(\max_n U_c[n, b])}

    The class that a trained network decides for is the readout unit with the highest peak
    (:func:`snnbook.training.decide_by_max`).
    Each unit passes its gradient to one time step, the first at which the maximum is reached.
    A membrane that starts at zero and stays negative has its maximum at ``n = 0``, where no weight
    acts on it: its gradient is zero until an input drives it above zero.
    A class can die of that; :func:`mean_over_time` reaches every step.

    Parameters
    ----------
    readout : Tensor, shape (T, B, C)
        Membrane potential of the non-spiking readout units, in units of the threshold.
    labels : Tensor, shape (B,), dtype int64
        Correct class of each sample, ``0 .. C - 1``.
    lengths : Tensor, shape (B,), dtype int64, optional
        Number of steps of each sample, where some end earlier; later steps do not count.
    class_weights : Tensor, shape (C,), optional
        How much a sample of each class counts in the mean, such as :func:`class_weights`.

    Returns
    -------
    Tensor, shape ()
        Mean over the batch, in nats.  A readout that is zero everywhere gives ``log(C)``.

    References
    ----------
    The loss of the SpyTorch tutorials, and of Cramer et al. (2022), IEEE TNNLS 33:2744.

    Examples
    --------
    Two classes, peaks log(3) and 0: the softmax gives 3/4 to the first class.

    >>> import math, torch
    >>> readout = torch.tensor([[[0.0, -1.0]], [[math.log(3.0), 0.0]]])
    >>> float(max_over_time(readout, torch.tensor([0])).exp())  # 4/3  # doctest: +ELLIPSIS
    1.333...
    """
    check_task("readout", readout, labels)
    if lengths is not None:
        readout = readout.masked_fill(outside(readout, lengths), -math.inf)
    return _cross_entropy(readout.max(dim=0).values, labels, class_weights)


def mean_over_time(
    readout: Tensor,
    labels: Tensor,
    *,
    lengths: Tensor | None = None,
    class_weights: Tensor | None = None,
) -> Tensor:
    r"""Return the cross entropy of the readout's mean over time, the loss that ``fit`` starts from.

    .. math:: \mathcal{L} = -\frac{1}{B} \sum_b \log
        \frac{\exp(\bar U_{y_b, b})}{\sum_c \exp(\bar U_{c, b})}, \qquad
        \bar U_{c, b} = \frac{1}{T} \sum_{n=0}^{T-1} U_c[n, b]

    Every time step gets the same share of the gradient, also of a readout that stays negative, and
    the size of the loss does not grow with the number of steps.
    It is :func:`sum_over_time` with ``scale = 1 / T``; a trained network decides by
    :func:`snnbook.training.decide_by_sum`, since the largest mean is the largest sum.

    Parameters
    ----------
    readout : Tensor, shape (T, B, C)
        Membrane potential of the readout units, or their spikes (then the mean is a rate).
    labels : Tensor, shape (B,), dtype int64
        Correct class of each sample, ``0 .. C - 1``.
    lengths : Tensor, shape (B,), dtype int64, optional
        Number of steps of each sample, where some end earlier; later steps do not count.
    class_weights : Tensor, shape (C,), optional
        How much a sample of each class counts in the mean, such as :func:`class_weights`.

    Returns
    -------
    Tensor, shape ()
        Mean over the batch, in nats.  A readout that is zero everywhere gives ``log(C)``.

    Raises
    ------
    TypeError, ValueError
        If ``readout`` is not (T, B, C), an axis is empty (a mean needs a step), or ``labels``
        does not fit.

    Examples
    --------
    The means are log(3) and 0: the softmax gives 3/4 to the first class.

    >>> import math, torch
    >>> readout = torch.tensor([[[2 * math.log(3.0), 1.0]], [[0.0, -1.0]]])
    >>> float(mean_over_time(readout, torch.tensor([0])).exp())  # 4/3  # doctest: +ELLIPSIS
    1.333...

    ``eq-01-loss``.
    """
    check_task("readout", readout, labels)
    if lengths is None:
        return sum_over_time(readout, labels, scale=1 / len(readout), class_weights=class_weights)
    total = readout.masked_fill(outside(readout, lengths), 0).sum(dim=0)
    mean = total / lengths.to(total.device)[:, None]
    return _cross_entropy(mean, labels, class_weights)


def sum_over_time(
    readout: Tensor,
    labels: Tensor,
    *,
    scale: float = 1.0,
    lengths: Tensor | None = None,
    class_weights: Tensor | None = None,
) -> Tensor:
    r"""Return the cross entropy of the readout's scaled sum over time.

    .. math:: \mathcal{L} = -\frac{1}{B} \sum_b \log
        \frac{\exp(z_{y_b, b})}{\sum_c \exp(z_{c, b})}, \qquad
        z_{c, b} = \mathrm{scale} \sum_n U_c[n, b]

    Every time step gets the same share of the gradient.
    The sum grows with the number of steps; ``scale = 1 / T`` makes it the mean over time, and
    ``scale = dt`` an integral that does not change when the time step is refined.
    Libraries differ here: a "mean over time" loss is this one with ``scale = 1 / T``, by name
    :func:`mean_over_time`.

    Parameters
    ----------
    readout : Tensor, shape (T, B, C)
        Membrane potential of the readout units, or their spikes (then ``z`` counts spikes).
    labels : Tensor, shape (B,), dtype int64
        Correct class of each sample, ``0 .. C - 1``.
    scale : float
        Factor on the sum, above 0.
    lengths, class_weights
        As in :func:`mean_over_time`.

    Returns
    -------
    Tensor, shape ()
        Mean over the batch, in nats.

    Examples
    --------
    The sums are log(3) and 0, as in :func:`max_over_time`.

    >>> import math, torch
    >>> half = math.log(3.0) / 2
    >>> readout = torch.tensor([[[half, 1.0]], [[half, -1.0]]])
    >>> float(sum_over_time(readout, torch.tensor([0])).exp())  # 4/3  # doctest: +ELLIPSIS
    1.333...

    ``eq-01-loss``.
    """
    check_task("readout", readout, labels)
    check_positive("scale", scale)
    if lengths is not None:
        readout = readout.masked_fill(outside(readout, lengths), 0)
    return _cross_entropy(scale * readout.sum(dim=0), labels, class_weights)


def _cross_entropy(scores: Tensor, labels: Tensor, class_weights: Tensor | None) -> Tensor:
    """Return the cross entropy of scores (B, C), a mean over the batch by the weights."""
    if class_weights is None:
        return functional.cross_entropy(scores, labels)
    check_tensor("class_weights", class_weights)
    classes = scores.shape[1]
    if tuple(class_weights.shape) != (classes,) or not class_weights.is_floating_point():
        raise ValueError(
            f"class_weights has shape {tuple(class_weights.shape)} and dtype "
            f"{class_weights.dtype}; ({classes},) is accepted, one floating-point number a class"
        )
    if not bool((class_weights.isfinite() & (class_weights >= 0)).all()):
        raise ValueError(
            "class_weights holds a number that is negative or not finite; "
            "numbers of at least 0 are accepted"
        )
    return functional.cross_entropy(scores, labels, weight=class_weights.to(scores))


def class_weights(labels: Tensor, classes: int | None = None) -> Tensor:
    r"""Return weights with which every class counts alike, however many samples it has.

    .. math:: w_c = \frac{n}{C n_c}

    ``n`` samples of ``C`` classes have the mean weight 1. A class without a sample gets 0.

    Parameters
    ----------
    labels : Tensor, shape (n,), dtype int64
        Classes of the training samples.
    classes : int, optional
        Number of classes C; by default the largest label and one.

    Returns
    -------
    Tensor, shape (C,)
        Weights for ``partial(mean_over_time, class_weights=...)``.

    Raises
    ------
    TypeError, ValueError
        If there is no label, or ``classes`` is too small.

    Examples
    --------
    >>> import torch
    >>> class_weights(torch.tensor([0, 0, 0, 1]))  # 4 / (2 * 3) and 4 / (2 * 1)
    tensor([0.6667, 2.0000])
    """
    check_tensor("labels", labels)
    check_labels(labels, labels.numel(), torch.iinfo(torch.int64).max)
    if not len(labels):
        raise ValueError("labels is empty; at least one label is accepted")
    if classes is None:
        classes = int(labels.max()) + 1
    check_integer("classes", classes, int(labels.max()) + 1)
    counts = torch.bincount(labels, minlength=int(classes)).float()
    weights = len(labels) / (int(classes) * counts)
    return weights.masked_fill(counts == 0, 0.0)
