"""Which tests stay together on one worker, and in which order the groups start.

A notebook is one group (its cells share a kernel), a page in the browser is one, and every other
file is one. The longest groups start first, so that no worker is left with one at the end: first
the notebooks, then the pages, then all else, each sorted by the seconds of the last run.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

# A test of the browser names the page, the width and the mode of its visit.
VISIT = re.compile(
    r"^tests/browser/(?P<file>\w+)\.py::.*\[(?P<page>.+)-(?P<look>\w+-(?:light|dark))"
)
STAGES = ("test_pages", "test_accessibility", "test_explorers")
UNKNOWN = 10.0  # seconds of a group that never ran


def group_of(nodeid: str) -> str:
    """Return the group of a test: its file, or the page that it opens.

    >>> group_of("tests/browser/test_pages.py::test_opens[book/intro-phone-dark]")
    'browser: book/intro'
    >>> group_of("book/intro.ipynb::Cell 3")
    'book/intro.ipynb'
    """
    found = VISIT.match(nodeid)
    return f"browser: {found['page']}" if found else nodeid.split("::")[0]


def rank(nodeid: str, seconds: dict[str, float]) -> tuple:
    """Return what sorts the tests: kind, longest group, and in it the visits one by one."""
    group, found = group_of(nodeid), VISIT.match(nodeid)
    kind = 0 if group.endswith(".ipynb") else 1 if "tests/browser/" in nodeid else 2
    visit = (found["look"], STAGES.index(found["file"])) if found else ()
    return kind, -seconds.get(group, UNKNOWN), group, visit


def read_seconds(path: Path) -> dict[str, float]:
    """Return the seconds that each group took when it ran last."""
    return json.loads(path.read_text()) if path.is_file() else {}


class Scheduler(LoadScopeScheduling):
    """Gives the groups to the workers, the next one to whoever is free."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


class Clock:
    """A plugin that stores the seconds of each group when the tests are over."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seconds: dict[str, float] = {}

    def pytest_runtest_logreport(self, report) -> None:
        group = group_of(report.nodeid)
        self.seconds[group] = self.seconds.get(group, 0.0) + report.duration

    def pytest_sessionfinish(self) -> None:
        if self.seconds and self.path.parent.is_dir():
            new = {name: round(one, 2) for name, one in self.seconds.items()}
            kept = {**read_seconds(self.path), **new}
            self.path.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")
