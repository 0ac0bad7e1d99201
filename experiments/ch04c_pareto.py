"""Accuracy against spikes and time steps: networks trained as rates, and with a surrogate.

    python experiments/ch04c_pareto.py        a quarter of an hour on one core

One architecture and one set of initial weights on the digits (chapter 4c, claim 10). "rate"
networks are trained once, as rate networks, and run with spikes for any number of steps.
"surrogate" networks are trained with a surrogate gradient for the number of steps that they run.

Every arm, that is training, code, depth and price of a spike, has a learning rate of its own. It
is chosen on the last 280 training images, which no network learns from, with one seed that no
result has and, for the surrogate, at one number of steps in the middle. Training ends when the
accuracy on these images has not risen for 12 epochs, or after 40 epochs; the best epoch is kept.
"""

import time
from dataclasses import replace
from functools import partial

import torch
from _protocol import SEARCH_SEEDS, compare, until_flat
from _sweep import options, save, seeded

from snnbook import data, smoothed, surrogates, training

STEPS = (6, 8, 10, 12, 15, 20, 30, 50, 100)
LONG = (10, 20, 30, 50, 100, 200, 400)
SHALLOW, DEEP = (64, 100, 10), (64, 100, 100, 100, 10)
FIT = {"batch_size": 64, "patience": 12}
WIDTH = 0.4


def codes(generator):
    """Return the codes of an image: a current, and spikes of three kinds."""
    return {
        "current": data.constant_code,
        "regular": data.regular_code,
        "random": partial(data.rate_code, generator=generator),
        "latency": lambda values, steps: data.latency_code(values, steps, tau=0.6e-3 * steps),
    }


def penalty(strength, steps):
    """Return a regularizer: strength times the mean number of hidden spikes in an image."""
    if not strength:
        return None
    return lambda output: strength * steps * sum(h.spikes.mean(0).sum(1).mean() for h in output[1])


@torch.no_grad()
def judge(network, split, encode, steps):
    """Return accuracy, hidden spikes and input spikes per test image."""
    spikes = encode(split.test_inputs, steps)
    output = network(spikes, record=False)
    right = output.readout.sum(0).argmax(1) == split.test_labels
    hidden = sum(float(h.spikes.sum((0, 2)).mean()) for h in output.hidden)
    return {
        "steps": steps,
        "accuracy": float(right.double().mean()),
        "hidden_spikes": hidden,
        "input_spikes": float(spikes.sum((0, 2)).mean()),
    }


def parts(split, encode):
    """Return what is learned and what is chosen on, as pairs of inputs and labels."""
    learn = split.validation(0.2)
    pairs = (learn.train_inputs, learn.train_labels), (learn.test_inputs, learn.test_labels)
    return [(encode(inputs), labels) for inputs, labels in pairs]


def train_rates(sizes, split, seed, epochs, strength, lr):
    """Train a rate network; return it and its row."""
    generator = seeded(seed)
    network = smoothed.RateNetwork(sizes, generator=generator)
    learn = parts(split, partial(data.constant_code, steps=1))
    row = until_flat(
        network,
        learn,
        lr=lr,
        epochs=epochs,
        generator=generator,
        loss=training.sum_over_time,
        regularizer=penalty(strength, 1),
        **FIT,
    )
    return network, row


def train_surrogate(sizes, split, seed, epochs, code, steps, strength, lr):
    """Train a spiking network from the same initial weights; return it, its code and its row."""
    generator = seeded(seed)
    start = smoothed.RateNetwork(sizes, generator=generator)
    neuron = replace(start.neuron, surrogate=surrogates.fast_sigmoid(width=WIDTH))
    network = smoothed.to_spiking(start, neuron)
    encode = codes(seeded(2000 + seed))[code]
    row = until_flat(
        network,
        parts(split, torch.clone),
        lr=lr,
        epochs=epochs,
        generator=generator,
        encode=partial(encode, steps=steps),
        loss=training.mean_over_time,
        regularizer=penalty(strength, steps),
        **FIT,
    )
    return network, encode, row


