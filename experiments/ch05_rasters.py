"""Spikes of the last hidden layer by shape and width of the surrogate, on Yin-Yang (chapter 5).

    python experiments/ch05_rasters.py [--seeds 1] [--steps 150]

A raster is a list [steps, neurons]; there is one for one test sample of each class, of the first
network.
"""

from functools import partial

import torch
from _surrogate_sweep import WIDTHS, Task
from _sweep import options, pick, run_cases, save

from snnbook.surrogates import ALL
from snnbook.training import SideBySide, accuracy_side_by_side

SHAPES = ("fast sigmoid", "piecewise linear", "Gaussian", "boxcar")


def raster(model: SideBySide, spikes: torch.Tensor) -> list[list[list[int]]]:
    """Return steps and neurons of the spikes of each sample, last hidden layer."""
    with torch.no_grad():
        last = model.run(spikes)[1][-1][:, :, 0]
    return [[axis.tolist() for axis in one.nonzero(as_tuple=True)] for one in last.unbind(1)]


def run(task: Task, shape: str, width: float) -> dict:
    """Train one network per seed; return the rasters and the accuracy of the first."""
    first = [int((task.test_labels == label).nonzero()[0]) for label in range(3)]
    model = task.fit(ALL[shape].scaled(width=width, height=1.0))
    return {
        "raster": raster(model, task.test_spikes[:, first]),
        "accuracy": accuracy_side_by_side(model, task.test_spikes, task.test_labels)[0],
    }


def main() -> None:
    given = options(__doc__, seeds=1, steps=150)
    task = Task(given.seeds, given.steps)
    cases = [{"shape": shape, "width": width} for shape in SHAPES for width in WIDTHS]
    rows = run_cases(given, cases, partial(run, task))
    rasters = {shape: pick(rows, "raster", shape=shape) for shape in SHAPES}
    accuracy = {shape: pick(rows, "accuracy", shape=shape) for shape in SHAPES}
    found = {"widths": WIDTHS, "rasters": rasters, "accuracy": accuracy}
    save(given, found | {"settings": task.settings()})


if __name__ == "__main__":
    main()
