"""Which neurons remember the order of two cues, and for how long (chapter 8b, claim 8b.2).

    python experiments/ch08b_memory.py        about half an hour on one core

Two cues of 20 ms, 20 ms apart, then a delay of 50 to 400 ms that no network knows in advance, then
the signal to answer. One hidden layer of 40 neurons (two layers of 40 in one arm) and a readout
with a membrane of 20 ms; the loss reads the 50 ms of the signal alone. The arms differ in the
hidden neurons: leaky ones with a membrane of 20 or 400 ms, recurrent ones, or a fast layer and then
a slow one; an adaptive threshold that decays with 400 or with 100 ms; an adaptation current
of 400 ms that spikes alone drive, or the membrane too. Each arm has a search of its own, four
learning rates over two decades, with two seeds that no result has, and trains until its validation
accuracy has not risen for eight epochs; the recurrent arm, which improves in jumps, gets all
thirty.
Stored with each run: its test accuracy for each delay, also beyond those of the training, and the
rate of the hidden neurons.
"""

from functools import cache

import torch
from _protocol import SEARCH_SEEDS, compare, until_flat
from _sweep import options, save, seeded
from torch import Tensor, nn

from snnbook import training
from snnbook.data import recall_order
from snnbook.kernels import run_layer
from snnbook.neurons import (
    LIF,
    AdaptiveNeuron,
    AdLIFNeuron,
    LeakyNeuron,
    LeakyReadout,
    LIFNeuron,
    NetworkOutput,
    RecurrentLIF,
)
from snnbook.surrogates import fast_sigmoid

DT, HIDDEN, BATCH, EPOCHS, PATIENCE, CLIP = 2e-3, 40, 50, 30, 8, 1.0
FAST, SLOW, SHORT = 20e-3, 0.4, 0.1
LATE = 30  # the recurrent arm gets all epochs: its accuracy jumps late, after many that are flat
TRIALS = {"train": 600, "validation": 300, "test": 400}
TRAINED, ASKED = (25, 200), (25, 50, 100, 200, 300, 400)  # delays in steps of 2 ms
RATES = (1e-3, 5e-3, 2e-2, 1e-1)
SHARED = {"dt": DT, "surrogate": fast_sigmoid(width=0.2)}
SYNAPSE = {"tau_syn": 5e-3, **SHARED}
ADDED = 0.5  # what a spike adds to the threshold, or takes off the membrane in the long run


def leaky(tau_mem: float) -> LIFNeuron:
    """Return a LIF neuron with this membrane."""
    return LIFNeuron(tau_mem=tau_mem, **SYNAPSE)


def adaptive(tau_adapt: float) -> AdaptiveNeuron:
    """Return a neuron of 20 ms whose threshold decays with ``tau_adapt``."""
    return AdaptiveNeuron(tau_mem=FAST, tau_adapt=tau_adapt, strength=ADDED, **SYNAPSE)


def current(coupling: float) -> AdLIFNeuron:
    """Return a neuron of 20 ms with an adaptation current of 400 ms; a spike adds 0.5 to it."""
    still = AdLIFNeuron(tau_mem=FAST, tau_adapt=SLOW, coupling=coupling, jump=0.0, **SHARED)
    jump = ADDED / (1 - still.rho)
    return AdLIFNeuron(tau_mem=FAST, tau_adapt=SLOW, coupling=coupling, jump=jump, **SHARED)


#: The hidden layers of each arm, and whether they are recurrent.
ARMS = {
    "LIF": ((leaky(FAST),), False),
    "LIF, slow": ((leaky(SLOW),), False),
    "LIF, recurrent": ((leaky(FAST),), True),
    "LIF, fast layer, slow layer": ((leaky(FAST), leaky(SLOW)), False),
    "adaptive threshold": ((adaptive(SLOW),), False),
    "adaptive threshold, 100 ms": ((adaptive(SHORT),), False),
    "adLIF, spikes alone": ((current(0.0),), False),
    "adLIF, a = 10": ((current(10.0),), False),
}


