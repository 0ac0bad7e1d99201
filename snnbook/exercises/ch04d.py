"""Exercises and quiz of chapter 4d: spike timing (paper section IV.A.4)."""

import math

import torch

from snnbook.exercises import _ch04d_functions as by_code
from snnbook.exercises._ch04d_quiz import QUESTIONS
from snnbook.exercises._records import Chapter, Exercise, Mistake
from snnbook.spike_times import CELLS, DoubleTau, NonLeaky, first_spike

# 04d-1 and 04d-2 -----------------------------------------------------------------------------


def _spike() -> tuple[torch.Tensor, torch.Tensor]:
    """Return z of the spike of the neuron of exercise 04d-1, and its gradient in the weights."""
    times = torch.tensor([[0.0, math.log(2)]], dtype=torch.float64)
    weight = torch.tensor([[0.8, 1.2]], dtype=torch.float64, requires_grad=True)
    z = first_spike(times, weight, NonLeaky()).exp()
    (gradient,) = torch.autograd.grad(z.sum(), weight)
    return z.detach(), gradient[0]


SPIKE = Exercise(
    id="04d-1",
    title="A spike time without steps",
    level="by head",
    kind="number",
    prompt=r"""
A non-leaky neuron has $\theta = 1$ and $\tau_\text{syn} = 1$.
Its inputs spike at $t_1 = 0$ and $t_2 = \ln 2$, with the weights $0.8$ and $1.2$.
Give $z_\text{out} = e^{t_\text{out}}$.
""",
    truth=lambda: _spike()[0],
    right="(0.8 · 1 + 1.2 · 2) / (2 − 1): the first input alone sums to less than 1 and cannot "
    "make a spike, so both are in the causal set.",
    hint="z₁ = 1 and z₂ = 2. Which inputs are in the causal set? Then sum w z over them, and "
    "divide by the sum of w minus 1.",
    solution="""
z, w = (1.0, 2.0), (0.8, 1.2)
check("04d-1", (w[0] * z[0] + w[1] * z[1]) / (w[0] + w[1] - 1))
""",
    mistakes=(
        Mistake(lambda: math.log(3.2), "That is the time; the exercise asks for z, its exponent."),
        Mistake(
            lambda: 1.6, "The threshold is missing below the line: divide by the sum of w minus 1."
        ),
        Mistake(
            lambda: 1.2 * math.log(2),
            "Sum w z, not w t: the equation is linear in z = eᵗ and not in t.",
        ),
        Mistake(lambda: 2.0, "That is the sum of the weights; weigh each z with its w."),
        Mistake(
            lambda: 12.0,
            "The second input alone: an input that came before the spike is a cause, however weak.",
        ),
        Mistake(
            lambda: -4.0,
            "The first input alone: its weight is below 1, so the sum has no crossing, and the "
            "negative sign tells.",
        ),
    ),
)

GRADIENT = Exercise(
    id="04d-2",
    title="Which way does a weight move it?",
    level="by head",
    kind="number",
    prompt=r"""
Take the neuron of exercise 04d-1 again.
Give $\partial z_\text{out} / \partial w_2$, the derivative in the weight of the *second* input.
""",
    truth=lambda: _spike()[1][1],
    right="(z₂ − z_out)/(Σw − 1) = 2 − 3.2: more weight, an earlier spike, and the less so the "
    "closer the input comes to the spike.",
    hint="Quotient rule: w₂ stands above the line, times z₂, and below it.",
    solution="""
z_out, z_2, total = 3.2, 2.0, 2.0
check("04d-2", (z_2 - z_out) / (total - 1))
""",
    mistakes=(
        Mistake(
            lambda: 2.0,
            "The weight also stands below the line: the quotient rule subtracts z_out. Your sign "
            "says that more drive delays the spike.",
        ),
        Mistake(lambda: 1.2, "The sign: more weight makes the spike earlier, so z_out falls."),
        Mistake(lambda: -2.2, "That is the derivative in the first weight, (z₁ − z_out)/(Σw − 1)."),
        Mistake(
            lambda: -1.2 / 3.2,
            "That is the derivative of the time; without the factor 1/z_out it is that of z.",
        ),
        Mistake(lambda: -3.2, "The part from above the line is missing: + z₂/(Σw − 1)."),
    ),
)

# 04d-3 ---------------------------------------------------------------------------------------

