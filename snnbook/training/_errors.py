r"""Losses that are sums over time steps, and their derivatives at each step (chapter 3).

A rule that learns while time runs needs an error at every step. An error is a value that can
be called: ``error(readout_n, n)`` is :math:`\partial \mathcal{L} / \partial U_c[n]`, and
``error.loss(readout)`` is the number :math:`\mathcal{L}` itself.
"""

from dataclasses import dataclass
from numbers import Integral
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from snnbook._validate import (
    check_callable,
    check_float,
    check_integer,
    check_labels,
    check_time_first,
)
from snnbook.training._losses import check_time_and_batch


class StepError(Protocol):
    r"""What a learning rule asks of a loss: its value, and its derivative at each step.

    Examples
    --------
    >>> error = step_squared_error(torch.zeros(4, 1, 2))
    >>> error(torch.ones(1, 2), 0)
    tensor([[0.2500, 0.2500]])
    """

    def __call__(self, readout: Tensor, n: int) -> Tensor:
        """Return the derivative of the loss by the readout of step n, (B, C)."""

    def loss(self, readout: Tensor) -> Tensor:
        """Return the loss of the readout of all steps (T, B, C), a number."""

    def losses(self, readout: Tensor) -> Tensor:
        """Return the loss of each sample, (B,), of mean ``loss``."""


def step_errors(error: StepError, readout: Tensor) -> Tensor:
    """Return the errors of all steps: the derivative of the loss by a readout (T, B, C).

    Examples
    --------
    >>> step_errors(step_squared_error(torch.zeros(2, 1, 1)), torch.ones(2, 1, 1)).flatten()
    tensor([0.5000, 0.5000])

    Chapter 6b.
    """
    check_callable("error", error)
    check_time_and_batch("readout", readout)
    return torch.stack([error(now, n) for n, now in enumerate(readout.unbind(0))])


@dataclass(frozen=True, eq=False)
class _CrossEntropy:
    labels: Tensor
    steps: int

    def __call__(self, readout: Tensor, n: int) -> Tensor:
        _check_step(readout, n, self.steps, len(self.labels))
        if n == 0:
            check_labels(self.labels, len(self.labels), readout.shape[1])
        try:
            target = functional.one_hot(self.labels, readout.shape[1]).to(readout.dtype)
        except RuntimeError:  # fewer classes than at step 0
            check_labels(self.labels, len(self.labels), readout.shape[1])
            raise
        return (readout.softmax(1) - target) / (self.steps * len(self.labels))

    def errors(self, readout: Tensor) -> Tensor:
        """Return the derivatives of all steps at once, (T, B, C)."""
        self._check(readout)
        target = functional.one_hot(self.labels, readout.shape[2]).to(readout.dtype)
        return (readout.softmax(2) - target) / (self.steps * len(self.labels))

    def loss(self, readout: Tensor) -> Tensor:
        self._check(readout)
        scores = readout.flatten(0, 1)
        return functional.cross_entropy(scores, self.labels.repeat(self.steps))

    def losses(self, readout: Tensor) -> Tensor:
        """Return the loss of each sample, (B,), of mean ``loss``."""
        self._check(readout)
        labels = self.labels.expand(self.steps, -1)
        each = functional.cross_entropy(readout.movedim(2, 1), labels, reduction="none")
        return each.mean(0)

    def _check(self, readout: Tensor) -> None:
        _check_readout(readout, self.steps, len(self.labels))
        check_labels(self.labels, len(self.labels), readout.shape[2])


@dataclass(frozen=True, eq=False)
class _SquaredError:
    target: Tensor

    def __call__(self, readout: Tensor, n: int) -> Tensor:
        steps, batch, _ = self.target.shape
        _check_step(readout, n, steps, batch)
        return (readout - self.target[n]) / (steps * batch)

    def loss(self, readout: Tensor) -> Tensor:
        steps, batch, _ = self.target.shape
        _check_readout(readout, steps, batch)
        return ((readout - self.target) ** 2).sum() / (2 * steps * batch)

    def losses(self, readout: Tensor) -> Tensor:
        """Return the loss of each sample, (B,), of mean ``loss``."""
        steps, batch, _ = self.target.shape
        _check_readout(readout, steps, batch)
        return ((readout - self.target) ** 2).sum((0, 2)) / (2 * steps)


@dataclass(frozen=True, eq=False)
class _DecisionError:
    last: StepError
    first: int

    def __call__(self, readout: Tensor, n: int) -> Tensor:
        if n < self.first:
            return torch.zeros_like(readout)
        return self.last(readout, n - self.first)

    def loss(self, readout: Tensor) -> Tensor:
        return self.last.loss(readout[self.first :])

    def losses(self, readout: Tensor) -> Tensor:
        """Return the loss of each sample, (B,), of mean ``loss``."""
        return self.last.losses(readout[self.first :])


