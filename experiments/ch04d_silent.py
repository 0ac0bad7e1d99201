"""Silent neurons by start and remedy, single spikes on Yin-Yang (chapter 4d, claim 12).

    python experiments/ch04d_silent.py        25 minutes on one core

The cell is the leaky one with tau_mem = 2 tau_syn. Every start with every remedy has a learning
rate of its own, and the penalty a margin, chosen on the published validation set with two seeds
that no result has. The rate falls to a twentieth in the course of training, which makes the curves
flat; what is reported is the network after the last epoch.
"""

import time
from functools import partial

from _protocol import compare
from _single_spikes import points, share_right, single_spike
from _sweep import options, save

STARTS = {"healthy": (2.5, 6.0), "quiet": (0.3, 2.0)}
REMEDIES = ("none", "bump", "penalty")
RATES = (0.01, 0.05, 0.2, 1.0)
MARGINS = (1, 4)  # as whole numbers: these two, and no others beyond them
#: A run is solved from this test accuracy on.
SOLVED = 0.9


def grid(arm: dict) -> dict:
    """Return what is chosen for an arm on the validation set."""
    return {"lr": RATES} | ({"margin": MARGINS} if arm["remedy"] == "penalty" else {})


def train(
    epochs: int,
    start: str,
    remedy: str,
    lr: float,
    seed: int,
    judged: bool,
    margin: float | None = None,
) -> dict:
    """Return the accuracies, and silent, dead and bumped neurons in each epoch."""
    begun = time.perf_counter()
    changes = {"gain": STARTS[start], "bump": 0.2 if remedy == "bump" else None, "margin": margin}
    decay = 0.05 ** (1 / epochs)
    network, history = single_spike("double", seed, epochs, decay, lr, **changes)
    parts = zip(("train", "validation", "test"), points(judged))
    return {name: share_right(network, *part) for name, part in parts} | {
        "curve": [round(value, 4) for value in history.accuracy],
        "silent": [[round(value, 4) for value in row] for row in history.silent],
        "dead": [[round(value, 4) for value in row] for row in history.dead],
        "bumped": list(history.raised),
        "seconds": round(time.perf_counter() - begun, 1),
    }


def main() -> None:
    given = options(__doc__, seeds=10, epochs=10)
    arms = [{"start": start, "remedy": remedy} for start in STARTS for remedy in REMEDIES]
    found = compare(given, arms, grid, partial(train, given.epochs))
    save(given, found | {"epochs": given.epochs, "solved": SOLVED})


if __name__ == "__main__":
    main()
