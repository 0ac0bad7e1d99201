"""Exercises of chapter 4a: soft nonlinearity (paper section IV.A.1)."""

import torch

from snnbook import neurons, smoothed
from snnbook.exercises._records import Times, choice, function, number


@number(
    "04a-1",
    right="The zone reaches from 0.6 to 1, and three quarters of it lie below 0.9: there is no "
    "all or none any more.",
    hints=(
        "Where does the zone begin, and where does it end?",
        "A boxcar sends in proportion to the way through the zone: which part of the zone "
        "lies below the peak?",
        "The zone begins at `1 - 0.4`.",
    ),
)
def aborted_spike():
    peak = torch.tensor(0.9, dtype=torch.float64)
    sent = float(smoothed.Gate(0.4, shape="boxcar").charge(peak))
    return sent, {
        "That is the LIF neuron; the gated one sends while it rises.": 0.0,
        "A whole spike is sent only at the upper end of the zone, at 1.": 1.0,
        "That is the part that it did *not* send; the zone lies below the threshold, "
        "not around it.": 1 - sent,
        "That is how far it came into the zone; divide by the width.": Times(0.4),
        "That is the peak; the zone begins at 0.6.": 0.9,
    }


@number(
    "04a-2",
    right="A grid point falls into the zone with probability 0.015/0.06. The others are dead, and "
    "the few that are caught carry a gradient of order 1/Δ to make up for it.",
    hints=(
        "How far apart are the points at which the membrane is looked at, and how wide is "
        "the zone?",
        "The grid points fall anywhere: with which probability does one of them, 0.06 "
        "apart, lie in a zone of width 0.015?",
        "The share of the spikes that are seen is `0.015 / 0.06`.",
    ),
)
def dead_spikes():
    step, width, spikes = 0.06, 0.015, 4000
    phase = (torch.arange(spikes, dtype=torch.float64) + 0.5) / spikes
    grid = 0.8 + step * (phase[:, None] + torch.arange(4))  # four points on each way up
    seen = (smoothed.Gate(width, shape="boxcar").density(grid) > 0).any(1)
    share = float(seen.double().mean())
    return 1 - share, {
        "That is the share of spikes that *are* seen.": share,
        "That is the ratio of the step to the zone; a share is asked for.": step / width,
        "The zone is narrower than one step, so most spikes jump over it.": 0.0,
        "Some grid points do fall into the zone.": 1.0,
        "That is a part of the membrane; divide by one step.": step - width,
    }


@function(
    "04a-3",
    right="G = z²(3 − 2z) with z clamped to [0, 1]: zero slope at both ends, so that the gradient "
    "has no jump there.",
    hints=(
        "Which function has the derivative 6z(1 − z), and is zero at z = 0?",
        "Integrate over z: dU = Δ dz cancels the 1/Δ of the gate. Outside of the zone, "
        "clamp z to [0, 1] first.",
        "`z = ((mem - threshold) / width + 1).clamp(0, 1)`.",
    ),
)
def charge_of_a_parabola(draw):
    place = torch.linspace(-2, 1, 19, dtype=torch.float64)
    pairs = [draw.numbers(2, 0.5, 1.5) for _ in range(4)]
    cases = [(threshold + place * width, threshold, width) for threshold, width in pairs]

    def charge(mem, threshold, width):
        return smoothed.Gate(width, threshold=threshold).charge(mem)

    def unclamped(mem, threshold, width):
        z = (mem - threshold) / width + 1
        return z**2 * (3 - 2 * z)

    return (charge, cases), {
        "That is the charge of the boxcar; integrate the parabola.": lambda mem, theta, width: (
            (mem - theta) / width + 1
        ).clamp(0, 1),
        "That is the gate itself; its integral is asked for.": lambda mem, theta, width: (
            smoothed.Gate(width, threshold=theta).density(mem)
        ),
        "One factor Δ too many: the integral over U is Δ times that over z, and "
        "g has 1/Δ.": lambda mem, theta, width: width * charge(mem, theta, width),
        "Right inside of the zone; outside of it clamp z to [0, 1].": unclamped,
        "Your zone lies above the threshold; it must end there.": lambda mem, theta, width: charge(
            mem, theta + width, width
        ),
        "Your zone lies around the threshold; it must end there.": lambda mem, theta, width: charge(
            mem, theta + width / 2, width
        ),
    }


