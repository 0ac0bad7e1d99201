"""Random feedback against BPTT over depth, on Yin-Yang (chapter 6a, claims 17 to 19).

    python experiments/ch06a_yin_yang.py        half an hour on one core

1000 points for training, the published 1000 for validation and 1000 for the test. The search
has two seeds. How, and how the learning rates were chosen, is in ``_feedback_depth.py``.
"""

from _feedback_depth import Task, main
from _protocol import SEARCH_SEEDS
from torch import Tensor

from snnbook import data

TASK = Task(width=30, surrogate=0.2, epochs=80)


def encoded(samples: int, seed: int) -> tuple[Tensor, Tensor]:
    """Return spikes (T, n, 5) and classes: x spikes in step 30 x, a fifth input at 0."""
    points, classes = data.yin_yang(samples, seed)
    return data.time_code(points.float(), steps=40, span=30), classes


def split() -> list[tuple[Tensor, Tensor]]:
    """Return spikes and classes for training, validation and test."""
    return [encoded(1000, seed) for seed in (42, 41, 40)]


if __name__ == "__main__":
    main(__doc__, split(), TASK, SEARCH_SEEDS)
