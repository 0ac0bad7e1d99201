"""Read back what a printed PDF holds: its words, fonts, pictures and links."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from pypdf import PdfReader
from pypdf.generic import DictionaryObject

EMBEDDED = ("/FontFile", "/FontFile2", "/FontFile3")


def dense(text: str) -> str:
    """Return text without spaces and ligatures, as it is compared.

    >>> dense("the of\\ufb01ce\\n is")
    'theofficeis'
    """
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def page_numbers(reader: PdfReader) -> dict[str, int]:
    """Return the page of each id in a PDF to which a link leads, counted from 1."""
    pages = {page.indirect_reference.idnum: k for k, page in enumerate(reader.pages, 1)}
    return {
        name.lstrip("/"): pages[place.raw_get("/Page").idnum]
        for name, place in reader.named_destinations.items()
    }


def loose_fonts(reader: PdfReader) -> set[str]:
    """Return the names of the fonts that are not embedded."""
    loose, seen = set(), set()
    for page in reader.pages:
        for name, font in fonts_in(page.get("/Resources"), seen):
            if font["/Subtype"] == "/Type3":
                continue
            whole = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
            about = whole.get("/FontDescriptor", {})
            if not any(one in about for one in EMBEDDED):
                loose.add(str(font.get("/BaseFont", name)))
    return loose


def fonts_in(resources, seen: set[int]) -> Iterator[tuple[str, DictionaryObject]]:
    """Give the fonts of a page and of the drawings on it, each once."""
    resources = resources.get_object() if resources is not None else {}
    for name, font in resources.get("/Font", {}).items():
        font = font.get_object()
        if id(font) not in seen:
            seen.add(id(font))
            yield name, font
    for drawing in resources.get("/XObject", {}).values():
        drawing = drawing.get_object()
        if id(drawing) not in seen and "/Resources" in drawing:
            seen.add(id(drawing))
            yield from fonts_in(drawing["/Resources"], seen)


def spoken_pictures(reader: PdfReader) -> list[str]:
    """Return the alternative texts of the pictures, in the order of the text."""
    found, waiting = [], [reader.root_object["/StructTreeRoot"]]
    while waiting:
        node = waiting.pop().get_object()
        if not isinstance(node, DictionaryObject):
            continue
        if node.get("/S") == "/Figure" and "/Alt" in node:
            found.append(str(node["/Alt"]))
        below = node.get("/K", [])
        below = below.get_object() if hasattr(below, "get_object") else below
        waiting += reversed(below) if isinstance(below, list) else [below]
    return found


def inner_links(reader: PdfReader) -> list[str]:
    """Return the names of the places in the PDF to which its links lead."""
    found = []
    for page in reader.pages:
        for note in page.get("/Annots", []):
            note = note.get_object()
            place = note.get("/Dest") or note.get("/A", {}).get("/D")
            if place is not None:
                found.append(str(place).lstrip("/"))
    return found


def outline(reader: PdfReader) -> list[str]:
    """Return the titles of the bookmarks, in order."""

    def flat(marks: list) -> Iterator[str]:
        for mark in marks:
            if isinstance(mark, list):
                yield from flat(mark)
            else:
                yield mark["/Title"]

    return list(flat(reader.outline))
