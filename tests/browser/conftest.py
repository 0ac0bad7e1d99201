"""One server and one browser for the tests of this folder, one visit for all checks of a page."""

from __future__ import annotations

import pytest
from site_server import HOW_TO_INSTALL, browser, find_chromium, serve
from site_visit import Visit, visit


class Visits:
    """Opens a page once for the checks that follow one another on it."""

    def __init__(self, chromium, address: str) -> None:
        self.chromium, self.address = chromium, address
        self.place, self.seen = None, None

    def open(self, *place: str) -> Visit:
        """Give the visit of a page at a width in a mode: the last one, if it was of that place."""
        if self.place != place:
            self.close()
            self.seen = visit(self.chromium, self.address, *place)
            self.place = place
        return self.seen

    def close(self) -> None:
        """Close the last page."""
        if self.seen is not None:
            self.seen.close()
        self.place, self.seen = None, None


@pytest.fixture(scope="package")
def address(site):
    """Give the address of the served site."""
    with serve(site) as base:
        yield base


@pytest.fixture(scope="package")
def chromium():
    """Give a headless Chromium."""
    if find_chromium() is None:
        pytest.skip(HOW_TO_INSTALL)
    with browser() as one:
        yield one


@pytest.fixture(scope="package")
def visits(chromium, address):
    """Give the pages that are open; `tests/balance.py` puts the checks of a page in a row."""
    opened = Visits(chromium, address)
    yield opened
    opened.close()


@pytest.fixture
def seen(request, visits) -> Visit:
    """Give the visit of the page, width and mode that a test names (as an indirect parameter)."""
    return visits.open(*request.param)
