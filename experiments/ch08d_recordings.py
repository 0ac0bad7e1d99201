"""Spoken digits by known voices: every network, each after its own search (chapter 8d, claim 8d.1).

    python experiments/ch08d_recordings.py FOLDER        about an hour on one core

FOLDER holds the Free Spoken Digit Dataset: ``recordings`` or ``recordings.zip``. The package does
not need it. The numbers 0 to 4 of each speaker and digit are the test part, as its authors have it;
5 to 9 are for validation, and the others train. So every speaker is in all parts.

Each arm has a search of its own with one seed that no result has: the learning rate over two
decades, and beyond where the best one lies at an end; for the linear classifiers the strength of
their regularization, and the number of windows. Then come arms whose training samples are moved
along bands and time each time they are read; they keep the learning rate, and choose how far.
"""

import argparse
from functools import partial
from pathlib import Path

from _protocol import SEARCH_SEEDS, compare
from _sounds import KINDS, LEVELS, LINEAR, Recording, grid, learn, recordings, split, told
from _sweep import few, options, save

TESTED, CHECKED = 5, 10
#: Arms whose samples are moved too.
VARIED = ("linear on counts in windows", "feed-forward", "recurrent")


def part(one: Recording) -> str:
    """Return the part of a recording by its number."""
    return "test" if one.number < TESTED else "validation" if one.number < CHECKED else "train"


def train(parts, epochs, moved=False, **settings) -> dict:
    """Train one classifier; ``moved`` only tells its arm from that with still samples."""
    return learn(parts, epochs, **settings)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path, metavar="FOLDER")
    given = options(__doc__, seeds=5, epochs=40, parser=parser)
    given.command += " FOLDER"
    every = recordings(given.data, 7 if given.quick else 1)
    run = partial(train, split(every, part), given.epochs)
    arms = [{"kind": kind} for kind in few(given, (*LINEAR, *KINDS))]
    found = compare(given, arms, grid, run, SEARCH_SEEDS[:1])
    moved = [one | {"moved": True} for one in found["choices"] if one["kind"] in VARIED]
    varied = compare(given, moved, {"vary": tuple(LEVELS)[1:]}, run, SEARCH_SEEDS[:1])
    lists = {name: [*found[name], *varied[name]] for name in varied if name != "search_seeds"}
    save(given, found | lists | told(given.epochs, every))


if __name__ == "__main__":
    main()
