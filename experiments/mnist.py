"""MNIST as latencies, 784-350-10, with five seeds (the page on your own data).

    python experiments/mnist.py FOLDER        about half an hour on one core

FOLDER holds the four IDX files, gzipped or not. The package does not need them. The layers are
those of Wunderlich and Pehle (2021), and so is the kind of input, one spike for each gray pixel,
the darker the earlier; the times, the loss, the gradient and the training are not. The last 10 000
training images are for validation: one seed that no result has chooses the learning rate of the
network, and the strength of regularization of logistic regression on the gray levels. The best
epoch is kept and judged once.
"""

import argparse
import time
from functools import partial
from pathlib import Path

from _protocol import SEARCH_SEEDS, compare
from _sweep import options, save, seeded
from sklearn.linear_model import LogisticRegression
from torch.optim.lr_scheduler import CosineAnnealingLR

from snnbook import data, readers, training
from snnbook.neurons import LIFNeuron, SpikingNetwork

STEPS, SIZES = 40, (784, 350, 10)
NEURON = LIFNeuron(tau_mem=20e-3, tau_syn=5e-3)
ENCODE = partial(data.latency_code, steps=STEPS, events=True)
ARMS = ("gray levels, linear", "spiking")


def parts_of(folder: Path, quick: bool) -> list[tuple]:
    """Return images and labels for training, validation and test."""
    known, test = readers.mnist("train", folder).tensors(), readers.mnist("test", folder).tensors()
    parts = [[x[:50000] for x in known], [x[50000:] for x in known], test]
    return [tuple(x[:200] if quick else x for x in part) for part in parts]


def linear(parts: list[tuple], freedom: float, judged: bool) -> dict:
    """Fit logistic regression on the gray levels; ``freedom`` is its C."""
    start = time.perf_counter()
    tables = [(x.numpy(), y.numpy()) for x, y in parts]
    model = LogisticRegression(C=freedom, max_iter=200).fit(*tables[0])
    row = {"validation": model.score(*tables[1]), "seconds": time.perf_counter() - start}
    return row | ({"test": model.score(*tables[2])} if judged else {})


def train(parts: list[tuple], epochs: int, arm: str, lr: float, seed: int, judged: bool) -> dict:
    """Train one network, and judge its best epoch on the test images if asked to."""
    if arm != "spiking":
        return linear(parts, lr, judged)
    generator = seeded(seed)
    network = SpikingNetwork(SIZES, NEURON, input_rate=5.0, hidden_rate=20.0, generator=generator)
    history = training.fit(
        network,
        *parts[0],
        validation=parts[1],
        encode=ENCODE,
        epochs=epochs,
        batch_size=128,
        lr=lr,
        schedule=partial(CosineAnnealingLR, T_max=epochs),
        generator=generator,
        keep_best=True,
        progress=False,
    )
    row = {
        "validation": max(history.validation_accuracy),
        "epoch": history.best_epoch,
        "spikes": history.spike_counts[history.best_epoch - 1][0],
        "seconds": sum(history.seconds),
    }
    if not judged:
        return row
    return row | {"test": training.accuracy(network, *parts[2], encode=ENCODE).value}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path, metavar="FOLDER")
    given = options(__doc__, seeds=5, epochs=12, parser=parser)
    given.command += " FOLDER"
    parts = parts_of(given.data, given.quick)
    grids = {"gray levels, linear": (0.01, 0.1, 1.0), "spiking": (1e-3, 2e-3, 5e-3)}
    arms = [{"arm": name} for name in ARMS]
    found = compare(
        given,
        arms,
        lambda arm: {"lr": grids[arm["arm"]]},
        partial(train, parts, given.epochs),
        SEARCH_SEEDS[:1],
    )
    sizes = {name: len(y) for name, (_, y) in zip(("train", "validation", "test"), parts)}
    save(given, found | {"samples": sizes, "steps": STEPS, "epochs": given.epochs})


if __name__ == "__main__":
    main()
