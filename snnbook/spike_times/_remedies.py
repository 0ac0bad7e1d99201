"""What is done about neurons that do not spike: an exact gradient says nothing about them.

A penalty is a term of the loss; a remedy acts on the weights after each step of the training. Both
are values for :func:`snnbook.spike_times.fit_times`.
"""

import math

import torch
from torch import Tensor

from snnbook._validate import check_finite, check_kind, is_number
from snnbook.spike_times._guard import check_classes
from snnbook.spike_times._layers import SpikeTimeNetwork
from snnbook.spike_times._single_spike import TimingNetwork, TimingOutput
from snnbook.spike_times._trains import TrainsOutput


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
    check_kind("network", network, TimingNetwork)
    if not (is_number(margin) and math.isfinite(margin)):
        raise ValueError(f"margin is {margin!r}; a finite number is accepted")
    for number, layer in enumerate(network.layers):
        check_finite(f"network.layers.{number}.weight", layer.weight)
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
    counts = _counts(network, output)
    _check_size("step", step)
    _check_size("allowed", allowed)
    raised = 0
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
    *hidden, last = _counts(network, output)
    check_classes(labels, *last.shape)
    _check_size("wake", wake)
    _check_size("rouse", rouse)
    missed = last.gather(1, labels[:, None])[:, 0] == 0
    share = torch.bincount(labels[missed], minlength=last.shape[1]).double() / len(labels)
    network.layers[-1].weight += wake * share[:, None]
    raised = int((share > 0).sum()) if wake else 0
    for layer, spikes in zip(network.layers, hidden):
        quiet = spikes.sum(0) == 0
        layer.weight[quiet] += rouse
        raised += int(quiet.sum()) if rouse else 0
    return raised


def check_network(network: TimingNetwork | SpikeTimeNetwork) -> None:
    """Raise ``TypeError`` unless ``network`` speaks in spike times."""
    if not isinstance(network, (TimingNetwork, SpikeTimeNetwork)):
        raise TypeError(
            f"network is a {type(network).__name__}; "
            "a TimingNetwork or SpikeTimeNetwork is accepted"
        )


def _counts(network, output) -> tuple[Tensor, ...]:
    """Return the counts of an output of this network, for a batch of at least one sample."""
    check_network(network)
    if not isinstance(output, (TimingOutput, TrainsOutput)):
        raise TypeError(f"output is a {type(output).__name__}; that of the network is accepted")
    counts = output.counts
    given, sizes = [c.shape[1] for c in counts], [len(layer.weight) for layer in network.layers]
    if given != sizes:
        raise ValueError(f"output has layers of {given} neurons; {sizes} are accepted")
    if len(counts[-1]) == 0:
        raise ValueError("output is empty; at least one sample is accepted")
    return counts


def _check_size(name: str, value: float) -> None:
    if not (is_number(value) and 0 <= value < math.inf):
        raise ValueError(f"{name} is {value!r}; a finite number of at least 0 is accepted")
