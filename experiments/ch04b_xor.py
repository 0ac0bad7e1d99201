"""Temporal XOR with random hidden neurons: who learns, over the noise and the number of runs.

python experiments/ch04b_xor.py        a few minutes on one core
"""

from functools import partial

from _sweep import options, pick, run_cases, save, seeded

from snnbook import smoothed

NETWORKS, LR = 20, 0.03
NOISES = (0.1, 0.2, 0.5, 1.0)
RUNS = (2, 4, 8, 16, 32)
RULES = ("score", "baseline", "escape", "identity", "expected", "readout")
LAST = 20


def run(updates: int, rule: str, noise: float, samples: int) -> dict:
    """Return the accuracy of each network, a mean over its last updates."""
    neuron = smoothed.NoisyNeuron(escape=smoothed.SigmoidEscape(noise), generator=seeded(0))
    history = smoothed.learn_xor(
        rule, neuron, networks=NETWORKS, samples=samples, updates=updates, lr=LR
    )
    found = history.accuracy[-LAST:].mean(0)
    return {"mean": found.mean(), "accuracy": [round(value, 4) for value in found.tolist()]}


def main() -> None:
    given = options(__doc__, seeds=(0,), updates=200)
    by_noise = [{"rule": rule, "noise": noise, "samples": 8} for rule in RULES for noise in NOISES]
    by_runs = [{"rule": rule, "noise": 0.5, "samples": k} for rule in RULES[:3] for k in RUNS]
    once, found = partial(run, given.updates), {}
    for name, cases in (("by_noise", by_noise), ("by_runs", by_runs)):
        rows = run_cases(given, cases, once)
        rules = dict.fromkeys(case["rule"] for case in cases)
        found[name] = {rule: pick(rows, "accuracy", rule=rule) for rule in rules}
    settings = {"networks": NETWORKS, "updates": given.updates, "neurons": 20}
    save(given, {"noises": NOISES, "runs": RUNS} | settings | found)


if __name__ == "__main__":
    main()
