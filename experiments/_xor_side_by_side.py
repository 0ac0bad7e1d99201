"""Networks of one arm learn the delayed XOR side by side, as one stack of tensors (chapter 4a).

Each has its own trials, optimizer, learning rate and end; the result is that of one alone, to
rounding. What differs between arms is ``forward(networks, inputs, batch)``: it gets the networks,
inputs (T, K, B, 3) and the number of the batch, and returns the readout (T, K, B, 2) and what the
neurons sent (T, K, B, N).
"""

import math
import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
from _sweep import seeded
from torch.nn import functional as F

from snnbook.data import DelayedXor, delayed_xor
from snnbook.smoothed import GatedNetwork, GatedNeuron

TRIALS, SOLVED, LOOK, NAMES = 32, 0.95, 10, ("weight", "recurrent_weight", "bias", "readout_weight")


def stacked(networks: Sequence[GatedNetwork]) -> tuple[torch.Tensor, ...]:
    """Return the weights of several networks, each with a first axis of networks."""
    return tuple(torch.stack([getattr(one, name) for one in networks]) for name in NAMES)


def scores_of(readout: torch.Tensor, task: DelayedXor) -> torch.Tensor:
    """Return ``answer_scores`` of one network, also where its activity has grown beyond bounds."""
    return (readout * task.answer[..., None]).sum(0) / task.answer.sum(0)[:, None]


@torch.no_grad()
def accuracies(networks, task: DelayedXor, forward: Callable, batch: int) -> list[float]:
    """Return the accuracy of each network on the same trials."""
    inputs = task.inputs[:, None].expand(-1, len(networks), -1, -1)
    scores = [scores_of(one, task) for one in forward(networks, inputs, batch)[0].unbind(1)]
    return [(one.argmax(1) == task.labels).double().mean().item() for one in scores]


def learn(networks, optimizers, tasks: Sequence[DelayedXor], forward: Callable, batch: int):
    """Take one step of each network on trials of its own; return accuracies and gradient norms."""
    readout, sent = forward(networks, torch.stack([task.inputs for task in tasks], 1), batch)
    scores = [scores_of(one, task) for one, task in zip(readout.unbind(1), tasks)]
    losses = [F.cross_entropy(one, task.labels) for one, task in zip(scores, tasks)]
    for optimizer in optimizers:
        optimizer.zero_grad()
    (sum(losses) + 0.1 * sent.mean((0, 2, 3)).sum()).backward()
    norms = []
    for network, optimizer in zip(networks, optimizers):
        norm = torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0).item()
        norms.append(norm)
        if norm < float("inf"):  # not NaN either
            optimizer.step()
    correct = [(one.argmax(1) == t.labels).double().mean().item() for one, t in zip(scores, tasks)]
    return correct, norms


def side_by_side(
    forward: Callable,
    neurons: int,
    pairs: Sequence[tuple[float, int]],
    *,
    batches: int,
    patience: int,
    first: int = 0,
    **options,
) -> dict:
    """Train a network for each (learning rate, seed); return it at its best look, and its row.

    After every ten batches 200 validation trials are looked at, from batch ``first`` on. A network
    ends when at least 0.99 of them are right twice in a row, or when nothing improved for
    ``patience`` looks. ``options`` go to ``delayed_xor``.
    """
    start, unseen = time.perf_counter(), delayed_xor(200, generator=seeded(998), **options)
    network = {
        key: GatedNetwork((3, neurons, 2), GatedNeuron(), generator=seeded(key[1])) for key in pairs
    }
    adam = {key: torch.optim.Adam(one.parameters(), lr=key[0]) for key, one in network.items()}
    trials = {key: seeded(5000 + key[1]) for key in pairs}
    kept = {key: {"value": -1.0, "curve": [], "train": [], "norms": []} for key in pairs}
    active = list(pairs)
    for batch in range(1, batches + 1):
        tasks = [delayed_xor(TRIALS, generator=trials[key], **options) for key in active]
        some = [[one[key] for key in active] for one in (network, adam)]
        for key, correct, norm in zip(active, *learn(*some, tasks, forward, batch)):
            kept[key]["train"].append(correct)
            kept[key]["norms"].append(norm)
        if batch < batches and (batch % LOOK or batch < first):
            continue
        for key, value in zip(active, accuracies(some[0], unseen, forward, batch)):
            _note(kept[key], network[key], value, batch)
        active = [key for key in active if not _done(kept[key], patience)]
        if not active:
            break
    for key, one in kept.items():
        network[key].load_state_dict(one.pop("state"))
    each = (time.perf_counter() - start) / len(pairs)
    return {key: (network[key], _row(one, each)) for key, one in kept.items()}


def _note(one: dict, network: GatedNetwork, value: float, batch: int) -> None:
    """Keep what a look saw, and the weights if it is the best so far."""
    one["curve"].append(value)
    if value > one["value"]:
        state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        one |= {"value": value, "batch": batch, "state": state, "look": len(one["curve"])}


def _done(one: dict, patience: int) -> bool:
    """Return whether a network is solved on the validation trials, or no longer improves."""
    curve = one["curve"]
    return min(curve[-2:]) >= 0.99 and len(curve) > 1 or len(curve) - one["look"] >= patience


def searched(row: dict) -> dict:
    """Return the row of a search, in which the faster of two that are equally right is ahead."""
    return row | {"validation": row["validation"] - 1e-6 * row["batch"]}


def _finite(value: float) -> float | None:
    """Return a number that a result may hold; None for one beyond all bounds."""
    return value if math.isfinite(value) else None


def _row(one: dict, seconds: float) -> dict:
    norms, batch = torch.tensor(one["norms"]), one["batch"]
    return {
        "validation": one["value"],
        "batch": batch,
        "train": float(np.mean(one["train"][max(0, batch - LOOK) : batch])),
        "gradient, median": _finite(norms.median().item()),
        "gradient, largest": _finite(norms.max().item()),
        "curve": one["curve"],
        "seconds": round(seconds, 2),
    }
