"""How likely given spike trains are under escape noise, and the gradient of it (chapter 4b)."""

import torch
from torch import Tensor

from snnbook._validate import check_time_first
from snnbook.neurons import DEFAULT_NEURON, LIFNeuron, run
from snnbook.smoothed._escape import DEFAULT_ESCAPE, Escape
from snnbook.smoothed._stochastic import stochastic_unroll


def log_likelihood(
    weight: Tensor,
    inputs: Tensor,
    target: Tensor,
    neuron: LIFNeuron = DEFAULT_NEURON,
    *,
    escape: Escape = DEFAULT_ESCAPE,
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
    neuron, escape
        As in :func:`stochastic_unroll`.

    Returns
    -------
    Tensor
        (B, N), differentiable in ``weight``.

    Examples
    --------
    A neuron without input has x = -1 in each step, as long as it stays silent:

    >>> from snnbook.smoothed import SigmoidEscape
    >>> weight, silence = torch.zeros(1, 1), torch.zeros(3, 1, 1)
    >>> log_likelihood(weight, silence, silence, escape=SigmoidEscape(noise=1.0))
    tensor([[-0.9398]])

    Pfister et al. (2006); paper section IV.A.2; chapter 4b.
    """
    check_time_first("inputs", inputs, features=weight.shape[1])
    options = {"escape": escape, "gradient": "none", "target": target}
    return stochastic_unroll(inputs @ weight.T, neuron, **options).log_prob.sum(0)


@torch.no_grad()
def likelihood_gradient(
    weight: Tensor,
    inputs: Tensor,
    target: Tensor,
    neuron: LIFNeuron = DEFAULT_NEURON,
    *,
    escape: Escape = DEFAULT_ESCAPE,
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

    Pfister et al. (2006); chapter 4b.
    """
    check_time_first("inputs", inputs, features=weight.shape[1])
    options = {"escape": escape, "gradient": "none", "target": target}
    record = stochastic_unroll(inputs @ weight.T, neuron, **options)
    surprise = escape.score(target, record.mem - neuron.threshold)
    return torch.einsum("tbi,tbj->ij", surprise, run(neuron.leaky, inputs).mem)
