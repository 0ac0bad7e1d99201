"""How long to wait for a browser on a machine that may be busy.

A limit is written for a quiet machine, and stretched by how slow this one is now: by the load on
each core, and by how long it takes to open an empty page. So a busy machine makes a test wait
longer instead of failing, and a page that hangs still fails.
"""

from __future__ import annotations

import os
import time

QUIET = 0.25  # seconds that a quiet machine takes, at most, to open an empty page
LIMIT = 30.0  # seconds that a quiet machine may take for any one step
MOST = 30.0  # no limit is stretched further


def load_per_core() -> float:
    """Return the waiting and running programs for each core, over the last minute."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return load / (os.cpu_count() or 1)


def slowness(seconds: float, load: float | None = None) -> float:
    """Return by how much to stretch limits.

    Parameters
    ----------
    seconds : float
        How long an empty page took to open.
    load : float, optional
        Programs for each core; by default those of this machine now.

    Returns
    -------
    float
        At least 1, at most ``MOST``.

    Examples
    --------
    >>> slowness(0.1, load=0.5), slowness(1.0, load=0.5), slowness(0.1, load=5.0)
    (1.0, 4.0, 5.0)
    """
    load = load_per_core() if load is None else load
    return min(MOST, max(1.0, load, seconds / QUIET))


def open_patiently(chromium, **settings):
    """Return an empty page in a context of its own, whose limits fit the machine, and the slowness.

    Every wait of Playwright on this page (a load, an element, a key) has the stretched limit.
    """
    start = time.monotonic()
    context = chromium.new_context(**settings)
    page = context.new_page()
    page.evaluate("1 + 1")
    slow = slowness(time.monotonic() - start)
    context.set_default_timeout(1000 * LIMIT * slow)
    return page, slow
