"""The delayed XOR with gates of several widths, and with a surrogate gradient (chapter 4a).

    python experiments/ch04a_xor.py [--seeds 4]

Networks of 30 recurrent neurons learn for 120 batches of 64 trials. For each width of the active
zone: accuracy, accuracy of the same weights with (nearly) hard spikes, size of the gradients,
grid points per spike and values sent per spike. For comparison the same with hard spikes and a
surrogate gradient.
"""

import time
from dataclasses import replace
from functools import partial

import torch
from _sweep import options, run_cases, save, seeded
from torch.nn import functional as F

from snnbook.data import delayed_xor
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.smoothed import Gate, GatedNetwork, answer_scores, gated, steps_per_spike
from snnbook.surrogates import fast_sigmoid

WIDTHS, HARD, SIZES = (0.01, 0.03, 0.1, 0.3, 0.6, 1.0), 1e-3, (3, 30, 2)
NEURON = LIFNeuron(tau_mem=10e-3, tau_syn=20e-3, dt=2e-3)


def activity(network, inputs):
    """Return the readout and how much each neuron sends in each step."""
    output = network(inputs)
    if isinstance(network, GatedNetwork):
        return output.readout, output.hidden.release
    return output.readout, output.hidden[0].spikes


def train(network, seed: int, batches: int) -> list[float]:
    """Train on fresh trials and return the norm of the gradient at each batch."""
    generator, norms = seeded(1000 + seed), []
    optimizer = torch.optim.Adam(network.parameters(), lr=5e-3)
    for _ in range(batches):
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
    hidden, gate = network(task.inputs).hidden, network.neuron.gate
    found["spikes per neuron"] = hidden.resets.sum(0).mean().item()
    found["steps per spike"] = steps_per_spike(hidden, gate)
    sent = hidden.release[hidden.release > 0]
    found["values per spike"] = len(sent) / max(1.0, hidden.resets.sum().item())
    found["charge outside of spikes"] = 1 - hidden.resets.sum().item() / sent.sum().item()
    network.neuron = replace(network.neuron, gate=Gate(HARD))
    return found | {"accuracy, hard": accuracy(network, task)}


def run(task, batches: int, name: str, seed: int) -> dict:
    """Train one network, with a gate of the width ``name`` or with a surrogate gradient."""
    generator = seeded(seed)
    if name == "surrogate":
        neuron = replace(NEURON, surrogate=fast_sigmoid(width=0.5))
        network = SpikingNetwork(
            SIZES, neuron, recurrent=True, input_rate=25.0, generator=generator, std=1.0
        )
    else:
        network = GatedNetwork(SIZES, gated(NEURON, Gate(float(name))), generator=generator)
    start = time.perf_counter()
    norms = torch.tensor(train(network, seed, batches))
    row = {"seconds": time.perf_counter() - start, "gradient": norms.median().item()}
    return row | {"largest gradient": norms.max().item()} | measure(network, task)


def main() -> None:
    given = options(__doc__, seeds=4, batches=120)
    task, names = delayed_xor(500, generator=seeded(999)), [*map(str, WIDTHS), "surrogate"]
    cases = [{"name": name, "seed": seed} for name in names for seed in given.seeds]
    rows = {name: [] for name in names}
    for row in run_cases(given, cases, partial(run, task, given.batches)):
        row.pop("seed")
        rows[row.pop("name")].append(row)
    save(given, {"widths": WIDTHS, "hard": HARD, "batches": given.batches, "rows": rows})


if __name__ == "__main__":
    main()
