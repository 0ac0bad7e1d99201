"""Exercises and quiz of chapter 4b: probabilistic spikes (paper section IV.A.2)."""

import math

import torch

from snnbook.exercises import _ch04b_functions as by_code
from snnbook.exercises._ch04b_quiz import QUESTIONS
from snnbook.exercises._records import Chapter, Exercise, Mistake
from snnbook.smoothed import ExponentialEscape, SigmoidEscape

# 04b-1 ---------------------------------------------------------------------------------------


def _two_kinds(x: float = 0.8 - 1.0) -> tuple[float, float]:
    """Return the probability of a spike at x for both kinds of noise, with noise 0.2."""
    at = torch.tensor(x, dtype=torch.float64)
    kinds = (SigmoidEscape(0.2), ExponentialEscape(0.2, hazard=1.0))
    return tuple(float(kind.probability(at)) for kind in kinds)


KINDS = Exercise(
    id="04b-1",
    title="Two kinds of noise",
    level="by head",
    kind="sequence",
    prompt=r"""
A neuron is at $U = 0.8$, with $\theta = 1$ and noise $\Delta = 0.2$.
Its escape noise is sigmoid, or exponential with $h_0 = 1$.
Give the two probabilities of a spike to three digits.
""",
    truth=_two_kinds,
    tolerance=3e-3,
    right="σ(−1) and 1 − exp(−e⁻¹): one noise below threshold, both fire in more than a quarter "
    "of the steps.",
    hint="x/Δ = −1. The sigmoid is 1/(1 + e^(−x/Δ)); the other one is 1 − e^(−h), h = e^(x/Δ).",
    solution="""
x = (0.8 - 1.0) / 0.2
check("04b-1", (1 / (1 + math.exp(-x)), 1 - math.exp(-math.exp(x))))
""",
    mistakes=(
        Mistake(
            lambda: (_two_kinds()[0], math.exp(-1)),
            "The second one is h, the expected number of spikes; the probability of at least one "
            "is 1 − e^(−h).",
        ),
        Mistake(
            lambda: (_two_kinds()[0], 1 - _two_kinds()[1]),
            "The second one is e^(−h), the probability of silence.",
        ),
        Mistake(
            lambda: _two_kinds(0.2),
            "The sign of x is turned: U lies below the threshold.",
        ),
        Mistake(
            lambda: _two_kinds(0.8),
            "You took U itself; the distance to threshold x = U − θ counts.",
        ),
        Mistake(
            lambda: _two_kinds(-0.2 * 0.2 * 0.2),
            "You multiplied by the noise; the distance is divided by it.",
        ),
        Mistake(
            lambda: tuple(
                float(kind.probability(torch.tensor(-0.2, dtype=torch.float64)))
                for kind in (SigmoidEscape(1.0), ExponentialEscape(1.0))
            ),
            "The noise is missing: what counts is x/Δ.",
        ),
        Mistake(lambda: (0.0, 0.0), "That is the neuron without noise, which is silent here."),
    ),
)

# 04b-2 ---------------------------------------------------------------------------------------

_NOISE = 0.5
_PROBABILITY = torch.tensor([0.2, 0.5, 0.7], dtype=torch.float64)
_TARGET = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)
_TRACE = torch.tensor([1.0, 2.0, 1.0], dtype=torch.float64)


def _gradient(weighting=1.0) -> float:
    """Return the likelihood gradient of three steps."""
    x = _NOISE * torch.logit(_PROBABILITY)
    return float((SigmoidEscape(_NOISE).score(_TARGET, x) * _TRACE * weighting).sum())


THREE_STEPS = Exercise(
    id="04b-2",
    title="A weight and three steps",
    level="by head",
    kind="number",
    prompt=r"""
A neuron has sigmoid escape noise $\Delta = 1/2$.
In three steps its probabilities of a spike are $0.2$, $0.5$ and $0.7$.
The target spikes in the third step only.
The trace of one synapse is $\varepsilon = 1, 2, 1$.
Give the derivative of the log-likelihood with respect to this synapse's weight.
""",
    truth=_gradient,
    right="(−0.2 · 1 − 0.5 · 2 + 0.3 · 1)/Δ: silence that was unlikely teaches as much as a spike.",
    hint="Sum (S* − p) ε over the three steps, and divide by Δ.",
    solution="""
check("04b-2", ((0 - 0.2) * 1 + (0 - 0.5) * 2 + (1 - 0.7) * 1) / 0.5)
""",
    mistakes=(
        Mistake(lambda: _gradient(_NOISE), "The factor 1/Δ is missing."),
        Mistake(lambda: _gradient(_NOISE**2), "You multiplied by Δ; the score is divided by it."),
        Mistake(
            lambda: _gradient(_TARGET),
            "You counted the spike alone; the two silent steps add −p ε/Δ each.",
        ),
        Mistake(
            lambda: _gradient(_PROBABILITY * (1 - _PROBABILITY)),
            "The factor p(1 − p) cancels in the likelihood; it belongs to the squared error.",
        ),
        Mistake(
            lambda: float((_TARGET - _PROBABILITY).sum() / _NOISE),
            "The trace is missing: a step counts as much as the synapse was active.",
        ),
        Mistake(
            lambda: float((_TARGET - _PROBABILITY).sum() * _TRACE.sum() / _NOISE),
            "Multiply in each step before you sum: the sum of products is not the product of sums.",
        ),
    ),
)

