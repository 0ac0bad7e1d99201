"""The exercises of chapter 4c in which the reader writes a function: a soft curve, a conversion."""

import math

import torch

from snnbook.exercises._records import Exercise, Mistake
from snnbook.neurons import LIFNeuron
from snnbook.smoothed import drive_gain, lif_rate


def _curves(generator: torch.Generator) -> list[tuple]:
    """Return mean potentials with random time constants and softnesses."""
    cases = []
    for _ in range(4):
        tau, softness = (0.01 + 0.2 * torch.rand(2, generator=generator)).tolist()
        mean = torch.linspace(0.4, 3.0, 14, dtype=torch.float64)
        cases.append((mean, tau, 0.1 + softness))
    return cases


def _soft_rate(mean, tau, softness):
    return lif_rate(mean, LIFNeuron(tau_mem=tau), softness=softness)


def _soft(mean, softness):
    return softness * torch.log1p(torch.exp((mean - 1) / softness))


SOFT = Exercise(
    id="04c-4",
    title="A soft f-I curve",
    level="by code",
    kind="function",
    signature="soft_rate(mean, tau, softness)",
    prompt=r"""
Write the soft f-I curve `soft_rate(mean, tau, softness)` of an LIF neuron with $\theta = 1$, in Hz.
`mean` is a tensor of mean potentials $\mu$.
`tau` is $\tau_\text{mem}$ in seconds, and `softness` is $\gamma$.
""",
    truth=_soft_rate,
    cases=_curves,
    tolerance=1e-6,
    right="One line replaces max(μ − θ, 0) by γ ln(1 + exp((μ − θ)/γ)), and the curve is smooth.",
    hint="First s = γ ln(1 + exp((μ − 1)/γ)), then 1/(τ ln(1 + 1/s)).",
    solution="""
def soft_rate(mean, tau, softness):
    excess = softness * torch.log1p(torch.exp((mean - 1) / softness))
    return 1 / (tau * torch.log1p(1 / excess))


check("04c-4", soft_rate)
""",
    mistakes=(
        Mistake(
            lambda mean, tau, softness: (
                1 / (tau * torch.log1p(1 / torch.log1p(torch.exp((mean - 1) / softness))))
            ),
            "The factor γ in front of the logarithm is missing: far above threshold s must be "
            "μ − θ.",
        ),
        Mistake(
            lambda mean, tau, softness: (
                1 / (tau * torch.log1p(1 / (softness * torch.log1p(torch.exp(mean - 1)))))
            ),
            "Divide by γ inside the exponential too.",
        ),
        Mistake(
            lambda mean, tau, softness: (
                1 / (tau * torch.log1p(1 / (softness * torch.log1p(torch.exp(mean / softness)))))
            ),
            "The threshold is missing: the exponential takes μ − θ.",
        ),
        Mistake(
            lambda mean, tau, softness: tau * torch.log1p(1 / _soft(mean, softness)),
            "That is the time between two spikes; the rate is one over it.",
        ),
        Mistake(
            lambda mean, tau, softness: _soft(mean, softness) / tau,
            "That is the curve of a neuron without leak; with leak the interval is a logarithm.",
        ),
        Mistake(
            lambda mean, tau, softness: 1 / (tau * torch.log(1 / _soft(mean, softness))),
            "The 1 inside the logarithm is missing: μ/(μ − θ) = 1 + θ/s.",
        ),
        Mistake(
            lambda mean, tau, softness: lif_rate(mean, LIFNeuron(tau_mem=tau)),
            "That is the exact curve with its corner; `softness` does not enter.",
        ),
    ),
)


def _conversions(generator: torch.Generator) -> list[tuple]:
    """Return weights, the parameters they were trained for, and the numbers of a chip."""
    cases = []
    for _ in range(4):
        numbers = 0.5 + torch.rand(6, generator=generator)
        tau_mem, tau_syn = (numbers[:2] * torch.tensor([10e-3, 5e-3])).tolist()
        neuron = LIFNeuron(tau_mem=tau_mem, tau_syn=tau_syn, threshold=float(numbers[4]))
        alpha, beta = (1 - 0.2 * numbers[2:4]).tolist()
        weight = torch.randn(3, 4, generator=generator, dtype=torch.float64)
        cases.append((weight, neuron, alpha, beta, float(numbers[5])))
    return cases


def _gains(neuron, alpha, beta):
    """Return G over G'."""
    return drive_gain(neuron) * (1 - alpha) * (1 - beta)


def _convert(weight, neuron, alpha, beta, threshold):
    return weight * (threshold / neuron.threshold * _gains(neuron, alpha, beta))


CONVERT = Exercise(
    id="04c-5",
    title="The same network on another chip",
    level="by code",
    kind="function",
    signature="convert(weight, neuron, alpha, beta, threshold)",
    prompt=r"""
A network was trained for `neuron`, which has the attributes `alpha`, `beta` and `threshold`.
A chip has its own `alpha`, `beta` and `threshold`, and the same time step.
Write `convert(weight, neuron, alpha, beta, threshold)` for the weight of the first layer.
With the weight that it returns, the same input spikes give the same $\mu / \theta$ on the chip.
""",
    truth=_convert,
    cases=_conversions,
    tolerance=1e-6,
    right="A higher threshold wants larger weights, a longer memory smaller ones: "
    "W′ = W (θ′/θ)(G/G′).",
    hint="Write μ/θ = G w p/θ for both, with G = 1/((1 − α)(1 − β)), and solve for w′.",
    solution="""
def convert(weight, neuron, alpha, beta, threshold):
    old_gain = 1 / ((1 - neuron.alpha) * (1 - neuron.beta))
    new_gain = 1 / ((1 - alpha) * (1 - beta))
    return weight * threshold / neuron.threshold * old_gain / new_gain


check("04c-5", convert)
""",
    mistakes=(
        Mistake(
            lambda weight, neuron, alpha, beta, threshold: (
                weight * neuron.threshold / threshold * _gains(neuron, alpha, beta)
            ),
            "The thresholds are upside down: a higher threshold needs larger weights.",
        ),
        Mistake(
            lambda weight, neuron, alpha, beta, threshold: (
                weight * threshold / neuron.threshold / _gains(neuron, alpha, beta)
            ),
            "The gains are upside down: a chip that gains more needs smaller weights.",
        ),
        Mistake(
            lambda weight, neuron, alpha, beta, threshold: weight * threshold / neuron.threshold,
            "The time constants do not enter: slower neurons and synapses sum more input.",
        ),
        Mistake(
            lambda weight, neuron, alpha, beta, threshold: weight * _gains(neuron, alpha, beta),
            "The thresholds do not enter.",
        ),
        Mistake(
            lambda weight, neuron, alpha, beta, threshold: (
                weight * threshold / neuron.threshold * (1 - beta) / (1 - neuron.beta)
            ),
            "Only the membrane is in there; the synaptic current has a gain of its own, 1/(1 − α).",
        ),
        Mistake(
            lambda weight, neuron, alpha, beta, threshold: (
                weight
                * (threshold / neuron.threshold)
                * (math.log(alpha) * math.log(beta))
                / (math.log(neuron.alpha) * math.log(neuron.beta))
            ),
            "That uses τ/Δt for 1/(1 − β), which holds for small steps alone.",
        ),
    ),
)
