"""Random feedback against BPTT over depth, on Yin-Yang (chapter 6a, claims 17 to 19).

    python experiments/ch06a_yin_yang.py        half an hour on one core

1000 points for training, the published 1000 for validation and 1000 for the test. The search
has two seeds. How, and how the learning rates were chosen, is in ``_feedback_depth.py``.
"""

from _feedback_depth import Task, main
from _protocol import SEARCH_SEEDS
from torch import Tensor

from snnbook import data


def encoded(samples: int, seed: int) -> tuple[Tensor, Tensor]:
    """Return spikes (T, n, 5) and classes: x spikes in step 30 x, a fifth input at 0."""
    points, classes = data.yin_yang(samples, seed)
    return data.time_code(points.float(), steps=40, span=30), classes


if __name__ == "__main__":
    split = [encoded(1000, 42), encoded(1000, 41), encoded(1000, 40)]
    main(__doc__, split, Task(width=30, surrogate=0.2, epochs=80), SEARCH_SEEDS)
