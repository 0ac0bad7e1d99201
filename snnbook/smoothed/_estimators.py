"""Estimates of the gradient of an expected loss, and the exact one by enumeration (chapter 4b)."""

from collections.abc import Callable

import torch
from torch import Tensor

from snnbook._validate import check_choice, check_integer, check_shape, check_time_first
from snnbook.neurons import DEFAULT_PARAMETERS, LIFParameters, integrate
from snnbook.smoothed._escape import DEFAULT_ESCAPE, Escape
from snnbook.smoothed._stochastic import stochastic_unroll

#: Estimators of the gradient of an expected loss; see :func:`gradient_samples`.
ESTIMATORS = ("score", "baseline", "escape", "identity", "expected")
_LARGEST_TABLE = 16

SpikeLoss = Callable[[Tensor], Tensor]


def spike_trains(steps: int, neurons: int, dtype: torch.dtype = torch.float64) -> Tensor:
    r"""Return all :math:`2^{TN}` spike trains of some neurons, (T, 2**(T N), N).

    Raises
    ------
    ValueError
        If there are more than :math:`2^{16}`.

    Examples
    --------
    >>> spike_trains(2, 1)[..., 0].T.int().tolist()
    [[0, 0], [0, 1], [1, 0], [1, 1]]

    Chapter 4b.
    """
    check_integer("steps", steps, 1)
    check_integer("neurons", neurons, 1)
    bits = steps * neurons
    if bits > _LARGEST_TABLE:
        raise ValueError(
            f"steps times neurons is {bits}; at most {_LARGEST_TABLE} is accepted, "
            "because all 2**(steps * neurons) trains are listed"
        )
    numbers = torch.arange(2**bits)[:, None]
    table = (numbers >> torch.arange(bits - 1, -1, -1)) & 1
    return table.reshape(-1, steps, neurons).transpose(0, 1).to(dtype)


def expected_loss(
    weight: Tensor,
    inputs: Tensor,
    loss: SpikeLoss,
    params: LIFParameters = DEFAULT_PARAMETERS,
    *,
    escape: Escape = DEFAULT_ESCAPE,
    recurrent_weight: Tensor | None = None,
) -> Tensor:
    r"""Return the exact expectation of a loss over all spike trains of a small layer.

    .. math:: \langle \mathcal L \rangle = \sum_S P(S) \, \mathcal L(S)

    Parameters
    ----------
    weight : Tensor
        W, (N, N_in).
    inputs : Tensor
        Input spikes of one sample, (T, 1, N_in); T times N is at most 16.
    loss : callable
        Takes spikes (T, B, N) and returns the loss of each sample, (B,).
    params, escape, recurrent_weight
        As in :func:`stochastic_unroll`.

    Returns
    -------
    Tensor
        A number, differentiable in ``weight``: its gradient is the truth that every
        estimator of :func:`gradient_samples` is measured against.

    Raises
    ------
    TypeError, ValueError
        If a shape or dtype does not fit, or there are too many trains.

    Examples
    --------
    A neuron at x = -1 throughout, and the expected number of its spikes in one step:

    >>> from snnbook.smoothed import SigmoidEscape
    >>> count = lambda spikes: spikes.sum((0, 2))
    >>> weight = torch.zeros(1, 1, dtype=torch.float64)
    >>> silence = torch.zeros(1, 1, 1, dtype=torch.float64)
    >>> expected_loss(weight, silence, count, escape=SigmoidEscape(1.0))
    tensor(0.2689, dtype=torch.float64)

    Chapter 4b.
    """
    _check_one_sample(weight, inputs)
    trains = spike_trains(inputs.shape[0], weight.shape[0], weight.dtype)
    drive = (inputs @ weight.T).expand_as(trains)
    options = {"escape": escape, "gradient": "none", "recurrent_weight": recurrent_weight}
    record = stochastic_unroll(drive, params, target=trains, **options)
    return record.log_prob.sum((0, 2)).exp() @ loss(trains)


