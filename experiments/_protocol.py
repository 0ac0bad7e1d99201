"""A fair comparison: every arm has the same search, chosen on validation data, stored with it all.

    arms = [{"arm": "bptt", "depth": 2}, {"arm": "frozen", "depth": 2}]
    found = compare(given, arms, {"lr": rates(1e-4, 1e-2)}, train)
    save(given, found)

``train(arm=..., depth=..., lr=..., seed=...)`` trains once on the training part, looks at the
validation part after every epoch, and returns what :func:`until_flat` does. The search tries each
setting of the grid with seeds that no result has, and takes the best validation accuracy; a
learning rate at an end of its grid is followed beyond that end. Then the chosen setting of each
arm is trained with every seed and judged on the test set, which nothing has seen before.

Rows are written as they come (see ``_sweep.py``); ``--plan`` prints what would run, and stops.
"""

import copy
import itertools
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from _sweep import best, run_cases, select

from snnbook import training
from snnbook.neurons import SpikingNetwork

#: Seeds of the search. The results have seeds from 0 on.
SEARCH_SEEDS = (1000, 1001)
#: How often a grid may grow beyond an end where the best setting lies.
EXTENSIONS = 3


def rates(low: float, high: float) -> tuple[float, ...]:
    """Return learning rates from low to high, 1, 2 and 5 of every decade or near to it.

    >>> rates(1e-3, 1e-2)
    (0.001, 0.002, 0.005, 0.01)
    """
    steps = (m * 10.0**e for e in range(-6, 3) for m in (1, 2, 5))
    return tuple(float(f"{r:.1g}") for r in steps if low * 0.99 <= r <= high * 1.01)


def beyond(axis: Sequence[float], value: float) -> float | None:
    """Return the next number beyond an end of a grid where ``value`` lies, or None inside.

    >>> beyond((0.01, 0.02, 0.05), 0.05), beyond((0.01, 0.02, 0.05), 0.02)
    (0.1, None)
    """
    axis = sorted(axis)
    if len(axis) < 2 or axis[0] < value < axis[-1]:
        return None
    wider = rates(value / 3, value * 3)
    others = [r for r in wider if (r > value if value == axis[-1] else r < value)]
    return min(others, key=lambda r: abs(math.log(r / value)), default=None)


def compare(
    given,
    arms: Sequence[dict],
    grid: Mapping[str, Sequence] | Callable[[dict], Mapping[str, Sequence]],
    train: Callable[..., dict],
) -> dict:
    """Search, choose and repeat; return the runs, the choices, the grids and the budget.

    ``grid`` is one for all arms, or a function that returns the grid of an arm; an arm with an
    empty grid has nothing to choose.
    """
    grids = [dict(grid(arm) if callable(grid) else grid) for arm in arms]
    if given.plan:
        raise SystemExit(plan(arms, grids, given.seeds))
    found = [search(given, arm, grid, train) for arm, grid in zip(arms, grids)]
    chosen = [arm | choice for arm, (choice, _) in zip(arms, found)]
    cases = [one | {"seed": seed} for seed in given.seeds for one in chosen]
    runs = run_cases(given, cases, train)
    tried = [row for _, rows in found for row in rows]
    return {
        "runs": runs,
        "choices": chosen,
        "search": [_short(row) for row in tried],
        "budget": {
            "settings": [len({str(_setting(row, grid)) for row in rows})
                         for (_, rows), grid in zip(found, grids)],
            "search_seeds": SEARCH_SEEDS,
            "seconds": round(sum(row["seconds"] for row in tried + runs)),
        },
    }


def search(given, arm: dict, grid: dict, train: Callable[..., dict]) -> tuple[dict, list[dict]]:
    """Return the setting with the best mean validation accuracy, and the rows of all."""
    if not grid:
        return {}, []
    grid = {name: tuple(axis)[: 2 if given.quick else None] for name, axis in grid.items()}
    for _ in range(1 if given.quick else 1 + EXTENSIONS):
        settings = [dict(zip(grid, values)) for values in itertools.product(*grid.values())]
        cases = [arm | one | {"seed": seed} for one in settings for seed in SEARCH_SEEDS]
        rows = run_cases(given, cases, train)
        means = [
            one | {"validation": np.mean([r["validation"] for r in select(rows, **one)])}
            for one in settings
        ]
        choice = {name: best(means, "validation")[name] for name in grid}
        more = {name: beyond(axis, choice[name]) for name, axis in grid.items() if _grows(axis)}
        more = {name: value for name, value in more.items() if value is not None}
        if not more:
            break
        grid = {name: (*axis, more[name]) if name in more else axis for name, axis in grid.items()}
    return choice, rows


