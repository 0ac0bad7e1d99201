"""Exercises of chapter 6d: spike times, their gradient, their cost, the cliff (section V.D)."""

import math

import numpy as np
import torch

from snnbook import neurons, spike_times
from snnbook.exercises._records import choice, function, integer, number
from snnbook.exercises._tools import network


def _spike_time(current: float) -> float:
    """Return when a membrane that is driven by a constant current spikes, in ms."""
    neuron = neurons.LIFNeuron(tau_mem=20e-3)
    exact = spike_times.simulate_exact([], 0.0, neuron, duration=50e-3, bias=current)
    return 1e3 * float(exact.spike_times[0])


@number(
    "06d-1",
    right="20 ln 2 ms, in one line and without a time step.",
    hint="Solve for U(t), set it to 1, and take a logarithm.",
)
def from_event_to_event():
    return _spike_time(2.0), {
        "The membrane does not rise in a straight line: it leaks.": 20 / 2,
        "After one time constant it has reached 1.26, above the threshold.": 20.0,
        "In units of the time constant; milliseconds are asked for.": math.log(2),
    }


@number(
    "06d-2",
    right="Ten milliseconds earlier for each unit; near I = 1 it would be without bound.",
    hint="Differentiate 20 ln(I / (I - 1)).",
)
def its_gradient():
    slope = (_spike_time(2.0 + 1e-4) - _spike_time(2.0 - 1e-4)) / 2e-4
    return slope, {
        "More current, an earlier spike: the sign is negative.": -slope,
        "That is 1 / (1 - I) alone; the logarithm of I has a part, too.": 20 / (1 - 2),
        "In units of the time constant; milliseconds are asked for.": slope / 20,
    }


@integer(
    "06d-3",
    right="620, for a run of any length. A simulation in 1000 steps visits 103 neurons each time.",
    hint="Arrivals at the hidden layer, plus arrivals at the outputs.",
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
    hint="The slope just before the spike is (I - U) / tau_mem.",
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
        "Divide by the slope: a slow crossing moves far in time.": lambda I, U, p, dL_dt, tau_mem: (
            torch.tensor(I / tau_mem * p - dL_dt)
        ),
    }


@choice(
    "06d-5",
    options=("when", "whether", "where"),
    right="It is the derivative at a fixed number of spikes; a spike more is a jump.",
    hint="What happens at the jumps of the saw?",
)
def blind_to_what():
    """Cut a saw: which of its changes makes up for what the tangents do not see?"""
    weights = np.linspace(4.5, 9.0, 91)
    ends, slopes, counts = np.transpose([_end(weight) for weight in weights])
    seen = float(np.trapezoid(slopes, weights))
    changes, same_count = np.diff(ends), np.diff(counts) == 0
    parts = {
        "when": changes[same_count].sum(),
        "whether": changes[~same_count].sum(),
        "where": 0.0,  # there is one neuron only
    }
    missed = ends[-1] - ends[0] - seen
    return min(parts, key=lambda part: abs(parts[part] - missed)), {
        "That is all it sees: the pieces between the jumps slope by it.": "when",
        "The adjoint passes through all synapses, in any network.": "where",
    }


def _end(weight: float) -> tuple[float, float, int]:
    """Return a neuron's readout at the end, its exact gradient, and the number of spikes."""
    into, within = np.array([[weight], [0.0]]), np.array([[0.0, 0.0], [2.0, 0.0]])
    pair = spike_times.EventNetwork(into, within, np.array([1.0, np.inf]), 10e-3, 5e-3)
    run = spike_times.simulate_events(pair, [0.0, 5e-3, 10e-3], [0, 0, 0], duration=40e-3)
    gradient = spike_times.eventprop(pair, run, by_final_mem=np.array([0.0, 1.0]))
    return run.mem[1], gradient.input_weight[0, 0], len(run.spikes)
