"""Exercises and quiz of chapter 1: a spiking network reads digits (paper section I)."""

import math

import torch
from torch import Tensor

from snnbook.data import latency_code
from snnbook.exercises import _ch01_functions as by_code
from snnbook.exercises._ch01_quiz import QUESTIONS
from snnbook.exercises._records import Chapter, Exercise, Mistake
from snnbook.exercises.mystery import hidden_digit
from snnbook.neurons import SpikingNetwork
from snnbook.training import max_over_time, wilson_interval

# 01-1 ----------------------------------------------------------------------------------------


def _weights(recurrent: bool = True, sizes: tuple[int, ...] = (64, 100, 10)) -> int:
    network = SpikingNetwork(sizes, recurrent=recurrent, generator=torch.Generator().manual_seed(0))
    return sum(weight.numel() for weight in network.parameters())


COUNT = Exercise(
    id="01-1",
    title="How many weights?",
    level="by head",
    kind="integer",
    prompt=r"""
A network has 64 inputs, one recurrent layer of 100 spiking neurons and a readout of 10 units.
There are no biases.
How many weights does it have?
""",
    truth=_weights,
    tolerance=0.0,
    right="64 · 100 + 100 · 100 + 100 · 10, the same weights in every time step.",
    hint="One matrix into the hidden layer, one inside it, one out of it.",
    solution="""
weights = 64 * 100 + 100 * 100 + 100 * 10
check("01-1", weights)
""",
    mistakes=(
        Mistake(
            lambda: _weights(recurrent=False),
            "That is the feed-forward network; each hidden neuron also sends spikes to all 100.",
        ),
        Mistake(lambda: _weights() + 110, "That includes 110 biases; this network has none."),
        Mistake(
            lambda: _weights() - 100,
            "You left out the 100 connections from a neuron to itself; V is a full matrix.",
        ),
        Mistake(lambda: _weights() - 1000, "The readout is missing: 100 · 10 more."),
        Mistake(lambda: _weights() - 6400, "The input weights are missing: 64 · 100 more."),
        Mistake(lambda: 64 + 100 + 10, "That is the number of units; a weight joins two of them."),
        Mistake(
            lambda: 64 * 100 * 100 * 10,
            "The matrices are added, not multiplied: each weight is one number.",
        ),
    ),
)

# 01-2 ----------------------------------------------------------------------------------------


def _loss_at_chance() -> Tensor:
    return max_over_time(torch.zeros(5, 1, 10, dtype=torch.float64), torch.tensor([3]))


CHANCE = Exercise(
    id="01-2",
    title="The loss of a network that knows nothing",
    level="by head",
    kind="number",
    prompt=r"""
The hidden layer of a network is silent, so all ten readouts stay at 0.
What is the cross-entropy loss of this network on ten classes?
(A loss that stays at this value is the commonest sign that a network does not learn.)
""",
    truth=_loss_at_chance,
    tolerance=5e-3,
    right="ln 10: equal readouts give each class the probability 1/10.",
    hint="The softmax of ten equal numbers is 1/10 each; the loss is −ln of the right one.",
    solution="""
check("01-2", math.log(10))
""",
    mistakes=(
        Mistake(lambda: math.log10(10), "Cross entropy uses the natural logarithm, not log₁₀."),
        Mistake(
            lambda: math.log2(10), "That is the loss in bits; cross entropy uses the natural log."
        ),
        Mistake(lambda: 0.1, "That is the accuracy at chance, 1/10; the loss is −ln of it."),
        Mistake(lambda: 0.0, "The readouts are 0, but their softmax is 1/10 for each class."),
        Mistake(lambda: -math.log(0.9), "That is −ln(9/10); the right class has 1/10."),
        Mistake(lambda: 10 * math.log(10), "That sums over classes; only the right one counts."),
    ),
)

# 01-3 ----------------------------------------------------------------------------------------


def _latency(gray: float = 10 / 16) -> int:
    return int(latency_code(torch.tensor([[gray]]), steps=100)[:, 0, 0].argmax())


_CROSSING = 20 * math.log(0.625 / (0.625 - 0.2))

