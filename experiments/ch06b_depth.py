"""SuperSpike against BPTT over depth and width, on Yin-Yang (chapter 6b, claim 22).

    python experiments/ch06b_depth.py         an hour on one core

The gradient of SuperSpike is gathered after the run; the tests show that it is the online sum.
1000 points for training, the published 1000 for validation and 1000 for the test. Every gradient
has a search of its own at every depth and width: learning rates over two decades and beyond, until
its own validation curve is flat, with one seed that no result has. Frozen layers have a readout
that is solved to its optimum.
"""

import time
from functools import cache, partial

from _protocol import SEARCH_SEEDS, compare, solve_readout, until_flat
from _sweep import few, options, save, seeded

from snnbook import data, gradients, training
from snnbook.local import random_feedback, superspike_gathered
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.surrogates import fast_sigmoid

STEPS, WINDOW, BATCH, PATIENCE = 36, 30, 50, 10
RATES = (2e-4, 1e-3, 5e-3, 2e-2)
STRENGTHS = (1e-3, 1e-2, 1e-1, 1.0, 1e1, 1e2, 1e3)
POINTS = ((1, 60), (2, 60), (4, 60), (4, 20), (4, 150))
KINDS = ("bptt", "symmetric", "random", "frozen")


@cache
def published(samples: int, seed: int):
    """Return spikes and classes of a published set, with a fifth input in step 0."""
    points, classes = data.yin_yang(samples, seed)
    return data.time_code(points.float(), steps=STEPS, span=WINDOW), classes


def rule(kind: str, network: SpikingNetwork, seed: int):
    """Return the gradient for ``training.fit``: symmetric feedback follows the weights."""
    fixed = random_feedback(network, "random", direct=True, generator=seeded(50 + seed))

    def superspike(net, spikes, error):
        back = fixed if kind == "random" else random_feedback(net, "symmetric", direct=True)
        return superspike_gathered(net, spikes, error, feedback=back)

    followed = gradients.autograd if kind == "bptt" else superspike
    return training.rule_gradient(followed, training.step_cross_entropy)


def train(
    epochs: int,
    depth: int,
    width: int,
    gradient: str,
    seed: int,
    judged: bool,
    lr: float | None = None,
) -> dict:
    """Train one network; return accuracies, and the cosine with BPTT before and after."""
    start, split = time.perf_counter(), [published(1000, 42), published(1000, 41)]
    split += [published(1000, 40)] * judged
    spikes, labels = split[0]
    network = SpikingNetwork(
        (5, *[width] * depth, 3),
        LIFNeuron(surrogate=fast_sigmoid(width=0.3)),
        input_rate=float(spikes.mean()) / 1e-3,
        hidden_rate=20.0,
        generator=seeded(seed),
    )
    found_by = rule(gradient, network, seed)

    def cosine() -> float:
        part = spikes[:, :200], labels[:200]
        exact = rule("bptt", network, seed)(network, *part)
        return gradients.compare(exact, found_by(network, *part))["hidden.0.weight"].cosine

    found = {"cosine_before": cosine()} if gradient != "frozen" else {}
    if gradient == "frozen":
        found |= solve_readout(network, split, STRENGTHS)
    else:
        found |= until_flat(
            network,
            split,
            lr=lr,
            generator=seeded(100 + seed),
            epochs=epochs,
            patience=PATIENCE,
            batch_size=BATCH,
            loss=training.step_loss(training.step_cross_entropy),
            decide=training.decide_by_sum,
            gradient=None if gradient == "bptt" else found_by,
        )
        found["cosine_after"] = cosine()
    named = {"accuracy": found["test"]} if judged else {}
    return found | named | {"seconds": round(time.perf_counter() - start, 1)}


def main() -> None:
    given = options(__doc__, seeds=5, epochs=80)
    arms = [
        {"depth": depth, "width": width, "gradient": kind}
        for depth, width in few(given, POINTS)
        for kind in KINDS
    ]
    found = compare(
        given,
        arms,
        lambda arm: {} if arm["gradient"] == "frozen" else {"lr": RATES},
        partial(train, given.epochs),
        SEARCH_SEEDS[:1],
    )
    save(given, found | {"epochs": given.epochs, "points": 1000})


if __name__ == "__main__":
    main()
