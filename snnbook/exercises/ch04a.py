"""Exercises and quiz of chapter 4a: soft nonlinearity (paper section IV.A.1)."""

import torch
from torch import Tensor

from snnbook.exercises._ch04a_quiz import QUESTIONS
from snnbook.exercises._records import Chapter, Exercise, Mistake
from snnbook.neurons import LIFNeuron, run
from snnbook.smoothed import Gate, euler_step, gated, rk4_step


def _sent(peak: float) -> float:
    gate = Gate(0.4, shape="boxcar")
    return float(gate.charge(torch.tensor(peak, dtype=torch.float64)))


ABORTED = Exercise(
    id="04a-1",
    title="A spike that turns back",
    level="by head",
    kind="number",
    prompt=r"""
A gated LIF neuron has the threshold $\theta = 1$.
Its boxcar gate has the width $\Delta = 0.4$ and lies right below the threshold.
Its membrane rises to $0.9$ and falls back, without reaching the threshold.
Which part of a spike has it sent, when only a rising membrane sends?
""",
    truth=lambda: _sent(0.9),
    right="The zone reaches from 0.6 to 1, and three quarters of it lie below 0.9: there is no "
    "all or none any more.",
    hint="Where does the zone begin, and which part of it lies below the peak?",
    solution="""
check("04a-1", (0.9 - 0.6) / 0.4)
""",
    mistakes=(
        Mistake(lambda: 0.0, "That is the LIF neuron; the gated one sends while it rises."),
        Mistake(lambda: 1.0, "A whole spike is sent only at the upper end of the zone, at 1."),
        Mistake(
            lambda: 1 - _sent(0.9),
            "That is the part that it did *not* send; the zone lies below the threshold, "
            "not around it.",
        ),
        Mistake(lambda: 0.3, "That is how far it came into the zone; divide by the width."),
        Mistake(lambda: 0.9, "That is the peak; the zone begins at 0.6."),
    ),
)

DEAD = Exercise(
    id="04a-2",
    title="Spikes that nobody sees",
    level="by head",
    kind="number",
    prompt=r"""
Just before its spikes, a membrane rises by $0.06$ in each time step.
The zone has the width $\Delta = 0.015$, and spikes fall anywhere between two grid points.
A spike is dead, with the derivative zero, if no grid point lies in its way through the zone.
Which share of the spikes is dead?
""",
    truth=lambda: 1 - 0.015 / 0.06,
    right="A grid point falls into the zone with probability 0.015/0.06. The others are dead, and "
    "the few that are caught carry a gradient of order 1/Δ to make up for it.",
    hint="With which probability does one of the grid points, 0.06 apart, fall into the zone?",
    solution="""
check("04a-2", 1 - 0.015 / 0.06)
""",
    mistakes=(
        Mistake(lambda: 0.25, "That is the share of spikes that *are* seen."),
        Mistake(lambda: 4.0, "That is the ratio of the step to the zone; a share is asked for."),
        Mistake(lambda: 0.0, "The zone is narrower than one step, so most spikes jump over it."),
        Mistake(lambda: 1.0, "Some grid points do fall into the zone."),
        Mistake(lambda: 0.06 - 0.015, "That is a part of the membrane; divide by one step."),
    ),
)


def _gates(generator: torch.Generator) -> list[tuple]:
    cases = []
    for _ in range(4):
        threshold, width = (0.5 + torch.rand(2, generator=generator)).tolist()
        mem = torch.linspace(threshold - 2 * width, threshold + width, 19, dtype=torch.float64)
        cases.append((mem, threshold, width))
    return cases


def _charge(mem: Tensor, threshold: float, width: float) -> Tensor:
    return Gate(width, threshold=threshold).charge(mem)


def _place(mem: Tensor, threshold: float, width: float) -> Tensor:
    return (mem - threshold) / width + 1


