"""How many neurons it takes to know one lag, with and without a delay that learns (chapter 8a).

    python experiments/ch08a_lag.py        about 5 minutes on one core

Two inputs spike once each, and the class says whether the second comes twelve steps after the first
(``data.one_lag``). One hidden layer of 4 or 16 neurons without and with recurrent weights (which
start at 0), or of 1 or 4 whose synapses have delays that learn, at ten times the rate of weights
and held in their range; each with a bias and a leaky readout. Each searches the learning rate on
validation data, over two decades, with a seed that no result has.
"""

from functools import cache

import torch
from _delays import delays_that_learn
from _protocol import SEARCH_SEEDS, compare, until_flat
from _sweep import options, save, seeded
from torch import Tensor

from snnbook import data
from snnbook.layers import Cells, Delays, Dense, Network
from snnbook.neurons import LIFNeuron
from snnbook.surrogates import fast_sigmoid

LAG, STEPS, LONGEST = 12, 60, 25
BATCH, PATIENCE, EPOCHS, NARROW, DELAY_RATE = 50, 20, 60, 10, 10
SURROGATE = fast_sigmoid(width=0.2)
RATES = (2e-3, 2e-2, 2e-1)
TAU = 10e-3  # of the membranes; that of the currents is half of it
SIZES = {"weights": (4, 16), "recurrent": (4, 16), "learned delays": (1, 4)}
ARMS = [{"arm": arm, "neurons": n} for arm, sizes in SIZES.items() for n in sizes]


@cache
def parts() -> tuple[tuple[Tensor, Tensor], ...]:
    """Return spikes (T, n, 2) and labels for training, validation and test."""
    return tuple(
        data.one_lag(n, LAG, steps=STEPS, generator=seeded(seed))
        for seed, n in enumerate((400, 300, 600))
    )


def network_of(arm: str, neurons: int, seed: int) -> Network:
    """Return the network of an arm: one hidden layer, and a leaky readout."""
    neuron = LIFNeuron(tau_mem=TAU, tau_syn=TAU / 2, surrogate=SURROGATE)
    start = {"input_rate": 1e3 / STEPS, "std": 1.0, "bias": True, "generator": seeded(seed)}
    if arm == "learned delays":
        hidden = [Delays(2, neurons, LONGEST, neuron=neuron, **start), Cells(neuron)]
    else:
        hidden = [Dense(2, neurons, neuron, recurrent=arm == "recurrent", **start)]
        if arm == "recurrent":
            torch.nn.init.zeros_(hidden[0].recurrent_weight)
    readout = Dense(neurons, 2, neuron.leaky, **start | {"input_rate": 10.0})
    return Network([*hidden, readout])


def train(arm: str, neurons: int, seed: int, judged: bool, lr: float) -> dict:
    """Train one network; return its accuracies, of the test if judged."""
    network, split = network_of(arm, neurons, seed), parts()[: 2 + judged]
    found = until_flat(
        network,
        split,
        lr=lr,
        generator=seeded(5000 + seed),
        epochs=EPOCHS,
        patience=PATIENCE,
        batch_size=BATCH,
        **delays_that_learn(network, DELAY_RATE, NARROW, LONGEST),
    )
    del found["measured"]
    if judged and arm == "learned delays":
        found["delays"] = network[0].whole_delays().flatten().tolist()
    return found | {"parameters": sum(p.numel() for p in network.parameters())}


def main() -> None:
    given = options(__doc__, seeds=5)
    found = compare(given, ARMS, {"lr": RATES}, train, SEARCH_SEEDS[:1])
    told = {"batch": BATCH, "patience": PATIENCE, "epochs": EPOCHS, "width": SURROGATE.width}
    told |= {"tau": TAU, "lag": LAG, "steps": STEPS, "longest": LONGEST, "narrow": NARROW}
    save(given, found | told | {"delay_rate": DELAY_RATE})


if __name__ == "__main__":
    main()
