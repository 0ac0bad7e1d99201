"""The answer of a network that speaks in spike times, and its loss (chapters 4d and 6d)."""

import math

import torch
from torch import Tensor
from torch.nn import functional

from snnbook._validate import check_float, check_positive, is_number
from snnbook.spike_times._guard import check_classes, check_times
from snnbook.spike_times._layers import SpikeTimeNetwork
from snnbook.spike_times._remedies import check_network
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
        If times hold NaN or minus infinity, labels do not fit, or the batch is empty.

    Examples
    --------
    >>> times = torch.tensor([[0.0, torch.inf]])
    >>> round(float(time_cross_entropy(times, torch.tensor([0]), tau=1.0, late=1.0)), 4)
    0.3133

    The loss of Goeltz et al. (2021), with the pressure of their equation; chapter 4d;
    ``eq-04d-loss``.
    """
    check_float("times", times)
    check_times("times", times, None)
    check_classes(labels, *times.shape)
    check_positive("tau", tau)
    check_positive("late", late)
    if not (is_number(early) and 0 <= early < math.inf):
        raise ValueError(f"early is {early!r}; a finite number of at least 0 is accepted")
    clipped = times.clamp(max=late)
    loss = functional.cross_entropy(-clipped / tau, labels)
    if early:
        right = clipped.gather(1, labels[:, None])
        loss = loss + early * torch.expm1(right).mean()
    return loss


def first_to_spike(times: Tensor) -> Tensor:
    """Return the class of each sample, the output that spikes first, and -1 if none does.

    >>> first_to_spike(torch.tensor([[2.0, 1.0], [torch.inf, torch.inf]]))
    tensor([ 1, -1])
    """
    check_float("times", times)
    check_times("times", times, None)
    answer = times.argmin(1)
    return torch.where(torch.isinf(times).all(1), -1, answer)


@torch.no_grad()
def share_right(network: TimingNetwork | SpikeTimeNetwork, times: Tensor, labels: Tensor) -> float:
    """Return the share of samples in which the right output spikes first; silence is wrong.

    >>> from snnbook.spike_times import NonLeaky, TimingNetwork
    >>> network = TimingNetwork((2, 2), NonLeaky(), generator=torch.Generator().manual_seed(0))
    >>> 0.0 <= share_right(network, torch.rand(3, 2).double(), torch.zeros(3).long()) <= 1.0
    True
    """
    check_network(network)
    found = network(times).times
    check_classes(labels, *found.shape)
    return float((first_to_spike(found) == labels).double().mean())
