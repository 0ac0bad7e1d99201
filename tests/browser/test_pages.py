"""Open every page in a headless Chromium, as a reader on a laptop and, in the dark, on a phone."""

from __future__ import annotations

import pytest
from check_site import toc_files
from site_server import HOW_TO_INSTALL, find_chromium
from site_visit import LOOKS, visit

pytestmark = [
    pytest.mark.browser,
    pytest.mark.site,
    pytest.mark.skipif(find_chromium() is None, reason=HOW_TO_INSTALL),
]

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

# Text that is set larger than that of the page, such as by a class that a theme knows too.
LARGER = """() => {
  const size = (node) => parseFloat(getComputedStyle(node).fontSize);
  document.querySelectorAll('article details').forEach((fold) => { fold.open = true; });
  const usual = size(document.querySelector('article'));
  return [...document.querySelectorAll('article p, article li')]
    .filter((node) => size(node) > usual + 0.5)
    .map((node) => node.textContent.trim().slice(0, 80)).slice(0, 5);
}"""


PLACES = [(name, *look) for name in toc_files() for look in LOOKS]


@pytest.mark.parametrize("seen", PLACES, indirect=True, ids="-".join)
def test_page_opens_cleanly(seen, record_property):
    assert seen.page.evaluate("document.documentElement.dataset.theme") == seen.mode
    assert not seen.page.evaluate(RAW_MATH), "mathematics is not typeset"
    assert not seen.page.evaluate(OVERFLOW), "these leave the window"
    assert seen.sideways() <= 0
    record_property("weight_bytes", seen.weight())
    record_property("first_drawing_ms", seen.first_drawing())
    assert not seen.page.evaluate(LARGER), "these are set larger than the text"
    assert not seen.faults()


def test_search_finds_a_word(chromium, address):
    seen = visit(chromium, address, "search")
    seen.page.goto(f"{address}/search.html?q=surrogate", wait_until="networkidle")
    seen.page.wait_for_selector("#search-results li")
    found = seen.page.locator("#search-results li").count()
    seen.close()
    assert found > 0
    assert not seen.faults()


def test_a_fault_would_be_noted(chromium, address):
    seen = visit(chromium, address, "book/intro")
    seen.page.evaluate(
        "async () => { console.error('oh'); await fetch('missing.json');"
        " await fetch('https://example.org/').catch(() => {}); }"
    )
    seen.page.wait_for_load_state("networkidle")
    noted = " ".join(seen.faults())
    seen.close()
    for part in ("console: oh", "missing.json", "another host: https://example.org/"):
        assert part in noted
