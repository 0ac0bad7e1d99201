"""Time one epoch of training in each library: the digits, and a random set of the size of SHD.

    python benchmarks/epochs.py --repeats 3

The loss is the cross entropy of the largest score over time, the optimizer Adam, the batch 256
samples, the step 1 ms, and an epoch includes the encoding of the input. The digits go through a
latency code of 100 steps into 100 neurons. The random set has 700 inputs at 2 %, 100 steps, 200
recurrent neurons and 20 classes; of the 8156 training samples of the Spiking Heidelberg Digits
512 are run, and the time is scaled up. Interleaved, one thread.
"""

import argparse
import json
import sys
import time
from functools import partial

import networks
import torch
from run import keep, median

from snnbook.data import digits, latency_code
from snnbook.kernels import Events
from snnbook.neurons import LIFNeuron, fluctuation_driven_

BATCH, SHD_SAMPLES, SHD_RUN = 256, 8156, 512


def digit_batches(events: bool):
    split = digits()
    encode = partial(latency_code, steps=100, events=events)
    for start in range(0, len(split.train_labels), BATCH):
        part = slice(start, start + BATCH)
        yield encode(split.train_inputs[part]), split.train_labels[part]


def shd_set():
    generator = torch.Generator().manual_seed(0)
    spikes = (torch.rand(100, SHD_RUN, 700, generator=generator) < 0.02).float()
    labels = torch.randint(20, (SHD_RUN,), generator=generator)
    dense = [(spikes[:, i : i + BATCH], labels[i : i + BATCH]) for i in range(0, SHD_RUN, BATCH)]
    return dense, [(Events.from_dense(x), y) for x, y in dense]


def weights(inputs: int, neurons: int, rate: float):
    generator, neuron = torch.Generator().manual_seed(0), LIFNeuron()
    weight, own = torch.empty(neurons, inputs), torch.empty(neurons, neurons)
    fluctuation_driven_(weight, neuron, rate=rate, std=0.95, generator=generator)
    fluctuation_driven_(own, neuron, rate=40.0, std=0.3, generator=generator)
    return weight, own


def epoch(network, optimizer, batches) -> float:
    """Train on every batch once; return the last loss."""
    for spikes, labels in batches:
        optimizer.zero_grad()
        scores = network(spikes).max(dim=0).values
        loss = torch.nn.functional.cross_entropy(scores, labels)
        loss.backward()
        optimizer.step()
    return float(loss.detach())


def contest(sizes, recurrent: bool, rate: float, batches, repeats: int) -> dict:
    """Return name -> median seconds of an epoch, interleaved; ``batches(events)`` gives the set."""
    runs, missing = {}, {}
    for name in networks.READOUTS:
        try:
            torch.manual_seed(0)
            network = networks.make(name, sizes, recurrent, *weights(*sizes[:2], rate))
        except ImportError as error:
            missing[name] = str(error)
            continue
        runs[name] = network, torch.optim.Adam(network.parameters(), 1e-3)
    taken = {name: [] for name in runs}
    for round_ in range(repeats + 1):
        for name, (network, optimizer) in runs.items():
            wall, cpu = time.perf_counter(), time.process_time()
            loss = epoch(network, optimizer, batches(name.endswith("events")))
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            if loss != loss:
                raise RuntimeError(f"{name} lost its loss to NaN")
            if round_:  # the first warms up
                taken[name].append((wall, cpu / wall))
    return {"seconds": {n: median(x) / 1e3 for n, x in taken.items()}, "missing": missing}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    torch.set_num_threads(1)
    result = {"digits": contest((64, 100, 10), False, 10.0, digit_batches, repeats)}
    dense, sparse = shd_set()
    shd = contest((700, 200, 20), True, 20.0, lambda e: sparse if e else dense, repeats)
    scale = SHD_SAMPLES / SHD_RUN
    shd["seconds"] = {name: scale * x for name, x in shd["seconds"].items()}
    shd["run"], shd["scaled"] = SHD_RUN, SHD_SAMPLES
    result["shd"] = shd
    print(json.dumps(result), file=sys.stderr)
    keep("epochs", result)


if __name__ == "__main__":
    main()
