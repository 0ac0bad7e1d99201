"""LIF neurons that spike at random, and what a gradient does when it meets a spike (chapter 4b)."""

from typing import NamedTuple

import torch
from torch import Tensor

from snnbook._validate import check_choice, check_shape, check_time_first
from snnbook.neurons import DEFAULT_PARAMETERS, RESETS, LIFParameters, LIFState
from snnbook.smoothed._escape import DEFAULT_ESCAPE, Escape

#: What the gradient does at a spike; see :func:`stochastic_unroll`.
GRADIENTS = ("none", "escape", "identity", "expected")


class StochasticRecord(NamedTuple):
    """What happened in a layer of random neurons.

    ``spikes``, ``mem``, ``syn`` and ``log_prob`` are (T, B, N) with the shared index
    n = 0 .. T-1; ``log_prob`` is the log-probability of each spike or silence, given the past.
    ``state`` holds I[T] and U[T].
    """

    spikes: Tensor
    mem: Tensor
    syn: Tensor
    log_prob: Tensor
    state: LIFState


def stochastic_unroll(
    drive: Tensor,
    params: LIFParameters = DEFAULT_PARAMETERS,
    *,
    escape: Escape = DEFAULT_ESCAPE,
    gradient: str = "escape",
    recurrent_weight: Tensor | None = None,
    reset: str = "subtract",
    reset_gradient: bool = False,
    target: Tensor | None = None,
    state: LIFState | None = None,
    generator: torch.Generator | None = None,
) -> StochasticRecord:
    r"""Run LIF neurons whose step is a coin: :math:`P(S[n] = 1) = p(U[n] - \theta)`.

    Everything else is :func:`snnbook.neurons.unroll`:

    .. math::

        I[n+1] = \alpha I[n] + x[n] + V S[n], \qquad U[n+1] = \beta U[n] + I[n] - \theta S[n]

    Parameters
    ----------
    drive : Tensor
        Weighted input x[n], (T, B, N), floating point.
    params : LIFParameters
        Time constants and threshold.
    escape : SigmoidEscape or ExponentialEscape
        The function p.
    gradient : {"none", "escape", "identity", "expected"}
        What a gradient does at a spike. ``none`` stops there (for the likelihood and the
        score function). ``escape`` takes p'(x), ``identity`` takes 1 (straight-through).
        ``expected`` sends p(x) itself instead of a spike: a graded, deterministic network.
    recurrent_weight : Tensor, optional
        V, (N, N).
    reset : {"subtract", "zero", "none"}
        As in :func:`snnbook.neurons.lif_step`.
    reset_gradient : bool
        Whether the gradient flows through the spike in the reset.
    target : Tensor, optional
        Spike trains (T, B, N) of 0 and 1 to take instead of random ones; ``log_prob`` is
        then their log-likelihood.
    state : LIFState, optional
        I[0] and U[0], each (B, N). Zero when not given.
    generator : torch.Generator, optional
        Source of the random numbers.

    Returns
    -------
    StochasticRecord
        Records at n = 0 .. T-1, and the state I[T], U[T].

    Raises
    ------
    TypeError, ValueError
        If a shape, dtype or choice does not fit, or if ``target`` comes with ``expected``.

    Examples
    --------
    With little noise the neuron is the LIF of chapter 2, which fires at step 4 here:

    >>> impulse = torch.zeros(8, 1, 1)
    >>> impulse[0] = 0.5
    >>> from snnbook.smoothed import SigmoidEscape
    >>> quiet = SigmoidEscape(noise=1e-4)
    >>> stochastic_unroll(impulse, escape=quiet).spikes.flatten().int().tolist()
    [0, 0, 0, 0, 1, 0, 0, 0]

    Paper section IV.A.2; chapter 4b.
    """
    check_time_first("drive", drive)
    check_choice("gradient", gradient, GRADIENTS)
    check_choice("reset", reset, RESETS)
    if target is not None:
        check_shape("target", target, tuple(drive.shape), drive)
        if gradient == "expected":
            raise ValueError("gradient is 'expected', which takes no target; 'none' is accepted")
    zeros = drive.new_zeros(drive.shape[1:])
    syn, mem = (zeros, zeros) if state is None else state
    rows = ([], [], [])
    for n, x in enumerate(drive):
        fixed = None if target is None else target[n]
        spikes = _spike(mem - params.threshold, escape, gradient, fixed, generator)
        for row, value in zip(rows, (spikes, mem, syn), strict=True):
            row.append(value)
        resetting = spikes if reset_gradient else spikes.detach()
        if recurrent_weight is not None:
            x = x + spikes @ recurrent_weight.T
        syn, mem = params.alpha * syn + x, params.beta * mem + syn
        if reset == "subtract":
            mem = mem - params.threshold * resetting
        elif reset == "zero":
            mem = mem * (1 - resetting)
    spikes, mems, syns = (torch.stack(row) if row else torch.empty_like(drive) for row in rows)
    log_prob = escape.log_probability(spikes.detach(), mems - params.threshold)
    return StochasticRecord(spikes, mems, syns, log_prob, LIFState(syn, mem))


def _spike(x: Tensor, escape: Escape, gradient: str, target, generator) -> Tensor:
    """Return a spike (or its expectation), with the chosen gradient."""
    probability = escape.probability(x)
    if gradient == "expected":
        return probability
    if target is None:
        uniform = torch.rand(x.shape, dtype=x.dtype, device=x.device, generator=generator)
        target = (uniform < probability.detach()).to(x.dtype)
    if gradient == "none":
        return target
    soft = probability if gradient == "escape" else x
    return target + (soft - soft.detach())
