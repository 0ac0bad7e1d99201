"""Single-spike networks on Yin-Yang: accuracy, silent neurons, time to a decision (chapter 4d).

Usage: python experiments/spike_timing.py PART [--seeds 5]
PART is one of yin_yang, silent, decision, stream. The result goes to snnbook/results.
Times are in synaptic time constants.
"""

import argparse
import sys
import time
from functools import partial

import torch
from torch import Tensor

from snnbook import data, results, spike_times, training
from snnbook.neurons import LIFParameters, SpikingNetwork

HIDDEN, SPAN, STEPS = 120, 2.0, 100
SETTINGS = {  # of the non-leaky cell, and of the two leaky ones
    "non-leaky": {"gain": (2.0, 6.0), "spread": (1.5, 2.0), "bump": 0.1, "early": 0.0},
    "double": {"gain": (2.5, 6.0), "spread": (1.0, 2.0), "bump": 0.2, "early": 0.01},
    "equal": {"gain": (2.5, 6.0), "spread": (1.0, 2.0), "bump": 0.2, "early": 0.01},
}


REMEDIES = {  # name: step of the bump, margin of the penalty
    "none": {"bump": None},
    "bump": {"bump": 0.2},
    "penalty": {"bump": None, "margin": 1.0},
    "penalty, margin 4": {"bump": None, "margin": 4.0},
}


