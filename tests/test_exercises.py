"""Exercises: every solution is right, every known mistake is told from every other one."""

import html.parser
import math
import re
import sys
import types
import warnings
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
import torch

from snnbook import exercises
from snnbook.exercises import (
    CHAPTERS,
    EXERCISES,
    Exercise,
    Mistake,
    Option,
    Question,
    _answers,
    _grade,
    _show,
    check,
    quiz,
)
from snnbook.exercises.mystery import hidden_digit, hidden_parameters, mystery_neuron
from snnbook.neurons import LIFNeuron, run

IDS = list(EXERCISES)
VALUES = [id for id, record in EXERCISES.items() if record.kind not in ("function", "choice")]
FUNCTIONS = [id for id, record in EXERCISES.items() if record.kind == "function"]
MISTAKES = [
    pytest.param(record, mistake, id=f"{record.id}-{index}")
    for record in EXERCISES.values()
    for index, mistake in enumerate(record.mistakes)
]

#: What the first cell of a chapter imports; solutions rely on it.
SETUP = """
import math
import torch
from snnbook.exercises import mystery_digit, mystery_neuron
from snnbook.neurons import LIFNeuron, integrate, psp_kernel, unroll
from snnbook import spike_times
from snnbook.surrogates import fast_sigmoid, piecewise_linear
"""


def run(cell):
    """Run a cell and return what its calls of ``check`` found."""
    results = []
    names = {}
    exec(SETUP, names)
    names["check"] = lambda *arguments: results.append(check(*arguments)) or results[-1]
    exec(cell, names)
    return results


def toy(**fields):
    """Make an exercise whose truth is 2, with other fields as given."""
    defaults = {
        "id": "99-1",
        "title": "Toy",
        "level": "by head",
        "kind": "number",
        "prompt": "Two?",
        "truth": lambda: 2.0,
        "right": "Yes.",
        "hint": "Think.",
        "solution": "",
    }
    return Exercise(**(defaults | fields))


# Every record ---------------------------------------------------------------------------------


@pytest.mark.parametrize("id", IDS)
def test_solution_is_right(id):
    cell = exercises.solution(id)
    (result,) = run(cell)
    assert result.correct and result.answered and result.id == id
    assert cell.splitlines()[-1].startswith(f'check("{id}", ')


@pytest.mark.parametrize("id", IDS)
def test_template_waits_for_an_answer(id, capsys):
    (result,) = run(exercises.template(id))
    assert not result and not result.answered
    assert capsys.readouterr().out.startswith(f"… {id}: not answered yet. ")


@pytest.mark.parametrize("id", IDS)
def test_ellipsis_tells_how_to_answer(id):
    outcome = _grade.grade(EXERCISES[id], ...)
    assert not outcome.answered and f'check("{id}", ' in outcome.message


@pytest.mark.parametrize(("record", "mistake"), MISTAKES)
def test_mistake_has_its_own_diagnosis(record, mistake):
    answer = mistake.answer if record.kind == "function" else mistake.answer()
    outcome = _grade.grade(record, answer)
    assert not outcome.correct and outcome.answered
    assert outcome.message == mistake.message


@pytest.mark.parametrize("id", IDS)
def test_messages_differ_and_read_well(id):
    record = EXERCISES[id]
    messages = [mistake.message for mistake in record.mistakes]
    assert len(set(messages)) == len(messages)
    for text in (*messages, record.right, record.hint):
        assert text.endswith((".", "?")) and text.count("`") % 2 == 0 and "$" not in text
        assert len(text) < 200


@pytest.mark.parametrize("id", IDS)
def test_statement_is_markdown(id):
    record, text = EXERCISES[id], exercises.statement(id)
    assert text.startswith(f"**{id} {record.title}** ({record.level})\n\n")
    assert text.count("$") % 2 == 0 and text.count("`") % 2 == 0
    if record.kind == "function":
        assert record.signature in text
    for line in record.prompt.strip().splitlines():  # one sentence per line
        assert line.endswith((".", "?", ".)", "?)")), line


