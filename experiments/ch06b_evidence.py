"""Evidence accumulation by e-prop and BPTT, with plain and adaptive neurons (chapter 6b).

    python experiments/ch06b_evidence.py        a few minutes on one core

Three cues left or right, a delay, a decision. The arms are in ``_memory.py``.
"""

import time
from functools import partial

from _memory import HIDDEN, build, main, settings
from _sweep import seeded

from snnbook import data, training
from snnbook.local import adaptive_gradient

LR = {"bptt": 3e-3, "symmetric": 1e-2, "random": 3e-3}
BATCH, SAMPLES = 32, 256


def run(epochs: int, neuron: str, gradient: str, seed: int) -> dict:
    """Train one network and return the accuracy on new trials."""
    start = time.perf_counter()
    trials, tests = (
        data.evidence(n, generator=seeded(s)) for n, s in ((SAMPLES, seed), (512, 900))
    )
    steps, recall = len(trials.spikes), trials.recall
    network = build(neuron, gradient, (trials.spikes.shape[2], HIDDEN, 2), 5e-3, 15.0, seed)
    rule = settings(network, gradient, seed)
    error = partial(training.decision_error, window=recall)

    def decide(readout):
        return readout[-recall:].mean(0).argmax(1)

    history = training.fit(
        network,
        trials.spikes,
        trials.labels,
        epochs=epochs,
        batch_size=BATCH,
        lr=LR[gradient.removesuffix("_narrow")],
        loss=training.step_loss(error),
        decide=decide,
        gradient=training.rule_gradient(adaptive_gradient, error, **rule),
        generator=seeded(seed),
        progress=False,
    )
    judged = training.accuracy(network, tests.spikes, tests.labels, decide=decide)
    return {
        "accuracy": judged.value,
        "train_accuracy": history.accuracy,
        "rate_hz": history.spike_counts[-1][0] / (steps * 5e-3),
        "seconds": time.perf_counter() - start,
    }


if __name__ == "__main__":
    main(__doc__, run, epochs=20)
