"""From a learning rule to training: what :func:`snnbook.training.fit` follows and reports."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from torch import Tensor, nn

from snnbook._validate import check_callable
from snnbook.training._decisions import Decision, decide_by_loss, decide_by_sum
from snnbook.training._errors import StepError, decision_error, step_cross_entropy

#: ``error(labels, steps)`` makes the error of one batch, such as ``step_cross_entropy``.
MakeError = Callable[[Tensor, int], StepError]


def rule_gradient(
    rule: Callable[..., Mapping[str, Tensor]], error: MakeError, **settings: Any
) -> Callable[[nn.Module, Tensor, Tensor], Mapping[str, Tensor]]:
    """Return the ``gradient`` with which :func:`snnbook.training.fit` follows a learning rule.

    Parameters
    ----------
    rule : callable
        ``rule(network, spikes, error, **settings)`` returns one tensor for each parameter, by its
        name, such as :func:`snnbook.gradients.bptt` or :func:`snnbook.local.superspike`.
    error : callable
        ``error(labels, steps) -> StepError``: :func:`step_cross_entropy`, or
        ``partial(decision_error, window=5)``. It is called for every batch with the number of
        steps of its spikes.
    **settings
        Of the rule, the same for every batch, such as its feedback matrices.

    Returns
    -------
    callable
        ``gradient(network, spikes, labels)``.

    Examples
    --------
    >>> import torch
    >>> from snnbook.gradients import bptt
    >>> from snnbook.neurons import SpikingNetwork
    >>> from snnbook.training import step_cross_entropy
    >>> gradient = rule_gradient(bptt, step_cross_entropy, truncate=20)
    >>> list(gradient(SpikingNetwork((3, 2)), torch.ones(30, 1, 3), torch.tensor([1])))
    ['readout.weight']

    Paper section V; chapters 6a to 6c.
    """

    check_callable("rule", rule)
    check_callable("error", error)

    def gradient(network: nn.Module, spikes: Tensor, labels: Tensor) -> Mapping[str, Tensor]:
        return rule(network, spikes, error(labels, len(spikes)), **settings)

    return gradient


@dataclass(frozen=True)
class _StepLoss:
    """The loss of a step error; ``decide`` is the decision that belongs to it."""

    error: MakeError

    def __call__(self, readout: Tensor, labels: Tensor) -> Tensor:
        return self.error(labels, len(readout)).loss(readout)

    @property
    def decide(self) -> Decision:
        """The sum over the steps that count, or the class of the smallest loss."""
        if self.error is step_cross_entropy:
            return decide_by_sum
        if isinstance(self.error, partial) and self.error.func is decision_error:
            if not self.error.args and set(self.error.keywords) == {"window"}:
                return partial(decide_by_sum, last=self.error.keywords["window"])
        return decide_by_loss(self)


def step_loss(error: MakeError) -> Callable[[Tensor, Tensor], Tensor]:
    """Return the loss of a step error, ``loss(readout, labels)``, as ``fit`` takes it.

    Parameters
    ----------
    error : callable
        As in :func:`rule_gradient`.

    Returns
    -------
    callable
        Maps a readout (T, B, C) and labels (B,) to a scalar. Its attribute ``decide`` is the
        decision that belongs to it: by the sum over the steps that count.

    Raises
    ------
    TypeError
        If ``error`` cannot be called.

    Examples
    --------
    Two classes and no opinion at any step, ln 2:

    >>> import torch
    >>> from snnbook.training import step_cross_entropy
    >>> step_loss(step_cross_entropy)(torch.zeros(5, 3, 2), torch.tensor([0, 1, 1]))
    tensor(0.6931)

    Chapters 6a to 6c.
    """

    check_callable("error", error)
    return _StepLoss(error)
