"""Chapters bear the numbers of the paper's sections; figures and equations those of chapters."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup
from check_site import toc_files
from docutils import nodes
from snnbook_numbers import numbers_of, word_before

from snnbook.notebook import chapter_number

ROOT = "book/intro"


def expected() -> dict[str, str]:
    return numbers_of([page for page in toc_files() if page != ROOT], ROOT)


def page_of(site, page: str) -> BeautifulSoup:
    return BeautifulSoup((site / f"{page}.html").read_text(encoding="utf-8"), "html.parser")


def test_numbers_follow_the_names_of_files_and_letters_the_contents():
    found = expected()
    chapters = {page: n for page, n in found.items() if n[:1].isdigit() and page != ROOT}
    assert chapters and all(n == chapter_number(page.split("/")[1]) for page, n in chapters.items())
    letters = [n for n in found.values() if n.isupper()]
    assert letters == sorted(letters) and len(set(found.values())) == len(found)


@pytest.mark.site
@pytest.mark.parametrize("page", toc_files())
def test_figures_equations_and_links_bear_the_numbers_of_chapters(site, page):
    content, number = page_of(site, page), expected()[page]
    title = content.select_one("article h1 .section-number")
    assert (title.text.strip() if title else None) == (None if page == ROOT else f"{number}.")
    figures = [one.text.strip() for one in content.select(".caption-number")]
    equations = [one.text.rstrip("#") for one in content.select("article .eqno")]
    assert figures == [f"Fig. {number}.{n + 1}" for n in range(len(figures))]
    assert equations == [f"({number}.{n + 1})" for n in range(len(equations))]

    numbers, article = expected(), content.select_one("article")
    for link in article.select("a.internal"):
        text, target = link.text, link["href"].split("#")[0]
        to = f"book/{target.removesuffix('.html')}" if target else page
        if re.match(r"Fig\. |\(\d", text):
            assert re.fullmatch(rf"Fig\. {numbers[to]}\.\d+|\({numbers[to]}\.\d+\)", text)
        elif named := re.fullmatch(r"[Cc]hapter (\d[a-z]?)", text):
            assert named[1] == numbers[to]
    assert not re.search(r"\b[Cc]hapters? [Cc]hapter\b", article.text)


@pytest.mark.site
def test_the_sidebar_shows_the_numbers(site):
    lines = page_of(site, ROOT).select("nav.bd-links a.reference")
    found = [line.text.strip().split(". ")[0] for line in lines]
    assert found[1:] == [number for page, number in expected().items() if page != ROOT]


@pytest.mark.parametrize(
    "before, word",
    [
        ("", "Chapter "),
        ("All is said. ", "Chapter "),
        ("as in ", "chapter "),
        ("as in chapter ", ""),
        ("in chapters 5b and ", ""),
        ("in chapters 6a, 6b, and ", ""),
    ],
)
def test_the_word_before_a_number_fits_the_sentence(before, word):
    link = nodes.reference()
    paragraph = nodes.paragraph("", "", nodes.Text(before), link)
    assert word_before(paragraph[-1]) == word
