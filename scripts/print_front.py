"""The first pages of the printed book: title, about this copy, contents."""

from __future__ import annotations

import html
from datetime import UTC, datetime
from pathlib import Path

import yaml
from bs4 import Tag
from check_site import ROOT
from print_answers import PAGE as ANSWERS, TITLE as ANSWERS_TITLE


def facts(root: Path = ROOT) -> dict:
    """Return what the citation file says of the book."""
    return yaml.safe_load((root / "CITATION.cff").read_text())


def authors(entry: dict) -> str:
    """Return the authors of an entry of the citation file.

    >>> authors({"authors": [{"given-names": "A.", "family-names": "B"}, {"name": "C"}]})
    'A. B and C'
    """
    people = [
        one.get("name") or f"{one['given-names']} {one['family-names']}" for one in entry["authors"]
    ]
    return " and ".join([", ".join(people[:-1]), people[-1]] if people[1:] else people)


def title_page(site: Path, base: str) -> str:
    """Return the title page and the page about this copy."""
    about = facts()
    paper = about["references"][0]
    day = datetime.fromtimestamp((site / "index.html").stat().st_mtime, UTC)
    built = f"{day.day} {day:%B %Y}"
    where = f'<a href="{base}/">{base}/</a>' if base else ""
    lines = [
        f"Version {about['version']} of the book and of its package <code>snnbook</code>.",
        f"It follows <i>{html.escape(paper['title'])}</i> by {authors(paper)} "
        f"({paper['journal']} {paper['volume']}({paper['issue']}), {paper['year']}, "
        f'<a href="https://doi.org/{paper["doi"]}">doi:{paper["doi"]}</a>), section by section.',
        "Text and figures: CC BY 4.0. Code: BSD-3-Clause.",
        f"A web browser printed this copy from the pages that <code>make book</code> built on "
        f"{built}. Their code ran first: every figure and every number from an experiment comes "
        "from it.",
    ]
    if where:
        lines.append(f"The book as a site, with everything that moves: {where}")
    return (
        '<section class="print-title" style="page: p-title">'
        f'<p class="print-book-title">{about["title"]}</p>'
        f'<p class="print-authors">{authors(about)}</p>'
        + "".join(f"<p>{line}</p>" for line in lines)
        + "</section>"
        + about_print(where)
    )


def about_print(where: str) -> str:
    """Return what differs between this copy and the site."""
    site = f"the site ({where})" if where else "the site"
    lines = [
        f"<b>Explorers</b> are still pictures here, at the setting with which they start. "
        f"They move on {site}.",
        "<b>Hints, solutions and answers</b> stand at the end of the book, so that no answer "
        "stands beside its question. Each question says on which page its answer is.",
        "<b>Optional parts</b>, which the site folds, stand open, with a line along their edge. "
        "You lose nothing that the main line needs when you leave them out.",
        "<b>Code</b> is printed where it teaches. Cells that only draw a figure or fill a table "
        "are left out; they stand, folded, at the same place on the site and in the notebook of "
        "the chapter, <code>book/*.ipynb</code>.",
        "<b>The reference of the package</b> is on the site, with the letter that the appendices "
        "lack here; <code>help(snnbook.neurons.run)</code> prints an entry of it. The plans of the "
        "workshops are on the site too.",
        "<b>Links</b> within the book lead to its pages, on a screen. So do the numbers of "
        "equations, figures and pages, and the citations.",
    ]
    items = "".join(f"<li>{line}</li>" for line in lines)
    return (
        '<section class="print-about" style="page: p-title"><p class="print-heading">'
        f"How this copy differs from the site</p><ul>{items}</ul></section>"
    )


def entry(target: str, text: str, level: int) -> str:
    """Return one line of the contents."""
    return (
        f'<li class="print-entry level-{level}"><a href="#{target}"><span>{text}</span>'
        f'<span class="page-of" data-target="{target}"></span></a></li>'
    )


def contents(parts: list[tuple[str, list[Tag]]]) -> str:
    """Return the contents: each page, and the sections of a chapter."""
    lines = []
    for caption, articles in parts:
        if caption:
            lines.append(f'<li class="print-part">{caption}</li>')
        for article in articles:
            lines.append(entry(article["id"], article["data-title"], 1))
            if caption != parts[-1][0]:
                lines += [
                    entry(heading["id"], heading.decode_contents(), 2)
                    for heading in article.select("section > h2")
                ]
    lines.append(entry(ANSWERS, ANSWERS_TITLE, 1))
    return (
        '<section class="print-contents" id="contents" style="page: p-contents">'
        f"<h1>Contents</h1><ol>{''.join(lines)}</ol></section>"
    )