@pytest.mark.parametrize("id", VALUES)
def test_equivalent_forms_of_the_answer_are_right(id):
    record = EXERCISES[id]
    truth = np.asarray(_answers.read(record, record.truth()))
    forms = [truth, truth.astype(np.float32), torch.tensor(truth), torch.tensor(truth).float()]
    forms.append(torch.tensor(truth, requires_grad=True))
    if truth.ndim == 0:
        forms += [float(truth), np.float64(truth), [float(truth)], torch.tensor([float(truth)])]
        forms += [int(truth), np.int64(truth)] if record.kind == "integer" else []
    else:
        forms += [list(truth), tuple(truth), [torch.tensor(entry) for entry in truth]]
    for form in forms:
        assert _grade.grade(record, form).correct, form


@pytest.mark.parametrize("id", VALUES)
@pytest.mark.parametrize(
    "nonsense", [None, "two", "2", math.nan, math.inf, 1j, {}, set(), object(), math.sqrt, [[]]]
)
def test_nonsense_gets_a_message(id, nonsense):
    outcome = _grade.grade(EXERCISES[id], nonsense)
    assert not outcome.correct and outcome.answered
    assert len(outcome.message) > 10 and "<" not in outcome.message.replace("`<", "")


@pytest.mark.parametrize("id", FUNCTIONS)
@pytest.mark.parametrize("nonsense", [None, 0.5, "step", torch.nn.Identity(), [1, 2]])
def test_what_is_no_function_gets_a_message(id, nonsense):
    outcome = _grade.grade(EXERCISES[id], nonsense)
    assert not outcome.correct and "give the function" in outcome.message


@pytest.mark.parametrize("id", FUNCTIONS)
def test_functions_that_fail_get_a_message(id):
    record = EXERCISES[id]

    def raises(*arguments):
        raise KeyError("mem")

    messages = [
        _grade.grade(record, answer).message
        for answer in (raises, lambda: 1.0, lambda *_: "text", lambda *_: (1.0,) * 7)
    ]
    first = re.split(r"[(,]", record.signature)[1]
    assert "raises KeyError" in messages[0] and f"called with `{first} = " in messages[0]
    assert "raises TypeError" in messages[1]
    assert re.search("the text 'text'|returns one value|TypeError", messages[2])
    assert "a tuple of 7 values" in messages[3] or "TypeError" in messages[3]


@pytest.mark.parametrize("id", FUNCTIONS)
def test_a_function_wrong_in_a_new_way_is_shown_a_case(id):
    record = EXERCISES[id]

    def shifted(*arguments):
        value = record.truth(*arguments)
        return tuple(v + 0.37 for v in value) if isinstance(value, tuple) else value + 0.37

    outcome = _grade.grade(record, shifted)
    assert not outcome.correct and outcome.message.startswith("For `")
    assert re.search(r" is [-\d.]+, and [-\d.]+ is expected", outcome.message)
    assert "is expected" in outcome.message and outcome.message.endswith(record.hint)


@pytest.mark.parametrize("id", FUNCTIONS)
def test_a_body_without_a_return_is_open(id):
    for answer in (lambda *_: None, lambda *_: ..., lambda *_: (..., ...)):
        outcome = _grade.grade(EXERCISES[id], answer)
        assert not outcome.correct and (not outcome.answered or id == "05-5")


@pytest.mark.parametrize("id", FUNCTIONS)
def test_hidden_cases_vary(id):
    cases = EXERCISES[id].cases(torch.Generator().manual_seed(0))
    floats = {value for case in cases for value in case if isinstance(value, float)}
    tensors = [value for case in cases for value in case if isinstance(value, torch.Tensor)]
    floats |= {number for value in tensors for number in value.flatten().tolist()}
    assert len(cases) >= 3 and len(floats) >= 3


