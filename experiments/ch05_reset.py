"""The gradient through the reset, or not, over the height of the surrogate (chapter 5).

python experiments/ch05_reset.py [--seeds 4] [--steps 150]
"""

from functools import partial

from _surrogate_sweep import Task
from _sweep import options, pick, run_cases, save

from snnbook.surrogates import fast_sigmoid

HEIGHTS = (0.25, 1.0, 4.0, 8.0, 16.0)


def run(task: Task, through: bool, height: float) -> dict:
    """Train one network per seed; return the test accuracies."""
    surrogate = fast_sigmoid(width=0.1, height=height)
    return {"accuracy": task.accuracies(surrogate, reset_gradient=through)}


def main() -> None:
    given = options(__doc__, seeds=4, steps=150)
    task = Task(given.seeds, given.steps)
    names = {False: "detached", True: "through the reset"}
    cases = [{"through": through, "height": height} for through in names for height in HEIGHTS]
    rows = run_cases(given, cases, partial(run, task))
    table = {name: pick(rows, "accuracy", through=through) for through, name in names.items()}
    save(given, {"heights": HEIGHTS, "accuracy": table, "settings": task.settings()})


if __name__ == "__main__":
    main()
