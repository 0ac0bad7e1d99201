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
    "signs of the first weights": "sign_symmetric",
    "eRBP": "erbp",
}
DEPTHS = (1, 2, 3, 4, 5)


@cache
def _runs(task: str) -> list[dict]:
    return results.load(TASKS[task])["runs"]


def _mean(task: str, depth: int, arm: str, key: str) -> np.ndarray:
    """Return the mean over seeds of one record of the runs."""
    if depth == 1 and arm == "dfa":
        arm = "fa"  # one rule, one draw
    chosen = [run[key] for run in _runs(task) if (run["depth"], run["arm"]) == (depth, arm)]
    return np.mean(chosen, axis=0)


def feedback_frame(task: str = "digits", rule: str = "feedback alignment", depth: int = 1) -> dict:
    """Return angles and training accuracy of one rule over the epochs, beside backpropagation.

    Parameters
    ----------
    task : {"digits", "Yin-Yang"}
        What was learned.
    rule : str
        ``"feedback alignment"``, ``"direct feedback alignment"``,
        ``"signs of the first weights"`` or ``"eRBP"``.
    depth : int
        Hidden layers, 1 to 5.

    Returns
    -------
    dict
        ``lowest`` and ``top``, angles in degrees of the matrices to the first and to the last
        hidden layer, over ``epoch`` from 0; ``learned`` and ``exact``, the training accuracy of
        the rule and of backpropagation over ``trained`` from 1. Means over the stored seeds.

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
    learned, exact = (_mean(task, depth, arm, "train_accuracy") for arm in (RULES[rule], "bptt"))
    lowest, top = angles[:, 0], angles[:, -1]
    tested, reference = (_mean(task, depth, arm, "accuracy") for arm in (RULES[rule], "bptt"))
    return {
        "epoch": np.arange(len(angles)),
        "lowest": lowest,
        "top": top,
        "right": np.full(len(angles), 90.0),
        "trained": np.arange(1, len(learned) + 1),
        "learned": learned,
        "exact": exact,
        "text": f"After training the feedback to the first layer is {lowest[-1]:.0f} degrees from "
        f"the weights it replaces, that to the last {top[-1]:.0f}; test accuracy "
        f"{100 * tested:.1f} %, with backpropagation {100 * reference:.1f} %.",
    }


def feedback(live: bool | None = None) -> Explorer:
    """Return the explorer of random feedback: task, rule, hidden layers.

    >>> feedback()
    Explorer('feedback': task, rule, depth, 40 settings)

    Chapter 6a.
    """
    over_epochs = partial(Panel, xlim=(0, 30), xlabel="epochs")
    angles = (
        Layer("line", "right", "epoch", "chance", "chance", True),
        Layer("line", "lowest", "epoch", "to the first layer", "input"),
        Layer("line", "top", "epoch", "to the last layer", "mem", True),
    )
    learned = (
        Layer("line", "exact", "trained", "backpropagation", "true", True),
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
            over_epochs(learned, "Accuracy while training", ylim=(0, 1.02)),
        ],
        alt="Left, the angle between feedback and forward weights over the epochs, for the first "
        "and the last hidden layer. Right, the training accuracy of the rule and of "
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
