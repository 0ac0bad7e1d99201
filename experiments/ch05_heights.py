"""Surrogates of height 1 or of area 1, with Adam and with plain momentum, on Yin-Yang (chapter 5).

python experiments/ch05_heights.py [--seeds 4] [--steps 150]
"""

from functools import partial

import torch
from _surrogate_sweep import WIDTHS, Task
from _sweep import options, pick, run_cases, save

from snnbook.surrogates import fast_sigmoid

#: Optimizer and learning rate.
OPTIMIZERS = {
    "Adam": {"optimizer": torch.optim.Adam, "lr": 5e-3},
    "SGD": {"optimizer": partial(torch.optim.SGD, momentum=0.9), "lr": 0.002},
}


def run(task: Task, optimizer: str, norm: str, width: float) -> dict:
    """Train one network per seed; return the test accuracies."""
    surrogate = fast_sigmoid(width=width)
    if norm == "area":
        surrogate = surrogate.scaled(height=1 / surrogate.area)
    return {"accuracy": task.accuracies(surrogate, **OPTIMIZERS[optimizer])}


def main() -> None:
    given = options(__doc__, seeds=4, steps=150)
    task = Task(given.seeds, given.steps)
    kinds = [{"optimizer": one, "norm": norm} for one in OPTIMIZERS for norm in ("height", "area")]
    cases = [kind | {"width": width} for kind in kinds for width in WIDTHS]
    rows = run_cases(given, cases, partial(run, task))
    names = ["{optimizer}, {norm} 1".format(**kind) for kind in kinds]
    table = {name: pick(rows, "accuracy", **kind) for name, kind in zip(names, kinds)}
    save(given, {"widths": WIDTHS, "accuracy": table, "settings": task.settings()})


if __name__ == "__main__":
    main()
