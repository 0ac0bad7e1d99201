"""Networks that hear spoken digits: what is trained, on what, and how it is judged (chapter 8d).

A recording becomes 40 bands of loudness in steps of 10 ms, and these spikes, which are made once.
All networks have one hidden layer, of 100 neurons, and the same time constants; the GRU has as many
parameters as the recurrent network. A network trains until its validation accuracy has not risen
for eight epochs; its best epoch is kept and judged. Only where a network is judged is the test
accuracy of every epoch written down too, and nothing follows from it.
"""

import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from _delays import delays_that_learn
from _sweep import seeded
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn

from snnbook import data, readers, signals, training
from snnbook.conclusions import GRUNetwork, gru_size
from snnbook.layers import Cells, Delays, Dense, Network
from snnbook.neurons import AdaptiveNeuron, LIFNeuron, SpikingNetwork

DT, BANDS, GAIN, SPAN = 10e-3, 40, 0.4, 50.0  # s, bands, spikes per loudness, dB
HIDDEN, CLASSES, BATCH, PATIENCE, CLIP = 100, 10, 64, 8, 5.0
CONSTANTS = {"tau_mem": 40e-3, "tau_syn": 20e-3, "dt": DT}
NEURON = LIFNeuron(**CONSTANTS)
ADAPTIVE = AdaptiveNeuron(**CONSTANTS, surrogate=NEURON.surrogate, tau_adapt=0.2, strength=0.2)
LONGEST, NARROW, DELAY_RATE = 15, 10, 10  # steps, epochs, times the rate of weights
#: How far a sample is moved each time it is read: bands up or down, and share of its duration.
LEVELS = {"none": (0, 0.0), "weak": (1, 0.1), "strong": (3, 0.2)}
PER_80_MS, ALIKE = "linear on counts per 80 ms", "feed-forward, one length"
LINEAR = ("linear on counts", "linear on counts in windows", PER_80_MS)
FIXED, LAST = 8, 48  # steps of a window that has its own length, and where the last one begins
LENGTH = 42  # steps of a recording that is stretched to one length, the median of all
#: The networks, and which of them hear loudness in place of spikes.
KINDS = (
    "feed-forward",
    ALIKE,
    "learned constants",
    "adaptive",
    "delays",
    "recurrent",
    "GRU",
    "GRU on loudness",
)


class Recording(NamedTuple):
    """Spikes and loudness (T, N) of a digit, who said it, and the number of the recording."""

    spikes: Tensor
    loudness: Tensor
    label: int
    voice: str
    number: int


@cache
def recordings(folder: Path, every: int = 1) -> tuple[Recording, ...]:
    """Return all recordings, or one in ``every``."""
    sounds = readers.spoken_digits("all", folder)
    made = []
    for k in range(0, len(sounds), every):
        sound, label = sounds[k]
        loud = signals.mel_bank(sound.samples, sound.rate, channels=BANDS, dt=DT, span=SPAN)
        spikes = signals.lif_code(loud, gain=GAIN)[:, 0]
        _, voice, number = Path(sounds.files[k]).stem.split("_")
        made.append(Recording(spikes, loud[:, 0], label, voice, int(number)))
    return tuple(made)


def split(all_: Sequence[Recording], part: Callable[[Recording], str | None]) -> list[list]:
    """Return the recordings that ``part`` says are for training, validation and test."""
    names = [part(one) for one in all_]
    return [
        [one for one, name in zip(all_, names) if name == wanted]
        for wanted in ("train", "validation", "test")
    ]


def build(kind: str, rate: float, generator: torch.Generator) -> nn.Module:
    """Return an untrained network for inputs of this mean rate in Hz."""
    sizes, given = (BANDS, HIDDEN, CLASSES), {"input_rate": rate, "generator": generator}
    if kind.startswith("GRU"):
        size = gru_size(BANDS, CLASSES, BANDS * HIDDEN + HIDDEN**2 + HIDDEN * CLASSES)
        return GRUNetwork(BANDS, size, CLASSES, generator=generator)
    if kind in ("feed-forward", ALIKE, "recurrent", "learned constants"):
        learn = {"learn": ("tau_mem", "tau_syn"), "spread": 0.5}
        more = learn if kind == "learned constants" else {"recurrent": kind == "recurrent"}
        return SpikingNetwork(sizes, NEURON, **given, **more)
    if kind == "adaptive":
        hidden = [Dense(BANDS, HIDDEN, ADAPTIVE, **given)]
    else:
        hidden = [Delays(BANDS, HIDDEN, LONGEST, neuron=NEURON, **given), Cells(NEURON)]
    return Network([*hidden, Dense(HIDDEN, CLASSES, NEURON.leaky, generator=generator)])


