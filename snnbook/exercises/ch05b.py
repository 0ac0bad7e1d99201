"""The exercises of chapter 5b: what is local, what a closed loop tells, when noise helps."""

import math

from snnbook.exercises import _ch05b_functions as by_code
from snnbook.exercises._ch05b_quiz import QUESTIONS
from snnbook.exercises._records import Chapter, Exercise, Mistake

# 05b-1 ---------------------------------------------------------------------------------------


def _arrows(inputs: int = 0, own: bool = True, outputs: bool = True) -> int:
    from snnbook.laboratory import count_terms

    found = count_terms((50, 100, 10), steps=2)
    count = found["recurrent"] - (0 if own else 100) + (found["forward"] if outputs else 0)
    return count + inputs


ARROWS = Exercise(
    id="05b-1",
    title="Arrows between neurons",
    level="by head",
    kind="integer",
    prompt=r"""
A network has 50 inputs, a recurrent hidden layer of 100 spiking neurons and 10 readout units.
Every neuron of the layer has a synapse on every neuron of the layer, itself included.
Look at the unrolled graph, from step $n$ to step $n + 1$.
How many arrows lead from a hidden spike, through a weight, to a current?
The exact gradient of the hidden weights has to cross each of them backward.
""",
    truth=_arrows,
    right="100 · 100 through V and 10 · 100 through the readout weight; the input weights lie "
    "below the hidden layer, and nothing has to pass through them.",
    hint="Count the entries of the two matrices that hidden spikes meet.",
    solution="""
check("05b-1", 100 * 100 + 10 * 100)
""",
    mistakes=(
        Mistake(
            lambda: _arrows(outputs=False),
            "The readout is missing: hidden spikes also reach its currents, through 10 · 100 "
            "weights.",
        ),
        Mistake(
            lambda: _arrows(own=False),
            "Here a neuron has a synapse on itself; the prompt counts all 100 · 100 of them.",
        ),
        Mistake(
            lambda: _arrows(inputs=50 * 100),
            "The input weights do not count: they lead from input spikes, not from hidden ones.",
        ),
        Mistake(lambda: 100 + 10, "Each of the 100 spikes reaches each of the 110 currents."),
        Mistake(lambda: 1000, "That is the readout alone; the layer also talks to itself."),
    ),
)

# 05b-2 ---------------------------------------------------------------------------------------


def _around_the_square(first, second, points: int = 200) -> float:
    """Integrate (first, second) counterclockwise around the unit square, midpoint rule."""
    middle = [(k + 0.5) / points for k in range(points)]
    total = sum(first(t, 0.0) + second(1.0, t) - first(t, 1.0) - second(0.0, t) for t in middle)
    return total / points


LOOP = Exercise(
    id="05b-2",
    title="A walk around a square",
    level="by head",
    kind="number",
    prompt=r"""
In the plane of two weights $(x, y)$ a learning rule claims the gradient $(2x + y,\; 2y - x)$.
Walk counterclockwise around the square with the corners $(0, 0)$, $(1, 0)$, $(1, 1)$, $(0, 1)$.
Give the integral of the claimed gradient along the walk.
""",
    truth=lambda: _around_the_square(lambda x, y: 2 * x + y, lambda x, y: 2 * y - x),
    right="The parts 2x and 2y are a gradient and come back to zero; (y, −x) turns, and its walk "
    "gives −2 times the area. There is no such loss.",
    hint="Add the four sides: along the bottom only the first component counts, with y = 0.",
    solution="""
bottom, right, top, left = 1.0, 1 - 1, -(1 + 1), -1.0  # ∫2x, ∫(2y − 1), −∫(2x + 1), −∫2y
check("05b-2", bottom + right + top + left)
""",
    mistakes=(
        Mistake(
            lambda: 0.0,
            "Zero would make it a gradient; compare ∂/∂y of the first component "
            "with ∂/∂x of the second: 1 and −1.",
        ),
        Mistake(
            lambda: 2.0,
            "The size is right, the direction is not: counterclockwise means "
            "bottom, right, top, left.",
        ),
        Mistake(
            lambda: -1.0,
            "One of the two turning parts is missing: y on the top side and −x "
            "on the right side each give −1.",
        ),
        Mistake(
            lambda: 4.0, "Top and left are walked backward, so their integrals count negatively."
        ),
    ),
    generic=False,
)

# 05b-3 ---------------------------------------------------------------------------------------


def _entry(slope: float) -> float:
    """Return the factor in brackets of dy/dw for g = 1, v = (0.5, 1), u = (1, -1)."""

    def bump(a):
        return slope / (2 * math.cosh(slope * a / 2)) ** 2

    return 0.5 * bump(0.5) - 1.0 * bump(1.0)


def _signs(*slopes: float):
    return lambda: [math.copysign(1.0, _entry(slope)) for slope in slopes]


