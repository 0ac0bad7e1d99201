r"""Which weight, at which moment, is to blame: the gradient before it is summed (chapter 3)."""

import torch
from torch import Tensor

from snnbook.gradients._bptt import NetworkHistory, backward, record
from snnbook.gradients._checks import error_at
from snnbook.gradients._online import LayerStep, layer_of
from snnbook.neurons import SpikingNetwork
from snnbook.training import StepError


@torch.no_grad()
def blame_table(network: SpikingNetwork, spikes: Tensor, error: StepError, name: str) -> Tensor:
    r"""Return the gradient of one weight matrix, split by the moment of the error and of the use.

    .. math::

        \frac{\partial \mathcal{L}}{\partial w} = \sum_{n} \sum_{m < n} A[n, m], \qquad
        A[n, m] = \text{what the use of } w \text{ in step } m
                  \text{ contributes to the error of step } n

    BPTT sums each column at once, because it meets the moments of use one by one; RTRL sums
    each row, because it meets the errors one by one.

    Parameters
    ----------
    network : SpikingNetwork
        Hidden layers and a leaky readout.
    spikes : Tensor
        Input, (T, B, inputs).
    error : StepError
        The loss, such as :func:`step_cross_entropy`.
    name : str
        A name in ``network.named_parameters()``.

    Returns
    -------
    Tensor
        (T, T, out, in): step of the error, step of the use, and the weight.

    Raises
    ------
    TypeError, ValueError
        If the spikes do not fit the network, or there is no such parameter.

    Examples
    --------
    >>> from snnbook.gradients import bptt
    >>> from snnbook.training import step_cross_entropy
    >>> network = SpikingNetwork((3, 4, 2), generator=torch.Generator().manual_seed(0))
    >>> run = torch.ones(20, 1, 3), step_cross_entropy(torch.tensor([1]), steps=20)
    >>> table = blame_table(network, *run, "hidden.0.weight")
    >>> torch.allclose(table.sum((0, 1)), bptt(network, *run)["hidden.0.weight"], atol=1e-6)
    True

    Paper section III; chapter 3; ``eq-03-table``.
    """
    history = record(network, spikes)
    named = dict(network.named_parameters())
    if name not in named:
        accepted = ", ".join(repr(one) for one in named)
        raise ValueError(f"name is {name!r}; one of {accepted} is accepted")
    steps, weight = len(history), named[name].detach()
    table = weight.new_zeros(steps, steps, *weight.shape)
    own = layer_of(name, len(network.hidden))
    for m, blame in backward(
        network, [_repeat(seen, steps) for seen in history], _alone(history, error)
    ):
        seen = history[m][own]
        source = seen.spikes if name.endswith("recurrent_weight") else seen.source
        rows = blame[own].unflatten(0, (steps, -1))
        table[:, m] = torch.einsum("nbi,bj->nij", rows, source)
    return table


def _repeat(records: tuple[LayerStep, ...], steps: int) -> tuple[LayerStep, ...]:
    """Return the records of a batch in which every sample stands once for each error."""
    return tuple(
        LayerStep(*(None if one is None else one.repeat(steps, 1) for one in seen))
        for seen in records
    )


def _alone(history: NetworkHistory, error: StepError) -> list[Tensor]:
    """Return the errors of that batch: the part that stands for step n sees the error of n."""
    steps, errors = len(history), []
    for n, records in enumerate(history):
        wrong = error_at(error, records[-1].mem, n)
        part = wrong.new_zeros(steps, *wrong.shape)
        part[n] = wrong
        errors.append(part.flatten(0, 1))
    return errors
