"""Temporal XOR by spike times alone, as in the paper's figure 7 (chapter 6d, claim 25).

    python experiments/ch06d_xor.py        two minutes on one core

Two inputs spike at 0 or at 2; the first of two outputs to spike is the answer, output 0 for equal
times. Two inputs, four hidden neurons, two outputs. Times are in synaptic time constants.
"""

import time
from functools import partial

import torch
from _sweep import options, run_cases, save, seeded

from snnbook.spike_times import (
    SpikeTimeNetwork,
    fit_times,
    share_right,
    time_cross_entropy,
    wake_silent,
)

DURATION = 10.0
TIMES = torch.tensor([[0.0, 0.0], [0.0, 2.0], [2.0, 0.0], [2.0, 2.0]], dtype=torch.float64)
LABELS = torch.tensor([0, 1, 1, 0])


def build(seed: int) -> tuple[SpikeTimeNetwork, torch.Generator]:
    """Return an untrained network, and the generator that drew it."""
    generator = seeded(seed)
    network = SpikeTimeNetwork(
        (2, 4, 2),
        mean=(4.0, 3.0),
        spread=(2.0, 2.0),
        tau_mem=2.0,
        tau_syn=1.0,
        duration=DURATION,
        generator=generator,
    )
    return network, generator


def loss(times, labels):
    return time_cross_entropy(times, labels, tau=0.3, late=DURATION, early=0.001)


def run(epochs: int, seed: int) -> dict:
    """Train one network; return its accuracy, its spikes and its weights."""
    start = time.perf_counter()
    network, generator = build(seed)
    history = fit_times(
        network, TIMES, LABELS, epochs=epochs, batch_size=4, generator=generator, lr=0.05,
        loss=loss, remedy=partial(wake_silent, wake=0.3),
    )  # fmt: skip
    solved = [epoch for epoch, share in enumerate(history.accuracy, 1) if share == 1]
    return {
        "accuracy": share_right(network, TIMES, LABELS),
        "first_solved": solved[0] if solved else None,
        "spikes": history.spikes[-1],
        "weights": [layer.weight.tolist() for layer in network.layers],
        "seconds": round(time.perf_counter() - start, 2),
    }


def main() -> None:
    given = options(__doc__, seeds=50, epochs=300)
    rows = run_cases(given, [{"seed": seed} for seed in given.seeds], partial(run, given.epochs))
    save(given, {"runs": rows, "epochs": given.epochs, "duration": DURATION})


if __name__ == "__main__":
    main()
