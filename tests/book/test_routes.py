"""Each chapter says what it needs, and each route of the introduction has it."""

from __future__ import annotations

import re

import pytest
import yaml
from check_site import ROOT, read_cells, source_of, toc_files

CHAPTERS = [page for page in toc_files() if re.search(r"/\d\d\w?-", page)]
DOC = re.compile(r"\{doc\}`(?:[^`<]*<)?([\w-]+)>?`")
WHOLE = "all chapters in order"
AFTER = "after the paper"


def needs(page: str) -> list[str]:
    """Return the pages that a chapter names in the line of its needs."""
    head = read_cells(source_of(page))[0]["source"]
    line = re.search(r"^Needs: (.*)$", head, re.MULTILINE)
    assert line, f"{page} does not say what it needs"
    return [f"book/{name}" for name in DOC.findall(line[1])]


def routes() -> dict[str, list[str]]:
    """Return the pages of each route, in the order of its row in the introduction."""
    text = "\n".join(cell["source"] for cell in read_cells(ROOT / "book" / "intro.ipynb"))
    table = text[text.index("(routes)=") : text.index("## What is here")]
    rows = [row.split("|")[1:-1] for row in table.splitlines() if row.startswith("| ")][1:]
    return {
        name.strip(): CHAPTERS
        if WHOLE in pages
        else [f"book/{page}" for page in DOC.findall(pages)]
        for name, _, pages, _ in rows
    }


def missing(route: list[str]) -> list[str]:
    """Return what a page of the route needs and no page before it has told."""
    return [
        f"{page} needs {one}"
        for place, page in enumerate(route)
        for one in needs(page)
        if one not in route[:place]
    ]


@pytest.mark.parametrize("name", routes())
def test_a_route_has_what_its_pages_need(name):
    assert len(routes()[name]) >= 2
    assert missing(routes()[name]) == []


def test_a_gap_in_a_route_is_seen():
    assert missing(["book/01-introduction", "book/03-training-rnns"])


def test_no_chapter_needs_a_later_one():
    order = {page: place for place, page in enumerate(CHAPTERS)}
    for page in CHAPTERS:
        assert all(order[one] < order[page] for one in needs(page)), page


def test_no_chapter_of_the_paper_needs_one_after_it():
    """Parts I and II mirror the paper; part III may be left out, and its chapters come last."""
    later = [page for page in CHAPTERS if page.startswith("book/08")]
    assert later and CHAPTERS[-len(later) :] == later
    for page in set(CHAPTERS) - set(later):
        assert not set(needs(page)) & set(later), page
    for name, route in routes().items():
        if route is not CHAPTERS and name != AFTER:
            assert not set(route) & set(later), name
    assert set(later) <= set(routes()[AFTER])


def test_the_contents_set_the_chapters_after_the_paper_apart():
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text())["parts"]
    held = {part["caption"]: [one["file"] for one in part["chapters"]] for part in parts}
    for caption, pages in held.items():
        later = [page for page in pages if page.startswith("book/08")]
        assert later == (pages if "after the paper" in caption else [])
    assert any("after the paper" in caption for caption in held)
