"""Link the first use of each word of the glossary, on every other page, to its entry.

The sources stay plain: whoever writes a page writes the word, and whoever adds an entry to
``book/glossary.md`` links it everywhere. A folded part has a first use of its own, since it can be
read or left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from docutils import nodes
from snnbook_optional import optional_fold, optional_mark
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx_design.dropdown import dropdown_main, dropdown_title

GLOSSARY = "book/glossary"
#: Pages that are lists of names or define words themselves.
LEFT_ALONE = {GLOSSARY, "book/api", "book/bibliography", "book/notation"}
#: Where no link is put: a title, code, mathematics, what is a link already, the heading of a fold,
#: and a word in italics, which is explained or stressed there.
NOT_PROSE = (
    nodes.title,
    nodes.literal,
    nodes.literal_block,
    nodes.math,
    nodes.math_block,
    nodes.reference,
    nodes.raw,
    nodes.caption,
    nodes.rubric,
    nodes.emphasis,
    nodes.doctest_block,
    addnodes.toctree,
    addnodes.desc,
    dropdown_title,
    optional_mark,
)


class Entry(NamedTuple):
    """One word: what it is called, where its entry stands, and what it means."""

    names: tuple[str, ...]
    anchor: str
    meaning: str


def names_of(term: str) -> tuple[str, ...]:
    """Return what a term is called in a text: in full and, if it has one, by its abbreviation.

    >>> names_of("backpropagation through time (BPTT)")
    ('backpropagation through time', 'BPTT')
    """
    full, _, short = term.partition(" (")
    return (full, short.rstrip(")")) if short else (full,)


def pattern(names: list[str]) -> re.Pattern:
    """Return the pattern of any of the names, the longest first; a plural is the same word.

    >>> pattern(["spike", "spike train"]).search("Two spike trains.").group()
    'spike trains'
    """
    kinds = []
    for name in sorted(names, key=len, reverse=True):
        words = r"[\s-]".join(map(re.escape, re.split(r"[\s-]", name)))
        kinds.append(f"{words}s?" if is_short(name) else f"(?i:{words}(?:s|es)?)")
    return re.compile(rf"(?<![\w-])(?:{'|'.join(kinds)})(?![\w-])")


def is_short(name: str) -> bool:
    """Return whether a name is an abbreviation, whose capitals matter."""
    return " " not in name and name.upper() == name.replace("e", "E")


def key(found: str) -> str:
    """Return what two spellings of a name share.

    >>> key("Spike-Train") == key("spike train")
    True
    """
    return re.sub(r"[\s-]", " ", found).lower()


def keys(name: str) -> tuple[str, ...]:
    """Return the keys of a name and of its plural."""
    return key(name), key(f"{name}s"), key(f"{name}es")


def entries(doctree: nodes.document) -> Iterator[Entry]:
    """Return the entries of the page of the glossary."""
    for item in doctree.findall(nodes.definition_list_item):
        terms = list(item.findall(nodes.term))
        meaning = next(item.findall(nodes.paragraph)).astext().replace("\n", " ")
        names = [name for term in terms for name in names_of(term.astext())]
        yield Entry(tuple(names), terms[0]["ids"][0], meaning)


def classes(node: nodes.Node) -> list[str]:
    """Return the classes of a node; what a cell has printed is in one with ``cell_output``."""
    return node["classes"] if isinstance(node, nodes.Element) else []


class TermLinks(SphinxPostTransform):
    """Put the links into a page, after everything else has been resolved."""

    default_priority = 900
    formats = ("html",)

    def run(self, **kwargs) -> None:
        """Link the first use of each word."""
        if self.env.docname in LEFT_ALONE or GLOSSARY not in self.env.found_docs:
            return
        found = list(entries(self.env.get_doctree(GLOSSARY)))
        self.by_key = {one: entry for entry in found for name in entry.names for one in keys(name)}
        self.pattern = pattern([name for entry in found for name in entry.names])
        self.address = self.app.builder.get_relative_uri(self.env.docname, GLOSSARY)
        self.walk(self.document, set())

    def walk(self, node: nodes.Element, linked: set[str]) -> None:
        """Go through a node in reading order."""
        for child in list(node.children):
            if isinstance(child, NOT_PROSE) or "cell_output" in classes(child):
                continue
            if isinstance(child, nodes.Text):
                node.replace(child, list(self.pieces(child.astext(), linked)))
            elif isinstance(child, dropdown_main):
                self.walk(child, set())
            elif isinstance(child, optional_fold):
                self.walk(child, set(linked))
            else:
                self.walk(child, linked)

    def pieces(self, text: str, linked: set[str]) -> Iterator[nodes.Node]:
        """Return a text as it was, with links where a word comes for the first time."""
        start = 0
        for hit in self.pattern.finditer(text):
            entry = self.by_key.get(key(hit.group()))
            if entry is None or entry.anchor in linked:
                continue
            linked.add(entry.anchor)
            yield nodes.Text(text[start : hit.start()])
            yield nodes.reference(
                "",
                hit.group(),
                internal=True,
                refuri=f"{self.address}#{entry.anchor}",
                reftitle=entry.meaning,
                classes=["term"],
            )
            start = hit.end()
        yield nodes.Text(text[start:])


def setup(app) -> dict:
    app.add_post_transform(TermLinks)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
