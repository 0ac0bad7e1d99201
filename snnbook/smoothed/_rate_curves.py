r"""The f-I curve of the LIF neuron in closed form: exact, soft, and noisy (paper section IV.A.3).

All curves are functions of the *mean membrane potential* :math:`\mu`, the value at which the
membrane would settle without reset. A constant drive x gives

.. math:: \mu = G\, x, \qquad G = \frac{1}{(1 - \alpha)(1 - \beta)},

and an input that spikes p times per step on average through a weight w gives
:math:`\mu = G\, w\, p`.
"""

import math

import numpy as np
import torch
from torch import Tensor

from snnbook._validate import (
    check_constants_are_numbers,
    check_finite,
    check_flag,
    check_float,
    check_integer,
    check_kind,
    check_positive,
    is_number,
)
from snnbook.neurons import DEFAULT_NEURON, LIFNeuron


def drive_gain(neuron: LIFNeuron = DEFAULT_NEURON) -> float:
    r"""Return the mean membrane potential per unit of constant drive, 1/((1-alpha)(1-beta)).

    >>> half = LIFNeuron(tau_mem=1 / math.log(2), tau_syn=1 / math.log(2), dt=1.0)
    >>> round(drive_gain(half), 6)
    4.0

    Paper section IV.A.3; chapter 4c; ``eq-04c-gain``.
    """
    _check_neuron(neuron)
    check_positive("neuron.tau_mem", neuron.tau_mem)
    return 1 / (math.expm1(-neuron.dt / neuron.tau_syn) * math.expm1(-neuron.dt / neuron.tau_mem))


def _check_neuron(neuron: LIFNeuron) -> None:
    check_kind("neuron", neuron, LIFNeuron)
    check_constants_are_numbers(neuron)


def check_mean(mean: Tensor, neuron: LIFNeuron) -> None:
    """Raise unless a mean potential is finite: below a threshold NaN looks like silence."""
    check_float("mean", mean)
    check_finite("mean", mean.detach())
    _check_neuron(neuron)


def lif_rate(
    mean: Tensor,
    neuron: LIFNeuron = DEFAULT_NEURON,
    *,
    softness: float = 0.0,
    discrete: bool = False,
) -> Tensor:
    r"""Return the firing rate of an LIF neuron at a constant mean potential, in closed form.

    .. math::

        f(\mu) = \frac{1}{\tau_\text{mem} \ln\bigl(1 + \theta / s\bigr)
                 + \tfrac{3}{2} \Delta t\, \theta / (\theta + s)},

    .. math::

        s = \max(\mu - \theta, 0) \quad\text{or, softened,}\quad
        s = \gamma \ln\bigl(1 + e^{(\mu - \theta) / \gamma}\bigr).

    Parameters
    ----------
    mean : Tensor
        :math:`\mu`, the mean potential, any shape, floating point.
    neuron : LIFNeuron
        Membrane time constant and threshold; the time step only with ``discrete``.
    softness : float
        :math:`\gamma`, in units of the potential, at least 0. At 0 the curve is exact and has
        an infinite slope at threshold; above 0 it is the soft LIF of Hunsberger and Eliasmith
        (2015), which is smooth. Its tail below threshold falls only as
        :math:`\gamma / (\theta - \mu)`.
    discrete : bool
        Whether to add the term with :math:`\Delta t`, what the time step costs to first order:
        the late reset and the overshoot make each interval longer. The rate then ends at
        1/dt, one spike in each step. Without it the curve is that of continuous time.

    Returns
    -------
    Tensor
        Rate in Hz, with the shape and dtype of ``mean``. Differentiable.

    Examples
    --------
    At twice the threshold the membrane needs tau ln 2 = 6.93 ms to the next spike:

    >>> lif_rate(torch.tensor([0.5, 1.0, 2.0]))
    tensor([  0.0000,   0.0000, 144.2695])

    Paper section IV.A.3; chapter 4c; ``eq-04c-fi``, ``eq-04c-step``, ``eq-04c-soft``.
    """
    check_mean(mean, neuron)
    check_flag("discrete", discrete)
    if not (is_number(softness) and math.isfinite(softness) and softness >= 0):
        raise ValueError(f"softness is {softness!r}; a finite number of at least 0 is accepted")
    check_positive("neuron.tau_mem", neuron.tau_mem)
    distance = (mean - neuron.threshold) / neuron.threshold
    excess, logarithm, fires = _interval(distance, softness / neuron.threshold)
    period = neuron.tau_mem * logarithm
    if discrete:
        period = (period + 1.5 * neuron.dt / (1 + excess)).clamp(min=neuron.dt)
    return torch.where(fires, 1 / period, torch.zeros_like(period))


