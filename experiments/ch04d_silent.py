"""Silent neurons over training by start and remedy, single spikes on Yin-Yang (chapter 4d).

    python experiments/ch04d_silent.py [--seeds 3]

The cell is the leaky one with tau_mem = 2 tau_syn.
"""

from functools import partial

from _single_spikes import load, share_right, single_spike, stored
from _sweep import columns, options, run_cases, save

STARTS = {"healthy": (2.5, 6.0), "quiet": (0.3, 2.0)}
#: Name of the remedy: step of the bump, margin of the penalty.
REMEDIES = {
    "none": {"bump": None},
    "bump": {"bump": 0.2},
    "penalty": {"bump": None, "margin": 1.0},
    "penalty, margin 4": {"bump": None, "margin": 4.0},
}


def run(epochs: int, start: str, name: str, seed: int) -> dict:
    """Return the test accuracy, and silent, dead and bumped neurons in each epoch."""
    *_, values, labels = load()
    changes = {"gain": STARTS[start]} | REMEDIES[name]
    network, history = single_spike("double", seed, epochs, decay=0.8, **changes)
    return {
        "test": share_right(network, values, labels),
        "silent": history.silent,
        "dead": history.dead,
        "bumped": history.raised,
    }


def main() -> None:
    given = options(__doc__, seeds=3, epochs=10)
    kinds = [{"start": start, "name": name} for start in STARTS for name in REMEDIES]
    found = {}
    for kind in kinds:
        cases = [kind | {"seed": seed} for seed in given.seeds]
        rows = run_cases(given, cases, partial(run, given.epochs))
        found["{start}, {name}".format(**kind)] = columns(rows, "test", "silent", "dead", "bumped")
    save(given, stored(found))


if __name__ == "__main__":
    main()
