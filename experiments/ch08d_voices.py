"""Spoken digits by a voice that was never heard: one speaker left out (chapter 8d, claim 8d.2).

    python experiments/ch08d_voices.py FOLDER        about an hour on one core

FOLDER as for ``ch08d_recordings.py``, which has the same networks on the split by recordings. Here
each of the six speakers is the test part once, and the other five train. What is chosen, the epoch,
and for linear classifiers their settings, is chosen without that speaker: networks that have heard
neither it nor one of three others are judged on those three, and the mean decides. One validation
voice would not do: where it is unlike those that are left, its accuracy says nothing. Networks keep
the learning rate that they chose on the recordings of known voices. All train for the same number
of epochs; the test accuracy of every epoch is written down, and the chosen epoch is the result.

Then come arms whose training samples are moved along bands and time each time they are read; how
far is chosen in the same way. The linear classifier among them has eight windows and C = 0.01.
"""

import argparse
from collections.abc import Sequence
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
from _protocol import SEARCH_SEEDS
from _sounds import ALIKE, LEVELS, LINEAR, Recording, count, fit, grid, heard, recordings, told
from _sweep import few, options, run_cases, save, select

#: Learning rates as chosen in ``ch08d_recordings``.
RATES = {
    "feed-forward": 1e-2,
    ALIKE: 3e-2,
    "adaptive": 3e-2,
    "delays": 1e-2,
    "recurrent": 3e-3,
    "GRU": 1e-2,
}
KINDS = (*LINEAR, *RATES)
#: Arms whose samples are moved too.
VARIED = ("linear on counts in windows", "feed-forward", "recurrent")
#: How far apart in their order two speakers stand that are left out together.
APART = (1, 3)


def pairs_of(voices: Sequence[str]) -> list[tuple[str, str]]:
    """Return which two speakers are left out together: each stands in three pairs."""
    found = {
        frozenset((a, voices[(k + d) % len(voices)])) for d in APART for k, a in enumerate(voices)
    }
    return sorted(tuple(sorted(pair)) for pair in found)


def settings_of(kind: str, moved: bool) -> list[dict]:
    """Return the settings of an arm that are compared, beside the epoch."""
    axes = grid({"kind": kind}) if kind in LINEAR else {"lr": (RATES[kind],)}
    if moved and kind in LINEAR:
        axes = {"lr": (1e-2,), "windows": (8,)}
    axes["vary"] = tuple(LEVELS)[1:] if moved else ("none",)
    return [dict(zip(axes, values)) for values in product(*axes.values())]


def train(
    every: Sequence[Recording],
    epochs: int,
    kind: str,
    seed: int,
    left: Sequence[str],
    lr: float,
    vary: str,
    windows: int | None = None,
    **_,
) -> dict:
    """Train on all but the speakers that are left out; return accuracies of each epoch on them."""
    known = [one for one in every if one.voice not in left]
    others = [[one for one in every if one.voice == voice] for voice in left]
    if kind in LINEAR:
        scores, seconds = count([known, *others], kind, seed, lr, vary, windows)
        return {"train": scores[:1], "curves": [[x] for x in scores[1:]], "seconds": seconds}
    parts = [heard(kind, part) for part in (known, *others)]
    _, history, curves = fit(parts[0], parts[1:], epochs, kind, seed, lr, vary)
    rows = {"train": [round(x, 4) for x in history.accuracy], "curves": curves}
    return rows | {"seconds": round(sum(history.seconds), 1)}


def choose(rows: Sequence[dict], settings: Sequence[dict], voice: str) -> dict:
    """Return the setting and the epoch that are best for those who were left out with a speaker."""
    found = []
    for one in settings:
        own = [row for row in select(rows, **one) if voice in row["left"]]
        curves = [row["curves"][1 - row["left"].index(voice)] for row in own]
        mean = np.mean(curves, axis=0)
        found.append(one | {"epoch": int(mean.argmax()) + 1, "validation": float(mean.max())})
    return max(found, key=lambda one: one["validation"])


