"""Number chapters as the paper's sections, and figures, tables and equations by chapter.

``04a-soft-nonlinearity`` is chapter 4a: in the contents, in its title, in "Fig. 4a.3" and in
equation (4a.2). An appendix has a letter, by its place in the contents. The introduction has no
number in its title, and its figures are those of a chapter 0. Anchors do not change.

A link to a chapter that has no text of its own (``{doc}`04a-soft-nonlinearity` ``) reads "chapter
4a" in a sentence, and "4a. Soft nonlinearity" in a table and in the facts of a chapter.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from string import ascii_uppercase

from docutils import nodes
from sphinx import addnodes
from sphinx.errors import ExtensionError
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx_external_toc.collectors import TocTreeCollectorWithStyles

from snnbook.notebook import chapter_number


def numbers_of(pages: list[str], root: str) -> dict[str, str]:
    """Return the number of each page, by the order of the contents.

    >>> numbers_of(["book/01-introduction", "book/04a-soft", "book/data"], "book/intro")
    {'book/intro': '0', 'book/01-introduction': '1', 'book/04a-soft': '4a', 'book/data': 'A'}
    """
    found, letters = {root: "0"}, iter(ascii_uppercase)
    for page in pages:
        name = PurePosixPath(page).name
        if name[:1].isdigit():
            found[page] = chapter_number(name)
        else:
            try:
                found[page] = next(letters)
            except StopIteration:
                raise ExtensionError("no letter is left for an appendix") from None
    return found


def number_pages(collector: TocTreeCollectorWithStyles, env) -> list[str]:
    """Number the title of every page; return the pages whose number has changed.

    This takes the place of Sphinx's own numbers, which know no "4a".
    """
    before, env.toc_secnumbers = env.toc_secnumbers, {}
    root = env.config.root_doc
    trees = env.get_doctree(root).findall(addnodes.toctree)
    pages = [page for tree in trees for _, page in tree["entries"] if page in env.titles]
    for page, number in numbers_of(pages, root).items():
        title, *sections = env.tocs[page].findall(nodes.reference)
        # A section that is not listed here would bear the number of its page.
        env.toc_secnumbers[page] = {line["anchorname"]: () for line in sections} | {"": (number,)}
        if page != root:
            env.titles[page]["secnumber"] = title["secnumber"] = (number,)
    return [page for page, has in env.toc_secnumbers.items() if has != before.get(page)]


def clear_introduction(app, env) -> list[str]:
    """Take the 0 out of the introduction's title, when its figures have been numbered."""
    env.toc_secnumbers[env.config.root_doc] = {}
    return []


class NameChapters(SphinxPostTransform):
    """Write the text of links to chapters that have none of their own."""

    default_priority = 5  # before links are resolved

    def run(self, **kwargs) -> None:
        """Name the chapter by its number, and by its title where the link stands in a list."""
        for link in self.document.findall(addnodes.pending_xref):
            page = str(PurePosixPath(self.env.docname).parent / link.get("reftarget", ""))
            number = self.env.titles[page].get("secnumber") if page in self.env.titles else None
            if link.get("reftype") != "doc" or link["refexplicit"] or not number:
                continue
            name, title = number[0], self.env.titles[page].astext()
            if in_a_list(link):
                text = f"{name}. {title}"
            elif name[:1].isdigit():
                text = word_before(link) + name
            else:
                text = title
            link["refexplicit"] = True
            link[0].children = [nodes.Text(text)]


def in_a_list(link: nodes.Element) -> bool:
    """Return whether a link stands in a table, or among the facts of a chapter."""
    while link := link.parent:
        if isinstance(link, nodes.entry) or "chapter-facts" in link.get("classes", ()):
            return True
    return False


def word_before(link: nodes.Element) -> str:
    """Return the word before a number: "chapter ", nothing after that word, "Chapter " at first.

    Nothing is also between the numbers of "chapters 5b and 6e".
    """
    before = link.parent.children[: link.parent.index(link)]
    text = "".join(node.astext() for node in before).rstrip()
    if re.search(r"\bchapters?( \d[a-z]?(,| and|, and| to))*$", text, re.IGNORECASE):
        return ""
    return "Chapter " if not text or text[-1] in ".?!" else "chapter "


def setup(app) -> dict:
    TocTreeCollectorWithStyles.assign_section_numbers = number_pages
    app.add_post_transform(NameChapters)
    app.connect("env-get-updated", clear_introduction, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
