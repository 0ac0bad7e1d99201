"""Networks side by side, trained in one pass.

The loss is the sum of the networks' losses, and the gradient of one does not see the others.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from snnbook._validate import (
    check_callable,
    check_float,
    check_integer,
    check_labels,
    check_positive,
    check_tensor,
)
from snnbook.training._fit_checks import check_model, made
from snnbook.training._fitted import decision_for, note_decision
from snnbook.training._side_by_side import SideBySide

Score = Callable[[Tensor], Tensor]


def peak_score(readout: Tensor) -> Tensor:
    """Return the maximum over time of each readout: (T, B, K, C) to (B, K, C).

    >>> peak_score(torch.tensor([[[[0.0, 1.0]]], [[[3.0, 0.0]]]]))
    tensor([[[3., 1.]]])
    """
    _check_readout("readout", readout)
    return readout.max(dim=0).values


def mean_score(readout: Tensor) -> Tensor:
    """Return four times the mean over time of each readout: (T, B, K, C) to (B, K, C).

    Unlike the maximum, the mean passes a gradient to every step, also while the readout is
    negative throughout. The factor only sets the scale of the softmax.

    >>> mean_score(torch.tensor([[[[0.0, 1.0]]], [[[3.0, 0.0]]]]))
    tensor([[[6., 2.]]])
    """
    _check_readout("readout", readout)
    return 4 * readout.mean(dim=0)


def fit_side_by_side(
    model: SideBySide,
    batches: Callable[[int], tuple[Tensor, Tensor]],
    *,
    steps: int,
    lr: float,
    score: Score = mean_score,
    optimizer: Callable[..., torch.optim.Optimizer] = torch.optim.Adam,
) -> list[list[float]]:
    """Train the networks on the same batches, in place, by the cross entropy of their scores.

    Parameters
    ----------
    model : SideBySide
        K networks.
    batches : callable
        Maps the number of the step to spikes, as the model takes them, and labels: (B,), the
        same for all networks, or (B, K).
    steps : int
        Number of optimizer steps, at least 1.
    lr : float
        Learning rate.
    score : callable
        Maps readouts (T, B, K, C) to (B, K, C), such as :func:`peak_score`. The class of the
        highest score is noted on the model as its decision, as :func:`fit` does.
    optimizer : callable
        Called as ``optimizer(model.parameters(), lr=lr)``.

    Returns
    -------
    list of list of float
        The loss of each network, for each step.

    Examples
    --------
    >>> model = SideBySide((3, 4, 2), seeds=(0, 1))
    >>> batch = torch.ones(10, 2, 3), torch.tensor([0, 1])
    >>> len(fit_side_by_side(model, lambda step: batch, steps=3, lr=1e-3))
    3

    Chapter 5.
    """
    check_integer("steps", steps, 1)
    check_positive("lr", lr)
    check_callable("batches", batches)
    check_callable("score", score)
    check_model(model, by_autograd=True)
    optimizer = made(optimizer, model, lr)
    note_decision(model, _ByScore(score))
    history = []
    for step in range(steps):
        batch = batches(step)
        if not isinstance(batch, (tuple, list)) or len(batch) != 2:
            raise TypeError(
                f"batches returned a {type(batch).__name__}; two tensors (spikes, labels) are "
                "accepted"
            )
        spikes, labels = batch
        readout = _readout_of(model, spikes)
        labels, scores = _labels_of(labels, readout), _scored(score, readout)
        losses = functional.cross_entropy(scores.transpose(1, 2), labels, reduction="none").mean(0)
        optimizer.zero_grad()
        losses.sum().backward()
        optimizer.step()
        history.append(losses.detach().tolist())
    return history


@dataclass(frozen=True)
class _ByScore:
    """The decision for the class of the highest score: (T, B, K, C) to (B, K)."""

    score: Score

    def __call__(self, readout: Tensor) -> Tensor:
        return _scored(self.score, readout).argmax(-1)


@torch.no_grad()
def accuracy_side_by_side(
    model: SideBySide, spikes: Tensor, labels: Tensor, *, score: Score | None = None
) -> list[float]:
    """Return the share of right decisions of each network.

    Parameters
    ----------
    model : SideBySide
        As in :func:`fit_side_by_side`.
    spikes, labels : Tensor
        As its batches.
    score : callable, optional
        As in :func:`fit_side_by_side`. By default what the model was trained with, and
        :func:`mean_score` for one that was not trained.

    Raises
    ------
    TypeError, ValueError
        If the labels are neither (B,) nor (B, K), or no classes of the readout.

    Examples
    --------
    >>> model = SideBySide((3, 4, 2), seeds=(0, 1))
    >>> accuracy_side_by_side(model, torch.zeros(10, 2, 3), torch.tensor([0, 1]))
    [0.5, 0.5]

    Chapter 5.
    """
    check_callable("model", model)
    if score is not None:
        check_callable("score", score)
    readout = _readout_of(model, spikes)
    labels = _labels_of(labels, readout)
    decide = decision_for(model, _ByScore(mean_score)) if score is None else _ByScore(score)
    return (decide(readout) == labels).float().mean(0).tolist()


def _readout_of(model: Callable, spikes: Tensor) -> Tensor:
    """Return the readouts (T, B, K, C) of networks, and raise unless a model returns that."""
    readout = model(spikes)
    _check_readout("what the model returned", readout)
    return readout


def _check_readout(name: str, readout: Tensor) -> None:
    """Raise unless ``readout`` is (T, B, K, C), with at least one step."""
    check_float(name, readout)
    if readout.dim() != 4 or len(readout) == 0:
        raise ValueError(
            f"{name} has shape {tuple(readout.shape)}; (T, B, K, C) with at least one step is "
            "accepted"
        )


def _scored(score: Score, readout: Tensor) -> Tensor:
    """Return the scores (B, K, C) of a readout, and raise unless they are that."""
    scores = score(readout)
    shape = tuple(readout.shape[1:])
    if not isinstance(scores, Tensor) or tuple(scores.shape) != shape:
        found = getattr(scores, "shape", type(scores).__name__)
        raise ValueError(f"score returned {found}; a tensor (B, K, C) = {shape} is accepted")
    return scores


def _labels_of(labels: Tensor, readout: Tensor) -> Tensor:
    """Return the labels of each network, (B, K), and raise unless they fit a readout."""
    _, batch, networks, classes = readout.shape
    check_tensor("labels", labels)
    if tuple(labels.shape) not in {(batch,), (batch, networks)}:
        raise ValueError(
            f"labels has shape {tuple(labels.shape)}; ({batch},) or ({batch}, {networks}) is "
            "accepted"
        )
    own = labels if labels.dim() == 2 else labels[:, None].expand(batch, networks)
    check_labels(own.flatten(), batch * networks, classes)
    return own
