"""Accuracy against spikes and time steps: networks trained as rates, and with a surrogate.

    python experiments/rate_pareto.py        about ten minutes on one core

One architecture and one set of initial weights on the digits. "rate" networks are trained once,
as rate networks, and run with spikes for any number of steps. "surrogate" networks are trained
with a surrogate gradient for the number of steps that they run. Learning rates and the width of
the surrogate were chosen on the last 280 training images, with other seeds.
"""

import time
from functools import partial

import torch

from snnbook import data, results, smoothed, surrogates, training

SEEDS = range(5)
STEPS = (6, 8, 10, 12, 15, 20, 30, 50, 100)
LONG = (10, 20, 30, 50, 100, 200, 400)
SHALLOW, DEEP = (64, 100, 10), (64, 100, 100, 100, 10)
FIT = {"epochs": 20, "batch_size": 64, "lr": 3e-3, "progress": False}
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


def train_rates(sizes, split, seed, strength=0.0):
    """Train a rate network; return it, its own accuracy and the seconds."""
    generator = torch.Generator().manual_seed(seed)
    network = smoothed.RateNetwork(sizes, generator=generator)
    inputs = [data.constant_code(part, 1) for part in (split[0], split[2])]
    options = {"loss": training.sum_over_time, "generator": generator, **FIT}
    start = time.perf_counter()
    training.fit(network, inputs[0], split[1], regularizer=penalty(strength, 1), **options)
    seconds = time.perf_counter() - start
    own = training.accuracy(network, inputs[1], split[3], decide=training.decide_by_sum).value
    return network, own, seconds


def train_surrogate(sizes, split, seed, code, steps, strength=0.0):
    """Train a spiking network from the same initial weights; return its record and seconds."""
    generator = torch.Generator().manual_seed(seed)
    start = smoothed.RateNetwork(sizes, generator=generator)
    network = smoothed.to_spiking(start, surrogate=surrogates.fast_sigmoid(width=WIDTH))
    encode = codes(torch.Generator().manual_seed(1000 + seed))[code]
    clock = time.perf_counter()
    training.fit(
        network,
        split.train_inputs,
        split.train_labels,
        encode=partial(encode, steps=steps),
        loss=partial(training.sum_over_time, scale=1 / steps),
        regularizer=penalty(strength, steps),
        generator=generator,
        **FIT,
    )
    return judge(network, split, encode, steps) | {"seconds": time.perf_counter() - clock}


def rates(split, seed):
    """Train and convert; return one curve over the steps for each setting."""
    found = {}
    for name, sizes, strength in (
        ("rate", SHALLOW, 0.0),
        ("rate, few spikes", SHALLOW, 0.02),
        ("rate, three hidden layers", DEEP, 0.0),
    ):
        network, own, seconds = train_rates(sizes, split, seed, strength)
        spiking = smoothed.to_spiking(network)
        for code, encode in codes(torch.Generator().manual_seed(seed)).items():
            if code == "latency" or (code != "current" and name != "rate"):
                continue
            rows = [
                judge(spiking, split, encode, n) for n in (STEPS if code == "current" else LONG)
            ]
            found[f"{name}; {code}"] = {"rows": rows, "own": own, "seconds": seconds}
    return found


def surrogate(split, seed):
    """Train a network for each number of steps; return one curve for each setting."""
    settings = {
        "surrogate; current": (SHALLOW, "current", (6, 8, 10, 15, 20, 30), 0.0),
        "surrogate, few spikes; current": (SHALLOW, "current", (6, 8, 10, 15, 20, 30), 0.003),
        "surrogate, three hidden layers; current": (DEEP, "current", (10, 15, 20, 30), 0.0003),
        "surrogate; random": (SHALLOW, "random", (20, 50, 100), 0.0003),
        "surrogate; latency": (SHALLOW, "latency", (10, 20, 50), 0.0003),
        "surrogate, few spikes; latency": (SHALLOW, "latency", (10, 20, 50), 0.003),
    }
    found = {}
    for name, (sizes, code, all_steps, strength) in settings.items():
        rows = [train_surrogate(sizes, split, seed, code, n, strength) for n in all_steps]
        found[name] = {"rows": rows}
    return found


def main() -> None:
    torch.set_num_threads(1)
    split = data.digits()
    found = {}
    for seed in SEEDS:
        for name, curve in (rates(split, seed) | surrogate(split, seed)).items():
            found.setdefault(name, []).append(curve)
            last = curve["rows"][-1]
            print(seed, name, {key: round(value, 3) for key, value in last.items()}, flush=True)
    stored = {"curves": found, "test_size": len(split.test_labels), "epochs": FIT["epochs"]}
    results.save("ch04c_pareto", stored, command="python experiments/rate_pareto.py", seeds=SEEDS)


if __name__ == "__main__":
    main()
