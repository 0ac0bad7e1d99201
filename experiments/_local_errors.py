"""Local errors against BPTT over depth (chapter 6c, claim 23).

Networks, their first weights, split, batches, patience and seeds are those of
``_feedback_depth.py``, so that all rules of chapters 6a and 6c stand in one table. Every arm has a
search of its own at every depth, over two decades of learning rates and beyond an end where the
best one lies, with one seed that no result has. How large the local readouts are (``GAIN``) was
chosen beforehand with three layers on the digits' validation data, with the seed of the search.
Nothing was chosen on the test set.
"""

import copy
import time
from functools import partial

import torch
from _feedback_depth import BATCH, PATIENCE, Task, build
from _protocol import SEARCH_SEEDS, compare, until_flat
from _sweep import options, save, seeded

from snnbook import gradients, local, training

RATES = (1e-3, 5e-3, 2e-2, 1e-1)
GAIN, STEP = 10.0, 5


def train(split, task: Task, arm: str, depth: int, seed: int, judged: bool, lr: float) -> dict:
    """Train one network; return accuracies, those of an earlier decision, rates and cosines."""
    start, parts = time.perf_counter(), split[: 2 + judged]
    network, rng = build(parts, task, depth, seed), seeded(100 + seed)
    learn = arm == "local_learned"
    gradient = local.local_gradient(network, learn=learn, gain=GAIN, lr=lr, generator=rng)
    start_cosines = cosines(network, parts, gradient) if judged else []
    found = until_flat(
        network,
        parts,
        lr=lr,
        generator=rng,
        epochs=task.epochs,
        patience=PATIENCE,
        batch_size=BATCH,
        loss=training.step_loss(training.step_cross_entropy),
        decide=training.decide_by_sum,
        gradient=gradient,
    )
    if judged:
        found |= {"accuracy": found["test"], **by_step(network, *parts[2])}
        found |= {"cosines": [start_cosines, cosines(network, parts, gradient)]}
    return found | {"seconds": round(time.perf_counter() - start, 1)}


@torch.no_grad()
def by_step(network, spikes: torch.Tensor, labels: torch.Tensor) -> dict:
    """Return the accuracy of the decision for the largest sum every few steps, and rates in Hz."""
    output = network(spikes)
    said = output.readout.cumsum(0)[STEP - 1 :: STEP].argmax(2)
    return {
        "by_step": [round(float(part.mean()), 4) for part in (said == labels).float()],
        "rates": [round(1e3 * float(layer.spikes.mean()), 1) for layer in output.hidden],
    }


def cosines(network, split, gradient) -> list[float]:
    """Return the cosine of an arm's gradient with the exact one, for each hidden layer."""
    spikes, labels = (part[..., :200, :] if part.ndim == 3 else part[:200] for part in split[0])
    exact = gradients.autograd(network, spikes, training.step_cross_entropy(labels, len(spikes)))
    found = gradients.compare(exact, copy.deepcopy(gradient)(network, spikes, labels))
    return [round(found[f"hidden.{i}.weight"].cosine, 4) for i in range(len(network.hidden))]


def main(doc: str, split, task: Task, arms: list[dict]) -> None:
    """Run the comparison on three pairs (spikes, labels): training, validation, test."""
    given = options(doc, seeds=5, epochs=task.epochs)
    task = task._replace(epochs=given.epochs)
    found = compare(
        given,
        arms[: 2 if given.quick else None],
        {"lr": RATES},
        partial(train, split, task),
        SEARCH_SEEDS[:1],
    )
    save(given, found | {"width": task.width, "epochs": task.epochs, "gain": GAIN, "step": STEP})