SIGN = Exercise(
    id="05b-3",
    title="Two paths and their sign",
    level="by head",
    kind="sequence",
    prompt=r"""
In the 1-1-2-1 sigmoid network let $g = 1$, $(v_1, v_2) = (0.5, 1)$ and $(u_1, u_2) = (1, -1)$.
Then $\partial y / \partial w$ has the sign of $0.5 \, \sigma_k'(0.5) - \sigma_k'(1)$.
The bump is $\sigma_k'(a) \approx k e^{-k |a|}$ for a large slope $k$, and $k/4$ for a small one.
The forward pass has $k = 20$, and the surrogate has $k = 0.2$.
Give the pair of signs ($1$ or $-1$): of the exact gradient, of the surrogate gradient.
""",
    truth=_signs(20.0, 0.2),
    right="The steep bump sees the path through h₁ alone, which is closer to threshold; the flat "
    "one weighs both alike, and then the larger weight wins.",
    hint="Compare 0.5 · e^(−10) with 1 · e^(−20), and 0.5 with 1.",
    solution="""
exact = 0.5 * 20 * math.exp(-20 * 0.5) - 1.0 * 20 * math.exp(-20 * 1.0)
surrogate = 0.5 * 0.2 / 4 - 1.0 * 0.2 / 4
check("05b-3", (math.copysign(1, exact), math.copysign(1, surrogate)))
""",
    mistakes=(
        Mistake(lambda: [-1.0, 1.0], "The pair is swapped: the exact one comes first."),
        Mistake(
            lambda: [1.0, 1.0],
            "At k = 0.2 both bumps are about k/4, so compare the weights: 0.5 · 1 with 1 · 1.",
        ),
        Mistake(
            lambda: [-1.0, -1.0],
            "At k = 20 the path through h₂ is e^10 times weaker than that through h₁.",
        ),
    ),
    generic=False,
)

# 05b-4 ---------------------------------------------------------------------------------------


def _noisy_unit(w: float = 2.0, y: float = 1.0, p: float = 0.25) -> tuple[float, float]:
    """Return the exact derivative and the mean surrogate gradient, for a bump of 1."""
    exact = (w - y) ** 2 - y**2
    surrogate = p * 2 * (w - y) * w + (1 - p) * 2 * (0 - y) * w
    return exact, surrogate


NOISE = Exercise(
    id="05b-4",
    title="A noisy unit and a squared loss",
    level="by head",
    kind="sequence",
    prompt=r"""
A unit spikes ($S = 1$) with probability $p = \sigma(a) = 0.25$, and the loss is $L = (2 S - 1)^2$.
Let $\sigma'(a)$ be 1 for short.
The mean surrogate gradient is $\mathrm{E}[\sigma'(a) \, \mathrm{d}L/\mathrm{d}S]$.
Give the pair ($\mathrm{d}\,\mathrm{E}[L] / \mathrm{d}a$, mean surrogate gradient).
""",
    truth=_noisy_unit,
    right="With and without a spike the loss is 1, so the exact slope is 0; the surrogate sees a "
    "slope of the parabola, −4 three times out of four and +4 once.",
    hint="E[L] = p L(1) + (1 − p) L(0); dL/dS = 2 (2S − 1) · 2.",
    solution="""
p = 0.25
exact = (2 * 1 - 1) ** 2 - (2 * 0 - 1) ** 2
surrogate = p * 4 * (2 * 1 - 1) + (1 - p) * 4 * (2 * 0 - 1)
check("05b-4", (exact, surrogate))
""",
    mistakes=(
        Mistake(
            lambda: (-2.0, -2.0),
            "The exact slope is L(1) − L(0), a difference, not a derivative of the parabola.",
        ),
        Mistake(
            lambda: (0.0, 0.0),
            "The second is a mean of slopes: 4 (2S − 1) is +4 with probability 0.25 and −4 with "
            "0.75.",
        ),
        Mistake(lambda: (0.0, -1.0), "The inner derivative is missing: d(2S − 1)/dS = 2."),
        Mistake(lambda: (0.0, 2.0), "A spike has the probability 0.25, no spike 0.75."),
        Mistake(lambda: (-2.0, 0.0), "The pair is swapped: the exact derivative comes first."),
    ),
    generic=False,
)

# 05b-6 ---------------------------------------------------------------------------------------

CHANCE = Exercise(
    id="05b-6",
    title="Is 0.11 an alignment?",
    level="explore",
    kind="choice",
    options=("aligned", "chance", "opposed"),
    prompt=r"""
A network has 64 hidden neurons, and its feedback weights are drawn at random, once.
You measure a cosine of 0.11 between the learning rule and the exact gradient.
Two independent random vectors with $N$ entries have a cosine of mean 0 and deviation $1/\sqrt N$.
Is the rule `"aligned"` with the gradient, is this `"chance"`, or is it `"opposed"`?
""",
    truth=lambda: "chance" if 0.11 < 2 / math.sqrt(64) else "aligned",
    right="One standard deviation is 0.125: draw the feedback again and the sign may change.",
    hint="Compute 1/√64 and compare.",
    solution="""
spread = 1 / math.sqrt(64)
check("05b-6", "chance" if abs(0.11) < 2 * spread else "aligned")
""",
    mistakes=(
        Mistake(
            lambda: "aligned",
            "One draw says little: 0.11 lies within one standard deviation, 0.125, of zero. "
            "Average over many feedback matrices.",
        ),
        Mistake(lambda: "opposed", "The cosine is positive, so it is not opposed; is it large?"),
    ),
)

CHAPTER = Chapter(
    "05b",
    "Locality",
    (ARROWS, LOOP, SIGN, NOISE, by_code.TRACE, CHANCE),
    QUESTIONS,
)
