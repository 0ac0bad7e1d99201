"""Accuracy against spikes and time steps: networks trained as rates, and with a surrogate.

    python experiments/ch04c_pareto.py        about ten minutes on one core

One architecture and one set of initial weights on the digits. "rate" networks are trained once,
as rate networks, and run with spikes for any number of steps. "surrogate" networks are trained
with a surrogate gradient for the number of steps that they run. Learning rates and the width of
the surrogate were chosen on the last 280 training images, with other seeds.
"""

import time
from dataclasses import replace
from functools import partial

import torch
from _sweep import options, run_cases, save, seeded

from snnbook import data, smoothed, surrogates, training

STEPS = (6, 8, 10, 12, 15, 20, 30, 50, 100)
LONG = (10, 20, 30, 50, 100, 200, 400)
SHALLOW, DEEP = (64, 100, 10), (64, 100, 100, 100, 10)
FIT = {"batch_size": 64, "lr": 3e-3, "progress": False}
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


def train_rates(sizes, split, seed, epochs, strength):
    """Train a rate network; return it, its own accuracy and the seconds."""
    generator = seeded(seed)
    network = smoothed.RateNetwork(sizes, generator=generator)
    inputs = [data.constant_code(part, 1) for part in (split[0], split[2])]
    settings = {"loss": training.sum_over_time, "generator": generator, "epochs": epochs, **FIT}
    start = time.perf_counter()
    training.fit(network, inputs[0], split[1], regularizer=penalty(strength, 1), **settings)
    seconds = time.perf_counter() - start
    own = training.accuracy(network, inputs[1], split[3], decide=training.decide_by_sum).value
    return network, own, seconds


def train_surrogate(sizes, split, seed, epochs, code, steps, strength):
    """Train a spiking network from the same initial weights; return its record and seconds."""
    generator = seeded(seed)
    start = smoothed.RateNetwork(sizes, generator=generator)
    neuron = replace(start.neuron, surrogate=surrogates.fast_sigmoid(width=WIDTH))
    network = smoothed.to_spiking(start, neuron)
    encode = codes(seeded(1000 + seed))[code]
    clock = time.perf_counter()
    training.fit(
        network,
        split.train_inputs,
        split.train_labels,
        encode=partial(encode, steps=steps),
        loss=partial(training.sum_over_time, scale=1 / steps),
        regularizer=penalty(strength, steps),
        generator=generator,
        epochs=epochs,
        **FIT,
    )
    return judge(network, split, encode, steps) | {"seconds": time.perf_counter() - clock}


#: Networks trained as rates: sizes, and the price of a spike.
RATES = {
    "rate": (SHALLOW, 0.0),
    "rate, few spikes": (SHALLOW, 0.02),
    "rate, three hidden layers": (DEEP, 0.0),
}
#: Networks trained with a surrogate: sizes, code, numbers of steps, and the price of a spike.
SURROGATE = {
    "surrogate; current": (SHALLOW, "current", (6, 8, 10, 15, 20, 30), 0.0),
    "surrogate, few spikes; current": (SHALLOW, "current", (6, 8, 10, 15, 20, 30), 0.003),
    "surrogate, three hidden layers; current": (DEEP, "current", (10, 15, 20, 30), 0.0003),
    "surrogate; random": (SHALLOW, "random", (20, 50, 100), 0.0003),
    "surrogate; latency": (SHALLOW, "latency", (10, 20, 50), 0.0003),
    "surrogate, few spikes; latency": (SHALLOW, "latency", (10, 20, 50), 0.003),
}


def rates(split, seed, epochs, name):
    """Train and convert; return a curve over the steps for each code."""
    sizes, strength = RATES[name]
    network, own, seconds = train_rates(sizes, split, seed, epochs, strength)
    spiking, found = smoothed.to_spiking(network), {}
    for code, encode in codes(seeded(seed)).items():
        if code == "latency" or (code != "current" and name != "rate"):
            continue
        rows = [judge(spiking, split, encode, n) for n in (STEPS if code == "current" else LONG)]
        found[f"{name}; {code}"] = {"rows": rows, "own": own, "seconds": seconds}
    return found


def run(split, epochs, name, seed):
    """Return the curves of one setting, by their names."""
    if name in RATES:
        return {"curves": rates(split, seed, epochs, name)}
    sizes, code, all_steps, strength = SURROGATE[name]
    rows = [train_surrogate(sizes, split, seed, epochs, code, n, strength) for n in all_steps]
    return {"curves": {name: {"rows": rows}}}


def main() -> None:
    given = options(__doc__, seeds=5, epochs=20)
    split, found = data.digits(), {}
    cases = [{"name": n, "seed": s} for s in given.seeds for n in (*RATES, *SURROGATE)]
    for row in run_cases(given, cases, partial(run, split, given.epochs)):
        for name, curve in row["curves"].items():
            found.setdefault(name, []).append(curve)
    sizes = {"test_size": len(split.test_labels), "epochs": given.epochs}
    save(given, {"curves": found} | sizes)


if __name__ == "__main__":
    main()