def learn(
    parts: list[list[Recording]],
    epochs: int,
    kind: str,
    seed: int,
    judged: bool,
    lr: float,
    vary: str = "none",
    windows: int | None = None,
) -> dict:
    """Train on the first part, choose the epoch on the second, and judge on the third."""
    if kind in LINEAR:
        scores, seconds = count(parts, kind, seed, lr, vary, windows)
        row = dict(zip(("train", "validation", "test"), scores[: 2 + judged]))
        return row | {"seconds": seconds}
    known, validation, test = (heard(kind, part) for part in parts)
    tested = [test] if judged else []
    options = {"validation": validation, "patience": PATIENCE, "keep_best": True}
    network, history, curves = fit(known, tested, epochs, kind, seed, lr, vary, **options)
    row = {
        "validation": max(history.validation_accuracy),
        "train": history.accuracy[history.best_epoch - 1],
        "epoch": history.best_epoch,
        "seconds": round(sum(history.seconds), 1),
        "curve": [round(value, 4) for value in history.validation_accuracy],
    }
    if history.spike_counts and history.spike_counts[0]:
        row["spikes"] = history.spike_counts[history.best_epoch - 1][0]
    if not judged:
        return row
    return row | {"test": training.accuracy(network, test).value, "test_curve": curves[0]}


def fit(
    known: list,
    judged: Sequence[list],
    epochs: int,
    kind: str,
    seed: int,
    lr: float,
    vary: str,
    **options,
) -> tuple[nn.Module, training.History, list[list[float]]]:
    """Train a network on pairs; return it, its history, and accuracies of each epoch on others."""
    generator = seeded(seed)
    rate = float(np.mean([x.mean() for x, _ in known])) / DT
    network, curves = build(kind, rate, generator), [[] for _ in judged]
    delays = delays_that_learn(network, DELAY_RATE, NARROW, LONGEST)
    delays["measure"](network)

    def watch(epoch: int, model: nn.Module, history: training.History) -> None:
        delays["measure"](model)
        for curve, pairs in zip(curves, judged):
            curve.append(round(training.accuracy(model, pairs).value, 4))

    history = training.fit(
        network,
        known if vary == "none" else varied(known, vary, seed),
        epochs=epochs,
        batch_size=BATCH,
        lr=lr,
        optimizer=delays["optimizer"],
        generator=generator,
        clip=CLIP,
        on_epoch=watch,
        progress=False,
        **options,
    )
    return network, history, curves


def varied(pairs: list, level: str, seed: int) -> data.Varied:
    """Return samples that are moved each time they are read."""
    shift, stretch = LEVELS[level]
    return data.Varied(pairs, shift=shift, stretch=stretch, generator=seeded(seed + 10_000))


def heard(kind: str, part: Sequence[Recording]) -> list[tuple[Tensor, int]]:
    """Return what a network hears of some recordings, with their digits."""
    return [(_input(kind, one), one.label) for one in part]


def _input(kind: str, one: Recording) -> Tensor:
    if kind == ALIKE:
        return data.moved(one.spikes, factor=LENGTH / len(one.spikes))
    return one.loudness if kind == "GRU on loudness" else one.spikes


def count(
    parts: Sequence[list[Recording]],
    kind: str,
    seed: int,
    lr: float,
    vary: str = "none",
    windows: int | None = None,
) -> tuple[list[float], float]:
    """Solve logistic regression on spike counts of the first part; return all scores, and seconds.

    ``lr`` is its freedom C. Where samples are moved, four moved copies of each stand beside it.
    """
    start, pairs = time.perf_counter(), [heard(kind, part) for part in parts]
    if vary != "none":
        other = varied(pairs[0], vary, seed)
        copies = [other[k] for _ in range(4) for k in range(len(other))]
    else:
        copies = []
    tables = [
        (np.stack([_counts(kind, x, windows) for x, _ in part]), [label for _, label in part])
        for part in ([*pairs[0], *copies], *pairs[1:])
    ]
    model = make_pipeline(StandardScaler(), LogisticRegression(C=lr, max_iter=1000))
    model.fit(*tables[0])
    scores = [float(model.score(*table)) for table in tables]
    return scores, round(time.perf_counter() - start, 1)


def _counts(kind: str, spikes: Tensor, windows: int | None) -> np.ndarray:
    """Return the spikes of each band in windows: shares of the duration, or 80 ms each."""
    edges = np.linspace(0, len(spikes), (windows or 1) + 1).round().astype(int)
    if kind == PER_80_MS:
        edges = [*range(0, LAST, FIXED), max(LAST, len(spikes))]
    return np.concatenate([spikes[a:b].sum(0).numpy() for a, b in zip(edges, edges[1:])])


def grid(arm: dict) -> dict:
    """Return what is chosen on validation data: the learning rate, or a linear model's freedom."""
    if arm["kind"] in LINEAR:
        found = {"lr": (1e-3, 1e-2, 1e-1, 1.0)}
        return found | ({"windows": (3, 5, 8)} if arm["kind"].endswith("windows") else {})
    return {"lr": (3e-4, 1e-3, 3e-3, 1e-2, 3e-2)}


def told(epochs: int, all_: Sequence[Recording]) -> dict:
    """Return what a reader of the result must know of the settings."""
    return {
        "epochs": epochs,
        "recordings": len(all_),
        "steps": float(np.mean([len(one.spikes) for one in all_])),
        "rate": float(np.mean([one.spikes.mean() for one in all_])) / DT,
        "dt": DT,
        "bands": BANDS,
        "hidden": HIDDEN,
        "patience": PATIENCE,
        "longest": LONGEST,
        "levels": LEVELS,
        "gru": gru_size(BANDS, CLASSES, BANDS * HIDDEN + HIDDEN**2 + HIDDEN * CLASSES),
    }
