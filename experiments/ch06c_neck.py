"""What a narrow first layer passes on, by the rule that it learns by (chapter 6c).

    python experiments/ch06c_neck.py        three minutes on one core

Digits; a first layer of 4 neurons and a second one of 60. The first layer learns by the exact
gradient, by its local error or not at all; everything above it learns by the exact gradient. Every
arm has a search of its own over two decades of learning rates, with one seed.
"""

import time
from functools import partial

import torch
from _local_errors import GAIN, RATES
from _protocol import SEARCH_SEEDS, compare, until_flat
from _sweep import options, save, seeded
from ch06a_digits import split

from snnbook import gradients, local, training
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.surrogates import fast_sigmoid

NECK, WIDTH, BATCH, PATIENCE, EPOCHS = 4, 60, 50, 6, 40


def first_layer(arm: str, own, network: SpikingNetwork, spikes, labels) -> dict:
    """Return the exact gradient, but for the first layer that of the arm."""
    error, name = training.step_cross_entropy(labels, len(spikes)), "hidden.0.weight"
    found = dict(gradients.autograd(network, spikes, error))
    if arm == "local":
        found[name] = own(network, spikes, labels)[name]
    if arm == "frozen":
        found[name] = torch.zeros_like(found[name])
    return found


def train(parts, epochs: int, arm: str, seed: int, judged: bool, lr: float) -> dict:
    """Train one network; return accuracies."""
    start, parts, rng = time.perf_counter(), parts[: 2 + judged], seeded(100 + seed)
    inputs, labels = parts[0]
    network = SpikingNetwork(
        (inputs.shape[2], NECK, WIDTH, int(labels.max()) + 1),
        LIFNeuron(surrogate=fast_sigmoid(width=0.3)),
        input_rate=float(inputs.mean()) / 1e-3,
        hidden_rate=20.0,
        generator=seeded(seed),
    )
    own = local.local_gradient(network, gain=GAIN, generator=rng)
    found = until_flat(
        network,
        parts,
        lr=lr,
        generator=rng,
        epochs=epochs,
        patience=PATIENCE,
        batch_size=BATCH,
        loss=training.step_loss(training.step_cross_entropy),
        decide=training.decide_by_sum,
        gradient=partial(first_layer, arm, own),
    )
    named = {"accuracy": found["test"]} if judged else {}
    return found | named | {"seconds": round(time.perf_counter() - start, 1)}


def main() -> None:
    given = options(__doc__, seeds=5, epochs=EPOCHS)
    arms = [{"arm": arm} for arm in ("exact", "local", "frozen")]
    train_one = partial(train, split(), given.epochs)
    found = compare(given, arms, {"lr": RATES}, train_one, SEARCH_SEEDS[:1])
    save(given, found | {"neck": NECK, "width": WIDTH, "epochs": given.epochs})


if __name__ == "__main__":
    main()
