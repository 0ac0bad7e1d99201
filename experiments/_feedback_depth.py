"""Random feedback against BPTT over depth (chapter 6a, claims 17 to 19).

Every way to train gets the better of two learning rates, judged with two hidden layers on the
last fifth of the training set, with one seed and half of the epochs. Nothing was chosen on the
test set.
"""

import time
from functools import partial
from typing import NamedTuple

from _sweep import best, few, options, run_cases, save, seeded

from snnbook import data, training
from snnbook.local import ARMS, train_by_feedback
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.surrogates import fast_sigmoid

DEPTHS, RATES, BATCH = (1, 2, 3, 4, 5), (1e-3, 5e-3), 50


class Task(NamedTuple):
    """Neurons in a hidden layer, width of the surrogate, and epochs."""

    width: int
    surrogate: float
    epochs: int


def run(split: data.Split, task: Task, depth: int, arm: str, seed: int, lr: float) -> dict:
    """Train one network; return its test accuracy and the angles of every epoch."""
    network = SpikingNetwork(
        (split.train_inputs.shape[2], *[task.width] * depth, int(split.train_labels.max()) + 1),
        LIFNeuron(surrogate=fast_sigmoid(width=task.surrogate)),
        input_rate=float(split.train_inputs.mean()) / 1e-3,
        hidden_rate=20.0,
        generator=seeded(seed),
        std=1.0,
    )
    start = time.perf_counter()
    reached, angles = train_by_feedback(
        arm,
        network,
        split.train_inputs,
        split.train_labels,
        epochs=task.epochs,
        batch_size=BATCH,
        lr=lr,
        seed=100 + seed,
    )
    judged = training.accuracy(
        network, split.test_inputs, split.test_labels, decide=training.decide_by_sum
    )
    return {
        "accuracy": judged.value,
        "train_accuracy": [round(one, 4) for one in reached],
        "angles": [[round(one, 2) for one in row] for row in angles],
        "seconds": round(time.perf_counter() - start, 1),
    }


def trial(split: data.Split, task: Task, arm: str, lr: float) -> dict:
    """Train with half of the epochs on four fifths of the training set, judge on the last."""
    short = task._replace(epochs=max(1, task.epochs // 2))
    return {"accuracy": run(split.validation(), short, 2, arm, 50, lr)["accuracy"]}


def main(doc: str, split: data.Split, task: Task) -> None:
    given = options(doc, seeds=3, epochs=task.epochs)
    task = task._replace(epochs=given.epochs)
    cases = [{"arm": arm, "lr": lr} for arm in ARMS for lr in RATES]
    trials = run_cases(given, cases, partial(trial, split, task))
    rates = {arm: best(trials, arm=arm)["lr"] for arm in ARMS}
    cases = [
        {"depth": depth, "arm": arm, "seed": seed}
        for seed in given.seeds
        for depth in few(given, DEPTHS)
        for arm in ARMS
        if arm != "dfa" or depth > 1  # with one hidden layer the same rule as fa, the same draws
    ]
    rows = run_cases(given, cases, partial(tuned, split, task, rates))
    found = {"runs": rows, "learning_rates": rates, "width": task.width, "epochs": task.epochs}
    save(given, found)


def tuned(split: data.Split, task: Task, rates: dict, arm: str, **case) -> dict:
    """Train with the learning rate of the arm."""
    return run(split, task, arm=arm, lr=rates[arm], **case)
