"""A spiking network, a recurrent one and a GRU of equal size on two tasks (chapter 7, claim 26).

    python experiments/ch07_gru.py        about 15 minutes on one core

All get the same spikes, batches and loss (the mean of the readout over time). The GRU has as many
parameters as the recurrent spiking network. Each has a search of its own on each task, of eight
settings: four learning rates over two decades, times two widths of the surrogate (spiking networks)
or times no regularization and jitter with weight decay (GRU). Jitter moves every input spike by up
to three steps, in training alone. The search has one seed, which no result has. Spiking networks
have half of the epochs in it, the GRU has all, since on random manifolds it begins late. Small on
purpose: 50 spiking neurons, and 50 steps on random manifolds.

Two controls: no hidden layer (a readout solved to its optimum), and the GRU with each input spike
replaced by the membrane response of a leaky neuron (random manifolds alone; no regularization, and
three learning rates).
"""

import time
from dataclasses import replace
from functools import cache, partial

import torch
from _protocol import SEARCH_SEEDS, compare, solve_readout, until_flat
from _sweep import options, save, seeded
from torch import Tensor, nn

from snnbook import data, training
from snnbook.conclusions import GRUNetwork, gru_size, parameters_of
from snnbook.neurons import LIFNeuron, SpikingNetwork, psp_kernel, run
from snnbook.surrogates import fast_sigmoid

NEURON = LIFNeuron(tau_mem=20e-3, tau_syn=10e-3)
JITTER, DECAY = 3, 0.1  # steps; share of a weight per update and unit of learning rate
BATCH, PATIENCE = 32, 10  # samples; epochs without a better validation accuracy
HIDDEN = 50  # neurons of the spiking networks
TASKS = {"digits": 20, "randman": 50}  # with the most epochs
KINDS = ("none", "feedforward", "recurrent", "gru", "gru, filtered input")
RATES = (1e-3, 5e-3, 2e-2, 1e-1)
WIDTHS = {"narrow": 0.1, "wide": 0.4}  # of the surrogate


@cache
def parts(task: str) -> tuple[tuple[Tensor, Tensor], ...]:
    """Return spikes (T, n, N) and labels for training, validation and test."""
    if task == "randman":
        spikes, labels = data.randman(10, 20, 150, steps=50, generator=seeded(0))
        order = torch.randperm(len(labels), generator=seeded(1)).split([750, 250, 500])
        return tuple((spikes[:, index], labels[index]) for index in order)
    split = data.digits().encoded(partial(data.latency_code, steps=50, tau=30e-3))
    inner = split.validation(300 / 1400)
    return inner[:2], inner[2:], split[2:]


def jittered(spikes: Tensor, most: int, generator: torch.Generator) -> Tensor:
    """Move each spike by up to ``most`` steps; what would leave the window stays at its edge."""
    steps, sample, neuron = spikes.nonzero(as_tuple=True)
    moves = torch.randint(-most, most + 1, steps.shape, generator=generator)
    moved = torch.zeros_like(spikes)
    moved[(steps + moves).clamp(0, len(spikes) - 1), sample, neuron] = 1
    return moved


def filtered(spikes: Tensor) -> Tensor:
    """Replace each spike by the response of a leaky neuron, one at its peak."""
    return run(NEURON.leaky, spikes).mem / psp_kernel(NEURON, 200).max()


class Contestant(nn.Module):
    """A network, the jitter of its input in training, and the filter before a GRU."""

    def __init__(self, network: nn.Module, jitter: int, smooth: bool, generator: torch.Generator):
        super().__init__()
        self.network, self.jitter, self.smooth = network, jitter, smooth
        self.generator = generator

    def forward(self, spikes: Tensor):
        if self.training and self.jitter:
            spikes = jittered(spikes, self.jitter, self.generator)
        return self.network(filtered(spikes) if self.smooth else spikes)


def build(kind: str, task: str, width: float, generator: torch.Generator) -> nn.Module:
    """Return an untrained network."""
    (spikes, labels), *_ = parts(task)
    inputs, hidden, outputs = spikes.shape[2], HIDDEN, int(labels.max()) + 1
    if kind.startswith("gru"):
        parameters = inputs * hidden + hidden * hidden + hidden * outputs
        hidden = gru_size(inputs, outputs, parameters)
        return GRUNetwork(inputs, hidden, outputs, generator=generator)
    return SpikingNetwork(
        (inputs, outputs) if kind == "none" else (inputs, hidden, outputs),
        replace(NEURON, surrogate=fast_sigmoid(width=width)),
        recurrent=kind == "recurrent",
        input_rate=float(spikes.mean()) / NEURON.dt,
        generator=generator,
        std=1.0,
    )


def train(
    task: str,
    kind: str,
    seed: int,
    judged: bool,
    lr: float | None = None,
    surrogate: str = "narrow",
    regularized: bool = False,
) -> dict:
    """Train one network; return its accuracies, of the test if judged, and what it cost."""
    generator, start, split = seeded(seed), time.perf_counter(), parts(task)[: 2 + judged]
    network = build(kind, task, WIDTHS[surrogate], generator)
    found = {"parameters": parameters_of(network)}
    if kind == "none":
        found |= solve_readout(network, split)
        return found | {"seconds": round(time.perf_counter() - start, 1)}
    jitter, decay = (JITTER, DECAY) if regularized else (0, 0.0)
    model = Contestant(network, jitter, "filtered" in kind, seeded(seed + 10_000))
    found |= until_flat(
        model,
        split,
        lr=lr,
        generator=generator,
        epochs=TASKS[task] if judged or kind.startswith("gru") else TASKS[task] // 2,
        patience=PATIENCE,
        batch_size=BATCH,
        optimizer=partial(torch.optim.AdamW, weight_decay=decay),
    )
    return found | ({"train": training.accuracy(model, *split[0]).value} if judged else {})


def grid(arm: dict) -> dict:
    """Return what is chosen for a contestant on validation data."""
    choices = {
        "none": {},
        "gru": {"lr": RATES, "regularized": (False, True)},
        "gru, filtered input": {"lr": RATES[1:]},
    }
    return choices.get(arm["kind"], {"lr": RATES, "surrogate": tuple(WIDTHS)})


def main() -> None:
    given = options(__doc__, seeds=5)
    arms = [{"task": task, "kind": kind} for task in TASKS for kind in KINDS]
    arms = [arm for arm in arms if arm["task"] == "randman" or "filtered" not in arm["kind"]]
    found = compare(given, arms, grid, train, SEARCH_SEEDS[:1])
    told = {"jitter": JITTER, "decay": DECAY, "batch": BATCH, "patience": PATIENCE}
    save(given, found | told | {"tasks": TASKS, "widths": WIDTHS, "hidden": HIDDEN})


if __name__ == "__main__":
    main()
