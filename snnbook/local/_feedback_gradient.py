"""Ways to train with feedback: fixed, with the signs of the weights, or coming to them (6a)."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from snnbook import training
from snnbook._validate import (
    check_callable,
    check_choice,
    check_integer,
    check_positive,
    is_number,
)
from snnbook.gradients import Gradients, autograd
from snnbook.local._erbp import erbp_gathered
from snnbook.local._gathered import feedback_gathered, superspike_gathered
from snnbook.local._matrices import Feedback, forward_matrices, random_feedback
from snnbook.neurons import SpikingNetwork
from snnbook.training import StepError


def readout_alone(network: SpikingNetwork, spikes: Tensor, error: StepError) -> Gradients:
    """Return the exact gradient of the readout, and zeros for the hidden layers: frozen.

    Examples
    --------
    >>> from snnbook.training import step_cross_entropy
    >>> network = SpikingNetwork((3, 4, 2), generator=torch.Generator().manual_seed(0))
    >>> error = step_cross_entropy(torch.tensor([1]), steps=20)
    >>> found = readout_alone(network, torch.ones(20, 1, 3), error)
    >>> [bool(value.any()) for value in found.values()]
    [False, True]

    Chapters 6a and 6c.
    """
    return {
        name: value if name.startswith("readout") else torch.zeros_like(value)
        for name, value in autograd(network, spikes, error).items()
    }


#: Each way to train, its rule, and whether the rule takes matrices for the way back.
_RULES = MappingProxyType(
    {
        "bptt": (autograd, False),
        "kolen_pollack": (feedback_gathered, True),
        "sign_symmetric": (feedback_gathered, True),
        "fa": (feedback_gathered, True),
        "dfa": (superspike_gathered, True),
        "erbp": (erbp_gathered, True),
        "frozen": (readout_alone, False),
    }
)

#: The ways to train, from the exact one to a hidden layer that does not learn.
ARMS = tuple(_RULES)


class FeedbackGradient:
    """The gradient of one way to train, for ``training.fit``, and the feedback of the moment.

    Called as ``gradient(network, spikes, labels)``; it is that of the cross entropy of every step.
    :func:`feedback_gradient` makes those of the book, and for ``sign_symmetric`` and
    ``kolen_pollack`` ``feedback`` moves with the weights.

    Parameters
    ----------
    rule : callable
        ``rule(network, spikes, error, **settings) -> Gradients``; if there is a feedback, it gets
        that as ``feedback=``.
    feedback : Feedback, optional
        What the next call uses.
    **settings
        Of the rule.

    Raises
    ------
    TypeError
        If the rule cannot be called.

    Paper section V.A; chapter 6a.
    """

    def __init__(
        self, rule: Callable[..., Gradients], feedback: Feedback | None = None, **settings: Any
    ):
        check_callable("rule", rule)
        self.feedback = feedback
        self._rule, self._settings = rule, settings

    def __call__(self, network: SpikingNetwork, spikes: Tensor, labels: Tensor) -> Gradients:
        """Return the gradient for one batch: of the cross entropy of every step."""
        error, settings = training.step_cross_entropy(labels, len(spikes)), self._settings
        self.feedback = self._before(network)
        if self.feedback is not None:
            settings = settings | {"feedback": self.feedback}
        found = self._rule(network, spikes, error, **settings)
        self._after(network, found)
        return found

    def _before(self, network: SpikingNetwork) -> Feedback | None:
        """Return the feedback for this batch."""
        return self.feedback

    def _after(self, network: SpikingNetwork, found: Gradients) -> None:
        """Let the feedback learn from the gradient of this batch."""


class _SignSymmetric(FeedbackGradient):
    """Feedback with the signs that the weights have now, and sizes drawn once."""

    def __init__(self, rule: Callable[..., Gradients], drawn: Feedback):
        super().__init__(rule, drawn)
        self._sizes = [one.abs() for one in drawn.matrices]

    def _before(self, network: SpikingNetwork) -> Feedback:
        weights = forward_matrices(network, direct=False)
        signed = tuple(weight.sign() * size for weight, size in zip(weights, self._sizes))
        return replace(self.feedback, matrices=signed)


class _KolenPollack(FeedbackGradient):
    """Feedback that gets the update of the weights it stands for; both shrink in every step."""

    def __init__(self, rule, feedback, *, lr: float, decay: float):
        super().__init__(rule, feedback)
        self._steps = shrinking(decay)(feedback.matrices, lr=lr)

    def _after(self, network: SpikingNetwork, found: Gradients) -> None:
        above = [f"hidden.{i}.weight" for i in range(1, len(network.hidden))] + ["readout.weight"]
        for matrix, name in zip(self.feedback.matrices, above):
            matrix.grad = found[name]
        self._steps.step()


def shrinking(decay: float, *, spare: int = 0) -> Callable[..., torch.optim.Optimizer]:
    """Return Adam with weights that shrink by the share ``decay`` in every step.

    The first ``spare`` parameters do not: nothing is fed back to below the first layer, so its
    weights have no partner that they should come to.

    Parameters
    ----------
    decay : float
        d, at least 0 and below 1.
    spare : int
        Number of parameters that do not shrink, in the order of ``network.parameters()``.

    Returns
    -------
    callable
        ``optimizer(parameters, lr)``, for ``training.fit``.

    Raises
    ------
    ValueError, TypeError
        If a number is out of its range, or none.

    Examples
    --------
    >>> weight = torch.nn.Parameter(torch.ones(1))
    >>> weight.grad = torch.zeros(1)
    >>> shrinking(0.01)([weight], lr=0.1).step()
    >>> round(weight.item(), 6)
    0.99

    Paper section V.A; chapter 6a; ``eq-06a-kolen-pollack``.
    """
    if not (is_number(decay) and 0 <= decay < 1):
        raise ValueError(f"decay is {decay!r}; at least 0 and below 1 is accepted")
    check_integer("spare", spare, 0)

    def make(parameters: Iterable[Tensor], lr: float) -> torch.optim.Optimizer:
        parameters = list(parameters)
        groups = [
            {"params": parameters[:spare], "weight_decay": 0.0},
            {"params": parameters[spare:], "weight_decay": decay / lr},
        ]
        return torch.optim.AdamW([one for one in groups if one["params"]], lr=lr)

    return make


def feedback_gradient(
    arm: str,
    network: SpikingNetwork,
    *,
    generator: torch.Generator,
    lr: float = 1e-3,
    decay: float = 0.01,
    **settings: Any,
) -> FeedbackGradient:
    r"""Return the gradient for ``training.fit``, of the cross entropy of every step.

    The layers are feedforward, with a detached reset; the rules take their gathered forms, and
    there direct feedback alignment and SuperSpike are one rule.

    ============================  ==============================================================
    ``bptt``                      exact
    ``kolen_pollack``             the matrices get the update of the weights they stand for, and
                                  both shrink by the share d: :math:`W - G` goes down by the
                                  factor 1 - d in every step. Train with
                                  ``shrinking(decay, spare=1)``.
    ``sign_symmetric``            the present signs of the weights, sizes drawn once
    ``fa``, ``dfa``               fixed random matrices, layer to layer or from the output
    ``erbp``                      event-driven random backpropagation
    ``frozen``                    readout alone
    ============================  ==============================================================

    Parameters
    ----------
    arm : str
        One of the above, :data:`ARMS`.
    network : SpikingNetwork
        Gives sizes and scale of the matrices.
    generator : torch.Generator
        Source of the randomness.
    lr : float
        Learning rate of the matrices of ``kolen_pollack``, that of the weights.
    decay : float
        d of ``kolen_pollack``, at least 0 and below 1.
    **settings
        Of the rule, such as ``window`` of :func:`snnbook.local.erbp`.

    Returns
    -------
    FeedbackGradient
        ``gradient(network, spikes, labels)``; its ``feedback`` is that of the moment, ``None``
        where there is none.

    Raises
    ------
    ValueError
        If there is no such arm, or a number is out of its range.

    Examples
    --------
    >>> network = SpikingNetwork((3, 4, 2))
    >>> gradient = feedback_gradient("fa", network, generator=torch.Generator().manual_seed(0))
    >>> gradient.feedback.matrices[0].shape
    torch.Size([2, 4])

    Paper section V.A; chapter 6a; ``eq-06a-kolen-pollack``. Kolen and Pollack (1994), Akrout et
    al. (2019); Liao, Leibo and Poggio (2016) for the signs.
    """
    check_choice("arm", arm, ARMS)
    check_positive("lr", lr)
    kind = "sign_symmetric" if arm == "sign_symmetric" else "random"
    drawn = random_feedback(network, kind, direct=arm in ("dfa", "erbp"), generator=generator)
    rule, fed_back = _RULES[arm]
    if arm == "kolen_pollack":
        return _KolenPollack(rule, drawn, lr=lr, decay=decay, **settings)
    if arm == "sign_symmetric":
        return _SignSymmetric(rule, drawn, **settings)
    return FeedbackGradient(rule, drawn if fed_back else None, **settings)
