"""A fair comparison: every arm has a search of its own, on validation data, stored with it all.

    arms = [{"arm": "bptt", "depth": 2}, {"arm": "frozen", "depth": 2}]
    found = compare(given, arms, {"lr": rates(1e-4, 1e-2)}, train)
    save(given, found)

``train(arm=..., depth=..., lr=..., seed=..., judged=...)`` trains once on the training part, looks
at the validation part after every epoch, and returns what :func:`until_flat` does. The search tries
each setting of the grid with seeds that no result has, and with ``judged=False``: then the test set
is not looked at. It takes the best validation accuracy; a learning rate at an end of its grid is
followed beyond that end. Then the chosen setting of each arm is trained with every seed and judged.

Rows are written as they come (see ``_sweep.py``); ``--plan`` prints what would run, and stops.
"""

import copy
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import torch
from _sweep import best, pick, run_cases, select
from sklearn.linear_model import LogisticRegression

from snnbook import training
from snnbook.neurons import SpikingNetwork, run

#: Seeds of the search. The results have seeds from 0 on.
SEARCH_SEEDS = (1000, 1001)
#: How often a grid may grow beyond an end where the best setting lies.
EXTENSIONS = 3
#: How weakly the weights of a solved readout may be held back; validation data choose.
STRENGTHS = (1.0, 1e1, 1e2, 1e3, 1e4)


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
    search_seeds: Sequence[int] = SEARCH_SEEDS,
) -> dict:
    """Search, choose and repeat; return the runs, the choices, the search and the budget.

    ``grid`` is one for all arms, or a function that returns the grid of an arm; an arm with an
    empty grid has nothing to choose.
    """
    grids = [dict(grid(arm) if callable(grid) else grid) for arm in arms]
    if set(search_seeds) & set(given.seeds):
        raise ValueError(f"search_seeds {search_seeds} are also seeds of the results")
    if given.plan:
        print(plan(arms, grids, given.seeds, search_seeds))
        raise SystemExit
    found = [search(given, arm, axes, train, search_seeds) for arm, axes in zip(arms, grids)]
    chosen = [arm | choice for arm, (choice, _) in zip(arms, found)]
    cases = [one | {"seed": seed} for seed in given.seeds for one in chosen]
    runs = run_cases(given, cases, partial(train, judged=True))
    return {
        "runs": runs,
        "choices": chosen,
        "search": [_short(row) for _, rows in found for row in rows],
        "search_seeds": list(search_seeds),
        "budget": [
            arm | _budget(choice, rows, select(runs, **arm))
            for arm, (choice, rows) in zip(arms, found)
        ],
    }


def search(
    given, arm: dict, grid: dict, train: Callable[..., dict], seeds: Sequence[int] = SEARCH_SEEDS
) -> tuple[dict, list[dict]]:
    """Return the setting with the best mean validation accuracy, and the rows of all."""
    if not grid:
        return {}, []
    grid = {name: tuple(axis)[: 2 if given.quick else None] for name, axis in grid.items()}
    for step in range(1 + EXTENSIONS):
        settings = [dict(zip(grid, values)) for values in itertools.product(*grid.values())]
        cases = [arm | one | {"seed": seed} for one in settings for seed in seeds]
        rows = run_cases(given, cases, partial(train, judged=False))
        means = [
            one | {"validation": float(np.mean(pick(rows, "validation", **one)))}
            for one in settings
        ]
        choice = {name: best(means, "validation")[name] for name in grid}
        more = {name: beyond(axis, choice[name]) for name, axis in grid.items() if _grows(axis)}
        more = {name: value for name, value in more.items() if value is not None}
        if not more or given.quick or step == EXTENSIONS:
            break
        grid = {name: (*axis, more[name]) if name in more else axis for name, axis in grid.items()}
    return choice, rows


def _budget(choice: dict, tried: list[dict], runs: list[dict]) -> dict:
    """Return what an arm was given: settings, networks of search and result, and seconds."""
    return {
        "settings": len({tuple(row[name] for name in choice) for row in tried}),
        "networks": len(tried) + len(runs),
        "seconds": round(sum(row["seconds"] for row in tried + runs), 1),
    }


