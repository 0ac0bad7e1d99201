"""Print the whole book as one PDF.

Usage: python scripts/print_pdf.py [--paper a4|letter] [--pages NAME ...] FILE.pdf

The built site is gathered into one document (`print_pages.py`) and printed by Chromium with
``book/assets/print.css``. The first printing finds the page of each heading, the second one fills
in the numbers. With --pages only these pages of ``_toc.yml`` are printed. Run `make book` first.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
import time
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from check_site import ROOT
from print_answers import Answers
from print_front import authors, contents, facts, title_page
from print_pages import Links, lost_links, main_text, name_headings, open_folds, parts, read_page
from site_server import HOW_TO_INSTALL, find_chromium

SITE = ROOT / "_build" / "html"
#: Width, height and margins (top, sides, bottom) in millimeters.
PAPERS = {"a4": (210, 297), "letter": (215.9, 279.4)}
MARGINS = (24, 21, 22)
FONTS = Path("mpl-data") / "fonts" / "ttf"
FACES = (
    ("Book Serif", "STIXGeneral.ttf", "normal", "normal"),
    ("Book Serif", "STIXGeneralItalic.ttf", "normal", "italic"),
    ("Book Serif", "STIXGeneralBol.ttf", "bold", "normal"),
    ("Book Serif", "STIXGeneralBolIta.ttf", "bold", "italic"),
    ("Book Sans", "DejaVuSans.ttf", "normal", "normal"),
    ("Book Sans", "DejaVuSans-Bold.ttf", "bold", "normal"),
    ("Book Mono", "DejaVuSansMono.ttf", "normal", "normal"),
    ("Book Mono", "DejaVuSansMono-Bold.ttf", "bold", "normal"),
    ("Book Mono", "DejaVuSansMono-Oblique.ttf", "normal", "italic"),
)


def text_width(paper: str) -> float:
    """Return the width of the text on a paper, in millimeters."""
    return PAPERS[paper][0] - 2 * MARGINS[1]


def quoted(text: str) -> str:
    """Return text as a string of CSS."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def page_rules(titles: dict[str, str], book: str, paper: str) -> str:
    """Return the rules for paper: its size, and the running heads of each part of the book."""
    width, height = PAPERS[paper]
    top, side, bottom = MARGINS
    margin = f"{top}mm {side}mm {bottom}mm"
    look = 'font: 8.5pt "Book Sans"; color: #444; white-space: nowrap;'
    rules = [
        f"@page {{ size: {width}mm {height}mm; margin: {margin};"
        f" @bottom-center {{ content: counter(page); {look} }} }}",
        "@page p-title { @bottom-center { content: none; } }",
    ]
    for name, title in titles.items():
        left = book if title.lower() != book.lower() else ""
        rules.append(
            f"@page p-{name} {{ @top-left {{ content: {quoted(left)}; {look} }}"
            f" @top-right {{ content: {quoted(title)}; {look} }} }}"
        )
    return "\n".join(rules)


def font_rules() -> str:
    """Return the rules that load the fonts which matplotlib brings along: the same everywhere."""
    return "\n".join(
        f'@font-face {{ font-family: "{family}"; src: url("/print-fonts/{name}");'
        f" font-weight: {weight}; font-style: {style}; }}"
        for family, name, weight, style in FACES
    )


def font_folder() -> Path:
    """Return the folder of the fonts that matplotlib brings along."""
    return Path(importlib.util.find_spec("matplotlib").origin).parent / FONTS


def head_of(soup: BeautifulSoup) -> str:
    """Return what the document needs from the head of a page: style sheets and mathematics."""
    kept = []
    for node in soup.head.find_all(["link", "script"]):
        if node.name == "link" and "stylesheet" in node.get("rel", []):
            kept.append(node)
        elif node.name == "script" and "mathjax" in f"{node.get('src')} {node.string}".lower():
            kept.append(node)
    return "\n".join(str(node) for node in kept)


def gather(site: Path, base: str, wanted: list[str] | None, paper: str) -> str:
    """Return the document that is printed."""
    chosen = [
        (caption, [one for one in pages if wanted is None or one in wanted])
        for caption, pages in parts()
    ]
    links = Links([page for _, pages in chosen for page in pages], base)
    answers, found, head = Answers(), [], ""
    for caption, pages in chosen:
        articles = []
        for page in pages:
            soup = read_page(site, page)
            head = head or head_of(soup)
            article = main_text(soup, page, base)
            links.rewrite(page, article)
            answers.take(article)
            articles.append(article)
        found.append((caption, articles))
    for article in [*(one for _, some in found for one in some), answers.article]:
        open_folds(article)
        name_headings(article)
    return write(site, base, found, answers.article, head, paper)


def write(site: Path, base: str, found: list, answers: Tag, head: str, paper: str) -> str:
    """Return the document as text."""
    articles = [article for _, some in found for article in some] + [answers]
    titles = {article["id"]: article["data-title"] for article in articles}
    book = facts()["title"]
    rules = page_rules({"contents": "Contents", **titles}, book, paper)
    return (
        f'<!DOCTYPE html><html lang="en" data-theme="light" data-content_root="../"><head>'
        f'<meta charset="utf-8"><title>{book}</title>{head}'
        f"<style>{font_rules()}\n{rules}</style></head>"
        f'<body class="print-book"><main class="bd-content">{title_page(site, base)}'
        f"{contents([(name, some) for name, some in found if some])}"
        f"{''.join(str(article) for article in articles)}</main></body></html>"
    )


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--paper", choices=PAPERS, default="a4", help="size of the paper")
    parser.add_argument("--pages", nargs="+", help="only these pages, as named in _toc.yml")
    parser.add_argument("target", type=Path, help="the PDF to write")
    return parser.parse_args()


def main() -> None:
    given = read_arguments()
    if not (SITE / "index.html").is_file():
        sys.exit("[pdf] STOPPED: there is no site in _build/html. Run `make book` first.")
    if find_chromium() is None:
        sys.exit(f"[pdf] STOPPED: {HOW_TO_INSTALL}")
    from print_browser import PrintError, save, typeset

    start = time.monotonic()
    base = os.environ.get("SNNBOOK_BASE_URL", "").rstrip("/")
    document = gather(SITE, base, given.pages, given.paper)
    lost = lost_links(BeautifulSoup(document, "html.parser"))
    if lost:
        sys.exit(f"[pdf] STOPPED: these links lead nowhere in print: {', '.join(lost)}")
    about = facts()
    try:
        with typeset(document, SITE, text_width(given.paper), font_folder()) as page:
            pages = save(page, given.target, about, authors(about))
    except PrintError as wrong:
        sys.exit(f"[pdf] STOPPED: {wrong}")
    size, seconds = given.target.stat().st_size / 1e6, time.monotonic() - start
    print(f"[pdf] {given.target}: {pages} pages, {size:.1f} MB, {seconds:.0f} s")


if __name__ == "__main__":
    main()
