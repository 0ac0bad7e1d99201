"""From a readout to a class: which decision belongs to which loss, and to a trained model."""

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from snnbook._validate import check_callable, check_integer, values_at_hand
from snnbook.training._lengths import outside, told
from snnbook.training._losses import (
    check_time_and_batch,
    max_over_time,
    mean_over_time,
    sum_over_time,
)
from snnbook.training._spike_losses import first_spike_time, ttfs_cross_entropy

Decision = Callable[[Tensor], Tensor]
Loss = Callable[[Tensor, Tensor], Tensor]


def decide_by_max(readout: Tensor, *, lengths: Tensor | None = None) -> Tensor:
    """Return the class whose readout reaches the highest value: (T, B, C) to (B,).

    It belongs to :func:`snnbook.training.max_over_time`. With ``lengths`` (B,), the number of
    steps of each sample, later steps do not count.

    >>> decide_by_max(torch.tensor([[[0.0, 1.0]], [[3.0, 1.5]]]))
    tensor([0])
    """
    _check_readout(readout)
    if lengths is not None:
        readout = readout.masked_fill(outside(readout, lengths), -math.inf)
    return readout.max(dim=0).values.argmax(dim=1)


def decide_by_sum(
    readout: Tensor, *, last: int | None = None, lengths: Tensor | None = None
) -> Tensor:
    """Return the class whose readout has the highest sum over time: (T, B, C) to (B,).

    It belongs to :func:`snnbook.training.mean_over_time` and
    :func:`snnbook.training.sum_over_time`, and to the cross entropy of each step; on spikes it
    counts them. With ``last``, only so many steps at the end count; with ``lengths`` (B,), a sample
    ends after so many steps.

    >>> decide_by_sum(torch.tensor([[[0.0, 2.0]], [[3.0, 1.5]]]))
    tensor([1])
    >>> decide_by_sum(torch.tensor([[[0.0, 2.0]], [[3.0, 1.5]]]), last=1)
    tensor([0])

    ``eq-01-decision``.
    """
    _check_readout(readout)
    if last is not None:
        check_integer("last", last, 1)
    if lengths is not None:
        readout = readout.masked_fill(outside(readout, lengths, last), 0)
    elif last is not None:
        readout = readout[-int(last) :]
    total = readout.sum(dim=0)
    _check_numbers("the sum of readout over time", total)  # infinities of two signs make nan
    return total.argmax(dim=1)


def decide_by_first_spike(spikes: Tensor, *, lengths: Tensor | None = None) -> Tensor:
    """Return the class that spikes first, the lowest number in a tie: (T, B, C) to (B,).

    It belongs to :func:`snnbook.training.ttfs_cross_entropy`. With ``lengths`` (B,), the number of
    steps of each sample, later spikes do not count.

    >>> decide_by_first_spike(torch.tensor([[[0.0, 0.0]], [[0.0, 1.0]], [[1.0, 1.0]]]))
    tensor([1])
    """
    return first_spike_time(spikes, lengths=lengths).argmin(dim=1)


def _check_readout(readout: Tensor) -> None:
    check_time_and_batch("readout", readout)
    _check_numbers("readout", readout)


def _check_numbers(name: str, scores: Tensor) -> None:
    """Raise for nan; an infinity is higher or lower than every number, and decides."""
    if values_at_hand(scores) and bool(scores.isnan().any()):
        raise ValueError(f"{name} holds nan; numbers are accepted, since nan decides for no class")


def decide_by_loss(loss: Loss) -> Decision:
    r"""Return the decision that belongs to any loss: the class whose label has the smallest loss.

    .. math:: \hat y_b = \arg\min_c \mathcal{L}(U[\cdot, b], c)

    The loss of each sample is taken alone, as a batch of one, for each class. For the losses of
    this package that is the decision of a short formula, such as :func:`decide_by_max`, at C times
    the cost. A loss that PyTorch cannot run under ``torch.func.vmap`` is called in a loop, which is
    slow; give ``decide`` then.

    Parameters
    ----------
    loss : callable
        Maps a readout (T, B, C) and labels (B,) to a scalar, as :func:`snnbook.training.fit`
        takes it. It should not count its calls.

    Returns
    -------
    callable
        Maps a readout (T, B, C) to classes (B,).

    Raises
    ------
    TypeError
        If ``loss`` cannot be called.
    ValueError
        By the decision, if the loss cannot be computed for a class, or is NaN for every class.

    Examples
    --------
    >>> decide = decide_by_loss(lambda readout, labels: -readout[-1, 0, labels].mean())
    >>> decide(torch.tensor([[[0.0, 2.0]], [[3.0, 1.5]]]))
    tensor([0])
    """
    check_callable("loss", loss)
    return _ByLoss(loss)


