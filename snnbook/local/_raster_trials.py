"""Whole trials of SuperSpike with outputs that spike, and learning over them (chapter 6b)."""

from typing import NamedTuple

import torch
from torch import Tensor

from snnbook._validate import (
    check_choice,
    check_constants_are_numbers,
    check_finite,
    check_integer,
    check_kind,
    check_positive,
    check_same_kind,
    check_time_first,
)
from snnbook.local._matrices import check_matrices
from snnbook.local._raster import (
    WIDE_NEURON,
    check_layers,
    raster_start,
    raster_step,
    symmetric_paths,
)
from snnbook.neurons import LIFNeuron


class RasterGradient(NamedTuple):
    """Sum of all increments, one for each layer; the output spikes (T, R, K); the loss (R,)."""

    gradients: tuple[Tensor, ...]
    spikes: Tensor
    loss: Tensor


class RasterHistory(NamedTuple):
    """``loss`` (trials, R); the last trial's output ``spikes`` (T, R, K); the final ``weights``."""

    loss: Tensor
    spikes: Tensor
    weights: tuple[Tensor, ...]


def match_spikes(
    weights: tuple[Tensor, ...],
    inputs: Tensor,
    target: Tensor,
    *,
    feedback: tuple[Tensor, ...] | None = None,
    neuron: LIFNeuron = WIDE_NEURON,
) -> RasterGradient:
    """Run one trial and return the sum of the increments, the output spikes and the loss.

    Parameters
    ----------
    weights : tuple of Tensor
        As in :func:`raster_start`.
    inputs, target : Tensor
        (T, R, N_in) and (T, R, outputs).
    feedback, neuron
        As in :func:`raster_step`.

    Returns
    -------
    RasterGradient

    Raises
    ------
    TypeError, ValueError
        If shapes do not fit.

    Notes
    -----
    With one layer the sum is the exact gradient of the van Rossum loss (with the surrogate and a
    detached reset). With a hidden layer it is not: the exact gradient also passes the surrogate
    and the filter of the output neuron.

    Examples
    --------
    >>> found = match_spikes((torch.ones(1, 1, 1),), torch.ones(9, 1, 1), torch.zeros(9, 1, 1))
    >>> bool(found.loss > 0), bool(found.gradients[0] > 0)
    (True, True)

    Paper section V.B; chapter 6b; ``eq-06b-loss``, ``eq-06b-chain``.
    """
    _check(weights, inputs, target, feedback, neuron)
    shared = {"feedback": feedback, "neuron": neuron}
    carry, outputs, loss = raster_start(weights), [], 0.0
    total = [torch.zeros_like(weight) for weight in weights]
    for arrived, wanted in zip(inputs.unbind(0), target.unbind(0)):
        carry, seen = raster_step(weights, carry, arrived, wanted, **shared)
        for one, increment in zip(total, seen.increments):
            one += increment
        loss = loss + 0.5 * seen.error.square().sum(1)
        outputs.append(seen.spikes[-1])
    return RasterGradient(tuple(total), torch.stack(outputs), loss)


def learn_raster(
    weights: tuple[Tensor, ...],
    inputs: Tensor,
    target: Tensor,
    *,
    trials: int,
    lr: float,
    step_size: str = "rmaxprop",
    forget: float = 0.95,
    feedback: tuple[Tensor, ...] | None = None,
    neuron: LIFNeuron = WIDE_NEURON,
) -> RasterHistory:
    r"""Show the same input again and again, and change the weights after each trial.

    ``"plain"`` takes off ``lr`` times the sum of increments. ``"rmaxprop"`` gives each synapse
    its own step size. It is an extra, no part of the three factors:

    .. math:: v \leftarrow \max(\gamma v, \Delta W^2), \qquad
              W \leftarrow W - \frac{\eta}{\sqrt{v}} \Delta W

    Parameters
    ----------
    weights, inputs, target
        As in :func:`match_spikes`. The weights given are not changed.
    trials : int
        At least 1.
    lr : float
        :math:`\eta`, above 0.
    step_size : {"rmaxprop", "plain"}
        As above.
    forget : float
        :math:`\gamma` of a trial.
    feedback, neuron
        As in :func:`raster_step`.

    Returns
    -------
    RasterHistory

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit.

    Examples
    --------
    >>> one = torch.full((1, 1, 1), 0.5)
    >>> silence = torch.zeros(30, 1, 1)
    >>> quiet = learn_raster((one,), torch.ones(30, 1, 1), silence, trials=30, lr=0.02)
    >>> bool(quiet.loss[-1] < quiet.loss[0]), bool(quiet.weights[0] < one)
    (True, True)

    Paper section V.B; chapter 6b. Zenke and Ganguli (2018) call the step size RMaxProp;
    ``eq-06b-rmaxprop``.
    """
    check_integer("trials", trials, 1)
    check_positive("lr", lr)
    check_positive("forget", forget)
    check_choice("step_size", step_size, ("rmaxprop", "plain"))
    check_layers(weights)
    weights = tuple(weight.clone() for weight in weights)
    largest = [torch.zeros_like(weight) for weight in weights]
    losses = []
    for _ in range(trials):
        found = match_spikes(weights, inputs, target, feedback=feedback, neuron=neuron)
        losses.append(found.loss)
        for i, change in enumerate(found.gradients):
            if step_size == "rmaxprop":
                largest[i] = torch.maximum(forget * largest[i], change.square())
                change = change / (largest[i].sqrt() + 1e-12)
            weights[i].sub_(lr * change)
    return RasterHistory(torch.stack(losses), found.spikes, weights)


def _check(weights: tuple[Tensor, ...], inputs: Tensor, target: Tensor, feedback, neuron) -> None:
    check_layers(weights)
    check_kind("neuron", neuron, LIFNeuron)
    check_constants_are_numbers(neuron)
    check_time_first("inputs", inputs, features=weights[0].shape[2])
    check_time_first("target", target, features=weights[-1].shape[1])
    if inputs.shape[:2] != target.shape[:2] or inputs.shape[1] != len(weights[0]):
        raise ValueError(
            f"inputs has shape {tuple(inputs.shape)}, target {tuple(target.shape)}; "
            f"the same steps and {len(weights[0])} runs are accepted"
        )
    if len(inputs) == 0:
        raise ValueError("inputs has no step; at least one is accepted")
    for name, tensor in (("inputs", inputs), ("target", target)):
        check_same_kind(name, tensor, weights[0])
        check_finite(name, tensor, steps=True)
    if feedback is not None:
        check_matrices("feedback", feedback, symmetric_paths(weights))
