"""Measure what BPTT, RTRL and RTRL without recurrence hold and how long they take (chapter 3).

    python experiments/ch03_costs.py        about two minutes on one core

One recurrent layer of N neurons with N inputs and two readouts, batch 1, float32, one thread.
Bytes are those of the storages alive between two steps; seconds are the processor's,
per step, of the fastest of five runs.
"""

from functools import partial

import torch
from _sweep import few, options, pick, run_cases, save, seeded

from snnbook import gradients, training
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.surrogates import fast_sigmoid

STEPS = (25, 50, 100, 200, 400, 800)
NEURONS = {
    "bptt": (16, 32, 64, 128, 256, 512, 1024),
    "traces": (16, 32, 64, 128, 256, 512),
    "rtrl": (6, 12, 24, 48, 96, 192),
}


def run(repeats: int, rule: str, neurons: int, steps: int) -> dict:
    """Measure one rule at one size, and count what it should be."""
    generator = seeded(0)
    sizes = (neurons, neurons, 2)
    network = SpikingNetwork(
        sizes,
        LIFNeuron(surrogate=fast_sigmoid(width=0.5)),
        recurrent=True,
        generator=generator,
        std=1.0,
    )
    spikes = (torch.rand(steps, 1, neurons, generator=generator) < 0.05).float()
    error = training.step_cross_entropy(torch.tensor([0]), steps)
    measured = gradients.measure(rule, network, spikes, error, repeats=repeats)
    counted = gradients.cost(rule, sizes, steps)
    row = {
        "neurons": neurons,
        "steps": steps,
        "held": measured.held,
        "peak": measured.peak,
        "counted": 4 * counted.floats,
        "seconds_per_step": measured.seconds / steps,
        "operations_per_step": counted.operations / steps,
    }
    return {"row": row}


def main() -> None:
    given = options(__doc__, seeds=(0,), repeats=5)
    once = partial(run, given.repeats)
    over_steps = [
        {"rule": rule, "neurons": 16, "steps": steps}
        for rule in gradients.COUNTED
        for steps in few(given, STEPS)
    ]
    over_neurons = [
        {"rule": rule, "neurons": neurons, "steps": 50 if rule == "bptt" else 4}
        for rule, sizes in NEURONS.items()
        for neurons in few(given, sizes)
    ]
    data = {"over_steps": over_steps, "over_neurons": over_neurons}
    for axis, cases in data.items():
        rows = run_cases(given, cases, once)
        rules = dict.fromkeys(case["rule"] for case in cases)
        data[axis] = {rule: pick(rows, "row", rule=rule) for rule in rules}
    save(given, data | {"repeats": given.repeats})


if __name__ == "__main__":
    main()
