"""Explorer of chapter 6a: random feedback in training, over depth."""

from functools import cache, partial

import numpy as np

from snnbook import results
from snnbook._validate import check_choice
from snnbook.explore._explorer import Control, Explorer, Layer, Panel

TASKS = {"digits": "ch06a_digits", "Yin-Yang": "ch06a_yin_yang"}
RULES = {
    "feedback alignment": "fa",
    "direct feedback alignment": "dfa",
    "signs of the weights": "sign_symmetric",
    "Kolen-Pollack": "kolen_pollack",
}
DEPTHS = (1, 3, 5)


@cache
def _runs(task: str, depth: int, arm: str) -> list[dict]:
    """Return the runs of one arm; with one layer direct feedback and the chain are one draw."""
    arm = "fa" if (depth, arm) == (1, "dfa") else arm
    runs = results.load(TASKS[task])["runs"]
    return [run for run in runs if (run["depth"], run["arm"]) == (depth, arm)]


def _kept(task: str, depth: int, arm: str) -> np.ndarray:
    """Return the mean angles to the first and to the last layer, at the epochs that were kept."""
    kept = [run["angles"][run["epoch"]] for run in _runs(task, depth, arm)]
    return np.mean(kept, axis=0)[[0, -1]]


def _mean(task: str, depth: int, arm: str, key: str) -> np.ndarray:
    """Return the mean over seeds of one record of the runs, while all of them were in training."""
    chosen = [run[key] for run in _runs(task, depth, arm)]
    if isinstance(chosen[0], list):
        shortest = min(map(len, chosen))
        chosen = [one[:shortest] for one in chosen]
    return np.mean(chosen, axis=0)


def feedback_frame(task: str = "digits", rule: str = "feedback alignment", depth: int = 1) -> dict:
    """Return angles and validation accuracy of a rule over the epochs, beside backpropagation.

    Parameters
    ----------
    task : {"digits", "Yin-Yang"}
        What was learned.
    rule : str
        ``"feedback alignment"``, ``"direct feedback alignment"``, ``"signs of the weights"`` or
        ``"Kolen-Pollack"``.
    depth : {1, 3, 5}
        Hidden layers.

    Returns
    -------
    dict
        ``lowest`` and ``top``, angles in degrees of the matrices to the first and to the last
        hidden layer, over ``epoch`` from 0; ``learned`` over ``trained`` and ``exact`` over
        ``trained_exact`` from 1, the validation accuracy of the rule and of backpropagation. Means
        over the stored seeds, as long as all of them were in training.

    Examples
    --------
    >>> feedback_frame()["text"].startswith("After training the feedback to the first layer is")
    True

    Chapter 6a.
    """
    check_choice("task", task, TASKS)
    check_choice("rule", rule, RULES)
    check_choice("depth", depth, DEPTHS)
    angles = _mean(task, depth, RULES[rule], "angles")
    learned, exact = (_mean(task, depth, arm, "curve") for arm in (RULES[rule], "bptt"))
    lowest, top = angles[:, 0], angles[:, -1]
    tested, reference = (_mean(task, depth, arm, "accuracy") for arm in (RULES[rule], "bptt"))
    first, last = _kept(task, depth, RULES[rule])
    return {
        "epoch": np.arange(len(angles)),
        "lowest": lowest,
        "top": top,
        "right": np.full(len(angles), 90.0),
        "trained": np.arange(1, len(learned) + 1),
        "trained_exact": np.arange(1, len(exact) + 1),
        "learned": learned,
        "exact": exact,
        "text": f"After training the feedback to the first layer is {first:.0f} degrees from "
        f"the weights it replaces, that to the last {last:.0f}; test accuracy "
        f"{100 * tested:.1f} %, with backpropagation {100 * reference:.1f} %.",
    }


def feedback(live: bool | None = None) -> Explorer:
    """Return the explorer of random feedback: task, rule, hidden layers.

    >>> feedback()
    Explorer('feedback': task, rule, depth, 24 settings)

    Chapter 6a.
    """
    over_epochs = partial(Panel, xlim=(0, 60), xlabel="epochs")
    angles = (
        Layer("line", "right", "epoch", "chance", "chance", True),
        Layer("line", "lowest", "epoch", "to the first layer", "input"),
        Layer("line", "top", "epoch", "to the last layer", "mem", True),
    )
    learned = (
        Layer("line", "exact", "trained_exact", "backpropagation", "true", True),
        Layer("line", "learned", "trained", "this rule", "surrogate"),
    )
    return Explorer(
        name="feedback",
        function=feedback_frame,
        controls={
            "task": Control("task", tuple(TASKS), "digits"),
            "rule": Control("rule", tuple(RULES), "feedback alignment"),
            "depth": Control("hidden layers", DEPTHS, 1, free=False),
        },
        panels=[
            over_epochs(angles, "Angle to the forward weights (degrees)", ylim=(0, 125)),
            over_epochs(learned, "Validation accuracy", ylim=(0, 1.02)),
        ],
        alt="Left, the angle between feedback and forward weights over the epochs, for the first "
        "and the last hidden layer. Right, the validation accuracy of the rule and of "
        "backpropagation.",
        caption="Stored runs of `experiments/ch06a_digits.py` and `ch06a_yin_yang.py`, means over "
        "the seeds.",
        live=live,
        title="Random feedback",
        chapter="06a-feedback-alignment",
        heading="ch06a-explore",
        change="Change the task, the rule, the number of hidden layers.",
        question="Do the weights turn toward the feedback, and how deep?",
    )
