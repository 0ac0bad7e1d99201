"""The exercises of chapter 6d: spike times, their gradient, their cost, and the cliff."""

import math

from snnbook.exercises._ch06d_functions import JUMP
from snnbook.exercises._ch06d_quiz import QUESTIONS
from snnbook.exercises._records import Chapter, Exercise, Mistake

# 06d-1 ---------------------------------------------------------------------------------------


def _constant(current: float = 2.0, tau: float = 20.0) -> float:
    """Return when a membrane driven by a constant current crosses 1."""
    return tau * math.log(current / (current - 1))


CROSSING = Exercise(
    id="06d-1",
    title="From event to event",
    level="by head",
    kind="number",
    prompt=r"""
A neuron at rest gets a constant current $I = 2$, in units of the threshold.
Its membrane follows $\tau_\text{mem} \dot U = -U + I$ with $\tau_\text{mem} = 20$ ms.
After how many milliseconds does it spike?
""",
    truth=_constant,
    right="20 ln 2 ms, in one line and without a time step.",
    hint="Solve for U(t), set it to 1, and take a logarithm.",
    solution="""
check("06d-1", 20 * torch.log(torch.tensor(2.0)))
""",
    mistakes=(
        Mistake(lambda: 10.0, "The membrane does not rise in a straight line: it leaks."),
        Mistake(lambda: 20.0, "After one time constant it has reached 1.26, above the threshold."),
        Mistake(lambda: math.log(2), "In units of the time constant; milliseconds are asked for."),
    ),
)

# 06d-2 ---------------------------------------------------------------------------------------


def _slope(current: float = 2.0, tau: float = 20.0) -> float:
    """Return the derivative of that time by the current."""
    return -tau / (current * (current - 1))


DERIVATIVE = Exercise(
    id="06d-2",
    title="Its gradient",
    level="by head",
    kind="number",
    prompt=r"""
Take the neuron of the last exercise.
By how many milliseconds for each unit of current does its spike move, at $I = 2$?
Mind the sign.
""",
    truth=_slope,
    right="Ten milliseconds earlier for each unit; near I = 1 it would be without bound.",
    hint="Differentiate 20 ln(I / (I - 1)).",
    solution="""
check("06d-2", -20 / (2 * (2 - 1)))
""",
    mistakes=(
        Mistake(lambda: -_slope(), "More current, an earlier spike: the sign is negative."),
        Mistake(lambda: -20.0, "That is 1 / (1 - I) alone; the logarithm of I has a part, too."),
        Mistake(lambda: -0.5, "In units of the time constant; milliseconds are asked for."),
    ),
)

# 06d-3 ---------------------------------------------------------------------------------------


def _visits(hidden: int = 40, outputs: int = 3, spikes: int = 5) -> int:
    """Return the events that the neurons see: inputs at every hidden, hidden at every output."""
    return spikes * 100 + hidden * outputs


COST = Exercise(
    id="06d-3",
    title="A price in spikes",
    level="by head",
    kind="integer",
    prompt=r"""
Five input spikes reach each of 100 hidden neurons.
The hidden layer answers with 40 spikes, and each reaches 3 outputs.
Count one visit for each arrival of a spike at a neuron.
How many visits does the forward run need?
""",
    truth=_visits,
    right="620, for a run of any length. A simulation in 1000 steps visits 103 neurons each time.",
    hint="Arrivals at the hidden layer, plus arrivals at the outputs.",
    solution="""
check("06d-3", 5 * 100 + 40 * 3)
""",
    mistakes=(
        Mistake(lambda: 5 * 100 + 100 * 3, "Forty spikes leave the hidden layer, not a hundred."),
        Mistake(lambda: 5 + 40, "Each spike arrives at every neuron of the next layer."),
        Mistake(lambda: 5 * 100 + 40, "Each of the 40 spikes reaches three outputs."),
    ),
)

# 06d-5 ---------------------------------------------------------------------------------------

BLIND = Exercise(
    id="06d-5",
    title="Blind to what?",
    level="explore",
    kind="choice",
    options=("when", "whether", "where"),
    prompt=r"""
In the saw of {numref}`fig-06d-saw` every tangent points down while the curve rises.
The exact gradient sees one of two things and misses the other.
What does it miss: `"when"` a neuron spikes, `"whether"` it spikes, or `"where"` in the network?
""",
    truth=lambda: "whether",
    right="It is the derivative at a fixed number of spikes; a spike more is a jump.",
    hint="What happens at the jumps of the saw?",
    solution="""
check("06d-5", "whether")
""",
    mistakes=(
        Mistake(lambda: "when", "That is all it sees: the pieces between the jumps slope by it."),
        Mistake(lambda: "where", "The adjoint passes through all synapses, in any network."),
    ),
)

CHAPTER = Chapter(
    number="06d",
    title="Gradients of spike times",
    exercises=(CROSSING, DERIVATIVE, COST, JUMP, BLIND),
    questions=QUESTIONS,
)
