"""Exercises and quiz of chapter 4: credit assignment with spiking neurons (paper section IV)."""

import torch

from snnbook.exercises._ch04_quiz import QUESTIONS
from snnbook.exercises._records import Chapter, Exercise, Mistake
from snnbook.neurons import SpikingNetwork


def _weights(*sizes: int) -> int:
    """Return the number of weights of a network, counted in the package."""
    network = SpikingNetwork(sizes, generator=torch.Generator().manual_seed(0))
    return sum(parameter.numel() for parameter in network.parameters())


# 04-1 ----------------------------------------------------------------------------------------

PASSES = Exercise(
    id="04-1",
    title="One gradient by measuring",
    level="by head",
    kind="integer",
    prompt=r"""
A network 64-100-10 has no biases and no recurrent weights.
You want every entry of the gradient as a central difference $(L(w + h) - L(w - h)) / 2h$.
How many forward passes do you need?
""",
    truth=lambda: 2 * _weights(64, 100, 10),
    right="Two passes for each of the 64 · 100 + 100 · 10 weights. Backpropagation needs one.",
    hint="Count the weights of both matrices, and the passes for each weight.",
    solution="""
check("04-1", 2 * (64 * 100 + 100 * 10))
""",
    mistakes=(
        Mistake(
            lambda: _weights(64, 100, 10),
            "A central difference needs two passes, one on each side of the weight.",
        ),
        Mistake(lambda: 2 * 64 * 100, "The readout has weights, too: 100 · 10."),
        Mistake(lambda: 2 * (64 + 100 + 10), "Count weights, not neurons."),
        Mistake(lambda: 2, "Two passes give the difference along one weight alone."),
    ),
)

# 04-2 ----------------------------------------------------------------------------------------


def _pairs(cosine: float, weights: int) -> float:
    """Return M from cosine² = M/(M + d)."""
    return weights * cosine**2 / (1 - cosine**2)


PAIRS = Exercise(
    id="04-2",
    title="How many looks for half a gradient",
    level="by head",
    kind="number",
    tolerance=5e-3,
    prompt=r"""
The estimate from $M$ random pairs has a cosine of about $\sqrt{M / (M + d)}$ with the gradient.
A network has $d = 7400$ weights.
How many pairs does a cosine of $1/2$ take?
""",
    truth=lambda: _pairs(0.5, _weights(64, 100, 10)),
    right="A quarter equals M/(M + d), so M = d/3, rounded 2467 pairs.",
    hint="Square both sides: 1/4 = M/(M + d). Solve for M.",
    solution="""
d, cosine = 7400, 0.5
check("04-2", d * cosine**2 / (1 - cosine**2))
""",
    mistakes=(
        Mistake(
            lambda: _weights(64, 100, 10),
            "With M = d the cosine is √(1/2), about 0.71: more than was asked.",
        ),
        Mistake(
            lambda: _weights(64, 100, 10) / 2,
            "With M = d/2 the cosine is √(1/3), about 0.58: more than was asked.",
        ),
        Mistake(
            lambda: _weights(64, 100, 10) / 4,
            "1/4 is M/(M + d), not M/d: the pairs stand in the denominator, too.",
        ),
        Mistake(
            lambda: 2 * _pairs(0.5, _weights(64, 100, 10)),
            "That counts forward passes; each pair takes two of them.",
        ),
    ),
)

# 04-3 ----------------------------------------------------------------------------------------


def _measurements(generator: torch.Generator) -> list[tuple]:
    """Return losses above and below, the noise, and its size."""
    cases = []
    for pairs, weights in ((1, 3), (4, 2), (7, 5)):
        up, down = torch.rand(2, pairs, generator=generator, dtype=torch.float64)
        noise = torch.randn(pairs, weights, generator=generator, dtype=torch.float64)
        cases.append((up, down, noise, 0.05 + float(torch.rand(1, generator=generator))))
    return cases


def _estimate(up, down, noise, sigma):
    return ((up - down) / (2 * sigma)) @ noise / len(up)


