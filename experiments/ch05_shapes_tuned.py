"""Surrogates of five families and four widths, each at its own learning rate (chapter 5, claim 14).

    python experiments/ch05_shapes_tuned.py        half an hour on one core

The networks and the data are those of ``ch05_shapes.py``. There every cell has the same 150 steps
at one learning rate; here every cell has a search of its own, over two decades of learning rates
and beyond, and trains until its own validation curve is flat. The search has one seed that no
result has. Nothing was chosen on the test set.
"""

import time
from functools import cache, partial

from _protocol import SEARCH_SEEDS, compare, until_flat
from _surrogate_sweep import BATCH, HIDDEN, encode
from _sweep import few, options, save, seeded

from snnbook import data, training
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.surrogates import ALL

FAMILIES = ("fast sigmoid", "exponential", "Gaussian", "piecewise linear", "boxcar")
WIDTHS, RATES, PATIENCE = (0.01, 0.1, 1.0, 10.0), (5e-4, 2e-3, 1e-2, 5e-2), 10
SIZES = (5, HIDDEN, HIDDEN, 3)


@cache
def published(samples: int, seed: int):
    """Return spikes and classes of a published set."""
    points, classes = data.yin_yang(samples, seed)
    return encode(points), classes


def mean_loss(readout, labels):
    """Return the cross-entropy of the mean over time, in the scale of the sweep."""
    return training.sum_over_time(readout, labels, scale=4 / len(readout))


def train(epochs: int, family: str, width: float, seed: int, judged: bool, lr: float) -> dict:
    """Train one network; return accuracies, that of the test if it is judged."""
    start = time.perf_counter()
    split = [published(2000, 42), published(1000, 41)] + [published(1000, 40)] * judged
    neuron = LIFNeuron(surrogate=ALL[family].scaled(width=width, height=1.0))
    network = SpikingNetwork(
        SIZES, neuron, input_rate=25.0, hidden_rate=10.0, std=1.0, generator=seeded(seed)
    )
    found = until_flat(
        network,
        split,
        lr=lr,
        generator=seeded(100 + seed),
        epochs=epochs,
        patience=PATIENCE,
        batch_size=BATCH,
        loss=mean_loss,
        decide=training.decide_by_sum,
    )
    named = {"accuracy": found["test"]} if judged else {}
    return found | named | {"seconds": round(time.perf_counter() - start, 1)}


def main() -> None:
    given = options(__doc__, seeds=5, epochs=80)
    arms = [{"family": f, "width": w} for f in few(given, FAMILIES) for w in few(given, WIDTHS)]
    found = compare(given, arms, {"lr": RATES}, partial(train, given.epochs), SEARCH_SEEDS[:1])
    save(given, found | {"families": FAMILIES, "widths": WIDTHS, "epochs": given.epochs})


if __name__ == "__main__":
    main()
