"""A network of Morris-Lecar neurons learns the delayed XOR, beside LIF neurons (chapter 4a).

    python experiments/ch04a_biophysical.py        five minutes on one core

Ten recurrent neurons, steps of 2 ms, no pause before the cue. Morris-Lecar neurons send through
smooth synapses and are integrated with Runge-Kutta steps of 1 ms; for comparison gated LIF neurons
with a zone of 0.3, and LIF neurons with hard spikes and a surrogate gradient, from the same initial
weights and on the same trials. A current of 1 is 70 µA/cm² for a Morris-Lecar neuron, the best of
40, 70, 110 and 170 in a trial with the seed of the search. Each arm has a learning rate of its own:
four over two decades and beyond, one seed that no result has, judged on 200 validation trials. A
network stops when at least 0.99 of them are right twice in a row, when nothing improved for 60
batches, or after 150; the best look counts, and of two learning rates that are equally right the
faster one. Then ten seeds are judged on 500 test trials. All networks of an arm learn side by side;
what one network costs alone is timed apart.
"""

import time
from functools import cache, partial

import torch
from _protocol import SEARCH_SEEDS, compare
from _sweep import options, save, seeded
from _xor_side_by_side import SOLVED, TRIALS, accuracies, learn, searched, side_by_side, stacked
from ch04a_xor import NEURON, forward

from snnbook.data import delayed_xor
from snnbook.smoothed import CoupledNeurons, Gate, GatedNetwork, GatedNeuron, MorrisLecar, rk4_step

NEURONS, PAUSE, WIDTH = 10, 0, 0.3
SUBSTEPS, UNIT, MS = 2, 70.0, 1e3  # Runge-Kutta steps in a step; µA/cm² for a current of 1
ZONE = Gate(30.0, threshold=10.0)
RATES = (1e-3, 5e-3, 2e-2, 1e-1)
PATIENCE = 6  # looks without improvement, one after every ten batches


def morris_lecar(networks, inputs: torch.Tensor, batch: int):
    """Return the readout of Morris-Lecar neurons, and what they sent."""
    weight, recurrent, bias, readout = stacked(networks)
    dt, tau = MS * NEURON.dt, MS * NEURON.tau_syn
    layer = CoupledNeurons(MorrisLecar(), ZONE, tau, UNIT * recurrent)
    drive = UNIT * (inputs @ weight.mT + bias[:, None])
    state = layer.rest().to(drive).expand(*drive.shape[1:], 3)
    traces = []
    for now in drive:
        traces.append(state[..., -1])
        for _ in range(SUBSTEPS):
            state = rk4_step(partial(layer.derivative, current=now), state, dt / SUBSTEPS)
    syn = torch.stack(traces)
    return syn @ readout.mT, syn * dt / tau


#: The run of each arm, and evaluations of its right-hand side or step for each millisecond.
ARMS = {
    "Morris-Lecar": (morris_lecar, 4 * SUBSTEPS / (MS * NEURON.dt)),
    "gated": (partial(forward, "gate", WIDTH), 1 / (MS * NEURON.dt)),
    "surrogate": (partial(forward, "surrogate", WIDTH), 1 / (MS * NEURON.dt)),
}


@cache
def group(arm: str, lrs: tuple, seeds: tuple, batches: int) -> dict:
    """Train a network of an arm for each learning rate and seed."""
    pairs = [(lr, seed) for lr in lrs for seed in seeds]
    settings = {"batches": batches, "patience": PATIENCE, "pause": PAUSE}
    return side_by_side(ARMS[arm][0], NEURONS, pairs, **settings)


def train(batches: int, results: tuple, arm: str, lr: float, seed: int, judged: bool) -> dict:
    """Return one network's row; the first of a group trains them all."""
    lrs = RATES if not judged and lr in RATES else (lr,)
    seeds = results if judged else SEARCH_SEEDS[:1]
    network, row = group(arm, lrs, seeds, batches)[lr, seed]
    if not judged:
        return searched(row)
    task = delayed_xor(500, pause=PAUSE, generator=seeded(999))
    with torch.no_grad():
        sent = ARMS[arm][0]([network], task.inputs[:, None], 0)[1]
    (value,) = accuracies([network], task, ARMS[arm][0], 0)
    return row | {"test": value, "sent per neuron": sent.sum(0).mean().item()}


def cost(arm: str, batches: int = 5) -> dict:
    """Return what one network of an arm costs: evaluations, numbers in a state, seconds."""
    network = GatedNetwork((3, NEURONS, 2), GatedNeuron(), generator=seeded(0))
    adam = torch.optim.Adam(network.parameters(), lr=1e-3)
    tasks = [delayed_xor(TRIALS, pause=PAUSE, generator=seeded(n)) for n in range(batches + 1)]
    learn([network], [adam], tasks[:1], ARMS[arm][0], 0)  # the first one is slower
    start = time.process_time()
    for task in tasks[1:]:
        learn([network], [adam], [task], ARMS[arm][0], 0)
    seconds = (time.process_time() - start) / batches
    states = 3 if arm == "Morris-Lecar" else 2
    return {"evaluations per ms": ARMS[arm][1], "states": states, "seconds per batch": seconds}


def main() -> None:
    given = options(__doc__, seeds=10, batches=150)
    learn_one = partial(train, given.batches, tuple(given.seeds))
    found = compare(
        given, [{"arm": arm} for arm in ARMS], {"lr": RATES}, learn_one, SEARCH_SEEDS[:1]
    )
    found["cost"] = {arm: cost(arm) for arm in ARMS}
    settings = {"neurons": NEURONS, "pause": PAUSE, "width": WIDTH, "solved": SOLVED}
    save(given, found | settings | {"batches": given.batches, "trials": TRIALS})


if __name__ == "__main__":
    main()
