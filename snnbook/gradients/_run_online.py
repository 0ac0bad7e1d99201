"""Rules that learn while time runs (chapter 3).

A rule that learns online has two parts: ``start`` gives what it carries, and ``step`` takes
the input of one step, runs the network one step on, and returns the share of the gradient
that this step has revealed. Nothing of the past is kept but the carry.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

import torch
from torch import Tensor

from snnbook.gradients._checks import check_network, check_run
from snnbook.gradients._online import Gradients
from snnbook.neurons import SpikingNetwork
from snnbook.training import StepError


class OnlineRule(Protocol):
    """The two parts of a rule that learns while time runs."""

    def start(self, network: SpikingNetwork, batch: int) -> Any:
        """Return what the rule carries at step 0, for a batch of this size."""

    def step(
        self, network: SpikingNetwork, carry: Any, inputs: Tensor, error: StepError, n: int
    ) -> tuple[Any, Gradients]:
        """Take the input (B, inputs) of step n; return the next carry and the increment."""


def online_steps(
    rule: OnlineRule, network: SpikingNetwork, spikes: Tensor, error: StepError
) -> Iterator[Gradients]:
    """Run an online rule and give the increment of each step, n = 0 .. T-1.

    Parameters
    ----------
    rule : OnlineRule
        A value with ``start`` and ``step``.
    network : SpikingNetwork
        Whose gradient is asked for; nothing in it is changed.
    spikes : Tensor
        Input, (T, B, inputs).
    error : StepError
        The loss, see :func:`step_cross_entropy`.

    Yields
    ------
    Gradients
        By parameter name.

    Chapter 3.
    """
    if not (hasattr(rule, "start") and hasattr(rule, "step")):
        raise TypeError(
            f"rule is {rule!r}; a value with start and step is accepted, such as RTRL()"
        )
    check_run(network, spikes)
    carry = rule.start(network, spikes.shape[1])
    for n, inputs in enumerate(spikes.unbind(0)):
        carry, increment = rule.step(network, carry, inputs, error, n)
        yield increment


def run_online(
    rule: OnlineRule, network: SpikingNetwork, spikes: Tensor, error: StepError
) -> Gradients:
    """Run an online rule over all steps and return the sum of its increments.

    Parameters and errors as in :func:`online_steps`.

    Returns
    -------
    Gradients
        One tensor for each parameter, by its name in ``network.named_parameters()``.

    Chapter 3.
    """
    return summed(network, online_steps(rule, network, spikes, error))


def summed(network: SpikingNetwork, increments: Iterable[Gradients]) -> Gradients:
    """Return the sum of the increments, one tensor for each parameter; zero where none came."""
    total = no_gradients(network)
    for increment in increments:
        for name, value in increment.items():
            total[name] = total[name] + value  # not in place, for torch.vmap
    return total


def no_gradients(network: SpikingNetwork) -> Gradients:
    """Return zeros of the shape of each parameter, by name, to sum gradients into.

    Examples
    --------
    >>> list(no_gradients(SpikingNetwork((3, 4, 2), recurrent=True)))
    ['hidden.0.weight', 'hidden.0.recurrent_weight', 'readout.weight']

    Chapter 3.
    """
    check_network(network)
    return {name: torch.zeros_like(value) for name, value in detached(network)}


def detached(network: SpikingNetwork) -> Iterator[tuple[str, Tensor]]:
    """Give name and value of each parameter, without a history."""
    return ((name, value.detach()) for name, value in network.named_parameters())
