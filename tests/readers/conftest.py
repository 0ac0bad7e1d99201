"""The published files, where they are at hand."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

GIVEN = os.environ.get("SNNBOOK_DATA")


@pytest.fixture
def published() -> Callable[[str], Path]:
    """Give a function that returns the folder of all data sets, or skips the test."""

    def folder(name: str) -> Path:
        if not GIVEN or not (Path(GIVEN) / name).is_dir():
            pytest.skip(f"SNNBOOK_DATA names no folder with the published files of {name}")
        return Path(GIVEN)

    return folder