GATE = Exercise(
    id="04a-3",
    title="The charge behind a parabola",
    level="by code",
    kind="function",
    signature="charge(mem, threshold, width)",
    prompt=r"""
Let $z = (U - \theta + \Delta) / \Delta$ be the place in the zone, from 0 to 1.
The gate is the parabola $g = 6 z (1 - z) / \Delta$ inside of the zone, and zero outside.
Write `charge(mem, threshold, width)`, its integral from below up to the membrane `mem`.
The membrane is a tensor; the charge is 0 below the zone and 1 above it.
""",
    truth=_charge,
    cases=_gates,
    tolerance=1e-6,
    right="G = z²(3 − 2z) with z clamped to [0, 1]: zero slope at both ends, so that the gradient "
    "has no jump there.",
    hint="Integrate 6z(1 − z) by head, and clamp z to [0, 1] first.",
    solution="""
def charge(mem, threshold, width):
    z = ((mem - threshold) / width + 1).clamp(0, 1)
    return z**2 * (3 - 2 * z)


check("04a-3", charge)
""",
    mistakes=(
        Mistake(
            lambda mem, threshold, width: _place(mem, threshold, width).clamp(0, 1),
            "That is the charge of the boxcar; integrate the parabola.",
        ),
        Mistake(
            lambda mem, threshold, width: Gate(width, threshold=threshold).density(mem),
            "That is the gate itself; its integral is asked for.",
        ),
        Mistake(
            lambda mem, threshold, width: width * Gate(width, threshold=threshold).charge(mem),
            "One factor Δ too many: the integral over U is Δ times that over z, and g has 1/Δ.",
        ),
        Mistake(
            lambda mem, threshold, width: (
                _place(mem, threshold, width) ** 2 * (3 - 2 * _place(mem, threshold, width))
            ),
            "Right inside of the zone; outside of it clamp z to [0, 1].",
        ),
        Mistake(
            lambda mem, threshold, width: Gate(width, threshold=threshold + width).charge(mem),
            "Your zone lies above the threshold; it must end there.",
        ),
        Mistake(
            lambda mem, threshold, width: Gate(width, threshold=threshold + width / 2).charge(mem),
            "Your zone lies around the threshold; it must end there.",
        ),
    ),
)


def _systems(generator: torch.Generator) -> list[tuple]:
    cases = []
    for _ in range(3):
        matrix = torch.randn(3, 3, generator=generator, dtype=torch.float64)
        state = torch.randn(3, generator=generator, dtype=torch.float64)
        cases.append((lambda x, matrix=matrix: torch.tanh(matrix @ x), state, 0.7))
    return cases


def _heun(f, state, dt):
    return state + dt / 2 * (f(state) + f(state + dt * f(state)))


def _midpoint(f, state, dt):
    return state + dt * f(state + dt / 2 * f(state))


def _unweighted(f, state, dt):
    a = f(state)
    b = f(state + dt / 2 * a)
    c = f(state + dt / 2 * b)
    return state + dt / 4 * (a + b + c + f(state + dt * c))


def _half_steps(f, state, dt):
    a = f(state)
    b = f(state + dt / 2 * a)
    c = f(state + dt / 2 * b)
    return state + dt / 6 * (a + 2 * b + 2 * c + f(state + dt / 2 * c))


def _full_steps(f, state, dt):
    a = f(state)
    b = f(state + dt * a)
    c = f(state + dt * b)
    return state + dt / 6 * (a + 2 * b + 2 * c + f(state + dt * c))