def gradient_samples(
    weight: Tensor,
    inputs: Tensor,
    loss: SpikeLoss,
    params: LIFParameters = DEFAULT_PARAMETERS,
    *,
    estimator: str = "baseline",
    samples: int = 100,
    escape: Escape = DEFAULT_ESCAPE,
    reset_gradient: bool = True,
    generator: torch.Generator | None = None,
) -> Tensor:
    r"""Return estimates of the gradient of an expected loss, one per random run.

    Parameters
    ----------
    weight, inputs, loss, params, escape
        As in :func:`expected_loss`; the layer may be of any size.
    estimator : {"score", "baseline", "escape", "identity", "expected"}
        ``score`` is :math:`\mathcal L(S) \, \partial \log P(S) / \partial W`, unbiased.
        ``baseline`` takes the mean loss of the other samples off :math:`\mathcal L` first,
        and is unbiased as well. ``escape`` backpropagates p' through each spike, ``identity``
        backpropagates 1, and ``expected`` differentiates the graded network that sends p:
        these three are biased in general.
    samples : int
        How many random runs, at least 2.
    reset_gradient : bool
        Whether the last three estimators go through the spike in the reset as well.
    generator : torch.Generator, optional
        Source of the random numbers.

    Returns
    -------
    Tensor
        (samples, N, N_in). ``expected`` has no randomness, so its samples are equal.

    Raises
    ------
    TypeError, ValueError
        If a shape, dtype or choice does not fit.

    Examples
    --------
    >>> count = lambda spikes: spikes.sum((0, 2))
    >>> generator = torch.Generator().manual_seed(0)
    >>> spikes = torch.ones(8, 1, 3)
    >>> found = gradient_samples(torch.zeros(2, 3), spikes, count, generator=generator)
    >>> found.shape
    torch.Size([100, 2, 3])

    Williams (1992); Bengio, Leonard and Courville (2013); chapter 4b.
    """
    _check_one_sample(weight, inputs)
    check_choice("estimator", estimator, ESTIMATORS)
    check_integer("samples", samples, 2)
    options = {"escape": escape, "generator": generator}
    if estimator not in ("score", "baseline"):
        each = weight.detach().expand(samples, *weight.shape).clone().requires_grad_()
        drive = torch.einsum("bij,tj->tbi", each, inputs[:, 0])
        options |= {"gradient": estimator, "reset_gradient": reset_gradient}
        losses = loss(stochastic_unroll(drive, params, **options).spikes)
        return torch.autograd.grad(losses.sum(), each)[0]
    with torch.no_grad():
        drive = (inputs @ weight.T).expand(-1, samples, -1)
        record = stochastic_unroll(drive, params, gradient="none", **options)
        losses = loss(record.spikes)
        if estimator == "baseline":
            losses = losses - _leave_one_out(losses)
        surprise = escape.score(record.spikes, record.mem - params.threshold)
        trace = integrate(inputs, params).mem[:, 0]
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

    Williams (1992); chapter 4b.
    """
    if losses.dim() != 2:
        raise ValueError(f"losses has shape {tuple(losses.shape)}; (K, B) is accepted")
    check_shape("log_prob", log_prob, tuple(losses.shape), losses)
    weighting = losses.detach()
    if isinstance(baseline, str):
        check_choice("baseline", baseline, ("others", "none"))
        if baseline == "others":
            if len(losses) < 2:
                raise ValueError("losses has 1 run per input; 'others' needs at least 2")
            weighting = weighting - _leave_one_out(weighting)
    else:
        weighting = weighting - baseline
    return (losses + weighting * log_prob).mean()


def _leave_one_out(losses: Tensor) -> Tensor:
    """Return the mean of the other entries along the first axis."""
    return (losses.sum(0) - losses) / (len(losses) - 1)


def _check_one_sample(weight: Tensor, inputs: Tensor) -> None:
    check_time_first("inputs", inputs, features=weight.shape[1])
    if inputs.shape[1] != 1:
        raise ValueError(f"inputs has shape {tuple(inputs.shape)}; one sample is accepted, B = 1")
