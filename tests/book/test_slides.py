"""The slides as they are written, and what they take from the built chapters."""

from __future__ import annotations

import json
import re
from functools import cache

import pytest
from bs4 import BeautifulSoup
from check_site import ROOT, foreign_hosts
from slide_pages import Pages, Shown
from slide_source import SlideError, decks, slide_of, slides, with_named, with_numbers, with_places
from snnbook_slides import TITLES, write_decks

SOURCE = ROOT / "workshop" / "slides"
DECKS = decks(SOURCE)


@pytest.fixture(scope="module")
def pages(site) -> Pages:
    return Pages(site, ROOT / "book", ROOT / "_build" / "jupyter_execute" / "book")


def content(folder, deck: str) -> BeautifulSoup:
    return content_of(folder, f"{deck}/index.html")


def test_there_is_a_deck_for_each_plan():
    plans = {path.stem.removeprefix("plan-") for path in SOURCE.parent.glob("plan-*.md")}
    assert set(DECKS) == set(TITLES) == plans
    assert all(len(deck) > 10 for deck in DECKS.values())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Title\n\nText.\n\nNote:\nSay it.", "has no line `decks: ...`"),
        ("Title\ndecks: a\n\nText.", "has no notes"),
        ("Title\ndecks: a\n\nText.\n\nNote:\n \n", "has no notes"),
    ],
)
def test_a_slide_that_lacks_something_is_refused(text, message):
    with pytest.raises(SlideError, match=message):
        slide_of(text)


def test_a_file_begins_with_a_slide(tmp_path):
    (tmp_path / "1.md").write_text("Hello.\n\n# A\ndecks: a\n\nText.\n\nNote:\nSay it.")
    with pytest.raises(SlideError, match=r"1\.md begins with 'Hello\.'"):
        slides(tmp_path)


def test_what_is_named_within_a_line_stays_there():
    """Only a paragraph of its own is replaced by a figure, an equation or code."""
    shown = with_named("<p>{figure}<code>a 9</code></p>\n<p>b <code>c</code></p>", "{}|{}".format)
    assert shown == "figure|a 9\n<p>b <code>c</code></p>"
    assert with_numbers("{glue:text}`n:.0%`", {"n": 0.5}, "A slide") == "50%"
    with pytest.raises(SlideError, match="'A slide' quotes n, which no cell glues"):
        with_numbers("{glue:text}`n`", {}, "A slide")
    assert with_places("[x](page:workshop/contest)", "..") == "[x](../workshop/contest.html)"


@pytest.mark.site
def test_a_name_that_no_chapter_has_stops_the_slides(pages):
    show = Shown(pages, "..")
    for kind, name in (("figure", "fig-0"), ("equation", "eq-0"), ("symbols", "Q")):
        with pytest.raises(SlideError, match=name):
            show(kind, name)
    with pytest.raises(SlideError, match="no-cell of 01-introduction"):
        show("code", "01-introduction no-cell")


@pytest.mark.site
@pytest.mark.parametrize("deck", DECKS)
def test_a_deck_has_what_its_slides_name(site, deck):
    """Titles, notes, pictures and formulas as they are on the pages, with their numbers."""
    found = content(site / "slides", deck).select(".slides > section")
    assert [one.h2.text for one in found] == [slide.title for slide in DECKS[deck]]
    for one, slide in zip(found, DECKS[deck]):
        kinds = [kind for kind, _ in slide.named]
        assert len(one.select("figure img")) == kinds.count("figure"), slide.title
        assert len(one.select(".equation .math")) == kinds.count("equation"), slide.title
        assert one.select_one("aside.notes").text.strip()
        assert not re.search(r"\{[\w:]+\}`|\bpage:", one.text), slide.title
        for image in one.select("img"):
            assert (site / "slides" / deck / image["src"]).is_file() and image["alt"]


@pytest.mark.site
@pytest.mark.parametrize("deck", DECKS)
def test_figures_and_equations_bear_the_numbers_of_their_chapters(site, deck):
    numbers = content(site / "slides", deck).select("figcaption a, .equation .number a")
    assert numbers
    for link in numbers:
        page, _, anchor = link["href"].partition("#")
        place = content_of(site, page.removeprefix("../../")).find(id=anchor)
        chapter = re.search(r"/0?(\d+[a-z]?)-", page)[1]
        assert re.fullmatch(rf"Fig\. {chapter}\.\d+|\({chapter}\.\d+\)", link.text)
        assert link.text in place.text


@cache
def content_of(site, page: str) -> BeautifulSoup:
    return BeautifulSoup((site / page).read_text("utf-8"), "html.parser")


@pytest.mark.site
@pytest.mark.parametrize("deck", [*DECKS, "handout"])
def test_slides_load_nothing_from_another_host(site, deck):
    path = site / "slides" / deck / "index.html"
    assert foreign_hosts(path, content(site / "slides", deck), {}) == []


@pytest.mark.site
def test_a_folder_that_stands_alone_leads_nowhere_else(site, tmp_path):
    """It can be copied to another machine: no file and no link lies outside of it."""
    names = write_decks(ROOT, site, tmp_path / "slides", alone=True)
    assert names == list(DECKS)
    for deck in [*names, "handout"]:
        folder, found = tmp_path / "slides" / deck, content(tmp_path / "slides", deck)
        assert not [a["href"] for a in found.find_all("a") if not a["href"].startswith("http")]
        loaded = found.select("link[href^='..'], script[src], img[src]")
        for one in loaded:
            path = (folder / (one.get("src") or one["href"])).resolve()
            assert path.is_file() and path.is_relative_to(tmp_path / "slides")


@pytest.mark.site
def test_a_deck_that_fails_leaves_the_old_one(site, tmp_path):
    root, target = tmp_path / "root", tmp_path / "out" / "slides"
    for name in ("book", "_build"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).symlink_to(ROOT / name)
    (root / "workshop" / "slides").mkdir(parents=True)
    for file in ("deck.html", "deck.css", "deck.js", "handout.css", "handout.html"):
        (root / "workshop" / "slides" / file).write_text((SOURCE / file).read_text())
    written = "# A\ndecks: a\n\n{figure}`fig-0`\n\nNote:\nSay it."
    (root / "workshop" / "slides" / "1.md").write_text(written)
    target.mkdir(parents=True)
    (target / "old").write_text("old")
    with pytest.raises(SlideError, match="fig-0"):
        write_decks(root, site, target, alone=True)
    assert [path.name for path in target.parent.iterdir()] == ["slides"]
    assert (target / "old").read_text() == "old"


def test_cells_that_slides_show_are_short_enough_to_be_read():
    for slide in {slide for deck in DECKS.values() for slide in deck}:
        for kind, name in slide.named:
            if kind == "code":
                page, cell = name.split()
                cells = json.loads((ROOT / "book" / f"{page}.ipynb").read_text())["cells"]
                lines = "".join(next(one["source"] for one in cells if one["id"] == cell))
                assert len(lines.splitlines()) <= 18 and max(map(len, lines.splitlines())) <= 88
