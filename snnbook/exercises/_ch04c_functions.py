"""The exercises of chapter 4c in which the reader writes a function: a soft curve, a conversion."""

import math

import torch

from snnbook.exercises._records import Exercise, Mistake
from snnbook.neurons import LIFParameters
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
    return lif_rate(mean, LIFParameters(tau_mem=tau), softness=softness)


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
`mean` is a tensor of mean potentials $\mu$, `tau` is $\tau_\text{mem}$ in seconds,
and `softness` is $\gamma$.
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
            lambda mean, tau, softness: lif_rate(mean, LIFParameters(tau_mem=tau)),
            "That is the exact curve with its corner; `softness` does not enter.",
        ),
    ),
)


def _conversions(generator: torch.Generator) -> list[tuple]:
    """Return weights with two sets of parameters that share the time step."""
    cases = []
    for _ in range(4):
        numbers = 0.5 + torch.rand(6, generator=generator)
        taus = (numbers[:4] * torch.tensor([10e-3, 5e-3, 10e-3, 5e-3])).tolist()
        old = LIFParameters(tau_mem=taus[0], tau_syn=taus[1], threshold=float(numbers[4]))
        new = LIFParameters(tau_mem=taus[2], tau_syn=taus[3], threshold=float(numbers[5]))
        cases.append((torch.randn(3, 4, generator=generator, dtype=torch.float64), old, new))
    return cases


def _convert(weight, old, new):
    return weight * (new.threshold / old.threshold * drive_gain(old) / drive_gain(new))


CONVERT = Exercise(
    id="04c-5",
    title="The same network on another chip",
    level="by code",
    kind="function",
    signature="convert(weight, old, new)",
    prompt=r"""
A chip has its own time constants and threshold, and the same time step.
Write `convert(weight, old, new)`: it returns the weight of the first layer
that gives the neurons of the chip the same $\mu / \theta$ for the same input spikes.
`old` and `new` are `LIFParameters`, with the attributes `alpha`, `beta` and `threshold`.
""",
    truth=_convert,
    cases=_conversions,
    tolerance=1e-6,
    right="A higher threshold wants larger weights, a longer memory smaller ones: "
    "W′ = W (θ′/θ)(g/g′).",
    hint="Write μ/θ = g w p/θ for both chips, with g = 1/((1 − α)(1 − β)), and solve for w′.",
    solution="""
def convert(weight, old, new):
    gain = [1 / ((1 - params.alpha) * (1 - params.beta)) for params in (old, new)]
    return weight * new.threshold / old.threshold * gain[0] / gain[1]


check("04c-5", convert)
""",
    mistakes=(
        Mistake(
            lambda weight, old, new: (
                weight * old.threshold / new.threshold * drive_gain(old) / drive_gain(new)
            ),
            "The thresholds are upside down: a higher threshold needs larger weights.",
        ),
        Mistake(
            lambda weight, old, new: (
                weight * new.threshold / old.threshold * drive_gain(new) / drive_gain(old)
            ),
            "The gains are upside down: a chip that gains more needs smaller weights.",
        ),
        Mistake(
            lambda weight, old, new: weight * new.threshold / old.threshold,
            "The time constants do not enter: slower neurons and synapses sum more input.",
        ),
        Mistake(
            lambda weight, old, new: weight * drive_gain(old) / drive_gain(new),
            "The thresholds do not enter.",
        ),
        Mistake(
            lambda weight, old, new: (
                weight * new.threshold / old.threshold * (1 - new.beta) / (1 - old.beta)
            ),
            "Only the membrane is in there; the synaptic current has a gain of its own, 1/(1 − α).",
        ),
        Mistake(
            lambda weight, old, new: (
                weight
                * new.threshold
                / old.threshold
                * (math.log(old.beta) * math.log(old.alpha)) ** -1
                * (math.log(new.beta) * math.log(new.alpha))
            ),
            "That uses τ/Δt for 1/(1 − β), which holds for small steps alone.",
        ),
    ),
)