def search(given, run, voices: Sequence[str], arm: dict) -> tuple[list[dict], dict[str, dict]]:
    """Return the rows of an arm with two speakers left out, and what is chosen for each speaker."""
    settings, pairs = settings_of(**arm), few(given, pairs_of(voices))
    cases = [
        arm | one | {"left": pair, "seed": SEARCH_SEEDS[0] + k}
        for one in settings
        for k, pair in enumerate(pairs)
    ]
    rows = run_cases(given, cases, run)
    tested = [voice for voice in voices if any(voice in pair for pair in pairs)]
    return rows, {voice: choose(rows, settings, voice) for voice in tested}


def judge(given, run, arm: dict, chosen: dict[str, dict]) -> list[dict]:
    """Return the rows of an arm with one speaker left out, judged at the epoch that was chosen."""
    cases = [
        arm
        | {k: v for k, v in one.items() if k not in ("epoch", "validation")}
        | {"left": [voice], "seed": k}
        for k, (voice, one) in enumerate(chosen.items())
    ]
    rows = []
    for row, (voice, one) in zip(run_cases(given, cases, run), chosen.items()):
        (curve,), train_, epoch = row.pop("curves"), row.pop("train"), one["epoch"]
        row |= {"voice": voice, "epoch": epoch, "validation": one["validation"]}
        row |= {"train": train_[epoch - 1], "test": curve[epoch - 1]}
        rows.append(row if arm["kind"] in LINEAR else row | {"test_curve": curve})
    return rows


def summary(epochs: int, arm: dict, rows: list[dict], chosen: dict[str, dict], runs: list) -> dict:
    """Return search, choices and budget of an arm as the page of evidence tells them."""
    linear, settings = arm["kind"] in LINEAR, settings_of(**arm)
    names = [k for k in settings[0] if len({one[k] for one in settings}) > 1]
    names += [] if linear else ["epoch"]
    each = {name: ", ".join(str(one[name]) for one in chosen.values()) for name in names}
    tops = [int(np.mean(row["curves"], axis=0).argmax()) + 1 for row in rows]
    tried = [{k: v for k, v in row.items() if k != "train"} for row in rows]
    given = {"settings": len(settings) * (1 if linear else epochs), "networks": len(rows + runs)}
    given["seconds"] = round(sum(row["seconds"] for row in rows + runs), 1)
    return {
        "runs": runs,
        "search": [row | {"epoch": top} for row, top in zip(tried, tops)],
        "choices": [arm | each],
        "budget": [arm | given],
    }


def compared(given, run, voices: Sequence[str], kinds: Sequence[str], moved: bool) -> dict:
    """Choose for every arm and test speaker, train and judge; return what is stored."""
    found = {name: [] for name in ("runs", "choices", "search", "budget")}
    for kind in kinds:
        arm = {"kind": kind, "moved": moved}
        rows, chosen = search(given, run, voices, arm)
        runs = judge(given, run, arm, chosen)
        for name, more in summary(given.epochs, arm, rows, chosen, runs).items():
            found[name] += more
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path, metavar="FOLDER")
    given = options(__doc__, seeds=6, epochs=25, parser=parser)
    given.command += " FOLDER"
    every = recordings(given.data, 7 if given.quick else 1)
    voices = sorted({one.voice for one in every})
    run = partial(train, every, given.epochs)
    found = compared(given, run, voices, few(given, KINDS), moved=False)
    moved = compared(given, run, voices, few(given, VARIED), moved=True)
    found = {name: [*found[name], *moved[name]] for name in found}
    more = {"search_seeds": SEARCH_SEEDS[:1], "voices": voices, "pairs": pairs_of(voices)}
    save(given, found | more | told(given.epochs, every))


if __name__ == "__main__":
    main()
