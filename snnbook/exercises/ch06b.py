"""The exercises of chapter 6b: three factors, what a rule keeps, a memory in the threshold."""

from snnbook.exercises import _ch06b_functions as by_code
from snnbook.exercises._ch06b_quiz import QUESTIONS
from snnbook.exercises._records import Chapter, Exercise, Mistake

# 06b-1 ---------------------------------------------------------------------------------------


def _kept(inputs: int = 100, neurons: int = 50, shared: bool = True, filters: int = 2) -> int:
    before = filters * inputs * (1 if shared else neurons)
    return before + filters * inputs * neurons


KEPT = Exercise(
    id="06b-1",
    title="What the traces cost",
    level="by head",
    kind="integer",
    prompt=r"""
A layer of 50 neurons with 100 inputs learns by SuperSpike for 2000 steps, one sample.
The presynaptic trace has two filters (current and membrane), and all neurons share it.
The eligibility trace has two filters at each synapse.
How many numbers do these traces hold at step 2000?
""",
    truth=_kept,
    right="2 · 100 shared numbers and 2 · 100 · 50 of the synapses; the 2000 steps do not appear.",
    hint="Count the presynaptic trace once for each input, the eligibility once for each synapse.",
    solution="""
check("06b-1", 2 * 100 + 2 * 100 * 50)
""",
    mistakes=(
        Mistake(
            lambda: 2000 * _kept(),
            "A trace is overwritten at every step: nothing is multiplied by the number of steps.",
        ),
        Mistake(
            lambda: _kept(shared=False),
            "The presynaptic trace is the same for all neurons, because the reset is left out.",
        ),
        Mistake(lambda: 2 * 100 * 50, "The presynaptic trace is missing: two numbers an input."),
        Mistake(lambda: _kept(filters=1), "Each trace has two filters, so two numbers."),
        Mistake(
            lambda: 2000 * (100 + 2 * 50),
            "That is a history of the layer, as BPTT keeps it; traces are asked for.",
        ),
    ),
)

# 06b-2 ---------------------------------------------------------------------------------------


def _increments(errors=(0, 0, 0, 0, -0.5, -0.25), bump_at=2, filtered=True, decay=0.5) -> float:
    """Return the sum of error times eligibility for one input spike at step 0."""
    current = before = slow = trace = total = 0.0
    for n, error in enumerate(errors):
        raised = before if n == bump_at else 0.0
        total += error * (trace if filtered else raised)
        slow, trace = decay * slow + raised, decay * trace + slow
        current, before = decay * current + (n == 0), decay * before + current
    return total


FACTORS = Exercise(
    id="06b-2",
    title="Three factors of one synapse",
    level="by head",
    kind="number",
    prompt=r"""
Let $\alpha = \beta = 0.5$.
One input spike arrives at step 0, so the presynaptic trace $p$ begins with 0, 0, 1, 1, 0.75.
The surrogate is $g = 1$ at step 2 and 0 at all other steps.
The eligibility is $\lambda[n+1] = \beta \lambda[n] + q[n]$ with $q[n+1] = \alpha q[n] + g[n] p[n]$.
The error is $e[4] = -0.5$, $e[5] = -0.25$, and 0 before.
Give the sum of $e[n] \lambda[n]$ over the steps 0 to 5.
""",
    truth=_increments,
    right="The eligibility is 1 at steps 4 and 5. The sum is negative, so the weight, which moves "
    "against it, grows: a spike was missing.",
    hint="q = 0, 0, 0, 1, 0.5, 0.25; then λ[4] = q[3] and λ[5] = λ[4] / 2 + q[4].",
    solution="""
eligibility = {4: 1.0, 5: 0.5 * 1.0 + 0.5}
check("06b-2", -0.5 * eligibility[4] - 0.25 * eligibility[5])
""",
    mistakes=(
        Mistake(lambda: 0.75, "That is the change of the weight; the sum itself is negative."),
        Mistake(
            lambda: 0.0,
            "The bump at step 2 is over when the error comes, and this is what the filter is for: "
            "λ is still 1 at steps 4 and 5.",
        ),
        Mistake(lambda: -0.625, "λ[5] has two parts: half of λ[4], and q[4] = 0.5."),
        Mistake(
            lambda: -0.5 * 1.0 - 0.25 * 0.75,
            "λ is the filtered product at step 2, not the presynaptic trace with a delay.",
        ),
    ),
    generic=False,
)

# 06b-3 ---------------------------------------------------------------------------------------


def _late(phi: float = 0.5, rho: float = 0.99, steps: int = 100, sign: float = -1.0) -> float:
    return 0.4 * sign * phi * 2.0 * rho**steps


MEMORY = Exercise(
    id="06b-3",
    title="A memory in the threshold",
    level="by head",
    kind="number",
    prompt=r"""
At the end of a cue, a synapse of an adaptive neuron has $\epsilon^a = 2$.
Then nothing happens for 100 steps: no input, and the surrogate is 0.
The adaptation has $\rho = 0.99$ and $\phi = 0.5$, and the membrane forgets within 20 steps.
At step 100 the neuron comes close to its threshold, with $g = 0.4$.
Give $e = g\,(\epsilon^U - \phi\, \epsilon^a)$, to three digits.
""",
    truth=_late,
    right="More than a third of the trace is left, and its sign is negative: an earlier spike "
    "raised the threshold, and makes a spike now less likely.",
    hint="ε^U is 0, and ε^a has been multiplied by ρ a hundred times; 0.99^100 ≈ 0.366.",
    solution="""
check("06b-3", 0.4 * (0.0 - 0.5 * 2.0 * 0.99**100))
""",
    mistakes=(
        Mistake(lambda: 0.0, "ε^U is 0, but ε^a is not: it decays with ρ, not with β."),
        Mistake(lambda: _late(sign=1.0), "The sign: a higher threshold means fewer spikes."),
        Mistake(lambda: _late(rho=1.0), "The trace decays: multiply by 0.99 a hundred times."),
        Mistake(lambda: _late(phi=1.0), "The factor φ = 0.5 is missing."),
        Mistake(lambda: _late() / 0.4, "The surrogate of step 100, 0.4, is a factor of e."),
    ),
    generic=False,
)

# 06b-5 ---------------------------------------------------------------------------------------

SPACE = Exercise(
    id="06b-5",
    title="Why depth hurts",
    level="explore",
    kind="choice",
    options=("time", "space", "width"),
    prompt=r"""
You take a network with one hidden layer, symmetric feedback and no recurrent weights.
SuperSpike has a cosine of 1 with the exact gradient, for 100 steps and for 1000.
You put a second hidden layer on top, and the cosine of the first layer falls to about 0.8.
Which kind of credit assignment does the rule solve only in part: in `"time"`, or in `"space"`?
Or is it the `"width"` of the layer?
""",
    truth=lambda: "space",
    right="Time is handled by the traces. The error skips the layer between, and with it that "
    "layer's surrogate, which says whose spikes matter now.",
    hint="What changed, and what is on the path from the first layer to the readout?",
    solution="""
check("06b-5", "space")
""",
    mistakes=(
        Mistake(
            lambda: "time",
            "The number of steps made no difference: the eligibility trace carries time.",
        ),
        Mistake(lambda: "width", "The width of the first layer has not changed."),
    ),
)

CHAPTER = Chapter(
    "06b",
    "Three-factor rules",
    (KEPT, FACTORS, MEMORY, by_code.STEP, SPACE),
    QUESTIONS,
)
