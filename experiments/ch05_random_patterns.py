"""Random spike patterns learned with the true and with a surrogate gradient (chapter 5).

    python experiments/ch05_random_patterns.py [--seeds 10] [--steps 300]

The task of SpyTorch's notebook 1: 256 patterns of 100 Poisson units at 5 Hz, 200 steps of 1 ms,
two random labels, a network 100-4-2. Each seed has labels and weights of its own.
"""

from functools import partial

import torch
from _sweep import options, run_cases, save, seeded

from snnbook import data
from snnbook.neurons import LIFNeuron
from snnbook.surrogates import fast_sigmoid, true_derivative
from snnbook.training import SideBySide, accuracy_side_by_side, fit_side_by_side, peak_score

WIDTH = 0.1
GRADIENTS = {"surrogate": fast_sigmoid(width=WIDTH), "true": true_derivative()}


def run(spikes, labels, seeds: range, steps: int, gradient: str) -> dict:
    """Train one network for each seed; return accuracies before and after, and the loss."""
    neuron = LIFNeuron(surrogate=GRADIENTS[gradient])
    model = SideBySide((100, 4, 2), seeds, neuron, input_rate=5.0, std=1.0)
    before = accuracy_side_by_side(model, spikes, labels, score=peak_score)
    loss = fit_side_by_side(
        model, lambda step: (spikes, labels), steps=steps, lr=2e-3, score=peak_score
    )
    with torch.no_grad():  # patterns for which no readout ever rises above zero
        stuck = (peak_score(model(spikes)) <= 0).all(-1).float().mean(0).tolist()
    after = accuracy_side_by_side(model, spikes, labels, score=peak_score)
    return {"stuck": stuck, "before": before, "after": after, "loss": loss[:: max(1, steps // 50)]}


def main() -> None:
    given = options(__doc__, seeds=10, steps=300)
    spikes, _ = data.random_patterns(generator=seeded(1000))
    count = spikes.shape[1]
    drawn = [torch.randint(2, (count,), generator=seeded(2000 + seed)) for seed in given.seeds]
    cases = [{"gradient": name} for name in GRADIENTS]
    once = partial(run, spikes, torch.stack(drawn, dim=1), given.seeds, given.steps)
    found = {"width": WIDTH, "training_steps": given.steps, "patterns": count}
    for row in run_cases(given, cases, once):
        found[row.pop("gradient")] = row
    save(given, found)


if __name__ == "__main__":
    main()