def test_ids_and_levels():
    for chapter in CHAPTERS.values():
        assert 4 <= len(chapter.exercises) <= 7
        assert {record.level for record in chapter.exercises} == {"by head", "by code", "explore"}
        numbers = [f"{chapter.number}-{n}" for n in range(1, len(chapter.exercises) + 1)]
        assert [record.id for record in chapter.exercises] == numbers
    assert len(EXERCISES) == sum(len(chapter.exercises) for chapter in CHAPTERS.values())


# Truths against an independent computation ------------------------------------------------------


def test_smallest_current_by_simulation():
    record = EXERCISES["02-4"]
    neuron = LIFNeuron(tau_mem=5e-3)
    for factor, fires in ((0.999, False), (1.001, True)):
        current, alpha = factor * record.truth(), neuron.alpha
        drive = torch.full((500, 1, 1), current * (1 - alpha), dtype=torch.float64)
        syn = torch.full((1, 1), current, dtype=torch.float64)
        out = run(neuron, drive, state=(syn, torch.zeros_like(syn)))
        assert bool(out.spikes.any()) == fires


def test_peak_lies_one_step_after_the_continuous_one():
    kernel = [m * 0 + math.exp(-m / 20) - math.exp(-m / 5) for m in range(50)]
    assert EXERCISES["02-3"].truth() == kernel.index(max(kernel)) + 1


def test_two_step_gradient_by_hand():
    slope = 0.9 * 1 + 0.43 * (0.5 + 0.8)
    assert EXERCISES["05-6"].truth() == pytest.approx(slope, abs=1e-9)
    signs = [np.sign(1.3 - height * 0.9) for height in (0.5, 1, 2, 4)]
    assert EXERCISES["05-7"].truth() == signs


def test_surrogate_width_and_area_numerically():
    x = np.geomspace(1e-7, 1e4, 200_001)
    g = 1 / (1 + 25 * x) ** 2
    width, area = EXERCISES["05-2"].truth()
    assert 2 * x[g >= 0.5].max() == pytest.approx(width, rel=1e-3)
    assert 2 * np.trapezoid(g, x) == pytest.approx(area, rel=1e-4)


def test_wilson_count():
    assert EXERCISES["01-5"].truth() == 386


def test_mystery_neurons_differ_and_hide():
    hidden = [hidden_parameters(seed) for seed in range(20)]
    assert len(set(hidden)) == 20
    assert {p.tau_mem > p.tau_syn for p in hidden} == {True, False}
    assert all(max(p.tau_mem, p.tau_syn) > 1.3 * min(p.tau_mem, p.tau_syn) for p in hidden)
    with pytest.raises(ValueError, match="one axis"):
        mystery_neuron()(torch.zeros(5, 1))


def test_below_threshold_the_two_constants_cannot_be_told_apart():
    drive = torch.zeros(40, 1, 1, dtype=torch.float64)
    drive[0] = 0.1
    there = LIFNeuron(tau_mem=10e-3, tau_syn=4e-3)
    back = LIFNeuron(tau_mem=4e-3, tau_syn=10e-3)
    weak = [run(neuron, drive).mem for neuron in (there, back)]
    strong = [run(neuron, drive * 12).mem for neuron in (there, back)]
    torch.testing.assert_close(*weak)
    assert (strong[0] - strong[1]).abs().max() > 0.05


def test_mystery_digit_is_a_latency_code():
    spikes = exercises.mystery_digit(seed=5)
    assert spikes.shape == (100, 64) and spikes.sum(0).max() == 1
    assert hidden_digit(5) in range(10)


# check ----------------------------------------------------------------------------------------


def test_unknown_id_lists_the_known_ones():
    for function in (check, exercises.statement, exercises.solution, exercises.template):
        arguments = ("02-99", 1.0) if function is check else ("02-99",)
        with pytest.raises(ValueError, match="'02-99'.*02-1.*05-7"):
            function(*arguments)
    with pytest.raises(ValueError, match="'99'.*01, 02, .*05"):
        quiz("99")


