"""What slides take from the chapters: figures as executed, equations, numbers, code of cells."""

from __future__ import annotations

import ast
import html
import json
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from bs4 import BeautifulSoup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from slide_source import SlideError

FORMATTER = HtmlFormatter(style="a11y-high-contrast-light", cssclass="code")
HIGHEST = 500  # pixels of a figure on a slide of 720
LETTERS = 44  # pixels of the letters of an equation


class Figure(NamedTuple):
    """A figure of a built page: its picture, the text in its place, its number, where it stands."""

    path: Path
    alt: str
    number: str
    place: str


class Equation(NamedTuple):
    """An equation of a built page: its TeX with delimiters, its number, where it stands."""

    formula: str
    number: str
    place: str


class Pages:
    """The built pages of the chapters, with their sources.

    ``site`` is the folder of the built site, ``book`` that of the notebooks, ``executed`` holds the
    numbers that myst-nb has written beside each executed notebook.
    """

    def __init__(self, site: Path, book: Path, executed: Path) -> None:
        self.site, self.book, self.executed = site, book, executed

        self._parsed: dict[str, BeautifulSoup] = {}

    @cached_property
    def _texts(self) -> dict[str, str]:
        paths = sorted((self.site / "book").glob("[0-9]*.html"))
        return {f"book/{path.name}": path.read_text(encoding="utf-8") for path in paths}

    def _find(self, identity: str):
        """Return the page of an element and the element, or two empty values."""
        for page, text in self._texts.items():
            if f'id="{identity}"' in text:
                if page not in self._parsed:
                    self._parsed[page] = BeautifulSoup(text, "html.parser")
                return page, self._parsed[page].find(id=identity)
        return "", None

    def figure(self, name: str) -> Figure:
        """Return a figure by its name."""
        page, found = self._find(name)
        image = found.find("img") if found is not None else None
        number = found.select_one(".caption-number") if found is not None else None
        if image is None or number is None:
            raise SlideError(f"a slide names the figure {name}, and no page has it with a number")
        path = (self.site / "book" / image["src"]).resolve()
        return Figure(path, image["alt"], number.get_text().strip(), f"{page}#{name}")

    def equation(self, label: str) -> Equation:
        """Return an equation by its label."""
        page, found = self._find(f"equation-{label}")
        number = found.select_one(".eqno") if found is not None else None
        if number is None:
            raise SlideError(f"a slide names the equation {label}, and no page has it")
        formula = "".join(found.find_all(string=True, recursive=False)).strip()
        return Equation(formula, str(next(number.strings)).strip(), f"{page}#equation-{label}")

    def code(self, page: str, cell: str) -> str:
        """Return the source of a cell."""
        path = self.book / f"{page}.ipynb"
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"] if path.is_file() else []
        for one in cells:
            if one["id"] == cell and one["cell_type"] == "code":
                return "".join(one["source"])
        raise SlideError(f"a slide names the cell {cell} of {page}, and there is none")

    def symbol(self, name: str) -> list[str]:
        """Return symbol, code and meaning of a row of the notation, as HTML."""
        if "notation" not in self.__dict__:
            text = (self.site / "book" / "notation.html").read_text(encoding="utf-8")
            self.notation = BeautifulSoup(text, "html.parser")
        for row in self.notation.select("article tr"):
            cells = row.find_all("td")[:3]
            symbols = [one.get_text().strip() for one in cells[0].select(".math")] if cells else []
            if symbols == [rf"\({name}\)"]:
                for link in [link for cell in cells for link in cell.find_all("a")]:
                    link.unwrap()
                return [cell.decode_contents() for cell in cells]
        raise SlideError(f"the handout names the symbol {name}, and the notation has no such row")

    @cached_property
    def numbers(self) -> dict:
        """All numbers and texts that cells glue, by name."""
        found = {}
        for path in sorted(self.executed.glob("*.glue.json")):
            for name, output in json.loads(path.read_text(encoding="utf-8")).items():
                text = output["data"].get("text/plain")
                if text is not None:
                    found[name] = ast.literal_eval(text)
        return found


class Shown:
    """Writes what a slide names as HTML, and remembers the pictures that it needs.

    ``site`` is the way from the slide to the site, where the number of a figure or an equation
    leads to its place in the book; it is empty where slides stand alone.
    """

    def __init__(self, pages: Pages, site: str) -> None:
        self.pages, self.site, self.pictures = pages, site, {}

    def number(self, found: Figure | Equation) -> str:
        """Return the number of a figure or an equation, as a link to its place if there is one."""
        if not self.site:
            return found.number
        return f'<a href="{self.site}/{found.place}">{found.number}</a>'

    def __call__(self, kind: str, name: str) -> str:
        """Return the HTML of a figure, an equation, a cell or some symbols."""
        if kind == "symbols":
            return self.symbols([html.unescape(one.strip()) for one in name.split(",")])
        return getattr(self, kind)(*name.split())

    def symbols(self, names: list[str]) -> str:
        """Return a table of symbols, each with its name in code and its meaning."""
        found = (self.pages.symbol(name) for name in names)
        rows = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in found)
        return f"<table>{rows}</table>"

    def figure(self, name: str, highest: str = str(HIGHEST)) -> str:
        """Return a figure, as high as its slide allows."""
        found = self.pages.figure(name)
        target = f"{name}{found.path.suffix}"
        self.pictures[target] = found.path
        return (
            f'<figure><img src="images/{target}" alt="{html.escape(found.alt)}" '
            f'style="max-height: {int(highest)}px">'
            f"<figcaption>{self.number(found)}</figcaption></figure>"
        )

    def equation(self, label: str, size: str = str(LETTERS)) -> str:
        """Return an equation, to be set by MathJax."""
        found = self.pages.equation(label)
        formula = html.escape(found.formula, quote=False)
        return (
            f'<div class="equation"><div class="math" style="font-size: {int(size)}px">{formula}'
            f'</div><span class="number">{self.number(found)}</span></div>'
        )

    def code(self, page: str, cell: str) -> str:
        """Return a cell with the colors of its words."""
        return highlight(self.pages.code(page, cell), PythonLexer(), FORMATTER)
