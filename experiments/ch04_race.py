"""Hill climbing against an evolution strategy, each with its best settings (chapter 4).

    python experiments/ch04_race.py [--budget 2000]

The task is that of the chapter: a network 64-32-10 lowers its loss on 200 digits, and each forward
pass counts. Each search tries ten settings on the same seeds; the one with the lowest mean loss
races on other seeds. Both take steps in units of the initial standard deviation of each matrix.
"""

import statistics
from functools import partial

from _sweep import few, options, pick, run_cases, save, seeded

from snnbook import data, gradients, training
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.surrogates import fast_sigmoid

STEPS, DT, IMAGES, PAIRS = 30, 1e-3, 200, 20
CHOICE, RACE = (10, 11), (0, 1, 2, 3, 4)  # seeds
CLIMBER = tuple({"sigma": s} for s in (0.01, 0.02, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0))
STRATEGY = tuple({"sigma": s, "lr": lr} for s in (0.1, 0.2) for lr in (0.1, 0.2, 0.4, 1.0, 2.0))
GRIDS = {"climber": CLIMBER, "strategy": STRATEGY}


def task():
    """Return the spikes (T, B, 64) and the labels (B,) that all networks learn."""
    split = data.digits()
    pixels, labels = split.train_inputs[:IMAGES], split.train_labels[:IMAGES]
    return data.latency_code(pixels, steps=STEPS, dt=DT, tau=15e-3, threshold=0.2), labels


def start(seed: int, spikes, labels):
    """Return the loss of a fresh network as a function of its weights, and the weights (d,)."""
    network = SpikingNetwork(
        (64, 32, 10),
        LIFNeuron(tau_mem=20e-3, tau_syn=10e-3, dt=DT, surrogate=fast_sigmoid(width=0.4)),
        input_rate=float(spikes.mean() / DT),
        generator=seeded(seed),
        std=1.0,
    )

    def evaluate():
        readout = network(spikes, record=False).readout
        return training.mean_over_time(readout, labels)

    return gradients.vector_loss(network, evaluate)


def run(task, budget: int, method: str, setting: dict, seed: int) -> dict:
    """Return the loss that one search ends with."""
    loss, weights = start(seed, *task)
    given = {"budget": budget, "generator": seeded(seed + 100)} | setting
    if method == "climber":
        found = gradients.hill_climb(loss, weights, **given)
    else:
        found = gradients.evolution_strategy(loss, weights, pairs=PAIRS, **given)
    return {"loss": found.losses[-1]}


def main() -> None:
    given = options(__doc__, seeds=CHOICE + RACE, budget=2000)
    budget = max(given.budget, 2 * PAIRS + 1)
    one = partial(run, task(), budget)
    result = {"budget": budget, "pairs": PAIRS, "choice": few(given, CHOICE), "race": RACE}
    for method in GRIDS:
        grid = few(given, GRIDS[method])
        cases = [
            {"method": method, "setting": setting, "seed": seed}
            for setting in grid
            for seed in result["choice"]
        ]
        rows = run_cases(given, cases, one)
        tried = [pick(rows, "loss", method=method, setting=setting) for setting in grid]
        best = min(range(len(grid)), key=lambda k: statistics.mean(tried[k]))
        cases = [{"method": method, "setting": grid[best], "seed": seed} for seed in RACE]
        losses = pick(run_cases(given, cases, one), "loss")
        result[method] = {"grid": grid, "tried": tried, "best": grid[best], "losses": losses}
    save(given, result)


if __name__ == "__main__":
    main()