def step_cross_entropy(labels: Tensor, steps: int) -> StepError:
    r"""Return the cross entropy of the readout at each step, mean over steps and samples.

    .. math::

        \mathcal{L} = \frac{1}{TB} \sum_{n,b} -\log p_{y_b}[n, b], \qquad
        \frac{\partial \mathcal{L}}{\partial U_c[n, b]}
            = \frac{p_c[n, b] - [c = y_b]}{TB}, \qquad p = \mathrm{softmax}(U)

    Parameters
    ----------
    labels : Tensor
        Correct class of each sample, (B,), int64.
    steps : int
        T, the number of steps of the run, at least 1.

    Returns
    -------
    StepError

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are not whole numbers on one axis, or ``steps`` is below 1.

    Examples
    --------
    With two classes and no opinion, each is wrong by one half:

    >>> error = step_cross_entropy(torch.tensor([1]), steps=1)
    >>> error(torch.zeros(1, 2), 0)
    tensor([[ 0.5000, -0.5000]])

    Paper section III; chapter 3.
    """
    check_integer("steps", steps, 1)
    if not isinstance(labels, Tensor) or labels.dtype != torch.int64:
        kind = getattr(labels, "dtype", type(labels).__name__)
        raise TypeError(f"labels is {kind}; a tensor of int64 is accepted")
    if labels.dim() != 1 or len(labels) == 0:
        raise ValueError(
            f"labels has shape {tuple(labels.shape)}; one axis (B,) with at least one sample is "
            "accepted"
        )
    check_labels(labels, len(labels), torch.iinfo(torch.int64).max)
    return _CrossEntropy(labels, steps)


def step_squared_error(target: Tensor) -> StepError:
    r"""Return half the squared distance of the readout to a target, mean over steps and samples.

    .. math::

        \mathcal{L} = \frac{1}{2TB} \sum_{n,b,c} (U_c[n, b] - U^*_c[n, b])^2, \qquad
        \frac{\partial \mathcal{L}}{\partial U_c[n, b]} = \frac{U_c[n, b] - U^*_c[n, b]}{TB}

    Parameters
    ----------
    target : Tensor
        :math:`U^*`, (T, B, C), floating point.

    Returns
    -------
    StepError

    Raises
    ------
    TypeError, ValueError
        If ``target`` is not floating point with three axes.

    Examples
    --------
    >>> error = step_squared_error(torch.zeros(1, 1, 1))
    >>> error.loss(torch.full((1, 1, 1), 2.0)), error(torch.full((1, 1), 2.0), 0)
    (tensor(2.), tensor([[2.]]))

    Paper section III; chapter 3.
    """
    check_time_first("target", target)
    return _SquaredError(target)


def decision_error(labels: Tensor, steps: int, window: int) -> StepError:
    """Return the cross entropy of the last steps alone: an error that comes late.

    Parameters
    ----------
    labels : Tensor
        Correct class of each sample, (B,), int64.
    steps : int
        T, the number of steps of the run.
    window : int
        Number of steps at the end that count, from 1 to ``steps``.

    Returns
    -------
    StepError

    Examples
    --------
    >>> error = decision_error(torch.tensor([1]), steps=10, window=2)
    >>> error(torch.zeros(1, 2), 7), error(torch.zeros(1, 2), 8)
    (tensor([[0., 0.]]), tensor([[ 0.2500, -0.2500]]))

    Chapter 6b.
    """
    check_integer("steps", steps, 1)
    check_integer("window", window, 1)
    if window > steps:
        raise ValueError(f"window is {window}; at most steps, {steps}, is accepted")
    return _DecisionError(step_cross_entropy(labels, window), steps - window)


def _check_step(readout: Tensor, n: int, steps: int, batch: int) -> None:
    if isinstance(n, bool) or not isinstance(n, Integral) or not 0 <= n < steps:
        raise ValueError(f"n is {n!r}; a step from 0 to {steps - 1} is accepted")
    check_float("readout", readout)
    if readout.dim() != 2 or len(readout) != batch:
        raise ValueError(f"readout has shape {tuple(readout.shape)}; ({batch}, C) is accepted")


def _check_readout(readout: Tensor, steps: int, batch: int) -> None:
    check_time_first("readout", readout)
    if tuple(readout.shape[:2]) != (steps, batch):
        raise ValueError(
            f"readout has shape {tuple(readout.shape)}; ({steps}, {batch}, C) is accepted"
        )
