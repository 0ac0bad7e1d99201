"""Put a notebook together: the text of the page, and the code of its source, cell by cell.

A study notebook asks its exercises and leaves them open; a solution notebook has the solution below
each; an instructor notebook has notes beside them. All else is the same in the three, cell by cell.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from nbformat import NotebookNode, from_dict
from notebook_pieces import Block, Code, Heading, Piece, keep_anchors
from notebook_plumbing import Sources
from reading_time import ROLE, source_of, tags_of

KINDS = ("study", "solutions", "instructor")
#: How JupyterLab and Colab are told to fold the code of a cell.
FOLDED = {"jupyter": {"source_hidden": True}, "cellView": "form"}
PREPARED = "# Prepares what the next cells show; nothing to read here.\n"
#: The first code cell. It must run in any Python 3 and without the package.
FIRST = """\
# Does nothing where the package is installed; elsewhere it says how to install it.
import os
import sys


class Missing(Exception):
    def _render_traceback_(self):
        return [str(self)]


command = {command!r}
if "KAGGLE_KERNEL_RUN_TYPE" in os.environ:
    command += " (after you have switched on Internet in the settings of the notebook)"
if sys.version_info < (3, 11):
    raise Missing(
        "This notebook needs Python 3.11 or newer, and this kernel runs Python "
        + sys.version.split()[0] + ": choose another kernel, or make one with a newer Python."
    )
try:
    import snnbook
except ImportError:
    raise Missing("Run this in a new cell, then run this one again:  " + command) from None
if [int(part) for part in snnbook.__version__.split(".")[:2]] < {least!r}:
    raise Missing(
        "This notebook needs snnbook {version} and found " + snnbook.__version__
        + ": run this in a new cell, restart the kernel, and begin again:  " + command
    )"""


def first_cell(version: str, repository: str = "", branch: str = "main") -> str:
    """Return the code that says how to install a version of the package where it is missing."""
    wanted = f"snnbook>={version}"
    if repository.startswith("https://github.com/"):
        wanted = f"snnbook @ {repository.removesuffix('.git')}/archive/{branch}.zip"
    elif repository:
        wanted = f"snnbook @ git+{repository}@{branch}"
    least = [int(part) for part in version.split(".")[:2]]
    return FIRST.format(command=f'%pip install -U "{wanted}"', least=least, version=version)


def build_note(address: str, version: str) -> str:
    """Return the line below the title that says where the numbers come from."""
    return (
        f"> This notebook says what [this page of the book]({address}) says. "
        f"Numbers in the text are those of its build, with snnbook {version}. "
        "When you run a cell it computes its own, and the last digits may differ; "
        "what is timed differs by more."
    )


def text_cell(text: str, id: str) -> NotebookNode:
    """Return a text cell."""
    return from_dict({"cell_type": "markdown", "id": id, "metadata": {}, "source": text})


def code_cell(source: str, id: str, metadata: dict | None = None) -> NotebookNode:
    """Return a code cell that has not run."""
    return from_dict(
        {
            "cell_type": "code",
            "execution_count": None,
            "id": id,
            "metadata": metadata or {},
            "outputs": [],
            "source": source,
        }
    )


def read_code(sources: list[dict]) -> Sources:
    """Return the code cells of a notebook, without plumbing."""
    code = {i: source_of(cell) for i, cell in enumerate(sources) if cell["cell_type"] == "code"}
    return Sources(code, {i for i in code if "remove-cell" in tags_of(sources[i])})


@dataclass
class Notebook:
    """A notebook in the making; ``notes`` writes what only an instructor reads, or is None."""

    sources: list[dict]
    kind: str
    code: Sources
    first: str
    note: str
    anchors: set[str]
    notes: object = None
    cells: list = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    texts: int = 0

    next_hidden: int = 0

    def add(self, pieces: Sequence[Piece]) -> None:
        """Add all pieces of a page."""
        for place, piece in enumerate(pieces):
            if isinstance(piece, Heading):
                self.flush()
            if isinstance(piece, Code):
                self.flush()
                self.add_code(piece)
                continue
            self.waiting.append(self.shown(piece))
            if isinstance(piece, Heading) and piece.level == 1:
                self.waiting.append(self.note)
                self.flush()
                self.cells.append(code_cell(self.first, "first", FOLDED))
                if self.notes:
                    self.add_notes([self.notes.plan()])
            elif self.notes and isinstance(piece, Block):
                self.notes.hear(pieces, place)
        self.flush()

    def shown(self, piece) -> str:
        """Return the Markdown of a piece, with the anchors that something leads to."""
        return keep_anchors(piece.markdown, self.anchors)

    def flush(self) -> None:
        """End the text cell that is being written."""
        if self.waiting:
            self.texts += 1
            text = "\n\n".join(self.waiting)
            self.cells.append(text_cell(text, f"text-{self.texts:03d}"))
            self.waiting.clear()
        if self.notes:
            self.add_notes(self.notes.heard())

    def add_notes(self, texts) -> None:
        """Add notes for the instructor, each in a cell of its own."""
        for text in texts:
            count = sum(cell.id.startswith("note-") for cell in self.cells) + 1
            self.cells.append(text_cell(text, f"note-{count:03d}"))

    def add_code(self, piece: Code) -> None:
        """Add a code cell, with the captions of its figures, as far as this reader sees it."""
        self.add_hidden(piece.index)
        cell = self.sources[piece.index]
        tags, source = tags_of(cell), self.code.source(piece.index)
        role = next(filter(None, map(ROLE.fullmatch, tags)), None)
        if role and role[1] == "solution":
            if self.kind != "study":
                title = f"**Solution of exercise {role[2]}**"
                name = f"title-{role[2]}"
                self.cells.append(text_cell(title, name))
                self.cells.append(code_cell(source, cell["id"]))
            return
        if role and self.notes:
            self.add_notes(self.notes.exercise(role[2]))
        if role:
            source += f'\n# hint("{role[2]}")  # take away the first "#" for one step of help a run'
        metadata = FOLDED if "hide-input" in tags else {}
        self.cells.append(code_cell(source, cell["id"], metadata))
        for number, figure in enumerate(piece.figures, 1):
            name = f"{cell['id']}-caption{f'-{number}' if number > 1 else ''}"
            self.cells.append(text_cell(self.shown(figure), name))
        quiz = re.search(r'^quiz\("(\w+)"\)', source, re.M)
        if quiz and self.notes:
            self.add_notes(self.notes.quiz(quiz[1]))

    def add_hidden(self, before: int) -> None:
        """Add what shown cells need of the cells that no reader of the page sees."""
        for index in sorted(self.code.hidden):
            if self.next_hidden <= index < before and (source := self.code.source(index)):
                name = self.sources[index]["id"]
                self.cells.append(code_cell(PREPARED + source, name, FOLDED))
        self.next_hidden = before

    def finished(self, **about) -> NotebookNode:
        """Return the notebook, with ``about`` in its metadata."""
        metadata = {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            "snnbook": {"kind": self.kind, **about},
        }
        return from_dict(
            {"cells": self.cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
        )
