"""Yin-Yang by the exact gradient of spike times (chapter 6d, claim 24).

    python experiments/ch06d_yin_yang.py        a quarter of an hour on one core

Sizes, time constants, initial weights, learning rate and the form of the loss are those of
Wunderlich and Pehle (2021). The two constants of the loss, the batch and the help for silent
neurons were chosen on the published validation set, with two seeds. Times are in milliseconds.
"""

from functools import partial

import torch
from _sweep import options, run_cases, save, seeded
from torch import Tensor

from snnbook import data
from snnbook.spike_times import (
    SpikeTimeNetwork,
    fit_times,
    share_right,
    time_cross_entropy,
    wake_silent,
)

HIDDEN, SPAN, DURATION = 200, 30.0, 60.0
UNIT = 6.4  # of the times in the loss, milliseconds
LOSS = partial(time_cross_entropy, tau=0.25 / UNIT, late=DURATION / UNIT, early=0.01)


def encode(points: Tensor) -> Tensor:
    """Return spike times (n, 5) in milliseconds."""
    return torch.cat([SPAN * points.double(), torch.zeros(len(points), 1).double()], dim=1)


def run(split: data.Split, epochs: int, seed: int, decay: float = 0.95) -> dict:
    """Train one network; return its accuracies, spikes and silent neurons."""
    generator = seeded(seed)
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
        split.train_inputs,
        split.train_labels,
        epochs=epochs,
        batch_size=50,
        generator=generator,
        loss=lambda times, classes: LOSS(times / UNIT, classes),
        lr=5e-3,
        decay=decay,
        remedy=partial(wake_silent, wake=0.1, rouse=0.05),
        clip=100.0,
    )
    return {
        "accuracy": share_right(network, split.test_inputs, split.test_labels),
        "train_accuracy": [round(x, 4) for x in history.accuracy],
        "spikes": [[round(x, 2) for x in row] for row in history.spikes],
        "silent": [round(x, 5) for x in history.missed],
        "seconds": [round(x, 2) for x in history.seconds],
    }


def main() -> None:
    given = options(__doc__, seeds=5, epochs=60)
    split = data.Split(*data.yin_yang(5000, seed=42), *data.yin_yang(1000, seed=40))
    once = partial(run, split.encoded(encode), given.epochs)
    rows = run_cases(given, [{"seed": seed} for seed in given.seeds], once)
    save(given, {"runs": rows, "epochs": given.epochs, "hidden": HIDDEN})


if __name__ == "__main__":
    main()
