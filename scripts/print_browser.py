"""Let Chromium set and print a document, twice: the second time with the numbers of its pages."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from patience import LIMIT, open_patiently
from print_read import dense, page_numbers
from pypdf import PdfReader, PdfWriter
from pypdf.generic import BooleanObject, DictionaryObject, NameObject, TextStringObject
from site_server import browser, serve
from site_visit import set_mathematics

PLACE = "book/print.html"
MILLIMETER = 96 / 25.4  # in pixels of CSS
PATIENCE = 10.0  # the whole book is as long as all pages together
# A formula or a table that is wider than its place is made smaller, as little as it takes.
FIT = """() => {
  const wide = (node, place) => node.scrollWidth / place.clientWidth;
  for (const node of document.querySelectorAll('mjx-container[display="true"]')) {
    const inner = node.querySelector('mjx-math');
    const row = node.closest('div.math') ?? node.parentElement;
    const number = row.querySelector('.eqno')?.offsetWidth ?? 0;
    const room = row.clientWidth - (number && 2 * number + 8);
    const share = room / inner.getBoundingClientRect().width;
    if (share < 1) node.style.fontSize = `${Math.floor(100 * share)}%`;
  }
  for (const table of document.querySelectorAll('table')) {
    for (let size = 9.5; size >= 6; size -= 0.5) {
      const place = table.parentElement;
      if (Math.max(table.scrollWidth, table.offsetWidth) <= place.clientWidth + 1) break;
      table.style.fontSize = `${size}pt`;
    }
  }
}"""
# What leaves the page at the right: the printer would shrink the whole book to make it fit.
WIDE = """() => {
  const right = document.documentElement.clientWidth + 1;
  const hidden = (node) => node.closest('mjx-assistive-mml, svg');
  return [...document.querySelectorAll('main *')]
    .filter((node) => !hidden(node) && node.getBoundingClientRect().right > right)
    .map((node) => (node.closest('article')?.id ?? '') + ': ' + node.outerHTML.slice(0, 120));
}"""
# What a box cuts off, instead of showing all that it holds.
CUT = """() => [...document.querySelectorAll('main *')]
  .filter((node) => !node.closest('mjx-container, svg') && !node.matches('.visually-hidden')
    && getComputedStyle(node).overflow !== 'visible'
    && (node.scrollWidth > node.clientWidth + 1 || node.scrollHeight > node.clientHeight + 1))
  .map((node) => (node.closest('article')?.id ?? '') + ': ' + node.outerHTML.slice(0, 120))"""
UNSET = """() => [...document.querySelectorAll('.math')]
  .filter((node) => !node.querySelector('mjx-container') || node.querySelector('mjx-merror'))
  .map((node) => node.textContent.trim().slice(0, 80))"""
LOADED = """() => Promise.all([
  document.fonts.ready,
  ...[...document.images].map((one) => one.decode().catch(() => { throw new Error(one.src) })),
])"""
# Laid out anew: what is left of a printing would move the breaks of the next one. As long as the
# numbers are not known, others of the same width stand in their places.
FILL = """(numbers) => {
  document.body.style.display = 'none';
  for (const node of document.querySelectorAll('.page-of')) {
    node.textContent = numbers[node.dataset.target] ?? '000';
  }
  document.body.getBoundingClientRect();
  document.body.style.display = '';
}"""
HEADINGS = """() => [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')]
  .map((one) => one.textContent.replace(/\\s+/g, ' ').trim())"""


class PrintError(RuntimeError):
    """What keeps a document from being printed, in one sentence."""


def open_document(chromium, address: str, document: str, fonts: Path, width: float):
    """Open the document as it is printed: its width, light, with mathematics and pictures set."""
    page, slow = open_patiently(
        chromium, viewport={"width": int(width), "height": 900}, color_scheme="light"
    )
    page.context.set_default_timeout(1000 * LIMIT * slow * PATIENCE)
    page.emulate_media(media="print", color_scheme="light")
    page.route(f"**/{PLACE}", lambda route: route.fulfill(body=document, content_type="text/html"))
    page.route(
        "**/print-fonts/*",
        lambda route: route.fulfill(path=fonts / route.request.url.split("/")[-1]),
    )
    page.goto(f"{address}/{PLACE}", wait_until="load")
    set_mathematics(page, slow * PATIENCE)
    page.evaluate(LOADED)
    return page


def check_document(page) -> None:
    """Stop where a formula is not set or something leaves the page."""
    unset = page.evaluate(UNSET)
    if unset:
        raise PrintError(f"mathematics is not set: {unset[0]}")
    wide = page.evaluate(WIDE)
    if wide:
        raise PrintError(f"wider than the page: {wide[0]}")
    cut = page.evaluate(CUT)
    if cut:
        raise PrintError(f"cut off by its box: {cut[0]}")


def print_twice(page, target: Path) -> None:
    """Print until the numbers in the text are those of the pages."""
    numbers: dict[str, int] = {}
    for attempt in range(4):
        page.evaluate(FILL, numbers)
        whole = attempt > 0  # the first printing, which only counts, needs no bookmarks
        page.pdf(
            path=target,
            prefer_css_page_size=True,
            print_background=True,
            outline=whole,
            tagged=whole,
        )
        found = page_numbers(PdfReader(target))
        if found == numbers:
            return
        numbers = found
    raise PrintError("the numbers of the pages do not settle")


def name_bookmarks(writer: PdfWriter, titles: list[str]) -> None:
    """Give the bookmarks the words of the headings: Chromium drops a space where a line ends."""
    whole = {dense(title): title for title in titles}
    waiting = [writer.root_object["/Outlines"]] if "/Outlines" in writer.root_object else []
    while waiting:
        mark = waiting.pop().get_object()
        if "/Title" in mark:
            title = whole.get(dense(str(mark["/Title"])), mark["/Title"])
            mark[NameObject("/Title")] = TextStringObject(title)
        waiting += [mark.raw_get(one) for one in ("/First", "/Next") if one in mark]


def describe(target: Path, about: dict, people: str, titles: list[str]) -> int:
    """Write title, authors and bookmarks into a PDF; return its number of pages."""
    # Chromium's files count one kind of object too few, which pypdf mends, and says so.
    logging.getLogger("pypdf").setLevel(logging.ERROR)
    writer = PdfWriter(clone_from=target)
    name_bookmarks(writer, titles)
    writer.add_metadata(
        {
            "/Title": about["title"],
            "/Author": people,
            "/Subject": " ".join(about["abstract"].split()),
            "/Keywords": ", ".join(about["keywords"]),
        }
    )
    writer.root_object[NameObject("/ViewerPreferences")] = DictionaryObject(
        {NameObject("/DisplayDocTitle"): BooleanObject(True)}
    )
    writer.page_mode = "/UseOutlines"
    writer.write(target)
    return len(writer.pages)


@contextmanager
def typeset(document: str, site: Path, width: float, fonts: Path) -> Iterator:
    """Give a page of the browser with the document, ready for print; width in millimeters."""
    with serve(site) as address, browser() as chromium:
        page = open_document(chromium, address, document, fonts, width * MILLIMETER)
        page.evaluate(FIT)
        check_document(page)
        yield page


def save(page, target: Path, about: dict, people: str) -> int:
    """Print a page into a file, which appears only when it is whole; return how many it has."""
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        print_twice(page, half)
        pages = describe(half, about, people, page.evaluate(HEADINGS))
        half.replace(target)
    finally:
        half.unlink(missing_ok=True)
    return pages
