"""How long a chapter takes, from its notebook alone: to read, to run along, for its exercises.

A reader with a degree in engineering and without neuroscience timed two chapters: chapter 2 took
80 to 100 minutes with its code and 40 for its exercises, chapter 5b 120 to 150 and 30. The rates
below agree with both, and with nothing else: they are a model, and the introduction says so.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

#: Minutes for one of each, in the text. A link costs what it takes to look up a page that the
#: reader does not know: the one who was timed had read none of the others.
RATES = {"words": 1 / 110, "equations": 0.5, "figures": 1.0, "numbers": 0.1, "links": 3.5}
#: Minutes for a line of code, folded or not: to read it, run it and look at what it does.
CODE_LINE = 0.05
#: Minutes for an exercise of each level, and for each line of its solution.
LEVELS = {"by head": 4.0, "by code": 5.0, "explore": 6.0}
SOLUTION_LINE = 0.25

ROLE = re.compile(r"(prompt|exercise|solution)-(\d\d[a-z]?-\d+)")
#: The level of an exercise at its prompt, ``(by head)`` behind the title or ``*By head.*`` below.
LEVEL = re.compile(
    rf"(?i:(?<=\()(?:{'|'.join(LEVELS)})(?=\))|(?<=^\*)(?:{'|'.join(LEVELS)})(?=\.\*))", re.M
)
_FENCE = re.compile(r"^(:{3,}|`{3,})\s*(\S.*)?$")
_LABEL = re.compile(r"^\(([\w-]+)\)=|\$\$ \(([\w-]+)\)", re.M)
_DOCUMENT = re.compile(r"\{doc\}`(?:[^`<]*<)?([\w-]+)>?`")
_NEEDS = re.compile(r"^Needs: (.*)$", re.M)
_NUMBER = re.compile(r"(?:ch|eq-|fig-)?(\d\d[a-z]?)(?:-|$)")
_TARGET = re.compile(r"\{(?:ref|eq|numref)\}`(?:[^`<]*<)?([\w-]+)>?`|\]\(([a-z][\w-]*)\)")


class Exercise(NamedTuple):
    """What an exercise asks for: its level, and the lines of its solution."""

    level: str
    lines: int

    @property
    def minutes(self) -> int:
        """Whole minutes."""
        return round(LEVELS[self.level] + SOLUTION_LINE * self.lines)


class Page(NamedTuple):
    """What a page asks for.

    ``text`` and ``folded`` count what is read outside of folds and in them, by the names of
    :data:`RATES`; ``code`` counts lines, ``exercises`` has each one by its id, and ``folded_code``
    counts the lines in optional parts.
    """

    text: dict[str, int]
    folded: dict[str, int]
    code: int
    exercises: dict[str, Exercise]
    folded_code: int = 0

    @property
    def read(self) -> float:
        """Minutes to read all that is not folded."""
        return _minutes(self.text)

    @property
    def unfold(self) -> float:
        """Minutes for what is folded, with the code of optional parts."""
        return _minutes(self.folded) + CODE_LINE * self.folded_code

    @property
    def run(self) -> float:
        """Minutes to run along with the code that is not optional."""
        return CODE_LINE * self.code

    @property
    def exercise(self) -> float:
        """Minutes for all exercises."""
        return float(sum(one.minutes for one in self.exercises.values()))


def _minutes(counts: dict[str, int]) -> float:
    return sum(RATES[name] * count for name, count in counts.items())


def rounded(minutes: float) -> int:
    """Return minutes as a page prints them, in steps of five.

    >>> rounded(43.0), rounded(1.0)
    (45, 5)
    """
    return max(5, 5 * round(minutes / 5))


def source_of(cell: dict) -> str:
    """Return the source of a cell as one text."""
    return cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])


def tags_of(cell: dict) -> list[str]:
    """Return the tags of a cell."""
    return cell["metadata"].get("tags", [])


def level_of(prompt: str) -> str:
    """Return the level of an exercise from its prompt, in lower case.

    >>> level_of("### Exercise 01-1: How many weights? (by head)"), level_of("*By code.* Write it.")
    ('by head', 'by code')
    """
    found = LEVEL.search(prompt)
    if found is None:
        raise ValueError(f"no level, one of {', '.join(LEVELS)}, in {prompt[:60]!r}")
    return found[0].lower()


def split_folds(text: str) -> tuple[str, str]:
    """Return the text outside of dropdowns, and the text inside of them.

    >>> split_folds("a\\n:::{dropdown} More\\nb\\n:::\\nc")
    ('a\\nc', 'b')
    """
    outside: list[str] = []
    inside: list[str] = []
    fences: list[bool] = []  # of the open fences: does it fold?
    lines = text.splitlines()
    for number, line in enumerate(lines):
        fence = _FENCE.match(line.strip())
        if fence and fence[2]:
            options = lines[number + 1 : number + 4]
            folds = "{dropdown}" in line or any(
                re.match(r"\s*:class:.*\bdropdown\b", option) for option in options
            )
            fences.append(folds)
            if folds:
                continue
        elif fence and fences:
            if fences.pop():
                continue
        (inside if any(fences) else outside).append(line)
    return "\n".join(outside), "\n".join(inside)


def split_optional(text: str, folded: int = 0, level: int = 1) -> tuple[str, str, int, int]:
    """Return the text outside of optional parts and the text inside, as far as they go.

    A part begins below a heading, at ``:::{optional}``, and ends at the next heading of that level;
    what is listed for further reading is optional, too.
    ``folded`` is the level of the heading whose part the text begins in, 0 for none, ``level`` that
    of the last heading; both come back as they are at the end.

    >>> split_optional("# A\\n## B\\n:::{optional} Why.\\n:::\\nb\\n### C\\n# D")
    ('# A\\n## B\\n:::{optional} Why.\\n:::\\n# D', 'b\\n### C', 0, 1)
    """
    outside: list[str] = []
    inside: list[str] = []
    lines = text.splitlines()
    for before, line in zip(["", *lines], lines):
        heading = re.match(r"(#+) ", line)
        if heading:
            level = len(heading[1])
            folded = folded if folded and level > folded else 0
        marks = line.startswith(":::{optional}") or line == "## Further reading"
        folded = level if marks else folded
        closes = line == ":::" and before.startswith(":::{optional}")
        (inside if folded and not (marks or closes) else outside).append(line)
    return "\n".join(outside), "\n".join(inside), folded, level


def number_of(name: str) -> str:
    """Return the number of the chapter that a page, a label or an equation belongs to, or "".

    >>> number_of("05b-locality"), number_of("eq-05b-loop"), number_of("ch03-cost")
    ('05b', '05b', '03')
    """
    found = _NUMBER.match(name)
    return found[1] if found else ""


def count_text(text: str, own_labels: set[str], page: str = "", known: frozenset = frozenset()):
    """Return how many words, equations, numbers from cells and links to other pages a text has.

    With ``page``, the number of its chapter, links to earlier chapters count that are not among
    those that the reader knows, ``known``: the others say what will come, or where a list stands.

    >>> count_text("See {doc}`03-b`, $x$ and {glue:text}`a`.\\n$$\\nx = 1\\n$$", set())
    {'words': 5, 'equations': 1, 'figures': 0, 'numbers': 1, 'links': 1}
    """
    equations = text.count("$$") // 2
    text = re.sub(r"\$\$.*?\$\$", " ", text, flags=re.DOTALL)
    targets = {a or b for a, b in _TARGET.findall(text)}
    away = [one for one in targets if one not in own_labels and not one.startswith(("ex-", "fig-"))]
    numbers = text.count("{glue:text}")
    places = map(number_of, [*_DOCUMENT.findall(text), *away])
    links = sum(one not in known and (not page or "" < one < page) for one in places)
    plain = re.sub(r"\{[\w:]+\}`[^`]*`|\$[^$]+\$", " x ", text)
    words = len(re.findall(r"[^\W\d_][\w’'-]*", plain))
    counts = (words, equations, 0, numbers, links)
    return dict(zip(RATES, counts))


def needed(notebook: str) -> list[str]:
    """Return the pages that a notebook names in the line of its needs."""
    cells = json.loads(notebook)["cells"]
    found = _NEEDS.search(source_of(cells[0])) if cells else None
    return _DOCUMENT.findall(found[1]) if found else []


def known_to(path: Path) -> frozenset[str]:
    """Return the numbers of the chapters that a chapter needs, with what those need."""
    names = needed(path.read_text(encoding="utf-8"))
    others = [known_to(path.with_name(f"{name}.ipynb")) for name in names]
    return frozenset(map(number_of, names)).union(*others)


def measure(notebook: str, page: str = "", known: frozenset[str] = frozenset()) -> Page:
    """Return what a notebook, given as JSON, asks of a reader who knows some chapters.

    ``page`` is the number of its own chapter.
    """
    cells = json.loads(notebook)["cells"]
    own = {a or b for cell in cells for a, b in _LABEL.findall(source_of(cell))}
    text, folded = dict.fromkeys(RATES, 0), dict.fromkeys(RATES, 0)
    code, levels, solutions, optional, level = [0, 0], {}, {}, 0, 1
    for cell in cells:
        source, tags = source_of(cell), tags_of(cell)
        role = next(filter(None, map(ROLE.fullmatch, tags)), None)
        lines = len([line for line in source.splitlines() if line.strip()])
        if role:
            if role[1] == "prompt":
                levels[role[2]] = level_of(source)
            elif role[1] == "solution":
                solutions[role[2]] = lines - 1  # without the check
        elif cell["cell_type"] == "markdown":
            main, more, optional, level = split_optional(source, optional, level)
            outside, inside = split_folds(main)
            for counts, part in ((text, outside), (folded, f"{inside}\n{more}")):
                for name, count in count_text(part, own, page, known).items():
                    counts[name] += count
        elif not {"remove-cell", "remove-input"} & set(tags):
            code[bool(optional)] += lines
            figure = cell["metadata"].get("mystnb", {}).get("figure", {})
            counts = folded if optional else text
            counts["figures"] += bool(figure)
            counts["words"] += len(figure.get("caption", "").split())
    exercises = {id: Exercise(one, solutions.get(id, 0)) for id, one in levels.items()}
    return Page(text, folded, code[0], exercises, code[1])


@cache
def _measured(path: Path, stamp: int) -> Page:
    return measure(path.read_text(encoding="utf-8"), number_of(path.stem), known_to(path))


def measure_file(path: Path) -> Page:
    """Return what a notebook on disk asks of its reader."""
    return _measured(path, path.stat().st_mtime_ns)