#: Networks trained as rates: sizes, and the price of a spike.
RATES = {
    "rate": (SHALLOW, 0.0),
    "rate, few spikes": (SHALLOW, 0.02),
    "rate, three hidden layers": (DEEP, 0.0),
}
#: Networks trained with a surrogate: sizes, code, numbers of steps, and the price of a spike.
SURROGATE = {
    "surrogate; current": (SHALLOW, "current", (6, 8, 10, 15, 20), 0.0),
    "surrogate, few spikes; current": (SHALLOW, "current", (8, 10, 15, 20), 0.003),
    "surrogate, three hidden layers; current": (DEEP, "current", (15, 20, 30), 0.0003),
    "surrogate; random": (SHALLOW, "random", (20, 50, 100), 0.0003),
    "surrogate; latency": (SHALLOW, "latency", (10, 20), 0.0003),
    "surrogate, few spikes; latency": (SHALLOW, "latency", (10, 20), 0.003),
}


SMALL = ("validation", "train", "epoch", "seconds")  # what is kept of a training


def rates(split, epochs, arm, lr, seed, judged):
    """Train and convert; return a curve over the steps for each code if judged."""
    sizes, strength = RATES[arm]
    network, row = train_rates(sizes, split, seed, epochs, strength, lr)
    if not judged:
        return row
    test = data.constant_code(split.test_inputs, 1), split.test_labels
    own = training.accuracy(network, *test, decide=training.decide_by_sum).value
    spiking, curves = smoothed.to_spiking(network), {}
    for code, encode in codes(seeded(seed)).items():
        if code == "latency" or (code != "current" and arm != "rate"):
            continue
        rows = [judge(spiking, split, encode, n) for n in (STEPS if code == "current" else LONG)]
        curves[f"{arm}; {code}"] = {"rows": rows, "own": own}
    return row | {"test": own, "curves": curves}


def surrogate(split, epochs, arm, lr, seed, judged):
    """Train for each number of steps, or for the middle one if not judged; return the curve."""
    sizes, code, windows, strength = SURROGATE[arm]
    rows = []
    for steps in windows if judged else windows[len(windows) // 2 :][:1]:
        network, encode, row = train_surrogate(
            sizes, split, seed, epochs, code, steps, strength, lr
        )
        if not judged:
            return row
        rows.append(judge(network, split, encode, steps) | {name: row[name] for name in SMALL})
    means = {name: sum(row[name] for row in rows) / len(rows) for name in ("validation", "train")}
    seconds = sum(row["seconds"] for row in rows)
    return means | {"seconds": seconds, "curves": {arm: {"rows": rows}}}


def train(split, epochs, arm, lr, seed, judged):
    """Train what an arm needs once; return its accuracies, and its curves if judged."""
    begun = time.perf_counter()
    row = (rates if arm in RATES else surrogate)(split, epochs, arm, lr, seed, judged)
    return row | {"seconds": round(time.perf_counter() - begun, 1)}


def main() -> None:
    given = options(__doc__, seeds=5, epochs=40)
    split, curves = data.digits(), {}
    arms = [{"arm": name} for name in (*RATES, *SURROGATE)]
    grid = {"lr": (5e-4, 2e-3, 5e-3, 2e-2, 5e-2)}
    found = compare(given, arms, grid, partial(train, split, given.epochs), SEARCH_SEEDS[:1])
    for one in found["budget"]:  # every number of steps has a network of its own
        windows = SURROGATE[one["arm"]][2] if one["arm"] in SURROGATE else (1,)
        one["networks"] += (len(windows) - 1) * len(given.seeds)
    for row in found["runs"]:
        for name, curve in row.pop("curves").items():
            curves.setdefault(name, []).append(curve)
    sizes = {"test_size": len(split.test_labels), "epochs": given.epochs}
    save(given, found | {"curves": curves} | sizes)


if __name__ == "__main__":
    main()
