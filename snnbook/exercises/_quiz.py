"""Quizzes: text files of questions, options and reasons, read strictly.

The quiz of chapter 2 is ``quizzes/02.md``. A title, and then, one line each::

    ## A question, which may hold `code` and a formula, $U > \\theta$?

    - [ ] A wrong option.
      > Why it is wrong.
    - [x] The right one.
      > Why it is right.

Every question has two or more options, exactly one of them right, and every option its reason.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "quizzes"
_OPTIONS = {"- [ ] ": False, "- [x] ": True}
_WHY = "  > "


@dataclass(frozen=True)
class Option:
    """One answer of a quiz question: its text, whether it is right, and why."""

    text: str
    right: bool
    why: str

    def __post_init__(self) -> None:
        if not (self.text and self.why):
            raise ValueError(f"the option {self.text!r} needs a text and a reason")


@dataclass(frozen=True)
class Question:
    """One question of a quiz, with exactly one right option among two or more."""

    prompt: str
    options: tuple[Option, ...]

    def __post_init__(self) -> None:
        if len(self.options) < 2 or sum(option.right for option in self.options) != 1:
            raise ValueError(f"the question {self.prompt!r} needs one right option among several")


@cache
def read_quiz(chapter: str) -> tuple[Question, ...]:
    """Return the questions of a chapter's file."""
    path = FOLDER / f"{chapter}.md"
    return parse(path.read_text(encoding="utf-8"), path.name)


def parse(text: str, source: str) -> tuple[Question, ...]:
    r"""Return the questions of a text; a ``ValueError`` names its source and the line.

    >>> (question,) = parse("## 2?\n- [x] Two.\n  > So it is.\n- [ ] One.\n  > No.", "99.md")
    >>> [option.why for option in question.options]
    ['So it is.', 'No.']
    """
    blocks: list[tuple[int, str, list[list]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        with _at(source, number):
            _read_line(line, number, blocks)
    questions = []
    for number, prompt, options in blocks:
        with _at(source, number):
            questions.append(Question(prompt, tuple(Option(*option) for option in options)))
    return tuple(questions)


@contextmanager
def _at(source: str, number: int) -> Iterator[None]:
    try:
        yield
    except ValueError as problem:
        raise ValueError(f"{source}, line {number}: {problem}") from None


def _read_line(line: str, number: int, blocks: list[tuple[int, str, list[list]]]) -> None:
    """Add a line to the questions so far, each with its options: text, right and reason."""
    options = blocks[-1][2] if blocks else []
    if any(line.count(mark) % 2 for mark in "`$"):
        raise ValueError("a ` or a $ has no partner")
    if line.startswith("## "):
        blocks.append((number, line[3:], []))
    elif line[:6] in _OPTIONS and blocks:
        options.append([line[6:], _OPTIONS[line[:6]], ""])
    elif line.startswith(_WHY) and options and not options[-1][2]:
        options[-1][2] = line[len(_WHY) :]
    elif line.strip() and (blocks or not line.startswith("# ")):
        raise ValueError(f"{line!r} is no question, option or reason that fits here")
