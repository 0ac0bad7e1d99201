"""Weights that put the membrane where learning can start (paper section II, chapter 2)."""

import math

import torch
from torch import Tensor

from snnbook._validate import check_float, check_generator, check_positive, is_number
from snnbook.neurons._calibrate import kernel_sums
from snnbook.neurons._lif import LeakyNeuron


def fluctuation_driven_(
    weight: Tensor,
    neuron: LeakyNeuron,
    *,
    rate: float,
    mean: float = 0.0,
    std: float = 1.0,
    generator: torch.Generator | None = None,
) -> Tensor:
    r"""Fill ``weight`` in place so that the membrane fluctuates around a chosen mean.

    For ``fan_in`` Poisson inputs that spike with probability
    :math:`p = \text{rate} \cdot \Delta t` in a step, and the response
    :math:`\kappa` of :func:`snnbook.neurons.psp_kernel`,

    .. math::

        \mu_W = \frac{\mu_U}{\text{fan_in}\; p \sum_n \kappa[n]}, \qquad
        \sigma_W^2 = \frac{\sigma_U^2}{\text{fan_in}\; p (1-p) \sum_n \kappa[n]^2} - \mu_W^2,

    .. math::

        \sum_n \kappa[n] = \frac{1}{(1-\alpha)(1-\beta)}, \qquad
        \sum_n \kappa[n]^2 = \frac{1+\alpha\beta}{(1-\alpha\beta)(1-\alpha^2)(1-\beta^2)}.

    The time constants enter, so a network with slower neurons gets smaller weights. This is
    the discrete-time form of Rossbroich, Gygax and Zenke (2022). It says nothing about rates:
    the layers choose their ``std`` so that they fire as asked (:class:`LIF`).

    A time constant above 1 s, infinity among them, counts as 1 s here: such a membrane settles
    in no run, and an integrate-and-fire neuron has the asked ``std`` after half a second of input.

    Parameters
    ----------
    weight : Tensor
        (out, in), filled in place with normal random numbers.
    neuron : LeakyNeuron
        Time constants of the neurons that receive the input, such as a :class:`LIFNeuron`.
    rate : float
        Mean firing rate of one input in Hz, above 0 and below 1/dt.
    mean, std : float
        Target mean and standard deviation of the membrane without reset, in units of the
        potential. The distance from threshold in standard deviations is
        ``(threshold - mean) / std``.
    generator : torch.Generator, optional
        Source of randomness.

    Returns
    -------
    Tensor
        ``weight``.

    Raises
    ------
    TypeError, ValueError
        If ``weight`` has not two axes, if ``rate`` is out of range, if ``std`` is too small for
        the asked ``mean``, or if an argument is of another kind.

    Examples
    --------
    >>> from snnbook.neurons import LIFNeuron
    >>> generator = torch.Generator().manual_seed(0)
    >>> weight = torch.empty(100, 400)
    >>> w = fluctuation_driven_(weight, LIFNeuron(), rate=20.0, generator=generator)
    >>> print(f"{w.std():.3f}")
    0.034

    Paper section II; chapter 2.
    """
    check_float("weight", weight)
    if weight.dim() != 2:
        raise ValueError(f"weight has shape {tuple(weight.shape)}; (out, in) is accepted")
    check_neuron(neuron)
    check_positive("std", std)
    if not (is_number(mean) and math.isfinite(mean)):
        raise ValueError(f"mean is {mean!r}; a finite number is accepted")
    if generator is not None:
        check_generator(generator)
    check_rate("rate", rate, neuron.dt)
    p = rate * neuron.dt
    if weight.numel() == 0:
        return weight
    fan_in = weight.shape[1]
    area, energy = kernel_sums(neuron)
    mu = mean / (fan_in * p * area)
    variance = std**2 / (fan_in * p * (1 - p) * energy) - mu**2
    if variance < 0:
        smallest = abs(mu) * math.sqrt(fan_in * p * (1 - p) * energy)
        raise ValueError(
            f"std is {std!r}; with mean {mean!r} at least {smallest:.3g} is accepted, "
            "because equal weights already cause that much fluctuation"
        )
    with torch.no_grad():
        return weight.normal_(mu, math.sqrt(variance), generator=generator)


def check_neuron(neuron) -> None:
    """Raise ``TypeError`` unless ``neuron`` has the time constants of a membrane."""
    if not isinstance(neuron, LeakyNeuron):
        raise TypeError(
            f"neuron is a {type(neuron).__name__}; a neuron is accepted, such as LIFNeuron()"
        )


def check_rate(name: str, rate: float, dt: float) -> None:
    """Raise ``ValueError`` unless ``rate`` lies above 0 and below one spike per step."""
    check_positive(name, rate)
    if rate * dt >= 1:
        raise ValueError(f"{name} is {rate!r}; a value below 1/dt = {1 / dt:g} Hz is accepted")
