"""The slides of the workshops as they are written, in ``workshop/slides/*.md``.

A slide begins with a heading of the first level. The line below it names the decks that show it,
``decks: 90-minutes, half-day``, and what the speaker says stands below the line ``Note:``.
What the chapters have is named and never copied; each name stands on a line of its own::

    {figure}`fig-05-stairs`         the figure with this name, as executed; `fig-05-stairs 420` is
                                    at most 420 pixels high
    {equation}`eq-05-surrogate`     the equation with this label; a number behind it is the size of
                                    its letters in pixels
    {code}`05-surrogate-gradients c05-011`    the source of a cell, by page and id
    {symbols}`U[n], S[n]`           the rows of these symbols on the page of the notation

Within a line, ``{glue:text}`ch01-accuracy:.1f``` is a number from a cell, as in the chapters, and
a link to ``page:05-surrogate-gradients#ch05-idea`` leads to a place on the site (a page outside of
``book/`` has its folder, ``page:workshop/contest``).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

_SLIDE = re.compile(r"^# ", re.M)
_DECKS = re.compile(r"^decks: *(.+)$")
_NAMED = re.compile(r"^\{(figure|equation|code|symbols)\}`([^`]+)`$", re.M)
_GLUED = re.compile(r"\{glue:text\}`([^`:]+)(?::([^`]*))?`")
_PLACE = re.compile(r"\[([^\]]+)\]\(page:([\w/-]+)(?:#([\w-]+))?\)")


class SlideError(ValueError):
    """A slide that cannot be made; the message says which, and why."""


class Slide(NamedTuple):
    """One slide as it is written: its title, the decks that show it, its text, what is said."""

    title: str
    decks: tuple[str, ...]
    body: str
    notes: str

    @property
    def named(self) -> list[tuple[str, str]]:
        """What the slide takes from the chapters: pairs such as ("figure", "fig-05-stairs")."""
        return _NAMED.findall(self.body)

    @property
    def numbers(self) -> list[str]:
        """The names of the numbers that the slide quotes."""
        return [name for name, _ in _GLUED.findall(self.body + self.notes)]

    @property
    def places(self) -> list[tuple[str, str]]:
        """The places on the site that the slide links to, as pairs of page and anchor."""
        return [(page, anchor) for _, page, anchor in _PLACE.findall(self.body + self.notes)]


def slide_of(text: str) -> Slide:
    """Return a slide from its text, which begins with its title.

    >>> slide_of("Title\\ndecks: a, b\\n\\nText.\\n\\nNote:\\nSay it.")
    Slide(title='Title', decks=('a', 'b'), body='Text.', notes='Say it.')
    """
    title, *lines = text.strip().splitlines()
    decks = _DECKS.match(lines[0]) if lines else None
    if decks is None:
        raise SlideError(f"the slide {title!r} has no line `decks: ...` below its title")
    body, _, notes = "\n".join(lines[1:]).partition("\nNote:\n")
    if not notes.strip():
        raise SlideError(f"the slide {title!r} has no notes; write them below a line `Note:`")
    names = tuple(name.strip() for name in decks[1].split(","))
    return Slide(title.strip(), names, body.strip(), notes.strip())


def slides(folder: Path) -> list[Slide]:
    """Return all slides of a folder, its files in the order of their names."""
    found = []
    for path in sorted(folder.glob("*.md")):
        head, *parts = _SLIDE.split(path.read_text(encoding="utf-8"))
        if head.strip():
            raise SlideError(f"{path.name} begins with {head.strip()[:40]!r}, not with a slide")
        found += [slide_of(part) for part in parts]
    return found


def decks(folder: Path) -> dict[str, list[Slide]]:
    """Return the slides of each deck by its name, in the order of the files."""
    found: dict[str, list[Slide]] = {}
    for slide in slides(folder):
        for name in slide.decks:
            found.setdefault(name, []).append(slide)
    return found


def with_numbers(text: str, numbers: dict, title: str) -> str:
    """Return a text with its numbers filled in.

    >>> with_numbers("{glue:text}`a:.1f` %", {"a": 3.14}, "A slide")
    '3.1 %'
    """

    def number(found: re.Match) -> str:
        if found[1] not in numbers:
            raise SlideError(f"the slide {title!r} quotes {found[1]}, which no cell glues")
        return format(numbers[found[1]], found[2] or "")

    return _GLUED.sub(number, text)


def with_places(text: str, site: str) -> str:
    """Return a text whose links lead to the site, which lies at a relative address.

    Without an address they are words.

    >>> with_places("[x](page:01-introduction#ch01-hard)", "../..")
    '[x](../../book/01-introduction.html#ch01-hard)'
    >>> with_places("[x](page:01-introduction#ch01-hard)", "")
    'x'
    """

    def address(found: re.Match) -> str:
        words, name, anchor = found.groups()
        page = name if "/" in name else f"book/{name}"
        return f"[{words}]({site}/{page}.html{'#' + anchor if anchor else ''})" if site else words

    return _PLACE.sub(address, text)


def with_named(html: str, show) -> str:
    """Return HTML in which each paragraph that names something is replaced by what it names."""
    pattern = re.compile(r"(?:<p>|^)\{(\w+)\}<code>([^<]+)</code>(?:</p>|$)", re.M)
    return pattern.sub(lambda found: show(found[1], found[2]), html)
