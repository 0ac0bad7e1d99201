"""Random spike patterns learned with the true and with a surrogate gradient (chapter 5).

    python experiments/ch05_random_patterns.py [--seeds 10] [--steps 300]

The task of SpyTorch's notebook 1: 256 patterns of 100 Poisson units at 5 Hz, 200 steps of 1 ms,
two random labels, a network 100-4-2. Each seed has labels and weights of its own. ``longer`` are
further runs with the surrogate in that notebook's settings, its 1000 steps and its scale of 100,
first with our reset and then with its reset to zero. No setting is chosen here, so there is nothing
to search.
"""

import time
from functools import partial

import torch
from _sweep import few, options, run_cases, save, seeded

from snnbook import data
from snnbook.neurons import LIFNeuron
from snnbook.surrogates import fast_sigmoid, true_derivative
from snnbook.training import SideBySide, accuracy_side_by_side, fit_side_by_side, peak_score

WIDTH = 0.1
#: The width of 1 / (1 + 100 |x|)^2.
NARROW = 2 * (2**0.5 - 1) / 100
LONGER = (
    {"width": NARROW, "reset": "subtract"},
    {"width": NARROW, "reset": "zero"},
)


def run(spikes, labels, seeds: range, gradient: str, steps: int, width: float, reset: str) -> dict:
    """Train one network for each seed; return accuracies before and after, and the loss."""
    start = time.process_time()
    surrogate = true_derivative() if gradient == "true" else fast_sigmoid(width=width)
    neuron = LIFNeuron(surrogate=surrogate, reset=reset)
    model = SideBySide((100, 4, 2), seeds, neuron, input_rate=5.0, std=1.0)
    before = accuracy_side_by_side(model, spikes, labels, score=peak_score)
    loss = fit_side_by_side(
        model, lambda step: (spikes, labels), steps=steps, lr=2e-3, score=peak_score
    )
    with torch.no_grad():  # patterns for which no readout ever rises above zero
        stuck = (peak_score(model(spikes)) <= 0).all(-1).float().mean(0).tolist()
    after = accuracy_side_by_side(model, spikes, labels, score=peak_score)
    loss, seconds = loss[:: max(1, steps // 50)], round(time.process_time() - start, 1)
    return {"stuck": stuck, "before": before, "after": after, "loss": loss, "seconds": seconds}


def main() -> None:
    given = options(__doc__, seeds=10, steps=300, longer=1000)
    spikes, _ = data.random_patterns(generator=seeded(1000))
    count = spikes.shape[1]
    drawn = [torch.randint(2, (count,), generator=seeded(2000 + seed)) for seed in given.seeds]
    once = partial(run, spikes, torch.stack(drawn, dim=1), given.seeds)
    short = {"steps": given.steps, "width": WIDTH, "reset": "subtract"}
    cases = [{"gradient": name} | short for name in ("surrogate", "true")]
    settings = [{"steps": given.longer} | one for one in few(given, LONGER)]
    cases += [{"gradient": "surrogate"} | one for one in settings]
    surrogate, true, *longer = run_cases(given, cases, once)
    found = {"width": WIDTH, "training_steps": given.steps, "patterns": count}
    save(given, found | {"surrogate": surrogate, "true": true, "longer": longer})


if __name__ == "__main__":
    main()
