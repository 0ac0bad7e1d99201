"""Yin-Yang without a hidden layer, with a frozen one and with a trained one (chapter 1, claim 1).

    python experiments/ch01_hidden_layer.py        a quarter of an hour on one core

Training, validation and test set are the published ones (5000, 1000 and 1000 points). The readout
is solved to its optimum in every arm, so that they differ in the hidden weights alone. Chosen on
the validation set, for each size, with two seeds that no result has: how often hidden neurons fire
at the start, frozen or trained; the learning rate and the epoch of trained ones.
"""

import time
from functools import cache, partial

import torch
from _protocol import compare, solve_readout, until_flat
from _sweep import options, save, seeded

from snnbook import data
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.surrogates import fast_sigmoid

STEPS = 36
WINDOW = 30  # input spikes fall into steps 0 to 30; a spike needs two more to move U
#: x spikes in step 30 x, a fifth input in step 0.
spikes_of = partial(data.time_code, steps=STEPS, span=WINDOW)
SIZES = (10, 30, 120)
ARMS = (("none", 0), *((kind, size) for size in SIZES for kind in ("frozen", "trained")))


@cache
def published(samples: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return spikes and classes of a published set."""
    points, classes = data.yin_yang(samples, seed)
    return spikes_of(points), classes


def build(
    kind: str, hidden: int, rate: float, generator: torch.Generator, hidden_rate: float = 100
) -> SpikingNetwork:
    """Return a network with weights drawn from the generator; ``frozen`` keeps the hidden ones."""
    sizes = (5, hidden, 3) if hidden else (5, 3)
    network = SpikingNetwork(
        sizes,
        LIFNeuron(surrogate=fast_sigmoid(width=0.15)),
        input_rate=rate,
        hidden_rate=hidden_rate,
        generator=generator,
    )
    for layer in network.hidden:
        layer.weight.requires_grad_(kind == "trained")
    return network


def train(
    epochs: int,
    kind: str,
    hidden: int,
    seed: int,
    judged: bool,
    lr: float | None = None,
    hidden_rate: float = 100,
) -> dict:
    """Train one network and solve its readout; return its accuracies, of the test if judged."""
    generator, start = seeded(seed), time.perf_counter()
    split = [published(5000, 42), published(1000, 41), published(1000, 40)][: 2 + judged]
    network = build(kind, hidden, float(split[0][0].mean()) / 1e-3, generator, hidden_rate)
    found = {}
    if kind == "trained":
        settings = {"lr": lr, "epochs": epochs, "patience": 10, "batch_size": 250}
        found = until_flat(network, split, generator=generator, **settings)
    if judged or not found:
        solved = solve_readout(network, split)
        if found:
            found |= {"before_solving": found.get("test")}
        found |= solved | {"train_accuracy": solved["train"], "accuracy": solved.get("test")}
    return found | {"seconds": round(time.perf_counter() - start, 1)}


def grid(arm: dict) -> dict:
    """Return what is chosen for an arm on the validation set; a rate above 459 Hz is refused."""
    start = {"hidden_rate": (30, 120, 450)}
    grids = {"trained": {"lr": (1e-3, 2e-2, 1e-1)} | start, "frozen": start}
    return grids.get(arm["kind"], {})


def main() -> None:
    given = options(__doc__, seeds=5, epochs=40)
    arms = [{"kind": kind, "hidden": hidden} for kind, hidden in ARMS[: 3 if given.quick else None]]
    found = compare(given, arms, grid, partial(train, given.epochs))
    save(given, found | {"epochs": given.epochs, "sizes": SIZES})


if __name__ == "__main__":
    main()
