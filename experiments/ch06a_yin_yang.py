"""Random feedback against BPTT over depth, on Yin-Yang (chapter 6a, claims 17 to 19).

    python experiments/ch06a_yin_yang.py        twenty minutes on one core

How, and how the learning rates were chosen, is in ``_feedback_depth.py``.
"""

from _feedback_depth import Task, main
from torch import Tensor

from snnbook import data


def encode(points: Tensor) -> Tensor:
    """Return spikes (T, n, 5): x spikes in step 30 x, a fifth input at 0."""
    return data.time_code(points.float(), steps=40, span=30)


if __name__ == "__main__":
    split = data.Split(*data.yin_yang(2000, seed=42), *data.yin_yang(1000, seed=40))
    main(__doc__, split.encoded(encode), Task(width=30, surrogate=0.2, epochs=30))
