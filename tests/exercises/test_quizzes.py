"""Quizzes: their files are read strictly, and shown as HTML that needs no script."""

import html.parser
import re

import pytest

from snnbook.exercises import CHAPTERS, Option, Question, _quiz, _show, quiz

GOOD = """# Quiz of chapter 99

## Is $U > \\theta$ in `step`?

- [ ] No.
  > It is below.
- [x] Yes, at $n = 2$.
  > It is above.
"""


def test_a_file_is_read():
    (question,) = _quiz.parse(GOOD, "99.md")
    assert question.prompt == r"Is $U > \theta$ in `step`?"
    assert question.options == (
        Option("No.", False, "It is below."),
        Option("Yes, at $n = 2$.", True, "It is above."),
    )


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("- [ ] No.", "* No.", r"99.md, line 5: '\* No.' is no question, option or reason"),
        ("- [ ] No.", "- [X] No.", "99.md, line 5: .* is no question"),
        ("  > It is below.", "  It is below.", "99.md, line 6: .* is no question"),
        ("  > It is below.\n", "", "99.md, line 3: the option 'No.' needs a text and a reason"),
        ("- [ ] No.\n", "", "99.md, line 5: .* is no question, option or reason that fits here"),
        ("- [x]", "- [ ]", "99.md, line 3: .* needs one right option"),
        ("- [ ]", "- [x]", "99.md, line 3: .* needs one right option"),
        ("## Is", "# Is", "99.md, line 5: .* is no question, option or reason that fits here"),
        ("$n = 2$", "$n = 2", "99.md, line 7: a ` or a \\$ has no partner"),
        ("`step`", "`step", "99.md, line 3: a ` or a \\$ has no partner"),
        ("- [x] Yes", "# More\n- [x] Yes", "99.md, line 7: '# More' is no question"),
    ],
)
def test_what_does_not_fit_is_refused_with_file_and_line(before, after, problem):
    assert before in GOOD
    with pytest.raises(ValueError, match=problem):
        _quiz.parse(GOOD.replace(before, after, 1), "99.md")


def test_each_chapter_has_a_quiz_and_no_other_file_is_there():
    assert sorted(path.stem for path in _quiz.FOLDER.iterdir()) == list(CHAPTERS)


def test_formulas_are_marked_for_mathjax():
    text = _show.Quiz("99", _quiz.parse(GOOD, "99.md"))._repr_html_()
    for formula in (r"\(U &gt; \theta\)", r"\(n = 2\)"):
        assert f'<span class="math notranslate nohighlight">{formula}</span>' in text
    assert "<code>step</code>" in text and "$" not in text


def test_a_dollar_sign_in_code_is_no_formula():
    assert _show.formula_html("`$PATH`, `$HOME`") == "<code>$PATH</code>, <code>$HOME</code>"


def test_questions_refuse_what_does_not_fit():
    right = Option("a", True, "why")
    with pytest.raises(ValueError, match="one right option"):
        Question("?", (right, right))
    with pytest.raises(ValueError, match="one right option"):
        Question("?", (right,))


def test_unknown_chapter_lists_the_known_ones():
    with pytest.raises(ValueError, match="'99'.*01, 02, .*05"):
        quiz("99")


class _Outline(html.parser.HTMLParser):
    """Checks that tags are closed in order, and counts them."""

    def __init__(self, text):
        super().__init__()
        self.open, self.seen = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def count(self, tag):
        return sum(seen == tag for seen, _ in self.seen)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_quiz_is_plain_html(chapter):
    shown = quiz(chapter)
    text = shown._repr_html_()
    outline = _Outline(text)
    options = sum(len(question.options) for question in shown.questions)
    assert not outline.open and 3 <= len(shown) <= 5
    assert outline.count("details") == outline.count("summary") == options
    assert all(a.get("class") == "quiz" for tag, a in outline.seen if tag == "details")
    assert text.count("Right.</strong>") == len(shown) and "<script" not in text
    assert "$" not in text and not re.search(r"\son\w+=", text)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_quiz_as_text(chapter):
    shown = quiz(chapter)
    text = repr(shown)
    for number, question in enumerate(shown.questions, 1):
        assert f"{number}. {question.prompt}" in text
        right = next(i for i, option in enumerate(question.options) if option.right)
        assert f"{number} {'ABCDEFGH'[right]}" in shown.key()
    assert text.endswith(f"Answers: {shown.key()}")


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_options_explain_themselves(chapter):
    questions = quiz(chapter).questions
    for option in (option for question in questions for option in question.options):
        assert option.why.endswith(".") and 20 < len(option.why) < 160
    places = {[o.right for o in question.options].index(True) for question in questions}
    assert len(places) > 1  # the right option is not always the same letter


def test_quiz_escapes_html():
    question = Question("a < b?", (Option("<i>", True, "x & y"), Option("`c`", False, "z")))
    text = _show.Quiz("99", (question,))._repr_html_()
    assert "a &lt; b?" in text and "&lt;i&gt;" in text and "<code>c</code>" in text
