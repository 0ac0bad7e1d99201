"""Tests that belong together stay together, and the longest of each kind come first."""

from __future__ import annotations

import json
import random

import pytest
from balance import STAGES, Clock, group_of, rank, read_seconds
from check_site import ROOT, toc_files


@pytest.mark.parametrize(
    ("nodeid", "group"),
    [
        ("book/intro.ipynb::Cell 3", "book/intro.ipynb"),
        ("snnbook/neurons/_lif.py::snnbook.neurons._lif.step", "snnbook/neurons/_lif.py"),
        ("tests/neurons/test_lif.py::test_step[a-light]", "tests/neurons/test_lif.py"),
        ("tests/browser/test_pages.py::test_p[book/explore-phone-dark]", "browser: book/explore"),
        (
            "tests/browser/test_explorers.py::test_c[book/06b-three-factor-phone-light-xor]",
            "browser: book/06b-three-factor",
        ),
        ("tests/browser/test_pages.py::test_search", "tests/browser/test_pages.py"),
    ],
)
def test_group_of_a_test(nodeid, group):
    assert group_of(nodeid) == group


def test_the_order_is_by_kind_then_by_the_seconds_of_the_last_run():
    ordered = [
        "book/long.ipynb::Cell 0",
        "book/long.ipynb::Cell 1",
        "book/short.ipynb::Cell 0",
        *(f"tests/browser/{stage}.py::test_a[book/p-laptop-light]" for stage in STAGES),
        *(f"tests/browser/{stage}.py::test_a[book/p-phone-dark]" for stage in STAGES),
        "tests/test_long.py::test_b",
        "tests/test_long.py::test_a",
        "tests/test_short.py::test_a",
    ]
    seconds = {"book/long.ipynb": 9, "book/short.ipynb": 2, "tests/test_short.py": 0.1}
    shuffled = ordered.copy()
    random.Random(0).shuffle(shuffled)
    found = sorted(shuffled, key=lambda one: rank(one, seconds))
    assert [one.split("::")[0] for one in found] == [one.split("::")[0] for one in ordered]


def test_the_stages_are_files_and_no_page_looks_like_another():
    assert all((ROOT / "tests" / "browser" / f"{stage}.py").is_file() for stage in STAGES)
    for page in toc_files():
        nodeid = f"tests/browser/test_pages.py::test_p[{page}-phone-dark]"
        assert group_of(nodeid) == f"browser: {page}"


def test_the_clock_adds_up_and_keeps_what_did_not_run(tmp_path):
    path = tmp_path / "seconds.json"
    path.write_text(json.dumps({"a.py": 5.0, "b.py": 7.0}))
    clock = Clock(path)
    for seconds in (1.0, 2.0):
        report = type("Report", (), {"nodeid": "a.py::test", "duration": seconds})
        clock.pytest_runtest_logreport(report)
    clock.pytest_sessionfinish()
    assert read_seconds(path) == {"a.py": 3.0, "b.py": 7.0}
