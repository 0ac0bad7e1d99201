"""Measure what BPTT, RTRL and RTRL without recurrence hold and how long they take (chapter 3).

    python experiments/costs.py        about two minutes on one core

One recurrent layer of N neurons with N inputs and two readouts, batch 1, float32, one thread.
Bytes are those of the storages alive between two steps; seconds are the processor's,
per step, of the fastest of five runs.
"""

import torch

from snnbook import gradients, results, training
from snnbook.neurons import SpikingNetwork
from snnbook.surrogates import fast_sigmoid

REPEATS = 5
STEPS = (25, 50, 100, 200, 400, 800)
NEURONS = {
    "bptt": (16, 32, 64, 128, 256, 512, 1024),
    "traces": (16, 32, 64, 128, 256, 512),
    "rtrl": (6, 12, 24, 48, 96, 192),
}


def run(rule: str, neurons: int, steps: int) -> dict:
    """Measure one rule at one size, and count what it should be."""
    generator = torch.Generator().manual_seed(0)
    sizes = (neurons, neurons, 2)
    network = SpikingNetwork(
        sizes, recurrent=True, surrogate=fast_sigmoid(width=0.5), generator=generator
    )
    spikes = (torch.rand(steps, 1, neurons, generator=generator) < 0.05).float()
    error = training.step_cross_entropy(torch.tensor([0]), steps)
    measured = gradients.measure(rule, network, spikes, error, repeats=REPEATS)
    counted = gradients.cost(rule, sizes, steps)
    return {
        "neurons": neurons,
        "steps": steps,
        "held": measured.held,
        "peak": measured.peak,
        "counted": 4 * counted.floats,
        "seconds_per_step": measured.seconds / steps,
        "operations_per_step": counted.operations / steps,
    }


def main() -> None:
    torch.set_num_threads(1)
    over_steps = {rule: [run(rule, 16, steps) for steps in STEPS] for rule in gradients.COUNTED}
    over_neurons = {
        rule: [run(rule, neurons, 50 if rule == "bptt" else 4) for neurons in sizes]
        for rule, sizes in NEURONS.items()
    }
    data = {"over_steps": over_steps, "over_neurons": over_neurons, "repeats": REPEATS}
    results.save("ch03_costs", data, command="python experiments/costs.py", seeds=[0])


if __name__ == "__main__":
    main()
