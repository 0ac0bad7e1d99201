"""Hints: one to three steps for each exercise, given one at a time and after repeated misses."""

import re

import numpy as np
import pytest
from check_site import ROOT, read_cells

from snnbook.exercises import CHAPTERS, _answers, _session, check, exercises_of, hint

EXERCISES = {id: record for chapter in CHAPTERS for id, record in exercises_of(chapter).items()}
NUMBER = re.compile(r"(?<![\w.\[])[−-]?\d+(?:\.\d+)?(?![\w\]])")


@pytest.fixture(autouse=True)
def fresh_session():
    _session.forget()
    yield
    _session.forget()


def numbers(text):
    """Return the numbers of a text, those in the index of a symbol apart."""
    return [float(found.replace("−", "-")) for found in NUMBER.findall(text)]


def gives_away(text, record, solution):
    """Return whether a text holds the answer: all its numbers, its word, or a line of code."""
    if record.kind == "choice":
        return bool(re.search(rf"\b{re.escape(str(record.truth))}\b", text))
    if record.kind == "function":
        compact = text.replace(" ", "").replace("`", "")
        lines = (
            line.split("=", 1)[-1].strip().removeprefix("return") for line in solution.splitlines()
        )
        return any(
            len(line) > 9 and line in compact for line in (x.replace(" ", "") for x in lines)
        )
    truth = np.atleast_1d(_answers.read(record, record.truth))
    said = numbers(text)
    return all(any(np.isclose(one, entry, rtol=5e-3) for one in said) for entry in truth)


def solution(id):
    (path,) = (ROOT / "book").glob(f"{id.split('-')[0]}-*.ipynb")
    cells = read_cells(path)
    (cell,) = [c for c in cells if f"solution-{id}" in c["metadata"].get("tags", [])]
    return cell["source"].split("check(")[0]


@pytest.mark.parametrize("id", EXERCISES)
def test_the_first_hint_asks_and_does_not_answer(id):
    record = EXERCISES[id]
    first = record.hints[0]
    assert first.endswith("?") or first.startswith("Ask ") or "? " in first
    assert len(set(record.hints)) == len(record.hints)
    assert not gives_away(first, record, solution(id))
    assert record.right not in record.hints


@pytest.mark.parametrize("id", [id for id, one in EXERCISES.items() if one.kind != "function"])
def test_no_diagnosis_hands_over_the_answer(id):
    record = EXERCISES[id]
    for message in record.mistakes:
        assert not gives_away(message, record, ""), message


def test_what_gives_an_answer_away_is_noticed():
    assert gives_away("It lies in step 7.", EXERCISES["01-3"], "")
    assert not gives_away("What is y[3]?", EXERCISES["03-1"], "")
    assert gives_away("Rather space than time?", EXERCISES["06b-5"], "")
    code = "def blame(x):\n    return slopes[n] * errors[n]\n"
    assert gives_away("Take `slopes[n] * errors[n]`?", EXERCISES["03-4"], code)
    assert gives_away("Is it −2?", EXERCISES["05b-2"], "")


def test_hints_come_one_at_a_time(capsys):
    steps = EXERCISES["05-3"].hints
    assert [hint("05-3").text for _ in range(len(steps) + 1)] == [*steps, steps[-1]]
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == f"… 05-3, hint 1 of 3: {steps[0]}" and len(printed) == 4
    assert hint("05-3", step=1).text == steps[0] and hint(" 05-3 ").step == 3
    assert repr(hint("05-3", step=2)) == "Hint(id='05-3', step=2, count=3)"
    for step in (0, 4, 1.5, True, "1"):
        with pytest.raises(ValueError, match="a whole number from 1 to 3 is accepted"):
            hint("05-3", step=step)


def test_the_first_miss_gets_no_hint_and_each_later_one_the_next(capsys):
    steps = EXERCISES["02-4"].hints
    said = [check("02-4", 0.5 + n).message for n in range(5)]
    assert said[0] == '0.5 is too large. (`hint("02-4")` helps.)'
    assert [text.split(" is too large. ")[1] for text in said[1:]] == [
        f"Hint {n} of 3: {steps[n - 1]}" for n in (1, 2, 3, 3)
    ]
    assert "Hint" not in check("02-3", 3).message  # each exercise has its own misses


def test_hints_that_were_asked_for_are_not_given_again(capsys):
    hint("02-4")
    check("02-4", 0.5)
    assert "Hint 2 of 3" in check("02-4", 0.6).message


def test_a_known_mistake_is_told_first_and_then_helped_with_too(capsys):
    first, second = (check("02-1", (0.5, 0.2)).message for _ in range(2))
    assert first.startswith("That is dt/τ") and "exp(-2 / 4)" not in first
    assert second.startswith("That is dt/τ") and second.endswith(EXERCISES["02-1"].hints[0])


def test_open_and_right_answers_are_no_misses(capsys):
    for answer in (..., 5, ...):
        assert "Hint" not in check("02-2", answer).message
    assert "Hint" not in check("02-2", 77).message


def test_a_page_offers_each_hint_inside_the_one_before(capsys):
    page = check("02-4", ...).to_html()
    assert page.count("<details") == page.count("</details>") == 3
    places = [page.index(f"Hint {n} of 3") for n in (1, 2, 3)]
    assert places == sorted(places) and page.endswith("</details></details></details>")
    assert 'role="status"' in page.split("<details")[0]
    assert "<details" not in check("02-2", 5).to_html()