def _grows(axis: Sequence) -> bool:
    """Return whether a grid is one of positive numbers, which goes on beyond its ends."""
    return all(isinstance(value, float) and value > 0 for value in axis)


def _setting(row: dict, grid: dict) -> dict:
    return {name: row[name] for name in grid}


def _short(row: dict) -> dict:
    """Return a row of the search without its curves."""
    return {name: value for name, value in row.items() if not isinstance(value, list)}


def plan(arms: Sequence[dict], grids: Sequence[dict], seeds: Sequence[int]) -> str:
    """Return how many networks would be trained, and for which arm."""
    lines, total = [], 0
    for arm, grid in zip(arms, grids):
        tries = math.prod(len(axis) for axis in grid.values()) if grid else 0
        count = tries * len(SEARCH_SEEDS) + len(seeds)
        total += count
        lines.append(f"{arm}: {tries} settings, {count} networks")
    return "\n".join([*lines, f"{total} networks in all, and more where a grid grows"])


# Training until the validation curve is flat -----------------------------------------------------


def until_flat(
    network,
    split,
    *,
    lr: float,
    generator: torch.Generator,
    epochs: int,
    patience: int,
    batch_size: int = 50,
    **options,
) -> dict:
    """Train until the validation accuracy has not risen for ``patience`` epochs; go back to its top.

    ``split`` is a pair (training, validation) of pairs (spikes, labels), and a third pair that is
    judged at the end and never looked at before. ``options`` go to ``training.fit``.
    Returns the accuracies on all three at the best epoch, the curves, and the seconds.
    """
    (spikes, labels), validation, test = split
    top = {"value": -1.0, "epoch": 0, "state": None}

    def watch(epoch, model, history) -> bool:
        if history.validation_accuracy[-1] > top["value"]:
            state = copy.deepcopy(model.state_dict())
            top.update(value=history.validation_accuracy[-1], epoch=epoch, state=state)
        return epoch - top["epoch"] >= patience

    history = training.fit(
        network,
        spikes,
        labels,
        epochs=epochs,
        batch_size=batch_size,
        generator=generator,
        lr=lr,
        validation=validation,
        on_epoch=watch,
        progress=False,
        **options,
    )
    network.load_state_dict(top["state"])
    return {
        "validation": top["value"],
        "test": training.accuracy(network, *test).value,
        "train": history.accuracy[top["epoch"] - 1],
        "epoch": top["epoch"],
        "curve": [round(value, 4) for value in history.validation_accuracy],
        "seconds": round(sum(history.seconds), 1),
    }


# A readout alone is a convex problem -------------------------------------------------------------


def solve_readout(network: SpikingNetwork, split) -> dict:
    """Solve the readout for the mean over time to its optimum, and put its weights in place.

    The decision is linear in the mean of the filtered spikes of the last hidden layer (or of the
    input), so this is a logistic regression without intercept; its one number, how much the weights
    may grow, is chosen on the validation part. Returns what :func:`until_flat` does.
    """
    from sklearn.linear_model import LogisticRegression

    train, validation, test = split
    features = [_mean_trace(network, spikes) for spikes, _ in split]
    scale = features[0].std()
    found = []
    for strength in (1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6):
        solver = LogisticRegression(C=strength, fit_intercept=False, max_iter=20_000, tol=1e-6)
        solver.fit(features[0] / scale, train[1].numpy())
        found.append((solver.score(features[1] / scale, validation[1].numpy()), -strength, solver))
    value, strength, solver = max(found, key=lambda one: one[:2])
    weight = torch.from_numpy(solver.coef_ / scale)
    if len(weight) == 1:  # two classes: the solver gives the difference of their scores
        weight = torch.cat([-weight / 2, weight / 2])
    with torch.no_grad():
        network.readout.weight.copy_(weight)
    return {
        "validation": value,
        "test": training.accuracy(network, *test, decide=training.decide_by_sum).value,
        "train": training.accuracy(network, *train, decide=training.decide_by_sum).value,
        "strength": -strength,
    }


@torch.no_grad()
def _mean_trace(network: SpikingNetwork, spikes: torch.Tensor) -> np.ndarray:
    """Return what the readout's mean over time is linear in: the mean of the filtered spikes."""
    from snnbook.neurons import LeakyNeuron, run

    for layer in network.hidden:
        spikes = layer(spikes, record=False).spikes
    neuron: LeakyNeuron = network.readout.neuron
    return run(neuron, spikes.double()).mem.mean(0).numpy()


def solved(values: Sequence[float], at_least: float) -> dict:
    """Return how many of the runs reached a score, for results that are all or nothing."""
    count = sum(value >= at_least for value in values)
    low, high = training.wilson_interval(count, len(values))
    return {"solved": count, "runs": len(values), "low": low, "high": high}
