"""Yin-Yang without a hidden layer, with a frozen one and with a trained one (chapter 1, claim 1).

    python experiments/ch01_hidden_layer.py        on one core

Training, validation and test set are the published ones (5000, 1000 and 1000 points). A readout
alone is a convex problem and is solved; the trained networks have the learning rate, and the epoch,
that are best on the validation set.
"""

import time
from functools import partial

import torch
from _protocol import compare, rates, solve_readout, until_flat
from _sweep import few, options, save, seeded

from snnbook import data, training
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.surrogates import fast_sigmoid

STEPS = 36
WINDOW = 30  # input spikes fall into steps 0 to 30; a spike needs two more to move U
#: x spikes in step 30 x, a fifth input in step 0.
spikes_of = partial(data.time_code, steps=STEPS, span=WINDOW)
SIZES = (10, 30, 120)
ARMS = (("none", 0), *((kind, size) for size in SIZES for kind in ("frozen", "trained")))


def build(kind: str, hidden: int, rate: float, generator: torch.Generator) -> SpikingNetwork:
    """Return a network with weights drawn from the generator; ``frozen`` keeps the hidden ones."""
    if kind == "none":
        return SpikingNetwork((5, 3), input_rate=rate, generator=generator)
    neuron = LIFNeuron(surrogate=fast_sigmoid(width=0.15))
    return SpikingNetwork((5, hidden, 3), neuron, input_rate=rate, generator=generator)


def train(epochs: int, kind: str, hidden: int, seed: int, lr: float | None = None) -> dict:
    """Train one network, or solve its readout; return its accuracies."""
    generator = seeded(seed)
    split = [
        (spikes_of(points), labels)
        for points, labels in (data.yin_yang(n, s) for n, s in ((5000, 42), (1000, 41), (1000, 40)))
    ]
    network = build(kind, hidden, float(split[0][0].mean()) / 1e-3, generator)
    start = time.perf_counter()
    if kind == "trained":
        found = until_flat(
            network, split, lr=lr, generator=generator, epochs=epochs, patience=max(1, epochs // 4),
            batch_size=100, loss=training.mean_over_time,
        )
        solve = solve_readout(network, split)  # the same last step as the other arms
        found["refitted"] = solve["test"]
    else:
        found = solve_readout(network, split)
    return found | {"accuracy": found["test"], "seconds": round(time.perf_counter() - start, 1)}


def main() -> None:
    given = options(__doc__, seeds=5, epochs=120)
    arms = [{"kind": kind, "hidden": hidden} for kind, hidden in few(given, ARMS)]

    def grid(arm: dict) -> dict:
        return {"lr": rates(5e-4, 5e-2)} if arm["kind"] == "trained" else {}

    found = compare(given, arms, grid, partial(train, given.epochs))
    save(given, found | {"epochs": given.epochs, "sizes": SIZES})


if __name__ == "__main__":
    main()
