"""The bibliography: each entry is cited and complete, each citation has an entry."""

from __future__ import annotations

import re

from check_site import ROOT
from pybtex.database import parse_file

CITATION = re.compile(r"\{cite(?::\w+)?\}`([^`]+)`")
NEEDED = {
    "article": {"title", "journal", "year"},
    "inproceedings": {"title", "booktitle", "year"},
    "book": {"title", "publisher", "year"},
    "misc": {"title", "year"},
}


def cited() -> set[str]:
    """Return every key that a page cites, also ``{cite}`one,two```."""
    pages = [*(ROOT / "book").glob("*.ipynb"), *(ROOT / "book").glob("*.md")]
    text = "\n".join(path.read_text() for path in pages)
    keys = {key.strip() for group in CITATION.findall(text) for key in group.split(",")}
    return {re.sub(r"^.*<(.*)>$", r"\1", key) for key in keys}


def entries() -> dict:
    return dict(parse_file(str(ROOT / "book" / "references.bib")).entries)


def test_each_entry_is_cited_and_each_citation_has_an_entry():
    assert sorted(set(entries()) - cited()) == []
    assert sorted(cited() - set(entries())) == []


def test_entries_are_complete():
    lacking = {
        key: sorted(NEEDED.get(entry.type, {"title", "year"}) - set(map(str.lower, entry.fields)))
        for key, entry in entries().items()
    }
    assert {key: fields for key, fields in lacking.items() if fields} == {}
    assert [key for key, entry in entries().items() if not entry.persons] == []


def test_entries_say_where_to_find_the_work():
    homeless = [
        key
        for key, entry in entries().items()
        if entry.type != "book" and not {"doi", "url", "eprint"} & set(map(str.lower, entry.fields))
    ]
    assert homeless == []
