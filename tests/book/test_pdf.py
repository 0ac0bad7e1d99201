"""The printed book: two pages of the site through the same code, and the whole PDF where it is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from check_site import ROOT, toc_files
from patience import open_patiently
from print_browser import PrintError, save, typeset
from print_front import authors, facts
from print_pages import LEFT_OUT, Links, lost_links, parts
from print_pdf import MARGINS, PAPERS, font_folder, gather, text_width
from print_read import dense, inner_links, loose_fonts, outline, page_numbers, spoken_pictures
from pypdf import PdfReader
from site_server import HOW_TO_INSTALL, browser, find_chromium, serve

SAMPLE = ["book/06e-laboratory", "book/bibliography"]
WHOLE = ROOT / "_build" / "pdf" / "surrogate-gradient-learning.pdf"
INCH = 25.4
BASE = "https://example.org/book"
#: How high each part of the document is when it is one long page, in millimeters.
HEIGHTS = (
    "() => [...document.querySelectorAll('main > *')].map((one) => one.offsetHeight * 25.4 / 96)"
)
printed_only = [
    pytest.mark.browser,
    pytest.mark.site,
    pytest.mark.skipif(find_chromium() is None, reason=HOW_TO_INSTALL),
]


def has_drawing(page) -> bool:
    """Return whether a page holds a drawing, whose text has places of its own."""
    return "/XObject" in page["/Resources"]


def words_of(page) -> tuple[str, list[tuple[float, float]]]:
    """Return the text of a page, and where each piece of it begins, in millimeters."""
    places = []

    def note(text, outer, inner, *_):
        if text.strip():
            x, y = inner[4:]
            places.append(
                (
                    (x * outer[0] + y * outer[2] + outer[4]) * INCH / 72,
                    (x * outer[1] + y * outer[3] + outer[5]) * INCH / 72,
                )
            )

    return page.extract_text(visitor_text=note), places


def read(document: str, pdf, heights: list[float] | None) -> SimpleNamespace:
    """Gather what the checks compare: the document, and the PDF with the words of its pages."""
    reader = PdfReader(pdf)
    texts, begins = zip(*(words_of(page) for page in reader.pages), strict=True)
    return SimpleNamespace(
        soup=BeautifulSoup(document, "html.parser"),
        reader=reader,
        heights=heights,
        begins=begins,
        lines=[[line for line in text.splitlines() if line.strip()] for text in texts],
        dense=[dense(text) for text in texts],
        places=page_numbers(reader),
    )


@pytest.fixture(scope="module", params=["sample", "whole"])
def book(request, site, tmp_path_factory):
    """Give two pages of the book as a PDF, and the whole book if `make pdf` has printed it."""
    if request.param == "whole":
        stamp = ROOT / "_build" / "book.stamp"
        if not WHOLE.is_file() or WHOLE.stat().st_mtime < stamp.stat().st_mtime:
            pytest.skip("the book is not printed: run `make pdf`")
        return read(gather(site, "", None, "a4"), WHOLE, None)
    pdf = tmp_path_factory.mktemp("pdf") / "sample.pdf"
    document = gather(site, BASE, SAMPLE, "a4")
    with typeset(document, site, text_width("a4"), font_folder()) as page:
        heights = page.evaluate(HEIGHTS)
        save(page, pdf, facts(), authors(facts()))
    assert [one.name for one in pdf.parent.iterdir()] == ["sample.pdf"]
    return read(document, pdf, heights)


class TestPrinted:
    """What a reader of the PDF expects."""

    pytestmark = printed_only

    def test_pages_are_as_many_as_the_text_is_long(self, book):
        if book.heights is None:
            assert len(book.lines) > 200
            return
        room = PAPERS["a4"][1] - MARGINS[0] - MARGINS[2]
        least = sum(book.heights) / room
        assert least <= len(book.lines) <= 1.25 * least + len(book.heights)

    def test_no_text_is_in_the_margins(self, book):
        width, height = PAPERS["a4"]
        top, side, bottom = MARGINS
        drawn = [has_drawing(page) for page in book.reader.pages]
        plain = [(n, some) for n, some in enumerate(book.begins, 1) if not drawn[n - 1]]
        assert len(plain) > len(drawn) / 4 and all(some for _, some in plain)
        for (x, y), number in [(at, n) for n, some in plain for at in some]:
            head_or_number = y > height - top or y < bottom
            assert side - 1 <= x <= width - side and 5 <= y <= height - 5, number
            assert not head_or_number or y > height - 0.8 * top or y < 0.8 * bottom, number

    def test_fonts_are_embedded(self, book):
        assert loose_fonts(book.reader) == set()

    def test_no_line_of_code_is_cut(self, book):
        text = "".join(book.dense)
        lines = [
            line for block in book.soup.find_all("pre") for line in block.get_text().splitlines()
        ]
        assert len(lines) > 100
        assert [line for line in lines if dense(line) not in text] == []

    def test_every_picture_is_there_with_what_it_says(self, book):
        shown = [dense(image["alt"]) for image in book.soup.find_all("img")]
        assert shown and [dense(one) for one in spoken_pictures(book.reader)] == shown

    def test_explorers_are_pictures_and_say_where_they_move(self, book):
        figures = book.soup.select("figure.explore")
        assert figures and all(len(figure.find_all("img")) == 1 for figure in figures)
        text = "".join(book.dense)
        for figure in figures:
            assert dense(figure.select_one(".explorer-note").get_text()) in text

    def test_every_link_within_the_book_leads_to_a_page(self, book):
        assert lost_links(book.soup) == []
        links = inner_links(book.reader)
        assert len(links) >= 20 and set(links) <= set(book.places)

    def test_contents_name_the_right_pages(self, book):
        entries = book.soup.select("#contents a")
        listed = [k for k, lines in enumerate(book.lines) if dense("Contents") in dense(lines[0])]
        contents = "".join(book.dense[k] for k in listed)
        for entry in entries:
            target, title = entry["href"][1:], dense(entry.get_text())
            number = book.places[target]
            if "\\(" not in title:
                assert f"{title}{number}" in contents
                assert title in book.dense[number - 1]

    def test_answers_are_on_the_page_that_is_named(self, book):
        for mark in book.soup.select(".print-answer-link .page-of"):
            link = mark.find_parent("a")
            said = dense(f"{link.get_text()}{book.places[mark['data-target']]}")
            assert any(said in text for text in book.dense)

    def test_no_page_is_blank(self, book):
        empty = [k for k, lines in enumerate(book.lines, 1) if len(lines) < 3]
        drawn = [k for k in empty if "/XObject" in book.reader.pages[k - 1]["/Resources"]]
        assert sorted(set(empty) - set(drawn)) == []

    def test_heads_name_the_chapter_and_numbers_the_page(self, book):
        title = facts()["title"]
        starts = [(book.places[one["id"]], one["data-title"]) for one in book.soup("article")]
        for number, lines in enumerate(book.lines, 1):
            chapter = [name for start, name in starts if start <= number][-1:]
            if chapter:
                left = title if chapter[0].lower() != title.lower() else ""
                assert dense(lines[0]) == dense(left + chapter[0])
                assert lines[1].strip() == str(number)

    def test_bookmarks_are_the_headings(self, book):
        marks = outline(book.reader)
        headings = [
            re.sub(r"\s+", " ", one.get_text()).strip() for one in book.soup(re.compile("^h[1-6]$"))
        ]
        assert [one for one in headings if "\\(" not in one and one not in marks] == []

    def test_it_says_what_it_is(self, book):
        about = facts()
        assert book.reader.metadata.title == about["title"]
        assert book.reader.metadata.author == authors(about)
        assert book.reader.root_object["/Lang"] == "en"
        for part in (about["version"], "CC BY 4.0", "BSD-3-Clause", authors(about)):
            assert dense(part) in book.dense[0]


@pytest.fixture(scope="module")
def soup(site) -> BeautifulSoup:
    """Give a document as it goes to the browser, with a page whose exercises have no headings."""
    return BeautifulSoup(gather(site, "", [*SAMPLE, "book/02-snns-as-rnns"], "a4"), "html.parser")


@pytest.mark.site
def test_nothing_of_the_screen_is_printed(soup):
    assert soup.main.select("script, button, input, select, details, [hidden], .headerlink") == []
    words = "unfold|opening it|[Oo]pen (?:an|the) answer|Cite this page"
    assert re.findall(words, soup.main.get_text()) == []


@pytest.mark.site
def test_no_answer_stands_beside_its_question(soup):
    chapter, answers = soup.find(id="06e-laboratory"), soup.find(id="answers")
    for word in ("exercise-right", "exercise-hint", "quiz-right", "quiz-wrong"):
        assert chapter.select(f".{word}") == []
    for word in (".exercise-right", ".print-hints li", ".print-quiz strong"):
        assert len(answers.select(word)) >= 4
    assert "Right." in answers.get_text() and "Right." not in chapter.get_text()


@pytest.mark.site
def test_each_exercise_has_its_hints_and_its_solution(soup):
    asked = {
        re.search(r"tag_exercise-(\d\S+)", " ".join(cell["class"]))[1]
        for cell in soup.select('article:not(#answers) [class*="tag_exercise-0"]')
    }
    answered = {}
    for head in soup.select("#answers h3"):
        if name := re.match(r"(?:Exercise )?(\d\w*-\d+)", head.get_text()):
            after = [one for one in head.find_next_siblings()][:2]
            answered[name[1]] = [
                one.name for one in after if name[1] in str(one) or one.name == "ol"
            ]
    assert {"02-1", "06e-1"} <= asked == set(answered)
    assert all(answered.values())


@pytest.mark.site
def test_works_are_sorted_by_their_labels(soup):
    labels = [one.get_text().lower() for one in soup.select("div.citation > span.label")]
    assert len(labels) > 20 and labels == sorted(labels)


@pytest.mark.site
@pytest.mark.browser
@pytest.mark.skipif(find_chromium() is None, reason=HOW_TO_INSTALL)
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('<p style="width: 250mm">wide</p>', "wider than the page"),
        ('<p style="width: 9mm; overflow: hidden">unbreakable</p>', "cut off by its box"),
        (r'<p class="math">\(\frac\)</p>', "mathematics is not set"),
    ],
)
def test_what_does_not_fit_stops_the_printing(site, soup, tmp_path, wrong, said):
    page = f"<html><head>{soup.head.decode_contents()}</head><main>{wrong}</main></html>"
    with (
        pytest.raises(PrintError, match=said),
        typeset(page, site, text_width("a4"), font_folder()) as opened,
    ):
        save(opened, tmp_path / "book.pdf", facts(), "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.site
@pytest.mark.browser
@pytest.mark.skipif(find_chromium() is None, reason=HOW_TO_INSTALL)
def test_a_reader_can_print_a_page_from_a_dark_screen(site, tmp_path):
    theme = "document.documentElement.dataset.theme"
    with serve(site) as address, browser() as chromium:
        page, _ = open_patiently(chromium, color_scheme="dark")
        page.goto(f"{address}/book/bibliography.html", wait_until="load")
        assert page.evaluate(theme) == "dark"
        page.evaluate(f"addEventListener('beforeprint', () => {{ window.printed = {theme} }})")
        page.pdf(path=tmp_path / "page.pdf")
        assert (page.evaluate("window.printed"), page.evaluate(theme)) == ("light", "dark")
    text = " ".join(page.extract_text() for page in PdfReader(tmp_path / "page.pdf").pages)
    assert "Every work that the book cites" in text and "Credit assignment" not in text


def test_every_page_is_printed_in_order():
    printed = [page for _, pages in parts() for page in pages]
    kept = [page for page in toc_files() if page.startswith("book/") and page not in LEFT_OUT]
    assert printed == kept  # plans and sheets of the workshop have a form of their own


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("02-snns-as-rnns.html#ch02", "#02-snns-as-rnns--ch02"),
        ("02-snns-as-rnns.html", "#02-snns-as-rnns"),
        ("#ch01", "#01-introduction--ch01"),
        ("https://arxiv.org/abs/1901.09948", "https://arxiv.org/abs/1901.09948"),
        ("api.html#snnbook.neurons", f"{BASE}/book/api.html#snnbook.neurons"),
        ("../genindex.html", f"{BASE}/genindex.html"),
    ],
)
def test_links_lead_within_the_book_or_to_the_site(address, target):
    pages = ["book/01-introduction", "book/02-snns-as-rnns"]
    assert Links(pages, BASE).target("book/01-introduction", address) == target
    if target.startswith(BASE):
        assert Links(pages, "").target("book/01-introduction", address) is None


def test_without_a_browser_one_sentence_says_how_to_get_one(tmp_path):
    script = ROOT / "scripts" / "site_server.py"
    environment = {**os.environ, "PATH": str(tmp_path)}
    done = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.strip() == f"STOPPED: {HOW_TO_INSTALL}"
