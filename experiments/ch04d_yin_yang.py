"""Single-spike networks of three cells on Yin-Yang: accuracy and dead neurons (chapter 4d).

python experiments/ch04d_yin_yang.py [--seeds 5]
"""

from functools import partial

from _single_spikes import SETTINGS, load, share_right, single_spike, stored
from _sweep import columns, options, run_cases, save, select

from snnbook import data


def run(epochs: int, name: str, seed: int) -> dict:
    """Return test accuracy, also on points of no published set, dead neurons and seconds."""
    *_, values, labels = load()
    network, history = single_spike(name, seed, epochs)
    return {
        "test": share_right(network, values, labels),
        "fresh": share_right(network, *data.yin_yang(10_000, seed=43)),
        "training": history.accuracy,
        "dead": history.dead[-1],
        "seconds": sum(history.seconds),
    }


def main() -> None:
    given = options(__doc__, seeds=5, epochs=24)
    cases = [{"name": name, "seed": seed} for name in SETTINGS for seed in given.seeds]
    rows = run_cases(given, cases, partial(run, given.epochs))
    keys = ("test", "fresh", "training", "dead", "seconds")
    found = {name: columns(select(rows, name=name), *keys) for name in SETTINGS}
    save(given, stored(found))


if __name__ == "__main__":
    main()
