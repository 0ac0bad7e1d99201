"""Exercises of chapter 6d: gradients of spike times (paper section V.D).

Spike times, their gradient, their cost, the cliff.
"""

import math

import numpy as np
import torch

from snnbook import neurons, spike_times
from snnbook.exercises._records import Times, choice, function, integer, number
from snnbook.exercises._tools import network


def _spike_time(current: float) -> float:
    """Return when a membrane that is driven by a constant current spikes, in ms."""
    neuron = neurons.LIFNeuron(tau_mem=20e-3)
    exact = spike_times.simulate_exact([], 0.0, neuron, duration=50e-3, bias=current)
    return 1e3 * float(exact.spike_times[0])


@number(
    "06d-1",
    unit="ms",
    right="20 ln 2 ms, in one line and without a time step.",
    hints=(
        "What does the membrane do under a constant current, and when does that end?",
        "Solve the equation for U(t), starting at 0, set U(t) = 1, and take a logarithm.",
        "U(t) = 2 (1 − e^(−t/20)), with t in ms.",
    ),
)
def from_event_to_event():
    return _spike_time(2.0), {
        "The membrane does not rise in a straight line: it leaks.": 20 / 2,
        "After one time constant it has reached 1.26, above the threshold.": 20.0,
        "In units of the time constant; milliseconds are asked for.": Times(1 / 20),
    }


@number(
    "06d-2",
    unit="ms",
    right="Ten milliseconds earlier for each unit; near I = 1 it would be without bound.",
    hints=(
        "Does more current make the spike earlier or later?",
        "Write the spike time as a function of I, as in the last exercise, and differentiate it.",
        "t(I) = 20 ln(I/(I − 1)) = 20 (ln I − ln(I − 1)).",
    ),
)
def its_gradient():
    slope = (_spike_time(2.0 + 1e-4) - _spike_time(2.0 - 1e-4)) / 2e-4
    return slope, {
        "More current, an earlier spike: the sign is negative.": Times(-1),
        "That is 1 / (1 - I) alone; the logarithm of I has a part, too.": 20 / (1 - 2),
        "In units of the time constant; milliseconds are asked for.": Times(1 / 20),
    }


@integer(
    "06d-3",
    right="620, for a run of any length. A simulation in 1000 steps visits 103 neurons each time.",
    hints=(
        "How many spikes arrive at the hidden layer, and how many at the outputs?",
        "A spike counts once for every neuron that it reaches: multiply spikes by "
        "receivers in each layer, and add.",
        "The input spikes make `5 * 100` visits.",
    ),
)
def price_in_spikes():
    """Let every spike arrive at each neuron that its column of the weights leads to."""
    into, out = network(5, 100, 3).parameters()
    from_inputs = sum(len(into[:, spike]) for spike in range(5))
    truth = from_inputs + sum(len(out[:, spike]) for spike in range(40))
    return truth, {
        "Forty spikes leave the hidden layer, not a hundred.": from_inputs + out.numel(),
        "Each spike arrives at every neuron of the next layer.": 5 + 40,
        "Each of the 40 spikes reaches three outputs.": from_inputs + 40,
    }


@function(
    "06d-4",
    right="Two terms over one slope: the restart after the spike, and the spike's own time.",
    hints=(
        "The loss changes with the time of this spike. What else does the time of this "
        "spike change?",
        "The membrane starts again, a little earlier or later. Both effects are divided by "
        "the slope of the membrane at the crossing.",
        "`slope = (I - U) / tau_mem`, just before the spike.",
    ),
)
def jump_of_the_adjoint(draw):
    # I and U at a spike, the adjoint after it, the loss by its time, and tau_mem
    cases = [
        (draw.number(1.2, 3.2), 1.0, *draw.numbers(2, -0.5, 0.5), draw.number(0.5, 1.5))
        for _ in range(4)
    ]

    nothing = np.zeros((1, 1))

    def jump(I, U, p, dL_dt, tau_mem):
        alone = spike_times.EventNetwork(nothing, nothing, np.ones(1), tau_mem, 1.0)
        event = spike_times.Event(0.0, 0, False, np.array([U]), np.array([I]))
        after = np.array([p]), np.zeros(1)
        return torch.tensor(float(spike_times.spike_jump(alone, event, *after, dL_dt)))

    return (jump, cases), {
        "A higher membrane spikes earlier, so the derivative by the time enters "
        "with a minus.": lambda I, U, p, dL_dt, tau_mem: jump(I, U, p, -dL_dt, tau_mem),
        "The neuron's own future is missing: it starts again, "
        "a little earlier.": lambda I, U, p, dL_dt, tau_mem: jump(I, U, 0.0, dL_dt, tau_mem),
        "p does not pass the spike: the reset wipes out what the membrane was. It reaches the past "
        "through the time of the restart alone.": lambda I, U, p, dL_dt, tau_mem: torch.tensor(
            p - dL_dt / ((I - U) / tau_mem)
        ),
        "Divide by the slope: a slow crossing moves far in time.": lambda I, U, p, dL_dt, tau_mem: (
            torch.tensor(I / tau_mem * p - dL_dt)
        ),
    }


@choice(
    "06d-5",
    options=("more", "fewer", "same"),
    right="Each step makes the spikes later, and the readout higher, until one of them is gone.",
    hints=(
        "Look at the tangents in the figure: which way does each of them rise?",
        "Walk that way in small steps, and ask what happens to the number of spikes when "
        "the walk crosses a jump.",
    ),
)
def uphill():
    """Walk along the sign of the exact gradient, and compare the counts at both ends."""
    counts = _counts_on_the_walk(7.0, steps=60)
    gained = counts[-1] - counts[0]
    return "more" if gained > 0 else "fewer" if gained < 0 else "same", {
        "More would help, as the whole curve shows. But look which way a tangent rises.": "more",
        "Up to the next jump the number stays. The steps go on past it.": "same",
    }


def _counts_on_the_walk(weight: float, steps: int) -> list[int]:
    """Return the number of spikes before each step of 0.05 uphill, and after the last."""
    counts = []
    for _ in range(steps + 1):
        slope, spikes = _end(weight)
        counts.append(spikes)
        weight += math.copysign(0.05, slope)
    return counts


def _end(weight: float) -> tuple[float, int]:
    """Return the exact slope of a neuron's readout at the end, and the number of spikes."""
    into, within = np.array([[weight], [0.0]]), np.array([[0.0, 0.0], [2.0, 0.0]])
    pair = spike_times.EventNetwork(into, within, np.array([1.0, np.inf]), 20e-3, 5e-3)
    run = spike_times.simulate_events(pair, [0.0, 6e-3, 14e-3], [0, 0, 0], duration=40e-3)
    gradient = spike_times.eventprop(pair, run, by_final_mem=np.array([0.0, 1.0]))
    return gradient.input_weight[0, 0], len(run.spikes)
