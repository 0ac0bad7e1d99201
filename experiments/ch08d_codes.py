"""Codes of a sound before the same network: loudness of bands, or inner hair cells (chapter 8d).

    python experiments/ch08d_codes.py FOLDER        about 20 minutes on one core

FOLDER, the split by recordings and the feed-forward network are those of ``ch08d_recordings.py``.
Each code has as many bands, steps of the same length, and spikes by the same neuron, and the
network the learning rate that it chose there. Two numbers are chosen for each code on validation
data, with one seed that no result has: how strongly a band drives its neuron, and the range of
levels, which is the span of the loudness in decibels or the level that the hair cells hear. One
arm has no neurons behind the bands: loudness itself is the input.
"""

import argparse
from functools import cache, partial
from pathlib import Path

import numpy as np
from _protocol import SEARCH_SEEDS, compare
from _sounds import BANDS, DT, Recording, learn, split
from _sweep import options, save
from ch08d_recordings import part
from torch import Tensor

from snnbook import readers, signals

RATE = 1e-2  # the learning rate
#: How a recording becomes a signal for each band, and levels in decibels to choose from.
CODES = {
    "loudness": (signals.mel_bank, "span", (30, 50, 70)),
    "gammatone loudness": (signals.gammatone_bank, "span", (30, 50, 70)),
    "hair cells": (signals.hair_cells, "level", (60, 75, 90)),
    "loudness, without spikes": (signals.mel_bank, "span", (30, 50, 70)),
}


@cache
def heard(
    folder: Path, every: int, code: str, decibels: int
) -> tuple[tuple[Tensor, int, str, int], ...]:
    """Return the signal (T, 1, N), digit, speaker and number of each recording."""
    sounds, made = readers.spoken_digits("all", folder), []
    bank, name, _ = CODES[code]
    for k in range(0, len(sounds), every):
        sound, label = sounds[k]
        range_ = {name: float(decibels)}
        signal = bank(sound.samples, sound.rate, channels=BANDS, dt=DT, **range_)
        _, voice, number = Path(sounds.files[k]).stem.split("_")
        made.append((signal, label, voice, int(number)))
    return tuple(made)


def train(folder, every, epochs, code, decibels, gain, seed, judged) -> dict:
    """Train one network on one code; ``rate`` is that of a band in Hz."""
    rows = [
        Recording(_input(code, gain * signal), signal[:, 0], *more)
        for signal, *more in heard(folder, every, code, decibels)
    ]
    rate = float(np.mean([one.spikes.mean() for one in rows])) / DT
    return learn(split(rows, part), epochs, "feed-forward", seed, judged, RATE) | {"rate": rate}


def _input(code: str, signal: Tensor) -> Tensor:
    """Return the spikes that a signal makes, or the signal itself, (T, N)."""
    return signal[:, 0] if "without" in code else signals.lif_code(signal)[:, 0]


def grid(arm: dict) -> dict:
    """Return what is chosen for a code on validation data."""
    return {"decibels": CODES[arm["code"]][2], "gain": (0.2, 0.4, 0.8)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path, metavar="FOLDER")
    given = options(__doc__, seeds=5, epochs=40, parser=parser)
    given.command += " FOLDER"
    run = partial(train, given.data, 7 if given.quick else 1, given.epochs)
    arms = [{"code": code} for code in CODES]
    found = compare(given, arms, grid, run, SEARCH_SEEDS[:1])
    save(given, found | {"epochs": given.epochs, "lr": RATE, "dt": DT, "bands": BANDS})


if __name__ == "__main__":
    main()
