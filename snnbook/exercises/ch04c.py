"""Exercises and quiz of chapter 4c: rate coding (paper section IV.A.3)."""

import math

import torch

from snnbook.exercises import _ch04c_functions as by_code
from snnbook.exercises._ch04c_quiz import QUESTIONS
from snnbook.exercises._records import Chapter, Exercise, Mistake
from snnbook.neurons import LIFNeuron, LIFState, run
from snnbook.smoothed import discrete_rate, drive_gain, lif_rate

# 04c-1 ---------------------------------------------------------------------------------------

RATE = Exercise(
    id="04c-1",
    title="How often does it spike?",
    level="by head",
    kind="number",
    prompt=r"""
An LIF neuron in continuous time has $\tau_\text{mem} = 20$ ms and $\theta = 1$.
Without reset its membrane would settle at $\mu = 1.5$.
Give its firing rate in Hz.
""",
    truth=lambda: lif_rate(torch.tensor(1.5, dtype=torch.float64), LIFNeuron(tau_mem=20e-3)),
    right="The membrane needs τ ln(1.5/0.5) = 22 ms from the reset to the threshold.",
    hint="Solve μ(1 − exp(−t/τ)) = θ for t; the rate is 1/t.",
    solution="""
check("04c-1", 1 / (0.020 * math.log(1.5 / (1.5 - 1))))
""",
    mistakes=(
        Mistake(lambda: 0.020 * math.log(3), "That is the interval in seconds; take one over it."),
        Mistake(
            lambda: 1 / (0.020 * math.log(1.5)),
            "The argument of the logarithm is μ/(μ − θ): how far the membrane has to go, over how "
            "far it still is from μ at the threshold.",
        ),
        Mistake(
            lambda: 1.5 / 0.020,
            "That is the rate without leak, μ/(τθ); the leak takes charge away on the way up.",
        ),
        Mistake(
            lambda: 0.5 / 0.020,
            "A straight line from the threshold on is a common guess, and the curve is a "
            "logarithm.",
        ),
        Mistake(
            lambda: 1 / (0.020 * math.log10(3)),
            "Take the natural logarithm.",
        ),
        Mistake(lambda: 1 / 0.020, "That is 1/τ; the distance to the threshold matters."),
    ),
)

# 04c-2 ---------------------------------------------------------------------------------------

_HALF = LIFNeuron(tau_mem=1 / math.log(2), tau_syn=1.0, dt=1.0)


def _two() -> tuple[float, float]:
    mean = torch.tensor(2.0, dtype=torch.float64)
    return float(discrete_rate(mean, _HALF)), float(lif_rate(mean, _HALF))


STAIRS = Exercise(
    id="04c-2",
    title="One neuron, two rates",
    level="by head",
    kind="sequence",
    prompt=r"""
A discrete neuron follows $U[n+1] = U[n]/2 + 1 - S[n]$ with $S[n] = \Theta(U[n] - 1)$.
It starts at $U[0] = 0$, and $\Theta(0) = 0$.
So $\beta = 1/2$ and $\mu = 2$.
In the long run, a certain share of the steps has a spike.
The formula of continuous time predicts another number of spikes per step.
Give both as a pair.
""",
    truth=_two,
    right="Every other step, and the formula says every step: at this time step it is off by a "
    "factor of two.",
    hint="Iterate six steps. For the formula: τ = Δt/ln 2, and μ/(μ − θ) = 2.",
    solution="""
U, spikes = 0.0, []
for _ in range(100):
    S = float(U > 1)
    U = U / 2 + 1 - S
    spikes.append(S)
tau = 1 / math.log(2)
check("04c-2", (sum(spikes[50:]) / 50, 1 / (tau * math.log(2 / (2 - 1)))))
""",
    mistakes=(
        Mistake(
            lambda: (1.0, 1.0),
            "Iterate: after a spike the membrane is below threshold for one step.",
        ),
        Mistake(
            lambda: (0.5, 0.5),
            "The two do not agree here; put τ = Δt/ln β⁻¹ = 1/ln 2 into the formula.",
        ),
        Mistake(
            lambda: (1 / 3, 1.0),
            "Check the reset: it takes off 1 from U[n+1], it does not set U[n+1] to 0.",
        ),
        Mistake(lambda: (1.0, 0.5), "The two are swapped."),
        Mistake(
            lambda: (0.5, 0.5 / math.log(2)),
            "For β = 1/2 the time constant is 1/ln 2 steps, not 2 steps.",
        ),
    ),
)

