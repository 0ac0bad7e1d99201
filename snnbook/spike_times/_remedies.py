"""What is done about neurons that do not spike: an exact gradient says nothing about them.

A penalty is a term of the loss; a remedy acts on the weights after each step of the training. Both
are values for :func:`snnbook.spike_times.fit_times`.
"""

import torch
from torch import Tensor

from snnbook.spike_times._layers import SpikeTimeNetwork, TrainsOutput
from snnbook.spike_times._single_spike import TimingNetwork, TimingOutput


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

    Mostafa (2017); chapter 4d; ``eq-04d-penalty``.
    """
    shortfalls = (
        torch.relu(margin - layer.weight.sum(1) / layer.cell.smallest_weight).mean()
        for layer in network.layers
    )
    return sum(shortfalls)


@torch.no_grad()
def bump_silent(
    network: TimingNetwork | SpikeTimeNetwork,
    output: TimingOutput | TrainsOutput,
    labels: Tensor | None = None,
    *,
    allowed: float = 0.9,
    step: float = 0.02,
) -> int:
    """Raise all weights of the neurons that are silent too often, in place.

    Parameters
    ----------
    network : TimingNetwork or SpikeTimeNetwork
        Its weights are changed.
    output : TimingOutput or TrainsOutput
        What it answered to a batch.
    labels : Tensor, optional
        Not used: the classes of the batch, which every remedy is given.
    allowed : float
        Share of the batch in which a hidden neuron may be silent; an output may not at all.
    step : float
        What is added, for single spikes in units of the smallest weight that makes one, over the
        fan-in (``layer.weight_step``).

    Returns
    -------
    int
        The number of neurons that were raised.

    Examples
    --------
    >>> from snnbook.spike_times import NonLeaky
    >>> network = TimingNetwork((2, 1), NonLeaky())
    >>> bump_silent(network, TimingOutput(torch.tensor([[torch.inf]]), ()))
    1

    After the weight bumping of Goeltz et al. (2021); chapter 4d.
    """
    raised, counts = 0, output.counts
    for number, (layer, spikes) in enumerate(zip(network.layers, counts, strict=True)):
        last = number == len(counts) - 1
        silent = (spikes == 0).to(layer.weight.dtype).mean(0) > (0.0 if last else allowed)
        layer.weight[silent] += layer.weight_step(step)
        raised += int(silent.sum())
    return raised


@torch.no_grad()
def wake_silent(
    network: TimingNetwork | SpikeTimeNetwork,
    output: TimingOutput | TrainsOutput,
    labels: Tensor,
    *,
    wake: float = 0.0,
    rouse: float = 0.0,
) -> int:
    """Raise all weights of right outputs, and of hidden neurons, that stayed silent, in place.

    Parameters
    ----------
    network, output
        As in :func:`bump_silent`.
    labels : Tensor, int64 (B,)
        Correct classes of the batch.
    wake : float
        What is added to all weights of an output, times the share of the batch in which it is
        the right one and silent: there it has no gradient. At least 0.
    rouse : float
        What is added to all weights of a hidden neuron that was silent in a whole batch. At
        least 0.

    Returns
    -------
    int
        The number of neurons that were raised.

    Examples
    --------
    >>> from snnbook.spike_times import NonLeaky
    >>> network = TimingNetwork((2, 1), NonLeaky())
    >>> silent = TimingOutput(torch.tensor([[torch.inf]]), ())
    >>> wake_silent(network, silent, torch.tensor([0]), wake=0.1)
    1

    Chapter 6d.
    """
    *hidden, last = output.counts
    missed = last.gather(1, labels[:, None])[:, 0] == 0
    share = torch.bincount(labels[missed], minlength=last.shape[1]).double() / len(labels)
    network.layers[-1].weight += wake * share[:, None]
    raised = int((share > 0).sum()) if wake else 0
    for layer, spikes in zip(network.layers, hidden):
        quiet = spikes.sum(0) == 0
        layer.weight[quiet] += rouse
        raised += int(quiet.sum()) if rouse else 0
    return raised
