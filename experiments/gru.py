"""A spiking network, a recurrent one and a GRU of equal size on three tasks (chapter 7, claim 26).

    python experiments/gru.py        about a quarter of an hour on one core

All three get the same spikes, loss, batches and number of epochs. The GRU has as many parameters
as the recurrent spiking network. Each gets the best of three learning rates and two losses (the
mean or the peak of the readout over time), judged on a fifth of the training set with one seed and
half of the epochs; nothing was chosen on the test set. A fourth contestant is the GRU once more,
with every input spike replaced by the membrane response of a leaky neuron to it.
"""

import itertools
import time
from functools import partial

import torch

from snnbook import data, results, training
from snnbook.conclusions import GRUNetwork, gru_size, parameters_of
from snnbook.neurons import LIFParameters, SpikingNetwork, integrate, psp_kernel
from snnbook.surrogates import fast_sigmoid

SEEDS = range(5)
RATES = (3e-3, 1e-2, 3e-2)
LOSSES = ("mean", "peak")
EPOCHS = 40
PARAMS = LIFParameters(tau_mem=20e-3, tau_syn=10e-3)


def rng(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def digits() -> data.Split:
    split = data.digits()
    encode = partial(data.latency_code, steps=50, tau=30e-3)
    return data.Split(encode(split[0]), split[1], encode(split[2]), split[3])


def yin_yang() -> data.Split:
    encode = partial(data.time_code, steps=36, span=30)
    (points, labels), (tests, answers) = data.yin_yang(2000, seed=42), data.yin_yang(1000, seed=40)
    return data.Split(encode(points), labels, encode(tests), answers)


def randman() -> data.Split:
    spikes, labels = data.randman(10, 20, 100, steps=100, generator=rng(0))
    order = torch.randperm(len(labels), generator=rng(1))
    train, test = order[:750], order[750:]
    return data.Split(spikes[:, train], labels[train], spikes[:, test], labels[test])


def filtered(split: data.Split) -> data.Split:
    """Replace each spike by the response of a leaky neuron, one at its peak."""
    peak = psp_kernel(PARAMS, 200).max()
    inputs = (integrate(x, PARAMS).mem / peak for x in (split.train_inputs, split.test_inputs))
    return split._replace(train_inputs=next(inputs), test_inputs=next(inputs))


KINDS = ("feedforward", "recurrent", "gru", "gru, filtered input")
#: Task: (data, hidden neurons of the spiking networks).
TASKS = {"digits": (digits, 100), "yin_yang": (yin_yang, 60), "randman": (randman, 100)}


def build(kind: str, split: data.Split, hidden: int, generator: torch.Generator):
    """Return an untrained network."""
    inputs, outputs = split.train_inputs.shape[2], int(split.train_labels.max()) + 1
    sizes = (inputs, hidden, outputs)
    options = {
        "input_rate": float(split.train_inputs.mean()) / PARAMS.dt,
        "surrogate": fast_sigmoid(width=0.4),
        "generator": generator,
    }
    if kind.startswith("gru"):
        parameters = inputs * hidden + hidden * hidden + hidden * outputs
        hidden = gru_size(inputs, outputs, parameters)
        return GRUNetwork(inputs, hidden, outputs, generator=generator)
    return SpikingNetwork(sizes, PARAMS, recurrent=kind == "recurrent", **options)


def run(
    kind: str, split: data.Split, hidden: int, lr: float, loss: str, seed: int, epochs: int = EPOCHS
):
    """Train one network; return its test accuracy and what it cost."""
    mean = loss == "mean"
    scaled = partial(training.sum_over_time, scale=1 / len(split.train_inputs))
    generator = rng(seed)
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


def best(kind: str, split: data.Split, hidden: int) -> tuple[float, str]:
    """Return the learning rate and loss that do best on the last fifth of the training set."""
    cut = 4 * len(split.train_labels) // 5
    parts = split.train_inputs[:, :cut], split.train_labels[:cut]
    held = split.train_inputs[:, cut:], split.train_labels[cut:]
    choice = data.Split(*parts, *held)
    settings = itertools.product(RATES, LOSSES)

    def judged(setting) -> float:
        return run(kind, choice, hidden, *setting, seed=100, epochs=EPOCHS // 2)["accuracy"]

    return max(settings, key=judged)


def main() -> None:
    torch.set_num_threads(1)
    found = {"epochs": EPOCHS, "tasks": {}}
    for task, (make, hidden) in TASKS.items():
        spikes, found["tasks"][task] = make(), {}
        for kind in KINDS:
            split = filtered(spikes) if "filtered" in kind else spikes
            lr, loss = best(kind, split, hidden)
            rows = [run(kind, split, hidden, lr, loss, seed) for seed in SEEDS]
            row = {key: [one[key] for one in rows] for key in rows[0]}
            row |= {"learning_rate": lr, "loss": loss}
            found["tasks"][task][kind] = row
            print(task, kind, row, flush=True)
    results.save("ch07_gru", found, command="python experiments/gru.py", seeds=SEEDS)


if __name__ == "__main__":
    main()
