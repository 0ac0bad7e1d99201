"""Spoken digits, from WAV files to a trained network, with five seeds (the page on your own data).

    python experiments/spoken_digits.py FOLDER        about half an hour on one core

FOLDER holds the Free Spoken Digit Dataset: ``recordings`` or ``recordings.zip``. The package does
not need it. The numbers 0 to 4 of each speaker and digit are the test part, as its authors have it;
5 to 9 are for validation, and the others train. Every speaker is in all parts.

A sound becomes 40 bands of loudness in steps of 10 ms, and these spikes, which are made once. Each
arm has a learning rate of its own, or a strength of its regularization, chosen on the validation
part with one seed that no result has. A network trains until the validation accuracy has not risen
for eight epochs; its best epoch is kept and judged once.
"""

import argparse
import time
from functools import partial
from pathlib import Path

import numpy as np
import torch
from _protocol import SEARCH_SEEDS, compare
from _sweep import options, save, seeded
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from snnbook import readers, signals, training
from snnbook.neurons import LIFNeuron, SpikingNetwork

DT, BANDS, GAIN, CHECKED = 10e-3, 40, 0.4, 10
NEURON = LIFNeuron(tau_mem=40e-3, tau_syn=20e-3, dt=DT)
LEARN = {"learn": ("tau_mem", "tau_syn"), "spread": 0.5}
ARMS = {
    "counts, linear": None,
    "feed-forward": {},
    "recurrent": {"recurrent": True},
    "recurrent, learned constants": {"recurrent": True, **LEARN},
}
SIZES = (BANDS, 200, 10)


def spikes_of(sound: readers.Sound) -> torch.Tensor:
    """Return the spikes (T, N) of a recording."""
    bands = signals.mel_bank(sound.samples, sound.rate, channels=BANDS, dt=DT, span=50.0)
    return signals.lif_code(bands, gain=GAIN)[:, 0]


def parts_of(folder: Path, quick: bool) -> list[list]:
    """Return the samples for training, validation and test."""
    known = readers.spoken_digits("train", folder, encode=spikes_of)
    checked = [int(Path(name).stem.split("_")[2]) < CHECKED for name in known.files]
    every = 25 if quick else 1
    parts = [
        [known[k] for k, held in enumerate(checked) if held == wanted][::every]
        for wanted in (False, True)
    ]
    test = readers.spoken_digits("test", folder, encode=spikes_of)
    return [*parts, [test[k] for k in range(0, len(test), every)]]


def count(parts: list[list], lr: float, judged: bool) -> dict:
    """Fit logistic regression on the spike counts of the bands; ``lr`` is its freedom C."""
    start = time.perf_counter()
    tables = [(torch.stack([x.sum(0) for x, _ in part]), [y for _, y in part]) for part in parts]
    model = make_pipeline(StandardScaler(), LogisticRegression(C=lr, max_iter=3000))
    model.fit(*tables[0])
    row = {"validation": model.score(*tables[1]), "seconds": time.perf_counter() - start}
    return row | ({"test": model.score(*tables[2])} if judged else {})


def train(parts: list[list], epochs: int, arm: str, lr: float, seed: int, judged: bool) -> dict:
    """Train one network, and judge its best epoch on the test part if asked to."""
    if ARMS[arm] is None:
        return count(parts, lr, judged)
    rate = float(np.mean([x.mean() for x, _ in parts[0]])) / DT
    generator = seeded(seed)
    network = SpikingNetwork(
        SIZES, NEURON, input_rate=rate, hidden_rate=10.0, generator=generator, **ARMS[arm]
    )
    history = training.fit(
        network,
        parts[0],
        validation=parts[1],
        epochs=epochs,
        batch_size=64,
        lr=lr,
        generator=generator,
        clip=5.0,
        patience=8,
        keep_best=True,
        progress=False,
    )
    row = {
        "validation": max(history.validation_accuracy),
        "epoch": history.best_epoch,
        "epochs": len(history.loss),
        "spikes": history.spike_counts[history.best_epoch - 1][0],
        "seconds": sum(history.seconds),
    }
    return row | ({"test": training.accuracy(network, parts[2]).value} if judged else {})


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path, metavar="FOLDER")
    given = options(__doc__, seeds=5, epochs=40, parser=parser)
    given.command += " FOLDER"
    parts = parts_of(given.data, given.quick)
    arms = [{"arm": name} for name in ARMS]
    found = compare(
        given,
        arms,
        lambda arm: {"lr": (0.01, 0.1, 1.0) if ARMS[arm["arm"]] is None else (1e-3, 2e-3, 5e-3)},
        partial(train, parts, given.epochs),
        SEARCH_SEEDS[:1],
    )
    sizes = dict(zip(("train", "validation", "test"), map(len, parts)))
    mean_steps = float(np.mean([len(x) for part in parts for x, _ in part]))
    save(given, found | {"samples": sizes, "steps": mean_steps, "epochs": given.epochs})


if __name__ == "__main__":
    main()