def rng(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def load() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return the published training and test sets of Yin-Yang, as values."""
    return *data.yin_yang(5000, seed=42), *data.yin_yang(1000, seed=40)


def share_right(network: spike_times.TimingNetwork, values: Tensor, labels: Tensor) -> float:
    return spike_times.share_right(network, data.clock_code(values, span=SPAN), labels)


def single_spike(name: str, seed: int, epochs: int, decay: float = 0.88, **changes):
    """Train one network and return it with its history."""
    values, labels, *_ = load()
    settings = SETTINGS[name] | changes
    loss = partial(spike_times.time_cross_entropy, tau=0.05, early=settings.pop("early"))
    bump, margin = settings.pop("bump"), settings.pop("margin", None)
    generator = rng(seed)
    network = spike_times.TimingNetwork(
        (5, HIDDEN, 3), spike_times.CELLS[name](), generator=generator, **settings
    )
    history = spike_times.fit_times(
        network, data.clock_code(values, span=SPAN), labels, epochs=epochs, batch_size=150,
        generator=generator, lr=0.2, decay=decay, loss=loss,
        remedy=partial(spike_times.bump_silent, step=bump) if bump else None,
        penalty=partial(spike_times.weight_sum_penalty, margin=margin) if margin else None,
    )  # fmt: skip
    return network, history


def yin_yang(seeds: int) -> dict:
    """Every cell, 24 epochs: test accuracy, also on points of no published set, and seconds."""
    *_, values, labels = load()
    fresh = data.yin_yang(10_000, seed=43)
    found = {}
    for name in SETTINGS:
        rows = []
        for seed in range(seeds):
            network, history = single_spike(name, seed, 24)
            accuracy = share_right(network, values, labels)
            again = share_right(network, *fresh)
            row = (accuracy, again, history.accuracy, history.dead[-1], sum(history.seconds))
            rows.append(row)
            print(name, seed, accuracy, again, row[3:], flush=True)
        keys = ("test", "fresh", "training", "dead", "seconds")
        found[name] = dict(zip(keys, map(list, zip(*rows))))
    return found


def silent(seeds: int) -> dict:
    """Silent neurons over training by start and remedy, with the leaky cell tau_mem = 2 tau_syn."""
    *_, values, labels = load()
    found = {}
    for start, gain in (("healthy", (2.5, 6.0)), ("quiet", (0.3, 2.0))):
        for name, remedy in REMEDIES.items():
            rows = []
            for seed in range(seeds):
                network, history = single_spike("double", seed, 10, 0.8, gain=gain, **remedy)
                accuracy = share_right(network, values, labels)
                rows.append((accuracy, history.silent, history.dead, history.raised))
                print(start, name, seed, accuracy, history.silent[-1], history.dead[-1])
            keys = ("test", "silent", "dead", "bumped")
            found[f"{start}, {name}"] = dict(zip(keys, map(list, zip(*rows))))
    return found


# Time to a decision ----------------------------------------------------------------------------

PARAMS = LIFParameters(tau_mem=10e-3, tau_syn=5e-3, dt=0.2e-3)  # 25 steps for a synaptic constant


def encode(values: Tensor) -> Tensor:
    """Return the spikes of the clock code in steps of 0.2 ms: (100, B, 5)."""
    step = (data.clock_code(values, span=SPAN) * PARAMS.tau_syn / PARAMS.dt).round().long()
    return torch.zeros(STEPS, *step.shape).scatter_(0, step[None], 1.0)


def surrogate(seed: int, loss, price: float, epochs=(16, 6), lr: float = 2e-3) -> SpikingNetwork:
    """Train a network of ordinary LIF neurons with a leaky readout on the same spikes."""
    values, labels, *_ = load()
    network = SpikingNetwork((5, HIDDEN, 3), PARAMS, input_rate=30.0, generator=rng(seed))

    def regularizer(output):
        return training.spike_count_penalty(output.hidden[0].spikes, linear=price)

    for count, rate in zip(epochs, (lr, lr / 5), strict=True):
        training.fit(
            network, values, labels, epochs=count, batch_size=100, generator=rng(seed), loss=loss,
            lr=rate, encode=encode, regularizer=regularizer if price else None, progress=False,
        )  # fmt: skip
    return network


def course_of_surrogate(
    network: SpikingNetwork, values: Tensor, labels: Tensor, peak: bool = True
) -> dict:
    """Return accuracy and hidden spikes so far, by the time at which the readout is read."""
    with torch.no_grad():
        output = network(encode(values))
    so_far = output.readout.cummax(0).values if peak else output.readout.cumsum(0)
    right = (so_far.argmax(2) == labels).double().mean(1)
    count = output.hidden[0].spikes.sum(2).cumsum(0).mean(1)
    steps = torch.arange(STEPS) * PARAMS.dt / PARAMS.tau_syn
    return {"time": steps.tolist(), "accuracy": right.tolist(), "spikes": count.tolist()}


def course_of_timing(network: spike_times.TimingNetwork, values: Tensor, labels: Tensor) -> dict:
    """Return the same for single spikes; a sample without an output spike so far is wrong."""
    with torch.no_grad():
        output = network(data.clock_code(values, span=SPAN))
    decided, answer = output.times.min(1)
    grid = torch.arange(STEPS, dtype=torch.float64) * PARAMS.dt / PARAMS.tau_syn
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


def decision(seeds: int) -> dict:
    """Accuracy and spikes over time: single spikes, and three surrogate-trained networks."""
    *_, values, labels = load()
    kinds = {
        "surrogate, peak": (training.max_over_time, 0.0),
        "surrogate, peak, few spikes": (training.max_over_time, 0.05),
        "surrogate, mean, few spikes": (partial(training.sum_over_time, scale=1 / STEPS), 0.05),
    }
    found = {"single spikes": []}
    for seed in range(seeds):
        network, _ = single_spike("double", seed, 24)
        found["single spikes"].append(course_of_timing(network, values, labels))
        for name, (loss, price) in kinds.items():
            start = time.perf_counter()
            network = surrogate(seed, loss, price)
            row = course_of_surrogate(network, values, labels, peak=loss is training.max_over_time)
            found.setdefault(name, []).append(row)
            seconds = time.perf_counter() - start
            print(name, seed, row["accuracy"][-1], row["spikes"][-1], seconds, flush=True)
    return found


def stream(seeds: int) -> dict:
    """Two points in a row, without any reset: surrogate-trained networks on the second point."""
    *_, values, labels = load()
    first, second = encode(values[:500]), encode(values[500:])
    pause = torch.zeros(300 - STEPS, *first.shape[1:])  # the second point begins after 12 tau_syn
    both = torch.cat([first, pause, second])
    rows = []
    for seed in range(seeds):
        network = surrogate(seed, training.max_over_time, 0.05)
        with torch.no_grad():
            alone = network(second).readout
            after = network(both).readout[300:]
        row = [
            float((readout.max(0).values.argmax(1) == labels[500:]).double().mean())
            for readout in (alone, after)
        ]
        print(seed, row, flush=True)
        rows.append(row)
    alone, after = zip(*rows)
    return {"alone": alone, "second of two": after}


PARTS = {part.__name__: part for part in (yin_yang, silent, decision, stream)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--seeds", type=int, default=5)
    args = parser.parse_args()
    torch.set_num_threads(1)
    found = PARTS[args.part](args.seeds)
    found = {"runs": found, "sizes": [5, HIDDEN, 3], "span": SPAN}
    name = f"ch04d_{args.part}"
    command = "python " + " ".join(sys.argv)
    results.save(name, found, command=command, seeds=range(args.seeds))


if __name__ == "__main__":
    main()
