"""Local errors against BPTT over depth, on gestures (chapter 6c, claim 23).

    python experiments/ch06c_gestures.py        five minutes on one core

How, and how the learning rates were chosen, is in ``_local_errors.py``.
"""

from _local_errors import main
from _sweep import seeded

from snnbook import data

if __name__ == "__main__":
    parts = (data.gestures(550, generator=seeded(seed)) for seed in (0, 1))
    main(__doc__, data.Split(*next(parts), *next(parts)))
