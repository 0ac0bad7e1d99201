"""Accuracy, time and spikes of a decision: single spikes and surrogates (chapter 4d, claim 11).

    python experiments/ch04d_decision.py        half an hour on one core

Yin-Yang in the clock code; times are in synaptic time constants. Every arm has a learning rate of
its own, chosen on the published validation set with one seed that no result has. It falls by 7 %
in each epoch; training ends when the validation accuracy has not risen for 8 epochs, and the best
epoch is kept. The price of a hidden spike is a part of an arm's definition. The arm with a loss on
first spikes has an output layer of spiking neurons and the very loss of the single-spike network;
it decides at its first output spike.
"""

import copy
import time
from functools import partial

import torch
from _protocol import SEARCH_SEEDS, compare, until_flat
from _single_spikes import HIDDEN, NEURON, SPAN, STEPS, encode, points, share_right, single_spike
from _sweep import options, save, seeded
from torch import Tensor, nn

from snnbook import data, spike_times, training
from snnbook.neurons import LIF, NetworkOutput, SpikingNetwork

PRICE = 0.05  # in nats, for one spike of every hidden neuron in a sample
#: Arm: what the loss looks at, and the price of spikes.
ARMS = {
    "single spikes": ("exact", 0.0),
    "surrogate, peak": ("peak", 0.0),
    "surrogate, peak, few spikes": ("peak", PRICE),
    "surrogate, mean, few spikes": ("mean", PRICE),
    "surrogate, first spike": ("first", 0.0),
}
DECAY, PATIENCE = 0.93, 8
UNIT = NEURON.dt / NEURON.tau_syn  # of a step, in synaptic time constants
TIMES = torch.arange(STEPS, dtype=torch.float64) * UNIT


class SpikingOutput(nn.Module):
    """A hidden layer and an output layer of the same neurons; the readout is spikes."""

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()
        start = {"std": 1.0, "generator": generator}
        self.hidden = LIF(5, HIDDEN, NEURON, input_rate=30.0, **start)
        self.out = LIF(HIDDEN, 3, NEURON, **start)

    def forward(self, spikes: Tensor) -> NetworkOutput:
        hidden = self.hidden(spikes)
        return NetworkOutput(self.out(hidden.spikes).spikes, (hidden,))


class Falling(torch.optim.Adam):
    """Adam with a learning rate that falls by the same factor in every step."""

    def __init__(self, parameters, lr: float, factor: float) -> None:
        super().__init__(parameters, lr=lr)
        self.factor = factor

    def step(self, closure=None):
        value = super().step(closure)
        for group in self.param_groups:
            group["lr"] *= self.factor
        return value


def first_spike_loss(spikes: Tensor, labels: Tensor) -> Tensor:
    """Return the loss of the single-spike network, on the steps at which outputs spike first.

    It is ``training.ttfs_cross_entropy`` with a small pressure on the right output to be early.
    """
    times = training.first_spike_time(spikes, dt=UNIT)
    return spike_times.time_cross_entropy(times, labels, tau=0.05, late=STEPS * UNIT, early=0.01)


# What a decision costs ---------------------------------------------------------------------------


def first_spikes(spikes: Tensor) -> Tensor:
    """Return the time of each first spike in synaptic time constants, infinity without one."""
    found = training.first_spike_time(spikes.double(), dt=UNIT)
    return torch.where(spikes.any(0), found, torch.inf)


def course_by_readout(network: SpikingNetwork, values: Tensor, labels: Tensor, peak: bool) -> dict:
    """Return accuracy and hidden spikes so far, by the time at which the readout is read."""
    output = network(encode(values))
    so_far = output.readout.cummax(0).values if peak else output.readout.cumsum(0)
    right = (so_far.argmax(2) == labels).double().mean(1)
    count = output.hidden[0].spikes.sum(2).cumsum(0).mean(1)
    return _course(right, count) | {"all_spikes": float(count[-1])}


def course_by_spike(times: Tensor, hidden: Tensor, labels: Tensor) -> dict:
    """Return the same for first spikes: ``hidden`` (times, B) counts hidden spikes until then.

    A sample without an output spike so far is wrong; one with an output spike costs no more.
    """
    decided, answer = times.min(1)
    right = ((decided <= TIMES[:, None] + 1e-9) & (answer == labels)).double().mean(1)
    stop = torch.minimum((decided / UNIT - 1e-6).ceil(), torch.arange(STEPS)[:, None]).long()
    count = hidden.gather(0, stop).mean(1)
    return _course(right, count) | {
        "decided": float(decided.median()),
        "all_spikes": float(hidden[-1].mean()),
    }


