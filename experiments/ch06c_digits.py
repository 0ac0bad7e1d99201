"""Local errors against BPTT over depth, on digits (chapter 6c, claim 23).

    python experiments/ch06c_digits.py        four minutes on one core

How, and how the learning rates were chosen, is in ``_local_errors.py``.
"""

from functools import partial

from _local_errors import main

from snnbook import data

if __name__ == "__main__":
    main(__doc__, data.digits().encoded(partial(data.latency_code, steps=40)))
