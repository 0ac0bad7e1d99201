"""Train the spiking network of chapter 1 on handwritten digits with ten seeds.

    python experiments/digits.py        about three minutes on one core

Beside it, on the same spikes: a readout without hidden layer, and logistic regression on all spike
trains. Nothing was chosen on the test images: time constants, surrogate width, learning rate and
epochs were chosen on the last 280 of the 1400 training images.
"""

import time
from functools import partial

import torch
from sklearn.linear_model import LogisticRegression

from snnbook import data, results, training
from snnbook.neurons import LIFParameters, SpikingNetwork
from snnbook.surrogates import fast_sigmoid

SEEDS = range(10)
STEPS = 50
PARAMS = LIFParameters(tau_mem=20e-3, tau_syn=10e-3)
LOSS = partial(training.sum_over_time, scale=1 / STEPS)
SETTINGS = {"epochs": 20, "batch_size": 64, "lr": 3e-3}


def run(sizes: tuple[int, ...], spikes: data.Split, seed: int) -> dict:
    """Train one network and return its accuracy, spikes and seconds."""
    generator = torch.Generator().manual_seed(seed)
    options = {"surrogate": fast_sigmoid(width=0.4)} if len(sizes) > 2 else {}
    rate = float(spikes.train_inputs.mean()) / PARAMS.dt
    network = SpikingNetwork(sizes, PARAMS, input_rate=rate, generator=generator, **options)
    start = time.perf_counter()
    history = training.fit(
        network,
        spikes.train_inputs,
        spikes.train_labels,
        loss=LOSS,
        generator=generator,
        progress=False,
        **SETTINGS,
    )
    seconds = time.perf_counter() - start
    judged = training.accuracy(
        network, spikes.test_inputs, spikes.test_labels, decide=training.decide_by_sum
    )
    rates = history.firing_rates(STEPS * PARAMS.dt)[-1]
    return {"accuracy": judged.value, "seconds": seconds, "rate": rates[0] if rates else 0.0}


def logistic(spikes: data.Split) -> float:
    """Return the test accuracy of logistic regression on all T x N entries of the raster."""
    flat = [part.transpose(0, 1).flatten(1).numpy() for part in (spikes[0], spikes[2])]
    model = LogisticRegression(max_iter=500).fit(flat[0], spikes.train_labels.numpy())
    return float(model.score(flat[1], spikes.test_labels.numpy()))


def main() -> None:
    torch.set_num_threads(1)
    split = data.digits()
    encode = partial(data.latency_code, steps=STEPS, tau=30e-3)
    spikes = data.Split(encode(split[0]), split[1], encode(split[2]), split[3])
    found = {"logistic": logistic(spikes), "test_size": len(split.test_labels)}
    for name, sizes in (("spiking", (64, 100, 10)), ("no_hidden", (64, 10))):
        rows = [run(sizes, spikes, seed) for seed in SEEDS]
        found[name] = {key: [row[key] for row in rows] for key in rows[0]}
        print(name, found[name])
    results.save("ch01_digits", found, command="python experiments/digits.py", seeds=SEEDS)


if __name__ == "__main__":
    main()