# 04c-3 ---------------------------------------------------------------------------------------

COUNTING = Exercise(
    id="04c-3",
    title="Regular and random",
    level="by head",
    kind="number",
    prompt=r"""
A neuron spikes in a share $p = 0.1$ of the steps.
If its spikes are evenly spaced, the share counted in $T$ steps is off by at most $1/T$.
If they are random and independent, its standard deviation is $\sqrt{p (1 - p) / T}$.
How many steps of random spikes bring it down to the $1/T$ of 200 steps of regular spikes?
""",
    truth=lambda: 0.1 * 0.9 * 200**2,
    right="Eighteen times the window: random counts improve with the square root of time alone.",
    hint="Set sqrt(0.09/T) = 1/200 and solve for T.",
    solution="""
check("04c-3", 0.1 * (1 - 0.1) * 200**2)
""",
    mistakes=(
        Mistake(lambda: 200.0, "The error of random counts falls more slowly than 1/T."),
        Mistake(
            lambda: 0.1 * 200**2,
            "That is a Poisson count, with the variance p; in a step there is one spike or none, "
            "with the variance p(1 − p).",
        ),
        Mistake(
            lambda: math.sqrt(0.09) * 200,
            "The square got lost: square both sides of sqrt(0.09/T) = 1/200.",
        ),
        Mistake(lambda: 200.0**2, "The variance p(1 − p) of one step is missing."),
        Mistake(lambda: 0.9 * 200**2, "The factor p is missing in the variance p(1 − p)."),
    ),
)

# 04c-6 ---------------------------------------------------------------------------------------


def _first(mean: float, *, ready: bool = False, tau_syn: float = 5e-3) -> int:
    """Return the step of the first spike at a constant drive."""
    neuron = LIFNeuron(tau_syn=tau_syn)
    drive = torch.full((200, 1, 1), mean / drive_gain(neuron), dtype=torch.float64)
    current = torch.full((1, 1), mean * (1 - neuron.beta), dtype=torch.float64)
    state = LIFState(current, torch.zeros_like(current)) if ready else None
    return int(run(neuron, drive, state=state).spikes.flatten().argmax())


FIRST = Exercise(
    id="04c-6",
    title="The first spike is late",
    level="explore",
    kind="integer",
    prompt=r"""
The neuron of the chapter, `LIFNeuron()`, starts at rest, $I[0] = U[0] = 0$.
Give it a constant drive from step 0 on, with the mean potential $\mu = 2$.
In which step does it spike first?
The interval between later spikes is 8 steps, so guess before you run it.
""",
    truth=lambda: _first(2.0),
    right="The current has to build up before the membrane can, so the first spike takes longer "
    "than the others; in a deep network each layer waits for the one before.",
    hint="The drive is 2(1 − α)(1 − β) in each step; `unroll` it and look for the first spike.",
    solution="""
neuron = LIFNeuron()
drive = torch.full((50, 1, 1), 2 * (1 - neuron.alpha) * (1 - neuron.beta))
check("04c-6", int(unroll(drive, neuron).spikes.flatten().argmax()))
""",
    mistakes=(
        Mistake(
            lambda: _first(2.0, ready=True),
            "That is τ ln 2 in steps, with a current at its final value from the start; here it "
            "starts at 0.",
        ),
        Mistake(
            lambda: _first(2.0, tau_syn=1e-5),
            "The synapse takes its time too: α is not 0.",
        ),
    ),
)

CHAPTER = Chapter(
    "04c",
    "Rate coding",
    (RATE, STAIRS, COUNTING, by_code.SOFT, by_code.CONVERT, FIRST),
    QUESTIONS,
)