@dataclass(frozen=True)
class _ByLoss:
    loss: Loss

    @torch.no_grad()
    def __call__(self, readout: Tensor, lengths: Tensor | None = None) -> Tensor:
        _check_readout(readout)
        if lengths is not None:  # each sample alone, as long as it is
            one = enumerate(lengths.tolist())
            return torch.cat([self(readout[:steps, b : b + 1]) for b, steps in one])
        classes = torch.arange(readout.shape[2], device=readout.device)
        costs = None
        for way in (self._at_once, self._by_class):  # a loss may be plain Python
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # such as of operations that vmap has not
                    costs = way(readout, classes)
                break
            except Exception:  # one that is wrong says so in the loop
                continue
        if costs is None:
            costs = self._loop(readout, classes)
        if bool(costs.isnan().all(dim=1).any()):
            raise ValueError(f"loss {self.loss!r} is nan for every class; give decide")
        costs = costs.nan_to_num(nan=torch.inf, posinf=torch.inf)
        return costs.argmin(dim=1).to(readout.device)

    def _at_once(self, readout: Tensor, classes: Tensor) -> Tensor:
        return torch.func.vmap(torch.func.vmap(self._of, (None, 0)), (1, None))(readout, classes)

    def _by_class(self, readout: Tensor, classes: Tensor) -> Tensor:
        one = torch.func.vmap(self._of, (1, None))
        return torch.stack([one(readout, label) for label in classes], dim=1)

    def _of(self, sample: Tensor, label: Tensor) -> Tensor:
        cost = self.loss(sample.unsqueeze(1), label.reshape(1))
        if not isinstance(cost, Tensor):
            cost = torch.tensor(float(cost), device=sample.device)
        return cost.reshape(())

    def _loop(self, readout: Tensor, classes: Tensor) -> Tensor:
        try:
            costs = [
                [float(self._of(sample, label)) for label in classes]
                for sample in readout.unbind(1)
            ]
        except Exception as error:
            raise ValueError(
                f"loss {self.loss!r} cannot be computed for one sample and each of "
                f"{len(classes)} classes, as the decision that belongs to it needs; "
                "give decide, such as training.decide_by_sum"
            ) from error
        return torch.tensor(costs, dtype=torch.float64, device="cpu")


_DECISIONS = {
    max_over_time: decide_by_max,
    mean_over_time: decide_by_sum,
    sum_over_time: decide_by_sum,
    ttfs_cross_entropy: decide_by_first_spike,
}


def decision_of(loss: Loss) -> Decision:
    """Return the decision that belongs to a loss.

    The losses of this room have one of their own, also with settings by ``partial``. Another loss
    may carry it as an attribute ``decide``; else it is :func:`decide_by_loss`.

    >>> decision_of(partial(sum_over_time, scale=0.1)) is decide_by_sum
    True
    >>> decision_of(lambda readout, labels: max_over_time(readout, labels))(torch.eye(2)[:, None])
    tensor([0])
    """
    inner = loss
    while isinstance(inner, partial) and not hasattr(inner, "decide"):
        inner = inner.func
    own = getattr(inner, "decide", None)
    if callable(own):
        return own
    try:
        return _DECISIONS[inner]
    except (KeyError, TypeError):  # unknown, or not hashable
        return decide_by_loss(loss)


def decided(decide: Decision, readout: Tensor, lengths: Tensor | None = None) -> Tensor:
    """Return the classes (B,) of a readout, and raise if a decision gives anything else."""
    _check_readout(readout)
    classes, batch = told("decide", decide, readout, lengths=lengths), readout.shape[1]
    if not isinstance(classes, Tensor):
        found = f"a {type(classes).__name__}"
    elif tuple(classes.shape) != (batch,):
        found = f"shape {tuple(classes.shape)}"
    elif classes.is_floating_point() or classes.is_complex() or classes.dtype == torch.bool:
        found = f"dtype {classes.dtype}"
    else:
        return classes
    raise ValueError(
        f"decide returned {found} for a readout of shape {tuple(readout.shape)}; whole numbers "
        f"of shape ({batch},) are accepted, one class a sample"
    )
