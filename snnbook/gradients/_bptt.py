r"""Backpropagation through time by hand (paper section III, Box 2; chapter 3).

The forward pass keeps what happened at every step. Then time runs backward. With
:math:`\lambda_X[n] = \partial \mathcal{L} / \partial X[n]`, the sum over all later effects of
:math:`X[n]`, every layer does at each step

.. math::

    \lambda_I[n] &= \alpha \lambda_I[n+1] + k[n]\, \lambda_U[n+1] \\
    \lambda_S[n] &= V^\top \lambda_I[n+1] + W_\text{up}^\top \lambda_I^\text{up}[n+1]
                    - \rho[n]\, \lambda_U[n+1] \\
    \lambda_U[n] &= \beta k[n]\, \lambda_U[n+1] + g(U[n] - \theta)\, \lambda_S[n]

and the gradients collect
:math:`\partial\mathcal{L}/\partial W = \sum_n \lambda_I[n+1]\, S_\text{in}[n]^\top` and
:math:`\partial\mathcal{L}/\partial V = \sum_n \lambda_I[n+1]\, S[n]^\top`.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from snnbook._validate import check_integer
from snnbook.gradients._online import (
    Gradients,
    LayerStep,
    NetworkState,
    check_run,
    kept,
    network_step,
    no_gradients,
    reset_strength,
    rest,
    slope,
)
from snnbook.neurons import LIFState, SpikingNetwork
from snnbook.training import StepError

History = list[tuple[LayerStep, ...]]


@torch.no_grad()
def bptt(
    network: SpikingNetwork, spikes: Tensor, error: StepError, *, truncate: int | None = None
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

    Returns
    -------
    Gradients
        One tensor for each parameter, by its name in ``network.named_parameters()``.

    Raises
    ------
    TypeError, ValueError
        If the spikes do not fit the network, or ``truncate`` is below 1.

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

    Paper section III, Box 2; chapter 3.
    """
    check_run(network, spikes)
    if truncate is not None:
        check_integer("truncate", truncate, 1)
    total, state = no_gradients(network), rest(network, spikes.shape[1])
    piece = max(1, truncate or len(spikes))
    for start in range(0, len(spikes), piece):
        history, state = _forward(network, spikes[start : start + piece], state)
        errors = [error(records[-1].mem, start + n) for n, records in enumerate(history)]
        for n, blame in backward(network, history, errors):
            for name, value in products(network, history[n], blame).items():
                total[name] += value
    return total


@torch.no_grad()
def record(network: SpikingNetwork, spikes: Tensor) -> History:
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

    Raises
    ------
    TypeError, ValueError
        If the spikes do not fit the network.

    Examples
    --------
    >>> history = record(SpikingNetwork((3, 4, 2)), torch.ones(5, 1, 3))
    >>> len(history), len(history[0])
    (5, 2)

    Paper section III; chapter 3.
    """
    check_run(network, spikes)
    return _forward(network, spikes, rest(network, spikes.shape[1]))[0]


def _forward(network, spikes: Tensor, state: NetworkState) -> tuple[History, NetworkState]:
    history = []
    for inputs in spikes.unbind(0):
        records, state = network_step(network, state, inputs)
        history.append(records)
    return history, state


@torch.no_grad()
def backward(
    network: SpikingNetwork, history: History, errors: list[Tensor]
) -> Iterator[tuple[int, tuple[Tensor, ...]]]:
    r"""Run time backward and give the blame of every neuron at each step, n = T-1 .. 0.

    Parameters
    ----------
    network : SpikingNetwork
        The network that made the history.
    history : list
        From :func:`record`.
    errors : list of Tensor
        :math:`\partial\mathcal{L}/\partial U_c[n]` of each step, (B, C).

    Yields
    ------
    n : int
    blame : tuple of Tensor
        For each layer, the readout last, the derivative of the loss by its drive,
        :math:`\partial\mathcal{L}/\partial x[n] = \lambda_I[n+1]`, (B, N).

    Paper section III, Box 2; chapter 3.
    """
    if not history:
        return
    nothing = rest(network, len(history[0][0].source))
    later = (*nothing.hidden, nothing.readout)
    for n in reversed(range(len(history))):
        yield n, tuple(lam.syn for lam in later)
        later = _step_back(network, history[n], later, errors[n])


def _step_back(network, records, later, error) -> tuple[LIFState, ...]:
    """Return lambda_I[n], lambda_U[n] of every layer from those of n+1."""
    *inner, out = later
    alpha, beta = network.readout.params.alpha, network.readout.params.beta
    now = [LIFState(alpha * out.syn + out.mem, beta * out.mem + error)]
    above, lam_above = network.readout, out
    for layer, lam, seen in zip(
        reversed(network.hidden), reversed(inner), reversed(records[:-1]), strict=True
    ):
        alpha, beta, k = layer.params.alpha, layer.params.beta, kept(layer, seen)
        lam_spikes = lam_above.syn @ above.weight - reset_strength(layer, seen) * lam.mem
        if layer.recurrent() is not None:
            lam_spikes = lam_spikes + lam.syn @ layer.recurrent()
        lam_mem = beta * k * lam.mem + slope(layer, seen) * lam_spikes
        now.append(LIFState(alpha * lam.syn + k * lam.mem, lam_mem))
        above, lam_above = layer, lam
    return tuple(reversed(now))


def products(network: SpikingNetwork, records: tuple[LayerStep, ...], blame) -> Gradients:
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
    *inner, out = zip(records, blame, strict=True)
    total = {}
    for i, (seen, rows) in enumerate(inner):
        total[f"hidden.{i}.weight"] = rows.T @ seen.source
        if network.hidden[i].recurrent() is not None:
            total[f"hidden.{i}.recurrent_weight"] = rows.T @ seen.spikes
    total["readout.weight"] = out[1].T @ out[0].source
    return total
