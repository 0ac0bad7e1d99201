"""Local errors against BPTT over depth (chapter 6c, claim 23).

Every way to train gets the better of two learning rates, judged with two hidden layers on the
last fifth of the training set, with one seed. Nothing was chosen on the test set.
"""

import time
from functools import partial

import torch
from _sweep import best, few, options, run_cases, save, seeded

from snnbook import data, gradients, local, training
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.surrogates import fast_sigmoid

DEPTHS, RATES, BATCH, WIDTH = (1, 2, 3, 4), (2e-3, 5e-3), 50, 80
ARMS = ("bptt", "local", "frozen")


def gradient_of(arm: str, network: SpikingNetwork, generator: torch.Generator):
    """Return the gradient for ``training.fit``."""
    readouts = local.random_readouts(network, generator=generator)
    rules = {
        "bptt": gradients.autograd,
        "local": partial(local.local_gathered, readouts=readouts),
        "frozen": local.readout_alone,
    }
    return training.rule_gradient(rules[arm], training.step_cross_entropy)


def run(split: data.Split, epochs: int, depth: int, arm: str, seed: int, lr: float) -> dict:
    """Train one network; return its accuracies."""
    network = SpikingNetwork(
        (split.train_inputs.shape[2], *[WIDTH] * depth, int(split.train_labels.max()) + 1),
        LIFNeuron(surrogate=fast_sigmoid(width=0.3)),
        input_rate=1e3 * float(split.train_inputs.mean()),
        hidden_rate=20.0,
        generator=seeded(seed),
        std=1.0,
    )
    generator, start = seeded(100 + seed), time.perf_counter()
    history = training.fit(
        network,
        split.train_inputs,
        split.train_labels,
        epochs=epochs,
        batch_size=BATCH,
        lr=lr,
        loss=training.step_loss(training.step_cross_entropy),
        decide=training.decide_by_sum,
        gradient=gradient_of(arm, network, generator),
        generator=generator,
        progress=False,
    )
    judged = training.accuracy(
        network, split.test_inputs, split.test_labels, decide=training.decide_by_sum
    )
    return {
        "accuracy": judged.value,
        "train_accuracy": [round(one, 4) for one in history.accuracy],
        "seconds": round(time.perf_counter() - start, 1),
    }


def trial(split: data.Split, epochs: int, arm: str, lr: float) -> dict:
    """Train on four fifths of the training set, judge on the last."""
    return {"accuracy": run(split.validation(), epochs, 2, arm, 50, lr)["accuracy"]}


def tuned(split: data.Split, epochs: int, rates: dict, arm: str, **case) -> dict:
    """Train with the learning rate of the arm."""
    return run(split, epochs, arm=arm, lr=rates[arm], **case)


def main(doc: str, split: data.Split) -> None:
    given = options(doc, seeds=3, epochs=15)
    cases = [{"arm": arm, "lr": lr} for arm in ARMS for lr in RATES]
    trials = run_cases(given, cases, partial(trial, split, given.epochs))
    rates = {arm: best(trials, arm=arm)["lr"] for arm in ARMS}
    cases = [
        {"depth": depth, "arm": arm, "seed": seed}
        for seed in given.seeds
        for depth in few(given, DEPTHS)
        for arm in ARMS
    ]
    rows = run_cases(given, cases, partial(tuned, split, given.epochs, rates))
    found = {"runs": rows, "learning_rates": rates, "width": WIDTH, "epochs": given.epochs}
    save(given, found)
