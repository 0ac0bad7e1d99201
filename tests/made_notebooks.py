"""Read the notebooks made for readers, and the pages that they are made from."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from bs4 import BeautifulSoup
from check_site import ROOT, read_cells, toc_files
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

KINDS = ("study", "solutions", "instructor")
PAGES = [page for page in toc_files() if (ROOT / f"{page}.ipynb").is_file()]
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table").use(dollarmath_plugin)
#: Pictures, scripts and styles: most of a page, and nothing that a notebook repeats.
HEAVY = re.compile(r"<(svg|script|style)\b.*?</\1>", re.S)
#: Parts of a page that belong to the front end of a notebook.
FRONT_END = (
    ".cell_input, .headerlink, .toctree-wrapper, h1, summary.toggle-details__summary, .cite-page, "
    "form.answer, .answer-code, .progress-line, .reader-progress"
)


@cache
def read(path: Path) -> list[dict]:
    """Return the cells of a notebook."""
    return read_cells(path)


def cells_of(folder: Path, kind: str, page: str) -> list[dict]:
    """Return the cells of a page's notebook of a kind."""
    return read(folder / kind / f"{Path(page).name}.ipynb")


def texts(cells: list[dict]) -> list[str]:
    """Return the text cells."""
    return [cell["source"] for cell in cells if cell["cell_type"] == "markdown"]


def code(cells: list[dict]) -> list[str]:
    """Return the code cells."""
    return [cell["source"] for cell in cells if cell["cell_type"] == "code"]


def words(text: str) -> list[str]:
    """Return the words and numbers of a text."""
    return re.findall(r"\w+", text)


def rendered(text: str) -> BeautifulSoup:
    """Return what a front end makes of a text cell, with formulas as ``.math``."""
    soup = BeautifulSoup(MARKDOWN.render(text), "html.parser")
    for one in soup.select("summary"):  # a front end sets formulas in HTML too
        html = re.sub(r"\$(.+?)\$", r'<span class="math">\1</span>', one.decode_contents())
        one.clear()
        one.append(BeautifulSoup(html, "html.parser"))
    return soup


@cache
def page_of(site: Path, page: str) -> BeautifulSoup:
    """Return a page of the site without its pictures and scripts; do not change it."""
    html = HEAVY.sub("", (site / f"{page}.html").read_text())
    return BeautifulSoup(html, "html.parser")


def article(site: Path, page: str) -> BeautifulSoup:
    """Return the text of a page: no code, of outputs only captions and what stands without code."""
    soup = BeautifulSoup(str(page_of(site, page).article), "html.parser")
    for output in soup.select(".cell_output"):
        if output.find_parent(class_="tag_remove-input"):
            continue
        captions = [one.find_parent("figcaption") for one in output.select(".caption-number")]
        captions = [one.extract() for one in captions if one]
        output.clear()
        output.extend(captions)
    for one in soup.select(FRONT_END):
        one.decompose()
    for one in soup.select("summary"):
        if one.get_text(strip=True).startswith("Show "):
            one.decompose()
    return soup


def formula(tex: str) -> str:
    """Return a formula without what only one of page and notebook writes."""
    tex = re.sub(r"^\s*\(\w+\.\d+\)#?", "", tex).strip()
    tex = re.sub(r"^\\[(\[]|\\[)\]]$", "", tex)
    tex = re.sub(r"\\tag\{.*?\}|\\(?:begin|end)\{split\}", "", tex)
    return "".join(tex.replace("\\vert", "|").replace("\\Vert", "\\|").split())
