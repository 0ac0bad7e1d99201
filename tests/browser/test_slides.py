"""The slides opened from disk, as in a room without a network: size, keys, notes, print view."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from check_site import ROOT
from patience import open_patiently
from site_server import HOW_TO_INSTALL, find_chromium
from site_visit import set_mathematics
from slide_source import decks

pytestmark = [
    pytest.mark.browser,
    pytest.mark.site,
    pytest.mark.skipif(find_chromium() is None, reason=HOW_TO_INSTALL),
]

DECKS = decks(ROOT / "workshop" / "slides")
READY = "window.Reveal && Reveal.isReady()"
# For each slide: does anything leave it, and is its smallest text large enough for the last row?
LAID_OUT = """() => [...document.querySelectorAll('.slides > section')].map((slide, n) => {
  Reveal.slide(n);
  const own = [...slide.children].filter((one) => !one.matches('aside'));
  const sized = own.flatMap((one) => [one, ...one.querySelectorAll('p, li, pre, figcaption')]);
  return {
    bottom: Math.max(...own.map((one) => one.offsetTop + one.offsetHeight)),
    right: Math.max(...own.map((one) => one.offsetLeft + one.scrollWidth)),
    letters: Math.min(...sized.map((one) => parseFloat(getComputedStyle(one).fontSize))),
    empty: [...slide.querySelectorAll('img')].filter((one) => !one.naturalWidth).length,
    raw: [...slide.querySelectorAll('.math')].filter(
      (one) => !one.querySelector('mjx-container') || one.querySelector('mjx-merror')).length,
  };
})"""


class Deck:
    """A page of slides from disk, with all that it asked for and all that went wrong."""

    def __init__(self, chromium, path, query: str = "") -> None:
        viewport = {"width": 1280, "height": 720}
        self.page, self.slow = open_patiently(chromium, viewport=viewport)
        self.faults: list[str] = []
        self.page.on("console", lambda one: self.faults.append(one.text))
        self.page.on("pageerror", lambda one: self.faults.append(str(one)))
        self.page.on("requestfailed", lambda one: self.faults.append(one.url))
        self.page.context.on("request", self.note)
        self.page.goto(f"{path.as_uri()}{query}")

    def note(self, request) -> None:
        if not request.url.startswith(("file:", "data:", "about:", "blob:")):
            self.faults.append(f"asked {request.url}")

    def ready(self) -> Deck:
        self.page.wait_for_function(READY)
        return self


@pytest.fixture
def opened(chromium, site):
    """Give a function that opens a deck, or the handout."""
    found = []

    def open_deck(name: str, query: str = "") -> Deck:
        found.append(Deck(chromium, site / "slides" / name / "index.html", query))
        return found[-1]

    yield open_deck
    for deck in found:
        deck.page.context.close()


@pytest.mark.parametrize("name", DECKS)
def test_every_slide_is_whole_and_its_letters_are_large(opened, name):
    deck = opened(name).ready()
    slides = deck.page.evaluate(LAID_OUT)
    assert len(slides) == len(DECKS[name])
    for slide, source in zip(slides, DECKS[name]):
        assert slide["bottom"] <= 700 and slide["right"] <= 1280, source.title
        assert slide["letters"] >= 20, source.title
        assert slide["empty"] == slide["raw"] == 0, source.title
    assert not deck.faults


@pytest.mark.parametrize("name", DECKS)
def test_the_keyboard_moves_and_s_opens_the_notes(opened, name):
    deck = opened(name).ready()
    for key in ("ArrowRight", "Space", "ArrowLeft"):
        deck.page.keyboard.press(key)
    assert deck.page.evaluate("Reveal.getIndices().h") == 1
    with deck.page.expect_popup() as popup:
        deck.page.keyboard.press("s")
    notes = popup.value.locator(".speaker-controls-notes .value")
    beginning = " ".join(DECKS[name][1].notes.split()[:4])
    notes.filter(has_text=beginning).wait_for(state="attached")
    deck.page.keyboard.press("o")
    assert deck.page.evaluate("Reveal.isOverview()")
    assert not deck.faults


@pytest.mark.parametrize("name", DECKS)
def test_the_print_view_has_a_page_for_each_slide(opened, name):
    deck = opened(name, "?print-pdf").ready()
    pages = deck.page.locator(".pdf-page")
    pages.nth(len(DECKS[name]) - 1).wait_for(state="attached")
    assert pages.count() == len(DECKS[name])
    printed = deck.page.pdf(prefer_css_page_size=True, print_background=True)
    assert printed.count(b"/Type /Page\n") == len(DECKS[name])
    assert not deck.faults


def test_the_handout_fills_one_sheet(opened):
    deck = opened("handout")
    set_mathematics(deck.page, deck.slow)
    printed = deck.page.pdf(prefer_css_page_size=True, print_background=True)
    assert printed.count(b"/Type /Page\n") == 1
    assert deck.page.locator("mjx-container").count() > 10
    assert not deck.page.locator("mjx-merror").count()
    assert not deck.faults


@pytest.mark.parametrize("name", [*DECKS, "handout"])
def test_axe_finds_no_violation(opened, name):
    deck = opened(name)
    if name == "handout":
        set_mathematics(deck.page, deck.slow)
    else:
        deck.ready().page.evaluate("Reveal.slide(2)")
    options = {"resultTypes": ["violations"]}
    found = Axe().run(deck.page, context={"exclude": [["mjx-container"]]}, options=options)
    violations = found.response["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:150]) for one in violations] == []
