"""The loss on spike times, and two remedies for silent neurons."""

import torch
from torch import Tensor
from torch.nn import functional

from snnbook._validate import check_labels, check_positive
from snnbook.spike_times._single_spike import TimingNetwork


def time_cross_entropy(
    times: Tensor, labels: Tensor, *, tau: float = 0.2, late: float = 10.0, early: float = 0.0
) -> Tensor:
    r"""Return the cross entropy of a softmax over spike times: the right unit must be first.

    .. math:: \mathcal{L} = -\frac{1}{B} \sum_b \log
        \frac{e^{-t_{y_b} / \tau}}{\sum_c e^{-t_c / \tau}} +
        \lambda \left(e^{t_{y_b}} - 1\right)

    Parameters
    ----------
    times : Tensor, shape (B, C)
        Output spike times; those after ``late``, and those that never come, count as ``late`` and
        have no gradient.
    labels : Tensor, shape (B,), dtype int64
        Correct classes.
    tau : float
        A lead of ``tau`` is worth a factor e in the odds; in the unit of the times.
    late : float
        What a missing spike counts, above 0.
    early : float
        :math:`\lambda`, the pressure on the right unit to spike early; at least 0.

    Returns
    -------
    Tensor, shape ()
        Mean over the batch, in nats. Never NaN; log(C) when no output spikes.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit.

    Examples
    --------
    >>> times = torch.tensor([[0.0, torch.inf]])
    >>> round(float(time_cross_entropy(times, torch.tensor([0]), tau=1.0, late=1.0)), 4)
    0.3133

    The loss of Goeltz et al. (2021), with the pressure of their equation; chapter 4d.
    """
    check_labels(labels, *times.shape)
    check_positive("tau", tau)
    check_positive("late", late)
    clipped = times.clamp(max=late)
    loss = functional.cross_entropy(-clipped / tau, labels)
    if early:
        right = clipped.gather(1, labels[:, None])
        loss = loss + early * torch.expm1(right).mean()
    return loss


def weight_sum_penalty(network: TimingNetwork, margin: float = 1.0) -> Tensor:
    r"""Return how far the weight sums fall short of what a spike needs.

    .. math:: \sum_l \frac{1}{N_l} \sum_i \max\!\left(0,\; m - \sum_j W_{ij} / w_\text{min}\right)

    :math:`w_\text{min}` is the smallest weight with which one input makes a spike.
    It needs no data, and it acts on a silent neuron as on any other.

    Parameters
    ----------
    network : TimingNetwork
        Its weights.
    margin : float
        The sum asked for, in units of the smallest weight.

    Returns
    -------
    Tensor, shape ()

    Examples
    --------
    >>> from snnbook.spike_times import NonLeaky
    >>> network = TimingNetwork((2, 1), NonLeaky())
    >>> with torch.no_grad():
    ...     _ = network.layers[0].weight.fill_(0.25)
    >>> weight_sum_penalty(network).item()
    0.5

    Mostafa (2017); chapter 4d.
    """
    shortfalls = (
        torch.relu(margin - layer.weight.sum(1) / layer.cell.smallest_weight).mean()
        for layer in network.layers
    )
    return sum(shortfalls)


@torch.no_grad()
def bump_silent(
    network: TimingNetwork, times: tuple[Tensor, ...], *, allowed: float = 0.9, step: float = 0.02
) -> int:
    """Raise all weights of the neurons that are silent too often, in place.

    Parameters
    ----------
    network : TimingNetwork
        Its weights are changed.
    times : tuple of Tensor, each (B, N)
        Spike times of all layers, the outputs last.
    allowed : float
        Share of the batch in which a hidden neuron may be silent; an output may not at all.
    step : float
        What is added, in units of the smallest weight that makes a spike, over the fan-in.

    Returns
    -------
    int
        The number of neurons that were raised.

    Examples
    --------
    >>> from snnbook.spike_times import NonLeaky
    >>> network = TimingNetwork((2, 1), NonLeaky())
    >>> bump_silent(network, (torch.tensor([[torch.inf]]),))
    1

    After the weight bumping of Goeltz et al. (2021); chapter 4d.
    """
    raised = 0
    for number, (layer, fired) in enumerate(zip(network.layers, times, strict=True)):
        last = number == len(times) - 1
        silent = torch.isinf(fired).to(layer.weight.dtype).mean(0) > (0.0 if last else allowed)
        layer.weight[silent] += step * layer.cell.smallest_weight / layer.weight.shape[1]
        raised += int(silent.sum())
    return raised


def first_to_spike(times: Tensor) -> Tensor:
    """Return the class of each sample, the output that spikes first, and -1 if none does.

    >>> first_to_spike(torch.tensor([[2.0, 1.0], [torch.inf, torch.inf]]))
    tensor([ 1, -1])
    """
    answer = times.argmin(1)
    return torch.where(torch.isinf(times).all(1), -1, answer)
