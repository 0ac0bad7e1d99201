"""SuperSpike against BPTT over depth and width, on Yin-Yang (chapter 6b, claim 22).

    python experiments/ch06b_depth.py         a few minutes on one core

The gradient of SuperSpike is gathered after the run; the tests show that it is the online sum.
1000 points for training, the published 1000 for the test.
"""

import time
from functools import partial

from _sweep import few, options, run_cases, save, seeded

from snnbook import data, gradients, training
from snnbook.local import random_feedback, superspike_gathered
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.surrogates import fast_sigmoid

STEPS, WINDOW = 36, 30
spikes_of = partial(data.time_code, steps=STEPS, span=WINDOW)  # and a fifth input in step 0
BATCH, LR = 50, 5e-3
POINTS = [(depth, 60) for depth in (1, 2, 3, 4)] + [(1, 20), (3, 20), (3, 150)]
KINDS = ("bptt", "symmetric", "random")


def rule(kind: str, network: SpikingNetwork, seed: int):
    """Return the gradient for ``training.fit``: symmetric feedback follows the weights."""
    fixed = random_feedback(network, "random", direct=True, generator=seeded(50 + seed))

    def superspike(net, spikes, error):
        back = fixed if kind == "random" else random_feedback(net, "symmetric", direct=True)
        return superspike_gathered(net, spikes, error, feedback=back)

    followed = gradients.autograd if kind == "bptt" else superspike
    return training.rule_gradient(followed, training.step_cross_entropy)


def run(all_epochs: int, depth: int, width: int, gradient: str, seed: int) -> dict:
    """Train one network; return the test accuracy and the first layer's cosine with BPTT."""
    start = time.perf_counter()
    points, labels = data.yin_yang(1000, seed=42)
    test_points, test_labels = data.yin_yang(1000, seed=40)
    spikes = spikes_of(points.float())
    network = SpikingNetwork(
        (5, *[width] * depth, 3),
        LIFNeuron(surrogate=fast_sigmoid(width=0.3)),
        input_rate=float(spikes.mean()) / 1e-3,
        hidden_rate=20.0,
        generator=seeded(seed),
        std=1.0,
    )
    found_by = rule(gradient, network, seed)
    cosines = []
    for epochs in (0, all_epochs):
        if epochs:
            history = training.fit(
                network,
                spikes,
                labels,
                epochs=epochs,
                batch_size=BATCH,
                lr=LR,
                loss=training.step_loss(training.step_cross_entropy),
                decide=training.decide_by_sum,
                gradient=None if gradient == "bptt" else found_by,
                generator=seeded(seed),
                progress=False,
            )
        part = spikes[:, :200], labels[:200]
        exact = rule("bptt", network, seed)(network, *part)
        found = gradients.compare(exact, found_by(network, *part))
        cosines.append(found["hidden.0.weight"].cosine)
    judged = training.accuracy(
        network, spikes_of(test_points.float()), test_labels, decide=training.decide_by_sum
    )
    return {
        "accuracy": judged.value,
        "train_accuracy": history.accuracy[-1],
        "cosine_before": cosines[0],
        "cosine_after": cosines[1],
        "rates_hz": [count / (STEPS * 1e-3) for count in history.spike_counts[-1]],
        "seconds": time.perf_counter() - start,
    }


def main() -> None:
    given = options(__doc__, seeds=3, epochs=20)
    cases = [
        {"depth": depth, "width": width, "gradient": kind, "seed": seed}
        for seed in given.seeds
        for depth, width in few(given, POINTS)
        for kind in KINDS
    ]
    rows = run_cases(given, cases, partial(run, given.epochs))
    save(given, {"runs": rows, "epochs": given.epochs, "points": 1000})


if __name__ == "__main__":
    main()
