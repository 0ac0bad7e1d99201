"""The judge of the answer fields says what ``check`` says, word for word, of thousands of texts."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from patience import open_patiently
from site_server import HOW_TO_INSTALL, browser, find_chromium
from snnbook_answers import packed, table

from snnbook.exercises import CHAPTERS, Exercise, _answers, exercises_of
from snnbook.exercises._grade import grade
from snnbook.exercises._records import Plus, Times

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(find_chromium() is None, reason=HOW_TO_INSTALL),
]

EXERCISES = {
    id: one
    for chapter in CHAPTERS
    for id, one in exercises_of(chapter).items()
    if one.kind != "function"
}
JUDGE = """(cases) => cases.map(([table, texts]) => {
  const exercise = snnbook.judge.unpack(table);
  return texts.map((text) => {
    const { correct, answered, message } = snnbook.judge.grade(exercise, text);
    return [correct, answered, message];
  });
})"""
#: What anybody may type anywhere.
ANYTHING = """
  |...|…|two|nan|inf|-inf|1e999|-1e999|0|-0|0.0|1|-1|+1|--1|1.|.5|.|-|,|;|1,|,1|1;|(|)|()|[]
[[]]|(1|1)|((1))|(((1)))|(((((1)))))|[1, [2, 3]]|[[1, 2], [3, 4]]|1, 2|1, 2, 3|1 2|1;2|1,5; 2,5
1,5|1,500|1,5000|0,500|1 000|1 0000|1_000|1'000|1’000|1,000,000|1,000,00|12,34,567|1.000.000|1e3
1E-3|1 e 3|1e|10^3|10**-3|-10^2|10⁻³|2·10³|2 × 10^-3|2x10^(-3)|2*10**3|1/2|-1/2|1 / 3|1/0|1/2/3
1/-2|½|2½|-¾|3/4 s|50%|50 %|50 percent|5 per cent|%|5 ms|5ms|5 MS|0.005 s|5 µs|5 μs|5 us|5000 us
5 sec|5 seconds|5 Hz|0.045 kHz|5 /s|5 per second|5°|5 deg|0.0407 rad|5 degrees|5 km|5 k|5k
5 million|5 steps|5 step|step 5|17 weights|5 x|x = 5|n=5|t ≈ 5|≈5|~5|about 5|approx. 5|ca. 5
roughly -5|a = 1, b = 2|(a, b) = (1, 2)|a = b = 5|= 5|5 =|1 and 2|1 & 2|"5"|'5'|`5`|“5”|$5$|5.
5..|− 5|−5|–5|—5|‐5|－5|+ 5|5-|3 - 2|2 + 2j|0x10|1,2|(1, 2,)|1,,2|1 2 3 4|1 1 -1 -1|{1, 2}|(1; 2)
1\t2|1\u00a0000|1\u202f000|１|True|None|yes|no|the|a|an|a 2|the 2|<b>5</b>|&amp;|5; drop|ln 10
sqrt(2)|exp(-1)|(1)(2)|[1)|1)(2|é|🙂 5|5 🙂|constructor|5 constructor|__proto__|5 __proto__|64*100
64 · 100|1e-7|1e-400|0.1e1|00012|1e+5|1e5.5|9.5|0.25|1234.5
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa|a  b|123456789|1234567890|1e15
123456.789
""".replace("\n", "|").split("|")


def forms(value) -> list[str]:
    """Return texts that spell out a number, or an array of numbers."""
    value = np.asarray(value, dtype=float)
    if value.ndim:
        rows = [f"{one:.4g}" for one in value.ravel()]
        exact = [repr(float(one)) for one in value.ravel()]
        texts = [", ".join(exact), f"({', '.join(rows)})", f"[{','.join(exact)}]", " ".join(rows)]
        texts += ["; ".join(rows).replace(".", ","), f"(a, b) = ({'; '.join(exact)})"]
        texts += [" and ".join(rows), f"(({', '.join(exact)}))", ", ".join(rows).replace("-", "−")]
        texts += [", ".join(f"x{i} = {one}" for i, one in enumerate(rows)), ", ".join(rows[::-1])]
        return texts + [
            ", ".join(f"{one * s:.6g}" for one in value) for s in (-1, 0.001, 1.02, 100)
        ]
    number = float(value)
    texts = [repr(number), f"{number:.3g}", f"{number:.2g}", f"{number:.1g}", f"{number:.6e}"]
    texts += [
        f"{number:.6f}".replace(".", ","),
        f"{number:,.3f}",
        f" {number} steps",
        f"[{number!r}]",
    ]
    texts += [f"{number * 100!r} %", f"{2 * number!r}/2", f"x = {number!r}", f"{number!r}.".strip()]
    texts += [one.replace("-", "–") for one in texts[:3]] + [
        f"{number!r} ms",
        f"{number / 1000!r} s",
    ]
    if number.is_integer():
        texts += [f"{number:,.0f}", f"{number:.0f}", f"{number:,.0f}".replace(",", " ")]
    factors = (-1, 1000, 0.001, 100, 1.004, 1.006, 1.015, 0.99, 1.2, 0.5, 2)
    return texts + [repr(number * one) for one in factors] + [repr(number + d) for d in (1, -1)]


def words(option: str) -> list[str]:
    """Return ways to write an option."""
    texts = [option, option.upper(), option.title(), f" {option} ", f'"{option}"', f"“{option}”"]
    return texts + [f"the {option}", f"A {option}.", f"an {option}", f"{option}!", f"'{option}'."]


def texts(exercise: Exercise) -> list[str]:
    """Return what to try with an exercise: all it knows, in many forms, and anything."""
    if exercise.kind == "choice":
        return [*ANYTHING, *itertools.chain.from_iterable(map(words, exercise.options))]
    values = [exercise.truth, *exercise.mistakes.values()]
    values = [_answers.read(exercise, value) for value in values]
    tried = list(itertools.chain.from_iterable(map(forms, values)))
    changes = [_answers.read(exercise, one) for one in exercise.mistakes.values()]
    for change, value in itertools.product(exercise.changes.values(), changes):
        tried += [str(np.asarray(change.applied(value)).tolist())]  # two mistakes at once
    if exercise.kind == "sequence":
        mixed = zip(*(np.atleast_1d(one)[:2] for one in values if np.size(one) > 1))
        first, second = map(list, mixed)
        tried += [
            f"{one!r}, {two!r}"
            for one, two in itertools.product(map(float, first), map(float, second))
        ]
    return [*ANYTHING, *tried]


@pytest.fixture(scope="module")
def judge(root):
    """Give a function that judges on an empty page, as the book's scripts do."""
    with browser() as chromium:
        page, _ = open_patiently(chromium)
        for name in ("text", "judge", "slips"):
            page.add_script_tag(path=root / "book" / "assets" / "answers" / f"{name}.js")
        yield lambda cases: page.evaluate(JUDGE, cases)


def differences(judge, exercises: list[Exercise]) -> list:
    """Return each text of which the page says something else than Python."""
    tried = [texts(one) for one in exercises]
    said = judge([[packed(one), some] for one, some in zip(exercises, tried)])
    return [
        (one.id, text, tuple(found), wanted)
        for one, some, answers in zip(exercises, tried, said)
        for text, found in zip(some, answers)
        if tuple(found) != (wanted := tuple(grade(one, text)))
    ]


def test_the_page_says_what_python_says(judge):
    exercises = list(EXERCISES.values())
    assert sum(len(texts(one)) for one in exercises) > 10_000
    assert not differences(judge, exercises)[:5]


def test_truths_are_right_and_mistakes_are_told(judge):
    for one in EXERCISES.values():
        if one.kind == "choice":
            right, wrong = [one.truth], list(one.mistakes.values())
        else:
            right, *wrong = [
                str(_answers.read(one, value).tolist())
                for value in (one.truth, *one.mistakes.values())
            ]
            right = [right]
        (said,) = judge([[packed(one), [*right, *wrong]]])
        assert said[0] == [True, True, one.right], one.id
        told = [message for _, _, message in said[1:]]
        assert [message in one.mistakes for message in told] == [True] * len(wrong), one.id


def toy(kind, truth, mistakes=None, **fields):
    fields = {"id": "99-1", "right": "Yes.", "hints": ("Think.",), **fields}
    return Exercise(kind=kind, answers=lambda: (truth, mistakes or {}), **fields)


def test_a_table_holds_plain_values_and_what_a_mistake_does():
    one = toy("number", 2.0, {"Half <b>.": Times(0.5), "More.": Plus(1), "Else.": 9})
    assert table(one)["truth"] == 2.0 and table(one)["mistakes"] == [
        {"message": "Half <b>.", "value": 1.0, "change": {"times": 0.5}},
        {"message": "More.", "value": 3.0, "change": {"plus": 1.0}},
        {"message": "Else.", "value": 9.0, "change": None},
    ]
    choice = toy("choice", "b", {"No.": "a"}, options=("a", "b"))
    assert table(choice)["truth"] == 1.0


TOYS = [
    toy("number", 0.0, {"Not one.": 1.0}),
    toy("number", 1234.5, {"Half.": Times(0.5), "Less.": Plus(-100.0), "More.": Plus(1.0)}),
    toy("number", 1e-9, generic=False),
    toy("number", 6.02e23, {"Twice.": Times(2)}),
    toy("number", 20.0, unit="ms"),
    toy("number", 45.0, unit="Hz"),
    toy("number", 0.25, {"A.": Times(-1)}),
    toy("integer", 7, {"A dozen.": 12}),
    toy("integer", 0),
    toy("integer", 10**9),
    toy("sequence", ((1.0, 2.0), (3.0, 4.0)), {"Ones.": ((1.0, 1.0), (1.0, 1.0))}),
    toy("sequence", (0.0, 0.0)),
    toy("sequence", tuple(range(1, 9)), {"Zero.": (0,) * 8, "Short.": (1, 2)}),
    toy("sequence", (1.0, 2.0), {"One.": (3.0, 2.0), "Two.": (1.0, 5.0)}),
    toy("choice", "no", options=("yes", "no")),
    toy("choice", "two halves", options=("two halves", "−1", "100", "a")),
]


def test_unusual_exercises_are_judged_alike(judge):
    found = [one for one in TOYS if one.kind != "sequence" or np.ndim(one.truth) == 1]
    assert not differences(judge, found)[:5]
    matrix = TOYS[10]
    tried = [
        "[[1, 2], [3, 4]]",
        "1, 2, 3, 4",
        "[[1, 3], [2, 4]]",
        "((1,1),(1,1))",
        "[[1,2,3]]",
        "5",
    ]
    (said,) = judge([[packed(matrix), tried]])
    assert [tuple(one) for one in said] == [tuple(grade(matrix, text)) for text in tried]


def test_numbers_are_written_as_python_writes_them(judge):
    one = toy("number", 3.3e33, generic=False)
    generator = np.random.default_rng(0)
    tried = [*generator.normal(size=300), *10.0 ** generator.uniform(-12, 12, 300)]
    tried += [
        *(generator.integers(-99999, 99999, 300) / 2),
        *(generator.integers(0, 999, 99) / 1024),
    ]
    tried += [0.00012345, 0.0001, 0.00009999, 99995.0, 9999.5, 99994999999.5, 1e16, 123456789.5]
    tried = [repr(float(number)) for number in tried]
    (said,) = judge([[packed(one), tried]])
    assert [tuple(found) for found in said] == [tuple(grade(one, text)) for text in tried]