LATENCY = Exercise(
    id="01-3",
    title="When does a pixel speak?",
    level="by head",
    kind="integer",
    prompt=r"""
A pixel $x$ between 0 and 1 is coded by one spike at $t = \tau \ln \frac{x}{x - \vartheta}$.
Here $\tau = 20$ ms and $\vartheta = 0.2$.
Step $n$ covers the time from $n$ to $n + 1$ ms.
In which step does a pixel of gray level 10 (of 16) spike?
""",
    truth=_latency,
    tolerance=0.0,
    right="20 ms · ln(0.625/0.425) = 7.7 ms, which lies in step 7; more ink speaks earlier.",
    hint="x = 10/16; with a calculator or `math.log`, and then the step that contains the time.",
    solution="""
x = 10 / 16
check("01-3", int(20 * math.log(x / (x - 0.2))))
""",
    mistakes=(
        Mistake(
            lambda: round(_CROSSING),
            "7.7 ms rounds to 8 and lies in step 7, which covers the time from 7 to 8 ms.",
        ),
        Mistake(
            lambda: int(20 * math.log(0.625 / 0.2)),
            "The fraction is x/(x − ϑ), not x/ϑ: with yours a pixel with more ink would be later.",
        ),
        Mistake(
            lambda: 0,
            "Check the units: x is 10/16, not 10, and the logarithm is in units of τ = 20 steps.",
        ),
        Mistake(
            lambda: int(20 * math.log10(0.625 / 0.425)), "ln is the natural logarithm, not log₁₀."
        ),
        Mistake(lambda: _latency(1.0), "That is a pixel full of ink, x = 1; here x = 10/16."),
        Mistake(
            lambda: int(-20 * math.log(1 - 0.625)),
            "That is the time to reach x itself; the spike comes when the threshold is reached.",
        ),
    ),
)

# 01-5 ----------------------------------------------------------------------------------------

_SIZE = 397


def _enough() -> int:
    return next(
        correct for correct in range(370, _SIZE) if wilson_interval(correct, _SIZE)[0] > 0.95
    )


def _smallest(lower) -> int:
    """Return the smallest count whose lower end, a function of the accuracy, is above 0.95."""
    return next(k for k in range(300, _SIZE + 1) if lower(k / _SIZE) > 0.95)


def _wald(share: float, z: float) -> float:
    return share - z * math.sqrt(share * (1 - share) / _SIZE)


INTERVAL = Exercise(
    id="01-5",
    title="How sure is an accuracy?",
    level="explore",
    kind="integer",
    prompt=r"""
A network is judged on 397 test images.
The 95 % interval that `accuracy` reports is `wilson_interval(correct, 397)`.
How many images must it get right, at least, for the whole interval to lie above 0.95?
""",
    truth=_enough,
    tolerance=0.0,
    right="386 is 97.2 %: more than two points above the claim, just to be sure of it.",
    hint="The lower end is (p + z²/2n − z √(p(1−p)/n + z²/4n²)) / (1 + z²/n), with z = 1.96.",
    solution="""
def low(right, n=397, z=1.959964):
    p = right / n
    spread = z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return (p + z**2 / (2 * n) - spread) / (1 + z**2 / n)


check("01-5", next(right for right in range(397) if low(right) > 0.95))
""",
    generic=False,
    mistakes=(
        Mistake(
            lambda: _smallest(lambda share: share),
            "That makes the accuracy itself larger than 0.95; its lower bound is well below that.",
        ),
        Mistake(
            lambda: _smallest(lambda share: _wald(share, 1.96)),
            "That is p − 1.96 √(p(1−p)/n), which is too sure of itself near 1; use Wilson's.",
        ),
        Mistake(
            lambda: _smallest(lambda share: _wald(share, 1.0)),
            "That is one standard error, which covers 68 %; for 95 % take 1.96 of them.",
        ),
        Mistake(lambda: _enough() + 1, "That is enough, and one fewer is enough as well."),
        Mistake(
            lambda: _SIZE,
            "All of them are more than enough: find the smallest number.",
        ),
    ),
)

# 01-6 ----------------------------------------------------------------------------------------

DIGIT = Exercise(
    id="01-6",
    title="Read a digit from its spikes",
    level="explore",
    kind="integer",
    prompt=r"""
`mystery_digit(seed=5)` returns the spikes of one handwritten digit, of shape `(T, 64)`.
Each pixel of the 8 × 8 picture, row by row, speaks at most once: the more ink, the earlier.
Which digit is it?
""",
    truth=lambda: hidden_digit(5),
    tolerance=0.0,
    right="The order of the spikes carries the picture; no rate was needed.",
    hint="Turn spike times into a picture: `T - argmax` where a unit spiked, 0 elsewhere, in "
    "8 rows of 8.",
    solution="""
spikes = mystery_digit(seed=5)
early = len(spikes) - spikes.argmax(0)  # the earlier the spike, the larger
picture = (early * spikes.amax(0)).reshape(8, 8)
for row in picture:
    print(" ".join("#" if pixel > 85 else "." for pixel in row))
check("01-6", 2)  # as the picture shows
""",
    generic=False,
    mistakes=(),
)

CHAPTER = Chapter(
    "01",
    "A spiking network reads digits",
    (COUNT, CHANCE, LATENCY, by_code.RATES, INTERVAL, DIGIT),
    QUESTIONS,
)
