"""From the paper's section to the chapter to the function, read from the docstrings.

Nothing is listed here. A chapter's title and section are the first line of its exercises; a name
belongs to the chapters that its docstring names as its place, or else to those that the first
paragraph of its file names, or else of its room. A section of the paper stands for its chapter.
The sources are parsed and not imported, so this needs no library.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent
_TITLE = re.compile(
    r"Exercises of chapter (?P<number>\d+[a-z]?): (?P<title>.+) "
    r"\((?:(?:paper )?sections? (?P<section>[IVX][\w. ]*)|no section of the paper)\)\.$"
)
_NUMBER = r"\d+[a-z]?"
_CHAPTERS = re.compile(rf"\b[Cc]hapters? ({_NUMBER}(?:(?:, | and | to ){_NUMBER})*)(?!\w)")
# A line that begins with its place, or with who found it: "Mostafa (2017); chapter 4d."
_REFERENCE = re.compile(r"^(?:\S.*; )?(?:paper section|paper figure|chapter)s? ", re.M | re.I)
_SECTIONS = re.compile(r"\b(?:paper )?sections? ([IVX]+[\w.]*(?:(?:, | and )[IVX]+[\w.]*)*)", re.I)


@dataclass(frozen=True)
class Chapter:
    """A chapter: its number, its title, and its section of the paper, which may be empty."""

    number: str
    title: str
    section: str


@dataclass(frozen=True)
class Entry:
    """A public function or class: where it is, its first line, its equations, its chapters."""

    room: str
    name: str
    line: str
    equations: tuple[str, ...]
    chapters: tuple[str, ...]


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def chapters() -> dict[str, Chapter]:
    """Return the chapters by number, in the order of the book."""
    found = {}
    for path in sorted((_FOLDER / "exercises").glob("_ch[0-9]*.py")):
        first = (ast.get_docstring(_tree(path)) or "").split("\n")[0]
        read = _TITLE.fullmatch(first)
        if read is None:
            raise ValueError(
                f"{path.name} begins with {first!r}; "
                "'Exercises of chapter 2: title (paper section II).' is accepted"
            )
        title = read["title"][0].upper() + read["title"][1:]
        found[read["number"]] = Chapter(read["number"], title, read["section"] or "")
    return found


def named_chapters(text: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """Return the chapters that a text names, in the order of ``known``.

    Examples
    --------
    >>> named_chapters("Paper section V; chapters 6a to 6c and 7.", ("5", "6a", "6b", "6c", "7"))
    ('6a', '6b', '6c', '7')
    """
    found: set[str] = set()
    for match in _CHAPTERS.finditer(text):
        words = re.split(r"(, | and | to )", match[1])
        for n, word in enumerate(words[::2]):
            joined = words[2 * n - 1] if n else ""
            before = words[2 * n - 2] if n else ""
            if joined == " to " and before in known and word in known:
                found.update(known[known.index(before) : known.index(word) + 1])
            found.add(word)
    return tuple(one for one in known if one in found)


def _place(text: str, known: dict[str, Chapter]) -> tuple[str, ...]:
    """Return the chapters that a text names, or those of the sections that it names."""
    named = named_chapters(text, tuple(known))
    sections = {
        one.rstrip(".") for run in _SECTIONS.findall(text) for one in re.split(r", | and ", run)
    }
    return named or tuple(one.number for one in known.values() if one.section in sections)


def entries() -> list[Entry]:
    """Return every public function and class of the package, room by room."""
    known = chapters()
    found = []
    for door in sorted(_FOLDER.glob("[a-z]*/__init__.py")):
        about = ast.get_docstring(_tree(door)) or ""
        for node in _tree(door).body:
            if isinstance(node, ast.ImportFrom):
                path = door.parent / f"{(node.module or '').rpartition('.')[2]}.py"
                names = [alias.asname for alias in node.names if alias.asname]
                if names and path.is_file():
                    found += _of_file(door.parent.name, path, names, about, known)
    return found


def _of_file(room, path, names, about, known) -> list[Entry]:
    """Return the entries that one file of a room defines."""
    whole = ast.get_docstring(_tree(path)) or ""
    found = []
    for node in _tree(path).body:
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef)) or node.name not in names:
            continue
        text = ast.get_docstring(node) or ""
        texts = _references(text), _first(whole), _first(about)
        where = next(filter(None, (_place(one, known) for one in texts)), ())
        labels = tuple(dict.fromkeys(re.findall(r"``(eq-[\w-]+)``", texts[0])))
        line = re.sub(r":\w+:|`", "", text.split("\n")[0])
        found.append(Entry(room, node.name, line, labels, where))
    return found


def _references(text: str) -> str:
    """Return the paragraphs of a docstring that say where in the paper and the book it belongs."""
    return "\n\n".join(one for one in text.split("\n\n") if _REFERENCE.search(one))


def _first(text: str) -> str:
    """Return the first paragraph of a docstring."""
    return text.split("\n\n")[0]
