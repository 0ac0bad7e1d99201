"""What a page is made of on its way into a notebook, and how each part is written in Markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass

from notebook_inline import Inline

ANCHORS = re.compile(r'((?:<a id="[^"]*"></a>)+)(\n[> ]*\n[> ]*|)')
#: At the beginning of a line these would start a heading, a list, a quote or a rule.
LINE_START = re.compile(r"^(\s*)(#{1,6}(?= )|[-+](?= )|>|=+\s*$|-+\s*$|\d+(?=[.)] ))", re.M)


@dataclass(frozen=True)
class Heading:
    """Where a section begins: its level, its text as Markdown, and its anchors."""

    level: int
    text: str
    ids: tuple[str, ...]

    @property
    def markdown(self) -> str:
        """The heading with its anchors above it."""
        return f"{anchors(self.ids)}{'#' * self.level} {self.text}"


@dataclass(frozen=True)
class Figure:
    """What stands under a figure: number, caption, and what it shows, in words."""

    id: str
    number: str
    caption: str
    alt: str

    @property
    def markdown(self) -> str:
        """The caption, with the description folded below it."""
        words = fold("The figure in words", escape_lines(Inline.escape(self.alt)))
        return f"{anchors((self.id,))}**{self.number}** {self.caption}\n\n{words}"


@dataclass(frozen=True)
class Code:
    """A code cell of the source, by its index, with the figures that it draws."""

    index: int
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True)
class Block:
    """A block of Markdown."""

    markdown: str


Piece = Heading | Block | Code


def anchors(ids) -> str:
    """Return the places that links lead to, as a line of its own, or nothing.

    >>> anchors(("ch02-reset",))
    '<a id="ch02-reset"></a>\\n\\n'
    """
    found = "".join(f'<a id="{one}"></a>' for one in ids)
    return f"{found}\n\n" if found else ""


def keep_anchors(text: str, wanted: set[str]) -> str:
    """Return Markdown with only those anchors that something links to.

    >>> keep_anchors('<a id="a"></a><a id="b"></a>\\n\\n## B', {"b"})
    '<a id="b"></a>\\n\\n## B'
    """

    def kept(found: re.Match) -> str:
        left = [one for one in re.findall(r'"([^"]*)"', found[1]) if one in wanted]
        return "".join(f'<a id="{one}"></a>' for one in left) + found[2] if left else ""

    return ANCHORS.sub(kept, text)


def fold(summary: str, body: str) -> str:
    """Return a fold; Markdown inside of HTML needs blank lines around it."""
    return f"<details>\n<summary>{summary}</summary>\n\n{body}\n\n</details>"


def escape_lines(text: str) -> str:
    """Return a paragraph none of whose lines begins as a heading, a list or a quote does.

    >>> escape_lines("a\\n- b\\n2. c")
    'a\\n\\\\- b\\n2\\\\. c'
    """
    return LINE_START.sub(
        lambda m: f"{m[1]}{m[2]}\\" if m[2].isdigit() else f"{m[1]}\\{m[2]}", text
    )


def indent(text: str, first: str) -> str:
    """Return a text with a mark before its first line, and the others set below it."""
    lines = text.splitlines()
    rest = [f"{' ' * len(first)}{line}" if line else "" for line in lines[1:]]
    return "\n".join([first + lines[0], *rest] if lines else [first])


def quoted(text: str) -> str:
    """Return a text as a quotation."""
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def display_math(tex: str, number: str = "", one_line: bool = False) -> str:
    """Return an equation; within lists and quotes on one line, as front ends cut it out first.

    >>> display_math("a = b", "5b.2", one_line=True)
    '$$a = b \\\\tag{5b.2}$$'
    """
    lines = [line.strip() for line in tex.strip().splitlines() if line.strip()]
    if "\\\\" in tex and "\\begin{" not in tex:
        lines = ["\\begin{aligned}", *lines, "\\end{aligned}"]
    if number:
        lines[-1] += f" \\tag{{{number}}}"
    return f"$${' '.join(lines)}$$" if one_line else "\n".join(["$$", *lines, "$$"])
