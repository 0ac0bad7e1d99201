"""Every rule of the book against the exact surrogate gradient, over depth, time and training.

    python experiments/ch06e_laboratory.py [--seeds 5]

Recurrent networks of 64 neurons a layer see 16 samples of a Randman task (5 classes, 20 units,
float32), whose units fire at 20 Hz or once. Each network is measured with its initial weights,
and after 60 steps of Adam with the exact surrogate gradient. The loss is the cross entropy of
the readout, mean over steps and samples; the gradient flows through the reset.
"""

import math
from functools import partial

import torch
from _sweep import few, options, run_cases, save, seeded, select

from snnbook import data, training
from snnbook.gradients import compare
from snnbook.laboratory import (
    RULES,
    agreement_behind_noise,
    compare_rules,
    score_function,
    smoothed_differences,
)
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.training import step_cross_entropy

HIDDEN, CLASSES, UNITS, BATCH, RATE = 64, 5, 20, 16, 50.0
DEPTHS, TIMES = (1, 2, 3, 4, 5), (10, 30, 100, 300, 1000)
RECURRENT_RATES = (500.0, 200.0, 50.0, 20.0, 10.0, 5.0)
SOME = ("detached_reset", "truncated_20", "no_recurrence", "feedback_alignment", "e_prop")


