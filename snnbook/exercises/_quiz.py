"""Quizzes: text files of questions, options and reasons, read strictly.

The quiz of chapter 2 is ``quizzes/02.md``. A title, and then, one line each::

    ## A question, which may hold `code` and a formula, $U > \\theta$?

    - [ ] A wrong option.
      > Why it is wrong.
    - [x] The right one.
      > Why it is right.

Every question has two or more options, exactly one of them right, and every option its reason.
"""

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


@dataclass(frozen=True)
class Question:
    """One question of a quiz, with exactly one right option among two or more.

    Raises
    ------
    ValueError
        If not exactly one of two or more options is right.
    """

    prompt: str
    options: tuple[Option, ...]

    def __post_init__(self) -> None:
        if len(self.options) < 2 or sum(option.right for option in self.options) != 1:
            raise ValueError(f"the question {self.prompt!r} needs one right option among several")


@cache
def read_quiz(path: Path) -> tuple[Question, ...]:
    """Return the questions of a file, or raise a ``ValueError`` that names file and line."""
    return parse(path.read_text(encoding="utf-8"), path.name)


def parse(text: str, source: str) -> tuple[Question, ...]:
    """Return the questions of a text.

    Parameters
    ----------
    text : str
        In the format of this module.
    source : str
        What an error calls the text, a file's name.

    Returns
    -------
    tuple of Question

    Raises
    ------
    ValueError
        If a line is none of the format, or a question is not complete.

    Examples
    --------
    >>> (question,) = parse("## 2?\\n- [x] Two.\\n  > So it is.\\n- [ ] One.\\n  > No.", "99.md")
    >>> [option.why for option in question.options]
    ['So it is.', 'No.']
    """
    blocks: list[tuple[int, str, list[list]]] = []  # where, question, [text, right, why]

    def stop(number: int, problem: str) -> ValueError:
        return ValueError(f"{source}, line {number}: {problem}")

    for number, line in enumerate(text.splitlines(), 1):
        if any(line.count(mark) % 2 for mark in "`$"):
            raise stop(number, "a ` or a $ has no partner")
        options = blocks[-1][2] if blocks else []
        if line.startswith("## "):
            blocks.append((number, line[3:], []))
        elif line[:6] in _OPTIONS:
            if not blocks:
                raise stop(number, "an option stands before the first question")
            options.append([line[6:], _OPTIONS[line[:6]], None])
        elif line.startswith(_WHY):
            if not options or options[-1][2] is not None:
                raise stop(number, "a reason stands below an option, one line for each")
            options[-1][2] = line[len(_WHY) :]
        elif line.strip() and not (line.startswith("# ") and not blocks):
            raise stop(number, f"{line!r} is no question, option or reason")
    questions = []
    for number, prompt, options in blocks:
        if any(why is None for _, _, why in options):
            raise stop(number, "an option of this question has no reason")
        try:
            questions.append(Question(prompt, tuple(Option(*option) for option in options)))
        except ValueError as problem:
            raise stop(number, str(problem)) from None
    return tuple(questions)
