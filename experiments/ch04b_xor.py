"""Temporal XOR with random hidden neurons: who learns, over the noise and the number of runs.

    python experiments/ch04b_xor.py        twenty minutes on one core

The readout is trained by its exact gradient under every rule. Every rule has a search of its own
for every noise and every number of runs: learning rates over two decades and beyond, judged by the
accuracy in the last twenty updates of ten networks that no result has. Then twenty others are
trained with what was chosen. There are four patterns, and what is new in each update is the noise.
"""

import time
from functools import partial

from _protocol import SEARCH_SEEDS, compare
from _sweep import few, options, pick, save, seeded

from snnbook import smoothed

NETWORKS, TRIED, SAMPLES, NOISE = 20, 10, 8, 0.5
RATES = (3e-3, 1e-2, 3e-2, 1e-1, 3e-1)
NOISES = (0.1, 0.2, 0.5, 1.0)
RUNS = (2, 4, 8, 16, 32)
RULES = ("score", "baseline", "escape", "identity", "expected", "readout")
LAST = 20


def train(
    updates: int, rule: str, noise: float, samples: int, seed: int, judged: bool, lr: float
) -> dict:
    """Return the accuracy of each network, a mean over its last updates."""
    start, generator = time.perf_counter(), seeded(seed)
    neuron = smoothed.NoisyNeuron(escape=smoothed.SigmoidEscape(noise), generator=generator)
    history = smoothed.learn_xor(
        rule,
        neuron,
        networks=NETWORKS if judged else TRIED,
        samples=samples,
        updates=updates,
        lr=lr,
    )
    found = history.accuracy[-LAST:].mean(0)
    return {
        "validation": float(found.mean()),
        "accuracy": [round(value, 4) for value in found.tolist()],
        "seconds": round(time.perf_counter() - start, 1),
    }


def main() -> None:
    given = options(__doc__, seeds=(0,), updates=200)
    rules = few(given, RULES)
    by_noise = [{"rule": r, "noise": x, "samples": SAMPLES} for r in rules for x in NOISES]
    by_runs = [{"rule": r, "noise": NOISE, "samples": k} for r in rules[:3] for k in RUNS]
    arms = by_noise + [one for one in by_runs if one not in by_noise]
    found = compare(given, arms, {"lr": RATES}, partial(train, given.updates), SEARCH_SEEDS[:1])
    for name, cases in (("by_noise", by_noise), ("by_runs", by_runs)):
        found[name] = {
            rule: [
                pick(found["runs"], "accuracy", **case)[0] for case in cases if case["rule"] == rule
            ]
            for rule in dict.fromkeys(case["rule"] for case in cases)
        }
    settings = {"networks": NETWORKS, "updates": given.updates, "neurons": 20}
    save(given, {"noises": NOISES, "runs_per_update": RUNS} | settings | found)


if __name__ == "__main__":
    main()