SOLVER = Exercise(
    id="04a-4",
    title="One step of order four",
    level="by code",
    kind="function",
    signature="step(f, state, dt)",
    prompt=r"""
Write `step(f, state, dt)`, one step of the classical Runge-Kutta method for $\dot x = f(x)$.
It takes the slope $k_1$ at the start, $k_2$ and $k_3$ at the middle and $k_4$ at the end.
Each point is reached from the start with the slope before it.
The step moves on by $\Delta t \, (k_1 + 2 k_2 + 2 k_3 + k_4) / 6$.
""",
    truth=rk4_step,
    cases=_systems,
    tolerance=1e-9,
    right="Four evaluations for each step, and halving the step makes the error sixteen times "
    "smaller.",
    hint="k₂ = f(x + Δt/2 · k₁), k₃ = f(x + Δt/2 · k₂), k₄ = f(x + Δt · k₃).",
    solution="""
def step(f, state, dt):
    k1 = f(state)
    k2 = f(state + dt / 2 * k1)
    k3 = f(state + dt / 2 * k2)
    k4 = f(state + dt * k3)
    return state + dt * (k1 + 2 * k2 + 2 * k3 + k4) / 6


check("04a-4", step)
""",
    mistakes=(
        Mistake(euler_step, "That is Euler's step, of order one: use all four slopes."),
        Mistake(_heun, "That is Heun's method, of order two: two slopes are missing."),
        Mistake(_midpoint, "That is the midpoint method, of order two: weigh all four slopes."),
        Mistake(_unweighted, "The two slopes in the middle count twice, and the sum is over 6."),
        Mistake(_half_steps, "k₄ is taken at the end of the step, Δt away, not in the middle."),
        Mistake(_full_steps, "k₂ and k₃ are taken in the middle, half a step away."),
    ),
)

_WIDTHS = (0.02, 0.05, 0.1, 0.2, 0.4)


def _smallest() -> str:
    """Return the smallest width at which each first spike starts from inside of the zone."""
    current = torch.linspace(1.5, 2.5, 200, dtype=torch.float64)[None, :, None]
    for width in _WIDTHS:
        record = run(gated(LIFNeuron(), Gate(width)), current.expand(12, -1, 1))
        before = record.mem.gather(0, record.resets.argmax(0)[None])
        if (before > 1 - width).all():
            return f"{width:g}"
    raise AssertionError("no width is wide enough")


NARROW = Exercise(
    id="04a-5",
    title="How narrow may the zone be?",
    level="explore",
    kind="choice",
    prompt=r"""
Constant currents from 1.5 to 2.5, 200 of them, drive gated neurons until their first spike.
The membrane has the time constant 10 ms, and a step takes 1 ms.
Which of the widths 0.02, 0.05, 0.1, 0.2, 0.4 is the smallest that leaves no spike dead?
Run the neurons, or work out how far the fastest membrane rises in one step.
""",
    options=("0.02", "0.05", "0.1", "0.2", "0.4"),
    truth=_smallest,
    right="The fastest membrane rises by about (2.5 − 1)/10 = 0.15 per step at the threshold, "
    "and a little more before: the zone must be wider than that.",
    hint="Near the threshold dU/dt = (I − U)/τ. How far does the fastest membrane move in 1 ms?",
    solution="""
from snnbook.smoothed import Gate, gated_unroll


def seen(width):
    current = torch.linspace(1.5, 2.5, 200, dtype=torch.float64)[None, :, None]
    record = gated_unroll(current.expand(12, -1, 1), LIFNeuron(), Gate(width))
    first = record.resets.argmax(0)  # the step of the first spike; mem at its start
    return record.mem.gather(0, first[None])[0] > 1 - width


widths = (0.02, 0.05, 0.1, 0.2, 0.4)
check("04a-5", str(min(width for width in widths if seen(width).all())))
""",
    mistakes=(
        Mistake(lambda: "0.1", "The slowest membrane is seen at this width, the fastest is not."),
        Mistake(lambda: "0.05", "The membrane moves farther than this in one step."),
        Mistake(lambda: "0.02", "Most spikes jump over a zone as narrow as this."),
        Mistake(lambda: "0.4", "It is wide enough, but not the smallest."),
    ),
)

CHAPTER = Chapter(
    "04a",
    "Soft nonlinearity",
    (ABORTED, DEAD, GATE, SOLVER, NARROW),
    QUESTIONS,
)
