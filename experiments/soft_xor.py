"""The delayed XOR with gates of several widths, and with a surrogate gradient (chapter 4a).

Usage: python experiments/soft_xor.py [--seeds 4]
Networks of 30 recurrent neurons learn for 120 batches of 64 trials. For each width of the active
zone: accuracy, accuracy of the same weights with (nearly) hard spikes, size of the gradients,
grid points per spike and values sent per spike. For comparison the same with hard spikes and a
surrogate gradient.
"""

import argparse
import time

import torch
from torch.nn import functional as F

from snnbook import results
from snnbook.data import delayed_xor
from snnbook.neurons import LIFParameters, SpikingNetwork
from snnbook.smoothed import Gate, GatedNetwork, answer_scores, steps_per_spike
from snnbook.surrogates import fast_sigmoid

WIDTHS, HARD, BATCHES, SIZES = (0.01, 0.03, 0.1, 0.3, 0.6, 1.0), 1e-3, 120, (3, 30, 2)
PARAMS = LIFParameters(tau_mem=10e-3, tau_syn=20e-3, dt=2e-3)


def rng(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def activity(network, inputs):
    """Return the readout and how much each neuron sends in each step."""
    output = network(inputs)
    gated = isinstance(network, GatedNetwork)
    return output.readout, output.hidden.release if gated else output.hidden[0].spikes


def train(network, seed: int) -> list[float]:
    """Train on fresh trials and return the norm of the gradient at each batch."""
    generator, norms = rng(1000 + seed), []
    optimizer = torch.optim.Adam(network.parameters(), lr=5e-3)
    for _ in range(BATCHES):
        task = delayed_xor(64, generator=generator)
        readout, sent = activity(network, task.inputs)
        loss = F.cross_entropy(answer_scores(readout, task.answer), task.labels)
        optimizer.zero_grad()
        (loss + 0.1 * sent.mean()).backward()
        norms.append(torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0).item())
        optimizer.step()
    return norms


@torch.no_grad()
def accuracy(network, task) -> float:
    readout, _ = activity(network, task.inputs)
    return (answer_scores(readout, task.answer).argmax(1) == task.labels).double().mean().item()


@torch.no_grad()
def measure(network, task) -> dict[str, float]:
    """Return what the trained network does, with its own gate and with a nearly hard one."""
    found = {"accuracy": accuracy(network, task)}
    if not isinstance(network, GatedNetwork):
        spikes = network(task.inputs).hidden[0].spikes
        return found | {"spikes per neuron": spikes.sum(0).mean().item()}
    hidden, gate = network(task.inputs).hidden, network.gate
    found["spikes per neuron"] = hidden.resets.sum(0).mean().item()
    found["steps per spike"] = steps_per_spike(hidden, gate)
    sent = hidden.release[hidden.release > 0]
    found["values per spike"] = len(sent) / max(1.0, hidden.resets.sum().item())
    found["charge outside of spikes"] = 1 - hidden.resets.sum().item() / sent.sum().item()
    network.gate = Gate(HARD)
    return found | {"accuracy, hard": accuracy(network, task)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=4)
    seeds = range(parser.parse_args().seeds)
    torch.set_num_threads(1)
    task, rows = delayed_xor(500, generator=rng(999)), {}
    for name in [*WIDTHS, "surrogate"]:
        rows[str(name)] = []
        for seed in seeds:
            options = {"generator": rng(seed)}
            if name == "surrogate":
                options |= {"recurrent": True, "surrogate": fast_sigmoid(width=0.5)}
                network = SpikingNetwork(SIZES, PARAMS, input_rate=25.0, **options)
            else:
                network = GatedNetwork(SIZES, PARAMS, Gate(name), **options)
            start = time.perf_counter()
            norms = torch.tensor(train(network, seed))
            row = {"seconds": time.perf_counter() - start, "gradient": norms.median().item()}
            row |= {"largest gradient": norms.max().item()} | measure(network, task)
            rows[str(name)].append(row)
            print(name, seed, {key: round(value, 3) for key, value in row.items()}, flush=True)
    data = {"widths": WIDTHS, "hard": HARD, "batches": BATCHES, "rows": rows}
    results.save("ch04a_xor", data, command="python experiments/soft_xor.py", seeds=list(seeds))


if __name__ == "__main__":
    main()
