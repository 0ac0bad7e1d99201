"""Exercises of chapter 6a: feedback alignment (paper section V.A).

Borrowed weights, angles, alignment, events.
"""

import math

import torch

from snnbook import local, surrogates
from snnbook.exercises._forbidden import multiplication
from snnbook.exercises._records import Plus, Times, function, integer, number
from snnbook.exercises._tools import Draw, network


def _feedback_of(*, direct: bool) -> int:
    """Return the number of feedback weights of a network 784-500-300-10, drawn and counted."""
    drawn = local.random_feedback(network(784, 500, 300, 10), "uniform", direct=direct)
    return sum(matrix.numel() for matrix in drawn.matrices)


@integer(
    "06a-1",
    right="All weights but those of the first layer: below it nobody waits for an error.",
    hints=(
        "Which layers have a hidden layer below them that waits for an error?",
        "Each weight above the first hidden layer carries an error down; those of the "
        "first layer would carry it to the input.",
        "Begin with `500 * 300`, between the two hidden layers.",
    ),
)
def borrowed_weights():
    n = _feedback_of(direct=False)
    return n, {
        "The first layer's weights would carry the error to the input, where nobody learns.": Plus(
            784 * 500
        ),
        "The lower hidden layer needs the error of the upper one, too.": Plus(-500 * 300),
        "These are the neurons that get an error, not the weights.": 500 + 300,
    }


@integer(
    "06a-2",
    right="One for each output and hidden neuron; layer by layer it would be nineteen times more.",
    hints=(
        "From where does the error come in direct feedback alignment, and to whom does it go?",
        "Every hidden neuron hears every output once, through a matrix of its layer's own.",
        "The lower hidden layer has a matrix of `10 * 500` numbers.",
    ),
)
def straight_down():
    return _feedback_of(direct=True), {
        "That is feedback alignment from layer to layer.": _feedback_of(direct=False),
        "The input does not learn; it needs no error.": Plus(10 * 784),
        "Each layer has a matrix of its own; they are not chained.": 10 * 500 * 300,
    }


@function(
    "06a-3",
    right="One number for a whole matrix: flatten both, and it is the angle of two vectors.",
    hints=(
        "If both matrices were vectors, how would you find the angle between them?",
        "The cosine is the inner product over the product of the lengths; the angle is its "
        "arccos, in degrees.",
        "`(W * G).sum()` is the inner product, and `W.norm()` is a length.",
    ),
)
def angle_of_matrices(draw):
    cases = [(draw.normal(*s), draw.normal(*s)) for s in ((3, 4), (10, 6), (2, 5))]

    def cosine(W, G):
        return torch.cosine_similarity(W.flatten(), G.flatten(), dim=0)

    def angle(W, G):
        return torch.rad2deg(torch.arccos(cosine(W, G)))

    return (angle, cases), {
        "That is the cosine; take its arccos, in degrees.": cosine,
        "That is the angle in radians.": lambda *case: torch.arccos(cosine(*case)),
        "The sign is the wrong way round: equal matrices have an angle of zero.": lambda W, G: (
            angle(W, -G)
        ),
    }


@number(
    "06a-4",
    right="Half the sum of squares, whatever the data were. It cannot be negative.",
    hints=(
        "What stays the same in a linear network while feedback alignment trains it with "
        "small steps?",
        "Look at the second part of the equation of the invariant: the product and its "
        "transpose stand on the left, squares of A on the right.",
        "The sum of the squares of A begins with 1² + 2².",
    ),
)
def bound_to_align():
    """Train a linear network from zero, see how the product grows with A, and apply it to A."""
    draw = Draw(seed=0)
    G, inputs, targets = draw.normal(3, 2), draw.normal(20, 2), draw.normal(20, 3)
    hidden, readout = torch.zeros(2, 2).double(), torch.zeros(3, 2).double()
    for _ in range(100):
        error = (targets - inputs @ hidden.T @ readout.T).T @ inputs / 20
        moved = 0.01 * G.T @ error
        readout += 0.01 * error @ (hidden + moved / 2).T  # midpoint
        hidden += moved
    A = torch.tensor([[1.0, 2.0], [0.0, 1.0]]).double()
    squares = (A**2).sum()
    return squares * (G * readout).sum() / (hidden**2).sum(), {
        "Half of it: the invariant has the matrix and its transpose on the left.": Times(2),
        "That is the trace of A; the squares of all its entries are needed.": A.trace(),
        "The norm is to be squared.": squares.sqrt() / 2,
    }


