"""Every family of surrogates at height 1 over the widths, on Yin-Yang (chapter 5).

    python experiments/ch05_shapes.py [--seeds 8] [--steps 150]

Also hidden layers that do not learn at all.
"""

from functools import partial

from _surrogate_sweep import WIDTHS, Task
from _sweep import options, pick, run_cases, save

from snnbook.surrogates import ALL, true_derivative


def run(task: Task, family: str, width: float) -> dict:
    """Train one network per seed; return the test accuracies."""
    if family == "frozen":
        return {"accuracy": task.accuracies(true_derivative())}
    return {"accuracy": task.accuracies(ALL[family].scaled(width=width, height=1.0))}


def main() -> None:
    given = options(__doc__, seeds=8, steps=150)
    task = Task(given.seeds, given.steps)
    cases = [{"family": family, "width": width} for family in ALL for width in WIDTHS]
    cases.append({"family": "frozen", "width": 0.0})
    rows = run_cases(given, cases, partial(run, task))
    found = {
        "widths": WIDTHS,
        "accuracy": {family: pick(rows, "accuracy", family=family) for family in ALL},
        "frozen": rows[-1]["accuracy"],
    }
    save(given, found | {"settings": task.settings()})


if __name__ == "__main__":
    main()
