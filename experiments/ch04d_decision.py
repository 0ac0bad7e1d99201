"""Accuracy and spikes over time, single spikes and three surrogate-trained networks (chapter 4d).

    python experiments/ch04d_decision.py [--seeds 3]

Yin-Yang in the clock code; times are in synaptic time constants.
"""

from functools import partial

import torch
from _single_spikes import NEURON, SPAN, STEPS, encode, load, single_spike, stored, surrogate
from _sweep import options, pick, run_cases, save
from torch import Tensor

from snnbook import data, spike_times, training
from snnbook.neurons import SpikingNetwork

#: Name: loss, and price of a spike.
KINDS = {
    "surrogate, peak": (training.max_over_time, 0.0),
    "surrogate, peak, few spikes": (training.max_over_time, 0.05),
    "surrogate, mean, few spikes": (partial(training.sum_over_time, scale=1 / STEPS), 0.05),
}


def course_of_surrogate(
    network: SpikingNetwork, values: Tensor, labels: Tensor, peak: bool = True
) -> dict:
    """Return accuracy and hidden spikes so far, by the time at which the readout is read."""
    with torch.no_grad():
        output = network(encode(values))
    so_far = output.readout.cummax(0).values if peak else output.readout.cumsum(0)
    right = (so_far.argmax(2) == labels).double().mean(1)
    count = output.hidden[0].spikes.sum(2).cumsum(0).mean(1)
    steps = torch.arange(STEPS) * NEURON.dt / NEURON.tau_syn
    return {"time": steps.tolist(), "accuracy": right.tolist(), "spikes": count.tolist()}


def course_of_timing(network: spike_times.TimingNetwork, values: Tensor, labels: Tensor) -> dict:
    """Return the same for single spikes; a sample without an output spike so far is wrong."""
    with torch.no_grad():
        output = network(data.clock_code(values, span=SPAN))
    decided, answer = output.times.min(1)
    grid = torch.arange(STEPS, dtype=torch.float64) * NEURON.dt / NEURON.tau_syn
    right = ((decided <= grid[:, None]) & (answer == labels)).double().mean(1)
    stop = torch.minimum(decided, grid[:, None])
    count = (output.hidden[0] <= stop[:, :, None]).double().sum(2).mean(1)
    return {
        "time": grid.tolist(),
        "accuracy": right.tolist(),
        "spikes": count.tolist(),
        "decided": float(decided.median()),
        "all_spikes": float(torch.isfinite(output.hidden[0]).double().sum(1).mean()),
    }


def run(epochs: tuple[int, int, int], name: str, seed: int) -> dict:
    """Train one network and return its course."""
    *_, values, labels = load()
    if name not in KINDS:
        network, _ = single_spike("double", seed, epochs[0])
        return {"course": course_of_timing(network, values, labels)}
    loss, price = KINDS[name]
    network = surrogate(seed, loss, price, epochs[1:])
    peak = loss is training.max_over_time
    return {"course": course_of_surrogate(network, values, labels, peak=peak)}


def main() -> None:
    given = options(__doc__, seeds=3, single=24, epochs=16, more=6)
    names = ("single spikes", *KINDS)
    cases = [{"name": name, "seed": seed} for seed in given.seeds for name in names]
    rows = run_cases(given, cases, partial(run, (given.single, given.epochs, given.more)))
    save(given, stored({name: pick(rows, "course", name=name) for name in names}))


if __name__ == "__main__":
    main()
