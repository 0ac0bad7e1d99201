"""What a network loses without its reset, or with one that waits (chapter 8c, claim 8c.3).

    python experiments/ch08c_accuracy.py        about 20 minutes on one core

A feedforward network with one hidden layer of 50 neurons, on digits in the latency code and on
random manifolds, where every input unit has one spike and only its time tells (twenty classes, ten
units). The arms differ in the reset of the hidden neurons alone: subtracted at once, waiting
for the end of a block of 5 or of 20 steps, or none. Each has a search of its own on each task, four
learning rates over two decades, with a seed that no result has. Beside them there is no hidden
layer at all, with a readout solved to its optimum. Stored with each run: the spikes of a hidden
neuron in a trial, on validation data.
"""

import time
from functools import cache, partial

import torch
from _protocol import SEARCH_SEEDS, compare, solve_readout, until_flat
from _sweep import options, save, seeded
from torch import Tensor, nn

from snnbook import data
from snnbook.neurons import LIFNeuron, NetworkOutput, SpikingNetwork
from snnbook.parallel import WaitingNeuron, block_run
from snnbook.surrogates import fast_sigmoid

CONSTANTS = {"tau_mem": 20e-3, "tau_syn": 10e-3}
BATCH, PATIENCE, HIDDEN = 64, 8, 50
TASKS = {"digits": 20, "randman": 50}  # with the most epochs
#: What the hidden neurons are, given a surrogate.
NEURONS = {
    "subtract": partial(LIFNeuron, **CONSTANTS),
    "waits 5": partial(WaitingNeuron, **CONSTANTS, wait=5),
    "waits 20": partial(WaitingNeuron, **CONSTANTS, wait=20),
    "none": partial(LIFNeuron, **CONSTANTS, reset="none"),
}
RATES = (1e-3, 5e-3, 2e-2, 1e-1)
SURROGATE = fast_sigmoid(width=0.2)


@cache
def parts(task: str) -> tuple[tuple[Tensor, Tensor], ...]:
    """Return spikes (T, n, N) and labels for training, validation and test."""
    if task == "randman":
        spikes, labels = data.randman(20, 10, 100, steps=50, generator=seeded(0))
        order = torch.randperm(len(labels), generator=seeded(1)).split([800, 400, 800])
        return tuple((spikes[:, index], labels[index]) for index in order)
    split = data.digits().encoded(partial(data.latency_code, steps=50, tau=30e-3))
    inner = split.validation(300 / 1400)
    return inner[:2], inner[2:], split[2:]


class InBlocks(nn.Module):
    """A network of one hidden layer whose neurons wait, run block by block."""

    def __init__(self, network: SpikingNetwork):
        super().__init__()
        self.network = network

    def forward(self, spikes: Tensor) -> NetworkOutput:
        (layer,) = self.network.hidden
        record = block_run(layer.neuron, spikes @ layer.weight.T)
        return NetworkOutput(self.network.readout(record.spikes).mem, (record,))


def train(task: str, reset: str, seed: int, judged: bool, lr: float | None = None) -> dict:
    """Train one network; return its accuracies, of the test if judged, and its spikes."""
    start, split = time.perf_counter(), parts(task)[: 2 + judged]
    (spikes, labels), generator = split[0], seeded(seed)
    sizes = spikes.shape[2], HIDDEN, int(labels.max()) + 1
    kind = NEURONS.get(reset, NEURONS["subtract"])
    network = SpikingNetwork(
        sizes if reset in NEURONS else sizes[::2],
        kind(surrogate=SURROGATE),
        input_rate=1e3 * float(spikes.mean()),
        generator=generator,
        std=1.0,
    )
    if reset not in NEURONS:
        found = solve_readout(network, split)
        return found | {"seconds": round(time.perf_counter() - start, 1)}
    model = InBlocks(network) if reset.startswith("waits") else network
    found = until_flat(
        model,
        split,
        lr=lr,
        generator=generator,
        epochs=TASKS[task],
        patience=PATIENCE,
        batch_size=BATCH,
    )
    with torch.no_grad():
        counts = model(split[1][0]).hidden[0].spikes.sum(0)
    return found | {"spikes_per_neuron": float(counts.mean())}


def grid(arm: dict) -> dict:
    """Return what is chosen for an arm on validation data."""
    return {"lr": RATES} if arm["reset"] in NEURONS else {}


def main() -> None:
    given = options(__doc__, seeds=5)
    arms = [{"task": task, "reset": reset} for task in TASKS for reset in (*NEURONS, "no layer")]
    found = compare(given, arms, grid, train, SEARCH_SEEDS[:1])
    told = {"batch": BATCH, "patience": PATIENCE, "hidden": HIDDEN}
    save(given, found | told | {"tasks": TASKS, "width": SURROGATE.width})


if __name__ == "__main__":
    main()
