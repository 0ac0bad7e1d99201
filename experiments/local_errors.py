"""Local errors against BPTT over depth, on gestures and on digits (chapter 6c, claim 23).

    python experiments/local_errors.py gestures     five minutes on one core
    python experiments/local_errors.py digits       four minutes

Every way to train gets the better of two learning rates, judged with two hidden layers on the
last fifth of the training set, with one seed. Nothing was chosen on the test set.
"""

import argparse
import time
from functools import partial

import torch

from snnbook import data, gradients, local, results, training
from snnbook.neurons import SpikingNetwork
from snnbook.surrogates import fast_sigmoid

SEEDS, DEPTHS, RATES, BATCH, EPOCHS, WIDTH = range(3), (1, 2, 3, 4), (2e-3, 5e-3), 50, 15, 80
ARMS = ("bptt", "local", "frozen")


def rng(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def gestures() -> data.Split:
    return data.Split(*data.gestures(550, generator=rng(0)), *data.gestures(550, generator=rng(1)))


def digits() -> data.Split:
    split = data.digits()
    encode = partial(data.latency_code, steps=40)
    return data.Split(encode(split[0]), split[1], encode(split[2]), split[3])


def gradient_of(arm: str, network: SpikingNetwork, generator: torch.Generator):
    """Return the gradient for ``training.fit``."""
    readouts = local.random_readouts(network, generator=generator)
    rules = {
        "bptt": gradients.autograd,
        "local": partial(local.local_gathered, readouts=readouts),
        "frozen": local.readout_alone,
    }
    return training.rule_gradient(rules[arm], training.step_cross_entropy)


def run(split: data.Split, depth: int, arm: str, lr: float, seed: int) -> dict:
    """Train one network; return its accuracies."""
    network = SpikingNetwork(
        (split.train_inputs.shape[2], *[WIDTH] * depth, int(split.train_labels.max()) + 1),
        surrogate=fast_sigmoid(width=0.3),
        input_rate=1e3 * float(split.train_inputs.mean()),
        hidden_rate=20.0,
        generator=rng(seed),
    )
    generator, start = rng(100 + seed), time.perf_counter()
    history = training.fit(
        network,
        split.train_inputs,
        split.train_labels,
        epochs=EPOCHS,
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
        "depth": depth,
        "arm": arm,
        "seed": seed,
        "accuracy": judged.value,
        "train_accuracy": [round(one, 4) for one in history.accuracy],
        "seconds": round(time.perf_counter() - start, 1),
    }


def main() -> None:
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", choices=("gestures", "digits"))
    task = parser.parse_args().task
    split, rows, rates = {"gestures": gestures, "digits": digits}[task](), [], {}
    cut = 4 * len(split.train_labels) // 5
    trial = data.Split(
        split.train_inputs[:, :cut], split.train_labels[:cut],
        split.train_inputs[:, cut:], split.train_labels[cut:],
    )  # fmt: skip
    for arm in ARMS:
        rates[arm] = max(RATES, key=lambda lr: run(trial, 2, arm, lr, 50)["accuracy"])
    print(rates, flush=True)
    for seed in SEEDS:
        for depth in DEPTHS:
            for arm in ARMS:
                rows.append(run(split, depth, arm, rates[arm], seed))
                print({**rows[-1], "train_accuracy": rows[-1]["train_accuracy"][-1]}, flush=True)
    found = {"runs": rows, "learning_rates": rates, "width": WIDTH, "epochs": EPOCHS}
    command = f"python experiments/local_errors.py {task}"
    results.save(f"ch06c_{task}", found, command=command, seeds=SEEDS)


if __name__ == "__main__":
    main()
