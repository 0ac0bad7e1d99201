"""A hidden layer learns to draw a picture with spikes, by SuperSpike (chapter 6b).

    python experiments/ch06b_raster.py        about four minutes on one core

Symmetric, random and uniform feedback, and no learning below the outputs; four arms and three
seeds side by side, the same frozen input and initial weights in each arm of a seed.
"""

import time
from functools import partial

import torch
from _sweep import options, run_cases, save, seeded

from snnbook import data
from snnbook.local import learn_raster
from snnbook.neurons import LIFNeuron, fluctuation_driven_

ARMS = ("symmetric", "random", "uniform", "frozen")
INPUTS, HIDDEN, RATE = 80, 80, 15.0
STAGES = ((4, 1e-3), (3, 3e-4), (2, 1e-4))  # share of the trials, in ninths, and step size


def build(seed: int, target: torch.Tensor):
    """Return frozen Poisson input (T, inputs), two weights, and feedback by arm."""
    draw = seeded(seed)
    steps, outputs = target.shape
    spikes = (torch.rand(steps, INPUTS, generator=draw) < RATE * 1e-3).float()
    weights = [torch.empty(HIDDEN, INPUTS), torch.empty(outputs, HIDDEN)]
    for weight in weights:
        fluctuation_driven_(weight, LIFNeuron(), rate=RATE, generator=draw)
    size = weights[1].square().mean().sqrt()
    drawn = size * torch.randn(outputs, HIDDEN, generator=draw)
    backs = {"random": drawn, "uniform": size.expand(outputs, HIDDEN), "frozen": 0 * drawn}
    return spikes, weights, backs


def learn(arm: str, built, target: torch.Tensor, trials: int):
    """Train all seeds of one arm side by side."""
    spikes = torch.stack([one[0] for one in built], 1)
    weights = tuple(torch.stack([one[1][i] for one in built]) for i in range(2))
    feedback = None
    if arm != "symmetric":
        feedback = (torch.stack([one[2][arm] for one in built]),)
    wanted = target[:, None].expand(-1, len(built), -1).contiguous()
    losses = []
    for share, lr in STAGES:
        count = max(1, share * trials // 9)
        found = learn_raster(weights, spikes, wanted, trials=count, lr=lr, feedback=feedback)
        weights = found.weights
        losses.append(found.loss)
    return torch.cat(losses), found.spikes


def run(built, target: torch.Tensor, trials: int, arm: str) -> dict:
    """Train all seeds of one arm; return the losses and a raster of the first."""
    start = time.perf_counter()
    loss, spikes = learn(arm, built, target, trials)
    loss = loss / target.shape[1]
    return {
        "loss": [[round(float(x), 3) for x in row] for row in loss.T[:, ::4]],
        "last": loss[-10:].mean(0),
        "first": loss[0],
        "raster": spikes[:, 0].nonzero().int(),
        "seconds": time.perf_counter() - start,
    }


def main() -> None:
    given = options(__doc__, seeds=3, trials=360)
    target = data.picture_spikes()
    built = [build(seed, target) for seed in given.seeds]
    once = partial(run, built, target, given.trials)
    rows = run_cases(given, [{"arm": arm} for arm in ARMS], once)
    found = {
        "arms": {row.pop("arm"): row for row in rows},
        "every": 4,
        "trials": given.trials,
        "sizes": [INPUTS, HIDDEN, target.shape[1]],
    }
    save(given, found)


if __name__ == "__main__":
    main()
