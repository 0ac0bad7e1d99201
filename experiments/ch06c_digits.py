"""Local errors over depth, on digits (chapter 6c, claim 23).

    python experiments/ch06c_digits.py        six minutes on one core

BPTT, feedback alignment, frozen layers and no layer are in ``ch06a_digits.py``, with the same
networks, split and seeds. How, and how the settings were chosen, is in ``_local_errors.py``.
"""

from _local_errors import main
from ch06a_digits import TASK, split

ARMS = [{"arm": "local", "depth": depth} for depth in (1, 5)]

if __name__ == "__main__":
    main(__doc__, split(), TASK, ARMS)
