"""How many forward passes a search without a gradient needs (chapter 4).

    python experiments/ch04_search.py [--seeds 5]

Networks 64-N-10 learn 200 digits in a latency code until their loss is below a goal, once with
surrogate gradients and once with an evolution strategy. Both use Adam with the best of a few
learning rates. The strategy perturbs each weight in units of its initial standard deviation.
"""

from functools import partial

import torch
from _sweep import few, options, pick, run_cases, save, seeded

from snnbook import data, training
from snnbook.gradients import evolution_strategy, vector_loss
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.surrogates import fast_sigmoid

STEPS, DT, IMAGES = 30, 1e-3, 200
SIZES, GOAL, BUDGET, MOST_STEPS = (8, 32, 128), 0.5, 12_000, 500
GRADIENT_RATES, SEARCH_RATES = (5e-3, 2e-2, 5e-2), (0.2, 0.4)


def task() -> tuple[torch.Tensor, torch.Tensor]:
    """Return the spikes (T, B, 64) and the labels (B,) that all networks learn."""
    split = data.digits()
    pixels, labels = split.train_inputs[:IMAGES], split.train_labels[:IMAGES]
    return data.latency_code(pixels, steps=STEPS, dt=DT, tau=15e-3, threshold=0.2), labels


def start(size: int, seed: int, spikes, labels):
    """Return a network 64-size-10, its loss as a closure, and the generator that drew it."""
    generator = seeded(seed)
    network = SpikingNetwork(
        (64, size, 10),
        LIFNeuron(tau_mem=20e-3, tau_syn=10e-3, dt=DT, surrogate=fast_sigmoid(width=0.4)),
        input_rate=float(spikes.mean() / DT),
        generator=generator,
        std=1.0,
    )

    def loss():
        readout = network(spikes, record=False).readout
        return training.sum_over_time(readout, labels, scale=1 / STEPS)

    return network, loss, generator


def by_gradient(size: int, seed: int, lr: float, task, budget: int) -> int | None:
    """Return after how many steps against the surrogate gradient the loss is below the goal."""
    network, loss, _ = start(size, seed, *task)
    optimizer = torch.optim.Adam(network.parameters(), lr=lr)
    for step in range(min(MOST_STEPS, budget)):
        value = loss()
        if value < GOAL:
            return step
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    return None


def by_search(size: int, seed: int, lr: float, task, budget: int) -> int | None:
    """Return after how many forward passes of a search the loss is below the goal."""
    network, loss, generator = start(size, seed, *task)
    evaluate, weights = vector_loss(network, loss)
    options = {"sigma": 0.2, "pairs": 20, "lr": lr, "budget": budget, "until": GOAL}
    found = evolution_strategy(evaluate, weights, generator=generator, **options)
    return found.passes_to(GOAL)


def run(task, budget: int, method: str, size: int, lr: float, seed: int) -> dict:
    """Return how many forward passes or steps one network needed, or None."""
    return {"count": METHODS[method][0](size, seed, lr, task, budget)}


#: Name in the result: the method, and its learning rates.
METHODS = {"gradient": (by_gradient, GRADIENT_RATES), "search": (by_search, SEARCH_RATES)}


def chosen(rows: list[dict], size: int, method: str) -> dict:
    """Return the counts of the learning rate that needs the fewest on average."""
    counts = {lr: pick(rows, "count", size=size, method=method, lr=lr) for lr in METHODS[method][1]}
    missing = 1e6
    lr = min(counts, key=lambda lr: sum(count or missing for count in counts[lr]))
    return {"lr": lr, "counts": counts[lr]}


def main() -> None:
    given = options(__doc__, seeds=5)
    sizes = few(given, SIZES)
    cases = [
        {"method": method, "size": size, "lr": lr, "seed": seed}
        for size in sizes
        for method, (_, rates) in METHODS.items()
        for lr in rates
        for seed in given.seeds
    ]
    rows = run_cases(given, cases, partial(run, task(), BUDGET if not given.quick else 100))
    table = [
        {"size": size, "weights": 74 * size} | {way: chosen(rows, size, way) for way in METHODS}
        for size in sizes
    ]
    save(given, {"goal": GOAL, "budget": BUDGET, "images": IMAGES, "rows": table})


if __name__ == "__main__":
    main()