SMALLEST = Exercise(
    id="04d-3",
    title="How much does a spike need?",
    level="by head",
    kind="sequence",
    prompt=r"""
A neuron with threshold 1 gets a single input spike through the weight $w$.
Below which $w$ does it stay silent forever?
Give the three values for the kernels $1 - e^{-s}$, $s e^{-s}$ and $e^{-s/2} - e^{-s}$.
""",
    truth=lambda: [cell().smallest_weight for cell in CELLS.values()],
    right="One over the maximum of the kernel: 1, 1/e at s = 1, and 1/4 at s = 2 ln 2.",
    hint="The membrane is w κ(s). Where is κ largest, and how large is it there?",
    solution="""
check("04d-3", (1, math.e, 4))
""",
    mistakes=(
        Mistake(
            lambda: [1.0, 1 / math.e, 0.25],
            "Those are the maxima of the kernels; the weight must make up for them.",
        ),
        Mistake(lambda: [1.0, 1.0, 1.0], "The kernels have different maxima; only the first is 1."),
        Mistake(
            lambda: [1.0, math.e, 1 / (math.exp(-0.5) - math.exp(-1))],
            "The third kernel peaks where its derivative is zero, at s = 2 ln 2, and not at s = 1.",
        ),
        Mistake(
            lambda: [1.0, math.e, 2.0],
            "At the peak of the third kernel e^(−s/2) is 1/2, and its square is subtracted.",
        ),
    ),
)

# 04d-6 ---------------------------------------------------------------------------------------


def _exponents() -> list[float]:
    """Fit the power of the slope dt/dw over the excess of the weight, close to the end."""
    found = []
    for cell in (DoubleTau(), NonLeaky()):
        excess = torch.tensor([1e-8, 1e-7], dtype=torch.float64)
        weight = (cell.smallest_weight * (1 + excess))[:, None].requires_grad_()
        times = first_spike(torch.zeros(1, 1, dtype=torch.float64), weight, cell)
        (slope,) = torch.autograd.grad(times.sum(), weight)
        found.append(float(torch.log10(slope[1] / slope[0])))
    return found


LAST = Exercise(
    id="04d-6",
    title="The last slope before silence",
    level="explore",
    kind="sequence",
    prompt=r"""
One input spike, and a weight just above the smallest that makes a spike, $w = w_\text{min}(1 + x)$.
As $x \to 0$ the slope of the spike time grows as a power, $|\mathrm{d}t/\mathrm{d}w| \propto x^p$.
Give $p$ for `DoubleTau()` and for `NonLeaky()`, to two digits.
""",
    truth=_exponents,
    tolerance=2e-2,
    right="The leaky neuron vanishes at its peak, with a square root; the non-leaky one is later "
    "and later, with a logarithm. Both gradients are infinite at the end.",
    hint="Compute the gradient at x = 1e-8 and 1e-7 with `spike_times.first_spike`, and divide.",
    solution="""
powers = []
for cell in (spike_times.DoubleTau(), spike_times.NonLeaky()):
    excess = torch.tensor([1e-8, 1e-7], dtype=torch.float64)
    weight = (cell.smallest_weight * (1 + excess))[:, None].requires_grad_()
    times = spike_times.first_spike(torch.zeros(1, 1, dtype=torch.float64), weight, cell)
    (slope,) = torch.autograd.grad(times.sum(), weight)
    powers.append(float(torch.log10(slope[1] / slope[0])))
check("04d-6", powers)
""",
    generic=False,
    mistakes=(
        Mistake(lambda: [0.5, 1.0], "The slope grows as x shrinks, so the powers are negative."),
        Mistake(
            lambda: [0.5, 0.0],
            "That describes the time itself, which ends as a square root; its slope is asked for.",
        ),
        Mistake(lambda: [-1.0, -0.5], "The two are swapped: the leaky neuron comes first."),
        Mistake(
            lambda: [-0.5, -0.5],
            "A non-leaky neuron has no peak to vanish at: t = ln(w/(w − 1)), derive that.",
        ),
        Mistake(
            lambda: [-1.0, -1.0],
            "A leaky neuron ends at the peak of a parabola, and a parabola gives a square root.",
        ),
        Mistake(
            lambda: [0.0, 0.0],
            "Zero is the slope after the end, when the neuron is silent; come from above.",
        ),
    ),
)

CHAPTER = Chapter(
    "04d",
    "Spike timing",
    (SPIKE, GRADIENT, SMALLEST, by_code.FIRST, by_code.SLOPE, LAST),
    QUESTIONS,
)
