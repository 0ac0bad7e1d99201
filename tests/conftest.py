"""Settings shared by all tests: one thread, and the built site where it is needed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


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
