"""Judging: what counts as the same answer, and what is said about any other one."""

import math
import re
import warnings

import numpy as np
import pytest
import torch

from snnbook.exercises import CHAPTERS, Exercise, _answers, _grade, check, exercises_of
from snnbook.spike_times import NonLeaky, first_spike

EXERCISES = {id: record for chapter in CHAPTERS for id, record in exercises_of(chapter).items()}
VALUES = [id for id, one in EXERCISES.items() if one.kind not in ("function", "choice")]
FUNCTIONS = [id for id, one in EXERCISES.items() if one.kind == "function"]


def toy(truth=2.0, mistakes=None, **fields):
    """Make an exercise whose truth is 2, with other fields as given."""
    defaults = {"id": "99-1", "kind": "number", "right": "Yes.", "hints": ("Think.",)}
    return Exercise(answers=lambda: (truth, mistakes or {}), **(defaults | fields))


@pytest.mark.parametrize("id", EXERCISES)
def test_ellipsis_tells_how_to_answer(id):
    outcome = _grade.grade(EXERCISES[id], ...)
    assert not outcome.answered and f'check("{id}", ' in outcome.message


@pytest.mark.parametrize("id", VALUES)
def test_equivalent_forms_of_the_answer_are_right(id):
    record = EXERCISES[id]
    truth = np.asarray(_answers.read(record, record.truth))
    forms = [truth, truth.astype(np.float32), torch.tensor(truth), torch.tensor(truth).float()]
    forms.append(torch.tensor(truth, requires_grad=True))
    if truth.ndim == 0:
        forms += [float(truth), np.float64(truth), [float(truth)], torch.tensor([float(truth)])]
        forms += [int(truth), np.int64(truth)] if record.kind == "integer" else []
    else:
        forms += [list(truth), tuple(truth), [torch.tensor(entry) for entry in truth]]
    forms += [str(truth.tolist()), f" {truth.tolist()} ".replace("-", "−")]
    for form in forms:
        assert _grade.grade(record, form).correct, form


@pytest.mark.parametrize("id", [id for id in VALUES if EXERCISES[id].kind != "integer"])
def test_three_significant_digits_are_enough(id):
    truth = np.asarray(_answers.read(EXERCISES[id], EXERCISES[id].truth))
    rounded = np.vectorize(lambda entry: float(f"{entry:.3g}"))(truth)
    assert _grade.grade(EXERCISES[id], rounded.tolist()).correct
    assert _grade.grade(EXERCISES[id], torch.tensor(rounded)).correct


@pytest.mark.parametrize("id", [id for id, one in EXERCISES.items() if one.kind == "choice"])
def test_a_choice_is_a_text_in_any_case_or_the_number_that_it_is(id):
    record = EXERCISES[id]
    truth = str(record.truth)
    forms = [truth, truth.upper(), f" {truth.title()} ", [truth], np.array(truth), f"'{truth}'"]
    if truth.replace(".", "").isdigit():
        number = float(truth)
        forms += [
            number,
            np.float32(number),
            torch.tensor(number),
            [number],
            torch.tensor([number]),
        ]
    for form in forms:
        assert _grade.grade(record, form).correct, form
    wrong = [option for option in record.options if option != truth]
    for option in wrong:
        said = _grade.grade(record, option)
        assert not said.correct and "too large" not in said.message


@pytest.mark.parametrize("id", VALUES)
@pytest.mark.parametrize(
    "nonsense",
    [
        None,
        "two",
        "2 + 2j",
        "[" * 500,
        math.nan,
        math.inf,
        1j,
        {},
        set(),
        object(),
        math.sqrt,
        [[]],
    ],
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
    first = record.arguments[0]
    assert "raises KeyError" in messages[0] and f"called with `{first} = " in messages[0]
    assert "raises TypeError" in messages[1]
    assert re.search("it says .text.|returns one value|TypeError", messages[2])
    assert "a tuple of 7 values" in messages[3] or "TypeError" in messages[3]


@pytest.mark.parametrize("id", FUNCTIONS)
def test_a_function_wrong_in_a_new_way_is_shown_a_case(id):
    record = EXERCISES[id]

    def shifted(*arguments):
        value = record.truth(*arguments)
        return tuple(v + 0.37 for v in value) if isinstance(value, tuple) else value + 0.37

    outcome = _grade.grade(record, shifted)
    assert not outcome.correct and "or `" in outcome.message
    assert re.search(r" is [-\d.]+, and [-\d.]+ is expected", outcome.message)
    assert outcome.message.endswith(" is expected.")


@pytest.mark.parametrize("id", FUNCTIONS)
def test_a_body_without_a_return_is_open(id):
    for answer in (lambda *_: None, lambda *_: ..., lambda *_: (..., ...)):
        outcome = _grade.grade(EXERCISES[id], answer)
        assert not outcome.correct and (not outcome.answered or id == "05-5")


@pytest.mark.parametrize("id", FUNCTIONS)
def test_hidden_cases_vary(id):
    cases = EXERCISES[id].cases
    floats = {value for case in cases for value in case if isinstance(value, float)}
    tensors = [value for case in cases for value in case if isinstance(value, torch.Tensor)]
    floats |= {number for value in tensors for number in value.flatten().tolist()}
    assert len(cases) >= 3 and len(floats) >= 3


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
        (2.5, "2.5 is too large."),
        (1, "1 is too small."),
        (True, "it is True"),
        ((1.0, 2.0), "one number"),
        ([1.0, [2.0, 3.0]], "differ in shape"),
        (torch.zeros(3), "one number"),
    ],
)
def test_generic_diagnoses_of_a_number(answer, words):
    assert words in _grade.grade(toy(), answer).message


