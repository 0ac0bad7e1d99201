"""The membrane's response to one input spike, in closed form (paper section II, chapter 2)."""

import math

import torch
from torch import Tensor

from snnbook._validate import check_constants_are_numbers, check_integer
from snnbook.neurons._init import check_neuron
from snnbook.neurons._lif import LeakyNeuron


def psp_kernel(neuron: LeakyNeuron, steps: int) -> Tensor:
    r"""Return the membrane's response to one input spike of weight 1 at step 0, float64 (T,).

    .. math:: \kappa[n] = \frac{\beta^{n-1} - \alpha^{n-1}}{\beta - \alpha},
              \qquad \kappa[0] = \kappa[1] = 0

    For :math:`\alpha = \beta` the limit :math:`(n-1)\,\beta^{n-2}` is returned.

    >>> psp_kernel(LeakyNeuron(), 4)
    tensor([0.0000, 0.0000, 1.0000, 1.7236], dtype=torch.float64)

    Paper section II; chapter 2; ``eq-03-reach``.
    """
    check_neuron(neuron)
    check_constants_are_numbers(neuron)
    check_integer("steps", steps, 0)
    n = torch.arange(steps, dtype=torch.float64, device="cpu") - 1
    alpha, beta = neuron.alpha, neuron.beta
    if math.isclose(alpha, beta, rel_tol=1e-9):
        kernel = n * beta ** (n - 1)
    else:
        kernel = (beta**n - alpha**n) / (beta - alpha)
    return torch.where(n > 0, kernel, torch.zeros_like(kernel))
