"""Random spike patterns learned with the true and with a surrogate gradient (chapter 5).

Usage: python experiments/random_patterns.py [--seeds 10] [--steps 300]
The task of SpyTorch's notebook 1: 256 patterns of 100 Poisson units at 5 Hz, 200 steps of 1 ms,
two random labels, a network 100-4-2. Each seed has labels and weights of its own.
"""

import argparse
import sys

import torch
from side_by_side import SideBySide, accuracies, peak, rng, train

from snnbook import data, results
from snnbook.surrogates import fast_sigmoid, true_derivative

WIDTH = 0.1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--steps", type=int, default=300)
    args = parser.parse_args()
    torch.set_num_threads(1)
    seeds = range(args.seeds)
    spikes, _ = data.random_patterns(generator=rng(1000))
    labels = torch.stack(
        [torch.randint(2, (spikes.shape[1],), generator=rng(2000 + seed)) for seed in seeds], dim=1
    )
    found = {"width": WIDTH, "training_steps": args.steps, "patterns": len(labels)}
    for name, surrogate in (("surrogate", fast_sigmoid(width=WIDTH)), ("true", true_derivative())):
        model = SideBySide((100, 4, 2), seeds, input_rate=5.0, surrogate=surrogate)
        before = accuracies(model, spikes, labels, peak)
        loss = train(model, lambda step: (spikes, labels), args.steps, 2e-3, score=peak)
        after = accuracies(model, spikes, labels, peak)
        with torch.no_grad():  # patterns for which no readout ever rises above zero
            stuck = (peak(model(spikes)) <= 0).all(-1).float().mean(0).tolist()
        found[name] = {
            "stuck": stuck,
            "before": before,
            "after": after,
            "loss": loss[:: max(1, args.steps // 50)],
        }
        print(name, before, after, flush=True)
    results.save(
        "ch05_random_patterns", found, command="python " + " ".join(sys.argv), seeds=list(seeds)
    )


if __name__ == "__main__":
    main()