def test_generic_diagnoses_of_a_sequence():
    matrix = toy(kind="sequence", truth=torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    assert "transposed" in _grade.grade(matrix, [[1, 3], [2, 4]]).message
    assert "(2, 2) is expected" in _grade.grade(matrix, [1, 2, 3]).message
    wide = toy(kind="sequence", truth=torch.ones(2, 3))
    assert "is it transposed?" in _grade.grade(wide, torch.ones(3, 2)).message
    assert "an array of shape (2, 3)" in _grade.grade(wide, 5 * torch.ones(2, 3)).message
    row = toy(kind="sequence", truth=[1.0, 2.0, 3.0])
    assert "reversed" in _grade.grade(row, [3, 2, 1]).message
    assert (
        _grade.grade(row, [1, 2, 9]).message == "(1, 2, 9) is not it: look at entry 3 of 3 again."
    )


def test_generic_diagnoses_of_a_count():
    count = toy(kind="integer", truth=7, tolerance=0.0)
    assert "one too late" in _grade.grade(count, 8).message
    assert "one too early" in _grade.grade(count, 6).message
    assert "whole number" in _grade.grade(count, 7.5).message
    assert "too large" in _grade.grade(count, 9).message
    nothing = toy(truth=0.0)
    assert _grade.grade(nothing, 0).correct and "too large" in _grade.grade(nothing, 1).message


def test_choices():
    sign = toy(
        kind="choice",
        options=("positive", "zero", "negative"),
        truth="negative",
        mistakes={"Not zero.": "zero"},
    )
    assert _grade.grade(sign, " Negative ").correct
    assert _grade.grade(sign, "zero").message == "Not zero."
    assert _grade.grade(sign, "positive").message == 'It is not "positive".'
    for answer in (1.0, None, "up", [1, 2], torch.zeros(3)):
        assert "choose one of" in _grade.grade(sign, answer).message
    assert '"positive", "zero", "negative"' in _grade.grade(sign, ...).message
    fires = toy(kind="choice", options=("yes", "no"), truth="no")
    for answer in (False, np.bool_(False), torch.tensor(False), "no", "NO"):
        assert _grade.grade(fires, answer).correct
    assert not _grade.grade(fires, True).correct


def test_functions_may_not_change_their_input():
    def in_place(mem, syn, spikes, beta):
        mem *= beta
        return (mem + syn) * (1 - spikes)

    assert "in place" in _grade.grade(EXERCISES["02-6"], in_place).message


class _Bent(torch.autograd.Function):
    """The step with the gradient of a sigmoid, in the way that exercise 05-5 rules out."""

    @staticmethod
    def forward(ctx, x, gradient):
        ctx.save_for_backward(gradient)
        return (x > 0).to(x.dtype)

    @staticmethod
    def backward(ctx, grad):
        return grad * ctx.saved_tensors[0], None


def test_what_the_text_rules_out_is_not_accepted():
    def custom(x, smooth):
        with torch.enable_grad():
            leaf = x.detach().requires_grad_()
            (gradient,) = torch.autograd.grad(smooth(leaf).sum(), leaf)
        return _Bent.apply(x, gradient)

    said = _grade.grade(EXERCISES["05-5"], custom)
    assert not said.correct and "custom autograd function" in said.message

    def automatic(times, weights, spike):
        weight = weights.clone()[None].requires_grad_()
        time = first_spike(times[None], weight, NonLeaky())
        return torch.autograd.grad(time.sum(), weight)[0][0]

    said = _grade.grade(EXERCISES["04d-5"], automatic)
    assert not said.correct and "asks autograd" in said.message

    def by_formula(times, weights, spike):
        before = times < spike
        slope = (weights * torch.exp(times - spike))[before].sum()
        return -(1 - torch.exp(times - spike)) * before / slope

    assert _grade.grade(EXERCISES["04d-5"], by_formula).correct


def test_an_exercise_is_found_by_its_name_in_any_case(capsys):
    assert check(" 04A-5 ", 0.2) and "04a-5" in capsys.readouterr().out


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
        assert _grade.grade(record, record.truth).correct
    assert torch.equal(before, torch.get_rng_state())


def test_grading_gives_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check("05-4", lambda x, height, width: np.asarray(x))
        check("02-1", np.array([0.5, 0.2], dtype=np.float16))


@pytest.mark.parametrize("id", [id for id, one in EXERCISES.items() if one.kind != "function"])
def test_a_new_wrong_value_gets_a_message(id):
    """Every pair of mistakes is tried on it."""
    record = EXERCISES[id]
    answers = (
        ["-7.77e-5"] if record.kind != "sequence" else [", ".join(["7.77"] * len(record.truth))]
    )
    answers = record.options if record.kind == "choice" else [*answers, "1234567"]
    for answer in answers:
        outcome = _grade.grade(record, answer)
        assert outcome.answered and outcome.message
