"""One to four hidden layers over the widths of the surrogate, on Yin-Yang (chapter 5).

python experiments/ch05_depth.py [--seeds 4] [--steps 150]
"""

from functools import partial

from _surrogate_sweep import WIDTHS, Task
from _sweep import options, pick, run_cases, save

from snnbook.surrogates import fast_sigmoid

LAYERS = (1, 2, 3, 4)


def run(task: Task, layers: int, width: float) -> dict:
    """Train one network per seed; return the test accuracies."""
    return {"accuracy": task.accuracies(fast_sigmoid(width=width), layers=layers)}


def main() -> None:
    given = options(__doc__, seeds=4, steps=150)
    task = Task(given.seeds, given.steps)
    cases = [{"layers": layers, "width": width} for layers in LAYERS for width in WIDTHS]
    rows = run_cases(given, cases, partial(run, task))
    table = {str(layers): pick(rows, "accuracy", layers=layers) for layers in LAYERS}
    save(given, {"widths": WIDTHS, "accuracy": table, "settings": task.settings()})


if __name__ == "__main__":
    main()
