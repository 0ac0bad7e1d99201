r"""Backpropagation through time by hand (paper section III, Box 2; chapter 3).

The forward pass keeps what happened at every step. Then time runs backward, one step of
:mod:`snnbook.gradients._adjoint` after the other, and the gradients collect
:math:`\partial\mathcal{L}/\partial W = \sum_n \lambda_I[n+1]\, S_\text{in}[n]^\top` and
:math:`\partial\mathcal{L}/\partial V = \sum_n \lambda_I[n+1]\, S[n]^\top`
(``eq-03-spiking-uses``).
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from snnbook._validate import check_finite, check_integer, check_shape
from snnbook.gradients._adjoint import EXACT, Adjoint
from snnbook.gradients._checkpoints import from_checkpoints
from snnbook.gradients._checks import check_network, check_run, error_at
from snnbook.gradients._online import (
    Gradients,
    LayerStep,
    NetworkHistory,
    forward_run,
    presynaptic,
    rest,
)
from snnbook.gradients._run_online import summed
from snnbook.neurons import SpikingNetwork
from snnbook.training import StepError


@torch.no_grad()
def bptt(
    network: SpikingNetwork,
    spikes: Tensor,
    error: StepError,
    *,
    truncate: int | None = None,
    checkpoint: int | None = None,
) -> Gradients:
    r"""Return the gradient of the loss by backpropagation through time, without autograd.

    Parameters
    ----------
    network : SpikingNetwork
        Weights, time constants, surrogate and reset are read from its layers; the gradient
        flows through the reset where the layer says ``reset_gradient=True``.
    spikes : Tensor
        Input, (T, B, inputs), of the dtype of the weights.
    error : StepError
        The loss, such as :func:`step_cross_entropy`.
    truncate : int, optional
        Cut time into pieces of this many steps, starting at step 0, and let no gradient pass
        from one piece into the piece before: truncated BPTT. Only one piece is stored at a
        time. From T on it is exact.
    checkpoint : int, optional
        Keep the state of the network only every this many steps, and run each piece again when the
        way back comes to it. The gradient is the same to the last bit; near the square root of T
        the least is stored. Not together with ``truncate``.

    Returns
    -------
    Gradients
        One tensor for each parameter, by its name in ``network.named_parameters()``.

    Raises
    ------
    TypeError, ValueError
        If the spikes do not fit the network, ``truncate`` or ``checkpoint`` is below 1, or both are
        given.

    Examples
    --------
    >>> from snnbook.gradients import autograd
    >>> from snnbook.training import step_cross_entropy
    >>> network = SpikingNetwork((3, 4, 2), generator=torch.Generator().manual_seed(0)).double()
    >>> spikes = torch.ones(20, 1, 3, dtype=torch.float64)
    >>> error = step_cross_entropy(torch.tensor([1]), steps=20)
    >>> by_hand, by_torch = bptt(network, spikes, error), autograd(network, spikes, error)
    >>> all(torch.allclose(by_hand[name], by_torch[name]) for name in by_torch)
    True

    Paper section III, Box 2; chapter 3; ``eq-03-spiking-backward``, ``eq-03-spiking-uses``,
    ``eq-03-checkpoints``.
    """
    check_run(network, spikes)
    if truncate is not None:
        check_integer("truncate", truncate, 1)
    if checkpoint is not None:
        if truncate is not None:
            raise ValueError(
                f"checkpoint is {checkpoint} and truncate is {truncate}; one of the two is accepted"
            )
        steps = from_checkpoints(network, spikes, error, checkpoint)
        return summed(network, (products(network, seen, blame) for seen, blame in steps))
    return summed(network, _increments(network, spikes, error, max(1, truncate or len(spikes))))


def _increments(network, spikes: Tensor, error: StepError, piece: int) -> Iterator[Gradients]:
    """Give what each step adds to the gradient, last step first within each piece of time."""
    state = rest(network, spikes.shape[1])
    for start in range(0, len(spikes), piece):
        history, state = forward_run(network, spikes[start : start + piece], state)
        errors = [error_at(error, seen[-1].mem, start + n) for n, seen in enumerate(history)]
        for n, blame in backward(network, history, errors):
            yield products(network, history[n], blame)


@torch.no_grad()
def record(network: SpikingNetwork, spikes: Tensor) -> NetworkHistory:
    """Run a network from rest and keep the records of every step: what BPTT must store.

    Parameters
    ----------
    network : SpikingNetwork
        Hidden layers and a leaky readout.
    spikes : Tensor
        Input, (T, B, inputs).

    Returns
    -------
    list of tuple of LayerStep
        For each step one record for each hidden layer and, last, one for the readout.

    Examples
    --------
    >>> history = record(SpikingNetwork((3, 4, 2)), torch.ones(5, 1, 3))
    >>> len(history), len(history[0])
    (5, 2)

    Paper section III; chapter 3.
    """
    check_run(network, spikes)
    return forward_run(network, spikes, rest(network, spikes.shape[1]))[0]


@torch.no_grad()
def whole_run(network: SpikingNetwork, spikes: Tensor) -> tuple[LayerStep, ...]:
    """Run a network from rest by its compiled loops: one record for each layer, of all steps.

    Parameters
    ----------
    network : SpikingNetwork
        Hidden layers and a leaky readout.
    spikes : Tensor
        Input, (T, B, inputs).

    Returns
    -------
    tuple of LayerStep
        What :func:`record` returns, with a first axis for time; ``syn`` of the readout is
        ``None``.

    Examples
    --------
    >>> hidden, readout = whole_run(SpikingNetwork((3, 4, 2)), torch.ones(5, 1, 3))
    >>> hidden.spikes.shape, readout.mem.shape
    (torch.Size([5, 1, 4]), torch.Size([5, 1, 2]))

    Chapters 5b and 6b.
    """
    check_run(network, spikes)
    output, found, source = network(spikes), [], spikes
    for seen in output.hidden:
        found.append(LayerStep(source, seen.syn, seen.mem, seen.spikes))
        source = seen.spikes
    return *found, LayerStep(source, None, output.readout, None)


@torch.no_grad()
def backward(
    network: SpikingNetwork,
    history: NetworkHistory,
    errors: Sequence[Tensor],
    adjoint: Adjoint = EXACT,
) -> Iterator[tuple[int, tuple[Tensor, ...]]]:
    r"""Run time backward and give the blame of every neuron at each step, n = T-1 .. 0.

    Parameters
    ----------
    network : SpikingNetwork
        The network that made the history.
    history : list
        From :func:`record`.
    errors : sequence of Tensor
        :math:`\partial\mathcal{L}/\partial U_c[n]` of each step, (B, C).
    adjoint : Adjoint
        How an error goes one step back; exact by default.

    Yields
    ------
    n : int
    blame : tuple of Tensor
        For each layer, the readout last, the derivative of the loss by its drive,
        :math:`\partial\mathcal{L}/\partial x[n] = \lambda_I[n+1]`, (B, N).

    Paper section III, Box 2; chapter 3; ``eq-03-spiking-backward``, ``eq-03-spiking-uses``.
    """
    _check_history(network, history, errors)
    if not history:
        return
    nothing = rest(network, len(history[0][0].source))
    later = (*nothing.hidden, nothing.readout)
    for n in reversed(range(len(history))):
        yield n, tuple(lam.syn for lam in later)
        later = adjoint.step(network, history[n], later, errors[n])


def _check_history(network: SpikingNetwork, history: NetworkHistory, errors) -> None:
    check_network(network)
    if len(errors) != len(history):
        raise ValueError(
            f"errors has {len(errors)} steps; {len(history)}, as history, are accepted"
        )
    wanted = [len(layer.weight) for layer in (*network.hidden, network.readout)]
    if history and [seen.mem.shape[-1] for seen in history[0]] != wanted:
        raise ValueError(f"history is of another network; one with layers of {wanted} is accepted")
    for n, wrong in enumerate(errors):
        check_shape("errors", wrong, tuple(history[n][-1].mem.shape), history[n][-1].mem)
        check_finite("errors", wrong, first=n)


def run_back(
    network: SpikingNetwork,
    history: NetworkHistory,
    errors: Sequence[Tensor],
    adjoint: Adjoint = EXACT,
) -> Gradients:
    """Run time backward and return the sum of blame times activity over all steps.

    Parameters as in :func:`backward`.

    Returns
    -------
    Gradients
        One tensor for each parameter, by its name in ``network.named_parameters()``.

    Examples
    --------
    Nothing comes down to a hidden layer when the way down is dropped:

    >>> network = SpikingNetwork((3, 4, 2), generator=torch.Generator().manual_seed(0))
    >>> history, errors = record(network, torch.ones(9, 1, 3)), torch.ones(9, 1, 2)
    >>> found = run_back(network, history, errors, Adjoint(drop={"forward"}))
    >>> bool(found["hidden.0.weight"].any()), bool(found["readout.weight"].any())
    (False, True)

    Chapters 5b and 6a.
    """
    steps = backward(network, history, errors, adjoint)
    return summed(network, (products(network, history[n], blame) for n, blame in steps))


def products(
    network: SpikingNetwork, records: tuple[LayerStep, ...], blame: Sequence[Tensor]
) -> Gradients:
    """Return what one step adds to the gradients: blame times the activity that arrives.

    Parameters
    ----------
    network : SpikingNetwork
        Its layers name the parameters.
    records : tuple of LayerStep
        Of step n, one for each layer.
    blame : tuple of Tensor
        dL/dx[n] of each layer, (B, N), the readout last.

    Returns
    -------
    Gradients
        The sum over the batch of the outer products.

    Chapter 3.
    """
    total = {}
    for i, (layer, seen, rows) in enumerate(zip(network.hidden, records, blame)):
        for name, source in presynaptic(layer, i, seen).items():
            total[name] = rows.T @ source
    total["readout.weight"] = blame[-1].T @ records[-1].source
    return total
