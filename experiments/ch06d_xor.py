"""Temporal XOR by spike times alone, as in the paper's figure 7 (chapter 6d, claim 25).

    python experiments/ch06d_xor.py        two minutes on one core

Two inputs spike at 0 or at 2; the first of two outputs to spike is the answer, output 0 for equal
times. Two inputs, four hidden neurons, two outputs. ``once`` is the paper's neuron: it does not
leak and spikes at most once. ``many`` leaks and spikes as often as it likes. Each arm has a help
for silent neurons: ``bump`` raises the weights of every neuron that is silent too often, ``wake``
only those of a right output. Each chooses its learning rate by the share of the patterns that are
right, then by the number of updates, on starts which no result has. Training ends when all four
have been right for twenty updates in a row. Times are in synaptic time constants.
"""

import time
from contextlib import suppress
from functools import partial

import torch
from _protocol import compare
from _sweep import options, save, seeded

from snnbook.spike_times import (
    NonLeaky,
    SpikeTimeNetwork,
    TimingNetwork,
    bump_silent,
    first_to_spike,
    fit_times,
    share_right,
    time_cross_entropy,
    wake_silent,
)

DURATION, SIZES, HOLD = 10.0, (2, 4, 2), 20
TIMES = torch.tensor([[0.0, 0.0], [0.0, 2.0], [2.0, 0.0], [2.0, 2.0]], dtype=torch.float64)
LABELS = torch.tensor([0, 1, 1, 0])
ARMS = [
    {"neuron": "once", "remedy": "bump"},
    {"neuron": "many", "remedy": "bump"},
    {"neuron": "many", "remedy": "wake"},
]
REMEDIES = {"bump": partial(bump_silent, step=0.1), "wake": partial(wake_silent, wake=0.3)}
GRID = {"lr": (5e-3, 2e-2, 5e-2, 0.2, 0.5)}
SEARCH_SEEDS = tuple(range(1000, 1004))


def build(neuron: str, seed: int) -> tuple[SpikeTimeNetwork | TimingNetwork, torch.Generator]:
    """Return an untrained network, and the generator that drew it."""
    generator = seeded(seed)
    if neuron == "once":
        return TimingNetwork(SIZES, NonLeaky(), generator=generator), generator
    network = SpikeTimeNetwork(
        SIZES,
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


class Solved(Exception):
    """All patterns have been right for long enough."""


def train(epochs: int, neuron: str, remedy: str, lr: float, seed: int, judged: bool) -> dict:
    """Train one network; return its accuracy, its spikes and its weights."""
    start, streak, updates = time.perf_counter(), 0, 0
    network, generator = build(neuron, seed)

    def after_step(network, output, labels) -> int:
        nonlocal streak, updates
        updates += 1
        streak = streak + 1 if (first_to_spike(output.times) == labels).all() else 0
        if streak == HOLD:
            raise Solved
        return REMEDIES[remedy](network, output, labels)

    with suppress(Solved):
        fit_times(
            network, TIMES, LABELS, epochs=epochs, batch_size=4, generator=generator, lr=lr,
            loss=loss, remedy=after_step,
        )  # fmt: skip
    accuracy = share_right(network, TIMES, LABELS)
    with torch.no_grad():
        counts = [float(layer.double().sum(1).mean()) for layer in network(TIMES).counts]
    found = {
        "validation": accuracy - 0.1 * updates / epochs,
        "updates": updates,
        "first_solved": updates - HOLD + 1 if streak == HOLD else None,
        "spikes": counts,
        "seconds": round(time.perf_counter() - start, 2),
    }
    weights = [layer.weight.tolist() for layer in network.layers]
    return found | ({"accuracy": accuracy, "weights": weights} if judged else {})


def main() -> None:
    given = options(__doc__, seeds=32, epochs=500)
    found = compare(given, ARMS, GRID, partial(train, given.epochs), SEARCH_SEEDS)
    save(given, found | {"epochs": given.epochs, "duration": DURATION, "hold": HOLD})


if __name__ == "__main__":
    main()