def _grows(axis: Sequence) -> bool:
    """Return whether a grid is one of positive numbers, which goes on beyond its ends."""
    return all(isinstance(value, float) and value > 0 for value in axis)


def _short(row: dict) -> dict:
    """Return a row of the search without its curves."""
    return {name: value for name, value in row.items() if not isinstance(value, list)}


def plan(
    arms: Sequence[dict],
    grids: Sequence[dict],
    seeds: Sequence[int],
    search_seeds: Sequence[int] = SEARCH_SEEDS,
) -> str:
    """Return how many networks would be trained, and for which arm."""
    lines, total = [], 0
    for arm, grid in zip(arms, grids):
        tries = math.prod(len(axis) for axis in grid.values()) if grid else 0
        count = tries * len(search_seeds) + len(seeds)
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
    measure: Callable | None = None,
    **options,
) -> dict:
    """Train until the validation accuracy does not rise for ``patience`` epochs; return to its top.

    ``split`` has two pairs (spikes, labels), for training and validation, and a third one for the
    test if the network is to be judged. ``measure(network)`` is called before training and after
    every epoch. ``options`` go to ``training.fit``.
    Returns the accuracies on them at the best epoch, the validation curve, what was measured, and
    the seconds.
    """
    (spikes, labels), validation = split[:2]
    top = {"value": -1.0, "epoch": 0, "state": None}
    measured = [measure(network)] if measure else []

    def watch(epoch, model, history) -> bool:
        if measure:
            measured.append(measure(model))
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
    found = _tested(network, split) | {
        "validation": top["value"],
        "train": history.accuracy[top["epoch"] - 1],
        "epoch": top["epoch"],
        "curve": [round(value, 4) for value in history.validation_accuracy],
        "seconds": round(sum(history.seconds), 1),
    }
    return found | {"measured": measured} if measure else found


def _tested(network, split, **options) -> dict:
    """Return the accuracy on the third part of the split, and nothing if there is none."""
    if len(split) < 3:
        return {}
    return {"test": training.accuracy(network, *split[2], **options).value}


# A readout alone is a convex problem -------------------------------------------------------------


def solve_readout(network: SpikingNetwork, split, strengths: Sequence[float] | None = None) -> dict:
    """Solve the readout for the mean over time to its optimum, and put its weights in place.

    The decision is linear in the mean of the filtered spikes of the last hidden layer (or of the
    input), so this is a logistic regression without intercept; its one number, how much the weights
    may grow, is chosen on the validation part. Returns what :func:`until_flat` does.
    """
    train, validation = split[:2]
    features, unseen = (_mean_trace(network, spikes) for spikes, _ in (train, validation))
    scale = features.std() or 1.0
    found = []
    for strength in strengths or STRENGTHS:
        solver = LogisticRegression(
            C=strength, fit_intercept=False, solver="newton-cholesky", max_iter=200, tol=1e-6
        )
        solver.fit(features / scale, train[1].numpy())
        found.append((solver.score(unseen / scale, validation[1].numpy()), -strength, solver))
    value, strength, solver = max(found, key=lambda one: one[:2])
    weight = torch.from_numpy(solver.coef_ / scale)
    if len(weight) == 1:  # two classes: the solver gives the difference of their scores
        weight = torch.cat([-weight / 2, weight / 2])
    with torch.no_grad():
        network.readout.weight.copy_(weight)
    by_sum = {"decide": training.decide_by_sum}
    return _tested(network, split, **by_sum) | {
        "validation": value,
        "train": training.accuracy(network, *train, **by_sum).value,
        "strength": -strength,
    }


@torch.no_grad()
def _mean_trace(network: SpikingNetwork, spikes: torch.Tensor) -> np.ndarray:
    """Return what the readout's mean over time is linear in: the mean of the filtered spikes."""
    for layer in network.hidden:
        spikes = layer(spikes, record=False).spikes
    return run(network.readout.neuron, spikes.double()).mem.mean(0).numpy()
