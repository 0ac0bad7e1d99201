"""A spiking network, a recurrent one and a GRU of equal size on three tasks (chapter 7, claim 26).

    python experiments/ch07_gru.py        about a quarter of an hour on one core

All three get the same spikes, loss, batches and number of epochs. The GRU has as many parameters
as the recurrent spiking network. Each gets the best of three learning rates and two losses (the
mean or the peak of the readout over time), judged on a fifth of the training set with one seed and
half of the epochs; nothing was chosen on the test set. A fourth contestant is the GRU once more,
with every input spike replaced by the membrane response of a leaky neuron to it.
"""

import time
from functools import cache, partial

import torch
from _sweep import best, columns, options, run_cases, save, seeded, select

from snnbook import data, training
from snnbook.conclusions import GRUNetwork, gru_size, parameters_of
from snnbook.neurons import LIFNeuron, SpikingNetwork, psp_kernel, run
from snnbook.surrogates import fast_sigmoid

RATES = (3e-3, 1e-2, 3e-2)
LOSSES = ("mean", "peak")
NEURON = LIFNeuron(tau_mem=20e-3, tau_syn=10e-3, surrogate=fast_sigmoid(width=0.4))


def digits() -> data.Split:
    return data.digits().encoded(partial(data.latency_code, steps=50, tau=30e-3))


def yin_yang() -> data.Split:
    split = data.Split(*data.yin_yang(2000, seed=42), *data.yin_yang(1000, seed=40))
    return split.encoded(partial(data.time_code, steps=36, span=30))


def randman() -> data.Split:
    spikes, labels = data.randman(10, 20, 100, steps=100, generator=seeded(0))
    order = torch.randperm(len(labels), generator=seeded(1))
    train, test = order[:750], order[750:]
    return data.Split(spikes[:, train], labels[train], spikes[:, test], labels[test])


def filtered(split: data.Split) -> data.Split:
    """Replace each spike by the response of a leaky neuron, one at its peak."""
    peak = psp_kernel(NEURON, 200).max()
    return split.encoded(lambda spikes: run(NEURON.leaky, spikes).mem / peak)


KINDS = ("feedforward", "recurrent", "gru", "gru, filtered input")
#: Task: (data, hidden neurons of the spiking networks).
TASKS = {"digits": (digits, 100), "yin_yang": (yin_yang, 60), "randman": (randman, 100)}


def build(kind: str, split: data.Split, hidden: int, generator: torch.Generator):
    """Return an untrained network."""
    inputs, outputs = split.train_inputs.shape[2], int(split.train_labels.max()) + 1
    sizes = (inputs, hidden, outputs)
    options = {
        "input_rate": float(split.train_inputs.mean()) / NEURON.dt,
        "generator": generator,
    }
    if kind.startswith("gru"):
        parameters = inputs * hidden + hidden * hidden + hidden * outputs
        hidden = gru_size(inputs, outputs, parameters)
        return GRUNetwork(inputs, hidden, outputs, generator=generator)
    return SpikingNetwork(sizes, NEURON, recurrent=kind == "recurrent", **options, std=1.0)


def learn(split: data.Split, epochs: int, kind: str, hidden: int, lr: float, loss: str, seed: int):
    """Train one network; return its test accuracy and what it cost."""
    mean = loss == "mean"
    scaled = partial(training.sum_over_time, scale=1 / len(split.train_inputs))
    generator = seeded(seed)
    network = build(kind, split, hidden, generator)
    start = time.perf_counter()
    history = training.fit(
        network,
        split.train_inputs,
        split.train_labels,
        loss=scaled if mean else training.max_over_time,
        generator=generator,
        epochs=epochs,
        batch_size=64,
        lr=lr,
        progress=False,
    )
    decide = training.decide_by_sum if mean else training.decide_by_max
    judged = training.accuracy(network, split.test_inputs, split.test_labels, decide=decide)
    found = {"accuracy": judged.value, "seconds": time.perf_counter() - start}
    found["train_accuracy"] = history.accuracy[-1]
    found["parameters"] = parameters_of(network)
    found["spikes"] = history.spike_counts[-1][0] * hidden if history.spike_counts[-1] else None
    return found


@cache
def spikes_of(task: str, kind: str) -> data.Split:
    """Return the inputs of one contestant."""
    split = TASKS[task][0]()
    return filtered(split) if "filtered" in kind else split


def trial(epochs: int, task: str, kind: str, lr: float, loss: str) -> dict:
    """Train with half of the epochs on four fifths of the training set, judge on the last."""
    split, half = spikes_of(task, kind).validation(), max(1, epochs // 2)
    found = learn(split, half, kind, TASKS[task][1], lr, loss, seed=100)
    return {"accuracy": found["accuracy"]}


def contest(epochs: int, trials: list[dict], task: str, kind: str, seed: int) -> dict:
    """Train with the learning rate and the loss that did best."""
    chosen = best(trials, task=task, kind=kind)
    split, hidden = spikes_of(task, kind), TASKS[task][1]
    return learn(split, epochs, kind, hidden, chosen["lr"], chosen["loss"], seed)


def main() -> None:
    given = options(__doc__, seeds=5, epochs=40)
    contests = [{"task": task, "kind": kind} for task in TASKS for kind in KINDS]
    cases = [one | {"lr": lr, "loss": loss} for one in contests for lr in RATES for loss in LOSSES]
    trials = run_cases(given, cases, partial(trial, given.epochs))
    cases = [one | {"seed": seed} for one in contests for seed in given.seeds]
    rows = run_cases(given, cases, partial(contest, given.epochs, trials))
    tasks = {task: {} for task in TASKS}
    for one in contests:
        names = ("accuracy", "seconds", "train_accuracy", "parameters", "spikes")
        row, chosen = columns(select(rows, **one), *names), best(trials, **one)
        row |= {"learning_rate": chosen["lr"], "loss": chosen["loss"]}
        tasks[one["task"]][one["kind"]] = row
    save(given, {"epochs": given.epochs, "tasks": tasks})


if __name__ == "__main__":
    main()