@function(
    "06a-5",
    forbid=multiplication,
    right="Two comparisons decide whether the dendrite is added; nothing is multiplied.",
    hints=(
        "Which question does the event ask of each neuron, and what does it add when the "
        "answer is yes?",
        "The window lies around the threshold: a neuron learns if U is closer to 1 than b. "
        "A comparison selects, so nothing is multiplied.",
        "`torch.where(condition, D, 0.0)`, with a condition on `(U - 1).abs()`.",
    ),
)
def one_event(draw):
    cases = [
        (draw.normal(count), 1 + 1.5 * draw.normal(count), draw.number(0.5, 1.5))
        for count in (5, 8, 12)
    ]

    def event(D, U, b):
        return torch.where(surrogates.boxcar(width=2 * b).derivative(U - 1) > 0, D, 0.0)

    return (event, cases), {
        "The window lies around the threshold, not around the resting potential.": lambda D, U, b: (
            event(D, U + 1, b)
        ),
        "That weighs the dendrite with a triangle; eRBP asks yes or no.": lambda D, U, b: (
            D * (1 - (U - 1).abs() / b).clamp(min=0)
        ),
        "Neurons far from the threshold do not learn.": lambda D, U, b: D.clone(),
        "The minus of the rule stands with the learning rate; what is added to the sum is the "
        "dendrite itself.": lambda D, U, b: -event(D, U, b),
    }


@number(
    "06a-6",
    unit="degrees",
    tolerance=0.1,
    right="About two degrees: the cosine of n random numbers scatters by one over the root of n.",
    hints=(
        "How many entries has each matrix, and how far does the cosine of so many random "
        "numbers scatter?",
        "Draw many pairs, take the angle of each pair, and then the standard deviation of "
        "the angles, in degrees.",
        "`one, two = torch.randn(2, 2000, 600)` holds two thousand pairs, each matrix in one row.",
    ),
)
def angle_by_chance():
    draw = Draw(seed=1)
    cosines = torch.stack(
        [torch.cosine_similarity(*draw.normal(2, 10 * 60), dim=0) for _ in range(3000)]
    )
    spread = torch.arccos(cosines).std()
    return torch.rad2deg(spread), {
        "That is in radians, or the cosine itself.": Times(math.pi / 180),
        "That is the mean. How far do single draws scatter around it?": 90.0,
        "All 600 entries count, not only those of one row.": math.degrees(1 / math.sqrt(60)),
    }


@integer(
    "06a-7",
    right="Every step leaves 99 % of the difference, so after n steps 0.99 to the power of n.",
    hints=(
        "What becomes of the difference in one step, when both take the same step of learning?",
        "The learning cancels in the difference; only the decay is left, which keeps 99 % "
        "of it in every step.",
        "Solve 0.99ⁿ = 0.01 for n with logarithms, and round up.",
    ),
)
def steps_to_meet():
    """Let a weight and its feedback take the same random steps and shrink, and count."""
    draw, weight, matrix, n = Draw(seed=2), 1.0, -1.0, 0
    while abs(weight - matrix) >= 0.01 * 2.0:
        moved, n = float(draw.normal(1)), n + 1
        weight, matrix = 0.99 * weight - moved, 0.99 * matrix - moved
    return n, {
        "That is one step too early: the difference is still a little above a hundredth.": n - 1,
        "That is the time to fall by the factor e.": 100,
        "Half of the difference is gone by then, and not 99 % of it.": 69,
        "The difference shrinks by 1 % of what is left, not of what it was at the start.": 99,
    }
