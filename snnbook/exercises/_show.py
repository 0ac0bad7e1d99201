"""How results and quizzes look: HTML in a notebook and on the page, plain text elsewhere."""

import html
import re
from dataclasses import dataclass, field

from snnbook.exercises._quiz import Question
from snnbook.notebook import in_notebook, inline_html

_MARKS = {"right": "✓", "wrong": "✗", "open": "…"}
_WORDS = {"right": "right.", "wrong": "not yet.", "open": "not answered yet."}
_COLORS = {
    "right": "var(--pst-color-success, #28813a)",
    "wrong": "var(--pst-color-danger, #c9402f)",
    "open": "var(--pst-color-text-muted, #6b7280)",
}


def formula_html(text: str) -> str:
    r"""Do the same, and mark what stands between dollar signs as a formula for MathJax.

    The class and the delimiters are those of Sphinx; JupyterLab knows the delimiters too.

    >>> formula_html("Is $U > 1$ in `$x`?")
    'Is <span class="math notranslate nohighlight">\\(U &gt; 1\\)</span> in <code>$x</code>?'
    """
    parts = re.split(r"(`[^`]*`)", text)  # code at the odd places
    parts[1::2] = map(inline_html, parts[1::2])
    formula = r'<span class="math notranslate nohighlight">\\(\1\\)</span>'
    parts[::2] = [re.sub(r"\$([^$]*)\$", formula, html.escape(part)) for part in parts[::2]]
    return "".join(parts)


@dataclass(frozen=True, repr=False)
class Result:
    """What ``check`` found about an exercise; true in a condition only for a right answer.

    ``answered`` is false while the answer is ``...``, and ``message`` is what the reader is told.
    ``hints`` are the steps that a page offers for opening while the answer is not right.
    """

    id: str
    correct: bool
    answered: bool
    message: str = field(compare=False)
    hints: tuple[str, ...] = field(default=(), compare=False)

    def __bool__(self) -> bool:
        return self.correct

    @property
    def status(self) -> str:
        """``"right"``, ``"wrong"`` or ``"open"``."""
        return "right" if self.correct else "wrong" if self.answered else "open"

    def __str__(self) -> str:
        return f"{_MARKS[self.status]} {self.id}: {_WORDS[self.status]} {self.message}"

    def __repr__(self) -> str:
        return f"Result(id={self.id!r}, correct={self.correct}, answered={self.answered})"

    def to_html(self) -> str:
        """Return one block whose mark, word and color all tell the status.

        Below it the hints wait for a click, each inside the one before: they need no kernel.
        """
        head = f"{_MARKS[self.status]} {self.id}: {_WORDS[self.status]}"
        return _block(self.status, head, self.message) + _hints_html(self.hints)

    def _ipython_display_(self) -> None:
        """Show nothing: ``check`` has shown the result, also when it is not the last line."""


@dataclass(frozen=True, repr=False)
class Hint:
    """One step of help with an exercise: step 1 of 3 asks, the last one begins the solution."""

    id: str
    step: int
    count: int
    text: str

    @property
    def _head(self) -> str:
        return f"{_MARKS['open']} {self.id}, hint {self.step} of {self.count}:"

    def __str__(self) -> str:
        return f"{self._head} {self.text}"

    def __repr__(self) -> str:
        return f"Hint(id={self.id!r}, step={self.step}, count={self.count})"

    def to_html(self) -> str:
        """Return one block."""
        return _block("open", self._head, self.text)

    def _ipython_display_(self) -> None:
        """Show nothing: ``hint`` has shown it."""


def _block(status: str, head: str, text: str) -> str:
    border = f"border-left: 0.3em solid {_COLORS[status]}"
    style = f"{border}; margin: 0.3em 0; padding: 0.2em 0.8em"
    return (
        f'<div class="exercise-check exercise-{status}" role="status" style="{style}">'
        f"<strong>{head}</strong> {inline_html(text)}</div>"
    )


def _hints_html(hints: tuple[str, ...]) -> str:
    """Return the hints as ``<details>``, the next one inside of each."""
    text = ""
    for step in range(len(hints), 0, -1):
        text = (
            '<details class="exercise-hint" style="margin: 0.3em 0 0.3em 1.1em">'
            f"<summary>Hint {step} of {len(hints)}</summary>"
            f"<p>{inline_html(hints[step - 1])}</p>{text}</details>"
        )
    return text


def show(result: "Result | Hint") -> None:
    """Show a result once: as a display in a notebook, as a printed line elsewhere."""
    if in_notebook():
        from IPython.display import display

        display({"text/plain": str(result), "text/html": result.to_html()}, raw=True)
    else:
        print(result)


@dataclass(frozen=True, repr=False)
class Quiz:
    """A chapter's multiple-choice questions; make it the last line of a cell.

    Each option is a ``<details>`` element of HTML: opening it tells whether it is right, and
    why. It needs no script and no kernel, and the tab and enter keys work it.
    """

    chapter: str
    questions: tuple[Question, ...]

    def __len__(self) -> int:
        return len(self.questions)

    def _repr_html_(self) -> str:
        return "".join(
            f'<section class="quiz" aria-label="Question {number}">'
            f"<p><strong>{number}.</strong> {formula_html(question.prompt)}</p>"
            + "".join(_option_html(question, index) for index in range(len(question.options)))
            + "</section>"
            for number, question in enumerate(self.questions, 1)
        )

    def __repr__(self) -> str:
        lines = []
        for number, question in enumerate(self.questions, 1):
            lines.append(f"{number}. {question.prompt}")
            lines += [f"   {_letter(i)}) {o.text}" for i, o in enumerate(question.options)]
        return "\n".join([*lines, "", f"Answers: {self.key()}"])

    def key(self) -> str:
        """Return the letters of the right options, as in ``1 B, 2 A``."""
        rights = ([option.right for option in q.options].index(True) for q in self.questions)
        return ", ".join(f"{number} {_letter(index)}" for number, index in enumerate(rights, 1))


def _letter(index: int) -> str:
    return "ABCDEFGH"[index]


def _option_html(question: Question, index: int) -> str:
    option = question.options[index]
    status = "right" if option.right else "wrong"
    verdict = f"{_MARKS[status]} {'Right' if option.right else 'Wrong'}."
    style = f"margin: 0.3em 0; border-left: 0.3em solid {_COLORS[status]}; padding-left: 0.8em"
    return (
        '<details class="quiz" style="margin: 0.3em 0 0.3em 1em">'
        f"<summary>{_letter(index)}) {formula_html(option.text)}</summary>"
        f'<p class="quiz-{status}" style="{style}"><strong>{verdict}</strong> '
        f"{formula_html(option.why)}</p></details>"
    )
