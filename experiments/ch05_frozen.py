"""What the networks of chapter 5's sweeps reach with hidden layers that do not learn.

    python experiments/ch05_frozen.py [--seeds 8]       one minute on one core

Yin-Yang as in the sweeps: 2000 training samples, the same initial weights for each seed, layers of
40, and also none. The readout is solved to its optimum; the only number to choose, how much its
weights may grow, is chosen on the published validation set.
"""

import time
from functools import cache

import torch
from _protocol import compare, solve_readout
from _surrogate_sweep import HIDDEN, encode
from _sweep import options, save, seeded

from snnbook import data
from snnbook.neurons import SpikingNetwork

LAYERS = (0, 1, 2)


@cache
def published(samples: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return spikes and classes of a published set."""
    points, classes = data.yin_yang(samples, seed)
    return encode(points), classes


def solve(layers: int, seed: int, judged: bool) -> dict:
    """Solve the readout of one network; return its accuracies."""
    start = time.perf_counter()
    split = [published(2000, 42), published(1000, 41), published(1000, 40)][: 2 + judged]
    network = SpikingNetwork(
        (5, *[HIDDEN] * layers, 3),
        input_rate=25.0,
        hidden_rate=10.0,
        std=1.0,
        generator=seeded(seed),
    )
    found = solve_readout(network, split)
    return found | {"seconds": round(time.perf_counter() - start, 1)}


def main() -> None:
    given = options(__doc__, seeds=8)
    found = compare(given, [{"layers": layers} for layers in LAYERS], {}, solve)
    save(given, found | {"hidden": HIDDEN})


if __name__ == "__main__":
    main()
