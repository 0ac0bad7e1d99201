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

#: Minutes for one of each, in the text.
RATES = {"words": 1 / 130, "equations": 0.5, "figures": 1.0, "numbers": 0.25, "links": 2.0}
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
_DOCUMENT = re.compile(r"\{doc\}`[^`]+`")
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
    :data:`RATES`; ``code`` counts lines, and ``exercises`` has each one by its id.
    """

    text: dict[str, int]
    folded: dict[str, int]
    code: int
    exercises: dict[str, Exercise]

    @property
    def read(self) -> float:
        """Minutes to read all that is not folded."""
        return _minutes(self.text)

    @property
    def unfold(self) -> float:
        """Minutes to read what is folded."""
        return _minutes(self.folded)

    @property
    def run(self) -> float:
        """Minutes to run along with the code."""
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


def count_text(text: str, own_labels: set[str]) -> dict[str, int]:
    """Return how many words, equations, numbers from cells and links to other pages a text has.

    >>> count_text("See {doc}`03-b`, $x$ and {glue:text}`a`.\\n$$\\nx = 1\\n$$", set())
    {'words': 5, 'equations': 1, 'figures': 0, 'numbers': 1, 'links': 1}
    """
    equations = text.count("$$") // 2
    text = re.sub(r"\$\$.*?\$\$", " ", text, flags=re.DOTALL)
    targets = {a or b for a, b in _TARGET.findall(text)}
    away = [one for one in targets if one not in own_labels and not one.startswith(("ex-", "fig-"))]
    numbers = text.count("{glue:text}")
    links = len(_DOCUMENT.findall(text)) + len(away)
    plain = re.sub(r"\{[\w:]+\}`[^`]*`|\$[^$]+\$", " x ", text)
    words = len(re.findall(r"[^\W\d_][\w’'-]*", plain))
    counts = (words, equations, 0, numbers, links)
    return dict(zip(RATES, counts))


def measure(notebook: str) -> Page:
    """Return what a notebook, given as JSON, asks of its reader."""
    cells = json.loads(notebook)["cells"]
    own = {a or b for cell in cells for a, b in _LABEL.findall(source_of(cell))}
    text, folded = dict.fromkeys(RATES, 0), dict.fromkeys(RATES, 0)
    code, levels, solutions = 0, {}, {}
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
            for counts, part in zip((text, folded), split_folds(source)):
                for name, count in count_text(part, own).items():
                    counts[name] += count
        elif not {"remove-cell", "remove-input"} & set(tags):
            code += lines
            figure = cell["metadata"].get("mystnb", {}).get("figure", {})
            text["figures"] += bool(figure)
            text["words"] += len(figure.get("caption", "").split())
    exercises = {id: Exercise(level, solutions.get(id, 0)) for id, level in levels.items()}
    return Page(text, folded, code, exercises)


@cache
def _measured(path: Path, stamp: int) -> Page:
    return measure(path.read_text(encoding="utf-8"))


def measure_file(path: Path) -> Page:
    """Return what a notebook on disk asks of its reader."""
    return _measured(path, path.stat().st_mtime_ns)