def _interval(distance: Tensor, softness: float) -> tuple[Tensor, Tensor, Tensor]:
    """Return s, ln(1 + 1/s) and whether it is finite, in units of the threshold."""
    tiny = 1e-12
    if softness == 0:
        fires = distance > tiny
        excess = torch.where(fires, distance, torch.ones_like(distance))
        return excess, torch.log1p(1 / excess), fires
    scaled = distance / softness
    # Far below threshold ln(1 + 1/s) is -ln s, and s = softness * exp(scaled).
    near = scaled > -25
    excess = softness * torch.nn.functional.softplus(torch.where(near, scaled, 0.0))
    far = torch.where(near, 0.0, -scaled) - math.log(softness)
    logarithm = torch.where(near, torch.log1p(1 / excess), far)
    fires = torch.ones_like(near)
    return torch.where(near, excess, torch.zeros_like(excess)), logarithm, fires


def siegert_rate(
    mean: Tensor, std: float, neuron: LIFNeuron = DEFAULT_NEURON, *, nodes: int = 16
) -> Tensor:
    r"""Return the firing rate of an LIF neuron in white noise, Siegert's formula.

    .. math::

        \frac{1}{f} = \tau_\text{mem} \sqrt{\pi}
            \int_{-\mu / (\sqrt{2} \sigma)}^{(\theta - \mu) / (\sqrt{2} \sigma)}
            e^{x^2} \bigl(1 + \operatorname{erf} x\bigr)\, \mathrm{d}x

    for :math:`\tau_\text{mem} \dot U = \mu - U + \sigma \sqrt{2 \tau_\text{mem}}\, \xi(t)`
    with reset to 0. Gauss-Legendre rule on panels that shrink toward the upper end, where the
    integrand is steep.

    Parameters
    ----------
    mean : Tensor
        :math:`\mu`, any shape, floating point; computed in float64.
    std : float
        :math:`\sigma`, the standard deviation that the membrane would have without reset,
        above 0.
    neuron : LIFNeuron
        Membrane time constant and threshold. Continuous time: dt and tau_syn are not used.
    nodes : int
        Nodes in each of 16 panels.

    Returns
    -------
    Tensor
        Rate in Hz, float64. Differentiable. Zero where the noise would have to be 25 times
        its standard deviation.

    Examples
    --------
    Noise makes a neuron fire whose mean stays below threshold; without much of it, far above
    threshold, the rate is that of :func:`lif_rate`:

    >>> siegert_rate(torch.tensor([0.8, 2.0]), 0.3).round(decimals=1)
    tensor([ 35.5000, 150.6000], dtype=torch.float64)

    Paper section IV.A.3; chapter 4c. A. J. F. Siegert (1951), Phys. Rev. 81:617;
    ``eq-04c-siegert``.
    """
    check_mean(mean, neuron)
    check_positive("std", std)
    check_positive("neuron.tau_mem", neuron.tau_mem)
    check_integer("nodes", nodes, 2)
    scale = math.sqrt(2) * std
    upper = (neuron.threshold - mean.double()) / scale
    quiet = upper > 25
    upper = torch.where(quiet, torch.zeros_like(upper), upper)
    edges = np.concatenate([[0.0], np.geomspace(1e-5, 1.0, 16)]) * neuron.threshold / scale
    points, weights = np.polynomial.legendre.leggauss(nodes)
    half = np.diff(edges)[:, None] / 2
    offset = torch.from_numpy((edges[:-1, None] + half * (points + 1)).ravel())
    weight = torch.from_numpy((half * weights).ravel())
    integrand = torch.special.erfcx(offset.to(mean.device) - upper.unsqueeze(-1))
    period = neuron.tau_mem * math.sqrt(math.pi) * (integrand * weight.to(mean.device)).sum(-1)
    return torch.where(quiet, torch.zeros_like(period), 1 / period)
