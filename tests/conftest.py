"""Settings shared by all tests: one thread, the built site where it is needed, and the order."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from balance import Clock, Scheduler, rank, read_seconds

ROOT = Path(__file__).resolve().parents[1]
SECONDS = ROOT / "_build" / "test-seconds.json"


def pytest_xdist_make_scheduler(config, log):
    """Spread the tests over workers in groups; the order is that of the collection."""
    if config.getvalue("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False
    config.pluginmanager.register(Clock(SECONDS))
    return Scheduler(config, log)


def pytest_collection_modifyitems(config, items) -> None:
    """On a worker, put the tests in order: the longest groups first."""
    if hasattr(config, "workerinput"):
        seconds = read_seconds(SECONDS)
        items.sort(key=lambda item: rank(item.nodeid, seconds))


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Keep PyTorch on one thread: several are slower on shared cores."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def root() -> Path:
    """Give the top folder of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def site(root) -> Path:
    """Give the folder of the built site; `make test` always has one."""
    folder = root / "_build" / "html"
    if not (folder / "index.html").is_file():
        if os.environ.get("SNNBOOK_REQUIRE_SITE"):
            pytest.fail("the site was not built")
        pytest.skip("the site is not built: run `make book`")
    return folder