@function(
    "04a-4",
    right="Four evaluations for each step, and halving the step makes the error sixteen times "
    "smaller.",
    hints=(
        "At which point is each of the four slopes taken, and from where is that point reached?",
        "Always from the start: half a step with k₁ for k₂, half a step with k₂ for k₃, a "
        "whole step with k₃ for k₄.",
        "`k1 = f(state)` and `k2 = f(state + dt / 2 * k1)`.",
    ),
)
def runge_kutta(draw):
    # The right side of a differential equation of two variables, a state and dt
    matrices = draw.normal(3, 2, 2)
    cases = [
        (lambda x, matrix=matrix: torch.tanh(matrix @ x), draw.normal(2), 0.7)
        for matrix in matrices
    ]

    def step(f, state, dt):
        return smoothed.rk4_step(f, state, dt)

    def tableau(places, weights):
        """Return a step with its slopes at these places, averaged with these weights."""

        def wrong(f, state, dt):
            slopes = [f(state)]
            for place in places:
                slopes.append(f(state + place * dt * slopes[-1]))
            return state + dt * sum(w * k for w, k in zip(weights, slopes)) / sum(weights)

        return wrong

    half = 1 / 2
    equal_weights = tableau((half, half, 1), (1, 1, 1, 1))
    half_steps = tableau((half, half, half), (1, 2, 2, 1))
    return (step, cases), {
        "That is Euler's step, of order one: use all four slopes.": tableau((), (1,)),
        "That is Heun's method, of order two: two slopes are missing.": tableau((1,), (1, 1)),
        "That is the midpoint method, of order two: weigh all four slopes.": tableau(
            (half,), (0, 1)
        ),
        "The two slopes in the middle count twice, and the sum is over 6.": equal_weights,
        "k₄ is taken at the end of the step, Δt away, not in the middle.": half_steps,
        "k₂ and k₃ are taken in the middle, half a step away.": tableau((1, 1, 1), (1, 2, 2, 1)),
    }


@choice(
    "04a-5",
    options=("0.02", "0.05", "0.1", "0.2", "0.4"),
    right="The fastest membrane rises by about (2.5 − 1)/10 = 0.15 per step at the threshold, "
    "and a little more before: the zone must be wider than that.",
    hints=(
        "Which of the currents makes the membrane rise fastest, and how far does it move "
        "in one step just below the threshold?",
        "dU/dt = (I − U)/τ, and near the threshold U is close to 1. The zone must be wider "
        "than one step.",
        "Run `gated(LIFNeuron(), Gate(width))` for each width: at its first spike the "
        "membrane must lie above 1 − width.",
    ),
)
def width_of_the_zone():
    current = torch.linspace(1.5, 2.5, 200, dtype=torch.float64)[None, :, None].expand(12, -1, 1)

    def none_is_dead(width):
        """Return whether each first spike starts from inside of the zone."""
        record = neurons.run(smoothed.gated(neurons.LIFNeuron(), smoothed.Gate(width)), current)
        before = record.mem.gather(0, record.resets.argmax(0)[None])
        return bool((before > 1 - width).all())

    widths = (0.02, 0.05, 0.1, 0.2, 0.4)
    return f"{next(width for width in widths if none_is_dead(width)):g}", {
        "The slowest membrane is seen at this width, the fastest is not.": "0.1",
        "The membrane moves farther than this in one step.": "0.05",
        "Most spikes jump over a zone as narrow as this.": "0.02",
        "It is wide enough, but not the smallest.": "0.4",
    }
