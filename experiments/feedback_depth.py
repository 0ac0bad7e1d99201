"""Random feedback against BPTT over depth, on digits and Yin-Yang (chapter 6a, claims 17 to 19).

    python experiments/feedback_depth.py digits      ten minutes on one core
    python experiments/feedback_depth.py yin_yang    twenty minutes

Every way to train gets the better of two learning rates, judged with two hidden layers on the
last fifth of the training set, with one seed and half of the epochs. Nothing was chosen on the
test set.
"""

import argparse
import time
from functools import partial

import torch

from snnbook import data, results, training
from snnbook.local import ARMS, train_by_feedback
from snnbook.neurons import SpikingNetwork
from snnbook.surrogates import fast_sigmoid

SEEDS, DEPTHS, RATES, BATCH = range(3), (1, 2, 3, 4, 5), (1e-3, 5e-3), 50


def yin_yang() -> data.Split:
    """Return Yin-Yang in spikes (T, n, 5): x spikes in step 30 x, a fifth input at 0."""
    encode = partial(data.time_code, steps=40, span=30)
    (points, labels), (tests, answers) = data.yin_yang(2000, seed=42), data.yin_yang(1000, seed=40)
    return data.Split(encode(points.float()), labels, encode(tests.float()), answers)


def digits() -> data.Split:
    """Return digits in spikes (T, n, 64), one spike a bright pixel."""
    split = data.digits()
    encode = partial(data.latency_code, steps=40)
    return data.Split(encode(split[0]), split[1], encode(split[2]), split[3])


#: Task: its data, neurons in a hidden layer, width of the surrogate, epochs.
TASKS = {"digits": (digits, 60, 0.3, 20), "yin_yang": (yin_yang, 30, 0.2, 30)}


def run(task: str, split: data.Split, depth: int, arm: str, lr: float, seed: int, part=1) -> dict:
    """Train one network; return its test accuracy and the angles of every epoch."""
    _, width, surrogate, epochs = TASKS[task]
    network = SpikingNetwork(
        (split.train_inputs.shape[2], *[width] * depth, int(split.train_labels.max()) + 1),
        surrogate=fast_sigmoid(width=surrogate),
        input_rate=float(split.train_inputs.mean()) / 1e-3,
        hidden_rate=20.0,
        generator=torch.Generator().manual_seed(seed),
    )
    start = time.perf_counter()
    reached, angles = train_by_feedback(
        arm,
        network,
        split.train_inputs,
        split.train_labels,
        epochs=epochs // part,
        batch_size=BATCH,
        lr=lr,
        seed=100 + seed,
    )
    judged = training.accuracy(
        network, split.test_inputs, split.test_labels, decide=training.decide_by_sum
    )
    return {
        "depth": depth,
        "arm": arm,
        "seed": seed,
        "accuracy": judged.value,
        "train_accuracy": [round(one, 4) for one in reached],
        "angles": [[round(one, 2) for one in row] for row in angles],
        "seconds": round(time.perf_counter() - start, 1),
    }


def best_rate(task: str, split: data.Split, arm: str) -> float:
    """Return the learning rate that does best on the last fifth of the training set."""
    cut = 4 * len(split.train_labels) // 5
    parts = split.train_inputs[:, :cut], split.train_labels[:cut]
    trial = data.Split(*parts, split.train_inputs[:, cut:], split.train_labels[cut:])
    return max(RATES, key=lambda lr: run(task, trial, 2, arm, lr, 50, part=2)["accuracy"])


def main() -> None:
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", choices=TASKS)
    task = parser.parse_args().task
    split, rows = TASKS[task][0](), []
    rates = {arm: best_rate(task, split, arm) for arm in ARMS}
    print(rates, flush=True)
    for seed in SEEDS:
        for depth in DEPTHS:
            for arm in ARMS:
                if arm == "dfa" and depth == 1:
                    continue  # the same rule as fa, with the same draws
                rows.append(run(task, split, depth, arm, rates[arm], seed))
                print({**rows[-1], "angles": None, "train_accuracy": None}, flush=True)
    results.save(
        f"ch06a_{task}",
        {"runs": rows, "learning_rates": rates, "width": TASKS[task][1], "epochs": TASKS[task][3]},
        command=f"python experiments/feedback_depth.py {task}",
        seeds=SEEDS,
    )


if __name__ == "__main__":
    main()
