"""Shape, width, height, depth and reset of the surrogate, on the Yin-Yang task (chapter 5).

Usage: python experiments/surrogate_sweep.py PART [--seeds 4] [--steps 150]
PART is one of shapes, heights, depth, reset, rasters. The result goes to snnbook/results.

Every cell of a sweep trains one network per seed, all from the same initial weights and on the
same batches, so cells differ in nothing but the surrogate.
"""

import argparse
import sys
from functools import partial

import torch
from side_by_side import SideBySide, accuracies, rng, train
from torch import Tensor

from snnbook import data, results
from snnbook.surrogates import ALL, Surrogate, fast_sigmoid, true_derivative

WIDTHS = (0.001, 0.01, 0.1, 1.0, 10.0)
HEIGHTS = (0.25, 1.0, 4.0, 16.0)
HIDDEN, BATCH, STEPS, SPAN = 40, 100, 40, 30
RASTERS = ("fast sigmoid", "piecewise linear", "Gaussian", "boxcar")
#: One spike per feature, in the step nearest to 30 x, and a reference spike in step 0: (40, n, 5).
encode = partial(data.time_code, steps=STEPS, span=SPAN, clock="first", rounding="nearest")
SGD = partial(torch.optim.SGD, momentum=0.9)


def load(train_size: int, test_size: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return the first samples of the published training and test sets, as spikes."""
    inputs, labels = data.yin_yang(train_size, seed=42)
    test_inputs, test_labels = data.yin_yang(test_size, seed=40)
    return encode(inputs), labels, encode(test_inputs), test_labels


class Task:
    """The Yin-Yang task with a fixed order of batches."""

    def __init__(self, seeds: int, steps: int, train_size: int = 2000, test_size: int = 1000):
        self.seeds, self.steps = range(seeds), steps
        self.spikes, self.labels, self.test_spikes, self.test_labels = load(train_size, test_size)
        epochs = -(-steps * BATCH // train_size)
        self.order = torch.cat(
            [torch.randperm(train_size, generator=rng(e)) for e in range(epochs)]
        )

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        index = self.order[step * BATCH : (step + 1) * BATCH]
        return self.spikes[:, index], self.labels[index]

    def fit(self, surrogate: Surrogate, layers: int = 2, lr: float = 5e-3, **options) -> SideBySide:
        """Train one network per seed."""
        optimizer = options.pop("optimizer", torch.optim.Adam)
        sizes = (5, *[HIDDEN] * layers, 3)
        model = SideBySide(
            sizes, self.seeds, input_rate=25.0, hidden_rate=10.0, surrogate=surrogate, **options
        )
        train(model, self.batch, self.steps, lr, optimizer=optimizer)
        return model

    def run(self, surrogate: Surrogate, **options) -> list[float]:
        """Train one network per seed; return the test accuracies."""
        model = self.fit(surrogate, **options)
        scores = accuracies(model, self.test_spikes, self.test_labels)
        print(surrogate.name, surrogate.width, surrogate.height, options, scores, flush=True)
        return scores


def shapes(task: Task) -> dict:
    """Every family at height 1 over the widths, and hidden layers that do not learn at all."""
    table = {
        name: [task.run(family.scaled(width=width, height=1.0)) for width in WIDTHS]
        for name, family in ALL.items()
    }
    return {"widths": WIDTHS, "accuracy": table, "frozen": task.run(true_derivative())}


def heights(task: Task) -> dict:
    """Height 1 or area 1, with Adam and with plain momentum."""
    table = {}
    for name, optimizer, lr in (("Adam", torch.optim.Adam, 5e-3), ("SGD", SGD, 0.002)):
        for norm in ("height", "area"):
            cells = []
            for width in WIDTHS:
                surrogate = fast_sigmoid(width=width)
                if norm == "area":
                    surrogate = surrogate.scaled(height=1 / surrogate.area)
                cells.append(task.run(surrogate, optimizer=optimizer, lr=lr))
            table[f"{name}, {norm} 1"] = cells
    return {"widths": WIDTHS, "accuracy": table}


def depth(task: Task) -> dict:
    """One to four hidden layers over the widths."""
    table = {
        str(layers): [task.run(fast_sigmoid(width=width), layers=layers) for width in WIDTHS]
        for layers in (1, 2, 3, 4)
    }
    return {"widths": WIDTHS, "accuracy": table}


def reset(task: Task) -> dict:
    """The gradient through the reset, or not, over the height."""
    table = {
        "through the reset" if through else "detached": [
            task.run(fast_sigmoid(width=0.1, height=height), reset_gradient=through)
            for height in HEIGHTS
        ]
        for through in (False, True)
    }
    return {"heights": HEIGHTS, "accuracy": table}


def rasters(task: Task) -> dict:
    """Spikes of the last hidden layer for one test sample of each class, by shape and width.

    A raster is a list [steps, neurons]; there is one for each class, of the first network.
    """
    first = [int((task.test_labels == label).nonzero()[0]) for label in range(3)]
    table, accuracy = {}, {}
    for name in RASTERS:
        models = [task.fit(ALL[name].scaled(width=width, height=1.0)) for width in WIDTHS]
        table[name] = [_raster(model, task.test_spikes[:, first]) for model in models]
        accuracy[name] = [accuracies(one, task.test_spikes, task.test_labels)[0] for one in models]
        print(name, accuracy[name], flush=True)
    return {"widths": WIDTHS, "rasters": table, "accuracy": accuracy}


def _raster(model: SideBySide, spikes: Tensor) -> list[list[list[int]]]:
    with torch.no_grad():
        last = model.hidden(spikes)[-1][:, :, 0]
    return [[axis.tolist() for axis in one.nonzero(as_tuple=True)] for one in last.unbind(1)]


PARTS = {part.__name__: part for part in (shapes, heights, depth, reset, rasters)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--steps", type=int, default=150)
    args = parser.parse_args()
    torch.set_num_threads(1)
    found = PARTS[args.part](Task(args.seeds, args.steps))
    found["settings"] = {
        "task": "Yin-Yang, 2000 training and 1000 test samples, one spike per feature",
        "sizes": [5, HIDDEN, HIDDEN, 3],
        "batch": BATCH,
        "training_steps": args.steps,
        "time_steps": STEPS,
    }
    results.save(
        f"ch05_{args.part}",
        found,
        command="python " + " ".join(sys.argv),
        seeds=list(range(args.seeds)),
    )


if __name__ == "__main__":
    main()