ESTIMATE = Exercise(
    id="04-3",
    title="A gradient from the loss alone",
    level="by code",
    kind="function",
    signature="estimate(up, down, noise, sigma)",
    prompt=r"""
Write the estimate of {eq}`eq-04-search` as a function `estimate(up, down, noise, sigma)`.
`up` holds the losses $L(w + \sigma\varepsilon_m)$, `down` the losses $L(w - \sigma\varepsilon_m)$.
Each has the shape `(M,)`.
`noise` holds the $\varepsilon_m$, shape `(M, d)`; return a tensor of shape `(d,)`.
""",
    truth=_estimate,
    cases=_measurements,
    tolerance=1e-6,
    right="Each pair measures one slope, and votes for its direction with it.",
    hint="One slope for each pair, times its direction, averaged over the pairs.",
    solution="""
def estimate(up, down, noise, sigma):
    slopes = (up - down) / (2 * sigma)
    return (slopes[:, None] * noise).mean(0)


check("04-3", estimate)
""",
    mistakes=(
        Mistake(
            lambda up, down, noise, sigma: ((up - down) / sigma) @ noise / len(up),
            "The two points lie 2σ apart, not σ.",
        ),
        Mistake(
            lambda up, down, noise, sigma: ((up - down) / 2) @ noise / len(up),
            "The size σ of the step is missing: that is a difference, not a slope.",
        ),
        Mistake(
            lambda up, down, noise, sigma: ((up - down) / (2 * sigma)) @ noise,
            "Average over the pairs: yours grows with M.",
        ),
        Mistake(
            lambda up, down, noise, sigma: ((down - up) / (2 * sigma)) @ noise / len(up),
            "The sign is turned around: a gradient points uphill.",
        ),
        Mistake(
            lambda up, down, noise, sigma: ((up - down) / (2 * sigma)) @ noise.sign() / len(up),
            "Weigh each direction with the noise itself, not with its sign.",
        ),
        Mistake(
            lambda up, down, noise, sigma: noise.mean(0) * ((up - down) / (2 * sigma)).mean(),
            "The mean of a product is not the product of the means: multiply before you average.",
        ),
    ),
)

# 04-4 ----------------------------------------------------------------------------------------

_CORE, _NEURONS = 256 * 1024, 1024

MEMORY = Exercise(
    id="04-4",
    title="A full core",
    level="by head",
    kind="integer",
    prompt=r"""
A core of a chip simulates 1024 neurons and has 256 kB of memory (1 kB is 1024 bytes).
Backpropagation through time keeps the membrane potential of every neuron in every step.
Each takes 4 bytes.
After how many steps is the memory full, if it holds nothing else?
""",
    truth=lambda: _CORE // (4 * _NEURONS),
    right="256 · 1024 / (4 · 1024) = 64 steps: a blink at a millisecond per step.",
    hint="How many bytes does one step take?",
    solution="""
check("04-4", 256 * 1024 // (4 * 1024))
""",
    mistakes=(
        Mistake(lambda: _CORE // _NEURONS, "A number takes 4 bytes, not one."),
        Mistake(
            lambda: _CORE // (8 * _NEURONS),
            "The current can be computed again from the potentials; only one number is kept.",
        ),
        Mistake(lambda: _CORE // 4, "That is for one neuron; the core has 1024 of them."),
        Mistake(lambda: 8 * _CORE // _NEURONS, "Bytes, not bits: a byte has 8 bits."),
    ),
)

# 04-5 ----------------------------------------------------------------------------------------

_RATE, _WINDOW = 200.0, 50e-3

LEVELS_OF_A_RATE = Exercise(
    id="04-5",
    title="How fine is a count?",
    level="explore",
    kind="integer",
    prompt=r"""
A hidden neuron of a converted network fires with at most 200 Hz.
You count its spikes for 50 ms.
Its rate stands for the activity of a unit of the trained network.
How many different activities can the count express, silence included?
""",
    truth=lambda: round(_RATE * _WINDOW) + 1,
    right="0, 1, ..., 10 spikes: eleven levels. The trained network computed with a continuum.",
    hint="What is the largest count? And the smallest?",
    solution="""
check("04-5", int(200 * 0.050) + 1)
""",
    mistakes=(
        Mistake(lambda: round(_RATE * _WINDOW), "Silence counts, too: zero spikes is a message."),
        Mistake(
            lambda: 2 ** round(_RATE * _WINDOW),
            "That counts all patterns of ten spikes in time; a rate forgets the order.",
        ),
        Mistake(lambda: 51, "The neuron cannot fire in every millisecond: at most 200 Hz."),
        Mistake(lambda: 50, "That counts milliseconds; the neuron fires in one of five at most."),
        Mistake(lambda: 2, "Each step is binary, but the count over 50 ms is not."),
    ),
)

CHAPTER = Chapter(
    number="04",
    title="Credit assignment with spiking neurons",
    exercises=(PASSES, PAIRS, ESTIMATE, MEMORY, LEVELS_OF_A_RATE),
    questions=QUESTIONS,
)
