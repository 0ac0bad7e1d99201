"""Exercises of chapter 8b: neurons that adapt, and why Euler breaks (no section of the paper).

Where a step is stable, what it does to an area, and which coupling remembers.
"""

import math

import torch

from snnbook.exercises._records import choice, function, integer, number
from snnbook.neurons import AdLIFNeuron, ResonateNeuron, coupling_bound, spectral_radius

#: Time constants over which a step keeps nine tenths of membrane and current.
KEEPS = -1e-3 / math.log(0.9)


@number(
    "08b-1",
    right="Both factors are 0.9, and the determinant of the step, 0.81 + 0.01 a, is 1 there.",
    hints=(
        "Which product of the two eigenvalues does a step on the edge of stability have?",
        "The determinant of the forward step grows with a; set it to 1.",
        "0.9 · 0.9 + 0.1 · 0.1 · a = 1.",
    ),
)
def bound_of_the_forward_step():
    neuron = AdLIFNeuron(KEEPS, KEEPS, step_kind="forward")
    truth = coupling_bound(neuron).item()
    kappa = (1 - neuron.beta) * (1 - neuron.rho)
    return truth, {
        "That is the bound of the symplectic step.": (
            coupling_bound(AdLIFNeuron(KEEPS, KEEPS)).item()
        ),
        "That is the determinant without a coupling; how much may the coupling add to it?": (
            neuron.beta * neuron.rho
        ),
        "That is how much the coupling may add to the determinant; each unit of a adds 0.01.": (
            1 - neuron.beta * neuron.rho
        ),
        "There the determinant of what the coupling adds alone is 1; 0.81 is there already.": (
            1 / kappa
        ),
        "The coupling enters the determinant by both factors, 0.1 times 0.1.": (
            (1 - neuron.beta * neuron.rho) / (1 - neuron.beta)
        ),
    }


@number(
    "08b-2",
    right="No coupling changes it: each of the two shears of a symplectic step keeps areas, and "
    "the decays alone shrink them.",
    hints=(
        "What is the product of the eigenvalues of a matrix?",
        "The determinant of the symplectic step holds no coupling at all.",
        "It is the product of the two decay factors.",
    ),
)
def area_of_the_symplectic_step():
    neuron = AdLIFNeuron(KEEPS, KEEPS, 19.0)
    truth = torch.linalg.det(neuron.step_matrix()).item()
    return truth, {
        "That is the forward step, which is on its edge at this coupling.": 1.0,
        "That is the magnitude of each of the two eigenvalues; the product is asked.": (
            spectral_radius(neuron).item()
        ),
        "Decay factors multiply; they are not added.": neuron.beta + neuron.rho,
        "Here the coupling takes away from the determinant; in the symplectic step it cancels.": (
            2 * truth - 1.0
        ),
    }


@choice(
    "08b-3",
    options=("-0.5", "0", "10"),
    right="A negative coupling feeds the current back into itself, so it decays slower than alone; "
    "below -1 it would grow.",
    hints=(
        "How does the membrane answer a current that it holds for long?",
        "The membrane follows to about -w. What does the coupling make of that in the equation "
        "of w?",
        "The slow rate is about -(1 + a) times 1 over the slow time constant, as long as the "
        "coupling is small.",
    ),
)
def coupling_that_remembers():
    slowest = {}
    for name in ("-0.5", "0", "10"):
        rates = [[-1 / 20e-3, -1 / 20e-3], [float(name) / 0.4, -1 / 0.4]]
        slowest[name] = torch.linalg.eigvals(torch.tensor(rates)).real.max().item()
    truth = max(slowest, key=slowest.get)
    return truth, {
        "Then the current decays as it does alone; one of the three makes it slower.": "0",
        "That makes the neuron ring, and both modes then decay within twice the membrane's "
        "time.": "10",
    }


@function(
    "08b-4",
    right="The order of two lines is the whole remedy: the current first, and the membrane then "
    "takes it as it is now.",
    hints=(
        "Which of the two lines has to come first?",
        "Compute the new current from the old membrane, then the new membrane from the new "
        "current.",
        "`w = rho * w + (1 - rho) * a * u` comes first.",
    ),
)
def symplectic_step(draw):
    cases = [
        (draw.normal(5), draw.normal(5), beta, rho, a)
        for beta, rho, a in ((0.95, 0.99, 10.0), (0.9, 0.8, -0.5), (0.5, 0.9, 60.0))
    ]

    def step(u, w, beta, rho, a):
        w = rho * w + (1 - rho) * a * u
        return beta * u - (1 - beta) * w, w

    def forward(u, w, beta, rho, a):
        return beta * u - (1 - beta) * w, rho * w + (1 - rho) * a * u

    def other(u, w, beta, rho, a):
        u = beta * u - (1 - beta) * w
        return u, rho * w + (1 - rho) * a * u

    def sign(u, w, beta, rho, a):
        w = rho * w + (1 - rho) * a * u
        return beta * u + (1 - beta) * w, w

    def whole(u, w, beta, rho, a):
        w = rho * w + a * u
        return beta * u - (1 - beta) * w, w

    def swapped(u, w, beta, rho, a):
        u, w = step(u, w, beta, rho, a)
        return w, u

    return (step, cases), {
        "That is the forward step: the membrane takes the old current.": forward,
        "The other way round: here the current takes the new membrane. That is as stable, but "
        "another step.": other,
        "The current works against the membrane.": sign,
        "The coupling enters with 1 - rho, so that a is the current in the long run.": whole,
        "Return the membrane first, then the current.": swapped,
    }


@integer(
    "08b-5",
    unit="ms",
    right="Beyond that step the exact neuron still forgets and Euler's grows: the step is too "
    "long for the rhythm, although a period has twenty of them.",
    hints=(
        "Which number tells whether a step without spikes is stable?",
        "Build `ResonateNeuron(10.0, 0.1, step_kind='forward', dt=...)` for 1, 2, 3 ... ms.",
        "`spectral_radius(neuron) < 1` holds up to the step that is asked.",
    ),
)
def longest_stable_step():
    def stable(step, kind="forward"):
        neuron = ResonateNeuron(10.0, 0.1, step_kind=kind, dt=1e-3 * step)
        return spectral_radius(neuron).item() < 1

    truth = max(step for step in range(1, 50) if stable(step))
    return truth, {
        "There it grows already; what is the last step before?": truth + 1,
        "That step is stable, and so is a longer one.": truth - 1,
        "That is the decay alone: at this rhythm a much shorter step is too long.": 100,
        "The exact step is stable at any length; build the neuron with `step_kind='forward'`.": max(
            step for step in range(1, 50) if stable(step, "exact")
        ),
    }
