"""Open every page in a headless Chromium, as a reader on a laptop and on a phone."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from check_site import toc_files
from site_server import HOW_TO_INSTALL, browser, find_chromium, serve

pytestmark = [
    pytest.mark.browser,
    pytest.mark.site,
    pytest.mark.skipif(find_chromium() is None, reason=HOW_TO_INSTALL),
]

WIDTHS = {"laptop": (1280, 900), "phone": (390, 844)}
# Elements whose right edge leaves the window, and that no box of their own scrolls.
OVERFLOW = """() => {
  const wide = document.documentElement.clientWidth;
  const boxed = (node) => {
    for (let box = node.parentElement; box && box !== document.body; box = box.parentElement) {
      const how = getComputedStyle(box).overflowX;
      if (how !== 'visible') return true;
    }
    return false;
  };
  return [...document.querySelectorAll('article *')]
    .filter((node) => node.getBoundingClientRect().right > wide + 1 && !boxed(node))
    .map((node) => node.outerHTML.slice(0, 120)).slice(0, 5);
}"""
# Formulas that MathJax has not set, or has set as an error.
RAW_MATH = """() => {
  const left = [...document.querySelectorAll('.math')].filter(
    (node) => !node.querySelector('mjx-container'));
  const broken = [...document.querySelectorAll('mjx-merror')];
  return [...left, ...broken].map((node) => node.textContent.trim().slice(0, 120));
}"""


@dataclass
class Visit:
    """What was seen while a page loaded."""

    page: object
    foreign: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def address(site):
    with serve(site) as base:
        yield base


@pytest.fixture(scope="module")
def chromium():
    with browser() as one:
        yield one


def visit(chromium, address: str, name: str, size: tuple[int, int], mode: str) -> Visit:
    """Load a page, block every other host, and note each fault."""
    context = chromium.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=mode
    )
    seen = Visit(context.new_page())

    def guard(route) -> None:
        url = route.request.url
        if url.startswith((address, "data:", "blob:")):
            route.continue_()
        else:
            seen.foreign.append(url)
            route.abort()

    def note_response(response) -> None:
        if response.status >= 400:
            seen.failed.append(f"{response.status} {response.url}")

    context.route("**/*", guard)
    seen.page.on("response", note_response)
    seen.page.on("requestfailed", lambda request: seen.failed.append(request.url))
    seen.page.on("pageerror", lambda error: seen.console.append(str(error)))
    seen.page.on(
        "console",
        lambda line: seen.console.append(line.text) if line.type in {"error", "warning"} else None,
    )
    seen.page.goto(f"{address}/{name}.html", wait_until="load")
    seen.page.evaluate("() => window.MathJax?.startup?.promise")
    seen.page.wait_for_load_state("networkidle")
    return seen


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("width", list(WIDTHS))
@pytest.mark.parametrize("name", toc_files())
def test_page_opens_cleanly(chromium, address, name, width, mode):
    seen = visit(chromium, address, name, WIDTHS[width], mode)
    try:
        assert seen.page.evaluate("document.documentElement.dataset.theme") == mode
        assert not seen.page.evaluate(RAW_MATH), "mathematics is not typeset"
        assert not seen.page.evaluate(OVERFLOW), "these leave the window"
        room = seen.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert room <= 0, f"the page scrolls sideways by {room} pixels"
    finally:
        seen.page.context.close()
    assert not seen.foreign, "asked another host"
    assert not seen.failed, "a request failed"
    assert not seen.console, "errors in the console"


def test_search_finds_a_word(chromium, address):
    seen = visit(chromium, address, "search", WIDTHS["laptop"], "light")
    seen.page.goto(f"{address}/search.html?q=surrogate", wait_until="networkidle")
    seen.page.wait_for_selector("#search-results li", timeout=10_000)
    found = seen.page.locator("#search-results li").count()
    seen.page.context.close()
    assert found > 0
    assert not seen.foreign and not seen.console
