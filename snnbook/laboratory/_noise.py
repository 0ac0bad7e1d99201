r"""One noisy neuron, every spike train of it: when the surrogate gradient is exact (chapter 5b).

With escape noise a neuron spikes with the probability
:math:`p[n] = \sigma_k(U[n] - \theta) = 1 / (1 + e^{-k (U[n] - \theta)})`. In T steps there are
:math:`2^T` spike trains, few enough to sum over all of them, so nothing here is an estimate.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from snnbook._validate import (
    check_callable,
    check_choice,
    check_constants_are_numbers,
    check_finite,
    check_float,
    check_integer,
    check_kind,
    check_positive,
    is_number,
)
from snnbook.neurons import DEFAULT_NEURON, LIFNeuron

LONGEST = 16


class ExpectedGradients(NamedTuple):
    """The expected loss, its derivative by the weight, and the mean of two surrogate gradients."""

    loss: float
    exact: float
    surrogate: float
    surrogate_through_reset: float


def expected_gradients(
    weight: float,
    inputs: Tensor,
    loss: Callable[[Tensor], Tensor],
    *,
    slope: float = 4.0,
    neuron: LIFNeuron = DEFAULT_NEURON,
) -> ExpectedGradients:
    r"""Compare the exact gradient of an expected loss with the mean surrogate gradient.

    .. math::

        \frac{\mathrm{d}}{\mathrm{d}w} \mathrm{E}[L] &= \sum_S P(S)\, L(S) \sum_n
            \frac{S[n] - p[n]}{p[n](1 - p[n])}\, \sigma_k'(U[n] - \theta)\,
            \frac{\partial U[n]}{\partial w} \\
        \mathrm{E}[\tilde\nabla L] &= \sum_S P(S) \sum_n \frac{\partial L}{\partial S[n]}\,
            \sigma_k'(U[n] - \theta)\, \frac{\mathrm{d} U[n]}{\mathrm{d} w}

    The surrogate is the derivative of the escape noise, :math:`g = \sigma_k'`.

    Parameters
    ----------
    weight : float
        w, the weight of the one input.
    inputs : Tensor
        Input spikes (T,), floating point, with T from 1 to 16.
    loss : callable
        Takes spike trains (K, T) and returns losses (K,), differentiable by PyTorch.
    slope : float
        k of the escape noise, above 0.
    neuron : LIFNeuron
        Time constants, threshold and reset, "subtract" or "none"; its surrogate is not used.

    Returns
    -------
    ExpectedGradients
        ``surrogate`` ignores the path through the reset, ``surrogate_through_reset`` takes it.

    Raises
    ------
    ValueError
        If ``inputs`` is no vector of 1 to 16 steps, or the neuron's reset is neither.

    Examples
    --------
    Without a reset, the surrogate gradient of a spike count is exact:

    >>> pulse = torch.tensor([1.0, 0.0, 0.0, 0.0])
    >>> found = expected_gradients(1.0, pulse, lambda s: s.sum(1), neuron=LIFNeuron(reset="none"))
    >>> abs(found.exact - found.surrogate) < 1e-12
    True

    Gygax and Zenke 2025; paper section IV.A.2; chapters 4b and 5b;
    ``eq-05b-escape``, ``eq-05b-bias``.
    """
    check_float("inputs", inputs)
    check_positive("slope", slope)
    check_callable("loss", loss)
    check_kind("neuron", neuron, LIFNeuron)
    check_constants_are_numbers(neuron)
    if not (is_number(weight) and math.isfinite(weight)):
        raise ValueError(f"weight is {weight!r}; a finite number is accepted")
    check_choice("neuron.reset", neuron.reset, ("subtract", "none"))
    if inputs.dim() != 1 or not 1 <= len(inputs) <= LONGEST:
        raise ValueError(
            f"inputs has shape {tuple(inputs.shape)}; (T,) with T from 1 to {LONGEST} is accepted"
        )
    check_finite("inputs", inputs.detach(), steps=True)
    theta = neuron.threshold if neuron.reset == "subtract" else 0.0
    trains = spike_trains(len(inputs))
    syn = mem = d_syn = d_mem = d_through = torch.zeros(len(trains), dtype=torch.float64)
    log_p = score = torch.zeros_like(syn)
    partial, through = [], []
    for x, spikes in zip(inputs.tolist(), trains.unbind(1)):
        p = torch.sigmoid(slope * (mem - neuron.threshold))
        log_p = log_p + torch.where(spikes > 0, p, 1 - p).log()
        score = score + slope * (spikes - p) * d_mem
        bump = slope * p * (1 - p)
        partial.append(bump * d_mem)
        through.append(bump * d_through)
        d_through = neuron.beta * d_through + d_syn - theta * through[-1]
        mem, d_mem = neuron.beta * mem + syn - theta * spikes, neuron.beta * d_mem + d_syn
        syn, d_syn = neuron.alpha * syn + weight * x, neuron.alpha * d_syn + x
    probability = log_p.exp()
    value, slopes = _value_and_slope(loss, trains)
    means = (
        float((probability * (slopes * torch.stack(each, dim=1)).sum(1)).sum())
        for each in (partial, through)
    )
    exact = float((probability * value * score).sum())
    return ExpectedGradients(float((probability * value).sum()), exact, *means)


def spike_trains(steps: int) -> Tensor:
    """Return all spike trains of this many steps, (2**steps, steps).

    >>> spike_trains(2).tolist()
    [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]

    Chapter 5b.
    """
    check_integer("steps", steps, 1)
    if steps > LONGEST:
        raise ValueError(f"steps is {steps}; at most {LONGEST} is accepted, for 2**steps trains")
    values = torch.tensor([0.0, 1.0], dtype=torch.float64)
    return torch.cartesian_prod(*[values] * steps).reshape(-1, steps)


def _value_and_slope(loss, trains: Tensor) -> tuple[Tensor, Tensor]:
    """Return the loss of each train and its derivative by each spike."""
    leaf = trains.clone().requires_grad_()
    value = loss(leaf)
    check_float("loss", value)
    if tuple(value.shape) != (len(trains),):
        raise ValueError(f"loss returns shape {tuple(value.shape)}; ({len(trains)},) is accepted")
    check_finite("loss", value.detach())
    (slope,) = torch.autograd.grad(value.sum(), leaf)
    return value.detach(), slope