def by_the_signal(readout: Tensor, labels: Tensor) -> Tensor:
    """Return the cross entropy of the mean over the signal."""
    return training.mean_over_time(readout[-25:], labels)


def decide(readout: Tensor) -> Tensor:
    """Return the class with the largest sum over the signal."""
    return readout[-25:].sum(0).argmax(-1)


by_the_signal.decide = decide


class Network(nn.Module):
    """Hidden layers of any neurons, and a leaky readout; membranes start with a std of 1."""

    def __init__(self, neurons, recurrent: bool, inputs: int, rate: float, generator):
        super().__init__()
        self.neurons, self.weights, self.loops = neurons, nn.ParameterList(), nn.ParameterList()
        size = inputs
        for neuron in neurons:
            tau_syn = getattr(neuron, "tau_syn", 1e-6)  # a current that jumps has no synapse
            like = LIFNeuron(tau_mem=neuron.tau_mem, tau_syn=tau_syn, dt=DT)
            given = {"std": 1.0, "input_rate": rate, "generator": generator}
            layer = (RecurrentLIF if recurrent else LIF)(size, HIDDEN, like, **given)
            self.weights.append(layer.weight)
            if recurrent:
                self.loops.append(layer.recurrent_weight)
            size, rate = HIDDEN, 10.0
        own = LeakyNeuron(tau_mem=FAST, tau_syn=5e-3, dt=DT)
        self.readout = LeakyReadout(HIDDEN, 2, own, std=1.0, input_rate=rate, generator=generator)

    def forward(self, spikes: Tensor) -> NetworkOutput:
        records = []
        for k, neuron in enumerate(self.neurons):
            own = self.loops[k] if len(self.loops) else None
            records.append(run_layer(neuron, spikes, self.weights[k], recurrent_weight=own))
            spikes = records[-1].spikes
        return NetworkOutput(self.readout(spikes).mem, tuple(records))


@cache
def parts() -> tuple[tuple[Tensor, Tensor], ...]:
    """Return spikes and labels for training, validation and test, all delays mixed."""
    generator = seeded(0)
    drawn = [recall_order(n, *TRAINED, dt=DT, generator=generator) for n in TRIALS.values()]
    return tuple((one.spikes, one.labels) for one in drawn)


@cache
def asked(delay: int) -> tuple[Tensor, Tensor]:
    """Return test trials of one delay."""
    trials = recall_order(TRIALS["test"], delay, dt=DT, generator=seeded(1 + delay))
    return trials.spikes, trials.labels


def train(neuron: str, seed: int, judged: bool, lr: float) -> dict:
    """Train one network; return its accuracies, and if judged those of the test for each delay."""
    split, generator = parts()[: 2 + judged], seeded(seed)
    rate = float(split[0][0].mean()) / DT
    model = Network(*ARMS[neuron], split[0][0].shape[2], rate, generator)
    found = until_flat(
        model,
        split,
        lr=lr,
        generator=generator,
        epochs=EPOCHS,
        patience=LATE if ARMS[neuron][1] else PATIENCE,
        batch_size=BATCH,
        loss=by_the_signal,
        clip=CLIP,
    )
    if not judged:
        return found
    with torch.no_grad():
        hidden = model(split[1][0]).hidden
    found["hz"] = [float(one.spikes.mean()) / DT for one in hidden]
    found["by_delay"] = [training.accuracy(model, *asked(delay)).value for delay in ASKED]
    return found


def main() -> None:
    given = options(__doc__, seeds=5)
    arms = [{"neuron": name} for name in ARMS]
    found = compare(given, arms, {"lr": RATES}, train, SEARCH_SEEDS)
    told = {
        "dt": DT,
        "hidden": HIDDEN,
        "batch": BATCH,
        "epochs": EPOCHS,
        "patience": PATIENCE,
        "late": LATE,
    }
    told |= {"clip": CLIP, "width": SHARED["surrogate"].width, "trials": TRIALS}
    told |= {"trained_ms": [1e3 * DT * one for one in TRAINED]}
    save(given, found | told | {"delays_ms": [1e3 * DT * one for one in ASKED]})


if __name__ == "__main__":
    main()
