"""Slides of the workshops, made from the built pages when the site is finished.

Each deck is a folder with an ``index.html`` that opens from disk; reveal.js (MIT) comes from the
package sphinx-revealjs, MathJax from the copy that the site uses. ``make slides`` calls
:func:`write_decks` too, for a folder that stands alone.
"""

from __future__ import annotations

import importlib.util
import shutil
import tempfile
from pathlib import Path

from jinja2 import Environment
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from slide_pages import FORMATTER, Pages, Shown
from slide_source import Slide, SlideError, decks, with_named, with_numbers, with_places
from sphinx.util import logging

REVEAL = ("reset.css", "reveal.css", "reveal.js")
MATHJAX = "_static/mathjax"  # in the site
TITLES = {"90-minutes": "Workshop, 90 minutes", "half-day": "Workshop, half a day"}
logger = logging.getLogger(__name__)


def reveal_folder() -> Path:
    """Return the folder of reveal.js inside of sphinx-revealjs, which is found, not imported."""
    spec = importlib.util.find_spec("sphinx_revealjs")
    if spec is None:
        raise SlideError("the package sphinx-revealjs is missing; `make slides` installs it")
    return Path(spec.origin).parent / "_static" / "revealjs"


def markdown() -> MarkdownIt:
    """Return the reader of the slides' text, with ``$``-mathematics as MathJax wants it."""

    def rendered(text: str, options: dict) -> str:
        left, right = (r"\[", r"\]") if options["display_mode"] else (r"\(", r"\)")
        return f"{left}{text}{right}"

    return MarkdownIt("commonmark").enable("table").use(dollarmath_plugin, renderer=rendered)


def sections(deck: list[Slide], pages: Pages, show: Shown, site: str) -> list[dict]:
    """Return title, body and notes of each slide as HTML."""
    reader = markdown()

    def html_of(text: str, slide: Slide) -> str:
        filled = with_places(with_numbers(text, pages.numbers, slide.title), site)
        return with_named(reader.render(filled), show)

    return [
        {
            "title": reader.renderInline(slide.title),
            "body": html_of(slide.body, slide),
            "notes": html_of(slide.notes, slide),
        }
        for slide in deck
    ]


def write_deck(name: str, deck: list[Slide], pages: Pages, folder: Path, places: dict) -> None:
    """Write one deck into ``folder / name``."""
    show = Shown(pages, places["site"])
    source = places["source"]
    template = Environment(autoescape=False).from_string(
        (source / "deck.html").read_text(encoding="utf-8")
    )
    written = template.render(
        title=TITLES.get(name, name),
        slides=sections(deck, pages, show, places["site"]),
        code_style=FORMATTER.get_style_defs(),
        mathjax=places["mathjax"],
    )
    target = folder / name
    (target / "images").mkdir(parents=True)
    (target / "index.html").write_text(written, encoding="utf-8")
    for picture, path in show.pictures.items():
        shutil.copy2(path, target / "images" / picture)


def write_handout(text: str, pages: Pages, folder: Path, places: dict) -> None:
    """Write the handout, one sheet of paper, into ``folder / handout``."""
    show = Shown(pages, places["site"])
    template = Environment(autoescape=False).from_string(
        (places["source"] / "handout.html").read_text(encoding="utf-8")
    )
    (folder / "handout").mkdir()
    written = template.render(
        title=text.splitlines()[0].lstrip("# "),
        body=with_named(markdown().render(text), show),
        code_style=FORMATTER.get_style_defs(),
        mathjax=places["mathjax"],
    )
    (folder / "handout" / "index.html").write_text(written, encoding="utf-8")


def write_decks(root: Path, site: Path, target: Path, *, alone: bool) -> list[str]:
    """Write all decks into a folder, in place of what was there, and return their names.

    A folder that stands alone has MathJax of its own, and no link to the site; the other one lies
    in the site. All is written beside the folder first, so that a deck that fails leaves the old
    ones as they were.
    """
    source = root / "workshop" / "slides"
    pages = Pages(site, root / "book", root / "_build" / "jupyter_execute" / "book")
    found = decks(source)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".slides-") as name:
        folder = Path(name) / "slides"
        shared, reveal = folder / "reveal", reveal_folder()
        shared.mkdir(parents=True)
        for file in REVEAL:
            shutil.copy2(reveal / "dist" / file, shared / file)
        shutil.copy2(reveal / "plugin" / "notes" / "notes.js", shared / "notes.js")
        shutil.copy2(reveal / "LICENSE", shared / "LICENSE")
        for file in ("deck.css", "deck.js", "handout.css"):
            shutil.copy2(source / file, shared / file)
        if alone:
            shutil.copytree(site / MATHJAX, folder / "mathjax")
            places = {"source": source, "mathjax": "../mathjax", "site": ""}
        else:
            places = {"source": source, "mathjax": f"../../{MATHJAX}", "site": "../.."}
        for deck in found:
            write_deck(deck, found[deck], pages, folder, places)
        handout = (root / "workshop" / "handout.md").read_text(encoding="utf-8")
        write_handout(handout, pages, folder, places)
        shutil.rmtree(target, ignore_errors=True)
        folder.rename(target)
    return list(found)


def write_slides(app, exception) -> None:
    """Write the decks into the finished site."""
    if exception is not None or app.builder.format != "html":
        return
    root, site = Path(app.srcdir), Path(app.outdir)
    if not (root / "workshop" / "slides").is_dir():
        return
    try:
        write_decks(root, site, site / "slides", alone=False)
    except SlideError as problem:
        logger.warning("slides: %s", problem)


def setup(app) -> dict:
    # After MathJax has been copied.
    app.connect("build-finished", write_slides, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