def task(steps: int, seed: int):
    """Return spikes, labels, and the mean rate of an input in Hz."""
    count = max(1, steps // 50)
    shape = {"classes": CLASSES, "units": UNITS, "samples_per_class": 40, "steps": steps}
    spikes, labels = data.randman(**shape, spikes_per_unit=count, generator=seeded(seed))
    return spikes, labels, 1000 * count / steps


def build(depth: int, input_rate: float, seed: int, recurrent_rate: float = RATE):
    return SpikingNetwork(
        (UNITS, *[HIDDEN] * depth, CLASSES),
        LIFNeuron(reset_gradient=True),
        recurrent=True,
        input_rate=min(input_rate, 100.0),
        hidden_rate=RATE,
        recurrent_rate=recurrent_rate,
        generator=seeded(100 + seed),
        std=1.0,
    )


def train(network, spikes, labels, seed: int, epochs: int) -> None:
    settings = {"epochs": epochs, "batch_size": 50, "lr": 2e-3, "progress": False}
    loss = training.step_loss(step_cross_entropy)
    training.fit(network, spikes, labels, loss=loss, generator=seeded(200 + seed), **settings)


def rounded(row) -> dict:
    """Return a row of the laboratory as it is stored; a cosine that is unknown is None."""
    return {
        "rule": row.rule,
        "parameter": row.parameter,
        "cosine": None if math.isnan(row.cosine) else round(row.cosine, 4),
        "norm_ratio": float(f"{row.norm_ratio:.4g}"),
    }


def measured(network, spikes, labels, seed: int, rules) -> dict:
    """Return the laboratory's rows of one network, its accuracy and the rates of its layers."""
    batch, error = spikes[:, :BATCH], step_cross_entropy(labels[:BATCH], len(spikes))
    with torch.no_grad():
        out = network(spikes)
    compared = compare_rules(network, batch, error, rules=rules, seed=seed)
    return {
        "rows": [rounded(row) for row in compared],
        "accuracy": training.accuracy(network, spikes, labels, decide=training.decide_by_max).value,
        "rates": [1000 * layer.spikes.mean().item() for layer in out.hidden],
    }


def gather(runs: list[dict]) -> dict:
    """Join the seeds: for each rule and parameter a list of cosines and of norm ratios."""
    found = {}
    for run in runs:
        for row in run["rows"]:
            rule = RULES[row["rule"]]
            if row["parameter"] == "readout.weight" and rule.exact_readout and not rule.exact:
                continue  # exact as that of BPTT; see the tests
            cell = found.setdefault(row["rule"], {}).setdefault(row["parameter"], ([], []))
            cell[0].append(row["cosine"])
            cell[1].append(row["norm_ratio"])
    rows = {
        rule: {name: {"cosine": c, "norm_ratio": r} for name, (c, r) in cells.items()}
        for rule, cells in found.items()
    }
    return {
        "rows": rows,
        "accuracy": [round(run["accuracy"], 4) for run in runs],
        "rates_hz": [[round(rate, 2) for rate in run["rates"]] for run in runs],
    }


def point(epochs: int, depth: int, steps: int, seed: int) -> dict:
    """Measure a network of one depth on one duration, before and after training."""
    spikes, labels, rate = task(steps, seed)
    network = build(depth, rate, seed)
    before = measured(network, spikes, labels, seed, RULES)
    train(network, spikes, labels, seed, epochs)
    return {"before": before, "after": measured(network, spikes, labels, seed, RULES)}


def points(given, cases: list[dict]) -> list[dict]:
    """Run :func:`point` for every seed, and gather the seeds."""
    found = []
    for setting in cases:
        seeds = [setting | {"seed": seed} for seed in given.seeds]
        rows = run_cases(given, seeds, partial(point, given.epochs))
        for trained, when in enumerate(("before", "after")):
            found.append(setting | {"trained": trained} | gather([row[when] for row in rows]))
    return found


def recurrence(recurrent_rate: float, seed: int) -> dict:
    """Measure an untrained network whose recurrent weights were drawn for that rate."""
    spikes, labels, rate = task(100, seed)
    network = build(1, rate, seed, recurrent_rate)
    found = measured(network, spikes, labels, seed, {k: RULES[k] for k in SOME})
    return found | {"weight_std": network.hidden[0].recurrent_weight.std().item()}


#: Estimates from losses alone: their function, the name of their noise, samples of a part, parts.
ESTIMATES = {
    "score_function": (score_function, "width", 64, 4),
    "smoothed_differences": (smoothed_differences, "size", 256, 4),
}
NOISES = [("score_function", w) for w in (0.1, 0.5)]
NOISES += [("smoothed_differences", s) for s in (0.05, 0.2)]


def estimate(rule: str, amount: float, seed: int) -> dict:
    """Measure an estimate from losses alone on an untrained network, depth 1, T = 100."""
    function, noise, samples, parts = ESTIMATES[rule]
    spikes, labels, rate = task(100, seed)
    network, batch = build(1, rate, seed), spikes[:, :BATCH]
    error = step_cross_entropy(labels[:BATCH], 100)
    exact = RULES["bptt"](network, batch, error)
    once = partial(function, generator=seeded(300 + seed), samples=samples, **{noise: amount})
    drawn = [once(network, batch, error) for _ in range(parts)]
    halves = [average(drawn[: parts // 2]), average(drawn[parts // 2 :])]
    raw = {k: compare(exact, average(drawn[:k])) for k in (1, parts)}
    rows = []
    for row in agreement_behind_noise(exact, halves):
        known = not math.isnan(row.cosine)
        rows.append(
            {
                "seed": seed,
                "parameter": row.parameter,
                "cosine": [raw[k][row.parameter].cosine for k in (1, parts)],
                "norm_ratio": [raw[k][row.parameter].norm_ratio for k in (1, parts)],
                "behind_noise": [row.cosine, row.norm_ratio] if known else None,
            }
        )
    return {"rows": rows}


def average(gradients: list[dict]) -> dict:
    return {name: sum(one[name] for one in gradients) / len(gradients) for name in gradients[0]}


def main() -> None:
    given = options(__doc__, seeds=5, epochs=15)
    cases = [{"depth": depth, "steps": 100} for depth in few(given, DEPTHS)]
    cases += [{"depth": 1, "steps": steps} for steps in few(given, TIMES) if steps != 100]
    measured_points = points(given, cases)
    cases = [{"recurrent_rate": r, "seed": s} for r in RECURRENT_RATES for s in given.seeds]
    rows, recurrent = run_cases(given, cases, recurrence), []
    for rate in RECURRENT_RATES:
        runs = select(rows, recurrent_rate=rate)
        head = {"recurrent_rate": rate, "weight_std": runs[-1]["weight_std"]}
        recurrent.append(head | gather(runs))
    cases = [{"rule": r, "amount": a, "seed": s} for r, a in NOISES for s in given.seeds]
    rows, estimates = run_cases(given, cases, estimate), []
    for rule, amount in NOISES:
        _, noise, samples, parts = ESTIMATES[rule]
        kind = {"rule": rule, "noise": noise, "amount": amount}
        found = [row for run in select(rows, rule=rule, amount=amount) for row in run["rows"]]
        estimates.append(kind | {"samples": [samples, samples * parts], "rows": found})
    found = {
        "hidden": HIDDEN,
        "batch": BATCH,
        "labels": {name: rule.label for name, rule in RULES.items()},
        "points": measured_points,
        "recurrence": recurrent,
        "estimates": estimates,
    }
    save(given, found)


if __name__ == "__main__":
    main()