# 04b-3 ---------------------------------------------------------------------------------------

_P, _Y = 0.8, 0.7


def _exact() -> float:
    """Return the slope of the expected loss of one coin in its probability."""
    p = torch.tensor(_P, dtype=torch.float64, requires_grad=True)
    outcomes = torch.tensor([0.0, 1.0], dtype=torch.float64)
    expected = torch.stack([1 - p, p]) @ (outcomes - _Y) ** 2
    return float(torch.autograd.grad(expected, p)[0])


def _by_escape() -> float:
    """Return the mean slope of the loss over the two outcomes of the coin."""
    outcomes = torch.tensor([0.0, 1.0], dtype=torch.float64)
    return float(torch.tensor([1 - _P, _P], dtype=torch.float64) @ (2 * (outcomes - _Y)))


SIGN = Exercise(
    id="04b-3",
    title="The wrong sign",
    level="by head",
    kind="sequence",
    prompt=r"""
In one step a neuron spikes with probability $p = 0.8$, and its loss is $\mathcal L = (S - 0.7)^2$.
The first number asked for is the derivative of the expected loss with respect to $p$.
Backpropagation with the escape derivative takes the slope of $\mathcal L$ at $S$ for it.
The second number is the mean of this slope, $\langle \mathrm{d}\mathcal L/\mathrm{d}S \rangle$.
""",
    truth=lambda: (_exact(), _by_escape()),
    right="L(1) − L(0) = −0.4 and 2(p − y) = +0.2. The expected loss wants a spike always; the "
    "escape derivative wants the mean at 0.7.",
    hint="First: ⟨L⟩ = p L(1) + (1 − p) L(0). Second: the mean of 2(S − 0.7).",
    solution="""
exact = (1 - 0.7) ** 2 - (0 - 0.7) ** 2
backpropagated = 0.8 * 2 * (1 - 0.7) + 0.2 * 2 * (0 - 0.7)
check("04b-3", (exact, backpropagated))
""",
    mistakes=(
        Mistake(
            lambda: (_by_escape(), _by_escape()),
            "The first is not 2(p − y): the loss of a coin is never (p − y)², because S is 0 or 1. "
            "Its variance adds p(1 − p).",
        ),
        Mistake(
            lambda: (_exact(), _exact()),
            "The second differs from the first: the slope of a parabola at S is not the "
            "difference of its values at 1 and at 0.",
        ),
        Mistake(lambda: (-_exact(), _by_escape()), "The first is L(1) − L(0), not L(0) − L(1)."),
        Mistake(
            lambda: (_exact(), 2 * (1 - _Y)),
            "The second is the slope at S = 1; the neuron is silent in a fifth of the runs.",
        ),
        Mistake(
            lambda: (_P * (1 - _Y) ** 2 + (1 - _P) * _Y**2, _by_escape()),
            "The first is the expected loss itself; its derivative is asked for.",
        ),
        Mistake(lambda: (_by_escape(), _exact()), "The two are swapped."),
    ),
)

# 04b-6 ---------------------------------------------------------------------------------------


def _best_baseline(p: float = 0.25, at_one: float = 3.0, at_zero: float = 1.0) -> float:
    """Return the baseline with the least variance for one coin: E[L s^2]/E[s^2]."""
    weight = torch.tensor([p * (1 - p) ** 2, (1 - p) * p**2], dtype=torch.float64)
    losses = torch.tensor([at_one, at_zero], dtype=torch.float64)
    return float(weight @ losses / weight.sum())


PERFECT = Exercise(
    id="04b-6",
    title="The perfect baseline of one coin",
    level="explore",
    kind="number",
    prompt=r"""
In one step a neuron spikes with probability $p = 0.25$.
Its loss is $3$ with a spike and $1$ without.
The score-function estimate is $(\mathcal L - b)(S - p)/\Delta$.
Find the baseline $b$ with the smallest variance.
""",
    truth=_best_baseline,
    right="b = (1 − p) L(1) + p L(0) = 2.5: each loss is weighted with the probability of the "
    "other. Both outcomes then give the same estimate, and the variance is zero.",
    hint="The estimate takes two values. Can a single b make them equal?",
    solution="""
p, with_spike, without = 0.25, 3.0, 1.0
# (with_spike - b) (1 - p) = (without - b) (0 - p)
check("04b-6", (1 - p) * with_spike + p * without)
""",
    mistakes=(
        Mistake(
            lambda: 0.25 * 3 + 0.75 * 1,
            "That is the mean loss, the usual baseline. A good one, and not the best: rare "
            "outcomes have large scores.",
        ),
        Mistake(lambda: 2.0, "That is the mean of the two losses, which ignores p."),
        Mistake(lambda: 0.0, "Without a baseline the two outcomes give 2.25/Δ and −0.25/Δ."),
        Mistake(lambda: 1.0, "With b = 1 a silent run teaches nothing; the spike's run does it."),
        Mistake(lambda: 3.0, "With b = 3 a run with a spike teaches nothing."),
    ),
)

CHAPTER = Chapter(
    "04b",
    "Probabilistic spikes",
    (KINDS, THREE_STEPS, SIGN, by_code.LOCAL, by_code.BASELINE, PERFECT),
    QUESTIONS,
)
