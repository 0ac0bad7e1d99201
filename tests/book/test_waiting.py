"""Limits in the browser fit the machine: they stretch with its load and are never shorter."""

from __future__ import annotations

import os
import re

import patience
import pytest
from check_site import ROOT

WAITERS = [*(ROOT / "tests" / "browser").glob("*.py"), *(ROOT / "scripts").glob("*.py")]


@pytest.mark.parametrize(
    ("seconds", "load", "stretch"),
    [
        (0.0, 0.0, 1.0),
        (patience.QUIET, 0.9, 1.0),
        (3 * patience.QUIET, 0.9, 3.0),
        (0.0, 5.0, 5.0),
        (3 * patience.QUIET, 5.0, 5.0),
        (1e3, 0.0, patience.MOST),
        (0.0, 1e3, patience.MOST),
    ],
)
def test_the_slower_of_two_measures_stretches_the_limit(seconds, load, stretch):
    assert patience.slowness(seconds, load) == stretch


def test_the_load_is_that_of_a_core(monkeypatch):
    monkeypatch.setattr(os, "getloadavg", lambda: (10.0, 0.0, 0.0), raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    assert patience.slowness(0.0) == 5.0
    monkeypatch.delattr(os, "getloadavg")
    assert patience.slowness(0.0) == 1.0


class Clockwork:
    """Stands for a browser, a context and a page that take a while to open."""

    def __init__(self, now: list[float], takes: float) -> None:
        self.now, self.takes, self.limit = now, takes, None

    def new_context(self, **settings):
        return self

    def new_page(self):
        return self

    def evaluate(self, code):
        self.now[0] += self.takes

    def set_default_timeout(self, limit):
        self.limit = limit


@pytest.mark.parametrize(("takes", "stretch"), [(0.1, 1.0), (1.0, 4.0)])
def test_a_page_that_opens_slowly_is_waited_for_longer(monkeypatch, takes, stretch):
    now = [0.0]
    monkeypatch.setattr(patience.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(os, "getloadavg", lambda: (0.0, 0.0, 0.0), raising=False)
    page, slow = patience.open_patiently(Clockwork(now, takes))
    assert slow == stretch and page.limit == 1000 * patience.LIMIT * stretch


def test_nothing_waits_for_a_fixed_time():
    fixed = re.compile(r"wait_for_timeout|\bsleep\(|timeout=[\d_.]+[,)]")
    assert len(WAITERS) > 8
    assert [path.name for path in WAITERS if fixed.search(path.read_text())] == []
