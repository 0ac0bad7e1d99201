"""What the text may not hold: numbers that a cell should compute, paths, left-over notes.

A number in the prose comes from a cell (``{glue:text}``). A line may hold a typed one when it
cites its source, or when the line before it is the comment ``% typed number: reason``.
"""

from __future__ import annotations

import re

import pytest
from check_site import ROOT, figure_settings, read_cells

PAGES = sorted([*(ROOT / "book").glob("*.ipynb"), *(ROOT / "book").glob("*.md")])
CODE_FENCE = re.compile(
    r"^(?P<mark>`{3,})(?!\{)(?!`).*?^(?P=mark)[ \t]*$", re.MULTILINE | re.DOTALL
)
NOT_PROSE = re.compile(r"\{[\w:-]+\}`[^`]*`|`[^`]*`|\$[^$]*\$|\]\([^)]*\)")
MEASUREMENT = re.compile(
    r"\d\s*(?:%|\\%|percent\b)"
    r"|\baccurac(?:y|ies)\b[^.;:]{0,30}?\s(?:0?\.\d+|\d+)"
    r"|\b0\.\d+\s+accura"
    r"|\d\s+times (?:faster|slower|as fast|more|fewer|less)",
    re.IGNORECASE,
)
ALLOWED = re.compile(r"\{cite|\b9[05]\s*% (?:confidence )?(?:interval|limits)", re.IGNORECASE)
EXCUSE = re.compile(r"^%\s*typed number: \S+")

TEXT_SUFFIXES = {".py", ".md", ".yml", ".toml", ".txt", ".cff", ".ipynb", ".css", ".bib", ".js"}
SKIPPED = {".git", ".venv", "_build", "build", "dist"}
MACHINE_PATHS = re.compile(
    r"(?<![\w.])/(?:home|Users|root|work|tmp|mnt)/" + r"[A-Za-z]|[A-Z]:\\" + r"Users"
)
LEFT_OVER = re.compile(
    r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b|lorem " + "ipsum|^<" + "<{6} |^>" + ">{6} ",
    re.IGNORECASE | re.MULTILINE,
)


def typed_numbers(source: str) -> list[str]:
    """Return the lines of a Markdown source that hold a typed measurement."""
    lines = CODE_FENCE.sub("", source).splitlines()
    found = []
    for before, line in zip(["", *lines], lines):
        if line.startswith("%") or ALLOWED.search(line) or EXCUSE.match(before):
            continue
        if MEASUREMENT.search(NOT_PROSE.sub(" ", line)):
            found.append(line)
    return found


def repository_texts():
    """Give every text file that belongs to the repository, with what it says."""
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        hidden = [
            part for part in parts[:-1] if part.startswith(".") and part not in (".ci", ".github")
        ]
        if SKIPPED & set(parts) or hidden or any(part.endswith(".egg-info") for part in parts):
            continue
        if path.is_file() and (path.suffix in TEXT_SUFFIXES or parts[0] in (".ci", "Makefile")):
            yield path.relative_to(ROOT).as_posix(), path.read_text()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_numbers_come_from_cells(path):
    found = [
        line
        for cell in read_cells(path)
        if cell["cell_type"] == "markdown"
        for line in typed_numbers(cell["source"])
    ]
    assert found == []


@pytest.mark.parametrize(
    ("line", "typed"),
    [
        ("The network reaches 97 % on the test set.", True),
        ("An accuracy of 0.93 is enough.", True),
        ("It is 25 times faster.", True),
        ("The network reaches {glue:text}`accuracy:.3f` accuracy.", False),
        ("The authors report 97 % {cite}`someone2019`.", False),
        ("% typed number: a goal, not a measurement\nWe want 96 % or more.", False),
        ("The bar is the 95 % interval.", False),
        ("```python\nx = 5 % 2  # 5 %\n```", False),
        ("```{admonition} Claim\n97 % was seen.\n```", True),
    ],
)
def test_the_search_for_typed_numbers_itself(line, typed):
    assert bool(typed_numbers(line)) is typed


#: On a dark page figures are turned in brightness and keep their hues.
BRIGHTNESS = re.compile(r"\b(black|white|dark|darker|bright|brighter|lighter)\b", re.I)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_captions_hold_on_a_dark_page(path):
    drawn = [figure_settings(cell).get("figure", {}) for cell in read_cells(path)]
    captions = [figure.get("caption", "") for figure in drawn]
    assert [text for text in captions if BRIGHTNESS.search(text)] == []


def test_no_machine_paths_and_no_left_over_notes():
    found = []
    for name, text in repository_texts():
        for pattern in (MACHINE_PATHS, LEFT_OVER):
            found += [(name, hit.group()) for hit in pattern.finditer(text)]
    assert found == []
