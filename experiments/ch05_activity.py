"""Accuracy against spikes: a price on spikes, an upper and a lower bound (chapter 5).

    python experiments/ch05_activity.py [--seeds 5]       four minutes on one core

Yin-Yang as in chapter 5's sweeps, one hidden layer of 40 neurons, 2000 published training points,
the published validation and test points. The regularizer has three parts: ``price`` times the mean
spike count; ``STRENGTH`` times the square of what a neuron spikes above ``upper``, or below
``lower``, in spikes per sample. Every arm has the learning rate and the epoch that are best on the
validation points; the search has one seed, which no result has. A neuron counts as silent if no
test point makes it spike, before training and after it (in the search, no validation point).
Seconds are the processor's.
"""

import time
from functools import cache, partial

import torch
from _protocol import SEARCH_SEEDS, compare, until_flat
from _surrogate_sweep import HIDDEN, encode
from _sweep import few, options, save, seeded

from snnbook import data, training
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.surrogates import fast_sigmoid

PRICES = (0.0, 0.1, 0.3, 1.0)
UPPER, LOWER, STRENGTH = 0.3, 0.1, 10.0
RATES = (1e-3, 1e-2, 1e-1)
ARMS = (
    *({"price": cost, "lower": lower, "upper": None} for lower in (0.0, LOWER) for cost in PRICES),
    {"price": 0.0, "lower": 0.0, "upper": UPPER},
)


@cache
def published(samples: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return spikes and classes of a published set."""
    points, classes = data.yin_yang(samples, seed)
    return encode(points), classes


def regularizer(price: float, lower: float, upper: float | None):
    """Return what is added to the loss, a function of the network's output."""

    def penalty(output) -> torch.Tensor:
        (layer,) = output.hidden
        bounds = training.spike_bounds_penalty(layer.spikes, lower=lower, upper=upper)
        return training.spike_count_penalty(layer.spikes, linear=price) + STRENGTH * bounds

    return penalty


@torch.no_grad()
def activity(network: SpikingNetwork, spikes: torch.Tensor) -> dict:
    """Return the spikes per sample and the number of silent neurons in the hidden layer."""
    counts = training.mean_counts(network(spikes).hidden[0].spikes)
    return {"spikes": round(float(counts.sum()), 3), "silent": int((counts == 0).sum())}


def train(
    epochs: int,
    price: float,
    lower: float,
    upper: float | None,
    seed: int,
    judged: bool,
    lr: float,
) -> dict:
    """Train one network; return its accuracies, of the test if judged, and its activity."""
    generator, start = seeded(seed), time.process_time()
    split = [published(2000, 42), published(1000, 41), published(1000, 40)][: 2 + judged]
    network = SpikingNetwork(
        (5, HIDDEN, 3),
        LIFNeuron(surrogate=fast_sigmoid(width=0.1)),
        input_rate=25.0,
        hidden_rate=10.0,
        std=1.0,
        generator=generator,
    )
    before = activity(network, split[-1][0])
    settings = {"lr": lr, "epochs": epochs, "patience": 5, "batch_size": 100}
    found = until_flat(
        network,
        split,
        generator=generator,
        regularizer=regularizer(price, lower, upper),
        **settings,
    )
    found |= activity(network, split[-1][0]) | {"silent_before": before["silent"]}
    return found | {"seconds": round(time.process_time() - start, 1)}


def main() -> None:
    given = options(__doc__, seeds=5, epochs=30)
    once = partial(train, given.epochs)
    found = compare(given, few(given, ARMS), {"lr": RATES}, once, SEARCH_SEEDS[:1])
    about = {"hidden": HIDDEN, "strength": STRENGTH, "lower": LOWER, "upper": UPPER}
    save(given, found | about | {"epochs": given.epochs})


if __name__ == "__main__":
    main()