def test_check_prints_one_line(capsys):
    assert check("02-2", 5)
    right = capsys.readouterr().out
    assert right.startswith("✓ 02-2: right. ") and right.count("\n") == 1
    assert not check("02-2", 4)
    wrong = capsys.readouterr().out
    assert wrong.startswith("✗ 02-2: not yet. ") and wrong.count("\n") == 1


def test_open_entries_count_as_open():
    assert not _grade.grade(EXERCISES["02-1"], (0.6065, ...)).answered


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (2.0, "Yes."),
        (2.001, "Yes."),
        (-2.0, "sign is wrong"),
        (2000.0, "1000 times too large"),
        (0.002, "1000 times too small"),
        (200, "percentage"),
        (2.015, "Very close"),
        (2.5, "2.5 is too large. Think."),
        (1, "1 is too small. Think."),
        (True, "it is True"),
        ((1.0, 2.0), "one number"),
        ([1.0, [2.0, 3.0]], "differ in shape"),
        (torch.zeros(3), "one number"),
    ],
)
def test_generic_diagnoses_of_a_number(answer, words):
    assert words in _grade.grade(toy(), answer).message


def test_generic_diagnoses_of_a_sequence():
    matrix = toy(kind="sequence", truth=lambda: torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    assert "transposed" in _grade.grade(matrix, [[1, 3], [2, 4]]).message
    assert "(2, 2) is expected" in _grade.grade(matrix, [1, 2, 3]).message
    wide = toy(kind="sequence", truth=lambda: torch.ones(2, 3))
    assert "is it transposed?" in _grade.grade(wide, torch.ones(3, 2)).message
    assert "an array of shape (2, 3)" in _grade.grade(wide, 5 * torch.ones(2, 3)).message
    row = toy(kind="sequence", truth=lambda: [1.0, 2.0, 3.0])
    assert "reversed" in _grade.grade(row, [3, 2, 1]).message
    assert _grade.grade(row, [1, 2, 9]).message == "(1, 2, 9) is not it. Think."


def test_generic_diagnoses_of_a_count():
    count = toy(kind="integer", truth=lambda: 7, tolerance=0.0)
    assert "one too late" in _grade.grade(count, 8).message
    assert "one too early" in _grade.grade(count, 6).message
    assert "whole number" in _grade.grade(count, 7.5).message
    assert "too large" in _grade.grade(count, 9).message
    nothing = toy(truth=lambda: 0.0)
    assert _grade.grade(nothing, 0).correct and "too large" in _grade.grade(nothing, 1).message


def test_choices():
    sign = toy(
        kind="choice",
        options=("positive", "zero", "negative"),
        truth=lambda: "negative",
        mistakes=(Mistake(lambda: "zero", "Not zero."),),
    )
    assert _grade.grade(sign, " Negative ").correct
    assert _grade.grade(sign, "zero").message == "Not zero."
    assert _grade.grade(sign, "positive").message == "Think."
    for answer in (1.0, None, "up", [1, 2], torch.zeros(3)):
        assert "choose one of" in _grade.grade(sign, answer).message
    assert '"positive", "zero", "negative"' in _grade.grade(sign, ...).message
    fires = toy(kind="choice", options=("yes", "no"), truth=lambda: "no")
    for answer in (False, np.bool_(False), torch.tensor(False), "no", "NO"):
        assert _grade.grade(fires, answer).correct
    assert not _grade.grade(fires, True).correct


def test_functions_may_not_change_their_input():
    def in_place(mem, syn, spikes, beta):
        mem *= beta
        return (mem + syn) * (1 - spikes)

    assert "in place" in _grade.grade(EXERCISES["02-6"], in_place).message


def test_functions_may_return_lists_arrays_and_other_types():
    step = EXERCISES["02-5"].truth
    as_list = _grade.grade(EXERCISES["02-5"], lambda *a: list(step(*a)))
    with_bools = _grade.grade(
        EXERCISES["02-5"], lambda *a: (step(*a)[0].bool(), step(*a)[1].numpy(), step(*a)[2].float())
    )
    assert as_list.correct and with_bools.correct
    one = _grade.grade(EXERCISES["02-5"], lambda *a: step(*a)[2])
    assert "one value, not a tuple of 3 values" in one.message
    shape = _grade.grade(EXERCISES["02-6"], lambda mem, *_: mem[:2])
    assert "shape (2,); (6,) is expected" in shape.message


def test_grading_draws_no_global_randomness():
    before = torch.get_rng_state()
    for record in EXERCISES.values():
        answer = record.truth if record.kind == "function" else record.truth()
        assert _grade.grade(record, answer).correct
    assert torch.equal(before, torch.get_rng_state())


def test_grading_gives_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check("05-4", lambda x, height, width: np.asarray(x))
        check("02-1", np.array([0.5, 0.2], dtype=np.float16))


# Records ----------------------------------------------------------------------------------------


def test_records_refuse_what_does_not_fit():
    with pytest.raises(FrozenInstanceError):
        EXERCISES["02-1"].title = "Other"
    with pytest.raises(ValueError, match="kind is 'essay'"):
        toy(kind="essay")
    with pytest.raises(ValueError, match="level is 'hard'"):
        toy(level="hard")
    with pytest.raises(ValueError, match="no options"):
        toy(kind="choice")
    with pytest.raises(ValueError, match="no cases"):
        toy(kind="function")
    right = Option("a", True, "why")
    with pytest.raises(ValueError, match="one right option"):
        Question("?", (right, right))
    with pytest.raises(ValueError, match="one right option"):
        Question("?", (right,))
    with pytest.raises(TypeError):
        EXERCISES["02-1"] = None


# How it looks -----------------------------------------------------------------------------------


def test_notebook_shows_a_result_once(monkeypatch, capsys):
    shown = []
    display = types.ModuleType("IPython.display")
    display.display = lambda data, raw: shown.append((data, raw))
    ipython = types.ModuleType("IPython")
    ipython.get_ipython = lambda: types.SimpleNamespace(kernel=object())
    ipython.display = display
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    result = check("02-5", lambda *a: 1 / 0)
    ((data, raw),) = shown
    assert raw and set(data) == {"text/plain", "text/html"} and not capsys.readouterr().out
    assert "<code>syn = " in data["text/html"] and 'role="status"' in data["text/html"]
    assert data["text/plain"].startswith("✗ 02-5: not yet. Your function raises ZeroDivisionError")
    assert result._ipython_display_() is None and repr(result) == (
        "Result(id='02-5', correct=False, answered=True)"
    )


def test_html_is_escaped():
    result = _show.Result("99-1", False, True, "`<b>` & <script>")
    assert "<script>" not in result.to_html() and "<code>&lt;b&gt;</code> &amp;" in result.to_html()


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


@pytest.mark.parametrize("chapter", list(CHAPTERS))
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


@pytest.mark.parametrize("chapter", list(CHAPTERS))
def test_quiz_as_text(chapter):
    shown = quiz(chapter)
    text = repr(shown)
    for number, question in enumerate(shown.questions, 1):
        assert f"{number}. {question.prompt}" in text
        right = next(i for i, option in enumerate(question.options) if option.right)
        assert f"{number} {'ABCDEFGH'[right]}" in shown.key()
    assert text.endswith(f"Answers: {shown.key()}")


@pytest.mark.parametrize("chapter", list(CHAPTERS))
def test_options_explain_themselves(chapter):
    questions = CHAPTERS[chapter].questions
    for option in (option for question in questions for option in question.options):
        assert option.why.endswith(".") and 20 < len(option.why) < 160
    places = {[o.right for o in question.options].index(True) for question in questions}
    assert len(places) > 1  # the right option is not always the same letter


def test_quiz_escapes_html():
    question = Question("a < b?", (Option("<i>", True, "x & y"), Option("`c`", False, "z")))
    text = _show.Quiz("99", (question,))._repr_html_()
    assert "a &lt; b?" in text and "&lt;i&gt;" in text and "<code>c</code>" in text
