"""The exercises of chapter 6a: borrowed weights, angles, alignment, events."""

import math

from snnbook.exercises._ch06a_functions import ANGLE, EVENT
from snnbook.exercises._ch06a_quiz import QUESTIONS
from snnbook.exercises._records import Chapter, Exercise, Mistake

_SIZES = (784, 500, 300, 10)

# 06a-1 ---------------------------------------------------------------------------------------


def _borrowed(sizes=_SIZES) -> int:
    """Return the weights of all layers but the first."""
    return sum(a * b for a, b in zip(sizes[1:], sizes[2:]))


BORROWED = Exercise(
    id="06a-1",
    title="Borrowed weights",
    level="by head",
    kind="integer",
    prompt=r"""
A network 784-500-300-10 is trained by backpropagation.
How many weights must be known in a second place, to carry the error down?
""",
    truth=_borrowed,
    right="All weights but those of the first layer: below it nobody waits for an error.",
    hint="Which layers have a hidden layer below them?",
    solution="""
check("06a-1", 500 * 300 + 300 * 10)
""",
    mistakes=(
        Mistake(
            lambda: _borrowed() + 784 * 500,
            "The first layer's weights would carry the error to the input, where nobody learns.",
        ),
        Mistake(lambda: 300 * 10, "The lower hidden layer needs the error of the upper one, too."),
        Mistake(lambda: 500 + 300, "These are the neurons that get an error, not the weights."),
    ),
)

# 06a-2 ---------------------------------------------------------------------------------------

DIRECT = Exercise(
    id="06a-2",
    title="Straight down",
    level="by head",
    kind="integer",
    prompt=r"""
The same network 784-500-300-10 is trained by direct feedback alignment.
How many random numbers does its feedback have?
""",
    truth=lambda: 10 * (500 + 300),
    right="One for each output and hidden neuron; layer by layer it would be nineteen times more.",
    hint="Every hidden neuron hears every output once.",
    solution="""
check("06a-2", 10 * (500 + 300))
""",
    mistakes=(
        Mistake(_borrowed, "That is feedback alignment from layer to layer."),
        Mistake(lambda: 10 * (784 + 500 + 300), "The input does not learn; it needs no error."),
        Mistake(
            lambda: 10 * 500 * 300, "Each layer has a matrix of its own; they are not chained."
        ),
    ),
)

# 06a-4 ---------------------------------------------------------------------------------------

ALIGNED = Exercise(
    id="06a-4",
    title="Bound to align",
    level="by head",
    kind="number",
    prompt=r"""
A linear network with two hidden neurons starts with all weights at zero.
It is trained by feedback alignment with small steps.
Later its first layer is $A = \begin{pmatrix} 1 & 2 \\ 0 & 1 \end{pmatrix}$.
What is the inner product $\sum_{ki} G_{ki} W_{ki}$ of feedback and readout now?
""",
    truth=lambda: 0.5 * (1 + 4 + 0 + 1),
    right="Half the sum of squares, whatever the data were. It cannot be negative.",
    hint="Look at the second part of the equation of the invariant.",
    solution="""
check("06a-4", 0.5 * (1**2 + 2**2 + 0**2 + 1**2))
""",
    mistakes=(
        Mistake(
            lambda: 6, "Half of it: the invariant has the matrix and its transpose on the left."
        ),
        Mistake(lambda: 2, "That is the trace of A; the squares of all its entries are needed."),
        Mistake(lambda: 0.5 * math.sqrt(6), "The norm is to be squared."),
    ),
)

# 06a-6 ---------------------------------------------------------------------------------------

CHANCE = Exercise(
    id="06a-6",
    title="What is chance?",
    level="explore",
    kind="number",
    prompt=r"""
An angle of 88 degrees: is that alignment or luck?
Draw two random matrices of 10 by 60 normal numbers, many times, and take their angle.
Give the standard deviation of the angle in degrees, to within a tenth of it.
""",
    truth=lambda: math.degrees(1 / math.sqrt(600)),
    tolerance=0.1,
    right="About two degrees: the cosine of n random numbers scatters by one over the root of n.",
    hint="Use your `angle` in a loop of a thousand draws, and `torch.tensor(found).std()`.",
    solution="""
one, two = torch.randn(2, 2000, 600, generator=torch.Generator().manual_seed(0))
check("06a-6", float(torch.rad2deg(torch.arccos(torch.cosine_similarity(one, two))).std()))
""",
    mistakes=(
        Mistake(lambda: 1 / math.sqrt(600), "That is in radians, or the cosine itself."),
        Mistake(lambda: 90.0, "That is the mean. How far do single draws scatter around it?"),
        Mistake(
            lambda: math.degrees(1 / math.sqrt(60)),
            "All 600 entries count, not only those of one row.",
        ),
    ),
)

CHAPTER = Chapter(
    number="06a",
    title="Feedback alignment",
    exercises=(BORROWED, DIRECT, ANGLE, ALIGNED, EVENT, CHANCE),
    questions=QUESTIONS,
)
