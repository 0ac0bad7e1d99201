"""The delayed XOR with gates of several widths, and with hard spikes and a surrogate (chapter 4a).

    python experiments/ch04a_xor.py        ten minutes on one core

Networks of 30 recurrent neurons with the same initial weights learn from fresh trials with a pause
of 20 ms, 32 in a batch. An arm is a gate of one width, a gate that narrows from 1 to 0.1 during 100
batches, or hard spikes with a surrogate gradient. Each arm has a learning rate of its own: four
over two decades and beyond, two seeds that no result has, judged on 200 validation trials. A
network stops when at least 0.99 of them are right twice in a row, when nothing improved for 80
batches, or after 150; the best look counts, and of two learning rates that are equally right the
faster one. Then twenty seeds are judged on 500 test trials, those with a gate also with the same
weights and (nearly) hard spikes. All networks of an arm learn side by side.
"""

from dataclasses import replace
from functools import cache, partial

import torch
from _protocol import SEARCH_SEEDS, compare
from _sweep import options, save, seeded
from _xor_side_by_side import SOLVED, TRIALS, accuracies, searched, side_by_side, stacked

from snnbook.data import delayed_xor
from snnbook.neurons import LIFNeuron, LIFState
from snnbook.smoothed import Gate, GatedRecord, gated, gated_step, steps_per_spike
from snnbook.surrogates import fast_sigmoid

NEURON = LIFNeuron(tau_mem=10e-3, tau_syn=20e-3, dt=2e-3)
NEURONS, PAUSE, HARD = 30, 10, 1e-3
WIDTHS, SURROGATES = (0.01, 0.03, 0.1, 0.3, 1.0), (0.3,)
NARROWING, WIDEST = 100, 1.0
RATES = (3e-4, 1e-3, 5e-3, 3e-2)
PATIENCE = 8  # looks without improvement, one after every ten batches


def hard_step(state: LIFState, current: torch.Tensor, surrogate):
    """Advance the neurons of ``gated_step`` with binary spikes and a surrogate derivative."""
    free = current + (state.mem - current) * NEURON.beta
    spikes = surrogate(free - NEURON.threshold)
    after = LIFState(NEURON.alpha * state.syn + spikes, free * (1 - spikes.detach()))
    return spikes, spikes.detach(), after


def stepper(kind: str, width: float, batch: int):
    """Return the step of an arm, and its gate if it has one."""
    if kind == "surrogate":
        return partial(hard_step, surrogate=fast_sigmoid(width=width)), None
    if kind == "narrows":
        done = min(1.0, batch / NARROWING)
        width = WIDEST ** (1 - done) * width**done
    neuron = gated(NEURON, Gate(width))
    return partial(gated_step, neuron=neuron), neuron.gate


def run_together(networks, inputs: torch.Tensor, step) -> tuple[torch.Tensor, GatedRecord]:
    """Run networks side by side, ``inputs`` (T, K, B, 3); return readout and record."""
    weight, recurrent, bias, readout = stacked(networks)
    drive = inputs @ weight.mT + bias[:, None]
    state = LIFState(torch.zeros_like(drive[0]), torch.zeros_like(drive[0]))
    rows = []
    for now in drive:
        before = state
        sent, resets, state = step(state, now + state.syn @ recurrent.mT)
        rows.append((sent, before.mem, before.syn, resets))
    release, mem, syn, resets = map(torch.stack, zip(*rows))
    return syn @ readout.mT, GatedRecord(release, mem, syn, resets, state)


def forward(kind: str, width: float, networks, inputs: torch.Tensor, batch: int):
    """Return the readout, and what the neurons of an arm sent."""
    readout, record = run_together(networks, inputs, stepper(kind, width, batch)[0])
    return readout, record.release


@cache
def group(kind: str, width: float, lrs: tuple, seeds: tuple, batches: int) -> dict:
    """Train a network of an arm for each learning rate and seed."""
    first = NARROWING if kind == "narrows" else 0
    pairs = [(lr, seed) for lr in lrs for seed in seeds]
    settings = {"batches": batches, "patience": PATIENCE, "first": first, "pause": PAUSE}
    return side_by_side(partial(forward, kind, width), NEURONS, pairs, **settings)


def train(
    batches: int, results: tuple, kind: str, width: float, lr: float, seed: int, judged: bool
) -> dict:
    """Return one network's row; the first of a group trains them all."""
    lrs = RATES if not judged and lr in RATES else (lr,)
    network, row = group(kind, width, lrs, results if judged else SEARCH_SEEDS, batches)[lr, seed]
    return row | measure(network, kind, width) if judged else searched(row)


def measure(network, kind: str, width: float) -> dict[str, float]:
    """Return what the trained network does, with its own spikes and with nearly hard ones."""
    step, gate = stepper(kind, width, NARROWING)
    task = delayed_xor(500, pause=PAUSE, generator=seeded(999))
    with torch.no_grad():
        _, record = run_together([network], task.inputs[:, None], step)
    (value,) = accuracies([network], task, partial(forward, kind, width), NARROWING)
    spikes = record.resets.sum().item()
    found = {"test": value, "spikes per neuron": record.resets.sum(0).mean().item()}
    if gate is None:
        return found
    sent = record.release[record.release > 0]
    found["steps per spike"] = steps_per_spike(record, gate)
    found["values per spike"] = len(sent) / max(1.0, spikes)
    hard = partial(gated_step, neuron=replace(gated(NEURON, gate), gate=Gate(HARD)))
    (value,) = accuracies([network], task, lambda some, x, _: run_together(some, x, hard), 0)
    return found | {"test, hard": value}


def main() -> None:
    given = options(__doc__, seeds=20, batches=150)
    arms = [{"kind": "gate", "width": width} for width in WIDTHS]
    arms += [{"kind": "narrows", "width": 0.1}]
    arms += [{"kind": "surrogate", "width": width} for width in SURROGATES]
    learn_one = partial(train, given.batches, tuple(given.seeds))
    found = compare(given, arms, {"lr": RATES}, learn_one)
    settings = {"widths": WIDTHS, "surrogates": SURROGATES, "narrowing": NARROWING, "hard": HARD}
    settings |= {"batches": given.batches, "trials": TRIALS, "pause": PAUSE, "solved": SOLVED}
    save(given, found | settings)


if __name__ == "__main__":
    main()
