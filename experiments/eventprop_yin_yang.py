"""Yin-Yang by the exact gradient of spike times (chapter 6d, claim 24).

    python experiments/eventprop_yin_yang.py        a quarter of an hour on one core

Sizes, time constants, initial weights, learning rate and the form of the loss are those of
Wunderlich and Pehle (2021). The two constants of the loss, the batch and the help for silent
neurons were chosen on the published validation set, with two seeds. Times are in milliseconds.
"""

from functools import partial

import torch
from torch import Tensor

from snnbook import data, results
from snnbook.spike_times import (
    SpikeTimeNetwork,
    fit_times,
    share_right,
    time_cross_entropy,
    wake_silent,
)

SEEDS, EPOCHS, HIDDEN, SPAN, DURATION = range(5), 60, 200, 30.0, 60.0
UNIT = 6.4  # of the times in the loss, milliseconds
LOSS = partial(time_cross_entropy, tau=0.25 / UNIT, late=DURATION / UNIT, early=0.01)


def encode(points: Tensor) -> Tensor:
    """Return spike times (n, 5) in milliseconds."""
    return torch.cat([SPAN * points.double(), torch.zeros(len(points), 1).double()], dim=1)


def main() -> None:
    torch.set_num_threads(1)
    (points, labels), (tests, answers) = data.yin_yang(5000, seed=42), data.yin_yang(1000, seed=40)
    rows = []
    for seed in SEEDS:
        generator = torch.Generator().manual_seed(seed)
        network = SpikeTimeNetwork(
            (5, HIDDEN, 3),
            mean=(1.5, 0.93),
            spread=(0.78, 0.1),
            tau_mem=20.0,
            tau_syn=5.0,
            duration=DURATION,
            generator=generator,
        )
        history = fit_times(
            network,
            encode(points),
            labels,
            epochs=EPOCHS,
            batch_size=50,
            generator=generator,
            loss=lambda times, classes: LOSS(times / UNIT, classes),
            lr=5e-3,
            decay=0.95,
            remedy=partial(wake_silent, wake=0.1, rouse=0.05),
            clip=100.0,
        )
        rows.append(
            {
                "seed": seed,
                "accuracy": share_right(network, encode(tests), answers),
                "train_accuracy": [round(x, 4) for x in history.accuracy],
                "spikes": [[round(x, 2) for x in row] for row in history.spikes],
                "silent": [round(x, 5) for x in history.missed],
                "seconds": [round(x, 2) for x in history.seconds],
            }
        )
        print(seed, rows[-1]["accuracy"], rows[-1]["train_accuracy"][-1], flush=True)
    found = {"runs": rows, "epochs": EPOCHS, "hidden": HIDDEN}
    command = "python experiments/eventprop_yin_yang.py"
    results.save("ch06d_yin_yang", found, command=command, seeds=SEEDS)


if __name__ == "__main__":
    main()
