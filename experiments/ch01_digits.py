"""Train the spiking network of chapter 1 on handwritten digits with ten seeds.

    python experiments/ch01_digits.py        about three minutes on one core

Beside it, on the same spikes: a readout without hidden layer, and logistic regression on all spike
trains. Nothing was chosen on the test images: time constants, surrogate width, learning rate and
epochs were chosen on the last 280 of the 1400 training images.
"""

import time
from functools import partial

from _sweep import options, pick, run_cases, save, seeded
from sklearn.linear_model import LogisticRegression

from snnbook import data, training
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.surrogates import fast_sigmoid

STEPS = 50
NEURON = LIFNeuron(tau_mem=20e-3, tau_syn=10e-3, surrogate=fast_sigmoid(width=0.4))
LOSS = partial(training.sum_over_time, scale=1 / STEPS)
SETTINGS = {"batch_size": 64, "lr": 3e-3}
SIZES = {"spiking": (64, 100, 10), "no_hidden": (64, 10)}


def run(spikes: data.Split, epochs: int, kind: str, seed: int) -> dict:
    """Train one network and return its accuracy, spikes and seconds."""
    generator, sizes = seeded(seed), SIZES[kind]
    rate = float(spikes.train_inputs.mean()) / NEURON.dt
    network = SpikingNetwork(sizes, NEURON, input_rate=rate, generator=generator, std=1.0)
    start = time.perf_counter()
    history = training.fit(
        network,
        spikes.train_inputs,
        spikes.train_labels,
        epochs=epochs,
        loss=LOSS,
        generator=generator,
        progress=False,
        **SETTINGS,
    )
    seconds = time.perf_counter() - start
    judged = training.accuracy(
        network, spikes.test_inputs, spikes.test_labels, decide=training.decide_by_sum
    )
    rates = history.firing_rates(STEPS * NEURON.dt)[-1]
    return {"accuracy": judged.value, "seconds": seconds, "rate": rates[0] if rates else 0.0}


def logistic(spikes: data.Split) -> float:
    """Return the test accuracy of logistic regression on all T x N entries of the raster."""
    flat = [part.transpose(0, 1).flatten(1).numpy() for part in (spikes[0], spikes[2])]
    model = LogisticRegression(max_iter=500).fit(flat[0], spikes.train_labels.numpy())
    return float(model.score(flat[1], spikes.test_labels.numpy()))


def main() -> None:
    given = options(__doc__, seeds=10, epochs=20)
    spikes = data.digits().encoded(partial(data.latency_code, steps=STEPS, tau=30e-3))
    cases = [{"kind": kind, "seed": seed} for kind in SIZES for seed in given.seeds]
    rows = run_cases(given, cases, partial(run, spikes, given.epochs))
    names = ("accuracy", "seconds", "rate")
    found = {kind: {key: pick(rows, key, kind=kind) for key in names} for kind in SIZES}
    test_size = len(spikes.test_labels)
    save(given, {"logistic": logistic(spikes), "test_size": test_size} | found)


if __name__ == "__main__":
    main()
