"""Every rule of the book against the exact surrogate gradient, over depth, time and training.

Usage: python experiments/gradient_laboratory.py [--seeds 5]
Recurrent networks of 64 neurons a layer see 16 samples of a Randman task (5 classes, 20 units,
float32), whose units fire at 20 Hz or once. Each network is measured with its initial weights,
and after 60 steps of Adam with the exact surrogate gradient. The loss is the cross entropy of
the readout, mean over steps and samples; the gradient flows through the reset.
"""

import argparse
import math
import sys

import torch

from snnbook import data, results, training
from snnbook.gradients import compare
from snnbook.laboratory import (
    RULES,
    agreement_behind_noise,
    compare_rules,
    score_function,
    smoothed_differences,
)
from snnbook.neurons import SpikingNetwork
from snnbook.training import step_cross_entropy

HIDDEN, CLASSES, UNITS, BATCH, RATE = 64, 5, 20, 16, 50.0
DEPTHS, TIMES = (1, 2, 3, 4, 5), (10, 30, 100, 300, 1000)
RECURRENT_RATES = (500.0, 200.0, 50.0, 20.0, 10.0, 5.0)
SOME = ("detached_reset", "truncated_20", "no_recurrence", "feedback_alignment", "e_prop")


def rng(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def task(steps: int, seed: int):
    """Return spikes, labels, and the mean rate of an input in Hz."""
    count = max(1, steps // 50)
    options = {"classes": CLASSES, "units": UNITS, "samples_per_class": 40, "steps": steps}
    spikes, labels = data.randman(**options, spikes_per_unit=count, generator=rng(seed))
    return spikes, labels, 1000 * count / steps


def build(depth: int, input_rate: float, seed: int, recurrent_rate: float = RATE):
    return SpikingNetwork(
        (UNITS, *[HIDDEN] * depth, CLASSES),
        recurrent=True,
        reset_gradient=True,
        input_rate=min(input_rate, 100.0),
        hidden_rate=RATE,
        recurrent_rate=recurrent_rate,
        generator=rng(100 + seed),
    )


def train(network, spikes, labels, seed: int) -> None:
    options = {"epochs": 15, "batch_size": 50, "lr": 2e-3, "progress": False}
    loss = training.step_loss(step_cross_entropy)
    training.fit(network, spikes, labels, loss=loss, generator=rng(200 + seed), **options)


def measured(network, spikes, labels, seed: int, rules) -> dict:
    """Return the laboratory's rows of one network, its accuracy and the rates of its layers."""
    batch, error = spikes[:, :BATCH], step_cross_entropy(labels[:BATCH], len(spikes))
    with torch.no_grad():
        out = network(spikes)
    return {
        "rows": compare_rules(network, batch, error, rules=rules, seed=seed),
        "accuracy": training.accuracy(network, spikes, labels).value,
        "rates": [1000 * layer.spikes.mean().item() for layer in out.hidden],
    }


def gather(runs: list[dict]) -> dict:
    """Join the seeds: for each rule and parameter a list of cosines and of norm ratios."""
    found = {}
    for run in runs:
        for row in run["rows"]:
            if row.parameter == "readout.weight" and RULES[row.rule].exact_readout:
                continue  # see the tests
            cell = found.setdefault(row.rule, {}).setdefault(row.parameter, ([], []))
            cell[0].append(None if math.isnan(row.cosine) else round(row.cosine, 4))
            cell[1].append(float(f"{row.norm_ratio:.4g}"))
    rows = {
        rule: {name: {"cosine": c, "norm_ratio": r} for name, (c, r) in cells.items()}
        for rule, cells in found.items()
    }
    return {
        "rows": rows,
        "accuracy": [round(run["accuracy"], 4) for run in runs],
        "rates_hz": [[round(rate, 2) for rate in run["rates"]] for run in runs],
    }


def point(depth: int, steps: int, seeds: range) -> list[dict]:
    """Measure networks of one depth on one duration, before and after training."""
    before, after = [], []
    for seed in seeds:
        spikes, labels, rate = task(steps, seed)
        network = build(depth, rate, seed)
        before.append(measured(network, spikes, labels, seed, RULES))
        train(network, spikes, labels, seed)
        after.append(measured(network, spikes, labels, seed, RULES))
        print(depth, steps, seed, after[-1]["accuracy"], after[-1]["rates"], flush=True)
    setting = {"depth": depth, "steps": steps}
    return [setting | {"trained": done} | gather(runs) for done, runs in ((0, before), (1, after))]


def recurrence(seeds: range) -> list[dict]:
    """Measure untrained networks whose recurrent weights were drawn larger and larger."""
    found = []
    for recurrent_rate in RECURRENT_RATES:
        runs = []
        for seed in seeds:
            spikes, labels, rate = task(100, seed)
            network = build(1, rate, seed, recurrent_rate)
            runs.append(measured(network, spikes, labels, seed, {k: RULES[k] for k in SOME}))
        std = network.hidden[0].recurrent_weight.std().item()
        found.append({"recurrent_rate": recurrent_rate, "weight_std": std} | gather(runs))
    return found


def estimates(seeds: range) -> list[dict]:
    """Measure the two estimates from losses alone on an untrained network, depth 1, T = 100."""
    kinds = [("score_function", {"width": w}, 64, 4) for w in (0.1, 0.5)]
    kinds += [("smoothed_differences", {"size": s}, 256, 4) for s in (0.05, 0.2)]
    functions = {
        "score_function": score_function,
        "smoothed_differences": smoothed_differences,
    }
    found = []
    for rule, setting, samples, parts in kinds:
        rows = []
        for seed in seeds:
            spikes, labels, rate = task(100, seed)
            network, batch = build(1, rate, seed), spikes[:, :BATCH]
            error, generator = step_cross_entropy(labels[:BATCH], 100), rng(300 + seed)
            exact = RULES["bptt"](network, batch, error)
            drawn = [
                functions[rule](
                    network, batch, error, generator=generator, samples=samples, **setting
                )
                for _ in range(parts)
            ]
            halves = [average(drawn[: parts // 2]), average(drawn[parts // 2 :])]
            raw = {k: compare(exact, average(drawn[:k])) for k in (1, parts)}
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
        name, value = next(iter(setting.items()))
        kind = {"rule": rule, "noise": name, "amount": value, "samples": [samples, samples * parts]}
        found.append(kind | {"rows": rows})
        print(kind, rows[0], flush=True)
    return found


def average(gradients: list[dict]) -> dict:
    return {name: sum(one[name] for one in gradients) / len(gradients) for name in gradients[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    args = parser.parse_args()
    torch.set_num_threads(1)
    seeds = range(args.seeds)
    points = [one for depth in DEPTHS for one in point(depth, 100, seeds)]
    points += [one for steps in TIMES if steps != 100 for one in point(1, steps, seeds)]
    found = {
        "hidden": HIDDEN,
        "batch": BATCH,
        "labels": {name: rule.label for name, rule in RULES.items()},
        "points": points,
        "recurrence": recurrence(seeds),
        "estimates": estimates(seeds),
    }
    results.save("gradient_laboratory", found, command="python " + " ".join(sys.argv), seeds=seeds)


if __name__ == "__main__":
    main()
