"""Reading a text: what a reader writes as a number, with a unit, as a fraction, as a sequence."""

import math

import pytest

from snnbook.exercises import Exercise, _grade, _text, check
from snnbook.exercises._text import UnreadableAnswer, spelled_out


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("17,400", 17400),
        ("17 400", 17400),
        ("17\u202f400", 17400),
        ("1_000_000", 1e6),
        ("1'000.5", 1000.5),
        ("0,25", 0.25),
        ("0,250", 0.25),  # no number has groups of three behind a zero
        ("12,5", 12.5),
        (".5", 0.5),
        ("5.", 5),
        ("+5", 5),
        ("1e-3", 1e-3),
        ("2.5 E3", 2500),
        ("3 × 10⁻³", 3e-3),
        ("3·10^(-3)", 3e-3),
        ("3*10**-3", 3e-3),
        ("10^4", 1e4),
        ("−10⁻²", -0.01),
        ("1/8", 0.125),
        ("−9 / 5", -1.8),
        ("¾", 0.75),
        ("75 %", 0.75),
        ("75 percent", 0.75),
        ("n = 5", 5),
        ("≈ 5", 5),
        ("about 5.", 5),
        ("step 5", 5),
        ("5 steps", 5),
        ("1 spike", 1),
        ('"5"', 5),
        ("$5$", 5),
        ("(5)", (5,)),
        *[(f"{minus}5", -5) for minus in "-−–—‐‑‒﹣－"],
    ],
)
def test_a_number(text, value):
    assert spelled_out(text) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.5, 0.25", (0.5, 0.25)),
        ("(0.5, 0.25,)", (0.5, 0.25)),
        ("[0.5;0.25]", (0.5, 0.25)),
        ("0.5 0.25", (0.5, 0.25)),
        ("0,5; 0,25", (0.5, 0.25)),
        ("1/2 and 25 %", (0.5, 0.25)),
        ("α = 0.5, β = 0.25", (0.5, 0.25)),
        ("(α, β) = (0.5, 0.25)", (0.5, 0.25)),
        ("17,400", (17, 400)),
        ("1 −1 +1", (1, -1, 1)),
        ("((1, 2), (3, 4))", ((1, 2), (3, 4))),
        ("5", 5),
    ],
)
def test_a_sequence(text, value):
    assert spelled_out(text, several=True) == value


@pytest.mark.parametrize(
    "text",
    """two|inf|nan|--1|1,,2|(1|1)|1)(2|[]|1/0|0x10|2 + 2j|64*100|ln 10|1 2/3|5 5 ms|１|True
    20 ln 2|((((((1))))))""".replace("\n", "|").split("|"),
)
def test_what_is_no_number_is_repeated_with_an_example(text):
    for several in (False, True):
        with pytest.raises(UnreadableAnswer) as problem:
            spelled_out(text, several=several)
        assert _text.quoted(text) in str(problem.value) and "1/2" in str(problem.value)


def test_a_long_text_is_cut_and_marks_of_code_are_not_repeated():
    assert _text.quoted("a" * 50) == '"' + "a" * 40 + '…"'
    assert _text.quoted(" `a`\n b ") == "\"'a' b\""


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("13.86 ms", "ms", 13.86),
        ("0.01386 s", "ms", 13.86),
        ("13860 µs", "ms", 13.86),
        ("13860 μs", "ms", 13.86),
        ("13.86MS", "ms", 13.86),
        ("0.0455 kHz", "Hz", 45.5),
        ("45.5 spikes/s", "Hz", 45.5),
        ("180 °", "rad", math.pi),
        ("16 ms, 0.005 s", "s", (0.016, 0.005)),
    ],
)
def test_another_unit_of_the_same_kind_is_converted(text, unit, value):
    assert spelled_out(text, unit, several="," in text) == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "unit", "said"),
    [
        ("5 ms", "", 'its unit is "ms"; give a number without a unit'),
        ("5 Hz", "ms", 'its unit is "hz"; give it in ms'),
        ("5 million", "", 'its unit is "million"'),
        ("5k", "ms", 'its unit is "k"'),
    ],
)
def test_another_unit_is_not_passed_over(text, unit, said):
    with pytest.raises(UnreadableAnswer, match=said):
        spelled_out(text, unit)


def test_a_right_number_with_a_wrong_unit_is_not_right():
    assert not check("06d-1", "13.86 s") and not check("06d-1", "13.86 Hz")
    assert check("06d-1", "13.86 ms") and check("06d-1", "0.01386 s")
    assert not check("01-3", "7 ms") and check("01-3", "7")


@pytest.mark.parametrize("text", ["", "  ", "...", "…"])
def test_an_empty_text_is_no_answer_yet(text):
    outcome = _grade.grade(Exercise(**TOY), text)
    assert not outcome.answered and "Give a number, such as `0.5`" in outcome.message


def test_how_many_numbers_are_expected_is_said_in_words():
    pair = Exercise(**TOY | {"kind": "sequence", "answers": lambda: ((1.0, 2.0), {})})
    assert _grade.grade(pair, "1").message == "Your answer has one number; 2 are expected."
    assert _grade.grade(pair, "1 2 3").message == "Your answer has 3 numbers; 2 are expected."
    message = _grade.grade(Exercise(**TOY), "(1, 2)").message
    assert message == "Your answer cannot be read: it has 2 numbers; give one number."


def test_a_choice_is_known_with_an_article_and_a_period():
    fields = {"kind": "choice", "options": ("time", "0.2"), "answers": lambda: ("time", {})}
    choice = Exercise(**TOY | fields)
    for text in ("time", "The time.", " TIME ", "“time”"):
        assert _grade.grade(choice, text).correct
    for text in ("0.2", ".2", "1/5", "20 %", "0,2"):
        assert _grade.grade(choice, text).message == 'It is not "0.2".'
    assert 'it says "times"; choose one of' in _grade.grade(choice, "times").message


def test_an_unknown_unit_is_refused():
    with pytest.raises(ValueError, match="unit is 'parsec'; one of s, sec, "):
        Exercise(**TOY, unit="parsec")


TOY = {
    "id": "99-1",
    "kind": "number",
    "answers": lambda: (2.0, {}),
    "right": "Yes.",
    "hints": ("Think.",),
}
