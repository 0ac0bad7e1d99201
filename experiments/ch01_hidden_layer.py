"""Yin-Yang without a hidden layer, with a frozen one and with a trained one (chapter 1, claim 1).

    python experiments/ch01_hidden_layer.py        a few minutes on one core

Training and test set are the published ones (5000 and 1000 points). Settings were chosen on the
published validation set with one seed.
"""

import time
from functools import partial

import torch
from _sweep import few, options, run_cases, save, seeded

from snnbook import data, training
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.surrogates import fast_sigmoid

STEPS = 36
WINDOW = 30  # input spikes fall into steps 0 to 30; a spike needs two more to move U
#: x spikes in step 30 x, a fifth input in step 0.
spikes_of = partial(data.time_code, steps=STEPS, span=WINDOW)
LOSS = partial(training.sum_over_time, scale=1 / STEPS)
LEARNING_RATE = {"none": 20e-3, "frozen": 5e-3, "trained": 5e-3}
SIZES = (10, 30, 120)
ARMS = (("none", 0), *((kind, size) for size in SIZES for kind in ("frozen", "trained")))


def build(kind: str, hidden: int, rate: float, generator: torch.Generator) -> SpikingNetwork:
    """Return a network with weights drawn from the generator; ``frozen`` keeps the hidden ones."""
    if kind == "none":
        return SpikingNetwork((5, 3), input_rate=rate, generator=generator, std=1.0)
    surrogate = fast_sigmoid(width=0.15)
    network = SpikingNetwork(
        (5, hidden, 3),
        LIFNeuron(surrogate=surrogate),
        input_rate=rate,
        generator=generator,
        std=1.0,
    )
    network.hidden[0].weight.requires_grad_(kind == "trained")
    return network


def run(all_epochs: tuple[int, int], kind: str, hidden: int, seed: int) -> dict:
    """Train one network, at the end with a fifth of the learning rate; return its accuracies."""
    generator = seeded(seed)
    points, labels = data.yin_yang(5000, seed=42)
    test_points, test_labels = data.yin_yang(1000, seed=40)
    spikes = spikes_of(points)
    network = build(kind, hidden, float(spikes.mean()) / 1e-3, generator)
    start = time.perf_counter()
    settings = {"batch_size": 100, "loss": LOSS, "generator": generator, "progress": False}
    for epochs, factor in zip(all_epochs, (1.0, 0.2)):
        lr = factor * LEARNING_RATE[kind]
        history = training.fit(network, spikes, labels, epochs=epochs, lr=lr, **settings)
    judged = training.accuracy(
        network, spikes_of(test_points), test_labels, decide=training.decide_by_sum
    )
    return {
        "accuracy": judged.value,
        "train_accuracy": history.accuracy[-1],
        "seconds": time.perf_counter() - start,
    }


def main() -> None:
    given = options(__doc__, seeds=5, epochs=30, more=10)
    cases = [
        {"kind": kind, "hidden": hidden, "seed": seed}
        for kind, hidden in few(given, ARMS)
        for seed in given.seeds
    ]
    rows = run_cases(given, cases, partial(run, (given.epochs, given.more)))
    save(given, {"runs": rows, "epochs": given.epochs + given.more, "sizes": SIZES})


if __name__ == "__main__":
    main()
