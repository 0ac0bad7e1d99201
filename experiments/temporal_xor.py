"""Temporal XOR by spike times alone, as in the paper's figure 7 (chapter 6d, claim 25).

    python experiments/temporal_xor.py        two minutes on one core

Two inputs spike at 0 or at 2; the first of two outputs to spike is the answer, output 0 for equal
times. Two inputs, four hidden neurons, two outputs. Times are in synaptic time constants.
"""

import time
from functools import partial

import torch

from snnbook import results
from snnbook.spike_times import (
    SpikeTimeNetwork,
    fit_times,
    share_right,
    time_cross_entropy,
    wake_silent,
)

SEEDS, EPOCHS, DURATION = range(50), 300, 10.0
TIMES = torch.tensor([[0.0, 0.0], [0.0, 2.0], [2.0, 0.0], [2.0, 2.0]], dtype=torch.float64)
LABELS = torch.tensor([0, 1, 1, 0])


def build(seed: int) -> tuple[SpikeTimeNetwork, torch.Generator]:
    """Return an untrained network, and the generator that drew it."""
    generator = torch.Generator().manual_seed(seed)
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


def main() -> None:
    torch.set_num_threads(1)
    rows = []
    for seed in SEEDS:
        start = time.perf_counter()
        network, generator = build(seed)
        history = fit_times(
            network, TIMES, LABELS, epochs=EPOCHS, batch_size=4, generator=generator, lr=0.05,
            loss=loss, remedy=partial(wake_silent, wake=0.3),
        )  # fmt: skip
        solved = [epoch for epoch, share in enumerate(history.accuracy, 1) if share == 1]
        rows.append(
            {
                "seed": seed,
                "accuracy": share_right(network, TIMES, LABELS),
                "first_solved": solved[0] if solved else None,
                "spikes": history.spikes[-1],
                "weights": [layer.weight.tolist() for layer in network.layers],
                "seconds": round(time.perf_counter() - start, 2),
            }
        )
        print(seed, rows[-1]["accuracy"], rows[-1]["first_solved"], flush=True)
    found = {"runs": rows, "epochs": EPOCHS, "duration": DURATION}
    results.save("ch06d_xor", found, command="python experiments/temporal_xor.py", seeds=SEEDS)


if __name__ == "__main__":
    main()
