"""Estimates of the gradient of an expected loss, from random runs (chapter 4b)."""

import math
from dataclasses import replace

import torch
from torch import Tensor

from snnbook._validate import (
    check_callable,
    check_choice,
    check_finite,
    check_float,
    check_integer,
    check_shape,
    is_number,
)
from snnbook.neurons import run
from snnbook.smoothed._enumeration import SpikeLoss, check_one_sample, loss_of_each
from snnbook.smoothed._noisy import NoisyNeuron, check_noisy

#: Estimators of the gradient of an expected loss; see :func:`gradient_samples`.
ESTIMATORS = ("score", "baseline", "escape", "identity", "expected")

#: The neuron when none is given: a gradient through spikes goes through those in resets as well.
DEFAULT_SAMPLED = NoisyNeuron(reset_gradient=True)


def gradient_samples(
    weight: Tensor,
    inputs: Tensor,
    loss: SpikeLoss,
    neuron: NoisyNeuron = DEFAULT_SAMPLED,
    *,
    estimator: str = "baseline",
    samples: int = 100,
) -> Tensor:
    r"""Return estimates of the gradient of an expected loss, one per random run.

    Parameters
    ----------
    weight, inputs, loss
        As in :func:`expected_loss`; the layer may be of any size.
    neuron : NoisyNeuron
        Its ``generator`` draws the spikes. Its ``reset_gradient`` says whether the last three
        estimators go through the spike in the reset as well. Its ``gradient`` is set by
        ``estimator``.
    estimator : {"score", "baseline", "escape", "identity", "expected"}
        ``score`` is :math:`\mathcal L(S) \, \partial \log P(S) / \partial W`, unbiased.
        ``baseline`` takes the mean loss of the other samples off :math:`\mathcal L` first,
        and is unbiased as well. ``escape`` backpropagates p' through each spike, ``identity``
        backpropagates 1, and ``expected`` differentiates the graded network that sends p:
        these three are biased in general.
    samples : int
        How many random runs, at least 2.

    Returns
    -------
    Tensor
        (samples, N, N_in). ``expected`` has no randomness, so its samples are equal.

    Examples
    --------
    >>> count = lambda spikes: spikes.sum((0, 2))
    >>> neuron = NoisyNeuron(generator=torch.Generator().manual_seed(0))
    >>> spikes = torch.ones(8, 1, 3)
    >>> gradient_samples(torch.zeros(2, 3), spikes, count, neuron).shape
    torch.Size([100, 2, 3])

    Williams (1992); Bengio, Leonard and Courville (2013); chapter 4b; ``eq-04b-score``.
    """
    check_one_sample(weight, inputs)
    check_noisy(neuron)
    check_callable("loss", loss)
    check_choice("estimator", estimator, ESTIMATORS)
    check_integer("samples", samples, 2)
    if estimator not in ("score", "baseline"):
        each = weight.detach().expand(samples, *weight.shape).clone().requires_grad_()
        drive = torch.einsum("bij,tj->tbi", each, inputs[:, 0])
        losses = loss_of_each(loss, run(replace(neuron, gradient=estimator), drive).spikes)
        return torch.autograd.grad(losses.sum(), each)[0]
    with torch.no_grad():
        drive = (inputs @ weight.T).expand(-1, samples, -1)
        record = run(replace(neuron, gradient="none"), drive)
        losses = loss_of_each(loss, record.spikes)
        if estimator == "baseline":
            losses = losses - _leave_one_out(losses)
        surprise = neuron.escape.score(record.spikes, record.mem - neuron.threshold)
        trace = run(neuron.leaky, inputs).mem[:, 0]
        return torch.einsum("b,tbi,tj->bij", losses, surprise, trace)


def score_loss(
    losses: Tensor, log_prob: Tensor, *, baseline: str | float | Tensor = "others"
) -> Tensor:
    r"""Return a number whose gradient is the score-function estimate.

    .. math:: \frac{1}{KB} \sum_{k, b} \mathcal L_{kb}
              + (\mathcal L_{kb} - b_{kb})\big|_\text{no gradient} \log P_{kb}

    The first part reaches weights behind the last spike, the second those before it.

    Parameters
    ----------
    losses : Tensor
        The loss of K random runs of each of B inputs, (K, B).
    log_prob : Tensor
        The log-probability of all hidden spikes in each run, (K, B).
    baseline : {"others", "none"}, float or Tensor
        ``others`` is the mean loss of the other K - 1 runs of the same input. A number or a
        tensor that fits (K, B) may not depend on the run's own spikes.

    Returns
    -------
    Tensor
        A number. Its value has no meaning beyond the mean loss in it; its gradient has.

    Raises
    ------
    ValueError
        If the shapes differ, or if ``others`` has no other run.

    Examples
    --------
    >>> losses = torch.tensor([[1.0], [3.0]])
    >>> log_prob = torch.tensor([[-1.0], [-2.0]], requires_grad=True)
    >>> score_loss(losses, log_prob).backward()
    >>> log_prob.grad.flatten()
    tensor([-1.,  1.])

    Williams (1992); chapter 4b; ``eq-04b-score``, ``eq-04b-baseline``.
    """
    check_float("losses", losses)
    if losses.dim() != 2 or 0 in losses.shape:
        raise ValueError(f"losses has shape {tuple(losses.shape)}; (K, B) is accepted")
    check_shape("log_prob", log_prob, tuple(losses.shape), losses)
    weighting = losses.detach()
    check_finite("losses", weighting)
    check_finite("log_prob", log_prob.detach())
    if isinstance(baseline, str):
        check_choice("baseline", baseline, ("others", "none"))
        if baseline == "others":
            if len(losses) < 2:
                raise ValueError("losses has 1 run per input; 'others' needs at least 2")
            weighting = weighting - _leave_one_out(weighting)
    else:
        weighting = weighting - _fitting(baseline, losses)
    return (losses + weighting * log_prob).mean()


def _leave_one_out(losses: Tensor) -> Tensor:
    """Return the mean of the other entries along the first axis."""
    return (losses.sum(0) - losses) / (len(losses) - 1)


def _fitting(baseline: float | Tensor, losses: Tensor) -> float | Tensor:
    """Return a baseline that is a finite number, or a tensor that fits the losses."""
    if not isinstance(baseline, Tensor):
        if not (is_number(baseline) and math.isfinite(baseline)):
            raise ValueError(
                f"baseline is {baseline!r}; 'others', 'none', a finite number or a tensor is "
                "accepted"
            )
        return baseline
    check_float("baseline", baseline)
    pairs = zip(reversed(baseline.shape), reversed(losses.shape))
    if baseline.dim() > losses.dim() or any(n not in (1, m) for n, m in pairs):
        raise ValueError(
            f"baseline has shape {tuple(baseline.shape)}; one that fits {tuple(losses.shape)} "
            "is accepted"
        )
    check_finite("baseline", baseline.detach())
    return baseline.detach()
