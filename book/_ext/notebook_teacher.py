"""What an instructor notebook says beside the text: minutes, difficulties and answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from notebook_inline import Inline
from notebook_pieces import Block, Code, Heading, escape_lines, indent, quoted
from reading_time import known_to, measure, number_of, source_of

from snnbook.exercises import exercises_of, quiz as quiz_of

MARK = "**For the instructor.**"
#: Where a text asks for a guess: as a command, not as a noun.
GUESS = re.compile(
    r"\bGuess\b(?! at)|\bso guess\b|(?:on|first|look|loop|figure|slider), (?:make a )?guess\b"
)


def sections(notebook: str) -> Iterator[tuple[str, str]]:
    """Yield the title of each part of a chapter, with a notebook of its cells alone.

    A part begins at a heading of the second level; what comes before the first is "Beginning".
    """
    title, cells = "Beginning", []
    for cell in json.loads(notebook)["cells"]:
        texts = [source_of(cell)]
        if cell["cell_type"] == "markdown":
            texts = re.split(r"^(?=## )", source_of(cell), flags=re.M)
        for text in texts:
            heading = re.match(r"## (.*)", text) if cell["cell_type"] == "markdown" else None
            if heading:
                yield title, json.dumps({"cells": cells})
                title, cells = heading[1], []
            if text.strip():
                cells.append({**cell, "source": text})
    yield title, json.dumps({"cells": cells})


def timetable(path: Path) -> str:
    """Return the minutes of a chapter, part by part."""
    notebook = path.read_text(encoding="utf-8")
    settings = number_of(path.stem), known_to(path)
    rows = [(title, measure(part, *settings)) for title, part in sections(notebook)]
    rows.append(("**all**", measure(notebook, *settings)))
    lines = ["| part | to read | folded | to run | exercises |", "|---|--:|--:|--:|--:|"]
    for title, page in rows:
        minutes = (page.read, page.unfold, page.run, page.exercise)
        shown = (f"{round(one)}" if one >= 0.5 else "" for one in minutes)
        lines.append(f"| {title.replace('|', chr(92) + '|')} | {' | '.join(shown)} |")
    return "\n".join(lines)


def shown(value) -> str:
    """Return a wrong answer as a reader would have written it, or "" for a function."""
    if callable(value):
        return ""
    if isinstance(value, str | bool):
        return f"`{value}`: "
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return ""
    numbers = [f"{number:.4g}" for number in array.ravel()]
    if not 0 < len(numbers) <= 6:
        return ""
    return f"`{numbers[0] if array.ndim == 0 else '(' + ', '.join(numbers) + ')'}`: "


def words(text: str) -> str:
    """Return a sentence of the package as Markdown; code stands between its backquotes."""
    parts = text.split("`")
    return "".join(f"`{one}`" if i % 2 else Inline.escape(one) for i, one in enumerate(parts))


def beginning(text: str) -> str:
    """Return how a block begins: its first two lines, or what is written on a fold.

    >>> beginning("One.\\nTwo.\\nThree.")
    'One.\\nTwo.'
    """
    summary = re.search(r"<summary>(.*)</summary>", text)
    if summary:
        return f"(folded) {summary[1]}"
    lines = [line for line in text.splitlines() if line.strip("> ")]
    return "\n".join(line.removeprefix("> ") for line in lines[:2])


class Notes:
    """Writes the notes of one chapter."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.page = measure(path.read_text(encoding="utf-8"))
        self.waiting: list[str] = []

    def plan(self) -> str:
        """Return the first note: how long each part takes."""
        about = (
            f"{MARK} Minutes by the model of the book, which the introduction describes: for a "
            "reader who knows the chapters that this one needs. A group that discusses takes more."
        )
        return f"{about}\n\n{timetable(self.path)}"

    def heard(self) -> list[str]:
        """Return the notes that wait for the end of a text cell."""
        found, self.waiting = self.waiting, []
        return found

    def hear(self, pieces, place: int) -> None:
        """Note a question of the text that asks for a guess, and how the text goes on."""
        text = pieces[place].markdown
        titles = [one.text for one in pieces[:place] if isinstance(one, Heading)]
        if not GUESS.search(text) or text.startswith((">", "<details>")):
            return
        if titles and titles[-1].startswith("Exercise"):
            return
        after, where = pieces[place + 1 :], "right below"
        if "read on" not in text:
            cell = next((i for i, one in enumerate(after) if isinstance(one, Code)), 0)
            where, after = "below the next code cell", after[cell + 1 :]
        answer = next((one for one in after if isinstance(one, Block)), None)
        if answer is not None:
            lines = text.splitlines()
            first = next(i for i, line in enumerate(lines) if GUESS.search(line))
            self.waiting.append(
                f"{MARK} The text asks for a guess; give the group a minute before anyone scrolls."
                f"\n\n{quoted(chr(10).join(lines[first:]))}\n\n"
                f"It goes on {where}:\n\n{quoted(beginning(answer.markdown))}"
            )

    def exercise(self, id: str) -> list[str]:
        """Return what to expect of an exercise: minutes, wrong answers, hints."""
        one, asked = exercises_of(id.split("-")[0])[id], self.page.exercises[id]
        head = f"{MARK} Exercise {id}: {asked.level}, about {asked.minutes} minutes."
        mistakes = [f"{shown(value)}{words(said)}" for said, value in one.mistakes.items()]
        hints = [words(hint) for hint in one.hints]
        parts = [head, f"What a right answer shows: {words(one.right)}"]
        if mistakes:
            listed = "\n".join(indent(escape_lines(text), "- ") for text in mistakes)
            parts.append(f"Wrong answers that `check` knows, and what it says:\n\n{listed}")
        numbered = (f"{number}. {text}" for number, text in enumerate(hints, 1))
        parts.append("Hints, in their order:\n\n" + "\n".join(numbered))
        return ["\n\n".join(parts)]

    def quiz(self, chapter: str) -> list[str]:
        """Return the answers of a quiz, each with its reason."""
        lines = [f"{MARK} The answers of the quiz: {quiz_of(chapter).key()}."]
        for number, question in enumerate(quiz_of(chapter).questions, 1):
            right = next(option for option in question.options if option.right)
            lines.append(f"{number}. {question.prompt} **{right.text}** {right.why}")
        return [lines[0] + "\n\n" + "\n".join(lines[1:])]
