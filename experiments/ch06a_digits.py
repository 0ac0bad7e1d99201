"""Random feedback against BPTT over depth, on digits (chapter 6a, claims 17 to 19).

    python experiments/ch06a_digits.py        an hour and a half on one core

The search has one seed. How, and how the learning rates were chosen, is in ``_feedback_depth.py``.
"""

from functools import partial

from _feedback_depth import Task, main, parts
from _protocol import SEARCH_SEEDS
from torch import Tensor

from snnbook import data

TASK = Task(width=60, surrogate=0.3, epochs=80)


def split() -> list[tuple[Tensor, Tensor]]:
    """Return spikes and labels for training, validation and test."""
    return parts(data.digits().encoded(partial(data.latency_code, steps=40)))


if __name__ == "__main__":
    main(__doc__, split(), TASK, SEARCH_SEEDS[:1])
