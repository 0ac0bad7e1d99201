"""One server and one browser for the tests of a file."""

from __future__ import annotations

import pytest
from site_server import HOW_TO_INSTALL, browser, find_chromium, serve


@pytest.fixture(scope="module")
def address(site):
    """Give the address of the served site."""
    with serve(site) as base:
        yield base


@pytest.fixture(scope="module")
def chromium():
    """Give a headless Chromium."""
    if find_chromium() is None:
        pytest.skip(HOW_TO_INSTALL)
    with browser() as one:
        yield one
