r"""Gradients of a smoothed loss from losses alone: draw noise, see what it did (chapter 5b).

The loss of a spiking network is a staircase of its weights. Averaged over noise it is smooth,
and its gradient can be estimated without a derivative of anything. What is smoothed, and how,
is part of each definition here.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.func import functional_call

from snnbook._validate import (
    check_finite,
    check_float,
    check_generator,
    check_integer,
    check_positive,
)
from snnbook.gradients import (
    Adjoint,
    Gradients,
    LayerStep,
    check_run,
    detached,
    error_at,
    no_gradients,
    record,
    run_back,
)
from snnbook.neurons import LIF, SpikingNetwork
from snnbook.training import StepError

#: Full width at half maximum of the logistic density of scale 1: 4 ln(1 + sqrt 2).
LOGISTIC_WIDTH = 4 * math.asinh(1)


@torch.no_grad()
def smoothed_differences(
    network: SpikingNetwork,
    spikes: Tensor,
    error: StepError,
    *,
    generator: torch.Generator,
    samples: int = 100,
    size: float = 0.1,
) -> Gradients:
    r"""Estimate the gradient of the loss averaged over Gaussian noise on the weights.

    .. math::

        \bar{\mathcal{L}}(w) = \mathrm{E}_\xi\, \mathcal{L}(w + \sigma \xi), \qquad
        \nabla \bar{\mathcal{L}} \approx \frac{1}{K} \sum_{k=1}^{K}
            \frac{\mathcal{L}(w + \sigma \xi_k) - \mathcal{L}(w - \sigma \xi_k)}{2 \sigma}\, \xi_k

    Each sample is a finite difference of the true loss in a random direction, two runs of the
    network. The mean over samples is the gradient of the smoothed loss, without bias. All
    parameters are moved at once; :math:`\sigma` is ``size`` times the root mean square of the
    parameter.

    Parameters
    ----------
    network : SpikingNetwork
        Nothing in it is changed.
    spikes : Tensor
        Input, (T, B, inputs).
    error : StepError
        The loss; only ``error.loss`` is used.
    generator : torch.Generator
        Source of the noise.
    samples : int
        K, at least 1.
    size : float
        Noise as a share of the weights, above 0: how far the staircase is smoothed.

    Returns
    -------
    Gradients
        One tensor for each parameter, by its name in ``network.named_parameters()``.

    Notes
    -----
    With d weights the estimate has about :math:`d / K` times the squared length of the gradient
    as noise, so its cosine to the gradient is near :math:`1 / \sqrt{1 + d / K}` at best.

    Examples
    --------
    >>> from snnbook.training import step_squared_error
    >>> generator = torch.Generator().manual_seed(0)
    >>> network = SpikingNetwork((3, 2), generator=generator)
    >>> error = step_squared_error(torch.ones(9, 1, 2))
    >>> found = smoothed_differences(network, torch.ones(9, 1, 3), error, generator=generator)
    >>> found["readout.weight"].shape
    torch.Size([2, 3])

    Paper section IV.A; chapter 5b.
    """
    _check(network, spikes, error, samples, generator)
    check_positive("size", size)
    weights, total = dict(detached(network)), no_gradients(network)
    scale = {name: size * value.square().mean().sqrt() for name, value in weights.items()}

    def loss_at(sign: float, noise: dict[str, Tensor]) -> Tensor:
        moved = {name: value + sign * scale[name] * noise[name] for name, value in weights.items()}
        return _finite(
            error.loss(functional_call(network, moved, (spikes,), {"record": False}).readout)
        )

    for _ in range(samples):
        noise = {n: torch.empty_like(v).normal_(generator=generator) for n, v in weights.items()}
        change = (loss_at(1.0, noise) - loss_at(-1.0, noise)) / 2
        for name, value in noise.items():
            # a parameter of zeros is not moved, and its difference quotient is 0 / 0
            total[name] += torch.where(scale[name] > 0, change / scale[name], 0.0) * value / samples
    return total


@torch.no_grad()
def score_function(
    network: SpikingNetwork,
    spikes: Tensor,
    error: StepError,
    *,
    generator: torch.Generator,
    samples: int = 32,
    width: float = 0.1,
) -> Gradients:
    r"""Estimate the gradient of the loss averaged over noise in the thresholds of hidden neurons.

    Logistic noise of scale s, new for each neuron and step, makes a spike a matter of chance,
    :math:`P(S = 1) = p(U) = 1 / (1 + e^{-(U - \theta) / s})`. The expected loss is smooth in
    the weights, and with :math:`\mathcal{L}_b` the loss of sample b,

    .. math::

        \nabla\, \mathrm{E}[\mathcal{L}] = \mathrm{E}\Bigl[ \frac{1}{B} \sum_b
            (\mathcal{L}_b - \text{baseline}_b) \sum_n \sum_i \frac{S_i[n] - p_i[n]}{s}\,
            \frac{\partial U_i[n]}{\partial w} \Bigr]

    The derivative of U is taken with all spikes as given, so neither the step nor the reset is
    ever differentiated. Each sample of the batch is run ``samples`` times; the baseline is the
    mean loss of its other runs. The readout's gradient is exact in each run.

    Parameters
    ----------
    network : SpikingNetwork
        Surrogates play no part.
    spikes : Tensor
        Input, (T, B, inputs).
    error : StepError
        The loss; each sample answers for its own, ``error.losses(readout)``.
    generator : torch.Generator
        Source of the noise.
    samples : int
        Runs of each sample, at least 2.
    width : float
        Full width at half maximum of the noise's density, in units of the potential, above 0:
        a surrogate of this width is what the noise would smooth the step to.

    Returns
    -------
    Gradients
        One tensor for each parameter, by its name in ``network.named_parameters()``.

    Examples
    --------
    >>> from snnbook.training import step_cross_entropy
    >>> generator = torch.Generator().manual_seed(0)
    >>> network = SpikingNetwork((3, 4, 2), generator=generator)
    >>> error = step_cross_entropy(torch.tensor([1]), steps=9)
    >>> found = score_function(network, torch.ones(9, 1, 3), error, generator=generator)
    >>> list(found)
    ['hidden.0.weight', 'readout.weight']

    Paper section IV.A.2; chapters 4b and 5b.
    """
    _check(network, spikes, error, samples, generator)
    check_integer("samples", samples, 2)
    check_positive("width", width)
    noise = _Noisy(width / LOGISTIC_WIDTH, generator)
    history = record(network.with_neuron(surrogate=noise), spikes.repeat(1, samples, 1))
    batch = spikes.shape[1]
    readout = torch.stack([records[-1].mem for records in history]).unflatten(1, (samples, batch))
    losses = torch.stack([_finite(error.losses(one)) for one in readout.unbind(1)])
    advantage = (losses - losses.mean(0)) * (samples / (samples - 1))
    credit = advantage.flatten() / (samples * batch)
    wrong = [
        torch.cat([error_at(error, one, n) for one in now.unbind(0)]) / samples
        for n, now in enumerate(readout.unbind(0))
    ]
    return run_back(
        network, history, wrong, Adjoint(spike=_score(credit.unsqueeze(1), noise.scale))
    )


def _score(credit: Tensor, scale: float) -> Callable[..., Tensor]:
    """Return what takes the place of the surrogate: credit times the score of the spike."""

    def score(layer: LIF, seen: LayerStep, lam_spikes: Tensor) -> Tensor:
        p = torch.sigmoid((seen.mem - layer.neuron.threshold) / scale)
        return credit * (seen.spikes - p) / scale

    return score


@dataclass(frozen=True)
class _Noisy:
    """Takes the place of a surrogate in a forward run: spikes by chance."""

    scale: float
    generator: torch.Generator

    def __call__(self, x: Tensor, spike_at_threshold: bool = False) -> Tensor:
        chance = torch.sigmoid(x / self.scale)
        drawn = torch.empty_like(x).uniform_(generator=self.generator)
        return (drawn < chance).to(x.dtype)


def _finite(loss: Tensor) -> Tensor:
    """Return a loss, or raise where it is NaN: noise would be weighted with it."""
    check_float("error.loss", loss)
    check_finite("error.loss", loss)
    return loss


def _check(network, spikes: Tensor, error: StepError, samples: int, generator) -> None:
    check_run(network, spikes)
    if not (callable(getattr(error, "loss", None)) and callable(getattr(error, "losses", None))):
        raise TypeError(
            f"error is a {type(error).__name__} without losses; a StepError is accepted, "
            "such as step_cross_entropy gives"
        )
    check_integer("samples", samples, 1)
    check_generator(generator)
