"""Random feedback against BPTT over depth (chapter 6a, claims 17 to 19).

Every way to train has a search of its own for every depth: learning rates over two decades and
beyond, until its own validation curve is flat, with seeds that no result has. All start from the
same weights. The readouts of frozen layers, and of no layer, are solved to their optimum. For the
others the readout is solved once more after training, so that what the hidden layers have learned
can be compared by itself. Where weights shrink (Kolen-Pollack, and backpropagation to compare
with), the share in a step is the learning rate, in all layers but the first, which has no
feedback. Nothing was chosen on the test set.
"""

import time
from functools import partial
from typing import NamedTuple

import torch
from _protocol import compare, solve_readout, until_flat
from _sweep import few, options, save, seeded

from snnbook import data, training
from snnbook.local import feedback_angles, feedback_gradient, shrinking
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.surrogates import fast_sigmoid

DEPTHS, BATCH, PATIENCE = (1, 3, 5), 50, 10
RATES = (2e-4, 1e-3, 5e-3, 2e-2)
TRAINED = ("bptt", "bptt_decay", "kolen_pollack", "sign_symmetric", "fa", "dfa")
SOLVED = ("frozen", "none")
STRENGTHS = (1e-3, 1e-2, 1e-1, 1.0, 1e1, 1e2, 1e3)


class Task(NamedTuple):
    """Neurons in a hidden layer, width of the surrogate, and at most so many epochs."""

    width: int
    surrogate: float
    epochs: int


def arms(depths: tuple[int, ...]) -> list[dict]:
    """Return every way to train at every depth; with one layer ``dfa`` is ``fa``."""
    found = [{"arm": "none", "depth": 0}]
    for depth in depths:
        ways = [arm for arm in (*TRAINED, "frozen") if (arm, depth) != ("dfa", 1)]
        found += [{"arm": arm, "depth": depth} for arm in ways]
    return found


def build(split, task: Task, depth: int, seed: int) -> SpikingNetwork:
    """Return a network whose weights depend on seed and depth alone."""
    inputs, labels = split[0]
    return SpikingNetwork(
        (inputs.shape[2], *[task.width] * depth, int(labels.max()) + 1),
        LIFNeuron(surrogate=fast_sigmoid(width=task.surrogate)),
        input_rate=float(inputs.mean()) / 1e-3,
        hidden_rate=20.0,
        generator=seeded(seed),
    )


def train(
    split, task: Task, arm: str, depth: int, seed: int, judged: bool, lr: float | None = None
) -> dict:
    """Train one network; return accuracies and angles, those of the test if it is judged."""
    start, parts = time.perf_counter(), split[: 2 + judged]
    network = build(parts, task, depth, seed)
    if arm in SOLVED:
        found = solve_readout(network, parts, STRENGTHS)
    else:
        found = learn(network, parts, task, arm, lr, seed)
        if judged:
            solved = solve_readout(network, parts, STRENGTHS)
            found |= {"solved": solved["test"], "solved_train": solved["train"]}
    named = {"accuracy": found["test"]} if judged else {}
    return found | named | {"seconds": round(time.perf_counter() - start, 1)}


def learn(network: SpikingNetwork, split, task: Task, arm: str, lr: float, seed: int) -> dict:
    """Train until the validation curve is flat; return what ``until_flat`` does, and angles."""
    rng, way = seeded(100 + seed), arm.removesuffix("_decay")
    gradient = feedback_gradient(way, network, generator=rng, lr=lr, decay=lr)
    shrinks = arm in ("bptt_decay", "kolen_pollack")

    def angles(model: SpikingNetwork) -> list[float]:
        return [round(one, 2) for one in feedback_angles(model, gradient.feedback)]

    found = until_flat(
        network,
        split,
        lr=lr,
        generator=rng,
        epochs=task.epochs,
        patience=PATIENCE,
        batch_size=BATCH,
        measure=angles if gradient.feedback else None,
        optimizer=shrinking(lr, spare=1) if shrinks else torch.optim.Adam,
        loss=training.step_loss(training.step_cross_entropy),
        decide=training.decide_by_sum,
        gradient=gradient,
    )
    found["angles"] = found.pop("measured", [])
    return found


def main(doc: str, split, task: Task, search_seeds: tuple[int, ...]) -> None:
    """Run the comparison on three pairs (spikes, labels): training, validation, test."""
    given = options(doc, seeds=5, epochs=task.epochs)
    task = task._replace(epochs=given.epochs)
    found = compare(
        given,
        arms(few(given, DEPTHS)),
        lambda arm: {} if arm["arm"] in SOLVED else {"lr": RATES},
        partial(train, split, task),
        search_seeds,
    )
    settings = {"width": task.width, "epochs": task.epochs, "depths": DEPTHS}
    save(given, found | settings)


def parts(split: data.Split) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Return training, validation and test pairs; the validation is a fifth of the training set."""
    known = split.validation()
    return [
        (known.train_inputs, known.train_labels),
        (known.test_inputs, known.test_labels),
        (split.test_inputs, split.test_labels),
    ]
