"""Pattern generation by e-prop and BPTT, with plain and adaptive neurons (chapter 6b).

    python experiments/ch06b_pattern.py        a few minutes on one core

Frozen spikes in, a sum of four sinusoids out. The arms are in ``_memory.py``.
"""

import time

import torch
from _memory import HIDDEN, build, main, settings
from _sweep import seeded

from snnbook import data
from snnbook.local import adaptive_gradient
from snnbook.training import step_squared_error

LR, STEPS = 5e-3, 200


def run(updates: int, neuron: str, gradient: str, seed: int) -> dict:
    """Train one network and return the error over the updates."""
    start = time.perf_counter()
    spikes = (torch.rand(STEPS, 1, 50, generator=seeded(seed)) < 0.05).float()
    curve = data.sinusoids(STEPS, frequencies=(0.5, 1.0, 2.0, 3.0), generator=seeded(seed))
    error = step_squared_error(curve)
    network = build(neuron, gradient, (50, HIDDEN, 1), 2e-3, 25.0, seed)
    rule = settings(network, gradient, seed)
    steps_of = torch.optim.Adam(network.parameters(), lr=LR)
    errors = []
    for _ in range(updates):
        with torch.no_grad():
            out = network(spikes).readout
        errors.append(float((out - curve).square().sum() / curve.square().sum()))
        found = adaptive_gradient(network, spikes, error, **rule)
        for name, parameter in network.named_parameters():
            parameter.grad = found[name]
        steps_of.step()
    last = [round(float(x), 3) for x in out.flatten()]
    row = {"errors": errors, "last": sum(errors[-10:]) / 10, "readout": last}
    return row | {"seconds": time.perf_counter() - start}


if __name__ == "__main__":
    main(__doc__, run, updates=120)
