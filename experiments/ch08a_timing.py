"""What a network learns about time that weights do not teach it (chapter 8a, 8a.1 to 8a.3).

    python experiments/ch08a_timing.py        about 25 minutes on one core

Random manifolds of twenty classes and five inputs, each of which spikes once in every sample, so
that counts say nothing and only times do. One hidden layer of 50 neurons and a leaky readout. The
arms: constants that are equal and fixed, that differ and are fixed, that learn from equal ones;
and equal constants with recurrent weights (which start at 0, so that the network begins as the one
without), with delays that are drawn once, with delays that learn at a hundred times the rate of
weights, or, slowly, at ten times and held in their range. Each searches on validation data, with a
seed that no result has, the learning rate over two decades and the mean time constant of the
membranes among three; that of the currents is half of it. Stored with each run: the accuracy on the
test set played backward, and what was learned about time.
"""

from dataclasses import replace
from functools import cache

import torch
from _delays import delays_that_learn
from _protocol import SEARCH_SEEDS, compare, until_flat
from _sweep import options, save, seeded
from torch import Tensor

from snnbook import data, training
from snnbook.layers import Cells, Delays, Dense, Network
from snnbook.neurons import LIFNeuron, draw_constants
from snnbook.surrogates import fast_sigmoid

CLASSES, UNITS, STEPS, HIDDEN = 20, 5, 50, 50
BATCH, PATIENCE, EPOCHS = 50, 8, 40
SURROGATE = fast_sigmoid(width=0.2)
RATES = (1e-3, 5e-3, 2e-2, 1e-1)
TAUS = (10, 20, 50)  # milliseconds
#: Spread of the logarithm of constants that differ; both constants of a neuron are drawn.
SPREAD = 0.7
#: Longest delay in steps, epochs until kernels are narrow (a quarter of all), and rates of delays
#: in steps relative to those of weights; the quarter and the hundred are of Hammouamri et al.
LONGEST, NARROW = 25, 10
DELAY_RATES = {"learned delays": 100, "learned delays, slow": 10}
ARMS = ("equal", "different", "learned", "recurrent", "fixed delays", *DELAY_RATES)
CONSTANTS = ("tau_mem", "tau_syn")


@cache
def parts() -> tuple[tuple[Tensor, Tensor], ...]:
    """Return spikes (T, n, N) and labels for training, validation and test."""
    spikes, labels = data.randman(CLASSES, UNITS, 60, steps=STEPS, generator=seeded(0))
    order = torch.randperm(len(labels), generator=seeded(1)).split([500, 300, 400])
    return tuple((spikes[:, index], labels[index]) for index in order)


def network_of(arm: str, tau: int, seed: int) -> Network:
    """Return the network of an arm: one hidden layer, and a leaky readout."""
    g, tau = seeded(seed), 1e-3 * tau
    neuron = LIFNeuron(tau_mem=tau, tau_syn=tau / 2, surrogate=SURROGATE)
    start = {"input_rate": 1e3 / STEPS, "std": 1.0, "generator": g}
    if "delays" in arm:
        learn = arm in DELAY_RATES
        hidden = [
            Delays(UNITS, HIDDEN, LONGEST, learn=learn, neuron=neuron, **start),
            Cells(neuron),
        ]
    else:
        own, learn = neuron, CONSTANTS if arm == "learned" else ()
        if arm == "different":
            drawn = (draw_constants(x, HIDDEN, spread=SPREAD, generator=g) for x in (tau, tau / 2))
            own = replace(neuron, **dict(zip(CONSTANTS, drawn)))
        hidden = [Dense(UNITS, HIDDEN, own, recurrent=arm == "recurrent", learn=learn, **start)]
        if arm == "recurrent":
            torch.nn.init.zeros_(hidden[0].recurrent_weight)
    readout = Dense(HIDDEN, CLASSES, neuron.leaky, input_rate=10.0, std=1.0, generator=g)
    return Network([*hidden, readout])


def train(arm: str, seed: int, judged: bool, lr: float, tau: int) -> dict:
    """Train one network; return its accuracies, of the test if judged."""
    network, split = network_of(arm, tau, seed), parts()[: 2 + judged]
    longest = LONGEST if arm == "learned delays, slow" else None
    found = until_flat(
        network,
        split,
        lr=lr,
        generator=seeded(5000 + seed),
        epochs=EPOCHS,
        patience=PATIENCE,
        batch_size=BATCH,
        **delays_that_learn(network, DELAY_RATES.get(arm, 1), NARROW, longest),
    )
    del found["measured"]
    found["parameters"] = sum(p.numel() for p in network.parameters())
    if judged:
        spikes, labels = split[2]
        found["backward"] = training.accuracy(network, spikes.flip(0), labels).value
        found |= about_time(network)
    return found


def about_time(network: Network) -> dict:
    """Return what the hidden layer knows about time: its constants in seconds, or its delays."""
    hidden = network[0]
    if isinstance(hidden, Delays):
        return {"delays": hidden.whole_delays().flatten().tolist()}
    found = {name: torch.as_tensor(getattr(hidden.neuron, name)) for name in CONSTANTS}
    return {
        name: [float(f"{x:.3g}") for x in value.flatten().tolist()] for name, value in found.items()
    }


def main() -> None:
    given = options(__doc__, seeds=5)
    grid = {"lr": RATES, "tau": TAUS}
    found = compare(given, [{"arm": arm} for arm in ARMS], grid, train, SEARCH_SEEDS[:1])
    told = {"batch": BATCH, "patience": PATIENCE, "epochs": EPOCHS, "hidden": HIDDEN}
    told |= {"classes": CLASSES, "units": UNITS, "steps": STEPS, "width": SURROGATE.width}
    told |= {"spread": SPREAD, "longest": LONGEST, "narrow": NARROW, "delay_rates": DELAY_RATES}
    save(given, found | told)


if __name__ == "__main__":
    main()
