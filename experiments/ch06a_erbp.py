"""What eRBP pays for, in the hidden layer and in the readout (chapter 6a, claims 17 and 20).

    python experiments/ch06a_erbp.py        half an hour on one core

The networks, data and searches of ``ch06a_digits.py`` and ``ch06a_yin_yang.py``, with one hidden
layer. eRBP trains the hidden layer, the readout, or both; the exact gradient trains what is left,
and a hidden layer beneath an eRBP readout alone is frozen. Afterwards the readout is solved.
"""

import time
from functools import cache, partial

import ch06a_digits
import ch06a_yin_yang
from _feedback_depth import BATCH, PATIENCE, RATES, STRENGTHS, build
from _protocol import SEARCH_SEEDS, compare, solve_readout, until_flat
from _sweep import few, options, save, seeded

from snnbook import gradients, local, training

TASKS = {"digits": ch06a_digits, "yin_yang": ch06a_yin_yang}
BY_ERBP = {"hidden": ("hidden",), "readout": ("readout",), "both": ("hidden", "readout")}


@cache
def split_of(task: str) -> list:
    """Return three pairs (spikes, labels)."""
    return TASKS[task].split()


def mixed(arm: str, network, spikes, error, *, feedback):
    """Return the update of eRBP where the arm has it, and the exact one elsewhere."""
    exact = local.readout_alone if arm == "readout" else gradients.autograd
    found = exact(network, spikes, error)
    for name, value in local.erbp_gathered(network, spikes, error, feedback=feedback).items():
        if name.split(".")[0] in BY_ERBP[arm]:
            found[name] = value
    return found


def train(epochs: int, task: str, arm: str, seed: int, judged: bool, lr: float) -> dict:
    """Train one network; return its accuracies, of the test if it is judged."""
    start, split = time.perf_counter(), split_of(task)[: 2 + judged]
    network, rng = build(split, TASKS[task].TASK, 1, seed), seeded(100 + seed)
    feedback = local.random_feedback(network, direct=True, generator=rng)
    found = until_flat(
        network,
        split,
        lr=lr,
        generator=rng,
        epochs=epochs,
        patience=PATIENCE,
        batch_size=BATCH,
        loss=training.step_loss(training.step_cross_entropy),
        decide=training.decide_by_sum,
        gradient=local.FeedbackGradient(partial(mixed, arm), feedback),
    )
    if judged:
        solved = solve_readout(network, split, STRENGTHS)
        found |= {"accuracy": found["test"], "solved": solved["test"]}
    return found | {"seconds": round(time.perf_counter() - start, 1)}


def main() -> None:
    given = options(__doc__, seeds=5, epochs=80)
    tasks = few(given, TASKS)
    arms = [{"task": task, "arm": arm} for task in tasks for arm in BY_ERBP]
    rates = {"lr": RATES}
    save(given, compare(given, arms, rates, partial(train, given.epochs), SEARCH_SEEDS[:1]))


if __name__ == "__main__":
    main()