def _course(right: Tensor, count: Tensor) -> dict:
    return {
        "accuracy": [round(value, 4) for value in right.tolist()],
        "spikes": [round(value, 2) for value in count.tolist()],
    }


def hidden_of_single(times: Tensor) -> Tensor:
    """Return how many hidden neurons have spiked by each time, (times, B)."""
    return torch.stack([(times <= moment + 1e-9).double().sum(1) for moment in TIMES])


# Training ----------------------------------------------------------------------------------------


def train_single(epochs: int, seed: int, lr: float, split: list) -> tuple[nn.Module, dict]:
    """Train single spikes until flat; return the best epoch's network, and its row."""
    top = {"value": -1.0, "epoch": 0, "state": None}
    curve = []

    def watch(epoch, network, history) -> bool:
        curve.append(share_right(network, *split[1]))
        if curve[-1] > top["value"]:
            state = copy.deepcopy(network.state_dict())
            top.update(value=curve[-1], epoch=epoch, state=state)
        return epoch - top["epoch"] >= PATIENCE

    network, history = single_spike("double", seed, epochs, DECAY, lr, watch)
    network.load_state_dict(top["state"])
    return network, {
        "validation": top["value"],
        "train": history.accuracy[top["epoch"] - 1],
        "epoch": top["epoch"],
        "curve": [round(value, 4) for value in curve],
    }


def train_surrogate(
    epochs: int, seed: int, lr: float, split: list, what: str, price: float
) -> tuple[nn.Module, dict]:
    """Train ordinary LIF neurons with a surrogate gradient until flat; return the same."""
    generator, batch = seeded(seed), 100
    if what == "first":
        network, loss = SpikingOutput(generator), first_spike_loss
    else:
        network = SpikingNetwork(
            (5, HIDDEN, 3), NEURON, input_rate=30.0, generator=generator, std=1.0
        )
        loss = training.max_over_time if what == "peak" else training.mean_over_time

    def regularizer(output):
        return training.spike_count_penalty(output.hidden[0].spikes, linear=price)

    row = until_flat(
        network, split, lr=lr, generator=generator, epochs=epochs, patience=PATIENCE,
        batch_size=batch, loss=loss, regularizer=regularizer if price else None,
        decide=training.decide_by_first_spike if what == "first" else None,
        optimizer=partial(Falling, factor=DECAY ** (batch / len(split[0][1]))),
    )  # fmt: skip
    return network, row


@torch.no_grad()
def course(network: nn.Module, what: str, values: Tensor, labels: Tensor) -> dict:
    """Return the course of a network over the test set."""
    if what in ("peak", "mean"):
        return course_by_readout(network, values, labels, peak=what == "peak")
    if what == "exact":
        output = network(data.clock_code(values, span=SPAN))
        return course_by_spike(output.times, hidden_of_single(output.hidden[0]), labels)
    output = network(encode(values))
    so_far = output.hidden[0].spikes.sum(2).cumsum(0).double()
    return course_by_spike(first_spikes(output.readout), so_far, labels)


def train(epochs: int, arm: str, lr: float, seed: int, judged: bool) -> dict:
    """Train one network; return its accuracies, and the course of its decisions if judged."""
    begun, (what, price) = time.perf_counter(), ARMS[arm]
    split = points(False)
    if what == "exact":
        network, row = train_single(epochs, seed, lr, split)
    else:
        split = [(encode(values), labels) for values, labels in split]
        network, row = train_surrogate(epochs, seed, lr, split, what, price)
    if judged:
        row["course"] = course(network, what, *points(True)[2])
        row["test"] = row["course"]["accuracy"][-1]
    return row | {"seconds": round(time.perf_counter() - begun, 1)}


def grid(arm: dict) -> dict:
    """Return the learning rates of an arm; those of single spikes have a unit of their own."""
    single = arm["arm"] == "single spikes"
    return {"lr": (0.02, 0.1, 0.2, 0.5, 2.0) if single else (2e-4, 1e-3, 2e-3, 5e-3, 2e-2)}


def main() -> None:
    given = options(__doc__, seeds=5, epochs=30)
    arms = [{"arm": name} for name in ARMS]
    found = compare(given, arms, grid, partial(train, given.epochs), SEARCH_SEEDS[:1])
    extra = {"times": TIMES.tolist(), "price": PRICE, "sizes": [5, HIDDEN, 3], "span": SPAN}
    save(given, found | extra)


if __name__ == "__main__":
    main()
