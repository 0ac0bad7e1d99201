"""How likely given spike trains are under escape noise, and the gradient of it (chapter 4b)."""

from dataclasses import replace

import torch
from torch import Tensor

from snnbook._validate import check_shape
from snnbook.neurons import run
from snnbook.smoothed._noisy import (
    DEFAULT_NOISY,
    NoisyNeuron,
    StochasticRecord,
    check_layer,
    check_noisy,
    check_trains,
    clamped_run,
)


def log_likelihood(
    weight: Tensor,
    inputs: Tensor,
    target: Tensor,
    neuron: NoisyNeuron = DEFAULT_NOISY,
) -> Tensor:
    r"""Return the log-likelihood of target spike trains, one value per sample and neuron.

    .. math:: \log P(S^*) = \sum_n S^*[n] \log p(x[n]) + (1 - S^*[n]) \log(1 - p(x[n]))

    with :math:`x = U - \theta` and the resets at the *target's* spikes.

    Parameters
    ----------
    weight : Tensor
        W, (N, N_in).
    inputs : Tensor
        Input spikes, (T, B, N_in).
    target : Tensor
        Target spikes S*, (T, B, N), 0 or 1.
    neuron : NoisyNeuron
        Time constants, threshold, reset and escape noise.

    Returns
    -------
    Tensor
        (B, N), differentiable in ``weight``.

    Examples
    --------
    A neuron without input has x = -1 in each step, as long as it stays silent:

    >>> from snnbook.smoothed import SigmoidEscape
    >>> weight, silence = torch.zeros(1, 1), torch.zeros(3, 1, 1)
    >>> log_likelihood(weight, silence, silence, NoisyNeuron(escape=SigmoidEscape(noise=1.0)))
    tensor([[-0.9398]])

    Pfister et al. (2006); paper section IV.A.2; chapter 4b; ``eq-04b-likelihood``.
    """
    check_layer(weight, inputs)
    check_noisy(neuron)
    check_shape("target", target, (*inputs.shape[:2], len(weight)), weight)
    check_trains("target", target)
    return _clamped(weight, inputs, target, neuron).log_prob.sum(0)


@torch.no_grad()
def likelihood_gradient(
    weight: Tensor,
    inputs: Tensor,
    target: Tensor,
    neuron: NoisyNeuron = DEFAULT_NOISY,
) -> Tensor:
    r"""Return the gradient of :func:`log_likelihood`, summed over the batch, in its local form.

    .. math::

        \frac{\partial \log P(S^*)}{\partial W_{ij}} = \sum_n
        \underbrace{s(S_i^*[n], x_i[n])}_{\text{surprise at the neuron}} \;
        \underbrace{\varepsilon_j[n]}_{\text{trace at the synapse}}

    :math:`s` is the escape noise's ``score`` and :math:`\varepsilon_j` the membrane response
    to the spikes of input j. Both run forward in time; nothing is sent back.

    Parameters as in :func:`log_likelihood`.

    Returns
    -------
    Tensor
        (N, N_in).

    Examples
    --------
    >>> spikes = torch.ones(6, 1, 2)
    >>> likelihood_gradient(torch.zeros(1, 2), spikes, spikes[..., :1]).shape
    torch.Size([1, 2])

    Pfister et al. (2006); chapter 4b; ``eq-04b-local``.
    """
    check_layer(weight, inputs)
    check_noisy(neuron)
    check_shape("target", target, (*inputs.shape[:2], len(weight)), weight)
    check_trains("target", target)
    mem = _clamped(weight, inputs, target, neuron).mem
    surprise = neuron.escape.score(target, mem - neuron.threshold)
    return torch.einsum("tbi,tbj->ij", surprise, run(neuron.leaky, inputs).mem)


def _clamped(
    weight: Tensor, inputs: Tensor, target: Tensor, neuron: NoisyNeuron
) -> StochasticRecord:
    """Return the run in which the neurons send the target; nothing flows through its spikes."""
    return clamped_run(replace(neuron, gradient="none"), inputs @ weight.T, target)
