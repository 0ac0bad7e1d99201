r"""A run in pieces of time: a stream, and truncated backpropagation through time (chapter 3)."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from snnbook._validate import (
    check_callable,
    check_flag,
    check_integer,
    check_kind,
    check_labels,
)
from snnbook.kernels import Events
from snnbook.layers._network import run_module
from snnbook.layers._stateful import LayerOutput, check_steps


def in_pieces(
    network: nn.Module,
    inputs: Tensor | Events,
    length: int,
    states: Any = None,
    *,
    detach: bool = True,
) -> Iterator[LayerOutput]:
    """Run a network over pieces of its inputs, one after the other, each from where the last ended.

    With ``detach`` no gradient crosses from a piece to the one before: a backward pass after each
    piece is truncated backpropagation through time, and needs the memory of one piece.
    Without it the gradient is that of one long run; for large pictures pieces of a few steps are
    then the faster way, since they stay in the cache.

    Parameters
    ----------
    network : Module
        A :class:`Network` or any layer that one may hold, such as a
        :class:`snnbook.neurons.SpikingNetwork`.
    inputs : Tensor or Events
        (T, B, ...).
    length : int
        Steps of a piece, at least 1; the last one may be shorter.
    states : optional
        Where the first piece starts; at rest when not given.
    detach : bool
        Whether the states that are handed on are cut off from the gradient.

    Yields
    ------
    LayerOutput
        Outputs of a piece and the states after it. Outputs joined in time are those of one long
        run.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit.

    Examples
    --------
    >>> from snnbook.neurons import SpikingNetwork
    >>> network = SpikingNetwork((3, 4, 2), generator=torch.Generator().manual_seed(0))
    >>> for outputs, states in in_pieces(network, torch.ones(100, 5, 3), 30):
    ...     outputs.square().mean().backward()  # adds up in the gradients of the weights
    ...     print(len(outputs), end=" ")
    30 30 30 10

    Paper section III; chapter 3.
    """
    check_kind("network", network, nn.Module)
    if not isinstance(inputs, Events):
        check_steps("inputs", inputs)
    check_integer("length", length, 1)
    check_flag("detach", detach)
    return _pieces(network, inputs, int(length), states, detach)


def _pieces(network, inputs, length, states, detach) -> Iterator[LayerOutput]:
    for first in range(0, len(inputs), length):
        out = LayerOutput(*run_module(network, inputs[first : first + length], states))
        yield out
        states = detach_states(out.states) if detach else out.states


def detach_states(states: Any) -> Any:
    """Return the states of a layer or a network, cut off from the gradient.

    Parameters
    ----------
    states : Tensor, int, None, or tuples, lists and dictionaries of them
        As a layer gives them.

    Returns
    -------
    same as states
        With the same numbers.

    Examples
    --------
    >>> from snnbook.neurons import LIFState
    >>> detach_states((None, LIFState(torch.ones(1), torch.ones(1, requires_grad=True))))
    (None, LIFState(syn=tensor([1.]), mem=tensor([1.])))

    Paper section III; chapter 3.
    """
    if isinstance(states, Tensor):
        return states.detach()
    if isinstance(states, dict):
        return {name: detach_states(value) for name, value in states.items()}
    if isinstance(states, (tuple, list)):
        found = [detach_states(value) for value in states]
        return type(states)(*found) if hasattr(states, "_fields") else type(states)(found)
    if states is None or type(states) is int:
        return states
    raise TypeError(
        f"states holds a {type(states).__name__}; tensors, whole numbers, None, and tuples, lists "
        "and dictionaries of them are accepted"
    )


def truncated_gradient(
    network: nn.Module,
    spikes: Tensor | Events,
    labels: Tensor,
    *,
    loss: Callable[[Tensor, Tensor], Tensor],
    length: int,
) -> dict[str, Tensor]:
    r"""Return the gradient of truncated backpropagation through time, of one batch.

    .. math:: \mathcal L = \sum_p \frac{T_p}{T}\,
              \ell\big(U[n_p], \dots, U[n_p + T_p - 1];\; y\big)

    The loss of each piece p of :math:`T_p` steps has the share of its steps, and its gradient stops
    where the piece begins. With ``length`` of at least T it is the full gradient.

    Parameters
    ----------
    network : Module
        As in :func:`in_pieces`.
    spikes : Tensor or Events
        (T, B, ...), T at least 1.
    labels : Tensor, shape (B,), dtype int64
        Classes.
    loss : callable
        Maps the readout of a piece (T, B, C) and labels to a scalar, such as
        :func:`snnbook.training.mean_over_time`.
    length : int
        Steps of a piece, at least 1.

    Returns
    -------
    dict of Tensor
        One gradient for each parameter, by its name; 0 where no gradient reaches.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit, or the loss is no scalar.

    Examples
    --------
    :func:`snnbook.training.fit` follows it as a rule:

    >>> from functools import partial
    >>> from snnbook.neurons import SpikingNetwork
    >>> from snnbook.training import fit, mean_over_time
    >>> network = SpikingNetwork((2, 2), generator=torch.Generator().manual_seed(0))
    >>> labels = torch.tensor([0, 1, 0, 1])
    >>> spikes = torch.eye(2)[labels].expand(40, 4, 2)
    >>> rule = partial(truncated_gradient, loss=mean_over_time, length=10)
    >>> order = torch.Generator().manual_seed(0)
    >>> options = {"epochs": 20, "batch_size": 2, "lr": 0.1, "generator": order}
    >>> fit(network, spikes, labels, gradient=rule, **options).accuracy[-1]
    1.0

    Paper section III; chapter 3.
    """
    check_callable("loss", loss)
    pieces = in_pieces(network, spikes, length)
    check_labels(labels, spikes.shape[1], torch.iinfo(torch.int64).max)
    if not len(spikes):
        raise ValueError(f"spikes has shape {tuple(spikes.shape)}; at least one step is accepted")
    own = {name: p for name, p in network.named_parameters() if p.requires_grad}
    found = {name: torch.zeros_like(p) for name, p in network.named_parameters()}
    with torch.enable_grad():
        for out in pieces:
            value = loss(out.outputs, labels)
            if not isinstance(value, Tensor) or value.numel() != 1:
                given = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
                raise TypeError(f"loss returned {given}; a scalar tensor is accepted")
            if not value.requires_grad:
                continue
            share = value.sum() * (len(out.outputs) / len(spikes))
            grads = torch.autograd.grad(share, tuple(own.values()), allow_unused=True)
            for name, grad in zip(own, grads, strict=True):
                if grad is not None:
                    found[name] += grad
    return found
