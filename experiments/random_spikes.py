"""Temporal XOR with random hidden neurons: who learns, over the noise and the number of runs.

    python experiments/random_spikes.py

A few minutes on one core. The result is ``snnbook/results/ch04b_xor.json``; chapter 4b reads it.
"""

import torch

from snnbook import results, smoothed

SEED, NETWORKS, UPDATES, LR = 0, 20, 200, 0.03
NOISES = (0.1, 0.2, 0.5, 1.0)
RUNS = (2, 4, 8, 16, 32)
RULES = ("score", "baseline", "escape", "identity", "expected", "readout")
LAST = 20


def accuracies(rule: str, noise: float, samples: int) -> list[float]:
    """Return the accuracy of each network, a mean over its last updates."""
    history = smoothed.learn_xor(
        rule,
        networks=NETWORKS,
        samples=samples,
        updates=UPDATES,
        lr=LR,
        escape=smoothed.SigmoidEscape(noise),
        generator=torch.Generator().manual_seed(SEED),
    )
    found = history.accuracy[-LAST:].mean(0)
    print(f"{rule:9s} noise {noise:4.1f}, {samples:3d} runs: {found.mean():.3f}", flush=True)
    return [round(value, 4) for value in found.tolist()]


def main() -> None:
    """Run both sweeps and store them."""
    torch.set_num_threads(1)
    data = {
        "noises": NOISES,
        "runs": RUNS,
        "networks": NETWORKS,
        "updates": UPDATES,
        "neurons": 20,
        "by_noise": {rule: [accuracies(rule, noise, 8) for noise in NOISES] for rule in RULES},
        "by_runs": {
            rule: [accuracies(rule, 0.5, runs) for runs in RUNS]
            for rule in ("score", "baseline", "escape")
        },
    }
    command = "python experiments/random_spikes.py"
    print(results.save("ch04b_xor", data, command=command, seeds=[SEED]))


if __name__ == "__main__":
    main()
