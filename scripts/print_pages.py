"""Gather the pages of the built site into one document for print.

The main text of each page of ``_toc.yml`` becomes an article of its own, in reading order. Ids get
the page's name in front, links between pages become links in the document, folds become plain
blocks, and what only works on a screen is left out.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from posixpath import dirname, join, normpath

import yaml
from bs4 import BeautifulSoup, Tag
from check_site import ROOT

#: The reference of the package stays on the site: a third of the book again, made to be searched.
LEFT_OUT = ("book/api",)
#: What only works on a screen, and what would stand beside the question that it answers.
ON_SCREEN = (
    "script, style, noscript, form, button, input, select, textarea, dialog, .headerlink, "
    ".explorer-controls, .exercise-open, .cite-page, .d-print-none, .noprint, .only-dark, [hidden]"
)
#: Sentences about the screen, and what stands in their place.
ON_PAPER = {
    "On the page, a field takes a value; hints and solution unfold below.": (
        "The line below each exercise names the page of its hints and its solution."
    ),
}
#: Attributes that name the id of another element.
REFERRING = ("for", "headers", "aria-labelledby", "aria-describedby", "aria-controls")
SHORT = 12  # lines of code that stay on one page
FEW = 8  # rows of a table that do


def parts(root: Path = ROOT) -> list[tuple[str, list[str]]]:
    """Return the parts of ``_toc.yml``, each a caption and its pages; the first has no caption."""
    toc = yaml.safe_load((root / "_toc.yml").read_text())
    found = [("", [toc["root"]])]
    for part in toc["parts"]:
        found.append((part["caption"], [one["file"] for one in part["chapters"]]))
    return [(name, [one for one in pages if one not in LEFT_OUT]) for name, pages in found]


def key(page: str) -> str:
    """Return the short name of a page, which begins the ids of its elements.

    >>> key("book/05b-locality")
    '05b-locality'
    """
    return page.rsplit("/", 1)[-1]


def read_page(site: Path, page: str) -> BeautifulSoup:
    """Return a built page."""
    return BeautifulSoup((site / f"{page}.html").read_text(), "html.parser")


def main_text(soup: BeautifulSoup, page: str, base: str) -> Tag:
    """Return the article of a page, made ready for print, with links still as on the site."""
    article = soup.select_one("article.bd-article")
    title = article.h1.get_text().rstrip("#").strip()
    name_explorers(article, page, title, base)
    for node in article.select(ON_SCREEN):
        node.decompose()
    for cell in article.select(".tag_hide-input > details.hide"):
        cell.decompose()
    for sentence, instead in ON_PAPER.items():
        for text in article.find_all(string=re.compile(re.escape(sentence))):
            text.replace_with(text.replace(sentence, instead))
    sort_works(article)
    mark_pieces(article)
    for node in article.find_all(id=True):
        node["id"] = f"{key(page)}--{node['id']}"
    for name in REFERRING:
        for node in article.find_all(attrs={name: True}):
            node[name] = " ".join(f"{key(page)}--{one}" for one in str(node[name]).split())
    article["id"] = key(page)
    article["class"] = ["bd-article", "print-article"]
    article["style"] = f"page: p-{key(page)}"
    article["data-title"] = title
    return article


def name_explorers(article: Tag, page: str, title: str, base: str) -> None:
    """Say below each explorer which setting is shown, and where it can be moved."""
    for figure in article.select("figure.explore"):
        section = figure.find_parent("section", id=True)
        place = f"the page “{title}” of the site"
        if base:
            place = f'<a href="{base}/{page}.html#{section["id"]}">{place}</a>'
        shown = "; ".join(setting(figure))
        line = f"{f'Shown here: {shown}. ' if shown else ''}It moves on {place}."
        note = BeautifulSoup(f'<p class="explorer-note">{line}</p>', "html.parser")
        figure.append(note)


def setting(figure: Tag) -> list[str]:
    """Return the controls of an explorer with the values of its still picture."""
    data = figure.select_one("script.explorer-data")
    if data is not None:
        controls = json.loads(data.string)["controls"]
        return [f"{one['label']} {chosen(one)}" for one in controls]
    picture, label = figure.select_one("img:not([hidden])"), figure.find("label")
    if picture is None or label is None:
        return []
    return [f"{label.get_text(' ', strip=True)} {picture['data-value']}"]


def chosen(control: dict) -> str:
    """Return the value at which a control of an explorer starts."""
    start = control.get("start", 0)
    texts = control.get("texts")
    if texts:
        return texts[int(start)]
    return "on" if start else "off"


def sort_works(article: Tag) -> None:
    """Sort a bibliography by its labels: on paper nobody can search it, or follow a citation."""
    for works in article.select(".citation-list"):
        for work in sorted(works.select("div.citation"), key=lambda one: one.span.text.lower()):
            works.append(work.extract())


def mark_pieces(article: Tag) -> None:
    """Mark what prints in one piece: short code, short outputs, small tables and boxes."""
    for block in article.find_all("pre"):
        if block.get_text().rstrip("\n").count("\n") < SHORT:
            mark_whole(block.find_parent(class_=["cell_input", "output"]) or block)
    for table in article.find_all("table"):
        if len(table.find_all("tr")) <= FEW:
            mark_whole(table)
    for box in article.select("div.admonition, details.sd-dropdown, .chapter-facts"):
        if len(box.get_text()) <= 80 * SHORT and not box.select("img, pre"):
            mark_whole(box)


def mark_whole(node: Tag) -> None:
    """Mark an element that prints in one piece."""
    node["class"] = [*node.get("class", []), "print-whole"]


def open_folds(article: Tag) -> None:
    """Turn every fold into a block with a line above it, so that it breaks over pages as text."""
    for mark in article.select(".sd-summary-state-marker"):
        mark.decompose()
    for fold in article.find_all("details"):
        line = fold.find("summary", recursive=False)
        if line is not None:
            line.name = "p"
            line.attrs = {"class": ["print-fold-line"]}
        fold.name = "div"
        kind = "print-optional" if "optional" in fold.get("class", []) else "print-fold"
        whole = [one for one in fold.get("class", []) if one == "print-whole"]
        fold.attrs = {**({"id": fold["id"]} if fold.get("id") else {}), "class": [kind, *whole]}


def name_headings(article: Tag) -> None:
    """Give the ids of sections to their headings, which may begin on the page after."""
    for section in article.select("section[id]"):
        heading = section.find(re.compile("^h[1-6]$"), recursive=False)
        if heading is None:
            continue
        for label in heading.find_previous_siblings("span", id=True):
            heading.insert(0, label.extract())
        if not heading.get("id"):
            heading["id"] = section["id"]
            del section["id"]


class Links:
    """Where the links of the site lead in print."""

    def __init__(self, pages: list[str], base: str) -> None:
        self.keys = {page: key(page) for page in pages}
        self.base = base

    def target(self, page: str, address: str) -> str | None:
        """Return where a link on a page leads in print: an id, an address, or None for nowhere.

        >>> links = Links(["book/a", "book/b"], "")
        >>> links.target("book/a", "b.html#ch"), links.target("book/a", "b.html")
        ('#b--ch', '#b')
        >>> links.target("book/a", "#here"), links.target("book/a", "https://arxiv.org")
        ('#a--here', 'https://arxiv.org')
        >>> links.target("book/a", "api.html") is None
        True
        """
        if re.match(r"[a-z]+:", address, re.I):
            return address
        path, _, fragment = address.partition("#")
        place = normpath(join(dirname(page), path)) if path else f"{page}.html"
        name = place.removesuffix(".html")
        if place.endswith(".html") and name in self.keys:
            return f"#{self.keys[name]}" + (f"--{fragment}" if fragment else "")
        end = f"#{fragment}" if fragment else ""
        return f"{self.base}/{place}{end}" if self.base else None

    def rewrite(self, page: str, article: Tag) -> None:
        """Lead every link and every picture of an article to its place in print."""
        for link in article.find_all("a", href=True):
            target = self.target(page, link["href"])
            link.attrs.pop("title", None)
            if target is None:
                link.name = "span"
                link.attrs = {}
            else:
                link["href"] = target
        for picture in article.find_all("img", src=True):
            if not re.match(r"[a-z]+:", picture["src"], re.I):
                picture["src"] = "/" + normpath(join(dirname(page), picture["src"]))


def lost_links(document: BeautifulSoup) -> list[str]:
    """Return the links in the document whose target is not in it."""
    ids = {node["id"] for node in document.find_all(id=True)}
    links = document.find_all("a", href=re.compile("^#"))
    return sorted({link["href"] for link in links if link["href"][1:] not in ids})
